"""What was handed in is found by its contents where its name is another, and what can't be placed is named."""

from __future__ import annotations

import json
import os
import time
import unicodedata
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course.notebook import course_notebooks
from autograder.grading import graders
from autograder.grading.handed_in import MOST_FILES, handed_in
from autograder.grading.roster import owner_of
from autograder.plain.errors import CourseError
from autograder.plain.results_file import read
from autograder.reading.recognise import Recogniser
from autograder.similarity.similar import find_similar

MEANS = "def row_means(x):\n    return x.mean(dim=1)"
KEY = ("01_toy", "toy")


@pytest.fixture
def book(tiny_course):
    """The released notebook as text:

    `book(row_means="...")` has these sources, `book(lost=True)` no cell's metadata.
    """
    released = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())

    def book(lost: bool = False, **sources: str) -> str:
        made = json.loads(json.dumps(released))
        for cell in made["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = sources.get(name, cell["source"])
            cell["metadata"] = {} if lost else cell["metadata"]
        return json.dumps(made)

    return book


@pytest.fixture
def lay(tmp_path):
    """Lay a file below the class's folder, and give that folder."""

    def lay(place: str, text: str | bytes) -> Path:
        path = tmp_path / "submitted" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / "submitted"

    return lay


@pytest.fixture
def found(tiny_course):
    return lambda tree: handed_in(tree, tiny_course)


def where(tree: Path, one) -> str | None:
    """The place of what will be read, below the tree; None for a missing one."""
    return str(one.path.relative_to(tree)) if os.path.lexists(one.path) else None


MISPLACED = [
    "ada/01_toy/toy (1).ipynb",
    "ada/01_toy/toy-Copy1.ipynb",
    "ada/01_toy/TOY.ipynb",
    "ada/01_toy/mueller_toy.ipynb",
    "ada/01_toy/my homework.ipynb",
    "ada/toy.ipynb",
    "ada/01_toy/01_toy/toy.ipynb",
    "ada/ada/01_toy/toy.ipynb",
    "ada/ada/toy.ipynb",
    "ada/01-Toy/toy.ipynb",
    "ada/Chapter one/toy.ipynb",
    "ada/01_toy/toy.ipynb/toy.ipynb",
    "ada/kernel-school/course/01_toy/toy.ipynb",
    "ada/toy.ipynb.txt",
    "ada/toy.json",
    "ada/toy",
    "ada/01_toy/toy.IPYNB",
    "ada_toy.ipynb",
    "ada_toy (1).ipynb",
    "ada-toy.ipynb",
    "ada_TOY-1.ipynb",
    "ada/01_toy/  toy  .ipynb",
    "ada/01_toy/练习\u200b.ipynb",
    "ada/[1]/toy[2].ipynb",
]


@pytest.mark.parametrize("place", MISPLACED)
def test_a_notebook_in_another_place_is_taken_for_what_is_in_it(lay, found, book, place):
    tree = lay(place, book(row_means=MEANS))
    there = found(tree)
    (one,) = there.submissions
    assert (one.student, one.chapter, one.notebook, one.refused, one.note) == ("ada", *KEY, "", "")
    assert where(tree, one) == one.place == place
    assert there.unplaced == ()


@pytest.mark.parametrize("how", ["whole", "lost", "with BOM", "UTF-16", "cut short", "much output", "one line"])
def test_contents_are_known_however_the_file_was_saved(lay, found, book, how):
    text: str | bytes = book(lost=how == "lost")
    if how == "one line":
        text = json.dumps(json.loads(str(text)), separators=(",", ":"))
    if how == "with BOM":
        text = b"\xef\xbb\xbf" + str(text).encode()
    if how == "UTF-16":
        text = str(text).encode("utf-16")
    if how == "cut short":
        text = str(text)[:-200]
    if how == "much output":
        made = json.loads(str(text))
        made["cells"][-1] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 25_000_000}]}
        text = json.dumps(made)
    (one,) = found(lay("ada/homework.ipynb", text)).submissions
    assert (one.chapter, one.notebook, one.place) == (*KEY, "ada/homework.ipynb")


NO_NOTEBOOK = {
    "another course's": '{"cells": [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "theirs"}}, '
    '"source": "def row_means(x): 1"}]}',
    "talk of it": json.dumps(
        {"cells": [{"cell_type": "markdown", "source": 'it has "grade_id": "row_means" and "grade_id": "Scaler"'}]}
    ),
    "one function": '{"cells": [{"cell_type": "code", "source": ["def helper(x):"]}]}',
    "empty": "",
    "HTML": '<html>"grade_id": "row_means"',
    "a zip": b"PK\x03\x04\0\0",
    "bytes": bytes(range(256)) * 40,
    "deep": "[" * 100_000,
    "blanks": "{" + " " * 3_000_000,
    "half UTF-16": b"\xff\xfe{",
}


@pytest.mark.parametrize("text", NO_NOTEBOOK.values(), ids=list(NO_NOTEBOOK))
def test_what_is_not_known_without_doubt_is_named_and_not_graded(lay, found, book, text):
    lay("ben/01_toy/toy.ipynb", book())
    there = found(lay("ada/01_toy/toy (1).ipynb", text))
    ada, ben = there.submissions
    assert where(ada.path.parents[2], ada) is None
    assert "found was '01_toy/toy (1).ipynb'" in ada.note
    assert there.unplaced == ("ada/01_toy/toy (1).ipynb: not recognised",)
    assert (ben.place, ben.note) == ("", "")


def test_a_link_a_pipe_and_a_huge_file_are_not_looked_into(lay, tiny_course, tmp_path, book):
    tree = lay("ben/01_toy/toy.ipynb", book())
    (tree / "ada").mkdir()
    (tree / "ada/link.ipynb").symlink_to(tree / "ben/01_toy/toy.ipynb")
    os.mkfifo(tree / "ada/pipe.ipynb")
    with (tree / "ada/huge.ipynb").open("wb") as file:
        file.write(book().encode())
        file.truncate(400 * 2**20)
    (tree / "ada/folder").symlink_to(tree / "ben")
    began = time.monotonic()
    there = handed_in(tree, tiny_course)
    assert time.monotonic() - began < 5
    assert {line.split(":")[0] for line in there.unplaced} == {
        f"ada/{name}" for name in ("folder", "huge.ipynb", "link.ipynb", "pipe.ipynb")
    }


def test_a_notebook_with_a_cell_of_another_is_the_one_that_it_mostly_is(root):
    notebooks = course_notebooks(root / "solutions")[:4]
    known = Recogniser(notebooks)
    texts = {(one.chapter, one.name): (root / "course" / one.chapter / one.file).read_text() for one in notebooks}
    (first, text), (_, other), *_ = texts.items()
    assert known._key_of(text.encode()) == first
    copied = json.loads(text)
    copied["cells"] += [cell for cell in json.loads(other)["cells"] if cell["metadata"].get("nbgrader")][:2]
    assert known._key_of(json.dumps(copied).encode()) == first
    both = {**copied, "cells": json.loads(text)["cells"] + json.loads(other)["cells"]}
    assert known._key_of(json.dumps(both).encode()) is None


def test_every_notebook_of_the_course_is_known_by_its_cells_and_by_its_functions(root):
    notebooks = course_notebooks(root / "solutions")
    known = Recogniser(notebooks)
    for one in notebooks:
        raw = (root / "course" / one.chapter / one.file).read_bytes()
        assert known._key_of(raw) == known._key_of(raw.replace(b'"grade_id"', b'"lost"')) == (one.chapter, one.name)


# Two files for one notebook.


def test_the_one_in_its_place_counts_and_the_others_are_named(lay, found, book):
    lay("ada/01_toy/toy.ipynb", book())
    lay("ada/01_toy/toy (1).ipynb", book(row_means=MEANS))
    lay("ada/toy.ipynb", book())  # the same as the one that counts
    tree = lay("ada_toy.ipynb", book(Scaler="class Scaler: pass"))
    there = found(tree)
    (one,) = there.submissions
    assert (where(tree, one), one.place, one.refused) == ("ada/01_toy/toy.ipynb", "", "")
    assert one.note == "'01_toy/toy (1).ipynb', 'ada_toy.ipynb' were handed in too and not graded"
    assert there.unplaced == (
        "ada/01_toy/toy (1).ipynb: 01_toy/toy once more; toy.ipynb in its place counts",
        "ada_toy.ipynb: 01_toy/toy once more; toy.ipynb in its place counts",
    )


def test_of_two_that_are_the_same_one_is_taken(lay, found, book):
    lay("ada/toy.ipynb", book())
    tree = lay("ada/toy-Copy1.ipynb", book())
    there = found(tree)
    (one,) = there.submissions
    assert (one.place, one.refused, there.unplaced) == ("ada/toy-Copy1.ipynb", "", ())


def test_of_two_that_differ_neither_is_graded_and_it_is_said_what_to_do(
    lay, tiny_course, book, tmp_path, monkeypatch, capsys
):
    lay("ada/01_toy/toy (1).ipynb", book())
    lay("ada/01_toy/toy (2).ipynb", book(row_means=MEANS))
    tree = lay("ben/01_toy/toy.ipynb", book(row_means=MEANS))
    monkeypatch.chdir(tiny_course)
    out = tmp_path / "results.json"
    words = ["--gradebook", f"sqlite:///{tmp_path}/g.db", "--autograded", f"{tmp_path}/autograded", "--workers", "1"]
    assert main(["grade", str(tree), "--out", str(out), *words]) == 0
    graders.forget()
    results = read(out)
    ada, ben = results.submissions
    assert (ada.status, ada.score, ben.status, ben.score) == ("unreadable", 0.0, "graded", 2.0)
    for said in (
        "'01_toy/toy (1).ipynb' and '01_toy/toy (2).ipynb' differ",
        "keep one of them, named 01_toy/toy.ipynb",
    ):
        assert said in ada.reason
    assert len(results.run.unplaced) == 2
    captured = capsys.readouterr()
    for line in results.run.unplaced:
        assert line in captured.err
        assert f"handed in, and not graded: {line}" in captured.out
    (found,) = find_similar(tree, tiny_course)
    assert found.unread == ("ada",)


# From end to end.


def test_what_was_recognised_is_graded_and_its_code_shown(lay, tiny_course, book, tmp_path, monkeypatch):
    lay("ada/toy (1).ipynb", book(row_means=MEANS))
    lay("ben/01_toy/notes.ipynb", "{}")
    tree = lay("cem_toy.ipynb", book(row_means=MEANS))
    monkeypatch.chdir(tiny_course)
    out = tmp_path / "results.json"
    assert main(["grade", str(tree), "--out", str(out), "--workers", "1"]) == 0
    graders.forget()
    ada, ben, cem = read(out).submissions
    assert [(one.student, one.score, one.place) for one in (ada, cem)] == [
        ("ada", 2.0, "ada/toy (1).ipynb"),
        ("cem", 2.0, "cem_toy.ipynb"),
    ]
    assert (ben.status, ben.reason) == ("missing", "no notebook was handed in; found was '01_toy/notes.ipynb'")
    assert (
        main(["report", str(out), "--html", f"{tmp_path}/r", "--feedback", f"{tmp_path}/f", "--submitted", str(tree)])
        == 0
    )
    for student in ("ada", "cem"):
        assert "return x.mean(dim=1)" in (tmp_path / "f" / student / "01_toy/toy.html").read_text()
    assert "1 handed in, and not graded" in (tmp_path / "r/index.html").read_text()
    assert "ben/01_toy/notes.ipynb: not recognised" in (tmp_path / "r/index.html").read_text()


def test_one_file_is_known_by_its_contents_too(tiny_course, tmp_path, book):
    for name, student in (
        ("mueller_toy.ipynb", "mueller"),
        ("toy (1).ipynb", "toy (1)"),
        ("homework.ipynb", "homework"),
    ):
        (tmp_path / name).write_text(book())
        (one,) = handed_in(tmp_path / name, tiny_course).submissions
        assert (one.student, one.chapter, one.notebook) == (student, *KEY)
    (tmp_path / "other.ipynb").write_text("{}")
    with pytest.raises(
        CourseError,
        match=r"other\.ipynb is no notebook of this course, by its name or by its contents; there are 01_toy/toy",
    ):
        handed_in(tmp_path / "other.ipynb", tiny_course)


def test_two_dots_in_a_path_are_nobodys_name(tiny_course, tmp_path, book, monkeypatch):
    (tmp_path / "ada/01_toy").mkdir(parents=True)
    (tmp_path / "ada/01_toy/toy.ipynb").write_text(book())
    monkeypatch.chdir(tmp_path / "ada/01_toy")
    (one,) = handed_in(Path("../01_toy/toy.ipynb"), tiny_course).submissions
    assert one.student == "ada"


@pytest.mark.parametrize(
    "file, student",
    [
        ("mueller_knn.ipynb", "mueller"),
        ("Anna Müller_123_assignsubmission_file_knn.ipynb", "Anna Müller_123_assignsubmission_file"),
        ("adal_LATE_77_88_knn-2.ipynb", "adal_LATE_77_88"),
        ("ada_KNN (1).ipynb", "ada"),
        ("ada knn - Copy.ipynb", "ada"),
        ("ada_knn-Copy1.ipynb", "ada"),
        ("knn.ipynb", None),
        ("knn (1).ipynb", None),
        ("aknn.ipynb", None),
        ("_knn.ipynb", None),
        (".._knn.ipynb", None),
        ("ada_knn_final.ipynb", None),
    ],
)
def test_a_files_name_says_whose_it_is_or_nothing(file, student):
    assert owner_of(file, "knn") == student


@pytest.mark.parametrize(
    "file, student",
    [
        ("mueller_01_knn.ipynb", "mueller"),
        ("mueller_knn.ipynb", "mueller"),
        ("adal_LATE_77_88_01_knn-2.ipynb", "adal_LATE_77_88"),
        ("group_02_knn.ipynb", "group_02"),  # another number is not the notebook's
        ("01_knn (1).ipynb", None),
        ("knn.ipynb", None),
    ],
)
def test_a_notebooks_number_is_no_part_of_a_students_name(file, student):
    assert owner_of(file, "01_knn", "knn") == student


# Names.

SAME = [
    ("ada", "ada\u200b"),
    ("ada", "Ada"),
    ("ada", "ada "),
    ("ada l", "ada  l"),
    ("ada l", "ada\u00a0l"),
    ("Zoë", unicodedata.normalize("NFD", "Zoë")),
    ("straße", "STRASSE"),
    ("ada", "\u202eada"),
    ("ada", "ａｄａ"),
    ("ﬁn", "fin"),
    ("ada", "ada\ufe0f"),
    ("ada", "a\u00adda"),
    ("ada", "ada\n"),
    ("ada", "\x1bada"),
]


@pytest.mark.parametrize("one, other", SAME, ids=[other.encode("unicode_escape").decode() for _, other in SAME])
def test_names_that_a_person_takes_for_each_other_are_refused_before_anything_is_graded(
    lay, book, tiny_course, tmp_path, monkeypatch, capsys, one, other
):
    lay(f"{one}/01_toy/toy.ipynb", book())
    lay("ben/01_toy/toy.ipynb", book())
    tree = lay(f"{other}/01_toy/toy.ipynb", book())
    monkeypatch.chdir(tiny_course)
    for words in (["grade", str(tree), "--out", f"{tmp_path}/r.json"], ["similar", str(tree)]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "names that can be taken for each other" in said
        assert "rename one" in said
        assert "'ben'" not in said
        assert said.strip().isprintable()
    assert not (tmp_path / "r.json").exists()


def test_both_names_are_said_as_they_are(lay, book, found):
    lay("ada/01_toy/toy.ipynb", book())
    with pytest.raises(CourseError, match=r"'ada', 'ada\\u200b'"):
        found(lay("ada\u200b/01_toy/toy.ipynb", book()))


def test_a_student_by_a_files_name_may_not_be_taken_for_another_either(lay, book, found):
    lay("ada/01_toy/toy.ipynb", book())
    with pytest.raises(CourseError, match="'ada', 'Ada'"):
        found(lay("Ada_toy.ipynb", book()))


def test_names_of_different_people_are_no_pair(lay, book, found):
    people = ["ada", "ada.", "ada-2", "李雷", "李", "Zoe", "Zoë", "🙂", "🙃", "\u200b", "a.b", "a b", "ab"]
    for name in people:
        tree = lay(f"{name}/01_toy/toy.ipynb", book())
    assert [one.student for one in found(tree).submissions] == sorted(people)


def test_a_name_that_is_not_utf_8_is_refused_with_what_to_do(lay, book, found):
    with pytest.raises(CourseError, match=r"not UTF-8: 'm\\udcfcller'.*rename"):
        found(lay(os.fsdecode(b"m\xfcller") + "/01_toy/toy.ipynb", book()))


def test_a_file_whose_name_is_not_utf_8_is_named_and_costs_nobody_else(lay, book, found):
    lay("ada/" + os.fsdecode(b"t\xf6y.ipynb"), book())
    there = found(lay("ben/01_toy/toy.ipynb", book()))
    assert there.unplaced == (r"ada/t\udcf6y.ipynb: not recognised",)


def test_a_name_that_no_gradebook_holds_is_refused_where_there_is_one(
    lay, book, tiny_course, tmp_path, monkeypatch, capsys
):
    tree = lay(f"{'x' * 129}/01_toy/toy.ipynb", book())
    monkeypatch.chdir(tiny_course)
    assert main(["grade", str(tree), "--out", f"{tmp_path}/r.json", "--gradebook", f"sqlite:///{tmp_path}/g.db"]) == 2
    assert "at most 128 characters: rename 'xxx" in capsys.readouterr().err
    assert not (tmp_path / "g.db").exists()


# What is nobody's.


def test_what_systems_leave_behind_is_no_student(lay, book, found):
    for name in (
        ".ipynb_checkpoints",
        "__pycache__",
        "__MACOSX",
        ".git",
        "ada/.ipynb_checkpoints",
        "ada/__MACOSX",
        "ada/01_toy/checks",
    ):
        lay(f"{name}/01_toy/toy.ipynb", book(row_means=MEANS))
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._ada_toy.ipynb", "ada/._toy.ipynb", "ada/01_toy/.DS_Store"):
        lay(name, b"\0")
    there = found(lay("ada/01_toy/toy.ipynb", book()))
    assert [one.student for one in there.submissions] == ["ada"]
    assert there.unplaced == ()


def test_what_may_be_somebodys_is_named(lay, book, found, tmp_path):
    lay(".hidden/01_toy/toy.ipynb", book())
    lay("01_toy/toy.ipynb", book())
    lay("toy.ipynb", book())
    lay("notes.pdf", "%PDF")
    tree = lay("ada/01_toy/toy.ipynb", book())
    (tree / "eve").symlink_to("/etc")
    there = found(tree)
    assert [one.student for one in there.submissions] == ["ada"]
    assert [line.split(":")[0] for line in there.unplaced] == [".hidden", "01_toy", "eve", "notes.pdf", "toy.ipynb"]
    assert "whose?" in there.unplaced[-1]


def test_one_students_folder_is_not_taken_for_a_class(lay, book, found):
    tree = lay("ada/01_toy/toy.ipynb", book())
    with pytest.raises(
        CourseError, match=r"has no submissions: expected ada/<student>.*01_toy: a chapter and no student"
    ):
        found(tree / "ada")


def test_a_folder_of_thousands_of_files_ends_and_what_lies_in_its_place_is_found(lay, book, found):
    for number in range(MOST_FILES + 10):
        lay(f"ada/00_data/{number}.csv", b"")
    there = found(lay("ada/01_toy/toy.ipynb", book()))
    assert [(one.student, one.place) for one in there.submissions] == [("ada", "")]
    assert there.unplaced == (f"ada: more than {MOST_FILES} files; the rest was not looked at",)


def test_a_notebook_in_its_place_is_not_opened(lay, book, tiny_course, monkeypatch):
    for student in ("ada", "ben"):
        tree = lay(f"{student}/01_toy/toy.ipynb", book())
        lay(f"{student}/01_toy/timestamp.txt", "now")
    monkeypatch.setattr(Recogniser, "look", lambda self, path: pytest.fail(f"{path} was opened"))
    assert len(handed_in(tree, tiny_course).submissions) == 2


def test_nbgraders_log_names_a_notebook_that_nbgrader_passes_by(tiny_course, lay, book, monkeypatch, caplog):
    """The hook of our configuration in nbgrader's own converter, which calls it for each student."""
    from nbgrader.apps import NbGrader
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory

    from autograder.course.release import nbgrader_config

    lay("ada/01_toy/toy (1).ipynb", book())
    lay("ada/01_toy/notes.ipynb", "{}")
    tree = lay("ada/01_toy/toy.ipynb", book())
    monkeypatch.chdir(tiny_course)
    desk = Autograde(
        coursedir=CourseDirectory(root=str(tree.parent), assignment_id="01_toy"),
        parent=NbGrader(),
        config=nbgrader_config(tiny_course),
    )
    desk.init_notebooks()
    (desk.notebooks,) = desk.assignments.values()
    with caplog.at_level("WARNING"):
        desk.run_pre_convert_hook()
    assert len(desk.notebooks) == 3
    said = sorted(one.getMessage().partition("/01_toy/")[2] for one in caplog.records)
    assert [one.partition(";")[0] for one in said] == [
        "notes.ipynb is no notebook that the course knows",
        "toy (1).ipynb is 01_toy/toy by its contents: name it toy.ipynb",
    ]
