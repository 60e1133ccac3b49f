"""Pictures of the notebook on textures: grown, sewn and optimised ones, and photographs painted in two styles."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from coursekit import repainter
from coursekit.kept import kept
from coursekit.plots import PALETTE, alt, figure
from coursekit.repainter import gram, maps_of
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN = PALETTE[:3]
SIDE, SEED_SIDE = 64, 9  # of a grown texture, and of what it grows from
SHARES = (0.0, 0.05, 0.2, 0.5, 1.0)  # of the pixels, after which the growth is shown
WINDOW_SIDES = (3, 11)
PIECE, OVERLAP, PIECES = 26, 8, 4  # of a quilt: side of a piece, of an overlap, pieces in a row
LAYERS, CONTENT = (1, 2, 3, 4), 3
STEPS, RATE, WEIGHT = 250, 0.007, 0.5  # of the painter's training
OPTIMISED = 100  # steps that one image is optimised for, where times are compared
HELD_OUT = "cat"

Cut = Callable[[torch.Tensor], torch.Tensor]


def brick() -> torch.Tensor:
    """Return a piece of a wall, (1, 40, 40) in [0, 1]."""
    return repainter.square("brick", 0, 0, 256, 40)[0, :1]


def gravel(left: int = 0) -> torch.Tensor:
    """Return a piece of gravel in three equal channels, (1, 3, 64, 64)."""
    return repainter.square("gravel", 0, left, 205, 64)


def seeded(sample: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a square canvas with the sample's middle as a seed in its middle, and which pixels are known."""
    inside = slice((side - SEED_SIDE) // 2, (side + SEED_SIDE) // 2)
    from_here = slice((sample.shape[1] - SEED_SIDE) // 2, (sample.shape[1] + SEED_SIDE) // 2)
    canvas, known = torch.zeros(len(sample), side, side), torch.zeros(side, side, dtype=torch.bool)
    canvas[:, inside, inside] = sample[:, from_here, from_here]
    known[inside, inside] = True
    return canvas, known


def noise(sample: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return faint noise around the sample's mean colour, (1, 3, height, width)."""
    drawn = torch.Generator().manual_seed(0)
    shape = (1, 3, height, width)
    return (sample.mean(dim=(2, 3), keepdim=True) + 0.1 * torch.randn(shape, generator=drawn)).clamp(0, 1)


@cache
def grown(window: int = 7, side: int = SIDE) -> list[np.ndarray]:
    """Return the wall while it grows, (side, side) at each of the shares; what is unknown is NaN."""
    sample, (canvas, known) = brick()[0].numpy(), seeded(brick(), side)
    drawn, half = np.random.default_rng(0), window // 2
    near_by = np.exp(-((np.arange(window) - half) ** 2) / (2 * (window / 6.4) ** 2))
    weights = np.outer(near_by, near_by)
    pieces = np.lib.stride_tricks.sliding_window_view(sample, (window, window)).reshape(-1, window, window)
    image = np.pad(np.where(known, canvas[0], np.nan), half, constant_values=np.nan)
    inner = image[half:-half, half:-half]
    total, found = int(np.isnan(inner).sum()), []
    around = _count_of(~np.isnan(image), window)
    for step in range(total + 1):
        found += [inner.copy()] * sum(round(share * total) == step for share in SHARES)
        if step == total:
            return found
        row, column = np.unravel_index(np.where(np.isnan(inner), around, -1).argmax(), inner.shape)
        here = image[row : row + window, column : column + window]
        far = np.nansum((pieces - here) ** 2 * weights, axis=(1, 2))
        choice = drawn.choice(np.flatnonzero(far <= 1.1 * far.min()))
        inner[row, column] = pieces[choice, half, half]
        top, left = max(row - half, 0), max(column - half, 0)
        around[top : row + half + 1, left : column + half + 1] += 1
    raise AssertionError("the last share is 1")


@cache
def gravel_again() -> torch.Tensor:
    """Return noise turned into gravel in 100 steps, (1, 3, 64, 64)."""
    network, start = repainter.looker(times=2), noise(gravel(), 64, 64)
    with one_thread():
        wishes = _matrices(network, gravel())
        return _optimised(lambda x: _style_distance(network, x, wishes), start, 100)


class StyledNorm(nn.Module):
    """A norm with a row of scales and shifts for each style, for this module's own painter."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.cat([torch.ones(2, width), torch.zeros(2, width)], dim=1))

    def forward(self, x: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Return maps in the style of each image."""
        mixture = styles if styles.is_floating_point() else F.one_hot(styles, len(self.rows)).to(x.dtype)
        factors, offsets = (mixture @ self.rows).chunk(2, dim=1)
        return F.instance_norm(x) * factors[..., None, None] + offsets[..., None, None]


@kept
def trained(num_steps: int = STEPS) -> tuple[nn.Module, list[float]]:
    """Return a painter after a training as the notebook's, and its losses."""
    painter, network = repainter.Repainter(StyledNorm), repainter.looker()
    both, losses = torch.tensor([0, 1]), []
    wishes = _matrices(network, torch.cat(repainter.style_pictures()))
    optimiser = torch.optim.Adam(painter.parameters(), lr=RATE)
    with one_thread():
        for photographs in repainter.crops(STEPS)[:num_steps]:
            painted_ones = painter(photographs, both)
            ours, theirs = maps_of(network, [CONTENT], torch.cat([painted_ones, photographs]))[0].chunk(2)
            away = F.mse_loss(ours, theirs) / theirs.square().mean()
            total = away + WEIGHT * _style_distance(network, painted_ones, wishes)
            optimiser.zero_grad()
            total.backward()
            optimiser.step()
            losses.append(total.item())
    return painter.eval(), losses


@torch.no_grad()
def painting(painter: nn.Module, x: torch.Tensor, factors: tuple[float, float]) -> torch.Tensor:
    """Return one photograph painted with so much of either style, (3, H, W)."""
    wants = torch.tensor([factors])
    if 1.0 in factors:
        wants = torch.tensor([factors.index(1.0)])
    out: torch.Tensor = painter(x, wants)[0]
    return out


def overview() -> Figure:
    """Return what the notebook comes to: a wall that grew, gravel from noise, and a photograph in two styles."""
    photograph = repainter.photograph(HELD_OUT)
    painter, _ = trained()
    picture, _ = figure(size=(4.8, 2.65))
    picture.clear()
    upper, lower = picture.subfigures(2, 1, height_ratios=(1, 1))  # type: ignore[misc]
    axes = upper.subplots(1, 4, width_ratios=(40, 64, 64, 64))
    shown = (brick()[0], torch.from_numpy(grown()[-1]), gravel()[0], gravel_again()[0])
    for ax, image, words in zip(axes, shown, ("given", "grown", "given", "from noise"), strict=True):
        _show(ax, image, words)
    for ax, image, words in zip(
        lower.subplots(1, 3),
        (photograph[0], painting(painter, photograph, (1.0, 0.0)), painting(painter, photograph, (0.0, 1.0))),
        ("given", *(f"as {name}" for name in repainter.STYLES)),
        strict=True,
    ):
        _show(ax, image, words)
    return alt(
        picture,
        "A piece of a brick wall and a larger wall grown from it; gravel, and gravel made from noise; a photograph of "
        "a cat, and the same painted in pale grey and brown strokes, and in orange.",
    )


def growth() -> Figure:
    """Return the wall at five stages of its growth."""
    picture, axes = figure(1, len(SHARES), size=(5.4, 1.35))
    for ax, image, share in zip(axes, grown(), SHARES, strict=True):
        _show(ax, np.where(np.isnan(image), 1.0, image), f"{share:.0%}")
    return alt(picture, "A seed of 9 × 9 pixels in the middle grows pixel by pixel until a wall fills the square.")


def beside(sample: torch.Tensor, image: torch.Tensor) -> Figure:
    """Return a sample and what was made of it, (C, h, w) and (C, H, W), at one scale."""
    picture, axes = figure(1, 2, size=(3.6, 1.8))
    for ax, one, words in zip(axes, (sample, image), ("the sample", "made of it"), strict=True):
        _show(ax, one, words)
        ax.set(xlim=(0, image.shape[2]), ylim=(image.shape[1], 0))
    return alt(picture, "A sample, and beside it a larger texture that was made of it.")


def windows() -> Figure:
    """Return walls grown with a small and with a large window."""
    picture, axes = figure(1, 2, size=(2.9, 1.65))
    for ax, window in zip(axes, WINDOW_SIDES, strict=True):
        _show(ax, grown(window, 48)[-1], f"window {window}")
    return alt(picture, "Two grown walls: with a window of 3 without bricks, with one of 11 of bricks in rows.")


def quilt(mode: str, cut: Cut | None = None) -> tuple[torch.Tensor, float]:
    """Return a quilt, (3, H, W), and the mean squared step across its upright seams, by how pieces are joined.

    Args:
        mode: "blind" for pieces drawn and laid side by side, "agreeing" for overlapping ones that agree, with straight
            seams or with cut ones.
        cut: from the errors of an overlap (H, W) to the column of the cut in each row. None: straight in the middle.
    """
    sample, drawn = quilted_sample()[0], torch.Generator().manual_seed(0)
    pieces = sample.unfold(1, PIECE, 1).unfold(2, PIECE, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)
    step = PIECE if mode == "blind" else PIECE - OVERLAP
    side = PIECE + (PIECES - 1) * (PIECE - OVERLAP)
    out, seams = torch.zeros(3, side + PIECE, side + PIECE), []
    for top in range(0, side, step):
        for left in range(0, side, step):
            here = out[:, top : top + PIECE, left : left + PIECE]
            overlap = torch.zeros(PIECE, PIECE, dtype=torch.bool)
            if mode != "blind":
                overlap[:, :OVERLAP] |= left > 0
                overlap[:OVERLAP] |= top > 0
            far = ((pieces - here).square().sum(dim=1) * overlap).sum(dim=(1, 2))
            near = torch.nonzero(far <= 1.1 * far.min()).flatten()
            new = pieces[near[torch.randint(len(near), (), generator=drawn)]]
            errors = (new - here).square().sum(dim=0)
            keeps = _kept(errors, left > 0, top > 0, cut) if mode != "blind" else torch.zeros_like(overlap)
            if mode != "blind" and left > 0:
                rows = torch.arange(PIECE)
                edge = keeps[:, :OVERLAP].int().cumprod(dim=1).sum(dim=1).clamp(1, OVERLAP - 1)
                seams.append(errors[rows, edge].mean().item())
            here[:] = torch.where(keeps, here, new)
    return out[:, :side, :side], float(np.mean(seams)) if seams else float("nan")


def quilted_sample() -> torch.Tensor:
    """Return what a quilt is made of, (1, 3, 72, 72)."""
    return repainter.square("flower", 60, 190, 200, 72)


def quilts(cut: Cut) -> Figure:
    """Return three quilts: of blind pieces, of agreeing ones with straight seams, and with seams cut by a function."""
    picture, axes = figure(1, 3, size=(4.2, 1.65))
    shown = {"blindly": quilt("blind"), "straight seams": quilt("agreeing"), "cut seams": quilt("agreeing", cut)}
    for ax, (words, (image, _)) in zip(axes, shown.items(), strict=True):
        _show(ax, image, words)
    return alt(
        picture,
        "Three quilts of an orange flower: with blind pieces the squares stand out, with agreeing ones straight "
        "seams are seen, and with cut seams there are petals all over.",
    )


def distances() -> dict[str, float]:
    """Return how far the Gram matrices of other gravel and of brick are, at layer 2, from that of a piece of gravel."""
    network = repainter.looker(times=2)
    wall = repainter.square("brick", 0, 0, 256, 64)
    of = {name: gram(maps_of(network, [2], x)[0]) for name, x in (("0", gravel()), ("1", gravel(300)), ("2", wall))}
    size = of["0"].square().sum()
    return {"other gravel": ((of["1"] - of["0"]).square().sum() / size).item()} | {
        "brick": ((of["2"] - of["0"]).square().sum() / size).item()
    }


def statistics() -> Figure:
    """Return the Gram matrices at layer 2 of two pieces of gravel and of a wall."""
    network, away = repainter.looker(times=2), distances()
    textures = (gravel(), gravel(300), repainter.square("brick", 0, 0, 256, 64))
    matrices = [gram(maps_of(network, [2], x)[0])[0] for x in textures]
    picture, axes = figure(1, 3, size=(4.8, 2))
    most, words = float(matrices[0].abs().max()), ("", *(f"{one:.3f} away" for one in away.values()))
    for matrix, ax, name, word in zip(matrices, axes, ("gravel", "other gravel", "brick"), words, strict=True):
        ax.imshow(matrix, cmap="RdBu", vmin=-most, vmax=most)
        ax.set(xticks=[], yticks=[], xlabel=word)
        ax.set_title(name, fontsize=11)
    said = ", ".join(f"{value:.3f} for {name}" for name, value in away.items())
    return alt(
        picture,
        f"The Gram matrices of 16 channels of two pieces of gravel, which look alike, and of a wall. The relative "
        f"distance to the first is {said}.",
    )


def rows() -> Figure:
    """Return a photograph whose three colours are normalised, and then scaled and shifted as those of two styles."""
    normed = F.instance_norm(repainter.photograph(HELD_OUT, 72))
    picture, axes = figure(1, 3, size=(3.4, 1.05))
    _show(axes[0], (0.5 + 0.2 * normed[0]).clamp(0, 1), "normalised")
    for ax, style, name in zip(axes[1:], repainter.style_pictures(), repainter.STYLES, strict=True):
        spread, middle = torch.std_mean(style, dim=(2, 3), keepdim=True)
        _show(ax, (middle + spread * normed)[0].clamp(0, 1), f"as {name}")
    return alt(
        picture,
        "A photograph of a cat whose three colour channels are normalised; the same with the means and deviations of "
        "two styles: pale brown, and orange with dark green.",
    )


def flow() -> Figure:
    """Return the parts of the training as boxes: the gradient goes from the losses back to the painter."""
    picture, ax = figure(size=(8, 2.4))
    ax.set(xlim=(0, 92), ylim=(3, 42))
    ax.axis("off")
    boxes = {
        "photograph x,\nstyle s": (10, 28, "white"),
        "painter": (33, 28, ORANGE),
        "painted": (53, 28, "white"),
        "looking network": (75, 28, "#DDDDDD"),
        "content: maps of x": (75, 8, "#DDDDDD"),
        "style: Gram matrices\nof picture s": (45, 8, "#DDDDDD"),
    }
    for words, (x, y, tint) in boxes.items():
        ax.text(x, y, words, ha="center", va="center", bbox={"boxstyle": "round", "fc": tint, "ec": "#666666"})
    for start, end in (((19, 28), (27.5, 28)), ((38.5, 28), (47, 28)), ((59, 28), (63.5, 28))):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "lw": 1.5})
    for below in ((75, 11.5), (49, 13.5)):
        ax.annotate("", (75, 23), below, arrowprops={"arrowstyle": "-", "lw": 1.5, "color": "#8A8A8A"})
    ax.annotate(
        "", (33, 33.5), (75, 33.5), arrowprops={"arrowstyle": "->", "color": BLUE, "connectionstyle": "arc3,rad=0.15"}
    )
    ax.text(54, 37.5, "gradient", color=BLUE, ha="center", va="bottom")
    return alt(
        picture,
        "A photograph and a style go through the painter; the looking network compares what was painted with the "
        "photograph (content) and with the style's picture (Gram matrices); the gradient goes back to the painter.",
    )


def painted(painter: nn.Module) -> Figure:
    """Return the two styles, and a photograph painted in each."""
    photograph = repainter.photograph(HELD_OUT, 120)
    picture, axes = figure(1, 4, size=(4.8, 1.25))
    for pair, style, factors, name in zip(
        (axes[:2], axes[2:]), repainter.style_pictures(), ((1.0, 0.0), (0.0, 1.0)), repainter.STYLES, strict=True
    ):
        _show(pair[0], style[0], name)
        _show(pair[1], painting(painter, photograph, factors), "painted so")
    return alt(
        picture,
        "A style of brown tissue and a cat painted in pale grey and brown strokes; an orange flower and the cat in "
        "orange.",
    )


@cache
def milliseconds(painter: nn.Module) -> tuple[float, float]:
    """Return the milliseconds for a photograph, on one thread: one pass of a painter, and 100 steps of optimisation."""
    x, network = repainter.photograph(HELD_OUT), repainter.looker()
    wanted, wishes = maps_of(network, [CONTENT], x)[0], _matrices(network, repainter.style_pictures()[0])

    def distance(image: torch.Tensor) -> torch.Tensor:
        away = F.mse_loss(maps_of(network, [CONTENT], image)[0], wanted)
        return away + _style_distance(network, image, wishes)

    with one_thread():
        painting(painter, x, (1.0, 0.0))
        passes = [_seconds(lambda: painting(painter, x, (1.0, 0.0))) for _ in range(3)]
        steps = [_seconds(lambda: _optimised(distance, x, 1)) for _ in range(3)]
    return 1000 * min(passes), 1000 * OPTIMISED * min(steps)


def times(painter: nn.Module) -> Figure:
    """Return bars: how long a photograph takes by one pass of a painter and by a hundred steps of optimisation."""
    found = milliseconds(painter)
    picture, ax = figure(size=(7, 1.7))
    ax.barh([0, 1], found, color=[BLUE, ORANGE])
    ax.set_yticks([0, 1], ["one pass", f"{OPTIMISED} steps"])
    ax.set(xscale="log", xlabel="milliseconds for a photograph of 240 × 160", xlim=(1, 8 * found[1]))
    for place, value in enumerate(found):
        ax.text(1.1 * value, place, f"{value:,.0f}", va="center")
    return alt(
        picture,
        "Bars of the time for one photograph: one pass of the painter takes less than a twentieth of a hundred steps.",
    )


def slider(painter: nn.Module) -> Callable[..., Figure]:
    """Return a function that draws the cat painted with a share of the second style and the rest of the first."""
    x = repainter.photograph(HELD_OUT)

    def draw(share: float = 0.5) -> Figure:
        picture, ax = figure(size=(2.7, 1.95))
        words = f"{1 - share:.0%} tissue, {share:.0%} flower"
        _show(ax, painting(painter, x, (1 - share, share)), words)
        return alt(picture, f"A cat painted with {words}.")

    return draw


def _matrices(network: nn.Sequential, x: torch.Tensor) -> list[torch.Tensor]:
    """The Gram matrices of each image at the style layers, each (N, C * C)."""
    return [gram(one).flatten(1) for one in maps_of(network, LAYERS, x)]


def _style_distance(network: nn.Sequential, x: torch.Tensor, wishes: list[torch.Tensor]) -> torch.Tensor:
    """How far the statistics of each image are from what is wished: summed over layers, a mean over images."""
    total = x.new_zeros(())
    for own, wish in zip(_matrices(network, x), wishes, strict=True):
        total = total + ((own - wish).norm(dim=1) / wish.norm(dim=1)).pow(2).mean()
    return total


def _optimised(distance: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor, num_steps: int) -> torch.Tensor:
    """An image after some steps that lower a distance."""
    pixels = nn.Parameter(start.clone())
    optimiser = torch.optim.Adam([pixels], lr=0.03)
    for _ in range(num_steps):
        optimiser.zero_grad()
        distance(pixels).backward()
        optimiser.step()
        pixels.data.clamp_(0, 1)
    return pixels.data


def _kept(errors: torch.Tensor, is_left: bool, is_top: bool, cut: Cut | None) -> torch.Tensor:
    """Where a quilt keeps what lies there already, (PIECE, PIECE)."""
    keeps, places = torch.zeros(PIECE, PIECE, dtype=torch.bool), torch.arange(OVERLAP)
    middle = torch.full((PIECE,), OVERLAP // 2)
    if is_left:
        upright = middle if cut is None else cut(errors[:, :OVERLAP])
        keeps[:, :OVERLAP] |= places < upright[:, None]
    if is_top:
        level = middle if cut is None else cut(errors[:OVERLAP].T)
        keeps[:OVERLAP] |= places[:, None] < level
    return keeps


def _count_of(known: np.ndarray, window: int) -> np.ndarray:
    """How many pixels are known in each window of a framed canvas."""
    return np.lib.stride_tricks.sliding_window_view(known, (window, window)).sum(axis=(2, 3))


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _show(ax: Axes, image: Any, words: str) -> None:
    """An image (H, W), or a tensor (C, H, W), in [0, 1], without ticks."""
    pixels = np.asarray(image.detach().permute(1, 2, 0) if getattr(image, "ndim", 2) == 3 else image)
    ax.imshow(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels, vmin=0, vmax=1, cmap="gray")
    ax.axis("off")
    if words:
        ax.set_title(words, fontsize=11)
