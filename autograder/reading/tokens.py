"""A student's code as a stream of words that renaming, comments and layout don't change. Read, never run.

Names that the code itself binds become `v` (a variable, a function) or `a` (an attribute of its own objects),
strings become `s`; comments, docstrings, annotations, brackets of calls and line ends are left out. What stays
is what a copy keeps: operators, keywords, numbers, and the names of the library that it calls.
"""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.plain.facts import parse

MAX_TOKENS = 8_000
LEFT_OUT = frozenset(["(", ")", ",", ":", ";", "->"])
Span = tuple[int, int]  # from and to, as offsets into the text


@dataclass(frozen=True, slots=True)
class Token:
    """One word, and where it stands in the text."""

    word: str
    span: Span


@dataclass(frozen=True)
class Words:
    """A text with its words, small enough to keep a class of them.

    Args:
        text: as it was written.
        words: its words, in order.
        edges: where each begins and ends, one after another.
    """

    text: str
    words: tuple[str, ...]
    edges: Sequence[int]

    @classmethod
    def of(cls, text: str) -> Words:
        """Read a text."""
        tokens = tokens_of(text)
        return cls(text, tuple(one.word for one in tokens), array("L", [edge for one in tokens for edge in one.span]))

    def span(self, at: int) -> Span:
        """Return where a word stands."""
        return self.edges[2 * at], self.edges[2 * at + 1]


def tokens_of(source: str) -> list[Token]:
    """Return the words of a text; none when Python can't read it.

    >>> [token.word for token in tokens_of("def f(x: int):  # twice\\n    return 2 * x")]
    ['def', 'v', 'v', 'return', '2', '*', 'v']
    """
    tree = parse(source)
    if tree is None:
        return []
    starts = _line_starts(source)
    hidden = sorted(_hidden(tree, source, starts), reverse=True)  # the next one last
    shown_from = 0
    variables, attributes, imported = _bound(tree)
    found: list[Token] = []
    for token in _tokenized(source):
        span = (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
        while hidden and hidden[-1][0] <= span[0]:
            shown_from = max(shown_from, hidden.pop()[1])
        word = _word(token, variables, attributes, imported, bool(found) and found[-1].word == ".")
        if word and span[0] >= shown_from:
            found.append(Token(word, span))
        if len(found) >= MAX_TOKENS:
            break
    return found


def _tokenized(source: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(source).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _word(
    token: tokenize.TokenInfo,
    variables: set[str],
    attributes: set[str],
    imported: dict[str, str],
    after_dot: bool,
) -> str:
    if token.type == tokenize.STRING:
        return "s"
    if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
        if after_dot:
            return "a" if token.string in attributes else token.string
        return "v" if token.string in variables else imported.get(token.string, token.string)
    wanted = token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP) and token.string not in LEFT_OUT
    return token.string if wanted else ""


def _bound(tree: ast.Module) -> tuple[set[str], set[str], dict[str, str]]:
    """The names that a text binds, the attributes that it sets, and what its imports are really called."""
    variables: set[str] = set()
    attributes: set[str] = set()
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            variables.add(node.name)
        elif isinstance(node, ast.arg):
            variables.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            variables.add(node.id)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            attributes.add(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(one.asname or one.name): one.name.split(".")[-1] for one in node.names}
    methods = {
        one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for one in node.body
        if isinstance(one, ast.FunctionDef)
    }
    return variables, attributes | methods, imported


def _hidden(tree: ast.Module, source: str, starts: list[int]) -> list[Span]:
    """Where annotations and docstrings stand."""
    lines = source.split("\n")
    nodes: list[ast.expr] = []
    for node in ast.walk(tree):
        nodes += [one for one in (getattr(node, "annotation", None), getattr(node, "returns", None)) if one is not None]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            nodes.append(node.value)

    def offset(line: int, column: int) -> int:  # ast counts bytes of UTF-8
        if line > len(lines):  # a line end that only ast counts
            return len(source)
        text = lines[line - 1]
        return starts[line - 1] + (column if text.isascii() else len(text.encode()[:column].decode(errors="ignore")))

    return [(offset(one.lineno, one.col_offset), offset(one.end_lineno or 0, one.end_col_offset or 0)) for one in nodes]


def _line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts
