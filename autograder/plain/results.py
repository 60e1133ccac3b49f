"""What grading says, as frozen records, to JSON and back.

Everything here is data; `card_words` makes words of it, and nothing is read back from those. The shape of
results.json is a contract: {"schema": 2, "run": {...}, "submissions": [...]}. A field of a test or of its failure that
says nothing is left out of it. Schema 1 is still read: there a failure was one text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from sys import intern
from typing import Any, Literal

from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole

SCHEMA = 2
Outcome = Literal[
    "passed",
    "failed",
    "unwritten",
    "unrun",  # in a live kernel alone: a cell above has not been run, so that there was nothing to judge
    "error",
    "timeout",
    "memory",
    "missing",
    "not_run",
]
Status = Literal["graded", "unreadable", "missing", "undone"]
FailureKind = Literal[
    "value",
    "shape",
    "dtype",
    "kind",
    "finite",  # an answer differs from the expected one
    "rule",
    "assertion",  # the way there is ruled out; something else that the check asks does not hold
    "raised",
    "undefined",
    "limit",
    "died",
    "unusable",  # there is no answer, or none that can be judged
    "unwritten",
    "needs",
    "not_run",
    "cell",  # nothing was asked: a stub, one of another exercise, a limit before, the cell
    "message",  # of schema 1: one text, whatever it was
]
STATUS_WORDS: dict[Status, str] = {
    "graded": "graded",
    "unreadable": "The notebook could not be read",
    "missing": "No notebook was handed in",
    "undone": "The machine failed while this was graded: there is no mark yet",
}
WORST_FIRST: tuple[Outcome, ...] = (
    "memory",
    "timeout",
    "error",
    "missing",
    "failed",
    "unrun",
    "unwritten",
    "not_run",
    "passed",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test did not pass, in parts. A part that there is nothing to say of is "".

    Args:
        kind: what sort of failure it is.
        problem: what is wrong, in one sentence; of an exception, its kind and text; of a stub, what is to be written.
        came: what the student's code gave.
        expected: what the reference gives.
        where: the first index where they differ; of an exception, the student's own lines.
        call: what was asked, as a person would write it.
        remedy: what to do about it, or the reason that stands elsewhere in the notebook.
        beside: rows (name, came, expected) that show both sides in parts, such as ("shape", "(4, 1)", "(4,)"). The row
            named "" has the two values that differ.
        faint: the values differ by so little that another test shows it better.
    """

    kind: FailureKind
    problem: str
    came: str = ""
    expected: str = ""
    where: str = ""
    call: str = ""
    remedy: str = ""
    beside: tuple[tuple[str, str, str], ...] = ()
    faint: bool = False


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of one exercise, with one set of parameters, on one device. `failure` is None when it passed.

    `name` is the test function's and `parameters` what pytest calls them, such as "4-3". `about` is what should
    hold, in the
    words of the test's docstring; "" where it has none and its name says it.
    """

    __test__ = False

    name: str
    outcome: Outcome
    failure: Failure | None = None
    parameters: str = ""
    device: str = "cpu"
    about: str = ""


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """One exercise: its points, its tests, and the hint when the answer is a known mistake's.

    `mend_first` is another exercise that this one uses and that is not right, so that this one may be right as it is.
    `seconds` is what its tests took; two results that differ in nothing else are equal.
    """

    exercise: str
    score: float
    max_score: float
    outcome: Outcome
    tests: tuple[TestResult, ...] = ()
    hint: str | None = None
    seconds: float = field(default=0.0, compare=False)
    mend_first: str = ""

    @property
    def first_failure(self) -> TestResult | None:
        """The first test that did not pass."""
        return next((test for test in self.tests if test.outcome != "passed"), None)

    @property
    def by_rule_only(self) -> bool:
        """Whether it fails by rules alone, whose own messages say what to do; an answer's values may be right."""
        failed = [(test.outcome, test.failure) for test in self.tests if test.failure is not None]
        return bool(failed) and all(outcome == "failed" and not failure.came for outcome, failure in failed)

    @property
    def plainest_failure(self) -> TestResult | None:
        """The failure to show: the first, but for a faint one the first whose values differ plainly."""
        first = self.first_failure
        if first is None or first.failure is None or not first.failure.faint:
            return first
        return next((test for test in self.tests if test.failure is not None and _is_plain(test.failure)), first)


def _is_plain(failure: Failure) -> bool:
    return failure.kind in ("value", "shape", "kind", "finite") and not failure.faint


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """One notebook of one student, whose folder's name stands as it is: it is cleaned where it is shown.

    `status` says whether there is a mark: "graded" has its own, "unreadable" 0 by the student's own file. "missing" and
    "undone" (the machine failed) have none, and their `score` is no number to count.
    `place` is where the file lies below the graded folder, where that is not <student>/<chapter>/<notebook>.ipynb.
    """

    student: str
    chapter: str
    notebook: str
    status: Status
    reason: str = ""
    score: float = 0.0
    max_score: float = 0.0
    seconds: float = 0.0
    exercises: tuple[ExerciseResult, ...] = ()
    place: str = ""

    @property
    def mark(self) -> float | None:
        """The points, or None where no mark was given."""
        return self.score if self.status in ("graded", "unreadable") else None


@dataclass(frozen=True)
class Run:
    """What the marks depend on besides the submissions; and in `unplaced`, what was handed in and not graded, a
    line each."""

    seed: int
    started: str
    isolation: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    versions: dict[str, str] = field(default_factory=dict)
    unplaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """A whole grading run."""

    run: Run
    submissions: tuple[SubmissionResult, ...]


def failing(what: str) -> str:
    """Return the reason of an "undone" submission from what the machine did."""
    return f"{what}: no mark was given, and the same command tries it again. Look at the machine's memory and logs"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of some outcomes; "passed" of none."""
    return min(outcomes, key=WORST_FIRST.index, default="passed")


def overall(tests: Iterable[TestResult]) -> Outcome:
    """Return an exercise's outcome: that of its worst test, but "unwritten" where a stub was the first to fail.

    What fails after that fails because of it.
    """
    outcomes = [test.outcome for test in tests]
    first = next((outcome for outcome in outcomes if outcome != "passed"), None)
    return "unwritten" if first == "unwritten" else worst(outcomes)


def from_json(data: dict[str, Any]) -> Results:
    """Read the content of a results.json. Raises CourseError when the schema is another."""
    schema = data.get("schema") if isinstance(data, dict) else type(data).__name__
    if schema not in (1, SCHEMA):
        raise CourseError(f"results of schema {schema!r} came, expected {SCHEMA} (or 1): grade again with this version")
    read_test = _test_from_schema_1 if schema == 1 else _test_from_json
    run = dict(data["run"])
    run |= {name: tuple(run.get(name, ())) for name in ("isolation", "devices", "unplaced")}
    return Results(Run(**run), tuple(submission_from_json(one, read_test) for one in data["submissions"]))


def submission_to_json(result: SubmissionResult) -> str:
    """Return one submission's record as one line.

    `dataclasses.asdict` copies each value first, for three times the price.
    """
    return json.dumps(result, default=_fields_of, ensure_ascii=False)


def _fields_of(record: SubmissionResult | ExerciseResult | TestResult | Failure) -> dict[str, Any]:
    if isinstance(record, TestResult):
        return _test_fields(record)
    fields = {name: getattr(record, name) for name in record.__slots__}
    if isinstance(record, Failure):
        return {name: value for name, value in fields.items() if value}
    if not fields.get("mend_first", "said"):
        del fields["mend_first"]
    if fields.get("status") == "undone":
        fields["score"] = None  # who adds scores up is stopped by it; a 0 would be counted
    return fields


def _test_fields(test: TestResult) -> dict[str, Any]:
    """A class has a hundred of these for each student, most of them passed: only what says something is written."""
    fields: dict[str, Any] = {"name": test.name, "outcome": test.outcome}
    if test.failure is not None:
        fields["failure"] = test.failure
    if test.parameters:
        fields["parameters"] = test.parameters
    if test.device != "cpu":
        fields["device"] = test.device
    if test.about:
        fields["about"] = test.about
    return fields


def _test_from_json(data: dict[str, Any]) -> TestResult:
    """A class has the same few names thousands of times: keep each once."""
    known = {name: intern(data[name]) for name in data if name != "failure"}
    return TestResult(**known, failure=_failure_from_json(data["failure"]) if "failure" in data else None)  # type: ignore[arg-type]


def _failure_from_json(data: dict[str, Any]) -> Failure:
    return Failure(
        **{"problem": "", **data, "kind": intern(data["kind"]), "beside": tuple(map(tuple, data.get("beside", ())))}
    )


def _test_from_schema_1(data: dict[str, Any]) -> TestResult:
    """There a test's parameters stood in its name and its failure was one text, which stays one."""
    name, _, parameters = str.partition(data["name"], "[")
    failure = Failure("message", data["message"]) if data["outcome"] != "passed" else None
    return TestResult(intern(name), intern(data["outcome"]), failure, parameters.removesuffix("]"))  # type: ignore[arg-type]


def submission_from_json(
    data: dict[str, Any], read_test: Callable[[dict[str, Any]], TestResult] = _test_from_json
) -> SubmissionResult:
    """Read one submission's record, its tests by `read_test`."""
    exercises = tuple(
        ExerciseResult(**{**one, "tests": tuple(map(read_test, one["tests"]))}) for one in data["exercises"]
    )
    return SubmissionResult(**{**data, "exercises": exercises, "score": data["score"] or 0.0})


def write(results: Results, path: Path) -> None:
    """Write results.json, whole or not at all. Raises CourseError when it can't be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (piece.encode() for piece in _pieces(results)))
    except OSError as problem:
        raise CourseError(
            f"{path} can't be written ({problem.strerror}): make room and give the same command again; "
            "every result is kept beside it, and an older file of this name is as it was"
        ) from problem


def _pieces(results: Results) -> Iterator[str]:
    """Yield results.json, a line for each submission: as a whole, a large class's takes more memory than all else."""
    yield (
        f'{{"schema": {SCHEMA},\n"run": {json.dumps(asdict(results.run), indent=1, ensure_ascii=False)},\n'
        f'"submissions": ['
    )
    for number, one in enumerate(results.submissions):
        yield ("," if number else "") + "\n" + submission_to_json(one)
    yield "\n]}\n"


def read(path: Path) -> Results:
    """Read results.json. Raises CourseError when it isn't one."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CourseError(f"{path} is not there: write it with `autograder grade PATH --out {path}`") from None
    except (json.JSONDecodeError, KeyError, TypeError) as problem:
        raise CourseError(f"{path} is not a results file: {problem}") from None
