"""The machine fails while a right notebook is graded: that is never a mark. Real zygotes are killed, in both routes."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder import cli
from autograder.course.release import nbgrader_config
from autograder.grading import graders
from autograder.grading.boxed import BoxedStudent
from autograder.plain.errors import MachineFailed
from autograder.sandbox.box import Box
from autograder.seams.nbgrader_internals import own_alembic

# Long enough in each call and while it is loaded for a kill to fall into it.
RIGHT = {
    "row_means": "import time\ntime.sleep(0.2)\ndef row_means(x):\n    time.sleep(0.05)\n    return x.mean(dim=1)",
    "Scaler": "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n"
    "        return x - self.m",
}
SOON = 0.02
LAST = 8
# All that an exercise asks goes in one trip, so the two exercises of a right notebook take two.
TRIPS, CALLS, CELLS = "ask_ahead", "ask", "_execute"


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    graders.forget()


def children(pid: int) -> list[int]:
    return [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]


def zygote_of(box: Box) -> int:
    """Return the zygote's process id: the second of its script's processes below bubblewrap's."""
    assert box._process is not None
    below, scripts = [box._process.pid], []
    while below:
        pid = below.pop(0)
        below += children(pid)
        if (
            b"zygote.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
            and b"bwrap" not in Path(f"/proc/{pid}/comm").read_bytes()
        ):
            scripts.append(pid)
    return scripts[1]


def child_of(box: Box) -> int:
    return children(zygote_of(box))[0]


def kill(victim: Callable[[Box], int], box: Box) -> None:
    os.kill(victim(box), signal.SIGKILL)


@pytest.fixture
def killing(monkeypatch):
    """`killing("ask", 3, inside=False, times=1)` kills before the third question of as many gradings as `times` says.

    Questions are counted where each makes a trip of its own, as it does when an exercise's could not go together.
    """

    def killing(method: str, number: int, inside: bool, times: int, victim=zygote_of) -> list[int]:
        seen, killed, original = {}, [], getattr(BoxedStudent, method)

        def counted(self, *args):
            seen[id(self)] = seen.get(id(self), 0) + 1
            if seen[id(self)] == number and len(killed) < times:
                killed.append(number)
                if inside:
                    threading.Timer(SOON, kill, (victim, self._box)).start()
                else:
                    kill(victim, self._box)
                    time.sleep(SOON)
            return original(self, *args)

        if method == CALLS:
            monkeypatch.setattr(BoxedStudent, TRIPS, lambda self, questions: [])
        monkeypatch.setattr(BoxedStudent, method, counted)
        return killed

    return killing


@pytest.fixture
def grade(tiny_course, hand_in, tmp_path, monkeypatch):
    """Grade a right notebook with the command itself; returns the exit code and the submission in results.json."""
    tree = hand_in("ada", **RIGHT)
    monkeypatch.chdir(tiny_course)

    def grade(*words: str):
        code = cli.main(["grade", str(tree), "--out", str(tmp_path / "r.json"), "--seed", "5", *words])
        (found,) = json.loads((tmp_path / "r.json").read_text())["submissions"]
        return code, found

    return grade


MOMENTS = {
    "while the cells are loaded": (CELLS, 2, True, zygote_of),
    "between two cells": (CELLS, 3, False, zygote_of),
    "before the first trip": (TRIPS, 1, False, zygote_of),
    "between two trips": (TRIPS, 2, False, zygote_of),
    "during a trip": (TRIPS, 1, True, zygote_of),
    "the child alone, during a trip": (TRIPS, 1, True, child_of),
    "between two calls": (CALLS, 3, False, zygote_of),
    "during a call": (CALLS, 4, True, zygote_of),
    "at the last call": (CALLS, LAST, False, zygote_of),
    "the child alone, during a call": (CALLS, 2, True, child_of),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_box_that_dies_once_costs_nothing(grade, killing, moment):
    *when, victim = MOMENTS[moment]
    killed = killing(*when, times=1, victim=victim)
    code, found = grade()
    assert killed
    assert (code, found["status"], found["score"], found["reason"]) == (0, "graded", 6.0, "")


@pytest.mark.parametrize(
    "moment", ["while the cells are loaded", "between two trips", "during a trip", "between two calls", "during a call"]
)
def test_a_box_that_dies_again_gives_no_mark_says_so_and_the_same_command_tries_again(
    grade, killing, moment, capsys, tmp_path
):
    *when, victim = MOMENTS[moment]
    killing(*when, times=2, victim=victim)
    book = f"sqlite:///{tmp_path}/gradebook.db"
    code, found = grade("--gradebook", book)
    assert (code, found["status"], found["score"]) == (3, "undone", None)
    assert "the sandbox ended while the code ran in it, 2 times: no mark was given" in found["reason"]
    assert "the machine failed while 1 of 1 submissions was graded, which has no mark (ada)" in capsys.readouterr().err
    with Gradebook(book) as gradebook:
        assert marks(gradebook) == {
            "check_row_means": (None, True),
            "check_Scaler": (None, True),
            "question_mean": (None, True),
        }
        assert "no mark was given" in gradebook.find_comment("row_means", "toy", "01_toy", "ada").auto_comment
    code, found = grade("--gradebook", book)
    assert (code, found["status"], found["score"]) == (0, "graded", 6.0)
    with Gradebook(book) as gradebook:
        assert marks(gradebook) == {
            "check_row_means": (2.0, False),
            "check_Scaler": (4.0, False),
            "question_mean": (None, True),
        }
        assert gradebook.find_comment("row_means", "toy", "01_toy", "ada").auto_comment is None


def test_a_check_that_takes_any_exception_for_an_answer_hides_no_failing_machine():
    """The last word is the side's own, not the test's."""
    student = BoxedStudent.__new__(BoxedStudent)
    student.lost = MachineFailed("the sandbox ended")
    with pytest.raises(MachineFailed):
        student.ask(None)  # type: ignore[arg-type]


def marks(gradebook: Gradebook) -> dict[str, tuple[float | None, bool]]:
    submitted = gradebook.find_submission_notebook("toy", "01_toy", "ada")
    return {one.cell.name: (one.auto_score, one.needs_manual_grade) for one in submitted.grades}


@pytest.fixture
def autograde(tiny_course, hand_in, tmp_path, monkeypatch):
    """nbgrader's own autograde on a right notebook, in this process, so that its box can be found and killed."""
    top = tmp_path / "course"
    shutil.copytree(tiny_course, top)
    shutil.copytree(hand_in("ada", **RIGHT), top / "submitted")
    monkeypatch.chdir(top)
    with own_alembic():
        run_nbgrader("generate_assignment", top)

    def autograde() -> Path:
        with own_alembic():
            run_nbgrader("autograde", top)
        return top

    return autograde


def run_nbgrader(command: str, top: Path) -> None:
    from nbgrader.converters import GenerateAssignment

    config = nbgrader_config(top)
    config.CourseDirectory.update(root=str(top), assignment_id="01_toy", db_url=f"sqlite:///{top}/gradebook.db")
    if command == "generate_assignment":
        config.CourseDirectory.student_id = "."
    made = {"autograde": Autograde, "generate_assignment": GenerateAssignment}[command](
        coursedir=CourseDirectory(config=config), config=config
    )
    made.log = logging.getLogger("nbgrader of a test")
    made.force = command == "generate_assignment"
    made.start()


def test_nbgraders_route_judges_again_too(autograde, killing):
    killing(TRIPS, 1, True, times=1)
    top = autograde()
    with Gradebook(f"sqlite:///{top}/gradebook.db") as gradebook:
        assert marks(gradebook) == {
            "check_row_means": (2.0, False),
            "check_Scaler": (4.0, False),
            "question_mean": (None, True),
        }


def test_nbgraders_route_gives_no_mark_the_second_time_and_the_same_command_tries_again(autograde, killing, caplog):
    killing(CELLS, 2, True, times=2)
    with pytest.raises(NbGraderException):
        autograde()
    assert "01_toy/toy of ada: the sandbox ended while the code ran in it, 2 times: no mark was given" in caplog.text
    top = Path.cwd()
    with Gradebook(f"sqlite:///{top}/gradebook.db") as gradebook:
        assert marks(gradebook) == {
            "check_row_means": (None, True),
            "check_Scaler": (None, True),
            "question_mean": (None, True),
        }
        assert "no mark was given" in gradebook.find_comment("Scaler", "toy", "01_toy", "ada").auto_comment
    autograde()
    with Gradebook(f"sqlite:///{top}/gradebook.db") as gradebook:
        assert marks(gradebook)["check_Scaler"] == (4.0, False)
        assert gradebook.find_comment("Scaler", "toy", "01_toy", "ada").auto_comment is None
