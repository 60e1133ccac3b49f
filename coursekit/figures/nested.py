"""Pictures of the notebook on nested U-Nets: maps of what stands out, blocks that are a U, edges, and the triangle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

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
        rate = 1 << (i - 1) if dilated else 1 + (i == height)
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


# Losses at the side


def exits() -> Figure:
    """Return how U²-Net's six side outputs, enlarged, are joined to a seventh."""
    picture, ax = figure(size=(7.4, 3.1))
    boxes: list[tuple[float, float, str, str]] = []
    arrows: list[Arrow] = []
    for m in range(6):
        side = 320 // 2**m
        name = f"De_{m + 1}" if m < 5 else "En_6"
        boxes += [(1.6 * m, 2.0, f"{name}  {side}", BLUE), (1.6 * m, 1.0, "320", ORANGE)]
        arrows += [((1.6 * m, 1.68), (1.6 * m, 1.32), "black"), ((1.6 * m, 0.68), (3.4 + 0.25 * m, 0.3), "black")]
    boxes.append((4.0, 0.0, "fused  320", GREEN))
    _boxes(ax, boxes, arrows, width=1.4)
    ax.text(-0.85, 1.5, "3 x 3, then enlarge", fontsize=10, ha="right", va="center")
    ax.text(2.3, 0.0, "1 x 1, of six maps", fontsize=10, ha="right", va="center")
    ax.set(xlim=(-3.2, 8.8), ylim=(-0.45, 2.45))
    ax.axis("off")
    return alt(
        picture,
        "Six boxes, De_1 of side 320 to De_5 of side 20 and En_6 of side 10; below each a side output, enlarged to "
        "320; from all six an arrow to one box, the fused map.",
    )


def levels(test: Salient, maps: torch.Tensor) -> Figure:
    """Return for two images the three side outputs, the joined map and the truth, in rows.

    Args:
        test: images and targets.
        maps: (N, 4, H, W) in [0, 1], the sides from fine to coarse, then joined.
    """
    picture, axes = figure(2, 6, size=(7.4, 2.75))
    for row, which in zip(axes, SHOWN[::2], strict=True):
        _photo(row[0], test.images[which])
        for ax, one in zip(row[1:], (*maps[which], test.targets[which]), strict=True):
            _map(ax, one)
    for ax, title in zip(axes[0], ("image", *NAMES, "truth"), strict=True):
        ax.set_title(title, fontsize=11)
    errors = (maps - test.targets[:, None]).abs().mean(dim=(0, 2, 3))
    said = ", ".join(f"{name} {error:.3f}" for name, error in zip(NAMES, errors.tolist(), strict=True))
    return alt(
        picture,
        "Two images with their three side outputs, ever coarser, the fused map and the truth. The mean absolute "
        f"errors on all test images: {said}.",
    )


# Measures


def counted(values: torch.Tensor, target: torch.Tensor, threshold: float) -> tuple[float, float, float]:
    """Return precision, recall and F-measure (0.3) of one map at a threshold; a share of nothing is 1."""
    found, inside = values >= threshold, target > 0
    right = float((found & inside).sum())
    precision = right / float(found.sum()) if found.any() else 1.0
    recall = right / float(inside.sum()) if inside.any() else 1.0
    below = 0.3 * precision + recall
    return precision, recall, 1.3 * precision * recall / below if below else 0.0


def cut(test: Salient, maps: torch.Tensor, threshold: float = 0.5, image: int = 0) -> Figure:
    """Return what a threshold finds in one map, and precision, recall and F at all thresholds.

    Args:
        test: images and targets.
        maps: (N, H, W) in [0, 1].
        threshold: from 0 to 1.
        image: its place.
    """
    values, inside = maps[image], test.targets[image] > 0
    found = values >= threshold
    precision, recall, f = counted(values, inside, threshold)
    picture, axes = figure(1, 3, size=(8.4, 2.7))
    _photo(axes[0], test.images[image])
    painted = torch.full((*values.shape, 3), 0.92)
    for where, tint in ((found & inside, BLUE), (found & ~inside, ORANGE), (~found & inside, "#000000")):
        painted[where] = torch.tensor([int(tint[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    axes[1].imshow(painted.numpy())
    axes[1].axis("off")
    axes[1].set_title(f"P {precision:.2f}  R {recall:.2f}  F {f:.2f}", fontsize=11)
    steps = torch.linspace(0.01, 0.99, 50).tolist()
    lines = zip(*(counted(values, inside, step) for step in steps), strict=True)
    for line, name, tint in zip(lines, ("P", "R", "F"), (BLUE, ORANGE, GREEN), strict=True):
        axes[2].plot(steps, line, color=tint, label=name)
    axes[2].axvline(threshold, color="black", lw=1)
    axes[2].set(xlabel="threshold", ylim=(0, 1.03), xlim=(0, 1))
    axes[2].legend(fontsize=9, loc="lower left")
    return alt(
        picture,
        f"Image {image}, its pixels by what a threshold of {threshold:.2f} makes of them, and three curves by the "
        f"threshold. Here precision is {precision:.2f}, recall {recall:.2f} and F {f:.2f}.",
    )


# Edges


def boundary(mask: torch.Tensor) -> torch.Tensor:
    """Return the pixels of a mask (H, W) that have one of four neighbours in the image and not in the mask."""
    edge = torch.zeros_like(mask)
    for values, out in ((mask, edge), (mask.T, edge.T)):
        out[1:] |= values[1:] & ~values[:-1]
        out[:-1] |= values[:-1] & ~values[1:]
    return edge


def discs() -> torch.Tensor:
    """Return a disc, the same moved by 3 pixels, and with a hole in its middle, (3, 48, 48) bool."""
    rows, columns = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")

    def disc(radius: float, right: int = 0) -> torch.Tensor:
        return (rows - 24).square() + (columns - 22 - right).square() <= radius**2

    return torch.stack([disc(12), disc(12, 3), disc(12) & ~disc(4)])


def edges() -> Figure:
    """Return the square of the text, the same moved by 1, and their boundaries on each other."""
    square, moved = torch.zeros(2, 9, 10, dtype=torch.bool)
    square[2:7, 2:7] = moved[2:7, 3:8] = True
    picture, ax = figure(size=(7.6, 2.4))
    for at, (mask, tint) in enumerate(((square, BLUE), (moved, ORANGE))):
        _cells(ax, mask, 11.0 * at, tint, 0.2)
        _cells(ax, boundary(mask), 11.0 * at, tint, 0.75)
        _cells(ax, boundary(mask), 22.0, tint, 0.55)
    both = int((boundary(square) & boundary(moved)).sum())
    for left, words in ((4.5, "truth"), (16, "moved by 1"), (27, f"both edges: {both} shared")):
        ax.text(left, 0.9, words, ha="center", fontsize=11)
    ax.set(xlim=(1, 32), ylim=(7.6, 0), aspect="equal")
    ax.axis("off")
    return alt(
        picture,
        f"A square of 5 x 5 pixels with its {int(boundary(square).sum())} boundary pixels dark, the same a pixel to "
        f"the right, and both boundaries on each other: they share {both} pixels.",
    )


def _cells(ax: Axes, mask: torch.Tensor, left: float, tint: str, strength: float) -> None:
    for row, column in mask.nonzero().tolist():
        ax.add_patch(Rectangle((left + column, row), 0.94, 0.94, fc=tint, ec="none", alpha=strength))


def tolerances(test: Salient, maps: torch.Tensor, measure: Measure) -> Figure:
    """Return the mean boundary F of each of four maps, cut at a half, by the tolerance.

    Args:
        test: images and targets.
        maps: (N, 4, H, W) in [0, 1], the sides from fine to coarse, then joined.
        measure: the F, precision and recall of masks, targets and a tolerance.
    """
    picture, ax = figure(size=(5.2, 3.1))
    said = []
    for name, one, tint in zip(NAMES, maps.unbind(1), (GREY, ORANGE, GREEN, BLUE), strict=True):
        line = [float(measure(one >= 0.5, test.targets > 0, step)[0].mean()) for step in TOLERANCES]
        ax.plot(TOLERANCES, line, color=tint, marker="o", label=name)
        said.append(f"{name} {line[0]:.2f} and {line[-1]:.2f}")
    ax.set(xlabel="tolerance in pixels", ylabel="boundary F", ylim=(0, 1.02))
    ax.legend(fontsize=10, loc="lower right")
    return alt(picture, f"Four rising curves of boundary F. At a tolerance of 0 and of 8: {'; '.join(said)}.")


# The triangle


def triangle(depth: int = 4, kept: int = 2) -> Figure:
    """Return the nodes of UNet++ and their ways, those that head `kept` needs in blue."""
    picture, ax = figure(size=(7.6, 3.9))
    boxes: list[tuple[float, float, str, str]] = []
    arrows: list[Arrow] = []
    for i in range(depth + 1):
        for j in range(depth + 1 - i):
            x, y = 1.7 * j + 0.85 * i, -float(i)
            boxes.append((x, y, f"$X^{{{i},{j}}}$", BLUE if i + j <= kept else GREY))
            if j:
                arrows.append(((x - 1.2, y), (x - 0.5, y), GREY))
                arrows.append(((x - 0.6, y - 0.7), (x - 0.25, y - 0.3), ORANGE))
            elif i:
                arrows.append(((x - 0.6, y + 0.7), (x - 0.25, y + 0.3), "black"))
            if not i and j:
                ax.text(x, 0.55, f"head {j}", ha="center", fontsize=10)
    _boxes(ax, boxes, arrows, width=1.0, size=12)
    ax.set(xlim=(-0.7, 1.7 * depth + 0.7), ylim=(-depth - 0.45, 0.8))
    ax.axis("off")
    needed = sum(tint == BLUE for *_, tint in boxes)
    return alt(
        picture,
        f"A triangle of {len(boxes)} nodes with its point down: {depth + 1} in the top row, one at the bottom. "
        f"Downwards along its left side are poolings, to the right in each row bridges, upwards to the right "
        f"enlarging. Head {kept} needs {needed} nodes, in blue.",
    )
