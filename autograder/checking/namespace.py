"""One exercise judged by the names in a namespace: a kernel's, or the author's own solution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.plain.errors import CourseError

if TYPE_CHECKING:
    from autograder.authoring.doors import Side
    from autograder.checking.plugin import TestRun
    from autograder.checking.recording import Recording
    from autograder.plain.results import ExerciseResult

RECORDINGS = "checks/*.safetensors"


def check_namespace(exercise: str, namespace: Mapping[str, Any], folder: Path, notebook: str = "") -> ExerciseResult:
    """Judge one exercise of a notebook in `folder` by the names in `namespace`. Raises CourseError."""
    from autograder.authoring.doors import LiveSide

    return check_at(recording_of(exercise, folder, notebook), LiveSide(namespace), exercise)


def recording_of(exercise: Any, folder: Path, notebook: str = "") -> Path:
    """Return the recording that a check of an exercise is judged by. Raises CourseError, also when it is no name."""
    if not isinstance(exercise, str):
        raise CourseError(f'check takes the name of an exercise in quotes, such as check("{_name_of(exercise)}")')
    return find_recording(exercise, folder, notebook)


def check_at(path: Path, side: Side, exercise: str, see: Callable[[TestRun], None] | None = None) -> ExerciseResult:
    """Judge one exercise of a notebook by its recording and a student's side.

    Args:
        path: the recording.
        side: where the student's code runs.
        exercise: the exercise.
        see: is shown each test's run, with the questions and answers that it was made of.
    """
    from autograder.checking.assess import judge
    from autograder.checking.plugin import with_checks
    from autograder.plain.devices import available_devices

    recording, checks = recording_at(path), path.with_name(f"test_{path.stem}.py")
    return with_checks(checks, lambda runner: judge(runner, side, recording, [exercise], available_devices(), see))[0]


def recording_at(path: Path) -> Recording:
    """Return a recording, read once for as long as the file is the same."""
    return _recording(path, path.stat().st_mtime_ns)


def find_recording(exercise: str, folder: Path, notebook: str) -> Path:
    """Return the recording that has an exercise, that of the open notebook first.

    Raises CourseError that names what there is.
    """
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


@lru_cache(maxsize=32)
def _recording(path: Path, _changed: int) -> Recording:
    from autograder.checking.recording import load

    return load(path)


def _name_of(thing: Any) -> str:
    return str(getattr(thing, "__name__", "l2_distances"))
