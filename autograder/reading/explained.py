"""What fails for a reason that stands elsewhere in the notebook, with that reason.

A function that reads a name which no line has bound raises NameError when it is called. The line that should have
bound it did not run, or failed: that is what its author has to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.authoring.ahead import AsksAhead, Questions
from autograder.authoring.doors import Call, Side
from autograder.authoring.no_gpu import MISSING
from autograder.plain.errors import StudentRaised
from autograder.plain.source import Definition
from autograder.plain.text import clean_line
from autograder.reading.submission import CodeCell, StudentCode

NO_NAME = re.compile(r"(?:name ')?([^\W\d]\w{0,200})'? is not defined")
NO_MODULE = re.compile(r"No module named '([\w.]{1,200})'")
IMPORTS = ("ImportError", "ModuleNotFoundError")
GPU = (
    "no GPU is asked for by name when graded: make tensors on the device of the inputs, such as "
    "torch.zeros(..., device=x.device)"
)


@dataclass(frozen=True)
class FailedLine:
    """A statement of a submission that raised while it was loaded."""

    cell: CodeCell
    line: int
    kind: str
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it should have bound."""
        return self.cell.names_at(self.line)

    def __str__(self) -> str:
        place = f"the cell of {self.cell.exercise}" if self.cell.exercise else self.cell.label.split(",")[0]
        said = clean_line(f"{self.kind}: {self.text}", 200)
        advice = _advice(self.kind, self.text)
        return f"line {self.line} of {place} raised {said}" + (f": {advice}" if advice else "")


@dataclass
class Reasons:
    """Why names of a submission are not bound. `told` are the reasons that mattered, for the submission's notes."""

    code: StudentCode
    failed: list[FailedLine] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def loaded(self, cell: CodeCell, failures: Iterable[tuple[int, str, str]]) -> None:
        """Keep the lines of a cell that failed: (line, the exception's kind, its text)."""
        for line, kind, text in failures:
            one = FailedLine(cell, line, kind, text)
            if str(one) in map(str, self.failed):  # a cell runs again after a limit
                continue
            self.failed.append(one)
            if cell.exercise and kind in IMPORTS:
                self._tell(f"{one}; the rest of the cell was run")

    def of_name(self, name: str) -> str:
        """Return why a name is not bound, "" when nobody knows."""
        lines = [one for one in self.failed if name in one.names]
        if lines:
            return f"{name} is not there because {lines[-1]}"
        why = self.code.left_out.get(name)
        return f"{name} is not there because {why}" if why else ""

    def explain(self, problem: StudentRaised) -> StudentRaised:
        """Return an exception with the reason that stands elsewhere, where there is one."""
        return StudentRaised(problem.kind, problem.text, problem.where, self._why(problem))

    def _why(self, problem: StudentRaised) -> str:
        if problem.stub:
            why = self.code.elsewhere.get(problem.stub, "")
            self._tell(why)
            return why
        if problem.kind in ("NameError", "UnboundLocalError") and (named := NO_NAME.search(problem.text)):
            why = self.of_name(named[1])
            self._tell(why)
            return why
        return _advice(problem.kind, problem.text)

    def _tell(self, why: str) -> None:
        if why and why not in self.told:
            self.told.append(why)


class Explained:
    """A side whose exceptions carry the reasons that stand elsewhere in the notebook."""

    def __init__(self, side: Side, reasons: Reasons) -> None:
        self._side, self._reasons = side, reasons

    def ask(self, call: Call) -> Any:
        """Return the side's answer. Raises what it raises, explained."""
        try:
            return self._side.ask(call)
        except StudentRaised as problem:
            raise self._reasons.explain(problem) from None

    def ask_ahead(self, questions: Questions) -> list[list[Any]]:
        """Return what the side answers ahead."""
        return self._side.ask_ahead(questions) if isinstance(self._side, AsksAhead) else []

    def source(self, name: str) -> dict[str, Definition]:
        """Return the side's own source."""
        return self._side.source(name)


def _advice(kind: str, text: str) -> str:
    """What to do about an exception whose own words lead astray."""
    if MISSING.search(text[:1000]):
        return GPU
    if kind not in IMPORTS:
        return ""
    module = NO_MODULE.search(text[:1000])
    if module and module[1].split(".")[0] == "google":
        return "google.colab is there on Colab alone, so leave the line out"
    return "it is not installed where the course is graded, so leave the line out or do without" if module else ""
