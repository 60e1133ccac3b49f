"""Photographs through a bottleneck: an encoder that shrinks them, and three decoders that enlarge in different ways."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.data import photographs, to_tensor
from coursekit.threads import one_thread
from coursekit.training import track

PHOTOS = ("coffee", "astronaut", "rocket", "flower", "motorcycle")
SIDE = 48
BATCH = 8
CODE, WIDTH = 12, 24  # channels of the code, and between the two layers that enlarge
STEPS = 150
RATE = 4e-3
FLAT = 0.5
EVERY = 5


def _three(before: int, after: int) -> nn.Module:
    return nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1)


def _four(before: int, after: int) -> nn.Module:
    return nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)


def _resize(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1))


WAYS = {"transposed, kernel 3": _three, "transposed, kernel 4": _four, "resize + convolution": _resize}


def network(way: str) -> nn.Sequential:
    """Return a new encoder and decoder; the same numbers each time, and an encoder that starts alike in all ways."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        enlarge = WAYS[way]
        encoder = [nn.Conv2d(3, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, CODE, 4, 2, 1)]
        return nn.Sequential(*encoder, enlarge(CODE, WIDTH), nn.ReLU(), enlarge(WIDTH, 3))


@cache
def _photos() -> list[torch.Tensor]:
    return [_half(name) for name in PHOTOS]


def _half(name: str) -> torch.Tensor:
    return F.avg_pool2d(to_tensor(photographs()[name]), 2)


@cache
def unseen() -> torch.Tensor:
    """Return a photograph that no network is trained on, (1, 3, 144, 216)."""
    return _half("cat")[None, :, :144, :216]


def _pieces(order: torch.Generator) -> torch.Tensor:
    drawn = []
    for which in torch.randint(len(PHOTOS), (BATCH,), generator=order).tolist():
        photo = _photos()[which]
        top, left = (int(torch.randint(n - SIDE, (1,), generator=order)) for n in photo.shape[1:])
        drawn.append(photo[:, top : top + SIDE, left : left + SIDE])
    return torch.stack(drawn)


@torch.no_grad()
def checkerboard(trained: nn.Module) -> float:
    """Return the pattern that is made of a grey wall, in grey levels of 255: the deviation of 4 x 4 neighbours.

    The wall is a constant; its middle is looked at, far from the edges.
    """
    wall = trained(torch.full((1, 3, 48, 64), FLAT)).mean(dim=1)[:, 16:-16, 16:-16]
    return 255 * float(F.pixel_unshuffle(wall, 4).mean(dim=(1, 2)).std(correction=0))


@torch.no_grad()
def decibels(trained: nn.Module) -> float:
    """Return how near the unseen photograph comes back: the peak signal-to-noise ratio, in dB."""
    return -10 * float((trained(unseen()) - unseen()).square().mean().log10())


@dataclass(frozen=True)
class Run:
    """One training: the network, and the steps at which it was measured with what was found."""

    network: nn.Sequential
    steps: list[int]
    checkerboards: list[float]
    decibels: list[float]


@cache
def trained(way: str, num_steps: int = STEPS) -> Run:
    """Return a network after so many steps on pieces of five photographs. A shorter run is the start of a longer."""
    own, order = network(way), torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(own.parameters(), RATE)
    run = Run(own, [], [], [])
    with one_thread():
        steps = track(range(num_steps + 1), way)
        for step in steps:
            if step % EVERY == 0:
                run.steps.append(step)
                run.checkerboards.append(checkerboard(own))
                run.decibels.append(decibels(own))
            if step < num_steps:
                x = _pieces(order)
                loss = (own(x) - x).square().mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                steps.report(loss=loss.item())
    own.requires_grad_(False)
    return run
