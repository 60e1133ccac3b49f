"""results.json: what is written is read again, what says nothing is left out, and files of schema 1 are still read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from autograder.authoring.doors import Call
from autograder.authoring.exercise import ExerciseMark
from autograder.checking.assess import score
from autograder.checking.job import TestRun
from autograder.checking.verdict import verdict_of
from autograder.plain.errors import ChildDied, CourseError, LimitReached, StudentRaised, UnsupportedValue
from autograder.plain.results import ExerciseResult, Failure, Results, Run, SubmissionResult, TestResult, overall
from autograder.plain.results_file import from_json, read, submission_from_json, submission_to_json, write
from autograder.plain.text import MESSAGE_CHARS
from autograder.present.card import text_of

FAILURE = Failure(
    "shape",
    "the answer has the wrong shape",
    "(4, 1)",
    "(4,)",
    "[0]",
    "f(x)",
    "squeeze it",
    (("shape", "(4, 1)", "(4,)"),),
)
TESTS = (
    TestResult("test_a", "passed", None, "4-3"),
    TestResult("test_a", "failed", FAILURE, "1-5", "cuda", "Means agree."),
)
ONE = SubmissionResult(
    "ada", "01_toy", "toy", "graded", "", 0.0, 2.0, 0.1, (ExerciseResult("f", 0.0, 2.0, "failed", TESTS, "Divide."),)
)
RUN = Run(1, "2026-01-01T00:00:00+00:00")


def test_a_result_comes_back_from_json_as_it_was():
    assert submission_from_json(json.loads(submission_to_json(ONE))) == ONE


def test_a_passed_test_is_written_with_what_says_something_and_a_submission_in_one_line(tmp_path):
    write(Results(RUN, (ONE, replace(ONE, student="ben"))), tmp_path / "r.json")
    lines = [line for line in (tmp_path / "r.json").read_text().splitlines() if '"student"' in line]
    assert [json.loads(line.rstrip(","))["student"] for line in lines] == ["ada", "ben"]
    (exercise,) = json.loads(lines[0].rstrip(","))["exercises"]
    assert exercise["tests"][0] == {"name": "test_a", "outcome": "passed", "parameters": "4-3"}
    assert {"exercise", "score", "max_score", "outcome", "tests", "hint"} <= set(exercise)
    assert read(tmp_path / "r.json") == Results(RUN, (ONE, replace(ONE, student="ben")))


def schema_1() -> dict:
    tests = [
        {"name": "test_a[4-3]", "outcome": "passed", "message": ""},
        {"name": "test_a[1-5]", "outcome": "failed", "message": "it is wrong\n  came:     9\n  expected: 3"},
        {"name": "the cell", "outcome": "error", "message": "the cell is not valid Python"},
    ]
    exercise = {
        "exercise": "f",
        "score": 0.0,
        "max_score": 2.0,
        "outcome": "failed",
        "tests": tests,
        "hint": None,
        "seconds": 0.1,
    }
    one = {
        "student": "ada",
        "chapter": "01_toy",
        "notebook": "toy",
        "status": "graded",
        "reason": "",
        "score": 0.0,
        "max_score": 2.0,
        "seconds": 0.1,
        "exercises": [exercise],
        "place": "",
    }
    return {"schema": 1, "run": {"seed": 1, "started": "then"}, "submissions": [one]}


def test_a_file_of_schema_1_is_read_and_its_messages_stay_as_they_were():
    (one,) = from_json(schema_1()).submissions[0].exercises
    assert [(test.name, test.parameters, test.outcome) for test in one.tests] == [
        ("test_a", "4-3", "passed"),
        ("test_a", "1-5", "failed"),
        ("the cell", "", "error"),
    ]
    assert one.tests[1].failure == Failure("message", "it is wrong\n  came:     9\n  expected: 3")
    assert "    it is wrong\n      came:     9\n      expected: 3" in text_of(one)


@pytest.mark.parametrize("schema", [0, 3, "2", None])
def test_another_schema_is_refused_with_what_came(schema):
    with pytest.raises(CourseError, match=r"results of schema .* came, expected 2 \(or 1\)"):
        from_json(schema_1() | {"schema": schema})


@pytest.mark.parametrize(
    "part",
    ['{"name": 3, "outcome": "passed"}', '{"outcome": "passed"}', '{"name": "a", "outcome": "failed", "failure": {}}'],
)
def test_a_file_that_is_none_is_said(tmp_path, part):
    data = schema_1() | {"schema": 2}
    data["submissions"][0]["exercises"][0]["tests"] = [json.loads(part)]
    (tmp_path / "r.json").write_text(json.dumps(data))
    with pytest.raises(CourseError, match="is not a results file"):
        read(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), "passed"),
        (("passed", "passed"), "passed"),
        (("passed", "failed", "error"), "error"),
        (("timeout", "not_run", "not_run"), "timeout"),
        (("unwritten", "failed", "error"), "unwritten"),
        (("passed", "unwritten"), "unwritten"),
        (("failed", "unwritten"), "failed"),
    ],
)
def test_an_exercise_has_the_outcome_of_its_worst_test_unless_a_stub_spoke_first(outcomes, expected):
    assert overall(TestResult("test_a", outcome) for outcome in outcomes) == expected


def test_a_test_costs_its_share_once_whatever_its_parameters_and_devices():
    mark = ExerciseMark("f", 0.25, ("cpu", "cuda"))
    failed = [
        TestRun(f"test_a[{text}]", mark, TestResult("test_a", "failed", FAILURE, text, device))
        for text in ("1", "on cuda")
        for device in ("cpu", "cuda")
    ]
    assert score(failed, 4.0) == 3.0
    assert score([*failed, TestRun("test_b", mark, TestResult("test_b", "not_run", FAILURE))], 4.0) == 2.0


CALL = Call("f", (2,), {})


@pytest.mark.parametrize(
    ("problem", "outcome", "kind", "text"),
    [
        (StudentRaised("NotImplementedError", "f: do it"), "unwritten", "unwritten", "f: do it"),
        (StudentRaised("NotImplementedError", "helper.step: do it"), "unwritten", "unwritten", "helper.step: do it"),
        (StudentRaised("NotImplementedError", ""), "unwritten", "unwritten", "f"),
        (
            StudentRaised("NotImplementedError", "g: do that"),
            "failed",
            "needs",
            "it uses g, which is not written yet: g: do that",
        ),
        (
            StudentRaised("NotImplementedError", '"mean" not implemented for Half'),
            "error",
            "raised",
            'your code raised NotImplementedError: "mean" not implemented for Half',
        ),
        (
            StudentRaised("ValueError", "not written yet: f: x", "  line 1"),
            "error",
            "raised",
            "your code raised ValueError: not written yet: f: x",
        ),
        (
            StudentRaised("NameError", "f is not defined"),
            "error",
            "undefined",
            "your code raised NameError: f is not defined",
        ),
        (
            StudentRaised("NameError", "name 'f' is not defined"),
            "error",
            "raised",
            "your code raised NameError: name 'f' is not defined",
        ),
        (LimitReached("it did not finish", "timeout"), "timeout", "limit", "it did not finish"),
        (ChildDied("it ended"), "error", "died", "it ended"),
        (UnsupportedValue("the answer is a set"), "failed", "kind", "the answer is a set"),
        (AssertionError(), "failed", "assertion", "this does not hold"),
        (TypeError("x"), "failed", "unusable", "the check could not use the answer: TypeError: x"),
    ],
)
def test_an_exception_becomes_an_outcome_and_a_kind_where_it_is_caught(problem, outcome, kind, text):
    came, failure = verdict_of(problem, "test_a[1]", "f", {"g"}, CALL)
    assert (came, failure.kind, failure.problem) == (outcome, kind, text)
    assert failure.call == ("" if kind in ("unwritten", "needs") else "f(2)")


def test_an_error_of_the_authors_own_code_is_the_courses():
    with pytest.raises(CourseError, match=r"test_a\[1\] raised TypeError: x"):
        verdict_of(TypeError("x"), "test_a[1]", "f", trusted=True)


def test_all_parts_of_a_failure_together_have_a_bound():
    long = "x" * 1_000_000
    _, failure = verdict_of(StudentRaised("E", long, long, long), "test_a", "f", call=Call(long, (), {}))
    parts = (failure.problem, failure.came, failure.expected, failure.where, failure.call, failure.remedy)
    assert sum(map(len, parts)) < MESSAGE_CHARS + 200
    assert "characters cut" in failure.problem
