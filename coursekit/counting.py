"""What a network keeps and what it takes: its numbers, and the multiply-adds of one image."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_numbers(model: nn.Module) -> int:
    """Return how many numbers a network keeps: its parameters, and its buffers with more than one number."""
    kept = {id(one): one for one in [*nn.Module.parameters(model), *nn.Module.buffers(model)]}
    return sum(one.numel() for one in kept.values() if one.numel() > 1)


def count_multiply_adds(model: nn.Module, image: tuple[int, ...] = (3, 32, 32)) -> int:
    """Return the multiply-adds that one image (C, H, W) takes, as PyTorch counts them while it runs.

    Additions of a bias, normalisations and activations are not counted: they are few.
    """
    was_training = model.training
    model.eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, *image))
    model.train(was_training)
    return int(counter.get_total_flops()) // 2
