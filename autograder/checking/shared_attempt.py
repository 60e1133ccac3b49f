"""The one attempt of an exercise that takes long: asked once, judged by several tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autograder.authoring.doors import Call, Side
from autograder.plain.errors import CourseError, SubmissionError
from autograder.plain.source import Definition


class SharedAttempt:
    """A side that asks its first question and answers every later one with what came, be it an error.

    Args:
        side: where the code runs.
        seconds: wall time of the question; the usual one, if None.
    """

    def __init__(self, side: Side, seconds: float | None) -> None:
        self._side, self._seconds = side, seconds
        self._asked = ""
        self._answer: Any = None
        self._problem: SubmissionError | None = None

    def ask(self, call: Call) -> Any:
        """Return the attempt's answer, or raise its error. Raises CourseError where a test asks something else."""
        if not self._asked:
            self._asked = call.name
            try:
                self._answer = self._side.ask(replace(call, seconds=self._seconds))
            except SubmissionError as problem:
                self._problem = problem
        if call.name != self._asked:
            raise CourseError(f"a test asks for {call.name}, and the attempt was {self._asked}: it is one question")
        if self._problem is not None:
            raise self._problem
        return self._answer

    def source(self, name: str) -> dict[str, Definition]:
        """Return the side's own source."""
        return self._side.source(name)
