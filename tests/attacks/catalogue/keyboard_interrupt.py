"""Raise KeyboardInterrupt, so that the grader thinks that its operator wants to stop.

Known from: a batch that ends at the first such student.
Shows: died
"""


def row_means(x):
    raise KeyboardInterrupt
