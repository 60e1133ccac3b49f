"""A real kernel in which a student's notebook is open, driven as JupyterLab drives it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

PATIENCE = 120  # seconds: the machine may be busy


@dataclass
class Shown:
    """What stands below a cell when it has run: outputs by MIME type, displayed ones as they were updated last."""

    outputs: list[dict[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    status: str = ""

    @property
    def text(self) -> str:
        """All outputs as text."""
        return "\n".join(one.get("text/plain", "") for one in self.outputs)

    @property
    def html(self) -> str:
        """All outputs as HTML."""
        return "\n".join(one.get("text/html", "") for one in self.outputs)


class Kernel:
    """A kernel in a chapter's folder, with one of its notebooks open."""

    def __init__(self, notebook: Path) -> None:
        self.notebook = notebook
        self._manager = KernelManager(kernel_name="python3")
        env = {**os.environ, "JPY_SESSION_NAME": str(notebook), "OMP_NUM_THREADS": "1"}
        self._manager.start_kernel(cwd=str(notebook.parent), env=env)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)

    def interrupt(self) -> None:
        """Press the stop button."""
        self._manager.interrupt_kernel()

    def restart(self) -> None:
        """Restart, and forget every cell."""
        self._manager.restart_kernel(now=True)
        self._client.wait_for_ready(timeout=PATIENCE)

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, text: str, cell_id: str = "", look: Callable[[Shown], None] = lambda shown: None) -> Shown:
        """Run a cell and return what it shows; `look` sees it whenever something is added."""
        content = {
            "code": text,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        session = self._client.session
        message = session.msg("execute_request", content, metadata={"cellId": cell_id} if cell_id else {})
        self._client.shell_channel.send(message)
        shown, places, asked = Shown(), {}, message["header"]["msg_id"]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            said = self._client.get_iopub_msg(timeout=PATIENCE)
            if said["parent_header"].get("msg_id") != asked:
                continue
            if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                break
            _add(shown, said, places)
            look(shown)
        while (reply := self._client.get_shell_msg(timeout=PATIENCE))["parent_header"].get("msg_id") != asked:
            pass  # what answered a question before this one
        shown.status = reply["content"]["status"]
        return shown


def _add(shown: Shown, said: dict[str, Any], places: dict[str, int]) -> None:
    kind, content = said["msg_type"], said["content"]
    if kind in ("execute_result", "display_data"):
        places[content.get("transient", {}).get("display_id", "")] = len(shown.outputs)
        shown.outputs.append(content["data"])
    elif kind == "update_display_data":
        shown.outputs[places[content["transient"]["display_id"]]] = content["data"]
    elif kind == "stream":
        shown.outputs.append({"text/plain": content["text"]})
    elif kind == "error":
        shown.errors.append("\n".join(content["traceback"]))
