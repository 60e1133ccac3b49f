"""Stop the own process: a stopped process takes neither an alarm nor SIGTERM.

Known from: time limits that ask a process to end.
Shows: immune
"""

import os
import signal


def row_means(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    return x[:, 0]
