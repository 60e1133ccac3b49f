"""One submission to one report, and a whole tree of them to results.

The grading process reads notebooks as text, runs the checks, and holds the recorded answers. The
student's code runs in the box (sandbox/), and only data comes back.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from autograder.assess import judge
from autograder.boxed import BoxedStudent
from autograder.errors import SubmissionError, UnreadableNotebook
from autograder.explained import Explained
from autograder.notebook import CourseNotebook
from autograder.plugin import CheckRunner, with_checks
from autograder.recording import Recording
from autograder.refusals import refusal, refusals
from autograder.results import ExerciseResult, SubmissionResult
from autograder.sandbox.cores import kept_to, use_one_thread
from autograder.sandbox.process import Box
from autograder.submission import StudentCode, read_notebook, student_code
from autograder.text import clean_line

T = TypeVar("T")
MAX_REASON = 600


@dataclass(frozen=True)
class Submission:
    """Where a submitted notebook lies, and whose it is."""

    student: str
    chapter: str
    notebook: str
    path: Path


class WarmChecks:
    """Collected checks in a thread of their own: pytest's start is paid once, each use costs its tests.

    Args:
        path: the file of checks.
        core: what the thread keeps to; None for any.
    """

    def __init__(self, path: Path, core: int | None = None) -> None:
        self._path, self._core = path, core
        self._work: queue.Queue[Callable[[CheckRunner], Any] | None] = queue.Queue()
        self._done: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()
        self._ended: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name=f"checks of {path.stem}", daemon=True)
        self._thread.start()
        # Collecting parses Python, and CPython 3.11's `ast` fails when two threads parse at once: wait for it.
        self.use(lambda runner: None)

    def use(self, work: Callable[[CheckRunner], T]) -> T:
        """Run `work(runner)` in the thread and return what it returns. Raises what it raises."""
        if self._ended is not None:
            raise self._ended
        self._work.put(work)
        value, problem = self._done.get()
        if problem is not None:
            raise problem
        return value

    def close(self) -> None:
        """End pytest."""
        self._work.put(None)
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        try:
            with kept_to(self._core):
                with_checks(self._path, self._loop)
        except BaseException as problem:
            self._ended = problem
            self._done.put((None, problem))

    def _loop(self, runner: CheckRunner) -> None:
        while (work := self._work.get()) is not None:
            try:
                self._done.put((work(runner), None))
            except BaseException as problem:
                self._done.put((None, problem))


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
        self._checks = WarmChecks(self.notebook.checks, self.box.core)

    @property
    def max_score(self) -> float:
        """The points that the checks of this notebook give."""
        return float(sum(self.recording.points.values()))

    def grade(self, submission: Submission) -> SubmissionResult:
        """Grade one notebook file. A file that can't be read costs its own marks, never the run."""
        began = time.perf_counter()
        try:
            book = read_notebook(submission.path)
            result = self.grade_book(book, submission)
        except UnreadableNotebook as problem:
            result = self._ungraded(submission, "unreadable", str(problem))
        return replace(result, seconds=round(time.perf_counter() - began, 4))

    def grade_book(self, book: dict[str, Any], submission: Submission) -> SubmissionResult:
        """Grade a notebook that was read. Raises UnreadableNotebook when it is another notebook."""
        code = student_code(book, self.notebook.outline)
        with kept_to(self.box.core):
            results, told = self._judge(code)
        return SubmissionResult(
            **_whose(submission), status="graded", reason=clean_line("; ".join([*code.notes, *told]), MAX_REASON),
            score=round(sum(one.score for one in results), 4), max_score=self.max_score, exercises=tuple(results),
        )  # fmt: skip

    def missing(self, submission: Submission) -> SubmissionResult:
        """The result of a student who handed in nothing for this notebook."""
        return self._ungraded(submission, "missing", "no notebook was handed in")

    def close(self) -> None:
        """End the checks' thread. The box is the caller's."""
        self._checks.close()

    def _judge(self, code: StudentCode) -> tuple[list[ExerciseResult], list[str]]:
        """Return what each exercise is worth, and what there is to know about lines that failed or did not run."""
        student = BoxedStudent(self.box, code)
        side = Explained(student, student.reasons)
        try:
            student.load()
            refused = refusals(code, student.failed)
            gradable = [name for name in self.notebook.exercises if name not in refused]
            judged = self._checks.use(
                lambda runner: judge(runner, side, self.recording, gradable, self.box.devices) if gradable else []
            )
        except SubmissionError as problem:
            refused, judged = {name: (problem.outcome, str(problem)) for name in self.notebook.exercises}, []
        finally:
            student.close()
        found = {one.exercise: one for one in judged}
        points = self.recording.points
        results = [found.get(name) or refusal(name, points[name], *refused[name]) for name in self.notebook.exercises]
        return results, student.reasons.told

    def _ungraded(self, submission: Submission, status: Any, reason: str) -> SubmissionResult:
        return SubmissionResult(
            **_whose(submission), status=status, reason=clean_line(reason, 400), max_score=self.max_score
        )


def _whose(submission: Submission) -> dict[str, Any]:
    return {
        "student": clean_line(submission.student), "chapter": submission.chapter, "notebook": submission.notebook,
    }  # fmt: skip
