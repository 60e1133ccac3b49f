"""Make a recording from an author's files: the solution, the checks and the variants."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.notebook import CourseNotebook, load_solution
from autograder.plugin import CheckRunner, Job, with_checks
from autograder.probe import probe_of
from autograder.recording import KnownMistake, Recorder, Recording, Replay
from autograder.rules import follow_fake_cuda
from autograder.sandbox.cores import use_one_thread
from autograder.student import Answer, Call, LiveSide, Side
from autograder.variants import Variant, load_variants

PUBLIC_SEED = 0


class Workbench:
    """An author's notebook with its solution and variants loaded, ready to record or to judge."""

    def __init__(self, notebook: CourseNotebook, runner: CheckRunner) -> None:
        self.notebook, self.runner = notebook, runner
        self.solution = load_solution(notebook)
        self.variants = load_variants(notebook.variants, self.solution)
        _same_exercises(notebook, runner, self.variants)

    def record(self, seed: int, *, mistakes: bool = True) -> Recording:
        """Return what the reference, and the mistakes, answer at a seed. Raises CourseError if the reference fails."""
        recording = Recording(seed, self.notebook.points, self._reference(seed), {}, digests(self.notebook))
        if not mistakes:
            return recording
        known: dict[str, list[KnownMistake]] = {}
        for variant in self.variants:
            if variant.hint is not None:
                known.setdefault(variant.exercise, []).append(self._mistake(variant, variant.hint, recording))
        frozen = {name: tuple(ones) for name, ones in known.items()}
        return Recording(seed, recording.points, recording.answers, frozen, recording.made_from)

    def _reference(self, seed: int) -> dict[str, tuple[Answer, ...]]:
        recorders: dict[str, Recorder] = {}

        def reference(test: str) -> Side:
            recorders[test] = Recorder(self.solution)
            return recorders[test]

        try:
            with closing(self.runner.run(Job(LiveSide(self.solution), reference, seed, trusted=True))) as runs:
                for run in runs:
                    if run.result.outcome != "passed":
                        raise CourseError(f"{run.name}: {run.result.message}")
        except CourseError as problem:
            raise CourseError(f"the reference of {self.notebook.path.name} fails its own check at seed {seed}. That is the course's "
                              f"fault: mend the check, or take another --seed meanwhile.\n{problem}") from problem  # fmt: skip
        return {test: tuple(one.answers) for test, one in recorders.items()}

    def _mistake(self, variant: Variant, hint: str, recording: Recording) -> KnownMistake:
        with standing_in(variant) as namespace:
            replay = lambda test: Replay(test, recording.answers[test])  # noqa: E731
            job = Job(_ByItsAnswers(namespace), replay, recording.seed, frozenset([variant.exercise]))
            failed = [run for run in self.runner.run(job) if run.failure is not None and not run.is_rule]
        return KnownMistake(variant.name, hint, {run.name: tuple(run.answers) for run in failed})


class _ByItsAnswers(LiveSide):
    """A mistake is known by its answers. Where its tensors live is not one, and finding out takes longer than all else."""

    def ask(self, call: Call) -> Any:
        """Answer; to the device rule, that all is fine."""
        if call.probe == probe_of(follow_fake_cuda):
            return "fine"
        return super().ask(call)


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


def digests(notebook: CourseNotebook) -> dict[str, str]:
    """Return a digest for each thing that a recording is made from."""
    sources = "\0".join([*notebook.setup, *(one.source for one in notebook.exercises.values())])
    points = repr(sorted(notebook.points.items()))
    return {
        "solution": _digest((sources + points).encode()),
        "checks": _digest(_bytes(notebook.checks)),
        "variants": _digest(_bytes(notebook.variants)),
    }


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def _same_exercises(notebook: CourseNotebook, runner: CheckRunner, variants: list[Variant]) -> None:
    known = set(notebook.exercises)
    for what, names in (
        (notebook.checks.name, set(runner.exercises)),
        (notebook.variants.name, {one.exercise for one in variants}),
    ):
        if names - known:
            raise CourseError(f"{what} speaks of {', '.join(sorted(names - known))}, which {notebook.path.name} has not")
    unchecked = known - set(runner.exercises)
    if unchecked:
        raise CourseError(f"{notebook.checks.name} has no check of {', '.join(sorted(unchecked))}")
