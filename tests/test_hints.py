"""What an author is told of hints: how many mistakes get their own, and whose hint was given to another."""

from __future__ import annotations

import re
import shutil

import pytest

from autograder.checking import assess
from autograder.course.notebook import read_course_notebook
from autograder.course.validate import validate

TWINS = """

@mistake("row_means", hint="The rows are squared. Look at the first line.")
def squared(x):
    return x.square().mean(dim=1)


@mistake("row_means", hint="The rows are squared. Look at the last line.")
def squared_too(x):
    return (x * x).mean(dim=1)
"""


RAISES = """

@mistake("row_means", hint="There is no column -7.")
def raises_always(x):
    return x[:, -7].mean(dim=1)
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


def test_a_hint_that_belongs_to_another_mistake_is_a_problem_that_names_both(toy, monkeypatch):
    """A mistake explains at least its own evidence: so the hint of the first is put in, whatever came."""

    def the_first(name, _tally, recording):
        return recording.mistakes[name][0].hint

    monkeypatch.setattr(assess, "_mistakes_hint", the_first)
    found = toy()
    wrong = [line for line in found.problems if "was answered with the hint of" in line]
    assert found.hints["another's hint"] == len(wrong) > 3
    assert any(re.match(r"row_means: \w+ at seed 0 was answered with the hint of \w+", line) for line in wrong)


def test_mistakes_that_answer_alike_are_told_what_their_hints_share(toy):
    found = toy(TWINS)
    assert found.hints["a relation, or what several share"] == 2


def test_a_mistake_that_raises_gets_its_hint_although_it_raises_on_a_device_too(toy):
    """The device rule's probe raises as every other test does, and tells nothing of the mistake."""
    found = toy(RAISES)
    assert not [line for line in found.remarks if "raises_always" in line]
