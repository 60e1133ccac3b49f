"""The faces of a result agree: cards, tables, pages, comments and the map say one word, one icon and one number
for it."""

from __future__ import annotations

import csv
import html
import re
from typing import NamedTuple, get_args

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from autograder.course.coursemap import released_stops
from autograder.live import journal
from autograder.live.progress import Journey
from autograder.nbgrader.formgrader import show
from autograder.nbgrader.gradebook import record_results
from autograder.plain.results import (
    ExerciseResult,
    Failure,
    FailureKind,
    Outcome,
    Results,
    Run,
    Status,
    SubmissionResult,
    TestResult,
)
from autograder.present.card import Card
from autograder.present.table import table
from autograder.report.feedback import feedback_page
from autograder.report.marks import marks
from autograder.report.pages import class_page, student_page

RUN = Run(7, "2026-01-02T03:04:05+00:00")
RIGHT = ("✓", "passed")
WRONG = ("✗", "not yet right")
PARTLY = ("◐", "partly right")
ERROR = ("✗", "stopped with an error")
UNWRITTEN = ("○", "not written yet")
TRICKY = "not written yet: row_means: no\n  came:     1\n  expected: 2\n  for:      f() on cuda [3]"


class Case(NamedTuple):
    """A result, and what every face has to say of it. These words are typed here, and taken from no module."""

    outcome: Outcome
    score: float
    failure: Failure | None
    says: tuple[str, str]


CASES = {
    "passed": Case("passed", 2.0, None, RIGHT),
    "value": Case(
        "failed", 0.0, Failure("value", "the answer is wrong", "9", "3", "[1]", "f(2)", beside=(("", "9", "3"),)), WRONG
    ),
    "shape": Case("failed", 0.0, Failure("shape", "it has the wrong shape", "(4, 1)", "(4,)"), WRONG),
    "dtype": Case("failed", 1.0, Failure("dtype", "it has the wrong dtype", "float32", "float64"), PARTLY),
    "kind": Case("failed", 0.0, Failure("kind", "it is of the wrong kind", "a list", "a tensor"), WRONG),
    "finite": Case("failed", 0.0, Failure("finite", "it has a value that should be finite", "nan", "3", "[0]"), WRONG),
    "rule": Case("failed", 0.5, Failure("rule", "it may use no loop"), PARTLY),
    "assertion": Case("failed", 0.0, Failure("assertion", "it changes its input"), WRONG),
    "raised": Case(
        "error",
        0.0,
        Failure("raised", "your code raised E: x", where="  line 1, in f: x", remedy="leave it out"),
        ERROR,
    ),
    "tricky": Case("error", 0.0, Failure("raised", TRICKY), ERROR),
    "undefined": Case(
        "error", 0.0, Failure("undefined", "your code raised NameError: row_means is not defined"), ERROR
    ),
    "time": Case("timeout", 0.0, Failure("limit", "it did not finish"), ("⏱", "took too long")),
    "some time": Case("timeout", 1.0, Failure("limit", "it did not finish"), ("⏱", "took too long")),
    "memory": Case("memory", 0.0, Failure("limit", "it asked for more memory"), ("▣", "used too much memory")),
    "died": Case("error", 0.0, Failure("died", "the process ended by itself"), ERROR),
    "unusable": Case("failed", 0.0, Failure("unusable", "the check could not use the answer"), WRONG),
    "unwritten": Case("unwritten", 0.0, Failure("unwritten", "row_means: return the means"), UNWRITTEN),
    "begun": Case("unwritten", 1.0, Failure("unwritten", "row_means: return the means"), UNWRITTEN),
    "needs": Case("failed", 0.0, Failure("needs", "it uses Scaler, which is not written yet"), WRONG),
    "cell": Case("error", 0.0, Failure("cell", "the cell is not valid Python"), ERROR),
    "unrun": Case(
        "unrun", 0.0, Failure("undefined", "row_means is not defined"), ("○", "the cell above has not been run")
    ),
    "gone": Case("missing", 0.0, Failure("cell", "the cell of row_means was deleted"), ("○", "missing")),
    "message": Case("failed", 0.0, Failure("message", "one text"), WRONG),
}
NOT_RUN = TestResult("test_later", "not_run", Failure("not_run", "not run: an earlier test reached a limit"))
every = pytest.mark.parametrize("name", CASES)


def result_of(case: Case) -> ExerciseResult:
    if case.failure is None:
        return ExerciseResult("row_means", case.score, 2.0, "passed", (TestResult("test_a", "passed"),))
    rest = (NOT_RUN,) if case.outcome in ("timeout", "memory") else ()
    tests = (TestResult("test_a", case.outcome, case.failure, "3", "cuda"), *rest)
    return ExerciseResult("row_means", case.score, 2.0, case.outcome, tests)


def submission(student: str, *exercises: ExerciseResult, status: Status = "graded") -> SubmissionResult:
    score = sum(one.score for one in exercises)
    return SubmissionResult(
        student, "01_toy", "toy", status, "" if status == "graded" else "why", score, 6.0, 0.1, exercises
    )


SCALER = ExerciseResult("Scaler", 4.0, 4.0, "passed", (TestResult("test_b", "passed"),))
GRADED = {name: submission(name, result_of(case), SCALER) for name, case in CASES.items()}
UNGRADED: dict[Status, SubmissionResult] = {
    status: submission(status, status=status) for status in get_args(Status) if status != "graded"
}
RESULTS = Results(RUN, (*GRADED.values(), *UNGRADED.values()))


def title(name: str) -> str:
    """What cards and comments begin with."""
    icon, word = CASES[name].says
    return f"{icon} row_means: {word}, {CASES[name].score:g} of 2 points"


def texts(page: str) -> str:
    """What a reader sees of a page, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def rows_of(page: str) -> dict[str, list[str]]:
    """The rows of a page's tables by their first cell, the last that has it."""
    rows = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    ]
    return {texts(cells[0]): [texts(cell) for cell in cells[1:]] for cells in rows}


def test_every_kind_of_failure_and_every_outcome_stands_in_the_table():
    kinds = {case.failure.kind for case in CASES.values() if case.failure} | {NOT_RUN.failure.kind}
    assert kinds == set(get_args(FailureKind))
    assert {case.outcome for case in CASES.values()} | {NOT_RUN.outcome} == set(get_args(Outcome))


@every
def test_the_card_says_it_in_text_and_in_html(name):
    card = Card(GRADED[name].exercises[0])
    assert repr(card).splitlines()[0] == title(name)
    assert texts(card.html()).startswith(title(name))
    assert f'aria-label="Check of row_means: {CASES[name].says[1]}"' in card.html()


@pytest.fixture(scope="module")
def class_rows():
    return rows_of(class_page(RESULTS).split('id="students"')[1])


@every
def test_the_table_and_the_class_page_have_its_icon_and_its_points(name, class_rows):
    icon, points = CASES[name].says[0], CASES[name].score
    (line,) = [one for one in table(RESULTS).splitlines() if one.startswith(f"  {name:10}  ")]
    assert line[len(f"  {name:10}") :].split() == [f"{points + 4:g}/6", icon, "✓"]
    assert class_rows[name][:4] == [f"{points + 4:g} / 6", "graded", f"{icon} {points:g}", "✓ 4"]


@every
def test_the_students_page_and_the_feedback_say_it(name):
    icon, word = CASES[name].says
    for page in (student_page(name, [GRADED[name]], RUN), feedback_page(GRADED[name], RUN)):
        assert rows_of(page)["row_means"] == [f"{icon} {word}", f"{CASES[name].score:g} / 2"]
        assert f"{icon} row_means {word} · {CASES[name].score:g} of 2 points" in texts(page)


def test_the_marks_have_the_same_points():
    rows = {row["student"]: row for row in csv.DictReader(marks(RESULTS).splitlines())}
    assert {name: (float(rows[name]["row_means"]), float(rows[name]["points"])) for name in CASES} == {
        name: (case.score, case.score + 4) for name, case in CASES.items()
    }


@every
def test_the_formgraders_page_shows_the_card_and_the_score(name):
    check = new_code_cell("check()", metadata={"nbgrader": {"grade_id": "check_row_means", "grade": True}})
    show(new_notebook(cells=[check]), GRADED[name])
    card, score = check.outputs
    assert card.data["text/plain"].splitlines()[0] == title(name)
    assert texts(card.data["text/html"]).startswith(title(name))
    assert float(score.data["text/plain"]) == CASES[name].score


@pytest.fixture(scope="module")
def comments(tiny_course, tmp_path_factory):
    """What nbgrader's gradebook has: each student's score and comment."""
    url = f"sqlite:///{tmp_path_factory.mktemp('book')}/gradebook.db"
    record_results(RESULTS, url, tiny_course)
    with Gradebook(url) as gradebook:
        return {
            one.student.id: (
                next(grade.auto_score for grade in one.notebooks[0].grades if grade.cell.name == "check_row_means"),
                next(comment.auto_comment for comment in one.notebooks[0].comments if comment.cell.name == "row_means"),
            )
            for one in gradebook.assignment_submissions("01_toy")
        }


@every
def test_nbgraders_comment_says_it_with_the_same_score(name, comments):
    score, comment = comments[name]
    assert score == CASES[name].score
    assert comment is None if name == "passed" else comment.splitlines()[0] == title(name)


@every
def test_the_map_of_progress_says_it(name, tiny_course, tmp_path):
    assert journal.record(tmp_path, "01_toy/toy", GRADED[name].exercises[0]) == ""
    (stop,), _ = released_stops(tiny_course / "course")
    shown = Journey([stop], journal.read(tmp_path), [], tmp_path, tmp_path)
    icon, word = ("○", "to do") if name == "unrun" else CASES[name].says  # nothing was tried, and nothing is kept
    assert shown.state(stop, "row_means") == (icon, word)
    assert f"{icon} row_means: {word}, {CASES[name].score:g} of 2" in texts(shown._repr_mimebundle_()["text/html"])


@every
def test_what_is_wrong_stands_on_every_face_that_has_room_for_it(name, comments):
    problem = " ".join(CASES[name].failure.problem.split()) if CASES[name].failure else ""
    card = Card(GRADED[name].exercises[0])
    faces = [
        repr(card),
        texts(card.html()),
        comments[name][1] or "",
        texts(student_page(name, [GRADED[name]], RUN)),
        texts(feedback_page(GRADED[name], RUN)),
    ]
    assert [face for face in faces if problem.lower() not in " ".join(face.split()).lower()] == []


def test_no_words_of_a_student_steer_a_card():
    """An exception may say what stubs say, and have lines that look like ours."""
    page = Card(GRADED["tricky"].exercises[0]).html()
    assert "To write" not in page
    assert "<table" not in page
    assert "The call" not in page


def test_where_there_is_no_mark_no_face_has_a_number(class_rows):
    shown = {"unreadable": "0", "missing": "–", "undone": "–"}
    rows = {row["student"]: row["points"] for row in csv.DictReader(marks(RESULTS).splitlines())}
    lines = {line.split()[0]: line.split()[1] for line in table(RESULTS).splitlines() if "/6" in line}
    for status, mark in shown.items():
        assert rows[status] == mark.replace("–", "")
        assert lines[status] == f"{mark}/6"
        assert class_rows[status][:4] == [f"{mark} / 6", status, "·", "·"]
        for page in (student_page(status, [UNGRADED[status]], RUN), feedback_page(UNGRADED[status], RUN)):
            assert f"{mark} of 6 points" in texts(page)


def test_the_legend_of_each_face_has_every_icon_that_it_uses():
    used = {case.says[0] for case in CASES.values()}
    below_the_table = table(RESULTS).split("\n\n")[-1]
    below_the_names = class_page(RESULTS).split('id="students"')[1].split("</table>")[-1].split("</section>")[0]
    assert used <= set(below_the_table)
    assert used <= set(below_the_names)


def test_every_face_says_which_exercise_is_to_be_mended_first():
    tests = result_of(CASES["value"]).tests
    wrong = ExerciseResult("row_means", 0.0, 2.0, "failed", tests, "a hint", mend_first="Scaler")
    shown, says = submission("ada", wrong, SCALER), "It uses Scaler, which is not right yet: mend that one first."
    card = Card(wrong)
    assert "a hint" not in repr(card), "it was found for an answer that may be right"
    for face in (
        repr(card),
        texts(card.html()),
        texts(student_page("ada", [shown], RUN)),
        texts(feedback_page(shown, RUN)),
    ):
        assert says in face
