"""What a student has won, on disk between sessions: one small file at the top of the course's folder.

Of each exercise it keeps the best result, and when each attempt was made: what was won stays won, whatever is tried
after it. A check that had nothing to judge (a stub, a name that a restarted kernel has forgotten) is no attempt.

It moves with the folder, and it is the student's own: no mark is ever read from it, and grading never
writes it. Every change is made under a lock, on what stands there at that moment, into a new file that
takes the old one's place: so two kernels lose nothing of each other's, and a file is whole or not there.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from autograder.plain.files import write_whole
from autograder.plain.results import WORST_FIRST, ExerciseResult, Outcome

NAME = ".progress.json"
SCHEMA = 1
LOCK_SECONDS = 2.0
MOST_ATTEMPTS = 1000  # of an exercise: a loop that checks again and again would otherwise fill the disk
UNTRIED: frozenset[Outcome] = frozenset({"unwritten", "unrun", "missing"})


@dataclass(frozen=True)
class Attempt:
    """One check of an answer: when it was made, in UTC to the second, and what came of it.

    `digest` tells one answer from another, so that the same one checked again is seen; "" where that was not kept.
    """

    at: str
    outcome: Outcome
    score: float
    digest: str = ""


@dataclass(frozen=True)
class Entry:
    """The best check of one exercise, and all attempts in order."""

    score: float
    max_score: float
    outcome: Outcome
    attempts: tuple[Attempt, ...] = ()

    def rank(self) -> tuple[bool, float, bool]:
        """How good it is: passed, then by its share of the points; what was tried comes before what was not."""
        share = self.score / self.max_score if self.max_score else 0.0
        return self.outcome == "passed", share, self.outcome not in UNTRIED

    def failed_answers(self) -> int:
        """How many different answers have failed since the exercise was last passed, or ever."""
        since = takewhile(lambda one: one.outcome != "passed", reversed(self.attempts))
        return len({one.digest for one in since})

    def ends_with(self, digest: str) -> bool:
        """Whether the last attempt was of this answer; it was not where an attempt could not be kept."""
        return bool(self.attempts) and self.attempts[-1].digest == digest


@dataclass
class Journal:
    """What the file says: by notebook ("01_classification/knn") and exercise, and the notebook checked last."""

    notebooks: dict[str, dict[str, Entry]] = field(default_factory=dict)
    last: str = ""
    problem: str = ""

    def entry(self, notebook: str, exercise: str) -> Entry | None:
        """Return the best check of an exercise, or None when there was none."""
        return self.notebooks.get(notebook, {}).get(exercise)


class _Damaged(Exception):
    """The file is there and is not a journal."""


def top_of(folder: Path) -> Path:
    """Return the course's folder, from that of one of its notebooks or from itself."""
    return folder.parent if (folder / "checks").is_dir() else folder


def is_authors(folder: Path) -> bool:
    """Whether a notebook's folder is the author's and not a student's: there nothing is kept."""
    return (folder / "variants").is_dir()


def read(course: Path) -> Journal:
    """Return what is kept. Never raises: `problem` says in words what is wrong with the file."""
    if not os.path.lexists(course / NAME):
        return Journal()  # looking leaves nothing behind, not even a lock
    try:
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):  # a folder that can't be written can still be read
                stack.enter_context(_locked(course))
            return _load(course / NAME)
    except _Damaged as problem:
        return Journal(
            problem=f"The record of your progress ({NAME}) is damaged: {problem}. Your notebooks are "
            "not touched. Run your check cells again, and the map fills up."
        )
    except OSError as problem:
        return Journal(problem=f"The record of your progress ({NAME}) can't be read: {_reason(problem)}.")


def record(course: Path, notebook: str, result: ExerciseResult, digest: str = "") -> str:
    """Keep the result of a check. Never raises: returns what to tell the student, "" when all is well.

    `digest` is that of the answer. A result that could not be had, because a cell has not been run, is not kept.
    """
    if result.outcome == "unrun":
        return ""
    try:
        with _locked(course):
            said = ""
            try:
                journal = _load(course / NAME)
            except _Damaged:
                os.replace(course / NAME, course / f"{NAME}.damaged")
                journal = Journal()
                said = f"The record of your progress was damaged. It is put aside as {NAME}.damaged and begun anew."
            kept = journal.notebooks.setdefault(notebook, {})
            kept[result.exercise] = _with(kept.get(result.exercise), result, digest)
            journal.last = notebook
            _save(course / NAME, journal)
            return said
    except OSError as problem:
        return f"Your progress could not be kept ({_reason(problem)}). The check itself is as good as ever."


def _with(before: Entry | None, result: ExerciseResult, digest: str) -> Entry:
    """Return an entry with one more result; of two that are as good as each other the later stands."""
    entry = Entry(result.score, result.max_score, result.outcome)
    attempts = before.attempts if before else ()
    if result.outcome not in UNTRIED:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        attempts = (*attempts, Attempt(now, result.outcome, result.score, digest))[-MOST_ATTEMPTS:]
    best = before if before is not None and before.rank() > entry.rank() else entry
    return replace(best, attempts=attempts)


@contextlib.contextmanager
def _locked(course: Path) -> Iterator[None]:
    """Hold the journal's lock. Raises OSError, also when another holds it for too long."""
    from filelock import FileLock

    with FileLock(course / f"{NAME}.lock", timeout=LOCK_SECONDS):  # its Timeout is an OSError
        yield


def _load(path: Path) -> Journal:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Journal()
    except ValueError as problem:
        raise _Damaged("it is not JSON") from problem
    try:
        if data["schema"] != SCHEMA:
            raise _Damaged(f"it has the format {data['schema']!r}, and this version writes {SCHEMA}")
        kept = {
            str(name): {str(key): _entry(one) for key, one in found.items()}
            for name, found in data["notebooks"].items()
        }
        return Journal(kept, str(data["last"]))
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise _Damaged("it holds something else") from problem


def _entry(data: dict[str, Any]) -> Entry:
    """Read an entry. One of an earlier version has no attempts, or attempts without a digest."""
    attempts = tuple(
        Attempt(str(at), _outcome(word), float(score), "".join(map(str, digest)))
        for at, word, score, *digest in data.get("attempts", ())
    )
    return Entry(float(data["score"]), float(data["max_score"]), _outcome(data["outcome"]), attempts)


def _outcome(word: Any) -> Outcome:
    """Return an outcome that this version knows; a later one may know others."""
    return next((one for one in WORST_FIRST if one == word), "failed")


def _save(path: Path, journal: Journal) -> None:
    notebooks = {name: {key: _fields(one) for key, one in found.items()} for name, found in journal.notebooks.items()}
    text = json.dumps({"schema": SCHEMA, "last": journal.last, "notebooks": notebooks}, ensure_ascii=False)
    write_whole(path, [f"{text}\n".encode()])


def _fields(entry: Entry) -> dict[str, Any]:
    return {**vars(entry), "attempts": [[one.at, one.outcome, one.score, one.digest] for one in entry.attempts]}


def _reason(problem: OSError) -> str:
    """An error of the system in words, without the path."""
    if isinstance(problem, PermissionError):
        return "the course's folder can't be written: copy it to a place of your own"
    if isinstance(problem, TimeoutError):
        return "another notebook is writing its own just now"
    return (problem.strerror or type(problem).__name__).lower()
