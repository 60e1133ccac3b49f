"""One exercise judged by the names in a namespace: a kernel's, or the author's own solution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.checking.home import Home, recordings_of
from autograder.plain.errors import CourseError
from autograder.plain.numbered import name_of

if TYPE_CHECKING:
    from autograder.authoring.doors import Side
    from autograder.checking.job import TestRun
    from autograder.checking.recording import Recording
    from autograder.plain.results import ExerciseResult


def check_namespace(exercise: str, namespace: Mapping[str, Any], folder: Path, notebook: str = "") -> ExerciseResult:
    """Judge one exercise of a notebook in `folder` by the names in `namespace`. Raises CourseError."""
    from autograder.authoring.doors import LiveSide

    return check_at(find_home(exercise, folder, notebook), LiveSide(namespace), exercise)


def check_at(home: Home, side: Side, exercise: str, see: Callable[[TestRun], None] | None = None) -> ExerciseResult:
    """Judge one exercise of a notebook by its checks and its recording.

    Args:
        home: where they stand.
        side: where the student's code runs.
        exercise: the exercise.
        see: is shown each test's run, with the questions and answers that it was made of.
    """
    from autograder.checking.assess import judge
    from autograder.checking.plugin import with_checks
    from autograder.plain.devices import available_devices

    recording, devices = recording_at(home.recording), available_devices()
    return with_checks(home.checks, lambda runner: judge(runner, side, recording, [exercise], devices, see))[0]


def recording_at(path: Path) -> Recording:
    """Return a recording, read once for as long as the file is the same."""
    return _recording(path, path.stat().st_mtime_ns)


def find_home(exercise: Any, folder: Path, notebook: str) -> Home:
    """Return the notebook of a folder that has an exercise: the one named, where it is there; else any.

    The notebook may be named as its file is. Of a recording no more than the first line is read. Raises CourseError
    that names what there is.
    """
    from autograder.checking.recording import exercises_in

    if not isinstance(exercise, str):
        raise CourseError(f'check takes the name of an exercise in quotes, such as check("{_name_of(exercise)}")')
    folder = folder.absolute()
    own = name_of(notebook)
    paths = sorted(recordings_of(folder).glob("*.safetensors"), key=lambda path: (path.stem != own, path.name))
    if not paths:
        raise CourseError(
            f"there is no checks folder beside this notebook (looked in {folder.name}/): "
            "open the notebook where the course put it"
        )
    if paths[0].stem == own:
        paths = paths[:1]
    names: list[str] = []
    for path in paths:
        names += exercises_in(path)
        if exercise in names:
            return Home(folder, folder.name, path.stem)
    raise CourseError(f"no exercise is called {exercise!r} here; there are {', '.join(names)}")


@lru_cache(maxsize=32)
def _recording(path: Path, _changed: int) -> Recording:
    from autograder.checking.recording import load

    return load(path)


def _name_of(thing: Any) -> str:
    return str(getattr(thing, "__name__", "l2_distances"))
