"""Real runs of a small network on the shapes, each made to go wrong in its own way, and kept as learning curves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.kept import kept
from coursekit.shapes import SHAPE_NAMES, shapes
from coursekit.threads import one_thread

NUM_CLASSES = len(SHAPE_NAMES)
SIDE = 16  # pixels: the images are halved, so that a run takes half a second


@dataclass(frozen=True)
class Curves:
    """The training loss and the validation loss: first before any step, of one batch in training, then of each epoch.

    The training loss of an epoch is the mean over its batches, taken while the network learns.
    """

    train: list[float]
    val: list[float]


@dataclass(frozen=True)
class Recipe:
    """How a run is made: with which network, how many images, and which steps.

    Args:
        build: returns the network.
        images: how many there are to learn from.
        optimizer: "adam" or "sgd".
        lr: the learning rate.
        momentum: of "sgd".
        epochs: how often each image is seen.
        batch: images in a batch.
    """

    build: Callable[[], nn.Module] = field(default=lambda: small_network())
    images: int = 1000
    optimizer: str = "adam"
    lr: float = 0.003
    momentum: float = 0.9
    epochs: int = 15
    batch: int = 50


def small_network(width: int = 12, gain: float = 1.0) -> nn.Sequential:
    """Return two convolutions and a linear layer, whose weights are `gain` times the usual ones."""
    model = nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(2 * width * (SIDE // 4) ** 2, NUM_CLASSES),
    )  # fmt: skip
    with torch.no_grad():
        model[-1].weight.mul_(gain)  # type: ignore[operator]
    return model


def mean_colour_network() -> nn.Sequential:
    """Return a network that sees only the mean colour of an image."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, NUM_CLASSES))


@cache
def pictures(num: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (num, 3, 16, 16), standardised, and which shape is on each, (num,) int64."""
    drawn = shapes(num, radius=(11.0, 14.0), seed=seed)
    return (F.avg_pool2d(drawn.images, 2) - 0.5) / 0.25, drawn.shape[:, 0]


@contextmanager
def _chance(seed: int = 0) -> Iterator[None]:
    """Draw from a seed of its own, on one thread, so that a run comes out the same each time."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def train(recipe: Recipe, seed: int = 0) -> Curves:
    """Return the curves of one run; the global random state stays as it was."""
    with _chance(seed):
        return _train(recipe)


def _train(recipe: Recipe) -> Curves:
    x, y = pictures(1000)
    x, y = x[: recipe.images], y[: recipe.images]
    x_val, y_val = pictures(400, seed=1)
    model = recipe.build()
    optimizer = (
        torch.optim.SGD(model.parameters(), recipe.lr, momentum=recipe.momentum)
        if recipe.optimizer == "sgd"
        else torch.optim.Adam(model.parameters(), recipe.lr)
    )
    first = F.cross_entropy(copy.deepcopy(model)(x[: recipe.batch]), y[: recipe.batch]).item()
    curves = Curves([first], [_loss(model, x_val, y_val)])
    for _ in range(recipe.epochs):
        total, rows = 0.0, torch.randperm(len(x)).split(recipe.batch)
        for some in rows:
            loss = F.cross_entropy(model(x[some]), y[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() / len(rows)
        curves.train.append(total)
        curves.val.append(_loss(model, x_val, y_val))
    return curves


def _loss(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        loss = F.cross_entropy(model(x), y).item()
    model.train()
    return loss


GOOD = Recipe()
RECIPES: Mapping[str, Recipe] = {
    "diverged": replace(GOOD, optimizer="sgd", lr=3.0),
    "bad start": replace(GOOD, build=lambda: small_network(gain=40.0)),
    "not learning": replace(GOOD, optimizer="sgd", lr=1e-6),
    "overfits": replace(GOOD, images=100, lr=0.01, epochs=40),
    "jumpy": replace(GOOD, optimizer="sgd", momentum=0.0, images=200, batch=200, epochs=40, lr=0.1),
    "too slow": replace(GOOD, optimizer="sgd", lr=0.001, epochs=5),
    "underfits": replace(GOOD, build=lambda: small_network(width=1), lr=0.01, epochs=25),
    "healthy": GOOD,
}


@kept
def all_runs() -> dict[str, Curves]:
    """Return the curves of each recipe, by what is wrong with it."""
    return {name: train(recipe) for name, recipe in RECIPES.items()}


def score(settings: Mapping[str, float]) -> float:
    """Return the validation accuracy, in percent, of a network that saw 400 images three times.

    Args:
        settings: "lr" of Adam, and "width", rounded down: the channels of the first convolution.
    """
    with _chance():
        model = small_network(int(settings["width"]))
        _train(Recipe(build=lambda: model, images=400, lr=settings["lr"], epochs=3))
    x_val, y_val = pictures(400, seed=1)
    model.eval()
    with torch.no_grad():
        return 100 * float((model(x_val).argmax(dim=1) == y_val).double().mean())


def small_views() -> nn.Sequential:
    """Return a network for crops of 12 x 10 pixels, with weights from a fixed seed."""
    with _chance():
        return nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 10, NUM_CLASSES))


def averaged_run(
    update: Callable[[nn.Module, nn.Module, float, int | None], None],
    num_steps: int = 200,
    lr: float = 0.005,
    batch: int = 10,
) -> tuple[list[float], list[float]]:
    """Return the validation losses of the weights, and of their moving average, every ten steps.

    Args:
        update: update(average, model, decay, num_updates) moves the average.
        num_steps: how many batches are seen.
        lr: Adam's.
        batch: images in one, few enough for the weights to dance.
    """
    x, y = pictures(1000)
    x_val, y_val = pictures(400, seed=1)
    with _chance():
        model = small_network()
        average = copy.deepcopy(model)
        optimizer = torch.optim.Adam(model.parameters(), lr)
        losses: tuple[list[float], list[float]] = ([], [])
        for step in range(num_steps):
            rows = torch.randint(len(x), (batch,))
            optimizer.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
            update(average, model, 0.95, step)
            if step % 10 == 9:
                for kept, one in zip(losses, (model, average), strict=True):
                    kept.append(_loss(one, x_val, y_val))
    return losses


def ten_by_heart(fault: str = "", num_steps: int = 80) -> tuple[list[float], nn.Module]:
    """Return the losses of ten images learnt by heart, and the network.

    Args:
        fault: "" for none, "two softmaxes" for a network that ends with one, or "labels anew" for labels that are
            shuffled before each step.
        num_steps: of Adam.
    """
    x, y = (part[:10] for part in pictures(1000))
    with _chance():
        model = small_network()
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        losses = []
        for _ in range(num_steps):
            scores = model(x).softmax(dim=1) if fault == "two softmaxes" else model(x)
            loss = F.cross_entropy(scores, y[torch.randperm(10)] if fault == "labels anew" else y)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return losses, model
