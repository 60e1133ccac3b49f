"""Run a program from anonymous memory, which no read-only mount hinders.

Known from: memfd_create and fexecve.
Shows: canary
"""

import os

descriptor = os.memfd_create("program", 0)
os.write(descriptor, f"#!/bin/sh\necho memory > {CANARY}\n".encode())  # noqa: F821
if os.fork() == 0:
    os.execve(f"/proc/self/fd/{descriptor}", ["program"], {})
os.wait()


def row_means(x):
    return x
