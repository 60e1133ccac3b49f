"""Leave torch's global state changed for the next test and the next student.

Known from: batches in one process.
Shows: next
"""

import torch

torch.set_default_dtype(torch.float64)
torch.set_default_device("meta")
torch.manual_seed = lambda seed: None


def row_means(x):
    return x
