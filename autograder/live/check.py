"""`check("l2_distances")` in a student's kernel: the exercise's tests against what is defined there now.

A check answers with a card. It never raises at a student: a fault of the course or of this package
becomes a card too, which says that it is not the student's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograder.plain.errors import CourseError, StudentRaised
from autograder.plain.limits import DEFAULTS
from autograder.plain.untimed import is_untimed
from autograder.present.card import Card
from autograder.present.card_words import at_hand, more_ways, points_in_words
from autograder.seams.jupyter_internals import (
    before_cells,
    shell,
    show_for_now,
    show_instead,
    watch_cells,
)

if TYPE_CHECKING:
    from autograder.checking.home import Home
    from autograder.live.kernel_side import KernelSide
    from autograder.live.saved import SavedNotebook
    from autograder.plain.results import ExerciseResult


def check(exercise: str) -> Card:
    """Run one exercise's checks against the functions and classes defined in this notebook.

    Args:
        exercise: the exercise's name, such as "l2_distances".

    Returns:
        A card that Jupyter shows: points, tests, and for the first failure what came and what was
        expected; from the second wrong answer on, a hint.
    """
    return _answer(exercise, _namespace())


def checks_of(notebook: str) -> Callable[[str], Card]:
    """Return the `check` of one notebook, which finds its checks wherever the notebook is opened.

    Args:
        notebook: "<chapter>/<notebook>", such as "01_classification/knn".
    """
    from autograder.live import here

    here.bound.append(notebook)

    def check(exercise: str) -> Card:
        return _answer(exercise, _namespace(), notebook)

    check.__doc__ = f'Run the checks of one exercise of {notebook}, such as check("l2_distances").'
    return check


def _answer(exercise: str, namespace: Mapping[str, Any], notebook: str = "") -> Card:
    """Judge an exercise of a notebook by what a kernel has; an unnamed notebook's checks lie in the working folder."""
    from autograder.live import here

    try:
        return _checked(exercise, namespace, here.home_of_exercise(exercise, notebook))
    except KeyboardInterrupt:
        return Card.stopped(exercise)
    except Exception as problem:
        return Card.broken(exercise, problem)


def _checked(exercise: str, namespace: Mapping[str, Any], home: Home) -> Card:
    from autograder.checking.namespace import check_at, recording_at
    from autograder.live import failing, here
    from autograder.live.kernel_side import KernelSide, unrun
    from autograder.live.patience import announced
    from autograder.live.ran import doubt_of
    from autograder.live.saved import saved_notebook

    saved = saved_notebook(here.file_of(home))
    side = KernelSide(namespace, recording_at(home.recording).points, saved)
    began, runs = time.perf_counter(), failing.Runs()
    with announced(exercise):
        result = check_at(home, side, exercise, runs.see)
    seconds = time.perf_counter() - began
    failing.kept.keep(result, runs)
    if side.unrun and result.outcome != "passed":
        result = unrun(result, side.unrun)
    elif result.outcome in ("failed", "error"):
        with announced(exercise):
            result = replace(result, mend_first=_mend_first(exercise, side, home))
    result, notes = _kept(result, home, side, saved)
    notes.append(_slow(result, side.longest))
    return Card(result, seconds, note="\n".join(filter(None, notes)), doubt=doubt_of(exercise, namespace, saved))


def failing(exercise: str, number: int = 1) -> Any:
    """Return what the last check of an exercise failed on: its arguments, what came and what was expected.

    Args:
        exercise: the exercise's name, in quotes.
        number: which of the failed tests; the first is the one that the card shows.

    Returns:
        `args` and `kwargs` (so that `row_means(*case.args, **case.kwargs)` asks the same again), `came`, `expected`,
        and in `code` lines for a cell; or a card that says why there is nothing.
    """
    from autograder.live.failing import kept

    try:
        return kept.give(exercise, number, _namespace())
    except CourseError as problem:
        return Card(None, heading=f"{exercise}: nothing to show", trouble=str(problem))


def _mend_first(exercise: str, side: KernelSide, home: Home) -> str:
    """Return an exercise that a wrong one uses and that is wrong itself; the first in the notebook, "" for none.

    They are checked now: what was found of them earlier may be of another text.
    """
    from autograder.checking.assess import FINE, used_by
    from autograder.checking.namespace import check_at, recording_at

    used = used_by(exercise, side, recording_at(home.recording).points)
    return next((name for name in used if check_at(home, side, name).outcome not in FINE), "")


def warm_up() -> None:
    """Import what a check needs, so that the first check is as quick as the next, and look on as cells are run."""
    try:
        import filelock  # noqa: F401

        import autograder.authoring.pretend
        import autograder.checking.assess
        import autograder.checking.home
        import autograder.live.spoilt  # noqa: F401
    except Exception:  # what is missing is said by the doctor and by the first check, and not by an import
        return
    look_on()


def look_on() -> None:
    """From now on keep what this kernel runs and look what that does to inputs, once for each kernel."""
    from autograder.live import ran
    from autograder.live.spoilt import guards

    if shell() is not None and not ran.is_looking:
        ran.is_looking = True
        before_cells(lambda: guards.put(shell().user_ns))
        watch_cells(ran.keep)
        watch_cells(_say_what_changed)
        show_instead(NotImplementedError, _card_of_stub, show_for_now)


def _say_what_changed(*_: object) -> None:
    """Show below a cell which function has changed its input while the cell ran."""
    from autograder.live.spoilt import card_of, guards

    guards.lift()
    card = card_of(guards.seen, shell().user_ns) if guards.seen else None
    if card is not None:
        show_for_now(card)


def _card_of_stub(problem: BaseException) -> Card | None:
    """Return the card of a cell that met a stub of this notebook; None for any other NotImplementedError."""
    name = StudentRaised("NotImplementedError", str(problem)).stub
    return Card.waiting(name, str(problem)) if name and name in shell().user_ns else None


def _slow(result: ExerciseResult, longest: Mapping[float | None, float]) -> str:
    """Return what to say of a pass that grading would stop, "" where there is nothing to say.

    Args:
        longest: seconds of the slowest call, by what a call may take (None: the usual time).
    """
    if result.outcome != "passed" or is_untimed():
        return ""
    for seconds, took in longest.items():
        allowed = DEFAULTS.call_seconds if seconds is None else seconds
        if took > allowed:
            return (
                f"One call took {took:.0f} seconds. When your work is graded a call may take {allowed:g}: "
                "make it faster."
            )
    return ""


def _kept(
    result: ExerciseResult, home: Home, side: KernelSide, saved: SavedNotebook
) -> tuple[ExerciseResult, list[str]]:
    """Write a result into the student's record of progress.

    Returns it with the hint that is due by that record, and the lines to say with it; where no record is kept, as it
    is.
    """
    from autograder.live import here, journal, ladder

    course = here.place_of_record(home)
    if course is None:
        return result, [_at_hand(result)]
    digest = ladder.digest_of(result, ladder.text_of(result.exercise, side.namespace))
    said = journal.record(course, home.key, result, digest)
    entry = journal.read(course).entry(home.key, result.exercise)
    if result.outcome == "passed":
        return result, [_other_ways(result.exercise, home), said]
    notes = [said]
    if entry is not None and entry.score > result.score:
        notes.append(f"What you have won stays: {points_in_words(entry.score, entry.max_score)}.")
    if result.outcome in journal.UNTRIED or entry is None or not entry.ends_with(digest):
        return result, [_at_hand(result), *notes]
    cell, failed = saved.cell_of(result.exercise), entry.failed_answers()
    result, to_come = ladder.climbed(result, failed, cell.hints if cell else ())
    return result, [to_come, _at_hand(result, again=failed > 2), *notes]


def _at_hand(result: ExerciseResult, again: bool = False) -> str:
    """Return how to have the arguments that failed, "" where there are none."""
    from autograder.live import failing

    if result.outcome in ("passed", "unwritten", "unrun") or not failing.kept.has(result.exercise):
        return ""
    return at_hand(result.exercise, again)


def _other_ways(exercise: str, home: Home) -> str:
    """Return how to see other right answers, "" in an edition that has none."""
    from autograder.live.others import ways_in

    count = min(2, len(ways_in(home, exercise)))
    return more_ways(exercise, count) if count else ""


def _namespace() -> Mapping[str, Any]:
    from autograder.live.here import names_here

    return names_here() if shell() is not None else sys._getframe(2).f_globals
