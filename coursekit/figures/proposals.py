"""Pictures of the notebook on proposals: groupings, warped regions, RoI pooling's roundings and RoI align's samples."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn
from torchvision.ops import box_iou, roi_align, roi_pool

from coursekit import pretrained, proposals
from coursekit.outlines import outline
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import SHAPE_NAMES, Shapes
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
DRAWN = {"cup": (42.0, 2.0, 97.0, 67.0), "cup and saucer": (18.0, 2.0, 114.0, 91.0)}  # by a person
LEFT = (None, 30, 10, 3)  # regions that are left in the pictures of the merging
STRIDE = 16
ROI = (40.0, 72.0, 200.0, 136.0)
MAP = (10, 16)
BINS = (2, 3)
MOVED_BOX = (20.0, 24.0, 68.0, 72.0)  # pixels of the photograph that the sliding box begins at
ENLARGED, SLIDING_STRIDE = 2, 8  # the photograph for the feature map; pixels of it to a cell
WARPS = (((42.0, 2.0, 97.0, 67.0), 0), ((42.0, 2.0, 97.0, 67.0), 8), ((96.0, 56.0, 136.0, 90.0), 16))
WARPED = (48, 48)
SHOWN = (21, 19, 33)  # test images with what the detector finds


def show(ax: Axes, image: torch.Tensor, **style: Any) -> None:
    """Show an image (3, H, W) or (H, W) such that pixel i reaches from i to i + 1."""
    pixels = image.permute(1, 2, 0).clamp(0, 1) if image.ndim == 3 else image
    height, width = pixels.shape[:2]
    ax.imshow(pixels, extent=(0, width, height, 0), **style)
    ax.axis("off")


# Grouping


@cache
def grouping() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the photograph's start segmentation, the boxes of its grouping and the pairs that were joined."""
    segments = proposals.start_segments(proposals.photograph())
    return segments, *proposals.grouped(proposals.photograph(), segments)


def best_overlaps(boxes: torch.Tensor) -> dict[str, float]:
    """Return for each box that a person drew on the photograph the highest overlap among `boxes`."""
    overlaps = box_iou(torch.tensor(list(DRAWN.values())), boxes.float()).amax(dim=1)
    return dict(zip(DRAWN, overlaps.tolist(), strict=True))


def overview() -> Figure:
    """Return the photograph three times: in its pieces, with all boxes, with the best for two boxes drawn by hand."""
    image, (segments, boxes, _) = proposals.photograph(), grouping()
    num = int(segments.max()) + 1
    picture, axes = figure(1, 3, size=(6.4, 1.7))
    show(axes[0], _flat(image, segments))
    show(axes[1], 0.4 * _flat(image, segments))
    for box in boxes:
        outline(axes[1], box, "white", lw=0.7)
    show(axes[2], image)
    overlaps = box_iou(torch.tensor(list(DRAWN.values())), boxes)
    for drawn, best, tint in zip(DRAWN.values(), overlaps.argmax(dim=1), ("white", "#FFD000"), strict=True):
        outline(axes[2], drawn, tint, ls=":", lw=1.5)
        outline(axes[2], boxes[best], tint)
    for ax, words in zip(axes, (f"{num} pieces", f"{len(boxes)} regions", "the best of them"), strict=True):
        ax.set_title(words)
    said = ", ".join(f"{value:.2f} for {name}" for name, value in best_overlaps(boxes).items())
    return alt(
        picture,
        f"A photograph of a cup on a saucer: as {num} pieces, with the boxes of {len(boxes)} regions, and with the "
        f"best of these for two boxes drawn by hand; they overlap by {said}.",
    )


def three_regions() -> Figure:
    """Return the three regions of the example worked by hand."""
    image, segments = small_example()
    picture, ax = figure(size=(3.6, 2.5))
    show(ax, image[0], cmap="gray", vmin=-0.2, vmax=1.2)
    for region, (x, y, tint) in enumerate(((1, 2, "white"), (4, 0.5, "white"), (4, 2.5, "black"))):
        ax.text(x, y, str(region), color=tint, ha="center", va="center", fontsize=15)
    for x in range(7):
        ax.axvline(x, color=GREY, lw=0.5)
    for y in range(5):
        ax.axhline(y, color=GREY, lw=0.5)
    ax.plot([2, 2], [0, 4], color=ORANGE, lw=3)
    ax.plot([2, 6], [1, 1], color=ORANGE, lw=3)
    sizes = ", ".join(str(count) for count in segments.flatten().bincount().tolist())
    return alt(
        picture, f"An image of 4 by 6 pixels in three regions of {sizes} pixels; the first two are dark, one is bright."
    )


def small_example() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the image (1, 4, 6) and the segmentation (4, 6) of the example worked by hand."""
    segments = torch.tensor([[0, 0, 1, 1, 1, 1]] + 3 * [[0, 0, 2, 2, 2, 2]])
    return torch.tensor([0.2, 0.2, 0.9])[segments][None].double(), segments


def regions_left(num: int) -> torch.Tensor:
    """Return the photograph's segmentation when `num` regions are left, (H, W)."""
    segments, _, pairs = grouping()
    start = int(segments.max()) + 1
    segments = segments.clone()
    for new, (a, b) in enumerate(pairs.tolist()[: start - num], start=start):
        segments[(segments == a) | (segments == b)] = new
    return segments


def merging() -> Figure:
    """Return the photograph in its regions' mean colours, at four moments of the grouping."""
    segments, _, _ = grouping()
    start = int(segments.max()) + 1
    picture, axes = figure(1, len(LEFT), size=(9.6, 1.9))
    for ax, num in zip(axes, LEFT, strict=True):
        show(ax, _flat(proposals.photograph(), regions_left(num or start)))
        ax.set_title(f"{num or start} regions")
    said = ", ".join(str(num or start) for num in LEFT)
    return alt(picture, f"The photograph, each region in its mean colour, when {said} regions are left.")


def _flat(image: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
    """The image with each region in its mean colour."""
    _, names = segments.unique(return_inverse=True)
    flat = names.flatten()
    sums = torch.zeros(image.shape[0], int(flat.max()) + 1).index_add(1, flat, image.flatten(1))
    return (sums / flat.bincount())[:, names]


# Warped regions


@cache
def warped_region(place: int) -> torch.Tensor:
    """Return one of the three warped regions of the picture, (3, 48, 48), by RoI align with one sample a bin."""
    box, context = WARPS[place]
    image, frame = proposals.photograph(), 64
    wide = torch.tensor(with_context(box, context)) + frame
    framed = F.pad(image[None] - 0.5, (frame,) * 4)
    return roi_align(framed, [wide[None]], WARPED, sampling_ratio=1, aligned=True)[0] + 0.5


def with_context(box: tuple[float, ...], context: int) -> tuple[float, ...]:
    """Return a box in pixels with so many warped pixels of context on each side."""
    x1, y1, x2, y2 = box
    across, down = (
        context * length / (side - 2 * context) for length, side in ((x2 - x1, WARPED[1]), (y2 - y1, WARPED[0]))
    )
    return x1 - across, y1 - down, x2 + across, y2 + down


def warped() -> Figure:
    """Return the photograph with two boxes and their context, and three warped regions."""
    picture, axes = figure(1, 4, size=(6.8, 1.8))
    show(axes[0], proposals.photograph())
    for (box, context), tint in zip(WARPS[1:], ("white", "#FFD000"), strict=True):
        outline(axes[0], box, tint)
        outline(axes[0], with_context(box, context), tint, ls="--", lw=1.3)
    axes[0].set(xlim=(0, 160), ylim=(112, 0))
    for place, ax in enumerate(axes[1:]):
        show(ax, warped_region(place))
        context = WARPS[place][1]
        tint = ("white", "white", "#FFD000")[place]
        outline(ax, (context, context, WARPED[1] - context, WARPED[0] - context), tint, lw=1.3)
        ax.set_title("no context" if context == 0 else f"context {context}")
    return alt(
        picture,
        "A photograph with two boxes, each with a dashed box of context around it. Beside it three warped regions of "
        "48 by 48 pixels: the cup without context, with 8 pixels of it, and a region at the corner, where grey stands "
        "for what is outside.",
    )


# RoI pooling and RoI align


def in_cells() -> tuple[float, ...]:
    """Return the example's box in cells."""
    return tuple(edge / STRIDE for edge in ROI)


def pooled_cells(box: tuple[float, ...], bins: tuple[int, int] = BINS) -> list[tuple[int, int, int, int]]:
    """Return the cells (x1, y1, x2, y2) of each bin of RoI pooling, in reading order, ends not included.

    They are found by asking torchvision: which cells of a map send a bin something? Each axis by itself, with a map on
    which the numbers fall, and one on which they rise: the maximum is the first cell, or the last.
    """
    size = 32
    ramp = torch.arange(float(size))
    falling = torch.stack([-ramp.expand(size, size), -ramp[:, None].expand(size, size)])
    maps = torch.cat([falling, -falling])[None]
    found = roi_pool(maps, torch.tensor([[0.0, *box]]), bins)[0].flatten(1)
    x1, y1, x2, y2 = -found[0], -found[1], found[2] + 1, found[3] + 1
    return [tuple(row) for row in torch.stack([x1, y1, x2, y2], dim=1).int().tolist()]


def sampled_places(
    box: tuple[float, ...], *, is_aligned: bool, num: int = 2, bins: tuple[int, int] = BINS
) -> torch.Tensor:
    """Return the places (P, 2) of RoI align's samples on a map whose cell i reaches from i to i + 1.

    They are found by asking torchvision for each sample as a bin of its own, on a map that holds its own places.
    """
    size = 32
    ramp = torch.arange(float(size)) + 0.5
    maps = torch.stack([ramp.expand(size, size), ramp[:, None].expand(size, size)])[None]
    roi = torch.tensor([[0.0, *box]])
    fine = (bins[0] * num, bins[1] * num)
    return roi_align(maps, roi, fine, sampling_ratio=1, aligned=is_aligned)[0].flatten(1).T


def _cells(ax: Axes, size: tuple[int, int] = MAP) -> None:
    for x in range(size[1] + 1):
        ax.plot([x, x], [0, size[0]], color=GREY, lw=0.6)
    for y in range(size[0] + 1):
        ax.plot([0, size[1]], [y, y], color=GREY, lw=0.6)
    ax.set(xlim=(-0.2, size[1] + 0.2), ylim=(size[0] + 0.2, -0.2), aspect="equal")
    ax.axis("off")


def two_roundings() -> Figure:
    """Return the example's box on the map, its cells after the first rounding, and the bins after the second."""
    picture, axes = figure(1, 3, size=(9.6, 2.2))
    bins = pooled_cells(in_cells())
    whole = (bins[0][0], bins[0][1], bins[-1][2], bins[-1][3])
    for ax, words in zip(axes, ("1. whole cells", "2. bins", "2. the other bins"), strict=True):
        _cells(ax)
        ax.set_title(words)
    outline(axes[0], whole, BLUE, fill=0.25)
    for place, cells in enumerate(bins):
        ax, tint = axes[1 + place % 2], (BLUE, ORANGE, GREEN)[place // 2]
        outline(ax, cells, tint, fill=0.3)
    for ax in axes:
        outline(ax, in_cells(), "black", ls="--", lw=1.5)
    said = "; ".join(f"columns {a} to {c - 1}, rows {b} to {d - 1}" for a, b, c, d in bins)
    return alt(
        picture,
        f"A dashed box on a grid of cells, the whole cells it is rounded to, and six bins that overlap: {said}.",
    )


def samples() -> Figure:
    """Return the example's box with its bins and RoI align's samples, aligned and not."""
    picture, axes = figure(1, 2, size=(8.4, 2.7))
    first = []
    for ax, is_aligned in zip(axes, (True, False), strict=True):
        _cells(ax)
        middles = torch.cartesian_prod(torch.arange(MAP[1]) + 0.5, torch.arange(MAP[0]) + 0.5)
        ax.plot(*middles.T, "+", color=GREY, ms=4, mew=1)
        x1, y1, x2, y2 = in_cells()
        for i in range(BINS[0]):
            for j in range(BINS[1]):
                width, height = (x2 - x1) / BINS[1], (y2 - y1) / BINS[0]
                outline(
                    ax, (x1 + j * width, y1 + i * height, x1 + (j + 1) * width, y1 + (i + 1) * height), "black", lw=1
                )
        places = sampled_places(in_cells(), is_aligned=is_aligned)
        ax.plot(*places.T, "o", color=BLUE if is_aligned else ORANGE, ms=5)
        ax.set_title(f"aligned={is_aligned}")
        first.append("({:.2f}, {:.2f})".format(*places[0].tolist()))
    return alt(
        picture,
        f"A box in six bins on a grid of cells, with 2 by 2 samples in each. Aligned, the first is at {first[0]}; "
        f"not aligned, half a cell further right and down, at {first[1]}.",
    )


@cache
def feature_map() -> torch.Tensor:
    """Return one channel of a stage of the trained network, of the photograph, (H, W), from 0 to 1.

    The photograph is twice as large and the stage has stride 8: of the stages that say most of a cup at this size.
    """
    image = F.interpolate(proposals.photograph()[None], scale_factor=ENLARGED, mode="bilinear", align_corners=False)
    ready = (image - pretrained.MEAN) / pretrained.DEVIATION
    with torch.no_grad(), one_thread():
        stages = list(pretrained.efficientnet_lite0().get_submodule("features").children())[:4]
        features = nn.Sequential(*stages)(ready)[0]
    spread = features.flatten(1).std(dim=1)
    chosen = features[spread.argmax()]
    return (chosen - chosen.min()) / (chosen.max() - chosen.min())


@cache
def slid(num: int = 121, way: float = 3.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return shifts of the box in cells (S,), and the bins of RoI pooling and of RoI align for each, (S, 4)."""
    shifts = torch.linspace(0, way, num, dtype=torch.float64)
    start = torch.tensor(_sliding_box(0.0), dtype=torch.float64)
    rois = F.pad(start + shifts[:, None] * torch.tensor([1.0, 0, 1, 0], dtype=torch.float64), (1, 0))
    features = feature_map().double()[None, None]
    return shifts, roi_pool(features, rois, (2, 2)).flatten(1), roi_align(features, rois, (2, 2), 1, 2, True).flatten(1)


def _sliding_box(shift: float) -> tuple[float, ...]:
    x1, y1, x2, y2 = (edge * ENLARGED / SLIDING_STRIDE for edge in MOVED_BOX)
    return x1 + shift, y1 + 0.3, x2 + shift, y2 + 0.3


def sliding(shift: float = 0.0) -> Figure:
    """Return a box on a feature map, moved by `shift` cells: RoI pooling above, RoI align below, values beside."""
    shifts, pool, align = slid()
    box, place = _sliding_box(shift), int((shifts - shift).abs().argmin())
    picture, axes = figure(2, 3, size=(8, 3.8))
    for row, values, tint, name in zip(axes, (pool, align), (BLUE, ORANGE), ("RoI pooling", "RoI align"), strict=True):
        show(row[0], feature_map(), cmap="gray")
        row[0].set_title(name)
        row[1].imshow(values[place].reshape(2, 2), cmap="gray", vmin=0, vmax=1)
        row[1].set(xticks=[], yticks=[], title="its bins")
        for bin_, value in enumerate(values[place].tolist()):
            ground = "white" if value < 0.5 else "black"
            row[1].text(bin_ % 2, bin_ // 2, f"{value:.2f}", ha="center", va="center", color=ground)
        row[2].plot(shifts, values[:, 1], color=tint)
        row[2].plot(shift, values[place, 1], "o", color="black")
        row[2].set(ylim=(0, 1.05), ylabel="upper right bin")
    for cells in pooled_cells(box, (2, 2)):
        outline(axes[0][0], cells, BLUE)
    axes[1][0].plot(*sampled_places(box, is_aligned=True, bins=(2, 2)).T, ".", color=ORANGE, ms=6)
    for ax in axes[:, 0]:
        outline(ax, box, "white", ls="--", lw=1.3)
    axes[1][2].set_xlabel("shift in cells")
    return alt(
        picture,
        f"A box on a feature map, moved by {shift:.1f} cells. RoI pooling's bins are "
        f"{', '.join(f'{value:.2f}' for value in pool[place].tolist())}; RoI align's "
        f"{', '.join(f'{value:.2f}' for value in align[place].tolist())}. Over the whole way the one goes in steps, "
        "the other without jumps.",
    )


# The heads


@cache
def separated() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, float]:
    """Return points (N, 2), their sides (N,) as 1 or -1, and scikit-learn's linear SVM for them: weights and bias."""
    from sklearn.svm import LinearSVC

    drawn = torch.Generator().manual_seed(4)
    y = torch.tensor([1.0, -1.0]).repeat_interleave(16)
    x = torch.randn(32, 2, generator=drawn) + y[:, None] * torch.tensor([1.4, 1.0])
    fitted = LinearSVC(C=1.0, dual=False, tol=1e-8).fit(x.numpy(), y.numpy())
    return x, y, torch.from_numpy(fitted.coef_[0]).float(), float(fitted.intercept_[0])


def margin() -> Figure:
    """Return points of two classes, the line between them and its margin; those that fall short of it are filled."""
    x, y, weights, bias = separated()
    short = y * (x @ weights + bias) < 1
    picture, ax = figure(size=(5.2, 3.4))
    across = np.array([-4.0, 4.5])
    for level, style in ((0, "-"), (1, "--"), (-1, "--")):
        ax.plot(across, (level - bias - float(weights[0]) * across) / float(weights[1]), style, color=GREY, lw=1.5)
    for side, tint, mark in ((1, BLUE, "o"), (-1, ORANGE, "s")):
        for is_short in (True, False):
            some = x[(y == side) & (short == is_short)]
            ax.plot(*some.T, mark, color=tint, mfc=tint if is_short else "white", ms=7)
    ax.set(xlim=(-4, 4.5), ylim=(-3.5, 4), xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    return alt(
        picture,
        f"{len(x)} points of two classes, a line between them and the margin on both sides. {int(short.sum())} points "
        "fall short of the margin and are filled.",
    )


def detected(data: Shapes, before: Any, after: Any) -> Figure:
    """Return test images with what was found in them, above before the regression of offsets and below after it."""
    picture, axes = figure(2, len(SHOWN), size=(4.5, 3.2))
    for row, found, words in zip(axes, (before, after), ("before", "after"), strict=True):
        for image, ax in zip(SHOWN, row, strict=True):
            show(ax, data.images[image])
            for box in proposals.truth(data, image)[0]:
                outline(ax, box, "white", ls=":", lw=1.5)
            boxes, classes, scores = found[image]
            for box, kind, score in zip(boxes, classes.tolist(), scores.tolist(), strict=True):
                if score > 0:
                    outline(ax, box, "#FFD000", lw=1.5)
                    ax.text(float(box[0]), float(box[3]) + 1, SHAPE_NAMES[kind], color="white", fontsize=8, va="top")
        row[0].set_title(words)
    shares = [proposals.share_found(data, found, 0.8) for found in (before, after)]
    return alt(
        picture,
        f"{len(SHOWN)} test images with the boxes found in them, before and after the regression. Over all test images "
        f"{shares[0]:.2f} and {shares[1]:.2f} of the objects are found at an overlap of 0.8.",
    )


def overshoot() -> float:
    """Return how many pixels the pooled cells of the example reach beyond the box's right edge."""
    last = pooled_cells(in_cells())[-1][2]
    return last * STRIDE - ROI[2]
