"""A race: several methods take their steps side by side, each with its own curve and, over a plane, its trail.

`race` shows the end; the button plays the race from its start, and the slider stops at any step.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.plots import MARKERS, alt, colour
from coursekit.stage import Kept, Stage
from coursekit.widgets import Explorer, controls_of, steps


@dataclass(frozen=True)
class Lane:
    """What one racer did. One that fell out has fewer entries than the race has steps, and stays at its last.

    Args:
        heights: (P,) what its curve shows before the first step and after each.
        trail: (P, 2) its places in the plane; None where there is no plane.
    """

    heights: np.ndarray
    trail: np.ndarray | None = None


Run = Callable[..., Mapping[str, Lane]]
Ground = Callable[..., None]


def race(
    run: Run,
    num_steps: int,
    *,
    ground: Ground | None = None,
    ylabel: str = "loss",
    limits: tuple[float, float] | None = None,
    log: bool = False,
    milliseconds: int = 100,
    **controls: Any,
) -> Explorer:
    """Return a race with a slider for the step, a button that plays it, and controls of how it is run.

    Args:
        run: from the controls' values to each racer's Lane, by name. It is asked once for each setting.
        num_steps: how many steps a racer takes at most.
        ground: draws the plane into an Axes, its first argument; by name it may also take what `run` takes. None
            draws the curves alone.
        ylabel: what the curves show; lower is better.
        limits: (bottom, top) of the curves' axis; None takes them from the race.
        log: whether that axis is logarithmic.
        milliseconds: how long the player stays at a step.
        controls: for run's arguments, as `explore` takes them.
    """
    track = _Track(run, num_steps, ground, ylabel, limits, log)

    def draw(step: int = num_steps, **values: Any) -> Figure:
        return track.at(step, values)

    return steps(draw, num_steps + 1, milliseconds=milliseconds, **controls_of(run, controls))


class _Track:
    """The picture of a race. The axes are drawn anew only when the ground or the limits change."""

    def __init__(
        self,
        run: Run,
        num_steps: int,
        ground: Ground | None,
        ylabel: str,
        limits: tuple[float, float] | None,
        log: bool,
    ) -> None:
        self._run, self._num_steps, self._ground = run, num_steps, ground
        self._ylabel, self._limits, self._log = ylabel, limits, log
        self._lanes, self._stage = Kept(), Kept()

    def at(self, step: int, values: dict[str, Any]) -> Figure:
        """Return the picture after a step."""
        lanes: Mapping[str, Lane] = self._lanes.of(dict(values), lambda: self._run(**values))
        limits = self._limits or _limits(lanes, self._log)
        ground = {name: values[name] for name in _names(self._ground) if name in values}
        stage: _RaceStage = self._stage.of((ground, limits, tuple(lanes)), lambda: self._set(lanes, limits, ground))
        stage.run_to(step, lanes)
        return alt(stage, _standings(step, self._num_steps, self._ylabel, lanes))

    def _set(self, lanes: Mapping[str, Lane], limits: tuple[float, float], values: dict[str, Any]) -> _RaceStage:
        has_plane = self._ground is not None
        stage = _RaceStage((8.8 if has_plane else 6.5, 3.2))
        *planes, curves = np.atleast_1d(stage.subplots(1, 1 + has_plane))
        for plane in planes:
            self._ground(plane, **values)  # type: ignore[misc]
        curves.set(xlabel="step", ylabel=self._ylabel, xlim=(0, self._num_steps), ylim=limits)
        curves.set_yscale("log" if self._log else "linear")
        stage.enter(list(lanes), planes, curves)
        return stage


class _RaceStage(Stage):
    """The axes of a race with its racers on them."""

    def enter(self, names: list[str], planes: list[Axes], curves: Axes) -> None:
        """Put every racer on its start: a line with a mark at its head, on each of the axes."""
        self._racers: dict[str, list[list[Any]]] = {}
        for index, name in enumerate(names):
            style: Any = {"color": colour(index), "marker": MARKERS[index % len(MARKERS)], "markersize": 8}
            curves.plot([], [], label=name, **style)
            self._racers[name] = [
                [
                    self.moving(ax.plot([], [], color=colour(index), linewidth=1.6)[0]),
                    self.moving(ax.plot([], [], linestyle="none", **style)[0]),
                ]
                for ax in (*planes, curves)
            ]
        curves.legend(loc="upper left", bbox_to_anchor=(1, 1))
        self._title = self.moving(curves.set_title(" "))

    def run_to(self, step: int, lanes: Mapping[str, Lane]) -> None:
        """Move every racer to where it was after a step."""
        for name, lane in lanes.items():
            curve = np.column_stack([np.arange(len(lane.heights)), lane.heights])
            for (line, head), path in zip(self._racers[name], [*_trails(lane), curve], strict=True):
                line.set_data(*path[: step + 1].T)
                head.set_data(*path[: step + 1][-1:].T)
        self._title.set_text(f"after {step} step{'' if step == 1 else 's'}")


def _trails(lane: Lane) -> list[np.ndarray]:
    return [] if lane.trail is None else [lane.trail]


def _names(function: Callable[..., Any] | None) -> list[str]:
    return [] if function is None else list(inspect.signature(function).parameters)


def _limits(lanes: Mapping[str, Lane], log: bool) -> tuple[float, float]:
    """Return limits that hold every curve, with a little room."""
    heights = np.concatenate([lane.heights for lane in lanes.values()])
    heights = heights[np.isfinite(heights) & ((heights > 0) | (not log))]
    low, high = float(heights.min()), float(heights.max())
    return (low / 1.5, high * 1.5) if log else (low - 0.05 * (high - low), high + 0.05 * (high - low))


def _standings(step: int, num_steps: int, ylabel: str, lanes: Mapping[str, Lane]) -> str:
    """Say who is where, the best first; who fell out comes last, whatever its last height."""
    now = {name: float(lane.heights[: step + 1][-1]) for name, lane in lanes.items()}
    out = [name for name, lane in lanes.items() if len(lane.heights) <= step]
    order = sorted((name for name in lanes if name not in out), key=lambda name: now[name])
    words = [f"{name} {now[name]:.3g}" for name in order] + [f"{name} has left the track" for name in out]
    return f"A race after step {step} of {num_steps}; {ylabel}, the lowest first: {', '.join(words)}."
