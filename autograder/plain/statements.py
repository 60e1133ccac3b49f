"""Run a cell statement by statement: what fails costs itself, and what stands below it still counts."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Callable
from typing import Any

FUTURE = sum(
    getattr(__future__, name).compiler_flag for name in __future__.all_feature_names if name != "nested_scopes"
)


def run_statements(
    source: str, filename: str, names: dict[str, Any], run: Callable[[Callable[[], None]], None] = lambda step: step()
) -> list[tuple[int, Exception]]:
    """Execute each statement of a text and return the lines that failed, with their exceptions.

    Args:
        source: Python.
        filename: how tracebacks call it.
        names: the namespace.
        run: what is put around each statement. Raises SyntaxError when the text as a whole can't be parsed.
    """
    failed: list[tuple[int, Exception]] = []
    flags = 0
    for statement in ast.parse(source, filename).body:
        try:
            code = compile(ast.Module([statement], []), filename, "exec", flags=flags, dont_inherit=True)
            flags |= code.co_flags & FUTURE
            run(lambda: exec(code, names))  # noqa: B023
        except Exception as problem:
            failed.append(
                (min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))]), problem)
            )
    return failed
