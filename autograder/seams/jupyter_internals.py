"""Borrowed from IPython, ipykernel and Jupyter's servers: whether this is a notebook, and which.

Nothing is imported for it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def in_kernel() -> bool:
    """Whether this process is a kernel of Jupyter's: ipykernel is imported before any cell runs.

    If it weren't, the first check of a notebook would pay for what its import pays for now.
    """
    return "ipykernel" in sys.modules


def shell() -> Any:
    """Return IPython's shell where this is a notebook or a terminal of IPython's, or None.

    Borrowed: that whoever has a shell has imported IPython, and that `user_ns` holds the names that cells define.
    """
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def notebook_name() -> str:
    """Return the name of the open notebook without its ending, or "" where nobody says it."""
    path = notebook_path()
    return path.stem if path else ""


def notebook_path() -> Path | None:
    """Return where the open notebook lies, or None where nobody says it.

    Borrowed: JPY_SESSION_NAME, which Jupyter's server sets for a notebook's kernel, and the name that VS Code puts
    into its namespace. Both have the whole path, which need not be in the folder that the kernel works in.
    """
    running = shell()
    in_vscode = running.user_ns.get("__vsc_ipynb_file__") if running is not None else None
    said = os.environ.get("JPY_SESSION_NAME") or str(in_vscode or "")
    return Path(said) if said else None
