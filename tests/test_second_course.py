"""The grader knows no subject: a course about words, without torch in it and with a package of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOWER = "def count_vowels(words):\n    return {word: sum(letter in 'aeiou' for letter in word) for word in words}"
RIGHT = "def count_vowels(words):\n    return {word: sum(is_vowel(letter) for letter in word) for word in words}"


def autograder(course: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command at the top of the course, its kit on PYTHONPATH."""
    environment = {**os.environ, "PYTHONPATH": str(course / "kits")}
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", *map(str, words)],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course, built."""
    top = tmp_path_factory.mktemp("second") / "course"
    shutil.copytree(ROOT / "tests" / "second_course", top, ignore=shutil.ignore_patterns("course", "__pycache__"))
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8").replace('"kernel-school"', '"words"')
    (top / "nbgrader_config.py").write_text(config, encoding="utf-8")
    built = autograder(top, "build")
    assert built.returncode == 0, built.stdout + built.stderr
    return top


def hand_in(course: Path, tree: Path, student: str, source: str) -> Path:
    """Hand in a notebook whose stub is `source`."""
    book = json.loads((course / "course/01_words/counting.ipynb").read_text(encoding="utf-8"))
    for cell in book["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "count_vowels":
            cell["source"] = source
    path = tree / student / "01_words" / "counting.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


def test_its_checks_are_judged_by_its_mistakes(course):
    done = autograder(course, "validate", "--seeds", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 mistakes and 2 right answers" in done.stdout


def test_it_is_graded_in_the_box_where_its_own_package_can_be_imported(course, tmp_path):
    hand_in(course, tmp_path / "submitted", "ann", RIGHT)
    hand_in(course, tmp_path / "submitted", "ben", LOWER)
    done = autograder(
        course,
        "grade",
        tmp_path / "submitted",
        "--out",
        tmp_path / "results.json",
        "--workers",
        "1",
        "--gradebook",
        f"sqlite:///{tmp_path / 'gradebook.db'}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert {one["student"]: one["score"] for one in results["submissions"]} == {"ann": 2.0, "ben": 1.0}
    assert results["submissions"][1]["exercises"][0]["hint"].startswith("A capital is another letter")


def test_a_student_checks_it_from_a_terminal(course, tmp_path):
    path = hand_in(course, tmp_path / "mine", "ann", RIGHT)
    shutil.copytree(course / "course/01_words/checks", path.parent / "checks")
    done = autograder(course, "check", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "count_vowels: passed, 2 of 2 points" in done.stdout


def test_a_kit_that_is_not_there_is_said_by_name_with_the_remedy(course, tmp_path):
    bare = tmp_path / "course"
    shutil.copytree(course, bare)
    hand_in(bare, tmp_path / "submitted", "ann", RIGHT)
    shutil.move(bare / "kits", bare / "elsewhere")
    done = autograder(bare, "grade", tmp_path / "submitted", "--out", tmp_path / "results.json")
    assert done.returncode == 2
    assert "wordkit" in done.stderr
    assert "PYTHONPATH" in done.stderr


def test_its_students_edition_has_its_kit_and_its_own_names(course, tmp_path):
    import zipfile

    done = autograder(course, "students", tmp_path / "edition")
    assert done.returncode == 0, done.stdout + done.stderr
    wheel = next((tmp_path / "edition/wheels").glob("words_course-*.whl"))
    inside = zipfile.ZipFile(wheel).namelist()
    assert {"wordkit/__init__.py", "words_course/course.toml", "words_course/01_words/counting.ipynb"} <= set(inside)
    text = (tmp_path / "edition/README.md").read_text()
    assert "course/01_words/counting.ipynb" in text
    assert "Kernel School" not in text
