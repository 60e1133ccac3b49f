"""Borrowed from Dask: settings that its reference does not promise, and what a scheduler and a worker say of
themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What a worker does beside its tasks: by default it looks at the working thread a hundred times a second, at its event
# loop fifty times, and at the machine's disks twice. A name that Dask did not know would be taken without a word.
QUIET = {
    "distributed.logging.distributed": "error",
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.disk": False,
}
# deaths of workers at one task, of which a cluster's scheduler gives it up
ALLOWED_FAILURES = "distributed.scheduler.allowed-failures"


def resources_of_workers(client: Any) -> list[Mapping[str, float]]:
    """Return what resources each worker of a client's scheduler has.

    Borrowed: the shape of `scheduler_info()`. Some versions tell of five workers and no more where nobody asks for all.
    If it moved, a class would be graded with as much waiting as one worker takes.
    """
    return [worker.get("resources", {}) for worker in client.scheduler_info(n_workers=-1)["workers"].values()]


def number_of_worker(worker: Any) -> int:
    """Return a worker's number in its local cluster, which counts them from 0 and has that for their name.

    If names were others, no worker would come up.
    """
    return int(worker.name)
