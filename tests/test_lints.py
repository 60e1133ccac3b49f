"""What is seen in a notebook by reading it: each line says what came, where, and what to do."""

from __future__ import annotations

import re
import shutil

import pytest

from autograder.course.lints import judge_text
from autograder.course.lints_header import minutes_of
from autograder.course.notebook import course_notebooks, read_course_notebook

TOY = "solutions/01_toy/toy.md"


@pytest.fixture
def course(root, tmp_path):
    """A copy of the tiny course, not built."""
    shutil.copytree(root / "tests/tiny_course", tmp_path / "course", ignore=shutil.ignore_patterns("course"))
    return tmp_path / "course"


def lines(course, old="", new="", file=TOY):
    path = course / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = judge_text(read_course_notebook(course / TOY))
    return [*found.problems, *found.remarks]


def test_the_tiny_course_has_nothing_to_mend(course):
    assert lines(course) == []


def test_no_notebook_of_the_course_has_a_problem_that_reading_shows(root):
    assert [line for one in course_notebooks(root / "solutions") for line in judge_text(one).problems] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  teaches: how the autograder is tested\n", "", "the header has no `teaches`: write `teaches: one line"),
        (
            "needs: []",
            "needs: [01_toy/nothing]",
            "the header needs 01_toy/nothing, which is no notebook of the course; there are 01_toy/toy",
        ),
        ("needs: []", "needs: [01_toy/toy]", "the header's `needs` go round in a circle: 01_toy/toy needs 01_toy/toy"),
        ("minutes: 25", "minutes: a few", "the header's `minutes` is 'a few', expected a whole number: about 23"),
        (
            "minutes: 25",
            "minutes: 60",
            "the header says 60 minutes, its parts sum to 23: 15 of exercises, .* 1 questions of 8; write 25",
        ),
        ("# A toy", "## A toy", "the first heading is ## A toy: the title, with one #, comes first"),
        ("Why is the mean kept?", "# Questions\n\nWhy is the mean kept?", "# Questions: a second title"),
        ("Why is the mean kept?", "#### Why\n\nIs the mean kept?", "#### Why: it follows a heading with 2 #"),
        (
            "The end.",
            "<details><summary>Hint</summary>`x.mean`</details>",
            "no blank line after </summary>.*: `x.mean`",
        ),
        (
            "The end.",
            "<details><summary>Hint</summary>\n`x.mean`\n\n</details>",
            "no blank line after </summary>.*: `x.mean`",
        ),
        ("The end.", "> <details><summary>Hint</summary>\n>\n> `x.mean`\n> </details>", None),
        ("\npack()\n", "\npack\n", "it does not end with the cell that hands in: write a section `## Handing in`"),
        (
            "    return x.mean(dim=1)",
            "    return x.mean(dim=1)  # " + "the mean " * 8,
            "row_means: a line of 100 signs, at most 88 are wanted: return x.mean",
        ),
        ('print("not run', 'print("is not' + " at all" * 12 + " run", "a given cell: a line of 1.. signs, at most 88"),
        ("The end.", "TODO the end", r"solutions/01_toy/toy.md:\d+: still to be written: TODO the end"),
        ("**2 points**", "**3 points**", "row_means: the text says 3 points, the check cell 2"),
        ("**Difficulty** 1/5", "Difficulty 1/5", "row_means: no exercise line"),
        ("return x.mean(dim=1)", "return x.sum(dim=1) / x.shape[1]", None),
        ("    return x.mean(dim=1)", "    return x.double().mean(dim=1).to(x.dtype)", None),
    ],
)
def test_what_slips_through_no_more(course, old, new, said):
    found = lines(course, old, new)
    if said is None:
        assert found == []
    else:
        assert any(re.search(said, line) for line in found), found


def test_needs_that_go_round_through_another_notebook_are_seen(course):
    other = course / "solutions/01_toy/other.md"
    shutil.copy(course / TOY, other)
    other.write_text(other.read_text().replace("needs: []", "needs: [01_toy/toy]"))
    assert any(
        "circle: 01_toy/toy needs 01_toy/other needs 01_toy/toy" in line
        for line in lines(course, "needs: []", "needs: [01_toy/other]")
    )


def test_a_docstring_that_is_the_solution_is_seen_however_it_is_set(course):
    told = lines(
        course, "Return the mean of each row of x (N, D) as (N,).", "Return x.double().mean( dim = 1 ).float() as (N,)."
    )
    assert told == []
    told = lines(course, "return x.mean(dim=1)", "means = x.double().mean(dim=1).float()\n    return means")
    assert told == [
        "row_means: its docstring says this line of the solution: means = x.double().mean(dim=1).float(); "
        "say what is wanted, not how"
    ]


def test_a_line_of_the_solution_in_a_given_cell_is_refused(course):
    line = "return x.double().mean(dim=1).to(x.dtype)"
    lines(course, "return x.mean(dim=1)", line)
    path = course / TOY
    path.write_text(path.read_text().replace("The end.", f"Or: `{line}`"))
    found = judge_text(read_course_notebook(path))
    assert found.unfit == [f"row_means: this line of its solution is given away by the release: {line}"]


def test_a_graded_questions_answer_that_stands_in_another_notebook_is_seen(course):
    other = course / "solutions/01_toy/other.md"
    text = (course / TOY).read_text()
    head, _, _ = text.partition("### " if "### " in text else "## ")
    other.write_text(head + r"For columns it reads $\partial L/\partial x = W\,(\partial L/\partial y)$." + "\n")
    found = lines(
        course, "So that new rows are scaled as the old ones were.", "Right for y = Wx: ∂L/∂x = W ∂L/∂y, which fits."
    )
    assert found == ["question_mean: its answer seems to stand in 01_toy/other.md too: ∂L/∂x = W ∂L/∂y"]


def test_the_question_itself_is_not_taken_for_its_answer(course):
    asked = "So that new rows are scaled as the old ones were."
    text = (course / TOY).read_text()
    (course / TOY).write_text(text.replace("Why is the mean kept?", f"### Question\n\nIs this right? {asked}"))
    assert not any("seems to stand" in line for line in lines(course))


def test_numbers_typed_into_a_picture_and_a_picture_that_no_test_names_are_seen(course):
    (course / "kit/figures").mkdir(parents=True)
    (course / "kit/figures/toy.py").write_text("def zigzag():\n    return [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]\n")
    found = lines(course, 'print("not run', 'from kit.figures import toy as figures\nfigures.zigzag()\nprint("not run')
    assert found == [
        "toy.py:2: zigzag draws a list of more than 8 numbers that is typed in: compute it",
        "toy.py: what is said of zigzag is held by no test: name it in one, with the first value, the best "
        "place or which curve is above",
    ]
    (course / "tests").mkdir()
    (course / "tests/test_toy.py").write_text("def test_it():\n    zigzag()\n")
    assert len(lines(course)) == 1


def test_minutes_are_the_sum_of_exercises_words_and_questions(course):
    before = minutes_of(read_course_notebook(course / TOY))
    lines(course, "The end.", "word " * 180 + "$x + y + zebra$")
    assert minutes_of(read_course_notebook(course / TOY)) == pytest.approx(before + 1, abs=0.02)
