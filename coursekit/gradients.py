"""Compare gradients by name, and say so when one is right up to a constant.

The most common wrong gradient is the right one times a number: a forgotten 1/N, a lost minus sign, a
factor of two. A message that names the gradient and the number saves an hour of search.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from autograder.authoring.compare import Mismatch, assert_close, describe


def named(gradients: object, *names: str) -> dict[str, object]:
    """Return a tuple of gradients under their names. Raises Mismatch unless it is a tuple of just as many."""
    if type(gradients) is not tuple or len(gradients) != len(names):
        raise Mismatch("the answer is of the wrong kind", describe(gradients), f"a tuple ({', '.join(names)})")
    return dict(zip(names, gradients, strict=True))


def assert_gradients(actual: Mapping[str, object], expected: Mapping[str, object], **sizes: float) -> None:
    """Raise Mismatch unless every gradient agrees; the message names the first that doesn't.

    Args:
        actual: the student's gradients by name.
        expected: the right ones by name, float64 tensors as a rule.
        sizes: numbers that a gradient is often off by, by the name to use in the message, such as N=7.
    """
    if list(map(str, sorted(actual, key=str))) != sorted(expected):
        raise Mismatch("the gradients have the wrong names", describe(dict(actual)), describe(dict(expected)))
    for name, value in expected.items():
        try:
            assert_close(actual[name], value, what=f"the gradient of {name}")
        except Mismatch as found:
            about = explain_factor(actual[name], value, **sizes)
            raise found.saying(found.problem + about) from None


def explain_factor(actual: object, expected: object, **sizes: float) -> str:
    """Return ": it is off by a factor of N = 7" or the like, or "" when no single factor explains it.

    >>> explain_factor(torch.tensor([14.0, 21.0]), torch.tensor([2.0, 3.0]), N=7)
    ': it is the right one times N = 7, everywhere'
    """
    factor = _common_factor(actual, expected)
    if factor is None:
        return ""
    for name, size in {**sizes, "2": 2.0}.items():
        label = name if name == f"{size:g}" else f"{name} = {size:g}"
        for sign, words in ((1, ""), (-1, ", and its sign is turned")):
            if size > 1 and abs(factor * sign - size) < 1e-4 * size:
                return f": it is the right one times {label}, everywhere{words}"
            if size > 1 and abs(factor * sign * size - 1) < 1e-4:
                return f": it is the right one divided by {label}, everywhere{words}"
    if abs(factor + 1) < 1e-4:
        return ": its sign is turned, everywhere"
    return f": it is the right one times {factor:.4g}, everywhere"


def _common_factor(actual: object, expected: object) -> float | None:
    """Return the number that turns `expected` into `actual`, or None."""
    if not isinstance(actual, torch.Tensor) or not isinstance(expected, torch.Tensor):
        return None
    if actual.shape != expected.shape or actual.dtype != expected.dtype or not bool(actual.isfinite().all()):
        return None
    size = float((expected * expected).sum())
    factor = float((actual * expected).sum()) / size if size else 0.0
    if factor == 0 or abs(factor - 1) < 1e-6:
        return None
    return factor if torch.allclose(actual, factor * expected, rtol=1e-4, atol=1e-8) else None
