"""One exercise of one student, as a page shows it. Shared by the student's page and by feedback."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from autograder.card import WORDS
from autograder.report.figures import place_of, sentence_of, state_of
from autograder.results import STATUS_WORDS, ExerciseResult, Outcome, SubmissionResult, TestResult, worst

MARKS = {"passed": "✓", "partly": "◐", "wrong": "✗", "unwritten": "○", "none": "·"}


@dataclass(frozen=True)
class ExerciseView:
    """What a page shows of an exercise: its result, the code that was graded, and a line that repeats it."""

    result: ExerciseResult
    code: str = ""
    line: str = ""
    open: bool = False
    line_says: str = "To see this again, with the very same inputs:"

    @property
    def state(self) -> str:
        """How it stands, as one of figures.STATES."""
        return state_of(self.result)

    @property
    def words(self) -> str:
        """How it stands, in words."""
        if self.state == "unwritten":
            return "not written" if self.result.outcome != "missing" else "missing"
        return "partly right" if self.state == "partly" else WORDS[self.result.outcome]

    @property
    def first(self) -> TestResult | None:
        """The first test that did not pass."""
        return self.result.first_failure

    @property
    def first_title(self) -> str:
        """Its name as a sentence."""
        return sentence_of(self.first) if self.first else ""

    @property
    def others(self) -> list[tuple[str, str]]:
        """Further sentences that don't hold, each with its first message; of an unwritten stub they all say the same."""
        if self.state == "unwritten":
            return []
        found: dict[str, str] = {}
        for test in self.result.tests:
            if test.outcome != "passed" and sentence_of(test) != self.first_title:
                found.setdefault(sentence_of(test), test.message)
        return list(found.items())

    @property
    def tests(self) -> list[tuple[str, Outcome]]:
        """Every test by its sentence, with its outcome over all its parameters."""
        found: dict[str, list[Outcome]] = {}
        for test in self.result.tests:
            found.setdefault(sentence_of(test), []).append(test.outcome)
        return [(sentence, worst(outcomes)) for sentence, outcomes in found.items()]

    @property
    def passed(self) -> int:
        """How many of them passed."""
        return sum(outcome == "passed" for _, outcome in self.tests)


@dataclass(frozen=True)
class SubmissionView:
    """What a page shows of a submission."""

    submission: SubmissionResult
    views: tuple[ExerciseView, ...]
    note: str = ""
    line: str = ""

    @property
    def place(self) -> str:
        """The notebook's name as a path."""
        return place_of(self.submission)

    @property
    def status(self) -> str:
        """Its status."""
        return self.submission.status

    @property
    def reason(self) -> str:
        """Why it has that status, or what a person should know."""
        return self.submission.reason if self.status != "missing" else ""

    @property
    def status_words(self) -> str:
        """It, as a sentence."""
        return STATUS_WORDS[self.submission.status]

    @property
    def mark(self) -> float | None:
        """The points; None where no mark was given."""
        return self.submission.mark

    @property
    def max_score(self) -> float:
        """The points that can be had."""
        return self.submission.max_score


def check_line(one: SubmissionResult, exercise: str, seed: int) -> str:
    """Return the line with which a student repeats a check on their own machine."""
    notebook = shlex.quote(f"{one.chapter}/{one.notebook}.ipynb")
    return f"autograder check {notebook} --exercise {shlex.quote(exercise)} --seed {seed}"
