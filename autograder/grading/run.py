"""A grading run before its first submission: the box that it shares, and what its marks rest on."""

from __future__ import annotations

import datetime
import platform
import secrets
from importlib.metadata import PackageNotFoundError, version

from autograder.course.graph import grader_digest
from autograder.plain.results import Run
from autograder.plain.settings import CourseSettings
from autograder.sandbox.box import Box


def new_run(seed: int | None, box: Box, course: CourseSettings) -> Run:
    """Start the box and write down what the marks will depend on."""
    box.start()
    return Run(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        isolation=tuple(box.isolation),
        devices=box.devices,
        versions=versions(course),
    )


def versions(course: CourseSettings) -> dict[str, str]:
    """Return the versions of what decides marks, the text of this package among them."""
    found = {"python": platform.python_version(), "autograder": grader_digest()}
    for name in course.versions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
