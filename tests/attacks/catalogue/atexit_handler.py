"""Do the harm after the grading, when the interpreter ends.

Known from: marks files that are written before the student's process ends.
Shows: canary
"""

import atexit


def last():
    open(CANARY, "w").write("at exit")  # noqa: F821


atexit.register(last)
atexit._run_exitfuncs()


def row_means(x):
    return x
