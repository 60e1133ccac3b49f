"""How long each notebook takes from top to bottom, and each of its checks for a right answer.

python -m benchmarks.notebooks [solutions/01_classification]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from autograder.authoring.doors import LiveSide
from autograder.checking.assess import judge
from autograder.checking.plugin import CheckRunner, with_checks
from autograder.checking.recording import load
from autograder.course.notebook import CourseNotebook, load_solution
from autograder.course.pair import as_notebook, execute
from autograder.course.release import select
from data_scripts.demo_class import ROOT

MOST_SECONDS, MOST_CHECK_SECONDS = 60.0, 0.5


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("path", nargs="?", type=Path, help="a notebook or a chapter; all by default")
    print(by_notebook(parser.parse_args().path))


def by_notebook(path: Path | None = None) -> str:
    """Execute each notebook and run each check twice, and return a Markdown table; the second time counts."""
    lines, late = [], []
    for notebook in select(ROOT, path):
        seconds, checks = executed(notebook), check_seconds(notebook)
        slowest = sorted(checks.items(), key=lambda one: -one[1])[:2]
        named = ", ".join(f"`{name}` {1000 * took:.0f}" for name, took in slowest)
        lines.append(
            f"| {notebook.chapter}/{notebook.name} | {seconds:.0f} | "
            f"{1000 * sum(checks.values()) / len(checks):.0f} | {named} |"
        )
        late += [f"{notebook.name}: {seconds:.0f} s"] * (seconds > MOST_SECONDS)
        late += [f"`{name}`: {took:.2f} s" for name, took in checks.items() if took > MOST_CHECK_SECONDS]
    verdict = (
        f"Above {MOST_SECONDS:.0f} s for a notebook or {MOST_CHECK_SECONDS} s for a check: {', '.join(late) or 'none'}."
    )
    head = ["| notebook | seconds, all cells | mean check, ms | slowest checks, ms |", "|---|--:|--:|---|"]
    return "\n".join([*head, *lines, "", verdict])


def executed(notebook: CourseNotebook) -> float:
    """Return the seconds of all cells, with the kernel's start, as a build runs them."""
    began = time.perf_counter()
    execute(notebook, as_notebook(notebook))
    return time.perf_counter() - began


def check_seconds(notebook: CourseNotebook) -> dict[str, float]:
    """Return each exercise's seconds for the reference, in this process, as a student's kernel runs them."""
    recording, side = load(notebook.recording), LiveSide(load_solution(notebook))

    def timed(runner: CheckRunner) -> dict[str, float]:
        found = {}
        for name in [*notebook.exercises, *notebook.exercises]:
            began = time.perf_counter()
            judge(runner, side, recording, [name])
            found[name] = time.perf_counter() - began
        return found

    return with_checks(notebook.checks, timed)


if __name__ == "__main__":
    main()
