"""The picture of the first notebook: what a sum does to a shape, and where tensors live."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from coursekit.plots import PALETTE, alt
from coursekit.stage import Kept, Stage
from coursekit.widgets import Explorer, explore

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
MOST_ROWS, MOST_COLS = 5, 6


def shapes_and_devices() -> Explorer:
    """Return the picture with a slider for each length and a menu for the dimension that goes."""
    return explore(draw, rows=(1, MOST_ROWS), cols=(1, MOST_COLS), dim=[0, 1])


def draw(rows: int = 3, cols: int = 4, dim: int = 1, kept: Kept | None = None) -> Figure:
    """Return a table of numbers beside its sums along `dim`, and two memories with tensors in them."""
    stage: _TableStage = (kept or Kept()).of((), _TableStage)
    stage.move(rows, cols, dim)
    gone = "columns" if dim == 1 else "rows"
    return alt(
        stage,
        (
            f"Left: a table x of shape ({rows}, {cols}) and x.sum(dim={dim}), in which the {gone} are summed away. "
            "Right: tensors in the CPU's memory and in the GPU's. Two of one memory can be added, two of "
            "different ones can't."
        ),
    )


class _TableStage(Stage):
    """The two memories, which stand still, and a table with its sums whose cells come and go."""

    def __init__(self) -> None:
        super().__init__((11, 3.4))
        left, right = self.subplots(1, 2)
        self.set_layout_engine(None)
        self.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.86, wspace=0.04)
        left.set(xlim=(-0.3, MOST_COLS + 2.6), ylim=(MOST_ROWS + 1.8, -0.2))
        left.axis("off")
        self._title = self.moving(left.set_title(" ", loc="left"))
        self._cells = [_Cell(self, left) for _ in range(MOST_ROWS * MOST_COLS + max(MOST_ROWS, MOST_COLS))]
        _devices(right)

    def move(self, rows: int, cols: int, dim: int) -> None:
        """Show a table of a shape, and its sums along a dimension."""
        table = [_Number(col, row, row + col, row if dim == 1 else col) for row in range(rows) for col in range(cols)]
        groups = range(rows if dim == 1 else cols)
        sums = [sum(one.value for one in table if one.group == group) for group in groups]
        for group, value in enumerate(sums):
            across, down = (MOST_COLS + 1.2, group) if dim == 1 else (group, MOST_ROWS + 0.6)
            table.append(_Number(across, down, value, group, is_sum=True))
        for cell, number in zip_longest(self._cells, table):
            cell.show(number)
        self._title.set_text(f"x has shape ({rows}, {cols});   x.sum(dim={dim}) has shape ({len(sums)},)")


@dataclass(frozen=True)
class _Number:
    """A number at its place, in the colour of those that it is summed with."""

    across: float
    down: float
    value: int
    group: int
    is_sum: bool = False


class _Cell:
    """A square with a number in it."""

    def __init__(self, stage: Stage, ax: Axes) -> None:
        self._square, self._words = (
            Rectangle((0, 0), 0.92, 0.92),
            ax.text(0, 0, "", ha="center", va="center", fontsize=11),
        )
        ax.add_patch(self._square)
        for artist in (self._square, self._words):
            stage.moving(artist)

    def show(self, number: _Number | None) -> None:
        """Show a number, or nothing."""
        for artist in (self._square, self._words):
            artist.set_visible(number is not None)
        if number is not None:
            self._square.set(xy=(number.across, number.down), alpha=0.5 if number.is_sum else 0.25)
            self._square.set_facecolor(PALETTE[number.group % len(PALETTE)])
            self._words.set(x=number.across + 0.46, y=number.down + 0.46, text=str(number.value))


def _devices(ax: Axes) -> None:
    for left, name, colour in ((0.0, "the CPU's memory", BLUE), (6.2, "the GPU's memory", ORANGE)):
        ax.add_patch(Rectangle((left, 0.4), 3.8, 5.2, fill=False, edgecolor=colour, linewidth=2))
        ax.text(left + 1.9, 0.95, name, ha="center", va="center")
    _tensor(ax, 0.6, 1.5, "x", BLUE)
    _tensor(ax, 0.6, 4.0, "torch.ones(3)", BLUE)
    _tensor(ax, 6.8, 1.5, 'x = x.to("cuda")', ORANGE)
    _tensor(ax, 6.8, 4.0, "x.new_ones(3)", ORANGE)
    _arrow(ax, (3.3, 2.05), (6.7, 2.05), "#444444", "->")
    _arrow(ax, (7.6, 2.7), (7.6, 3.9), GREEN, "<->")
    ax.text(7.75, 3.3, "✓ can meet", ha="left", va="center", color=GREEN)
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
