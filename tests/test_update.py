"""Corrected notebooks in a student's folder: the course's text is the new one, and nothing of the student's is lost."""

from __future__ import annotations

import json

import pytest

from autograder.live.merge import text_of
from autograder.live.update import BEFORE, update
from autograder.plain.errors import CourseError

STUB = '''def {name}(x):
    """{first}

    Args:
        x: (N, D).
    """
    # YOUR CODE HERE
    raise NotImplementedError("{name}: {first}")'''
BODY = "    total = x.sum(dim=1)\n    return total / x.shape[1]"


def markdown(text, key=None):
    return {"cell_type": "markdown", "id": key or f"t{abs(hash(text))}", "metadata": {}, "source": text}


def code(text, key, grade_id="", **about):
    metadata = {"nbgrader": {"grade_id": grade_id, **about}} if grade_id else {}
    return {
        "cell_type": "code",
        "id": key,
        "metadata": metadata,
        "source": text,
        "outputs": [],
        "execution_count": None,
    }


def exercise(name, first="Return the mean of each row."):
    return [
        code(STUB.format(name=name, first=first), name, name, solution=True, grade=False),
        code(f'check("{name}")', f"check_{name}", f"check_{name}", solution=False, grade=True, points=1),
    ]


SETUP = code('check = checks_of("01_toy/toy")', "setup")
HANDED_OUT = [markdown("# Toy", "title"), SETUP, *exercise("row_means"), code("plot()", "plot"), markdown("End", "end")]


def write(folder, cells, name="toy"):
    path = folder / "01_toy" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def answered(source):
    return source[: source.index("    # YOUR CODE HERE")] + BODY


@pytest.fixture
def work(tmp_path):
    """A student's folder: an answer that was run, a cell of their own behind it, and a picture."""
    write(tmp_path / "course", HANDED_OUT)
    list(update(tmp_path / "course", tmp_path / "work"))
    path = tmp_path / "work/01_toy/toy.ipynb"
    book = json.loads(path.read_text())
    cells = {one["id"]: one for one in book["cells"]}
    cells["row_means"].update(source=answered(cells["row_means"]["source"]), execution_count=3)
    cells["check_row_means"].update(outputs=["passed"], execution_count=4)
    cells["plot"].update(outputs=["a picture"], execution_count=5)
    book["cells"].insert(4, code("print(row_means(y))", "mine"))
    path.write_text(json.dumps(book))
    return tmp_path / "work"


def updated(work, cells, name="toy"):
    """Bring new cells in. Returns what the notebook then is, and what was said."""
    for path in work.parent.glob("course/01_toy/*.ipynb"):
        path.unlink()
    path = write(work.parent / "course", cells, name)
    said = "\n".join(update(work.parent / "course", work))
    return json.loads((work / "01_toy" / path.name).read_text())["cells"], said


def ids(cells):
    return [one["id"] for one in cells]


def test_nothing_new_changes_nothing(work):
    before = (work / "01_toy/toy.ipynb").read_bytes()
    assert list(update(work.parent / "course", work)) == []
    assert (work / "01_toy/toy.ipynb").read_bytes() == before


def test_a_stub_whose_docstring_is_reworded_has_the_new_words_and_the_students_body(work):
    first = "Return every row's mean, in the dtype of x."
    cells, said = updated(work, [*HANDED_OUT[:2], *exercise("row_means", first), *HANDED_OUT[4:]])
    stub = cells[2]
    assert first in stub["source"]
    assert stub["source"].endswith(BODY)
    assert "NotImplementedError" not in stub["source"]
    assert stub["execution_count"] == 3
    assert "!" not in said
    assert "YOUR CODE HERE" not in (work / BEFORE / "01_toy/toy.ipynb").read_text()


def test_a_docstring_of_one_line_is_no_conflict_with_the_body_below_it(tmp_path):
    from autograder.live.merge import merge

    old, new = (
        code(
            f'def f(x):\n    """{words}"""\n    # YOUR CODE HERE\n    raise NotImplementedError("f: {words}")',
            "f",
            "f",
            solution=True,
        )
        for words in ("Return x.", "Return x as it is.")
    )
    mine = {**old, "source": 'def f(x):\n    """Return x."""\n    return x'}
    merged = merge([old], [mine], [new])
    assert merged.cells[0]["source"] == 'def f(x):\n    """Return x as it is."""\n    return x'
    assert merged.said == []


def test_a_stub_that_was_not_written_is_the_new_one(work):
    other = exercise("col_means")
    updated(work, [*HANDED_OUT[:4], *other, *HANDED_OUT[4:]])
    cells, _ = updated(
        work, [*HANDED_OUT[:4], *exercise("col_means", "Return the mean of each column."), *HANDED_OUT[4:]]
    )
    stub = next(one for one in cells if one["id"] == "col_means")
    assert 'raise NotImplementedError("col_means: Return the mean of each column.")' in stub["source"]


def test_an_exercise_that_is_added_comes_in_and_all_that_was_done_stays(work):
    cells, said = updated(work, [*HANDED_OUT[:4], *exercise("col_means"), *HANDED_OUT[4:]])
    assert ids(cells) == [
        "title",
        "setup",
        "row_means",
        "check_row_means",
        "mine",
        "col_means",
        "check_col_means",
        "plot",
        "end",
    ]
    assert cells[2]["source"].endswith(BODY)
    assert [one["outputs"] for one in cells if one["id"] in ("check_row_means", "plot")] == [["passed"], ["a picture"]]
    assert said.splitlines()[0] == "01_toy/toy.ipynb: the new text and checks, your answers"


def test_a_cell_that_is_moved_takes_its_outputs_with_it(work):
    cells, _ = updated(work, [HANDED_OUT[0], HANDED_OUT[1], HANDED_OUT[4], *HANDED_OUT[2:4], HANDED_OUT[5]])
    assert ids(cells) == ["title", "setup", "plot", "row_means", "check_row_means", "mine", "end"]
    assert cells[2]["outputs"] == ["a picture"]


def test_an_exercise_that_is_renamed_keeps_its_answer_under_the_new_name(work):
    cells, said = updated(work, [*HANDED_OUT[:2], *exercise("mean_of_rows"), *HANDED_OUT[4:]])
    assert cells[2]["source"].startswith("def mean_of_rows(x):")
    assert cells[2]["source"].endswith(BODY)
    assert cells[2]["metadata"]["nbgrader"]["grade_id"] == "mean_of_rows"
    assert ids(cells) == ["title", "setup", "mean_of_rows", "check_mean_of_rows", "mine", "plot", "end"]
    assert "! row_means is now called mean_of_rows: your answer has the new name" in said
    assert "check_row_means is" not in said


def test_an_exercise_that_is_taken_out_leaves_its_answer_as_a_cell_of_the_students_own(work):
    cells, said = updated(work, [HANDED_OUT[0], HANDED_OUT[1], *HANDED_OUT[4:]])
    assert cells[-1]["source"].endswith(BODY)
    assert cells[-1]["metadata"] == {}
    assert "! row_means is no longer in the course: what you wrote in it is at the notebook's end" in said


def test_what_can_not_be_merged_stays_the_students_and_the_new_text_stands_below_it(work):
    path = work / "01_toy/toy.ipynb"
    path.write_text(path.read_text().replace("def row_means(x)", "def row_means(x, eps=0)"))
    new = [{**one, "source": one["source"].replace("def row_means(x)", "def row_means(x, dim)")} for one in HANDED_OUT]
    cells, said = updated(work, new)
    assert cells[2]["source"].startswith("def row_means(x, eps=0)")
    assert "def row_means(x, dim)" in cells[3]["source"]
    assert cells[3]["cell_type"] == "markdown"
    assert "! row_means: its new text and yours can't be made one" in said


def test_new_words_between_the_exercises_come_in_and_words_of_the_students_own_stay(work):
    path = work / "01_toy/toy.ipynb"
    book = json.loads(path.read_text())
    book["cells"][0]["source"] = "# Toy, and my notes"
    path.write_text(json.dumps(book))
    cells, _ = updated(work, [*HANDED_OUT[:5], markdown("The end", "end2")])
    assert [text_of(one) for one in cells if one["cell_type"] == "markdown"] == ["# Toy, and my notes", "The end"]


def test_a_notebook_whose_file_has_another_name_now_is_known_by_what_it_binds(work):
    cells, said = updated(work, [*HANDED_OUT[:4], *exercise("col_means"), *HANDED_OUT[4:]], "01_toy")
    assert "01_toy/01_toy.ipynb: this was toy.ipynb" in said
    assert cells[2]["source"].endswith(BODY)
    assert not (work / "01_toy/toy.ipynb").exists()


def test_new_checks_come_in_and_a_students_damaged_notebook_is_left_as_it_is(work):
    checks = work.parent / "course/01_toy/checks/test_toy.py"
    checks.parent.mkdir()
    checks.write_text("new")
    (work / "01_toy/toy.ipynb").write_text("{torn")
    write(work.parent / "course", HANDED_OUT[:5])
    said = "\n".join(update(work.parent / "course", work))
    assert (work / "01_toy/checks/test_toy.py").read_text() == "new"
    assert (work / "01_toy/toy.ipynb").read_text() == "{torn"
    assert "your file can't be read (JSONDecodeError); it is as it was, and the new one is toy.new.ipynb" in said


def test_the_course_itself_is_not_worked_in(work):
    course = work.parent / "course"
    with pytest.raises(CourseError, match="is the course itself: give the folder that you work in"):
        list(update(course, course))
    with pytest.raises(CourseError, match="there are no notebooks of a course in"):
        list(update(work / "nothing", work))


def test_a_file_in_the_folders_place_is_said(tiny_course, tmp_path):
    (tmp_path / "afile").write_text("mine")
    with pytest.raises(CourseError, match="afile is a file: give the folder that you work in"):
        list(update(tiny_course / "course", tmp_path / "afile"))
    assert (tmp_path / "afile").read_text() == "mine"
