"""The student's notebook as it was last saved: all that a kernel can know of cells that it has not run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.plain.source import definitions

HINT = re.compile(r"<summary>\s*(Hint[^<\n]*?)\s*</summary>")


@dataclass(frozen=True)
class SavedCell:
    """A code cell: the notebook's id of it ("" in an old file), nbgrader's name for it, its text.

    `hints` are the titles of the hints that unfold in the text above an exercise's cell, such as "Hint 1".
    """

    id: str
    exercise: str
    text: str
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class SavedNotebook:
    """The code cells of a file, and when it was saved, in seconds since the epoch."""

    cells: tuple[SavedCell, ...] = ()
    when: float = 0.0

    def cell_of(self, exercise: str) -> SavedCell | None:
        """Return the cell in which an exercise is answered."""
        return next((one for one in self.cells if one.exercise == exercise), None)

    def defines(self, name: str) -> bool:
        """Whether a cell would give a name a meaning, if it were run."""
        return any(name in definitions(one.text) for one in self.cells)


def saved_notebook(path: Path) -> SavedNotebook:
    """Read a notebook; one that is not there or can't be read has no cells."""
    try:
        when = path.stat().st_mtime
        return SavedNotebook(tuple(_cells(path.read_text(encoding="utf-8"))), when)
    except (OSError, ValueError, AttributeError, TypeError):
        return SavedNotebook()


def _cells(text: str) -> Iterator[SavedCell]:
    hints: list[str] = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell.get("source", ""))
        about = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") == "code":
            name = about.get("grade_id", "") if about.get("solution") else ""
            yield SavedCell(str(cell.get("id", "")), str(name), source, tuple(hints) if name else ())
        hints = [] if about.get("grade_id") else hints + HINT.findall(source)
