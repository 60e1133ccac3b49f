"""One core for a grader's thread and its box: who keeps to it, and who does not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from autograder.checking.judging import WarmChecks
from autograder.grading import boxes
from autograder.grading.boxes import BoxPlan
from autograder.grading.warm_worker import WarmWorker
from autograder.plain.limits import Limits
from autograder.sandbox import cores
from autograder.sandbox.box import Box

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no processor affinity on this system")

CHECKS = """
from autograder.authoring.exercise import exercise

@exercise("f")
def test_f(student):
    assert student.f(1) == 1
"""


@pytest.fixture
def there() -> set[int]:
    return os.sched_getaffinity(0)


def test_each_number_has_a_core_until_there_are_no_more(there, monkeypatch):
    monkeypatch.setattr(cores, "_taken", None)
    assert cores.taken() is None
    chosen = []
    for number in range(2 * len(there)):
        cores.take(number)
        chosen.append(cores.taken())
    assert set(chosen) == there
    assert chosen[: len(there)] == chosen[len(there) :] == sorted(there, reverse=True)


def test_a_thread_keeps_to_its_core_alone_and_only_for_a_while(there):
    core, seen = min(there), []
    with cores.kept_to(core):
        started_inside = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
        started_inside.start()
        started_inside.join()
        assert os.sched_getaffinity(0) == {core}
    assert seen == [{core}]
    assert os.sched_getaffinity(0) == there


def test_other_threads_stay_where_they_were(there):
    asked, answered, seen = threading.Event(), threading.Event(), []

    def look():
        asked.wait()
        seen.append(os.sched_getaffinity(0))
        answered.set()

    thread = threading.Thread(target=look)
    thread.start()
    with cores.kept_to(min(there)):
        asked.set()
        answered.wait()
    thread.join()
    assert seen == [there]


@pytest.mark.parametrize("core", [None, 10_000])
def test_without_a_core_or_with_one_that_is_gone_all_goes_on(there, core):
    with cores.kept_to(core):
        assert os.sched_getaffinity(0) == there
    assert os.sched_getaffinity(0) == there


def test_a_boxs_children_run_on_its_core_and_its_owner_where_it_did(there):
    core = max(there)
    with Box(core=core, warm=False) as box, box.spawn() as child:
        child.execute("import os\ndef f(): return sorted(os.sched_getaffinity(0))", "<cell>")
        assert child.call("f") == [core]
    assert os.sched_getaffinity(0) == there


def test_a_local_worker_takes_its_core_and_launches_its_box_there(there, monkeypatch):
    monkeypatch.setattr(cores, "_taken", None)
    plan = BoxPlan(Limits(), ("torch",), ())
    try:
        WarmWorker(plan).setup(SimpleNamespace(name=1))
        second = sorted(there, reverse=True)[1 % len(there)]
        assert cores.taken() == second
        assert boxes.box_of(plan).core == second
        with boxes.box_of(plan).spawn() as child:
            child.execute("import os\ndef f(): return sorted(os.sched_getaffinity(0))", "<cell>")
            assert child.call("f") == [second]
    finally:
        boxes.forget()
    assert os.sched_getaffinity(0) == there


def test_a_box_can_be_launched_before_torch_is_imported():
    program = "import sys, autograder.grading.boxes; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_checks_of_a_box_keep_to_its_core(there, tmp_path):
    (tmp_path / "test_f.py").write_text(CHECKS)
    checks = WarmChecks(tmp_path / "test_f.py", min(there))
    try:
        assert checks.use(lambda runner: os.sched_getaffinity(0)) == {min(there)}
    finally:
        checks.close()
    assert os.sched_getaffinity(0) == there
