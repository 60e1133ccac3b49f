"""Write into every descriptor until it blocks, so that grader and student wait for each other.

Known from: subprocess pipes that are read only when the process has ended.
Shows: late
"""

import os

import torch


def row_means(x):
    for _ in range(100):
        for descriptor in range(3, 12):
            try:
                os.write(descriptor, b"\0" * (1 << 20))
            except OSError:
                pass
    return torch.zeros(x.shape[0])
