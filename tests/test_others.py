"""`others("row_means")`: right answers in other styles, once one's own has passed, and only in the full edition."""

from __future__ import annotations

import ast
import shutil

import pytest

from autograder.checking.home import Home
from autograder.live.others import Way, furthest, ways_in
from tests.kernel import Kernel

SETUP = 'import torch\nfrom autograder import checks_of, others\ncheck = checks_of("01_toy/toy")'
RIGHT = "def row_means(x):\n    return x.sum(dim=1) / x.shape[1]"
WRONG = "def row_means(x):\n    return x.sum(dim=1)"
CHECK, OTHERS = 'check("row_means")', 'others("row_means")'
MORE = 'others("row_means") shows'
VARIANTS = '''
import itertools
import torch
from autograder.authoring import mistake, right

raise RuntimeError("this file is read, and never run")

def _count(x):
    return x.shape[1]

@mistake("row_means", hint="no")
def wrong(x): return x

@right("row_means", edit={"a": "b"})
def a_few_words(): ...

@right("another")
def of_another(x): return x

@right(
    "row_means",
)
def by_helper(x):  # divided by hand
    return torch.stack(list(itertools.starmap(torch.add, [(x.sum(1), 0)])))[0] / _count(x)

@right("row_means")
class InAClass:
    """As a class."""
'''


@pytest.fixture
def full(tiny_course, tmp_path):
    """A checkout with solutions and a student's working copy in it."""
    shutil.copytree(tiny_course / "solutions", tmp_path / "top/solutions")
    shutil.copytree(tiny_course / "course", tmp_path / "top/work", ignore=shutil.ignore_patterns(".progress*"))
    return tmp_path / "top"


def test_what_is_shown_before_the_pass_after_it_and_in_an_edition_without_solutions(full):
    kernel = Kernel(full / "work/01_toy/toy.ipynb")
    try:
        kernel.run(SETUP)
        kernel.run(WRONG)
        assert MORE not in kernel.run(CHECK).text
        assert kernel.run(OTHERS).text == (
            "○ row_means: nothing to show\n  Other right answers are shown once the check of row_means has passed."
        )
        kernel.run(RIGHT)
        assert f"{MORE} 2 more ways (from autograder import others)." in kernel.run(CHECK).text
        shown = kernel.run(OTHERS)
        assert "✓ row_means: 2 more ways to write it" in shown.text
        assert "def by_sum" in shown.text
        assert "def helper" in shown.text, "with what it needs"
        assert "@right" not in shown.text
        assert shown.html.count("<pre") == 2
        kernel.run(WRONG)
        kernel.run(CHECK)
        assert "2 more ways to write it" in kernel.run(OTHERS).text, "what was won stays won"
        shutil.rmtree(full / "solutions")
        assert "not part of this edition of the course" in kernel.run(OTHERS).text
        kernel.run(RIGHT)
        assert kernel.run(CHECK).text == "✓ row_means: passed, 2 of 2 points"
        assert "no exercise is called 'nothing' here" in kernel.run('others("nothing")').text
    finally:
        kernel.close()


def test_variants_are_read_as_text_with_what_they_need_and_without_what_registers_them(tmp_path):
    place = tmp_path / "solutions/01_toy/variants/toy.py"
    place.parent.mkdir(parents=True)
    place.write_text(VARIANTS)
    by_helper, in_a_class = ways_in(Home(tmp_path / "work/01_toy", "01_toy", "toy"), "row_means")
    assert by_helper.text.startswith(
        "import itertools\n\ndef _count(x):\n    return x.shape[1]\n\ndef by_helper(x):  # di"
    )
    assert in_a_class.text == 'class InAClass:\n    """As a class."""'


def test_the_answers_that_are_least_like_ones_own_are_shown():
    loop = Way("loop", "def loop(x):\n    out = []\n    for row in x:\n        out.append(row.mean())\n    return out")
    stack = Way("stack", "def stack(x):\n    return torch.stack([row.mean() for row in x])")
    plain = Way("plain", "def plain(x):\n    return x.mean(dim=1)")
    assert plain not in furthest("def row_means(table):\n    return table.mean(dim=1)", [plain, loop, stack])
    mine = "def row_means(a):\n    b = []\n    for c in a:\n        b.append(c.mean())\n    return b"
    assert loop not in furthest(mine, [loop, plain, stack])


def test_every_exercise_of_the_course_has_two_other_ways_that_parse(root):
    from autograder.checking.recording import exercises_in

    for path in sorted((root / "course").glob("*/checks/*.safetensors")):
        chapter = path.parents[1]
        for exercise in exercises_in(path):
            ways = ways_in(Home(chapter, chapter.name, path.stem), exercise)
            assert len(ways) >= 2, exercise
            for one in ways:
                ast.parse(one.text)
