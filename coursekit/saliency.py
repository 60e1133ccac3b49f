"""What stands out of an image: coloured shapes before clutter, small networks that find them, and what training gave.

The networks are an outer U whose blocks are handed in: a class made as block(in_channels, mid_channels, out_channels,
height, dilated), which keeps the size of its map.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from coursekit.shapes import shapes
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

SIDE = 48  # pixels of an image
RADIUS = (3.0, 9.0)  # pixels, of the smallest and the largest object
WIDTHS = (8, 12, 16)  # channels of what the three stages hand on
MIDDLES = (6, 8, 8)  # channels inside of a block
HEIGHTS = (4, 3, 3)  # levels of the blocks; those of the coarsest stage are dilated
NUM_TRAIN, NUM_TEST = 600, 120
BATCH, STEPS, RATE = 8, 120, 1e-2

Block = Callable[..., nn.Module]
Outputs = tuple[list[torch.Tensor], torch.Tensor]
Loss = Callable[[list[torch.Tensor], torch.Tensor, torch.Tensor], torch.Tensor]


class Salient(NamedTuple):
    """Images (N, 3, 48, 48) in [0, 1] and where their objects are, (N, 48, 48), 0 or 1, both float32."""

    images: torch.Tensor
    targets: torch.Tensor


@cache
def images(num: int, seed: int) -> Salient:
    """Return images of one to three objects, of any shape and colour, before clutter."""
    drawn = shapes(num, size=SIDE, objects=(1, 3), radius=RADIUS, seed=seed)
    return Salient(drawn.images, (drawn.instances > 0).float())


def train_images() -> Salient:
    """Return what the networks are trained on."""
    return images(NUM_TRAIN, seed=1)


def test_images() -> Salient:
    """Return images that no network was trained on."""
    return images(NUM_TEST, seed=2)


class PlainBlock(nn.Module):
    """Two ordinary convolutions with norms, made as any block is; it has no height."""

    def __init__(
        self, in_channels: int, mid_channels: int, out_channels: int, height: int = 2, dilated: bool = False
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((in_channels, mid_channels), (mid_channels, out_channels)):
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return maps of the same size."""
        out: torch.Tensor = self.layers(x)
        return out


class SmallU2Net(nn.Module):
    """An outer U of three stages with a side output at each of its three levels, and one that joins them.

    Args:
        block: makes the blocks.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        (a, b, c), (i, j, k), (high, mid, low) = WIDTHS, MIDDLES, HEIGHTS
        self.stage1 = block(3, i, a, high, False)
        self.stage2 = block(a, j, b, mid, False)
        self.stage3 = block(b, k, c, low, True)
        self.stage2d = block(b + c, j, b, mid, False)
        self.stage1d = block(a + b, i, a, high, False)
        self.sides = nn.ModuleList(nn.Conv2d(width, 1, 3, padding=1) for width in WIDTHS)
        self.outconv = nn.Conv2d(3, 1, 1)
        with torch.no_grad():  # it begins as the mean: a few steps don't move it far
            for one, start in zip(self.outconv.parameters(), (1 / 3, 0.0), strict=True):
                one.fill_(start)

    def forward(self, x: torch.Tensor) -> Outputs:
        """Return logits: of the sides, the finest first, (N, 1, h, w) of several sizes; and joined, (N, 1, H, W)."""
        one = self.stage1(x)
        two = self.stage2(F.max_pool2d(one, 2, ceil_mode=True))
        three = self.stage3(F.max_pool2d(two, 2, ceil_mode=True))
        two = self.stage2d(torch.cat([_enlarged(three, two), two], dim=1))
        one = self.stage1d(torch.cat([_enlarged(two, one), one], dim=1))
        sides = [layer(level) for layer, level in zip(self.sides, (one, two, three), strict=True)]
        return sides, self.outconv(torch.cat([_enlarged(side, x) for side in sides], dim=1))


def _enlarged(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


def fused_only(sides: list[torch.Tensor], fused: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of the joined output, which is all that a network without deep supervision has."""
    return F.binary_cross_entropy_with_logits(fused, target)


def trained(block: Block, loss: Loss = fused_only, seed: int = 0, steps: int = STEPS) -> SmallU2Net:
    """Return a network after some steps of training, in evaluation mode; it takes some seconds.

    Args:
        block: makes its blocks.
        loss: from sides, joined and target (N, 1, 48, 48) to a single number.
        seed: of the first weights and of the batches.
        steps: of eight images each.
    """
    data, net = train_images(), started(lambda: SmallU2Net(block), seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        sides, fused = net(data.images[rows])
        return loss(sides, fused, data.targets[rows][:, None])

    with one_thread():
        for _ in fit(net.train(), cost, drawn_batches(NUM_TRAIN, BATCH, steps, seed), rate=RATE):
            pass
    return net


@torch.no_grad()
def maps_of(net: SmallU2Net, x: torch.Tensor) -> torch.Tensor:
    """Return saliency maps (N, 4, H, W) in [0, 1]: of the three sides, the finest first, and joined."""
    found = []
    for part in x.split(40):
        sides, fused = net(part)
        found.append(torch.cat([*(_enlarged(side, part) for side in sides), fused], dim=1).sigmoid())
    return torch.cat(found)


NESTED_WIDTHS = (8, 12, 16, 20)
NESTED_STEPS, NESTED_RATE = 90, 2e-2


def trained_nested(make: Callable[..., nn.Module], seed: int = 0) -> nn.Module:
    """Return a network whose forward gives a list of logits (N, 1, 48, 48), trained with all of them held to the truth.

    Args:
        make: called with the channels of images, the number of classes, and the widths.
        seed: of the first weights and of the batches.
    """
    data, net = train_images(), started(lambda: make(3, 1, list(NESTED_WIDTHS)), seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        target = data.targets[rows][:, None]
        each = [F.binary_cross_entropy_with_logits(one, target) for one in net(data.images[rows])]
        return torch.stack(each).sum()

    with one_thread():
        for _ in fit(net.train(), cost, drawn_batches(NUM_TRAIN, BATCH, NESTED_STEPS, seed), rate=NESTED_RATE):
            pass
    return net


@torch.no_grad()
def predicted(net: nn.Module, x: torch.Tensor, depth: int | None = None) -> torch.Tensor:
    """Return what `predict` of a network gives for many images, (N, 1, H, W)."""
    return torch.cat([net.predict(part, depth) for part in x.split(40)])  # type: ignore[operator]


@torch.no_grad()
def multiply_adds(use: Callable[[torch.Tensor], object]) -> int:
    """Return the multiply-adds that one image of 48 x 48 costs."""
    with FlopCounterMode(display=False) as counter:
        use(torch.zeros(1, 3, SIDE, SIDE))
    return counter.get_total_flops() // 2
