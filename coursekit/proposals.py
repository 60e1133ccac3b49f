"""What R-CNN needs around its heads: a start segmentation, region proposals, labels, features, offsets, a count.

Its proposals, heads and warped regions are the libraries' or written another way than the notebook asks for, so that
the notebook can open with the finished thing.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import box_iou, nms

from coursekit import pretrained
from coursekit.data import photographs, to_tensor
from coursekit.shapes import Shapes, shapes

NUM_TRAIN, NUM_TEST, SIDE = 80, 50, 64
STAGES, PLACES = 5, 3  # of the network that describes a piece: how far it is gone through, and what is left on a side
BATCH = 128
TIE = 1e-9
FAR, NEAR, SAME = 0.3, 0.6, 0.7  # overlaps below and above which a region is of use
LEAST_SCORE, MOST_OVERLAP = -0.5, 0.3

Heads = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


class TrainingRegions(NamedTuple):
    """Regions to learn from: boxes for each image, and for all of them in a row labels, classes near, offsets."""

    boxes: list[torch.Tensor]
    labels: torch.Tensor
    near: torch.Tensor
    offsets: torch.Tensor


class Detections(NamedTuple):
    """What was found in an image: boxes (N, 4), classes (N,) from 0 up, scores (N,) that fall."""

    boxes: torch.Tensor
    classes: torch.Tensor
    scores: torch.Tensor


@cache
def photograph(height: int = 93, width: int = 140) -> torch.Tensor:
    """Return a small photograph of a cup on a saucer, (3, height, width) from 0 to 1."""
    return to_tensor(photographs((height, width))["coffee"])


def start_segments(image: torch.Tensor, scale: float = 60.0, least: int = 30, sigma: float = 0.6) -> torch.Tensor:
    """Return Felzenszwalb's segmentation of an image (3, H, W), by scikit-image: (H, W) int64, numbered from 0.

    Args:
        scale: the larger, the larger the regions.
        least: the fewest pixels of a region.
        sigma: of the blur before.
    """
    from skimage.segmentation import felzenszwalb

    pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
    return torch.from_numpy(felzenszwalb(pixels, scale=scale, sigma=sigma, min_size=least).astype(np.int64))


class Grouping:
    """Regions that are grouped by their likeness, kept by name: sizes, edges, counts of colours, neighbours."""

    def __init__(self, image: torch.Tensor, segments: torch.Tensor, bins: int = 8) -> None:
        pixels = image.double().numpy()
        where = segments.numpy()
        self.total = where.size
        self.edges: list[tuple[int, int, int, int]] = []
        self.sizes: list[int] = []
        self.counts: list[np.ndarray] = []
        self.near: dict[int, set[int]] = {}
        self.pairs: list[tuple[int, int]] = []
        for region in range(where.max() + 1):
            mask = where == region
            rows, columns = mask.any(axis=1).nonzero()[0], mask.any(axis=0).nonzero()[0]
            self.edges.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
            self.sizes.append(int(mask.sum()))
            self.counts.append(
                np.concatenate([np.histogram(one[mask], bins=bins, range=(0, 1))[0] for one in pixels]) / len(pixels)
            )
            self.near[region] = set()
        for one, other in ((where[1:], where[:-1]), (where[:, 1:], where[:, :-1])):
            for a, b in set(zip(one[one != other].tolist(), other[one != other].tolist(), strict=True)):
                self.near[a].add(b)
                self.near[b].add(a)
        self.like = {(a, b): self.likeness(a, b) for a in self.near for b in self.near[a] if a < b}

    def likeness(self, a: int, b: int) -> float:
        """Return how alike two regions are: their colours, and size and fill, whose sum hangs on the box alone."""
        left, top, right, bottom = self.around(a, b)
        box = (right - left) * (bottom - top)
        colour = float(np.minimum(self.counts[a] / self.sizes[a], self.counts[b] / self.sizes[b]).sum())
        return colour + (2 * self.total - box) / self.total

    def around(self, a: int, b: int) -> tuple[int, int, int, int]:
        """Return the edges of the box around both."""
        both = np.array([self.edges[a], self.edges[b]])
        (left, top), (right, bottom) = both[:, :2].min(axis=0).tolist(), both[:, 2:].max(axis=0).tolist()
        return left, top, right, bottom

    def join(self) -> bool:
        """Join the two most alike, and return whether there were two."""
        if not self.like:
            return False
        best = max(self.like.values())
        a, b = min(pair for pair, value in self.like.items() if value > best - TIE)
        self.pairs.append((a, b))
        self.edges.append(self.around(a, b))
        self.sizes.append(self.sizes[a] + self.sizes[b])
        self.counts.append(self.counts[a] + self.counts[b])
        new, around = len(self.sizes) - 1, (self.near.pop(a) | self.near.pop(b)) - {a, b}
        self.like = {pair: value for pair, value in self.like.items() if not {a, b} & set(pair)}
        self.near[new] = around
        for one in around:
            self.near[one] = self.near[one] - {a, b} | {new}
            self.like[one, new] = self.likeness(one, new)
        return True


def grouped(image: torch.Tensor, segments: torch.Tensor, bins: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the boxes (2R - 1, 4) of all regions that grouping meets, and the pairs (R - 1, 2) that it joins."""
    grouping = Grouping(image, segments, bins)
    while grouping.join():
        pass
    boxes = torch.tensor(np.array(grouping.edges), dtype=image.dtype)
    return boxes, torch.tensor(grouping.pairs, dtype=torch.int64).reshape(-1, 2)


@cache
def scenes() -> tuple[Shapes, Shapes]:
    """Return the pictures to learn from and those to be tested on: one to three shapes each."""
    train, test = (
        shapes(num, size=SIDE, objects=(1, 3), radius=(8.0, 14.0), seed=seed)
        for seed, num in ((1, NUM_TRAIN), (2, NUM_TEST))
    )
    return train, test


def truth(data: Shapes, image: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the boxes (K, 4) and the classes (K,) from 0 up of one image's objects."""
    here = data.shape[image] >= 0
    return data.boxes[image][here], data.shape[image][here]


def training_regions(data: Shapes, proposals: list[torch.Tensor]) -> TrainingRegions:
    """Return the true boxes and, of the proposals, those that are of use, with what they are to teach.

    A region that overlaps an object by more than SAME has its class, one that overlaps none by FAR has label 0, and of
    these every other one is taken; the rest has label -1. Above NEAR it is near that object.
    """
    chosen, labels, near, offsets = [], [], [], []
    for image, some in enumerate(proposals):
        boxes, classes = truth(data, image)
        some = torch.cat([boxes, some])
        overlap, which = box_iou(some, boxes).max(dim=1)
        is_far = overlap < FAR
        some, overlap, which = (torch.cat([one[overlap > NEAR], one[is_far][::2]]) for one in (some, overlap, which))
        kinds = classes[which] + 1
        chosen.append(some)
        labels.append(torch.where(overlap > SAME, kinds, torch.where(overlap < FAR, 0, -1)))
        near.append(torch.where(overlap > NEAR, kinds, 0))
        offsets.append(offsets_between(some, boxes[which]))
    return TrainingRegions(chosen, torch.cat(labels), torch.cat(near), torch.cat(offsets).double())


@cache
def _network() -> nn.Module:
    network: nn.Module = pretrained.efficientnet_lite0().get_submodule("features")
    return network.to(memory_format=torch.channels_last)


def described(pieces: torch.Tensor) -> torch.Tensor:
    """Return the features of pieces (N, 3, h, w), (N, D) float64: channels of a trained network at 3 × 3 places."""
    ready = (pieces - pretrained.MEAN) / pretrained.DEVIATION
    stages = list(_network().children())[:STAGES]
    rows = []
    with torch.no_grad():
        for part in ready.to(memory_format=torch.channels_last).split(BATCH):
            for stage in stages:
                part = stage(part)
            rows.append(F.adaptive_avg_pool2d(part, PLACES).flatten(1))
    return torch.cat(rows).double()


def offsets_between(boxes: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return by how much boxes (N, 4) differ from targets (N, 4), in their own sizes: middle, and logarithm of size."""
    (middle, size), (middle_t, size_t) = _middle_and_size(boxes), _middle_and_size(targets)
    return torch.cat([(middle_t - middle) / size, (size_t / size).log()], dim=1)


def moved(boxes: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Return boxes (N, 4) moved by offsets (N, 4), and limited to the image."""
    middle, size = _middle_and_size(boxes)
    middle, half = middle + offsets[:, :2] * size, size * offsets[:, 2:].exp() / 2
    return torch.cat([middle - half, middle + half], dim=1).clamp(0, SIDE)


def _middle_and_size(boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]


def detections(proposals: list[torch.Tensor], x: torch.Tensor, heads: Heads, *, is_moved: bool) -> list[Detections]:
    """Return what is found in each image: regions scored, moved where that is wanted, the best of each place kept.

    Args:
        proposals: boxes (N, 4) for each image.
        x: the features of all of them in a row.
        heads: as the notebook's `fit_region_heads` gives them.
    """
    found = []
    for boxes, rows in zip(proposals, x.split([len(some) for some in proposals]), strict=True):
        scores, classes = (rows @ heads[0].T + heads[1]).max(dim=1)
        if is_moved:
            offsets = torch.einsum("nd,nfd->nf", rows, heads[2][classes]) + heads[3][classes]
            boxes = moved(boxes.double(), offsets)
        boxes, good = boxes.double(), scores > LEAST_SCORE
        boxes, classes, scores = boxes[good], classes[good], scores[good]
        best = nms(boxes, scores, MOST_OVERLAP)
        found.append(Detections(boxes[best], classes[best], scores[best]))
    return found


def share_covered(data: Shapes, proposals: list[torch.Tensor], least: float = 0.5) -> float:
    """Return the share of objects of which some proposal has an overlap above `least`."""
    best = [box_iou(truth(data, image)[0], boxes).amax(dim=1) for image, boxes in enumerate(proposals)]
    return (torch.cat(best) > least).double().mean().item()


def share_found(data: Shapes, found: list[Detections], least: float = 0.5) -> float:
    """Return the share of objects of which some box of the right class has an overlap above `least`."""
    right = []
    for image, one in enumerate(found):
        boxes, classes = truth(data, image)
        overlaps = box_iou(boxes.double(), one.boxes) * (classes[:, None] == one.classes)
        right.append((overlaps > least).any(dim=1))
    return torch.cat(right).double().mean().item()
