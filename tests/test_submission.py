"""A student's notebook is read as text: what of it runs, and what is said of the rest."""

from __future__ import annotations

import json
import time

import pytest

from autograder.course.notebook import Outline
from autograder.plain.errors import UnreadableNotebook
from autograder.reading.notebook_file import parse_notebook, read_notebook
from autograder.reading.submission import student_code

OUTLINE = Outline("01_toy", "toy", ("f", "g"), ("import torch",), frozenset({"print('author')", "import torch"}))


def code(source, **nbgrader):
    return {
        "cell_type": "code",
        "metadata": {"nbgrader": nbgrader} if nbgrader else {},
        "source": source,
        "outputs": [],
    }


def stub(name, source):
    return code(source, grade_id=name, solution=True, grade=False)


def read(*cells):
    return student_code({"cells": list(cells), "nbformat": 4}, OUTLINE)


def kept(result):
    return [(cell.kind, cell.source.strip()) for cell in result.cells]


def test_the_setup_cell_is_the_authors_whatever_the_copy_says():
    result = read(code("import os; os.system('rm')"), stub("f", "def f(): pass"))
    assert kept(result)[0] == ("setup", "import torch")


def test_the_authors_other_cells_do_not_run():
    assert kept(read(code("print('author')"), stub("f", "def f(): pass")))[1:] == [("stub", "def f(): pass")]


def added(*sources, stub_reads="f"):
    """What runs of a student's own cells when the stub reads these names."""
    result = read(stub("f", f"def f():\n    return {stub_reads}"), *map(code, sources))
    lines = "\n".join(cell.source for cell in result.cells if cell.kind == "added").split("\n")
    return "\n".join(line for line in lines if line)


def test_of_an_added_cell_runs_what_the_graded_code_reads_and_what_that_needs():
    cell = "import math\nEPS = math.e\nx = f(3)\nprint(EPS)\nfor i in range(9): pass\ndef helper():\n    return EPS\n"
    came = added(cell, stub_reads="helper()")
    assert came == "import math\nEPS = math.e\ndef helper():\n    return EPS"
    assert added(cell) == ""


@pytest.mark.parametrize(
    "cell",
    [
        "t = []\nfor i in range(3):\n    t.append(i)",
        "t = {}\nt['a'] = 1",
        "t = []\ndef fill():\n    t.append(1)\nfill()",
        "t = []\ndef fill():\n    t.append(1)\ndef twice():\n    fill()\ntwice()",
        "def make():\n    global t\n    t = 1\nmake()",
        "import random\nt = [1, 2]\nrandom.shuffle(t)",
        "t = [1]\nt += [2]",
        "try:\n    import numpy as t\nexcept ImportError:\n    t = None",
        "if True:\n    def t(): pass",
        "with open('f') as g:\n    t = g.read()",
        "if (t := 3) > 2: pass",
        "[t := i for i in range(3)]",
        "match 3:\n    case t: pass",
        "t = 1\ndel t\nt = 2",
        "for t in range(3): pass",
        "@print\ndef t(): pass",
        "import torch\nt = torch.zeros(3)\nt.fill_(2)",
        "import torch\nt = torch.zeros(3)\n_ = torch.nn.init.ones_(t)",
        "import torch\ntorch.manual_seed(3)\nt = torch.randn(3)",
    ],
)
def test_whatever_binds_or_fills_a_name_that_is_read_runs(cell):
    assert added(cell, stub_reads="t") == cell


@pytest.mark.parametrize(
    "cell",
    [
        "print(t)",
        "import matplotlib.pyplot as plt\nplt.plot(t)",
        "f(t)",
        "s = t.mean()",
        "for i in range(10): print(i, t)",
        "t.mean()[0] == 3",
        "history = train(lambda: t)",
        "[t for t in range(3)]",
        "def g():\n    t = 3\n    return t",
        "s = torch.add(t, t)",
        "for seed in range(3):\n    torch.manual_seed(seed)\n    s = torch.randn(3)",
        "def draw():\n    torch.manual_seed(0)\n    return torch.randn(3)\ns = draw()",
    ],
)
def test_what_only_reads_shows_or_calls_the_exercise_does_not_run(cell):
    assert added("t = [1]", cell, stub_reads="t") == "t = [1]"


def test_of_statements_on_one_line_those_that_are_read_run():
    assert added("a = 'ä'; b = (1,\n 2); c = 3  # d;", stub_reads="(a, c)") == "a = 'ä'\nc = 3"


def test_names_that_stand_in_strings_are_read_where_globals_or_eval_is():
    assert added("a = 1\nb = 2", stub_reads="eval('a + 1')") == "a = 1"


def test_an_authors_statement_runs_when_graded_code_reads_what_it_binds():
    outline = Outline("01_toy", "toy", ("f",), (), frozenset({"device = 3\nprint(device)"}))
    book = {"cells": [code("device = 3\nprint(device)"), stub("f", "def f(): return device")]}
    assert kept(student_code(book, outline)) == [("added", "device = 3"), ("stub", "def f(): return device")]


def test_an_authors_call_of_an_imported_function_changes_its_arguments_and_not_the_module():
    given = "s = torch.zeros(2)\nnn.init.ones_(s)\nfigures.show()"
    outline = Outline("01_toy", "toy", ("f",), ("import torch\nfrom torch import nn",), frozenset({given}))
    book = {"cells": [code(given), stub("f", "def f(): return nn.ReLU, torch.ones")]}
    assert [one.kind for one in student_code(book, outline).cells] == ["setup", "stub"]
    book = {"cells": [code(given), stub("f", "def f(): return s")]}
    assert kept(student_code(book, outline))[1:-1] == [("added", "s = torch.zeros(2)"), ("added", "nn.init.ones_(s)")]


def test_a_needed_statement_that_may_take_long_stands_alone():
    result = read(stub("f", "def f(): return a, b"), code("a = []\nfor i in range(3):\n    a.append(i)\nb = 1"))
    assert [(cell.label, cell.binds) for cell in result.cells if cell.kind == "added"] == [
        ("cell 2, line 1", ((1, ("a",)),)),
        ("cell 2, line 2", ((2, ("a", "i")),)),
        ("cell 2, line 4", ((4, ("b",)),)),
    ]


@pytest.mark.parametrize(
    "unit", ["a{0}=a{1};", "a{0}=a{1}\n", "def a{0}(): a{1}()\n", "a.append(a{0});", "lambda:", "x=x;"]
)
def test_reading_takes_time_by_the_size_of_a_text(unit):
    def took(count):
        text = "".join(unit.format(n, n + 1) for n in range(count)) + "0"
        began = time.process_time()
        read(stub("f", "def f(): return a0"), code(text))
        return time.process_time() - began

    few = 24_000 // len(unit.format(1000, 1001)) // 4
    took(few // 2)
    least, most = (min(took(count) for _ in range(3)) for count in (few, 4 * few))  # others may run beside it
    assert most < 12 * least + 0.5


def test_a_source_given_as_a_list_of_lines_is_joined():
    assert ("stub", "def f():\n    pass") in kept(read(stub("f", ["def f():\n", "    pass"])))


def test_a_syntax_error_costs_its_own_exercise_and_says_the_line():
    result = read(stub("f", "def f(:\n    pass"), stub("g", "def g(): pass"))
    assert list(result.broken) == ["f"]
    assert "line 1" in result.broken["f"]
    assert ("stub", "def g(): pass") in kept(result)


@pytest.mark.parametrize(
    "bad", ["def f():\n  return (" + "(" * 5000, "def f():\n\treturn 1\n        return 2", "x = '\0'"]
)
def test_text_that_python_can_not_read_is_a_reason_and_not_a_crash(bad):
    assert "f" in read(stub("f", bad), stub("g", "def g(): pass")).broken


def test_magics_and_shell_lines_are_left_out_and_line_numbers_stay():
    result = read(stub("f", "!pip install x\n%matplotlib inline\ndef f():\n    %time\n    return 1\nf?\n"))
    ((_, source),) = kept(result)[1:]
    namespace: dict = {}
    exec(source, namespace)
    assert namespace["f"]() == 1
    assert result.cells[1].source.splitlines()[2] == "def f():"


def test_a_timed_stub_is_still_read():
    assert ("stub", "def f(): return 1") in kept(read(stub("f", "%%time\ndef f(): return 1")))


def test_a_cell_of_another_language_is_left_out():
    assert kept(read(stub("f", "def f(): pass"), code("%%bash\nrm -rf /"))) == kept(read(stub("f", "def f(): pass")))


def test_a_deleted_stub_is_missing():
    assert read(stub("f", "def f(): pass")).missing == ("g",)


def test_a_doubled_stub_is_noted_and_the_last_counts():
    result = read(stub("f", "def f(): return 1"), stub("f", "def f(): return 2"))
    assert "stands 2 times" in result.notes[0]
    assert "return 2" in result.definitions["f"].text


def test_another_courses_notebook_is_refused_by_name():
    with pytest.raises(UnreadableNotebook, match="none of the exercise cells of 01_toy/toy"):
        read(code("x = 1"))


@pytest.mark.parametrize(
    "raw, said",
    [
        (b"\xff\xfe\x00", "not JSON, it begins with"),
        (b"{", "ends in the middle, after 1 char"),
        (b"{a}", "not JSON: Expecting property name"),
        (b"\0" * 9000, "nothing in the file but blanks or zeros"),
        (b'{"url": "https://example.org"}', "a link to a file in an online drive"),
        (b'{"worksheets": [3], "nbformat": 3}', "old format .nbformat 3. and can't be converted"),
        (b"[1, 2]", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"cells": [3]}', "cell 1 is not"),
        (b'{"cells": [{"source": 7}]}', "cell 1 is not"),
        (b"[" * 200_000, "nests deeper"),
        (json.dumps({"cells": [{"source": ""}] * 2001}).encode(), "2001 cells"),
    ],
)
def test_what_is_not_a_notebook_is_refused_with_a_reason(raw, said):
    with pytest.raises(UnreadableNotebook, match=said):
        parse_notebook(raw)


@pytest.mark.parametrize(
    "metadata", [None, [], "x", {"nbgrader": None}, {"nbgrader": {"grade_id": ["f"]}}, {"nbgrader": {"grade_id": {}}}]
)
def test_strange_metadata_is_no_exercise_and_no_crash(metadata):
    book = {"cells": [{"cell_type": "code", "source": "x = 1", "metadata": metadata}, stub("f", "def f(): pass")]}
    assert student_code(book, OUTLINE).missing == ("g",)


def test_an_empty_a_linked_and_a_huge_file_are_refused_without_being_read(tmp_path):
    empty, link, huge = tmp_path / "a.ipynb", tmp_path / "b.ipynb", tmp_path / "c.ipynb"
    empty.touch()
    link.symlink_to("/etc/passwd")
    with huge.open("wb") as file:
        file.truncate(300 * 2**20)
    for path, said in ((empty, "empty"), (link, "link"), (huge, "300 MB"), (tmp_path / "d.ipynb", "can't be opened")):
        with pytest.raises(UnreadableNotebook, match=said):
            read_notebook(path)
