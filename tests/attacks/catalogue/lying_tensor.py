"""Change what every tensor says of itself: its length, its shape, its numbers.

Known from: code that asks the operand how large a copy must be.
Shows: broke
"""

import torch


def refuse(self, *args, **kwargs):
    raise RuntimeError("no")


torch.Tensor.numel = lambda self: 1 << 40
torch.Tensor.element_size = lambda self: 0
torch.Tensor.is_contiguous = lambda self, *args, **kwargs: True
torch.Tensor.tolist = torch.Tensor.clone = torch.Tensor.detach = refuse


def row_means(x):
    return torch.zeros(1)
