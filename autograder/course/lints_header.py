"""A notebook's header: what the course map and the book are made from, and minutes that are a sum."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.course.findings import Findings
from autograder.course.notebook import HEADER, CourseNotebook, nbgrader_of
from autograder.plain.numbered import name_of, place_of

WORDS_A_MINUTE, QUESTION_MINUTES = 180, 8
# A header has the sum to the nearest five.
ROUNDED = 5
MOST_MINUTES, MOST_EXERCISES = 150, 8
FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
NOT_PROSE = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|<[^>]+>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def judge_header(notebook: CourseNotebook, found: Findings) -> None:
    """The header has a title, what it teaches, minutes, and needs that lead somewhere and not round."""
    about = notebook.about
    for name, example in (("title", "Nearest neighbours"), ("teaches", "one line, what a student can do afterwards")):
        if not str(about.get(name) or "").strip():
            found.refuse(f"the header has no `{name}`: write `{name}: {example}` below {HEADER}")
    if not isinstance(about.get("minutes"), int):
        found.refuse(
            f"the header's `minutes` is {about.get('minutes')!r}, expected a whole number: about "
            f"{minutes_of(notebook):.0f}"
        )
    needs = about.get("needs", [])
    if not isinstance(needs, list):
        found.refuse(f"the header's `needs` is {needs!r}, expected a list such as [01_classification/knn]")
    else:
        _judge_needs(notebook, needs, found)


def _judge_needs(notebook: CourseNotebook, needs: list[Any], found: Findings) -> None:
    own = f"{notebook.chapter}/{notebook.name}"
    known = needs_of(notebook.path.parents[1])
    for key in needs:
        if key not in known:
            found.refuse(f"the header needs {key}, which is no notebook of the course; there are {', '.join(known)}")
    _judge_place(notebook, needs, list(known), found)
    circle = _way_back(own, known)
    if circle:
        found.refuse(f"the header's `needs` go round in a circle: {' needs '.join(circle)}")


def _judge_place(notebook: CourseNotebook, needs: list[Any], order: list[str], found: Findings) -> None:
    """A number is a file's own, and what a notebook needs stands before it: the files are the order of learning."""
    stem, own = notebook.path.stem, f"{notebook.chapter}/{notebook.name}"
    if place_of(stem) is None:
        return
    others = [path for path in notebook.path.parent.glob("*.md") if path != notebook.path]
    for path in sorted(others):
        if name_of(path.stem) == notebook.name or place_of(path.stem) == place_of(stem):
            found.refuse(
                f"{path.name} has the same {'name' if name_of(path.stem) == notebook.name else 'number'}: rename one"
            )
    for key in needs:
        if key in order and own in order and order.index(key) > order.index(own):
            found.problem(f"the header needs {key}, which comes later: give the files other numbers")


def needs_of(solutions: Path) -> dict[str, tuple[str, ...]]:
    """Return what each notebook below solutions/ needs, read from the headers alone, in the order of the files."""
    return {
        f"{path.parent.name}/{name_of(path.stem)}": tuple(map(str, _front(path).get("needs") or ()))
        for path in sorted(solutions.glob("*/*.md"))
    }


def _front(path: Path) -> Mapping[str, Any]:
    import yaml

    front = FRONT.match(path.read_text(encoding="utf-8"))
    try:
        header = yaml.safe_load(front[1]) if front else {}
    except yaml.YAMLError:
        return {}  # jupytext says so when that notebook is read itself
    about = header.get(HEADER) if isinstance(header, dict) else None
    return about if isinstance(about, dict) else {}


def _way_back(start: str, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the way from a notebook through needs back to itself, or nothing."""
    waiting = [[start]]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop()
        for key in needs.get(way[-1], ()):
            if key == start:
                return [*way, key]
            if key not in seen:
                seen.add(key)
                waiting.append([*way, key])
    return []


def judge_minutes(notebook: CourseNotebook, found: Findings) -> None:
    """Minutes are computed, not wished; a notebook is one sitting."""
    stated, summed = notebook.about.get("minutes"), minutes_of(notebook)
    if isinstance(stated, int) and abs(stated - summed) > ROUNDED / 2:
        found.problem(
            f"the header says {stated} minutes, its parts sum to {summed:.0f}: {_parts(notebook)}; write "
            f"{_rounded(summed)}"
        )
    if summed > MOST_MINUTES + ROUNDED:
        found.remark(f"{summed:.0f} minutes are more than a sitting: at most {MOST_MINUTES} are wanted")
    if len(notebook.exercises) > MOST_EXERCISES:
        found.remark(
            f"{len(notebook.exercises)} exercises: at most {MOST_EXERCISES} are wanted; look-alikes are one "
            f"exercise with a table"
        )


def minutes_of(notebook: CourseNotebook) -> float:
    """Return the sum: the exercises' minutes, a minute for each 180 words, eight for each graded question."""
    return (
        _exercise_minutes(notebook)
        + _words(notebook) / WORDS_A_MINUTE
        + QUESTION_MINUTES * len(list(questions(notebook)))
    )


def _parts(notebook: CourseNotebook) -> str:
    return (
        f"{_exercise_minutes(notebook)} of exercises, {_words(notebook)} words / {WORDS_A_MINUTE}, "
        f"{len(list(questions(notebook)))} questions of {QUESTION_MINUTES}"
    )


def _exercise_minutes(notebook: CourseNotebook) -> int:
    return sum(one.minutes or 0 for one in notebook.exercises.values())


def _words(notebook: CourseNotebook) -> int:
    prose = [
        cell.source for cell in notebook.cells if cell.cell_type == "markdown" and not nbgrader_of(cell).get("solution")
    ]
    return len(WORD.findall(NOT_PROSE.sub(" ", "\n\n".join(prose))))


def questions(notebook: CourseNotebook) -> Iterator[Any]:
    """Yield the cells of the model answers to graded questions."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and nbgrader_of(cell).get("solution"):
            yield cell


def _rounded(minutes: float) -> int:
    return round(minutes / ROUNDED) * ROUNDED
