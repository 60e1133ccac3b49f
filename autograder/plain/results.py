"""What grading says, as frozen records.

Everything here is data; `card_words` makes words of it, and nothing is read back from those. `results_file` writes
and reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal[
    "passed",
    "failed",
    "unwritten",
    "unrun",  # in a live kernel alone: a cell above has not been run, so that there was nothing to judge
    "error",
    "timeout",
    "memory",
    "missing",
    "not_run",
]
Status = Literal["graded", "unreadable", "missing", "undone"]
FailureKind = Literal[
    "value",
    "shape",
    "dtype",
    "kind",
    "finite",  # an answer differs from the expected one
    "rule",
    "assertion",  # the way there is ruled out; something else that the check asks does not hold
    "raised",
    "undefined",
    "limit",
    "died",
    "unusable",  # there is no answer, or none that can be judged
    "unwritten",
    "needs",
    "not_run",
    "cell",  # nothing was asked: a stub, one of another exercise, a limit before, the cell
    "message",  # of schema 1: one text, whatever it was
]
STATUS_WORDS: dict[Status, str] = {
    "graded": "graded",
    "unreadable": "The notebook could not be read",
    "missing": "No notebook was handed in",
    "undone": "The machine failed while this was graded: there is no mark yet",
}
WORST_FIRST: tuple[Outcome, ...] = (
    "memory",
    "timeout",
    "error",
    "missing",
    "failed",
    "unrun",
    "unwritten",
    "not_run",
    "passed",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test did not pass, in parts. A part that there is nothing to say of is "".

    Args:
        kind: what sort of failure it is.
        problem: what is wrong, in one sentence; of an exception, its kind and text; of a stub, what is to be written.
        came: what the student's code gave.
        expected: what the reference gives.
        where: the first index where they differ; of an exception, the student's own lines.
        call: what was asked, as a person would write it.
        remedy: what to do about it, or the reason that stands elsewhere in the notebook.
        beside: rows (name, came, expected) that show both sides in parts, such as ("shape", "(4, 1)", "(4,)"). The row
            named "" has the two values that differ.
        faint: the values differ by so little that another test shows it better.
    """

    kind: FailureKind
    problem: str
    came: str = ""
    expected: str = ""
    where: str = ""
    call: str = ""
    remedy: str = ""
    beside: tuple[tuple[str, str, str], ...] = ()
    faint: bool = False


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of one exercise, with one set of parameters, on one device. `failure` is None when it passed.

    `name` is the test function's and `parameters` what pytest calls them, such as "4-3". `about` is what should
    hold, in the
    words of the test's docstring; "" where it has none and its name says it.
    """

    __test__ = False

    name: str
    outcome: Outcome
    failure: Failure | None = None
    parameters: str = ""
    device: str = "cpu"
    about: str = ""


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """One exercise: its points, its tests, and the hint when the answer is a known mistake's.

    `mend_first` is another exercise that this one uses and that is not right, so that this one may be right as it is.
    `seconds` is what its tests took; two results that differ in nothing else are equal.
    """

    exercise: str
    score: float
    max_score: float
    outcome: Outcome
    tests: tuple[TestResult, ...] = ()
    hint: str | None = None
    seconds: float = field(default=0.0, compare=False)
    mend_first: str = ""

    @property
    def first_failure(self) -> TestResult | None:
        """The first test that did not pass."""
        return next((test for test in self.tests if test.outcome != "passed"), None)

    @property
    def by_rule_only(self) -> bool:
        """Whether it fails by rules alone, whose own messages say what to do; an answer's values may be right."""
        failed = [(test.outcome, test.failure) for test in self.tests if test.failure is not None]
        return bool(failed) and all(outcome == "failed" and not failure.came for outcome, failure in failed)

    @property
    def plainest_failure(self) -> TestResult | None:
        """The failure to show: the first, but for a faint one the first whose values differ plainly."""
        first = self.first_failure
        if first is None or first.failure is None or not first.failure.faint:
            return first
        return next((test for test in self.tests if test.failure is not None and _is_plain(test.failure)), first)


def _is_plain(failure: Failure) -> bool:
    return failure.kind in ("value", "shape", "kind", "finite") and not failure.faint


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """One notebook of one student, whose folder's name stands as it is: it is cleaned where it is shown.

    `status` says whether there is a mark: "graded" has its own, "unreadable" 0 by the student's own file. "missing" and
    "undone" (the machine failed) have none, and their `score` is no number to count.
    `place` is where the file lies below the graded folder, where that is not <student>/<chapter>/<notebook>.ipynb.
    """

    student: str
    chapter: str
    notebook: str
    status: Status
    reason: str = ""
    score: float = 0.0
    max_score: float = 0.0
    seconds: float = 0.0
    exercises: tuple[ExerciseResult, ...] = ()
    place: str = ""

    @property
    def mark(self) -> float | None:
        """The points, or None where no mark was given."""
        return self.score if self.status in ("graded", "unreadable") else None


@dataclass(frozen=True)
class Run:
    """What the marks depend on besides the submissions; and in `unplaced`, what was handed in and not graded, a
    line each."""

    seed: int
    started: str
    isolation: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    versions: dict[str, str] = field(default_factory=dict)
    unplaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """A whole grading run."""

    run: Run
    submissions: tuple[SubmissionResult, ...]


def failing(what: str) -> str:
    """Return the reason of an "undone" submission from what the machine did."""
    return f"{what}: no mark was given, and the same command tries it again. Look at the machine's memory and logs"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of some outcomes; "passed" of none."""
    return min(outcomes, key=WORST_FIRST.index, default="passed")


def overall(tests: Iterable[TestResult]) -> Outcome:
    """Return an exercise's outcome: that of its worst test, but "unwritten" where a stub was the first to fail.

    What fails after that fails because of it.
    """
    outcomes = [test.outcome for test in tests]
    first = next((outcome for outcome in outcomes if outcome != "passed"), None)
    return "unwritten" if first == "unwritten" else worst(outcomes)
