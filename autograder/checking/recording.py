"""Record what the reference and the known mistakes answer, and replay it without them.

A recording is made at one seed. It holds, for each test, the answers of the reference in the order of
the calls, in as many digits as the test needs, and for each mistake a sketch of its answers in the tests that it
fails. It holds no source: so it can be released, and a grading process that replays it has nothing to leak.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autograder.authoring.doors import Answer, Call, LiveSide
from autograder.checking.sketch import PLACES, Sketch, sketch_of
from autograder.plain.errors import CourseError, UnsupportedValue
from autograder.plain.files import write_whole
from autograder.plain.source import Definition

FORMAT = "5"
ABOUT = "about"  # the key of the file's own metadata
PUBLIC_SEED = 0  # the seed of the released recordings


@dataclass(frozen=True)
class KnownMistake:
    """A mistake as its answers show it. `answers` has the tests that it fails, and only those; `raises` has those of
    them that end in an exception."""

    name: str
    hint: str
    answers: Mapping[str, Sketch]
    raises: frozenset[str] = frozenset()

    @property
    def fails_by_values(self) -> frozenset[str]:
        """The tests in which whoever makes this mistake has other values. Where it raised, values are not compared,
        and another who makes it may have seen to that edge."""
        return frozenset(self.answers) - self.raises


@dataclass(frozen=True)
class Recording:
    """What a run of checks is judged by.

    Args:
        seed: the seed of the inputs that these answers belong to.
        points: the points of each exercise.
        answers: for each test, what the reference answered, in order.
        mistakes: for each exercise, the mistakes that are recognised.
    """

    seed: int
    points: Mapping[str, float]
    answers: Mapping[str, tuple[Answer, ...]]
    mistakes: Mapping[str, tuple[KnownMistake, ...]] = field(default_factory=dict)

    def matching(
        self, exercise: str, test: str, came: list[Answer], tolerance: tuple[float, float] = (0.0, 0.0)
    ) -> frozenset[int] | None:
        """Return which of an exercise's mistakes fail this test with just these answers; None where nothing tells.

        `tolerance` is (rtol, atol) of a test that is satisfied with less than usual.
        """
        mistakes = self.mistakes.get(exercise, ())
        sketch = sketch_of(came) if mistakes else None
        if sketch is None:
            return None
        known = [(index, one.answers[test]) for index, one in enumerate(mistakes) if test in one.answers]
        return frozenset(index for index, one in known if sketch.agrees(one, tolerance))


class Recorder(LiveSide):
    """The reference while it is recorded."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        super().__init__(namespace)
        self.answers: list[Answer] = []

    def ask(self, call: Call) -> Any:
        """Answer from the solution, and keep the answer."""
        value = super().ask(call)
        self.answers.append(Answer(call.name, value))
        return value


class Replay:
    """The reference when its answers are on record."""

    def __init__(self, test: str, answers: tuple[Answer, ...]) -> None:
        self._test, self._waiting = test, list(answers)

    def ask(self, call: Call) -> Any:
        """Return the next recorded answer. Raises CourseError when the test asks something else."""
        if not self._waiting:
            raise CourseError(f"{self._test} asks the reference for {call.name}, which is not on record: build again")
        answer = self._waiting.pop(0)
        if answer.name != call.name:
            raise CourseError(f"{self._test} asks for {call.name}, on record is {answer.name}: build again")
        return answer.value

    def source(self, name: str) -> dict[str, Definition]:
        """A reference has no source here."""
        raise CourseError(f"{self._test} asks for the source of the reference's {name}, which is not released")


def save(recording: Recording, path: Path) -> None:
    """Write a recording as a safetensors file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, [to_bytes(recording)])


def to_bytes(recording: Recording) -> bytes:
    """Return the bytes of a recording; equal recordings give equal bytes."""
    from safetensors.torch import save as to_safetensors

    from autograder.plain.packed import pack

    sketches: list[Sketch] = []
    data = {
        "seed": recording.seed,
        "points": dict(recording.points),
        "answers": {
            test: [(one.name, one.value, one.raised) for one in answers] for test, answers in recording.answers.items()
        },
        "mistakes": _rows(recording, sketches),
        "exact": torch.tensor([one.exact for one in sketches], dtype=torch.int32),
        "sums": torch.from_numpy(np.array([one.sums for one in sketches], np.uint16).reshape(-1, PLACES)),
    }
    about = {"format": FORMAT, "exercises": list(recording.points)}
    return to_safetensors(pack(data), metadata={ABOUT: json.dumps(about)})  # of several keys the order is by chance


def exercises_in(path: Path) -> list[str]:
    """Return the exercises of a recording, from its first line alone. Raises CourseError as `load` does."""
    return list(_about(path)["exercises"])


def load(path: Path) -> Recording:
    """Read a recording. Raises CourseError when it isn't one of this format."""
    from lzma import LZMAError

    from safetensors.torch import load_file

    from autograder.plain.packed import unpack

    _about(path)
    try:
        data = unpack(load_file(path))
        answers = {test: tuple(Answer(*row) for row in rows) for test, rows in data["answers"].items()}
        return Recording(data["seed"], data["points"], answers, _mistakes(data, list(answers)))
    except (KeyError, ValueError, UnsupportedValue, LZMAError) as problem:
        raise CourseError(f"the recording {path} can't be read: {problem}") from None


def _about(path: Path) -> dict[str, Any]:
    """Return what a recording says of itself."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            about: dict[str, Any] = json.loads((file.metadata() or {}).get(ABOUT, "{}"))
    except FileNotFoundError:
        raise CourseError(f"the recording {path.name} is not there: `autograder build` makes it") from None
    except SafetensorError as problem:
        raise CourseError(f"the recording {path} can't be read: {problem}") from None
    if about.get("format") != FORMAT:
        raise CourseError(f"{path} is a recording of format {about.get('format')}, expected {FORMAT}: build again")
    return about


Row = tuple[str, str, list[int], list[int]]


def _rows(recording: Recording, sketches: list[Sketch]) -> dict[str, list[Row]]:
    """Return each exercise's mistakes as [name, hint, the numbers of its tests, of those that it raises in], and put
    the sketches in this order."""
    numbers = {test: number for number, test in enumerate(recording.answers)}
    rows: dict[str, list[Row]] = {}
    for exercise, known in recording.mistakes.items():
        rows[exercise] = [
            (one.name, one.hint, [numbers[test] for test in one.answers], sorted(numbers[test] for test in one.raises))
            for one in known
        ]
        sketches += [sketch for one in known for sketch in one.answers.values()]
    return rows


def _mistakes(data: Any, tests: list[str]) -> dict[str, tuple[KnownMistake, ...]]:
    sketches = map(Sketch, data["exact"].tolist(), data["sums"].numpy())
    return {
        exercise: tuple(
            KnownMistake(
                name,
                hint,
                {tests[number]: next(sketches) for number in numbers},
                frozenset(tests[number] for number in raises),
            )
            for name, hint, numbers, raises in known
        )
        for exercise, known in data["mistakes"].items()
    }
