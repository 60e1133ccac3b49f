"""Pictures in the house style: 72 dpi, on white, in colours that colour-blind readers can tell apart.

Every function returns a Picture, a matplotlib figure that shows itself as the last value of a cell
and carries a description for those who can't see it. Importing this module sets the style.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import AutoLocator, LogLocator, NullLocator

from coursekit.frontend import Bundle, described_png, has_front_end
from coursekit.theme import photographs_in

# After Okabe and Ito, Color Universal Design (2008), each darkened until it has a contrast of 3 to 1 on white, and on
# the dark ground that `coursekit.theme` makes of it; the last two are told apart by their lightness.
PALETTE = ("#0072B2", "#CA8400", "#009E73", "#BF4600", "#CC79A7", "#3090F0", "#000000", "#4A2A6A")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLE: Any = {
    "figure.dpi": 72,
    "figure.facecolor": "white",
    "savefig.dpi": 72,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.titley": 1.0,  # else each drawing measures every tick to find the title's place: a fifth of its time
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=PALETTE),
    "lines.linewidth": 2,
    "legend.frameon": False,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
}
mpl.rcParams.update(STYLE)

Images = torch.Tensor | np.ndarray | Sequence[Any]
Values = torch.Tensor | np.ndarray | Sequence[float]


class Picture(Figure):
    """A figure that shows itself as a PNG with its description, without pyplot's global state."""

    description: str = ""

    def png(self) -> bytes:
        """Return the picture as PNG bytes."""
        return png_of(self)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return shown_to(self, self.png(), self.description or "A picture")


def figure(rows: int = 1, cols: int = 1, *, size: tuple[float, float] | None = None) -> tuple[Picture, Any]:
    """Return an empty picture and its axes: one Axes, or an array of them as plt.subplots gives.

    Args:
        rows, cols: the grid of axes.
        size: (width, height) in inches of 72 pixels; the default is 5 × 3.5 for each axes.
    """
    picture = Picture(figsize=size or (5 * cols, 3.5 * rows), dpi=72, layout="constrained")
    FigureCanvasAgg(picture)
    return picture, picture.subplots(rows, cols)


def alt(picture: Figure, text: str) -> Figure:
    """Give a picture its description and return it: `alt(curve(...), "Accuracy rises until k = 5.")`."""
    picture.description = text  # type: ignore[attr-defined]
    return picture


def show_images(
    images: Images,
    titles: Sequence[str] | None = None,
    *,
    cols: int | None = None,
    side: float = 1.2,
    stretch: bool = False,
    alt: str = "",
) -> Figure:
    """Return a grid of images.

    Args:
        images: a tensor (N, C, H, W) or (N, H, W), or a list of tensors (C, H, W) or (H, W) and
            arrays uint8 (H, W, C). Floats are shown from 0 (black) to 1 (white).
        titles: a line above each image.
        cols: images in a row; the default is at most 10.
        side: width of an image in inches.
        stretch: scale each image from its own minimum to its maximum, for weights and gradients.
        alt: what the picture shows, in a sentence.
    """
    shown = [_displayable(image, stretch) for image in images]
    cols = cols or min(len(shown), 10)
    rows = -(-len(shown) // cols)
    ratio = max(image.shape[0] / image.shape[1] for image in shown)
    height = side * ratio + (0.3 if titles is not None else 0.05)
    picture, axes = figure(rows, cols, size=(cols * side, rows * height))
    for ax in np.atleast_1d(axes).ravel():
        ax.axis("off")
    for index, (image, ax) in enumerate(zip(shown, np.atleast_1d(axes).ravel(), strict=False)):
        ax.imshow(image, vmin=0, vmax=1)
        if titles is not None:
            ax.set_title(str(titles[index]), fontsize=11)
    return _described(picture, alt)


def scatter_classes(
    x: torch.Tensor,
    y: torch.Tensor,
    class_names: Sequence[str] | None = None,
    *,
    ax: Axes | None = None,
    alt: str = "",
) -> Figure:
    """Return points in the plane, each class with its own colour and marker.

    Args:
        x: (N, 2).
        y: (N,) int64 labels.
        class_names: for the legend; None draws none.
        ax: where to draw; None makes a new picture.
        alt: what the picture shows, in a sentence.
    """
    picture, ax = _axes(ax, (4.5, 4))
    points, labels = _numpy(x), _numpy(y)
    for label in np.unique(labels):
        name = None if class_names is None else class_names[int(label)]
        style: Any = {"color": colour(int(label)), "marker": MARKERS[int(label) % len(MARKERS)]}
        across, up = points[labels == label].T
        ax.scatter(across, up, s=36, edgecolor="white", linewidth=0.7, label=name, **style)
    if class_names is not None:
        ax.legend(loc="best")
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    return _described(picture, alt)


def decision_regions(
    predict: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    resolution: int = 80,
    margin: float = 0.4,
    ax: Axes | None = None,
    alt: str = "",
) -> Figure:
    """Return the label that `predict` gives to every place of the plane, with the points on top.

    Args:
        predict: from points (P, 2) of the dtype of `x` to labels (P,).
        x, y: the points (N, 2) and labels (N,) to draw on top.
        resolution: places along each side; their number is its square.
        margin: how far the picture goes beyond the points.
        ax: where to draw; None makes a new picture.
        alt: what the picture shows, in a sentence.
    """
    picture, ax = _axes(ax, (4.5, 4))
    places = places_around(x, resolution, margin)
    labels = regions_from(predict(places))
    num_colours = max(int(labels.max()), int(y.max())) + 1
    cmap = ListedColormap([colour(index) for index in range(num_colours)])
    (left, bottom), (right, top) = places[0].tolist(), places[-1].tolist()
    extent = (left, right, bottom, top)
    ax.imshow(labels, origin="lower", extent=extent, cmap=cmap, vmin=-0.5, vmax=num_colours - 0.5, alpha=0.3)
    scatter_classes(x, y, ax=ax)
    return _described(picture, alt)


def places_around(x: torch.Tensor, resolution: int = 80, margin: float = 0.4) -> torch.Tensor:
    """Return the places that `decision_regions` asks about, (resolution², 2), in the dtype and on the device of `x`."""
    low, high = x.min(dim=0).values - margin, x.max(dim=0).values + margin
    sides = [torch.linspace(float(low[i]), float(high[i]), resolution, dtype=x.dtype) for i in (0, 1)]
    return torch.cartesian_prod(*sides).to(x.device)


def regions_from(labels: torch.Tensor) -> np.ndarray:
    """Return the labels of `places_around` as the image that `decision_regions` shows, (resolution, resolution)."""
    side = round(len(labels) ** 0.5)
    return _numpy(labels).reshape(side, side).T


def curve(
    x: Values,
    y: Values | Mapping[str, Values],
    *,
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    log: str = "",
    ax: Axes | None = None,
    alt: str = "",
) -> Figure:
    """Return one line, or a line for each name.

    Args:
        x: (P,) positions.
        y: (P,) heights, or a mapping from a line's name to its heights. A line may have fewer than P, when
            its training was stopped: it ends there.
        xlabel, ylabel, title: words.
        log: "x", "y" or "xy" for logarithmic axes.
        ax: where to draw; None makes a new picture.
        alt: what the picture shows, in a sentence.
    """
    picture, ax = _axes(ax, (5.5, 3.5))
    lines = y if isinstance(y, Mapping) else {"": y}
    marker = "o" if len(x) <= 30 else ""
    for index, (name, heights) in enumerate(lines.items()):
        ax.plot(_numpy(x)[: len(heights)], _numpy(heights), marker=marker, color=colour(index), label=name or None)
    if any(lines):
        ax.legend()
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set_xscale("log" if "x" in log else "linear")
    ax.set_yscale("log" if "y" in log else "linear")
    return _described(picture, alt)


def colour(index: int) -> str:
    """Return the palette's colour of a class; after eight they start again."""
    return PALETTE[index % len(PALETTE)]


def shown_to(picture: Figure, png: bytes, description: str) -> Bundle:
    """Return a drawn figure as Jupyter shows it: sharp and in the page's theme where a person looks at it."""
    if not has_front_end():
        return described_png(png, description)
    width, boxes = round(picture.bbox.width), photographs_in(picture)
    return described_png(png, description, sharp=_sharp(picture), width=width, photographs=boxes)


def lighten(picture: Figure) -> Figure:
    """Take from a figure what costs most to draw and says least, and return it: for a slider that wants many.

    Logarithmic axes lose their small ticks and get plain labels, which halves the time of a drawing; other
    axes keep about five ticks. What an author has placed by hand stays.
    """
    for ax in picture.axes:
        for axis in (ax.xaxis, ax.yaxis):
            placed = axis.get_major_locator()
            if axis.get_scale() == "log":
                axis.set_minor_locator(NullLocator())
                if isinstance(placed, LogLocator):
                    axis.set_major_locator(LogLocator(numticks=5))
                    axis.set_major_formatter("{x:g}")
            elif isinstance(placed, AutoLocator):
                placed.set_params(nbins=5)
    return picture


def png_of(picture: Figure) -> bytes:
    """Return any figure as PNG bytes."""
    buffer = BytesIO()
    # The file carries no date and no version, so that the same picture is the same bytes.
    # `savefig` would draw it twice, and a slider waits for the picture.
    FigureCanvasAgg(picture).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _sharp(picture: Figure) -> bytes:
    """Return a figure with two pixels a point, for a screen of high density."""
    before = picture.get_dpi()
    picture.set_dpi(2 * before)
    try:
        return png_of(picture)
    finally:
        picture.set_dpi(before)


def _axes(ax: Axes | None, size: tuple[float, float]) -> tuple[Figure, Axes]:
    if ax is None:
        return figure(size=size)
    return ax.get_figure(root=True), ax  # type: ignore[return-value]


def _described(picture: Figure, text: str) -> Figure:
    return alt(picture, text) if text else picture


def _displayable(image: Any, stretch: bool) -> np.ndarray:
    """Return (H, W) or (H, W, 3) in [0, 1]."""
    pixels = _numpy(image)
    if isinstance(image, torch.Tensor) and pixels.ndim == 3:
        pixels = pixels.transpose(1, 2, 0)
    pixels = pixels / 255 if pixels.dtype == np.uint8 else pixels.astype(np.float64)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if stretch:
        pixels = (pixels - pixels.min()) / max(float(np.ptp(pixels)), 1e-12)
    return np.clip(pixels, 0, 1)


def _numpy(values: Any) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values)
