"""Make a vsock socket, which speaks to the virtual machine's host past every network namespace.

Known from: AF_VSOCK is in no namespace.
Shows: canary
"""

import socket

with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM):
    open(CANARY, "w").write("made a vsock")  # noqa: F821


def row_means(x):
    return x
