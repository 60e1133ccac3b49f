"""A training that is made of seven choices, and the trainer that carries them out: the same network and the same number
of steps for everyone, so that the choices alone decide.

Everything here is drawn from seeds that stand fixed. Two runs on one machine give the same network; on another machine
the last digits differ, and with them a few labels in a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

NUM_CLASSES = 6
STEPS, BATCH, MOMENTUM = 200, 32, 0.9
WARM_UP = 0.3  # of the steps; with a shorter one a training that is well may still stumble at some seeds
SEED = 0

Statistics = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
Start = Callable[[int, int], float]
Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class Recipe:
    """What is chosen of a training. All else is the same for everyone: network, loss, order of the images, steps, and
    descent with momentum 0.9.

    Args:
        statistics: from the training images (N, 3, H, W) in [0, 1] to what is subtracted from each channel, (3,), and
            what each is divided by, (3,).
        start: from fan in and fan out of a layer to the standard deviation of its first weights.
        augment: from a batch (N, 3, H, W) in [0, 1] and a generator to the batch that is learned from, of that shape.
        norm_eps: what the batch normalisations add to the variance before its root is taken.
        rate: the learning rate at its highest; it rises for three tenths of the steps, then falls to 0 as half a
            cosine.
        weight_decay: of all parameters, as an L2 term in the gradient.
        dropout: how likely each of the last layer's inputs is dropped.
    """

    statistics: Statistics
    start: Start
    augment: Augment
    norm_eps: float
    rate: float
    weight_decay: float
    dropout: float


class Network(nn.Module):
    """The network that everyone trains: four convolutions, two of them normalised, a maximum over the map, scores.

    Takes images (N, 3, 32, 32) in [0, 1], gives scores (N, 6). What is subtracted from the images and what they are
    divided by is kept in it, and so is what the normalisations add to the variance: new images are treated as those it
    has learned from.
    """

    mean: torch.Tensor
    std: torch.Tensor
    norm_eps: torch.Tensor

    def __init__(self, norm_eps: float = 1e-5, dropout: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("std", torch.ones(3))
        self.register_buffer("norm_eps", torch.tensor(norm_eps, dtype=torch.float64))
        self.conv1 = nn.Conv2d(3, 12, 4, stride=3, padding=1)
        self.conv2 = nn.Conv2d(12, 16, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(16, eps=norm_eps)
        self.conv3 = nn.Conv2d(16, 24, 3, padding=1)
        self.conv4 = nn.Conv2d(24, 32, 3, padding=1, bias=False)
        self.norm4 = nn.BatchNorm2d(32, eps=norm_eps)
        self.dropout = nn.Dropout(p=dropout)
        self.last = nn.Linear(32, NUM_CLASSES)

    def standardised(self, x: torch.Tensor) -> torch.Tensor:
        """Return images as the first layer sees them."""
        return (x - self.mean[:, None, None]) / self.std[:, None, None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores."""
        x = F.relu(self.conv1(self.standardised(x)))
        x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2)
        x = F.relu(self.norm4(self.conv4(F.relu(self.conv3(x)))))
        return self.last(self.dropout(x.amax(dim=(2, 3))))


def prepared(recipe: Recipe, x: torch.Tensor) -> Network:
    """Return the network as a recipe lets it start, in training mode.

    Raises:
        TypeError, ValueError: a part of the recipe gives what it should not, with a sentence that says so.
    """
    model = Network(norm_eps=recipe.norm_eps, dropout=recipe.dropout)
    drawn = torch.Generator().manual_seed(SEED)
    for name, kept in zip(("mean", "std"), _statistics(recipe, x), strict=True):
        model.get_buffer(name).copy_(kept)
    for layer in (model.conv1, model.conv2, model.conv3, model.conv4, model.last):
        fans = nn.init._calculate_fan_in_and_fan_out(layer.weight)
        nn.init.normal_(layer.weight, std=_scale(recipe.start(*fans)), generator=drawn)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return model


def train(
    recipe: Recipe,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    steps: int = STEPS,
    watch: Callable[[int, Network, float], None] | None = None,
) -> Network:
    """Train the network by a recipe and return it in evaluation mode; the global generator stays as it was.

    Args:
        recipe: what is chosen.
        x: (N, 3, 32, 32) float32 images in [0, 1], and y: (N,) their classes.
        y: (N,) int64.
        steps: of 32 images each, or of all where there are fewer.
        watch: is told each step's number, the network and the loss of its batch, after the step.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = prepared(recipe, x)
        order, varied = torch.Generator().manual_seed(SEED + 1), torch.Generator().manual_seed(SEED + 2)
        optimizer = torch.optim.SGD(
            model.parameters(), lr=recipe.rate, momentum=MOMENTUM, weight_decay=recipe.weight_decay
        )
        waiting: list[torch.Tensor] = []
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = recipe.rate * share_of_rate(step, steps)
            waiting = waiting or [*torch.randperm(len(x), generator=order).split(BATCH)][: max(len(x) // BATCH, 1)]
            rows = waiting.pop()
            loss = F.cross_entropy(model(_augmented(recipe, x[rows], varied)), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if watch is not None:
                watch(step, model, loss.item())
    return model.eval()


def share_of_rate(step: int, steps: int) -> float:
    """Return what a step takes of the rate: it rises for three tenths of them, then falls as half a
    cosine."""
    rising = max(round(WARM_UP * steps), 1)
    if step < rising:
        return (step + 1) / rising
    return 0.5 + 0.5 * math.cos(math.pi * (step - rising) / max(steps - rising, 1))


def label(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return the class that a network gives to each image, (N,) int64, in the mode that it is in."""
    with torch.no_grad():
        return torch.cat([model(part).argmax(dim=1) for part in x.split(250)])


def revived(numbers: Mapping[str, Any]) -> Network:
    """Return the network with these numbers, in evaluation mode. Raises ValueError where they are not a network's."""
    model = Network()
    for name, own in model.state_dict().items():
        came = numbers.get(name)
        if not isinstance(came, torch.Tensor) or came.shape != own.shape:
            raise ValueError(f"{name} is not a tensor of shape {tuple(own.shape)}: this is no network of this training")
    model.load_state_dict({name: numbers[name] for name in model.state_dict()})
    model.norm2.eps = model.norm4.eps = model.norm_eps.item()
    return model.eval()


def without_noise(recipe: Recipe) -> Recipe:
    """Return a recipe that learns what it is shown: no augmentation, no dropout, no weight decay."""
    return replace(recipe, augment=lambda x, drawn: x, dropout=0.0, weight_decay=0.0)


def _statistics(recipe: Recipe, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    came = recipe.statistics(x)
    if not isinstance(came, tuple) or len(came) != 2:
        raise TypeError(f"statistics returned {type(came).__name__}, expected two tensors of shape (3,)")
    for one in came:
        if not isinstance(one, torch.Tensor) or one.shape != (3,):
            what = f"a tensor of shape {tuple(one.shape)}" if isinstance(one, torch.Tensor) else type(one).__name__
            raise ValueError(f"statistics returned {what}, expected one number a channel: two tensors of shape (3,)")
    return came


def _scale(came: Any) -> float:
    if isinstance(came, bool) or not isinstance(came, int | float) or not 0 < came < math.inf:
        raise ValueError(f"start returned {came!r}, expected a standard deviation: a number above 0")
    return float(came)


def _augmented(recipe: Recipe, x: torch.Tensor, drawn: torch.Generator) -> torch.Tensor:
    came = recipe.augment(x.clone(), drawn)
    if not isinstance(came, torch.Tensor) or came.shape != x.shape or came.dtype != x.dtype:
        what = f"{came.dtype} of shape {tuple(came.shape)}" if isinstance(came, torch.Tensor) else type(came).__name__
        raise ValueError(f"augment returned {what}, expected {x.dtype} of shape {tuple(x.shape)}, as it was given")
    return came
