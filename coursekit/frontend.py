"""Who looks at a notebook's output: a person at a front end, or a file that is read later."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any

from coursekit.theme import CSS, Box, layer_around

SETTING = "KERNEL_SCHOOL_WIDGETS"
# What the servers of JupyterLab, VS Code and Colab set for the kernels that a person sits at.
_FRONT_ENDS = ("JPY_SESSION_NAME", "VSCODE_PID", "COLAB_RELEASE_TAG")

Bundle = tuple[dict[str, Any], dict[str, Any]]


def has_front_end() -> bool:
    """Return whether a person sits at the notebook: KERNEL_SCHOOL_WIDGETS=1 or 0 decides, else a guess."""
    setting = os.environ.get(SETTING)
    if setting is not None:
        return setting not in ("", "0")
    return any(name in os.environ for name in _FRONT_ENDS)


def described_png(
    png: bytes,
    description: str,
    *,
    sharp: bytes | None = None,
    width: int | None = None,
    photographs: Sequence[Box] = (),
) -> Bundle:
    """Return a picture with its description as Jupyter's data and metadata.

    JupyterLab drops the description of an image/png, so that a screen reader would find a nameless
    image. A person's notebook therefore gets the picture as HTML too, which follows the theme. A built one does
    without: the picture would be in the file twice.

    Args:
        png: the picture, a pixel a point.
        description: what it shows.
        sharp: the same with more pixels, for screens that have them.
        width: of the picture in points; None takes what the file has.
        photographs: where it keeps its colours in a dark theme, as `coursekit.theme.photographs_in` gives it.
    """
    data: dict[str, Any] = {"image/png": png, "text/plain": description}
    if has_front_end():
        data["text/html"] = _html(sharp or png, description, width, photographs)
    return data, {"image/png": {"alt": description}}


def _html(png: bytes, description: str, width: int | None, photographs: Sequence[Box]) -> str:
    size = "" if width is None else f' width="{width}"'
    # In styles of its own, too: JupyterLab drops <style> from a notebook that it does not trust.
    return (
        f'<div class="ks-picture" style="max-width:100%"><style>{CSS}</style>'
        f'<img alt="{escape(description)}"{size} src="data:image/png;base64,{b64encode(png).decode()}">'
        f'<div class="ks-turned" style="clip-path:{layer_around(photographs)}"></div></div>'
    )
