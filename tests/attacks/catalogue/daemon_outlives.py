"""Fork twice, leave the session, and go on after the grading to change files.

Known from: daemons that wait for the next student's notebook.
Shows: orphans
"""

import ctypes
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, MARK.encode())  # noqa: F821
        time.sleep(30)
    os._exit(0)


def row_means(x):
    return x
