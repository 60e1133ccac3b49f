"""Pictures of the notebook on transfer: what forty pictures are enough for, what learns, and what moves by itself."""

from __future__ import annotations

import copy
from functools import cache, lru_cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from coursekit import pretrained
from coursekit.backbone import trained
from coursekit.pieces import NAMES, Pieces, pieces
from coursekit.plots import PALETTE, alt, figure
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
BATCH, STEPS, HEAD_STEPS, RATE = 8, 24, 8, 0.0003
FROM_NOTHING = (
    0.03  # the middle one of 0.01, 0.03 and 0.1: which does best on so few pieces differs from machine to machine
)


class Trial(NamedTuple):
    """A training: from which start, what learns, whether batch norms are frozen, the backbone's rate, how long."""

    is_trained: bool = True
    way: str = "all"
    is_frozen: bool = True
    rate: float = RATE
    num_steps: int = STEPS


TRIALS = {  # the words of a bar
    "from nothing": Trial(is_trained=False, is_frozen=False, rate=FROM_NOTHING, num_steps=2 * STEPS),
    "the head alone": Trial(way="head"),
    "everything,\nten times as fast": Trial(rate=10 * RATE),
    "everything,\nnorms moving": Trial(is_frozen=False),
    "everything,\nas in section 5": Trial(),
}
STAGES = 9
PASSES = 20
DRIFT_BATCH = 4
BATCH_SIZES = (2, 4, 8, 16)
MEAN_BEFORE, MEAN_BATCH = 5.0, 1.0


@cache
def data() -> Pieces:
    """Return the pieces of the notebook."""
    return pieces()


def ready(x: torch.Tensor) -> torch.Tensor:
    """Return images as the trained network wants them."""
    return (x - pretrained.MEAN) / pretrained.DEVIATION


def batches(num_steps: int) -> torch.Tensor:
    """Return the rows that each step sees, (num_steps, BATCH), drawn from a fixed seed."""
    drawn = torch.Generator().manual_seed(0)
    return torch.stack([torch.randperm(len(data().x_train), generator=drawn)[:BATCH] for _ in range(num_steps)])


def guesses(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return the class that a network gives to each piece, (N,), in evaluation mode."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(ready(part)).argmax(dim=1) for part in x.split(50)])


@lru_cache(maxsize=8)
def network_of(trial: Trial) -> nn.Module:
    """Return a network after a short training.

    It trains as the notebook does, or from a start of numbers drawn as torchvision draws them.
    """
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = _begin().requires_grad_(True)
        if not trial.is_trained:
            _begin_anew(network)
        network.classifier = _zeros()
        _train(network, trial)
    return network


@lru_cache(maxsize=16)
def share(trial: Trial, part: str = "test") -> float:
    """Return the share of validation or of test pieces that a network names after a short training."""
    x, y = (getattr(data(), f"{letter}_{part}") for letter in "xy")
    with one_thread():
        return (guesses(network_of(trial), x) == y).double().mean().item()


def overview() -> Figure:
    """Return bars: the share of test pieces named by a network from nothing and by four that were trained before."""
    named = [share(trial) for trial in TRIALS.values()]
    picture, ax = figure(size=(7, 3.2))
    ax.barh(range(len(named)), named, color=[BLUE if trial.is_trained else ORANGE for trial in TRIALS.values()])
    ax.set_yticks(range(len(named)), list(TRIALS))
    for place, value in enumerate(named):
        ax.text(value + 0.01, place, f"{value:.0%}", va="center")
    ax.axvline(1 / len(NAMES), color=GREY, ls=":")
    ax.set(xlim=(0, 1), xlabel="share of 200 new pieces (dotted: chance)", ylim=(len(named) - 0.4, -0.6))
    said = "; ".join(f"{name.replace(chr(10), ' ')} {value:.2f}" for name, value in zip(TRIALS, named, strict=True))
    return alt(picture, f"Shares of new pieces named rightly: {said}. By chance 0.10.")


def gallery() -> Figure:
    """Return a training piece and a test piece of each class, one below the other."""
    picture, axes = figure(2, len(NAMES), size=(9, 2.3))
    for row, (x, y) in zip(axes, ((data().x_train, data().y_train), (data().x_test, data().y_test)), strict=True):
        for place, ax in enumerate(row):
            ax.imshow(x[y == place][0, 0], cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
    for name, ax in zip(NAMES, axes[0], strict=True):
        ax.set_title(name, fontsize=11)
    for row, word in zip(axes, ("train", "test"), strict=True):
        row[0].set_ylabel(word)
    return alt(picture, f"Two rows of grey pieces, for training and for testing, of {', '.join(NAMES)}.")


def three_ways() -> Figure:
    """Return the network as a row of stages and a head, three times: what learns is filled."""
    picture, axes = figure(3, 1, size=(8, 3.4))
    for ax, (words, last) in zip(axes, (("head", 0), ("last, 2", 2), ("all", STAGES)), strict=True):
        _row(ax, [BLUE if place >= STAGES - last else "white" for place in range(STAGES)], ORANGE)
        ax.text(-0.3, 0.5, words, ha="right", va="center")
    return alt(
        picture,
        f"A row of {STAGES} stages and a head, three times. What learns is filled: the head; the head and the last two "
        f"stages; everything.",
    )


def groups() -> Figure:
    """Return the four kinds of parameters as a table of rate and decay."""
    picture, ax = figure(size=(6.5, 2.3))
    ax.set(xlim=(-1.6, 2), ylim=(-0.1, 2.5))
    ax.axis("off")
    for column, part in enumerate(("model.features", "all else")):
        ax.text(column + 0.5, 2.1, part, ha="center")
        for row, (kind, decay) in enumerate((("one dimension", "no decay"), ("two or more", "weight_decay"))):
            tint = (BLUE, ORANGE)[column]
            ax.add_patch(Rectangle((column + 0.02, row + 0.04), 0.96, 0.92, fc=tint, alpha=0.25 + 0.3 * row, ec=tint))
            ax.text(column + 0.5, row + 0.62, ("rate", "times · rate")[column], ha="center", va="center")
            ax.text(column + 0.5, row + 0.3, decay, ha="center", va="center")
            ax.text(-0.1, row + 0.5, kind, ha="right", va="center")
    return alt(
        picture,
        "A table of two columns, model.features at the rate and all else at times the rate, and two rows: those of "
        "two or more dimensions with weight decay, those of one without.",
    )


@cache
def drifting() -> list[float]:
    """Return how far the running means of a frozen backbone are from where they were, after 0, 1, ... passes.

    In training mode, with no learning: the distance of all means, over their length.
    """
    with one_thread():
        network = copy.deepcopy(network_of(TRIALS["the head alone"]))
        before, drawn = _means(network), torch.Generator().manual_seed(1)
        away = []
        for _ in range(PASSES + 1):
            away.append(((_means(network) - before).norm() / before.norm()).item())
            rows = torch.randint(len(data().x_train), (DRIFT_BATCH,), generator=drawn)
            _only_look(network, data().x_train[rows])
    return away


@cache
def named_by_batch() -> list[float]:
    """Return the share of validation pieces that a network names in training mode, in batches of each size.

    Its running statistics are held by a momentum of zero. Each size is tried with two orders of the pieces.
    """
    x, y = data().x_val, data().y_val
    with one_thread():
        network = copy.deepcopy(network_of(TRIALS["the head alone"]))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.0
        drawn, named = torch.Generator().manual_seed(0), []
        for size in BATCH_SIZES:
            orders = [torch.randperm(len(x), generator=drawn) for _ in range(2)]
            some = [rows for order in orders for rows in order.split(size)]
            right = [(_only_look(network, x[rows]).argmax(dim=1) == y[rows]).sum().item() for rows in some]
            named.append(sum(right) / (2 * len(x)))
    return named


def drift() -> Figure:
    """Return what training mode does without any learning: how far means drift, and the share named by batch size."""
    away, named = drifting(), named_by_batch()
    alone = share(TRIALS["the head alone"], "val")
    picture, (left, right) = figure(1, 2, size=(8.5, 3))
    left.plot(range(PASSES + 1), away, color=ORANGE)
    left.set(xlabel="passes in training mode", ylabel="drift of the running means", ylim=(0, None))
    right.plot(range(len(named)), named, "o-", color=BLUE)
    right.axhline(alone, color=GREEN, ls="--")
    right.text(0, alone + 0.02, "evaluation mode", color=GREEN)
    right.axhline(1 / len(NAMES), color=GREY, ls=":")
    right.text(len(named) - 1, 1 / len(NAMES) + 0.02, "chance", color="#666666", ha="right")
    right.set_xticks(range(len(named)), [str(size) for size in BATCH_SIZES])
    right.set(xlabel="images in a batch, training mode", ylabel="share of validation pieces", ylim=(0, 1))
    said = ", ".join(f"{value:.2f} in batches of {size}" for size, value in zip(BATCH_SIZES, named, strict=True))
    return alt(
        picture,
        f"Training mode without learning. Left: the running means drift by {away[-1]:.2f} of their length in {PASSES} "
        f"passes. Right: the share of validation pieces named is {said}, and {alone:.2f} in evaluation mode.",
    )


def running_means(momentum: float, num_passes: int) -> list[float]:
    """Return the running mean of torch's own layer before the first and after each pass over batches of mean 1."""
    layer = nn.BatchNorm1d(1, momentum=momentum)
    layer.running_mean.fill_(MEAN_BEFORE)  # type: ignore[union-attr]
    found = [MEAN_BEFORE]
    for _ in range(num_passes):
        layer(torch.tensor([[MEAN_BATCH - 1], [MEAN_BATCH + 1]]))
        found.append(layer.running_mean.item())  # type: ignore[union-attr]
    return found


def drifted(num_passes: int = 16, momentum: float = 0.1) -> Figure:
    """Return the running mean over passes, by the formula as a line and of torch's layer as dots."""
    dots = running_means(momentum, num_passes)
    line = [MEAN_BATCH + (MEAN_BEFORE - MEAN_BATCH) * (1 - momentum) ** n for n in range(PASSES + 1)]
    picture, ax = figure(size=(6, 3))
    ax.plot(range(PASSES + 1), line, color=GREY)
    ax.plot(range(num_passes + 1), dots, "o", color=BLUE)
    ax.axhline(MEAN_BATCH, color=ORANGE, ls="--")
    ax.text(PASSES, MEAN_BATCH - 0.1, "mean of each batch", color=ORANGE, ha="right", va="top")
    ax.set(xlabel="passes in training mode", ylabel="running mean", ylim=(0, 5.5))
    ax.set_title(f"after {num_passes} passes: {dots[-1]:.2f}")
    return alt(
        picture,
        f"A running mean that begins at 5, with batches of mean 1 and momentum {momentum:.2f}: {dots[-1]:.2f} after "
        f"{num_passes} passes.",
    )


def phases() -> Figure:
    """Return the rates of backbone and head over the steps of both phases."""
    picture, ax = figure(size=(7, 2.8))
    ends = [0, HEAD_STEPS, STEPS]
    for tint, word, rates in ((ORANGE, "head", (10, 10)), (BLUE, "backbone", (0, 1))):
        heights = [RATE * times for times in rates]
        ax.stairs(heights, ends, baseline=None, color=tint, lw=2.5)
        ax.text(STEPS - 0.3, heights[-1] + 0.3 * RATE, word, color=tint, ha="right")
    ax.axvline(HEAD_STEPS, color=GREY, ls=":")
    ax.set(xlabel="step", ylabel="learning rate", ylim=(-0.5 * RATE, 12 * RATE), xlim=(0, STEPS))
    ax.text(HEAD_STEPS / 2, 6 * RATE, "head first", ha="center")
    ax.text((HEAD_STEPS + STEPS) / 2, 6 * RATE, "then everything", ha="center")
    return alt(
        picture,
        f"Rates over {STEPS} steps. The head's is {10 * RATE:.3f} throughout; the backbone's is 0 for {HEAD_STEPS} "
        f"steps and {RATE} after.",
    )


def confusion(found: torch.Tensor) -> Figure:
    """Return how often each class of the test pieces was given each name."""
    num = len(NAMES)
    counts = torch.bincount(data().y_test * num + found, minlength=num * num).reshape(num, num)
    picture, ax = figure(size=(5.2, 4.2))
    ax.imshow(counts, cmap="Blues")
    for row, column in counts.nonzero().tolist():
        value = int(counts[row, column])
        ax.text(column, row, value, ha="center", va="center", color="white" if value > 10 else "black", fontsize=10)
    ax.set_xticks(range(num), NAMES, rotation=60, ha="right")
    ax.set_yticks(range(num), NAMES)
    ax.set(xlabel="named", ylabel="is")
    right = int(counts.diagonal().sum())
    return alt(picture, f"A confusion matrix of ten classes: {right} of {len(found)} pieces are on the diagonal.")


def _begin() -> Any:
    """The trained network, with its channels last in memory, which is a third faster here."""
    return trained().to(memory_format=torch.channels_last)


def _zeros() -> nn.Linear:
    """A head that gives every class the same score."""
    head = nn.Linear(pretrained.LITE0_WIDTH, len(NAMES))
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def _begin_anew(network: nn.Module) -> None:
    """Draw all numbers of a network as torchvision does for one that nobody has trained."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def _train(network: Any, trial: Trial) -> None:
    """Train as the notebook's `fine_tune` does: the head first, then everything where the trial says so.

    A network from nothing has nothing to be kept: there all learns from the first step on, at one rate.
    """
    x, y = ready(data().x_train), data().y_train
    rows = batches(trial.num_steps)
    head_steps = HEAD_STEPS if trial.is_trained else 0
    for is_head, part in ((True, rows[:head_steps]), (False, rows[head_steps:])):
        network.requires_grad_(True)
        network.features.requires_grad_(trial.way == "all" and not is_head)
        network.train()
        if trial.is_frozen:
            for module in network.features.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval().requires_grad_(False)
        inner = [p for p in network.features.parameters() if p.requires_grad]
        made = [{"params": inner, "lr": trial.rate}] if inner else []
        times = 10 if trial.is_trained else 1
        head = {"params": network.classifier.parameters(), "lr": times * trial.rate}
        optimiser = torch.optim.SGD([*made, head], momentum=0.9)
        for some in part:
            loss = F.cross_entropy(network(x[some]), y[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def _only_look(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Pass a batch in training mode, learn nothing from it, and return the scores."""
    network.train()
    with torch.no_grad():
        scores: torch.Tensor = network(ready(x))
    return scores


def _means(network: nn.Module) -> torch.Tensor:
    return torch.cat([value for name, value in network.named_buffers() if name.endswith("running_mean")])


def _row(ax: Axes, tints: list[str], head: str) -> None:
    for place, tint in enumerate([*tints, head]):
        ax.add_patch(Rectangle((place + 0.3 * (place == len(tints)), 0), 0.9, 1, fc=tint, ec="black"))
    ax.text(len(tints) + 0.75, 0.5, "head", ha="center", va="center", fontsize=10)
    ax.set(xlim=(-1.6, len(tints) + 1.4), ylim=(-0.1, 1.1))
    ax.axis("off")
