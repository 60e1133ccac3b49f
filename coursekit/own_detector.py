"""A detector of one's own: what is chosen of it, and the trainer that carries the choice out. The same images and the
same number of steps for everyone, so that the design alone decides.

Boxes are left, top, right and bottom edge in pixels; labels are places in `NAMES`, the five shapes. Everything is drawn
from seeds that stand fixed: two runs on one machine give the same detector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn

from coursekit.counting import count_multiply_adds, count_numbers
from coursekit.shapes import SHAPE_NAMES, shapes
from coursekit.small_detectors import fit

SIDE, MOST_OBJECTS, NAMES = 64, 3, SHAPE_NAMES
RADIUS = (8.0, 14.0)
NUM_TRAIN, STEPS, BATCH, RATE = 1500, 600, 32, 0.01
MOST_ANSWERS = 20
NUMBERS, MULTIPLY_ADDS = 150_000, 6_000_000
SEED = 0

Cost = Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor]
Read = Callable[[Any], list[dict[str, torch.Tensor]]]


class Scenes(NamedTuple):
    """Images (N, 3, 64, 64) in [0, 1], and of up to three objects in each the boxes (N, 3, 4) and labels (N, 3) int64.

    Where an image has fewer than three, the last boxes are 0 and their labels are -1.
    """

    images: torch.Tensor
    boxes: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True)
class Design:
    """What is chosen of a detector.

    Args:
        network: takes images (N, 3, 64, 64) in [0, 1]; what it gives is between it and the other two.
        cost: from what the network gives for a batch, with the boxes (N, 3, 4) and labels (N, 3) of its objects, to
            the loss, a single number.
        read: from what the network gives to the answers, for each image a dict of `boxes` (K, 4), `labels` (K,) int64
            and `scores` (K,); K may be 0, and another for each image.
    """

    network: nn.Module
    cost: Cost
    read: Read


def scenes(num: int, seed: int) -> Scenes:
    """Return images with one to three shapes."""
    drawn = shapes(num, size=SIDE, objects=(1, MOST_OBJECTS), radius=RADIUS, seed=seed)
    return Scenes(drawn.images, drawn.boxes, drawn.shape)


def mirrored(some: Scenes, drawn: torch.Generator) -> Scenes:
    """Return a batch in one of eight ways: mirrored across, mirrored down, rows and columns exchanged, or not."""
    across, down, turned = torch.randint(2, (3,), generator=drawn).tolist()
    x, boxes = some.images, some.boxes
    there = (some.labels >= 0)[..., None]
    if across:
        x, boxes = x.flip(3), (SIDE - boxes[..., [2, 1, 0, 3]]) * boxes.new_tensor([1.0, 0, 1, 0]) + boxes * boxes.new_tensor([0, 1.0, 0, 1])
    if down:
        x, boxes = x.flip(2), (SIDE - boxes[..., [0, 3, 2, 1]]) * boxes.new_tensor([0, 1.0, 0, 1]) + boxes * boxes.new_tensor([1.0, 0, 1, 0])
    if turned:
        x, boxes = x.transpose(2, 3), boxes[..., [1, 0, 3, 2]]
    return Scenes(x, boxes * there, some.labels)


def train(design: Design, data: Scenes, *, steps: int = STEPS, batch=BATCH, rate=RATE, mirror=True) -> list[float]:
    order, varied = torch.Generator().manual_seed(SEED), torch.Generator().manual_seed(SEED + 1)
    epochs = steps * batch // len(data.images) + 1
    rows = torch.cat([torch.randperm(len(data.images), generator=order) for _ in range(epochs)])

    def cost(own: torch.Tensor) -> torch.Tensor:
        some = Scenes(*(part[own] for part in data))
        if mirror:
            some = mirrored(some, varied)
        return design.cost(design.network(some.images), some.boxes, some.labels)

    design.network.train()
    return list(fit(design.network, cost, rows.split(batch)[:steps], rate=rate))
