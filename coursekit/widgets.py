"""Pictures that answer: a drawing function with sliders, one that is clicked, one that steps through a process.

`coursekit.race` and `coursekit.graph` are made of these. Where nobody can move a slider (a terminal,
nbconvert, a printed book) the picture of the first values stands in its place.

A picture should follow a slider within 100 ms. So the axes are laid out once, for the first picture, and
stay where they are; a picture that was drawn before is not drawn again; what does not move is drawn once
(`coursekit.stage`, `coursekit.ground`); and the browser gets one PNG. A drawing function with an argument `kept`
finds there, at each of an explorer's pictures, the stage that it made for the one before.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from coursekit.frontend import described_png, has_front_end
from coursekit.ground import Ground
from coursekit.plots import lighten
from coursekit.stage import Kept, Stage
from coursekit.theme import Box, layer_around, photographs_in

KEPT_FRAMES = 200
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

Draw = Callable[..., Figure]


@dataclass(frozen=True)
class Frame:
    """A drawn picture: its PNG, and where its axes lie in it, as shares from the left and the bottom.

    Args:
        png: the file's bytes.
        axes: for the first axes and those with the same limits, the box (left, bottom, right, top) and the limits
            (left, bottom, right, top) in data coordinates.
        description: what it shows, in a sentence; "" where its author gave none.
        photographs: where it keeps its colours in a dark theme (`coursekit.theme`).
    """

    png: bytes
    axes: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]
    description: str = ""
    photographs: tuple[Box, ...] = ()

    def place_of(self, right: float, down: float) -> tuple[float, float] | None:
        """Return the data coordinates of a share of the width and the height, or None beside the axes."""
        for (x0, y0, x1, y1), (left, bottom, far, top) in self.axes:
            x, y = (right - x0) / (x1 - x0), (1 - down - y0) / (y1 - y0)
            if 0 <= x <= 1 and 0 <= y <= 1:
                return float(left + x * (far - left)), float(bottom + y * (top - bottom))
        return None

    def share_of(self, place: tuple[float, float]) -> list[float]:
        """Return the share of the width and the height at which a place lies in the first axes."""
        (x0, y0, x1, y1), (left, bottom, far, top) = self.axes[0]
        x, y = (place[0] - left) / (far - left), (place[1] - bottom) / (top - bottom)
        return [float(x0 + x * (x1 - x0)), float(1 - (y0 + y * (y1 - y0)))]


def _frame_of(picture: Figure, ground: Ground) -> Frame:
    png = picture.png() if isinstance(picture, Stage) else ground.png(picture)

    def limits(ax: Any) -> tuple[float, ...]:
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        return left, bottom, right, top

    alike = [ax for ax in picture.axes if limits(ax) == limits(picture.axes[0])]
    places = tuple((tuple(ax.get_position().extents), limits(ax)) for ax in alike)
    return Frame(png, places, getattr(picture, "description", ""), tuple(photographs_in(picture)))


class Explorer:
    """A picture with its controls. Show it as the last value of a cell.

    Args:
        draw: from the controls' values to a figure. Where it takes `kept`, it gets the explorer's own `Kept`.
        controls: by name of draw's argument, what `control` takes.
        alt: what the picture shows at its first values, in a sentence.
    """

    def __init__(self, draw: Draw, controls: dict[str, Any], alt: str = "") -> None:
        self._draw = draw
        self._alt = alt
        self._extra: list[Any] = []
        self._box: Any = None
        self._layout: list[Any] = []
        self._ground = Ground()
        self._frames: dict[Any, Frame] = {}
        self._own = {"kept": Kept()} if "kept" in inspect.signature(draw).parameters else {}
        self.controls = controls_of(draw, controls)

    @property
    def values(self) -> dict[str, Any]:
        """What the controls stand at."""
        return {name: widget.value for name, widget in self.controls.items()}

    def picture(self) -> Figure:
        """Draw the picture of the present values."""
        return self._draw(**self.values, **self._own)

    def png(self) -> bytes:
        """Return the picture of the present values as PNG bytes, from memory where it was drawn before."""
        return self._frame().png

    def _frame(self) -> Frame:
        key = tuple(self.values.values())
        try:
            if key in self._frames:
                return self._frames[key]
        except TypeError:  # a value that can't be a key, such as a list
            return self._render()
        if len(self._frames) >= KEPT_FRAMES:
            self._frames.clear()
        self._frames[key] = self._render()
        return self._frames[key]

    def _render(self) -> Frame:
        picture = lighten(self.picture())
        if len(self._layout) == len(picture.axes):
            picture.set_layout_engine("none")
            for ax, place in zip(picture.axes, self._layout, strict=True):
                ax.set_position(place, which="original")
            return _frame_of(picture, self._ground)
        frame = _frame_of(picture, self._ground)
        self._layout = [ax.get_position(original=True) for ax in picture.axes]
        return frame

    def box(self) -> Any:
        """Return the ipywidgets box of the controls, the picture and a line for errors."""
        if self._box is None:
            self._box = self._make_box()
        return self._box

    def _make_box(self) -> Any:
        import ipywidgets

        image = self._image()
        problem = ipywidgets.Label()
        # A full sweep of Python's garbage in a process with torch takes a fifth of a second, in the middle of a
        # slider's way. What has been imported by now is no garbage: leave it out of all later sweeps.
        gc.collect()
        gc.freeze()

        def redraw(_: Any) -> None:
            # An error in a callback would vanish into the server's log: show it under the picture.
            try:
                image.show(self.png(), self._words(), self._layer())
                problem.value = ""
            except Exception as error:
                problem.value = f"{type(error).__name__}: {error}"

        for widget in self.controls.values():
            widget.observe(redraw, names="value")
        shown = [one for one in self.controls.values() if isinstance(one, ipywidgets.Widget)]
        return ipywidgets.VBox([*self._extra, *shown, image, problem])

    def _words(self) -> str:
        """What the picture of the present values shows."""
        return self._frame().description or self._alt or "A picture with controls"

    def _layer(self) -> str:
        """What turns the lightness of the present picture in a dark theme."""
        return layer_around(self._frame().photographs)

    def _image(self) -> Any:
        """The picture; one whose clicks move a place, where there is one."""
        from coursekit.click import ClickImage, DescribedImage, Place

        place = next((one for one in self.controls.values() if isinstance(one, Place)), None)
        if place is None:
            return DescribedImage(value=self.png(), alt=self._words(), layer=self._layer())
        point = self._frame().share_of(place.value)
        image = ClickImage(value=self.png(), point=point, alt=self._words(), layer=self._layer())

        def move(change: Any) -> None:
            found = self._frame().place_of(*change["new"])
            if found is not None:
                place.value = found

        image.observe(move, names="point")
        return image

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        words = self._alt or self._words()
        data, metadata = described_png(self.png(), words, photographs=self._frame().photographs)
        if has_front_end():
            data[WIDGET_VIEW] = self.box()._repr_mimebundle_()[WIDGET_VIEW]
        return data, metadata


def explore(draw: Draw, *, alt: str = "", **controls: Any) -> Explorer:
    """Return a picture with a control for each named argument of `draw`.

    Args:
        draw: takes the controls' values by name, returns a figure (a light one: it is drawn anew at
            each move of a slider). The defaults of its arguments are the first values. With an argument
            `kept`, a `coursekit.stage.Kept`, it can set a stage once and move only what moves.
        alt: what the picture shows at its first values, in a sentence.
        controls: for each argument (low, high) or (low, high, step) for a slider, whole numbers or
            not; a list of values, or of (words, value), for a menu; True or False for a box to tick;
            a `click` for a place in the picture; or any ipywidgets control.

    >>> explore(lambda k=3: curve([0, 1], [0, k]), k=(1, 15)).values
    {'k': 3}
    """
    return Explorer(draw, controls, alt)


def click(x: float, y: float) -> Any:
    """Return a control that is the picture itself: a click, or the arrow keys, move the place (x, y).

    Args:
        x, y: the first place, in the data coordinates of the picture's first axes. `draw` gets it as a tuple.
            Clicks in other axes of the same limits count too.
    """
    from coursekit.click import Place

    return Place(value=(float(x), float(y)))


def steps(draw: Draw, n: int, *, alt: str = "", milliseconds: int = 500, **controls: Any) -> Explorer:
    """Return a picture of step 0 to n - 1 of a process, with a slider and a button that plays it.

    Args:
        draw: from a step, its first argument, to a figure. The argument's default is the first step shown.
        n: how many steps there are.
        alt: what the picture shows at the first step, in a sentence.
        milliseconds: how long the player stays at a step.
        controls: for draw's other arguments, as `explore` takes them.
    """
    from coursekit.player import player

    step, *_ = inspect.signature(draw).parameters
    explorer = Explorer(draw, {step: (0, n - 1), **controls}, alt)
    explorer._extra.append(player(explorer.controls[step], milliseconds))
    return explorer


def controls_of(function: Callable[..., Any], specs: dict[str, Any]) -> dict[str, Any]:
    """Return the controls of a function's arguments, each at the argument's default."""
    parameters = inspect.signature(function).parameters
    return {name: control(name, spec, _default(parameters.get(name))) for name, spec in specs.items()}


def control(name: str, spec: Any, first: Any = None) -> Any:
    """Return the ipywidgets control that a specification asks for.

    Args:
        name: its label; underscores read as spaces.
        spec: (low, high), (low, high, step), a list, a bool, a place, or a control, as `explore` takes them.
        first: the first value; None takes the lowest, or the first of a list.
    """
    import ipywidgets

    from coursekit.click import Place

    label = {"description": name.replace("_", " "), "style": {"description_width": "initial"}}
    if isinstance(spec, ipywidgets.Widget | Place):
        return spec
    if isinstance(spec, bool):
        return ipywidgets.Checkbox(value=spec if first is None else first, **label)
    if isinstance(spec, tuple):
        return _slider(spec, first, label)
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        return ipywidgets.Dropdown(options=list(spec), **({} if first is None else {"value": first}), **label)
    raise TypeError(f"the control {name!r} is {spec!r}: give (low, high), a list, True, False or a widget")


def _slider(spec: tuple[float, ...], first: float | None, label: dict[str, Any]) -> Any:
    import ipywidgets

    low, high, *step = spec
    whole = all(isinstance(bound, int) for bound in spec)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    size = step[0] if step else (1 if whole else (high - low) / 100)
    return kind(value=low if first is None else first, min=low, max=high, step=size, **label)


def _default(parameter: inspect.Parameter | None) -> Any:
    missing = parameter is None or parameter.default is inspect.Parameter.empty
    return None if missing else parameter.default  # type: ignore[union-attr]
