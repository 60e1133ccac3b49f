"""Train the networks of chapter 6's project anew: `python -m data_scripts.fortress`.

Each learns from images that are spoilt while it learns (A. Madry et al., Towards Deep Learning Models Resistant to
Adversarial Attacks, 2018; A. Shafahi et al., Adversarial Training for Free!, 2019), for about a minute on one core. The
normalisations are folded into the convolutions, and the numbers are kept in half precision, in coursekit.
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

from coursekit import fortress
from coursekit.shapes import shapes

NUM_TRAIN, BATCH, STEPS = 5000, 100, 2000
CLEAN = 0.25  # of the steps are on images as they are
AGAIN = 3  # times each batch is taken after that
REACH = 4 / 255  # of the spoilt images that are learned from
RATE = 6e-3


class Trainee(nn.Module):
    """A member as it is trained: each convolution has a normalisation behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(*sizes, bias=False) for sizes in fortress.CONVOLUTIONS)
        self.norms = nn.ModuleList(nn.BatchNorm2d(sizes[1]) for sizes in fortress.CONVOLUTIONS)
        self.last = nn.Linear(fortress.CONVOLUTIONS[-1][1], fortress.NUM_CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores (N, 5)."""
        x = 4 * (x - 0.5)
        for place, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.relu(norm(conv(x)))
            if place == fortress.POOLED:
                x = F.max_pool2d(x, 2)
        scores: torch.Tensor = self.last(x.amax(dim=(2, 3)))
        return scores

    def folded(self) -> dict[str, torch.Tensor]:
        """Return the numbers of the member that computes the same, of a network in evaluation mode."""
        found = {"last.weight": self.last.weight, "last.bias": self.last.bias}
        for place, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            fused = fuse_conv_bn_eval(cast(nn.Conv2d, conv), cast(nn.BatchNorm2d, norm))
            found |= {f"convs.{place}.{name}": one for name, one in fused.named_parameters()}
        return {name: one.detach().half().contiguous() for name, one in found.items()}


def train(seed: int, steps: int = STEPS) -> Trainee:
    """Return a trained network. A batch is taken AGAIN times; a step's gradient also moves what spoils its images."""
    torch.manual_seed(seed)
    data = shapes(NUM_TRAIN, seed=1000 + seed)
    images, y = data.images, data.shape[:, 0]
    model = Trainee()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.2)
    noise = torch.zeros(BATCH, 3, 32, 32)
    waiting: list[torch.Tensor] = []
    for step in range(steps):
        clean = step < CLEAN * steps
        if clean or step % AGAIN == 0:
            waiting = waiting or list(torch.randperm(NUM_TRAIN).split(BATCH))
            rows, turn = waiting.pop(), int(torch.randint(8, ()))
            x = images[rows].flip(3) if turn >= 4 else images[rows]
            x = torch.rot90(x, turn % 4, dims=(2, 3)).contiguous()
        noise = noise.detach().requires_grad_(not clean)
        optimizer.zero_grad()
        F.cross_entropy(model((x + noise).clamp(0, 1)), y[rows]).backward()
        optimizer.step()
        schedule.step()
        if noise.grad is not None:
            noise = (noise + REACH * noise.grad.sign()).clamp(-REACH, REACH)
    return model.eval()


def main() -> None:
    """Train all members and write them into one file."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=fortress.FILE)
    words.add_argument("--steps", type=int, default=STEPS)
    asked = words.parse_args()
    kept: dict[str, torch.Tensor] = {}
    for member in range(fortress.NUM_MEMBERS):
        model = train(member, asked.steps)
        kept |= {f"{member}.{name}": one for name, one in model.folded().items()}
        new = shapes(500, seed=77)
        with torch.no_grad():
            right = (model(new.images).argmax(dim=1) == new.shape[:, 0]).double().mean()
        print(f"member {member}: {right:.1%} of new images", flush=True)
    save_file(kept, asked.out)


if __name__ == "__main__":
    main()
