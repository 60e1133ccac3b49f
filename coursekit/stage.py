"""A picture for many frames: what stands still is drawn once, what moves is drawn on top of a copy.

Drawing axes, ticks and words takes most of the time of a small picture; a slider wants a hundred of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg

from coursekit.ground import encoded
from coursekit.plots import Picture

A = TypeVar("A", bound=Artist)


class Stage(Picture):
    """A picture with artists that move. Add them by `moving`, change them, and ask for `png` again.

    Args:
        size: (width, height) in inches of 72 pixels.
    """

    def __init__(self, size: tuple[float, float]) -> None:
        super().__init__(figsize=size, dpi=72, layout="constrained")
        self._agg = FigureCanvasAgg(self)
        self._movers: list[Artist] = []
        self._ground: tuple[Any, Any] | None = None

    def moving(self, artist: A) -> A:
        """Mark an artist as one that moves, and return it. It lies where its zorder puts it among those that move."""
        artist.set_animated(True)
        self._movers.append(artist)
        return artist

    def png(self) -> bytes:
        """Return the present frame as PNG bytes."""
        self._agg.restore_region(self._still())
        for artist in sorted([*self._frames(), *self._movers], key=lambda one: one.get_zorder()):
            artist.draw(self._agg.get_renderer())
        return encoded(self._agg)

    def _still(self) -> Any:
        """What does not move: drawn the first time, and after the axes were put elsewhere."""
        if self._ground is None or self._ground[0] != self._places():
            self._leave_out_frames(True)
            self._agg.draw()
            self._leave_out_frames(False)
            self._ground = self._places(), self._agg.copy_from_bbox(self.bbox)
        return self._ground[1]

    def _frames(self) -> list[Artist]:
        """The axes' frames, which lie above bars and images that move."""
        return [spine for ax in self.axes if ax.axison for spine in ax.spines.values()]

    def _leave_out_frames(self, are_left_out: bool) -> None:
        for frame in self._frames():
            frame.set_animated(are_left_out)

    def _places(self) -> list[tuple[float, ...]]:
        return [ax.get_position(original=True).bounds for ax in self.axes]


class Kept:
    """The last thing that was made, by what it was made of: `kept.of(key, make)` makes it only for a new key."""

    def __init__(self) -> None:
        self._key: Any = self
        self._made: Any = None

    def of(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what `make` made for this key."""
        if key != self._key:
            self._key, self._made = key, make()
        return self._made
