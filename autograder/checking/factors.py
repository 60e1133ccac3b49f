"""Relations of number to number: a factor, a sum, a function, a bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from autograder.checking.evidence import Evidence, Numbers, Sides, Transform
from autograder.plain.devices import tensors


def constant(evidence: Evidence) -> str | None:
    """One factor everywhere."""
    ratio = _ratio(evidence.pairs)
    if ratio is None or abs(ratio - 1) < 1e-3 or abs(ratio) < 1e-9:
        return None
    if not evidence.is_explained_by(lambda pair: ratio * pair.expected):
        return None
    if abs(ratio + 1) < 1e-6:
        return "Your answer is the right one with its sign turned, in every place."
    for base, name in ((2, "2"), (10, "10")):
        if abs(ratio * math.log(base) - 1) < 1e-5:
            return (
                f"Your answer is the right one divided by ln {name}, in every place: which base has your logarithm, "
                "and which the formula's?"
            )
        if abs(ratio / math.log(base) - 1) < 1e-5:
            return (
                f"Your answer is the right one times ln {name}, in every place: which base has your logarithm, "
                "and which the formula's?"
            )
    return f"Your answer is the right one {_factor(ratio)} in every place: where does that factor come from?"


def _ratio(pairs: Iterable[Sides]) -> float | None:
    """What came by what was expected, at the largest number of both."""
    best, found = 0.0, None
    for pair in pairs:
        if pair.came.shape != pair.expected.shape or pair.dtypes[0] != pair.dtypes[1]:
            return None
        usable = np.isfinite(pair.came) & np.isfinite(pair.expected) & (pair.expected != 0)
        if usable.any():
            at = np.argmax(np.where(usable, np.abs(pair.expected), 0.0))
            if abs(pair.expected.flat[at]) > best:
                best, found = abs(float(pair.expected.flat[at])), float(pair.came.flat[at] / pair.expected.flat[at])
    return found


def _factor(ratio: float) -> str:
    turned = ", with its sign turned," if ratio < 0 else ""
    size = abs(ratio)
    for number in range(2, 13):
        if abs(size * number - 1) < 1e-5 * number:
            return f"divided by {number}{turned}"
    return f"times {size:.4g}{turned}"


def by_size(evidence: Evidence) -> str | None:
    """A factor, or a divisor, that is a size of the input: another in each test."""
    ratios = [_ratio(test) for test in evidence.wrong]
    if any(one is None or one <= 0 for one in ratios):
        return None
    known = [float(one) for one in ratios if one is not None]
    if len({round(one, 6) for one in known}) < 2:
        return None
    for divided in (False, True):
        wanted = [1 / one if divided else one for one in known]
        for size, words in _sizes(evidence, wanted):
            factor = (lambda pair, size=size: 1 / size(pair)) if divided else size
            if evidence.is_explained_by(_times(factor)):
                return (
                    f"Your answer is the right one {'divided by' if divided else 'times'} {words}, in every place: "
                    f"{'is something averaged that should not be?' if divided else 'is something to be averaged?'}"
                )
    return None


def _by(function: Callable[[Numbers], Numbers]) -> Transform:
    return lambda pair: function(pair.expected)


def _clipped(clip: Callable[[Numbers, float], Numbers], bound: float, numbers: Numbers) -> Numbers:
    return clip(numbers, bound)


def _times(factor: Callable[[Sides], float]) -> Transform:
    def transform(pair: Sides) -> Numbers | None:
        size = factor(pair)
        return None if not math.isfinite(size) else size * pair.expected

    return transform


def _sizes(evidence: Evidence, wanted: list[float]) -> Iterator[tuple[Callable[[Sides], float], str]]:
    """Yield the sizes of inputs that are as wanted in each failed test, with what they are."""
    for size, words in [*((_axis(0, axis), words) for axis, words in enumerate(AXES)), (_numel, "how many numbers")]:
        found = [size(test[0]) for test in evidence.wrong]
        if all(abs(one - other) < 1e-3 * other for one, other in zip(found, wanted, strict=True)):
            yield size, f"{words} its first input has" if size is _numel else f"the size of its first input's {words}"


AXES = ("first axis", "second axis", "third axis", "fourth axis")


def _axis(number: int, axis: int) -> Callable[[Sides], float]:
    def size(pair: Sides) -> float:
        found = [] if pair.call is None else [*tensors((pair.call.args, pair.call.kwargs))]
        return float(found[number].shape[axis]) if len(found) > number and found[number].ndim > axis else math.nan

    return size


def _numel(pair: Sides) -> float:
    found = [] if pair.call is None else [*tensors((pair.call.args, pair.call.kwargs))]
    return float(found[0].numel()) if found else math.nan


def plus(evidence: Evidence) -> str | None:
    """One number more everywhere."""
    first = evidence.pairs[0]
    if first.came.shape != first.expected.shape:
        return None
    all_apart = first.came - first.expected
    apart = float(np.median(all_apart[np.isfinite(all_apart)])) if np.isfinite(all_apart).any() else 0.0
    if (
        not math.isfinite(apart)
        or abs(apart) < 1e-4
        or not evidence.is_explained_by(lambda pair: pair.expected + apart)
    ):
        return None
    return (
        f"Your answer is the right one {'plus' if apart > 0 else 'minus'} {abs(apart):.4g} in every place: where does "
        "that number come from?"
    )


def function_of(evidence: Evidence) -> str | None:
    """A function of the right number."""
    for words, function in FUNCTIONS:
        if evidence.is_explained_by(_by(function)):
            return f"Each number of your answer is {words} the right one: which step is left out, or one too many?"
    return None


FUNCTIONS: tuple[tuple[str, Callable[[Numbers], Numbers]], ...] = (
    ("the square of", np.square),
    ("the square root of", np.sqrt),
    ("the exponential of", np.exp),
    ("the logarithm of", np.log),
    ("one minus", lambda x: 1 - x),
    ("one divided by", lambda x: 1 / x),
    ("the size, without the sign, of", np.abs),
)


def capped(evidence: Evidence) -> str | None:
    """Right up to a number that it never passes."""
    if any(pair.came.shape != pair.expected.shape for pair in evidence.pairs):
        return None
    came = [number for pair in evidence.pairs for number in pair.came[~pair.close(pair.came, pair.expected)].flat]
    if not came:
        return None
    for bound, clip, side in ((max(came), np.minimum, "larger"), (min(came), np.maximum, "smaller")):
        if math.isfinite(bound) and evidence.is_explained_by(_by(partial(_clipped, clip, bound))):
            return (
                f"Your answer is right up to {bound:.4g} and never {side}, where the right one goes on: what holds it "
                "there?"
            )
    return None
