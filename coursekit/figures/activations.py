"""Pictures of the notebook on activation functions. The functions are the reader's own, passed in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.plots import alt, colour, curve, figure
from coursekit.widgets import Explorer, explore

Activation = Callable[..., tuple[torch.Tensor, torch.Tensor]]
BLUE, ORANGE, GREEN, VERMILLION, GREY = colour(0), colour(1), colour(2), colour(3), "#8A8A8A"
FLAT = 0.01


def curve_and_slope(
    activation: Activation, name: str, *, low: float = -8.0, high: float = 8.0, **kwargs: Any
) -> Figure:
    """Return a function beside its derivative, with the parts where it hardly passes a gradient in grey.

    Args:
        activation: from x and an upstream gradient to output and gradient.
        name: for the title.
        low, high: the stretch of x.
        kwargs: further arguments of the activation.
    """
    x, out, slope = _sample(activation, low, high, **kwargs)
    picture, axes = figure(1, 2, size=(8.5, 3.0))
    for ax, heights, title, shade in zip(
        axes, (out, slope), (name, f"slope of {name}"), (BLUE, VERMILLION), strict=True
    ):
        _axes_through_zero(ax)
        ax.plot(x, _broken_at_jumps(heights), color=shade)
        ax.set(title=title, xlabel="x")
        ax.fill_between(
            x, 0, 1, where=np.abs(slope) < FLAT, color=GREY, alpha=0.25, linewidth=0, transform=ax.get_xaxis_transform()
        )
    flat = float((np.abs(slope) < FLAT).mean())
    return alt(
        picture,
        f"{name} from x = {low:g} to {high:g} runs from {out.min():.2f} to {out.max():.2f}; its slope is between "
        f"{slope.min():.2f} and {slope.max():.2f}, and below {FLAT:g} in {flat:.0%} of the stretch, shaded grey.",
    )


def compare(activations: Mapping[str, Activation], *, low: float = -5.0, high: float = 5.0) -> Figure:
    """Return several functions in one picture, and their derivatives in another beside it.

    Args:
        activations: by name.
        low, high: the stretch of x.
    """
    picture, axes = figure(1, 2, size=(8.5, 3.1))
    for ax, title in zip(axes, ("output", "slope"), strict=True):
        _axes_through_zero(ax)
        ax.set(title=title, xlabel="x")
    for index, (name, activation) in enumerate(activations.items()):
        x, out, slope = _sample(activation, low, high)
        axes[0].plot(x, out, color=colour(index), label=name)
        axes[1].plot(x, _broken_at_jumps(slope), color=colour(index), label=name)
    axes[0].legend()
    return alt(
        picture, f"{', '.join(activations)} in one picture, and their slopes in another: they differ most near zero."
    )


def explore_slopes(activations: Mapping[str, Activation]) -> Explorer:
    """Return a picture with a menu of functions and a slider for the point at which to look.

    Args:
        activations: by name.
    """

    def draw(function: str = "sigmoid", x: float = 1.0) -> Figure:
        return _tangent_and_depth(activations[function], function, x)

    return explore(draw, function=list(activations), x=(-6.0, 6.0, 0.1))


def _tangent_and_depth(activation: Activation, name: str, place: float) -> Figure:
    x, out, _ = _sample(activation, -6.5, 6.5)
    height, slope = (float(one) for one in _at(activation, torch.tensor([place], dtype=torch.float64)))
    picture, axes = figure(1, 2, size=(8.5, 3.1))
    _axes_through_zero(axes[0])
    axes[0].plot(x, out, color=BLUE)
    near = np.array([place - 1.5, place + 1.5])
    axes[0].plot(near, height + slope * (near - place), color=VERMILLION)
    axes[0].plot([place], [height], "o", color=VERMILLION, markersize=8)
    axes[0].set(
        title=f"{name}: slope {slope:.4f} at x = {place:.1f}",
        xlabel="x",
        ylim=(min(-2.2, out.min()), max(2.2, out.max())),
    )
    depth = np.arange(1, 13)
    axes[1].semilogy(depth, np.maximum(np.abs(slope) ** depth, 1e-12), "o-", color=VERMILLION)
    axes[1].axhline(1, color=GREY, linewidth=1)
    axes[1].set(title="what is left of a gradient of 1", xlabel="units gone back through", ylim=(1e-12, 1e3))
    return alt(
        picture,
        f"{name} with its tangent at x = {place:.1f}, slope {slope:.4f}. After twelve such units "
        f"{abs(slope) ** 12:.1e} of a gradient is left.",
    )


def zigzag() -> Figure:
    """Return two paths of gradient descent to the same weights: free, and with gradients of one sign only."""
    picture, axes = figure(1, 2, size=(9, 3.6))
    goal = np.array([2.0, -2.0])
    straight = np.linspace([0, 0], goal, 5)
    steps: list[list[float]] = [
        [0, 0],
        [0.9, 0.35],
        [0.6, -0.75],
        [1.35, -0.45],
        [1.05, -1.4],
        [1.9, -1.15],
        [1.65, -1.95],
        [2.05, -1.8],
    ]
    titles = ("inputs of both signs", "inputs all positive")
    paths: list[np.ndarray] = [straight, np.array([*steps, goal.tolist()])]
    for index, path in enumerate(paths):
        ax = axes[index]
        _axes_through_zero(ax)
        for start, end in pairwise(path.tolist()):
            ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": BLUE, "linewidth": 1.8})
        ax.plot(goal[0], goal[1], "*", color=VERMILLION, markersize=16)
        ax.set(title=titles[index], xlabel="$w_1$", ylabel="$w_2$", xlim=(-0.8, 2.8), ylim=(-2.6, 1))
    return alt(
        picture,
        "Two paths in the plane of two weights to a goal at lower right. With inputs of both signs the path "
        "is straight. "
        "With positive inputs every step goes up and right, or down and left, so the path zigzags.",
    )


def maxout_shapes() -> Figure:
    """Return what the maximum of two, two and five straight lines looks like."""
    x = np.linspace(-2, 2, 401)
    tangents = [(2 * place, -(place**2)) for place in (-1.6, -0.8, 0.0, 0.8, 1.6)]
    shapes: dict[str, list[tuple[float, float]]] = {
        "0 and x: ReLU": [(0, 0), (1, 0)],
        "x and −x: |x|": [(1, 0), (-1, 0)],
        "five maps: nearly x²": tangents,
    }
    picture, axes = figure(1, 3, size=(9.5, 2.8))
    for ax, (title, lines) in zip(axes, shapes.items(), strict=True):
        heights = np.array([slope * x + shift for slope, shift in lines])
        _axes_through_zero(ax)
        for line in heights:
            ax.plot(x, line, color=GREY, linewidth=1, linestyle="--")
        ax.plot(x, heights.max(axis=0), color=BLUE, linewidth=3)
        ax.set(title=title, ylim=(-1, 3.2), xlabel="x")
    return alt(
        picture, "The largest of two lines makes ReLU or the absolute value; the largest of five comes near a parabola."
    )


def relative_cost(size: int = 200_000, repeats: int = 40) -> Figure:
    """Return how long torch's activations take here, as multiples of ReLU's time.

    Processor time is counted, so that other programs on the machine disturb it little.

    Args:
        size: how many numbers each is applied to.
        repeats: the best of so many runs counts.
    """
    names = {
        "relu": "ReLU",
        "relu6": "ReLU6",
        "leaky_relu": "Leaky ReLU",
        "hardswish": "Hard-Swish",
        "elu": "ELU",
        "sigmoid": "sigmoid",
        "tanh": "tanh",
        "silu": "Swish",
        "gelu": "GELU",
        "mish": "Mish",
    }
    x = torch.randn(size, generator=torch.Generator().manual_seed(0))
    seconds = {label: _best_time(getattr(torch.nn.functional, name), x, repeats) for name, label in names.items()}
    ratios = [one / seconds["ReLU"] for one in seconds.values()]
    picture, ax = figure(size=(6, 3.4))
    ax.barh(list(seconds), ratios, color=BLUE)
    ax.invert_yaxis()
    ax.set(xlabel="time, in times of ReLU")
    return alt(
        picture, "Time by activation: " + ", ".join(f"{n} {r:.1f}" for n, r in zip(seconds, ratios, strict=True))
    )


def _best_time(function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        began = time.process_time()
        function(x)
        times.append(time.process_time() - began)
    return min(times)


def training_curves(histories: Mapping[str, Sequence[float]]) -> Figure:
    """Return the loss by step of several networks.

    Args:
        histories: losses by the name of the activation.
    """
    longest = max(map(len, histories.values()))
    picture = curve(
        range(longest), dict(histories), xlabel="step", ylabel="loss", title="four hidden layers on the digits"
    )
    last = "; ".join(f"{name} {losses[-1]:.2f}" for name, losses in histories.items())
    return alt(picture, f"The loss by training step for each activation; at the end: {last}.")


def _sample(
    activation: Activation, low: float, high: float, **kwargs: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = torch.linspace(low, high, 801, dtype=torch.float64)
    out, slope = _at(activation, x, **kwargs)
    return x.numpy(), out.numpy(), slope.numpy()


def _at(activation: Activation, x: torch.Tensor, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
    return activation(x, torch.ones_like(x), **kwargs)


def _broken_at_jumps(heights: np.ndarray) -> np.ndarray:
    """A jump is no steep slope: leave a gap in the line."""
    shown = heights.copy()
    shown[1:][np.abs(np.diff(heights)) > 0.3] = np.nan
    return shown


def _axes_through_zero(ax: Axes) -> None:
    ax.axhline(0, color=GREY, linewidth=0.8, zorder=0)
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=0)
