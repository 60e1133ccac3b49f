"""Results into nbgrader's gradebook: auto scores and comments, and nothing that a person has written.

Manual scores and manual comments stay as they are; late penalties stay nbgrader's.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.card import text_of
from autograder.errors import CourseError
from autograder.notebook import CHECK_PREFIX
from autograder.results import Results, SubmissionResult

if TYPE_CHECKING:
    from nbgrader.api import Gradebook


def record_results(results: Results, url: str, root: Path) -> int:
    """Write a run's marks and comments into the gradebook at `url` and return how many submissions it took.

    Args:
        results: a grading run.
        url: an SQLAlchemy address, such as "sqlite:///gradebook.db".
        root: the top of the course: what the gradebook doesn't know yet is registered from there.

    Raises CourseError when the gradebook can't be opened.
    """
    from sqlalchemy.exc import SAWarning

    graded = [one for one in results.submissions if one.status != "missing"]
    with warnings.catch_warnings(), open_gradebook(url, root) as gradebook:
        # nbgrader 0.9 builds its rows outside a session, and SQLAlchemy 2 says so for each of them.
        warnings.simplefilter("ignore", SAWarning)
        for chapter, notebook in dict.fromkeys((one.chapter, one.notebook) for one in graded):
            register(gradebook, url, root, chapter, notebook)
        for one in graded:
            record(gradebook, one)
    return len(graded)


def record(gradebook: Gradebook, result: SubmissionResult) -> None:
    """Write one submission's marks and comments, all of them or none. nbgrader's own autograde comes here too."""
    with one_transaction(gradebook):
        _record(gradebook, result)


@contextmanager
def one_transaction(gradebook: Gradebook) -> Iterator[None]:
    """Everything written inside is in the gradebook, or nothing of it. nbgrader's methods commit step by step."""
    session: Any = gradebook.db
    commit, session.commit = session.commit, session.flush
    try:
        yield
        commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.commit = commit


def open_gradebook(url: str, root: Path) -> Gradebook:
    """Open a gradebook, made if it is not there. Raises CourseError."""
    from nbgrader.api import Gradebook

    from autograder.release import nbgrader_config

    use_own_alembic()
    try:
        return Gradebook(url, nbgrader_config(root).CourseDirectory.get("course_id", ""))
    except Exception as problem:
        raise CourseError(f"the gradebook {url} can't be opened: {problem}") from problem


def use_own_alembic() -> None:
    """nbgrader runs `alembic` from PATH, which an environment that was not activated lacks."""
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")


def register(gradebook: Gradebook, url: str, root: Path, chapter: str, notebook: str) -> None:
    """Make sure that the gradebook knows a notebook's cells, as `nbgrader generate_assignment` does."""
    from nbgrader.api import MissingEntry

    from autograder.release import generate

    try:
        gradebook.find_notebook(notebook, chapter)
    except MissingEntry:
        with tempfile.TemporaryDirectory() as folder:
            generate(root, chapter, Path(folder), notebook, database=url)
        gradebook.db.expire_all()


def _record(gradebook: Gradebook, result: SubmissionResult) -> None:
    where = (result.notebook, result.chapter, result.student)
    gradebook.update_or_create_student(result.student)
    gradebook.update_or_create_submission(result.chapter, result.student)
    for one in result.exercises:
        write_score(gradebook, one.exercise, one.score, where)
        write_comment(gradebook, one.exercise, None if one.outcome == "passed" else text_of(one), where)
    for grade in gradebook.find_submission_notebook(*where).grades:
        if grade.cell.cell_type == "markdown" and grade.manual_score is None:
            grade.needs_manual_grade = True
    if result.status == "unreadable":
        _record_unreadable(gradebook, result, where)


def _record_unreadable(gradebook: Gradebook, result: SubmissionResult, where: tuple[str, str, str]) -> None:
    submitted = gradebook.find_submission_notebook(*where)
    for grade in submitted.grades:
        if grade.cell.cell_type == "code":
            _set_score(grade, 0.0)
    for comment in submitted.comments:
        comment.auto_comment = f"The notebook could not be graded: {result.reason}"


def write_score(gradebook: Gradebook, exercise: str, score: float, where: tuple[str, str, str]) -> None:
    """Write an exercise's auto score; a manual score stays, and asks for a person's look."""
    _set_score(gradebook.find_grade(CHECK_PREFIX + exercise, *where), score)


def write_comment(gradebook: Gradebook, exercise: str, text: str | None, where: tuple[str, str, str]) -> None:
    """Write an exercise's automatic comment; a person's own comment is another field."""
    gradebook.find_comment(exercise, *where).auto_comment = text


def _set_score(grade: Any, score: float) -> None:
    grade.auto_score = score
    grade.needs_manual_grade = grade.manual_score is not None
