"""Pictures of the project of captioning: scenes with their captions, what a cell of the frozen network knows, and
what a captioner says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from coursekit import own_captioner as trainer
from coursekit.caption_backbone import CELL, CELLS, maps_of
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES, Shapes
from coursekit.threads import one_thread
from coursekit.training import track

NUM_TRAIN, NUM_NEW = trainer.NUM_TRAIN, 500
GREY = "#8A8A8A"
SHOWN = 4
FOUND = 4  # cells that are most alike
SEARCHED = 400  # scenes in which they are looked for

PairF1 = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@cache
def practice() -> Shapes:
    """Return the scenes to practise on: 3,000 to learn from, and 500 that no captioner learns from."""
    return trainer.scenes(NUM_TRAIN + NUM_NEW, seed=7)


@cache
def maps() -> torch.Tensor:
    """Return what the frozen network makes of them, (N, 64, 8, 8) float16."""
    return maps_of(practice().images)


@cache
def captions() -> torch.Tensor:
    """Return their captions, (N, 8) int64."""
    return trainer.captions_of(practice())


class FirstTry(nn.Module):
    """What *Captioning* taught, on the mean over all cells: it makes a GRU's first state, and the GRU speaks."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Linear(64, width)
        self.embedding = nn.Embedding(trainer.NUM_WORDS, 24)
        self.gru = nn.GRU(24, width, batch_first=True)
        self.head = nn.Linear(width, trainer.NUM_WORDS)

    def scores(self, maps: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """Return the scores of the word after each of some words, (N, T, V)."""
        state = self.first(maps.mean(dim=(2, 3))).tanh()
        scores: torch.Tensor = self.head(self.gru(self.embedding(words), state[None])[0])
        return scores

    def forward(self, maps: torch.Tensor, captions: torch.Tensor) -> torch.Tensor:
        """Return the mean cost of a word."""
        scores = self.scores(maps, captions[:, :-1]).transpose(1, 2)
        return F.cross_entropy(scores, captions[:, 1:], ignore_index=trainer.PAD)

    def say(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the likeliest words, one after another, (N, 7)."""
        words = torch.full((len(maps), 1), trainer.START)
        for _ in range(trainer.LENGTH - 1):
            best = self.scores(maps, words)[:, -1].argmax(dim=1, keepdim=True)
            words = torch.cat([words, best], dim=1)
        return words[:, 1:]


def first_try() -> tuple[nn.Module, dict[str, Any]]:
    """Return what most people write first, with torch's usual rate."""
    return FirstTry(), {"batch": 100, "rate": 1e-3, "falls": False}


def tried(design: Callable[[], Any], name: str = "your captioner") -> trainer.Attempted:
    """Train a design on the practice scenes, as the check does, and have it caption the 500 others."""
    seen = maps()
    with one_thread():
        return trainer.attempt(
            design,
            seen[:NUM_TRAIN],
            captions()[:NUM_TRAIN],
            seen[NUM_TRAIN:],
            lambda steps: track(range(steps), name),
        )


@cache
def known() -> trainer.Attempted:
    """Return what becomes of the first try."""
    return tried(first_try, "the first try")


def _show(ax: Axes, image: torch.Tensor) -> None:
    ax.imshow(image.permute(1, 2, 0), extent=(0, image.shape[2], image.shape[1], 0), interpolation="nearest")
    ax.set(xticks=[], yticks=[])


def _broken(text: str) -> str:
    """Return a caption on two lines, broken before its relation, or in the middle where it has none."""
    for relation in (" left", " above"):
        if relation in text:
            return text.replace(relation, "\n" + relation.strip(), 1)
    return text


def _captioned(ax: Axes, index: int, said: torch.Tensor) -> None:
    """Show a new scene, above it its caption, and below it what is said: blue where it is right, else orange."""
    truth = captions()[NUM_TRAIN + index]
    _show(ax, practice().images[NUM_TRAIN + index])
    ax.set_title(_broken(trainer.text_of(truth)), fontsize=10)
    right = bool(trainer.exact(said[index : index + 1], truth[None]))
    ax.set_xlabel(_broken(trainer.text_of(said[index])), fontsize=10, color=PALETTE[0] if right else PALETTE[1])


def overview() -> Figure:
    """Show new scenes, their captions, and what the first try says of them."""
    done = known()
    picture, axes = figure(1, SHOWN, size=(8.6, 2.9))
    for index, ax in enumerate(axes):
        _captioned(ax, index, done.said)
    axes[0].set_ylabel("above: wanted\nbelow: first try", fontsize=10)
    truth = captions()[NUM_TRAIN:]
    share = trainer.exact(done.said, truth).double().mean()
    rows = "; ".join(
        f"{trainer.text_of(truth[k])}, and the first try says {trainer.text_of(done.said[k])}" for k in range(SHOWN)
    )
    return alt(picture, f"{SHOWN} scenes: {rows}. Of {NUM_NEW} scenes the first try captions {share:.0%} rightly.")


def examples(num: int = 5) -> Figure:
    """Show the first scenes of the practice data with their captions."""
    picture, axes = figure(1, num, size=(1.75 * num, 2.2))
    for ax, image, caption in zip(axes, practice().images, captions(), strict=False):
        _show(ax, image)
        ax.set_title(_broken(trainer.text_of(caption)), fontsize=10)
    return alt(picture, f"{num} scenes: {'; '.join(map(trainer.text_of, captions()[:num]))}.")


def pairs() -> Figure:
    """Show the pairs of words of two captions: those that both have, and the others."""
    rows = {"wanted": "red star left of blue circle", "said": "red star above blue circle"}
    words = {name: ["start", *said.split(), "end"] for name, said in rows.items()}
    sets = {name: [*pairwise(row)] for name, row in words.items()}
    common = {*sets["wanted"]} & {*sets["said"]}
    picture, ax = figure(size=(8.2, 1.9))
    for y, (name, row) in enumerate(words.items()):
        ax.text(-0.7, -y, name, ha="right", va="center", fontsize=11, color="#666666")
        for x, word in enumerate(row):
            ax.text(x, -y, word, ha="center", va="center", fontsize=11)
        for x, pair in enumerate(sets[name]):
            tint = PALETTE[0] if pair in common else PALETTE[1]
            ax.plot([x + 0.08, x + 0.92], [-y - 0.32] * 2, color=tint, lw=3, ls="-" if pair in common else ":")
    ax.set(xlim=(-1.7, 7.5), ylim=(-1.6, 0.4))
    ax.axis("off")
    many = " and ".join(f"{len(one)} pairs {name}" for name, one in sets.items())
    return alt(picture, f"Two captions, {many}; {len(common)} pairs are in both: blue lines. The others are dotted.")


# What a cell knows


def shown_in(scene: int, row: int, col: int) -> str:
    """Return what the middle of a cell shows: 'red star', or 'ground'."""
    drawn, middle = practice(), CELL // 2
    k = int(drawn.instances[scene, row * CELL + middle, col * CELL + middle]) - 1
    return f"{COLOUR_NAMES[drawn.colour[scene, k]]} {SHAPE_NAMES[drawn.shape[scene, k]]}" if k >= 0 else "ground"


def nearest(scene: int, row: int, col: int) -> list[tuple[int, int, int]]:
    """Return the scenes, rows and columns of the cells most alike: of each other scene its best, by the cosine."""
    vectors = F.normalize(maps()[:SEARCHED].float(), dim=1)
    alike = torch.einsum("c,nchw->nhw", vectors[scene, :, row, col], vectors).flatten(1)
    alike[scene] = -1
    best, place = alike.max(dim=1)
    return [(n, *divmod(int(place[n]), CELLS)) for n in best.topk(FOUND).indices.tolist()]


def _marked(ax: Axes, scene: int, row: int, col: int) -> None:
    _show(ax, practice().images[scene])
    for tint, width in (("black", 3.5), ("white", 1.8)):
        ax.add_patch(Rectangle((col * CELL, row * CELL), CELL, CELL, fill=False, ec=tint, lw=width))
    ax.set_title(shown_in(scene, row, col), fontsize=11)


def alike(scene: int = 1, row: int = 2, col: int = 2) -> Figure:
    """Show a cell of a scene, its 64 numbers, and the cells of other scenes whose numbers are most like them.

    Args:
        scene: one of the practice scenes.
        row: of the cell, from the top.
        col: of the cell, from the left.
    """
    found = nearest(scene, row, col)
    picture, axes = figure(1, 2 + FOUND, size=(8.6, 1.9))
    axes[0].get_gridspec().set_width_ratios([1.0, 0.35, *[1.0] * FOUND])
    _marked(axes[0], scene, row, col)
    numbers = maps()[scene, :, row, col].float().reshape(16, 4)
    axes[1].imshow(numbers, cmap="Greys", vmin=0, vmax=float(maps()[scene].max()))
    axes[1].set(xticks=[], yticks=[])
    axes[1].set_title("its 64", fontsize=11)
    for ax, cell in zip(axes[2:], found, strict=True):
        _marked(ax, *cell)
    names = ", ".join(shown_in(*cell) for cell in found)
    return alt(
        picture,
        f"Cell {row}, {col} of scene {scene} shows {shown_in(scene, row, col)}. The cells most alike show: {names}.",
    )


# What becomes of yours


def judged(design: Callable[[], Any], pair_f1: PairF1) -> Figure | str:
    """Train your captioner and show what it says of new scenes, and which words are right; words, where it can't be."""
    try:
        done = tried(design)
    except ValueError as problem:
        return f"not judged: {problem}"
    if not len(done.said):
        pairs = zip(
            done.took, trainer.BUDGET, ("numbers", "multiply-adds to learn", "multiply-adds to say"), strict=True
        )
        return "not trained: " + ", ".join(f"{came:,} of {most:,} {what}" for came, most, what in pairs)
    return _judgement(done, pair_f1)


def without_start(said: torch.Tensor) -> torch.Tensor:
    """Return rows (N, T) without the START that all of them begin with, if they do."""
    return said[:, 1:] if bool((said[:, 0] == trainer.START).all()) else said


def _judgement(done: trainer.Attempted, pair_f1: PairF1) -> Figure:
    truth = captions()[NUM_TRAIN:]
    picture, axes = figure(1, SHOWN, size=(9.0, 3.0))
    bars = axes[0]
    bars.get_gridspec().set_width_ratios([1.5, 1, 1, 1])
    places = torch.arange(len(trainer.PLACES)).double()
    shares = {"first try": trainer.by_place(known().said, truth), "yours": trainer.by_place(done.said, truth)}
    for index, each in enumerate(shares.values()):
        drawn = bars.barh(places + 0.4 * index, each, 0.36, color=PALETTE[0] if index else GREY)
        if index:
            bars.bar_label(drawn, fmt="{:.2f}", fontsize=9)
    bars.set_yticks(places + 0.2, trainer.PLACES)
    bars.invert_yaxis()
    bars.set(xlim=(0, 1.25), xlabel="right words (grey: first try)")
    right = trainer.exact(done.said, truth)
    share, overlap = right.double().mean().item(), pair_f1(without_start(done.said), truth[:, 1:]).mean().item()
    bars.set_title(f"exact {share:.3f}, pairs {overlap:.3f}", fontsize=11)
    wrong = [int(n) for n in (~right).nonzero()[:, 0]]
    for ax, index in zip(axes[1:], [*wrong, *range(SHOWN)], strict=False):
        _captioned(ax, index, done.said)
    words = ", ".join(f"{name} {one:.2f}" for name, one in zip(trainer.PLACES, shares["yours"], strict=True))
    firsts = trainer.exact(known().said, truth).double().mean()
    return alt(
        picture,
        f"Shares of right words by place: {words}; and three new scenes, wrong ones first. Exactly right {share:.3f}, "
        f"of the first try {firsts:.3f}; mean F1 of pairs {overlap:.3f}. It takes {done.took.learning:,} multiply-adds "
        f"to learn from a caption and keeps {done.took.parameters:,} numbers.",
    )
