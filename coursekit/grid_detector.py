"""A small detector in YOLOv3's style: images of coloured shapes wider than high, two levels, its training and answers.

What an anchor is to say, what an error costs and how outputs are read is handed in: so a notebook brings its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import batched_nms

from coursekit.shapes import COLOUR_NAMES, Shapes, shapes
from coursekit.training import track

HEIGHT, WIDTH = 64, 96
STRIDES = (8, 16)
NUM_CLASSES = len(COLOUR_NAMES)
# Small to large; the first three belong to the fine level. Shapes are drawn square and stretched to 3 : 2.
ANCHORS = torch.tensor([[[14.0, 10.0], [21.0, 14.0], [27.0, 18.0]], [[33.0, 22.0], [38.0, 26.0], [42.0, 28.0]]])
NUM_IMAGES = {"train": 300, "test": 150}
STEPS, BATCH, RATE, DECAY = 180, 16, 0.015, 0.02
RARE = -3.0  # where confidences start: a positive anchor is rare
OVERLAP, ANSWERS = 0.5, 20

Decoder = Callable[[torch.Tensor, torch.Tensor, int, int], tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


class Scenes(NamedTuple):
    """Images (N, 3, 64, 96), and for each a dict of its `boxes` (K, 4) in pixels and its `labels` (K,), the colours."""

    images: torch.Tensor
    objects: list[dict[str, torch.Tensor]]


@cache
def scenes(part: str) -> Scenes:
    """Return the images of a part, "train" or "test", with one to three objects each."""
    drawn = _drawn(part)
    images = F.interpolate(drawn.images, size=(HEIGHT, WIDTH), mode="bilinear", align_corners=False)
    wider = torch.tensor([WIDTH / HEIGHT, 1.0] * 2)
    objects = [
        {"boxes": drawn.boxes[place][here] * wider, "labels": drawn.colour[place][here]}
        for place, here in enumerate(drawn.shape >= 0)
    ]
    return Scenes(images, objects)


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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        detector = Detector(make(), channels)
    optimiser = torch.optim.AdamW(detector.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=max(num_steps, 1))
    epochs = num_steps * BATCH // len(x) + 1
    order = torch.cat([torch.randperm(len(x), generator=drawn) for _ in range(epochs)])
    steps = track(range(num_steps), "the detector")
    for step in steps:
        rows = order[step * BATCH : (step + 1) * BATCH]
        cost = loss(row_by_row(detector(x[rows])), state[rows], target[rows]).sum()
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        schedule.step()
        steps.report(loss=cost.item())
    return detector.eval()


@torch.no_grad()
def detect(detector: Detector, decode: Decoder) -> list[dict[str, Any]]:
    """Return what a detector finds in each test image: boxes, scores and labels, near-duplicates removed."""
    outputs = detector(scenes("test").images)
    levels = [
        [part.flatten(1, 3) for part in decode(*level, 3)] for level in zip(outputs, ANCHORS, STRIDES, strict=True)
    ]
    every = [torch.cat(parts, dim=1) for parts in zip(*levels, strict=True)]
    found = []
    for boxes, sure, kinds in zip(*every, strict=True):
        scores, labels = (sure[:, None] * kinds).max(dim=1)
        kept = batched_nms(boxes, scores, labels, OVERLAP)[:ANSWERS]
        found.append({"boxes": boxes[kept], "scores": scores[kept], "labels": labels[kept]})
    return found


@cache
def _drawn(part: str) -> Shapes:
    seed = {"train": 0, "test": 1}[part]
    return shapes(NUM_IMAGES[part], size=HEIGHT, objects=(1, 3), radius=(5.0, 14.0), seed=seed)
