"""Whether a student's functions leave their inputs as they are, looked at while a cell of the notebook runs.

A check tries that with inputs of its own. In an example or below a figure an answer that writes into its input would
spoil the notebook's own data, without a word. So while a cell runs, what its contract promises to leave its inputs as
they are (the sentence stands in its docstring) is behind a guard, which compares the inputs before and after. A check
takes the guards away first: it judges the functions themselves.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from autograder.authoring.behaviour import changed_since, copied, input_names, is_method
from autograder.authoring.contract import STAY
from autograder.live import ran
from autograder.plain.devices import tensors
from autograder.plain.source import definitions
from autograder.present.card import Card

WATCHED_CALLS = 10  # of each function in a cell: what writes into its input mostly does so at once, and loops are long
MOST_NUMBERS = 2**26  # in the inputs of a call: what is compared is copied first


@dataclass(frozen=True)
class SpoiltInput:
    """An input that was changed: by which function, what that calls it, and the input itself.

    `inner` says that another guarded function had made the call.
    """

    function: str
    argument: str
    value: Any
    inner: bool


class Guards:
    """The guards of the cell that is running, and what they saw."""

    def __init__(self) -> None:
        self.seen: list[SpoiltInput] = []
        self._undo: list[Callable[[], None]] = []
        self._inside: list[str] = []

    def put(self, names: MutableMapping[str, Any]) -> None:
        """Put a guard before all of a kernel's functions, and methods, that promise to leave their inputs alone."""
        self.lift()
        self.seen, self._inside = [], []
        for name, thing in [*names.items()]:
            if not _promises(thing):
                continue
            if not isinstance(thing, type):
                self._stand_in(name, thing, names.get, names.__setitem__)
                continue
            for member in [key for key, method in vars(thing).items() if is_method(key, method)]:
                set_member = functools.partial(setattr, thing)
                self._stand_in(member, vars(thing)[member], vars(thing).get, set_member, f"{name}.{member}")

    def lift(self) -> None:
        """Take them away; what the cell has defined anew stays."""
        while self._undo:
            self._undo.pop()()

    def _stand_in(
        self,
        key: str,
        function: Callable[..., Any],
        get: Callable[[str], Any],
        put: Callable[[str, Any], None],
        name: str = "",
    ) -> None:
        guard = self._guarded(function, name or key)
        put(key, guard)

        def undo() -> None:
            if get(key) is guard:
                put(key, function)

        self._undo.append(undo)

    def _guarded(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        left = WATCHED_CALLS

        @functools.wraps(function)
        def guard(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            __tracebackhide__ = True  # this line is no part of a student's program
            if not left or name in self._inside or _too_large(args, kwargs):
                return function(*args, **kwargs)
            left -= 1
            before, seen = copied((args, kwargs)), len(self.seen)
            self._inside.append(name)
            try:
                return function(*args, **kwargs)
            finally:
                self._inside.pop()
                if len(self.seen) == seen:  # else a function that this one calls has done it
                    self.seen += self._changes(function, name, before, args, kwargs)

        return guard

    def _changes(
        self, function: Callable[..., Any], name: str, before: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Iterator[SpoiltInput]:
        names = input_names(function, len(args))
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        for argument in changed_since(before, args, kwargs, names):
            yield SpoiltInput(name, argument, given[argument], bool(self._inside))


guards = Guards()


def _promises(thing: Any) -> bool:
    if getattr(thing, "__module__", "") != "__main__" or not (isinstance(thing, type) or callable(thing)):
        return False
    if not isinstance(thing, type) and type(thing).__module__ == "__main__":
        return (
            False  # an object that can be called: its class has the guards, and a function has none of its attributes
        )
    return STAY in " ".join((getattr(thing, "__doc__", "") or "").lower().split())


def _too_large(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return sum(one.numel() for one in tensors((args, kwargs))) > MOST_NUMBERS


def _memory(value: Any) -> Iterator[range]:
    """Where the numbers of a value lie."""
    for one in tensors(value):
        if one.numel():
            last = sum((size - 1) * step for size, step in zip(one.shape, one.stride(), strict=True))
            yield range(one.data_ptr(), one.data_ptr() + (last + 1) * one.element_size())


def card_of(changes: list[SpoiltInput], names: Mapping[str, Any]) -> Card | None:
    """Return what to say of inputs that were changed while a cell ran; None where nothing is to be said.

    Of a change that one function made to what another one had made for itself, the notebook sees nothing.

    Args:
        changes: what the guards saw.
        names: the kernel's variables.
    """
    held = [(one, list(_variables(one, names))) for one in changes]
    told = [(one, spoilt) for one, spoilt in held if spoilt or not one.inner]
    if not told:
        return None
    first = told[0][0]
    lines = [
        f"Its description says that {STAY}. Let it work on a copy, such as {first.argument}.clone(), or make "
        "a new tensor."
    ]
    spoilt = dict.fromkeys(variable for _, variables in told for variable in variables)
    if spoilt:
        makers = dict.fromkeys(map(_maker_of, spoilt))
        lines.append(
            f"What this notebook has in {' and '.join(spoilt)} is no longer what it was. When {first.function} is "
            f"mended, run {' and '.join(makers)} again, and what follows."
        )
    return Card(None, heading=f"{first.function} changes its input {first.argument}", trouble="\n".join(lines))


def _variables(change: SpoiltInput, names: Mapping[str, Any]) -> Iterator[str]:
    """The kernel's variables, and the attributes of one, that are what was changed or lie in the same memory."""
    changed = [*_memory(change.value)]
    for name, value in _data(names):
        if value is change.value or any(_meet(one, other) for one in _memory(value) for other in changed):
            yield name


def _data(names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in names.items():
        if name.startswith("_") or name in ("In", "Out") or isinstance(value, ModuleType) or callable(value):
            continue
        yield name, value
        if hasattr(value, "__dict__") and not any(one is value for one in tensors(value)):
            yield from ((f"{name}.{key}", part) for key, part in vars(value).items() if not key.startswith("_"))


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def _maker_of(variable: str) -> str:
    """The cell that gave a variable its value last, by the line that did."""
    name = variable.partition(".")[0]
    for cell in reversed(ran.cells):
        line = _line_that_defines(name, cell.text)
        if line:
            return f"the cell with `{line}`"
    return f"the cell that makes {name}"


def _line_that_defines(name: str, text: str) -> str:
    with suppress(SyntaxError, ValueError):
        for statement in ast.parse(text).body:
            source = ast.get_source_segment(text, statement) or ""
            if name in definitions(source):
                return source.splitlines()[0]
    return ""
