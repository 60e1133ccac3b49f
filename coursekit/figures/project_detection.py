"""Pictures of the project on detection: what there is to find, grids of cells, and what a design sees and lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn
from torchvision.ops import box_iou

from coursekit.outlines import draw_boxes, outline
from coursekit.own_detector import (
    MOST_OBJECTS,
    MULTIPLY_ADDS,
    NAMES,
    NUM_TRAIN,
    NUMBERS,
    SIDE,
    Answer,
    Attempted,
    Design,
    Scenes,
    attempt,
    scenes,
    truths,
    without_labels,
    without_repeats,
)
from coursekit.plots import PALETTE, alt, figure
from coursekit.threads import one_thread
from coursekit.two_stages import mean_average_precision

NUM_NEW, NUM_SHOWN = 200, 5
MARKS = (0.40, 0.55, 0.75)
SURE = 0.3  # answers with a lower score are not drawn, but counted
RIGHT, WRONG, GREY = PALETTE[0], PALETTE[3], "#8A8A8A"
WAYS = ("as it is", "any shape will do", "any place near by", "no repeats")


class Practice(NamedTuple):
    """Images to learn from, and others to look at."""

    learned: Scenes
    new: Scenes


@cache
def practice(seed: int = 0) -> Practice:
    """Return 1,200 images to learn from and 200 others; another seed gives other ones."""
    return Practice(scenes(NUM_TRAIN, seed=70 + 2 * seed), scenes(NUM_NEW, seed=71 + 2 * seed))


def first_try() -> Design:
    """Return the design that one thinks of first: three slots, for the objects from left to right."""
    layers: list[nn.Module] = []
    for before, after, stride in ((3, 16, 4), (16, 32, 2), (32, 48, 2)):
        layers += [nn.Conv2d(before, after, 2 + stride, stride, 1), nn.BatchNorm2d(after), nn.ReLU()]
    per_slot = 4 + len(NAMES) + 1
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(48 * (SIDE // 16) ** 2, MOST_OBJECTS * per_slot))

    def slots(out: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        said = out.unflatten(1, (MOST_OBJECTS, per_slot))
        return said[..., :4], said[..., 4:]

    def cost(out: torch.Tensor, boxes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        edges, names = slots(out)
        from_left = boxes[..., 0].masked_fill(labels < 0, torch.inf).argsort(dim=1)
        boxes, labels = boxes.take_along_dim(from_left[..., None], 1), labels.gather(1, from_left)
        there = labels >= 0
        empty = torch.where(there, labels, len(NAMES))
        far = F.smooth_l1_loss(edges[there], boxes[there] / SIDE, beta=0.05)
        return 10 * far + F.cross_entropy(names.flatten(0, 1), empty.flatten())

    def read(out: torch.Tensor) -> list[Answer]:
        edges, names = slots(out)
        low, high = (SIDE * edges).unflatten(2, (2, 2)).sort(dim=2).values.unbind(dim=2)
        scores, labels = 1 - names.softmax(dim=2)[..., -1], names[..., :-1].argmax(dim=2)
        parts = zip(torch.cat([low, high], dim=2), labels, scores, strict=True)
        return [{"boxes": one, "labels": kinds, "scores": sure} for one, kinds, sure in parts]

    return Design(network, cost, read)


@lru_cache(maxsize=6)
def tried(make: Callable[[], Design], seed: int = 0) -> Attempted:
    """Train a design on the practice images, as the check does, and ask it for the 200 others."""
    data = practice(seed)
    with one_thread():
        return attempt(make, data.learned, data.new.images)


def forgiven(found: Sequence[Answer], seed: int = 0) -> dict[str, float]:
    """Return the mAP of answers as it is, and as it were if one kind of error were forgiven; the names are `WAYS`."""
    truth = truths(practice(seed).new)
    alike = without_labels(found), without_labels(truth)
    values = (
        mean_average_precision(found, truth),
        mean_average_precision(*alike),
        mean_average_precision(found, truth, threshold=0.1),
        mean_average_precision(without_repeats(found, truth), truth),
    )
    return dict(zip(WAYS, values, strict=True))


def by_shape(found: Sequence[Answer], seed: int = 0) -> dict[str, float]:
    """Return the average precision of each shape."""
    truth = truths(practice(seed).new)
    only = [[_only(one, kind) for one in truth] for kind in range(len(NAMES))]
    return {name: mean_average_precision(found, own) for name, own in zip(NAMES, only, strict=True)}


def _only(one: Answer, kind: int) -> Answer:
    own = one["labels"] == kind
    return {name: value[own] for name, value in one.items()}


def hits(found: Answer, truth: Answer) -> torch.Tensor:
    """Return which of an image's answers count at an IoU of 0.5, (K,) bool: the surer one has an object first."""
    overlaps = box_iou(found["boxes"], truth["boxes"])
    overlaps[found["labels"][:, None] != truth["labels"]] = 0
    counts = torch.zeros(len(overlaps), dtype=torch.bool)
    for row in found["scores"].argsort(descending=True, stable=True).tolist():
        best = int(overlaps[row].argmax())
        if overlaps[row, best] >= 0.5:
            counts[row] = True
            overlaps[:, best] = 0
    return counts


def overview(num: int = NUM_SHOWN) -> Figure:
    """Show practice images with what is in them, and with what the first try sees."""
    data = practice().new
    found, truth = tried(first_try).answers, truths(data)
    picture, axes = figure(2, num, size=(2.1 * num, 4.6))
    for column in range(num):
        _shown(axes[0, column], data.images[column])
        real = truth[column]
        draw_boxes(axes[0, column], real["boxes"], [NAMES[kind] for kind in real["labels"]], color=RIGHT)
        _answered(axes[1, column], data.images[column], found[column], truth[column])
    axes[0, 0].set_ylabel("what is there")
    axes[1, 0].set_ylabel("a first try")
    counted = sum(int(hits(_sure(found[n]), truth[n]).sum()) for n in range(num))
    real_ones = sum(len(truth[n]["labels"]) for n in range(num))
    return alt(
        picture,
        f"{num} images with their {real_ones} objects in boxes; below the same images with the boxes of a first try, "
        f"of which {counted} count. Over 200 images its mAP is {forgiven(found)['as it is']:.2f}.",
    )


def cells(halvings: int = 3, image: int = 0) -> Figure:
    """Lay a grid of cells over an image, with the cell of each object's middle.

    Args:
        halvings: how often the map's sides are halved: cells are 2 to the power of that wide.
        image: which practice image.
    """
    data, side = practice().learned, 2**halvings
    lost = lost_share(halvings)
    picture, axes = figure(size=(4.6, 4.2))
    _shown(axes, data.images[image])
    for edge in range(0, SIDE + 1, side):
        axes.axhline(edge - 0.5, color="white", lw=0.6)
        axes.axvline(edge - 0.5, color="white", lw=0.6)
    truth = truths(data)[image]
    for order, box in enumerate(truth["boxes"]):
        middle = (box[:2] + box[2:]) / 2
        corner = (middle / side).floor() * side - 0.5
        outline(axes, [*corner.tolist(), *(corner + side).tolist()], PALETTE[order], fill=0.5)
        axes.plot(*(middle - 0.5).tolist(), marker="o", ms=4, color=PALETTE[order], mec="white")
    draw_boxes(axes, truth["boxes"])
    num, places = (SIDE // side) ** 2, f"{SIDE // side} × {SIDE // side}"
    objects = len(truth["boxes"])
    axes.set_title(f"{places} cells of {side} pixels\n{lost:.1%} of all objects lose their cell", fontsize=11)
    return alt(
        picture,
        f"An image of {objects} objects under {places} = {num} cells, the middle of each object in a coloured cell. "
        f"Over all images {lost:.1%} of the objects lose their cell to another.",
    )


@cache
def lost_share(halvings: int) -> float:
    """Return the share of objects in 1,200 images whose cell another object has."""
    boxes, labels = practice().learned.boxes, practice().learned.labels
    cell = ((boxes[..., :2] + boxes[..., 2:]) / 2 / 2**halvings).floor().long()
    number = cell[..., 0] + SIDE * cell[..., 1] + SIDE**2 * torch.arange(len(boxes))[:, None]
    own = number[labels >= 0]
    return 1 - len(own.unique()) / len(own)


def judged(make: Callable[[], Design], seed: int = 0) -> Figure | str:
    """Train your design on practice images; show what it sees, its mAP, and what it were without an error of each kind.

    Args:
        make: your `detect`.
        seed: of the practice images; 0 is the one that the pictures show.
    """
    done = tried(make, seed)
    if not done.answers:
        return (
            f"not trained: the network keeps {done.numbers:,} of {NUMBERS:,} numbers and takes "
            f"{done.multiply_adds:,} of {MULTIPLY_ADDS:,} multiply-adds"
        )
    data = practice(seed).new
    truth, num = truths(data), NUM_SHOWN
    picture, _ = figure(size=(2.1 * num, 4.9))
    picture.clear()
    halves: Any = picture.subfigures(2, 1, height_ratios=(1, 1.2))
    top, bottom = halves
    for column, ax in enumerate(top.subplots(1, num)):
        _answered(ax, data.images[column], done.answers[column], truth[column])
    values, of_shapes = forgiven(done.answers, seed), by_shape(done.answers, seed)
    left, right = bottom.subplots(1, 2)
    _bars(left, values, "mAP, and if this were forgiven")
    _bars(right, of_shapes, "average precision by shape")
    said = ", ".join(f"{name} {value:.2f}" for name, value in (*values.items(), *of_shapes.items()))
    return alt(picture, f"{num} images with the boxes of a trained design. Over 200 images: {said}.")


def _bars(axes: Axes, values: dict[str, float], title: str) -> None:
    names, marked = list(values), MARKS if WAYS[0] in values else ()
    colours = [PALETTE[0], *[GREY] * 3] if marked else PALETTE[5]
    bars = axes.barh(names, list(values.values()), color=colours, height=0.7)
    axes.bar_label(bars, fmt="{:.2f}", padding=3)
    for mark in marked:
        axes.axvline(mark, color=GREY, lw=0.7, zorder=0)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.1), title=title)


def shown(make: Callable[[], Design], seed: int = 0) -> Callable[[int, float], Figure]:
    """Return a picture of what a design sees in one practice image, for `widgets.explore`. It is trained once."""

    def draw(image: int = 0, sure: float = SURE) -> Figure:
        data, done = practice(seed).new, tried(make, seed)
        real = truths(data)[image]
        picture, (left, right) = figure(1, 2, size=(7, 3.7))
        _shown(left, data.images[image])
        draw_boxes(left, real["boxes"], [NAMES[kind] for kind in real["labels"]], color=GREY)
        left.set_title("what is there", fontsize=11)
        found = _sure(done.answers[image], sure) if done.answers else {}
        right.set_title(f"answers with a score of {sure:.2f} or more", fontsize=11)
        count = _answered(right, data.images[image], found, real, sure) if found else 0
        num = len(found["labels"]) if found else 0
        return alt(picture, f"{len(real['labels'])} objects. Of {num} answers of {sure:.2f} or more {count} count.")

    return draw


def _sure(found: Answer, sure: float = SURE) -> Answer:
    rows = found["scores"] >= sure
    return {name: value[rows] for name, value in found.items()}


def _shown(axes: Axes, image: torch.Tensor) -> None:
    axes.imshow(image.permute(1, 2, 0))
    axes.set(xticks=[], yticks=[], xlim=(-0.5, SIDE - 0.5), ylim=(SIDE - 0.5, -0.5))


def _answered(axes: Axes, image: torch.Tensor, found: Answer, truth: Answer, sure: float = SURE) -> int:
    """Draw an image with the answers that are sure enough, and return how many of them count."""
    _shown(axes, image)
    found = _sure(found, sure)
    counts = hits(found, truth)
    for right in (False, True):
        rows = counts == right
        names = [NAMES[kind] for kind in found["labels"][rows]]
        draw_boxes(axes, found["boxes"][rows].clamp(0, SIDE), names, color=RIGHT if right else WRONG, dashed=not right)
    return int(counts.sum())
