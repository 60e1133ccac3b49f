"""Each scene of tests/scenes.py by each of our own routes: the same mark, and the words that its student needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.grading import graders
from autograder.live.terminal import check_notebook
from autograder.plain.errors import UnreadableNotebook
from autograder.plain.results_file import read
from autograder.present.card_words import message_of
from tests.scenes import SCENES, Scene

by_name = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name.replace(" ", "-"))


@pytest.fixture(scope="module")
def released(tiny_course):
    return json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def graded(tiny_course, released, tmp_path_factory):
    """All scenes as one class: {name: (score or None, everything that is said)}."""
    top = tmp_path_factory.mktemp("scenes")
    for scene in SCENES:
        path = top / "submitted" / scene.name / "01_toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(scene.content(released))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tiny_course)
        words = ["grade", str(top / "submitted"), "--out", str(top / "results.json"), "--workers", "1", "--seed", "3"]
        assert main(words) == 0
    graders.forget()
    return {
        one.student: (one.score if one.status == "graded" else None, said(one.reason, one.exercises))
        for one in read(top / "results.json").submissions
    }


def said(reason, exercises):
    failed = [one for one in exercises if one.first_failure]
    return "\n".join([reason, *(message_of(one.first_failure) + "\n" + (one.hint or "") for one in failed)])


def hold(scene: Scene, points: float | None, words: str) -> None:
    missing = [one for one in scene.says if one not in words]
    assert (points, missing) == (scene.points, []), words


@by_name
def test_a_scene_is_graded_with_its_mark_and_its_words(graded, scene):
    hold(scene, *graded[scene.name])


@by_name
def test_a_scene_is_checked_in_a_terminal_with_the_same(tiny_course, released, tmp_path, scene):
    folder = tmp_path / "01_toy"
    folder.mkdir()
    (folder / "checks").symlink_to(tiny_course / "course/01_toy/checks")
    path = Path(folder / "toy.ipynb")
    path.write_bytes(scene.content(released))
    try:
        checked = check_notebook(path)
    except UnreadableNotebook as problem:
        hold(scene, None, str(problem))
        return
    hold(scene, sum(one.score for one in checked.exercises), said("\n".join(checked.notes), checked.exercises))
