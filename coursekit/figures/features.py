"""Pictures, widgets and the photograph patches of the notebook on image features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import hsv_to_rgb, rgb_to_hsv
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.data import Dataset, patches, photographs
from coursekit.plots import PALETTE, alt, colour, figure, scatter_classes
from coursekit.stage import Kept, Stage

CLASSES = ("brick", "grass", "gravel", "tissue", "flower", "china", "cat", "motorcycle")
LEFT_PART = 0.6
REGULARISATION = 10.0
TONES = np.arange(1, 11) / 10  # how bright a stroke is, the weakest first


def photo_patches(size: int = 32, num_train: int = 60, num_test: int = 30, seed: int = 0) -> Dataset:
    """Return squares of eight photographs, labelled by the photograph that they come from.

    Training squares lie in the left 60 % of a photograph, test squares in the rest, so that no pixel
    is in both. The validation part is empty.

    Args:
        size: side of a square in pixels.
        num_train, num_test: squares of each photograph.
        seed: of their places.
    """
    train, test = zip(
        *(_two_parts(name, size, num_train, num_test, seed + 2 * i) for i, name in enumerate(CLASSES)), strict=True
    )
    labels = torch.arange(len(CLASSES))
    nothing = torch.zeros(0, 3, size, size), torch.zeros(0, dtype=torch.int64)
    return Dataset(
        "squares of photographs",
        torch.cat(train),
        labels.repeat_interleave(num_train),
        *nothing,
        torch.cat(test),
        labels.repeat_interleave(num_test),
        CLASSES,
        (3, size, size),
    )


def to_hsv(image: torch.Tensor) -> torch.Tensor:
    """Return hue, saturation and value of an RGB image, (3, H, W) in [0, 1]."""
    return torch.from_numpy(rgb_to_hsv(image.permute(1, 2, 0).numpy())).permute(2, 0, 1).to(image.dtype)


def describe_patches(image: torch.Tensor, side: int, stride: int) -> torch.Tensor:
    """Return the small grey patches of an image as descriptors, (P, side · side).

    Each has mean 0, and is divided by its length plus 0.1, so that flat patches stay near 0.

    Args:
        image: (C, H, W) in [0, 1].
        side: of a patch in pixels.
        stride: from one patch to the next.
    """
    flat = torch.nn.functional.unfold(image.mean(dim=0)[None, None], side, stride=stride)[0].T
    flat = flat - flat.mean(dim=1, keepdim=True)
    return flat / (flat.norm(dim=1, keepdim=True) + 0.1)


def linear_accuracy(feature: Callable[[torch.Tensor], torch.Tensor], data: Dataset) -> float:
    """Return the test accuracy of a softmax classifier on one feature of each image.

    Args:
        feature: from an image (C, H, W) to a vector.
        data: images (N, C, H, W), training and test.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x_train, x_test = (torch.stack([feature(x) for x in part]).numpy() for part in (data.x_train, data.x_test))
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=1 / REGULARISATION, max_iter=1000))
    return float(classifier.fit(x_train, data.y_train).score(x_test, data.y_test))


def hsv_channels(photograph: np.ndarray) -> Figure:
    """Return a photograph beside its hue, its saturation and its value.

    Args:
        photograph: uint8 (H, W, 3).
    """
    hsv = rgb_to_hsv(photograph / 255)
    pure = np.stack([hsv[..., 0], np.ones_like(hsv[..., 0]), np.ones_like(hsv[..., 0])], axis=-1)
    shown = {
        "the photograph": photograph,
        "hue, in pure colours": hsv_to_rgb(pure),
        "saturation": hsv[..., 1],
        "value": hsv[..., 2],
    }
    return alt(
        _row(shown, 2.0), "A temple against the sky, its hue in pure colours, its saturation and its value as grey."
    )


def histograms(by_name: Mapping[str, torch.Tensor], num_bins: int) -> Figure:
    """Return the hue, saturation and value histograms of several images, an image a row.

    Args:
        by_name: from an image's name to its histogram (3 · num_bins,).
        num_bins: bins of each channel.
    """
    picture, axes = figure(len(by_name), 3, size=(9, 1.7 * len(by_name)))
    middles = (np.arange(num_bins) + 0.5) / num_bins
    grey = [(m, m, m) for m in np.linspace(0.15, 0.85, num_bins)]
    colours = [hsv_to_rgb((m, 0.8, 0.9)) for m in middles], [hsv_to_rgb((0.6, m, 0.9)) for m in middles], grey
    for row, (name, histogram) in zip(axes, by_name.items(), strict=True):
        for ax, shares, paint in zip(row, histogram.reshape(3, num_bins).numpy(), colours, strict=True):
            ax.bar(middles, shares, width=0.9 / num_bins, color=paint, edgecolor="grey", linewidth=0.5)
        row[0].set_ylabel(name)
    for ax, title in zip(axes[0], ("hue", "saturation", "value"), strict=True):
        ax.set_title(title)
    return alt(picture, "Histograms of three photographs: their hues peak at different colours.")


def gradients(photograph: np.ndarray) -> Figure:
    """Return a photograph in grey, its two gradients, their magnitude and their orientation as a colour.

    Args:
        photograph: uint8 (H, W, 3).
    """
    grey = photograph.mean(axis=2) / 255
    right, down, magnitude, angle = _gradients(grey)
    strength = np.clip(3 * magnitude, 0, 1)
    turning = hsv_to_rgb(np.stack([angle / np.pi, np.ones_like(angle), strength], axis=-1))
    shown = {
        "grey": grey,
        "right": right / 0.6 + 0.5,
        "down": down / 0.6 + 0.5,
        "magnitude": strength,
        "orientation": turning,
    }
    return alt(
        _row(shown, 1.6), "A cat's face in grey; its gradients to the right and down; edges coloured by orientation."
    )


def hog_cells(
    photograph: str = "cat",
    cell_size: int = 8,
    num_bins: int = 9,
    place: tuple[float, float] = (60.0, 52.0),
    kept: Kept | None = None,
) -> Figure:
    """Return a photograph, its cells' orientations as stars of strokes along the edges, and one cell's votes.

    Args:
        photograph: the name of one of coursekit's photographs.
        cell_size: side of a cell in pixels; the photograph is 128 pixels high.
        num_bins: how many orientations.
        place: (x, y), a pixel of the cell whose histogram is drawn.
        kept: holds the photograph and the axes from one picture to the next.
    """
    votes = _votes(photograph, cell_size, num_bins)
    row, col = (
        min(int(one) // cell_size, count - 1) for one, count in zip(reversed(place), votes.shape[:2], strict=True)
    )
    stage: _CellStage = (kept or Kept()).of((photograph, cell_size), lambda: _CellStage(photograph, cell_size))
    stage.move(votes, row, col)
    return alt(
        stage,
        "A photograph, a star in each of its cells whose strokes follow the edges, and one cell's votes by direction.",
    )


def lloyd(x: torch.Tensor, y: torch.Tensor) -> Callable[[int], Figure]:
    """Return a function that draws Lloyd's algorithm: even steps assign, odd steps move.

    Args:
        x: (N, 2) points.
        y: (N,) labels; only their number is used.
    """
    centroids = [x[: int(y.max()) + 1] + 0.05 * torch.arange(int(y.max()) + 1)[:, None]]
    for _ in range(10):
        nearest = torch.cdist(x, centroids[-1]).argmin(dim=1)
        moved = [x[nearest == k].mean(dim=0) if (nearest == k).any() else c for k, c in enumerate(centroids[-1])]
        centroids.append(torch.stack(moved))

    def draw(step: int) -> Figure:
        before, after = centroids[step // 2], centroids[(step + 1) // 2]
        return _draw_lloyd(x, before, after, step)

    return draw


def bags(images: torch.Tensor, shares: torch.Tensor, vocabulary: torch.Tensor, names: Sequence[str]) -> Figure:
    """Return images, each with the shares of its visual words and its three most frequent words.

    Args:
        images: (N, 3, H, W).
        shares: (N, K).
        vocabulary: (K, side · side).
        names: N names.
    """
    ratios = [1, 5, 0.7, 0.7, 0.7]
    picture, _ = figure(size=(9, 1.6 * len(images)))
    picture.clear()
    axes = picture.subplots(len(images), len(ratios), width_ratios=ratios)
    side = round(vocabulary.shape[1] ** 0.5)
    for row, image, share, name in zip(axes, images, shares, names, strict=True):
        row[0].imshow(image.permute(1, 2, 0).numpy())
        row[0].set_title(name)
        row[1].bar(range(len(share)), share.numpy(), color=PALETTE[0])
        row[1].set_ylabel("share")
        for ax, word in zip(row[2:], share.topk(3).indices.tolist(), strict=True):
            ax.imshow(vocabulary[word].reshape(side, side).numpy(), vmin=-0.35, vmax=0.35)
            ax.set_title(f"word {word}", fontsize=10)
        for ax in (row[0], *row[2:]):
            ax.axis("off")
    return alt(
        picture, "Three squares, each with a bar chart of its visual words; different textures use different words."
    )


def accuracies(by_name: Mapping[str, float], *, chance: float, title: str) -> Figure:
    """Return test accuracies as bars.

    Args:
        by_name: from a feature's name to its accuracy in [0, 1].
        chance: the accuracy of guessing, drawn as a line.
        title: the task.
    """
    picture, ax = figure(size=(6.5, 0.45 * len(by_name) + 1.2))
    bars = ax.barh(list(by_name), list(by_name.values()), color=[colour(i) for i in range(len(by_name))])
    ax.bar_label(bars, [f"{value:.0%}" for value in by_name.values()], padding=3)
    ax.axvline(chance, color="black", linestyle=":", linewidth=1)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.1), xlabel="test accuracy (dotted: guessing)", title=title)
    words = ", ".join(f"{name} {value:.0%}" for name, value in by_name.items())
    return alt(picture, f"Test accuracies: {words}.")


def _two_parts(name: str, size: int, num_train: int, num_test: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    photograph = photographs()[name]
    cut = int(LEFT_PART * photograph.shape[1])
    return (
        patches(photograph[:, :cut], size, num=num_train, seed=seed),
        patches(photograph[:, cut:], size, num=num_test, seed=seed + 1),
    )


def _row(shown: Mapping[str, np.ndarray], side: float) -> Figure:
    ratio = max(image.shape[0] / image.shape[1] for image in shown.values())
    picture, axes = figure(1, len(shown), size=(side * len(shown), side * ratio + 0.3))
    for ax, (title, image) in zip(axes, shown.items(), strict=True):
        ax.imshow(image, vmin=0, vmax=1)
        ax.set_title(title)
        ax.axis("off")
    return picture


@lru_cache(maxsize=8)
def _small_grey(name: str) -> np.ndarray:
    height, width = photographs()[name].shape[:2]
    return photographs(size=(128, round(128 * width / height)))[name].mean(axis=2) / 255


@lru_cache(maxsize=64)  # a click asks for the same ones again
def _votes(name: str, cell_size: int, num_bins: int) -> np.ndarray:
    return _cell_histograms(_small_grey(name), cell_size, num_bins)


def _gradients(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the differences to the right and down, their length, and their angle in [0, pi)."""
    right, down = np.zeros_like(grey), np.zeros_like(grey)
    right[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    down[1:-1] = grey[2:] - grey[:-2]
    return right, down, np.hypot(right, down), np.arctan2(down, right) % np.pi


def _cell_histograms(grey: np.ndarray, cell_size: int, num_bins: int) -> np.ndarray:
    """Return (R, C, num_bins): magnitudes by cell and orientation, unnormalised."""
    *_, magnitude, angle = _gradients(grey)
    rows, cols = grey.shape[0] // cell_size, grey.shape[1] // cell_size
    row, col = (np.indices(grey.shape) // cell_size)[:, : rows * cell_size, : cols * cell_size]
    inside = slice(rows * cell_size), slice(cols * cell_size)
    bins = np.minimum((angle[inside] * num_bins / np.pi).astype(int), num_bins - 1)
    histogram = np.zeros((rows, cols, num_bins))
    np.add.at(histogram, (row, col, bins), magnitude[inside])
    return histogram


def _strokes(histograms: np.ndarray, cell_size: int) -> list[np.ndarray]:
    """Return a stroke for each cell and orientation, along the edge, as long as the orientation is strong.

    Args:
        histograms: (R, C, num_bins).
        cell_size: side of a cell in pixels.

    Returns:
        For each of TONES the strokes that it paints, (2, 3 · strokes): x and y of both ends, and a gap. One line of
        many strokes is drawn in a fraction of the time of many lines.
    """
    rows, cols, num_bins = histograms.shape
    strength = (histograms / max(float(histograms.max()), 1e-9)) ** 0.5
    angle = (np.arange(num_bins) + 0.5) * np.pi / num_bins + np.pi / 2
    half = 0.5 * cell_size * strength[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    centre = (np.stack(np.meshgrid(np.arange(cols), np.arange(rows)), axis=-1) + 0.5) * cell_size - 0.5
    ends = [centre[:, :, None] - half, centre[:, :, None] + half, np.full_like(half, np.nan)]
    strokes, tone = np.stack(ends, axis=-2), np.abs(strength[..., None] - TONES).argmin(axis=-1)
    return [strokes[(tone == index) & (strength > 0.1)].reshape(-1, 2).T for index in range(len(TONES))]


class _CellStage(Stage):
    """A photograph and its cells, on which the stars, a chosen cell and its bars move."""

    def __init__(self, photograph: str, cell_size: int) -> None:
        super().__init__((8.4, 2.6))
        self._cell_size = cell_size
        left, right, bars = self.subplots(1, 3)
        left.imshow(_small_grey(photograph), vmin=0, vmax=1)
        right.imshow(_small_grey(photograph) * 0.25, vmin=0, vmax=1)
        limits = right.get_xlim(), right.get_ylim()
        style: Any = {"color": "white", "linewidth": 1.2, "solid_capstyle": "butt"}
        self._stars = [self.moving(right.plot([], [], alpha=tone, **style)[0]) for tone in TONES]
        right.set(xlim=limits[0], ylim=limits[1], title=f"cells of {cell_size} × {cell_size} pixels")
        left.set_title(f"{photograph}: click on a cell")
        self._marks = [self.moving(ax.add_patch(_square(cell_size))) for ax in (left, right)]
        for ax in (left, right):
            ax.axis("off")
        self._bars = self.moving(bars.add_collection(PolyCollection([], color=PALETTE[1])))
        bars.set(
            xlabel="gradient direction, degrees", xlim=(0, 180), ylim=(0, 1), xticks=(0, 45, 90, 135, 180), yticks=()
        )
        self._title = self.moving(bars.set_title(" "))

    def move(self, votes: np.ndarray, row: int, col: int) -> None:
        """Draw the stars of all cells, and the votes of one."""
        for line, strokes in zip(self._stars, _strokes(votes, self._cell_size), strict=True):
            line.set_data(*strokes)
        for mark in self._marks:
            mark.set_xy((col * self._cell_size - 0.5, row * self._cell_size - 0.5))
        self._bars.set_verts(_bars(votes[row, col] / max(float(votes.max()), 1e-9)))
        self._title.set_text(f"votes of cell ({row}, {col})")


def _square(side: int) -> Rectangle:
    return Rectangle((0, 0), side, side, fill=False, color="tab:orange")


def _bars(shares: np.ndarray) -> list[np.ndarray]:
    """Return the corners of a bar for each direction, (4, 2)."""
    middles, half = (np.arange(len(shares)) + 0.5) * 180 / len(shares), 85 / len(shares)
    return [
        np.array([(x - half, 0), (x + half, 0), (x + half, share), (x - half, share)])
        for x, share in zip(middles, shares, strict=True)
    ]


def _draw_lloyd(x: torch.Tensor, before: torch.Tensor, after: torch.Tensor, step: int) -> Figure:
    picture, ax = figure(size=(5, 4.2))
    nearest = torch.cdist(x, before).argmin(dim=1)
    scatter_classes(x, nearest, ax=ax)
    for k, (old, new) in enumerate(zip(before, after, strict=True)):
        _arrow(ax, old, new, colour(k))
    total = torch.cdist(x, after).gather(1, nearest[:, None]).square().sum()
    what = "move" if step % 2 else "assign"
    ax.set_title(f"step {step // 2 + 1}, {what}: sum of squares {float(total):.1f}")
    return alt(picture, "Points coloured by their nearest centroid, and the centroids as large crosses.")


def _arrow(ax: Axes, old: torch.Tensor, new: torch.Tensor, paint: str) -> None:
    (old_x, old_y), (new_x, new_y) = old.tolist(), new.tolist()
    if not torch.equal(old, new):
        ax.annotate("", (new_x, new_y), (old_x, old_y), arrowprops={"arrowstyle": "->", "color": "black", "lw": 1.5})
    ax.scatter(new_x, new_y, marker="X", s=220, color=paint, edgecolor="black", linewidth=1.5, zorder=3)
