"""What the tests of an exercise ask goes into the box in one trip, and each says what it would say had it asked
alone."""

from __future__ import annotations

import textwrap

import pytest
import torch

from autograder.authoring.ahead import MOST_BYTES, MOST_VALUES, Answered, Questions, of_size
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
from autograder.sandbox.child import Child

CHECKS = """
import torch
from autograder.authoring import assert_close, contract, exercise, randn

F64 = torch.float64


@exercise("scaled")
def test_values(student, reference, rng):
    x, w = randn(rng, 5, 3), randn(rng, 3, 2)
    assert_close(student.scaled(x, w), reference.scaled(x, w))


@exercise("scaled")
def test_twice(student, reference, rng):
    x, w = randn(rng, 3, 2), randn(rng, 2, 2)
    once = student.scaled(x, w)
    assert_close(once, reference.scaled(x, w))
    assert_close(student.scaled(once, w), reference.scaled(once, w))


@exercise("scaled", costs=0.5)
def test_a_bad_size(student):
    try:
        student.scaled(torch.ones(2, 3), torch.ones(4, 3))
    except Exception as problem:
        assert str(problem)
    else:
        raise AssertionError("it should have been refused")


@exercise("scaled", costs=0.5)
def test_of_what_is_not_a_number(student):
    x, w = torch.full((2, 2), torch.nan, dtype=F64), torch.eye(2, dtype=F64)
    came = student.scaled(x, w)
    x.zero_()
    assert came.isnan().all()
    assert_close(student.scaled(x, w), x)


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
    "another way with what it answered": (
        "def scaled(x, w, factor=1.0):\n    return factor * (x @ w) + (len(x) == 3)",
        {"twice"},
    ),
    "right but for rounding": (
        "def scaled(x, w, factor=1.0):\n    return (factor * x.unsqueeze(2) * w).sum(1)",
        set(),
    ),
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


def test_the_tests_of_an_exercise_take_one_trip(checks, box, monkeypatch):
    trips = []
    for name in ("ask", "ask_ahead"):
        plain = getattr(BoxedStudent, name)
        monkeypatch.setattr(
            BoxedStudent, name, lambda *given, plain=plain, name=name: trips.append(name) or plain(*given)
        )
    result = judged(checks, box, RIGHT)
    assert result.score == 4.0
    alone = ["what is answered with an exception", "what no answer of the reference leads to"]
    assert trips == ["ask_ahead", *["ask" for _ in alone]]


def test_after_a_limit_nothing_of_a_submission_is_asked_ahead_again(box):

    source = "def loop():\n    while True:\n        pass\ndef three():\n    return 3"
    student = BoxedStudent(box, StudentCode((CodeCell("stub", "loop", source, "loop"),)))
    three, loop = Call("three", (), {}), Call("loop", (), {})
    try:
        assert student.ask_ahead(Questions(("a", "b"), (three, three))) == [[3], [3]]
        assert student.ask_ahead(Questions(("a", "b"), (three, loop))) == []
        assert student.ask_ahead(Questions(("a", "b"), (three, three))) == []
        assert student.ask(three) == 3
    finally:
        student.close()


def test_what_goes_wrong_has_no_answer_and_is_raised_where_it_is_asked_alone(box):

    source = "def half(x):\n    return 1 / x"
    student = BoxedStudent(box, StudentCode((CodeCell("stub", "half", source, "half"),)))
    calls = tuple(Call("half", (x,), {}) for x in (2, 0, 4))
    try:
        assert student.ask_ahead(Questions(("a", "b", "c"), calls)) == [[0.5], [], [0.25]]
        with pytest.raises(StudentRaised, match="division by zero"):
            student.ask(calls[1])
        assert student.ask(calls[2]) == 0.25
    finally:
        student.close()


@pytest.mark.parametrize("forged", [None, 3, [3], [[3, 3]], [{}], [[]] * 3])
def test_what_has_not_the_form_of_answers_is_no_answer(box, monkeypatch, forged):
    source = "def three():\n    return 3"
    student = BoxedStudent(box, StudentCode((CodeCell("stub", "three", source, "three"),)))
    three = Call("three", (), {})
    try:
        student.load()
        monkeypatch.setattr(Child, "ask", lambda self, asked: forged)
        assert student.ask_ahead(Questions(("a", "b"), (three, three))) == []
    finally:
        student.close()


def test_an_answer_is_taken_only_by_the_very_question():
    class Asks:
        def ask(self, call):
            return "asked alone"

        def source(self, name):
            return {}

    def given(asked, call):
        return Answered(Asks(), [(asked, ["asked ahead"])]).ask(call)

    x = torch.arange(6.0).reshape(2, 3)
    x[0, 0] = torch.nan
    plain = Call("f", (x, [1, "a"]), {"axis": 0})
    assert given(plain, Call("f", (x.clone(), [1, "a"]), {"axis": 0})) == "asked ahead"
    for other in (
        Call("g", (x, [1, "a"]), {"axis": 0}),
        Call("f", (x + 1, [1, "a"]), {"axis": 0}),
        Call("f", (x.double(), [1, "a"]), {"axis": 0}),
        Call("f", (x.t().contiguous().t(), [1, "a"]), {"axis": 0}),
        Call("f", (x.clone().requires_grad_(), [1, "a"]), {"axis": 0}),
        Call("f", (x, (1, "a")), {"axis": 0}),
        Call("f", (x, [True, "a"]), {"axis": 0}),
        Call("f", (x, [1, "a"]), {"axis": 0.0}),
        Call("f", (x, [1, "a"]), {}),
        Call("f", (x, [1, "a"]), {"axis": 0}, seconds=3.0),
    ):
        assert given(plain, other) == "asked alone"
    strange = Call("f", (object(),), {})
    assert given(strange, strange) == "asked alone", "what is no plain data may have changed"


def test_what_is_too_large_for_one_trip_is_asked_alone():
    small, large = torch.zeros(10), torch.zeros(MOST_BYTES // 4 - 20)
    calls = [Call("f", (one,), {}) for one in (small, large, large, small)]
    kept = of_size([("a", call, None) for call in calls])
    assert kept.calls == (calls[0], calls[1], calls[3])
    assert of_size([("a", calls[0], [0] * MOST_VALUES)]).calls == ()
