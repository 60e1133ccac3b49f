"""Where a notebook's checks stand: beside it, in a course's folder around it, or in an installed course.

A notebook names itself, "01_classification/knn", so nothing is guessed from where it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.plain.errors import CourseError
from autograder.plain.installed import installed_courses
from autograder.plain.numbered import name_of

KEY = re.compile(r"[^/\\]+/[^/\\]+")
BINDING = re.compile(r"""\bchecks_of\(\s*\\?["']([^"'\\]+)\\?["']\s*\)""")  # in Python, or within JSON


@dataclass(frozen=True)
class Home:
    """The folder that has a notebook's checks in its folder checks/."""

    folder: Path
    chapter: str
    notebook: str

    @property
    def key(self) -> str:
        """The notebook's name in the course, such as "01_classification/knn"."""
        return f"{self.chapter}/{self.notebook}"

    @property
    def checks(self) -> Path:
        """The file of its checks."""
        return self.folder / "checks" / f"test_{self.notebook}.py"

    @property
    def recording(self) -> Path:
        """What the reference answers, at the public seed."""
        return recordings_of(self.folder) / f"{self.notebook}.safetensors"

    @property
    def is_whole(self) -> bool:
        """Whether both are there."""
        return self.checks.is_file() and self.recording.is_file()


def recordings_of(folder: Path) -> Path:
    """Return where the recordings of a folder's notebooks stand: in its checks; an author's, in the release's."""
    folder = folder.absolute()
    top = folder.parents[1] if len(folder.parts) > 2 else folder
    return (top / "course" / folder.name if folder.parent.name == "solutions" else folder) / "checks"


def home_of(key: str, near: Iterable[Path]) -> Home:
    """Return where the checks of a notebook stand.

    Args:
        key: "<chapter>/<notebook>", such as "01_classification/knn".
        near: the folders that the notebook may lie in, the likeliest first.

    A chapter's folder comes before an installed course, and a folder of any other name, which has checks of a
    notebook of that name, last. Raises CourseError that says where was looked.
    """
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise CourseError(f'checks_of({key!r}) came, expected a chapter and a notebook: checks_of("01_toy/toy")')
    chapter, _, notebook = key.partition("/")
    near = list(dict.fromkeys(near))
    for folder in _in_order(chapter, near):
        home = Home(folder, chapter, notebook)
        if home.is_whole:
            return home
    courses = ", ".join(installed_courses()) or "none"
    raise CourseError(
        f"the checks of {key} are not here: there is no checks/test_{notebook}.py with its recording beside the "
        f"notebook (looked in {', '.join(one.name + '/' for one in near)}), nor in an installed course (there are: "
        f"{courses}). Install the course's wheel, or open the notebook where the course put it"
    )


def _in_order(chapter: str, near: list[Path]) -> Iterator[Path]:
    yield from (one for one in near if one.name == chapter)
    yield from (top / chapter for one in near for top in (one, one / "course"))
    yield from (course / chapter for course in installed_courses().values())
    yield from near


def bound_keys(text: str) -> list[str]:
    """Return the notebooks that a text binds `check` to: of one notebook's own, its name."""
    return list(dict.fromkeys(BINDING.findall(text)))


def home_of_file(path: Path) -> Home:
    """Return where the checks of a notebook's file stand, by the name that it binds, else by its own and its folder's.

    Raises CourseError as `home_of` does.
    """
    try:
        named = bound_keys(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        named = []
    folder = path.absolute().parent
    return home_of(named[0] if named else f"{folder.name}/{name_of(path.stem)}", [folder])
