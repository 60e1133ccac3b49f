"""What small detectors have in common: wide images of coloured shapes, a start, a training, answers without doubles.

Boxes are (M, 4): the left, top, right and bottom edge in pixels. Labels are int64, places in `NAMES`: the colours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import batched_nms

from coursekit.shapes import COLOUR_NAMES, shapes
from coursekit.training import track

HEIGHT, WIDTH = 64, 96
NAMES = COLOUR_NAMES
Module = TypeVar("Module", bound=nn.Module)


class Scenes(NamedTuple):
    """Images (N, 3, 64, 96) float32 in [0, 1], and for each a dict of its `boxes` (M, 4) and its `labels` (M,)."""

    images: torch.Tensor
    objects: list[dict[str, torch.Tensor]]


@cache
def wide_scenes(num: int, radius: tuple[float, float], seed: int) -> Scenes:
    """Return images with one to three objects each. Shapes are drawn square and stretched to 3 : 2.

    Args:
        num: how many images.
        radius: the smallest and the largest of the shapes, in pixels of the image's height.
        seed: another one draws others.
    """
    drawn = shapes(num, size=HEIGHT, objects=(1, 3), radius=radius, seed=seed)
    images = F.interpolate(drawn.images, size=(HEIGHT, WIDTH), mode="bilinear", align_corners=False)
    wider = torch.tensor([WIDTH / HEIGHT, 1.0] * 2)
    rows = zip(drawn.boxes, drawn.colour, drawn.shape >= 0, strict=True)
    return Scenes(images, [{"boxes": boxes[here] * wider, "labels": colour[here]} for boxes, colour, here in rows])


def grids_of(strides: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the rows and columns that maps of these strides have."""
    return tuple((HEIGHT // stride, WIDTH // stride) for stride in strides)


def started(make: Callable[[], Module], seed: int) -> Module:
    """Return a new network whose first weights follow from a seed; the global random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def drawn_batches(num_images: int, size: int, num: int, seed: int) -> list[torch.Tensor]:
    """Return the rows of so many batches, (size,) each, drawn with replacement."""
    drawn = torch.Generator().manual_seed(seed)
    return [torch.randint(num_images, (size,), generator=drawn) for _ in range(num)]


def fit(
    net: nn.Module,
    cost: Callable[[torch.Tensor], torch.Tensor],
    batches: Sequence[torch.Tensor],
    *,
    rate: float,
    decay: float = 0.01,
    rising: float = 0.3,
) -> Iterator[float]:
    """Train a network, with AdamW and a rate that rises and falls (OneCycleLR); yield the cost of each step after it.

    Nothing happens before it is gone through. The network is in evaluation mode afterwards.

    Args:
        net: is trained in place.
        cost: from the rows of a batch to a single number.
        batches: the rows of each step.
        rate: the largest learning rate.
        decay: AdamW's weight decay.
        rising: the part of the steps in which the rate rises.
    """
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    total = max(2, len(batches))  # fewer make no cycle
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=total, pct_start=rising)
    steps = track(range(len(batches)), "the detector")
    for step in steps:
        loss = cost(batches[step])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        steps.report(loss=loss.item())
        yield loss.item()
    net.eval()


def without_doubles(
    boxes: torch.Tensor, scores: torch.Tensor, labels: torch.Tensor, *, overlap: float, most: int | None = None
) -> dict[str, torch.Tensor]:
    """Return what is left of an image's boxes, scores and labels after NMS by class, the surest first.

    Args:
        boxes, scores, labels: (K, 4), (K,) and (K,).
        overlap: the largest IoU of two that are left of a class.
        most: how many are left at most; None is all.
    """
    kept = batched_nms(boxes, scores, labels, overlap)[:most]
    return {"boxes": boxes[kept], "labels": labels[kept], "scores": scores[kept]}
