"""Pictures of the notebook on segmentation: masks, a mask to paint, bounds of strides, the U, borders and tiles."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit import small_unet
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOURS, OUTLINES, Shapes, shapes

BLUE, ORANGE, GREEN = PALETTE[0], PALETTE[1], PALETTE[2]
GROUND = "#EDEDED"
CLASSES = ListedColormap([(0.93, 0.93, 0.93), *COLOURS.values()])
SHOWN = (3, 8, 14)  # of the unseen images
FIELD = 64  # pixels of the painter's picture


# The finished thing, and masks in general


def overview() -> Figure:
    """Return images, their true masks, and those of two networks, without skip connections and with them."""
    data = small_unet.unseen()
    guessed = [small_unet.guesses(small_unet.compared(skip), data.images) for skip in (False, True)]
    means = [mean_iou(one, small_unet.labels(data)) for one in guessed]
    picture, axes = figure(len(SHOWN), 4, size=(7.2, 1.75 * len(SHOWN)))
    for row, index in zip(axes, SHOWN, strict=True):
        _photo(row[0], data.images[index])
        for ax, labels in zip(row[1:], (small_unet.labels(data), *guessed), strict=True):
            _mask(ax, labels[index])
    titles = ("image", "true classes", f"mean IoU {means[0]:.2f}", f"mean IoU {means[1]:.2f}")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=11)
    return alt(
        picture,
        f"{len(SHOWN)} images of a shape, the true mask in the colour of its class, and two guesses: without skip "
        f"connections a blunt blot, mean IoU {means[0]:.2f} over {len(data)} images; with them the shape's own edge, "
        f"mean IoU {means[1]:.2f}.",
    )


def mean_iou(guessed: torch.Tensor, y: torch.Tensor, num_classes: int = small_unet.NUM_CLASSES) -> float:
    """Return the mean IoU of those classes that appear in the truth or in the guesses."""
    values = []
    for k in range(num_classes):
        either = ((guessed == k) | (y == k)).sum()
        if either:
            values.append(float(((guessed == k) & (y == k)).sum() / either))
    return sum(values) / len(values)


def masks(data: Shapes, guessed: torch.Tensor) -> Figure:
    """Return images, true masks, guessed masks, and where they differ.

    Args:
        data: the images with their truth.
        guessed: (N, H, W) classes.
    """
    y = small_unet.labels(data)
    picture, axes = figure(3, 4, size=(7.2, 5.25))
    for row, index in zip(axes, (0, 5, 9), strict=True):
        _photo(row[0], data.images[index])
        _mask(row[1], y[index])
        _mask(row[2], guessed[index])
        row[3].imshow((guessed[index] != y[index]).numpy(), cmap="Greys", vmin=0, vmax=1)
        _frame(row[3])
    for ax, title in zip(axes[0], ("image", "true classes", "found", "wrong pixels"), strict=True):
        ax.set_title(title, fontsize=11)
    inside = float((guessed == y)[y > 0].float().mean())
    return alt(
        picture,
        f"Three images with their true and their guessed masks, and the pixels that differ. Of all pixels of an object "
        f"{inside:.0%} are right, and the mean IoU is {mean_iou(guessed, y):.2f}.",
    )


def ignored_border() -> Figure:
    """Return an image, its labels, and the labels with a border that is to be ignored."""
    data = small_unet.unseen()
    image, y = data.images[SHOWN[0]], small_unet.labels(data)[SHOWN[0]]
    border = with_border(y)
    picture, axes = figure(1, 3, size=(6.6, 2.4))
    _photo(axes[0], image)
    _mask(axes[1], y)
    _mask(axes[2], border.where(border != 255, 0))
    axes[2].imshow(np.ma.masked_equal((border == 255).numpy(), 0), cmap=ListedColormap(["black"]))
    for ax, title in zip(axes, ("image", "all labels", "black: label 255"), strict=True):
        ax.set_title(title, fontsize=11)
    share = float((border == 255).float().mean())
    return alt(
        picture,
        f"An image of a shape, its mask, and the mask with a black border around the shape: {share:.0%} of the pixels "
        "have the label 255.",
    )


def with_border(y: torch.Tensor) -> torch.Tensor:
    """Return labels (H, W) with 255 at each pixel that has another class among its eight neighbours."""
    near = F.pad(y[None, None].float(), (1, 1, 1, 1), mode="replicate")
    low, high = -F.max_pool2d(-near, 3, 1)[0, 0], F.max_pool2d(near, 3, 1)[0, 0]
    return y.where(low == high, 255)


# A mask to paint


@cache
def _distances(x: float, y: float, radius: float) -> torch.Tensor:
    """Return how far each pixel lies outside of a star, in pixels, (FIELD, FIELD)."""
    middle = torch.arange(FIELD) + 0.5
    return OUTLINES["star"]((middle[None, :] - x) / radius, (middle[:, None] - y) / radius) * radius


def painted(place: tuple[float, float], grow: float, radius: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the true star in the middle, and a mask at a place that has grown by so many pixels: (H, W) bool."""
    truth = _distances(FIELD / 2, FIELD / 2, radius) < 0
    return truth, _distances(*place, radius) < grow


def figures_of(truth: torch.Tensor, mask: torch.Tensor) -> dict[str, float]:
    """Return the pixel accuracy, the IoU and the Dice of a mask."""
    both, either = float((truth & mask).sum()), float((truth | mask).sum())
    sizes = float(truth.sum() + mask.sum())
    return {
        "pixel accuracy": float((truth == mask).float().mean()),
        "IoU": both / either if either else 1.0,
        "Dice": 2 * both / sizes if sizes else 1.0,
    }


def painter(place: tuple[float, float] = (28.0, 32.0), grow: float = 0, radius: float = 12) -> Figure:
    """Return a true star and a mask over it, with the figures that judge the mask.

    Args:
        place: (x, y) of the mask's middle.
        grow: by how many pixels the mask is larger than the star.
        radius: of the star, in pixels.
    """
    truth, mask = painted(place, grow, radius)
    values = figures_of(truth, mask)
    picture = figure(size=(7.4, 3.5))[0]
    picture.clear()
    grid = picture.add_gridspec(1, 2, width_ratios=(1, 1.05))
    ax, bars = picture.add_subplot(grid[0]), picture.add_subplot(grid[1])
    kinds = (truth & mask) + 2 * (truth & ~mask) + 3 * (~truth & mask)
    look = ListedColormap([GROUND, GREEN, ORANGE, BLUE])
    ax.imshow(kinds.numpy(), cmap=look, vmin=-0.5, vmax=3.5, extent=(0, FIELD, FIELD, 0))
    ax.set(xticks=[], yticks=[], xlabel="green found, orange missed,\nblue too much")
    bars.barh(list(values), list(values.values()), color=["#8A8A8A", ORANGE, BLUE])
    for at, value in enumerate(values.values()):
        bars.text(min(value + 0.02, 0.8), at, f"{value:.3f}", va="center", fontsize=11)
    bars.set(xlim=(0, 1), ylim=(2.6, -0.6))
    said = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
    return alt(picture, f"A star and a painted mask over it, and three bars: {said}.")


# Strides


STRIDES = (32, 16, 8)
SCENE = 6  # of the large images


@cache
def _large() -> Shapes:
    return shapes(20, size=128, objects=(2, 4), radius=(14.0, 30.0), seed=3)


def known_at(y: torch.Tensor, stride: int) -> torch.Tensor:
    """Return the classes that one gets of (N, H, W) from the shares of each square of a stride."""
    shares = F.avg_pool2d(F.one_hot(y, small_unet.NUM_CLASSES).movedim(-1, 1).float(), stride)
    return F.interpolate(shares, size=y.shape[1:], mode="bilinear").argmax(dim=1)


def best_at_stride() -> Figure:
    """Return true masks, and the best that shares of squares of 32, 16 and 8 pixels can say."""
    data = _large()
    y = small_unet.labels(data)
    known = [known_at(y, stride) for stride in STRIDES]
    bounds = [mean_iou(one, y) for one in known]
    picture, axes = figure(1, 5, size=(8.6, 1.95))
    _photo(axes[0], data.images[SCENE])
    for ax, labels in zip(axes[1:], (y, *known), strict=True):
        _mask(ax, labels[SCENE])
    titles = ["128 x 128", "truth", *(f"stride {s}: {b:.2f}" for s, b in zip(STRIDES, bounds, strict=True))]
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, fontsize=11)
    said = ", ".join(f"{b:.2f} at a stride of {s}" for s, b in zip(STRIDES, bounds, strict=True))
    return alt(
        picture,
        "A scene of four objects, its true mask, and what is left of it: two patches, round blots, then shapes. "
        f"Mean IoU {said}.",
    )


# The U


def unet_plan() -> Figure:
    """Return the maps of a U-Net with 572 x 572 pixels and no padding: their heights, and channels above them."""
    levels = plan(572, (64, 128, 256, 512, 512))
    picture, ax = figure(size=(8.4, 3.9))
    depth, far = len(levels), 2 * len(levels) - 1
    for level, (down, up, widths) in enumerate(levels):
        if level < depth - 1:
            ends = ((0.55 + level, far - level - 0.55),) * 2
            ax.plot(*ends[:1], (-level, -level), color=ORANGE, lw=2)
            ax.text(far / 2, -level + 0.08, f"the middle {up[0]} of {down[1]}", ha="center", fontsize=10)
        for at, sides, channels in ((level, down, widths[0]), (far - level, up, widths[1])):
            if at == far - level and level == depth - 1:
                continue
            ax.text(at, -level, f"{sides[0]} → {sides[1]}\n{channels}", ha="center", va="center", fontsize=10)
            ax.add_patch(Rectangle((at - 0.52, -level - 0.32), 1.04, 0.64, fill=False, ec=BLUE, lw=1.5))
        if level < depth - 1:
            for start, end in (((level, -level - 0.34), (level + 1, -level - 0.66)),):
                ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "#666666"})
            last = far - level - 1 if level < depth - 2 else depth - 1
            ax.annotate(
                "",
                (far - level, -level - 0.34),
                (last, -level - 0.66),
                arrowprops={"arrowstyle": "->", "color": "#666666"},
            )
    ax.set(xlim=(-0.7, far + 0.7), ylim=(-depth + 0.5, 0.6))
    ax.axis("off")
    rows = "; ".join(f"{down[0]} to {down[1]}" for down, _, _ in levels)
    return alt(
        picture,
        f"A U of boxes with rows and channels. Down: {rows} rows. Up: "
        f"{'; '.join(f'{up[0]} to {up[1]}' for _, up, _ in levels[-2::-1])}. Lines lead across at each level but the "
        "lowest, and say how much of the map's middle is used.",
    )


def plan(side: int, widths: tuple[int, ...]) -> list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    """Return for each level of a U-Net without padding the rows before and after its two convolutions, on the way
    down and on the way up, and the channels that they make."""
    down = []
    for _ in widths:
        down.append((side, side - 4))
        side = (side - 4) // 2
    ups, side = [(0, 0)], down[-1][1]
    for _ in widths[1:]:
        ups.append((2 * side, 2 * side - 4))
        side = 2 * side - 4
    after = [widths[max(level - 1, 0)] for level in range(len(widths))]
    return list(zip(down, ups[::-1], zip(widths, after, strict=True), strict=True))


# Borders and tiles


def border_weights(cells: torch.Tensor, weights: torch.Tensor) -> Figure:
    """Return objects, each in a colour, and the weight of each pixel.

    Args:
        cells: (1, H, W), 0 for the ground.
        weights: (1, H, W).
    """
    picture, axes = figure(1, 2, size=(7.0, 3.2))
    colours = ListedColormap([GROUND, *(PALETTE[k % 6] for k in range(int(cells.max())))])
    axes[0].imshow(cells[0].numpy(), cmap=colours, interpolation="nearest")
    shown = axes[1].imshow(weights[0].numpy(), cmap="magma", vmin=0)
    picture.colorbar(shown, ax=axes[1], shrink=0.9)
    for ax, title in zip(axes, ("objects", "weight"), strict=True):
        _frame(ax)
        ax.set_title(title, fontsize=11)
    count = len(cells.unique()) - 1
    return alt(
        picture,
        f"{count} objects, and the weight of each pixel: from {weights.min():.1f} to {weights.max():.1f}, and bright "
        "only in the gaps between two objects.",
    )


def tile_plan() -> Figure:
    """Return an image with its mirrored border, and two tiles in it: what is shown and what is answered."""
    image, margin, tile = small_unet.unseen().images[SHOWN[1]], 8, 16
    side = image.shape[1]
    places = torch.arange(-margin, side + margin) % (2 * (side - 1))
    places = torch.minimum(places, 2 * (side - 1) - places)
    mirrored = image[:, places[:, None], places]
    picture, ax = figure(size=(3.9, 3.9))
    ends = (-margin, side + margin, side + margin, -margin)
    ax.imshow(mirrored.clamp(0, 1).permute(1, 2, 0).numpy(), extent=ends)
    ax.add_patch(Rectangle((0, 0), side, side, fill=False, ec="black", lw=2))
    for left, tint in ((0, BLUE), (tile, ORANGE)):
        shown = (left - margin + 0.3, -margin + 0.3), tile + 2 * margin - 0.6, tile + 2 * margin - 0.6
        ax.add_patch(Rectangle(*shown, fill=False, ec=tint, lw=2.5, ls="--"))
        answered = (left + 0.3, 0.3), tile - 0.6, tile - 0.6
        ax.add_patch(Rectangle(*answered, fc=tint, alpha=0.35))
        ax.add_patch(Rectangle(*answered, fill=False, ec=tint, lw=2.5))
    ax.set(xticks=(0, side), yticks=(0, side), xlim=ends[:2], ylim=ends[2:])
    return alt(
        picture,
        f"An image of {side} x {side} pixels in a mirrored border of {margin}. Two filled squares of {tile} x {tile} "
        f"lie side by side in its upper half; around each a dashed square of {tile + 2 * margin} x "
        f"{tile + 2 * margin}, and the two dashed squares overlap.",
    )


# Drawing


def _photo(ax: Axes, image: torch.Tensor) -> None:
    ax.imshow(image.clamp(0, 1).permute(1, 2, 0).numpy())
    ax.axis("off")


def _mask(ax: Axes, labels: torch.Tensor) -> None:
    ax.imshow(labels.numpy(), cmap=CLASSES, vmin=-0.5, vmax=small_unet.NUM_CLASSES - 0.5, interpolation="nearest")
    ax.axis("off")


def _frame(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
