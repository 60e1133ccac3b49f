"""A small YOLOX around the parts that a notebook hands in: wide pictures, cells, a body, training, detections.

Boxes are (M, 4): the left, top, right and bottom edge in pixels. Labels are int64 from 0 up: there is no background.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.small_detectors import Scenes, drawn_batches, fit, grids_of, wide_scenes, without_doubles

STRIDES = (8, 16)
GRIDS = grids_of(STRIDES)
CHANNELS = (16, 24, 32, 48)  # after each halving of the sides
STEPS, BATCH, RATE = 120, 16, 0.006
SURE, OVERLAP = 0.05, 0.6  # detections have a score above the one, and after NMS an IoU of at most the other


class Pictures(NamedTuple):
    """Images (N, 3, 64, 96) in [0, 1], and for each the boxes (M, 4) and labels (M,) of its objects."""

    images: torch.Tensor
    boxes: tuple[torch.Tensor, ...]
    labels: tuple[torch.Tensor, ...]


class Record(NamedTuple):
    """What a training writes down at each step: the sum of the losses, and how many cells an object has on average."""

    losses: list[float]
    cells: list[float]


# From the rows of a batch to its losses, and each cell's object, (B, A), -1 for none.
Step = Callable[[torch.Tensor], tuple[Sequence[torch.Tensor], torch.Tensor]]


def _scenes(part: str) -> Scenes:
    num, seed = {"train": (500, 0), "test": (150, 1)}[part]
    return wide_scenes(num, (6.0, 14.0), seed)


def pictures(part: str) -> Pictures:
    """Return the pictures of a part, "train" (500) or "test" (150): one to three shapes, labelled by their colours."""
    images, objects = _scenes(part)
    return Pictures(images, *(tuple(own[name] for own in objects) for name in ("boxes", "labels")))


def lay_cells(grids: Sequence[tuple[int, int]], strides: Sequence[float]) -> torch.Tensor:
    """Return the cells of several levels, (A, 3): the x and y of each one's middle, and its stride, all in pixels.

    Args:
        grids: rows and columns of each level.
        strides: the side of a cell of each level.

    Level by level, in a level row by row, in a row from left to right.
    """
    every = []
    for grid, stride in zip(grids, strides, strict=True):
        row_column = torch.ones(grid).nonzero()
        middle = stride * (row_column.flip(1) + 0.5)
        every.append(F.pad(middle, (0, 1), value=stride))
    return torch.cat(every)


class SmallYolox(nn.Module):
    """A body of four halvings, and a head on its last two maps: from (N, 3, 64, 96) to what the head says, (N, A, …).

    Args:
        head: takes a list of two maps, of 32 and 48 channels, with strides of 8 and 16 pixels.
    """

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        blocks = []
        for before, after in pairwise((3, *CHANNELS)):
            layers: list[nn.Module] = []
            for source, stride in ((before, 2), (after, 1))[: 1 if before == 3 else 2]:
                layers += [nn.Conv2d(source, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.SiLU()]
            blocks.append(nn.Sequential(*layers))
        self.body, self.head = nn.ModuleList(blocks), head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the head says of the images."""
        maps = [x - 0.5]
        for block in self.body:
            maps.append(block(maps[-1]))
        said: torch.Tensor = self.head(maps[-2:])
        return said


def train(net: SmallYolox, step: Step, num_steps: int = STEPS, watch: Callable[[], None] | None = None) -> Record:
    """Train a net on batches of the training pictures and return what was written down.

    Args:
        net: is trained, and is in evaluation mode afterwards.
        step: from the places of a batch's pictures, (B,), to the losses, which are added up, and each cell's object.
        num_steps: batches.
        watch: called now and then, with the net in evaluation mode.
    """
    data, record = pictures("train"), Record([], [])

    def cost(rows: torch.Tensor) -> torch.Tensor:
        losses, matches = step(rows)
        record.cells.append((matches >= 0).sum().item() / sum(len(data.boxes[row]) for row in rows.tolist()))
        return torch.stack(tuple(losses)).sum()

    batches = drawn_batches(len(data.images), BATCH, num_steps, seed=0)
    for number, loss in enumerate(fit(net, cost, batches, rate=RATE, rising=0.15)):
        record.losses.append(loss)
        if watch is not None and number % 20 == 19:
            net.eval()
            watch()
            net.train()
    return record


@torch.no_grad()
def detections(said: torch.Tensor) -> list[dict[str, torch.Tensor]]:
    """Return what is found in each image, near-duplicates removed: boxes, labels and scores, the surest first.

    Args:
        said: (N, A, 5 + C): boxes, then the logit of an object, then those of the classes.
    """
    found = []
    for one in said:
        chances = one[:, 5:].sigmoid() * one[:, 4].sigmoid().unsqueeze(1)
        scores, labels = chances.max(dim=1)
        sure = scores > SURE
        boxes, labels, scores = one[sure, :4], labels[sure], scores[sure]
        found.append(without_doubles(boxes, scores, labels, overlap=OVERLAP))
    return found


def truths(part: str) -> list[dict[str, torch.Tensor]]:
    """Return the objects of each picture of a part: its boxes and labels."""
    return _scenes(part).objects
