"""What isolation costs for each submission, in milliseconds, layer by layer.

    python -m benchmarks.isolation [--children 50]

Each layer is timed in the child where it is put on; the rest of a spawn is the fork and the two messages.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict

from autograder.sandbox.process import Box


def measure(box: Box, children: int) -> dict[str, list[float]]:
    """Return milliseconds by step over so many children."""
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(children):
        began = time.perf_counter()
        child = box.spawn()
        spawned = time.perf_counter()
        child.execute("def f(): return 1", "<cell>")
        child.call("f")
        asked = time.perf_counter()
        child.kill()
        for layer, milliseconds in child.milliseconds.items():
            found[layer].append(milliseconds)
        found["all of spawn"].append((spawned - began) * 1000)
        found["a cell and a call"].append((asked - spawned) * 1000)
        found["kill"].append((time.perf_counter() - asked) * 1000)
    return found


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, default=50)
    children = parser.parse_args().children
    began = time.perf_counter()
    with Box() as box:
        print(f"Start of the box, once: {time.perf_counter() - began:.1f} s\n")
        print("| step | median ms | fastest ms |\n|---|---|---|")
        for step, times in measure(box, children).items():
            print(f"| {step} | {statistics.median(times):.2f} | {min(times):.2f} |")


if __name__ == "__main__":
    main()
