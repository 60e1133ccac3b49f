"""A picture on a dark page: what turns, and what keeps its colours."""

from __future__ import annotations

import itertools
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from coursekit import plots, theme, widgets
from coursekit.click import DescribedImage

CAT = np.full((60, 90, 3), 120, np.uint8)


def drawn(picture):
    """The pixels of a picture, which has been laid out by this."""
    return np.asarray(Image.open(BytesIO(plots.png_of(picture))).convert("RGB"))


def part(pixels, box):
    height, width, _ = pixels.shape
    left, top, right, bottom = box
    return pixels[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]


def test_lines_have_no_part_that_keeps_its_colours():
    picture = plots.curve([1, 2], [3, 4])
    drawn(picture)
    assert theme.photographs_in(picture) == []
    assert theme.layer_around([]) == "none"


def test_a_photograph_keeps_its_colours_and_all_of_it():
    picture = plots.show_images([CAT, CAT], ["a cat", "again"])
    pixels = drawn(picture)
    boxes = theme.photographs_in(picture)
    assert len(boxes) == 2
    assert all((part(pixels, box)[1:-1, 1:-1] == 120).all() for box in boxes)
    assert sum(part(pixels, box).size for box in boxes) >= (pixels == 120).sum() - 1000
    # Of two pixels a point they lie at the same places.
    assert theme.photographs_in(picture) == boxes


def test_what_an_image_shows_beyond_its_axes_is_not_there():
    picture, ax = plots.figure()
    ax.imshow(CAT)
    ax.set(xlim=(20, 40), ylim=(40, 20), aspect="auto")
    drawn(picture)
    (box,) = theme.photographs_in(picture)
    assert box == pytest.approx(
        (ax.get_position().x0, 1 - ax.get_position().y1, ax.get_position().x1, 1 - ax.get_position().y0)
    )


def test_a_heat_map_and_the_bar_that_explains_it_keep_theirs():
    picture, ax = plots.figure()
    picture.colorbar(ax.imshow(np.eye(4)))
    drawn(picture)
    assert len(theme.photographs_in(picture)) == 2


def test_regions_under_points_turn_with_the_points():
    x, y = plots.torch.randn(20, 2), plots.torch.arange(20) % 2
    picture = plots.decision_regions(lambda places: (places[:, 0] > 0).long(), x, y, resolution=10)
    drawn(picture)
    assert theme.photographs_in(picture) == []


def test_a_layer_covers_all_but_its_holes():
    found = re.findall(r"([\d.]+)%? ([\d.]+)%?", theme.layer_around([(0.1, 0.2, 0.5, 0.6)]))
    points = [(float(across), float(down)) for across, down in found]
    area = sum(x * v - u * y for (x, y), (u, v) in itertools.pairwise(points)) / 2
    assert area == pytest.approx(100 * 100 + 40 * 40)  # evenodd: what is gone round twice is a hole


def turned(colour):
    """What `CSS` makes of a colour in [0, 1]³, by the formulas of the Filter Effects specification."""
    turned_once = 0.93 * (1 - colour) + 0.07 * colour
    return np.clip(2 * turned_once @ [0.213, 0.715, 0.072] - turned_once, 0, 1)


def luminance(colour):
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", plots.PALETTE)
def test_each_colour_of_the_palette_stands_out_on_white_and_on_the_dark_ground(name):
    colour, white = np.array([int(name[at : at + 2], 16) / 255 for at in (1, 3, 5)]), np.ones(3)
    assert contrast(colour, white) >= 3
    assert contrast(turned(colour), turned(white)) >= 3


def test_a_widgets_picture_tells_where_its_photographs_are():
    image = widgets.explore(lambda k=1: plots.show_images([CAT] * k), k=(1, 3))._image()
    one, png = image.layer, image.value
    assert one.startswith("polygon(evenodd,0 0,100% 0,")
    explorer = widgets.explore(lambda k=1: plots.show_images([CAT] * k), k=(1, 3))
    box = explorer.box()
    explorer.controls["k"].value = 2
    (shown,) = [child for child in box.children if isinstance(child, DescribedImage)]
    assert shown.value != png
    assert shown.layer.count(",0 0") == one.count(",0 0") + 1
