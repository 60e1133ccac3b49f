"""Copies are found behind new names and comments; those who wrote what the course explains are not named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cli import main
from autograder.course.notebook import read_course_notebook
from autograder.plain.source import definitions
from autograder.reading.tokens import Words, tokens_of
from autograder.report.pairs import pairs_page
from autograder.similarity.similar import Comparison, Work, compare, explained_by, find_similar, show

OWN = '''def cross_validate_k(x, y, num_folds, k_choices):
    """Accuracies by k."""
    count = len(x) // num_folds
    extra = len(x) - count * num_folds
    borders, at = [], 0
    for fold in range(num_folds):
        at = at + count + (1 if fold < extra else 0)
        borders.append(at)
    results = dict()
    for k in k_choices:
        hits, low = [], 0
        for high in borders:
            keep = torch.ones(len(x), dtype=torch.bool)
            keep[low:high] = False
            guess = predict_labels(l2_distances(x[keep], x[~keep]), y[keep], k)
            hits.append(float((guess == y[~keep]).double().mean()))
            low = high
        results[k] = hits
    return results
'''
# The same with other names, comments, layout, annotations and brackets.
DISGUISED = """# my own work!
def cross_validate_k(data: torch.Tensor, labels: torch.Tensor, folds: int, ks: list) -> dict:
    n = (len(data) // folds)   # rows in a fold
    rest = len(data) - (n * folds)
    ends, p = [], 0

    for i in range(folds):
        # the first ones are longer
        p = p + n + (1 if i < rest else 0)
        ends.append(p)
    out = dict()
    for neighbours in ks:
        scores, start = [], 0
        for stop in ends:
            mask = torch.ones(len(data), dtype=torch.bool)
            mask[start:stop] = False
            answer = predict_labels(
                l2_distances(data[mask], data[~mask]),
                labels[mask],
                neighbours,
            )
            scores.append(float((answer == labels[~mask]).double().mean()))
            start = stop
        out[neighbours] = scores
    return out
"""
OTHER = """def cross_validate_k(x, y, num_folds, k_choices):
    parts = list(zip(x.tensor_split(num_folds), y.tensor_split(num_folds)))

    def accuracy(held, k):
        train_x = torch.cat([a for i, (a, _) in enumerate(parts) if i != held])
        train_y = torch.cat([b for i, (_, b) in enumerate(parts) if i != held])
        test_x, test_y = parts[held]
        return predict_labels(l2_distances(train_x, test_x), train_y, k).eq(test_y).double().mean().item()

    return {k: [accuracy(held, k) for held in range(num_folds)] for k in k_choices}
"""


@pytest.fixture(scope="module")
def knn(root):
    return read_course_notebook(root / "solutions/01_classification/knn")


@pytest.fixture(scope="module")
def explained(knn):
    return explained_by(knn)


def works(*texts: str) -> list[Work]:
    return [Work(f"student {number}", {"cross_validate_k": Words.of(text)}) for number, text in enumerate(texts)]


def test_other_names_comments_and_layout_do_not_hide_a_copy(explained):
    found, pairs, _ = compare(works(OTHER, OWN, DISGUISED), explained)
    assert found == 1
    assert {pairs[0].left, pairs[0].right} == {"student 1", "student 2"}
    match = pairs[0].matches[0]
    assert match.share > 0.9
    assert "dtype=torch.bool" in "".join(match.right[begin:end] for begin, end in match.right_spans)


def test_a_copy_of_half_an_answer_is_found(explained):
    half = OWN.replace("results[k] = hits", "results.update({k: sorted(hits, reverse=len(hits) > 100)})")
    half = half.replace("borders, at = [], 0", "borders = []\n    at = sum(range(1)) * 3")
    assert compare(works(OWN, half), explained)[0] == 1


def test_two_who_wrote_the_reference_are_not_named_but_would_be_without_what_the_course_explains(knn, explained):
    reference = knn.exercises["cross_validate_k"].source
    both = works(reference, DISGUISED, reference.replace("fold", "part"))
    assert compare(both, explained)[0] == 0
    assert compare(both, set())[0] == 1


def test_two_who_wrote_an_answer_that_the_course_knows_are_not_named(knn, explained):
    known = [one.text for one in definitions(knn.variants.read_text()).values() if len(tokens_of(one.text)) > 80]
    assert len(known) > 3
    assert all(compare(works(text, text), set())[0] == 1 for text in known)
    assert all(compare(works(text, text), explained)[0] == 0 for text in known)


def test_two_who_wrote_the_same_short_line_are_not_named(explained):
    line = (
        "def cross_validate_k(x, y):\n    return torch.logaddexp(x[:, 3:], y.flip(0) ** 7).amin(dim=-2, keepdim=True)\n"
    )
    assert compare(works(line, line, OWN), explained)[0] == 0


def test_different_answers_to_one_exercise_are_not_named(explained):
    assert compare(works(OWN, OTHER), set())[0] == 0


def test_what_the_whole_class_wrote_counts_nothing_and_what_two_of_it_wrote_counts(explained):
    assert compare(works(*[OTHER] * 40), explained)[0] == 0
    assert compare(works(*[OTHER] * 40, OWN, DISGUISED), explained)[0] == 1


def test_those_who_share_one_text_are_shown_as_a_group(explained):
    found, pairs, groups = compare(works(OTHER, OWN, DISGUISED, OWN), explained, most=2)
    assert (found, len(pairs)) == (3, 2)
    assert groups == (("student 1", "student 2", "student 3"),)


def test_a_helper_in_a_cell_of_its_own_is_compared_with_the_exercise(tiny_course, tmp_path):
    body = OWN.replace("cross_validate_k", "helper")
    first = hand_in(
        tiny_course, tmp_path, "ann", f"{OWN}\ndef row_means(x):\n    return cross_validate_k(x, x, 3, 4)\n"
    )
    hand_in(tiny_course, tmp_path, "ben", "def row_means(z):\n    return helper(z, z, 3, 4)\n", added=body)
    hand_in(tiny_course, tmp_path, "eve", OTHER + "\ndef row_means(z):\n    return cross_validate_k(z, z, 1, 2)")
    found = find_similar(first, tiny_course)[0]
    assert [(one.left, one.right) for one in found.pairs] == [("ann", "ben")]


def test_nothing_of_a_student_is_run_and_files_that_cannot_be_read_are_said(tiny_course, tmp_path):
    marker = tmp_path / "was run"
    trap = (
        f"open({str(marker)!r}, 'w')\n@open({str(marker)!r}, 'w').write\n"
        f"def row_means(x=open({str(marker)!r}, 'w')):\n    pass\n"
    )
    tree = hand_in(tiny_course, tmp_path, "ann", trap)
    hand_in(tiny_course, tmp_path, "ben", trap, added=trap)
    broken = tree / "cut" / "01_toy" / "toy.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text('{"cells": [')
    hand_in(tiny_course, tmp_path, "dan", "def row_means(x:\n    return x.mean(1)")
    found = find_similar(tree, tiny_course)[0]
    assert (found.compared, found.unread) == (3, ("cut", "dan (row_means)"))
    assert not marker.exists()


def test_the_text_and_the_page_say_that_it_is_no_verdict_and_escape_what_students_wrote(explained):
    hostile = OWN.replace("results = dict()", "results = dict()  # </pre><script>alert(1)</script>\u202e")
    found, pairs, groups = compare(
        [Work("<b>ann", {"e": Words.of(hostile)}), Work("ben", {"e": Words.of(DISGUISED)})], explained
    )
    comparison = [Comparison("01/knn", 2, (), found, pairs, groups)]
    page = pairs_page(comparison)
    assert "not a verdict" in show(comparison)
    assert "not a verdict" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "<b>ann" not in page
    assert page.count("<mark>") == page.count("</mark>") > 2


def test_the_command_prints_the_pairs_and_writes_the_page(tiny_course, tmp_path, monkeypatch, capsys):
    tree = hand_in(tiny_course, tmp_path, "ann", OWN + "\n\ndef row_means(x):\n    return cross_validate_k(x, 0, 0, 0)")
    hand_in(
        tiny_course,
        tmp_path,
        "ben",
        DISGUISED + "\n\ndef row_means(x):\n    return cross_validate_k(x, 0, 0, 0)",
    )
    monkeypatch.chdir(tiny_course)
    assert main(["similar", str(tree), "--html", str(tmp_path / "pairs.html")]) == 0
    assert "ann and ben: row_means" in capsys.readouterr().out
    assert "ann and ben" in (tmp_path / "pairs.html").read_text()


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=80), st.text("dfclas x()[]{}:=\n\t\"'#\\@é\r\x0c", max_size=80)))
def test_any_text_gives_words_that_lie_within_it(text):
    for token in tokens_of(text):
        begin, end = token.span
        assert 0 <= begin < end <= len(text) + 1


def hand_in(course, tmp_path, student: str, source: str, added: str = ""):
    book = json.loads((course / "course/01_toy/toy.ipynb").read_text())
    for cell in book["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "row_means":
            cell["source"] = source
    if added:
        extra = {"cell_type": "code", "metadata": {}, "source": added, "outputs": [], "execution_count": None}
        book["cells"].insert(1, extra)
    path = tmp_path / "submitted" / student / "01_toy" / "toy.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(book))
    return path.parents[2]
