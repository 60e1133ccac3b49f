"""A small network with a way down and a way up, its images, and its training: by colour, whatever the shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.shapes import COLOUR_NAMES, Shapes, shapes
from coursekit.small_detectors import drawn_batches, fit, started

SIDE = 32  # pixels of an image
RADIUS = (7.0, 13.0)  # pixels, of the smallest and the largest object
NUM_CLASSES = 1 + len(COLOUR_NAMES)
WIDTHS = (16, 16, 24, 32)
NUM_TRAIN, NUM_UNSEEN = 1000, 200
STEPS, BATCH, RATE = 160, 12, 1e-2

Cost = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Make = Callable[[int, int, tuple[int, ...]], nn.Module]


@cache
def images(num: int, seed: int) -> Shapes:
    """Return images of one large object each."""
    return shapes(num, size=SIDE, radius=RADIUS, seed=seed)


def unseen() -> Shapes:
    """Return images that no network was trained on."""
    return images(NUM_UNSEEN, seed=2)


def labels(data: Shapes) -> torch.Tensor:
    """Return what is seen at each pixel, (N, S, S) int64: 0 for the ground and 1 + the place in `COLOUR_NAMES`."""
    lookup = torch.cat([torch.full((len(data), 1), -1), data.colour], dim=1)
    return 1 + lookup.gather(1, data.instances.flatten(1)).reshape(data.instances.shape)


def scaled(x: torch.Tensor) -> torch.Tensor:
    """Return images of [0, 1] in [-2, 2], as the networks see them."""
    return 4 * x - 2


def crowd() -> torch.Tensor:
    """Return which object each pixel of one image belongs to, (1, 64, 64) int64: of five, some nearly touch."""
    drawn = shapes(1, size=64, objects=(5, 5), radius=(8.0, 11.0), seed=4)
    return drawn.instances


def trained(make: Make, cost: Cost, seed: int = 0, steps: int = STEPS) -> nn.Module:
    """Return a trained network, in evaluation mode.

    Args:
        make: from the image's channels, the number of classes and the widths of the levels to a new network.
        cost: from scores (N, K, H, W) and labels (N, H, W) to a single number.
        seed: of the first weights and of the batches.
        steps: of training.
    """
    data = images(NUM_TRAIN, seed=1)
    x, y = scaled(data.images), labels(data)
    net = started(lambda: make(3, NUM_CLASSES, WIDTHS), seed)
    batches = drawn_batches(len(data), BATCH, steps, seed)
    for _ in fit(net, lambda rows: cost(net(x[rows]), y[rows]), batches, rate=RATE):
        pass
    return net


@torch.no_grad()
def guesses(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return the likeliest class of each pixel of images in [0, 1], (N, H, W) int64."""
    return torch.cat([net(scaled(part)).argmax(dim=1) for part in x.split(50)])


class Around(nn.Module):
    """A level and all that lies below it: its own map comes out beside what comes back from below, or not."""

    def __init__(self, below: nn.Module, skip: bool) -> None:
        super().__init__()
        self.below, self.skip = below, skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H, W) maps of the size of x."""
        back = F.interpolate(self.below(F.max_pool2d(x, 2)), size=x.shape[2:], mode="bilinear")
        return torch.cat([x, back], dim=1) if self.skip else back


def hourglass(skip: bool) -> Make:
    """Return what makes a network that shrinks and enlarges, with skip connections or without."""

    def make(channels: int, num_classes: int, widths: tuple[int, ...]) -> nn.Module:
        inner = _twice(widths[-2], widths[-1])
        for level in reversed(range(len(widths) - 1)):
            from_below = widths[-1] if level == len(widths) - 2 else widths[level]
            before = channels if level == 0 else widths[level - 1]
            after = widths[level - 1 if level else 0]
            joined = _twice(from_below + skip * widths[level], after)
            inner = nn.Sequential(_twice(before, widths[level]), Around(inner, skip), joined)
        return nn.Sequential(inner, nn.Conv2d(widths[0], num_classes, 1))

    return make


def _twice(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (before, after):
        layers += [nn.Conv2d(width, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


@cache
def compared(skip: bool) -> nn.Module:
    """Return the hourglass, trained with the cross-entropy alone."""
    return trained(hourglass(skip), F.cross_entropy)


def valid(make: Callable[..., nn.Module], bilinear: bool) -> nn.Module:
    """Return a small U-Net without padding, of two poolings and in float64, whose answers are no smaller than its
    images: with weights that no training has seen.

    Args:
        make: takes what the notebook's UNet takes.
        bilinear: whether it enlarges by interpolation.
    """
    net = started(lambda: make(3, 2, (4, 6, 8), False, bilinear), seed=0).double().eval()
    drawn = torch.Generator().manual_seed(0)
    for one in net.modules():
        if isinstance(one, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(one.weight, generator=drawn)
    return net
