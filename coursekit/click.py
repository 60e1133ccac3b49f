"""A picture that tells where it was clicked: the browser's half is the few lines of JavaScript below.

ipywidgets' own Image tells nothing of the mouse. anywidget carries a widget's JavaScript to every front end
(JupyterLab, VS Code, Colab) without a build step.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

_JAVASCRIPT = """
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const inside = (one) => Math.min(1, Math.max(0, one));

function render({ model, el }) {
  const image = document.createElement("img");
  image.tabIndex = 0;
  image.style.cssText = "cursor: crosshair; max-width: 100%;";
  const show = () => {
    const before = image.src;
    image.src = URL.createObjectURL(new Blob([model.get("value")], { type: "image/png" }));
    image.alt = model.get("alt") + " Click a place, or move it with the arrow keys.";
    if (before) URL.revokeObjectURL(before);
  };
  const tell = (x, y) => {
    model.set("point", [inside(x), inside(y)]);
    model.save_changes();
  };
  image.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    tell((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
  image.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move) return;
    // JupyterLab would take the arrow for a walk through the cells.
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = model.get("point");
    tell(x + 0.02 * move[0], y + 0.02 * move[1]);
  });
  model.on("change:value", show);
  show();
  el.append(image);
}

export default { render };
"""


class ClickImage(anywidget.AnyWidget):
    """An image that can be clicked, or steered with the arrow keys.

    Traits:
        value: the picture, PNG bytes.
        point: the last place, as shares of the width and the height, from the left and the top.
        alt: what the picture shows.
    """

    _esm = _JAVASCRIPT
    value = traitlets.Bytes().tag(sync=True)
    point = traitlets.List(traitlets.Float(), [0.5, 0.5]).tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)


class Place(traitlets.HasTraits):
    """A place in a picture's own coordinates, with `value` as the other controls have it."""

    value: Any = traitlets.Tuple(traitlets.Float(), traitlets.Float())
