"""The map of a course: what each notebook teaches, what it needs first, minutes and points.

It is read from the notebooks, never typed: from the text in solutions/ for the README, from the released
notebooks for a student, whose folder has nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from autograder.course.notebook import CHECK_PREFIX, HEADER, course_notebooks, nbgrader_of
from autograder.plain.numbered import name_of
from autograder.plain.settings import course_settings, settings_near

BEGIN = "<!-- The course map: `autograder build` writes it from the notebooks. -->"
END = "<!-- End of the course map. -->"


@dataclass(frozen=True)
class Stop:
    """One notebook on the map.

    Args:
        chapter, stem: its folder, and its file's name without the ending.
        part: the chapter's number and title.
        title, teaches, needs, minutes: what its header says.
        exercises: the points of each exercise, in order.
        questions: the points of the questions that a person marks.
    """

    chapter: str
    stem: str
    part: str
    title: str
    teaches: str
    needs: tuple[str, ...]
    minutes: int
    exercises: dict[str, float]
    questions: float

    @property
    def name(self) -> str:
        """The notebook's name, without its place in the chapter."""
        return name_of(self.stem)

    @property
    def file(self) -> str:
        """The notebook's file, from the folder that holds the chapters."""
        return f"{self.chapter}/{self.stem}.ipynb"

    @property
    def key(self) -> str:
        """The name that other notebooks' `needs` have for it."""
        return f"{self.chapter}/{self.name}"

    @property
    def points(self) -> float:
        """All that can be won here."""
        return sum(self.exercises.values()) + self.questions


def released_stops(course: Path) -> tuple[list[Stop], list[str]]:
    """Return the notebooks in a student's folder, in the order of their files, and the files that can't be read
    as one."""
    titles = settings_near(course).chapters
    stops, unreadable = [], []
    for path in sorted(course.glob("*/*.ipynb")):
        try:
            book = json.loads(path.read_bytes())
            if HEADER in book["metadata"]:
                stops.append(_stop(titles, path.parent.name, path.stem, book["metadata"][HEADER], book["cells"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            unreadable.append(f"{path.parent.name}/{path.name}")
    return stops, unreadable


def source_stops(solutions: Path) -> list[Stop]:
    """Return the notebooks as their authors wrote them, in the order of their files. Raises CourseError."""
    titles = course_settings(solutions.parent).chapters
    return [_stop(titles, one.chapter, one.path.stem, one.about, one.cells) for one in course_notebooks(solutions)]


def markdown(stops: Iterable[Stop], folder: str = "course/") -> str:
    """Return the map as a Markdown table, each notebook a link below `folder`."""
    stops = list(stops)
    titles = {one.key: one.title for one in stops}
    lines = []
    for part, inside in groupby(stops, key=lambda one: one.part):
        lines += ["", f"**{part}**", ""]
        lines += [
            "| notebook | what you can do afterwards | needs first | minutes | points |",
            "|---|---|---|--:|--:|",
        ]
        for one in inside:
            needs = ", ".join(titles.get(key, key) for key in one.needs) or "–"
            link = f"[{one.title}]({folder}{one.file})"
            lines.append(f"| {link} | {one.teaches} | {needs} | {one.minutes} | {one.points:g} |")
    hours, points = sum(one.minutes for one in stops) / 60, sum(one.points for one in stops)
    return "\n".join([*lines[1:], "", f"{len(stops)} notebooks, about {hours:.0f} hours, {points:g} points."])


def _part(chapter: str, titles: Mapping[str, str]) -> str:
    """Return a chapter as its number and title: "01_classification" is "1 Classification", if nothing else is said."""
    number, _, words = chapter.partition("_")
    title = titles.get(chapter, words.replace("_", " ").capitalize())
    return f"{int(number)} {title}" if number.isdecimal() and title else chapter


def renewed(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the README with a map in it, and its text with a fresh map, where the map is stale."""
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return
    fresh = f"{before}{BEGIN}\n{markdown(source_stops(root / 'solutions'))}\n{END}{after}"
    if fresh != text:
        yield readme, fresh


def _stop(titles: Mapping[str, str], chapter: str, stem: str, about: dict[str, Any], cells: Iterable[Any]) -> Stop:
    graded = [found for found in map(nbgrader_of, cells) if found.get("grade")]
    exercises = {
        str(one["grade_id"]).removeprefix(CHECK_PREFIX): float(one.get("points", 0))
        for one in graded
        if not one.get("solution")
    }
    questions = sum(float(one.get("points", 0)) for one in graded if one.get("solution"))
    return Stop(
        chapter,
        stem,
        _part(chapter, titles),
        str(about["title"]),
        str(about["teaches"]),
        tuple(about.get("needs", ())),
        int(about["minutes"]),
        exercises,
        questions,
    )
