"""Translation with one right answer: a word of letters, and the same letters in the order of the alphabet."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.kept import kept
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

LETTERS = "abcdefgh"
NUM_SYMBOLS = len(LETTERS) + 1  # 0 is the start and the end, and fills up
SHORTEST, LONGEST = 3, 7
NUM_TRAIN, NUM_TEST = 4000, 500
EMBED, WIDTH = 16, 64
STEPS, BATCH, RATE = 300, 64, 1e-2


class Pairs(NamedTuple):
    """Words (N, 7), their lengths (N,), the right answers (N, 8), each with a 0 at its end, and which are real."""

    source: torch.Tensor
    lengths: torch.Tensor
    target: torch.Tensor
    mask: torch.Tensor


@cache
def pairs(num: int, seed: int) -> Pairs:
    """Return words of 3 to 7 letters that were drawn, and their letters in order."""
    drawn = torch.Generator().manual_seed(seed)
    lengths = torch.randint(SHORTEST, LONGEST + 1, (num,), generator=drawn)
    letters = torch.randint(1, NUM_SYMBOLS, (num, LONGEST), generator=drawn)
    real = torch.arange(LONGEST) < lengths[:, None]
    target = letters.masked_fill(~real, NUM_SYMBOLS).sort(dim=1).values.masked_fill(~real, 0)
    mask = torch.arange(LONGEST + 1) <= lengths[:, None]
    return Pairs(letters * real, lengths, F.pad(target, (0, 1)), mask)


class Sorter(nn.Module):
    """The encoder and decoder that pictures use."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(NUM_SYMBOLS, EMBED)
        self.encoder = nn.GRU(EMBED, WIDTH, batch_first=True)
        self.decoder = nn.GRU(EMBED, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, NUM_SYMBOLS)

    def forward(self, source: torch.Tensor, lengths: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return scores (N, U, 9); the decoder reads the target, one step late."""
        said = self.decoder(self.embedding(F.pad(target, (1, -1))), encoded(self, source, lengths))[0]
        scores: torch.Tensor = self.head(said)
        return scores


def encoded(net: Any, source: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the encoder's state behind each word's last letter, (1, N, H)."""
    states: torch.Tensor = net.encoder(net.embedding(source))[0]
    return states[torch.arange(len(source)), lengths - 1][None]


def train(make: Callable[[], nn.Module], seed: int = 0, steps: int = STEPS) -> tuple[nn.Module, list[float]]:
    """Return a network after its training, and the cost of each step."""
    data, net = pairs(NUM_TRAIN, 1), started(make, seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        source, lengths, target, mask = (part[rows] for part in data)
        return F.cross_entropy(net(source, lengths, target)[mask], target[mask])

    with one_thread():
        costs = list(fit(net, cost, drawn_batches(NUM_TRAIN, BATCH, steps, seed), rate=RATE, decay=0.0))
    return net, costs


@torch.no_grad()
def greedy(net: Any, source: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return what a network says by itself, (N, 8): each step reads what the last one said. Behind an end stands 0."""
    state, last = encoded(net, source, lengths), torch.zeros_like(lengths)
    over = torch.zeros_like(lengths, dtype=torch.bool)
    spoken = []
    for _ in range(LONGEST + 1):
        out, state = net.decoder(net.embedding(last[:, None]), state)
        last = net.head(out[:, 0]).argmax(dim=1).masked_fill(over, 0)
        over = over | (last == 0)
        spoken.append(last)
    return torch.stack(spoken, dim=1)


def exact(net: Any) -> float:
    """Return the share of 500 new words whose every letter comes right, when the network works alone."""
    data = pairs(NUM_TEST, 2)
    with one_thread():
        return float((greedy(net, data.source, data.lengths) == data.target).all(dim=1).float().mean())


@torch.no_grad()
def taught(net: Any) -> float:
    """Return the share of letters (and ends) of 500 new words that come right, when the decoder reads the answers."""
    data = pairs(NUM_TEST, 2)
    with one_thread():
        said = net(data.source, data.lengths, data.target).argmax(dim=2)
    return float((said == data.target)[data.mask].float().mean())


def letters_of(ids: list[int]) -> str:
    """Return a word, up to its end."""
    return "".join(" " if one == 0 else LETTERS[one - 1] for one in ids).split(" ")[0]


def sorted_by(net: Any, word: str) -> str:
    """Return what a network makes of a word of the letters a to h."""
    source = torch.tensor([[1 + LETTERS.index(letter) for letter in word]])
    return letters_of(greedy(net, source, torch.tensor([len(word)]))[0].tolist())


def step_of(net: Any) -> Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """Return a network's decoder as a step: from tokens (K,) and states (K, H) to log-probabilities and new states."""

    @torch.no_grad()
    def step(ids: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        out, after = net.decoder(net.embedding(ids[:, None]), state[None].contiguous())
        return net.head(out[:, 0]).log_softmax(dim=1), after[0]

    return step


@kept
def beginner(seed: int = 0) -> nn.Module:
    """Return a network that was trained for a quarter of the steps."""
    return train(Sorter, seed, STEPS // 4)[0]


class Verdicts(NamedTuple):
    """Of some words' answers: how many are right, wrong though the search did well, wrong by the search."""

    right: int
    by_the_model: int
    by_the_search: int


def verdicts(search: Callable[..., Any], net: Any, beam: int, num: int = 100) -> Verdicts:
    """Return how a search with a beam does on new words.

    Wrong by the search: the network itself holds the right answer to be likelier than the one that was found.
    """
    data = pairs(NUM_TEST, 2)
    counts = [0, 0, 0]
    with one_thread(), torch.no_grad():
        states = encoded(net, data.source[:num], data.lengths[:num])[0]
        scores = net(*(part[:num] for part in data[:3])).log_softmax(dim=2)
        likely = (scores.gather(2, data.target[:num, :, None])[:, :, 0] * data.mask[:num]).sum(dim=1)
        for row in range(num):
            best, score = search(step_of(net), states[row : row + 1], 0, 0, beam, LONGEST + 1)[0]
            right = data.target[row, : data.lengths[row] + 1].tolist()
            counts[0 if best == right else 1 if score >= float(likely[row]) else 2] += 1
    return Verdicts(*counts)
