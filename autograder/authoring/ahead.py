"""Questions that can be asked ahead: what the tests of an exercise ask of an answer that is right, in one trip.

A trip into the box and back costs more than most answers. The tests make their inputs from the run's seed, so that each
student of a class is asked the same, as long as their answers lead a test nowhere else. What is asked is heard once, by
a run in which the reference's recorded answers stand for the student's. Each test then takes its own answers, each only
where it asks that very question, bit for bit, and judges them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch

from autograder.authoring.doors import Call, Side
from autograder.plain.frames import bytes_of
from autograder.plain.source import Definition

# Of one exercise's trip: what is larger is asked alone. A trip that breaks a bound of the box would be for nothing.
MOST_BYTES = 4 * 1024 * 1024
MOST_VALUES = 10_000


@dataclass(frozen=True, eq=False)
class Questions:
    """What some tests ask, in order: at one seed the same for every student of a class.

    Args:
        tests: the name of the test that asks, for each call.
        calls: what it asks.
    """

    tests: tuple[str, ...]
    calls: tuple[Call, ...]


@runtime_checkable
class AsksAhead(Protocol):
    """A side to which a trip is long."""

    def ask_ahead(self, questions: Questions) -> list[list[Any]]:
        """Return the answers in order, each in a list of its own, as far as all goes well.

        Where an answer goes wrong its list is empty: what went wrong is raised where that question is asked alone.
        There may be fewer lists than questions.
        """


class Listening:
    """A side that hears what a test asks, and answers as the reference does as long as that is known.

    Args:
        replay: what the reference is on record to answer in this test, one after the other.
    """

    def __init__(self, replay: Side) -> None:
        self._replay = replay
        self.heard: list[tuple[Call, Any]] = []

    def ask(self, call: Call) -> Any:
        """Return the reference's next answer. Raises CourseError where none is on record: the test ends there."""
        self.heard.append((call, None))
        answer = self._replay.ask(call)
        self.heard[-1] = call, answer
        return answer

    def source(self, name: str) -> dict[str, Definition]:
        """Give a definition to which no rule on the source has an objection."""
        return {name: Definition()}


def of_size(heard: Iterable[tuple[str, Call, Any]]) -> Questions:
    """Return the questions that fit into one trip together with what will be answered: (test, call, answer) of each."""
    kept: list[tuple[str, Call]] = []
    size, values = 0, 0
    for test, call, answer in heard:
        its_size, its_values = _extent((call.args, call.kwargs, answer))
        if size + its_size <= MOST_BYTES and values + its_values <= MOST_VALUES:
            kept.append((test, call))
            size, values = size + its_size, values + its_values
    return Questions(tuple(test for test, _ in kept), tuple(call for _, call in kept))


def _extent(value: Any) -> tuple[int, int]:
    """How many bytes of tensors a value has, and of how many values it is made."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size(), 1
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        parts = [_extent(one) for one in value]
        return sum(size for size, _ in parts), 1 + sum(count for _, count in parts)
    return 0, 1


class Answered:
    """A side that has been asked ahead what a test is likely to ask."""

    def __init__(self, side: Side, answers: Sequence[tuple[Call, list[Any]]]) -> None:
        self._side, self._waiting = side, list(answers)

    def ask(self, call: Call) -> Any:
        """Return what was answered ahead, or ask now."""
        if self._waiting:
            asked, answer = self._waiting.pop(0)
            if not _is_same_question(asked, call):
                self._waiting.clear()  # the test has gone another way
            elif answer:
                return answer[0]
        return self._side.ask(call)

    def source(self, name: str) -> dict[str, Definition]:
        """Return the side's own source."""
        return self._side.source(name)


def _is_same_question(one: Call, other: Call) -> bool:
    about = [(call.name, call.probe, call.device, call.seconds) for call in (one, other)]
    return about[0] == about[1] and _is_same((one.args, one.kwargs), (other.args, other.kwargs))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two arguments are the same to a function that may look at everything; what is no plain data is not."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return _described(one) == _described(other) and (one is other or bytes_of(one) == bytes_of(other))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict):
        return _is_same([*one.items()], [*other.items()])
    plain = isinstance(one, bool | int | float | complex | str | bytes | torch.dtype | torch.device) or one is None
    return plain and repr(one) == repr(other)


def _described(tensor: torch.Tensor) -> tuple[Any, ...]:
    return tensor.dtype, tensor.shape, tensor.stride(), tensor.device, tensor.requires_grad


def heard_in(
    tests: Iterable[tuple[str, Callable[[Listening], None], Side]], ends: tuple[type[BaseException], ...]
) -> Questions:
    """Return what tests ask of an answer that is right.

    Args:
        tests: (name, the test given its student's side, the reference's side for that student) of each.
        ends: the exceptions by which a test may end.
    """
    heard: list[tuple[str, Call, Any]] = []
    for name, test, replay in tests:
        listening = Listening(replay)
        with suppress(*ends):
            test(listening)
        heard += [(name, call, answer) for call, answer in listening.heard]
    return of_size(heard)
