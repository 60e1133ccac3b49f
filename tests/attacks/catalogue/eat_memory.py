"""Take a gigabyte, touched page by page.

Known from: one submission that ends the whole grading machine.
Shows: memory
Outcome: memory
"""


def row_means(x):
    kept = [bytearray(b"x" * (1 << 20)) for _ in range(1024)]
    return len(kept)
