"""One exercise of one student, as a page shows it. Shared by the student's page and by feedback."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.plain.numbered import name_of
from autograder.plain.results import (
    STATUS_WORDS,
    ExerciseResult,
    Failure,
    SubmissionResult,
    TestResult,
    worst,
)
from autograder.present.card_words import Look, gathered, hint_of, look, look_of, sentence_of
from autograder.report.figures import place_of


@dataclass(frozen=True)
class ExerciseView:
    """What a page shows of an exercise: its result, the code that was graded, and a line that repeats it."""

    result: ExerciseResult
    code: str = ""
    line: str = ""
    open: bool = False
    line_says: str = "To see this again, with the very same inputs:"

    @property
    def look(self) -> Look:
        """How it stands."""
        return look(self.result)

    @property
    def hint(self) -> str:
        """The hint that goes with its first failure."""
        return hint_of(self.result)

    @property
    def first(self) -> TestResult | None:
        """The first test that did not pass."""
        return self.result.plainest_failure

    @property
    def first_title(self) -> str:
        """Its name as a sentence."""
        return sentence_of(self.first) if self.first else ""

    @property
    def others(self) -> list[tuple[str, Failure | None]]:
        """Further sentences that don't hold, each with its first failure; of an unwritten stub they all say the
        same."""
        if self.result.outcome == "unwritten":
            return []
        failed = gathered(test for test in self.result.tests if test.outcome != "passed")
        return [(sentence, tests[0].failure) for sentence, tests in failed.items() if sentence != self.first_title]

    @property
    def tests(self) -> list[tuple[str, Look]]:
        """Every test by its sentence, with how it stands over all its parameters."""
        groups = gathered(self.result.tests)
        return [(sentence, look_of(worst(test.outcome for test in tests))) for sentence, tests in groups.items()]

    @property
    def passed(self) -> int:
        """How many of them passed."""
        return sum(shown.group == "passed" for _, shown in self.tests)


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
    def found_at(self) -> str:
        """Where the file lay, if not where it belongs."""
        return "" if is_in_place(self.submission) else self.submission.place

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


def stem_of(one: SubmissionResult) -> str:
    """Return the name of a student's file in its place, without the ending; of one elsewhere, the notebook's."""
    return PurePosixPath(one.place).stem if one.place and is_in_place(one) else one.notebook


def is_in_place(one: SubmissionResult) -> bool:
    """Whether a file lay where it belongs, with a number or without."""
    *folder, file = one.place.split("/") if one.place else (one.student, one.chapter, f"{one.notebook}.ipynb")
    return folder == [one.student, one.chapter] and name_of(file) == f"{one.notebook}.ipynb"


def check_line(one: SubmissionResult, exercise: str, seed: int) -> str:
    """Return the line with which a student repeats a check on their own machine."""
    notebook = shlex.quote(f"{one.chapter}/{stem_of(one)}.ipynb")
    return f"autograder check {notebook} --exercise {shlex.quote(exercise)} --seed {seed}"
