"""Pictures of the layers notebook: a layer as a node, gradients by shapes, two losses and their slopes."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from coursekit.plots import Picture, alt, colour, figure
from coursekit.stage import Kept, Stage

FORWARD, BACKWARD, GREEN = colour(0), colour(3), colour(2)
NAMES = ("cat (true)", "dog", "lorry")


def layer_node() -> Figure:
    """Return the affine layer as a node, with values running forward and gradients running back."""
    picture, ax = figure(size=(8, 3.2))
    _blank(ax, (0, 8), (0, 3.2))
    ax.add_patch(FancyBboxPatch((3.1, 0.5), 1.8, 2.2, boxstyle="round,pad=0.1", fc="#f2f2f2", ec="black", lw=1.5))
    ax.text(4, 1.75, "affine", ha="center", fontsize=15)
    ax.text(4, 1.3, "keeps its cache", ha="center", fontsize=10, color="#555555")
    for height, name, shape in ((2.45, "x", "(N, D)"), (1.6, "weights", "(D, M)"), (0.75, "bias", "(M,)")):
        _pair(ax, 1.3, 2.9, height)
        ax.text(1.2, height + 0.08, f"{name} {shape}", ha="right", va="bottom", color=FORWARD)
        ax.text(1.2, height - 0.08, f"grad_{name}", ha="right", va="top", color=BACKWARD)
    _pair(ax, 5.1, 6.6, 1.6)
    ax.text(6.7, 1.68, "out (N, M)", va="bottom", color=FORWARD)
    ax.text(6.7, 1.52, "grad_out", va="top", color=BACKWARD)
    return alt(
        picture,
        "A box named affine. Blue arrows bring x, weights and bias in and carry out away; beside each runs an "
        "orange arrow the other way, with its gradient.",
    )


def flattening() -> Figure:
    """Return a digit as an 8 × 8 image and as a row of 64 numbers."""
    from coursekit.data import digits

    image = digits().x_train[3].reshape(8, 8)
    picture = Picture(figsize=(9, 2.6), dpi=72, layout="constrained")
    left, right = picture.subplots(1, 2, width_ratios=(1, 4))
    left.imshow(image, vmin=0, vmax=1)
    left.set_title("(1, 8, 8)")
    right.imshow(image.reshape(1, 64), vmin=0, vmax=1, aspect=3)
    right.set_title("D = 64 numbers: row after row, left to right")
    # The palette's black (6) would not show on the dark pixels.
    for row, index in enumerate((0, 1, 2, 3, 4, 5, 7, 0)):
        left.add_patch(Rectangle((-0.5, row - 0.5), 8, 1, fill=False, ec=colour(index), lw=2))
        right.add_patch(Rectangle((row * 8 - 0.5, -0.5), 8, 1, fill=False, ec=colour(index), lw=3))
    for ax in (left, right):
        ax.set(xticks=[], yticks=[])
    return alt(picture, "A digit of eight rows of pixels; the rows, each in its own colour, stand one after the other.")


def shape_products(num: int = 5, dim: int = 3, num_out: int = 2) -> Figure:
    """Return the three products of an affine layer as blocks drawn to scale."""
    picture, axes = figure(3, 1, size=(9, 6))
    sizes = {"N": num, "D": dim, "M": num_out}
    rows = (
        (("out", "N", "M", FORWARD), ("x", "N", "D", FORWARD), ("weights", "D", "M", FORWARD)),
        (("grad_weights", "D", "M", BACKWARD), ("xᵀ", "D", "N", FORWARD), ("grad_out", "N", "M", BACKWARD)),
        (("grad_x", "N", "D", BACKWARD), ("grad_out", "N", "M", BACKWARD), ("weightsᵀ", "M", "D", FORWARD)),
    )
    for ax, blocks in zip(axes, rows, strict=True):
        _product(ax, blocks, sizes)
    return alt(
        picture,
        "Three products as blocks: out is x times weights; grad_weights is x turned times grad_out, summed over N; "
        "grad_x is grad_out times weights turned, summed over M.",
    )


def two_slopes() -> Figure:
    """Return both losses, and both slopes, against the true class's lead over a single rival."""
    import torch
    import torch.nn.functional as F

    lead = torch.linspace(-4, 4, 401)
    losses = {"softmax": F.softplus(-lead), "SVM, margin 1": F.relu(1 - lead)}
    slopes = {"softmax": -torch.sigmoid(-lead), "SVM, margin 1": -(lead < 1).float()}
    picture, axes = figure(1, 2, size=(9, 3.4))
    for ax, lines, title in zip(axes, (losses, slopes), ("loss", "slope of the loss"), strict=True):
        for index, (name, heights) in enumerate(lines.items()):
            ax.plot(lead, heights, color=colour((0, 3)[index]), ls=("-", "--")[index], label=name)
        ax.axvline(1, color="#8A8A8A", lw=1, ls=":")
        ax.set(xlabel="lead of the true class over its only rival", title=title)
        ax.legend()
    return alt(
        picture,
        "Left, the two losses fall as the lead grows; the SVM loss is zero from a lead of 1. Right, its slope jumps "
        "from -1 to 0 there, while the slope of the softmax loss fades smoothly.",
    )


def push_and_pull(cat: float = 1.5, dog: float = 0.9, lorry: float = -1.5, kept: Kept | None = None) -> Figure:
    """Return the three scores of an image with the step that each loss would make them take.

    The gradients come from autograd, so that the exercise is not given away.

    Args:
        cat, dog, lorry: the scores; the cat is the true class.
        kept: holds the axes from one picture to the next.
    """
    import torch
    import torch.nn.functional as F

    scores = torch.tensor([[cat, dog, lorry]], requires_grad=True)
    truth = torch.tensor([0])
    losses = {
        "softmax": F.cross_entropy(scores, truth),
        "SVM, margin 1": 3 * F.multi_margin_loss(scores, truth),
    }
    stage: _PullStage = (kept or Kept()).of((), _PullStage)
    for panel, (name, loss) in zip(stage.panels, losses.items(), strict=True):
        step = -torch.autograd.grad(loss, scores)[0][0]
        panel.move(f"{name}: loss {loss.item():.2f}", [cat, dog, lorry], step.tolist())
    return alt(
        stage,
        "Scores of cat, dog and lorry as bars, once for each loss, with arrows for the step of gradient descent: the "
        "cat is pulled up and the dog pushed down; the lorry is pushed a little by softmax and not at all by the SVM.",
    )


class _PullStage(Stage):
    """Two panels of bars and arrows, one for each loss."""

    def __init__(self) -> None:
        super().__init__((9, 3.8))
        self.panels = [_Pulls(self, ax) for ax in self.subplots(1, 2)]


class _Pulls:
    """The scores as bars, with an arrow and a number for the step of each."""

    def __init__(self, stage: Stage, ax: Axes) -> None:
        bars = ax.bar(range(3), [0, 0, 0], color=[GREEN, colour(0), colour(1)], alpha=0.45, width=0.6)
        self._bars = [stage.moving(one) for one in bars]
        stage.moving(ax.axhline(0, color="black", lw=1))
        style: Any = {"arrowstyle": "-|>", "color": BACKWARD, "lw": 3, "mutation_scale": 18, "shrinkA": 2, "shrinkB": 2}
        self._arrows = [stage.moving(FancyArrowPatch((place, 0), (place, 1), zorder=3, **style)) for place in range(3)]
        for arrow in self._arrows:
            ax.add_patch(arrow)
        self._words = [stage.moving(ax.text(place + 0.34, 0, "", va="center", color=BACKWARD)) for place in range(3)]
        self._title = stage.moving(ax.set_title(" "))
        ax.set(xticks=range(3), xticklabels=NAMES, ylim=(-6.5, 9.5), xlim=(-0.5, 2.8), ylabel="score")

    def move(self, title: str, scores: list[float], steps: list[float]) -> None:
        """Draw the scores, and the step that gradient descent would make each of them take."""
        self._title.set_text(title)
        for place, (score, step) in enumerate(zip(scores, steps, strict=True)):
            is_seen = abs(step) > 0.005
            self._bars[place].set_height(score)
            # Half as long again as the step, to be seen beside bars of several units.
            self._arrows[place].set_positions((place, score), (place, score + 1.5 * step))
            self._arrows[place].set_visible(is_seen)
            self._words[place].set(y=score, text=f"{step:+.2f}" if is_seen else "0")


def _product(ax: Axes, blocks: tuple[tuple[str, str, str, str], ...], sizes: dict[str, int]) -> None:
    tallest = max(sizes.values())
    _blank(ax, (-2.5, 33), (-1.2, tallest + 1.2))
    ax.set_aspect("equal")
    for start, (name, down, across, tint), sign in zip((0, 8, 17), blocks, ("=", "@", ""), strict=True):
        height, width = sizes[down], sizes[across]
        bottom = (tallest - height) / 2
        ax.add_patch(Rectangle((start, bottom), width, height, fc=tint, alpha=0.25, ec=tint, lw=2))
        ax.text(start + width / 2, bottom + height + 0.2, name, ha="center", va="bottom", color=tint)
        ax.text(start - 0.2, tallest / 2, down, ha="right", va="center")
        ax.text(start + width / 2, bottom - 0.2, across, ha="center", va="top")
        ax.text(start + (7 if sign == "=" else 8) - 0.8, tallest / 2, sign, ha="center", va="center", fontsize=16)
    shared = blocks[1][2]
    words = {"D": "over the inputs", "N": "over the batch", "M": "over the outputs"}[shared]
    ax.text(23.5, tallest / 2, f"sums {words} ({shared})", ha="left", va="center", fontsize=11, color="#555555")


def _pair(ax: Axes, left: float, right: float, height: float) -> None:
    for shift, tint, ends in ((0.1, FORWARD, (left, right)), (-0.1, BACKWARD, (right, left))):
        start, end = ((one, height + shift) for one in ends)
        ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=16, color=tint, lw=2))


def _blank(ax: Axes, across: tuple[float, float], up: tuple[float, float]) -> None:
    ax.set(xlim=across, ylim=up)
    ax.axis("off")
