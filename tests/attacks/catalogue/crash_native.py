"""End in a segmentation fault.

Known from: a grader that dies with the student's process.
Shows: died
"""

import ctypes


def row_means(x):
    ctypes.string_at(1)
