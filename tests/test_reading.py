"""A student's text is read at a distance, within bounds, and whatever it does is that submission's outcome alone."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import symtable
import sys
import threading
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.authoring.compare import RuleBroken
from autograder.authoring.doors import Door
from autograder.authoring.rules_of_source import forbid_autograd, forbid_loops, forbid_names
from autograder.cli import main
from autograder.course.notebook import Outline, nbgrader_of
from autograder.grading.cluster import Options
from autograder.nbgrader.formgrader import restored, show
from autograder.plain.errors import LimitReached, SandboxError, SubmissionError, UnreadableNotebook
from autograder.plain.facts import statements
from autograder.plain.results import ExerciseResult, SubmissionResult
from autograder.plain.source import definitions, reachable
from autograder.reading import process as reading
from autograder.reading import reader
from autograder.reading.cell_text import MAX_CELL_CHARS
from autograder.reading.magics import without_magics
from autograder.reading.reader import Reader, read_cells, read_code, read_code_in, read_words
from autograder.reading.submission import StudentCode, student_code
from autograder.report.cells import cells_of

OUTLINE = Outline("01_toy", "toy", ("f", "g"), ("import torch",))
F = "def f(x):\n    return x\n"


def book(*sources: str) -> dict:
    about = {"grade_id": "f", "solution": True, "grade": False, "locked": False}
    cells = [
        {"cell_type": "code", "metadata": {"nbgrader": about} if number == 0 else {}, "source": text, "outputs": []}
        for number, text in enumerate(sources)
    ]
    return {"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}


def hand_in(folder: Path, *sources: str, student: str = "ann") -> Path:
    path = folder / student / "01_toy" / "toy.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(book(*sources)))
    return path


class Submitted:
    def __init__(self, code: StudentCode) -> None:
        self.code = code

    def source(self, name: str):
        return reachable(name, self.code.definitions.get)


# Texts that have cost gigabytes, minutes or the run.
KILLERS = {
    "a decorator of 400 terms": f"@({'+'.join(['1'] * 400)})\n{F}",
    "a decorator of 9,000 terms": f"@({'+'.join(['1'] * 9_000)})\n{F}",
    "a decorator for each line": "@f\n" * 15_000 + F,
    "names passed on": F + ";".join(f"a{i}=a{i + 1}" for i in range(3_500)),
    "one name, again and again": F + ";".join(["x=x"] * 12_000),
    "many targets": F + "=".join(f"a{i}" for i in range(7_000)) + "=1",
    "questions to IPython": F + "y = 1\n" * 7_000 + "a.b.c?\n" * 30,
    "a specification of specifications": F + "y = f'{x:" + "{x}" * 9_000 + "}'",
    "many specifications": F + "y = " + "f'{x:{x}}' " * 4_000,
    "a name imported twenty thousand times": F + "from a import " + ",".join(["b"] * 20_000),
    "imports of a long path": F
    + "from "
    + ".".join(["a"] * 12_000)
    + " import "
    + ",".join(f"b{i}" for i in range(3_000)),
    "lambdas in a list": F + "y = [" + ",".join(f"lambda: b{i}" for i in range(3_300)) + "]",
    "lambdas in lambdas": F + "y = " + "lambda: " * 6_000 + "1",
    "attributes of attributes": F + "y = x" + ".a" * 900,
    "calls of calls": F + "y = f" + "()" * 20_000,
    "minus signs": F + "y = " + "-" * 40_000 + "1",
    "a comparison of twenty thousand": F + "y = 1" + "<1" * 20_000,
    "carriage returns": F + "\r".join(["y=1"] * 10_000),
    "walruses": F + "y = [" + ",".join(f"(a{i} := 1)" for i in range(3_500)) + "]",
}


@pytest.mark.parametrize("text", KILLERS.values(), ids=KILLERS)
def test_a_killer_of_one_cell_is_read_within_the_readers_own_limits(text, tmp_path):
    """No clock here: the reader ends itself at its processor seconds, and at its memory."""
    assert len(text) <= MAX_CELL_CHARS
    path = hand_in(tmp_path, text)
    code = read_code(path, OUTLINE)
    assert "f" in code.definitions or "f" in code.broken
    read_words(path, OUTLINE)


@pytest.mark.parametrize(
    "text", [KILLERS["names passed on"], KILLERS["one name, again and again"], KILLERS["many targets"]]
)
def test_each_statement_has_its_own_text_and_all_of_them_no_more_than_the_cell(text):
    assert sum(len(one.text) for one in statements(text)) <= len(text)


def test_the_text_of_imports_is_bounded():
    text = KILLERS["imports of a long path"]
    assert sum(len(one.text) for one in statements(text)) < 20 * len(text)


def test_twice_the_statements_take_twice_the_work():
    """Counted in calls, not seconds."""

    def calls(count: int) -> int:
        counted = 0

        def count_one(frame, event, arg):
            nonlocal counted
            counted += event == "call"

        sys.setprofile(count_one)
        try:
            definitions(";".join(f"a{i}=a{i + 1}" for i in range(count)))
        finally:
            sys.setprofile(None)
        return counted

    assert calls(800) < 2.2 * calls(400)


SPANS = {
    "statements on one line": ("a = 1; b = 2; c = é + b", {"a": "a = 1", "b": "b = 2", "c": "c = é + b"}),
    "a page break in a text": ("a = 'x\\\n\x0c'\nb = 2\nc = 3", {"b": "b = 2", "c": "c = 3"}),
    "carriage returns": ("a = 1\rb = 2\r\nc = 3", {"a": "a = 1", "b": "b = 2", "c": "c = 3"}),
    "a separator that only str.splitlines knows": ("a = '\u2028'\nb = 2", {"b": "b = 2"}),
    "a byte order mark": ("\ufeffa = 1\nb = 2", {"a": "a = 1", "b": "b = 2"}),
    "decorators": ("@a\n@(\n  b\n  + c\n)\ndef f(): pass", {"f": "@a\n@(b\n  + c)\ndef f(): pass"}),
    "letters of several bytes": (
        "é = 'ü'; b = 'ß'\nc = (1,\n 'ö'); d = 4",
        {"é": "é = 'ü'", "b": "b = 'ß'", "c": "c = (1,\n 'ö')", "d": "d = 4"},
    ),
}


@pytest.mark.parametrize("text, parts", SPANS.values(), ids=SPANS)
def test_a_statement_ends_where_python_says(text, parts):
    found = definitions(text)
    assert {name: found[name].text for name in parts} == parts


def test_what_is_bound_in_passing_is_bound():
    text = "(f := lambda x: [y for y in x])\ndef g(h=(i := 1)):\n    global j\n    j = h\nprint(k := 2)"
    assert {"f", "g", "i", "j", "k"} <= definitions(text).keys()
    with pytest.raises(RuleBroken, match="a comprehension"):
        forbid_loops(Door(Submitted(StudentCode((), definitions=definitions(text)))), "f")


# The process.


def test_the_reader_has_no_torch_and_needs_little_to_start():
    loaded = (
        "import sys, autograder.reading.process; print([m for m in ('torch', 'numpy', 'IPython', 'pytest') "
        "if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout.strip() == "[]"


def test_what_comes_back_is_what_was_read(tmp_path):
    path = hand_in(tmp_path, "@torch.no_grad()\ndef f(x): return map(g, x)", "import a.b as c, d\nx = y = 1\nx = c(x)")
    assert as_plain(read_code(path, OUTLINE)) == as_plain(student_code(json.loads(path.read_text()), OUTLINE))


def as_plain(code: StudentCode) -> dict:
    return json.loads(json.dumps(reading.as_data(code)))


def job(name: str) -> Reader:
    """A reader with one more job."""
    add = (
        f"from autograder.reading import process as reading\nimport os, signal, time\n{JOBS[name]}\n"
        f"reading.JOBS['code'] = job\nreading.main()"
    )
    made = Reader((sys.executable, "-c", add), wall_seconds=90)
    MADE.append(made)
    return made


MADE: list[Reader] = []


@pytest.fixture(autouse=True)
def none_is_left() -> Iterator[None]:
    yield
    while MADE:
        MADE.pop().close()


JOBS = {
    "slow": "def job(asked):\n    while True: pass",
    "large": "def job(asked):\n    return [bytearray(2**24) for _ in range(1000)]",
    "deep": "def job(asked):\n    return job(asked)",
    "gone": "def job(asked):\n    os._exit(3)",
    "killed": "def job(asked):\n    os.kill(os.getpid(), signal.SIGSEGV)",
    "odd": "def job(asked):\n    raise KeyError('x')",
    "no data": "def job(asked):\n    return object()",
    "garbage": "def job(asked):\n    os.write(1, b'\\xff' * 4096)\n    time.sleep(60)",
    "no JSON": "def job(asked):\n    os.write(1, b'\\0' * 7 + b'\\x02[[')\n    time.sleep(60)",
}
SAID = {
    "slow": "more than 5 seconds, .* shorten it and submit again",
    "large": "more than 768 MB of memory: clear its outputs",
    "deep": "nests too deep",
    "gone": "could not bear this one, twice",
    "killed": "could not bear this one, twice",
    "odd": r"can't be read \(KeyError: 'x'\): open it, save it again",
    "no data": "could not bear this one, twice",
    "garbage": "could not bear this one, twice",
    "no JSON": "could not bear this one, twice",
}


@pytest.mark.parametrize("name", JOBS)
def test_whatever_ends_a_reader_is_a_sentence_and_the_next_file_is_read(name):
    broken = job(name)
    with pytest.raises(UnreadableNotebook, match=SAID[name]):
        broken.ask("code")
    broken.close()
    assert read_code_in(book(F), OUTLINE).definitions.keys() == {"f"}


def test_a_reader_that_the_machine_killed_is_asked_again(tmp_path):
    marker = tmp_path / "was here"
    once = (
        f"def job(asked):\n    if not os.path.exists({str(marker)!r}):\n"
        f"        open({str(marker)!r}, 'w'); os.kill(os.getpid(), 9)\n    return 7"
    )
    add = (
        f"from autograder.reading import process as reading\nimport os\n{once}\nreading.JOBS['code'] = job\n"
        f"reading.main()"
    )
    own = Reader((sys.executable, "-c", add))
    assert own.ask("code") == 7
    own.close()


def test_a_reader_that_ended_between_two_files_is_started_again():
    read_code_in(book(F), OUTLINE)
    os.kill(reader.READER._process.pid, signal.SIGKILL)
    assert "f" in read_code_in(book(F), OUTLINE).definitions


@pytest.mark.parametrize("command", [("/nowhere/python",), (sys.executable, "-c", "raise SystemExit(4)")])
def test_a_machine_that_can_not_read_is_no_students_fault(command):
    with pytest.raises(SandboxError, match=r"'reader' is missing: .*\n.*python -m autograder.reading.process"):
        Reader(command).ask("cells", path="x")


def test_a_notebook_that_someone_else_read_may_be_no_data():
    round_and_round: dict = {}
    round_and_round["cells"] = [round_and_round]
    with pytest.raises(UnreadableNotebook, match="save it again"):
        read_code_in(round_and_round, OUTLINE)


# Through everything that reads.


@pytest.fixture
def impatient(monkeypatch):
    """A reader of one second, since a fast machine could read the worst in five."""
    command = (
        sys.executable,
        "-c",
        "from autograder.reading import process as reading; reading.SECONDS = 1; reading.main()",
    )
    monkeypatch.setattr(reader, "READER", Reader(command))
    yield
    reader.READER.close()


WORST = [KILLERS["one name, again and again"]] * 9


def test_the_worst_of_all_is_one_outcome(impatient, tmp_path):
    with pytest.raises(UnreadableNotebook, match="takes more than 5 seconds"):
        read_code(hand_in(tmp_path, *WORST), OUTLINE)


def test_a_class_with_killers_in_it_is_graded_whole(impatient, tiny_course, tmp_path, monkeypatch, capsys):
    release = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())
    for student, text in {"ann": "", "ben": KILLERS["a decorator of 400 terms"], "eve": ""}.items():
        for cell in release["cells"]:
            if nbgrader_of(cell).get("grade_id") == "row_means":
                cell["source"] = (
                    f"{text.replace('def f(x):', 'def h(x):')}\ndef row_means(x):\n    return x.mean(dim=1)"
                )
        added = [
            {"cell_type": "code", "metadata": {}, "source": one, "outputs": []} for one in WORST if student == "eve"
        ]
        path = tmp_path / "submitted" / student / "01_toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({**release, "cells": [*release["cells"], *added]}))
    monkeypatch.chdir(tiny_course)
    monkeypatch.setattr(Options, "here", lambda options, submissions: True)
    out = tmp_path / "results.json"
    assert main(["grade", str(tmp_path / "submitted"), "--out", str(out), "--seed", "3"]) == 0
    found = {one["student"]: one for one in json.loads(out.read_text())["submissions"]}
    assert [found[name]["status"] for name in ("ann", "ben", "eve")] == ["graded", "graded", "unreadable"]
    assert found["ann"]["score"] > 0
    assert "more than 5 seconds" in found["eve"]["reason"]
    assert main(["similar", str(tmp_path / "submitted")]) == 0
    assert "not compared, because they can't be read: eve" in capsys.readouterr().out


def test_the_process_that_grades_parses_nothing_of_a_students(tiny_course, hand_in_toy, monkeypatch):
    """Everything that Python's parsers are given here is looked at: a word that only the student's text has is
    not in it."""
    from autograder.course.notebook import read_course_notebook
    from autograder.course.recorder import make_recording
    from autograder.grading.grade import Grader, Submission
    from autograder.sandbox.box import Box

    path = hand_in_toy("def row_means(x):\n    only_here = x.mean(dim=1)\n    return only_here")
    notebook = read_course_notebook(tiny_course / "solutions/01_toy/toy")
    recording = make_recording(notebook, 3)
    seen: list[str] = []

    def watched(function):
        def watch(*args, **kwargs):
            seen.append(f"{threading.current_thread().name}: {args[0]!r}"[:100_000])
            return function(*args, **kwargs)

        return watch

    with Box() as box:
        grader = Grader(notebook, recording, box)
        for module, name in ((ast, "parse"), (symtable, "symtable"), (tokenize, "generate_tokens"), (json, "loads")):
            monkeypatch.setattr(module, name, watched(getattr(module, name)))
        monkeypatch.setattr("builtins.compile", watched(compile))
        result = grader.grade(Submission("ann", "01_toy", "toy", path))
        monkeypatch.undo()
        grader.close()
    assert {one.exercise: one.outcome for one in result.exercises}["row_means"] == "passed"
    parsed = [text for text in seen if "only_here" in text]
    assert all("statements" in text for text in parsed), parsed  # the reader's own answer, which is JSON
    assert len(parsed) == 1


@pytest.fixture
def hand_in_toy(tiny_course, tmp_path):
    def hand_in_toy(row_means: str) -> Path:
        release = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())
        for cell in release["cells"]:
            if nbgrader_of(cell).get("grade_id") == "row_means":
                cell["source"] = row_means
        path = tmp_path / "toy.ipynb"
        path.write_text(json.dumps(release))
        return path

    return hand_in_toy


# Texts made of pieces that have been trouble, by the hundred.

NAMES = st.sampled_from(["a", "b", "f", "x", "torch", "é", "self"])
SMALL = st.integers(1, 60)


def repeated(piece: str, join: str) -> st.SearchStrategy[str]:
    return st.builds(lambda name, count: join.join([piece.replace("N", name)] * count), NAMES, SMALL)


def nested(left: str, right: str) -> st.SearchStrategy[str]:
    return st.builds(lambda name, depth: left * depth + name + right * depth, NAMES, st.integers(1, 300))


EXPRESSIONS = st.one_of(
    NAMES,
    nested("(", ")"),
    nested("[", "]"),
    nested("-", ""),
    nested("lambda: ", ""),
    nested("f(", ")"),
    nested("not ", ""),
    nested("", ".a"),
    nested("", "[0]"),
    nested("", "()"),
    repeated("N", "+"),
    repeated("(N := N)", ","),
    repeated("f'{N:{N}}'", " "),
    repeated("N<N", "<"),
    repeated("lambda N: N", ","),
    st.just("{**{'requires_grad': True}}"),
    st.just("[y for y in x]"),
    st.just("'''\n\n'''"),
    st.just("(yield)"),
    st.just("await x"),
)
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, NAMES, EXPRESSIONS),
    EXPRESSIONS,
    repeated("N=N", ";"),
    repeated("N", "=").map(lambda text: f"{text} = 1"),
    st.builds("@({})\ndef f(x):\n    return {}".format, EXPRESSIONS, EXPRESSIONS),
    repeated("@N", "\n").map(lambda text: f"{text}\ndef f(x): pass"),
    st.builds("class f:\n    {} = {}\n    def backward(self): return self.{}".format, NAMES, EXPRESSIONS, NAMES),
    repeated("N", ",").map(lambda text: f"from a.b import {text}"),
    repeated("N", ".").map(lambda text: f"import {text}"),
    st.builds("def f(x={}):\n    global a\n    a = f\n    for y in x: pass".format, EXPRESSIONS),
    repeated("N?", "\n"),
    repeated("!N", "\n"),
    repeated("%N", "\n"),
    st.just("%%time"),
    st.just("x = !ls \\\n  -l"),
    st.text(max_size=30),
)
CELLS = st.lists(STATEMENTS, min_size=1, max_size=5).flatmap(
    lambda parts: st.sampled_from(["\n", ";", "\r", "\n\x0c"]).map(lambda join: join.join(parts))
)


@settings(
    max_examples=int(os.environ.get("KERNEL_SCHOOL_FUZZ_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(CELLS, min_size=1, max_size=3))
def test_any_text_passes_through_every_reader_and_costs_no_more_than_its_own_marks(tmp_path, cells):
    path = hand_in(tmp_path, *cells)
    try:
        code = read_code(path, OUTLINE)
    except UnreadableNotebook:
        return
    door = Door(Submitted(code))
    for rule in (forbid_loops, forbid_names, forbid_autograd):
        try:
            rule(door, "f", *(["inverse"] if rule is forbid_names else []))
        except (RuleBroken, LimitReached):
            continue
    words, _ = read_words(path, OUTLINE)
    for one in words.values():
        assert len(one.edges) == 2 * len(one.words)
    result = SubmissionResult("ann", "01_toy", "toy", "graded", exercises=(ExerciseResult("f", 0, 1, "failed", ()),))
    cells_of(tmp_path, result)
    show(restored(path, []), result)
    assert len(read_cells(path)) == len(cells)


@settings(max_examples=100, deadline=None)
@given(CELLS)
def test_facts_are_plain_data_and_every_name_that_is_bound_has_some(text):
    found = definitions(text)
    assert all(one.parts for one in found.values())
    assert json.loads(json.dumps([one.parts for one in found.values()])) is not None


@settings(max_examples=100, deadline=None)
@given(CELLS)
def test_a_cell_keeps_its_lines_whatever_of_it_is_ipythons(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert without_magics(text).replace("\r\n", "\n").replace("\r", "\n").count("\n") == lines


MAGICS = {
    "!pip install x\nf = 1": "pass\nf = 1",
    "if x:\n    %time y\nelse:\n  y?": "if x:\n    pass\nelse:\n  pass",
    "files = !ls \\\n  -l\nx = 1": "pass\n\nx = 1",
    "'''\nwhat is it?\n%d items\n'''\n%matplotlib inline": "'''\nwhat is it?\n%d items\n'''\npass",
    "x = (7\n     % 2)": "x = (7\n     % 2)",
    "!ls\ndef f(:": "!ls\ndef f(:",
    "!echo it's\n%cd 'a\nx = 1": "pass\npass\nx = 1",
}


def test_a_line_that_adds_to_a_name_is_part_of_it():
    assert definitions("x = [a]\nx += [b]")["x"].reads == {"a", "b", "x"}


@pytest.mark.parametrize(
    "text", ["a = b; c: int = d.e[f]", "del a", "a, *b = c", "a[b] = c.d", "f(a, b=c)", "a.b += c", "(a := b)"]
)
def test_a_plain_statement_is_read_as_pythons_own_table_reads_it(text):
    for one in statements(text):
        table = symtable.symtable(one.text, "x", "exec").get_symbols()
        assert set(one.binds) == {symbol.get_name() for symbol in table if symbol.is_assigned()}
        assert set(one.reads_at_once) == {symbol.get_name() for symbol in table if symbol.is_referenced()}


@pytest.mark.parametrize("text, left", MAGICS.items())
def test_ipythons_own_lines_are_passed_over_and_nothing_else(text, left):
    assert without_magics(text) == left


def test_a_limit_that_is_met_while_looking_is_the_submissions_own():
    many = ";".join(f"a{i} = a{i + 1}, '{'x' * 100}'" for i in range(3_000))
    found = definitions(f"def f(): return a0\n{many}")
    with pytest.raises(SubmissionError, match=r"the code that f is made of is longer than 200,000 characters"):
        reachable("f", found.get)
