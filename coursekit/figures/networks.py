"""Pictures of the networks notebook: boundaries, a stack of layers, training, the flow of gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from coursekit.data import spirals
from coursekit.plots import alt, colour, decision_regions, figure

FORWARD, BACKWARD = colour(0), colour(3)
FLOOR = 1e-300  # a logarithmic axis has no place for zero
MOST_LAYERS = 40  # what the widget's slider ends at
# From x, weights, grad_out and an activation's name to {"outputs": [...], "gradients": [...]}: the
# student's own gradient_flow, handed in, so that no picture gives it away.
Measure = Callable[[torch.Tensor, list[torch.Tensor], torch.Tensor, str], Mapping[str, Sequence[float]]]


def line_or_bend() -> Figure:
    """Return the regions of a linear classifier and of a network of two layers on three spiral arms."""
    x, y = spirals(num_per_class=100)
    picture, axes = figure(1, 2, size=(8, 3.5))
    models = {
        "one affine layer": torch.nn.Linear(2, 3),
        "two, with a ReLU between": torch.nn.Sequential(
            torch.nn.Linear(2, 50), torch.nn.ReLU(), torch.nn.Linear(50, 3)
        ),
    }
    for ax, (name, model) in zip(axes, models.items(), strict=True):
        _fit(model, x, y)
        _regions(model, x, y, ax, name)
    return alt(
        picture,
        "Three spiral arms of points. Left, three straight-edged regions cut across the arms; right, the regions "
        "wind along them.",
    )


def hidden_sizes(networks: Mapping[int, Any], x: torch.Tensor, y: torch.Tensor) -> Figure:
    """Return the regions of trained networks, one picture for each number of hidden units."""
    picture, axes = figure(1, len(networks), size=(4 * len(networks), 4))
    for ax, (size, network) in zip(axes, networks.items(), strict=True):
        _regions(network.scores, x, y, ax, f"{size} hidden units")
    return alt(
        picture, "Regions of networks with few and many hidden units: straight edges at first, then along the spirals."
    )


def stack_of_layers(names: Sequence[str] = ("W1, b1", "f", "W2, b2", "f", "W3, b3", "loss")) -> Figure:
    """Return a stack of layers with values running forward and gradients running back."""
    picture, ax = figure(size=(10, 2.2))
    ax.set(xlim=(-0.8, 2 * len(names)), ylim=(-1.1, 1.2))
    ax.axis("off")
    for place, name in enumerate(names):
        tint = "#dbe9f4" if name.startswith("W") else "#f2f2f2"
        ax.add_patch(FancyBboxPatch((2 * place, -0.5), 0.9, 1, boxstyle="round,pad=0.08", fc=tint, ec="black"))
        ax.text(2 * place + 0.45, 0, name, ha="center", va="center")
        _arrows(ax, 2 * place - 0.9, 2 * place - 0.12)
    for place, value in enumerate(("x", "z₁", "h₁", "z₂", "h₂", "scores")):
        ax.text(2 * place - 0.5, 0.4, value, ha="center", color=FORWARD)
        ax.text(2 * place - 0.5, -0.4, "grad", ha="center", va="top", color=BACKWARD, fontsize=10)
    return alt(
        picture,
        "Six boxes in a row: layer, activation, layer, activation, layer, loss. Blue arrows carry x, z, h and scores "
        "forward; orange arrows carry a gradient back beside each.",
    )


def training(history: Mapping[str, Sequence[float]], alt: str = "") -> Figure:
    """Return the loss by step and both accuracies by epoch."""
    picture, (left, right) = figure(1, 2, size=(9, 3.4))
    left.plot(history["loss"], color=colour(0), lw=1)
    left.set(xlabel="step", ylabel="loss of the batch", ylim=(0, None))
    for index, part in enumerate(("train", "val")):
        heights = history[f"{part}_accuracy"]
        right.plot(range(1, len(heights) + 1), heights, color=colour(index), ls=("-", "--")[index], label=part)
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.03))
    right.legend(loc="lower right")
    picture.description = alt
    return picture


def flow_grid(measure: Measure, x: torch.Tensor, depth: int = 20, width: int = 100) -> Figure:
    """Return the flow for three activations (rows) and three scales of the weights (columns)."""
    scales = {"0.01": 0.01, "Xavier √(1/D)": width**-0.5, "Kaiming √(2/D)": (2 / width) ** 0.5}
    picture, axes = figure(3, 3, size=(9, 6.5))
    for row, activation in zip(axes, ("relu", "tanh", "sigmoid"), strict=True):
        for ax, (name, scale) in zip(row, scales.items(), strict=True):
            _draw_flow(ax, measure(x, *_stack(x, depth, width, scale), activation))
            ax.set(title=f"{activation}, {name}", ylim=(1e-33, 1e4), yticks=[1e-30, 1e-20, 1e-10, 1])
            ax.grid(axis="y", lw=0.8, color="#cccccc")
    for ax in axes[-1]:
        ax.set_xlabel("layer")
    axes[0, 2].legend(loc="lower right")
    return alt(
        picture,
        "Nine plots of sizes by layer. With small weights outputs or gradients vanish for all; with "
        "Xavier's scale tanh "
        "stays level; with Kaiming's, ReLU stays level; the sigmoid's gradients vanish everywhere.",
    )


def flow_explorer(measure: Measure, x: torch.Tensor, width: int = 64) -> Callable[..., Figure]:
    """Return the drawing function of the widget: the flow at one activation, gain and depth."""

    def draw(activation: str = "relu", gain: float = 1.0, depth: int = 20) -> Figure:
        flow = measure(x, *_stack(x, depth, width, gain * width**-0.5), activation)
        picture, ax = figure(size=(7, 4))
        _draw_flow(ax, flow)
        ax.set(xlabel="layer", ylabel="root mean square", title=f"{activation}, gain {gain:.2f}")
        ax.set(xlim=(0, MOST_LAYERS + 1), ylim=(1e-12, 1e12))
        ax.axhline(1, color="#8A8A8A", lw=1, ls=":")
        ax.legend(loc="upper left")
        return alt(
            picture,
            f"Sizes of outputs and gradients in {depth} layers of {activation} at a gain of {gain:.2f}, on a "
            "logarithmic scale.",
        )

    return draw


def _stack(x: torch.Tensor, depth: int, width: int, scale: float) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Return random weights and a gradient at the exit, the same numbers at each call but for the scale."""
    noise, grad_out = _noise(len(x), x.shape[1], depth, width)
    return [scale * one.to(x.dtype) for one in noise], grad_out.to(x.dtype)


@cache  # a slider of the scale asks for the same numbers again and again
def _noise(rows: int, columns: int, depth: int, width: int) -> tuple[list[torch.Tensor], torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    sizes = [columns, *[width] * depth]
    noise = [torch.randn(a, b, generator=generator, dtype=torch.float64) for a, b in pairwise(sizes)]
    return noise, torch.randn(rows, width, generator=generator, dtype=torch.float64)


def _draw_flow(ax: Axes, flow: Mapping[str, Sequence[float]]) -> None:
    layers = range(1, len(flow["outputs"]) + 1)
    for index, (name, marker) in enumerate((("outputs", "o"), ("gradients", "s"))):
        heights = [max(value, FLOOR) for value in flow[name]]
        ax.plot(layers, heights, marker=marker, ms=4, color=(FORWARD, BACKWARD)[index], label=name)
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _regions(scores: Callable[..., torch.Tensor], x: torch.Tensor, y: torch.Tensor, ax: Axes, title: str) -> None:
    def predict(points: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return scores(points).argmax(dim=1)

    decision_regions(predict, x, y, ax=ax, margin=0.2, resolution=120)
    share = (predict(x) == y).double().mean().item()
    ax.set_title(f"{title}: {share:.0%}")


def _fit(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, num_steps: int = 1000) -> None:
    """Plain descent with a learning rate of 1: torch.optim takes seconds to import."""
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.5
    parameters = list(model.parameters())
    for _ in range(num_steps):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        for parameter, grad in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.data -= grad


def _arrows(ax: Axes, left: float, right: float) -> None:
    for height, tint, ends in ((0.25, FORWARD, (left, right)), (-0.25, BACKWARD, (right, left))):
        start, end = ((one, height) for one in ends)
        ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, color=tint, lw=2))
