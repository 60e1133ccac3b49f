"""Pictures of the project of chapter 5: what a recipe's network sees, how it starts, what it learns, and a clinic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.plots import PALETTE, alt, figure
from coursekit.rescue import BATCH, NUM_CLASSES, SEED, Network, Recipe, label, prepared, train, without_noise
from coursekit.shapes import COLOUR_NAMES, Shapes, shapes
from coursekit.threads import one_thread

NUM_TRAIN, NUM_NEW = 1000, 500
LAYERS = ("conv1", "conv2", "conv3", "conv4", "last")
GUESSING = math.log(NUM_CLASSES)
FIRST_MARKS, ALL_MARKS = 0.30, 0.96
FEW, FEW_STEPS, MOVED_STEPS, AT_FULL_RATE = 32, 80, 40, 11
CHANNELS = {"red": PALETTE[3], "green": PALETTE[2], "blue": PALETTE[0]}


@cache
def practice() -> Shapes:
    """Return the images to practise on: 1,000 to learn from, and 500 that no network learns from."""
    return shapes(NUM_TRAIN + NUM_NEW, seed=11)


def to_learn() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images to learn from, (1000, 3, 32, 32), and their classes."""
    data = practice()
    return data.images[:NUM_TRAIN], data.colour[:NUM_TRAIN, 0]


def new_ones() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the 500 images that no network learns from, and their classes."""
    data = practice()
    return data.images[NUM_TRAIN:], data.colour[NUM_TRAIN:, 0]


@cache
def trained(recipe: Recipe) -> tuple[Network, list[float]]:
    """Return the network that a recipe leads to on the practice images, and the loss of each step."""
    losses: list[float] = []
    with one_thread():
        return train(recipe, *to_learn(), watch=lambda step, model, loss: losses.append(loss)), losses


# Two ways to name images without a network, to compare with.


@cache
def straight_line() -> float:
    """Return the share of new images that a linear classifier of the pixels names rightly, fitted by least squares."""
    x, y = to_learn()
    x_new, y_new = new_ones()
    rows, middle = x.flatten(1), x.flatten(1).mean(dim=0)
    products = (rows - middle) @ (rows - middle).T
    weights = torch.linalg.solve(products + 300 * torch.eye(len(x)), F.one_hot(y, NUM_CLASSES).float())
    scores = (x_new.flatten(1) - middle) @ (rows - middle).T @ weights
    return _share(scores.argmax(dim=1) == y_new)


@cache
def nearest_image() -> float:
    """Return the share of new images whose nearest training image, by its pixels, has their class."""
    x, y = to_learn()
    x_new, y_new = new_ones()
    return _share(y[torch.cdist(x_new.flatten(1), x.flatten(1)).argmin(dim=1)] == y_new)


def overview(recipe: Recipe) -> Figure:
    """Show the loss of a recipe's training, and what its network names rightly beside what needs no network."""
    model, losses = trained(recipe)
    x_new, y_new = new_ones()
    found = {
        "guessing": 1 / NUM_CLASSES,
        "nearest image": nearest_image(),
        "straight line": straight_line(),
        "this training": _share(label(model, x_new) == y_new),
    }
    picture, (left, right) = figure(1, 2, size=(9.5, 3.2))
    _loss_curve(left, losses)
    bars = right.barh(list(found), list(found.values()), color=[*["#8A8A8A"] * 3, PALETTE[3]])
    right.bar_label(bars, fmt="{:.0%}", padding=-34, color="white")
    right.invert_yaxis()
    for place, words in ((FIRST_MARKS, "first marks"), (ALL_MARKS, "all marks")):
        right.axvline(place, color=PALETTE[0], ls="--", zorder=0)
        right.text(place, -0.6, words, ha="center", va="bottom", color=PALETTE[0])
    right.set(xlabel="share of new images named rightly", xlim=(0, 1))
    said = ", ".join(f"{name} {share:.0%}" for name, share in found.items())
    return alt(picture, f"Left, the loss by step. Right, shares of new images named rightly: {said}.")


# The instruments, in the order in which they are looked at.


def seen(recipe: Recipe, num: int = 8) -> Figure:
    """Show some images as they are and as the recipe hands them on, and how the numbers lie that the network gets."""
    x, classes = to_learn()
    varied = recipe.augment(x[:BATCH].clone(), torch.Generator().manual_seed(SEED))
    values = prepared(recipe, x).standardised(varied)
    picture, _ = figure(size=(9.5, 4.4))
    picture.clear()
    grid = picture.add_gridspec(3, num, height_ratios=(1, 1, 1.6))
    for column in range(num):
        for row, images in enumerate((x, varied)):
            ax = picture.add_subplot(grid[row, column])
            ax.imshow(images[column].permute(1, 2, 0).clamp(0, 1))
            ax.set(xticks=[], yticks=[])
            if row == 0:
                ax.set_title(COLOUR_NAMES[classes[column]], fontsize=11)
            if column == 0:
                ax.set_ylabel(("as drawn", "learned\nfrom")[row])
    ax = picture.add_subplot(grid[2, :])
    for channel, (name, tint) in enumerate(CHANNELS.items()):
        these = values[:, channel].flatten()
        words = f"{name}: mean {these.mean():.2f}, std {these.std():.3f}"
        ax.hist(these.numpy(), bins=60, histtype="step", lw=2, color=tint, label=words)
    ax.set(xlabel="value that the first layer gets", ylabel="how many", yticks=[])
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    mean, std = values.mean(), values.std()
    return alt(
        picture,
        f"Images as drawn with their classes, the same as the recipe hands them on, and the values that the first "
        f"layer gets: mean {mean:.2f}, standard deviation {std:.3f}.",
    )


def sizes(recipe: Recipe) -> Figure:
    """Show the size of each layer's output at the start, and how far one step at the full rate moves its weights."""
    at_start, loss = outputs_at_start(recipe)
    moved = moves(recipe)
    picture, (left, right) = figure(1, 2, size=(9.5, 3))
    for ax, values, title in (
        (left, at_start, f"standard deviation of the outputs\nat the start; the loss is {loss:.1f}"),
        (right, moved, "a step's length, as a share\nof the length of the weights"),
    ):
        ax.bar(LAYERS, values, color=PALETTE[0])
        ax.set(yscale="log", title=title)
    left.set_ylim(1e-4, 1e4)
    right.set_ylim(1e-7, 1)
    left.axhline(1, color="#8A8A8A", lw=1)
    right.axhspan(1e-2, 1e-1, color=PALETTE[2], alpha=0.2)
    said = "; ".join(f"{name} {a:.2g} and {b:.1e}" for name, a, b in zip(LAYERS, at_start, moved, strict=True))
    return alt(picture, f"By layer, the standard deviation of its outputs and a step's share of its weights: {said}.")


def outputs_at_start(recipe: Recipe) -> tuple[list[float], float]:
    """Return the standard deviation of what each layer gives before any step, and the loss."""
    x, y = (part[:256] for part in to_learn())
    model, found = prepared(without_noise(recipe), x), []
    for name in LAYERS:
        model.get_submodule(name).register_forward_hook(lambda layer, given, came: found.append(came.std().item()))
    with torch.no_grad():
        loss = F.cross_entropy(model(x), y).item()
    return found, loss


def moves(recipe: Recipe) -> list[float]:
    """Return for each layer the length of a short training's first step at the full rate, over that of its weights."""
    kept: list[list[torch.Tensor]] = []

    def keep(step: int, model: Network, loss: float) -> None:
        if step in (AT_FULL_RATE - 1, AT_FULL_RATE):
            kept.append([model.get_parameter(f"{name}.weight").detach().clone() for name in LAYERS])

    with one_thread():
        train(recipe, *to_learn(), steps=MOVED_STEPS, watch=keep)
    return [((after - before).norm() / before.norm()).item() for before, after in zip(*kept, strict=True)]


def overfit(recipe: Recipe) -> Figure:
    """Show the loss on 32 images that are learned again and again, in training mode and in evaluation mode."""
    in_training, in_evaluation = learned_by_heart(recipe)
    picture, ax = figure(size=(6.5, 3))
    ax.plot(range(1, FEW_STEPS + 1), in_training, color=PALETTE[0], label="in training mode")
    every = FEW_STEPS // len(in_evaluation)
    places = range(every, FEW_STEPS + 1, every)
    ax.plot(places, in_evaluation, color=PALETTE[3], marker="o", ls="--", label="the same, in evaluation mode")
    ax.axhline(GUESSING, color="#8A8A8A", lw=1)
    ax.set(xlabel="step", ylabel="loss on the same 32 images", yscale="symlog", ylim=(0, None))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return alt(
        picture,
        f"The loss on 32 images falls from {in_training[0]:.2f} to {in_training[-1]:.2f} in training mode; "
        f"in evaluation mode it ends at {in_evaluation[-1]:.2f}.",
    )


def learned_by_heart(recipe: Recipe) -> tuple[list[float], list[float]]:
    """Return the loss of each step on 32 images without any noise, and after every tenth that in evaluation mode."""
    x, y = (part[:FEW] for part in to_learn())
    in_training, in_evaluation = [], []

    def note(step: int, model: Network, loss: float) -> None:
        in_training.append(loss)
        if step % 10 == 9:
            with torch.no_grad():
                in_evaluation.append(F.cross_entropy(model.eval()(x), y).item())
            model.train()

    with one_thread():
        train(without_noise(recipe), x, y, steps=FEW_STEPS, watch=note)
    return in_training, in_evaluation


def rates(recipe: Recipe, tried: Sequence[float] = (1e-4, 1e-3, 1e-2, 1e-1, 1, 10), steps: int = 45) -> Figure:
    """Show the loss that short trainings reach, by their rate; all else is as the recipe has it."""
    ends = [_end(replace(recipe, rate=rate), steps) for rate in tried]
    picture, ax = figure(size=(6, 3))
    ax.plot(tried, ends, marker="o", color=PALETTE[0])
    ax.axhline(GUESSING, color="#8A8A8A", lw=1)
    ax.set(xscale="log", xlabel="rate", ylabel=f"loss after {steps} steps", ylim=(0, 2 * GUESSING))
    best = min(zip(ends, tried, strict=True))
    return alt(picture, f"The loss after {steps} steps by the rate: least, {best[0]:.2f}, at {best[1]:g}.")


def _end(recipe: Recipe, steps: int) -> float:
    losses: list[float] = []
    with one_thread():
        train(recipe, *to_learn(), steps=steps, watch=lambda step, model, loss: losses.append(loss))
    end = sum(losses[-10:]) / 10
    return min(end, 2 * GUESSING) if math.isfinite(end) else 2 * GUESSING


def judged(recipe: Recipe) -> Figure:
    """Train by a recipe, as the check does; show what the network names rightly, in which mode, what it confuses."""
    _, losses = trained(recipe)
    found, taken = shares(recipe), confusions(recipe)
    picture, (left, middle, right) = figure(1, 3, size=(13, 3.4))
    _loss_curve(left, losses)
    bars = middle.barh(list(found), list(found.values()), color=[PALETTE[1], PALETTE[2], PALETTE[0]])
    middle.bar_label(bars, fmt="{:.0%}", padding=3)
    middle.invert_yaxis()
    middle.set(xlabel="share named rightly", xlim=(0, 1.15))
    right.imshow(taken, cmap="Blues", vmin=0, vmax=1)
    places = range(NUM_CLASSES)
    for row, column in product(places, places):
        tint = "white" if taken[row, column] > 0.5 else "#666666"
        right.text(column, row, f"{100 * taken[row, column]:.0f}", ha="center", va="center", color=tint, fontsize=10)
    right.set_xticks(places, COLOUR_NAMES, rotation=45, ha="right")
    right.set_yticks(places, COLOUR_NAMES)
    right.set(title="of 100 new images of a colour (row)\nso many are called", ylabel="")
    said = "; ".join(f"{name} {share:.0%}" for name, share in found.items())
    own = ", ".join(f"{name} {taken[k, k]:.0%}" for k, name in enumerate(COLOUR_NAMES))
    return alt(picture, f"The loss by step. Shares named rightly: {said}. New images by colour: {own}.")


def shares(recipe: Recipe) -> dict[str, float]:
    """Return what a recipe's network names rightly: training images in training mode, the same in evaluation, new."""
    model, _ = trained(recipe)
    (x, y), (x_new, y_new) = to_learn(), new_ones()
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(SEED)
        known, as_in_training = label(model, x), _as_in_training(model, x)
        new = label(model, x_new)
    return {
        "training images,\ntraining mode": _share(as_in_training == y),
        "training images,\nevaluation": _share(known == y),
        "new images,\nevaluation": _share(new == y_new),
    }


def confusions(recipe: Recipe) -> torch.Tensor:
    """Return the share of the new images of each colour (row) that is called each colour (column), (6, 6)."""
    x_new, y_new = new_ones()
    pairs = y_new * NUM_CLASSES + label(trained(recipe)[0], x_new)
    counts = torch.bincount(pairs, minlength=NUM_CLASSES**2).reshape(NUM_CLASSES, NUM_CLASSES)
    return counts / counts.sum(dim=1, keepdim=True)


def _as_in_training(model: Network, x: torch.Tensor) -> torch.Tensor:
    """Return labels in training mode, and leave the network's running statistics as they were."""
    kept = {name: one.clone() for name, one in model.state_dict().items()}
    labels = label(model.train(), x)
    model.load_state_dict(kept)
    model.eval()
    return labels


def _loss_curve(ax: Axes, losses: Sequence[float]) -> None:
    ax.plot(range(1, len(losses) + 1), losses, lw=1, color=PALETTE[0])
    ax.axhline(GUESSING, color="#8A8A8A", lw=1)
    ax.text(len(losses), GUESSING, "guessing: ln 6", ha="right", va="bottom", color="#666666")
    ax.set(xlabel="step", ylabel="loss of the batch", yscale="symlog", ylim=(0, None))


def _share(right: torch.Tensor) -> float:
    return right.double().mean().item()
