"""The reference's source with a few words changed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from autograder.plain.errors import CourseError
from autograder.course.notebook import compile_cell
from autograder.course.stubs import BEGIN, END


def edited(source: str, edit: Mapping[str, str], name: str, where: str) -> str:
    """Return a cell's source after the changes, without its docstrings.

    Args:
        source: the source of the cell.
        edit: {old: new, ...}; each `old` stands exactly once in the code, docstrings left out.
        name: the function or class.
        where: which variant this is, for messages.

    Raises:
        CourseError: `old` stands there never, or twice.
    """
    text = without_docstrings(source)
    for old, new in edit.items():
        times = text.count(old)
        if times != 1:
            raise CourseError(f"{where}: {old!r} stands {times} times in the solution of {name}, and an edit needs it once: "
                              "give more, or less, of the text around it")  # fmt: skip
        text = text.replace(old, new)
    return text


def defined(text: str, namespace: Mapping[str, Any], name: str, where: str) -> Any:
    """Run a text over a copy of a namespace and return what `name` then is. Raises CourseError if it can't be run."""
    own = dict(namespace)
    try:
        exec(compile_cell(text, f"<{where}>"), own)
    except Exception as problem:
        raise CourseError(f"{where}: after its edits the solution of {name} can't be run: {problem}") from problem
    return own[name]


def without_docstrings(source: str) -> str:
    """Return a cell's source whose docstrings are empty, since they say in words what the code says, and whose marks are gone."""
    lines = source.splitlines()
    for node in reversed([*_documented(ast.parse(source))]):
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        lines[first:last] = [" " * node.col_offset + '""']
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END)) + "\n"


def _documented(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements that are docstrings, in the order of the lines."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    bodies = [node.body[0] for node in ast.walk(tree) if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None]
    return sorted(bodies, key=lambda node: node.lineno)
