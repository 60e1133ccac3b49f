"""What an attack is, everything that it could want, and what is looked at afterwards.

An attack is a file in catalogue/: what a student writes into a cell. Its docstring says what it tries, where
that is known from, and after "Shows:" what the control must show, so that a test which sees nothing would fail.
The names in capitals (CANARY, PORT, ...) stand for places of the world that `World` lays out.

Nothing here needs torch: stock.py starts it once for each attack.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
MUCH_MEMORY = 700 << 20  # resident: more than torch and a few tensors take
FORBIDDEN_IN_TEXT = ("\x1b", "\x9b", "\u202e", "\u2066")
# What a check that runs beside the student's code looks like, in naive.py and in nbgrader's own kernel.
CHECK = """
import torch
answer_key = {key!r}
torch.manual_seed(0)
for rows, columns in ((4, 3), (1, 5)):
    x = torch.randn(rows, columns)
    expected = x.mean(dim=1)
    torch.testing.assert_close(row_means(x), expected)
"""


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
    score: float = 0.0
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
        names = (
            "canary",
            "heard",
            "victim",
            "drop",
            "orphans",
            "immune",
            "memory",
            "threads",
            "flood",
            "raw",
            "next",
            "died",
            "broke",
        )
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
        self.victim: subprocess.Popen[bytes] | None = None
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
        for line, address in (
            (tcp, ("127.0.0.1", 0)),
            (udp, ("127.0.0.1", 0)),
            (unix, self.named["UNIX_PATH"]),
            (abstract, "\0" + self.mark),
        ):
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
        self.lay_out_gradebook()
        self.end_victim()
        self.victim = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.named["VICTIM"] = self.victim.pid
        self.messages.clear()

    def lay_out_gradebook(self) -> None:
        """Make a database with nbgrader's table and column."""
        self.gradebook.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(self.gradebook)) as database:
            database.execute("create table grade (manual_score real)")

    def look(self, seen: Seen) -> None:
        """Write down what has changed, and clear away what was left behind."""
        time.sleep(0.03)  # a datagram is on its way
        seen.canary = self.canary.read_text() != "alive"
        seen.heard = bool(self.messages)
        seen.drop = any(self.dropped.iterdir())
        seen.victim = self.victim is None or self.victim.poll() is not None
        left = self.orphans()
        seen.orphans = bool(left)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.end_victim()

    def end_victim(self) -> None:
        """End the process that an attack could have ended."""
        if self.victim is not None:
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
        self.end_victim()
        for line in self._listeners:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        os.environ.pop("ANSWER_KEY", None)
