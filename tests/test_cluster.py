"""A class on Dask: resumed after any stop, with a worker killed, on a scheduler of its own; nothing twice,
nothing lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from distributed import KilledWorker
from distributed.client import FutureCancelledError

from autograder.grading.batches import Queue, WorkerPool
from autograder.grading.cluster import Options, grade_class
from autograder.grading.grade import Submission
from autograder.grading.graders import Exam
from autograder.grading.handed_in import find_submissions
from autograder.grading.store import Store, key_of
from autograder.plain.errors import CourseError, MachineFailed
from autograder.plain.limits import Limits
from autograder.plain.results import Run, SubmissionResult

RIGHT = "def row_means(x):\n    return x.mean(dim=1)"
SLOW = "import time\ndef row_means(x):\n    time.sleep(0.05)\n    return x.mean(dim=1)"
LIMITS = Limits(call_seconds=5.0)
LOCAL = Options(workers=2)


@pytest.fixture
def tree(hand_in):
    for number in range(8):
        top = hand_in(f"student-{number}", row_means=SLOW if number % 2 else RIGHT)
    return top


@pytest.fixture
def grade(tiny_course, tree, tmp_path):
    submissions, notebooks = find_submissions(tree, tiny_course)
    store = Store(tmp_path / "results.json")

    def grade(options=LOCAL, also=lambda: None, **others):
        graded = []

        def told(result, fresh):
            graded.append((result.student, fresh))
            also()

        results = grade_class(submissions, notebooks, store, limits=LIMITS, options=options, told=told, **others)
        return results, graded

    return grade


def scores(results):
    return {one.student: one.score for one in results.submissions}


def test_the_same_command_goes_on_where_it_was(grade, tree, tiny_course):
    whole, first = grade()
    assert scores(whole) == {f"student-{number}": 2.0 for number in range(8)}
    assert all(fresh for _, fresh in first)
    again, second = grade()
    assert again.submissions == whole.submissions
    assert again.run.seed == whole.run.seed
    assert not any(fresh for _, fresh in second)
    changed = tree / "student-3/01_toy/toy.ipynb"
    changed.write_text(changed.read_text().replace("mean(dim=1)", "sum(dim=1)"))
    after, third = grade()
    assert [student for student, fresh in third if fresh] == ["student-3"]
    assert scores(after)["student-3"] == 0.0


def test_each_result_is_looked_for_once_and_what_was_just_written_is_not_read(grade, monkeypatch):
    asked, look = [], Store.get
    monkeypatch.setattr(Store, "get", lambda store, key: asked.append(key) or look(store, key))
    for _ in range(2):
        grade(Options(workers=0))
        assert len(asked) == len(set(asked)) == 8
        asked.clear()


def test_another_seed_is_another_run(grade):
    grade(seed=1)
    _, graded = grade(seed=2)
    assert all(fresh for _, fresh in graded)


def test_on_a_scheduler_of_ones_own_a_killed_worker_costs_nothing(grade, tmp_path):
    address, processes = start_cluster(tmp_path)
    try:
        results, graded = grade(Options(scheduler=address), also=processes[1].kill)
        assert scores(results) == {f"student-{number}": 2.0 for number in range(8)}
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert sorted(student for student, _ in graded) == sorted(scores(results))


def test_submissions_that_take_a_resource_go_where_it_is_and_wait_for_it(grade, tmp_path, capfd, monkeypatch):
    address, processes = start_cluster(tmp_path)
    said, say = tmp_path / "said", WorkerPool.say_if_nobody_is_here
    monkeypatch.setattr(WorkerPool, "say_if_nobody_is_here", lambda pool: [say(pool), said.touch()])
    late = subprocess.Popen(
        [
            "/bin/sh",
            "-c",
            f"until [ -e {said} ]; do sleep 0.2; done; "
            f"exec {Path(sys.executable).with_name('dask')} worker {address} --nthreads 1 --no-nanny "
            f"--no-dashboard --resources 'GPU=1' --local-directory {tmp_path / 'late'}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        results, _ = grade(Options(scheduler=address, resources={"GPU": 1}), also=kill_all(processes[1:]))
        assert scores(results) == {f"student-{number}": 2.0 for number in range(8)}
        assert "no worker with GPU=1 has come to tcp://" in capfd.readouterr().err
    finally:
        os.killpg(late.pid, signal.SIGKILL)
        for process in [late, *processes]:
            process.kill()
            process.wait()


def kill_all(processes):
    """Those without the resource: nothing is lost with them when they hold nothing."""
    return lambda: [process.kill() for process in processes]


def test_workers_of_this_machine_have_the_resources_that_are_asked_for(grade):
    results, _ = grade(Options(workers=1, resources={"GPU": 1}))
    assert scores(results) == {f"student-{number}": 2.0 for number in range(8)}


def start_cluster(folder: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    binary = Path(sys.executable).with_name("dask")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    processes = [
        subprocess.Popen([binary, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], **quiet)
    ]
    processes += [
        subprocess.Popen(
            [
                binary,
                "worker",
                address,
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
                "--local-directory",
                str(folder / f"w{number}"),
            ],
            **quiet,
        )
        for number in range(2)
    ]
    deadline = time.monotonic() + 60
    from distributed import Client

    with Client(address, timeout=60) as client:
        while len(client.scheduler_info()["workers"]) < 2:
            assert time.monotonic() < deadline, "the workers did not come"
            time.sleep(0.2)
    return address, processes


def test_a_scheduler_that_is_not_there_is_said(grade):
    with pytest.raises(CourseError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        grade(Options(scheduler="tcp://127.0.0.1:9"))


def test_a_grader_that_is_killed_loses_nothing(tiny_course, tree, tmp_path):
    out = tmp_path / "results.json"
    words = [str(Path(sys.executable).with_name("autograder")), "grade", str(tree), "--out", str(out), "--workers", "1"]
    process = subprocess.Popen(
        words, cwd=tiny_course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    parts = out.with_name("results.json.parts")
    deadline = time.monotonic() + 120
    while len(list(parts.glob("*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path.name for path in parts.glob("*.json")}
    assert len(kept) >= 3
    done = subprocess.run(words, cwd=tiny_course, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text())
    assert [one["score"] for one in results["submissions"]] == [2.0] * 8
    assert kept <= {path.name for path in parts.glob("*.json")}


def test_a_half_written_result_is_never_read(tmp_path):
    store = Store(tmp_path / "r.json")
    result = SubmissionResult("a", "c", "n", "graded")
    store.put("key", result)
    assert store.get("key") == result
    (store.folder / "key.json").write_text('{"student": "a", "cha')
    assert store.get("key") is None
    assert store.get("other") is None


def test_a_damaged_record_of_the_run_is_said(tmp_path):
    store = Store(tmp_path / "r.json")
    store.begin(Run(3, "now"))
    assert Store(tmp_path / "r.json").seed() == 3
    (store.folder / "run.json").write_text("{")
    with pytest.raises(CourseError, match="damaged"):
        store.seed()


def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path, monkeypatch):
    store = Store(tmp_path / "r.json")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match=r"No space left on device.*same command again"):
        store.put("key", SubmissionResult("a", "c", "n", "graded"))
    assert list(store.folder.iterdir()) == []


def test_a_key_depends_on_everything_that_a_mark_depends_on():
    keys = {
        key_of("a", b"x", {"checks": "1"}, "seed 1"),
        key_of("b", b"x", {"checks": "1"}, "seed 1"),
        key_of("a", b"y", {"checks": "1"}, "seed 1"),
        key_of("a", b"x", {"checks": "2"}, "seed 1"),
        key_of("a", b"x", {"checks": "1"}, "seed 2"),
    }
    assert len(keys) == 5


class DeadFuture:
    """A student's code cannot end a worker, so Dask's verdict is given by hand."""

    def result(self):
        raise KilledWorker("task", None, 3)


def exams():
    return {("01_toy", "toy"): Exam("path", b"", 6.0)}


def waiting(*names, notebook="toy"):
    return [(f"key of {name}", Submission(name, "01_toy", notebook, Path("x"))) for name in names]


def test_a_submission_at_which_workers_keep_dying_costs_itself_alone():
    queue = Queue([])
    assert queue.results(DeadFuture(), waiting("adam", "eve"), exams()) == []
    assert [queue.take(2), queue.take(2)] == [waiting("adam"), waiting("eve")]
    (graded,) = queue.results(DeadFuture(), waiting("eve"), exams())
    assert (graded.result.student, graded.result.status, graded.result.mark, graded.result.max_score) == (
        "eve",
        "undone",
        None,
        6.0,
    )
    assert "4 workers died" in graded.result.reason


def test_a_scheduler_that_goes_away_is_said_with_what_to_do():
    class Cancelled:
        def result(self):
            raise FutureCancelledError("grade_batch-1", "scheduler-connection-lost", "Client lost the connection.")

    with pytest.raises(
        MachineFailed, match=r"scheduler has gone .*scheduler-connection-lost.* the same command goes on there"
    ):
        Queue([]).results(Cancelled(), waiting("adam"), exams())


def test_quick_submissions_are_handed_out_by_the_batch_and_the_last_ones_alone():
    names = [f"student-{number}" for number in range(40)]
    queue = Queue(waiting(*names))
    assert queue.take(2) == waiting("student-0")

    class Done:
        def result(self):
            return [SubmissionResult("student-0", "01_toy", "toy", "graded", seconds=0.1)]

    assert [one.key for one in queue.results(Done(), waiting("student-0"), exams())] == ["key of student-0"]
    batches = []
    while batch := queue.take(2):
        batches.append(batch)
    assert [one for batch in batches for one in batch] == waiting(*names[1:])
    assert len(batches[0]) == 9
    assert len(batches[-1]) == 1


def test_a_batch_is_of_one_notebook():
    mixed = [one for name in ("ada", "bob", "eve") for one in waiting(name) + waiting(name, notebook="other")]
    queue = Queue(mixed)
    queue.results(quick("toy"), waiting("x"), exams())
    queue.results(quick("other"), waiting("x", notebook="other"), exams())
    batches = []
    while batch := queue.take(0):
        batches.append({one.notebook for _, one in batch})
    assert all(len(one) == 1 for one in batches)
    assert len(batches) < len(mixed)


def quick(notebook):
    class Done:
        def result(self):
            return [SubmissionResult("x", "01_toy", notebook, "graded", seconds=0.01)]

    return Done()
