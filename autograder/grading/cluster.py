"""A class graded: here, on a local Dask cluster of as many workers as cores, or on any scheduler's.

Who does what:

- The *grader* (this process) finds submissions, records the reference once for each notebook, hands out
  submissions a few at a time (spread.py), and alone writes results: one file each, as it comes (store.py).
- A *worker* (a process of Dask's, or this one where there is a single submission) holds one box with its
  warm zygote and one warm pytest for each notebook (graders.py). It returns a result, and keeps nothing
  that matters.
- A worker that dies loses the batch of submissions it was at; Dask gives them to another. A grader that
  dies loses what it had not written; the same command goes on there.

Only what graders.py defines crosses between grader and workers, in Dask's own frames: students' code
never runs in either.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.checking.recording import to_bytes
from autograder.course.graph import Graph
from autograder.course.notebook import CourseNotebook, preloads
from autograder.course.recorder import make_recording
from autograder.grading.batches import WORKER_DEATHS, Exams, Graded, Waiting, WorkerPool, spread
from autograder.grading.boxes import BoxPlan, box_of
from autograder.grading.grade import Submission
from autograder.grading.graders import Exam, grade_one
from autograder.grading.run import new_run
from autograder.grading.store import Store, key_of
from autograder.plain.errors import CourseError
from autograder.plain.limits import Limits
from autograder.plain.results import Results, Run, SubmissionResult
from autograder.plain.settings import CourseSettings, course_settings
from autograder.reading.notebook_file import MAX_FILE_BYTES
from autograder.sandbox import cores
from autograder.sandbox.box import Box
from autograder.seams.dask_internals import ALLOWED_FAILURES, QUIET

ANY_PORT = "127.0.0.1:0"  # of the scheduler's own page: two gradings on one machine ask for no port twice
DASK = {ALLOWED_FAILURES: WORKER_DEATHS, **QUIET}

Told = Callable[[SubmissionResult, bool], None]


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
    course = course_settings(notebooks[0].root)
    plan = BoxPlan(limits, tuple(preloads(notebooks)), tuple(allow_missing), course.kits)
    run = _begin(store, seed, plan, course, options.here(len(submissions)))
    keys = _keys(submissions, notebooks, run, limits)
    found: dict[str, SubmissionResult] = {}
    waiting = []
    for key, submission in zip(keys, submissions, strict=True):
        kept = store.get(key)
        if kept is None:
            waiting.append((key, submission))
        else:
            found[key] = kept
            told(kept, False)
    if waiting:
        wanted = {(one.chapter, one.notebook) for _, one in waiting}
        exams = {name: _exam(one, run.seed) for one in notebooks if (name := (one.chapter, one.name)) in wanted}
        for key, result in _graded(options, plan, exams, waiting):
            found[key] = result
            if result.status != "undone":  # which is never kept: the same command tries it again
                store.put(key, result)
            told(result, True)
    store.clear(set(keys))
    return Results(run, tuple(found[key] for key in keys))


def _begin(store: Store, seed: int | None, plan: BoxPlan, course: CourseSettings, here: bool) -> Run:
    """Prove the layers on this machine, in the box that will grade where that is here, and keep what the marks
    depend on."""
    if here:
        cores.take(os.getpid())
    box = box_of(plan) if here else Box(plan.limits, allow_missing=plan.allow_missing, kits=plan.kits, warm=False)
    try:
        run = new_run(store.seed() if seed is None else seed, box, course)
    finally:
        if not here:
            box.close()
    store.begin(run)
    return run


def _keys(submissions: list[Submission], notebooks: list[CourseNotebook], run: Run, limits: Limits) -> list[str]:
    made_from = {(one.chapter, one.name): Graph(one.path.parents[2]).of_marks(one) for one in notebooks}
    circumstances = json.dumps([run.seed, asdict(limits), run.isolation, run.devices, run.versions], sort_keys=True)
    return [
        key_of(
            json.dumps([one.student, one.place, one.note, one.refused, one.only]),
            _content(one),
            made_from[one.chapter, one.notebook],
            circumstances,
        )
        for one in submissions
    ]


def _exam(notebook: CourseNotebook, seed: int) -> Exam:
    try:
        recording = make_recording(notebook, seed)
    except CourseError as problem:
        raise CourseError(
            f"{problem}\nThat is the course's fault, not a student's. Until it is mended, take another --seed."
        ) from problem
    return Exam(str(notebook.path), to_bytes(recording), float(sum(notebook.points.values())))


def _content(submission: Submission) -> bytes:
    path = submission.path
    if path.is_symlink() or not path.is_file():
        return f"no plain file: {path.is_symlink()}".encode()
    if path.stat().st_size > MAX_FILE_BYTES:
        return f"too large: {path.stat().st_size}".encode()
    return path.read_bytes()


def _graded(options: Options, plan: BoxPlan, exams: Exams, waiting: Waiting) -> Iterator[Graded]:
    """Yield the results as they come."""
    if options.here(len(waiting)):
        for key, submission in waiting:
            yield Graded(key, grade_one(plan, exams[submission.chapter, submission.notebook], submission))
    else:
        with _client(options, plan, len(waiting)) as client:
            pool = WorkerPool(client, options.scheduler, options.resources)
            yield from spread(client, pool, plan, exams, waiting)


@contextmanager
def _client(options: Options, plan: BoxPlan, submissions: int) -> Iterator[Any]:
    """Connect to the scheduler that was named, or start a local cluster."""
    import dask
    from distributed import Client, LocalCluster

    from autograder.grading.warm_worker import WarmWorker

    if options.scheduler:
        try:
            with dask.config.set(DASK):
                client = Client(options.scheduler, timeout=30)
        except (OSError, ValueError) as problem:
            raise CourseError(f"no Dask scheduler answers at {options.scheduler}: {problem}") from None
        with client:
            yield client
        return
    workers = max(1, min(options.workers or os.cpu_count() or 1, submissions))
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set(DASK),
    ):  # as long as the cluster, which reads it later too
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=ANY_PORT,
            host="127.0.0.1",
            local_directory=folder,
            memory_limit=0,
            silence_logs=50,
            plugins=(WarmWorker(plan),),
            resources=dict(options.resources),
        )
        with cluster, Client(cluster) as client:
            yield client
