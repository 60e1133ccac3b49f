"""A small detector with anchors: images of shapes that are wider than high, a head of four convolutions, its training.

What an anchor is to learn, and which anchors count, is handed in: so a notebook tries one choice after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import batched_nms, box_iou

from coursekit.shapes import Shapes, shapes
from coursekit.training import track

HEIGHT, WIDTH, STRIDE = 64, 96, 8
GRID = (HEIGHT // STRIDE, WIDTH // STRIDE)
NUM_IMAGES = {"train": 300, "test": 150}
# Squares of 12, 24 and 48, and the smallest of them twice as wide and twice as high as the other way round.
HAND_PICKED = torch.tensor(
    [[12.0, 12.0], [24.0, 24.0], [48.0, 48.0], [12 * 2**0.5, 6 * 2**0.5], [6 * 2**0.5, 12 * 2**0.5]]
)
SMALL = 16.0  # an object counts as small up to that height, in pixels
STEPS, BATCH, RATE = 200, 20, 0.004
ANSWERS, OVERLAP, HIT = 10, 0.5, 0.5

Choice = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Decoder = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Found(NamedTuple):
    """What a detector finds in an image: boxes (K, 4), the best first, and their scores (K,) between 0 and 1."""

    boxes: torch.Tensor
    scores: torch.Tensor


@cache
def images(part: str) -> torch.Tensor:
    """Return the images of a part, "train" or "test", (N, 3, 64, 96) float32 in [0, 1]."""
    return F.interpolate(_drawn(part).images, size=(HEIGHT, WIDTH), mode="bilinear", align_corners=False)


@cache
def boxes(part: str) -> tuple[torch.Tensor, ...]:
    """Return the boxes of each image of a part, (M, 4) float32 with M of 1 or 2."""
    drawn = _drawn(part)
    wider = torch.tensor([WIDTH / HEIGHT, 1.0] * 2)
    return tuple(own[here] * wider for own, here in zip(drawn.boxes, drawn.shape >= 0, strict=True))


def sides(part: str) -> torch.Tensor:
    """Return width and height of every box of a part, (N, 2)."""
    every = torch.cat(boxes(part))
    return every[:, 2:] - every[:, :2]


def centred(shapes_of: torch.Tensor) -> torch.Tensor:
    """Return boxes of given widths and heights, (N, 2), around the origin, (N, 4)."""
    return torch.cat([shapes_of, shapes_of], dim=1) * torch.tensor([-0.5, -0.5, 0.5, 0.5]).to(shapes_of)


def placed(shapes_of: torch.Tensor) -> torch.Tensor:
    """Return anchors of given widths and heights, (A, 2), in the middle of every place, (8 · 12 · A, 4), row by row."""
    down, across = (STRIDE * torch.arange(num) + STRIDE / 2 for num in GRID)
    middle = torch.cartesian_prod(down, across).flip(1).repeat(1, 2)
    return (middle.unsqueeze(1) + centred(shapes_of)).flatten(0, 1)


class Head(nn.Module):
    """Four convolutions: from images (N, 3, 64, 96) to a score (N, 96 A) and offsets (N, 96 A, 4) of each anchor."""

    def __init__(self, num_shapes: int) -> None:
        super().__init__()
        widths = (3, 16, 24, 32)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.answer = nn.Conv2d(widths[-1], 5 * num_shapes, 3, padding=1)
        nn.init.normal_(self.answer.weight, std=0.01)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores before the sigmoid, and the offsets."""
        out = self.answer(self.body(x)).permute(0, 2, 3, 1).reshape(len(x), -1, 5)
        return out[..., 0], out[..., 1:]


def train(matches: torch.Tensor, offsets: torch.Tensor, choose: Choice, num_steps: int = STEPS) -> Head:
    """Return a head that was trained on the training images, from a fixed start.

    Args:
        matches: (N, 96 A), for each image each anchor's object, -1 for background, -2 for ignored.
        offsets: (N, 96 A, 4), what the positives are to say.
        choose: from the losses of scores and the matches of a batch to the anchors that count, bool.
        num_steps: batches.
    """
    x = images("train")
    drawn = torch.Generator().manual_seed(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = Head(matches.shape[1] // (GRID[0] * GRID[1]))
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=max(num_steps, 1))
    for _ in track(range(num_steps), "the head"):
        rows = torch.randint(len(x), (BATCH,), generator=drawn)
        loss = _loss(head, x[rows], matches[rows], offsets[rows], choose)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return head.eval()


def score_losses(head: Head, x: torch.Tensor, matches: torch.Tensor) -> torch.Tensor:
    """Return what the score of each anchor costs, (N, 96 A), by a binary cross-entropy."""
    scores, _ = head(x)
    return F.binary_cross_entropy_with_logits(scores, (matches >= 0).float(), reduction="none")


@torch.no_grad()
def detect(head: Head, anchors: torch.Tensor, decode: Decoder) -> list[Found]:
    """Return what a head finds in each test image, near-duplicates removed: ten boxes at most."""
    scores, offsets = head(images("test"))
    found = []
    for score, offset in zip(scores.sigmoid(), offsets, strict=True):
        decoded = decode(offset, anchors)
        kept = batched_nms(decoded, score, torch.zeros_like(score, dtype=torch.int64), OVERLAP)[:ANSWERS]
        found.append(Found(decoded[kept], score[kept]))
    return found


def recall(head: Head, anchors: torch.Tensor, decode: Decoder) -> tuple[float, float]:
    """Return the share of objects of the test images that are found in ten boxes, of all and of small ones."""
    hit, small = [], []
    for (found, _), own in zip(detect(head, anchors, decode), boxes("test"), strict=True):
        hit.append(box_iou(own, found).amax(dim=1) >= HIT)
        small.append(own[:, 3] - own[:, 1] <= SMALL)
    is_hit, is_small = torch.cat(hit).float(), torch.cat(small)
    return is_hit.mean().item(), is_hit[is_small].mean().item()


def _loss(head: Head, x: torch.Tensor, matches: torch.Tensor, offsets: torch.Tensor, choose: Choice) -> torch.Tensor:
    """Return the mean over the chosen anchors of the score's loss, and over the positives of the offsets'."""
    scores, said = head(x)
    each = F.binary_cross_entropy_with_logits(scores, (matches >= 0).float(), reduction="none")
    counts, positive = choose(each.detach(), matches), matches >= 0
    apart = F.smooth_l1_loss(said[positive], offsets[positive], reduction="sum")
    return each[counts].sum() / counts.sum().clamp(min=1) + apart / (4 * positive.sum().clamp(min=1))


@cache
def _drawn(part: str) -> Shapes:
    seed = {"train": 0, "test": 1}[part]
    return shapes(NUM_IMAGES[part], size=HEIGHT, objects=(1, 2), radius=(4.0, 14.0), seed=seed)
