"""A class of 100 of the worst: texts that cost a parser most, answers that cost a judge most, at the default limits.

    python -m benchmarks.worst_class [--students 100 --workers 2]

Nine tenths are texts (reading is under a limit of its own), a tenth are answers. Endless loops are not among them:
their cost is the limit that an instructor sets, times the exercises.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from data_scripts.demo_class import ROOT, answers_of

F = "def l1_distances(x_train, x_test):\n    return (x_test[:, None] - x_train[None]).abs().sum(2)\n"
TEXTS = (
    f"@({'+'.join(['1'] * 9_000)})\n{F}",
    F + ";".join(f"a{i}=a{i + 1}" for i in range(3_500)),
    F + ";".join(["x=x"] * 12_000),
    F + "y = 1\n" * 7_000 + "a.b.c?\n" * 30,
    F + "y = f'{x:" + "{x}" * 9_000 + "}'",
    F + "from a import " + ",".join(["b"] * 20_000),
    F + "y = [" + ",".join(f"lambda: b{i}" for i in range(3_300)) + "]",
    F + "y = " + "-" * 40_000 + "1",
    F + "y = 1" + "<1" * 20_000,
)
ANSWERS = (
    "def l1_distances(x_train, x_test):\n    return torch.zeros(2**22, 0)",
    "def l1_distances(x_train, x_test):\n    return {i * (2**61 - 1): i for i in range(2_000)}",
    "def l1_distances(x_train, x_test):\n    raise ValueError('x' * 1_800_000)",
    "def l1_distances(x_train, x_test):\n    return ['y' * 1_000] * 60_000",
)


def main() -> None:
    """Measure and print two lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    print(measured(args.students, args.workers))


def measured(students: int, workers: int) -> str:
    """Grade the class by the whole command and say what it took."""
    answers = answers_of(ROOT, "01_classification", "knn")
    with tempfile.TemporaryDirectory() as folder:
        tree, out = Path(folder) / "submitted", Path(folder) / "results.json"
        for number in range(students):
            _hand_in(tree, f"student-{number:03}", answers.release, number)
        began = time.perf_counter()
        words = ["grade", str(tree), "--out", str(out), "--workers", str(workers), "--seed", "1"]
        done = subprocess.run(
            [sys.executable, "-m", "autograder.cli", *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
        )
        minutes = (time.perf_counter() - began) / 60
        graded = json.loads(out.read_text(encoding="utf-8"))["submissions"]
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    states = {
        state: sum(one["status"] == state for one in graded) for state in dict.fromkeys(one["status"] for one in graded)
    }
    return (
        f"{students} of the worst, {workers} workers: {minutes:.1f} minutes, exit {done.returncode}, {states}; "
        f"the largest process had {largest:.0f} MiB"
    )


def _hand_in(tree: Path, student: str, release: dict[str, object], number: int) -> None:
    """Nine of ten hand in the same text in every added cell up to the bound of a notebook's code, the tenth an
    answer."""
    book = json.loads(json.dumps(release))
    place = next(
        i
        for i, cell in enumerate(book["cells"])
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "l1_distances"
    )
    if number % 10 == 9:
        book["cells"][place]["source"] = ANSWERS[number // 10 % len(ANSWERS)]
    else:
        text = TEXTS[number % len(TEXTS)]
        book["cells"][place]["source"] = text
        more = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
        book["cells"] += [more] * (400_000 // len(text))
    path = tree / student / "01_classification" / "knn.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(book), encoding="utf-8")


if __name__ == "__main__":
    main()
