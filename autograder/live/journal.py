"""What a student has won, on disk between sessions: one small file at the top of the course's folder.

It moves with the folder, and it is the student's own: no mark is ever read from it, and grading never
writes it. Every change is made under a lock, on what stands there at that moment, into a new file that
takes the old one's place: so two kernels lose nothing of each other's, and a file is whole or not there.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.plain.files import write_whole
from autograder.plain.results import WORST_FIRST, ExerciseResult, Outcome

NAME = ".progress.json"
SCHEMA = 1
LOCK_SECONDS = 2.0


@dataclass(frozen=True)
class Entry:
    """The last check of one exercise."""

    score: float
    max_score: float
    outcome: Outcome


@dataclass
class Journal:
    """What the file says: by notebook ("01_classification/knn") and exercise, and the notebook checked last."""

    notebooks: dict[str, dict[str, Entry]] = field(default_factory=dict)
    last: str = ""
    problem: str = ""

    def entry(self, notebook: str, exercise: str) -> Entry | None:
        """Return the last check of an exercise, or None when there was none."""
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


def record(course: Path, notebook: str, result: ExerciseResult) -> str:
    """Keep the result of a check. Never raises: returns what to tell the student, "" when all is well."""
    try:
        with _locked(course):
            said = ""
            try:
                journal = _load(course / NAME)
            except _Damaged:
                os.replace(course / NAME, course / f"{NAME}.damaged")
                journal = Journal()
                said = f"The record of your progress was damaged. It is put aside as {NAME}.damaged and begun anew."
            entry = Entry(result.score, result.max_score, result.outcome)
            journal.notebooks.setdefault(notebook, {})[result.exercise] = entry
            journal.last = notebook
            _save(course / NAME, journal)
            return said
    except OSError as problem:
        return f"Your progress could not be kept ({_reason(problem)}). The check itself is as good as ever."


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
    outcome: Outcome = next(
        (one for one in WORST_FIRST if one == data["outcome"]), "failed"
    )  # a later version may know others
    return Entry(float(data["score"]), float(data["max_score"]), outcome)


def _save(path: Path, journal: Journal) -> None:
    notebooks = {name: {key: vars(one) for key, one in found.items()} for name, found in journal.notebooks.items()}
    text = json.dumps({"schema": SCHEMA, "last": journal.last, "notebooks": notebooks}, indent=1, ensure_ascii=False)
    write_whole(path, [f"{text}\n".encode()])


def _reason(problem: OSError) -> str:
    """An error of the system in words, without the path."""
    if isinstance(problem, PermissionError):
        return "the course's folder can't be written: copy it to a place of your own"
    if isinstance(problem, TimeoutError):
        return "another notebook is writing its own just now"
    return (problem.strerror or type(problem).__name__).lower()
