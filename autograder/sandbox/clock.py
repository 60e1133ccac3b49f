"""The one clock of a submission."""

from __future__ import annotations

import time

from autograder.plain.errors import LimitReached


class Clock:
    """The wall time of one submission. Loading, calls, decoding and judging run on it, in however many children.

    Args:
        seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, not above 0 when the time is over."""
        return self._ends - time.monotonic()

    def check(self) -> None:
        """Raise LimitReached when the time is over."""
        if self.left() <= 0:
            raise self.over()

    def over(self) -> LimitReached:
        """Return what to raise when the time is over."""
        return LimitReached(f"the submission has used up its {self.seconds:g} seconds", "timeout")
