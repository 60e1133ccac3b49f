"""One process that grades: a box with its warm zygote and warm checks for each notebook, kept for a whole run.

The same code grades one notebook in the process that asks for it and a class on a cluster: `grade_one`
makes what it needs when the first submission comes, and a submission's cost is its tests.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.checking.recording import load
from autograder.course.notebook import read_course_notebook
from autograder.grading import boxes
from autograder.grading.boxes import BoxPlan, box_of
from autograder.grading.grade import Grader, Submission
from autograder.plain.results import SubmissionResult


@dataclass(frozen=True)
class Exam:
    """One notebook of a run: where its checks are, what is on record, as bytes, and the points it gives."""

    path: str
    recording: bytes
    max_score: float


_GRADERS: dict[tuple[BoxPlan, Exam], Grader] = {}


def grade_one(plan: BoxPlan, exam: Exam, submission: Submission) -> SubmissionResult:
    """Grade one submission in this process, with what it keeps warm. Raises SandboxError."""
    grader = _grader(plan, exam)
    there = submission.path.exists() or submission.path.is_symlink()
    return grader.grade(submission) if there else grader.missing(submission)


def grade_batch(plan: BoxPlan, exam: Exam, submissions: list[Submission]) -> list[SubmissionResult]:
    """Grade a few submissions of one notebook, one after another. Raises SandboxError."""
    return [grade_one(plan, exam, one) for one in submissions]


def given(exam: Exam) -> Exam:
    """Return an exam: as a task of the cluster's, it is sent to each worker once, and anew to one that has come
    later."""
    return exam


def forget() -> None:
    """Close what is kept warm here: every zygote ends, and the checks' threads with it."""
    for grader in _GRADERS.values():
        grader.close()
    _GRADERS.clear()
    boxes.forget()


def _grader(plan: BoxPlan, exam: Exam) -> Grader:
    if (plan, exam) not in _GRADERS:
        box = box_of(plan)
        with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
            file.write(exam.recording)
            file.flush()
            recording = load(Path(file.name))
        _GRADERS[plan, exam] = Grader(read_course_notebook(Path(exam.path)), recording, box)
        box.start()
    return _GRADERS[plan, exam]
