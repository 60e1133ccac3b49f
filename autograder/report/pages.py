"""The instructor's report: one page for the class, and one for each student in a folder beside it.

A student's page is a file of its own because the code and the messages of a thousand students are some
25 MB: in one page they would take a browser seconds to open and to search, for pages of which few are read.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.plain.results import STATUS_WORDS, ExerciseResult, Results, Run, SubmissionResult
from autograder.present.card_words import GROUP_WORDS, GROUPS, NOTHING, legend, look
from autograder.report import figures
from autograder.report.cells import cells_of, path_of
from autograder.report.figures import NotebookFigures
from autograder.report.render import page_name, render
from autograder.report.views import ExerciseView, SubmissionView

PAGE = re.compile(r"^(?:[\w-]*-)?[0-9a-f]{8}\.html$")
HEIGHT, BASE, WIDTH = 135, 180, 1180


@dataclass(frozen=True)
class Target:
    """Where a report goes: the class's page, and the folder of the students' pages."""

    page: Path
    students: Path

    @classmethod
    def at(cls, path: Path) -> Target:
        """`x.html` gives x.html and x_students/; any other path is a folder for index.html and students/."""
        if path.suffix.lower() in (".html", ".htm"):
            return cls(path, path.with_name(f"{path.stem}_students"))
        return cls(path / "index.html", path / "students")


def write_report(results: Results, target: Target, submitted: Path | None = None) -> None:
    """Write the class's page and each student's.

    Args:
        results: a grading run.
        target: where to.
        submitted: the tree that was graded, to show code; None shows none.

    Student pages of an earlier report in the same folder are removed.
    """
    target.students.mkdir(parents=True, exist_ok=True)
    back = f"../{target.page.name}"
    written = set()
    for student, submissions in _by_student(results).items():
        path = target.students / page_name(student)
        path.write_text(student_page(student, submissions, results.run, submitted, back), encoding="utf-8")
        written.add(path.name)
    for old in target.students.iterdir():
        if old.name not in written and PAGE.match(old.name):
            old.unlink()
    target.page.write_text(class_page(results, target.students.name), encoding="utf-8")


def student_page(
    student: str,
    submissions: Iterable[SubmissionResult],
    run: Run,
    submitted: Path | None = None,
    back: str = "",
) -> str:
    """Return a student's page: every exercise with its code, messages and marks."""
    views = [_submission(one, submitted, run) for one in submissions]
    return render("student.html", student=student, submissions=views, run=run, back=back, feedback=False)


def class_page(results: Results, students_folder: str = "students") -> str:
    """Return the page of the whole class."""
    books = figures.notebooks(results)
    attention = figures.attention(results)
    by_student = _by_student(results)
    links = {student: quote(f"{students_folder}/{page_name(student)}") for student in by_student}
    mistakes = figures.mistakes(results)
    rows = results.submissions
    return render(
        "class.html",
        run=results.run,
        rows=rows,
        students=len(by_student),
        notebooks=books,
        many=len(books) > 1,
        heading=_heading(books),
        charts=[_chart(one) for one in books],
        states=GROUPS,
        state_words=GROUP_WORDS,
        legend=f"{legend()}  {' '.join(NOTHING)}",
        exercises=[one for book in books for one in book.exercises],
        mistakes=mistakes,
        links=links,
        tests=figures.failing_tests(results),
        attention=[_attention(one) for one in attention],
        needing=len({(one.submission.student, figures.place_of(one.submission)) for one in attention}),
        kinds=[(figures.KINDS[kind], count) for kind, count in Counter(one.kind for one in attention).items()],
        graded=sum(one.status == "graded" for one in rows),
        full=sum(one.status == "graded" and one.score >= one.max_score for one in rows),
        weakened=[layer for layer in results.run.isolation if layer.startswith("missing")],
        standing=_standing(rows, attention),
        groups=[_group(book, results, links, mistakes, attention) for book in books],
    )


def _by_student(results: Results) -> dict[str, list[SubmissionResult]]:
    found: dict[str, list[SubmissionResult]] = {}
    for one in results.submissions:
        found.setdefault(one.student, []).append(one)
    return dict(sorted(found.items()))


def _heading(books: list[NotebookFigures]) -> str:
    chapters = list(dict.fromkeys(one.chapter for one in books))
    return books[0].place if len(books) == 1 else ", ".join(chapters) or "No submissions"


def _submission(one: SubmissionResult, submitted: Path | None, run: Run) -> SubmissionView:
    cells = cells_of(submitted, one)
    views = tuple(ExerciseView(result, cells.get(result.exercise, ""), open=True) for result in one.exercises)
    path = path_of(submitted, one) if submitted else None
    line = (
        f"autograder grade {shlex.quote(path.as_posix())} --out again.json --seed {run.seed}"
        if path and one.exercises
        else ""
    )
    note = (
        ""
        if submitted or not one.exercises
        else "To see the code here: autograder report RESULTS --html … --submitted FOLDER"
    )
    return SubmissionView(one, views, note, line)


def _attention(one: figures.Attention) -> dict[str, Any]:
    return {
        "submission": one.submission,
        "kind": one.kind,
        "why": one.why,
        "kind_words": figures.KINDS[one.kind],
        "place": figures.place_of(one.submission),
    }


def _chart(one: NotebookFigures) -> dict[str, Any]:
    most = max((bar.count for bar in one.bars), default=0) or 1
    step = WIDTH / len(one.bars)
    drawn = [_bar(at, bar, step, most) for at, bar in enumerate(one.bars)]
    width = one.bars[0].high - one.bars[0].low or 1
    middle = min(max((min(one.median / width, len(one.bars) - 1) + 0.5) * step, 30), WIDTH - 90)
    counts = ", ".join(f"{bar.count} with {bar.label}" for bar in one.bars if bar.count)
    words = f"Distribution of marks: {counts or 'none'} of {one.max_score:g} points"
    return {"bars": drawn, "median": round(middle, 1), "words": words}


def _bar(at: int, bar: figures.Bar, step: float, most: int) -> dict[str, Any]:
    height = HEIGHT * bar.count / most
    return {
        "x": round(at * step + step * 0.08, 1),
        "width": round(step * 0.84, 1),
        "middle": round((at + 0.5) * step, 1),
        "y": round(BASE - height, 1),
        "height": round(height, 1),
        "count": bar.count,
        "label": bar.label,
    }


def _standing(rows: Iterable[SubmissionResult], attention: Iterable[figures.Attention]) -> list[tuple[str, str]]:
    statuses = dict.fromkeys(f"s-{one.status}" for one in rows)
    kinds = dict.fromkeys(one.kind for one in attention if one.kind not in STATUS_WORDS)
    return [
        ("full", "full marks"),
        ("someone", "for a person to look at"),
        *((key, key.removeprefix("s-")) for key in statuses),
        *((f"a-{kind}", figures.KINDS[kind]) for kind in kinds),
    ]


def _group(
    book: NotebookFigures,
    results: Results,
    links: dict[str, str],
    mistakes: list[figures.Mistake],
    attention: list[figures.Attention],
) -> dict[str, Any]:
    rows = sorted(
        (one for one in results.submissions if figures.place_of(one) == book.place),
        key=lambda one: one.student,
    )
    known = {(one.place, one.exercise, one.hint): one.key for one in mistakes}
    looked: dict[str, list[figures.Attention]] = {}
    for one in attention:
        if figures.place_of(one.submission) == book.place:
            looked.setdefault(one.submission.student, []).append(one)
    return {
        "place": book.place,
        "exercises": [one.name for one in book.exercises],
        "rows": [_row(one, book, links, known, looked.get(one.student, [])) for one in rows],
    }


def _row(
    one: SubmissionResult,
    book: NotebookFigures,
    links: dict[str, str],
    known: dict[tuple[str, str, str], str],
    looked: list[figures.Attention],
) -> dict[str, Any]:
    found = {result.exercise: result for result in one.exercises}
    states = [(exercise, found.get(exercise.name)) for exercise in book.exercises]
    return {
        "student": one.student,
        "link": links[one.student],
        "mark": one.mark,
        "max_score": one.max_score,
        "status": one.status,
        "cells": [_cell(result) for _, result in states],
        "known_by": " ".join(_keys(one, states, known, looked)),
        "remark": looked[0].why if looked else "",
    }


def _cell(result: ExerciseResult | None) -> dict[str, Any]:
    if result is None:
        return {"group": "none", "icon": NOTHING[0], "word": NOTHING[1], "score": None}
    icon, word, group = look(result)
    return {"group": group, "icon": icon, "word": word, "score": result.score}


def _keys(
    one: SubmissionResult,
    states: list[Any],
    known: dict[tuple[str, str, str], str],
    looked: list[figures.Attention],
) -> Iterator[str]:
    """What a row is found by: its status, what it has not passed, the mistakes made, what a person should see."""
    yield f"s-{one.status}"
    if one.status == "graded" and one.score >= one.max_score:
        yield "full"
    if looked:
        yield "someone"
    yield from dict.fromkeys(f"a-{reason.kind}" for reason in looked)
    for exercise, result in states:
        if result is not None and result.outcome != "passed":
            yield exercise.key
        if result is not None and result.hint:
            yield known[figures.place_of(one), result.exercise, result.hint]
