"""`autograder check NOTEBOOK`: a student's own notebook checked from a terminal, on their own machine.

It is read, run and judged as grading does it, and it says the same; but the code runs in this process, as it would
in the student's kernel: the sandbox is for grading others. Of its limits the times are kept where they can be.
"""

from __future__ import annotations

import _thread
import linecache
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autograder.authoring.doors import Call, LiveSide, as_raised
from autograder.authoring.no_gpu import on_cpu_if_need_be
from autograder.checking.assess import judge
from autograder.checking.home import Home, home_of_file
from autograder.checking.plugin import with_checks
from autograder.checking.recording import PUBLIC_SEED, Recording, load
from autograder.course.notebook import Outline
from autograder.plain.devices import available_devices
from autograder.plain.errors import CourseError, LimitReached, StudentRaised, SubmissionError
from autograder.plain.half_imported import forget_half_imported
from autograder.plain.limits import DEFAULTS
from autograder.plain.numbered import at
from autograder.plain.results import ExerciseResult
from autograder.plain.statements import run_statements
from autograder.present.card import text_of
from autograder.reading.explained import Explained, Reasons
from autograder.reading.reader import read_own_code
from autograder.reading.refusals import refusal, refusals
from autograder.reading.submission import CodeCell, StudentCode

T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """What a notebook's exercises are worth, and what there is to know about the file."""

    exercises: tuple[ExerciseResult, ...]
    notes: tuple[str, ...] = ()


def show(checked: Checked) -> str:
    """Return what a person reads of a check."""
    score, points = (sum(getattr(one, name) for one in checked.exercises) for name in ("score", "max_score"))
    lines = [text_of(one) + "\n" for one in checked.exercises] + [f"note: {note}" for note in checked.notes]
    return "\n".join([*lines, f"{score:g} of {points:g} points"])


def check_notebook(path: Path, wanted: Iterable[str] = (), seed: int = PUBLIC_SEED, root: Path = Path()) -> Checked:
    """Run the checks of a notebook's exercises and return what each is worth.

    Args:
        path: the notebook; its number need not be said. Its checks lie beside it, or in an installed course.
        wanted: the exercises to check; all when empty.
        seed: what the inputs are made from.
        root: the top of the course; where its solutions are, any seed can be checked.

    Raises CourseError or UnreadableNotebook with what is wrong with the call or the file.
    """
    path = at(path)
    home = home_of_file(path)
    recording = recording_at(home, seed, root, path.absolute().parent / "checks")
    points = recording.points
    unknown = [name for name in wanted if name not in points]
    if unknown:
        raise CourseError(f"{path.name} has no exercise {', '.join(unknown)}; it has {', '.join(points)}")
    code = read_own_code(path, Outline(home.chapter, home.notebook, tuple(points)))
    student = TimedSide()
    refused = refusals(code, student.load(code))
    names = list(wanted or points)
    gradable = [name for name in names if name not in refused]
    found = {one.exercise: one for one in _judged(home, student, recording, gradable)}
    results = tuple(found.get(name) or refusal(name, points[name], refused[name]) for name in names)
    return Checked(results, (*code.notes, *student.reasons.told))


def _judged(home: Home, student: TimedSide, recording: Recording, names: list[str]) -> list[ExerciseResult]:
    side = Explained(student, student.reasons)
    if not names:
        return []
    return with_checks(home.checks, lambda runner: judge(runner, side, recording, names, available_devices()))


def recording_at(home: Home, seed: int, root: Path, beside: Path) -> Recording:
    """Return what the reference answers at a seed: released, sent with the feedback, or made from the solutions.

    What was sent lies in `beside`, the folder checks/ beside the notebook.

    Raises CourseError that says which file is missing.
    """
    if seed == PUBLIC_SEED:
        return load(home.recording)
    sent = beside / f"{home.notebook}.seed-{seed}.safetensors"
    if sent.is_file():
        return load(sent)
    source = at(root / "solutions" / home.chapter / f"{home.notebook}.md")
    if source.is_file():
        from autograder.course.notebook import read_course_notebook
        from autograder.course.recorder import make_recording

        return make_recording(read_course_notebook(source), seed)
    raise CourseError(
        f"the answers at seed {seed} are not here: put {sent.name}, which came with your feedback, "
        f"into {sent.parent}, or leave out --seed to check with the course's own inputs"
    )


class TimedSide(LiveSide):
    """A notebook's code in this process, within the times that grading gives it."""

    def __init__(self) -> None:
        super().__init__({"__name__": "__main__"})
        self.reasons = Reasons(StudentCode(()))

    def load(self, code: StudentCode) -> dict[str, SubmissionError]:
        """Run the cells of a submission. Returns what went wrong, by label."""
        self.reasons = Reasons(code)
        failed: dict[str, SubmissionError] = {}
        for cell in code.cells:
            try:
                lines = in_time(lambda: self._run(cell), DEFAULTS.load_seconds)  # noqa: B023
            except SubmissionError as problem:
                lines = [(line, "a limit", str(problem), "") for line, _ in cell.binds[:1]]
                failed[cell.label] = problem
            self.reasons.loaded(cell, [line[:3] for line in lines])
            if lines and cell.exercise:
                failed.setdefault(cell.label, StudentRaised(*lines[0][1:]))
        return failed

    def ask(self, call: Call) -> Any:
        """Answer as a kernel does, in the time that the call may take."""
        allowed = DEFAULTS.call_seconds if call.seconds is None else call.seconds
        return in_time(lambda: super(TimedSide, self).ask(call), allowed)

    def _run(self, cell: CodeCell) -> list[tuple[int, str, str, str]]:
        filename = f"<{cell.label}>"
        linecache.cache[filename] = (len(cell.source), None, cell.source.splitlines(keepends=True), filename)
        names: dict[str, Any] = self.namespace  # type: ignore[assignment]
        try:
            failed = run_statements(cell.source, filename, names, on_cpu_if_need_be)
        except SystemExit as problem:
            failed = [(1, RuntimeError(f"the cell ended the program: exit({problem.code})"))]
        raised = [(line, as_raised(problem)) for line, problem in failed]
        return [(line, one.kind, one.text, one.where) for line, one in raised]


def in_time(work: Callable[[], T], seconds: float) -> T:
    """Return what `work()` does.

    Raises LimitReached when it takes longer and can be interrupted: a call within C can't.
    """
    late = threading.Event()

    def stop() -> None:
        late.set()
        _thread.interrupt_main()

    if threading.current_thread() is not threading.main_thread():
        return work()
    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        return work()
    except KeyboardInterrupt:
        if not late.is_set():
            raise
        forget_half_imported()
        message = f"it did not finish within {seconds:g} seconds: is there an endless loop?"
        raise LimitReached(message, "timeout") from None
    finally:
        timer.cancel()
