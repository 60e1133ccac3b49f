"""Checks of YOLO's versions 4 and 5: a stage, two decodings, two matchings, a loss over grids, and Focus."""

import pytest
import torch
import torch.nn.functional as F

from autograder.authoring import (
    assert_close,
    assert_equal,
    assert_parts,
    case,
    contract,
    exercise,
    modules,
    rand,
    randn,
    use_module,
)

DOUBLE = torch.float64


def double(*numbers):
    """Numbers as a tensor in double."""
    return torch.tensor(numbers, dtype=DOUBLE)


# CSPBlock

modules(
    "CSPBlock",
    {
        "no residual block": {"none": case([3, 4, 0], x=(2, 3, 4, 6))},
        "one residual block": {"one": case([3, 4, 1], x=(2, 3, 4, 6), other=(1, 3, 6, 4))},
        "two residual blocks": {"two": case([2, 6, 2], x=(1, 2, 6, 4))},
        "odd sides": {"rounded up": case([2, 4, 1], x=(1, 2, 5, 7))},
        "of its real size": case([64, 128, 2], large=True),
    },
    training=["one"],
    gradients=["two"],
    apart=["one"],
    rounded=True,
    sums=True,
    costs={"names": 1.0, "gradients": 0.5, "apart": 0.25},
)

contract(
    "CSPBlock",
    use=use_module,
    inputs=lambda rng, N=2, C=3, H=4, W=6, dtype=DOUBLE: (
        "CSPBlock",
        [C, 4, 1],
        {},
        randn(rng, N, C, H, W, dtype=dtype),
    ),
    square=dict.fromkeys("NCHW", 4),
    one="NCHW",
)  # fmt: skip


# yolo_v4_decode

SIDES = ((20.0, 8.0), (6.0, 30.0))


def assert_v4(student, reference, *args, **settings):
    assert_close(student.yolo_v4_decode(*args, **settings), reference.yolo_v4_decode(*args, **settings))


@exercise("yolo_v4_decode")
def test_zeros_give_the_anchor_in_the_middle_of_its_cell(student, reference):
    """One cell, one anchor, zeros: a box around the cell's middle, in pixels."""
    assert_v4(student, reference, torch.zeros(1, 1, 1, 1, 4, dtype=DOUBLE), double(SIDES[0]), 16.0)


@exercise("yolo_v4_decode")
def test_cells_lie_a_stride_apart(student, reference):
    """Two rows and three columns of zeros: rows go down, columns go right."""
    assert_v4(student, reference, torch.zeros(1, 1, 2, 3, 4, dtype=DOUBLE), double(SIDES[0]), 10.0)


@exercise("yolo_v4_decode")
def test_each_anchor_has_its_own_sides(student, reference):
    """Two anchors in one cell, zeros."""
    assert_v4(student, reference, torch.zeros(1, 2, 1, 1, 4, dtype=DOUBLE), double(*SIDES), 16.0)


@exercise("yolo_v4_decode")
def test_the_border_by_hand(student, reference):
    """With scale 1.2, tx = -ln 11 is the left border of the cell and ty = ln 11 the lower one."""
    t = torch.zeros(1, 1, 3, 4, 4, dtype=DOUBLE)
    t[..., 0], t[..., 1] = -(double(11.0).log()), double(11.0).log()
    assert_v4(student, reference, t, double(SIDES[0]), 16.0, scale=1.2)


@exercise("yolo_v4_decode")
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_other_scales(student, reference, scale):
    """Only the centre is scaled: shifts of 2 and -3 with three scales."""
    t = double(2.0, -3.0, 0.0, 0.0).reshape(1, 1, 1, 1, 4)
    assert_v4(student, reference, t, double(SIDES[0]), 16.0, scale=scale)


@exercise("yolo_v4_decode")
def test_the_scale_is_slightly_above_one(student, reference):
    """Where no scale is given it is 1.05."""
    t = double(2.0, -3.0, 0.0, 0.0).reshape(1, 1, 1, 1, 4)
    assert_v4(student, reference, t, double(SIDES[0]), 16.0)


@exercise("yolo_v4_decode")
def test_sides_grow_exponentially(student, reference):
    """Sides of 1, -1 and 6, without a limit."""
    t = double((0.0, 0.0, 1.0, -1.0), (0.0, 0.0, 6.0, 0.5)).reshape(2, 1, 1, 1, 4)
    assert_v4(student, reference, t, double(SIDES[0]), 16.0)


@exercise("yolo_v4_decode")
def test_random_numbers_of_a_batch(student, reference, rng):
    """Two images, two anchors, 3 × 5 cells, a stride of 7.5."""
    assert_v4(student, reference, randn(rng, 2, 2, 3, 5, 4, dtype=DOUBLE), double(*SIDES), 7.5, scale=1.1)


@exercise("yolo_v4_decode", costs=0.25)
def test_no_images_have_no_boxes(student, reference):
    """An empty batch keeps its other sizes."""
    assert_v4(student, reference, torch.zeros(0, 2, 3, 5, 4, dtype=DOUBLE), double(*SIDES), 8.0)


contract(
    "yolo_v4_decode",
    inputs=lambda rng, N=2, A=3, H=5, W=6, dtype=DOUBLE: (
        randn(rng, N, A, H, W, 4, dtype=dtype),
        rand(rng, A, 2, dtype=dtype) * 20 + 4,
        8.0,
    ),
    settings={"scale": 1.5},
    square={"N": 4, "A": 4, "H": 4, "W": 4},
    one="NAHW",
    all_at_once="NAHW",
)


# yolo_v5_decode


def assert_v5(student, reference, *args):
    came, expected = student.yolo_v5_decode(*args), reference.yolo_v5_decode(*args)
    assert_parts(came, expected, "boxes", "scores")


def raw_of(*numbers, num_anchors=1, size=(1, 1)):
    """Raw answers that are the same in every cell."""
    return double(*numbers).reshape(1, -1, 1, 1).repeat(1, num_anchors, *size)


@exercise("yolo_v5_decode")
def test_zeros_give_the_anchor_and_a_quarter(student, reference):
    """One cell, zeros: the anchor in the middle; half of a half as score."""
    assert_v5(student, reference, raw_of(0.0, 0.0, 0.0, 0.0, 0.0, 0.0), double(SIDES[0]), 16.0)


@exercise("yolo_v5_decode")
def test_a_centre_may_leave_its_cell(student, reference):
    """Shifts of 40 and -40: half a cell out to the right and above."""
    assert_v5(student, reference, raw_of(40.0, -40.0, 0.0, 0.0, 0.0, 0.0), double(SIDES[0]), 16.0)


@exercise("yolo_v5_decode")
def test_sides_end_at_four_times_the_anchor(student, reference):
    """Sides of 40 and -2: four times as wide, and less high."""
    assert_v5(student, reference, raw_of(0.0, 0.0, 40.0, -2.0, 0.0, 0.0), double(SIDES[0]), 16.0)


@exercise("yolo_v5_decode")
def test_scores_are_products(student, reference):
    """Objectness 1, classes -2, 0.5 and 3."""
    assert_v5(student, reference, raw_of(0.0, 0.0, 0.0, 0.0, 1.0, -2.0, 0.5, 3.0), double(SIDES[0]), 16.0)


@exercise("yolo_v5_decode")
def test_cells_come_row_by_row(student, reference):
    """Two rows and three columns of zeros."""
    assert_v5(student, reference, raw_of(*[0.0] * 6, size=(2, 3)), double(SIDES[0]), 10.0)


@exercise("yolo_v5_decode")
def test_channels_are_anchor_after_anchor(student, reference, rng):
    """Two anchors with two classes in one cell."""
    assert_v5(student, reference, randn(rng, 1, 14, 1, 1, dtype=DOUBLE), double(*SIDES), 16.0)


@exercise("yolo_v5_decode")
def test_anchors_come_one_after_the_other(student, reference):
    """Two anchors on two rows and three columns: all places of the first one come first."""
    assert_v5(student, reference, raw_of(*[0.0] * 6, num_anchors=2, size=(2, 3)), double(*SIDES), 10.0)


@exercise("yolo_v5_decode")
def test_a_batch_of_random_answers(student, reference, rng):
    """Two images, two anchors, three classes, 2 × 4 cells, a stride of 7.5."""
    assert_v5(student, reference, randn(rng, 2, 16, 2, 4, dtype=DOUBLE), double(*SIDES), 7.5)


@exercise("yolo_v5_decode")
def test_small_scores_stay_as_they_are(student, reference):
    """Objectness -9, classes 3 and -7: nothing is sorted out."""
    assert_v5(student, reference, raw_of(0.0, 0.0, 0.0, 0.0, -9.0, 3.0, -7.0), double(SIDES[0]), 16.0)


contract(
    "yolo_v5_decode",
    inputs=lambda rng, N=2, A=3, C=4, H=5, W=6, dtype=DOUBLE: (
        randn(rng, N, A * (5 + C), H, W, dtype=dtype),
        rand(rng, A, 2, dtype=dtype) * 20 + 4,
        8.0,
    ),
    square={"N": 2, "A": 2, "C": 2, "H": 2, "W": 2},
    one="NACHW",
    all_at_once="NHW",
)


# yolo_v4_match and yolo_v5_match

GRIDS, STRIDES = [(4, 6), (2, 3)], [8.0, 16.0]  # an image of 32 rows and 48 columns
ANCHORS = (((8.0, 8.0), (16.0, 8.0)), ((8.0, 24.0), (32.0, 24.0)))


def around(x, y, w, h):
    """A box of that centre, width and height."""
    return (x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def ask(student, reference, name, *boxes, anchors=ANCHORS, grids=GRIDS, strides=STRIDES, **settings):
    """Compare both sides' tables for these boxes."""
    args = (torch.tensor(boxes, dtype=DOUBLE).reshape(-1, 4), double(*anchors), grids, strides)
    assert_equal(getattr(student, name)(*args, **settings), getattr(reference, name)(*args, **settings))


ONE = (((8.0, 8.0),),)  # a single anchor on a single grid
ONE_GRID = {"anchors": ONE, "grids": [(4, 6)], "strides": [8.0]}


@exercise("yolo_v4_match")
def test_one_object_one_anchor(student, reference):
    """The cell that holds the centre: row and column."""
    ask(student, reference, "yolo_v4_match", around(29.0, 12.0, 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v4_match")
def test_the_anchors_by_hand(student, reference):
    """An object of 20 × 10 and anchors of IoU 0.5, 0.5 and 0.69, with four thresholds."""
    anchors = (((10.0, 10.0), (40.0, 10.0), (16.0, 12.0)),)
    for threshold in (0.4, 0.6, 0.9, 1.0):
        ask(student, reference, "yolo_v4_match", around(30.0, 12.0, 20.0, 10.0), anchors=anchors, grids=[(4, 6)],
            strides=[8.0], threshold=threshold)  # fmt: skip


@exercise("yolo_v4_match")
def test_an_iou_of_exactly_the_threshold(student, reference):
    """IoUs of 0.5, 0.5 and 0.69 with a threshold of 0.5: above, and not as large."""
    anchors = (((10.0, 10.0), (40.0, 10.0), (16.0, 12.0)),)
    ask(student, reference, "yolo_v4_match", around(30.0, 12.0, 20.0, 10.0), anchors=anchors, grids=[(4, 6)],
        strides=[8.0], threshold=0.5)  # fmt: skip


@exercise("yolo_v4_match")
def test_several_anchors_on_both_grids(student, reference):
    """An object of 14 × 10: anchors of both grids are above the threshold."""
    ask(student, reference, "yolo_v4_match", around(29.0, 13.0, 14.0, 10.0))


@exercise("yolo_v4_match")
def test_the_best_one_counts_below_the_threshold(student, reference):
    """A long thin object: no IoU is above the threshold, and the best one of all grids takes part."""
    ask(student, reference, "yolo_v4_match", around(20.0, 20.0, 40.0, 2.0), around(20.0, 20.0, 2.0, 30.0))


@exercise("yolo_v4_match")
def test_equally_good_anchors(student, reference):
    """Three anchors alike, on two grids, and nothing above a threshold of 1: the first one."""
    anchors = (((20.0, 5.0), (8.0, 16.0)), ((16.0, 8.0), (8.0, 16.0)))
    ask(student, reference, "yolo_v4_match", around(20.0, 20.0, 12.0, 12.0), anchors=anchors, threshold=1.0)


@exercise("yolo_v4_match")
def test_a_centre_on_a_border(student, reference):
    """On the border of two columns, of two rows, of both: the right and the lower cell."""
    for x, y in ((16.0, 13.0), (13.0, 16.0), (16.0, 16.0), (0.0, 0.0)):
        ask(student, reference, "yolo_v4_match", around(x, y, 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v4_match")
def test_objects_that_reach_out_of_the_image(student, reference):
    """Centres near each edge, parts outside; and one that is larger than the image. Boxes are not cut."""
    boxes = [around(2.0, 3.0, 16.0, 8.0), around(47.0, 31.0, 14.0, 10.0), around(24.5, 15.5, 300.0, 100.0)]
    ask(student, reference, "yolo_v4_match", *boxes)


@exercise("yolo_v4_match")
@pytest.mark.parametrize("place", [(-1.0, 12.0), (12.0, -1.0), (48.0, 12.0), (12.0, 32.0)])
def test_a_centre_outside_has_no_cell(student, reference, place):
    """Left of the image, above it, and on its right and lower edge."""
    ask(student, reference, "yolo_v4_match", around(*place, 8.0, 8.0), around(20.0, 20.0, 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v4_match")
def test_a_grid_that_does_not_cover_the_image(student, reference):
    """The best anchor's grid ends before the centre: no other place gets the object for it."""
    ask(student, reference, "yolo_v4_match", around(45.0, 28.0, 8.0, 8.0), grids=[(3, 5), (2, 3)], threshold=0.3)


@exercise("yolo_v4_match")
def test_the_best_anchor_s_grid_ends_before_the_centre(student, reference):
    """No other anchor is above the threshold: nobody learns the object, and the next one keeps its number."""
    boxes = [around(45.0, 28.0, 8.0, 8.0), around(20.0, 12.0, 8.0, 8.0)]
    ask(student, reference, "yolo_v4_match", *boxes, grids=[(3, 5), (2, 3)], threshold=0.9)


@exercise("yolo_v4_match")
def test_strides_are_no_whole_numbers(student, reference):
    """Strides of 7.5 and 15, a centre at (29, 24)."""
    ask(student, reference, "yolo_v4_match", around(29.0, 24.0, 14.0, 10.0), strides=[7.5, 15.0])


@exercise("yolo_v4_match")
def test_two_objects_in_one_cell(student, reference):
    """Both keep their rows, the first object's first."""
    ask(student, reference, "yolo_v4_match", around(29.0, 13.0, 15.0, 9.0), around(27.0, 12.0, 14.0, 8.0))


@exercise("yolo_v4_match")
def test_rows_come_object_by_object(student, reference):
    """Three objects in an order of their own; within one by grid, then by anchor."""
    boxes = [around(40.0, 28.0, 12.0, 10.0), around(4.0, 4.0, 24.0, 20.0), around(20.0, 12.0, 8.0, 8.0)]
    ask(student, reference, "yolo_v4_match", *boxes, threshold=0.1)


@exercise("yolo_v4_match", costs=0.25)
def test_no_objects_match_nothing(student, reference):
    """No boxes: (0, 5) of int64; also where none has a width and a height."""
    ask(student, reference, "yolo_v4_match")
    ask(student, reference, "yolo_v4_match", (9.0, 9.0, 9.0, 9.0))


@exercise("yolo_v4_match", costs=0.25)
def test_objects_without_width_or_height(student, reference):
    """They match nothing, and an object behind them keeps its number."""
    boxes = [(9.0, 4.0, 9.0, 20.0), (4.0, 9.0, 20.0, 9.0), around(20.0, 12.0, 8.0, 8.0)]
    ask(student, reference, "yolo_v4_match", *boxes)


def use_v4(ns, boxes, anchors, **settings):
    """Match on two grids."""
    return ns.yolo_v4_match(boxes, anchors, [(4, 6), (2, 3)], [8.0, 16.0], **settings)


def use_v5(ns, boxes, anchors, **settings):
    """Match on two grids."""
    return ns.yolo_v5_match(boxes, anchors, [(4, 6), (2, 3)], [8.0, 16.0], **settings)


def match_inputs(rng, N=3, A=2, dtype=DOUBLE):
    """Set boxes and anchors, so that no verdict depends on the seed."""
    k = torch.arange(N).to(dtype)
    corner = torch.stack([3.0 + 11 * k % 30, 2.0 + 5 * k % 19], dim=1)
    boxes = torch.cat([corner, corner + torch.stack([9 + 2 * k, 17 - 3 * k % 11], dim=1)], dim=1)
    a = torch.arange(2 * A).to(dtype)
    return boxes, torch.stack([7 + 5 * a, 23 - 3 * a], dim=1).reshape(2, A, 2)


contract(
    "yolo_v4_match",
    use=use_v4,
    inputs=match_inputs,
    settings={"threshold": 0.45},
    compare=assert_equal,
    digits=False,
    device=False,
    square={"N": 4, "A": 2},
    one="NA",
)


@exercise("yolo_v5_match")
def test_a_centre_in_the_middle_of_its_cell(student, reference):
    """One anchor of the object's own shape: the one cell, and no neighbour."""
    ask(student, reference, "yolo_v5_match", around(28.0, 12.0, 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v5_match")
@pytest.mark.parametrize("shift", [(-2.0, 0.0), (2.0, 0.0), (0.0, -2.0), (0.0, 2.0)])
def test_one_neighbour(student, reference, shift):
    """To the left, right, above or below of the middle: one neighbour on that side."""
    ask(student, reference, "yolo_v5_match", around(28.0 + shift[0], 12.0 + shift[1], 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v5_match")
def test_the_neighbours_by_hand(student, reference):
    """Centre (37, 45), stride 16: three cells, no diagonal one."""
    ask(student, reference, "yolo_v5_match", around(37.0, 45.0, 20.0, 10.0), anchors=(((20.0, 10.0),),), grids=[(4, 5)],
        strides=[16.0])  # fmt: skip


@exercise("yolo_v5_match")
def test_neighbours_outside_of_the_grid_are_left_out(student, reference):
    """Centres in the outer quarters of the four corner cells."""
    boxes = [around(x, y, 8.0, 8.0) for x in (1.0, 47.0) for y in (2.0, 30.0)]
    ask(student, reference, "yolo_v5_match", *boxes, **ONE_GRID)


@exercise("yolo_v5_match")
def test_a_centre_on_a_border_in_version_5(student, reference):
    """On the border: the right or lower cell, and the one before it. On the image's left and upper edge: one cell."""
    for x, y in ((16.0, 12.0), (12.0, 16.0), (16.0, 16.0), (0.0, 0.0), (8.0, 8.0)):
        ask(student, reference, "yolo_v5_match", around(x, y, 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v5_match")
def test_ratios_decide(student, reference):
    """Objects 3.5 and 4.5 times as wide, as high, as narrow, as low as the anchor."""
    sides = [(w, 8.0) for w in (28.0, 36.0, 8 / 3.5, 8 / 4.5)] + [(8.0, h) for h in (28.0, 36.0, 8 / 3.5, 8 / 4.5)]
    ask(student, reference, "yolo_v5_match", *(around(28.0, 12.0, *side) for side in sides), **ONE_GRID)


@exercise("yolo_v5_match")
def test_wide_and_low_at_once(student, reference):
    """Each side within reach: 3 times as wide and a third as high; the area is the anchor's own."""
    sides = [(24.0, 8 / 3), (8 / 3, 24.0), (24.0, 24.0), (8 / 3, 8 / 3), (40.0, 1.6)]
    ask(student, reference, "yolo_v5_match", *(around(28.0, 12.0, *side) for side in sides), **ONE_GRID)


@exercise("yolo_v5_match")
def test_a_factor_of_exactly_the_threshold(student, reference):
    """Four times as wide, a quarter as high: not below 4."""
    sides = [(32.0, 8.0), (8.0, 2.0), (2.0, 8.0), (8.0, 32.0)]
    ask(student, reference, "yolo_v5_match", *(around(28.0, 12.0, *side) for side in sides), **ONE_GRID)


@exercise("yolo_v5_match")
@pytest.mark.parametrize("threshold", [1.5, 3.0, 8.0])
def test_another_threshold(student, reference, threshold):
    """An object of 14 × 10 on both grids, all anchors."""
    ask(student, reference, "yolo_v5_match", around(29.0, 13.0, 14.0, 10.0), threshold=threshold)


@exercise("yolo_v5_match")
def test_anchors_of_both_grids(student, reference):
    """An object of 20 × 12 with all four anchors: each grid has cells of its own."""
    ask(student, reference, "yolo_v5_match", around(27.0, 13.0, 20.0, 12.0))


@exercise("yolo_v5_match")
def test_nobody_within_reach(student, reference):
    """A long thin object and a huge one match nothing, and the object between keeps its number."""
    boxes = [around(20.0, 20.0, 40.0, 1.0), around(20.0, 20.0, 8.0, 8.0), around(24.5, 15.5, 900.0, 300.0)]
    ask(student, reference, "yolo_v5_match", *boxes)


@exercise("yolo_v5_match")
def test_objects_out_of_the_image_in_version_5(student, reference):
    """Centres near each edge, with parts outside, and one object larger than the image. Boxes are not cut."""
    boxes = [around(2.0, 3.0, 16.0, 8.0), around(47.0, 31.0, 14.0, 10.0), around(25.5, 15.0, 60.0, 40.0)]
    ask(student, reference, "yolo_v5_match", *boxes)


@exercise("yolo_v5_match")
@pytest.mark.parametrize("place", [(-1.0, 12.0), (12.0, -1.0), (48.0, 12.0), (12.0, 32.0)])
def test_a_centre_outside_matches_nothing(student, reference, place):
    """Left of the image, above it, and on its right and lower edge: not by a neighbour either."""
    ask(student, reference, "yolo_v5_match", around(*place, 8.0, 8.0), around(20.0, 20.0, 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v5_match")
def test_strides_are_no_whole_numbers_in_version_5(student, reference):
    """Strides of 7.5 and 15, a centre at (29, 24)."""
    ask(student, reference, "yolo_v5_match", around(29.0, 24.0, 14.0, 10.0), strides=[7.5, 15.0])


@exercise("yolo_v5_match")
def test_two_objects_in_one_cell_in_version_5(student, reference):
    """Both keep their rows."""
    ask(student, reference, "yolo_v5_match", around(29.0, 13.0, 9.0, 9.0), around(27.0, 12.0, 8.0, 8.0), **ONE_GRID)


@exercise("yolo_v5_match", costs=0.25)
def test_nothing_to_match(student, reference):
    """No boxes, or none with an area: (0, 5) of int64."""
    ask(student, reference, "yolo_v5_match")
    ask(student, reference, "yolo_v5_match", (9.0, 4.0, 9.0, 20.0), (4.0, 9.0, 20.0, 9.0), (5.0, 5.0, 5.0, 5.0))


contract(
    "yolo_v5_match",
    use=use_v5,
    inputs=match_inputs,
    settings={"threshold": 1.7},
    compare=assert_equal,
    digits=False,
    square={"N": 4, "A": 2},
    one="NA",
    all_at_once="N",
)


# balanced_objectness_loss


def assert_balanced(student, reference, *args, **settings):
    came, expected = (door.balanced_objectness_loss(*args, **settings) for door in (student, reference))
    assert_parts(came, expected, "loss", "next weights")


def three_grids(rng, N=2, A=3):
    """Logits and targets of three grids, and three weights."""
    sizes = ((4, 6), (2, 3), (1, 2))
    logits = [randn(rng, N, A, *size, dtype=DOUBLE) - k for k, size in enumerate(sizes)]
    return logits, [rand(rng, N, A, *size, dtype=DOUBLE) for size in sizes], double(4.0, 1.0, 0.4)


def gradients_of(ns, logits, targets, weights, settings):
    """Return the gradients of the loss, and whether the next weights hang on the graph."""
    logits = [one.clone().requires_grad_() for one in logits]
    weights = weights.clone().requires_grad_()
    loss, following = ns.balanced_objectness_loss(logits, targets, weights, **settings)
    loss.backward()
    return [one.grad for one in logits], bool(following.requires_grad)


@exercise("balanced_objectness_loss")
def test_one_grid_of_weight_one(student, reference):
    """The mean over all places, with targets between 0 and 1."""
    logits, targets = double(0.0, 2.0, -1.0, 0.5), double(0.0, 1.0, 0.3, 0.6)
    args = [logits.reshape(1, 1, 2, 2)], [targets.reshape(1, 1, 2, 2)], double(1.0)
    assert_balanced(student, reference, *args, keep=0)


@exercise("balanced_objectness_loss")
def test_grids_are_weighed(student, reference, rng):
    """Three grids of other sizes: each has a mean of its own, and its own weight."""
    assert_balanced(student, reference, *three_grids(rng), rate=0.0)


@exercise("balanced_objectness_loss")
@pytest.mark.parametrize("keep", [0, 1, 2])
def test_the_next_weights(student, reference, rng, keep):
    """A large rate shows how the inverse losses are mixed in, and which weight stays 1."""
    assert_balanced(student, reference, *three_grids(rng), rate=0.3, keep=keep)


@exercise("balanced_objectness_loss")
def test_the_usual_rate(student, reference, rng):
    """Weights that don't have a 1 in the middle, and no settings."""
    logits, targets, _ = three_grids(rng)
    assert_balanced(student, reference, logits, targets, double(5.0, 2.0, 3.0))


@exercise("balanced_objectness_loss")
def test_large_logits(student, reference):
    """Logits of 200 and -300 where the target is the other way: losses of that size, no infinity."""
    logits = [double(200.0, -300.0).reshape(1, 1, 1, 2), double(0.0, 900.0).reshape(1, 1, 2, 1)]
    targets = [double(0.0, 1.0).reshape(1, 1, 1, 2), double(0.5, 0.25).reshape(1, 1, 2, 1)]
    assert_balanced(student, reference, logits, targets, double(4.0, 1.0))


def old_weights(ns, logits, targets, weights) -> torch.Tensor:
    """Return the given weights after the call."""
    ns.balanced_objectness_loss(logits, targets, weights, rate=0.3)
    return weights


@exercise("balanced_objectness_loss")
def test_the_old_weights_stay_as_they_are(student, reference, rng):
    """The same three numbers before and after."""
    logits, targets, weights = three_grids(rng)
    args = (logits, targets, weights.clone()), (logits, targets, weights.clone())
    came, expected = student.run(old_weights, *args[0]), reference.run(old_weights, *args[1])
    assert_equal(came, expected, what="the given weights after the call")


@exercise("balanced_objectness_loss")
def test_gradients_reach_the_logits_alone(student, reference, rng):
    """The loss's gradients, with a large rate; the next weights are cut off from the graph."""
    args = (*three_grids(rng), {"rate": 0.3})
    came, expected = student.run(gradients_of, *args), reference.run(gradients_of, *args)
    assert_close(came[0], expected[0], what="the gradients of the logits")
    assert_equal(came[1], expected[1], what="whether a gradient passes through the next weights")


def use_balance(ns, fine, coarse, fine_target, coarse_target, weights, **settings):
    """Ask for two grids."""
    return list(ns.balanced_objectness_loss([fine, coarse], [fine_target, coarse_target], weights, **settings))


contract(
    "balanced_objectness_loss",
    use=use_balance,
    inputs=lambda rng, N=2, A=3, H=4, W=5, dtype=DOUBLE: (
        randn(rng, N, A, 2 * H, 2 * W, dtype=dtype),
        randn(rng, N, A, H, W, dtype=dtype),
        rand(rng, N, A, 2 * H, 2 * W, dtype=dtype),
        rand(rng, N, A, H, W, dtype=dtype),
        torch.tensor([4.0, 0.7], dtype=dtype),
    ),
    settings={"rate": 0.2, "keep": 0},
    square=dict.fromkeys("NAHW", 4),
    one="NAHW",
    all_at_once="NAHW",
)


# focus_to_convolution

ORDERS = ("focus", "pixel_unshuffle")


def numbered(*shape):
    """Different numbers in a tensor of that shape."""
    return torch.arange(1, 1 + torch.Size(shape).numel()).to(DOUBLE).reshape(shape)


def assert_large(student, reference, weight, *order):
    came = student.focus_to_convolution(weight, *order)
    assert_close(came, reference.focus_to_convolution(weight, *order), rtol=1e-12, atol=1e-12)


@exercise("focus_to_convolution")
def test_a_window_of_one_pixel(student, reference):
    """One channel, a 1 × 1 convolution of four numbers: where in the 2 × 2 window does each stand?"""
    assert_large(student, reference, numbered(1, 4, 1, 1))


@exercise("focus_to_convolution")
def test_a_window_of_one_pixel_in_torch_s_order(student, reference):
    """The same in the order of pixel_unshuffle."""
    assert_large(student, reference, numbered(1, 4, 1, 1), "pixel_unshuffle")


@exercise("focus_to_convolution")
@pytest.mark.parametrize("order", ORDERS)
def test_one_map_of_a_3_by_3_window(student, reference, order):
    """Only the second map has weights, all different: every other row and column of the 6 × 6 is zero."""
    weight = torch.zeros(1, 4, 3, 3, dtype=DOUBLE)
    weight[0, 1] = numbered(3, 3)
    assert_large(student, reference, weight, order)


@exercise("focus_to_convolution")
@pytest.mark.parametrize("order", ORDERS)
def test_several_channels(student, reference, order):
    """Three channels, a 1 × 1 convolution."""
    assert_large(student, reference, numbered(2, 12, 1, 1), order)


@exercise("focus_to_convolution")
@pytest.mark.parametrize("order", ORDERS)
def test_all_of_it(student, reference, order):
    """Two filters, three channels, 3 × 3."""
    assert_large(student, reference, numbered(2, 12, 3, 3), order)


@exercise("focus_to_convolution")
@pytest.mark.parametrize("order", ORDERS)
def test_a_window_that_is_not_square(student, reference, order):
    """3 × 5 and 5 × 1."""
    for h, w in ((3, 5), (5, 1)):
        assert_large(student, reference, numbered(1, 8, h, w), order)


def convolved(ns, x, weight) -> torch.Tensor:
    """Use the large weights as the docstring says."""
    h, w = weight.shape[2:]
    return F.conv2d(x, ns.focus_to_convolution(weight), stride=2, padding=(h - 1, w - 1))


@exercise("focus_to_convolution")
def test_the_convolution_gives_what_focus_gives(student, reference, rng):
    """A random image of 6 × 8 in float64, an asymmetric kernel: equal to 1e-12."""
    x, weight = randn(rng, 2, 2, 6, 8, dtype=DOUBLE), randn(rng, 3, 8, 3, 3, dtype=DOUBLE)
    came, expected = student.run(convolved, x, weight), reference.run(convolved, x, weight)
    assert_close(came, expected, rtol=1e-12, atol=1e-12)


def left_of(ns, weight) -> torch.Tensor:
    """Return the given weights after the call."""
    ns.focus_to_convolution(weight)
    return weight


@exercise("focus_to_convolution")
def test_the_given_weights_stay_as_they_are(student, reference):
    """Two filters, three channels, 3 × 3 in Focus's order: the same numbers before and after."""
    weight = numbered(2, 12, 3, 3)
    came, expected = student.run(left_of, weight.clone()), reference.run(left_of, weight.clone())
    assert_equal(came, expected, what="the given weights after the call")


contract(
    "focus_to_convolution",
    inputs=lambda rng, M=2, C=3, dtype=DOUBLE: (randn(rng, M, 4 * C, 3, 5, dtype=dtype),),
    settings={"order": "pixel_unshuffle"},
    square={"M": 4, "C": 1},
    one="MC",
)
