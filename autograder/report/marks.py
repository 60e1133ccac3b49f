"""Marks as CSV, for a learning management system or a spreadsheet: one row a submission, one column an exercise.

Where there is no mark (nothing was handed in, or the machine failed) the points are empty, and not 0.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.plain.names import folded, visible
from autograder.plain.results import Results, SubmissionResult
from autograder.report.render import points

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
    write_table(path, _table(results))


def write_table(path: Path, rows: Iterable[Iterable[str]]) -> None:
    """Write rows as a spreadsheet reads them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(rows), encoding="utf-8-sig", newline="")


def marks(results: Results) -> str:
    """Return the marks as CSV text."""
    return _text(_table(results))


def _text(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _table(results: Results) -> Iterator[Iterable[str]]:
    names = list(
        dict.fromkeys(_column(row, one.exercise, results) for row in results.submissions for one in row.exercises)
    )
    yield (*HEAD, *names)
    yield from (_row(row, names, results) for row in results.submissions)


def harmless(cell: str) -> str:
    """Return a cell as it is, but for what is unseen in it, and so that no spreadsheet takes it for a formula.

    No two names give one cell.

    >>> harmless("=HYPERLINK(1)"), harmless("ada"), harmless("'t Hooft")
    ("'=HYPERLINK(1)", 'ada', "'t Hooft")
    """
    plain = visible(cell, keep_blanks=True)
    return "'" + plain if folded(plain).lstrip("' ").startswith(FORMULA) else plain


def _row(row: SubmissionResult, names: list[str], results: Results) -> Iterator[str]:
    mark = "" if row.mark is None else points(row.mark)
    yield from (row.student, row.chapter, row.notebook, mark, points(row.max_score), row.status)
    found = {_column(row, one.exercise, results): points(one.score) for one in row.exercises}
    yield from (found.get(name, "") for name in names)


def _column(row: SubmissionResult, exercise: str, results: Results) -> str:
    """An exercise's column; with the notebook's name before it when there are several."""
    several = len({(one.chapter, one.notebook) for one in results.submissions}) > 1
    return f"{row.chapter}/{row.notebook}: {exercise}" if several else exercise
