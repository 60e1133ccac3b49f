"""Pictures of the notebook on anchors: a photograph of three objects, anchors at its places, and what fits what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torchvision.models.detection._utils import BoxCoder, Matcher
from torchvision.ops import box_iou

from coursekit import anchor_head
from coursekit.data import photographs
from coursekit.outlines import outline
from coursekit.plots import PALETTE, alt, figure
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
HEIGHT, WIDTH = 200, 300
NAMES = ("saucer", "cup", "spoon")
# Edges of the three objects, read off the photograph at half its size.
BOXES = torch.tensor([[38.0, 33.5, 240.5, 194.5], [86.0, 8.5, 205.0, 154.5], [163.0, 33.0, 212.5, 163.5]])
COLOURS = {"saucer": "#FFC83D", "cup": "#4DB8FF", "spoon": "#4DFFB8"}  # they stand on a dark red photograph
GRID, STRIDE = (5, 8), (40.0, 37.5)
SIZES, RATIOS = [70.0, 110.0, 170.0], [1.0, 0.5, 2.0]
LOW, HIGH = 0.3, 0.5
FIRST_PLACE = (150.0, 100.0)
SHOWN_SIZES, SHOWN_RATIOS = (24.0, 44.0, 64.0), (1.0, 1 / 3, 3.0)
EXAMPLE = ((10.0, 20.0, 50.0, 40.0), (20.0, 18.0, 60.0, 58.0))
EARLY = 100  # steps of training after which the losses are looked at
NUM_HARD = 9


def box_at(x: float, y: float, size: float, ratio: float) -> tuple[float, float, float, float]:
    """Return an anchor around a place: left, top, right, bottom."""
    narrow = ratio**0.5
    across, down = size / narrow / 2, size * narrow / 2
    return x - across, y - down, x + across, y + down


@cache
def anchors() -> torch.Tensor:
    """Return the anchors of the photograph, (360, 4): at each place all pairs, the sizes in turn at each ratio."""
    rows = [
        box_at((j + 0.5) * STRIDE[1], (i + 0.5) * STRIDE[0], size, ratio)
        for i in range(GRID[0])
        for j in range(GRID[1])
        for ratio in RATIOS
        for size in SIZES
    ]
    return torch.tensor(rows)


@cache
def matches() -> torch.Tensor:
    """Return for each anchor of the photograph its object, by torchvision's matcher with forced matches."""
    return Matcher(HIGH, LOW, allow_low_quality_matches=True)(box_iou(BOXES, anchors()))


@cache
def photograph() -> np.ndarray:
    """Return the photograph, uint8 (200, 300, 3)."""
    return photographs((HEIGHT, WIDTH))["coffee"]


def _bare(ax: Axes) -> None:
    ax.imshow(photograph(), extent=(0, WIDTH, HEIGHT, 0))
    ax.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    ax.axis("off")


def overview() -> Figure:
    """Return the photograph three times: each object with the anchors that were assigned to it."""
    picture, axes = figure(1, 3, size=(8, 2.05))
    counts = []
    for k, (ax, name) in enumerate(zip(axes, NAMES, strict=True)):
        _bare(ax)
        mine = anchors()[matches() == k]
        for box in mine.tolist():
            outline(ax, box, "white", lw=1.2)
        outline(ax, BOXES[k].tolist(), COLOURS[name], lw=3)
        counts.append(f"{name} {len(mine)}")
        ax.set_title(f"{name}: {len(mine)} of {len(anchors())}")
    return alt(picture, f"An espresso cup from above, three times. Anchors assigned: {', '.join(counts)}.")


def at_one_place() -> Figure:
    """Return the anchors of one place: three sizes and three ratios as five anchors, and as nine."""
    picture, axes = figure(1, 2, size=(7, 3.2))
    every = [(size, ratio) for ratio in SHOWN_RATIOS for size in SHOWN_SIZES]
    few = [pair for pair in every if pair[0] == SHOWN_SIZES[0] or pair[1] == SHOWN_RATIOS[0]]
    for ax, pairs, words in zip(axes, (few, every), ("n + m − 1", "n · m"), strict=True):
        for size, ratio in sorted(pairs, key=lambda pair: pair in few):
            outline(ax, box_at(0, 0, size, ratio), BLUE if (size, ratio) in few else GREY, lw=2)
        ax.plot(0, 0, "+", color="black", ms=8)
        ax.set(
            xlim=(-60, 60), ylim=(60, -60), title=f"{words} = {len(pairs)}", xticks=[-48, 0, 48], yticks=[-48, 0, 48]
        )
        ax.set_aspect("equal")
    return alt(picture, f"Boxes around one point: {len(few)} on the left, {len(every)} on the right.")


def what_becomes_of(ious: Sequence[float]) -> str:
    """Return in words what thresholds make of an anchor with these IoUs, without force."""
    best = max(ious)
    if best >= HIGH:
        return f"assigned to the {NAMES[list(ious).index(best)]}"
    return "ignored" if best >= LOW else "background"


def anchor_at(place: tuple[float, float] = FIRST_PLACE, size: float = SIZES[1], ratio: float = RATIOS[0]) -> Figure:
    """Return the photograph with the anchor of one place, and its IoU with each object."""
    step_down, step_across = STRIDE
    x = (min(int(place[0] // step_across), GRID[1] - 1) + 0.5) * step_across
    y = (min(int(place[1] // step_down), GRID[0] - 1) + 0.5) * step_down
    box = box_at(x, y, size, ratio)
    ious = box_iou(BOXES, torch.tensor([box])).flatten().tolist()
    picture, (ax, bars) = figure(1, 2, size=(7.4, 2.6))
    _bare(ax)
    for i in range(GRID[0]):
        for j in range(GRID[1]):
            ax.plot((j + 0.5) * step_across, (i + 0.5) * step_down, ".", color="white", ms=4)
    for own, name in zip(BOXES.tolist(), NAMES, strict=True):
        outline(ax, own, COLOURS[name], lw=2)
    outline(ax, box, "white", lw=3)
    bars.barh(NAMES, ious, color=[BLUE if iou == max(ious) else GREY for iou in ious])
    for level in (LOW, HIGH):
        bars.axvline(level, color="black", ls=":", lw=1)
    bars.set(xlim=(0, 1), xlabel="IoU (dotted: low and high)", title=what_becomes_of(ious))
    bars.invert_yaxis()
    said = ", ".join(f"{name} {iou:.2f}" for name, iou in zip(NAMES, ious, strict=True))
    return alt(picture, f"An anchor over the photograph; IoU with {said}: {what_becomes_of(ious)}.")


def offsets() -> Figure:
    """Return an anchor and a box, with the shift of the centre, as in the example by hand."""
    anchor, box = EXAMPLE
    picture, ax = figure(size=(5, 3.2))
    outline(ax, anchor, GREY, ls="--")
    outline(ax, box, BLUE, lw=2.5)
    (xa, ya), (xb, yb) = (((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in (anchor, box))
    ax.annotate("", (xb, yb), (xa, ya), arrowprops={"arrowstyle": "->", "lw": 2, "color": ORANGE})
    ax.text(anchor[0] - 1.5, 31, "anchor", color="#666666", ha="right")
    ax.text(box[2] - 1, box[3] - 2, "box", color=BLUE, ha="right")
    tx, ty, tw, th = BoxCoder((1.0, 1.0, 1.0, 1.0)).encode_single(torch.tensor([box]), torch.tensor([anchor]))[0]
    ax.set(xlim=(-9, 66), ylim=(62, 14), title=f"$t$ = ({tx:.2f}, {ty:.2f}, {tw:.2f}, {th:.2f})")
    ax.set_aspect("equal")
    return alt(
        picture,
        f"An anchor, dashed, and a box below it to the right, of the same width and twice the height: shifts "
        f"{tx:.2f} and {ty:.2f}, logarithms {tw:.2f} and {th:.2f}.",
    )


@cache
def early_losses() -> tuple[torch.Tensor, int]:
    """Return the losses of all negatives of one image, largest first, early in a training, and its positives."""
    placed, own = anchor_head.placed(anchor_head.HAND_PICKED), anchor_head.boxes("train")
    match = Matcher(0.6, 0.4, allow_low_quality_matches=True)
    tables = [box_iou(boxes, placed) for boxes in own]
    rows = torch.stack([match(table) for table in tables])
    coder = BoxCoder((10.0, 10.0, 5.0, 5.0))
    nearest = [boxes[table.argmax(dim=0)] for boxes, table in zip(own, tables, strict=True)]
    with one_thread():
        targets = torch.stack([coder.encode_single(boxes, placed) for boxes in nearest])
        head = anchor_head.train(rows, targets, lambda losses, match: match > -2, num_steps=EARLY)
        few = rows[:20]
        with torch.no_grad():
            losses = anchor_head.score_losses(head, anchor_head.images("train")[:20], few)
    image = int((few >= 0).sum(dim=1).eq(NUM_HARD // 3).int().argmax())
    return losses[image][few[image] == -1].sort(descending=True).values, int((few[image] >= 0).sum())


def hard() -> Figure:
    """Return the sorted losses of one image's negatives, those that count filled."""
    losses, positives = early_losses()
    picture, ax = figure(size=(6, 2.8))
    ax.fill_between(range(len(losses)), losses.tolist(), color=GREY, alpha=0.4, lw=0)
    ax.bar(range(3 * positives), losses[: 3 * positives].tolist(), width=1.0, color=ORANGE)
    ax.set(xlabel="negatives, the hardest first", ylabel="loss", xlim=(-1, len(losses)))
    return alt(
        picture,
        f"Losses of {len(losses)} negatives, falling steeply; the first {3 * positives} are filled.",
    )


@cache
def fitted() -> torch.Tensor:
    """Return five anchors fitted to the training boxes by k-means under 1 - IoU, from the first five boxes."""
    sides = anchor_head.sides("train")
    now = sides[:5]
    for _ in range(20):
        far = 1 - box_iou(anchor_head.centred(sides), anchor_head.centred(now))
        label = far.argmin(dim=1)
        now = torch.stack([sides[label == k].mean(dim=0) if (label == k).any() else now[k] for k in range(5)])
    return now


def clusters() -> Figure:
    """Return width and height of the training boxes, with anchors picked by hand and fitted."""
    sides = anchor_head.sides("train")
    picture, ax = figure(size=(6, 3.6))
    ax.scatter(*sides.T, s=9, color=GREY, lw=0)
    ax.scatter(*anchor_head.HAND_PICKED.T, s=90, marker="x", color=ORANGE, lw=3, label="by hand")
    ax.scatter(*fitted().T, s=80, color=BLUE, ec="white", label="fitted")
    ax.set(xlabel="width", ylabel="height", xlim=(0, 52), ylim=(0, 52))
    ax.legend(loc="upper left")
    return alt(
        picture,
        "Width and height of boxes: a narrow band, wider than high. Five fitted anchors lie in it; of the five picked "
        "by hand all lie beside it.",
    )


def found(results: Sequence[anchor_head.Found], num: int = 4) -> Figure:
    """Return test images with the boxes of a score of at least one half, and the objects dashed."""
    picture, axes = figure(1, num, size=(8, 1.5))
    for ax, image, own, (boxes, scores) in zip(
        axes, anchor_head.images("test"), anchor_head.boxes("test"), results, strict=False
    ):
        ax.imshow(image.permute(1, 2, 0), extent=(0, anchor_head.WIDTH, anchor_head.HEIGHT, 0))
        for box in own.tolist():
            outline(ax, box, "white", lw=1.5, ls=":")
        for box, score in zip(boxes.tolist(), scores.tolist(), strict=True):
            if score >= 0.5:
                outline(ax, box, "white", lw=2.5)
        ax.set(xlim=(0, anchor_head.WIDTH), ylim=(anchor_head.HEIGHT, 0))
        ax.axis("off")
    return alt(picture, f"{num} test images with the true boxes dotted and the boxes found drawn through.")
