"""Pictures of the notebook on pyramids: what the levels of a network know and see, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit import pretrained, segmenter
from coursekit.data import photographs, to_tensor
from coursekit.outlines import outline
from coursekit.pieces import pieces
from coursekit.plots import alt, colour, figure
from coursekit.shapes import SHAPE_NAMES, Shapes
from coursekit.threads import one_thread

STAGES = (2, 3, 5, 7)  # of EfficientNet-Lite0, the last of each size
STRIDES = (4, 8, 16, 32)
RIDGE = 0.01
NUM_TEST = 10  # pieces of each photograph
GREY = "#8A8A8A"
SIZES = ((0.0, 14.0), (14.0, 22.0), (22.0, 99.0))  # sides of objects in pixels
MIDDLE = (290.0, 205.0)  # of the box in the explorer
CLASS_COLOURS = ((0.93, 0.93, 0.93), (0, 0.45, 0.7), (0.79, 0.52, 0), (0, 0.62, 0.45), (0.8, 0.47, 0.65), (0, 0, 0))


@cache
def _network() -> torch.nn.Module:
    return pretrained.efficientnet_lite0()


@torch.no_grad()
def maps_of(x: torch.Tensor) -> list[torch.Tensor]:
    """Return the maps of strides 4, 8, 16 and 32 of images (N, 3, H, W) in [0, 1]."""
    x, found = (x - pretrained.MEAN) / pretrained.DEVIATION, []
    with one_thread():
        for index, stage in enumerate(_network().features[: STAGES[-1] + 1]):  # type: ignore[index]
            x = stage(x)
            if index in STAGES:
                found.append(x)
    return found


@cache
def photograph() -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the pagoda, (3, 416, 640), and its maps; what lies around it is its own edge, not black."""
    shown = to_tensor(photographs()["china"])[None, :, :416]
    framed = maps_of(F.pad(shown, (32,) * 4, mode="replicate"))
    cut = (32 // stride for stride in STRIDES)
    return shown[0], [level[:, :, c:-c, c:-c] for level, c in zip(framed, cut, strict=True)]


def as_colours(level: torch.Tensor) -> torch.Tensor:
    """Return a map (1, C, H, W) as an image (3, H, W): its three directions of largest variance as colours."""
    rows = level[0].flatten(1).T
    rows = rows - rows.mean(dim=0)
    _, _, directions = torch.linalg.svd(rows, full_matrices=False)
    values = rows @ directions[:3].T
    low, high = values.quantile(0.02, dim=0), values.quantile(0.98, dim=0)
    return ((values - low) / (high - low)).clamp(0, 1).T.reshape(3, *level.shape[2:])


@cache
def known_and_seen() -> tuple[list[float], list[float]]:
    """Return for each level what one place knows and sees.

    The first is the share of right answers of a linear classifier that is shown the vector of one place of a new piece
    of ten photographs. The second is the share of the variance of the brightness, in blocks of 4 × 4 pixels, that a
    linear map of the same vector explains of what the place stands for, and 0 where it does worse than the mean.
    """
    data = pieces(num_test=NUM_TEST)
    x, y = torch.cat([data.x_train, data.x_val]), torch.cat([data.y_train, data.y_val])
    knows, sees = [], []
    for level, new, stride in zip(maps_of(x), maps_of(data.x_test), STRIDES, strict=True):
        places = level[0, 0].numel()
        answer = _ridge(_rows(level), F.one_hot(y.repeat_interleave(places)).double())(_rows(new))
        right = answer.argmax(dim=1) == data.y_test.repeat_interleave(places)
        knows.append(right.double().mean().item())
        wanted, truth = (_rows(_blocks(images, stride)) for images in (x, data.x_test))
        error = _ridge(_rows(level), wanted)(_rows(new)) - truth
        sees.append(max(0.0, 1 - (error.square().sum() / (truth - wanted.mean()).square().sum()).item()))
    return knows, sees


def _rows(level: torch.Tensor) -> torch.Tensor:
    return level.movedim(1, -1).flatten(0, 2).double()


def _blocks(images: torch.Tensor, stride: int) -> torch.Tensor:
    return F.pixel_unshuffle(F.avg_pool2d(images.mean(dim=1, keepdim=True), 4), stride // 4)


def _ridge(x: torch.Tensor, y: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    mean, deviation = x.mean(dim=0), x.std(dim=0) + 1e-5

    def columns(rows: torch.Tensor) -> torch.Tensor:
        return F.pad((rows - mean) / deviation, (0, 1), value=1.0)

    table = columns(x)
    square = table.T @ table + RIDGE * len(x) * torch.eye(table.shape[1], dtype=x.dtype)
    weights = torch.linalg.solve(square, table.T @ y)
    return lambda rows: columns(rows) @ weights


def overview() -> Figure:
    """Return a photograph, its maps at four strides, and what one place of each knows and sees."""
    photo, levels = photograph()
    knows, sees = known_and_seen()
    picture = figure(size=(8.4, 3.6))[0]
    picture.clear()
    grid = picture.add_gridspec(2, 10, height_ratios=(1.15, 1))
    shown = [photo, *map(as_colours, levels)]
    for column, (image, title) in enumerate(
        zip(shown, ("photograph", *(f"stride {stride}" for stride in STRIDES)), strict=True)
    ):
        _image(picture.add_subplot(grid[0, 2 * column : 2 * column + 2]), image, title)
    for place, values, title in ((slice(0, 5), knows, "what one place knows"), (slice(5, 10), sees, "what it sees")):
        ax = picture.add_subplot(grid[1, place])
        ax.bar(range(4), values, color=colour(0 if title.endswith("knows") else 1), width=0.6)
        for index, value in enumerate(values):
            ax.text(index, value + 0.03, f"{value:.0%}", ha="center", fontsize=11)
        ax.set(ylim=(0, 1.1), yticks=[0, 0.5, 1], xticks=range(4), xticklabels=STRIDES, xlabel="stride", title=title)
    said = "; ".join(
        f"stride {stride}: knows {k:.0%}, sees {s:.0%}" for stride, k, s in zip(STRIDES, knows, sees, strict=True)
    )
    return alt(
        picture,
        "A pagoda with large roofs and thin rails by a lake, and four maps of it in false colours, from one in which "
        f"each rail can be made out to one of 13 by 20 squares. Below, two rows of bars. {said}.",
    )


# How the levels are joined


def wiring() -> Figure:
    """Return a drawing of the feature pyramid: laterals across, sums downwards."""
    picture, ax = _board((7.2, 3.1), (0, 10), (-0.6, 6.2))
    for row, (name, wide) in enumerate((("fine", 2.0), ("middle", 1.4), ("coarse", 0.8))):
        y = 2.2 * row + 0.4
        _box(ax, 1.2, y, wide, name, 0)
        _circle(ax, 5.0, y, "+" if row < 2 else "")
        _box(ax, 8.6, y, wide, "out", 2)
        _arrow(ax, (1.2 + wide / 2, y), (4.7, y), "1 × 1")
        _arrow(ax, (5.3, y), (8.6 - wide / 2, y), "3 × 3")
        if row < 2:
            _arrow(ax, (5.0, y + 1.9), (5.0, y + 0.3))
            ax.text(5.15, y + 1.05, "enlarged", fontsize=10, color="#666666", va="center")
    return alt(
        picture,
        "Three maps on the left, fine below and coarse above. Each goes through a 1 × 1 convolution to the middle. "
        "There the coarser one is enlarged and added from above. What is in the middle goes through a 3 × 3 "
        "convolution and out to the right.",
    )


def way_up() -> Figure:
    """Return a drawing of path aggregation: from the finest map upwards."""
    picture, ax = _board((7.2, 3.1), (0, 10), (-0.6, 6.2))
    for row, wide in enumerate((2.0, 1.4, 0.8)):
        y = 2.2 * row + 0.4
        _box(ax, 1.2, y, wide, f"P{row + 2}", 2)
        _box(ax, 8.6, y, wide, f"N{row + 2}", 3)
        if row:
            _circle(ax, 5.0, y, "join")
            _arrow(ax, (1.2 + wide / 2, y), (4.5, y))
            _arrow(ax, (5.5, y), (8.6 - wide / 2, y), "3 × 3")
            _arrow(ax, (8.6 - (2.4 - 0.6 * row) / 2, y - 1.9), (5.3, y - 0.3), "3 × 3, stride 2")
        else:
            _arrow(ax, (1.2 + wide / 2, y), (8.6 - wide / 2, y), "as it is")
    return alt(
        picture,
        "Three maps P2, P3 and P4 on the left, fine below. P2 goes straight across and is N2. From N2 a 3 × 3 "
        "convolution of stride 2 leads up to the level above, is joined with P3, and a 3 × 3 convolution makes N3. "
        "From N3 it goes up to N4 in the same way.",
    )


def _board(size: tuple[float, float], across: tuple[float, float], up: tuple[float, float]) -> tuple[Figure, Axes]:
    picture, ax = figure(size=size)
    ax.set(xlim=across, ylim=up)
    ax.axis("off")
    return picture, ax


def _box(ax: Axes, x: float, y: float, wide: float, words: str, index: int) -> None:
    ax.add_patch(Rectangle((x - wide / 2, y - 0.45), wide, 0.9, fc="white", ec=colour(index), lw=2))
    ax.text(x, y, words, ha="center", va="center", fontsize=10)


def _circle(ax: Axes, x: float, y: float, words: str) -> None:
    ax.text(x, y, words or "  ", ha="center", va="center", fontsize=11, bbox={"boxstyle": "circle", "fc": "white"})


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], words: str = "") -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": GREY, "lw": 1.5})
    aside = 0.0 if start[1] == end[1] else 1.3  # words stand to the right of a slanted arrow
    middle = ((start[0] + end[0]) / 2 + aside, (start[1] + end[1]) / 2)
    ax.text(middle[0], middle[1] + 0.12, words, ha="center", va="bottom", fontsize=10, color="#666666")


# What it is worth


def shares(guessed: torch.Tensor, data: Shapes) -> list[float]:
    """Return the mean share of rightly named pixels of small, middle and large objects."""
    sides, right = segmenter.shares_by_size(guessed, data)
    return [right[(sides >= low) & (sides < high)].mean().item() for low, high in SIZES]


def by_size(guesses: Mapping[str, torch.Tensor], data: Shapes) -> Figure:
    """Return for each network a bar for small, middle and large objects."""
    picture, ax = figure(size=(6.5, 2.9))
    names = ("small\n(under 14 pixels)", "middle", "large\n(22 and more)")
    said = []
    for index, (name, guessed) in enumerate(guesses.items()):
        heights = shares(guessed, data)
        at = [group + 0.27 * (index - 1) for group in range(3)]
        ax.bar(at, heights, width=0.25, color=colour(index), label=name)
        for x, height in zip(at, heights, strict=True):
            ax.text(x, height + 0.01, f"{height:.0%}", ha="center", fontsize=10)
        said.append(f"{name} " + ", ".join(f"{height:.0%}" for height in heights))
    ax.set(xticks=range(3), xticklabels=names, ylim=(0, 1), yticks=[0, 0.5, 1], ylabel="pixels named rightly")
    ax.legend(loc="upper left", fontsize=10)
    return alt(picture, f"Share of an object's pixels that are named rightly, small, middle, large: {'; '.join(said)}.")


def named(guesses: Mapping[str, torch.Tensor], data: Shapes, num: int = 3) -> Figure:
    """Return images, the truth, and what each network names their pixels."""
    palette = torch.tensor(CLASS_COLOURS)
    rows = {"image": None, "truth": data.semantic(), **guesses}
    picture, axes = figure(num, len(rows), size=(1.0 * len(rows), 0.95 * num + 0.3))
    for column, (name, labels) in enumerate(rows.items()):
        for row in range(num):
            shown = data.images[row] if labels is None else palette[labels[row]].movedim(-1, 0)
            _image(axes[row, column], shown, name if row == 0 else "")
    return alt(
        picture,
        f"{num} images, and in columns their true classes and those that each network names, a colour for each of "
        f"{', '.join(SHAPE_NAMES)}.",
    )


# Which level gets which object


def level_of(side: float) -> int:
    """Return the level of a box whose area has the root `side`, from 2 to 5."""
    k = 2
    while k < 5 and side >= 56 * 2 ** (k - 1):
        k += 1
    return k


def levels(side: float = 120, height: float = 1.0) -> Figure:
    """Return the photograph with a box, and the map of the level that the box is looked at on."""
    photo, found = photograph()
    wide, high = side / height**0.5, side * height**0.5
    k = level_of(side)
    places = wide / 2**k * high / 2**k
    picture, axes = figure(1, 2, size=(5.6, 2.25))
    _image(axes[0], photo, f"a box of {wide:.0f} × {high:.0f} pixels")
    _image(axes[1], as_colours(found[k - 2]), f"level {k}, stride {2**k}: {places:.0f} places")
    for ax, scale in ((axes[0], 1.0), (axes[1], 2.0**k)):
        left, top = (MIDDLE[0] - wide / 2) / scale - 0.5, (MIDDLE[1] - high / 2) / scale - 0.5
        outline(ax, (left, top, left + wide / scale, top + high / scale), "#CC0000")
    return alt(
        picture,
        f"A pagoda with a box of {wide:.0f} × {high:.0f} pixels, and beside it the map of level {k}, of stride "
        f"{2**k}, on which the box covers {places:.0f} places.",
    )


# Windows


@cache
def window_rows(num: int = 61) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return a row of numbers, and its maxima in windows of 5, 9 and 13."""
    row = torch.randn(num, generator=torch.Generator().manual_seed(3))
    row = (row[:-2] + 2 * row[1:-1] + row[2:]) / 4 - 0.8
    pooled = {f"window {k}": row.unfold(0, k, 1).amax(dim=1) for k in (5, 9, 13)}
    return row, pooled


def windows() -> Figure:
    """Return a row of numbers with its maxima in three windows."""
    row, pooled = window_rows()
    picture, ax = figure(size=(7, 2.4))
    ax.plot(row, color=GREY, lw=1.5, label="the map, along a row")
    for index, (name, values) in enumerate(pooled.items()):
        start = (len(row) - len(values)) // 2
        ax.step(range(start, start + len(values)), values, where="mid", color=colour(index), label=name)
    ax.axhline(0, color=GREY, lw=1, ls=":")
    ax.set(xlabel="place", ylabel="value")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=10)
    return alt(
        picture,
        "A row of numbers that go up and down, most of them below zero, and above it three lines of steps: the larger "
        "the window, the higher and wider the steps.",
    )


# Fusion


@cache
def fused() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a fine map (H, W), a coarse one, their mean, and their mix with shares that go from left to right."""
    photo, _ = photograph()
    fine = F.avg_pool2d(photo.mean(dim=0)[None, None], 8)[0, 0]
    coarse = F.interpolate(F.adaptive_avg_pool2d(fine[None, None], (7, 10)), fine.shape)[0, 0]
    share = torch.linspace(-6, 6, fine.shape[1]).sigmoid()
    return fine, coarse, (fine + coarse) / 2, (1 - share) * fine + share * coarse


def fusion() -> Figure:
    """Return two maps, their mean, and their mix with a share for each pixel."""
    titles = ("fine", "coarse, enlarged", "one share each", "a share a pixel")
    picture, axes = figure(1, 4, size=(7.2, 1.5))
    for ax, shown, title in zip(axes, fused(), titles, strict=True):
        ax.imshow(shown, cmap="gray", vmin=0, vmax=1)
        ax.set_title(title, fontsize=11)
        ax.axis("off")
    return alt(
        picture,
        "The pagoda in grey: sharp; in large squares; the mean of both, in which squares show everywhere; and a "
        "mix that is sharp on the left and of squares on the right.",
    )


# Sizes of batches


@cache
def drawn_sizes(num: int = 100, every: int = 10) -> list[int]:
    """Return the size of each batch: one of 320, 352, …, 608, drawn anew for each ten."""
    generator = torch.Generator().manual_seed(1)
    numbers = torch.randint(10, (num // every,), generator=generator).repeat_interleave(every)
    return (32 * (10 + numbers)).tolist()


def sizes() -> Figure:
    """Return the size of each of a hundred batches."""
    picture, ax = figure(size=(6.5, 2.4))
    ax.step(range(100), drawn_sizes(), where="post")
    ax.set(xlabel="batch", ylabel="side in pixels", ylim=(290, 640), yticks=[320, 416, 512, 608])
    return alt(picture, "The side of the images in each of 100 batches: flat for ten, then another multiple of 32.")


def _image(ax: Axes, image: torch.Tensor, title: str = "") -> None:
    ax.imshow(image.movedim(0, -1).clamp(0, 1), vmin=0, vmax=1)
    ax.axis("off")
    if title:
        ax.set_title(title, fontsize=11)
