"""A picture that grows: shown where somebody watches, no more often than it should be, and the last one always."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from coursekit import frontend
from coursekit.click import DescribedImage
from coursekit.preview import png_of, preview


@pytest.fixture
def shown(monkeypatch):
    """The pictures that a person would see, in order."""
    seen = []
    monkeypatch.setenv(frontend.SETTING, "1")
    monkeypatch.setattr("IPython.display.display", lambda one: None)
    monkeypatch.setattr(DescribedImage, "show", lambda self, png, alt, layer: seen.append(Image.open(BytesIO(png))))
    return seen


def grey(value):
    return torch.full((1, 3, 4, 6), value)


def test_the_first_and_the_last_are_shown_and_what_comes_too_soon_is_not(shown):
    with preview("An image", seconds=60) as show:
        for value in (0.0, 0.25, 0.5, 1.0):
            show(grey(value))
    assert [np.asarray(one).max() for one in shown] == [0, 255]


def test_all_are_shown_where_there_is_time(shown):
    with preview("An image", seconds=0) as show:
        for value in (0.0, 0.5, 1.0):
            show(grey(value))
    assert len(shown) == 3


def test_what_was_seen_stays_where_the_run_is_stopped(shown):
    def run():
        with preview("An image", seconds=60) as show:
            show(grey(0.0))
            show(grey(1.0).requires_grad_())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert np.asarray(shown[-1]).min() == 255


def test_nothing_is_shown_where_nobody_watches(shown, monkeypatch):
    monkeypatch.setenv(frontend.SETTING, "0")
    with preview("An image") as show:
        show(grey(0.5))
    assert shown == []


def test_small_images_are_shown_larger_and_values_outside_are_cut_off():
    image = torch.tensor([-1.0, 0.5, 2.0])[:, None, None].expand(3, 10, 20)
    pixels = np.asarray(Image.open(BytesIO(png_of(image))))
    assert pixels.shape == (220, 440, 3)
    assert pixels[0, 0].tolist() == [0, 128, 255]
