"""A grader's thread and its box on one core, since the two take turns.

A question then costs a switch, not the waking of a sleeping core: a third of a submission's time. Only the
threads that wait for a box keep to its core, and only while they grade: what else the process does goes on
where there is room.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_taken: int | None = None


def take(number: int) -> None:
    """Choose a core for the boxes of this process: for another number another core, as far as there are.

    The highest core comes first: 0 is the busiest.
    """
    global _taken
    if hasattr(os, "sched_getaffinity"):
        cores = sorted(os.sched_getaffinity(0), reverse=True)
        _taken = cores[number % len(cores)]


def taken() -> int | None:
    """Return the core that was chosen, or None: then the kernel decides."""
    return _taken


@contextlib.contextmanager
def kept_to(core: int | None) -> Iterator[None]:
    """Keep the calling thread, and what it starts meanwhile, to a core."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):  # the machine's owner may have taken the core away
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, before)


def use_one_thread() -> None:
    """Let torch compute on one thread in this process.

    The tensors of tests are small: threads wait for each other longer than they work, and longest while
    another process has their cores.
    """
    import torch

    torch.set_num_threads(1)
