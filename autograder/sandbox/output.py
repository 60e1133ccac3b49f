"""Printed output of any length in a bounded room: its head and its tail, and how much fell out between."""

from __future__ import annotations


class HeadAndTail:
    """Keeps the first and the last half of `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.half = max(limit // 2, 1)
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        """Take more output."""
        self.total += len(data)
        room = self.half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room > 0 else data
        if len(self._tail) > 4 * self.half:
            del self._tail[: -self.half]

    def text(self) -> str:
        """Return what is kept, with the cut said in between."""
        tail = bytes(self._tail[-self.half :])
        cut = self.total - len(self._head) - len(tail)
        middle = f"\n... {cut:,} bytes of output cut ...\n" if cut > 0 else ""
        return self._head.decode("utf-8", "replace") + middle + tail.decode("utf-8", "replace")
