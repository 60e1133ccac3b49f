"""A tiny network that names what it sees at each pixel, on one level of its backbone or on a pyramid of several."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.shapes import SHAPE_NAMES, Shapes, shapes
from coursekit.training import track

SIDE = 64  # pixels of an image
RADIUS = (4.0, 16.0)  # pixels, of the smallest and the largest object
WIDTHS = (16, 24, 32, 48)  # channels of the backbone's levels, of strides 2, 4, 8 and 16
NUM_TRAIN = 1000
BATCH = 20
EPOCHS = 7
RATE = 6e-3
STEP = 4  # the loss looks at one pixel of 4 × 4
GROUND_WEIGHT = 0.25  # most pixels are ground


def images(num: int, seed: int) -> Shapes:
    """Return images of two or three objects, small and large."""
    return shapes(num, size=SIDE, objects=(2, 3), radius=RADIUS, seed=seed)


class Segmenter(nn.Module):
    """Scores of six classes at each pixel: the ground and five shapes.

    Args:
        neck: takes a dict of maps, the finest first, and returns as many of equal width: of these the head reads the
            finest alone. It is called once here, to learn the width.
        levels: which maps of the backbone it is given, such as (1, 2, 3). Later ones are not computed.
    """

    def __init__(self, neck: nn.Module, levels: Sequence[int]) -> None:
        super().__init__()
        self.levels = tuple(levels)
        widths = WIDTHS[: max(self.levels) + 1]
        self.stages = nn.ModuleList(map(_stage, (3, *widths), widths))
        self.neck = neck
        blank = OrderedDict((str(one), torch.zeros(1, WIDTHS[one], 1, 1)) for one in self.levels)
        width = next(iter(neck(blank).values())).shape[1]
        self.head = nn.Conv2d(width, 1 + len(SHAPE_NAMES), 1)

    def forward(self, x: torch.Tensor, step: int = 1) -> torch.Tensor:
        """Return scores (N, 6, H // step, W // step) for images (N, 3, H, W): for squares of step × step pixels."""
        size, maps = (x.shape[2] // step, x.shape[3] // step), OrderedDict()
        for level, stage in enumerate(self.stages):
            x = stage(x)
            if level in self.levels:
                maps[str(level)] = x
        finest = next(iter(self.neck(maps).values()))
        return F.interpolate(self.head(finest.relu()), size=size, mode="bilinear", align_corners=False)


def _stage(before: int, after: int) -> nn.Module:
    """Return two convolutions, the first with a stride of 2; of the image itself, where there are most places, one."""
    layers: list[nn.Module] = [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    if before > 3:
        layers += [nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def fit(network: Segmenter, data: Shapes, name: str = "training") -> Segmenter:
    """Train a network on all of the images, and return it in evaluation mode."""
    order = torch.Generator().manual_seed(0)
    rows = [part for _ in range(EPOCHS) for part in torch.randperm(len(data), generator=order).split(BATCH)]
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=len(rows))
    wanted = data.semantic()[:, STEP // 2 :: STEP, STEP // 2 :: STEP]
    weight = torch.ones(1 + len(SHAPE_NAMES))
    weight[0] = GROUND_WEIGHT
    steps = track(rows, name)
    for part in steps:
        loss = F.cross_entropy(network.train()(data.images[part], STEP), wanted[part], weight=weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
        steps.report(loss=loss.item())
    return network.eval()


@torch.no_grad()
def guesses(network: Segmenter, data: Shapes) -> torch.Tensor:
    """Return the likeliest class of each pixel, (N, H, W) int64."""
    return torch.cat([network(part).argmax(dim=1) for part in data.images.split(50)])


def shares_by_size(guessed: torch.Tensor, data: Shapes) -> tuple[torch.Tensor, torch.Tensor]:
    """Return for each object of all images its longer side in pixels, and the share of its pixels that are named
    rightly, (K,) each."""
    right, sides, shares = guessed == data.semantic(), [], []
    for k in range(data.shape.shape[1]):
        seen = data.instances == k + 1
        num = seen.sum(dim=(1, 2))
        left, top, far, bottom = data.boxes[:, k].T
        sides.append(torch.maximum(far - left, bottom - top)[num > 0])
        shares.append(((right & seen).sum(dim=(1, 2)) / num)[num > 0])
    return torch.cat(sides), torch.cat(shares)
