"""Pictures of the notebook project_caption."""

from __future__ import annotations

from matplotlib.figure import Figure

from coursekit.plots import alt, figure


def overview() -> Figure:
    """TODO return the picture of what will stand at the end, computed from what it shows."""
    heights = [step**2 for step in range(5)]
    picture, axes = figure()
    axes.plot(heights)
    axes.set(xlabel="TODO", ylabel="TODO")
    return alt(picture, f"TODO what is seen; the last value is {heights[-1]}.")
