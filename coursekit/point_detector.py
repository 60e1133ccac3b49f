"""A small detector without anchors: images wider than high, three levels of places, one training, and its boxes.

Each place of a level answers three questions: which class, how far to the four edges, how near to the middle. What a
place is to learn is handed in, and what its answers cost is handed in as a function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import nn
from torchvision.ops import clip_boxes_to_image

from coursekit.small_detectors import (
    HEIGHT,
    NAMES,
    WIDTH,
    Scenes,
    drawn_batches,
    fit,
    grids_of,
    started,
    wide_scenes,
    without_doubles,
)

STRIDES = (8, 16, 32)
GRIDS = grids_of(STRIDES)
LIMITS = (16.0, 32.0)
NUM_IMAGES = {"train": 400, "test": 100}
STEPS, BATCH, RATE = 460, 14, 0.006
PRIOR = 0.01  # what a new network says of every class at every place
SURE, OVERLAP, MOST = 0.05, 0.6, 20

Answers = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
Cost = Callable[..., tuple[torch.Tensor, torch.Tensor, torch.Tensor]]


class Truth(NamedTuple):
    """What is in an image: boxes (M, 4) in pixels and labels (M,) int64, places in `NAMES`."""

    boxes: torch.Tensor
    labels: torch.Tensor


def images(part: str) -> torch.Tensor:
    """Return the images of a part, "train" or "test", (N, 3, 64, 96) float32 in [0, 1]."""
    return _scenes(part).images


def truths(part: str) -> tuple[Truth, ...]:
    """Return what is in each image of a part: one to three objects."""
    return tuple(Truth(**own) for own in _scenes(part).objects)


@cache
def places() -> torch.Tensor:
    """Return the point (x, y) of every place, (126, 2): level by level, row by row."""
    levels = [
        stride * (torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).flip(1) + 0.5)
        for (rows, columns), stride in zip(GRIDS, STRIDES, strict=True)
    ]
    return torch.cat(levels)


class PointDetector(nn.Module):
    """From images (N, 3, 64, 96) to logits (N, 126, 6), distances (N, 126, 4), and centre logits (N, 126).

    The head's convolutions are shared by all levels; each level has a factor of its own for its distances.
    """

    def __init__(self, width: int = 32, prior: float = PRIOR) -> None:
        super().__init__()
        stem, deep = self._row((3, 16, 24, width)), [self._row((width, width)) for _ in STRIDES[1:]]
        self.stages = nn.ModuleList([stem, *deep])
        self.tower = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
        self.cls_logits = nn.Conv2d(width, len(NAMES), 3, padding=1)
        self.bbox_reg = nn.Conv2d(width, 4, 3, padding=1)
        self.bbox_ctrness = nn.Conv2d(width, 1, 3, padding=1)
        self.factors = nn.Parameter(torch.ones(len(STRIDES)))
        nn.init.normal_(self.cls_logits.weight, std=0.01)
        self.cls_logits.bias = nn.Parameter(torch.full((len(NAMES),), math.log(prior / (1 - prior))))

    @staticmethod
    def _row(widths: tuple[int, ...]) -> nn.Sequential:
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        layers += [nn.Conv2d(widths[-1], widths[-1], 3, padding=1, bias=False), nn.BatchNorm2d(widths[-1]), nn.ReLU()]
        return nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> Answers:
        """Return what every place says."""
        rows: list[list[torch.Tensor]] = [[], [], []]
        level = x - 0.5
        for stage, stride, factor in zip(self.stages, STRIDES, self.factors, strict=True):
            level = stage(level)
            hidden = self.tower(level)
            far = (factor * self.bbox_reg(hidden)).clamp(max=4.0).exp() * stride
            for found, answer in zip(rows, (self.cls_logits(hidden), far, self.bbox_ctrness(hidden)), strict=True):
                found.append(answer.flatten(2).mT)
        logits, distances, centres = (torch.cat(part, dim=1) for part in rows)
        return logits, distances, centres.squeeze(2)


def train(
    labels: torch.Tensor, targets: torch.Tensor, cost: Cost, *, seed: int = 0, steps: int = STEPS, prior: float = PRIOR
) -> tuple[PointDetector, torch.Tensor]:
    """Train a new detector on the training images; return it, and its three costs at each step, (steps, 3).

    Args:
        labels: (400, 126) int64 for each image and place, -1 where no object is.
        targets: (400, 126, 4), distances to the edges.
        cost: what the answers cost, from logits, distances, centre logits, labels and targets.
        seed: of the first weights and of which images come when.
        steps: how many.
        prior: what the network says of every class at first.
    """
    x, history = images("train"), []
    net = started(lambda: PointDetector(prior=prior), seed)

    def costs(rows: torch.Tensor) -> torch.Tensor:
        parts = torch.stack(cost(*net(x[rows]), labels[rows], targets[rows]))
        history.append(parts.detach())
        return parts.sum()

    for _ in fit(net, costs, drawn_batches(len(x), BATCH, steps, seed + 1), rate=RATE):
        pass
    return net, torch.stack(history)


@torch.no_grad()
def detect(net: PointDetector, x: torch.Tensor, by_middle: bool = True) -> list[dict[str, torch.Tensor]]:
    """Return boxes, labels and scores of what is found in each image, the surest first.

    Args:
        net: the detector.
        x: (N, 3, 64, 96).
        by_middle: whether a score is the root of the class's probability times the centre-ness, or the class's alone.
    """
    found = []
    for logits, far, middle in zip(*net(x), strict=True):
        scores = (logits.sigmoid() * middle.sigmoid()[:, None]).sqrt() if by_middle else logits.sigmoid()
        place, kind = (scores > SURE).nonzero(as_tuple=True)
        edges = places()[place].repeat(1, 2) + far[place] * torch.tensor([-1.0, -1.0, 1.0, 1.0])
        boxes, score = clip_boxes_to_image(edges, (HEIGHT, WIDTH)), scores[place, kind]
        found.append(without_doubles(boxes, score, kind, overlap=OVERLAP, most=MOST))
    return found


def _scenes(part: str) -> Scenes:
    return wide_scenes(NUM_IMAGES[part], (5.0, 15.0), {"train": 10, "test": 11}[part])
