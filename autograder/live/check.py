"""`check("l2_distances")` in a student's kernel: the exercise's tests against what is defined there now.

A check answers with a card. It never raises at a student: a fault of the course or of this package
becomes a card too, which says that it is not the student's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.present.card import Card
from autograder.seams.jupyter_internals import notebook_name, notebook_path, shell

if TYPE_CHECKING:
    from autograder.checking.home import Home
    from autograder.plain.results import ExerciseResult


def check(exercise: str) -> Card:
    """Run one exercise's checks against the functions and classes defined in this notebook.

    Args:
        exercise: the exercise's name, such as "l2_distances".

    Returns:
        A card that Jupyter shows: points, tests, and for the first failure what came, what was
        expected and a hint.
    """
    return _answer(exercise, _namespace())


def checks_of(notebook: str) -> Callable[[str], Card]:
    """Return the `check` of one notebook, which finds its checks wherever the notebook is opened.

    Args:
        notebook: "<chapter>/<notebook>", such as "01_classification/knn".
    """

    def check(exercise: str) -> Card:
        return _answer(exercise, _namespace(), notebook)

    check.__doc__ = f'Run the checks of one exercise of {notebook}, such as check("l2_distances").'
    return check


def _answer(exercise: str, namespace: Mapping[str, Any], notebook: str = "") -> Card:
    """Judge an exercise of a notebook by what a kernel has; an unnamed notebook's checks lie in the working folder."""
    began = time.perf_counter()
    try:
        from autograder.checking.namespace import check_namespace

        home = _home(exercise, notebook)
        result = check_namespace(exercise, namespace, home.folder, home.notebook)
        seconds = time.perf_counter() - began
        return Card(result, seconds, note=_keep(result, home))
    except KeyboardInterrupt:
        return Card.stopped(exercise)
    except Exception as problem:
        return Card.broken(exercise, problem)


def warm_up() -> None:
    """Import what a check needs, so that the first check is as quick as the next."""
    try:
        import filelock  # noqa: F401

        import autograder.authoring.pretend
        import autograder.checking.assess
        import autograder.checking.home  # noqa: F401
    except Exception:  # what is missing is said by the doctor and by the first check, and not by an import
        return


def _home(exercise: str, notebook: str) -> Home:
    from autograder.checking.home import Home, home_of
    from autograder.checking.namespace import find_recording

    if notebook:
        return home_of(notebook, _near())
    here = Path.cwd()
    found = find_recording(exercise, here, notebook_name()).stem if isinstance(exercise, str) else ""
    return Home(here, here.name, found)


def _near() -> list[Path]:
    """The folder of the open notebook where somebody says it, and the kernel's own."""
    path = notebook_path()
    return [*([path.parent] if path is not None and path.is_file() else []), Path.cwd()]


def _keep(result: ExerciseResult, home: Home) -> str:
    """Write a result into the student's record of progress. Returns what to say about that, mostly nothing."""
    from autograder.live import journal

    folder = _near()[0]
    # Only what a person runs in a notebook counts: not a script, and not the author's own notebooks.
    if shell() is None or journal.is_authors(folder):
        return ""
    top = folder.parent if folder.name == home.chapter else journal.top_of(folder)
    return journal.record(top, f"{home.chapter}/{home.notebook}", result)


def _namespace() -> Mapping[str, Any]:
    running = shell()
    return running.user_ns if running is not None else sys._getframe(2).f_globals
