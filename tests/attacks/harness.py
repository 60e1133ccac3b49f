"""Runs an attack through our box and through a grader without isolation, and says what was seen (world.py)."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from world import FORBIDDEN_IN_TEXT, MUCH_MEMORY, Attack, Seen, World

from autograder.course.notebook import nbgrader_of, preloads, read_course_notebook
from autograder.course.recorder import make_recording
from autograder.grading.grade import Grader, Submission
from autograder.plain.errors import SubmissionError
from autograder.plain.limits import MIB, Limits
from autograder.plain.results import SubmissionResult
from autograder.present.card import html_of, text_of
from autograder.present.card_words import message_of
from autograder.sandbox.box import Box

HERE = Path(__file__).parent
LIMITS = Limits(
    call_seconds=1.5,
    load_seconds=2,
    submission_seconds=20,
    memory_bytes=384 * MIB,
    output_bytes=2000,
    tmpfs_bytes=16 * MIB,
    tmpfs_files=500,
)
RIGHT = {
    "row_means": "def row_means(x):\n    return x.mean(dim=1)",
    "Scaler": "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n"
    "        return x - self.m",
}
MUCH_TEXT = 12_000  # characters of one message
FORBIDDEN_IN_HTML = (*FORBIDDEN_IN_TEXT, "<script", "<img")


class Naive:
    """The control's process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "naive.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            env={**os.environ, "OMP_NUM_THREADS": "1", "IPYTHONDIR": str(world.top / "ipython")},
        )
        assert self.process.stdout is not None
        while self.process.stdout.readline() != "ready\n":
            pass

    def run(self, attack: Attack) -> Seen:
        """Run one attack without isolation."""
        seconds = {"late": 0.8, "immune": 0.8, "memory": 8.0}.get(attack.shows, 20.0)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.world.reset()
        request = {
            "cell": self.world.cell(attack),
            "key": self.world.key,
            "style": attack.style,
            "seconds": seconds,
            "folder": str(self.world.top),
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        result = json.loads(self.process.stdout.readline())
        seen = Seen(
            points=bool(result.get("points")),
            secret=self.world.key in result.get("loot", ""),
            late=result["late"],
            immune=result["immune"],
            died=result["died"],
            broke=bool(result.get("broke")),
            memory=result["rss"] > MUCH_MEMORY,
            threads=result.get("threads", 0) > 500,
            flood=result["output"] > 10_000_000,
            next=result.get("next") is False,
            message=str(result.get("message", ""))[:300],
        )
        seen.raw = any(piece in str(result.get("message", "")) for piece in FORBIDDEN_IN_HTML)
        self.world.look(seen)
        return seen

    def close(self) -> None:
        """End the process."""
        with self.process:  # closes its pipes
            self.process.kill()


class Ours:
    """The tiny course's grader, with its box."""

    def __init__(self, course: Path, world: World) -> None:
        self.world = world
        self.notebook = read_course_notebook(course / "solutions/01_toy/toy")
        self.released: dict[str, Any] = json.loads((course / "course/01_toy/toy.ipynb").read_text())
        self.box = Box(LIMITS, preload=preloads([self.notebook]))
        self.box.start()
        self.grader = Grader(self.notebook, make_recording(self.notebook, secrets.randbelow(2**31)), self.box)

    def book(self, **sources: str) -> dict[str, Any]:
        """Return the released notebook with these sources in its cells."""
        book: dict[str, Any] = json.loads(json.dumps(self.released))
        for cell in book["cells"]:
            name = nbgrader_of(cell).get("grade_id")
            cell["source"] = sources.get(name, cell["source"])
        return book

    def grade(self, **sources: str) -> SubmissionResult:
        """Grade a submission with these sources."""
        return self.grader.grade_book(self.book(**sources), Submission("mallory", "01_toy", "toy", Path()))

    def run(self, attack: Attack) -> Seen:
        """Run one attack in the box: through the grader, and once more by hand for what it could find."""
        self.world.reset()
        cell = self.world.cell(attack)
        _forget_peak()
        before, began = _resident("VmRSS"), time.monotonic()
        result = self.grade(row_means=cell, Scaler=RIGHT["Scaler"])
        seen = Seen(seconds=time.monotonic() - began, memory=_resident("VmHWM") - before > MUCH_MEMORY)
        first = result.exercises[0]
        seen.points, seen.score, seen.outcome = first.score > 0, first.score, first.outcome
        seen.message = message_of(first.first_failure) if first.first_failure else ""
        seen.secret = self.world.key in json.dumps([message_of(test) for test in first.tests])
        text, html = text_of(first), html_of(first)
        seen.flood = max(len(message_of(test)) for test in first.tests) > MUCH_TEXT
        seen.raw = any(piece in text for piece in FORBIDDEN_IN_TEXT) or any(
            piece in html for piece in FORBIDDEN_IN_HTML
        )
        self._by_hand(cell, seen)
        self.world.look(seen)
        seen.next = self.grade(**RIGHT).score != 6.0
        return seen

    def _by_hand(self, cell: str, seen: Seen) -> None:
        with self.box.spawn() as child:
            loot: Any = ""
            with contextlib.suppress(SubmissionError):
                child.execute(cell, "<cell>")
            with contextlib.suppress(SubmissionError):
                loot = child.run("def probe(ns):\n    return str(ns.LOOT)", "probe")
            with contextlib.suppress(SubmissionError):
                import torch

                child.call("row_means", (torch.ones(2, 3),))
            seen.secret |= self.world.key in str(loot) + child.output
            seen.flood |= len(child.output) > 10_000

    def close(self) -> None:
        """End the box."""
        self.grader.close()
        self.box.close()


def _forget_peak() -> None:
    """Let the kernel measure the largest resident size of this process from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def _resident(which: str) -> int:
    """Return the bytes that this process holds now (VmRSS), or held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(which))
