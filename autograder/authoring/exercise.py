"""The mark that ties a test to an exercise, and reading it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.plain.errors import CourseError

MARK = "exercise"
HONOURED = frozenset({MARK, "parametrize", "usefixtures"})
DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class ExerciseMark:
    """What `@exercise(...)` says about a test: `costs` is the share of the points lost when it fails."""

    name: str
    costs: float
    devices: tuple[str, ...]
    attempt: bool = False
    seconds: float | None = None


def exercise(
    name: str,
    *,
    costs: float = 1.0,
    devices: tuple[str, ...] = DEVICES,
    attempt: bool = False,
    seconds: float | None = None,
) -> Callable[[Any], Any]:
    """Mark a test as a check of the exercise `name`.

    Args:
        name: the exercise, which is the `grade_id` of its stub cell.
        costs: the share of the exercise's points that is lost when the test fails, in (0, 1].
        devices: where the test may run; "cuda" is used only where there is a GPU.
        attempt: the test judges the exercise's one attempt, which takes long. All tests of the exercise that say so
            draw the same numbers and ask the same question; it is asked once, and its answer serves them all.
        seconds: wall time of the attempt, in place of what a call usually has.
    """
    if not 0 < costs <= 1:
        raise CourseError(f"@exercise({name!r}, costs={costs}): costs is a share of the points, in (0, 1]")
    if seconds is not None and (not attempt or seconds <= 0):
        raise CourseError(f"@exercise({name!r}, seconds={seconds}): a positive time, and only of an attempt")
    return pytest.mark.exercise(name, costs=costs, devices=tuple(devices), attempt=attempt, seconds=seconds)


def read_mark(item: pytest.Item) -> ExerciseMark:
    """Return the exercise that a collected test belongs to.

    Raises CourseError for a mark that would say nothing here.
    """
    mark = item.get_closest_marker(MARK)
    if mark is None:
        raise CourseError(f'{item.nodeid} belongs to no exercise: write @exercise("name") above it')
    others = sorted({one.name for one in item.iter_markers()} - HONOURED)
    if others:
        raise CourseError(
            f"{item.nodeid} is marked {', '.join(others)}, and a check is run for everyone or not at all: take the "
            f"mark away (what is honoured: {', '.join(sorted(HONOURED))}; for devices, @exercise(..., "
            f'devices=("cuda",)))'
        )
    return ExerciseMark(mark.args[0], **mark.kwargs)
