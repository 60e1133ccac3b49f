"""Right answers in other styles, shown as text once an exercise is passed."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import Any

from autograder.plain.text import clean
from autograder.present.card_html import HEAD, LINE, PRE, card, safe

AFTER_THE_PASS = "Other right answers are shown once the check of {exercise} has passed."
NOT_HERE = (
    "Other right answers are not part of this edition of the course: ask your instructor, or compare with a friend "
    "who has passed it too."
)
NONE_OF_THIS = "The course has no other right answers to {exercise}."
ABOUT = "They passed the same check as yours. Nothing of them has been run here, and none is better for being shown."
MOST_CHARS = 20_000


@dataclass(frozen=True)
class Ways:
    """What `others` shows: an exercise and the texts of other answers to it."""

    exercise: str
    texts: tuple[str, ...]

    @property
    def heading(self) -> str:
        """The first line."""
        count = len(self.texts)
        return f"{self.exercise}: {f'{count} more ways' if count != 1 else 'another way'} to write it"

    def __repr__(self) -> str:
        shown = [indent(text, "  ") for text in self.texts]
        return clean("\n\n\n".join([f"✓ {self.heading}\n  {ABOUT}", *shown]), MOST_CHARS)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        parts = [
            f'<p style="{HEAD}"><span aria-hidden="true">✓</span> {safe(self.heading)}</p>',
            f'<p style="{LINE}">{safe(ABOUT)}</p>',
            *(f'<pre style="{PRE}">{safe(text)}</pre>' for text in self.texts),
        ]
        return {"text/plain": repr(self), "text/html": card("passed", self.heading, parts)}
