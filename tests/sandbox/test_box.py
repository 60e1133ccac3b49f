"""The box: what honest code meets in it."""

from __future__ import annotations

import time

import pytest
import torch

from autograder.authoring.probe import probe_of
from autograder.authoring.probes import follow_fake_cuda
from autograder.plain.errors import ChildDied, CourseError, StudentRaised, UnsupportedValue
from autograder.sandbox.box import Box
from autograder.sandbox.child import Child


def test_a_function_is_called_with_tensors_and_answers_with_tensors(child: Child):
    child.execute("def double(x, *, plus=0):\n    return {'twice': x * 2 + plus, 'shape': x.shape}", "<cell>")
    answer = child.call("double", (torch.ones(2, 3, dtype=torch.float64),), {"plus": 1})
    assert torch.equal(answer["twice"], torch.full((2, 3), 3.0, dtype=torch.float64))
    assert answer["shape"] == (2, 3)


def test_a_probe_sees_the_students_names_and_the_usual_modules(child: Child):
    child.execute(
        "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return 3 * x", "<cell>"
    )
    source = (
        "def probe(ns, x):\n    x.requires_grad_()\n    ns.Net()(x).sum().backward()\n"
        "    return x.grad, F.relu(x), np.pi, math.e"
    )
    grad, *_ = child.run(source, "probe", (torch.ones(2),))
    assert grad.tolist() == [3.0, 3.0]


def test_the_arguments_are_copies(child: Child):
    child.execute("def spoil(x):\n    x.zero_()\n    return x", "<cell>")
    mine = torch.ones(3)
    child.call("spoil", (mine,))
    assert mine.tolist() == [1.0, 1.0, 1.0]


def test_an_exception_tells_its_kind_its_message_and_the_students_own_lines(child: Child):
    child.execute("def f(x):\n    y = x + 1\n    return y[10]", "<cell f>")
    with pytest.raises(StudentRaised) as raised:
        child.call("f", (torch.ones(3),))
    assert raised.value.kind == "IndexError"
    assert raised.value.where == "  line 3, in f: return y[10]"


def test_a_missing_function_is_a_name_error(child: Child):
    with pytest.raises(StudentRaised, match="NameError: l2 is not defined"):
        child.call("l2")


def test_a_wrong_signature_is_the_students_type_error(child: Child):
    child.execute("def f(x): return x", "<cell>")
    with pytest.raises(StudentRaised, match=r"TypeError: f\(\) takes 1 positional argument but 2 were given"):
        child.call("f", (1, 2))


def test_what_is_no_function_is_a_type_error(child: Child):
    child.execute("f = 3", "<cell>")
    with pytest.raises(StudentRaised, match="TypeError: 'int' object is not callable"):
        child.call("f")


def test_a_cell_that_raises_leaves_what_it_had_defined(child: Child):
    with pytest.raises(StudentRaised, match="ZeroDivisionError"):
        child.execute("def f(): return 1\n1 / 0", "<cell>")
    assert child.call("f") == 1


def test_a_cell_of_the_students_own_runs_statement_by_statement(child: Child):
    child.execute("1 / 0\nundefined\ndef f(): return 1", "<cell>", statement_by_statement=True)
    assert child.call("f") == 1


def test_code_runs_as_main_and_the_source_can_be_inspected(child: Child):
    child.execute("import inspect\ndef f():\n    return __name__, inspect.getsource(f)\n", "<cell>")
    assert child.call("f") == ("__main__", "def f():\n    return __name__, inspect.getsource(f)\n")


def test_check_is_harmless_and_the_packages_helpers_import(child: Child):
    child.execute(
        "from autograder import check\nfrom autograder.authoring.compare import assert_close\ncheck('anything')",
        "<cell>",
    )


def test_what_an_answer_may_not_be_is_said(child: Child):
    child.execute("def f(): return [object()]", "<cell>")
    with pytest.raises(UnsupportedValue, match=r"the answer\[0\] is an object, expected a tensor"):
        child.call("f")


def test_output_is_kept_and_cleaned(child: Child):
    child.execute("import sys\nprint('\\x1b[31mred')\nprint('warning', file=sys.stderr)", "<cell>")
    assert child.output == "red\nwarning\n"


def test_sys_exit_in_a_function_does_not_end_the_child(child: Child):
    child.execute("import sys\ndef f(): sys.exit(3)\ndef g(): return 1", "<cell>")
    with pytest.raises(StudentRaised, match="SystemExit: 3"):
        child.call("f")
    assert child.call("g") == 1


def test_torchs_switches_are_put_back_after_a_call_and_random_numbers_go_on(child: Child):
    child.execute(
        "import torch\n"
        "def spoil():\n"
        "    torch.set_default_dtype(torch.float64)\n"
        "    torch.set_grad_enabled(False)\n"
        "def look(): return [str(torch.get_default_dtype()), torch.is_grad_enabled()]\n"
        "def draw(): return torch.rand(4)\n",
        "<cell>",
    )
    child.call("spoil")
    assert child.call("look") == ["torch.float32", True]
    assert not torch.equal(child.call("draw"), child.call("draw"))


def test_every_child_is_fresh_and_draws_the_same_random_numbers(box: Box):
    drawn = []
    for _ in range(2):
        with box.spawn() as child:
            child.execute(
                "import torch, os\nseen = 'left' in dir(torch)\ntorch.left = 1\nopen('/scratch/left', 'w')", "<cell>"
            )
            child.execute("def f(): return seen, torch.rand(3).tolist(), os.listdir('/scratch')", "<cell>")
            seen, numbers, files = child.call("f")
            assert not seen
            assert files == ["left"]
            drawn.append(numbers)
    assert drawn[0] == drawn[1]


def test_two_children_at_once_do_not_meet(box: Box):
    with box.spawn() as one, box.spawn() as two:
        one.execute("x = 1\ndef f(): return x", "<cell>")
        two.execute("x = 2\ndef f(): return x", "<cell>")
        assert (one.call("f"), two.call("f")) == (1, 2)


def test_a_probe_that_does_not_parse_is_the_courses_fault(child: Child):
    with pytest.raises(CourseError, match="probe is not valid Python"):
        child.run("def probe(ns: return 1", "probe")


def test_a_killed_child_answers_no_more(box: Box):
    child = box.spawn()
    child.kill()
    child.kill()
    assert not child.alive
    with pytest.raises(ChildDied, match="already ended"):
        child.call("f")


def test_spawning_is_cheap(box: Box):
    began = time.perf_counter()
    for _ in range(5):
        box.spawn().kill()
    assert (time.perf_counter() - began) / 5 < 0.5


def test_a_training_step_with_an_optimiser_works(child: Child):
    child.execute(
        "import torch\n"
        "def train(x, y):\n"
        "    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), "
        "torch.nn.Linear(144, 2))\n"
        "    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)\n"
        "    losses = []\n"
        "    for _ in range(8):\n"
        "        loss = torch.nn.functional.cross_entropy(model(x), y)\n"
        "        optimiser.zero_grad(); loss.backward(); optimiser.step()\n"
        "        losses.append(loss.item())\n"
        "    return losses\n",
        "<cell>",
    )
    losses = child.call("train", (torch.randn(8, 1, 8, 8), torch.arange(8) % 2))
    assert losses[-1] < losses[0]


def test_a_readable_folder_is_seen_even_below_tmp_and_stays_read_only(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "data.txt").write_text("42")
    with Box(readable=[tmp_path], warm=False) as box, box.spawn() as child:
        child.execute(
            f"def f(): return open({str(tmp_path / 'data.txt')!r}).read()\n"
            f"def g(): open({str(tmp_path / 'new')!r}, 'w')",
            "<cell>",
        )
        assert child.call("f") == "42"
        with pytest.raises(StudentRaised, match=r"PermissionError|Read-only"):
            child.call("g")
        child.execute(
            "import tempfile\ndef h():\n    with tempfile.TemporaryFile() as file: return file.write(b'ab')", "<cell>"
        )
        assert child.call("h") == 2


PLAIN_PYTHON = """
import concurrent.futures, logging, os, random, sys, threading

def f(words):
    logging.getLogger("mine").warning("said %s", words)
    print("printed", file=sys.stderr)
    lock, seen = threading.Lock(), []
    def note(word):
        with lock:
            seen.append((word, threading.current_thread() is threading.main_thread()))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(note, words))
    main = threading.current_thread() is threading.main_thread()
    return sorted(seen), main, len(threading.enumerate()), 0 <= random.random() < 1, os.getpid()
"""


def test_threads_locks_logging_and_random_numbers_work_after_a_plain_fork(child: Child):
    child.execute(PLAIN_PYTHON, "<cell>")
    assert child.call("f", (["a", "b"],)) == ([("a", False), ("b", False)], True, 1, True, 1)
    assert "said ['a', 'b']" in child.output
    assert "printed" in child.output


BACKWARD = """
import torch

def grown(x):
    return x @ torch.ones(3, 3)  # on the CPU, wherever x is

def backward():
    import os, time
    weights = torch.ones(5, 4, requires_grad=True)
    torch.autograd.grad((torch.ones(7, 5) @ weights).pow(2).sum(), [weights])
    time.sleep(0.05)
    return len(os.listdir("/proc/self/task"))
"""


@pytest.mark.parametrize("device_first", [False, True])
def test_a_backward_pass_starts_no_thread_for_fake_devices_which_would_crash(box: Box, device_first: bool):
    for _ in range(5):
        with box.spawn() as child:
            child.execute(BACKWARD, "<cell>")
            if device_first:
                probe = probe_of(follow_fake_cuda)
                assert child.run(probe.source, probe.name, ("grown", (torch.ones(2, 3),), {})).startswith("mixed")
            assert child.call("backward") == 1
            assert child.call("backward") == 1


def test_all_that_a_notebook_imports_of_the_grader_does_nothing_in_the_box(child: Child):
    import autograder

    names = [name for name in autograder.__all__ if name != "checks_of"]
    source = f"from autograder import checks_of, {', '.join(names)}\nasked = [f('x') for f in ({', '.join(names)},)]"
    child.execute(f"{source}\nchecks_of('01_toy/toy')('x')\ndef f(): return asked", "<cell>")
    assert child.call("f") == [None] * len(names)
