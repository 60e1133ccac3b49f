"""Graded notebooks where nbgrader's formgrader looks for them: autograded/<student>/<chapter>/<notebook>.ipynb.

The course's own text stands in every locked cell, whatever the student's copy says, and a cell that gives
points and is gone is put back in its place. Of the student's file nothing but text and pasted pictures is
taken: no outputs, no metadata, no raw HTML. The outputs are the cards of this run and the scores. A file that
could not be read still has a page, with the cells that give points and the reason. Both routes write the
same: `autograder grade --autograded` and `nbgrader autograde`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.course.notebook import CHECK_PREFIX, nbgrader_of
from autograder.nbgrader.markup import PICTURES
from autograder.plain.errors import CourseError, UnreadableNotebook
from autograder.plain.numbered import at
from autograder.plain.results import ExerciseResult, Results, SubmissionResult
from autograder.present.card import html_of, text_of
from autograder.reading.reader import read_cells

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.grading.grade import Submission

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
        target = folder / one.student / one.chapter / release_of(root, one.chapter, one.notebook).name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # nbgrader leaves files that can't be written
        path = paths[one.student, one.chapter, one.notebook]
        book = restored(path, released(root, one.chapter, one.notebook))
        show(book, one)
        nbformat.write(book, target)
    return len(graded)


def released(root: Path, chapter: str, notebook: str) -> list[Cell]:
    """Return the cells of a notebook as students were given it. Raises CourseError when it never was."""
    path = release_of(root, chapter, notebook)
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["cells"])
    except OSError as problem:
        raise CourseError(f"{path} can't be read: {problem.strerror}; run `autograder build` first") from None


def release_of(root: Path, chapter: str, notebook: str) -> Path:
    """Return where a notebook's release stands; nbgrader names a student's copy, and its own files, after it."""
    return at(root / "course" / chapter / f"{notebook}.ipynb")


def restored(path: Path, cells: list[Cell]) -> NotebookNode:
    """Return a student's notebook in cells that nbgrader knows, whatever has become of the file.

    Args:
        path: what was handed in. Of a file that can't be read nothing is shown.
        cells: the notebook as it was released.
    """
    return new_notebook(cells=list(_cells(_handed_in(path), [cell for cell in cells if nbgrader_of(cell)])))


def show(book: NotebookNode, result: SubmissionResult) -> None:
    """Write a card and a score into each check cell, and above all of them why there is none."""
    if result.status != "graded":
        book.cells.insert(0, new_markdown_cell(f"**This notebook could not be graded:**\n\n{_as_typed(result.reason)}"))
    found = {one.exercise: one for one in result.exercises}
    for cell in book.cells:
        about = nbgrader_of(cell)
        if cell.cell_type != "code" or not about.get("grade"):
            continue
        name = str(about.get("grade_id", "")).removeprefix(CHECK_PREFIX)
        cell.outputs = _outputs(found.get(name), result)
        cell.execution_count = 1


def _outputs(result: ExerciseResult | None, whole: SubmissionResult) -> list[NotebookNode]:
    """A card to read, then the number that nbgrader takes as the score: no output at all would be full points."""
    if result is None:
        card, score = {"text/plain": f"not graded: {whole.reason}"}, 0.0
    else:
        card, score = {"text/plain": text_of(result), "text/html": html_of(result)}, result.score
    if whole.status == "undone":
        return [new_output("display_data", card)]  # for people: nbgrader is never given it
    number = new_output("execute_result", {"text/plain": f"{score:g}"}, execution_count=1)
    return [new_output("display_data", card), number]


def _handed_in(path: Path) -> list[Cell]:
    try:
        return read_cells(path)
    except UnreadableNotebook:
        return []


def _cells(handed_in: list[Cell], wanted: list[Cell]) -> list[NotebookNode]:
    """The student's cells in their order, and each wanted cell that is gone after the one that it followed."""
    owners = _owners(handed_in, wanted)
    made = [_theirs(cell, owners.get(number)) for number, cell in enumerate(handed_in)]
    places = {_name(cell): made[number] for number, cell in owners.items()}
    before: NotebookNode | None = None
    for cell in wanted:
        if _name(cell) not in places:
            places[_name(cell)] = _own(cell)
            made.insert(_place(made, before, places), places[_name(cell)])
        before = places[_name(cell)]
    return made


def _place(made: list[NotebookNode], before: NotebookNode | None, places: dict[str, NotebookNode]) -> int:
    """After the wanted cell that comes before; else in front of the first wanted cell that is there; else the end."""
    known = {id(cell) for cell in places.values()}
    if before is not None:
        return next(number for number, cell in enumerate(made) if cell is before) + 1
    return next((number for number, cell in enumerate(made) if id(cell) in known), len(made))


def _owners(handed_in: list[Cell], wanted: list[Cell]) -> dict[int, Cell]:
    """Which of the student's cells stands for which of the course's: by its name, the last if it is doubled;
    else by its text."""
    left = {_name(cell): cell for cell in wanted}
    found: dict[int, Cell] = {}
    for number, cell in reversed(list(enumerate(handed_in))):
        own = left.pop(_name(cell), None)
        if own is not None:
            found[number] = own
    for number, cell in enumerate(handed_in):
        own = next((one for one in left.values() if number not in found and _is_text_of(cell, one)), None)
        if own is not None:
            found[number] = left.pop(_name(own))
    return found


def _is_text_of(cell: Cell, own: Cell) -> bool:
    """Whether a cell without a name is one of the course's: a check has its text, a stub defines its name."""
    if cell.get("cell_type") != "code" or own.get("cell_type") != "code":
        return False
    if nbgrader_of(own).get("locked"):
        return _text(cell).strip() == _text(own).strip()
    return re.search(rf"^(?:def|class) {re.escape(_name(own))}\b", _text(cell), re.MULTILINE) is not None


def _theirs(cell: Cell, own: Cell | None) -> NotebookNode:
    """A student's cell, made anew from its text."""
    if own is None:
        return _made(str(cell.get("cell_type")), _text(cell), {}, cell)
    if nbgrader_of(own).get("locked"):
        return _own(own)
    return _made(str(own["cell_type"]), _text(cell), nbgrader_of(own), cell)


def _own(cell: Cell) -> NotebookNode:
    return _made(str(cell["cell_type"]), _text(cell), nbgrader_of(cell), {})


def _made(kind: str, source: str, about: dict[str, Any], theirs: Cell) -> NotebookNode:
    metadata = {"nbgrader": dict(about)} if about else {}
    if kind == "code":
        return new_code_cell(source, metadata=metadata)
    if kind != "markdown":  # nbconvert writes a raw cell into the page as it is
        return new_markdown_cell(_as_typed(source), metadata=metadata)
    pictures = dict(_pictures(theirs.get("attachments")))
    return new_markdown_cell(source, metadata=metadata, **({"attachments": pictures} if pictures else {}))


def _pictures(attachments: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the pictures that were pasted into a cell, of kinds that hold no code."""
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        kept = (
            {kind: data for kind, data in bundle.items() if _is_picture(kind, data)} if isinstance(bundle, dict) else {}
        )
        if kept:
            yield _plain(name), kept


def _is_picture(kind: str, data: Any) -> bool:
    try:
        return (
            kind in PICTURES and isinstance(data, str) and bool(base64.b64decode("".join(data.split()), validate=True))
        )
    except (binascii.Error, ValueError):
        return False


def _as_typed(text: str) -> str:
    """Text as a Markdown block that shows it letter by letter."""
    return "".join(f"    {line}\n" for line in text.splitlines())


def _name(cell: Cell) -> str:
    return str(nbgrader_of(cell).get("grade_id"))


def _text(cell: Cell) -> str:
    source = cell.get("source", "")
    return _plain(source if isinstance(source, str) else "".join(map(str, source)))


def _plain(text: str) -> str:
    """Text that UTF-8 can hold: JSON can name half a character."""
    return text.encode("utf-8", "replace").decode("utf-8")
