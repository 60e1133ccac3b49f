"""Borrowed from IPython, ipykernel and Jupyter's servers: whether this is a notebook, which, and what ran in it.

Nothing is imported for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
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


def watch_cells(tell: Callable[[str, str, BaseException | None, bool], None]) -> None:
    """Have `tell(text, cell_id, problem, was_read)` called after each cell that this kernel runs from now on.

    `cell_id` is the notebook's own id of the cell, "" where the front end does not send it. `was_read` is False of a
    text that is not Python, none of which ran.

    Borrowed: the event `post_run_cell`, which is told also of a text that does not parse, and of its result the names
    `info.raw_cell`, `info.cell_id`, `error_before_exec` and `error_in_exec`.
    """

    def after(result: Any) -> None:
        info = result.info
        before, during = result.error_before_exec, result.error_in_exec
        tell(str(info.raw_cell or ""), str(getattr(info, "cell_id", "") or ""), before or during, before is None)

    shell().events.register("post_run_cell", after)


def before_cells(do: Callable[[], None]) -> None:
    """Have `do()` called before each cell that this kernel runs from now on.

    Borrowed: the event `pre_run_cell`, which gives its listener one argument.
    """
    shell().events.register("pre_run_cell", lambda info: do())


def show_instead(
    kind: type[BaseException], card_of: Callable[[BaseException], object | None], show: Callable[[object], object]
) -> None:
    """Have `show(card)` called in place of a traceback when a cell ends in an exception of a kind.

    Args:
        kind: the exception's class.
        card_of: gives what to show; None where the traceback is to be shown as ever.
        show: shows it.

    The cell has failed all the same: what runs a notebook from top to bottom stops there.

    Borrowed: `set_custom_exc`, and `showtraceback` with the arguments that it gives its handler.
    """

    def handle(running: Any, etype: Any, value: Any, trace: Any, tb_offset: Any = None) -> None:
        card = card_of(value)
        if card is None:
            running.showtraceback((etype, value, trace), tb_offset=tb_offset)
        else:
            show(card)

    shell().set_custom_exc((kind,), handle)


def show_for_now(thing: object) -> Callable[[], None]:
    """Show something below the running cell, also from another thread, and return what takes it away.

    Borrowed: `display` of IPython, which gives a handle when asked for one, and that a handle's update replaces all
    that is shown.
    """
    from IPython.display import display

    handle = display(thing, display_id=True)  # type: ignore[no-untyped-call]
    return lambda: handle.update({"text/plain": "", "text/html": ""}, raw=True) if handle is not None else None
