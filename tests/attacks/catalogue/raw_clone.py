"""Make a process by clone's bare system call, which no wrapper of Python's sees.

Known from: sandboxes that patch os.fork.
Shows: orphans
"""

import ctypes
import os
import platform
import time

number = {"x86_64": 56, "aarch64": 220}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(number, 17, None, None, None, None) == 0:
    libc.prctl(15, MARK.encode())  # noqa: F821
    time.sleep(30)
    os._exit(0)


def row_means(x):
    return x
