"""Checks of the notebook on boxes: two formats, IoU, four losses, letterboxes."""

import pytest
import torch

from autograder.authoring import assert_close, assert_parts, contract, exercise, rand, randn

DOUBLE = torch.float64
READY = ["torchvision", "box_convert", "generalized_box_iou", "distance_box_iou", "complete_box_iou", "box_area"]
SQUARE = {"N": 4, "K": 4}
# A small number below alpha's fraction, as torchvision has it, is no mistake: it moves CIoU by 3e-8 at the most.
LOOSE = {"ciou": {"rtol": 1e-6, "atol": 1e-6}}


def table(*rows):
    """Return boxes in float64."""
    return torch.tensor(rows, dtype=DOUBLE)


def near(rng, *lead, dtype=DOUBLE):
    """Return boxes (..., 4), each of which overlaps with each other."""
    corner, sides = 2 * rand(rng, *lead, 2, dtype=dtype), 3 + 4 * rand(rng, *lead, 2, dtype=dtype)
    return torch.cat((corner, corner + sides), dim=-1)


def pairs(rng, N=3, K=2, dtype=DOUBLE):
    """Return boxes and their targets, (N, K, 4)."""
    return near(rng, N, K, dtype=dtype), near(rng, N, K, dtype=dtype)


def slope_of_format(ns, name, boxes, weights, size):
    """Probe: the gradient of a weighted sum of the answer."""
    leaf = boxes.clone().requires_grad_()
    total = (getattr(ns, name)(leaf, size) * weights).sum()
    if not total.requires_grad:
        return "no gradient passes through"
    total.backward()
    return leaf.grad


def slope_of_pairs(ns, name, boxes, targets, settings):
    """Probe: the gradient by the boxes of a weighted sum of the answers."""
    leaf = boxes.clone().requires_grad_()
    found = getattr(ns, name)(leaf, targets, **settings)
    weights = 1 + torch.arange(found.numel(), dtype=found.dtype).reshape(found.shape) / 2
    total = (found * weights).sum()
    if not total.requires_grad:
        return "no gradient passes through"
    total.backward()
    return leaf.grad


def compare(student, reference, name, boxes, targets, **settings):
    """Hold the answer for pairs to the reference's."""
    expected = getattr(reference, name)(boxes, targets, **settings)
    assert_close(getattr(student, name)(boxes, targets, **settings), expected, **LOOSE.get(name, {}))


def compare_slopes(student, reference, name, boxes, targets, **settings):
    """Hold the gradient by the boxes to the reference's."""
    came = student.run(slope_of_pairs, name, boxes, targets, settings)
    expected = reference.run(slope_of_pairs, name, boxes, targets, settings)
    assert_close(came, expected, what="the gradient", **LOOSE.get(name, {}))


# --- the two formats -----------------------------------------------------------------------------

STACKS = [(4,), (1, 4), (2, 3, 4), (4, 4), (1, 2, 1, 4)]
EMPTY = [(0, 4), (2, 0, 4)]


@exercise("corner_to_center")
def test_the_star_of_the_text_has_its_middle_and_its_sides(student, reference):
    """The box (20, 12, 60, 36), in pixels."""
    box = table([20.0, 12.0, 60.0, 36.0])
    assert_close(student.corner_to_center(box), reference.corner_to_center(box))


@exercise("corner_to_center")
@pytest.mark.parametrize("shape", STACKS, ids=str)
def test_edges_come_in_any_stack(student, reference, rng, shape):
    """One box, a list of boxes, batches of lists."""
    boxes = near(rng, *shape[:-1])
    assert_close(student.corner_to_center(boxes), reference.corner_to_center(boxes))


@exercise("corner_to_center")
@pytest.mark.parametrize("shape", EMPTY, ids=str)
def test_no_edges_give_no_middles(student, reference, shape):
    """Images without objects, with a size and without."""
    boxes = torch.zeros(shape, dtype=DOUBLE)
    assert_close(student.corner_to_center(boxes), reference.corner_to_center(boxes))
    assert_close(student.corner_to_center(boxes, (5, 8)), reference.corner_to_center(boxes, (5, 8)))


@exercise("corner_to_center")
def test_shares_of_an_image_that_is_wider_than_high(student, reference):
    """Three boxes in an image of 48 rows and 80 columns, one of them beyond its border."""
    boxes = table([20.0, 12.0, 60.0, 36.0], [-8.0, 3.0, 16.0, 60.0], [0.0, 0.0, 80.0, 48.0])
    assert_close(student.corner_to_center(boxes, size=(48, 80)), reference.corner_to_center(boxes, size=(48, 80)))


@exercise("corner_to_center")
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32], ids=str)
def test_whole_edges_have_halves_in_the_middle(student, reference, dtype):
    """Odd sums of whole numbers: the middles end in a half, and all is float32."""
    boxes = torch.tensor([[1, 2, 4, 9], [3, 3, 3, 8]], dtype=dtype)
    assert_close(student.corner_to_center(boxes), reference.corner_to_center(boxes))
    assert_close(student.corner_to_center(boxes, (6, 9)), reference.corner_to_center(boxes, (6, 9)))


@exercise("corner_to_center")
def test_edges_of_bytes_do_not_overflow(student, reference):
    """uint8 edges from 150 to 250, whose sums are above 255."""
    boxes = torch.tensor([[200, 150, 250, 201]], dtype=torch.uint8)
    assert_close(student.corner_to_center(boxes), reference.corner_to_center(boxes))


@exercise("corner_to_center")
def test_no_whole_edges_give_no_middles_in_float32(student, reference):
    """No boxes, of whole numbers."""
    boxes = torch.zeros((0, 4), dtype=torch.int64)
    assert_close(student.corner_to_center(boxes), reference.corner_to_center(boxes))


@exercise("corner_to_center", costs=0.5)
@pytest.mark.parametrize("size", [None, (5, 8)], ids=str)
def test_a_gradient_comes_back_to_the_edges(student, reference, rng, size):
    """The gradient of a weighted sum of middles and sides."""
    boxes, weights = near(rng, 2, 3), randn(rng, 2, 3, 4, dtype=DOUBLE)
    came = student.run(slope_of_format, "corner_to_center", boxes, weights, size)
    expected = reference.run(slope_of_format, "corner_to_center", boxes, weights, size)
    assert_close(came, expected, what="the gradient")


@exercise("center_to_corner")
def test_the_star_of_the_text_has_its_edges(student, reference):
    """The box (40, 24, 40, 24), in pixels."""
    box = table([40.0, 24.0, 40.0, 24.0])
    assert_close(student.center_to_corner(box), reference.center_to_corner(box))


@exercise("center_to_corner")
@pytest.mark.parametrize("shape", STACKS, ids=str)
def test_middles_come_in_any_stack(student, reference, rng, shape):
    """One box, a list of boxes, batches of lists."""
    boxes = 5 + rand(rng, *shape, dtype=DOUBLE)
    assert_close(student.center_to_corner(boxes), reference.center_to_corner(boxes))


@exercise("center_to_corner")
@pytest.mark.parametrize("shape", EMPTY, ids=str)
def test_no_middles_give_no_edges(student, reference, shape):
    """Images without objects, with a size and without."""
    boxes = torch.zeros(shape, dtype=DOUBLE)
    assert_close(student.center_to_corner(boxes), reference.center_to_corner(boxes))
    assert_close(student.center_to_corner(boxes, (5, 8)), reference.center_to_corner(boxes, (5, 8)))


@exercise("center_to_corner")
def test_without_a_size_no_edge_is_moved(student, reference):
    """A box around the origin, half of which is below 0, and one far to the right."""
    boxes = table([0.0, 1.0, 6.0, 8.0], [900.0, 700.0, 50.0, 20.0])
    assert_close(student.center_to_corner(boxes), reference.center_to_corner(boxes))


@exercise("center_to_corner")
def test_shares_become_pixels(student, reference):
    """Boxes within an image of 48 rows and 80 columns."""
    boxes = table([0.5, 0.5, 0.5, 0.5], [0.3, 0.7, 0.2, 0.4])
    assert_close(student.center_to_corner(boxes, size=(48, 80)), reference.center_to_corner(boxes, size=(48, 80)))


@exercise("center_to_corner")
def test_edges_above_and_to_the_left_are_moved_to_the_border(student, reference):
    """Two shares that stick out to the left or at the top; the middle of one is outside."""
    boxes = table([0.1, 0.5, 0.4, 0.5], [0.4, -0.1, 0.2, 0.5])
    assert_close(student.center_to_corner(boxes, size=(48, 80)), reference.center_to_corner(boxes, size=(48, 80)))


@exercise("center_to_corner")
def test_edges_below_and_to_the_right_are_moved_to_the_border(student, reference):
    """Three shares that stick out to the right or at the bottom; one is the whole image and more."""
    boxes = table([0.9, 0.5, 0.4, 0.5], [0.4, 1.1, 0.2, 0.5], [0.5, 0.5, 1.5, 1.25])
    assert_close(student.center_to_corner(boxes, size=(48, 80)), reference.center_to_corner(boxes, size=(48, 80)))


@exercise("center_to_corner")
def test_boxes_wholly_outside_become_lines_or_points_of_the_border(student, reference):
    """Four shares without a part in the image: to its left, above, to its right and below, beyond a corner."""
    boxes = table([-0.5, 0.5, 0.2, 0.4], [0.4, -0.6, 0.2, 0.5], [1.5, 0.5, 0.2, 0.4], [1.4, 1.6, 0.2, 0.5])
    assert_close(student.center_to_corner(boxes, size=(48, 80)), reference.center_to_corner(boxes, size=(48, 80)))


@exercise("center_to_corner")
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32], ids=str)
def test_whole_sides_have_halves_at_the_edges(student, reference, dtype):
    """Odd widths of whole numbers: the edges end in a half, and all is float32."""
    boxes = torch.tensor([[4, 5, 3, 7], [9, 3, 1, 2]], dtype=dtype)
    assert_close(student.center_to_corner(boxes), reference.center_to_corner(boxes))


@exercise("center_to_corner")
def test_middles_of_bytes_do_not_overflow(student, reference):
    """uint8 boxes whose left edge is below 0 and whose lower edge is above 255."""
    boxes = torch.tensor([[10, 250, 40, 100]], dtype=torch.uint8)
    assert_close(student.center_to_corner(boxes), reference.center_to_corner(boxes))


@exercise("center_to_corner")
def test_no_whole_middles_give_no_edges_in_float32(student, reference):
    """No boxes, of whole numbers."""
    boxes = torch.zeros((0, 4), dtype=torch.int64)
    assert_close(student.center_to_corner(boxes), reference.center_to_corner(boxes))


@exercise("center_to_corner", costs=0.5)
@pytest.mark.parametrize("size", [None, (5, 8)], ids=str)
def test_a_gradient_comes_back_to_the_middles(student, reference, rng, size):
    """The gradient of a weighted sum of edges; with a size some of them are moved to the border."""
    boxes, weights = table([0.4, 0.5, 0.3, 0.2], [0.1, 0.9, 0.7, 0.5]), randn(rng, 2, 4, dtype=DOUBLE)
    came = student.run(slope_of_format, "center_to_corner", boxes, weights, size)
    expected = reference.run(slope_of_format, "center_to_corner", boxes, weights, size)
    assert_close(came, expected, what="the gradient")


contract(
    "corner_to_center",
    "center_to_corner",
    inputs=lambda rng, N=3, K=2, dtype=DOUBLE: (near(rng, N, K, dtype=dtype) / 10,),
    settings={"size": (5, 8)},
    also=[{"size": None}],
    square=SQUARE,
    one="NK",
    all_at_once="NK",
    forbids=READY,
    instead="write the four numbers yourself",
)


# --- box_iou -------------------------------------------------------------------------------------


@exercise("box_iou")
def test_the_two_boxes_of_the_text_share_three_of_seventeen(student, reference):
    """(0, 0, 4, 2) and (1, 1, 5, 4)."""
    compare(student, reference, "box_iou", table([0.0, 0, 4, 2]), table([1.0, 1, 5, 4]))


@exercise("box_iou")
def test_boxes_apart_in_both_directions_share_nothing(student, reference):
    """A box, and four others that lie off its corners: width and height of the overlap are both below 0."""
    others = table([7.0, 8, 11, 9], [-5.0, -4, -2, -1], [7.0, -4, 9, -2], [-6.0, 9, -3, 12])
    compare(student, reference, "box_iou", table([0.0, 0, 4, 2]), others)


@exercise("box_iou")
def test_boxes_apart_in_one_direction_share_nothing(student, reference):
    """A box, and others to its right, to its left, above and below."""
    others = table([6.0, 0.5, 9, 1.5], [-5.0, 0, -2, 2], [1.0, -4, 3, -2], [0.0, 5, 4, 7])
    compare(student, reference, "box_iou", table([0.0, 0, 4, 2]), others)


@exercise("box_iou")
def test_boxes_that_touch_share_nothing(student, reference):
    """A common edge, a common part of an edge, a common corner."""
    others = table([4.0, 0, 6, 2], [1.0, 2, 3, 5], [4.0, 2, 8, 6])
    compare(student, reference, "box_iou", table([0.0, 0, 4, 2]), others)


@exercise("box_iou")
def test_nested_and_equal_boxes(student, reference):
    """A box within another shares its own area; equal boxes have 1; boxes that cross share a square."""
    boxes = table([0.0, 0, 8, 6], [2.0, 1, 4, 4], [3.0, -2, 5, 9])
    compare(student, reference, "box_iou", boxes, boxes)


@exercise("box_iou")
def test_each_box_meets_each_other(student, reference, rng):
    """Five boxes against three, and one against four."""
    compare(student, reference, "box_iou", near(rng, 5), near(rng, 3))
    compare(student, reference, "box_iou", near(rng, 1), near(rng, 4))


@exercise("box_iou")
def test_boxes_of_shares_are_small(student, reference):
    """Boxes of 1e-4 by 2e-4, one of them met by itself and by one that is moved by a half."""
    box = table([0.5, 0.25, 0.5001, 0.2502])
    compare(student, reference, "box_iou", box, torch.cat((box, box + 0.00005)))


@exercise("box_iou")
def test_lines_and_points_have_no_overlap_and_no_nan(student, reference):
    """A line, a point and a box, each with each."""
    boxes = table([1.0, 1, 5, 1], [2.0, 3, 2, 3], [0.0, 0, 6, 4])
    compare(student, reference, "box_iou", boxes, boxes)


@exercise("box_iou")
@pytest.mark.parametrize(("num", "others"), [(0, 3), (2, 0), (0, 0)])
def test_sets_may_be_empty(student, reference, rng, num, others):
    """No boxes, no others, neither: the table has no rows, or no columns."""
    compare(student, reference, "box_iou", near(rng, num), near(rng, others))


contract(
    "box_iou",
    inputs=lambda rng, N=3, M=2, dtype=DOUBLE: (near(rng, N, dtype=dtype), near(rng, M, dtype=dtype)),
    square={"N": 4, "M": 4},
    one="NM",
    all_at_once="NM",
    forbids=[*READY, "box_iou"],
    instead="compare the edges yourself",
)


# --- what the measures of pairs are asked --------------------------------------------------------

BOX = table([0.0, 0, 4, 2])
TEXT = (BOX, table([1.0, 1, 5, 4]))
OFF_THE_CORNERS = table([7.0, 8, 11, 9], [-5.0, -4, -2, -1], [7.0, -4, 9, -2], [-6.0, 9, -3, 12])
BESIDE = table([6.0, 0.5, 9, 1.5], [-5.0, 0, -2, 2], [1.0, -4, 3, -2], [0.0, 5, 4, 7])
TOUCHING = table([4.0, 0, 6, 2], [1.0, 2, 3, 5], [4.0, 2, 8, 6])
NESTED = (table([2.0, 1, 4, 4], [0.0, 0, 8, 6], [5.0, 2, 7, 3]), table([0.0, 0, 8, 6], [2.0, 1, 4, 4], [0.0, 0, 8, 6]))
CROSSED = (table([0.0, 2, 9, 4]), table([3.0, 0, 5, 8]))
SMALL = (table([0.5, 0.25, 0.5001, 0.2502]), table([0.50005, 0.25005, 0.50015, 0.25035]))
LINES = (table([1.0, 1, 5, 1], [2.0, 3, 2, 3], [1.0, 1, 5, 1]), table([0.0, 0, 6, 4], [1.0, 2, 7, 5], [4.0, 1, 9, 1]))
POINTS = (table([2.0, 3, 2, 3], [2.0, 3, 2, 3]), table([2.0, 3, 2, 3], [5.0, 7, 5, 7]))
LEADING = [((3, 1), (2,)), ((), (3,)), ((2, 3), (3,)), ((4, 1), (1, 2)), ((0, 1), (2,)), ((0,), (0,))]


# --- iou_loss ------------------------------------------------------------------------------------


@exercise("iou_loss")
def test_one_minus_iou_of_the_two_boxes_of_the_text(student, reference):
    """(0, 0, 4, 2) and (1, 1, 5, 4), whose IoU is 3/17."""
    compare(student, reference, "iou_loss", *TEXT)


@exercise("iou_loss")
def test_the_logarithm_of_the_two_boxes_of_the_text(student, reference):
    """(0, 0, 4, 2) and (1, 1, 5, 4): minus the natural logarithm of 3/17."""
    compare(student, reference, "iou_loss", *TEXT, log=True)


@exercise("iou_loss")
def test_no_overlap_costs_one(student, reference):
    """Boxes apart in both directions, in one, and boxes that touch."""
    compare(student, reference, "iou_loss", BOX, torch.cat((OFF_THE_CORNERS, BESIDE, TOUCHING)))


@exercise("iou_loss")
def test_the_logarithm_of_no_overlap_is_infinite(student, reference):
    """Boxes apart in both directions, in one, and boxes that touch."""
    compare(student, reference, "iou_loss", BOX, torch.cat((OFF_THE_CORNERS, BESIDE, TOUCHING)), log=True)


@exercise("iou_loss")
def test_iou_loss_of_nested_crossed_and_equal_boxes(student, reference):
    """A box within its target, a target within its box, a cross, and a box that is its target."""
    boxes = [torch.cat((*both, BOX)) for both in zip(NESTED, CROSSED, strict=True)]
    compare(student, reference, "iou_loss", *boxes)
    compare(student, reference, "iou_loss", *boxes, log=True)


@exercise("iou_loss")
def test_iou_loss_of_boxes_that_begin_before_the_image(student, reference):
    """(-4, -3, 2, 1) and (-2, -1, 4, 3): edges may be below 0."""
    compare(student, reference, "iou_loss", table([-4.0, -3, 2, 1]), table([-2.0, -1, 4, 3]))


@exercise("iou_loss")
def test_iou_loss_of_small_shares(student, reference):
    """Boxes of 1e-4 by 2e-4, as shares of an image."""
    compare(student, reference, "iou_loss", *SMALL)
    compare(student, reference, "iou_loss", *SMALL, log=True)


@exercise("iou_loss")
@pytest.mark.parametrize("log", [False, True])
def test_iou_loss_without_area(student, reference, log):
    """Lines and points, also where both of a pair are the same point."""
    compare(student, reference, "iou_loss", *LINES, log=log)
    compare(student, reference, "iou_loss", *POINTS, log=log)


@exercise("iou_loss")
@pytest.mark.parametrize("lead", LEADING, ids=str)
def test_iou_loss_broadcasts(student, reference, rng, lead):
    """Leading shapes that stretch, and empty ones."""
    compare(student, reference, "iou_loss", near(rng, *lead[0]), near(rng, *lead[1]))


@exercise("iou_loss")
@pytest.mark.parametrize("log", [False, True])
def test_iou_loss_pulls_where_boxes_overlap(student, reference, rng, log):
    """The gradient for random pairs that overlap, and for nested ones."""
    compare_slopes(student, reference, "iou_loss", near(rng, 3), near(rng, 3), log=log)
    compare_slopes(student, reference, "iou_loss", *NESTED, log=log)


@exercise("iou_loss")
@pytest.mark.parametrize("log", [False, True])
def test_iou_loss_has_no_pull_where_boxes_are_apart(student, reference, log):
    """Three pairs, of which the middle one overlaps: the others have a gradient of zero, and not NaN."""
    boxes, targets = BOX.expand(3, 4), torch.cat((OFF_THE_CORNERS[:1], TEXT[1], BESIDE[:1]))
    compare_slopes(student, reference, "iou_loss", boxes, targets, log=log)


@exercise("iou_loss", costs=0.5)
@pytest.mark.parametrize("log", [False, True])
def test_iou_loss_has_no_nan_for_points(student, reference, log):
    """The gradient where both of a pair are points: zero."""
    compare_slopes(student, reference, "iou_loss", *POINTS, log=log)


# --- what giou, diou and ciou have in common ------------------------------------------------------


def for_each(*names):
    """Run a test once for each of these measures, as a check of the exercise of that name."""
    return pytest.mark.parametrize("name", [pytest.param(name, marks=exercise(name)) for name in names])


@for_each("giou", "diou", "ciou")
def test_a_measure_of_boxes_apart(student, reference, name):
    """Boxes apart in both directions, in one, and boxes that touch."""
    compare(student, reference, name, BOX, torch.cat((OFF_THE_CORNERS, BESIDE, TOUCHING)))


@for_each("giou", "diou")
def test_a_measure_of_nested_crossed_and_equal_boxes(student, reference, name):
    """A box within its target, a target within its box, a cross, and a box that is its target."""
    compare(student, reference, name, *(torch.cat((*both, BOX)) for both in zip(NESTED, CROSSED, strict=True)))


@for_each("giou", "diou", "ciou")
def test_a_measure_of_small_shares(student, reference, name):
    """Boxes of 1e-4 by 2e-4, as shares of an image."""
    compare(student, reference, name, *SMALL)


@for_each("giou", "diou", "ciou")
def test_a_measure_without_area(student, reference, name):
    """Lines, upright lines and points: on one line, the same point, two points."""
    compare(student, reference, name, *LINES)
    compare(student, reference, name, table([3.0, 1, 3, 5]), table([0.0, 0, 6, 4]))
    compare(student, reference, name, *POINTS)


@for_each("giou", "diou", "ciou")
@pytest.mark.parametrize("lead", LEADING, ids=str)
def test_a_measure_broadcasts(student, reference, rng, name, lead):
    """Leading shapes that stretch, and empty ones."""
    compare(student, reference, name, near(rng, *lead[0]), near(rng, *lead[1]))


@for_each("giou", "diou", "ciou")
def test_a_measure_pulls_everywhere(student, reference, rng, name):
    """The gradient for pairs that overlap, nested ones, and such as lie apart; CIoU's alpha is a constant for it."""
    compare_slopes(student, reference, name, near(rng, 3), near(rng, 3))
    compare_slopes(student, reference, name, *NESTED)
    compare_slopes(student, reference, name, BOX, torch.cat((OFF_THE_CORNERS, BESIDE[:1])))


# --- giou ----------------------------------------------------------------------------------------


@exercise("giou")
def test_giou_of_the_two_boxes_of_the_text(student, reference):
    """(0, 0, 4, 2) and (1, 1, 5, 4): a frame of 20, of which 3 are empty."""
    compare(student, reference, "giou", *TEXT)


@exercise("giou")
def test_giou_where_the_frame_is_full(student, reference):
    """(0, 0, 2, 2) and (1, 0, 3, 2): nothing of the frame is empty."""
    compare(student, reference, "giou", table([0.0, 0, 2, 2]), table([1.0, 0, 3, 2]))


@exercise("giou", costs=0.5)
def test_giou_has_no_nan_for_points(student, reference):
    """The gradient where both of a pair are the same point: every fraction has 0 below it, and counts as 0."""
    compare_slopes(student, reference, "giou", POINTS[0][:1], POINTS[1][:1])


# --- diou ----------------------------------------------------------------------------------------


@exercise("diou")
def test_diou_of_the_two_boxes_of_the_text(student, reference):
    """(0, 0, 4, 2) and (1, 1, 5, 4): 3.25 of 41 are taken off."""
    compare(student, reference, "diou", *TEXT)


@exercise("diou", costs=0.5)
def test_diou_has_no_nan_where_middles_coincide(student, reference):
    """The gradient for a box in the very middle of its target, and for two equal points."""
    compare_slopes(student, reference, "diou", table([2.0, 2, 6, 4]), table([0.0, 0, 8, 6]))
    compare_slopes(student, reference, "diou", POINTS[0][:1], POINTS[1][:1])


# --- ciou ----------------------------------------------------------------------------------------


@exercise("ciou")
def test_ciou_of_the_text(student, reference):
    """(0, 0, 4, 1) and the target (0, 0, 2, 2)."""
    compare(student, reference, "ciou", table([0.0, 0, 4, 1]), table([0.0, 0, 2, 2]))


@exercise("ciou")
def test_ciou_of_a_flat_and_a_steep_box(student, reference):
    """Those of the text, far apart: the loss is nearly 2.4."""
    compare(student, reference, "ciou", table([0.0, 0, 100, 1]), table([1000.0, 1000, 1001, 1100]))


@exercise("ciou")
def test_ciou_of_nested_and_crossed_boxes(student, reference):
    """A box within its target, a target within its box, and a cross."""
    compare(student, reference, "ciou", *(torch.cat(both) for both in zip(NESTED, CROSSED, strict=True)))


@exercise("ciou")
def test_ciou_of_equal_boxes_is_one(student, reference):
    """A box that is its target, one of the same shape that is smaller, and one of the same shape far away."""
    targets = table([0.0, 0, 4, 2], [1.0, 0.5, 3, 1.5], [10.0, 10, 18, 14])
    compare(student, reference, "ciou", BOX, targets)


@exercise("ciou")
def test_ciou_where_the_target_has_no_area(student, reference):
    """Boxes in which the target is a line, an upright line, a point: its shape counts for nothing."""
    targets = table([1.0, 1, 5, 1], [3.0, 1, 3, 4], [2.0, 3, 2, 3])
    compare(student, reference, "ciou", table([0.0, 0, 6, 4]), targets)


@exercise("ciou", costs=0.5)
def test_the_papers_gradient_is_another_one(student, reference, rng):
    """With paper=True, for pairs in pixels and for shares of an image: 1 / (w² + h²) is replaced by 1."""
    compare_slopes(student, reference, "ciou", near(rng, 3), near(rng, 3), paper=True)
    compare_slopes(student, reference, "ciou", near(rng, 3) / 20, near(rng, 3) / 20, paper=True)


@exercise("ciou", costs=0.25)
def test_the_papers_gradient_changes_no_value(student, reference, rng):
    """With paper=True, for pairs in pixels and for shares of an image."""
    compare(student, reference, "ciou", near(rng, 3), near(rng, 3), paper=True)
    compare(student, reference, "ciou", near(rng, 3) / 20, near(rng, 3) / 20, paper=True)


@exercise("ciou", costs=0.5)
@pytest.mark.parametrize("paper", [False, True])
def test_ciou_has_no_nan_without_area(student, reference, paper):
    """The gradient for lines in a box is finite, and that for two equal points is zero."""
    boxes, targets = table([1.0, 1, 5, 1], [3.0, 1, 3, 5]), table([0.0, 0, 6, 4])
    came = student.run(slope_of_pairs, "ciou", boxes, targets, {"paper": paper})
    assert isinstance(came, torch.Tensor), f"a gradient was expected, and this came: {came!r}"
    assert bool(torch.isfinite(came).all()), "the gradient for a line in a box has NaN or infinity in it"
    compare_slopes(student, reference, "ciou", POINTS[0][:1], POINTS[1][:1], paper=paper)


MEASURES = {"square": SQUARE, "one": "NK", "all_at_once": "NK", "forbids": [*READY, "box_iou_loss"]}
contract("iou_loss", inputs=pairs, settings={"log": True}, also=[{"log": False}], **MEASURES)
contract("giou", "diou", inputs=pairs, **MEASURES)
contract("ciou", inputs=pairs, also=[{"paper": True}], tolerances={DOUBLE: LOOSE["ciou"]}, digits=False, **MEASURES)


# --- letterbox -----------------------------------------------------------------------------------

FITS = {
    "a wide image": ((4, 10), (8, 5)),
    "a tall image": ((10, 4), (5, 8)),
    "a square image in a tall frame": ((6, 6), (9, 3)),
    "a wide image in a wider frame": ((4, 6), (2, 9)),
    "an image that gets larger": ((3, 4), (6, 10)),
}
ODD = {"an odd row": ((4, 10), (9, 5)), "an odd column": ((10, 4), (5, 9))}
ROUNDED = {"rows rounded up": ((6, 10), (9, 8)), "columns rounded down": ((10, 4), (8, 7))}
HALVES = {"two and a half rows": ((5, 8), (7, 4)), "four and a half columns": ((10, 9), (5, 9))}
INSIDE = table([1.0, 0.5, 3.0, 2.5], [0.0, 0.0, 2.0, 1.0])


def there(rng, picture, frame, channels=2):
    """Return the arguments of the way into a frame."""
    return rand(rng, channels, *picture, dtype=DOUBLE), INSIDE.clone(), frame


def home(rng, picture, frame, channels=2):
    """Return the arguments of the way back; other boxes than those of the way there."""
    return rand(rng, channels, *frame, dtype=DOUBLE), INSIDE + 1, picture


def fits(cases):
    """Return the parametrisation of a test by an image's size and a frame's."""
    return pytest.mark.parametrize(("picture", "frame"), list(cases.values()), ids=list(cases))


@exercise("letterbox")
@fits(FITS)
def test_boxes_go_into_the_frame(student, reference, rng, picture, frame):
    """Where two boxes of an image lie in the frame."""
    call = there(rng, picture, frame, channels=1)
    _, found = student.letterbox(*call)
    assert_close(found, reference.letterbox(*call)[1], what="the boxes")


@exercise("letterbox")
@fits(FITS)
def test_an_image_goes_into_the_frame(student, reference, rng, picture, frame):
    """Image and boxes, for images and frames of three shapes."""
    call = there(rng, picture, frame)
    assert_parts(student.letterbox(*call), reference.letterbox(*call), "the image", "the boxes")


@exercise("letterbox")
@fits(ODD)
def test_an_odd_row_goes_below_and_an_odd_column_to_the_right(student, reference, rng, picture, frame):
    """Frames of which an odd number of rows or columns is left over."""
    call = there(rng, picture, frame)
    assert_parts(student.letterbox(*call), reference.letterbox(*call), "the image", "the boxes")


@exercise("letterbox")
@fits(ROUNDED)
def test_rows_and_columns_are_whole_and_the_scale_is_exact(student, reference, rng, picture, frame):
    """4.8 rows become 5, 3.2 columns become 3; boxes are scaled by exactly 0.8 in both directions."""
    call = there(rng, picture, frame)
    assert_parts(student.letterbox(*call), reference.letterbox(*call), "the image", "the boxes")


@exercise("letterbox")
@fits(HALVES)
def test_halves_are_rounded_up(student, reference, rng, picture, frame):
    """2.5 rows become 3, and 4.5 columns become 5."""
    call = there(rng, picture, frame)
    assert_parts(student.letterbox(*call), reference.letterbox(*call), "the image", "the boxes")


@exercise("letterbox")
def test_one_row_is_left_at_least(student, reference, rng):
    """An image of one row and ten columns in a frame of 3 × 4: 0.4 rows become 1."""
    call = there(rng, (1, 10), (3, 4))
    assert_parts(student.letterbox(*call), reference.letterbox(*call), "the image", "the boxes")


@exercise("letterbox")
@fits(FITS)
def test_boxes_come_back_from_the_frame(student, reference, rng, picture, frame):
    """Where two boxes of the frame lie in the picture."""
    call = home(rng, picture, frame, channels=1)
    _, found = student.letterbox(*call, back=True)
    assert_close(found, reference.letterbox(*call, back=True)[1], what="the boxes")


@exercise("letterbox")
@fits({**FITS, **ODD})
def test_an_image_comes_back_from_the_frame(student, reference, rng, picture, frame):
    """Image and boxes of the way back; what stands beside the picture is left out."""
    call = home(rng, picture, frame)
    assert_parts(student.letterbox(*call, back=True), reference.letterbox(*call, back=True), "the image", "the boxes")


@exercise("letterbox")
@fits({**ROUNDED, **HALVES})
def test_the_way_back_rounds_as_the_way_there(student, reference, rng, picture, frame):
    """Whole rows and columns on the way back, and the exact scale for the boxes."""
    call = home(rng, picture, frame)
    assert_parts(student.letterbox(*call, back=True), reference.letterbox(*call, back=True), "the image", "the boxes")


@exercise("letterbox")
@pytest.mark.parametrize("back", [False, True])
def test_an_image_may_have_no_boxes(student, reference, rng, back):
    """No boxes, on both ways: (0, 4) comes back."""
    image, boxes, size = there(rng, (4, 10), (8, 5))
    call = (image, boxes[:0], size)
    came, expected = student.letterbox(*call, back=back), reference.letterbox(*call, back=back)
    assert_parts(came, expected, "the image", "the boxes")


@exercise("letterbox")
@pytest.mark.parametrize("back", [False, True])
def test_boxes_that_stick_out_are_not_cut(student, reference, rng, back):
    """A box that reaches beyond the image on all sides, on both ways."""
    image, _, size = there(rng, (4, 10), (8, 5))
    call = (image, table([-3.0, -2, 30, 20]), size)
    _, found = student.letterbox(*call, back=back)
    assert_close(found, reference.letterbox(*call, back=back)[1], what="the boxes")


contract(
    "letterbox",
    inputs=lambda rng, C=2, H=4, W=7, N=3, dtype=DOUBLE: (
        rand(rng, C, H, W, dtype=dtype),
        near(rng, N, dtype=dtype),
        (6, 9),
    ),
    settings={"fill": 0.25},
    also=[{"back": True}],
    square={"C": 4, "H": 4, "W": 4, "N": 4},
    one="CHN",
    all_at_once="N",
    forbids=["torchvision", "letterbox_image", "resize"],
    instead="scale and move them yourself",
)
