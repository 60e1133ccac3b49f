"""What was handed in, below a folder: whose, which notebook of the course, where it lies, and what could not be placed.

A notebook at <student>/<chapter>/<notebook>.ipynb is taken by its name, with its number or without, and not opened.
Any other file of a student that may hold one (another name, another folder, one folder too many or too few) is looked
into, and taken where its contents leave no doubt. The folder's name is the student's identity, as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.course.notebook import CourseNotebook, course_notebooks
from autograder.grading.grade import Submission
from autograder.grading.roster import is_text, owner_of, refuse_unfit
from autograder.plain.errors import CourseError
from autograder.plain.names import visible
from autograder.plain.numbered import name_of
from autograder.reading.recognise import Key, Recogniser

JUNK = frozenset(["__macosx", "__pycache__", "thumbs.db", "desktop.ini", "node_modules", "ehthumbs.db"])
JUNK_HIDDEN = frozenset([".ipynb_checkpoints", ".ds_store", ".git", ".virtual_documents", ".venv", ".vscode", ".idea"])
EXCHANGE_FILES = frozenset(["timestamp.txt", "submission_secret.txt"])  # nbgrader's, beside each submission
CHECKS = "checks"  # the course's own, which students hand in with the notebook
MAY_HOLD_ONE = re.compile(r"\.ipynb|\.(?:json|txt)$|^[^.]+$", re.IGNORECASE)
MOST_FILES, MOST_OPENED, MOST_DEPTH = 2_000, 100, 6  # of one student
MOST_UNPLACED = 1_000
SHAPE = "<student>/<chapter>/<notebook>.ipynb"
Parts = tuple[str, ...]


@dataclass(frozen=True)
class HandedIn:
    """What lies below a folder.

    Args:
        submissions: what is to be graded, student by student; a path where nothing lies is a missing one.
        notebooks: the notebooks of the course that these are of.
        unplaced: what was found and is not graded, a line each, with the reason.
    """

    submissions: list[Submission]
    notebooks: list[CourseNotebook]
    unplaced: tuple[str, ...] = ()


def handed_in(path: Path, root: Path) -> HandedIn:
    """Return the submissions below a path, the notebooks that they are of, and what could not be placed.

    Args:
        path: a tree <student>/<chapter>/<notebook>.ipynb, or one notebook.
        root: the top of the course.

    Raises CourseError when there is nothing to grade, and when students could be taken for each other. In a
    tree, a student without a notebook that another has handed in is listed too, with a path where nothing lies.
    """
    known = {(one.chapter, one.name): one for one in course_notebooks(root / "solutions")}
    recogniser = Recogniser(known.values())
    unplaced: list[str] = []
    if path.is_file() or path.is_symlink():
        found = [_single(path, known, recogniser)]
        refuse_unfit([found[0].student], path)
    elif path.is_dir():
        found = _in_tree(path, known, recogniser, unplaced)
    else:
        raise CourseError(f"there is nothing at {visible(str(path))}: give a notebook or a folder {SHAPE}")
    used = {(one.chapter, one.notebook): None for one in found}
    return HandedIn(found, [known[key] for key in used], _cut(unplaced))


def find_submissions(path: Path, root: Path) -> tuple[list[Submission], list[CourseNotebook]]:
    """Return the submissions below a path, and the notebooks that they are of.

    Raises CourseError as `handed_in` does.
    """
    found = handed_in(path, root)
    return found.submissions, found.notebooks


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    left = len(lines) - MOST_UNPLACED
    return (*lines[:MOST_UNPLACED], f"and {left} more") if left > 0 else tuple(lines)


# One file.


def _single(path: Path, known: Mapping[Key, CourseNotebook], recogniser: Recogniser) -> Submission:
    absolute = Path(os.path.abspath(path))  # without "..", which would be somebody's name
    name = name_of(path.stem)
    key = (absolute.parent.name, name)
    if key in known:
        student = absolute.parent.parent.name or path.stem
        return Submission(student, *key, path, place=_with_number(student, key, path))
    found = recogniser.look(path)
    named = [key for key in known if key[1] == name]
    if found is not None:
        return Submission(owner_of(path.name, *_stems(known[found.key])) or path.stem, *found.key, path)
    if len(named) == 1:
        return Submission(path.stem, *named[0], path)
    raise CourseError(
        f"{visible(str(path))} is no notebook of this course, by its name or by its contents; there are {_names(known)}"
    )


# A tree.


@dataclass
class _Student:
    """What one student's folder holds: what is where it belongs, what was recognised, what else lies there."""

    name: str
    folder: Path
    exact: dict[Key, Path] = field(default_factory=dict)
    others: dict[Key, list[tuple[Parts, bytes]]] = field(default_factory=dict)
    rest: list[Parts] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def keys(self) -> set[Key]:
        return self.exact.keys() | self.others.keys()


def _in_tree(
    path: Path, known: Mapping[Key, CourseNotebook], recogniser: Recogniser, unplaced: list[str]
) -> list[Submission]:
    students, loose = _entries(path, {key[0] for key in known}, unplaced)
    for one in students.values():
        _look_through(one, known, recogniser)
    for name in loose:
        _place(path / name, students, known, recogniser, unplaced)
    refuse_unfit(students, path)
    present = {key for one in students.values() for key in one.keys}
    wanted = [key for key in known if key in present]
    everyone = [students[name] for name in sorted(students)]
    found = [_submission(one, known[key], path) for one in everyone for key in wanted]
    for one in everyone:
        unplaced += _left_over(one)
    if not wanted:
        also = f". Not recognised: {'; '.join(unplaced[:5])}" if unplaced else ""
        raise CourseError(
            f"{visible(str(path))} has no submissions: expected {visible(path.name)}/{SHAPE} "
            f"with one of {_names(known)}{also}"
        )
    return found


def _entries(path: Path, chapters: set[str], unplaced: list[str]) -> tuple[dict[str, _Student], list[str]]:
    """The students' folders, and the files beside them. A link would lead outside what was handed in."""
    students: dict[str, _Student] = {}
    loose: list[str] = []
    for one in sorted(os.scandir(path), key=lambda one: one.name):
        shown = visible(one.name)
        if _is_junk(one.name):
            continue
        if one.is_symlink():
            unplaced.append(f"{shown}: a link, which is not followed")
        elif one.name.startswith("."):
            unplaced.append(f"{shown}: a hidden folder or file; rename it if it is a student's")
        elif not one.is_dir():
            loose.append(one.name)
        elif one.name in chapters:
            unplaced.append(f"{shown}: a chapter and no student: whose is it? Expected {SHAPE}")
        else:
            students[one.name] = _Student(one.name, path / one.name)
    return students, loose


def _is_junk(name: str) -> bool:
    low = name.lower()
    return low in JUNK or low in JUNK_HIDDEN or low.startswith("._")


def _look_through(student: _Student, known: Mapping[Key, CourseNotebook], recogniser: Recogniser) -> None:
    plain = {chapter for chapter in {key[0] for key in known} if _is_plain(student.folder / chapter)}
    places = {key: _places(student.folder, one) for key, one in known.items() if key[0] in plain}
    for key, paths in places.items():
        path = next((one for one in paths if os.path.lexists(one) and not _is_plain(one)), None)
        if path is not None:
            student.exact[key] = path
    usual = {(key[0], path.name) for key, path in student.exact.items()}
    opened = 0
    for parts, is_link in _walk(student.folder, student.remarks):
        if parts in usual or parts[-1] in EXCHANGE_FILES:
            continue
        found = None
        if not is_link and MAY_HOLD_ONE.search(parts[-1]) and all(map(is_text, parts)):
            opened += 1
            found = recogniser.look(student.folder.joinpath(*parts)) if opened <= MOST_OPENED else None
        if found is None:
            student.rest.append(parts)
        else:
            student.others.setdefault(found.key, []).append((parts, found.digest))
    for key, paths in places.items():
        path = next(filter(_is_plain, paths), None)
        if path is not None and key not in student.keys:
            student.exact[key] = path  # a folder of that name was handed in, and can't be read as a notebook
    if opened > MOST_OPENED:
        student.remarks.append(
            f"{visible(student.name)}: {opened} files may hold notebooks; {MOST_OPENED} were looked into"
        )


def _stems(notebook: CourseNotebook) -> tuple[str, str]:
    """What a student's copy may be called: as the course's file is, or without a number, as an older copy may be."""
    return notebook.path.stem, notebook.name


def _places(folder: Path, notebook: CourseNotebook) -> list[Path]:
    """Where a student's copy belongs: that with the number counts where both are there."""
    return [folder / notebook.chapter / f"{stem}.ipynb" for stem in dict.fromkeys(_stems(notebook))]


def _walk(folder: Path, remarks: list[str]) -> Iterator[tuple[Parts, bool]]:
    """Yield the files below a student's folder, the nearest first, and whether each is a link."""
    waiting: list[Parts] = [()]
    seen = 0
    while waiting:
        parts = waiting.pop(0)
        for one in _sorted(folder.joinpath(*parts)):
            seen += 1
            if seen > MOST_FILES:
                remarks.append(f"{visible(folder.name)}: more than {MOST_FILES} files; the rest was not looked at")
                return
            if one.name.startswith(".") or one.name == CHECKS or _is_junk(one.name):
                continue
            if one.is_symlink() or not one.is_dir():
                yield (*parts, one.name), one.is_symlink()
            elif len(parts) < MOST_DEPTH:
                waiting.append((*parts, one.name))
            else:
                remarks.append(f"{visible('/'.join((folder.name, *parts, one.name)))}: lies too deep to be looked into")


def _sorted(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda one: one.name)
    except OSError:  # not ours to read
        return []


def _place(
    path: Path,
    students: dict[str, _Student],
    known: Mapping[Key, CourseNotebook],
    recogniser: Recogniser,
    unplaced: list[str],
) -> None:
    """Give a file that lies beside the students' folders to the student that its name names."""
    name = path.name
    found = recogniser.look(path) if MAY_HOLD_ONE.search(name) and is_text(name) else None
    if found is None:
        unplaced.append(f"{visible(name)}: not recognised")
        return
    owner = owner_of(name, *_stems(known[found.key]))
    if owner is None:
        unplaced.append(f"{visible(name)}: {'/'.join(found.key)}, but whose? Expected {SHAPE}")
        return
    student = students.setdefault(owner, _Student(owner, path.with_name(owner)))
    student.others.setdefault(found.key, []).append((("..", name), found.digest))


def _submission(student: _Student, notebook: CourseNotebook, top: Path) -> Submission:
    key = (notebook.chapter, notebook.name)
    exact, others = student.exact.get(key), student.others.get(key, [])
    if exact is not None:
        more = [_shown(parts) for parts, digest in others if not _is_same(exact, student.folder.joinpath(*parts))]
        note = (
            f"{', '.join(more[:5])} {'was' if len(more) == 1 else 'were'} handed in too and not graded" if more else ""
        )
        return Submission(student.name, *key, exact, place=_with_number(student.name, key, exact), note=note)
    if not others:
        return Submission(student.name, *key, _nowhere(student.folder, notebook), note=_instead(student))
    parts = others[0][0]
    if len({digest for _, digest in others}) == 1:
        place = PurePosixPath(student.name, *parts) if parts[0] != ".." else PurePosixPath(parts[1])
        return Submission(student.name, *key, top / place, place=str(place))
    names = [_shown(parts) for parts, _ in others]
    refused = (
        f"{' and '.join(names[:5])} differ, and all are {'/'.join(key)}: "
        f"keep one of them, named {notebook.chapter}/{notebook.file}, and nothing else decides which counts"
    )
    return Submission(student.name, *key, student.folder.joinpath(*parts), refused=refused)


def _with_number(student: str, key: Key, path: Path) -> str:
    """The place of a file that lies where it belongs; "" where the notebook's name says it all."""
    return "" if path.name == f"{key[1]}.ipynb" else f"{student}/{key[0]}/{path.name}"


def _is_same(one: Path, other: Path) -> bool:
    try:
        if one.is_symlink() or one.stat().st_size != other.stat().st_size:
            return False
        return one.read_bytes() == other.read_bytes()  # the other was small enough to be looked into
    except OSError:
        return False


def _nowhere(folder: Path, notebook: CourseNotebook) -> Path:
    """A path where nothing lies; through a chapter that is a link something could."""
    usual = folder / notebook.chapter / notebook.file
    return folder / "-" / notebook.file if os.path.lexists(usual) else usual


def _instead(student: _Student) -> str:
    """What lies in the folder of a student of whom nothing was recognised."""
    if student.keys or not student.rest:
        return ""
    more = len(student.rest) - 5
    names = ", ".join(_shown(parts) for parts in student.rest[:5])
    return f"found was {names}" + (f" and {more} more" if more > 0 else "")


def _left_over(student: _Student) -> Iterator[str]:
    """What of a student's is not graded, a line each; of who has something graded, what may be a notebook."""
    yield from student.remarks
    for key, others in student.others.items():
        exact = student.exact.get(key)
        if exact is None and len({digest for _, digest in others}) == 1:
            continue
        for parts, _ in others:
            if exact is None:
                yield f"{_where(student, parts)}: one of several that differ and are {'/'.join(key)}"
            elif not _is_same(exact, student.folder.joinpath(*parts)):
                yield f"{_where(student, parts)}: {'/'.join(key)} once more; {exact.name} in its place counts"
    for parts in student.rest:
        if not student.keys or ".ipynb" in parts[-1].lower():
            yield f"{_where(student, parts)}: not recognised"


def _where(student: _Student, parts: Parts) -> str:
    return visible(parts[1]) if parts[0] == ".." else visible("/".join((student.name, *parts)))


def _shown(parts: Parts) -> str:
    return f"'{visible('/'.join(part for part in parts if part != '..'))}'"


def _is_plain(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink()


def _names(known: Iterable[Key]) -> str:
    return ", ".join("/".join(key) for key in known)
