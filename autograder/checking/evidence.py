"""What an answer is known by: all values that the tests of an exercise compared, each beside the reference's.

`noted` keeps the two sides of each comparison of a test, which costs nothing; `evidence_of` makes numbers of them, and
is asked only when something failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from autograder.authoring.compare import TOLERANCES, Compared, Mismatch
from autograder.authoring.doors import Answer, Call
from autograder.checking.plugin import TestRun
from autograder.plain.results import Outcome

LEAST = 3  # different numbers at which a relation must show
MOST_LEAVES = 2_000
MOST_PARTS = 50
PLAIN = 1e-6, 1e-8  # the tolerance of numbers that are in no tensor
SAME = {torch.float16: (1e-2, 1e-4), torch.bfloat16: (3e-2, 3e-4), torch.float32: (1e-4, 1e-6)}
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sides:
    """One value that was compared, of both sides.

    Args:
        place: where it stands: who was called, and the way to it through lists and dicts.
        came, expected: the numbers, each in its shape.
        dtypes: of both; None of plain numbers.
        exact: whether these are whole numbers, which have no tolerance.
        call: what was asked.
    """

    place: tuple[Any, ...]
    came: Numbers
    expected: Numbers
    dtypes: tuple[torch.dtype | None, torch.dtype | None] = (None, None)
    exact: bool = False
    call: Call | None = None

    def differs(self, tightness: float) -> bool:
        """Whether a comparison with so many times the usual tolerance rejects it."""
        if self.dtypes[0] != self.dtypes[1] or self.came.shape != self.expected.shape:
            return True
        rtol, atol = PLAIN if self.dtypes[1] is None else TOLERANCES.get(self.dtypes[1], (0.0, 0.0))
        close = np.isclose(self.came, self.expected, rtol * tightness, atol * tightness, equal_nan=True)
        return not bool(close.all())

    def close(self, left: Numbers, right: Numbers) -> npt.NDArray[np.bool_]:
        """Where two arrays of a shape are alike, NaN to NaN, as far as numbers are that are computed another way."""
        if self.exact:
            return np.equal(left, right)
        rtol, atol = PLAIN if self.dtypes[1] is None else SAME.get(self.dtypes[1], PLAIN)
        return np.isclose(left, right, rtol, atol, equal_nan=True)

    def came_as(self, made: Numbers | None) -> bool:
        """Whether just these numbers came."""
        return made is not None and made.shape == self.came.shape and bool(self.close(self.came, made).all())


Transform = Callable[[Sides], Numbers | None]


@dataclass(frozen=True)
class Noted:
    """The comparisons of one test, as they were, and what was asked in it."""

    name: str
    outcome: Outcome
    failure: BaseException | None
    compared: Sequence[Compared | None]
    calls: Sequence[Call]


@dataclass(frozen=True)
class Evidence:
    """All that was compared: the values that differ, test by test, and those that are right."""

    wrong: tuple[tuple[Sides, ...], ...]
    right: tuple[Sides, ...]

    @property
    def pairs(self) -> list[Sides]:
        """The values that differ, of all tests."""
        return [pair for test in self.wrong for pair in test]

    @property
    def beside(self) -> list[Sides]:
        """The right values of the same function, at the same places as those that differ."""
        places = {pair.place for pair in self.pairs}
        return [pair for pair in self.right if pair.place in places]

    def is_explained_by(self, transform: Transform) -> bool:
        """Whether what came is everywhere what `transform` makes of what was expected, and shows it."""
        met = [*self.pairs, *self.beside]
        return all(pair.came_as(transform(pair)) for pair in met) and self._shows(transform)

    def _shows(self, transform: Transform) -> bool:
        """Whether it makes others of LEAST different numbers."""
        seen: set[float] = set()
        for pair in self.pairs:
            made = transform(pair)
            if made is None:
                continue
            moved = pair.expected
            if made.shape == moved.shape:
                moved = moved[~pair.close(made, moved)]
            seen.update(np.unique(moved.round(9)).tolist()[:LEAST])
        return len(seen) >= LEAST


def noted(run: TestRun) -> Noted:
    """Keep a test's comparisons; where it failed, without those of the student's own answers with each other."""
    compared: Sequence[Compared | None] = run.compared
    if run.failure is not None:
        own = {id(part) for one in run.answers for part in _parts(one.value)}
        compared = [one for one in compared if one is None or id(one[1]) not in own]
    return Noted(run.name, run.result.outcome, run.failure, compared, run.calls)


def _parts(value: Any, depth: int = 2) -> Iterator[Any]:
    """Yield an answer and what is in it, as far as these are things of their own: small whole numbers are shared."""
    if isinstance(value, torch.Tensor | float):
        yield value
    elif isinstance(value, dict | list | tuple):
        yield value
        if depth and len(value) <= MOST_PARTS:
            for part in value.values() if isinstance(value, dict) else value:
                yield from _parts(part, depth - 1)


def evidence_of(tests: Iterable[Noted], reference: Mapping[str, Sequence[Answer]]) -> Evidence | None:
    """Return what was compared; None where a test failed otherwise than by its values, or these can't be set side
    by side.

    An assertion and a broken rule compare nothing: they are neither for a relation nor against it. Of what is right
    only what the reference gave counts: other things that hold may hold of a wrong answer too.
    """
    tests = list(tests)
    if any(one.outcome != "passed" and not isinstance(one.failure, AssertionError) for one in tests):
        return None
    wrong, right = list[tuple[Sides, ...]](), list[Sides]()
    try:
        for one in tests:
            rows = [*one.compared]
            if isinstance(one.failure, Mismatch):
                differing, alike = _sorted([*_pairs_in(rows.pop(), one.calls)] if rows else [])
                wrong.append(differing)
                right += alike
            given = {id(part) for answer in reference.get(one.name, ()) for part in _parts(answer.value)}
            for row in rows:
                if row is not None and id(row[1]) in given:
                    right += _pairs_in(row, one.calls)
    except _UnlikeError:
        return None
    return Evidence(tuple(wrong), tuple(right)) if wrong else None


def _sorted(pairs: list[Sides]) -> tuple[tuple[Sides, ...], list[Sides]]:
    """Return the values that a comparison rejected, and those beside them; it may have been a strict one."""
    for tightness in (1.0, 1e-2, 1e-4):
        differing = tuple(pair for pair in pairs if pair.differs(tightness))
        if differing:
            return differing, [pair for pair in pairs if not pair.differs(tightness)]
    raise _UnlikeError


class _UnlikeError(Exception):
    """Two values that can't be set side by side."""


def _pairs_in(row: Compared | None, calls: Sequence[Call]) -> Iterator[Sides]:
    if row is None:
        raise _UnlikeError
    came, expected, answered, _ = row
    call = calls[answered - 1] if 0 < answered <= len(calls) else None
    for number, pair in enumerate(_leaves(came, expected, (call.name if call else "",), call)):
        if number >= MOST_LEAVES:
            raise _UnlikeError
        yield pair


def _leaves(came: Any, expected: Any, place: tuple[Any, ...], call: Call | None) -> Iterator[Sides]:
    """Walk through both sides at once; a list of numbers is one value."""
    if isinstance(came, torch.Tensor) and isinstance(expected, torch.Tensor):
        if came.is_complex() or expected.is_complex():
            raise _UnlikeError
        exact = not expected.is_floating_point()
        yield Sides(place, _array(came), _array(expected), (came.dtype, expected.dtype), exact, call)
    elif type(came) is not type(expected):
        raise _UnlikeError
    elif isinstance(came, dict):
        if came.keys() != expected.keys():
            raise _UnlikeError
        for key in expected:
            yield from _leaves(came[key], expected[key], (*place, key), call)
    elif isinstance(came, list | tuple):
        if _are_numbers(came) and _are_numbers(expected):
            exact = all(isinstance(one, int) for one in expected)
            yield Sides(place, np.array(came, float), np.array(expected, float), exact=exact, call=call)
        elif len(came) != len(expected):
            raise _UnlikeError
        else:
            for index, (one, other) in enumerate(zip(came, expected, strict=True)):
                yield from _leaves(one, other, (*place, index), call)
    elif _are_numbers([came]) and _are_numbers([expected]):
        yield Sides(place, np.array(float(came)), np.array(float(expected)), exact=isinstance(expected, int), call=call)
    elif came != expected:
        raise _UnlikeError


def _are_numbers(values: Sequence[Any]) -> bool:
    """Whether all are plain numbers; a whole number may have more digits than a float can."""
    return bool(values) and all(type(one) is float or (type(one) is int and abs(one) < 2**53) for one in values)


def _array(tensor: torch.Tensor) -> Numbers:
    found: Numbers = tensor.detach().cpu().double().numpy()
    return found
