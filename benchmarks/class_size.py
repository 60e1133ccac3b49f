"""A class of 10, 100 and 1,000: seconds and memory by size.

Two workers against one: benchmarks.grading, in several rounds.

    python -m benchmarks.class_size [--chapter 01_classification --notebook knn --sizes 10 100 1000]

The class is made from other right answers, mistakes, untouched stubs, cells that don't parse and files cut
short; no endless loops, whose cost is the limit that the instructor sets.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from data_scripts.demo_class import CLASS, ROOT, Answers, answers_of, endless_loop, make_class

KINDS = tuple(kind for kind in CLASS if kind is not endless_loop)


@dataclass(frozen=True)
class Measured:
    """One run: the whole command's seconds, those of a submission once the workers are warm, and the grader's
    own peak."""

    size: int
    workers: int
    seconds: float
    pace: float
    peak_mib: float


def pace(arrived: list[float]) -> float:
    """Return the seconds that a submission takes once every worker is warm: those after the first third.

    Args:
        arrived: when each result came. They come by the batch: those that came with the first one counted are left out.
    """
    start = arrived[len(arrived) // 3]
    later = [one for one in arrived if one > start + 0.02]
    return (later[-1] - start) / len(later)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--chapter", default="01_classification")
    parser.add_argument("--notebook", default="knn")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000])
    args = parser.parse_args()
    print(by_size(args.chapter, args.notebook, args.sizes))


def by_size(chapter: str, notebook: str, sizes: list[int]) -> str:
    """Grade classes of several sizes with two workers, one size with one, and return a Markdown table."""
    answers = answers_of(ROOT, chapter, notebook)
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            _measure(answers, Path(folder), size, workers)
            for size, workers in [*((size, 2) for size in sizes), (sizes[-2], 1)]
        ]
    rows = [
        f"| {run.size} | {run.workers} | {run.seconds:.1f} | {run.pace * 1000:.0f} | {run.peak_mib:.0f} |"
        for run in runs
    ]
    most, least = runs[len(sizes) - 1], runs[0]
    return "\n".join(
        [
            f"{chapter}/{notebook}, a mixed class, `autograder grade` as a whole command.",
            "",
            "| submissions | workers | seconds in all | ms a submission, once the workers are warm | peak "
            "memory of the grader, MiB |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"The grader's peak memory at {most.size} is {most.peak_mib / least.peak_mib:.2f} times that at "
            f"{least.size}.",
        ]
    )


GRADE = """
import json, resource, sys, time
import autograder.grading.cluster as cluster
from autograder.cli import main
real, arrived = cluster.Store.put, []
def put(self, key, result):
    real(self, key, result)
    arrived.append(time.perf_counter())
cluster.Store.put = put
code = main(sys.argv[2:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump({"code": code, "arrived": arrived, "peak": peak}, open(sys.argv[1], "w"))
"""


def _measure(answers: Answers, folder: Path, size: int, workers: int) -> Measured:
    tree, out = folder / f"class-{size}", folder / f"results-{size}-{workers}.json"
    if not tree.exists():
        make_class(tree, answers, KINDS, size)
    began = time.perf_counter()
    words = ["grade", str(tree), "--out", str(out), "--workers", str(workers), "--seed", "1"]
    subprocess.run(
        [sys.executable, "-c", GRADE, str(folder / "told.json"), *words],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - began
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    graded = json.loads(out.read_text(encoding="utf-8"))["submissions"]
    assert (told["code"], len(graded)) == (0, size)
    return Measured(size, workers, seconds, pace(told["arrived"]), told["peak"])


if __name__ == "__main__":
    main()
