"""A core of this machine for each worker of a local cluster."""

from __future__ import annotations

from typing import Any

from distributed import WorkerPlugin

from autograder.sandbox import cores


class OneCore(WorkerPlugin):
    """Gives a worker's box a core that no other worker's has, as far as there are."""

    name = "one core"

    def setup(self, worker: Any) -> None:
        """Choose by the worker's number."""
        cores.take(int(worker.name))
