"""Make timers on processor time, and sleep on it: timer_create, setitimer, clock_nanosleep.

Known from: CVE-2025-38352, a race in the kernel's timers on processor clocks.
Shows: points
"""

import ctypes
import signal
import struct

MADE = []
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(8)
for clock in (2, 3):
    if libc.timer_create(clock, None, room) == 0:
        MADE.append(clock)
for which in (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
    try:
        signal.setitimer(which, 1000)
        MADE.append(which)
    except OSError:
        pass
if libc.clock_nanosleep(2, 0, struct.pack("qq", 0, 0), None) == 0:
    MADE.append("sleep")


def row_means(x):
    return x.mean(dim=1) if MADE else x[:, 0]
