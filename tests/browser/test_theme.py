"""Pictures in JupyterLab's light and dark themes, in a window of 900 points on a screen of two pixels a point."""

from __future__ import annotations

import io

import nbformat
import numpy as np
import pytest
from conftest import PATIENCE
from PIL import Image
from playwright.sync_api import expect
from seat import Seat

CELLS = {
    "lines": "from coursekit import plots\n"
    "lines = {name: [index, index + 1] for index, name in enumerate('abcdefgh')}\n"
    "plots.curve([0, 1], lines, xlabel='step', ylabel='loss', alt='Eight lines that rise.')",
    "cat": "from coursekit.data import photographs\n"
    "plots.show_images([photographs()['cat']], ['a cat'], side=5, alt='A cat.')",
    "wide": "plots.figure(1, 4)[0]",
    "slider": "from coursekit.widgets import explore\n"
    "cat = photographs(size=(60, 90))['cat']\n"
    "explore(lambda k=3: plots.show_images([cat] * k, ['a cat'] * k, alt='Cats.'), k=(1, 5))",
}
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


@pytest.fixture(scope="module")
def pictures(browser, serve, tmp_path_factory, artefacts):
    """What is seen of each cell's picture in each theme, as pixels; and the elements, in the dark theme."""
    top = tmp_path_factory.mktemp("theme")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS.values()])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, top / "theme.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 1400}, device_scale_factor=2)
    page.set_default_timeout(PATIENCE)
    seat = Seat(page, artefacts)
    seat.open(serve(top).url("lab/tree/theme.ipynb"))
    page.keyboard.press("Control+b")  # the folder's list, which takes a third of the window
    page.set_viewport_size({"width": 900, "height": 1400})
    frames = {name: seat.run(text.splitlines()[-1]).locator(".ks-picture").last for name, text in CELLS.items()}
    seen = {}
    for theme in (LIGHT, DARK):
        if theme == DARK:
            seat.theme(DARK)
        for name, frame in frames.items():
            frame.scroll_into_view_if_needed()
            expect(frame.locator("img")).to_be_visible()
            shot = frame.screenshot(path=artefacts / f"theme-{name}-{theme.split()[1].lower()}.png")
            seen[name, theme] = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))
    yield frames, seen
    page.close()


def luminance(pixels):
    """Of sRGB pixels, as WCAG 2.2 has it."""
    part = pixels / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted((float(luminance(np.array(one))), float(luminance(np.array(other)))))
    return (high + 0.05) / (low + 0.05)


def colours(pixels):
    """The colours that fill the most pixels, the ground first."""
    found, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    return [tuple(map(int, found[one])) for one in np.argsort(-counts) if counts[one] > 300]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_lines_and_words_stand_out_from_their_ground(pictures, theme):
    ground, *drawn = colours(pictures[1]["lines", theme])
    apart = [contrast(one, ground) for one in drawn if contrast(one, ground) > 1.2]  # a blur of the ground is ground
    assert len(apart) >= 8
    assert min(apart) >= 3
    bottom = pictures[1]["lines", theme][-40:].reshape(-1, 3)  # the name of the axis
    assert max(contrast(one, ground) for one in np.unique(bottom, axis=0)) >= 4.5


def test_a_picture_turns_dark_with_the_theme_and_nothing_is_run(pictures):
    assert luminance(np.array(colours(pictures[1]["lines", LIGHT])[0])) > 0.9
    assert luminance(np.array(colours(pictures[1]["lines", DARK])[0])) < 0.05


@pytest.mark.parametrize("name", ["cat", "slider"])
def test_a_photograph_keeps_its_colours_and_its_title_does_not(pictures, name):
    light, dark = (pictures[1][name, theme].astype(int) for theme in (LIGHT, DARK))
    same = (abs(light - dark) <= 2).all(axis=-1)
    rows = same.mean(axis=1)
    assert np.median(rows) > 0.9  # what lies between two photographs is turned
    assert not same[:8].any()


def test_a_picture_has_a_pixel_for_each_of_the_screens_and_fits_the_window(pictures):
    picture = pictures[0]["lines"].locator("img")
    assert picture.evaluate("one => one.naturalWidth / one.width") == 2
    assert pictures[0]["wide"].locator("img").evaluate("one => one.getBoundingClientRect().right") <= 900


def test_a_picture_has_one_description(pictures):
    for name, said in (("lines", "Eight lines that rise."), ("cat", "A cat.")):
        assert pictures[0][name].get_by_role("img").count() == 1
        expect(pictures[0][name].get_by_role("img")).to_have_accessible_name(said)
