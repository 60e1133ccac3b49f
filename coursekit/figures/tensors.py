"""Pictures of the notebook on tensors: what is picked, stretched, gathered and scattered, and three slopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from coursekit.data import digits, photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure, show_images

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
LEFT = ["(3, 1)", "(3,)", "(1, 4)", "(3, 4)", "()"]
RIGHT = ["(4,)", "(3,)", "(3, 1)", "(1, 4)", "(2, 1)"]
PICKS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "x[1]": lambda x: x[1],
    "x[:, 2]": lambda x: x[:, 2],
    "x[1:3, ::2]": lambda x: x[1:3, ::2],
    "x[[3, 0, 3]]": lambda x: x[[3, 0, 3]],
    "x[[0, 1, 3], [4, 0, 2]]": lambda x: x[[0, 1, 3], [4, 0, 2]],
    "x[x % 3 == 0]": lambda x: x[x % 3 == 0],
}
SCORES, LABELS = ((2, 0, 1, 5), (3, 4, 1, 0), (0, 6, 2, 1)), (3, 0, 2)
AMOUNTS, CLASSES, NUM_CLASSES = (5, 1, 2, 4, 3), (2, 0, 2, 1, 2), 4
PLACES = (-0.5, 1.0, 2.0)


def class_means() -> torch.Tensor:
    """Return the mean training image of each digit, (10, 1, 8, 8), one class at a time."""
    found = digits()
    means = [found.x_train[found.y_train == label].mean(dim=0) for label in range(found.num_classes)]
    return found.images(torch.stack(means))


def mean_digits() -> Figure:
    """Return the mean image of each digit."""
    text = "The mean image of each digit from 0 to 9; the 0 is dark in its middle, and the 1 is bright there."
    return show_images(class_means(), digits().class_names, alt=text)


def picks() -> Figure:
    """Return a table of twenty numbers six times, each time with what one pair of brackets picks."""
    table = torch.arange(20).reshape(4, 5)
    picture, axes = figure(2, 3, size=(10, 5))
    said = []
    for ax, (name, pick) in zip(axes.flat, PICKS.items(), strict=True):
        found = pick(table)
        picked = found.flatten().tolist()
        said.append(f"{name} has shape {tuple(found.shape)} and holds {picked}")
        for value, (row, col) in _places(table):
            _cell(ax, row, col, str(value), ORANGE if value in picked else "#bbbbbb", 0.75 if value in picked else 0.2)
        ax.set_title(f"{name}\nshape {tuple(found.shape)}", fontsize=12)
        _bare(ax, 4, 5)
    return alt(picture, f"A table of 4 rows and 5 columns, numbered from 0. {'; '.join(said)}.")


def broadcast(left: str = "(3, 1)", right: str = "(4,)") -> Figure:
    """Return two tensors, each stretched to fit the other, and their sum; or which lengths don't fit.

    Args:
        left: a shape of `LEFT`.
        right: a shape of `RIGHT`.
    """
    picture, axes = figure(1, 3, size=(11, 3.2))
    first, second = 10 * _counted(left), _counted(right)
    try:
        shape = torch.broadcast_shapes(first.shape, second.shape)
    except RuntimeError:
        shape, says = None, f"{left} and {right} don't fit: {_clash(first, second)}"
    else:
        says = f"{left} and {right} give {tuple(shape)}"
    for ax, tensor, colour, name in ((axes[0], first, BLUE, left), (axes[1], second, GREEN, right)):
        _operand(ax, tensor, shape, colour)
        _above(ax, f"shape {name}")
    if shape is not None:
        _operand(axes[2], first + second, shape, ORANGE)
    else:
        axes[2].text(1.9, 1.4, f"✗ {_clash(first, second)}", ha="center", va="center", fontsize=14, color=RED)
    _above(axes[2], "they don't fit" if shape is None else f"their sum: shape {tuple(shape)}")
    for ax in axes:
        _bare(ax, 3, 4, above=0.7)
    return alt(picture, f"{says}.")


def gather_and_scatter() -> Figure:
    """Return a score picked from each row, and amounts that are added up by class."""
    picture, (left, right) = figure(1, 2, size=(11, 4))
    gathered, sums = _gather(left), _scatter(right)
    return alt(
        picture,
        f"Left: labels {list(LABELS)} pick {gathered} from the rows of a table of scores. "
        f"Right: amounts {list(AMOUNTS)} of classes {list(CLASSES)} are added up to {sums}.",
    )


def _gather(ax: Axes) -> list[int]:
    scores = torch.tensor(SCORES)
    gathered: list[int] = scores[range(len(LABELS)), LABELS].tolist()
    for value, (row, col) in _places(scores):
        is_picked = col == LABELS[row]
        _cell(ax, row, col, str(value), ORANGE if is_picked else "#bbbbbb", 0.75 if is_picked else 0.2)
    for row, (label, value) in enumerate(zip(LABELS, gathered, strict=True)):
        _cell(ax, row, -1.6, str(label), BLUE, 0.3)
        _cell(ax, row, 5.6, str(value), ORANGE, 0.75)
        _arrow(ax, (label + 0.92, row + 0.78), (5.55, row + 0.78), ORANGE)
    for left, words in ((-1.6, "labels"), (1.5, "scores"), (5.6, "gathered")):
        ax.text(left + 0.46, -0.2, words, ha="center")
    ax.text(2.0, -1.0, "gather: one from each row", ha="center")
    _bare(ax, 3, 7, first_col=-2, above=1.5)
    return gathered


def _scatter(ax: Axes) -> list[int]:
    sums = [sum(a for a, c in zip(AMOUNTS, CLASSES, strict=True) if c == label) for label in range(NUM_CLASSES)]
    for place, (amount, label) in enumerate(zip(AMOUNTS, CLASSES, strict=True)):
        _cell(ax, 0, 1.4 * place, str(amount), PALETTE[label], 0.45)
        ax.text(1.4 * place + 0.46, -0.2, f"class {label}", ha="center", fontsize=11)
        _arrow(ax, (1.4 * place + 0.46, 0.95), (1.7 * label + 0.66, 2.4), PALETTE[label])
    for label, total in enumerate(sums):
        _cell(ax, 2.45, 1.7 * label + 0.2, str(total), PALETTE[label], 0.45)
        ax.text(1.7 * label + 0.66, 3.8, f"class {label}", ha="center", fontsize=11)
    ax.text(3.2, -0.9, "scatter_add: what goes to one place is added up", ha="center")
    _bare(ax, 3.9, 6.7, above=1.4)
    return sums


def panes(num: int = 250) -> Figure:
    """Return a photograph, a division of it into regions, and each region in its mean colour.

    Args:
        num: how many regions.
    """
    photo = to_tensor(photographs((90, 135))["cat"])
    regions = regions_near(90, 135, num)
    shades = torch.rand(num, 3, generator=torch.Generator().manual_seed(2))[regions].permute(2, 0, 1)
    text = f"A cat; {num} regions, each in a colour of its own; and the cat with each region in its mean colour."
    return show_images(
        [photo, shades, _in_mean_colours(photo, regions)], ["image", "regions", "region_means"], side=3.2, alt=text
    )


def regions_near(height: int, width: int, num: int) -> torch.Tensor:
    """Return which of `num` random pixels lies nearest to each pixel, (height, width) int64."""
    pixels = torch.cartesian_prod(torch.arange(float(height)), torch.arange(float(width)))
    points = pixels[torch.randperm(len(pixels), generator=torch.Generator().manual_seed(1))[:num]]
    return torch.cdist(pixels, points).argmin(dim=1).reshape(height, width)


def _in_mean_colours(image: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(image)
    for region in regions.unique():
        out[:, regions == region] = image[:, regions == region].mean(dim=1, keepdim=True)
    return out


def slopes() -> Figure:
    """Return x² − 2x with its tangents at three places, their slopes found by autograd."""
    x = torch.linspace(-1.3, 3.3, 200)
    picture, ax = figure(size=(6.5, 3.6))
    ax.plot(x, x**2 - 2 * x, color="grey", label="$x^2 - 2x$")
    found = slopes_at(PLACES)
    for place, slope, colour, mark in zip(PLACES, found, (BLUE, GREEN, RED), ("s", "o", "^"), strict=True):
        near = torch.tensor([place - 0.6, place + 0.6])
        ax.plot(near, place**2 - 2 * place + slope * (near - place), color=colour)
        ax.plot(place, place**2 - 2 * place, mark, color=colour, markersize=9, label=f"slope {slope:g} at {place:g}")
    ax.set(xlabel="$x$", ylabel="value", ylim=(-2, 4.5))
    ax.legend(loc="upper center", fontsize=11)
    listed = ", ".join(f"{slope:g} at {place:g}" for place, slope in zip(PLACES, found, strict=True))
    return alt(picture, f"A parabola with three tangents. Their slopes: {listed}.")


def slopes_at(places: Sequence[float]) -> list[float]:
    """Return the slope of x² − 2x at each place, by autograd."""
    x = torch.tensor(places, requires_grad=True)
    (x**2 - 2 * x).sum().backward()
    return [] if x.grad is None else x.grad.tolist()


def _counted(shape: str) -> torch.Tensor:
    """Return 1, 2, 3 … in a shape that is written as Python writes it."""
    sizes = [int(one) for one in shape.strip("()").split(",") if one.strip()]
    return torch.arange(1, 1 + int(torch.tensor(sizes).prod())).reshape(sizes)


def _clash(first: torch.Tensor, second: torch.Tensor) -> str:
    pairs = zip(reversed(first.shape), reversed(second.shape), strict=False)
    return next(f"{a} meets {b}" for a, b in pairs if a != b and 1 not in (a, b))


def _operand(ax: Axes, tensor: torch.Tensor, shape: torch.Size | None, colour: str) -> None:
    """Draw a tensor, and in pale the copies that broadcasting reads."""
    rows, cols = _as_table(tensor).shape
    stretched = tensor if shape is None else tensor.expand(shape)
    for value, (row, col) in _places(_as_table(stretched)):
        _cell(ax, row, col, str(value), colour, 0.55 if row < rows and col < cols else 0.12)


def _as_table(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.reshape((1,) * (2 - tensor.ndim) + tuple(tensor.shape))


def _places(table: torch.Tensor) -> list[tuple[int, tuple[int, int]]]:
    rows: list[list[int]] = table.tolist()
    return [(value, (i, j)) for i, row in enumerate(rows) for j, value in enumerate(row)]


def _cell(ax: Axes, row: float, col: float, words: str, colour: str, alpha: float) -> None:
    ax.add_patch(Rectangle((col, row), 0.92, 0.92, facecolor=colour, alpha=alpha))
    ax.text(col + 0.46, row + 0.46, words, ha="center", va="center", fontsize=12)


def _above(ax: Axes, words: str) -> None:
    # A title would be cut off: it stands outside of axes whose sides are equal.
    ax.text(1.96, -0.2, words, ha="center", fontsize=12)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="->", mutation_scale=12, color=colour))


def _bare(ax: Axes, rows: float, cols: float, *, first_col: float = 0, above: float = 0.1) -> None:
    ax.set(xlim=(first_col - 0.1, cols + 0.1), ylim=(rows + 0.1, -above), aspect="equal")
    ax.axis("off")
