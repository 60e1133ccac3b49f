"""Results into a gradebook on a real PostgreSQL server and on SQLite: whole submissions or nothing, a person's
marks kept."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from autograder.nbgrader.gradebook import open_gradebook, record_results
from autograder.plain.results import ExerciseResult, Failure, Results, Run, SubmissionResult, TestResult

FAILED = TestResult("test_rows", "failed", Failure("value", "it is wrong", "3", "1"))


def result(student, row_means=2.0, scaler=4.0, status="graded"):
    exercises = (
        ExerciseResult("row_means", row_means, 2.0, "passed" if row_means == 2 else "failed", (FAILED,)),
        ExerciseResult("Scaler", scaler, 4.0, "passed" if scaler == 4 else "failed", (FAILED,)),
    )
    return SubmissionResult(
        student,
        "01_toy",
        "toy",
        status,
        "cut short",
        row_means + scaler,
        6.0,
        0.1,
        exercises if status == "graded" else (),
    )


def results(*submissions):
    return Results(Run(1, "2026-01-01T00:00:00+00:00"), submissions)


@pytest.fixture(scope="module")
def postgresql():
    """The address of a server that is started here, speaks through a Unix socket alone, and is stopped after."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("no PostgreSQL server on this machine: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    own = {}
    if os.geteuid() == 0:
        # The server refuses to run as root.
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        own = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def run(*words):
        subprocess.run(
            [programs[-1] / words[0], *words[1:]],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            **own,
        )

    run("initdb", "--pgdata", folder / "data", "--username", "grader", "--auth", "trust", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run("pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start")
    try:
        yield (
            lambda name: (
                run("createdb", "-h", folder, "-U", "grader", name)
                or f"postgresql+psycopg://grader@/{name}?host={folder}"
            )
        )
    finally:
        run("pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty gradebook, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/gradebook.db"
    name = "book_" + tmp_path.name.replace("[", "").replace("]", "").lower()
    return request.getfixturevalue("postgresql")(name)


def read(url, root, student):
    with open_gradebook(url, root) as gradebook:
        submitted = gradebook.find_submission_notebook("toy", "01_toy", student)
        scores = {one.cell.name: (one.auto_score, one.manual_score) for one in submitted.grades}
        comments = {one.cell.name: (one.auto_comment, one.manual_comment) for one in submitted.comments}
        return submitted.score, scores, comments


def test_marks_and_messages_are_written_and_written_again(url, tiny_course):
    assert record_results(results(result("ann"), result("ben", row_means=0.0)), url, tiny_course) == 2
    assert read(url, tiny_course, "ann")[0] == 6.0
    score, scores, comments = read(url, tiny_course, "ben")
    assert (score, scores["check_row_means"]) == (4.0, (0.0, None))
    assert "came:     3\n      expected: 1" in comments["row_means"][0]
    record_results(results(result("ben")), url, tiny_course)
    score, _, comments = read(url, tiny_course, "ben")
    assert (score, comments["row_means"][0]) == (6.0, None)


def test_what_a_person_wrote_stays(url, tiny_course):
    record_results(results(result("ann", scaler=1.0)), url, tiny_course)
    with open_gradebook(url, tiny_course) as gradebook:
        gradebook.find_grade("check_Scaler", "toy", "01_toy", "ann").manual_score = 3.5
        gradebook.find_comment("Scaler", "toy", "01_toy", "ann").manual_comment = "Nearly."
        gradebook.db.commit()
    record_results(results(result("ann", scaler=0.0)), url, tiny_course)
    score, scores, comments = read(url, tiny_course, "ann")
    assert (score, scores["check_Scaler"]) == (5.5, (0.0, 3.5))
    assert comments["Scaler"][1] == "Nearly."


def test_a_submission_is_written_whole_or_not_at_all(url, tiny_course, monkeypatch):
    from autograder.nbgrader import gradebook as module

    record_results(results(result("ann", row_means=0.0, scaler=0.0)), url, tiny_course)
    written = module.write_score

    def fails_at_the_second(gradebook, exercise, score, where):
        if exercise == "Scaler" and where[2] == "ben":
            raise OSError("the server went away")
        written(gradebook, exercise, score, where)

    monkeypatch.setattr(module, "write_score", fails_at_the_second)
    with pytest.raises(OSError, match="went away"):
        record_results(results(result("ann"), result("ben")), url, tiny_course)
    assert read(url, tiny_course, "ann")[0] == 6.0
    with open_gradebook(url, tiny_course) as gradebook:
        assert [one.id for one in gradebook.students] == ["ann"]


def test_an_unreadable_notebook_has_no_points_and_says_why(url, tiny_course):
    record_results(results(result("ann")), url, tiny_course)
    record_results(results(result("ann", status="unreadable")), url, tiny_course)
    score, _, comments = read(url, tiny_course, "ann")
    assert score == 0.0
    assert comments["row_means"][0] == "The notebook could not be graded: cut short"
