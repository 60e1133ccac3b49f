"""Pictures of the notebook on normalisation: what it buys, who shares a mean, and what a batch norm becomes."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOUR_NAMES, Shapes, shapes

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY = "#8A8A8A"
NUM_IMAGES, NUM_CHANNELS = 3, 6
CHANNEL = torch.tensor([1.0, 1.3, 3.5, 4.0, 4.6, 6.5])
PARTS = ("cat", "rocket", "tissue", "hubble")
EPOCHS = 6


@cache
def images() -> tuple[Shapes, Shapes]:
    """Return 500 images of coloured shapes to learn from, and 200 new ones."""
    return shapes(500, radius=(10.0, 14.0), seed=1), shapes(200, radius=(10.0, 14.0), seed=2)


def deep_network(norm: type[nn.Module] | None, depth: int = 12, width: int = 12) -> nn.Sequential:
    """Return `depth` convolutions, each with a norm (or none) and a ReLU behind it, and six scores; always from the
    same start, and without a trace in the global generator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for place in range(depth):
            stride = 2 if place in (0, 3, 6) else 1
            layers.append(nn.Conv2d(width if place else 3, width, 3, stride, 1))
            layers += [] if norm is None else [norm(width)]
            layers.append(nn.ReLU())
        ends = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, len(COLOUR_NAMES))
        return nn.Sequential(*layers, *ends)


def fit(net: nn.Module, rate: float = 0.02, batch: int = 50, epochs: int = EPOCHS) -> list[float]:
    """Train a network to tell the colour of a shape, and return the loss of each step. One thread, always the same
    order of images."""
    train, _ = images()
    drawn, threads = torch.Generator().manual_seed(0), torch.get_num_threads()
    optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    losses: list[float] = []
    torch.set_num_threads(1)
    try:
        for _ in range(epochs):
            for rows in torch.randperm(len(train), generator=drawn).split(batch):
                loss = F.cross_entropy(net(train.images[rows] - 0.5), train.colour[rows, 0])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
    finally:
        torch.set_num_threads(threads)
    return losses


def accuracy(net: nn.Module) -> float:
    """Return the share of new images whose colour is told, in evaluation mode."""
    _, new = images()
    net.eval()
    with torch.no_grad():
        return float((net(new.images - 0.5).argmax(dim=1) == new.colour[:, 0]).float().mean())


@cache
def two_networks() -> dict[str, tuple[nn.Sequential, list[float]]]:
    """Return twelve convolutions without and with batch norm, trained alike, in evaluation mode, and their losses."""
    nets = {"without": deep_network(None), "with batch norm": deep_network(nn.BatchNorm2d)}
    losses = {name: fit(net) for name, net in nets.items()}
    return {name: (net.eval(), losses[name]) for name, net in nets.items()}


def overview() -> Figure:
    """Return the losses of two deep networks that differ by their batch norms alone."""
    picture, ax = figure(size=(5, 2.8))
    said = []
    for (name, (_, losses)), tint in zip(two_networks().items(), (ORANGE, BLUE), strict=True):
        means = torch.tensor(losses).unfold(0, 5, 1).mean(dim=1)
        ax.plot(range(3, 3 + len(means)), means, color=tint, label=name)
        said.append(f"{name} it ends at {means[-1]:.1f}")
    ax.axhline(torch.tensor(len(COLOUR_NAMES)).log().item(), color=GREY, ls=":", lw=1.5, label="guessing")
    ax.set(xlabel="step", ylabel="loss, mean of 5 steps", ylim=(0, 2.05))
    ax.legend(loc="lower left")
    return alt(
        picture, f"The loss of twelve convolutions over {EPOCHS * 10} steps: {', '.join(said)}. Guessing has 1.8."
    )


def sets(kind: str, num_groups: int = 2) -> torch.Tensor:
    """Return for each image and each channel which set of numbers it is normalised with, (N, C), counted from 1.

    Args:
        kind: "batch", "layer", "instance" or "group".
        num_groups: of group norm.
    """
    n, c = torch.arange(NUM_IMAGES)[:, None], torch.arange(NUM_CHANNELS)[None]
    found = {
        "batch": c.expand(NUM_IMAGES, -1),
        "layer": n.expand(-1, NUM_CHANNELS),
        "instance": n * NUM_CHANNELS + c,
        "group": n * num_groups + c // (NUM_CHANNELS // num_groups),
    }
    return found[kind] + 1


def sharing() -> Figure:
    """Return four tables of images and channels: cells of one number share one mean and one deviation."""
    picture, axes = figure(1, 4, size=(9.6, 2.15))
    said = []
    for ax, kind in zip(axes, ("batch", "layer", "instance", "group"), strict=True):
        found = sets(kind)
        for n in range(NUM_IMAGES):
            for c in range(NUM_CHANNELS):
                shade = int(found[n, c]) - 1
                _cell(ax, c, n, str(shade + 1), PALETTE[(shade + 2 * (shade // 6)) % 6])
        ax.set_title(f"{kind} norm" + ", 2 groups" * (kind == "group"))
        _table(ax, NUM_CHANNELS, NUM_IMAGES)
        ax.set_xlabel("channels")
        said.append(f"{kind} norm {int(found.max())}")
    axes[0].set_ylabel("images")
    return alt(picture, f"Three images of six channels as tables of 18 cells. Sets of cells: {', '.join(said)}.")


def nudged(place: int, by: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the numbers of a channel after a nudge of one of them, and all of them normalised."""
    x = CHANNEL.clone()
    x[place] += by
    return x, (x - x.mean()) / x.std(correction=0)


def nudge(place: int = 5, by: float = 2.0) -> Figure:
    """Return six numbers of a channel and what normalising makes of them, before and after one of them is nudged.

    Args:
        place: which number is nudged.
        by: how far.
    """
    picture, axes = figure(1, 2, size=(9, 3.2))
    both = nudged(place, 0.0), nudged(place, by)
    for ax, before, after, title in zip(axes, both[0], both[1], ("x", "normalised"), strict=True):
        for i in range(len(CHANNEL)):
            tint = ORANGE if i == place else BLUE
            ax.plot([i, i], [before[i], after[i]], color=tint, lw=3, alpha=0.5)
            ax.plot(i, before[i], "o", mfc="white", mec=tint, ms=8)
            ax.plot(i, after[i], "o", color=tint, ms=8)
        ax.set(title=title, xlabel="number of the channel", xticks=range(len(CHANNEL)))
    axes[0].set_ylim(-4, 12)
    axes[1].set_ylim(-2.6, 2.6)
    moved = int((both[1][1] - both[0][1]).abs().gt(1e-6).sum())
    return alt(
        picture,
        f"Number {place} of a channel is moved by {by:g}. Of the six normalised numbers {moved} move: open circles are "
        "before, full ones after.",
    )


def sums() -> Figure:
    """Return a table of samples and features: rows share mean and deviation, columns share gamma and beta."""
    picture, ax = figure(size=(5.6, 3))
    for n in range(4):
        for d in range(5):
            _cell(ax, d, n, "", BLUE if n == 1 else "white")
    for n in range(4):
        ax.add_patch(Rectangle((2 - 0.46, n - 0.46), 0.92, 0.92, fill=False, ec=ORANGE, lw=3))
    _table(ax, 5, 4)
    ax.set(xlabel="features", ylabel="samples")
    ax.text(4.7, 1, "one mean,\none deviation", color=BLUE, va="center", fontsize=12, clip_on=False)
    ax.text(4.7, 3, "one gamma,\none beta", color=ORANGE, va="center", fontsize=12, clip_on=False)
    ax.set_xlim(-0.6, 7.6)
    ax.xaxis.set_label_coords(2.6 / 8.2, -0.03)
    return alt(
        picture,
        "A table of four samples and five features. A row, in blue, shares one mean and one deviation; a column, "
        "framed in orange, shares one gamma and one beta.",
    )


def lines() -> Figure:
    """Return what the first batch norm of the trained network does in evaluation mode, for four of its channels."""
    norm = two_networks()["with batch norm"][0][1]
    assert isinstance(norm, nn.BatchNorm2d)
    x = torch.linspace(-0.3, 0.3, 5)[:, None, None, None].expand(-1, norm.num_features, 1, 1)
    with torch.no_grad():
        y = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)[:, :, 0, 0]
    picture, ax = figure(size=(4.1, 2.7))
    for place in range(4):
        ax.plot(x[:, 0, 0, 0], y[:, place], color=PALETTE[place], marker="o", ms=4, label=f"channel {place}")
    ax.set(xlabel="into the batch norm", ylabel="out of the batch norm")
    ax.legend(fontsize=10)
    return alt(
        picture, "In evaluation mode each of four channels of a trained batch norm is a straight line of its own."
    )


def by_parts() -> dict[str, list[float]]:
    """Return the deviation of the red channel over the parts of a batch, one photograph a part.

    "this part alone", "all parts so far", and "mean of the variances", the root of the averaged variances so far.
    """
    parts = [to_tensor(photographs((60, 80))[name])[0].flatten().double() for name in PARTS]
    variances = torch.stack([part.var(correction=0) for part in parts])
    so_far = [torch.cat(parts[: place + 1]).std(correction=0).item() for place in range(len(parts))]
    averaged = [variances[: place + 1].mean().sqrt().item() for place in range(len(parts))]
    return {
        "this part alone": variances.sqrt().tolist(),
        "all parts so far": so_far,
        "from averaged variances": averaged,
    }


def parts() -> Figure:
    """Return the deviation of a channel as the parts of a batch come in."""
    picture, ax = figure(size=(5.2, 2.7))
    found = by_parts()
    styles: Any = ({"ls": "", "marker": "o"}, {"marker": "s"}, {"marker": "^", "ls": "--"})
    for (name, values), tint, style in zip(found.items(), (GREY, BLUE, ORANGE), styles, strict=True):
        ax.plot(range(1, 1 + len(values)), values, color=tint, label=name, **style)
    ax.set(xticks=range(1, 5), xticklabels=[f"{i + 1}: {name}" for i, name in enumerate(PARTS)])
    ax.set(ylabel="deviation, red channel")
    ax.legend(fontsize=10)
    last = {name: values[-1] for name, values in found.items()}
    return alt(
        picture,
        f"The deviation of the red channel over four photographs. Of all it is {last['all parts so far']:.2f}; from "
        f"averaged variances it would be {last['from averaged variances']:.2f}.",
    )


def _cell(ax: Axes, x: int, y: int, text: str, tint: str) -> None:
    ax.add_patch(Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fc=tint, ec=GREY, alpha=0.45))
    ax.text(x, y, text, ha="center", va="center", fontsize=11)


def _table(ax: Axes, across: int, down: int) -> None:
    ax.set(xlim=(-0.6, across - 0.4), ylim=(down - 0.4, -0.6), aspect="equal", xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
