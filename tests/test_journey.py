"""The student's record of progress and the map that shows it: on disk, between kernels, after harm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.course import coursemap
from autograder.live import journal
from autograder.live import progress as journey
from autograder.live.ladder import digest_of
from autograder.plain.results import ExerciseResult, Failure, TestResult

ROOT = Path(__file__).resolve().parents[1]
PASSED = ExerciseResult("row_means", 2.0, 2.0, "passed", (TestResult("test_a", "passed"),))
FAILED = ExerciseResult("row_means", 0.0, 2.0, "failed", (TestResult("test_a", "failed", Failure("assertion", "no")),))


def notebook(title, points, needs=()):
    cells = [
        {
            "cell_type": "code",
            "source": "",
            "metadata": {"nbgrader": {"grade_id": f"check_{name}", "grade": True, "solution": False, "points": worth}},
        }
        for name, worth in points.items()
    ]
    about = {"title": title, "teaches": f"do {title}", "needs": list(needs), "minutes": 30}
    return json.dumps({"metadata": {"autograder": about}, "cells": cells, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A student's folder of two notebooks; the working folder is the first chapter's."""
    for chapter, name, book in (
        ("01_toy", "means", notebook("Means", {"row_means": 2, "col_means": 1})),
        ("02_next", "sums", notebook("Sums", {"row_sums": 3}, ["01_toy/means"])),
    ):
        (tmp_path / chapter / "checks").mkdir(parents=True)
        (tmp_path / chapter / f"{name}.ipynb").write_text(book)
    monkeypatch.chdir(tmp_path / "01_toy")
    return tmp_path


def keep(course, result=PASSED, notebook="01_toy/means"):
    return journal.record(course, notebook, result)


def test_a_passed_check_is_still_there_in_another_process(course):
    assert keep(course) == ""
    program = "from autograder import progress; print(progress())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "2 of 6 points won" in done.stdout
    assert "Next: col_means in means.ipynb (Means)" in done.stdout


def states_after(course, *outcomes):
    """How an exercise stands on the map after checks with these outcomes and points."""
    for outcome, points in outcomes:
        keep(course, ExerciseResult("row_means", points, 2.0, outcome))
    return journey.progress().state(journey.progress().stops[0], "row_means")


def test_what_was_won_stays_won_when_a_later_check_fails(course):
    keep(course)
    keep(course, FAILED)
    shown = journey.progress()
    assert shown.state(shown.stops[0], "row_means") == ("✓", "passed")
    assert "2 of 6 points won" in repr(shown)
    assert shown.next_step()[1] == "col_means"


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([("failed", 1.0), ("failed", 0.0)], ("◐", "partly right")),
        ([("failed", 0.0), ("failed", 1.0)], ("◐", "partly right")),
        ([("unwritten", 0.0), ("error", 0.0)], ("✗", "stopped with an error")),
        ([("error", 0.0), ("unwritten", 0.0)], ("✗", "stopped with an error")),
        ([("error", 0.0), ("failed", 0.0)], ("✗", "not yet right")),
        ([("failed", 1.0), ("passed", 2.0), ("timeout", 0.0)], ("✓", "passed")),
        ([("unrun", 0.0)], ("○", "to do")),
        ([("passed", 2.0), ("unrun", 0.0)], ("✓", "passed")),
    ],
)
def test_the_best_check_stands_and_of_two_as_good_as_each_other_the_later(course, outcomes, state):
    assert states_after(course, *outcomes) == state


def test_an_exercise_that_was_worth_less_before_is_compared_by_its_share(course):
    keep(course, ExerciseResult("row_means", 1.0, 1.0, "failed"))
    keep(course, ExerciseResult("row_means", 1.5, 2.0, "failed"))
    entry = journal.read(course).entry("01_toy/means", "row_means")
    assert (entry.score, entry.max_score) == (1.0, 1.0)


def test_each_attempt_is_kept_with_its_time_and_a_look_at_a_stub_is_none(course):
    before = datetime.now(UTC).replace(microsecond=0)
    states_after(course, ("unwritten", 0.0), ("failed", 1.0), ("unrun", 0.0), ("passed", 2.0), ("error", 0.0))
    attempts = journal.read(course).entry("01_toy/means", "row_means").attempts
    assert [(one.outcome, one.score) for one in attempts] == [("failed", 1.0), ("passed", 2.0), ("error", 0.0)]
    times = [datetime.fromisoformat(one.at) for one in attempts]
    assert before <= times[0] <= times[1] <= times[2] <= datetime.now(UTC)


def test_the_attempts_of_a_loop_do_not_fill_the_disk(course, monkeypatch):
    monkeypatch.setattr(journal, "MOST_ATTEMPTS", 3)
    states_after(course, *[("failed", 0.0)] * 4, ("passed", 2.0))
    attempts = journal.read(course).entry("01_toy/means", "row_means").attempts
    assert [one.outcome for one in attempts] == ["failed", "failed", "passed"]


def test_a_record_of_an_earlier_version_is_read_and_goes_on(course):
    old = {"score": 2.0, "max_score": 2.0, "outcome": "passed"}
    book = {"schema": 1, "last": "01_toy/means", "notebooks": {"01_toy/means": {"row_means": old}}}
    (course / journal.NAME).write_text(json.dumps(book))
    assert "2 of 6 points" in repr(journey.progress())
    assert keep(course, FAILED) == ""
    entry = journal.read(course).entry("01_toy/means", "row_means")
    assert (entry.outcome, [one.outcome for one in entry.attempts]) == ("passed", ["failed"])


def test_attempts_that_were_kept_without_a_digest_are_read_and_go_on(course):
    old = {"score": 0.0, "max_score": 2.0, "outcome": "failed", "attempts": [["2026-01-01T00:00:00", "failed", 0.0]]}
    book = {"schema": 1, "last": "01_toy/means", "notebooks": {"01_toy/means": {"row_means": old}}}
    (course / journal.NAME).write_text(json.dumps(book))
    assert journal.record(course, "01_toy/means", FAILED, "b6") == ""
    entry = journal.read(course).entry("01_toy/means", "row_means")
    assert [one.digest for one in entry.attempts] == ["", "b6"]
    assert (entry.failed_answers(), entry.ends_with("b6"), entry.ends_with("a1")) == (2, True, False)


@pytest.mark.parametrize(
    ("answers", "count"),
    [("a", 1), ("aa", 1), ("ab", 2), ("aba", 2), ("abc", 3), ("abP", 0), ("abPc", 1), ("abPa", 1)],
)
def test_different_answers_that_failed_are_counted_since_the_last_pass(course, answers, count):
    for one in answers:
        journal.record(course, "01_toy/means", PASSED if one == "P" else FAILED, one)
    assert journal.read(course).entry("01_toy/means", "row_means").failed_answers() == count


def test_an_answer_whose_text_nobody_knows_is_told_from_another_by_what_is_wrong_with_it():
    def wrong(came):
        return replace(FAILED, tests=(TestResult("test_means", "failed", Failure("value", "wrong", came, "2.0")),))

    assert digest_of(wrong("1.0"), "") == digest_of(wrong("1.0"), "")
    assert digest_of(wrong("1.0"), "") != digest_of(wrong("3.0"), "")
    assert digest_of(wrong("1.0"), "def f(): ...") == digest_of(wrong("3.0"), "def f(): ...")


def test_an_untouched_stub_is_still_to_do(course):
    assert journey.progress().state(journey.progress().stops[0], "row_means") == ("○", "to do")
    unwritten = TestResult("test_a", "unwritten", Failure("unwritten", "row_means: return the means"))
    keep(course, ExerciseResult("row_means", 0.0, 2.0, "unwritten", (unwritten,)))
    assert journey.progress().state(journey.progress().stops[0], "row_means") == ("○", "not written yet")
    assert journey.progress().next_step()[1] == "row_means"


def test_the_next_step_is_in_the_notebook_that_was_worked_on_last(course):
    assert journey.progress().next_step()[1] == "row_means"
    keep(course, ExerciseResult("row_sums", 0.0, 3.0, "failed"), "02_next/sums")
    stop, exercise = journey.progress().next_step()
    assert (stop.key, exercise) == ("02_next/sums", "row_sums")
    assert journey.progress().link(stop) == "../02_next/sums.ipynb"
    keep(course, ExerciseResult("row_sums", 3.0, 3.0, "passed"), "02_next/sums")
    assert journey.progress().next_step()[1] == "row_means"


def test_when_everything_is_passed_it_says_so(course):
    for name, worth, where in (
        ("row_means", 2, "01_toy/means"),
        ("col_means", 1, "01_toy/means"),
        ("row_sums", 3, "02_next/sums"),
    ):
        keep(course, ExerciseResult(name, worth, worth, "passed"), where)
    assert journey.progress().next_step() is None
    assert "All exercises are passed" in journey.progress()._repr_mimebundle_()["text/html"]


def test_the_map_is_html_with_links_headers_and_words(course):
    keep(course)
    page = journey.progress()._repr_mimebundle_()["text/html"]
    for words in (
        '<a href="means.ipynb">Means</a>',
        '<a href="../02_next/sums.ipynb">Sums</a>',
        'scope="col"',
        'scope="row"',
        "row_means: passed, 2 of 2",
        "needs Means",
        "<style",
    ):
        assert (words in page) == (words != "<style"), words


def test_looking_at_the_map_leaves_no_file_behind(course):
    before = sorted(course.rglob("*"))
    assert "0 of 6 points" in repr(journey.progress())
    assert sorted(course.rglob("*")) == before


def test_a_deleted_record_is_an_empty_map(course):
    keep(course)
    (course / journal.NAME).unlink()
    assert "0 of 6 points" in repr(journey.progress())
    assert journey.progress().problems == []


HARMED = [
    "",
    "{",
    "[]",
    '{"schema": 2, "notebooks": {}, "last": ""}',
    '{"schema": 1, "notebooks": {"a": 3}, "last": ""}',
    '{"schema": 1, "notebooks": {"a": {"b": {"score": "x"}}}, "last": ""}',
    "\x00\x01",
]


@pytest.mark.parametrize("harm", HARMED)
def test_a_damaged_record_is_said_put_aside_and_begun_anew(course, harm):
    (course / journal.NAME).write_text(harm)
    assert "is damaged" in repr(journey.progress())
    assert "Run your check cells again" in journey.progress().problems[0]
    assert "put aside" in keep(course)
    assert (course / f"{journal.NAME}.damaged").read_text() == harm
    assert "2 of 6 points" in repr(journey.progress())
    assert keep(course) == ""


def test_bytes_that_are_no_text_are_damage_too(course):
    (course / journal.NAME).write_bytes(b"\xff\xfe\xff")
    assert "is damaged" in repr(journey.progress())
    assert "put aside" in keep(course)


def test_a_folder_that_cannot_be_written_is_said_and_the_map_is_shown(course, monkeypatch):
    keep(course)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(course))

    monkeypatch.setattr(journal.os, "replace", refuse)
    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    said = keep(course, FAILED)
    assert "could not be kept" in said
    assert "copy it to a place of your own" in said
    assert str(course) not in said
    assert "2 of 6 points" in repr(journey.progress())


def test_a_folder_in_the_records_place_is_said(course):
    (course / journal.NAME).mkdir()
    assert "could not be kept" in keep(course)
    assert "can't be read" in repr(journey.progress())


def test_a_write_that_breaks_off_leaves_the_old_record(course, monkeypatch):
    keep(course)

    def full(self, *args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert "no space left on device" in keep(course, FAILED)
    monkeypatch.undo()
    assert journal.read(course).entry("01_toy/means", "row_means").outcome == "passed"


def test_a_lock_that_is_held_too_long_is_said(course, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(journal, "LOCK_SECONDS", 0.05)
    with FileLock(course / f"{journal.NAME}.lock"):
        assert "another notebook is writing" in keep(course)


def test_two_kernels_that_write_at_once_lose_nothing(course):
    program = (
        "import sys; from pathlib import Path; from autograder.live import journal; from "
        "autograder.plain.results import ExerciseResult\n"
        "for i in range(40):\n"
        "    said = journal.record(Path(sys.argv[1]), sys.argv[2], ExerciseResult(f'e{i}', 1.0, 1.0, 'passed'))\n"
        "    assert said == '', said\n"
    )
    names = ["01_toy/means", "02_next/sums", "03_other/more"]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(course), name], env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        for name in names
    ]
    assert [one.wait(timeout=60) for one in running] == [0, 0, 0]
    assert {name: len(found) for name, found in journal.read(course).notebooks.items()} == dict.fromkeys(names, 40)


def test_a_notebook_that_cannot_be_read_is_named_and_the_others_shown(course):
    (course / "01_toy/means.ipynb").write_text("not json")
    shown = repr(journey.progress())
    assert "01_toy/means.ipynb can't be read as a notebook" in shown
    assert "Sums" in shown


def test_a_folder_without_notebooks_says_where_to_look(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no notebooks of the course around this folder" in repr(journey.progress())


# Who writes it


@pytest.fixture
def kernel(monkeypatch):
    """A stand-in for IPython's shell, whose namespace is the student's."""
    from autograder.live import check, here

    class Shell:
        user_ns: dict = {}  # noqa: RUF012

    shell = Shell()
    shell.user_ns = {"row_means": lambda x: x.mean(dim=1)}
    for module in (check, here):
        monkeypatch.setattr(module, "shell", lambda: shell)
    return shell


@pytest.mark.usefixtures("kernel")
def test_a_check_in_a_students_kernel_is_kept_and_one_in_the_authors_is_not(tiny_course, tmp_path, monkeypatch):
    from autograder import check

    shutil.copytree(tiny_course, tmp_path / "c")
    monkeypatch.chdir(tmp_path / "c/solutions/01_toy")
    assert check("row_means").passed
    assert not list((tmp_path / "c/solutions").rglob(".progress*"))
    monkeypatch.chdir(tmp_path / "c/course/01_toy")
    assert check("row_means").passed
    assert journal.read(tmp_path / "c/course").entry("01_toy/toy", "row_means").outcome == "passed"


def test_a_check_outside_a_notebook_keeps_nothing(tiny_course, tmp_path, monkeypatch):
    from autograder import check

    shutil.copytree(tiny_course / "course", tmp_path / "c")
    monkeypatch.chdir(tmp_path / "c/01_toy")
    check("row_means")
    assert not list((tmp_path / "c").rglob(".progress*"))


def test_grading_knows_nothing_of_the_record():
    program = (
        "import sys, autograder.grading.grade, autograder.grading.cluster, "
        "autograder.nbgrader.preprocessors, autograder.live.terminal; print([n for n in sys.modules if 'journ' in n])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
    proof = subprocess.run(
        [sys.executable, "-c", "import autograder.live.progress\n" + program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert "autograder.live.journal" in proof.stdout


# The course map


def test_the_readmes_map_is_that_of_the_notebooks(root):
    assert coursemap.BEGIN in (root / "README.md").read_text()
    assert [path.name for path, _ in coursemap.renewed(root)] == [], "run `autograder build`"


def test_the_files_numbers_are_the_order_whatever_their_names(tmp_path):
    (tmp_path / "01_toy").mkdir()
    for name in ("02_linear", "10_trees", "03_features", "01_knn"):
        (tmp_path / "01_toy" / f"{name}.ipynb").write_text(notebook(name, {"f": 1}))
    stops, _ = coursemap.released_stops(tmp_path)
    assert [one.key for one in stops] == ["01_toy/knn", "01_toy/linear", "01_toy/features", "01_toy/trees"]
    assert "[01_knn](course/01_toy/01_knn.ipynb)" in coursemap.markdown(stops)


def test_a_chapter_has_its_folders_name_or_the_title_that_the_course_says(tmp_path):
    for chapter in ("01_toy", "02_cnn"):
        (tmp_path / chapter).mkdir()
        (tmp_path / chapter / "01_one.ipynb").write_text(notebook("one", {"f": 1}))
    (tmp_path / "course.toml").write_text('[chapters]\n02_cnn = "Convolutional networks"\n')
    stops, _ = coursemap.released_stops(tmp_path)
    assert [one.part for one in stops] == ["1 Toy", "2 Convolutional networks"]
    assert "**2 Convolutional networks**" in coursemap.markdown(stops)


def test_what_was_won_stays_when_a_notebook_gets_a_number(course):
    keep(course)
    (course / "01_toy/means.ipynb").rename(course / "01_toy/01_means.ipynb")
    shown = repr(journey.progress())
    assert "2 of 6 points won" in shown
    assert "Next: col_means in 01_means.ipynb (Means)" in shown


def test_a_changed_header_makes_the_readmes_map_stale(tiny_course, tmp_path):
    shutil.copytree(tiny_course / "solutions", tmp_path / "solutions")
    (tmp_path / "README.md").write_text(f"before\n{coursemap.BEGIN}\nold\n{coursemap.END}\nafter\n")
    ((path, text),) = coursemap.renewed(tmp_path)
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    path.write_text(text)
    assert list(coursemap.renewed(tmp_path)) == []
    source = tmp_path / "solutions/01_toy/toy.md"
    source.write_text(source.read_text().replace("minutes: ", "minutes: 9"))
    assert len(list(coursemap.renewed(tmp_path))) == 1


def test_the_released_notebooks_give_the_same_map_as_their_text(root):
    stops, unreadable = coursemap.released_stops(root / "course")
    assert unreadable == []
    assert stops == coursemap.source_stops(root / "solutions")
