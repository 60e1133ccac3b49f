"""`autograder check NOTEBOOK`: a student's own notebook checked from a terminal, on their own machine.

The code runs in this process, as it would in their kernel: the sandbox is for grading others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.assess import judge
from autograder.devices import available_devices
from autograder.errors import CourseError
from autograder.notebook import Outline, compile_cell
from autograder.plugin import with_checks
from autograder.reader import read_own_code
from autograder.recording import Recording, load
from autograder.results import ExerciseResult, TestResult
from autograder.student import LiveSide, as_raised
from autograder.submission import StudentCode

PUBLIC_SEED = 0


def check_notebook(path: Path, wanted: Iterable[str] = (), seed: int = PUBLIC_SEED, root: Path = Path()) -> list[ExerciseResult]:
    """Run the checks of a notebook's exercises and return what each is worth.

    Args:
        path: the notebook, with the course's checks/ folder beside it.
        wanted: the exercises to check; all when empty.
        seed: what the inputs are made from.
        root: the top of the course; where its solutions are, any seed can be checked.

    Raises CourseError or UnreadableNotebook with what is wrong with the call or the file.
    """
    recording = recording_at(path, seed, root)
    points = recording.points
    unknown = [name for name in wanted if name not in points]
    if unknown:
        raise CourseError(f"{path.name} has no exercise {', '.join(unknown)}; it has {', '.join(points)}")
    code = read_own_code(path, Outline(path.absolute().parent.name, path.stem, tuple(points)))
    namespace, failed = _run_cells(code)
    return [
        _refusal(name, float(points[name]), {**code.broken, **failed}[name])
        if name in code.broken or (name in failed and name not in namespace)
        else _judged(name, namespace, path, recording)
        for name in (wanted or points)
    ]  # fmt: skip


def recording_at(path: Path, seed: int, root: Path) -> Recording:
    """Return what the reference answers at a seed: released, sent with the feedback, or made from the solutions.

    Raises CourseError that says which file is missing.
    """
    released = path.parent / "checks" / f"{path.stem}.safetensors"
    if seed == PUBLIC_SEED:
        return load(released)
    sent = path.parent / "checks" / f"{path.stem}.seed-{seed}.safetensors"
    if sent.is_file():
        return load(sent)
    source = root / "solutions" / path.absolute().parent.name / f"{path.stem}.md"
    if source.is_file():
        from autograder.notebook import read_course_notebook
        from autograder.recorder import make_recording

        return make_recording(read_course_notebook(source), seed)
    raise CourseError(
        f"the answers at seed {seed} are not here: put {sent.name}, which came with your feedback, "
        f"into {sent.parent}, or leave out --seed to check with the course's own inputs"
    )


def _judged(name: str, namespace: dict[str, Any], path: Path, recording: Recording) -> ExerciseResult:
    checks = path.parent / "checks" / f"test_{path.stem}.py"
    return with_checks(checks, lambda runner: judge(runner, LiveSide(namespace), recording, [name], available_devices()))[0]


def _run_cells(code: StudentCode) -> tuple[dict[str, Any], dict[str, str]]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    failed = {}
    for cell in code.cells:
        try:
            exec(compile_cell(cell.source, f"<{cell.label}>"), namespace)
        except Exception as problem:
            if cell.exercise:
                failed[cell.exercise] = f"running the cell failed: {as_raised(problem)}"
    return namespace, failed


def _refusal(name: str, points: float, message: str) -> ExerciseResult:
    return ExerciseResult(name, 0.0, points, "error", (TestResult("the cell", "error", message),))
