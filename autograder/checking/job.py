"""One set of answers to judge, and what became of one test of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.authoring.compare import Compared, Mismatch, RuleBroken
from autograder.authoring.doors import Answer, Call, Side
from autograder.authoring.exercise import ExerciseMark
from autograder.plain.results import TestResult
from autograder.plain.source import Definition

# What the device rules' probes are called in an answer. Code that raises in them may be right on the CPU.
DEVICE_PROBES = ("run:follow_fake_cuda", "run:follow_each")


@dataclass(frozen=True)
class Job:
    """One set of answers to judge.

    Args:
        student: where the student's code runs.
        reference: gives the reference's side for a test's name.
        seed: what the inputs are made from.
        exercises: the only exercises to judge, or None for all.
        devices: where tensors live while judging.
        trusted: the student's side is the author's own code, so that an error is the course's.
        tests: the only tests to run, or None for all.
        attempts: run also those that judge an exercise's attempt, which takes long.
    """

    student: Side
    reference: Callable[[str], Side]
    seed: int
    exercises: frozenset[str] | None = None
    devices: tuple[str, ...] = ("cpu",)
    trusted: bool = False
    tests: frozenset[str] | None = None
    attempts: bool = True


@dataclass
class TestRun:
    """One test with one student: its result, and what was asked and answered on the way.

    `name` is pytest's, with the parameters; the result has them apart. `seconds` is how long it took.
    """

    __test__ = False

    name: str
    mark: ExerciseMark
    result: TestResult = field(default_factory=lambda: TestResult("", "passed"))
    failure: BaseException | None = None
    calls: list[Call] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    seconds: float = 0.0
    compared: list[Compared | None] = field(default_factory=list)

    @property
    def is_rule(self) -> bool:
        """Whether it failed by a rule, or raised where only a rule is tried: so that the answers may be right."""
        return isinstance(self.failure, RuleBroken) or self._raised_on_a_device

    @property
    def _raised_on_a_device(self) -> bool:
        last = self.answers[-1] if self.answers and self.failure is not None else None
        return last is not None and last.raised is not None and last.name in DEVICE_PROBES

    @property
    def evidence(self) -> list[Answer]:
        """What the answer is known by: the values that were compared, or where it failed otherwise, all answers."""
        sides = [one for one in self.compared if one is not None]
        if not isinstance(self.failure, Mismatch) or not sides or len(sides) < len(self.compared):
            return self.answers
        return [Answer("compared", actual) for actual, *_ in sides]

    @property
    def tolerance(self) -> tuple[float, float]:
        """The loosest (rtol, atol) that the test states itself: its author has seen that right answers differ by so
        much there, and so do two answers with one mistake."""
        stated = [one[3] for one in self.compared if one is not None]
        return max((one.rtol or 0.0 for one in stated), default=0.0), max(
            (one.atol or 0.0 for one in stated), default=0.0
        )


class OnDevice:
    """A side whose tensors live on another device: moved there for the call, and back for the comparison."""

    def __init__(self, side: Side, device: str) -> None:
        self._side, self._device = side, device

    def ask(self, call: Call) -> Any:
        """Ask on the device; the sides move the tensors."""
        return self._side.ask(replace(call, device=self._device))

    def source(self, name: str) -> dict[str, Definition]:
        """Return the side's own source."""
        return self._side.source(name)
