"""The one attempt of an exercise that takes long: a conversation that is held once, and judged by several tests."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from autograder.authoring.doors import Call, Side
from autograder.plain.errors import CourseError, SubmissionError
from autograder.plain.source import Definition


@dataclass(frozen=True)
class _Told:
    """A question's name, and what came of it: a value, or an error."""

    asked: str
    value: Any = None
    problem: SubmissionError | None = None


class SharedAttempt:
    """What one student said in an exercise's attempt, question by question. Each test listens from the start.

    Args:
        side: where the code runs.
        seconds: wall time of all questions together; the usual one for each, if None.
    """

    def __init__(self, side: Side, seconds: float | None) -> None:
        self.side = side
        self._left = seconds
        self._told: list[_Told] = []

    def listen(self) -> Side:
        """Return a side that hears the conversation from its first question, for one test."""
        return _Listener(self)

    def answer(self, place: int, call: Call) -> Any:
        """Return the answer to the question at a place, asking where nobody has asked it yet; or raise its error.

        Raises:
            CourseError: another test asked something else at this place.
        """
        if place == len(self._told):
            self._told.append(self._asked(call))
        told = self._told[place]
        if told.asked != call.name:
            raise CourseError(
                f"a test asks for {call.name} as question {place + 1}, and the attempt was {told.asked}: "
                "all tests of an attempt ask the same"
            )
        if told.problem is not None:
            raise told.problem
        return told.value

    def _asked(self, call: Call) -> _Told:
        began = time.monotonic()
        try:
            return _Told(call.name, self.side.ask(replace(call, seconds=self._left)))
        except SubmissionError as problem:
            return _Told(call.name, problem=problem)
        finally:
            if self._left is not None:
                self._left = max(0.5, self._left - (time.monotonic() - began))


class _Listener:
    """One test's place in the conversation."""

    def __init__(self, attempt: SharedAttempt) -> None:
        self._attempt, self._place = attempt, 0

    def ask(self, call: Call) -> Any:
        """Return the next answer, or raise its error."""
        place, self._place = self._place, self._place + 1
        return self._attempt.answer(place, call)

    def source(self, name: str) -> dict[str, Definition]:
        """Return the side's own source."""
        return self._attempt.side.source(name)
