"""Fill the box's own scratch space, and leave it full for the next submission.

Known from: a shared tmpfs.
Shows: drop
"""

import os

for folder in (DROP, os.environ.get("TMPDIR", DROP)):  # noqa: F821
    try:
        for number in range(200):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(b"x" * (1 << 20))
    except OSError:
        pass


def row_means(x):
    return x
