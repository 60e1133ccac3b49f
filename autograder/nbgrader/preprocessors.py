"""What nbgrader runs of ours, named in nbgrader_config.py.

`ClearSolutions` writes stubs that say what is to be written, `AddRecording` puts beside them what the checks compare
with, `ReleasedNotebook` writes the file as it stands in the tree. `SubmittedNotebook` stands where nbgrader reads a
student's file, and gives it the cells that it knows, whatever the student has made of them. `GradeInBox` stands where
nbgrader has `Execute`: it grades the file in the sandbox. `SaveMarks` stands where nbgrader has `SaveAutoGrades`: marks
and comments get into the gradebook by the code of `autograder grade --gradebook`.
"""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Integer, List

from autograder.course.notebook import CourseNotebook, compact, read_course_notebook
from autograder.course.stubs import BEGIN, cleared_source
from autograder.plain.errors import CourseError, MachineFailed, SandboxError
from autograder.plain.names import visible
from autograder.plain.numbered import at, name_of
from autograder.plain.results import SubmissionResult
from autograder.plain.text import clean_line
from autograder.seams.nbgrader_internals import ClearRegions, Stopped, coursedir_of, one_transaction

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from nbgrader.coursedir import CourseDirectory

    from autograder.grading.grade import Grader
    from autograder.plain.limits import Limits
    from autograder.sandbox.box import Box

RESULT = "autograder"


class ClearSolutions(ClearRegions):
    """Replace each solution region by an error that names the exercise and says what to write."""

    def replaced(self, cell: NotebookNode) -> str | None:
        """Return a stub's text, or None for a cell that has no solution region."""
        if cell.cell_type != "code" or BEGIN not in cell.source:
            return None
        return cleared_source(cell.source, str(cell.metadata.nbgrader.get("grade_id", "exercise")))


class AddRecording(NbGraderPreprocessor):
    """Put what the checks compare with into the release, which is the one place where it stands.

    nbgrader's `--force` removes a release before it makes it anew: then the reference is recorded again.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Give nbgrader's writer one more file. A notebook that is not of the course has none."""
        about = resources["nbgrader"]
        path = Path(coursedir_of(self).root) / "solutions" / about["assignment"] / f"{about['notebook']}.md"
        if path.exists():
            notebook = read_course_notebook(path)
            resources.setdefault("outputs", {})[f"checks/{notebook.recording.name}"] = _recorded(notebook)
        return nb, resources


def _recorded(notebook: CourseNotebook) -> bytes:
    if notebook.recording.exists():
        return notebook.recording.read_bytes()
    from autograder.checking.recording import to_bytes
    from autograder.course.recorder import make_recording

    return to_bytes(make_recording(notebook))


class ReleasedNotebook(NotebookExporter):
    """Write a release as `autograder build` has it, to the byte: nbgrader's own indents its JSON."""

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """Return the text of the file, and what nbgrader hands on."""
        text, resources = super().from_notebook_node(nb, resources, **kw)
        return compact(text).decode("utf-8"), resources


class SubmittedNotebook(NotebookExporter):
    """Read whatever was handed in: nbgrader's own reader raises at a byte order mark, an old format, a page of HTML."""

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        """Return a submission in cells that nbgrader knows; what autograde has written itself is read as it is."""
        from autograder.nbgrader.formgrader import released, restored

        about = resources["nbgrader"]
        path = submitted(coursedir_of(self), about)
        if Path(filename).parent.resolve() != path.parent.resolve():
            return super().from_filename(filename, resources=resources, **kw)
        with _no_mark_by_others_faults(self.log, about):
            book = restored(path, released(Path.cwd(), about["assignment"], name_of(about["notebook"])))
        return self.from_notebook_node(book, resources=resources, **kw)


class GradeInBox(NbGraderPreprocessor):
    """Grade what was handed in, in the sandbox, and write a card and a score into each check cell.

    Runs in the course's folder, as nbgrader does, and grades the submitted file as `autograder grade` does.
    """

    seed = Integer(
        None, allow_none=True, help="The seed of the checks' inputs. One is drawn for each run when it is not given."
    ).tag(config=True)
    limits: Any = Dict(help="Limits of the sandbox that differ from the defaults, such as {'call_seconds': 30}.").tag(
        config=True
    )
    allow_missing: Any = List(help="Layers of the sandbox without which grading goes on.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Grade a student's notebook. Raises for the machine's and the course's faults, never for the student's."""
        about = resources["nbgrader"]
        with _no_mark_by_others_faults(self.log, about):
            result = self._graded(about)
            if result.status == "undone":
                raise MachineFailed(result.reason)
        from autograder.nbgrader.formgrader import show

        show(nb, result)
        resources[RESULT] = result
        return nb, resources

    def _graded(self, about: dict[str, str]) -> SubmissionResult:
        box = _box(Path.cwd(), _limits(self.limits), tuple(self.allow_missing))  # before torch is imported here too
        with _garbage_left():
            from autograder.grading.grade import Submission
        path = submitted(coursedir_of(self), about)
        where = Submission(about["student"], about["assignment"], name_of(about["notebook"]), path)
        seed = self.seed if self.seed is not None else _drawn_seed()
        grader = _grader(Path.cwd(), where.chapter, where.notebook, seed, box)
        box.start()
        result = grader.grade(where)
        self.log.info(
            "%s: %g of %g points, seed %s",
            visible(where.student),
            result.score,
            result.max_score,
            grader.recording.seed,
        )
        return result


class SaveMarks(NbGraderPreprocessor):
    """Write what GradeInBox found into the gradebook, as `autograder grade --gradebook` does."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Write the marks and comments of the result that GradeInBox left."""
        about = resources["nbgrader"]
        _write(resources[RESULT], about)
        _take_back_zeros(coursedir_of(self), about)
        return nb, resources


def _take_back_zeros(coursedir: CourseDirectory, about: dict[str, str]) -> None:
    """A notebook of the chapter that was not handed in has no mark here either: nbgrader has just written 0 for it."""
    from autograder.nbgrader.gradebook import leave_missing, one_transaction

    with Gradebook(about["db_url"]) as gradebook, one_transaction(gradebook):
        for notebook in gradebook.find_assignment(about["assignment"]).notebooks:
            if not os.path.lexists(submitted(coursedir, {**about, "notebook": notebook.name})):
                leave_missing(gradebook, (notebook.name, about["assignment"], about["student"]))


def submitted(coursedir: CourseDirectory, about: dict[str, str]) -> Path:
    """Return where a student's notebook lies: by nbgrader's name for it, or by the same with another number or none."""
    folder = coursedir.format_path(coursedir.submitted_directory, about["student"], about["assignment"])
    return at(Path(folder, f"{about['notebook']}.ipynb"))


@contextmanager
def _no_mark_by_others_faults(log: Logger, about: dict[str, str]) -> Iterator[None]:
    """The machine's and the course's faults leave a submission to a person, and all but a box that died end the run."""
    try:
        yield
    except (SandboxError, CourseError) as problem:
        log.error("%s/%s of %s: %s", about["assignment"], about["notebook"], about["student"], problem)
        reason = clean_line(problem, 400)
        name = name_of(about["notebook"])
        _write(SubmissionResult(about["student"], about["assignment"], name, "undone", reason), about)
        if isinstance(
            problem, MachineFailed
        ):  # nbgrader goes on with the next student, and tries this one in the next run
            raise
        raise Stopped(3 if isinstance(problem, SandboxError) else 2) from problem


def _write(result: SubmissionResult, about: dict[str, str]) -> None:
    from autograder.nbgrader.gradebook import record

    with Gradebook(about["db_url"]) as gradebook, one_transaction(gradebook):
        record(gradebook, result, about["notebook"])


def name_misnamed(assignment: str, student: str, notebooks: list[str]) -> None:
    """Give nbgrader the name that it knows for a notebook that is named without its number, or with an older one.

    What is called otherwise it passes by as unknown: its log says which of these files hold a notebook of the course.
    nbgrader calls this before each student's notebooks, with the paths of all that it has found, in a list that it
    goes on with.
    """
    from traitlets.log import get_logger

    from autograder.course.notebook import course_notebooks
    from autograder.reading.recognise import Recogniser

    solutions = Path.cwd() / "solutions"
    notebooks[:] = list(dict.fromkeys(_as_known(Path(one), solutions / assignment) for one in notebooks))
    unknown = [Path(one) for one in notebooks if not (solutions / assignment / f"{Path(one).stem}.md").exists()]
    known = Recogniser(course_notebooks(solutions)) if unknown else None
    for path in unknown:
        found = known.look(path) if known else None
        what = "is no notebook that the course knows"
        if found:
            source = at(solutions.joinpath(*found.key).with_suffix(".md"))
            what = f"is {'/'.join(found.key)} by its contents: name it {source.stem}.ipynb"
        get_logger().warning("%s %s; `autograder grade` looks at contents, nbgrader at names", visible(str(path)), what)


def _as_known(path: Path, chapter: Path) -> str:
    """The path that nbgrader looks for; `submitted` finds what is there instead."""
    source = at(chapter / f"{path.stem}.md")
    return str(path.with_name(f"{source.stem}.ipynb")) if source.exists() else str(path)


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


@cache
def _drawn_seed() -> int:
    return secrets.randbelow(2**31)


def _limits(changed: dict[str, Any]) -> Limits:
    from autograder.plain.limits import Limits

    try:
        return Limits(**changed)
    except (TypeError, ValueError) as problem:
        raise CourseError(f"c.GradeInBox.limits in nbgrader_config.py: {problem}") from None


@cache
def _box(root: Path, limits: Limits, allow_missing: tuple[str, ...]) -> Box:
    from autograder.course.notebook import course_notebooks, preloads
    from autograder.grading.boxes import BoxPlan, box_of
    from autograder.plain.settings import course_settings
    from autograder.sandbox import cores

    cores.take(os.getpid())
    preload = preloads(course_notebooks(root / "solutions"))
    return box_of(
        BoxPlan(limits, tuple(preload), allow_missing, course_settings(root).kits)
    )  # it warms up while the reference is recorded


@cache
def _grader(root: Path, chapter: str, notebook: str, seed: int, box: Box) -> Grader:
    from autograder.course.recorder import make_recording
    from autograder.grading.grade import Grader

    path = at(root / "solutions" / chapter / f"{notebook}.md")
    if not path.exists():
        raise CourseError(f"{chapter}/{notebook} is no notebook of the course in {root}: there is no {path.name}")
    source = read_course_notebook(path)
    return Grader(source, make_recording(source, seed), box)
