"""What people hand in that is not quite the released notebook, with the points that it has and what must be said.

One table for every route to a mark. A scene starts from the toy with both exercises right (6 points: row_means 2,
Scaler 4); it changes the notebook, or gives the bytes of the file.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat

Book = dict[str, Any]
MEANS = "def row_means(x):\n    return x.mean(dim=1)"
SCALER = (
    "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n"
    "        return x - self.m"
)
READS_SCALE = "def row_means(x):\n    return x.mean(dim=1) * SCALE"


@dataclass(frozen=True)
class Scene:
    """One file that is handed in.

    Args:
        name: what happened to it.
        make: from the right notebook to the file's content.
        points: its mark, of 6; None where the file can't be read.
        says: words that its student must read, in the reason or beside a failed test.
        from_released: whether `make` begins with the released notebook, which is unanswered.
    """

    name: str
    make: Callable[[Book], Book | bytes | None]
    points: float | None
    says: tuple[str, ...] = ()
    from_released: bool = False

    def content(self, released: Book) -> bytes:
        """Return the file for a released notebook."""
        book = json.loads(json.dumps(released)) if self.from_released else right(released)
        made = self.make(book)
        return made if isinstance(made, bytes) else json.dumps(book if made is None else made).encode()


def right(released: Book) -> Book:
    """Return a copy of the toy with both exercises right."""
    book: Book = json.loads(json.dumps(released))
    write(book, row_means=MEANS, Scaler=SCALER)
    return book


def cell_of(book: Book, name: str) -> dict[str, Any]:
    """Return the cell with a grade_id."""
    return next(cell for cell in book["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def write(book: Book, **sources: str) -> None:
    """Write texts into exercises' cells."""
    for name, source in sources.items():
        cell_of(book, name)["source"] = source


def add(book: Book, source: str, below: str | None = None) -> None:
    """Add a code cell of the student's own, below the author's second cell or below that of an exercise."""
    place = book["cells"].index(cell_of(book, below)) + 1 if below else 3
    book["cells"].insert(
        place, {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    )


def helped(cell: str, reads: str = READS_SCALE) -> Callable[[Book], None]:
    """A cell of the student's own, and an exercise that reads what it binds."""

    def make(book: Book) -> None:
        add(book, cell)
        write(book, row_means=reads)

    return make


def means(source: str) -> Callable[[Book], None]:
    """Another text in the cell of row_means."""
    return lambda book: write(book, row_means=source)


def without_metadata(book: Book) -> None:
    for cell in book["cells"]:
        cell["metadata"] = {}


def without_metadata_of_means(book: Book) -> None:
    cell_of(book, "row_means")["metadata"] = {}


def of_kind(kind: str) -> Callable[[Book], None]:
    def make(book: Book) -> None:
        cell = cell_of(book, "row_means")
        cell["cell_type"] = kind
        del cell["outputs"], cell["execution_count"]

    return make


def deleted(book: Book) -> None:
    book["cells"].remove(cell_of(book, "row_means"))


def moved(book: Book) -> None:
    deleted(book)
    add(book, MEANS)


def answered_in_the_check_cell(book: Book) -> None:
    write(book, row_means='def row_means(x):\n    raise NotImplementedError("row_means: Return the mean of each row.")')
    write(book, check_row_means=MEANS + '\ncheck("row_means")')


def answered_above(book: Book) -> None:
    write(book, row_means='def row_means(x):\n    raise NotImplementedError("row_means: Return the mean of each row.")')
    add(book, MEANS)


def doubled(book: Book) -> None:
    cell = cell_of(book, "row_means")
    book["cells"].append({**cell, "source": MEANS})
    cell["source"] = "def row_means(x):\n    return x"


def setup_with_more(book: Book) -> None:
    book["cells"][1]["source"] = "import numpy as np\nimport torch\nfrom autograder import check"
    write(book, row_means="def row_means(x):\n    return torch.as_tensor(np.mean(x.numpy(), axis=1)).to(x)")


def scaler_on_cuda(book: Book) -> None:
    write(book, Scaler=SCALER.replace("x.mean(0)", 'x.cuda().mean(0).to("cpu")'))


def large_outputs(book: Book) -> None:
    cell = cell_of(book, "row_means")
    cell["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBOR" + "A" * 24 * 2**20 + '"]}'}}
    ]


def old_format(book: Book) -> bytes:
    older = nbformat.convert(nbformat.reads(json.dumps(book), 4), 3)
    return json.dumps(older).encode()


def text(book: Book) -> str:
    return json.dumps(book, indent=1, ensure_ascii=False)


def zipped(book: Book) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("toy.ipynb", text(book))
    return memory.getvalue()


def with_umlaut(book: Book) -> str:
    write(book, row_means="# Mittelwerte für jede Zeile\n" + MEANS)
    return text(book)


def merged(book: Book) -> bytes:
    lines = text(book).split("\n")
    return "\n".join([*lines[:5], "<<<<<<< HEAD", lines[5], "=======", lines[5], ">>>>>>> main", *lines[6:]]).encode()


def without_ids(book: Book) -> None:
    for cell in book["cells"]:
        cell.pop("id", None)


def not_a_number(book: Book) -> None:
    book["metadata"]["seen"] = [float("nan"), float("inf")]


def windows_lines(book: Book) -> None:
    for cell in book["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


# Cells and metadata

RIGHT = {"row_means": MEANS, "Scaler": SCALER, "question_mean": "So that new rows are scaled alike."}
SUMS = "def row_means(x):\n    return x.sum(dim=1)"


def about(cell: Any) -> dict[str, Any]:
    """A cell's nbgrader metadata."""
    found = cell["metadata"].get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def code(source: str) -> Book:
    """A cell that a student added."""
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source}


def answered(book: Book, **sources: str) -> Book:
    """The notebook with right answers, but for those given."""
    for name, source in {**RIGHT, **sources}.items():
        cell_of(book, name)["source"] = source
    return book


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


def copied(name: str) -> Callable[[Book], Book]:
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
    copied("row_means")(book)
    [cell for cell in book["cells"] if about(cell).get("grade_id") == "row_means"][1]["source"] = SUMS
    return book


def swapped(book: Book) -> Book:
    first, second = cell_of(answered(book), "row_means"), cell_of(book, "Scaler")
    first["metadata"], second["metadata"] = second["metadata"], first["metadata"]
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


def without_cells(book: Book) -> Book:
    del book["cells"]
    return book


def half_a_character(book: Book) -> Book:
    answered(book)["cells"].append(code("name = 'half \ud800'"))
    return book


def outputs_of_any_kind(book: Book) -> Book:
    cell_of(answered(book), "check_row_means")["outputs"] = [
        {"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}, "execution_count": 1},
        {"output_type": "?"},
        7,
    ]
    return book


OF_FILES = (
    Scene("right", lambda book: None, 6),
    # What a student's own cells, and the author's, bind
    Scene(
        "an import that may fail",
        helped(
            "try:\n    import numpy as np\nexcept ImportError:\n    np = None",
            "def row_means(x):\n    return torch.as_tensor(np.mean(x.detach().cpu().numpy(), axis=1)).to(x)",
        ),
        6,
    ),
    Scene(
        "a function below an if",
        helped(
            "if torch:\n    def half(x):\n        return x / 2", "def row_means(x):\n    return 2 * half(x).mean(1)"
        ),
        6,
    ),
    Scene(
        "a list filled by a loop",
        helped(
            "SCALES = []\nfor one in range(3):\n    SCALES.append(one)",
            "def row_means(x):\n    return x.mean(1) * SCALES[1]",
        ),
        6,
    ),
    Scene(
        "a list filled by a function",
        helped(
            "SCALES = []\ndef fill():\n    SCALES.append(1.0)\nfill()",
            "def row_means(x):\n    return x.mean(1) * SCALES[0]",
        ),
        6,
    ),
    Scene(
        "a name bound by a with", helped("import contextlib\nwith contextlib.suppress(ValueError):\n    SCALE = 1.0"), 6
    ),
    Scene("a name bound by a timed line", helped("%time SCALE = 1.0"), 6),
    Scene(
        "a value that an exercise computes",
        helped(
            "SCALE = float(Scaler is not None)\nclass Scaler: pass", "def row_means(x):\n    return x.mean(1) * SCALE"
        ),
        4,
        ("line 1 of cell 4 raised NameError",),
    ),
    Scene(
        "the notebook's own device",
        means("def row_means(x):\n    return x.mean(1) + torch.zeros(len(x), device=device).to(x)"),
        6,
    ),
    Scene("an import in the setup cell", setup_with_more, 4, ("calls .numpy()",)),
    Scene("an endless loop that nobody needs", lambda book: add(book, "done = 1\nwhile True:\n    done += 1"), 6),
    Scene(
        "a needed line that raises",
        helped("SCALE = 1 / 0"),
        4,
        ("SCALE is not there because line 1 of cell 4 raised ZeroDivisionError: division by zero",),
    ),
    Scene("a needed line after one that raises", helped("other = 1 / 0\nSCALE = 1.0"), 6),
    Scene(
        "a needed cell that is not Python",
        helped("SCALE = 1.0\nprint 'done'"),
        4,
        ("SCALE is not there because cell 4 was not run: the cell is not valid Python: line 2",),
    ),
    Scene(
        "await outside of a function",
        helped("import asyncio\nSCALE = await asyncio.sleep(0, 1.0)"),
        4,
        ("line 2 of cell 4 was not run: `await` outside of a function works in Jupyter alone",),
    ),
    # What stands in an exercise's cell
    Scene(
        "quotes of Python 3.12",
        means("def row_means(x):\n    a = {'b': 1}\n    f'{a['b']}'\n    return x.mean(1)"),
        4,
        ("this is Python 3.12's; the course is graded with Python 3.11: use other quotes",),
    ),
    Scene(
        "Colab's drive",
        means("from google.colab import drive\ndrive.mount('/content')\n" + MEANS),
        6,
        (
            "line 1 of the cell of row_means raised ModuleNotFoundError",
            "google.colab is there on Colab alone",
            "the rest of the cell was run",
        ),
    ),
    Scene(
        "a module that is not there",
        means("import keras\ndef row_means(x):\n    return keras.ops.mean(x, 1)"),
        4,
        (
            "keras is not there because line 1 of the cell of row_means raised ModuleNotFoundError",
            "not installed where the course is graded",
        ),
    ),
    Scene(
        "written into a file",
        means("%%writefile means.py\n" + MEANS),
        4,
        ("the cell begins with %%writefile", "take this line out"),
    ),
    Scene("a cell of bash", means("%%bash\nls"), 4, ("the cell begins with %%bash",)),
    Scene("a cell of HTML", means("%%html\n<b>mean</b>"), 4, ("the cell begins with %%html",)),
    Scene("a timed cell", means("%%time\n" + MEANS), 6),
    Scene(
        "a merge conflict in a cell",
        means("<<<<<<< HEAD\n" + MEANS + "\n=======\n>>>>>>> main"),
        4,
        ("the cell holds a merge conflict that git left (line 1)",),
    ),
    Scene(
        "cuda by name",
        means("def row_means(x):\n    return x.cuda().mean(1).cpu()"),
        4,
        ("row_means asks for a GPU by name", "device=x.device"),
    ),
    Scene("cuda by name where no rule is on devices", scaler_on_cuda, 6),
    Scene("cuda in a line of its own", helped('SCALE = torch.ones(1, device="cuda")'), 6),
    # Where an exercise's cell is
    Scene("all metadata lost", without_metadata, 6, ("found by their definitions: row_means, Scaler",)),
    Scene("one cell's metadata lost", without_metadata_of_means, 6, ("found by their definitions: row_means",)),
    Scene(
        "a Markdown cell", of_kind("markdown"), 4, ("the cell of row_means is a Markdown cell: change it back to code",)
    ),
    Scene("a raw cell", of_kind("raw"), 4, ("the cell of row_means is a raw cell: change it back to code",)),
    Scene("deleted", deleted, 4, ("the cell of row_means was deleted",)),
    Scene("moved into another cell", moved, 6),
    Scene(
        "answered in the check cell",
        answered_in_the_check_cell,
        4,
        ("not written yet", "defines row_means, and that is a check cell"),
    ),
    Scene("answered above the stub", answered_above, 4, ("not written yet", "line 1 of cell 4 defines row_means too")),
    Scene("doubled", doubled, 6, ("the cell of row_means stands 2 times",)),
    # How the file is written
    Scene("with a byte order mark", lambda book: text(book).encode("utf-8-sig"), 6),
    Scene("UTF-16", lambda book: text(book).encode("utf-16"), 6),
    Scene("UTF-16 without its mark", lambda book: text(book).encode("utf-16-le"), 6),
    Scene("Latin-1", lambda book: with_umlaut(book).encode("latin-1"), 6),
    Scene("Windows line ends", lambda book: text(book).replace("\n", "\r\n").encode(), 6),
    Scene("Windows line ends in cells", windows_lines, 6),
    Scene("format 3", old_format, 6),
    Scene("no cell ids", without_ids, 6),
    Scene("NaN in the metadata", not_a_number, 6),
    Scene("a key twice", lambda book: ('{"cells": [],' + text(book).lstrip()[1:]).encode(), 6),
    Scene("24 MB of outputs", large_outputs, 6),
    # What is no notebook
    Scene("a zip", zipped, None, ("a zip archive", "unpack it")),
    Scene("a PDF", lambda book: b"%PDF-1.7\n...", None, ("a PDF", "submit the .ipynb file itself")),
    Scene("a web page", lambda book: b"\n<!DOCTYPE html>\n<html><body>toy</body></html>", None, ("a web page (HTML)",)),
    Scene("a script", lambda book: ("import torch\n\n" + MEANS).encode(), None, ("a Python script",)),
    Scene("a merge conflict", merged, None, ("a merge conflict that git left (line 6: <<<<<<< HEAD)",)),
    Scene("cut off", lambda book: text(book).encode()[:900], None, ("the file ends in the middle, after",)),
    Scene("empty", lambda book: b"", None, ("the file is empty",)),
    Scene("another notebook", lambda book: {**book, "cells": []}, None, ("is it another notebook?",)),
)

OF_CELLS = (
    Scene("wrong", wrong, 4.0, ("These are the sums of the rows",), from_released=True),
    Scene("untouched", untouched, 0.0, ("row_means",), from_released=True),
    Scene("doubled stub cell, the last wrong", last_of_two_wrong, 4.0, ("sums of the rows",), from_released=True),
    Scene("doubled check cell", copied("check_row_means"), 6.0, from_released=True),
    Scene("doubled question cell", copied("question_mean"), 6.0, from_released=True),
    Scene("deleted check cell", without("check_row_means"), 6.0, from_released=True),
    Scene("deleted question cell", without("question_mean"), 6.0, from_released=True),
    Scene("a check cell's metadata lost", changed("check_row_means", metadata={}), 6.0, from_released=True),
    Scene("metadata that is a list", changed("check_row_means", metadata={"nbgrader": []}), 6.0, from_released=True),
    Scene("metadata of an old schema", described("check_row_means", schema_version=1), 6.0, from_released=True),
    Scene("metadata of a schema to come", described("row_means", schema_version=99), 6.0, from_released=True),
    Scene("check cell edited", changed("check_row_means", source="print('passed')"), 6.0, from_released=True),
    Scene("check cell turned into text", changed("check_row_means", cell_type="markdown"), 6.0, from_released=True),
    Scene("points edited", described("check_row_means", points=2000), 6.0, from_released=True),
    Scene("points that are no number", described("check_row_means", points="many"), 6.0, from_released=True),
    Scene("stub made a check", described("row_means", grade=True, points=50), 6.0, from_released=True),
    Scene("names of two cells swapped", swapped, 6.0, from_released=True),
    Scene("a name that is a list", described("check_row_means", grade_id=[]), 6.0, from_released=True),
    Scene("extra cells", added, 6.0, from_released=True),
    Scene("duplicated cell ids", same_ids, 6.0, from_released=True),
    Scene("unknown cell type", unknown_kind, 6.0, from_released=True),
    Scene("half a character", half_a_character, 6.0, from_released=True),
    Scene("outputs of any kind", outputs_of_any_kind, 6.0, from_released=True),
    Scene("no cells key", without_cells, None, from_released=True),
    Scene("a number", lambda book: b"7", None, from_released=True),
    Scene("nested too deep", lambda book: b"[" * 100_000, None, from_released=True),
)

SCENES = (*OF_FILES, *OF_CELLS)
