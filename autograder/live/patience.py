"""A check that takes long says so while it runs, and how to stop it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograder.plain.untimed import is_untimed
from autograder.present.card_html import card, safe
from autograder.seams.jupyter_internals import shell, show_for_now

AFTER = 10.0  # seconds


@contextmanager
def announced(exercise: str) -> Iterator[None]:
    """Show a notice when what is done meanwhile takes longer than AFTER seconds, and take it away at the end.

    Outside of a notebook nothing is shown: there Ctrl-C is known, and no cell waits. Nor in one that runs untimed.
    """
    if shell() is None or is_untimed():
        yield
        return
    ended = threading.Event()
    notice = threading.Thread(target=_wait, args=(exercise, AFTER, ended), daemon=True)
    notice.start()
    try:
        yield
    finally:
        ended.set()
        notice.join(timeout=1.0)


class Notice:
    """That a check is still running."""

    def __init__(self, exercise: str, seconds: float) -> None:
        self.words = (
            f"The check of {exercise} has been running for {seconds:g} seconds and goes on. "
            "To stop it press the square (■) above the notebook, or Esc and then the key I twice. "
            "Is there an endless loop?"
        )

    def __repr__(self) -> str:
        return f"… {self.words}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        page = card("trouble", "The check is still running", [f"<span>{safe(self.words)}</span>"])
        return {"text/plain": repr(self), "text/html": page}


def _wait(exercise: str, after: float, ended: threading.Event) -> None:
    """Show the notice from beside the code that is running; at the end leave an empty place."""
    if ended.wait(after):
        return
    take_away = show_for_now(Notice(exercise, after))
    ended.wait()
    take_away()
