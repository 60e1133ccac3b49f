"""Turn a solution cell into a stub that says what is to be written."""

from __future__ import annotations

import ast
import re
import textwrap

from autograder.plain.errors import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
WIDTH = 88  # signs in a line of given code: what a window of 1280 pixels shows beside the file browser


def cleared_source(source: str, exercise: str) -> str:
    """Return a stub cell's text with each solution region replaced by a NotImplementedError.

    The error names the exercise, or the method, and carries the first line of the docstring around it.
    Raises CourseError when a region is not closed or the cell has none.
    """
    lines = source.splitlines()
    if not any(BEGIN in line for line in lines):
        raise CourseError(f"{exercise}: the stub cell has no {BEGIN} ... {END}")
    owners = _owners(source, exercise)
    kept: list[str] = []
    inside = False
    for number, line in enumerate(lines, start=1):
        if BEGIN in line:
            if inside:
                raise CourseError(f"{exercise}: a second {BEGIN} on line {number} before {END}")
            inside = True
            kept += _stub_lines(line[: len(line) - len(line.lstrip())], *_owner_at(owners, number, exercise))
        elif END in line:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise CourseError(f"{exercise}: {BEGIN} is not followed by {END}")
    return "\n".join(kept)


def solution_lines(source: str) -> list[str]:
    """Return the lines of a cell's solution regions that are long enough to give something away."""
    inside, lines = False, []
    for line in source.splitlines():
        if BEGIN in line or END in line:
            inside = BEGIN in line
        elif inside and len(line.strip()) > 30 and not line.strip().startswith("#"):
            lines.append(line.strip())
    return lines


def _stub_lines(indent: str, name: str, todo: str) -> list[str]:
    told = f"{name}: {todo}".replace("\\", "\\\\").replace('"', "'")
    line = f'{indent}raise NotImplementedError("{told}")'
    if len(line) <= WIDTH:
        return [f"{indent}# YOUR CODE HERE", line]
    pieces = textwrap.wrap(told, WIDTH - len(f'{indent}    " "'), break_long_words=False, break_on_hyphens=False)
    quoted = [f'{indent}    "{one}{"" if one is pieces[-1] else " "}"' for one in pieces]
    return [f"{indent}# YOUR CODE HERE", f"{indent}raise NotImplementedError(", *quoted, f"{indent})"]


def _owners(source: str, exercise: str) -> list[tuple[int, int, str, str]]:
    """The functions of the cell: first line, last line, dotted name, what their docstring asks for."""
    try:
        tree = ast.parse(source)
    except SyntaxError as problem:
        raise CourseError(f"{exercise}: the solution cell is not valid Python: {problem}") from None
    found: list[tuple[int, int, str, str]] = []

    def visit(node: ast.AST, prefix: str, inherited: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                todo = _first_line(child) or inherited
                name = f"{prefix}{child.name}"
                if not isinstance(child, ast.ClassDef):
                    found.append((child.lineno, child.end_lineno or child.lineno, name, todo))
                visit(child, name + ".", todo)

    visit(tree, "", "")
    return found


def _owner_at(owners: list[tuple[int, int, str, str]], number: int, exercise: str) -> tuple[str, str]:
    around = [one for one in owners if one[0] <= number <= one[1]]
    if not around:
        return exercise, "write this cell"
    _, _, name, todo = around[-1]
    if not todo:
        raise CourseError(f"{exercise}: {name} has no docstring, so its stub can't say what to write")
    return name, todo


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    """The docstring's first sentence, on one line."""
    paragraph = re.sub(r"\s+", " ", (ast.get_docstring(node) or "").strip().split("\n\n", 1)[0])
    return re.split(r"(?<=\.)\s", paragraph, maxsplit=1)[0]
