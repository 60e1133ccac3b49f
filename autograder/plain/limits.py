"""How much of each resource a student's code may use, with defaults that suit a course.

The defaults are wide for honest work: an exercise's call takes milliseconds and megabytes. A limit that
is met becomes an outcome with a sentence ("timeout", "memory", "error"), for that exercise only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from autograder.seams.wordings import says_out_of_memory

MIB = 1024 * 1024


def _limit(default: float, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True)
class Limits:
    """Every limit of the box. Each field's `metadata["doc"]` is the help text of its command-line flag."""

    call_seconds: float = _limit(10.0, "wall time of one call of a student's function or of one probe")
    load_seconds: float = _limit(20.0, "wall time of one cell of a submission while it is loaded")
    submission_seconds: float = _limit(
        300.0,
        "wall time of one submission: all its code, in however many processes, and the judging of what it answers",
    )
    cpu_seconds: int = _limit(300, "processor time of one child process, all its threads together")
    memory_bytes: int = _limit(2048 * MIB, "memory that a student's code may take beyond the warm process")
    processes: int = _limit(64, "processes and threads alive at once")
    open_files: int = _limit(128, "open descriptors of one child")
    file_bytes: int = _limit(32 * MIB, "size of one file that a student's code writes")
    tmpfs_bytes: int = _limit(64 * MIB, "size of the only folder that a child can write to")
    tmpfs_files: int = _limit(4096, "files and folders in it")
    output_bytes: int = _limit(64 * 1024, "printed output that is kept: its head and its tail")
    argument_bytes: int = _limit(256 * MIB, "tensors of one call's arguments")
    reply_bytes: int = _limit(64 * MIB, "tensors of one answer")
    reply_header_bytes: int = _limit(2 * MIB, "everything in one answer that is not a tensor's numbers")
    reply_depth: int = _limit(24, "lists in lists in one answer")
    reply_nodes: int = _limit(100_000, "values in one answer, counted through all its lists and dicts")
    reply_dict_keys: int = _limit(2_000, "keys of one dict in an answer")
    judging_bytes: int = _limit(
        1024 * MIB, "memory that the checks may take over one submission's answers, in the grading process"
    )
    message_chars: int = _limit(4_000, "characters kept of an error's message or of a traceback")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"limit {each.name} must be a positive number, but {value!r} came")


DEFAULTS = Limits()


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether an error of our own code says so. Of a student's, the text may not be asked for like this."""
    return isinstance(problem, MemoryError) or (isinstance(problem, RuntimeError) and says_out_of_memory(str(problem)))
