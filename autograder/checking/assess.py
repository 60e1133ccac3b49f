"""From tests to marks: run one job's checks and say what each exercise is worth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace

from autograder.authoring.doors import Side
from autograder.checking.job import Job, TestRun
from autograder.checking.plugin import CheckRunner
from autograder.checking.recording import Recording, Replay
from autograder.plain.errors import SubmissionError
from autograder.plain.results import ExerciseResult, Outcome, overall

FINE: tuple[Outcome, ...] = ("passed", "unwritten")  # what uses an unwritten one says so by itself


@dataclass
class _Tally:
    """What one exercise's tests have said so far."""

    runs: list[TestRun] = field(default_factory=list)
    matches: Counter[int] = field(default_factory=Counter)
    compared: int = 0
    seconds: float = 0.0

    def add(self, run: TestRun, recording: Recording) -> None:
        """Take a test's run, and of its answers no more than which known mistakes give them."""
        if run.failure is not None and not run.is_rule:
            self.compared += 1
            self.matches.update(recording.matching(run.mark.name, run.name, run.answers))
        self.runs.append(run)


def judge(
    runner: CheckRunner,
    student: Side,
    recording: Recording,
    exercises: Iterable[str] | None = None,
    devices: tuple[str, ...] = ("cpu",),
    see: Callable[[TestRun], None] | None = None,
) -> list[ExerciseResult]:
    """Run the checks against a student's side and return what each exercise is worth.

    `see` is shown each test's run while its answers are still there.
    """
    job = Job(
        student,
        lambda test: Replay(test, recording.answers.get(test, ())),
        recording.seed,
        None if exercises is None else frozenset(exercises),
        devices,
    )
    tallies: dict[str, _Tally] = {}
    began = time.perf_counter()
    with closing(runner.run(job)) as runs:
        for run in runs:
            tally = tallies.setdefault(run.mark.name, _Tally())
            tally.add(run, recording)
            if see is not None:
                see(run)
            run.answers = []
            tally.seconds += time.perf_counter() - began
            began = time.perf_counter()
    results = [_result(name, tally, recording) for name, tally in tallies.items()]
    wrong = {one.exercise for one in results if one.outcome not in FINE}
    return [replace(one, mend_first=_wrong_one_in(one, student, wrong)) for one in results]


def judged(exercise: str, runs: Iterable[TestRun], recording: Recording) -> ExerciseResult:
    """Return what one exercise is worth by tests that have run, and whose answers are still there."""
    tally = _Tally()
    for run in runs:
        tally.add(run, recording)
    return _result(exercise, tally, recording)


def used_by(exercise: str, student: Side, others: Iterable[str]) -> list[str]:
    """Return which other exercises a student's answer to one reads, directly or through others."""
    try:
        reads = student.source(exercise)
    except SubmissionError:
        return []
    return [name for name in others if name != exercise and name in reads]


def _wrong_one_in(result: ExerciseResult, student: Side, wrong: set[str]) -> str:
    """Return the first of the exercises that are wrong which a wrong one uses, "" where it uses none."""
    if result.exercise not in wrong or len(wrong) == 1:
        return ""
    return next(iter(used_by(result.exercise, student, sorted(wrong))), "")


def _result(name: str, tally: _Tally, recording: Recording) -> ExerciseResult:
    points = float(recording.points.get(name, 0))
    tests = tuple(run.result for run in tally.runs)
    return ExerciseResult(
        name,
        score(tally.runs, points),
        points,
        overall(tests),
        tests,
        _hint(name, tally, recording),
        round(tally.seconds, 4),
    )


def score(runs: Iterable[TestRun], points: float) -> float:
    """Return the points left after each failed test has cost its share; with several parameters, or on several
    devices, it costs it once."""
    lost: dict[str, float] = {}
    for run in runs:
        if run.result.outcome != "passed":
            lost[run.result.name] = run.mark.costs
    return round(points * max(0.0, 1.0 - sum(lost.values())), 4)


def _hint(name: str, tally: _Tally, recording: Recording) -> str | None:
    """The mistake that explains most of the failed tests; the first declared on a tie.

    One that explains fewer than half of them agrees by chance in a small case, and its hint would mislead.
    """
    if not tally.matches:
        return None
    best = max(sorted(tally.matches), key=lambda index: tally.matches[index])
    return recording.mistakes[name][best].hint if 2 * tally.matches[best] >= tally.compared else None
