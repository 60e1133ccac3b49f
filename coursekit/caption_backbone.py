"""A small frozen network that looks at scenes of 64 × 64 pixels: what it makes of a picture is what a captioner reads.

`data_scripts.caption_backbone` has trained it to say, for each cell of a grid of 8 × 8, which shape and which colour
its middle shows. The layers that said so are gone; the maps before them are kept.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from coursekit.threads import one_thread

FILE = Path(__file__).with_name("caption_backbone.safetensors")
SIDE, CELL = 64, 8  # pixels of an image's side, and of a cell's
CELLS = SIDE // CELL
CONVOLUTIONS = ((3, 16, 2), (16, 32, 2), (32, 48, 1), (48, 64, 2), (64, 64, 1))  # channels in and out, stride
NUM_MAPS = CONVOLUTIONS[-1][1]


class Backbone(nn.Module):
    """Five convolutions of 3 × 3, each with a ReLU behind it: images (N, 3, 64, 64) to maps (N, 64, 8, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(before, after, 3, stride, 1) for before, after, stride in CONVOLUTIONS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the maps of images in [0, 1]."""
        x = 2 * x - 1
        for conv in self.convs:
            x = F.relu(conv(x))
        return x


@cache
def backbone() -> Backbone:
    """Return the trained network; it learns no more."""
    net = Backbone()
    net.load_state_dict({name: one.float() for name, one in load_file(FILE).items()})
    return net.eval().requires_grad_(False)


def maps_of(images: torch.Tensor) -> torch.Tensor:
    """Return the maps (N, 64, 8, 8) of images (N, 3, 64, 64) in [0, 1], float16: half the memory, and fine enough."""
    net = backbone()
    with one_thread(), torch.no_grad():
        return torch.cat([net(part).half() for part in images.split(100)])
