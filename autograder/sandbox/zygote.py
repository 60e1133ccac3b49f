"""The zygote: a warm Python inside bubblewrap that forks a child for each submission.

Started by path, as a script, by process.py; speaks only with the grader, over one Unix socket whose number
is its argument. It imports torch once, on one thread, and never runs a line of a student's: it forks, the
child puts on its layers (layers.py) and becomes a worker (worker.py).

In the box the name `autograder` is a package with the same modules and a `check` that does nothing: setup
cells import it, and nothing is checked here.
"""

from __future__ import annotations

import base64
import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from autograder.sandbox.layers import Plan

NOBODY = 65534
LENGTH = struct.Struct("<I")


def stand_in_for_autograder() -> None:
    """Make `from autograder import check` harmless, with the package's modules still importable."""
    package = types.ModuleType("autograder")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    package.check = lambda *names, **options: None  # type: ignore[attr-defined]
    sys.modules["autograder"] = package


@dataclass
class Settings:
    """What the grader tells its zygote once."""

    limits: dict[str, Any]
    preload: list[str]
    site: list[str]
    readable: list[str]
    allow_missing: list[str]
    program: str | None


def receive_settings(control: socket.socket) -> Settings:
    """Read the one message that comes before the first spawn."""
    size = LENGTH.unpack(_exactly(control, LENGTH.size))[0]
    return Settings(**json.loads(_exactly(control, size)))


def _exactly(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = control.recv(size - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


def send(control: socket.socket, message: dict[str, Any]) -> None:
    """Send one JSON message with its length."""
    data = json.dumps(message).encode()
    control.sendall(LENGTH.pack(len(data)) + data)


def become_nobody() -> None:
    """As root, give root up before anything is imported; an ordinary user stays who they are.

    For root, bubblewrap covers parts of /proc, and a child could then mount none of its own: the kernel
    asks for one that is wholly visible. So a fresh one is mounted with the last of the rights.
    """
    if os.getuid() == 0:
        from autograder.sandbox import kernel

        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        kernel.make_dumpable()


def warm_up(preload: list[str]) -> dict[str, str]:
    """Import torch and what the course's cells import; return what could not be imported, and why."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    problems = {}
    for name in preload:
        try:
            importlib.import_module(name)
        except Exception as problem:
            problems[name] = f"{type(problem).__name__}: {problem}"[:300]
    _first_operations(torch)
    return problems


def _first_operations(torch: Any) -> None:
    """Do once what torch prepares at first use. No backward pass: its engine's threads don't survive a fork."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    x = torch.ones(4, 4)
    torch.nn.functional.conv2d(x[None, None], x[None, None]).sum()
    (x @ x).softmax(dim=1).add(torch.randn(4)).sum().item()
    with FakeTensorMode():
        torch.empty(2, 2, device="cuda") @ torch.empty(2, 2, device="cuda")


def count_threads() -> int:
    """Return the number of threads of this process: more than one does not survive a fork."""
    return len(os.listdir("/proc/self/task"))


def address_space() -> int:
    """Return the bytes of address space in use: the limit counts them, so it starts from there."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def serve(control: socket.socket, plan: Plan, allow_missing: list[str]) -> None:
    """Fork a child for each request, until the grader closes the socket."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 3)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            guard(descriptors, plan, allow_missing)
        for descriptor in descriptors:
            os.close(descriptor)


def guard(descriptors: list[int], plan: Plan, allow_missing: list[str]) -> NoReturn:
    """Between the zygote and one child: enter the namespaces, fork the child, report how it ended.

    Sends the child's pidfd over the status socket at its start, and its end as JSON.
    """
    from autograder.sandbox import kernel, layers, worker

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel, output, status = descriptors
    wardrobe = layers.Wardrobe(allow_missing)
    try:
        kernel.die_with_parent()
        layers.enter(wardrobe)
    except layers.LayerFailed as failed:
        worker.report_failure(channel, failed)
        os._exit(1)
    child = os.fork()
    if child == 0:
        os.close(status)
        worker.main(channel, output, wardrobe, plan)
    os.close(channel)
    os.close(output)
    report_end(status, child)


def report_end(status: int, child: int) -> NoReturn:
    """Hand the child's pidfd to the grader, wait for its end and say how it was."""
    with socket.socket(fileno=status) as line:
        socket.send_fds(line, [b"p"], [os.pidfd_open(child)])
        _, code, usage = os.wait4(child, 0)
        end = {
            "signal": os.WTERMSIG(code) if os.WIFSIGNALED(code) else 0,
            "exit": os.WEXITSTATUS(code) if os.WIFEXITED(code) else 0,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
        }
        line.sendall(json.dumps(end).encode())
    os._exit(0)


def main() -> None:
    """Get the settings, warm up, say so, serve."""
    stand_in_for_autograder()
    become_nobody()
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = receive_settings(control)
    sys.path.extend(settings.site)
    problems = warm_up(settings.preload)
    from autograder.sandbox.layers import Plan
    from autograder.sandbox.limits import Limits
    from autograder.sandbox.worker import warm_protocol

    warm_protocol()
    program = None if settings.program is None else base64.b64decode(settings.program)
    plan = Plan(Limits(**settings.limits), settings.readable, program, address_space())
    gc.collect()
    gc.freeze()
    send(control, {"threads": count_threads(), "not_loaded": problems})
    serve(control, plan, settings.allow_missing)


if __name__ == "__main__":
    main()
