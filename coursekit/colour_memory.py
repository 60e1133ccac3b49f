"""A test of memory: a network reads a coloured shape, then a long grey stretch, and must say the colour at the end."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.kept import kept
from coursekit.shapes import COLOUR_NAMES, shapes
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

SIDE = 16  # rows of a strip, and columns of its shape
COLUMNS = 2  # columns that are read at a step
FIRST = SIDE // COLUMNS  # steps that see the shape
WIDTH = 32  # units of a network's state
KINDS = ("RNN", "LSTM", "LSTM, forget bias 4")
FORGET_BIAS = 4.0
NUM_TRAIN, NUM_TEST = 1000, 500
STEPS, BATCH, RATE = 150, 32, 5e-3


class Strips(NamedTuple):
    """Images (N, 3, 16, W) in [0, 1]; how they are read, (N, T, 96) from -1 to 1; and the colours (N,), int64."""

    images: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor


@cache
def strips(num: int, wait: int, seed: int) -> Strips:
    """Return strips: a shape of 16 x 16 pixels, and behind it so many steps, of two columns each, of noisy grey."""
    drawn = shapes(num, size=SIDE, radius=(5.0, 7.5), seed=seed)
    noise = torch.Generator().manual_seed(seed)
    grey = 0.5 + 0.04 * torch.randn(num, 3, SIDE, COLUMNS * wait, generator=noise)
    images = torch.cat([drawn.images, grey], dim=3)
    x = (2 * images - 1).unfold(3, COLUMNS, COLUMNS).movedim(3, 1).flatten(2)
    return Strips(images, x, drawn.colour[:, 0])


class Reader(nn.Module):
    """A recurrent layer of torch, `core`, and a dense one, `head`, that reads its last hidden state.

    Args:
        kind: one of KINDS. The third is torch's LSTM with 4 added to the forget gates' biases before training.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        make = nn.RNN if kind == "RNN" else nn.LSTM
        self.core: nn.RNNBase = make(3 * SIDE * COLUMNS, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, len(COLOUR_NAMES))
        if kind == KINDS[2]:
            with torch.no_grad():
                dict(self.core.named_parameters())["bias_ih_l0"][WIDTH : 2 * WIDTH] += FORGET_BIAS

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of the colours, (N, 6), for x (N, T, 96)."""
        scores: torch.Tensor = self.head(self.core(x)[0][:, -1])
        return scores

    def params(self) -> tuple[torch.Tensor, ...]:
        """Return weight_ih, weight_hh, bias_ih and bias_hh of the recurrent layer, without a graph."""
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        return tuple(getattr(self.core, name).detach() for name in names)


def untrained(kind: str, seed: int = 0) -> Reader:
    """Return a new network."""
    return started(lambda: Reader(kind), seed)


@kept
def trained(kind: str, wait: int, seed: int = 0) -> Reader:
    """Return a network after 150 steps on strips with so long a wait."""
    data, net = strips(NUM_TRAIN, wait, seed=1), untrained(kind, seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        loss = F.cross_entropy(net(data.x[rows]), data.y[rows])
        return loss

    def clip(gradient: torch.Tensor) -> torch.Tensor:
        return gradient.clamp(-1, 1)

    for parameter in net.parameters():
        parameter.register_hook(clip)
    with one_thread():
        for _ in fit(net, cost, drawn_batches(NUM_TRAIN, BATCH, STEPS, seed), rate=RATE, decay=0.0):
            pass
    return net


@torch.no_grad()
def accuracy(net: Reader, wait: int) -> float:
    """Return the share of 500 new strips whose colour a network names."""
    data = strips(NUM_TEST, wait, seed=2)
    with one_thread():
        return float((net(data.x).argmax(dim=1) == data.y).float().mean())


def influence(net: Reader, wait: int, num: int = 50) -> torch.Tensor:
    """Return how strongly the right colour's log-probability depends on what is read at each step, (T,).

    It is the norm of the gradient with respect to a step's 96 numbers, averaged (as a root of squares) over strips.
    """
    data = strips(NUM_TEST, wait, seed=2)
    x = data.x[:num].clone().requires_grad_()
    (slope,) = torch.autograd.grad(F.cross_entropy(net(x), data.y[:num], reduction="sum"), x)
    return slope.square().sum(dim=2).mean(dim=0).sqrt()


@torch.no_grad()
def plain_memory(net: Reader, x: torch.Tensor) -> torch.Tensor:
    """Return the size of d h_t / d h_0 of a plain network after each step, (N, T): Frobenius norm over root of H."""
    weight_ih, weight_hh, bias_ih, bias_hh = net.params()
    state = x.new_zeros(len(x), WIDTH)
    change = torch.eye(WIDTH).expand(len(x), WIDTH, WIDTH)
    sizes = []
    for piece in x.unbind(dim=1):
        state = (piece @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh).tanh()
        change = (1 - state**2)[:, :, None] * (weight_hh @ change)
        sizes.append(change.flatten(1).norm(dim=1) / WIDTH**0.5)
    return torch.stack(sizes, dim=1)
