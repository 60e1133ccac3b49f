"""A mistake as a few words changed in the reference's source."""

from __future__ import annotations

import pytest

from autograder.course.edits import edited, load_variants, without_docstrings
from autograder.plain.errors import CourseError

SOURCE = '''
def norm(x):
    """Return x.pow(2).sum().sqrt().

    Twice: x.pow(2).
    """
    ### BEGIN SOLUTION
    squares = x.pow(2)
    return squares.sum().sqrt()
    ### END SOLUTION
'''
VARIANTS = """
from autograder.authoring import mistake, right

POWER = 3


@mistake("norm", edit={".sqrt()": ""}, hint="The root is missing.")
def no_root(): ...


@mistake("norm", edit={"pow(2)": "pow(POWER)", "sum": "mean"}, hint="A mean of cubes.")
def two_edits_and_a_name_of_this_file(): ...


@right("norm", edit={"x.pow(2)": "x * x"})
def by_hand(): ...
"""


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "norm.py"
        path.write_text(text)
        return {one.name: one for one in load_variants(path, {}, {"norm": SOURCE})}

    return load


def test_edits_make_the_reference_into_the_mistake(load):
    import torch

    made = load(VARIANTS)
    x = torch.tensor([3.0, 4.0])
    answers = {name: one.definition(x).item() for name, one in made.items()}
    assert answers == {"no_root": 25.0, "two_edits_and_a_name_of_this_file": pytest.approx(45.5**0.5), "by_hand": 5.0}
    assert made["no_root"].hint == "The root is missing."
    assert made["by_hand"].is_right
    assert made["no_root"].definition.__name__ == "norm"


@pytest.mark.parametrize(("old", "times"), [("cube", 0), ("squares", 2), ("Twice", 0), ("BEGIN", 0)])
def test_what_is_replaced_stands_exactly_once_in_the_code(load, old, times):
    text = VARIANTS.replace('".sqrt()": ""', f'"{old}": ""')
    with pytest.raises(
        CourseError,
        match=rf"norm.py: no_root: '{old}' stands {times} times in the source of norm, .* give more, or less",
    ):
        load(text)


def test_an_edit_that_is_no_python_is_refused_by_name(load):
    with pytest.raises(CourseError, match=r"norm.py: no_root: after its edits the source of norm can't be run"):
        load(VARIANTS.replace('".sqrt()": ""', '".sqrt()": "("'))


def test_an_edit_of_another_notebooks_exercise_is_refused(load):
    with pytest.raises(CourseError, match="no_root edits length, which is no exercise"):
        load(VARIANTS.replace('mistake("norm", edit={".sqrt', 'mistake("length", edit={".sqrt'))


def test_docstrings_of_methods_and_classes_are_left_out_of_what_is_edited():
    source = (
        'class A:\n    """Say one."""\n\n    def f(self):\n        """Say one,\n        and two."""\n'
        '        return "one"\n'
    )
    assert without_docstrings(source) == 'class A:\n    ""\n\n    def f(self):\n        ""\n        return "one"\n'
    assert edited(source, {"one": "two"}, "A", "here").count("two") == 1


OF_ANOTHER = """
from autograder.authoring import mistake, right


@right("norm")
def by_product(x):
    return (x @ x) ** 0.5


@mistake("norm", of=by_product, edit={"** 0.5": ""}, hint="The root is missing.")
def no_root_of_the_product(): ...
"""


def test_an_edit_may_be_of_another_answer_in_the_file(load):
    import torch

    made = load(OF_ANOTHER)
    x = torch.tensor([3.0, 4.0])
    assert made["by_product"].definition(x).item() == 5.0
    assert made["no_root_of_the_product"].definition(x).item() == 25.0
    assert made["no_root_of_the_product"].source == "def by_product(x):\n    return (x @ x) \n"


def test_what_is_edited_is_written_out_in_the_file(load):
    edited_twice = (
        OF_ANOTHER
        + """

@mistake("norm", of=no_root_of_the_product, edit={"x @ x": "x"}, hint="Nothing is squared.")
def no_square(): ...
"""
    )
    with pytest.raises(
        CourseError, match="no_square edits no_root_of_the_product, which is no variant that is written"
    ):
        load(edited_twice)
    with pytest.raises(
        CourseError, match="no_root_of_the_product names what it is made of, by_product, and has no edit"
    ):
        load(OF_ANOTHER.replace(', edit={"** 0.5": ""}', ""))
