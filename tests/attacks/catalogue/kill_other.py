"""Kill another process of the machine by its number.

Known from: autograder daemons that share the student's PID namespace.
Shows: victim
"""

import os
import signal

os.kill(VICTIM, signal.SIGKILL)  # noqa: F821


def row_means(x):
    return x
