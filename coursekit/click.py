"""Pictures in the browser: one that carries its description, and one that tells where it was clicked.

ipywidgets' own Image has no alternative text and tells nothing of the mouse. anywidget carries a widget's
JavaScript, the few lines below, to every front end (JupyterLab, VS Code, Colab) without a build step.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from coursekit.theme import CSS

_SHOW = """
function shown({ model, el }, more) {
  const [frame, image, turned] = ["div", "img", "div"].map((kind) => document.createElement(kind));
  frame.className = "ks-picture";
  turned.className = "ks-turned";
  const show = () => {
    const before = image.src;
    image.alt = model.get("alt") + more;
    turned.style.clipPath = model.get("layer");
    image.src = URL.createObjectURL(new Blob([model.get("value")], { type: "image/png" }));
    if (before) URL.revokeObjectURL(before);
  };
  model.on("change:value", show);
  show();
  frame.append(image, turned);
  el.append(frame);
  new ResizeObserver(() => nameSliders(el)).observe(image);  // once it is on the page, among its controls
  return image;
}

// ipywidgets puts a slider's label beside it and not on its handle: to a screen reader it has no name.
function nameSliders(el) {
  for (const one of el.closest(".widget-vbox")?.querySelectorAll(".widget-slider") ?? []) {
    const label = one.querySelector(".widget-label")?.textContent;
    one.querySelector("[role=slider]")?.setAttribute("aria-label", label);
  }
}
"""
_DESCRIBED = _SHOW + 'export default { render: (all) => { shown(all, ""); } };'
_CLICKED = (
    _SHOW
    + """
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const inside = (one) => Math.min(1, Math.max(0, one));

function render(all) {
  const { model } = all;
  const image = shown(all, " Click a place, or move it with the arrow keys.");
  image.tabIndex = 0;
  image.style.cursor = "crosshair";
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
}

export default { render };
"""
)


class DescribedImage(anywidget.AnyWidget):
    """An image with its description. Set all at once: `image.show(png, alt, layer)`.

    Traits:
        value: the picture, PNG bytes.
        alt: what the picture shows.
        layer: the `clip-path` of what turns its lightness in a dark theme (`coursekit.theme`).
    """

    _esm = _DESCRIBED
    _css = CSS
    value = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    layer = traitlets.Unicode("none").tag(sync=True)

    def show(self, png: bytes, alt: str, layer: str = "none") -> None:
        """Change the picture, its description and its layer in one message to the browser."""
        with self.hold_sync():
            self.alt, self.layer, self.value = alt, layer, png


class ClickImage(DescribedImage):
    """An image that can be clicked, or steered with the arrow keys.

    Traits:
        point: the last place, as shares of the width and the height, from the left and the top.
    """

    _esm = _CLICKED
    point = traitlets.List(traitlets.Float(), [0.5, 0.5]).tag(sync=True)


class Place(traitlets.HasTraits):
    """A place in a picture's own coordinates, with `value` as the other controls have it."""

    value: Any = traitlets.Tuple(traitlets.Float(), traitlets.Float())
