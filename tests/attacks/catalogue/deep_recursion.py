"""Run through the C stack with a recursion limit of a thousand million.

Known from: sys.setrecursionlimit.
Shows: died
"""

import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __lt__(self, other):
        return sorted([Deep(), Deep()]) is None


def row_means(x):
    return sorted([Deep(), Deep()])
