"""Send out-of-band data over a pair of Unix sockets: MSG_OOB.

Known from: CVE-2025-38236, out of Chrome's renderer by way of a feature that nobody uses.
Shows: points
"""

import socket

SENT = False
one, other = socket.socketpair()
try:
    one.send(b"x", socket.MSG_OOB)
    SENT = other.recv(1, socket.MSG_OOB) == b"x"
except OSError:
    pass


def row_means(x):
    return x.mean(dim=1) if SENT else x[:, 0]
