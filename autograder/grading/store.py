"""Results on disk while a run goes on: one file a submission, whole or not there, found again by its content.

A result's key is made of everything that its mark depends on: the notebook's bytes, the checks, the
solution and the variants, the seed, the limits, the isolation, and the versions, this package's own text
among them. The same command after a crash finds what is done and grades the rest; after a mended check
it grades what the check touches.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole
from autograder.plain.results import Run, SubmissionResult
from autograder.plain.results_file import submission_from_json, submission_to_json

RUN_FILE = "run.json"
HANDED_OUT = "handed_out.json"
LOCK = ".lock"


class Store:
    """The folder `<out>.parts`: the run's own record, and a file for each result.

    Args:
        out: where the whole results go in the end.
    """

    def __init__(self, out: Path) -> None:
        """Raises CourseError when nothing can be written there."""
        if out.is_dir():
            raise CourseError(
                f"{out} is a folder, expected the name of a file for the results, such as {out / 'results.json'}"
            )
        self.out = out
        self.folder = out.with_name(out.name + ".parts")
        prove_writable(self.folder)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others that grade into the same file out, on this machine or one with the same disk.

        Raises CourseError when another does so now.
        """
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.folder / LOCK, timeout=0):
                yield
        except Timeout:
            raise CourseError(
                f"another `autograder grade` is writing {self.out} just now: wait until it is done, or give "
                f"another --out"
            ) from None

    def seed(self) -> int | None:
        """Return the seed to go on with: None when there is none, or when the answers at it have been handed out."""
        seed = self._kept_seed()
        return None if seed in self._handed_out() else seed

    def spent_seed(self) -> int | None:
        """Return the seed of the run that is kept here when the answers at it have been handed out, else None."""
        seed = self._kept_seed()
        return seed if seed in self._handed_out() else None

    def hand_out(self, seed: int) -> None:
        """Remember that students have the answers at a seed, so that no later run takes it unasked."""
        self._write(self.folder / HANDED_OUT, json.dumps(sorted({*self._handed_out(), seed})))

    def _handed_out(self) -> set[int]:
        path = self.folder / HANDED_OUT
        try:
            return {int(one) for one in json.loads(path.read_text(encoding="utf-8"))}
        except FileNotFoundError:
            return set()
        except (ValueError, TypeError) as problem:
            raise CourseError(
                f"{path} is damaged ({problem}): remove it, and give --seed a number that is new"
            ) from None

    def _kept_seed(self) -> int | None:
        path = self.folder / RUN_FILE
        try:
            return int(json.loads(path.read_text(encoding="utf-8"))["seed"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as problem:
            raise CourseError(f"{path} is damaged ({problem}): remove {self.folder} to begin anew") from None

    def begin(self, run: Run) -> None:
        """Keep the run's record, so that the same command goes on with the same seed."""
        self._write(self.folder / RUN_FILE, json.dumps(asdict(run), indent=1))

    def forget(self) -> None:
        """Remove everything that is kept, the seed too; not which seeds were handed out."""
        for path in [self.folder / RUN_FILE, *self._results()]:
            path.unlink(missing_ok=True)

    def get(self, key: str) -> SubmissionResult | None:
        """Return a kept result; one that can't be read is as good as none."""
        try:
            return submission_from_json(json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, result: SubmissionResult) -> None:
        """Keep a result. Raises CourseError with a remedy when the disk will not take it."""
        self._write(self.folder / f"{key}.json", submission_to_json(result))

    def clear(self, keep: set[str]) -> None:
        """Forget the results of other runs, and what a grader that was killed left half written."""
        for path in [*self._results(), *self.folder.glob("*.part")]:
            if path.stem not in keep:
                path.unlink(missing_ok=True)

    def _results(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("*.json") if path.name not in (RUN_FILE, HANDED_OUT))

    def _write(self, path: Path, text: str) -> None:
        try:
            write_whole(path, [text.encode()], durable=True)
        except OSError as problem:
            raise CourseError(
                f"{path} can't be written ({problem.strerror}): make room and give the same command again; "
                "what was graded before is kept"
            ) from problem


def prove_writable(folder: Path) -> None:
    """Make a folder, and write into it and take that back, so that no class is graded in vain. Raises CourseError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as problem:
        raise CourseError(
            f"nothing can be written in {folder} ({problem.strerror}): make room, or name another place"
        ) from None


def mark_handed_out(out: Path, seed: int) -> None:
    """Remember, where the run that wrote `out` keeps its results, that the answers at its seed go to students.

    Without such a place nothing has to be remembered: the next run draws a seed anyhow. Raises CourseError.
    """
    if out.with_name(out.name + ".parts").is_dir():
        Store(out).hand_out(seed)


def key_of(whose: str, content: bytes, made_from: dict[str, str], circumstances: str) -> str:
    """Return the key of one submission's result.

    Args:
        whose: the student, and what of where the notebook was found stands in the result.
        content: the notebook's bytes; b"" when there is none.
        made_from: the digests of the checks, the solution and the variants.
        circumstances: the seed, the limits, the isolation and the versions, as text.
    """
    parts = [whose, hashlib.sha256(content).hexdigest(), json.dumps(made_from, sort_keys=True), circumstances]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
