"""The process that reads students' files:

`python -m autograder.reading.process`, started by reader.py and by nobody else.

It imports no torch and holds nothing worth having. It takes one job after another from its standard input, each under
a limit of processor time and of memory, and answers with JSON. A text that is too much for it ends it, and costs
whoever asked a new one: what stands in such a text never reaches Python's parser in the process that grades.
"""

from __future__ import annotations

import gc
import json
import math
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from autograder.course.notebook import SETUP_TAG, Outline, nbgrader_of
from autograder.plain.errors import SubmissionError
from autograder.plain.facts import Facts
from autograder.plain.source import reachable
from autograder.reading.notebook_file import parse_notebook, read_notebook
from autograder.reading.submission import StudentCode, student_code
from autograder.reading.tokens import Words

SECONDS = 5  # of processor time for one file; an honest one takes a hundredth of a second
MEMORY_MIB = 768
HEAD = struct.Struct(">Q")
TOO_MUCH_MEMORY = (
    f"reading the notebook takes more than {MEMORY_MIB} MB of memory: clear its outputs, shorten what is unusually "
    "long or deeply nested in it, and submit again"
)


def main() -> None:
    """Answer jobs until the asker is gone."""
    limit_memory()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nobody else writes there
    send(sink, {"ready": os.getpid()})
    gc.freeze()
    while (asked := receive(source)) is not None:
        limit_time()
        answer = answered(asked)
        send(sink, answer)
        if "exhausted" in answer:
            return


def answered(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what one job comes to, or the sentence that says why it can't be done.

    Nothing that a file does is raised.
    """
    try:
        return {"value": JOBS[asked["job"]](asked)}
    except SubmissionError as problem:
        return {"unreadable": str(problem)}
    except MemoryError:
        return {"unreadable": TOO_MUCH_MEMORY, "exhausted": True}
    except RecursionError:
        return {
            "unreadable": "something in the notebook nests too deep to be read: write it in several steps and "
            "submit again"
        }
    except Exception as problem:
        said = f"{type(problem).__name__}: {problem}"[:200]
        return {
            "unreadable": f"the notebook can't be read ({said}): open it, save it again in Jupyter, and submit "
            f"it once more"
        }


def limit_memory() -> None:
    """Bound this process. Where the system has no such limits, the asker's clock is all there is."""
    try:
        import resource
    except ImportError:  # Windows
        return
    size = MEMORY_MIB * 2**20
    for limit, most in ((resource.RLIMIT_AS, size), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (most, resource.getrlimit(limit)[1] if most else 0))


def limit_time() -> None:
    """Give the next job its processor time. The kernel ends a process that goes on: no handler runs in C code."""
    try:
        import resource
    except ImportError:
        return
    soft = math.ceil(time.process_time()) + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def send(sink: BinaryIO, value: Any) -> None:
    """Write a value as one frame."""
    raw = json.dumps(value, separators=(",", ":")).encode()
    sink.write(HEAD.pack(len(raw)) + raw)
    sink.flush()


def receive(source: BinaryIO, most: int | None = None) -> Any:
    """Return the next frame's value, or None where there is no more.

    Raises ValueError when it has more than `most` bytes.
    """
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (size,) = HEAD.unpack(head)
    if most is not None and size > most:
        raise ValueError(f"{size:,} bytes, at most {most:,} are taken")
    raw = source.read(size)
    return json.loads(raw) if len(raw) == size else None


# The jobs. Each takes what was asked and returns plain data.


def _code(asked: dict[str, Any]) -> dict[str, Any]:
    return as_data(student_code(_book(asked), _outline(asked["outline"])))


def _code_of_own(asked: dict[str, Any]) -> dict[str, Any]:
    """A student's own copy, whose setup cells are the ones in it."""
    book = _book(asked)
    outline = _outline({**asked["outline"], "setup": _setup_cells(book)})
    return as_data(student_code(book, outline))


def _words(asked: dict[str, Any]) -> dict[str, Any]:
    """The words of each exercise, with the helpers that it uses and without the other exercises."""
    outline = _outline(asked["outline"])
    code = student_code(_book(asked), outline)
    found = {}
    for name in outline.exercises:
        others = set(outline.exercises) - {name}
        parts = reachable(name, lambda one: None if one in others else code.definitions.get(one))  # noqa: B023
        texts = dict.fromkeys(one.text for one in parts.values() if not one.is_import)
        words = Words.of("\n\n".join(texts))
        found[name] = [words.text, words.words, [*words.edges]]
    return {"exercises": found, "broken": [*code.broken]}


def _cells(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells without what they printed, and of what is said of them only nbgrader's own."""
    return [
        {"cell_type": str(cell.get("cell_type")), "source": _joined(cell), "metadata": {"nbgrader": nbgrader_of(cell)}}
        for cell in _book(asked)["cells"]
    ]


def _joined(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _setup_cells(book: dict[str, Any]) -> list[str]:
    return [
        _joined(cell)
        for cell in book["cells"]
        if isinstance(cell.get("metadata"), dict) and SETUP_TAG in (cell["metadata"].get("tags") or [])
    ]


JOBS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "code": _code,
    "code of one's own": _code_of_own,
    "words": _words,
    "cells": _cells,
}


def _book(asked: dict[str, Any]) -> dict[str, Any]:
    return parse_notebook(asked["text"].encode()) if "text" in asked else read_notebook(Path(asked["path"]))


def _outline(data: dict[str, Any]) -> Outline:
    return Outline(
        **{
            **data,
            "exercises": tuple(data["exercises"]),
            "setup": tuple(data["setup"]),
            "author_sources": frozenset(data["author_sources"]),
        }
    )


def as_data(code: StudentCode) -> dict[str, Any]:
    """Return a submission's code as plain data. Each statement stands there once, however many names it binds."""
    places: dict[int, int] = {}
    statements: list[Facts] = []
    names: dict[str, list[int]] = {}
    for name, definition in code.definitions.items():
        for part in definition.parts:
            if id(part) not in places:
                places[id(part)] = len(statements)
                statements.append(part)
        names[name] = [places[id(part)] for part in definition.parts]
    rest = {name: value for name, value in vars(code).items() if name not in ("cells", "definitions")}
    return {**rest, "cells": [vars(cell) for cell in code.cells], "statements": statements, "names": names}


if __name__ == "__main__":
    main()
