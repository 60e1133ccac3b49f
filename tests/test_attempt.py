"""An exercise that takes long is attempted once, and several tests judge what came."""

from __future__ import annotations

import textwrap
import time
from dataclasses import replace

import pytest

from autograder.authoring.doors import Call, LiveSide
from autograder.checking.job import Job
from autograder.checking.plugin import with_checks
from autograder.grading.boxed import BoxedStudent
from autograder.live import check, terminal
from autograder.live.kernel_side import KernelSide
from autograder.live.saved import SavedNotebook
from autograder.plain.errors import CourseError, SubmissionError
from autograder.plain.limits import DEFAULTS, Limits
from autograder.plain.results import ExerciseResult
from autograder.present.card_words import message_of
from autograder.reading.submission import CodeCell, StudentCode
from autograder.sandbox.box import Box

CHECKS = """
from autograder.authoring import exercise, rand

drawn = []

def score(student, rng):
    x = rand(rng, 3)
    drawn.append(x.tolist())
    return student.learn(x)

@exercise("learn", costs=0.5, attempt=True, seconds=20)
def test_half(student, rng):
    assert score(student, rng) >= 0.5, "0.5 is asked for the first half"

@exercise("learn", costs=0.5, attempt=True, seconds=20)
def test_most(student, rng):
    assert score(student, rng) >= 0.8, "0.8 is asked for the second half"

@exercise("learn")
def test_quickly(student, rng):
    assert student.learn(rand(rng, 3)) is not None
"""


@pytest.fixture
def checks(tmp_path):
    path = tmp_path / "test_attempt_checks.py"
    path.write_text(CHECKS)
    return path


def outcomes(path, side, *, seed=3, times=1):
    """What each test says of a student's side, run after run, and what was drawn."""

    def use(runner):
        said = [
            [
                message_of(run.result) if run.result.failure else run.result.outcome
                for run in runner.run(Job(side, lambda _: side, seed))
            ]
            for _ in range(times)
        ]
        return said, runner.items[0].module.drawn

    return with_checks(path, use)


def test_the_tests_of_an_attempt_judge_one_answer(checks):
    asked = []
    said, drawn = outcomes(checks, LiveSide({"learn": lambda x: asked.append(x) or 0.6}))
    ((first, second, third),) = said
    assert (first, third) == ("passed", "passed")
    assert second.startswith("0.8 is asked for the second half")
    assert len(asked) == 2, "the attempt, and the test that is none"
    assert drawn[0] == drawn[1] == asked[0].tolist() != asked[1].tolist()


def test_every_student_attempts_anew(checks):
    asked = []
    outcomes(checks, LiveSide({"learn": lambda x: asked.append(x) or 0.6}), times=2)
    assert len(asked) == 4


def test_an_attempt_that_fails_fails_all_its_tests_and_is_not_made_again(checks):
    asked = []

    def learn(x):
        asked.append(x)
        raise ValueError("no")

    said, _ = outcomes(checks, LiveSide({"learn": learn}))
    assert [one.count("ValueError: no") for one in said[0]] == [1, 1, 1]
    assert len(asked) == 2


@pytest.fixture(scope="module")
def box():
    with Box(Limits(call_seconds=0.7)) as box:
        yield box


def boxed(box, source):
    return BoxedStudent(box, StudentCode((CodeCell("stub", "learn", textwrap.dedent(source), "learn"),)))


def test_in_the_sandbox_an_attempt_has_its_own_time_and_other_calls_the_usual(checks, box):
    student = boxed(box, "import time\ndef learn(x):\n    time.sleep(1.2)\n    return 0.9")
    try:
        said, _ = outcomes(checks, student)
    finally:
        student.close()
    assert said[0][:2] == ["passed", "passed"]
    assert "did not finish within 0.7 seconds" in said[0][2]


def test_an_attempt_that_never_ends_costs_its_time_once(checks, box):
    checks.write_text(CHECKS.replace("seconds=20", "seconds=1.5"))
    student = boxed(box, "def learn(x):\n    while True:\n        pass")
    began = time.monotonic()
    try:
        said, _ = outcomes(checks, student)
    finally:
        student.close()
    assert "did not finish within 1.5 seconds" in said[0][0]
    assert time.monotonic() - began < 10
    assert not any("passed" in one for one in said[0][1:])


def test_all_tests_of_an_attempt_ask_the_same(checks):
    two = '@exercise("learn", costs=0.5, attempt=True, seconds=20)\ndef test_most(student, rng):\n    student.other(1)'
    checks.write_text(CHECKS[: CHECKS.index("@exercise", CHECKS.index("test_half"))] + two)
    with pytest.raises(CourseError, match="asks for other as question 1, and the attempt was learn"):
        outcomes(checks, LiveSide({"learn": lambda x: 0.6, "other": lambda x: x}))


CONVERSATION = """
from autograder.authoring import exercise

drawn = []

def talk(student, times):
    said = 0
    for _ in range(times):
        said = student.learn(said)
    return said

@exercise("learn", costs=0.5, attempt=True, seconds=20)
def test_short(student):
    assert talk(student, 2) == 2

@exercise("learn", costs=0.5, attempt=True, seconds=20)
def test_long(student):
    assert talk(student, 4) == 5, "5 is asked for"
"""


def test_a_conversation_is_held_once_and_goes_on_where_another_test_left_it(checks):
    checks.write_text(CONVERSATION)
    asked = []
    said, _ = outcomes(checks, LiveSide({"learn": lambda x: asked.append(x) or x + 1}))
    assert said[0][0] == "passed"
    assert said[0][1].startswith("5 is asked for")
    assert asked == [0, 1, 2, 3]


def test_the_time_of_a_conversation_is_for_all_of_it(checks, box):
    checks.write_text(CONVERSATION.replace("seconds=20", "seconds=2"))
    student = boxed(box, "import time\ndef learn(x):\n    time.sleep(0.9)\n    return x + 1")
    try:
        said, _ = outcomes(checks, student)
    finally:
        student.close()
    assert said[0][0] == "passed"
    assert "did not finish within 0.5 seconds" in said[0][1]


def test_a_time_is_an_attempts_alone(checks):
    checks.write_text(CHECKS.replace("attempt=True, ", ""))
    with pytest.raises(CourseError, match="only of an attempt"):
        outcomes(checks, LiveSide({"learn": lambda x: 0.6}))


QUICK = """
from autograder.authoring import exercise

@exercise("learn")
def test_of_its_form(student):
    assert student.form() == "network", "that is no network"

@exercise("learn", attempt=True, seconds=20)
def test_what_it_learned(student):
    assert student.learn(1) == 1
"""


def test_what_has_lost_all_points_is_not_attempted(checks):
    checks.write_text(QUICK)
    asked = []
    learn = lambda x: asked.append(x) or x  # noqa: E731
    runs = runs_of(checks, LiveSide({"learn": learn, "form": lambda: "list"}))
    assert [run.result.outcome for run in runs] == ["failed", "not_run"]
    assert "run once the tests above pass" in message_of(runs[1].result)
    assert asked == []
    assert [run.result.outcome for run in runs_of(checks, LiveSide({"learn": learn, "form": lambda: "network"}))] == [
        "passed",
        "passed",
    ]
    assert asked == [1]


def test_a_job_without_attempts_leaves_them_out(checks):
    checks.write_text(QUICK)
    runs = runs_of(checks, LiveSide({"form": lambda: "network"}), attempts=False)
    assert [run.name for run in runs] == ["test_of_its_form"]


def runs_of(path, side, **job):
    return with_checks(path, lambda runner: list(runner.run(Job(side, lambda _: side, 3, **job))))


@pytest.mark.parametrize("side", ["kernel", "terminal"])
def test_what_may_take_longer_is_given_its_time(side, monkeypatch):
    """In a notebook nothing is said of it, and in a terminal nothing stops it."""
    short = replace(DEFAULTS, call_seconds=0.05)
    monkeypatch.setattr(check, "DEFAULTS", short)
    monkeypatch.setattr(terminal, "DEFAULTS", short)
    names = {"slow": lambda: time.sleep(0.8)}
    asked = KernelSide(names, {}, SavedNotebook()) if side == "kernel" else terminal.TimedSide()
    if side == "terminal":
        asked.namespace.update(names)
    asked.ask(Call("slow", (), {}, seconds=5.0))
    if side == "kernel":
        passed = ExerciseResult("slow", 1.0, 1.0, "passed")
        assert check._slow(passed, asked.longest) == ""
        asked.ask(Call("slow", (), {}))
        assert "a call may take 0.05" in check._slow(passed, asked.longest)
    else:
        with pytest.raises(SubmissionError, match=r"within 0\.05 seconds"):
            asked.ask(Call("slow", (), {}))
