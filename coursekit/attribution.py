"""Networks to be asked what they look at, and measures of the maps that come: a small one to try on, a trained one."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring.filled import fill
from coursekit.shapes import COLOUR_NAMES, shapes
from coursekit.threads import one_thread

NUM_TRAINING, EPOCHS, BATCH = 800, 5, 40
WIDTHS = (12, "half", 16, "half", 24)  # channels of each convolution, and where the sides are halved


class SmallNet(nn.Module):
    """Two or three convolutions and a head, with numbers that follow from their names.

    Args:
        kind: "chain" for ReLU units one after the other; "six" for a ReLU6 that reaches both of its bends; "shared" for
            one ReLU in two places; "skip" for a sum of a map and of what a branch makes of it; "gate" for a dropout
            that lets nothing pass in training mode; "nested" for a ReLU two levels down; "broken" for one that raises
            after all layers have been passed.
        seed: of the numbers.
    """

    def __init__(self, kind: str = "chain", num_classes: int = 5, seed: int = 0) -> None:
        super().__init__()
        self.kind = kind
        with torch.random.fork_rng(devices=[]):  # layers draw first numbers, which nobody sees
            self.first = nn.Conv2d(3, 4, 3, padding=1)
            self.rectify = nn.ReLU()
            self.inner: nn.Module = nn.Conv2d(4, 4, 3, padding=1) if kind == "skip" else nn.Identity()
            self.second = nn.Conv2d(4, 6, 3, stride=2, padding=1)
            units = {"six": nn.ReLU6(), "shared": self.rectify, "nested": nn.Sequential(nn.Sequential(nn.ReLU()))}
            self.bend: nn.Module = units.get(kind, nn.ReLU())
            self.drop = nn.Dropout(1.0 if kind == "gate" else 0.0)
            self.classifier = nn.Linear(6, num_classes)
        fill(self, seed)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores (N, num_classes) for images (N, 3, H, W)."""
        x = self.first(x)
        x = x + self.inner(self.rectify(x)) if self.kind == "skip" else self.rectify(x)
        x = self.bend(self.second(x) * (12 if self.kind == "six" else 1))
        x = x + self.drop(x)
        if self.kind == "broken":
            raise ArithmeticError("this network breaks down after its last layer")
        scores: torch.Tensor = self.classifier(x.mean(dim=(2, 3)))
        return scores


def shape_inputs(images: torch.Tensor) -> torch.Tensor:
    """Return images of `coursekit.shapes` as the colour network wants them."""
    return (images - 0.5) / 0.25


@cache
def colour_network(seed: int = 0) -> nn.Module:
    """Return a small network that was trained here to name the colour of a shape, frozen and in evaluation mode.

    It sees the word for the colour and never a mask.
    """
    data = shapes(NUM_TRAINING, seed=seed)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _new(len(COLOUR_NAMES))
        optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        steps = EPOCHS * NUM_TRAINING // BATCH
        pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.2, total_steps=steps)
        for _ in range(EPOCHS):
            for rows in torch.randperm(NUM_TRAINING).split(BATCH):
                loss = F.cross_entropy(network(shape_inputs(data.images[rows])), data.colour[rows, 0])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                pace.step()
    return network.eval().requires_grad_(False)


def _new(num_classes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for width in WIDTHS:
        if isinstance(width, str):
            layers.append(nn.MaxPool2d(2))
        else:
            norm = nn.BatchNorm2d(width)
            layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), norm, nn.ReLU()]
            channels = width
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))
    return nn.Sequential(nn.Sequential(*layers), head)


def shuffled(network: Any, num_parts: int, seed: int = 0) -> Any:
    """Deal the weights of a network's last parts anew among themselves, in place, and return it.

    The parts are its classifier, then the stages of its features from the last to the first. Each weight tensor of a
    convolution or a linear layer keeps its numbers; which place has which is drawn.
    """
    drawn = torch.Generator().manual_seed(seed)
    for part in [network.classifier, *reversed(list(network.features))][:num_parts]:
        for module in part.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                weight = module.weight
                order = torch.randperm(weight.numel(), generator=drawn)
                weight.data.copy_(weight.detach().flatten()[order].reshape(weight.shape).clone())
    return network


def rank_correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    """Return Spearman's rank correlation of two maps of the same shape: 1 where they put all pixels in the same order.

    Pixels that hold the same value share the mean of their ranks.
    """
    from scipy.stats import spearmanr

    return float(spearmanr(one.detach().flatten().numpy(), other.detach().flatten().numpy()).statistic)


def overlaps(masks: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return for each image how well two masks (N, H, W) agree: the pixels in both over those in either, (N,).

    >>> overlaps(torch.tensor([[[True, True, False]]]), torch.tensor([[[False, True, True]]])).round(decimals=2)
    tensor([0.3300])
    """
    pair = torch.stack([masks, others]).float().flatten(2)
    return pair.amin(dim=0).sum(dim=1) / pair.amax(dim=0).sum(dim=1).clamp(min=1)
