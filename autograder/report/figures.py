"""What a grading run comes to: the numbers that the report shows. No HTML here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, floor
from statistics import median

from autograder.plain.results import ExerciseResult, Results, SubmissionResult, TestResult
from autograder.present.card_words import GROUPS, look, said, sentence_of

MOST_BARS = 26
KINDS = {
    "undone": "no mark: the machine failed",
    "unreadable": "can't be read",
    "missing": "nothing handed in",
    "untouched": "nothing written",
    "cell": "a cell could not be used",
    "limit": "reached a limit",
    "note": "a note",
}


@dataclass(frozen=True)
class Bar:
    """One bar of the distribution: marks from `low` to below `high`; the last has full marks alone."""

    low: float
    high: float
    count: int
    label: str


@dataclass(frozen=True)
class ExerciseFigures:
    """One exercise over the class.

    `states` counts submissions by `card_words.GROUPS`; seconds are those of its tests.
    """

    key: str
    place: str
    name: str
    points: float
    states: dict[str, int]
    mean_share: float
    seconds: float
    slowest: float

    @property
    def graded(self) -> int:
        """How many submissions were graded."""
        return sum(self.states.values())

    @property
    def success(self) -> float:
        """The share of graded submissions with every test passed."""
        return self.states["passed"] / self.graded if self.graded else 0.0


@dataclass(frozen=True)
class NotebookFigures:
    """One notebook over the class."""

    chapter: str
    name: str
    max_score: float
    scores: tuple[float, ...]
    bars: tuple[Bar, ...]
    exercises: tuple[ExerciseFigures, ...]

    @property
    def place(self) -> str:
        """The notebook's name as a path."""
        return f"{self.chapter}/{self.name}"

    @property
    def median(self) -> float:
        """The median of the graded submissions' marks."""
        return median(self.scores) if self.scores else 0.0

    @property
    def mean(self) -> float:
        """Their mean."""
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


@dataclass(frozen=True)
class Mistake:
    """A mistake that was recognised, and how many made it."""

    key: str
    place: str
    exercise: str
    hint: str
    count: int


@dataclass(frozen=True)
class FailingTest:
    """A test that fails: `failed` of the `tried` submissions that had written the exercise."""

    place: str
    exercise: str
    sentence: str
    failed: int
    tried: int


@dataclass(frozen=True)
class Attention:
    """A submission that a person should look at, and why. `kind` is a key of KINDS."""

    submission: SubmissionResult
    kind: str
    why: str


def place_of(one: SubmissionResult) -> str:
    """Return the notebook's name as a path."""
    return f"{one.chapter}/{one.notebook}"


def is_unwritten(one: ExerciseResult) -> bool:
    """Whether nothing was written: the stub stands as it was released, or its cell is gone."""
    return look(one).group == "unwritten"


def notebooks(results: Results) -> list[NotebookFigures]:
    """Return the figures of each notebook, in the order of the run."""
    found: dict[tuple[str, str], list[SubmissionResult]] = {}
    for one in results.submissions:
        found.setdefault((one.chapter, one.notebook), []).append(one)
    return [_notebook(*key, rows, f"n{number}") for number, (key, rows) in enumerate(found.items())]


def _notebook(chapter: str, name: str, rows: list[SubmissionResult], key: str) -> NotebookFigures:
    most = max(row.max_score for row in rows)
    scores = tuple(row.score for row in rows if row.status == "graded")
    by_name: dict[str, list[ExerciseResult]] = {}
    for row in rows:
        for one in row.exercises:
            by_name.setdefault(one.exercise, []).append(one)
    place = f"{chapter}/{name}"
    exercises = tuple(_exercise(f"{key}x{at}", place, ones) for at, ones in enumerate(by_name.values()))
    return NotebookFigures(chapter, name, most, scores, tuple(bars(scores, most)), exercises)


def _exercise(key: str, place: str, ones: list[ExerciseResult]) -> ExerciseFigures:
    states = Counter(look(one).group for one in ones)
    times = [one.seconds for one in ones if one.seconds]
    share = sum(one.score / one.max_score if one.max_score else 1.0 for one in ones) / len(ones)
    first = ones[0]
    return ExerciseFigures(
        key,
        place,
        first.exercise,
        first.max_score,
        {group: states[group] for group in GROUPS},
        share,
        median(times) if times else 0.0,
        max(times, default=0.0),
    )


def bars(scores: Iterable[float], most: float) -> Iterator[Bar]:
    """Return the bars of a distribution of marks from 0 to `most`, at most MOST_BARS of them."""
    width = max(1, ceil(most / (MOST_BARS - 1)))
    full = max(0, ceil(most / width))
    counts = Counter(full if score >= most else floor(max(score, 0.0) / width) for score in scores)
    for at in range(full):
        low, high = at * width, min((at + 1) * width, most)
        yield Bar(low, high, counts[at], f"{low:g}" if high - low <= 1 else f"{low:g}–{high - 1:g}")
    yield Bar(most, most, counts[full], f"{most:g}")


def mistakes(results: Results) -> list[Mistake]:
    """Return the mistakes that were recognised, the commonest first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in results.submissions:
        counts.update((place_of(row), one.exercise, one.hint) for one in row.exercises if one.hint)
    return [Mistake(f"m{at}", *what, count) for at, (what, count) in enumerate(counts.most_common())]


def failing_tests(results: Results, most: int = 20) -> list[FailingTest]:
    """Return the tests that fail in most submissions; the parameters of a test count together.

    An exercise that nobody has written says nothing about its tests: those submissions are left out.
    """
    failed: Counter[tuple[str, str, str]] = Counter()
    tried: Counter[tuple[str, str, str]] = Counter()
    for row in results.submissions:
        for one in row.exercises:
            if is_unwritten(one) or _kind(one.first_failure) == "cell":
                continue
            where = (place_of(row), one.exercise)
            ran = [test for test in one.tests if test.outcome != "not_run"]
            tried.update((*where, name) for name in {sentence_of(test) for test in ran})
            failed.update((*where, name) for name in {sentence_of(test) for test in ran if test.outcome != "passed"})
    return [FailingTest(*what, count, tried[what]) for what, count in failed.most_common(most)]


def attention(results: Results) -> list[Attention]:
    """Return what a person should look at, the gravest first."""
    found = [Attention(row, *reason) for row in results.submissions for reason in _reasons(row)]
    order = list(KINDS)
    return sorted(found, key=lambda one: order.index(one.kind))


def _reasons(row: SubmissionResult) -> Iterator[tuple[str, str]]:
    if row.status != "graded":
        yield row.status, row.reason
        return
    if row.exercises and all(map(is_unwritten, row.exercises)):
        yield "untouched", "every stub stands as it was released"
        return
    for one in row.exercises:
        first = one.first_failure
        if _kind(first) == "cell":
            yield "cell", f"{one.exercise}: {_said(first)}"
        elif one.outcome in ("timeout", "memory"):
            yield "limit", f"{one.exercise}: {_said(_worst(one))}"
    if row.reason:
        yield "note", row.reason


def _kind(test: TestResult | None) -> str:
    return test.failure.kind if test is not None and test.failure is not None else ""


def _said(test: TestResult | None) -> str:
    return said(test.failure) if test is not None and test.failure is not None else ""


def _worst(one: ExerciseResult) -> TestResult | None:
    return next((test for test in one.tests if test.outcome == one.outcome), None)
