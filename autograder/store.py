"""Results on disk while a run goes on: one file a submission, whole or not there, found again by its content.

A result's key is made of everything that its mark depends on: the notebook's bytes, the checks, the
solution and the variants, the seed, the limits, the isolation, and the versions, this package's own text
among them. The same command after a crash finds what is done and grades the rest; after a mended check
it grades what the check touches.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from autograder.errors import CourseError
from autograder.results import Run, SubmissionResult, submission_from_json, submission_to_json

RUN_FILE = "run.json"


class Store:
    """The folder `<out>.parts`: the run's own record, and a file for each result.

    Args:
        out: where the whole results go in the end.
    """

    def __init__(self, out: Path) -> None:
        self.folder = out.with_name(out.name + ".parts")
        self.folder.mkdir(parents=True, exist_ok=True)

    def seed(self) -> int | None:
        """Return the seed of the run that is kept here, or None when there is none."""
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
        """Remove everything that is kept, the seed too."""
        for path in self.folder.glob("*.json"):
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
        """Forget the results of other runs."""
        for path in self._results():
            if path.stem not in keep:
                path.unlink(missing_ok=True)

    def _results(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("*.json") if path.name != RUN_FILE)

    def _write(self, path: Path, text: str) -> None:
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with partial.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as problem:
            partial.unlink(missing_ok=True)
            raise CourseError(
                f"{path} can't be written ({problem.strerror}): make room and give the same command again; "
                "what was graded before is kept"
            ) from problem


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
