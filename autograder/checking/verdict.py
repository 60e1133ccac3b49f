"""What a test comes to: its outcome, and of one that did not pass the parts of what a person reads.

Here, and nowhere later, an exception becomes data. Every part is cleaned and cut, because a student's code may have
written it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from autograder.authoring.called import describe_call
from autograder.authoring.compare import Mismatch, RuleBroken
from autograder.authoring.doors import Call
from autograder.plain.errors import (
    ChildDied,
    CourseError,
    LimitReached,
    SandboxError,
    StudentRaised,
    SubmissionError,
)
from autograder.plain.limits import is_out_of_memory
from autograder.plain.results import Failure, FailureKind, Outcome
from autograder.plain.text import MESSAGE_CHARS, clean

Verdict = tuple[Outcome, Failure]
# What a part may have of a message's characters.
SHARES = {"problem": 0.5, "where": 0.2, "came": 0.075, "expected": 0.075, "call": 0.075, "remedy": 0.075}
NOT_RUN = Failure("not_run", "not run: an earlier test of this exercise reached a limit")
NOT_ATTEMPTED = Failure("not_run", "not tried: what takes long is run once the tests above pass")
TOO_LARGE = Failure("limit", "the check ran out of memory over what your code answered: is the answer far too large?")
SAYS_NOTHING = "this does not hold"
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,16}\b|(?<= )0x[0-9a-fA-F]{9,16}\b")  # where Python keeps a thing in memory
NO_CALL = ("rule", "unwritten", "needs")  # kinds of which the call says nothing


def verdict_of(
    problem: BaseException,
    test: str,
    exercise: str,
    others: Collection[str] = (),
    call: Call | None = None,
    trusted: bool = False,
) -> Verdict:
    """Return what an exception out of a test means for it.

    Args:
        problem: the exception.
        test: the test's name.
        exercise: its exercise.
        others: the other exercises, whose stubs are not this one's.
        call: the last question that was asked.
        trusted: the code is the author's own, so that an error is the course's.

    Raises the exception itself where it is not the student's fault, and CourseError for any error of trusted code.
    """
    if isinstance(problem, CourseError | SandboxError | KeyboardInterrupt):
        raise problem
    outcome, failure = _of_code(problem, exercise, others) or _of_check(problem, test, trusted)
    asked = describe_call(call) if call is not None and failure.kind not in NO_CALL else ""
    return outcome, cleaned(replace(failure, call=asked))


def cleaned(failure: Failure) -> Failure:
    """Return a failure whose parts are safe to print in a terminal, and together about MESSAGE_CHARS long at most."""
    parts: dict[str, Any] = {
        name: clean(ADDRESS.sub("", getattr(failure, name)), int(share * MESSAGE_CHARS))
        for name, share in SHARES.items()
        if getattr(failure, name)
    }
    beside = tuple((name, clean(came, 100), clean(expected, 100)) for name, came, expected in failure.beside)
    return replace(failure, **parts, beside=beside)


def _of_code(problem: BaseException, exercise: str, others: Collection[str]) -> Verdict | None:
    """What the student's code did, or what a check found of it."""
    if isinstance(problem, StudentRaised):
        return _raised(problem, exercise, others)
    if isinstance(problem, SubmissionError):
        return problem.outcome, Failure(_kind_of(problem), str(problem))
    if isinstance(problem, Mismatch):
        return "failed", Failure(
            problem.kind,
            problem.problem,
            problem.came,
            problem.expected,
            problem.where,
            beside=problem.beside,
            faint=problem.is_faint,
        )
    if isinstance(problem, AssertionError):
        return "failed", Failure(
            "rule" if isinstance(problem, RuleBroken) else "assertion", str(problem) or SAYS_NOTHING
        )
    return None


def _kind_of(problem: SubmissionError) -> FailureKind:
    if isinstance(problem, LimitReached):
        return "limit"
    return "died" if isinstance(problem, ChildDied) else "kind"


def _raised(problem: StudentRaised, exercise: str, others: Collection[str]) -> Verdict:
    if problem.stub is not None and problem.stub in others:
        return "failed", Failure(
            "needs", f"it uses {problem.stub}, which is not written yet: {problem.text}", remedy=problem.why
        )
    if problem.stub is not None:
        return "unwritten", Failure("unwritten", problem.text or exercise, remedy=problem.why)
    undefined = problem.kind == "NameError" and problem.text == f"{exercise} is not defined"
    kind: FailureKind = "undefined" if undefined else "raised"
    return "error", Failure(kind, f"your code raised {problem.head}", where=problem.where, remedy=problem.why)


def _of_check(problem: BaseException, test: str, trusted: bool) -> Verdict:
    """The check itself fell over: over the answer, unless the answer is the author's."""
    if trusted:
        raise CourseError(f"{test} raised {type(problem).__name__}: {problem}") from problem
    if is_out_of_memory(problem):
        return "memory", TOO_LARGE
    return "failed", Failure("unusable", f"the check could not use the answer: {type(problem).__name__}: {problem}")
