"""Fortresses: networks that were trained on spoilt images and are hard to fool, and the conversation by which they are
attacked. Of a hidden one only scores and slopes can be asked, in a number of calls.

Four small networks are kept, which `data_scripts.fortress` has trained. A fortress is two of them that vote. Which
two, with which weights, and which way up each of them looks at images is drawn from a seed: so the one that is attacked
can be another at each run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from coursekit.shapes import SHAPE_NAMES, shapes
from coursekit.threads import one_thread

FILE = Path(__file__).with_name("fortress.safetensors")
NUM_MEMBERS, NUM_CLASSES = 4, len(SHAPE_NAMES)
CONVOLUTIONS = ((3, 16, 4, 2, 1), (16, 20, 3, 1, 1), (20, 28, 3, 1, 1))  # channels in and out, window, stride, padding
POOLED = 1  # behind this convolution the map is halved
CALLS, REACH = 20, 8 / 255
ROUNDING = 1e-6  # of float32, which no image is refused for

State = dict[str, Any]
Network = Callable[[torch.Tensor], torch.Tensor]


class Seen(NamedTuple):
    """What a call has shown: the images that were asked about, their scores and slopes, and how many calls are left.

    Args:
        images: (N, 3, H, W), the images of the call.
        scores: (N, C), what the network says of each.
        slopes: (N, C, 3, H, W): how much each score would rise for a small rise of each pixel of that image.
        left: how many calls there are after this one. When none is left, the answer is final.
    """

    images: torch.Tensor
    scores: torch.Tensor
    slopes: torch.Tensor
    left: int


Attack = Callable[[torch.Tensor, torch.Tensor, Seen, State], tuple[torch.Tensor, State]]


class Member(nn.Module):
    """One of the four: three convolutions, the maximum over the map, scores (N, 5) for images (N, 3, 32, 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(*sizes) for sizes in CONVOLUTIONS)
        self.last = nn.Linear(CONVOLUTIONS[-1][1], NUM_CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores."""
        x = 4 * (x - 0.5)
        for place, conv in enumerate(self.convs):
            x = F.relu(conv(x))
            if place == POOLED:
                x = F.max_pool2d(x, 2)
        scores: torch.Tensor = self.last(x.amax(dim=(2, 3)))
        return scores


@dataclass(frozen=True)
class Voter:
    """A member with its weight, and the way up in which it looks: mirrored or not, then turned by quarters."""

    member: Member
    weight: float
    mirrored: bool = False
    quarters: int = 0

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """Return its part of the scores (N, 5)."""
        seen = torch.rot90(x.flip(3) if self.mirrored else x, self.quarters, dims=(2, 3))
        part: torch.Tensor = self.weight * self.member(seen)
        return part


@dataclass(frozen=True)
class Fortress:
    """Networks that vote: their weights add up to 1."""

    voters: Sequence[Voter]

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores (N, 5) for images (N, 3, 32, 32) in [0, 1]."""
        return torch.stack([voter.scores(x) for voter in self.voters]).sum(dim=0)

    def names(self, x: torch.Tensor) -> torch.Tensor:
        """Return the class that it says of each image, (N,) int64."""
        with torch.no_grad():
            return torch.cat([self.scores(part).argmax(dim=1) for part in x.split(100)])

    def answer(self, x: torch.Tensor, left: int = 0) -> Seen:
        """Return what a call shows of images (N, 3, 32, 32)."""
        parts = [_scores_and_slopes(self.scores, part) for part in x.split(32)]
        scores, slopes = (torch.cat(of_all) for of_all in zip(*parts, strict=True))
        return Seen(x, scores, slopes, left)


def _scores_and_slopes(network: Network, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        scores = network(x)
        every = range(scores.shape[1])
        slopes = [torch.autograd.grad(scores[:, k].sum(), x, retain_graph=True)[0] for k in every]
    return scores.detach(), torch.stack(slopes, dim=1)


@cache
def members() -> tuple[Member, ...]:
    """Return the four networks, from the file that comes with this module."""
    numbers = load_file(FILE)
    found = []
    for place in range(NUM_MEMBERS):
        member = Member()
        own = {name.partition(".")[2]: one.float() for name, one in numbers.items() if name.startswith(f"{place}.")}
        member.load_state_dict(own)
        found.append(member.eval().requires_grad_(False))
    return tuple(found)


def fortress(seed: int = 0) -> Fortress:
    """Return the fortress of a seed."""
    drawn = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(NUM_MEMBERS, generator=drawn)[:2].tolist()
    share = 0.3 + 0.4 * torch.rand((), generator=drawn).item()
    ways = torch.randint(8, (2,), generator=drawn).tolist()
    return Fortress(
        [
            Voter(members()[place], weight, mirrored=way >= 4, quarters=way % 4)
            for place, weight, way in zip(chosen, (share, 1 - share), ways, strict=True)
        ]
    )


def victims(network: Fortress, num: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images of shapes that a network names rightly, (num, 3, 32, 32), and the shapes, (num,) int64."""
    data = shapes(2 * num, seed=seed)
    y = data.shape[:, 0]
    right = (network.names(data.images) == y).nonzero()[:num, 0]
    if len(right) < num:
        raise ValueError(f"it names {len(right)} of {2 * num} images rightly, and {num} are needed")
    return data.images[right], y[right]


def fault_of(came: Any, images: torch.Tensor, reach: float = REACH) -> str:
    """Return what is wrong with an attack's answer, in words; "" where it keeps to the rules."""
    if not isinstance(came, tuple | list) or len(came) != 2:
        return f"attack returned {_kind(came)}, expected two things: images and a state"
    x, state = came
    if not isinstance(x, torch.Tensor):
        return f"the images are {_kind(x)}, expected a tensor of shape {tuple(images.shape)}"
    if x.shape != images.shape:
        return f"the images have shape {tuple(x.shape)}, expected {tuple(images.shape)}"
    if x.dtype != images.dtype:
        return f"the images are {x.dtype}, expected {images.dtype}"
    if not isinstance(state, dict):
        return f"the state is {_kind(state)}, expected a dict"
    if not x.isfinite().all():
        return "an image holds NaN or an infinity"
    if x.min() < -ROUNDING or x.max() > 1 + ROUNDING:
        return f"the values reach from {x.min():.3f} to {x.max():.3f}, expected from 0 to 1"
    away = (x - images).abs().flatten(1).amax(dim=1)
    worst = int(away.argmax())
    if away[worst] > reach + ROUNDING:
        return f"image {worst} lies {255 * away[worst]:.2f}/255 away at a pixel, expected at most {255 * reach:g}/255"
    return ""


def _kind(came: Any) -> str:
    return "None" if came is None else f"a {type(came).__name__}"


def hold(
    attack: Attack,
    network: Fortress,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    calls: int = CALLS,
    reach: float = REACH,
    watch: Callable[[Seen], None] | None = None,
) -> torch.Tensor:
    """Hold the conversation of an attack with a fortress, and return the images that it ends with.

    Args:
        attack: the student's.
        network: what is attacked.
        images: (N, 3, 32, 32) in [0, 1].
        labels: (N,) their classes.
        calls: how often the network answers. The first call is about the images as they are.
        reach: how far a value may lie from the original.
        watch: is told what each call has shown.

    Raises:
        ValueError: an answer breaks a rule; the message says at which call, and which.
    """
    tried = images
    state: State = {}
    with one_thread():
        for call in range(1, calls + 1):
            seen = network.answer(tried, calls - call)
            if watch is not None:
                watch(seen)
            came = attack(images.clone(), labels.clone(), seen, state)
            fault = fault_of(came, images, reach)
            if fault:
                raise ValueError(f"after call {call} of {calls}: {fault}")
            tried, state = came[0].detach().clone(), came[1]
    return tried
