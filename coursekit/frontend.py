"""Who looks at a notebook's output: a person at a front end, or a file that is read later."""

from __future__ import annotations

import os
from base64 import b64encode
from html import escape
from typing import Any

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


def described_png(png: bytes, description: str) -> Bundle:
    """Return a picture with its description as Jupyter's data and metadata.

    JupyterLab drops the description of an image/png, so that a screen reader would find a nameless
    image. A person's notebook therefore gets the picture as HTML too. A built one does without: the
    picture would be in the file twice.
    """
    data: dict[str, Any] = {"image/png": png, "text/plain": description}
    if has_front_end():
        source = f"data:image/png;base64,{b64encode(png).decode()}"
        data["text/html"] = f'<img alt="{escape(description)}" src="{source}">'
    return data, {"image/png": {"alt": description}}
