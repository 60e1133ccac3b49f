"""`failing("row_means")`: the arguments on which a check failed, in the student's own hands.

A card has room for small arguments. Here they all are, as they were given, with what came, what was expected, and the
lines that ask the same again: a call of the student's function, or what the check did with their class.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autograder.authoring import probes
from autograder.authoring.called import written
from autograder.authoring.compare import Mismatch
from autograder.authoring.doors import Call
from autograder.authoring.probe import Namespace, Probe
from autograder.checking.job import TestRun
from autograder.plain.errors import CourseError
from autograder.plain.results import ExerciseResult
from autograder.plain.text import clean
from autograder.present.card_html import HEAD, LINE, PRE, card, safe
from autograder.present.card_words import title_of

IMPORTS = {
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "np": "import numpy as np",
    "math": "import math",
}
WITH_SETTINGS = ("follow_each", "side_effects")  # probes whose cases are arguments, of one call or two, and settings


@dataclass(frozen=True)
class Failing:
    """One failed test of the last check.

    Args:
        args, kwargs: what the student's code was asked with: copies, to do with as one likes.
        came: what it answered; None where there was no answer.
        expected: what was expected; None where a check asks for something else than one value.
        test: what was tried, in words.
        code: lines for a cell, which ask the same again.
        names: the kernel's names as attributes, for lines that need them.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    came: Any
    expected: Any
    test: str
    code: str
    names: Namespace

    def __repr__(self) -> str:
        return clean("\n".join([f"{self.test}", "", *_indented(self.code), "", *_indented(self._values())]), 20_000)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        parts = [
            f'<p style="{HEAD}">{safe(self.test)}</p>',
            f'<p style="{LINE}">To ask the same again, copy this into a cell:</p>',
            f'<pre style="{PRE}">{safe(self.code)}</pre>',
            f'<pre style="{PRE}">{safe(self._values())}</pre>',
        ]
        return {"text/plain": repr(self), "text/html": card("other", self.test, parts)}

    def _values(self) -> str:
        named = [(f"case.args[{index}]", one) for index, one in enumerate(self.args)]
        named += [(f"case.kwargs[{key!r}]", one) for key, one in self.kwargs.items()]
        named += [("case.came", self.came), ("case.expected", self.expected)]
        return "\n".join(f"{name} = {written(one)}" for name, one in named)


class Runs:
    """The failed runs of one check, with the questions and answers that they were made of."""

    def __init__(self) -> None:
        self.failed: list[TestRun] = []

    def see(self, run: TestRun) -> None:
        """Keep a run that failed and had asked something; its answers are dropped elsewhere, so a copy of the list."""
        if run.failure is not None and run.calls:
            self.failed.append(replace(run, answers=list(run.answers)))


class Failed:
    """The failed tests of this kernel's last check of each exercise."""

    def __init__(self) -> None:
        self._runs: dict[str, list[TestRun]] = {}

    def keep(self, result: ExerciseResult, runs: Runs) -> None:
        """Keep the failed runs of a check, the one that its card shows first."""
        shown = result.plainest_failure
        self._runs[result.exercise] = sorted(runs.failed, key=lambda one: one.result is not shown)

    def has(self, exercise: str) -> bool:
        """Whether the last check of an exercise failed on arguments that can be had."""
        return bool(self._runs.get(exercise))

    def give(self, exercise: str, number: int, names: Mapping[str, Any]) -> Failing:
        """Return the failed test of a number, from 1. Raises CourseError that says what there is."""
        if exercise not in self._runs:
            raise CourseError(f'run check("{exercise}") first: what it failed on is then here')
        runs = self._runs[exercise]
        if not 1 <= number <= len(runs):
            there = f"number 1 to {len(runs)}" if runs else "none that was asked with arguments"
            raise CourseError(f"of the failed tests of the last check of {exercise} there is {there}")
        return _of_run(runs[number - 1], exercise, number, len(runs), Namespace(names))


kept = Failed()


def _of_run(run: TestRun, exercise: str, number: int, count: int, names: Namespace) -> Failing:
    call, answer = copy.deepcopy(_underlying(run.calls[-1])), run.answers[-1] if run.answers else None
    came = answer.value if answer is not None and answer.raised is None else None
    sides = run.failure.sides if isinstance(run.failure, Mismatch) else None
    came, expected = sides if sides is not None else (came, None)
    which = "" if number == 1 else f", {number}"
    begin = f'from autograder import failing\n\ncase = failing("{exercise}"{which})\n'
    return Failing(
        call.args,
        call.kwargs,
        copy.deepcopy(came),
        copy.deepcopy(expected),
        f"{exercise}, failed test {number} of {count}: {title_of(run.result)}",
        begin + _asking(call),
        names,
    )


def _underlying(call: Call) -> Call:
    """Return the call that a rule's probe makes: it is given a function by its name or as a probe, and arguments."""
    if call.probe is None or call.probe.name not in vars(probes):
        return call
    subject, given, *rest = call.args
    if rest and isinstance(rest[0], Mapping):  # name, args, kwargs
        args, kwargs = tuple(given), dict(rest[0])
    else:  # cases, of arguments alone or with settings at the end
        first = given[0]
        args, kwargs = (tuple(first[0]), dict(first[-1])) if call.probe.name in WITH_SETTINGS else (tuple(first), {})
    return Call(subject, args, kwargs) if isinstance(subject, str) else Call(subject[0], args, kwargs, Probe(*subject))


def _asking(call: Call) -> str:
    """Return the lines that make a call: of a probe, its own lines first."""
    given = ", ".join(["*case.args"] * bool(call.args) + ["**case.kwargs"] * bool(call.kwargs))
    if call.probe is None:
        return f"{call.name}({given})"
    lines, needs_names = _as_cell(call.probe)
    first = ["case.names"] if needs_names else []
    return f"\n{lines}\n\n{call.probe.name}({', '.join([*first, *filter(None, [given])])})"


def _as_cell(probe: Probe) -> tuple[str, bool]:
    """Return a probe as a function for a cell, and whether it must be given the kernel's names.

    A probe reads the notebook's definitions as attributes of its first argument: in a cell they are plain names, unless
    one of its own variables is called so.
    """
    tree = ast.parse(probe.source)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == probe.name)
    _without_annotations(function)
    first = [*function.args.posonlyargs, *function.args.args][0].arg
    plain = _Plain(first)
    changed = plain.visit(copy.deepcopy(function))
    own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {one.arg for one in ast.walk(function) if isinstance(one, ast.arg)}
    needs_names = plain.is_kept or bool(plain.names & own)
    if not needs_names:
        (changed.args.posonlyargs or changed.args.args).pop(0)
    shown = function if needs_names else changed
    read = {node.id for node in ast.walk(shown) if isinstance(node, ast.Name)}
    imports = [line for name, line in IMPORTS.items() if name in read]
    return "\n".join([*imports, *([""] if imports else []), ast.unparse(ast.fix_missing_locations(shown))]), needs_names


class _Plain(ast.NodeTransformer):
    """Makes `ns.f` of a probe into `f`. `is_kept` where `ns` itself is read in another way."""

    def __init__(self, ns: str) -> None:
        self._ns, self.is_kept = ns, False
        self.names: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == self._ns:
            self.names.add(node.attr)
            return ast.Name(node.attr, node.ctx)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.is_kept |= node.id == self._ns
        return node


def _without_annotations(function: ast.FunctionDef) -> None:
    function.returns = None
    for one in ast.walk(function):
        if isinstance(one, ast.arg):
            one.annotation = None


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]
