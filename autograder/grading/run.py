"""A grading run before its first submission: the box that it shares, and what its marks rest on."""

from __future__ import annotations

import datetime
import platform
import secrets
from importlib.metadata import PackageNotFoundError, version

from autograder.course.graph import grader_digest
from autograder.plain.results import Run
from autograder.sandbox.process import Box

VERSIONED = ("kernel-school", "torch", "nbgrader", "pytest", "numpy")


def new_run(seed: int | None, box: Box) -> Run:
    """Start the box and write down what the marks will depend on."""
    box.start()
    return Run(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        isolation=tuple(box.isolation),
        devices=box.devices,
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Return the versions of what decides marks, the text of this package among them."""
    found = {"python": platform.python_version(), "autograder": grader_digest()}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


