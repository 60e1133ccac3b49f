"""Checks of the notebook on one-stage detectors: default boxes, a head, assignments, and three losses."""

import math

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_parts,
    contract,
    exercise,
    integers,
    limit_operations,
    rand,
    randn,
)

DOUBLE = torch.float64
NAN = float("nan")


def double(*numbers):
    """Numbers as a tensor in double."""
    return torch.tensor(numbers, dtype=DOUBLE)


# default_boxes


def assert_default(student, reference, *args, **settings):
    assert_close(student.default_boxes(*args, **settings), reference.default_boxes(*args, **settings))


@exercise("default_boxes")
def test_a_square_share_at_one_place(student, reference):
    """One place, no ratios, both scales alike: twice the same box around the middle of a square image."""
    assert_default(student, reference, (100, 100), [(1, 1)], double(0.2, 0.2), [[]])


@exercise("default_boxes")
def test_shares_are_of_width_and_of_height(student, reference):
    """The same on an image of 100 × 200: a share of 0.2 is 40 across and 20 down."""
    assert_default(student, reference, (100, 200), [(1, 1)], double(0.2, 0.2), [[]])


@exercise("default_boxes")
def test_the_second_box_lies_between_two_scales(student, reference):
    """Scales 0.2 and 0.45: the second box has a share of 0.3."""
    assert_default(student, reference, (100, 100), [(1, 1)], double(0.2, 0.45), [[]])


@exercise("default_boxes")
def test_a_ratio_makes_two_boxes(student, reference):
    """Ratio 4: the wide box first, then the tall one."""
    assert_default(student, reference, (100, 100), [(1, 1)], double(0.2, 0.2), [[4.0]])


@exercise("default_boxes")
def test_several_ratios_come_in_turn(student, reference):
    """Ratios 4 and 2.25: wide and tall of the first, wide and tall of the second."""
    assert_default(student, reference, (100, 100), [(1, 1)], double(0.2, 0.2), [[4.0, 2.25]])


@exercise("default_boxes")
def test_places_go_row_by_row(student, reference):
    """A map of 2 × 3 places over an image of 40 × 90."""
    assert_default(student, reference, (40, 90), [(2, 3)], double(0.1, 0.1), [[]])


@exercise("default_boxes")
def test_steps_say_how_far_places_are_apart(student, reference):
    """A map of 2 × 3 places with a step of 16: centres at 8, 24, 40."""
    assert_default(student, reference, (40, 90), [(2, 3)], double(0.1, 0.1), [[]], steps=[16.0])


@exercise("default_boxes")
@pytest.mark.parametrize("clip", [True, False])
def test_too_large_a_side_is_clipped_if_asked(student, reference, clip):
    """Scale 0.9 with ratio 4 is 1.8 wide, and scale 1.1 beyond the image."""
    assert_default(student, reference, (50, 80), [(1, 1)], double(0.9, 1.3), [[4.0]], clip=clip)


@exercise("default_boxes")
def test_corners_out_of_the_image_stay(student, reference):
    """Boxes at the rim reach out of the image, and are not cut."""
    assert_default(student, reference, (40, 60), [(2, 2)], double(0.6, 0.6), [[]])


@exercise("default_boxes")
def test_boxes_of_a_place_stand_together(student, reference):
    """Two places with four boxes each: all of the first place, then all of the second."""
    assert_default(student, reference, (40, 60), [(1, 2)], double(0.2, 0.45), [[4.0]])


@exercise("default_boxes")
def test_maps_come_one_after_the_other(student, reference):
    """Two maps with ratios, scales and steps of their own."""
    settings = {"steps": [20.0, 45.0]}
    args = (60, 90), [(3, 4), (1, 2)], double(0.2, 0.45, 0.8), [[], [2.0, 3.0]]
    assert_default(student, reference, *args, **settings)
    assert_default(student, reference, *args)


@exercise("default_boxes", costs=0.25)
@pytest.mark.parametrize("grid", [(0, 3), (2, 0)])
def test_a_map_without_places_has_no_boxes(student, reference, grid):
    """No rows or no columns: (0, 4)."""
    assert_default(student, reference, (40, 60), [grid], double(0.2, 0.4), [[2.0]])


@exercise("default_boxes", costs=0.5)
def test_places_of_a_map_are_made_at_once(student):
    """A large map takes no more tensor operations than a small one."""
    small, large = (((60, 90), [grid], double(0.2, 0.4), [[2.0]]) for grid in ((2, 3), (9, 14)))
    limit_operations(student, "default_boxes", small, large)


def use_default(ns, grid, scales, **settings):
    """Lay default boxes over one map, given by a table of that shape."""
    return ns.default_boxes((40, 70), [tuple(grid.shape), (1, 1)], scales, [[2.0], []], **settings)


contract(
    "default_boxes",
    inputs=lambda rng, H=2, W=3, dtype=DOUBLE: (torch.zeros(H, W), rand(rng, 3, dtype=dtype) * 0.2 + 0.75),
    use=use_default,
    settings={"steps": [9.0, 30.0], "clip": False},
    one="HW",
    strides=False,
    but={
        "turns_its_inputs_round_where_it_is_square": "a vector can't be turned, and of the table only the shape is used"
    },
)


# ssd_head


def head_state(rng, channels, boxes, num_classes, dtype=DOUBLE):
    """Return the state dict of a head."""
    state = {}
    for i, (wide, num) in enumerate(zip(channels, boxes, strict=True)):
        for kind, out in (("classification", num * num_classes), ("regression", num * 4)):
            state[f"{kind}_head.module_list.{i}.weight"] = randn(rng, out, wide, 3, 3, dtype=dtype, scale=0.5)
            state[f"{kind}_head.module_list.{i}.bias"] = randn(rng, out, dtype=dtype)
    return state


def assert_head(student, reference, rng, shapes, boxes, num_classes):
    maps = [randn(rng, *shape, dtype=DOUBLE) for shape in shapes]
    state = head_state(rng, [shape[1] for shape in shapes], boxes, num_classes)
    assert_parts(student.ssd_head(maps, state), reference.ssd_head(maps, state), "logits", "offsets")


@exercise("ssd_head")
def test_one_place_with_one_box(student, reference, rng):
    """A single place, a single box, three classes."""
    assert_head(student, reference, rng, [(2, 3, 1, 1)], [1], 3)


@exercise("ssd_head")
def test_one_place_with_several_boxes(student, reference, rng):
    """A single place with two boxes of three classes: the classes of a box stand together."""
    assert_head(student, reference, rng, [(1, 2, 1, 1)], [2], 3)


@exercise("ssd_head")
def test_several_places_with_one_box(student, reference, rng):
    """2 × 3 places: row by row."""
    assert_head(student, reference, rng, [(2, 2, 2, 3)], [1], 2)


@exercise("ssd_head")
def test_several_places_with_several_boxes(student, reference, rng):
    """2 × 3 places with three boxes and two classes: the boxes of a place stand together."""
    assert_head(student, reference, rng, [(2, 2, 2, 3)], [3], 2)


@exercise("ssd_head")
def test_maps_have_boxes_of_their_own(student, reference, rng):
    """Two maps, with two boxes and with one, and other channels."""
    assert_head(student, reference, rng, [(2, 2, 2, 3), (2, 3, 1, 2)], [2, 1], 3)


@exercise("ssd_head")
def test_the_larger_map_may_come_last(student, reference, rng):
    """Three maps, the smallest first."""
    assert_head(student, reference, rng, [(1, 1, 1, 1), (1, 2, 2, 1), (1, 1, 2, 2)], [1, 2, 1], 5)


@exercise("ssd_head")
def test_as_many_classes_as_offsets(student, reference, rng):
    """Four classes: both convolutions are of the same size."""
    assert_head(student, reference, rng, [(2, 2, 2, 2)], [2], 4)


def use_ssd_head(ns, first, second, weight, coder):
    """Use a head of two maps with the same numbers."""
    state = {}
    for i in range(2):
        for kind, one in (("classification", weight), ("regression", coder)):
            state[f"{kind}_head.module_list.{i}.weight"] = one
            state[f"{kind}_head.module_list.{i}.bias"] = one[:, 0, 0, 0].contiguous()
    return ns.ssd_head([first, second], state)


contract(
    "ssd_head",
    inputs=lambda rng, B=2, C=3, H=4, W=5, dtype=DOUBLE: (
        randn(rng, B, C, H, W, dtype=dtype),
        randn(rng, B, C, 2, 1, dtype=dtype),
        randn(rng, 2, C, 3, 3, dtype=dtype),
        randn(rng, 4, C, 3, 3, dtype=dtype),
    ),
    use=use_ssd_head,
    one="BCHW",
)


# ssd_loss

SSD_PARTS = ("the class loss", "the box loss")


def assert_ssd(student, reference, *args, **settings):
    assert_parts(student.ssd_loss(*args, **settings), reference.ssd_loss(*args, **settings), *SSD_PARTS)


def zeros(*shape):
    """Zeros in double."""
    return torch.zeros(*shape, dtype=DOUBLE)


def ssd_case(rng, labels):
    """Random answers for these labels, three classes; no class loss is near another."""
    labels = torch.tensor(labels)
    B, N = labels.shape
    steps = torch.from_numpy(rng.permutation(B * N)).reshape(B, N, 1).to(DOUBLE)
    logits = torch.cat([-0.4 * steps, steps * 0, 0.1 * steps - 0.3], dim=2)
    return logits, randn(rng, B, N, 4, dtype=DOUBLE), labels, randn(rng, B, N, 4, dtype=DOUBLE)


@exercise("ssd_loss")
def test_all_are_positive(student, reference, rng):
    """Two boxes of one image, both positive: all count, divided by two."""
    assert_ssd(student, reference, *ssd_case(rng, [[1, 2]]))


@exercise("ssd_loss")
def test_small_differences_are_squared(student, reference):
    """Offsets with differences of 0.5 and 2, one positive."""
    offsets = double(((0.5, -0.5, 2.0, -2.0),)).reshape(1, 1, 4)
    assert_ssd(student, reference, zeros(1, 1, 3), offsets, torch.tensor([[1]]), zeros(1, 1, 4))


@exercise("ssd_loss")
def test_only_the_hardest_negatives_count(student, reference, rng):
    """One positive and seven negatives, of which three count."""
    assert_ssd(student, reference, *ssd_case(rng, [[0, 0, 0, 2, 0, 0, 0, 0]]))


@exercise("ssd_loss")
def test_as_many_negatives_as_the_ratio_says(student, reference, rng):
    """One positive, and ratios of 1, 2 and 0."""
    case = ssd_case(rng, [[0, 0, 1, 0, 0]])
    for ratio in (1, 2, 0):
        assert_ssd(student, reference, *case, ratio=ratio)


@exercise("ssd_loss")
def test_hard_is_said_by_the_loss_and_by_no_logit(student, reference):
    """One negative has the largest class logit, one the smallest of the background, and a third the largest loss."""
    logits = double(((0.0, 0.0), (9.0, 8.0), (0.0, 3.0), (-5.0, -5.0)))
    assert_ssd(student, reference, logits, zeros(1, 4, 4), torch.tensor([[1, 0, 0, 0]]), zeros(1, 4, 4), ratio=1)


@exercise("ssd_loss")
def test_a_positive_of_a_large_loss_takes_no_negative_s_place(student, reference):
    """The positive has by far the largest loss; two negatives count beside it."""
    logits = double(((5.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 3.0)))
    assert_ssd(student, reference, logits, zeros(1, 4, 4), torch.tensor([[1, 0, 0, 0]]), zeros(1, 4, 4), ratio=2)


@exercise("ssd_loss")
def test_each_image_has_negatives_of_its_own(student, reference):
    """The image without an object has the hardest negatives, and none of them counts."""
    logits = double(((0.0, 1.0), (0.0, 0.5), (0.0, 0.2)), ((0.0, 9.0), (0.0, 8.0), (0.0, 7.0)))
    labels = torch.tensor([[1, 0, 0], [0, 0, 0]])
    assert_ssd(student, reference, logits, zeros(2, 3, 4), labels, zeros(2, 3, 4), ratio=1)


@exercise("ssd_loss")
def test_the_batch_is_divided_by_all_its_positives(student, reference, rng):
    """Three positives in one image and one in the other: divided by four."""
    assert_ssd(student, reference, *ssd_case(rng, [[1, 2, 0, 1, 0], [0, 0, 0, 0, 2]]), ratio=1)


@exercise("ssd_loss")
def test_fewer_negatives_than_asked_for(student, reference, rng):
    """Two positives and one negative: everything counts, and once."""
    assert_ssd(student, reference, *ssd_case(rng, [[1, 0, 2]]))


@exercise("ssd_loss", costs=0.5)
def test_without_an_object_both_losses_are_zero(student, reference, rng):
    """No positive in the batch, or no box at all: 0, and not nan."""
    case = ssd_case(rng, [[0, 0, 0], [0, 0, 0]])
    assert_ssd(student, reference, *case)
    assert_ssd(student, reference, *(one[:, :0] for one in case))


@exercise("ssd_loss", costs=0.5)
def test_targets_of_negatives_may_be_nan(student, reference, rng):
    """They are nan wherever the label is 0: the losses are finite."""
    logits, offsets, labels, targets = ssd_case(rng, [[1, 0, 0, 2], [0, 1, 0, 0]])
    targets[labels == 0] = NAN
    assert_ssd(student, reference, logits, offsets, labels, targets)


def gradients(ns, name, args, wanted):
    """Return the gradients of the losses' sum for some of the arguments, None where none arrives."""
    given = [one.clone() for one in args]
    for place in wanted:
        given[place].requires_grad_(True)
    total = sum(getattr(ns, name)(*given))
    if not total.requires_grad:
        return [None for _ in wanted]
    total.backward()
    return [given[place].grad for place in wanted]


def assert_gradients(student, reference, name, args, wanted):
    came, expected = (door.run(gradients, name, list(args), wanted) for door in (student, reference))
    assert_close(came, expected, what="the gradients")


@exercise("ssd_loss", costs=0.5)
def test_gradients_reach_what_counts(student, reference, rng):
    """Of logits and offsets; those of what doesn't count are 0, also where targets are nan."""
    logits, offsets, labels, targets = ssd_case(rng, [[1, 0, 0, 2, 0, 0], [0, 1, 0, 0, 0, 0]])
    targets[labels == 0] = NAN
    assert_gradients(student, reference, "ssd_loss", (logits, offsets, labels, targets), [0, 1])


@exercise("ssd_loss", costs=0.25)
def test_gradients_without_a_positive_are_zero(student, reference, rng):
    """No label above 0: zeros arrive, and not None."""
    assert_gradients(student, reference, "ssd_loss", ssd_case(rng, [[0, 0]]), [0, 1])


@exercise("ssd_loss", costs=0.25)
def test_of_equal_negatives_the_first_count(student, reference):
    """All losses are equal: the gradient says which negatives were taken."""
    logits, labels = zeros(1, 40, 2), torch.zeros(1, 40, dtype=torch.int64)
    labels[0, 5] = 1
    assert_gradients(student, reference, "ssd_loss", (logits, zeros(1, 40, 4), labels, zeros(1, 40, 4)), [0])


def ssd_inputs(rng, B=2, N=6, C=3, dtype=DOUBLE):
    labels = torch.zeros(B, N, dtype=torch.int64)
    labels[:, 0] = 1
    return (
        randn(rng, B, N, C, dtype=dtype),
        randn(rng, B, N, 4, dtype=dtype),
        labels,
        randn(rng, B, N, 4, dtype=dtype),
    )


contract(
    "ssd_loss",
    inputs=ssd_inputs,
    settings={"ratio": 1},
    square={"B": 4, "N": 4, "C": 4},
    one="BN",
    all_at_once="BN",
    no_loops=2,
)


# retinanet_assign


def assert_assigned(student, reference, ious, labels, *args, **settings):
    came = student.retinanet_assign(ious, torch.tensor(labels).long(), *args, **settings)
    assert_parts(came, reference.retinanet_assign(ious, torch.tensor(labels).long(), *args, **settings), *ASSIGNED)


ASSIGNED = ("the objects", "the targets")


@exercise("retinanet_assign")
def test_from_high_on_an_anchor_is_its_best_object_s(student, reference):
    """Two objects, all anchors clearly positive or background."""
    ious = double((0.9, 0.1, 0.6, 0.0), (0.2, 0.8, 0.7, 0.1))
    assert_assigned(student, reference, ious, [0, 1], 2)


@exercise("retinanet_assign")
def test_the_band_is_discarded(student, reference):
    """One object: below 0.4 background, below 0.5 discarded."""
    assert_assigned(student, reference, double((0.1, 0.45, 0.9, 0.42, 0.55, 0.38, 0.48)), [0], 1)


@exercise("retinanet_assign")
@pytest.mark.parametrize(("low", "high"), [(0.25, 0.5), (0.5, 0.5), (0.0, 0.75)])
def test_the_ends_of_the_band(student, reference, low, high):
    """An IoU of exactly low is discarded, of exactly high positive."""
    assert_assigned(student, reference, double((0.0, 0.125, 0.25, 0.5, 0.75, 1.0)), [0], 1, low=low, high=high)


@exercise("retinanet_assign")
def test_an_object_s_best_anchor_is_positive_in_any_case(student, reference):
    """The second object reaches 0.45 and 0.3 at most: its best anchor is positive."""
    assert_assigned(student, reference, double((0.9, 0.1, 0.2, 0.0), (0.0, 0.45, 0.2, 0.1)), [1, 0], 2)
    assert_assigned(student, reference, double((0.9, 0.1, 0.2, 0.0), (0.0, 0.3, 0.2, 0.1)), [1, 0], 2)


@exercise("retinanet_assign")
def test_all_of_equal_best_anchors_are_positive(student, reference):
    """An object with the IoU 0.3 at two anchors: both."""
    assert_assigned(student, reference, double((0.3, 0.1, 0.3, 0.0)), [0], 1)


@exercise("retinanet_assign")
def test_nearly_the_best_is_not_the_best(student, reference):
    """An object with the IoU 0.3 at one anchor and 0.2999 at another: the first alone."""
    assert_assigned(student, reference, double((0.2999, 0.1, 0.3, 0.0)), [0], 1)


@exercise("retinanet_assign")
def test_a_rescued_anchor_goes_to_its_own_object(student, reference):
    """The best anchor of object 1 overlaps object 0 more; once above and once below the threshold."""
    assert_assigned(student, reference, double((0.6, 0.9, 0.2), (0.55, 0.1, 0.3)), [2, 0], 3)
    assert_assigned(student, reference, double((0.35, 0.9, 0.2), (0.3, 0.1, 0.2)), [2, 0], 3)


@exercise("retinanet_assign")
def test_an_object_that_nobody_touches_changes_nothing(student, reference):
    """Its highest IoU is 0, at all anchors."""
    assert_assigned(student, reference, double((0.9, 0.1, 0.2), (0.0, 0.0, 0.0)), [0, 1], 2)


@exercise("retinanet_assign")
def test_of_equal_objects_the_first_has_the_anchor(student, reference):
    """Two objects that an anchor overlaps alike."""
    assert_assigned(student, reference, double((0.75, 0.1, 0.8), (0.75, 0.9, 0.8), (0.2, 0.9, 0.8)), [0, 1, 2], 3)


@exercise("retinanet_assign")
def test_targets_are_by_class_and_not_by_object(student, reference):
    """Three objects of the classes 4, 1, 4 out of six."""
    ious = double((0.9, 0.0, 0.1, 0.45), (0.0, 0.8, 0.1, 0.2), (0.0, 0.1, 0.7, 0.0))
    assert_assigned(student, reference, ious, [4, 1, 4], 6)


@exercise("retinanet_assign", costs=0.5)
@pytest.mark.parametrize("low", [0.4, 0.0])
def test_without_objects_all_is_background(student, reference, low):
    """No object: -1 everywhere, and zeros."""
    assert_assigned(student, reference, zeros(0, 5), [], 3, low=low)


@exercise("retinanet_assign", costs=0.5)
def test_without_anchors_nothing_comes(student, reference):
    """No anchor: (0,) and (0, C)."""
    assert_assigned(student, reference, zeros(2, 0), [1, 0], 3)


def assign_inputs(rng, M=3, N=7, dtype=DOUBLE):
    ious = rand(rng, M, N, dtype=dtype) * 0.3
    ious[torch.arange(M), (torch.arange(M) + 1) % N] = 0.9
    ious[0, N - 1], ious[0, N - 2] = 0.45, 0.6
    return ious, torch.arange(M) % 3, 3


contract(
    "retinanet_assign",
    inputs=assign_inputs,
    settings={"low": 0.1, "high": 0.7},
    all_at_once="N",
    one="MN",
    digits=False,
)


# retinanet_loss


def retina_case(rng, matches, C=3):
    matches = torch.tensor(matches)
    B, N = matches.shape
    classes = torch.zeros(B, N, C, dtype=DOUBLE)
    for place in (matches >= 0).nonzero().tolist():
        classes[place[0], place[1], (place[0] + place[1]) % C] = 1.0
    return (
        randn(rng, B, N, C, dtype=DOUBLE, scale=2.0),
        randn(rng, B, N, 4, dtype=DOUBLE),
        matches,
        classes,
        randn(rng, B, N, 4, dtype=DOUBLE),
    )


def assert_retina(student, reference, *args, **settings):
    came, expected = (door.retinanet_loss(*args, **settings) for door in (student, reference))
    assert_parts(came, expected, *SSD_PARTS)


@exercise("retinanet_loss")
def test_one_positive_alone(student, reference, rng):
    """One image with one anchor."""
    assert_retina(student, reference, *retina_case(rng, [[0]]))


@exercise("retinanet_loss")
def test_background_counts_for_classes_and_not_for_boxes(student, reference, rng):
    """One positive and three of background: divided by one."""
    assert_retina(student, reference, *retina_case(rng, [[-1, 0, -1, -1]]))


@exercise("retinanet_loss")
def test_the_discarded_count_for_nothing(student, reference, rng):
    """One positive, one of background, two discarded."""
    assert_retina(student, reference, *retina_case(rng, [[-2, 1, -1, -2]]))


@exercise("retinanet_loss")
def test_several_positives_divide(student, reference, rng):
    """Three positives of five."""
    assert_retina(student, reference, *retina_case(rng, [[0, 2, -1, 0, -2]]))


@exercise("retinanet_loss")
def test_images_are_averaged_after_their_own_division(student, reference, rng):
    """One image has three positives, the other one."""
    assert_retina(student, reference, *retina_case(rng, [[0, 2, -1, 0, -2], [-1, -1, 0, -2, -1]]))


@exercise("retinanet_loss")
def test_an_image_without_objects_counts_as_one(student, reference, rng):
    """Two positives in one image, none in the other: its background is divided by 1, and the mean is over two."""
    assert_retina(student, reference, *retina_case(rng, [[0, 1, -1], [-1, -2, -1]]))


@exercise("retinanet_loss")
def test_alpha_and_gamma_are_heeded(student, reference, rng):
    """Another alpha, another gamma, and none."""
    case = retina_case(rng, [[0, -1, -1]])
    for alpha, gamma in ((0.6, 2.0), (0.25, 1.0), (0.5, 0.0)):
        assert_retina(student, reference, *case, alpha=alpha, gamma=gamma)


@exercise("retinanet_loss", costs=0.5)
def test_what_is_not_asked_may_be_nan(student, reference, rng):
    """Offset targets but at positives, and class targets of the discarded: both losses are finite."""
    logits, offsets, matches, classes, targets = retina_case(rng, [[0, -2, -1, -1], [-2, 1, 0, -1]])
    classes[matches == -2] = NAN
    targets[matches < 0] = NAN
    assert_retina(student, reference, logits, offsets, matches, classes, targets)


@exercise("retinanet_loss", costs=0.5)
def test_without_anchors_that_count_both_are_zero(student, reference, rng):
    """All are discarded, or there is none: 0 and not nan."""
    case = retina_case(rng, [[-2, -2, -2], [-2, -2, -2]])
    assert_retina(student, reference, *case)
    assert_retina(student, reference, *(one[:, :0] for one in case))


@exercise("retinanet_loss", costs=0.5)
def test_large_logits_are_no_trouble(student, reference):
    """A logit of 200 on the wrong side costs what the formula says."""
    logits = double((200.0, -200.0), (200.0, -200.0)).reshape(1, 4, 1)
    matches = torch.tensor([[0, 0, -1, -1]])
    classes = (matches >= 0).to(DOUBLE)[..., None]
    assert_retina(student, reference, logits, zeros(1, 4, 4), matches, classes, zeros(1, 4, 4))


@exercise("retinanet_loss", costs=0.5)
def test_gradients_reach_logits_and_offsets(student, reference, rng):
    """They are finite, and 0 at what doesn't count, also where targets are nan."""
    logits, offsets, matches, classes, targets = retina_case(rng, [[0, -2, -1], [1, 0, -1]])
    targets[matches < 0] = NAN
    classes[matches == -2] = NAN
    assert_gradients(student, reference, "retinanet_loss", (logits, offsets, matches, classes, targets), [0, 1])


@exercise("retinanet_loss", costs=0.25)
def test_gradients_without_positives_arrive_too(student, reference, rng):
    """Background alone: zeros arrive at the offsets, and not None."""
    assert_gradients(student, reference, "retinanet_loss", retina_case(rng, [[-1, -1]], 1), [0, 1])


def retina_inputs(rng, B=2, N=6, C=3, dtype=DOUBLE):
    matches = torch.full((B, N), -1)
    matches[:, 0], matches[:, N // 2] = 0, 1
    classes = torch.zeros(B, N, C, dtype=dtype)
    classes[:, 0, 0] = 1.0
    classes[:, N // 2, C - 1] = 1.0
    numbers = (randn(rng, B, N, C, dtype=dtype), randn(rng, B, N, 4, dtype=dtype))
    return *numbers, matches, classes, randn(rng, B, N, 4, dtype=dtype)


contract(
    "retinanet_loss",
    inputs=retina_inputs,
    settings={"alpha": 0.6, "gamma": 1.0},
    square={"B": 4, "N": 4, "C": 4},
    one="BN",
    all_at_once="N",
    no_loops=1,
)


# fcos_targets

FCOS_PARTS = ("the boxes' rows", "the distances")


def assert_fcos(student, reference, boxes, *args, **settings):
    came, expected = (door.fcos_targets(boxes, *args, **settings) for door in (student, reference))
    assert_parts(came, expected, *FCOS_PARTS)


ONE_LEVEL = [(3, 4)], [8.0], []
ANYWHERE = {"radius": math.inf}


@exercise("fcos_targets")
def test_one_box_around_all(student, reference):
    """One level, no sampling: each place has the box, with its own four distances."""
    assert_fcos(student, reference, double((-2.0, -3.0, 40.0, 31.0)), *ONE_LEVEL, **ANYWHERE)


@exercise("fcos_targets")
def test_a_stride_may_be_odd(student, reference):
    """A stride of 5: the first place lies at 2.5."""
    assert_fcos(student, reference, double((-2.0, -3.0, 40.0, 31.0)), [(2, 3)], [5.0], [], **ANYWHERE)


@exercise("fcos_targets")
def test_only_places_inside_have_the_box(student, reference):
    """A box that holds two of the twelve places."""
    assert_fcos(student, reference, double((10.0, 5.0, 25.0, 15.0)), *ONE_LEVEL, **ANYWHERE)


@exercise("fcos_targets")
def test_a_place_on_the_edge_is_not_inside(student, reference):
    """Edges run through places: these do not have the box."""
    assert_fcos(student, reference, double((4.0, 4.0, 20.0, 20.0)), *ONE_LEVEL, **ANYWHERE)


@exercise("fcos_targets")
def test_the_smaller_of_two_boxes_has_the_place(student, reference):
    """A small box in a large one; the small one first, and last."""
    large, small = (0.0, 0.0, 32.0, 24.0), (9.0, 1.0, 27.0, 13.0)
    assert_fcos(student, reference, double(large, small), *ONE_LEVEL, **ANYWHERE)
    assert_fcos(student, reference, double(small, large), *ONE_LEVEL, **ANYWHERE)


@exercise("fcos_targets")
def test_small_means_area_and_not_distance(student, reference):
    """A long flat box of the smaller area, and a square one."""
    assert_fcos(student, reference, double((0.0, 8.0, 32.0, 16.0), (3.0, 3.0, 21.0, 21.0)), *ONE_LEVEL, **ANYWHERE)


@exercise("fcos_targets")
def test_of_equal_areas_the_first(student, reference):
    """Two boxes of 10 × 16 and 16 × 10, and a third that is the first again."""
    boxes = double((3.0, 1.0, 13.0, 17.0), (1.0, 3.0, 17.0, 13.0), (3.0, 1.0, 13.0, 17.0))
    assert_fcos(student, reference, boxes, *ONE_LEVEL, **ANYWHERE)


@exercise("fcos_targets")
def test_only_places_near_the_middle_learn(student, reference):
    """Centre sampling with 1.5 and with 1 strides around (16, 12); exactly as far is too far."""
    box = double((0.0, 0.0, 32.0, 24.0))
    assert_fcos(student, reference, box, *ONE_LEVEL)
    assert_fcos(student, reference, box, *ONE_LEVEL, radius=1.0)
    assert_fcos(student, reference, box, *ONE_LEVEL, radius=0.5)


@exercise("fcos_targets")
def test_the_middle_is_a_square_and_no_circle(student, reference):
    """A place near in x and in y, and farther than that along the diagonal."""
    assert_fcos(student, reference, double((1.0, 1.0, 39.0, 23.0)), [(3, 5)], [8.0], [], radius=1.1)


TWO_LEVELS = [(3, 4), (2, 3)], [8.0, 16.0], [16.0]


@exercise("fcos_targets")
def test_levels_share_objects_by_their_largest_distance(student, reference):
    """Two levels with a limit of 14, a small box and a large one, no sampling."""
    boxes = double((2.0, 3.0, 17.0, 15.0), (-3.0, -5.0, 45.0, 30.0))
    assert_fcos(student, reference, boxes, *TWO_LEVELS[:2], [14.0], **ANYWHERE)


@exercise("fcos_targets")
def test_a_distance_on_the_limit_belongs_to_the_finer_level(student, reference):
    """The example by hand: 16 is on the fine level."""
    assert_fcos(student, reference, double((4.0, 4.0, 28.0, 20.0)), *TWO_LEVELS)


@exercise("fcos_targets")
def test_a_distance_on_the_limit_belongs_to_the_coarser_level_too(student, reference):
    """A box seen from its middle, with 16 to each edge."""
    assert_fcos(student, reference, double((-8.0, -8.0, 24.0, 24.0)), *TWO_LEVELS, **ANYWHERE)


@exercise("fcos_targets")
def test_sampling_goes_by_each_level_s_stride(student, reference):
    """A box of middle size on both levels, with radius 1."""
    assert_fcos(student, reference, double((1.0, 2.0, 31.0, 29.0)), *TWO_LEVELS, radius=1.0)


@exercise("fcos_targets")
def test_three_levels_of_other_shapes(student, reference):
    """Three levels, five objects: one larger than the image, one tiny, one beyond it."""
    boxes = double(
        (-50.0, -40.0, 90.0, 80.0), (9.0, 9.0, 15.5, 14.5), (100.0, 90.0, 140.0, 120.0),
        (20.0, 3.0, 47.0, 21.0), (2.0, 14.0, 22.0, 31.0),
    )  # fmt: skip
    assert_fcos(student, reference, boxes, [(4, 6), (2, 3), (1, 2)], [8.0, 16.0, 32.0], [12.0, 24.0], radius=2.0)


@exercise("fcos_targets")
def test_the_smallest_is_chosen_among_those_that_fit(student, reference):
    """The smaller box doesn't suit the level, or has its middle elsewhere: the larger one has the place."""
    boxes = double((0.0, 0.0, 32.0, 26.0), (3.0, 3.0, 21.0, 13.0))
    assert_fcos(student, reference, boxes, [(2, 2), (2, 2)], [8.0, 16.0], [8.0], **ANYWHERE)
    assert_fcos(student, reference, double((2.0, 2.0, 23.0, 24.0), (3.0, 3.0, 31.0, 13.0)), *ONE_LEVEL, radius=0.75)


@exercise("fcos_targets", costs=0.5)
def test_areas_are_compared_to_the_last_digit(student, reference):
    """Areas of 103 and 101 in float32, and areas far above 100 million."""
    near = torch.tensor([[7.0, 7.0, 17.3, 17.0], [7.0, 7.0, 17.1, 17.0]])
    assert_fcos(student, reference, near, *ONE_LEVEL, **ANYWHERE)
    huge = torch.tensor([[-2e4, -2e4, 2e4, 2e4], [-1e4, -1e4, 1e4, 1e4], [50.0, 50.0, 52.0, 52.0]])
    assert_fcos(student, reference, huge, *ONE_LEVEL, **ANYWHERE)


@exercise("fcos_targets", costs=0.5)
def test_without_objects_all_is_background_here(student, reference):
    """No box: -1 everywhere, and zeros."""
    assert_fcos(student, reference, zeros(0, 4), *TWO_LEVELS)


@exercise("fcos_targets", costs=0.5)
def test_a_box_without_area_has_no_place(student, reference):
    """A line through a place, and a box with it."""
    assert_fcos(student, reference, double((12.0, 0.0, 12.0, 24.0), (0.0, 0.0, 26.0, 22.0)), *ONE_LEVEL)


@exercise("fcos_targets", costs=0.5)
def test_places_of_a_level_are_taken_at_once(student):
    """A large map takes no more tensor operations than a small one."""
    boxes = double((1.0, 1.0, 30.0, 20.0), (2.0, 2.0, 18.0, 15.0))
    small, large = ((boxes, [grid], [8.0], []) for grid in ((2, 3), (9, 11)))
    limit_operations(student, "fcos_targets", small, large)


def use_targets(ns, boxes, table, **settings):
    """Targets on two levels, of which the first is given by a table of that shape."""
    return ns.fcos_targets(boxes, [tuple(table.shape), (2, 3)], [8.0, 16.0], [20.0], **settings)


def target_inputs(rng, M=3, H=4, W=5, dtype=DOUBLE):
    middle, half = rand(rng, M, 2, dtype=dtype) * 24 + 4, rand(rng, M, 2, dtype=dtype) * 8 + 9
    middle[0], half[0] = torch.tensor([16.0, 12.0]), 8.5  # near places and far ones
    return torch.cat([middle - half, middle + half], dim=1), torch.zeros(H, W)


contract(
    "fcos_targets",
    inputs=target_inputs,
    use=use_targets,
    settings={"radius": 0.8},
    square={"M": 4, "H": 4, "W": 4},
    one="MHW",
)


# centerness


def assert_middle(student, reference, ltrb):
    assert_close(student.centerness(ltrb), reference.centerness(ltrb))


@exercise("centerness")
def test_the_middle_has_one(student, reference):
    """Boxes seen from their middles."""
    assert_middle(student, reference, double((3.0, 2.0, 3.0, 2.0), (1.0, 5.0, 1.0, 5.0)))


@exercise("centerness")
def test_off_the_middle_in_one_direction(student, reference):
    """The example by hand, and the same downwards."""
    assert_middle(student, reference, double((8.0, 8.0, 16.0, 8.0), (8.0, 4.0, 8.0, 1.0)))


@exercise("centerness")
def test_off_the_middle_in_both(student, reference, rng):
    """Random distances."""
    assert_middle(student, reference, rand(rng, 5, 4, dtype=DOUBLE) * 9 + 0.5)


@exercise("centerness")
def test_any_leading_axes(student, reference, rng):
    """(2, 3, 4) gives (2, 3), and (4,) gives a tensor without dimensions."""
    assert_middle(student, reference, rand(rng, 2, 3, 4, dtype=DOUBLE) + 0.5)
    assert_middle(student, reference, double(3.0, 2.0, 5.0, 1.0))


@exercise("centerness")
def test_outside_it_is_zero(student, reference):
    """One distance, two, three or four are negative."""
    rows = (-1.0, 2.0, 3.0, 4.0), (-1.0, 2.0, 3.0, -4.0), (-1.0, -2.0, -3.0, 4.0), (-1.0, -2.0, -3.0, -4.0)
    assert_middle(student, reference, double(*rows, (-1.0, 2.0, -3.0, 2.0)))


@exercise("centerness")
def test_above_and_below_it_is_zero(student, reference):
    """Left and right are positive: the top, the bottom or both are negative, or 0."""
    assert_middle(student, reference, double((1.0, -2.0, 3.0, 4.0), (2.0, 1.0, 2.0, -3.0), (1.0, -2.0, 3.0, -2.0)))
    assert_middle(student, reference, double((1.0, 0.0, 3.0, 4.0), (1.0, 0.0, 3.0, 0.0)))


@exercise("centerness", costs=0.5)
def test_on_the_edge_it_is_zero_and_not_nan(student, reference):
    """One distance is 0, or two opposite ones are."""
    assert_middle(student, reference, double((0.0, 2.0, 3.0, 4.0), (0.0, 2.0, 0.0, 4.0), (0.0, 0.0, 0.0, 0.0)))


@exercise("centerness", costs=0.25)
def test_huge_and_tiny_distances(student, reference):
    """Distances of 1e30 and of 1e-30 in float32."""
    assert_middle(student, reference, torch.tensor([[1e30, 1e30, 2e30, 4e30], [1e-30, 2e-30, 4e-30, 2e-30]]))


@exercise("centerness", costs=0.25)
def test_no_points_have_no_centerness(student, reference):
    """(0, 4) gives (0,), and (2, 0, 4) gives (2, 0)."""
    assert_middle(student, reference, zeros(0, 4))
    assert_middle(student, reference, zeros(2, 0, 4))


contract(
    "centerness",
    inputs=lambda rng, B=2, N=5, dtype=DOUBLE: (rand(rng, B, N, 4, dtype=dtype) * 4 + 0.5,),
    also=[lambda rng, B=2, N=5, dtype=DOUBLE: (rand(rng, B, N, 4, dtype=dtype) - 4.5,)],
    square={"B": 4, "N": 4},
    one="BN",
    all_at_once="BN",
    no_loops=2,
)


# fcos_loss

LOSSES = ("the class loss", "the box loss", "the loss of the centre-ness")


def fcos_case(rng, labels, C=3):
    labels = torch.tensor(labels)
    B, N = labels.shape
    return (
        randn(rng, B, N, C, dtype=DOUBLE, scale=2.0),
        rand(rng, B, N, 4, dtype=DOUBLE) * 5 + 0.5,
        randn(rng, B, N, dtype=DOUBLE),
        labels,
        rand(rng, B, N, 4, dtype=DOUBLE) * 5 + 0.5,
    )


def assert_fcos_loss(student, reference, *args):
    assert_parts(student.fcos_loss(*args), reference.fcos_loss(*args), *LOSSES, rtol=1e-5, atol=1e-6)


@exercise("fcos_loss")
def test_one_positive_by_hand(student, reference):
    """The example in the text, with a centre logit of 0."""
    said, true = double((2.0, 1.0, 2.0, 1.0))[None], double((4.0, 1.0, 4.0, 1.0))[None]
    assert_fcos_loss(student, reference, zeros(1, 1, 2), said, zeros(1, 1), torch.tensor([[1]]), true)


@exercise("fcos_loss")
def test_one_positive_off_the_middle(student, reference, rng):
    """Random answers of one place."""
    assert_fcos_loss(student, reference, *fcos_case(rng, [[0]]))


@exercise("fcos_loss")
def test_boxes_that_hold_little_of_each_other(student, reference):
    """The box said is far narrower one way and longer the other: GIoU is below IoU."""
    said, true = double((9.0, 0.5, 0.5, 0.5))[None], double((0.5, 9.0, 0.5, 0.5))[None]
    assert_fcos_loss(student, reference, zeros(1, 1, 2), said, zeros(1, 1), torch.tensor([[1]]), true)


@exercise("fcos_loss")
def test_background_counts_for_classes_alone(student, reference, rng):
    """One positive of four places: divided by one."""
    assert_fcos_loss(student, reference, *fcos_case(rng, [[-1, 2, -1, -1]]))


@exercise("fcos_loss")
def test_the_class_0_is_a_class(student, reference, rng):
    """Labels 0, 1 and -1."""
    assert_fcos_loss(student, reference, *fcos_case(rng, [[0, 1, -1, 0]]))


@exercise("fcos_loss")
def test_all_images_count_together_here(student, reference, rng):
    """Three positives in one image, one in the other: divided by four."""
    assert_fcos_loss(student, reference, *fcos_case(rng, [[0, 2, 1, -1], [-1, -1, 2, -1]]))


@exercise("fcos_loss", costs=0.5)
def test_without_a_positive_only_classes_cost(student, reference, rng):
    """No positive, or no place: no nan."""
    case = fcos_case(rng, [[-1, -1, -1]])
    assert_fcos_loss(student, reference, *case)
    assert_fcos_loss(student, reference, *(one[:, :0] for one in case))


@exercise("fcos_loss", costs=0.5)
def test_targets_of_the_background_may_be_nan(student, reference, rng):
    """They are nan wherever the label is -1."""
    *given, labels, targets = fcos_case(rng, [[0, -1, -1, 2]])
    targets[labels < 0] = NAN
    assert_fcos_loss(student, reference, *given, labels, targets)


@exercise("fcos_loss", costs=0.5)
def test_large_logits_of_both_kinds(student, reference):
    """Logits of 200 on the wrong side."""
    logits = double((200.0, -200.0), (-200.0, 200.0))[None]
    ones, centres = torch.ones(1, 2, 4, dtype=DOUBLE), double((200.0, -200.0))
    assert_fcos_loss(student, reference, logits, ones * 2, centres, torch.tensor([[1, -1]]), ones)
    assert_fcos_loss(student, reference, logits, ones * 2, centres, torch.tensor([[1, 1]]), ones)


@exercise("fcos_loss", costs=0.5)
def test_gradients_reach_all_three_answers(student, reference, rng):
    """They are finite, and 0 where nothing is paid."""
    *given, labels, targets = fcos_case(rng, [[0, -1, 1], [-1, 2, -1]])
    targets[labels < 0] = NAN
    assert_gradients(student, reference, "fcos_loss", (*given, labels, targets), [0, 1, 2])


@exercise("fcos_loss", costs=0.25)
def test_gradients_without_a_positive_place(student, reference, rng):
    """Background alone: zeros arrive at distances and centre logits, and not None."""
    assert_gradients(student, reference, "fcos_loss", fcos_case(rng, [[-1, -1]], 1), [0, 1, 2])


def fcos_inputs(rng, B=2, N=6, C=3, dtype=DOUBLE):
    labels = integers(rng, 0, C, B, N)
    labels[:, 1::2] = -1
    return (
        randn(rng, B, N, C, dtype=dtype),
        rand(rng, B, N, 4, dtype=dtype) * 5 + 0.5,
        randn(rng, B, N, dtype=dtype),
        labels,
        rand(rng, B, N, 4, dtype=dtype) * 5 + 0.5,
    )


contract(
    "fcos_loss",
    inputs=fcos_inputs,
    square={"B": 4, "N": 4, "C": 4},
    one="BN",
    all_at_once="BN",
    no_loops=2,
    but={"answers_on_the_cpu": "the library's loss of boxes stops the device rule before an answer is there"},
)
