"""The layers that a child puts on, in order, before it sees a line of the student's.

A layer that fails ends the child with its name, unless the grader was told that it may be missing;
what is missing is reported, never passed over.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from autograder.plain.limits import Limits
from autograder.sandbox import kernel, landlock

SCRATCH = "/scratch"  # the one folder that a child may write to; /tmp points here
INSIDE_ID = 1000  # who the student is inside: nobody that exists outside
NAMESPACES = {
    "mount namespace": kernel.CLONE_NEWNS,
    "network namespace": kernel.CLONE_NEWNET,
    "ipc namespace": kernel.CLONE_NEWIPC,
    "uts namespace": kernel.CLONE_NEWUTS,
    "cgroup namespace": kernel.CLONE_NEWCGROUP,
}
OF_A_CHILD = (
    "pid namespace",
    *NAMESPACES,
    "private proc",
    "tmpfs",
    "user namespace",
    "capabilities",
    "rlimits",
    "no new privileges",
    "landlock",
    "seccomp",
)
_SAFE = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC


class LayerFailed(Exception):
    """A layer that must be there could not be put on."""

    def __init__(self, layer: str, problem: str) -> None:
        super().__init__(layer, problem)
        self.layer, self.problem = layer, problem


@dataclass
class LayerStack:
    """Puts layers on one by one and keeps what each cost and which is missing."""

    allow_missing: Collection[str]
    missing: dict[str, str] = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)

    def put_on(self, layer: str, action: Callable[[], None]) -> None:
        """Run the action; on OSError, note the layer as missing if that is allowed, else raise LayerFailed."""
        began = time.perf_counter()
        try:
            action()
        except (OSError, ValueError) as problem:
            if layer not in self.allow_missing:
                raise LayerFailed(layer, str(problem)) from None
            self.missing[layer] = str(problem)
        self.milliseconds[layer] = round((time.perf_counter() - began) * 1000, 3)


@dataclass(frozen=True)
class LayerPlan:
    """What every child of one zygote puts on."""

    limits: Limits
    readable: Sequence[str]
    program: bytes | None
    address_space: int
    allow_missing: Collection[str] = ()


def own_user_namespace(others: int = 0) -> None:
    """Enter a fresh user namespace, together with `others`, as nobody that exists outside."""
    uid, gid = os.getuid(), os.getgid()
    kernel.unshare(kernel.CLONE_NEWUSER | others)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{INSIDE_ID} {uid} 1")
    _write("/proc/self/gid_map", f"{INSIDE_ID} {gid} 1")


def settle(stack: LayerStack, plan: LayerPlan, pid_problem: OSError | None) -> None:
    """Put every layer on, in the order in which each still has the rights that it needs.

    Nothing of the student's runs before. The PID namespace came with the fork (zygote.py); `pid_problem` is
    why it did not.
    """

    def born_in_a_pid_namespace() -> None:
        if pid_problem is not None:
            raise pid_problem

    stack.put_on("pid namespace", born_in_a_pid_namespace)
    for name, flag in NAMESPACES.items():
        stack.put_on(name, lambda flag=flag: kernel.unshare(flag))  # type: ignore[misc]
    own_mounts = "mount namespace" not in stack.missing
    if own_mounts:
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    stack.put_on("private proc", lambda: _private_proc(own_mounts and "pid namespace" not in stack.missing))
    stack.put_on("tmpfs", lambda: _tmpfs(own_mounts, plan.limits))
    stack.put_on("user namespace", own_user_namespace)
    stack.put_on("capabilities", kernel.drop_capabilities)
    stack.put_on("rlimits", lambda: _rlimits(plan))
    stack.put_on("no new privileges", kernel.no_new_privileges)
    writable = (SCRATCH, "/dev/null", "/dev/zero", "/dev/full")
    stack.put_on("landlock", lambda: landlock.restrict((*plan.readable, "/proc", "/dev"), writable))
    stack.put_on("seccomp", lambda: _seccomp(plan.program))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)  # `open` builds a text file, which costs more than the write
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _private_proc(possible: bool) -> None:
    """See only the processes of one's own PID namespace, and none of the machine's files."""
    if not possible:
        raise OSError("it needs the mount and pid namespaces")
    kernel.mount("proc", "/proc", "proc", _SAFE, "subset=pid")


def _tmpfs(possible: bool, limits: Limits) -> None:
    if not possible:
        raise OSError("it needs the mount namespace")
    options = f"size={limits.tmpfs_bytes},nr_inodes={limits.tmpfs_files},mode=0700,uid={INSIDE_ID},gid={INSIDE_ID}"
    kernel.mount("tmpfs", SCRATCH, "tmpfs", _SAFE, options)
    os.chdir(SCRATCH)


def _rlimits(plan: LayerPlan) -> None:
    _write("/proc/self/oom_score_adj", "1000")  # out of memory, the kernel takes the child, not the zygote
    limits = plan.limits
    bounds = {
        resource.RLIMIT_AS: plan.address_space + limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 64,
    }
    for which, bound in bounds.items():
        resource.setrlimit(which, (bound, bound))


def _seccomp(program: bytes | None) -> None:
    if program is None:
        raise OSError("libseccomp made no filter")
    kernel.install_filter(program)
