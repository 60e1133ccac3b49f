"""Mistakes and other right answers: `@mistake` and `@right`, and loading a file of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autograder.errors import CourseError

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
    """

    exercise: str
    name: str
    hint: str | None
    definition: Callable[..., Any]
    namespace: dict[str, Any]

    @property
    def is_right(self) -> bool:
        """Whether the checks must accept it."""
        return self.hint is None


def mistake(exercise: str, *, hint: str) -> Callable[[Definition], Definition]:
    """Register what a student writes wrongly, with the hint that they should read."""
    if not hint.strip():
        raise CourseError(f"a mistake of {exercise} has no hint: say what was done and what to think about")
    return _register(exercise, hint)


def right(exercise: str) -> Callable[[Definition], Definition]:
    """Register a right answer in another style than the reference."""
    return _register(exercise, None)


def _register(exercise: str, hint: str | None) -> Callable[[Definition], Definition]:
    def keep(definition: Definition) -> Definition:
        namespace = sys._getframe(1).f_globals
        variant = Variant(exercise, definition.__name__, hint, definition, namespace)
        namespace.setdefault(_REGISTER, []).append(variant)
        return definition

    return keep


def load_variants(path: Path, namespace: dict[str, Any]) -> list[Variant]:
    """Run a variants file over a copy of the solution's namespace and return what it registers.

    A missing file is an empty list. The names of the notebook can be used in the file.
    """
    if not path.exists():
        return []
    own = dict(namespace, __name__=f"variants_{path.stem}", __file__=str(path))
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), own)
    return list(own.get(_REGISTER, []))
