"""Pictures of the notebook on upsampling: patches, kernels with holes, winners put back, stamps and checkerboards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit import enlarger, patch_classifier
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOURS

BLUE, ORANGE, GREEN, GREY = PALETTE[0], PALETTE[1], PALETTE[2], "#bbbbbb"
EARLY = 20  # steps of training in the first picture
CROP = (slice(28, 100), slice(62, 158))  # rows and columns of an eye of the cat
RATES = ((2, 2, 2), (1, 2, 5), (1, 2, 9))
# The text's image, pooled by windows of 2 x 2.
POOLED = torch.tensor([[1.0, 5, 2, 0], [4, 2, 7, 1]])

Cell = tuple[float, float, str, str, float]


# The finished thing


@cache
def young(way: str) -> enlarger.Run:
    """Return a network after twenty steps."""
    return enlarger.trained(way, EARLY)


def overview() -> Figure:
    """Return a cat's eye, and what two young decoders make of its code."""
    ways = ("transposed, kernel 3", "resize + convolution")
    shown = [enlarger.unseen(), *(young(way).network(enlarger.unseen()) for way in ways)]
    walls = [young(way).checkerboards[-1] for way in ways]
    picture, axes = figure(1, 3, size=(8.4, 2.45))
    titles = ("the photograph", "transposed convolution", "resize, then convolution")
    for ax, image, title in zip(axes, shown, titles, strict=True):
        _photo(ax, image[0][:, CROP[0], CROP[1]], title)
    return alt(
        picture,
        "A cat's eye three times: the photograph; from a transposed convolution, with a fine regular net over "
        "all of it; from a decoder that resizes first, blurred and without a net. On a grey wall the second deviates "
        f"by {walls[0]:.0f} grey levels, the third by {walls[1]:.0f}.",
    )


def _photo(ax: Axes, image: torch.Tensor, title: str) -> None:
    ax.imshow(image.clamp(0, 1).permute(1, 2, 0).numpy())
    ax.set_title(title, fontsize=11)
    ax.axis("off")


# A window for every pixel


def two_patches() -> Figure:
    """Return an image of shapes with the patches of two neighbours, and what each patch holds."""
    (row, column), size = (11, 48), patch_classifier.SIZE
    image = (patch_classifier.images(10, seed=2)[0][1] + 1) / 2
    picture = figure(size=(7.6, 2.5))[0]
    picture.clear()
    grid = picture.add_gridspec(1, 3, width_ratios=(1.5, 1, 1))
    ax = picture.add_subplot(grid[0])
    _photo(ax, image, "48 x 64 pixels")
    for shift, dash in ((0, "-"), (1, "--")):
        left, top = column + shift - size[1] // 2, row - size[0] // 2
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), *size, fill=False, ec="black", lw=2, ls=dash))
        own = picture.add_subplot(grid[1 + shift])
        _photo(own, image[:, top : top + size[0], left : left + size[1]], f"row {row}, column {column + shift}")
        own.plot(size[1] // 2, size[0] // 2, "+", color="black", ms=14, mew=2)
    shared = (size[1] - 1) * size[0]
    return alt(
        picture,
        f"An image of coloured shapes with two square outlines, one a pixel to the right of the other, and the two "
        f"patches enlarged: they share {shared} of {size[0] * size[1]} pixels.",
    )


def segmented(x: torch.Tensor, y: torch.Tensor, scores: torch.Tensor, num: int = 3) -> Figure:
    """Return images, the true class of each pixel, and the class with the largest score, in columns.

    Args:
        x: (N, 3, H, W) in [-1, 1].
        y: (N, H, W) classes.
        scores: (N, 7, H, W).
    """
    guessed = scores.argmax(dim=1)
    right = float((guessed == y).float().mean())
    inside = float((guessed == y)[y > 0].float().mean())
    colours = ListedColormap([(0.93, 0.93, 0.93), *COLOURS.values()])
    picture, axes = figure(num, 3, size=(6.2, 1.62 * num))
    for row, image, *labels in zip(axes, x, y, guessed, strict=False):
        _photo(row[0], (image + 1) / 2, "")
        for ax, one in zip(row[1:], labels, strict=True):
            ax.imshow(one.numpy(), cmap=colours, vmin=-0.5, vmax=6.5)
            ax.axis("off")
    for ax, title in zip(axes[0], ("image", "true colour", f"found, {right:.0%} right"), strict=True):
        ax.set_title(title, fontsize=11)
    return alt(
        picture,
        f"{num} images of shapes, the true colour of each pixel with an object, and the colours that were found. "
        f"Of all pixels {right:.0%} are right, of those with an object {inside:.0%}.",
    )


# Kernels with holes


def dilations() -> Figure:
    """Return where the nine weights of a 3 x 3 kernel lie, with a dilation of 1, 2 and 4."""
    picture, axes = figure(1, 3, size=(7.2, 2.6))
    spans = []
    for ax, rate in zip(axes, (1, 2, 4), strict=True):
        met = _paths((rate,), 9)
        cells = [(i, j, "", BLUE if value else GREY, 0.75 if value else 0.15) for (i, j), value in _numbers(met)]
        _cells(ax, cells)
        _bare(ax, 9, 9)
        ax.set_title(f"dilation {rate}", fontsize=11)
        spans.append(int(met.any(dim=0).nonzero().max() - met.any(dim=0).nonzero().min()) + 1)
    return alt(
        picture,
        "Nine blue squares on a grid of 9 x 9, side by side, with a gap of one, and with gaps of three: they span "
        f"{spans[0]}, {spans[1]} and {spans[2]} pixels.",
    )


@cache
def _paths(rates: tuple[int, ...], side: int) -> torch.Tensor:
    """Return how many ways lead from each pixel of a square to its middle through layers of 3 x 3, (side, side)."""
    x = torch.zeros(1, 1, side, side, requires_grad=True)
    out = x
    for rate in rates:
        out = F.conv2d(out, torch.ones(1, 1, 3, 3), padding=rate, dilation=rate)
    return torch.autograd.grad(out[0, 0, side // 2, side // 2], x)[0][0, 0]


def gridding() -> Figure:
    """Return how many ways lead from each pixel to one number of the output, for three triples of rates."""
    picture, axes = figure(1, 3, size=(8.4, 3.0))
    said = []
    for ax, rates in zip(axes, RATES, strict=True):
        reach = sum(rates)
        ways = _paths(rates, 2 * reach + 1)
        share = float((ways > 0).float().mean())
        ax.imshow(ways.sqrt().numpy(), cmap="Blues", extent=(-reach - 0.5, reach + 0.5) * 2)
        ax.set_title(f"rates {', '.join(map(str, rates))}: {share:.0%} seen", fontsize=11)
        ax.set(xlim=(-12.5, 12.5), ylim=(12.5, -12.5), xticks=(-12, -6, 0, 6, 12), yticks=(-12, -6, 0, 6, 12))
        said.append(f"with the rates {', '.join(map(str, rates))} {share:.0%} of {2 * reach + 1} x {2 * reach + 1}")
    return alt(
        picture,
        "Three maps of the pixels around one number of the output, darker where more ways lead to it. Seen are "
        f"{'; '.join(said)}. In the first single pixels stand apart, in the third nine squares.",
    )


# Winners put back


def unpooled() -> Figure:
    """Return the text's image, its pooled numbers and these put back."""
    pooled, places = F.max_pool2d(POOLED[None, None], 2, return_indices=True)
    back = F.max_unpool2d(10 * pooled, places, (2, 2))[0, 0]
    winners = set(places.flatten().tolist())
    picture, ax = figure(size=(8.4, 1.75))
    cells: list[Cell] = []
    for (i, j), value in _numbers(POOLED):
        cells.append((i, j, f"{value:.0f}", *((BLUE, 0.6) if 4 * i + j in winners else (GREY, 0.3))))
    for at, word in ((0, f"{pooled[0, 0, 0, 0]:.0f}"), (1, f"{pooled[0, 0, 0, 1]:.0f}")):
        cells.append((0.5, 6 + at, word, BLUE, 0.6))
        cells.append((0.5, 10 + at, f"{10 * pooled[0, 0, 0, at]:.0f}", ORANGE, 0.6))
    for (i, j), value in _numbers(back):
        cells.append((i, 14 + j, f"{value:.0f}", *((ORANGE, 0.6) if value else (GREY, 0.15))))
    _cells(ax, cells)
    words = ((2, "image"), (7, "pooled"), (11, "other numbers"), (16, "put back"))
    for left, word in words:
        ax.text(left, -0.3, word, ha="center", fontsize=12)
    for left in (5, 9, 13):
        ax.text(left, 1, "→", ha="center", va="center", fontsize=16)
    _bare(ax, 2.1, 18.1, first=(-0.1, -0.9))
    return alt(
        picture,
        f"Two rows of four numbers; their largest, {pooled[0, 0, 0, 0]:.0f} and {pooled[0, 0, 0, 1]:.0f}; layers make "
        f"50 and 70 of them; and two rows of four with {', '.join(f'{v:.0f}' for v in back.flatten().tolist())}.",
    )


# A convolution, turned round


def matrix_of(side: tuple[int, int], stride: int) -> torch.Tensor:
    """Return the matrix of a 3 x 3 convolution with a padding of 1 whose weights are 1 to 9: column by column."""
    pixels = torch.eye(side[0] * side[1]).reshape(-1, 1, *side)
    return F.conv2d(pixels, torch.arange(1.0, 10).reshape(1, 1, 3, 3), stride=stride, padding=1).flatten(1).T


def matrices() -> Figure:
    """Return the matrix of a convolution with a stride of 2 on 4 x 5 pixels, and its transpose."""
    matrix = matrix_of((4, 5), 2)
    picture = figure(size=(8.4, 4.0))[0]
    picture.clear()
    grid = picture.add_gridspec(1, 2, width_ratios=(20, 7))
    tints = (BLUE, ORANGE, GREEN)
    for which, (table, title) in enumerate(((matrix, "M gathers"), (matrix.T, "$M^\\top$ hands out"))):
        ax = picture.add_subplot(grid[which])
        cells: list[Cell] = []
        for (i, j), value in _numbers(table):
            look = (tints[int(value - 1) // 3], 0.5) if value else (GREY, 0.2)
            cells.append((i, j, f"{value:.0f}" if value else "", *look))
        _cells(ax, cells, size=9)
        _bare(ax, table.shape[0], table.shape[1])
        ax.set_title(f"{title}: {table.shape[0]} x {table.shape[1]}", fontsize=11)
    filled = int((matrix > 0).sum())
    return alt(
        picture,
        f"A table of 6 rows and 20 columns, where {filled} of 120 places hold one of the weights 1 to 9, four to nine "
        "in a row, and the same table lying on its side, 20 rows and 6 columns.",
    )


def canvas_of(side: tuple[int, int], kernel: int, stride: int) -> torch.Tensor:
    """Return how many stamps of a map of ones lie on each place of the canvas, nothing cut off."""
    return F.conv_transpose2d(torch.ones(1, 1, *side), torch.ones(1, 1, kernel, kernel), stride=stride)[0, 0]


def stamps() -> Figure:
    """Return four stamps of 3 x 3, the canvas that they add up to, and what a padding leaves of it."""
    counts = canvas_of((2, 2), 3, 2)
    picture, ax = figure(size=(7.4, 2.9))
    cells: list[Cell] = [(1.5 + i, j, "1", BLUE, 0.35) for i in range(2) for j in range(2)]
    corners = {(0, 0): BLUE, (0, 2): ORANGE, (2, 0): GREEN, (2, 2): PALETTE[3]}
    for (i, j), value in _numbers(counts):
        cells.append((i, 11.5 + j, f"{value:.0f}", BLUE, 0.08 + 0.2 * value))
        for (top, left), tint in corners.items():
            if top <= i < top + 3 and left <= j < left + 3:
                cells.append((i, 4.5 + j, "", tint, 0.4))
    _cells(ax, cells)
    _frame(ax, (1, 12.5), (3, 3), "-")
    _frame(ax, (1, 12.5), (4, 4), ":")
    for left, word in ((1, "map"), (7, "four stamps"), (14, "how many lie there")):
        ax.text(left, -0.3, word, ha="center", fontsize=12)
    _bare(ax, 5.1, 16.6, first=(-0.1, -0.9))
    return alt(
        picture,
        "A map of 2 x 2 ones; four squares of 3 x 3 in four colours that overlap in a cross; the canvas of 5 x 5 with "
        f"the first row {_said(counts[0])} and the third {_said(counts[2])}. A frame of 3 x 3 in its middle, and a "
        "dotted one that takes the last row and column too.",
    )


def contributions(kernel: int = 3, stride: int = 2, padding: int = 0) -> Figure:
    """Return how many stamps lie on each place of the output of a transposed convolution, for a map of 4 x 5."""
    whole = canvas_of((4, 5), kernel, stride)
    high, wide = whole.shape
    picture, ax = figure(size=(6.6, 4.4))
    if min(high, wide) <= 2 * padding:
        ax.text(0.5, 0.5, "nothing is left", ha="center")
        ax.axis("off")
        return alt(picture, "The padding cuts all of the canvas off.")
    counts = whole[padding : high - padding, padding : wide - padding]
    most = max(float(whole.max()), 1.0)
    _cells(
        ax, [(i, j, f"{value:.0f}", BLUE, 0.05 + 0.75 * value / most) for (i, j), value in _numbers(counts)], size=10
    )
    middle = whole[kernel - 1 : high - kernel + 1, kernel - 1 : wide - kernel + 1]
    low, top = (float(middle.min()), float(middle.max())) if middle.numel() else (float("nan"),) * 2
    verdict = "even" if low == top else f"from {low:.0f} to {top:.0f}"
    said = f"{counts.shape[0]} x {counts.shape[1]} of 4 x 5; in the middle {verdict}"
    ax.set_title(said, fontsize=12)
    _bare(ax, counts.shape[0], counts.shape[1])
    return alt(picture, f"How many stamps each place of the output gets: {said}.")


# Checkerboards


def traces() -> Figure:
    """Return the pattern on a grey wall and the likeness of an unseen photograph, by the step of training."""
    picture, axes = figure(1, 2, size=(9.0, 3.4))
    said = []
    for index, way in enumerate(enlarger.WAYS):
        run = enlarger.trained(way)
        for ax, values in zip(axes, (run.checkerboards, run.decibels), strict=True):
            ax.plot(run.steps, values, color=PALETTE[index], label=way)
        said.append(f"{way}: {run.checkerboards[-1]:.1f} levels and {run.decibels[-1]:.1f} dB")
    axes[0].set(xlabel="step", ylabel="grey levels", title="pattern on a grey wall")
    axes[0].set_yscale("symlog", linthresh=1.0)
    axes[0].set_yticks([0, 1, 10, 100], labels=["0", "1", "10", "100"])
    axes[0].set_ylim(-0.1, 150)
    axes[1].set(xlabel="step", ylabel="dB", title="the unseen cat")
    axes[1].legend(fontsize=10, loc="lower right")
    return alt(
        picture,
        "Left, the pattern that each decoder makes of a grey wall: both transposed ones start with a few levels, rise, "
        "and come down slowly; the third stays at 0. Right, all three rise alike. At the end "
        f"{'; '.join(said)}.",
    )


# Drawing


def _numbers(table: torch.Tensor) -> list[tuple[tuple[int, int], float]]:
    rows: list[list[float]] = table.tolist()
    return [((i, j), value) for i, row in enumerate(rows) for j, value in enumerate(row)]


def _cells(ax: Axes, cells: Sequence[Cell], size: int = 12) -> None:
    squares = [Rectangle((column, row), 0.94, 0.94) for row, column, *_ in cells]
    ax.add_collection(PatchCollection(squares, facecolors=[to_rgba(tint, strong) for *_, tint, strong in cells]))
    for row, column, words, *_ in cells:
        if words:
            ax.text(column + 0.47, row + 0.49, words, ha="center", va="center", fontsize=size)


def _frame(ax: Axes, corner: tuple[float, float], size: tuple[int, int], dash: str) -> None:
    (row, column), (high, wide) = corner, size
    ax.add_patch(Rectangle((column - 0.03, row - 0.03), wide, high, fill=False, ec="black", lw=2.5, ls=dash))


def _bare(ax: Axes, height: float, width: float, first: tuple[float, float] = (-0.1, -0.1)) -> None:
    ax.set(xlim=(first[0], width), ylim=(height, first[1]), aspect="equal")
    ax.axis("off")


def _said(row: torch.Tensor) -> str:
    return ", ".join(f"{value:.0f}" for value in row.tolist())
