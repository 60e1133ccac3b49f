"""Pictures of the notebook on computational graphs and reverse-mode differentiation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.graph import Gate, graph
from coursekit.plots import PALETTE, alt, curve, decision_regions, figure
from coursekit.widgets import Explorer

BLUE, VERMILLION, GREY = PALETTE[0], PALETTE[3], "#8A8A8A"
# f = (x · y + z) · x, the notebook's running example.
_GATES = {
    "p": Gate(
        "p = x · y", ("x", "y"), lambda x, y: x * y, lambda x, y: (y, x), "each factor gets what came times the other"
    ),
    "q": Gate(
        "q = p + z", ("p", "z"), lambda p, z: p + z, lambda p, z: (1.0, 1.0), "a sum hands its gradient on to both"
    ),
    "f": Gate("f = q · x", ("q", "x"), lambda q, x: q * x, lambda q, x: (x, q), "each factor gets 1 times the other"),
}
_PLACES = {"x": (0, 2), "y": (0, 1), "z": (0, 0), "p": (1.5, 1.4), "q": (3, 0.7), "f": (4.5, 1.4)}


def graph_explorer() -> Explorer:
    """Return the graph of f = (x · y + z) · x, with its two passes to play and a slider for each input."""
    return graph(_GATES, _PLACES, bends={("x", "f"): 0.18}, x=3.0, y=-1.0, z=4.0)


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
        ax.text(
            2,
            1.3,
            symbol,
            ha="center",
            va="center",
            fontsize=13,
            bbox={"boxstyle": "circle", "facecolor": "white"},
        )
    return alt(
        picture,
        "Three gates with inputs 3 and 2 and an upstream gradient of 4. The sum gives 4 to both inputs; the product "
        "gives 8 to the first and 12 to the second; the maximum gives 4 to the larger and 0 to the smaller.",
    )


def order_picture() -> Figure:
    """Return a graph's nodes in two orders, with its edges as arcs: those that run backwards stand out."""
    edges = [("x", "a"), ("a", "b"), ("b", "c"), ("c", "f"), ("a", "f"), ("x", "f")]
    orders = {
        "topological: every arrow runs to the right": "xabcf",
        "by distance from f: an arrow runs back": "bxacf",
    }
    picture, axes = figure(2, 1, size=(7, 4.2))
    for ax, (title, order) in zip(axes, orders.items(), strict=True):
        ax.set(xlim=(-0.5, 4.5), ylim=(-0.9, 1.4), title=title)
        ax.axis("off")
        for start, end in edges:
            right = order.index(start) < order.index(end)
            style = {
                "arrowstyle": "->",
                "linewidth": 1.6,
                "color": BLUE if right else VERMILLION,
                "shrinkA": 11,
                "shrinkB": 11,
                "connectionstyle": "arc3,rad=-0.32",
            }
            ax.annotate("", (order.index(end), 0), (order.index(start), 0), arrowprops=style)
        for place, name in enumerate(order):
            ax.text(
                place,
                0,
                name,
                ha="center",
                va="center",
                fontsize=13,
                bbox={"boxstyle": "circle", "facecolor": "white"},
            )
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
        ("bias, shape (3,)", row, BLUE),
        ("forward: copied to (4, 3)", np.repeat(row, 4, axis=0), BLUE),
        ("backward: a gradient for each copy", grads, VERMILLION),
        ("summed: shape (3,)", grads.sum(0, keepdims=True), VERMILLION),
    ]
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
            ax.text(
                column,
                row,
                _number(float(number)),
                ha="center",
                va="center",
                color=colour,
                fontsize=13,
                bbox={"boxstyle": "square,pad=0.5", "facecolor": "white", "edgecolor": GREY},
            )


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
    ax.set(
        xlabel="entry of A",
        ylabel="entry of Y",
        xticks=range(0, jacobian.shape[1], 3),
        yticks=range(0, jacobian.shape[0], 5),
        title=f"{zeros:.0%} of the Jacobian is zero",
    )
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
