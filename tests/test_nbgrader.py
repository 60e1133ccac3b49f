"""nbgrader itself, with its real gradebook: generate_assignment, autograde, feedback, and our own writing."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.nbgrader.preprocessors import Stopped, _no_mark_by_others_faults
from autograder.plain.errors import CourseError, MachineFailed, SandboxError

BIN = Path(sys.executable).parent
RIGHT_MEANS = "def row_means(x):\n    return x.mean(dim=1)"
SUMS = "def row_means(x):\n    return x.sum(dim=1)"
SCALER_IN_PLACE = (
    "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n"
    "    def transform(self, x):\n        x -= self.m\n        return x"
)


def run(folder: Path, *words: str, status: int = 0) -> str:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [BIN / words[0], *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tiny_course, tmp_path_factory):
    """A course folder with two submissions, taken through nbgrader's own commands."""
    top = tmp_path_factory.mktemp("nbgrader") / "course"
    shutil.copytree(tiny_course, top)
    shutil.rmtree(top / "course")
    run(top, "nbgrader", "generate_assignment", "01_toy", "--create")
    for student, sources in {
        "ann": {"row_means": RIGHT_MEANS, "Scaler": SCALER_IN_PLACE, "question_mean": "So that."},
        "ben": {"row_means": SUMS},
    }.items():
        _hand_in(top, student, sources)
    run(top, "nbgrader", "autograde", "01_toy")
    run(top, "nbgrader", "generate_feedback", "01_toy")
    return top


def _hand_in(top: Path, student: str, sources: dict[str, str]) -> None:
    import json

    book = json.loads((top / "course/01_toy/toy.ipynb").read_text())
    for cell in book["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = sources.get(name, cell["source"])
    path = top / "submitted" / student / "01_toy" / "toy.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(book))


def scores(top: Path, student: str) -> dict[str, tuple[float | None, bool]]:
    with Gradebook(f"sqlite:///{top}/gradebook.db") as gradebook:
        submitted = gradebook.find_submission_notebook("toy", "01_toy", student)
        return {grade.cell.name: (grade.auto_score, grade.needs_manual_grade) for grade in submitted.grades}


def test_the_release_has_the_checks_and_no_solution(course):
    released = {
        str(path.relative_to(course / "course/01_toy"))
        for path in (course / "course/01_toy").rglob("*")
        if path.is_file()
    }
    assert released == {"toy.ipynb", "checks/test_toy.py", "checks/toy.safetensors"}
    assert "BEGIN SOLUTION" not in (course / "course/01_toy/toy.ipynb").read_text()


def test_a_release_that_nbgrader_makes_by_hand_is_what_build_makes_to_the_byte(course, tiny_course):
    for name in ("toy.ipynb", "checks/test_toy.py", "checks/toy.safetensors"):
        assert (course / "course/01_toy" / name).read_bytes() == (tiny_course / "course/01_toy" / name).read_bytes()


def test_autograde_writes_partial_credit(course):
    assert scores(course, "ann") == {
        "check_row_means": (2.0, False),
        "check_Scaler": (3.0, False),
        "question_mean": (None, True),
    }
    assert scores(course, "ben") == {
        "check_row_means": (0.0, False),
        "check_Scaler": (0.0, False),
        "question_mean": (None, True),
    }


def test_comments_say_what_failed(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        comment = gradebook.find_comment("row_means", "toy", "01_toy", "ben").auto_comment
    assert "Hint: These are the sums of the rows" in comment


def test_the_feedback_page_has_the_failing_tests_messages(course):
    page = (course / "feedback/ben/01_toy/toy.html").read_text()
    assert "These are the sums of the rows" in page
    assert "has the wrong value" in page


def test_our_own_grading_writes_the_same_marks_and_leaves_manual_ones(course, tmp_path):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("question_mean", "toy", "01_toy", "ann")
        grade.manual_score = 2.5
        changed = gradebook.find_grade("check_Scaler", "toy", "01_toy", "ann")
        changed.manual_score = 4.0
        gradebook.db.commit()
    shutil.copy(course / "gradebook.db", tmp_path / "gradebook.db")
    url = f"sqlite:///{tmp_path}/gradebook.db"
    run(course, "autograder", "grade", "submitted", "--out", str(tmp_path / "r.json"), "--gradebook", url)
    with Gradebook(url) as gradebook:
        found = {grade.cell.name: grade for grade in gradebook.find_submission_notebook("toy", "01_toy", "ann").grades}
        assert (found["check_row_means"].auto_score, found["check_Scaler"].auto_score) == (2.0, 3.0)
        assert (found["question_mean"].manual_score, found["check_Scaler"].manual_score) == (2.5, 4.0)
        assert found["check_Scaler"].needs_manual_grade


def test_a_fresh_gradebook_is_filled(course, tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"
    run(course, "autograder", "grade", "submitted", "--out", str(tmp_path / "r.json"), "--gradebook", url)
    with Gradebook(url) as gradebook:
        assert {one.student.id: one.score for one in gradebook.assignment_submissions("01_toy")} == {
            "ann": 5.0,
            "ben": 0.0,
        }
        assert gradebook.find_grade("question_mean", "toy", "01_toy", "ann").needs_manual_grade


def test_a_fault_of_the_courses_ends_the_batch_with_no_mark_and_the_same_command_goes_on(course, tmp_path):
    top = tmp_path / "course"
    shutil.copytree(course, top)
    shutil.rmtree(top / "autograded")
    words = ("nbgrader", "autograde", "01_toy", "--db", f"sqlite:///{tmp_path}/new.db")
    shutil.rmtree(top / "course")
    run(top, "nbgrader", "generate_assignment", "01_toy", "--create", *words[3:])
    said = run(top, *words, "--GradeInBox.limits={'nonsense': 1}", status=2)
    assert "01_toy/toy of ann: c.GradeInBox.limits in nbgrader_config.py" in said
    assert not (top / "autograded/ann/01_toy").exists()
    with Gradebook(f"sqlite:///{tmp_path}/new.db") as gradebook:
        assert [one.id for one in gradebook.students] == ["ann"]
        grades = gradebook.find_submission_notebook("toy", "01_toy", "ann").grades
        assert {(one.auto_score, one.needs_manual_grade) for one in grades} == {(None, True)}
    run(top, *words)
    with Gradebook(f"sqlite:///{tmp_path}/new.db") as gradebook:
        assert {one.student.id: one.score for one in gradebook.assignment_submissions("01_toy")} == {
            "ann": 5.0,
            "ben": 0.0,
        }


@pytest.mark.parametrize(
    ("problem", "ends", "status"),
    [
        (SandboxError("seccomp", "not there", "Look."), Stopped, 3),
        (CourseError("no such notebook"), Stopped, 2),
        (MachineFailed("the box ended"), MachineFailed, None),
    ],
    ids=["no sandbox", "the course", "one box"],
)
def test_no_fault_of_others_is_a_mark(course, tmp_path, problem, ends, status):
    """nbgrader goes on after MachineFailed, and cleans up and ends after Stopped, as after Ctrl-C."""
    shutil.copy(course / "gradebook.db", tmp_path / "gradebook.db")
    url = f"sqlite:///{tmp_path}/gradebook.db"
    about = {"student": "ann", "assignment": "01_toy", "notebook": "toy", "db_url": url}
    with pytest.raises(ends) as raised, _no_mark_by_others_faults(logging.getLogger("a test"), about):
        raise problem
    assert getattr(raised.value, "code", None) == status
    with Gradebook(url) as gradebook:
        comment = gradebook.find_comment("row_means", "toy", "01_toy", "ann").auto_comment
        assert all(one.needs_manual_grade for one in gradebook.find_submission_notebook("toy", "01_toy", "ann").grades)
    assert "there is no mark yet" in comment
    assert str(problem).split("\n")[0] in comment


def test_a_notebook_of_the_chapter_that_was_not_handed_in_has_no_mark_and_a_persons_flag(tiny_course, tmp_path):
    top = tmp_path / "course"
    shutil.copytree(tiny_course, top)
    shutil.copy(top / "solutions/01_toy/toy.ipynb", top / "solutions/01_toy/other.ipynb")
    shutil.rmtree(top / "course")
    run(top, "nbgrader", "generate_assignment", "01_toy", "--create")
    _hand_in(top, "ann", {"row_means": RIGHT_MEANS})
    run(top, "nbgrader", "autograde", "01_toy")
    with Gradebook(f"sqlite:///{top}/gradebook.db") as gradebook:
        missing = gradebook.find_submission_notebook("other", "01_toy", "ann")
        marks = {
            grade.cell.name: (grade.auto_score, grade.needs_manual_grade)
            for grade in missing.grades
            if grade.cell.cell_type == "code"
        }
        assert marks == {"check_row_means": (None, True), "check_Scaler": (None, True)}
        assert (
            gradebook.find_comment("row_means", "other", "01_toy", "ann").auto_comment == "No notebook was handed in."
        )
        assert gradebook.find_submission_notebook("toy", "01_toy", "ann").score == 2.0
