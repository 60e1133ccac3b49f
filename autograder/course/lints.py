"""What is seen in a notebook by reading it, before anything runs: `build` refuses what is a problem here.

`lints_header` has the header and its minutes, `lints_answers` what the release gives away, `lints_pictures` the
pictures. Here stand the layout of the text and the stubs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autograder.checking.home import bound_keys
from autograder.course.findings import Findings
from autograder.course.lints_answers import judge_answers, judge_questions
from autograder.course.lints_header import judge_header, judge_minutes
from autograder.course.lints_pictures import judge_pictures, pictures_of
from autograder.course.notebook import CourseNotebook, nbgrader_of
from autograder.course.stubs import WIDTH, cleared_source
from autograder.plain.errors import CourseError

HEADING = re.compile(r"^(#{1,6}) +(.+)$")
FENCE = re.compile(r"^\s*(```|~~~)")
SUMMARY_END = re.compile(r"</summary>(.*)$")
HAND_IN = "from autograder import pack\n\npack()"
TODO = re.compile(r"\bTODO\b")


def judge_text(notebook: CourseNotebook) -> Findings:
    """Return what is wrong in a notebook's own files, as far as reading shows."""
    found = Findings()
    judge_header(notebook, found)
    judge_minutes(notebook, found)
    _judge_files(notebook, found)
    _judge_binding(notebook, found)
    _judge_handing_in(notebook, found)
    _judge_stubs(notebook, found)
    _judge_width(notebook, found)
    _judge_headings(notebook, found)
    _judge_details(notebook, found)
    _judge_unwritten(notebook, found)
    judge_answers(notebook, found)
    judge_questions(notebook, found)
    judge_pictures(notebook, found)
    return found


def _judge_files(notebook: CourseNotebook, found: Findings) -> None:
    for path, what in ((notebook.checks, "its checks"), (notebook.variants, "its mistakes and other right answers")):
        if not path.exists():
            found.refuse(
                f"{path.parent.name}/{path.name} is not there: {what} stand in it (`autograder new` lays it out)"
            )


def _judge_binding(notebook: CourseNotebook, found: Findings) -> None:
    """A notebook that names itself finds its checks wherever it is opened."""
    own = f"{notebook.chapter}/{notebook.name}"
    named = bound_keys("\n".join(notebook.setup))
    if named != [own]:
        found.refuse(
            f"the setup cells bind check to {' and '.join(named) or 'no notebook'}: "
            f'write `check = checks_of("{own}")` in one of them'
        )


def _judge_handing_in(notebook: CourseNotebook, found: Findings) -> None:
    """Handing in is one cell, and it is where a student looks for it: at the end."""
    last = notebook.cells[-1] if notebook.cells else None
    if last is None or last.cell_type != "code" or last.source.split() != HAND_IN.split():
        found.problem(
            "it does not end with the cell that hands in: write a section `## Handing in` with a cell of "
            f"`{HAND_IN.splitlines()[0]}` and `pack()` as the last"
        )


def _judge_stubs(notebook: CourseNotebook, found: Findings) -> None:
    for one in notebook.exercises.values():
        try:
            ast.parse(cleared_source(one.source, one.name))
        except SyntaxError as problem:
            found.refuse(f"{one.name}: the stub does not parse: {problem}")
        except CourseError as problem:
            found.refuse(str(problem))
        if one.minutes is None:
            found.refuse(f"{one.name}: no exercise line (### Exercise, then difficulty, minutes, points)")
        elif one.stated_points != one.points:
            found.problem(f"{one.name}: the text says {one.stated_points:g} points, the check cell {one.points:g}")


def _judge_width(notebook: CourseNotebook, found: Findings) -> None:
    """Code is read without a scroll bar; a longer line of a cell is hidden beyond its right edge."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "code" else ():
            if len(line) > WIDTH:
                place = nbgrader_of(cell).get("grade_id", "a given cell")
                found.problem(f"{place}: a line of {len(line)} signs, at most {WIDTH} are wanted: {line.strip()[:60]}")


def _judge_headings(notebook: CourseNotebook, found: Findings) -> None:
    """A book takes its chapters from headings: one title at the top, and no level left out below it."""
    above = 0
    for level, words in _headings(notebook):
        if above == 0 and level != 1:
            found.problem(f"the first heading is {'#' * level} {words}: the title, with one #, comes first")
        elif above and level == 1:
            found.problem(f"# {words}: a second title; the book makes a page of its own of it: write ## or deeper")
        elif level > above + 1:
            found.problem(
                f"{'#' * level} {words}: it follows a heading with {above} #, and the book leaves no level out"
            )
        above = level


def _headings(notebook: CourseNotebook) -> Iterator[tuple[int, str]]:
    for line in prose_lines(notebook):
        heading = HEADING.match(line)
        if heading:
            yield len(heading[1]), heading[2].strip()


def prose_lines(notebook: CourseNotebook) -> Iterator[str]:
    """Yield the lines of the Markdown cells outside of code fences, without the model answers."""
    for cell in notebook.cells:
        if cell.cell_type != "markdown" or nbgrader_of(cell).get("solution"):
            continue
        inside = False
        for line in cell.source.splitlines():
            inside ^= bool(FENCE.match(line))
            if not inside and not FENCE.match(line):
                yield line


def _judge_details(notebook: CourseNotebook, found: Findings) -> None:
    """Markdown below `</summary>` is rendered only after a blank line."""
    lines = list(prose_lines(notebook))
    for number, line in enumerate(lines):
        end = SUMMARY_END.search(line)
        after = end[1].strip() if end else ""
        below = lines[number + 1].strip().lstrip("> ") if number + 1 < len(lines) else ""  # in a quote ">" is a blank
        if end and (after or below):
            found.problem(
                f"<details>: no blank line after </summary>, so its Markdown is shown as it is typed: "
                f"{(after or below)[:60]}"
            )


def _judge_unwritten(notebook: CourseNotebook, found: Findings) -> None:
    """`autograder new` leaves TODO where something is to be written."""
    root = notebook.path.parents[2]
    oracle = root / "tests/oracles" / f"test_{notebook.chapter}_{notebook.name}.py"
    for path in (notebook.path, notebook.checks, notebook.variants, oracle, pictures_of(notebook)):
        for number, line in enumerate(
            path.read_text(encoding="utf-8").splitlines() if path and path.exists() else [], start=1
        ):
            if path and TODO.search(line):
                found.refuse(f"{path.relative_to(root)}:{number}: still to be written: {line.strip()[:110]}")
