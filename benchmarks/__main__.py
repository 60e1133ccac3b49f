"""Every figure of docs/performance.md in one run: `python -m benchmarks [--write]`; it takes long."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

from autograder.course import versions
from benchmarks import class_size, faults, grading, notebooks, one_submission

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: python -m benchmarks --write -->", "<!-- end of figures -->"
KNN = ("01_classification", "knn")


def main() -> None:
    """Measure everything, print it, and write it into the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    args = parser.parse_args()
    sections = {
        "Beside nbgrader": lambda: grading.compare(*KNN, submissions=40),
        "By the size of a class": lambda: class_size.by_size(*KNN, sizes=[10, 100, 1000]),
        "Where the time of one submission goes": lambda: one_submission.profile(*KNN, times=20),
        "Notebooks and checks": notebooks.by_notebook,
        "Killed at random": lambda: faults.kill_often(100, 40, seed=0)[0],
    }
    texts = [_machine()]
    for title, measure in sections.items():
        texts.append(f"## {title}\n\n{measure()}")
        print(texts[-1], flush=True)
    if args.write:
        write("\n\n".join(texts))


def write(figures: str) -> None:
    """Put the figures between the page's two markers."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", encoding="utf-8")


def _machine() -> str:
    import os

    named = ", ".join(f"{name} {one}" for name, one in versions().items())
    return f"Measured on {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, without a GPU; {named}."


if __name__ == "__main__":
    main()
