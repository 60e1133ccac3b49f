"""Pictures of the optimisers notebook: surfaces, paths across them, and the race."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit import plots
from coursekit.race import Lane
from coursekit.race import race as widgets_race
from coursekit.widgets import Explorer

Rule = Callable[..., tuple[torch.Tensor, dict[str, Any]]]
Height = Callable[[Any, Any], Any]
State = dict[str, Any]
Slope = Callable[[torch.Tensor], torch.Tensor]
TURN = math.radians(40)
RACE_STEPS = 80


@dataclass(frozen=True)
class Surface:
    """A loss over two weights.

    Args:
        height: from x and y (arrays or floats) to the loss.
        gradient: from w (2,) float64 to the gradient (2,).
        start: where runs begin.
        window: (left, right, bottom, top) of the picture.
        minima: the lowest places.
        noise: standard deviation of what is added to each entry of a gradient.
    """

    height: Height
    gradient: Slope
    start: tuple[float, float]
    window: tuple[float, float, float, float]
    minima: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    noise: float = 0.0


def _ravine(turn: float = 0.0) -> Surface:
    """Return the bowl (x² + 25 y²) / 2, turned by an angle: 25 times as steep across as along."""
    cos, sin = math.cos(turn), math.sin(turn)
    axes = torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)
    hessian = axes.T @ torch.diag(torch.tensor([1.0, 25.0], dtype=torch.float64)) @ axes
    start = axes.T @ torch.tensor([-2.5, 0.6], dtype=torch.float64)

    def height(x: Any, y: Any) -> Any:
        along, across = cos * x + sin * y, -sin * x + cos * y
        return (along**2 + 25 * across**2) / 2

    window = (-3.0, 1.0, -1.0, 1.0) if turn == 0 else (-3.0, 1.0, -2.2, 1.2)
    return Surface(height, lambda w: hessian @ w, (float(start[0]), float(start[1])), window)


def _bowl_gradient(w: torch.Tensor) -> torch.Tensor:
    return w


def _saddle_gradient(w: torch.Tensor) -> torch.Tensor:
    return torch.stack([w[0], w[1] ** 3 - w[1]])


def _banana_gradient(w: torch.Tensor) -> torch.Tensor:
    bend = w[1] - w[0] ** 2
    return torch.stack([w[0] - 1 - 20 * bend * w[0], 10 * bend])


SURFACES: dict[str, Surface] = {
    "ravine": _ravine(),
    "turned ravine": _ravine(TURN),
    "saddle": Surface(
        lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 4,
        _saddle_gradient,
        (-1.8, 0.01),
        (-2.2, 1.0, -1.6, 1.6),
        ((0.0, 1.0), (0.0, -1.0)),
    ),
    "curved valley": Surface(
        lambda x, y: (x - 1) ** 2 / 2 + 5 * (y - x**2) ** 2,
        _banana_gradient,
        (-1.2, 0.8),
        (-1.8, 1.8, -0.8, 2.2),
        ((1.0, 1.0),),
    ),
    "noisy bowl": Surface(
        lambda x, y: (x**2 + y**2) / 2, _bowl_gradient, (-2.2, 1.0), (-2.8, 1.2, -1.4, 1.4), noise=1.0
    ),
}


def follow(rule: Rule, surface: Surface, lr: float, num_steps: int, *, seed: int = 0, **options: Any) -> torch.Tensor:
    """Return the path of a rule over a surface, (num_steps + 1, 2) float64; it stops where it leaves for good."""
    noise = torch.from_numpy(np.random.default_rng(seed).normal(scale=surface.noise or 0.0, size=(num_steps, 2)))
    state: State = {}
    w = torch.tensor(surface.start, dtype=torch.float64)
    path = [w]
    for disturbance in noise:
        w, state = rule(w, surface.gradient(w) + disturbance, state, lr=lr, **options)
        path.append(w)
        if not bool((w.abs() < 50).all()):
            break
    return torch.stack(path)


def draw_surface(ax: Axes, surface: Surface, resolution: int = 60) -> None:
    """Draw a surface's contours, close together where it is low, and its minima as stars."""
    left, right, bottom, top = surface.window
    x, y = np.meshgrid(np.linspace(left, right, resolution), np.linspace(bottom, top, resolution))
    height = surface.height(x, y)
    levels = height.min() + np.ptp(height) * np.linspace(0.01, 1, 6) ** 2
    ax.contour(x, y, height, levels=levels, colors="#8A8A8A", linewidths=0.8, linestyles="solid", antialiased=False)
    across, up = zip(*surface.minima, strict=True)
    ax.plot(across, up, "*", color="black", markersize=13, linestyle="none")
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$w_1$", ylabel="$w_2$")


def draw_path(ax: Axes, path: torch.Tensor, index: int, label: str) -> None:
    """Draw a path with a dot for each step and a larger mark at its end."""
    across, up = path.numpy().T
    style: Any = {"color": plots.colour(index), "linewidth": 1.4, "clip_on": True}
    ax.plot(across, up, marker=".", markersize=4, label=label, **style)
    ax.plot(across[-1:], up[-1:], marker=plots.MARKERS[index % 8], markersize=9, color=plots.colour(index))


def paths(surface: str, runs: Mapping[str, torch.Tensor], *, alt: str = "") -> Figure:
    """Return paths over a surface on the left, and on the right the loss at each step.

    Args:
        surface: a name of SURFACES.
        runs: from the words of the legend to a path that `follow` gave.
        alt: what the picture shows, in a sentence.
    """
    ground = SURFACES[surface]
    picture, (left, right) = plots.figure(1, 2, size=(8.6, 2.8))
    draw_surface(left, ground)
    for index, (label, path) in enumerate(runs.items()):
        draw_path(left, path, index, label)
        right.plot(_above_the_minimum(ground, path.numpy()), color=plots.colour(index), label=label)
    right.set(xlabel="step", ylabel="loss above the minimum", yscale="log")
    # Text is what takes the time in a small picture, and a slider wants many of them: few ticks, plain labels.
    left.locator_params(nbins=5)
    right.minorticks_off()
    right.yaxis.set_major_formatter("{x:g}")
    left.set_title(surface)
    right.legend(loc="upper left", bbox_to_anchor=(1, 1))
    # Fixed margins: the constrained layout would lay the picture out twice at each move of a slider.
    picture.set_layout_engine(None)
    picture.subplots_adjust(left=0.095, right=0.745, bottom=0.18, top=0.88, wspace=0.45)
    return plots.alt(picture, alt)


def learning_rates(sgd: Rule) -> Figure:
    """Return SGD in the ravine at three learning rates."""
    runs = {f"lr = {lr}": follow(sgd, SURFACES["ravine"], lr, 40) for lr in (0.02, 0.075, 0.0805)}
    return paths(
        "ravine",
        runs,
        alt=(
            "SGD in a ravine. With learning rate 0.02 it creeps along the floor, with 0.075 it zigzags from "
            "wall to wall "
            "and gets further, with 0.0805 each swing is wider than the one before and the loss grows."
        ),
    )


def momentum_in_the_ravine(sgd: Rule, sgd_momentum: Rule) -> Figure:
    """Return SGD and momentum in the ravine, at the same learning rate."""
    ground = SURFACES["ravine"]
    runs = {"SGD": follow(sgd, ground, 0.03, 80)}
    runs |= {f"momentum {m}": follow(sgd_momentum, ground, 0.03, 80, momentum=m) for m in (0.7, 0.9)}
    return paths(
        "ravine",
        runs,
        alt=(
            "The same ravine with learning rate 0.03. SGD is slow along the floor. Momentum 0.7 arrives far sooner. "
            "Momentum 0.9 runs past the minimum and swings back in wide curves."
        ),
    )


def escape_from_the_saddle(sgd: Rule, sgd_momentum: Rule) -> Figure:
    """Return SGD and momentum that start beside a ridge that leads to a saddle point."""
    ground = SURFACES["saddle"]
    runs = {
        "SGD": follow(sgd, ground, 0.1, 80),
        "momentum 0.9": follow(sgd_momentum, ground, 0.1, 80, momentum=0.9),
    }
    return paths(
        "saddle",
        runs,
        alt=(
            "A saddle with a minimum above and one below. Both runs slide to the saddle point first. SGD "
            "lingers there for "
            "some forty steps, momentum leaves sooner and then swings about the upper minimum."
        ),
    )


def swing(sgd_momentum: Rule, nesterov_momentum: Rule, *, lr: float = 0.1, momentum: float = 0.9) -> Figure:
    """Return the position of both kinds of momentum in the bowl w² / 2, step by step."""
    lines = {}
    for name, rule in {"momentum": sgd_momentum, "Nesterov": nesterov_momentum}.items():
        state: State = {}
        w, places = torch.tensor([1.0]), [1.0]
        for _ in range(60):
            w, state = rule(w, w, state, lr=lr, momentum=momentum)
            places.append(float(w))
        lines[name] = places
    picture = plots.curve(
        range(61),
        lines,
        xlabel="step",
        ylabel="$w$",
        alt=(
            "Both kinds of momentum start at w = 1 in a bowl with its minimum at 0 and swing through it. "
            "Nesterov's swings "
            "are smaller and die away sooner."
        ),
    )
    picture.axes[0].axhline(0, color="#8A8A8A", linewidth=0.8)
    picture.set_size_inches(4.6, 2.9)
    return picture


def effective_rates(adagrad: Rule, rmsprop: Rule) -> Figure:
    """Return the learning rate that each rule really uses while gradients fall from size 1 to size 0.1."""
    sizes = [1.0] * 150 + [0.1] * 150
    lines = {}
    for name, rule in {"AdaGrad": adagrad, "RMSProp, decay 0.9": lambda *a: rmsprop(*a, decay=0.9)}.items():
        state: State = {}
        w, rates = torch.zeros(1, dtype=torch.float64), []
        for size in sizes:
            new_w, state = rule(w, torch.full_like(w, size), state, 0.01)
            rates.append(float(w - new_w) / size)
            w = new_w
        lines[name] = rates
    return plots.curve(
        range(1, 301),
        lines,
        xlabel="step",
        ylabel="step / gradient",
        log="y",
        alt=(
            "The gradient is 1 for 150 steps and 0.1 afterwards. AdaGrad's rate falls all the time and does not "
            "recover. "
            "RMSProp's rate settles at 0.01 and, when the gradients shrink, rises to 0.1 within some fifty steps."
        ),
    )


def bias_correction(beta1: float = 0.9, beta2: float = 0.999) -> Figure:
    """Return m with and without its correction, and how wrong a step is without both."""
    rng = np.random.default_rng(0)
    gradients = 1 + 0.3 * rng.standard_normal(60)
    count, m = np.arange(1, 61), np.zeros(61)
    for step, gradient in enumerate(gradients, start=1):
        m[step] = beta1 * m[step - 1] + (1 - beta1) * gradient
    picture, (left, right) = plots.figure(1, 2, size=(8.8, 2.9))
    left.plot(count, gradients, ".", color="#8A8A8A", label="gradients")
    plots.curve(count, {"m": m[1:], "m, corrected": m[1:] / (1 - beta1**count)}, xlabel="step", ax=left)
    left.axhline(1, color="black", linewidth=0.8)
    left.set_title("The mean starts at zero")
    many = np.arange(1, 3001)
    plots.curve(many, (1 - beta1**many) / np.sqrt(1 - beta2**many), xlabel="step", log="x", ax=right)
    right.axhline(1, color="black", linewidth=0.8)
    right.set_title("Step without corrections / step with them")
    return plots.alt(
        picture,
        (
            "Left: gradients scatter about 1. The plain mean m climbs from 0.1 and needs some thirty steps, the "
            "corrected one is "
            "near 1 at once. Right: without corrections the first step is 3.2 times too long, the tenth 6.5 "
            "times, and the "
            "excess is gone only after thousands of steps."
        ),
    )


def decay_by_gradient_size(adam: Rule, adamw: Rule) -> Figure:
    """Return how two weights decay when their gradients are pure noise of different size."""
    sizes = torch.tensor([10.0, 0.1], dtype=torch.float64)
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal((1000, 2))) * sizes
    lines = {}
    for name, is_decoupled in (("Adam with L2", False), ("AdamW", True)):
        state: State = {}
        w = torch.ones(2, dtype=torch.float64)
        places = [w]
        for dw in noise:
            if is_decoupled:
                w, state = adamw(w, dw, state, lr=1e-3, weight_decay=1.0)
            else:
                w, state = adam(w, dw + 1.0 * w, state, lr=1e-3)
            places.append(w)
        for index, size in enumerate(sizes.tolist()):
            lines[f"{name}, gradients of size {size:g}"] = torch.stack(places)[:, index]
    picture = plots.curve(
        range(1001),
        lines,
        xlabel="step",
        ylabel="$w$",
        alt=(
            "Two weights start at 1 and get noise as gradient. Under AdamW both decay alike, to about 0.4 after 1000 "
            "steps. Under Adam with L2 the one with large gradients hardly decays, the other decays faster than wanted."
        ),
    )
    for index, line in enumerate(picture.axes[0].lines):
        line.set(color=plots.colour(index // 2), linestyle="--" if index % 2 else "-")
    picture.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    picture.set_size_inches(7.8, 2.8)
    return picture


def training_curves(losses: Mapping[str, list[float]], num_epochs: int) -> Figure:
    """Return the training loss of each rule, averaged over half an epoch.

    Args:
        losses: by rule, the loss of each mini-batch in order.
        num_epochs: how many passes over the data they are.
    """
    num_points = 2 * num_epochs
    smooth = {name: [float(part.mean()) for part in np.array_split(ones, num_points)] for name, ones in losses.items()}
    picture = plots.curve(
        np.arange(1, num_points + 1) / 2,
        smooth,
        xlabel="passes over the data",
        log="y",
        alt=(
            f"Training loss of {len(losses)} optimisers over {num_epochs} passes. Plain SGD, at a large rate, "
            f"falls in fits "
            "and starts; the two kinds of momentum end lowest."
        ),
    )
    picture.axes[0].set_ylabel("training loss")
    picture.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    picture.set_size_inches(6.6, 2.9)
    return picture


def newton_paths(sgd: Rule, newton_step: Callable[..., torch.Tensor]) -> Figure:
    """Return Newton's steps beside SGD's, in the turned ravine and near the saddle."""
    picture, axes = plots.figure(1, 2, size=(8.4, 3.1))
    for ax, name, start in zip(axes, ("turned ravine", "saddle"), (None, (-1.8, 0.35)), strict=True):
        ground = SURFACES[name]
        w = torch.tensor(start or ground.start, dtype=torch.float64)
        begun = Surface(ground.height, ground.gradient, (float(w[0]), float(w[1])), ground.window, ground.minima)
        path = [w]
        for _ in range(5):
            hessian = torch.autograd.functional.jacobian(ground.gradient, w)
            w = newton_step(w, ground.gradient(w), hessian)
            path.append(w)
        draw_surface(ax, ground)
        draw_path(ax, follow(sgd, begun, 0.07, 40), 0, "SGD, 40 steps")
        draw_path(ax, torch.stack(path), 1, "Newton, 5 steps")
        ax.set_title(name)
        ax.legend(loc="lower right" if name == "turned ravine" else "lower left")
    return plots.alt(
        picture,
        (
            "Left: in the turned ravine Newton reaches the minimum in one step, while SGD zigzags. Right: near "
            "the saddle SGD "
            "rolls to a minimum, while Newton walks straight to the saddle point and stays."
        ),
    )


def race(rules: Mapping[str, Rule]) -> Explorer:
    """Return the race: every rule on the surface that is picked, with sliders for learning rate and momentum.

    Args:
        rules: update rules by name. One that takes `momentum` or `beta1` follows the momentum slider.
    """

    @cache
    def lane(name: str, surface: str, lr: float, **options: Any) -> Lane:
        path = follow(rules[name], SURFACES[surface], lr, RACE_STEPS, **options).numpy()
        return Lane(_above_the_minimum(SURFACES[surface], path), path)

    def run(surface: str = "ravine", log10_lr: float = -1.5, momentum: float = 0.9) -> dict[str, Lane]:
        return {name: lane(name, surface, 10**log10_lr, **_momentum_of(rule, momentum)) for name, rule in rules.items()}

    return widgets_race(
        run,
        RACE_STEPS,
        ground=_ground,
        ylabel="loss above the minimum",
        limits=(1e-8, 100.0),
        log=True,
        surface=list(SURFACES),
        log10_lr=(-3.0, 0.0, 0.1),
        momentum=(0.0, 0.98, 0.02),
    )


def _ground(ax: Axes, surface: str) -> None:
    draw_surface(ax, SURFACES[surface])
    ax.set_title(surface)


def _above_the_minimum(surface: Surface, path: np.ndarray) -> np.ndarray:
    lowest = min(float(surface.height(*place)) for place in surface.minima)
    return np.maximum(surface.height(*path.T) - lowest, 1e-8)


def _momentum_of(rule: Rule, momentum: float) -> dict[str, Any]:
    names = rule.__code__.co_varnames[: rule.__code__.co_argcount]
    return {name: momentum for name in ("momentum", "beta1") if name in names}
