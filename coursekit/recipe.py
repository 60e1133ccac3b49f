"""How a designed network is trained and asked: the same steps for everyone, so that the design alone decides.

Everything here is drawn from seeds that stand fixed. Two runs on one machine give the same network; on another machine
the last digits differ, and with them a few labels in a thousand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.counting import count_multiply_adds, count_numbers

EPOCHS, BATCH, RATE, WEIGHT_DECAY = 12, 64, 0.01, 0.01
SHIFT = 2  # pixels, at most, either way
SEED = 0


@dataclass(frozen=True)
class Budget:
    """What a network may take.

    Args:
        parameters: numbers that it keeps, learned or not: its parameters and its buffers.
        multiply_adds: of one image, in its convolutions and matrix products.
    """

    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Attempted:
    """What became of a design.

    Args:
        parameters: numbers that it keeps.
        multiply_adds: of one image.
        labels: (M,) int64, what it calls the new images; none where the budget was passed, for then it isn't trained.
        losses: the mean loss of each epoch.
    """

    parameters: int
    multiply_adds: int
    labels: torch.Tensor
    losses: list[float]


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, *, epochs: int = EPOCHS) -> list[float]:
    """Train a network as all are trained, and return the mean loss of each epoch.

    AdamW under a one-cycle schedule; each batch is shifted by up to two pixels and half of its images are mirrored.

    Args:
        model: takes (N, 3, H, W), gives scores (N, K). It is changed, and left in evaluation mode.
        x: (N, 3, H, W) float32 images in [0, 1].
        y: (N,) int64 classes.
        epochs: how often each image is seen.
    """
    drawn = torch.Generator().manual_seed(SEED)
    steps = len(x) // BATCH
    optimizer = torch.optim.AdamW(nn.Module.parameters(model), lr=RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * steps)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x), generator=drawn)[: steps * BATCH].split(BATCH):
            loss = F.cross_entropy(model(_varied(x[rows], drawn)), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        losses.append(total / steps)
    model.eval()
    return losses


def label(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return the class that a network gives to each image, (N,) int64."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(part).argmax(dim=1) for part in x.split(250)])


def attempt(
    design: Callable[[], Any], x: torch.Tensor, y: torch.Tensor, x_new: torch.Tensor, budget: Budget
) -> Attempted:
    """Build a network, count it, and, if it keeps to the budget, train it and ask it for new images.

    Its numbers are counted once more at the end, so that none are gained on the way.

    Args:
        design: returns the network; called once, under a fixed seed.
        x: (N, 3, H, W) images to learn from, and y: (N,) their classes.
        y: (N,) int64.
        x_new: (M, 3, H, W) images to label.
        budget: what the network may take.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = design()
        if not isinstance(model, nn.Module):
            raise TypeError(f"design_cnn returned {type(model).__name__}, expected a network: an nn.Module")
        numbers, operations = count_numbers(model), count_multiply_adds(model, tuple(x.shape[1:]))
        if numbers > budget.parameters or operations > budget.multiply_adds:
            return Attempted(numbers, operations, torch.empty(0, dtype=torch.int64), [])
        losses = train(model, x, y)
        labels = label(model, x_new)
    return Attempted(max(numbers, count_numbers(model)), operations, labels, losses)


def _varied(x: torch.Tensor, drawn: torch.Generator) -> torch.Tensor:
    """Return a batch, half of it mirrored and all of it shifted alike."""
    mirrored = torch.rand(len(x), generator=drawn) < 0.5
    across, down = torch.randint(-SHIFT, SHIFT + 1, (2,), generator=drawn).tolist()
    x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    return x.roll((down, across), dims=(2, 3))
