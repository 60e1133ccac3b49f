"""Pictures of the project of segmentation: masks, what their coarser ones lose, what a segmenter sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import nn

from coursekit import own_segmenter as trainer
from coursekit.outlines import outline
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import SHAPE_NAMES, Shapes
from coursekit.threads import one_thread
from coursekit.training import track

NUM_TRAIN, NUM_NEW = trainer.NUM_TRAIN, 250
NAMES = ("ground", *SHAPE_NAMES)
TINTS = ("#D8D8D8", *PALETTE[:5])
COLOURS = ListedColormap([*TINTS])
SIDES = (1, 2, 4, 8, 16)  # of the squares that a coarse mask has
EARLY = 200  # steps of the first try, which learns little after them
SHOWN = 4


@cache
def practice() -> Shapes:
    """Return the images to practise on: 2,000 to learn from, and 250 that no network learns from."""
    return trainer.images(NUM_TRAIN + NUM_NEW, seed=7)


@cache
def masks() -> torch.Tensor:
    """Return their masks, (N, 64, 64) int64."""
    return practice().semantic()


def first_try() -> tuple[nn.Module, Callable[..., torch.Tensor]]:
    """Return what most people write first: three convolutions on the image as it is, and the mean cross-entropy."""
    network = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()),
        nn.Conv2d(8, trainer.NUM_CLASSES, 3, padding=1),
    )
    return network, F.cross_entropy


def tried(design: Callable[[], Any], steps: int = trainer.STEPS, name: str = "your segmenter") -> trainer.Attempted:
    """Train a design on the practice images, as the check does, and ask it for the 250 others."""
    x = practice().images
    with one_thread():
        return trainer.attempt(design, x[:NUM_TRAIN], masks()[:NUM_TRAIN], x[NUM_TRAIN:], track(range(steps), name))


@cache
def known() -> trainer.Attempted:
    """Return what becomes of the first try."""
    return tried(first_try, EARLY, "the first try")


def _show(ax: Axes, mask: torch.Tensor) -> None:
    ax.imshow(mask, cmap=COLOURS, vmin=-0.5, vmax=len(NAMES) - 0.5, interpolation="nearest")


def _rows(rows: dict[str, tuple[torch.Tensor, ...]], words: str, side: float = 1.2) -> Figure:
    """Show rows of images or masks, each with its name at the left, and what the colours stand for."""
    cols = len(next(iter(rows.values())))
    picture, axes = figure(len(rows), cols, size=(cols * side + 1.9, len(rows) * side + 0.1))
    for row, (name, shown) in enumerate(rows.items()):
        for ax, one in zip(axes[row], shown, strict=True):
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if one.ndim == 3:
                ax.imshow(one.permute(1, 2, 0), interpolation="nearest")
            else:
                _show(ax, one)
        axes[row][0].set_ylabel(name, fontsize=11)
    keys = [Patch(color=tint, label=name) for name, tint in zip(NAMES, TINTS, strict=True)]
    picture.legend(handles=keys, loc="outside right center", fontsize=11)
    return alt(picture, words)


def overview() -> Figure:
    """Show new images, their masks, and what the first try says of them."""
    done = known()
    score = trainer.mean_iou(done.labels, masks()[NUM_TRAIN:])
    counts = done.labels.flatten().bincount(minlength=len(NAMES))[1:]
    rows = {
        "image": tuple(practice().images[NUM_TRAIN:][:SHOWN]),
        "mask": tuple(masks()[NUM_TRAIN:][:SHOWN]),
        "first try": tuple(done.labels[:SHOWN]),
    }
    return _rows(
        rows,
        f"{SHOWN} images with two or three shapes each; their masks, in a colour for each class; and the masks of a "
        f"first try, which finds roughly where the shapes are and calls {counts.max() / counts.sum():.0%} of what it "
        f"finds {NAMES[1 + int(counts.argmax())]}. Its mean IoU is {score:.2f}.",
    )


def examples(num: int = 5) -> Figure:
    """Show the first images of the practice data with their masks."""
    share = (masks() == 0).double().mean().item()
    rows = {"image": tuple(practice().images[:num]), "mask": tuple(masks()[:num])}
    return _rows(rows, f"{num} images and their masks. The ground has {share:.0%} of all pixels.", 1.1)


def shifted() -> Figure:
    """Show a square of 10 × 10 pixels, and a guess of the same size 2 pixels on."""
    picture, ax = figure(size=(3.4, 2.4))
    ax.set(xlim=(0, 16), ylim=(14, 0), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    outline(ax, (2, 2, 12, 12), PALETTE[0], fill=0.3)
    outline(ax, (4, 2, 14, 12), PALETTE[1], fill=0.3)
    for place, words in ((3, "20"), (8, "80"), (13, "20")):
        ax.text(place, 7, words, ha="center", va="center")
    return alt(picture, "Two squares of 10 × 10 pixels, one 2 pixels right of the other: 80 pixels are in both.")


def enlarged(coarse: torch.Tensor, side: int) -> torch.Tensor:
    """Return masks (N, H, W) of masks of squares, each square as large as it was."""
    return coarse.repeat_interleave(side, dim=1).repeat_interleave(side, dim=2)


def ceilings(coarse_labels: Callable[..., torch.Tensor]) -> list[float]:
    """Return the mean IoU that a perfect answer for each square would have, for each of `SIDES`."""
    truth = masks()[NUM_TRAIN:]
    return [trainer.mean_iou(enlarged(coarse_labels(truth, side, trainer.NUM_CLASSES), side), truth) for side in SIDES]


def ceiling(coarse_labels: Callable[..., torch.Tensor]) -> Figure:
    """Show a mask in squares of several sides, and what a perfect answer for each square would earn."""
    scores = ceilings(coarse_labels)
    mask = masks()[NUM_TRAIN:][:1]
    picture, axes = figure(1, len(SIDES), size=(len(SIDES) * 1.45, 1.75))
    for ax, side, score in zip(axes, SIDES, scores, strict=True):
        _show(ax, enlarged(coarse_labels(mask, side, trainer.NUM_CLASSES), side)[0])
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_title(f"{side} × {side}\n{score:.2f}", fontsize=11)
    said = ", ".join(f"{side}: {score:.2f}" for side, score in zip(SIDES, scores, strict=True))
    return alt(picture, f"A mask in ever larger squares. Mean IoU of a perfect answer, by the squares' side: {said}.")


def sees(convolutions: int, halvings: int) -> int:
    """Return how many pixels in a row one number sees behind 3 × 3 convolutions: some of stride 2, then some of 1."""
    field, apart = 1, 1
    for stride in [2] * halvings + [1] * convolutions:
        field += 2 * apart
        apart *= stride
    return field


def takes(convolutions: int, halvings: int, width: int) -> int:
    """Return the multiply-adds of these convolutions for an image, all of them with `width` maps."""
    total, side, before = 0, trainer.SIDE, 3
    for stride in [2] * halvings + [1] * convolutions:
        side //= stride
        total += before * width * 9 * side**2
        before = width
    return total


def sight(convolutions: int = 2, halvings: int = 0, width: int = 16) -> Figure:
    """Show how much of an image one number sees, and what the convolutions before it take.

    Args:
        convolutions: of 3 × 3 and stride 1.
        halvings: convolutions of 3 × 3 and stride 2 before them.
        width: maps of each.
    """
    field, total = sees(convolutions, halvings), takes(convolutions, halvings, width)
    most, which = trainer.BUDGET.multiply_adds, NUM_TRAIN + 1
    picture, (left, right) = figure(1, 2, size=(6.4, 2.7))
    left.imshow(practice().images[which].permute(1, 2, 0))
    x, y = practice().centres[which, 0].tolist()
    outline(left, (x - field / 2, y - field / 2, x + field / 2, y + field / 2), "white", lw=2)
    left.set(xlim=(-0.5, 63.5), ylim=(63.5, -0.5), xticks=[], yticks=[])
    left.set_title(f"sees {field} × {field} pixels", fontsize=12)
    right.bar([0], [total / 1e6], color=PALETTE[3] if total > most else PALETTE[0], width=0.5)
    right.axhline(most / 1e6, color="#666666", ls="--")
    right.set(xlim=(-0.6, 0.6), xticks=[], ylim=(0, max(20.0, 1.1 * total / 1e6)), ylabel="millions")
    right.set_title(f"{total:,} multiply-adds", fontsize=12)
    return alt(
        picture,
        f"One number sees a square of {field} pixels, drawn on an image; the convolutions take {total:,} "
        f"multiply-adds, {'more' if total > most else 'no more'} than the budget of {most:,}.",
    )


def judged(design: Callable[[], Any]) -> Figure | str:
    """Train your design and show what it says of new images, and its IoU by class; in words where it can't be used."""
    try:
        done = tried(design)
    except ValueError as problem:
        return f"not judged: {problem}"
    if not len(done.labels):
        most = trainer.BUDGET
        return (
            f"not trained: it keeps {done.parameters:,} of {most.parameters:,} numbers and takes "
            f"{done.multiply_adds:,} of {most.multiply_adds:,} multiply-adds"
        )
    return _judgement(done)


def _judgement(done: trainer.Attempted) -> Figure:
    truth = masks()[NUM_TRAIN:]
    found = {
        "first try": trainer.iou_by_class(known().labels, truth),
        "yours": trainer.iou_by_class(done.labels, truth),
    }
    picture, axes = figure(3, SHOWN + 3, size=(8.6, 3.7))
    shown = practice().images[NUM_TRAIN:], truth, done.labels
    for row, (name, parts) in enumerate(zip(("image", "mask", "yours"), shown, strict=True)):
        for col in range(SHOWN):
            ax = axes[row, col]
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if row:
                _show(ax, parts[col])
            else:
                ax.imshow(parts[col].permute(1, 2, 0))
        axes[row, 0].set_ylabel(name, fontsize=11)
    grid = axes[0, 0].get_gridspec()
    for ax in axes[:, SHOWN:].ravel():
        ax.remove()
    ax = picture.add_subplot(grid[:, SHOWN:])
    places = torch.arange(len(NAMES)).double()
    for index, each in enumerate(found.values()):
        tints = TINTS if index else "#8A8A8A"
        bars = ax.barh(places + 0.4 * index, each.tolist(), 0.36, color=tints)
        if index:
            ax.bar_label(bars, fmt="{:.2f}", fontsize=10)
    ax.set_yticks(places + 0.2, NAMES)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.15), xlabel="IoU (grey: first try)")
    means = {name: each.nanmean().item() for name, each in found.items()}
    ax.set_title(f"mean IoU {means['yours']:.3f}, loss {sum(done.losses[-50:]) / 50:.3f}")
    by_class = ", ".join(f"{name} {one:.2f}" for name, one in zip(NAMES, found["yours"].tolist(), strict=True))
    return alt(
        picture,
        f"New images, their masks, and yours. Mean IoU {means['yours']:.3f}, of the first try "
        f"{means['first try']:.3f}. By class: {by_class}. It keeps {done.parameters:,} numbers and takes "
        f"{done.multiply_adds:,} multiply-adds.",
    )
