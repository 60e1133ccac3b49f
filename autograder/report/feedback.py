"""What a student gets back: one page for each submission, and what is needed to repeat a failed check.

The tree is nbgrader's own, <student>/<chapter>/<notebook>.html, named as the student's file is, so that `nbgrader
release_feedback` hands it out; index.csv says which folder is whose. A page holds what belongs to one submission and
nothing of another. The answers at the run's seed are written beside the pages: with them a student's machine repeats
the grader's check on the very same inputs.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder.checking.recording import save
from autograder.course.notebook import read_course_notebook
from autograder.course.recorder import make_recording
from autograder.plain.names import file_name
from autograder.plain.numbered import at
from autograder.plain.results import Results, Run, SubmissionResult
from autograder.report.cells import cells_of, path_of
from autograder.report.marks import write_table
from autograder.report.render import render
from autograder.report.views import ExerciseView, SubmissionView, check_line, stem_of

ANSWERS, INDEX = "answers", "index.csv"
EXCHANGE_FILES = (
    "timestamp.txt",
    "submission_secret.txt",
)  # nbgrader's; it releases no feedback without them


def write_feedback(results: Results, folder: Path, submitted: Path | None = None) -> int:
    """Write a page for each submission below `folder` and return how many.

    Args:
        results: a grading run.
        folder: where to.
        submitted: the tree that was graded, to show each student their code; None shows none.
    """
    for one in results.submissions:
        path = folder / folder_of(one.student) / file_name(one.chapter) / f"{file_name(stem_of(one))}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(feedback_page(one, results.run, submitted), encoding="utf-8")
        _copy_exchange_files(submitted, one, path.parent)
    _write_index(results, folder)
    return len(results.submissions)


def _write_index(results: Results, folder: Path) -> None:
    """Write whose each folder is: a name that no file system takes is spelt otherwise there."""
    students = dict.fromkeys(one.student for one in results.submissions)
    write_table(folder / INDEX, [("student", "folder"), *((one, folder_of(one)) for one in students)])


def write_answers(results: Results, folder: Path, root: Path) -> list[Path]:
    """Write what the reference answers at the run's seed, for each notebook whose source is below `root`.

    They have no source in them, and are good for these inputs alone.
    """
    written = []
    for chapter, notebook in dict.fromkeys((one.chapter, one.notebook) for one in results.submissions):
        source = at(root / "solutions" / chapter / f"{notebook}.md")
        if source.is_file():
            path = folder / ANSWERS / chapter / answers_name(notebook, results.run.seed)
            save(make_recording(read_course_notebook(source), results.run.seed), path)
            written.append(path)
    return written


def answers_name(notebook: str, seed: int) -> str:
    """Return the name of the file with a notebook's answers at a seed."""
    return f"{notebook}.seed-{seed}.safetensors"


def feedback_page(one: SubmissionResult, run: Run, submitted: Path | None = None) -> str:
    """Return one submission's page."""
    cells = cells_of(submitted, one)
    views = tuple(
        ExerciseView(result, cells.get(result.exercise, ""), check_line(one, result.exercise, run.seed))
        for result in one.exercises
    )
    failed = any(result.outcome != "passed" for result in one.exercises)
    note = (
        f"A line that repeats a check is run in the folder that holds {one.chapter}. It needs "
        f"{answers_name(one.notebook, run.seed)}, which you got with this page, in {one.chapter}/checks."
    )
    view = SubmissionView(one, views, note if failed else "")
    return render("student.html", student=one.student, submissions=[view], run=run, back="", feedback=True)


def folder_of(student: str) -> str:
    """Return a student's folder: the name itself where any file system takes it, as nbgrader expects it."""
    return file_name(student, taken=(ANSWERS, INDEX))


def _copy_exchange_files(submitted: Path | None, one: SubmissionResult, folder: Path) -> None:
    path = path_of(submitted, one) if submitted else None
    for name in EXCHANGE_FILES if path else ():
        source = path.with_name(name) if path else folder / name
        if source.is_file() and not source.is_symlink():
            shutil.copy(source, folder / name)
