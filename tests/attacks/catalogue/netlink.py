"""Ask the kernel for the machine's network interfaces over netlink.

Known from: socket families that filters forget.
Shows: canary
"""

import socket

with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as line:
    line.bind((0, 0))
    open(CANARY, "w").write("bound netlink")  # noqa: F821


def row_means(x):
    return x
