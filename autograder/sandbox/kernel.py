"""The few system calls that Python 3.11 has no function for, each raising OSError when it fails."""

from __future__ import annotations

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
_libc_with_the_lock = ctypes.PyDLL(None, use_errno=True)  # Python's lock stays held during a call

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25
_CAPABILITY_VERSION_3 = 0x20080522
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_VERSION_FLAG, _LANDLOCK_PATH_BENEATH = 1, 1


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def address_space() -> int:
    """Return the bytes of address space that this process has in use:

    RLIMIT_AS counts them, so a bound starts from there.
    """
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def fork() -> int:
    """Fork a process of one thread, without what Python and its modules do in a child for the sake of threads.

    They make each lock anew, of logging's handlers and others, which writes to three hundred pages that the
    child would have shared: a millisecond. With one thread no lock is held by another.
    """
    return _checked(_libc_with_the_lock.fork(), "fork")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name for fresh ones."""
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Enter the namespace that a descriptor names; for a PID namespace, with the next process forked."""
    _checked(_libc.setns(descriptor, kind), "setns")


def collapse_pages(address: int, size: int) -> bool:
    """Ask for pages of 2 MiB over a range and gather what is there; whether the kernel did."""
    where, length = ctypes.c_void_p(address), ctypes.c_size_t(size)
    _libc.madvise(where, length, _MADV_HUGEPAGE)
    return bool(_libc.madvise(where, length, _MADV_COLLAPSE) == 0)


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount a file system."""
    words = [None if word is None else word.encode() for word in (source, target, kind, options)]
    _checked(_libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def prctl(option: int, first: int, second: int = 0) -> int:
    """Call prctl."""
    return _checked(_libc.prctl(option, first, second, 0, 0), f"prctl {option}")


def die_with_parent() -> None:
    """Be killed when the parent dies."""
    prctl(_PR_SET_PDEATHSIG, 9)


def make_dumpable() -> None:
    """Own one's own /proc files again after a change of user: the user map is written there."""
    prctl(_PR_SET_DUMPABLE, 1)


def no_new_privileges() -> None:
    """Never gain a privilege through execve again."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up every capability, of every set, for good."""
    for capability in range(64):
        try:
            prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
    nothing = ctypes.create_string_buffer(24)
    _checked(_libc.capset(header, nothing), "capset")


def install_filter(program: bytes) -> None:
    """Install a seccomp program: an array of 8-byte BPF instructions."""
    code = ctypes.create_string_buffer(program, len(program))
    fprog = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(fprog))


def landlock_version() -> int:
    """Return Landlock's version. Raises OSError when the kernel has none, or has it switched off."""
    return _checked(_libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION_FLAG), "landlock")


def landlock_ruleset(handled_files: int, handled_net: int, scoped: int, version: int) -> int:
    """Return the descriptor of a new set of rules; the kernel's version says which fields it knows."""
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    attributes = ctypes.create_string_buffer(struct.pack("=QQQ", handled_files, handled_net, scoped))
    return _checked(
        _libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0), "landlock_create_ruleset"
    )


def landlock_allow(ruleset: int, descriptor: int, access: int) -> None:
    """Allow `access` to the file that is open, or to everything beneath the folder."""
    rule = ctypes.create_string_buffer(struct.pack("=Qi", access, descriptor))
    _checked(_libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_PATH_BENEATH, rule, 0), "landlock_add_rule")


def landlock_restrict(ruleset: int) -> None:
    """Put this thread, and all that it starts, under the rules."""
    _checked(_libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
