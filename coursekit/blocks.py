"""Pieces of convolutional networks that notebooks are given, under torchvision's names, and weights to test them with.

torchvision has the first three as well, but its import takes two seconds of processor time of every submission.
"""

from __future__ import annotations

import zlib

import torch
from torch import nn


class SqueezeExcitation(nn.Module):
    """Weigh each channel by a number between 0 and 1 that is found from the means of all channels.

    As torchvision.ops.SqueezeExcitation with SiLU inside: `fc1` and `fc2` are 1 x 1 convolutions with biases.
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (N, C, H, W), each channel of each image times its weight."""
        means = x.mean(dim=(2, 3), keepdim=True)
        gates: torch.Tensor = self.fc2(nn.functional.silu(self.fc1(means))).sigmoid()
        return x * gates


class Permute(nn.Module):
    """Reorder the axes of a tensor: a layer that can stand between others. As torchvision.ops.Permute."""

    def __init__(self, dims: list[int]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x with its axes in the order of `dims`, in the same memory."""
        return x.permute(self.dims)


def make_divisible(value: float, divisor: int = 8) -> int:
    """Return the multiple of `divisor` nearest to a width, halves up, and never more than a tenth below it.

    At least `divisor`. As torchvision.models._utils._make_divisible.
    """
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def fill(module: nn.Module, seed: int) -> None:
    """Give each parameter and buffer numbers that follow from its name, its shape and `seed` alone.

    Two modules whose parameters have the same names and shapes then hold the same numbers, in whatever order they
    were made, and a parameter too many shifts no other. Nothing stays at a value that hides it: scales are not 1,
    shifts and running means not 0, running variances between 0.5 and 1.5.
    """
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            value.copy_(_numbers(name, value.shape, seed))


def _numbers(name: str, shape: torch.Size, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))
    if name.endswith("running_var"):
        return 0.5 + torch.rand(shape, generator=generator, dtype=torch.float64)
    noise = torch.randn(shape, generator=generator, dtype=torch.float64)
    if name.endswith(("bias", "running_mean")):
        return 0.5 * noise
    inputs = shape[1:].numel() if len(shape) in (2, 4) else 0
    return noise / inputs**0.5 if inputs else 1 + 0.3 * noise
