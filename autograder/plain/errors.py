"""Whose fault it was, said by the type of the error.

    AutograderError
    ├── SubmissionError      the student's: costs points, never stops a run
    │   ├── UnreadableNotebook   the file can't be read as a submission at all
    │   ├── UnsupportedValue     something came back that isn't plain data
    │   ├── StudentRaised        the student's code raised
    │   ├── LimitReached         time, memory, output ...: `outcome` says which
    │   └── ChildDied            the process of the student's code ended by itself
    │       └── MalformedReply   it answered with something that is not a frame of the protocol
    ├── CourseError          the author's: a check, a recording or a notebook of the course is wrong
    └── SandboxError         the machine's: a layer of the sandbox is missing or broken
        └── MachineFailed        it failed while a submission was judged: that one is judged again

A CourseError or a SandboxError stops the run before it can read as a zero. MachineFailed stops only a
submission's: it is judged once more in a fresh box, and has no mark when that fails too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.plain.results import Outcome

_STUB = re.compile(r"([^\W\d]\w{0,200})[\w.]*: |$")


class AutograderError(Exception):
    """Anything that this package raises on purpose."""


class SubmissionError(AutograderError):
    """The student's fault. `outcome` is the word that goes into the results."""

    outcome: Outcome = "failed"


class UnreadableNotebook(SubmissionError):
    """The file can't be read as a submission: not JSON, another course's, too large."""


class UnsupportedValue(SubmissionError):
    """A value that may not cross between the student's code and a check."""


class StudentRaised(SubmissionError):
    """The student's code raised.

    Args:
        kind: the exception's class name, such as "IndexError".
        text: its message.
        where: the lines of the student's own traceback, innermost last.
        why: the reason that stands elsewhere in the notebook, or what to do about it.
    """

    def __init__(self, kind: str, text: str, where: str = "", why: str = "") -> None:
        super().__init__(kind, text, where, why)
        self.kind, self.text, self.where, self.why = kind, text, where, why

    @property
    def stub(self) -> str | None:
        """The function or class whose stub spoke: "" for a bare NotImplementedError, None for other errors.

        A stub says "NAME.method: what to write".

        torch has NotImplementedErrors of its own.
        """
        spoke = _STUB.match(self.text) if self.kind == "NotImplementedError" else None
        return (spoke[1] or "") if spoke else None

    @property
    def head(self) -> str:
        """The exception as Python's last line has it."""
        return f"{self.kind}: {self.text}" if self.text else self.kind

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.head, self.where, f"  {self.why}" if self.why else "")))


class LimitReached(SubmissionError):
    """A limit of the sandbox was met; `outcome` is "timeout", "memory" or "error"."""

    def __init__(self, message: str, outcome: Outcome = "error") -> None:
        super().__init__(message)
        self.outcome = outcome


class ChildDied(SubmissionError):
    """The process that ran the student's code ended before it answered."""

    outcome: Outcome = "error"


class MalformedReply(ChildDied):
    """What came back is not a well-formed frame. Only code that writes to our descriptor can do that."""


class CourseError(AutograderError):
    """The course's fault: its author has something to mend."""


class SandboxError(AutograderError):
    """The machine's fault: marks made here could not be trusted.

    Args:
        layer: the layer's name, as `--allow-missing` takes it.
        problem: what was tried and what came.
        remedy: what to do about it.
    """

    def __init__(self, layer: str, problem: str, remedy: str) -> None:
        super().__init__(layer, problem, remedy)
        self.layer, self.problem, self.remedy = layer, problem, remedy

    def __str__(self) -> str:
        return f"sandbox layer '{self.layer}' is missing: {self.problem}\n  {self.remedy}"


class MachineFailed(SandboxError):
    """The box ended under a submission's code, and not by that code's doing: what it answered until then is no mark.

    Args:
        problem: what was seen.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(
            "zygote", problem, "Look at the machine's memory and its log (`journalctl -k`); `autograder doctor`"
        )

    def __str__(self) -> str:
        return self.problem
