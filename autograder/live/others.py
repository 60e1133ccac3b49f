"""`others("l2_distances")`: two right answers in other styles, once the exercise is passed.

They are the variants of the full edition (`solutions/`), read as text and never run. A students' edition has none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.live import journal, ladder
from autograder.live.here import home_here, names_here, place_of_record
from autograder.plain.errors import CourseError
from autograder.plain.source import definitions, reachable
from autograder.present.card import WAITING, Card
from autograder.present.ways import AFTER_THE_PASS, NONE_OF_THIS, NOT_HERE, Ways
from autograder.reading.tokens import tokens_of

if TYPE_CHECKING:
    from autograder.checking.home import Home

SHOWN = 2
EVERYWHERE = ("import torch", "from autograder")  # what each notebook imports, and what only the file of variants needs


@dataclass(frozen=True)
class Way:
    """A right answer: its name, and its text with what it needs of its file."""

    name: str
    text: str


def others_of(exercise: str) -> Ways | Card:
    """Return two right answers that differ most from the student's own, or a card that says why there are none."""
    try:
        home = home_here(exercise)
        if file_of(home) is None:
            return _nothing(exercise, NOT_HERE)
        if not _is_passed(exercise, home):
            return _nothing(exercise, AFTER_THE_PASS.format(exercise=exercise), WAITING)
        found = ways_in(home, exercise)
    except CourseError as problem:
        return _nothing(exercise, str(problem))
    if not found:
        return _nothing(exercise, NONE_OF_THIS.format(exercise=exercise))
    own = ladder.text_of(exercise, names_here())
    return Ways(exercise, tuple(one.text for one in furthest(own, found)))


def file_of(home: Home) -> Path | None:
    """Return the file of a notebook's variants: in the checkout around the folder that has its checks, or None."""
    place = Path("solutions") / home.chapter / "variants" / f"{home.notebook}.py"
    return next((top / place for top in home.folder.absolute().parents if (top / place).is_file()), None)


def ways_in(home: Home, exercise: str) -> list[Way]:
    """Return the right answers to an exercise that are written out; those made by an edit differ by a few words."""
    path = file_of(home)
    if path is None:
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    return [Way(name, _with_what_it_needs(name, text)) for name in _right_names(text, exercise)]


def furthest(own: str, ways: list[Way]) -> list[Way]:
    """Return the answers that are least like a student's own text, whatever the names of variables."""
    mine = _words(own)
    return sorted(ways, key=lambda way: SequenceMatcher(None, mine, _words(way.text), autojunk=False).ratio())[:SHOWN]


def _is_passed(exercise: str, home: Home) -> bool:
    course = place_of_record(home)
    entry = journal.read(course).entry(home.key, exercise) if course is not None else None
    return entry is not None and entry.outcome == "passed"


def _right_names(text: str, exercise: str) -> Iterator[str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and any(
            _registers(one, exercise) for one in node.decorator_list
        ):
            yield node.name


def _registers(decorator: ast.expr, exercise: str) -> bool:
    """Whether this is `@right("l2_distances")`, without an edit."""
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "right"
        and not decorator.keywords
        and any(isinstance(one, ast.Constant) and one.value == exercise for one in decorator.args)
    )


def _with_what_it_needs(name: str, text: str) -> str:
    """Return an answer without its decorator, below the file's imports and helpers that it uses."""
    made_of = reachable(name, definitions(text).get)
    parts = [part for key, one in made_of.items() if key != name for part in one.parts]
    imports = [one.text for one in parts if one.kind == "import" and not one.text.startswith(EVERYWHERE)]
    helpers = [one.text for one in parts if one.kind != "import"]
    return "\n\n".join(filter(None, ["\n".join(imports), *helpers, _undecorated(made_of[name].text)]))


def _undecorated(text: str) -> str:
    node = ast.parse(text).body[0]
    return "\n".join(text.splitlines()[node.lineno - 1 :])


def _words(text: str) -> list[str]:
    return [token.word for token in tokens_of(text)]


def _nothing(exercise: str, why: str, icon: str = "!") -> Card:
    return Card(None, heading=f"{exercise}: nothing to show", trouble=why, icon=icon)
