"""Pictures of the notebook on YOLOv4 and v5: who learns an object, curves of decoding, a stage's plan, Focus, boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from coursekit import small_detectors, yolov5
from coursekit.outlines import outline
from coursekit.plots import PALETTE, alt, figure

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY = "#8A8A8A"
RULES = ("v3", "v4", "v5")
FIRST_PLACE = (37.0, 45.0)
V4_THRESHOLD, V5_THRESHOLD = 0.213, 4.0
SCORE = 0.3
TINTS = {"red": "#FF4040", "green": "#40FF60", "blue": "#5080FF", "yellow": "#FFE840", "magenta": "#FF50F0"}

Place = tuple[int, int, int, int]  # grid, anchor, row, column


def overlap_of_shapes(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the IoU of two boxes of given width and height around one centre."""
    both = min(one[0], other[0]) * min(one[1], other[1])
    return both / (one[0] * one[1] + other[0] * other[1] - both)


def is_within_reach(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether neither widths nor heights differ by a factor of 4 or more."""
    factors = [big / small for a, b in zip(one, other, strict=True) for big, small in ((a, b), (b, a))]
    return max(factors) < V5_THRESHOLD


def _neighbours(along: float, num: int) -> list[int]:
    """Return the step to the neighbour on whose side of its cell a place lies: none, or one of -1 and 1."""
    cell = int(along)
    step = (along - cell > 0.5) - (along - cell < 0.5)
    return [step] if step and 0 <= cell + step < num else []


def who_learns(rule: str, x: float, y: float, width: float, height: float) -> set[Place]:
    """Return who learns an object of this centre and these sides, with the grids and anchors of `yolov5`."""
    found: set[Place] = set()
    size = (width, height)
    named = {(g, a): own for g, row in enumerate(yolov5.ANCHORS.tolist()) for a, own in enumerate(row)}
    favourite = max(named, key=lambda key: overlap_of_shapes(size, named[key]))
    for (g, a), own in named.items():
        chosen = {
            "v3": (g, a) == favourite,
            "v4": (g, a) == favourite or overlap_of_shapes(size, own) > V4_THRESHOLD,
            "v5": is_within_reach(size, own),
        }[rule]
        num_rows, num_columns = yolov5.GRIDS[g]
        across, down = x / yolov5.STRIDES[g], y / yolov5.STRIDES[g]
        if not chosen or not (0 <= across < num_columns and 0 <= down < num_rows):
            continue
        i, j = int(down), int(across)
        found.add((g, a, i, j))
        if rule == "v5":
            found |= {(g, a, i, j + step) for step in _neighbours(across, num_columns)}
            found |= {(g, a, i + step, j) for step in _neighbours(down, num_rows)}
    return found


def _cells(ax: Axes, g: int, places: set[Place], box: Sequence[float]) -> None:
    stride, (num_rows, num_columns) = yolov5.STRIDES[g], yolov5.GRIDS[g]
    for (i, j), num in Counter((place[2], place[3]) for place in places if place[0] == g).items():
        ax.add_patch(Rectangle((j * stride, i * stride), stride, stride, fc=BLUE, alpha=0.25 * num, lw=0))
        ax.text((j + 0.5) * stride, (i + 0.5) * stride, str(num), ha="center", va="center", fontsize=9)
    for column in range(num_columns + 1):
        ax.axvline(column * stride, color=GREY, lw=0.5)
    for row in range(num_rows + 1):
        ax.axhline(row * stride, color=GREY, lw=0.5)
    outline(ax, box, ORANGE, lw=2)
    ax.plot((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, "+", color=ORANGE, ms=9, mew=2)
    ax.set(xlim=(0, small_detectors.WIDTH), ylim=(small_detectors.HEIGHT, 0), xticks=[], yticks=[])
    ax.set_aspect("equal")


def match_at(place: tuple[float, float] = FIRST_PLACE, width: float = 20.0, height: float = 10.0) -> Figure:
    """Return both grids under the three rules, with the cells that learn an object of this centre and these sides."""
    picture, axes = figure(2, 3, size=(7.8, 3.9))
    (x, y), said = place, []
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    for column, rule in enumerate(RULES):
        places = who_learns(rule, x, y, width, height)
        cells = {(g, i, j) for g, _, i, j in places}
        said.append(f"{rule} {len(places)} in {len(cells)}")
        for g in range(2):
            _cells(axes[g, column], g, places, box)
        axes[0, column].set_title(f"{rule}: {len(places)}")
    for g, stride in enumerate(yolov5.STRIDES):
        axes[g, 0].set_ylabel(f"stride {stride}")
    words = f"An object of {width:.0f} × {height:.0f} on two grids. Anchors that learn it, and in how many cells: "
    return alt(picture, words + ", ".join(said) + ".")


def overview() -> Figure:
    """Return the first picture: one object under the rules of three versions."""
    return match_at((37.0, 29.0), 26.0, 18.0)


def shares(t: np.ndarray) -> dict[str, np.ndarray]:
    """Return how far into its cell a centre lies, by what the network says, for three decodings."""
    inside = 1 / (1 + np.exp(-t))
    scales = {"v3: scale 1": 1.0, "v4: scale 1.2": 1.2, "v5: scale 2": 2.0}
    return {name: 0.5 + scale * (inside - 0.5) for name, scale in scales.items()}


def factors(t: np.ndarray) -> dict[str, np.ndarray]:
    """Return how many times the anchor's side a side is, by what the network says, for two decodings."""
    return {"v3, v4": np.exp(t), "v5": 4 / (1 + np.exp(-t)) ** 2}


def curves() -> Figure:
    """Return the curves of the decodings: centres left, sides right."""
    picture, (left, right) = figure(1, 2, size=(7.8, 3.0))
    t = np.linspace(-6, 6, 121)
    for (name, values), colour in zip(shares(t).items(), (BLUE, ORANGE, GREEN), strict=True):
        left.plot(t, values, label=name, color=colour)
    for edge in (0.0, 1.0):
        left.axhline(edge, color="black", lw=1, ls=":")
    left.set(xlabel="$t_x$", ylabel="place in its cell", ylim=(-0.6, 2.5))
    left.legend(fontsize=10, loc="upper left", bbox_to_anchor=(0.0, 0.98))
    near = np.linspace(-4, 4, 81)
    for (name, values), colour in zip(factors(near).items(), (BLUE, GREEN), strict=True):  # v3's and v5's, as left
        right.plot(near, values, label=name, color=colour)
    right.axhline(4.0, color="black", lw=1, ls=":")
    right.set(xlabel="$t_w$", ylabel="width / anchor's", ylim=(0, 8))
    right.legend(fontsize=10, loc="upper left")
    ends = ", ".join(f"{name} {values[0]:.2f}" for name, values in shares(np.array([-6.0])).items())
    words = f"Left, the place in a cell rises with t; at -6: {ends}. Right, the factor of a side: at 2 it is "
    return alt(picture, words + f"{exp(2):.1f} by the exponential and {4 / (1 + exp(-2)) ** 2:.1f} in version 5.")


def wiring() -> Figure:
    """Return the plan of a CSP stage."""
    picture, ax = figure(size=(7.4, 2.1))
    parts = {
        "down": (0.7, 0.5, BLUE), "short": (3.4, 0.0, ORANGE), "enter": (2.1, 1.0, ORANGE),
        "blocks": (3.4, 1.0, GREEN), "leave": (4.7, 1.0, ORANGE), "join": (6.6, 0.5, BLUE),
    }  # fmt: skip
    for name, (x, y, colour) in parts.items():
        ax.add_patch(FancyBboxPatch((x - 0.38, y - 0.14), 0.76, 0.28, "round,pad=0.06", fc="white", ec=colour, lw=2))
        ax.text(x, y, name, ha="center", va="center")
    ways = (("down", "enter"), ("down", "short"), ("enter", "blocks"), ("blocks", "leave"), ("leave", "join"),
            ("short", "join"))  # fmt: skip
    for start, end in ways:
        (x0, y0, _), (x1, y1, _) = parts[start], parts[end]
        ax.annotate("", (x1 - 0.45, y1), (x0 + 0.45, y0), arrowprops={"arrowstyle": "->", "color": GREY, "lw": 1.5})
    ax.set(xlim=(0.1, 7.2), ylim=(-0.3, 1.35))
    ax.axis("off")
    order = "; ".join(f"{start} to {end}" for start, end in ways)
    return alt(picture, f"A plan of six parts with arrows: {order}.")


def gathered(size: int = 6) -> torch.Tensor:
    """Return for each pixel of a square to which of the four maps Focus takes it, (size, size) int64."""
    places = torch.arange(size) % 2
    return places.unsqueeze(0) * 2 + places.unsqueeze(1)


def focus() -> Figure:
    """Return a large window of 6 by 6 pixels, each with the number of the small map that it goes to."""
    picture, axes = figure(1, 5, size=(7.8, 1.9))
    which = gathered()
    colours = (BLUE, ORANGE, GREEN, RED)
    for i, row in enumerate(which.tolist()):
        for j, number in enumerate(row):
            axes[0].add_patch(Rectangle((j, i), 1, 1, fc=colours[number], alpha=0.55, ec="white"))
            axes[0].text(j + 0.5, i + 0.5, str(number), ha="center", va="center", fontsize=9)
            own = axes[1 + number]
            own.add_patch(Rectangle((j // 2, i // 2), 1, 1, fc=colours[number], alpha=0.55, ec="white"))
            own.text(j // 2 + 0.5, i // 2 + 0.5, f"{i},{j}", ha="center", va="center", fontsize=9)
    for k, ax in enumerate(axes):
        ax.set(xlim=(0, 3 if k else 6), ylim=(3 if k else 6, 0), title=f"map {k - 1}" if k else "image")
        ax.set_aspect("equal")
        ax.axis("off")
    top = ", ".join(str(number) for number in which[0, :2].tolist() + which[1, :2].tolist())
    return alt(picture, f"Six by six pixels go to four maps of three by three; the first block to maps {top}.")


def found(results: Sequence[dict[str, torch.Tensor]], num: int = 4) -> Figure:
    """Return test images with the boxes of a score above 0.3 in the colour that was said, and the objects dotted."""
    picture, axes = figure(1, num, size=(8, 1.5))
    images, truth, count = yolov5.images("test"), yolov5.targets("test"), 0
    for ax, image, own, guess in zip(axes, images, truth, results, strict=False):
        ax.imshow(image.permute(1, 2, 0), extent=(0, small_detectors.WIDTH, small_detectors.HEIGHT, 0))
        for box in own["boxes"].tolist():
            outline(ax, box, "white", lw=1.5, ls=":")
        sure = guess["scores"] > SCORE
        count += int(sure.sum())
        for box, label in zip(guess["boxes"][sure].tolist(), guess["labels"][sure].tolist(), strict=True):
            outline(ax, box, TINTS.get(small_detectors.NAMES[label], "#50F8FF"), lw=2.5)
        ax.set(xlim=(0, small_detectors.WIDTH), ylim=(small_detectors.HEIGHT, 0))
        ax.axis("off")
    return alt(picture, f"{num} test images with true boxes dotted, and {count} boxes that were found.")
