"""What a check does with an answer is bounded in time and in memory, and one submission's excess is no other's."""

from __future__ import annotations

import resource
import shutil
import time
from typing import Annotated, Any

import pytest
import torch

from autograder.authoring import probes, rules
from autograder.authoring.compare import RuleBroken
from autograder.authoring.doors import Door, LiveSide
from autograder.authoring.promise import AtMost, hold, promised_by
from autograder.checking.judging import WarmChecks, bounded_memory
from autograder.course.notebook import read_course_notebook
from autograder.course.recorder import make_recording
from autograder.grading.grade import Grader, Submission
from autograder.plain.errors import CourseError, LimitReached, MalformedReply
from autograder.plain.limits import MIB, Limits
from autograder.plain.results import SubmissionResult
from autograder.plain.text import MESSAGE_CHARS
from autograder.present.card_words import message_of
from autograder.reading.notebook_file import read_notebook
from autograder.sandbox.box import Box
from autograder.sandbox.clock import Clock

RIGHT = "def row_means(x):\n    return x.mean(dim=1)"
SCALER = (
    "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n"
    "        return x - self.m"
)
# A check that is at the mercy of what it is given.
TRUSTING = """

@exercise("row_means")
def test_that_walks_along_the_answer(student, reference, rng):
    x = randn(rng, 4, 3)
    came, expected = student.row_means(x), reference.row_means(x)
    while len(came) == 7:  # an answer that it is never done with
        pass
    rows = list(came) if len(came) > 4 else came
    assert len(rows) == len(expected), f"{came}"
"""


@pytest.fixture(scope="module")
def course(tiny_course, tmp_path_factory):
    """The tiny course, with a check more."""
    course = tmp_path_factory.mktemp("trusting") / "course"
    shutil.copytree(tiny_course, course)
    with (course / "solutions/01_toy/checks/test_toy.py").open("a") as checks:
        checks.write(TRUSTING)
    return course


@pytest.fixture(scope="module")
def grader(course):
    notebook = read_course_notebook(course / "solutions/01_toy/toy")
    with Box(
        Limits(call_seconds=1.0, load_seconds=2.0, submission_seconds=10.0, judging_bytes=256 * MIB), warm=False
    ) as box:
        grader = Grader(notebook, make_recording(notebook, 5), box)
        yield grader
        grader.close()


@pytest.fixture
def grade(grader, hand_in):
    def grade(row_means: str, student: str = "mallory") -> SubmissionResult:
        path = hand_in(student, row_means=row_means, Scaler=SCALER) / student / "01_toy/toy.ipynb"
        return grader.grade_book(read_notebook(path), Submission(student, "01_toy", "toy", path))

    return grade


def messages(result: SubmissionResult) -> dict[str, tuple[str, str]]:
    return {
        f"{test.name}{test.parameters}": (test.outcome, message_of(test))
        for one in result.exercises
        for test in one.tests
    }


def test_right_answers_have_their_points(grade):
    assert grade(RIGHT, "alice").score == 6.0


def test_an_answer_that_a_check_is_never_done_with_is_a_timeout_and_the_next_submission_is_judged(grade):
    began = time.monotonic()
    result = grade("def row_means(x):\n    return x.new_zeros(7) if len(x) == 4 else x.mean(1)")
    assert time.monotonic() - began < 25
    outcome, message = messages(result)["test_that_walks_along_the_answer"]
    assert outcome == "timeout"
    assert "judging the answers took all the time" in message
    assert grade(RIGHT, "alice").score == 6.0


def test_an_answer_that_is_far_too_large_for_a_check_is_an_outcome_and_the_next_submission_is_judged(grade):
    result = grade("def row_means(x):\n    return x.new_zeros(2**22, 1) if len(x) == 4 else x.mean(1)")
    outcome, message = messages(result)["test_that_walks_along_the_answer"]
    assert (outcome, "is the answer far too large?" in message) == ("memory", True)
    assert {one.exercise: one.score for one in result.exercises}["Scaler"] == 4.0
    assert grade(RIGHT, "alice").score == 6.0


def test_a_message_is_cut_where_the_outcome_is_made(grade):
    result = grade("def row_means(x):\n    return 'x' * 1_800_000")
    outcome, message = messages(result)["test_that_walks_along_the_answer"]
    assert outcome in ("failed", "memory")
    assert len(message) < MESSAGE_CHARS + 100
    assert "characters cut" in message


def test_children_that_die_share_one_clock(grade):
    began = time.monotonic()
    result = grade("import os, time\ntime.sleep(0.9)\ndef row_means(x):\n    time.sleep(0.9)\n    os._exit(0)")
    assert time.monotonic() - began < 15
    assert "the submission has used up its 10 seconds" in str(messages(result))
    assert grade(RIGHT, "alice").score == 6.0


def test_a_check_that_catches_everything_is_left_behind(course):
    checks = WarmChecks(course / "solutions/01_toy/checks/test_toy.py")

    def deaf(runner: Any) -> None:
        ends = time.monotonic() + 12
        while time.monotonic() < ends:
            try:
                while time.monotonic() < ends:
                    pass
            except LimitReached:
                pass

    began = time.monotonic()
    with pytest.raises(LimitReached, match="judging the answers took all the time"):
        checks.use(deaf, Clock(0.1))
    assert time.monotonic() - began < 10
    assert checks.use(lambda runner: runner.exercises, Clock(5)) == ["row_means", "Scaler"]
    checks.close()


def test_memory_is_bounded_while_judging_and_given_back():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with bounded_memory(200 * MIB), bounded_memory(10**12):
        with pytest.raises(MemoryError):
            bytearray(300 * MIB)
        bytearray(50 * MIB)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_box_that_starts_while_an_answer_is_judged_has_its_own_memory():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with Box(warm=False) as box:
        with bounded_memory(512 * MIB):
            box.close()
            box.launch()
        child = box.spawn()
        child.execute("import torch\ndef f(): return float(torch.ones(200 * 2**20).sum())", "<cell>")
        assert child.call("f") == 200 * 2**20
        child.kill()
    assert resource.getrlimit(resource.RLIMIT_AS) == before


# What probes promise


class Liar:
    """A side that gives one answer to everything."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def ask(self, call: Any) -> Any:
        return self.answer

    def source(self, name: str) -> dict[str, str]:
        return {}


NOT_PROMISED = {
    "a tensor of no size": torch.zeros(2**22, 0),
    "a number": 1.5,
    "a list of numbers": [1, 2],
    "True": True,
    "a million names": ["x"] * 1_100_000,
    "a dict": {"a": 1},
    "nothing": None,
    "a long name": ["x" * 2_000_000],
}
RULES = {
    "operations": lambda door: rules.forbid_operations(door, "f", "sum", args=(torch.ones(2),)),
    "counts": lambda door: rules.limit_operations(door, "f", (torch.ones(2),), (torch.ones(9),)),
    "changed": lambda door: rules.assert_inputs_unchanged(door, "f", torch.ones(2)),
    "device": lambda door: rules.assert_runs_on_one_device(door, "f", torch.ones(2)),
    "devices": lambda door: rules.assert_all_run_on_one_device(door, "f", [((torch.ones(2),), {})]),
    "largest": lambda door: rules.limit_intermediates(door, "f", torch.ones(2), largest=4),
}


@pytest.mark.parametrize("answer", NOT_PROMISED.values(), ids=NOT_PROMISED)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_takes_no_answer_but_of_the_type_and_size_that_its_probe_promises(rule, answer):
    if rule is RULES["counts"] and answer == [1, 2]:  # two counts are what it asks for
        return
    with pytest.raises(MalformedReply, match="was answered by"):
        rule(Door(Liar(answer)))


@pytest.mark.parametrize(
    "probe", [*probes.PROBES, probes.operation_counts, probes.follow_each], ids=lambda probe: probe.__name__
)
def test_every_rules_probe_promises_a_type_and_a_size(probe):
    hint = promised_by(probe)
    assert hint is not Any
    assert isinstance(hint.__metadata__[0], AtMost)


def test_the_largest_answer_that_a_probe_promises_is_taken():
    with pytest.raises(RuleBroken, match="sum"):
        RULES["operations"](Door(Liar(["sum"] * 90_000)))


@pytest.mark.parametrize(
    "hint, good, bad",
    [
        (int, 3, True),
        (float, 0.5, 1),
        (str, "a", None),
        (None, None, 0),
        (torch.Tensor, torch.ones(2), [1.0]),
        (list[int], [1], (1,)),
        (tuple[int, str], (1, "a"), (1, 2)),
        (tuple[int, ...], (1, 2, 3), (1, "a")),
        (dict[str, list[float]], {"a": [0.5]}, {"a": [1]}),
        (int | None, None, "a"),
        (Any, object(), ...),
        (Annotated[str, AtMost(3)], "abc", "abcd"),
        (Annotated[torch.Tensor, AtMost(8)], torch.zeros(2, 0, 4), torch.zeros(0, 9)),
        (Annotated[int, AtMost(1)], 2**63 - 1, 2**64),
    ],
)
def test_a_promise_is_held_to_exactly(hint, good, bad):
    hold(good, hint, "probe")
    if bad is not ...:
        with pytest.raises(MalformedReply, match="probe was answered by"):
            hold(bad, hint, "probe")


def test_a_promise_that_nobody_can_hold_to_is_the_courses_to_mend():
    def probe(ns) -> set[int]: ...

    with pytest.raises(CourseError, match=r"promises set\[int\]: take numbers"):
        promised_by(probe)


def test_a_checks_own_probe_is_held_to_its_annotation_and_free_without():
    door = Door(LiveSide({"f": lambda: torch.zeros(2, 0)}))
    assert door.run(free).shape == (2, 0)
    with pytest.raises(
        MalformedReply, match=r"promising was answered by a tensor of float32 \(2, 0\), expected list\[str\]"
    ):
        door.run(promising)


def free(ns):
    return ns.f()


def promising(ns) -> list[str]:
    return ns.f()
