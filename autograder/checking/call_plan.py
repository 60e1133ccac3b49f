"""How a test is called: as the plain function that it is, or through pytest's whole protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.plain.errors import CourseError
from autograder.plain.results import Failure, Outcome, TestResult
from autograder.seams.pytest_internals import parameters_of

FIXTURES = ("student", "reference", "rng")


@dataclass(frozen=True)
class CallPlan:
    """How a test is called:

    `function` is None where pytest's whole protocol has to run it. To ask pytest each time costs more than the call.
    """

    name: str
    parameters: str
    about: str
    function: Callable[..., None] | None
    ours: tuple[str, ...]
    given: Mapping[str, Any]

    def result(self, outcome: Outcome, failure: Failure | None, device: str) -> TestResult:
        """Return the test's result."""
        return TestResult(self.name, outcome, failure, self.parameters, device, self.about)


def refuse_classes(items: list[pytest.Function]) -> None:
    """pytest makes a test class's instance once, and a class of students would share it."""
    for item in items:
        if item.cls is not None:
            raise CourseError(
                f"{item.nodeid} is a test in a class, which would remember one student for the next: "
                "write it as a function, and what tests share as a fixture"
            )


def plan_of(item: pytest.Function) -> CallPlan:
    """Return how a collected test is called."""
    callspec = getattr(item, "callspec", None)
    given = parameters_of(item)
    ours = tuple(name for name in FIXTURES if name in item.fixturenames)
    special = set(item.fixturenames) - {*given, *ours} or given.keys() & set(ours)
    return CallPlan(
        item.originalname, callspec.id if callspec else "", _about(item), None if special else item.obj, ours, given
    )


def _about(item: pytest.Function) -> str:
    """The first line of its docstring."""
    return next(iter((item.function.__doc__ or "").strip().splitlines()), "")
