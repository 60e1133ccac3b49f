"""Pictures of the tuning notebook: curves of real runs, grids against chance, races of searches, views, underflow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coursekit import curves, plots
from coursekit.shapes import shapes

GREY = "#8A8A8A"
GUESSING = math.log(curves.NUM_CLASSES)
RATES = [0.003, 1e-6, 1e-4, 0.03, 0.3]
LEAST = 2.0**-24  # the smallest number above zero in float16
SPACE = {"rate": (1e-4, 0.1, "log"), "decay": (1e-5, 0.1, "log"), "dropout": (0.0, 1.0, "linear")}
TRIES = 68
Search = Callable[..., Any]


def overview() -> Figure:
    """Return the curves of the eight runs, each under its name."""
    picture, axes = plots.figure(2, 4, size=(7.4, 3.2))
    for ax, (name, run) in zip(axes.ravel(), curves.all_runs().items(), strict=True):
        _draw_run(ax, run)
        ax.set_title(name)
    axes[1, 3].legend(["guessing", "training", "validation"], loc="upper right", fontsize=10)
    for ax in axes[1]:
        ax.set_xlabel("epoch")
    for ax in axes[:, 0]:
        ax.set_ylabel("loss")
    return plots.alt(
        picture,
        "Eight plots of training and validation loss over the epochs, with a line at ln 5 = 1.61: diverged, bad "
        "start, not learning, overfits, jumpy, too slow, underfits, healthy. Only in the last both fall far below "
        "the line.",
    )


def _draw_run(ax: Axes, run: curves.Curves) -> None:
    top = 3 * GUESSING if run.train[0] < 2 * GUESSING else 1.1 * run.train[0]
    ax.axhline(GUESSING, color=GREY, linewidth=1, linestyle="--")
    ax.plot(run.train, color=plots.PALETTE[0])
    ax.plot(run.val, color=plots.PALETTE[1])
    ax.set_ylim(0, top)


def by_heart() -> Figure:
    """Return the losses of ten images learnt by heart, without a fault and with two."""
    lines = {name or "no fault": curves.ten_by_heart(name)[0] for name in ("", "two softmaxes", "labels anew")}
    num = len(lines["no fault"])
    picture = plots.curve(range(num), lines, xlabel="step", ylabel="loss of the ten images")
    ax = picture.axes[0]
    ax.axhline(GUESSING, color=GREY, linewidth=1, linestyle="--")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    ax.set(ylim=(0, 4), yticks=[0, 2, 4], xticks=[0, 40, 80])
    picture.set_size_inches(6.5, 2.6)
    return plots.alt(
        picture,
        "Losses over 80 steps. Without a fault the loss falls to nearly nothing; with two softmaxes it stops near 1, "
        "above the 0.9 that is the least; with labels that change at each step it stays around the loss of guessing "
        "or above.",
    )


def grid_and_random(num_tries: int = 9, seed: int = 0) -> Figure:
    """Return a grid and random points in two settings of which one matters."""
    side = math.isqrt(num_tries)
    even = [(i + 0.5) / side for i in range(side)]
    # 12 more than was asked, so that the first picture has a point in the band: about half of them have
    drawn = torch.rand(num_tries, 2, generator=torch.Generator().manual_seed(seed + 12)).tolist()
    picture, axes = plots.figure(1, 2, size=(6.4, 2.6))
    for ax, name, points in zip(
        axes, ("grid", "at random"), ([(a, b) for a in even for b in even], drawn), strict=True
    ):
        ax.axvspan(0.58, 0.66, color=plots.PALETTE[2], alpha=0.25, linewidth=0)
        ax.scatter(*zip(*points, strict=True), color=plots.PALETTE[0], s=30)
        ax.scatter([a for a, _ in points], [0] * len(points), marker="|", s=160, color=plots.PALETTE[3], clip_on=False)
        ax.set(title=f"{name}: {len({a for a, _ in points})} rates tried", xlim=(0, 1), ylim=(0, 1))
        ax.set(xticks=[], yticks=[])
        ax.set_xlabel("learning rate (matters)", labelpad=10)
    axes[0].set_ylabel("another setting (doesn't)")
    return plots.alt(
        picture,
        f"Two squares with {num_tries} points and a narrow band of good learning rates. The grid has tried {side} "
        f"rates, random points {num_tries}.",
    )


def best_of(num_tries: int = 1) -> Figure:
    """Return validation scores of networks that are all right on 60 % of all images, and the best of them."""
    drawn = torch.Generator().manual_seed(0)
    scores = (torch.rand(num_tries, 400, generator=drawn) < 0.6).double().mean(dim=1) * 100
    picture, ax = plots.figure(size=(4.7, 2.6))
    ax.scatter(range(1, num_tries + 1), scores, s=16)
    ax.axhline(60, color=GREY, linestyle="--", linewidth=1)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="try", ylabel="% right of 400", xlim=(0, num_tries + 1), ylim=(50, 70))
    ax.set(title=f"best of {num_tries}: {scores.max():.1f}")
    return plots.alt(picture, f"Scores of {num_tries} equally good networks around 60; the best is {scores.max():.1f}.")


def one_generation() -> Figure:
    """Return two parents and their three children on one range."""
    parents, steps = [0.8, 0.2], [0.1, -0.1, 0.3]
    picture, ax = plots.figure(size=(6.5, 1.6))
    for child, step in enumerate(steps):
        base = parents[child % 2]
        end = min(max(base + step, 0.0), 1.0)
        ax.annotate("", (end, 1 - child / 2), (base, 1.8), arrowprops={"arrowstyle": "->", "color": GREY})
        ax.plot(end, 1 - child / 2, "s", color=plots.PALETTE[1])
        ax.text(end + 0.015, 1 - child / 2, f"child {child}", va="center", fontsize=10)
    ax.plot(parents, [1.8, 1.8], "o", color=plots.PALETTE[0])
    for place, words in zip(parents, ("parent 0, score 7", "parent 1, score 5"), strict=True):
        ax.text(place + 0.015, 1.9, words, fontsize=10)
    ax.set(
        xlim=(0, 1.15), ylim=(-0.3, 2.3), yticks=[], xlabel="place u in the range", xticks=[0, 0.2, 0.4, 0.6, 0.8, 1]
    )
    return plots.alt(
        picture, "Parents at 0.8 and 0.2. Child 0 lies at 0.9, child 1 at 0.1, and child 2 at 1, where the range ends."
    )


def ridge(settings: dict[str, float]) -> float:
    """Return the score on a slanting ridge: where the decay is smaller, the rate must be larger; 0 at its top."""
    rate = math.log(settings["rate"] / 1e-4) / math.log(1000)
    decay = math.log(settings["decay"] / 1e-5) / math.log(10000)
    return -10 * (rate + decay - 1) ** 2 - 2 * (rate - 0.3) ** 2 - 2 * (settings["dropout"] - 0.3) ** 2


def race(random_search: Search, evolve_settings: Search, num_runs: int = 20) -> dict[str, list[float]]:
    """Return how far the best of 1, 2, ... tries is below the top, the mean of several runs, for three searches."""
    ways: dict[str, Callable[[torch.Generator], Any]] = {
        "random": lambda drawn: random_search(ridge, SPACE, TRIES, drawn, num_rounds=1),
        "coarse to fine": lambda drawn: random_search(ridge, SPACE, TRIES // 2, drawn),
        "evolution": lambda drawn: evolve_settings(ridge, SPACE, (TRIES - 4) // 8, drawn),
    }
    means = {}
    for name, search in ways.items():
        runs = [[score for _, score in search(torch.Generator().manual_seed(seed))[2]] for seed in range(num_runs)]
        means[name] = (-torch.tensor(runs).cummax(dim=1).values).mean(dim=0).tolist()
    return means


def search_race(random_search: Search, evolve_settings: Search) -> Figure:
    """Return the race of three searches on the ridge."""
    lines = race(random_search, evolve_settings)
    picture = plots.curve(range(1, TRIES + 1), lines, xlabel="tries", ylabel="distance from the top", log="y")
    picture.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    picture.set_size_inches(7.5, 3.2)
    return plots.alt(
        picture,
        "Distances of the best score from the top over 68 tries, the mean of 20 runs. All fall; coarse to fine and "
        "evolution end below plain random search.",
    )


def by_rate(lr: float = RATES[0]) -> Figure:
    """Return the curves of a short run at a learning rate."""
    run = curves.train(replace(curves.GOOD, images=400, epochs=8, lr=lr))
    picture, ax = plots.figure(size=(4.4, 2.4))
    _draw_run(ax, run)
    ax.legend(["guessing", "training", "validation"], loc="upper left", bbox_to_anchor=(1, 1))
    ax.set(xlabel="epoch", ylabel="loss", title=f"Adam, learning rate {lr:g}")
    return plots.alt(picture, f"Training and validation loss of eight epochs at the learning rate {lr:g}.")


def averaged(ema_update: Callable[..., None]) -> Figure:
    """Return validation losses of the weights and of their moving average."""
    own, mean = curves.averaged_run(ema_update)
    lines = {"the weights": own, "their average": mean}
    picture = plots.curve(range(10, 10 * len(own) + 1, 10), lines, xlabel="step", ylabel="validation loss")
    ax = picture.axes[0]
    for line in ax.lines:
        line.set_marker("")
    ax.set(ylim=(0, 2), yticks=[0, 1, 2], xticks=[0, 100, 200])
    picture.set_size_inches(4.7, 2.6)
    return plots.alt(
        picture,
        "Validation loss every ten steps. That of the weights jumps; that of their average is lower and smooth.",
    )


def views() -> Figure:
    """Return an image and its ten views."""
    image = shapes(8, radius=(11.0, 14.0), seed=3).images[5]
    # Without the noise and in few colours the picture has half the bytes.
    image = (F.avg_pool2d(F.pad(image[None], (1, 1, 1, 1), mode="replicate"), 3, 1)[0] * 6).round() / 6
    places = [*((top, left) for top in (0, 8) for left in (0, 8)), (4, 4)]
    crops = [image[:, top : top + 24, left : left + 24] for top, left in places]
    crops += [crop.flip(2) for crop in crops]
    return plots.show_images(
        torch.stack(crops),
        ["top left", "top right", "low left", "low right", "middle", *["mirrored"] * 5],
        cols=5,
        alt="Ten crops of one coloured shape: four corners and the middle, and below them their mirror images.",
    )


def small_gradients(scale: float = 1.0) -> torch.Tensor:
    """Return the sizes of all gradients of a network that has nearly learnt ten images, times a scale."""
    model = curves.ten_by_heart()[1]
    x, y = (part[:10] for part in curves.pictures(1000))
    grads = torch.autograd.grad(F.cross_entropy(model(x), y), list(model.parameters()))
    sizes = torch.cat([grad.flatten() for grad in grads]).abs() * scale
    return sizes[sizes > 0]


def underflow(scale: float = 65536.0) -> Figure:
    """Return how large gradients are, as they come and times a scale."""
    picture, ax = plots.figure(size=(5.4, 2.4))
    sizes = small_gradients()
    for one, name, index in ((sizes, "as they are", 0), (sizes * scale, f"times {scale:g}", 1)):
        ax.hist(one.log10().numpy(), bins=40, range=(-12, 5), color=plots.colour(index), alpha=0.7, label=name)
    for place in (LEAST, 65504.0):
        ax.axvline(math.log10(place), color="black", linestyle="--", linewidth=1)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    ax.set(xlabel="power of ten of the gradient's size", ylabel="how many")
    return plots.alt(
        picture,
        "Two histograms of gradient sizes. As they are, some lie below the smallest float16 at about 6e-8; times 65536 "
        "nearly all lie between that and the largest, 65504.",
    )
