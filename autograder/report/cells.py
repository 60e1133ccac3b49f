"""A student's cells as text, to be read beside the marks. Never run, and read within the grader's bounds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from autograder.course.notebook import nbgrader_of
from autograder.plain.errors import UnreadableNotebook
from autograder.plain.results import SubmissionResult
from autograder.reading.cell_text import MAX_CELL_CHARS
from autograder.reading.reader import read_cells


def path_of(submitted: Path, one: SubmissionResult) -> Path | None:
    """Return where a submission lies; None for a name that would lead out of the folder."""
    usual = (one.student, one.chapter, f"{one.notebook}.ipynb")
    parts = tuple(one.place.split("/")) if one.place else usual
    if any(part in ("", ".", "..") or "/" in part or os.sep in part or "\0" in part for part in parts):
        return None
    return submitted.joinpath(*parts)


def cells_of(submitted: Path | None, one: SubmissionResult) -> dict[str, str]:
    """Return the text of each exercise's cell; nothing when the file can't be read."""
    path = path_of(submitted, one) if submitted else None
    if path is None or not path.is_file():
        return {}
    try:
        cells = read_cells(path)
    except UnreadableNotebook:
        return {}
    return stub_cells(cells, {result.exercise for result in one.exercises})


def stub_cells(cells: Iterable[dict], exercises: Iterable[str]) -> dict[str, str]:
    """Return the text of the exercises' cells of a notebook that was read; of a doubled one, the last."""
    wanted = set(exercises)
    found = {}
    for cell in cells:
        name = nbgrader_of(cell).get("grade_id")
        if cell.get("cell_type") == "code" and isinstance(name, str) and name in wanted:
            source = cell.get("source", "")
            found[name] = ("".join(source) if isinstance(source, list) else source)[:MAX_CELL_CHARS]
    return found
