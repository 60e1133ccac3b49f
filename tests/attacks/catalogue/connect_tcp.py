"""Send what was found to a listener on the loopback interface.

Known from: answers that leave the machine, and services that trust localhost.
Shows: heard
"""

import socket

with socket.create_connection(("127.0.0.1", PORT), timeout=2) as line:  # noqa: F821
    line.sendall(b"hello from tcp")


def row_means(x):
    return x
