"""A small classifier of patches: it names the colour of the object in the middle pixel, or says that there is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F

from coursekit.shapes import COLOUR_NAMES, Shapes, shapes
from coursekit.threads import one_thread
from coursekit.training import track

SIZE = (15, 15)  # rows and columns of a patch
KERNELS = ((12, 5), (16, 3))  # maps and kernel size of each convolution
REST = (9, 9)  # what is left of a patch behind them
NUM_CLASSES = 1 + len(COLOUR_NAMES)
NUM_TRAIN = 300
BATCH = 8
STEPS = 60
RATE = 1.2e-2

Parameters = tuple[torch.Tensor, torch.Tensor]


def images(num: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (N, 3, 48, 64) of shapes, from -1 to 1, and the classes (N, 48, 64): 0, or 1 + the colour."""
    drawn = shapes(num, size=64, objects=(2, 3), radius=(8.0, 15.0), seed=seed)
    return 2 * drawn.images[:, :, 8:56] - 1, _colours(drawn)[:, 8:56]


def _colours(drawn: Shapes) -> torch.Tensor:
    lookup = F.pad(drawn.colour, (1, 0), value=-1)
    return 1 + lookup.gather(1, drawn.instances.flatten(1)).reshape(drawn.instances.shape)


def scores_of(x: torch.Tensor, parameters: list[Parameters]) -> torch.Tensor:
    """Return scores (N, 7, H, W) by torch's layers, all of the image at once."""
    x = F.pad(x, (SIZE[1] // 2,) * 2 + (SIZE[0] // 2,) * 2)
    *first, last = parameters
    for one in first:
        x = torch.relu(F.conv2d(x, *one))
    return F.conv2d(x, last[0].view(NUM_CLASSES, -1, *REST), last[1])


@cache
def trained() -> tuple[list[Parameters], Parameters]:
    """Return the convolutions, weights and bias of each, and the dense layer (7, 1296) and (7,)."""
    order = torch.Generator().manual_seed(0)
    parameters, channels = [], 3
    for maps, kernel in (*KERNELS, (NUM_CLASSES, REST[0])):
        spread = (2 / (channels * kernel**2)) ** 0.5
        weights = spread * torch.randn(maps, channels, kernel, kernel, generator=order)
        parameters.append((weights.requires_grad_(), torch.zeros(maps, requires_grad=True)))
        channels = maps
    x, y = images(NUM_TRAIN, seed=1)
    weight = torch.ones(NUM_CLASSES)
    weight[0] = 0.5  # most pixels are ground
    optimiser = torch.optim.Adam([one for both in parameters for one in both], RATE)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    with one_thread():
        steps = track(torch.randint(len(x), (STEPS, BATCH), generator=order), "patch classifier")
        for rows in steps:
            loss = F.cross_entropy(scores_of(x[rows], parameters), y[rows], weight=weight)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rates.step()
            steps.report(loss=loss.item())
    *layers, (weights, bias) = [(one.detach(), other.detach()) for one, other in parameters]
    return layers, (weights.flatten(1), bias)


@torch.no_grad()
def seconds(function: Callable[[], object], times: int = 3) -> float:
    """Return the least time of this thread that a call takes, after one that warms up."""
    found = []
    with one_thread():
        for _ in range(times + 1):
            began = time.thread_time()
            function()
            found.append(time.thread_time() - began)
    return min(found[1:])
