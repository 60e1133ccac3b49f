"""The instructor's seat: nbgrader's formgrader on a class that `autograder grade` has graded."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from marks import wait_for_marks
from playwright.sync_api import Locator, Page, expect

from autograder.plain.results import Results, SubmissionResult
from autograder.plain.results_file import read
from data_scripts import demo_class as demo

ROOT = Path(__file__).resolve().parents[2]
KINDS = (demo.all_right, demo.one_mistake, demo.many_mistakes, demo.partly_done, demo.cut_short)
CHAPTER, NOTEBOOK, FILE = "01_classification", "knn", "01_knn"


@dataclass
class Desk:
    """An instructor at the formgrader."""

    page: Page
    address: str

    def open(self, path: str) -> None:
        """Go to one of the formgrader's pages."""
        self.page.goto(f"{self.address}/{path}")

    def open_submission(self, student: str) -> None:
        """Go the way an instructor goes: the list of the class, with names shown, then one notebook with its scores."""
        self.open(f"gradebook/{CHAPTER}/{FILE}")
        expect(self.page.locator("tbody a").first).to_be_attached()
        self.page.get_by_text("Show All Names").click()
        row(self.page, student).locator("a.name-shown").click()
        wait_for_marks(self.page)


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Path:
    """A course folder as `make demo` leaves it, with one student of each kind."""
    top = tmp_path_factory.mktemp("instructor") / "demo"
    demo.make_class(top / "submitted", demo.answers_of(ROOT, CHAPTER, NOTEBOOK), KINDS, len(KINDS))
    shutil.copy(ROOT / "nbgrader_config.py", top)
    for name in ("solutions", "course"):
        (top / name).symlink_to(ROOT / name)
    words = "grade submitted --out results.json --gradebook sqlite:///gradebook.db --autograded autograded --workers 1"
    program = [Path(sys.executable).with_name("autograder"), *words.split()]
    done = subprocess.run(program, cwd=top, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return top


@pytest.fixture(scope="module")
def results(graded) -> Results:
    return read(graded / "results.json")


@pytest.fixture(scope="module")
def server(serve, graded):
    return serve(graded)


@pytest.fixture
def desk(page: Page, server) -> Desk:
    """The formgrader as `make formgrader` opens it."""
    page.goto(server.url("formgrader/manage_assignments"))
    expect(row(page, CHAPTER)).to_be_visible()
    return Desk(page, f"{server.address}/formgrader")


def one(results: Results, student: str) -> SubmissionResult:
    return next(found for found in results.submissions if found.student == student)


def row(page: Page, text: str) -> Locator:
    return page.locator("tbody tr", has_text=text).first


def test_the_class_is_listed_with_its_marks(desk, results, artefacts):
    desk.open(f"manage_submissions/{CHAPTER}")
    for found in results.submissions:
        theirs = row(desk.page, found.student)
        expect(theirs.locator("td.score")).to_have_text(re.compile(rf"^{found.score:g} / "))
        expect(theirs.locator("td.status")).to_have_text("needs manual grading")
    desk.page.screenshot(path=artefacts / "formgrader-class.png")


def test_what_a_person_has_to_mark_is_pointed_out(desk, artefacts):
    desk.open(f"gradebook/{CHAPTER}/{FILE}")
    expect(desk.page.locator("tbody tr")).to_have_count(len(KINDS))
    expect(desk.page.locator("tbody .needs-manual-grade .glyphicon")).to_have_count(len(KINDS))
    desk.page.screenshot(path=artefacts / "formgrader-notebook.png")


def test_a_submission_shows_its_cards_its_scores_and_the_message_of_each_failure(desk, results, artefacts):
    student = demo.NAMES[KINDS.index(demo.many_mistakes)]
    desk.open_submission(student)
    found = one(results, student)
    for exercise in found.exercises:
        card = desk.page.locator(f".ks-card[aria-label^='Check of {exercise.exercise}:']")
        expect(card).to_contain_text(f"{exercise.score:g} of {exercise.max_score:g} point")
    wrong = next(exercise for exercise in found.exercises if exercise.outcome == "failed")
    desk.page.locator(f".ks-card[aria-label^='Check of {wrong.exercise}:']").scroll_into_view_if_needed()
    desk.page.screenshot(path=artefacts / "formgrader-submission.png")
    shown = desk.page.locator("input.score").evaluate_all("all => all.map(one => one.placeholder || one.value)")
    assert [float(score) for score in shown if score][: len(found.exercises)] == [
        exercise.score for exercise in found.exercises
    ]


def first_answer(path: Path) -> tuple[str, str]:
    """The name of a notebook's first question in words, and what the student wrote."""
    for cell in json.loads(path.read_text())["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "markdown" and about.get("solution"):
            return about["grade_id"], cell["source"]
    raise AssertionError(f"{path} has no question in words")


def test_an_answer_in_words_is_shown_and_its_mark_is_kept(desk, graded, artefacts):
    student = demo.NAMES[0]
    name, answer = first_answer(graded / "submitted" / student / CHAPTER / f"{FILE}.ipynb")
    desk.open_submission(student)
    expect(desk.page.get_by_text(answer).first).to_be_visible()
    field = desk.page.locator(f"input.score[id='{name}']")
    with desk.page.expect_response(lambda answered: answered.request.method == "PUT") as kept:
        field.fill("1.5")
        field.press("Tab")
    assert kept.value.ok
    desk.page.screenshot(path=artefacts / "formgrader-question.png")
    desk.page.reload()
    expect(field).to_have_value("1.5")


def test_a_file_that_could_not_be_read_has_a_page_that_says_why(desk, results):
    student = demo.NAMES[KINDS.index(demo.cut_short)]
    desk.open_submission(student)
    expect(desk.page.get_by_text("This notebook could not be graded").first).to_be_visible()
    assert one(results, student).status == "unreadable"
