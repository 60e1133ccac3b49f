"""A notebook's executed pair: its cells as nbformat has them, run in a fresh kernel, small in the tree.

A pair's outputs belong to its code cells. Where only prose has changed they are carried over, and where only checks
have, the cards below the exercises are made anew: neither runs the notebook.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autograder.course.notebook import CHECK_PREFIX, HEADER, CourseNotebook, compact, nbgrader_of
from autograder.course.stored_picture import PNG, smallest
from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole
from autograder.plain.untimed import UNTIMED
from autograder.seams.jsonschema_internals import without_uri_grammar

EXECUTE_SECONDS = 300
HTML = "text/html"
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|usr/lib|opt|var)/[\w.\-]+")
# What a card folds away: the sentences of the tests. They stand in the checks, and a run of the cell shows them.
FOLDED = re.compile(r'<details style="[^"]*"><summary style="[^"]*">\d+ of \d+ tests pass.*?</details>', re.DOTALL)
KEPT_METADATA = ("kernelspec", HEADER, "language_info")
# A notebook a core: more threads would wait for each other, and sum in another order than nbval's kernel does. And
# nothing that is true of this machine's speed alone.
SETTINGS = {"OMP_NUM_THREADS": "1", UNTIMED: "1"}
Shown = dict[str, str]


def _nbformat() -> Any:
    """Imported late: `autograder build --check` writes no notebook."""
    with without_uri_grammar():
        import nbformat
    return nbformat


def as_notebook(notebook: CourseNotebook) -> Any:
    """Return the notebook as nbformat, with ids that depend on the text alone and no outputs."""
    nbformat = _nbformat()
    book = nbformat.v4.new_notebook()
    book.metadata = nbformat.from_dict({k: v for k, v in notebook.metadata.items() if k in KEPT_METADATA})
    book.metadata["language_info"] = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    book.cells = [nbformat.from_dict(json.loads(json.dumps(cell))) for cell in notebook.cells]
    seen: dict[str, int] = {}
    for cell in book.cells:
        name = (
            cell.metadata.get("nbgrader", {}).get("grade_id") or hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        )
        seen[name] = seen.get(name, 0) + 1
        cell.id = name[:56] if seen[name] == 1 else f"{name[:56]}-{seen[name]}"
        _close_metadata(cell)
    return book


def executed(notebook: CourseNotebook) -> Any:
    """Return the notebook with the outputs of a run from top to bottom. Raises CourseError where a cell fails."""
    book = as_notebook(notebook)
    execute(notebook, book)
    _look_for_paths(notebook, book)
    make_small(book)
    return book


def carried_over(notebook: CourseNotebook) -> Any:
    """Return the notebook with the outputs of its old pair, whose code is the same.

    Raises CourseError where it isn't.
    """
    book, old = as_notebook(notebook), read_pair(notebook)
    ran = [cell for cell in old.cells if cell.cell_type == "code"]
    runs = [cell for cell in book.cells if cell.cell_type == "code"]
    if [cell.source for cell in ran] != [cell.source for cell in runs]:
        raise CourseError(f"{notebook.path.name}: its executed pair has other code than the text: build again")
    for cell, before in zip(runs, ran, strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    make_small(book)
    return book


def put_cards(book: Any, card: Callable[[str], Shown]) -> None:
    """Write what each exercise's check shows into its cell.

    Args:
        book: the notebook, in place.
        card: from an exercise's name to what its card shows, by MIME type.
    """
    for exercise, output in _check_outputs(book):
        output.data = _nbformat().from_dict(card(exercise))
    make_small(book)


def read_pair(notebook: CourseNotebook) -> Any:
    """Return the executed pair on disk."""
    return _nbformat().read(pair_of(notebook), as_version=4)


def write_pair(notebook: CourseNotebook, book: Any) -> None:
    """Write the executed pair, whole or not at all."""
    write_whole(pair_of(notebook), [compact(_nbformat().writes(book))])


def pair_of(notebook: CourseNotebook) -> Path:
    """Return where the executed pair stands."""
    return notebook.path.with_suffix(".ipynb")


def execute(notebook: CourseNotebook, book: Any) -> None:
    """Run all cells of `book` in a fresh kernel, in place. Raises CourseError."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    metadata = json.loads(json.dumps(book.metadata))
    client = NotebookClient(
        book,
        timeout=EXECUTE_SECONDS,
        startup_timeout=EXECUTE_SECONDS,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(notebook.path.parent)}},
    )
    try:
        client.execute(env={**os.environ, **SETTINGS})
    except (
        CellExecutionError,
        CellTimeoutError,
        RuntimeError,
    ) as problem:  # the last: its kernel died, or did not start
        raise CourseError(f"{notebook.path.name} does not run:\n{problem}") from None
    book.metadata = _nbformat().from_dict(metadata)


def make_small(book: Any) -> None:
    """Store each picture as what takes fewest bytes, with what is said of it, and each card without what it folds."""
    for _, output in _check_outputs(book):
        output.data[HTML] = FOLDED.sub("", output.data[HTML])
    for output in _pictures(book):
        kind, text = smallest(output.data.pop(PNG))
        output.data[kind] = text
        if PNG in output.metadata:
            output.metadata[kind] = output.metadata.pop(PNG)


def _pictures(book: Any) -> Iterator[Any]:
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if PNG in output.get("data", {}):
                yield output


def _check_outputs(book: Any) -> Iterator[tuple[str, Any]]:
    """Yield the output of each exercise's check, with the exercise."""
    for cell in book.cells:
        about = nbgrader_of(cell)
        if cell.cell_type == "code" and about.get("grade") and not about.get("solution"):
            (output,) = [one for one in cell.outputs if one.output_type == "execute_result"]
            yield str(about["grade_id"]).removeprefix(CHECK_PREFIX), output


def _close_metadata(cell: Any) -> None:
    about = cell.metadata.get("nbgrader")
    if about is not None:
        about.setdefault("cell_type", cell.cell_type)


def _look_for_paths(notebook: CourseNotebook, book: Any) -> None:
    for cell in book.cells:
        text = json.dumps(
            [one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.get("outputs", [])]
        )
        found = ABSOLUTE_PATH.search(text)
        if found:
            raise CourseError(f"{notebook.path.name}: an output shows the path {found[0]}: cell {cell.source[:60]!r}")
