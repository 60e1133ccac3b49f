"""Networks of a backbone and a head: a trained one to go on with, and a small one to try on it what is meant for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from autograder.authoring.filled import fill

NORMS: dict[str, Callable[[int], nn.Module]] = {"batch": nn.BatchNorm2d, "group": lambda width: nn.GroupNorm(2, width)}


class SmallNetwork(nn.Module):
    """A backbone `features`, an nn.Sequential of stages, and a head: `features_scale` and `classifier`.

    Args:
        stages: what each stage is: "batch" or "group" for a convolution with such a norm and a ReLU, "pool" for a max
            pooling, which has no parameters.
        num_classes: scores that come out.
        width: channels of each stage.
        seed: of the numbers in its parameters and running statistics, which follow from their names.
    """

    def __init__(self, stages: Sequence[str], num_classes: int = 3, width: int = 4, seed: int = 0) -> None:
        super().__init__()
        made: list[nn.Module] = []
        channels = 3
        for kind in stages:
            if kind == "pool":
                made.append(nn.MaxPool2d(2, ceil_mode=True))
            else:
                convolution = nn.Conv2d(channels, width, 3, padding=1)
                made.append(nn.Sequential(convolution, NORMS[kind](width), nn.ReLU()))
                channels = width
        self.features = nn.Sequential(*made)
        self.features_scale = nn.Parameter(torch.ones(width))
        self.classifier: nn.Module = nn.Linear(width, num_classes)
        fill(self, seed)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores (N, num_classes) for images (N, 3, H, W)."""
        scores: torch.Tensor = self.classifier(self.features(x).mean(dim=(2, 3)) * self.features_scale)
        return scores


def trained() -> nn.Module:
    """Return EfficientNet-Lite0 with its weights, to be trained further: in training mode it leaves out no block.

    torchvision's own would leave out blocks at random then (stochastic depth), and nothing could be told apart from
    chance.
    """
    from coursekit import pretrained

    network = pretrained.efficientnet_lite0()
    for module in network.modules():
        if type(module).__name__ == "StochasticDepth":
            module.p = 0.0  # type: ignore[assignment]
    return network
