"""A student's notebook is read as text: what of it runs, and what is said of the rest."""

from __future__ import annotations

import json

import pytest

from autograder.errors import UnreadableNotebook
from autograder.notebook import Outline
from autograder.submission import parse_notebook, read_notebook, student_code

OUTLINE = Outline("01_toy", "toy", ("f", "g"), ("import torch",), frozenset({"print('author')", "import torch"}))


def code(source, **nbgrader):
    return {"cell_type": "code", "metadata": {"nbgrader": nbgrader} if nbgrader else {}, "source": source, "outputs": []}


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


def test_of_an_added_cell_only_definitions_run():
    added = "import math\nEPS = 1e-8\nx = f(3)\nprint(EPS)\nfor i in range(9): pass\ndef helper():\n    return EPS\n"
    ((kind, source),) = kept(read(stub("f", "def f(): pass"), code(added)))[2:]
    assert kind == "added"
    assert "import math" in source
    assert "def helper" in source
    assert "EPS = 1e-8" in source
    assert "f(3)" not in source
    assert "print" not in source
    assert "range" not in source


def test_a_source_given_as_a_list_of_lines_is_joined():
    assert ("stub", "def f():\n    pass") in kept(read(stub("f", ["def f():\n", "    pass"])))


def test_a_syntax_error_costs_its_own_exercise_and_says_the_line():
    result = read(stub("f", "def f(:\n    pass"), stub("g", "def g(): pass"))
    assert list(result.broken) == ["f"]
    assert "line 1" in result.broken["f"]
    assert ("stub", "def g(): pass") in kept(result)


@pytest.mark.parametrize("bad", ["def f():\n  return (" + "(" * 5000, "def f():\n\treturn 1\n        return 2", "x = '\0'"])
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
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"{", "not JSON"),
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


@pytest.mark.parametrize("metadata", [None, [], "x", {"nbgrader": None}, {"nbgrader": {"grade_id": ["f"]}}, {"nbgrader": {"grade_id": {}}}])
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
