"""The exercises that no check can ask anything, and what their students read instead."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.errors import ChildDied, LimitReached, SubmissionError
from autograder.results import ExerciseResult, Outcome, TestResult
from autograder.submission import StudentCode
from autograder.text import MESSAGE_CHARS, clean


def refusals(code: StudentCode, failed: Mapping[str, SubmissionError]) -> dict[str, tuple[str, str]]:
    """Return the exercises that can't be asked anything, each with its outcome and the reason.

    Args:
        code: a submission.
        failed: what went wrong while its cells ran, by label.
    """
    refused = {name: ("error", problem) for name, problem in code.broken.items()}
    defined = code.definitions
    for cell in code.cells:
        problem = failed.get(cell.label)
        if cell.exercise is None or problem is None:
            continue
        # An exception below the definition (a call that the student left in the cell) costs nothing.
        if isinstance(problem, LimitReached | ChildDied) or cell.exercise not in defined:
            outcome = "error" if problem.outcome == "failed" else problem.outcome
            refused[cell.exercise] = (outcome, f"running the cell failed: {problem}")
    for name in code.missing:
        refused[name] = ("missing", f"the cell of {name} was deleted, and nothing else defines {name}")
    return {name: (outcome, _with_place(message, code.elsewhere.get(name))) for name, (outcome, message) in refused.items()}


def _with_place(message: str, elsewhere: str | None) -> str:
    return f"{message} ({elsewhere})" if elsewhere else message


def refusal(name: str, points: float, outcome: str, message: str) -> ExerciseResult:
    """Return the result of an exercise that was refused."""
    kind: Outcome = outcome  # type: ignore[assignment]
    return ExerciseResult(name, 0.0, float(points), kind, (TestResult("the cell", kind, clean(message, MESSAGE_CHARS)),))
