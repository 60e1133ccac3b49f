"""From tests to marks: run one job's checks and say what each exercise is worth."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace

from autograder.authoring.doors import Side
from autograder.checking.evidence import Noted, noted
from autograder.checking.job import Job, TestRun
from autograder.checking.plugin import CheckRunner
from autograder.checking.recording import Recording, Replay
from autograder.checking.relations import relation_in
from autograder.plain.errors import SubmissionError
from autograder.plain.results import ExerciseResult, Outcome, overall

SENTENCE = re.compile(r"(?<=[.:?!]) ")
FINE: tuple[Outcome, ...] = ("passed", "unwritten")  # what uses an unwritten one says so by itself


@dataclass
class _Tally:
    """What one exercise's tests have said so far."""

    runs: list[TestRun] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    explaining: frozenset[int] | None = None  # the mistakes that fail all these tests alike
    seconds: float = 0.0

    def add(self, run: TestRun, recording: Recording) -> None:
        """Take a test's run, and of its answers no more than what a hint can be found by."""
        if run.failure is not None and not run.is_rule:
            self._explain(recording.matching(run.mark.name, run.name, run.evidence, run.tolerance))
        self.noted.append(noted(run))
        self.runs.append(run)

    def _explain(self, matching: frozenset[int] | None) -> None:
        """Keep only the mistakes that explain one more failed test."""
        if matching is not None:
            self.explaining = matching if self.explaining is None else self.explaining & matching


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
            run.answers, run.compared = [], []
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
    """What the failed tests have in common: the relation that holds in all of them, and the mistake that explains all.

    Beside a mistake's own hint, which says what to think about, the relation is the bare fact.
    """
    if all(run.failure is None or run.is_rule for run in tally.runs):
        return None
    relation, mistake = relation_in(tally.noted, recording.answers), _mistakes_hint(name, tally, recording)
    if relation is None or mistake is None:
        return relation or mistake
    return f"{mistake} {relation.partition(':')[0].removesuffix('.')}."


def _mistakes_hint(name: str, tally: _Tally, recording: Recording) -> str | None:
    """What the mistakes say that explain all of the evidence.

    Such a mistake fails where the answer fails, with the same values, and passes where the answer passes, but for
    edges at which it raised; where the answer broke a rule, or a test was not run, nothing is known. One that agrees
    here and there does so by chance in a small case, and its hint would mislead.
    """
    if not tally.explaining:
        return None
    failed = {run.name for run in tally.runs if run.result.outcome != "passed"}
    known = [recording.mistakes[name][index] for index in sorted(tally.explaining)]
    return _shared([one.hint for one in known if one.fails_by_values <= failed])


def _shared(hints: list[str]) -> str | None:
    """The sentences that all of some hints have; of a single one, the whole."""
    if len(set(hints)) < 2:
        return next(iter(hints), None)
    first, *others = ([*SENTENCE.split(one)] for one in hints)
    said = " ".join(said for said in first if all(said in one for one in others))
    return f"{said.removesuffix(':')}." if said.endswith(":") else said or None
