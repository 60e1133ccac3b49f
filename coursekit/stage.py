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
        """Mark an artist as one that moves, and return it. Later ones are drawn above earlier ones."""
        artist.set_animated(True)
        self._movers.append(artist)
        return artist

    def png(self) -> bytes:
        """Return the present frame as PNG bytes."""
        self._agg.restore_region(self._still())
        for artist in self._movers:
            artist.draw(self._agg.get_renderer())
        return encoded(self._agg)

    def _still(self) -> Any:
        """What does not move: drawn the first time, and after the axes were put elsewhere."""
        if self._ground is None or self._ground[0] != self._places():
            self._agg.draw()
            self._ground = self._places(), self._agg.copy_from_bbox(self.bbox)
        return self._ground[1]

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
