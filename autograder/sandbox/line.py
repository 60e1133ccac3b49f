"""The grader's end of a child's channel, with a deadline: what is sent, what comes, and what the code prints
meanwhile."""

from __future__ import annotations

import os
import select
import socket
import time

from autograder.plain.frames import ReadAhead
from autograder.sandbox.output import HeadAndTail


class Late(Exception):
    """The deadline of a request has passed."""


class Gone(Exception):
    """The child has closed its end."""


class Line:
    """The grader's end of a child's channel; empties the output pipe while it waits, and never blocks."""

    def __init__(self, channel: socket.socket, output: int, kept: HeadAndTail) -> None:
        channel.setblocking(False)
        os.set_blocking(output, False)
        self.channel, self.output, self.kept = channel, output, kept
        self.deadline = 0.0
        self.output_open = True
        self.read_into = ReadAhead(self._receive).read_into
        self._poller = select.poll()
        self._poller.register(output, select.POLLIN)

    def _receive(self, buffer: memoryview) -> int:
        while True:
            self.in_time()
            try:
                count = self.channel.recv_into(buffer)
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError:
                raise Gone from None
            if not count:
                raise Gone
            return count

    def write(self, data: memoryview | bytes) -> None:
        """Send all of it, or raise as reading does."""
        left = memoryview(data)
        while left:
            self.in_time()
            try:
                left = left[self.channel.send(left, socket.MSG_NOSIGNAL) :]
            except BlockingIOError:
                self._wait(select.POLLOUT)
                continue
            except OSError:
                raise Gone from None

    def in_time(self) -> float:
        """Return the seconds that are left, or raise Late: data that trickles in stretches no deadline."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Late
        return left

    def _wait(self, event: int) -> None:
        """Return when the channel is ready; raise Late at the deadline, however busy the output is."""
        self._poller.register(self.channel, event)
        while True:
            ready = dict(self._poller.poll(self.in_time() * 1000 + 1))
            if self.output in ready:
                self.empty_output(1)
            if self.channel.fileno() in ready:
                return

    def empty_output(self, pieces: int) -> None:
        """Take what lies in the output pipe, at most so many pieces of it."""
        for _ in range(pieces if self.output_open else 0):
            try:
                data = os.read(self.output, 65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._poller.unregister(self.output)
                self.output_open = False
                return
            self.kept.add(data)
