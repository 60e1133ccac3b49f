"""What this kernel has run, cell by cell, and whether that is still what stands in the notebook.

A kernel knows the texts that were sent to it, and the file as it was last saved. So it can say that a cell did not
parse when it was run last, and that one has been changed *and saved* since. It can't see what is typed and not saved;
the course's JupyterLab saves every few seconds for that reason.
"""

from __future__ import annotations

import linecache
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.live.saved import SavedCell, SavedNotebook
from autograder.plain.stub import STUB_RAISES


@dataclass(frozen=True)
class Ran:
    """A cell that was run: its text and id, when it ended (seconds since the epoch), and what stopped it.

    `was_read` is False of a text that is not Python.
    """

    text: str
    cell_id: str
    when: float
    problem: BaseException | None = None
    was_read: bool = True


cells: list[Ran] = []  # of this kernel, in order
is_looking = False


def keep(text: str, cell_id: str, problem: BaseException | None, was_read: bool) -> None:
    """Keep that a cell was run, as seams.jupyter_internals.watch_cells tells it."""
    cells.append(Ran(text, cell_id, time.time(), problem, was_read))


def doubt_of(exercise: str, namespace: Mapping[str, Any], saved: SavedNotebook) -> str:
    """Return in what way the definition that a check would judge is not what the student now sees; "" if it is."""
    if exercise not in namespace:
        return ""
    cell = saved.cell_of(exercise)
    last = next((one for one in reversed(cells) if _is_about(one, exercise, cell)), None)
    if last is None:
        return ""
    older = f"An older {exercise} was checked"
    if not last.was_read:
        return f"{older}: when its cell was last run, Python could not read it ({_said(last.problem)})."
    if last.problem is not None and _typed(namespace[exercise]) not in ("", last.text.strip()):
        return f"{older}: when its cell was last run, it stopped before {exercise} ({_said(last.problem)})."
    if cell is not None and _was_changed(cell, last, exercise, saved.when):
        return f"{older}: the text of its cell has been changed since it was run. Run that cell, then this one."
    return ""


def _is_about(one: Ran, exercise: str, cell: SavedCell | None) -> bool:
    """Whether a run was that of the exercise's own cell, or gave the name its meaning."""
    if cell is not None and cell.id and one.cell_id == cell.id:
        return True
    return re.search(rf"^(?:async def|def|class)\s+{re.escape(exercise)}\b", one.text, re.MULTILINE) is not None


def _was_changed(cell: SavedCell, last: Ran, exercise: str, saved: float) -> bool:
    """Whether the cell was run last, and then changed and saved. A file older than the run knows nothing of it."""
    if saved <= last.when or cell.text.strip() == last.text.strip():
        return False
    if last.cell_id and cell.id:
        return last.cell_id == cell.id
    # A front end that names no cells: an answer may stand in a cell that the student added, beside the stub.
    was_run = any(one.text.strip() == cell.text.strip() for one in cells)
    return exercise in cell.text and not STUB_RAISES.search(cell.text) and not was_run


def _typed(thing: Any) -> str:
    """Return the text of the cell that a function or class of the kernel's was defined in, "" where that is not
    known."""
    members = vars(thing).values() if isinstance(thing, type) else (thing,)
    codes = (getattr(one, "__code__", None) for one in members)
    code = next(filter(None, codes), None)
    return "".join(linecache.getlines(code.co_filename)).strip() if code is not None else ""


def _said(problem: BaseException | None) -> str:
    if isinstance(problem, SyntaxError):
        return f"{type(problem).__name__} in line {problem.lineno}: {problem.msg}"
    return type(problem).__name__
