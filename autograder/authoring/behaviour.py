"""What is found out about a function by calling it again: what it changes, keeps, shares.

The code stands here and not in the probes' own text, which travels with every call.
"""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from autograder.authoring.compare import TOLERANCES
from autograder.authoring.probe import Probe, load
from autograder.plain.devices import tensors, with_tensors

ANOTHER_STATE = 987654321  # an earlier call may have left just the state that this one leaves
DISTURBANCES = 4
SPARE = np.random.MT19937()


def subject_of(ns: Any, subject: Any) -> Callable[..., Any]:
    """Return what a rule is about: a function of the notebook by its name, or a probe, as (name, source), bound
    to `ns`."""
    if isinstance(subject, str):
        found: Callable[..., Any] = getattr(ns, subject)
        return found
    name, source = subject
    use = load(Probe(name, source))
    return lambda *args, **kwargs: use(ns, *args, **kwargs)


def copied(value: Any) -> Any:
    """Return plain data with copies of its tensors and containers; each tensor keeps its layout."""
    return with_tensors(lambda tensor: tensor.detach().clone(), value)


def same(left: Any, right: Any) -> bool:
    """Whether two pieces of plain data are equal, NaN to NaN. What is no data is taken for equal."""
    return _agree(left, right, exactly=True)


def alike(left: Any, right: Any) -> bool:
    """Whether two answers are equal but for rounding, which may follow where in memory a tensor lies."""
    return _agree(left, right, exactly=False)


def _agree(left: Any, right: Any, *, exactly: bool) -> bool:
    if isinstance(left, torch.Tensor):
        return isinstance(right, torch.Tensor) and _agree_tensors(left.detach(), right.detach(), exactly)
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(_agree(left[key], right[key], exactly=exactly) for key in left)
        )
    if isinstance(left, list | tuple):
        return (
            isinstance(right, list | tuple)
            and len(left) == len(right)
            and all(_agree(one, other, exactly=exactly) for one, other in zip(left, right, strict=True))
        )
    if isinstance(left, int | float | str | bool | None):
        return left == right or (left != left and right != right)
    return True


def _agree_tensors(left: torch.Tensor, right: torch.Tensor, exactly: bool) -> bool:
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if left.is_meta or right.is_meta:  # without memory there are no values that could differ
        return left.is_meta and right.is_meta
    if torch.equal(left, right):
        return True
    if exactly:
        return bool(((left == right) | ((left != left) & (right != right))).all())
    rtol, atol = TOLERANCES.get(left.dtype, (0.0, 0.0))
    return torch.allclose(left, right, rtol, atol, equal_nan=True)


def changed(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> list[str]:
    """Call a function and return the names of the inputs that it changed."""
    before = copied((list(args), kwargs))
    function(*args, **kwargs)
    return changed_since(before, args, kwargs, input_names(function, len(args)))


def changed_since(before: Any, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Return the names of the inputs that are no longer as in `before`, (args, kwargs)."""
    positions = [name for name, was, now in zip(names, before[0], args, strict=False) if not same(was, now)]
    return positions + [key for key in kwargs if not same(before[1][key], kwargs[key])]


def input_names(function: Callable[..., Any], number: int) -> list[str]:
    """Return what a function calls its first inputs; "number 3" where it has no name for one."""
    try:
        names = [*inspect.signature(function).parameters]
    except (TypeError, ValueError):
        names = []
    return names + [f"number {place + 1}" for place in range(len(names), number)]


def side_effects(
    function: Callable[..., Any],
    cases: Sequence[tuple[Sequence[Any], Sequence[Any], dict[str, Any]]],
    names: Sequence[str],
) -> list[str]:
    """For each case of two sets of arguments and settings, call a function with the first, the second, and the first
    again.

    Returns what it did beside answering. "changes x": an input is no longer as it was. "keeps": the third answer is
    not the first. "reuses": the first answer is no longer what it was when the second call is over. "shares x": an
    answer lies in the memory of an input. "random": torch's, numpy's or Python's global random state has moved.
    "settings the gradient mode": torch is left with another one.
    """
    with global_random_state() as has_moved, torch_settings() as changed:
        found = [effect for case in cases for effect in _effects(function, *case, names)]
        return found + ["random"] * has_moved() + [f"settings {what}" for what in changed()]


def _effects(
    function: Callable[..., Any],
    first: Sequence[Any],
    second: Sequence[Any],
    kwargs: dict[str, Any],
    names: Sequence[str],
) -> Iterator[str]:
    before, later = copied((first, kwargs)), copied((first, kwargs))
    answer = function(*first, **kwargs)
    yield from (f"changes {name}" for name in changed_since(before, first, kwargs, names))
    yield from (f"shares {name}" for name in shared(answer, first, names))
    was, written = copied(answer), _times_written(answer)
    function(*second, **copied(before[1]))
    if _times_written(answer) != written or not same(answer, was):
        yield "reuses"
    if not alike(function(*later[0], **later[1]), was):
        yield "keeps"


def shared(answer: Any, inputs: Sequence[Any], names: Sequence[str]) -> list[str]:
    """Return the names of the inputs in whose memory a part of the answer lies."""
    homes = {_home(tensor) for tensor in tensors(answer) if tensor.numel()}
    return [
        name for name, value in zip(names, inputs, strict=False) if any(_home(one) in homes for one in tensors(value))
    ]


def _times_written(value: Any) -> list[int]:
    """How often each tensor has been written into, which torch counts: two answers may be equal by chance."""
    return [tensor._version for tensor in tensors(value) if not tensor.is_inference()]


def _home(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


@contextmanager
def global_random_state() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether a global random state has moved meanwhile; afterwards all are as they were.

    It is asked by the next numbers, since to read a state takes longer than most calls.
    """
    own = torch.get_rng_state(), np.random.mtrand.get_bit_generator(), random.getstate()
    # This takes a hundredth of what it takes to read numpy's state and to write it back.
    np.random.mtrand.set_bit_generator(SPARE)
    _seed_all()
    try:
        yield lambda: _next_numbers() != _expected_numbers()
    finally:
        torch.set_rng_state(own[0])
        np.random.mtrand.set_bit_generator(own[1])
        random.setstate(own[2])


@contextmanager
def torch_settings() -> Iterator[Callable[[], list[str]]]:
    """Give a function that names the settings of torch that are no longer the usual ones; afterwards all are as before.

    An earlier call may have left them changed already, so that it is the usual ones that count.
    """
    own = torch.is_grad_enabled(), torch.get_default_dtype()
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    try:
        yield (
            lambda: (
                ["the gradient mode"] * (not torch.is_grad_enabled())
                + ["the default dtype"] * (torch.get_default_dtype() is not torch.float32)
            )
        )
    finally:
        torch.set_grad_enabled(own[0])
        torch.set_default_dtype(own[1])


def _seed_all() -> None:
    torch.default_generator.manual_seed(ANOTHER_STATE)
    np.random.seed(ANOTHER_STATE)
    random.seed(ANOTHER_STATE)


def _next_numbers() -> tuple[float, float, float]:
    return torch.rand((), dtype=torch.float32).item(), np.random.random(), random.random()


@functools.cache
def _expected_numbers() -> tuple[float, float, float]:
    """The numbers that come next when nobody has drawn or seeded since."""
    _seed_all()
    return _next_numbers()


def instances_share(
    kind: type, use: Callable[..., Any], first: Sequence[Any], second: Sequence[Any], kwargs: dict[str, Any]
) -> bool:
    """Whether a class's instance answers the first inputs differently while others are built and used with the
    second."""
    alone = copied(use(*copied(first), **kwargs))
    among = disturbed(kind, lambda: use(*copied(first), **kwargs), lambda: use(*copied(second), **kwargs))
    return not alike(among, alone)


def disturbed(kind: type, use: Callable[[], Any], meanwhile: Callable[[], Any]) -> Any:
    """Return what `use` gives when `meanwhile` runs before the first methods that it calls of instances of `kind`.

    Where `meanwhile` builds and uses another instance, an answer that differs from the undisturbed one shows what
    instances share.
    """
    left, busy = DISTURBANCES, False

    def disturb() -> None:
        nonlocal left, busy
        if busy or not left:
            return
        left, busy = left - 1, True
        try:
            meanwhile()
        finally:
            busy = False

    def wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
        def disturbed_method(*args: Any, **kwargs: Any) -> Any:
            disturb()
            return method(*args, **kwargs)

        return disturbed_method

    own = {name: member for name, member in vars(kind).items() if is_method(name, member)}
    for name, member in own.items():
        setattr(kind, name, wrapped(member))
    try:
        return use()
    finally:
        for name, member in own.items():
            setattr(kind, name, member)


def is_method(name: str, member: Any) -> bool:
    """Whether a member of a class is a method that others call: public, or the call itself."""
    return inspect.isfunction(member) and (not name.startswith("_") or name == "__call__")
