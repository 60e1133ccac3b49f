"""Each limit is an outcome with a sentence, and the box goes on."""

from __future__ import annotations

import contextlib
import time
from dataclasses import fields, replace

import pytest
import torch

from autograder.plain.errors import ChildDied, LimitReached, MalformedReply, StudentRaised, UnsupportedValue
from autograder.plain.limits import Limits
from autograder.sandbox.box import Box
from autograder.sandbox.child import Child
from autograder.sandbox.clock import Clock


def test_every_limit_has_help_and_a_default():
    for each in fields(Limits):
        assert each.metadata["doc"]
        assert each.default > 0


@pytest.mark.parametrize("value", [0, -1, True, "10", None, float("nan")])
def test_a_limit_that_is_no_positive_number_is_refused(value):
    with pytest.raises(ValueError, match="call_seconds must be a positive number"):
        Limits(call_seconds=value)


def with_limits(child: Child, **changes) -> Child:
    """The parent's own limits can be changed after the start; the kernel's can't."""
    child.limits = replace(child.limits, **changes)
    return child


def test_an_endless_loop_is_a_timeout_and_ends_the_child(child: Child):
    child.execute("def f():\n    while True: pass", "<cell>")
    began = time.monotonic()
    with pytest.raises(LimitReached, match=r"did not finish within 0.3 seconds") as reached:
        with_limits(child, call_seconds=0.3).call("f")
    assert reached.value.outcome == "timeout"
    assert time.monotonic() - began < 3
    assert not child.alive


def test_sleeping_is_a_timeout_too(child: Child):
    child.execute("import time\ndef f(): time.sleep(100)", "<cell>")
    with pytest.raises(LimitReached, match="did not finish"):
        with_limits(child, call_seconds=0.3).call("f")


def test_a_cell_has_its_own_time(child: Child):
    with pytest.raises(LimitReached, match=r"within 0.3 seconds"):
        child.execute("while True: pass", "<cell>", seconds=0.3)


def test_the_whole_submission_has_a_time(box: Box):
    with box.spawn(Clock(0.5)) as child:
        child.execute("import time\ndef f(): time.sleep(0.2)", "<cell>")
        child.call("f")
        child.call("f")
        with pytest.raises(LimitReached, match=r"the submission has used up its 0\.5 seconds"):
            child.call("f")


def test_a_child_that_dies_does_not_start_the_clock_anew(box: Box):
    clock, began = Clock(1.0), time.monotonic()
    with pytest.raises(LimitReached, match=r"the submission has used up its 1 seconds"):  # noqa: PT012
        while time.monotonic() - began < 5:
            with box.spawn(clock) as child, contextlib.suppress(ChildDied):
                child.execute("import os, time\ntime.sleep(0.2)\nos._exit(0)", "<cell>")
    assert time.monotonic() - began < 2


def test_decoding_an_answer_is_inside_its_deadline(child: Child, monkeypatch):
    child.execute("def f(): return 1", "<cell>")

    def slow(*frame):
        time.sleep(0.4)
        return 1

    monkeypatch.setattr("autograder.sandbox.child.decode", slow)
    with pytest.raises(LimitReached, match=r"within 0.3 seconds"):
        with_limits(child, call_seconds=0.3).call("f")


def test_processor_time_is_bounded_by_the_kernel(child: Child):
    child.execute("def f():\n    while True: pass", "<cell>")
    with pytest.raises(LimitReached, match="used up its 3 seconds of processor time") as reached:
        with_limits(child, call_seconds=60).call("f")
    assert reached.value.outcome == "timeout"


@pytest.mark.parametrize(
    "body",
    ["bytearray(10**12)", "torch.zeros(10**11)", "[0] * 10**11", "grow()", "np.ones(10**11)"],
)
def test_too_much_memory_is_an_outcome_of_its_own(child: Child, body: str):
    child.execute(
        f"import torch\nimport numpy as np\ndef grow():\n    kept = []\n"
        f"    while True: kept.append(bytearray(10**6))\ndef f(): return {body}",
        "<cell>",
    )
    with pytest.raises(LimitReached, match="more memory than the 256 MiB") as reached:
        child.call("f")
    assert reached.value.outcome == "memory"


def test_a_correct_solutions_memory_is_there(child: Child):
    child.execute("import torch\ndef f(): return float(torch.ones(40_000_000).sum())", "<cell>")
    assert child.call("f") == 40_000_000


def test_of_much_output_the_head_and_the_tail_are_kept_and_the_cut_is_said(child: Child):
    child.execute("print('first')\nfor i in range(200_000): print('x' * 50)\nprint('last')", "<cell>")
    assert child.output.startswith("first\n")
    assert child.output.endswith("last\n")
    assert "bytes of output cut" in child.output
    assert len(child.output) < 2400


def test_a_file_has_a_largest_size(child: Child):
    child.execute("def f():\n    with open('/scratch/a', 'wb') as file: file.write(b'x' * (5 << 20))", "<cell>")
    with pytest.raises(StudentRaised, match=r"OSError: .*File too large"):
        child.call("f")


def test_the_disk_is_small(child: Child):
    child.execute(
        "def f():\n    for i in range(9):\n        open(f'/scratch/{i}', 'wb').write(b'x' * (1 << 20))", "<cell>"
    )
    with pytest.raises(StudentRaised, match="No space left on device"):
        child.call("f")


def test_there_are_few_inodes(child: Child):
    child.execute("def f():\n    for i in range(1000): open(f'/scratch/{i}', 'w')", "<cell>")
    with pytest.raises(StudentRaised, match="No space left on device"):
        child.call("f")


def test_there_are_few_descriptors(child: Child):
    child.execute("def f():\n    kept = [open('/dev/null') for _ in range(1000)]", "<cell>")
    with pytest.raises(StudentRaised, match="Too many open files"):
        child.call("f")


def test_there_are_few_threads(child: Child):
    child.execute(
        "import threading, time\ndef f():\n"
        "    for i in range(1000): threading.Thread(target=time.sleep, args=(100,), daemon=True).start()",
        "<cell>",
    )
    with pytest.raises(StudentRaised, match="can't start new thread"):
        child.call("f")


def test_a_few_threads_work(child: Child):
    child.execute(
        "from concurrent.futures import ThreadPoolExecutor as Pool\ndef f():\n"
        "    return list(Pool(4).map(abs, [-1, 2]))",
        "<cell>",
    )
    assert child.call("f") == [1, 2]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("torch.zeros(10**6)", "4,000,000 bytes, more than 1,048,576"),
        ("torch.zeros(1).expand(10**12)", "4,000,000,000,000 bytes"),
        ("'x' * 200_000", "bytes of structure"),
        ("[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]", "nested more than 24 levels"),
        ("[0] * 200_000", "more than 100,000 values"),
    ],
)
def test_an_answer_has_a_largest_size_and_depth(child: Child, body: str, message: str):
    child.execute(f"import torch\ndef f(): return {body}", "<cell>")
    with pytest.raises(UnsupportedValue, match=message):
        child.call("f")


def test_a_long_message_is_cut(child: Child):
    child.execute("def f(): raise ValueError('x' * 10**7)", "<cell>")
    with pytest.raises(StudentRaised) as raised:
        child.call("f")
    assert len(str(raised.value)) < 5000


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("os._exit(0)", r"ended its own process \(exit code 0\)"),
        ("os._exit(7)", "exit code 7"),
        ("ctypes.string_at(0)", "SIGSEGV: a crash in native code"),
        ("sorted(deep)", "SIGSEGV: a crash in native code"),
    ],
)
def test_a_death_says_how(child: Child, body: str, message: str):
    nested = "class Deep:\n    def __lt__(self, other): return sorted([Deep(), Deep()])\ndeep = [Deep(), Deep()]"
    child.execute(f"import os, ctypes, sys\nsys.setrecursionlimit(10**9)\n{nested}\ndef f(): {body}", "<cell>")
    with pytest.raises(ChildDied, match=message):
        child.call("f")
    assert not child.alive


def test_closing_every_descriptor_is_noticed_at_once(child: Child):
    child.execute("import os, time\ndef f():\n    os.closerange(0, 100)\n    time.sleep(100)", "<cell>")
    began = time.monotonic()
    with pytest.raises(ChildDied, match="closed its connection"):
        child.call("f")
    assert time.monotonic() - began < 4


def test_rubbish_on_the_channel_is_a_malformed_reply(child: Child):
    child.execute("import os\ndef f(): os.write(3, b'rubbish' * 100)", "<cell>")
    with pytest.raises(MalformedReply):
        child.call("f")
    assert not child.alive


def test_an_answer_in_drops_is_still_late(child: Child):
    child.execute(
        "import os, struct, time\ndef f():\n"
        "    for byte in struct.pack('<4sIQ', b'KSF1', 1000, 0) + b' ' * 1000:\n"
        "        os.write(3, bytes([byte])); time.sleep(0.05)",
        "<cell>",
    )
    began = time.monotonic()
    with pytest.raises(LimitReached, match=r"did not finish within 0\.5 seconds"):
        with_limits(child, call_seconds=0.5).call("f")
    assert time.monotonic() - began < 3


def test_arguments_that_nobody_reads_do_not_block_the_grader(child: Child):
    child.execute(
        "import threading, os\n"
        "def steal():\n"
        "    while True: os.read(3, 1)\n"
        "def f(x=None):\n"
        "    for _ in range(3): threading.Thread(target=steal, daemon=True).start()\n",
        "<cell>",
    )
    child.call("f")
    began = time.monotonic()
    with pytest.raises((ChildDied, LimitReached)):
        with_limits(child, call_seconds=1).call("f", (torch.zeros(10_000_000),))
    assert time.monotonic() - began < 5


def test_after_every_limit_the_next_child_is_well(box: Box):
    for code in ("while True: pass", "bytearray(10**12)", "import os; os._exit(1)"):
        with box.spawn() as child, pytest.raises((LimitReached, ChildDied)):
            child.execute(code, "<cell>", seconds=0.3)
        with box.spawn() as child:
            child.execute("def f(): return 1", "<cell>")
            assert child.call("f") == 1
