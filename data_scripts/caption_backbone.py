"""Train the frozen network of chapter 8's project anew: `python -m data_scripts.caption_backbone`.

It learns to say which shape and which colour the middle of each cell shows, in scenes of one to three shapes, for about
two minutes on one core. The normalisations are folded into the convolutions, the two heads are left out, and the
numbers are kept in half precision, in coursekit.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from coursekit import caption_backbone as kept
from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES, Shapes, shapes

NUM_TRAIN, NUM_NEW, BATCH, STEPS, RATE = 8000, 500, 32, 4500, 6e-3
OBJECTS, RADIUS = (1, 3), (6.0, 10.0)


class Trainee(nn.Module):
    """The network as it is trained: each convolution has a normalisation behind it, and two heads read the maps."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride, 1, bias=False) for before, after, stride in kept.CONVOLUTIONS
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(sizes[1]) for sizes in kept.CONVOLUTIONS)
        self.shape = nn.Conv2d(kept.NUM_MAPS, 1 + len(SHAPE_NAMES), 1)
        self.colour = nn.Conv2d(kept.NUM_MAPS, 1 + len(COLOUR_NAMES), 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores of each cell's shape (N, 6, 8, 8) and of its colour (N, 7, 8, 8), the ground first."""
        x = 2 * x - 1
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.relu(norm(conv(x)))
        return self.shape(x), self.colour(x)

    def folded(self) -> dict[str, torch.Tensor]:
        """Return the numbers of the network that computes the same maps, of one in evaluation mode."""
        fused = (
            fuse_conv_bn_eval(cast(nn.Conv2d, conv), cast(nn.BatchNorm2d, norm))
            for conv, norm in zip(self.convs, self.norms, strict=True)
        )
        layers = nn.ModuleDict({"convs": nn.ModuleList(fused)})
        return {name: one.detach().half().contiguous() for name, one in layers.named_parameters()}


def cells(data: Shapes) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the shape and the colour that the middle of each cell shows, (N, 8, 8) each: 0 is the ground."""
    middle = data.instances[:, kept.CELL // 2 :: kept.CELL, kept.CELL // 2 :: kept.CELL]
    found = []
    for of_object in (data.shape, data.colour):
        lookup = 1 + torch.cat([torch.full((len(data), 1), -1), of_object], dim=1)
        found.append(lookup.gather(1, middle.flatten(1)).reshape(middle.shape))
    return found[0], found[1]


def train(steps: int = STEPS) -> Trainee:
    """Return a trained network. Each batch is mirrored or not and turned by quarters."""
    torch.manual_seed(0)
    data = shapes(NUM_TRAIN, size=kept.SIDE, objects=OBJECTS, radius=RADIUS, seed=2000)
    model = Trainee()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.2)
    wanted = cells(data)
    waiting: list[torch.Tensor] = []
    for step in range(steps):
        waiting = waiting or list(torch.randperm(NUM_TRAIN).split(BATCH))
        rows, turn = waiting.pop(), int(torch.randint(8, ()))
        parts = [data.images[rows], *(one[rows] for one in wanted)]
        if turn >= 4:
            parts = [part.flip(-1) for part in parts]
        x, shape, colour = (part.rot90(turn % 4, (-2, -1)).contiguous() for part in parts)
        scores = model(x)
        loss = F.cross_entropy(scores[0], shape) + F.cross_entropy(scores[1], colour)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 499:
            print(f"step {step + 1}: {loss.item():.3f}", flush=True)
    return model.eval()


def main() -> None:
    """Train it and write what is kept."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=kept.FILE)
    words.add_argument("--steps", type=int, default=STEPS)
    asked = words.parse_args()
    model = train(asked.steps)
    new = shapes(NUM_NEW, size=kept.SIDE, objects=OBJECTS, radius=RADIUS, seed=78)
    with torch.no_grad():
        scores = model(new.images)
    for name, truth, came in zip(("shape", "colour"), cells(new), scores, strict=True):
        shown = truth > 0
        print(f"{name}: {(came.argmax(dim=1) == truth)[shown].double().mean():.1%} of the cells that show an object")
    save_file(model.folded(), asked.out)


if __name__ == "__main__":
    main()
