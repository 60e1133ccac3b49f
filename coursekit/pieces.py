"""A small set of real pictures: pieces of photographs, to be told apart by what is in them, in three parts.

No pixel is in two of the parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from coursekit.data import photographs, to_tensor

NAMES = ("brick", "grass", "gravel", "tissue", "hubble", "coins", "page", "cat", "flower", "china")
SIDE = 64  # pixels of a piece
MIDDLE, SPREAD = 0.5, 0.2  # mean and standard deviation of each piece, so that neither tells its class


@dataclass(frozen=True)
class Pieces:
    """Pieces of ten photographs, split by place.

    Args:
        x_train, x_val, x_test: (N, 3, 64, 64) float32, grey (three equal channels), of mean 0.5 and deviation 0.2.
        y_train, y_val, y_test: (N,) int64, which photograph a piece is from.
    """

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_val: torch.Tensor
    y_val: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor


def pieces(num_train: int = 4, num_val: int = 10, num_test: int = 20, *, seed: int = 0) -> Pieces:
    """Return pieces of ten photographs: for training from the left third of each, others from the middle and the right.

    Args:
        num_train, num_val, num_test: pieces of each class in the three parts.
        seed: of the places.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for third, num in enumerate((num_train, num_val, num_test)):
        cut = [_cut(name, third, num, rng) for name in NAMES]
        parts += [torch.cat(cut), torch.arange(len(NAMES)).repeat_interleave(num)]
    return Pieces(*parts)


def corners(height: int, width: int, third: int, num: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return top rows and left columns (num,) of pieces that lie within one third, 0 to 2, of a picture's width."""
    wide = width // 3
    across = third * wide + rng.integers(wide - SIDE + 1, size=num)
    return rng.integers(height - SIDE + 1, size=num), across


def _cut(name: str, third: int, num: int, rng: np.random.Generator) -> torch.Tensor:
    """Return pieces (num, 3, SIDE, SIDE) from one third of a photograph."""
    grey = to_tensor(photographs()[name]).mean(dim=0)
    down, across = corners(grey.shape[0], grey.shape[1], third, num, rng)
    cut = torch.stack([grey[top : top + SIDE, left : left + SIDE] for top, left in zip(down, across, strict=True)])
    middle, spread = cut.mean(dim=(1, 2), keepdim=True), cut.std(dim=(1, 2), keepdim=True)
    levelled = (cut - middle) / spread.clamp(min=1e-3) * SPREAD + MIDDLE
    return levelled[:, None].repeat(1, 3, 1, 1)
