"""What nbgrader runs of ours, named in nbgrader_config.py.

`ClearSolutions` writes stubs that say what is to be written. `GradeInBox` stands where nbgrader has
`Execute`: it grades the notebook in the sandbox and writes each score where SaveAutoGrades reads it.
`SaveComments` stands after SaveAutoGrades, which resets comments.
"""

from __future__ import annotations

import gc
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearSolutions as NbGraderClearSolutions
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Integer, List

from autograder.card import html_of, text_of
from autograder.errors import CourseError, UnreadableNotebook
from autograder.names import visible
from autograder.notebook import CHECK_PREFIX, nbgrader_of, read_course_notebook
from autograder.results import ExerciseResult, SubmissionResult
from autograder.stubs import BEGIN, cleared_source

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.grade import Grader
    from autograder.sandbox.limits import Limits
    from autograder.sandbox.process import Box

RESULT = "autograder"


class ClearSolutions(NbGraderClearSolutions):
    """Replace each solution region by an error that names the exercise and says what to write."""

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        if cell.cell_type != "code" or BEGIN not in cell.source:
            return bool(super()._replace_solution_region(cell, language))
        cell.source = cleared_source(cell.source, str(cell.metadata.nbgrader.get("grade_id", "exercise")))
        return True


class GradeInBox(NbGraderPreprocessor):
    """Grade the notebook in the sandbox and write a card and a score into each check cell.

    Runs in the course's folder, as nbgrader does. A sandbox that can't be trusted stops the run.
    """

    seed = Integer(
        None, allow_none=True, help="The seed of the checks' inputs. One is drawn for each run when it is not given."
    ).tag(config=True)
    limits: Any = Dict(help="Limits of the sandbox that differ from the defaults, such as {'call_seconds': 30}.").tag(config=True)
    allow_missing: Any = List(help="Layers of the sandbox without which grading goes on.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Grade a student's notebook. Raises CourseError or SandboxError, never for the student's faults."""
        box = _box(Path.cwd(), _limits(self.limits), tuple(self.allow_missing))  # before torch is imported here too
        with _garbage_left():
            from autograder.grade import Submission
            from autograder.submission import parse_notebook

        about = resources["nbgrader"]
        where = Submission(about["student"], about["assignment"], about["notebook"], Path())
        seed = self.seed if self.seed is not None else _drawn_seed()
        grader = _grader(Path.cwd(), where.chapter, where.notebook, seed, box)
        box.start()
        try:
            result = grader.grade_book(parse_notebook(json.dumps(nb).encode()), where)
        except UnreadableNotebook as problem:
            result = SubmissionResult(where.student, where.chapter, where.notebook, "unreadable", str(problem))
        self.log.info("%s: %g of %g points, seed %s", visible(where.student), result.score, result.max_score, grader.recording.seed)
        write_outputs(nb, result)
        resources[RESULT] = result
        return nb, resources


class SaveComments(NbGraderPreprocessor):
    """Write what each failed exercise's student should read as the stub cell's automatic comment."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Write the comments of the result that GradeInBox left."""
        from autograder.gradebook import write_comment

        about, result = resources["nbgrader"], resources[RESULT]
        where = (about["notebook"], about["assignment"], about["student"])
        failed = [one for one in result.exercises if one.outcome != "passed"]
        if failed:
            with Gradebook(about["db_url"]) as gradebook:
                for one in failed:
                    write_comment(gradebook, one.exercise, text_of(one), where)
                gradebook.db.commit()
        return nb, resources


def name_misnamed(assignment: str, student: str, notebooks: list[str]) -> None:
    """Say in nbgrader's log which files hold a notebook under another name: nbgrader passes them by as unknown.

    nbgrader calls it before each student's notebooks, with the paths of all that it has found.
    """
    from traitlets.log import get_logger

    from autograder.notebook import course_notebooks
    from autograder.recognise import Recogniser

    solutions = Path.cwd() / "solutions"
    unknown = [Path(one) for one in notebooks if not (solutions / assignment / f"{Path(one).stem}.md").exists()]
    known = Recogniser(course_notebooks(solutions)) if unknown else None
    for path in unknown:
        found = known.look(path) if known else None
        what = f"is {'/'.join(found.key)} by its contents: name it {found.key[1]}.ipynb" if found else "is no notebook that the course knows"
        get_logger().warning("%s %s; `autograder grade` looks at contents, nbgrader at names", visible(str(path)), what)


@contextmanager
def _garbage_left() -> Iterator[None]:
    """Leave Python's garbage for later: torch is imported a sixth faster."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def write_outputs(nb: NotebookNode, result: SubmissionResult) -> None:
    """Write a card and a score into each check cell of a notebook."""
    found = {one.exercise: one for one in result.exercises}
    for cell in nb.cells:
        about = nbgrader_of(cell)
        if cell.cell_type != "code" or not about.get("grade"):
            continue
        name = str(about.get("grade_id", "")).removeprefix(CHECK_PREFIX)
        cell.outputs = _outputs(found.get(name), result.reason)
        cell.execution_count = 1


def _outputs(result: ExerciseResult | None, reason: str) -> list[NotebookNode]:
    """A card to read, then the number that nbgrader takes as the score: no output at all would be full points."""
    if result is None:
        card, score = {"text/plain": f"not graded: {reason}"}, 0.0
    else:
        card, score = {"text/plain": text_of(result), "text/html": html_of(result)}, result.score
    number = new_output("execute_result", {"text/plain": f"{score:g}"}, execution_count=1)
    return [new_output("display_data", card), number]


@cache
def _drawn_seed() -> int:
    return secrets.randbelow(2**31)


def _limits(changed: dict[str, Any]) -> Limits:
    from autograder.sandbox.limits import Limits

    try:
        return Limits(**changed)
    except (TypeError, ValueError) as problem:
        raise CourseError(f"c.GradeInBox.limits in nbgrader_config.py: {problem}") from None


@cache
def _box(root: Path, limits: Limits, allow_missing: tuple[str, ...]) -> Box:
    from autograder.boxes import Plan, box_of
    from autograder.notebook import course_notebooks, preloads
    from autograder.sandbox import cores

    cores.take(os.getpid())
    preload = preloads(course_notebooks(root / "solutions"))
    return box_of(Plan(limits, tuple(preload), allow_missing))  # it warms up while the reference is recorded


@cache
def _grader(root: Path, chapter: str, notebook: str, seed: int, box: Box) -> Grader:
    from autograder.grade import Grader
    from autograder.recorder import make_recording

    path = root / "solutions" / chapter / notebook
    if not path.with_suffix(".md").exists():
        raise CourseError(f"{chapter}/{notebook} is no notebook of the course in {root}: there is no {path.name}.md")
    source = read_course_notebook(path)
    return Grader(source, make_recording(source, seed), box)
