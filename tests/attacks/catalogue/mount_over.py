"""Enter new namespaces, become their root, and mount or unmount what hides the files.

Known from: user namespaces inside a sandbox that still allows them.
Shows: canary
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000 | 0x00020000) == 0 or libc.unshare(0x00020000) == 0:
    if libc.mount(b"none", b"/", None, 0x4000 | 0x40000, None) == 0:
        open(CANARY, "w").write("changed mounts")  # noqa: F821


def row_means(x):
    return x
