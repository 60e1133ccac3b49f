"""Hints as a ladder: the first wrong answer is shown what differs, the second gets a hint, the third the way on.

What counts is how many *different* answers have failed since the exercise was last passed. Where no record is kept
nothing can be counted, and the hint is shown at once, as grading shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autograder.plain.errors import LimitReached
from autograder.plain.results import ExerciseResult
from autograder.plain.source import live_lookup, reachable
from autograder.present.card_words import HINT_TO_COME, message_of, unfold

NOT_FOR_HINTS = ("needs", "undefined")  # kinds of failures that say themselves what to do first


def text_of(exercise: str, namespace: Mapping[str, Any]) -> str:
    """Return the text that an exercise is made of in a kernel, its helpers' too; "" where that is not known."""
    try:
        made_of = reachable(exercise, live_lookup(namespace))
    except LimitReached:
        return ""
    return "\n".join(one.text for one in made_of.values() if not one.is_import)


def digest_of(result: ExerciseResult, text: str) -> str:
    """Return what tells one answer from another: its text, or where that is not known, what is wrong with it."""
    said = text or "\n".join(message_of(one) for one in result.tests)
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:12]


def climbed(result: ExerciseResult, failed_answers: int, hints: Sequence[str]) -> tuple[ExerciseResult, str]:
    """Return a wrong result with the hint that is due, and a line that says that one will come, mostly "".

    Args:
        result: with the hint of a known mistake, if it is one.
        failed_answers: how many different answers have failed, this one included.
        hints: the titles of the hints that unfold above the exercise's cell, from a nudge to an outline.
    """
    first = result.plainest_failure
    if first is None or first.failure is None or first.failure.kind in NOT_FOR_HINTS:
        return result, ""
    if failed_answers <= 1:  # what comes next may be no known mistake: only the notebook's own can be promised
        return replace(result, hint=None), HINT_TO_COME if hints else ""
    # A known mistake's hint takes the second rung; else the first of the notebook's own does.
    place = failed_answers - 2
    due = hints[min(place, len(hints) - 1)] if hints and not (place == 0 and result.hint) else ""
    said = [result.hint or "", unfold(due, goes_furthest=place > 0 and due == hints[-1]) if due else ""]
    return replace(result, hint=" ".join(filter(None, said)) or None), ""
