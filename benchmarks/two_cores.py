"""What two cores of this machine do beside one: the yardstick for two workers, taken in the same minutes.

    python -m benchmarks.two_cores [--chapter 01_classification --notebook knn]

The cores of a virtual machine are often two threads of one, or shared with others, and two processes that have
nothing in common then do less than twice what one does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import mean

from autograder.authoring.doors import LiveSide
from autograder.checking.assess import judge
from autograder.checking.plugin import CheckRunner, with_checks
from autograder.course.notebook import load_solution
from autograder.course.recorder import make_recording
from autograder.sandbox.cores import kept_to
from data_scripts.demo_class import ROOT, answers_of

SECONDS = 4.0


def main() -> None:
    """Measure and print the ratio; with --core, be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--chapter", default="01_classification")
    parser.add_argument("--notebook", default="knn")
    parser.add_argument("--core", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.core is None:
        print(f"two cores do {two_over_one(args.chapter, args.notebook):.2f} times what one does")
    else:
        _work(args.chapter, args.notebook, args.core)


def two_over_one(chapter: str, notebook: str) -> float:
    """Return how often two processes at once run a notebook's checks on its solution, over how often one alone does."""
    cores = sorted(os.sched_getaffinity(0), reverse=True)[:2]
    alone = mean(_rates(chapter, notebook, [core])[0] for core in cores)
    return sum(_rates(chapter, notebook, cores)) / alone


def _rates(chapter: str, notebook: str, cores: Sequence[int]) -> list[float]:
    words = [sys.executable, "-m", "benchmarks.two_cores", "--chapter", chapter, "--notebook", notebook]
    processes = [
        subprocess.Popen(
            [*words, "--core", str(core)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for core in cores
    ]
    for one in processes:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [float(one.communicate()[0]) for one in processes]


def _work(chapter: str, notebook: str, core: int) -> None:
    source = answers_of(ROOT, chapter, notebook).notebook
    recording, side = make_recording(source, 1, mistakes=False), LiveSide(load_solution(source))

    def use(runner: CheckRunner) -> float:
        judge(runner, side, recording)
        print("ready", flush=True)
        sys.stdin.readline()
        began, times = time.perf_counter(), 0
        while (seconds := time.perf_counter() - began) < SECONDS:
            judge(runner, side, recording)
            times += 1
        return times / seconds

    with kept_to(core):
        print(with_checks(source.checks, use), flush=True)


if __name__ == "__main__":
    main()
