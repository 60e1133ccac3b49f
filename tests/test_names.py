"""Odd names through every door: results, store, gradebook, formgrader, table, report, feedback, CSV, copies, nbgrader.

A folder's name is a student. None is lost, none becomes another, and none does anything where it is shown.
"""

from __future__ import annotations

import csv
import doctest
import html
import json
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cli import main
from autograder.grading import graders
from autograder.plain import names
from autograder.plain.names import MOST_BYTES, file_name, folded, short, visible
from autograder.plain.results_file import read
from autograder.report.feedback import folder_of
from autograder.report.marks import harmless
from autograder.report.render import page_name
from autograder.similarity.similar import find_similar, show

SUMS = "def row_means(x):\n    return x.sum(dim=1)"
MEANS = "def row_means(x):\n    return x.mean(dim=1)"

ODD = {
    "zero-width": "zero\u200bwidth",
    "nfd": unicodedata.normalize("NFD", "Zoë"),
    "upper": "EMMY Noether",
    "two blanks": "two  blanks",
    "trailing blank": "ends ",
    "leading blank": " begins",
    "trailing dot": "dot.",
    "brackets": "[team] 7",
    "star": "a*b?",
    "cjk": "李雷",
    "wide blank": "山田\u3000太郎",
    "joiner": "می\u200cخواهم",
    "bidi": "\u202egnp.exe",
    "emoji": "👩‍💻",
    "variation": "葛\U000e0100城",
    "quotes": 'o\'neil "x"',
    "percent": "100%25",
    "hash": "a#b&c;d",
    "path": "up\\..\\evil",
    "encoded path": "%2e%2e%2fevil",
    "newline": "new\nline",
    "long": "x" * 120,
    "formula": "=1+1",
    "quoted formula": "'=1+1",
    "html": "<img src=x onerror=alert(1)>",
    "escape": "\x1b[2Jred",
    "option": "-rf",
    "answers": "answers",
    "index": "index.csv",
    "device": "con",
    "like an escape": "like\\u200b",
    "zalgo": "z" + "\u0301" * 12,
    "template": "{{ 7 * 7 }}",
}


@pytest.fixture(scope="module")
def class_(tiny_course, tmp_path_factory) -> Path:
    """A class of the odd names, each with a right and a wrong answer, taken through our own commands once."""
    top = tmp_path_factory.mktemp("class")
    released = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())
    for number, name in enumerate(ODD.values()):
        book = json.loads(json.dumps(released))
        for cell in book["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "row_means":
                cell["source"] = MEANS if number % 2 else SUMS
        path = top / "submitted" / name / "01_toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(book))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tiny_course)
        words = [
            "grade",
            f"{top}/submitted",
            "--out",
            f"{top}/results.json",
            "--gradebook",
            f"sqlite:///{top}/gradebook.db",
            "--autograded",
            f"{top}/autograded",
            "--workers",
            "1",
        ]
        assert main(words) == 0
        words = [
            "report",
            f"{top}/results.json",
            "--submitted",
            f"{top}/submitted",
            "--html",
            f"{top}/report",
            "--csv",
            f"{top}/marks.csv",
            "--feedback",
            f"{top}/feedback",
            "--out",
            f"{top}/table.txt",
        ]
        assert main(words) == 0
    graders.forget()
    return top


def mark_of(number: int) -> float:
    return 2.0 if number % 2 else 0.0


odd = pytest.mark.parametrize("number, name", list(enumerate(ODD.values())), ids=list(ODD))


def of_cell(cell: str) -> str:
    """Whose name a cell of a table is."""
    return spelt(cell[1:] if re.match(r"'[' ]*[=+@-]", cell) else cell)


def spelt(text: str) -> str:
    """What `visible` did, undone."""
    if not re.search(r"\\[\\uUx]", text):
        return text
    return re.sub(
        r"\\(?:\\|x(..)|u(....)|U(.{8}))",
        lambda one: chr(int(one[1] or one[2] or one[3], 16)) if any(one.groups()) else "\\",
        text,
    )


@odd
def test_results_have_the_name_as_it_is_with_its_own_mark(class_, number, name):
    (found,) = [one for one in read(class_ / "results.json").submissions if one.student == name]
    assert found.score == mark_of(number)


@odd
def test_the_gradebook_has_it_as_it_is(class_, number, name):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{class_}/gradebook.db") as gradebook:
        assert gradebook.find_submission("01_toy", name).score == mark_of(number)


@odd
def test_the_formgrader_finds_the_notebook_of_this_student(class_, number, name):
    text = (class_ / "autograded" / name / "01_toy" / "toy.ipynb").read_text()
    assert ("x.sum(dim=1)" in text) == (number % 2 == 0)


@odd
def test_a_table_in_a_terminal_has_it_on_one_line_and_nothing_moves(class_, number, name):
    text = (class_ / "table.txt").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith(f"  {short(name)}  ")]
    assert f"{mark_of(number):g}/6" in line
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", text)


@odd
def test_the_reports_link_leads_to_this_students_page(class_, number, name):
    page = (class_ / "report/index.html").read_text()
    shown = html.escape(visible(name)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    link = re.search(rf'<a href="([^"]+)">{re.escape(shown)}</a>', page)
    assert link
    student = (class_ / "report" / unquote(link[1])).read_text()
    assert ("return x.sum(dim=1)" in student) == (number % 2 == 0)
    assert "<img" not in student.split("</style>")[1]
    assert page_name(name) == Path(unquote(link[1])).name


@odd
def test_feedback_stands_in_a_folder_that_leads_back_to_the_student(class_, number, name):
    with (class_ / "feedback/index.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if of_cell(row["student"]) == name]
    folder = of_cell(row["folder"])
    assert unquote(folder) == name
    assert ("return x.sum(dim=1)" in (class_ / "feedback" / folder / "01_toy/toy.html").read_text()) == (
        number % 2 == 0
    )


@odd
def test_the_marks_have_a_row_from_which_the_name_comes_back(class_, number, name):
    with (class_ / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if of_cell(row["student"]) == name]
    assert row["points"] == f"{mark_of(number):g}"
    assert not names.folded(row["student"]).startswith(("=", "+", "-", "@"))


@odd
def test_whose_copy_it_is_is_said_with_the_name_made_visible(class_, tiny_course, number, name):
    assert f"{visible(name)} (" not in show(find_similar(class_ / "submitted", tiny_course))


def test_who_cannot_be_compared_is_named_once_each(tiny_course, tmp_path):
    for name in ("ok", *ODD.values()):
        path = tmp_path / name / "01_toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text("{" if name != "ok" else (tiny_course / "course/01_toy/toy.ipynb").read_text())
    (found,) = find_similar(tmp_path, tiny_course)
    assert sorted(found.unread) == sorted(map(visible, ODD.values()))


def test_the_same_command_finds_each_result_again(class_, tiny_course, monkeypatch, capsys):
    monkeypatch.chdir(tiny_course)
    seed = str(
        json.loads((class_ / "results.json").read_text(encoding="utf-8"))["run"]["seed"]
    )  # it was handed out meanwhile
    assert (
        main(["grade", f"{class_}/submitted", "--out", f"{class_}/results.json", "--workers", "1", "--seed", seed]) == 0
    )
    graders.forget()
    assert f"({len(ODD)} kept from before)" in capsys.readouterr().err


def test_what_nbgrader_itself_does_not_find_is_said(class_, tiny_course, monkeypatch, capsys):
    monkeypatch.chdir(tiny_course)
    words = ["grade", f"{class_}/submitted", "--out", f"{class_}/results.json", "--workers", "1"]
    assert main([*words, "--autograded", f"{class_}/autograded"]) == 0
    graders.forget()
    said = capsys.readouterr().err
    assert r"miss or mistake '[team] 7', 'a*b?', 'new\x0aline', '{{ 7 * 7 }}': brackets" in said


# What a name is shown as, and what it is called in a file.

WORDS = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=80)
TRICKY = st.text(
    st.sampled_from(list("ada \\u200bx%2Ef.='\n\u200b\u202e\u200c李\u0301\ufe0f\u3000")), min_size=1, max_size=12
)


@settings(max_examples=400, deadline=None)
@given(WORDS | TRICKY, WORDS | TRICKY)
def test_no_two_names_are_spelt_alike(one, other):
    for spelling in (visible, lambda name: visible(name, keep_blanks=True), file_name, harmless, folder_of):
        assert (spelling(one) == spelling(other)) == (one == other)


@settings(max_examples=400, deadline=None)
@given(WORDS | TRICKY | st.sampled_from(list(ODD.values())))
def test_a_spelling_hides_nothing_and_is_read_back(name):
    assert spelt(visible(name)) == name
    assert visible(name).isprintable() or "\u3000" in name or names._JOINED.search(name)
    assert visible(name) == " ".join(visible(name).split(" "))
    assert "\n" not in visible(name)


@settings(max_examples=400, deadline=None)
@given(
    WORDS | TRICKY | st.sampled_from(["..", ".", "con", "NUL.txt", "answers", "a/b", "../x", "é" * 300, "%", "/" * 250])
)
def test_a_file_name_is_one_that_every_file_system_takes(name):
    found = file_name(name, taken=("answers",))
    assert len(found.encode()) <= MOST_BYTES
    assert not re.search(r'[/\\:*?"<>|\x00-\x1f]', found)
    assert not found.endswith((".", " "))
    assert not found.startswith((".", " "))
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", found)
    assert folded(found) != "answers"
    assert unquote(found) == name or "%~" in found


@pytest.mark.parametrize(
    "name", ["ada", "Zoë", "李雷", "[team] 7", "o'neil", "x y", "a#b", "山田\u3000太郎", "mueller@example.org"]
)
def test_an_ordinary_name_is_its_own_folder(name):
    assert file_name(name) == visible(name) == name


def test_the_examples_in_docstrings_hold():
    from autograder.grading import roster

    assert doctest.testmod(names).failed == 0 == doctest.testmod(roster).failed


def test_nbgrader_passes_by_exactly_the_names_of_which_that_is_said(tiny_course, tmp_path):
    """nbgrader's own finding, over folders with these names; the real class that `nbgrader autograde` uses."""
    from nbgrader.apps import NbGrader
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory

    from autograder.grading.roster import misread_by_nbgrader

    for name in (*ODD.values(), "a-b1", "{{ 7 - 7 }}"):
        path = tmp_path / "submitted" / name / "01_toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes((tiny_course / "course/01_toy/toy.ipynb").read_bytes())
    course = CourseDirectory(root=str(tmp_path), assignment_id="01_toy")
    desk = Autograde(coursedir=course, parent=NbGrader())
    desk.init_notebooks()
    for name in ODD.values():
        folder = str(tmp_path / "submitted" / name / "01_toy")
        readable = desk.assignments.get(folder) == [f"{folder}/toy.ipynb"] and _is_read(desk, folder)
        assert readable != misread_by_nbgrader(name), name


def _is_read(desk, folder: str) -> bool:
    pattern = desk._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
    return re.match(pattern, folder) is not None
