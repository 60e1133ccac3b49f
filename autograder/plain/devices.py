"""Move the tensors of plain data between devices, and say which devices there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch


def available_devices() -> tuple[str, ...]:
    """Return the devices that checks can run on here."""
    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def move(value: Any, device: str) -> Any:
    """Return plain data with its tensors on `device`."""
    return with_tensors(lambda tensor: tensor.to(device), value)


def with_tensors(function: Callable[[torch.Tensor], Any], value: Any) -> Any:
    """Return plain data with `function` of each of its tensors.

    For these few kinds, a fifth of what torch's pytree costs.
    """
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, list | tuple):
        inside = [with_tensors(function, one) for one in value]
        return inside if isinstance(value, list) else tuple(inside)  # a NamedTuple isn't made from a list
    if isinstance(value, dict):
        return {key: with_tensors(function, one) for key, one in value.items()}
    return value


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors in plain data."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from tensors(one)
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))


def elsewhere(value: Any, device: str) -> str | None:
    """Return the device of a tensor that isn't on `device`, or None when all are."""
    return next((str(tensor.device) for tensor in tensors(value) if tensor.device.type != device), None)
