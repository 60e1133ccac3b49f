"""The shapes data set: what is said of an image is what is drawn."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from coursekit.shapes import (
    CLASS_NAMES,
    COLOUR_NAMES,
    COLOURS,
    DIAGONAL,
    OUTLINES,
    SHAPE_NAMES,
    Shapes,
    shapes,
)

AREAS = {
    "circle": math.pi,
    "square": 2.0,
    "triangle": 3 * math.sqrt(3) / 4,
    "star": 5 * 0.45 * math.sin(math.pi / 5),
    "cross": 8 * 0.32 * math.sqrt(1 - 0.32**2) - 4 * 0.32**2,
}


@pytest.fixture(scope="module")
def single() -> Shapes:
    return shapes(400, seed=5)


@pytest.fixture(scope="module")
def several() -> Shapes:
    return shapes(60, size=64, objects=(1, 3), seed=6)


def on_a_grid(name: str) -> tuple[torch.Tensor, float]:
    """Return the distances of a fine grid around a shape, and the area of one of its cells."""
    line = torch.linspace(-1.2, 1.2, 961, dtype=torch.float64)
    y, x = torch.meshgrid(line, line, indexing="ij")
    return OUTLINES[name](x, y), float(line[1] - line[0]) ** 2


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_an_outline_has_the_area_of_its_formula_and_reaches_one_radius_far(name: str) -> None:
    distance, cell = on_a_grid(name)
    assert (distance < 0).sum().item() * cell == pytest.approx(AREAS[name], rel=0.01)
    line = torch.linspace(-1.2, 1.2, 961, dtype=torch.float64)
    farthest = torch.hypot(line[:, None], line[None])[distance < 0].max().item()
    assert farthest == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_the_edge_is_one_pixel_wide_in_every_direction(name: str) -> None:
    distance, cell = on_a_grid(name)
    slopes = torch.hypot(*torch.gradient(distance))[distance.abs() < 0.02] / math.sqrt(cell)
    assert slopes.median().item() == pytest.approx(1, abs=0.01)


def test_the_images_are_colours_from_0_to_1(single: Shapes) -> None:
    assert single.images.shape == (400, 3, 32, 32)
    assert single.images.dtype == torch.float32
    assert single.images.min() >= 0
    assert single.images.max() <= 1


def test_every_class_comes_about_as_often(single: Shapes) -> None:
    counts = torch.bincount(shapes(3000).y, minlength=30)
    assert len(CLASS_NAMES) == 30
    assert counts.min() > 60
    assert counts.max() < 140
    first = single.y[0]
    assert CLASS_NAMES[first] == f"{COLOUR_NAMES[single.colour[0, 0]]} {SHAPE_NAMES[single.shape[0, 0]]}"


def test_an_object_has_the_colour_that_it_is_said_to_have(single: Shapes) -> None:
    palette = torch.tensor(list(COLOURS.values()))
    for image, instances, colour in zip(single.images, single.instances, single.colour[:, 0], strict=True):
        mean = image[:, instances == 1].mean(dim=1)
        assert torch.cosine_similarity(mean[None], palette).argmax() == colour


def test_a_box_is_the_smallest_around_what_is_seen_of_a_single_object(single: Shapes) -> None:
    for instances, box in zip(single.instances.numpy(), single.boxes[:, 0].tolist(), strict=True):
        rows, cols = np.nonzero(instances)
        assert box == [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]


def test_the_centre_of_a_circle_is_that_of_its_box(single: Shapes) -> None:
    circles = single.shape[:, 0] == SHAPE_NAMES.index("circle")
    boxes = single.boxes[circles, 0]
    torch.testing.assert_close(single.centres[circles, 0], (boxes[:, :2] + boxes[:, 2:]) / 2, rtol=0, atol=0.75)


def test_objects_are_counted_whole_and_hardly_covered(several: Shapes) -> None:
    here = several.shape >= 0
    assert set(here.sum(dim=1).tolist()) == {1, 2, 3}
    assert (several.boxes[~here] == 0).all()
    assert torch.equal(here, several.colour >= 0)
    for image in range(len(several)):
        for k in range(int(here[image].sum())):
            seen = (several.instances[image] == k + 1).sum().item()
            left, top, right, bottom = several.boxes[image, k].tolist()
            assert seen > 0.15 * (right - left) * (bottom - top)


def test_what_is_seen_at_a_pixel_is_the_shape_of_its_object(several: Shapes) -> None:
    found = several.semantic()
    for image in range(len(several)):
        assert (found[image][several.instances[image] == 0] == 0).all()
        for k in range(int((several.shape[image] >= 0).sum())):
            assert (found[image][several.instances[image] == k + 1] == several.shape[image, k] + 1).all()


def test_a_caption_names_the_left_or_the_upper_object_first() -> None:
    pairs = shapes(80, size=64, objects=(2, 2), seed=7)
    for image, caption in enumerate(pairs.captions()):
        found = re.fullmatch(r"a (\w+) (\w+) (left of|above) a (\w+) (\w+)", caption)
        assert found is not None
        first, second = found.group(1, 2), found.group(4, 5)
        told = [
            (COLOUR_NAMES[colour], SHAPE_NAMES[shape])
            for colour, shape in zip(pairs.colour[image], pairs.shape[image], strict=True)
        ]
        assert {first, second} == set(told)
        if first != second:
            across, down = (pairs.centres[image, told.index(second)] - pairs.centres[image, told.index(first)]).tolist()
            apart, other = (across, down) if found.group(3) == "left of" else (down, across)
            assert apart > abs(other) + DIAGONAL


def test_one_object_has_a_name_and_three_are_listed_from_left_to_right(several: Shapes) -> None:
    captions = several.captions()
    counts = (several.shape >= 0).sum(dim=1).tolist()
    assert re.fullmatch(r"a \w+ \w+", captions[counts.index(1)])
    image = counts.index(3)
    order = several.centres[image, :, 0].argsort().tolist()
    names = [f"a {COLOUR_NAMES[several.colour[image, k]]} {SHAPE_NAMES[several.shape[image, k]]}" for k in order]
    assert captions[image] == f"{names[0]}, {names[1]} and {names[2]}"


def test_a_seed_gives_the_same_images_again_and_another_seed_others() -> None:
    first, again, other = shapes(5, seed=1), shapes(5, seed=1), shapes(5, seed=2)
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    state = torch.get_rng_state()
    shapes(2)
    assert torch.equal(state, torch.get_rng_state())


def test_no_images_are_an_answer_too() -> None:
    none = shapes(0)
    assert none.images.shape == (0, 3, 32, 32)
    assert none.captions() == []
    assert none.y.shape == (0,)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"objects": (0, 1)}, "at least 1 and the fewest first"),
        ({"objects": (3, 1)}, "at least 1 and the fewest first"),
        ({"radius": (7, 16)}, "below half the size, 16"),
        ({"radius": (9, 8)}, "the smaller first"),
        ({"objects": (9, 9)}, "9 objects of radius up to 1"),
    ],
)
def test_what_does_not_fit_is_said(asked: dict[str, tuple[int, int]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        shapes(3, **asked)
