"""Pictures of the notebook on language: a training and what it writes, costs, temperatures, a teacher, a beam."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from coursekit import scene_text, sorter
from coursekit.plots import PALETTE, alt, figure
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN, GREY = PALETTE[0], PALETTE[1], PALETTE[2], "#8A8A8A"
BEGINNINGS = ["", "t", "two blue ", "two blue stars ", "one red circle is ", "one red circle is above two "]
TEMPERATURES = (0.3, 0.5, 0.7, 1.0, 1.3, 1.6)
NUM_WRITTEN = 200
BEAMS = (1, 2, 4, 8)
TABLE = ((0.5, -1.0), (2.0, 0.0), (1.0, 3.0))  # the text's embedding
WORDS = (2, 0, 2)
# The text's tree: probabilities of the end, a and b at the first step, behind a, and behind b.
FIRST, BEHIND_A, BEHIND_B = (0.1, 0.5, 0.4), (0.3, 0.4, 0.3), (0.9, 0.05, 0.05)


# The finished thing


@cache
def overview() -> Figure:
    """Return a model's cost while it is trained, beside simpler models', and what it writes after some steps."""
    story = scene_text.story()
    picture, (left, right) = figure(1, 2, size=(9.6, 3.2))
    left.plot(range(1, len(story.costs) + 1), story.costs, color=BLUE, lw=1.5)
    for name, value in scene_text.simpler_bits().items():
        left.axhline(value, color=GREY, lw=1)
        left.text(len(story.costs), value + 0.06, name, ha="right", va="bottom", color="#666666", fontsize=10)
    least = scene_text.least_bits()
    left.axhline(least, color="black", lw=1, ls="--")
    left.set(xlabel="step", ylabel="bits a character", ylim=(0, 5))
    right.axis("off")
    for place, (step, line) in enumerate(story.samples.items()):
        height = 1 - place / len(story.samples)
        right.text(0, height, f"after {step} steps", fontsize=10, color="#666666")
        right.text(0, height - 0.085, line[:58], fontsize=10, family="monospace", color=BLUE)
    right.set(xlim=(0, 1), ylim=(0, 1.08))
    words = "; ".join(f"after {step}: {line[:58]}" for step, line in story.samples.items())
    simpler = " and ".join(f"{value:.2f} ({name})" for name, value in scene_text.simpler_bits().items())
    return alt(
        picture,
        f"Left: bits a character over {len(story.costs)} steps, from {story.costs[0]:.1f} to {story.costs[-1]:.2f}; "
        f"simpler models need {simpler}, and the least is {least:.3f}. Right, what is written: {words}.",
    )


# One-hot rows


def one_hot() -> Figure:
    """Return the text's three tokens as one-hot rows, times the table, and the rows that come out."""
    hot = torch.eye(len(TABLE))[list(WORDS)]
    table = torch.tensor(TABLE)
    picture, axes = figure(1, 3, size=(7.2, 2.2))
    for ax, numbers, title in zip(
        axes, (hot, table, hot @ table), ("one-hot rows", "table", "rows that come out"), strict=True
    ):
        ax.imshow([[0.0]], extent=(-0.5, numbers.shape[1] - 0.5, len(numbers) - 0.5, -0.5), cmap="Greys", vmax=1)
        for row in range(len(numbers)):
            for column, value in enumerate(numbers[row].tolist()):
                chosen = (title == "one-hot rows" and value == 1) or (title != "one-hot rows" and _tint(title, row))
                tint = BLUE if _blue(title, row) else ORANGE
                ax.text(
                    column, row, f"{value:g}", ha="center", va="center", fontsize=14, color=tint if chosen else GREY
                )
        ax.set_title(title, fontsize=11)
        ax.set(xticks=[], yticks=[])
    return alt(
        picture,
        "Three one-hot rows with their 1 at the places 2, 0, 2; a table of three rows; and the rows (1, 3), (0.5, -1), "
        "(1, 3) that come out. Row 2 of the table and all that takes it are blue, row 0 is orange; row 1 is grey.",
    )


def _blue(title: str, row: int) -> bool:
    return row == 2 if title == "table" else WORDS[row] == 2


def _tint(title: str, row: int) -> bool:
    return title != "table" or row in WORDS


# Where a text costs


@cache
def costs_of(line: int = 0) -> tuple[str, list[float]]:
    """Return a line that wasn't read in training, its end as "¶", and what each character costs in bits."""
    text = scene_text.lines(scene_text.NUM_TEST, 2)[line]
    rows = scene_text.rows_of((text,))
    with torch.no_grad(), one_thread():
        log_probs = scene_text.story().net(rows.x)[0].log_softmax(dim=2)
    spent = -log_probs[0].gather(1, rows.y[0][:, None])[:, 0] / math.log(2)
    return f"{text}¶", spent.tolist()


def costs(line: int = 0) -> Figure:
    """Return what each character of a line costs the trained model."""
    text, spent = costs_of(line)
    picture, ax = figure(size=(9.0, 2.4))
    ax.bar(range(len(text)), spent, color=BLUE, width=0.8)
    ax.set(ylabel="bits", xlim=(-0.7, len(text) - 0.3))
    ax.set_xticks(range(len(text)), [char if char != " " else "␣" for char in text], fontsize=11, family="monospace")
    ax.tick_params(axis="x", length=0)
    dear = [f"{char} {value:.1f}" for char, value in zip(text, spent, strict=True) if value > 0.7]
    return alt(
        picture,
        f"Bits for each character of: {text[:-1]} Together {sum(spent):.1f}; above 0.7 are {', '.join(dear)}.",
    )


# Temperature


def shares_after(temperature: float, after: str) -> torch.Tensor:
    """Return the probabilities of what comes behind a beginning, at a temperature."""
    ids = torch.tensor([[0, *scene_text.numbers_of(after)]])
    with torch.no_grad(), one_thread():
        scores = scene_text.story().net(ids)[0][0, -1]
    return (scores / temperature).softmax(dim=0)


def next_char(temperature: float = 1.0, after: str = "two blue ") -> Figure:
    """Return the probabilities of what comes behind a beginning, as bars."""
    shares = shares_after(temperature, after)
    names = ["¶" if char == "\n" else "␣" if char == " " else char for char in scene_text.CHARS]
    picture, ax = figure(size=(7.0, 2.5))
    ax.bar(range(len(names)), shares.tolist(), color=BLUE)
    ax.set_xticks(range(len(names)), names)
    ax.set(ylim=(0, 1), ylabel="probability", title=f"behind “{after}”")
    top = shares.topk(3)
    said = ", ".join(
        f"{names[place]} {share:.2f}" for share, place in zip(*(part.tolist() for part in top), strict=True)
    )
    return alt(picture, f"What comes behind “{after}” at temperature {temperature:.1f}: {said}, and others.")


@cache
def _uniforms(num: int) -> torch.Tensor:
    return torch.rand(num, 70, generator=torch.Generator().manual_seed(1))


def counted(sample: Callable[..., torch.Tensor], net: nn.Module, temperature: float) -> tuple[float, float]:
    """Return the share of 200 written lines that keep all rules, and the share of those that are different lines."""
    begin = torch.zeros(NUM_WRITTEN, 1, dtype=torch.int64)
    with one_thread():
        rows = sample(net, begin, _uniforms(NUM_WRITTEN), temperature)
    texts = [scene_text.text_of(row) for row in rows]
    return sum(not scene_text.faults(text) for text in texts) / NUM_WRITTEN, len(set(texts)) / NUM_WRITTEN


def temperatures(sample: Callable[..., torch.Tensor], net: nn.Module) -> Figure:
    """Return how many written lines are right, and how many differ, at several temperatures."""
    found = [counted(sample, net, temperature) for temperature in (0.0, *TEMPERATURES)]
    picture, ax = figure(size=(5.4, 3.0))
    places = (0.0, *TEMPERATURES)
    ax.plot(places, [right for right, _ in found], "o-", color=BLUE, label="keep all rules")
    ax.plot(places, [different for _, different in found], "s--", color=ORANGE, label="different lines")
    ax.set(xlabel="temperature", ylabel="share", ylim=(-0.03, 1.05))
    ax.legend(loc=(0.2, 0.15))
    said = "; ".join(
        f"{place:g}: {right:.0%} right, {different:.0%} different"
        for place, (right, different) in zip(places, found, strict=True)
    )
    return alt(picture, f"Of {NUM_WRITTEN} lines written at each temperature: {said}.")


# A teacher


def teacher() -> Figure:
    """Return an encoder and a decoder, unrolled: what each step reads and has to say."""
    picture, ax = figure(size=(8.6, 2.5))
    source, answer = "dab", "abd"
    for step, letter in enumerate(source):
        _box(ax, step, GREEN, letter, "")
    for step in range(len(answer) + 1):
        heard = answer[step - 1] if step else "0"
        said = answer[step] if step < len(answer) else "0"
        _box(ax, len(source) + 0.7 + step, BLUE, heard, said)
        if step < len(answer):
            x = len(source) + 0.7 + step
            ax.annotate(
                "", (x + 0.86, -0.62), (x + 0.12, 1.42), arrowprops={"arrowstyle": "->", "color": ORANGE, "ls": "--"}
            )
    begin = len(source) + 0.7
    last = begin + len(answer)
    places = [*range(len(source)), *(begin + step for step in range(len(answer) + 1))]
    for left, right in pairwise(places):
        ax.annotate("", (right - 0.32, 0.5), (left + 0.32, 0.5), arrowprops={"arrowstyle": "->", "color": "black"})
    ax.text(1, 1.1, "encoder", ha="center", color=GREEN, fontsize=12)
    ax.text(-0.6, -0.75, "reads", ha="right", va="center", color="#666666", fontsize=11)
    ax.text(-0.6, 1.6, "says", ha="right", va="center", color="#666666", fontsize=11)
    ax.text(last + 0.5, 0.5, "decoder", va="center", color=BLUE, fontsize=12)
    ax.set(xlim=(-1.3, last + 1.6), ylim=(-1.1, 2.0))
    ax.axis("off")
    return alt(
        picture,
        "Three steps of the encoder read d, a, b. The state goes on to four steps of the decoder, which read 0, a, b, "
        "d and have to say a, b, d, 0: what is to be said at a step is read at the next one.",
    )


def _box(ax: Axes, x: float, tint: str, heard: str, said: str) -> None:
    ax.add_patch(Rectangle((x - 0.3, 0.2), 0.6, 0.6, fc="white", ec=tint, lw=2))
    ax.annotate("", (x, 0.18), (x, -0.5), arrowprops={"arrowstyle": "->", "color": "black"})
    ax.text(x, -0.75, heard, ha="center", va="center", fontsize=14, family="monospace")
    if said:
        ax.annotate("", (x, 1.38), (x, 0.82), arrowprops={"arrowstyle": "->", "color": "black"})
        ax.text(x, 1.6, said, ha="center", va="center", fontsize=14, family="monospace")


# The beam


def tree_step(ids: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Make a step in the text's tree. The state (K, 1) is how many steps were made; token 0 is start and end."""
    deep = torch.tensor([BEHIND_A, BEHIND_A, BEHIND_B])[ids]
    return torch.where(state == 0, torch.tensor(FIRST), deep).log(), state + 1


def beam_tree() -> Figure:
    """Return the text's tree: two steps, the probability of each branch and of each answer."""
    picture, ax = figure(size=(7.6, 3.1))
    names = "Eab"
    answers: dict[str, float] = {}
    for first, share in enumerate(FIRST):
        y = (4.6, 2.9, 0.8)[first]
        tint = ORANGE if first == 1 else BLUE if first == 2 else GREY
        _branch(ax, (0, 2.6), (2, y), names[first], share, tint)
        if not first:
            answers["E"] = share
            ax.text(2.35, y, f"{share:g}", va="center", color="#666666", fontsize=11)
            continue
        for second, more in enumerate((BEHIND_A, BEHIND_B)[first - 1]):
            name, end = names[first] + names[second], y + 0.7 * (1 - second)
            answers[name] = share * more
            shade = tint if name in ("aa", "bE") else GREY
            _branch(ax, (2.25, y), (4.6, end), names[second], more, shade)
            ax.text(
                5.0, end, f"{share * more:.3g}", va="center", color=shade if shade != GREY else "#666666", fontsize=11
            )
    ax.set(xlim=(-0.3, 5.9), ylim=(-0.3, 5.0))
    ax.axis("off")
    best = max(answers, key=lambda name: answers[name])
    said = ", ".join(f"{name} {share:.3g}" for name, share in answers.items())
    return alt(picture, f"A tree of two steps. Its answers: {said}. The likeliest is {best}; greedy ends at aa.")


def _branch(ax: Axes, tail: tuple[float, float], head: tuple[float, float], name: str, share: float, tint: str) -> None:
    ax.plot((tail[0], head[0] - 0.12), (tail[1], head[1]), color=tint, lw=1 + 4 * share)
    ax.text(head[0] + 0.05, head[1], name, ha="center", va="center", fontsize=14, family="monospace")
    x, y = 0.4 * tail[0] + 0.6 * head[0], 0.4 * tail[1] + 0.6 * head[1]
    ax.text(x, y + 0.1, f"{share:g}", ha="center", va="bottom", fontsize=10, color="#666666")


def beams(search: Callable[..., Any]) -> Figure:
    """Return, for beams of several widths, how many of 100 words a beginner sorts, and why the others go wrong."""
    found = [sorter.verdicts(search, sorter.beginner(), beam) for beam in BEAMS]
    picture, ax = figure(size=(6.2, 2.8))
    left = [0] * len(BEAMS)
    for name, values, tint in zip(
        ("right", "the model holds a wrong answer to be likelier", "the search missed the right one"),
        zip(*found, strict=True), (BLUE, "#bbbbbb", ORANGE), strict=True,
    ):  # fmt: skip
        ax.barh(range(len(BEAMS)), values, left=left, color=tint, label=name)
        left = [one + more for one, more in zip(left, values, strict=True)]
    ax.set_yticks(range(len(BEAMS)), [f"beam {beam}" for beam in BEAMS])
    ax.invert_yaxis()
    ax.set(xlabel="of 100 words", xlim=(0, 100))
    picture.legend(loc="outside upper center", ncols=1, fontsize=10)
    said = "; ".join(
        f"beam {beam}: {one.right} right, {one.by_the_model} wrong by the model, {one.by_the_search} by the search"
        for beam, one in zip(BEAMS, found, strict=True)
    )
    return alt(picture, f"A hundred words. {said}.")
