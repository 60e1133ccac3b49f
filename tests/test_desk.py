"""`autograder one`: every step that judges a notebook, also after one that failed, with what it took."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from autograder.course import desk
from autograder.course.desk import Step, commands, judge_one, line_of, show
from autograder.course.notebook import read_course_notebook


@pytest.fixture
def course(tiny_course, tmp_path):
    """A copy of the built tiny course."""
    shutil.copytree(tiny_course, tmp_path / "course")
    return tmp_path / "course"


def test_a_notebook_of_this_course_goes_through_every_step(root):
    steps = dict(commands(root, read_course_notebook(root / "solutions/01_classification/knn")))
    assert list(steps) == ["build", "validate", "gates, oracle", "nbval", "book page", "lint", "form"]
    assert "tests/oracles/test_01_classification_knn.py" in steps["gates, oracle"]
    assert {"solutions/01_classification/checks/test_knn.py", "coursekit/figures/knn.py"} <= set(steps["lint"])


def test_the_form_of_a_notebooks_files_is_judged_as_in_the_whole_project(root):
    steps = dict(commands(root, read_course_notebook(root / "solutions/01_classification/knn")))
    done = subprocess.run(steps["form"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[:500]


def test_all_steps_run_and_the_one_that_fails_says_all_that_it_had_to_say(course):
    text = course / "solutions/01_toy/toy.md"
    drawn = "```{code-cell} ipython3\nimport random\n\nprint(random.random())\n```\n\n"
    text.write_text(text.read_text().replace("## Handing in", drawn + "## Handing in"))
    notebook = read_course_notebook(course / "solutions/01_toy/toy")
    told: list[str] = []
    steps = {step.name: step for step in judge_one(course, notebook, told=lambda step: told.append(step.name))}
    assert list(steps) == told == ["build", "validate", "nbval"]
    assert [name for name, step in steps.items() if not step.passed] == ["nbval"], show(list(steps.values()))
    assert "(executed)" in steps["build"].said
    assert "random.random()" in show(list(steps.values()))
    assert all(step.processor > 0 for step in steps.values())


def test_the_verdict_shows_remarks_failures_and_the_sum():
    steps = [
        Step("build", True, 20.0, 30.0, "made\n"),
        Step("validate", True, 41.0, 60.0, "ok\n  remark  twelve exercises\n"),
        Step("lint", False, 1.0, 1.0, "E501 too long\n"),
    ]
    assert show(steps).splitlines() == [
        "remark  twelve exercises",
        "--- lint",
        "E501 too long",
        "",
        "62 s of processor time in 91 s; failed: lint",
        "more than 60 s: look at the slowest step",
    ]
    (form,) = show([Step("form", False, 1.0, 1.0, "--> test_knn.py\n")]).split("\n\n")[:1]
    assert form.splitlines()[1:] == ["--> test_knn.py", desk.REMEDIES["form"]]
    assert line_of(steps[2]) == "✗ lint              1.0 s"
