"""A picture as a built notebook keeps it: in the fewest bytes that look the same.

Lines and letters are a PNG of few colours, which Zopfli packs a seventh tighter than zlib can. Photographs, heat maps
and noise are a JPEG where that is smaller: as a palette they would have bands, and twice the bytes. Of the pictures
that can be smaller still (WebP, AVIF), nbconvert and GitHub show none.
"""

from __future__ import annotations

import base64
import io
from typing import Any

PNG, JPEG = "image/png", "image/jpeg"
# A picture gets as few colours as look the same: lines and letters 16, a photograph 64. Off is a pixel of which a
# channel moves by more than 40 of 255; the last palette may be off by as much as it is.
PALETTES = (16, 32, 64)
MOST_MEAN, OFF, MOST_OFF = 2.0, 40, 0.0015
QUALITY = 65  # letters on white stay clean; below 60 a grey haze is seen around them


def smallest(png: str) -> tuple[str, str]:
    """Return the MIME type and the bytes, in base64, of what is kept of a PNG; one that can't be smaller stays.

    Args:
        png: the file's bytes in base64, as a notebook holds them.
    """
    before = base64.b64decode(png)
    plain, is_stored = _opened(before)
    if is_stored:
        return PNG, png
    ways = [(PNG, before), (PNG, in_palette(plain)), (JPEG, _as_jpeg(plain))]
    kind, after = min(ways, key=lambda way: len(way[1]))
    return kind, base64.b64encode(after).decode("ascii")


def _opened(png: bytes) -> tuple[Any, bool]:
    """Return a picture on white, and whether it has its palette already."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        plain = Image.new("RGB", picture.size, "white")
        plain.paste(picture, mask=picture.getchannel("A") if "A" in picture.getbands() else None)
        return plain, picture.mode == "P" and plain.getcolors(PALETTES[-1]) is not None


def in_palette(picture: Any) -> bytes:
    """Return a PIL image as a PNG of the fewest colours that look the same."""
    import zopfli.png

    tried = (_as_png(picture, colours) for colours in PALETTES)
    found = next((one for one in tried if _looks_the_same(picture, one)), None) or _as_png(picture, PALETTES[-1])
    return bytes(zopfli.png.optimize(found))


def _as_png(picture: Any, colours: int) -> bytes:
    from PIL import Image

    kept = io.BytesIO()
    picture.quantize(colours, kmeans=1, dither=Image.Dither.NONE).save(kept, format="PNG", optimize=True)
    return kept.getvalue()


def _as_jpeg(picture: Any) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, format="JPEG", quality=QUALITY, optimize=True, progressive=True, subsampling="4:2:0")
    return kept.getvalue()


def _looks_the_same(picture: Any, png: bytes) -> bool:
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(png)) as other:
        apart = np.abs(np.asarray(picture, dtype=int) - np.asarray(other.convert("RGB"), dtype=int))
    return bool(apart.mean() <= MOST_MEAN and (apart.max(axis=-1) > OFF).mean() <= MOST_OFF)
