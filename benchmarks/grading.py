"""One notebook graded three ways in one run: ours, nbgrader with our preprocessor, nbgrader as it comes.

    python -m benchmarks.grading [--chapter 01_classification --notebook knn --submissions 40]

Prints seconds for each submission and the ratios. nbgrader as it comes runs the notebook's check cells,
with the solutions' own kernel, through `nbgrader autograde` and its stock Execute. It takes minutes for as
many submissions as are asked for, and ours seconds: so ours has a class of three times as many.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, median

from autograder.course.notebook import SETUP_TAG, nbgrader_of
from autograder.grading.cluster import Options, grade_class
from autograder.grading.handed_in import find_submissions
from autograder.grading.store import Store
from benchmarks.class_size import pace
from benchmarks.two_cores import two_over_one
from data_scripts.demo_class import ROOT, Answers, all_right, answers_of

STOCK = """
c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.md", "variants"]
"""


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--chapter", default="01_classification")
    parser.add_argument("--notebook", default="knn")
    parser.add_argument("--submissions", type=int, default=40)
    args = parser.parse_args()
    print(compare(args.chapter, args.notebook, args.submissions))


def compare(chapter: str, notebook: str, submissions: int) -> str:
    """Grade the same right submissions three ways and return a Markdown table."""
    answers = answers_of(ROOT, chapter, notebook)
    with tempfile.TemporaryDirectory() as folder:
        course = _course(Path(folder), answers, submissions)
        # Ours takes seconds and stock minutes: measured before and after it, so that a machine whose pace changes
        # favours neither.
        rounds, plugin = [_round(course, chapter, notebook) for _ in range(2)], [_time_plugin(course)]
        stock = time_nbgrader(course, "submitted", STOCK)
        plugin.append(_time_plugin(course))
        rounds += [_round(course, chapter, notebook) for _ in range(3)]
    start, ours, two, cores = (median(one) for one in zip(*rounds, strict=True))
    rows = [
        (f"`autograder grade`, one worker, after a start of {start:.1f} s", ours),
        ("`autograder grade`, two workers", two),
        ("`nbgrader autograde` with our preprocessor, start included", mean(plugin)),
        ("`nbgrader autograde` as it comes, start included", stock),
    ]
    table = [f"| {name} | {seconds:.3f} | {stock / seconds:.1f} |" for name, seconds in rows]
    head = (
        f"{chapter}/{notebook}, right submissions: {3 * submissions}, and {submissions} for nbgrader as it "
        f"comes. Isolation on. For nbgrader "
        "the notebook is cut to its setup, stub and check cells, so that it is not charged for the plots; "
        "ours has the same files."
    )
    foot = (
        f"Two workers are {ours / two:.2f} times as fast as one; in the same minutes two processes that "
        f"share nothing, each with "
        f"a core of its own and the checks' bare arithmetic, did {cores:.2f} times what one did."
    )
    return "\n".join(
        [head, "", "| | seconds a submission | times faster than stock |", "|---|---|---|", *table, "", foot]
    )


def _round(course: Path, chapter: str, notebook: str) -> tuple[float, float, float, float]:
    """Return the start with one worker, its seconds for each submission, those of two workers, and what two
    cores do beside one."""
    one, start = grade_ours(course, workers=1)
    two, _ = grade_ours(course, workers=2)
    return start, one, two, two_over_one(chapter, notebook)


def _time_plugin(course: Path) -> float:
    return time_nbgrader(course, "class", (ROOT / "nbgrader_config.py").read_text(encoding="utf-8"))


def _course(folder: Path, answers: Answers, submissions: int) -> Path:
    """A course of this one notebook with two classes: `submitted`, and `class` of three times as many.

    It is cut down to its setup, stub and check cells so that stock grading is not charged for the prose's plots.
    """
    chapter = answers.notebook.chapter
    source = ROOT / "solutions" / chapter
    target = folder / "solutions" / chapter
    (target / "checks").mkdir(parents=True)
    shutil.copytree(source / "variants", target / "variants")
    for path in (answers.notebook.checks, answers.notebook.recording):
        shutil.copy(path, target / "checks")
    shutil.copy(answers.notebook.path, target)
    book = json.loads(answers.notebook.path.with_suffix(".ipynb").read_text(encoding="utf-8"))
    (target / answers.notebook.file).write_text(json.dumps(_cut(book)), encoding="utf-8")
    for tree, size in (("submitted", submissions), ("class", 3 * submissions)):
        rng = random.Random(0)
        for number in range(size):
            path = folder / tree / f"student-{number:03d}" / chapter / answers.notebook.file
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(_cut(json.loads(all_right(answers, rng)))), encoding="utf-8")
    return folder


def _cut(book: dict) -> dict:
    kept = [
        cell
        for cell in book["cells"]
        if cell["cell_type"] == "code" and (nbgrader_of(cell) or SETUP_TAG in cell["metadata"].get("tags", []))
    ]
    return {**book, "cells": kept}


def grade_ours(course: Path, workers: int) -> tuple[float, float]:
    """Return the seconds for each submission once the workers are warm, and the seconds to the first result."""
    began = time.perf_counter()
    submissions, notebooks = find_submissions(course / "class", course)
    arrived: list[float] = []
    store = Store(course / f"results-{workers}.json")
    store.forget()
    results = grade_class(
        submissions,
        notebooks,
        store,
        seed=1,
        options=Options(workers=workers),
        told=lambda result, fresh: arrived.append(time.perf_counter()),
    )
    assert all(one.score == one.max_score for one in results.submissions), "a right submission lost points"
    return pace(arrived), arrived[0] - began


def time_nbgrader(course: Path, tree: str, config: str) -> float:
    """Return the seconds that `nbgrader autograde` takes for each submission of a tree under a configuration."""
    given = f'\nc.CourseDirectory.submitted_directory = "{tree}"\n'
    (course / "nbgrader_config.py").write_text(config + given, encoding="utf-8")
    for name in ("gradebook.db", "course", "autograded"):
        path = course / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    chapter = next((course / "solutions").iterdir()).name
    _nbgrader(course, "generate_assignment", chapter, "--create")
    began = time.perf_counter()
    _nbgrader(course, "autograde", chapter)
    return (time.perf_counter() - began) / len(list((course / tree).iterdir()))


def _nbgrader(course: Path, *words: str) -> None:
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([binaries / "nbgrader", *words], cwd=course, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


if __name__ == "__main__":
    main()
