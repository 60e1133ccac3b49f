"""A small detector in the manner of YOLOv5: two levels, three anchors at each place, and its training on shapes.

Its block, the decoding, the loss of the objectness and the matching are handed in: so a notebook tries its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import complete_box_iou_loss

from coursekit.small_detectors import (
    NAMES,
    Scenes,
    drawn_batches,
    fit,
    grids_of,
    started,
    wide_scenes,
    without_doubles,
)
from coursekit.two_stages import mean_average_precision

STRIDES = (8, 16)
GRIDS = grids_of(STRIDES)
# Width and height of the shapes in pixels: three for each level.
ANCHORS = torch.tensor([[[12.0, 8.0], [17.0, 12.0], [22.0, 16.0]], [[28.0, 19.0], [35.0, 23.0], [41.0, 27.0]]])
NUM_IMAGES = {"train": 400, "test": 150}
NUM_PER_ANCHOR = 5 + len(NAMES)
STEPS, BATCH, RATE = 80, 20, 0.006
LEVEL_WEIGHTS = (4.0, 1.0)
LEAST_SCORE, OVERLAP, ANSWERS = 0.02, 0.5, 20

Match = Callable[[torch.Tensor, torch.Tensor, Sequence[tuple[int, int]], Sequence[float]], torch.Tensor]
Decode = Callable[[torch.Tensor, torch.Tensor, float], tuple[torch.Tensor, torch.Tensor]]
Balance = Callable[[list[torch.Tensor], list[torch.Tensor], torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
Block = Callable[[int, int, int], nn.Module]


def _scenes(part: str) -> Scenes:
    return wide_scenes(NUM_IMAGES[part], (5.0, 14.0), {"train": 0, "test": 1}[part])


def images(part: str) -> torch.Tensor:
    """Return the images of a part, "train" or "test", (N, 3, 64, 96) float32 in [0, 1]."""
    return _scenes(part).images


def targets(part: str) -> list[dict[str, torch.Tensor]]:
    """Return for each image of a part its boxes (M, 4) and labels (M,), places in `NAMES`."""
    return _scenes(part).objects


class Detector(nn.Module):
    """From images (N, 3, 64, 96) to the raw answers of both levels, (N, 3 · 11, 8, 12) and (N, 3 · 11, 4, 6).

    Args:
        block: makes a stage of given channels before, channels after, and residual blocks, which halves the sides.
        widths: the channels after the stem and after each of three stages.
    """

    def __init__(self, block: Block, widths: Sequence[int] = (8, 16, 32, 48)) -> None:
        super().__init__()
        stem = nn.Conv2d(3, widths[0], 6, stride=2, padding=2, bias=False)
        self.stem = nn.Sequential(stem, nn.BatchNorm2d(widths[0]), nn.SiLU())
        self.stages = nn.ModuleList(block(before, after, 1) for before, after in pairwise(widths))
        fine, coarse = widths[-2:]
        self.down_from_above = nn.Sequential(nn.Conv2d(coarse, fine, 1, bias=False), nn.BatchNorm2d(fine), nn.SiLU())
        num = ANCHORS.shape[1] * NUM_PER_ANCHOR
        heads = [nn.Conv2d(2 * fine, num, 3, padding=1), nn.Conv2d(coarse, num, 3, padding=1)]
        for head in heads:
            nn.init.normal_(head.weight, std=0.01)
            bias = torch.zeros(ANCHORS.shape[1], NUM_PER_ANCHOR)
            bias[:, 4] = -4.0  # few places have an object
            head.bias = nn.Parameter(bias.flatten())
        self.heads = nn.ModuleList(heads)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the raw answers, the finer level first."""
        out = self.stem(x - 0.5)
        for stage in self.stages[:-1]:
            out = stage(out)
        coarse = self.stages[-1](out)
        above = F.interpolate(self.down_from_above(coarse), size=out.shape[2:])
        return [self.heads[0](torch.cat([out, above], dim=1)), self.heads[1](coarse)]


def table(match: Match, part: str = "train") -> list[torch.Tensor]:
    """Return for each image of a part the rows (object, level, anchor, row, column) that a matching gives."""
    return [match(one["boxes"], ANCHORS, GRIDS, STRIDES) for one in targets(part)]


def train(match: Match, block: Block, decode: Decode, balance: Balance, start: int = 0, num: int = STEPS) -> Detector:
    """Return a detector that was trained on the training images.

    Args:
        match: from boxes, anchors, grids and strides to the rows of the places that learn an object.
        block, decode, balance: the parts of the network, of the answers and of the loss.
        start: the seed of the first weights and of the batches.
        num: steps.
    """
    x, rows = images("train"), table(match)
    net = started(lambda: Detector(block), start)

    def cost(chosen: torch.Tensor) -> torch.Tensor:
        return _loss(net(x[chosen]), chosen.tolist(), rows, decode, balance)

    for _ in fit(net, cost, drawn_batches(len(x), BATCH, num, 100 + start), rate=RATE):
        pass
    return net


def _loss(
    raw: list[torch.Tensor], chosen: list[int], rows: list[torch.Tensor], decode: Decode, balance: Balance
) -> torch.Tensor:
    """Return the sum of the losses of boxes, of classes, and of the objectness."""
    logits, aims = [], []
    boxes_cost, class_cost = torch.zeros(()), torch.zeros(())
    owned = torch.cat([F.pad(rows[image], (1, 0), value=place) for place, image in enumerate(chosen)])
    truth = [targets("train")[image] for image in chosen]
    firsts = torch.tensor([0, *(len(one["labels"]) for one in truth)]).cumsum(0)
    all_boxes, all_labels = (torch.cat([one[name] for one in truth]) for name in ("boxes", "labels"))
    for level, answer in enumerate(raw):
        place, which, _, anchor, row, column = owned[owned[:, 2] == level].T
        own = firsts[place] + which
        H, W = answer.shape[2:]
        split = answer.unflatten(1, (-1, NUM_PER_ANCHOR))
        logits.append(split[:, :, 4])
        aim = torch.zeros_like(logits[-1])
        if len(own):
            said = decode(answer, ANCHORS[level], STRIDES[level])[0]
            said = said.unflatten(1, (-1, H, W))[place, anchor, row, column]
            apart = complete_box_iou_loss(said, all_boxes[own], reduction="none")
            boxes_cost = boxes_cost + apart.mean()
            aim[place, anchor, row, column] = (1 - apart.detach()).clamp(0, 1)
            kinds = F.one_hot(all_labels[own], len(NAMES)).float()
            class_cost = class_cost + F.binary_cross_entropy_with_logits(split[place, anchor, 5:, row, column], kinds)
        aims.append(aim)
    objectness, _ = balance(logits, aims, torch.tensor(LEVEL_WEIGHTS))
    return boxes_cost + class_cost + 5 * objectness


@torch.no_grad()
def detect(net: Detector, decode: Decode, part: str = "test") -> list[dict[str, torch.Tensor]]:
    """Return boxes, labels and scores that a detector finds in each image of a part, the best first."""
    levels = [decode(raw, ANCHORS[k], STRIDES[k]) for k, raw in enumerate(net(images(part)))]
    boxes, scores = (torch.cat(parts, dim=1) for parts in zip(*levels, strict=True))
    found = []
    for own, score in zip(boxes, scores, strict=True):
        best, label = score.max(dim=1)
        sure = best > LEAST_SCORE
        own, best, label = own[sure], best[sure], label[sure]
        found.append(without_doubles(own, best, label, overlap=OVERLAP, most=ANSWERS))
    return found


def score(net: Detector, decode: Decode) -> float:
    """Return the mAP at an IoU of 0.5 on the test images."""
    return mean_average_precision(detect(net, decode), targets("test"))
