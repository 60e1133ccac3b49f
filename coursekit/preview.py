"""A picture that grows while a long run goes on: shown where somebody watches, and nothing anywhere else.

with preview("The image so far") as show:
    for step in track(range(200), "transfer"):
        ...
        show(image)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import torch
from PIL import Image

from coursekit.frontend import has_front_end
from coursekit.theme import layer_around

BETWEEN = 0.4  # seconds from one picture to the next: encoding and sending it takes time from the run
WHOLE = layer_around([(0.0, 0.0, 1.0, 1.0)])  # an image keeps its colours in a dark theme
HEIGHT = 224  # screen pixels of a small image: it is shown in whole multiples of its own


@contextmanager
def preview(alt: str, seconds: float = BETWEEN) -> Iterator[Callable[[torch.Tensor], None]]:
    """Yield a function that shows an image in place of the one before it, at most once in so many seconds.

    It takes (3, H, W) or (1, 3, H, W), values in [0, 1] or a little outside, of any float dtype; one that is part of a
    graph may be handed over as it is. Where nobody watches, it does nothing. The last image shown stays.

    Args:
        alt: what the picture shows, in a sentence.
        seconds: the least time between two pictures.
    """
    if not has_front_end():
        yield lambda image: None
        return
    from IPython.display import display

    from coursekit.click import DescribedImage

    shown = DescribedImage()
    due, kept = 0.0, None

    def show(image: torch.Tensor) -> None:
        nonlocal due, kept
        kept = image.detach()
        if time.monotonic() < due:
            return
        if due == 0.0:
            display(shown)
        shown.show(png_of(kept), alt, WHOLE)
        due, kept = time.monotonic() + seconds, None

    try:
        yield show
    finally:
        if kept is not None and due > 0.0:
            shown.show(png_of(kept), alt, WHOLE)


def png_of(image: torch.Tensor) -> bytes:
    """Return an image, (3, H, W) or (1, 3, H, W) in [0, 1], as a PNG file; what lies outside is cut off.

    >>> png_of(torch.zeros(3, 8, 8))[1:4]
    b'PNG'
    """
    one = image.detach().reshape(image.shape[-3:]).float().clamp(0, 1)
    pixels = (one * 255).round().byte().permute(1, 2, 0).cpu().contiguous().numpy()
    times = max(1, round(HEIGHT / pixels.shape[0]))
    picture = Image.fromarray(pixels).resize(
        (times * pixels.shape[1], times * pixels.shape[0]), Image.Resampling.NEAREST
    )
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
