"""How a picture, drawn on white, follows a dark page: its lightness is turned, and photographs stay as they are.

Over the picture lies an empty layer, which the dark theme of JupyterLab, VS Code or Colab makes a filter: each channel
c of a pixel becomes c + 1 - 2 L, L its lightness, so that black and white change places and a blue line stays blue.
The layer has holes over photographs and heat maps, whose colours mean what they are. So there is one picture for both
themes, nothing is drawn twice, and it turns when the theme is changed without running anything. Where the theme can't
be told, the picture stays on its own white ground, which reads on any page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.transforms import Bbox

Box = tuple[float, float, float, float]
_DARK = (
    'body[data-jp-theme-light="false"]',  # JupyterLab
    "body.vscode-dark",
    "body.vscode-high-contrast:not(.vscode-high-contrast-light)",
    'html[theme="dark"]',  # Colab
)
# White becomes the ground of JupyterLab's dark cells, #121212, and not quite black.
_TURNED = "invert(0.93) hue-rotate(180deg)"
CSS = (
    ".ks-picture{position:relative;display:inline-block;max-width:100%}"
    ".ks-picture img{display:block;max-width:100%;height:auto}"
    ".ks-turned{position:absolute;inset:0;pointer-events:none}"
    f"{','.join(f'{one} .ks-turned' for one in _DARK)}"
    f"{{-webkit-backdrop-filter:{_TURNED};backdrop-filter:{_TURNED}}}"
)


def photographs_in(picture: Figure) -> list[Box]:
    """Return where a drawn picture keeps its colours: its images and the bars that explain them.

    An image that others lie upon, of some transparency (as `decision_regions` has), is not one of them.

    Returns (left, top, right, bottom) of each, as shares of the width and the height.
    """
    width, height = picture.bbox.size
    images = (one for ax in picture.axes if ax.get_visible() for one in ax.get_children() if _is_image(one))
    places = ((max(x0, 0.0), max(y0, 0.0), x1, y1) for x0, y0, x1, y1 in map(_place_of, images))
    boxes = ((x0 / width, 1 - y1 / height, x1 / width, 1 - y0 / height) for x0, y0, x1, y1 in places)
    return [one for one in boxes if one[0] < one[2] and one[1] < one[3]]


def layer_around(boxes: Iterable[Box]) -> str:
    """Return the CSS `clip-path` of a layer with a hole at each of these boxes; "none" without any."""
    around = ["0 0,100% 0,100% 100%,0 100%,0 0", *(f"{','.join(_corners(*box))},0 0" for box in boxes)]
    return f"polygon(evenodd,{','.join(around)})" if len(around) > 1 else "none"


def _corners(left: float, top: float, right: float, bottom: float) -> list[str]:
    """Return the way round a box, from the left top corner and back to it."""
    way = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return [f"{across:.2%} {down:.2%}" for across, down in way]


def _is_image(artist: Any) -> bool:
    return isinstance(artist, AxesImage | QuadMesh) and artist.get_visible() and artist.get_alpha() in (None, 1)


def _place_of(image: Any) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top in pixels."""
    frame = image.axes.bbox
    # A mesh fills its axes: it is a colour bar's, or a heat map's.
    inside = frame if isinstance(image, QuadMesh) else Bbox.intersection(frame, image.get_window_extent())
    return tuple(map(float, inside.extents)) if inside is not None else (0.0, 0.0, 0.0, 0.0)  # type: ignore[return-value]
