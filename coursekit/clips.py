"""Short clips of one coloured shape that moves over a grey ground: a clip that runs backwards is of another class."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.shapes import shapes
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

SIDE, PATCH = 28, 14  # pixels of a frame's side, and of what moves in it
FEWEST, MOST = 4, 8  # frames of a clip
SPEED = 1.5  # pixels between two frames
NAMES = ("left", "right", "up", "down")
WAYS = ((-1, 0), (1, 0), (0, -1), (0, 1))
REVERSED = (1, 0, 3, 2)  # the class of a clip of each class that runs backwards
NUM_FEATURES, WIDTH = 32, 32
NUM_TRAIN, NUM_TEST = 600, 400
STEPS, BATCH, RATE = 200, 32, 6e-3
Network = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Clips(NamedTuple):
    """Frames (N, 8, 3, 28, 28) from -1 to 1, 0 behind a clip's end; its number of frames (N,); its class (N,)."""

    frames: torch.Tensor
    lengths: torch.Tensor
    y: torch.Tensor


@cache
def clips(num: int, seed: int) -> Clips:
    """Return clips; the middle of each one's path is drawn alike in all classes, so that one frame tells nothing."""
    patches = shapes(num, size=PATCH, radius=(4.5, 6.5), seed=seed)
    rng = torch.Generator().manual_seed(seed)
    lengths = torch.randint(FEWEST, MOST + 1, (num,), generator=rng)
    y = torch.randint(len(WAYS), (num,), generator=rng)
    middle = 3 * torch.rand(num, 2, generator=rng) + (SIDE - PATCH) / 2 - 1.5
    frames = 0.5 + 0.04 * torch.randn(num, MOST, 3, SIDE, SIDE, generator=rng)
    for n in range(num):
        patch, cover = patches.images[n], patches.instances[n] > 0
        for t in range(int(lengths[n])):
            moved = SPEED * (t - (int(lengths[n]) - 1) / 2)
            left, top = (round(float(middle[n, k]) + moved * WAYS[int(y[n])][k]) for k in (0, 1))
            place = frames[n, t, :, top : top + PATCH, left : left + PATCH]
            place[:, cover] = patch[:, cover]
        frames[n, int(lengths[n]) :] = 0.5
    return Clips(2 * frames - 1, lengths, y)


def backwards(data: Clips) -> Clips:
    """Return the same clips with their frames in reversed order, and the classes that they have then."""
    order = data.lengths[:, None] - 1 - torch.arange(MOST)
    order = torch.where(order < 0, torch.arange(MOST), order)
    rows = torch.arange(len(order))[:, None]
    return Clips(data.frames[rows, order], data.lengths, torch.tensor(REVERSED)[data.y])


def new_encoder() -> nn.Sequential:
    """Return an untrained network from frames (N, 3, 28, 28) to features (N, 32)."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * (SIDE // 4) ** 2, NUM_FEATURES),
        nn.ReLU(),
    )


class Averaged(nn.Module):
    """A classifier that doesn't know the order of frames: it averages their features."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = new_encoder()
        self.head = nn.Sequential(nn.Linear(NUM_FEATURES, WIDTH), nn.ReLU(), nn.Linear(WIDTH, len(NAMES)))

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the scores of the classes, (N, 4)."""
        seen = self.encoder(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
        real = (torch.arange(frames.shape[1]) < lengths[:, None]).unsqueeze(2)
        scores: torch.Tensor = self.head((seen * real).sum(dim=1) / lengths[:, None])
        return scores


class Ordered(nn.Module):
    """Features of frames and an LSTM, by torch's own packing; for pictures that need one."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = new_encoder()
        self.lstm = nn.LSTM(NUM_FEATURES, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, len(NAMES))

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the scores of the classes, (N, 4)."""
        seen = self.encoder(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
        packed = nn.utils.rnn.pack_padded_sequence(seen, lengths, batch_first=True, enforce_sorted=False)
        scores: torch.Tensor = self.head(self.lstm(packed)[1][0][-1])
        return scores


def train(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """Return a network, called as net(frames, lengths), after training on 600 clips."""
    data, net = clips(NUM_TRAIN, seed=1), started(make, seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(net(data.frames[rows], data.lengths[rows]), data.y[rows])

    with one_thread():
        for _ in fit(net, cost, drawn_batches(NUM_TRAIN, BATCH, STEPS, seed), rate=RATE):
            pass
    return net


@torch.no_grad()
def answers(net: nn.Module, data: Clips) -> torch.Tensor:
    """Return the class that a network names for each clip, (N,)."""
    with one_thread():
        named: torch.Tensor = net(data.frames, data.lengths).argmax(dim=1)
    return named
