"""Checks of Faster R-CNN: the head of its first stage, both stages' losses, the filter between them, and the whole."""

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
    modules,
    rand,
    randn,
)

DOUBLE = torch.float64
LOSSES = "the first loss", "the second loss"
INF, NAN = math.inf, math.nan
READY = ["RegionProposalNetwork", "RoIHeads", "GeneralizedRCNN", "fastrcnn_loss", "concat_box_prediction_layers"]
INSTEAD = "write it yourself"


def ask_both(student, reference, *call):
    """Return what both sides answer to the same."""
    return student.run(*call), reference.run(*call)


def tensor(values):
    """Return numbers in float64."""
    return torch.tensor(values, dtype=DOUBLE)


# RPNHead


def levels(*shapes):
    """Return what draws a list of maps of these shapes."""
    return lambda rng: ([randn(rng, *shape, dtype=DOUBLE) for shape in shapes],)


HEADS = {
    "of one place": {"one place, three anchors": case([2, 3], x=levels((2, 2, 1, 1)))},
    "with one anchor": {"one anchor": case([3, 1], x=levels((2, 3, 2, 3)))},
    "with some anchors": {
        "two anchors": case([2, 2], x=levels((2, 2, 3, 2))),
        "four anchors, batch of one": case([3, 4], x=levels((1, 3, 2, 3))),
        "as many anchors as sides": case([1, 2], x=levels((2, 1, 2, 2))),
    },
    "of several levels": {
        "two levels": case([2, 2], x=levels((2, 2, 2, 3), (2, 2, 1, 2))),
        "three levels, the largest last": case([2, 1], x=levels((1, 2, 1, 2), (1, 2, 2, 1), (1, 2, 3, 2))),
    },
}
modules("RPNHead", HEADS, training=(), gradients=["two levels"], rounded=True, costs={"apart": 0.25, "gradients": 0.25})


def begun(ns):
    """Probe: for each layer of a new head how often a deviation of 0.01 doubles to that of its weights, in whole
    numbers; their mean in steps of 0.008; and whether a bias isn't 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = ns.RPNHead(16, 9).state_dict()
    spread = {
        name: [round(math.log2(one.std().item() / 0.01 + 1e-9)), round(one.mean().item() / 0.008)]
        for name, one in state.items()
        if one.ndim > 1
    }
    return spread, any(bool(one.any()) for one in state.values() if one.ndim == 1)


@exercise("RPNHead", costs=0.25)
def test_a_new_head_has_small_weights_and_no_biases(student):
    """Weights are normal with a deviation of 0.01, biases are 0."""
    spread, is_biased = student.run(begun)
    for name, (doubled, mean) in spread.items():
        if doubled or mean:
            came = f"mean about {0.008 * mean:.2f}, deviation about {0.01 * 2.0**doubled:.3f}"
            raise Mismatch(f"{name} begins otherwise", came, "mean 0, deviation 0.01")
    if is_biased:
        raise Mismatch("biases don't begin at 0", "others", "0")


def use_head(ns, first, second):
    """Use a head of two anchors on two levels."""
    from autograder.authoring.filled import fill

    with torch.random.fork_rng(devices=[]):
        head = ns.RPNHead(first.shape[1], 2)
    fill(head, 2)
    with torch.no_grad():
        return head.to(first.device, first.dtype)([first, second])


def two_levels(rng, N=2, C=3, H=4, W=5, dtype=DOUBLE):
    """Two maps, the second of half the sides."""
    return randn(rng, N, C, H, W, dtype=dtype), randn(rng, N, C, (H + 1) // 2, (W + 1) // 2, dtype=dtype)


contract(
    "RPNHead",
    inputs=two_levels,
    use=use_head,
    one="NC",
    forbids=READY,
    instead=INSTEAD,
    but={"instances_share_their_attributes": "its own test has it: test_RPNHead_shares_nothing"},
)


# rpn_loss


def one_object(num, code=(0.0, 0.0, 0.0, 0.0)):
    """Return labels, codes and drawn of one image in which the first of `num` drawn anchors shows an object."""
    labels, codes = torch.zeros(1, num, dtype=torch.int64), torch.zeros(1, num, 4, dtype=DOUBLE)
    labels[0, 0], codes[0, 0] = 1, tensor(code)
    return labels, codes, labels >= 0


def assert_rpn(student, reference, *args):
    """Compare both losses, each by its name."""
    assert_parts(student.rpn_loss(*args), reference.rpn_loss(*args), *LOSSES)


@exercise("rpn_loss")
def test_objects_alone_by_hand(student, reference):
    """All anchors show objects: small differences are squared, large ones are not."""
    labels, drawn = torch.ones(1, 2, dtype=torch.int64), torch.ones(1, 2, dtype=torch.bool)
    codes = tensor([[[0.05, -0.1, 0.0, 0.11], [2.0, -0.5, 0.2, 0.0]]])
    assert_rpn(student, reference, tensor([[0.5, -1.0]]), torch.zeros(1, 2, 4, dtype=DOUBLE), labels, codes, drawn)


@exercise("rpn_loss")
def test_boxes_are_divided_by_all_that_are_drawn(student, reference, rng):
    """One anchor of five shows an object: its box is divided by five, and so is the first loss."""
    labels, codes, drawn = one_object(5, (0.1, 0.0, 0.0, 1.0))
    assert_rpn(
        student, reference, randn(rng, 1, 5, dtype=DOUBLE), torch.zeros(1, 5, 4, dtype=DOUBLE), labels, codes, drawn
    )


@exercise("rpn_loss")
def test_the_ground_has_no_box(student, reference, rng):
    """Offsets of ground are far from its codes, and it doesn't matter."""
    labels, codes, drawn = one_object(4, (0.3, 0.0, -0.2, 1.0))
    codes[0, 1:] = 7.0
    assert_rpn(
        student, reference, randn(rng, 1, 4, dtype=DOUBLE), randn(rng, 1, 4, 4, dtype=DOUBLE), labels, codes, drawn
    )


def some_drawn(rng):
    """Two images, of whose anchors four and two are drawn; others have labels too."""
    labels = torch.tensor([[1, 0, 1, 0, -1, 0, 1], [0, 1, 0, 1, 0, -1, 0]])
    drawn = torch.tensor([[1, 1, 0, 1, 0, 0, 1], [1, 1, 0, 0, 0, 0, 0]]).bool()
    codes = randn(rng, 2, 7, 4, dtype=DOUBLE)
    return randn(rng, 2, 7, dtype=DOUBLE), randn(rng, 2, 7, 4, dtype=DOUBLE), labels, codes, drawn


@exercise("rpn_loss")
def test_what_is_not_drawn_does_not_count(student, reference, rng):
    """Of seven anchors four are drawn; some that aren't drawn show objects."""
    assert_rpn(student, reference, *(one[:1] for one in some_drawn(rng)))


@exercise("rpn_loss")
def test_all_images_count_together(student, reference, rng):
    """Of one image four anchors are drawn, of the other two: six in all, not a mean of means."""
    assert_rpn(student, reference, *some_drawn(rng))


@exercise("rpn_loss", costs=0.5)
@pytest.mark.parametrize("strange", [NAN, INF], ids=["nan", "inf"])
def test_codes_of_what_shows_no_object_may_be_anything(student, reference, rng, strange):
    """They are nan or infinite wherever no drawn object is: the losses are finite."""
    logits, offsets, labels, codes, drawn = some_drawn(rng)
    codes[~(drawn & (labels == 1))] = strange
    assert_rpn(student, reference, logits, offsets, labels, codes, drawn)


@exercise("rpn_loss", costs=0.5)
def test_without_a_drawn_object_the_second_loss_is_zero(student, reference, rng):
    """Ground alone is drawn: there is no box, and the first loss is as ever."""
    logits, offsets, labels, codes, drawn = some_drawn(rng)
    assert_rpn(student, reference, logits, offsets, labels, codes, drawn & (labels == 0))


@exercise("rpn_loss", costs=0.5)
def test_where_nothing_is_drawn_both_losses_are_zero(student, reference, rng):
    """No anchor is drawn, or there is none: 0, and not nan."""
    logits, offsets, labels, codes, drawn = some_drawn(rng)
    assert_rpn(student, reference, logits, offsets, labels, codes, drawn & False)
    assert_rpn(student, reference, *(one[:, :0] for one in (logits, offsets, labels, codes, drawn)))


@exercise("rpn_loss", costs=0.5)
def test_logits_may_be_large(student, reference):
    """A logit of 1000 on the wrong side costs 1000, and on the right side nothing."""
    labels, codes, drawn = one_object(4)
    for logits in ([[-1000.0, 1000.0, 0.0, -1000.0]], [[1000.0, -1000.0, -1000.0, -1000.0]]):
        assert_rpn(student, reference, tensor(logits), torch.zeros(1, 4, 4, dtype=DOUBLE), labels, codes, drawn)


def rpn_gradients(ns, logits, offsets, labels, codes, drawn):
    """Probe: gradients of the losses' sum for logits and offsets, None where none arrives."""
    leaves = [logits.requires_grad_(), offsets.requires_grad_()]
    with torch.enable_grad():
        total = sum(ns.rpn_loss(logits, offsets, labels, codes, drawn))
        return list(torch.autograd.grad(total, leaves, allow_unused=True)) if total.requires_grad else [None, None]


@exercise("rpn_loss", costs=0.5)
def test_gradients_reach_logits_and_offsets_and_are_finite(student, reference, rng):
    """Both losses can be learnt from, also where codes of the ground are nan."""
    logits, offsets, labels, codes, drawn = some_drawn(rng)
    codes[labels < 1] = NAN
    came, expected = ask_both(student, reference, rpn_gradients, logits, offsets, labels, codes, drawn)
    assert_parts(tuple(came), tuple(expected), "the gradient of the logits", "the gradient of the offsets")


def rpn_inputs(rng, N=2, A=5, dtype=DOUBLE):
    """Some anchors of each kind, of which most are drawn."""
    row, column = torch.arange(N)[:, None], torch.arange(A)
    labels = (2 * row + column + 1) % 3 - 1
    drawn = (labels >= 0) & ((3 * row + column) % 5 != 4)
    offsets, codes = (randn(rng, N, A, 4, dtype=dtype) for _ in range(2))
    return randn(rng, N, A, dtype=dtype), offsets, labels, codes, drawn


def none_drawn(rng, dtype=DOUBLE):
    """Nothing is drawn."""
    logits, offsets, labels, codes, drawn = rpn_inputs(rng, dtype=dtype)
    return logits, offsets, labels, codes, drawn & False


contract(
    "rpn_loss",
    inputs=rpn_inputs,
    also=[none_drawn],
    one="N",
    square={"N": 4, "A": 4},
    all_at_once="A",
    forbids=READY,
    instead=INSTEAD,
)


# filter_proposals


def grid(*places, side=4.0):
    """Return boxes (1, A, 4) of one size at these places (left, top)."""
    corners = tensor(places)
    return torch.cat([corners, corners + side], dim=1)[None]


def apart(num, side=4.0):
    """Return `num` boxes in a row, that don't touch each other, in an image 8 high."""
    return grid(*[(6.0 * place, 1.0) for place in range(num)], side=side)


def assert_filtered(student, reference, boxes, logits, *args, **settings):
    """Compare what is left of each image: how many, then boxes, then scores."""
    came, expected = (door.filter_proposals(boxes, logits, *args, **settings) for door in (student, reference))
    assert_parts(came, expected, "the boxes of the images", "the scores of the images")


@exercise("filter_proposals")
def test_scores_are_probabilities_and_come_in_order(student, reference):
    """Boxes far apart: all are left, the surest first, with the sigmoid of their logits."""
    assert_filtered(student, reference, apart(4), tensor([[0.5, -1.0, 2.0, 0.0]]), (8, 40), [4])


@exercise("filter_proposals")
def test_boxes_are_clipped_to_the_image(student, reference):
    """An image of 8 by 20: the height limits top and bottom, the width left and right."""
    boxes = tensor([[[-2.0, -3, 3, 4], [15, 5, 26, 12], [6, 1, 10, 9.5]]])
    assert_filtered(student, reference, boxes, tensor([[0.5, 1.0, 0.0]]), (8, 20), [3])


@exercise("filter_proposals")
def test_a_box_that_overlaps_a_surer_one_is_dropped(student, reference):
    """IoU 0.6 is left at a threshold of 0.7, and dropped at 0.5; a box that only a dropped one overlaps is left."""
    boxes = grid((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (12.0, 0.0))
    for threshold in (0.7, 0.5, 0.3, 0.1):
        assert_filtered(student, reference, boxes, tensor([[3.0, 2, 1, 0]]), (8, 20), [4], threshold=threshold)


@exercise("filter_proposals")
def test_boxes_are_clipped_before_nms(student, reference):
    """Two boxes that are one when clipped: the less sure one is dropped."""
    boxes = tensor([[[6.0, 2, 14, 6], [6, 2, 10, 6], [-9, 0, 2, 2], [0, 0, 2, 2]]])
    assert_filtered(student, reference, boxes, tensor([[2.0, 1.0, 0.0, -1.0]]), (8, 10), [4])


@exercise("filter_proposals")
def test_levels_are_no_rivals_in_nms(student, reference):
    """The same boxes in two levels: both are left. In one level the surer one is."""
    boxes = torch.cat([apart(2), apart(2)], dim=1)
    for levels in ([2, 2], [4], [1, 3], [3, 1]):
        assert_filtered(student, reference, boxes, tensor([[2.0, 0.0, 1.0, -1.0]]), (8, 20), levels)


@exercise("filter_proposals")
def test_in_each_level_the_surest_go_on(student, reference):
    """With pre_nms=2 two of the first level, two of the second, and the one of the third go on."""
    boxes, logits = apart(8), tensor([[3.0, 4, 2, 5, -1, -3, -2, -4]])
    for levels in ([4, 3, 1], [1, 7], [8]):
        assert_filtered(student, reference, boxes, logits, (8, 60), levels, pre_nms=2)


@exercise("filter_proposals", costs=0.5)
def test_each_image_has_its_own_surest_boxes(student, reference):
    """What is surest in one image is the least sure of the other: with pre_nms=1 different boxes are left."""
    boxes, logits = torch.cat([apart(3), apart(3)]), tensor([[3.0, 2, 1], [1, 2, 3]])
    assert_filtered(student, reference, boxes, logits, (8, 40), [3], pre_nms=1)


@exercise("filter_proposals")
def test_pre_nms_counts_before_anything_is_dropped(student, reference):
    """The two surest are nearly one box: of these one is left, and no third takes the place."""
    boxes = grid((0.0, 0.0), (0.2, 0.0), (8.0, 0.0))
    assert_filtered(student, reference, boxes, tensor([[2.0, 1.0, 0.0]]), (8, 20), [3], pre_nms=2)


@exercise("filter_proposals", costs=0.5)
def test_a_thin_box_takes_a_place_of_pre_nms(student, reference):
    """The surest box is thin: it counts among the two that go on, and is dropped after that."""
    boxes = tensor([[[0.0, 0, 1, 6], [3, 0, 7, 6], [10, 0, 14, 6]]])
    assert_filtered(student, reference, boxes, tensor([[2.0, 1.0, 0.0]]), (8, 20), [3], pre_nms=2, min_size=2.0)


@exercise("filter_proposals", costs=0.5)
def test_large_logits_are_told_apart(student, reference):
    """Logits of 40 and 60 are the same probability, and yet the second is the larger one."""
    assert_filtered(student, reference, apart(3), tensor([[40.0, 60.0, 50.0]]), (8, 20), [3], pre_nms=1)


@exercise("filter_proposals")
def test_post_nms_counts_what_is_left_of_all_levels(student, reference):
    """The three surest of two levels, after NMS has dropped a sure one."""
    boxes = torch.cat([grid((0.0, 0.0), (0.2, 0.0), (6.0, 0.0)), grid((0.0, 0.0), (12.0, 0.0), (18.0, 0.0))], dim=1)
    logits = tensor([[5.0, 4.0, 3.5, 3.0, 1.0, -1.0]])
    for post_nms in (1, 2, 3, 9):
        assert_filtered(student, reference, boxes, logits, (8, 30), [3, 3], post_nms=post_nms)


@exercise("filter_proposals", costs=0.5)
def test_thin_boxes_are_dropped_after_the_clip(student, reference):
    """Too thin in one direction is enough; exactly min_size is kept; what lies outside has no size."""
    boxes = tensor(
        [[[0.0, 0, 2, 5], [3, 0, 8, 1.5], [9, 0, 11.5, 2], [12, 0, 17, 2.5], [25, 1, 31, 7], [18, -5, 23, 1]]]
    )
    logits = tensor([[6.0, 5, 4, 3, 2, 1]])
    for min_size in (0.001, 2.0, 2.5, 4.0):
        assert_filtered(student, reference, boxes, logits, (8, 24), [6], min_size=min_size)


@exercise("filter_proposals", costs=0.5)
def test_boxes_without_a_size_are_dropped_by_default(student, reference):
    """Corners that meet, or stand in the wrong order, are no box."""
    boxes = tensor([[[3.0, 1, 3, 6], [1, 4, 5, 4], [6, 1, 4, 5], [8, 1, 11, 5]]])
    assert_filtered(student, reference, boxes, tensor([[3.0, 2.0, 1.0, 0.0]]), (8, 20), [4])


@exercise("filter_proposals", costs=0.5)
def test_min_score_is_about_probabilities_and_kept_exactly(student, reference):
    """A logit of 0 is a score of 0.5, and is left with min_score=0.5."""
    for min_score in (0.5, 0.6, 0.1):
        assert_filtered(
            student, reference, apart(4), tensor([[0.0, 1.0, -0.2, -4.0]]), (8, 40), [4], min_score=min_score
        )


@exercise("filter_proposals", costs=0.5)
def test_of_equal_logits_the_first_counts_as_larger(student, reference):
    """Equal logits all over: the first ones go on, and the first of two that overlap is kept."""
    many = torch.cat([apart(20), grid((0.1, 1.0), (6.1, 1.0))], dim=1)
    logits = torch.zeros(1, 22, dtype=DOUBLE)
    for settings in ({"pre_nms": 3}, {"post_nms": 4}, {"pre_nms": 21, "post_nms": 30}):
        assert_filtered(student, reference, many, logits, (8, 200), [22], **settings)


@exercise("filter_proposals")
def test_each_image_is_treated_by_itself(student, reference, rng):
    """Three images of different boxes, of which different numbers are left."""
    boxes = torch.cat([apart(5), grid((0.0, 0), (0.1, 0), (0.2, 0), (9, 0), (9.1, 0)), apart(5) + 100])
    assert_filtered(student, reference, boxes, randn(rng, 3, 5, dtype=DOUBLE), (8, 40), [2, 3], pre_nms=2, post_nms=3)


@exercise("filter_proposals", costs=0.5)
def test_nothing_may_be_left(student, reference):
    """No box comes, none is sure enough, all lie outside, or a level is empty: the shapes stay (0, 4) and (0,)."""
    logits = tensor([[0.0, 1.0]])
    assert_filtered(student, reference, apart(2)[:, :0], logits[:, :0], (8, 20), [0])
    assert_filtered(student, reference, apart(2), logits, (8, 20), [2], min_score=0.9)
    assert_filtered(student, reference, apart(2) + 50, logits, (8, 20), [2])
    assert_filtered(student, reference, apart(2), logits, (8, 20), [0, 2, 0])


def attached(ns, boxes, logits):
    """Probe: whether what comes back is part of a graph."""
    with torch.enable_grad():
        out = ns.filter_proposals(boxes.requires_grad_(), logits.requires_grad_(), (8, 20), [boxes.shape[1]])
    return [any(one.requires_grad for one in part) for part in out]


@exercise("filter_proposals", costs=0.25)
def test_no_gradient_leads_back(student, reference):
    """Boxes and logits may be part of a graph; what comes back isn't."""
    came, expected = ask_both(student, reference, attached, apart(2), tensor([[0.0, 1.0]]))
    assert_equal(came, expected, what="whether boxes and scores require a gradient")


def how_many(ns, boxes, logits, size, settings):
    """Probe: how many boxes and scores are left of one level."""
    return [
        [len(one) for one in part] for part in ns.filter_proposals(boxes, logits, size, [boxes.shape[1]], **settings)
    ]


@exercise("filter_proposals", costs=0.25)
def test_what_is_left_out_is_100_before_and_30_after(student, reference):
    """Of 120 boxes far apart 30 are left, and 100 where post_nms is larger."""
    boxes, logits = apart(120), torch.linspace(2, -2, 120, dtype=DOUBLE)[None]
    for settings in ({}, {"post_nms": 200}):
        came, expected = ask_both(student, reference, how_many, boxes, logits, (8, 800), settings)
        assert_equal(came, expected, what="how many boxes and scores are left")


def filter_inputs(rng, N=2, A=5, dtype=DOUBLE):
    """Boxes of all sorts in an image of 12 by 20, and in a second level a row of boxes, each a little further right."""
    corners = rand(rng, N, A, 2, dtype=dtype) * torch.tensor([14.0, 4.0], dtype=dtype)
    boxes = torch.cat([corners, corners + 3 + 4 * rand(rng, N, A, 2, dtype=dtype)], dim=2)
    step = torch.arange(24, dtype=dtype)[:, None]
    row = torch.tensor([[1.0, 1.0, 7.0, 7.0]], dtype=dtype) + step * torch.tensor([0.2, 0.0, 0.2, 0.0], dtype=dtype)
    thin = torch.tensor([[15.0, 1.0, 23.0, 3.0]], dtype=dtype)
    sure = torch.cat([2 - step[:, 0] / 4, torch.tensor([1.1], dtype=dtype)]).expand(N, 25)
    boxes = torch.cat([boxes, torch.cat([row, thin]).expand(N, 25, 4)], dim=1)
    return boxes, torch.cat([randn(rng, N, A, dtype=dtype), sure], dim=1), (12, 20), [A, 25]


contract(
    "filter_proposals",
    inputs=filter_inputs,
    settings={"threshold": 0.4, "min_score": 0.35, "min_size": 2.5},
    device=False,
    one="N",
    square={"N": 4, "A": 4},
    forbids=READY,
    instead=INSTEAD,
    costs={"settings": 0.25},
    but={"writes_every_answer_into_the_same_memory": "how many boxes are left differs from call to call"},
)


# fast_rcnn_loss


def proposals_of(rng, labels, num_classes, dtype=DOUBLE):
    """Logits, offsets, labels and codes of so many proposals."""
    num = len(labels)
    logits, offsets = randn(rng, num, num_classes, dtype=dtype), randn(rng, num, 4 * num_classes, dtype=dtype)
    return logits, offsets, torch.tensor(labels, dtype=torch.int64), randn(rng, num, 4, dtype=dtype)


def assert_fast(student, reference, *args):
    """Compare both losses, each by its name."""
    assert_parts(student.fast_rcnn_loss(*args), reference.fast_rcnn_loss(*args), *LOSSES)


@exercise("fast_rcnn_loss")
def test_the_box_of_the_class_that_is_shown_learns(student, reference, rng):
    """Each of four proposals shows another class, and of its boxes that one counts."""
    assert_fast(student, reference, *proposals_of(rng, [2, 1, 3, 2], 4))


@exercise("fast_rcnn_loss")
def test_small_differences_are_squared(student, reference, rng):
    """Differences around a ninth: quadratic below, linear above."""
    logits, _, labels, _ = proposals_of(rng, [1, 2], 3)
    offsets = torch.zeros(2, 12, dtype=DOUBLE)
    codes = tensor([[0.05, -0.1, 0.12, 0.5], [0.0, 0.01, -0.11, 0.3]])
    assert_fast(student, reference, logits, offsets, labels, codes)


@exercise("fast_rcnn_loss")
def test_the_ground_has_a_class_and_no_box(student, reference, rng):
    """Three of five proposals show the ground: they count in the first loss, and in what the second is divided by."""
    assert_fast(student, reference, *proposals_of(rng, [0, 2, 0, 1, 0], 3))


@exercise("fast_rcnn_loss")
def test_with_four_classes_the_numbers_lie_class_by_class(student, reference, rng):
    """Four classes have 16 offsets: the first four are those of class 0."""
    assert_fast(student, reference, *proposals_of(rng, [3, 1], 4))


@exercise("fast_rcnn_loss")
def test_a_proposal_learns_the_box_of_its_label_not_of_its_guess(student, reference):
    """The largest logit is that of another class."""
    logits = tensor([[0.0, 5.0, 1.0], [0.0, -2.0, 3.0]])
    offsets = torch.arange(24.0, dtype=DOUBLE).reshape(2, 12) / 10
    assert_fast(student, reference, logits, offsets, torch.tensor([2, 1]), tensor([[0.0] * 4, [1.0] * 4]))


@exercise("fast_rcnn_loss", costs=0.5)
@pytest.mark.parametrize("strange", [NAN, INF], ids=["nan", "inf"])
def test_codes_of_the_ground_may_be_anything(student, reference, rng, strange):
    """They are nan or infinite: the losses are finite."""
    logits, offsets, labels, codes = proposals_of(rng, [0, 2, 0, 1], 3)
    codes[labels == 0] = strange
    assert_fast(student, reference, logits, offsets, labels, codes)


@exercise("fast_rcnn_loss", costs=0.5)
def test_ground_alone_has_no_box_loss(student, reference, rng):
    """All proposals show the ground."""
    assert_fast(student, reference, *proposals_of(rng, [0, 0, 0], 3))


@exercise("fast_rcnn_loss", costs=0.5)
def test_without_proposals_both_losses_are_zero(student, reference, rng):
    """P = 0: 0, and not nan."""
    assert_fast(student, reference, *proposals_of(rng, [], 3))


@exercise("fast_rcnn_loss", costs=0.5)
def test_class_logits_may_be_large(student, reference, rng):
    """Logits of 1000 on the right side and on the wrong one."""
    _, offsets, labels, codes = proposals_of(rng, [1, 0], 3)
    logits = tensor([[0.0, 1000.0, -1000.0], [0.0, 1000.0, 0.0]])
    assert_fast(student, reference, logits, offsets, labels, codes)


def fast_gradients(ns, logits, offsets, labels, codes):
    """Probe: gradients of the losses' sum for logits and offsets, None where none arrives."""
    leaves = [logits.requires_grad_(), offsets.requires_grad_()]
    with torch.enable_grad():
        total = sum(ns.fast_rcnn_loss(logits, offsets, labels, codes))
        return list(torch.autograd.grad(total, leaves, allow_unused=True)) if total.requires_grad else [None, None]


@exercise("fast_rcnn_loss", costs=0.5)
def test_gradients_reach_classes_and_boxes_and_are_finite(student, reference, rng):
    """Both losses can be learnt from, also where codes of the ground are nan."""
    logits, offsets, labels, codes = proposals_of(rng, [0, 2, 1, 0], 3)
    codes[labels == 0] = NAN
    came, expected = ask_both(student, reference, fast_gradients, logits, offsets, labels, codes)
    assert_parts(tuple(came), tuple(expected), "the gradient of the logits", "the gradient of the offsets")


def fast_inputs(rng, P=5, C=3, dtype=DOUBLE):
    """Proposals of which each second shows the ground, and others a class each."""
    labels = [(place % 2) * (1 + place // 2 % (C - 1)) if C > 1 else 0 for place in range(P)]
    return proposals_of(rng, labels, C, dtype)


def no_proposals(rng, dtype=DOUBLE):
    """There are none."""
    return proposals_of(rng, [], 3, dtype)


contract(
    "fast_rcnn_loss",
    inputs=fast_inputs,
    also=[no_proposals],
    one="PC",
    square={"P": 4, "C": 4},
    all_at_once="P",
    forbids=READY,
    instead=INSTEAD,
)


# FasterRCNN: a backbone of stride 4 with 3 channels, everything narrow

NUMBERS = {
    "sizes": (6.0, 10.0), "ratios": (0.5, 2.0), "rpn_num": 1000, "box_num": 1000, "pre_nms": 20, "post_nms": 6,
    "rpn_nms": 0.6, "pool": 2, "hidden": 5, "rpn_high": 0.5, "box_iou": 0.4, "box_most": 8,
}  # fmt: skip


def stored(ns, num_classes, numbers):
    """Probe: the names and shapes of what a new detector stores."""
    from coursekit.two_stages import Backbone, Settings

    with torch.random.fork_rng(devices=[]):
        net = ns.FasterRCNN(Backbone((4, 3)), num_classes, Settings(**numbers))
    return {name: list(value.shape) for name, value in sorted(net.state_dict().items())}


@exercise("FasterRCNN")
def test_a_detector_stores_torchvisions_names(student, reference):
    """Names and shapes are those of its docstring, so that stored weights load."""
    for num_classes, numbers in ((3, NUMBERS), (2, {"hidden": 4, "pool": 3})):
        came, expected = ask_both(student, reference, stored, num_classes, numbers)
        assert_equal(sorted(came), sorted(expected), what="the names that are stored")
        assert_equal(came, expected, what="the shapes of what is stored")


def targets_set(ns, anchors, targets, numbers):
    """Probe: what first_targets says: labels, codes of objects, and how many of each kind are drawn of each image."""
    from coursekit.two_stages import Backbone, Settings

    with torch.random.fork_rng(devices=[]):
        net = ns.FasterRCNN(Backbone((4, 3)), 3, Settings(**numbers))
        labels, codes, drawn = net.first_targets(anchors, targets)
    counts = [
        [int((one & (label == kind)).sum()) for kind in (1, 0, -1)] for one, label in zip(drawn, labels, strict=True)
    ]
    return labels, torch.where((labels == 1)[..., None], codes, 0.0), counts


def assert_targets(student, reference, anchors, targets, **numbers):
    """Compare labels, then codes, then how many are drawn."""
    came, expected = ask_both(student, reference, targets_set, anchors, targets, {**NUMBERS, **numbers})
    parts = "labels of first_targets", "codes of first_targets", "objects, ground and neither drawn by first_targets"
    assert_parts(tuple(came), tuple(expected), *parts)


ROW = tensor([[0.0, 0, 4, 8], [1, 0, 5, 8], [2, 0, 6, 8], [3, 0, 7, 8], [12, 2, 22, 6], [30, 2, 38, 6], [13, 2, 23, 6]])


def target(*boxes, labels=None):
    """Return what one image is to show."""
    given = labels or [1 + place % 2 for place in range(len(boxes))]
    return {"boxes": tensor(boxes).reshape(-1, 4), "labels": torch.tensor(given, dtype=torch.int64)}


@exercise("FasterRCNN")
def test_anchors_show_objects_ground_or_neither(student, reference):
    """By IoU with two objects: some are high, some low, some between; codes are those of the object that is shown."""
    assert_targets(student, reference, ROW, [target((0, 0, 4.5, 8), (12, 1, 22.5, 6))])


@exercise("FasterRCNN", costs=0.5)
def test_the_nearest_anchor_shows_an_object_in_any_case(student, reference):
    """An object that no anchor fits well has one all the same, the nearest."""
    assert_targets(student, reference, ROW, [target((31, 0, 37, 9), (0, 0, 4, 8.5))])


@exercise("FasterRCNN", costs=0.5)
def test_an_image_without_objects_is_ground(student, reference):
    """One image has two objects, one has one, and one has none."""
    assert_targets(student, reference, ROW, [target((0, 0, 4.5, 8), (12, 1, 22.5, 6)), target(), target((1, 0, 5, 7))])


@exercise("FasterRCNN", costs=0.5)
def test_so_many_anchors_are_drawn(student, reference):
    """rpn_num of each image, at most the share rpn_share of them with an object."""
    images = [target((0, 0, 4, 8), (1, 0, 5, 8), (12, 2, 22, 6)), target((30, 2, 38, 6)), target()]
    for num, share in ((4, 0.5), (4, 0.25), (3, 1.0), (2, 0.0)):
        assert_targets(student, reference, ROW, images, rpn_num=num, rpn_share=share, box_num=1)


def sampled(ns, proposals, targets, numbers, is_whole=True):
    """Probe: what second_samples says. Where not all are drawn, how many of each label, and of which images."""
    from coursekit.two_stages import Backbone, Settings

    with torch.random.fork_rng(devices=[]):
        net = ns.FasterRCNN(Backbone((4, 3)), 3, Settings(**numbers))
        torch.manual_seed(0)
        boxes, labels, codes = net.second_samples(proposals, targets)
    if is_whole:
        return list(boxes), labels, torch.where((labels > 0)[:, None], codes, 0.0)
    return [len(one) for one in boxes], torch.bincount(labels, minlength=3), list(codes.shape)


def assert_samples(student, reference, proposals, targets, is_whole=True, **numbers):
    """Compare boxes, labels and codes; or how many there are."""
    came, expected = ask_both(student, reference, sampled, proposals, targets, {**NUMBERS, **numbers}, is_whole)
    words = "boxes", "labels", "codes"
    assert_parts(tuple(came), tuple(expected), *(f"the {word} of second_samples" for word in words))


FEW = [tensor([[1.0, 1, 9, 6], [2, 1, 10, 6], [13, 3, 20, 9]]), tensor([[5.0, 5, 9, 9]])]


@exercise("FasterRCNN")
def test_proposals_show_the_class_of_their_object(student, reference):
    """Labels are the objects' own; the objects' boxes come behind the proposals; codes have weights 10, 10, 5, 5."""
    images = [target((1, 1, 9, 7), (13, 2, 20, 8), labels=[2, 1]), target((0, 0, 4, 4), labels=[2])]
    assert_samples(student, reference, FEW, images)


@exercise("FasterRCNN", costs=0.5)
def test_the_last_object_is_not_shown_by_the_ground(student, reference):
    """A proposal on the ground has label 0, though match says -1; and one at the very threshold shows its object."""
    images = [target((13, 3, 20, 9), (30, 2, 35, 6), labels=[1, 2]), target((5, 5, 9, 7), labels=[2])]
    assert_samples(student, reference, FEW, images, box_iou=0.5)


@exercise("FasterRCNN", costs=0.5)
def test_proposals_or_objects_may_be_missing(student, reference):
    """No object in one image, no proposal in another, neither in a third."""
    none = FEW[0][:0]
    assert_samples(student, reference, [FEW[0], none, none], [target(), target((1, 2, 5, 5), labels=[2]), target()])


def list_after(ns, proposals, targets, numbers):
    """Probe: the given list after second_samples."""
    from coursekit.two_stages import Backbone, Settings

    with torch.random.fork_rng(devices=[]):
        ns.FasterRCNN(Backbone((4, 3)), 3, Settings(**numbers)).second_samples(proposals, targets)
    return proposals


@exercise("FasterRCNN", costs=0.25)
def test_the_list_of_proposals_stays_as_it_is(student, reference):
    """Objects' boxes are candidates, and don't come into the given list."""
    call = list_after, FEW, [target((1, 1, 9, 7)), target((5, 5, 9, 9))], NUMBERS
    assert_close(*ask_both(student, reference, *call), what="the given list, after second_samples")


@exercise("FasterRCNN", costs=0.5)
def test_so_many_proposals_are_drawn(student, reference):
    """box_num of each image, at most the share box_share of them with an object."""
    images = [target((1, 1, 9, 7), (13, 2, 20, 8), labels=[2, 2]), target((5, 5, 9, 9), labels=[2])]
    boxes = [torch.cat([FEW[0], FEW[0] + 40]), torch.cat([FEW[1], FEW[1] + 20, FEW[1] + 30])]
    for num, share in ((4, 0.5), (4, 0.25), (3, 1.0)):
        assert_samples(student, reference, boxes, images, False, box_num=num, box_share=share)


def detected(ns, logits, offsets, proposals, image_size, numbers):
    """Probe: what detections says, image by image."""
    from coursekit.two_stages import Backbone, Settings

    with torch.random.fork_rng(devices=[]):
        net = ns.FasterRCNN(Backbone((4, 3)), logits.shape[1], Settings(**numbers))
    found = net.detections(logits, offsets, proposals, image_size)
    return [{name: one[name] for name in ("boxes", "labels", "scores")} for one in found]


def assert_detected(student, reference, logits, offsets, proposals, size=(20, 40), **numbers):
    """Compare what is found, image by image."""
    call = detected, logits, offsets, proposals, size, {**NUMBERS, **numbers}
    came, expected = ask_both(student, reference, *call)
    assert_close(came, expected, what="what detections returns")


def sure_of(*labels, num_classes=3, sure=3.0):
    """Return logits (P, C) of proposals that are sure of a class each, each a little less than the one before."""
    logits = torch.zeros(len(labels), num_classes, dtype=DOUBLE)
    for place, label in enumerate(labels):
        logits[place, label] = sure - 0.1 * place
    return logits


ALONE = [tensor([[2.0, 2, 10, 8], [14, 3, 20, 13], [25, 2, 33, 7]])]


@exercise("FasterRCNN")
def test_a_detection_has_the_box_of_its_class(student, reference, rng):
    """Three proposals far apart: each is moved by the offsets of its class, with weights 10, 10, 5, 5."""
    offsets = randn(rng, 3, 12, dtype=DOUBLE)
    assert_detected(student, reference, sure_of(2, 1, 2), offsets, ALONE, box_score=0.5)


@exercise("FasterRCNN")
def test_each_class_is_a_detection_of_its_own(student, reference, rng):
    """A proposal that may be two classes gives two detections; the ground gives none."""
    logits = tensor([[0.0, 2.0, 2.1], [4.0, 1.0, 0.0], [0.5, 1.0, 0.0]])
    assert_detected(student, reference, logits, 0.1 * randn(rng, 3, 12, dtype=DOUBLE), ALONE, box_score=0.1)


@exercise("FasterRCNN")
def test_nms_runs_in_each_class(student, reference):
    """Of two that overlap and show the same class one is left; where they show different classes, both."""
    boxes, still = [tensor([[2.0, 2, 10, 8], [3, 2, 11, 8], [2, 3, 10, 9]])], torch.zeros(3, 12, dtype=DOUBLE)
    for labels in ((1, 1, 2), (2, 2, 2), (1, 2, 1)):
        assert_detected(student, reference, sure_of(*labels), still, boxes, box_score=0.5)


@exercise("FasterRCNN", costs=0.25)
def test_the_detections_nms_has_its_own_threshold(student, reference):
    """Two of one class with an IoU of 0.78: one is left with box_nms at 0.7, both with 0.8, whatever rpn_nms is."""
    boxes, still = [tensor([[2.0, 2, 10, 8], [3, 2, 11, 8]])], torch.zeros(2, 12, dtype=DOUBLE)
    for box_nms, rpn_nms in ((0.7, 0.9), (0.8, 0.6)):
        settings = {"box_score": 0.5, "box_nms": box_nms, "rpn_nms": rpn_nms}
        assert_detected(student, reference, sure_of(2, 2), still, boxes, **settings)


@exercise("FasterRCNN", costs=0.25)
def test_box_most_counts_what_nms_leaves(student, reference):
    """The two surest are nearly one box: NMS takes one of them, and the third is among the two that are left."""
    boxes, still = [tensor([[2.0, 2, 10, 8], [2, 2, 10, 8.5], [20, 3, 28, 9]])], torch.zeros(3, 12, dtype=DOUBLE)
    assert_detected(student, reference, sure_of(1, 1, 2), still, boxes, box_score=0.5, box_most=2)


@exercise("FasterRCNN", costs=0.5)
def test_scores_lie_above_and_boxes_inside(student, reference):
    """A score that is exactly box_score is dropped, boxes are clipped to height and width, and what is outside goes."""
    boxes, still = [tensor([[-3.0, 2, 5, 25], [36, 15, 50, 30], [45, 2, 50, 9]])], torch.zeros(3, 8, dtype=DOUBLE)
    logits = torch.zeros(3, 2, dtype=DOUBLE)
    assert_detected(student, reference, logits, still, boxes, box_score=0.5)
    assert_detected(student, reference, logits, still, boxes, box_score=0.4)


@exercise("FasterRCNN", costs=0.25)
def test_sides_of_a_hundredth_of_a_pixel_are_enough(student, reference):
    """Sides of exactly 0.01 are left, and less is dropped."""
    boxes = [tensor([[0.0, 2, 0.01, 8], [10, 0, 16, 0.01], [0, 10, 0.009, 16], [20, 0, 26, 0.009]])]
    still, sure = torch.zeros(4, 8, dtype=DOUBLE), sure_of(1, 1, 1, 1, num_classes=2)
    assert_detected(student, reference, sure, still, boxes, box_score=0.5)


@exercise("FasterRCNN", costs=0.5)
def test_the_surest_are_left_of_all_classes(student, reference, rng):
    """box_most of an image, whatever their class."""
    logits = tensor([[0.0, 1.0, 2.0], [0.0, 0.5, 0.2], [0.0, 3.0, -1.0]])
    for most in (1, 2, 4):
        offsets = torch.zeros(3, 12, dtype=DOUBLE)
        assert_detected(student, reference, logits, offsets, ALONE, box_most=most)


@exercise("FasterRCNN", costs=0.5)
def test_each_image_has_its_own_detections(student, reference, rng):
    """Images of two proposals, of none and of one; and no proposals at all."""
    boxes = [ALONE[0][:2], ALONE[0][:0], ALONE[0][2:]]
    assert_detected(student, reference, sure_of(2, 1, 2), 0.1 * randn(rng, 3, 12, dtype=DOUBLE), boxes)
    nothing = torch.zeros(0, 12, dtype=DOUBLE)
    assert_detected(student, reference, nothing[:, :3], nothing, [boxes[1], boxes[1]])


def found_by(ns, images, targets, numbers, later):
    """Probe: what a detector finds in evaluation mode; then with some settings changed."""
    from dataclasses import replace

    from autograder.authoring.filled import fill
    from coursekit.two_stages import Backbone, Settings

    with torch.random.fork_rng(devices=[]):
        net = ns.FasterRCNN(Backbone((4, 3)), 3, Settings(**numbers)).to(images.dtype)
    fill(net, 5)
    net.eval()
    with torch.no_grad():
        found = [net(images) if targets is None else net(images, targets)]
        if later:
            net.settings = replace(net.settings, **later)
            found.append(net(images))
    return [[{name: one[name] for name in ("boxes", "labels", "scores")} for one in each] for each in found]


@exercise("FasterRCNN")
def test_it_finds_what_the_reference_finds(student, reference, rng):
    """With the same weights, in evaluation mode, in images that are wider than high, and higher than wide."""
    for shape in ((2, 3, 16, 24), (1, 3, 28, 12)):
        call = found_by, randn(rng, *shape, dtype=DOUBLE), None, NUMBERS, {}
        came, expected = ask_both(student, reference, *call)
        assert_close(came, expected, what="what is found")


@exercise("FasterRCNN", costs=0.25)
def test_in_evaluation_targets_make_no_difference(student, reference, rng):
    """Targets that come in evaluation mode are not looked at."""
    call = found_by, randn(rng, 1, 3, 16, 24, dtype=DOUBLE), [target((1, 1, 9, 8))], NUMBERS, {}
    assert_close(*ask_both(student, reference, *call), what="what is found")


@exercise("FasterRCNN", costs=0.25)
def test_settings_are_read_at_each_call(student, reference, rng):
    """Other numbers of proposals and another score, set after the detector was made."""
    later = {"post_nms": 2, "pre_nms": 9, "box_score": 0.3, "rpn_nms": 0.2}
    call = found_by, randn(rng, 1, 3, 16, 24, dtype=DOUBLE), None, NUMBERS, later
    assert_close(*ask_both(student, reference, *call), what="what is found before and after")


def waves(*shape):
    """Return images that are the same at every seed: where a test rests on which boxes overlap, nothing is drawn."""
    return torch.sin(torch.arange(torch.Size(shape).numel(), dtype=DOUBLE) ** 1.5).reshape(shape)


@exercise("FasterRCNN", costs=0.25)
def test_the_proposals_nms_has_its_own_threshold(student, reference):
    """With rpn_nms at 0.1 few proposals are left, and with 0.95 nearly all."""
    for rpn_nms in (0.1, 0.95):
        call = found_by, waves(1, 3, 16, 24), None, {**NUMBERS, "rpn_nms": rpn_nms, "post_nms": 20}, {}
        assert_close(*ask_both(student, reference, *call), what=f"what is found with rpn_nms={rpn_nms}")


def learns(ns, images, targets, numbers, values, has_gradients):
    """Probe: the four losses, and with them the length of the gradient of each parameter of the sum."""
    from autograder.authoring.filled import fill
    from coursekit.two_stages import Backbone, Settings

    with torch.random.fork_rng(devices=[]):
        net = ns.FasterRCNN(Backbone((4, 3)), 3, Settings(**numbers)).to(images.dtype)
        fill(net, 5, values)
        losses = net.train()(images, targets)
    answer = {name: loss.detach() for name, loss in losses.items()}
    if not has_gradients:
        return answer, {}
    named = dict(net.named_parameters())
    total = sum(losses.values())
    found = (
        torch.autograd.grad(total, list(named.values()), allow_unused=True)
        if total.requires_grad
        else [None] * len(named)
    )
    return answer, {name: None if one is None else one.norm() for name, one in zip(named, found, strict=True)}


def assert_learns(student, reference, images, targets, values=None, has_gradients=False, **numbers):
    """Compare the names of the losses, each loss, and then the gradients."""
    call = learns, images, targets, {**NUMBERS, **numbers}, values or {}, has_gradients
    came, expected = ask_both(student, reference, *call)
    assert_equal(sorted(came[0]), sorted(expected[0]), what="the names of the losses")
    for name, value in expected[0].items():
        assert_close(came[0][name], value, what=name)
    for name, value in expected[1].items():
        if (came[1].get(name) is None) != (value is None):
            raise Mismatch(f"a gradient of {name}", "none" if value is not None else "one", "the other")
        assert_close(came[1][name], value, what=f"the length of the gradient of {name}")


SHOWN = [target((2, 1, 11, 7), (12, 4, 21, 15)), target((4, 5, 12, 12), labels=[2])]


@exercise("FasterRCNN")
def test_the_four_losses_are_right(student, reference, rng):
    """In training mode, with all candidates drawn: four losses by name."""
    assert_learns(student, reference, randn(rng, 2, 3, 16, 24, dtype=DOUBLE), SHOWN)


@exercise("FasterRCNN", costs=0.5)
def test_gradients_reach_every_part_and_none_goes_through_coordinates(student, reference, rng):
    """The gradient of the four losses' sum, for each parameter."""
    assert_learns(student, reference, randn(rng, 2, 3, 16, 24, dtype=DOUBLE), SHOWN, has_gradients=True)


@exercise("FasterRCNN", costs=0.5)
def test_no_gradient_goes_through_the_coordinates_of_proposals(student, reference):
    """Proposals of which many show an object, from an IoU of 0.05 on: places and codes are constants."""
    numbers = {"box_iou": 0.05, "post_nms": 15}
    assert_learns(student, reference, waves(2, 3, 16, 24), SHOWN, has_gradients=True, **numbers)


@exercise("FasterRCNN", costs=0.5)
def test_it_learns_from_images_without_objects(student, reference, rng):
    """One of two images has no objects; then none has."""
    images = randn(rng, 2, 3, 16, 24, dtype=DOUBLE)
    assert_learns(student, reference, images, [target(), SHOWN[1]])
    assert_learns(student, reference, images[:1], [target()])


@exercise("FasterRCNN", costs=0.5)
def test_the_second_stage_looks_at_what_is_drawn(student, reference, rng):
    """No object may be drawn (box_share is 0), so that all of the ground is, and its pieces are cut out."""
    assert_learns(student, reference, randn(rng, 2, 3, 16, 24, dtype=DOUBLE), SHOWN, box_share=0.0, box_iou=0.1)


@exercise("FasterRCNN", costs=0.5)
def test_the_losses_are_of_what_is_drawn(student, reference, rng):
    """All logits of a kind are equal, so that the losses only depend on how many of each kind are drawn."""
    values = {
        "rpn.head.cls_logits.weight": torch.tensor(0.0),
        "rpn.head.cls_logits.bias": torch.tensor(1.5),
        "rpn.cls_logits.weight": torch.tensor(0.0),  # a head by a wrong name has a test of its own
        "rpn.cls_logits.bias": torch.tensor(1.5),
        "roi_heads.box_predictor.cls_score.weight": torch.zeros(3, 5),
        "roi_heads.box_predictor.cls_score.bias": torch.tensor([-1.0, 0.0, 2.0]),
        "roi_heads.box_predictor.bbox_pred.weight": torch.zeros(12, 5),
    }
    call = learns, randn(rng, 1, 3, 16, 24, dtype=DOUBLE), [target((2, 1, 11, 7), labels=[2])]
    for numbers in ({"rpn_num": 8, "rpn_share": 0.25}, {"box_num": 3, "box_share": 0.34}):
        came, expected = ask_both(student, reference, *call, {**NUMBERS, **numbers}, values, False)
        for name in ("loss_objectness", "loss_classifier"):
            assert_close(came[0].get(name), expected[0][name], what=f"{name}, with all logits equal")


def use_detector(ns, images, boxes, labels):
    """Use a detector in both modes."""
    from autograder.authoring.filled import fill
    from coursekit.two_stages import Backbone, Settings

    numbers = {
        "sizes": (6.0, 10.0),
        "rpn_num": 1000,
        "box_num": 1000,
        "pre_nms": 9,
        "post_nms": 4,
        "pool": 2,
        "hidden": 4,
    }
    with torch.random.fork_rng(devices=[]):
        net = ns.FasterRCNN(Backbone((4, 3)), 3, Settings(box_most=4, **numbers)).to(images.dtype)
        fill(net, 3)
        targets = [{"boxes": boxes, "labels": labels} for _ in images]
        with torch.no_grad():
            losses = net.train()(images, targets)
            found = net.eval()(images)
    return [losses[name] for name in sorted(losses)], [[one["boxes"], one["labels"], one["scores"]] for one in found]


def detector_inputs(rng, N=2, H=16, W=24, dtype=DOUBLE):
    """Images, and the same two objects in each."""
    boxes = torch.tensor([[2.0, 1.0, 11.0, 7.0], [3.0, 4.0, 11.5, 15.0]], dtype=dtype)
    return randn(rng, N, 3, H, W, dtype=dtype), boxes, torch.tensor([2, 1])


contract(
    "FasterRCNN",
    inputs=detector_inputs,
    use=use_detector,
    device=False,
    draws=True,
    strides=False,
    square={"N": 2, "H": 16, "W": 16},
    one="N",
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-3}},
    forbids=READY,
    instead=INSTEAD,
)
