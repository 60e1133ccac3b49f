"""Pictures of the notebook on one-stage detectors: who learns what, a first step's loss, and what a detector finds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torchvision.models.detection._utils import Matcher, SSDMatcher
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_iou, sigmoid_focal_loss

from coursekit import point_detector, small_detectors
from coursekit.figures.anchors import BOXES, COLOURS, HEIGHT, NAMES, WIDTH, photograph
from coursekit.outlines import outline
from coursekit.plots import PALETTE, alt, figure

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
PHOTO_GRIDS = ((10, 15), (5, 8), (3, 4))
PHOTO_STRIDES, PHOTO_LIMITS = (20.0, 40.0, 80.0), (70.0, 100.0)
BY_HAND = ((100, 200), (0.2, 0.45), 4.0)  # image, scales, ratio
STRIDES, LIMITS = (8.0, 16.0, 32.0), (32.0, 64.0)
FIELD = (96, 128)  # height and width of the schematic image
LOW, HIGH = 0.4, 0.5
ANCHORS, OBJECTS = 10_000, 4
ENDLESS = float("inf")
SHOWN = (1, 4, 10, 11)  # of the test images


def learns(
    place: tuple[float, float], box: Sequence[float], reach: float, span: tuple[float, float]
) -> tuple[float, ...] | None:
    """Return the four distances of a place that FCOS lets learn a box, or None where it doesn't."""
    (x, y), (left, top, right, bottom) = place, box
    edges = (x - left, y - top, right - x, bottom - y)
    off = max(abs(x - (left + right) / 2), abs(y - (top + bottom) / 2))
    return edges if min(edges) > 0 and span[0] <= max(edges) <= span[1] and off < reach else None


def spans(limits: Sequence[float]) -> list[tuple[float, float]]:
    """Return from where to where the largest distance of each level goes."""
    return list(zip([0.0, *limits], [*limits, ENDLESS], strict=True))


@cache
def of_ssd() -> tuple[torch.Tensor, torch.Tensor]:
    """Return default boxes over the photograph, and which object each was given."""
    library = DefaultBoxGenerator([[2], [2]], scales=[0.45, 0.65, 0.9])
    photo = ImageList(torch.zeros(1, 3, HEIGHT, WIDTH), [(HEIGHT, WIDTH)])
    laid = library(photo, [torch.zeros(1, 1, *grid) for grid in PHOTO_GRIDS[1:]])[0]
    return laid, SSDMatcher(0.5)(box_iou(BOXES, laid))


@cache
def of_retinanet() -> tuple[torch.Tensor, torch.Tensor]:
    """Return anchors over the photograph, and which object each was given."""
    library = AnchorGenerator(((60,), (110,), (170,)), ((0.5, 1.0, 2.0),) * 3)
    photo = ImageList(torch.zeros(1, 3, HEIGHT, WIDTH), [(HEIGHT, WIDTH)])
    laid = library(photo, [torch.zeros(1, 1, *grid) for grid in PHOTO_GRIDS])[0]
    return laid, Matcher(HIGH, LOW, allow_low_quality_matches=True)(box_iou(BOXES, laid))


@cache
def of_fcos() -> tuple[tuple[float, float, int], ...]:
    """Return the places over the photograph that learn something: x, y, and the object."""
    found = []
    by_area = sorted(range(len(BOXES)), key=lambda k: float((BOXES[k, 2:] - BOXES[k, :2]).prod()))
    for (rows, columns), stride, span in zip(PHOTO_GRIDS, PHOTO_STRIDES, spans(PHOTO_LIMITS), strict=True):
        for i in range(rows):
            for j in range(columns):
                place = ((j + 0.5) * stride, (i + 0.5) * stride)
                owners = [k for k in by_area if learns(place, BOXES[k].tolist(), 1.5 * stride, span)]
                found += [(*place, owners[0])] if owners else []
    return tuple(found)


def overview() -> Figure:
    """Return the photograph three times: what learns of its objects in SSD, RetinaNet and FCOS."""
    picture, axes = figure(1, 3, size=(8, 2.05))
    counts = []
    for ax, (name, made) in zip(axes, {"SSD": of_ssd, "RetinaNet": of_retinanet, "FCOS": None}.items(), strict=True):
        ax.imshow(photograph(), extent=(0, WIDTH, HEIGHT, 0))
        for own, word in zip(BOXES.tolist(), NAMES, strict=True):
            outline(ax, own, COLOURS[word], lw=2.5)
        if made is None:
            for x, y, k in of_fcos():
                ax.plot(x, y, "o", color=COLOURS[NAMES[k]], mec="black", ms=6)
            num, words = len(of_fcos()), "places"
        else:
            laid, owner = made()
            for box, k in zip(laid.tolist(), owner.tolist(), strict=True):
                if k >= 0:
                    outline(ax, box, "white", lw=1)
            num, words = int((owner >= 0).sum()), "boxes"
        counts.append(f"{name} {num} {words}")
        ax.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), title=f"{name}: {num} {words}")
        ax.axis("off")
    return alt(picture, f"A photograph of saucer, cup and spoon, three times, with what learns: {', '.join(counts)}.")


def one_place() -> Figure:
    """Return the default boxes of the example by hand at one place of its map."""
    (height, width), scales, ratio = BY_HAND
    library = DefaultBoxGenerator([[int(ratio)]], scales=list(scales))
    photo = ImageList(torch.zeros(1, 3, height, width), [(height, width)])
    first = library(photo, [torch.zeros(1, 1, 2, 2)])[0][:4]
    picture, ax = figure(size=(6, 3.1))
    outline(ax, (0, 0, width, height), "black", lw=1)
    words = ("0.2 × 0.2", "0.3 × 0.3", "0.4 × 0.1", "0.1 × 0.4")
    for box, tint, word in zip(first.tolist(), (BLUE, ORANGE, GREEN, "black"), words, strict=True):
        outline(ax, box, tint, lw=2.5)
        ax.plot([], [], color=tint, label=word)
    for x, y in ((50, 25), (150, 25), (50, 75), (150, 75)):
        ax.plot(x, y, "+", color="black", ms=9)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set(xlim=(-4, width + 4), ylim=(height + 4, -4), xlabel="pixels")
    ax.set_aspect("equal")
    return alt(picture, "An image twice as wide as high, four places, and at the first one four boxes around it.")


@cache
def slide() -> tuple[np.ndarray, np.ndarray]:
    """Return shifts of an anchor along an object of its own size, in widths, and the IoU at each."""
    shifts = torch.linspace(0, 1, 211)
    moved = torch.tensor([[0.0, 0.0, 30.0, 20.0]]) + shifts[:, None] * torch.tensor([30.0, 0.0, 30.0, 0.0])
    return shifts.numpy(), box_iou(moved, torch.tensor([[0.0, 0.0, 30.0, 20.0]]))[:, 0].numpy()


def bands() -> Figure:
    """Return the IoU of a sliding anchor, with the discard band."""
    shifts, ious = slide()
    picture, ax = figure(size=(6, 2.9))
    ax.axhspan(LOW, HIGH, color=ORANGE, alpha=0.25, lw=0)
    ax.plot(shifts, ious, color=BLUE)
    for height, word in ((0.75, "positive"), (0.45, "discarded"), (0.2, "background")):
        ax.text(0.99, height, word, ha="right", va="center")
    ax.set(xlabel="shift, in widths of the object", ylabel="IoU", xlim=(0, 1), ylim=(0, 1))
    return alt(picture, "The IoU falls from 1 to 0 as an anchor slides off an object; from 0.5 to 0.4 it is discarded.")


@cache
def losses_at_first() -> tuple[np.ndarray, np.ndarray]:
    """Return biases, and the focal loss of a new network with each, divided by the objects."""
    biases = torch.linspace(-12, 2, 57, dtype=torch.float64)
    yes, no = (sigmoid_focal_loss(biases, torch.full_like(biases, one)) for one in (1.0, 0.0))
    return biases.numpy(), (yes + no * (ANCHORS - OBJECTS) / OBJECTS).numpy()


def first_loss() -> Figure:
    """Return the loss of the first step over the bias of the last layer."""
    biases, costs = losses_at_first()
    picture, ax = figure(size=(6, 2.9))
    ax.semilogy(biases, costs, color=BLUE)
    for bias, word in ((0.0, "b = 0"), (-np.log(99), "π = 0.01")):
        ax.plot(bias, np.interp(bias, biases, costs), "o", color=ORANGE, ms=8)
        ax.annotate(word, (bias, np.interp(bias, biases, costs)), (6, -16), textcoords="offset points")
    ax.set(xlabel="bias of the last layer", ylabel="loss", ylim=(0.2, None))
    return alt(
        picture, "The first loss against the bias: lowest near -3, rising slowly to the left, steeply to the right."
    )


def who_learns(side: float, ratio: float, radius: float) -> list[int]:
    """Return how many places of each level learn a box of this size in the middle of the schematic image."""
    return [len(own) for own in _learners(side, ratio, radius)]


def _box_of(side: float, ratio: float) -> tuple[float, float, float, float]:
    """Return a box of that area around a point near the middle."""
    half = side / 2 / ratio**0.5, side / 2 * ratio**0.5
    return 66 - half[0], 46 - half[1], 66 + half[0], 46 + half[1]


def _learners(side: float, ratio: float, radius: float) -> list[list[tuple[float, float]]]:
    found = []
    for stride, span in zip(STRIDES, spans(LIMITS), strict=True):
        rows, columns = (int(edge // stride) for edge in FIELD)
        every = [((j + 0.5) * stride, (i + 0.5) * stride) for i in range(rows) for j in range(columns)]
        found.append([place for place in every if learns(place, _box_of(side, ratio), radius * stride, span)])
    return found


def levels(side: float = 40, ratio: float = 1.0, radius: float = 1.5) -> Figure:
    """Return three levels of places over one object, those that learn it filled."""
    picture, axes = figure(1, 3, size=(8, 2.4))
    own = _learners(side, ratio, radius)
    for ax, stride, span, mine in zip(axes, STRIDES, spans(LIMITS), own, strict=True):
        rows, columns = (int(edge // stride) for edge in FIELD)
        y, x = np.mgrid[0:rows, 0:columns] * stride + stride / 2
        ax.plot(x.ravel(), y.ravel(), ".", color=GREY, ms=4)
        if mine:
            ax.plot(*np.array(mine).T, "o", color=BLUE, ms=7)
        outline(ax, _box_of(side, ratio), ORANGE, lw=2.5)
        top = "no end" if span[1] == ENDLESS else f"{span[1]:.0f}"
        ax.set(xlim=(0, FIELD[1]), ylim=(FIELD[0], 0), xticks=[], yticks=[])
        ax.set_title(f"stride {stride:.0f}, {span[0]:.0f} to {top}: {len(mine)}")
        ax.set_aspect("equal")
    said = ", ".join(f"{len(mine)} at stride {stride:.0f}" for mine, stride in zip(own, STRIDES, strict=True))
    return alt(picture, f"One object under three grids of places; places that learn it: {said}.")


@cache
def middle_map() -> np.ndarray:
    """Return the centre-ness at the points of a box of 90 × 60."""
    x, y = np.meshgrid(np.arange(0.5, 90), np.arange(0.5, 60))
    return np.sqrt(np.minimum(x, 90 - x) / np.maximum(x, 90 - x) * np.minimum(y, 60 - y) / np.maximum(y, 60 - y))


def centre_map() -> Figure:
    """Return the centre-ness over a box."""
    picture, ax = figure(size=(5, 3))
    drawn = ax.imshow(middle_map(), extent=(0, 90, 60, 0), cmap="viridis", vmin=0, vmax=1)
    lines = ax.contour(np.arange(0.5, 90), np.arange(0.5, 60), middle_map(), [0.25, 0.5, 0.75], colors="white")
    ax.clabel(lines, fontsize=10)
    ax.set(xticks=[], yticks=[])
    picture.colorbar(drawn, ax=ax, label="centre-ness")
    return alt(picture, "Centre-ness over a box: 1 in the middle, falling to 0 at all four edges, fast at the rim.")


def history(costs: torch.Tensor, window: int = 20) -> Figure:
    """Return the three losses over a training, each a mean over some steps."""
    picture, ax = figure(size=(6, 2.9))
    smooth = costs[: len(costs) // window * window].reshape(-1, window, 3).mean(dim=1)
    steps = (np.arange(len(smooth)) + 0.5) * window
    for values, word in zip(smooth.T.numpy(), ("class", "box", "centre-ness"), strict=True):
        ax.plot(steps, values, label=word)
    ax.set(xlabel="step", ylabel="loss", ylim=(0, None))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return alt(picture, "Three losses over the training: classes and boxes fall by much, centre-ness by little.")


def gallery(found: Sequence[dict[str, torch.Tensor]], least: float = 0.4) -> Figure:
    """Return test images with what was found, and what is there dotted: one with mistakes first."""
    picture, axes = figure(1, len(SHOWN), size=(8, 1.6))
    images, truths = point_detector.images("test"), point_detector.truths("test")
    for ax, place in zip(axes, SHOWN, strict=True):
        _show(ax, images[place], truths[place].boxes, found[place], least)
    return alt(picture, f"{len(SHOWN)} test images with the true boxes dotted and the boxes found drawn through.")


def _show(ax: Axes, image: torch.Tensor, own: torch.Tensor, guess: dict[str, torch.Tensor], least: float) -> None:
    high, wide = small_detectors.HEIGHT, small_detectors.WIDTH
    ax.imshow(image.movedim(0, -1), extent=(0, wide, high, 0))
    for box in own.tolist():
        outline(ax, box, "black", lw=1.5, ls=":")
    words = []
    for box, label, score in zip(*(guess[name].tolist() for name in ("boxes", "labels", "scores")), strict=True):
        if score >= least:
            outline(ax, box, "white", lw=2.5)
            words.append(small_detectors.NAMES[label])
    ax.set(xlim=(0, wide), ylim=(high, 0))
    ax.set_title(", ".join(words), fontsize=9)
    ax.axis("off")
