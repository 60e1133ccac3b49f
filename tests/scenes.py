"""What students have done to notebooks: one table, held to by every route that grades.

Each scene changes the tiny course's released notebook, and says what it is worth (of 6 points) and which words
its comment must have.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Book = dict[str, Any]
RIGHT = {
    "row_means": "def row_means(x):\n    return x.mean(dim=1)",
    "Scaler": "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n        return x - self.m",
    "question_mean": "So that new rows are scaled alike.",
}
SUMS = "def row_means(x):\n    return x.sum(dim=1)"


@dataclass(frozen=True)
class Scene:
    """One thing that was done to a file.

    Args:
        name: what was done, in words.
        change: from the released notebook to what is handed in.
        points: what it is worth.
        words: what the comments say among other things.
    """

    name: str
    change: Callable[[Book], Book | bytes]
    points: float
    words: tuple[str, ...] = ()


def about(cell: Any) -> dict[str, Any]:
    """A cell's nbgrader metadata."""
    found = cell["metadata"].get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def cell_of(book: Book, name: str) -> Any:
    """The cell of a grade_id."""
    return next(cell for cell in book["cells"] if about(cell).get("grade_id") == name)


def code(source: str) -> Book:
    """A cell that a student added."""
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source}


def answered(book: Book, **sources: str) -> Book:
    """The notebook with right answers, but for those given."""
    for name, source in {**RIGHT, **sources}.items():
        cell_of(book, name)["source"] = source
    return book


def right(book: Book) -> Book:
    return answered(book)


def wrong(book: Book) -> Book:
    return answered(book, row_means=SUMS)


def untouched(book: Book) -> Book:
    return book


def without(name: str) -> Callable[[Book], Book]:
    """Right answers, and one cell deleted."""
    def change(book: Book) -> Book:
        gone = cell_of(answered(book), name)
        book["cells"] = [cell for cell in book["cells"] if cell is not gone]
        return book

    return change


def doubled(name: str) -> Callable[[Book], Book]:
    """Right answers, and one cell copied below itself."""
    def change(book: Book) -> Book:
        one = cell_of(answered(book), name)
        book["cells"].insert(book["cells"].index(one) + 1, copy.deepcopy(one))
        return book

    return change


def changed(name: str, **fields: Any) -> Callable[[Book], Book]:
    """Right answers, and fields of one cell set."""
    def change(book: Book) -> Book:
        cell_of(answered(book), name).update(fields)
        return book

    return change


def described(name: str, **fields: Any) -> Callable[[Book], Book]:
    """Right answers, and fields of one cell's nbgrader metadata set."""
    def change(book: Book) -> Book:
        about(cell_of(answered(book), name)).update(fields)
        return book

    return change


def last_of_two_wrong(book: Book) -> Book:
    doubled("row_means")(book)
    [cell for cell in book["cells"] if about(cell).get("grade_id") == "row_means"][1]["source"] = SUMS
    return book


def without_metadata(book: Book) -> Book:
    for cell in answered(book)["cells"]:
        cell["metadata"] = {}
    return book


def swapped(book: Book) -> Book:
    first, second = cell_of(answered(book), "row_means"), cell_of(book, "Scaler")
    first["metadata"], second["metadata"] = second["metadata"], first["metadata"]
    return book


def stub_as_text(book: Book) -> Book:
    cell = cell_of(answered(book), "row_means")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    return book


def added(book: Book) -> Book:
    cells = answered(book)["cells"]
    cells[3:3] = [code("import math\n"), code("for i in range(3): print(i)"), code("%matplotlib inline")]
    cells.append({"cell_type": "raw", "metadata": {}, "source": "notes"})
    return book


def same_ids(book: Book) -> Book:
    for cell in answered(book)["cells"]:
        cell["id"] = "same"
    return book


def unknown_kind(book: Book) -> Book:
    answered(book)["cells"].append({"cell_type": "heading", "metadata": [], "source": "?", "level": 1})
    return book


def empty(book: Book) -> Book:
    return {**book, "cells": []}


def without_cells(book: Book) -> Book:
    del book["cells"]
    return book


def answer_below(book: Book) -> Book:
    stub = cell_of(book, "row_means")["source"]
    cell_of(answered(book, row_means=stub), "check_row_means")["source"] = RIGHT["row_means"] + '\ncheck("row_means")'
    return book


def half_a_character(book: Book) -> Book:
    answered(book)["cells"].append(code("name = 'half \ud800'"))
    return book


def outputs_of_any_kind(book: Book) -> Book:
    cell_of(answered(book), "check_row_means")["outputs"] = [
        {"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}, "execution_count": 1},
        {"output_type": "?"}, 7,
    ]  # fmt: skip
    return book


def third_format(book: Book) -> Book:
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in answered(book)["cells"]]
    return {"metadata": {"name": "toy"}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]}


def as_bytes(encoding: str) -> Callable[[Book], bytes]:
    return lambda book: json.dumps(answered(book), ensure_ascii=False).encode(encoding)


SCENES = (
    Scene("right", right, 6.0),
    Scene("wrong", wrong, 4.0, ("These are the sums of the rows",)),
    Scene("untouched", untouched, 0.0, ("row_means",)),
    Scene("doubled stub cell", doubled("row_means"), 6.0),
    Scene("doubled stub cell, the last wrong", last_of_two_wrong, 4.0, ("sums of the rows",)),
    Scene("doubled check cell", doubled("check_row_means"), 6.0),
    Scene("doubled question cell", doubled("question_mean"), 6.0),
    Scene("deleted check cell", without("check_row_means"), 6.0),
    Scene("deleted stub cell", without("row_means"), 4.0, ("the cell of row_means was deleted",)),
    Scene("deleted question cell", without("question_mean"), 6.0),
    Scene("all metadata lost", without_metadata, 0.0, ("metadata",)),
    Scene("one cell's metadata lost", changed("row_means", metadata={}), 6.0),
    Scene("a check cell's metadata lost", changed("check_row_means", metadata={}), 6.0),
    Scene("metadata that is a list", changed("check_row_means", metadata={"nbgrader": []}), 6.0),
    Scene("metadata of an old schema", described("check_row_means", schema_version=1), 6.0),
    Scene("metadata of a schema to come", described("row_means", schema_version=99), 6.0),
    Scene("stub turned into text", stub_as_text, 4.0, ("row_means was deleted",)),
    Scene("check cell edited", changed("check_row_means", source="print('passed')"), 6.0),
    Scene("check cell turned into text", changed("check_row_means", cell_type="markdown"), 6.0),
    Scene("points edited", described("check_row_means", points=2000), 6.0),
    Scene("points that are no number", described("check_row_means", points="many"), 6.0),
    Scene("stub made a check", described("row_means", grade=True, points=50), 6.0),
    Scene("names of two cells swapped", swapped, 6.0),
    Scene("a name that is a list", described("check_row_means", grade_id=[]), 6.0),
    Scene("extra cells", added, 6.0),
    Scene("duplicated cell ids", same_ids, 6.0),
    Scene("unknown cell type", unknown_kind, 6.0),
    Scene("half a character", half_a_character, 6.0),
    Scene("outputs of any kind", outputs_of_any_kind, 6.0),
    Scene("empty notebook", empty, 0.0, ("could not be graded",)),
    Scene("no cells key", without_cells, 0.0, ("could not be graded",)),
    Scene("answer in the check cell", answer_below, 4.0, ("row_means",)),
    Scene("format 3", third_format, 0.0, ("could not be graded",)),
    Scene("byte order mark", as_bytes("utf-8-sig"), 0.0, ("could not be graded",)),
    Scene("UTF-16", as_bytes("utf-16"), 0.0, ("could not be graded",)),
    Scene("a page of HTML", lambda book: b"<!DOCTYPE html><p>Sign in</p>", 0.0, ("could not be graded",)),
    Scene("cut short", lambda book: json.dumps(answered(book)).encode()[:900], 0.0, ("could not be graded",)),
    Scene("no bytes", lambda book: b"", 0.0, ("could not be graded",)),
    Scene("a number", lambda book: b"7", 0.0, ("could not be graded",)),
    Scene("nested too deep", lambda book: b"[" * 100_000, 0.0, ("could not be graded",)),
)  # fmt: skip
