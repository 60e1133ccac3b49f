"""The standard mistakes of modules: the reference's own module, changed in one thing, each with its hint.

Each wraps what the reference makes, so that no text of a solution is copied. Those that can't be wrong here (always
training, where nothing tells the modes apart) are left out by the reference's own answers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.authoring.behaviour import alike
from autograder.authoring.filled import filled_module
from autograder.authoring.module_probes import short
from autograder.authoring.modules import Case, Modules
from autograder.authoring.probe import Namespace
from autograder.authoring.standard_mistakes import StandardMistake
from autograder.plain.devices import tensors, with_tensors

Forward = Callable[..., Any]


@dataclass(frozen=True)
class Change:
    """What is done to a module once it is made, and how it is called then: (module, its own forward, arguments)."""

    made: Callable[[nn.Module], None] = lambda module: None
    called: Callable[[nn.Module, Forward, tuple[Any, ...], dict[str, Any]], Any] | None = None


def module_mistakes(modules: Modules, solution: Mapping[str, Any]) -> list[StandardMistake]:
    """Return the standard mistakes of an exercise, but for those that its declaration says are none."""
    return [one for one in _all(modules, solution) if one.name not in modules.but]


def unknown_exceptions(modules: Modules, solution: Mapping[str, Any]) -> list[str]:
    """Return what `but` names that is no standard mistake of the exercise."""
    known = {one.name for one in _all(modules, solution)}
    return [name for name in modules.but if name not in known]


def broken_module(mistake: StandardMistake, modules: Modules, solution: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the reference with the mistake in it, under the reference's name."""
    reference, change = solution[modules.exercise], mistake.breaks()
    return _class(reference, change) if isinstance(reference, type) else _function(reference, change)


def _class(kind: Any, change: Any) -> type:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 (it becomes one)
        kind.__init__(self, *args, **kwargs)
        change.made(self)

    own = {"__init__": __init__, **_forward(kind, change)}
    return type(kind.__name__, (kind,), {**own, "__module__": kind.__module__, "__qualname__": kind.__qualname__})


def _function(function: Callable[..., Any], change: Any) -> Callable[..., Any]:
    @functools.wraps(function)
    def broken(*args: Any, **kwargs: Any) -> Any:
        module = function(*args, **kwargs)
        change.made(module)
        kind = type(module)
        module.__class__ = type(kind.__name__, (kind,), _forward(kind, change))
        return module

    return broken


def _forward(kind: Any, change: Any) -> dict[str, Any]:
    if change.called is None:
        return {}

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        return change.called(self, functools.partial(kind.forward, self), args, kwargs)

    return {"forward": forward}


# What applies to an exercise


def _all(modules: Modules, solution: Mapping[str, Any]) -> Iterator[StandardMistake]:
    ns = Namespace(solution)
    first = next(one for one in modules.all.values() if not one.large)
    if any(True for _ in filled_module(ns, *modules.how(first), [], 0).parameters()):
        yield _renames()
        yield _keeps_a_tensor()
    if any(_modes_differ(modules, one, ns) for one in modules.asked.values()):
        yield _always_trains(recorded=not any(_draws(modules, one, ns) for one in modules.asked.values()))
    if any(_modes_differ(modules, one, ns) for one in modules.chosen(modules.training).values()):
        yield _never_trains()
    gradients = modules.chosen(modules.gradients).values()
    if any(one.is_floating_point() for case in gradients for one in tensors(case.inputs(np.random.default_rng(0)))):
        yield _cuts_the_gradient()
    if modules.chosen(modules.apart):
        yield _shares()


def _modes_differ(modules: Modules, case: Case, ns: Namespace) -> bool:
    """Whether training mode gives the reference another output than evaluation mode, or none."""
    trained = _answer(modules, case, ns, is_training=True)
    return trained is None or not alike(trained, _answer(modules, case, ns, is_training=False))


def _draws(modules: Modules, case: Case, ns: Namespace) -> bool:
    """Whether the output in training mode hangs on chance."""
    return not alike(*(_answer(modules, case, ns, is_training=True, seed=seed) for seed in range(2)))


def _answer(modules: Modules, case: Case, ns: Namespace, *, is_training: bool, seed: int = 0) -> Any:
    """Return the reference's output; None in training where it raises: a batch norm wants more than one number."""
    inputs = case.inputs(np.random.default_rng(1))
    module = filled_module(ns, *modules.how(case), inputs, 5, case.values).train(is_training)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            return short(module(*inputs), False)
        except ValueError:
            if is_training:
                return None
            raise


# The mistakes


def _renames() -> StandardMistake:
    return StandardMistake(
        "stores_a_parameter_under_another_name",
        "names",
        "A parameter is stored under another name than the docstring gives, so weights from elsewhere don't find it. "
        "A name is the attribute's, with those of the modules around it before the dots.",
        lambda: Change(_rename),
    )


def _keeps_a_tensor() -> StandardMistake:
    return StandardMistake(
        "keeps_a_parameter_as_a_plain_tensor",
        "names",
        "A parameter is a plain tensor: it is neither stored nor trained, nor moved to another device. `nn.Parameter` "
        "makes one of it.",
        lambda: Change(_make_plain),
        recorded=True,
    )


def _always_trains(recorded: bool) -> StandardMistake:
    return StandardMistake(
        "always_works_as_in_training",
        "evaluation",
        "In evaluation mode it still works as in training: with a batch's own mean and variance, or units dropped. "
        "`eval()` has to reach what behaves differently, by `self.training` or as a module of its own.",
        lambda: Change(called=_in_mode(True)),
        recorded=recorded,
    )


def _never_trains() -> StandardMistake:
    return StandardMistake(
        "always_works_as_in_evaluation",
        "training",
        "In training mode it still works as in evaluation: with running statistics, which then never move, or with "
        "nothing dropped. `train()` has to reach what behaves differently.",
        lambda: Change(called=_in_mode(False)),
        recorded=True,
    )


def _cuts_the_gradient() -> StandardMistake:
    return StandardMistake(
        "cuts_the_gradient_off",
        "gradients",
        "The values are right, and no gradient gets back to the input: something is detached, or computed without a "
        "graph, so that no layer before this one would learn.",
        lambda: Change(called=_detached),
        recorded=True,
    )


def _shares() -> StandardMistake:
    return StandardMistake(
        "instances_share_their_parameters",
        "apart",
        "Two instances have the same parameters, so that training one trains the other: each makes its own, in "
        "`__init__`.",
        _sharing,
        recorded=True,
    )


# How each is made


def _owner(module: nn.Module, *, own_first: bool) -> tuple[nn.Module, str]:
    """Return the module that has a parameter, and the parameter's name there: one of the outermost, or the first."""
    places = [(one, name) for one in module.modules() for name, value in one._parameters.items() if value is not None]
    return places[0] if own_first or len(places) == 1 else places[-1]


def _rename(module: nn.Module) -> None:
    owner, name = _owner(module, own_first=True)
    owner._parameters[f"{name}_"] = owner._parameters.pop(name)
    kind = type(owner)
    read = property(lambda self: self._parameters[f"{name}_"])
    owner.__class__ = type(kind.__name__, (kind,), {name: read})


def _make_plain(module: nn.Module) -> None:
    owner, name = _owner(module, own_first=any(value is not None for value in module._parameters.values()))
    kept = owner._parameters.pop(name)
    assert kept is not None
    owner.__dict__[name] = kept.detach().clone()


def _in_mode(is_training: bool) -> Callable[..., Any]:
    def called(module: nn.Module, forward: Forward, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        before = [(one, one.training) for one in module.modules()]
        module.train(is_training)
        try:
            return forward(*args, **kwargs)
        finally:
            for one, mode in before:
                one.training = mode

    return called


def _detached(module: nn.Module, forward: Forward, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return forward(*with_tensors(torch.Tensor.detach, args), **with_tensors(torch.Tensor.detach, kwargs))


def _sharing() -> Change:
    everybodys: dict[Any, Any] = {}

    def made(module: nn.Module) -> None:
        for place, one in module.named_modules():
            for kind in (one._parameters, one._buffers):
                for name, value in kind.items():
                    if value is not None:
                        key = place, name, value.shape, value.device
                        kind[name] = everybodys.setdefault(key, value)

    return Change(made)
