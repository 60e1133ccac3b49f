"""Captions of small drawn scenes: the words, a network that finds colours, and an LSTM that names what it finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.kept import kept
from coursekit.shapes import COLOUR_NAMES, Shapes, shapes
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

SIDE, CELL = 32, 4  # pixels of an image's side, and of a cell's
CELLS = SIDE // CELL
PAD, START, END = 0, 1, 2
WORDS = ("<pad>", "<start>", "<end>", "shape", "left", "of", "above", *COLOUR_NAMES)
NUM_SEEN = 1 + len(COLOUR_NAMES)  # what a cell may hold: the ground, or a colour
LONGEST = 8  # words of a caption with its start and end
WIDTH, EMBEDDED = 96, 24
NUM_FEATURES = 5 * NUM_SEEN
NUM_FINDER, NUM_TRAIN, NUM_TEST = 2000, 4000, 500
STEPS, BATCH, RATE = 400, 128, 1.5e-2
Params = dict[str, torch.Tensor]


class Scenes(NamedTuple):
    """Drawn scenes of one or two shapes, and their captions: (N, 8) int64 from START to END, padded behind."""

    drawn: Shapes
    captions: torch.Tensor


def sentences(drawn: Shapes) -> list[str]:
    """Return captions that name colours alone: 'red shape above blue shape'."""
    said = []
    for caption in drawn.captions():
        words = [word for word in caption.split() if word != "a"]
        known = [word if word in WORDS else "shape" for word in words]
        said.append(" ".join(known))
    return said


def numbers_of(sentence: str) -> list[int]:
    """Return the numbers of a sentence's words, START and END around them, padded to 8."""
    row = [START, *(WORDS.index(word) for word in sentence.split()), END]
    return row + [PAD] * (LONGEST - len(row))


@cache
def scenes(num: int, seed: int, objects: tuple[int, int] = (1, 2)) -> Scenes:
    """Return scenes of 32 x 32 pixels with their captions."""
    drawn = shapes(num, size=SIDE, objects=objects, radius=(4.5, 7.0), seed=seed)
    return Scenes(drawn, torch.tensor([numbers_of(sentence) for sentence in sentences(drawn)]))


# What is seen


def _seen(drawn: Shapes) -> torch.Tensor:
    """Return what each cell mostly holds, (N, 8, 8): 0 for the ground, 1 + the colour."""
    lookup = torch.cat([torch.full((len(drawn), 1), -1), drawn.colour], dim=1) + 1
    pixels = lookup.gather(1, drawn.instances.flatten(1)).reshape(drawn.instances.shape)
    votes = F.one_hot(pixels, NUM_SEEN).movedim(3, 1).float()
    return F.avg_pool2d(votes, CELL).argmax(dim=1)


def new_finder() -> nn.Sequential:
    """Return an untrained network from images (N, 3, 32, 32) to scores of what each cell holds, (N, 7, 8, 8)."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, NUM_SEEN, 1),
    )


@kept
def finder() -> nn.Module:
    """Return a network that was trained to name the colour in each cell of an image."""
    drawn = scenes(NUM_FINDER, seed=1).drawn
    seen, net = _seen(drawn), started(new_finder, 0)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(net(2 * drawn.images[rows] - 1), seen[rows])

    with one_thread():
        for _ in fit(net, cost, drawn_batches(NUM_FINDER, 32, 300, seed=0), rate=1e-2):
            pass
    return net


def maps_of(images: torch.Tensor) -> torch.Tensor:
    """Return how sure the trained network is of each colour in each cell, (N, 7, 8, 8), the ground first."""
    net = finder()
    with one_thread(), torch.no_grad():
        return torch.cat([net(2 * part - 1).softmax(dim=1) for part in images.split(500)])


def summary_of(images: torch.Tensor) -> torch.Tensor:
    """Return the features (N, 35) of images (N, 3, 32, 32): five numbers of all colours together, and of each.

    They are how much of it there is, its middle in x and in y, and its spread (standard deviation) in x and in y.
    """
    maps = maps_of(images)
    maps = maps * (maps > 0.5)
    maps[:, 0] = 1 - maps[:, 1:].sum(dim=1)
    maps = torch.cat([1 - maps[:, :1], maps[:, 1:]], dim=1)
    amount = maps.sum(dim=(2, 3))
    place = torch.linspace(-1, 1, CELLS)
    parts = [(amount / 5).clamp(max=2)]
    shares = [maps.sum(dim=dim) / amount.clamp(min=0.3).unsqueeze(2) for dim in (2, 3)]
    middles = [(share * place).sum(dim=2) for share in shares]
    spreads = [(share * place**2).sum(dim=2) - middle**2 for share, middle in zip(shares, middles, strict=True)]
    parts += [2 * middle for middle in middles] + [3 * spread.clamp(min=0).sqrt() for spread in spreads]
    return torch.stack(parts, dim=2).flatten(1)


@kept
def features(num: int, seed: int) -> torch.Tensor:
    """Return the features of `scenes(num, seed)`."""
    return summary_of(scenes(num, seed).drawn.images)


# What is said

LSTM_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def lstm_step(x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, params: Params) -> tuple[torch.Tensor, torch.Tensor]:
    """Return an LSTM's next states (h, c), both (N, H), from what it reads (N, W) and its states (N, H).

    Args:
        x, h, c: what is read, the hidden state and the cell.
        params: holds "lstm.weight_ih" (4H, W), "lstm.weight_hh" (4H, H), "lstm.bias_ih" and "lstm.bias_hh" (4H,).
    """
    h, c = torch.lstm_cell(x, (h, c), *(params[f"lstm.{name}"] for name in LSTM_NAMES))
    return h, c


class Captioner(nn.Module):
    """The layers of a captioner; its `named_parameters` are what the exercises are given."""

    def __init__(self, num_features: int, num_words: int, embedded: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(num_features, width)
        self.embedding = nn.Embedding(num_words, embedded)
        self.lstm = nn.LSTMCell(embedded, width)
        self.head = nn.Linear(width, num_words)


def new_params(seed: int = 0) -> Params:
    """Return the parameters of an untrained captioner for 35 features, without a graph."""
    net = started(lambda: Captioner(NUM_FEATURES, len(WORDS), EMBEDDED, WIDTH), seed)
    return {name: one.detach() for name, one in net.named_parameters()}


Loss = Callable[[torch.Tensor, torch.Tensor, Params], torch.Tensor]


def train(loss: Loss, seed: int = 0, steps: int = STEPS) -> Params:
    """Return the parameters of a captioner after training with a loss of (features, captions, params)."""
    data, seen = scenes(NUM_TRAIN, seed=2), features(NUM_TRAIN, seed=2)
    net = started(lambda: Captioner(seen.shape[1], len(WORDS), EMBEDDED, WIDTH), seed)
    params: Params = dict(net.named_parameters())

    def cost(rows: torch.Tensor) -> torch.Tensor:
        return loss(seen[rows], data.captions[rows], params)

    with one_thread():
        for _ in fit(net, cost, drawn_batches(NUM_TRAIN, BATCH, steps, seed), rate=RATE):
            pass
    return {name: one.detach() for name, one in params.items()}


def own_loss(features: torch.Tensor, captions: torch.Tensor, params: Params) -> torch.Tensor:
    """Return the mean cost of a word, by torch's own parts; for pictures that need a captioner."""
    scores = spoken(features, captions[:, :-1], params)
    return F.cross_entropy(scores.transpose(1, 2), captions[:, 1:], ignore_index=PAD)


def spoken(features: torch.Tensor, words: torch.Tensor, params: Params) -> torch.Tensor:
    """Return the scores of the next word after each of some words, (N, T, V)."""
    shown = F.linear(features, params["proj.weight"], params["proj.bias"])[None]
    read = F.embedding(words, params["embedding.weight"])
    layer = [params[f"lstm.{name}"] for name in LSTM_NAMES]
    states, *_ = torch.lstm(read, (shown, torch.zeros_like(shown)), layer, True, 1, 0.0, False, False, True)
    return F.linear(states, params["head.weight"], params["head.bias"])


@kept
def trained(seed: int = 0) -> Params:
    """Return the parameters of a trained captioner."""
    return train(own_loss, seed)


def text_of(words: torch.Tensor) -> str:
    """Return a row of numbers as text, up to END."""
    said = words.tolist()
    return " ".join(WORDS[word] for word in (said[: said.index(END)] if END in said else said))


# Regions


def _crowd(scene: int) -> Shapes:
    return shapes(scene + 1, size=64, objects=(3, 3), radius=(7.0, 10.0), seed=6)


def regions(scene: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a picture (3, 64, 64) of three shapes, their boxes (3, 4), widened a little, and scores (3,)."""
    drawn = _crowd(scene)
    wider = torch.tensor([-2.0, -2, 2, 2])
    return drawn.images[scene], (drawn.boxes[scene] + wider).clamp(0, 64), torch.tensor([0.9, 0.8, 0.7])


def region_names(scene: int) -> list[str]:
    """Return what stands in each box of `regions(scene)`: 'red shape'."""
    return [f"{COLOUR_NAMES[int(colour)]} shape" for colour in _crowd(scene).colour[scene]]


def cut(picture: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Return what a picture (3, H, W) shows in each of its boxes (M, 4), laid into grey: (M, 3, 32, 32)."""
    parts = torch.full((len(boxes), 3, SIDE, SIDE), 0.5)
    for part, box in zip(parts, boxes.round().int().tolist(), strict=True):
        left, top, right, bottom = box
        piece = picture[:, top:bottom, left:right]
        if max(piece.shape[1:]) > SIDE // 2:
            scale = SIDE / 2 / max(piece.shape[1:])
            piece = F.interpolate(piece[None], scale_factor=scale, mode="bilinear", antialias=True)[0]
        high, wide = piece.shape[1:]
        y, x = (SIDE - high) // 2, (SIDE - wide) // 2
        part[:, y : y + high, x : x + wide] = piece
    return parts
