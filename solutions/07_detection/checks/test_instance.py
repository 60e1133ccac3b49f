"""Checks of instances: polygons, the mask branch and its loss, pasting, joints, prototypes and the panoptic map."""

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
    use_module,
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
    all_at_once="HW",
    strides=False,
    device=False,
    digits=False,
)


# mask_head


modules(
    "mask_head",
    {
        "layers": {
            "two layers": case([3, 4], {"layers": [5, 2], "dim_reduced": 3}, x=(2, 3, 3, 4)),
            "one layer": case([2, 3], {"layers": [4], "dim_reduced": 2}, x=(1, 2, 2, 3)),
        },
        "no layers": {"no layers": case([3, 2], {"layers": [], "dim_reduced": 4}, x=(2, 3, 2, 3))},
        "dilation": {"a dilation of 2": case([2, 3], {"layers": [3, 2], "dim_reduced": 2, "dilation": 2}, x=(1, 2, 5, 4))},
        "of its real size": case([256, 91], large=True),
    },
    training=(),
    gradients=["two layers"],
    rounded=True,
    sums=True,
)


def begun(ns):
    """Probe: for each weight of a new branch how often its deviation is doubled to that of the rule, in half steps;
    and the names of the biases that aren't 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = ns.mask_head(8, 64, [128, 32], 8).state_dict()
    weights = {name: one for name, one in state.items() if one.ndim > 1}
    rule = {name: (2 / (one.shape[0] * one[0, 0].numel())) ** 0.5 for name, one in weights.items()}
    doubled = {name: round(2 * math.log2(one.std().item() / rule[name] + 1e-9)) for name, one in weights.items()}
    return doubled, [name for name, one in state.items() if one.ndim == 1 and bool(one.any())]


@exercise("mask_head", costs=0.25)
def test_the_first_weights(student):
    """The first weights are as spread as kaiming_normal_ with fan_out makes them, and the layers' biases are 0."""
    doubled, biased = student.run(begun)
    for name, times in doubled.items():
        if times:
            raise Mismatch(f"{name} begins otherwise", f"about {2 ** (times / 2):.2g} times the deviation", "once")
    for name in biased:
        if name.startswith("mask_head"):
            raise Mismatch(f"{name} doesn't begin at 0", "another", "0")


@exercise("mask_head", costs=0.25)
def test_no_boxes(student, reference):
    """Images without boxes: R is 0."""

    def asked(ns):
        return list(ns.mask_head(2, 3, [4], 2)(torch.zeros(0, 2, 3, 4)).shape)

    assert_equal(student.run(asked), reference.run(asked), what="the shape")


contract(
    "mask_head",
    use=use_module,
    inputs=lambda rng, R=2, C=3, H=4, W=5, dtype=DOUBLE: (
        "mask_head", [C, 4], {"layers": [5, 2], "dim_reduced": 3}, randn(rng, R, C, H, W, dtype=dtype),
    ),
    one=["R", "C", "H", "W"],
)  # fmt: skip


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
