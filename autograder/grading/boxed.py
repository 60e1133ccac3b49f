"""A submission's code in the sandbox, as the side behind a test's `student` door.

Cells are executed when the first test asks. A cell or a call that meets a limit kills its child; the
next question starts a fresh child without the cell that did it, so that one endless loop costs one
exercise.
"""

from __future__ import annotations

from typing import Any

from autograder.authoring.ahead import Questions
from autograder.authoring.doors import Call
from autograder.plain.errors import (
    ChildDied,
    CourseError,
    LimitReached,
    MachineFailed,
    StudentRaised,
    SubmissionError,
)
from autograder.plain.source import Definition, reachable
from autograder.plain.text import clean, clean_line
from autograder.reading.explained import Reasons
from autograder.reading.submission import CodeCell, StudentCode
from autograder.sandbox.box import Box
from autograder.sandbox.child import Child
from autograder.sandbox.clock import Clock


class BoxedStudent:
    """One submission's code, run in children of a box. Close it when the submission is judged."""

    def __init__(self, box: Box, code: StudentCode) -> None:
        self._box, self._code = box, code
        self._child: Child | None = None
        self._definitions = code.definitions
        self.clock = Clock(box.limits.submission_seconds)
        self.reasons = Reasons(code)
        self.failed: dict[str, SubmissionError] = {}
        self.printed: list[str] = []
        self.lost: MachineFailed | None = None
        self._cautious = False

    def ask(self, call: Call) -> Any:
        """Answer a test's question from the sandbox.

        Raises a SubmissionError, or MachineFailed, which `lost` keeps: a check that expects an exception may
        take it for one.
        """
        if self.lost is not None:
            raise self.lost
        asked = self._box.requests.of(call.name, call.probe, call.args, call.kwargs, call.seconds)
        try:
            return self._ready().ask(asked)
        except MachineFailed as problem:
            self.lost = problem
            raise

    def ask_ahead(self, questions: Questions) -> list[list[Any]]:
        """Answer several questions in one trip, each in a list of its own, which is empty where it went wrong.

        What goes wrong here decides nothing: each question can be asked alone. After a limit or a crash nothing of
        this submission is asked ahead again, so that it costs its time once.
        """
        if self._cautious or self.lost is not None:
            return []
        try:
            answers = self._ready().ask(self._box.requests.ahead(questions))
        except MachineFailed as problem:
            self.lost = problem
            return []
        except SubmissionError:
            self._cautious = True
            return []
        return answers if _are_answers(answers, len(questions.calls)) else []

    def source(self, name: str) -> dict[str, Definition]:
        """Return the text that `name` is made of, read from the submission and never run."""
        self.clock.check()
        return reachable(name, self._definitions.get)

    def load(self) -> None:
        """Execute the cells now, so that what fails in them is known before the tests."""
        self._ready()

    def close(self) -> None:
        """End the child, if one is alive."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _ready(self) -> Child:
        while self._child is None or not self._child.alive:
            self.clock.check()
            self.close()
            self._child = self._box.spawn(self.clock)
            self._execute_cells(self._child)
        return self._child

    def _execute_cells(self, child: Child) -> None:
        for cell in self._code.cells:
            if isinstance(self.failed.get(cell.label), LimitReached | ChildDied):
                continue
            try:
                self._execute(child, cell)
            except StudentRaised as problem:
                self.failed[cell.label] = problem
            except (LimitReached, ChildDied) as problem:
                self.failed[cell.label] = problem
                return

    def _execute(self, child: Child, cell: CodeCell) -> None:
        try:
            told = child.execute(cell.source, f"<{cell.label}>", statement_by_statement=cell.kind != "setup")
            lines = _claimed(told)
            self.reasons.loaded(cell, [(line, kind, text) for line, kind, text, _ in lines])
            if lines and cell.exercise:
                self.failed[cell.label] = StudentRaised(*lines[0][1:])
        except SubmissionError as problem:
            if isinstance(problem, LimitReached | ChildDied):
                self.reasons.loaded(cell, [(line, "a limit", str(problem)) for line, _ in cell.binds[:1]])
            if cell.kind == "setup":
                raise CourseError(f"the {cell.label} cell of the course fails in the sandbox: {problem}") from problem
            raise


def _are_answers(told: Any, asked: int) -> bool:
    """Whether what came from the box has the form of answers to so many questions."""
    rows = told if type(told) is list else [None]
    return len(rows) <= asked and all(type(row) is list and len(row) <= 1 for row in rows)


def _claimed(told: Any) -> list[tuple[int, str, str, str]]:
    """Return the lines that failed in a cell, as far as what came from the box has the form of such."""
    rows = told if isinstance(told, list) else []
    return [
        (row[0], clean_line(row[1], 100), clean(row[2]), clean(row[3]))
        for row in rows
        if isinstance(row, list) and list(map(type, row)) == [int, str, str, str]
    ]
