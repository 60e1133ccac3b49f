"""What isolation costs for each submission, in milliseconds, layer by layer.

    python -m benchmarks.isolation [--children 50] [--write]

Each layer is timed in the child where it is put on; the rest of a spawn is the fork of a warm process into a PID
namespace and two messages. With --write the table goes into docs/security.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import defaultdict
from pathlib import Path

from autograder.sandbox.box import Box

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "security.md"
BEGIN, END = "<!-- begin: python -m benchmarks.isolation --write -->", "<!-- end of the cost -->"


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
        layers = {name: cost for name, cost in child.milliseconds.items() if name != "pid namespace"}
        for layer, milliseconds in layers.items():
            found[layer].append(milliseconds)
        found["fork into a pid namespace, two messages"].append((spawned - began) * 1000 - sum(layers.values()))
        found["**a child, all together**"].append((spawned - began) * 1000)
        found["then: a cell and a call"].append((asked - spawned) * 1000)
        found["then: its end"].append((time.perf_counter() - asked) * 1000)
    return found


def table(children: int) -> str:
    """Measure and return a Markdown table with what it was measured on."""
    began = time.perf_counter()
    with Box() as box:
        start = time.perf_counter() - began
        lines = ["| step, once for each submission | median ms | fastest ms |", "|---|---|---|"]
        for step, times in measure(box, children).items():
            lines.append(f"| {step} | {statistics.median(times):.2f} | {min(times):.2f} |")
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    lines += [
        "",
        f"{children} children, {load}. Bubblewrap, torch and the proof of the layers, once for each run: "
        f"{start:.1f} s.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, default=50)
    parser.add_argument("--write", action="store_true", help="put the table into docs/security.md")
    asked = parser.parse_args()
    text = table(asked.children)
    print(text)
    if asked.write:
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
