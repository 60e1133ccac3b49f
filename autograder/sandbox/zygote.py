"""The zygote: a warm Python inside bubblewrap that forks a child for each submission.

Started by path, as a script, by box.py; speaks only with the grader, over one Unix socket whose number
is its argument. It imports torch once, on one thread, and never runs a line of a student's: it forks, the
child puts on its layers (layers.py) and runs the code (inside.py).

In the box the name `autograder` is a package with the same modules and a `check` that does nothing: setup
cells import it, and nothing is checked here.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import json
import os
import select
import socket
import struct
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.sandbox.layers import LayerPlan

NOBODY = 65534
HUGE = 2 * 1024 * 1024
LENGTH = struct.Struct("<I")


def stand_in_for_autograder() -> None:
    """Make what a notebook imports of `autograder` harmless, with the package's modules still importable."""
    package = types.ModuleType("autograder")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    for name in ("check", "doctor", "failing", "others", "pack", "progress"):
        setattr(package, name, _nothing)
    package.checks_of = lambda *names, **options: _nothing  # type: ignore[attr-defined]
    sys.modules["autograder"] = package


def _nothing(*names: Any, **options: Any) -> None:
    """What is asked of the grader in the box does nothing."""


@dataclass
class Settings:
    """What the grader tells its zygote once."""

    limits: dict[str, Any]
    preload: list[str]
    warm: bool
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


def warm_up(preload: list[str], warm: bool) -> dict[str, str]:
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
    if warm:
        _first_operations(torch)
    return problems


def _first_operations(torch: Any) -> None:
    """Do once what torch prepares at first use.

    No backward pass: its engine's threads don't survive a fork. And no fake CUDA tensor: torch then counts eight
    GPUs, and a child's first backward pass starts a thread for each, which crash.
    """
    from autograder.seams.torch_internals import prepare

    prepare()
    x = torch.ones(4, 4)
    torch.nn.functional.conv2d(x[None, None], x[None, None]).sum()
    (x @ x).softmax(dim=1).add(torch.randn(4)).sum().item()


def gather_pages() -> None:
    """Ask the kernel to hold our memory in pages of 2 MiB: a fork copies their table, and is four times faster.

    Where the kernel can't (before Linux 6.1, or switched off), forks are slower and nothing else changes.
    """
    from autograder.sandbox import kernel

    for line in Path("/proc/self/maps").read_text().splitlines():
        span, rights, _, _, inode, *name = line.split()
        if rights == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            low, high = (int(word, 16) for word in span.split("-"))
            low, high = -(-low // HUGE) * HUGE, high // HUGE * HUGE
            if low < high:
                kernel.collapse_pages(low, high - low)


def count_threads() -> int:
    """Return the number of threads of this process: more than one does not survive a fork."""
    return len(os.listdir("/proc/self/task"))


def serve(control: socket.socket, plan: LayerPlan) -> None:
    """Fork a child for each request and report how each ends, until the grader closes the socket."""
    home = os.open("/proc/self/ns/pid", os.O_RDONLY)
    children: dict[int, Running] = {}
    while True:
        ready = select.select([control.fileno(), *children], [], [])[0]
        for ended in children.keys() & set(ready):
            children.pop(ended).report_end()
        if control.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 3)
            if not message:
                return
            running = spawn(control, descriptors, plan, home)
            children[running.pidfd] = running


@dataclass
class Running:
    """One child that has not ended yet, and the socket on which its end is told."""

    pid: int
    pidfd: int
    status: socket.socket

    def report_end(self) -> None:
        """Say how the child ended: signal, exit code, processor time."""
        _, code, usage = os.wait4(self.pid, 0)
        os.close(self.pidfd)
        end = {
            "signal": os.WTERMSIG(code) if os.WIFSIGNALED(code) else 0,
            "exit": os.WEXITSTATUS(code) if os.WIFEXITED(code) else 0,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
        }
        with self.status, contextlib.suppress(OSError):  # the grader may have turned away
            self.status.sendall(json.dumps(end).encode())


def spawn(control: socket.socket, descriptors: list[int], plan: LayerPlan, home: int) -> Running:
    """Fork one child as the first process of a new PID namespace, and hand its pidfd to the grader."""
    from autograder.sandbox import inside, kernel

    channel, output, status = descriptors
    problem = None
    try:
        kernel.unshare(kernel.CLONE_NEWPID)
    except OSError as refused:
        problem = refused
    pid = kernel.fork()
    if pid == 0:
        control.close()
        os.close(status)
        inside.main(channel, output, plan, problem)
    if problem is None:
        kernel.setns(home, kernel.CLONE_NEWPID)
    os.close(channel)
    os.close(output)
    running = Running(pid, os.pidfd_open(pid), socket.socket(fileno=status))
    with contextlib.suppress(OSError):
        socket.send_fds(running.status, [b"p"], [running.pidfd])
    return running


def enter_namespaces(allow_missing: list[str]) -> str | None:
    """Go on as the first process of a PID namespace of our own, with every right over nothing but it.

    The rights are what makes a child's namespaces in one fork; a child gives them up. Returns what was
    refused when that may be missing, else raises it.
    """
    from autograder.sandbox import kernel, layers

    try:
        layers.own_user_namespace(kernel.CLONE_NEWPID | kernel.CLONE_NEWNS)
    except OSError as refused:
        if "user namespace" not in allow_missing:
            raise
        return str(refused)
    zygote = os.fork()
    if zygote:
        os.close(int(sys.argv[1]))
        os._exit(os.waitstatus_to_exitcode(os.waitpid(zygote, 0)[1]) & 0xFF)
    kernel.die_with_parent()
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    return None


def main() -> None:
    """Get the settings, warm up, say so, serve."""
    stand_in_for_autograder()
    become_nobody()
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = receive_settings(control)
    try:
        enter_namespaces(settings.allow_missing)
    except OSError as refused:
        send(control, {"failed": ["user namespace", str(refused)]})
        return
    sys.path.extend(settings.site)
    problems = warm_up(settings.preload, settings.warm)
    from autograder.plain.limits import Limits
    from autograder.sandbox.inside import open_streams, warm_protocol
    from autograder.sandbox.kernel import address_space
    from autograder.sandbox.layers import LayerPlan

    warm_protocol()
    open_streams()
    program = None if settings.program is None else base64.b64decode(settings.program)
    gc.collect()
    gc.freeze()
    if settings.warm:
        gather_pages()
    plan = LayerPlan(Limits(**settings.limits), settings.readable, program, address_space(), settings.allow_missing)
    send(control, {"threads": count_threads(), "not_loaded": problems})
    serve(control, plan)


if __name__ == "__main__":
    main()
