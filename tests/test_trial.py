"""A trial of answers that others wrote: what is misjudged, what depends on luck, what gets which hint."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from autograder.course.release import select
from autograder.grading import graders
from autograder.grading.cluster import Options
from autograder.grading.trial import try_answers, written_in
from autograder.plain.errors import CourseError
from autograder.plain.limits import Limits
from autograder.report.misjudged import show, summary, to_data

LIMITS = Limits(call_seconds=2.0, load_seconds=3.0, submission_seconds=30.0)
ROW_MEANS = {
    "right_with_a_helper": "# right: a helper and an import\nimport torch as t\n\ndef half(x):\n    return x.sum(1)\n\n"
    "def row_means(x):\n    return half(x) / t.tensor(float(x.shape[1]), device=x.device)",
    "right_by_numpy": "# right: through numpy\ndef row_means(x):\n    return torch.tensor(x.numpy().mean(1))",
    "wrong_sums": "# wrong: never divided\ndef row_means(x):\n    return x.sum(1)",
    "wrong_for_ever": "# wrong: never ends\ndef row_means(x):\n    while True: pass",
    "wrong_dies": "# wrong: leaves\nimport os\ndef row_means(x):\n    os._exit(1)",
    "wrong_loop": "# wrong: a loop\ndef row_means(x):\n    return torch.stack([row.mean() for row in x])",
    "wrong_in_name_only": "# wrong: or so they say\ndef row_means(x):\n    return x.mean(dim=-1)",
    "wrong_by_luck": "# wrong: where one number is positive\ndef row_means(x):\n"
    "    return x.mean(1) + (x[0, 0] > 0) * (x.shape == (7, 1))",
}


@pytest.fixture(scope="module", autouse=True)
def nothing_left():
    yield
    graders.forget()


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Answers to the toy, in the folder of everybody's."""
    top = tmp_path_factory.mktemp("answers")
    folder = top / "01_toy/toy/row_means"
    folder.mkdir(parents=True)
    for name, text in ROW_MEANS.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "notes.py").write_text("# about these")
    return top


@pytest.fixture(scope="module")
def trial(tiny_course, answers):
    written = written_in(answers, select(tiny_course, None))
    (found,) = try_answers(written, range(4), options=Options(workers=0), limits=LIMITS)
    return found


def named(ones):
    return {one.answer.name for one in ones}


def test_what_was_written_for_right_and_is_refused_is_misjudged_and_so_is_a_wrong_one_with_all_points(trial):
    assert {"right_by_numpy", "wrong_in_name_only"} <= named(trial.misjudged)
    assert "right, and refused at seed 0, 1, 2, 3" in show(trial)
    assert "row_means/wrong_in_name_only (wrong: or so they say): wrong, and all points" in show(trial)


def test_a_right_answer_with_a_helper_and_an_import_of_its_own_is_taken(trial):
    assert "right_with_a_helper" not in named(trial.misjudged)


def test_a_verdict_that_changes_with_the_seed_is_listed_with_what_each_seed_said(trial):
    assert named(trial.changing) == {"wrong_by_luck"}
    lines = show(trial).partition("changes with the seed\n")[2].splitlines()[:5]
    assert {line.split(": ")[1].strip() for line in lines[1:]} == {"0 of 2", "2 of 2"}


def test_one_that_loops_and_one_that_dies_cost_the_others_nothing(trial):
    assert {"wrong_for_ever", "wrong_dies"} <= named(trial.without_hint)
    assert "did not finish within 2 seconds" in show(trial)
    assert len(trial.tried) == len(ROW_MEANS)


def test_each_hint_stands_above_what_its_answers_say_of_themselves(trial):
    lines = show(trial).splitlines()
    (place,) = [at for at, line in enumerate(lines) if "row_means: These are the sums of the rows" in line]
    assert lines[place + 1] == "      wrong_sums: wrong: never divided"


def test_a_rules_own_message_counts_apart_from_hints(trial):
    assert "wrong_loop" not in named(trial.without_hint)
    assert "1 more by a rule's message" in summary(trial)


def test_a_file_that_is_no_answer_is_named_and_not_tried(trial):
    (line,) = trial.left
    assert line.endswith("notes.py: its name is neither right_<slug>.py nor wrong_<slug>.py")
    assert line in show(trial)


def test_as_data_it_has_each_answer_with_each_seeds_tests(trial):
    data = json.loads(json.dumps(to_data([trial])))
    (one,) = [one for one in data["notebooks"][0]["answers"] if one["name"] == "wrong_sums"]
    assert (one["right"], one["says"], one["misjudged_at"]) == (False, "wrong: never divided", [])
    assert [run["seed"] for run in one["runs"]] == [0, 1, 2, 3]
    assert "wrong value" in one["runs"][0]["failed"][0]["message"]


def test_the_notebooks_own_folder_will_do(tiny_course, answers):
    (written,) = written_in(answers / "01_toy/toy", select(tiny_course, None))
    assert [one.name for one in written.answers] == sorted(ROW_MEANS)


def test_a_folder_without_answers_is_refused_with_the_name_of_a_file_that_would_do(tiny_course, tmp_path):
    with pytest.raises(CourseError, match=r"expected files such as 01_toy/toy/row_means/right_<slug>\.py"):
        written_in(tmp_path, select(tiny_course, None))


def test_a_folder_that_is_no_exercise_is_named_with_those_that_are(tiny_course, tmp_path):
    for name, exercise in (("right_a", "row_means"), ("wrong_b", "row_sums")):
        (tmp_path / exercise).mkdir()
        (tmp_path / exercise / f"{name}.py").write_text("# x")
    (written,) = written_in(tmp_path, select(tiny_course, None))
    assert [one.name for one in written.answers] == ["right_a"]
    assert "its folder is no exercise of toy: row_means, Scaler" in written.left[0]


def command(course, *words):
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", "trial", *map(str, words)],
        cwd=course,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_ends_with_0_where_nothing_is_misjudged_with_1_otherwise_and_with_2_for_a_wrong_call(
    tiny_course, tmp_path
):
    folder = tmp_path / "answers/row_means"
    folder.mkdir(parents=True)
    (folder / "wrong_sums.py").write_text(ROW_MEANS["wrong_sums"])
    out = tmp_path / "out.json"
    done = command(tiny_course, "01_toy/toy", tmp_path / "answers", "--seeds", 1, "--workers", 2, "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(out.read_text())["notebooks"][0]["answers"][0]["hints"]
    (folder / "right_sums.py").write_text(ROW_MEANS["wrong_sums"])
    done = command(tiny_course, "01_toy/toy", tmp_path / "answers", "--seeds", 1, "--workers", 1)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "right_sums" in done.stdout
    done = command(tiny_course, "01_toy/toy", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "there is no folder of answers" in done.stderr
