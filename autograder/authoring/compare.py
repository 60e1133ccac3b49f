"""Compare an answer with the expected one: kind, dtype, exact shape, finiteness, value, in that order.

NaN equals NaN in the same place and nothing else; an infinity equals the same infinity. Lists,
tuples and dicts are compared item by item, and the message says which item differs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch

from autograder.plain.results import FailureKind

TOLERANCES: dict[torch.dtype, tuple[float, float]] = {
    torch.float16: (1e-2, 1e-3),
    torch.bfloat16: (3e-2, 1e-3),
    torch.float32: (1e-4, 1e-5),
    torch.float64: (1e-7, 1e-8),
    torch.complex64: (1e-4, 1e-5),
    torch.complex128: (1e-7, 1e-8),
}
NUMBER_TOLERANCE = (1e-6, 1e-8)
FAINT = 0.01
MOST_KEPT = 20_000  # numbers in a comparison that is kept for a hint

Compared = tuple[Any, Any, int, "Tolerance"]
_comparing: ContextVar[tuple[list[Compared | None], Sized] | None] = ContextVar("_comparing", default=None)


@contextmanager
def comparisons(answers: Sized) -> Iterator[list[Compared | None]]:
    """Give a list that every comparison meanwhile adds its two sides to, whatever it finds: (actual, expected, how many
    `answers` there were by then, its tolerance).

    One that is too large to be kept until all tests are over is None in it.
    """
    kept: list[Compared | None] = []
    token = _comparing.set((kept, answers))
    try:
        yield kept
    finally:
        _comparing.reset(token)


@dataclass(frozen=True)
class Tolerance:
    """How far apart two values may be: |actual - expected| <= atol + rtol |expected|; None follows the dtype."""

    rtol: float | None = None
    atol: float | None = None

    def of(self, dtype: torch.dtype | None) -> tuple[float, float]:
        """Return (rtol, atol) for a tensor's dtype, or for a plain number (None)."""
        rtol, atol = NUMBER_TOLERANCE if dtype is None else TOLERANCES.get(dtype, (0.0, 0.0))
        return (rtol if self.rtol is None else self.rtol, atol if self.atol is None else self.atol)


class Mismatch(AssertionError):
    """Two values differ.

    Args:
        problem: what is wrong, in one sentence.
        came: what the student's code gave.
        expected: what the reference gives.
        where: the first index where they differ, or "".
        kind: what of them differs.
        beside: both in parts, as `Failure.beside` has them; left out where `came` and `expected` say it all.

    `sides` are the two values themselves, and `is_faint` says that their numbers lie close to each other.
    """

    def __init__(
        self,
        problem: str,
        came: str,
        expected: str,
        where: str = "",
        kind: FailureKind = "value",
        beside: tuple[tuple[str, str, str], ...] = (),
    ) -> None:
        super().__init__(problem, came, expected, where)
        self.sides: tuple[Any, Any] | None = None
        self.is_faint = False
        self.problem, self.came, self.expected, self.where = problem, came, expected, where
        self.kind, self.beside = kind, beside

    def saying(self, problem: str) -> Mismatch:
        """Return the same with another sentence."""
        said = Mismatch(problem, self.came, self.expected, self.where, self.kind, self.beside)
        said.sides, said.is_faint = self.sides, self.is_faint
        return said

    def __str__(self) -> str:
        lines = [self.problem, f"  came:     {self.came}", f"  expected: {self.expected}"]
        return "\n".join([*lines, f"  first at: {self.where}"] if self.where else lines)


class RuleBroken(AssertionError):
    """The values may be right, but the way there is one that the exercise rules out."""


def assert_close(
    actual: Any, expected: Any, rtol: float | None = None, atol: float | None = None, what: str = ""
) -> None:
    """Raise Mismatch unless `actual` is of the same kind, dtype and shape as `expected` and close in value.

    Args:
        actual: what the student's code returned.
        expected: what it should be.
        rtol, atol: tolerances; the default follows the expected dtype.
        what: the name of the value, for the message ("the gradient of b2").
    """
    _compare_whole(actual, expected, what, Tolerance(rtol, atol))


def assert_parts(
    actual: Any, expected: tuple[Any, ...], *names: str, rtol: float | None = None, atol: float | None = None
) -> None:
    """Compare a tuple part by part as `assert_close` does, so that the message can name the part.

    Args:
        actual: what the student's code returned.
        expected: a tuple of as many values as there are names.
        names: what the parts are called ("the mean", "the components").
        rtol, atol: tolerances for every part.
    """
    if not isinstance(actual, tuple) or len(actual) != len(expected):
        assert_close(actual, expected, rtol=rtol, atol=atol)
    for name, one, other in zip(names, actual, expected, strict=True):
        assert_close(one, other, rtol=rtol, atol=atol, what=name)


def assert_equal(actual: Any, expected: Any, what: str = "") -> None:
    """Raise Mismatch unless `actual` is of the same kind, dtype and shape, and exactly equal."""
    _compare_whole(actual, expected, what, Tolerance(0.0, 0.0))


def agrees(actual: Any, expected: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Return whether `assert_close` would accept."""
    try:
        _compare(actual, expected, "", Tolerance(rtol, atol))
    except Mismatch:
        return False
    return True


def describe(value: Any) -> str:
    """Return a few words that say what a value is: kind, dtype, shape."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of {_dtype(value)} {_shape(value)}"
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return f"the {type(value).__name__} {value!r}"
    if isinstance(value, str):
        return f"the string {_cut(repr(value))}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return (
            f"a dict with the keys {_cut(', '.join(map(repr, itertools.islice(value, 120))))}"
            if value
            else "an empty dict"
        )
    return f"a {type(value).__name__}"


def _compare_whole(actual: Any, expected: Any, what: str, tolerance: Tolerance) -> None:
    keeping = _comparing.get()
    if keeping is not None:
        kept, answers = keeping
        kept.append((actual, expected, len(answers), tolerance) if _numbers_in(actual) <= MOST_KEPT else None)
    try:
        _compare(actual, expected, what or "the answer", tolerance)
    except Mismatch as problem:
        problem.sides = actual, expected
        raise


def _compare(actual: Any, expected: Any, what: str, tolerance: Tolerance) -> None:
    if type(actual) is not type(expected):
        raise Mismatch(_wrong_kind(actual, what), describe(actual), describe(expected), kind="kind")
    if isinstance(expected, torch.Tensor):
        _compare_tensors(actual, expected, what, tolerance)
    elif isinstance(expected, dict):
        _compare_dicts(actual, expected, what, tolerance)
    elif isinstance(expected, list | tuple):
        _compare_sequences(actual, expected, what, tolerance)
    elif isinstance(expected, float):
        _compare_floats(actual, expected, what, tolerance)
    elif actual != expected:
        raise Mismatch(f"{what} has the wrong value", _cut(repr(actual)), _cut(repr(expected)))


def _numbers_in(value: Any) -> int:
    """How many numbers a piece of plain data holds; of a long list without looking at what is in it."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    if isinstance(value, dict | list | tuple):
        items = value.values() if isinstance(value, dict) else value
        return MOST_KEPT + 1 if len(value) > MOST_KEPT / 100 else sum(map(_numbers_in, items))
    return len(value) if isinstance(value, str) else 1


def _wrong_kind(actual: Any, what: str) -> str:
    if actual is None:
        return f"{what} is None: is there a `return`?" if what == "the answer" else f"{what} is None"
    return f"{what} is of the wrong kind"


def _compare_dicts(actual: dict[Any, Any], expected: dict[Any, Any], what: str, tolerance: Tolerance) -> None:
    kinds = {(type(key), key) for key in actual}, {(type(key), key) for key in expected}
    if kinds[0] != kinds[1]:
        raise Mismatch(f"{what} has the wrong keys{_astray(*kinds)}", describe(actual), describe(expected), kind="kind")
    for key, value in expected.items():
        _compare(actual[key], value, f"{what}[{key!r}]", tolerance)


def _compare_sequences(actual: Any, expected: Any, what: str, tolerance: Tolerance) -> None:
    if len(actual) != len(expected):
        raise _lengths_differ(actual, expected, what, tolerance)
    for index, (left, right) in enumerate(zip(actual, expected, strict=True)):
        _compare(left, right, f"{what}[{index}]", tolerance)


def _astray(came: set[Any], expected: set[Any]) -> str:
    """Which keys are missing and which are too many, each with its type where that alone differs."""
    missing, more = (sorted((repr(key) for _, key in one), key=str) for one in (expected - came, came - expected))
    parts = [f"{word} {_cut(', '.join(keys))}" for word, keys in (("without", missing), ("with", more)) if keys]
    return f": it is {' and '.join(parts)}"


def _lengths_differ(actual: Any, expected: Any, what: str, tolerance: Tolerance) -> Mismatch:
    """Two lists that are not equally long, with the first place where they part."""
    pairs = enumerate(zip(actual, expected, strict=False))
    rtol, atol = tolerance.rtol, tolerance.atol
    index = next(
        (at for at, (one, other) in pairs if not agrees(one, other, rtol, atol)), min(len(actual), len(expected))
    )
    came, wanted = (_item(one, index) for one in (actual, expected))
    return Mismatch(
        f"{what} has the wrong length",
        f"{describe(actual)}, with {came} at [{index}]",
        f"{describe(expected)}, with {wanted} at [{index}]",
        f"[{index}]",
        "shape",
        (("", came, wanted), ("length", str(len(actual)), str(len(expected)))),
    )


def _item(values: Any, index: int) -> str:
    if index >= len(values):
        return "nothing"
    one = values[index]
    return _cut(repr(one), 60) if isinstance(one, bool | int | float | str | tuple) else describe(one)


def _compare_floats(actual: float, expected: float, what: str, tolerance: Tolerance) -> None:
    rtol, atol = tolerance.of(None)
    if math.isnan(actual) and math.isnan(expected):
        return
    if not (math.isfinite(actual) and math.isfinite(expected)) and actual != expected:
        if math.isfinite(actual):
            raise Mismatch(f"{what} has the wrong value", repr(actual), repr(expected))
        raise Mismatch(f"{what} is not finite", repr(actual), repr(expected), kind="finite")
    if actual != expected and not abs(actual - expected) <= atol + rtol * abs(expected):
        came, wanted, remark = _side_by_side(actual, expected)
        raise _faint(
            Mismatch(f"{what} has the wrong value{remark}", came, wanted), abs(actual - expected), abs(expected)
        )


def _compare_tensors(actual: torch.Tensor, expected: torch.Tensor, what: str, tolerance: Tolerance) -> None:
    if actual.dtype != expected.dtype:
        raise _tensors_differ(f"{what} has the wrong dtype", actual, expected, "dtype")
    if actual.shape != expected.shape:
        raise _tensors_differ(f"{what} has the wrong shape", actual, expected, "shape")
    actual, expected = actual.detach().cpu(), expected.detach().cpu()
    if torch.equal(actual, expected):  # the usual case, at a fifth of the price
        return
    rtol, atol = tolerance.of(expected.dtype)
    exact = not (expected.is_floating_point() or expected.is_complex())
    close = actual == expected if exact else torch.isclose(actual, expected, rtol, atol, equal_nan=True)
    if bool(close.all()):  # close to a finite number is finite, and to an infinity or NaN is the same one
        return
    _compare_finiteness(actual, expected, what)
    raise _values_differ(actual, expected, ~close, what)


def _compare_finiteness(actual: torch.Tensor, expected: torch.Tensor, what: str) -> None:
    strange = ~torch.isfinite(actual)
    same = (actual == expected) | (torch.isnan(actual) & torch.isnan(expected))
    wrong = strange & ~same
    if bool(wrong.any()):
        index = _first(wrong)
        came, wanted = _number(actual[index]), _number(expected[index])
        raise Mismatch(
            f"{what} has {_count(wrong)} that should be finite"
            if bool(torch.isfinite(expected[index]))
            else f"{what} has {_count(wrong)} of the wrong infinite or NaN value",
            f"{came} in {describe(actual)}",
            wanted,
            _at(index),
            "finite",
            _numbers_beside(came, wanted, actual),
        )


def _values_differ(actual: torch.Tensor, expected: torch.Tensor, wrong: torch.Tensor, what: str) -> Mismatch:
    index = _first(wrong)
    share = "" if actual.ndim == 0 else f" in {int(wrong.sum())} of {wrong.numel()} places"
    came, wanted, remark = _side_by_side(actual[index].item(), expected[index].item(), expected.dtype)
    found = Mismatch(
        f"{what} has the wrong value{share}{remark}",
        came + ("" if actual.ndim == 0 else f" in {describe(actual)}"),
        wanted,
        _at(index),
        beside=() if actual.ndim == 0 else _numbers_beside(came, wanted, actual),
    )
    if not (expected.is_floating_point() or expected.is_complex()):
        return found
    return _faint(found, float((actual - expected).abs()[wrong].max()), float(expected.abs()[wrong].max()))


def _faint(found: Mismatch, apart: float, size: float) -> Mismatch:
    """Mark a difference of less than a hundredth of what was expected: rightly found, and hard to see."""
    found.is_faint = apart < FAINT * size
    return found


def _tensors_differ(problem: str, actual: torch.Tensor, expected: torch.Tensor, kind: FailureKind) -> Mismatch:
    beside = (("dtype", _dtype(actual), _dtype(expected)), ("shape", _shape(actual), _shape(expected)))
    return Mismatch(problem, describe(actual), describe(expected), kind=kind, beside=beside)


def _numbers_beside(came: str, wanted: str, actual: torch.Tensor) -> tuple[tuple[str, str, str], ...]:
    """Two numbers of tensors that are of one shape."""
    return (("", came, wanted), ("shape", _shape(actual), _shape(actual)))


def _side_by_side(actual: Any, expected: Any, dtype: torch.dtype = torch.float64) -> tuple[str, str, str]:
    """Return two numbers as text, and a remark: where six digits are the same, all are shown."""
    came, wanted = _text(actual), _text(expected)
    if came != wanted:
        return came, wanted, ""
    in_float32 = dtype == torch.float64 and _is_single(actual)
    return (
        repr(actual),
        repr(expected),
        " after its sixth digit" + ", as if something had been computed in float32" * in_float32,
    )


def _is_single(number: Any) -> bool:
    """Whether a float64 is one that float32 has too, which hardly one in a billion is by chance: round numbers are."""
    if not isinstance(number, float):
        return False
    single, short = (float(torch.tensor(number, dtype=dtype)) for dtype in (torch.float32, torch.bfloat16))
    return single == number != short


def _first(wrong: torch.Tensor) -> tuple[int, ...]:
    if wrong.ndim == 0:
        return ()
    return tuple(int(i) for i in wrong.nonzero()[0])


def _at(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _count(wrong: torch.Tensor) -> str:
    number = int(wrong.sum())
    return "a value" if number == 1 else f"{number} values"


def _number(value: torch.Tensor) -> str:
    return _text(value.item())


def _text(number: Any) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def _dtype(value: torch.Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _shape(value: torch.Tensor) -> str:
    return f"({', '.join(map(str, value.shape))}{',' if value.ndim == 1 else ''})"


def _cut(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
