"""Take a gigabyte, touched page by page.

Known from: one submission that ends the whole grading machine.
Shows: memory
Outcome: memory
"""


def row_means(x):
    kept = [bytearray(b"x") * (1 << 24) for _ in range(64)]
    return len(kept)
