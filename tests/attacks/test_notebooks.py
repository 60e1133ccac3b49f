"""Attacks by the notebook file itself: nbgrader's own holes, edited metadata, names that climb, links, bombs."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
import tracemalloc
from pathlib import Path

import pytest
from harness import RIGHT

from autograder.course.notebook import nbgrader_of
from autograder.grading.grade import Submission
from autograder.grading.handed_in import find_submissions
from autograder.plain.errors import UnreadableNotebook
from autograder.plain.names import visible
from autograder.reading.notebook_file import MAX_CODE_CHARS, parse_notebook, read_notebook
from autograder.reading.submission import student_code

WRONG = {"row_means": "def row_means(x):\n    return x[:, 0]", "Scaler": "class Scaler:\n    pass"}
ODD_VALUES = (
    None,
    7,
    "x",
    [],
    {"nbgrader": None},
    {"nbgrader": []},
    {"nbgrader": {"grade_id": 10**4000}},
    {"tags": "setup"},
)
ODD_TEXTS = ("\ud800 = 1", "x = '\0'", "# \x1b[2J\u202e", "\ufeffx = 1", "\r\r\n\f")
PATHS = ("../../../etc/passwd", "/etc/passwd", "..\\..\\x", "a/../../b", "row_means/../check_row_means")


def cell_of(book: dict, name: str) -> dict:
    return next(cell for cell in book["cells"] if nbgrader_of(cell).get("grade_id") == name)


def skip_execution(book: dict) -> None:
    """The tag that keeps nbgrader's Execute from a cell: no error, so full points."""
    for cell in book["cells"]:
        cell["metadata"].setdefault("tags", []).append("skip-execution")


def allow_errors(book: dict) -> None:
    for cell in book["cells"]:
        cell["metadata"].setdefault("tags", []).append("raises-exception")


def edited_points(book: dict) -> None:
    for name in ("check_row_means", "check_Scaler"):
        cell_of(book, name)["metadata"]["nbgrader"]["points"] = 1000


def edited_check(book: dict) -> None:
    cell_of(book, "check_row_means")["source"] = "2.0"


def deleted_checks(book: dict) -> None:
    book["cells"] = [cell for cell in book["cells"] if not nbgrader_of(cell).get("grade")]


def doubled_check(book: dict) -> None:
    book["cells"] += [cell_of(book, "check_row_means")] * 5


def odd_metadata(book: dict) -> None:
    """Values of every wrong kind where metadata is read."""
    book["cells"] += [
        {"cell_type": "code", "source": "x = 1", "metadata": value, "outputs": []} for value in ODD_VALUES
    ]
    book["metadata"] = 7


def huge_integers(book: dict) -> None:
    cell_of(book, "check_row_means")["metadata"]["nbgrader"] |= {"points": 10**400, "schema_version": -(10**400)}
    book["nbformat"] = 10**400


def strange_text(book: dict) -> None:
    """Half a surrogate pair, NUL and terminal escapes in cells that the student added."""
    book["cells"] += [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in ODD_TEXTS]
    book["cells"].append({"cell_type": "markdown", "source": "\ud800\0", "metadata": {}})


def climbing_names(book: dict) -> None:
    """Paths where names are expected: cells, the notebook's own name, its language's file ending."""
    for name in PATHS:
        about = {"grade_id": name, "grade": True, "solution": True, "points": 100, "locked": False, "schema_version": 3}
        book["cells"].append(
            {"cell_type": "code", "source": "", "metadata": {"nbgrader": about, "name": name}, "outputs": []}
        )
    book["metadata"] |= {"name": "../../evil", "path": "/etc/passwd", "language_info": {"file_extension": "/../../x"}}


def doubled_stub(book: dict) -> None:
    """A cell of another's words under the same name, before the own one."""
    twin = json.loads(json.dumps(cell_of(book, "row_means")))
    twin["source"] = "def row_means(x):\n    return None"
    book["cells"].insert(0, twin)


def written_outputs(book: dict) -> None:
    """The score is an output: write it before the grader does."""
    number = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [number]


def unlocked(book: dict) -> None:
    for cell in book["cells"]:
        if nbgrader_of(cell):
            cell["metadata"]["nbgrader"] |= {"locked": False, "solution": True, "schema_version": 1}


def another_kernel(book: dict) -> None:
    book["metadata"]["kernelspec"] = {"name": "../../evil", "display_name": "evil", "language": "bash"}


def patched_setup(book: dict) -> None:
    """The student's own setup cell would replace the checks' helpers."""
    patch = "import torch\ntorch.testing.assert_close = lambda *a, **k: None\nfrom autograder import check\n"
    setup = next(cell for cell in book["cells"] if "setup" in cell["metadata"].get("tags", []))
    setup["source"] = patch


def renamed_exercise(book: dict) -> None:
    cell_of(book, "row_means")["metadata"]["nbgrader"]["grade_id"] = "../../../etc/passwd"


NOTEBOOK_ATTACKS = (
    odd_metadata,
    huge_integers,
    strange_text,
    climbing_names,
    doubled_stub,
    skip_execution,
    allow_errors,
    edited_points,
    edited_check,
    deleted_checks,
    doubled_check,
    written_outputs,
    unlocked,
    another_kernel,
    patched_setup,
    renamed_exercise,
)


@pytest.mark.parametrize("attack", NOTEBOOK_ATTACKS, ids=lambda attack: attack.__name__)
def test_a_changed_notebook_gains_nothing(ours, attack):
    book = ours.book(**WRONG)
    attack(book)
    result = ours.grader.grade_book(book, Submission("mallory", "01_toy", "toy", Path()))
    assert result.score == 0
    assert result.max_score == 6


@pytest.mark.parametrize("attack", NOTEBOOK_ATTACKS, ids=lambda attack: attack.__name__)
def test_the_same_change_costs_a_right_answer_nothing_it_should_not(ours, attack):
    """The control: the marks above are zero for the answer's sake, not because the change ends the grading."""
    book = ours.book(**RIGHT)
    attack(book)
    result = ours.grader.grade_book(book, Submission("alice", "01_toy", "toy", Path()))
    assert result.score == 6


BOMBS = {
    "not JSON": (b"{", "ends in the middle"),
    "lists in lists": (b"[" * 1_000_000, "nests deeper"),
    "dicts in dicts": (b'{"cells":' * 200_000, "nests deeper"),
    "an int of a million digits": (b'{"cells": ' + b"9" * 1_000_000 + b"}", "not a notebook"),
    "no cells": (b"{}", "no list of cells"),
    "cells that are numbers": (b'{"cells": [1, 2, 3]}', "cell 1"),
    "a source that is a number": (b'{"cells": [{"cell_type": "code", "source": 7}]}', "cell 1"),
    "not UTF-8": (b'{"cells": ["\xff\xfe"]}', "cell 1 is not a notebook cell"),
    "UTF-16": ('{"cells": [1]}'.encode("utf-16"), "cell 1 is not a notebook cell"),
    "nothing but NUL": (b"\0" * 1000, "nothing in the file but blanks or zeros"),
    "too much code": (
        json.dumps({"cells": [{"cell_type": "code", "source": "x = 1\n" * MAX_CODE_CHARS}]}).encode(),
        "characters of code",
    ),
    "too many cells": (json.dumps({"cells": [{"cell_type": "raw", "source": ""}] * 5000}).encode(), "5000 cells"),
}


@pytest.mark.parametrize("raw, reason", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_unreadable_with_a_reason_in_little_time(raw, reason):
    began = time.monotonic()
    with pytest.raises(UnreadableNotebook, match=reason):
        parse_notebook(raw)
    assert time.monotonic() - began < 5


SLOW_TEXTS = {
    "brackets": "x = " + "[" * 49_000,
    "unary": "x = " + "-" * 49_000 + "1",
    "comparisons": "x = 1" + "<1" * 20_000,
    "strings": "x = " + "'a' " * 12_000,
    "magics": "!ls\n" * 9_000,
    "a help line": "a" * 49_000 + "!?",
    "blank lines": "\n" * 49_000 + "?",
    "names on one line": ";".join(f"a{i}=a{i + 1}" for i in range(3_500)),
    "more than is read": "x = " + "'a' " * 300_000,
}


@pytest.mark.parametrize("text", SLOW_TEXTS.values(), ids=SLOW_TEXTS.keys())
def test_no_text_keeps_the_graders_own_parser_busy(ours, text):
    """The grader reads sources before the box does: what takes the parser minutes must be refused first."""
    book = ours.book(row_means="def row_means(x): return x\n" + text)
    began = time.monotonic()
    with contextlib.suppress(UnreadableNotebook):
        student_code(book, ours.notebook.outline)
    assert time.monotonic() - began < 20


# Files that are no files. Each stands where mallory's notebook should be; ned, the next student, is honest.


def huge(path: Path, outside: Path) -> None:
    with path.open("wb") as file:
        file.truncate(400 * 2**20)


def empty(path: Path, outside: Path) -> None:
    path.touch()


def link(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def link_in_a_ring(path: Path, outside: Path) -> None:
    path.symlink_to(path)


def link_to_a_device(path: Path, outside: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path, outside: Path) -> None:
    path.mkdir()


def pipe(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path, outside: Path) -> None:
    with socket.socket(socket.AF_UNIX) as line, contextlib.chdir(path.parent):
        line.bind(path.name)


def deep_bomb(path: Path, outside: Path) -> None:
    path.write_bytes(b"[" * 1_000_000)


def unreadable_bytes(path: Path, outside: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00\x01")


FILES = {
    huge: "400 MB",
    empty: "empty",
    link: "link to another file",
    link_in_a_ring: "link to another file",
    link_to_a_device: "link to another file",
    folder: "not a plain file",
    pipe: "not a plain file",
    unix_socket: "can't be opened",
    deep_bomb: "nests deeper",
    unreadable_bytes: "not JSON",
}


@pytest.mark.parametrize("lay, reason", FILES.items(), ids=[lay.__name__ for lay in FILES])
def test_what_is_no_notebook_is_refused_with_a_reason_and_the_next_is_graded(ours, tmp_path, lay, reason):
    outside = tmp_path / "outside.ipynb"
    outside.write_text(json.dumps(ours.book(**RIGHT)))
    handed_in = {name: tmp_path / "submitted" / name / "01_toy" / "toy.ipynb" for name in ("mallory", "ned")}
    for path in handed_in.values():
        path.parent.mkdir(parents=True)
    lay(handed_in["mallory"], outside)
    handed_in["ned"].write_text(json.dumps(ours.book(**RIGHT)))
    began = time.monotonic()
    first, second = (ours.grader.grade(Submission(name, "01_toy", "toy", path)) for name, path in handed_in.items())
    assert (first.status, first.score, first.max_score) == ("unreadable", 0.0, 6.0)
    assert reason in first.reason
    assert second.score == 6.0
    assert time.monotonic() - began < 10


def test_a_large_file_is_refused_unread(tmp_path):
    """Of a sparse file of 400 MB nothing becomes memory."""
    huge(tmp_path / "toy.ipynb", tmp_path)
    tracemalloc.start()
    with pytest.raises(UnreadableNotebook):
        read_notebook(tmp_path / "toy.ipynb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_device_is_not_read():
    with pytest.raises(UnreadableNotebook, match="not a plain file"):
        read_notebook(Path("/dev/zero"))


def test_linked_folders_lead_nowhere(ours, tiny_course, tmp_path):
    """A student's folder, or a chapter in it, that is a link out of the tree holds no submission."""
    tree, outside = tmp_path / "submitted", tmp_path / "outside" / "01_toy"
    for place in (tree / "alice" / "01_toy", outside):
        place.mkdir(parents=True)
        (place / "toy.ipynb").write_text(json.dumps(ours.book(**RIGHT)))
    (tree / "mallory").symlink_to(outside.parent)
    (tree / "mike").mkdir()
    (tree / "mike" / "01_toy").symlink_to(outside)
    submissions, _ = find_submissions(tree, tiny_course)
    scores = {one.student: ours.grader.grade(one).score for one in submissions}
    assert scores == {"alice": 6.0, "mike": 0.0}


def test_a_name_stays_what_it_is_and_is_shown_without_what_it_would_do(ours):
    name = "\x1b[2Jeve\u202e"
    result = ours.grader.grade_book(ours.book(**RIGHT), Submission(name, "01_toy", "toy", Path()))
    assert result.student == name
    assert visible(name) == r"\x1b[2Jeve\u202e"


def test_a_student_named_like_a_path_or_a_page_writes_nothing(tiny_course, ours, tmp_path):
    """Where a class collects by upload, a folder's name is the student's choice."""
    names = ("up\\..\\evil", "<script>alert('owned')", "%2e%2e%2fevil", "-rf", "a b;reboot")
    for name in names:
        place = tmp_path / "submitted" / name / "01_toy"
        place.mkdir(parents=True)
        (place / "toy.ipynb").write_text(json.dumps(ours.book(**RIGHT)))
    before = sorted(tmp_path.rglob("*"))
    submissions, _ = find_submissions(tmp_path / "submitted", tiny_course)
    assert [ours.grader.grade(one).score for one in submissions] == [6.0] * len(names)
    assert sorted(tmp_path.rglob("*")) == before
