"""A grading run: find the submissions, prepare what they share, grade them, and say what it all rests on."""

from __future__ import annotations

import ast
import datetime
import platform
import secrets
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autograder.devices import available_devices
from autograder.errors import CourseError
from autograder.grade import Grader, Submission
from autograder.notebook import CourseNotebook, course_notebooks
from autograder.recorder import make_recording
from autograder.results import Results, Run, SubmissionResult
from autograder.sandbox.process import Box

VERSIONED = ("kernel-school", "torch", "nbgrader", "pytest", "numpy")
ALWAYS_PRELOADED = ("torch", "numpy", "torch._dynamo")


def grade_all(
    submissions: Iterable[Submission],
    notebooks: Iterable[CourseNotebook],
    box: Box,
    seed: int | None = None,
    told: Callable[[SubmissionResult], None] = lambda result: None,
) -> Results:
    """Grade submissions one after another in this process.

    Args:
        submissions: what to grade; a path that is not there is recorded as missing.
        notebooks: the notebooks of the course that they are of.
        box: a box that has not been started, or has.
        seed: what the inputs are made from; drawn afresh when None.
        told: called with each result as it comes.

    Raises SandboxError before the first submission when a layer is missing, and CourseError when a
    notebook's reference fails its own checks.
    """
    run = new_run(seed, box)
    graders = {(one.chapter, one.name): one for one in notebooks}
    ready: dict[tuple[str, str], Grader] = {}
    results = []
    try:
        for submission in submissions:
            key = (submission.chapter, submission.notebook)
            if key not in ready:
                ready[key] = Grader(graders[key], make_recording(graders[key], run.seed), box, run.devices)
            there = submission.path.exists() or submission.path.is_symlink()
            result = ready[key].grade(submission) if there else ready[key].missing(submission)
            results.append(result)
            told(result)
    finally:
        for grader in ready.values():
            grader.close()
    return Results(run, tuple(results))


def new_run(seed: int | None, box: Box) -> Run:
    """Start the box and write down what the marks will depend on."""
    box.start()
    return Run(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        isolation=tuple(box.isolation),
        devices=available_devices(),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Return the versions of what decides marks."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def preloads(notebooks: Iterable[CourseNotebook]) -> list[str]:
    """Return the modules that the setup cells import: the zygote imports them once for all submissions."""
    found = list(ALWAYS_PRELOADED)
    for notebook in notebooks:
        for text in notebook.setup:
            found += [name for name in _imports(text) if name.split(".")[0] != "autograder"]
    return list(dict.fromkeys(found))


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


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
