"""A stub says what to write and names its exercise."""

from __future__ import annotations

import pytest

from autograder.course.stubs import WIDTH, cleared_source
from autograder.plain.errors import CourseError
from autograder.plain.stub import STUB_RAISES

FUNCTION = '''def f(x):
    """Return twice x.

    More.
    """
    y = x
    ### BEGIN SOLUTION
    y = 2 * x
    return y
    ### END SOLUTION
'''

CLASS = '''class Net:
    """A net."""

    def __init__(self):
        ### BEGIN SOLUTION
        self.w = 1
        ### END SOLUTION

    def forward(self, x):
        """Return the "scores" of x."""
        ### BEGIN SOLUTION
        return self.w * x
        ### END SOLUTION
'''


def error_of(source: str, name: str, call) -> str:
    namespace: dict = {}
    exec(cleared_source(source, name), namespace)
    with pytest.raises(NotImplementedError) as caught:
        call(namespace)
    return str(caught.value)


def test_the_error_names_the_exercise_and_says_what_to_write():
    assert error_of(FUNCTION, "f", lambda ns: ns["f"](1)) == "f: Return twice x."


def test_nothing_of_the_solution_is_left():
    assert "2 * x" not in cleared_source(FUNCTION, "f")
    assert "y = x" in cleared_source(FUNCTION, "f")


def test_each_method_says_its_own():
    assert error_of(CLASS, "Net", lambda ns: ns["Net"]()) == "Net.__init__: A net."
    assert error_of(CLASS, "Net", lambda ns: ns["Net"].forward(None, 1)) == "Net.forward: Return the 'scores' of x."


def test_a_long_message_is_broken_over_lines_that_fit_and_is_still_one_sentence():
    long = FUNCTION.replace("Return twice x.", f'Return {"twice and " * 20}"well" x \\\\.')
    stub = cleared_source(long, "f")
    assert max(map(len, stub.split("More.")[1].splitlines())) <= WIDTH
    assert error_of(long, "f", lambda ns: ns["f"](1)) == f"f: Return {'twice and ' * 20}'well' x \\."
    (told,) = STUB_RAISES.findall(stub)
    assert told == stub[stub.index("    raise") :]


@pytest.mark.parametrize("length", range(30, 80))
def test_no_length_of_a_message_makes_a_line_too_long(length):
    stub = cleared_source(CLASS.replace("A net.", ("word " * 30)[:length].strip() + "."), "Net")
    assert max(len(line) for line in stub.splitlines() if '"""' not in line) <= WIDTH
    assert len(STUB_RAISES.findall(stub)) == 2


@pytest.mark.parametrize(
    "source, said",
    [
        ("def f(x):\n    return x\n", "has no ### BEGIN SOLUTION"),
        ("def f(x):\n    'Doc.'\n    ### BEGIN SOLUTION\n    return x\n", "not followed by"),
        ("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n", "no docstring"),
    ],
)
def test_a_cell_that_can_not_be_cleared_is_the_authors_fault(source, said):
    with pytest.raises(CourseError, match=said):
        cleared_source(source, "f")
