"""One exercise judged by the names in a namespace: a kernel's, or the author's own solution."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.plain.errors import CourseError

if TYPE_CHECKING:
    from autograder.checking.recording import Recording
    from autograder.plain.results import ExerciseResult


def check_namespace(exercise: str, namespace: Mapping[str, Any], folder: Path, notebook: str = "") -> ExerciseResult:
    """Judge one exercise of a notebook in `folder` by the names in `namespace`. Raises CourseError."""
    from autograder.authoring.doors import LiveSide
    from autograder.checking.assess import judge
    from autograder.checking.plugin import with_checks
    from autograder.plain.devices import available_devices

    if not isinstance(exercise, str):
        raise CourseError(f'check takes the name of an exercise in quotes, such as check("{_name_of(exercise)}")')
    path = find_recording(exercise, folder, notebook)
    recording = _recording(path, path.stat().st_mtime_ns)
    checks = folder / "checks" / f"test_{path.stem}.py"
    side = LiveSide(namespace)
    return with_checks(checks, lambda runner: judge(runner, side, recording, [exercise], available_devices()))[0]


def find_recording(exercise: str, folder: Path, notebook: str) -> Path:
    """Return the recording that has an exercise: that of the open notebook, or another of the folder's.

    Of others no more than the first line is read. Raises CourseError that names what there is.
    """
    from autograder.checking.recording import exercises_in, recordings_of

    paths = sorted(recordings_of(folder).glob("*.safetensors"), key=lambda path: (path.stem != notebook, path.name))
    if not paths:
        raise CourseError(
            f"there is no checks folder beside this notebook (looked in {folder.name}/): "
            "open the notebook where the course put it"
        )
    names: list[str] = []
    for path in paths:
        names += exercises_in(path)
        if exercise in names:
            return path
    raise CourseError(f"no exercise is called {exercise!r} here; there are {', '.join(names)}")


@lru_cache(maxsize=32)
def _recording(path: Path, _changed: int) -> Recording:
    from autograder.checking.recording import load

    return load(path)


def _name_of(thing: Any) -> str:
    return str(getattr(thing, "__name__", "l2_distances"))
