"""What grading says, as frozen records, to JSON and back.

The shape of results.json is a contract: {"schema": 1, "run": {...}, "submissions": [...]}.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from sys import intern
from typing import Any, Literal

from autograder.errors import CourseError

SCHEMA = 1
Outcome = Literal["passed", "failed", "error", "timeout", "memory", "missing"]
Status = Literal["graded", "unreadable", "missing", "undone"]
STATUS_WORDS: dict[Status, str] = {
    "graded": "graded",
    "unreadable": "The notebook could not be read",
    "missing": "No notebook was handed in",
    "undone": "The machine failed while this was graded: there is no mark yet",
}
WORST_FIRST: tuple[Outcome, ...] = ("memory", "timeout", "error", "missing", "failed", "passed")


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of one exercise. `message` is what the student reads; "" when it passed."""

    __test__ = False

    name: str
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """One exercise: its points, its tests, and the hint when the answer is a known mistake's.

    `seconds` is what its tests took; two results that differ in nothing else are equal.
    """

    exercise: str
    score: float
    max_score: float
    outcome: Outcome
    tests: tuple[TestResult, ...] = ()
    hint: str | None = None
    seconds: float = field(default=0.0, compare=False)

    @property
    def first_failure(self) -> TestResult | None:
        """The first test that did not pass."""
        return next((test for test in self.tests if test.outcome != "passed"), None)


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """One notebook of one student.

    `status` says whether there is a mark: "graded" has its own, "unreadable" 0 by the student's own file. "missing" and
    "undone" (the machine failed) have none, and their `score` is no number to count.
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

    @property
    def mark(self) -> float | None:
        """The points, or None where no mark was given."""
        return self.score if self.status in ("graded", "unreadable") else None


@dataclass(frozen=True)
class Run:
    """What the marks depend on besides the submissions."""

    seed: int
    started: str
    isolation: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """A whole grading run."""

    run: Run
    submissions: tuple[SubmissionResult, ...]


def failing(what: str) -> str:
    """Return the reason of an "undone" submission from what the machine did."""
    return f"{what}: no mark was given, and the same command tries it again. Look at the machine's memory and logs"


def worst(outcomes: list[Outcome]) -> Outcome:
    """Return the outcome that an exercise has when its tests had these."""
    return next((outcome for outcome in WORST_FIRST if outcome in outcomes), "passed")


def from_json(data: dict[str, Any]) -> Results:
    """Read the content of a results.json. Raises CourseError when the schema is another."""
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        came = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise CourseError(f"results of schema {came!r} came, expected {SCHEMA}: grade again with this version")
    run = dict(data["run"])
    run["isolation"], run["devices"] = tuple(run["isolation"]), tuple(run["devices"])
    return Results(Run(**run), tuple(submission_from_json(one) for one in data["submissions"]))


def submission_to_json(result: SubmissionResult, indent: int | None = None) -> str:
    """Return one submission's record as text. `dataclasses.asdict` copies each value first, for three times the price."""
    return json.dumps(result, default=_fields_of, indent=indent, ensure_ascii=False)


def _fields_of(record: SubmissionResult | ExerciseResult | TestResult) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in record.__slots__}
    if fields.get("status") == "undone":
        fields["score"] = None  # who adds scores up is stopped by it; a 0 would be counted
    return fields


def submission_from_json(data: dict[str, Any]) -> SubmissionResult:
    """Read one submission's record."""
    exercises = tuple(
        ExerciseResult(**{**one, "tests": tuple(map(_test_from_json, one["tests"]))})
        for one in data["exercises"]
    )
    return SubmissionResult(**{**data, "exercises": exercises, "score": data["score"] or 0.0})


def _test_from_json(data: dict[str, Any]) -> TestResult:
    """A class has the same few names thousands of times: keep each once."""
    return TestResult(**{**data, "name": intern(data["name"]), "outcome": intern(data["outcome"])})


def write(results: Results, path: Path) -> None:
    """Write results.json, whole or not at all. Raises CourseError when it can't be."""
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            file.writelines(_pieces(results))
        partial.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise CourseError(
            f"{path} can't be written ({problem.strerror}): make room and give the same command again; "
            "every result is kept beside it, and an older file of this name is as it was"
        ) from problem


def _pieces(results: Results) -> Iterator[str]:
    """Yield results.json a submission at a time: as a whole, a large class's takes more memory than all else."""
    yield f'{{"schema": {SCHEMA},\n"run": {json.dumps(asdict(results.run), indent=1, ensure_ascii=False)},\n"submissions": ['
    for number, one in enumerate(results.submissions):
        yield ("," if number else "") + "\n" + submission_to_json(one, indent=1)
    yield "\n]}\n"


def read(path: Path) -> Results:
    """Read results.json. Raises CourseError when it isn't one."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CourseError(f"{path} is not there: write it with `autograder grade PATH --out {path}`") from None
    except (json.JSONDecodeError, KeyError, TypeError) as problem:
        raise CourseError(f"{path} is not a results file: {problem}") from None
