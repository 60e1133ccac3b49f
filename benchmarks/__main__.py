"""Every figure of docs/performance.md in one run:

`python -m benchmarks [--write] [--only SECTION ...]`; the parts add up to three quarters of an hour.
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

from autograder.grading.run import versions
from autograder.plain.settings import course_settings
from benchmarks import class_size, faults, grading, notebooks, one_submission

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: python -m benchmarks --write -->", "<!-- end of figures -->"
KNN = ("01_classification", "knn")


def main() -> None:
    """Measure, print, and write into the page where asked."""
    sections = {
        "Where the time of one submission goes": lambda: one_submission.profile(*KNN, times=20),
        "Beside nbgrader": lambda: grading.compare(*KNN, submissions=40),
        "By the size of a class": lambda: class_size.by_size(*KNN, sizes=[10, 100, 1000]),
        "Notebooks and checks": notebooks.by_notebook,
        "Killed at random": lambda: faults.kill_often(100, 24, seed=0)[0],
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=sections,
        default=list(sections),
        metavar="SECTION",
        help=f"these sections; the page keeps the others as they are: {', '.join(sections)}",
    )
    args = parser.parse_args()
    for title in args.only:
        text = f"{sections[title]()}\n\n{_machine()}"
        print(f"## {title}\n\n{text}\n", flush=True)
        if args.write:
            write(title, text)


def write(title: str, figures: str) -> None:
    """Put a section's figures between the page's two markers, in the place of its older ones or after the others."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    between, after = rest.split(END)
    kept = dict(part.strip().split("\n", 1) for part in between.split("\n## ")[1:])
    kept[title] = figures
    whole = "\n\n".join(f"## {name}\n\n{text.strip()}" for name, text in kept.items())
    PAGE.write_text(f"{before}{BEGIN}\n\n{whole}\n\n{END}{after}", encoding="utf-8")


def _machine() -> str:
    import os

    named = ", ".join(f"{name} {one}" for name, one in versions(course_settings(PAGE.parents[1])).items())
    return f"On {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, without a GPU; {named}."


if __name__ == "__main__":
    main()
