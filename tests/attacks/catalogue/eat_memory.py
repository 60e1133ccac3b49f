"""Take 640 MB and touch every byte of it.

Known from: one submission that ends the whole grading machine.
Shows: memory
Outcome: memory
"""


def row_means(x):
    kept = [bytearray(b"x") * (1 << 27) for _ in range(5)]
    return len(kept)
