"""Students' files read at a distance: the asker's side of the process in reading.py.

Python's own parser, run on a text of 2 KB, can take minutes and gigabytes, and end its process. So no process that
matters parses a student's text: each has one reader, started when the first file comes and kept warm. What comes back
is plain data. A reader that ran out of processor time or memory has said all there is to say about the file; one that
ended for another reason may have been the machine's victim, so the file is read again, once. Whatever a file does,
UnreadableNotebook is all that is raised for it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import signal
import subprocess
import sys
import threading
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course.notebook import Outline
from autograder.plain.errors import SandboxError, UnreadableNotebook
from autograder.plain.facts import Facts
from autograder.plain.source import Definition
from autograder.reading.process import SECONDS, receive, send
from autograder.reading.submission import CodeCell, StudentCode
from autograder.reading.tokens import Words

RAN_OUT = -getattr(signal, "SIGXCPU", 0) or None  # how a process ends that took all its processor time
WALL_SECONDS = 60.0  # a machine may be busy: processor time is what counts
MAX_ANSWER = 64 * 2**20
COMMAND = (sys.executable, "-P", "-W", "ignore", "-m", "autograder.reading.process")
TOO_SLOW = (
    f"reading the notebook takes more than {SECONDS} seconds, a hundred times as long as any other: "
    f"look for a cell that "
    "is unusually long, or has very many statements on one line, shorten it and submit again"
)

DIED = (
    "the process that reads notebooks could not bear this one, twice: look for a cell that is unusually long or deeply "
    "nested, shorten it and submit again"
)
REMEDY = "run `python -m autograder.reading.process` to see why; it needs nothing but this package"


class Reader:
    """One reading process at a time. Close it, or leave that to the end of this process."""

    def __init__(self, command: tuple[str, ...] = COMMAND, wall_seconds: float = WALL_SECONDS) -> None:
        self._command, self._wall_seconds = command, wall_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, job: str, **given: Any) -> Any:
        """Return what a job of reading.py answers.

        Raises UnreadableNotebook with a sentence for the student, and SandboxError when no reader can be started here.
        """
        with self._lock:
            answer, ended = self._once({"job": job, **given})
            if answer is None and ended != RAN_OUT:
                answer, ended = self._once({"job": job, **given})
        if answer is None:
            raise UnreadableNotebook(TOO_SLOW if ended == RAN_OUT else DIED)
        if "unreadable" in answer:
            raise UnreadableNotebook(answer["unreadable"])
        return answer["value"]

    def close(self) -> int:
        """End the process, if there is one, and return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what it was not there to read
                pipe.close()  # type: ignore[union-attr]
        return process.wait()

    def _once(self, asked: dict[str, Any]) -> tuple[dict[str, Any] | None, int]:
        """Ask once and return the answer, or None and how the process ended."""
        process = self._ready()
        try:
            with self._clock(process):
                send(process.stdin, asked)  # type: ignore[arg-type]
                answer = receive(process.stdout, MAX_ANSWER)  # type: ignore[arg-type]
        except (OSError, ValueError):
            answer = None
        ended = self.close() if answer is None or "exhausted" in answer else 0
        return answer, ended

    @contextlib.contextmanager
    def _clock(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """End a process that does not answer in time."""
        clock = threading.Timer(self._wall_seconds, process.kill)
        clock.daemon = True
        clock.start()
        try:
            yield
        finally:
            clock.cancel()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = self._started()
        return self._process

    def _started(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        except OSError as problem:
            raise SandboxError("reader", f"{self._command[0]} can't be started: {problem}", REMEDY) from None
        with self._clock(process):
            is_there = receive(process.stdout) is not None  # type: ignore[arg-type]
        if not is_there:
            with process:  # which closes its pipes, and waits
                pass
            raise SandboxError(
                "reader", f"the process that reads notebooks ended at once ({process.returncode})", REMEDY
            )
        return process


READER = Reader()
atexit.register(READER.close)


def read_code(path: Path, outline: Outline) -> StudentCode:
    """Return what of a submitted file is graded. Raises UnreadableNotebook."""
    return code_of(READER.ask("code", path=str(path.absolute()), outline=_plain(outline)))


def read_code_in(book: Any, outline: Outline) -> StudentCode:
    """Return the same of a notebook that someone else has read, such as nbgrader. Raises UnreadableNotebook."""
    try:
        text = json.dumps(book)
    except (TypeError, ValueError, RecursionError) as problem:
        raise UnreadableNotebook(
            f"the notebook can't be read ({type(problem).__name__}): save it again and submit it once more"
        ) from None
    return code_of(READER.ask("code", text=text, outline=_plain(outline)))


def read_own_code(path: Path, outline: Outline) -> StudentCode:
    """Return what of a student's own copy is checked; its setup cells are the ones in it. Raises UnreadableNotebook."""
    return code_of(READER.ask("code of one's own", path=str(path.absolute()), outline=_plain(outline)))


def read_words(path: Path, outline: Outline) -> tuple[dict[str, Words], tuple[str, ...]]:
    """Return the words of each exercise, and the exercises whose cells don't parse. Raises UnreadableNotebook."""
    found = READER.ask("words", path=str(path.absolute()), outline=_plain(outline))
    exercises = {
        name: Words(text, tuple(map(sys.intern, words)), array("L", edges))
        for name, (text, words, edges) in found["exercises"].items()
    }
    return exercises, tuple(found["broken"])


def read_cells(path: Path) -> list[dict[str, Any]]:
    """Return a notebook's cells: their kind, their text and nbgrader's metadata. Raises UnreadableNotebook."""
    return READER.ask("cells", path=str(path.absolute()))


def code_of(data: dict[str, Any]) -> StudentCode:
    """Return the code that reading.as_data made plain."""
    statements = [Facts(*one) for one in data.pop("statements")]
    names = data.pop("names")
    defined = {name: Definition(tuple(statements[place] for place in places)) for name, places in names.items()}
    cells = tuple(_cell(**one) for one in data.pop("cells"))
    rest: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return StudentCode(cells, definitions=defined, **rest)


def _cell(binds: list[Any], **rest: Any) -> CodeCell:
    return CodeCell(**rest, binds=tuple((line, tuple(names)) for line, names in binds))


def _plain(outline: Outline) -> dict[str, Any]:
    return {**vars(outline), "author_sources": sorted(outline.author_sources)}
