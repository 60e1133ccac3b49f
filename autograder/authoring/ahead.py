"""Questions that can be asked ahead: the first of each test that no answer decides, for an exercise in one trip.

A trip into the box and back costs more than most answers. The tests that a contract makes ask what they ask whatever
comes back, so that their questions can be sent together; each test then takes its own answer and judges it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from autograder.authoring.doors import Call, Door, Side
from autograder.plain.source import Definition

Test = TypeVar("Test", bound=Callable[..., None])
_MARK = "__asks_ahead__"


@dataclass(frozen=True, eq=False)
class Questions:
    """The first questions of some tests: at one seed the same ones for every student of a class."""

    tests: tuple[str, ...]
    calls: tuple[Call, ...]


@runtime_checkable
class AsksAhead(Protocol):
    """A side to which a trip is long."""

    def ask_ahead(self, questions: Questions) -> list[Any]:
        """Return the answers in order, as far as all goes well. Whatever goes wrong ends the list, and is raised where
        that question is asked alone."""


def asks_ahead(test: Test) -> Test:
    """Mark a test as one whose first question depends on nothing that was answered, by either side."""
    setattr(test, _MARK, True)
    return test


def is_asked_ahead(test: Any) -> bool:
    """Whether a test has this mark."""
    return getattr(test, _MARK, False) is True


def first_question(test: Callable[..., None], **given: Any) -> Call | None:
    """Return what a test asks first of the student, or None where it asks nothing.

    Args:
        test: the test, which is left at its question.
        given: what it takes beside the student.
    """
    try:
        test(student=Door(_Listening()), **given)
    except _Asked as asked:
        return asked.call
    return None


class _Asked(Exception):
    def __init__(self, call: Call) -> None:
        super().__init__(call.name)
        self.call = call


class _Listening:
    """A side that only hears."""

    def ask(self, call: Call) -> Any:
        """Leave the test."""
        raise _Asked(call)

    def source(self, name: str) -> dict[str, Definition]:
        """Give a definition to which no rule on the source has an objection."""
        return {name: Definition()}


class Answered:
    """A side that has been asked a test's first question ahead."""

    def __init__(self, side: Side, call: Call, answer: Any) -> None:
        self._side, self._waiting = side, [(call, answer)]

    def ask(self, call: Call) -> Any:
        """Return what was answered ahead, or ask now."""
        if self._waiting:
            asked, answer = self._waiting.pop()
            if (asked.name, asked.probe) == (call.name, call.probe):
                return answer
        return self._side.ask(call)

    def source(self, name: str) -> dict[str, Definition]:
        """Return the side's own source."""
        return self._side.source(name)
