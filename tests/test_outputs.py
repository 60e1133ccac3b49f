"""Where results go: what can't be written is said before a class is graded, two graders don't mix, a spent seed
is left alone."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import cli
from autograder.grading import graders
from autograder.grading.store import Store, mark_handed_out
from autograder.nbgrader.formgrader import restored, show
from autograder.nbgrader.gradebook import record_results
from autograder.plain.errors import CourseError
from autograder.plain.results import ExerciseResult, Results, Run, SubmissionResult
from autograder.plain.results_file import from_json, submission_to_json, write
from autograder.seams.nbgrader_internals import own_alembic

RIGHT = "def row_means(x):\n    return x.mean(dim=1)"
AUTOGRADER = Path(sys.executable).with_name("autograder")


@pytest.fixture(scope="module", autouse=True)
def nothing_left():
    yield
    graders.forget()


@pytest.fixture
def grade(tiny_course, hand_in, tmp_path, monkeypatch):
    tree = hand_in("ada", row_means=RIGHT)
    monkeypatch.chdir(tiny_course)

    def grade(*words, out=tmp_path / "r.json"):
        return cli.main(["grade", str(tree), "--out", str(out), *map(str, words)])

    return grade


@pytest.fixture
def nothing_is_graded(monkeypatch):
    """A target that can't be written has to be found before the first submission."""
    from autograder.grading import cluster

    def graded(*_, **__):
        raise AssertionError("a class was graded in vain")

    monkeypatch.setattr(cluster, "grade_class", graded)


def a_file(folder: Path) -> Path:
    """Something that is no folder: root may write anywhere else."""
    path = folder / "a file"
    path.write_text("mine")
    return path


@pytest.mark.parametrize("option", ["--gradebook", "--autograded", "--out"])
def test_what_cannot_be_written_is_said_before_anything_is_graded(grade, nothing_is_graded, tmp_path, capsys, option):
    wall = a_file(tmp_path)
    target = {"--gradebook": f"sqlite:///{wall}/book.db", "--autograded": wall / "graded", "--out": wall / "r.json"}[
        option
    ]
    assert (grade(out=target) if option == "--out" else grade(option, target)) == 2
    said = capsys.readouterr().err
    assert str(wall) in said
    assert "can't be opened" in said or "nothing can be written in" in said
    assert wall.read_text() == "mine"


def test_a_gradebook_that_can_be_read_and_not_written_is_said(grade, nothing_is_graded, tmp_path, capsys):
    book = tmp_path / "book.db"
    with own_alembic(), Gradebook(f"sqlite:///{book}", "kernel-school"):
        pass
    assert grade("--gradebook", f"sqlite:///file:{book}?mode=ro&uri=true") == 2
    assert "can't be written: attempt to write a readonly database" in capsys.readouterr().err


def test_a_folder_is_no_results_file(grade, tmp_path, capsys):
    assert grade(out=tmp_path) == 2
    assert f"{tmp_path} is a folder, expected the name of a file" in capsys.readouterr().err


def test_one_submission_and_a_gradebook_that_fails_at_the_end_is_said_too(tiny_course, hand_in, tmp_path):
    """In a process of its own: nothing but what it writes can be seen."""
    tree = hand_in("ada", row_means=RIGHT)
    words = [AUTOGRADER, "grade", tree, "--out", tmp_path / "r.json", "--gradebook", "nonsense://x"]
    done = subprocess.run(words, cwd=tiny_course, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert done.stderr.startswith("autograder: the gradebook nonsense://x can't be opened: ")


def test_a_second_grader_of_the_same_results_is_sent_away(grade, tmp_path, capsys):
    with Store(tmp_path / "r.json").alone():
        assert grade() == 2
        assert f"another `autograder grade` is writing {tmp_path / 'r.json'} just now" in capsys.readouterr().err
    assert grade() == 0


def test_what_a_killed_grader_left_half_written_is_swept_away(tmp_path):
    store = Store(tmp_path / "r.json")
    (store.folder / "0123.json.77.part").write_text("{")
    store.put("key", result())
    store.clear({"key"})
    assert [path.name for path in store.folder.iterdir()] == ["key.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of one's own takes root")
def test_a_full_disk_loses_nothing(tmp_path):
    """A real one, of 32 KB: the older results file stays, and no half one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"""
import pathlib
from autograder.plain.errors import CourseError
from autograder.plain.results import *
from autograder.plain.results_file import write
from autograder.grading.store import Store
out = pathlib.Path({str(disk)!r}) / "r.json"
write(Results(Run(1, "then"), ()), out)
before, store = out.read_bytes(), Store(out)
big = Results(Run(1, "now"), (SubmissionResult("a" * 60_000, "c", "n", "graded"),))
for attempt in (lambda: write(big, out), lambda: store.put("key", big.submissions[0])):
    try:
        attempt()
        raise SystemExit("it was written")
    except CourseError as problem:
        print(problem)
assert out.read_bytes() == before
assert sorted(path.name for path in out.parent.rglob("*")) == ["r.json", "r.json.parts"]
"""
    words = [
        "unshare",
        "-m",
        "sh",
        "-c",
        f'mount -t tmpfs -o size=32k none "{disk}" && "{sys.executable}" -c "$0"',
        script,
    ]
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespace can be made here")
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("No space left on device): make room and give the same command again") == 2


def seeds(out: Path) -> int:
    return json.loads(out.read_text())["run"]["seed"]


def test_a_seed_whose_answers_were_handed_out_is_not_used_again_unasked(grade, tmp_path, capsys):
    out = tmp_path / "r.json"
    assert grade() == grade() == 0
    first = seeds(out)
    assert cli.main(["report", str(out), "--feedback", str(tmp_path / "feedback")]) == 0
    capsys.readouterr()
    assert grade() == 0
    said, second = capsys.readouterr().err, seeds(out)
    assert second != first
    assert f"a fresh seed is drawn, because the answers at seed {first} were handed out with the feedback" in said
    assert grade() == 0
    assert seeds(out) == second
    assert grade("--seed", first) == 0
    assert seeds(out) == first
    assert grade("--fresh") == 0
    assert seeds(out) not in (first, second)


def test_only_feedback_spends_a_seed(grade, tmp_path):
    out = tmp_path / "r.json"
    grade()
    first = seeds(out)
    assert cli.main(["report", str(out), "--html", str(tmp_path / "report"), "--csv", str(tmp_path / "marks.csv")]) == 0
    grade()
    assert seeds(out) == first


def test_a_damaged_record_of_what_was_handed_out_is_said(tmp_path):
    store = Store(tmp_path / "r.json")
    store.begin(Run(5, "now"))
    mark_handed_out(tmp_path / "r.json", 5)
    assert (store.seed(), store.spent_seed()) == (None, 5)
    (store.folder / "handed_out.json").write_text("{")
    with pytest.raises(CourseError, match=r"handed_out\.json is damaged"):
        store.seed()


def result(student="ada", status="undone", score=0.0):
    exercises = (ExerciseResult("row_means", score, 2.0, "passed"), ExerciseResult("Scaler", 0.0, 4.0, "failed"))
    reason = "the box ended, 2 times" if status == "undone" else ""
    return SubmissionResult(
        student, "01_toy", "toy", status, reason, score, 6.0, 0.1, exercises if status == "graded" else ()
    )


CLASS = (result("ada", "graded", 2.0), result("ben", "undone"), result("cleo", "missing"), result("dan", "unreadable"))
STATES = {"ada": ("2", "graded"), "ben": ("", "undone"), "cleo": ("", "missing"), "dan": ("0", "unreadable")}


@pytest.fixture
def results_file(tmp_path):
    path = tmp_path / "r.json"
    write(Results(Run(1, "2026-01-01T00:00:00+00:00"), CLASS), path)
    return path


def test_an_undone_submission_has_no_number_in_the_results_and_comes_back_the_same(results_file):
    found = json.loads(results_file.read_text())
    assert [one["score"] for one in found["submissions"]] == [2.0, None, 0.0, 0.0]
    assert from_json(found).submissions == CLASS
    assert json.loads(submission_to_json(CLASS[1]))["score"] is None


def test_every_table_and_page_shows_the_same_states(results_file, tmp_path, capsys):
    words = [
        "report",
        str(results_file),
        "--csv",
        str(tmp_path / "m.csv"),
        "--html",
        str(tmp_path / "html"),
        "--feedback",
        str(tmp_path / "feedback"),
        "--out",
        str(tmp_path / "table.txt"),
    ]
    assert cli.main(words) == 0
    rows = list(csv.DictReader((tmp_path / "m.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["student"]: (row["points"], row["status"]) for row in rows} == STATES
    lines = {line.split()[0]: line for line in (tmp_path / "table.txt").read_text().splitlines() if "/6" in line}
    assert {name: line.split()[1] for name, line in lines.items()} == {
        "ada": "2/6",
        "ben": "–/6",
        "cleo": "–/6",
        "dan": "0/6",
    }
    assert "undone: the box ended, 2 times" in lines["ben"]
    page = (tmp_path / "html" / "index.html").read_text()
    assert "no mark: the machine failed" in page
    assert "1 graded submissions: mean 2, median 2 of 6 points" in page
    own = (tmp_path / "feedback/ben/01_toy/toy.html").read_text()
    assert "– of 6 points" in own
    assert "The machine failed while this was graded: there is no mark yet" in own


def test_the_formgraders_page_of_an_undone_submission_says_why_and_holds_no_score(tiny_course, hand_in):
    path = hand_in("ben", row_means=RIGHT) / "ben/01_toy/toy.ipynb"
    released = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())["cells"]
    page = restored(path, released)
    show(page, CLASS[1])
    assert page.cells[0].source == "**This notebook could not be graded:**\n\n    the box ended, 2 times\n"
    outputs = [one for cell in page.cells for one in cell.get("outputs", [])]
    assert [one.output_type for one in outputs] == ["display_data", "display_data"]


def gradebook_of(url):
    with Gradebook(url) as gradebook:
        return {
            one.student.id: (
                {
                    grade.cell.name: (grade.auto_score, grade.needs_manual_grade)
                    for grade in one.notebooks[0].grades
                    if grade.cell.cell_type == "code"
                },
                next(comment.auto_comment for comment in one.notebooks[0].comments if comment.cell.name == "row_means"),
            )
            for one in gradebook.assignment_submissions("01_toy")
        }


def book(*submissions):
    return Results(Run(1, "2026-01-01T00:00:00+00:00"), submissions)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/gradebook.db"


def test_a_gradebook_has_no_score_where_none_was_given_and_a_flag(url, tiny_course):
    assert record_results(book(*CLASS), url, tiny_course) == 3
    found = gradebook_of(url)
    assert found["ada"][0] == {"check_row_means": (2.0, False), "check_Scaler": (0.0, False)}
    assert found["ben"][0] == {"check_row_means": (None, True), "check_Scaler": (None, True)}
    assert found["ben"][1] == "The machine failed while this was graded: there is no mark yet. the box ended, 2 times."
    assert found["dan"][0] == {"check_row_means": (0.0, False), "check_Scaler": (0.0, False)}
    assert "cleo" not in found


@pytest.mark.parametrize(
    ("status", "said"), [("missing", "No notebook was handed in."), ("undone", "The machine failed")]
)
def test_an_earlier_mark_is_neither_kept_in_silence_nor_made_nothing(url, tiny_course, status, said):
    record_results(book(CLASS[0]), url, tiny_course)
    assert record_results(book(result("ada", status)), url, tiny_course) == 1
    scores, comment = gradebook_of(url)["ada"]
    assert scores == {"check_row_means": (2.0, True), "check_Scaler": (0.0, True)}
    assert comment.startswith(said)
    assert comment.endswith("handed in before: a person decides whether they count.")
    record_results(book(CLASS[0]), url, tiny_course)
    scores, comment = gradebook_of(url)["ada"]
    assert (scores["check_row_means"], comment) == ((2.0, False), None)


def test_a_comment_at_a_question_is_a_persons(url, tiny_course):
    record_results(book(result("ada", "unreadable")), url, tiny_course)
    with Gradebook(url) as gradebook:
        comments = gradebook.find_submission_notebook("toy", "01_toy", "ada").comments
        assert {one.cell.name: one.auto_comment is None for one in comments} == {
            "row_means": False,
            "Scaler": False,
            "question_mean": True,
        }
