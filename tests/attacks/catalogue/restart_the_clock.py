"""Be slow to load and slow to answer, each just within its limit, and die: the next child begins with a fresh clock.

Known from: limits that are counted for each process.
Shows: late
"""

import os
import time

time.sleep(1.5)


def row_means(x):
    time.sleep(1.2)
    os._exit(0)
