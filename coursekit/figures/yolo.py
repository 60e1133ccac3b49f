"""Pictures of the notebook on YOLO: grids over shapes, roots, squares that become channels, cells to click."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torchvision.ops import box_iou

from coursekit import grid_detector
from coursekit.grid_detector import ANCHORS, STRIDES
from coursekit.outlines import outline
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOUR_NAMES
from coursekit.small_detectors import HEIGHT, WIDTH

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
SHOWN = 30  # the training image with three objects of which the pictures speak
IGNORE = 0.5
FIRST_PLACE = (12.0, 28.0)
LEVELS = [("fine, stride 8", 0), ("coarse, stride 16", 1)]
MISTAKE, SMALL, LARGE = 0.05, 0.1, 0.8
ANCHOR, STRIDE, SAID = (20.0, 12.0), 16, (0.0, 1.0986, 0.4055, -0.2877)  # the example by hand


def _bare(ax: Axes, image: torch.Tensor, fade: float = 1.0) -> None:
    ax.imshow((1 - fade * (1 - image)).permute(1, 2, 0).clamp(0, 1), extent=(0, WIDTH, HEIGHT, 0))
    ax.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), xticks=[], yticks=[])


def _grid(ax: Axes, stride: int) -> None:
    for x in range(0, WIDTH + 1, stride):
        ax.axvline(x, color="white", lw=0.8)
    for y in range(0, HEIGHT + 1, stride):
        ax.axhline(y, color="white", lw=0.8)


class Asked(NamedTuple):
    """The anchor that an object of the picture asks for."""

    level: int
    anchor: int
    row: int
    column: int


@cache
def asked() -> tuple[Asked, ...]:
    """Return for each object of the shown image its level, anchor and cell; looked for by trying all six shapes."""
    rows = []
    for left, top, right, bottom in _objects().tolist():
        (w, h) = right - left, bottom - top
        fits = {}
        for level in range(2):
            for which, (wide, high) in enumerate(ANCHORS[level].tolist()):
                common = min(w, wide) * min(h, high)
                fits[level, which] = common / (w * h + wide * high - common)
        level, which = max(fits, key=lambda key: fits[key])
        stride = STRIDES[level]
        rows.append(Asked(level, which, int((top + bottom) / 2 // stride), int((left + right) / 2 // stride)))
    return tuple(rows)


def _objects() -> torch.Tensor:
    boxes: torch.Tensor = grid_detector.scenes("train").objects[SHOWN]["boxes"]
    return boxes


def _image() -> torch.Tensor:
    return grid_detector.scenes("train").images[SHOWN]


def overview() -> Figure:
    """Return an image with its objects, and on each level's grid the cells that answer for them."""
    picture, axes = figure(1, 3, size=(8, 2.1))
    words = ["objects"]
    _bare(axes[0], _image())
    for box in _objects():
        outline(axes[0], box, "white")
    axes[0].set_title(f"{len(_objects())} objects")
    for level, ax in enumerate(axes[1:]):
        stride = STRIDES[level]
        _bare(ax, _image(), 0.75)
        _grid(ax, stride)
        mine = [one for one in asked() if one.level == level]
        for one in mine:
            cell = (one.column * stride, one.row * stride, (one.column + 1) * stride, (one.row + 1) * stride)
            outline(ax, cell, "black", lw=2.5)
            wide, high = ANCHORS[level, one.anchor].tolist()
            x, y = (one.column + 0.5) * stride, (one.row + 0.5) * stride
            outline(ax, (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), "black", lw=1.5, ls="--")
        ax.set_title(f"{HEIGHT // stride} × {WIDTH // stride} cells: {len(mine)}")
        words.append(f"{len(mine)} on the grid of {HEIGHT // stride} by {WIDTH // stride}")
    return alt(picture, f"Coloured shapes with boxes; cells that answer for them: {', '.join(words[1:])}.")


def roots() -> Figure:
    """Return the root of a width, with the same mistake at a small and at a large one."""
    picture, ax = figure(size=(5, 3))
    widths = torch.linspace(0, 1, 101)
    ax.plot(widths, widths**0.5, color=GREY)
    changes = []
    for width, color in ((SMALL, ORANGE), (LARGE, BLUE)):
        ends = [width**0.5, (width + MISTAKE) ** 0.5]
        ax.fill_between([0, width + MISTAKE], *ends, color=color, alpha=0.4, lw=0)
        ax.fill_between([width, width + MISTAKE], 0, ends[0], color=color, alpha=0.4, lw=0)
        changes.append(ends[1] - ends[0])
    ax.set(xlabel="width, as a share of the image", ylabel="its root", xlim=(0, 1), ylim=(0, 1))
    return alt(
        picture,
        f"A root that rises steeply and then flattens. The same mistake of {MISTAKE} in the width changes the root by "
        f"{changes[0]:.3f} at {SMALL} and by {changes[1]:.3f} at {LARGE}.",
    )


def squares() -> Figure:
    """Return a map of four by six pixels, and the four maps of two by three that are made of it."""
    picture, axes = figure(1, 5, size=(8, 1.9))
    colours = [BLUE, ORANGE, GREEN, GREY]
    cells = torch.arange(24).reshape(4, 6)
    parts = {"4 × 6": cells, **{f"channel {k}": cells[k // 2 :: 2, k % 2 :: 2] for k in range(4)}}
    for ax, (name, part) in zip(axes, parts.items(), strict=True):
        for i, row in enumerate(part.tolist()):
            for j, number in enumerate(row):
                color = colours[2 * (number // 6 % 2) + number % 6 % 2]
                outline(ax, (j, i, j + 1, i + 1), color, fill=0.5, lw=1)
                ax.text(j + 0.5, i + 0.5, str(number), ha="center", va="center", fontsize=10)
        ax.set(xlim=(-0.1, 6.1), ylim=(4.1, -0.1), title=name)
        ax.set_aspect("equal")
        ax.axis("off")
    firsts = ", ".join(str(int(part[0, 0])) for part in list(parts.values())[1:])
    return alt(picture, f"A map of 24 numbers, and four maps of six; these begin with {firsts}.")


def decoding() -> Figure:
    """Return the example by hand: a cell, its anchor, and the box that four numbers make."""
    i, j = 1, 2
    picture, ax = figure(size=(5.2, 3))
    tx, ty, tw, th = torch.tensor(SAID).double()
    x, y = (j + torch.sigmoid(tx)) * STRIDE, (i + torch.sigmoid(ty)) * STRIDE
    wide, high = ANCHOR[0] * tw.exp(), ANCHOR[1] * th.exp()
    for place in range(6):
        ax.axvline(place * STRIDE, color=GREY, lw=0.6)
        ax.axhline(place * STRIDE, color=GREY, lw=0.6)
    outline(ax, (j * STRIDE, i * STRIDE, (j + 1) * STRIDE, (i + 1) * STRIDE), ORANGE, fill=0.25)
    middle = (j + 0.5) * STRIDE, (i + 0.5) * STRIDE
    sides = ANCHOR[0] / 2, ANCHOR[1] / 2
    dashed = (middle[0] - sides[0], middle[1] - sides[1], middle[0] + sides[0], middle[1] + sides[1])
    outline(ax, dashed, "black", ls="--", lw=1.5)
    box = [float(edge) for edge in (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)]
    outline(ax, box, BLUE, lw=3)
    ax.plot(float(x), float(y), "o", color=BLUE)
    ax.set(xlim=(0, 80), ylim=(48, 0), xticks=range(0, 81, 16), yticks=range(0, 49, 16))
    ax.set_aspect("equal")
    return alt(
        picture,
        "A grid with one filled cell, an anchor dashed around its middle, and a box whose centre lies in the cell: "
        + ", ".join(f"{edge:.1f}" for edge in box)
        + ".",
    )


def what_becomes_of(level: int, anchor: int, row: int, column: int) -> tuple[str, str]:
    """Return what an anchor of the shown image is, and which terms of the loss it has, in words."""
    stride = STRIDES[level]
    who = [place for place, one in enumerate(asked()) if one == (level, anchor, row, column)]
    if who:
        label = int(grid_detector.scenes("train").objects[SHOWN]["labels"][who[0]])
        return f"positive: the {COLOUR_NAMES[label]} one", "box, confidence to 1, classes"
    wide, high = ANCHORS[level, anchor].tolist()
    x, y = (column + 0.5) * stride, (row + 0.5) * stride
    place = torch.tensor([[x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]])
    best = float(box_iou(place, _objects()).max())
    return (f"ignored: IoU {best:.2f}", "none") if best > IGNORE else (f"negative: IoU {best:.2f}", "confidence to 0")


def cell_at(place: tuple[float, float] = FIRST_PLACE, level: int = 0) -> Figure:
    """Return the grid of a level over the shown image, with the anchors of one cell and what each is trained for."""
    stride = STRIDES[level]
    column = min(max(int(place[0] // stride), 0), WIDTH // stride - 1)
    row = min(max(int(place[1] // stride), 0), HEIGHT // stride - 1)
    picture, (ax, words) = figure(1, 2, size=(8, 2.8))
    _bare(ax, _image(), 0.85)
    _grid(ax, stride)
    for box in _objects():
        outline(ax, box, "white", lw=2)
    outline(ax, (column * stride, row * stride, (column + 1) * stride, (row + 1) * stride), "black", fill=0.25)
    words.axis("off")
    words.set(xlim=(0, 1), ylim=(0, 1), title=f"row {row}, column {column}")
    said = []
    for anchor in range(3):
        wide, high = ANCHORS[level, anchor].tolist()
        x, y = (column + 0.5) * stride, (row + 0.5) * stride
        color = PALETTE[anchor]
        outline(ax, (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), color, ls="--", lw=2)
        kind, terms = what_becomes_of(level, anchor, row, column)
        words.text(0, 0.88 - 0.34 * anchor, f"{wide:.0f} × {high:.0f}: {kind}", color=color, va="top")
        words.text(0.04, 0.75 - 0.34 * anchor, f"loss: {terms}", color="#666666", va="top", fontsize=11)
        said.append(f"{wide:.0f} by {high:.0f} {kind}")
    return alt(picture, f"A grid over shapes, the cell in row {row} and column {column}: {'; '.join(said)}.")


def found(results: Sequence[dict[str, Any]], num: int = 4, least: float = 0.25) -> Figure:
    """Return test images with the boxes of a score of `least` or more, their colours named, and true boxes dotted."""
    picture, axes = figure(1, num, size=(8, 1.6))
    scenes, count = grid_detector.scenes("test"), 0
    for ax, image, own, result in zip(axes, scenes.images, scenes.objects, results, strict=False):
        _bare(ax, image)
        for box in own["boxes"]:
            outline(ax, box, "white", lw=1.5, ls=":")
        for box, score, label in zip(result["boxes"], result["scores"], result["labels"], strict=True):
            if score >= least:
                count += 1
                outline(ax, box, "white", lw=2.5)
                ax.text(
                    float(box[0]) + 1,
                    float(box[1]) - 1,
                    COLOUR_NAMES[int(label)],
                    color="white",
                    fontsize=9,
                    va="bottom",
                )
    return alt(
        picture, f"{num} test images with true boxes dotted and {count} boxes found, each with its colour named."
    )
