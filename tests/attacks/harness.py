"""Runs an attack through our box and through a grader without isolation, and says what was seen.

An attack is a file in catalogue/: what a student writes into a cell. Its docstring says what it tries, where
that is known from, and after "Shows:" what the control must show, so that a test which sees nothing would fail.
The names in capitals (CANARY, PORT, ...) stand for places of the world that `World` lays out.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.card import html_of, text_of
from autograder.course import preloads
from autograder.errors import SubmissionError
from autograder.grade import Grader, Submission
from autograder.notebook import nbgrader_of, read_course_notebook
from autograder.recorder import make_recording
from autograder.results import SubmissionResult
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.process import Box

HERE = Path(__file__).parent
LIMITS = Limits(
    call_seconds=1.5, load_seconds=2, submission_seconds=20, memory_bytes=384 * MIB, output_bytes=2000,
    tmpfs_bytes=16 * MIB, tmpfs_files=500,
)  # fmt: skip
RIGHT = {
    "row_means": "def row_means(x):\n    return x.mean(dim=1)",
    "Scaler": "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n        return x - self.m",
}
FORBIDDEN_IN_TEXT = ("\x1b", "\x9b", "\u202e", "\u2066")
FORBIDDEN_IN_HTML = (*FORBIDDEN_IN_TEXT, "<script", "<img")


@dataclass(frozen=True)
class Attack:
    """One file of the catalogue."""

    name: str
    text: str
    title: str
    shows: str
    style: str
    outcome: str | None

    @classmethod
    def read(cls, path: Path) -> Attack:
        """Read the file and what its docstring says."""
        text = path.read_text()
        about = text.split('"""')[1]
        found = dict(re.findall(r"^(Shows|Control|Outcome): (\w+)$", about, re.MULTILINE))
        title = " ".join(about.split("\n\n")[0].split())
        return cls(path.stem, text, title, found["Shows"], found.get("Control", "plain"), found.get("Outcome"))


def catalogue() -> list[Attack]:
    """Return all attacks, by name."""
    return [Attack.read(path) for path in sorted((HERE / "catalogue").glob("*.py"))]


@dataclass
class Seen:
    """What an attack did, wherever it ran."""

    points: bool = False
    secret: bool = False
    canary: bool = False
    heard: bool = False
    victim: bool = False
    drop: bool = False
    orphans: bool = False
    late: bool = False
    immune: bool = False
    died: bool = False
    broke: bool = False
    memory: bool = False
    threads: bool = False
    flood: bool = False
    raw: bool = False
    next: bool = False
    seconds: float = 0.0
    outcome: str = ""
    message: str = ""

    @property
    def harm(self) -> list[str]:
        """What happened outside that should not have."""
        names = ("canary", "heard", "victim", "drop", "orphans", "immune", "memory", "threads", "flood", "raw", "next", "died", "broke")
        return [name for name in names if getattr(self, name)]


@dataclass
class World:
    """Everything that an attack could want: files with the key in them, listeners, a victim."""

    top: Path
    key: str = field(default_factory=lambda: "key-" + secrets.token_hex(16))
    mark: str = field(default_factory=lambda: "ks" + secrets.token_hex(5))

    def __post_init__(self) -> None:
        self.top.mkdir(parents=True, exist_ok=True)
        self.canary, self.dropped = self.top / "canary.txt", self.top / "drop"
        self.gradebook = self.top / "gradebook.db"
        self.named = {
            "SOLUTION": self._secret("solutions/01_toy/toy.md"),
            "RECORDING": self._secret("solutions/01_toy/checks/toy.safetensors"),
            "OTHER": self._secret("submitted/alice/01_toy/toy.ipynb"),
            "HOME": str(Path(self._secret("home/.netrc")).parent),
            "CANARY": str(self.canary),
            "DROP": str(self.dropped),
            "GRADEBOOK": str(self.gradebook),
            "MARK": self.mark,
            "UNIX_PATH": str(self.top / "socket"),
            "ABSTRACT": self.mark,
        }
        os.environ["ANSWER_KEY"] = self.key
        self.messages: list[bytes] = []
        self._listeners = self._listen()
        self.reset()

    def _secret(self, name: str) -> str:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"answer_key = {self.key!r}\n")
        return str(path)

    def _listen(self) -> list[socket.socket]:
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.named["UNIX_PATH"])
        for line, address in ((tcp, ("127.0.0.1", 0)), (udp, ("127.0.0.1", 0)), (unix, self.named["UNIX_PATH"]), (abstract, "\0" + self.mark)):
            line.bind(address)
        self.named["PORT"], self.named["UDP_PORT"] = tcp.getsockname()[1], udp.getsockname()[1]
        for line in (tcp, unix, abstract):
            line.listen()
            threading.Thread(target=self._accept, args=(line,), daemon=True).start()
        threading.Thread(target=self._receive, args=(udp,), daemon=True).start()
        return [tcp, udp, unix, abstract]

    def _accept(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                other, _ = line.accept()
                self.messages.append(b"connected")
                other.close()

    def _receive(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.messages.append(line.recv(1000))

    def reset(self) -> None:
        """Lay everything out afresh."""
        self.canary.write_text("alive")
        shutil.rmtree(self.dropped, ignore_errors=True)
        self.dropped.mkdir(mode=0o777)
        self.gradebook.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(self.gradebook)) as database:
            database.execute("create table grade (score real)")
        self.victim = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.named["VICTIM"] = self.victim.pid
        self.messages.clear()

    def look(self, seen: Seen) -> None:
        """Write down what has changed, and clear away what was left behind."""
        time.sleep(0.03)  # a datagram is on its way
        seen.canary = self.canary.read_text() != "alive"
        seen.heard = bool(self.messages)
        seen.drop = any(self.dropped.iterdir())
        seen.victim = self.victim.poll() is not None
        left = self.orphans()
        seen.orphans = bool(left)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.victim.kill()
        self.victim.wait()

    def orphans(self) -> list[int]:
        """Return the processes that bear our mark."""
        found = []
        for path in Path("/proc").glob("[0-9]*/comm"):
            with contextlib.suppress(OSError):
                if path.read_text().strip() == self.mark:
                    found.append(int(path.parent.name))
        return found

    def cell(self, attack: Attack) -> str:
        """Return the attack with its places filled in."""
        used = [name for name in self.named if re.search(rf"\b{name}\b", attack.text)]
        return "".join(f"{name} = {self.named[name]!r}\n" for name in used) + attack.text

    def close(self) -> None:
        """Stop listening, and end the last victim."""
        self.victim.kill()
        for line in self._listeners:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        os.environ.pop("ANSWER_KEY", None)


class Naive:
    """The control's process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "naive.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
            env={**os.environ, "OMP_NUM_THREADS": "1", "IPYTHONDIR": str(world.top / "ipython")},
        )  # fmt: skip
        assert self.process.stdout is not None
        while self.process.stdout.readline() != "ready\n":
            pass

    def run(self, attack: Attack) -> Seen:
        """Run one attack without isolation."""
        seconds = 0.8 if attack.shows in ("late", "immune") else 20.0
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.world.reset()
        request = {
            "cell": self.world.cell(attack), "key": self.world.key, "style": attack.style, "seconds": seconds,
            "folder": str(self.world.top),
        }  # fmt: skip
        self.process.stdin.write(json.dumps(request) + "\n")
        result = json.loads(self.process.stdout.readline())
        seen = Seen(
            points=bool(result.get("points")), secret=self.world.key in result.get("loot", ""), late=result["late"],
            immune=result["immune"], died=result["died"], broke=bool(result.get("broke")), memory=result["rss"] > 1 << 30,
            threads=result.get("threads", 0) > 500, flood=result["output"] > 10_000_000, next=result.get("next") is False,
            message=str(result.get("message", ""))[:300],
        )  # fmt: skip
        seen.raw = any(piece in str(result.get("message", "")) for piece in FORBIDDEN_IN_HTML)
        self.world.look(seen)
        return seen

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


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
        began = time.monotonic()
        result = self.grade(row_means=cell, Scaler=RIGHT["Scaler"])
        seen = Seen(seconds=time.monotonic() - began)
        first = result.exercises[0]
        seen.points, seen.outcome = first.score > 0, first.outcome
        seen.message = first.first_failure.message if first.first_failure else ""
        seen.secret = self.world.key in json.dumps([test.message for test in first.tests])
        text, html = text_of(first), html_of(first)
        seen.raw = any(piece in text for piece in FORBIDDEN_IN_TEXT) or any(piece in html for piece in FORBIDDEN_IN_HTML)
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
            seen.flood = len(child.output) > 10_000

    def close(self) -> None:
        """End the box."""
        self.grader.close()
        self.box.close()
