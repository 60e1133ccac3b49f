"""What an architecture is worth, in a second or two: a short training on coloured shapes.

A proxy of the real thing: nobody trains every network of a search to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.shapes import shapes

BATCH, RATE = 32, 0.01


@dataclass(frozen=True)
class Images:
    """Images (N, 3, 32, 32) with labels below 30, shape and colour together: to learn from, and to be judged by."""

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_val: torch.Tensor
    y_val: torch.Tensor


@cache
def images(num_train: int = 1024, num_val: int = 512) -> Images:
    """Return large coloured shapes, the same at each call."""
    drawn = shapes(num_train + num_val, radius=(11.0, 14.0), seed=0)
    x, y = drawn.images, drawn.y
    return Images(x[:num_train], y[:num_train], x[num_train:], y[num_train:])


def accuracy_after(network: nn.Module, num_steps: int = 64, sides: Sequence[int] = (32,), seed: int = 0) -> float:
    """Train a network for a few steps and return its share of right labels on the validation images.

    Args:
        network: from images (N, 3, S, S) to scores (N, 30).
        num_steps: of AdamW, with batches of 32 and a rate that rises and falls.
        sides: of the images, in pixels: an equal share of the steps for each. It is judged at 32 always.
        seed: of the batches. What the network starts with is the caller's.
    """
    data = images()
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=num_steps)
    generator = torch.Generator().manual_seed(seed)
    network.train()
    for step in range(num_steps):
        rows = torch.randint(len(data.x_train), (BATCH,), generator=generator)
        x = _resized(data.x_train[rows], sides[step * len(sides) // num_steps])
        loss = F.cross_entropy(network(x), data.y_train[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        return float((network(data.x_val).argmax(dim=1) == data.y_val).float().mean())


def _resized(x: torch.Tensor, side: int) -> torch.Tensor:
    if side == x.shape[-1]:
        return x
    return F.interpolate(x, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
