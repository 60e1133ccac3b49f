"""A small network for small objects, its training, and where it looks.

The question is easy, "which colour has the object?", and the object is small: most places show nothing but ground,
and the mean over all places, with which the network ends, hardly sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.shapes import COLOUR_NAMES, shapes
from coursekit.threads import one_thread
from coursekit.training import track

WIDTHS = (12, 24, 32)
RADIUS = (3.0, 5.0)
GREY = 0.5  # what is taken from each pixel, so that a covered place, 0, is a middling grey

Block = Callable[[int], nn.Module]


@dataclass(frozen=True)
class Scenes:
    """N images with one small object.

    Args:
        x: (N, 3, S, S) float32 around 0, what the network gets.
        y: (N,) int64, the colour's place in `COLOUR_NAMES`.
        images: (N, 3, S, S) float32 in [0, 1], to be shown.
        objects: (N, 1, S, S) float32, 1 where the object is seen.
    """

    x: torch.Tensor
    y: torch.Tensor
    images: torch.Tensor
    objects: torch.Tensor


def scenes(num: int, *, seed: int) -> Scenes:
    """Return `num` images of 32 × 32 with an object of 3 to 5 pixels radius."""
    drawn = shapes(num, radius=RADIUS, seed=seed)
    objects = (drawn.instances == 1).float()[:, None]
    return Scenes(drawn.images - GREY, drawn.colour[:, 0], drawn.images, objects)


class SmallNet(nn.Module):
    """Three convolutions with batch norm and ReLU, a block behind each, the mean over all places, a linear layer.

    Args:
        block: makes the block for a number of channels; None leaves the blocks out.
        seed: of the weights at the start.
    """

    def __init__(self, block: Block | None = None, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.convs = nn.ModuleList(_conv(*sizes) for sizes in zip((3, *WIDTHS), WIDTHS, (5, 3, 3), strict=False))
            self.head = nn.Linear(WIDTHS[-1], len(COLOUR_NAMES))
            self.blocks = nn.ModuleList(nn.Identity() if block is None else block(width) for width in WIDTHS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores (N, 6) of images (N, 3, S, S)."""
        for conv, block in zip(self.convs, self.blocks, strict=True):
            x = block(conv(x))
        return self.head(x.mean(dim=(2, 3)))


def _conv(channels_in: int, channels_out: int, size: int) -> nn.Sequential:
    stride = 1 if channels_out == WIDTHS[-1] else 2
    conv = nn.Conv2d(channels_in, channels_out, size, stride=stride, padding=size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels_out), nn.ReLU())


def fit(network: nn.Module, data: Scenes, *, epochs: int = 3, rate: float = 0.01, seed: int = 0) -> list[float]:
    """Train a network by Adam with a rate that rises and falls, and return the loss of each step.

    Afterwards it is in evaluation mode. On one core: so small a network has no work for two.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3)
    per_epoch = len(data.x) // 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * per_epoch)
    losses: list[float] = []
    network.train()
    with one_thread():
        for _ in track(range(epochs), "epochs"):
            for rows in torch.randperm(len(data.x), generator=generator).split(64)[:per_epoch]:
                loss = F.cross_entropy(network(data.x[rows]), data.y[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                losses.append(loss.item())
    network.eval()
    return losses


@torch.no_grad()
def accuracy(network: nn.Module, data: Scenes) -> float:
    """Return the share of images whose colour is named rightly, in [0, 1]."""
    with one_thread():
        return (network(data.x).argmax(dim=1) == data.y).float().mean().item()


@torch.no_grad()
def drops(network: nn.Module, data: Scenes, side: int = 4) -> torch.Tensor:
    """Return how much of the right answer's probability is lost where a patch of the image is covered with grey.

    Args:
        network: in evaluation mode.
        data: N images whose sides are multiples of `side`.
        side: of the patch, in pixels; the patches lie side by side.

    Returns:
        (N, 1, S / side, S / side), at least 0: a patch that helps when it is covered counts as 0.
    """
    rows, cols = data.x.shape[2] // side, data.x.shape[3] // side
    lost = data.x.new_zeros(len(data.x), 1, rows, cols)
    with one_thread():
        before = _probability(network, data.x, data.y)
        for row in range(rows):
            for col in range(cols):
                covered = data.x.clone()
                covered[:, :, row * side : (row + 1) * side, col * side : (col + 1) * side] = 0
                lost[:, 0, row, col] = (before - _probability(network, covered, data.y)).clamp(min=0)
    return lost


def share_on_objects(maps: torch.Tensor, objects: torch.Tensor) -> float:
    """Return the share of coarse maps (N, 1, h, w) that lies on patches which the objects (N, 1, S, S) touch."""
    touched = F.max_pool2d(objects, objects.shape[-1] // maps.shape[-1])
    return ((maps * touched).sum() / maps.sum()).item()


def _probability(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return network(x).softmax(dim=1).gather(1, y[:, None])[:, 0]
