"""A class graded on Dask: a local cluster of as many workers as cores, or any scheduler's.

Who does what:

- The *grader* (this process) finds submissions, records the reference once for each notebook, hands out
  submissions a few at a time, and alone writes results: one file each, as it comes (store.py).
- A *worker* (a process of Dask's) holds one box with its warm zygote and one warm pytest for each
  notebook, made when its first submission comes. It returns a result, and keeps nothing that matters.
- A worker that dies loses the submission it was at; Dask gives it to another. A grader that dies loses
  what it had not written; the same command goes on there.

Only what this module defines crosses between grader and workers, in Dask's own frames: students' code
never runs in either.
"""

from __future__ import annotations

import atexit
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.course import new_run, preloads
from autograder.errors import CourseError, SandboxError
from autograder.grade import Grader, Submission
from autograder.notebook import CourseNotebook, read_course_notebook
from autograder.recorder import digests, make_recording
from autograder.recording import load, to_bytes
from autograder.results import Results, SubmissionResult
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Box
from autograder.store import Store, key_of
from autograder.submission import MAX_BYTES

WAITING_PER_WORKER = 3
WORKER_DEATHS = 3


@dataclass(frozen=True)
class Plan:
    """What a worker needs besides submissions. The same plan for a whole run."""

    root: str
    limits: Limits
    preload: tuple[str, ...]
    allow_missing: tuple[str, ...]
    devices: tuple[str, ...]


@dataclass(frozen=True)
class Exam:
    """One notebook of a run: where its checks are, and what is on record, as bytes."""

    path: str
    recording: bytes


@dataclass(frozen=True)
class Options:
    """How a run is spread: `scheduler` is a Dask address, or None for a local cluster of `workers`."""

    workers: int | None = None
    scheduler: str | None = None


Told = Callable[[SubmissionResult, bool], None]


def grade_class(
    submissions: list[Submission],
    notebooks: list[CourseNotebook],
    root: Path,
    store: Store,
    *,
    seed: int | None = None,
    limits: Limits | None = None,
    allow_missing: Iterable[str] = (),
    options: Options | None = None,
    told: Told = lambda result, fresh: None,
) -> Results:
    """Grade submissions on a cluster, each once, and return all results in the order of the submissions.

    Args:
        submissions: what to grade.
        notebooks: the notebooks that they are of.
        root: the top of the course, at the same path on every worker.
        store: where results are kept as they come, and found again.
        seed: what the inputs are made from; None takes the store's, or draws one.
        limits, allow_missing: the box's.
        options: where to run.
        told: called with each result, and whether it was graded now.

    Raises SandboxError before the first submission when a layer is missing here, and CourseError when a
    notebook's reference fails its own checks.
    """
    limits, options = limits or Limits(), options or Options()
    wanted = tuple(dict.fromkeys(preloads(notebooks)))
    with Box(limits, preload=["torch"], allow_missing=tuple(allow_missing)) as box:
        run = new_run(store.seed() if seed is None else seed, box)
    store.begin(run)
    plan = Plan(str(root), limits, wanted, tuple(allow_missing), run.devices)
    exams = {(one.chapter, one.name): Exam(str(one.path), to_bytes(make_recording(one, run.seed))) for one in notebooks}
    made_from = {(one.chapter, one.name): digests(one) for one in notebooks}
    circumstances = json.dumps([run.seed, asdict(limits), run.isolation, run.devices, run.versions], sort_keys=True)
    keys = [key_of(one.student, _content(one), made_from[one.chapter, one.notebook], circumstances) for one in submissions]
    waiting = []
    for submission, key in zip(submissions, keys, strict=True):
        kept = store.get(key)
        if kept is None:
            waiting.append((key, submission))
        else:
            told(kept, False)
    if waiting:
        with _client(options, len(waiting)) as client:
            for key, result in _spread(client, plan, exams, waiting):
                store.put(key, result)
                told(result, True)
    store.clear(set(keys))
    return Results(run, tuple(_collect(store, keys, submissions)))


def _content(submission: Submission) -> bytes:
    path = submission.path
    if path.is_symlink() or not path.is_file():
        return f"no plain file: {path.is_symlink()}".encode()
    if path.stat().st_size > MAX_BYTES:
        return f"too large: {path.stat().st_size}".encode()
    return path.read_bytes()


def _collect(store: Store, keys: list[str], submissions: list[Submission]) -> Iterator[SubmissionResult]:
    lost = []
    for key, submission in zip(keys, submissions, strict=True):
        result = store.get(key)
        if result is None:
            lost.append(submission.student)
        else:
            yield result
    if lost:
        raise CourseError(f"no result of {', '.join(lost[:10])} is on disk: give the same command again")


@contextmanager
def _client(options: Options, submissions: int) -> Iterator[Any]:
    """Connect to the scheduler that was named, or start a local cluster."""
    import dask
    from distributed import Client, LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": WORKER_DEATHS, "distributed.logging.distributed": "error"})
    if options.scheduler:
        try:
            client = Client(options.scheduler, timeout=30)
        except (OSError, ValueError) as problem:
            raise CourseError(f"no Dask scheduler answers at {options.scheduler}: {problem}") from None
        with client:
            yield client
        return
    workers = max(1, min(options.workers or os.cpu_count() or 1, submissions))
    with tempfile.TemporaryDirectory() as folder:
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
            local_directory=folder, memory_limit=0, silence_logs=50,
        )  # fmt: skip
        with cluster, Client(cluster) as client:
            yield client


def _spread(
    client: Any, plan: Plan, exams: dict[tuple[str, str], Exam], waiting: list[tuple[str, Submission]]
) -> Iterator[tuple[str, SubmissionResult]]:
    """Hand out submissions a few at a time and yield (key, result) as they come."""
    from distributed import as_completed

    shared = {name: client.scatter(exam, broadcast=True) for name, exam in exams.items()}
    resources = {"GPU": 1} if "cuda" in plan.devices else {}
    queue = iter(waiting)
    keys: dict[str, str] = {}

    def hand_out() -> Any:
        following = next(queue, None)
        if following is None:
            return None
        key, submission = following
        exam = shared[submission.chapter, submission.notebook]
        future = client.submit(grade_one, plan, exam, submission, pure=False, resources=resources, retries=0)
        keys[future.key] = key
        return future

    first = max(2, WAITING_PER_WORKER * len(client.scheduler_info()["workers"]))
    running = as_completed([future for future in (hand_out() for _ in range(first)) if future is not None])
    for future in running:
        result = _result_of(future)
        another = hand_out()
        if another is not None:
            running.add(another)
        yield keys.pop(future.key), result
        future.release()


def _result_of(future: Any) -> SubmissionResult:
    from distributed import KilledWorker

    try:
        result: SubmissionResult = future.result()
    except KilledWorker as problem:
        raise SandboxError(
            "worker", f"{WORKER_DEATHS} workers died at one submission ({problem})",
            "look at the workers' logs and memory; results so far are kept, and the same command goes on",
        ) from None  # fmt: skip
    return result


# In the worker.

_BOXES: dict[Plan, Box] = {}
_GRADERS: dict[tuple[Plan, Exam], Grader] = {}


def grade_one(plan: Plan, exam: Exam, submission: Submission) -> SubmissionResult:
    """Grade one submission in this worker, with what the worker keeps warm."""
    grader = _grader(plan, exam)
    there = submission.path.exists() or submission.path.is_symlink()
    return grader.grade(submission) if there else grader.missing(submission)


def _grader(plan: Plan, exam: Exam) -> Grader:
    if (plan, exam) not in _GRADERS:
        with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
            file.write(exam.recording)
            file.flush()
            recording = load(Path(file.name))
        _GRADERS[plan, exam] = Grader(read_course_notebook(Path(exam.path)), recording, _box(plan), plan.devices)
    return _GRADERS[plan, exam]


def _box(plan: Plan) -> Box:
    if plan not in _BOXES:
        box = Box(plan.limits, preload=plan.preload, allow_missing=plan.allow_missing)
        box.start()
        atexit.register(box.close)
        _BOXES[plan] = box
    return _BOXES[plan]
