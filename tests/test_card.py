"""The card that a check shows: in a notebook that is trusted or not, for eyes and for screen readers."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.plain.errors import CourseError
from autograder.plain.results import ExerciseResult, Failure, TestResult
from autograder.present.card import Card
from autograder.present.card_html import EDGES

SHAPES = Failure(
    "shape",
    "the answer has the wrong shape",
    "a tensor of float32 (4, 1)",
    "a tensor of float32 (4,)",
    call="f(float32[4, 3])",
    beside=(("dtype", "float32", "float32"), ("shape", "(4, 1)", "(4,)")),
)
VALUES = Failure(
    "value",
    "the answer has the wrong value in 2 of 4 places",
    "9 in a tensor of float32 (4,)",
    "3",
    "[1]",
    "f(float32[4, 3])",
    beside=(("", "9", "3"), ("shape", "(4,)", "(4,)")),
)
UNWRITTEN = Failure("unwritten", "f: return the means")
RAISED = Failure("raised", "your code raised E: x", where="  line 1, in f: x")


def card(*failures, hint=None, outcome="failed", note=""):
    """The card of a result whose tests failed so; None passed."""
    tests = [
        TestResult(f"test_number_{index}", outcome if one else "passed", one) for index, one in enumerate(failures)
    ]
    state = outcome if any(failures) else "passed"
    return Card(ExerciseResult("f", 0.0 if any(failures) else 2.0, 2.0, state, tuple(tests), hint), 0.05, note=note)


class Reader(HTMLParser):
    """What a screen reader would find: balanced elements, roles, headers, words."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


EVERY = [
    card(None),
    card(SHAPES, None, hint="Sum & divide"),
    card(VALUES),
    card(UNWRITTEN, outcome="unwritten"),
    card(RAISED, outcome="error"),
    card(None, note="Your progress could not be kept."),
    Card.stopped("f"),
    Card.broken("f", CourseError("no such exercise")),
]


@pytest.mark.parametrize("shown", EVERY, ids=repr)
def test_every_card_is_whole_html_that_needs_no_style_sheet_and_takes_no_place_among_the_headings(shown):
    page = Reader(shown.html())
    names = [tag for tag, _ in page.tags]
    assert not {"style", "script", "h1", "h2", "h3", "h4", "h5", "h6"} & set(names)
    assert "heading" not in [about.get("role") for _, about in page.tags]
    assert page.tags[0][1]["role"] == "status"
    assert page.tags[0][1]["aria-label"]


@pytest.mark.parametrize("shown", EVERY, ids=repr)
def test_a_card_sets_no_colour_of_text_that_one_theme_would_swallow(shown):
    assert set(re.findall(r"[^-]color:([^;\"]+)", shown.html())) <= {"inherit"}


def test_shapes_stand_side_by_side_and_the_one_that_differs_is_marked():
    page = Reader(card(SHAPES).html())
    text = " | ".join(page.words)
    assert "yours | expected | dtype | float32 | float32 | shape | (4, 1) | (4,)  ≠" in text
    scopes = [about["scope"] for tag, about in page.tags if tag == "th"]
    assert scopes == ["col", "col", "row", "row"]


def test_values_stand_side_by_side_with_the_place_of_the_first_difference():
    text = " | ".join(Reader(card(VALUES).html()).words)
    assert "first difference, at [1] | 9 | 3 | shape | (4,) | (4,)" in text
    assert "f(float32[4, 3])" in text


def test_a_failing_card_shows_one_failure_and_folds_the_rest():
    page = card(SHAPES, VALUES, None, hint="Divide").html()
    before, _, folded = page.partition("<details")
    assert "number 0" in before
    assert "number 1" not in before
    assert "9" not in re.sub(r"<[^>]*>", "", before)
    assert "number 1" in folded
    assert "1 of 3 tests pass" in folded


def test_an_untouched_stub_shows_what_to_write_and_no_failures():
    shown = card(UNWRITTEN, UNWRITTEN, outcome="unwritten")
    assert repr(shown) == "○ f: not written yet, 0 of 2 points\n\n  To write: f: return the means"
    assert "tests pass" not in shown.html()


def test_a_function_that_is_not_defined_is_answered_with_what_to_run():
    shown = card(Failure("undefined", "your code raised NameError: f is not defined"), outcome="error")
    assert "Run the cell above that defines it" in repr(shown)
    assert "Run the cell above that defines it" in shown.html()


def test_a_passed_card_is_the_same_with_and_without_a_gpu():
    tests = tuple(
        TestResult(name, "passed", parameters=text) for name, text in (("test_a", "1"), ("test_a", "2"), ("test_b", ""))
    )
    doubled = tests + tuple(replace(one, device="cuda") for one in tests)
    plain, on_gpu = (Card(ExerciseResult("f", 2.0, 2.0, "passed", one)) for one in (tests, doubled))
    assert plain.html() == on_gpu.html()
    assert "2 of 2 tests pass" in plain.html()


def test_what_a_student_wrote_never_becomes_html():
    shown = card(
        Failure(
            "value", "E: <img src=x onerror=alert(1)>", "<b>", "<i>", "<s>", "<q>", "<p>", (("<h1>", "<h2>", "<h3>"),)
        ),
        hint="<u>",
    )
    assert {tag for tag, _ in Reader(shown.html()).tags} <= {
        "div",
        "span",
        "p",
        "em",
        "pre",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "strong",
        "details",
        "summary",
        "ul",
        "li",
        "small",
    }


def test_nbconverts_page_holds_the_cards_as_they_are_without_jupyterlabs_style_sheets():
    shown = [card(SHAPES, None, hint="Sum & divide"), card(None)]
    cells = [new_code_cell("check()", outputs=[new_output("execute_result", one._repr_mimebundle_())]) for one in shown]
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(new_notebook(cells=cells))
    assert "<style" not in page
    seen = Reader(page)
    for one in shown:
        alone = Reader(one.html())
        assert contains(seen.tags, alone.tags), "every element with its style, in order"
        assert "".join(alone.words) in "".join(seen.words)


def contains(whole, part):
    return any(whole[start : start + len(part)] == part for start in range(len(whole)))


def test_the_edges_of_a_card_stand_out_on_light_and_on_dark_grounds():
    # JupyterLab's, VS Code's and nbconvert's grounds; a border needs 3 to 1 (WCAG 1.4.11).
    for ground in ("#ffffff", "#f5f5f5", "#111111", "#1e1e1e", "#1f1f1f", "#000000"):
        assert all(contrast(edge, ground) >= 3 for edge in EDGES.values()), ground


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_failure_that_is_hard_to_see_lets_a_plainer_one_be_shown():
    faint = Failure("value", "the answer has the wrong value", "0.5002", "0.5", faint=True)
    assert "number 1" in repr(card(faint, VALUES)).split("tests pass")[0]
    assert "number 1" in card(faint, SHAPES).html().partition("<details")[0]
    assert "number 0" in repr(card(faint, RAISED)).split("tests pass")[0], "an exception is no plainer value"


def test_a_test_is_called_by_the_sentence_of_its_docstring_and_else_by_its_name():
    tests = (
        TestResult("test_a", "failed", VALUES, "3", about="The means agree."),
        TestResult("test_b", "failed", VALUES, about="The means agree."),
        TestResult("test_c_holds", "passed"),
    )
    shown = Card(ExerciseResult("f", 0.0, 2.0, "failed", tests))
    assert "  The means agree\n" in repr(shown)
    assert "What is tried: <em>The means agree</em>" in shown.html()
    assert "1 of 3 tests pass" in repr(shown), "two tests of one sentence are two"
    assert "c holds" in shown.html()
