"""Pictures and widgets of the notebook on loss functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.plots import PALETTE, alt, figure
from coursekit.stage import Kept, Stage

BLUE, ORANGE, GREEN, RED, PINK = PALETTE[:5]
Values = TypeVar("Values", float, np.ndarray)
# Ten points on a line: the two classes overlap, so that no threshold is right everywhere.
NEGATIVE = np.array([-2.4, -1.7, -1.1, -0.4, 0.9])
POSITIVE = np.array([-0.8, 0.4, 1.2, 1.9, 2.5])
POINTS = np.array([0.4, 0.9, 1.1, 1.4, 1.8, 2.3])
ANSWERS = np.linspace(0, 15, 1501)


def stairs() -> Figure:
    """Return the 0-1 loss and the logistic loss of ten points, against the place of one threshold."""
    thresholds = np.linspace(-3, 3, 601)
    margins = np.concatenate([thresholds[:, None] - NEGATIVE, POSITIVE - thresholds[:, None]], axis=1)
    picture, axes = figure(1, 2, size=(9, 3.2))
    curves = {"0-1 loss": (margins <= 0).mean(axis=1), "logistic loss": np.logaddexp(0, -margins).mean(axis=1)}
    for ax, (name, heights), line in zip(axes, curves.items(), (RED, BLUE), strict=True):
        ax.plot(thresholds, heights, color=line)
        ax.plot(NEGATIVE, np.zeros(5), "v", color=ORANGE, clip_on=False, label="class −1")
        ax.plot(POSITIVE, np.zeros(5), "^", color=GREEN, clip_on=False, label="class +1")
        ax.set(title=name, xlabel="threshold", ylim=(0, None))
    axes[0].legend(fontsize=10)
    return alt(
        picture,
        "Left: the 0-1 loss is a staircase, flat between the points. Right: the logistic loss is a smooth bowl.",
    )


def regression_losses(beta: float = 1.0) -> Figure:
    """Return the absolute, the squared and the smooth L1 loss of an error, and their slopes.

    Args:
        beta: half the width of smooth L1's round part.
    """
    d = np.linspace(-3, 3, 601)
    lines = {
        "L1": (np.abs(d), np.sign(d)),
        "L2": (d**2, 2 * d),
        f"smooth L1, β = {beta:g}": (_smooth(d, beta), np.clip(d / beta, -1, 1)),
    }
    picture, axes = figure(1, 2, size=(9, 3.4))
    _loss_and_slope(axes, d, lines, "error $d$ = prediction − target")
    axes[0].set_ylim(0, 4)
    axes[1].set_ylim(-4, 4)
    return alt(
        picture,
        "L2 is a parabola with an ever steeper slope; L1 a V with slopes of ±1; smooth L1 a V with a round tip.",
    )


def outlier(outlier: float = 8.0, beta: float = 1.0, kept: Kept | None = None) -> Figure:
    """Return six points and an outlier, the best single number for each of three losses, and the losses.

    Args:
        outlier: where the seventh point lies.
        beta: half the width of smooth L1's round part.
        kept: holds the axes from one picture to the next.
    """
    d = ANSWERS[:, None] - np.append(POINTS, outlier)
    stage: _OutlierStage = (kept or Kept()).of((), _OutlierStage)
    stage.move(outlier, [losses.mean(axis=1) for losses in (d**2, np.abs(d), _smooth(d, beta))])
    return alt(
        stage, "The mean is pulled towards the outlier; the median and the smooth L1 answer stay with the six points."
    )


class _OutlierStage(Stage):
    """Six points, on which an outlier and the answers to it move, and below them the loss of every answer."""

    NAMES = ("L2: the mean", "L1: the median", "smooth L1")

    def __init__(self) -> None:
        super().__init__((7, 4.6))
        upper, lower = self.subplots(2, 1)
        self._answers, self._curves, self._lowest = [], [], []
        for line, height in zip((ORANGE, BLUE, GREEN), (3, 2, 1), strict=True):
            self._answers.append(
                self.moving(upper.axvline(0, color=line, linewidth=3, ymax=0.25 * height, label="a loss"))
            )
            self._curves.append(self.moving(lower.plot([], [], color=line)[0]))
            self._lowest.append(self.moving(lower.plot([], [], "o", color=line)[0]))
        self.moving(upper.plot(POINTS, np.zeros(6), "o", color="black", markersize=9, clip_on=False)[0])
        self._outlier = self.moving(
            upper.plot(0, 0, "X", color=RED, markersize=13, label="the outlier", clip_on=False)[0]
        )
        upper.set(xlim=(0, 15.2), ylim=(0, 1), yticks=[], title="the best answer under each loss")
        lower.set(xlim=(0, 15.2), ylim=(0, 1), xlabel="the one number answered", ylabel="mean loss (scaled)")
        self._legend = self.moving(upper.legend(fontsize=10, loc="upper right"))

    def move(self, outlier: float, totals: Sequence[np.ndarray]) -> None:
        """Draw the outlier, and each loss with its best answer."""
        self._outlier.set_xdata([outlier])
        for index, (name, total) in enumerate(zip(self.NAMES, totals, strict=True)):
            best = ANSWERS[total.argmin()]
            self._answers[index].set_xdata([best, best])
            self._curves[index].set_data(ANSWERS, total / total.max())
            self._lowest[index].set_data([best], [total.min() / total.max()])
            self._legend.get_texts()[index].set_text(f"{name}, {best:.2f}")


def margin_losses() -> Figure:
    """Return four losses of the margin, and how hard each pulls."""
    m = np.linspace(-3, 3, 601)
    hinge_pull = (m < 1).astype(float)
    lines = {
        "hinge": (np.maximum(0, 1 - m), hinge_pull),
        "exponential": (np.exp(-m), np.exp(-m)),
        "logistic": (np.logaddexp(0, -m), 1 / (1 + np.exp(m))),
    }
    picture, axes = figure(1, 2, size=(9, 3.4))
    _loss_and_slope(axes, m, lines, "margin $m = yf$")
    axes[0].plot(m, (m <= 0).astype(float), color="black", linestyle="--", label="0-1")
    axes[0].legend()
    axes[0].set_ylim(0, 5)
    axes[1].set(ylim=(0, 5), title="how hard it pulls, $-$slope")
    text = (
        "All three losses fall with the margin. The exponential's pull explodes for negative margins, the "
        "others' is at most 1."
    )
    return alt(picture, text)


def squared_error_after_a_sigmoid() -> Figure:
    """Return cross-entropy and squared error of a logit whose target is 1, and their slopes."""
    x = np.linspace(-8, 8, 601)
    p = 1 / (1 + np.exp(-x))
    lines = {
        "cross-entropy": (np.logaddexp(0, -x), p - 1),
        "squared error": ((p - 1) ** 2, 2 * (p - 1) * p * (1 - p)),
    }
    picture, axes = figure(1, 2, size=(9, 3.4))
    _loss_and_slope(axes, x, lines, "logit $x$, with target 1")
    axes[1].annotate("sure and wrong,\nand told nothing", (-6, -0.01), (-7.5, -0.55), arrowprops={"arrowstyle": "->"})
    text = "For a very negative logit the cross-entropy's slope is −1; the squared error's slope is almost 0."
    return alt(picture, text)


def surprise(p: Sequence[float] = (0.5, 0.5, 0.0), q: Sequence[float] = (0.25, 0.25, 0.5)) -> Figure:
    """Return the truth p and the belief q as bars, and the surprise that each event brings.

    Args:
        p: what happens, a distribution.
        q: what is believed, a distribution with no zero where p has none.
    """
    places = np.arange(len(p))
    picture, axes = figure(1, 2, size=(9, 3.2))
    axes[0].bar(places - 0.2, p, 0.38, color=BLUE, label="$p$, what happens")
    axes[0].bar(places + 0.2, q, 0.38, color=ORANGE, label="$q$, what you believe")
    axes[0].set(xlabel="event", xticks=places, title="two distributions", ylim=(0, 0.8))
    axes[0].legend(fontsize=10, loc="upper left")
    known = np.array([-a * np.log(a) if a > 0 else 0.0 for a in p])
    believed = np.array([-a * np.log(b) if a > 0 else 0.0 for a, b in zip(p, q, strict=True)])
    axes[1].bar(places, known, 0.5, color=BLUE, label=f"entropy $H(p)$ = {known.sum():.3f}")
    axes[1].bar(
        places, believed - known, 0.5, bottom=known, color=RED, label=f"KL$(p\\|q)$ = {(believed - known).sum():.3f}"
    )
    axes[1].set(xlabel="event", xticks=places, title=f"cross-entropy $H(p, q)$ = {believed.sum():.3f}", ylim=(0, 1.25))
    axes[1].legend(fontsize=10)
    return alt(picture, "Each of the two events that happen brings 0.347 of entropy and 0.347 of divergence on top.")


def two_directions_of_kl() -> Figure:
    """Return the Gaussians that are nearest to a truth of two bumps, by each direction of the divergence."""
    x = np.linspace(-6, 6, 241)
    truth = _normalised(0.6 * _bump(x, -2, 0.7) + 0.4 * _bump(x, 2.2, 0.7))
    means, widths = np.meshgrid(np.linspace(-3, 3, 61), np.linspace(0.4, 3.2, 57), indexing="ij")
    models = _normalised(_bump(x, means.reshape(-1, 1), widths.reshape(-1, 1)) + 1e-300)
    forward = (truth * np.log(truth / models)).sum(axis=1)
    backward = (models * np.log(models / truth)).sum(axis=1)
    picture, axes = figure(1, 2, size=(9, 3))
    names = ("smallest KL$(p\\|q)$: covers both", "smallest KL$(q\\|p)$: settles on one")
    for ax, divergence, name in zip(axes, (forward, backward), names, strict=True):
        ax.fill_between(x, truth, color=BLUE, alpha=0.3, label="truth $p$")
        ax.plot(x, models[divergence.argmin()], color=RED, label="model $q$")
        ax.set(title=name, yticks=[], ylim=(0, None))
    axes[0].legend(fontsize=10)
    return alt(picture, "Left: one broad bump over both bumps of the truth. Right: a narrow bump over the larger one.")


def focal(gamma: float = 2.0, backgrounds: int = 1000, kept: Kept | None = None) -> Figure:
    """Return the focal loss against p_t, and the shares of easy background and one missed object.

    Args:
        gamma: the exponent.
        backgrounds: how many background places stand against one object.
        kept: holds the axes from one picture to the next.
    """
    totals = np.array([backgrounds * _focal(0.95, gamma), _focal(0.10, gamma)])
    stage: _FocalStage = (kept or Kept()).of(backgrounds, lambda: _FocalStage(backgrounds))
    stage.move(gamma, totals)
    share = totals[1] / totals.sum()
    text = (
        f"With γ = {gamma:g}, the one missed object makes up {share:.0%} of the loss against {backgrounds} "
        f"easy backgrounds."
    )
    return alt(stage, text)


def race(histories: Mapping[str, Sequence[float]]) -> Figure:
    """Return the 0-1 loss over the steps of training, a line for each loss that was trained on.

    Args:
        histories: from a loss's name to the 0-1 loss before each step.
    """
    picture, ax = figure(size=(6.5, 3.5))
    for (name, history), line, style in zip(histories.items(), (ORANGE, BLUE, GREEN), ("-", "--", "-."), strict=False):
        ax.plot(history, style, color=line, label=f"trained on {name}")
    ax.set(xlabel="step", ylabel="0-1 loss, validation", ylim=(0, 1))
    ax.legend()
    return alt(
        picture,
        "Cross-entropy and focal loss fall at once; the squared error stays at its start for a long time first.",
    )


class _FocalStage(Stage):
    """The cross-entropy, on which the focal loss moves, and beside it two bars."""

    def __init__(self, backgrounds: int) -> None:
        super().__init__((9, 3.4))
        left, right = self.subplots(1, 2)
        self._p = np.linspace(0.005, 1, 300)
        left.plot(self._p, -np.log(self._p), color="grey", linewidth=1.5, label="γ = 0")
        self._curve = self.moving(left.plot([], [], color=BLUE, linewidth=2.5, label="γ")[0])
        marks = (0.95, "s", ORANGE, "easy background"), (0.10, "^", RED, "missed object")
        self._marks = [
            self.moving(left.plot(p, 0, mark, color=paint, label=name, markersize=9)[0])
            for p, mark, paint, name in marks
        ]
        left.set(xlabel="$p_t$, the probability of what is there", ylabel="loss", ylim=(0, 5))
        self._legend = self.moving(left.legend(fontsize=10, loc="upper right"))
        self._bars = [self.moving(bar) for bar in right.barh([1, 0], [1, 1], color=[ORANGE, RED])]
        self._words = [self.moving(right.text(0, row, "", va="center")) for row in (1, 0)]
        right.set(yticks=[1, 0], yticklabels=[f"{backgrounds} × background", "1 × object"], xlim=(0, 1))
        right.set(xlabel="share of the whole loss", title="who makes up the loss?")

    def move(self, gamma: float, totals: np.ndarray) -> None:
        """Draw the loss of an exponent, and what background and object make up of it."""
        self._curve.set_data(self._p, _focal(self._p, gamma))
        for mark in self._marks:
            mark.set_ydata(_focal(mark.get_xdata(), gamma))
        self._legend.get_texts()[1].set_text(f"γ = {gamma:g}")
        for bar, words, share, total in zip(self._bars, self._words, totals / totals.sum(), totals, strict=True):
            bar.set_width(share)
            is_wide = share > 0.5
            words.set(x=share + (-0.02 if is_wide else 0.02), text=f"{share:.1%} (loss {total:.3g})")
            words.set(ha="right" if is_wide else "left", color="white" if is_wide else "black")


def _loss_and_slope(axes: Sequence[Axes], x: np.ndarray, lines: Mapping[str, tuple], label: str) -> None:
    for (name, (heights, slopes)), line, style in zip(
        lines.items(), (BLUE, ORANGE, GREEN), ("-", "--", "-."), strict=False
    ):
        axes[0].plot(x, heights, style, color=line, label=name)
        axes[1].plot(x, slopes, style, color=line, label=name)
    axes[0].set(xlabel=label, title="loss")
    axes[1].set(xlabel=label, title="slope")
    axes[0].legend()


def _smooth(d: np.ndarray, beta: float) -> np.ndarray:
    return np.where(np.abs(d) < beta, d**2 / (2 * beta), np.abs(d) - beta / 2)


def _focal(p_t: Values, gamma: float) -> Values:
    return -((1 - p_t) ** gamma) * np.log(p_t)


def _bump(x: np.ndarray, mean: float | np.ndarray, width: float | np.ndarray) -> np.ndarray:
    return np.exp(-(((x - mean) / width) ** 2) / 2)


def _normalised(heights: np.ndarray) -> np.ndarray:
    return heights / heights.sum(axis=-1, keepdims=True)
