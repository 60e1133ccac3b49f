"""From tests to marks: run one job's checks and say what each exercise is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.plugin import CheckRunner, Job, TestRun
from autograder.recording import KnownMistake, Recorder, Recording, Replay
from autograder.results import ExerciseResult, worst
from autograder.student import Answer, LiveSide, Side


@dataclass
class _Tally:
    """What one exercise's tests have said so far."""

    runs: list[TestRun] = field(default_factory=list)
    matches: Counter[int] = field(default_factory=Counter)


def judge(
    runner: CheckRunner,
    student: Side,
    recording: Recording,
    exercise: str | None = None,
    devices: tuple[str, ...] = ("cpu",),
) -> list[ExerciseResult]:
    """Run the checks against a student's side and return what each exercise is worth."""
    job = Job(student, lambda test: Replay(test, recording.answers.get(test, ())), recording.seed, exercise, devices)
    tallies: dict[str, _Tally] = {}
    for run in runner.run(job):
        tally = tallies.setdefault(run.mark.name, _Tally())
        if run.failure is not None and not run.is_rule:
            tally.matches.update(recording.matching(run.mark.name, run.name.split(" on ")[0], run.answers))
        run.answers = []
        tally.runs.append(run)
    return [_result(name, tally, recording) for name, tally in tallies.items()]


def _result(name: str, tally: _Tally, recording: Recording) -> ExerciseResult:
    points = float(recording.points.get(name, 0))
    tests = tuple(run.result for run in tally.runs)
    return ExerciseResult(
        name, score(tally.runs, points), points, worst([one.outcome for one in tests]), tests, _hint(name, tally, recording)
    )


def score(runs: Iterable[TestRun], points: float) -> float:
    """Return the points left after each failed test has cost its share; a test's parameters cost it once."""
    lost: dict[str, float] = {}
    for run in runs:
        if run.result.outcome != "passed":
            lost[run.name.split("[")[0].split(" on ")[0]] = run.mark.costs
    return round(points * max(0.0, 1.0 - sum(lost.values())), 4)


def _hint(name: str, tally: _Tally, recording: Recording) -> str | None:
    """The mistake that explains most of the failed tests; the first declared on a tie."""
    if not tally.matches:
        return None
    best = max(sorted(tally.matches), key=lambda index: tally.matches[index])
    return recording.mistakes[name][best].hint


def record_reference(
    runner: CheckRunner, solution: Mapping[str, Any], seed: int
) -> dict[str, tuple[Answer, ...]]:
    """Run every check with the solution on both sides and return the reference's answers.

    Raises CourseError when the solution does not pass.
    """
    from autograder.errors import CourseError

    recorders: dict[str, Recorder] = {}

    def reference(test: str) -> Side:
        recorders[test] = Recorder(solution)
        return recorders[test]

    for run in runner.run(Job(LiveSide(solution), reference, seed, trusted=True)):
        if run.result.outcome != "passed":
            raise CourseError(f"the reference fails its own check {run.name} at seed {seed}:\n{run.result.message}")
    return {test: tuple(one.answers) for test, one in recorders.items()}


def record_mistake(
    runner: CheckRunner, exercise: str, name: str, hint: str, namespace: Mapping[str, Any], recording: Recording
) -> KnownMistake:
    """Run an exercise's checks against a mistake and keep its answers in the tests that it fails."""
    job = Job(LiveSide(namespace), lambda test: Replay(test, recording.answers.get(test, ())), recording.seed, exercise)
    answers = {
        run.name: tuple(run.answers) for run in runner.run(job) if run.failure is not None and not run.is_rule
    }
    return KnownMistake(name, hint, answers)
