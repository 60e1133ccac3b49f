"""`modules`: what holds for an exercise that is an nn.Module, said once by cases. It makes tests and mistakes.

declared in checks/test_x.py ──► tests, collected by pytest like any other              (module_tests.py)
                             ──► standard mistakes, which `validate` must see rejected  (module_mistakes.py)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from autograder.authoring.inputs import randn
from autograder.authoring.probe import probe_of
from autograder.plain.errors import CourseError

X = Sequence[int] | Callable[[np.random.Generator], tuple[Any, ...]]


@dataclass(frozen=True)
class Case:
    """One way to make a module, and what it is asked. The fields are the arguments of `case`."""

    args: tuple[Any, ...]
    settings: Mapping[str, Any]
    x: X | None = None
    other: X | None = None
    values: Mapping[str, torch.Tensor] = field(default_factory=dict)
    large: bool = False

    def inputs(self, rng: np.random.Generator) -> list[Any]:
        """Return the arguments of a call."""
        return _drawn(self.x, rng)

    def others(self, rng: np.random.Generator) -> list[Any]:
        """Return those of another call, in between."""
        return _drawn(self.x if self.other is None else self.other, rng)


def _drawn(x: X | None, rng: np.random.Generator) -> list[Any]:
    if callable(x):
        return list(x(rng))
    return [randn(rng, *(x or ()), dtype=torch.float64, scale=2.0, shift=0.5)]


def case(
    args: Sequence[Any] = (),
    settings: Mapping[str, Any] | None = None,
    *,
    x: X | None = None,
    other: X | None = None,
    values: Mapping[str, Any] | None = None,
    large: bool = False,
) -> Case:
    """Return one way to make a module, and what it is asked.

    Args:
        args, settings: of the class, as plain data.
        x: the shape of its one input, which is then drawn in float64 (mean 0.5, deviation 2); or what draws all
            arguments of a call, `x=lambda rng: (randn(rng, 2, 3, dtype=DOUBLE), mask)`. Without it only names and
            shapes of what is stored are asked.
        other: the same for a call in between, of another size; if nothing is said, of the same.
        values: {"fc1.bias": 3.0}: what a parameter is to hold in place of what follows from its name, one number for
            all of its places, or nested lists.
        large: made without memory, to ask for the names of a network of real size.
    """
    own = {name: torch.as_tensor(one, dtype=torch.float64) for name, one in (values or {}).items()}
    return Case(tuple(args), dict(settings or {}), x, other, own, large)


def made_by(make: Callable[..., Any]) -> list[str]:
    """Return what stands for the exercise's name where a probe of the check's own makes the module, `make(ns, ...)`."""
    shipped = probe_of(make)
    return [shipped.name, shipped.source]


Cases = Mapping[str, Case | Mapping[str, Case]]


@dataclass(frozen=True)
class Modules:
    """What one exercise's module promises. The fields are the arguments of `modules`."""

    exercise: str
    cases: Cases
    make: Callable[..., Any] | None = None
    training: Collection[str] | None = None
    gradients: Collection[str] | None = None
    apart: Collection[str] | None = None
    sums: bool = False
    rounded: bool = False
    costs: Mapping[str, float] = field(default_factory=dict)
    but: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def all(self) -> dict[str, Case]:
        """All cases, by name. Raises CourseError where two have the same."""
        found: dict[str, Case] = {}
        for name, one in self.cases.items():
            for inner, each in {name: one}.items() if isinstance(one, Case) else one.items():
                if inner in found:
                    raise CourseError(f"{self.exercise} has two cases that are called {inner!r}")
                found[inner] = each
        return found

    @cached_property
    def asked(self) -> dict[str, Case]:
        """The cases that have an input."""
        return {name: one for name, one in self.all.items() if one.x is not None}

    @cached_property
    def groups(self) -> dict[str, dict[str, Case]]:
        """The cases that are tried in one test, by what the group is called: {"": all} where nothing is grouped."""
        if all(isinstance(one, Case) for one in self.cases.values()):
            return {"": self.asked} if self.asked else {}
        groups = {name: {name: one} if isinstance(one, Case) else dict(one) for name, one in self.cases.items()}
        with_input = {name: {n: c for n, c in group.items() if c.x is not None} for name, group in groups.items()}
        return {name: group for name, group in with_input.items() if group}

    def chosen(self, names: Collection[str] | None) -> dict[str, Case]:
        """Return the cases of these names; the first that has an input, where nothing is said.

        Raises CourseError for a name that no case with an input has.
        """
        strange = set(names or ()) - set(self.asked)
        if strange:
            raise CourseError(
                f"{self.exercise} has no case with an input called {', '.join(sorted(strange))}: "
                f"it has {', '.join(self.asked)}"
            )
        return {name: self.asked[name] for name in (list(self.asked)[:1] if names is None else names)}

    @cached_property
    def subject(self) -> Any:
        """What the probes make a module by: the exercise's name, or `make` as a probe."""
        return self.exercise if self.make is None else made_by(self.make)

    def how(self, case: Case) -> tuple[Any, list[Any], dict[str, Any]]:
        """Return what each probe is given to make the module."""
        return self.subject, list(case.args), dict(case.settings)
