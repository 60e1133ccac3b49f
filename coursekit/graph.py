"""A computational graph that is run a gate at a time: values forward, then gradients backward.

`graph` shows the end, with all numbers; the button plays both passes from the inputs on, and the slider stops at
any step. The numbers are computed from each gate's formula and its local derivatives, as backpropagation does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from coursekit.plots import PALETTE, alt
from coursekit.stage import Stage
from coursekit.widgets import Explorer, control, steps

VALUE, GRADIENT, SILENT = PALETTE[0], PALETTE[3], "#8A8A8A"
HALF_WIDTH, HALF_HEIGHT = 0.26, 0.24
Place = tuple[float, float]


@dataclass(frozen=True)
class Gate:
    """A node that is computed from others.

    Args:
        formula: what it does, such as "p = x · y"; its name comes first.
        parents: the names of the nodes that it is computed from, in the order of `value`'s arguments.
        value: from the parents' values to its own.
        slopes: from the parents' values to the local derivative by each.
        backward: what it does to the gradient, in words.
    """

    formula: str
    parents: tuple[str, ...]
    value: Callable[..., float]
    slopes: Callable[..., tuple[float, ...]]
    backward: str


@dataclass(frozen=True)
class Passes:
    """A graph's numbers after one of its steps: 0 has the inputs, then a step for each gate forward, one for the root's
    gradient, and a step for each gate backward.

    Args:
        values: of the nodes that have one.
        shares: what has been sent back along each arrow, by (parent, gate).
        gradients: what each node has gathered; those that got nothing are not there.
        says: the step in words.
    """

    values: dict[str, float]
    shares: dict[tuple[str, str], float]
    gradients: dict[str, float]
    says: str


def run_to(step: int, gates: Mapping[str, Gate], inputs: Mapping[str, float]) -> Passes:
    """Return the numbers after a step.

    Args:
        step: 0 to 2 · gates + 1.
        gates: by name, in an order in which they can be run; the last one is the root.
        inputs: the values of the nodes that are not computed.
    """
    *_, root = gates
    now = Passes(dict(inputs), {}, {}, "The inputs have values.")
    for name in list(gates)[:step]:
        gate = gates[name]
        now.values[name] = float(gate.value(*(now.values[one] for one in gate.parents)))
        now = Passes(now.values, {}, {}, f"Forward: {gate.formula}.")
    if step > len(gates):
        now = Passes(now.values, {}, {root: 1.0}, f"Backward starts: d{root}/d{root} = 1.")
    for name in list(gates)[::-1][: max(0, step - len(gates) - 1)]:
        now = _backward(name, gates[name], now)
    return now


def _backward(name: str, gate: Gate, before: Passes) -> Passes:
    shares, gradients = dict(before.shares), dict(before.gradients)
    slopes = gate.slopes(*(before.values[one] for one in gate.parents))
    for parent, slope in zip(gate.parents, slopes, strict=True):
        share = gradients[name] * slope
        shares[parent, name] = shares.get((parent, name), 0.0) + share
        gradients[parent] = gradients.get(parent, 0.0) + share
    again = [f"\n{one} gathers another share: they add up." for one in gate.parents if one in before.gradients]
    return Passes(before.values, shares, gradients, f"Backward through {name}: {gate.backward}.{''.join(again)}")


def graph(
    gates: Mapping[str, Gate],
    places: Mapping[str, Place],
    *,
    bends: Mapping[tuple[str, str], float] | None = None,
    low: float = -4.0,
    high: float = 4.0,
    milliseconds: int = 1500,
    **inputs: float,
) -> Explorer:
    """Return the graph with a slider for the step, a button that plays it, and a slider for each input.

    Args:
        gates: by name, in an order in which they can be run; the last one is the root.
        places: where each node stands, (right, up), about 1.5 apart across and 1 upwards.
        bends: how much an arrow (parent, gate) is bent upwards; straight ones need no entry.
        low, high: the ends of the inputs' sliders, which move by a half.
        milliseconds: how long the player stays at a step.
        inputs: the first values of the nodes that are not computed.

    >>> double = Gate("y = 2 · x", ("x",), lambda x: 2 * x, lambda x: (2.0,), "it doubles")
    >>> run_to(3, {"y": double}, {"x": 5.0}).gradients
    {'y': 1.0, 'x': 2.0}
    """
    last, stage = 2 * len(gates) + 1, _GraphStage.of(gates, places, bends or {})

    def draw(step: int = last, **values: float) -> Figure:
        passes = run_to(step, gates, values)
        stage.write(f"step {step} of {last}: {passes.says}", passes)
        return alt(stage, _words(step, passes))

    sliders = {name: control(name, (low, high, 0.5), first) for name, first in inputs.items()}
    return steps(draw, last + 1, milliseconds=milliseconds, **sliders)


class _GraphStage(Stage):
    """Nodes and arrows, with room for their numbers."""

    _title: Any
    _arrows: dict[tuple[str, str], _Arrow]
    _numbers: dict[str, tuple[Any, Any]]

    @classmethod
    def of(
        cls, gates: Mapping[str, Gate], places: Mapping[str, Place], bends: Mapping[tuple[str, str], float]
    ) -> _GraphStage:
        """Draw what does not move: the nodes, their formulas and the legend."""
        right, up = (max(place[i] for place in places.values()) for i in (0, 1))
        stage = cls((1.6 * (right + 1.1), 1.4 * (up + 1.3)))
        ax = stage.subplots()
        ax.set(xlim=(-0.6, right + 0.6), ylim=(-0.65, up + 0.6))
        ax.axis("off")
        stage._title = stage.moving(ax.set_title(" \n "))  # room for two lines
        stage._arrows = {one: _Arrow(stage, ax, places, one, bends.get(one, 0.0)) for one in _edges(gates)}
        labels = {name: gates[name].formula if name in gates else name for name in places}
        stage._numbers = {name: stage._node(ax, places[name], label) for name, label in labels.items()}
        says = "red, below: gradient gathered so far; on an arrow: its share"
        ax.text(-0.5, -0.6, "blue, above the line: value", color=VALUE, fontsize=11)
        ax.text(1.6, -0.6, says, color=GRADIENT, fontsize=11)
        return stage

    def _node(self, ax: Axes, place: Place, label: str) -> tuple[Any, Any]:
        across, up = place
        corner, size = (across - HALF_WIDTH, up - HALF_HEIGHT), (2 * HALF_WIDTH, 2 * HALF_HEIGHT)
        frame: Any = {"facecolor": "white", "edgecolor": "black", "linewidth": 1.2}
        ax.add_patch(FancyBboxPatch(corner, *size, boxstyle="round,pad=0.03", zorder=2, **frame))
        ax.plot([across - 0.24, across + 0.24], [up, up], color="black", linewidth=0.8, zorder=3)
        ax.text(across, up + 0.32, label, ha="center", va="bottom", fontsize=12, zorder=3)
        style: Any = {"ha": "center", "va": "center", "fontsize": 13}
        value = self.moving(ax.text(across, up + 0.125, "", color=VALUE, **style))
        return value, self.moving(ax.text(across, up - 0.125, "", color=GRADIENT, **style))

    def write(self, title: str, passes: Passes) -> None:
        """Put a step's numbers on the graph."""
        self._title.set_text(title)
        for name, (value, gradient) in self._numbers.items():
            value.set_text(_number(passes.values.get(name)))
            gradient.set_text(_number(passes.gradients.get(name)))
        for edge, arrow in self._arrows.items():
            arrow.write(passes.shares.get(edge))


class _Arrow:
    """An arrow from a parent to a gate, grey until a share has come back along it."""

    def __init__(self, stage: Stage, ax: Axes, places: Mapping[str, Place], edge: tuple[str, str], bend: float) -> None:
        start, end = (places[name] for name in edge)
        bent: Any = {"connectionstyle": f"arc3,rad={-bend}", "shrinkA": 32, "shrinkB": 32}
        line = FancyArrowPatch(start, end, arrowstyle="->", mutation_scale=12, linewidth=1.6, **bent)
        self._line = stage.moving(ax.add_patch(line))
        across, up = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.62 * bend * (end[0] - start[0])
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        style: Any = {"ha": "center", "va": "center", "fontsize": 12, "bbox": ground}
        self._share = stage.moving(ax.text(across, up, "", color=GRADIENT, **style))

    def write(self, share: float | None) -> None:
        self._line.set_color(SILENT if share is None else GRADIENT)
        self._share.set_text(_number(share))
        self._share.set_visible(share is not None)


def _edges(gates: Mapping[str, Gate]) -> Iterator[tuple[str, str]]:
    return ((parent, name) for name, gate in gates.items() for parent in dict.fromkeys(gate.parents))


def _words(step: int, passes: Passes) -> str:
    values = ", ".join(f"{name} = {value:g}" for name, value in passes.values.items())
    *_, root = passes.values
    gathered = ", ".join(f"{name} {gradient:g}" for name, gradient in passes.gradients.items())
    return f"A graph at step {step}. {' '.join(passes.says.split())} Values: {values}." + (
        f" Gradients of {root}: {gathered}." if gathered else ""
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}".replace("-", "−")
