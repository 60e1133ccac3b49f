"""What an author runs: are the checks of a notebook right, under many seeds?

The four gates: the reference has full points, the untouched stubs none and a message that says what to
write, every stub parses, the release holds no solution. Then the variants: every mistake is rejected
and answered with its hint, every other right answer has full points.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.authoring.doors import LiveSide
from autograder.authoring.module_mistakes import unknown_exceptions as unknown_of_modules
from autograder.authoring.standard_mistakes import unknown_exceptions
from autograder.authoring.variants import Variant
from autograder.checking.assess import judge, judged
from autograder.checking.job import TestRun
from autograder.checking.judging import bounded_memory
from autograder.checking.plugin import CheckRunner, with_checks
from autograder.checking.recording import PUBLIC_SEED, Recording
from autograder.course.lints import judge_text
from autograder.course.notebook import CourseNotebook, compile_cell
from autograder.course.recorder import Workbench
from autograder.course.stubs import cleared_source
from autograder.plain.errors import CourseError
from autograder.plain.limits import DEFAULTS
from autograder.plain.results import ExerciseResult
from autograder.present.card_words import message_of

LEAST_MISTAKES, LEAST_RIGHT = 5, 2
# Hints are judged at the first seeds only: recording the mistakes takes as long as judging them.
HINT_SEEDS = 2
SLOW_SECONDS = 0.5


@dataclass
class Validation:
    """What was found. `problems` is empty when a notebook is fit to be released."""

    notebook: str
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    mistakes: int = 0
    right: int = 0
    standard: int = 0
    contracts: int = 0
    hints: Counter[str] = field(default_factory=Counter)
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def validate(
    notebook: CourseNotebook,
    seeds: Iterable[int],
    hint_seeds: int = HINT_SEEDS,
    released: Recording | None = None,
) -> Validation:
    """Judge a notebook's own text at several seeds.

    Args:
        notebook: whose checks and variants are judged.
        seeds: each gives the checks other inputs.
        hint_seeds: at the first so many of them the hints are judged too.
        released: what a recording says of the mistakes. Each is asked first in a test that it failed when that was
            made, and in all its tests only where that one accepts it now: enough to know that it is rejected.

    Raises CourseError where nothing can be judged.
    """
    found = Validation(f"{notebook.chapter}/{notebook.name}")
    read = judge_text(notebook)
    found.problems += read.problems
    found.remarks += read.remarks
    with_checks(
        notebook.checks, lambda runner: _judge_checks(notebook, runner, list(seeds), hint_seeds, released, found)
    )
    return found


def _judge_checks(
    notebook: CourseNotebook,
    runner: CheckRunner,
    seeds: list[int],
    hint_seeds: int,
    released: Recording | None,
    found: Validation,
) -> None:
    bench = Workbench(notebook, runner)
    _count_variants(notebook, bench.variants, found)
    trials = _Trials(bench, released)
    doubles: list[set[tuple[str, str]]] = []
    for number, seed in enumerate(seeds):
        recording = trials.record(seed, mistakes=number < hint_seeds, attempts=number == 0)
        for exercise, known in recording.mistakes.items():
            found.known.setdefault(exercise, {}).update({one.name: one.hint for one in known})
        if number < hint_seeds:
            doubles.append(bench.doubles(recording, trials.of))
        if number == 0:
            _time_checks(bench, recording, found)
        _judge_stubs(bench, recording, found)
        for variant in trials.judged_here():
            result = judged(variant.exercise, trials.of(variant, recording), recording)
            _judge_outcome(variant, result, seed, found, recorded=bool(recording.mistakes))
        for name in bench.declared:
            _judge_declared(trials, name, recording, found)
    found.contracts = len(bench.contracts)
    _judge_sentences(bench, found)
    found.remarks += [
        f"{name} answers as {other} does and has its hint: one of them is enough"
        for name, other in sorted(set.intersection(*doubles) if doubles else set())
    ]
    idle = [item.name for item in runner.items if item.name not in trials.failed and released is None]
    found.remarks += [f"no mistake ever fails {name}" for name in idle]


Key = tuple[str, str, str | None]


class _Trials:
    """Each variant's tests, run once at a seed for all that is judged by them.

    Which tests a mistake fails, and so its hint, is judged at the first seeds. Beyond them it only has to be rejected:
    it is asked in the test that rejected it before in the least time, and in all where that one accepts it. What takes
    long, an exercise's attempt, is made at the first seed alone, and so a mistake that nothing else rejects is judged
    there alone.
    """

    def __init__(self, bench: Workbench, released: Recording | None = None) -> None:
        self.bench = bench
        self.attempts = True  # whether what takes long is run
        self.failed: set[str] = set()
        known = released.mistakes.items() if released else ()
        self._rejected_by: dict[Key, str] = {
            (exercise, one.name, one.hint): next(iter(one.answers)) for exercise, group in known for one in group
        }
        self._ran: dict[Key, list[TestRun]] = {}
        self._by_attempt: set[Key] = set()

    def record(self, seed: int, *, mistakes: bool, attempts: bool) -> Recording:
        """Turn to a seed: return what the reference answers there and, with `mistakes`, what they do."""
        self._ran = {}
        self.attempts = attempts
        recording = self.bench.record(seed, mistakes=False)
        return self.bench.with_mistakes(recording, self._in_full) if mistakes else recording

    def of(self, variant: Variant, recording: Recording) -> list[TestRun]:
        """Return how a variant's tests went: all of them, or the one that rejects a mistake."""
        ran = self._ran.get(_key(variant))
        if ran is not None:
            return ran
        known = self._rejected_by.get(_key(variant))
        runs = self._run(variant, recording, [known], attempts=self.attempts) if known else []
        return runs if _rejects(runs) else self._in_full(variant, recording)

    def judged_here(self) -> list[Variant]:
        """Return the variants of which this seed can tell whether they are rejected."""
        return [one for one in self.bench.variants if self.attempts or _key(one) not in self._by_attempt]

    def in_one(self, variant: Variant, recording: Recording, test: str) -> list[TestRun]:
        """Return how one test of a variant went, with each of its parameters."""
        named = [item.name for item in self.bench.runner.items if item.originalname == test]
        ran = self._ran.get(_key(variant))
        if ran is None:
            return self._run(variant, recording, named, attempts=True)
        return [run for run in ran if run.name in named]

    def _in_full(self, variant: Variant, recording: Recording) -> list[TestRun]:
        runs = self._ran[_key(variant)] = self._run(variant, recording, attempts=self.attempts)
        failed = [run for run in runs if run.failure is not None]
        self.failed |= {run.name for run in failed}
        if failed:
            self._rejected_by[_key(variant)] = min(failed, key=lambda run: run.seconds).name
            if all(run.mark.attempt for run in failed):
                self._by_attempt.add(_key(variant))
        return runs

    def _run(
        self, variant: Variant, recording: Recording, tests: Iterable[str] | None = None, *, attempts: bool
    ) -> list[TestRun]:
        """Run tests with a bound on memory: a mistake may ask for all that there is.

        It is twice what a student's code has, since what the tests themselves hold counts here too.
        """
        with bounded_memory(2 * DEFAULTS.memory_bytes):
            return self.bench.runs(variant, recording, tests, attempts=attempts)


def _key(variant: Variant) -> Key:
    """What a variant is known by: a standard mistake is made anew each time."""
    return variant.exercise, variant.name, variant.hint


def _rejects(runs: Iterable[TestRun]) -> bool:
    return any(run.failure is not None for run in runs)


def _judge_declared(trials: _Trials, name: str, recording: Recording, found: Validation) -> None:
    """Each standard mistake must be rejected by the test that was made against it."""
    standard = trials.bench.standard(name)
    found.standard += len(standard) if recording.seed == PUBLIC_SEED else 0
    for one, variant in standard:
        runs = trials.in_one(variant, recording, one.test)
        trials.failed |= {run.name for run in runs if run.failure is not None}
        if not _rejects(runs):
            _add(
                found.problems,
                f"{name}: the standard mistake {variant.name} at seed {recording.seed} is accepted by {one.test}: "
                f'mend its inputs, or, where it is no mistake, say why: but={{"{variant.name}": "..."}}',
            )
        elif (variant.name, variant.hint) in {(known.name, known.hint) for known in recording.mistakes.get(name, ())}:
            result = judged(name, trials.of(variant, recording), recording)
            _judge_outcome(variant, result, recording.seed, found, recorded=True)


def _judge_sentences(bench: Workbench, found: Validation) -> None:
    """What a contract promises stands in the docstring, word for word, and names mistakes that there are."""
    for name, contract in bench.contracts.items():
        said = " ".join((bench.solution[name].__doc__ or "").split())
        if contract.sentence not in said:
            found.problems.append(f'{name}: its docstring lacks what the contract promises: "{contract.sentence}"')
        _judge_exceptions(bench, name, unknown_exceptions(contract, bench.solution), found)
    for name, modules in bench.modules.items():
        _judge_exceptions(bench, name, unknown_of_modules(modules, bench.solution), found)


def _judge_exceptions(bench: Workbench, name: str, strange: list[str], found: Validation) -> None:
    if strange:
        known = ", ".join(variant.name for _, variant in bench.standard(name))
        found.problems.append(f"{name}: {', '.join(strange)} is excepted, and its standard mistakes are {known}")


def _judge_outcome(variant: Variant, result: ExerciseResult, seed: int, found: Validation, *, recorded: bool) -> None:
    where = f"{variant.exercise}: {variant.name} at seed {seed}"
    first = result.first_failure
    if variant.is_right:
        if result.score != result.max_score or first is not None:
            said = (
                f"{first.name}: {message_of(first).removeprefix('your code ')}"
                if first
                else f"{result.score} of {result.max_score} points"
            )
            _add(found.problems, f"{where} is right and was refused by {said}")
        return
    if first is None:
        _add(found.problems, f"{where} is a mistake and was accepted")
    elif not recorded:
        return
    elif _is_own(result.hint, variant):
        found.hints["own hint"] += 1
    elif (other := _anothers(result.hint, variant, found)) is not None:
        found.hints["another's hint"] += 1
        _add(found.problems, f"{where} was answered with the hint of {other}: give both one hint, or tell them apart")
    elif result.hint is not None:
        found.hints["a relation, or what several share"] += 1
    elif result.by_rule_only:
        found.hints["a rule's message"] += 1
    else:
        found.hints["no hint"] += 1
        _add(found.remarks, f"{where} was rejected without a hint ({first.name}: {message_of(first).splitlines()[0]})")


def _is_own(hint: str | None, variant: Variant) -> bool:
    """Whether a mistake's own hint is all that was said of mistakes; what its values are to the right ones may
    follow it."""
    return hint is not None and variant.hint is not None and hint.startswith(variant.hint)


def _anothers(hint: str | None, variant: Variant, found: Validation) -> str | None:
    """The mistake whose hint was given in place of a variant's own."""
    own = variant.hint or ""
    others = (name for name, said in found.known.get(variant.exercise, {}).items() if said != own)
    return next((name for name in others if hint and hint.startswith(found.known[variant.exercise][name])), None)


def _add(lines: list[str], line: str) -> None:
    """One line a variant is enough: the first seed at which it showed."""
    key = line.split(" at seed ")[0]
    if not any(one.startswith(key + " at seed ") for one in lines):
        lines.append(line)


def _count_variants(notebook: CourseNotebook, variants: list[Variant], found: Validation) -> None:
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for one in variants:
        counts[one.exercise][one.is_right] += 1
    doubled = [name for name, times in Counter(one.name for one in variants).items() if times > 1]
    if doubled:
        found.problems.append(f"variants of the same name: {', '.join(doubled)}")
    for name in notebook.exercises:
        if counts[name][False] < LEAST_MISTAKES:
            found.problems.append(f"{name}: {counts[name][False]} mistakes, at least {LEAST_MISTAKES} are wanted")
        if counts[name][True] < LEAST_RIGHT:
            found.problems.append(
                f"{name}: {counts[name][True]} other right answers, at least {LEAST_RIGHT} are wanted"
            )
    found.mistakes = sum(count[False] for count in counts.values())
    found.right = sum(count[True] for count in counts.values())


def _time_checks(bench: Workbench, recording: Recording, found: Validation) -> None:
    """How long each exercise's checks take. Attempts, which are on no record, are judged here for the reference."""
    for name in bench.notebook.exercises:
        began = time.perf_counter()
        (result,) = judge(bench.runner, LiveSide(bench.solution), recording, [name])
        found.seconds[name] = time.perf_counter() - began
        first = result.first_failure
        if first is not None:
            found.problems.append(f"{name}: the reference is refused by {first.name}: {message_of(first)}")
        takes_long = any(mark.attempt for mark in bench.runner.marks.values() if mark.name == name)
        if found.seconds[name] > SLOW_SECONDS and not takes_long:
            found.remarks.append(
                f"{name}: its check takes {found.seconds[name]:.2f} s, at most {SLOW_SECONDS} s are wanted"
            )


def _judge_stubs(bench: Workbench, recording: Recording, found: Validation) -> None:
    for result in judge(bench.runner, LiveSide(stub_namespace(bench.notebook)), recording):
        first = result.first_failure
        if result.score or first is None:
            _add(found.problems, f"{result.exercise}: the stub has {result.score} points at seed {recording.seed}")
        elif (
            first.failure is None
            or result.outcome != "unwritten"
            or not first.failure.problem.startswith(result.exercise)
        ):
            _add(
                found.problems,
                f"{result.exercise}: the stub does not say what to write at seed {recording.seed}: {message_of(first)}",
            )


def stub_namespace(notebook: CourseNotebook) -> dict[str, Any]:
    """Run the setup cells and the cleared stubs and return their namespace: what a student starts with."""
    namespace: dict[str, Any] = {"__name__": f"stubs_{notebook.name}"}
    for number, text in enumerate(notebook.setup, start=1):
        exec(compile_cell(text, f"<{notebook.name}: setup {number}>"), namespace)
    for one in notebook.exercises.values():
        try:
            exec(compile_cell(cleared_source(one.source, one.name), f"<{notebook.name}: stub {one.name}>"), namespace)
        except Exception as problem:
            raise CourseError(f"the stub of {one.name} fails as it stands: {problem}") from problem
    return namespace
