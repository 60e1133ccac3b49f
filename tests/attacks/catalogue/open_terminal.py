"""Open a pseudo-terminal, to push keys into it or into the one that the grader runs on.

Known from: TIOCSTI, and sandboxes without a session of their own.
Shows: canary
"""

import os

master, other = os.openpty()
os.ttyname(other)
open(CANARY, "w").write("a terminal")  # noqa: F821


def row_means(x):
    return x
