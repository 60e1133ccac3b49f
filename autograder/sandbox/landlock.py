"""Landlock: the files that a child may touch, held by the kernel besides the mounts, and no TCP.

A second wall behind the mount namespace: were a mount wrong, the child still could not open a file
outside the few folders that it needs. There is no maintained library for it on PyPI or in Debian that
does more than these three system calls, so kernel.py makes them itself.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from autograder.sandbox import kernel

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << n for n in range(6))
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

_RIGHTS_BY_VERSION = ((1, 13), (2, 14), (3, 15), (5, 16))
_BIND_AND_CONNECT_TCP = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Forbid this process every file but these, and TCP and abstract sockets where the kernel can.

    Paths that do not exist are left out. Raises OSError when there is no Landlock.
    """
    version = kernel.landlock_version()
    bits = max(count for since, count in _RIGHTS_BY_VERSION if since <= version)
    handled = (1 << bits) - 1
    ruleset = kernel.landlock_ruleset(
        handled,
        _BIND_AND_CONNECT_TCP if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
        version,
    )
    try:
        _allow_all(ruleset, readable, _READ, handled)
        _allow_all(ruleset, writable, _WRITE, handled)
        kernel.landlock_restrict(ruleset)
    finally:
        os.close(ruleset)


def _allow_all(ruleset: int, paths: Iterable[str], access: int, handled: int) -> None:
    for path in paths:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            kernel.landlock_allow(ruleset, descriptor, (access if is_folder else access & _OF_A_FILE) & handled)
        finally:
            os.close(descriptor)
