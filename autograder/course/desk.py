"""`autograder one`: everything that judges one notebook, step by step, with what each took and what failed.

The steps are the project's own commands, each in a process of its own, with one thread: what fails here fails in
`make test` too. Processor time is counted, which a busy machine disturbs little.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course.affected import nbval_words
from autograder.course.notebook import CourseNotebook

SEEDS = 5  # the gates of `make test` take three, `make seeds` twenty
MOST_SECONDS = 60.0
# `validate` has its own step.
NOT_AGAIN = "not under_several_seeds"
# What only other tests need, and takes seconds to import.
QUIET = ["-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
REMEDIES = {"form": "`.venv/bin/ruff format` and the names of these files writes them as they should be"}


@dataclass(frozen=True)
class Step:
    """One step and how it went: `said` is what it wrote, in full."""

    name: str
    passed: bool
    processor: float
    seconds: float
    said: str


def judge_one(root: Path, notebook: CourseNotebook, *, told: Callable[[Step], None] = lambda step: None) -> list[Step]:
    """Run every step, also after one that failed, and return how each went.

    Args:
        root: the top of the course.
        notebook: the notebook.
        told: takes each step as it ends.
    """
    steps = []
    for name, words in commands(root, notebook):
        steps.append(_run(root, name, words))
        told(steps[-1])
    return steps


def commands(root: Path, notebook: CourseNotebook) -> Iterator[tuple[str, list[str]]]:
    """Yield the steps that this course has for a notebook, each with its command."""
    key = f"{notebook.chapter}/{notebook.name}"
    source = str(notebook.path.relative_to(root))
    python, ours = [sys.executable, "-m"], [sys.executable, "-m", "autograder.cli"]
    pytest = [*python, "pytest", *QUIET]
    oracle = root / "tests/oracles" / f"test_{notebook.chapter}_{notebook.name}.py"
    yield "build", [*ours, "build", source]
    yield "validate", [*ours, "validate", source, "--seeds", str(SEEDS)]
    # In one process: to start torch takes as long as most of these tests.
    tests = [str(path.relative_to(root)) for path in (root / "tests/test_gates.py", oracle) if path.exists()]
    if tests:
        yield "gates, oracle", [*pytest, "-p", "no:nbval", *tests, "-k", f"({key} and {NOT_AGAIN}) or {oracle.name}"]
    yield (
        "nbval",
        [
            *pytest,
            "-p",
            "autograder.course.light_nbformat",
            *nbval_words(root),
            str(notebook.path.with_suffix(".ipynb")),
        ],
    )
    if (root / "book/pages.py").exists():
        pages = f"build/one/{notebook.name}"
        yield (
            "book page",
            [
                "sh",
                "-ec",
                f'"$0" -m book.pages {pages} --only {key}; "$0" -m sphinx -W -q -b html -c book '
                f"-D suppress_warnings=myst.xref_missing {pages} {pages}-html",
                sys.executable,
            ],
        )
    if not (root / "pyproject.toml").exists():
        return
    written = [notebook.checks, notebook.variants, oracle, *sorted(root.glob(f"*/figures/{notebook.name}.py"))]
    lintable = [str(path.relative_to(root)) for path in written if path.exists()]
    yield "lint", [*python, "ruff", "check", "--quiet", *lintable]
    # What the project leaves out stays out, also where it is named.
    yield "form", [*python, "ruff", "format", "--check", "--quiet", "--force-exclude", *lintable]


def show(steps: list[Step]) -> str:
    """Return the verdict: the whole of what was said by steps that failed, then the sum."""
    lines = []
    for one in steps:
        if not one.passed:
            remedy = [REMEDIES[one.name]] if one.name in REMEDIES else []
            lines += [f"--- {one.name}", one.said.rstrip(), *remedy, ""]
        else:
            lines += [line.strip() for line in one.said.splitlines() if line.startswith("  remark  ")]
    processor = sum(one.processor for one in steps)
    failed = ", ".join(one.name for one in steps if not one.passed)
    lines.append(
        f"{processor:.0f} s of processor time in {sum(one.seconds for one in steps):.0f} s; "
        + (f"failed: {failed}" if failed else "all passed")
    )
    if processor > MOST_SECONDS:
        lines.append(f"more than {MOST_SECONDS:.0f} s: look at the slowest step")
    return "\n".join(lines)


def line_of(step: Step) -> str:
    """Return one step as a line."""
    return f"{'✓' if step.passed else '✗'} {step.name:14} {step.processor:6.1f} s"


def _run(root: Path, name: str, words: list[str]) -> Step:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        words, cwd=root, env=surroundings, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Step(name, done.returncode == 0, processor, time.perf_counter() - began, done.stdout)
