"""What one student's side has answered before a test asks: questions asked ahead, and attempts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.authoring.ahead import Answered, AsksAhead, Questions
from autograder.authoring.doors import Call, Side
from autograder.authoring.exercise import ExerciseMark
from autograder.checking.job import Job, OnDevice
from autograder.checking.shared_attempt import SharedAttempt


class OneStudent:
    """What one student's side has answered so far, exercise by exercise, in one run of the checks.

    `fell_over` has the exercises one of whose questions met a limit or ended the process: the others are asked one by
    one.
    `worthless` has those that have lost all their points: what takes long is not attempted for them.
    """

    def __init__(self, job: Job, questions: Callable[[str], Questions]) -> None:
        self._job, self._questions = job, questions
        self._asks = isinstance(job.student, AsksAhead) and job.tests is None
        self._answers: dict[str, dict[str, list[tuple[Call, list[Any]]]]] = {}
        self._attempts: dict[tuple[str, str], SharedAttempt] = {}
        self.fell_over: set[str] = set()
        self.worthless: set[str] = set()

    def side(self, test: str, mark: ExerciseMark, device: str) -> Side:
        """Return the student's side for a test on a device: with what it has answered to the exercise's attempt, or
        ahead to what the test asks."""
        side = self._job.student if device == "cpu" else OnDevice(self._job.student, device)
        if mark.attempt:
            return self._attempts.setdefault((mark.name, device), SharedAttempt(side, mark.seconds)).listen()
        return side if device != "cpu" else self._with_answer(test, mark.name)

    def _with_answer(self, test: str, exercise: str) -> Side:
        if not self._asks or exercise in self.fell_over:
            return self._job.student
        questions = self._questions(exercise)
        if test not in questions.tests:
            return self._job.student
        if exercise not in self._answers:
            self._answers[exercise] = self._asked(questions)
        answer = self._answers[exercise].pop(test, None)
        return self._job.student if answer is None else Answered(self._job.student, answer)

    def _asked(self, questions: Questions) -> dict[str, list[tuple[Call, list[Any]]]]:
        assert isinstance(self._job.student, AsksAhead)
        answers = self._job.student.ask_ahead(questions)
        kept: dict[str, list[tuple[Call, list[Any]]]] = {}
        for test, call, answer in zip(questions.tests, questions.calls, answers, strict=False):
            kept.setdefault(test, []).append((call, answer))
        return kept
