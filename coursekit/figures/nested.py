"""Pictures of the notebook on nested U-Nets: maps of what stands out, blocks that are a U, edges, and the triangle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from torch import nn

from coursekit import saliency
from coursekit.plots import PALETTE, alt, figure
from coursekit.saliency import PlainBlock, Salient

BLUE, ORANGE, GREEN, GREY = PALETTE[0], PALETTE[1], PALETTE[2], "#8A8A8A"
SHOWN = (0, 3, 5)  # test images of the first picture and of the levels
TOLERANCES = (0, 1, 2, 3, 4, 6, 8)
NAMES = ("fine", "middle", "coarse", "fused")

Measure = Callable[..., tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
Arrow = tuple[tuple[float, float], tuple[float, float], str]


# The finished thing


@cache
def plain_maps() -> torch.Tensor:
    """Return the joined maps of a U-Net of plain blocks for the test images, (N, H, W)."""
    return saliency.maps_of(saliency.trained(PlainBlock), saliency.test_images().images)[:, -1]


def overview() -> Figure:
    """Return three images that a small network has not seen, and its saliency maps."""
    test, maps = saliency.test_images(), plain_maps()
    picture, axes = figure(2, 3, size=(5.4, 3.6))
    for column, which in enumerate(SHOWN):
        _photo(axes[0, column], test.images[which])
        _map(axes[1, column], maps[which])
    error = float((maps - test.targets).abs().mean())
    return alt(
        picture,
        "Three images of coloured shapes on a striped ground, and a dark map for each in which the shapes are bright. "
        f"The mean absolute error on all test images is {error:.3f}.",
    )


def _photo(ax: Axes, image: torch.Tensor, title: str = "") -> None:
    ax.imshow(image.permute(1, 2, 0).numpy())
    ax.set_title(title, fontsize=11)
    ax.axis("off")


def _map(ax: Axes, values: torch.Tensor, title: str = "") -> None:
    ax.imshow(values.float().numpy(), cmap="gray", vmin=0, vmax=1)
    ax.set_title(title, fontsize=11)
    ax.axis("off")


# A U in every block


def sides_of(height: int, side: int, dilated: bool) -> list[int]:
    """Return the side of the map on each level of a block, from the top."""
    sides = [side]
    for level in range(2, height + 1):
        sides.append(sides[-1] if dilated or level == height else -(-sides[-1] // 2))
    return sides


def blocks() -> Figure:
    """Return the boxes and ways of RSU-5 and of RSU-4F for a map of 80 x 80."""
    picture, axes = figure(1, 2, size=(8.6, 4.1))
    said = []
    for ax, height, dilated, title in ((axes[0], 5, False, "RSU-5"), (axes[1], 4, True, "RSU-4F")):
        sides = sides_of(height, 80, dilated)
        _block(ax, sides, dilated)
        ax.set_title(title)
        said.append(", ".join(map(str, sides)))
    return alt(
        picture,
        "Two blocks drawn as a U: rebnconvin at the top, boxes downwards at the left, upwards at the right, a way "
        f"from each left box to the right one of its level, and a plus at the end. Left the sides are {said[0]}, the "
        f"last box with a dilation of 2; right all are 80, with dilations of 1, 2, 4 and 8.",
    )


def _block(ax: Axes, sides: Sequence[int], dilated: bool) -> None:
    height = len(sides)
    boxes = [(0.0, 1.0, f"rebnconvin  {sides[0]}", GREY)]
    arrows: list[Arrow] = [((0, 0.68), (0, 0.32), "black"), ((0.75, 1), (3, 1), GREY), ((3, 0.32), (3, 0.82), "black")]
    for i, side in enumerate(sides, 1):
        rate = 2 ** (i - 1) if dilated else 1 + (i == height)
        last = i == height
        words = f"{i}    {side}" + (f"    d = {rate}" if rate > 1 else "")
        boxes.append((1.5 if last else 0.0, 1.0 - i, words, BLUE))
        if last:
            arrows += [((0.3, 1.68 - i), (1.0, 1.32 - i), "black"), ((2.0, 1.32 - i), (2.7, 1.68 - i), "black")]
        else:
            rate = rate if dilated else 1
            words = f"{i}d    {side}" + (f"    d = {rate}" if rate > 1 else "")
            boxes.append((3.0, 1.0 - i, words, ORANGE))
            arrows.append(((0.75, 1.0 - i), (2.25, 1.0 - i), GREY))
            if i > 1:
                arrows += [((0, 1.68 - i), (0, 1.32 - i), "black"), ((3, 1.32 - i), (3, 1.68 - i), "black")]
    _boxes(ax, boxes, arrows, width=1.5)
    ax.text(3, 1, "+", ha="center", va="center", fontsize=20)
    ax.set(xlim=(-0.85, 3.85), ylim=(0.6 - height, 1.45))
    ax.axis("off")


def _boxes(
    ax: Axes, boxes: Sequence[tuple[float, float, str, str]], arrows: Sequence[Arrow], width: float, size: int = 10
) -> None:
    for x, y, words, tint in boxes:
        corner, style = (x - width / 2, y - 0.3), "round,pad=0,rounding_size=0.12"
        ax.add_patch(FancyBboxPatch(corner, width, 0.6, boxstyle=style, fc=tint, ec="none", alpha=0.3))
        ax.text(x, y, words, ha="center", va="center", fontsize=size)
    for start, end, tint in arrows:
        ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": tint, "lw": 1.3})


def gradient_of(block: nn.Module, side: int = 49) -> torch.Tensor:
    """Return how strongly the middle of what a block gives depends on each pixel, (side, side), 1 at the most.

    All weights are made equal and all norms do nothing, so that no ReLU shuts a way.
    """
    block = block.double().eval()
    with torch.no_grad():
        for name, one in block.named_parameters():
            one.fill_(0.0 if "bias" in name else 1.0 if one.dim() == 1 else 1.0 / one[0].numel())
    x = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(block(x)[0, :, side // 2, side // 2].sum(), x)
    return slope[0, 0].abs() / slope.abs().max()


def reach(block: Callable[..., nn.Module]) -> Figure:
    """Return what the middle of a block's output depends on: of two plain convolutions, of RSU-5 and of RSU-4F."""
    cases = (("two convolutions", PlainBlock, 2, False), ("RSU-5", block, 5, False), ("RSU-4F", block, 4, True))
    picture, axes = figure(1, 3, size=(7.6, 2.8))
    said = []
    for ax, (title, make, height, dilated) in zip(axes, cases, strict=True):
        slope = gradient_of(make(1, 2, 2, height, dilated), 48)
        rows = (slope > 1e-12).any(dim=1).nonzero()
        wide = int(rows.max() - rows.min()) + 1
        ax.imshow((slope + 1e-7).log10().numpy(), cmap="Blues", vmin=-5, vmax=0)
        ax.set_title(f"{title}: {wide} pixels", fontsize=11)
        ax.axis("off")
        said.append(f"{title} {wide} pixels")
    return alt(
        picture,
        f"How strongly one number depends on each pixel of 48 x 48, darker for more: {', '.join(said)}. All are "
        "darkest in the middle.",
    )
