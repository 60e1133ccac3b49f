"""Record what the reference and the known mistakes answer, and replay it without them.

A recording is made at one seed. It holds, for each test, the answers of the reference in the order of
the calls, and for each mistake its answers in the tests that it fails. It holds no source: so it can be
released, and a grading process that replays it has nothing to leak.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.authoring.compare import agrees
from autograder.authoring.doors import Answer, Call, LiveSide
from autograder.plain.errors import CourseError, UnsupportedValue
from autograder.plain.files import write_whole
from autograder.plain.source import Definition

FORMAT = "2"
PUBLIC_SEED = 0  # the seed of the released recordings
SAME = {"rtol": 1e-5, "atol": 1e-7}


@dataclass(frozen=True)
class KnownMistake:
    """A mistake as its answers show it. `answers` has the tests that it fails, and only those."""

    name: str
    hint: str
    answers: Mapping[str, tuple[Answer, ...]]


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

    def matching(self, exercise: str, test: str, came: list[Answer]) -> frozenset[int]:
        """Return which of an exercise's mistakes give just these answers in this test."""
        known = self.mistakes.get(exercise, ())
        return frozenset(
            index
            for index, mistake in enumerate(known)
            if test in mistake.answers and same_answers(came, mistake.answers[test])
        )


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


def same_answers(came: list[Answer], known: tuple[Answer, ...]) -> bool:
    """Return whether a student answered what a mistake answers."""
    if len(came) != len(known) or not came:
        return False
    return all(_same(left, right) for left, right in zip(came, known, strict=True))


def _same(left: Answer, right: Answer) -> bool:
    if left.name != right.name or (left.raised is None) != (right.raised is None):
        return False
    if left.raised is not None:
        return left.raised == right.raised
    return agrees(left.value, right.value, **SAME)


def save(recording: Recording, path: Path) -> None:
    """Write a recording as a safetensors file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, [to_bytes(recording)])


def to_bytes(recording: Recording) -> bytes:
    """Return the bytes of a recording; equal recordings give equal bytes."""
    from safetensors.torch import save as to_safetensors

    from autograder.plain.packed import pack

    answers = {
        "seed": recording.seed,
        "points": dict(recording.points),
        "answers": {test: [_pack(one) for one in answers] for test, answers in recording.answers.items()},
    }
    mistakes = {
        exercise: [
            {
                "name": one.name,
                "hint": one.hint,
                "answers": {test: [_pack(a) for a in answers] for test, answers in one.answers.items()},
            }
            for one in known
        ]
        for exercise, known in recording.mistakes.items()
    }
    return to_safetensors(pack(answers, mistakes), metadata={"format": FORMAT})


def load(path: Path) -> Recording:
    """Read a recording. Raises CourseError when it isn't one of this format."""
    import zlib

    from safetensors import SafetensorError, safe_open

    from autograder.plain.packed import unpack

    try:
        with safe_open(path, framework="pt") as file:
            found = (file.metadata() or {}).get("format")
            if found != FORMAT:
                raise CourseError(f"{path} is a recording of format {found}, expected {FORMAT}: build again")
            answers, mistakes = unpack({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        return _unpack_recording(answers, mistakes)
    except FileNotFoundError:
        raise CourseError(f"the recording {path.name} is not there: `autograder build` makes it") from None
    except (SafetensorError, KeyError, ValueError, UnsupportedValue, zlib.error) as problem:
        raise CourseError(f"the recording {path} can't be read: {problem}") from None


def _pack(answer: Answer) -> tuple[Any, ...]:
    return (answer.name, answer.value, answer.raised)


def _unpack(row: Any) -> Answer:
    name, value, raised = row
    return Answer(name, value, raised)


def _unpack_recording(data: Any, mistakes: Any) -> Recording:
    return Recording(
        seed=data["seed"],
        points=data["points"],
        answers={test: tuple(map(_unpack, rows)) for test, rows in data["answers"].items()},
        mistakes={
            exercise: tuple(
                KnownMistake(
                    one["name"], one["hint"], {test: tuple(map(_unpack, rows)) for test, rows in one["answers"].items()}
                )
                for one in known
            )
            for exercise, known in mistakes.items()
        },
    )
