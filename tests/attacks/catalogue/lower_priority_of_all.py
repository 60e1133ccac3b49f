"""Change the scheduling of every process of this user, the grader's too.

Known from: setpriority(PRIO_USER), which no PID namespace bounds.
Shows: canary
"""

import os

os.setpriority(os.PRIO_USER, 0, 1)
open(CANARY, "w").write("every process of the user is slower now")  # noqa: F821


def row_means(x):
    return x
