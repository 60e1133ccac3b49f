"""Make ten thousand empty files, where a quota counts bytes alone.

Known from: inode exhaustion.
Shows: drop
"""

import os

for folder in (DROP, os.environ.get("TMPDIR", DROP)):  # noqa: F821
    try:
        for number in range(10_000):
            open(f"{folder}/{number}", "w").close()
    except OSError:
        pass


def row_means(x):
    return x
