"""Pictures of the project of chapter 4: what designs keep, what they take, and what they see."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from matplotlib.figure import Figure
from torch import nn

from coursekit.counting import count_multiply_adds, count_numbers
from coursekit.plots import PALETTE, alt, figure, show_images
from coursekit.recipe import Attempted, Budget, attempt
from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES, Shapes, shapes

BUDGET = Budget(parameters=60_000, multiply_adds=5_000_000)
NUM_CLASSES, NUM_TRAIN, NUM_NEW = 30, 2000, 500
PARTS = ("colour", "shape", "both")


@cache
def practice() -> Shapes:
    """Return the images to practise on: 2,000 to learn from, and 500 that no network learns from."""
    return shapes(NUM_TRAIN + NUM_NEW, seed=4)


def examples(num: int = 10) -> Figure:
    """Show the first images of the practice data with their classes."""
    data = practice()
    names = [
        f"{COLOUR_NAMES[c]}\n{SHAPE_NAMES[s]}" for s, c in zip(data.shape[:num, 0], data.colour[:num, 0], strict=True)
    ]
    return show_images(data.images[:num], names, side=1.2, alt=f"{num} small images, each with one coloured shape.")


def straight_line() -> nn.Module:
    """Return a linear classifier of the pixels, as in chapter 1; it passes the budget and is here to compare with."""
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, NUM_CLASSES))


def first_try() -> nn.Module:
    """Return the network that most people write first: two convolutions, and a wide layer behind."""
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 8 * 8, 24), nn.ReLU(), nn.Linear(24, NUM_CLASSES)),
    )


def tried(design: Callable[[], nn.Module], budget: Budget = BUDGET) -> Attempted:
    """Train a design on the practice images, as the check does, and ask it for the 500 others."""
    data = practice()
    return attempt(design, data.images[:NUM_TRAIN], data.y[:NUM_TRAIN], data.images[NUM_TRAIN:], budget)


@cache
def known(name: str) -> Attempted:
    """Return what becomes of one of the two designs to compare with."""
    return tried({"linear": straight_line, "first try": first_try}[name], Budget(10**6, 10**9))


def shares(done: Attempted) -> dict[str, float]:
    """Return the share of new images whose colour, whose shape, and of which both were named rightly."""
    truth = practice().y[NUM_TRAIN:]
    colours = len(COLOUR_NAMES)
    right = {
        "colour": done.labels % colours == truth % colours,
        "shape": done.labels // colours == truth // colours,
        "both": done.labels == truth,
    }
    return {part: one.double().mean().item() for part, one in right.items()}


def overview() -> Figure:
    """Show what two networks name rightly of new images: the colour, the shape, both."""
    return _bars({"linear": known("linear"), "first try": known("first try")})


def judged(design: Callable[[], nn.Module]) -> Figure | str:
    """Train your design and show what it names rightly, beside the first try; in words where it passes the budget."""
    done = tried(design)
    if not len(done.labels):
        return (
            f"not trained: it keeps {done.parameters:,} of {BUDGET.parameters:,} numbers and takes "
            f"{done.multiply_adds:,} of {BUDGET.multiply_adds:,} multiply-adds"
        )
    return _bars({"first try": known("first try"), "yours": done})


def layers(width: int = 16, stride: int = 1) -> Figure:
    """Show where a network's numbers and multiply-adds lie, layer by layer.

    Args:
        width: channels of the first convolution; the second has twice as many.
        stride: of the first convolution.
    """
    second = nn.Conv2d(width, 2 * width, 3, padding=1)
    side = 32 // stride // 4
    parts = {
        "conv 1": nn.Conv2d(3, width, 3, stride=stride, padding=1),
        "conv 2": nn.Sequential(nn.MaxPool2d(2), second),
        "linear 1": nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2 * width * side * side, 24)),
        "linear 2": nn.Linear(24, NUM_CLASSES),
    }
    sizes = [(3, 32, 32), (width, 32 // stride, 32 // stride), (2 * width, 2 * side, 2 * side), (24,)]
    numbers = [count_numbers(part) for part in parts.values()]
    operations = [count_multiply_adds(part, size) for part, size in zip(parts.values(), sizes, strict=True)]
    picture, (left, right) = figure(1, 2, size=(8, 2.6))
    for axes, values, what, most in (
        (left, numbers, "numbers kept", BUDGET.parameters),
        (right, operations, "multiply-adds", BUDGET.multiply_adds),
    ):
        axes.barh(list(parts), values, color=PALETTE[0])
        axes.invert_yaxis()
        axes.set(title=f"{what}: {sum(values):,}\nof {most:,}", xlabel=what)
    heaviest = (
        list(parts)[max(range(4), key=numbers.__getitem__)],
        list(parts)[max(range(4), key=operations.__getitem__)],
    )
    return alt(picture, f"Bars by layer: {heaviest[0]} keeps most numbers, {heaviest[1]} takes most multiply-adds.")


def _bars(results: dict[str, Attempted]) -> Figure:
    found = {name: shares(done) for name, done in results.items()}
    picture, axes = figure(size=(7, 3))
    thick = 0.8 / len(found)
    for index, (name, share) in enumerate(found.items()):
        places = torch.arange(len(PARTS)) + index * thick
        bars = axes.bar(places, [share[part] for part in PARTS], thick * 0.95, color=PALETTE[index], label=name)
        axes.bar_label(bars, fmt="{:.0%}")
    axes.set_xticks(torch.arange(len(PARTS)) + thick * (len(found) - 1) / 2, [f"{part} right" for part in PARTS])
    axes.set(ylabel="share of new images", ylim=(0, 1.1))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    said = "; ".join(
        f"{name}: " + ", ".join(f"{part} {share[part]:.0%}" for part in PARTS) for name, share in found.items()
    )
    return alt(picture, f"Share of new images named rightly. {said}.")
