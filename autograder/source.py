"""The source of a student's function and of what it calls, read and never run.

Rules such as "no Python loop" look at text. A definition is anything that binds a name outside of functions and
classes: `def`, `class`, an assignment, an import, and each of these below an `if` or a `with`.
"""

from __future__ import annotations

import ast
import linecache
import symtable
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from inspect import unwrap
from types import CodeType
from typing import Any

from autograder.errors import LimitReached

MAX_REACHABLE_CHARS = 200_000
NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
Lookup = Callable[[str], str | None]


@lru_cache(maxsize=256)
def parse(source: str) -> ast.Module | None:
    """Return the tree of a student's text, not to be changed, or None when Python can't read it.

    Each rule of an exercise asks for the same few texts.
    """
    try:
        return ast.parse(source)
    except NOT_PYTHON:
        return None


@lru_cache(maxsize=256)
def definitions(*sources: str) -> Mapping[str, str]:
    """Return the text of each name that the sources bind, one after another.

    The last binding wins; one that is made from the name's earlier value, as in `f = wrap(f)`, adds to it.
    """
    found: dict[str, str] = {}
    for source in sources:
        for node, text in _statements(source):
            for name in _bound_names(node, text):
                made_from_itself = name in found and name in _read_at_once(text)
                found[name] = f"{found[name]}\n{text}" if made_from_itself else text
    return found


def _statements(source: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements of a text, each with its own text."""
    tree = parse(source)
    lines = source.splitlines()
    spans: dict[tuple[int, int], str] = {}
    for node in tree.body if tree else []:
        # Whole lines: ast.get_source_segment splits the file again for each node. Statements on one line share it.
        span = (node.lineno - 1, node.end_lineno or node.lineno)
        text = spans.setdefault(span, "") or "\n".join(lines[slice(*span)])
        spans[span] = text
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            text = "\n".join([line for line in map(_decorator, node.decorator_list) if line] + [text])
        yield from _one_by_one(node) if isinstance(node, ast.Import | ast.ImportFrom) else [(node, text)]


def _one_by_one(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[ast.stmt, str]]:
    """An import of several names, as an import of each: who uses one does not use the others."""
    for alias in node.names:
        one = ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], node.level)
        yield one, ast.unparse(one)


def _decorator(node: ast.expr) -> str:
    """A decorator's line; that of a variant names its exercise, which is no use of it."""
    text = ast.unparse(node)
    return "" if text.startswith(("mistake(", "right(")) else f"@{text}"


def _bound_names(node: ast.stmt, text: str) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    if isinstance(node, ast.Expr):
        return []
    table = _table(text)
    return [one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()] if table else []


def _read_at_once(text: str) -> set[str]:
    """Return the names that a statement reads when it is executed, and not later, when what it defines is called."""
    table = _table(text)
    return {one.get_name() for one in table.get_symbols() if one.is_referenced()} if table else set()


@lru_cache(maxsize=256)
def _table(text: str) -> symtable.SymbolTable | None:
    try:
        return symtable.symtable(text, "<student>", "exec")
    except NOT_PYTHON:
        return None


@lru_cache(maxsize=256)
def names_read(text: str) -> frozenset[str]:
    """Return the plain names that a text reads from outside: a function's own variables and inputs are not among them.

    A text that parses and that Python would not compile gives all its names.
    """
    table, tree = _table(text), parse(text)
    if table is None:
        return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)) if tree else frozenset()
    return frozenset().union(*map(_read_from_outside, _scopes(table)))


def calls_itself(text: str, name: str) -> bool:
    """Whether a text that binds `name` reads it again in a function, rather than where it is bound anew."""
    table = _table(text)
    return table is not None and any(name in _read_from_outside(one) for one in _scopes(table) if one is not table)


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _read_from_outside(scope: symtable.SymbolTable) -> set[str]:
    in_function = scope.get_type() == "function"
    return {
        one.get_name() for one in scope.get_symbols() if one.is_referenced() and (one.is_global() or not in_function)
    }


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
        waiting += sorted(names_read(text))
    return found


def live_lookup(namespace: Mapping[str, Any]) -> Lookup:
    """Return a lookup over a namespace whose cells were typed, such as a kernel's.

    A kernel need not keep what was typed: the text of a function that is there and can't be found is "".
    """

    def lookup(name: str) -> str | None:
        thing = namespace.get(name)
        if not callable(thing):
            return None
        thing = _innermost(thing)
        if _is_installed(thing):
            called = getattr(thing, "__name__", name)  # that of a lambda is no name
            return f"from {thing.__module__} import {called if called.isidentifier() else name} as {name}"
        return _typed_source(thing, name) or ""

    return lookup


def _innermost(thing: Any) -> Any:
    """Return what a partial or a decorator that says so (functools.wraps) stands around."""
    while isinstance(thing, partial):
        thing = thing.func
    return unwrap(thing)


def _is_installed(thing: Any) -> bool:
    module = getattr(thing, "__module__", None)
    return isinstance(module, str) and module != "__main__" and module in sys.modules


def _typed_source(thing: Any, name: str) -> str | None:
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
