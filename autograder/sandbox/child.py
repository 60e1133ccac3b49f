"""One submission's child, seen from the grader: requests with deadlines, and what becomes of them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from autograder.authoring.probe import Probe
from autograder.plain.errors import (
    ChildDied,
    LimitReached,
    MachineFailed,
    MalformedReply,
    SandboxError,
    StudentRaised,
    UnsupportedValue,
)
from autograder.plain.frames import read_frame
from autograder.plain.limits import Limits
from autograder.plain.text import clean, clean_line
from autograder.plain.trees import decode
from autograder.sandbox import request
from autograder.sandbox.clock import Clock
from autograder.sandbox.line import Gone, Late, Line
from autograder.sandbox.output import HeadAndTail
from autograder.sandbox.request import Request

SPAWN_SECONDS = 30.0
_CRASHES = {
    signal.SIGSEGV: "a crash in native code",
    signal.SIGBUS: "a crash in native code",
    signal.SIGABRT: "abort()",
}


class Child:
    """A process that holds one submission's code. Made by `Box.spawn`.

    Every method that runs the student's code raises a SubmissionError when that goes wrong:
    StudentRaised, UnsupportedValue, LimitReached ("timeout" or "memory") or ChildDied. After
    LimitReached and after ChildDied the process is gone: spawn another and execute the cells again.
    MachineFailed is nobody's fault here: the box went away, or something outside it killed the child.
    """

    def __init__(
        self,
        channel: socket.socket,
        status: socket.socket,
        output: int,
        limits: Limits,
        memory_kills: Callable[[], int],
        clock: Clock | None = None,
    ) -> None:
        self.limits = limits
        self.alive = True
        self._clock = clock or Clock(limits.submission_seconds)
        self.missing: dict[str, str] = {}
        self.milliseconds: dict[str, float] = {}
        self._kept = HeadAndTail(limits.output_bytes)
        self._line = Line(channel, output, self._kept)
        self._status = status
        self._pidfd: int | None = None
        self._memory_kills = memory_kills
        self._kills_before = memory_kills()
        self._begin()

    # What the grader asks for

    def execute(
        self, source: str, filename: str, *, seconds: float | None = None, statement_by_statement: bool = False
    ) -> Any:
        """Run a cell in the student's namespace, as `request.execute` says.

        Returns the lines that failed, as the box has it.
        """
        asked = request.execute(
            self.limits, source, filename, seconds=seconds, statement_by_statement=statement_by_statement
        )
        return self.ask(asked)

    def call(self, name: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        """Call the student's function and return a plain copy of its answer."""
        return self.ask(request.call(self.limits, name, args, kwargs or {}))

    def run(self, source: str, probe: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        """Run a probe's source in the child and return what `probe(ns, *args, **kwargs)` does. Raises CourseError."""
        return self.ask(request.run(self.limits, Probe(probe, source), args, kwargs or {}))

    def ask(self, asked: Request) -> Any:
        """Send a request and return the answer to it."""
        if not self.alive:
            raise ChildDied("the process of the submission has already ended")
        left = self._clock.left()
        self._line.deadline = time.monotonic() + min(asked.seconds, left)
        try:
            for piece in asked.pieces:
                self._line.write(piece)
            answer = self._answer(asked.number, *read_frame(self._line, self.limits))
            self._line.in_time()  # decoding too
            return answer
        except Late:
            self.kill()
            raise self._too_slow(asked.seconds, left) from None
        except Gone:
            raise self._why_it_died() from None
        except (MalformedReply, LimitReached):
            self.kill()
            raise

    @property
    def output(self) -> str:
        """What the code printed, head and tail, cleaned for a person."""
        if self.alive:
            self._line.empty_output(64)
        return clean(self._kept.text(), self.limits.output_bytes + 200)

    def kill(self) -> None:
        """End the child and everything that it started. Idempotent."""
        if not self.alive:
            return
        self.alive = False
        if self._pidfd is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self._wait_for_end(5.0)
            os.close(self._pidfd)
        self._line.empty_output(64)
        os.close(self._line.output)
        self._line.channel.close()
        self._status.close()

    close = kill

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # How a request goes

    def _begin(self) -> None:
        """Take the pidfd from the zygote and the word that all layers are on from the child."""
        self._line.deadline = time.monotonic() + SPAWN_SECONDS
        try:
            self._pidfd = self._take_pidfd()
            head, _ = read_frame(self._line, self.limits)
        except (Late, Gone, MalformedReply) as problem:
            self.kill()
            raise SandboxError(
                "zygote", f"no child came up ({type(problem).__name__})", "Run `autograder doctor`"
            ) from None
        if "failed" in head:
            self.kill()
            raise layer_missing(*head["failed"])
        self.missing, self.milliseconds = head["missing"], head["milliseconds"]

    def _take_pidfd(self) -> int | None:
        """Return the child's pidfd, or None when the zygote is gone."""
        self._status.settimeout(SPAWN_SECONDS)
        _, descriptors, _, _ = socket.recv_fds(self._status, 1, 1)
        if not descriptors:
            return None
        os.set_inheritable(descriptors[0], False)
        return descriptors[0]

    def _too_slow(self, seconds: float, left: float) -> LimitReached:
        if left < seconds:
            return self._clock.over()
        return LimitReached(f"it did not finish within {seconds:g} seconds: is there an endless loop?", "timeout")

    def _answer(self, number: int, head: dict[str, Any], tensors: list[Any]) -> Any:
        if head.get("id") != number or type(head.get("id")) is not int:
            raise MalformedReply("an answer came that nobody asked for")
        if "ok" in head:
            return decode(head["ok"], tensors, self.limits)
        limit = self.limits.message_chars
        for key, raise_it in (("unsupported", self._unsupported), ("memory", self._memory)):
            if isinstance(head.get(key), str):
                raise raise_it(clean(head[key], limit))
        error = head.get("error")
        if isinstance(error, list) and len(error) == 3 and all(isinstance(part, str) for part in error):
            raise StudentRaised(clean_line(error[0], 100), clean(error[1], limit), clean(error[2], limit))
        raise MalformedReply("an answer came that says nothing")

    def _unsupported(self, text: str) -> UnsupportedValue:
        return UnsupportedValue(text)

    def _memory(self, text: str) -> LimitReached:
        allowed = f"{self.limits.memory_bytes / 2**20:,.0f} MiB"
        return LimitReached(f"it asked for more memory than the {allowed} that it may use: {text}", "memory")

    def _why_it_died(self) -> ChildDied | LimitReached | MachineFailed:
        """Say how a child ended that the grader did not end."""
        end = self._wait_for_end(0.5)  # it may live on with its connection closed
        if end == {} and self._has_ended():  # on a busy machine the word of it takes longer
            end = self._wait_for_end(SPAWN_SECONDS) or None
        self.kill()
        if end is None:
            return MachineFailed("the sandbox ended while the code ran in it")
        number = end.get("signal", 0)
        if number == signal.SIGKILL:
            # The kernel's bound counts whole ticks, and on a busy machine gives a process those of its neighbours too.
            if end["cpu_seconds"] >= self.limits.cpu_seconds * 0.5:
                return LimitReached(f"it used up its {self.limits.cpu_seconds} seconds of processor time", "timeout")
            if self._memory_kills() > self._kills_before:
                return LimitReached("it was killed by its control group because memory ran out", "memory")
            # The first process of a PID namespace can't send itself SIGKILL, and its own memory is bounded by an
            # error: the kernel killed it because the machine's memory ran out, or a person did.
            return MachineFailed("the process that ran the code was killed from outside of the sandbox")
        if number:
            name = signal.Signals(number).name if number in list(signal.Signals) else f"signal {number}"
            return ChildDied(f"the process ended with {name}: {_CRASHES.get(number, 'killed by its own code')}")
        if end:
            return ChildDied(f"the code ended its own process (exit code {end['exit']}) before it answered")
        return ChildDied("the code closed its connection before it answered")

    def _wait_for_end(self, seconds: float) -> dict[str, Any] | None:
        """Return what the zygote says of the child's end: {} when it is still there after so long, None when the
        zygote has gone and nobody will say."""
        if self._status.fileno() < 0:
            return {}
        self._status.settimeout(seconds)
        try:
            said = self._status.recv(4096)
        except TimeoutError:
            return {}
        except OSError:
            return None
        return dict(json.loads(said)) if said else None

    def _has_ended(self) -> bool:
        """Whether the process is no more, whatever the zygote says."""
        return self._pidfd is not None and bool(select.select([self._pidfd], [], [], 0)[0])


def layer_missing(layer: str, problem: str) -> SandboxError:
    """Return the error for a layer that a child could not put on."""
    from autograder.sandbox.proof import REMEDIES

    return SandboxError(layer, problem, REMEDIES.get(layer, "Run `autograder doctor`"))
