"""What the release gives away: lines of a solution, a docstring that is the solution, a graded question's answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course.findings import Findings
from autograder.course.lints_header import questions
from autograder.course.notebook import CourseNotebook, nbgrader_of
from autograder.course.stubs import BEGIN, END, cleared_source, solution_lines
from autograder.plain.errors import CourseError

# Shorter pieces say nothing: `x.sum(dim=1)` may well stand in a docstring.
FEWEST_SIGNS, FEWEST_FORMULA_SIGNS, SAME_WORDS = 18, 9, 8
SYMBOLS = {r"\partial": "∂", r"^\top": "ᵀ", "^T": "ᵀ", r"\cdot": "·", r"\sigma": "σ", r"\lambda": "λ"}
COMMAND = re.compile(r"\\[a-zA-Z]+|\\.")
NO_SIGN = re.compile(r"[^\w∂ᵀ=+*/@<>-]|_")
LONG_WORD = re.compile(r"[^\W\d_]{3,}")
WORD = re.compile(r"[^\W\d_]{2,}|\d+")
CLAUSE = re.compile(r"[,;:\n]|\.(?:\s|$)| and | or ")


def judge_answers(notebook: CourseNotebook, found: Findings) -> None:
    """No line of a solution may stand in a hint, in a cell that is given, in the checks, or in its docstring."""
    checks = notebook.checks.read_text(encoding="utf-8") if notebook.checks.exists() else ""
    given = "\n".join([checks, *map(_released_source, notebook.cells)])
    for one in notebook.exercises.values():
        for line in solution_lines(one.source):
            if line in given:
                found.refuse(f"{one.name}: this line of its solution is given away by the release: {line}")
        for line in _told_lines(one.source):
            found.problem(
                f"{one.name}: its docstring says this line of the solution: {line}; say what is wanted, not how"
            )


def _released_source(cell: Any) -> str:
    about = nbgrader_of(cell)
    if not about.get("solution"):
        return str(cell.source)
    try:
        return cleared_source(cell.source, about["grade_id"]) if cell.cell_type == "code" else ""
    except CourseError:
        return ""  # said of the stub


def _told_lines(source: str) -> Iterator[str]:
    """Yield the lines of a solution whose expression stands in a docstring outside of it, but for spaces and
    brackets."""
    try:
        told = _signs(" ".join(_docstrings(cleared_source(source, ""))))
    except (SyntaxError, CourseError):
        return
    for line in _lines_of_solution(source):
        expression = _signs(line.removeprefix("return ").split(" = ", 1)[-1])
        if len(expression) >= FEWEST_SIGNS and expression in told:
            yield line


def _lines_of_solution(source: str) -> Iterator[str]:
    inside = False
    for line in source.splitlines():
        if BEGIN in line or END in line:
            inside = BEGIN in line
        elif inside and not line.strip().startswith(("#", '"""')):
            yield line.strip()


def _docstrings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield ast.get_docstring(node) or ""


def _signs(text: str) -> str:
    return NO_SIGN.sub("", text).lower()


# Graded questions.


def judge_questions(notebook: CourseNotebook, found: Findings) -> None:
    """The answer of a graded question stands in no text that is given, here or in another notebook."""
    answers = list(questions(notebook))
    if not answers:
        return
    places = [(path, path.read_text(encoding="utf-8")) for path in sorted(notebook.path.parents[1].glob("*/*.md"))]
    for cell in answers:
        for path, text in places:
            said = _said_elsewhere(cell.source, _given(text, cell.source if path.samefile(notebook.path) else ""))
            if said:
                found.remark(
                    f"{nbgrader_of(cell)['grade_id']}: its answer seems to stand in {_place(path)} too: {said}"
                )


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _given(text: str, answer: str) -> str:
    """A notebook's text without its model answers and solutions; of the answer's own notebook, without the
    answer's question."""
    blocks = re.split(r'^\+\+\+ .*"solution": true.*\n(?s:.*?)^\+\+\+$', text, flags=re.MULTILINE)
    before = text.rpartition(answer)[0] if answer else ""
    question = before.rpartition("\n### ")[2] if answer else ""
    given = re.sub(r"### BEGIN SOLUTION(?s:.*?)### END SOLUTION", "", "\n\n".join(blocks))
    own = question.partition("+++")[0]
    return given.replace(own, "") if own.strip() else given


def _said_elsewhere(answer: str, given: str) -> str:
    """Return the formula, or the run of words, of an answer that stands in a text; "" for none."""
    signs = _formula_signs(given)
    for clause in _formulas(answer):
        if _formula_signs(clause) in signs:
            return clause.strip()
    here, there = WORD.findall(answer.lower()), " ".join(WORD.findall(given.lower()))
    runs = (" ".join(here[start : start + SAME_WORDS]) for start in range(len(here) - SAME_WORDS + 1))
    return next((run for run in runs if f" {run} " in f" {there} "), "")


def _formulas(answer: str) -> Iterator[str]:
    for clause in CLAUSE.split(answer):
        left, equals, _ = clause.partition("=")
        if equals:
            last = LONG_WORD.split(left)[-1]
            formula = LONG_WORD.split(f"{last}{clause[len(left) :]}")[0]
            if (
                "=" in formula
                and len(_formula_signs(formula)) >= FEWEST_FORMULA_SIGNS
                and not formula.rstrip().endswith("=")
            ):
                yield formula


def _formula_signs(text: str) -> str:
    for command, sign in SYMBOLS.items():
        text = text.replace(command, sign)
    return NO_SIGN.sub("", COMMAND.sub("", text)).replace("/", "").lower()
