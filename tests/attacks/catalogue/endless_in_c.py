"""Spend for ever in one call of C code, where no Python signal handler runs.

Known from: limits by `signal.alarm` and by sys.settrace.
Shows: late
Outcome: timeout
"""


def row_means(x):
    return sum(iter(int, 1))
