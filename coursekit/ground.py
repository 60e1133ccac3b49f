"""Frames of a picture that is made anew for each value of a slider: its axes are drawn once for all of them.

Ticks and their numbers take half the time of a small picture, and from one value to the next they are mostly the
same. So the ground (ticks, numbers, labels, a legend whose words stay) is kept as pixels while its signature
stays, and only what lies on it is drawn. What can't be told from its signature is drawn whole.
"""

from __future__ import annotations

from collections.abc import Hashable
from io import BytesIO
from typing import Any

from matplotlib import image
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import (
    AutoLocator,
    FixedFormatter,
    FixedLocator,
    LogFormatterSciNotation,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
    ScalarFormatter,
    StrMethodFormatter,
)

from coursekit.plots import png_of

# Tickers that say the same for the same limits, and what tells two of a kind apart.
_KNOWN: dict[type, tuple[str, ...]] = {
    AutoLocator: (),
    MaxNLocator: ("_nbins", "_integer"),
    LogLocator: (),
    NullLocator: (),
    FixedLocator: ("locs",),
    ScalarFormatter: (),
    LogFormatterSciNotation: (),
    NullFormatter: (),
    FixedFormatter: ("seq",),
    StrMethodFormatter: ("fmt",),
}


class Ground:
    """The ground of the last pictures: `ground.png(picture)` draws on it what is new."""

    def __init__(self) -> None:
        self._signature: Hashable = None
        self._words: list[Hashable] | None = None
        self._words_change = False
        self._pixels: Any = None

    def png(self, picture: Figure) -> bytes:
        """Return a picture whose axes have their places as PNG bytes."""
        for ax in picture.axes:
            ax.apply_aspect()
        signature, words = _signature(picture), [_legend_signature(ax.get_legend()) for ax in picture.axes]
        self._words_change |= self._words is not None and words != self._words
        self._words = words
        if signature is None or signature != self._signature:
            self._signature, self._pixels = signature, None
            return png_of(picture)
        upper = _upper(picture, self._words_change)
        canvas = FigureCanvasAgg(picture)
        if self._pixels is None or self._pixels[0] != self._words_change:
            self._pixels = self._words_change, _drawn(picture, canvas, upper)
        canvas.get_renderer()
        canvas.restore_region(self._pixels[1])
        for artist in upper:
            artist.draw(canvas.get_renderer())
        return encoded(canvas)


def encoded(canvas: FigureCanvasAgg) -> bytes:
    """Return a canvas as PNG bytes, without a date or a version, so that the same frame is the same bytes."""
    buffer, unsigned = BytesIO(), {"Software": None}
    quick = {"compress_level": 2}  # half the time of 6, and a tenth more bytes
    image.imsave(buffer, canvas.buffer_rgba(), format="png", dpi=72, metadata=unsigned, pil_kwargs=quick)  # type: ignore[arg-type]
    return buffer.getvalue()


def _drawn(picture: Figure, canvas: FigureCanvasAgg, upper: list[Artist]) -> Any:
    """Draw the ground alone, and return its pixels."""
    still = [artist for artist in upper if not artist.get_animated()]
    for artist in still:
        artist.set_animated(True)
    canvas.draw()
    for artist in still:
        artist.set_animated(False)
    return canvas.copy_from_bbox(picture.bbox)


def _upper(picture: Figure, with_legends: bool) -> list[Artist]:
    """Return what lies on the ground, the lowest first."""
    parts: list[Artist] = []
    for ax in sorted(picture.axes, key=lambda one: one.get_zorder()):
        ground = _ground_of(ax, with_legends)
        parts += sorted((one for one in ax.get_children() if one not in ground), key=lambda one: one.get_zorder())
    over: list[Artist] = [*picture.lines, *picture.patches, *picture.texts, *picture.legends]
    return [one for one in [*parts, *over] if one.get_visible()]


def _ground_of(ax: Axes, with_legends: bool) -> list[Artist]:
    ground: list[Artist] = [ax.patch, ax.xaxis, ax.yaxis, *([] if ax.axison else ax.spines.values())]
    legend = ax.get_legend()
    if legend is not None and _has_a_place(legend) and not with_legends:
        ground.append(legend)
    return ground


def _has_a_place(legend: Any) -> bool:
    """Whether a legend lies still: neither where the data leave room (0 is "best") nor on a ground of its own."""
    return legend._loc != 0 and not legend.get_frame_on()


def _signature(picture: Figure) -> Hashable:
    """Return what the ground is drawn from; None when that can't be told."""
    try:
        return tuple(picture.get_size_inches()), tuple(_axes_signature(ax) for ax in picture.axes)
    except LookupError:
        return None


def _axes_signature(ax: Axes) -> Hashable:
    if ax.child_axes or ax.get_axes_locator() is not None:
        raise LookupError("axes in axes: their ground is their own")
    sides = tuple(_axis_signature(axis) for axis in (ax.xaxis, ax.yaxis))
    return (
        ax.get_position().bounds,
        ax.axison,
        ax.get_visible(),
        ax.patch.get_facecolor(),
        ax.get_xlim(),
        ax.get_ylim(),
        sides,
    )


def _axis_signature(axis: Axis) -> Hashable:
    tickers = axis.get_major_locator(), axis.get_minor_locator(), axis.get_major_formatter(), axis.get_minor_formatter()
    label = axis.label.get_text(), axis.label.get_color()
    return axis.get_visible(), axis.get_scale(), label, tuple(_ticker_signature(one) for one in tickers)


def _ticker_signature(ticker: Any) -> Hashable:
    if type(ticker) in _KNOWN:
        return type(ticker), tuple(str(getattr(ticker, name)) for name in _KNOWN[type(ticker)])
    words: Any = getattr(getattr(ticker, "func", None), "args", ())
    if len(words) == 1 and isinstance(words[0], dict):  # what set_xticklabels makes: a word for each place
        return tuple(words[0].items())
    raise LookupError(type(ticker))


def _legend_signature(legend: Any) -> Hashable:
    if legend is None or not _has_a_place(legend):
        return None
    handles = tuple((type(one), str(_colour(one))) for one in legend.legend_handles)
    box = legend.get_bbox_to_anchor()
    return tuple(text.get_text() for text in legend.get_texts()), handles, str(legend._loc), tuple(box.bounds)


def _colour(handle: Any) -> Any:
    return handle.get_color() if hasattr(handle, "get_color") else handle.get_facecolor()
