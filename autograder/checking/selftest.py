"""A check of the grader's own, which needs no course: `doctor()` runs it on a machine to see that checks run there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.authoring import assert_equal, exercise
from autograder.authoring.doors import Answer, LiveSide
from autograder.checking.recording import PUBLIC_SEED, Recording

NAME, ANSWER = "doubled", [2, 4, 6]


@exercise(NAME)
def test_each_number_is_doubled(student: Any, reference: Any) -> None:
    """Ask both sides, as the checks of an exercise do."""
    assert_equal(student.doubled([1, 2, 3]), reference.doubled([1, 2, 3]))


def can_check() -> bool:
    """Return whether a right answer passes a check here and a wrong one does not. Raises what stands in the way."""
    from autograder.checking.assess import judge
    from autograder.checking.plugin import with_checks

    recording = Recording(PUBLIC_SEED, {NAME: 1.0}, {test_each_number_is_doubled.__name__: (Answer(NAME, ANSWER),)})
    sides = [LiveSide({NAME: answer}) for answer in (lambda numbers: [2 * one for one in numbers], sorted)]
    right, wrong = with_checks(
        Path(__file__), lambda runner: [judge(runner, side, recording, [NAME], ("cpu",))[0] for side in sides]
    )
    return right.outcome == "passed" and wrong.outcome == "failed"
