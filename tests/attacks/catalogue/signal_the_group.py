"""Kill the whole process group, which reaches past a PID namespace to whoever else is in it.

Known from: our own box before it gave each child a session: on kernels without Landlock's signal scope it ended bwrap.
Shows: died
"""

import os
import signal


def row_means(x):
    os.kill(0, signal.SIGKILL)
    os.killpg(0, signal.SIGTERM)
    return x[:, 0]
