"""The picture of the first notebook: what a sum does to a shape, and where tensors live."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from coursekit.plots import PALETTE, alt, figure
from coursekit.widgets import Explorer, explore

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
MOST_ROWS, MOST_COLS = 5, 6


def shapes_and_devices() -> Explorer:
    """Return the picture with a slider for each length and a menu for the dimension that goes."""
    return explore(draw, rows=(1, MOST_ROWS), cols=(1, MOST_COLS), dim=[0, 1])


def draw(rows: int = 3, cols: int = 4, dim: int = 1) -> Figure:
    """Return a table of numbers beside its sums along `dim`, and two memories with tensors in them."""
    picture, (left, right) = figure(1, 2, size=(11, 3.4))
    picture.set_layout_engine(None)
    picture.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.86, wspace=0.04)
    _shapes(left, rows, cols, dim)
    _devices(right)
    gone = "columns" if dim == 1 else "rows"
    return alt(picture, (
        f"Left: a table x of shape ({rows}, {cols}) and x.sum(dim={dim}), in which the {gone} are summed away. "
        "Right: tensors in the CPU's memory and in the GPU's. Two of one memory can be added, two of different ones can't."
    ))  # fmt: skip


def _shapes(ax: Axes, rows: int, cols: int, dim: int) -> None:
    values = [[row + col for col in range(cols)] for row in range(rows)]
    sums = [sum(one) for one in values] if dim == 1 else [sum(one) for one in zip(*values, strict=True)]
    for row in range(rows):
        for col in range(cols):
            _cell(ax, col, row, values[row][col], PALETTE[(row if dim == 1 else col) % len(PALETTE)])
    for place, value in enumerate(sums):
        across, down = (MOST_COLS + 1.2, place) if dim == 1 else (place, MOST_ROWS + 0.6)
        _cell(ax, across, down, value, PALETTE[place % len(PALETTE)], strong=True)
    ax.set(xlim=(-0.3, MOST_COLS + 2.6), ylim=(MOST_ROWS + 1.8, -0.2))
    ax.axis("off")
    ax.set_title(f"x has shape ({rows}, {cols});   x.sum(dim={dim}) has shape ({len(sums)},)", loc="left")


def _cell(ax: Axes, col: float, row: float, value: int, colour: str, *, strong: bool = False) -> None:
    ax.add_patch(Rectangle((col, row), 0.92, 0.92, facecolor=colour, alpha=0.5 if strong else 0.25))
    ax.text(col + 0.46, row + 0.46, str(value), ha="center", va="center", fontsize=11)


def _devices(ax: Axes) -> None:
    for left, name, colour in ((0.0, "the CPU's memory", BLUE), (6.2, "the GPU's memory", ORANGE)):
        ax.add_patch(Rectangle((left, 0.4), 3.8, 5.2, fill=False, edgecolor=colour, linewidth=2))
        ax.text(left + 1.9, 0.95, name, ha="center", va="center")
    _tensor(ax, 0.6, 1.5, "x", BLUE)
    _tensor(ax, 0.6, 4.0, "torch.ones(3)", BLUE)
    _tensor(ax, 6.8, 1.5, 'x = x.to("cuda")', ORANGE)
    _tensor(ax, 6.8, 4.0, "x.new_ones(3)", ORANGE)
    _arrow(ax, (3.3, 2.05), (6.7, 2.05), "#444444", "->")
    _arrow(ax, (8.1, 2.7), (8.1, 3.9), GREEN, "<->")
    ax.text(7.95, 3.3, "✓ can meet", ha="right", va="center", color=GREEN)
    _arrow(ax, (3.3, 4.3), (6.7, 2.6), RED, "<->")
    ax.text(5.0, 4.3, "✗ an error", ha="center", va="center", color=RED)
    ax.set(xlim=(-0.2, 10.2), ylim=(6, 0))
    ax.axis("off")
    ax.set_title("each tensor lives on one device", loc="left")


def _tensor(ax: Axes, left: float, top: float, words: str, colour: str) -> None:
    ax.add_patch(Rectangle((left, top), 2.6, 1.1, facecolor=colour, alpha=0.25))
    ax.text(left + 1.3, top + 0.55, words, ha="center", va="center", fontsize=10)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, style: str) -> None:
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle=style, mutation_scale=14, color=colour))
