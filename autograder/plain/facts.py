"""What one statement of a student's text says of itself, as plain data: rules decide on this and parse nothing.

A text is taken apart once, in the process that reads it (reading.py, or a student's own kernel). What is kept of a
statement is a few lists of words with the lines they stand on; each is bounded by the statement's own length.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
LINE_END = re.compile(r"\r\n|\r|\n")  # what Python counts; str.splitlines knows more
LONGEST_WORD = 200
DEEPEST_MODULE = 20
LOOPS = {
    ast.For: "a for loop",
    ast.AsyncFor: "a for loop",
    ast.While: "a while loop",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
}
Definable = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
PLAIN = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)
SCOPED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Lines = Mapping[str, Sequence[int]]


class Facts(NamedTuple):
    """One statement at the top of a text. Lines count from 1 at the statement's first.

    Args:
        text: the statement as it was written.
        kind: "import", "class" or "".
        binds: the names that it gives a meaning.
        reads_at_once: the names that it reads when it is executed.
        reads_later: the names that its functions read from outside when they are called.
        loops: what loops there are, each with its line; one over a tuple or list that is written out is none.
        names: plain names that it mentions.
        attributes: attributes that it mentions, each below the name that it is reached from: "torch.optim" for
            torch.optim as for torch.nn.optim, ".optim" where that is no name.
        modules: what it imports, and from where, in words.
        strings: its short strings.
        keeps: the attributes that it sets, and the names in the bodies of its classes.
        asks_for_gradient: whether it sets `requires_grad`, in any of the ways that have a word for it.
    """

    text: str
    kind: str
    binds: Sequence[str]
    reads_at_once: Sequence[str]
    reads_later: Sequence[str]
    loops: Sequence[tuple[str, int]]
    names: Lines
    attributes: Lines
    modules: Lines
    strings: Sequence[str]
    keeps: Sequence[str]
    asks_for_gradient: bool


def statements(source: str) -> Iterator[Facts]:
    """Yield the facts of each statement at the top of a text; nothing when Python can't read it."""
    source = source.removeprefix("\ufeff")
    tree = parse(source)
    lines = LINE_END.split(source) if tree else []
    encoded: dict[int, bytes] = {}
    for node in tree.body if tree else []:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node)
        else:
            yield _facts(node, *_text_of(node, lines, encoded))


def parse(source: str) -> ast.Module | None:
    """Return the tree of a text, or None when Python can't read it."""
    try:
        return ast.parse(source)
    except NOT_PYTHON:
        return None


def _text_of(node: ast.stmt, lines: list[str], encoded: dict[int, bytes]) -> tuple[str, int]:
    """Return a statement's own text, and the number of the line that its first line is in the file."""
    own = _segment(node, lines, encoded)
    if not isinstance(node, Definable):
        return own, node.lineno
    node.decorator_list = [
        one for one in node.decorator_list if not _names_an_exercise(one)
    ]  # in no sight of the rules
    above = [_decorator(one, _segment(one, lines, encoded)) for one in node.decorator_list]
    text = "\n".join([*above, own])
    return text, node.lineno - sum(len(LINE_END.split(one)) for one in above)


def _segment(node: ast.stmt | ast.expr, lines: list[str], encoded: dict[int, bytes]) -> str:
    """The text between a node's own ends. ast.get_source_segment splits the file again for each node."""

    def line(number: int) -> bytes:  # ast counts bytes of UTF-8
        if number not in encoded:
            encoded[number] = lines[number - 1].encode()
        return encoded[number]

    first, last = node.lineno, node.end_lineno or node.lineno
    begin, end = node.col_offset, node.end_col_offset
    if first == last:
        return line(first)[begin:end].decode(errors="replace")
    inner = lines[first : last - 1]
    return "\n".join([line(first)[begin:].decode(errors="replace"), *inner, line(last)[:end].decode(errors="replace")])


def _decorator(node: ast.expr, text: str) -> str:
    plain = isinstance(node, ast.Name | ast.Attribute | ast.Call) and "\n" not in text
    return f"@{text}" if plain else f"@({text})"


def _names_an_exercise(node: ast.expr) -> bool:
    """Whether a decorator is that of a variant: it names its exercise, which is no use of it."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("mistake", "right")


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Facts]:
    """An import of several names, as an import of each: who uses one does not use the others."""
    origin = "" if isinstance(node, ast.Import) else f"{'.' * node.level}{node.module or ''}"[:LONGEST_WORD]
    origin_words = origin.split(".")[:DEEPEST_MODULE]
    for alias in node.names:
        called = f" as {alias.asname}" if alias.asname else ""
        text = f"from {origin} import {alias.name}{called}" if origin else f"import {alias.name}{called}"
        words = {word: [1] for word in [*origin_words, *alias.name.split(".")] if word}
        bound = (alias.asname or alias.name).split(".")[0]
        yield Facts(text, "import", [bound], [], [], [], {}, {}, words, [], [], False)


def _facts(node: ast.stmt, text: str, first_line: int) -> Facts:
    nodes = [*ast.walk(node)]
    scopes = _Scopes.at_top(node, nodes) or _Scopes.of(text) or _Scopes.of_nodes(node, nodes)
    words = _Words(first_line)
    for one in nodes:
        words.note(one)
    return Facts(
        text,
        "class" if isinstance(node, ast.ClassDef) else "",
        scopes.binds,
        scopes.at_once,
        scopes.later,
        words.loops,
        words.names,
        words.attributes,
        words.modules,
        words.strings,
        sorted({*_stored(nodes), *_members(nodes)}),
        any(map(_asks_for_gradient, nodes)),
    )


def _goes_over_what_is_written_out(node: ast.AST) -> bool:
    """Whether a loop's passes are counted by the text and not by the data, as in `for one in (weights, x, y)`."""
    over = [node.iter] if isinstance(node, ast.For) else [one.iter for one in getattr(node, "generators", [])]
    return bool(over) and all(
        isinstance(one, ast.Tuple | ast.List) and not any(isinstance(item, ast.Starred) for item in one.elts)
        for one in over
    )


def _stored(nodes: list[ast.AST]) -> Iterator[str]:
    return (one.attr for one in nodes if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store))


def _members(nodes: list[ast.AST]) -> Iterator[str]:
    """The names that stand in the bodies of classes: methods, and what is assigned there."""
    for one in nodes:
        for member in one.body if isinstance(one, ast.ClassDef) else []:
            if isinstance(member, Definable):
                yield member.name
            elif isinstance(member, ast.Assign):
                yield from (target.id for target in member.targets if isinstance(target, ast.Name))


def _asks_for_gradient(node: ast.AST) -> bool:
    """`requires_grad` as a keyword, in a dict of keywords, as an attribute that is set, by setattr."""
    if isinstance(node, ast.keyword):
        return node.arg == "requires_grad" and not _is_false(node.value)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return any(_is(key, "requires_grad") and not _is_false(value) for key, value in pairs)
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return called in ("setattr", "__setattr__") and any(_is(one, "requires_grad") for one in node.args)
    return isinstance(node, ast.Attribute) and node.attr == "requires_grad" and isinstance(node.ctx, ast.Store)


def _is(node: ast.expr | None, value: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _root(node: ast.expr) -> str:
    """The name that an attribute is reached from, or "" where that is no name."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


class _Words:
    """The words of a statement's nodes, by line."""

    def __init__(self, first_line: int) -> None:
        self._first = first_line
        self.loops: list[tuple[str, int]] = []
        self.names: dict[str, list[int]] = {}
        self.attributes: dict[str, list[int]] = {}
        self.modules: dict[str, list[int]] = {}
        self.strings: list[str] = []

    def note(self, node: ast.AST) -> None:
        """Note what one node says."""
        line = max(1, getattr(node, "lineno", self._first) - self._first + 1)
        if type(node) in LOOPS and not _goes_over_what_is_written_out(node):
            self.loops.append((LOOPS[type(node)], line))
        elif isinstance(node, ast.Name):
            self.names.setdefault(node.id, []).append(line)
        elif isinstance(node, ast.Attribute):
            self.attributes.setdefault(f"{_root(node)}.{node.attr}", []).append(line)
        elif isinstance(node, ast.alias):
            self._module(node.name, line)
        elif isinstance(node, ast.ImportFrom):
            self._module(node.module or "", line)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) <= LONGEST_WORD:
            self.strings.append(node.value)

    def _module(self, name: str, line: int) -> None:
        for word in filter(None, name.split(".")):
            self.modules.setdefault(word, []).append(line)


class _Scopes(NamedTuple):
    """The names that a statement binds at the top, reads at once, and reads from outside in its functions."""

    binds: list[str]
    at_once: list[str]
    later: list[str]

    @classmethod
    def at_top(cls, node: ast.stmt, nodes: list[ast.AST]) -> _Scopes | None:
        """For a plain statement that opens no scope of its own: its nodes say all, in a tenth of the time."""
        if not isinstance(node, PLAIN) or any(isinstance(one, SCOPED) for one in nodes):
            return None
        names = [one for one in nodes if isinstance(one, ast.Name)]
        again = {node.target.id} if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) else set()
        read = {one.id for one in names if isinstance(one.ctx, ast.Load)} | again
        return cls(sorted({one.id for one in names if not isinstance(one.ctx, ast.Load)}), sorted(read), [])

    @classmethod
    def of(cls, text: str) -> _Scopes | None:
        """By Python's own symbol table; None for what parses and would not compile."""
        try:
            top = symtable.symtable(text, "<student>", "exec")
        except NOT_PYTHON:
            return None
        symbols = top.get_symbols()
        binds = {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}
        at_once = [one.get_name() for one in symbols if one.is_referenced()]
        later: set[str] = set()
        for scope in _below(top):
            in_function = scope.get_type() == "function"
            for one in scope.get_symbols():
                if one.is_referenced() and (one.is_global() or not in_function):
                    later.add(one.get_name())
                if one.is_assigned() and one.is_declared_global():
                    binds.add(one.get_name())
        return cls(sorted(binds), at_once, sorted(later))

    @classmethod
    def of_nodes(cls, node: ast.stmt, nodes: list[ast.AST]) -> _Scopes:
        """For what parses and would not compile: all its names."""
        read = {one.id for one in nodes if isinstance(one, ast.Name)}
        stored = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        binds = {node.name} if isinstance(node, Definable) else stored
        return cls(sorted(binds), sorted(read), [])


def _below(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _below(child)
