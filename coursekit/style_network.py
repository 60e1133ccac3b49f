"""Networks that give the maps of several of their stages, as style transfer wants them.

Both take images (N, 3, H, W) in [0, 1] and return a list of maps, one tensor (N, C, H', W') for each stage.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from coursekit import pretrained

STAGES = (0, 1, 2, 3, 5)  # the stem, and four of the blocks that follow it
CORNERS = ((0, 0), (0, 1), (1, 1), (1, 0))  # pixels down and right


class StyleNetwork(nn.Module):
    """The first stages of EfficientNet-Lite0, frozen and in evaluation mode.

    Its maps are half as high and wide as the image, and less.

    Args:
        stages: those whose maps come back, in rising order.
        is_shifted: each call looks at the image from another place, none or one pixel down and right, four in turn.
            Then no pixel keeps a special place in a stride of two.
    """

    def __init__(self, stages: tuple[int, ...] = STAGES, *, is_shifted: bool = True) -> None:
        super().__init__()
        whole: nn.Sequential = pretrained.efficientnet_lite0().features  # type: ignore[assignment]
        self.blocks = whole[: stages[-1] + 1]
        self.stages, self.is_shifted, self.calls = stages, is_shifted, 0
        self.eval()

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps of the chosen stages."""
        x = (self._shifted(images) - pretrained.MEAN) / pretrained.DEVIATION
        found = []
        for place, block in enumerate(self.blocks):
            x = block(x)
            if place in self.stages:
                found.append(x)
        return found

    def _shifted(self, images: torch.Tensor) -> torch.Tensor:
        if not self.is_shifted:
            return images
        down, right = CORNERS[self.calls % len(CORNERS)]
        self.calls += 1
        wider = F.pad(images, (right, 0, down, 0), mode="replicate")
        return wider[:, :, : images.shape[2], : images.shape[3]]


class SmallMaps(nn.Module):
    """Two convolutions of known numbers, smooth everywhere: maps of 4 channels, and of 5 at half the size.

    Its parameters learn, unless somebody says otherwise.
    """

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(6)
            self.first = nn.Conv2d(3, 4, 3, padding=1)
            self.second = nn.Conv2d(4, 5, 3, stride=2, padding=1)
        for layer in (self.first, self.second):
            layer.weight.data *= 3

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return both maps."""
        first = self.first(images).tanh()
        return [first, self.second(first).tanh()]
