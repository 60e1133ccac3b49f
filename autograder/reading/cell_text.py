"""One code cell's text: what of it is Python that runs outside of Jupyter, and what is wrong with the rest, in
words."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from autograder.plain.facts import parse
from autograder.reading.magics import without_magics

MAX_CELL_CHARS = 50_000  # Python's own parser takes time by the square of some texts
MAX_MAGIC_LINE = 1_000
TIMED_LINE = re.compile(r"^([ \t]*)%time[ \t]+(?=[A-Za-z_])", re.MULTILINE)
PYTHON_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
BINDING = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)
CONFLICT = re.compile(r"(?:<{7}|={7}|>{7})(?: |$)")
WRITES_A_FILE = "%%writefile"
GRADED_WITH = f"Python {sys.version_info.major}.{sys.version_info.minor}"

# What a newer Python reads and this one refuses: by what the refused line holds, since when, and what to write instead.
NEWER = (
    (re.compile(r"^\s*type\s+\w+\s*(?:\[.*?\]\s*)?="), (3, 12), "write the name and `=` without the word `type`"),
    (re.compile(r"^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\["), (3, 12), "use typing.TypeVar"),
    (re.compile(r"^\s*except\*?\s+[\w.]+\s*,"), (3, 14), "put the exceptions into parentheses"),
    (re.compile(r"(?<!\w)[tT][rR]?[\"']"), (3, 14), "use an f-string"),
)
IN_F_STRING = (
    ("backslash", "take the backslash out of the braces"),
    ("'#'", "take the comment out of the braces"),
    ("", "use other quotes within the braces than around the string"),
)


@dataclass(frozen=True)
class CellText:
    """A cell as it runs: `problem` says why it doesn't ("" when it does), and `would_bind` what it defines then.

    `tree` is what Python made of `source`, parsed once: whoever looks into it leaves it as it is.
    """

    source: str
    problem: str = ""
    would_bind: tuple[str, ...] = ()
    tree: ast.Module | None = field(default=None, compare=False, repr=False)


def read_cell(source: str) -> CellText:
    """Return a cell's text without its magics, and what is wrong with it. Line numbers stay as they are."""
    if len(source) > MAX_CELL_CHARS:
        return CellText("", f"the cell has {len(source):,} characters, at most {MAX_CELL_CHARS:,} are read")
    stripped = source.lstrip()
    first = stripped.split("\n", 1)[0].strip()
    if first.startswith("%%"):
        magic = first.split()[0]
        if magic not in PYTHON_CELL_MAGICS:
            return CellText("", _of_another_kind(magic), _would_bind(source))
        source = "\n" * (source[: len(source) - len(stripped)].count("\n") + 1) + stripped.partition("\n")[2]
    source = _without_magics(source)
    tree, problem = _parsed(source)
    return CellText("", problem, _would_bind(source)) if problem else CellText(source, tree=tree)


def _without_magics(source: str) -> str:
    """Replace lines of IPython's own by `pass`; what `%time` measures stays."""
    measured = "%time " in source and parse(source) is None
    return without_magics(TIMED_LINE.sub(r"\1", source) if measured else source)


def _would_bind(source: str) -> tuple[str, ...]:
    """The names that a text which isn't run seems to define."""
    return tuple(found[1] or found[2] for found in BINDING.finditer(source))


def _of_another_kind(magic: str) -> str:
    does = "writes its text into a file and defines nothing" if magic == WRITES_A_FILE else "is not run as Python"
    return f"the cell begins with {magic}, so that it {does}: take this line out and run the cell again"


def _parsed(source: str) -> tuple[ast.Module | None, str]:
    """Return a cell's tree, or None and why it is not Python."""
    try:
        return ast.parse(source), ""
    except SyntaxError as problem:
        return None, _said(problem, source)
    except (ValueError, RecursionError, MemoryError) as problem:
        return None, f"the cell can't be read as Python: {problem or 'it nests too deep'}"


def _said(problem: SyntaxError, source: str) -> str:
    lines = source.splitlines()
    number = min(problem.lineno or 1, len(lines) or 1)
    line = (problem.text or (lines[number - 1] if lines else "")).rstrip()
    shown = f"\n    {line[:200]}" if line else ""
    if CONFLICT.match(line):
        return f"the cell holds a merge conflict that git left (line {number}): keep one side of it{shown}"
    return f"the cell is not valid Python: line {number}: {problem.msg}{_newer(problem, line)}{shown}"


def _newer(problem: SyntaxError, line: str) -> str:
    """Say that a newer Python would read the line, where that is so."""
    if problem.msg.startswith("f-string") and sys.version_info < (3, 12):
        remedy = next(words for sign, words in IN_F_STRING if sign in problem.msg)
        return _says((3, 12), remedy, certain="unmatched" not in problem.msg or _nests_quotes(line))
    for pattern, since, remedy in NEWER:
        if pattern.search(line[:MAX_MAGIC_LINE]) and sys.version_info < since:
            return _says(since, remedy)
    return ""


def _says(since: tuple[int, int], remedy: str, certain: bool = True) -> str:
    verb = "this is" if certain else "if it runs where you are, it is"
    return f" ({verb} Python {since[0]}.{since[1]}'s; the course is graded with {GRADED_WITH}: {remedy})"


def _nests_quotes(line: str) -> bool:
    """Whether the quotation mark that opens an f-string stands again within a pair of braces."""
    return bool(re.search(r"[fF][rR]?(['\"])[^{}]{0,500}\{[^{}]{0,500}\1[^{}]{0,500}\}", line[:MAX_MAGIC_LINE]))


def awaits(node: ast.stmt) -> bool:
    """Whether a statement awaits something outside of a function, which Jupyter alone runs."""
    return any(isinstance(one, ast.Await | ast.AsyncFor | ast.AsyncWith) for one in outside_functions(node))


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it, but for the bodies of functions."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(one))
