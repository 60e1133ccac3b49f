"""One exercise judged by the names in a namespace: a kernel's, or the author's own solution."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.plain.errors import CourseError
from autograder.plain.numbered import name_of

if TYPE_CHECKING:
    from autograder.checking.recording import Recording
    from autograder.plain.results import ExerciseResult

RECORDINGS = "checks/*.safetensors"


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
    checks = path.with_name(f"test_{path.stem}.py")
    side = LiveSide(namespace)
    return with_checks(checks, lambda runner: judge(runner, side, recording, [exercise], available_devices()))[0]


def find_recording(exercise: str, folder: Path, notebook: str) -> Path:
    """Return the recording that has an exercise: that of the notebook where it is there, else that of any.

    The notebook may be named as its file is.

    Raises CourseError that names what there is.
    """
    paths = sorted(folder.glob(RECORDINGS))
    if not paths:
        raise CourseError(
            f"there is no checks folder beside this notebook (looked in {folder.name}/): "
            "open the notebook where the course put it"
        )
    own = [path for path in paths if path.stem == name_of(notebook)]
    known = {path: _recording(path, path.stat().st_mtime_ns).points for path in own or paths}
    found = [path for path in known if exercise in known[path]]
    if not found:
        names = ", ".join(name for points in known.values() for name in points)
        raise CourseError(f"no exercise is called {exercise!r} here; there are {names}")
    return found[0]


@lru_cache(maxsize=32)
def _recording(path: Path, _changed: int) -> Recording:
    from autograder.checking.recording import load

    return load(path)


def _name_of(thing: Any) -> str:
    return str(getattr(thing, "__name__", "l2_distances"))
