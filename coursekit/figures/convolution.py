"""Pictures of the convolution notebook: a kernel that slides over numbers, borders, a matrix, the way back, costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import nn

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure, show_images
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN, GREY = PALETTE[0], PALETTE[1], PALETTE[2], "#bbbbbb"
# The text works these by hand.
SMALL = torch.tensor([[1.0, 2, 0, 1], [3, 1, 4, 0], [0, 2, 1, 5]])
KERNEL = torch.tensor([[1.0, 0], [-1, 2]])
# The widget's: a bright bar in a dark image, and a kernel that answers where it grows brighter from left to right.
BAR = torch.tensor(
    [[1.0, 1, 6, 7, 1, 0], [0, 1, 7, 6, 1, 1], [1, 0, 6, 7, 0, 1], [1, 1, 7, 7, 1, 0], [0, 1, 6, 6, 1, 1]]
)
EDGE = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
MOST_STEPS = 56  # places with the widest border and the smallest steps
SIZE = (60, 90)


# The finished thing


@cache
def strangers_filter() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the kernels (3, 3, 3, 3) and biases (3,) of a filter that tints a photograph and carves it in relief."""
    tint = torch.tensor([[1.2], [1.0], [0.8]]) * (0.5 * torch.eye(3) + torch.tensor([0.2, 0.3, 0.1]))
    relief = torch.arange(-1.0, 2)[:, None] + torch.arange(-1.0, 2)
    relief[1, 1] = 1
    return tint[:, :, None, None] * relief, torch.tensor([0.5, 0.5, 0.5])


def photo(name: str) -> torch.Tensor:
    """Return a small photograph as a batch of one, (1, 3, 60, 90), its values centred about 0."""
    return to_tensor(photographs(SIZE)[name])[None] - 0.5


def filtered(name: str) -> torch.Tensor:
    """Return a small photograph as the stranger's filter shows it, (1, 3, 60, 90), about 0.5."""
    return F.conv2d(photo(name), *strangers_filter(), padding=1)


@cache
def found_filter() -> tuple[torch.Tensor, torch.Tensor]:
    """Return kernels and biases that 600 steps of gradient descent with momentum find, by torch's own gradients."""
    x, y = photo("motorcycle"), filtered("motorcycle")
    weights = torch.zeros(3, 3, 3, 3, requires_grad=True)
    bias = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([weights, bias], lr=0.3, momentum=0.98)
    for _ in range(600):
        optimizer.zero_grad()
        (F.conv2d(x, weights, bias, padding=1) - y).square().mean().backward()
        optimizer.step()
    return weights.detach(), bias.detach()


def opening() -> Figure:
    """Return a photograph before and after a filter, and another one that the filter found was laid on."""
    found = F.conv2d(photo("cat"), *found_filter(), padding=1)
    images = [photo("motorcycle")[0] + 0.5, filtered("motorcycle")[0], found[0]]
    text = (
        "A motorcycle; the same in tinted relief, as a stranger's filter made it; and a cat in the same tinted relief, "
        "by kernels that were found from the two pictures of the motorcycle."
    )
    return show_images(images, ["before", "after", "kernels found"], side=1.1, alt=text)


def kernels(found: torch.Tensor) -> Figure:
    """Return the stranger's kernels and those found as squares of 3 x 3: blue positive, orange negative."""
    true = strangers_filter()[0]
    picture, axes = figure(1, 2, size=(6.6, 3.1))
    for ax, weights, name in zip(axes, (true, found), ("the stranger's", "found"), strict=True):
        cells: list[Cell] = []
        for m, c, i, j in product(range(3), repeat=4):
            cells.append((3.3 * m + i, 3.3 * c + j, "", *_signed(float(weights[m, c, i, j]), 1.5)))
        _cells(ax, cells)
        for at, colour in enumerate(("red", "green", "blue")):
            ax.text(3.3 * at + 1.4, -0.3, f"of {colour}", ha="center", fontsize=10)
            ax.text(-0.3, 3.3 * at + 1.4, colour, ha="right", va="center", fontsize=10)
        ax.set_title(name)
        _bare(ax, 9.6, 9.6, first=(-2.2, -1.0))
    apart = float((found - true).abs().max())
    return alt(picture, f"Nine kernels of 3 x 3, twice, in the same colours. The largest difference is {apart:.2f}.")


# The sliding kernel


def slide(step: int = 0, stride: int = 1, padding: int = 0, dilation: int = 1) -> Figure:
    """Return an image of numbers with a 3 x 3 kernel laid on it, and the output as far as it has come.

    Args:
        step: the place, counted in rows from the upper left; after the last place it stays there.
        stride, padding, dilation: as a convolution has them, the same in both directions.
    """
    padded = F.pad(BAR, (padding,) * 4)
    out = F.conv2d(BAR[None, None], EDGE[None, None], stride=stride, padding=padding, dilation=dilation)[0, 0]
    step = min(step, out.numel() - 1)
    row, col = divmod(step, out.shape[1])
    places = {
        (row * stride + dilation * i, col * stride + dilation * j): (i, j) for i, j in product(range(3), range(3))
    }
    cells = [*_pixels(padded, padding, places), *_weights(11.2)]
    for (i, j), value in _numbers(out):
        is_done = i * out.shape[1] + j <= step
        look = _signed(value, 26) if is_done else (GREY, 0.15)
        cells.append((i, 15.4 + j, f"{value:.0f}" if is_done else "", *look))
    terms = _terms([float(padded[at]) for at in places], EDGE.flatten().tolist())
    said = f"{terms} = {out[row, col]:.0f}"
    picture, ax = figure(size=(11, 4.9))
    _cells(ax, cells)
    ax.add_patch(Rectangle((15.4 + col, row), 0.92, 0.92, fill=False, ec="black", lw=2))
    _frame_around(ax, padded, padding)
    for left, top, words in (
        (padded.shape[1] / 2, -0.35, "image in its border"),
        (12.7, 0.65, "kernel"),
        (15.4 + out.shape[1] / 2, -0.35, f"output, {out.shape[0]} x {out.shape[1]}"),
        (11.8, 9.7, said),
    ):
        ax.text(left, top, words, ha="center", fontsize=13)
    _bare(ax, 9.8, 23.6, first=(-0.1, -1))
    return alt(picture, f"A kernel at row {row}, column {col} of the output: {said}.")


Cell = tuple[float, float, str, str, float]


def _pixels(padded: torch.Tensor, padding: int, places: dict[tuple[int, int], tuple[int, int]]) -> list[Cell]:
    """The image's cells; those under the kernel have the colour of the weight that they meet."""
    height, width = padded.shape
    cells: list[Cell] = []
    for (i, j), value in _numbers(padded):
        is_inside = padding <= i < height - padding and padding <= j < width - padding
        look = _signed(float(EDGE[places[i, j]]), 2) if (i, j) in places else (GREY, 0.4 if is_inside else 0.12)
        cells.append((i, j, f"{value:.0f}", *look))
    return cells


def _weights(left: float) -> list[Cell]:
    return [(1 + i, left + j, f"{value:.0f}", *_signed(value, 2)) for (i, j), value in _numbers(EDGE)]


def _cells(ax: Axes, cells: Sequence[Cell]) -> None:
    """Draw many cells at once: a slider waits for them."""
    squares = [Rectangle((col, row), 0.92, 0.92) for row, col, *_ in cells]
    ax.add_collection(PatchCollection(squares, facecolors=[to_rgba(colour, alpha) for *_, colour, alpha in cells]))
    for row, col, words, *_ in cells:
        if words:
            ax.text(col + 0.46, row + 0.48, words, ha="center", va="center", fontsize=12)


def _frame_around(ax: Axes, padded: torch.Tensor, padding: int) -> None:
    height, width = (side - 2 * padding for side in padded.shape)
    ax.add_patch(Rectangle((padding - 0.04, padding - 0.04), width, height, fill=False, lw=1))


def _terms(pixels: Sequence[float], weights: Sequence[float]) -> str:
    """Write the products that are not 0 by their weight."""
    said = ""
    for pixel, weight in zip(pixels, weights, strict=True):
        if weight:
            sign = ("- " if weight < 0 else "+ ") if said else ("-" if weight < 0 else "")
            said += f"{sign}{abs(weight):.0f}·{pixel:.0f} "
    return said.strip()


# Borders and channels


def borders() -> Figure:
    """Return a cat with two borders of unequal sides: black, and as a mirror shows it."""
    image = photo("cat") + 0.5
    sides = (30, 5, 0, 20)
    images = [F.pad(image, sides)[0], F.pad(image, sides, mode="reflect")[0]]
    text = "A cat with a wide border left and below: black in the first picture, the cat in mirrors in the second."
    return show_images(images, ['"constant", 0', '"reflect"'], side=1.2, alt=text)


def channels() -> Figure:
    """Return three channels, four kernels of three slices, and the four planes that they make."""
    picture, ax = figure(size=(9, 2.5))
    for c in range(3):
        _sheet(ax, 0.5 * c, 0.35 * c, 6, 5, GREY)
    ax.text(3.5, 7.2, "3 channels", ha="center")
    for m in range(4):
        for c in range(3):
            _sheet(ax, 10.5 + 3.6 * m + 0.3 * c, 1.4 + 0.25 * c, 1.8, 1.8, PALETTE[m])
        _sheet(ax, 27 + 0.7 * m, 0.45 * m, 5, 4, PALETTE[m])
    ax.text(17.2, 7.2, "4 kernels, each with 3 slices", ha="center")
    ax.text(30.5, 7.2, "4 planes", ha="center")
    for start, end in ((7.5, 9.7), (24.6, 26.5)):
        ax.add_patch(FancyArrowPatch((start, 3), (end, 3), arrowstyle="-|>", mutation_scale=18, color="#444444"))
    ax.set(xlim=(-0.3, 35), ylim=(-0.3, 8), aspect="equal")
    ax.axis("off")
    return alt(
        picture, "Three sheets, the channels; four small stacks of three sheets, the kernels; four sheets, planes."
    )


# The same as a matrix


def matrix_of(kernel: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Return the matrix of a convolution of one channel, (places, pixels): a column is what one bright pixel makes."""
    height, width = size
    pixels = torch.eye(height * width).reshape(-1, 1, height, width)
    return F.conv2d(pixels, kernel[None, None]).flatten(1).T


def as_matrix() -> Figure:
    """Return the text's convolution as a matrix of 6 rows and 12 columns, times the image as a column."""
    matrix = matrix_of(KERNEL, (3, 4))
    window = [(row + i) * 4 + col + j for row in range(2) for col in range(3) for i in range(2) for j in range(2)]
    picture, ax = figure(size=(9.0, 4.7))
    for (i, j), value in _numbers(matrix):
        met = j in window[4 * i : 4 * i + 4]
        _cell(ax, i, j, f"{value:.0f}" if met else "", *(_signed(value, 2) if met else (GREY, 0.15)))
    for at, (value, out) in enumerate(zip(SMALL.flatten().tolist(), [*_out(), *[None] * 6], strict=True)):
        _cell(ax, at - 3, 13.2, f"{value:.0f}", GREEN, 0.35)
        if out is not None:
            _cell(ax, at, 15.6, f"{out:.0f}", ORANGE, 0.55)
    ax.text(6, -0.3, "a row for each place of the kernel, a column for each pixel", ha="center")
    for left, word in ((12.6, "x"), (14.8, "=")):
        ax.text(left, 3, word, ha="center", va="center", fontsize=15)
    ax.text(13.7, -3.3, "image", ha="center")
    ax.text(16.1, -0.3, "output", ha="center")
    _bare(ax, 9.1, 16.8, first=(-0.1, -4))
    return alt(
        picture, f"A matrix of 6 rows and 12 columns, with the numbers 1, 0, -1, 2 in each row; output {_out()}."
    )


def _out() -> list[float]:
    out: list[float] = F.conv2d(SMALL[None, None], KERNEL[None, None]).flatten().tolist()
    return out


def as_columns() -> Figure:
    """Return the text's image as columns, a window each, with the kernel as a row before and the output behind."""
    columns = F.unfold(SMALL[None, None], 2)[0]
    picture, ax = figure(size=(9.5, 2.9))
    for at, value in enumerate(KERNEL.flatten().tolist()):
        _cell(ax, 1.5, at, f"{value:.0f}", *_signed(value, 2))
    for (i, j), value in _numbers(columns):
        _cell(ax, i, 5.6 + j, f"{value:.0f}", GREEN, 0.6 if j == 1 else 0.25)
    for at, value in enumerate(_out()):
        _cell(ax, 1.5, 13.2 + at, f"{value:.0f}", ORANGE, 0.75 if at == 1 else 0.35)
    ax.text(2, 1.2, "kernel", ha="center")
    ax.text(8.6, -0.3, "columns: a window each", ha="center")
    ax.text(16.2, 1.2, "output", ha="center")
    for left, word in ((4.8, "@"), (12.4, "=")):
        ax.text(left, 2, word, ha="center", va="center", fontsize=15)
    _bare(ax, 4, 19.4, first=(-0.1, -1))
    return alt(
        picture, f"A row of four weights times a table of 4 rows and 6 columns; the row of six outputs is {_out()}."
    )


def groups() -> Figure:
    """Return which kernel looks at which channel, with 1, 2 and 4 groups of 4 channels and 8 kernels."""
    picture, axes = figure(1, 3, size=(9, 3.8))
    for ax, parts in zip(axes, (1, 2, 4), strict=True):
        seen = connections(parts)
        for (m, c), value in _numbers(seen):
            group = m // (8 // parts)
            _cell(ax, m, c, "", PALETTE[group] if value else GREY, 0.6 if value else 0.12)
        ax.set_title({1: "groups=1", 2: "groups=2", 4: "groups=4: depthwise"}[parts])
        ax.text(2, 8.6, f"{int(seen.sum())} slices", ha="center")
        _bare(ax, 8.8, 4, first=(-0.1, -0.2))
    axes[0].text(-0.3, 4, "8 kernels", ha="right", va="center", rotation=90)
    axes[0].set_xlim(-0.9, 4.1)
    return alt(
        picture, "Tables of 8 kernels by 4 channels: all 32 squares filled, then two blocks of 8, then four of 2."
    )


def connections(parts: int) -> torch.Tensor:
    """Return which of 8 kernels hears which of 4 channels in torch's layer, (8, 4) of 0 and 1."""
    layer = nn.Conv2d(4, 8, 1, groups=parts, bias=False).requires_grad_(False)
    layer.weight.fill_(1.0)
    return layer(torch.eye(4)[:, :, None, None])[:, :, 0, 0].T


# The way back


def visits(size: tuple[int, int], kernel: int, stride: int, padding: int = 0) -> torch.Tensor:
    """Return how many windows see each pixel, (H, W): the gradient of a sum of windows, by autograd."""
    x = torch.zeros(1, 1, *size, requires_grad=True)
    F.conv2d(x, torch.ones(1, 1, kernel, kernel), stride=stride, padding=padding).sum().backward()
    return x.new_zeros(size) if x.grad is None else x.grad[0, 0]


def seen_by() -> Figure:
    """Return how many windows of a 3 x 3 kernel see each pixel of an image of 5 x 7, at two strides."""
    picture, axes = figure(1, 2, size=(9.5, 3.4))
    said = []
    for ax, stride in zip(axes, (1, 3), strict=True):
        counts = visits((5, 7), 3, stride)
        for (i, j), value in _numbers(counts):
            _cell(ax, i, j, f"{value:.0f}", BLUE, 0.08 + 0.08 * value)
        ax.text(3.5, -0.25, f"stride {stride}", ha="center")
        _bare(ax, 5, 7, first=(-0.1, -0.8))
        said.append(f"with stride {stride} from {counts.min():.0f} to {counts.max():.0f}")
    return alt(picture, f"How many windows see each of 5 x 7 pixels: {', '.join(said)}.")


def sent_back() -> Figure:
    """Return two numbers of the gradient from above, and what each sends back through the text's kernel."""
    picture, ax = figure(size=(10, 3))
    grads = torch.zeros(3, 2, 3)
    grads[0, 0, 0], grads[1, 0, 1] = 10, 1
    grads[2] = grads[0] + grads[1]
    for at, (grad, word) in enumerate(zip(grads, ("+", "=", ""), strict=True)):
        back = F.conv_transpose2d(grad[None, None], KERNEL[None, None])[0, 0]
        for (i, j), value in _numbers(back):
            _cell(ax, i, 6 * at + j, f"{value:.0f}", *_signed(value, 20))
        ax.text(6 * at + 5, 1.5, word, ha="center", va="center", fontsize=16)
    for at, words in enumerate(("10 at the first place", "1 at the second", "both")):
        ax.text(6 * at + 2, -0.3, words, ha="center")
    _bare(ax, 3, 16, first=(-0.1, -1))
    return alt(
        picture, "Three tables of 3 x 4 gradients: ten times the kernel, once the kernel a column on, and their sum."
    )


# Costs

LAYERS: dict[str, Callable[[int], nn.Module]] = {
    "3 x 3": lambda width: nn.Conv2d(width, width, 3, padding=1),
    "8 groups": lambda width: nn.Conv2d(width, width, 3, padding=1, groups=8),
    "separable": lambda width: nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1, groups=width), nn.Conv2d(width, width, 1)
    ),
}


@cache
def shares(width: int = 64, side: int = 32, num: int = 8) -> dict[str, tuple[float, float]]:
    """Return what the layers take as shares of the ordinary one: multiply-adds, and seconds of one core.

    The time is the thread's own, so that it stands still while the core works for others. It is the least of nine,
    after one that warms up, and the layers take turns.
    """
    layers = {name: make(width).requires_grad_(False) for name, make in LAYERS.items()}
    x = torch.zeros(num, width, side, side)
    numbers = {name: sum(one.numel() for one in layer.parameters() if one.ndim > 1) for name, layer in layers.items()}
    seconds = dict.fromkeys(layers, float("inf"))
    with one_thread():
        for attempt in range(10):
            for name, layer in layers.items():
                began = time.thread_time()
                layer(x)
                if attempt:
                    seconds[name] = min(seconds[name], time.thread_time() - began)
    first = next(iter(layers))
    return {name: (numbers[name] / numbers[first], seconds[name] / seconds[first]) for name in layers}


def costs() -> Figure:
    """Return the multiply-adds and the time of three layers beside each other."""
    found = shares()
    picture, ax = figure(size=(6.5, 3.2))
    for at, (name, both) in enumerate(found.items()):
        for shift, share, colour, label in zip((-0.2, 0.2), both, (BLUE, ORANGE), ("products", "time"), strict=True):
            ax.bar(at + shift, share, width=0.36, color=colour, label=label if at == 0 else None)
            ax.text(at + shift, share + 0.02, f"{share:.0%}", ha="center", fontsize=11)
        said = f"{name}: {both[0]:.0%} of the products"
        picture.description += f"{said}. "
    ax.set(xticks=range(3), xticklabels=list(found), ylim=(0, 1.25), ylabel="share of the ordinary layer")
    ax.legend(loc="upper right")
    return picture


# Drawing


def _numbers(table: torch.Tensor) -> list[tuple[tuple[int, int], float]]:
    rows: list[list[float]] = table.tolist()
    return [((i, j), value) for i, row in enumerate(rows) for j, value in enumerate(row)]


def _signed(value: float, most: float) -> tuple[str, float]:
    """Return a colour and how strong it is: blue for positive, orange for negative."""
    return (BLUE if value >= 0 else ORANGE), 0.1 + 0.7 * min(abs(value) / most, 1.0)


def _cell(ax: Axes, row: float, col: float, words: str, colour: str, alpha: float, size: float = 12) -> None:
    ax.add_patch(Rectangle((col, row), 0.92, 0.92, facecolor=colour, alpha=alpha))
    if words:
        words = words.removeprefix("-") if float(words) == 0 else words
        ax.text(col + 0.46, row + 0.48, words, ha="center", va="center", fontsize=size)


def _sheet(ax: Axes, left: float, bottom: float, width: float, height: float, colour: str) -> None:
    ax.add_patch(Rectangle((left, bottom), width, height, facecolor="white", edgecolor="none"))
    ax.add_patch(Rectangle((left, bottom), width, height, facecolor=colour, edgecolor="#444444", lw=1, alpha=0.55))


def _bare(ax: Axes, rows: float, cols: float, *, first: tuple[float, float]) -> None:
    """Leave nothing but what was drawn; `first` is the left and the upper end."""
    ax.set(xlim=(first[0], cols + 0.1), ylim=(rows + 0.1, first[1]), aspect="equal")
    ax.axis("off")
