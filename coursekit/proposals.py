"""What R-CNN needs around its heads: a start segmentation, region proposals, labels, features, offsets, a count.

Its proposals, heads and warped regions are the libraries' or written another way than the notebook asks for, so that
the notebook can open with the finished thing.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torchvision.ops import box_iou, nms

from coursekit import pretrained
from coursekit.shapes import SHAPE_NAMES, Shapes, shapes

NUM_CLASSES = len(SHAPE_NAMES)
SIDE = 64
WARPED, CONTEXT = (32, 32), 4
STAGES = 4
TIE = 1e-9


def start_segments(image: torch.Tensor, scale: float = 40.0, least: int = 20, sigma: float = 0.6) -> torch.Tensor:
    """Return the start segmentation of an image (3, H, W), (H, W) int64, numbered from 0: Felzenszwalb's, by scikit-image.

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
                np.concatenate([np.histogram(one[mask], bins=bins, range=(0, 1))[0] for one in pixels]) / 3
            )
            self.near[region] = set()
        for one, other in ((where[1:], where[:-1]), (where[:, 1:], where[:, :-1])):
            for a, b in set(zip(one[one != other].tolist(), other[one != other].tolist(), strict=True)):
                self.near[a].add(b)
                self.near[b].add(a)
        self.like = {(a, b): self.likeness(a, b) for a in self.near for b in self.near[a] if a < b}

    def likeness(self, a: int, b: int) -> float:
        """Return how alike two regions are, from their colours, their sizes and the gap that they would leave."""
        together = self.sizes[a] + self.sizes[b]
        (l, t, r, d), (l2, t2, r2, d2) = self.edges[a], self.edges[b]
        box = (max(r, r2) - min(l, l2)) * (max(d, d2) - min(t, t2))
        colour = float(np.minimum(self.counts[a] / self.sizes[a], self.counts[b] / self.sizes[b]).sum())
        return colour + (2 * self.total - box) / self.total

    def join(self) -> bool:
        """Join the two most alike, and return whether there were two."""
        if not self.like:
            return False
        best = max(self.like.values())
        a, b = min(pair for pair, value in self.like.items() if value > best - TIE)
        (l, t, r, d), (l2, t2, r2, d2) = self.edges[a], self.edges[b]
        self.pairs.append((a, b))
        self.edges.append((min(l, l2), min(t, t2), max(r, r2), max(d, d2)))
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
