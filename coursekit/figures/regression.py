"""Pictures of the regression notebook, and the small data sets that it measures on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure
from coursekit.stage import Kept, Stage
from coursekit.widgets import Explorer, explore

Fit = Callable[..., tuple[torch.Tensor, torch.Tensor]]
BLUE, ORANGE, GREEN, RED = PALETTE[:4]


def grey_photograph(name: str) -> torch.Tensor:
    """Return a photograph as grey values (H, W), float64 in [0, 1]."""
    return to_tensor(photographs()[name]).double().mean(dim=0)


def add_noise(image: torch.Tensor, spread: float = 0.1, seed: int = 0) -> torch.Tensor:
    """Return the image with Gaussian noise of standard deviation `spread` on every pixel."""
    generator = torch.Generator().manual_seed(seed)
    return image + spread * torch.randn(image.shape, generator=generator, dtype=image.dtype)


def noisy_patches(
    clean: torch.Tensor, noisy: torch.Tensor, size: int, num: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return patches of the noisy image as rows (num, size²), and the clean pixel at each one's middle (num,)."""
    rng = np.random.default_rng(seed)
    tops = torch.from_numpy(rng.integers(clean.shape[0] - size, size=num))
    lefts = torch.from_numpy(rng.integers(clean.shape[1] - size, size=num))
    offsets = torch.arange(size)
    rows = noisy[(tops[:, None] + offsets)[:, :, None], (lefts[:, None] + offsets)[:, None, :]]
    return rows.flatten(1), clean[tops + size // 2, lefts + size // 2]


def apply_filter(image: torch.Tensor, weights: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return the image with every pixel predicted from its surroundings, (H - size + 1, W - size + 1)."""
    size = round(len(weights) ** 0.5)
    return F.conv2d(image[None, None], weights.reshape(1, 1, size, size), bias.reshape(1))[0, 0]


def residual_squares(x: Sequence[float], y: Sequence[float], slope: float, bias: float) -> Figure:
    """Return points, a line and the square on each residual: least squares makes their area least."""
    picture, ax = figure(size=(3.6, 3.2))
    places = np.array([min(x) - 0.5, max(x) + 1])
    ax.plot(places, slope * places + bias, color=BLUE)
    for across, up in zip(x, y, strict=True):
        side = slope * across + bias - up
        ax.add_patch(Rectangle((across, up), abs(side), side, color=ORANGE, alpha=0.4))
    ax.plot(x, y, "o", color="black")
    area = sum((slope * a + bias - b) ** 2 for a, b in zip(x, y, strict=True))
    ax.set(xlabel="x", ylabel="y", aspect="equal", title=f"slope {slope:.2f}, bias {bias:.2f}: area {area:.2f}")
    return alt(picture, f"Three points, the line of slope {slope:.2f}, and a square on each residual; area {area:.2f}.")


def two_priors() -> Figure:
    """Return a Gaussian and a Laplace density of the same variance, and their negative logarithms."""
    picture, (left, right) = figure(1, 2, size=(7.6, 2.7))
    w = np.linspace(-4, 4, 401)
    densities = {
        "Gaussian": np.exp(-(w**2) / 2) / np.sqrt(2 * np.pi),
        "Laplace": np.exp(-np.sqrt(2) * np.abs(w)) / np.sqrt(2),
    }
    for (name, density), shade in zip(densities.items(), (BLUE, ORANGE), strict=True):
        left.plot(w, density, color=shade, label=name)
        right.plot(w, -np.log(density), color=shade, label=name)
    left.set(xlabel="weight", ylabel="density", title="How likely a weight is before any data")
    right.set(xlabel="weight", ylabel="$-\\log$ density", title="The penalty that it turns into")
    left.legend()
    return alt(
        picture,
        "The Laplace density has a sharp peak at zero and heavier tails; its penalty is a V, the Gaussian's a bowl.",
    )


def show_filters(filters: Sequence[torch.Tensor], titles: Sequence[str], text: str) -> Figure:
    """Return square filters side by side: blue is negative, red is positive, white is zero."""
    picture, axes = figure(1, len(filters), size=(2.2 * len(filters), 2.5))
    for ax, weights, title in zip(np.atleast_1d(axes), filters, titles, strict=True):
        _draw_filter(ax, weights, title)
    return alt(picture, text)


def _draw_filter(ax: Any, weights: torch.Tensor, title: str) -> None:
    size = round(len(weights) ** 0.5)
    limit = float(weights.abs().max()) or 1.0
    ax.imshow(weights.reshape(size, size), cmap="RdBu_r", vmin=-limit, vmax=limit)
    ax.set_title(title, fontsize=11)
    ax.set_xticks([])
    ax.set_yticks([])


def prior_explorer(
    fits: dict[str, Callable[[float], tuple[torch.Tensor, torch.Tensor]]], x_val: torch.Tensor, y_val: torch.Tensor
) -> Explorer:
    """Return the widget: a prior and its width, the weights that come of it, and the validation error.

    Args:
        fits: by the prior's name, from its width to (weights, bias).
        x_val, y_val: rows and targets to measure on.
    """
    widths = 10.0 ** np.arange(-3.5, 0.51, 0.25)
    fitted = {name: [fit(width) for width in widths] for name, fit in fits.items()}
    errors = {
        name: [float((x_val @ weights + bias - y_val).square().mean()) for weights, bias in answers]
        for name, answers in fitted.items()
    }

    def draw(prior: str = next(iter(fits)), log10_width: float = -1.5, kept: Kept | None = None) -> Figure:
        place = int(np.abs(np.log10(widths) - log10_width).argmin())
        weights = fitted[prior][place][0]
        stage: _PriorStage = (kept or Kept()).of((), lambda: _PriorStage(weights, widths, errors))
        title = f"{prior}, width {widths[place]:.3f}: {int((weights != 0).sum())} weights not 0"
        stage.move(weights, title, widths[place], errors[prior][place])
        return alt(
            stage,
            f"The filter under a {prior} prior, and the validation error against the prior's width: least at a "
            f"few hundredths.",
        )

    return explore(draw, prior=list(fits), log10_width=(-3.5, 0.5, 0.25))


class _PriorStage(Stage):
    """The validation errors of every width, on which a dot moves, and beside them the filter of one width."""

    def __init__(self, weights: torch.Tensor, widths: np.ndarray, errors: dict[str, list[float]]) -> None:
        super().__init__((7.6, 2.9))
        left, right = self.subplots(1, 2)
        _draw_filter(left, weights, " ")
        self._filter, self._title = self.moving(left.images[0]), self.moving(left.title)
        for name, shade in zip(errors, (BLUE, ORANGE), strict=True):
            right.plot(widths, errors[name], color=shade, label=name)
        self._dot = self.moving(right.plot([], [], "o", color="black", markersize=9)[0])
        right.set(xscale="log", yscale="log", xlabel="width of the prior", ylabel="validation error")
        right.legend()

    def move(self, weights: torch.Tensor, title: str, width: float, error: float) -> None:
        """Draw the filter of one width, and put the dot on its error."""
        limit = float(weights.abs().max()) or 1.0
        self._filter.set_data(weights.reshape(self._filter.get_size()))
        self._filter.set_clim(-limit, limit)
        self._title.set_text(title)
        self._dot.set_data([width], [error])


def shrinkage_curves(soft: Callable[..., torch.Tensor]) -> Figure:
    """Return what soft thresholding, ridge and hard thresholding make of a value."""
    picture, ax = figure(size=(3.6, 3.2))
    value = torch.linspace(-3, 3, 241)
    ax.plot(value, value, ":", color="grey", label="left alone")
    ax.plot(value, soft(value, 1.0), color=ORANGE, label="soft threshold 1")
    ax.plot(value, value / 2, color=BLUE, label="ridge: a half")
    ax.set(xlabel="value", ylabel="what is left", aspect="equal")
    ax.legend(fontsize=10)
    return alt(
        picture,
        "Soft thresholding is zero between -1 and 1 and parallel to the diagonal outside; ridge is a flatter line.",
    )


def logistic_curves() -> Figure:
    """Return the sigmoid, and the loss of each label against the logit."""
    picture, (left, right) = figure(1, 2, size=(7.6, 2.7))
    z = np.linspace(-6, 6, 241)
    left.plot(z, 1 / (1 + np.exp(-z)), color=BLUE)
    left.set(xlabel="logit $z$", ylabel="$p$", title="$p = 1/(1+e^{-z})$")
    right.plot(z, np.logaddexp(0, -z), color=BLUE, label="loss where $y=1$")
    right.plot(z, np.logaddexp(0, z), "--", color=ORANGE, label="loss where $y=0$")
    right.set(xlabel="logit $z$", ylabel="loss in nats")
    right.legend()
    return alt(
        picture,
        "The sigmoid rises from 0 to 1 through one half at 0; the two losses are mirror images and cross at log 2.",
    )


def newton_parabola() -> Figure:
    """Return the loss of three ones and a zero against the bias, and the parabola that touches it at 0."""
    picture, ax = figure(size=(5.2, 2.9))
    b = np.linspace(-1.5, 3.2, 200)
    ax.plot(b, np.logaddexp(0, b) - 0.75 * b, color=BLUE, label="loss")
    ax.plot(b, np.log(2) - 0.25 * b + b**2 / 8, "--", color=ORANGE, label="parabola that\ntouches it at 0")
    ax.plot(
        [0, 1, np.log(3)],
        [np.log(2), np.log(2) - 0.125, np.logaddexp(0, np.log(3)) - 0.75 * np.log(3)],
        "o",
        color="black",
    )
    ax.set(xlabel="bias", ylabel="loss", ylim=(0.5, 1.1))
    ax.legend()
    return alt(
        picture,
        "A parabola with the slope and bend of the loss at 0 has its lowest point at 1, close to the minimum at 1.1.",
    )


def class_gaussians(means: torch.Tensor, variances: torch.Tensor, side: int = 8) -> Figure:
    """Return each class's mean image above its standard deviation image."""
    num_classes = len(means)
    picture, axes = figure(2, num_classes, size=(num_classes, 2.3))
    for column, (mean, variance) in enumerate(zip(means, variances, strict=True)):
        axes[0, column].imshow(mean.reshape(side, side), vmin=0, vmax=1)
        axes[1, column].imshow(variance.sqrt().reshape(side, side), vmin=0, vmax=0.5)
        axes[0, column].set_title(str(column))
    for ax in axes.ravel():
        ax.axis("off")
    return alt(
        picture, "Above, the mean image of each digit; below, where its pixels vary: along the edges of the strokes."
    )


def calibration(confidence: torch.Tensor, right: torch.Tensor) -> Figure:
    """Return how often a prediction is right, in groups of equal claimed confidence."""
    picture, ax = figure(size=(4.5, 3.2))
    edges = (0.0, 0.9, 0.99, 0.999, 0.9999, 1.1)
    names = ["< 0.9", "0.9", "0.99", "0.999", "≥ 0.9999"]
    for place, (low, high) in enumerate(pairwise(edges)):
        group = right[(confidence >= low) & (confidence < high)].double()
        if len(group):
            ax.bar(place, float(group.mean()), color=BLUE)
            ax.text(place, 0.03, f"n = {len(group)}", ha="center", color="white", fontsize=10)
    ax.set_xticks(range(5), names)
    ax.set(xlabel="claimed probability, from", ylabel="share that is right", ylim=(0, 1))
    return alt(picture, "Most predictions claim more than 0.9999, and clearly fewer of those than that are right.")


def principal_axes(x: torch.Tensor, mean: torch.Tensor, components: torch.Tensor, variances: torch.Tensor) -> Figure:
    """Return a cloud in the plane with its principal components as arrows, two standard deviations long."""
    picture, ax = figure(size=(4.5, 3.2))
    ax.plot(x[:, 0], x[:, 1], "o", color=BLUE, alpha=0.5, markersize=5)
    for number, (direction, variance) in enumerate(zip(components, variances, strict=True)):
        tip = mean + 2 * variance.sqrt() * direction
        shade = (RED, GREEN)[number]
        ax.annotate("", xy=tip.tolist(), xytext=mean.tolist(), arrowprops={"arrowstyle": "->", "lw": 3, "color": shade})
        box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1}
        ax.text(*tip.tolist(), f" component {number + 1}", color=shade, bbox=box)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    return alt(picture, "A slanted cloud of points; the first component points along it, the second across it.")


def reconstructions(
    image: torch.Tensor, mean: torch.Tensor, components: torch.Tensor, counts: Sequence[int], side: int = 25
) -> list[torch.Tensor]:
    """Return a face rebuilt from its first components, once for each count, then the face itself."""
    rebuilt = []
    for count in counts:
        basis = components[:count]
        rebuilt.append((mean + (image - mean) @ basis.T @ basis).reshape(1, side, side))
    return [*rebuilt, image.reshape(1, side, side)]
