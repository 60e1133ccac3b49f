"""Packs, as `autograder pack` makes them, put into a tree of submissions: <student>/<chapter>/<notebook>.ipynb.

Only notebooks in a chapter of the course are taken out of a zip, each within a limit, and only where nothing lies: so
an archive writes nothing else, and nothing elsewhere.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.roster import COPY, is_text, owner_of
from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole
from autograder.plain.names import visible

MOST_BYTES, MOST_MEMBERS, MOST_OF_A_ZIP = 64 * 2**20, 2_000, 256 * 2**20
# What zipfile raises of a damaged or encrypted archive; NotImplementedError, of a compression that it does not know.
UNREADABLE = (OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)
NOTEBOOK = re.compile(r"(?:.*/)?(?P<chapter>[^/\\]+)/(?P<file>[^/\\\0]{1,200}\.ipynb)")


@dataclass
class Collected:
    """What was taken out of packs: the files, and what was not, a line each."""

    files: list[Path] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def packs_in(path: Path) -> list[Path]:
    """Return the zips at a path: itself, beside the students' folders, or in one of them."""
    found = [path] if path.is_file() else sorted([*path.glob("*"), *path.glob("*/*")])
    return [one for one in found if one.suffix.lower() == ".zip" and one.is_file() and not one.is_symlink()]


def collect(path: Path, into: Path, chapters: set[str], course: str) -> Collected:
    """Put what is in the packs at a path into a tree of submissions.

    Args:
        path: a zip, or a folder with zips: <student>.zip, <student>_<anything>.zip, or <student>/<any name>.zip.
        into: the top of the tree; the folder itself may be it.
        chapters: of the course.
        course: its id, which is the name of a pack that nobody has renamed.
    """
    collected = Collected()
    for archive in packs_in(path):
        inside = path.is_dir() and archive.parent != path
        student = archive.parent.name if inside else _owner(archive, course)
        if student is None or not is_text(student):
            collected.left.append(
                f"{visible(archive.name)}: whose? Name it <student>.zip, or put it into a student's folder"
            )
            continue
        _unpack(archive, into / student, chapters, collected)
    return collected


def _owner(archive: Path, course: str) -> str | None:
    stem = COPY.sub("", archive.stem)
    if stem.casefold() == course.casefold():
        return None
    return owner_of(f"{stem}.ipynb", course) or stem


def _unpack(archive: Path, folder: Path, chapters: set[str], collected: Collected) -> None:
    """Put a pack's notebooks into a student's folder. A fault of the zip is its own; one of this machine is raised."""
    shown = visible(f"{archive.parent.name}/{archive.name}")
    for chapter, file, content in _readable(archive, chapters, shown, collected):
        target = folder / chapter / file
        if target.exists() and target.read_bytes() != content:
            collected.left.append(f"{shown}: {visible(f'{chapter}/{file}')} lies in {visible(folder.name)}/ already")
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, [content])
            collected.files.append(target)


def _readable(archive: Path, chapters: set[str], shown: str, collected: Collected) -> Iterator[tuple[str, str, bytes]]:
    """Yield a pack's notebooks up to the first fault of the zip, which is told."""
    notebooks = _notebooks(archive, chapters)
    while True:
        try:
            found = next(notebooks, None)
        except CourseError as problem:
            collected.left.append(f"{shown}: {problem}")
            return
        except UNREADABLE as problem:
            collected.left.append(f"{shown}: it can't be unpacked ({type(problem).__name__}); ask for it once more")
            return
        if found is None:
            return
        yield found


def _notebooks(archive: Path, chapters: set[str]) -> Iterator[tuple[str, str, bytes]]:
    if archive.stat().st_size > MOST_OF_A_ZIP:
        raise CourseError(f"it is larger than {MOST_OF_A_ZIP // 2**20} MB")
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        if len(members) > MOST_MEMBERS:
            raise CourseError(f"it has more than {MOST_MEMBERS} files")
        found = False
        for one in members:
            match = NOTEBOOK.fullmatch(one.filename)
            if match is None or match["chapter"] not in chapters or match["file"].startswith("."):
                continue
            with packed.open(one) as file:
                content = file.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise CourseError(f"{visible(one.filename)} is larger than {MOST_BYTES // 2**20} MB")
            found = True
            yield match["chapter"], match["file"], content
    if not found:
        raise CourseError("no <chapter>/<notebook>.ipynb of this course is in it")
