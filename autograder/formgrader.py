"""Graded notebooks where nbgrader's formgrader looks for them: autograded/<student>/<chapter>/<notebook>.ipynb.

The course's own text stands in every locked cell, whatever the student's copy says. The outputs are the
cards of this run and the scores, and none of the student's. A file that could not be read still has a page,
with the cells that give points and the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from autograder.errors import CourseError, UnreadableNotebook
from autograder.grade import Submission
from autograder.nbgrader_plugin import write_outputs
from autograder.notebook import nbgrader_of
from autograder.reader import read_cells
from autograder.results import Results, SubmissionResult

MAKERS = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
Cell = dict[str, Any]


def write_autograded(results: Results, submissions: Iterable[Submission], root: Path, folder: Path) -> int:
    """Write the graded notebook of each submission below `folder` and return how many.

    Args:
        results: a grading run.
        submissions: where its notebooks lie.
        root: the top of the course, with the released notebooks in course/.
        folder: nbgrader's autograded directory.

    Raises CourseError when a notebook was never released.
    """
    paths = {(one.student, one.chapter, one.notebook): one.path for one in submissions}
    graded = [one for one in results.submissions if one.status != "missing"]
    for one in graded:
        target = folder / one.student / one.chapter / f"{one.notebook}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # nbgrader leaves files that can't be written
        book = graded_notebook(one, paths[one.student, one.chapter, one.notebook], _released(root, one))
        nbformat.write(book, target)
    return len(graded)


def graded_notebook(result: SubmissionResult, path: Path, released: list[Cell]) -> nbformat.NotebookNode:
    """Return a student's notebook with this run's cards, in cells that nbgrader knows."""
    cells = list(_cells(_handed_in(path), released))
    if result.status == "unreadable":
        cells.insert(0, new_markdown_cell(f"**This notebook could not be graded:** {result.reason}"))
    book = new_notebook(cells=cells)
    write_outputs(book, result)
    return book


def _released(root: Path, result: SubmissionResult) -> list[Cell]:
    path = root / "course" / result.chapter / f"{result.notebook}.ipynb"
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["cells"])
    except OSError as problem:
        raise CourseError(f"{path} can't be read: {problem.strerror}; run `autograder build` first") from None


def _handed_in(path: Path) -> list[Cell]:
    try:
        return read_cells(path)
    except UnreadableNotebook:
        return []


def _cells(handed_in: list[Cell], released: list[Cell]) -> Iterator[nbformat.NotebookNode]:
    """Yield the student's cells in their order, then those that give points and are gone."""
    left = {str(nbgrader_of(cell)["grade_id"]): cell for cell in released if nbgrader_of(cell)}
    for cell in handed_in:
        own = left.pop(str(nbgrader_of(cell).get("grade_id")), None)
        if own is None:
            yield _made(cell, _text(cell), {})
        else:
            yield _made(own, _text(own if nbgrader_of(own).get("locked") else cell), nbgrader_of(own))
    yield from (_made(cell, _text(cell), nbgrader_of(cell)) for cell in left.values())


def _made(like: Cell, source: str, about: dict[str, Any]) -> nbformat.NotebookNode:
    make = MAKERS.get(str(like.get("cell_type")), new_raw_cell)
    return make(source, metadata={"nbgrader": about} if about else {})


def _text(cell: Cell) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))
