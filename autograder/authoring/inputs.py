"""Inputs for checks, made from the test's own generator.

numpy's generators give the same numbers on every platform, so an answer recorded on one machine
can be compared with an answer made on another.
"""

from __future__ import annotations

import numpy as np
import torch

from autograder.plain.values import laid_out, strided


def randn(
    rng: np.random.Generator,
    *shape: int,
    dtype: torch.dtype = torch.float32,
    scale: float = 1.0,
    shift: float = 0.0,
) -> torch.Tensor:
    """Return normal values of mean `shift` and standard deviation `scale`."""
    return torch.from_numpy(np.asarray(rng.standard_normal(shape) * scale + shift)).to(dtype)


def rand(rng: np.random.Generator, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return uniform values in [0, 1)."""
    return torch.from_numpy(np.asarray(rng.random(shape))).to(dtype)


def integers(rng: np.random.Generator, low: int, high: int, *shape: int) -> torch.Tensor:
    """Return int64 values in [low, high)."""
    return torch.from_numpy(np.asarray(rng.integers(low, high, size=shape, dtype=np.int64)))


def noncontiguous(x: torch.Tensor) -> torch.Tensor:
    """Return the same values with rows that `view` can't flatten; the layout crosses to the student too."""
    return strided(x)


def column_major(x: torch.Tensor) -> torch.Tensor:
    """Return the same values with memory that runs down the columns, as `.T` leaves it and `zeros_like` copies it."""
    return laid_out(x, range(x.ndim)[::-1])
