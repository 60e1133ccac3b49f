"""`autograder new`: what is laid out is whole, says what is to be written, and passes once that is written."""

from __future__ import annotations

import shutil

import pytest

from autograder.authoring.contract import Contract
from autograder.cli import main
from autograder.course.lints import judge_text
from autograder.course.notebook import read_course_notebook
from autograder.course.scaffold import PROMISE, lay_out
from autograder.course.validate import validate
from autograder.plain.errors import CourseError

KEY = "04_cnn/convolution"
SOURCE = "solutions/04_cnn/01_convolution.md"


@pytest.fixture
def course(root, tmp_path):
    """A course with a kit of pictures and no notebook."""
    (tmp_path / "kit/figures").mkdir(parents=True)
    (tmp_path / "kit/__init__.py").touch()
    (tmp_path / "kit/figures/__init__.py").touch()
    (tmp_path / "solutions").mkdir()
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    return tmp_path


def test_every_file_of_a_notebook_is_laid_out(course, capsys, monkeypatch):
    monkeypatch.chdir(course)
    assert main(["new", KEY, "conv2d", "MaxPool"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:5] == [
        "solutions/04_cnn/01_convolution.md",
        "solutions/04_cnn/checks/test_convolution.py",
        "solutions/04_cnn/variants/convolution.py",
        "tests/oracles/test_04_cnn_convolution.py",
        "kit/figures/convolution.py",
    ]
    assert all((course / name).exists() for name in said[:5])


def test_what_is_left_to_write_is_said_line_by_line_and_nothing_else_is_wrong(course):
    lay_out(course, KEY, ["conv2d", "MaxPool"])
    found = judge_text(read_course_notebook(course / SOURCE))
    assert found.problems
    assert [line for line in found.problems if ": still to be written: " not in line] == []
    names = ("checks/test_convolution.py", "variants/convolution.py", "01_convolution.md", "figures/convolution.py")
    for name in names:
        assert any(name in line for line in found.problems), name


def test_its_checks_run_and_its_contracts_are_kept_by_the_stub_that_is_given(course):
    lay_out(course, KEY, ["conv2d"])
    found = validate(read_course_notebook(course / SOURCE), range(2))
    other = [line for line in found.problems if "still to be written" not in line and "are wanted" not in line]
    assert other == []
    assert (found.mistakes, found.right, found.contracts) == (1, 1, 1)


def test_the_docstring_says_what_a_contract_without_promises_of_its_own_says():
    assert Contract("f", inputs=lambda rng, N=4, dtype=None: ()).sentence == PROMISE


def test_a_notebook_is_the_chapters_next_or_has_the_number_that_is_said(course):
    keys = (KEY, "04_cnn/pooling", "04_cnn/07_padding", "04_cnn/resnet")
    laid = [lay_out(course, key, [f"make{number}"])[0].name for number, key in enumerate(keys)]
    assert laid == ["01_convolution.md", "02_pooling.md", "07_padding.md", "08_resnet.md"]
    assert read_course_notebook(course / "solutions/04_cnn/padding").checks.name == "test_padding.py"


def test_a_chapter_without_numbers_stays_without(course):
    (course / "solutions/04_cnn").mkdir()
    (course / "solutions/04_cnn/old.md").touch()
    assert lay_out(course, KEY, ["conv2d"])[0].name == "convolution.md"


def test_a_notebook_that_is_there_under_another_number_is_not_laid_out_again(course):
    (course / "solutions/04_cnn").mkdir()
    (course / "solutions/04_cnn/03_convolution.md").write_text("mine")
    with pytest.raises(CourseError, match=r"solutions/04_cnn/03_convolution\.md is there already: nothing was written"):
        lay_out(course, KEY, ["conv2d"])


def test_nothing_is_overwritten(course):
    lay_out(course, KEY, ["conv2d"])
    (course / "solutions/04_cnn/checks/test_convolution.py").write_text("mine")
    with pytest.raises(CourseError, match=r"test_convolution\.py.* are there already: nothing was written"):
        lay_out(course, KEY, ["conv2d"])
    assert (course / "solutions/04_cnn/checks/test_convolution.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("key", "exercises", "said"),
    [
        ("convolution", ["f"], "convolution/ came, expected a chapter and a notebook, such as 04_cnn/convolution"),
        ("04_cnn/conv.md", ["f"], r"04_cnn/conv\.md came"),
        (KEY, ["f", "f"], "expected names of functions or classes, each once"),
        (KEY, ["max pool"], "max pool came"),
    ],
)
def test_names_that_cannot_be_are_refused(course, key, exercises, said):
    with pytest.raises(CourseError, match=said):
        lay_out(course, key, exercises)
