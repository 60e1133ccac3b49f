"""One exercise's result for a person: HTML where a front end shows it, plain text elsewhere.

Colour is never alone: each state has an icon and a word. Everything that a student's code said is
cleaned and escaped. The words stand in `autograder.present.card_words`, the HTML in `autograder.present.card_html`.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import Any

from autograder.plain.errors import AutograderError, CourseError
from autograder.plain.results import ExerciseResult
from autograder.plain.text import clean
from autograder.present.card_html import html_of, html_of_trouble
from autograder.present.card_words import LOOKS, text_of

__all__ = ["Card", "html_of", "text_of"]
WAITING = LOOKS["unwritten"].icon


@dataclass(frozen=True)
class Card:
    """What `check` shows.

    Args:
        result: the exercise's result; None when there is none.
        seconds: how long the check took.
        trouble: what to say when there is no result.
        heading: the first line when there is no result.
        note: lines below the result, such as that progress could not be kept.
        icon: what the first line begins with when there is no result.
        doubt: what to know before the result is believed, such as that an older definition was checked.
    """

    result: ExerciseResult | None
    seconds: float = 0.0
    trouble: str = ""
    heading: str = ""
    note: str = ""
    doubt: str = ""
    icon: str = "!"

    @classmethod
    def waiting(cls, name: str, todo: str) -> Card:
        """The card of a cell that uses a stub, in place of a traceback."""
        return cls(
            None,
            heading=f"This cell waits for {name}, which is not written yet",
            trouble=f"To write: {todo}\nThen run that cell, its check, and this one.",
            icon=WAITING,
        )

    @classmethod
    def stopped(cls, exercise: str) -> Card:
        """The card of a check that the student stopped."""
        return cls(
            None,
            heading=f"{exercise}: stopped",
            trouble="The check was interrupted. Is there an endless loop? What you have won stays.",
        )

    @classmethod
    def broken(cls, exercise: Any, problem: Exception) -> Card:
        """The card of a check that failed by itself, which is not the student's fault."""
        if isinstance(problem, CourseError):
            return cls(None, heading=f"{exercise}: the check could not run", trouble=str(problem))
        said = str(problem) if isinstance(problem, AutograderError) else f"{type(problem).__name__}: {problem}"
        return cls(
            None,
            heading=f"{exercise}: the check itself failed, and this is not your fault",
            trouble=f"{said}\nRestart the kernel and try again; if it stays, show this card to your instructor.",
        )

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return self.result is not None and self.result.outcome == "passed"

    def __repr__(self) -> str:
        if self.result is None:
            return clean(f"{self.icon} {self.heading}\n{indent(self.trouble, '  ')}")
        return text_of(self.result, self.doubt) + (clean(f"\n\n{indent(self.note, '  ')}") if self.note else "")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}

    def html(self) -> str:
        """Return the card as one HTML element that carries its own style."""
        return (
            html_of_trouble(self.heading, self.trouble, self.icon)
            if self.result is None
            else html_of(self.result, self.seconds, self.note, self.doubt)
        )
