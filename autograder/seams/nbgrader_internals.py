"""Borrowed from nbgrader: where a stub is made, who stands above a preprocessor, when it commits, and what ends
a batch."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import ClearSolutions


class ClearRegions(ClearSolutions):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's ClearSolutions, which asks `replaced` for a cell's text without its solution.

    Borrowed: `_replace_solution_region`. Were it never asked, a release would have nbgrader's stubs, which name no
    exercise.
    """

    def replaced(self, cell: Any) -> str | None:
        """Return what students get in place of a cell, or None where nbgrader is to make it."""
        return None

    def _replace_solution_region(self, cell: Any, language: str) -> bool:
        text = self.replaced(cell)
        if text is None:
            return bool(super()._replace_solution_region(cell, language))
        cell.source = text
        return True


class Stopped(SystemExit, KeyboardInterrupt):  # in this order: the other would lose the status, and end with 0
    """Ends nbgrader's batch with an exit status of ours.

    nbgrader goes on with the next student after any other exception. After Ctrl-C it takes back what it has written of
    this student, so that the next run grades it, and ends. If it caught all, a failing machine would go on to the next.
    """


def coursedir_of(part: Any) -> Any:
    """Return the CourseDirectory that an exporter or a preprocessor of nbgrader's works in.

    Borrowed: that the converter, which has it, stands above the exporter, and that above its preprocessors, as
    `parent`.
    If one stood elsewhere, `nbgrader autograde` would fail at the first submission.
    """
    while not hasattr(part, "coursedir"):
        part = part.parent
    return part.coursedir


def run_logged(converter: Any) -> str | None:
    """Run a converter and return None, or what it logged and how it failed.

    Borrowed: `capture_log`, which nbgrader has for its own formgrader. It catches SystemExit too.
    """
    from nbgrader.utils import capture_log

    outcome = capture_log(converter)
    return None if outcome["success"] else f"{outcome.get('log', '')}{outcome.get('error', '')}"


@contextmanager
def one_transaction(gradebook: Any) -> Iterator[None]:
    """Everything written inside is in the gradebook, or nothing of it. nbgrader's methods commit step by step.

    Borrowed: that they all say `gradebook.db.commit()`. This gradebook's is a flush meanwhile; no other one is touched.
    If they committed otherwise, a run that is killed could leave half of a submission's marks.
    """
    session: Any = gradebook.db
    session.commit = session.flush  # over the class's method, which comes back with `del`
    try:
        yield
        del session.commit
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        vars(session).pop("commit", None)


@contextmanager
def own_alembic() -> Iterator[None]:
    """nbgrader runs `alembic` from PATH when it makes a database, and an environment that was not activated lacks it.

    If it were called otherwise, `--gradebook` would work in activated environments only.
    """
    path = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path or os.defpath])
    try:
        yield
    finally:
        if path is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = path
