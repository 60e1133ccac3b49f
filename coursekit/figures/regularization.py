"""Pictures and the widget of the notebook on regularisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from coursekit.plots import PALETTE, alt, figure
from coursekit.stage import Kept, Stage

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
# The loss of the plane: a tilted bowl about BEST.
BEST = np.array([1.6, 0.5])
HESSIAN = np.array([[1.0, 0.35], [0.35, 0.8]])


def penalties() -> Figure:
    """Return the two penalties of one weight, and the pull of each towards zero."""
    w = np.linspace(-2, 2, 401)
    lines = {"L1: $|w|$": (np.abs(w), np.sign(w)), "L2: $w^2$": (w**2, 2 * w)}
    picture, axes = figure(1, 2, size=(9, 3.2))
    for (name, (heights, slopes)), line, style in zip(lines.items(), (BLUE, ORANGE), ("-", "--"), strict=True):
        axes[0].plot(w, heights, style, color=line, label=name)
        axes[1].plot(w, slopes, style, color=line, label=name)
    axes[0].set(xlabel="weight $w$", title="penalty")
    axes[1].set(xlabel="weight $w$", title="its slope")
    axes[0].legend()
    return alt(picture, "L1 is a V whose slope is always ±1; L2 is a parabola whose slope 2w dies out towards zero.")


def shrinking(rate: float = 0.05, steps: int = 60) -> Figure:
    """Return three weights under descent on a penalty alone.

    Args:
        rate: step size times strength.
        steps: how many steps to draw.
    """
    picture, axes = figure(1, 2, size=(9, 3.2))
    for start, line in zip((2.0, 1.0, 0.5), (BLUE, ORANGE, GREEN), strict=True):
        time = np.arange(steps)
        axes[0].plot(time, np.maximum(0, start - rate * time), color=line)
        axes[1].plot(time, start * (1 - 2 * rate) ** time, color=line)
    for ax, name in zip(axes, ("L1: the same amount at each step", "L2: the same share at each step"), strict=True):
        ax.set(title=name, xlabel="step", ylabel="weight", ylim=(-0.1, 2.1))
        ax.axhline(0, color="grey", linewidth=0.8)
    return alt(
        picture,
        "Under L1 three weights fall along parallel lines and reach zero; under L2 they decay and never reach it.",
    )


def geometry(kind: str = "L1", strength: float = 0.6, kept: Kept | None = None) -> Figure:
    """Return the contours of a loss of two weights, and where loss and penalty together are smallest.

    Args:
        kind: "L1", "L2" or "elastic net" (half of each).
        strength: of the penalty.
        kept: holds the contours and the axes from one picture to the next.
    """
    l1, l2 = {"L1": (1.0, 0.0), "L2": (0.0, 1.0), "elastic net": (0.5, 0.5)}[kind]
    answer = _smallest(l1 * strength, l2 * strength)
    stage: _BowlStage = (kept or Kept()).of((), _BowlStage)
    stage.move(f"{kind}, strength {strength:g}", l1, l2, answer)
    exact = " It lies exactly on the axis." if answer[1] == 0 else ""
    return alt(stage, f"{kind} with strength {strength:g}: the answer is ({answer[0]:.2f}, {answer[1]:.2f}).{exact}")


def weight_maps(weights: Mapping[str, torch.Tensor], label: int = 3) -> Figure:
    """Return the weights of one class as 8 × 8 images, a row of numbers below each.

    Args:
        weights: from a name to weights (64, C).
        label: which class.
    """
    picture, axes = figure(1, len(weights), size=(3.1 * len(weights), 3.2))
    for ax, (name, table) in zip(np.atleast_1d(axes), weights.items(), strict=True):
        image = table[:, label].reshape(8, 8).detach().numpy()
        limit = float(np.abs(image).max())
        ax.imshow(image, cmap="RdBu", vmin=-limit, vmax=limit)
        ax.set(xticks=[], yticks=[], title=f"{name}\nlargest {limit:.2f}")
    return alt(
        picture,
        "Weights as images: without a penalty noisy, with L2 smaller and smoother, with L1 nearly all of them white.",
    )


def accuracies(strengths: Sequence[float], train: Sequence[float], validation: Sequence[float]) -> Figure:
    """Return accuracy against the strength of a penalty.

    Args:
        strengths: positive, the horizontal axis, logarithmic.
        train, validation: accuracies in [0, 1].
    """
    picture, ax = figure(size=(6, 3.3))
    ax.semilogx(strengths, train, "o--", color=ORANGE, label="training images")
    ax.semilogx(strengths, validation, "s-", color=BLUE, label="validation images")
    ax.set(xlabel="strength of the L2 penalty", ylabel="accuracy")
    ax.legend()
    return alt(picture, "Training accuracy falls as the penalty grows; validation accuracy rises first and then falls.")


def stopping(train: Sequence[float], validation: Sequence[float], best_epoch: int) -> Figure:
    """Return two losses over the epochs with the best epoch marked.

    Args:
        train, validation: a loss for each epoch.
        best_epoch: where the validation loss is smallest.
    """
    picture, ax = figure(size=(6.5, 3.5))
    ax.plot(train, "--", color=ORANGE, label="training loss")
    ax.plot(validation, color=BLUE, label="validation loss")
    ax.plot(best_epoch, validation[best_epoch], "o", color=RED, markersize=9, label=f"best: epoch {best_epoch}")
    ax.axvline(len(validation) - 1, color="grey", linestyle=":", label="patience is over")
    ax.set(xlabel="epoch", ylabel="loss", ylim=(0.2, 1.05))
    ax.legend(fontsize=10)
    return alt(
        picture, "The training loss keeps falling; the validation loss falls, turns at the best epoch, and rises."
    )


class _BowlStage(Stage):
    """The contours of the loss, on which a penalty's patch, the contour that it touches and the answers move."""

    def __init__(self) -> None:
        super().__init__((6.2, 4.6))
        ax = self.subplots()
        sides = np.linspace(-1.2, 2.8, 201), np.linspace(-1.4, 1.8, 161)
        plane = np.stack(np.meshgrid(*sides), axis=-1)
        levels = np.array([0.02, 0.1, 0.25, 0.5, 0.9, 1.5, 2.3])
        self.moving(ax.contour(*sides, _loss(plane), levels=levels, colors=BLUE, linewidths=1))
        self._patch = self.moving(Polygon([BEST], color=ORANGE, alpha=0.35, linewidth=0))
        ax.add_patch(self._patch)
        self._touching = self.moving(ax.plot([], [], color=RED)[0])
        self._path = self.moving(ax.plot([], [], color="grey", linestyle=":", label="answers for other strengths")[0])
        self.moving(ax.plot(*BEST, "+", color=BLUE, markersize=14, label="smallest loss")[0])
        self._answer = self.moving(ax.plot([], [], "o", color=RED, markersize=9, label="the answer")[0])
        for line in (ax.axhline, ax.axvline):
            self.moving(line(0, color="grey", linewidth=0.8))
        ax.set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal", xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])
        self._title = self.moving(ax.set_title(" "))
        self._legend = self.moving(ax.legend(fontsize=10, loc="lower right", frameon=True))

    def move(self, title: str, l1: float, l2: float, answer: np.ndarray) -> None:
        """Draw the answer of one strength among those of the others."""
        self._patch.set_xy(_reach(l1, l2, answer))
        self._touching.set_data(*_contour(float(_loss(answer))).T)
        self._path.set_data(*_path(l1, l2).T)
        self._answer.set_data(*answer[:, None])
        self._legend.get_texts()[2].set_text(f"the answer: ({answer[0]:.2f}, {answer[1]:.2f})")
        self._title.set_text(title)


def _around() -> np.ndarray:
    """Return the directions of the plane, (401, 2); those of the axes are among them, where L1 has its corners."""
    angle = np.linspace(0, 2 * np.pi, 401)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _loss(places: np.ndarray) -> np.ndarray:
    """Return the plane's loss at places (..., 2)."""
    return 0.5 * np.einsum("...i,ij,...j", places - BEST, HESSIAN, places - BEST)


def _contour(loss: float) -> np.ndarray:
    """Return the places of one loss, (401, 2): a circle, pulled into shape by the inverse root of the Hessian."""
    return BEST + np.sqrt(2 * loss) * _around() @ np.linalg.inv(np.linalg.cholesky(HESSIAN))


def _reach(l1: float, l2: float, answer: np.ndarray) -> np.ndarray:
    """Return the border of the places that cost no more penalty than the answer, (401, 2)."""
    cost = l1 * np.abs(answer).sum() + l2 * (answer**2).sum()
    slope = l1 * np.abs(_around()).sum(axis=1)  # along a direction, the penalty is slope · r + l2 · r²
    return _around() * (2 * cost / np.maximum(slope + np.sqrt(slope**2 + 4 * l2 * cost), 1e-9))[:, None]


@cache
def _path(l1: float, l2: float) -> np.ndarray:
    """The answers for other strengths; they don't depend on the slider."""
    return np.stack([_smallest(l1 * s, l2 * s) for s in np.linspace(0, 3, 61)])


def _smallest(l1: float, l2: float) -> np.ndarray:
    """Return the minimum of the plane's loss with both penalties, by proximal gradient steps."""
    w, step = BEST.copy(), 0.25 / (1 + l2)
    for _ in range(300):
        w = w - step * (HESSIAN @ (w - BEST) + 2 * l2 * w)
        w = np.sign(w) * np.maximum(np.abs(w) - step * l1, 0)
    return w
