"""The exercises that no check can ask anything, and what their students read instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from autograder.checking.verdict import Verdict, cleaned
from autograder.plain.errors import ChildDied, LimitReached, StudentRaised, SubmissionError
from autograder.plain.results import ExerciseResult, Failure, Outcome, TestResult
from autograder.reading.submission import StudentCode

CELL = "the cell"  # stands for a test's name


def refusals(code: StudentCode, failed: Mapping[str, SubmissionError]) -> dict[str, Verdict]:
    """Return the exercises that can't be asked anything, each with its outcome and the reason.

    Args:
        code: a submission.
        failed: what went wrong while its cells ran, by label.
    """
    refused: dict[str, Verdict] = {name: ("error", Failure("cell", problem)) for name, problem in code.broken.items()}
    defined = code.definitions
    for cell in code.cells:
        problem = failed.get(cell.label)
        if cell.exercise is None or problem is None:
            continue
        # An exception below the definition (a call that the student left in the cell) costs nothing.
        if isinstance(problem, LimitReached | ChildDied) or cell.exercise not in defined:
            refused[cell.exercise] = _of_cell(problem)
    for name in code.missing:
        refused[name] = ("missing", Failure("cell", f"the cell of {name} was deleted, and nothing else defines {name}"))
    return {
        name: (outcome, replace(failure, remedy=code.elsewhere.get(name, "")))
        for name, (outcome, failure) in refused.items()
    }


def _of_cell(problem: SubmissionError) -> Verdict:
    outcome: Outcome = "error" if problem.outcome == "failed" else problem.outcome
    head, where = (problem.head, problem.where) if isinstance(problem, StudentRaised) else (str(problem), "")
    return outcome, Failure("cell", f"running the cell failed: {head}", where=where)


def refusal(name: str, points: float, verdict: Verdict) -> ExerciseResult:
    """Return the result of an exercise that was refused."""
    outcome, failure = verdict
    return ExerciseResult(name, 0.0, float(points), outcome, (TestResult(CELL, outcome, cleaned(failure)),))
