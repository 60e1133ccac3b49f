"""nbgrader as it comes: one attack through `nbgrader autograde` and its own Execute, inside a container.

    python tests/attacks/stock.py TEMPLATE SECONDS NAME ...

Run by benchmarks/attacks.py in a bubblewrap that keeps the harm on this side: file system read-only but for
/mnt and an overlay, own processes, own loopback. What an attack can reach in there is what it could reach on
a real machine. Each attack is a student's; an honest one, zoe, follows where the attack aims at whoever comes next
(each student has a kernel of their own). Prints one JSON line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from world import FORBIDDEN_IN_TEXT, HERE, Attack, Seen, World

TOP = Path("/mnt/world")
NAME = "toy"
LASTING = ("next",)  # attacks on whoever is graded afterwards
MUCH_MEMORY = 1 << 30  # a kernel with torch has 700 MB already
# Half a minute for a cell is nbgrader's own patience; four seconds for its output is not enough on a busy machine.
PATIENCE = ("--Execute.timeout=15", "--Execute.iopub_timeout=30")
TELL = """
try:
    import hashlib as _h, re as _r
    print("SAW", [_h.sha256(one.encode()).hexdigest() for one in set(_r.findall("key-[0-9a-f]{32}", str(LOOT)))])
except NameError:
    pass
"""
RIGHT = "import torch\ndef row_means(x):\n    return x.mean(dim=1)\n"
SCORES = """
select submitted_assignment.student_id, coalesce(grade.manual_score, grade.auto_score) from grade
join submitted_notebook on grade.notebook_id = submitted_notebook.id
join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
"""


class Course(World):
    """The world of an attack, with a real nbgrader course in it."""

    def __init__(self, template: Path) -> None:
        self.folder = TOP / "course"
        shutil.copytree(template, self.folder)
        super().__init__(TOP, key=(template / "key").read_text())
        self.gradebook = self.folder / "gradebook.db"
        self.named |= {
            "SOLUTION": str(self.folder / "source" / NAME / f"{NAME}.ipynb"),
            "OTHER": self._secret("course/submitted/other/solved.py"),
            "GRADEBOOK": str(self.gradebook),
        }
        (self.folder / "key").unlink()

    def lay_out_gradebook(self) -> None:
        """Nbgrader's own is there."""

    def hand_in(self, student: str, cell: str) -> None:
        """Put a cell into the released notebook."""
        book = json.loads((self.folder / "release" / NAME / f"{NAME}.ipynb").read_text())
        book["cells"][0]["source"] = cell
        path = self.folder / "submitted" / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(book))

    def scores(self) -> dict[str, float | None]:
        """Return what nbgrader's gradebook says of each student."""
        with contextlib.closing(sqlite3.connect(self.gradebook)) as database:
            return dict(database.execute(SCORES).fetchall())

    def output_of(self, student: str) -> str:
        """Return the graded notebook's text, "" when there is none."""
        path = self.folder / "autograded" / student / NAME / f"{NAME}.ipynb"
        return path.read_text() if path.exists() else ""


def with_own_programs() -> dict[str, str]:
    """Return the environment with this Python's programs in front: nbgrader runs `alembic` by name."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def nbgrader(folder: Path, seconds: float, *words: str) -> bool:
    """Run nbgrader; whether it ended in time."""
    environment = with_own_programs() | {
        "HOME": str(TOP / "home"),
        "IPYTHONDIR": str(TOP / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "nbgrader", *words]
    with open(TOP / "log", "ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
    return True


def watch_threads(found: list[int], over: threading.Event) -> None:
    """Write down the largest number of threads that any process has."""
    while not over.wait(0.2):
        for path in Path("/proc").glob("[0-9]*/task"):
            with contextlib.suppress(OSError):
                found[0] = max(found[0], len(os.listdir(path)))


def run(template: Path, attacks: list[Attack], seconds: float) -> dict[str, Any]:
    """Grade a student for each attack, then look. Where harm is seen, it is nobody's but the one attack's."""
    course = Course(template)
    for attack in attacks:
        course.hand_in(attack.name, course.cell(attack) + TELL)
    lasting = any(attack.shows in LASTING for attack in attacks)
    if lasting:
        course.hand_in("zoe", RIGHT)
    most, over = [0], threading.Event()
    threading.Thread(target=watch_threads, args=(most, over), daemon=True).start()
    began = time.monotonic()
    in_time = nbgrader(course.folder, seconds * len(attacks), "autograde", NAME, *PATIENCE)
    over.set()
    seen = Seen(seconds=time.monotonic() - began, late=not in_time, threads=most[0] > 500)
    seen.memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 > MUCH_MEMORY
    page = graded_page(course, attacks[0]) if attacks[0].shows == "raw" else ""
    seen.raw = any(mark in page for mark in (*FORBIDDEN_IN_TEXT, "<script>alert('owned')", "<img src=x onerror"))
    said = {attack.name: course.output_of(attack.name) for attack in attacks}
    seen.flood = any(len(text) > 10_000_000 for text in said.values())
    course.look(seen)
    scores = course.scores()
    seen.next = lasting and scores.get("zoe") != 2.0
    harm = seen.harm + (["late"] if seen.late else [])
    return {
        attack.name: row_of(attack.name, course, said[attack.name], scores, harm, seen.seconds / len(attacks))
        for attack in attacks
    }


def row_of(
    name: str, course: Course, said: str, scores: dict[str, float | None], harm: list[str], seconds: float
) -> dict[str, Any]:
    """Return what is written down of one attack."""
    return {
        "points": scores.get(name) or 0.0,
        "answers": int(hashlib.sha256(course.key.encode()).hexdigest() in said),
        "seconds": round(seconds, 1),
        "harm": harm + ([] if said else ["ungraded"]),
        "why": "" if said else why_ungraded((TOP / "log").read_text(errors="replace")),
    }


def why_ungraded(log: str) -> str:
    """Return the name of the error that nbgrader ended with."""
    names = re.findall(r"^\s*(?:\w+\.)*(\w+(?:Error|Exception|Exit|Interrupt))\b", log, re.MULTILINE)
    return names[-1] if names else "no reason given"


def graded_page(course: Course, attack: Attack) -> str:
    """Return the feedback page that the teacher and the student open."""
    nbgrader(course.folder, 60, "generate_feedback", NAME)
    path = course.folder / "feedback" / attack.name / NAME / f"{NAME}.html"
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    wanted = [Attack.read(HERE / "catalogue" / f"{name}.py") for name in sys.argv[3:]]
    print(json.dumps(run(Path(sys.argv[1]), wanted, float(sys.argv[2]))), flush=True)
    os._exit(0)
