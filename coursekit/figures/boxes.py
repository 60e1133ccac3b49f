"""Pictures of the notebook on boxes: formats, overlap, descent on four losses, letterboxes, a network that points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from torch import nn
from torchvision import ops

from coursekit.data import photographs, to_tensor
from coursekit.outlines import draw_boxes, outline
from coursekit.plots import PALETTE, alt, figure, show_images
from coursekit.shapes import Shapes, shapes
from coursekit.training import track

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
DOUBLE = torch.float64
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "IoU": lambda boxes, targets: 1 - ops.box_iou(boxes, targets).diagonal(),
        "GIoU": ops.generalized_box_iou_loss,
        "DIoU": ops.distance_box_iou_loss,
        "CIoU": ops.complete_box_iou_loss,
    }
)
TARGET = (18.0, 10.0, 28.0, 16.0)
STARTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "overlapping": (13.0, 6.0, 22.0, 13.0),
        "touching": (10.0, 11.0, 18.0, 15.0),
        "nested": (19.0, 11.0, 22.0, 13.0),
        "far": (3.0, 22.0, 9.0, 27.0),
    }
)
STEPS, RATE = 500, 12.0
FIRST, SECOND = (0.0, 0.0, 4.0, 2.0), (1.0, 1.0, 5.0, 4.0)  # A and B of the text
INSIDE: tuple[tuple[float, ...], ...] = ((4.0, 3.0, 8.0, 5.0), (2.0, 1.0, 6.0, 3.0), (0.0, 0.0, 4.0, 2.0))
AROUND = (0.0, 0.0, 12.0, 8.0)
STAR_BOX, STAR_SIZE = (20.0, 12.0, 60.0, 36.0), (48, 80)
FIXED = (24.0, 12.0, 36.0, 20.0)
EYE = (30.0, 11.0, 55.0, 35.0)
SIDE, NUM_TRAIN, NUM_NEW, UPDATES, BATCH = 32, 800, 300, 200, 32


@cache
def descent(loss: str) -> torch.Tensor:
    """Return the boxes of a gradient descent from each of `STARTS`, (STEPS + 1, 4, 4)."""
    places = torch.tensor(list(STARTS.values()), dtype=DOUBLE)
    targets = torch.tensor([TARGET], dtype=DOUBLE).expand_as(places)
    seen = [places]
    for step in range(STEPS):
        places = places.clone().requires_grad_()
        (slope,) = torch.autograd.grad(LOSSES[loss](places, targets).sum(), places)
        places = (places - RATE * (1 - step / STEPS) * slope).detach()
        seen.append(places)
    return torch.stack(seen)


def agreement(loss: str) -> torch.Tensor:
    """Return the IoU with the target after each step of `descent`, (STEPS + 1, 4)."""
    seen = descent(loss)
    return ops.box_iou(seen.flatten(0, 1), torch.tensor([TARGET], dtype=DOUBLE)).reshape(seen.shape[:2])


def opening() -> Figure:
    """Return the way of a far box under each loss: where it is at six of its steps."""
    picture, axes = figure(1, 4, size=(11, 2.7))
    ends = []
    for ax, name in zip(axes, LOSSES, strict=True):
        _scene(ax, (-1, 33), (30, 5))
        outline(ax, TARGET, BLUE, lw=3)
        for step, strength in ((0, 0.25), (50, 0.35), (100, 0.45), (200, 0.6), (300, 0.75), (STEPS, 1.0)):
            outline(ax, descent(name)[step, 3].tolist(), ORANGE, alpha=strength)
        ends.append(float(agreement(name)[-1, 3]))
        ax.set_title(f"{name} loss: IoU {ends[-1]:.2f}")
    said = ", ".join(f"{name} {end:.2f}" for name, end in zip(LOSSES, ends, strict=True))
    return alt(picture, f"A far orange box descends on four losses towards a blue one. IoU at the end: {said}.")


def formats() -> Figure:
    """Return a star with its box: the edges on the left, middle, width and height on the right."""
    picture, axes = figure(1, 2, size=(9, 3))
    left, top, right, bottom = STAR_BOX
    middle = ((left + right) / 2, (top + bottom) / 2)
    for ax in axes:
        ax.add_patch(Polygon(_star().tolist(), closed=True, color=GREEN, alpha=0.45))
        ax.set(xlim=(0, STAR_SIZE[1]), ylim=(STAR_SIZE[0], 0), aspect="equal", xlabel="x", ylabel="y")
        ax.set(xticks=range(0, 81, 20), yticks=range(0, 49, 12))
        outline(ax, STAR_BOX, BLUE)
    axes[0].plot([left, right], [top, bottom], "o", color=ORANGE, ms=8)
    axes[0].text(left - 1, top - 2, "x1, y1", ha="right")
    axes[0].text(right + 1, bottom + 5, "x2, y2", ha="left")
    axes[1].plot(*middle, "o", color=ORANGE, ms=8)
    axes[1].text(middle[0] + 1.5, middle[1] - 2, "cx, cy")
    arrow = {"arrowstyle": "<->", "color": ORANGE, "lw": 2}
    axes[1].annotate("", (left, bottom + 3), (right, bottom + 3), arrowprops=arrow)
    axes[1].text(middle[0], bottom + 9, "w", ha="center")
    axes[1].annotate("", (right + 3, top), (right + 3, bottom), arrowprops=arrow)
    axes[1].text(right + 5, middle[1], "h", va="center")
    text = "A star in a picture of 48 rows and 80 columns, with its box: by two corners, (20, 12) and (60, 36), and by \
its middle, (40, 24), its width, 40, and its height, 24."
    return alt(picture, text)


def _star() -> torch.Tensor:
    """Return the ten corners of a star that fills its box, (10, 2)."""
    turn = torch.arange(10) * math.pi / 5
    away = torch.tensor([1.0, 0.42] * 5)
    points = torch.stack([away * turn.sin(), -away * turn.cos()], dim=1)
    low, high = points.amin(dim=0), points.amax(dim=0)
    corner, end = torch.tensor(STAR_BOX[:2]), torch.tensor(STAR_BOX[2:])
    return corner + (points - low) / (high - low) * (end - corner)


def overlap() -> Figure:
    """Return two boxes, what they share, and the smallest box around both."""
    picture, ax = figure(size=(5.2, 3.6))
    ax.set(xlim=(-0.4, 5.6), ylim=(4.4, -0.4), aspect="equal", xlabel="x", ylabel="y", xticks=range(6), yticks=range(5))
    for box, colour, name, place in ((FIRST, BLUE, "A", (0.4, 0.8)), (SECOND, ORANGE, "B", (4.4, 3.4))):
        outline(ax, box, colour, lw=3, fill=0.15)
        ax.text(*place, name, fontsize=16, color=colour)
    shared = (*map(max, FIRST[:2], SECOND[:2]), *map(min, FIRST[2:], SECOND[2:]))
    outline(ax, shared, GREEN, lw=0, fill=0.55)
    ax.text(2.5, 1.6, "both: 3", ha="center", va="center")
    around = (*map(min, FIRST[:2], SECOND[:2]), *map(max, FIRST[2:], SECOND[2:]))
    outline(ax, around, GREY, ls=":")
    return alt(
        picture, "Box A, 4 by 2, and box B, 4 by 3, share an area of 3 by 1; a dotted frame of 5 by 4 holds both."
    )


def descents() -> Figure:
    """Return the best IoU up to each step of a descent: four starts, four losses."""
    picture, axes = figure(1, 4, size=(11, 2.9))
    for index, (ax, start) in enumerate(zip(axes, STARTS, strict=True)):
        for name, colour, style in zip(LOSSES, PALETTE, ("-", "--", "-.", ":"), strict=False):
            ax.plot(agreement(name)[:, index].cummax(dim=0).values[::5], color=colour, label=name, linestyle=style)
        ax.set(title=start, xlabel="step", ylim=(-0.04, 1.04))
        ax.set_xticks([0, 50, 100], ["0", "250", "500"])
    axes[0].set_ylabel("best IoU so far")
    axes[2].legend(loc="lower right", fontsize=10)
    return alt(
        picture,
        "Best IoU against steps. Overlapping and nested: all four reach 1. Touching and far: IoU loss stays at 0.",
    )


def nested() -> Figure:
    """Return a box at three places inside another, with its GIoU and its DIoU."""
    picture, axes = figure(1, 3, size=(9, 2.5))
    for ax, box in zip(axes, INSIDE, strict=True):
        _scene(ax, (-0.5, 12.5), (8.5, -0.5))
        outline(ax, AROUND, BLUE, lw=3)
        outline(ax, box, ORANGE, lw=3)
        values = measures(box, AROUND)
        ax.set_title(f"GIoU {values['GIoU']:.3f}, DIoU {values['DIoU']:.3f}")
    return alt(
        picture, "A small box in the middle of a large one, off it, and in its corner: equal GIoU, falling DIoU."
    )


def measures(box: tuple[float, ...], target: tuple[float, ...]) -> dict[str, float]:
    """Return the four measures of one pair, by torchvision."""
    pair = [torch.tensor([one], dtype=DOUBLE) for one in (box, target)]
    return {name: float(1 - loss(*pair)) for name, loss in LOSSES.items()}


def pull(loss: str, box: tuple[float, ...]) -> torch.Tensor:
    """Return the negative gradient of a loss by the four edges of a box, its target being `FIXED`, (4,)."""
    leaf = torch.tensor([box], dtype=DOUBLE, requires_grad=True)
    (slope,) = torch.autograd.grad(LOSSES[loss](leaf, torch.tensor([FIXED], dtype=DOUBLE)).sum(), leaf)
    return -slope[0]


def two_boxes(loss: str = "GIoU", left: int = 5, top: int = 3, width: int = 12, height: int = 6) -> Figure:
    """Return a box with its target, where descent takes each edge, and the four measures.

    Args:
        loss: a name of `LOSSES`.
        left, top, width, height: of the box that moves.
    """
    box = (float(left), float(top), float(left + width), float(top + height))
    picture, (ax, bars) = figure(1, 2, size=(9, 3.4))
    _scene(ax, (-5, 55), (38, -4))
    outline(ax, FIXED, BLUE, lw=3)
    outline(ax, box, ORANGE, lw=3)
    forces = pull(loss, box)
    longest = float(forces.abs().max())
    if longest > 0:
        step = (6 * forces / longest).tolist()
        x, y = left + width / 2, top + height / 2
        starts = [(box[0], y), (x, box[1]), (box[2], y), (x, box[3])]
        ways = [(step[0], 0), (0, step[1]), (step[2], 0), (0, step[3])]
        ax.quiver(
            *zip(*starts, strict=True), *zip(*ways, strict=True), angles="xy", scale_units="xy", scale=1, width=0.008
        )
    ax.set_title(f"{loss} loss, largest slope {longest:.4f}")
    values = measures(box, FIXED)
    bars.barh(range(4), list(values.values()), color=[ORANGE if name == loss else GREY for name in values])
    bars.set(xlim=(-1.4, 1.4), ylim=(3.6, -0.6), yticks=range(4), xticks=(-1, 0, 1))
    bars.set_yticklabels(f"{name} {value:.3f}" for name, value in values.items())
    bars.axvline(0, color="black", lw=1)
    said = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
    moved = "no edge has an arrow" if longest == 0 else f"arrows up to a slope of {longest:.4f}"
    return alt(
        picture, f"A box of {width} by {height} at ({left}, {top}) and its target. {said}. {loss} loss: {moved}."
    )


def cat() -> torch.Tensor:
    """Return a wide photograph, (3, 76, 114)."""
    return to_tensor(photographs((76, 114))["cat"])


@cache
def boxed_in() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the cat and its eye, alone and in three frames: each an image (3, H, W) and a box (1, 4)."""
    shown = [(cat(), torch.tensor([EYE]))]
    for rows, columns in ((96, 96), (96, 64), (48, 96)):
        factor = min(rows / 76, columns / 114)
        small = F.interpolate(cat()[None], size=(round(76 * factor), round(114 * factor)), mode="bilinear")
        spare = (rows - small.shape[2], columns - small.shape[3])
        before = [one // 2 for one in spare]
        sides = (before[1], spare[1] - before[1], before[0], spare[0] - before[0])
        away = torch.tensor([before[1], before[0]] * 2)
        shown.append((F.pad(small, sides, value=0.5)[0], torch.tensor([EYE]) * factor + away))
    return shown


def letterboxed() -> Figure:
    """Return the cat with the box of its face, and both in frames of three shapes."""
    shown = boxed_in()
    names = ["76 × 114", "96 × 96", "96 × 64", "48 × 96"]
    text = "A wide photograph of a cat, and the same in a square, a tall and a wide frame, its eye in a box."
    picture = show_images([image for image, _ in shown], names, side=2.2, alt=text)
    for ax, (_, box) in zip(picture.axes, shown, strict=True):
        draw_boxes(ax, box)
    return picture


@cache
def _seen() -> Shapes:
    return shapes(NUM_TRAIN, size=SIDE, radius=(4.0, 11.0), seed=1)


@cache
def held_out() -> Shapes:
    """Return the 300 images that no training has seen, one shape in each."""
    return shapes(NUM_NEW, size=SIDE, radius=(4.0, 11.0), seed=2)


class Pointer(nn.Module):
    """Three convolutions and two layers that name a box, (N, 4) edges, in images (N, 3, 32, 32).

    Args:
        start: x and y of the middle of the box that it names before it has learnt anything.
    """

    def __init__(self, start: float) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for before, after in ((3, 16), (16, 32), (32, 32)):
            stages += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        self.features = nn.Sequential(*stages, nn.Flatten(), nn.Linear(512, 64), nn.ReLU())
        self.answer = nn.Linear(64, 4)
        with torch.no_grad():
            self.answer.weight.mul_(0.1)
            self.answer.bias.copy_(torch.tensor([start / 8, start / 8, 0.0, 0.0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the boxes, 8 pixels to a unit of their middles and 10 to one of their sides' exponentials."""
        numbers = self.answer(self.features(x))
        place, reach = 8 * numbers[:, :2], 5 * numbers[:, 2:].exp()
        return torch.cat((place - reach, place + reach), 1)


def regress(loss: Loss, start: float) -> torch.Tensor:
    """Train a `Pointer` with a loss of pairs, and return its boxes on the held-out images, (300, 4).

    Args:
        loss: from boxes and targets, (N, 4) each, to N losses; their mean is what falls.
        start: as `Pointer` takes it.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Pointer(start)
    source = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=UPDATES)
    for _ in track(range(UPDATES)):
        rows = torch.randint(NUM_TRAIN, (BATCH,), generator=source)
        optimiser.zero_grad()
        loss(network(_seen().images[rows]), _seen().boxes[rows, 0]).mean().backward()
        optimiser.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        return network(held_out().images)


def found(first: torch.Tensor, second: torch.Tensor, num: int = 6) -> Figure:
    """Return held-out images with the true box, black, and two answers, dashed: the first blue, the second orange.

    Args:
        first, second: (300, 4), as `regress` returns them.
        num: how many images.
    """
    text = f"{num} images of one shape, its true box in black, and near it, dashed, the boxes that two networks named."
    picture = show_images(held_out().images[:num], side=1.5, alt=text)
    for row, ax in enumerate(picture.axes):
        draw_boxes(ax, held_out().boxes[row], color="black")
        draw_boxes(ax, first[row, None], color=BLUE, dashed=True)
        draw_boxes(ax, second[row, None], color=ORANGE, dashed=True)
        ax.set(xlim=(-0.5, SIDE - 0.5), ylim=(SIDE - 0.5, -0.5))
    return picture


def _scene(ax: Axes, across: tuple[float, float], down: tuple[float, float]) -> None:
    ax.set(xlim=across, ylim=down, aspect="equal", xticks=[], yticks=[])
