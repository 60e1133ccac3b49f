"""Notebooks whose files carry their place in the chapter, from the build to the marks: 02_toy.ipynb is toy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.checking.namespace import find_home
from autograder.course.build import build, leftovers, stale
from autograder.course.lints import judge_text
from autograder.course.notebook import course_notebooks, read_course_notebook
from autograder.course.release import select
from autograder.grading.handed_in import handed_in
from autograder.live.terminal import check_notebook
from autograder.plain.numbered import at, name_of, place_of
from autograder.plain.results_file import read
from autograder.report.views import stem_of

BIN = Path(sys.executable).parent
KEY = ("01_toy", "toy")
MEANS = "def row_means(x):\n    return x.mean(dim=1)"
SUMS = "def row_means(x):\n    return x.sum(dim=1)"


def run(folder: Path, *words: str) -> str:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [BIN / words[0], *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def hand_in(top: Path, place: str, means: str) -> Path:
    """Hand in the toy notebook at <student>/<chapter>/<file>, with an answer to one exercise."""
    book = json.loads((top / "course/01_toy/02_toy.ipynb").read_text())
    for cell in book["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "row_means":
            cell["source"] = means
    path = top / "submitted" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(book))
    return path


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """The tiny course, its notebook the second of the chapter: built, and handed in under both names."""
    top = tmp_path_factory.mktemp("numbered") / "course"
    unbuilt = shutil.ignore_patterns("course", "*.ipynb", "*.safetensors")
    shutil.copytree(root / "tests/tiny_course", top, ignore=unbuilt)
    shutil.copy(root / "nbgrader_config.py", top)
    (top / "solutions/01_toy/toy.md").rename(top / "solutions/01_toy/02_toy.md")
    build(top, select(top, None), report=lambda line: None)
    hand_in(top, "ann/01_toy/02_toy.ipynb", MEANS)
    hand_in(top, "ben/01_toy/toy.ipynb", MEANS)
    hand_in(top, "cem/01_toy/02_toy.ipynb", SUMS)
    return top


@pytest.fixture(scope="module")
def results(course):
    """The class as `autograder grade` grades it, into a gradebook and for the formgrader."""
    words = "grade submitted --out r.json --seed 7 --gradebook sqlite:///ours.db --autograded ours"
    run(course, "autograder", *words.split())
    return read(course / "r.json")


def test_a_files_name_has_a_number_or_none():
    stems = ("01_knn", "knn", "2d_conv", "12_", "001_knn")
    assert [name_of(one) for one in stems] == ["knn", "knn", "2d_conv", "12_", "001_knn"]
    assert [place_of(one) for one in ("01_knn", "10_knn", "knn")] == [1, 10, None]


def test_a_file_is_found_by_its_notebooks_name_and_by_an_older_number(tmp_path):
    (tmp_path / "02_knn.ipynb").touch()
    (tmp_path / "02_knn.md").touch()
    (tmp_path / "01_aknn.ipynb").touch()
    for name in ("knn", "02_knn", "07_knn"):
        assert at(tmp_path / f"{name}.ipynb").name == "02_knn.ipynb"
    assert at(tmp_path / "trees.ipynb").name == "trees.ipynb"


def test_the_built_files_have_the_number_and_what_belongs_to_the_notebook_its_name(course):
    made = {path.relative_to(course / "course/01_toy").as_posix() for path in (course / "course/01_toy").rglob("*.*")}
    assert made == {"02_toy.ipynb", "checks/test_toy.py", "checks/toy.safetensors"}
    notebooks = course_notebooks(course / "solutions")
    assert [(one.chapter, one.name) for one in notebooks] == [KEY]
    assert (stale(course, notebooks), leftovers(course, notebooks)) == ([], [])
    assert read_course_notebook(course / "solutions/01_toy/toy").path == notebooks[0].path


def test_both_names_are_graded_in_their_place_and_not_opened(course, results):
    found = {one.student: one for one in results.submissions}
    assert {(one.chapter, one.notebook) for one in found.values()} == {KEY}
    assert {name: (one.status, one.score) for name, one in found.items()} == {
        "ann": ("graded", 2.0),
        "ben": ("graded", 2.0),
        "cem": ("graded", 0.0),
    }
    assert {name: one.place for name, one in found.items()} == {
        "ann": "ann/01_toy/02_toy.ipynb",
        "ben": "",
        "cem": "cem/01_toy/02_toy.ipynb",
    }
    assert [stem_of(found[name]) for name in ("ann", "ben")] == ["02_toy", "toy"]


def test_of_both_names_in_one_folder_that_with_the_number_counts_and_the_other_is_named(course, tmp_path):
    for name, means in (("02_toy", MEANS), ("toy", SUMS)):
        shutil.copy(hand_in(course, f"../elsewhere/ada/01_toy/{name}.ipynb", means), tmp_path)
    (one,) = handed_in(course / "elsewhere", course).submissions
    assert one.path.name == "02_toy.ipynb"
    assert one.note == "'01_toy/toy.ipynb' was handed in too and not graded"


def test_a_copy_with_another_name_is_told_by_its_contents_and_its_student_by_the_name(course, tmp_path):
    shutil.copy(course / "submitted/ann/01_toy/02_toy.ipynb", tmp_path / "mueller_02_toy (1).ipynb")
    (one,) = handed_in(tmp_path, course).submissions
    assert (one.student, one.chapter, one.notebook) == ("mueller", *KEY)


@pytest.mark.parametrize("name", ["02_toy.ipynb", "toy.ipynb"])
def test_a_student_checks_the_notebook_by_either_name(course, name):
    (one,) = check_notebook(course / "course/01_toy" / name, ["Scaler"]).exercises
    assert one.outcome == "unwritten"


def test_an_open_notebook_is_checked_by_its_own_recording(course, tmp_path):
    """Of two notebooks with an exercise of one name; Jupyter says the file's name, with the number."""
    (tmp_path / "checks").mkdir()
    for name in ("atoy", "toy"):
        shutil.copy(course / "course/01_toy/checks/toy.safetensors", tmp_path / f"checks/{name}.safetensors")
    assert find_home("row_means", tmp_path, "02_toy").notebook == "toy"


def test_feedback_is_named_as_the_students_file_and_repeats_the_check_with_it(course, results, tmp_path):
    run(course, "autograder", "report", "r.json", "--feedback", str(tmp_path / "f"), "--submitted", "submitted")
    page = (tmp_path / "f/cem/01_toy/02_toy.html").read_text()
    assert "autograder check 01_toy/02_toy.ipynb --exercise row_means --seed 7" in page
    assert "x.sum(dim=1)" in page  # the student's own code was found
    assert "Read from" not in page
    assert (tmp_path / "f/ben/01_toy/toy.html").exists()
    assert (tmp_path / "f/answers/01_toy/toy.seed-7.safetensors").exists()


def test_the_gradebook_and_the_formgraders_files_are_named_as_nbgrader_names_them(course, results):
    with Gradebook(f"sqlite:///{course}/ours.db") as gradebook:
        assert [one.name for one in gradebook.find_assignment("01_toy").notebooks] == ["02_toy"]
        assert {one.student.id: one.score for one in gradebook.assignment_submissions("01_toy")} == {
            "ann": 2.0,
            "ben": 2.0,
            "cem": 0.0,
        }
    made = {path.relative_to(course / "ours").as_posix() for path in (course / "ours").rglob("*.ipynb")}
    assert made == {f"{student}/01_toy/02_toy.ipynb" for student in ("ann", "ben", "cem")}


def test_a_gradebook_that_knows_the_notebook_without_its_number_keeps_its_marks(course, results, tmp_path):
    shutil.copy(course / "ours.db", tmp_path / "old.db")
    url = f"sqlite:///{tmp_path}/old.db"
    with Gradebook(url) as gradebook:
        gradebook.find_notebook("02_toy", "01_toy").name = "toy"
        gradebook.find_grade("question_mean", "toy", "01_toy", "ben").manual_score = 1.5
        gradebook.db.commit()
    run(course, "autograder", "grade", "submitted", "--out", "r.json", "--seed", "7", "--gradebook", url)
    with Gradebook(url) as gradebook:
        assert [one.name for one in gradebook.find_assignment("01_toy").notebooks] == ["02_toy"]
        assert gradebook.find_submission_notebook("02_toy", "01_toy", "ben").score == 3.5


def test_nbgraders_own_autograde_and_feedback_take_both_names(course, tmp_path):
    top = tmp_path / "course"
    shutil.copytree(course, top, ignore=shutil.ignore_patterns("course", "ours*", "elsewhere"))
    run(top, "nbgrader", "generate_assignment", "01_toy", "--create")
    run(top, "nbgrader", "autograde", "01_toy")
    run(top, "nbgrader", "generate_feedback", "01_toy")
    with Gradebook(f"sqlite:///{top}/gradebook.db") as gradebook:
        for student, score in (("ann", 2.0), ("ben", 2.0), ("cem", 0.0)):
            grades = gradebook.find_submission_notebook("02_toy", "01_toy", student).grades
            assert {one.cell.name: (one.auto_score, one.needs_manual_grade) for one in grades} == {
                "check_row_means": (score, False),
                "check_Scaler": (0.0, False),
                "question_mean": (None, True),
            }
            assert (top / "feedback" / student / "01_toy/02_toy.html").exists()


def test_two_files_of_one_place_and_a_need_that_comes_later_are_said(course, tmp_path):
    top = tmp_path / "course"
    shutil.copytree(course / "solutions", top / "solutions")
    source = top / "solutions/01_toy/02_toy.md"
    for name in ("02_other", "03_later"):
        shutil.copy(source, source.with_name(f"{name}.md"))
    text = source.read_text()
    assert "  needs: []\n" in text
    source.write_text(text.replace("  needs: []\n", "  needs: [01_toy/later]\n"))
    said = judge_text(read_course_notebook(source)).problems
    assert "02_other.md has the same number: rename one" in said
    assert "the header needs 01_toy/later, which comes later: give the files other numbers" in said
