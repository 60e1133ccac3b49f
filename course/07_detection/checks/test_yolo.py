"""Checks of YOLO: who answers in a grid, what a mistake costs, boxes that stay in their cell, and two backbones."""

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    assert_names,
    assert_parts,
    case,
    contract,
    exercise,
    module_names,
    modules,
    rand,
    randn,
    use_module_in_both_modes,
)

DOUBLE = torch.float64
READS = {"answers_on_the_cpu": "it reads numbers of tensors, or picks by a mask, which the device rule can't follow"}
SIZE, GRID = (64, 128), (2, 4)  # cells of 32 by 32 pixels: nothing is rounded


def double(*numbers):
    """Numbers as a tensor in double."""
    return torch.tensor(numbers, dtype=DOUBLE)


def around(*rows):
    """Boxes from centre x, centre y, width and height."""
    return double(*((x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in rows))


def places(*labels):
    return torch.tensor(labels, dtype=torch.int64)


# yolo_v1_targets


def both_grids(student, reference, boxes, labels, size=SIZE, grid=GRID, num_classes=3):
    args = boxes, labels, size, grid, num_classes
    assert_close(student.yolo_v1_targets(*args), reference.yolo_v1_targets(*args))


@exercise("yolo_v1_targets")
def test_one_object_in_the_middle_of_a_cell(student, reference):
    """A centre in the middle of row 1, column 2; a quarter of the image wide, an eighth high."""
    both_grids(student, reference, around((80, 48, 32, 8)), places(1))


@exercise("yolo_v1_targets")
def test_the_object_of_the_text(student, reference):
    """The box (40, 10, 80, 50)."""
    both_grids(student, reference, double((40, 10, 80, 50)), places(2))


@exercise("yolo_v1_targets")
def test_objects_in_cells_of_their_own(student, reference):
    """Three objects, of which two have the same class."""
    both_grids(student, reference, around((10, 12, 8, 4), (100, 20, 16, 32), (70, 60, 40, 6)), places(0, 2, 0))


@exercise("yolo_v1_targets")
def test_cells_that_are_not_square(student, reference):
    """Cells of 8 × 32 pixels, four rows and two columns."""
    both_grids(student, reference, around((40, 18, 30, 12)), places(3), (32, 64), (4, 2), 4)


@exercise("yolo_v1_targets")
def test_a_centre_on_a_line_between_cells(student, reference):
    """It belongs to the cell on the right, or below."""
    both_grids(student, reference, around((64, 10, 20, 12), (40, 32, 20, 12)), places(1, 0))


@exercise("yolo_v1_targets")
def test_a_centre_on_the_edge_of_the_image(student, reference):
    """Upper left is the first cell; right and lower edge belong to the last ones, at 1."""
    both_grids(student, reference, around((0, 0, 20, 12), (128, 64, 20, 12), (128, 10, 8, 4)), places(1, 0, 2))


@exercise("yolo_v1_targets")
def test_two_objects_in_a_cell(student, reference):
    """The first has it: the second leaves no trace, though it is larger and of another class."""
    both_grids(student, reference, around((70, 40, 20, 12), (90, 50, 60, 40), (80, 60, 2, 2)), places(2, 1, 0))


@exercise("yolo_v1_targets")
def test_an_object_larger_than_the_image(student, reference):
    """Its shares are more than 1, and its centre is that of the whole box."""
    both_grids(student, reference, around((50, 20, 200, 100), (100, 50, 100, 20)), places(2, 1))


@exercise("yolo_v1_targets", costs=0.5)
def test_objects_with_a_centre_outside(student, reference):
    """They count for nothing, though a part of them is seen."""
    rows = (-2, 20, 40, 12), (60, -1, 20, 20), (129, 40, 20, 20), (60, 66, 20, 20), (20, 20, 8, 8)
    both_grids(student, reference, around(*rows), places(0, 1, 2, 0, 1))


@exercise("yolo_v1_targets", costs=0.5)
def test_boxes_without_an_area_take_no_cell(student, reference):
    """No width, no height, or less than none: the next object in the cell has it."""
    rows = (20, 20, 0, 12), (60, 20, 12, 0), (20, 24, 10, 6), (100, 50, -8, -4)
    both_grids(student, reference, around(*rows), places(0, 1, 2, 0))


@exercise("yolo_v1_targets", costs=0.5)
def test_no_objects_leave_a_grid_of_zeros(student, reference):
    """(0, 4) boxes: the grid has its shape and its dtype."""
    both_grids(student, reference, torch.zeros(0, 4, dtype=DOUBLE), places())


def some_objects(rng, M, size, dtype):
    """M boxes and their labels, spread over an image, none near a line of 8 pixels."""
    height, width = size
    rows = [((11 + 21 * m) % width, (3 + 13 * m) % height, 10 + 3 * m, 6 + 2 * m) for m in range(M)]
    return around(*rows).to(dtype) + rand(rng, M, 4, dtype=dtype) * 0.01, torch.arange(M) % 3


contract(
    "yolo_v1_targets",
    inputs=lambda rng, M=3, C=5, dtype=DOUBLE: (*some_objects(rng, M, SIZE, dtype), SIZE, GRID, C),
    square={"M": 4, "C": 4},
    but=READS,
)


# yolo_v1_loss


def cell(*numbers):
    """A grid of one cell."""
    return double(*numbers).reshape(1, 1, 1, -1)


MIDDLE = (0.5, 0.5, 0.25, 0.25, 1.0, 1.0)


def both_losses(student, reference, *args, **settings):
    came, expected = student.yolo_v1_loss(*args, **settings), reference.yolo_v1_loss(*args, **settings)
    assert_close(came, expected)


def grids(rng, N=2, Sy=2, Sx=3, B=2, C=3, dtype=DOUBLE):
    """Predictions and targets, in every second cell an object; the box that is responsible is a clear case."""
    predictions = rand(rng, N, Sy, Sx, 5 * B + C, dtype=dtype) * 0.2 + 0.2
    target = torch.zeros(N, Sy, Sx, 5 + C, dtype=dtype)
    for n in range(N):
        for k in range(n % 2, Sy * Sx, 2):
            i, j = k // Sx, k % Sx
            target[n, i, j, :5] = torch.tensor([0.3, 0.4, 0.3 + 0.02 * k, 0.2, 1.0])
            target[n, i, j, 5 + k % C] = 1
            best = (k + n + 1) % B
            predictions[n, i, j, 5 * best + 2 : 5 * best + 4] = torch.tensor([0.5, 0.42])
            for other in range(B):
                if other != best:
                    predictions[n, i, j, 5 * other + 2 : 5 * other + 4] = torch.tensor([0.15, 0.2])
    return predictions, target, B


@exercise("yolo_v1_loss")
def test_a_grid_without_objects(student, reference, rng):
    """Only the third part is above 0: confidences, times a half."""
    predictions, target, _ = grids(rng)
    both_losses(student, reference, predictions, torch.zeros_like(target))


@exercise("yolo_v1_loss")
def test_the_cell_of_the_text(student, reference):
    """The first box is the object's, the second the whole image."""
    said = cell(0.5, 0.5, 0.5, 0.5, 0.8, 0.5, 0.5, 1.0, 1.0, 0.4, 0.9)
    both_losses(student, reference, said, cell(*MIDDLE))


@exercise("yolo_v1_loss")
def test_one_box_with_wrong_places(student, reference):
    """One box a cell, off in all four numbers; weights of 1."""
    said = cell(0.4, 0.7, 0.6, 0.3, 0.7, 0.8)
    both_losses(student, reference, said, cell(*MIDDLE), num_boxes=1, lambda_coord=1.0, lambda_noobj=1.0)


@exercise("yolo_v1_loss")
def test_the_second_box_is_responsible(student, reference):
    """It overlaps better, though the first is surer."""
    said = cell(0.5, 0.5, 0.9, 0.9, 0.9, 0.4, 0.5, 0.5, 0.6, 0.3, 0.5)
    both_losses(student, reference, said, cell(*MIDDLE))


@exercise("yolo_v1_loss")
def test_responsible_by_iou_and_not_by_distance(student, reference):
    """The first box is nearer in its four numbers, the second overlaps better."""
    wide = (0.5, 0.5, 0.81, 0.09, 1.0, 1.0)
    said = cell(0.5, 0.5, 0.9, 0.12, 0.5, 0.9, 0.5, 0.9, 0.3, 0.4, 0.7)
    both_losses(student, reference, said, cell(*wide))


@exercise("yolo_v1_loss")
def test_the_iou_takes_cells_for_cells(student, reference):
    """A grid of 2 × 4: a shift in x is a quarter of the image at most, one in y a half."""
    target, said = torch.zeros(1, 2, 4, 6, dtype=DOUBLE), torch.zeros(1, 2, 4, 11, dtype=DOUBLE)
    target[0, 1, 2] = double(0.2, 0.2, 0.25, 0.25, 1.0, 1.0)
    said[0, 1, 2] = double(0.8, 0.2, 0.5, 0.5, 0.5, 0.2, 0.6, 0.5, 0.5, 0.4, 0.7)
    both_losses(student, reference, said, target)


@exercise("yolo_v1_loss")
def test_of_equal_overlaps_the_first_box(student, reference):
    """Three boxes: none overlaps the object, and then two equally well."""
    far = (0.1, 0.1, 0.1, 0.1)
    said = cell(*far, 0.3, *far, 0.5, *far, 0.7, 0.6)
    both_losses(student, reference, said, cell(*MIDDLE), num_boxes=3)
    good = (0.5, 0.4, 0.5, 0.5)
    said = cell(*far, 0.3, *good, 0.5, *good, 0.7, 0.6)
    both_losses(student, reference, said, cell(*MIDDLE), num_boxes=3)


@exercise("yolo_v1_loss")
def test_many_cells_and_images(student, reference, rng):
    """Random grids, in every second cell an object."""
    for sizes in (2, 2, 3, 2, 3), (1, 3, 2, 3, 4):
        predictions, target, num = grids(rng, *sizes)
        both_losses(student, reference, predictions, target, num_boxes=num)


@exercise("yolo_v1_loss", costs=0.5)
def test_a_negative_root_stands_for_its_square(student, reference):
    """A network may say roots below 0: the box has their squares as its sides, the loss is to the root."""
    said = cell(0.5, 0.5, -0.5, 0.5, 0.8, 0.1, 0.1, 0.2, 0.2, 0.4, 0.9)
    both_losses(student, reference, said, cell(*MIDDLE))


@exercise("yolo_v1_loss", costs=0.5)
def test_confidences_of_any_size(student, reference):
    """Confidences below 0 and above 1: they count as they are said."""
    said = cell(0.5, 0.5, 0.5, 0.5, 1.5, 0.1, 0.1, 0.2, 0.2, -0.75, 0.9)
    both_losses(student, reference, said, cell(*MIDDLE))


def gradients_of_v1(ns, predictions, target):
    """Return the gradient of the loss in the predictions."""
    predictions = predictions.clone().requires_grad_()
    with torch.enable_grad():
        loss = ns.yolo_v1_loss(predictions, target).sum()
    return torch.autograd.grad(loss, predictions)[0]


@exercise("yolo_v1_loss", costs=0.5)
def test_the_iou_passes_no_gradient_on(student, reference, rng):
    """Gradients in the predictions, of two images."""
    predictions, target, _ = grids(rng)
    args = gradients_of_v1, predictions, target
    assert_close(student.run(*args), reference.run(*args), what="the gradient in the predictions")


contract(
    "yolo_v1_loss",
    inputs=lambda rng, N=2, Sy=3, Sx=4, C=5, dtype=DOUBLE: (*grids(rng, N, Sy, Sx, 3, C, dtype)[:2], 3),
    settings={"lambda_coord": 3.0, "lambda_noobj": 0.25},
    square={"N": 3, "Sy": 3, "Sx": 3, "C": 3},
    one=["N", "C"],
    all_at_once=["N", "Sy", "Sx"],
    but=READS,
)


# passthrough


def both_stack(student, reference, x, **settings):
    assert_equal(student.passthrough(x, **settings), reference.passthrough(x, **settings))


def counted(*shape):
    return torch.arange(torch.Size(shape).numel(), dtype=DOUBLE).reshape(shape)


@exercise("passthrough")
def test_one_channel(student, reference):
    """The map of the text, 4 × 6."""
    both_stack(student, reference, counted(1, 1, 4, 6))


@exercise("passthrough")
def test_one_square_of_several_channels(student, reference):
    """Three channels of 2 × 2: all channels of a pixel stand together."""
    both_stack(student, reference, counted(1, 3, 2, 2))


@exercise("passthrough")
def test_several_images_and_channels(student, reference):
    """Two images of three channels, 4 × 6."""
    both_stack(student, reference, counted(2, 3, 4, 6))


@exercise("passthrough")
def test_squares_of_three(student, reference):
    """A stride of 3, and of 1, which changes nothing."""
    both_stack(student, reference, counted(1, 2, 6, 6), stride=3)
    both_stack(student, reference, counted(2, 2, 4, 2), stride=1)


def refused(ns, x, stride) -> str:
    """Return the name of the error that comes."""
    try:
        ns.passthrough(x, stride)
    except Exception as problem:
        return type(problem).__name__
    return "none"


@exercise("passthrough", costs=0.25)
@pytest.mark.parametrize("shape", [(1, 1, 5, 4), (1, 1, 4, 5), (1, 2, 3, 3), (1, 4, 2, 1)])
def test_sizes_that_can_t_be_cut_are_refused(student, shape):
    """H or W is odd: a ValueError."""
    came = student.run(refused, torch.zeros(shape), 2)
    assert_equal(came, "ValueError", what="the error for a size that is no multiple of the stride")


@exercise("passthrough", costs=0.25)
def test_sizes_that_can_be_cut_are_not_refused(student):
    """Squares of three in a map of 3 × 9, squares of two in one of 4 × 2."""
    for shape, stride in ((1, 1, 3, 9), 3), ((1, 1, 4, 2), 2):
        came = student.run(refused, torch.zeros(shape), stride)
        assert_equal(came, "none", what="the error for a size that is a multiple of the stride")


def gradient_of_squares(ns, x):
    """Return the gradient of a weighted sum of what comes out."""
    x = x.clone().requires_grad_()
    with torch.enable_grad():
        came = ns.passthrough(x)
        loss = (came.flatten() * torch.arange(came.numel(), dtype=x.dtype)).sum()
    return torch.autograd.grad(loss, x)[0]


@exercise("passthrough", costs=0.25)
def test_gradients_go_through(student, reference):
    """The gradient in the map, of a sum with a weight for each number."""
    came, expected = (
        student.run(gradient_of_squares, counted(1, 2, 2, 4)),
        reference.run(gradient_of_squares, counted(1, 2, 2, 4)),
    )
    assert_close(came, expected, what="the gradient in the map")


contract(
    "passthrough",
    inputs=lambda rng, N=2, C=3, H=4, W=6, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype),),
    settings={"stride": 1},
    also=[{"stride": 2}],
    square={"N": 4, "C": 4, "H": 4, "W": 4},
    one="NC",
    all_at_once="NC",
    forbids=["pixel_unshuffle", "PixelUnshuffle"],
    instead="move the axes yourself",
)


# yolo_v2_decode


def both_decode(student, reference, *args, **settings):
    came, expected = student.yolo_v2_decode(*args, **settings), reference.yolo_v2_decode(*args, **settings)
    assert_parts(came, expected, "the boxes", "the confidences", "the class probabilities")


@exercise("yolo_v2_decode")
def test_zeros_give_the_anchor_in_the_middle(student, reference):
    """One cell, one anchor of 20 × 12, all outputs 0."""
    both_decode(student, reference, torch.zeros(1, 7, 1, 1, dtype=DOUBLE), double((20, 12)), 16)


@exercise("yolo_v2_decode")
def test_zeros_in_every_cell(student, reference):
    """Two rows and three columns: the anchor in the middle of each."""
    both_decode(student, reference, torch.zeros(1, 7, 2, 3, dtype=DOUBLE), double((20, 12)), 16)


@exercise("yolo_v2_decode")
def test_the_cell_of_the_text_and_its_box(student, reference):
    """Row 1, column 2 has something to say."""
    outputs = torch.zeros(1, 7, 3, 4, dtype=DOUBLE)
    outputs[0, :, 1, 2] = double(0, 1.0986, 0.4055, -0.2877, 2.0, 1.0, -1.0)
    both_decode(student, reference, outputs, double((20, 12)), 16)


@exercise("yolo_v2_decode")
def test_two_anchors_have_channels_of_their_own(student, reference):
    """All channels of the first anchor stand before those of the second."""
    outputs = torch.linspace(-1.3, 1.7, 14, dtype=DOUBLE).reshape(1, 14, 1, 1)
    both_decode(student, reference, outputs, double((20, 12), (6, 30)), 8)


@exercise("yolo_v2_decode")
@pytest.mark.parametrize("version", [2, 3])
def test_many_images_anchors_and_cells(student, reference, rng, version):
    """Two images, three anchors, 2 × 4 cells, in both versions."""
    outputs, anchors = randn(rng, 2, 3 * 7, 2, 4, dtype=DOUBLE), double((20, 12), (6, 30), (9, 9))
    both_decode(student, reference, outputs, anchors, 8, version=version)


@exercise("yolo_v2_decode")
def test_wild_outputs(student, reference):
    """Centres stay in their cell, and sides have no limit."""
    outputs = torch.zeros(1, 6, 1, 2, dtype=DOUBLE)
    outputs[0, :4, 0, 0], outputs[0, :4, 0, 1] = double(40, -40, 7, -9), double(-50, 60, -8, 6)
    both_decode(student, reference, outputs, double((20, 12)), 8)


@exercise("yolo_v2_decode", costs=0.25)
def test_large_scores_of_classes(student, reference):
    """Classes of 900 and -900, in both versions: probabilities, and no nan."""
    outputs = torch.zeros(1, 8, 1, 1, dtype=DOUBLE)
    outputs[0, 5:, 0, 0] = double(900, 899, -900)
    for version in 2, 3:
        both_decode(student, reference, outputs, double((20, 12)), 8, version=version)


@exercise("yolo_v2_decode", costs=0.25)
def test_large_confidences(student, reference):
    """900 in one cell, -900 in the other."""
    outputs = torch.zeros(1, 6, 1, 2, dtype=DOUBLE)
    outputs[0, 4, 0] = double(900, -900)
    both_decode(student, reference, outputs, double((20, 12)), 8)


contract(
    "yolo_v2_decode",
    inputs=lambda rng, N=2, A=3, C=4, Sy=1, Sx=5, dtype=DOUBLE: (
        randn(rng, N, A * (5 + C), Sy, Sx, dtype=dtype),
        rand(rng, A, 2, dtype=dtype) * 9 + 3,
        8,
    ),
    settings={"version": 3},
    also=[{"version": 2}],
    square={"N": 2, "A": 2, "C": 2, "Sy": 2, "Sx": 2},
    one=["N", "A", "C", "Sy", "Sx"],
    all_at_once=["N", "A", "Sy", "Sx"],
)


# yolo_v3_targets

ANCHORS = ((8.0, 4.0), (8.0, 12.0)), ((16.0, 16.0), (32.0, 16.0))
STRIDES = (4, 8)
IMAGE = (16, 32)  # 4 × 8 and 2 × 4 cells, two anchors each: 80


def in_cells(anchors=ANCHORS, strides=STRIDES, size=IMAGE):
    """Every anchor in the middle of its cell."""
    rows = [
        ((j + 0.5) * stride, (i + 0.5) * stride, w, h)
        for stride, level in zip(strides, anchors, strict=True)
        for w, h in level
        for i in range(size[0] // stride)
        for j in range(size[1] // stride)
    ]
    return around(*rows)


def both_target(student, reference, boxes, labels, candidates=None, num_classes=3, **settings):
    candidates = in_cells() if candidates is None else candidates
    args = boxes, labels, candidates, IMAGE, double(*ANCHORS), STRIDES, num_classes
    came, expected = student.yolo_v3_targets(*args, **settings), reference.yolo_v3_targets(*args, **settings)
    assert_parts(came, expected, "the state", "the target")


FAR = {"ignore": 1.0}  # nothing is ignored


@exercise("yolo_v3_targets")
def test_no_objects_make_all_negative(student, reference):
    """(0, 4) boxes: states and targets are all 0."""
    both_target(student, reference, torch.zeros(0, 4, dtype=DOUBLE), places())


@exercise("yolo_v3_targets")
def test_an_object_of_an_anchor_s_shape_on_the_first_level(student, reference):
    """8 × 4 around (10, 7): the first anchor, row 1, column 2."""
    both_target(student, reference, around((10, 7, 8, 4)), places(1), **FAR)


@exercise("yolo_v3_targets")
def test_the_second_anchor_of_the_first_level(student, reference):
    """9 × 11 around (21, 6)."""
    both_target(student, reference, around((21, 6, 9, 11)), places(2), **FAR)


@exercise("yolo_v3_targets")
def test_objects_on_the_second_level(student, reference):
    """14 × 15 and 30 × 14: both anchors of the level with larger cells."""
    both_target(student, reference, around((11, 9, 14, 15), (18, 5, 30, 14)), places(0, 2), **FAR)


@exercise("yolo_v3_targets")
def test_the_shape_alone_says_the_anchor(student, reference):
    """Centres near a cell's corner: by where the anchors lie, another one would overlap better."""
    rows = (8.25, 8.25, 12, 14), (15.5, 7.75, 8, 7)
    both_target(student, reference, around(*rows), places(1, 0), **FAR)


@exercise("yolo_v3_targets")
def test_of_equal_shapes_the_first(student, reference):
    """8 × 8 overlaps 8 × 4 by a half and 8 × 16 by a half; 16 × 8 two anchors by a half."""
    anchors = double((8, 4), (8, 16)), double((16, 4), (32, 16))
    args = around((10, 7, 8, 8), (23, 9, 16, 8)), places(1, 2), in_cells(), IMAGE, torch.stack(anchors), STRIDES, 3
    came, expected = student.yolo_v3_targets(*args, ignore=1.0), reference.yolo_v3_targets(*args, ignore=1.0)
    assert_parts(came, expected, "the state", "the target")


@exercise("yolo_v3_targets")
def test_centres_on_lines_and_edges(student, reference):
    """On a line: right or below. On the right and lower edge: the last cell, at 1."""
    rows = (8, 6, 8, 4), (18, 12, 8, 4), (32, 16, 8, 12), (32, 8, 32, 16), (0, 0, 16, 16)
    both_target(student, reference, around(*rows), places(0, 1, 2, 0, 1), **FAR)


@exercise("yolo_v3_targets")
def test_two_objects_that_want_the_same(student, reference):
    """The first has it, of whatever class; one of another shape in the same cell has its own."""
    rows = (10, 7, 8, 4), (9, 6, 7, 4), (11, 5, 8, 11)
    both_target(student, reference, around(*rows), places(2, 1, 0), **FAR)


@exercise("yolo_v3_targets")
def test_an_object_larger_than_the_image_and_all_anchors(student, reference):
    """40 × 20 in an image of 32 × 16: the largest anchor, and shares above 1."""
    both_target(student, reference, around((17, 9, 40, 20)), places(1), **FAR)


@exercise("yolo_v3_targets")
def test_the_ignored_lie_above_the_threshold(student, reference):
    """One object, candidates in their cells, a threshold of 0.4."""
    both_target(student, reference, around((10, 7, 8, 4)), places(1), ignore=0.4)


@exercise("yolo_v3_targets")
def test_exactly_the_threshold_is_negative(student, reference):
    """Candidates with an IoU of 0.5 and of 0.75."""
    candidates = torch.zeros(80, 4, dtype=DOUBLE)
    candidates[3], candidates[70] = double(6, 5, 10, 9), double(6, 5, 12, 9)
    both_target(student, reference, double((6, 5, 14, 9)), places(1), candidates)


@exercise("yolo_v3_targets")
def test_candidates_say_what_is_ignored_and_nothing_else(student, reference):
    """Candidates that lie elsewhere than the anchors: as a network would say them."""
    candidates = in_cells().roll(13, dims=0)
    both_target(student, reference, around((10, 7, 8, 4), (18, 5, 30, 14)), places(1, 0), candidates)


@exercise("yolo_v3_targets")
def test_any_object_can_make_ignored(student, reference):
    """Also the second of two, and one that has no anchor since the first has it."""
    candidates = torch.zeros(80, 4, dtype=DOUBLE)
    rows = around((10, 7, 8, 4), (9, 5, 6, 5), (25, 6, 9, 11))
    candidates[5], candidates[41], candidates[77] = rows[1], rows[2], rows[0]
    both_target(student, reference, rows, places(1, 0, 2), candidates, ignore=0.8)


@exercise("yolo_v3_targets", costs=0.5)
def test_objects_that_do_not_count(student, reference):
    """A centre outside, no width, no height: nothing is positive and nothing ignored for them."""
    rows = around((-1, 7, 8, 4), (10, 17, 8, 12), (33, 3, 9, 11), (12, 7, 0, 4), (20, 6, 8, 0), (21, 6, 9, 11))
    candidates = torch.zeros(80, 4, dtype=DOUBLE)
    candidates[5], candidates[6], candidates[7] = rows[0], rows[1], rows[2]
    both_target(student, reference, rows, places(1, 0, 2, 1, 0, 2), candidates)


@exercise("yolo_v3_targets", costs=0.5)
def test_boxes_turned_round_do_not_count(student, reference):
    """The left edge to the right of the right one, the upper below the lower: no object."""
    rows = (10, 7, -8, 4), (21, 6, 9, -11), (12, 9, -14, -15)
    both_target(student, reference, around(*rows), places(1, 0, 2))


@exercise("yolo_v3_targets", costs=0.5)
def test_the_whole_box_makes_ignored(student, reference):
    """An object that reaches out of the image: candidates like the whole of it, and like what is seen."""
    candidates = torch.zeros(80, 4, dtype=DOUBLE)
    candidates[3], candidates[70] = double(-10, 2, 12, 12), double(0, 2, 12, 12)
    both_target(student, reference, double((-10, 2, 12, 12)), places(1), candidates, ignore=0.6)


@exercise("yolo_v3_targets", costs=0.5)
def test_only_objects_that_do_not_count(student, reference):
    """All is negative, as without objects."""
    rows = around((-1, 7, 8, 4), (12, 7, 0, 4))
    both_target(student, reference, rows, places(1, 0))


@exercise("yolo_v3_targets", costs=0.5)
def test_three_levels_of_one_anchor(student, reference):
    """Strides of 16, 4 and 8, the coarsest first, in an image of 16 × 32."""
    anchors, strides = (((30.0, 14.0),), ((6.0, 5.0),), ((12.0, 12.0),)), (16, 4, 8)
    rows = around((17, 7, 28, 13), (6, 13, 6, 6), (21, 9, 13, 11))
    args = rows, places(0, 1, 2), in_cells(anchors, strides), IMAGE, double(*anchors), strides, 3
    came, expected = student.yolo_v3_targets(*args), reference.yolo_v3_targets(*args)
    assert_parts(came, expected, "the state", "the target")


OBJECTS = ((10.3, 7.2, 8, 4.5), (18.4, 5.3, 30, 14.5), (21.2, 13.3, 9, 11.5), (6.3, 3.3, 15, 15.5), (29.1, 6.2, 9, 4))


def v3_inputs(rng, M=3, C=4, dtype=DOUBLE):
    boxes = around(*OBJECTS[:M]).to(dtype) + rand(rng, M, 4, dtype=dtype) * 0.01
    anchors = double(*ANCHORS).to(dtype)
    return boxes, torch.arange(M) % C, in_cells().to(dtype), IMAGE, anchors, STRIDES, C


contract(
    "yolo_v3_targets",
    inputs=v3_inputs,
    settings={"ignore": 0.3},
    square={"M": 4, "C": 4},
    one="MC",
    but=READS,
)


# yolo_v3_loss


def both_v3(student, reference, outputs, state, target):
    assert_close(student.yolo_v3_loss(outputs, state, target), reference.yolo_v3_loss(outputs, state, target))


def one_positive(*numbers, label=1, num_classes=2):
    """One anchor of one image that has an object."""
    target = torch.zeros(1, 1, 6 + num_classes, dtype=DOUBLE)
    target[0, 0, :6] = double(*numbers)
    target[0, 0, 6 + label] = 1
    return torch.ones(1, 1, dtype=torch.int64), target


def anchors_of(rng, N=2, K=5, C=3, dtype=DOUBLE):
    """Outputs, states of all three kinds in every image, and targets."""
    outputs = randn(rng, N, K, 5 + C, dtype=dtype)
    state = (torch.arange(N * K).reshape(N, K) % 3 - 1 + torch.arange(N)[:, None] + 1) % 3 - 1
    target = torch.zeros(N, K, 6 + C, dtype=dtype)
    target[..., :6] = rand(rng, N, K, 6, dtype=dtype) * 0.8 + 0.1
    target[..., 2:4] -= 0.5
    target[..., 6:].scatter_(2, (torch.arange(N * K).reshape(N, K, 1) % C), 1)
    return outputs, state, target * (state == 1)[..., None]


@exercise("yolo_v3_loss")
def test_only_negatives(student, reference):
    """No positive at all: confidences alone, and two parts of 0."""
    outputs = torch.linspace(-2, 2, 2 * 3 * 7, dtype=DOUBLE).reshape(2, 3, 7)
    both_v3(student, reference, outputs, torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3, 8, dtype=DOUBLE))


@exercise("yolo_v3_loss")
def test_only_ignored(student, reference):
    """Three parts of 0."""
    outputs = torch.linspace(-2, 2, 2 * 3 * 7, dtype=DOUBLE).reshape(2, 3, 7)
    both_v3(student, reference, outputs, -torch.ones(2, 3, dtype=torch.int64), torch.zeros(2, 3, 8, dtype=DOUBLE))


@exercise("yolo_v3_loss")
def test_a_centre_that_is_off(student, reference):
    """tx and ty of 1 and -2, for 0.25 and 0.5; the box has no share of the image worth naming."""
    both_v3(
        student,
        reference,
        double(1, -2, 0.5, 0.25, 0, 0, 0).reshape(1, 1, 7),
        *one_positive(0.25, 0.5, 0.5, 0.25, 0, 0),
    )


@exercise("yolo_v3_loss")
def test_sides_that_are_off(student, reference):
    """tw and th of 1 and -2, for 0.5 and 0.25; tx and ty are right."""
    said = double(0, 0, 1, -2, 0, 0, 0).reshape(1, 1, 7)
    both_v3(student, reference, said, *one_positive(0.5, 0.5, 0.5, 0.25, 0, 0))


@exercise("yolo_v3_loss")
def test_small_boxes_count_more(student, reference):
    """All four numbers are off, for several sizes of the object."""
    said = double(1, -2, 1, -2, 0, 0, 0).reshape(1, 1, 7)
    for share in (0.5, 0.25), (1.0, 1.0), (1.5, 1.25), (0.9, 0.1):
        both_v3(student, reference, said, *one_positive(0.25, 0.5, 0.5, 0.25, *share))


@exercise("yolo_v3_loss")
def test_confidence_and_classes_of_one_object(student, reference):
    """The box is right; confidence 1.5, classes 2, -1 and 0.5, of which the second is true."""
    said = double(0, 0, 0, 0, 1.5, 2, -1, 0.5).reshape(1, 1, 8)
    both_v3(student, reference, said, *one_positive(0.5, 0.5, 0, 0, 0.3, 0.4, num_classes=3))


@exercise("yolo_v3_loss")
def test_many_anchors_of_all_kinds(student, reference, rng):
    """Positive, negative and ignored ones in every image."""
    for sizes in (1, 7, 4), (2, 5, 3), (3, 4, 1):
        both_v3(student, reference, *anchors_of(rng, *sizes))


@exercise("yolo_v3_loss", costs=0.5)
def test_large_outputs_have_large_losses(student, reference):
    """Confidences and classes of 800 and -800, all of them wrong."""
    outputs = torch.zeros(1, 2, 7, dtype=DOUBLE)
    outputs[0, 0, 4:], outputs[0, 1, 4] = double(-800, 800, -800), 800
    state, target = one_positive(0.5, 0.5, 0, 0, 0.3, 0.4)
    state, target = torch.tensor([[1, 0]]), torch.cat([target, torch.zeros_like(target)], dim=1)
    both_v3(student, reference, outputs, state, target)


def gradients_of_v3(ns, outputs, state, target):
    """Return the gradient of the loss in the outputs."""
    outputs = outputs.clone().requires_grad_()
    with torch.enable_grad():
        loss = ns.yolo_v3_loss(outputs, state, target).sum()
    return torch.autograd.grad(loss, outputs)[0]


@exercise("yolo_v3_loss", costs=0.5)
def test_gradients_reach_the_outputs(student, reference, rng):
    """Gradients in the outputs, none of them in those of ignored anchors."""
    args = gradients_of_v3, *anchors_of(rng)
    assert_close(student.run(*args), reference.run(*args), what="the gradient in the outputs")


contract(
    "yolo_v3_loss",
    inputs=anchors_of,
    square={"N": 4, "K": 4, "C": 4},
    one="NC",
    all_at_once="NK",
)


# Darknet19

PRICE = {"names": 0.5, "gradients": 0.5, "apart": 0.25}

modules(
    "Darknet19",
    {
        "smallest": {"smallest": case([2, 1], x=(2, 3, 32, 32))},
        "others": {
            "wider": case([3, 2], x=(1, 3, 64, 96)),
            "odd sizes": case([2, 1], x=(1, 3, 45, 71)),
        },
        "of its real size": case([], large=True),
        "of thrice the width": case([4, 3], large=True),
    },
    training=["smallest"],
    gradients=["smallest"],
    apart=["smallest"],
    sums=True,
    rounded=True,
    costs={"names": 0.5, "gradients": 0.25, "apart": 0.25},
)


contract(
    "Darknet19",
    use=use_module_in_both_modes,
    inputs=lambda rng, N=2, C=3, H=34, W=64, dtype=DOUBLE: (
        *("Darknet19", [C, 1], {}),
        randn(rng, N, 3, H, W, dtype=dtype),
    ),
    square={"N": 3, "C": 3, "H": 32, "W": 32},
    one="NC",
)


# Darknet53

modules(
    "Darknet53",
    {
        "one stage": {"one stage": case([2], {"width": 2, "blocks": (1,)}, x=(2, 3, 4, 6), other=(1, 3, 6, 4))},
        "no blocks": {"no blocks": case([2], {"width": 2, "blocks": (0, 0)}, x=(2, 3, 4, 6))},
        "several": {"several": case([3], {"width": 2, "blocks": (1, 2)}, x=(1, 3, 8, 12))},
        "odd sizes": {"odd sizes": case([2], {"width": 2, "blocks": (2, 0, 1)}, x=(2, 3, 5, 7))},
        "of its real size": case([], large=True),
        "of four classes": case([4, 6], large=True),
    },
    training=["one stage"],
    gradients=["several"],
    apart=["one stage"],
    sums=True,
    rounded=True,
    costs=PRICE,
)


def maps_of(ns, args, settings, x):
    """Return the maps of all stages in evaluation mode."""
    from autograder.authoring.filled import filled_module

    module = filled_module(ns, "Darknet53", args, settings, [x], 4).eval()
    with torch.no_grad():
        return list(module.maps(x))


@exercise("Darknet53", costs=0.5)
def test_the_maps_of_all_stages(student, reference, rng):
    """Four stages: their maps, the first stage's first; the last has one pixel."""
    args = maps_of, [2], {"width": 2, "blocks": (1, 2, 0, 1)}, randn(rng, 1, 3, 8, 5, dtype=DOUBLE)
    came, expected = student.run(*args), reference.run(*args)
    if len(came) != len(expected):
        raise Mismatch("as many maps as there are stages", str(len(came)), str(len(expected)))
    assert_close(came, expected, what="the maps")


@exercise("Darknet53", costs=0.25)
def test_what_is_left_out_has_its_default(student, reference):
    """Blocks and width are those of the paper where only classes are given."""
    call = module_names, "Darknet53", [2], {"width": 2}
    assert_names(student.run(*call), reference.run(*call))


contract(
    "Darknet53",
    use=use_module_in_both_modes,
    inputs=lambda rng, N=2, C=4, H=6, W=8, dtype=DOUBLE: (
        *("Darknet53", [C], {"width": 2, "blocks": (1, 1)}),
        randn(rng, N, 3, H, W, dtype=dtype),
    ),
    square={"N": 4, "C": 4, "H": 8, "W": 8},
    one="NC",
)
