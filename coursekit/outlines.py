"""Boxes drawn over pictures: one in any style, or many with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from coursekit.plots import colour


def outline(ax: Axes, box: Sequence[float] | torch.Tensor, color: str, *, fill: float = 0.0, **style: Any) -> None:
    """Draw one box where its edges are, on axes that count as boxes do: pixel i reaches from i to i + 1.

    Args:
        ax: where to draw; its limits stay.
        box: left, top, right and bottom.
        color: of the edges, and of what they hold.
        fill: how opaque the inside is, from 0 to 1.
        style: what matplotlib's Rectangle takes, such as lw, ls and alpha.
    """
    left, top, right, bottom = (float(edge) for edge in box)
    size = right - left, bottom - top
    if fill:
        ax.add_patch(Rectangle((left, top), *size, fc=color, ec="none", alpha=fill))
    ax.add_patch(Rectangle((left, top), *size, fill=False, ec=color, **{"lw": 2, **style}))


def draw_boxes(
    ax: Axes,
    boxes: torch.Tensor,
    labels: Sequence[Any] | None = None,
    *,
    color: str | Sequence[str] | None = None,
    dashed: bool = False,
) -> None:
    """Draw boxes over an image that `show_images` or `imshow` has put there.

    Args:
        ax: where the image is.
        boxes: (N, 4), the left, top, right and bottom edge in pixels; pixel i reaches from i to i + 1.
        labels: what to write at the top left corner of each.
        color: of all, or of each; None takes the palette's in turn.
        dashed: whether the lines are dashed, for what is guessed beside what is true.
    """
    corners = boxes.detach().reshape(-1, 4).cpu() - 0.5  # imshow puts the middle of pixel i at i
    for index, (left, top, right, bottom) in enumerate(corners.tolist()):
        of_this = colour(index) if color is None else color if isinstance(color, str) else color[index]
        ax.plot(
            (left, right, right, left, left),
            (top, top, bottom, bottom, top),
            color=of_this,
            linestyle="--" if dashed else "-",
        )
        if labels is not None:
            ax.text(
                left,
                top,
                str(labels[index]),
                color="white",
                fontsize=9,
                va="bottom",
                bbox={"facecolor": of_this, "edgecolor": "none", "pad": 1.2},
            )
