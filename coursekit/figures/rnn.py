"""Pictures of the notebook on recurrent networks: a reader of rows, steps in time, gradients that die out or burst."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from coursekit import echo, row_reader
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOUR_NAMES, COLOURS

BLUE, ORANGE, GREEN, RED, GREY = PALETTE[0], PALETTE[1], PALETTE[2], PALETTE[3], "#8A8A8A"
SHOWN = 4  # images in a picture of the reader
WIDTH = 32  # numbers in the state where gradients are measured


# The finished thing


def overview() -> Figure:
    """Return unseen images whose colour is named rightly, and its probability after each of their rows."""
    return reading(row_reader.library_run(row_reader.MAX_NORM, 0).weights)


def reading(weights: list[torch.Tensor], right: bool = True) -> Figure:
    """Return the first unseen images that a reader names rightly, or wrongly, with what it thinks row by row.

    Args:
        weights: the six tensors of a reader.
        right: False shows those that it names wrongly; a dotted curve is then the colour that it names.
    """
    pictures, labels = row_reader.images(unseen=True)
    likely = row_reader.probabilities(pictures, weights)
    named = likely[:, -1].argmax(dim=1)
    shown = ((named == labels) == right).nonzero().flatten()[:SHOWN].tolist()
    picture, axes = figure(2, SHOWN // 2, size=(7.6, 4.3))
    for ax in axes.ravel():
        ax.axis("off")
    said = []
    for ax, place in zip(axes.ravel(), shown, strict=False):
        true, guess = int(labels[place]), int(named[place])
        ax.axis("on")
        ax.imshow(pictures[place].permute(1, 2, 0).numpy(), extent=(0, 32, 32, 0))
        for colour, dash in ((true, "-"),) if right else ((true, "-"), (guess, ":")):
            across = 36 + 28 * likely[place, :, colour].numpy()
            ax.plot(across, torch.arange(32).numpy() + 0.5, dash, color=COLOURS[COLOUR_NAMES[colour]], lw=2.5)
        for at in (36, 64):
            ax.axvline(at, color=GREY, lw=0.8)
        ax.set(xlim=(0, 66), ylim=(32.5, -0.5), xticks=(36, 64), yticks=(0, 16, 32))
        ax.set_xticklabels(["0", "1"])
        first, last = (float(likely[place, row, true]) for row in (0, -1))
        title = f"{COLOUR_NAMES[true]}: {last:.0%}" if right else f"{COLOUR_NAMES[true]}, named {COLOUR_NAMES[guess]}"
        ax.set_title(title, fontsize=11)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        said.append(f"{title} after the last row, {first:.0%} after the first")
    return alt(
        picture,
        f"{len(shown)} images of one coloured shape each that are named {'rightly' if right else 'wrongly'}. Beside "
        f"each runs, from top to bottom, the probability of its colour after each row. {'; '.join(said)}.",
    )


# A state that is carried on


def unrolled() -> Figure:
    """Return an Elman network with its loop, and the same one drawn once for each of three steps."""
    picture, ax = figure(size=(7.6, 2.3))
    _box(ax, 0.6, 1, "tanh", BLUE)
    _arrow(ax, (0.6, 0.1), (0.6, 0.62), "$x_t$", at=(0.6, -0.05))
    _arrow(ax, (0.6, 1.38), (0.6, 1.9), "$h_t$", at=(0.6, 2.08))
    ax.add_patch(
        FancyArrowPatch(
            (1.0, 1.15), (1.0, 0.85), connectionstyle="arc3,rad=-1.9", arrowstyle="-|>", mutation_scale=14, color=GREY
        )
    )
    ax.text(2.05, 1, "=", fontsize=18, ha="center", va="center")
    for step in (1, 2, 3):
        middle = 1.9 + 1.6 * step
        _box(ax, middle, 1, "tanh", BLUE)
        _arrow(ax, (middle - 1.2, 1), (middle - 0.4, 1), f"$h_{step - 1}$", at=(middle - 0.8, 1.2))
        _arrow(ax, (middle, 0.1), (middle, 0.62), f"$x_{step}$", at=(middle, -0.05))
        _arrow(ax, (middle, 1.38), (middle, 1.9), f"$h_{step}$", at=(middle, 2.08))
    _arrow(ax, (7.1, 1), (7.9, 1), "$h_3$", at=(7.5, 1.2))
    _bare(ax, (0, 8), (-0.2, 2.25))
    return alt(
        picture,
        "Left, a box that takes a piece and its own state, and gives a state. Right, the same box three times in a "
        "row: each takes the piece of its step and the state of the box before.",
    )


def padded(lengths: Sequence[int] = (6, 2, 4)) -> Figure:
    """Return a batch of sequences of several lengths, padded to the longest, with the last step of each."""
    picture, ax = figure(size=(5.6, 1.7))
    longest = max(lengths)
    for row, length in enumerate(lengths):
        for step in range(longest):
            tint, strong = (BLUE, 0.55) if step < length else (GREY, 0.15)
            ax.add_patch(Rectangle((step, row), 0.92, 0.88, color=tint, alpha=strong, lw=0))
            word = f"$h_{step + 1}$" if step < length else "0"
            ax.text(step + 0.46, row + 0.46, word, ha="center", va="center", fontsize=11)
        ax.add_patch(Rectangle((length - 1, row), 0.92, 0.88, fill=False, ec="black", lw=2))
    _bare(ax, (-0.1, longest), (len(lengths), -0.1))
    return alt(
        picture,
        f"Three rows of {longest} squares, of lengths {', '.join(map(str, lengths))}: filled ones for the steps that "
        "are read, grey ones with a 0 for the padding. In each row the last one that is read has a frame.",
    )


def backwards() -> Figure:
    """Return three steps with the way of the gradient drawn in, from the right to the left."""
    picture, ax = figure(size=(7.2, 2.3))
    for step in (1, 2, 3):
        middle = 1.9 * step - 0.6
        _box(ax, middle, 1, "tanh", BLUE)
        _arrow(ax, (middle - 0.4, 1), (middle - 1.1, 1), f"to $h_{step - 1}$", at=(middle - 0.78, 1.22), tint=RED)
        _arrow(ax, (middle, 1.9), (middle, 1.38), f"above, $h_{step}$", at=(middle, 2.08), tint=RED)
        _arrow(ax, (middle, 0.62), (middle, 0.1), f"to $x_{step}$, weights", at=(middle, -0.08), tint=RED)
    _arrow(ax, (6.5, 1), (5.5, 1), "last", at=(6.0, 1.22), tint=RED)
    _bare(ax, (0.05, 6.7), (-0.25, 2.25))
    return alt(
        picture,
        "Three boxes in a row with arrows that run from right to left: into each come a gradient from above and one "
        "from the box at its right; out of each go one to its piece, one to the weights and one to the "
        "box at its left.",
    )


# Why gradients vanish or burst


@cache
def matrix_of(largest: float, alike: bool, seed: int = 0) -> torch.Tensor:
    """Return a square matrix with a given largest singular value: with all of them alike, or drawn from a Gaussian."""
    drawn = torch.randn(WIDTH, WIDTH, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    one = torch.linalg.qr(drawn).Q if alike else drawn / torch.linalg.matrix_norm(drawn, 2)
    return largest * one


@cache
def norms_back(largest: float, length: int, tanh: bool = True, alike: bool = True, seed: int = 0) -> list[float]:
    """Return the length of the gradient of the last state with respect to it, the one before, …, the first.

    The last state has a gradient of length 1 in a drawn direction. The network gets noise at each step.
    """
    weights = matrix_of(largest, alike, seed)
    drawn = torch.Generator().manual_seed(seed + 1)
    state, slopes = torch.zeros(WIDTH, dtype=torch.float64), []
    for _ in range(length):
        noise = 0.3 * torch.randn(WIDTH, dtype=torch.float64, generator=drawn)
        state = weights @ state + noise
        if tanh:
            state = state.tanh()
        slopes.append(1 - state.square() if tanh else torch.ones_like(state))
    back = torch.randn(WIDTH, dtype=torch.float64, generator=drawn)
    back /= back.norm()
    norms = [1.0]
    for slope in reversed(slopes):
        back = weights.T @ (slope * back)
        norms.append(float(back.norm()))
    return norms


def fading(largest: float = 1.0, length: int = 40, tanh: bool = True) -> Figure:
    """Return the length of a gradient on its way back, with the bound that the largest singular value sets."""
    steps = list(range(length + 1))
    norms = norms_back(largest, length, tanh)
    picture, ax = figure(size=(6.2, 3.6))
    ax.plot(steps, [largest**step for step in steps], "--", color=GREY, label="bound")
    ax.plot(steps, norms, color=BLUE, label="measured")
    ax.set_yscale("log")
    low, high = min(*norms, largest**length), max(*norms, largest**length)
    ax.set(ylim=(min(1e-2, low / 2), max(1e2, 2 * high)), xlim=(0, length))
    ax.set(xlabel="steps back", ylabel="length of the gradient")
    ax.set_title(f"after {length} steps {norms[-1]:.1e}, at most {largest**length:.1e}", fontsize=12)
    ax.legend(loc="lower left" if largest > 1 else "upper right", fontsize=10)
    return alt(
        picture,
        f"The length of a gradient by steps back in time, for singular values of {largest:g}: it begins with 1, and "
        f"after {length} steps it is {norms[-1]:.1e}. The bound is {largest**length:.1e}.",
    )


LARGEST = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0)


def middle_norm(largest: float, tanh: bool, alike: bool, length: int = 40) -> float:
    """Return the length of a gradient so many steps back: the geometric mean over eight networks."""
    ends = torch.tensor([norms_back(largest, length, tanh, alike, seed)[-1] for seed in range(8)])
    return float(ends.log().mean().exp())


def by_singular_value() -> Figure:
    """Return what is left of a gradient after 40 steps by the largest singular value, in four kinds of networks."""
    picture, axes = figure(1, 2, size=(8.6, 3.4))
    said = []
    for ax, tanh in zip(axes, (False, True), strict=True):
        for alike, tint, name in ((True, BLUE, "all alike"), (False, ORANGE, "drawn")):
            values = [middle_norm(largest, tanh, alike) for largest in LARGEST]
            ax.plot(LARGEST, values, "o-", ms=4, color=tint, label=name)
            at = next((big for big, value in zip(LARGEST, values, strict=True) if value > 1.01), math.inf)
            said.append(f"{'with' if tanh else 'without'} tanh, {name}: above 1 from {at:g} on")
        ax.axhline(1, color=GREY, lw=1)
        ax.set_yscale("log")
        ax.set(xlabel="largest singular value", ylim=(1e-25, 1e20))
        ax.set_title("with tanh" if tanh else "without tanh", fontsize=12)
    axes[0].set_ylabel("length after 40 steps")
    axes[0].legend(loc="lower right", fontsize=10, title="singular values")
    return alt(picture, f"The length of a gradient 40 steps back by the largest singular value. {'; '.join(said)}.")


# Clipping


def clippings() -> Figure:
    """Return a gradient of two numbers that is too long, and two ways to make it shorter."""
    grad = torch.tensor([3.0, 0.75])
    by_norm, by_number = grad / grad.norm(), grad.clamp(-1, 1)
    picture, ax = figure(size=(6.4, 2.5))
    turn = torch.linspace(0, 2 * torch.pi, 100)
    ax.plot(turn.cos(), turn.sin(), ":", color=GREY)
    for arrow, tint, name in ((grad, GREY, "gradient"), (by_norm, BLUE, "by norm"), (by_number, ORANGE, "each number")):
        ax.annotate("", arrow.tolist(), (0, 0), arrowprops={"arrowstyle": "-|>", "color": tint, "lw": 2.5})
        ax.plot([], [], color=tint, label=name, lw=2.5)
    ax.set(xlim=(-1.1, 3.2), ylim=(-1.1, 1.1), aspect="equal")
    ax.legend(loc="lower right", fontsize=10)
    angles = [float(torch.atan2(one[1], one[0]).rad2deg()) for one in (grad, by_norm, by_number)]
    return alt(
        picture,
        f"A long arrow at {angles[0]:.0f} degrees; clipped by norm it ends on a circle of radius 1, at "
        f"{angles[1]:.0f} degrees still; with each number cut off at 1 it points at {angles[2]:.0f} degrees.",
    )


def clipped(run: row_reader.Run, wild: row_reader.Run) -> Figure:
    """Return the losses and the norms of gradients of two trainings, with clipping and without."""
    picture, axes = figure(1, 2, size=(8.6, 3.3))
    said = []
    for one, tint, name in ((run, BLUE, "clipped"), (wild, ORANGE, "as they are")):
        losses = torch.tensor(one.losses).unfold(0, 20, 1).mean(dim=1)
        axes[0].plot(torch.arange(len(losses)) + 20, losses, color=tint, label=name)
        axes[1].plot(one.norms, color=tint, lw=0.8)
        said.append(
            f"{name}: loss {float(losses[-1]):.1f} at the end, the longest gradient {max(one.norms):.0f}, "
            f"{sum(norm > 10 for norm in one.norms)} above 10"
        )
    axes[1].axhline(row_reader.MAX_NORM, color=GREY, lw=1)
    axes[1].set_yscale("log")
    axes[0].set(xlabel="step", ylabel="loss, mean of 20", ylim=(0, None))
    axes[1].set(xlabel="step", ylabel="norm before clipping")
    axes[0].legend(fontsize=10)
    return alt(picture, f"The loss and the norm of the gradient by the step of training. {'; '.join(said)}.")


# When the sequence doesn't end


def chunks(steps: int = 3, length: int = 7) -> Figure:
    """Return a stream in chunks: the state runs through, the gradient stops at each chunk's beginning."""
    picture, ax = figure(size=(7.6, 1.9))
    tints, starts = (BLUE, ORANGE, GREEN), range(0, length, steps)
    for place, begin in enumerate(starts):
        end = min(begin + steps, length)
        for step in range(begin, end):
            _box(ax, step + 0.5, 1, f"$h_{step + 1}$", tints[place % 3])
        _arrow(ax, (end - 0.1, 0.3), (begin + 0.1, 0.3), "gradient", at=((begin + end) / 2, 0.1), tint=RED)
    for step in range(length + 1):
        _arrow(ax, (step - 0.15, 1.1), (step + 0.17, 1.1), "", at=(step, 1.2))
    _bare(ax, (-0.2, length + 0.25), (-0.05, 1.5))
    return alt(
        picture,
        f"{length} boxes in a row, in {len(starts)} chunks of {steps} at most. Arrows for the state lead from each box "
        "to the next, through all chunks. Arrows for the gradient lead back, and none leaves its chunk.",
    )


def echoes(fading: Mapping[int, float], keeping: Mapping[int, float]) -> Figure:
    """Return the errors at the end by the steps of a chunk, for two starts."""
    picture, ax = figure(size=(5.8, 3.3))
    said = []
    for errors, gain, tint in ((fading, echo.FADING, BLUE), (keeping, echo.KEEPING, ORANGE)):
        ax.plot(list(errors), list(errors.values()), "o-", color=tint, label=f"singular values {gain:g}")
        said.append(f"{gain:g}: " + ", ".join(f"{steps} steps {error:.2f}" for steps, error in errors.items()))
    ax.axvline(echo.DELAY, color=GREY, lw=1)
    ax.set_xscale("log")
    ax.set_xticks(list(fading), labels=[str(steps) for steps in fading])
    ax.minorticks_off()
    ax.set(xlabel="steps of a chunk", ylabel="error at the end", ylim=(-0.03, 1.1))
    ax.legend(fontsize=10)
    return alt(picture, f"The error of the echo by the steps of a chunk. {'; '.join(said)}.")


# Drawing


def _box(ax: Axes, across: float, up: float, word: str, tint: str) -> None:
    ax.add_patch(Rectangle((across - 0.4, up - 0.38), 0.8, 0.76, facecolor=tint, alpha=0.3, lw=0))
    ax.text(across, up, word, ha="center", va="center", fontsize=12)


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    word: str,
    at: tuple[float, float],
    tint: str = GREY,
) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": tint, "lw": 1.6})
    ax.text(*at, word, ha="center", va="center", fontsize=11)


def _bare(ax: Axes, across: tuple[float, float], up: tuple[float, float]) -> None:
    ax.set(xlim=across, ylim=up)
    ax.axis("off")
