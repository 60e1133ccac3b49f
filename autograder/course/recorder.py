"""Make a recording from an author's files: the solution, the checks and the variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from autograder.authoring.declare import contracts_of, modules_of
from autograder.authoring.doors import Answer, Call, LiveSide, Side
from autograder.authoring.module_mistakes import broken_module, module_mistakes
from autograder.authoring.module_tests import module_test_name
from autograder.authoring.probe import probe_of
from autograder.authoring.probes import follow_each, follow_fake_cuda
from autograder.authoring.standard_mistakes import StandardMistake, definition, standard_mistakes
from autograder.authoring.standard_tests import test_name
from autograder.authoring.variants import Variant
from autograder.checking.digits import KEPT, TRIED, shortened
from autograder.checking.job import Job, TestRun
from autograder.checking.plugin import CheckRunner, with_checks
from autograder.checking.recording import PUBLIC_SEED, KnownMistake, Recorder, Recording, Replay
from autograder.checking.sketch import sketch_of
from autograder.course.edits import load_variants
from autograder.course.notebook import CourseNotebook, load_solution
from autograder.plain.errors import CourseError, StudentRaised
from autograder.present.card_words import message_of
from autograder.sandbox.cores import use_one_thread

DEVICE_RULES = (probe_of(follow_fake_cuda), probe_of(follow_each))
# What a mistake on record answers to them: where its tensors live is not what it is known by.
ON_DEVICE: Mapping[str, Any] = {"run:follow_fake_cuda": "fine", "run:follow_each": ["fine"]}


@dataclass(frozen=True)
class Broken:
    """A standard mistake of an exercise, the test that must reject it, and what makes it of the reference each time."""

    mistake: StandardMistake
    test: str
    make: Callable[[], Any]


class Workbench:
    """An author's notebook with its solution and variants loaded, ready to record or to judge."""

    def __init__(self, notebook: CourseNotebook, runner: CheckRunner) -> None:
        self.notebook, self.runner = notebook, runner
        self.solution = load_solution(notebook)
        self.variants = load_variants(notebook.variants, self.solution, notebook.sources)
        self.contracts = contracts_of(runner.items[0].module)
        self.modules = modules_of(runner.items[0].module)
        self._broken = {name: list(self._broken_of(name)) for name in {**self.contracts, **self.modules}}
        _same_exercises(notebook, runner, self.variants)

    def record(self, seed: int, *, mistakes: bool = True) -> Recording:
        """Return what the reference, and the mistakes, answer at a seed. Raises CourseError if the reference fails.

        Attempts are not recorded: they take long, and what is learned in one differs by machines' last digits.
        """
        recording = Recording(seed, self.notebook.points, self._short(self._reference(seed), seed))
        return self.with_mistakes(recording, self._by_answers) if mistakes else recording

    def with_mistakes(self, recording: Recording, run: Callable[[Variant, Recording], Iterable[TestRun]]) -> Recording:
        """Return a recording with the mistakes that answers tell apart, as `run` has them answer."""
        known = {name: tuple(self._known(name, recording, run)) for name in self.notebook.exercises}
        found = {name: mistakes for name, mistakes in known.items() if mistakes}
        return Recording(recording.seed, recording.points, recording.answers, found)

    def runs(
        self,
        variant: Variant,
        recording: Recording,
        tests: Iterable[str] | None = None,
        *,
        attempts: bool = True,
    ) -> list[TestRun]:
        """Run the tests of a variant's exercise, or `tests` alone, with the variant standing for the solution."""
        return self._run(LiveSide, variant, recording, tests, attempts=attempts)

    @property
    def declared(self) -> list[str]:
        """The exercises that have standard mistakes."""
        return list(self._broken)

    def standard(self, exercise: str) -> list[tuple[Broken, Variant]]:
        """Return the standard mistakes of an exercise for which something is declared, each as a variant that
        remembers nothing yet."""
        return [
            (one, Variant(exercise, one.mistake.name, one.mistake.hint, one.make(), dict(self.solution)))
            for one in self._broken.get(exercise, [])
        ]

    def _broken_of(self, exercise: str) -> Iterator[Broken]:
        if (contract := self.contracts.get(exercise)) is not None:
            for one in standard_mistakes(contract, self.solution):
                make = partial(definition, one, contract, self.solution)
                yield Broken(one, test_name(exercise, one.test), make)
        if (modules := self.modules.get(exercise)) is not None:
            for one in module_mistakes(modules, self.solution):
                make = partial(broken_module, one, modules, self.solution)
                yield Broken(one, module_test_name(exercise, one.test), make)

    def _known(
        self, exercise: str, recording: Recording, run: Callable[[Variant, Recording], Iterable[TestRun]]
    ) -> list[KnownMistake]:
        """Return the mistakes that answers can show. A standard one that answers like another is left out, and so is
        a written one that says the same; of two that say different things both are kept, and neither is named."""
        written = [one for one in self.variants if one.exercise == exercise and one.hint is not None]
        standard = [variant for one, variant in self.standard(exercise) if one.mistake.recorded]
        kept: list[KnownMistake] = []
        for variant in [*written, *standard]:
            mistake = _mistake(variant, run(variant, recording))
            alike = [one for one in kept if _answer_alike(mistake, one)]
            told_apart = variant in written and all(one.hint != mistake.hint for one in alike)
            if mistake.answers and (not alike or told_apart):
                kept.append(mistake)
        return kept

    def doubles(
        self, recording: Recording, run: Callable[[Variant, Recording], Iterable[TestRun]]
    ) -> set[tuple[str, str]]:
        """Return the written mistakes that answer as an earlier one with the same hint does and fail the same tests:
        (name, the earlier one's)."""
        found: set[tuple[str, str]] = set()
        earlier: list[tuple[Variant, KnownMistake, set[str]]] = []
        for variant in self.variants:
            runs = [] if variant.is_right else list(run(variant, recording))
            mistake, failed = _mistake(variant, runs), {one.name for one in runs if one.failure is not None}
            if not mistake.answers:
                continue
            for other, known, failed_too in earlier:
                same = (variant.exercise, variant.hint, failed) == (other.exercise, other.hint, failed_too)
                if same and _answer_alike(mistake, known):
                    found.add((variant.name, other.name))
                    break
            else:
                earlier.append((variant, mistake, failed))
        return found

    def _reference(self, seed: int) -> dict[str, tuple[Answer, ...]]:
        recorders: dict[str, Recorder] = {}

        def reference(test: str) -> Side:
            recorders[test] = Recorder(self.solution)
            return recorders[test]

        try:
            with closing(
                self.runner.run(Job(LiveSide(self.solution), reference, seed, trusted=True, attempts=False))
            ) as runs:
                for run in runs:
                    if run.result.outcome != "passed":
                        raised = isinstance(run.failure, StudentRaised)
                        raise CourseError(
                            f"{run.name}: "
                            + (f"the solution raised {run.failure}" if raised else message_of(run.result))
                        )
        except CourseError as problem:
            raise CourseError(
                f"the reference of {self.notebook.path.name} fails its own check at seed {seed}. Mend the "
                f"check or the solution.\n{problem}"
            ) from problem
        return {test: tuple(one.answers) for test, one in recorders.items()}

    def _short(self, answers: dict[str, tuple[Answer, ...]], seed: int) -> dict[str, tuple[Answer, ...]]:
        """Return the reference's answers in fewer digits, where a test accepts it with fewer still."""
        coarse = {test: shortened(whole, TRIED) for test, whole in answers.items()}
        replay = lambda test: Replay(test, coarse[test])  # noqa: E731
        job = Job(LiveSide(self.solution), replay, seed, trusted=True, tests=frozenset(coarse), attempts=False)
        with closing(self.runner.run(job)) as runs:
            enough = {run.name for run in runs if run.result.outcome == "passed"}
        return {test: shortened(whole, KEPT) if test in enough else whole for test, whole in answers.items()}

    def _by_answers(self, variant: Variant, recording: Recording) -> list[TestRun]:
        return self._run(_ByItsAnswers, variant, recording)

    def _run(
        self,
        side: type[LiveSide],
        variant: Variant,
        recording: Recording,
        tests: Iterable[str] | None = None,
        *,
        attempts: bool = False,
    ) -> list[TestRun]:
        replay = lambda test: Replay(test, recording.answers.get(test, ()))  # noqa: E731
        chosen = None if tests is None else frozenset(tests)
        with standing_in(variant) as namespace:
            exercises = frozenset([variant.exercise])
            job = Job(side(namespace), replay, recording.seed, exercises, tests=chosen, attempts=attempts)
            return list(self.runner.run(job))


def _mistake(variant: Variant, runs: Iterable[TestRun]) -> KnownMistake:
    """Return a mistake as the tests that it fails by its answers show it."""
    failed = [run for run in runs if run.failure is not None and not run.is_rule and not run.mark.attempt]
    sketches = {run.name: sketch_of(_evidence(run)) for run in failed}
    known = {test: one for test, one in sketches.items() if one is not None}
    raises = {run.name for run in failed if isinstance(run.failure, StudentRaised)}
    return KnownMistake(variant.name, variant.hint or "", known, frozenset(raises & known.keys()))


def _evidence(run: TestRun) -> list[Answer]:
    """What the mistake is known by, and nothing about devices."""
    return [replace(one, value=ON_DEVICE[one.name]) if one.name in ON_DEVICE else one for one in run.evidence]


def _answer_alike(mistake: KnownMistake, other: KnownMistake) -> bool:
    return mistake.answers.keys() == other.answers.keys() and all(
        sketch.agrees(other.answers[test]) for test, sketch in mistake.answers.items()
    )


class _ByItsAnswers(LiveSide):
    """A mistake is known by its answers.

    Where its tensors live is not one, and finding out takes longer than all else.
    """

    def ask(self, call: Call) -> Any:
        """Answer; to the device rule, that all is fine."""
        return ON_DEVICE[call.name] if call.probe in DEVICE_RULES else super().ask(call)


def make_recording(notebook: CourseNotebook, seed: int = PUBLIC_SEED, *, mistakes: bool = True) -> Recording:
    """Return a notebook's recording at a seed; without the mistakes it takes a fraction of the time."""
    use_one_thread()
    return with_checks(notebook.checks, lambda runner: Workbench(notebook, runner).record(seed, mistakes=mistakes))


@contextmanager
def standing_in(variant: Variant) -> Iterator[Mapping[str, Any]]:
    """Give the namespace in which a variant stands under its exercise's name."""
    namespace = variant.namespace
    before = namespace.get(variant.exercise)
    namespace[variant.exercise] = variant.definition
    try:
        yield namespace
    finally:
        namespace[variant.exercise] = before


def _same_exercises(notebook: CourseNotebook, runner: CheckRunner, variants: list[Variant]) -> None:
    known = set(notebook.exercises)
    for what, names in (
        (notebook.checks.name, set(runner.exercises)),
        (notebook.variants.name, {one.exercise for one in variants}),
    ):
        if names - known:
            raise CourseError(
                f"{what} speaks of {', '.join(sorted(names - known))}, which {notebook.path.name} has not"
            )
    unchecked = known - set(runner.exercises)
    if unchecked:
        raise CourseError(f"{notebook.checks.name} has no check of {', '.join(sorted(unchecked))}")
