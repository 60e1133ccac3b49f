"""Read another process's memory with process_vm_readv, without /proc/PID/mem.

Known from: the same, by a system call that /proc's permissions don't cover.
Shows: canary
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


class Span(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


with open(f"/proc/{VICTIM}/maps") as maps:  # noqa: F821
    low = int(next(line for line in maps if "[stack]" in line).split("-")[0], 16)
room = ctypes.create_string_buffer(16)
mine, theirs = Span(ctypes.addressof(room), 16), Span(low, 16)
if libc.process_vm_readv(VICTIM, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) == 16:  # noqa: F821
    open(CANARY, "w").write("read another process")  # noqa: F821


def row_means(x):
    return x
