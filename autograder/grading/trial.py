"""A trial: answers written by people who saw the students' edition only, graded as if each had been handed in.

`<folder>/<chapter>/<notebook>/<exercise>/right_<slug>.py` or `wrong_<slug>.py` is the text of that exercise's cell; its
first line is a comment that says why it is right, or what is wrong. All else of the notebook is as solved. Each answer
is a submission of its own, so that one that loops or dies costs the others nothing, and is graded at several seeds.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.course.notebook import CourseNotebook, nbgrader_of
from autograder.grading.cluster import Options, grade_class
from autograder.grading.grade import Submission
from autograder.grading.store import Store
from autograder.plain.errors import CourseError
from autograder.plain.limits import Limits
from autograder.plain.results import ExerciseResult, SubmissionResult

NAMED = re.compile(r"(right|wrong)_\w+")
NOTHING_SAID = "(its first line says nothing)"


@dataclass(frozen=True)
class TriedAnswer:
    """One answer to one exercise, as it was written.

    Args:
        exercise: whose cell it is.
        name: its file's name without the ending.
        text: the cell.
    """

    exercise: str
    name: str
    text: str

    @property
    def is_right(self) -> bool:
        """Whether its writer says so."""
        return self.name.startswith("right_")

    @property
    def says(self) -> str:
        """What its first line says of it."""
        first = self.text.lstrip().partition("\n")[0]
        return first.lstrip("# ").strip() if first.startswith("#") and first.strip("# ") else NOTHING_SAID

    @property
    def where(self) -> str:
        """The file below the notebook's folder, without its ending."""
        return f"{self.exercise}/{self.name}"


@dataclass(frozen=True)
class Written:
    """What was written for one notebook; `left` are files that are no answers, each with the reason."""

    notebook: CourseNotebook
    answers: tuple[TriedAnswer, ...]
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """An answer, and what it is worth at each seed."""

    answer: TriedAnswer
    results: dict[int, ExerciseResult]

    @property
    def misjudged_at(self) -> list[int]:
        """The seeds at which a right answer is refused, or a wrong one has all points."""
        return [seed for seed, one in self.results.items() if _is_full(one) != self.answer.is_right]

    @property
    def changes(self) -> bool:
        """Whether its points, or the hint that it gets, differ from seed to seed."""
        return len({(one.score, one.hint) for one in self.results.values()}) > 1

    @property
    def hints(self) -> set[str]:
        """The hints that it gets; two or more where they change with the seed."""
        return {one.hint for one in self.results.values() if one.hint}

    @property
    def by_rule(self) -> bool:
        """Whether it breaks rules alone, whose own message is read in a hint's place."""
        return all(one.by_rule_only for one in self.results.values())


@dataclass(frozen=True)
class Trial:
    """All answers of one notebook, and the files that were none."""

    notebook: str
    seeds: tuple[int, ...]
    tried: tuple[Tried, ...]
    left: tuple[str, ...] = ()

    @property
    def misjudged(self) -> list[Tried]:
        """Right answers that are refused and wrong ones with all points, at whichever seed."""
        return [one for one in self.tried if one.misjudged_at]

    @property
    def changing(self) -> list[Tried]:
        """Answers whose points or hint differ from seed to seed."""
        return [one for one in self.tried if one.changes]

    @property
    def refused(self) -> list[Tried]:
        """The wrong answers that are rejected at every seed: those that deserve a hint."""
        return [one for one in self.tried if not one.answer.is_right and not one.misjudged_at]

    @property
    def without_hint(self) -> list[Tried]:
        """Rejected answers that, at a seed or more, get neither a hint nor a rule's own message."""
        return [one for one in self.refused if any(not _is_told(result) for result in one.results.values())]


def written_in(folder: Path, notebooks: Sequence[CourseNotebook]) -> list[Written]:
    """Return what a folder has for some notebooks; a notebook of which nothing is there is left out.

    Args:
        folder: <chapter>/<notebook>/<exercise>/*.py below it; of a single notebook, <exercise>/*.py will do.
        notebooks: whose answers may be there.

    Raises CourseError when there is nothing to try.
    """
    found = [_read(one, place) for one in notebooks if (place := _place(one, folder, notebooks))]
    if not any(one.answers for one in found):
        raise CourseError(_nothing(notebooks, folder))
    return found


def try_answers(
    found: Sequence[Written],
    seeds: Sequence[int],
    *,
    options: Options | None = None,
    limits: Limits | None = None,
    told: Callable[[SubmissionResult, bool], None] = lambda result, fresh: None,
) -> list[Trial]:
    """Grade answers at each of some seeds.

    Args:
        found: what `written_in` returned.
        seeds: of the inputs.
        options, limits: where they run, and what of.
        told: called with each result as it comes.

    Raises CourseError when a reference fails its own checks, SandboxError where there is no sandbox.
    """
    with tempfile.TemporaryDirectory() as scratch:
        submissions = [one for written in found for one in _handed_in(written, Path(scratch))]
        notebooks = [one.notebook for one in found if one.answers]
        at = {seed: _graded(submissions, notebooks, seed, Path(scratch), options, limits, told) for seed in seeds}
    return [_trial(one, at) for one in found]


def _read(notebook: CourseNotebook, folder: Path) -> Written:
    """Return the answers in a notebook's folder."""
    answers, left = [], []
    for path in sorted(folder.rglob("*.py")):
        exercise = path.parent.name
        if path.parent.parent != folder or exercise not in notebook.exercises:
            left.append(f"{path}: its folder is no exercise of {notebook.name}: {', '.join(notebook.exercises)}")
        elif not NAMED.fullmatch(path.stem):
            left.append(f"{path}: its name is neither right_<slug>.py nor wrong_<slug>.py")
        else:
            answers.append(TriedAnswer(exercise, path.stem, path.read_text(encoding="utf-8", errors="replace")))
    return Written(notebook, tuple(answers), tuple(left))


def _place(notebook: CourseNotebook, folder: Path, notebooks: Sequence[CourseNotebook]) -> Path | None:
    """Return the folder of a notebook's answers, or None."""
    own = next((one for one in _places(notebook, folder) if one.is_dir()), None)
    is_own = len(notebooks) == 1 and any((folder / name).is_dir() for name in notebook.exercises)
    return own or (folder if is_own else None)


def _places(notebook: CourseNotebook, folder: Path) -> Iterator[Path]:
    """With the notebook's number or without it."""
    yield from (folder / notebook.chapter / name for name in (notebook.name, notebook.path.stem))


def _nothing(notebooks: Sequence[CourseNotebook], folder: Path) -> str:
    first = notebooks[0]
    wanted = f"{first.chapter}/{first.name}/{next(iter(first.exercises))}/right_<slug>.py or wrong_<slug>.py"
    return f"there is no answer to try in {folder}: expected files such as {wanted}"


def _handed_in(written: Written, scratch: Path) -> Iterator[Submission]:
    """Write each answer as the notebook that its writer would hand in, and yield it as a submission."""
    import nbformat

    notebook = written.notebook
    for one in written.answers:
        path = scratch / notebook.chapter / notebook.name / one.exercise / f"{one.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = [_replaced(cell, one) for cell in notebook.cells]
        book = nbformat.v4.new_notebook(cells=cells, metadata=dict(notebook.metadata))
        path.write_text(nbformat.writes(book), encoding="utf-8")
        yield Submission(one.where, notebook.chapter, notebook.name, path, only=one.exercise)


def _replaced(cell: Any, answer: TriedAnswer) -> Any:
    about = nbgrader_of(cell)
    if cell.cell_type != "code" or not about.get("solution") or about.get("grade_id") != answer.exercise:
        return cell
    return type(cell)({**cell, "source": answer.text})


def _graded(
    submissions: list[Submission],
    notebooks: list[CourseNotebook],
    seed: int,
    scratch: Path,
    options: Options | None,
    limits: Limits | None,
    told: Callable[[SubmissionResult, bool], None],
) -> dict[tuple[str, str, str], ExerciseResult]:
    """Return each answer's result at a seed, by the notebook's chapter and name and the answer's place."""
    store = Store(scratch / f"seed_{seed}.json")
    results = grade_class(submissions, notebooks, store, seed=seed, options=options, limits=limits, told=told)
    whose = [((one.chapter, one.notebook, one.student), one) for one in results.submissions]
    only = {(one.chapter, one.notebook, one.student): one.only for one in submissions}
    return {key: _of_exercise(result, only[key]) for key, result in whose}


def _of_exercise(result: SubmissionResult, exercise: str) -> ExerciseResult:
    found = next((one for one in result.exercises if one.exercise == exercise), None)
    if found is None:
        raise CourseError(f"{result.notebook}: {result.student} could not be graded: {result.reason}")
    return replace(found, seconds=result.seconds)


def _trial(written: Written, at: dict[int, dict[tuple[str, str, str], ExerciseResult]]) -> Trial:
    chapter, name = written.notebook.chapter, written.notebook.name
    tried = [
        Tried(one, {seed: results[chapter, name, one.where] for seed, results in at.items()}) for one in written.answers
    ]
    return Trial(f"{chapter}/{name}", tuple(at), tuple(tried), written.left)


def _is_full(result: ExerciseResult) -> bool:
    return result.score == result.max_score and result.outcome == "passed"


def _is_told(result: ExerciseResult) -> bool:
    return result.hint is not None or result.by_rule_only
