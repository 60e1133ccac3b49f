"""What the notebook on textures is given: a network that looks, one that repaints, style images and crops to train on.

A *looker* is an nn.Sequential of layers whose maps are compared; a *repainter* turns images into images of a style.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring.filled import fill
from coursekit import pretrained
from coursekit.data import photographs, to_tensor

STYLES = {"tissue": (100, 100, 256), "flower": (60, 190, 200)}  # top, left and side of the square that is the style
TRAINED_ON = ("coffee", "rocket", "motorcycle", "china", "astronaut")
HEIGHT = 160  # rows of the photographs that are cut and painted
STYLE_SIDE, CROP_SIDE = 96, 64
WIDTHS = (12, 24, 32)  # channels of a repainter, at full, half and a quarter of the size

Norm = Callable[[int], nn.Module]


def gram(maps: torch.Tensor) -> torch.Tensor:
    """Return the Gram matrix of each image's maps, (N, C, C): the mean over all places of the products of two channels.

    A mean over places, so images of different sizes can be compared.

    Args:
        maps: (N, C, H, W).

    >>> gram(torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]]))
    tensor([[[2.5000, 1.5000],
             [1.5000, 4.5000]]])
    """
    rows = maps.reshape(*maps.shape[:2], -1)
    return torch.stack([torch.mm(one, one.T) for one in rows]) / rows.shape[2]


def maps_of(network: nn.Sequential, layers: Sequence[int], x: torch.Tensor) -> list[torch.Tensor]:
    """Return the outputs of some layers of a network, in the order in which they are asked for.

    Args:
        layers: their places in the network, from 0. What comes after the last one is not run.
        x: (N, 3, H, W).
    """
    found: dict[int, torch.Tensor] = {}
    for place, layer in enumerate(network[: max(layers) + 1]):
        x = layer(x)
        found[place] = x
    return [found[place] for place in layers]


class Scale(nn.Module):
    """The way from pixels in [0, 1] to the inputs that the trained network wants, some times enlarged."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return images (N, 3, times * H, times * W) for images (N, 3, H, W)."""
        if self.times > 1:
            x = F.interpolate(x, scale_factor=self.times, mode="bilinear", align_corners=False)
        return (x - pretrained.MEAN) / pretrained.DEVIATION


@cache
def _stages() -> nn.Sequential:
    network = pretrained.efficientnet_lite0()
    return nn.Sequential(*list(network.features.children())[:5])  # type: ignore[union-attr]


def looker(times: int = 1) -> nn.Sequential:
    """Return the first stages of EfficientNet-Lite0 as layers 1 to 5, frozen; layer 0 prepares pixels for them.

    Args:
        times: how often images are enlarged first. The first stage halves them, and what it never sees apart, the two
            pixels of a pair, it can't judge: twice the size makes it look at single pixels.
    """
    return nn.Sequential(Scale(times), *_stages()).eval()


def photograph(name: str, height: int = HEIGHT) -> torch.Tensor:
    """Return a photograph in colour, (1, 3, height, W), with W a multiple of 4."""
    x = to_tensor(photographs()[name])[None]
    width = round(height * x.shape[3] / x.shape[2]) // 4 * 4
    return F.interpolate(x, size=(height, width), mode="bilinear", antialias=True)


def square(name: str, top: int, left: int, side: int, to: int) -> torch.Tensor:
    """Return a square of a photograph, (1, 3, to, to)."""
    x = to_tensor(photographs()[name])[None, :, top : top + side, left : left + side]
    return F.interpolate(x, size=(to, to), mode="bilinear", antialias=True)


def style_pictures() -> list[torch.Tensor]:
    """Return the images whose style is learnt, each (1, 3, 96, 96)."""
    return [square(name, *place, STYLE_SIDE) for name, place in STYLES.items()]


def crops(num_steps: int, side: int = CROP_SIDE, seed: int = 3) -> torch.Tensor:
    """Return pieces of photographs, one for each style at each step, (num_steps, 2, 3, side, side), from a seed."""
    drawn = torch.Generator().manual_seed(seed)
    pool = [photograph(name)[0] for name in TRAINED_ON]

    def piece() -> torch.Tensor:
        whole = pool[_below(len(pool), drawn)]
        top, left = (_below(length - side + 1, drawn) for length in whole.shape[1:])
        return whole[:, top : top + side, left : left + side]

    return torch.stack([torch.stack([piece() for _ in STYLES]) for _ in range(num_steps)])


class Step(nn.Module):
    """A convolution without a bias and a norm that knows the style; enlarged by two before it, where it says so."""

    def __init__(self, norm: Norm, inner: int, outer: int, size: int = 3, stride: int = 1, is_up: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inner, outer, size, stride, size // 2, bias=False, padding_mode="reflect")
        self.norm, self.is_up = norm(outer), is_up

    def forward(self, x: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Return maps for maps."""
        larger = F.interpolate(x, scale_factor=2.0) if self.is_up else x
        out: torch.Tensor = self.norm(self.conv(larger), styles)
        return out


class Repainter(nn.Module):
    """A network from images to images of the same size, which learns to paint in several styles.

    Args:
        norm: makes the norm of so many channels: a module that is called with maps and styles.
        seed: of its first weights. The global random state stays.
    """

    def __init__(self, norm: Norm, seed: int = 3) -> None:
        super().__init__()
        full, half, quarter = WIDTHS
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            sizes = ((3, full, 5, 1), (full, half, 3, 2), (half, quarter, 3, 2))
            self.down = nn.ModuleList([Step(norm, *size) for size in sizes])
            self.middle = nn.ModuleList([Step(norm, quarter, quarter) for _ in range(6)])
            self.up = nn.ModuleList([Step(norm, *two, is_up=True) for two in ((quarter, half), (half, full))])
            self.last = nn.Conv2d(full, 3, 5, padding=2, padding_mode="reflect")

    def forward(self, x: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Return images (N, 3, H, W) in [0, 1] for images of that shape, with H and W multiples of 4."""
        for step in self.down:
            x = step(x, styles).relu()
        for first, second in zip(self.middle[::2], self.middle[1::2], strict=True):
            x = x + second(first(x, styles).relu(), styles)
        for step in self.up:
            x = step(x, styles).relu()
        out: torch.Tensor = self.last(x).sigmoid()
        return out


class SmallRepainter(nn.Module):
    """A repainter of two convolutions for trying things out: no norm, so no parameter is without an effect.

    Args:
        num_styles: each has a scale of its own for every channel between the two.
        seed: of the numbers in its parameters, which follow from their names.
    """

    def __init__(self, num_styles: int = 2, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 3, 3, padding=1)
        self.scales = nn.Parameter(torch.ones(num_styles, 4))
        self.seen_training: list[bool] = []
        fill(self, seed)

    def forward(self, x: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Return images (N, 3, H, W) in (0, 1)."""
        self.seen_training.append(self.training)
        inner = self.first(x).tanh() * self.scales[styles][:, :, None, None]
        out: torch.Tensor = self.second(inner).sigmoid()
        return out


def small_looker(seed: int = 0) -> nn.Sequential:
    """Return a looker of two convolutions for trying things out: its maps are layers 0 to 3, all smooth functions."""
    with torch.random.fork_rng(devices=[]):
        layers = [nn.Conv2d(3, 4, 3, padding=1), nn.Softplus(), nn.Conv2d(4, 5, 3, stride=2), nn.Tanh()]
    network = nn.Sequential(*layers).eval()
    fill(network, seed)
    return network


def _below(end: int, drawn: torch.Generator) -> int:
    return int(torch.randint(end, (1,), generator=drawn))
