"""Translation with one right answer: a word of letters, and the same letters in the order of the alphabet."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

LETTERS = "abcdefgh"
NUM_SYMBOLS = len(LETTERS) + 1  # 0 is the start and the end, and fills up
SHORTEST, LONGEST = 3, 7
NUM_TRAIN, NUM_TEST = 4000, 500
EMBED, WIDTH = 16, 64
STEPS, BATCH, RATE = 600, 64, 1e-2


class Pairs(NamedTuple):
    """Words (N, 7), their lengths (N,), the right answers (N, 8), each with a 0 at its end, and which are real."""

    source: torch.Tensor
    lengths: torch.Tensor
    target: torch.Tensor
    mask: torch.Tensor


@cache
def pairs(num: int, seed: int) -> Pairs:
    """Return words of 3 to 7 letters that were drawn, and their letters in order."""
    drawn = torch.Generator().manual_seed(seed)
    lengths = torch.randint(SHORTEST, LONGEST + 1, (num,), generator=drawn)
    letters = torch.randint(1, NUM_SYMBOLS, (num, LONGEST), generator=drawn)
    real = torch.arange(LONGEST) < lengths[:, None]
    target = letters.masked_fill(~real, NUM_SYMBOLS).sort(dim=1).values.masked_fill(~real, 0)
    mask = torch.arange(LONGEST + 1) <= lengths[:, None]
    return Pairs(letters * real, lengths, F.pad(target, (0, 1)), mask)


class Sorter(nn.Module):
    """Encoder and decoder of their own for pictures, as the notebook says."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(NUM_SYMBOLS, EMBED)
        self.encoder = nn.GRU(EMBED, WIDTH, batch_first=True)
        self.decoder = nn.GRU(EMBED, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, NUM_SYMBOLS)

    def forward(self, source, lengths, target):
        said = self.decoder(self.embedding(F.pad(target, (1, -1))), encoded(self, source, lengths))[0]
        return self.head(said)


def encoded(net, source: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the encoder's state behind each word's last letter, (1, N, H)."""
    states = net.encoder(net.embedding(source))[0]
    return states[torch.arange(len(source)), lengths - 1][None]


def train(make: Callable[[], nn.Module], seed: int = 0, steps: int = STEPS) -> tuple[nn.Module, list[float]]:
    """Return a network after its training, and the cost of each step."""
    data, net = pairs(NUM_TRAIN, 1), started(make, seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        source, lengths, target, mask = (part[rows] for part in data)
        return F.cross_entropy(net(source, lengths, target)[mask], target[mask])

    with one_thread():
        costs = list(fit(net, cost, drawn_batches(NUM_TRAIN, BATCH, steps, seed), rate=RATE, decay=0.0))
    return net, costs


@torch.no_grad()
def greedy(net, source: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return what a network says by itself, (N, 8): each step reads what the last one said. Behind an end stands 0."""
    state, last = encoded(net, source, lengths), torch.zeros_like(lengths)
    said = []
    for _ in range(LONGEST + 1):
        out, state = net.decoder(net.embedding(last[:, None]), state)
        ended = last == 0 if said else torch.zeros_like(last, dtype=torch.bool)
        last = net.head(out[:, 0]).argmax(dim=1).masked_fill(ended, 0)
        said.append(last)
    return torch.stack(said, dim=1)


def exact(net) -> float:
    """Return the share of 500 new words whose every letter comes right."""
    data = pairs(NUM_TEST, 2)
    return float((greedy(net, data.source, data.lengths) == data.target).all(dim=1).float().mean())
