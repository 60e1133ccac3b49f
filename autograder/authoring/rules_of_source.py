"""Rules on how a function is written, each asked for in one line of a check. The source is read and never run.

A broken rule raises RuleBroken with the remedy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from autograder.authoring.compare import RuleBroken
from autograder.authoring.doors import Door
from autograder.authoring.probes import derivatives
from autograder.plain.facts import Facts
from autograder.plain.source import Definition

LOOPING_CALLS = frozenset(
    {
        "map",
        "filter",
        "reduce",
        "accumulate",
        "starmap",
        "vectorize",
        "apply_along_axis",
        "map_",
        "apply_",
        "frompyfunc",
        "fromiter",
    }
)

SHOWN = 20  # loops in a message

# Torch's ways to a derivative.
AUTOGRAD = frozenset(
    {
        "autograd",
        "backward",
        "requires_grad_",
        "enable_grad",
        "Parameter",
        "func",
        "functorch",
        "vjp",
        "jvp",
        "jacrev",
        "jacfwd",
        "jacobian",
        "grad_and_value",
    }
)


def forbid_loops(student: Door, name: str) -> None:
    """Raise RuleBroken if `name`, or a function of the notebook that it calls, has a Python loop."""
    limit_loops(student, name, 0)


def limit_loops(student: Door, name: str, most: int) -> None:
    """Raise RuleBroken if `name` has more than `most` Python loops, those of what it calls included."""
    loops: list[str] = []
    for one in _definitions(student, name):
        loops += [f"{what} in {one.where}" for what in one.loops()]
        if one.calls_itself:
            loops += [f"{one.where}, which calls itself"] * (most + 1)
    if len(loops) > most:
        allowed = "no Python loop" if most == 0 else f"at most {most} Python loop{'s' if most > 1 else ''}"
        raise RuleBroken(
            f"{name} may use {allowed}, and has {', '.join(loops[:SHOWN])}: use whole-tensor operations instead"
        )


def forbid_names(student: Door, name: str, *forbidden: str, instead: str = "") -> None:
    """Raise RuleBroken if `name`, or what it calls, mentions one of `forbidden` as a name, attribute, import or string.

    A variable, a function, a method or an attribute of the student's own may have any name: so forbidding `name`
    itself forbids torch's function of that name.
    """
    for one in _definitions(student, name):
        _refuse(one, name, one.words & set(forbidden), instead)


def forbid_autograd(
    student: Door,
    name: str,
    *others: str,
    instead: str = "",
    args: tuple[Any, ...] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    subject: Any = None,
) -> None:
    """Raise RuleBroken if `name`, or what it calls, has torch derive something, or mentions one of `others`.

    What is called decides, where there are `args` to call it with; the text is the second sight, for what another
    input would lead to. To ask a tensor whether it requires a gradient is no derivative; to set that is. A class of
    the student's may have a method `backward`: the word is torch's where no class that `name` is made of has it.

    Args:
        others: more words that the text may not have.
        instead: what to do rather.
        args, kwargs: inputs to run `name` on.
        subject: what is run rather, as behaviour.subject_of takes it.
    """
    remedy = instead or "write it yourself, that is the exercise"
    seen = [] if args is None else student.run(derivatives, subject or name, args, dict(kwargs or {}))
    if seen:
        raise RuleBroken(f"{name} has torch derive ({', '.join(sorted(set(seen)))}), which it may not: {remedy}")
    words = {*AUTOGRAD, *others} - ({"backward"} if args is not None else set())  # that one has been decided
    for one in _definitions(student, name):
        asked_for = {"requires_grad"} if any(part.asks_for_gradient for part in one.definition.parts) else set()
        _refuse(one, name, one.words & words | asked_for, instead)


def _refuse(one: _Used, name: str, used: Set[str], instead: str) -> None:
    if used:
        remedy = f": {instead}" if instead else ": write it yourself, that is the exercise"
        raise RuleBroken(f"{one.where} uses {', '.join(sorted(used))}, which {name} may not use{remedy}")


@dataclass(frozen=True)
class _Used:
    """A definition that a function is made of.

    Args:
        where: the name that it binds.
        definition: its facts.
        own: the names that the student has given a meaning.
        keeps: the attributes that the student's objects have.
    """

    where: str
    definition: Definition
    own: Set[str]
    keeps: Set[str]

    @property
    def calls_itself(self) -> bool:
        return self.definition.calls_itself(self.where)

    @property
    def words(self) -> Set[str]:
        """All names from outside that it mentions, and its strings."""
        return set().union(
            *map(self._mentioned, self.definition.parts), *(part.strings for part in self.definition.parts)
        )

    def loops(self) -> list[str]:
        """Its loops, and the calls that loop, each with its line."""
        found = []
        for part in self.definition.parts:
            calls = [
                (word, line) for word, lines in self._mentioned(part).items() if word in LOOPING_CALLS for line in lines
            ]
            found += [(line, what) for what, line in [*part.loops, *calls]]
        return [f"{what} (line {line} of the function)" for line, what in sorted(found)]

    def _mentioned(self, part: Facts) -> dict[str, Sequence[int]]:
        """The words from outside in one statement, with their lines."""
        outside = {*part.reads_at_once, *part.reads_later} - self.own
        names = {word: lines for word, lines in part.names.items() if word in outside}
        attributes: dict[str, list[int]] = {}
        for path, lines in part.attributes.items():
            root, _, word = path.rpartition(".")
            if root in outside or word not in self.keeps:
                attributes.setdefault(word, []).extend(lines)
        return {**part.modules, **attributes, **names}


def _definitions(student: Door, name: str) -> list[_Used]:
    found = student.source(name)
    if name not in found:
        raise RuleBroken(
            f"no definition of {name} can be read, and there is a rule about how it is written: "
            "write its `def` or `class` in the exercise's cell"
        )
    own = {where for where, definition in found.items() if not definition.is_import}
    keeps = {word for definition in found.values() for part in definition.parts for word in part.keeps}
    return [_Used(where, definition, own, keeps) for where, definition in found.items()]
