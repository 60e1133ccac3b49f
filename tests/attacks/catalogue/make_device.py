"""Make a device node of the disk, and read it past every permission.

Known from: containers that keep CAP_MKNOD.
Shows: canary
"""

import os
import stat

path = os.path.join(DROP if os.path.isdir(DROP) else os.environ["TMPDIR"], "disk")  # noqa: F821
os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(7, 0))
os.unlink(path)
open(CANARY, "w").write("made a device")  # noqa: F821


def row_means(x):
    return x
