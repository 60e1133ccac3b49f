"""One submission to one report, and a whole tree of them to results.

The grading process runs the checks and holds the recorded answers. It parses nothing of a student's: a file is
read in a process of its own (reader.py). The student's code runs in the box (sandbox/). Only data comes back from
either.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.checking.assess import judge
from autograder.checking.judging import WarmChecks, bounded_memory
from autograder.checking.recording import Recording
from autograder.course.notebook import CourseNotebook
from autograder.grading.boxed import BoxedStudent
from autograder.plain.errors import MachineFailed, SubmissionError, UnreadableNotebook
from autograder.plain.results import ExerciseResult, Failure, SubmissionResult, failing
from autograder.plain.text import clean_line
from autograder.reading.explained import Explained
from autograder.reading.reader import read_code, read_code_in
from autograder.reading.refusals import refusal, refusals
from autograder.reading.submission import StudentCode
from autograder.sandbox.box import Box
from autograder.sandbox.cores import kept_to, use_one_thread

ATTEMPTS = 2
MAX_REASON = 600


@dataclass(frozen=True)
class Submission:
    """Where a submitted notebook lies, and whose it is.

    Args:
        student: the folder's name as it is: it is cleaned where it is shown, and nowhere else.
        chapter, notebook: which notebook of the course it is.
        path: the file; where nothing lies for a missing one.
        place: the path below the graded folder, where that is not <student>/<chapter>/<notebook>.ipynb.
        note: what a person should know of what was handed in.
        refused: why it is not graded although files are there.
        only: the one exercise that is judged; "" for all.
    """

    student: str
    chapter: str
    notebook: str
    path: Path
    place: str = ""
    note: str = ""
    refused: str = ""
    only: str = ""


@dataclass
class Grader:
    """Grades submissions of one notebook. Holds the checks and the recording; the box is shared.

    Args:
        notebook: the notebook of the course.
        recording: what the reference and the mistakes answer at the run's seed.
        box: where students' code runs.
    """

    notebook: CourseNotebook
    recording: Recording
    box: Box

    def __post_init__(self) -> None:
        use_one_thread()
        self._outline = self.notebook.outline
        self._checks = WarmChecks(self.notebook.checks, self.box.core)

    @property
    def max_score(self) -> float:
        """The points that the checks of this notebook give."""
        return float(sum(self.recording.points.values()))

    def grade(self, submission: Submission) -> SubmissionResult:
        """Grade one notebook file. A file that can't be read costs its own marks, never the run."""
        return self._timed(submission, lambda: read_code(submission.path, self._outline))

    def grade_book(self, book: Any, submission: Submission) -> SubmissionResult:
        """Grade a notebook that someone else has read, as nbformat has it."""
        return self._timed(submission, lambda: read_code_in(book, self._outline))

    def _timed(self, submission: Submission, read: Callable[[], StudentCode]) -> SubmissionResult:
        began = time.perf_counter()
        with kept_to(self.box.core):
            result = self._read_and_graded(submission, read)
        return replace(result, seconds=round(time.perf_counter() - began, 4))

    def _read_and_graded(self, submission: Submission, read: Callable[[], StudentCode]) -> SubmissionResult:
        """Where the machine fails it is judged again, whole and in a fresh box; twice, and it has no mark: "undone"."""
        if submission.refused:
            return self._ungraded(submission, "unreadable", submission.refused)
        try:
            code = read()
        except UnreadableNotebook as problem:
            return self._ungraded(submission, "unreadable", str(problem))
        for _ in range(ATTEMPTS):
            try:
                return self._graded(code, submission)
            except MachineFailed as problem:
                failed = problem
                self.box.close()
        return self._ungraded(submission, "undone", failing(f"{failed}, {ATTEMPTS} times"))

    def _graded(self, code: StudentCode, submission: Submission) -> SubmissionResult:
        results, told = self._judge(code, submission.only)
        return SubmissionResult(
            **_whose(submission),
            status="graded",
            reason=clean_line("; ".join(filter(None, (submission.note, *code.notes, *told))), MAX_REASON),
            score=round(sum(one.score for one in results), 4),
            max_score=self.max_score,
            exercises=tuple(results),
        )

    def missing(self, submission: Submission) -> SubmissionResult:
        """The result of a student who handed in nothing for this notebook."""
        return self._ungraded(
            submission, "missing", "; ".join(filter(None, ("no notebook was handed in", submission.note)))
        )

    def close(self) -> None:
        """End the checks' thread. The box is the caller's."""
        self._checks.close()

    def _judge(self, code: StudentCode, only: str) -> tuple[list[ExerciseResult], list[str]]:
        """Return what each exercise is worth, and what there is to know about lines that failed or did not run."""
        names = [only] if only else [*self.notebook.exercises]
        student = BoxedStudent(self.box, code)
        side = Explained(student, student.reasons)
        try:
            student.load()
            refused = refusals(code, student.failed)
            gradable = [name for name in names if name not in refused]
            judged = self._judged(student, side, gradable) if gradable else []
        except SubmissionError as problem:
            refused, judged = dict.fromkeys(names, (problem.outcome, Failure("cell", str(problem)))), []
        finally:
            student.close()
        if student.lost is not None:
            raise student.lost
        found = {one.exercise: one for one in judged}
        points = self.recording.points
        results = [found.get(name) or refusal(name, points[name], refused[name]) for name in names]
        return results, student.reasons.told

    def _judged(self, student: BoxedStudent, side: Explained, exercises: list[str]) -> list[ExerciseResult]:
        with bounded_memory(self.box.limits.judging_bytes):
            return self._checks.use(
                lambda runner: judge(runner, side, self.recording, exercises, self.box.devices), student.clock
            )

    def _ungraded(self, submission: Submission, status: Any, reason: str) -> SubmissionResult:
        return SubmissionResult(
            **_whose(submission), status=status, reason=clean_line(reason, 600), max_score=self.max_score
        )


def _whose(submission: Submission) -> dict[str, Any]:
    return {
        "student": submission.student,
        "chapter": submission.chapter,
        "notebook": submission.notebook,
        "place": submission.place,
    }
