"""Pictures and the widget of the notebook on checking gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.plots import PALETTE, alt, figure

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
PLACE = 0.7
EPSILON = {"float64": 1.1e-16, "float32": 6e-8}


def two_differences(h: float = 1.0) -> Figure:
    """Return x³ with its tangent at 2, beside the one-sided and the centred difference.

    Args:
        h: the step.
    """
    x = np.linspace(0.6, 3.4, 200)
    picture, axes = figure(1, 2, size=(9, 3.4))
    for ax, start, name in zip(axes, (2.0, 2.0 - h), ("one-sided", "centred"), strict=True):
        slope = ((2 + h) ** 3 - start**3) / (2 + h - start)
        ax.plot(x, x**3, color=BLUE, label="$x^3$")
        ax.plot(x, 8 + 12 * (x - 2), color="grey", linestyle=":", label="tangent: slope 12")
        ax.plot(x, start**3 + slope * (x - start), color=RED, linestyle="--", label=f"{name}: slope {slope:g}")
        ax.plot([start, 2 + h], [start**3, (2 + h) ** 3], "o", color=RED)
        ax.plot(2, 8, "s", color="black")
        ax.set(title=f"{name}, h = {h:g}", xlabel="$x$", ylim=(-5, 33))
        ax.legend(fontsize=10, loc="upper left")
    return alt(picture, "The one-sided line leans away from the tangent; the centred line is almost parallel to it.")


def step(exponent: float = -1.0, dtype: str = "float64") -> Figure:
    """Return the centred difference with one step, and its place on the curve of the errors.

    Args:
        exponent: log10 of the step.
        dtype: "float64" or "float32".
    """
    h = 10.0**exponent
    picture, axes = figure(1, 2, size=(9, 3.6))
    _curve_and_tangent(axes[0], (PLACE - 1.1, PLACE + 1.1))
    slope = _centred(np.array([h]), dtype)[0]
    places = np.array([PLACE - 1.1, PLACE + 1.1])
    axes[0].plot(
        places, _f(PLACE) + slope * (places - PLACE), color=RED, linestyle="--", label=f"measured slope {slope:.7g}"
    )
    axes[0].plot([PLACE - h, PLACE + h], _f(np.array([PLACE - h, PLACE + h])), "o", color=RED)
    axes[0].set(xlim=tuple(places), ylim=(-0.2, 3.2), xlabel="$x$", title=f"true slope {_slope(PLACE):.7g}")
    axes[0].legend(fontsize=10, loc="lower center")
    steps = np.logspace(-15, 0, 151)
    axes[1].loglog(steps, _error(_centred(steps, dtype)), color=BLUE, linewidth=1, label=f"centred, {dtype}")
    axes[1].loglog(h, _error(np.array([slope])), "o", color=RED, markersize=11)
    axes[1].set(xlabel="step $h$", ylabel="error of the slope", ylim=(1e-13, 20))
    axes[1].legend(fontsize=10)
    return alt(
        picture,
        f"With a step of {h:.0e} in {dtype}, the measured slope is {slope:.7g}; the error over all steps is a V.",
    )


def error_against_step() -> Figure:
    """Return the error of three measurements against the step, and the two errors that they are made of."""
    steps = np.logspace(-15, 0, 151)
    lines: dict[str, tuple[np.ndarray, str]] = {
        "one-sided, float64": (_one_sided(steps), ORANGE),
        "centred, float64": (_centred(steps, "float64"), BLUE),
        "centred, float32": (_centred(steps, "float32"), GREEN),
    }
    picture, ax = figure(size=(7, 4.2))
    for name, (slopes, line) in lines.items():
        ax.loglog(steps, _error(slopes), color=line, linewidth=1.5, label=name)
    ax.loglog(steps, steps**2 * abs(_third(PLACE)) / 6, color="grey", linestyle=":", label="$h^2 |f'''| / 6$: bending")
    rounding = EPSILON["float64"] * abs(_f(PLACE)) / steps
    ax.loglog(
        steps, rounding, color="black", linestyle="--", linewidth=1, label="$\\epsilon |f| / h$: rounding, float64"
    )
    ax.set(xlabel="step $h$", ylabel="error of the slope", ylim=(1e-13, 20))
    ax.legend(fontsize=9, loc="lower left")
    text = "Three V-shaped curves. Centred in float64 reaches 1e-11 near h = 1e-5; one-sided 1e-8; float32 only 1e-5."
    return alt(picture, text)


def kink() -> Figure:
    """Return ReLU near its corner, with a centred difference whose points lie on both sides of it."""
    picture, ax = figure(size=(6, 3.4))
    x = np.linspace(-1.5, 2, 200)
    ax.plot(x, np.maximum(0, x), color=BLUE, label="ReLU")
    points = np.array([-0.7, 1.3])
    ax.plot(points, np.maximum(0, points), "o--", color=RED, label="the chord: slope 0.65")
    ax.plot(0.3, 0.3, "s", color="black", label="here the slope is 1")
    ax.set(xlabel="$x$ in units of $10^{-5}$", ylabel="ReLU in units of $10^{-5}$")
    ax.legend(fontsize=10)
    return alt(picture, "The chord from −0.7 to 1.3 cuts the corner of ReLU: its slope is 0.65, that of neither side.")


def _f(x: np.ndarray | float) -> np.ndarray:
    return np.exp(np.sin(2 * np.asarray(x)))


def _slope(x: float) -> float:
    return float(2 * np.cos(2 * x) * _f(x))


def _third(x: float) -> float:
    """The third derivative of exp(sin 2x)."""
    sine, cosine = np.sin(2 * x), np.cos(2 * x)
    return float(8 * cosine * (cosine**2 - 3 * sine - 1) * _f(x))


def _in(dtype: str) -> Callable[[np.ndarray], np.ndarray]:
    kind = np.dtype(dtype).type
    return lambda x: np.exp(np.sin(kind(2) * x.astype(dtype))).astype(dtype)


def _centred(steps: np.ndarray, dtype: str) -> np.ndarray:
    f, h = _in(dtype), steps.astype(dtype)
    place = np.full_like(h, PLACE)
    return ((f(place + h) - f(place - h)) / (2 * h)).astype(np.float64)


def _one_sided(steps: np.ndarray) -> np.ndarray:
    return (_f(PLACE + steps) - _f(PLACE)) / steps


def _error(slopes: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(slopes - _slope(PLACE)), 1e-14)


def _curve_and_tangent(ax: Axes, span: tuple[float, float]) -> None:
    x = np.linspace(*span, 200)
    ax.plot(x, _f(x), color=BLUE)
    ax.plot(x, _f(PLACE) + _slope(PLACE) * (x - PLACE), color="grey", linestyle=":", label="tangent")
    ax.plot(PLACE, _f(PLACE), "s", color="black")
