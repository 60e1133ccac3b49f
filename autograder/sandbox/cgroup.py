"""A control group around one zygote and its children: memory and processes, where the machine lets us.

Both layouts are known. Version 1 has a tree for each controller; version 2 one tree for all. A group is made
below the grader's own, or below its ancestors. An ordinary user can make one only where systemd delegates
(`systemd-run --user --scope autograder grade ...`), so this layer is used when it can be had, and its
absence is said in every report. The rlimits and the bounded tmpfs hold without it, because a child can't fork.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

_counter = itertools.count()


class Cgroup:
    """One group for each controller that could be had. `names` are its layers' names."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}
        name = f"autograder-{os.getpid()}-{next(_counter)}"
        for controller, bound in (("memory", "memory.max"), ("pids", "pids.max")):
            folder = _make(name, controller, bound)
            if folder is not None:
                self.folders[controller] = folder

    @property
    def names(self) -> list[str]:
        """The layers that these groups are."""
        return [f"cgroup {controller}" for controller in self.folders]

    @property
    def entrances(self) -> list[str]:
        """The files that a process writes 0 into to join."""
        return sorted({str(folder / "cgroup.procs") for folder in self.folders.values()})

    def limit_processes(self, count: int) -> None:
        """Allow so many processes and threads."""
        if "pids" in self.folders:
            (self.folders["pids"] / "pids.max").write_text(str(count))

    def limit_memory(self, extra: int) -> None:
        """Allow `extra` bytes beyond what is in use now; no swap."""
        if "memory" not in self.folders:
            return
        folder = self.folders["memory"]
        version_2 = (folder / "memory.max").exists()
        now = int((folder / ("memory.current" if version_2 else "memory.usage_in_bytes")).read_text())
        names = (
            ("memory.max", "memory.swap.max") if version_2 else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        )
        for name, amount in zip(names, (now + extra, 0 if version_2 else now + extra), strict=True):
            with contextlib.suppress(OSError):  # there is no swap to bound on many machines
                (folder / name).write_text(str(amount))

    def kills(self) -> int:
        """Return how many processes the kernel has killed here for memory."""
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError, KeyError):
                found = re.search(r"^oom_kill (\d+)", (self.folders["memory"] / name).read_text(), re.MULTILINE)
                return int(found[1]) if found else 0
        return 0

    def close(self) -> None:
        """Remove the groups; the last processes in them may take a moment to go."""
        for folder in set(self.folders.values()):
            for _ in range(50):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.02)
        self.folders = {}


def _make(name: str, controller: str, bound: str) -> Path | None:
    for parent, is_v2 in _parents(controller):
        folder = parent / name
        _sweep(parent)
        try:
            folder.mkdir(exist_ok=True)
        except OSError:
            continue
        wanted = bound if is_v2 or controller == "pids" else "memory.limit_in_bytes"
        if (folder / wanted).exists() and os.access(folder / wanted, os.W_OK) and _can_enter(folder):
            return folder
        with contextlib.suppress(OSError):
            folder.rmdir()
    return None


def _sweep(parent: Path) -> None:
    """Remove the empty groups of graders that were killed before they could."""
    for folder in parent.glob("autograder-*-*"):
        _, pid, _ = folder.name.split("-")
        if not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _can_enter(folder: Path) -> bool:
    """Whether a process may be moved there: tried with a real one, since rights and rules both decide it."""
    child = os.posix_spawn("/bin/sh", ["sh", "-c", 'echo 0 2>/dev/null >"$0"', str(folder / "cgroup.procs")], {})
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _parents(controller: str) -> Iterator[tuple[Path, bool]]:
    """Yield the folders that a group could be made in, the grader's own first, and whether it is version 2."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        for root in _mounts(controller if controllers else None):
            own = root / path.lstrip("/")
            yield own, not controllers
            if own != root:
                yield own.parent, not controllers
                yield root, not controllers


def _mounts(controller: str | None) -> Iterator[Path]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        if (controller is None and kind == "cgroup2") or (kind == "cgroup" and controller in options.split(",")):
            yield Path(left.split()[4])
