"""What a report says: the class, a student, what is handed out, the marks as CSV.

Its looks are seen in tests/browser.
"""

from __future__ import annotations

import csv
import doctest
import html
import json
import re
import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.plain.results import ExerciseResult, Failure, Results, Run, SubmissionResult, TestResult
from autograder.plain.results_file import read, write
from autograder.report import feedback, figures, marks, pages, render

RUN = Run(7, "2026-01-02T03:04:05+00:00", ("bubblewrap", "seccomp"), ("cpu",), {"torch": "2.14.1"})
HOSTILE = "</title><script>alert('x')</script>\x1b[2J\u202e\u2028<img src=x onerror=alert(1)>{{ 7 * 7 }}"
PASSED = ExerciseResult("easy", 2.0, 2.0, "passed", (TestResult("test_it_is_right", "passed"),), seconds=0.02)
FAILED = ExerciseResult(
    "hard",
    0.0,
    3.0,
    "failed",
    (
        TestResult("test_it_is_right", "passed", parameters="1-hard"),
        TestResult(
            "test_it_is_right", "failed", Failure("value", "the answer is wrong", "4", "5", call="hard(x=2)"), "2-hard"
        ),
        TestResult("test_the_second_call", "failed", Failure("assertion", "the second call differs")),
    ),
    "Divide by `n`: it is < 3.",
    0.5,
)
STUB = ExerciseResult(
    "hard",
    0.0,
    3.0,
    "unwritten",
    (TestResult("test_it_is_right", "unwritten", Failure("unwritten", "hard: do it"), "1-hard"),),
)
BROKEN = ExerciseResult(
    "hard", 0.0, 3.0, "error", (TestResult("the cell", "error", Failure("cell", "the cell is not valid Python")),)
)
SLOW = ExerciseResult(
    "hard", 1.5, 3.0, "timeout", (TestResult("test_it_is_right", "timeout", Failure("limit", "it did not finish")),)
)


def graded(student: str, *exercises: ExerciseResult, reason: str = "") -> SubmissionResult:
    score = sum(one.score for one in exercises)
    return SubmissionResult(student, "01_toy", "toy", "graded", reason, score, 5.0, 0.1, exercises)


def ungraded(student: str, status: str, reason: str) -> SubmissionResult:
    return SubmissionResult(student, "01_toy", "toy", status, reason, 0.0, 5.0)  # type: ignore[arg-type]


@pytest.fixture
def results() -> Results:
    rows = (
        graded("ada", PASSED, replace(FAILED, score=3.0, outcome="passed", tests=(), hint=None)),
        graded("ben", PASSED, FAILED),
        graded("cid", PASSED, FAILED),
        graded("dot", PASSED, STUB),
        graded("eve", PASSED, BROKEN),
        graded("fay", PASSED, SLOW),
        ungraded("gus", "unreadable", "not JSON"),
        ungraded("hal", "missing", "no notebook was handed in"),
        graded("ivy", PASSED, FAILED, reason="the cell stands twice"),
    )
    return Results(RUN, rows)


def rows_of(page: str, section: str) -> list[list[str]]:
    """The text of a section's table rows, cell by cell."""
    inside = page.split(f'id="{section}"')[1].split("</section>")[0]
    found = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", inside, re.DOTALL)
    ]
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in found]


# The class.


def test_exercises_are_counted_by_how_they_stand(results):
    easy, hard = figures.notebooks(results)[0].exercises
    assert easy.states == {"passed": 7, "partly": 0, "wrong": 0, "unwritten": 0}
    assert hard.states == {"passed": 1, "partly": 1, "wrong": 4, "unwritten": 1}
    assert hard.success == pytest.approx(1 / 7)
    assert hard.mean_share == pytest.approx((1 + 0.5) / 7)
    assert (easy.seconds, hard.slowest) == (0.02, 0.5)


def test_a_mistake_is_counted_once_a_student_with_its_hint(results):
    (mistake,) = figures.mistakes(results)
    assert (mistake.exercise, mistake.count, mistake.hint) == ("hard", 3, FAILED.hint)


def test_a_test_is_counted_once_a_submission_and_not_where_nothing_was_written(results):
    found = {one.sentence: (one.failed, one.tried) for one in figures.failing_tests(results) if one.exercise == "hard"}
    assert found == {"it is right": (4, 4), "the second call": (3, 3)}


def test_a_person_is_asked_about_what_the_grader_cannot_judge(results):
    found = [(one.submission.student, one.kind) for one in figures.attention(results)]
    assert found == [
        ("gus", "unreadable"),
        ("hal", "missing"),
        ("eve", "cell"),
        ("fay", "limit"),
        ("ivy", "note"),
    ]


def test_an_untouched_notebook_is_said_once(results):
    (one,) = figures.attention(Results(RUN, (graded("joe", STUB, STUB),)))
    assert one.kind == "untouched"


@pytest.mark.parametrize("most", [0, 1, 5, 12.5, 20, 21, 100, 333])
def test_every_mark_stands_in_one_bar_and_full_marks_have_their_own(most):
    scores = [most * share / 7 for share in range(8)]
    found = list(figures.bars(scores, most))
    assert len(found) <= figures.MOST_BARS
    assert sum(bar.count for bar in found) == len(scores)
    assert found[-1].count == sum(score >= most for score in scores)
    assert all(a.high == b.low for a, b in pairwise(found))


def test_the_page_shows_exercises_mistakes_and_tests(results):
    page = pages.class_page(results)
    assert rows_of(page, "exercises")[2][:6] == ["hard", "3", "", "14 %", "1", "21 %"]
    assert rows_of(page, "mistakes")[1][:3] == ["hard", "Divide by n: it is < 3.", "3"]
    assert rows_of(page, "tests")[1] == ["hard", "it is right", "4", "100 %"]
    assert [row[0] for row in rows_of(page, "students")[1:]] == [
        "ada",
        "ben",
        "cid",
        "dot",
        "eve",
        "fay",
        "gus",
        "hal",
        "ivy",
    ]
    assert "seed 7" in page
    assert "seccomp" in page


def test_a_layer_that_was_missing_is_said_in_the_page(results):
    weak = replace(results, run=replace(RUN, isolation=("bubblewrap", "missing: seccomp")))
    assert "less isolation" in pages.class_page(weak)
    assert "less isolation" not in pages.class_page(results)


def test_an_empty_run_gives_a_page(results):
    assert "No submissions" in pages.class_page(replace(results, submissions=()))


def test_several_notebooks_are_told_apart(results):
    other = tuple(replace(one, notebook="other") for one in results.submissions)
    both = replace(results, submissions=results.submissions + other)
    assert {row[0] for row in rows_of(pages.class_page(both), "exercises")[1:]} == {
        "01_toy/toy",
        "01_toy/other",
    }
    assert "01_toy/other: hard" in marks.marks(both).splitlines()[0]


# What students wrote is never markup, whichever page shows it.


@pytest.fixture
def hostile() -> Results:
    failure = Failure("value", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, ((HOSTILE, HOSTILE, HOSTILE),))
    test = TestResult(f"test_{HOSTILE}", "failed", failure, HOSTILE, about=HOSTILE)
    one = ExerciseResult("hard", 0.0, 3.0, "failed", (test, replace(test, name="test_b")), HOSTILE, 0.1)
    whose = replace(graded("x", one, reason=HOSTILE), student=HOSTILE)
    other = replace(ungraded("y", "unreadable", HOSTILE), student=f"y{HOSTILE}")
    return Results(replace(RUN, isolation=(HOSTILE,), versions={HOSTILE: HOSTILE}), (whose, other))


def test_hostile_text_is_escaped_and_cleaned_on_every_page(hostile, tmp_path):
    pages.write_report(hostile, pages.Target.at(tmp_path / "report"))
    feedback.write_feedback(hostile, tmp_path / "feedback")
    written = list(tmp_path.rglob("*.html"))
    assert len(written) == 5
    for path in written:
        page = path.read_text(encoding="utf-8")
        assert "alert(&#39;x&#39;)" in page
        assert not re.search(r"<img|<script>alert|[\x00-\x08\x0b-\x1f\u202e\u2028]", page), path
        assert "{{ 7 * 7 }}" in page
        assert path.resolve().is_relative_to(tmp_path)


def test_no_page_fetches_anything(results, tmp_path):
    pages.write_report(results, pages.Target.at(tmp_path))
    for path in tmp_path.rglob("*.html"):
        page = path.read_text()
        assert not re.search(r"""(?:src|href)=["']?(?:https?:|//)|@import|url\(""", page)
        assert "default-src 'none'" in page


def test_file_names_of_students_pages_are_safe_and_differ():
    names = ["ada", "Ada", "../ada", "ada/", "", "é", "è", "con", "a" * 300, "ada\n", "..", "🙂", "李雷"]
    files = [render.page_name(name) for name in names]
    assert len({one.lower() for one in files}) == len(names)
    assert all(re.fullmatch(r"[\w-]{8,60}\.html", one) and pages.PAGE.match(one) for one in files)


# A student's page, and feedback.


def test_a_students_page_shows_the_code_that_was_graded(tiny_course, hand_in, results, tmp_path):
    tree = hand_in("ben", row_means="def row_means(x):\n    return x < '<b>'")
    row = graded("ben", replace(FAILED, exercise="row_means"))
    page = pages.student_page("ben", [row], RUN, tree)
    assert "return x &lt; &#39;&lt;b&gt;&#39;" in page
    assert f"--out again.json --seed {RUN.seed}" in page


def test_a_name_that_leads_out_of_the_folder_reads_nothing(tmp_path):
    from autograder.report.cells import cells_of

    (tmp_path / "secret").mkdir()
    for name in ("..", "a/b", "/etc", "", "."):
        assert cells_of(tmp_path, replace(graded("x", FAILED), student=name)) == {}


def test_a_page_names_no_other_student(results, tmp_path):
    pages.write_report(results, pages.Target.at(tmp_path / "report.html"))
    feedback.write_feedback(results, tmp_path / "feedback")
    students = [one.student for one in results.submissions]
    written = [*(tmp_path / "report_students").iterdir(), *(tmp_path / "feedback").rglob("*.html")]
    assert len(written) == 2 * len(students)
    for path in written:
        shown = re.sub(r"<[^>]+>", " ", path.read_text().split("</style>")[1])
        assert len([name for name in students if re.search(rf"\b{name}\b", shown)]) == 1, path


def test_feedback_gives_the_message_the_input_the_hint_and_a_line(results):
    page = feedback.feedback_page(results.submissions[1], RUN)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for said in ("the answer is wrong", "hard(x=2)", "Divide by  n", "the second call differs"):
        assert said in text
    assert "autograder check 01_toy/toy.ipynb --exercise hard --seed 7" in text
    assert "--exercise easy" not in text
    assert "bubblewrap" not in text


def test_pages_of_students_who_left_are_removed_and_nothing_else(results, tmp_path):
    target = pages.Target.at(tmp_path)
    pages.write_report(results, target)
    (target.students / "notes.html").write_text("mine")
    pages.write_report(replace(results, submissions=results.submissions[:1]), target)
    assert {one.name for one in target.students.iterdir()} == {
        "notes.html",
        render.page_name("ada"),
    }


# Marks as CSV.


def test_marks_have_a_row_a_submission_and_a_column_an_exercise(results, tmp_path):
    marks.write_marks(results, tmp_path / "marks.csv")
    with (tmp_path / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {
        "student": "ben",
        "chapter": "01_toy",
        "notebook": "toy",
        "points": "2",
        "max": "5",
        "status": "graded",
        "easy": "2",
        "hard": "0",
    }
    assert (rows[6]["status"], rows[6]["easy"]) == ("unreadable", "")


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\u202e=1", "\u200b=1", "＝1", "\x00=1"]
)
def test_no_cell_is_a_formula(results, name):
    row = replace(results.submissions[0], student=name)
    text = marks.marks(replace(results, submissions=(row,)))
    cell = next(csv.reader(text.splitlines()[1:]))[0]
    assert cell.startswith(("'", "\\"))  # text to every spreadsheet


# The command, from a real run on.


@pytest.fixture(scope="module")
def graded_run(tiny_course, tmp_path_factory):
    """A real submission with a mistake, graded in the sandbox at a seed that was not released."""
    folder = tmp_path_factory.mktemp("run")
    path = folder / "submitted" / "ann" / "01_toy" / "toy.ipynb"
    path.parent.mkdir(parents=True)
    book = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())
    for cell in book["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "row_means":
            cell["source"] = "def row_means(x):\n    return x.sum(dim=1)"
    path.write_text(json.dumps(book))
    (path.parent / "timestamp.txt").write_text("2026-01-01")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tiny_course)
        words = [
            "grade",
            str(folder / "submitted"),
            "--out",
            str(folder / "results.json"),
            "--seed",
            "4711",
            "--workers",
            "1",
        ]
        assert main(words) == 0
        words = [
            "report",
            str(folder / "results.json"),
            "--html",
            str(folder / "r.html"),
            "--csv",
            str(folder / "m.csv"),
            "--feedback",
            str(folder / "feedback"),
            "--submitted",
            str(folder / "submitted"),
        ]
        assert main(words) == 0
    return folder


def test_a_real_run_keeps_what_each_exercises_tests_took(graded_run):
    (one,) = read(graded_run / "results.json").submissions
    assert all(result.seconds > 0 for result in one.exercises)
    assert read(graded_run / "results.json").submissions == (one,)


def test_the_command_writes_report_marks_and_feedback(graded_run):
    assert "row_means" in (graded_run / "r.html").read_text()
    assert "x.sum(dim=1)" in (graded_run / "r_students" / render.page_name("ann")).read_text()
    assert "ann,01_toy,toy" in (graded_run / "m.csv").read_text(encoding="utf-8-sig")
    assert (graded_run / "feedback/ann/01_toy/timestamp.txt").read_text() == "2026-01-01"


def test_the_line_on_a_students_page_repeats_the_check_with_the_same_inputs(
    graded_run, tiny_course, tmp_path, monkeypatch, capsys
):
    page = (graded_run / "feedback/ann/01_toy/toy.html").read_text()
    text = html.unescape(page)
    line = re.search(r'<code class="line">(autograder check .*?)</code>', text)[1]
    student = student_folder(tiny_course, graded_run, tmp_path)
    monkeypatch.chdir(student)
    words = shlex.split(line)[1:]
    assert main(words) == 2
    assert "toy.seed-4711.safetensors" in capsys.readouterr().err

    sent = next((graded_run / "feedback" / "answers").rglob("*.safetensors"))
    (student / "01_toy" / "checks" / sent.name).write_bytes(sent.read_bytes())
    assert main(words) == 1
    said = capsys.readouterr().out
    for field in ("came", "expected"):
        shown = re.search(rf"{field}: +(.*)", said)[1]
        assert f"<dd>{html.escape(shown)}</dd>" in page


def student_folder(tiny_course: Path, graded_run: Path, tmp_path: Path) -> Path:
    """What a student has: the released chapter, with their own notebook. No solutions."""
    checks = tmp_path / "home" / "01_toy" / "checks"
    checks.mkdir(parents=True)
    for path in (tiny_course / "course/01_toy/checks").iterdir():
        if path.is_file():
            (checks / path.name).write_bytes(path.read_bytes())
    (checks.parent / "toy.ipynb").write_bytes((graded_run / "submitted/ann/01_toy/toy.ipynb").read_bytes())
    return tmp_path / "home"


def test_without_a_flag_the_table_is_printed_and_a_wrong_folder_is_said(results, tmp_path, capsys):
    write(results, tmp_path / "results.json")
    assert main(["report", str(tmp_path / "results.json")]) == 0
    assert "ada" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "results.json"), "--html", "x", "--submitted", str(tmp_path / "none")]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_results_of_an_older_version_are_read_without_times(results, tmp_path):
    write(results, tmp_path / "results.json")
    text = re.sub(r',\s*"seconds": [\d.]+\s*(?=\})', "", (tmp_path / "results.json").read_text())
    (tmp_path / "results.json").write_text(text)
    assert read(tmp_path / "results.json").submissions[1].exercises[0].seconds == 0.0


@pytest.mark.parametrize("module", [render, marks])
def test_the_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0
