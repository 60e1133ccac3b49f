"""What an author is told of hints: how many mistakes get their own, and whose hint was given to another."""

from __future__ import annotations

import shutil

import pytest

from autograder.course.notebook import read_course_notebook
from autograder.course.validate import validate

LUCKY = """

TIMES = []


@mistake("row_means", hint="This depends on how often it was called.")
def lucky(x):
    if x.shape == (4, 3):  # the first test asks so, once when it is recorded and once when it is judged
        TIMES.append(0)
    return x.sum(dim=1) if len(TIMES) > 1 else x.sum(dim=1) - 1
"""
TWINS = """

@mistake("row_means", hint="The rows are squared. Look at the first line.")
def squared(x):
    return x.square().mean(dim=1)


@mistake("row_means", hint="The rows are squared. Look at the last line.")
def squared_too(x):
    return (x * x).mean(dim=1)
"""


@pytest.fixture
def toy(root, tmp_path):
    """Validate the toy's notebook with more variants."""

    def toy(more=""):
        top = tmp_path / "course"
        shutil.copytree(root / "tests/tiny_course", top)
        with (top / "solutions/01_toy/variants/toy.py").open("a") as file:
            file.write(more)
        return validate(read_course_notebook(top / "solutions/01_toy/toy.md"), [0])

    return toy


def test_mistakes_get_their_own_hints(toy):
    found = toy()
    assert found.hints["own hint"] >= 8
    assert not found.hints["another's hint"]
    assert not [line for line in found.problems if "hint" in line]


def test_a_hint_that_belongs_to_another_mistake_is_a_problem_that_names_both(toy):
    found = toy(LUCKY)
    (line,) = [line for line in found.problems if "hint" in line]
    assert line.startswith("row_means: lucky at seed 0 was answered with the hint of sums")
    assert found.hints["another's hint"] == 1


def test_mistakes_that_answer_alike_are_told_what_their_hints_share(toy):
    found = toy(TWINS)
    assert found.hints["a relation, or what several share"] == 2
