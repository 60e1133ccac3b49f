"""Pictures of the notebook on noise as regulariser: what noise does to images, connections, windows and variances."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY, PALE = "#8A8A8A", "#dddddd"
KINDS = ("dropout", "uniform", "blocks", "whole")
BLOCK = 7
RATES = (0.1, 0.3, 0.5, 0.7)


def _source(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo() -> torch.Tensor:
    """Return the cat's face in few pixels, (3, 40, 40)."""
    cat = to_tensor(photographs()["cat"])[:, 10:290, 100:380]
    return F.avg_pool2d(cat[None], 7)[0]


def factors(kind: str, strength: float, draw: int, size: tuple[int, int] = (40, 40)) -> torch.Tensor:
    """Return by what each place of an image is multiplied, (H, W).

    Args:
        kind: one of KINDS.
        strength: the probability to be dropped, or the largest share by which a number moves.
        draw: the seed.
        size: (H, W).
    """
    if kind == "uniform":
        return 1 + strength * (2 * torch.rand(size, generator=_source(draw)) - 1)
    if kind == "whole":
        kept = torch.rand(1, 1, generator=_source(draw)).expand(size) >= strength
    elif kind == "blocks":
        kept = ~covered(size, strength, draw)
        return kept * (kept.numel() / max(int(kept.sum()), 1))
    else:
        kept = torch.rand(size, generator=_source(draw)) >= strength
    return kept / (1 - strength)


def begins(size: tuple[int, int], p: float, draw: int, block: int = BLOCK) -> torch.Tensor:
    """Return where blocks begin, (H - block + 1, W - block + 1) bool."""
    tall, wide = (n - block + 1 for n in size)
    gamma = p * size[0] * size[1] / (block**2 * tall * wide)
    return torch.rand(tall, wide, generator=_source(draw)) < gamma


def covered(size: tuple[int, int], p: float, draw: int, block: int = BLOCK) -> torch.Tensor:
    """Return what the blocks cover, (H, W) bool."""
    around = F.pad(begins(size, p, draw, block).float()[None, None], 4 * (block - 1,))
    return F.max_pool2d(around, block, stride=1)[0, 0] > 0


def uneven(n: int, k: int, m: int, u: float) -> list[int]:
    """Return where m windows of k numbers begin on an axis of n."""
    ratio = (n - k) / (m - 1)
    return [int(ratio * (i + u)) - int(ratio * u) for i in range(m - 1)] + [n - k]


def opening() -> Figure:
    """Return a photograph as it is, and under five kinds of noise."""
    image = photo()
    rows, columns = (uneven(40, 2, 26, u) for u in (0.3, 0.8))
    small = F.max_pool2d(image[None], 2, stride=1)[0][:, rows][:, :, columns]
    shown = {
        "as it is": image,
        "dropout": image * factors("dropout", 0.3, 1),
        "DropBlock": image * factors("blocks", 0.3, 3),
        "uniform": image * factors("uniform", 0.5, 1),
        "fractional pooling": small,
    }
    picture, axes = figure(1, 5, size=(10, 2.3))
    for ax, (name, one) in zip(axes, shown.items(), strict=True):
        ax.imshow(one.clamp(0, 1).permute(1, 2, 0))
        ax.set_title(name)
        ax.axis("off")
    return alt(
        picture,
        "A cat's face of 40 × 40 pixels five times: as it is; with single black pixels; with black squares of 7 × 7; "
        "with pixels a little lighter or darker; and squeezed unevenly into 26 × 26 pixels.",
    )


def disturbed(kind: str = "dropout", strength: float = 0.3, seed: int = 0) -> Figure:
    """Return what each place is multiplied by, and the photograph after it."""
    image, factor = photo(), factors(kind, strength, seed)
    picture, axes = figure(1, 2, size=(6.6, 3.3))
    axes[0].imshow(factor, cmap="Blues", vmin=0, vmax=2)
    axes[0].set_title(f"factors, mean {factor.mean():.2f}")
    axes[1].imshow((image * factor).clamp(0, 1).permute(1, 2, 0))
    axes[1].set_title("image × factors")
    for ax in axes:
        ax.axis("off")
    return alt(
        picture,
        f"The noise '{kind}' of strength {strength}: a map of factors from {factor.min():.2f} to {factor.max():.2f} "
        f"with a mean of {factor.mean():.2f}, and a cat's face multiplied by it.",
    )


def ratio(mean: float, p: float) -> float:
    """Return variance in training over variance at test, for a channel of variance 1."""
    return ((1 + mean**2) / (1 - p)) - mean**2


def measured(mean: float, p: float, many: int = 40_000) -> float:
    """Return the same, measured on drawn numbers."""
    x = torch.randn(many, generator=_source(0)) + mean
    kept = torch.rand(many, generator=_source(1)) >= p
    return float((x * kept / (1 - p)).var() / x.var())


def shift() -> Figure:
    """Return how the variance of a channel grows with p, for three means."""
    picture, ax = figure(size=(6.2, 3.6))
    for mean, tint, marker in zip((0.0, 1.0, 2.0), (BLUE, ORANGE, GREEN), "os^", strict=True):
        found = [measured(mean, p) for p in RATES]
        ax.plot(RATES, found, marker=marker, color=tint, label=f"mean {mean:g}")
    ax.axhline(1, color=GREY, lw=1, ls="--")
    ax.set(xlabel="probability to be dropped, $p$", ylabel="variance: training / test", ylim=(0, None))
    ax.legend()
    return alt(
        picture,
        "The variance in training over that at test, measured for channels of variance 1, rises with p, and the faster "
        f"the larger the mean: at p = 0.5 it is {measured(0, 0.5):.1f}, {measured(1, 0.5):.1f} and "
        f"{measured(2, 0.5):.1f} for means of 0, 1 and 2.",
    )


def connections() -> Figure:
    """Return a small layer whose inputs, and one whose weights are dropped."""
    inputs = torch.tensor([True, False, True, True])[:, None].expand(4, 3)
    weights = torch.tensor([[1, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 1]], dtype=torch.bool)
    picture, axes = figure(1, 2, size=(7.4, 2.8))
    for ax, (name, kept) in zip(axes, {"dropout": inputs, "DropConnect": weights}.items(), strict=True):
        for row in range(4):
            for col in range(3):
                style = {"color": BLUE, "lw": 2.0} if kept[row, col] else {"color": GREY, "lw": 1.0, "ls": ":"}
                ax.plot([0, 1], [3 - row, 2.5 - col], zorder=1, **style)
            ax.plot(0, 3 - row, "o", ms=16, color=BLUE if kept[row].any() else PALE, zorder=2)
        ax.plot(3 * [1], [2.5, 1.5, 0.5], "o", ms=16, color=ORANGE, zorder=2)
        ax.set_title(name)
        ax.set(xlim=(-0.2, 1.2), ylim=(-0.5, 3.5))
        ax.axis("off")
    return alt(
        picture,
        "A layer of four inputs and three scores. Left, dropout: one input is gone with all its three lines. Right, "
        f"DropConnect: {int((~weights).sum())} of 12 lines are gone, from different inputs.",
    )


def blocks(draw: int = 54) -> Figure:
    """Return where blocks of 3 × 3 begin, and what they cover."""
    size = (9, 11)
    starts, gone = begins(size, 0.25, draw, 3), covered(size, 0.25, draw, 3)
    picture, axes = figure(1, 2, size=(8.6, 3.6))
    _cells(axes[0], size, lambda row, col: row < 7 and col < 9 and bool(starts[row, col]))
    axes[0].add_patch(Rectangle((-0.5, -0.5), 9, 7, fill=False, ec=ORANGE, lw=2.5))
    axes[0].set_title("here blocks begin")
    _cells(axes[1], size, lambda row, col: bool(gone[row, col]))
    axes[1].set_title("this they cover")
    return alt(
        picture,
        f"An image of 9 × 11 places. Left: {int(starts.sum())} places within a frame of 7 × 9 where a block begins. "
        f"Right: the {int(gone.sum())} places that blocks of 3 × 3 cover.",
    )


def _cells(ax: Axes, size: tuple[int, int], dark: Callable[[int, int], bool]) -> None:
    for row in range(size[0]):
        for col in range(size[1]):
            tint = BLUE if dark(row, col) else "#f2f2f2"
            ax.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, fc=tint, ec=GREY, lw=0.7))
    ax.set(xlim=(-0.6, size[1] - 0.4), ylim=(size[0] - 0.4, -0.6), aspect="equal")
    ax.axis("off")


def windows() -> Figure:
    """Return where six windows of two lie on ten pixels, for three samples."""
    samples = (0.1, 0.5, 0.9)
    picture, ax = figure(size=(7.5, 3.6))
    for row, u in enumerate(samples):
        for place in range(10):
            ax.add_patch(Rectangle((place, -4 * row), 1, 0.7, fc="#f2f2f2", ec=GREY))
        for number, start in enumerate(uneven(10, 2, 6, u)):
            low = -4 * row - 0.8 - 0.75 * (number % 2)
            ax.plot([start + 0.1, start + 1.9], [low, low], lw=5, color=(BLUE, ORANGE)[number % 2])
        ax.text(10.4, -4 * row + 0.1, f"u = {u}", va="center")
    ax.set(xlim=(-0.3, 12), ylim=(-10.2, 1))
    ax.axis("off")
    said = "; ".join(f"u = {u}: {uneven(10, 2, 6, u)}" for u in samples)
    return alt(picture, f"Six windows of two pixels on a row of ten, in three ways. They begin at: {said}.")
