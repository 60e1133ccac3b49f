"""Mistakes and other right answers: `@mistake` and `@right`.

A variant is written out, or it is the reference with a few words changed: `@mistake("f", edit={"old": "new"},
hint=...)` above `def name_of_the_mistake(): ...`. With `of=another_style` it is another variant of the same file,
written out above, with a few words changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder.plain.errors import CourseError

Definition = TypeVar("Definition", bound=Callable[..., Any])
_REGISTER = "__variants__"


@dataclass(frozen=True)
class Variant:
    """Another answer to an exercise. `hint` is None when the answer is right.

    Args:
        exercise: the exercise it answers.
        name: its own name in the variants file.
        hint: what a student who writes this should read; None for a right answer.
        definition: the function or class itself.
        namespace: the names that its code sees: the notebook's, and those of the variants file.
        edit: the changes that make it of the reference's source, or None where it is written out.
        of: the name of the variant in whose source they are made instead.
        source: the source that these changes give.
    """

    exercise: str
    name: str
    hint: str | None
    definition: Callable[..., Any]
    namespace: dict[str, Any]
    edit: Mapping[str, str] | None = None
    of: str | None = None
    source: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether the checks must accept it."""
        return self.hint is None


def mistake(
    exercise: str, *, hint: str, edit: Mapping[str, str] | None = None, of: Callable[..., Any] | None = None
) -> Callable[[Definition], Definition]:
    """Register what a student writes wrongly, with the hint that they should read.

    Args:
        exercise: the exercise that it answers.
        hint: one or two sentences that say what was done and what to think about.
        edit: {old: new, ...}: the mistake is the reference's source with each `old`, which stands there exactly once,
            replaced by its `new`. What is decorated then gives the name alone: `def no_root(): ...`.
        of: a variant of this file that is written out, whose source is edited in place of the reference's.
    """
    if not hint.strip():
        raise CourseError(f"a mistake of {exercise} has no hint: say what was done and what to think about")
    return _register(exercise, hint, edit, of)


def right(exercise: str, *, edit: Mapping[str, str] | None = None) -> Callable[[Definition], Definition]:
    """Register a right answer in another style than the reference."""
    return _register(exercise, None, edit, None)


def _register(
    exercise: str, hint: str | None, edit: Mapping[str, str] | None, of: Callable[..., Any] | None
) -> Callable[[Definition], Definition]:
    def keep(definition: Definition) -> Definition:
        namespace = sys._getframe(1).f_globals
        base = None if of is None else of.__name__
        variant = Variant(exercise, definition.__name__, hint, definition, namespace, edit, base)
        namespace.setdefault(_REGISTER, []).append(variant)
        return definition

    return keep


def registered(namespace: Mapping[str, Any]) -> list[Variant]:
    """Return what a file of variants has registered."""
    return list(namespace.get(_REGISTER, []))
