"""Connect to a Unix socket of the machine: Docker's, the desktop bus's, a database's.

Known from: /var/run/docker.sock.
Shows: heard
"""

import socket

with socket.socket(socket.AF_UNIX) as line:
    line.connect(UNIX_PATH)  # noqa: F821
    line.sendall(b"hello from unix")


def row_means(x):
    return x
