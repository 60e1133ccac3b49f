"""Checks of the notebook on anchors: made, encoded, assigned, sampled, and fitted to boxes."""

from collections import Counter

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    assert_parts,
    contract,
    exercise,
    limit_operations,
    rand,
    randn,
)

DOUBLE = torch.float64
CPU = ("cpu",)


def seed_from(rng):
    """A seed for a generator on the other side of the door."""
    return int(rng.integers(1, 2**31))


def double(*numbers):
    """Numbers as a tensor in double."""
    return torch.tensor(numbers, dtype=DOUBLE)


# generate_anchors


def assert_anchors(student, reference, *args, **settings):
    assert_close(student.generate_anchors(*args, **settings), reference.generate_anchors(*args, **settings))


@exercise("generate_anchors")
def test_one_square_at_one_place(student, reference):
    """One place, one size, ratio 1: a square of that side around the middle of the place."""
    assert_anchors(student, reference, (1, 1), (16.0, 16.0), double(32.0), double(1.0))


@exercise("generate_anchors")
def test_one_tall_anchor_at_one_place(student, reference):
    """Size 32 and ratio 4: 16 wide and 64 high."""
    assert_anchors(student, reference, (1, 1), (16.0, 16.0), double(32.0), double(4.0))


@exercise("generate_anchors")
def test_places_lie_a_stride_apart(student, reference):
    """A square at each of 2 × 3 places, with another stride down than across."""
    assert_anchors(student, reference, (2, 3), (10.0, 20.0), double(4.0), double(1.0))


@exercise("generate_anchors")
@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_centres_lie_as_far_in_as_asked(student, reference, shift):
    """offset 0 is the upper left corner of a place, 0.25 a quarter of the stride."""
    assert_anchors(student, reference, (2, 3), (10.0, 20.0), double(4.0), double(1.0), offset=shift)


@exercise("generate_anchors")
def test_sizes_and_ratios_at_one_place(student, reference):
    """Three sizes and two ratios make four anchors: all sizes at the first ratio, then the first size."""
    assert_anchors(student, reference, (1, 1), (8.0, 8.0), double(10.0, 20.0, 40.0), double(4.0, 0.25))


@exercise("generate_anchors")
def test_all_pairs_at_one_place(student, reference):
    """Three sizes and two ratios make six anchors, the sizes in turn at each ratio."""
    settings = {"all_pairs": True}
    assert_anchors(student, reference, (1, 1), (8.0, 8.0), double(10.0, 20.0, 40.0), double(4.0, 0.25), **settings)


@exercise("generate_anchors")
@pytest.mark.parametrize("is_all", [False, True])
def test_each_place_has_all_its_anchors(student, reference, is_all):
    """Two by three places with several anchors each: the anchors of one place stand together."""
    sizes, ratios = double(30.0, 10.0), double(2.0, 0.5, 1.0)
    assert_anchors(student, reference, (2, 3), (7.5, 12.0), sizes, ratios, all_pairs=is_all)


@exercise("generate_anchors", costs=0.25)
@pytest.mark.parametrize("grid", [(0, 3), (2, 0)])
def test_a_grid_without_places_has_no_anchors(student, reference, grid):
    """No rows or no columns: (0, 4)."""
    assert_anchors(student, reference, grid, (8.0, 8.0), double(10.0, 20.0), double(1.0, 2.0))


@exercise("generate_anchors", costs=0.5)
def test_all_places_are_made_at_once(student):
    """A large grid takes no more tensor operations than a small one."""
    sizes, ratios = double(30.0, 10.0), double(2.0, 0.5)
    small, large = (((H, W), (8.0, 8.0), sizes, ratios) for H, W in ((2, 3), (9, 14)))
    limit_operations(student, "generate_anchors", small, large)


def use_generate(ns, grid, sizes, ratios, **settings):
    """Lay anchors over a grid given by a table of that shape."""
    return ns.generate_anchors(tuple(grid.shape), (7.0, 9.5), sizes, ratios, **settings)


contract(
    "generate_anchors",
    inputs=lambda rng, n=2, m=3, H=4, W=5, dtype=DOUBLE: (
        torch.zeros(H, W),
        rand(rng, n, dtype=dtype) * 9 + 2,
        rand(rng, m, dtype=dtype) + 0.5,
    ),
    use=use_generate,
    settings={"all_pairs": True, "offset": 0.2},
    one="nmHW",
    strides=False,
    but={
        "turns_its_inputs_round_where_it_is_square": "vectors can't be turned, and of the table only the shape is used"
    },
)


# encode_offsets and decode_offsets


def boxes_of(rng, N, dtype=DOUBLE):
    """Boxes of 4 to 20 pixels, wider than they are high."""
    corner, side = rand(rng, N, 2, dtype=dtype) * 30, rand(rng, N, 2, dtype=dtype)
    return torch.cat([corner, corner + 4 + side * torch.tensor([16.0, 6.0], dtype=dtype)], dim=1)


def assert_encoded(student, reference, boxes, anchors, **settings):
    came = student.encode_offsets(boxes, anchors, **settings)
    assert_close(came, reference.encode_offsets(boxes, anchors, **settings))


ONES = {"variances": (1.0, 1.0, 1.0, 1.0)}
ANCHOR = ((10.0, 20.0, 50.0, 40.0),)


@exercise("encode_offsets")
def test_a_shifted_box(student, reference):
    """As large as the anchor, 10 to the right and 8 down, all variances 1."""
    assert_encoded(student, reference, double((20.0, 28.0, 60.0, 48.0)), double(*ANCHOR), **ONES)


@exercise("encode_offsets")
def test_a_stretched_box(student, reference):
    """With the anchor's centre, twice as wide and half as high, all variances 1."""
    assert_encoded(student, reference, double((-10.0, 25.0, 70.0, 35.0)), double(*ANCHOR), **ONES)


@exercise("encode_offsets")
def test_shifted_and_stretched_boxes(student, reference, rng):
    """Random boxes and anchors, all variances 1."""
    assert_encoded(student, reference, boxes_of(rng, 5), boxes_of(rng, 5), **ONES)


@exercise("encode_offsets")
def test_the_box_itself_has_no_offsets(student, reference, rng):
    """Where box and anchor are the same, four zeros come."""
    boxes = double((3.0, 4.0, 9.0, 6.0), (-5.0, 0.0, 11.0, 32.0))
    assert_encoded(student, reference, boxes, boxes)


@exercise("encode_offsets")
@pytest.mark.parametrize("variances", [(0.1, 0.1, 0.2, 0.2), (0.5, 0.25, 2.0, 4.0)])
def test_offsets_are_divided_by_their_variances(student, reference, rng, variances):
    """Random boxes, with usual variances and with four different ones."""
    assert_encoded(student, reference, boxes_of(rng, 3), boxes_of(rng, 3), variances=variances)


@exercise("encode_offsets", costs=0.25)
def test_a_box_without_width_has_an_infinite_offset(student, reference):
    """The logarithm of 0 is -inf, and comes back as it is; the other offsets are numbers."""
    boxes = double((20.0, 18.0, 20.0, 58.0), (20.0, 18.0, 30.0, 18.0))
    assert_encoded(student, reference, boxes, double(*ANCHOR, *ANCHOR))


@exercise("encode_offsets", costs=0.25)
def test_all_digits_of_float64(student, reference):
    """Variances such as 0.1 are not to go through float32."""
    args = double((20.0, 18.0, 60.0, 58.0)), double(*ANCHOR)
    came = student.encode_offsets(*args, variances=(0.1, 0.3, 0.2, 0.7))
    assert_close(came, reference.encode_offsets(*args, variances=(0.1, 0.3, 0.2, 0.7)), rtol=1e-11)


@exercise("encode_offsets", costs=0.25)
def test_no_boxes_have_no_offsets(student, reference):
    """Empty sets give (0, 4)."""
    assert_encoded(student, reference, torch.zeros(0, 4, dtype=DOUBLE), torch.zeros(0, 4, dtype=DOUBLE))


contract(
    "encode_offsets",
    inputs=lambda rng, N=5, dtype=DOUBLE: (boxes_of(rng, N, dtype), boxes_of(rng, N, dtype)),
    settings={"variances": (0.5, 0.25, 2.0, 4.0)},
    square={"N": 4},
    all_at_once="N",
)


def assert_decoded(student, reference, offsets, anchors, **settings):
    came = student.decode_offsets(offsets, anchors, **settings)
    assert_close(came, reference.decode_offsets(offsets, anchors, **settings))


@exercise("decode_offsets")
def test_zeros_give_the_anchor_itself(student, reference):
    """Nothing is moved where all offsets are 0."""
    anchors = double((3.0, 4.0, 9.0, 6.0), (-5.0, 0.0, 11.0, 32.0))
    assert_decoded(student, reference, torch.zeros(2, 4, dtype=DOUBLE), anchors)


@exercise("decode_offsets")
def test_an_anchor_is_shifted(student, reference):
    """A quarter of its width to the right, and 0.4 of its height down, all variances 1."""
    assert_decoded(student, reference, double((0.25, 0.4, 0.0, 0.0)), double(*ANCHOR), **ONES)


@exercise("decode_offsets")
def test_an_anchor_is_stretched(student, reference):
    """Around its centre, by e across and by 1/e down, all variances 1."""
    assert_decoded(student, reference, double((0.0, 0.0, 1.0, -1.0)), double(*ANCHOR), **ONES)


@exercise("decode_offsets")
def test_anchors_are_shifted_and_stretched(student, reference, rng):
    """Random offsets and anchors, all variances 1."""
    assert_decoded(student, reference, randn(rng, 5, 4, dtype=DOUBLE), boxes_of(rng, 5), **ONES)


@exercise("decode_offsets")
@pytest.mark.parametrize("variances", [(0.1, 0.1, 0.2, 0.2), (0.5, 0.25, 2.0, 1.5)])
def test_offsets_are_multiplied_by_their_variances(student, reference, rng, variances):
    """Random offsets, with usual variances and with four different ones."""
    offsets = randn(rng, 3, 4, dtype=DOUBLE, scale=0.5)
    assert_decoded(student, reference, offsets, boxes_of(rng, 3), variances=variances)


@exercise("decode_offsets")
def test_a_wild_stretch_stops_at_the_limit(student, reference):
    """Stretches of 100, across or down, all variances 1: by no more than 1000 / 16."""
    offsets = double((0.0, 0.0, 100.0, 0.5), (0.0, 0.0, 0.5, 100.0))
    assert_decoded(student, reference, offsets, double(*ANCHOR, *ANCHOR), **ONES)


@exercise("decode_offsets")
def test_the_limit_holds_for_what_the_variances_have_made_of_it(student, reference):
    """Offsets of 10 and 30 with variances of 0.2: stretches of 2 and 6, of which only one meets the limit."""
    offsets = double((0.0, 0.0, 10.0, 30.0), (0.0, 0.0, 30.0, 10.0))
    assert_decoded(student, reference, offsets, double(*ANCHOR, *ANCHOR))


@exercise("decode_offsets")
def test_shifts_have_no_limit(student, reference):
    """An anchor may go far: ten widths to the right, twenty heights up."""
    assert_decoded(student, reference, double((100.0, -200.0, 0.5, 0.5)), double(*ANCHOR))


@exercise("decode_offsets")
def test_a_thin_box_meets_no_limit(student, reference):
    """Stretches of -6 and -9: the box is as small as it is said to be."""
    offsets = double((0.0, 0.0, -6.0, 0.0), (0.0, 0.0, 0.0, -9.0))
    assert_decoded(student, reference, offsets, double(*ANCHOR, *ANCHOR), **ONES)


@exercise("decode_offsets", costs=0.25)
def test_all_digits_of_float64_in_boxes(student, reference):
    """Neither variances such as 0.1 nor the limit are to go through float32."""
    args = double((2.0, -3.0, 1.0, 9.0)), double((0.0, 0.0, 4.0, 2.0))
    settings = {"variances": (0.1, 0.3, 0.7, 0.2), "limit": 1.1}
    assert_close(student.decode_offsets(*args, **settings), reference.decode_offsets(*args, **settings), rtol=1e-11)


@exercise("decode_offsets", costs=0.25)
def test_no_offsets_give_no_boxes(student, reference):
    """Empty sets give (0, 4)."""
    assert_decoded(student, reference, torch.zeros(0, 4, dtype=DOUBLE), torch.zeros(0, 4, dtype=DOUBLE))


contract(
    "decode_offsets",
    inputs=lambda rng, N=5, dtype=DOUBLE: (rand(rng, N, 4, dtype=dtype) + 0.25, boxes_of(rng, N, dtype)),
    settings={"variances": (0.5, 0.25, 2.0, 1.5), "limit": 0.1},
    square={"N": 4},
    all_at_once="N",
)


# assign_anchors


def assert_assigned(student, reference, ious, **settings):
    assert_equal(student.assign_anchors(ious, **settings), reference.assign_anchors(ious, **settings))


NO_FORCE = {"force": "none"}
# By hand: object 1's best anchor is object 0's, object 2 has two equally good ones below the threshold.
TABLE = ((0.8, 0.5, 0.1, 0.0, 0.0), (0.75, 0.6, 0.2, 0.0, 0.0), (0.0, 0.1, 0.2, 0.25, 0.25))
CROSSED = ((0.1, 0.9, 0.2, 0.72, 0.0), (0.8, 0.3, 0.75, 0.1, 0.2))


@exercise("assign_anchors")
def test_above_the_threshold_an_anchor_goes_to_its_best_object(student, reference):
    """Two objects, five anchors, no force: the best of each anchor, or background."""
    assert_assigned(student, reference, double(*CROSSED), **NO_FORCE)


@exercise("assign_anchors")
def test_between_the_thresholds_an_anchor_is_ignored(student, reference):
    """One object, no force: below 0.3 background, below 0.7 ignored."""
    assert_assigned(student, reference, double((0.1, 0.5, 0.9, 0.35, 0.65, 0.25, 0.75)), **NO_FORCE)


@exercise("assign_anchors")
@pytest.mark.parametrize(("low", "high"), [(0.25, 0.5), (0.5, 0.5), (0.0, 0.75)])
def test_the_thresholds_themselves(student, reference, low, high):
    """An IoU of exactly low is ignored, of exactly high positive; both may be equal, and low may be 0."""
    ious = double((0.0, 0.125, 0.25, 0.5, 0.75, 1.0))
    assert_assigned(student, reference, ious, low=low, high=high, **NO_FORCE)


@exercise("assign_anchors")
def test_of_equal_objects_the_first_has_the_anchor(student, reference):
    """Two objects that an anchor overlaps alike, no force."""
    ious = double((0.75, 0.1, 0.8), (0.75, 0.9, 0.8), (0.2, 0.9, 0.8))
    assert_assigned(student, reference, ious, **NO_FORCE)


@exercise("assign_anchors")
def test_the_table_by_hand_with_ties(student, reference):
    """All of the equally good anchors are forced, and an anchor stays with its own object."""
    assert_assigned(student, reference, double(*TABLE))


@exercise("assign_anchors")
def test_ties_force_background_and_ignored_anchors(student, reference):
    """Best anchors of 0.1 and of 0.5: both are positive, all others as before."""
    assert_assigned(student, reference, double((0.1, 0.05, 0.0, 0.02), (0.0, 0.0, 0.5, 0.4)))


@exercise("assign_anchors")
def test_a_forced_anchor_stays_with_the_object_that_it_overlaps_more(student, reference):
    """The small object's best anchor overlaps the large one more, below the threshold too."""
    assert_assigned(student, reference, double((0.2, 0.0, 0.1), (0.4, 0.5, 0.1)), force="ties")


@exercise("assign_anchors")
def test_a_nearly_equal_anchor_is_not_forced(student, reference):
    """IoUs of 0.25 and 0.249: one is the highest, and the other is background."""
    assert_assigned(student, reference, double((0.249, 0.25, 0.1, 0.25), (0.0, 0.1, 0.8, 0.0)))


@exercise("assign_anchors")
def test_the_table_by_hand_with_first(student, reference):
    """One anchor for each object, the first of equals, and it is taken from another."""
    assert_assigned(student, reference, double(*TABLE), force="first")


@exercise("assign_anchors")
def test_an_anchor_goes_even_from_the_object_that_it_overlaps_most(student, reference):
    """Three objects with the same best anchor, all above the threshold, and the one in the middle overlaps it most."""
    assert_assigned(student, reference, double((0.8, 0.1), (0.9, 0.2), (0.75, 0.3)), force="first")


@exercise("assign_anchors")
def test_first_forces_background_and_ignored_anchors(student, reference):
    """Best anchors of 0.1 and of 0.5: both are positive, all others as before."""
    assert_assigned(student, reference, double((0.1, 0.05, 0.0, 0.02), (0.0, 0.0, 0.5, 0.4)), force="first")


@exercise("assign_anchors")
def test_of_objects_that_want_one_anchor_the_last_has_it(student, reference):
    """Three objects with the same best anchor, in force "first"."""
    ious = double((0.5, 0.4, 0.1, 0.1), (0.6, 0.1, 0.5, 0.0), (0.2, 0.1, 0.1, 0.0), (0.0, 0.0, 0.1, 0.9))
    assert_assigned(student, reference, ious, force="first")


@exercise("assign_anchors")
@pytest.mark.parametrize("force", ["ties", "first"])
def test_an_object_that_nobody_touches_forces_nothing(student, reference, force):
    """A row of zeros, first or last: background stays background."""
    for ious in (
        double((0.0, 0.0, 0.0, 0.0), (0.1, 0.8, 0.0, 0.5)),
        double((0.8, 0.1, 0.0, 0.5), (0.0, 0.0, 0.0, 0.0)),
    ):
        assert_assigned(student, reference, ious, force=force)


@exercise("assign_anchors")
@pytest.mark.parametrize("force", ["none", "ties", "first"])
def test_random_tables(student, reference, rng, force):
    """Four objects and nine anchors."""
    assert_assigned(student, reference, rand(rng, 4, 9, dtype=DOUBLE).square(), low=0.2, high=0.5, force=force)


@exercise("assign_anchors", costs=0.25)
@pytest.mark.parametrize("force", ["none", "ties", "first"])
def test_an_image_without_objects_is_all_background(student, reference, force):
    """No objects: -1 for each anchor; also with the lower threshold at 0."""
    for low in (0.3, 0.0):
        assert_assigned(student, reference, torch.zeros(0, 5, dtype=DOUBLE), low=low, force=force)


@exercise("assign_anchors", costs=0.25)
@pytest.mark.parametrize("force", ["none", "ties", "first"])
def test_no_anchors_give_no_matches(student, reference, force):
    """Objects without anchors: an empty vector of int64."""
    assert_assigned(student, reference, torch.zeros(3, 0, dtype=DOUBLE), force=force)


contract(
    "assign_anchors",
    inputs=lambda rng, M=3, N=6, dtype=DOUBLE: (torch.arange(1, M * N + 1).to(dtype).reshape(M, N) / (M * N + 1),),
    settings={"low": 0.85, "high": 0.97, "force": "none"},
    compare=assert_equal,
    one="MN",
    digits=False,
    all_at_once="N",
)


# sample_anchors

MANY = (0, -1, 2, -1, -2, 0, -1, -1, 1, -2, -1, 3, -1)  # 5 positives, 6 negatives, 2 ignored


def sampled(ns, matches, seed, num_draws, disturbance, args, settings):
    """Probe: draw several times from one generator; the global random state is set first."""
    torch.manual_seed(disturbance)
    generator = torch.Generator().manual_seed(seed)
    return [list(ns.sample_anchors(matches, generator, *args, **settings)) for _ in range(num_draws)]


def drawn(student, rng, matches, args=(), num_draws=1, **settings):
    """Return what the student draws, once it is certain that each is a pair of vectors of int64."""
    pairs = student.run(sampled, matches, seed_from(rng), num_draws, 0, list(args), settings)
    for pair in pairs:
        assert len(pair) == 2, f"two tensors are expected, positives and negatives, and {len(pair)} came"
        for part, kind in zip(pair, ("positives", "negatives"), strict=True):
            assert isinstance(part, torch.Tensor), f"the {kind} are no tensor but {type(part).__name__}"
            assert part.dtype == torch.int64, f"the {kind} are {part.dtype}, expected torch.int64"
            assert part.ndim == 1, f"the {kind} have {part.ndim} dimensions, expected 1"
    return pairs


def assert_drawn(pairs, matches, num_positive, num_negative):
    """How many of each kind, that they are of that kind, and that none comes twice."""
    for positive, negative in pairs:
        assert_equal([len(positive), len(negative)], [num_positive, num_negative], what="positives and negatives drawn")
        for part, kind, right in (
            (positive, "positives", matches >= 0),
            (negative, "negatives", matches == -1),
        ):
            places = part.tolist()
            assert all(0 <= place < len(matches) for place in places), f"the {kind} are no places in matches: {places}"
            said = matches[part].tolist()
            assert bool(right[part].all()), f"among the {kind} are places whose matches are {said}"
            assert len(set(places)) == len(places), f"among the {kind} one comes twice: {sorted(places)}"


@exercise("sample_anchors", devices=CPU)
@pytest.mark.parametrize(("num", "expected"), [(4, (2, 2)), (6, (3, 3)), (8, (4, 4))])
def test_half_and_half(student, rng, num, expected):
    """With enough of each kind: half positives, half negatives."""
    matches = torch.tensor(MANY)
    assert_drawn(drawn(student, rng, matches, num=num, num_draws=4), matches, *expected)


@exercise("sample_anchors", devices=CPU)
def test_few_positives_are_filled_up_with_negatives(student, rng):
    """Two positives: both come, and negatives take the other places."""
    matches = torch.tensor([-1, -1, 1, -1, -2, -1, -1, -1, 0, -1])
    for num, expected in ((6, (2, 4)), (8, (2, 6))):
        assert_drawn(drawn(student, rng, matches, num=num, num_draws=2), matches, *expected)


@exercise("sample_anchors", devices=CPU)
def test_few_negatives_are_not_filled_up_with_positives(student, rng):
    """Two negatives and eight positives: half of num are positive, and no more."""
    matches = torch.tensor([0, 1, -1, 1, 2, 0, -2, 0, -1, 1, 1])
    assert_drawn(drawn(student, rng, matches, num=8, num_draws=2), matches, 4, 2)


@exercise("sample_anchors", devices=CPU)
@pytest.mark.parametrize(
    ("num", "share", "expected"), [(4, 0.25, (1, 3)), (6, 0.75, (4, 2)), (4, 0.0, (0, 4)), (4, 1.0, (4, 0))]
)
def test_another_share(student, rng, num, share, expected):
    """num times share are positive, rounded down; also none, and all."""
    matches = torch.tensor(MANY)
    assert_drawn(drawn(student, rng, matches, num=num, share=share, num_draws=2), matches, *expected)


@exercise("sample_anchors", devices=CPU)
@pytest.mark.parametrize(("num", "expected"), [(5, (2, 3)), (7, (3, 4))])
def test_an_odd_number(student, rng, num, expected):
    """Half of an odd number is rounded down, and there is one negative more."""
    matches = torch.tensor(MANY)
    assert_drawn(drawn(student, rng, matches, num=num, num_draws=2), matches, *expected)


@exercise("sample_anchors", devices=CPU)
def test_256_anchors_by_default(student, rng):
    """150 positives and 300 negatives: 128 of each."""
    matches = torch.cat([torch.zeros(150), torch.full((300,), -1.0)]).long()
    assert_drawn(drawn(student, rng, matches), matches, 128, 128)


@exercise("sample_anchors", devices=CPU)
@pytest.mark.parametrize(
    ("rows", "expected"), [([-1, -1, -1], (0, 3)), ([1, 0], (2, 0)), ([-2, -2], (0, 0)), ([], (0, 0))]
)
def test_one_kind_alone_or_none(student, rng, rows, expected):
    """No positives, no negatives, only ignored ones, and no anchor at all."""
    matches = torch.tensor(rows, dtype=torch.int64)
    assert_drawn(drawn(student, rng, matches, num=6), matches, *expected)


@exercise("sample_anchors", devices=CPU)
def test_all_have_the_same_chance(student, rng):
    """Over 400 draws, no positive and no negative comes clearly more often than another, and no two of them."""
    matches = torch.tensor(MANY)
    pairs = drawn(student, rng, matches, num=4, num_draws=400)
    for which, (kind, here) in enumerate((("positives", matches >= 0), ("negatives", matches == -1))):
        counts = torch.bincount(torch.cat([pair[which] for pair in pairs]), minlength=len(matches))[here]
        expected = 400 * 2 / len(counts)
        # Drawn without replacement, the spread is at most that of a chi-squared of 5: 60 comes once in 10^11.
        spread = float(((counts - expected).square() / expected).sum())
        assert spread < 60, f"some {kind} are drawn more often than others: {counts.tolist()}, {expected:.0f} expected"
    for which, kind, num_twos in ((0, "positives", 10), (1, "negatives", 15)):
        twos = Counter(tuple(sorted(pair[which].tolist())) for pair in pairs)
        expected = 400 / num_twos
        spread = sum((count - expected) ** 2 for count in twos.values()) / expected + (num_twos - len(twos)) * expected
        # A chi-squared of 9 or 14: 90 comes once in 10^12, and where only neighbours are drawn it is 400.
        most = f"{dict(twos.most_common(3))} of 400, {expected:.0f} expected"
        assert spread < 90, f"some two {kind} are drawn together more often than other two: {most}"


@exercise("sample_anchors", devices=CPU)
def test_the_generator_alone_decides_what_is_drawn(student, rng):
    """The same state of the generator gives the same draws, whatever torch's global state is."""
    seed, matches = seed_from(rng), torch.tensor(MANY)
    first, second = (student.run(sampled, matches, seed, 5, disturbance, [6], {}) for disturbance in (1, 2))
    assert_equal(second, first, what="the draws of the second run")


@exercise("sample_anchors", devices=CPU)
def test_the_generator_moves_on(student, rng):
    """Draws one after the other differ."""
    matches = torch.tensor([-1, 0] * 40)
    pairs = drawn(student, rng, matches, num=20, num_draws=5)
    found = {(tuple(positive.tolist()), tuple(negative.tolist())) for positive, negative in pairs}
    assert len(found) == 5, f"five draws from one generator gave {len(found)} different ones"


def all_taken(ns, matches, seed, **settings):
    """Draw from so few that the share and the number alone decide; in order, as the order is free."""
    positive, negative = ns.sample_anchors(matches, torch.Generator().manual_seed(seed), **settings)
    return [len(positive), len(negative), sorted(positive.tolist()) if len(positive) == 3 else []]


contract(
    "sample_anchors",
    inputs=lambda rng, N=20: (torch.where(torch.arange(N) < 3, 1, -1), seed_from(rng)),
    use=all_taken,
    settings={"num": 7, "share": 0.15},
    compare=assert_equal,
    device=False,
)


# hard_negative_mining


def assert_mined(student, reference, losses, matches, **settings):
    came = student.hard_negative_mining(losses, matches, **settings)
    assert_equal(came, reference.hard_negative_mining(losses, matches, **settings))


@exercise("hard_negative_mining")
def test_three_hard_negatives_for_one_positive(student, reference):
    """One image, all losses different: the positive and the three worst negatives."""
    losses = double((0.1, 0.05, 0.7, 0.9, 0.4, 0.6, 0.2))
    assert_mined(student, reference, losses, torch.tensor([[-1, 1, -1, -1, -1, -1, -1]]))


@exercise("hard_negative_mining")
def test_the_worst_loss_may_be_a_positive_s(student, reference):
    """Positives count without being asked, and take no negative's place."""
    losses = double((0.1, 2.0, 0.7, 0.9, 1.5, 0.6, 0.2, 0.3, 0.4))
    assert_mined(student, reference, losses, torch.tensor([[-1, 1, -1, -1, 0, -1, -1, -1, -1]]), ratio=1)


@exercise("hard_negative_mining")
def test_an_ignored_anchor_never_counts(student, reference):
    """The largest loss belongs to an ignored one: the next negative takes its place."""
    losses = double((0.1, 0.2, 0.7, 0.9, 3.0, 0.6))
    assert_mined(student, reference, losses, torch.tensor([[-1, 1, -1, -1, -2, -1]]), ratio=2)


@exercise("hard_negative_mining")
def test_each_image_by_itself(student, reference):
    """Three images with one, no and two positives, and losses of another scale in each."""
    losses = double(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), (7.0, 8.0, 9.0, 6.0, 5.0, 4.0), (0.03, 0.01, 0.02, 0.06, 0.05, 0.04)
    )
    matches = torch.tensor([[0, -1, -1, -1, -1, -1], [-1, -1, -1, -1, -1, -1], [-1, 1, -1, -1, 0, -1]])
    assert_mined(student, reference, losses, matches, ratio=1)


@exercise("hard_negative_mining")
def test_of_equal_losses_the_first(student, reference):
    """Many equal losses, of which some fit in."""
    losses = torch.tensor([[0.5] * 40, [0.25] * 20 + [0.5] * 20], dtype=DOUBLE)
    matches = torch.full((2, 40), -1)
    matches[:, 30] = 0
    assert_mined(student, reference, losses, matches)


@exercise("hard_negative_mining")
def test_fewer_negatives_than_wanted(student, reference):
    """All negatives count where there are too few, and still no ignored one."""
    losses = double((0.4, 0.5, 0.2, 0.3, 0.1), (0.1, 0.2, 0.3, 0.4, 0.5))
    assert_mined(student, reference, losses, torch.tensor([[0, 1, -1, -2, -1], [2, 0, 1, 1, 0]]))


@exercise("hard_negative_mining")
def test_no_positives_mean_no_negatives(student, reference):
    """With least at 0 an image without objects does not count."""
    losses = double((0.4, 0.5, 0.2), (0.1, 0.2, 0.3))
    assert_mined(student, reference, losses, torch.tensor([[-1, -1, -1], [-2, -1, -1]]))


@exercise("hard_negative_mining")
def test_at_least_so_many(student, reference):
    """least holds for each image: with none, one and three positives."""
    losses = double((0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.7), (0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1), (1.0, 2, 3, 4, 5, 6, 7))
    matches = torch.full((3, 7), -1)
    matches[1, 3] = matches[2, 0] = matches[2, 2] = matches[2, 4] = 0
    assert_mined(student, reference, losses, matches, ratio=1, least=2)


@exercise("hard_negative_mining")
def test_a_loss_of_zero_counts_too(student, reference):
    """Negatives that cost nothing come before those that are none."""
    losses = double((0.0, 0.0, 0.0, 0.5, 0.0))
    assert_mined(student, reference, losses, torch.tensor([[-2, 0, -1, -1, -1]]), ratio=2)


@exercise("hard_negative_mining", costs=0.25)
@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_no_images_or_no_anchors(student, reference, shape):
    """An empty mask of the right shape."""
    assert_mined(student, reference, torch.zeros(shape, dtype=DOUBLE), torch.zeros(shape, dtype=torch.int64))


def batch_of(rng, B=3, N=8, dtype=DOUBLE):
    """Losses all different, and matches with positives, negatives and an ignored one in each image."""
    losses = torch.stack([torch.from_numpy(rng.permutation(N)) for _ in range(B)]).to(dtype) / 8 + 0.25
    kinds = torch.tensor([-1, 0, -1, -2, -1, -1, -1, -1])
    return losses, kinds[(torch.arange(N) + 3 * torch.arange(B)[:, None]) % 8]


contract(
    "hard_negative_mining",
    inputs=batch_of,
    settings={"ratio": 1, "least": 2},
    compare=assert_equal,
    digits=False,
    all_at_once="BN",
    no_loops=True,
)


# kmeans_anchors


def assert_fitted(student, reference, sides, start, **settings):
    came, expected = (door.kmeans_anchors(sides, start, **settings) for door in (student, reference))
    assert_parts(came, expected, "the anchors", "who joins whom")


CORNERED = ((4.0, 6.0), (3.0, 9.0), (12.0, 4.0), (5.0, 5.0), (16.0, 6.0))


@exercise("kmeans_anchors")
def test_a_box_inside_an_anchor_shares_less_of_a_long_one(student, reference):
    """The overlap is held against the union: against the larger of the two, the long anchor would win (1/2 to 4/9)."""
    assert_fitted(student, reference, double((4.0, 4.0)), double((8.0, 2.0), (6.0, 6.0)), steps=0)


@exercise("kmeans_anchors")
def test_boxes_join_by_overlap(student, reference):
    """No step: who joins whom at the start, where points in the plane would join otherwise."""
    sides = double((4.0, 6.0), (10.0, 10.0), (2.0, 2.0), (30.0, 3.0))
    start = double((2.2, 8.1), (6.0, 4.2), (18.0, 18.0), (14.0, 3.0))
    assert_fitted(student, reference, sides, start, steps=0)


@exercise("kmeans_anchors")
def test_of_equally_near_anchors_the_first(student, reference):
    """No step: a square between a tall anchor and a wide one, and two anchors that are the same."""
    sides = double((2.0, 2.0), (5.0, 3.0))
    assert_fitted(student, reference, sides, double((1.0, 2.0), (2.0, 1.0), (5.0, 3.0), (5.0, 3.0)), steps=0)


@exercise("kmeans_anchors")
def test_one_step_by_hand(student, reference):
    """Five boxes and two anchors: each goes to the mean of its own."""
    assert_fitted(student, reference, double(*CORNERED), double((4.0, 8.0), (12.0, 5.0)), steps=1)


@exercise("kmeans_anchors")
def test_an_anchor_that_nobody_joins_stays(student, reference):
    """A third anchor far too large for all: it is as before, and no number is NaN."""
    assert_fitted(student, reference, double(*CORNERED), double((4.0, 8.0), (90.0, 70.0), (12.0, 5.0)), steps=2)


@exercise("kmeans_anchors")
def test_boxes_join_the_anchors_as_they_are_at_the_end(student, reference):
    """After one step a box changes sides: it is said to join the anchor that is nearest now."""
    sides = double((4.0, 4.0), (5.0, 5.0), (7.0, 7.0), (20.0, 20.0), (24.0, 24.0))
    assert_fitted(student, reference, sides, double((3.0, 3.0), (6.0, 6.0)), steps=1)


@exercise("kmeans_anchors")
@pytest.mark.parametrize("steps", [2, 3])
def test_several_steps(student, reference, rng, steps):
    """Random boxes, so many steps and no more."""
    sides = 3 + 20 * rand(rng, 14, 2, dtype=DOUBLE)
    assert_fitted(student, reference, sides, double((5.0, 5.0), (5.0, 6.0), (6.0, 5.0)), steps=steps)


@exercise("kmeans_anchors")
def test_until_nothing_moves(student, reference):
    """Many more steps than are needed change nothing."""
    assert_fitted(student, reference, double(*CORNERED), double((4.0, 8.0), (12.0, 5.0)), steps=40)


@exercise("kmeans_anchors")
def test_ten_steps_by_default(student, reference):
    """A row of boxes, each larger than the last, and anchors that start at its small end: they creep along."""
    sides = torch.stack([1.06 ** torch.arange(60.0), 1.06 ** torch.arange(60.0)], dim=1).double()
    assert_fitted(student, reference, sides, sides[:5])


@exercise("kmeans_anchors")
def test_the_median_of_an_odd_and_an_even_number(student, reference):
    """Three boxes around one anchor and four around the other, one step."""
    small = ((4.0, 6.0), (3.0, 9.0), (5.0, 5.0))
    large = ((20.0, 24.0), (31.0, 20.0), (26.0, 29.0), (40.0, 31.0))
    start = double((4.0, 6.0), (25.0, 25.0))
    assert_fitted(student, reference, double(*small, *large), start, steps=1, middle="median")


@exercise("kmeans_anchors", costs=0.25)
@pytest.mark.parametrize("middle", ["mean", "median"])
def test_without_boxes_the_anchors_stay(student, reference, middle):
    """No boxes: the start, and an empty vector of int64."""
    start = double((4.0, 8.0), (12.0, 5.0))
    assert_fitted(student, reference, torch.zeros(0, 2, dtype=DOUBLE), start, middle=middle)


def pair_agrees(came, expected, **tolerances):
    """Compare anchors and joins."""
    assert_parts(came, expected, "the anchors", "who joins whom", **tolerances)


def ladder(rng, N=40, K=3, dtype=DOUBLE):
    """Boxes each a little larger than the last, and anchors at their small end: it takes long until nothing moves."""
    step = torch.arange(N, dtype=torch.float64)
    sides = torch.stack([4 * 1.06**step, 5 * 1.05**step], dim=1)
    return (sides * (1 + 0.01 * rand(rng, N, 1, dtype=torch.float64))).to(dtype), sides[:K].to(dtype)


@exercise("kmeans_anchors", costs=0.5)
def test_all_boxes_are_taken_at_once(student):
    """Twenty times as many boxes take no more tensor operations."""
    sides, start = double(*CORNERED), double((4.0, 8.0), (12.0, 5.0))
    limit_operations(student, "kmeans_anchors", (sides, start, 2), (sides.repeat(20, 1), start, 2))


contract(
    "kmeans_anchors",
    inputs=ladder,
    settings={"steps": 1, "middle": "median"},
    compare=pair_agrees,
    one="NK",
    square={"N": 3, "K": 3},
    device=False,
)


# best_possible_recall


def assert_recall(student, reference, sides, anchors, **settings):
    came, expected = (door.best_possible_recall(sides, anchors, **settings) for door in (student, reference))
    assert_parts(came, expected, "the recall", "the anchors that fit a box on average")


@exercise("best_possible_recall")
def test_boxes_by_hand(student, reference):
    """One anchor of 16 × 30: a box that fits, one that is too narrow, one too wide, one too low, one too high."""
    for box in ((8.0, 10.0), (3.0, 30.0), (65.0, 30.0), (16.0, 7.0), (16.0, 121.0)):
        assert_recall(student, reference, double(box), double((16.0, 30.0)))


@exercise("best_possible_recall")
def test_both_sides_must_fit_the_same_anchor(student, reference):
    """One anchor has the right width and another the right height: the box fits neither."""
    assert_recall(student, reference, double((10.0, 100.0), (9.0, 12.0)), double((10.0, 10.0), (100.0, 100.0)))


@exercise("best_possible_recall")
def test_a_factor_of_exactly_four_does_not_fit(student, reference):
    """Factors of exactly 4, either way, across and down."""
    sides = double((4.0, 30.0), (64.0, 32.0), (16.0, 8.0), (16.0, 128.0), (16.0, 33.0))
    assert_recall(student, reference, sides, double((16.0, 32.0)))


@exercise("best_possible_recall")
def test_several_anchors_fit_a_box(student, reference):
    """Three boxes, four anchors: none, one and three of them fit."""
    sides = double((1.0, 200.0), (40.0, 44.0), (8.0, 9.0))
    assert_recall(student, reference, sides, double((6.0, 6.0), (9.0, 8.0), (30.0, 30.0), (12.0, 6.0)))


@exercise("best_possible_recall")
@pytest.mark.parametrize("threshold", [1.5, 2.0, 8.0])
def test_another_threshold(student, reference, rng, threshold):
    """Random boxes and anchors, with narrower and wider thresholds."""
    sides, anchors = (3 + 40 * rand(rng, num, 2, dtype=DOUBLE).square() for num in (12, 5))
    assert_recall(student, reference, sides, anchors, threshold=threshold)


@exercise("best_possible_recall")
def test_a_large_area_is_no_large_box(student, reference):
    """A box of the anchor's area, five times as wide and a fifth as high, does not fit."""
    assert_recall(student, reference, double((50.0, 2.0), (10.0, 11.0)), double((10.0, 10.0)))


@exercise("best_possible_recall", costs=0.25)
@pytest.mark.parametrize(("num", "num_anchors"), [(0, 3), (2, 0), (0, 0)])
def test_no_boxes_or_no_anchors(student, reference, num, num_anchors):
    """Two zeros, of the dtype of the boxes."""
    sides, anchors = (torch.full((size, 2), 5.0, dtype=DOUBLE) for size in (num, num_anchors))
    assert_recall(student, reference, sides, anchors)


def shares_agree(came, expected, **tolerances):
    """Compare recall and fits."""
    assert_parts(came, expected, "the recall", "the anchors that fit a box on average", **tolerances)


BOXES = ((8.0, 10.0), (10.0, 40.0), (3.0, 5.0), (40.0, 42.0), (60.0, 12.0), (9.0, 7.0))
ANCHORS = ((9.0, 9.0), (12.0, 30.0), (35.0, 11.0), (30.0, 30.0))


def fits_of(rng, N=6, K=4, dtype=DOUBLE):
    """Boxes and anchors of which some fit, whatever the threshold."""
    sides, anchors = ([rows[i % len(rows)] for i in range(size)] for rows, size in ((BOXES, N), (ANCHORS, K)))
    return torch.tensor(sides, dtype=dtype), torch.tensor(anchors, dtype=dtype)


contract(
    "best_possible_recall",
    inputs=fits_of,
    settings={"threshold": 1.5},
    compare=shares_agree,
    one="NK",
    digits=False,
    square={"N": 3, "K": 3},
    all_at_once="N",
)
