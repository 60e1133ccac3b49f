"""Take 640 MB in one tensor, beside Python's own allocator.

Known from: limits by tracemalloc or sys.getsizeof.
Shows: memory
Outcome: memory
"""

import torch


def row_means(x):
    return torch.ones(160 << 20).sum()
