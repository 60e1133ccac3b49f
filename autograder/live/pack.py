"""`autograder pack`: one zip of a student's notebooks, after a look at what is missing in them."""

from __future__ import annotations

import inspect
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.checking.home import bound_keys
from autograder.course.notebook import CHECK_PREFIX, nbgrader_of
from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole
from autograder.plain.numbered import name_of
from autograder.plain.stub import STUB_RAISES
from autograder.plain.text import clean
from autograder.present.card import Card
from autograder.present.card_html import HEAD, LIST, card, safe
from autograder.present.card_words import LOOKS

QUESTION = "YOUR ANSWER HERE"
UNDONE = LOOKS["unwritten"].icon
MISSING = "Before you hand in, look at this:"
IN_A_COPY = "this cell says what is missing, and makes one zip of all notebooks that were begun."


@dataclass(frozen=True)
class Mine:
    """One notebook of a student's.

    Args:
        path, key: the file, and which notebook it is: "<chapter>/<notebook>".
        cells: as the file has them.
    """

    path: Path
    key: str
    cells: tuple[Mapping[str, Any], ...]

    @property
    def place(self) -> str:
        """Where it stands in the zip."""
        chapter, _, name = self.key.partition("/")
        return f"{chapter}/{self.path.name if self.is_in_place else name + '.ipynb'}"

    @property
    def is_in_place(self) -> bool:
        """Whether it lies where the course put it."""
        chapter, _, name = self.key.partition("/")
        return self.path.absolute().parent.name == chapter and name_of(self.path.stem) == name

    @property
    def unwritten(self) -> list[str]:
        """The exercises and questions that still stand as they were given, or in part.

        A stub's comment may stay above an answer: what tells is the line that raises.
        """
        return [_name(one) for one in self._own() if STUB_RAISES.search(_text(one)) or QUESTION in _text(one)]

    @property
    def is_begun(self) -> bool:
        """Whether anything of it may be the student's: an answer, or a stub that was run (a class half written)."""
        return len(self.unwritten) < len(self._own()) or any(one.get("execution_count") for one in self._own())

    @property
    def not_run(self) -> list[str]:
        """The exercises whose stub was written and whose check was not run since the notebook was opened anew."""
        checks = (one for one in self.cells if _name(one).startswith(CHECK_PREFIX) and one.get("cell_type") == "code")
        names = [_name(one).removeprefix(CHECK_PREFIX) for one in checks if one.get("execution_count") is None]
        return [name for name in names if name not in self.unwritten]

    def unsaved(self, names: Mapping[str, Any]) -> list[str]:
        """Return the exercises whose text in the file is not what the kernel has."""
        return [_name(one) for one in self._own() if _differs(names.get(_name(one)), _text(one))]

    def _own(self) -> list[Mapping[str, Any]]:
        return [one for one in self.cells if nbgrader_of(one).get("solution")]


@dataclass(frozen=True)
class Packed:
    """What was packed and what is missing, as Jupyter and a terminal show it."""

    path: Path
    notebooks: tuple[Mine, ...]
    remarks: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The one sentence."""
        return f"{self.path}: {len(self.notebooks)} of your notebooks. Hand in this file."

    def __repr__(self) -> str:
        missing = [MISSING, *(f"  {UNDONE} {line}" for line in self.remarks), ""] if self.remarks else []
        return clean("\n".join([*missing, self.headline, *(f"  {one.place}" for one in self.notebooks)]), 20_000)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        missing = [f'<p style="{HEAD}">{safe(MISSING)}</p>', _list(UNDONE, self.remarks)] if self.remarks else []
        inside = [f'<p style="{HEAD}">{safe(self.headline)}</p>', _list("", [one.place for one in self.notebooks])]
        kind, label = ("unwritten", MISSING) if self.remarks else ("passed", self.headline)
        return {"text/plain": repr(self), "text/html": card(kind, label, [*missing, *inside])}


def pack(folder: Path, out: Path, names: Mapping[str, Any] | None = None) -> Packed:
    """Write the notebooks that a student has begun into one zip, and say what is missing in them.

    Args:
        folder: a course's folder, a chapter's, or any that has notebooks.
        out: the zip. An older one is replaced.
        names: what the kernel of the open notebook has, where it is asked from there.

    Raises CourseError where there is no notebook that was begun, or two files are one notebook.
    """
    unreadable: list[Path] = []
    found = list(_notebooks(folder, unreadable))
    torn = [
        f"{one}: it can't be read, and is left out. Open it in Jupyter, save it, and pack again" for one in unreadable
    ]
    begun = _each_once([one for one in found if one.is_begun])
    if not begun:
        raise CourseError(
            f"there is nothing to pack in {folder}: "
            + "; ".join(
                ["no exercise was written in its notebooks" if found else "no notebook of a course lies there", *torn]
            )
        )
    left = [one.key for one in found if not one.is_begun]
    remarks = [*torn, *(line for one in begun for line in _missing(one, names or {}))]
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        remarks.append(f"not begun, and left out: {', '.join(left[:3])}{more}")
    out.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in begun:
            archive.write(one.path, one.place)
    write_whole(out, [content.getvalue()])
    return Packed(out, tuple(begun), tuple(remarks))


def pack_here() -> Packed | Card:
    """Pack the notebooks around the one that is open; what stands in the way is said, and nothing is raised.

    An author's notebooks, which are run from top to bottom whenever they are built and tested, are not packed.
    """
    from autograder.live.here import names_here, near
    from autograder.live.journal import is_authors, top_of
    from autograder.plain.settings import settings_near

    folder = near()[0]
    if is_authors(folder):
        return Card(None, heading="In a student's copy of this notebook", trouble=IN_A_COPY, icon=UNDONE)
    try:
        return pack(top_of(folder), Path(f"{settings_near(folder).id}.zip"), names_here())
    except (CourseError, OSError) as problem:
        return Card(None, heading="Nothing was packed", trouble=str(problem))


def _notebooks(folder: Path, unreadable: list[Path]) -> Iterator[Mine]:
    """Yield the notebooks of a course in a folder, and append the files that can't be read to `unreadable`."""
    for path in sorted([*folder.glob("*.ipynb"), *folder.glob("*/*.ipynb")]):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            cells = tuple(json.loads(path.read_text(encoding="utf-8"))["cells"])
            keys = bound_keys("\n".join(map(_text, cells))) or _by_its_checks(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            unreadable.append(path)
            continue
        if keys:
            yield Mine(path, keys[0], cells)


def _by_its_checks(path: Path) -> list[str]:
    """The name of an older notebook, which binds none, where its checks lie beside it."""
    name = name_of(path.stem)
    has_checks = (path.parent / "checks" / f"test_{name}.py").is_file()
    return [f"{path.absolute().parent.name}/{name}"] if has_checks else []


def _each_once(found: list[Mine]) -> list[Mine]:
    """Of two files that are one notebook, the one that lies in its place."""
    kept: list[Mine] = []
    for key in dict.fromkeys(one.key for one in found):
        same = [one for one in found if one.key == key]
        in_place = [one for one in same if one.is_in_place]
        if len(same) > 1 and len(in_place) != 1:
            names = " and ".join(str(one.path) for one in same)
            raise CourseError(f"{names} are both {key}: keep the one that counts, as {key}.ipynb, and pack again")
        kept += in_place or same
    return kept


def _missing(one: Mine, names: Mapping[str, Any]) -> Iterator[str]:
    for words, exercises in (
        ("not saved: press Ctrl+S and pack again. Changed since the file was written", one.unsaved(names)),
        ("not written yet", one.unwritten),
        ("the check was not run", one.not_run),
    ):
        if exercises:
            yield f"{one.key}: {words}: {', '.join(exercises)}"


def _list(icon: str, lines: Iterable[str]) -> str:
    sign = f'<span aria-hidden="true">{icon}</span> ' if icon else ""
    return f'<ul style="{LIST}">{"".join(f"<li>{sign}{safe(line)}</li>" for line in lines)}</ul>'


def _differs(thing: Any, text: str) -> bool:
    try:
        source = inspect.getsource(thing)
    except (OSError, TypeError):  # nothing was run, or it did not come from a cell
        return False
    return source.strip() not in text


def _name(cell: Mapping[str, Any]) -> str:
    return str(nbgrader_of(cell).get("grade_id", ""))


def _text(cell: Mapping[str, Any]) -> str:
    source: str | Iterable[str] = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
