"""nbgrader as it comes: one attack through `nbgrader autograde` and its own Execute, inside a container.

    python tests/attacks/stock.py TEMPLATE NAME SECONDS

Run by benchmarks/attacks.py in a bubblewrap that keeps the harm on this side: file system read-only but for
/mnt and an overlay, own processes, own loopback. What an attack can reach in there is what it could reach on
a real machine. Two students hand in: mallory with the attack, and zoe, who is honest and is graded after her
where the attack aims at the next student (each has a kernel of her own). Prints one JSON line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from world import FORBIDDEN_IN_TEXT, HERE, MUCH_MEMORY, Attack, Seen, World

TOP = Path("/mnt/world")
NAME = "toy"
LASTING = ("next",)  # attacks on whoever is graded afterwards
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
            "OTHER": str(self.folder / "submitted/zoe" / NAME / f"{NAME}.ipynb"),
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
    environment = with_own_programs() | {"HOME": str(TOP / "home"), "IPYTHONDIR": str(TOP / "ipython"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "nbgrader", *words]
    with open(TOP / "log", "ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
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


def run(template: Path, attack: Attack, seconds: float) -> dict[str, Any]:
    """Grade the two students and look."""
    course = Course(template)
    course.hand_in("mallory", course.cell(attack) + TELL)
    course.hand_in("zoe", f"# {course.key}\n{RIGHT}")
    grade = ["autograde", NAME] if attack.shows in LASTING else ["autograde", NAME, "--student", "mallory"]
    most, over = [0], threading.Event()
    threading.Thread(target=watch_threads, args=(most, over), daemon=True).start()
    began = time.monotonic()
    in_time = nbgrader(course.folder, seconds, *grade)
    over.set()
    seen = Seen(seconds=time.monotonic() - began, late=not in_time, threads=most[0] > 500)
    seen.memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 > MUCH_MEMORY
    page = graded_page(course) if attack.shows == "raw" else ""
    said = course.output_of("mallory")
    seen.secret = hashlib.sha256(course.key.encode()).hexdigest() in said
    seen.flood = len(said) > 10_000_000
    seen.raw = any(mark in page for mark in (*FORBIDDEN_IN_TEXT, "<script>alert('owned')", "<img src=x onerror"))
    course.look(seen)
    scores = course.scores()
    seen.points, seen.next = bool(scores.get("mallory")), attack.shows in LASTING and scores.get("zoe") != 2.0
    return {
        "points": scores.get("mallory") or 0.0, "answers": int(seen.secret), "seconds": round(seen.seconds, 1),
        "harm": [*seen.harm, *(["late"] if seen.late else []), *([] if said else ["ungraded"])],
    }  # fmt: skip


def graded_page(course: Course) -> str:
    """Return the feedback page that the teacher and the student open."""
    nbgrader(course.folder, 60, "generate_feedback", NAME)
    path = course.folder / "feedback/mallory" / NAME / f"{NAME}.html"
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    result = run(Path(sys.argv[1]), Attack.read(HERE / "catalogue" / f"{sys.argv[2]}.py"), float(sys.argv[3]))
    print(json.dumps(result), flush=True)
    os._exit(0)
