"""A text whose every rule is known: lines that tell of coloured shapes. What a language model learns can be counted.

A line is "two red circles are above one blue star.": a number, a colour, a shape, a relation, and the same again. Three
rules hold over a distance: a noun has an s unless its number is one, the verb is "is" or "are" after the first number,
and the second colour is another one than the first. All lines that keep the rules are equally frequent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.kept import kept
from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

NUMBERS = ("one", "two", "three")
RELATIONS = ("above", "below", "left of", "right of")
END = "\n"
CHARS = END + "".join(sorted(set("".join((*NUMBERS, *COLOUR_NAMES, *SHAPE_NAMES, *RELATIONS, "is are .")))))
NUM_TRAIN, NUM_TEST = 2000, 500
EMBED, WIDTH = 16, 64
STEPS, BATCH, RATE = 500, 32, 7e-3
LARGEST = 0.3  # norm of a parameter's gradient, above which it is scaled down
PLURALS = {shape: f"{shape}es" if shape.endswith("s") else f"{shape}s" for shape in SHAPE_NAMES}
_NOUN = f"({'|'.join(NUMBERS)}) ({'|'.join(COLOUR_NAMES)}) ({'|'.join((*PLURALS.values(), *SHAPE_NAMES))})"
LINE = re.compile(rf"{_NOUN} (is|are) (?:{'|'.join(RELATIONS)}) {_NOUN}\.")


class Rows(NamedTuple):
    """Lines as numbers, (N, T): what is read, what is to be said at each step, and which steps are real."""

    x: torch.Tensor
    y: torch.Tensor
    mask: torch.Tensor


def line_of(choices: tuple[int, ...]) -> str:
    """Return the line of seven choices: number, colour, shape, relation, number, colour among the other five, shape."""
    first, colour, shape, relation, second, other, last = choices
    others = [name for name in COLOUR_NAMES if name != COLOUR_NAMES[colour]]
    one, two = SHAPE_NAMES[shape], SHAPE_NAMES[last]
    start = f"{NUMBERS[first]} {COLOUR_NAMES[colour]} {PLURALS[one] if first else one}"
    end = f"{NUMBERS[second]} {others[other]} {PLURALS[two] if second else two}"
    return f"{start} {'are' if first else 'is'} {RELATIONS[relation]} {end}."


SIZES = (
    len(NUMBERS), len(COLOUR_NAMES), len(SHAPE_NAMES), len(RELATIONS), len(NUMBERS), len(COLOUR_NAMES) - 1,
    len(SHAPE_NAMES),
)  # fmt: skip


@cache
def lines(num: int, seed: int) -> tuple[str, ...]:
    """Return lines that were drawn, each of all that there are with the same probability."""
    drawn = torch.Generator().manual_seed(seed)
    choices = torch.stack([torch.randint(size, (num,), generator=drawn) for size in SIZES], dim=1)
    return tuple(line_of(tuple(row)) for row in choices.tolist())


def numbers_of(text: str) -> list[int]:
    """Return the place of each character in CHARS."""
    return [CHARS.index(char) for char in text]


def text_of(ids: torch.Tensor) -> str:
    """Return the characters of a row of numbers, up to the first end of a line."""
    return "".join(CHARS[one] for one in ids.tolist()).split(END)[0]


def rows_of(texts: tuple[str, ...]) -> Rows:
    """Return lines as rows: read from an END on, and to be said up to an END. Short ones are filled up with END."""
    longest = max(map(len, texts)) + 1
    table = torch.zeros(len(texts), longest + 1, dtype=torch.int64)
    for row, text in enumerate(texts):
        table[row, 1 : len(text) + 1] = torch.tensor(numbers_of(text))
    sizes = torch.tensor([len(text) + 1 for text in texts])
    return Rows(table[:, :-1], table[:, 1:], torch.arange(longest) < sizes[:, None])


def least_bits() -> float:
    """Return the bits a character that no model can go below: the logarithm of the lines by their mean length."""
    mean = sum(len(line) + 1 for line in lines(NUM_TEST, 2)) / NUM_TEST
    return math.log2(math.prod(SIZES)) / mean


def faults(line: str) -> tuple[str, ...]:
    """Return what is wrong with a line: "words" alone, or those of "number", "verb" and "colours" that are broken."""
    found = LINE.fullmatch(line)
    if not found:
        return ("words",)
    first, colour, one, verb, second, other, two = found.groups()
    broken = {
        "number": (one in SHAPE_NAMES) != (first == "one") or (two in SHAPE_NAMES) != (second == "one"),
        "verb": (verb == "is") != (first == "one"),
        "colours": colour == other,
    }
    return tuple(name for name, wrong in broken.items() if wrong)


class Speaker(nn.Module):
    """The model of characters that pictures use: embedding, LSTM and dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(CHARS), EMBED)
        self.lstm = nn.LSTM(EMBED, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, len(CHARS))

    def forward(self, ids: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        """Return scores (N, T, 24) of what comes next, and the states after the last step."""
        read, after = self.lstm(self.embedding(ids), state)
        return self.head(read), after


def masked_cost(net: nn.Module, rows: Rows) -> torch.Tensor:
    """Return the mean cost of a real character, in nats."""
    return F.cross_entropy(net(rows.x)[0][rows.mask], rows.y[rows.mask])


def training(net: nn.Module, seed: int, steps: int) -> Iterator[float]:
    """Train a network on 2000 lines; yield its cost after each step in bits a character."""
    data = rows_of(lines(NUM_TRAIN, 1))
    for parameter in net.parameters():
        parameter.register_hook(lambda slope: slope * (LARGEST / (slope.norm() + 1e-9)).clamp(max=1))

    def cost(rows: torch.Tensor) -> torch.Tensor:
        return masked_cost(net, Rows(*(part[rows] for part in data)))

    with one_thread():
        for value in fit(net, cost, drawn_batches(NUM_TRAIN, BATCH, steps, seed), rate=RATE, decay=0.0):
            yield value / math.log(2)


def train(make: Callable[[], nn.Module], seed: int = 0, steps: int = STEPS) -> tuple[nn.Module, list[float]]:
    """Return a network that was trained on 2000 lines, and its cost at each step in bits a character."""
    net = started(make, seed)
    return net, list(training(net, seed, steps))


@torch.no_grad()
def bits(net: nn.Module) -> float:
    """Return the bits a character that a network needs for 500 lines which it hasn't read."""
    with one_thread():
        return float(masked_cost(net, rows_of(lines(NUM_TEST, 2)))) / math.log(2)


@torch.no_grad()
def written(net: nn.Module, num: int, seed: int = 3, longest: int = 70) -> list[str]:
    """Return lines that a network writes, each character drawn from its probabilities."""
    drawn, ids, memory = torch.Generator().manual_seed(seed), torch.zeros(num, 1, dtype=torch.int64), None
    said = []
    with one_thread():
        for _ in range(longest):
            said_next, memory = net(ids, memory)
            ids = torch.multinomial(said_next[:, -1].softmax(dim=1), 1, generator=drawn)
            said.append(ids)
    return [text_of(row) for row in torch.cat(said, dim=1)]


class Story(NamedTuple):
    """A training: the cost of each step, what was written after some of them, and the network."""

    costs: list[float]
    samples: dict[int, str]
    net: nn.Module


@kept
def story(seed: int = 0, looks: tuple[int, ...] = (40, 80, 120, 160, 500)) -> Story:
    """Return how the pictures' model was trained."""
    net = started(Speaker, seed)
    costs: list[float] = []
    samples: dict[int, str] = {}
    for value in training(net, seed, STEPS):
        costs.append(value)
        if len(costs) in looks:
            samples[len(costs)] = next(filter(None, written(net, 20)), "")
    return Story(costs, samples, net)


@cache
def simpler_bits() -> dict[str, float]:
    """Return the bits a character of models that know how frequent each character is, alone or behind another one."""
    read, unread = rows_of(lines(NUM_TRAIN, 1)), rows_of(lines(NUM_TEST, 2))
    num = len(CHARS)
    counted = torch.bincount(num * read.x[read.mask] + read.y[read.mask], minlength=num * num).view(num, num) + 0.01
    alone, behind = counted.sum(dim=0), counted / counted.sum(dim=1, keepdim=True)
    x, y = unread.x[unread.mask], unread.y[unread.mask]
    return {
        "by frequency": -float((alone / alone.sum())[y].log2().mean()),
        "by the last character": -float(behind[x, y].log2().mean()),
    }
