"""Pictures: computed, not typed in; and what is said of one is held by a test.

What a program can see of that: a figure function that holds a list of numbers, which is a drawing rather than a
result; and a figure function that the notebook shows and no test names. Whether a sentence is true is for the
test to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from autograder.course.findings import Findings
from autograder.course.imports import OwnModules, imports
from autograder.course.notebook import CourseNotebook, nbgrader_of

# A few numbers are limits, sizes or a few cases; so many in one list are data.
MOST_NUMBERS = 8


def judge_pictures(notebook: CourseNotebook, found: Findings) -> None:
    """Look at the module of pictures that a notebook imports, which has the notebook's own name."""
    path = pictures_of(notebook)
    if path is None:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name, line in _typed_in(tree):
        found.remark(
            f"{path.name}:{line}: {name} draws a list of more than {MOST_NUMBERS} numbers that is typed in: compute it"
        )
    untested = sorted(_shown(notebook, tree) - _tested(notebook.path.parents[2] / "tests"))
    if untested:
        found.remark(
            f"{path.name}: what is said of {', '.join(untested)} is held by no test: name it in one, with the first "
            "value, the best place or which curve is above"
        )


def pictures_of(notebook: CourseNotebook) -> Path | None:
    """Return the module of the notebook's own pictures, or None where it has none."""
    modules = OwnModules(notebook.path.parents[2])
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    named = [name for name in imports(code) if name.rpartition(".")[2] == notebook.name]
    return next((path for name in named if (path := modules.path_of(name))), None)


def _typed_in(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            lists = [
                node for node in ast.walk(function) if isinstance(node, ast.List) and _numbers(node) > MOST_NUMBERS
            ]
            if lists:
                yield function.name, lists[0].lineno


def _numbers(node: ast.List) -> int:
    return sum(isinstance(one, ast.Constant) and isinstance(one.value, int | float) for one in ast.walk(node))


def _shown(notebook: CourseNotebook, tree: ast.Module) -> set[str]:
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code" and not nbgrader_of(cell))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    return {name for name in names if re.search(rf"\b{name}\(", code)}


def _tested(tests: Path) -> set[str]:
    return {word for path in tests.rglob("*.py") for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
