"""Make another process the owner of a pipe, and SIGKILL the signal that tells it of data: F_SETOWN, F_SETSIG.

Known from: fcntl, which sends signals past every filter on kill.
Shows: victim
"""

import fcntl
import os
import signal
import time

read_end, write_end = os.pipe()
fcntl.fcntl(read_end, fcntl.F_SETOWN, VICTIM)  # noqa: F821
fcntl.fcntl(read_end, 10, signal.SIGKILL)
fcntl.fcntl(read_end, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
os.write(write_end, b"x")
time.sleep(0.1)


def row_means(x):
    return x
