"""The source of a student's function and of what it calls, read and never run.

Rules such as "no Python loop" look at text. A definition is anything that binds a name at the top
level: `def`, `class`, an assignment, an import.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from autograder.errors import LimitReached

MAX_REACHABLE_CHARS = 200_000
Lookup = Callable[[str], str | None]


@lru_cache(maxsize=256)
def parse(source: str) -> ast.Module | None:
    """Return the tree of a student's text, not to be changed, or None when Python can't read it.

    Each rule of an exercise asks for the same few texts.
    """
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=256)
def definitions(source: str) -> Mapping[str, str]:
    """Return the text of each name that is bound at the top level; the last binding wins."""
    tree = parse(source)
    lines = source.splitlines()
    found: dict[str, str] = {}
    spans: dict[tuple[int, int], str] = {}
    for node in tree.body if tree else []:
        # Whole lines: ast.get_source_segment splits the file again for each node. Statements on one line share it.
        span = (node.lineno - 1, node.end_lineno or node.lineno)
        text = spans.setdefault(span, "") or "\n".join(lines[slice(*span)])
        spans[span] = text
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            text = "\n".join([line for line in map(_decorator, node.decorator_list) if line] + [text])
        found.update(dict.fromkeys(bound_names(node), text))
    return found


def _decorator(node: ast.expr) -> str:
    """A decorator's line; that of a variant names its exercise, which is no use of it."""
    text = ast.unparse(node)
    return "" if text.startswith(("mistake(", "right(")) else f"@{text}"


def bound_names(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [name.id for target in targets if target for name in ast.walk(target) if isinstance(name, ast.Name)]


def reachable(name: str, lookup: Lookup) -> dict[str, str]:
    """Return the definitions that `name` is made of: its own, and of all it mentions, by name.

    Raises LimitReached when they are longer together than any honest solution.
    """
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        text = None if current in found else lookup(current)
        if text is None:
            continue
        found[current] = text
        if sum(map(len, found.values())) > MAX_REACHABLE_CHARS:
            raise LimitReached(f"the code that {name} is made of is longer than {MAX_REACHABLE_CHARS:,} characters")
        tree = parse(text)
        waiting += sorted(mentioned(tree)) if tree else []
    return found


@lru_cache(maxsize=256)
def mentioned(tree: ast.AST) -> frozenset[str]:
    """Return the plain names that a piece of code reads. A tree is walked once, however many rules ask."""
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def live_lookup(namespace: Mapping[str, Any]) -> Lookup:
    """Return a lookup over a namespace whose cells were typed, such as a kernel's."""

    def lookup(name: str) -> str | None:
        thing = namespace.get(name)
        if not callable(thing):
            return None
        if _is_installed(thing):
            return f"from {thing.__module__} import {getattr(thing, '__name__', name)} as {name}"
        return _typed_source(thing)

    return lookup


def _is_installed(thing: Any) -> bool:
    module = getattr(thing, "__module__", None)
    return isinstance(module, str) and module != "__main__" and module in sys.modules


def _typed_source(thing: Any) -> str | None:
    code = getattr(thing, "__code__", None) or next(
        (member.__code__ for member in vars(thing).values() if hasattr(member, "__code__")), None
    )
    if code is None:
        return None
    text = "".join(linecache.getlines(code.co_filename))
    name = getattr(thing, "__name__", "")
    if name == "<lambda>":
        return "\n".join(text.splitlines()[code.co_firstlineno - 1 :][:1]).strip() or None
    return definitions(text).get(name)
