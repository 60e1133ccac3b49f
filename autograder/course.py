"""A grading run before its first submission: what there is to grade, what it shares, and what it all rests on."""

from __future__ import annotations

import datetime
import platform
import secrets
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autograder.errors import CourseError
from autograder.grade import Submission
from autograder.graph import grader_digest
from autograder.notebook import CourseNotebook, course_notebooks
from autograder.results import Run
from autograder.sandbox.process import Box

VERSIONED = ("kernel-school", "torch", "nbgrader", "pytest", "numpy")


def new_run(seed: int | None, box: Box) -> Run:
    """Start the box and write down what the marks will depend on."""
    box.start()
    return Run(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        isolation=tuple(box.isolation),
        devices=box.devices,
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Return the versions of what decides marks, the text of this package among them."""
    found = {"python": platform.python_version(), "autograder": grader_digest()}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def find_submissions(path: Path, root: Path) -> tuple[list[Submission], list[CourseNotebook]]:
    """Return the submissions below a path, and the notebooks of the course that they are of.

    Args:
        path: a tree <student>/<chapter>/<notebook>.ipynb, or one notebook.
        root: the top of the course.

    Raises CourseError when there is nothing to grade. In a tree, a student without a notebook that
    another has handed in is listed too, with a path where nothing lies.
    """
    known = {(one.chapter, one.name): one for one in course_notebooks(root / "solutions")}
    if path.is_file() or path.is_symlink():
        found = [_single(path, known)]
    elif path.is_dir():
        found = _in_tree(path, known)
    else:
        raise CourseError(f"there is nothing at {path}: give a notebook or a folder <student>/<chapter>/<notebook>.ipynb")
    used = {(one.chapter, one.notebook): None for one in found}
    return found, [known[key] for key in used]


def _single(path: Path, known: dict[tuple[str, str], CourseNotebook]) -> Submission:
    absolute = path.absolute()
    chapters = [key for key in known if key[1] == path.stem]
    key = (absolute.parent.name, path.stem)
    if key not in known:
        if len(chapters) != 1:
            raise CourseError(f"{path} is no notebook of this course; there are {_names(known)}")
        key = chapters[0]
        return Submission(path.stem, *key, path)
    return Submission(absolute.parent.parent.name, *key, path)


def _in_tree(path: Path, known: dict[tuple[str, str], CourseNotebook]) -> list[Submission]:
    # Folders that are links would lead outside the tree that was handed in: they hold no submission.
    students = sorted(one for one in path.iterdir() if one.is_dir() and not one.is_symlink())
    handed_in = {
        key for key in known for student in students
        if _is_plain(student / key[0]) and _there(student / key[0] / f"{key[1]}.ipynb")
    }  # fmt: skip
    if not handed_in:
        raise CourseError(
            f"{path} has no submissions: expected {path.name}/<student>/<chapter>/<notebook>.ipynb with one of {_names(known)}"
        )
    wanted = [key for key in known if key in handed_in]
    return [
        Submission(student.name, *key, student / key[0] / f"{key[1]}.ipynb" if _is_plain(student / key[0]) else student / "-")
        for student in students for key in wanted
    ]  # fmt: skip


def _is_plain(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink()


def _there(path: Path) -> bool:
    return path.is_file() or path.is_symlink()


def _names(known: Iterable[tuple[str, str]]) -> str:
    return ", ".join("/".join(key) for key in known)
