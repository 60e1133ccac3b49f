"""The source of a student's function and of what it calls, read and never run.

Rules such as "no Python loop" look at text. A definition is anything that binds a name outside of functions and
classes: `def`, `class`, an assignment, an import, and each of these below an `if` or a `with`.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import unwrap
from itertools import islice
from types import CodeType
from typing import Any

from autograder.plain.errors import LimitReached
from autograder.plain.facts import Facts, statements

MAX_REACHABLE_CHARS = 200_000


@dataclass(frozen=True)
class Definition:
    """What a name is made of: the statement that binds it, and those that make it anew from itself."""

    parts: tuple[Facts, ...] = ()

    @property
    def text(self) -> str:
        """The statements as they were written."""
        return "\n".join(part.text for part in self.parts)

    @property
    def is_import(self) -> bool:
        """Whether the name, or a part of it, comes from elsewhere."""
        return any(part.kind == "import" for part in self.parts)

    @property
    def reads(self) -> frozenset[str]:
        """The plain names that it reads from outside: a function's own variables and inputs are not among them."""
        return frozenset().union(
            *(part.reads_at_once for part in self.parts), *(part.reads_later for part in self.parts)
        )

    def calls_itself(self, name: str) -> bool:
        """Whether a function that `name` stands for reads that name again, rather than where it is bound anew."""
        return not any(part.kind == "class" for part in self.parts) and any(
            name in part.reads_later for part in self.parts
        )


Lookup = Callable[[str], Definition | None]


@lru_cache(maxsize=16)
def definitions(*sources: str) -> Mapping[str, Definition]:
    """Return what each name that the sources bind is made of, one source after another.

    The last binding wins; one that is made from the name's earlier value, as in `f = wrap(f)`, adds to it.
    """
    found: dict[str, list[Facts]] = {}
    for source in sources:
        for one in statements(source):
            at_once = set(one.reads_at_once)
            for name in one.binds:
                if name in found and name in at_once:
                    found[name].append(one)
                else:
                    found[name] = [one]
    return {name: Definition(tuple(parts)) for name, parts in found.items()}


def reachable(name: str, lookup: Lookup) -> dict[str, Definition]:
    """Return the definitions that `name` is made of: its own, and of all it mentions, by name.

    Raises LimitReached when they are longer together than any honest solution.
    """
    found: dict[str, Definition] = {}
    waiting, chars = [name], 0
    while waiting:
        current = waiting.pop()
        definition = None if current in found else lookup(current)
        if definition is None:
            continue
        found[current] = definition
        chars += sum(len(part.text) for part in definition.parts)
        if chars > MAX_REACHABLE_CHARS:
            raise LimitReached(f"the code that {name} is made of is longer than {MAX_REACHABLE_CHARS:,} characters")
        waiting += sorted(definition.reads - found.keys())
    return found


def live_lookup(namespace: Mapping[str, Any]) -> Lookup:
    """Return a lookup over a namespace whose cells were typed, such as a kernel's.

    A kernel need not keep what was typed: a function that is there and can't be found has a definition without parts.
    """

    def lookup(name: str) -> Definition | None:
        thing = namespace.get(name)
        if not callable(thing):
            made_by = _own_class(thing)
            return _typed(made_by, name) if made_by else None
        thing = _innermost(thing)
        if _is_installed(thing):
            called = getattr(thing, "__name__", name)  # that of a lambda is no name
            text = f"from {thing.__module__} import {called if called.isidentifier() else name} as {name}"
            return definitions(text).get(name) or Definition()
        return _typed(thing, name) or Definition()

    return lookup


def _own_class(thing: Any) -> type | None:
    """Return the notebook's own class that an object, or the first such in a list or dict of objects, is made by."""
    ones = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else [thing]
    return next((type(one) for one in islice(ones, 20) if type(one).__module__ == "__main__"), None)


def _innermost(thing: Any) -> Any:
    """Return what a partial or a decorator that says so (functools.wraps) stands around."""
    while isinstance(thing, partial):
        thing = thing.func
    return unwrap(thing)


def _is_installed(thing: Any) -> bool:
    module = getattr(thing, "__module__", None)
    return isinstance(module, str) and module != "__main__" and module in sys.modules


def _typed(thing: Any, name: str) -> Definition | None:
    code = _code_of(thing) or _code_of(type(thing))
    if code is None:
        return None
    typed = definitions("".join(linecache.getlines(code.co_filename)))
    return typed.get(getattr(thing, "__name__", type(thing).__name__)) or typed.get(name)


def _code_of(thing: Any) -> CodeType | None:
    """Return the code of a function, or of one of a class's methods."""
    members = vars(thing).values() if isinstance(thing, type) else ()
    codes = (getattr(_innermost(one), "__code__", None) for one in (thing, *members))
    return next((code for code in codes if isinstance(code, CodeType)), None)
