"""Where this kernel stands: its notebook, that notebook's checks, the folder with the record of progress."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.checking.home import Home, home_of
from autograder.checking.namespace import find_home
from autograder.live import journal
from autograder.live.spoilt import guards
from autograder.plain.numbered import at
from autograder.seams.jupyter_internals import notebook_name, notebook_path, shell

bound: list[str] = []  # the notebooks that this kernel's setup cells bound, the last one last


def home_here(exercise: str) -> Home:
    """Return the notebook of an exercise in this kernel: that which its setup cell bound, or one beside it."""
    return home_of_exercise(exercise, bound[-1] if bound else "")


def names_here() -> Mapping[str, Any]:
    """Return what this kernel's cells have defined, with no guard before it; nothing where this is no notebook."""
    guards.lift()
    running = shell()
    return running.user_ns if running is not None else {}


def place_of_record(home: Home) -> Path | None:
    """Return the folder that has the record of a student's progress; None where none is kept.

    Only what a person runs in a notebook counts: not a script, and not the author's own notebooks.
    """
    folder = near()[0]
    return None if shell() is None or journal.is_authors(folder) else top_of(folder, home.key)


def top_of(folder: Path, notebook: str) -> Path:
    """Return the course's folder around that of a notebook: the folder itself, where it is no chapter."""
    return folder.parent if folder.name == notebook.partition("/")[0] else journal.top_of(folder)


def home_of_exercise(exercise: str, notebook: str) -> Home:
    """Return where an exercise of a notebook has its checks; those of an unnamed one lie in the working folder."""
    if not notebook:
        return find_home(exercise, Path.cwd(), notebook_name())
    home = home_of(notebook, near())
    return find_home(exercise, home.folder, home.notebook)


def near() -> list[Path]:
    """The folder of the open notebook where somebody says it, and the kernel's own."""
    path = notebook_path()
    return [*([path.parent] if path is not None and path.is_file() else []), Path.cwd()]


def file_of(home: Home) -> Path:
    """Return where a student's notebook lies: the one that is open, or that of this name in the kernel's folder."""
    path = notebook_path()
    return path if path is not None and path.is_file() else at(Path.cwd() / f"{home.notebook}.ipynb")
