"""Submissions handed to the workers of a Dask cluster, a few at a time, and their results as they come.

A task of Dask's costs about 15 ms beside what it does, on the worker's core and on the grader's: a sixth of a
small submission. So quick submissions go by the batch, as many as a second takes.
"""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

from autograder.grading.boxes import BoxPlan
from autograder.grading.grade import Submission
from autograder.grading.graders import Exam, given, grade_batch
from autograder.plain.errors import MachineFailed
from autograder.plain.results import SubmissionResult, failing
from autograder.seams.dask_internals import resources_of_workers

WAITING_PER_WORKER = 3  # batches
WORKER_DEATHS = 3
BATCH_SECONDS = 1.0
MOST_IN_A_BATCH = 16

Exams = dict[tuple[str, str], Exam]
Waiting = list[tuple[str, Submission]]


class Graded(NamedTuple):
    """One submission's result as it came."""

    key: str
    result: SubmissionResult


def spread(client: Any, pool: WorkerPool, plan: BoxPlan, exams: Exams, waiting: Waiting) -> Iterator[Graded]:
    """Hand out submissions and yield the results as they come."""
    from distributed import as_completed

    # A task that returns what it was given: `scatter` waits for ever when a worker dies meanwhile, and what it
    # has put on a worker is gone with that worker.
    shared = {name: client.submit(given, exam, pure=False) for name, exam in exams.items()}
    queue, asked, running = Queue(waiting), dict[str, Waiting](), as_completed([])

    def hand_out() -> None:
        while len(asked) < pool.room and (batch := queue.take(pool.workers)):
            exam = shared[_exam_of(batch)]
            future = client.submit(
                grade_batch,
                plan,
                exam,
                [one for _, one in batch],
                pure=False,
                resources=dict(pool.resources),
                retries=0,
            )
            asked[future.key] = batch
            running.add(future)

    pool.say_if_nobody_is_here()
    hand_out()
    for future in running:
        results = queue.results(future, asked.pop(future.key), exams)
        hand_out()
        yield from results
        future.release()


class WorkerPool:
    """The workers that can take a submission: they may come while others grade already, as the jobs of a batch queue
    do.

    Args:
        client: of Dask's.
        scheduler: the address that was named; None for a local cluster.
        resources: what of Dask's resources a task takes.
    """

    def __init__(self, client: Any, scheduler: str | None, resources: Mapping[str, float]) -> None:
        self.resources = resources
        self._client, self._scheduler = client, scheduler
        self._seen, self._workers = -math.inf, 0

    @property
    def workers(self) -> int:
        """How many there are, asked for once a second."""
        if time.monotonic() - self._seen > 1:
            self._seen = time.monotonic()
            self._workers = sum(map(self._can, resources_of_workers(self._client)))
        return self._workers

    @property
    def room(self) -> int:
        """How many batches may be handed out at once."""
        return max(2, WAITING_PER_WORKER * self.workers)

    def say_if_nobody_is_here(self) -> None:
        """Say what is waited for: a grader that waits for a worker without a word looks broken."""
        if self.workers or self._scheduler is None:  # a local cluster has its workers before it is asked
            return
        wanted = " ".join(f"{name}={one:g}" for name, one in self.resources.items())
        having, how = (f" with {wanted}", f' --resources "{wanted}"') if wanted else ("", "")
        print(
            f"no worker{having} has come to {self._scheduler} yet, waiting for one: "
            f"dask worker {self._scheduler} --nthreads 1{how}",
            file=sys.stderr,
            flush=True,
        )

    def _can(self, resources: Mapping[str, float]) -> bool:
        return all(resources.get(name, 0) >= one for name, one in self.resources.items())


class Queue:
    """The submissions that wait, notebook by notebook."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = deque(sorted(waiting, key=lambda one: _exam_of([one])))
        self._alone: deque[tuple[str, Submission]] = deque()
        self._seconds: dict[tuple[str, str], deque[float]] = {}

    def take(self, workers: int) -> Waiting:
        """Return the next batch, of one notebook; [] at the end.

        Towards the end they get smaller, so that no worker is left with many while the others have none.
        """
        if self._alone:
            return [self._alone.popleft()]
        batch: Waiting = []
        size = self._size(workers) if self._waiting else 0
        while len(batch) < size and self._waiting and _exam_of(self._waiting) == _exam_of(batch or self._waiting):
            batch.append(self._waiting.popleft())
        return batch

    def results(self, future: Any, batch: Waiting, exams: Exams) -> list[Graded]:
        """Return what came of a batch. A submission at which workers keep dying costs itself: it is tried alone.

        Raises MachineFailed when the scheduler has gone.
        """
        from distributed import KilledWorker

        try:
            results = future.result()
        except CancelledError as problem:
            raise MachineFailed(
                f"the Dask scheduler has gone ({_first_line(problem)}): "
                "what was graded is kept, and the same command goes on there"
            ) from None
        except KilledWorker:
            if len(batch) > 1:
                self._alone.extend(batch)
                return []
            return [Graded(key, _undone(one, exams[_exam_of(batch)])) for key, one in batch]
        self._seconds.setdefault(_exam_of(batch), deque(maxlen=50)).extend(one.seconds for one in results)
        return [Graded(key, result) for (key, _), result in zip(batch, results, strict=True)]

    def _size(self, workers: int) -> int:
        """How many go into a batch; one by one while nobody knows how long they take."""
        seconds = self._seconds.get(_exam_of(self._waiting), [BATCH_SECONDS])
        in_time = BATCH_SECONDS / max(1e-3, sum(seconds) / len(seconds))
        share = len(self._waiting) / (2 * max(1, workers))
        return max(1, int(min(in_time, share, MOST_IN_A_BATCH)))


def _first_line(problem: BaseException) -> str:
    return str(problem).partition("\n")[0]


def _exam_of(batch: Sequence[tuple[str, Submission]]) -> tuple[str, str]:
    _, submission = batch[0]
    return submission.chapter, submission.notebook


def _undone(submission: Submission, exam: Exam) -> SubmissionResult:
    reason = failing(f"{WORKER_DEATHS + 1} workers died while they graded it")
    return SubmissionResult(
        submission.student, submission.chapter, submission.notebook, "undone", reason=reason, max_score=exam.max_score
    )
