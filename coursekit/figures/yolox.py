"""Pictures of the notebook on YOLOX: its head, boxes from cells, who may apply, and how cells are shared out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torchvision.ops import box_iou
from torchvision.utils import make_grid

from coursekit import small_yolox
from coursekit.outlines import outline
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOURS
from coursekit.small_detectors import HEIGHT, NAMES, WIDTH
from coursekit.small_yolox import GRIDS, STRIDES, Record, SmallYolox

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
LIGHT = ("#6FC3FF", "#FFC83D", "#7CF0C0")  # the objects' colours on a picture
OBJECT = (20.0, 10.0, 44.0, 30.0)
CELL, SAID = (40.0, 24.0, 16.0), (32.0, 4.0, 48.0, 36.0)  # the example by hand: a cell, and the box that it says
QUALITIES = (0.0, 0.6, 1.0)
OVERVIEW = 75  # the test picture of the first figure
TOP, REACH = 10, 2.5
FADES = 60.0  # pixels from an object's centre over which boxes get worse by a factor of e
SHOWN = 4
SHARED = (16, 75, 91)  # pictures whose cells are shown after the training

Decoder = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Assigner = Callable[..., torch.Tensor]


class Shares(NamedTuple):
    """How cells are shared out where all classes cost the same.

    Args:
        owner: (A,) the object of each cell, -1 for none.
        wanted: for each object how many cells it asks for.
        best: for each object its largest IoUs, the largest first.
    """

    owner: np.ndarray
    wanted: list[int]
    best: list[np.ndarray]


def share_out(cells: np.ndarray, guesses: np.ndarray, objects: np.ndarray) -> Shares:
    """Return who gets which cell, by auction: each object asks for its cells, and the lowest price has it.

    Args:
        cells: (A, 3) middle and stride.
        guesses: (A, 4) the box that each cell says.
        objects: (M, 4).
    """
    overlap = box_iou(torch.from_numpy(objects), torch.from_numpy(guesses)).numpy()
    at_all, liked = np.zeros(len(cells), dtype=bool), np.zeros(overlap.shape, dtype=bool)
    for one, (x1, y1, x2, y2) in enumerate(objects):
        aside = np.abs(cells[:, :2] - [(x1 + x2) / 2, (y1 + y2) / 2])
        close = (aside < REACH * cells[:, 2:]).all(axis=1)
        covered = (aside < [(x2 - x1) / 2, (y2 - y1) / 2]).all(axis=1)
        liked[one] = close & covered
        at_all |= close | covered
    open_to_all = np.flatnonzero(at_all)
    price = -3 * np.log(overlap + 1e-8) + np.where(liked, 0.0, 1e5)
    owner, paid = np.full(len(cells), -1), np.full(len(cells), np.inf)
    wanted, best = [], []
    for one in range(len(objects)):
        largest = np.sort(overlap[one, open_to_all])[::-1][:TOP]
        asks = max(1, int(largest.sum()))
        for place in sorted(open_to_all.tolist(), key=lambda at: float(price[one, at]))[:asks]:
            if price[one, place] < paid[place]:
                owner[place], paid[place] = one, price[one, place]
        wanted.append(asks)
        best.append(largest)
    return Shares(owner, wanted, best)


def guessed(cells: np.ndarray, objects: np.ndarray, quality: float) -> np.ndarray:
    """Return a box for each cell, (A, 4): from a square of two strides around itself to the nearest object's box.

    How far it goes is the quality at the object's centre, and less the farther away the cell lies.
    """
    middles, stride = cells[:, :2], cells[:, 2:]
    own = np.concatenate([middles - stride, middles + stride], axis=1)
    centres = (objects[:, :2] + objects[:, 2:]) / 2
    away = np.linalg.norm(middles[:, None] - centres, axis=2)
    part = quality * np.exp(-away.min(axis=1) / FADES)[:, None]
    return (1 - part) * own + part * objects[away.argmin(axis=1)]


def _cells() -> np.ndarray:
    """The cells of the fine level, in float64."""
    return small_yolox.lay_cells(GRIDS[:1], STRIDES[:1]).double().numpy()


def _bare(ax: Axes, picture: torch.Tensor | None = None) -> None:
    if picture is not None:
        ax.imshow(picture.permute(1, 2, 0), extent=(0, WIDTH, HEIGHT, 0), interpolation="bilinear")
    ax.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), xticks=[], yticks=[])
    ax.set_aspect("equal")


def _dots(ax: Axes, cells: np.ndarray, owner: np.ndarray, colours: tuple[str, ...], ground: str) -> None:
    """Draw the middle of each cell, those with an owner large, and larger for a larger stride."""
    none = owner < 0
    ax.scatter(cells[none, 0], cells[none, 1], s=3, color=ground, lw=0)
    for one, colour in enumerate(colours):
        mine = owner == one
        x, y, stride = cells[mine].T
        ax.scatter(x, y, s=3.5 * stride, color=colour, ec="black", lw=0.8, zorder=3)


@cache
def overview_shares() -> tuple[Shares, ...]:
    """Return how the cells of the first figure are shared out at each of three qualities."""
    cells = _cells()
    objects = small_yolox.pictures("test").boxes[OVERVIEW].double().numpy()
    return tuple(share_out(cells, guessed(cells, objects, quality), objects) for quality in QUALITIES)


def overview() -> Figure:
    """Return a picture three times, with the cells that its objects get from poor, better and perfect boxes."""
    data = small_yolox.pictures("test")
    picture, axes = figure(1, 3, size=(8, 2.1))
    counts = []
    for ax, quality, shares in zip(axes, QUALITIES, overview_shares(), strict=True):
        _bare(ax, data.images[OVERVIEW])
        for box, colour in zip(data.boxes[OVERVIEW].tolist(), LIGHT, strict=False):
            outline(ax, box, colour, lw=2)
        _dots(ax, _cells(), shares.owner, LIGHT[:2], "white")
        numbers = [(shares.owner == one).sum() for one in (0, 1)]
        counts.append(f"{numbers[0]} and {numbers[1]}")
        ax.set_title(f"{'poor' if quality < 0.3 else 'better' if quality < 1 else 'good'} boxes: {counts[-1]}")
    return alt(picture, f"Two shapes, three times, with dots for their cells: {', then '.join(counts)}.")


def _part(ax: Axes, x: float, y: float, words: str, colour: str, width: float = 2.2) -> None:
    box = FancyBboxPatch((x - width / 2, y - 0.36), width, 0.72, boxstyle="round,pad=0.02", fc="white", ec=colour, lw=2)
    ax.add_patch(box)
    ax.text(x, y, words, ha="center", va="center", fontsize=11)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "#666666", "lw": 1.4})


def head() -> Figure:
    """Return how a map goes through the head of one level."""
    picture, ax = figure(size=(8, 2.5))
    _part(ax, 0.7, 1.5, "map", GREY, 1.2)
    _part(ax, 2.75, 1.5, "stem, 1 × 1", GREEN, 1.7)
    for y, colour, name in ((2.5, BLUE, "what: two of 3 × 3"), (0.9, ORANGE, "where: two of 3 × 3")):
        _part(ax, 5.6, y, name, colour, 2.5)
        _arrow(ax, (3.65, 1.5), (4.3, y))
    _arrow(ax, (1.35, 1.5), (1.85, 1.5))
    ends = ((2.5, 2.5, BLUE, "C classes"), (1.35, 0.9, ORANGE, "1 objectness"), (0.4, 0.9, ORANGE, "4 of a box"))
    for y, start, colour, name in ends:
        _part(ax, 8.9, y, name, colour, 1.9)
        _arrow(ax, (6.9, start), (7.9, y))
    ax.set(xlim=(0, 10), ylim=(-0.1, 3))
    ax.axis("off")
    return alt(
        picture,
        "A map goes through a stem; then one branch of two convolutions leads to the classes, and another to "
        "objectness and the four numbers of a box.",
    )


def decoded() -> Figure:
    """Return the cell of the example by hand, the box that it says, and the box of four zeros."""
    x, y, stride = CELL
    left, top = x - stride / 2, y - stride / 2
    picture, ax = figure(size=(4.6, 3.1))
    ax.set(xlim=(16, 64), ylim=(40, 0), xticks=range(16, 65, 16), yticks=range(0, 41, 16))
    ax.grid(color="#D0D0D0")
    outline(ax, (left, top, left + stride, top + stride), GREY, fill=0.3, lw=0)
    outline(ax, (left - stride / 2, top - stride / 2, left + stride / 2, top + stride / 2), ORANGE, ls="--")
    outline(ax, SAID, BLUE, lw=2.5)
    ax.plot(left, top, "o", color=ORANGE)
    centre = ((SAID[0] + SAID[2]) / 2, (SAID[1] + SAID[3]) / 2)
    ax.annotate("", centre, (left, top), arrowprops={"arrowstyle": "->", "lw": 2})
    ax.set_aspect("equal")
    return alt(
        picture,
        f"A grey cell, a dashed box of its size around its upper left corner ({left:g}, {top:g}), and the box {SAID} "
        f"whose centre ({centre[0]:g}, {centre[1]:g}) an arrow points to.",
    )


@cache
def region_counts() -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return for a small and a large object how many fine cells are in its box alone, near alone, and in both."""
    counts = []
    for box in REGION_BOXES:
        in_box, near = _regions(box)
        counts.append((int((in_box & ~near).sum()), int((near & ~in_box).sum()), int((in_box & near).sum())))
    return counts[0], counts[1]


REGION_BOXES = (OBJECT, (6.0, 3.0, 87.0, 60.0))


def _regions(box: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    middle, half = (np.add(box[2:], box[:2]) / 2, np.subtract(box[2:], box[:2]) / 2)
    off = np.abs(_cells()[:, :2] - middle)
    in_box, near = np.less(off, half), np.less(off, REACH * STRIDES[0])
    return np.asarray(in_box.all(axis=1)), np.asarray(near.all(axis=1))


def regions() -> Figure:
    """Return the cells in the box and near the centre, of the object of the example and of a large one."""
    picture, axes = figure(1, 2, size=(7.4, 2.9))
    reach, cells = REACH * STRIDES[0], _cells()
    for ax, box in zip(axes, REGION_BOXES, strict=True):
        _bare(ax)
        in_box, near = _regions(box)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        outline(ax, box, BLUE, lw=2.5)
        outline(ax, (x - reach, y - reach, x + reach, y + reach), ORANGE, ls="--")
        ax.scatter(cells[:, 0], cells[:, 1], s=5, color=GREY, lw=0)
        for mask, colour in ((in_box & ~near, BLUE), (near & ~in_box, ORANGE), (in_box & near, "black")):
            ax.scatter(cells[mask, 0], cells[mask, 1], s=26, color=colour, lw=0)
        ax.set_title(f"{(in_box & near).sum()} in both, {(in_box ^ near).sum()} in one")
    small, large = region_counts()
    return alt(
        picture,
        f"Boxes drawn through and squares around their centres dashed. Of the small object {small[2]} cells are in "
        f"both and {small[1]} near alone; of the large one {large[2]} in both and {large[0]} in the box alone.",
    )


def sharing_objects(apart: float) -> np.ndarray:
    """Return the two boxes of the picture with sliders, (2, 4)."""
    x, y = WIDTH / 2, HEIGHT / 2
    first = (x - apart / 2 - 22, y - 20, x - apart / 2 + 18, y + 20)
    return np.array([first, (x + apart / 2 - 12, y - 13, x + apart / 2 + 14, y + 17)])


@cache
def sharing_at(quality: float, apart: float) -> Shares:
    """Return how the cells are shared out between the two objects of the picture with sliders."""
    cells, objects = _cells(), sharing_objects(apart)
    return share_out(cells, guessed(cells, objects, quality), objects)


def sharing(quality: float = 0.6, apart: float = 28) -> Figure:
    """Return two objects with the cells that each gets, and their largest IoUs."""
    shares = sharing_at(float(quality), float(apart))
    picture, (ax, bars) = figure(1, 2, size=(8, 3))
    _bare(ax)
    for box, colour in zip(sharing_objects(apart).tolist(), (BLUE, ORANGE), strict=True):
        outline(ax, box, colour, lw=2.5)
    _dots(ax, _cells(), shares.owner, (BLUE, ORANGE), GREY)
    got = [int((shares.owner == one).sum()) for one in (0, 1)]
    ax.set_title(f"cells: {got[0]} and {got[1]}")
    for one, (best, colour) in enumerate(zip(shares.best, (BLUE, ORANGE), strict=True)):
        bars.bar(np.arange(len(best)) + 0.4 * one - 0.2, best, width=0.38, color=colour)
    sums = [float(best.sum()) for best in shares.best]
    bars.set(ylim=(0, 1.02), xlabel="the ten best candidates", ylabel="IoU", xticks=[])
    bars.set_title(f"sums {sums[0]:.1f} and {sums[1]:.1f}: k = {shares.wanted[0]} and {shares.wanted[1]}")
    return alt(
        picture,
        f"Two boxes with the cells that each gets, {got[0]} and {got[1]}, and bars of their ten largest IoUs, "
        f"which sum to {sums[0]:.1f} and {sums[1]:.1f}.",
    )


def smooth(values: list[float], over: int = 10) -> np.ndarray:
    """Return means over so many neighbours."""
    return np.convolve(values, np.ones(over) / over, mode="valid")


def learning(records: Mapping[int, Record]) -> Figure:
    """Return how many cells an object has, and the loss, at each step of each training."""
    picture, (left, right) = figure(1, 2, size=(8, 2.8))
    for (top, record), colour in zip(records.items(), (BLUE, ORANGE), strict=False):
        left.plot(smooth(record.cells), color=colour, label=f"top={top}")
        right.plot(smooth(record.losses), color=colour)
    left.set(xlabel="step", title="cells of an object", ylim=(0, None))
    right.set(xlabel="step", title="sum of the losses", ylim=(0, None))
    left.legend(loc="center right")
    ends = ", ".join(f"{smooth(one.cells)[-1]:.1f} with top={top}" for top, one in records.items())
    return alt(picture, f"Curves over the steps. At the end an object has {ends}. Both losses fall.")


@torch.no_grad()
def _said(net: SmallYolox, decode: Decoder, cells: torch.Tensor, rows: list[int]) -> torch.Tensor:
    return decode(net(small_yolox.pictures("test").images[rows]), cells)


def found_so_far(net: SmallYolox, decode: Decoder, cells: torch.Tensor) -> torch.Tensor:
    """Return the first test pictures with a bright point at the centre of each box found, as one image."""
    rows = list(range(SHOWN))
    images = small_yolox.pictures("test").images[rows].clone()
    for image, one in zip(images, small_yolox.detections(_said(net, decode, cells, rows)), strict=True):
        for x1, y1, x2, y2 in one["boxes"][one["scores"] >= 0.3].round().int().tolist():
            top, bottom, left, right = max(y1, 0), min(y2, HEIGHT) - 1, max(x1, 0), min(x2, WIDTH) - 1
            if top < bottom and left < right:
                image[:, [top, bottom], left:right] = 1.0
                image[:, top:bottom, [left, right]] = 1.0
    return make_grid(images, nrow=2, padding=2)


def found(net: SmallYolox, decode: Decoder, cells: torch.Tensor, num: int = SHOWN) -> Figure:
    """Return test pictures with what is found at a score of one half or more, and the true boxes dotted."""
    data = small_yolox.pictures("test")
    results = small_yolox.detections(_said(net, decode, cells, list(range(num))))
    picture, axes = figure(1, num, size=(8.4, 1.5))
    numbers = []
    for ax, image, own, one in zip(axes, data.images, data.boxes, results, strict=False):
        _bare(ax, image)
        for box in own.tolist():
            outline(ax, box, "white", lw=1.5, ls=":")
        sure = one["scores"] >= 0.5
        for box, label in zip(one["boxes"][sure].tolist(), one["labels"][sure].tolist(), strict=True):
            outline(ax, box, "white", lw=4)
            outline(ax, box, to_hex(COLOURS[NAMES[label]]), lw=2)
        numbers.append(int(sure.sum()))
    return alt(picture, f"Test pictures with boxes in the colours of the shapes that they hold; found {numbers}.")


def shared(net: SmallYolox, decode: Decoder, assign: Assigner, cells: torch.Tensor) -> Figure:
    """Return test pictures with the cells that a trained network's objects get, large dots for the coarse level."""
    data, chosen = small_yolox.pictures("test"), list(SHARED)
    picture, axes = figure(1, len(chosen), size=(8.2, 2.1))
    counts = []
    for ax, row, said in zip(axes, chosen, _said(net, decode, cells, chosen), strict=True):
        owner = assign(said, cells, data.boxes[row], data.labels[row]).numpy()
        _bare(ax, data.images[row])
        for box, colour in zip(data.boxes[row].tolist(), LIGHT, strict=False):
            outline(ax, box, colour, lw=1.5)
        _dots(ax, cells.numpy(), owner, LIGHT[: len(data.boxes[row])], "none")
        fine, coarse = ((owner[cells[:, 2].numpy() == stride] >= 0).sum() for stride in STRIDES)
        counts.append(f"{fine} + {coarse}")
        ax.set_title(f"fine {fine}, coarse {coarse}")
    return alt(picture, f"Test pictures with dots for each object's cells; fine and coarse ones: {', '.join(counts)}.")
