"""A student's notebook, read as text and never run here: which code of it is graded, and what is wrong.

What is graded: the author's setup cells in the author's words, the stub cells, and of cells that the
student added the imports, definitions and plain assignments. The author's other cells don't run.
"""

from __future__ import annotations

import ast
import errno
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from autograder.errors import UnreadableNotebook
from autograder.facts import parse
from autograder.magics import without_magics
from autograder.notebook import Outline, nbgrader_of
from autograder.source import Definition, definitions

MAX_BYTES = 20 * 2**20
MAX_CELLS = 2000
MAX_CELL_CHARS = 50_000  # Python's own parser takes time by the square of some texts
MAX_CODE_CHARS = 500_000
PYTHON_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
Kind = Literal["setup", "stub", "added"]


@dataclass(frozen=True)
class CodeCell:
    """One piece of code to run in the sandbox. `exercise` is the stub's name."""

    kind: Kind
    label: str
    source: str
    exercise: str | None = None


@dataclass(frozen=True)
class StudentCode:
    """What a submission comes to.

    Args:
        cells: what runs, in order.
        broken: exercises whose cell doesn't parse, with the reason.
        missing: exercises whose stub cell is gone.
        notes: what a person should know about the file.
        definitions: what each name that the student's own cells bind is made of.
    """

    cells: tuple[CodeCell, ...]
    broken: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    definitions: Mapping[str, Definition] = field(default_factory=dict)


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a submitted notebook as JSON. Raises UnreadableNotebook with a reason that a person understands."""
    try:
        # Asked of the open file, so that it can't be changed in between; a pipe must not keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise UnreadableNotebook("the notebook is a link to another file: submit the file itself") from None
        raise UnreadableNotebook(f"the notebook can't be opened: {problem.strerror}") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise UnreadableNotebook("the notebook is not a plain file: submit the file itself")
    with open(descriptor, "rb") as file:
        return parse_notebook(_bounded(file, about.st_size))


def _bounded(file: BinaryIO, size: int) -> bytes:
    if size > MAX_BYTES:
        raise UnreadableNotebook(
            f"the notebook has {size / 2**20:.0f} MB, at most {MAX_BYTES // 2**20} are read: clear its outputs and submit again"
        )
    if size == 0:
        raise UnreadableNotebook("the file is empty: save the notebook and submit again")
    return file.read(MAX_BYTES)


def parse_notebook(raw: bytes) -> dict[str, Any]:
    """Return the notebook in these bytes. Raises UnreadableNotebook."""
    try:
        book = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnreadableNotebook("the file is not text in UTF-8, so it is not a notebook") from None
    except RecursionError:
        raise UnreadableNotebook("the file nests deeper than any notebook does") from None
    except ValueError as problem:
        raise UnreadableNotebook(f"the file is not a notebook (not JSON): {problem}") from None
    return _checked(book)


def _checked(book: Any) -> dict[str, Any]:
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise UnreadableNotebook("the file is JSON but not a notebook of format 4: it has no list of cells")
    code = sum(len(_source(cell)) for cell in book["cells"] if _is_code(cell))
    if code > MAX_CODE_CHARS:
        raise UnreadableNotebook(f"the notebook holds {code:,} characters of code, at most {MAX_CODE_CHARS:,} are read")
    if len(book["cells"]) > MAX_CELLS:
        raise UnreadableNotebook(f"the notebook has {len(book['cells'])} cells, at most {MAX_CELLS} are read")
    for number, cell in enumerate(book["cells"], start=1):
        if not isinstance(cell, dict) or not isinstance(_source(cell), str):
            raise UnreadableNotebook(f"cell {number} is not a notebook cell")
    return book


def _is_code(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code" and isinstance(_source(cell), str)


def student_code(book: dict[str, Any], outline: Outline) -> StudentCode:
    """Return what of a student's notebook is run, and what is wrong with the rest.

    Raises UnreadableNotebook when it has no stub cell of this course's notebook.
    """
    cells = [CodeCell("setup", f"setup {number}", text) for number, text in enumerate(outline.setup, start=1)]
    broken: dict[str, str] = {}
    met: list[str] = []
    for number, cell in enumerate(book["cells"], start=1):
        if cell.get("cell_type") != "code":
            continue
        name = _exercise_of(cell, outline)
        if name is None and (_is_check(cell) or _source(cell).strip() in outline.author_sources):
            continue
        source, problem = _runnable(_source(cell))
        if name is not None:
            met.append(name)
            if problem:
                broken[name] = problem
            else:
                broken.pop(name, None)
                cells.append(CodeCell("stub", name, source, name))
        elif not problem:
            kept = _definitions_only(source, set(outline.exercises))
            if kept.strip():
                cells.append(CodeCell("added", f"cell {number}", kept))
    if not met:
        raise UnreadableNotebook(
            f"none of the exercise cells of {outline.chapter}/{outline.name} is in it "
            f"({', '.join(outline.exercises)}): is it another notebook, or were the cells' metadata lost?"
        )
    doubled = sorted({name for name in met if met.count(name) > 1})
    notes = tuple(f"the cell of {name} stands {met.count(name)} times; all were run, the last counts" for name in doubled)
    defined = definitions(*(cell.source for cell in cells if cell.kind != "setup"))
    return StudentCode(tuple(cells), broken, tuple(name for name in outline.exercises if name not in met), notes, defined)


def _source(cell: dict[str, Any]) -> Any:
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source


def _exercise_of(cell: dict[str, Any], outline: Outline) -> str | None:
    name = nbgrader_of(cell).get("grade_id")
    return name if isinstance(name, str) and name in outline.exercises else None


def _is_check(cell: dict[str, Any]) -> bool:
    return bool(nbgrader_of(cell).get("grade"))


def _runnable(source: str) -> tuple[str, str]:
    """Return a cell's text without its magics, and what is wrong with it ("" when nothing is)."""
    if len(source) > MAX_CELL_CHARS:
        return "", f"the cell has {len(source):,} characters, at most {MAX_CELL_CHARS:,} are read"
    first = source.lstrip().split("\n", 1)[0].strip()
    if first.startswith("%%"):
        if not first.startswith(PYTHON_CELL_MAGICS):
            return "", ""
        source = source.lstrip().partition("\n")[2]
    source = without_magics(source)
    try:
        ast.parse(source)
    except SyntaxError as problem:
        line = (problem.text or "").rstrip()
        return "", f"the cell is not valid Python: line {problem.lineno}: {problem.msg}" + (f"\n    {line}" if line else "")
    except (ValueError, RecursionError, MemoryError) as problem:
        return "", f"the cell can't be read as Python: {problem or 'it nests too deep'}"
    return source, ""


def _definitions_only(source: str, exercises: set[str]) -> str:
    """Keep imports, definitions and plain assignments; a call of an exercise is not plain."""
    tree = parse(source)
    lines = source.splitlines()
    keep: list[str] = [""] * len(lines)
    for node in tree.body if tree else []:
        if _is_plain(node, exercises):
            first = min([node.lineno] + [one.lineno for one in getattr(node, "decorator_list", [])])
            keep[first - 1 : node.end_lineno] = lines[first - 1 : node.end_lineno]
    return "\n".join(keep)


def _is_plain(node: ast.stmt, exercises: set[str]) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    called = {one.func.id for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)}
    return not called & exercises
