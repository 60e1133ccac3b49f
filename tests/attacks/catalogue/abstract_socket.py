"""Connect to an abstract Unix socket, which has no file that a mount could hide.

Known from: containerd-shim's CVE-2020-15257.
Shows: heard
"""

import socket

with socket.socket(socket.AF_UNIX) as line:
    line.connect("\0" + ABSTRACT)  # noqa: F821
    line.sendall(b"hello from abstract")


def row_means(x):
    return x
