"""Send a datagram to the loopback interface.

Known from: firewalls that know TCP alone.
Shows: heard
"""

import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    line.sendto(b"hello from udp", ("127.0.0.1", UDP_PORT))  # noqa: F821


def row_means(x):
    return x
