"""Results to JSON and back.

The shape of results.json is a contract: {"schema": 2, "run": {...}, "submissions": [...]}. A field of a test or of its
failure that says nothing is left out of it. Schema 1 is still read: there a failure was one text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from sys import intern
from typing import Any

from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole
from autograder.plain.results import ExerciseResult, Failure, Results, Run, SubmissionResult, TestResult

SCHEMA = 2


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
