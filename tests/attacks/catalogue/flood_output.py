"""Print fifty megabytes.

Known from: notebooks and logs that can't be opened any more.
Shows: flood
"""

import sys


def row_means(x):
    for _ in range(50):
        sys.stdout.write("x" * (1 << 20))
    return x
