"""Relations of place to place: the right numbers stand elsewhere."""

from __future__ import annotations

import numpy as np

from autograder.checking.evidence import LEAST, Evidence, Numbers, Sides, Transform


def moved(evidence: Evidence) -> str | None:
    """The same numbers in other places."""
    for said, transform in MOVES:
        if evidence.is_explained_by(transform):
            return said
    return None


def _transposed(pair: Sides) -> Numbers | None:
    return pair.expected.T if pair.expected.ndim == 2 else None


def _flipped(axis: int) -> Transform:
    return lambda pair: np.flip(pair.expected, axis) if pair.expected.ndim > axis else None


def _late(pair: Sides) -> Numbers | None:
    """Entry k is what entry k - 1 should be; of the first nothing is known."""
    if not pair.expected.ndim or len(pair.expected) < LEAST or pair.came.shape != pair.expected.shape:
        return None
    return np.concatenate([pair.came[:1], pair.expected[:-1]])


def _early(pair: Sides) -> Numbers | None:
    """Entry k is what entry k + 1 should be; of the last nothing is known."""
    if not pair.expected.ndim or len(pair.expected) < LEAST or pair.came.shape != pair.expected.shape:
        return None
    return np.concatenate([pair.expected[1:], pair.came[-1:]])


def _reshaped(pair: Sides) -> Numbers | None:
    return pair.expected.reshape(pair.came.shape) if pair.came.size == pair.expected.size else None


MOVES: tuple[tuple[str, Transform], ...] = (
    ("Your answer is the right one transposed: which axis comes first?", _transposed),
    ("Your answer is the right one in reverse order, the last entry first.", _flipped(0)),
    ("Your answer is the right one with each row in reverse order.", _flipped(1)),
    (
        "Your answer is one step late: each entry is what the one before it should be. What is used before it is "
        "brought up to date?",
        _late,
    ),
    (
        "Your answer is one step early: each entry is what the one after it should be. What is brought up to date "
        "before it is used?",
        _early,
    ),
    ("Your answer has the right numbers in the right order, only its shape is another.", _reshaped),
)
