"""The device a notebook computes on: the CPU, unless one setting asks for another."""

from __future__ import annotations

import os

import torch

SETTING = "AUTOGRADER_DEVICE"


def get_device(prefer: str | None = None) -> torch.device:
    """Return the device that `prefer`, or else the variable AUTOGRADER_DEVICE, asks for.

    Args:
        prefer: "cpu", "cuda", "cuda:1", "mps", or "auto" for the fastest one there is. None reads
            the environment, and means "cpu" where that is silent.

    A device that this machine lacks is no error: one sentence says so, and the CPU is returned.

    >>> get_device("cpu")
    device(type='cpu')
    """
    wanted = (prefer or os.environ.get(SETTING) or "cpu").strip().lower()
    if wanted == "auto":
        return torch.device(next((kind for kind in ("cuda", "mps") if _missing(kind) is None), "cpu"))
    problem = _missing(wanted)
    if problem is None:
        return torch.device(wanted)
    print(f"{problem}, so this notebook goes on with the CPU: slower, with the same answers.")
    return torch.device("cpu")


def _missing(name: str) -> str | None:
    """Return why the device can't be used, or None when it can."""
    try:
        device = torch.device(name)
    except RuntimeError:
        return f"{name!r} is not the name of a device (cpu, cuda, cuda:0, mps)"
    if device.type == "cuda":
        return _missing_cuda(device)
    if device.type == "mps":
        return None if torch.backends.mps.is_available() else "Torch finds no Apple GPU here"
    return None if device.type == "cpu" else f"This course does not run on {device.type!r} devices"


def _missing_cuda(device: torch.device) -> str | None:
    if not torch.cuda.is_available():
        return "Torch finds no CUDA GPU here"
    count = torch.cuda.device_count()
    if device.index is not None and device.index >= count:
        return f"There is no GPU {device.index} here, only {count} of them, counted from 0"
    return None
