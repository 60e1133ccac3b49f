"""Run programs of the machine: a shell, a compiler, curl.

Known from: subprocess as the way to everything else.
Shows: canary
"""

import subprocess

subprocess.run(["/bin/sh", "-c", f"echo shell > {CANARY}"], check=True)  # noqa: F821


def row_means(x):
    return x
