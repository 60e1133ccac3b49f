"""Checks of the notebook on proposals: grouping, warped regions, RoI pooling, RoI align, R-CNN's heads."""

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, assert_parts, contract, exercise, integers, rand, randn

DOUBLE = torch.float64
NONE = torch.zeros(0, 4, dtype=DOUBLE)


# selective_search_merge

PARTS = ("boxes", "pairs")
# Four rows of two dark columns, a dark row beside them, and the bright rest: the example of the text.
BY_HAND = [[0, 0, 1, 1, 1, 1], *3 * [[0, 0, 2, 2, 2, 2]]]
STRIPES = 3 * [[0, 0, 1, 2, 2, 2, 3, 4, 4]]
# 0 and 3 touch at a corner only, and so do 1 and 2
CORNERS = [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [2, 2, 3, 3, 3]]
# 0 is around 1, and 2 below both; 3 is in two parts
PARTED = [[3, 0, 0, 0, 0, 0, 3], [0, 0, 1, 1, 1, 0, 0], [0, 0, 0, 1, 0, 0, 0], [2, 2, 2, 2, 2, 2, 2]]


def grid(lines):
    """Labels as a tensor."""
    return torch.tensor(lines, dtype=torch.int64)


def painted(segments, *channels):
    """An image in which each region has one value in each channel."""
    return torch.stack([torch.tensor(values, dtype=DOUBLE)[segments] for values in channels])


def assert_grouped(student, reference, image, segments, **settings):
    """Who was joined comes before the boxes."""
    came = student.selective_search_merge(image, segments, **settings)
    expected = reference.selective_search_merge(image, segments, **settings)
    if isinstance(came, tuple) and len(came) == 2:
        assert_close(came[1], expected[1], what="pairs")
    assert_parts(came, expected, *PARTS)


@exercise("selective_search_merge")
def test_the_example_of_the_text_is_grouped_as_by_hand(student, reference):
    """Two dark regions and a bright one: the dark ones first."""
    segments = grid(BY_HAND)
    assert_grouped(student, reference, painted(segments, [0.2, 0.2, 0.9]), segments)


@exercise("selective_search_merge")
@pytest.mark.parametrize("lines", [STRIPES, PARTED], ids=["stripes", "in several parts"])
def test_boxes_are_around_all_pixels_of_a_region(student, reference, lines):
    """The boxes of the start: left, top, right, bottom, where pixel i reaches from i to i + 1."""
    segments = grid(lines)
    num = int(segments.max()) + 1
    image = painted(segments, [0.05 + 0.2 * k for k in range(num)])
    came, expected = (side.selective_search_merge(image, segments) for side in (student, reference))
    assert_close(came[0][:num], expected[0][:num], what="the boxes of the start")


@exercise("selective_search_merge", costs=0.25)
def test_one_region_is_joined_with_nobody(student, reference):
    """One box, and pairs (0, 2)."""
    segments = grid(3 * [[0, 0, 0, 0]])
    assert_grouped(student, reference, painted(segments, [0.3]), segments)


@exercise("selective_search_merge")
def test_corners_are_no_neighbours(student, reference):
    """Two regions of one colour that touch at a corner only have to wait."""
    segments = grid(CORNERS)
    assert_grouped(student, reference, painted(segments, [0.9, 0.1, 0.1, 0.7]), segments)


@exercise("selective_search_merge")
def test_of_one_colour_the_small_go_first(student, reference):
    """An image of one colour in stripes of different widths: only their sizes differ."""
    segments = grid(2 * [[0, 0, 0, 0, 1, 1, 1, 2, 2, 3]])
    assert_grouped(student, reference, painted(segments, 4 * [0.4]), segments)


@exercise("selective_search_merge")
def test_of_one_size_those_without_a_gap_go_first(student, reference):
    """One colour and one size: a block beside a block leaves no gap, a block beside a row does."""
    segments = grid([[0, 0, 0, 0, 3, 3], [1, 1, 2, 2, 3, 3], [1, 1, 2, 2, 3, 3]])
    assert_grouped(student, reference, painted(segments, 4 * [0.6]), segments)


@exercise("selective_search_merge")
def test_colours_of_three_channels_decide(student, reference):
    """Regions share one channel, two or three, or none."""
    segments = grid(STRIPES)
    image = painted(segments, [0.1, 0.1, 0.6, 0.6, 0.6], [0.9, 0.2, 0.2, 0.2, 0.9], [0.5, 0.5, 0.9, 0.3, 0.3])
    assert_grouped(student, reference, image, segments)


@exercise("selective_search_merge")
def test_the_larger_part_weighs_more_in_the_new_histogram(student, reference):
    """A large dark region and a small bright one become one, which is more like a dark neighbour than a bright one."""
    segments = grid([5 * [0] + [1, 2, 2], 5 * [0] + [1, 2, 2], 8 * [3], 8 * [3], 8 * [4]])
    image = painted(segments, [0.1, 0.9, 0.4, 0.4, 0.4], [0.3, 0.3, 0.7, 0.7, 0.1])
    image[0, 2:4, :7], image[0, :2, 6:] = 0.9, 0.1
    assert_grouped(student, reference, image, segments)


@exercise("selective_search_merge")
def test_values_on_the_border_of_two_bins(student, reference):
    """A border belongs to the bin above, and 1 to the last."""
    segments = grid(2 * [[0, 1, 2, 3, 4, 5]])
    image = painted(segments, [0.24, 0.25, 0.26, 0.99, 1.0, 0.0])
    assert_grouped(student, reference, image, segments, bins=4)


@exercise("selective_search_merge", costs=0.5)
@pytest.mark.parametrize(
    "lines",
    [
        4 * [[0, 0, 1, 1, 2, 2, 3, 3]],  # all pairs alike: 0 and 1 first, then 2 and 3
        4 * [[3, 3, 0, 0, 2, 2, 1, 1]],  # 0 has 3 and 2 beside it
        [[0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5], [3, 3, 4, 4, 5, 5]],
    ],
    ids=["stripes", "the second number", "a grid"],
)
def test_ties_go_to_the_smaller_numbers(student, reference, lines):
    """One colour and one size: the smaller first number is joined, then the smaller second."""
    segments = grid(lines)
    assert_grouped(student, reference, painted(segments, (int(segments.max()) + 1) * [0.3]), segments)


# Sevenths and tenths of three values in four regions, whose sums differ in the last digit only
SEVENTHS = ("1747111", "1441117", "7474417", "7174414")
TENTHS = (("14714", "44414", "71414", "74771"), ("14744", "77174", "47774", "71441"))


@exercise("selective_search_merge", costs=0.25)
@pytest.mark.parametrize("lines, labels", [((SEVENTHS,), (0, 1, 2, 3)), (TENTHS, (3, 2, 1, 0))], ids=["1/7", "1/10"])
def test_a_tie_is_one_also_where_the_last_digit_differs(student, reference, lines, labels):
    """Pairs that are equally alike by sums of other fractions."""
    image = torch.tensor([[[int(digit) / 10 for digit in "".join(line)] for line in lines]], dtype=DOUBLE)
    width = len(lines[0][0])
    segments = torch.tensor([[label for label in labels for _ in range(width)] for _ in lines])
    assert_grouped(student, reference, image, segments, bins=5)


@exercise("selective_search_merge", costs=0.25)
def test_pairs_that_are_nearly_alike_are_no_tie(student, reference):
    """What two pairs share differs by 1/249 - 1/250: one dark pixel in a region of 249, or of 250."""
    segments = torch.arange(75).repeat(11, 1) // 25
    segments[10], segments[9, 74] = 3, 3
    image = painted(segments, [0.9, 0.1, 0.9, 0.4])
    image[0, 4, [7, 62]] = 0.1
    assert_grouped(student, reference, image, segments)


@exercise("selective_search_merge")
@pytest.mark.parametrize("bins", [8, 4, 1])
def test_a_noisy_image_is_grouped_to_the_end(student, reference, rng, bins):
    """Many regions with many values, also of one channel, and other numbers of bins."""
    rows, columns = torch.meshgrid(torch.arange(9), torch.arange(12), indexing="ij")
    segments = (rows // 3) * 4 + (columns + rows // 4) // 4
    segments = segments.unique(return_inverse=True)[1]
    for num_channels in (3, 1):
        assert_grouped(student, reference, rand(rng, num_channels, 9, 12, dtype=DOUBLE), segments, bins=bins)


@exercise("selective_search_merge", costs=0.5)
def test_bins_reach_from_0_to_1_whatever_the_image_has(student, reference):
    """1 and 2 share a bin of an eighth. In bins of this image's own values, no two would, and 0 and 1 come first."""
    segments = grid(4 * [[0, 0, 1, 1, 2, 2]])
    assert_grouped(student, reference, painted(segments, [0.20, 0.26, 0.36]), segments)


def pieces(rng, H=7, W=8, dtype=DOUBLE):
    """An image and pieces of it, of which the first two are of one colour where there are 4 bins, and not where 8."""
    rows, columns = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
    segments = (rows // 3) * 3 + columns // 3
    eighths = torch.tensor([0, 1, 7, 3, 5, 7, 4, 2, 6])[segments]
    return (eighths + 0.1 + 0.8 * rand(rng, 3, H, W, dtype=DOUBLE)).div(8).to(dtype), segments


contract(
    "selective_search_merge",
    inputs=pieces,
    settings={"bins": 4},
    one=(),
    digits=False,
    device=False,
    square={"H": 7, "W": 7},
)


# warp_regions

PHOTO = (2, 9, 13)
BOXES = torch.tensor([[2.0, 3.0, 8.0, 7.0], [1.3, 0.7, 11.9, 8.2], [5.25, 2.5, 6.0, 6.75]], dtype=DOUBLE)
OUTSIDE = torch.tensor(
    [[-3.0, 2.0, 4.0, 6.0], [9.5, -2.0, 15.0, 5.0], [3.0, 6.0, 7.0, 12.5], [20.0, 1.0, 25.0, 4.0]], dtype=DOUBLE
)


def warped(side, *args, **settings):
    """A side's warped regions."""
    return side.warp_regions(*args, **settings)


@exercise("warp_regions")
def test_the_whole_image_at_its_own_size_stays(student, reference, rng):
    """Each warped pixel lies on a pixel: nothing is mixed."""
    image, box = randn(rng, *PHOTO, dtype=DOUBLE), torch.tensor([[0.0, 0.0, 13.0, 9.0]], dtype=DOUBLE)
    assert_close(warped(student, image, box, (9, 13)), warped(reference, image, box, (9, 13)))


@exercise("warp_regions")
@pytest.mark.parametrize("size", [(4, 6), (7, 3), (1, 1)])
def test_regions_are_stretched_to_one_size(student, reference, rng, size):
    """Boxes inside of the image, at places that aren't whole, to sizes that aren't square."""
    image = randn(rng, *PHOTO, dtype=DOUBLE)
    assert_close(warped(student, image, BOXES, size), warped(reference, image, BOXES, size))


@exercise("warp_regions")
def test_context_is_counted_in_warped_pixels(student, reference, rng):
    """The box is left with the middle, and around it the image goes on at the same scale."""
    image = randn(rng, *PHOTO, dtype=DOUBLE)
    box = torch.tensor([[4.0, 3.0, 9.0, 5.0], [5.0, 4.0, 6.5, 6.0]], dtype=DOUBLE)
    for size, context in (((7, 9), 1), ((9, 7), 2)):
        assert_close(warped(student, image, box, size, context), warped(reference, image, box, size, context))


@exercise("warp_regions")
@pytest.mark.parametrize("context", [0, 1])
def test_outside_of_the_image_there_is_zero_where_nothing_is_said(student, reference, rng, context):
    """Boxes that reach beyond an edge, one by one, and one that is outside altogether."""
    image = randn(rng, *PHOTO, dtype=DOUBLE, shift=3.0)
    for box in OUTSIDE.split(1):
        assert_close(warped(student, image, box, (5, 6), context), warped(reference, image, box, (5, 6), context))


@exercise("warp_regions")
def test_outside_of_the_image_there_is_fill(student, reference, rng):
    """Another value outside: at the edge it is mixed with the outermost pixels."""
    image = randn(rng, *PHOTO, dtype=DOUBLE)
    for box, fill in zip(OUTSIDE.split(1), (2.0, -1.5, 0.5, 4.0), strict=True):
        assert_close(
            warped(student, image, box, (5, 6), 1, fill), warped(reference, image, box, (5, 6), 1, fill), what="regions"
        )


@exercise("warp_regions", costs=0.25)
def test_a_box_without_area_shows_one_line(student, reference, rng):
    """Without a width all columns are at one place; without both there is one value."""
    image = randn(rng, *PHOTO, dtype=DOUBLE)
    boxes = torch.tensor([[4.2, 2.0, 4.2, 7.0], [4.0, 3.7, 9.0, 3.7], [4.0, 3.0, 4.0, 3.0]], dtype=DOUBLE)
    assert_close(warped(student, image, boxes, (4, 5), 1), warped(reference, image, boxes, (4, 5), 1))


@exercise("warp_regions", costs=0.25)
def test_no_boxes_give_no_regions(student, reference, rng):
    """N = 0: the shape says how large none of them is."""
    image = randn(rng, *PHOTO, dtype=DOUBLE)
    assert_close(warped(student, image, NONE, (4, 5)), warped(reference, image, NONE, (4, 5)))


def refused(ns, image, boxes, size, context):
    """Probe: how a call is refused."""
    try:
        ns.warp_regions(image, boxes, tuple(size), context)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


@exercise("warp_regions", costs=0.25)
@pytest.mark.parametrize(("size", "context"), [((8, 6), 3), ((6, 8), 3), ((5, 9), 4), ((7, 7), 5)])
def test_a_context_that_leaves_nothing_is_refused(student, reference, rng, size, context):
    """A ValueError, whether the rows or the columns are used up, just so or by more."""
    call = refused, randn(rng, *PHOTO, dtype=DOUBLE), BOXES, size, context
    came, expected = (side.run(*call) for side in (student, reference))
    assert_equal(came, expected, what=f"the response to size={size}, context={context}")


@exercise("warp_regions", costs=0.25)
def test_a_context_that_leaves_nothing_is_refused_without_boxes_too(student, reference, rng):
    """Whether there is room hangs on the size, and not on the boxes."""
    call = refused, randn(rng, *PHOTO, dtype=DOUBLE), NONE, (8, 6), 3
    assert_equal(student.run(*call), reference.run(*call), what="the response to no boxes, size=(8, 6), context=3")


@exercise("warp_regions", costs=0.25)
def test_the_smallest_box_that_a_context_leaves(student, reference, rng):
    """One row and one column in the middle are enough."""
    image = randn(rng, *PHOTO, dtype=DOUBLE)
    assert_close(warped(student, image, BOXES, (5, 6), 2), warped(reference, image, BOXES, (5, 6), 2))


contract(
    "warp_regions",
    inputs=lambda rng, C=2, H=9, W=11, N=4, dtype=DOUBLE: (
        randn(rng, C, H, W, dtype=dtype),
        torch.stack([torch.tensor([k - 2.3, 2.1, 6.0 + 0.8 * k, 10.4 - k / 2]) for k in range(N)]).to(dtype),
        (5, 6),
    ),
    settings={"context": 1, "fill": 0.7},
    square={"C": 3, "H": 9, "W": 9, "N": 3},
    one="CN",
    forbids=["torchvision", "roi_align"],
    instead="find the places and look the image up there",
)


# roi_pool and roi_align

NOT_READY = ["torchvision", "roi_pool", "roi_align", "RoIPool", "RoIAlign", "MultiScaleRoIAlign"]
MAPS = (2, 2, 6, 9)


def regions(*rows, dtype=DOUBLE):
    """Regions of interest: the image's number and the box of each."""
    return torch.tensor(rows, dtype=dtype).reshape(-1, 5)


def pooled_gradient(ns, name, features, rois, size, settings, upstream):
    """Probe: the gradient that comes back to the features."""
    leaf = features.clone().requires_grad_()
    layer = getattr(ns, name)
    pooled = layer(leaf, rois, tuple(size), **settings)
    (pooled * upstream).sum().backward()
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def assert_gradients(student, reference, rng, name, features, rois, size, settings):
    """Compare what comes back of a drawn gradient of the bins."""
    features = features[:, :1]
    upstream = randn(rng, len(rois), 1, *size, dtype=DOUBLE, shift=0.5)
    call = pooled_gradient, name, features, rois, size, settings, upstream
    assert_close(student.run(*call), reference.run(*call), what="gradient of the features")


POOL_CASES = {
    "bins that come out even": (regions([0, 1, 0, 6, 3]), (2, 3), 1.0),
    "bins that share cells": (regions([0, 0, 0, 6, 4]), (2, 3), 1.0),
    "edges are rounded, not cut off": (regions([0, 1.7, 0.6, 6.6, 3.8], [0, 1.2, 0.4, 6.3, 3.3]), (2, 2), 1.0),
    "more bins than cells": (regions([0, 2, 1, 4, 2]), (3, 5), 1.0),
    "one cell": (regions([0, 3.1, 2.2, 3.4, 2.4], [0, 4, 3, 4, 3]), (2, 3), 1.0),
    "one bin": (regions([0, 1, 2, 7, 4]), (1, 1), 1.0),
    "a scale": (regions([0, 10, 21, 130, 70], [1, 0, 5, 40, 95]), (2, 3), 1 / 16),
    "the other image": (regions([1, 1, 1, 5, 4], [0, 2, 0, 7, 5], [1, 0, 2, 8, 4]), (2, 2), 1.0),
}


@exercise("roi_pool")
@pytest.mark.parametrize("case", POOL_CASES.values(), ids=POOL_CASES.keys())
def test_each_bin_gives_its_largest_cell(student, reference, rng, case):
    """Boxes at whole places and others, one bin and many, maps that are wider than high."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    assert_close(student.roi_pool(features, *case), reference.roi_pool(features, *case))


@exercise("roi_pool", costs=0.5)
def test_a_map_that_is_higher_than_wide_is_pooled(student, reference, rng):
    """Rows and columns have limits of their own."""
    features, rois = randn(rng, 1, 2, 9, 4, dtype=DOUBLE), regions([0, 0, 1, 3, 8], [0, 1, 5, 6, 11])
    assert_close(student.roi_pool(features, rois, (3, 2)), reference.roi_pool(features, rois, (3, 2)))


@exercise("roi_pool", costs=0.25)
def test_bins_begin_and_end_at_exact_fractions(student, reference, rng):
    """57 columns and 29 rows in 7 bins each: the last bin ends with the region, and the cells behind it are large."""
    features = randn(rng, 1, 1, 6, 9, dtype=DOUBLE)
    features[:, :, 4], features[..., 5] = 9.0, 8.0
    rois = regions([0, -52, -25, 4, 3])
    assert_close(student.roi_pool(features, rois, (7, 7)), reference.roi_pool(features, rois, (7, 7)))


@exercise("roi_pool")
def test_halves_are_rounded_away_from_zero(student, reference, rng):
    """0.5 becomes 1 and 2.5 becomes 3."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    rois = regions([0, 0.5, 0.5, 4.5, 2.5], [1, 2.5, 1.5, 6.5, 4.5])
    for size in ((2, 2), (3, 4)):
        assert_close(student.roi_pool(features, rois, size), reference.roi_pool(features, rois, size))


@exercise("roi_pool", costs=0.25)
def test_negative_halves_are_rounded_away_from_zero_too(student, reference, rng):
    """-0.5 becomes -1, and -2.5 becomes -3: the bins of such boxes begin outside of the map."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    rois = regions([0, -0.5, -1.5, 4.0, 3.0], [1, -2.5, -0.5, 5.0, 2.0])
    for size in ((2, 3), (5, 4)):
        assert_close(student.roi_pool(features, rois, size), reference.roi_pool(features, rois, size))


@exercise("roi_pool")
def test_bins_outside_of_the_map_are_zero(student, reference, rng):
    """A box that reaches beyond an edge keeps its bins where they are; those without a cell are zero."""
    features = randn(rng, *MAPS, dtype=DOUBLE, shift=4.0)
    rois = regions([0, 5, 3, 14, 9], [1, -6, -4, 3, 2], [0, 20, 1, 24, 3], [1, -9, -8, -5, -3], [0, 2, 10, 5, 12])
    for size in ((2, 3), (4, 5)):
        assert_close(student.roi_pool(features, rois, size), reference.roi_pool(features, rois, size))


@exercise("roi_pool")
def test_negative_cells_are_cells(student, reference, rng):
    """Where all cells of a bin are negative, so is its largest."""
    features = -1 - randn(rng, *MAPS, dtype=DOUBLE).abs()
    rois = regions([0, 1, 0, 6, 4], [1, 6, 3, 11, 7])
    assert_close(student.roi_pool(features, rois, (2, 3)), reference.roi_pool(features, rois, (2, 3)))


@exercise("roi_pool", costs=0.25)
def test_no_regions_give_no_bins(student, reference, rng):
    """K = 0: an empty answer of the right shape and dtype."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    assert_close(student.roi_pool(features, regions(), (2, 3)), reference.roi_pool(features, regions(), (2, 3)))


@exercise("roi_pool", costs=0.5)
def test_the_gradient_of_a_bin_goes_to_its_largest_cell(student, reference, rng):
    """Where bins or regions share a cell its gradients add up, and bins without a cell send nothing."""
    features, rois = randn(rng, *MAPS, dtype=DOUBLE), regions([0, 0, 0, 6, 4], [1, 5, 3, 14, 9], [0, 2, 1, 6, 3])
    features[:, :, 2, 3] = 9.0
    assert_gradients(student, reference, rng, "roi_pool", features, rois, (2, 3), {})


@exercise("roi_pool", costs=0.25)
def test_of_equal_cells_the_first_gets_the_gradient(student, reference, rng):
    """In reading order, row by row."""
    features = integers(rng, 0, 2, *MAPS).to(DOUBLE)
    features[:, :, :3, :4] = torch.tensor([[0, 0, 1, 0], [1, 0, 0, 1], [1, 1, 1, 1]], dtype=DOUBLE)
    rois = regions([0, 0, 0, 3, 2], [1, 0, 0, 8, 5])
    for size in ((1, 1), (2, 2)):
        assert_gradients(student, reference, rng, "roi_pool", features, rois, size, {})


def on_maps(rng, K=4, N=2, C=3, H=6, W=7, dtype=DOUBLE):
    """Maps and regions of them, whose edges are far from halves also where they are scaled."""
    rows = [[k % N, 0.7 + 0.3 * k, 1.1, 4.1 + 0.6 * k, 4.2 - 0.65 * k] for k in range(K)]
    return randn(rng, N, C, H, W, dtype=dtype), regions(*rows, dtype=dtype), (2, 3)


EVEN = {"K": 3, "N": 3, "C": 3, "H": 6, "W": 6}

contract(
    "roi_pool",
    inputs=on_maps,
    settings={"spatial_scale": 1.25},
    square=EVEN,
    one="KNC",
    device=False,
    forbids=NOT_READY,
    instead="write the two roundings yourself",
)


BOTH = [False, True]
BOX = regions([0, 1.2, 0.7, 6.9, 4.3], [1, 2.1, 1.2, 5.0, 3.1])


def aligned_bins(side, *args, **settings):
    """A side's bins of RoI align."""
    return side.roi_align(*args, **settings)


def assert_aligned(student, reference, features, rois, size, **settings):
    """Compare the bins of RoI align."""
    args = features, rois, size
    assert_close(aligned_bins(student, *args, **settings), aligned_bins(reference, *args, **settings))


@exercise("roi_align")
@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_aligned_bins_give_the_mean_of_their_samples(student, reference, rng, ratio):
    """With aligned=True, one sample in each direction or more."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    assert_aligned(student, reference, features, BOX, (2, 3), sampling_ratio=ratio, aligned=True)


@exercise("roi_align")
@pytest.mark.parametrize("ratio", [1, 2])
def test_without_aligned_no_half_is_subtracted(student, reference, rng, ratio):
    """aligned=False, which is the default."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    assert_aligned(student, reference, features, BOX, (2, 3), sampling_ratio=ratio)


@exercise("roi_align")
@pytest.mark.parametrize("is_aligned", BOTH)
def test_without_a_ratio_there_are_as_many_samples_as_cells(student, reference, rng, is_aligned):
    """A bin's size in cells rounded up, in each direction by itself; -1 is the default, and 0 says the same."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    rois = regions([0, 0.2, 0.7, 8.5, 2.3], [1, 2.0, 0.5, 5.5, 5.2])
    assert_aligned(student, reference, features, rois, (2, 2), aligned=is_aligned)
    assert_aligned(student, reference, features, rois, (1, 3), sampling_ratio=0, aligned=is_aligned)


@exercise("roi_align")
@pytest.mark.parametrize("is_aligned", BOTH)
def test_boxes_of_less_than_a_cell(student, reference, rng, is_aligned):
    """Without aligned a side of less than 1 counts as 1; with it, it stays what it is."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    rois = regions([0, 3.1, 2.2, 3.5, 4.6], [1, 2.3, 1.4, 6.0, 1.7], [0, 4.4, 2.2, 4.6, 2.5])
    assert_aligned(student, reference, features, rois, (2, 3), sampling_ratio=2, aligned=is_aligned)


@exercise("roi_align", costs=0.5)
@pytest.mark.parametrize("is_aligned", BOTH)
@pytest.mark.parametrize("ratio", [-1, 2])
def test_boxes_without_area(student, reference, rng, is_aligned, ratio):
    """Aligned and without a ratio there are no samples, and the bin is 0; else all are on one line."""
    features = randn(rng, *MAPS, dtype=DOUBLE, shift=2.0)
    rois = regions([0, 3.25, 1.0, 3.25, 4.6], [1, 2.3, 1.75, 6.0, 1.75], [0, 4.4, 2.2, 4.4, 2.2])
    assert_aligned(student, reference, features, rois, (2, 3), sampling_ratio=ratio, aligned=is_aligned)


@exercise("roi_align")
def test_samples_just_outside_count_as_on_the_edge(student, reference, rng):
    """Between -1 and 0, and between the last cell and one further, a sample is moved to the edge."""
    features = randn(rng, *MAPS, dtype=DOUBLE, shift=2.0)
    rois = regions([0, -0.9, 1.0, 0.1, 3.0], [1, 7.6, 1.0, 8.9, 3.0], [0, 2.0, -0.8, 5.0, 0.2], [1, 2.0, 4.7, 5.0, 5.9])
    assert_aligned(student, reference, features, rois, (2, 2), sampling_ratio=2)


@exercise("roi_align")
def test_samples_further_outside_are_zero(student, reference, rng):
    """Boxes that reach beyond an edge by some cells, and such as are outside altogether; zeros count in the mean."""
    features = randn(rng, *MAPS, dtype=DOUBLE, shift=4.0)
    rois = regions([0, -6.2, 1.0, 3.1, 4.0], [1, 5.3, 2.0, 14.1, 9.2], [0, 1.0, -7.3, 6.0, 3.1], [1, 12, 1, 15, 3])
    for is_aligned in BOTH:
        assert_aligned(student, reference, features, rois, (2, 3), sampling_ratio=3, aligned=is_aligned)


@exercise("roi_align", costs=0.25)
def test_samples_exactly_one_cell_outside_still_count(student, reference, rng):
    """At -1, at H and at W: these belong to the map's edge."""
    features = randn(rng, *MAPS, dtype=DOUBLE, shift=4.0)
    rois = regions(
        [0, -1.5, 2.0, -0.5, 3.0], [0, 8.5, 2.0, 9.5, 3.0], [0, 2.0, -1.5, 3.0, -0.5], [0, 2.0, 5.5, 3.0, 6.5]
    )
    assert_aligned(student, reference, features, rois, (1, 1), sampling_ratio=1)


@exercise("roi_align", costs=0.5)
def test_samples_of_a_map_that_is_higher_than_wide(student, reference, rng):
    """Rows and columns have limits of their own."""
    features, rois = randn(rng, 1, 2, 9, 4, dtype=DOUBLE), regions([0, 0.2, 1.1, 3.3, 8.2])
    assert_aligned(student, reference, features, rois, (3, 2), sampling_ratio=2, aligned=True)


@exercise("roi_align")
@pytest.mark.parametrize("is_aligned", BOTH)
def test_boxes_in_pixels_are_scaled(student, reference, rng, is_aligned):
    """Half a cell is half a cell, whatever the scale, and so is a side of one cell."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    rois = regions([0, 10, 21, 130, 70], [1, 30, 25, 36, 88])
    assert_aligned(
        student, reference, features, rois, (2, 3), spatial_scale=1 / 16, sampling_ratio=2, aligned=is_aligned
    )


@exercise("roi_align", costs=0.25)
def test_regions_of_the_other_image_and_none(student, reference, rng):
    """Each region looks at its own image; K = 0 gives an empty answer of the right shape."""
    features = randn(rng, *MAPS, dtype=DOUBLE)
    assert_aligned(student, reference, features, BOX[[1, 0, 1]], (3, 2), sampling_ratio=2, aligned=True)
    assert_aligned(student, reference, features, regions(), (3, 2), sampling_ratio=2)


@exercise("roi_align", costs=0.5)
@pytest.mark.parametrize("is_aligned", BOTH)
def test_the_gradient_goes_back_by_the_weights_of_the_samples(student, reference, rng, is_aligned):
    """Also from regions that overlap, and from samples at the edge."""
    features, rois = (
        randn(rng, *MAPS, dtype=DOUBLE),
        regions([0, 0.3, 0.2, 6.1, 4.4], [1, 5.2, 3.1, 11, 8], [0, 1.1, 1.2, 3, 3]),
    )
    assert_gradients(student, reference, rng, "roi_align", features, rois, (2, 3), {"aligned": is_aligned})


contract(
    "roi_align",
    inputs=on_maps,
    settings={"spatial_scale": 1.25, "sampling_ratio": 2, "aligned": True},
    square=EVEN,
    one="KNC",
    device=False,
    forbids=NOT_READY,
    instead="find the samples and look the map up there",
)


# fit_region_heads

ENOUGH = {"rtol": 1e-4, "atol": 2e-5}
HEADS = ("weights of the SVMs", "biases of the SVMs", "weights of the regressions", "biases of the regressions")


def examples(rng, N=26, D=3, K=2, shift=0.0):
    """Features, labels, classes near and offsets of regions: of each class, of background and of neither.

    Each class has its own place. Labels and classes near differ; the offsets follow from the features, nearly.
    """
    rows = torch.arange(N)
    near = rows % (K + 1)
    labels = near.clone()
    labels[rows % 5 == 3], labels[rows % 7 == 4] = -1, 0
    middles = torch.linspace(-1.0, 1.5, (K + 1) * D, dtype=DOUBLE).reshape(D, K + 1).T
    features = shift + middles[near] + 0.8 * randn(rng, N, D, dtype=DOUBLE)
    slopes = torch.linspace(-0.6, 0.9, 4 * D, dtype=DOUBLE).reshape(4, D)
    offsets = (features - shift) @ slopes.T * (1 + near[:, None]) / 3 + 0.3 * randn(rng, N, 4, dtype=DOUBLE) + 0.4
    return features, labels, near, offsets, K


def assert_part(student, reference, args, parts, **settings):
    """Compare two of the four parts."""
    came, expected = (side.fit_region_heads(*args, **settings) for side in (student, reference))
    if not isinstance(came, tuple | list) or len(came) != 4:
        assert_close(came, expected, **ENOUGH)
    for part in parts:
        assert_close(came[part], expected[part], what=HEADS[part], **ENOUGH)


SVMS, REGRESSIONS = (0, 1), (2, 3)


@exercise("fit_region_heads")
@pytest.mark.parametrize("cost", [1.0, 0.05, 20.0])
def test_the_svms_are_at_their_optimum(student, reference, rng, cost):
    """Classes that lie apart in part, at three costs."""
    assert_part(student, reference, examples(rng), SVMS, cost=cost)


@exercise("fit_region_heads")
def test_the_example_of_the_text_by_hand(student, reference):
    """Two points and one feature: a weight of 4/9 and no bias."""
    x = torch.tensor([[2.0], [-2.0]], dtype=DOUBLE)
    labels, offsets = torch.tensor([1, 0]), torch.zeros(2, 4, dtype=DOUBLE)
    assert_part(student, reference, (x, labels, labels, offsets, 1), SVMS, cost=0.5)


@exercise("fit_region_heads")
def test_the_svms_where_the_features_have_a_mean(student, reference, rng):
    """Features far from zero, where the bias matters, and it is punished as the weights are."""
    assert_part(student, reference, examples(rng, shift=2.0), SVMS, cost=0.3)


@exercise("fit_region_heads")
def test_the_svms_with_more_features_than_regions(student, reference, rng):
    """Everything can be separated, and the punishment alone decides."""
    assert_part(student, reference, examples(rng, N=9, D=12), SVMS, cost=0.7)


@exercise("fit_region_heads")
@pytest.mark.parametrize("alpha", [1.0, 0.01, 30.0])
def test_the_regressions_are_at_their_optimum(student, reference, rng, alpha):
    """Over the regions near each class, also those that no SVM has seen."""
    assert_part(student, reference, examples(rng), REGRESSIONS, alpha=alpha)


@exercise("fit_region_heads")
def test_the_regressions_where_the_features_have_a_mean(student, reference, rng):
    """Features far from zero: the bias isn't punished."""
    assert_part(student, reference, examples(rng, shift=2.0), REGRESSIONS, alpha=3.0)


@exercise("fit_region_heads", costs=0.5)
def test_the_regressions_with_more_features_than_regions(student, reference, rng):
    """Many answers fit exactly; the punishment chooses one."""
    assert_part(student, reference, examples(rng, N=9, D=12), REGRESSIONS, alpha=0.5)


def with_missing_class(rng):
    """Examples of which class 2 of 4 is missing, and of class 4 only a region with no label of it."""
    features, labels, near, offsets, _ = examples(rng)
    labels = torch.where(labels == 2, 3, labels)
    near = torch.where(near == 2, 3, near)
    near[1] = 4
    return features, labels, near, offsets, 4


@exercise("fit_region_heads", costs=0.5)
def test_the_svm_of_a_class_that_is_missing_knows_only_others(student, reference, rng):
    """Its y are all -1, and it has an optimum all the same."""
    assert_part(student, reference, with_missing_class(rng), SVMS)


@exercise("fit_region_heads", costs=0.5)
def test_the_regression_of_a_class_that_is_missing_is_zero(student, reference, rng):
    """And that of a class with one region has its offsets as the bias."""
    assert_part(student, reference, with_missing_class(rng), REGRESSIONS)


@exercise("fit_region_heads", costs=0.25)
def test_offsets_that_say_nothing_may_be_nan(student, reference, rng):
    """Offsets of regions that are near no object are of no use, whatever they are."""
    features, labels, near, offsets, num_classes = examples(rng)
    offsets[near == 0] = torch.nan
    assert_part(student, reference, (features, labels, near, offsets, num_classes), REGRESSIONS)


@exercise("fit_region_heads", costs=0.25)
def test_one_class_gives_one_row(student, reference, rng):
    """K = 1."""
    assert_part(student, reference, examples(rng, N=11, D=2, K=1), range(4))


contract(
    "fit_region_heads",
    inputs=examples,
    settings={"cost": 0.3, "alpha": 2.5},
    one="D",
    square={"N": 6, "D": 6, "K": 6},
    dtypes=(DOUBLE,),
    tolerances={DOUBLE: ENOUGH},
    digits=False,
    device=False,
)
