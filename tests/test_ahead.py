"""Questions of a contract's tests go into the box in one trip, and each test says what it would say had it asked
alone."""

from __future__ import annotations

import textwrap

import pytest

from autograder.authoring.ahead import Questions
from autograder.authoring.doors import Call
from autograder.checking.assess import judge
from autograder.checking.plugin import Job, with_checks
from autograder.checking.recording import Recorder, Recording
from autograder.grading.boxed import BoxedStudent
from autograder.plain.errors import StudentRaised
from autograder.plain.limits import MIB, Limits
from autograder.plain.source import definitions
from autograder.reading.explained import Explained
from autograder.reading.submission import CodeCell, StudentCode
from autograder.sandbox.box import Box

CHECKS = """
import torch
from autograder.authoring import assert_close, contract, exercise, randn

F64 = torch.float64


@exercise("scaled")
def test_values(student, reference, rng):
    x, w = randn(rng, 5, 3), randn(rng, 3, 2)
    assert_close(student.scaled(x, w), reference.scaled(x, w))


contract(
    "scaled", inputs=lambda rng, N=4, D=3, dtype=F64: (randn(rng, N, D, dtype=dtype), randn(rng, D, 2, dtype=dtype)),
    settings={"factor": 2.5}, no_loops=True, all_at_once="ND", fresh=True, forbids_operations=["einsum"],
)
"""
RIGHT = """
def scaled(x, w, factor=1.0):
    return factor * (x @ w)
"""
# What a student may do, and the tests that this costs: a fault in one answer is a fault of one test.
ANSWERS = {
    "right": (RIGHT, set()),
    "not written": ('def scaled(x, w, factor=1.0):\n    raise NotImplementedError("scaled: multiply")', {"values"}),
    "an exception at one size": (
        'def scaled(x, w, factor=1.0):\n    if len(x) == 1:\n        raise ValueError("one row")\n'
        "    return factor * (x @ w)",
        {"with_a_size_of_one"},
    ),
    "an input changed": ("def scaled(x, w, factor=1.0):\n    return x.mul_(factor) @ w", {"leaves_all_else_alone"}),
    "a setting ignored": ("def scaled(x, w, factor=1.0):\n    return x @ w", {"heeds_every_setting"}),
    "a view of an input": (
        "def scaled(x, w, factor=1.0):\n    return factor * (x.view(-1).view(x.shape) @ w)",
        {"takes_any_strides"},
    ),
    "one memory for all answers of a shape": (
        "kept = {}\ndef scaled(x, w, factor=1.0):\n    out = factor * (x @ w)\n"
        "    return kept.setdefault((out.shape, out.dtype), out).copy_(out)",
        {"leaves_all_else_alone"},
    ),
    "an answer that is no data": (
        "def scaled(x, w, factor=1.0):\n    return object() if x.stride(0) > 3 else factor * (x @ w)",
        {"takes_any_strides"},
    ),
    "torch's default dtype left changed": (
        "import torch\ndef scaled(x, w, factor=1.0):\n    fresh = torch.zeros(()).dtype == torch.float32\n"
        "    torch.set_default_dtype(torch.float64)\n    return factor * (x @ w) if fresh else x",
        {"leaves_all_else_alone"},
    ),
    "the process ended": (
        "import os\ndef scaled(x, w, factor=1.0):\n    if len(x) == 1:\n        os._exit(3)\n"
        "    return factor * (x @ w)",
        {"with_a_size_of_one"},
    ),
    "an endless loop": (
        "def scaled(x, w, factor=1.0):\n    while x.shape[0] == 1:\n        pass\n    return factor * (x @ w)",
        {"with_a_size_of_one"},
    ),
    "all memory": (
        "import torch\ndef scaled(x, w, factor=1.0):\n    if len(x) == 1:\n        torch.zeros(2**34)\n"
        "    return factor * (x @ w)",
        {"with_a_size_of_one"},
    ),
}


@pytest.fixture(scope="module")
def box():
    with Box(Limits(call_seconds=4, memory_bytes=512 * MIB)) as box:
        yield box


@pytest.fixture(scope="module")
def checks(tmp_path_factory):
    path = tmp_path_factory.mktemp("checks") / "test_made.py"
    path.write_text(CHECKS)
    return path


def judged(checks, box, source):
    """Return what the checks say of a student's text."""
    reference: dict[str, object] = {}
    exec(RIGHT, reference)
    source = textwrap.dedent(source)
    code = StudentCode((CodeCell("stub", "scaled", source, "scaled"),), definitions=definitions(source))

    def use(runner):
        recorders = {item.name: Recorder(reference) for item in runner.items}
        for _ in runner.run(Job(Recorder(reference), recorders.__getitem__, 7)):
            pass
        recording = Recording(7, {"scaled": 4.0}, {name: tuple(one.answers) for name, one in recorders.items()})
        student = BoxedStudent(box, code)
        try:
            return judge(runner, Explained(student, student.reasons), recording)[0]
        finally:
            student.close()

    return with_checks(checks, use)


def told(result):
    """All that a person is told of a result, but for how long it took."""
    tests = [(one.name, one.outcome, one.failure) for one in result.tests]
    return result.score, result.outcome, result.hint, tests


@pytest.mark.parametrize("name", ANSWERS)
def test_each_test_says_what_it_says_when_it_asks_alone(checks, box, monkeypatch, name):
    source, costs = ANSWERS[name]
    ahead = judged(checks, box, source)
    monkeypatch.setattr(BoxedStudent, "ask_ahead", lambda self, questions: [])
    alone = judged(checks, box, source)
    assert told(ahead) == told(alone)
    failed = {one.name.removeprefix("test_").removeprefix("scaled_") for one in alone.tests if one.outcome != "passed"}
    assert costs <= failed
    if not costs:
        assert failed == set()


def test_the_tests_of_a_contract_take_one_trip(checks, box, monkeypatch):
    trips = []
    for name in ("ask", "ask_ahead"):
        plain = getattr(BoxedStudent, name)
        monkeypatch.setattr(
            BoxedStudent, name, lambda *given, plain=plain, name=name: trips.append(name) or plain(*given)
        )
    result = judged(checks, box, RIGHT)
    assert result.score == 4.0
    assert trips == ["ask", "ask_ahead"], "the test that is written out, and the contract's"


def test_after_a_limit_nothing_of_a_submission_is_asked_ahead_again(box):

    source = "def loop():\n    while True:\n        pass\ndef three():\n    return 3"
    student = BoxedStudent(box, StudentCode((CodeCell("stub", "loop", source, "loop"),)))
    three, loop = Call("three", (), {}), Call("loop", (), {})
    try:
        assert student.ask_ahead(Questions(("a", "b"), (three, three))) == [3, 3]
        assert student.ask_ahead(Questions(("a", "b"), (three, loop))) == []
        assert student.ask_ahead(Questions(("a", "b"), (three, three))) == []
        assert student.ask(three) == 3
    finally:
        student.close()


def test_what_goes_wrong_ends_the_answers_and_is_raised_where_it_is_asked_alone(box):

    source = "def half(x):\n    return 1 / x"
    student = BoxedStudent(box, StudentCode((CodeCell("stub", "half", source, "half"),)))
    calls = tuple(Call("half", (x,), {}) for x in (2, 0, 4))
    try:
        assert student.ask_ahead(Questions(("a", "b", "c"), calls)) == [0.5]
        with pytest.raises(StudentRaised, match="division by zero"):
            student.ask(calls[1])
        assert student.ask(calls[2]) == 0.25
    finally:
        student.close()
