"""The statements of a cell as texts that run one after another, so that an endless loop costs itself alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

RISKY = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.If, ast.Match, ast.Expr)


def pieces_of(source: str, chosen: Iterable[ast.stmt], apart: int) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield texts that hold the chosen statements of a cell, on the lines where the cell has them.

    Args:
        source: the cell.
        chosen: statements of its top level, in order.
        apart: how many that may take long stand in a piece of their own, at most.
    """
    lines = source.split("\n")
    together: list[ast.stmt] = []
    for node in chosen:
        if takes_long(node) and apart > 0:
            apart -= 1
            if together:
                yield _text_of(together, lines), together
            yield _text_of([node], lines), [node]
            together = []
        else:
            together.append(node)
    if together:
        yield _text_of(together, lines), together


def takes_long(node: ast.stmt) -> bool:
    """Whether a statement may take long when it is executed: one that loops or calls something."""
    if isinstance(node, RISKY):
        return True
    value = getattr(node, "value", None)
    return isinstance(value, ast.AST) and any(isinstance(one, ast.Call) for one in ast.walk(value))


def _text_of(nodes: list[ast.stmt], lines: list[str]) -> str:
    """The statements alone, each on its own lines; of those that share a line, one after another."""
    kept: list[str] = [""] * (nodes[-1].end_lineno or 0)
    for node in nodes:
        begin, end = first_line(node) - 1, node.end_lineno or node.lineno
        own = lines[begin:end]
        if (node.col_offset or _goes_on(node, own[-1])) and not hasattr(node, "decorator_list"):
            own[-1] = _part_of(own[-1], None, node.end_col_offset)
            own[0] = _part_of(own[0], node.col_offset, node.end_col_offset if len(own) == 1 else None)
        before = kept[begin]
        kept[begin:end] = [f"{before}; {own[0]}" if before else own[0], *own[1:]]
    return "\n".join(kept)


def first_line(node: ast.stmt) -> int:
    """The line where a statement begins, that of its first decorator."""
    return min([node.lineno] + [one.lineno for one in getattr(node, "decorator_list", [])])


def _goes_on(node: ast.stmt, line: str) -> bool:
    """Whether something else follows on a statement's last line; a comment may."""
    return ";" in _part_of(line, node.end_col_offset, None)


def _part_of(line: str, begin: int | None, end: int | None) -> str:
    """A part of a line by offsets in UTF-8, which are what Python counts."""
    return line[begin:end] if line.isascii() else line.encode()[begin:end].decode(errors="ignore")
