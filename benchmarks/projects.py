"""What a project's designs earn at fresh seeds: `python -m benchmarks.projects 04_cnn/project --seeds 5`.

A project is marked by what was learned, and its thresholds are set from such runs: the reference, the other right
answers and the mistakes that a threshold has to tell from them, each trained and asked at each seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.authoring.doors import LiveSide
from autograder.checking.assess import judge
from autograder.checking.plugin import CheckRunner, with_checks
from autograder.course.notebook import read_course_notebook
from autograder.course.recorder import Workbench, standing_in
from autograder.plain.numbered import at
from autograder.plain.results import ExerciseResult
from autograder.present.card_words import message_of
from autograder.sandbox.cores import use_one_thread

ROOT = Path(__file__).resolve().parents[1]
FIRST = 20_001  # no seed that anything was tuned at


def main() -> None:
    """Print the points of each variant at each seed, and what was said of those that lost some."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("notebook", help="such as 04_cnn/project")
    words.add_argument("--seeds", type=int, default=5)
    asked = words.parse_args()
    use_one_thread()
    notebook = read_course_notebook(at(ROOT / "solutions" / f"{asked.notebook}.md").with_suffix(""))
    with_checks(notebook.checks, lambda runner: _table(Workbench(notebook, runner), runner, asked.seeds))


def _table(bench: Workbench, runner: CheckRunner, seeds: int) -> None:
    for seed in range(FIRST, FIRST + seeds):
        recording = bench.record(seed, mistakes=False)
        print(f"seed {seed}", flush=True)
        for result in judge(runner, LiveSide(bench.solution), recording, bench.notebook.exercises):
            _show(f"reference of {result.exercise}", result)
        for variant in bench.variants:
            with standing_in(variant) as namespace:
                (result,) = judge(runner, LiveSide(namespace), recording, [variant.exercise])
            _show(variant.name, result)


def _show(name: str, result: ExerciseResult) -> None:
    first = result.first_failure
    said = f" ({message_of(first).splitlines()[0]})" if first else ""
    print(f"  {name}: {result.score:g} of {result.max_score:g}{said}", flush=True)


if __name__ == "__main__":
    main()
