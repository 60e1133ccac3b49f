"""Spend for ever in a regular expression.

Known from: catastrophic backtracking, in C and without a signal check.
Shows: late
Outcome: timeout
"""

import re


def row_means(x):
    return re.match(r"(a+)+$", "a" * 64 + "b")
