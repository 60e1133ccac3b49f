"""The pieces that notebooks import: data, pictures, widgets, device."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from coursekit import data, device, frontend, plots, widgets
from coursekit.click import ClickImage

RECORD = 1 + 3 * 32 * 32


@pytest.fixture
def no_network(monkeypatch):
    """Any attempt to reach the network is an error."""

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def write_cifar10(folder: Path, per_file: int = 20) -> Path:
    """Write six small files in CIFAR-10's binary form; image n of a file is filled with the value n."""
    there = folder / data.CIFAR10_FOLDER
    there.mkdir(parents=True)
    for name in [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]:
        records = np.repeat(np.arange(per_file, dtype=np.uint8)[:, None], RECORD, axis=1)
        records[:, 0] = np.arange(per_file) % 10
        records.tofile(there / name)
    return there


# Data


def test_digits_are_all_there_once_in_three_parts():
    from sklearn.datasets import load_digits

    split = data.digits()
    everything = torch.cat([split.x_train, split.x_val, split.x_test])
    assert everything.dtype == torch.float32
    assert split.y_train.dtype == torch.int64
    assert (everything.min(), everything.max()) == (0, 1)
    expected = load_digits().data / 16
    assert sorted(map(tuple, everything.tolist())) == sorted(map(tuple, expected.tolist()))


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    assert torch.equal(data.digits(seed=3).x_test, data.digits(seed=3).x_test)
    assert not torch.equal(data.digits(seed=3).x_test, data.digits(seed=4).x_test)


def test_rows_and_images_hold_the_same_pixels():
    as_rows, as_images = data.digits(num_train=50), data.digits(num_train=50, layout="images")
    assert as_images.x_train.shape == (50, 1, 8, 8)
    assert torch.equal(as_rows.images(as_rows.x_train), as_images.x_train)


def test_an_unknown_layout_says_what_there_is():
    with pytest.raises(ValueError, match=r'layout is "rows" or "images", not .columns.'):
        data.digits(layout="columns")


def test_cifar10_is_read_from_plain_bytes(tmp_path):
    write_cifar10(tmp_path)
    split = data.cifar10(layout="images", num_train=60, num_val=40, num_test=10, folder=tmp_path)
    assert split.name == "CIFAR-10"
    assert split.x_train.shape == (60, 3, 32, 32)
    assert len(split.x_val) == 40
    filled = (split.x_train[:, 0, 0, 0] * 255).round().long()
    assert torch.equal(filled % 10, split.y_train)


def test_cifar10s_planes_are_red_green_blue_row_by_row(tmp_path):
    there = write_cifar10(tmp_path, per_file=1)
    record = np.zeros(RECORD, dtype=np.uint8)
    record[0], record[1 + 5], record[1 + 1024 + 32 * 7 + 2] = 4, 255, 51
    record.tofile(there / "test_batch.bin")
    image = data.cifar10(layout="images", num_train=3, num_val=2, num_test=1, folder=tmp_path).x_test[0]
    assert image[0, 0, 5] == 1
    assert image[1, 7, 2] == pytest.approx(0.2)
    assert image.count_nonzero() == 2


@pytest.mark.parametrize("harm", ["none there", "one missing", "cut short", "empty", "wrong label"])
def test_without_cifar10_one_sentence_and_the_digits(tmp_path, capsys, harm):
    if harm != "none there":
        file = write_cifar10(tmp_path) / "data_batch_3.bin"
        content = file.read_bytes()
        harmed = {"cut short": content[:-7], "empty": b"", "wrong label": b"\x63" + content[1:]}
        file.unlink() if harm == "one missing" else file.write_bytes(harmed[harm])
    split = data.cifar10(layout="images", folder=tmp_path)
    said = capsys.readouterr().out
    assert split.name == "digits"
    assert split.x_train.shape[1:] == (1, 8, 8)
    assert said.count("\n") == 1
    assert data.CIFAR10_COMMAND in said


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", list(data.photographs()))
def test_every_photograph_is_real_and_needs_no_network(name):
    image = data.photographs((40, 50))[name]
    assert image.dtype == np.uint8
    assert image.shape == (40, 50, 3)
    assert image.std() > 5


def test_an_unknown_photograph_says_what_there_is():
    with pytest.raises(KeyError, match="no photograph 'dog': there are cat, coffee"):
        data.photographs()["dog"]


@pytest.mark.usefixtures("no_network")
def test_faces_come_first_and_half_of_the_patches_are_faces():
    images, labels = data.faces()
    assert images.shape == (200, 1, 25, 25)
    assert labels.tolist() == [1] * 100 + [0] * 100
    # Faces look alike, and what is no face looks like none of them.
    shapes = torch.nn.functional.normalize(images.flatten(1) - images.flatten(1).mean(dim=1, keepdim=True))
    likeness = shapes @ shapes[labels == 1].mean(dim=0)
    assert likeness[labels == 1].median() > 2 * likeness[labels == 0].median()


def test_a_grid_of_patches_tiles_the_photograph():
    image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    found = data.patches(image, 2)
    assert found.shape == (12, 3, 2, 2)
    assert torch.equal(found[5], data.to_tensor(image)[:, 2:4, 2:4])


def test_a_patch_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="a patch of 9 pixels does not fit"):
        data.patches(np.zeros((8, 20, 3), dtype=np.uint8), 9)


@pytest.mark.parametrize("make", [data.blobs, data.moons, data.spirals])
def test_toy_points_follow_their_seed(make):
    x, y = make(20, seed=1)
    assert x.dtype == torch.float32
    assert x.shape == (len(y), 2)
    assert y.bincount().tolist() == [20] * (int(y.max()) + 1)
    assert torch.equal(x, make(20, seed=1)[0])
    assert not torch.equal(x, make(20, seed=2)[0])


# Pictures


def opened(picture) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(plots.png_of(picture))).convert("RGB"))


def test_a_picture_shows_itself_with_its_description():
    bundle, metadata = plots.curve([1, 2], [3, 4], alt="A line that rises.")._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == "A line that rises."


def test_at_a_front_end_the_description_is_the_images_alternative_text(monkeypatch):
    # JupyterLab shows text/html before image/png, and only there takes an alternative text.
    monkeypatch.setenv(frontend.SETTING, "1")
    bundle, _ = plots.curve([1, 2], [3, 4], alt='From "3" to <4>.')._repr_mimebundle_()
    image = '<img alt="From &quot;3&quot; to &lt;4&gt;." width="396" src="data:image/png;base64,iVBOR'
    assert bundle["text/html"].count("<img") == bundle["text/html"].count(image) == 1


def test_at_a_front_end_a_picture_has_two_pixels_a_point_and_elsewhere_one(monkeypatch):
    monkeypatch.setenv(frontend.SETTING, "1")
    picture = plots.curve([1, 2], [3, 4])
    bundle, _ = picture._repr_mimebundle_()
    sharp = b64decode(re.search(r"base64,([^\"]*)", bundle["text/html"])[1])
    assert Image.open(BytesIO(sharp)).size == (792, 504)
    assert Image.open(BytesIO(bundle["image/png"])).size == (396, 252)
    assert picture._repr_mimebundle_()[0] == bundle


def test_a_built_notebook_holds_a_picture_once(monkeypatch):
    monkeypatch.setenv(frontend.SETTING, "0")
    assert set(plots.curve([1, 2], [3, 4])._repr_mimebundle_()[0]) == {"image/png", "text/plain"}


def test_a_picture_is_72_pixels_an_inch_on_white():
    picture, _ = plots.figure(size=(3, 2))
    assert opened(picture).shape == (144, 216, 3)
    assert (opened(picture)[0, 0] == 255).all()


def test_the_same_picture_is_the_same_bytes():
    draw = lambda: plots.png_of(plots.scatter_classes(*data.moons(), ["a", "b"]))  # noqa: E731
    assert draw() == draw()


@pytest.mark.parametrize(
    "images",
    [
        torch.rand(3, 1, 4, 4),
        torch.rand(3, 3, 4, 4),
        torch.rand(3, 4, 4),
        [np.zeros((4, 4, 3), np.uint8)] * 3,
        [torch.rand(3, 4, 6), torch.rand(4, 4)],
        torch.rand(1, 3, 4, 4, requires_grad=True),
    ],
)
def test_images_of_any_usual_form_are_shown(images):
    assert opened(plots.show_images(images)).std() > 0


def test_float_images_are_shown_from_black_to_white():
    grey = opened(plots.show_images(torch.full((1, 1, 4, 4), 0.5)))
    assert np.abs(grey[len(grey) // 2, grey.shape[1] // 2].astype(int) - 128).max() <= 2


def test_decision_regions_ask_for_places_of_the_points_type():
    x, y = data.moons(10)
    asked = []
    plots.decision_regions(
        lambda places: asked.append(places) or (places[:, 0] > 0).long(), x.double(), y, resolution=7
    )
    assert asked[0].shape == (49, 2)
    assert asked[0].dtype == torch.float64


def test_decision_regions_lie_where_the_points_are():
    x, y = torch.tensor([[0.0, 0.0], [4.0, 4.0]]), torch.tensor([0, 1])
    image = opened(plots.decision_regions(lambda places: (places[:, 1] > 2).long(), x, y))
    middle, quarter = image.shape[1] // 2, image.shape[0] // 4
    above, below = image[quarter, middle].astype(int), image[3 * quarter, middle].astype(int)
    assert above[0] > above[2], "class 1 is orange"
    assert below[2] > below[0], "class 0 is blue"


# Widgets


@pytest.fixture
def watched(monkeypatch):
    """Somebody sits at the notebook."""
    monkeypatch.setenv(frontend.SETTING, "1")


def draw_level(level: float = 2, kind: str = "up"):
    return plots.curve([0, 1], [0, level if kind == "up" else -level], alt=f"{kind} to {level}")


def test_an_explorer_starts_at_the_functions_own_defaults():
    explorer = widgets.explore(draw_level, level=(1, 9), kind=["down", "up"])
    assert explorer.values == {"level": 2, "kind": "up"}


def test_without_a_front_end_an_explorer_is_its_first_picture(monkeypatch):
    monkeypatch.setenv(frontend.SETTING, "0")
    bundle, metadata = widgets.explore(draw_level, level=(1, 9))._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert metadata["image/png"]["alt"] == "up to 2"


@pytest.mark.usefixtures("watched")
def test_moving_a_slider_draws_the_picture_anew():
    explorer = widgets.explore(draw_level, level=(1, 9), kind=["up", "down"])
    assert widgets.WIDGET_VIEW in explorer._repr_mimebundle_()[0]
    image = explorer.box().children[-2]
    before = image.value
    explorer.controls["level"].value = 7
    assert image.value == explorer.png() != before


@pytest.mark.usefixtures("watched")
def test_axes_stay_where_they_are_while_a_slider_moves():
    # Tall numbers at the axis would move it, if each picture were laid out anew; that takes time, too.
    explorer = widgets.explore(lambda level=2: plots.curve([0, 1], [0, 10.0**level]), level=(1, 9))
    explorer.png()
    places = []
    explorer._draw, draw = lambda **values: places.append(draw(**values)) or places[-1], explorer._draw
    for level in (2, 5, 9):
        explorer.controls["level"].value = level
        explorer.png()
    assert len({tuple(picture.axes[0].get_position(original=True).bounds) for picture in places}) == 1


def test_a_sliders_picture_has_few_ticks_and_keeps_those_placed_by_hand():
    picture = plots.curve([1e-6, 1.0], [1, 1000], log="xy")
    picture.axes[0].set_yticks([1, 30, 1000])
    plots.lighten(picture)
    plots.png_of(picture)
    ax = picture.axes[0]
    assert len(ax.get_xticks(minor=True)) == 0
    assert "$" not in "".join(label.get_text() for label in ax.get_xticklabels())
    assert ax.get_yticks().tolist() == [1, 30, 1000]


def test_a_picture_that_was_drawn_before_is_not_drawn_again():
    drawn = []
    explorer = widgets.explore(lambda level=2: drawn.append(level) or draw_level(level), level=(1, 9))
    for level in (2, 3, 2, 3, 2):
        explorer.controls["level"].value = level
        explorer.png()
    assert drawn == [2, 3]


@pytest.mark.usefixtures("watched")
def test_an_error_while_drawing_is_shown_under_the_picture():
    explorer = widgets.explore(lambda level=2: draw_level(1 / (level - 3)), level=(1, 9))
    *_, problem = explorer.box().children
    explorer.controls["level"].value = 3
    assert "ZeroDivisionError" in problem.value
    explorer.controls["level"].value = 4
    assert problem.value == ""


def two_axes(place=(2.0, 30.0)):
    picture, (left, right) = plots.figure(1, 2)
    for ax in (left, right):
        ax.plot(*place, "o")
        ax.set(xlim=(0, 10), ylim=(100, 0))
    return picture


def test_a_click_moves_a_place_in_the_pictures_own_coordinates():
    explorer = widgets.explore(two_axes, place=widgets.click(2, 30))
    image = next(one for one in explorer.box().children if isinstance(one, ClickImage))
    before, first = image.value, image.point
    assert explorer.values == {"place": (2.0, 30.0)}
    (left, bottom, right, top), _ = explorer._frame().axes[1]
    image.point = [left + 0.4 * (right - left), 1 - (bottom + 0.25 * (top - bottom))]
    assert explorer.values["place"] == pytest.approx((4.0, 75.0))
    assert image.value != before
    image.point = [0.0, 0.0]
    assert explorer.values["place"] == pytest.approx((4.0, 75.0)), "beside the axes there is no place"
    image.point = first
    assert explorer.values["place"] == pytest.approx((2.0, 30.0))


def test_without_a_front_end_a_picture_to_click_is_its_first_picture(monkeypatch):
    monkeypatch.setenv(frontend.SETTING, "0")
    data, _ = widgets.explore(two_axes, alt="Two points.", place=widgets.click(2, 30))._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == "Two points."


@pytest.mark.usefixtures("watched")
def test_steps_have_a_player_and_a_slider():
    explorer = widgets.steps(lambda step: draw_level(step), 5)
    player, slider, *_ = explorer.box().children
    assert (player.description, slider.description, slider.min, slider.max) == ("Play", "step", 0, 4)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ((1, 5), "IntSlider"),
        ((0.0, 1.0), "FloatSlider"),
        ((0, 1, 0.1), "FloatSlider"),
        (["a", "b"], "Dropdown"),
        (True, "Checkbox"),
    ],
)
def test_each_specification_has_its_control(spec, kind):
    assert type(widgets.control("level", spec)).__name__ == kind


def test_an_unusable_specification_says_what_to_give():
    with pytest.raises(TypeError, match="the control 'level' is 'fast': give"):
        widgets.control("level", "fast")


# Device


def test_one_setting_moves_a_notebook(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert device.get_device() == torch.device("cpu")
    monkeypatch.setenv(device.SETTING, "cuda")
    assert device.get_device() == torch.device("cuda")
    assert device.get_device("cuda:1") == torch.device("cuda:1")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("prefer", ["cuda", "cuda:7", "warp", "meta"])
def test_a_missing_device_is_one_sentence_and_the_cpu(prefer, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.get_device(prefer) == torch.device("cpu")
    assert capsys.readouterr().out.strip().endswith("goes on with the CPU: slower, with the same answers.")


def test_importing_the_device_and_the_data_loads_neither_matplotlib_nor_scikit():
    code = "import sys, json, coursekit.data, coursekit.device; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert "torch" in loaded
    assert not {"matplotlib", "sklearn", "skimage", "ipywidgets"} & set(loaded)
