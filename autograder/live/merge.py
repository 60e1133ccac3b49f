"""A student's notebook and a corrected one made into one: the course's new text, the student's answers.

Three are compared: the notebook as it was handed out, as the student has it, and as it is now. A cell of the course is
known by its grade_id, else by its id; every other cell is the student's own.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from merge3 import Merge3

from autograder.course.notebook import nbgrader_of
from autograder.plain.stub import STUB_RAISES

Cell = dict[str, Any]
ALIKE = 0.6  # of two stubs' lines: one is the other under a new name
BARRIER = "\0"  # stands behind a docstring while texts are merged: what lies on both sides of it is no conflict


@dataclass
class Merged:
    """A notebook's cells, and what a student has to know of them."""

    cells: list[Cell] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def merge(base: Sequence[Cell], mine: Sequence[Cell], new: Sequence[Cell]) -> Merged:
    """Return the new notebook's cells with all that is the student's in them.

    Args:
        base: the cells as they were handed out.
        mine: as the student has them.
        new: as they are now.
    """
    was, has, comes = ({key_of(one): one for one in cells} for cells in (base, mine, new))
    renamed = _renamed(was, comes)
    own = _own_cells(mine, was, comes, {old: name for name, old in renamed.items()})
    merged = Merged([*own.pop("", [])])
    for key, cell in comes.items():
        old = renamed.get(key, key)
        merged.cells += _one(cell, was.get(old), has.get(old), merged.said)
        merged.cells += own.pop(key, [])
    for cell in _dropped(was, has, comes, set(renamed.values())):
        merged.said.append(f"{_called(cell)} is no longer in the course: what you wrote in it is at the notebook's end")
        merged.cells.append(_freed(cell))
    return merged


def key_of(cell: Mapping[str, Any]) -> str:
    """Return what a cell of the course is known by."""
    return str(nbgrader_of(cell).get("grade_id") or cell.get("id") or text_of(cell))


def text_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's text, however the file has it."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _own_cells(
    mine: Iterable[Cell], was: Mapping[str, Cell], comes: Mapping[str, Cell], names: Mapping[str, str]
) -> dict[str, list[Cell]]:
    """The student's own cells, by the cell of the course that they follow; "" for the top."""
    above, found = "", dict[str, list[Cell]]()
    for cell in mine:
        key = names.get(key_of(cell), key_of(cell))
        if key in comes:
            above = key
        elif key_of(cell) not in was:
            found.setdefault(above, []).append(cell)
    return found


def _one(new: Cell, was: Cell | None, has: Cell | None, said: list[str]) -> list[Cell]:
    """One cell of the course as it shall be, with what could not be merged behind it."""
    if has is None:
        return [new]
    names = _names(was, new)
    base = text_of(was) if was is not None else text_of(has)
    text, clean = _merged_text(base, text_of(has), text_of(new), names)
    kept = {**new, "source": text}
    if new["cell_type"] == "code" == has["cell_type"] and (text == text_of(has) or nbgrader_of(new).get("solution")):
        kept.update(outputs=has.get("outputs", []), execution_count=has.get("execution_count"))
    if clean:
        if nbgrader_of(new).get("solution") and names[0] != names[1]:
            said.append(f"{names[0]} is now called {names[1]}: your answer has the new name; change your own cells")
        return [kept]
    said.append(f"{_called(new)}: its new text and yours can't be made one: yours stands, the new text is below it")
    return [kept, _beside(new)]


def _names(was: Cell | None, new: Cell) -> tuple[str, str]:
    name = str(nbgrader_of(new).get("grade_id", ""))
    return (str(nbgrader_of(was or new).get("grade_id", "")) or name, name)


def _merged_text(base: str, mine: str, new: str, names: tuple[str, str]) -> tuple[str, bool]:
    """Merge a cell's texts: the text and True; the student's and False where it can't be done."""
    if names[0] != names[1]:
        base, mine = (re.sub(rf"\b{re.escape(names[0])}\b", names[1], text) for text in (base, mine))
    for before, after in zip(STUB_RAISES.findall(base), STUB_RAISES.findall(new), strict=False):
        base, mine = base.replace(before, after, 1), mine.replace(before, after, 1)
    if mine in (base, new):
        return new, True
    if new == base:
        return mine, True
    texts = base, mine, new
    marked = [one for one in map(_with_barriers, texts) if one is not None]
    if len(marked) < len(texts):  # a text that does not parse has no docstrings
        marked = [text.split("\n") for text in texts]
    merged: list[str] = []
    for kind, *parts in Merge3(marked[0], marked[1], marked[2]).merge_groups():
        if kind == "conflict":
            return mine, False
        merged += parts[0]
    return "\n".join(line for line in merged if not line.startswith(BARRIER)), True


def _with_barriers(text: str) -> list[str] | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    lines = text.split("\n")
    ends = {
        node.body[0].end_lineno or 0: node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None
    }
    for number in sorted(ends, reverse=True):
        lines.insert(number, f"{BARRIER}{ends[number]}")
    return lines


def _renamed(was: Mapping[str, Cell], comes: Mapping[str, Cell]) -> dict[str, str]:
    """Which stub of the new notebook is one of the old, and each one's check with it: new key to old key."""
    gone = {key: one for key, one in was.items() if key not in comes and nbgrader_of(one).get("solution")}
    found: dict[str, str] = {}
    for key, cell in comes.items():
        if key in was or not nbgrader_of(cell).get("solution"):
            continue
        shares = {old: _alike(text_of(one), old, text_of(cell), key) for old, one in gone.items()}
        best = max(shares, key=lambda old: shares[old], default=None)
        if best is not None and shares[best] >= ALIKE:
            found[key] = best
            del gone[best]
            if f"check_{best}" in was and f"check_{key}" in comes:
                found[f"check_{key}"] = f"check_{best}"
    return found


def _alike(old: str, old_name: str, new: str, new_name: str) -> float:
    renamed = re.sub(rf"\b{re.escape(old_name)}\b", new_name, old)
    return difflib.SequenceMatcher(None, renamed.split("\n"), new.split("\n"), autojunk=False).ratio()


def _dropped(
    was: Mapping[str, Cell], has: Mapping[str, Cell], comes: Mapping[str, Cell], renamed: set[str]
) -> Iterator[Cell]:
    """What a student has changed in cells that are no longer there."""
    for key, cell in has.items():
        if key in was and key not in comes and key not in renamed and text_of(cell) != text_of(was[key]):
            yield cell


def _freed(cell: Cell) -> Cell:
    """A cell of the course as one of the student's own: nothing of it is graded."""
    return {**cell, "metadata": {}, "id": f"{cell.get('id', 'cell')}-kept"[:64]}


def _beside(new: Cell) -> Cell:
    fence = "```" if new["cell_type"] == "code" else ""
    text = f"**The course's new text of this cell**\n\n{fence}\n{text_of(new)}\n{fence}"
    return {"cell_type": "markdown", "id": f"{new.get('id', 'cell')}-new"[:64], "metadata": {}, "source": text}


def _called(cell: Cell) -> str:
    name = nbgrader_of(cell).get("grade_id")
    return (
        str(name)
        if name
        else f"the cell {text_of(cell).strip().splitlines()[0][:40] if text_of(cell).strip() else ''!r}"
    )
