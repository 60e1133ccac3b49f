"""The standard mistakes that a contract makes: the reference with one promise broken, each with its hint.

Each wraps the reference, so that no text of a solution is copied. It names the contract's test that must reject it:
where that test accepts, the check has a hole, or the mistake is none for this exercise, and the contract says so
(`but`). Mistakes that can't be wrong for what the answer is made of (a float32 where the answer is labels) are left
out by the reference's own answer.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import random
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from autograder.authoring.behaviour import copied, is_method
from autograder.authoring.contract import DOUBLE, SINGLE, Contract
from autograder.authoring.doors import Door, LiveSide
from autograder.authoring.module_probes import USES
from autograder.plain.devices import tensors, with_tensors

Bound = inspect.BoundArguments
# Calls the reference with arguments that it may have changed before, and may change the answer afterwards.
Break = Callable[[Callable[[Bound], Any], Bound], Any]


@dataclass(frozen=True)
class StandardMistake:
    """One promise broken.

    Args:
        name: what was done, such as "changes_x".
        test: the key of the contract's test that must reject it.
        hint: what a student who does it should read; where `recorded` is false, the test's own message says it.
        breaks: gives what breaks the promise, a Break (or, of modules, a Change: module_mistakes.py). Of a mistake that
            remembers it is a fresh one each time.
        recorded: whether its answers tell it apart, so that they go on record with the hint.
        text: a statement that stands in its source, for rules that read the source; it is never run.
    """

    name: str
    test: str
    hint: str
    breaks: Callable[[], Any]
    recorded: bool = False
    text: str = ""


def standard_mistakes(contract: Contract, solution: Mapping[str, Any]) -> list[StandardMistake]:
    """Return the standard mistakes of an exercise, but for those that its contract says are none."""
    return [one for one in _all(contract, solution) if one.name not in contract.but]


def unknown_exceptions(contract: Contract, solution: Mapping[str, Any]) -> list[str]:
    """Return what the contract's `but` names that is no standard mistake of the exercise."""
    known = {one.name for one in _all(contract, solution)}
    return [name for name in contract.but if name not in known]


def definition(mistake: StandardMistake, contract: Contract, solution: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the reference with the promise broken, under the reference's name."""
    reference, breaks = solution[contract.exercise], mistake.breaks()
    if mistake.text:
        return _with_text(reference, mistake.text)
    return _class(reference, breaks) if isinstance(reference, type) else _function(reference, breaks)


def _function(function: Callable[..., Any], breaks: Break) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def broken(*args: Any, **kwargs: Any) -> Any:
        return breaks(lambda given: function(*given.args, **given.kwargs), signature.bind(*args, **kwargs))

    return broken


def _class(kind: type, breaks: Break) -> type:
    """A class each of whose methods, and whose making, breaks the promise."""
    own = {
        name: _function(member, breaks)
        for name, member in vars(kind).items()
        if is_method(name, member) or name == "__init__"
    }
    return type(kind.__name__, (kind,), {**own, "__module__": kind.__module__, "__qualname__": kind.__qualname__})


def _with_text(reference: Callable[..., Any], text: str) -> Callable[..., Any]:
    """Return the reference whose source holds a statement that is never run, and can be read by `inspect`."""
    name = reference.__name__
    head, call = (
        (f"class {name}(reference):\n    def beside(self, *args):", "")
        if isinstance(reference, type)
        else (f"def {name}(*args, **kwargs):", "    return reference(*args, **kwargs)\n")
    )
    indent = "        " if isinstance(reference, type) else "    "
    source = f"{head}\n{textwrap.indent(f'if not args and args:{chr(10)}    {text}', indent)}\n{call}"
    filename = f"<{name}: {text}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"reference": reference, "torch": torch, "__name__": "__main__"}
    exec(compile(source, filename, "exec"), names)
    made: Callable[..., Any] = names[name]
    return made


# What applies to an exercise


def _all(contract: Contract, solution: Mapping[str, Any]) -> Iterator[StandardMistake]:
    rng = np.random.default_rng(0)
    answer = contract.ask(Door(LiveSide(solution)), copied(contract.draw(rng)), contract.settings)
    answered = list(tensors(answer))
    floats = any(one.is_floating_point() for one in answered)
    for name, value in _places(contract, solution, contract.draw(rng)):
        yield from _about_one_input(contract, name, value)
    if contract.square_sizes:
        square = contract.draw(rng, **contract.square_sizes)
        for name, value in _places(contract, solution, square):
            if any(_is_square(one) for one in tensors(value)):
                yield _turned_round(name)
    if contract.device:
        yield _on_the_cpu() if answered else _mixed()
    if contract.takes_dtype and DOUBLE in contract.dtypes and floats:
        yield _default_dtype()
        if contract.digits:
            yield _float32_inside()
    if contract.single_axes and _has_a_single_axis(contract, solution, rng):
        yield _squeezed()
    for name in contract.settings:
        yield from _about_setting(name, contract)
    if not contract.draws:
        yield _global_draw()
        if floats:
            yield _keeps()
    if answered:
        yield _reuses()
    if contract.all_at_once:
        yield _piece_by_piece()
    if contract.no_loops is not False:
        yield _loops(int(contract.no_loops) if contract.no_loops is not True else 0)
    if contract.forbids or contract.by_hand:
        yield _takes_what_is_there(_refused_word(contract))
    kind = isinstance(solution[contract.exercise], type)
    if contract.use is not None and contract.use not in USES and kind:  # USES: all instances hold the same numbers
        yield _shares()


def _places(contract: Contract, solution: Mapping[str, Any], args: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """Return the inputs that have tensors, by name; for what is used by a probe, all of them as one, under the
    name ""."""
    if contract.use is not None:
        return [("", list(args))] if any(True for _ in tensors(list(args))) else []
    names = list(inspect.signature(solution[contract.exercise]).parameters)
    return [(name, value) for name, value in zip(names, args, strict=False) if any(True for _ in tensors(value))]


def _refused_word(contract: Contract) -> str:
    """Return a word that the contract refuses as such: of `backward`, a run decides where the work is by hand."""
    decided_by_a_run = {"backward"} if contract.by_hand else set()
    return next((word for word in contract.forbids if word not in decided_by_a_run), "autograd")


def _is_square(tensor: torch.Tensor) -> bool:
    return tensor.ndim == 2 and tensor.shape[0] == tensor.shape[1] > 1


def _has_a_single_axis(contract: Contract, solution: Mapping[str, Any], rng: np.random.Generator) -> bool:
    args = contract.draw(rng, **{contract.single_axes[0]: 1})
    answer = contract.ask(Door(LiveSide(solution)), args, contract.settings)
    return any(1 in one.shape for one in tensors(answer))


# The mistakes


def _about_one_input(contract: Contract, name: str, value: Any) -> Iterator[StandardMistake]:
    if contract.pure:
        yield StandardMistake(
            f"changes_{name or 'its_inputs'}",
            "alone",
            f"You change {name or 'an input'} in place, and the caller still needs the old values: work on a "
            f"new tensor.",
            lambda: _changes(name),
        )
    if contract.strides and any(one.ndim > 1 for one in tensors(value)):
        yield StandardMistake(
            f"views_{name or 'its_inputs'}_as_one_row",
            "strides",
            "`view` needs numbers that lie one after another in memory, and those of a cut or transposed tensor don't. "
            "`reshape` works for both.",
            lambda: _views(name),
            recorded=True,
        )


def _turned_round(name: str) -> StandardMistake:
    return StandardMistake(
        f"turns_{name or 'its_inputs'}_round_where_it_is_square",
        "square",
        f"You guess from the shape how {name or 'an input'} lies. Where it is square, the shape can't tell: "
        "go by what each axis stands for.",
        lambda: _turns_round(name),
        recorded=True,
    )


def _on_the_cpu() -> StandardMistake:
    return StandardMistake(
        "answers_on_the_cpu",
        "device",
        "The answer is made on the CPU, wherever the inputs live: make it like an input, or on an input's device.",
        lambda: lambda call, given: with_tensors(torch.Tensor.cpu, call(given)),
    )


def _mixed() -> StandardMistake:
    return StandardMistake(
        "mixes_devices",
        "device",
        "A tensor is made on the CPU and meets an input that lives elsewhere: make it on the input's device.",
        lambda: _mixes,
    )


def _default_dtype() -> StandardMistake:
    return StandardMistake(
        "answers_in_float32",
        "dtype",
        "What you make is float32, whatever the inputs are: make it of an input's dtype.",
        lambda: lambda call, given: with_tensors(_in_single, call(given)),
    )


def _float32_inside() -> StandardMistake:
    return StandardMistake(
        "computes_in_float32",
        "dtype",
        "Your numbers go through float32 on the way, and half of float64's digits stay there.",
        lambda: _computes_in_single,
    )


def _squeezed() -> StandardMistake:
    return StandardMistake(
        "squeezes_every_axis",
        "one",
        "`squeeze()` drops every axis of size 1, also one that only happens to be 1: name the axis that you mean.",
        lambda: lambda call, given: with_tensors(torch.squeeze, call(given)),
        recorded=True,
    )


def _about_setting(name: str, contract: Contract) -> Iterator[StandardMistake]:
    yield StandardMistake(
        f"ignores_{name}",
        "settings",
        f"`{name}` makes no difference to your answer: its usual value is written in, or it is left out. It "
        f"is an argument.",
        lambda: _without(name),
        recorded=True,
    )
    yield StandardMistake(
        f"has_another_default_of_{name}",
        "settings",
        f"Where `{name}` is not given, yours is not the value that the docstring gives it.",
        lambda: _with_default(name, contract.settings[name]),
        recorded=True,
    )


def _global_draw() -> StandardMistake:
    return StandardMistake(
        "seeds_the_global_generator",
        "alone",
        "You set or use the global random state, which is everybody's: make a generator of your own.",
        lambda: _seeds,
    )


def _keeps() -> StandardMistake:
    return StandardMistake(
        "adds_up_between_calls",
        "alone",
        "Something of the first call is still there in the second: what a call needs, it must make anew.",
        _adds_up,
    )


def _reuses() -> StandardMistake:
    return StandardMistake(
        "writes_every_answer_into_the_same_memory",
        "alone",
        "Each call writes into the tensor that the last one returned: make a new one in each call.",
        _writes_over,
    )


def _shares() -> StandardMistake:
    return StandardMistake(
        "instances_share_their_attributes",
        "alone",
        "Two instances share a dict or a tensor, of the class or of a default: give each its own, in `__init__`.",
        _shares_attributes,
    )


def _piece_by_piece() -> StandardMistake:
    return StandardMistake(
        "goes_piece_by_piece",
        "all_at_once",
        "You go along an axis piece by piece: whole-tensor operations take all of it at once.",
        lambda: _takes_pieces,
    )


def _loops(most: int) -> StandardMistake:
    loops = "; ".join(["[one for one in args]"] * (most + 1))
    hint = "A Python loop goes over the data: whole-tensor operations do it."
    return StandardMistake("loops_in_python", "loops", hint, lambda: _as_it_is, text=loops)


def _takes_what_is_there(word: str) -> StandardMistake:
    hint = f"You use {word}, which does the work of this exercise: write it yourself."
    return StandardMistake("takes_what_is_there", "own", hint, lambda: _as_it_is, text=f"torch.{word}")


# How each is broken


def _as_it_is(call: Callable[[Bound], Any], given: Bound) -> Any:
    return call(given)


def _takes_pieces(call: Callable[[Bound], Any], given: Bound) -> Any:
    for tensor in tensors([given.arguments[key] for key in _chosen(given, "")]):
        for axis in range(tensor.ndim):
            for part in tensor.unbind(axis):
                part.clone()
    return call(given)


def _chosen(given: Bound, name: str) -> list[str]:
    """Return which arguments are meant: the one of that name, or all."""
    return [key for key in given.arguments if key == name or (not name and key != "self")]


def _changes(name: str) -> Break:
    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        answer = copied(call(given))
        for tensor in tensors([given.arguments[key] for key in _chosen(given, name)]):
            tensor.copy_(~tensor if tensor.dtype == torch.bool else tensor + 1)
        return answer

    return breaks


def _views(name: str) -> Break:
    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        for tensor in tensors([given.arguments[key] for key in _chosen(given, name)]):
            tensor.view(-1)
        return call(given)

    return breaks


def _turns_round(name: str) -> Break:
    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        for key in _chosen(given, name):
            given.arguments[key] = with_tensors(lambda one: one.T if _is_square(one) else one, given.arguments[key])
        return call(given)

    return breaks


def _mixes(call: Callable[[Bound], Any], given: Bound) -> Any:
    for tensor in tensors([given.arguments[key] for key in _chosen(given, "")]):
        tensor + torch.zeros(tensor.shape, dtype=tensor.dtype)
    return call(given)


def _in_single(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(SINGLE) if tensor.is_floating_point() else tensor


def _computes_in_single(call: Callable[[Bound], Any], given: Bound) -> Any:
    usual = next((one.dtype for one in tensors([*given.arguments.values()]) if one.is_floating_point()), None)
    for key in _chosen(given, ""):
        given.arguments[key] = with_tensors(_in_single, given.arguments[key])
    answer = call(given)
    return (
        answer if usual is None else with_tensors(lambda one: one.to(usual) if one.is_floating_point() else one, answer)
    )


def _without(name: str) -> Break:
    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        given.arguments.pop(name, None)
        return call(given)

    return breaks


def _with_default(name: str, value: Any) -> Break:
    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        if name in given.signature.parameters:
            given.arguments.setdefault(name, value)
        return call(given)

    return breaks


def _seeds(call: Callable[[Bound], Any], given: Bound) -> Any:
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    return call(given)


def _adds_up() -> Break:
    kept: dict[tuple[int, torch.Size], torch.Tensor] = {}

    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        answer, places = call(given), iter(range(10**6))

        def add(tensor: torch.Tensor) -> torch.Tensor:
            place = next(places), tensor.shape
            if tensor.is_floating_point():
                kept[place] = tensor.detach() + kept.get(place, torch.zeros_like(tensor)).to(tensor.dtype)
            return kept.get(place, tensor)

        return with_tensors(add, answer)

    return breaks


def _writes_over() -> Break:
    kept: dict[tuple[int, torch.Size, torch.dtype], torch.Tensor] = {}

    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        answer, places = call(given), iter(range(10**6))

        def write(tensor: torch.Tensor) -> torch.Tensor:
            home = kept.setdefault((next(places), tensor.shape, tensor.dtype), tensor.detach().clone())
            return home.copy_(tensor.detach())

        return with_tensors(write, answer)

    return breaks


def _shares_attributes() -> Break:
    everybodys: dict[str, Any] = {}

    def breaks(call: Callable[[Bound], Any], given: Bound) -> Any:
        itself = given.arguments.get("self")
        if itself is not None and itself.__dict__ is not everybodys:
            everybodys.update(itself.__dict__)
            itself.__dict__ = everybodys
        return call(given)

    return breaks
