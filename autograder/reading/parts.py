"""Which cell of a student's notebook is what: an exercise's, a check's, the author's, or the student's own.

An exercise's cell is known by its grade_id. Where no cell has it (metadata get lost when cells are copied), the code
cell that defines the exercise at its top level counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from autograder.course.notebook import SETUP_TAG, Outline, nbgrader_of
from autograder.plain.facts import parse
from autograder.reading.cell_text import CellText, read_cell
from autograder.reading.notebook_file import source_of

Role = Literal["stub", "check", "author", "added", "text"]
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Part:
    """A cell of a student's notebook.

    Args:
        number: its place among all cells, from 1.
        role: what it is: "text" is an exercise's cell that is no code.
        text: what of it runs.
        exercise: whose cell it is.
        kind: the cell's type as the file has it.
    """

    number: int
    role: Role
    text: CellText
    exercise: str | None = None
    kind: str = "code"

    @property
    def defines(self) -> Mapping[str, int]:
        """The functions and classes that its top level defines, with their lines."""
        tree = self.text.tree
        return {node.name: node.lineno for node in tree.body if isinstance(node, DEFINES)} if tree else {}


def parts_of(book: dict[str, Any], outline: Outline) -> tuple[list[Part], list[str]]:
    """Return the cells of a notebook that matter, in order, and the names of the exercises that were found by name."""
    parts = [part for number, cell in enumerate(book["cells"], start=1) if (part := _part(number, cell, outline))]
    lost = [name for name in outline.exercises if not any(one.exercise == name and one.role == "stub" for one in parts)]
    return _found_by_name(parts, lost)


def _part(number: int, cell: dict[str, Any], outline: Outline) -> Part | None:
    about = nbgrader_of(cell)
    name = about.get("grade_id")
    exercise = name if isinstance(name, str) and name in outline.exercises else None
    kind = str(cell.get("cell_type"))[:20]
    if kind != "code":
        return Part(number, "text", CellText(""), exercise, kind) if exercise else None
    source = source_of(cell)
    if exercise:
        return Part(number, "stub", read_cell(source), exercise)
    if source.strip() in {text.strip() for text in outline.setup}:
        return None  # it runs in any case, in the author's words
    if source.strip() in outline.author_sources:
        return Part(number, "author", _of_author(source))
    return Part(number, "check" if about.get("grade") else "added", read_cell(source))


@lru_cache(maxsize=512)
def _of_author(source: str) -> CellText:
    """The author's own cells are the same for every student."""
    return CellText(source, tree=parse(source))


def _found_by_name(parts: list[Part], lost: Iterable[str]) -> tuple[list[Part], list[str]]:
    places = {name: place for place, part in enumerate(parts) if part.role == "added" for name in part.defines}
    found = [name for name in lost if name in places]
    for name in reversed(found):  # of two exercises in one cell, it is the first one's
        parts[places[name]] = replace(parts[places[name]], role="stub", exercise=name)
    return parts, found


def setup_of(book: dict[str, Any]) -> tuple[str, ...]:
    """Return the texts of the cells that are tagged as setup in a student's copy."""
    return tuple(
        source_of(cell)
        for cell in book["cells"]
        if cell.get("cell_type") == "code"
        and isinstance(cell.get("metadata"), dict)
        and SETUP_TAG in (cell["metadata"].get("tags") or [])
    )
