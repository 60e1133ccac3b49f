"""An Elman network that reads colour images row by row, and names the colour of the object on them.

It learns by plain SGD from whatever gradients it is given: torch's own, or those of functions that a student wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.kept import kept
from coursekit.shapes import COLOUR_NAMES, shapes
from coursekit.small_detectors import drawn_batches, started
from coursekit.threads import one_thread
from coursekit.training import track

SIDE, STATE, NUM_CLASSES = 32, 64, len(COLOUR_NAMES)
NUM_TRAINING, NUM_UNSEEN = 3000, 1000
STEPS, BATCH, RATE, MAX_NORM = 500, 64, 0.1, 1.0
MEAN, SPREAD = 0.5, 0.25  # of the pixels, about

Weights = list[torch.Tensor]
# From rows (N, 32, 96), labels (N,) and the six tensors: the loss, and a gradient for each of the six.
Gradients = Callable[[torch.Tensor, torch.Tensor, Weights], tuple[torch.Tensor, Sequence[torch.Tensor]]]
# From gradients and the largest norm: the gradients to go on with, and their norm before.
Clip = Callable[[list[torch.Tensor], float], tuple[Sequence[torch.Tensor], torch.Tensor]]


@dataclass
class Run:
    """One training: weight_ih, weight_hh, bias_ih, bias_hh, the matrix and the bias of the readout; and what was
    measured at each step."""

    weights: Weights
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)


@cache
def images(unseen: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (N, 3, 32, 32) in [0, 1] and the colours of their objects, (N,)."""
    drawn = shapes(NUM_UNSEEN if unseen else NUM_TRAINING, size=SIDE, seed=2 if unseen else 1)
    return drawn.images, drawn.colour[:, 0]


def rows_of(pictures: torch.Tensor) -> torch.Tensor:
    """Return images as sequences of rows, (N, 32, 96): the pixels' red, then green, then blue, about standardised."""
    return ((pictures - MEAN) / SPREAD).transpose(1, 2).flatten(2)


def start(seed: int) -> Weights:
    """Return first weights: those of nn.RNN and nn.Linear, but for an orthogonal weight_hh."""

    def make() -> nn.ModuleList:
        network, readout = nn.RNN(3 * SIDE, STATE), nn.Linear(STATE, NUM_CLASSES)
        nn.init.orthogonal_(network.get_parameter("weight_hh_l0"))
        return nn.ModuleList([network, readout])

    return [one.detach().clone() for one in started(make, seed).parameters()]


def read_out(
    last: torch.Tensor, y: torch.Tensor, matrix: torch.Tensor, bias: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """Return the loss of the readout, and its gradients: of the last states, and of the matrix and the bias."""
    scores = F.linear(last, matrix, bias)
    above = (scores.softmax(dim=1) - F.one_hot(y, NUM_CLASSES)) / len(y)
    return F.cross_entropy(scores, y), above @ matrix, (above.T @ last, above.sum(dim=0))


def torch_gradients(x: torch.Tensor, y: torch.Tensor, weights: Weights) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
    """Return the loss and its gradients as torch finds them."""
    learning = [one.requires_grad_() for one in weights]
    loss = F.cross_entropy(_scores(x, learning)[:, -1], y)
    grads = torch.autograd.grad(loss, learning)
    for one in weights:
        one.requires_grad_(False)
    return loss.detach(), grads


def torch_clip(grads: list[torch.Tensor], max_norm: float) -> tuple[Sequence[torch.Tensor], torch.Tensor]:
    """Return the gradients, clipped by torch, and their norm before."""
    holders = [nn.Parameter(torch.empty_like(grad)) for grad in grads]
    for holder, grad in zip(holders, grads, strict=True):
        holder.grad = grad.clone()
    norm = nn.utils.clip_grad_norm_(holders, max_norm)
    return [holder.grad for holder in holders if holder.grad is not None], norm


def _scores(x: torch.Tensor, weights: Weights) -> torch.Tensor:
    """Return the scores after each row, (N, T, 6)."""
    first = x.new_zeros(1, len(x), STATE)
    # has_biases, num_layers, dropout, train, bidirectional, batch_first
    states, _ = torch.rnn_tanh(x, first, weights[:4], True, 1, 0.0, False, False, True)
    return F.linear(states, *weights[4:])


def trained(
    gradients: Gradients = torch_gradients,
    clip: Clip = torch_clip,
    *,
    max_norm: float = MAX_NORM,
    seed: int = 0,
    num_steps: int = STEPS,
) -> Run:
    """Return a reader after so many steps of SGD.

    Args:
        gradients: gives the loss of a batch and its gradients.
        clip: is called with all gradients and the largest norm.
        max_norm: infinity leaves all gradients as they are.
        seed: of the first weights and of the batches.
        num_steps: how many batches of 64 images it sees.
    """
    run = Run(start(seed))
    pictures, labels = images()
    x = rows_of(pictures)
    with one_thread():
        steps = track(drawn_batches(len(x), BATCH, num_steps, seed), "the reader")
        for batch in steps:
            loss, grads = gradients(x[batch], labels[batch], run.weights)
            grads, norm = clip(list(grads), max_norm)
            run.weights = [one - RATE * grad for one, grad in zip(run.weights, grads, strict=True)]
            run.losses.append(float(loss))
            run.norms.append(float(norm))
            steps.report(loss=float(loss))
    return run


@kept
def library_run(max_norm: float, seed: int) -> Run:
    """Return a reader that torch trained."""
    return trained(max_norm=max_norm, seed=seed)


@torch.no_grad()
def probabilities(pictures: torch.Tensor, weights: Weights) -> torch.Tensor:
    """Return what the reader thinks of each colour after each row, (N, 32, 6)."""
    with one_thread():
        return _scores(rows_of(pictures), weights).softmax(dim=2)


def accuracy(weights: Weights) -> float:
    """Return the share of unseen images whose colour is named rightly after the last row."""
    pictures, labels = images(unseen=True)
    return float((probabilities(pictures, weights)[:, -1].argmax(dim=1) == labels).float().mean())
