"""A stream without an end, and the task to repeat it late: what a network has to remember, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from coursekit.threads import one_thread
from coursekit.training import track

DELAY = 5
NUM, LENGTH, STATE = 32, 3000, 16
RATE = 0.1
CHUNKS = (1, 2, 4, 5, 8, 20)
FADING, KEEPING = 0.5, 0.9  # all singular values of weight_hh, at the start

Params = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


class Task(NamedTuple):
    """What `truncated_bptt` is given but for the steps and the rate."""

    x: torch.Tensor  # (N, T, 1), -1 or 1
    y: torch.Tensor  # (N, T, 1), x five steps late, after five zeros
    state: torch.Tensor  # (N, H), zeros
    params: Params
    readout: tuple[torch.Tensor, torch.Tensor]  # (1, H) and (1,), zeros


def task(gain: float = FADING, seed: int = 0, length: int = LENGTH) -> Task:
    """Return streams of coin tosses, the same five steps late, and a network to start from.

    Args:
        gain: the singular values of weight_hh, all alike.
        seed: of the streams and of the weights.
        length: T.
    """
    drawn = torch.Generator().manual_seed(seed)
    x = 2.0 * torch.randint(0, 2, (NUM, length, 1), generator=drawn) - 1
    y = torch.zeros_like(x)
    y[:, DELAY:] = x[:, :-DELAY]
    turned = torch.linalg.qr(torch.randn(STATE, STATE, generator=drawn)).Q
    reading = 0.5 * torch.randn(STATE, 1, generator=drawn)
    params = reading, gain * turned, torch.zeros(STATE), torch.zeros(STATE)
    return Task(x, y, torch.zeros(NUM, STATE), params, (torch.zeros(1, STATE), torch.zeros(1)))


def ending(losses: torch.Tensor) -> float:
    """Return the mean of the last tenth of the losses. Who always says 0 has 1."""
    return float(losses[-max(1, len(losses) // 10) :].mean())


def by_steps(train: Callable[..., tuple[torch.Tensor, ...]], gain: float, seed: int = 0) -> dict[int, float]:
    """Return the error at the end for each length of a chunk: what `train(*task, steps, rate)` gives first are losses.

    Args:
        train: such as truncated_bptt.
        gain, seed: as in `task`.
    """
    with one_thread():
        return {steps: ending(train(*task(gain, seed), steps, RATE)[0]) for steps in track(CHUNKS, "the echo")}
