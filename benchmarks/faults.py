"""Kill a grading run at random moments and count what is lost, doubled or wrong.

    python -m benchmarks.faults [--kills 100 --submissions 40]

The small course of the tests is graded once undisturbed. Then the same class is graded again and again,
each time killed with SIGKILL: the whole run (grader, scheduler and workers), one worker of it, or one process of a
worker's box (bubblewrap, the zygote, a child that runs a submission), one time in four while it starts, else within 0.2
s of a result drawn at random. Whatever a killed run has kept, the next
one goes on from. When a class is done, its marks are compared, and the next begins with nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autograder.course.build import build
from autograder.course.release import select
from data_scripts.demo_class import (
    ROOT,
    answers_of,
    cut_short,
    make_class,
    many_mistakes,
    one_mistake,
    partly_done,
)

KINDS = (many_mistakes, one_mistake, cut_short, partly_done)


def main() -> None:
    """Measure and print what was found. Exits 1 when anything was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    text, bad = kill_often(args.kills, args.submissions, args.seed)
    print(text)
    sys.exit(bool(bad))


def kill_often(kills: int, submissions: int, seed: int, at_once: int = 2) -> tuple[str, int]:
    """Return the figures as text, and how many results were lost, doubled or wrong.

    Several classes are graded at once, each run killed on its own: more kills in an hour, and busier moments.
    """
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_once) as pool:
        top = Path(folder)
        course = tiny_course(top)
        make_class(top / "submitted", answers_of(course, "01_toy", "toy"), KINDS, submissions)
        parts = [
            pool.submit(_kill, top, f"part-{number}", kills // at_once, seed + number) for number in range(at_once)
        ]
        found = sum((part.result() for part in parts), Counter[str]())
    bad = found["lost"] + found["doubled"] + found["wrong"]
    return (
        f"{found['kills']} kills at random moments over {found['classes']} classes of {submissions} "
        f"({found['whole run']} of the whole run, {found['worker']} of one worker, {found['box']} in a "
        f"worker's box; {at_once} runs at once): "
        f"{found['lost']} results lost, {found['doubled']} graded twice, {found['wrong']} wrong."
    ), bad


def _kill(top: Path, name: str, kills: int, seed: int) -> Counter[str]:
    rng = random.Random(seed)
    found: Counter[str] = Counter()
    run = Run(top / "course", top / "submitted", top / f"{name}.json")
    began, process = time.perf_counter(), run.start()
    while not run.kept() and process.poll() is None:
        _pause(process, 0.02)
    start = time.perf_counter() - began
    process.wait()
    expected = run.marks()
    while found["kills"] < kills:
        one_class(run, expected, start, rng, kills, found)
    return found


def tiny_course(folder: Path) -> Path:
    """Build the tests' course of one small notebook."""
    course = folder / "course"
    shutil.copytree(
        ROOT / "tests" / "tiny_course", course, ignore=shutil.ignore_patterns("course", "*.ipynb", "*.safetensors")
    )
    shutil.copy(ROOT / "nbgrader_config.py", course)
    build(course, select(course, None), report=lambda line: None)
    return course


class Run:
    """The command that is killed, what it keeps, and what it gives in the end."""

    def __init__(self, course: Path, tree: Path, out: Path) -> None:
        self.course, self.tree, self.out = course, tree, out
        self.parts = out.with_name(out.name + ".parts")

    def start(self) -> subprocess.Popen[bytes]:
        words = ["grade", str(self.tree), "--out", str(self.out), "--workers", "2", "--seed", "5"]
        return subprocess.Popen(
            [sys.executable, "-m", "autograder.cli", *words],
            cwd=self.course,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kept(self) -> dict[str, int]:
        """The results on disk, each with the moment it was written."""
        return {path.name: path.stat().st_mtime_ns for path in self.parts.glob("*.json") if path.name != "run.json"}

    def marks(self) -> dict[str, float]:
        return {one["student"]: one["score"] for one in json.loads(self.out.read_text(encoding="utf-8"))["submissions"]}

    def forget(self) -> None:
        shutil.rmtree(self.parts, ignore_errors=True)
        self.out.unlink(missing_ok=True)


def one_class(
    run: Run, expected: dict[str, float], start: float, rng: random.Random, kills: int, found: Counter[str]
) -> None:
    """Grade one class to its end through as many kills as come."""
    run.forget()
    before: dict[str, int] = {}
    done = False
    while not done:
        process = run.start()
        done = (
            _killed(process, run, rng, len(expected), start, found) if found["kills"] < kills else process.wait() == 0
        )
        after = run.kept()
        found["lost"] += len(before.keys() - after.keys())
        found["doubled"] += sum(after[name] != moment for name, moment in before.items() if name in after)
        before = after
    marks = run.marks()
    found["lost"] += len(expected.keys() - marks.keys())
    found["wrong"] += sum(marks[student] != expected[student] for student in marks)
    found["classes"] += 1


def _killed(
    process: subprocess.Popen[bytes], run: Run, rng: random.Random, submissions: int, start: float, found: Counter[str]
) -> bool:
    """Kill something of a run; return whether the run came to its end all the same."""
    if rng.random() < 0.25:
        _pause(process, rng.uniform(0.0, start))
    else:
        wanted = rng.randint(min(len(run.kept()) + 1, submissions), submissions)
        while len(run.kept()) < wanted and process.poll() is None:
            _pause(process, 0.02)
        _pause(process, rng.uniform(0.0, 0.2))
    if process.poll() is not None:
        return process.returncode == 0
    workers, boxes = _below(process.pid)
    kind, victims = rng.choice([("worker", workers), ("box", boxes), ("whole run", [])])
    if victims:
        with contextlib.suppress(ProcessLookupError):  # a child may have ended meanwhile
            os.kill(rng.choice(victims), signal.SIGKILL)
            found[kind] += 1
            found["kills"] += 1
        return process.wait() == 0
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    found["whole run"] += 1
    found["kills"] += 1
    return False


def _pause(process: subprocess.Popen[bytes], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


def _below(grader: int) -> tuple[list[int], list[int]]:
    """The workers of a local cluster, spawned by Python's multiprocessing, and what runs in their boxes."""
    workers, boxes, below = [], [], _children(grader)
    while below:
        pid = below.pop()
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            workers += [pid] if b"spawn_main" in words else []
            boxes += [pid] if b"zygote.py" in words else []
            below += _children(pid)
    return workers, boxes


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, path.read_text().split())
    return found


if __name__ == "__main__":
    main()
