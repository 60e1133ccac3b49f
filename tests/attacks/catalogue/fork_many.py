"""Fork forty children that stay.

Known from: the fork bomb, small enough to survive its own control.
Shows: orphans
"""

import ctypes
import os
import time

for _ in range(40):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, MARK.encode())  # noqa: F821
        time.sleep(30)
        os._exit(0)


def row_means(x):
    return x
