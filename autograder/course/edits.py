"""A file of variants, loaded; and those that are the source of the reference, or of another variant, edited."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.authoring.variants import Variant, registered
from autograder.course.notebook import compile_cell
from autograder.course.stubs import BEGIN, END
from autograder.plain.errors import CourseError


def load_variants(path: Path, namespace: dict[str, Any], sources: Mapping[str, str]) -> list[Variant]:
    """Run a variants file over a copy of the solution's namespace and return what it registers.

    A missing file is an empty list. The names of the notebook can be used in the file.

    Args:
        path: the file.
        namespace: the solution's.
        sources: the source of each exercise, which edits are made in.
    """
    if not path.exists():
        return []
    own = dict(namespace, __name__=f"variants_{path.stem}", __file__=str(path))
    text = path.read_text(encoding="utf-8")
    exec(compile(text, str(path), "exec"), own)
    variants = registered(own)
    written = _definitions(text, {one.name for one in variants if one.edit is None})
    return [_made(one, path, sources, written) for one in variants]


def _definitions(text: str, names: set[str]) -> dict[str, str]:
    """Return the source of each definition of a file that is named, without what decorates it."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n"
        for node in ast.parse(text).body
        if isinstance(node, kinds) and node.name in names
    }


def _made(variant: Variant, path: Path, sources: Mapping[str, str], written: Mapping[str, str]) -> Variant:
    where = f"{path.name}: {variant.name}"
    if variant.edit is None:
        if variant.of is not None:
            raise CourseError(f"{where} names what it is made of, {variant.of}, and has no edit of it")
        return variant
    if variant.exercise not in sources:
        raise CourseError(f"{where} edits {variant.exercise}, which is no exercise of the notebook")
    if variant.of is not None and variant.of not in written:
        raise CourseError(f"{where} edits {variant.of}, which is no variant that is written out in this file")
    name = variant.of or variant.exercise
    text = edited(written[name] if variant.of else sources[name], variant.edit, name, where)
    return replace(variant, definition=defined(text, variant.namespace, name, where), source=text)


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
            raise CourseError(
                f"{where}: {old!r} stands {times} times in the source of {name}, and an edit needs it once: "
                "give more, or less, of the text around it"
            )
        text = text.replace(old, new)
    return text


def defined(text: str, namespace: Mapping[str, Any], name: str, where: str) -> Any:
    """Run a text over a copy of a namespace and return what `name` then is. Raises CourseError if it can't be run."""
    own = dict(namespace)
    try:
        exec(compile_cell(text, f"<{where}>"), own)
    except Exception as problem:
        raise CourseError(f"{where}: after its edits the source of {name} can't be run: {problem}") from problem
    return own[name]


def without_docstrings(source: str) -> str:
    """Return a cell's source whose docstrings are empty, since they say in words what the code says, and whose
    marks are gone."""
    lines = source.splitlines()
    for node in reversed([*_documented(ast.parse(source))]):
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        lines[first:last] = [" " * node.col_offset + '""']
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END)) + "\n"


def _documented(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements that are docstrings, in the order of the lines."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    bodies = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None
    ]
    return sorted(bodies, key=lambda node: node.lineno)
