"""Results into nbgrader's gradebook: auto scores and comments, and nothing that a person has written.

Manual scores and manual comments stay as they are; late penalties stay nbgrader's.
"""

from __future__ import annotations

import secrets
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course.notebook import CHECK_PREFIX
from autograder.plain.errors import CourseError
from autograder.plain.numbered import at, name_of
from autograder.plain.results import STATUS_WORDS, Results, SubmissionResult
from autograder.present.card import text_of
from autograder.seams.nbgrader_internals import one_transaction, own_alembic

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

EARLIER = (
    "The automatic marks that stand here are those of a notebook handed in before: a person decides whether they count."
)


def record_results(results: Results, url: str, root: Path) -> int:
    """Write a run's marks and comments into the gradebook at `url` and return how many submissions it took.

    Args:
        results: a grading run.
        url: an SQLAlchemy address, such as "sqlite:///gradebook.db".
        root: the top of the course: what the gradebook doesn't know yet is registered from there.

    A submission that the machine failed at gets no score, and a person's flag. So does one that is missing where marks
    of an earlier one stand; where none stand, nothing is written.

    Raises CourseError when the gradebook can't be opened.
    """
    from sqlalchemy.exc import SAWarning

    handed_in = [one for one in results.submissions if one.status != "missing"]
    with warnings.catch_warnings(), open_gradebook(url, root) as gradebook:
        # nbgrader 0.9 builds its rows outside a session, and SQLAlchemy 2 says so for each of them.
        warnings.simplefilter("ignore", SAWarning)
        keys = dict.fromkeys((one.chapter, one.notebook) for one in handed_in)
        names = {key: register(gradebook, url, root, *key) for key in keys}
        written = 0
        for one in results.submissions:
            with one_transaction(gradebook):
                written += record(gradebook, one, names.get((one.chapter, one.notebook), one.notebook))
    return written


def prove_writable(url: str, root: Path) -> None:
    """Open a gradebook, and write and take back a student, so that a class is not graded in vain.

    Raises CourseError.
    """
    from nbgrader.api import Student
    from sqlalchemy.exc import SQLAlchemyError

    with open_gradebook(url, root) as gradebook:
        try:
            gradebook.db.add(Student(id=f"autograder tries to write {secrets.token_hex(4)}"))
            gradebook.db.flush()
            gradebook.db.rollback()
        except SQLAlchemyError as problem:
            raise CourseError(f"the gradebook {url} can't be written: {getattr(problem, 'orig', problem)}") from problem


def open_gradebook(url: str, root: Path) -> Gradebook:
    """Open a gradebook, made if it is not there. Raises CourseError."""
    from nbgrader.api import Gradebook

    from autograder.course.release import nbgrader_config

    try:
        with own_alembic():
            return Gradebook(url, nbgrader_config(root).CourseDirectory.get("course_id", ""))
    except Exception as problem:
        raise CourseError(f"the gradebook {url} can't be opened: {problem}") from problem


def register(gradebook: Gradebook, url: str, root: Path, chapter: str, notebook: str) -> str:
    """Make sure that the gradebook knows a notebook's cells, as `nbgrader generate_assignment` does.

    Returns the notebook's name there, which is its file's: nbgrader finds students' files by it. A gradebook that has
    it by another number, or by none, from before, is given the new name; the marks stay where they are.
    """
    from autograder.course.release import generate

    stem = at(root / "solutions" / chapter / f"{notebook}.md").stem
    known = _known(gradebook, chapter, stem)
    if known is None:
        with tempfile.TemporaryDirectory() as folder:
            generate(root, chapter, Path(folder), stem, database=url)
        gradebook.db.expire_all()
    elif known.name != stem:
        known.name = stem
        gradebook.db.commit()
    return stem


def _known(gradebook: Gradebook, chapter: str, stem: str) -> Any:
    """The gradebook's notebook of that name, or else the one that has it with another number or none; or None."""
    from nbgrader.api import MissingEntry

    try:
        notebooks = {one.name: one for one in gradebook.find_assignment(chapter).notebooks}
    except MissingEntry:
        return None
    other = (one for name, one in notebooks.items() if name_of(name) == name_of(stem))
    return notebooks.get(stem) or next(other, None)


def record(gradebook: Gradebook, result: SubmissionResult, name: str) -> bool:
    """Write one submission's marks, comments and flags. Returns whether there was anything to write.

    Args:
        gradebook: nbgrader's.
        result: of the submission.
        name: the notebook's name in the gradebook.
    """
    where = (name, result.chapter, result.student)
    if result.status == "missing" and not _has_marks(gradebook, where):
        return False
    gradebook.update_or_create_student(result.student)
    gradebook.update_or_create_submission(result.chapter, result.student)
    submitted = gradebook.find_submission_notebook(*where)
    for grade in submitted.grades:
        if grade.cell.cell_type == "markdown" and grade.manual_score is None:
            grade.auto_score, grade.needs_manual_grade = None, True
    if result.status == "graded":
        for one in result.exercises:
            write_score(gradebook, one.exercise, one.score, where)
            write_comment(gradebook, one.exercise, None if one.outcome == "passed" else text_of(one), where)
    elif result.status == "unreadable":
        for grade in _of_checks(submitted):
            _set_score(grade, 0.0)
        _comment_all(submitted, f"The notebook could not be graded: {result.reason}")
    else:
        _leave_to_a_person(submitted, result)
    return True


def _has_marks(gradebook: Gradebook, where: tuple[str, str, str]) -> bool:
    from nbgrader.api import MissingEntry

    try:
        submitted = gradebook.find_submission_notebook(*where)
    except MissingEntry:
        return False
    return any((grade.auto_score, grade.manual_score) != (None, None) for grade in submitted.grades)


def leave_missing(gradebook: Gradebook, where: tuple[str, str, str]) -> None:
    """Leave a notebook that was not handed in without a mark, flagged for a person. What a person gave stays."""
    submitted = gradebook.find_submission_notebook(*where)
    for grade in _of_checks(submitted):
        grade.auto_score = None
        grade.needs_manual_grade = True
    _comment_all(submitted, f"{STATUS_WORDS['missing']}.")


def _leave_to_a_person(submitted: Any, result: SubmissionResult) -> None:
    """No mark is known: what stands is neither kept in silence nor made 0. nbgrader counts it, and shows the flag."""
    earlier = any(grade.auto_score is not None for grade in _of_checks(submitted))
    for grade in _of_checks(submitted):
        grade.needs_manual_grade = True
    said = (
        f"{STATUS_WORDS[result.status]}. {result.reason}" if result.status == "undone" else STATUS_WORDS[result.status]
    )
    _comment_all(submitted, f"{said}. {EARLIER}" if earlier else f"{said}.")


def _of_checks(submitted: Any) -> list[Any]:
    return [grade for grade in submitted.grades if grade.cell.cell_type == "code"]


def _comment_all(submitted: Any, text: str) -> None:
    """Write a comment at each exercise; comments at questions are a person's."""
    exercises = {grade.cell.name.removeprefix(CHECK_PREFIX) for grade in _of_checks(submitted)}
    for comment in submitted.comments:
        if comment.cell.name in exercises:
            comment.auto_comment = text


def write_score(gradebook: Gradebook, exercise: str, score: float, where: tuple[str, str, str]) -> None:
    """Write an exercise's auto score; a manual score stays, and asks for a person's look."""
    _set_score(gradebook.find_grade(CHECK_PREFIX + exercise, *where), score)


def write_comment(gradebook: Gradebook, exercise: str, text: str | None, where: tuple[str, str, str]) -> None:
    """Write an exercise's automatic comment; a person's own comment is another field."""
    gradebook.find_comment(exercise, *where).auto_comment = text


def _set_score(grade: Any, score: float) -> None:
    grade.auto_score = score
    grade.needs_manual_grade = grade.manual_score is not None
