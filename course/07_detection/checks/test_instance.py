"""Checks of instances: polygons, the mask branch and its loss, pasting, joints, prototypes and the panoptic map."""

import math

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    assert_parts,
    case,
    contract,
    exercise,
    integers,
    limit_operations,
    modules,
    rand,
    randn,
)

DOUBLE = torch.float64


# polygon_to_mask

POLYGONS = [
    pytest.param([[1, 1, 5, 1, 1, 4]], (5, 6), id="the triangle of the text"),
    pytest.param([[0.7, 5.2, 3.1, 0.4, 6.8, 3.3]], (6, 8), id="a triangle between pixels"),
    pytest.param([[6.8, 3.3, 3.1, 0.4, 0.7, 5.2]], (6, 8), id="the other way round"),
    pytest.param([[0.6, 0.7, 7.2, 1.1, 3.1, 2.9, 6.9, 5.4, 1.2, 5.3]], (6, 8), id="with a dent"),
    pytest.param([[-3.2, -1.3, 4.1, -2.2, 9.9, 3.4, 2.3, 9.1]], (6, 7), id="corners outside of the image"),
    pytest.param([[0.7, 0.6, 5.4, 5.2, 5.4, 0.6, 0.7, 5.2]], (6, 6), id="edges that cross"),
    pytest.param([[4.1, 0.2, 6.3, 7.4, 0.4, 2.9, 7.8, 2.9, 1.9, 7.4]], (8, 8), id="a star drawn in one line"),
    pytest.param([[9, 0, 12, 0, 12, 4], [-9, 0, -2, 0, -2, 4]], (4, 5), id="beside the image"),
]


def assert_mask(student, reference, polygons, size):
    """Compare the masks of polygons."""
    came = student.polygon_to_mask(polygons, size)
    assert_equal(came, reference.polygon_to_mask(polygons, size), what="the mask")


@exercise("polygon_to_mask")
@pytest.mark.parametrize(("polygons", "size"), POLYGONS)
def test_a_single_polygon(student, reference, polygons, size):
    """The pixels whose middle lies inside."""
    assert_mask(student, reference, polygons, size)


@exercise("polygon_to_mask")
@pytest.mark.parametrize(
    "polygons",
    [
        [[0.2, 0.3, 3.2, 0.3, 3.2, 2.7, 0.2, 2.7], [4.6, 2.2, 6.7, 3.3, 4.8, 4.9]],
        [[0.2, 0.3, 5.2, 0.3, 5.2, 4.7, 0.2, 4.7], [1.8, 1.2, 6.7, 2.3, 3.8, 3.9]],
        [[0.2, 0.3, 6.2, 0.3, 6.2, 4.7, 0.2, 4.7], [1.8, 1.2, 4.7, 1.3, 3.8, 3.9], [1.8, 1.2, 4.7, 1.3, 3.8, 3.9]],
    ],
    ids=["apart", "overlapping", "one in the other, twice"],
)
def test_parts_are_joined(student, reference, polygons):
    """What lies in any of the parts is the object."""
    assert_mask(student, reference, polygons, (5, 7))


@exercise("polygon_to_mask")
@pytest.mark.parametrize(
    "flat",
    [[1.5, 0.5, 4.5, 0.5, 4.5, 3.5, 1.5, 3.5], [0.5, 0.5, 4.5, 0.5, 0.5, 4.5], [4.5, 4.5, 0.5, 4.5, 4.5, 0.5]],
    ids=["upright", "slanted on the right", "slanted on the left"],
)
def test_edges_through_the_middles(student, reference, flat):
    """Points on left and upper edges are in, those on right and lower edges out."""
    assert_mask(student, reference, [flat], (5, 6))


@exercise("polygon_to_mask", costs=0.5)
def test_edges_beside_the_middles(student, reference):
    """Edges a billionth beside the middles of pixels: all is computed in float64."""
    near = 1e-9
    assert_mask(
        student, reference, [[2.5 + near, 0.5 + near, 4.5 + near, 0.5 + near, 4.5 + near, 3.5, 2.5 + near, 3.5]], (5, 6)
    )


@exercise("polygon_to_mask")
def test_corners_at_the_height_of_middles(student, reference):
    """A corner at the height of a row of middles turns the parity once, or twice, or not at all."""
    for flat in (
        [0.2, 2.5, 3.0, 0.2, 5.8, 2.5, 3.0, 4.8],
        [0.2, 0.2, 3.0, 2.5, 5.8, 0.2, 5.8, 4.8, 0.2, 4.8],
        [0.2, 4.8, 3.0, 2.5, 5.8, 4.8, 5.8, 0.2, 0.2, 0.2],
    ):
        assert_mask(student, reference, [flat], (5, 6))


@exercise("polygon_to_mask", costs=0.5)
@pytest.mark.parametrize(
    "polygons",
    [[], [[]], [[2.2, 1.2]], [[1.0, 1.0, 4.0, 3.5]], [[1.0, 1.0, 4.0, 3.5], [0, 0, 3, 0, 3, 3]]],
    ids=["no parts", "no corners", "one corner", "two corners", "two corners, and a triangle"],
)
def test_parts_without_an_inside(student, reference, polygons):
    """No parts at all, and parts of fewer than three corners."""
    assert_mask(student, reference, polygons, (4, 5))


contract(
    "polygon_to_mask",
    inputs=lambda rng, H=5, W=7: ([[0.7, 0.3, W - 0.7, 1.1, 2.2, H - 0.3]], (H, W)),
    one=["H", "W"],
    strides=False,
    device=False,
    digits=False,
)


@exercise("polygon_to_mask", costs=0.5)
def test_polygon_to_mask_has_no_loop_over_pixels(student):
    """A larger image needs no more operations."""
    polygons = [[-1, -1, 40, -2, 41, 39, -2, 40]]  # around all of it
    limit_operations(student, "polygon_to_mask", (polygons, (4, 5)), (polygons, (16, 5)))
    limit_operations(student, "polygon_to_mask", (polygons, (4, 5)), (polygons, (4, 21)))


# mask_head


modules(
    "mask_head",
    {
        "layers": {
            "two layers": case([3, 4], {"layers": (5, 2), "dim_reduced": 3}, x=(2, 3, 3, 4)),
            "one layer": case([2, 3], {"layers": (4,), "dim_reduced": 2}, x=(1, 2, 2, 3)),
        },
        "no layers": {"no layers": case([3, 2], {"layers": (), "dim_reduced": 4}, x=(2, 3, 2, 3))},
        "dilation": {
            "a dilation of 2": case([2, 3], {"layers": (3, 2), "dim_reduced": 2, "dilation": 2}, x=(1, 2, 5, 4))
        },
        "of its real size": case([256, 91], large=True),
    },
    training=(),
    gradients=["two layers"],
    rounded=True,
    sums=True,
)


def begun(ns):
    """Probe: for each weight of a new branch how often its deviation is doubled to that of the rule, in half steps,
    and whether any lies far out; and the names of the biases that aren't 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = ns.mask_head(8, 64, (128, 32), 8).state_dict()
    weights = {name: one for name, one in state.items() if one.ndim > 1}
    rule = {name: (2 / (one.shape[0] * one[0, 0].numel())) ** 0.5 for name, one in weights.items()}
    doubled = {name: round(2 * math.log2(one.std().item() / rule[name] + 1e-9)) for name, one in weights.items()}
    tails = {name: bool(one.abs().max() > 2 * one.std()) for name, one in weights.items()}
    return doubled, tails, [name for name, one in state.items() if one.ndim == 1 and bool(one.any())]


@exercise("mask_head", costs=0.25)
def test_the_first_weights(student):
    """The first weights are as spread as kaiming_normal_ with fan_out makes them, and the layers' biases are 0."""
    doubled, tails, biased = student.run(begun)
    for name, times in doubled.items():
        if times:
            raise Mismatch(f"{name} begins otherwise", f"about {2 ** (times / 2):.2g} times the deviation", "once")
    for name, far in tails.items():
        if not far:
            raise Mismatch(f"{name} isn't drawn from a normal distribution", "none beyond two deviations", "some")
    for name in biased:
        if name.startswith("mask_head"):
            raise Mismatch(f"{name} doesn't begin at 0", "another", "0")


@exercise("mask_head", costs=0.25)
def test_the_biases_of_the_predictor(student):
    """The biases in the part mask_predictor begin as torch draws them, and not at 0."""
    biased = student.run(begun)[2]
    for name in ("mask_predictor.conv5_mask.bias", "mask_predictor.mask_fcn_logits.bias"):
        if name not in biased:
            raise Mismatch(f"{name} begins at 0", "0", "numbers that torch draws")


def begun_twice(ns):
    """Probe: whether two calls with the same arguments give branches of other first weights."""
    first, second = (ns.mask_head(2, 3, (4,), 2) for _ in range(2))
    return [bool((a != b).any()) for a, b in zip(first.parameters(), second.parameters(), strict=True) if a.ndim > 1]


@exercise("mask_head", costs=0.25)
def test_weights_are_drawn_anew(student):
    """A second call with the same arguments gives a branch with weights of its own."""
    if not all(student.run(begun_twice)):
        raise Mismatch("two branches begin alike", "the same weights in both", "weights drawn anew")


def shape_without_boxes(ns):
    """Probe: the shape of what the branch says of no boxes."""
    return list(ns.mask_head(2, 3, (4,), 2)(torch.zeros(0, 2, 3, 4)).shape)


@exercise("mask_head", costs=0.25)
def test_no_boxes(student, reference):
    """An image without boxes: R is 0."""
    came = student.run(shape_without_boxes)
    assert_equal(came, reference.run(shape_without_boxes), what="the shape")


# mask_loss


def batch(rng, objects, proposals, num_classes=3, side=4, dtype=DOUBLE, high=9, wide=11):
    """Return what mask_loss is given: images of different sizes, whose proposals all show objects."""
    boxes, masks, labels, matched = [], [], [], []
    for place, (num, asked) in enumerate(zip(objects, proposals, strict=True)):
        masks.append(rand(rng, num, high + place, wide - 2 * place) > 0.5)
        labels.append(integers(rng, 0, num_classes, num))
        matched.append(integers(rng, 0, max(num, 1), asked))
        first = 4 * rand(rng, asked, 2, dtype=dtype) - 0.5
        boxes.append(torch.cat([first, first + 2 + 4 * rand(rng, asked, 2, dtype=dtype)], dim=1))
    return 2 * randn(rng, sum(proposals), num_classes, side, side, dtype=dtype), boxes, masks, labels, matched


def loss_and_gradient(ns, logits, *given):
    """Probe: the loss, and the gradient that it gives the logits."""
    logits = logits.clone().requires_grad_()
    loss = ns.mask_loss(logits, *given)
    if loss.numel() != 1:
        raise ValueError(f"the loss has the shape {tuple(loss.shape)}, and not a single number")
    loss.backward()
    return loss.detach(), logits.grad


def assert_loss(student, reference, *given):
    """Compare the loss and its gradient."""
    came, expected = (side.run(loss_and_gradient, *given) for side in (student, reference))
    assert_parts(came, expected, "the loss", "the gradient of logits")


def labelled(rng, objects, proposals, labels, matched, **settings):
    """Return a batch whose labels and matches are set."""
    logits, boxes, masks, *_ = batch(rng, objects, proposals, **settings)
    return logits, boxes, masks, [torch.tensor(one) for one in labels], [torch.tensor(one) for one in matched]


@exercise("mask_loss")
@pytest.mark.parametrize("label", [1, 0])
def test_the_loss_of_the_text(student, reference, label):
    """One box of 2 x 2 pixels, 0 in class 1 and 100 in class 0."""
    logits = torch.zeros(1, 2, 2, 2, dtype=DOUBLE)
    logits[0, 0] = 100
    truth = torch.tensor([[[True, True], [False, False]]])
    boxes = [torch.tensor([[0.0, 0, 2, 2]], dtype=DOUBLE)]
    given = logits, boxes, [truth], [torch.tensor([label])], [torch.tensor([0])], True
    assert_close(student.mask_loss(*given), reference.mask_loss(*given), what="the loss")


@exercise("mask_loss")
def test_proposals_of_one_image(student, reference, rng):
    """Four proposals that show three objects, not in their order, and one of them twice."""
    given = labelled(rng, [3], [4], [[2, 1, 0]], [[1, 2, 2, 0]])
    assert_loss(student, reference, *given)


@exercise("mask_loss")
def test_images_are_told_apart(student, reference, rng):
    """Two images of different sizes: places of objects count in their own image, and all cells count alike."""
    given = labelled(rng, [2, 3], [1, 4], [[1, 2], [0, 2, 1]], [[1], [2, 0, 0, 1]])
    assert_loss(student, reference, *given)


@exercise("mask_loss")
def test_the_target_is_a_share(student, reference):
    """Cells that the outline crosses: the mask is 1 in the left one and a half of two columns."""
    truth = torch.zeros(1, 6, 6, dtype=torch.bool)
    truth[:, :, :3] = True
    boxes = [torch.tensor([[0.0, 0, 4, 4]], dtype=DOUBLE)]
    logits = torch.tensor([[[[0.0, 0], [0, 0]], [[1.0, 3], [2, -1]]]], dtype=DOUBLE)
    assert_loss(student, reference, logits, boxes, [truth], [torch.tensor([1])], [torch.tensor([0])], True)


@exercise("mask_loss")
def test_a_mask_is_no_shape_alone(student, reference, rng):
    """All sizes equal: as many proposals, classes, objects, rows and columns."""
    given = labelled(rng, [3], [3], [[2, 0, 1]], [[1, 2, 0]], num_classes=3, side=3, high=3, wide=3)
    assert_loss(student, reference, *given)


@exercise("mask_loss", costs=0.5)
def test_masks_of_bytes(student, reference, rng):
    """Masks are uint8 of 0 and 1."""
    logits, boxes, masks, labels, matched = labelled(rng, [2], [2], [[1, 2]], [[1, 0]])
    assert_loss(student, reference, logits, boxes, [one.to(torch.uint8) for one in masks], labels, matched)


@exercise("mask_loss")
def test_an_image_without_proposals(student, reference, rng):
    """One image has objects and no proposals, another neither."""
    given = labelled(rng, [2, 2, 0], [0, 3, 0], [[1, 2], [2, 0], []], [[], [1, 0, 0], []])
    given = (*given[:3], *([one.long() for one in part] for part in given[3:]))
    assert_loss(student, reference, *given)


@exercise("mask_loss", costs=0.5)
def test_boxes_at_the_edge_of_a_small_image(student, reference, rng):
    """Boxes that reach up to the edge of a small image, and over it, beside a larger image."""
    logits, boxes, _, labels, matched = labelled(rng, [1, 1], [2, 1], [[1], [2]], [[0, 0], [0]])
    masks = [torch.ones(1, 6, 6, dtype=torch.bool), torch.ones(1, 9, 11, dtype=torch.bool)]
    boxes[0] = torch.tensor([[2.0, 2, 6, 6], [3.0, 1, 7, 5]], dtype=DOUBLE)
    assert_loss(student, reference, logits, boxes, masks, labels, matched)


@exercise("mask_loss")
@pytest.mark.parametrize("objects", [[2], [0, 0]], ids=["one image", "two images without objects"])
def test_no_proposals_at_all(student, reference, rng, objects):
    """The loss is 0, and backward() works."""
    logits, boxes, masks, labels, matched = batch(rng, objects, [0] * len(objects))
    assert_loss(student, reference, logits, boxes, masks, labels, matched)


@exercise("mask_loss")
def test_large_logits(student, reference):
    """Logits of 1000 and -1000."""
    truth = torch.tensor([[[True, True], [False, False]]])
    boxes = [torch.tensor([[0.0, 0, 2, 2]], dtype=DOUBLE)]
    logits = torch.tensor([[[[1000.0, -1000], [1000, -1000]], [[0, 0], [0, 0]]]], dtype=DOUBLE)
    given = logits, boxes, [truth], [torch.tensor([0])], [torch.tensor([0])], True
    assert_close(student.mask_loss(*given), reference.mask_loss(*given), what="the loss")


def loss_inputs(rng, R=4, K=3, M=5, G=2, dtype=DOUBLE):
    """Return the proposals of one image."""
    logits, boxes, masks, *_ = batch(rng, [G], [R], K, M, dtype)
    return logits, boxes, masks, [torch.arange(G) % K], [(torch.arange(R) + 1) % G]


contract(
    "mask_loss",
    inputs=loss_inputs,
    settings={"aligned": True},
    also=[{"aligned": False}, lambda rng, dtype=DOUBLE: batch(rng, [2], [0], dtype=dtype)],
    one=["R", "K", "M", "G"],
    square={"R": 3, "K": 3, "M": 3, "G": 3},
)


# paste_mask

# boxes in an image of 6 x 8
PLACES = {
    "whole pixels": [2.0, 1.0, 6.0, 5.0],
    "between pixels": [1.3, 0.6, 6.9, 4.2],
    "larger than the image": [-3.1, -2.2, 11.4, 9.3],
    "reaching outside": [5.2, 3.1, 12.7, 9.4],
    "outside of the image": [12.0, 9.0, 17.0, 13.0],
    "smaller than a pixel": [3.2, 2.3, 3.9, 2.8],
    "wide and low": [0.2, 2.1, 7.7, 3.4],
}


def assert_pasted(student, reference, masks, boxes, size=(6, 8)):
    """Compare pasted masks."""
    came = student.paste_mask(masks, boxes, size)
    assert_close(came, reference.paste_mask(masks, boxes, size), what="the pasted masks")


@exercise("paste_mask")
def test_the_row_of_the_text(student, reference):
    """A box from 2 to 6 and a mask of the columns 1 and 0.5."""
    mask = torch.tensor([[[1.0, 0.5], [1.0, 0.5]]], dtype=DOUBLE)
    assert_pasted(student, reference, mask, torch.tensor([[2.0, 0, 6, 4]], dtype=DOUBLE), (4, 8))


@exercise("paste_mask")
@pytest.mark.parametrize("place", PLACES)
def test_a_box_of_every_kind(student, reference, rng, place):
    """One mask in one box."""
    assert_pasted(student, reference, rand(rng, 1, 3, 3, dtype=DOUBLE), torch.tensor([PLACES[place]], dtype=DOUBLE))


@exercise("paste_mask")
@pytest.mark.parametrize("side", [1, 2, 7])
def test_masks_of_every_size(student, reference, rng, side):
    """Masks of 1 x 1, 2 x 2 and 7 x 7 cells."""
    boxes = torch.tensor([PLACES["between pixels"], PLACES["reaching outside"]], dtype=DOUBLE)
    assert_pasted(student, reference, rand(rng, 2, side, side, dtype=DOUBLE), boxes)


@exercise("paste_mask")
def test_a_mask_fades_over_its_edge(student, reference):
    """A mask full of ones: half a cell within its box and half a cell beyond."""
    assert_pasted(student, reference, torch.ones(1, 2, 2, dtype=DOUBLE), torch.tensor([[2.0, 1, 6, 5]], dtype=DOUBLE))


@exercise("paste_mask")
def test_rows_and_columns(student, reference, rng):
    """All sizes equal: as many masks, cells, rows and columns."""
    boxes = torch.tensor([[0.3, 1.1, 2.8, 2.4], [0.9, 0.2, 2.1, 2.9], [-0.4, -0.8, 1.7, 2.5]], dtype=DOUBLE)
    assert_pasted(student, reference, rand(rng, 3, 3, 3, dtype=DOUBLE), boxes, (3, 3))


@exercise("paste_mask", costs=0.5)
@pytest.mark.parametrize(
    "box", [[3.5, 1.0, 3.5, 5.0], [1.0, 2.5, 6.0, 2.5], [3.5, 2.5, 3.5, 2.5], [3.2, 1.3, 3.2, 4.0]], ids=str
)
def test_boxes_without_an_area(student, reference, box):
    """A box without a width or a height beside one that has both."""
    boxes = torch.tensor([box, PLACES["between pixels"]], dtype=DOUBLE)
    assert_pasted(student, reference, torch.ones(2, 3, 3, dtype=DOUBLE), boxes)


@exercise("paste_mask", costs=0.5)
def test_no_masks(student, reference):
    """An image without objects."""
    assert_pasted(student, reference, torch.zeros(0, 3, 3, dtype=DOUBLE), torch.zeros(0, 4, dtype=DOUBLE))


def paste_inputs(rng, N=2, M=3, dtype=DOUBLE):
    """Return masks and boxes that lie between pixels."""
    first = 3 * rand(rng, N, 2, dtype=dtype) - 1.3
    return (
        rand(rng, N, M, M, dtype=dtype),
        torch.cat([first, first + 2.3 + 2 * rand(rng, N, 2, dtype=dtype)], 1),
        (5, 6),
    )


contract(
    "paste_mask",
    inputs=paste_inputs,
    one=["N", "M"],
    all_at_once="M",
)


@exercise("paste_mask", costs=0.5)
def test_paste_mask_has_no_loop_over_pixels(student, rng):
    """A larger image needs no more operations."""
    masks, boxes, _ = paste_inputs(rng)
    limit_operations(student, "paste_mask", (masks, boxes, (3, 4)), (masks, boxes, (15, 4)))
    limit_operations(student, "paste_mask", (masks, boxes, (3, 4)), (masks, boxes, (3, 16)))


# keypoint_heatmap


def assert_places(student, reference, keypoints, boxes, size):
    """Compare places and whether they are valid."""
    came, expected = (side.keypoint_heatmap(keypoints, boxes, size) for side in (student, reference))
    assert_parts(came, expected, "places", "valid")


BOX = torch.tensor([[10.0, 20.0, 18.0, 36.0]], dtype=DOUBLE)  # 8 wide and 16 high


@exercise("keypoint_heatmap")
def test_points_inside(student, reference):
    """Points inside of a box of 8 x 16 pixels, on a map of 4 x 4 places."""
    points = torch.tensor([[[15.9, 20.1, 1], [10.1, 31.9, 2], [14.1, 27.8, 1], [17.9, 35.9, 2]]], dtype=DOUBLE)
    assert_places(student, reference, points, BOX, 4)


@exercise("keypoint_heatmap")
@pytest.mark.parametrize("point", [[18, 25], [12.5, 36], [18, 36], [10, 25], [12.5, 20], [10, 20], [14, 28]], ids=str)
def test_points_on_edges(student, reference, point):
    """Points on the edges of the box belong to it, and those between two columns to the right one."""
    assert_places(student, reference, torch.tensor([[[*point, 1]]], dtype=DOUBLE), BOX, 4)


@exercise("keypoint_heatmap")
@pytest.mark.parametrize(
    "point", [[9.9, 25], [18.1, 25], [12.5, 19.9], [12.5, 36.1], [8, 25], [30, 50], [-5, 2]], ids=str
)
def test_points_outside(student, reference, point):
    """Points outside of the box have no place."""
    assert_places(student, reference, torch.tensor([[[*point, 2]]], dtype=DOUBLE), BOX, 4)


@exercise("keypoint_heatmap")
def test_points_that_are_not_marked(student, reference):
    """A third number of 0 says that a point isn't marked; 1 and 2 are both marks, and so is a half, but not -1."""
    points = torch.tensor(
        [[[15.1, 25, 0], [15.1, 25, 1], [15.1, 25, 2], [18, 36, 0], [15.1, 25, 0.5], [15.1, 25, -1]]], dtype=DOUBLE
    )
    assert_places(student, reference, points, BOX, 4)


@exercise("keypoint_heatmap", costs=0.5)
def test_points_near_the_ends_of_columns(student, reference):
    """In float64, a billionth on both sides of the ends of columns and rows."""
    points = torch.tensor([[[14 - 1e-9, 28 + 1e-9, 1], [14 + 1e-9, 28 - 1e-9, 1]]], dtype=DOUBLE)
    assert_places(student, reference, points, BOX, 4)


@exercise("keypoint_heatmap", costs=0.5)
def test_edges_far_from_the_corner(student, reference):
    """In float32, points on the edges of a box at several hundred pixels."""
    points = torch.tensor([[[800.0, 600, 1], [850, 700, 1], [900, 700, 1], [800, 1000, 1]]])
    assert_places(student, reference, points, torch.tensor([[700.0, 600, 900, 1000]]), 4)


@exercise("keypoint_heatmap")
def test_each_box_has_its_own_points(student, reference, rng):
    """Three boxes with three points each, on a map of three places each way."""
    boxes = torch.tensor([[0.0, 0, 9, 6], [-4.0, 3, 2, 21], [5.0, -2, 17, 1]], dtype=DOUBLE)
    shares = (integers(rng, 0, 3, 3, 3, 2) + 0.2 + 0.6 * rand(rng, 3, 3, 2, dtype=DOUBLE)) / 3
    points = boxes[:, None, :2] + shares * (boxes[:, 2:] - boxes[:, :2])[:, None]
    points[0, 1], points[1, 2], points[2, 0] = boxes[0, 2:], boxes[0, 2:], boxes[1, 2:]
    assert_places(student, reference, torch.cat([points, torch.ones(3, 3, 1).double()], dim=2), boxes, 3)


def keypoint_inputs(rng, R=2, P=3, dtype=DOUBLE):
    """Return points that stay away from the lines between places, most of them marked."""
    first = integers(rng, -3, 5, R, 2).to(dtype)
    boxes = torch.cat([first, first + integers(rng, 4, 9, R, 2).to(dtype)], dim=1)
    shares = (integers(rng, 0, 5, R, P, 2) + 0.25 + 0.5 * rand(rng, R, P, 2, dtype=dtype)) / 5
    points = boxes[:, None, :2] + shares * (boxes[:, 2:] - boxes[:, :2])[:, None]
    marks = torch.ones(R, P, 1, dtype=dtype)
    return torch.cat([points, marks], dim=2), boxes, 5


contract(
    "keypoint_heatmap",
    inputs=keypoint_inputs,
    compare=lambda came, expected: assert_parts(came, expected, "places", "valid"),
    one=["R", "P"],
    all_at_once="P",
    digits=False,
)


# decode_keypoints


def close_points(came, expected):
    """Compare points and scores; a place plus 0.5 is float32 in torch, so six digits do."""
    assert_parts(came, expected, "points", "scores", rtol=1e-6, atol=1e-6)


def assert_points(student, reference, maps, boxes):
    """Ask for points and scores, and compare them."""
    close_points(*(side.decode_keypoints(maps, boxes) for side in (student, reference)))


def peaks(rng, num, points, side, dtype=DOUBLE):
    """Return maps of small numbers with one place far above all others, of which no two maps have the same."""
    maps = 0.1 * randn(rng, num, points, side, side, dtype=dtype)
    places = (torch.arange(num * points) * 3 + 1) % (side * side)
    maps.flatten(0, 1).flatten(1)[torch.arange(num * points), places] += 2
    return maps


@exercise("decode_keypoints")
@pytest.mark.parametrize(
    "box",
    [[10.0, 20, 15, 25], [10.5, 20.25, 15.5, 25.25], [3.0, 2, 14, 9], [1.2, 2.3, 8.5, 14.9], [4.0, 4, 6.5, 7.2]],
    ids=["as large as the map", "as large, between pixels", "larger", "larger, between pixels", "smaller"],
)
def test_points_in_a_box(student, reference, rng, box):
    """Three maps of 5 x 5."""
    assert_points(student, reference, peaks(rng, 1, 3, 5), torch.tensor([box], dtype=DOUBLE))


@exercise("decode_keypoints")
@pytest.mark.parametrize("box", [[3.2, 2.1, 3.7, 8.6], [3.2, 2.1, 9.7, 2.1], [3.25, 2.5, 3.25, 2.5]], ids=str)
def test_boxes_thinner_than_a_pixel(student, reference, rng, box):
    """A width or a height below 1 counts as 1."""
    assert_points(student, reference, peaks(rng, 1, 2, 4), torch.tensor([box], dtype=DOUBLE))


@exercise("decode_keypoints")
def test_a_maximum_between_two_cells(student, reference):
    """Two equal neighbours on a map that is stretched by three: the maximum lies between them."""
    maps = torch.zeros(1, 1, 4, 4, dtype=DOUBLE)
    maps[0, 0, 1, 1:3] = torch.tensor([1.0, 0.9], dtype=DOUBLE)
    assert_points(student, reference, maps, torch.tensor([[2.0, 1.0, 22.4, 12.6]], dtype=DOUBLE))


@exercise("decode_keypoints")
def test_maps_of_negative_numbers(student, reference, rng):
    """All numbers lie below 0."""
    assert_points(student, reference, peaks(rng, 1, 2, 5) - 9, torch.tensor([[3.0, 2, 14, 9]], dtype=DOUBLE))


@exercise("decode_keypoints")
def test_several_boxes_of_different_sizes(student, reference, rng):
    """Three boxes with three maps of 3 x 3 each."""
    boxes = torch.tensor([[0.5, 1.0, 7.2, 5.3], [-6.0, 2.5, -1.5, 13.1], [3.0, 3.0, 6.0, 6.0]], dtype=DOUBLE)
    assert_points(student, reference, peaks(rng, 3, 3, 3), boxes)


@exercise("decode_keypoints", costs=0.25)
def test_no_heat_maps(student, reference):
    """An image without boxes."""
    assert_points(student, reference, torch.zeros(0, 2, 4, 4, dtype=DOUBLE), torch.zeros(0, 4, dtype=DOUBLE))


def decode_inputs(rng, R=2, P=3, S=5, dtype=DOUBLE):
    """Return maps with a clear peak, and boxes, of which one is thinner than a pixel."""
    boxes = torch.tensor([[1.2, 2.3, 8.5, 12.9], [-3.0, 1.1, -2.6, 5.6]], dtype=dtype)
    return peaks(rng, R, P, S, dtype), boxes.repeat(R, 1)[:R]


contract(
    "decode_keypoints",
    inputs=decode_inputs,
    compare=close_points,
    one=["R", "P"],
    square={"R": 3, "P": 3, "S": 3},
    all_at_once="PS",
    device=False,
    digits=False,
)


# yolact_assemble


def assert_assembled(student, reference, *given):
    """Compare masks."""
    came = student.yolact_assemble(*given)
    assert_close(came, reference.yolact_assemble(*given), what="the masks")


EVERYWHERE = torch.tensor([[-50.0, -50, 99, 99]], dtype=DOUBLE)


@exercise("yolact_assemble")
def test_the_sum_before_the_crop(student, reference, rng):
    """A box that holds all: the sigmoid of the weighted sum, with tanh of the coefficients as weights."""
    maps, numbers = randn(rng, 3, 2, 4, dtype=DOUBLE), randn(rng, 1, 3, dtype=DOUBLE, scale=1.5)
    assert_assembled(student, reference, maps, numbers, EVERYWHERE)


@exercise("yolact_assemble")
def test_large_sums(student, reference):
    """Sums of 2000 and -2000."""
    maps = torch.tensor([[[1000.0, -1000]], [[1000, -1000]]], dtype=DOUBLE)
    assert_assembled(student, reference, maps, torch.tensor([[20.0, 20]], dtype=DOUBLE), EVERYWHERE)


@exercise("yolact_assemble")
@pytest.mark.parametrize("stride", [1.0, 4.0, 2.5])
def test_the_crop(student, reference, rng, stride):
    """Boxes between the middles of cells, reaching outside, and empty ones."""
    maps, numbers = randn(rng, 2, 4, 6, dtype=DOUBLE), randn(rng, 4, 2, dtype=DOUBLE)
    boxes = torch.tensor([[0.8, 1.1, 4.2, 2.9], [-2, 2.2, 2.9, 9], [3.3, 1.2, 3.3, 3.8], [4.1, 0.2, 4.4, 3.9]])
    assert_assembled(student, reference, maps, numbers, boxes.double() * stride, stride)


@exercise("yolact_assemble")
def test_middles_on_the_edges_of_a_box(student, reference, rng):
    """A middle on the left or upper edge is in, one on the right or lower edge is out."""
    maps, numbers = randn(rng, 2, 4, 5, dtype=DOUBLE), randn(rng, 2, 2, dtype=DOUBLE)
    boxes = torch.tensor([[6.0, 2, 14, 10], [2.0, 6, 18, 14]], dtype=DOUBLE)
    assert_assembled(student, reference, maps, numbers, boxes)


@exercise("yolact_assemble")
def test_masks_by_their_own_numbers(student, reference, rng):
    """All sizes equal: as many objects as prototypes, rows and columns."""
    boxes = torch.tensor([[0.0, 0, 9, 7], [3.0, 1, 12, 12], [1.0, 5, 11, 9]], dtype=DOUBLE)
    maps, numbers = randn(rng, 3, 3, 3, dtype=DOUBLE), randn(rng, 3, 3, dtype=DOUBLE)
    assert_assembled(student, reference, maps, numbers, boxes)


@exercise("yolact_assemble", costs=0.25)
def test_no_objects(student, reference, rng):
    """An image without objects."""
    maps = randn(rng, 3, 2, 4, dtype=DOUBLE)
    assert_assembled(student, reference, maps, torch.zeros(0, 3).double(), torch.zeros(0, 4).double())


def yolact_inputs(rng, N=2, K=3, H=4, W=5, dtype=DOUBLE):
    """Return prototypes, coefficients and boxes that hold most of them."""
    boxes = torch.tensor([[3.0, 1, 14, 13], [0.5, 3, 9, 19], [5.0, 0, 23, 9]], dtype=dtype)
    return randn(rng, K, H, W, dtype=dtype), randn(rng, N, K, dtype=dtype), boxes.repeat(N, 1)[:N]


contract(
    "yolact_assemble",
    inputs=yolact_inputs,
    settings={"stride": 3.0},
    one=["N", "K", "H", "W"],
    square={"N": 3, "K": 3, "H": 3, "W": 3},
    all_at_once="NKHW",
)


# panoptic_merge


def rectangles(size, *edges):
    """Return masks that are 1 in rows top to bottom and columns left to right, the ends left out."""
    masks = torch.zeros(len(edges), *size, dtype=torch.bool)
    for mask, (top, bottom, left, right) in zip(masks, edges, strict=True):
        mask[top:bottom, left:right] = True
    return masks


def assert_merged(student, reference, masks, scores, labels, semantic, *rest, **settings):
    """Compare the map and the classes of its segments."""
    given = masks, torch.tensor(scores), torch.tensor(labels, dtype=torch.int64), semantic, *rest
    came, expected = (side.panoptic_merge(*given, **settings) for side in (student, reference))
    assert_parts(came, expected, "the map", "the classes")


VOID = torch.full((4, 7), 9)


@exercise("panoptic_merge")
def test_the_case_of_the_text(student, reference):
    """Four things on sky and grass."""
    masks = rectangles((4, 7), (1, 3, 1, 4), (1, 3, 2, 5), (1, 4, 3, 6), (0, 1, 5, 7))
    semantic = torch.ones(4, 7, dtype=torch.int64)
    semantic[2:] = 2
    semantic[2:, 6] = 5
    assert_merged(student, reference, masks, [0.9, 0.8, 0.7, 0.3], [4, 4, 5, 5], semantic, [1, 2], min_area=5)


@exercise("panoptic_merge")
def test_the_surest_thing_first(student, reference):
    """Scores in no order: who comes first gets what both want."""
    masks = rectangles((4, 7), (0, 3, 0, 4), (0, 3, 2, 6), (1, 4, 3, 7))
    assert_merged(student, reference, masks, [0.6, 0.75, 0.9], [3, 5, 4], VOID, [], max_overlap=0.75)


@exercise("panoptic_merge")
def test_things_of_one_class(student, reference):
    """Two things of the same class are two segments."""
    masks = rectangles((4, 7), (0, 2, 0, 3), (1, 4, 4, 7), (3, 4, 0, 3))
    assert_merged(student, reference, masks, [0.9, 0.8, 0.7], [3, 5, 3], VOID, [])


@exercise("panoptic_merge")
def test_of_equal_scores_the_first(student, reference):
    """Equal scores: the order stays."""
    masks = rectangles((4, 7), *[(row, row + 2, 0, 5) for row in (0, 1, 2)]).repeat(7, 1, 1)
    assert_merged(student, reference, masks, [0.75] * 21, list(range(21)), VOID, [])


@exercise("panoptic_merge")
@pytest.mark.parametrize("columns", [(2, 6), (1, 5)], ids=["half of it is taken", "three quarters are taken"])
def test_the_share_that_is_taken(student, reference, columns):
    """A thing is kept if exactly max_overlap of its mask is taken, and dropped beyond."""
    masks = rectangles((4, 7), (0, 2, 0, 4), (0, 2, *columns))
    assert_merged(student, reference, masks, [0.9, 0.8], [3, 5], VOID, [])


@exercise("panoptic_merge")
def test_the_share_is_of_its_own_mask(student, reference):
    """A large thing over a small one, and a small one on a large one."""
    masks = rectangles((4, 7), (1, 3, 1, 3), (0, 4, 0, 6), (0, 2, 4, 7))
    assert_merged(student, reference, masks, [0.9, 0.8, 0.7], [3, 5, 6], VOID, [])


@exercise("panoptic_merge")
def test_nearly_all_of_the_image_is_taken(student, reference):
    """Two things, each nearly as large as the image."""
    masks = rectangles((4, 7), (0, 4, 0, 5), (0, 4, 0, 7))
    assert_merged(student, reference, masks, [0.9, 0.8], [3, 5], VOID, [])


@exercise("panoptic_merge")
def test_a_little_larger_than_a_thing_before(student, reference):
    """A thing that holds one before and little more."""
    masks = rectangles((4, 7), (0, 2, 0, 4), (0, 2, 0, 5))
    assert_merged(student, reference, masks, [0.9, 0.8], [3, 5], VOID, [])


@exercise("panoptic_merge")
def test_things_elsewhere_do_not_matter(student, reference):
    """The same beside a large thing that has nothing to do with it."""
    masks = rectangles((4, 7), (0, 2, 0, 4), (2, 4, 0, 7), (0, 2, 0, 5))
    assert_merged(student, reference, masks, [0.9, 0.85, 0.8], [3, 4, 5], VOID, [])


@exercise("panoptic_merge")
def test_all_things_before_count_together(student, reference):
    """A thing of which two others have taken a third each."""
    masks = rectangles((4, 7), (0, 4, 0, 2), (0, 4, 4, 7), (0, 2, 0, 6))
    assert_merged(student, reference, masks, [0.9, 0.85, 0.8], [3, 4, 5], VOID, [])


@exercise("panoptic_merge")
def test_a_dropped_thing_takes_nothing(student, reference):
    """What a dropped thing wanted is free for the next one, and the numbers have no gaps."""
    masks = rectangles((4, 7), (0, 2, 0, 4), (0, 2, 1, 5), (0, 2, 4, 7))
    assert_merged(student, reference, masks, [0.9, 0.8, 0.7], [3, 5, 6], VOID, [])


@exercise("panoptic_merge")
def test_the_least_score(student, reference):
    """A score of exactly min_score is enough."""
    masks = rectangles((4, 7), (0, 2, 0, 4), (2, 4, 0, 4), (0, 2, 5, 7))
    assert_merged(student, reference, masks, [0.5, 0.25, 0.75], [3, 5, 6], VOID, [])
    assert_merged(student, reference, masks, [0.5, 0.25, 0.75], [3, 5, 6], VOID, [], 0.25)


@exercise("panoptic_merge")
def test_things_of_which_nothing_is_left(student, reference):
    """An empty mask, and one that is covered where max_overlap is 1: no segments."""
    masks = rectangles((4, 7), (0, 2, 0, 4), (0, 0, 0, 0), (0, 2, 1, 3), (1, 3, 2, 5))
    assert_merged(student, reference, masks, [0.9, 0.95, 0.8, 0.7], [3, 5, 6, 7], VOID, [], max_overlap=1.0)


@exercise("panoptic_merge")
@pytest.mark.parametrize("min_area", [4, 5, 0])
def test_the_least_area_of_stuff(student, reference, min_area):
    """Stuff needs min_area free pixels, after the things have taken theirs; without any there is no segment."""
    masks = rectangles((4, 7), (0, 2, 0, 5))
    semantic = torch.zeros(4, 7, dtype=torch.int64)
    semantic[2:] = 2
    assert_merged(student, reference, masks, [0.9], [3], semantic, [2, 0, 6], min_area=min_area)


@exercise("panoptic_merge")
def test_things_need_no_area(student, reference):
    """min_area is about stuff alone."""
    masks = rectangles((4, 7), (0, 1, 0, 1), (2, 4, 2, 5))
    assert_merged(student, reference, masks, [0.9, 0.8], [3, 4], VOID, [])


@exercise("panoptic_merge")
def test_the_order_of_stuff(student, reference):
    """Segments of stuff come in the order of the list, behind the things; other labels lead to none."""
    semantic = torch.tensor([[2] * 7, [7] * 7, [0] * 7, [1] * 7])
    assert_merged(student, reference, rectangles((4, 7), (1, 3, 1, 4)), [0.9], [7], semantic, [2, 0, 1], min_area=1)


@exercise("panoptic_merge", costs=0.5)
def test_no_things(student, reference):
    """Stuff alone, and nothing at all."""
    none = torch.zeros(0, 4, 7, dtype=torch.bool)
    semantic = torch.tensor([[2] * 7, [7] * 7, [0] * 7, [1] * 7])
    assert_merged(student, reference, none, [], [], semantic, [2, 0], min_area=1)
    assert_merged(student, reference, none, [], [], semantic, [])


def panoptic_inputs(rng, N=4, H=5, W=6):
    """Return things and stuff whose segments turn on each of the settings."""
    edges = [(3, 5, 0, 2), (0, 2, 0, 3), (3, 5, 2, 4), (0, 2, 1, 4)]
    masks = rectangles((H, W), *(edges * N)[:N])
    scores = torch.tensor([0.4375, 0.875, 0.25, 0.75]).repeat(N)[:N]
    semantic = torch.ones(H, W, dtype=torch.int64)
    semantic[2] = 2
    return masks, scores, 3 + torch.arange(N), semantic, [2, 0]


contract(
    "panoptic_merge",
    inputs=panoptic_inputs,
    settings={"min_score": 0.375, "max_overlap": 0.75, "min_area": 3},
    compare=lambda came, expected: assert_parts(came, expected, "the map", "the classes"),
    one=["N"],
    square={"N": 4, "H": 5, "W": 5},
    all_at_once="HW",
    device=False,
    digits=False,
)
