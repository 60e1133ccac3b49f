"""Lines of IPython's own in a cell (`!pip`, `%magic`, `help?`), found without IPython.

IPython's transformer goes over the whole cell again for each such line: thirty of them take a minute. Here Python's
parser says where a cell stops being Python, and that line is looked at alone.
"""

from __future__ import annotations

import ast
import re

MAX_MAGICS = 30
MAX_WORK = 300_000  # characters that are parsed again, over all lines: six magics in the longest cell, thirty in most
MAGIC_LINE = re.compile(r"^[ \t]*[!%?]|=[ \t]*[!%]|\?[ \t]*$")
INDENT = re.compile(r"[ \t]*")
LINE_END = re.compile(r"\r\n|\r|\n")


def without_magics(source: str) -> str:
    """Return a cell with `pass` in place of IPython's own lines, so that line numbers stay.

    A cell that is Python, and one that is not even then, is returned as it is.

    >>> without_magics("!pip install x\\ny = 1")
    'pass\\ny = 1'
    """
    lines = LINE_END.split(source)
    found = sum(1 for line in lines if MAGIC_LINE.search(line))
    if not found or found > MAX_MAGICS or found * len(source) > MAX_WORK:
        return source
    for attempt in range(found + 1):
        broken = _first_broken_line(source if attempt == 0 else "\n".join(lines))
        if broken is None:
            return source if attempt == 0 else "\n".join(lines)
        if not 0 < broken <= len(lines) or not MAGIC_LINE.search(lines[broken - 1]):
            return source
        _pass_over(lines, broken - 1)
    return source


def _first_broken_line(source: str) -> int | None:
    """Return the line where Python can't go on: None when it reads all, 0 when there is no such line."""
    try:
        ast.parse(source)
    except SyntaxError as problem:
        return problem.lineno or 0
    except (ValueError, RecursionError, MemoryError):
        return 0
    return None


def _pass_over(lines: list[str], at: int) -> None:
    """Put `pass` where a magic stands, and nothing where it goes on."""
    goes_on = lines[at].endswith("\\")
    lines[at] = INDENT.match(lines[at])[0] + "pass"  # type: ignore[index]
    while goes_on and at + 1 < len(lines):
        at += 1
        goes_on = lines[at].endswith("\\")
        lines[at] = ""
