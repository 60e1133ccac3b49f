"""The digits of a reference's answers that are kept: of a float64 tensor the first eight, where its test needs no more.

Numbers that look random don't pack: they are most of a recording. Comparisons allow for one in ten million, and what is
left out is one in five hundred million. A number that is no tensor keeps all its digits: a test may look for it among
others, exactly, and which of them it looks for depends on the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from autograder.authoring.doors import Answer

FRACTION = 52  # bits in a float64's fraction
KEPT, TRIED = 28, 24  # so many are kept where a test accepts the reference with so few, sixteen times as coarse


def shortened(answers: Sequence[Answer], bits: int) -> tuple[Answer, ...]:
    """Return answers whose float64 have so many bits in their fractions, to nearest."""
    return tuple(replace(one, value=_short(one.value, bits)) for one in answers)


def _short(value: Any, bits: int) -> Any:
    if isinstance(value, torch.Tensor):
        return _short_tensor(value, bits) if value.dtype == torch.float64 else value
    if isinstance(value, list | tuple):
        inside = [_short(one, bits) for one in value]
        return inside if isinstance(value, list) else tuple(inside)
    if isinstance(value, dict):
        return {key: _short(one, bits) for key, one in value.items()}
    return value


def _short_tensor(tensor: torch.Tensor, bits: int) -> torch.Tensor:
    cut = FRACTION - bits
    whole = tensor.detach().contiguous()
    rounded = (((whole.view(torch.int64) + (1 << (cut - 1))) >> cut) << cut).view(torch.float64)
    return torch.where(rounded.isfinite(), rounded, whole)  # an infinity, a NaN and what would become one stay
