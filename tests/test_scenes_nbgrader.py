"""One table of scenes, graded by nbgrader's own autograde and by ours: the same marks, the same comments, no
batch stopped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from tests.scenes import SCENES, Scene

BIN = Path(sys.executable).parent
SEED = "5"
Marks = dict[str, tuple[float | None, bool]]
Comments = dict[str, str | None]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [BIN / words[0], *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=500
    )


def student_of(scene: Scene) -> str:
    return scene.name.replace(" ", "-").replace(",", "").replace("'", "")


def hand_in(scene: Scene, released: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "toy.ipynb").write_bytes(scene.content(released))


@pytest.fixture(scope="module")
def course(tiny_course, tmp_path_factory) -> Path:
    """A course folder in which every scene is a student's, and files beside them that nobody expects."""
    top = tmp_path_factory.mktemp("scenes") / "course"
    shutil.copytree(tiny_course, top)
    released = json.loads((top / "course/01_toy/toy.ipynb").read_text())
    for scene in SCENES:
        hand_in(scene, released, top / "submitted" / student_of(scene) / "01_toy")
    linked = top / "submitted" / "a-link" / "01_toy"
    linked.mkdir(parents=True)
    (linked / "toy.ipynb").symlink_to(top / "course/01_toy/toy.ipynb")
    (top / "submitted" / "a-folder" / "01_toy" / "toy.ipynb").mkdir(parents=True)
    return top


@pytest.fixture(scope="module")
def by_nbgrader(course) -> Path:
    """nbgrader's own gradebook after one batch of its autograde."""
    shutil.rmtree(course / "course")
    made = run(course, "nbgrader", "generate_assignment", "01_toy", "--create")
    assert made.returncode == 0, made.stderr
    done = run(course, "nbgrader", "autograde", "01_toy", f"--GradeInBox.seed={SEED}")
    assert done.returncode == 0, done.stdout + done.stderr
    return course / "gradebook.db"


@pytest.fixture(scope="module")
def by_us(course, by_nbgrader, tmp_path_factory) -> Path:
    """A second gradebook, filled by our own grading."""
    folder = tmp_path_factory.mktemp("ours")
    done = run(
        course,
        "autograder",
        "grade",
        "submitted",
        "--out",
        str(folder / "r.json"),
        "--seed",
        SEED,
        "--workers",
        "1",
        "--gradebook",
        f"sqlite:///{folder}/gradebook.db",
        "--autograded",
        str(folder / "autograded"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "gradebook.db"


def read(database: Path, student: str) -> tuple[float, Marks, Comments]:
    with Gradebook(f"sqlite:///{database}") as gradebook:
        submitted = gradebook.find_submission_notebook("toy", "01_toy", student)
        marks = {one.cell.name: (one.auto_score, one.needs_manual_grade) for one in submitted.grades}
        return submitted.score, marks, {one.cell.name: one.auto_comment for one in submitted.comments}


@pytest.mark.parametrize("scene", SCENES, ids=student_of)
def test_both_routes_write_the_same_marks_and_comments(scene, by_nbgrader, by_us):
    theirs, ours = read(by_nbgrader, student_of(scene)), read(by_us, student_of(scene))
    assert theirs == ours
    assert theirs[0] == (scene.points or 0.0)
    said = " ".join(filter(None, theirs[2].values()))
    if scene.points is None:
        assert all(word in said for word in ("could not be graded", *scene.says)), said


@pytest.mark.parametrize("student", ["a-link", "a-folder"])
def test_what_is_no_file_costs_its_own_marks_in_both_routes(student, by_nbgrader, by_us):
    theirs, ours = read(by_nbgrader, student), read(by_us, student)
    assert theirs == ours
    assert theirs[0] == 0.0
    assert "The notebook could not be graded" in (theirs[2]["row_means"] or "")


@pytest.mark.parametrize("scene", SCENES, ids=student_of)
def test_both_routes_show_the_same_notebook_with_every_cell_that_gives_points(scene, by_nbgrader, by_us):
    shown = []
    for top in (by_nbgrader, by_us):
        book = nbformat.read(top.parent / "autograded" / student_of(scene) / "01_toy/toy.ipynb", as_version=4)
        nbformat.validate(book)
        shown.append(
            [
                (cell.cell_type, cell.source, cell.metadata.get("nbgrader", {}), cell.get("outputs"))
                for cell in book.cells
            ]
        )
        names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in book.cells]
        assert sorted(filter(None, names)) == [
            "Scaler",
            "check_Scaler",
            "check_row_means",
            "question_mean",
            "row_means",
        ]
    assert shown[0] == shown[1]
