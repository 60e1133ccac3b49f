"""What a worker of a local cluster does first: take a core of its own, and launch its box there."""

from __future__ import annotations

import contextlib
from typing import Any

from distributed import WorkerPlugin

from autograder.grading.boxes import BoxPlan, box_of
from autograder.plain.errors import SandboxError
from autograder.sandbox import cores
from autograder.seams.dask_internals import number_of_worker


class WarmWorker(WorkerPlugin):
    """Gives a worker's box a core that no other worker's has, as far as there are, and lets it warm up there.

    The box is warm when the cluster has come up and torch is imported here, a second or two sooner than a box that
    the first submission asks for.
    """

    name = "warm worker"

    def __init__(self, plan: BoxPlan) -> None:
        self._plan = plan

    def setup(self, worker: Any) -> None:
        """Choose by the worker's number."""
        cores.take(number_of_worker(worker))
        with contextlib.suppress(SandboxError):  # the first submission meets it again, and says so
            box_of(self._plan)
