"""Pictures and the widget of the notebook on linear classifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from coursekit.data import blobs
from coursekit.plots import PALETTE, alt, colour, decision_regions, figure, scatter_classes
from coursekit.stage import Kept, Stage

BLUE, ORANGE = PALETTE[0], PALETTE[3]
EDGE = 4.3
PAYS = 0.02  # a point that pays more gets a ring
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])


def scores_by_hand(
    pixels: torch.Tensor, templates: torch.Tensor, bias: torch.Tensor, class_names: Sequence[str]
) -> Figure:
    """Return a 2 × 2 image beside its templates, each with the score it gives.

    Args:
        pixels: (4,) in [0, 1].
        templates: (C, 4).
        bias: (C,).
        class_names: C names.
    """
    picture, axes = figure(1, 1 + len(templates), size=(2.2 * (1 + len(templates)), 2.6))
    _numbers(axes[0], pixels.reshape(2, 2), cmap="gray", low=0, high=1)
    axes[0].set_title("the image")
    for ax, template, b, name in zip(axes[1:], templates, bias, class_names, strict=True):
        _numbers(ax, template.reshape(2, 2), cmap=SIGNED, low=-2, high=2)
        score = float(pixels @ template + b)
        ax.set_title(f"{name}: bias {b:g}\nscore {score:.1f}")
    return alt(picture, "A 2 by 2 image, bright on the right, and three templates; 'right' has the largest score.")


def score_lines(x: torch.Tensor, y: torch.Tensor) -> Figure:
    """Return the regions of a trained classifier in the plane with each class's line of score 0.

    Args:
        x: (N, 2) points.
        y: (N,) int64 labels.
    """
    weights = _train_in_the_plane(x, y, "softmax", 1.0, 0.01)
    picture, ax = figure(size=(5.5, 4.5))
    decision_regions(lambda places: (_with_ones(places) @ weights).argmax(dim=1), x, y, ax=ax)
    limits = ax.get_xlim(), ax.get_ylim()
    for label in range(weights.shape[1]):
        _zero_line(ax, weights[:, label], colour(label))
    ax.set(xlim=limits[0], ylim=limits[1])
    return alt(picture, "Three regions with straight borders; each class's dashed line of score 0 and its arrow.")


def hinge() -> Figure:
    """Return what one wrong class costs the SVM, against the lead of the true class over it."""
    lead = np.linspace(-3, 4, 200)
    picture, ax = figure(size=(5.5, 3.2))
    ax.plot(lead, np.maximum(0, 1 - lead), color=PALETTE[0])
    ax.axvline(1, color="grey", linestyle=":", linewidth=1)
    ax.annotate("the true class leads by 1:\nnothing more to pay", (1, 0), (1.5, 1.6), arrowprops={"arrowstyle": "->"})
    ax.set(xlabel="lead of the true class, $s_y - s_j$", ylabel="cost of class $j$")
    return alt(picture, "The cost falls in a straight line as the lead grows, and is 0 from a lead of 1 on.")


def loss_along_one_weight() -> Figure:
    """Return the hinges of four images, and their mean, as a single weight moves."""
    w = np.linspace(-3, 3, 400)
    slopes, offsets = np.array([1.5, -1.0, 0.5, -2.0]), np.array([1.0, 1.5, 0.2, 0.4])
    hinges = np.maximum(0, slopes[:, None] * w + offsets[:, None])
    picture, ax = figure(size=(5.5, 3.2))
    for one in hinges:
        ax.plot(w, one, color="grey", linewidth=1)
    ax.plot(w, hinges.mean(axis=0), color=PALETTE[0], linewidth=3, label="their mean: the loss")
    ax.plot([], [], color="grey", linewidth=1, label="one image each")
    ax.set(xlabel="one weight", ylabel="loss", ylim=(0, 5))
    ax.legend(loc="upper center")
    return alt(picture, "Four grey hinges and their mean, a convex bowl of straight pieces.")


def probabilities_by_hand(scores: torch.Tensor, class_names: Sequence[str]) -> Figure:
    """Return scores, exponentials and probabilities of the first row as three bar charts.

    Args:
        scores: (N, C); the first row is drawn.
        class_names: C names.
    """
    exponentials = scores[0].exp()
    steps = {"scores": scores[0], "exponentials": exponentials, "probabilities": exponentials / exponentials.sum()}
    picture, axes = figure(1, 3, size=(9, 2.8))
    for ax, (title, heights) in zip(axes, steps.items(), strict=True):
        bars = ax.bar(class_names, heights.numpy(), color=[colour(i) for i in range(len(heights))])
        ax.bar_label(bars, [f"{value:.3g}" for value in heights.tolist()], padding=2)
        ax.axhline(0, color="black", linewidth=0.8)
        ax.margins(y=0.2)
        ax.set_title(title)
    return alt(picture, "Scores of 2, 1.5 and -1 become exponentials, all positive, and then shares that sum to 1.")


def svm_plane(margin: float = 1.0, log10_of_reg: float = -2.0, kept: Kept | None = None) -> Figure:
    """Return an SVM of three classes in the plane, and what each point pays for its lead.

    Args:
        margin: the lead that the loss asks for.
        log10_of_reg: the penalty's strength, as a power of ten.
        kept: holds the points and the axes from one picture to the next.
    """
    return _plane("svm", margin, _trained("svm", margin, log10_of_reg), kept)


def softmax_plane(temperature: float = 1.0, log10_of_reg: float = -2.0, kept: Kept | None = None) -> Figure:
    """Return a softmax classifier of three classes in the plane, and what each point pays for its lead.

    Args:
        temperature: the trained scores are divided by it.
        log10_of_reg: the penalty's strength, as a power of ten.
        kept: holds the points and the axes from one picture to the next.
    """
    return _plane("softmax", temperature, _trained("softmax", 1.0, log10_of_reg), kept)


def accuracy_table(table: torch.Tensor, rates: Sequence[float], strengths: Sequence[float]) -> Figure:
    """Return validation accuracies as a grid.

    Args:
        table: (R, S) accuracies in [0, 1].
        rates: R learning rates.
        strengths: S strengths of regularisation.
    """
    picture, ax = figure(size=(5.5, 3.5))
    ax.imshow(table.numpy(), cmap="Blues", vmin=0, vmax=1.3)
    for (i, j), value in np.ndenumerate(table.numpy()):
        ax.text(j, i, f"{value:.0%}", ha="center", va="center", color="white" if value > 0.8 else "black")
    ax.set_xticks(range(len(strengths)), [f"{value:g}" for value in strengths])
    ax.set_yticks(range(len(rates)), [f"{value:g}" for value in rates])
    ax.set(xlabel="regularisation", ylabel="learning rate", title="accuracy on validation images")
    return alt(picture, "Accuracy is low for the smallest rate and the strongest penalty, and high on a plain between.")


def templates(weights: torch.Tensor, image_shape: tuple[int, int, int], class_names: Sequence[str]) -> Figure:
    """Return each column of the weights as an image: blue speaks for the class, orange against it.

    Args:
        weights: (D, C), without the row of biases.
        image_shape: (channels, H, W); several channels are summed.
        class_names: C names.
    """
    picture, axes = figure(2, -(-weights.shape[1] // 2), size=(7.5, 3.4))
    _draw_templates(axes.ravel(), weights, image_shape, class_names)
    return alt(picture, "Ten templates; that of 0 is a blue ring with an orange centre.")


def templates_by_strength(
    weights: Mapping[float, torch.Tensor], image_shape: tuple[int, int, int], class_names: Sequence[str]
) -> Figure:
    """Return the templates for several strengths of regularisation, a strength a row.

    Args:
        weights: from the strength to the weights (D, C), without the row of biases.
        image_shape: (channels, H, W).
        class_names: C names.
    """
    picture, axes = figure(len(weights), len(class_names), size=(8.5, 1.15 * len(weights)))
    for row, (strength, columns) in zip(np.atleast_2d(axes), weights.items(), strict=True):
        _draw_templates(row, columns, image_shape, class_names)
        row[0].text(-0.3, 0.5, f"{strength:g}", transform=row[0].transAxes, ha="right", va="center")
    return alt(
        picture,
        "Templates of ten digits for three strengths; strong regularisation spreads the weights over whole strokes.",
    )


def _numbers(ax: Axes, values: torch.Tensor, cmap: str | LinearSegmentedColormap, low: float, high: float) -> None:
    ax.imshow(values.numpy(), cmap=cmap, vmin=low, vmax=high)
    for (i, j), value in np.ndenumerate(values.numpy()):
        dark = cmap == "gray" and value < 0.5
        ax.text(j, i, f"{value:g}", ha="center", va="center", color="white" if dark else "black", fontsize=13)
    ax.set_xticks([])
    ax.set_yticks([])


def _zero_line(ax: Axes, column: torch.Tensor, line_colour: str) -> None:
    """Draw where w · x + b = 0, and the template as an arrow at right angles to it."""
    normal, b = column[:2], column[2]
    foot = -b * normal / (normal @ normal)
    along = torch.stack([-normal[1], normal[0]]) / normal.norm()
    ends = torch.stack([foot - 10 * along, foot + 10 * along])
    ax.plot(*ends.T.numpy(), color=line_colour, linestyle="--", linewidth=1.5)
    (tail_x, tail_y), (tip_x, tip_y) = foot.tolist(), (foot + 0.8 * normal / normal.norm()).tolist()
    ax.annotate("", (tip_x, tip_y), (tail_x, tail_y), arrowprops={"arrowstyle": "-|>", "color": line_colour, "lw": 2})


def _draw_templates(
    axes: np.ndarray, weights: torch.Tensor, image_shape: tuple[int, int, int], class_names: Sequence[str]
) -> None:
    largest = float(weights.abs().max())
    for ax, column, name in zip(axes, weights.T, class_names, strict=True):
        ax.imshow(column.reshape(image_shape).sum(dim=0).numpy(), cmap=SIGNED, vmin=-largest, vmax=largest)
        ax.set_title(name, pad=2)
        ax.axis("off")


def _plane(loss: str, width: float, weights: torch.Tensor, kept: Kept | None) -> Figure:
    """Return a classifier's picture, on the stage of the one before."""
    x, y = _points()
    scores = _with_ones(x) @ weights
    paid = _losses(scores, y, loss, width)
    stage: _PlaneStage = (kept or Kept()).of((), _PlaneStage)
    stage.move(_regions(weights, loss, width), _lead(scores, y), paid, _for_two_classes(loss, width))
    right = f"{float((scores.argmax(dim=1) == y).double().mean()):.0%} right"
    mean = f"mean loss {float(paid.mean()):.3f}"
    stage.say(f"{right}, size of the weights {float(weights.norm()):.2f}", mean)
    pay = f"{int((paid > PAYS).sum())} of {len(y)} points have a ring, as they pay more than {PAYS}"
    return alt(
        stage, f"Left, three regions with points, {right}; {pay}. Right, what each point pays against its lead, {mean}."
    )


class _PlaneStage(Stage):
    """Three classes in the plane, on which the regions move, and beside it what each point pays."""

    def __init__(self) -> None:
        super().__init__((9, 3.8))
        self._x, self._y = _points()
        left, right = self.subplots(1, 2)
        nothing, sides = np.ones((1, 1, 3)), (-EDGE, EDGE, -EDGE, EDGE)
        self._regions = self.moving(left.imshow(nothing, origin="lower", extent=sides, interpolation="bilinear"))
        self._rings = self.moving(left.scatter([], [], s=110, facecolor="none", edgecolor="black", linewidth=1.2))
        scatter_classes(self._x, self._y, ax=left)
        for marks in left.collections[1:]:
            self.moving(marks)
        scatter_classes(torch.zeros_like(self._x), self._y, ax=right)
        self._payments = [self.moving(marks) for marks in right.collections]
        self._curve = self.moving(right.plot([], [], color="grey", linewidth=1)[0])
        self.moving(right.axvline(0, color="black", linestyle=":", linewidth=1))
        right.set(
            xlim=(-3, 7),
            ylim=(-0.2, 5),
            xlabel="lead of the true class over the best other",
            ylabel="what the point pays",
        )
        self._titles = [self.moving(ax.set_title(" ")) for ax in (left, right)]

    def move(
        self, regions: np.ndarray, lead: torch.Tensor, paid: torch.Tensor, curve: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """Draw the regions, rings around the points that pay, and each point at its lead and its payment."""
        self._regions.set_data(regions)
        self._rings.set_offsets(self._x[paid > PAYS].numpy())
        for label, marks in enumerate(self._payments):
            marks.set_offsets(torch.stack([lead, paid], dim=1)[self._y == label].numpy())
        self._curve.set_data(*curve)

    def say(self, left: str, right: str) -> None:
        """Write the two titles."""
        for title, words in zip(self._titles, (left, right), strict=True):
            title.set_text(words)


def _regions(weights: torch.Tensor, loss: str, width: float) -> np.ndarray:
    """Return the plane's places in the colour of the class that wins them, paler where it is unsure, (60, 60, 3)."""
    side = torch.linspace(-EDGE, EDGE, 60)
    scores = _with_ones(torch.cartesian_prod(side, side)) @ weights
    shades = _certainty(scores, loss, width)[:, None]
    colours = torch.tensor([[int(colour(k)[i : i + 2], 16) / 255 for i in (1, 3, 5)] for k in range(3)])
    blend = 1 - 0.5 * shades * (1 - colours[scores.argmax(dim=1)])
    return blend.reshape(60, 60, 3).transpose(0, 1).numpy()


def _for_two_classes(loss: str, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Return leads, and what a point with only one other class pays for each."""
    lead = np.linspace(-3, 7, 200)
    return lead, np.maximum(0, width - lead) if loss == "svm" else np.log1p(np.exp(-lead / width))


def _certainty(scores: torch.Tensor, loss: str, width: float) -> torch.Tensor:
    """Return how sure the classifier is, in [0, 1]: for the SVM, whether the lead reaches the margin."""
    if loss == "softmax":
        return (scores / width).softmax(dim=1).max(dim=1).values
    best = scores.topk(2, dim=1).values
    return torch.where(best[:, 0] - best[:, 1] >= width, 1.0, 0.35)


def _lead(scores: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    others = scores.scatter(1, y[:, None], -torch.inf).max(dim=1).values
    return scores.gather(1, y[:, None])[:, 0] - others


def _losses(scores: torch.Tensor, y: torch.Tensor, loss: str, width: float) -> torch.Tensor:
    if loss == "softmax":
        return torch.nn.functional.cross_entropy(scores / width, y, reduction="none")
    margins = (scores - scores.gather(1, y[:, None]) + width).clamp(min=0)
    return margins.scatter(1, y[:, None], 0.0).sum(dim=1)


@lru_cache(maxsize=256)
def _trained(loss: str, width: float, log10_of_reg: float) -> torch.Tensor:
    return _train_in_the_plane(*_points(), loss, width, 10**log10_of_reg)


def _points() -> tuple[torch.Tensor, torch.Tensor]:
    return blobs(num_per_class=15, spread=0.75, seed=3)


def _train_in_the_plane(x: torch.Tensor, y: torch.Tensor, loss: str, width: float, reg: float) -> torch.Tensor:
    """Return weights (3, C) after full-batch descent with momentum; in numpy, which is quick with few numbers."""
    rows, truth = _with_ones(x).double().numpy(), np.eye(int(y.max()) + 1)[y.numpy()]
    weights = np.zeros((rows.shape[1], truth.shape[1]))
    velocity = np.zeros_like(weights)
    for step in range(200):
        pulls = _pulls(rows @ weights, truth, loss, width) / len(rows)
        velocity = 0.9 * velocity + rows.T @ pulls + 2 * reg * weights
        weights -= (0.05 if step < 150 else 0.005) * velocity
    return torch.from_numpy(weights).float()


def _pulls(scores: np.ndarray, truth: np.ndarray, loss: str, width: float) -> np.ndarray:
    """Return each point's gradient by its scores."""
    if loss == "softmax":
        shares = np.exp((scores - scores.max(axis=1, keepdims=True)) / width)
        return (shares / shares.sum(axis=1, keepdims=True) - truth) / width
    lead = (scores * truth).sum(axis=1, keepdims=True)
    wrong = (scores - lead + width > 0) * (1 - truth)
    return wrong - truth * wrong.sum(axis=1, keepdims=True)


def _with_ones(x: torch.Tensor) -> torch.Tensor:
    return torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
