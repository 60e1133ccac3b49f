"""Pictures of the notebook on DeepLab: a decimated kernel, a field of neighbours, weights that meet nothing, losses."""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from coursekit import small_deeplab
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOURS

BLUE, ORANGE = PALETTE[0], PALETTE[1]
LABELS = ListedColormap([(0.93, 0.93, 0.93), *COLOURS.values()])
SHOWN = (0, 8, 3)  # images of the opening; in the last one an object is lost
EXPLORED = 0
THIN = 3  # the image that gets a line
MAP = 33  # rows and columns of the map whose weights are counted
LINE = 29  # the column of a thin line, which no shrunk label is taken from


# The finished thing


@cache
def _scores() -> torch.Tensor:
    """Return a trained network's scores for the images that are shown, at every pixel."""
    run = small_deeplab.trained()
    return small_deeplab.enlarged(run.head(run.maps))


@cache
def _unlike(which: int) -> torch.Tensor:
    return small_deeplab.squares_unlike(small_deeplab.trained().images[which])


def overview() -> Figure:
    """Return images, their labels, a network's answer, and that answer behind a field of neighbours."""
    run = small_deeplab.trained()
    chosen = list(SHOWN)
    scores, labels = _scores()[chosen], run.labels[chosen]
    fields = torch.stack([small_deeplab.sharpened(_scores()[which], _unlike(which)) for which in SHOWN])
    before, after = (small_deeplab.mean_iou(each, labels) for each in (scores, fields))
    picture, axes = figure(len(SHOWN), 4, size=(6.2, 1.55 * len(SHOWN) + 0.25))
    for row, image, *answers in zip(axes, run.images[chosen], labels, scores.argmax(1), fields.argmax(1), strict=True):
        _photo(row[0], image)
        for ax, answer in zip(row[1:], answers, strict=True):
            _labels(ax, answer)
    titles = ("image", "labels", f"network: {before:.2f}", f"and colours: {after:.2f}")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=11)
    return alt(
        picture,
        "Three images of coloured shapes, their labels, a network's labels with blurred outlines, and sharp ones: the "
        f"mean IoU of these images is {before:.2f}, and {after:.2f} behind the field of neighbours. In the last image "
        "the network has found only a few pixels of a star, and the field of neighbours none.",
    )


def _photo(ax: Axes, image: torch.Tensor) -> None:
    ax.imshow(image.permute(1, 2, 0).numpy())
    ax.axis("off")


def _labels(ax: Axes, labels: torch.Tensor) -> None:
    ax.imshow(labels.numpy(), cmap=LABELS, vmin=-0.5, vmax=6.5)
    ax.axis("off")


# A large field of view


def decimated() -> Figure:
    """Return where a kernel of 7 x 7 with a dilation of 4 reads, and the nine of its places that are kept."""
    picture, axes = figure(1, 2, size=(6.6, 3.3))
    spans = []
    for ax, size, rate in zip(axes, (7, 3), (4, 12), strict=True):
        places = torch.arange(size) * rate
        across, down = torch.meshgrid(places, places, indexing="xy")
        kept = (across % 12 == 0) & (down % 12 == 0)
        for which, tint in ((kept, BLUE), (~kept, ORANGE)):
            ax.scatter(across[which], down[which], s=46, marker="s", color=tint, linewidths=0)
        span = int(places[-1]) + 1
        ax.set(xlim=(-1.5, 25.5), ylim=(25.5, -1.5), xticks=(0, 12, 24), yticks=(0, 12, 24), aspect="equal")
        ax.set_title(f"{size} x {size}, dilation {rate}: spans {span}", fontsize=11)
        spans.append(span)
    return alt(
        picture,
        "Left 49 squares that lie 4 places apart, nine of them blue; right these nine alone, 12 places apart. "
        f"They span {spans[0]} and {spans[1]} places.",
    )


# A field of neighbours


def crf(steps: int = 5, colour_width: float = 0.1, pixel_width: int = 8, smoothness: float = 1.0) -> Figure:
    """Return an image, a network's labels, and those behind some steps of mean field with these widths."""
    run = small_deeplab.trained()
    scores, wanted = _scores()[EXPLORED], run.labels[EXPLORED]
    field = small_deeplab.sharpened(
        scores, _unlike(EXPLORED), steps, (3.0, float(pixel_width), colour_width), (smoothness, 1.0)
    )
    right = [float((each.argmax(dim=0) == wanted).float().mean()) for each in (scores, field)]
    picture, axes = figure(1, 3, size=(7.2, 2.7))
    _photo(axes[0], run.images[EXPLORED])
    for ax, each, share, name in zip(axes[1:], (scores, field), right, ("network", f"{steps} steps"), strict=True):
        _labels(ax, each.argmax(dim=0))
        ax.set_title(f"{name}: {share:.1%} right", fontsize=11)
    return alt(
        picture,
        f"An image, the labels of a network, {right[0]:.1%} right, and those after {steps} steps, {right[1]:.1%} "
        "right.",
    )


# Several rates at once


@cache
def valid_shares(rate: int) -> tuple[float, float, float]:
    """Return at which shares of the places of a map of 33 x 33 a dilated kernel of 3 x 3 meets the map with all of its
    nine weights, with some of them, and with the middle one alone."""
    ones = torch.ones(1, 1, MAP, MAP)
    met = F.conv2d(ones, torch.ones(1, 1, 3, 3), padding=rate, dilation=rate).round()
    whole, single = float((met == 9).float().mean()), float((met == 1).float().mean())
    return whole, 1 - whole - single, single


def valid_weights() -> Figure:
    """Return how many weights of a kernel meet the map, by its rate."""
    rates = range(1, 37)
    picture, ax = figure(size=(6.2, 3.0))
    names = ("all nine", "some", "the middle one alone")
    for which, (name, tint) in enumerate(zip(names, (BLUE, PALETTE[2], ORANGE), strict=True)):
        ax.plot(rates, [valid_shares(rate)[which] for rate in rates], label=name, color=tint)
    for rate in (6, 12, 18, 24):
        ax.axvline(rate, color="#8A8A8A", lw=1, ls=":", zorder=0)
    ax.set(xlabel="rate, on a map of 33 x 33", ylabel="share of the places", ylim=(-0.03, 1.03), xticks=range(0, 37, 6))
    ax.legend(fontsize=10, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    said = "; ".join(f"rate {rate}: {valid_shares(rate)[0]:.0%}" for rate in (6, 12, 18))
    return alt(
        picture,
        f"Of the places at which all nine weights meet the map there are fewer and fewer, {said}. From a rate of 33 on "
        "the middle weight is alone everywhere.",
    )


# What a loss sees


def thin_line() -> torch.Tensor:
    """Return labels with an object and a line that is one pixel wide, (48, 48)."""
    labels = small_deeplab.trained().labels[THIN].clone()
    labels[:, LINE] = 1
    return labels


def losses() -> Figure:
    """Return labels with a thin line, and what is left of them where they are shrunk."""
    labels = thin_line()
    small = small_deeplab.shrunk(labels[None])[0]
    picture, axes = figure(1, 2, size=(5.0, 2.7))
    for ax, each in zip(axes, (labels, small), strict=True):
        _labels(ax, each)
        ax.set_title(f"{each.numel()} labels", fontsize=11)
    return alt(
        picture,
        f"Labels of 48 x 48 with a red line of {int((labels == 1).sum())} pixels from top to bottom, and the same "
        f"labels shrunk to 6 x 6: of the line {int((small == 1).sum())} are left.",
    )
