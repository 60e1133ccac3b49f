"""Try kernel interfaces with a record of holes: io_uring, bpf, userfaultfd, keyrings, perf.

Known from: most escapes of the last years.
Shows: canary
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
numbers = {"io_uring_setup": 425, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298, "keyctl": 250, "add_key": 248}
room = ctypes.create_string_buffer(256)
for name, number in numbers.items():
    ctypes.set_errno(0)
    result = libc.syscall(number, 0, room, 0, 0, 0)
    if result >= 0 or ctypes.get_errno() not in (1, 38):  # neither "not permitted" nor "no such call"
        open(CANARY, "w").write(f"{name} answers {ctypes.get_errno()}")  # noqa: F821


def row_means(x):
    return x
