"""Boxes drawn over pictures lie on the edges of pixels."""

from __future__ import annotations

import numpy as np
import torch

from coursekit import outlines, plots


def test_boxes_are_drawn_on_the_edges_of_pixels():
    """imshow puts the middle of pixel 0 at 0, so its left edge lies at -0.5."""
    _, ax = plots.figure()
    ax.imshow(np.zeros((6, 9)))
    outlines.draw_boxes(ax, torch.tensor([[0.0, 1.0, 4.0, 6.0], [2.0, 0.0, 9.0, 5.0]]), ["dog", "car"], dashed=True)
    assert [min(line.get_xdata()) for line in ax.lines] == [-0.5, 1.5]
    assert [max(line.get_ydata()) for line in ax.lines] == [5.5, 4.5]
    assert [text.get_text() for text in ax.texts] == ["dog", "car"]
    outlines.draw_boxes(ax, torch.zeros(0, 4))
    assert len(ax.lines) == 2


def test_an_outline_lies_on_its_edges_above_what_it_holds():
    _, ax = plots.figure()
    ax.set(xlim=(0, 9), ylim=(6, 0))
    outlines.outline(ax, torch.tensor([1.0, 2.0, 5.0, 4.0]), "red", fill=0.5, ls="--")
    inside, edges = ax.patches
    assert [patch.get_bbox().extents.tolist() for patch in (inside, edges)] == [[1, 2, 5, 4]] * 2
    assert (inside.get_fill(), inside.get_alpha(), edges.get_fill(), edges.get_linestyle()) == (True, 0.5, False, "--")
    assert ax.get_xlim() == (0, 9)
