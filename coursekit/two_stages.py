"""What a detector of two stages is made of besides its networks: scenes, a backbone, anchors, matching, drawing, mAP.

The routines are torchvision's own, each behind a call that takes an image without objects as well. Boxes are (N, 4):
the left, top, right and bottom edge in pixels; labels are int64, and 0 is the background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_iou

from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES, shapes

SIDE = 64
NAMES = {"colour": ("ground", *COLOUR_NAMES), "shape": ("ground", *SHAPE_NAMES)}  # by label
Detections = Sequence[dict[str, torch.Tensor]]


@dataclass(frozen=True)
class Settings:
    """The numbers of a Faster R-CNN; those of the second stage begin with `box`.

    Args:
        sizes: the anchors' sides in pixels (the root of their areas).
        ratios: their heights over their widths.
        rpn_high, rpn_low: an anchor shows an object from this IoU on, and the ground below the other.
        rpn_num, rpn_share: anchors drawn from an image, and the largest share of them that shows objects.
        pre_nms, post_nms: proposals left before, and after, NMS.
        rpn_nms: the IoU above which NMS takes a proposal away.
        pool: the height and width of what RoI align cuts out.
        hidden: the width of the two layers behind it.
        box_iou: a proposal shows an object from this IoU on, and the ground below it.
        box_num, box_share: proposals drawn from an image, and the largest share of them that shows objects.
        box_score: detections have a score above this.
        box_nms: the IoU above which NMS takes a detection of the same class away.
        box_most: detections left in an image.
    """

    sizes: tuple[float, ...] = (12.0, 18.0, 26.0)
    ratios: tuple[float, ...] = (1.0,)
    rpn_high: float = 0.7
    rpn_low: float = 0.3
    rpn_num: int = 64
    rpn_share: float = 0.5
    pre_nms: int = 100
    post_nms: int = 30
    rpn_nms: float = 0.7
    pool: int = 5
    hidden: int = 64
    box_iou: float = 0.5
    box_num: int = 16
    box_share: float = 0.5
    box_score: float = 0.05
    box_nms: float = 0.5
    box_most: int = 20


class Backbone(nn.Sequential):
    """A narrow network: from (N, 3, H, W) in [0, 1] to a map (N, out_channels, H / stride, W / stride).

    Args:
        channels: for each halving of the sides, how many channels there are from then on.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 48)) -> None:
        layers: list[nn.Module] = []
        for place, (before, after) in enumerate(zip([3, *channels], channels, strict=False)):
            for source, stride in [(before, 2), (after, 1)][: 1 + (place > 0)]:
                layers += [nn.Conv2d(source, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        super().__init__(*layers)
        self.out_channels = channels[-1]
        self.stride = 2 ** len(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the map, (N, out_channels, H / stride, W / stride)."""
        out: torch.Tensor = super().forward(x - 0.5)
        return out


class Scenes(NamedTuple):
    """Images (N, 3, H, W), and for each a dict of its `boxes` (K, 4) and `labels` (K,), from 1 up."""

    images: torch.Tensor
    targets: list[dict[str, torch.Tensor]]


def scenes(num: int, seed: int = 0, by: str = "colour", objects: tuple[int, int] = (1, 3)) -> Scenes:
    """Return images of the shapes data set, 64 pixels wide and high, with boxes and labels.

    Args:
        num: how many.
        seed: of all that is drawn.
        by: what the labels say, "colour" or "shape"; `NAMES` has the words.
        objects: the fewest and the most in an image.
    """
    drawn = shapes(num, size=SIDE, objects=objects, radius=(8.0, 14.0), seed=seed)
    kinds, there = {"colour": drawn.colour, "shape": drawn.shape}[by], drawn.shape >= 0
    targets = [
        {"boxes": drawn.boxes[place][own], "labels": kinds[place][own] + 1} for place, own in enumerate(there.unbind())
    ]
    return Scenes(drawn.images, targets)


def lay_anchors(
    images: torch.Tensor, maps: torch.Tensor, sizes: Sequence[float], ratios: Sequence[float]
) -> torch.Tensor:
    """Return the anchors over a map, (H' W' K, 4): row by row, and at each place one ratio after the other.

    Args:
        images: (N, C, H, W): how large they are says how far the places are apart.
        maps: (N, C', H', W').
        sizes, ratios: as `Settings` has them; K is the product of their numbers.
    """
    generator = AnchorGenerator((tuple(sizes),), (tuple(ratios),))
    laid = generator(ImageList(images[:1], [tuple(images.shape[-2:])]), [maps])
    return laid[0].to(images.dtype)


def match(candidates: torch.Tensor, boxes: torch.Tensor, high: float, low: float, rescue: bool = False) -> torch.Tensor:
    """Return for each candidate which of the boxes it shows, (A,) int64: -1 none, the ground; -2 neither clearly.

    Args:
        candidates: (A, 4) anchors or proposals.
        boxes: (K, 4) of the objects; K may be 0.
        high: with an IoU of so much or more it shows an object, the one of the largest.
        low: below so much it shows the ground.
        rescue: whether the candidates nearest to a box show an object in any case, whatever their IoU.
    """
    if min(len(boxes), len(candidates)) == 0:
        return torch.full((len(candidates),), -1, dtype=torch.int64, device=candidates.device)
    return Matcher(high, low, allow_low_quality_matches=rescue)(box_iou(boxes, candidates))


def draw(labels: torch.Tensor, num: int, share: float) -> torch.Tensor:
    """Return which candidates of one image are drawn, (A,) bool: `num` of them, or all where there are fewer.

    Args:
        labels: (A,), of any dtype: from 1 up is an object, 0 is the ground, and those below are never drawn.
        num: how many.
        share: the largest share of `num` that shows objects; the rest is ground.
    """
    objects, ground = BalancedPositiveNegativeSampler(num, share)([labels])
    return torch.logical_or(objects[0], ground[0])


def mean_average_precision(found: Detections, truth: Detections, threshold: float = 0.5) -> float:
    """Return mAP as COCO computes it at one IoU: the mean over classes of precision at 101 levels of recall.

    Args:
        found: for each image boxes, labels and scores.
        truth: for each image boxes and labels. Classes that occur nowhere in it are left out.
        threshold: the least IoU of a hit.
    """
    classes = sorted({int(label) for one in truth for label in one["labels"]})
    return float(np.mean([_precision_of(kind, found, truth, threshold) for kind in classes])) if classes else 0.0


def _precision_of(kind: int, found: Detections, truth: Detections, threshold: float) -> float:
    """One class: each image's detections take objects, the surest first; then all are ranked together."""
    sure, hits, total = [np.zeros(0)], [np.zeros(0, dtype=bool)], 0
    for guess, real in zip(found, truth, strict=True):
        here, there = guess["labels"] == kind, real["labels"] == kind
        total += int(there.sum())
        order = torch.sort(guess["scores"][here], descending=True, stable=True)
        overlaps = box_iou(guess["boxes"][here][order.indices], real["boxes"][there]).numpy().copy()
        sure.append(order.values.numpy())
        hits.append(_taken(overlaps, threshold))
    ranked = np.argsort(-np.concatenate(sure), kind="stable")
    right = np.cumsum(np.concatenate(hits)[ranked])
    share_right = right / (1 + np.arange(len(right)))
    best_from = np.append(np.maximum.accumulate(share_right[::-1])[::-1], 0.0)
    first = np.searchsorted(right / max(1, total), np.linspace(0, 1, 101), side="left")
    return float(best_from[first].mean())


def _taken(overlaps: np.ndarray, threshold: float) -> np.ndarray:
    """Which rows, from the first on, find a column that no row before has, at the threshold or above it."""
    hits = np.zeros(len(overlaps), dtype=bool)
    if overlaps.shape[1] == 0:
        return hits
    for row, values in enumerate(overlaps):
        best = values.argmax()
        if values[best] >= threshold:
            hits[row] = True
            overlaps[:, best] = -1.0
    return hits
