"""A call as a person would write it: what can be copied into a cell, where it is small enough to be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograder.authoring.doors import Call

MOST_NUMBERS = 12  # of a tensor that is written out
LONGEST = 300  # characters of an argument that is written out
DEFAULTS = (torch.float32, torch.int64, torch.bool)  # what torch.tensor makes of Python's numbers


def describe_call(call: Call) -> str:
    """Return a call in one line: small arguments so that they can be copied, large tensors by dtype and shape.

    A probe is a few lines of the check's own, which no student can call: it is said to be that.
    """
    words = [written(value) for value in call.args] + [f"{key}={written(value)}" for key, value in call.kwargs.items()]
    if call.probe is None:
        return f"{call.name}({', '.join(words)})"
    lines = f"lines of the check, \u201c{call.probe.name.replace('_', ' ')}\u201d"
    return f"{lines}, with {', '.join(words)}" if words else lines


def written(value: Any) -> str:
    """Return a value as Python reads it, or in a few characters where that would be long.

    The repr of a large tensor takes longer than any test: it is never asked for.
    """
    whole = _whole(value, MOST_NUMBERS)
    return whole if whole is not None and len(whole) <= LONGEST else _short(value)


def _whole(value: Any, room: int) -> str | None:
    """The value as Python reads it; None where it has more than `room` numbers in it or is nothing that is written."""
    if isinstance(value, torch.Tensor):
        return _tensor(value) if value.numel() <= room else None
    if isinstance(value, list | tuple | dict):
        if len(value) > room:
            return None
        parts = [_whole(one, room) for one in (value.values() if isinstance(value, dict) else value)]
        return _in_brackets(value, [one for one in parts if one is not None]) if None not in parts else None
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value) if value is None or isinstance(value, bool | int | float | str) else None


def _tensor(value: torch.Tensor) -> str:
    dtype = "" if value.dtype in DEFAULTS and value.numel() else f", dtype={value.dtype}"
    if not value.numel():
        return f"torch.empty({_shape(tuple(value.shape))}{dtype})"
    return f"torch.tensor({_numbers(value.detach().cpu())}{dtype})"


def _numbers(value: torch.Tensor) -> str:
    """The numbers in brackets, each with as many digits as its dtype has."""
    if value.ndim:
        return f"[{', '.join(map(_numbers, value))}]"
    number = value.item()
    if not isinstance(number, float):
        return repr(number)
    if not np.isfinite(number):
        return f'float("{number}")'
    narrow = {torch.float32: np.float32, torch.float16: np.float16}.get(value.dtype)
    return repr(number) if narrow is None else str(narrow(number))


def _in_brackets(value: Any, parts: list[str]) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {one}" for key, one in zip(value, parts, strict=True)) + "}"
    inner = ", ".join(parts)
    if isinstance(value, list):
        return f"[{inner}]"
    return f"({inner},)" if len(parts) == 1 else f"({inner})"


def _shape(shape: tuple[int, ...]) -> str:
    return repr(shape)


def _short(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}[{', '.join(map(str, value.shape))}]"
    if isinstance(value, list | tuple | dict) and len(value) > 3:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, list | tuple | dict):
        return _in_brackets(value, [_short(one) for one in (value.values() if isinstance(value, dict) else value)])
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "\u2026"
