"""Marks as CSV, for a learning management system or a spreadsheet: one row a submission, one column an exercise.

Where there is no mark (nothing was handed in, or the machine failed) the points are empty, and not 0.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from autograder.report.render import points
from autograder.results import Results, SubmissionResult
from autograder.text import clean_line

HEAD = ("student", "chapter", "notebook", "points", "max", "status")
FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "＝",
    "＋",
    "－",
    "＠",
)  # the wide forms count as the plain ones in some programs


def write_marks(results: Results, path: Path) -> None:
    """Write the marks. With a byte order mark, so that a spreadsheet reads names as UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(marks(results), encoding="utf-8-sig", newline="")


def marks(results: Results) -> str:
    """Return the marks as CSV text."""
    names = list(
        dict.fromkeys(
            _column(row, one.exercise, results) for row in results.submissions for one in row.exercises
        )
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(word) for word in (*HEAD, *names)])
    for row in results.submissions:
        writer.writerow([harmless(cell) for cell in _row(row, names, results)])
    return text.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> harmless("=HYPERLINK(1)"), harmless("ada")
    ("'=HYPERLINK(1)", 'ada')
    """
    plain = clean_line(cell)
    return "'" + plain if plain.startswith(FORMULA) else plain


def _row(row: SubmissionResult, names: list[str], results: Results) -> Iterator[str]:
    mark = "" if row.mark is None else points(row.mark)
    yield from (row.student, row.chapter, row.notebook, mark, points(row.max_score), row.status)
    found = {_column(row, one.exercise, results): points(one.score) for one in row.exercises}
    yield from (found.get(name, "") for name in names)


def _column(row: SubmissionResult, exercise: str, results: Results) -> str:
    """An exercise's column; with the notebook's name before it when there are several."""
    several = len({(one.chapter, one.notebook) for one in results.submissions}) > 1
    return f"{row.chapter}/{row.notebook}: {exercise}" if several else exercise
