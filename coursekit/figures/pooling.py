"""Pictures of the notebook on pooling: windows over numbers, where gradients go, and what a number sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import nn

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY = "#8A8A8A"
IMAGE = torch.tensor([[1.0, 3, 2, 0], [5, 4, 1, 1], [0, 2, 2, 6], [1, 1, 6, 3]])
UPSTREAM = torch.tensor([[1.0, 2], [3, 4]])
Layer = tuple[int, int, int]  # kernel, stride, padding
# ResNet-18 without its shortcuts, which see less than the way beside them.
RESNET18: dict[str, list[Layer]] = {
    "first convolution": [(7, 2, 3)],
    "max pooling": [(3, 2, 1)],
    "stage 1": 4 * [(3, 1, 1)],
    "stage 2": [(3, 2, 1), *3 * [(3, 1, 1)]],
    "stage 3": [(3, 2, 1), *3 * [(3, 1, 1)]],
    "stage 4": [(3, 2, 1), *3 * [(3, 1, 1)]],
}
PYRAMID: tuple[Layer, ...] = ((3, 1, 1), (2, 2, 0), (3, 1, 1))
SHARES = {
    "2 × 2, side by side": ((2, 2, 0), True),
    "3 × 3, stride 2, frame counted": ((3, 2, 1), True),
    "3 × 3, stride 2, pixels only": ((3, 2, 1), False),
}


def seen(layers: Sequence[Layer], size: int = 1000) -> int:
    """Return how many pixels the middle output of a stack depends on, by asking its gradient along one axis."""
    x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    out = x
    for kernel, stride, padding in layers:
        out = F.conv1d(out, torch.full((1, 1, kernel), 1 / kernel, dtype=torch.float64), stride=stride, padding=padding)
    (grad,) = torch.autograd.grad(out[0, 0, out.shape[2] // 2], x)
    return int(grad.count_nonzero())


def fields() -> dict[str, int]:
    """Return what one number sees after each part of ResNet-18, in pixels."""
    so_far: list[Layer] = []
    found = {}
    for name, layers in RESNET18.items():
        so_far += layers
        found[name] = seen(so_far)
    return found


def overview() -> Figure:
    """Return a photograph with a square for what a number in the middle sees, after each part of ResNet-18."""
    photo = photographs()["cat"][2:226, 63:287]
    picture, ax = figure(size=(5.2, 2.6))
    ax.imshow(photo, extent=(0, 224, 224, 0))
    found = fields()
    for place, (name, field) in enumerate(found.items()):
        tint = (PALETTE[1], PALETTE[5], PALETTE[2], PALETTE[4], PALETTE[3], PALETTE[0])[place]
        corner = (112 - field / 2, 112 - field / 2)
        ax.add_patch(Rectangle(corner, field, field, fill=False, ec=tint, lw=2.5, clip_on=field > 224, label=name))
        ax.text(236, 22 + 36 * place, f"{field} pixels: {name}", color=tint, va="center", fontsize=10.5, clip_on=False)
    ax.set(xlim=(0, 224), ylim=(224, 0), anchor="W")
    ax.axis("off")
    words = ", ".join(f"{field} after {name}" for name, field in found.items())
    return alt(
        picture, f"A cat with squares around the middle of its eye; one number of ResNet-18 sees, in pixels, {words}."
    )


def pooled(kernel_size: int, stride: int, padding: int, takes: str) -> torch.Tensor:
    """Return the numbers that windows over `IMAGE` give, (H', W')."""
    if takes == "largest":
        return F.max_pool2d(IMAGE[None, None], kernel_size, stride, padding)[0, 0]
    return F.avg_pool2d(IMAGE[None, None], kernel_size, stride, padding)[0, 0]


def window(place: int = 0, kernel_size: int = 2, stride: int = 2, padding: int = 0, takes: str = "largest") -> Figure:
    """Return the image of numbers with one window, and what the windows give, up to this one.

    Args:
        place: which window, in reading order; the last where there are fewer.
        kernel_size, stride, padding: where the windows lie.
        takes: "largest" or "mean".
    """
    out = pooled(kernel_size, stride, padding, takes)
    place = min(place, out.numel() - 1)
    row, col = divmod(place, out.shape[1])
    picture, (left, right) = figure(1, 2, size=(8.5, 4))
    _numbers(left, IMAGE, "{:.0f}")
    _frame(left, padding, "−∞" if takes == "largest" else "0")
    corner = (col * stride - padding - 0.5, row * stride - padding - 0.5)
    left.add_patch(Rectangle(corner, kernel_size, kernel_size, fc=ORANGE, alpha=0.3, ec="none"))
    left.add_patch(Rectangle(corner, kernel_size, kernel_size, fill=False, ec=ORANGE, lw=3))
    left.set_title(f"window {place + 1} of {out.numel()}")
    _numbers(right, out, "{:.0f}" if takes == "largest" else "{:.2f}", upto=place)
    right.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, fill=False, ec=ORANGE, lw=3))
    right.set_title(f"{takes} of each: {out.shape[0]} × {out.shape[1]}")
    _bare(left, 4, margin=1)
    _bare(right, 4, margin=1)
    value = f"{out[row, col]:.4g}"
    return alt(
        picture,
        f"An image of four rows of four numbers. Window {place + 1} of {out.numel()}, {kernel_size} by {kernel_size}, "
        f"begins at row {row * stride - padding + 1} and column {col * stride - padding + 1} and gives {value}.",
    )


def winning() -> tuple[torch.Tensor, torch.Tensor]:
    """Return each window's winner in `IMAGE` as (row, column), (2, 2, 2), and the gradient, (4, 4); by torch."""
    leaf = IMAGE.clone().requires_grad_()
    out, at = F.max_pool2d(leaf[None, None], 3, 2, 1, return_indices=True)
    out.backward(UPSTREAM[None, None])
    assert leaf.grad is not None
    return torch.stack([at[0, 0] // 4, at[0, 0] % 4], dim=-1), leaf.grad


def winners() -> Figure:
    """Return the outputs, with an arrow from each to its winner in the image."""
    found, grad = winning()
    picture, ax = figure(size=(8.5, 4.2))
    _numbers(ax, IMAGE, "{:.0f}", tinted=grad > 0)
    said = []
    for place in range(4):
        i, j = divmod(place, 2)
        row, col = found[i, j].tolist()
        _output(ax, place, f"{IMAGE[row, col]:.0f}", f"gradient {UPSTREAM[i, j]:.0f}", (row, col))
        said.append(f"{IMAGE[row, col]:.0f} in row {row + 1} and column {col + 1} for gradient {UPSTREAM[i, j]:.0f}")
    ax.text(1.5, -0.85, "image", ha="center", fontsize=12)
    ax.text(7.4, -0.85, "largest of each window", ha="center", fontsize=12)
    ax.set(xlim=(-0.7, 9.2), ylim=(3.8, -1.2), aspect="equal")
    ax.axis("off")
    return alt(picture, f"Arrows from four outputs to the winners in an image: {'; '.join(said)}.")


def _output(ax: Axes, place: int, value: str, below: str, winner: tuple[int, int]) -> None:
    """Draw one of four outputs, what stands below it, and an arrow to its winner at (row, column)."""
    (i, j), (row, col) = divmod(place, 2), winner
    x, y = 6.6 + 1.6 * j, 0.7 + 1.6 * i
    tint = (BLUE, GREEN, RED, PALETTE[4])[place]
    ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fc=tint, alpha=0.25, ec=tint))
    ax.text(x, y, value, ha="center", va="center", fontsize=13)
    ax.text(x, y + 0.68, below, ha="center", va="center", fontsize=10)
    # Two arrows end at one number: one comes from above, the other from below.
    end = (col + 0.3, row + (0.2 if place == 2 else -0.2))
    bend = f"arc3,rad={(0.3, 0.12, -0.12, -0.3)[place]}"
    style: Any = {"arrowstyle": "-|>", "color": tint, "lw": 2, "mutation_scale": 16, "connectionstyle": bend}
    ax.add_patch(FancyArrowPatch((x - 0.5, y), end, **style))


def averaged(counted: bool) -> torch.Tensor:
    """Return a photograph of 96 × 96 averaged over 21 × 21 pixels, (3, 96, 96)."""
    photo = to_tensor(photographs((96, 144))["coffee"][:, 24:120])
    return F.avg_pool2d(photo[None], 21, 1, 10, count_include_pad=counted)[0]


def dark_frame() -> Figure:
    """Return a photograph, averaged with the frame counted and with pixels only."""
    picture, axes = figure(1, 2, size=(4.4, 2.4))
    for ax, image, title in zip(axes, (averaged(True), averaged(False)), ("frame counted", "pixels only"), strict=True):
        ax.imshow(image.permute(1, 2, 0).clamp(0, 1).numpy())
        ax.set_title(title)
        ax.axis("off")
    return alt(
        picture,
        "A cup of coffee, averaged over 21 × 21 pixels: with the frame counted there is a dark rim, darkest in the "
        "corners; with pixels only there is none.",
    )


def handed_out(layer: Layer, counted: bool, size: int = 6) -> torch.Tensor:
    """Return what each pixel of an image gets of a gradient of ones, (size, size), by autograd."""
    leaf = torch.zeros(1, 1, size, size, requires_grad=True)
    F.avg_pool2d(leaf, *layer, count_include_pad=counted).sum().backward()
    assert leaf.grad is not None
    return leaf.grad[0, 0]


def shares() -> Figure:
    """Return three images of what each pixel gets of a gradient of ones."""
    picture, axes = figure(1, 3, size=(11, 4.5))
    said = []
    for ax, (name, (layer, counted)) in zip(axes, SHARES.items(), strict=True):
        grad = handed_out(layer, counted)
        ax.imshow(grad, cmap="Blues", vmin=0, vmax=1.2)
        for row in range(6):
            for col in range(6):
                value = grad[row, col].item()
                tint = "white" if value > 0.7 else "black"
                ax.text(col, row, f"{value:.2f}", ha="center", va="center", color=tint, fontsize=11)
        ax.set_title(f"{name}\n{grad.sum():.1f} of 9 arrive")
        ax.axis("off")
        said.append(f"{name}: {grad.sum():.1f} of 9, the corner gets {grad[0, 0]:.2f}")
    return alt(picture, f"What each of 6 × 6 pixels gets of a gradient of ones. {'; '.join(said)}.")


def sees_of(stack: Sequence[Layer], size: int = 16) -> list[list[set[int]]]:
    """Return for each layer, the image first, which numbers of the layer below each of its numbers reads.

    Only those are kept that the middle number of the last layer depends on.
    """
    sizes = [size]
    for kernel, stride, padding in stack:
        sizes.append((sizes[-1] + 2 * padding - kernel) // stride + 1)
    reads: list[list[set[int]]] = [[set() for _ in range(size)]]
    for (kernel, stride, padding), below, here in zip(stack, sizes, sizes[1:], strict=False):
        all_taps = ({i * stride - padding + tap for tap in range(kernel)} for i in range(here))
        reads.append([{one for one in taps if 0 <= one < below} for taps in all_taps])
    wanted = {sizes[-1] // 2}
    for layer in reversed(reads):
        for place, taps in enumerate(layer):
            layer[place] = taps if place in wanted else set()
        wanted = set().union(*layer)
    return reads


def middles_of(stack: Sequence[Layer], size: int) -> list[list[float]]:
    """Return for each layer, the image first, over which place of the image the middle of each number's field lies."""
    middles = [[float(place) for place in range(size)]]
    for kernel, stride, padding in stack:
        below = middles[-1]
        num = (len(below) + 2 * padding - kernel) // stride + 1
        taps = [i * stride - padding + (kernel - 1) / 2 for i in range(num)]
        middles.append([below[0] + tap * (below[1] - below[0]) for tap in taps])
    return middles


def pyramid(stack: Sequence[Layer] = PYRAMID, size: int = 16) -> Figure:
    """Return three layers along one axis, with lines from the top number down to the pixels that it sees."""
    reads, middles = sees_of(stack, size), middles_of(stack, size)
    names = ["image", "convolution, 3 taps", "pooling by 2", "convolution, 3 taps"]
    picture, ax = figure(size=(9.0, 4.0))
    wanted, counts = {len(reads[-1]) // 2}, []
    for level in range(len(stack), -1, -1):
        counts.append(len(wanted))
        ax.text(size, 1.5 * level, f"{names[level]}: {len(wanted)}", va="center", fontsize=12)
        for place, at in enumerate(middles[level]):
            tint = ORANGE if place in wanted else "#dddddd"
            ax.add_patch(Rectangle((at - 0.4, 1.5 * level - 0.25), 0.8, 0.5, fc=tint, ec=GREY, zorder=2))
            for tap in reads[level][place]:
                heights = [1.5 * level - 0.25, 1.5 * level - 1.25]
                ax.plot([at, middles[level - 1][tap]], heights, color=ORANGE, lw=1, zorder=1)
        wanted = set().union(*reads[level])
    ax.set(xlim=(-1, size + 6), ylim=(-0.6, 1.5 * len(stack) + 0.6))
    ax.axis("off")
    return alt(
        picture,
        "Four rows of numbers, the image lowest. Lines run from one number of the top row down: it depends on "
        f"{', '.join(map(str, counts[1:]))} numbers of the rows below.",
    )


def reaches(pooling: nn.Module, seed: int) -> int:
    """Return how many rows the gradient reaches through convolution, pooling, convolution, at a random image."""
    ones = torch.ones(1, 1, 3, 3)
    x = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(seed), requires_grad=True)
    out = F.conv2d(pooling(F.conv2d(x, ones, padding=1)), ones, padding=1)
    (grad,) = torch.autograd.grad(out[0, 0, out.shape[2] // 2, out.shape[2] // 2], x)
    rows = grad[0, 0].any(dim=1).nonzero()
    return int(rows.max() - rows.min()) + 1


def _numbers(
    ax: Axes, values: torch.Tensor, form: str, upto: int | None = None, tinted: torch.Tensor | None = None
) -> None:
    """Write a table of numbers, in reading order up to a place."""
    for place, value in enumerate(values.flatten().tolist()):
        row, col = divmod(place, values.shape[1])
        tint = ORANGE if tinted is not None and tinted[row, col] else "#f2f2f2"
        ax.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, fc=tint, alpha=0.6, ec=GREY))
        if upto is None or place <= upto:
            ax.text(col, row, form.format(value), ha="center", va="center", fontsize=13)


def _frame(ax: Axes, padding: int, says: str) -> None:
    """Write what stands outside, around a table of 4 × 4."""
    for row in range(-padding, 4 + padding):
        for col in range(-padding, 4 + padding):
            if not (0 <= row < 4 and 0 <= col < 4):
                ax.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, fill=False, ec="#cccccc", ls=":"))
                ax.text(col, row, says, ha="center", va="center", fontsize=11, color="#666666")


def _bare(ax: Axes, size: int, margin: float) -> None:
    ax.set(xlim=(-0.6 - margin, size - 0.4 + margin), ylim=(size - 0.4 + margin, -0.6 - margin), aspect="equal")
    ax.axis("off")
