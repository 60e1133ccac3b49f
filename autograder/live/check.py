"""`check("l2_distances")` in a student's kernel: the exercise's tests against what is defined there now.

A check answers with a card. It never raises at a student: a fault of the course or of this package
becomes a card too, which says that it is not the student's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.plain.errors import CourseError
from autograder.present.card import Card
from autograder.seams.jupyter_internals import notebook_name, shell

if TYPE_CHECKING:
    from autograder.checking.recording import Recording
    from autograder.plain.results import ExerciseResult

RECORDINGS = "checks/*.safetensors"


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
        result = check_namespace(exercise, namespace, Path.cwd())
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


def check_namespace(
    exercise: str, namespace: Mapping[str, Any], folder: Path, notebook: str | None = None
) -> ExerciseResult:
    """Judge one exercise of a notebook in `folder` by the names in `namespace`. Raises CourseError."""
    from autograder.authoring.doors import LiveSide
    from autograder.checking.assess import judge
    from autograder.checking.plugin import with_checks
    from autograder.plain.devices import available_devices

    if not isinstance(exercise, str):
        raise CourseError(
            f'check takes the name of an exercise in quotes, such as check("{_name_of(exercise)}")'
        )
    path = find_recording(exercise, folder, notebook or notebook_name())
    recording = _recording(path, path.stat().st_mtime_ns)
    checks = path.with_name(f"test_{path.stem}.py")
    side = LiveSide(namespace)
    return with_checks(
        checks, lambda runner: judge(runner, side, recording, [exercise], available_devices())
    )[0]


def find_recording(exercise: str, folder: Path, notebook: str) -> Path:
    """Return the recording that has an exercise, that of the open notebook first. Raises CourseError that names what there is."""
    paths = sorted(folder.glob(RECORDINGS))
    if not paths:
        raise CourseError(
            f"there is no checks folder beside this notebook (looked in {folder.name}/): "
            "open the notebook where the course put it"
        )
    known = {path: _recording(path, path.stat().st_mtime_ns).points for path in paths}
    found = [path for path in paths if exercise in known[path]]
    if not found:
        names = ", ".join(name for points in known.values() for name in points)
        raise CourseError(f"no exercise is called {exercise!r} here; there are {names}")
    return next((path for path in found if path.stem == notebook), found[0])


def _keep(result: ExerciseResult, folder: Path) -> str:
    """Write a result into the student's record of progress. Returns what to say about that, mostly nothing."""
    from autograder.live.check import journal

    # Only what a person runs in a notebook counts: not a script, and not the author's own notebooks.
    if shell() is None or journal.is_authors(folder):
        return ""
    notebook = find_recording(result.exercise, folder, notebook_name()).stem
    return journal.record(journal.top_of(folder), f"{folder.name}/{notebook}", result)


@lru_cache(maxsize=32)
def _recording(path: Path, _changed: int) -> Recording:
    from autograder.checking.recording import load

    return load(path)


def _namespace() -> Mapping[str, Any]:
    running = shell()
    return running.user_ns if running is not None else sys._getframe(2).f_globals


def _name_of(thing: Any) -> str:
    return str(getattr(thing, "__name__", "l2_distances"))
