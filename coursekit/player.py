"""A button that walks a slider to its end, a step at a time.

ipywidgets' own Play has three buttons without a name, which a screen reader can't tell apart, and it sends
the next step whether or not the picture of the last one has come. This one has a word on it, and waits.
"""

from __future__ import annotations

import asyncio
from typing import Any


def player(slider: Any, milliseconds: int) -> Any:
    """Return a button, Play or Pause, that moves a slider of whole numbers on; from its end it begins anew.

    Args:
        slider: has value, min and max.
        milliseconds: how long it stays at a step.
    """
    import ipywidgets

    button = ipywidgets.ToggleButton(description="Play", icon="play", tooltip="Play the steps one after another")
    walks: list[asyncio.Task[None]] = []

    def pressed(change: Any) -> None:
        is_playing = change["new"]
        button.description, button.icon = ("Pause", "pause") if is_playing else ("Play", "play")
        while walks:
            walks.pop().cancel()
        if is_playing:
            walks.append(asyncio.get_running_loop().create_task(walk()))

    async def walk() -> None:
        if slider.value >= slider.max:
            slider.value = slider.min
        while slider.value < slider.max:
            await asyncio.sleep(milliseconds / 1000)
            slider.value += 1
        walks.clear()  # it ends by itself, so there is nothing to cancel
        button.value = False

    button.observe(pressed, names="value")
    return button
