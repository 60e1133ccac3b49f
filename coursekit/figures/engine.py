"""Pictures of the notebook on computational graphs and reverse-mode differentiation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.plots import PALETTE, alt, curve, decision_regions, figure
from coursekit.widgets import Explorer, explore

BLUE, VERMILLION, GREY = PALETTE[0], PALETTE[3], "#999999"
LAST_STEP = 7
_PLACES = {"x": (0, 2), "y": (0, 1), "z": (0, 0), "p": (1.5, 1.4), "q": (3, 0.7), "f": (4.5, 1.4)}
_EDGES = {("x", "p"): 7, ("y", "p"): 7, ("p", "q"): 6, ("z", "q"): 6, ("q", "f"): 5, ("x", "f"): 5}
_FORMULAS = {"p": "p = x · y", "q": "q = p + z", "f": "f = q · x"}
_SAYS = (
    "The inputs have values.", "Forward: p = x · y.", "Forward: q = p + z.", "Forward: f = q · x. The values are all there.",
    "Backward starts: df/df = 1.", "The gate of f: each factor gets 1 times the other one. x has one share.",
    "The gate of q: a sum hands its gradient on to both.", "The gate of p. x gathers its second share: the two add up.",
)  # fmt: skip


@dataclass(frozen=True)
class _Pass:
    """All numbers of f = (x · y + z) · x: values of nodes and the share that flows along each edge."""

    values: dict[str, float]
    shares: dict[tuple[str, str], float]

    def gradient(self, name: str, step: int) -> float | None:
        """What the node has gathered after a step, or None while nothing has come."""
        if name == "f":
            return 1.0 if step >= 4 else None
        come = [self.shares[edge] for edge, since in _EDGES.items() if edge[0] == name and step >= since]
        return sum(come) if come else None


def _run(x: float, y: float, z: float) -> _Pass:
    p, q = x * y, x * y + z
    values = {"x": x, "y": y, "z": z, "p": p, "q": q, "f": q * x}
    shares = {("q", "f"): x, ("x", "f"): q, ("p", "q"): x, ("z", "q"): x, ("x", "p"): x * y, ("y", "p"): x * x}
    return _Pass(values, shares)


def graph_picture(step: int = LAST_STEP, x: float = 3.0, y: float = -1.0, z: float = 4.0) -> Figure:
    """Return the graph of f = (x · y + z) · x after a step of the forward or the backward pass.

    Args:
        step: 0 to 3 forward, 4 to 7 backward.
        x, y, z: the inputs.
    """
    run = _run(x, y, z)
    picture, ax = figure(size=(9, 4.3))
    ax.set(xlim=(-0.6, 5.1), ylim=(-0.65, 2.55), title=f"step {step}: {_SAYS[step]}")
    ax.axis("off")
    for edge, since in _EDGES.items():
        _draw_edge(ax, edge, run.shares[edge] if step >= since else None)
    for name, place in _PLACES.items():
        shown = name in "xyz" or step >= "pqf".index(name) + 1
        _draw_node(ax, place, _FORMULAS.get(name, name), run.values[name] if shown else None, run.gradient(name, step))
    ax.text(-0.5, -0.6, "blue, above the line: value", color=BLUE, fontsize=11)
    ax.text(1.6, -0.6, "red, below: gradient gathered so far; on an arrow: the share it carries", color=VERMILLION, fontsize=11)
    return alt(
        picture,
        f"The graph of f = (x·y + z)·x at step {step} with x = {x:g}, y = {y:g}, z = {z:g}: "
        f"f = {run.values['f']:g}; {_SAYS[step]}",
    )


def graph_explorer() -> Explorer:
    """Return the graph with a slider for the step and one for each input."""
    return explore(graph_picture, step=(0, LAST_STEP), x=(-4.0, 4.0, 0.5), y=(-4.0, 4.0, 0.5), z=(-4.0, 4.0, 0.5))


def _draw_node(ax: Axes, place: tuple[float, float], label: str, value: float | None, grad: float | None) -> None:
    across, up = place
    box = {"boxstyle": "round,pad=0.55", "facecolor": "white", "edgecolor": "black", "linewidth": 1.2}
    ax.text(across, up, f"{'':9}\n{'':9}", ha="center", va="center", fontsize=13, bbox=box, zorder=2)
    ax.plot([across - 0.24, across + 0.24], [up, up], color="black", linewidth=0.8, zorder=3)
    ax.text(across, up + 0.32, label, ha="center", va="bottom", fontsize=12, zorder=3)
    ax.text(across, up + 0.12, _number(value), ha="center", va="center", color=BLUE, fontsize=13, zorder=3)
    ax.text(across, up - 0.13, _number(grad), ha="center", va="center", color=VERMILLION, fontsize=13, zorder=3)


def _draw_edge(ax: Axes, edge: tuple[str, str], share: float | None) -> None:
    (x0, y0), (x1, y1) = _PLACES[edge[0]], _PLACES[edge[1]]
    bend = -0.18 if edge == ("x", "f") else 0.0
    style = {"arrowstyle": "->", "color": GREY if share is None else VERMILLION, "linewidth": 1.6, "shrinkA": 34, "shrinkB": 34}
    ax.annotate("", (x1, y1), (x0, y0), arrowprops=style | {"connectionstyle": f"arc3,rad={bend}"}, zorder=1)
    if share is not None:
        at, lift = (0.5, 0.4) if edge == ("x", "f") else (0.5, 0.0)
        ax.text(x0 + at * (x1 - x0), y0 + at * (y1 - y0) + lift, _number(share), ha="center", va="center", fontsize=12,
                color=VERMILLION, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5}, zorder=2)  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}".replace("-", "−")


def gates_picture() -> Figure:
    """Return three gates with a value on each wire and the gradient that flows back along it."""
    gates = [
        ("+", "adds: hands its gradient on", (3, 2, 5), (4, 4, 4)),
        ("×", "multiplies: swaps the inputs", (3, 2, 6), (8, 12, 4)),
        ("max", "chooses: only the larger is heard", (3, 2, 3), (4, 0, 4)),
    ]
    picture, axes = figure(1, 3, size=(11, 2.9))
    for ax, (symbol, title, values, grads) in zip(axes, gates, strict=True):
        ax.set(xlim=(0, 4), ylim=(-0.2, 2.8), title=title)
        ax.axis("off")
        wires = [((0.1, 2.3), (1.75, 1.5)), ((0.1, 0.3), (1.75, 1.1)), ((2.25, 1.3), (3.9, 1.3))]
        for (start, end), value, grad in zip(wires, values, grads, strict=True):
            ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "black", "linewidth": 1.4})
            middle = (2 * start[0] + end[0]) / 3, (2 * start[1] + end[1]) / 3
            ax.text(middle[0], middle[1] + 0.28, str(value), color=BLUE, ha="center", va="center", fontsize=13)
            ax.text(middle[0], middle[1] - 0.3, str(grad), color=VERMILLION, ha="center", va="center", fontsize=13)
        ax.text(2, 1.3, symbol, ha="center", va="center", fontsize=13, bbox={"boxstyle": "circle", "facecolor": "white"})
    return alt(
        picture,
        "Three gates with inputs 3 and 2 and an upstream gradient of 4. The sum gives 4 to both inputs; the product "
        "gives 8 to the first and 12 to the second; the maximum gives 4 to the larger and 0 to the smaller.",
    )


def order_picture() -> Figure:
    """Return a graph's nodes in two orders, with its edges as arcs: those that run backwards stand out."""
    edges = [("x", "a"), ("a", "b"), ("b", "c"), ("c", "f"), ("a", "f"), ("x", "f")]
    orders = {"topological: every arrow runs to the right": "xabcf", "by distance from f: an arrow runs back": "bxacf"}
    picture, axes = figure(2, 1, size=(7, 4.2))
    for ax, (title, order) in zip(axes, orders.items(), strict=True):
        ax.set(xlim=(-0.5, 4.5), ylim=(-0.9, 1.4), title=title)
        ax.axis("off")
        for start, end in edges:
            right = order.index(start) < order.index(end)
            style = {"arrowstyle": "->", "linewidth": 1.6, "color": BLUE if right else VERMILLION, "shrinkA": 11, "shrinkB": 11,
                     "connectionstyle": "arc3,rad=-0.32"}  # fmt: skip
            ax.annotate("", (order.index(end), 0), (order.index(start), 0), arrowprops=style)
        for place, name in enumerate(order):
            ax.text(place, 0, name, ha="center", va="center", fontsize=13, bbox={"boxstyle": "circle", "facecolor": "white"})
    return alt(
        picture,
        "Five nodes on a line. In the order x, a, b, c, f every arrow runs to the right. In the order b, x, a, c, f "
        "the arrow from a to b runs back to the left, below the line.",
    )


def broadcast_picture() -> Figure:
    """Return a row that is copied down a matrix, and the gradients of the copies summed back into a row."""
    row = np.array([[1, 2, 3]])
    grads = np.array([[1, 0, 2], [0, -1, 1], [3, 1, 0], [1, 2, -2]])
    parts = [
        ("bias, shape (3,)", row, BLUE), ("forward: copied to (4, 3)", np.repeat(row, 4, axis=0), BLUE),
        ("backward: a gradient for each copy", grads, VERMILLION), ("summed: shape (3,)", grads.sum(0, keepdims=True), VERMILLION),
    ]  # fmt: skip
    picture, axes = figure(1, 4, size=(12, 2.9))
    for ax, (title, cells, colour) in zip(axes, parts, strict=True):
        _draw_cells(ax, cells, colour)
        ax.set_title(title, fontsize=12)
    return alt(
        picture,
        "A row 1, 2, 3 is copied to four rows. Going back, the four rows of gradients are summed down each column "
        f"to {', '.join(map(str, grads.sum(0).tolist()))}.",
    )


def _draw_cells(ax: Axes, cells: np.ndarray, colour: str) -> None:
    ax.set(xlim=(-0.6, cells.shape[1] - 0.4), ylim=(3.6, -0.6), aspect="equal")
    ax.axis("off")
    for row, line in enumerate(cells):
        for column, number in enumerate(line):
            ax.text(column, row, _number(float(number)), ha="center", va="center", color=colour, fontsize=13,
                    bbox={"boxstyle": "square,pad=0.5", "facecolor": "white", "edgecolor": GREY})  # fmt: skip


def jacobian_picture(jacobian: torch.Tensor) -> Figure:
    """Return a Jacobian as an image: white where it is zero.

    Args:
        jacobian: (outputs, inputs).
    """
    picture, ax = figure(size=(4.6, 4.2))
    bound = float(jacobian.abs().max())
    shown = ax.imshow(jacobian.numpy(), cmap="PuOr", vmin=-bound, vmax=bound, aspect="auto")
    picture.colorbar(shown, ax=ax)
    zeros = float((jacobian == 0).double().mean())
    ax.set(xlabel="entry of A", ylabel="entry of Y", xticks=range(0, jacobian.shape[1], 3), yticks=range(0, jacobian.shape[0], 5), title=f"{zeros:.0%} of the Jacobian is zero")
    return alt(picture, f"The Jacobian of a matrix product: equal blocks along the diagonal, {zeros:.0%} of it zero.")


def training_picture(
    losses: Sequence[float], predict: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, y: torch.Tensor
) -> Figure:
    """Return the loss by step beside the regions that the trained network sees.

    Args:
        losses: the loss after each step.
        predict: from points (P, 2) to labels (P,).
        x, y: the points (N, 2) and their labels (N,).
    """
    picture, axes = figure(1, 2, size=(10, 3.9))
    curve(range(len(losses)), losses, xlabel="step", ylabel="loss", ax=axes[0])
    decision_regions(predict, x, y, margin=0.1, ax=axes[1])
    return alt(
        picture,
        f"Left: the loss falls from {losses[0]:.2f} to {losses[-1]:.2f}. Right: three arms of a spiral, "
        "each in a region of its own colour.",
    )
