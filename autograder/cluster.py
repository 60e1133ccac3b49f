"""A class graded: here, on a local Dask cluster of as many workers as cores, or on any scheduler's.

Who does what:

- The *grader* (this process) finds submissions, records the reference once for each notebook, hands out
  submissions a few at a time, and alone writes results: one file each, as it comes (store.py).
- A *worker* (a process of Dask's, or this one where there is a single submission) holds one box with its
  warm zygote and one warm pytest for each notebook (worker.py). It returns a result, and keeps nothing
  that matters.
- A worker that dies loses the submission it was at; Dask gives it to another. A grader that dies loses
  what it had not written; the same command goes on there.

Only what worker.py defines crosses between grader and workers, in Dask's own frames: students' code
never runs in either.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from autograder.course import new_run, preloads
from autograder.errors import CourseError
from autograder.grade import Submission
from autograder.notebook import CourseNotebook
from autograder.recorder import digests, make_recording
from autograder.recording import to_bytes
from autograder.results import Results, Run, SubmissionResult
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Box
from autograder.store import Store, key_of
from autograder.submission import MAX_BYTES
from autograder.worker import Exam, Plan, box_of, given, grade_one

WAITING_PER_WORKER = 3
WORKER_DEATHS = 3

Told = Callable[[SubmissionResult, bool], None]
Exams = dict[tuple[str, str], Exam]
Waiting = list[tuple[str, Submission]]


class Graded(NamedTuple):
    """One submission's result as it came: `final` is False where the machine failed, so that it is tried again."""

    key: str
    result: SubmissionResult
    final: bool = True



@dataclass(frozen=True)
class Options:
    """How a run is spread.

    Args:
        workers: processes of a local cluster, as many as cores when None; 0 grades in this process, which
            is also what a single submission gets when nothing is asked for.
        scheduler: the address of a Dask scheduler to use instead.
        resources: of Dask's, by name, that each submission takes while it is graded, such as {"GPU": 1}.
    """

    workers: int | None = None
    scheduler: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)

    def here(self, submissions: int) -> bool:
        """Whether this process grades by itself."""
        return self.scheduler is None and (self.workers == 0 or (self.workers is None and submissions == 1))


def grade_class(
    submissions: list[Submission],
    notebooks: list[CourseNotebook],
    store: Store,
    *,
    seed: int | None = None,
    limits: Limits | None = None,
    allow_missing: Iterable[str] = (),
    options: Options | None = None,
    told: Told = lambda result, fresh: None,
) -> Results:
    """Grade submissions, each once, and return all results in the order of the submissions.

    Args:
        submissions: what to grade; a path that is not there is recorded as missing.
        notebooks: the notebooks that they are of, at the same path on every worker.
        store: where results are kept as they come, and found again.
        seed: what the inputs are made from; None takes the store's, or draws one.
        limits, allow_missing: the box's.
        options: where to run.
        told: called with each result, and whether it was graded now.

    Raises SandboxError before the first submission when a layer is missing here, and CourseError when a
    notebook's reference fails its own checks.
    """
    limits, options = limits or Limits(), options or Options()
    plan = Plan(limits, tuple(dict.fromkeys(preloads(notebooks))), tuple(allow_missing))
    run = _begin(store, seed, plan, options.here(len(submissions)))
    keys = _keys(submissions, notebooks, run, limits)
    waiting, undone = [], {}
    for key, submission in zip(keys, submissions, strict=True):
        kept = store.get(key)
        if kept is None:
            waiting.append((key, submission))
        else:
            told(kept, False)
    if waiting:
        wanted = {(one.chapter, one.notebook) for _, one in waiting}
        exams = {name: _exam(one, run.seed) for one in notebooks if (name := (one.chapter, one.name)) in wanted}
        for key, result, final in _graded(options, plan, exams, waiting):
            if final:
                store.put(key, result)
            else:
                undone[key] = result
            told(result, True)
    store.clear(set(keys))
    return Results(run, tuple(_collect(store, undone, keys, submissions)))


def _begin(store: Store, seed: int | None, plan: Plan, here: bool) -> Run:
    """Prove the layers on this machine, in the box that will grade where that is here, and keep what the marks depend on."""
    box = box_of(plan) if here else Box(plan.limits, allow_missing=plan.allow_missing, warm=False)
    try:
        run = new_run(store.seed() if seed is None else seed, box)
    finally:
        if not here:
            box.close()
    store.begin(run)
    return run


def _keys(submissions: list[Submission], notebooks: list[CourseNotebook], run: Run, limits: Limits) -> list[str]:
    made_from = {(one.chapter, one.name): digests(one) for one in notebooks}
    circumstances = json.dumps([run.seed, asdict(limits), run.isolation, run.devices, run.versions], sort_keys=True)
    return [key_of(one.student, _content(one), made_from[one.chapter, one.notebook], circumstances) for one in submissions]


def _exam(notebook: CourseNotebook, seed: int) -> Exam:
    return Exam(str(notebook.path), to_bytes(make_recording(notebook, seed)), float(sum(notebook.points.values())))


def _content(submission: Submission) -> bytes:
    path = submission.path
    if path.is_symlink() or not path.is_file():
        return f"no plain file: {path.is_symlink()}".encode()
    if path.stat().st_size > MAX_BYTES:
        return f"too large: {path.stat().st_size}".encode()
    return path.read_bytes()


def _collect(
    store: Store, undone: dict[str, SubmissionResult], keys: list[str], submissions: list[Submission]
) -> Iterator[SubmissionResult]:
    lost = []
    for key, submission in zip(keys, submissions, strict=True):
        result = undone.get(key) or store.get(key)
        if result is None:
            lost.append(submission.student)
        else:
            yield result
    if lost:
        raise CourseError(f"no result of {', '.join(lost[:10])} is on disk: give the same command again")


def _graded(options: Options, plan: Plan, exams: Exams, waiting: Waiting) -> Iterator[Graded]:
    """Yield the results as they come."""
    if options.here(len(waiting)):
        for key, submission in waiting:
            yield Graded(key, grade_one(plan, exams[submission.chapter, submission.notebook], submission))
    else:
        with _client(options, len(waiting)) as client:
            yield from _spread(client, options, plan, exams, waiting)


@contextmanager
def _client(options: Options, submissions: int) -> Iterator[Any]:
    """Connect to the scheduler that was named, or start a local cluster."""
    import dask
    from distributed import Client, LocalCluster

    from autograder.onecore import OneCore

    dask.config.set({
        "distributed.scheduler.allowed-failures": WORKER_DEATHS,
        "distributed.logging.distributed": "error",
        "distributed.worker.profile.enabled": False,  # it looks at the grading thread a hundred times a second
    })  # fmt: skip
    if options.scheduler:
        try:
            client = Client(options.scheduler, timeout=30)
        except (OSError, ValueError) as problem:
            raise CourseError(f"no Dask scheduler answers at {options.scheduler}: {problem}") from None
        with client:
            yield client
        return
    workers = max(1, min(options.workers or os.cpu_count() or 1, submissions))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Port .* is already in use")  # two gradings on one machine are no mistake
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
            local_directory=folder, memory_limit=0, silence_logs=50, plugins=(OneCore(),), resources=dict(options.resources),
        )  # fmt: skip
        with cluster, Client(cluster) as client:
            yield client


class _Crew:
    """The workers that can take a submission: they may come while others grade already, as the jobs of a batch queue do."""

    def __init__(self, client: Any, options: Options) -> None:
        self._client, self._options = client, options
        self._seen, self._workers = -math.inf, 0

    @property
    def room(self) -> int:
        """How many submissions may be handed out at once: a few for each worker, asked for once a second."""
        if time.monotonic() - self._seen > 1:
            self._seen = time.monotonic()
            workers = self._client.scheduler_info()["workers"].values()
            self._workers = sum(self._can(one.get("resources", {})) for one in workers)
        return max(2, WAITING_PER_WORKER * self._workers)

    def say_if_nobody_is_here(self) -> None:
        """Say what is waited for: a grader that waits for a worker without a word looks broken."""
        if self.room and not self._workers:
            wanted = " ".join(f"{name}={one:g}" for name, one in self._options.resources.items())
            having, how = (f" with {wanted}", f' --resources "{wanted}"') if wanted else ("", "")
            where = self._options.scheduler or "SCHEDULER"
            print(f"no worker{having} has come to {where} yet, waiting for one: dask worker {where} --nthreads 1{how}",
                  file=sys.stderr, flush=True)  # fmt: skip

    def _can(self, resources: Mapping[str, float]) -> bool:
        return all(resources.get(name, 0) >= one for name, one in self._options.resources.items())


def _spread(client: Any, options: Options, plan: Plan, exams: Exams, waiting: Waiting) -> Iterator[Graded]:
    """Hand out submissions a few at a time and yield the results as they come."""
    from distributed import as_completed

    # A task that returns what it was given: `scatter` waits for ever when a worker dies meanwhile, and what it
    # has put on a worker is gone with that worker.
    shared = {name: client.submit(given, exam, pure=False) for name, exam in exams.items()}
    crew, queue = _Crew(client, options), iter(waiting)
    crew.say_if_nobody_is_here()
    asked: dict[str, tuple[str, Submission]] = {}

    def hand_out() -> Any:
        following = next(queue, None)
        if following is None:
            return None
        _, submission = following
        exam = shared[submission.chapter, submission.notebook]
        future = client.submit(grade_one, plan, exam, submission, pure=False, resources=dict(options.resources), retries=0)
        asked[future.key] = following
        return future

    running = as_completed([future for future in (hand_out() for _ in range(crew.room)) if future is not None])
    for future in running:
        key, submission = asked.pop(future.key)
        graded = _result_of(future, key, submission, exams[submission.chapter, submission.notebook])
        while len(asked) < crew.room and (another := hand_out()) is not None:
            running.add(another)
        yield graded
        future.release()


def _result_of(future: Any, key: str, submission: Submission, exam: Exam) -> Graded:
    """A submission at which workers keep dying costs itself: the rest of the class goes on."""
    from distributed import KilledWorker

    try:
        return Graded(key, future.result())
    except KilledWorker:
        reason = (f"{WORKER_DEATHS + 1} workers died while they graded it: look at the workers' logs and memory. "
                  "No mark was given, and the same command tries it again")  # fmt: skip
        undone = SubmissionResult(submission.student, submission.chapter, submission.notebook, "unreadable",
                                  reason=reason, max_score=exam.max_score)  # fmt: skip
        return Graded(key, undone, final=False)
