"""Where the time of one submission goes, beside the floor: the tests' own arithmetic, run bare.

python -m benchmarks.one_submission [--chapter 01_classification --notebook knn --times 20]
"""

from __future__ import annotations

import argparse
import functools
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from autograder.authoring.doors import Call, LiveSide
from autograder.checking.assess import judge
from autograder.checking.plugin import with_checks
from autograder.course.notebook import load_solution, preloads
from autograder.course.recorder import make_recording
from autograder.grading import grade as grading
from autograder.grading.boxed import BoxedStudent
from autograder.grading.grade import Grader, Submission
from autograder.grading.store import Store
from autograder.sandbox.box import Box
from autograder.sandbox.child import Child
from autograder.sandbox.cores import take, taken
from data_scripts.demo_class import ROOT, all_right, answers_of

STEPS: dict[str, list[tuple[Any, str]]] = {
    "have the notebook read and parsed": [(grading, "read_code")],
    "fork a child and put its layers on": [(Box, "spawn")],
    "run the student's cells": [(Child, "execute")],
    "ask the student's code (its arithmetic, and the pipe both ways)": [
        (BoxedStudent, "ask"),
        (BoxedStudent, "ask_ahead"),
    ],
    "end the child": [(Child, "kill")],
    "write the result (fsync included)": [(Store, "put")],
}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--chapter", default="01_classification")
    parser.add_argument("--notebook", default="knn")
    parser.add_argument("--times", type=int, default=20)
    args = parser.parse_args()
    print(profile(args.chapter, args.notebook, args.times))


def profile(chapter: str, notebook: str, times: int) -> str:
    """Grade one right submission so many times and return a Markdown table of medians."""
    answers = answers_of(ROOT, chapter, notebook)
    recording = make_recording(answers.notebook, 1)
    bare = median(_bare(answers.notebook, recording) for _ in range(5))
    rows: dict[str, list[float]] = defaultdict(list)
    take(0)
    with tempfile.TemporaryDirectory() as folder, Box(preload=preloads([answers.notebook]), core=taken()) as box:
        path = Path(folder) / answers.notebook.file
        path.write_text(all_right(answers, random.Random(0)), encoding="utf-8")
        store = Store(Path(folder) / "results.json")
        grader = Grader(answers.notebook, recording, box)
        submission = Submission("ada", chapter, notebook, path)
        grader.grade(submission)
        for number in range(times):
            for step, seconds in _once(grader, submission, store, str(number)).items():
                rows[step].append(seconds)
        grader.close()
    table = [f"| {step} | {1000 * median(found):.1f} |" for step, found in rows.items()]
    return "\n".join(
        [
            f"One right submission of {chapter}/{notebook}, medians of {times}.",
            "",
            "| step | ms |",
            "|---|---|",
            *table,
            f"| the floor: the functions under test, called bare in one process | {1000 * bare:.1f} |",
        ]
    )


def _once(grader: Grader, submission: Submission, store: Store, key: str) -> dict[str, float]:
    with timed(STEPS) as seconds:
        began = time.perf_counter()
        store.put(key, grader.grade(submission))
        whole = time.perf_counter() - began
    steps = {step: seconds.get(step, 0.0) for step in STEPS}
    rest = whole - sum(steps.values())
    return {**steps, "make inputs, run pytest, look up the answers on record, compare": rest, "**all**": whole}


@contextmanager
def timed(steps: dict[str, list[tuple[Any, str]]]) -> Iterator[dict[str, float]]:
    """Add up the seconds inside each step's functions."""
    seconds: dict[str, float] = defaultdict(float)
    before = [(owner, name, getattr(owner, name)) for ones in steps.values() for owner, name in ones]

    def wrapped(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                seconds[step] += time.perf_counter() - began

        return run

    for step, ones in steps.items():
        for owner, name in ones:
            setattr(owner, name, wrapped(step, getattr(owner, name)))
    try:
        yield seconds
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


class BareSide(LiveSide):
    """A live side that adds up the seconds inside the functions under test alone."""

    seconds = 0.0

    def _function(self, call: Call) -> Callable[..., Any]:
        function = super()._function(call)

        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - began

        return run


def _bare(notebook: Any, recording: Any) -> float:
    side = BareSide(load_solution(notebook))
    with_checks(notebook.checks, lambda runner: judge(runner, side, recording))
    return side.seconds


if __name__ == "__main__":
    main()
