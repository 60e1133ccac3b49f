"""Warm checks: pytest's start is paid once, in a thread that judges; and what that thread may take.

What comes out of the box is plain and bounded data, but a check computes with it, and what it computes may
be long or large whatever was sent: a list that is sorted, a tensor that is walked along, two texts that are
held against each other. So judging runs on the submission's own clock, and in a bounded amount of memory. When
the clock runs out the thread is interrupted, again and again; the test that it was in is a timeout, and the
checks get a fresh thread.
"""

from __future__ import annotations

import ctypes
import queue
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from autograder.checking.plugin import CheckRunner, with_checks
from autograder.plain.errors import LimitReached
from autograder.plain.half_imported import forget_half_imported
from autograder.sandbox.clock import Clock
from autograder.sandbox.cores import kept_to
from autograder.sandbox.kernel import address_space

T = TypeVar("T")
PATIENCE = 1.0  # seconds for a thread to see by itself that the time is over
INTERRUPTIONS = 3


class JudgingTooLong(LimitReached):
    """Raised in the thread that judges, from outside: Python makes it there, without arguments."""

    def __init__(self) -> None:
        super().__init__("judging the answers took all the time that the submission had left", "timeout")


class WarmChecks:
    """Collected checks in a thread of their own, for one submission after another.

    Args:
        path: the file of checks.
        core: what the thread keeps to; None for any.
    """

    def __init__(self, path: Path, core: int | None = None) -> None:
        self._path, self._core = path, core
        self._bench = _Bench(path, core)

    def use(self, work: Callable[[CheckRunner], T], clock: Clock | None = None) -> T:
        """Run `work(runner)` in the thread and return what it returns.

        Raises what it raises; LimitReached when the clock ran out and the thread did not come back.
        """
        value, problem = self._bench.use(work, clock)
        if self._bench.interrupted:
            self._bench.close(wait=0)
            self._bench = _Bench(self._path, self._core)
        if problem is not None:
            raise problem
        return value

    def close(self) -> None:
        """End pytest."""
        self._bench.close()


class _Bench:
    """One pytest session in one thread. After an interruption nobody knows where it stands: take another."""

    def __init__(self, path: Path, core: int | None) -> None:
        self._path, self._core = path, core
        self._work: queue.Queue[Callable[[CheckRunner], Any] | None] = queue.Queue()
        self._done: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()
        self._ended: BaseException | None = None
        self.interrupted = False
        self._thread = threading.Thread(target=self._serve, name=f"checks of {path.stem}", daemon=True)
        self._thread.start()
        # Collecting parses Python, and CPython 3.11's `ast` fails when two threads parse at once: wait for it.
        _, problem = self.use(lambda runner: None, None)
        if problem is not None:
            raise problem

    def use(self, work: Callable[[CheckRunner], Any], clock: Clock | None) -> tuple[Any, BaseException | None]:
        """Return what `work(runner)` returned, or what it raised."""
        if self._ended is not None:
            return None, self._ended
        self._work.put(work)
        if clock is None:
            return self._done.get()
        try:
            return self._done.get(timeout=max(0.0, clock.left()) + PATIENCE)
        except queue.Empty:
            return self._interrupt()

    def close(self, wait: float = 5) -> None:
        """End pytest."""
        self._work.put(None)
        self._thread.join(timeout=wait)

    def _interrupt(self) -> tuple[Any, BaseException | None]:
        """Bring the thread back.

        A check may catch the first exception; a single call of C code ends by itself, or not.
        """
        self.interrupted = True
        for _ in range(INTERRUPTIONS):
            _raise_in(self._thread, JudgingTooLong)
            try:
                came = self._done.get(timeout=PATIENCE)
            except queue.Empty:
                continue
            forget_half_imported()
            return came
        return None, JudgingTooLong()

    def _serve(self) -> None:
        try:
            with kept_to(self._core):
                with_checks(self._path, self._loop)
        except BaseException as problem:
            self._ended = problem
            self._done.put((None, problem))

    def _loop(self, runner: CheckRunner) -> None:
        while (work := self._work.get()) is not None:
            try:
                self._done.put((work(runner), None))
            except BaseException as problem:
                self._done.put((None, problem))


def _raise_in(thread: threading.Thread, kind: type[BaseException]) -> None:
    """Raise an exception in another thread, at its next step in Python."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(kind))


_counting = threading.Lock()
_before: list[tuple[int, int]] = []  # the limits of this process, once for each that is inside


@contextmanager
def bounded_memory(extra: int) -> Iterator[None]:
    """Let this process take at most so many bytes more meanwhile: whoever asks for more gets a MemoryError.

    The kernel counts address space, of all threads together; a second one that comes in meanwhile shares the bound.
    """
    with _counting:
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if not _before:
            ceilings = [one for one in (soft, hard) if one != resource.RLIM_INFINITY]
            resource.setrlimit(resource.RLIMIT_AS, (min([address_space() + extra, *ceilings]), hard))
        _before.append(_before[0] if _before else (soft, hard))
    try:
        yield
    finally:
        with _counting:
            kept = _before.pop()
            if not _before:
                resource.setrlimit(resource.RLIMIT_AS, kept)
