"""Training of word vectors by any of their losses, and what the trained ones know of a corpus."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F

from coursekit import scene_words
from coursekit.kept import kept
from coursekit.small_detectors import drawn_batches
from coursekit.training import track

Answer = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # a loss, and its gradients in both tables
Step = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Answer]
WIDTH, SIZE, NEGATIVES = 2, 16, 5


class Vectors(NamedTuple):
    """What was trained.

    Args:
        inputs: (V, D), what a word gives where it is seen.
        outputs: (V, D), what a word is compared by where it is to be foretold.
        losses: the loss of each step's batch.
    """

    inputs: torch.Tensor
    outputs: torch.Tensor
    losses: list[float]


def fit(
    step: Step,
    num_words: int,
    num_rows: int,
    *,
    size: int = SIZE,
    steps: int = 400,
    batch: int = 512,
    rate: float = 0.02,
    seed: int = 0,
) -> Vectors:
    """Return word vectors that were trained by a loss with its gradients, with Adam.

    Args:
        step: `step(inputs, outputs, rows)` returns the loss of a batch, and its gradients in both tables.
        num_words: V.
        num_rows: how many rows there are to draw batches from.
        size: D, how many numbers a word has.
        steps, batch: how many batches, and how many rows each has.
        rate: the learning rate.
        seed: of the start and of the batches.
    """
    drawn = torch.Generator().manual_seed(seed)
    inputs = ((torch.rand(num_words, size, generator=drawn) - 0.5) / size**0.5).requires_grad_()
    outputs = torch.zeros(num_words, size, requires_grad=True)
    optimiser = torch.optim.Adam([inputs, outputs], lr=rate)
    losses = []
    bar = track(drawn_batches(num_rows, batch, steps, seed), "the vectors")
    for rows in bar:
        loss, inputs.grad, outputs.grad = step(inputs.detach(), outputs.detach(), rows)
        optimiser.step()
        losses.append(float(loss))
        bar.report(loss=losses[-1])
    return Vectors(inputs.detach(), outputs.detach(), losses)


def drawn_negatives(noise: torch.Tensor, num: int, seed: int = 0) -> torch.Tensor:
    """Return five words for each of so many pairs, (num, 5) int64, drawn with the probabilities `noise`."""
    drawn = torch.Generator().manual_seed(seed)
    return torch.multinomial(noise, num * NEGATIVES, replacement=True, generator=drawn).view(num, NEGATIVES)


@kept
def of_scenes(first: int = 0, num: int = 2000, steps: int = 400, seed: int = 0) -> Vectors:
    """Return vectors of some of the sentences about scenes."""
    return of_words(scene_words.part(scene_words.corpus(), first, num), steps, seed)


def of_words(words: scene_words.Words, steps: int = 400, seed: int = 0) -> Vectors:
    """Return vectors of a corpus: skip-gram with negative sampling, by autograd."""
    centres, contexts = scene_words.pairs(*scene_words.windows(words.sentences, WIDTH))
    others = drawn_negatives(words.counts.double() ** 0.75, len(centres), seed)

    def step(inputs: torch.Tensor, outputs: torch.Tensor, rows: torch.Tensor) -> Answer:
        tables = inputs.requires_grad_(), outputs.requires_grad_()
        seen = F.embedding(centres[rows], tables[0])
        both = torch.cat([contexts[rows, None], others[rows]], dim=1)
        scores = torch.bmm(F.embedding(both, tables[1]), seen[..., None])[..., 0]
        kept = torch.cat([torch.ones(len(rows), 1), (others[rows] != contexts[rows, None]).float()], dim=1)
        wanted = torch.zeros_like(scores).index_fill(1, torch.tensor([0]), 1.0)
        loss = F.binary_cross_entropy_with_logits(scores, wanted, kept, reduction="sum") / len(rows)
        slopes = torch.autograd.grad(loss, tables)
        return loss.detach(), slopes[0], slopes[1]

    return fit(step, len(words.vocabulary), len(centres), steps=steps, seed=seed)


def neighbours(words: scene_words.Words, vectors: torch.Tensor, least: int = 5, top: int = 3) -> dict[str, list[str]]:
    """Return the nearest words of each word that occurs `least` times or more."""
    directions = F.normalize(vectors)
    likeness = torch.mm(directions, directions.mT).fill_diagonal_(-2.0)
    nearest = likeness.topk(top, dim=1).indices.tolist()
    often = [word for word, count in enumerate(words.counts.tolist()) if count >= least]
    return {words.vocabulary[word]: [words.vocabulary[other] for other in nearest[word]] for word in often}


def agreement(one: dict[str, list[str]], other: dict[str, list[str]]) -> float:
    """Return which share of the neighbours in one are neighbours of the same word in the other."""
    shares = [len(set(one[word]) & set(other[word])) / len(one[word]) for word in one]
    return sum(shares) / len(shares)


def best_word(vectors: torch.Tensor, a: int, b: int, c: int) -> int:
    """Return the word d for which a is to b as c is to d: the one whose direction is nearest to b - a + c."""
    directions = F.normalize(vectors)
    likeness = F.cosine_similarity(directions, directions[[b, c]].sum(dim=0, keepdim=True) - directions[a])
    likeness[[a, b, c]] = -2.0
    return int(likeness.argmax())


def share_right(words: scene_words.Words, vectors: torch.Tensor) -> float:
    """Return how many of the forty analogies come out, as a share."""
    quadruples = [[words.number(word) for word in four] for four in scene_words.analogies()]
    return sum(best_word(vectors, a, b, c) == d for a, b, c, d in quadruples) / len(quadruples)
