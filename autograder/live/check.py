"""`check("l2_distances")` in a student's kernel: the exercise's tests against what is defined there now.

A check answers with a card. It never raises at a student: a fault of the course or of this package
becomes a card too, which says that it is not the student's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.present.card import Card
from autograder.seams.jupyter_internals import notebook_name, shell

if TYPE_CHECKING:
    from autograder.plain.results import ExerciseResult


def check(exercise: str) -> Card:
    """Run one exercise's checks against the functions and classes defined in this notebook.

    Args:
        exercise: the exercise's name, such as "l2_distances".

    Returns:
        A card that Jupyter shows: points, tests, and for the first failure what came, what was
        expected and a hint.
    """
    namespace = _namespace()
    began = time.perf_counter()
    try:
        from autograder.checking.namespace import check_namespace

        result = check_namespace(exercise, namespace, Path.cwd(), notebook_name())
        seconds = time.perf_counter() - began
        return Card(result, seconds, note=_keep(result, Path.cwd()))
    except KeyboardInterrupt:
        return Card.stopped(exercise)
    except Exception as problem:
        return Card.broken(exercise, problem)


def warm_up() -> None:
    """Import what a check needs, so that the first check is as quick as the next."""
    try:
        import filelock  # noqa: F401

        import autograder.authoring.pretend
        import autograder.checking.assess  # noqa: F401
    except Exception:  # what is missing is said by the doctor and by the first check, and not by an import
        return


def _keep(result: ExerciseResult, folder: Path) -> str:
    """Write a result into the student's record of progress. Returns what to say about that, mostly nothing."""
    from autograder.live import journal

    # Only what a person runs in a notebook counts: not a script, and not the author's own notebooks.
    if shell() is None or journal.is_authors(folder):
        return ""
    from autograder.checking.namespace import find_recording

    notebook = find_recording(result.exercise, folder, notebook_name()).stem
    return journal.record(journal.top_of(folder), f"{folder.name}/{notebook}", result)


def _namespace() -> Mapping[str, Any]:
    running = shell()
    return running.user_ns if running is not None else sys._getframe(2).f_globals
