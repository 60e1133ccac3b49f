"""How an answer's values relate to the reference's, where one relation holds for all that was compared.

A relation is a fact about numbers, where a known mistake is a guess at what was written: it is looked for first, and
only after something failed. It is said when it holds for every number of every comparison that failed, shows at LEAST
different numbers, and is at odds with nothing that is right. One that says too little (a factor of 1, the transpose of
a symmetric matrix) is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch

from autograder.authoring.doors import Answer
from autograder.checking.evidence import LEAST, Evidence, Noted, Sides, evidence_of
from autograder.checking.factors import by_size, capped, constant, function_of, plus
from autograder.checking.moves import moved
from autograder.plain.devices import tensors

SINGLE = 1e-4  # how far apart numbers are of which one went through float32
Finder = Callable[[Evidence], str | None]


def relation_in(tests: Iterable[Noted], reference: Mapping[str, Sequence[Answer]]) -> str | None:
    """Return the relation that explains all failed tests of an exercise as a sentence for the student, or None.

    Args:
        tests: all tests of the exercise.
        reference: what the reference answered, by the tests' names.
    """
    try:
        evidence = evidence_of(tests, reference)
        if evidence is None:
            return None
        with np.errstate(all="ignore"):
            said = next((said for find in FINDERS if (said := find(evidence))), None)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # whatever came: a hint never costs a mark
        return None
    if said is None or said.startswith("Your answer is right "):
        return said
    return said.replace("Your answer", _what(evidence), 1)


def _what(evidence: Evidence) -> str:
    """What is wrong, where it is not all that came."""
    ways = {pair.place[1:] for pair in evidence.pairs}
    ends = {way[-1] if way else None for way in ways}
    end = next(iter(ends))
    if len(ends) == 1 and isinstance(end, str):
        return f"The `{end}` that you return"
    others = [pair for pair in evidence.right if pair.place[1:] not in ways and any(ways)]
    return "The part of your answer that is wrong" if others else "Your answer"


def _not_finite(evidence: Evidence) -> str | None:
    """Right but where it is NaN or infinite."""
    right = sum(pair.came.size for pair in evidence.right)
    for pair in evidence.pairs:
        if pair.came.shape != pair.expected.shape or pair.dtypes[0] != pair.dtypes[1]:
            return None
        finite = np.isfinite(pair.came)
        if finite.all() or not pair.close(pair.came, pair.expected)[finite].all():
            return None
        right += int(finite.sum())
    if right < LEAST:
        return None
    return (
        "Your answer is right everywhere but where it is NaN or infinite: which step on the way overflows there, or "
        "divides zero by zero, or takes infinity from infinity?"
    )


def _other_dtype(evidence: Evidence) -> str | None:
    """Right but for the dtype."""
    for pair in evidence.pairs:
        if pair.dtypes[0] == pair.dtypes[1] or pair.came.shape != pair.expected.shape:
            return None
        if not np.isclose(pair.came, pair.expected, *_coarser(pair), equal_nan=True).all():
            return None
    return (
        "The numbers of your answer are right, only their dtype is another: what is made on the way must follow the "
        "dtype of the inputs."
    )


def _coarser(pair: Sides) -> tuple[float, float]:
    """The tolerance of the dtype that has fewer digits."""
    halves = {torch.float16: 1e-2, torch.bfloat16: 3e-2}
    rtol = max(halves.get(one, SINGLE) if one is not None else SINGLE for one in pair.dtypes)
    return rtol, rtol * 1e-1


def _digits(evidence: Evidence) -> str | None:
    """Right to seven digits where there should be fifteen."""
    for pair in evidence.pairs:
        if pair.exact or {*pair.dtypes} - {torch.float64, None} or pair.came.shape != pair.expected.shape:
            return None
        largest = np.abs(pair.expected[np.isfinite(pair.expected)]).max(initial=0.0)
        if not np.isclose(pair.came, pair.expected, 3e-7, 3e-7 * largest, equal_nan=True).all():
            return None
    return (
        "Your answer is right to about seven digits, and not to all that its dtype has: does something go through "
        "float32 on the way, or is a small number added?"
    )


def _setting(evidence: Evidence) -> str | None:
    """Right only where an argument is left out, or only where it is given."""
    wrong, right = ([_settings(pair) for pair in pairs] for pairs in (evidence.pairs, evidence.beside))
    names: set[str] = set().union(*wrong, *right)
    never = [one for one in names if not any(one in given for given in wrong)]
    always = [one for one in names if all(one in given for given in wrong)]
    default = [one for one in never if any(one in given for given in right)]
    ignored = [one for one in always if not any(one in given for given in right)]
    if right and len(ignored) == 1:
        return (
            f"Your answer is right wherever `{ignored[0]}` is left out, and wrong where it is given: is it used, and "
            "as the docstring says?"
        )
    if len(default) == 1 and all(default[0] in given for given in right):  # of another cause some would be right
        return (
            f"Your answer is right wherever `{default[0]}` is given, and wrong only where it is left out: which value "
            "does the docstring give it then?"
        )
    return None


def _settings(pair: Sides) -> set[str]:
    """The names of the settings that were given: of keywords, or of a dict of plain values that a probe took."""
    if pair.call is None:
        return set()
    dicts = [one for one in pair.call.args if isinstance(one, dict) and not [*tensors(one)]]
    return {str(key) for one in [pair.call.kwargs, *dicts] for key in one}


FINDERS: tuple[Finder, ...] = (
    _other_dtype,
    constant,
    by_size,
    moved,
    function_of,
    plus,
    capped,
    _setting,
    _not_finite,
    _digits,
)
