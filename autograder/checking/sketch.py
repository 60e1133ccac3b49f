"""What tells a known mistake's answers apart: a few numbers of each test, instead of all of them.

A mistake is never replayed, only recognised. So its answers are kept as a *sketch*:

- `exact`, a digest of all that must be equal to the last bit: the names of the calls, what was raised, kinds, dtypes,
  shapes, keys, texts, whole numbers, and where there is a NaN or an infinity;
- `sums`, PLACES whole numbers made of every float. Each float x goes as asinh(x / 0.01), which turns the tolerance
  ATOL + RTOL |x| into one width for all sizes of numbers, times a weight of its place, into one of the sums. Of a sum's
  steps 16 bits are kept.

A step is the tolerance of one float times the root of how many a sum has, as errors of either sign add up. So up to
four floats that agree number by number always have sketches that agree, and of more those whose errors are as of
rounding, far below the tolerance. Others seldom have: a float that is off by six times a step shows in its sum (of a
thousand floats, 1 in 1,000 off), floats that have changed places show by their weights, and chance agrees with two sums
once in 10^8, with four once in 10^17.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from autograder.authoring.doors import Answer

PLACES = 4
RTOL, ATOL = 1e-5, 1e-7
WIDTH = 1.05 * math.sqrt(2) * RTOL  # how far asinh(x / (ATOL / RTOL)) moves within the tolerance, and room for rounding
LARGEST = 1e306  # beyond it, a float divided by 0.01 is none
TOLD = 1_000  # characters of an error's text: the box sends it cut, and a recording is made without one
MOST_NUMBERS = 1_000_000  # an answer of more is nobody's known mistake
Sums = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Sketch:
    """One test's answers.

    Args:
        exact: 32 bits of a digest, signed.
        sums: PLACES numbers.
    """

    exact: int
    sums: Sums = field(compare=False)

    def agrees(self, other: Sketch, tolerance: tuple[float, float] = (0.0, 0.0)) -> bool:
        """Return whether these can be the same answers, within (rtol, atol) where that is more than a sketch's own."""
        if self.exact != other.exact:
            return False
        steps = max(1, math.ceil(min(max(tolerance[0] / RTOL, tolerance[1] / ATOL), 2**15)))
        apart = (self.sums - other.sums).astype(np.int16)  # the shorter way round
        return bool((np.abs(apart.astype(np.int32)) <= steps).all())


def sketch_of(answers: Sequence[Answer]) -> Sketch | None:
    """Return the sketch of a test's answers; None where there are none, or far too many numbers."""
    if not answers or sum(_size(one.value) for one in answers) > MOST_NUMBERS:
        return None
    seen = _Seen()
    for one in answers:
        raised = one.raised and (one.raised[0], one.raised[1][:TOLD])
        seen.tell(repr((one.name, raised)))
        seen.add(one.value)
    return Sketch(int.from_bytes(seen.digest.digest(), "little", signed=True), _sums(seen.floats))


class _Seen:
    """What a walk through answers has met."""

    def __init__(self) -> None:
        self.digest = hashlib.blake2b(digest_size=4)
        self.floats: list[npt.NDArray[np.float64]] = []

    def tell(self, text: str) -> None:
        """Put a text, and its end, into the digest."""
        self.digest.update(text.encode() + b"\0")

    def add(self, value: Any) -> None:
        """Walk through a value of plain data."""
        if isinstance(value, torch.Tensor):
            self._add_tensor(value)
        elif isinstance(value, float):
            self.tell("float")
            self._add_floats(np.array([value]))
        elif isinstance(value, dict):
            self.tell(f"dict {len(value)}")
            for _, key in sorted((f"{type(one).__name__} {one!r}", one) for one in value):
                self.tell(f"{type(key).__name__} {key!r}")
                self.add(value[key])
        elif isinstance(value, list | tuple):
            self.tell(f"{type(value).__name__} {len(value)}")
            for item in value:
                self.add(item)
        else:
            self.tell(f"{type(value).__name__} {value!r}")

    def _add_tensor(self, tensor: torch.Tensor) -> None:
        self.tell(f"{tensor.dtype} {tuple(tensor.shape)}")
        flat = tensor.detach().cpu().reshape(-1)
        if flat.is_complex():
            flat = torch.view_as_real(flat).reshape(-1)
        if flat.is_floating_point():
            self._add_floats(flat.double().numpy())
        else:
            self.digest.update(flat.contiguous().numpy().tobytes())

    def _add_floats(self, numbers: npt.NDArray[np.float64]) -> None:
        finite = np.isfinite(numbers)
        if not finite.all():
            self.digest.update(np.nan_to_num(numbers[~finite], nan=0.0, posinf=1.0, neginf=-1.0).tobytes())
            self.digest.update(np.packbits(finite).tobytes())
            numbers = np.where(finite, numbers, 0.0)
        self.floats.append(numbers)


def _sums(floats: list[npt.NDArray[np.float64]]) -> Sums:
    """Return the sums of all floats, the first of which goes into the first sum, and the fifth again."""
    every = np.concatenate(floats) if floats else np.empty(0)
    if every.size == 1:
        every = np.repeat(every, 2)  # with one sum alone chance agrees once in 20,000
    rows = max(1, -(-every.size // PLACES))
    moved = np.zeros(rows * PLACES)
    scaled = np.clip(every, -LARGEST, LARGEST) * (RTOL / ATOL)
    moved[: every.size] = np.arcsinh(scaled) * _weights(rows.bit_length())[: every.size]
    steps = np.floor(moved.reshape(rows, PLACES).sum(axis=0) / (math.sqrt(rows) * WIDTH))
    return np.remainder(steps, 2**16).astype(np.uint16)


@cache
def _weights(bits: int) -> npt.NDArray[np.float64]:
    """Return the weights of the places of less than 2**bits rows, each between 0.5 and 1 or -1 and -0.5."""
    # numpy promises that this generator, and no newer one, draws the same for ever.
    drawn = np.random.RandomState(20).random_sample(PLACES << bits)
    return np.where(drawn < 0.5, drawn - 1.0, drawn)


def _size(value: Any) -> int:
    return sum(_sizes(value))


def _sizes(value: Any) -> Iterator[int]:
    if isinstance(value, torch.Tensor):
        yield value.numel()
    elif isinstance(value, dict):
        for item in value.values():
            yield from _sizes(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _sizes(item)
    else:
        yield 1
