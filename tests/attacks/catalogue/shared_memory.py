"""Take memory that outlives the process: a System V segment and a file in /dev/shm.

Known from: limits that end with the process.
Shows: drop
"""

import ctypes
import os

libc = ctypes.CDLL(None)
segment = libc.shmget(0, 1 << 20, 0o1600)
if segment >= 0:
    open(f"{DROP}/segment", "w").write("made")  # noqa: F821
    libc.shmctl(segment, 0, None)
path = f"/dev/shm/{MARK}"  # noqa: F821
with open(path, "w") as file:
    file.write("made")
os.unlink(path)
open(f"{DROP}/shm", "w").write("made")  # noqa: F821


def row_means(x):
    return x
