"""The catalogue through nbgrader's own command: each attack a student of one assignment, marks from its gradebook.

By default a part of the catalogue, one or two of each kind; all of it with KERNEL_SCHOOL_ALL_ATTACKS=1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import RIGHT
from nbgrader.api import Gradebook
from world import CHECK, FORBIDDEN_IN_TEXT, Seen, catalogue

PART = (
    "atexit_handler",
    "base_exception",
    "connect_tcp",
    "crash_native",
    "daemon_outlives",
    "display_hook",
    "eat_memory_in_torch",
    "endless_loop",
    "equal_to_everything",
    "exit_status_of_kernel",
    "flood_output",
    "forged_reply",
    "kill_other",
    "os_exit",
    "patch_assert_close",
    "poison_torch",
    "read_solution",
    "strip_asserts",
    "terminal_escapes",
    "walk_frames",
    "write_conftest",
    "write_gradebook",
)
ATTACKS = [one for one in catalogue() if os.environ.get("KERNEL_SCHOOL_ALL_ATTACKS") or one.name in PART]
HONEST = ("aa_before", "zz_after")
LIMITS = """
c.GradeInBox.limits = {
    "call_seconds": 1, "load_seconds": 2, "submission_seconds": 15, "memory_bytes": 384 << 20, "output_bytes": 2000,
    "tmpfs_bytes": 16 << 20, "tmpfs_files": 500,
}
"""
WRONG = "def row_means(x):\n    return x[:, 0]\n"


def nbgrader(folder: Path, *words: str) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def hand_in(course: Path, student: str, **sources: str) -> None:
    book = json.loads((course / "course/01_toy/toy.ipynb").read_text())
    for cell in book["cells"]:
        cell["source"] = sources.get(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell["source"])
    path = course / "submitted" / student / "01_toy" / "toy.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(book))


@pytest.fixture(scope="module")
def graded(tiny_course, world, tmp_path_factory):
    """The course after one `nbgrader autograde`, and what was seen outside."""
    course = tmp_path_factory.mktemp("attacked") / "course"
    shutil.copytree(tiny_course, course)
    shutil.rmtree(course / "course")
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(LIMITS)
    nbgrader(course, "generate_assignment", "01_toy", "--create")
    world.reset()
    for attack in ATTACKS:
        hand_in(course, attack.name, row_means=world.cell(attack))
    for name in HONEST:
        hand_in(course, name, **RIGHT)
    nbgrader(course, "autograde", "01_toy")
    seen = Seen()
    world.look(seen)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        scores = {one.student.id: one.score for one in gradebook.assignment_submissions("01_toy")}
    return course, seen, scores


def test_every_attack_was_graded_and_none_gained_a_point(graded):
    scores = graded[2]
    assert {one.name: scores[one.name] for one in ATTACKS} == {one.name: 0.0 for one in ATTACKS}


def test_the_honest_students_beside_them_have_full_marks(graded):
    scores = graded[2]
    assert [scores[name] for name in HONEST] == [6.0, 6.0]


def test_nothing_outside_was_touched(graded):
    assert graded[1].harm == []


def test_no_answer_and_no_raw_markup_stands_in_what_is_kept(graded, world):
    kept = [json.loads(path.read_text()) for path in (graded[0] / "autograded").rglob("*.ipynb")]
    assert len(kept) == len(ATTACKS) + len(HONEST)
    cards = [one["data"] for book in kept for cell in book["cells"] for one in cell.get("outputs", []) if "data" in one]
    assert len(cards) >= 2 * len(kept)
    for card in cards:
        assert not any(piece in text for text in card.values() for piece in (world.key, *FORBIDDEN_IN_TEXT))
        assert "<script>" not in card.get("text/html", "")


def test_the_same_through_nbgrader_as_it_comes_gains_full_marks(tmp_path):
    """The control: one attack, one real `nbgrader autograde` with its own Execute; the table has them all."""
    sources = {"solution": "### BEGIN SOLUTION\n### END SOLUTION\n", "check": CHECK.format(key="key")}
    cells = [
        {
            "cell_type": "code",
            "id": name,
            "source": text,
            "outputs": [],
            "execution_count": None,
            "metadata": {
                "nbgrader": {
                    "schema_version": 3,
                    "grade_id": name,
                    "task": False,
                    "solution": name == "solution",
                    "grade": name == "check",
                    "locked": name == "check",
                    **({"points": 2} if name == "check" else {}),
                }
            },
        }
        for name, text in sources.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (tmp_path / "source/toy").mkdir(parents=True)
    (tmp_path / "source/toy/toy.ipynb").write_text(json.dumps(book))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    nbgrader(tmp_path, "generate_assignment", "toy", "--create")
    patched = next(one.text for one in catalogue() if one.name == "patch_assert_close")
    for student, source in {"mallory": patched, "wendy": WRONG}.items():
        cells[0]["source"] = source
        path = tmp_path / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(book))
    nbgrader(tmp_path, "autograde", "toy")
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        scores = {one.student.id: one.score for one in gradebook.assignment_submissions("toy")}
    assert scores == {"mallory": 2.0, "wendy": 0.0}
