"""The four gates, for every notebook of the course, and its variants under three seeds; `make seeds` takes twenty.

Whether hints are a mistake's own is judged here for the first notebook of each chapter, by `make one` for the notebook
at hand, and by `make seeds` for all.

The reference has full points, the untouched stubs none and a message that says what to write, every stub
parses, the release holds no solution. Every mistake is rejected, every other right answer accepted.
"""

from __future__ import annotations

import ast
import json
import os
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from autograder.authoring.compare import agrees
from autograder.checking.recording import load
from autograder.course.notebook import course_notebooks, nbgrader_of, preloads
from autograder.course.recorder import make_recording
from autograder.course.release import released_of
from autograder.course.stubs import BEGIN, solution_lines
from autograder.course.validate import validate
from autograder.grading.grade import Grader
from autograder.plain.settings import course_settings
from autograder.present.card_words import message_of
from autograder.reading.submission import student_code
from autograder.sandbox.box import Box
from data_scripts.demo_class import Answers, with_answers, without_marks

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = course_notebooks(ROOT / "solutions")
SEEDS = int(os.environ.get("AUTOGRADER_SEEDS", "3"))
# An author's `autograder one` and the nightly `make seeds` judge all hints, at another seed too.
THOROUGH = "AUTOGRADER_SEEDS" in os.environ
FIRST = {one.chapter: one for one in reversed(NOTEBOOKS)}
EVERY = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda one: f"{one.chapter}/{one.name}")


def release_of(notebook):
    return ROOT / "course" / notebook.chapter


def released_cells(notebook):
    return json.loads((release_of(notebook) / notebook.file).read_text())["cells"]


@EVERY
def test_checks_judge_every_variant_rightly_under_several_seeds(notebook):
    if THOROUGH:
        found = validate(notebook, range(SEEDS))
    elif notebook is FIRST[notebook.chapter]:
        found = validate(notebook, range(SEEDS), hint_seeds=1)
    else:
        released = load(notebook_recording(release_of(notebook), notebook))
        found = validate(notebook, range(SEEDS), hint_seeds=0, released=released)
    assert found.problems == []


def test_a_test_of_several_parameters_that_mistakes_fail_is_not_called_idle(root):
    (toy,) = course_notebooks(root / "tests/tiny_course/solutions")
    assert any("[" in test for test in make_recording(toy).answers), "some have parameters"
    idle = [line for line in validate(toy, [0]).remarks if line.startswith("no mistake ever fails")]
    assert idle == ["no mistake ever fails test_row_means_leaves_its_input"]


@EVERY
def test_the_recording_that_is_released_holds_what_the_reference_answers(notebook):
    kept, fresh = (
        load(release_of(notebook) / "checks" / notebook.recording.name),
        make_recording(notebook, mistakes=False),
    )
    assert dict(kept.points) == dict(fresh.points)
    assert kept.answers.keys() == fresh.answers.keys()
    for test, answers in fresh.answers.items():
        for before, now in zip(kept.answers[test], answers, strict=True):
            assert before.name == now.name
            assert agrees(before.value, now.value, rtol=1e-4, atol=1e-5), test


@EVERY
def test_in_the_sandbox_the_reference_has_full_points_and_the_release_none(notebook):
    released = json.loads((release_of(notebook) / notebook.file).read_text())
    whole = {name: without_marks(one.source) for name, one in notebook.exercises.items()}
    solved = json.loads(with_answers(Answers(notebook, released, whole, {}), whole))
    from autograder.grading.grade import Submission

    where = Submission("someone", notebook.chapter, notebook.name, Path())
    with Box(preload=preloads([notebook]), kits=course_settings(ROOT).kits) as box:
        grader = Grader(notebook, make_recording(notebook, seed=12345, mistakes=False), box)
        best, least = grader.grade_book(solved, where), grader.grade_book(released, where)
        grader.close()
    assert [(one.exercise, one.first_failure) for one in best.exercises if one.first_failure] == []
    assert best.score == best.max_score == sum(notebook.points.values())
    assert least.score == 0
    for one in least.exercises:
        assert message_of(one.first_failure).startswith(f"not written yet: {one.exercise}"), one.first_failure


@EVERY
def test_grading_computes_nothing_that_the_notebook_gives(notebook):
    """A given loop that trains would cost its time for each submission, if an exercise seemed to read what it binds."""
    cells = student_code({"cells": [dict(cell) for cell in notebook.cells]}, notebook.outline).cells
    added = [node for cell in cells if cell.kind == "added" for node in ast.parse(cell.source).body]
    assert [ast.unparse(node) for node in added if not isinstance(node, ast.Expr) and computes(node)] == []


def computes(statement: ast.stmt) -> bool:
    at_once = () if isinstance(statement, ast.FunctionDef | ast.ClassDef) else ast.walk(statement)
    return any(isinstance(node, ast.Call) for node in at_once)


@EVERY
def test_every_released_stub_parses_and_says_what_to_write(notebook):
    stubs = {
        nbgrader_of(cell)["grade_id"]: "".join(cell["source"])
        for cell in released_cells(notebook)
        if cell["cell_type"] == "code" and nbgrader_of(cell).get("solution")
    }
    assert list(stubs) == list(notebook.exercises)
    for name, text in stubs.items():
        ast.parse(text)
        assert re.search(rf'raise NotImplementedError\(\s*"{name}[.:\w]* \S', text), text


@EVERY
def test_the_release_holds_no_solution(notebook):
    folder = release_of(notebook)
    own = [folder / notebook.file, folder / "checks" / notebook.checks.name]
    text = "\n".join(
        [*(path.read_text() for path in own), json.dumps(as_json(load(notebook_recording(folder, notebook))))]
    )
    told = [
        f"{name}: {line}"
        for name, one in notebook.exercises.items()
        for line in solution_lines(one.source)
        if json.dumps(line)[1:-1] in text
    ]
    assert told == []
    assert text.count(BEGIN) == 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and nbgrader_of(cell).get("solution"):
            assert cell.source.strip() not in text


def as_json(recording):
    """All the words of a recording; numbers as their texts."""
    return json.loads(json.dumps(asdict(recording), default=str))


def notebook_recording(folder, notebook):
    return folder / "checks" / notebook.recording.name


@EVERY
def test_the_header_says_what_the_course_map_needs(notebook):
    about = notebook.about
    assert about["title"]
    assert about["teaches"]
    assert isinstance(about["minutes"], int)
    known = {f"{one.chapter}/{one.name}" for one in NOTEBOOKS}
    assert set(about["needs"]) <= known | {"00_start/start"}


@EVERY
def test_outputs_name_no_path(notebook):
    book = json.loads(notebook.path.with_suffix(".ipynb").read_text())
    for cell in book["cells"]:
        assert "Traceback" not in json.dumps(cell.get("outputs", [])), cell["source"]


KB = 1024
MOST_KB = 250


def weights(notebook):
    """What a notebook's generated files take, in bytes, by what it is."""
    pair = notebook.path.with_suffix(".ipynb")
    pictures = sum(map(len, re.findall(r'"image/(?:png|jpeg)":"([^"]*)"', pair.read_text(encoding="utf-8"))))
    released = dict(
        zip(("released notebook", "released checks", "recording"), released_of(ROOT, notebook), strict=True)
    )
    beside = {what: path.stat().st_size for what, path in released.items()}
    return {"pictures of the pair": pictures, "text of the pair": pair.stat().st_size - pictures, **beside}


@EVERY
def test_a_notebooks_generated_files_take_at_most_250_kilobytes(notebook):
    found = weights(notebook)
    said = ", ".join(f"{what} {size / KB:.0f}" for what, size in sorted(found.items(), key=lambda item: -item[1]))
    assert sum(found.values()) <= MOST_KB * KB, f"{notebook.path.name} takes more than {MOST_KB} KB: {said}"


def test_nothing_private_is_released():
    for path in (ROOT / "course").rglob("*"):
        assert path.suffix != ".md", path
        assert "variants" not in path.parts, path
