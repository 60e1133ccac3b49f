"""Attach to another process with ptrace.

Known from: same-user processes may trace each other where Yama is off.
Shows: canary
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(16, VICTIM, 0, 0) == 0:  # noqa: F821
    os.waitpid(VICTIM, 0)  # noqa: F821
    open(CANARY, "w").write("attached")  # noqa: F821
    libc.ptrace(17, VICTIM, 0, 0)  # noqa: F821


def row_means(x):
    return x
