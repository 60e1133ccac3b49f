"""Raise SystemExit from the function, for a grader that catches Exception alone.

Known from: `except Exception` around student code; pytest treats SystemExit as its own.
Shows: died
"""

import sys


def row_means(x):
    sys.exit(0)
