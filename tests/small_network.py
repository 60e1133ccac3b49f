"""A network of several hundred numbers, for tests that need one."""

from __future__ import annotations

import torch
from torch import nn


def small_network() -> nn.Sequential:
    """Return a small classifier of colour images, 30 classes, always with the same weights."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, stride=4),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 30),
    )
