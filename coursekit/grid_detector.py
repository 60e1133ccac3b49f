"""A small detector in YOLOv3's style: images of coloured shapes wider than high, two levels, its training and answers.

What an anchor is to say, what an error costs and how outputs are read is handed in: so a notebook brings its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.small_detectors import HEIGHT, NAMES, WIDTH, Scenes, fit, started, wide_scenes, without_doubles

STRIDES = (8, 16)
NUM_CLASSES = len(NAMES)
# Small to large; the first three belong to the fine level.
ANCHORS = torch.tensor([[[14.0, 10.0], [21.0, 14.0], [27.0, 18.0]], [[33.0, 22.0], [38.0, 26.0], [42.0, 28.0]]])
NUM_IMAGES = {"train": 300, "test": 150}
STEPS, BATCH, RATE, DECAY = 180, 16, 0.015, 0.02
RARE = -3.0  # where confidences start: a positive anchor is rare
OVERLAP, ANSWERS = 0.5, 20

Decoder = Callable[[torch.Tensor, torch.Tensor, int, int], tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def scenes(part: str) -> Scenes:
    """Return the images of a part, "train" or "test", with one to three objects each."""
    return wide_scenes(NUM_IMAGES[part], (5.0, 14.0), {"train": 0, "test": 1}[part])


@cache
def placed() -> torch.Tensor:
    """Return every anchor in the middle of its cell, (360, 4): level by level, anchor by anchor, row by row."""
    rows = [
        ((j + 0.5) * stride - w / 2, (i + 0.5) * stride - h / 2, (j + 0.5) * stride + w / 2, (i + 0.5) * stride + h / 2)
        for stride, shapes_of in zip(STRIDES, ANCHORS.tolist(), strict=True)
        for w, h in shapes_of
        for i in range(HEIGHT // stride)
        for j in range(WIDTH // stride)
    ]
    return torch.tensor(rows)


class Detector(nn.Module):
    """A backbone with four stages, and on its last two maps a convolution each that says 5 + C numbers an anchor.

    Args:
        backbone: `backbone.maps(x)` gives the maps of its stages.
        channels: of the last two of these maps, the finer one's first.
    """

    def __init__(self, backbone: nn.Module, channels: tuple[int, int]) -> None:
        super().__init__()
        fine, coarse = channels
        per_cell = ANCHORS.shape[1] * (5 + NUM_CLASSES)
        self.backbone = backbone
        self.lateral = nn.Conv2d(coarse, fine, 1)
        mixing = nn.Conv2d(2 * fine, coarse, 3, padding=1, bias=False)
        self.mixed = nn.Sequential(mixing, nn.BatchNorm2d(coarse), nn.LeakyReLU(0.1))
        self.answers = nn.ModuleList(nn.Conv2d(coarse, per_cell, 1) for _ in STRIDES)
        for answer in self.answers:
            nn.init.normal_(answer.weight, std=0.01)  # type: ignore[arg-type]
            start = torch.zeros(ANCHORS.shape[1], 5 + NUM_CLASSES)
            start[:, 4] = RARE
            answer.bias = nn.Parameter(start.flatten())

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return what each level says, (N, 3 (5 + C), H, W), the finer one first."""
        *_, fine, coarse = self.backbone.maps(x - 0.5)  # type: ignore[operator]
        wide = F.interpolate(self.lateral(coarse), scale_factor=2.0)
        levels = self.mixed(torch.cat([wide, fine], dim=1)), coarse
        return [answer(level) for answer, level in zip(self.answers, levels, strict=True)]


def row_by_row(outputs: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return what all anchors say, (N, 360, 5 + C), in the order of `placed`."""
    parts = []
    for level in outputs:
        num, _, rows, columns = level.shape
        parts.append(level.reshape(num, ANCHORS.shape[1], -1, rows * columns).transpose(2, 3).flatten(1, 2))
    return torch.cat(parts, dim=1)


def train(
    make: Callable[[], nn.Module],
    channels: tuple[int, int],
    state: torch.Tensor,
    target: torch.Tensor,
    loss: Loss,
    num_steps: int = STEPS,
    seed: int = 0,
) -> Detector:
    """Return a detector that was trained on the training images.

    Args:
        make: makes the backbone.
        channels: of its last two maps.
        state: (300, 360) int64, which anchors count.
        target: (300, 360, 6 + C), what they are to say.
        loss: from outputs (N, 360, 5 + C), states and targets of a batch to its parts.
        num_steps: batches.
        seed: of the start, and of the order of images.
    """
    x = scenes("train").images
    drawn = torch.Generator().manual_seed(seed)
    detector = started(lambda: Detector(make(), channels), seed)
    epochs = num_steps * BATCH // len(x) + 1
    order = torch.cat([torch.randperm(len(x), generator=drawn) for _ in range(epochs)])

    def cost(rows: torch.Tensor) -> torch.Tensor:
        return loss(row_by_row(detector(x[rows])), state[rows], target[rows]).sum()

    for _ in fit(detector, cost, order.split(BATCH)[:num_steps], rate=RATE, decay=DECAY):
        pass
    return detector


@torch.no_grad()
def detect(detector: Detector, decode: Decoder) -> list[dict[str, torch.Tensor]]:
    """Return what a detector finds in each test image: boxes, scores and labels, near-duplicates removed."""
    outputs = detector(scenes("test").images)
    levels = [
        [part.flatten(1, 3) for part in decode(*level, 3)] for level in zip(outputs, ANCHORS, STRIDES, strict=True)
    ]
    every = [torch.cat(parts, dim=1) for parts in zip(*levels, strict=True)]
    found = []
    for boxes, sure, kinds in zip(*every, strict=True):
        scores, labels = (sure[:, None] * kinds).max(dim=1)
        found.append(without_doubles(boxes, scores, labels, overlap=OVERLAP, most=ANSWERS))
    return found
