"""`progress()`: the student's way through the course, with the points won so far and the next step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.course.coursemap import Stop, released_stops
from autograder.live import journal
from autograder.live.here import bound, near, top_of
from autograder.plain.installed import installed_courses
from autograder.plain.text import clean
from autograder.present.card_html import CARD, CELL, EDGES, HEAD, LINE, safe
from autograder.present.card_words import LOOKS, legend, look_of

TO_DO = LOOKS["unwritten"].icon, "to do"  # never checked
ALONE = (
    "Only this notebook is here, and this is the way through its course. To have the other notebooks, run "
    "`autograder update FOLDER` in a terminal, with the name of a new folder."
)
NOWHERE = "There are no notebooks of the course around this folder: open one where the course put it."
LIST = "margin:2px 0 4px 0;padding-left:12px;list-style:none"


@dataclass(frozen=True)
class Journey:
    """The map of the course as Jupyter and a terminal show it.

    Args:
        stops: the notebooks, in order.
        kept: what was won.
        problems: what to say above the map.
        here: the folder that links start from.
        course: the folder that holds the chapters; None where the notebooks are those of an installed course.
    """

    stops: list[Stop]
    kept: journal.Journal
    problems: list[str]
    here: Path
    course: Path | None

    def won(self, stop: Stop) -> float:
        """Return the points won in a notebook."""
        entries = (self.kept.entry(stop.key, name) for name in stop.exercises)
        return sum(entry.score for entry in entries if entry is not None)

    def passed(self, stop: Stop) -> int:
        """Return how many of a notebook's exercises are right."""
        return sum(self.is_passed(stop, name) for name in stop.exercises)

    def is_passed(self, stop: Stop, exercise: str) -> bool:
        """Whether a check of an exercise has found it right, however long ago."""
        entry = self.kept.entry(stop.key, exercise)
        return entry is not None and entry.outcome == "passed"

    def state(self, stop: Stop, exercise: str) -> tuple[str, str]:
        """Return an exercise's icon and word."""
        entry = self.kept.entry(stop.key, exercise)
        return TO_DO if entry is None else look_of(entry.outcome, entry.score)[:2]

    def next_step(self) -> tuple[Stop, str] | None:
        """Return the notebook and the exercise to go on with; None when all is done."""
        open_stops = [one for one in self.stops if self.passed(one) < len(one.exercises)]
        begun = [one for one in open_stops if one.key == self.kept.last]
        for stop in [*begun, *open_stops]:
            return stop, next(name for name in stop.exercises if not self.is_passed(stop, name))
        return None

    def link(self, stop: Stop) -> str:
        """Return a notebook's address, from the notebook that shows the map; "" where it is not to be opened here."""
        if self.course is None:
            return ""
        return quote(Path(os.path.relpath(self.course / stop.file, self.here)).as_posix())

    def __repr__(self) -> str:
        return clean("\n".join(_text(self)), limit=20_000)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": _html(self)}


def progress() -> Journey:
    """Return the map of the course: each notebook's exercises, the points won, and the next step as a link.

    The points are those of the best check of each exercise, kept in the course's own folder. A notebook that was
    opened by itself has the map of the installed course that it is of.
    """
    folder, notebook = near()[0], bound[-1] if bound else ""
    around = top_of(folder, notebook)
    kept = journal.read(around)
    stops, unreadable = released_stops(around)
    problems = [kept.problem] if kept.problem else []
    problems += [f"{name} can't be read as a notebook: fetch it again from the course." for name in unreadable]
    if stops:
        return Journey(stops, kept, problems, folder, around)
    stops = _installed_stops(notebook)
    return Journey(stops, kept, [*problems, ALONE if stops else NOWHERE], folder, None)


def _installed_stops(notebook: str) -> list[Stop]:
    """Return the notebooks of the installed course that has this one."""
    courses = (released_stops(folder)[0] for folder in installed_courses().values())
    return next((stops for stops in courses if notebook in [one.key for one in stops]), [])


def _totals(journey: Journey) -> tuple[float, float]:
    won = sum(journey.won(one) for one in journey.stops)
    return won, sum(sum(one.exercises.values()) for one in journey.stops)


def _text(journey: Journey) -> list[str]:
    won, of = _totals(journey)
    lines = [f"! {problem}" for problem in journey.problems]
    lines.append(f"{won:g} of {of:g} points won with checks")
    step = journey.next_step()
    if step:
        link = journey.link(step[0])
        lines.append(f"Next: {step[1]} in {f'{link} ({step[0].title})' if link else step[0].title}")
    for part, inside in groupby(journey.stops, key=lambda one: one.part):
        lines += ["", part]
        for one in inside:
            icons = "".join(journey.state(one, name)[0] for name in one.exercises)
            lines.append(f"  {one.title}: {journey.won(one):g} of {sum(one.exercises.values()):g} points  {icons}")
    return [*lines, "", legend()]


def _html(journey: Journey) -> str:
    won, of = _totals(journey)
    parts = [f'<p style="{LINE}"><strong>!</strong> {safe(problem)}</p>' for problem in journey.problems]
    parts.append(f'<p style="{HEAD}">Your way through the course: {won:g} of {of:g} points</p>')
    step = journey.next_step()
    if step:
        parts.append(
            f'<p style="{LINE}"><strong>Next step:</strong> <code>{safe(step[1])}</code> in '
            f"{_titled(journey, step[0])}</p>"
        )
    elif journey.stops:
        parts.append(f'<p style="{LINE}"><strong>All exercises are passed.</strong> Well done.</p>')
    at = step[0].part if step else ""
    for part, inside in groupby(journey.stops, key=lambda one: one.part):
        parts.append(_chapter(journey, part, list(inside), part == at))
    edge = EDGES["other"] if journey.problems else "#0072b2"
    style = CARD.format(edge=edge)
    return f'<div class="ks-progress" role="group" aria-label="Your progress" style="{style}">{"".join(parts)}</div>'


def _chapter(journey: Journey, part: str, stops: list[Stop], is_open: bool) -> str:
    won = sum(journey.won(one) for one in stops)
    of = sum(sum(one.exercises.values()) for one in stops)
    words = ("Notebook", "Exercises", "Points", "Minutes")
    head = "".join(f'<th scope="col" style="{CELL}">{word}</th>' for word in words)
    rows = "".join(_row(journey, one) for one in stops)
    return (
        f'<details style="{LINE}"{" open" if is_open else ""}><summary style="cursor:pointer">'
        f"<strong>{safe(part)}</strong>: {won:g} of {of:g} points</summary>"
        f'<table aria-label="{safe(part)}" style="border-collapse:collapse;margin:6px '
        f"0;font-size:13px;"
        f'color:inherit"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>'
    )


def _titled(journey: Journey, stop: Stop) -> str:
    link = journey.link(stop)
    return f'<a href="{safe(link)}">{safe(stop.title)}</a>' if link else safe(stop.title)


def _row(journey: Journey, stop: Stop) -> str:
    exercises = "".join(_exercise(journey, stop, name) for name in stop.exercises)
    asked = f" and {stop.questions:g} by a person" if stop.questions else ""
    titles = {one.key: one.title for one in journey.stops}
    first = ", ".join(titles.get(key, key) for key in stop.needs)
    needs = f"<br><small>needs {safe(first)}</small>" if first else ""
    return (
        f'<tr><th scope="row" style="{CELL};font-weight:normal;max-width:26em">{_titled(journey, stop)}'
        f"<br><small>{safe(stop.teaches)}</small>{needs}</th>"
        f'<td style="{CELL}"><details><summary style="cursor:pointer">{journey.passed(stop)} of '
        f"{len(stop.exercises)} passed"
        f'</summary><ul style="{LIST}">{exercises}</ul></details></td>'
        f'<td style="{CELL}">{journey.won(stop):g} of {sum(stop.exercises.values()):g}{asked}</td>'
        f'<td style="{CELL}">{stop.minutes}</td></tr>'
    )


def _exercise(journey: Journey, stop: Stop, name: str) -> str:
    icon, word = journey.state(stop, name)
    entry = journey.kept.entry(stop.key, name)
    points = f"{entry.score if entry else 0:g} of {stop.exercises[name]:g}"
    return f'<li><span aria-hidden="true">{icon}</span> {safe(name)}: {word}, {points}</li>'
