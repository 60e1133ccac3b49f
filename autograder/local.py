"""`autograder check NOTEBOOK`: a student's own notebook checked from a terminal, on their own machine.

The code runs in this process, as it would in their kernel: the sandbox is for grading others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.live import check_namespace
from autograder.notebook import SETUP_TAG, Outline, compile_cell
from autograder.recording import load
from autograder.results import ExerciseResult, TestResult
from autograder.student import as_raised
from autograder.submission import StudentCode, read_notebook, student_code


def check_notebook(path: Path, wanted: Iterable[str] = ()) -> list[ExerciseResult]:
    """Run the checks of a notebook's exercises and return what each is worth.

    Args:
        path: the notebook, with the course's checks/ folder beside it.
        wanted: the exercises to check; all when empty.

    Raises CourseError or UnreadableNotebook with what is wrong with the call or the file.
    """
    points = load(path.parent / "checks" / f"{path.stem}.safetensors").points
    unknown = [name for name in wanted if name not in points]
    if unknown:
        raise CourseError(f"{path.name} has no exercise {', '.join(unknown)}; it has {', '.join(points)}")
    book = read_notebook(path)
    outline = Outline(path.absolute().parent.name, path.stem, tuple(points), tuple(_setup_cells(book)))
    code = student_code(book, outline)
    namespace, failed = _run_cells(code)
    return [
        _refusal(name, float(points[name]), {**code.broken, **failed}[name])
        if name in code.broken or (name in failed and name not in namespace)
        else check_namespace(name, namespace, path.absolute().parent, notebook=path.stem)
        for name in (wanted or points)
    ]  # fmt: skip


def _setup_cells(book: dict[str, Any]) -> list[str]:
    return [
        "".join(cell.get("source", "")) for cell in book["cells"]
        if isinstance(cell.get("metadata"), dict) and SETUP_TAG in (cell["metadata"].get("tags") or [])
    ]  # fmt: skip


def _run_cells(code: StudentCode) -> tuple[dict[str, Any], dict[str, str]]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    failed = {}
    for cell in code.cells:
        try:
            exec(compile_cell(cell.source, f"<{cell.label}>"), namespace)
        except Exception as problem:
            if cell.exercise:
                failed[cell.exercise] = f"running the cell failed: {as_raised(problem)}"
    return namespace, failed


def _refusal(name: str, points: float, message: str) -> ExerciseResult:
    return ExerciseResult(name, 0.0, points, "error", (TestResult("the cell", "error", message),))
