"""Small networks with one known fault each, under three instruments: what shows where. They name digits in a blink."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import nn

from coursekit.data import Dataset, digits
from coursekit.plots import MARKERS, PALETTE, alt, figure
from coursekit.threads import one_thread

WIDTHS = (64, 48, 48, 10)
BATCH, STEPS, FEW, FEW_STEPS = 50, 300, 20, 60
RATE, MOMENTUM = 0.05, 0.9
GUESSING = math.log(10)


@dataclass(frozen=True)
class Patient:
    """A network with how it is trained.

    Args:
        inputs: factor on the standardised images.
        start: factor on Kaiming's standard deviation.
        rate: factor on a rate that suits.
        dropout: of the second hidden layer.
        wrong: share of the training labels that are exchanged.
    """

    inputs: float = 1.0
    start: float = 1.0
    rate: float = 1.0
    dropout: float = 0.0
    wrong: float = 0.0


PATIENTS = {
    "healthy": Patient(),
    "inputs 20 × too large": Patient(inputs=20),
    "start 10 × too small": Patient(start=0.1),
    "rate 200 × too low": Patient(rate=1 / 200),
    "dropout of 0.8": Patient(dropout=0.8),
    "half of the labels wrong": Patient(wrong=0.5),
}


@dataclass(frozen=True)
class Findings:
    """What the instruments say of a patient.

    Args:
        outputs: standard deviation of each layer's output at the start.
        first_loss: before any step.
        by_heart: loss of each step on 20 images learned again and again, without dropout.
        in_training, known, new: shares named rightly after training: of the training images in training mode and in
            evaluation mode, held to the labels that were learned, and of images that it has not seen.
    """

    outputs: list[float]
    first_loss: float
    by_heart: list[float]
    in_training: float
    known: float
    new: float


@cache
def findings(patient: Patient) -> Findings:
    """Return what the instruments say of a patient; the same for the same one."""
    data = _data()
    x, y = data.x_train * patient.inputs, _exchanged(data.y_train, patient.wrong)
    with one_thread(), torch.random.fork_rng(devices=[]):
        model = _network(patient)
        outputs = _outputs(model.eval(), x)
        first = F.cross_entropy(model(x), y).item()
        by_heart = _trained(_network(Patient(start=patient.start)), x[:FEW], y[:FEW], patient.rate, FEW_STEPS)
        _trained(model.train(), x, y, patient.rate, STEPS)
        in_training = _share(model, x, y)
        model.eval()
        known, new = _share(model, x, y), _share(model, data.x_val * patient.inputs, data.y_val)
    return Findings(outputs, first, by_heart, in_training, known, new)


def clinic() -> Figure:
    """Show six patients under three instruments."""
    found = {name: findings(patient) for name, patient in PATIENTS.items()}
    picture, (start, heart, end) = figure(1, 3, size=(13, 3.6))
    for index, (name, one) in enumerate(found.items()):
        style = {"color": PALETTE[index], "marker": MARKERS[index], "label": name}
        start.plot(("layer 1", "layer 2", "scores"), one.outputs, **style)
        heart.plot(range(1, FEW_STEPS + 1), one.by_heart, markevery=(index, 10), **style)
        end.plot((0, 1, 2), (one.in_training, one.known, one.new), **style)
    start.set(yscale="log", title="1  the start:\nstd of each layer's output")
    heart.set(yscale="symlog", ylim=(0, 60), xlabel="step", title="2  one small batch by heart:\nits loss")
    heart.axhline(GUESSING, color="#8A8A8A", lw=1)
    end.set(xticks=(0, 1, 2), ylim=(0, 1.05), title="3  after training:\nshare named rightly")
    end.set_xticklabels(("training mode", "evaluation", "new images"))
    end.set_xlim(-0.2, 2.2)
    end.legend(loc="upper left", bbox_to_anchor=(1, 1))
    said = "; ".join(
        f"{name}: first loss {one.first_loss:.1f}, by heart {one.by_heart[-1]:.2f}, new images {one.new:.0%}"
        for name, one in found.items()
    )
    return alt(picture, f"Six networks under three instruments. {said}.")


def rate_and_start(rate: float = -1.5, start: float = 0.0) -> Figure:
    """Show how the loss on one batch falls, for a rate and a start.

    Args:
        rate: its logarithm to base 10.
        start: the logarithm to base 10 of the factor on Kaiming's standard deviation.
    """
    data = _data()
    with one_thread(), torch.random.fork_rng(devices=[]):
        model = _network(Patient(start=10**start))
        losses = _trained(model, data.x_train[:BATCH], data.y_train[:BATCH], 10**rate / RATE, FEW_STEPS)
    picture, ax = figure(size=(6, 3))
    shown = [min(loss, 1e4) if math.isfinite(loss) else 1e4 for loss in losses]
    ax.plot(range(1, FEW_STEPS + 1), shown, color=PALETTE[0])
    ax.axhline(GUESSING, color="#8A8A8A", lw=1)
    ax.set(yscale="symlog", ylim=(0, 1e4), xlabel="step", ylabel="loss of 50 images")
    ax.set_title(f"rate {10**rate:.2g}, start {10**start:.2g} × Kaiming's")
    return alt(picture, f"The loss starts at {losses[0]:.2f} and is {losses[-1]:.2f} after {FEW_STEPS} steps.")


@cache
def _data() -> Dataset:
    data = digits(num_train=1000)
    mean, std = data.x_train.mean(), data.x_train.std()
    for part in (data.x_train, data.x_val):
        part.sub_(mean).div_(std)
    return data


def _exchanged(y: torch.Tensor, share: float) -> torch.Tensor:
    """Return labels of which a share is drawn anew."""
    drawn = torch.Generator().manual_seed(3)
    anew = torch.rand(len(y), generator=drawn) < share
    return torch.where(anew, torch.randint(0, 10, y.shape, generator=drawn), y)


def _network(patient: Patient) -> nn.Sequential:
    torch.manual_seed(0)
    first, second, last = (nn.Linear(before, after) for before, after in pairwise(WIDTHS))
    for layer in (first, second, last):
        nn.init.normal_(layer.weight, std=patient.start * (2 / layer.in_features) ** 0.5)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Dropout(patient.dropout), last)


def _outputs(model: nn.Sequential, x: torch.Tensor) -> list[float]:
    found = []
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            if isinstance(layer, nn.Linear):
                found.append(x.std().item())
    return found


def _trained(model: nn.Module, x: torch.Tensor, y: torch.Tensor, rate: float, steps: int) -> list[float]:
    """Train a network where it stands, and return the loss of each step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE * rate, momentum=MOMENTUM)
    order, losses = torch.Generator().manual_seed(1), []
    for _ in range(steps):
        chosen = torch.randperm(len(x), generator=order)[:BATCH]
        loss = F.cross_entropy(model(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def _share(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    with torch.no_grad():
        return (model(x).argmax(dim=1) == y).double().mean().item()
