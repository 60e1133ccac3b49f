"""How far a grading run is: a bar in a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from tqdm import tqdm

from autograder.plain.results import SubmissionResult

EVERY_SECONDS = 5.0


class Progress:
    """Counts results as they come; a context manager.

    Args:
        total: how many submissions there are.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._fresh = self._unreadable = self._undone = 0
        self._began = self._said = time.monotonic()
        self._bar: Any = tqdm(total=total, unit="submission", desc="grading") if sys.stderr.isatty() else None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._done:
            self._say()

    def told(self, result: SubmissionResult, fresh: bool) -> None:
        """Count one result; `fresh` when it was graded now and not found on disk."""
        self._done += 1
        self._fresh += fresh
        self._unreadable += result.status == "unreadable"
        self._undone += result.status == "undone"
        if self._bar is not None:
            self._bar.set_postfix(unreadable=self._unreadable, refresh=False)
            self._bar.update(1)
        elif time.monotonic() - self._said > EVERY_SECONDS:
            self._say()

    def _say(self) -> None:
        self._said = time.monotonic()
        rate = self._fresh / max(1e-9, self._said - self._began)
        left = f", about {(self._total - self._done) / rate:.0f} s left" if rate and self._done < self._total else ""
        kept = f" ({self._done - self._fresh} kept from before)" if self._done > self._fresh else ""
        undone = f", {self._undone} without a mark (the machine failed)" if self._undone else ""
        print(
            f"graded {self._done} of {self._total}{kept}, {rate:.1f} a second, {self._unreadable} "
            f"unreadable{undone}{left}",
            file=sys.stderr,
            flush=True,
        )
