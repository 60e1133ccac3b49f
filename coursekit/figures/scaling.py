"""Pictures of the notebook on scaling: labelled photographs, blocks from inside, growth, a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import comb
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.ticker import NullLocator
from torch import nn

from coursekit import pretrained
from coursekit.data import photographs
from coursekit.plots import MARKERS, PALETTE, alt, figure

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
SHOWN = ("cat", "coffee")
SEARCHES = 200  # for each number of trials
CHANNELS = range(4, 257, 4)

# What stands between the maps of a block: its words, whether it mixes channels, looks at neighbours or weighs, and how
# many times the block's channels come out.
STEPS = {
    "MBConv": [
        ("expand\n1 × 1", "mixes", 4),
        ("depthwise\n3 × 3", "looks", 4),
        ("squeeze,\nexcite", "weighs", 4),
        ("project\n1 × 1", "mixes", 1),
    ],
    "FusedMBConv": [("expand\n3 × 3", "both", 4), ("project\n1 × 1", "mixes", 1)],
    "ConvNeXtBlock": [
        ("depthwise\n7 × 7", "looks", 1),
        ("layer norm,\nexpand 1 × 1", "mixes", 4),
        ("GELU,\nproject 1 × 1", "mixes", 1),
        ("layer\nscale", "weighs", 1),
    ],
}
TINTS = {"mixes": BLUE, "looks": ORANGE, "weighs": GREEN, "both": RED}
WORDS = {
    "mixes": "mixes the channels of a pixel",
    "looks": "looks at neighbours, each channel for itself",
    "weighs": "multiplies each channel",
    "both": "does both at once",
}
RULES = {
    "compound": (1.2, 1.1, 1.15),
    "depth": (2.0, 1.0, 1.0),
    "width": (1.0, 2**0.5, 1.0),
    "resolution": (1.0, 1.0, 2**0.5),
}
Search = Callable[..., tuple[dict[str, Any], list[tuple[dict[str, Any], float]]]]
History = Sequence[tuple[Mapping[str, Any], float]]


def labelled(network: nn.Module) -> Figure:
    """Return two photographs, each with the likeliest three of a thousand classes as bars."""
    picture, axes = figure(2, len(SHOWN), size=(4.6, 3.2))
    said = []
    for (above, below), name in zip(axes.T, SHOWN, strict=True):
        x = pretrained.prepare(photographs()[name])
        with torch.no_grad():
            found = pretrained.best_labels(network(x))
        above.imshow(_small(x))
        above.axis("off")
        names, shares = zip(*reversed(found), strict=True)
        below.barh(range(3), shares, height=0.45, color=BLUE)
        for place, label in enumerate(names):
            below.text(0.02, place + 0.25, label, va="bottom", fontsize=11)
        below.set(xlim=(0, 1), ylim=(-0.5, 2.9), xticks=[0, 0.5, 1], yticks=[], xlabel="probability")
        said.append(f"{name}: {found[0][0]} with {found[0][1]:.2f}")
    return alt(picture, f"Two photographs with the likeliest labels as bars. {'; '.join(said)}.")


def inside(kind: str) -> Figure:
    """Return a block's maps as bars as high as they have channels, with what stands between them."""
    steps = STEPS[kind]
    heights = [1, *(height for _, _, height in steps)]
    picture, ax = figure(size=(9, 3.6))
    ax.set(xlim=(-0.5, 2 * len(heights) - 0.6), ylim=(-2.9, 4.2))
    ax.axis("off")
    for place, height in enumerate(heights):
        ax.add_patch(Rectangle((2 * place, -height / 2), 0.3, height, fc="#666666"))
        ax.text(2 * place + 0.15, -height / 2 - 0.15, "c" if height == 1 else f"{height} c", ha="center", va="top")
    for place, (words, kind_of_step, _) in enumerate(steps):
        _arrow(ax, 2 * place + 0.38, 2 * place + 1.92, TINTS[kind_of_step])
        ax.text(2 * place + 1.15, 0.2, words, ha="center", va="bottom", color=TINTS[kind_of_step], fontsize=11)
    _way_around(ax, 2 * len(steps))
    _legend(ax, list(dict.fromkeys(kind_of_step for _, kind_of_step, _ in steps)))
    told = ", ".join(f"{words.replace(chr(10), ' ')} to {height} c" for words, _, height in steps)
    return alt(picture, f"{kind} from left to right, from c channels: {told}; the input is added to what comes out.")


def price(channels: int, kernel: int = 3, expand: int = 4) -> float:
    """Return how many times the weights of an MBConv (without its squeeze) a FusedMBConv has, from c to c channels."""
    wide = expand * channels
    ends = 2 * channels * wide
    return (kernel**2 * channels * wide + channels * wide) / (ends + kernel**2 * wide)


def price_of_fusing() -> Figure:
    """Return the price of fusing against the number of channels, for kernels of 3 and 5."""
    picture, ax = figure(size=(6, 3.2))
    for place, kernel in enumerate((3, 5)):
        heights = [price(channels, kernel) for channels in CHANNELS]
        ax.plot(CHANNELS, heights, color=PALETTE[place], ls=("-", "--")[place])
        ax.text(CHANNELS[-1], heights[-1] - 0.5, f"{kernel} × {kernel}", ha="right", va="top", color=PALETTE[place])
    ax.plot([16], [price(16)], "o", color=BLUE)
    ax.annotate(f"16 channels: {price(16):.1f}", (16, price(16)), (40, 1.6))
    ax.set(xlabel="channels in and out", ylabel="times the weights of MBConv", ylim=(0, 14))
    return alt(
        picture,
        f"The price of fusing rises with the channels: with a kernel of 3 from {price(4):.1f} at 4 channels to "
        f"{price(256):.1f} at 256, with a kernel of 5 from {price(4, 5):.1f} to {price(256, 5):.1f}.",
    )


def lite_stages() -> list[tuple[int, int, int]]:
    """Return the stages of EfficientNet-Lite0 as (blocks, channels, reduction)."""
    stages, reduction = [], 2  # the stem halves the image once
    for _, _, stride, _, width, num_blocks in pretrained.LITE0_STAGES:
        reduction *= stride
        stages.append((num_blocks, width, reduction))
    return stages


def growth_explorer(scale: Callable[..., Mapping[str, Any]]) -> Callable[..., Figure]:
    """Return the drawing function of the widget: Lite0 grown by a rule to so many times its work."""
    before = lite_stages()

    def draw(grow: str = "compound", times: float = 4.0) -> Figure:
        found = scale(before, pretrained.SIDE, times, *RULES[grow])
        picture, ax = figure(size=(9, 3.8))
        _bars(ax, found["stages"], BLUE, filled=True)
        _bars(ax, before, ORANGE, filled=False)
        num_blocks = sum(stage[0] for stage in found["stages"])
        ax.set(
            xlim=(0, max(40, num_blocks + 2)),
            ylim=(0, max(500, 1.2 * max(stage[1] for stage in found["stages"]))),
            xlabel="block",
            ylabel="channels",
        )
        ax.set_title(
            f"phi {found['phi']:.2f}: {num_blocks} blocks, images of {found['resolution']} pixels; "
            f"wanted {times:.1f} times the work, got {found['growth']:.1f}"
        )
        ax.text(0.98, 0.9, "orange: as it was", color=ORANGE, ha="right", transform=ax.transAxes)
        return alt(
            picture,
            f"The blocks of EfficientNet-Lite0 grown by {grow} to {times:.1f} times the work: {num_blocks} blocks of "
            f"at most {max(stage[1] for stage in found['stages'])} channels on images of {found['resolution']} pixels. "
            f"The real growth is {found['growth']:.1f}.",
        )

    return draw


def search_table(history: History, cost: Callable[[Mapping[str, Any]], float]) -> Figure:
    """Return the accuracy of each architecture against its multiply-adds, one marker for each block."""
    picture, ax = figure(size=(7.5, 4))
    blocks = sorted({one["block"] for one, _ in history})
    for place, block in enumerate(blocks):
        some = sorted((cost(one) / 1e6, value, one) for one, value in _of_block(history, block))
        across, up = [at for at, _, _ in some], [value for _, value, _ in some]
        ax.plot(across, up, MARKERS[place], ms=9, color=PALETTE[place], label=block)
        for at, value, one in some:
            ax.annotate(f"{one['width']}, {one['depth']}", (at, value), (6, 5), textcoords="offset points", fontsize=10)
    best, value = max(history, key=lambda tried: tried[1])
    ax.plot([cost(best) / 1e6], [value], "o", ms=18, mfc="none", color=RED)
    ax.set(xscale="log", xlabel="million multiply-adds", ylabel="validation accuracy", ylim=(0, None))
    ax.set_xticks([0.1, 0.2, 0.5, 1, 2, 5], ["0.1", "0.2", "0.5", "1", "2", "5"])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(0.1, 5)
    ax.legend(loc="lower right")
    return alt(
        picture,
        f"{len(history)} architectures, accuracy against multiply-adds, each with its width and depth. The best, in a "
        f"circle, is {best['block']} of width {best['width']} and depth {best['depth']} with {value:.2f}.",
    )


def chance(num: int, good: int, trials: int) -> float:
    """Return how likely one of the `good` best of `num` is among so many draws without replacement."""
    return 1 - comb(num - good, trials) / comb(num, trials)


def found_shares(search: Search, space: Mapping[str, Any], history: History, good: int) -> list[float]:
    """Return, for 1, 2, ... trials, the share of searches whose best is one of the `good` best of the table."""
    order = sorted(history, key=lambda tried: -tried[1])
    ranks = {tuple(one.values()): rank for rank, (one, _) in enumerate(order)}

    def rank(one: Mapping[str, Any]) -> int:
        return ranks[tuple(one.values())]

    def score(one: Mapping[str, Any]) -> float:
        return -float(rank(one))  # so that no two are equal

    shares = []
    for trials in range(1, len(history) + 1):
        best = [search(space, rank, score, len(history), trials, seed)[0] for seed in range(SEARCHES)]
        shares.append(sum(rank(one) < good for one in best) / SEARCHES)
    return shares


def trials_needed(search: Search, space: Mapping[str, Any], history: History) -> Figure:
    """Return how likely a search finds the best, or one of the best three: the formula as lines, searches as dots."""
    num = len(history)
    trials = range(1, num + 1)
    picture, ax = figure(size=(6.5, 3.6))
    for place, good in enumerate((1, 3)):
        name = "the very best" if good == 1 else f"one of the best {good}"
        ax.plot(trials, [chance(num, good, k) for k in trials], color=PALETTE[place], label=name)
        ax.plot(trials, found_shares(search, space, history, good), MARKERS[place], color=PALETTE[place], mec="white")
    ax.set(xlabel="trials", ylabel="share of searches that find it", ylim=(0, 1.05))
    ax.legend(loc="lower right")
    return alt(
        picture,
        f"The chance to find the very best of {num} is a straight line up to 1 at {num} trials; the chance to find one "
        f"of the best three is {chance(num, 3, 5):.2f} after five trials. Dots of {SEARCHES} searches lie on both.",
    )


def _small(x: torch.Tensor) -> Any:
    """Return a prepared image as it was before, half as large."""
    pixels = x[0] * pretrained.DEVIATION + pretrained.MEAN
    return nn.functional.avg_pool2d(pixels, 2).permute(1, 2, 0).clamp(0, 1).numpy()


def _of_block(history: History, block: str) -> list[tuple[Mapping[str, Any], float]]:
    return [(one, value) for one, value in history if one["block"] == block]


def _bars(ax: Axes, stages: Sequence[tuple[int, int, int]], tint: str, *, filled: bool) -> None:
    heights = [width for num, width, _ in stages for _ in range(num)]
    style: dict[str, Any] = {"color": tint, "alpha": 0.75} if filled else {"fc": "none", "ec": tint, "lw": 1.5}
    ax.bar(range(1, len(heights) + 1), heights, width=0.8, **style)


def _legend(ax: Axes, kinds: Sequence[str]) -> None:
    left = 0.0
    for kind in kinds:
        said = f"■ {WORDS[kind]}"
        ax.text(left, 0.02, said, color=TINTS[kind], fontsize=10, transform=ax.transAxes)
        left += 0.05 + 0.0092 * len(said)


def _arrow(ax: Axes, left: float, right: float, tint: str) -> None:
    ax.add_patch(FancyArrowPatch((left, 0), (right, 0), arrowstyle="-|>", mutation_scale=14, color=tint, lw=2))


def _way_around(ax: Axes, end: float) -> None:
    ends = ((0.15, 0.65), (end + 0.15, 0.65))
    style: Any = {"arrowstyle": "-|>", "mutation_scale": 14, "color": "#8A8A8A", "lw": 1.5}
    ax.add_patch(FancyArrowPatch(*ends, connectionstyle="arc3,rad=-0.42", **style))
    ax.text(end + 0.15, 1.0, "+", ha="left", va="bottom", fontsize=16)
