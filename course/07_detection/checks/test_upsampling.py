"""Checks of upsampling: patches against one pass, kernels with holes, winners put back, matrices and stamps."""

import pytest
import torch
import torch.nn.functional as F

from autograder.authoring import (
    RuleBroken,
    assert_close,
    assert_equal,
    assert_parts,
    contract,
    exercise,
    limit_intermediates,
    limit_operations,
    rand,
    randn,
)

DOUBLE = torch.float64


def exception_of(ns, name, args, settings) -> str:
    """Probe: which exception a call is refused with."""
    try:
        getattr(ns, name)(*args, **settings)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


def convolutions(ns, name, args, settings) -> list[list[int]]:
    """Probe: of each of torch's convolutions that run, rows and columns of what it is given, of its kernel, and its
    dilations."""
    from torch.utils._python_dispatch import TorchDispatchMode

    found = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, given=(), kwargs=None):
            if "aten.convolution" in str(function):
                found.append([*given[0].shape[2:], *given[1].shape[2:], *given[5]])
            return function(*given, **(kwargs or {}))

    with torch.no_grad(), Watch():
        getattr(ns, name)(*args, **settings)
    return found[:1000]


def assert_refused(student, reference, name, args, settings, what):
    """Hold the exception that a call is refused with to the reference's."""
    came = student.run(exception_of, name, args, settings)
    assert_equal(came, reference.run(exception_of, name, args, settings), what=f"the response to {what}")


# sliding_window_segment

# N, C, (H, W), the kernels with their maps, the patch's size; what is left of it is never square but in the last.
PATCHES = [
    pytest.param(1, 2, (3, 4), [(2, 2, 3)], (3, 5), id="one convolution"),
    pytest.param(2, 1, (4, 3), [(2, 3, 2), (3, 2, 4)], (7, 5), id="two convolutions"),
    pytest.param(1, 3, (2, 4), [(2, 3, 1)], (3, 3), id="one row left of a patch"),
    pytest.param(2, 2, (3, 2), [(2, 1, 1)], (1, 1), id="patches of one pixel"),
    pytest.param(1, 2, (3, 3), [(2, 2, 2)], (3, 3), id="square"),
]


def classifier(rng, channels, kernels, size, num_classes=3, dtype=DOUBLE):
    """Return the convolutions of a classifier of patches, and its dense layer."""
    layers, left = [], list(size)
    for maps, kh, kw in kernels:
        layers.append((randn(rng, maps, channels, kh, kw, dtype=dtype), randn(rng, maps, dtype=dtype, shift=0.5)))
        left, channels = [left[0] - kh + 1, left[1] - kw + 1], maps
    numbers = channels * left[0] * left[1]
    return layers, (randn(rng, num_classes, numbers, dtype=dtype), randn(rng, num_classes, dtype=dtype, shift=-2.0))


@exercise("sliding_window_segment")
@pytest.mark.parametrize("once", [False, True], ids=["patch by patch", "once"])
def test_a_row_of_four_pixels(student, reference, once):
    """The row 1, 2, 3, 4, no convolution, and a dense layer with the weights 1, 10, 100."""
    x, weights = torch.tensor([[[[1.0, 2, 3, 4]]]]), torch.tensor([[1.0, 10, 100]])
    args = (x, [], (weights, torch.zeros(1)), (1, 3))
    assert_close(student.sliding_window_segment(*args, once), reference.sliding_window_segment(*args, once))


@exercise("sliding_window_segment")
@pytest.mark.parametrize(("num", "channels", "side", "kernels", "size"), PATCHES)
def test_patch_by_patch(student, reference, rng, num, channels, side, kernels, size):
    """Each pixel has the scores of the patch around it."""
    x = randn(rng, num, channels, *side, dtype=DOUBLE)
    args = (x, *classifier(rng, channels, kernels, size), size)
    assert_close(student.sliding_window_segment(*args), reference.sliding_window_segment(*args), what="the scores")


@exercise("sliding_window_segment")
@pytest.mark.parametrize(("num", "channels", "side", "kernels", "size"), PATCHES)
def test_in_one_pass(student, reference, rng, num, channels, side, kernels, size):
    """The same scores from one pass over the images."""
    x = randn(rng, num, channels, *side, dtype=DOUBLE)
    args = (x, *classifier(rng, channels, kernels, size), size, True)
    assert_close(student.sliding_window_segment(*args), reference.sliding_window_segment(*args), what="the scores")


@exercise("sliding_window_segment")
@pytest.mark.parametrize("once", [False, True], ids=["patch by patch", "once"])
def test_scores_may_be_negative(student, reference, once):
    """The dense layer has no ReLU, and the convolution before it has one."""
    x = torch.tensor([[[[1.0, -2, 3]]]])
    layers = [(torch.tensor([[[[1.0]]], [[[-1.0]]]]), torch.zeros(2))]
    args = (x, layers, (torch.tensor([[-1.0, -10]]), torch.tensor([-0.5])), (1, 1), once)
    assert_close(student.sliding_window_segment(*args), reference.sliding_window_segment(*args), what="the scores")


@exercise("sliding_window_segment", costs=0.5)
def test_one_pass_cuts_no_patches(student, rng):
    """With once=True nothing is as large as all patches together."""
    x = randn(rng, 1, 2, 12, 14)
    args = (x, *classifier(rng, 2, [(2, 5, 5)], (9, 7), dtype=torch.float32), (9, 7))
    limit_intermediates(student, "sliding_window_segment", *args, largest=12_000, once=True)


@exercise("sliding_window_segment", costs=0.5)
def test_one_pass_has_no_loop_over_pixels(student, rng):
    """With once=True more images, rows or columns need no more operations."""
    network = classifier(rng, 2, [(2, 2, 3)], (3, 5), dtype=torch.float32)
    small = (randn(rng, 1, 2, 3, 4), *network, (3, 5), True)
    for shape in ((5, 2, 3, 4), (1, 2, 12, 4), (1, 2, 3, 16)):
        limit_operations(student, "sliding_window_segment", small, (randn(rng, *shape), *small[1:]))


@exercise("sliding_window_segment", costs=0.5)
def test_patches_go_through_by_themselves(student, rng):
    """With once=False the convolutions see patches, and not the image."""
    x = randn(rng, 1, 2, 6, 8)
    args = (x, *classifier(rng, 2, [(2, 3, 3)], (5, 7), dtype=torch.float32), (5, 7))
    seen = student.run(convolutions, "sliding_window_segment", args, {"once": False})
    if any(rows > 5 or columns > 7 for rows, columns, *_ in seen):
        raise RuleBroken("With once=False a convolution is given more than a patch: each patch goes through by itself.")


def segment_inputs(rng, N=2, C=3, H=4, W=5, M=2, K=4, dtype=DOUBLE):
    """Return images, a convolution of M maps, a dense layer of K classes, and the patch's size."""
    x = randn(rng, N, C, H, W, dtype=dtype)
    return x, *classifier(rng, C, [(M, 2, 3)], (3, 5), K, dtype), (3, 5)


contract(
    "sliding_window_segment",
    inputs=segment_inputs,
    settings={"once": True},
    also=[{"once": False}],
    square=dict.fromkeys("NCHWMK", 3),
    one=["N", "C", "M", "K"],
    but=dict.fromkeys(
        ("ignores_once", "has_another_default_of_once"),
        "the scores are the same; tests of their own look at the way",
    ),
)


# dilated_conv2d

# size, kernel, padding, dilation
HOLES = [
    pytest.param((4, 5), (2, 3), 0, 1, id="no holes"),
    pytest.param((8, 7), (3, 2), 0, (2, 3), id="dilation of 2 and 3"),
    pytest.param((9, 10), (3, 3), 0, 3, id="dilation of 3"),
    pytest.param((3, 4), (2, 3), (1, 2), (3, 2), id="padding of 1 and 2"),
    pytest.param((6, 5), (3, 3), 2, 2, id="the size is kept"),
    pytest.param((6, 9), (2, 3), 0, 4, id="fewer rows and columns than the dilation"),
    pytest.param((3, 4), (1, 1), 0, (2, 3), id="1 x 1 kernel"),
    pytest.param((3, 5), (1, 2), (0, 1), (5, 2), id="one row in the kernel"),
]


def kernels_for(rng, size, kernel, num=1, channels=2, maps=3, dtype=DOUBLE):
    """Return images, kernels and biases."""
    x = randn(rng, num, channels, *size, dtype=dtype, shift=0.5)
    weights = randn(rng, maps, channels, *kernel, dtype=dtype)
    return x, weights, randn(rng, maps, dtype=dtype, shift=1.0)


@exercise("dilated_conv2d")
def test_a_row_and_a_kernel_with_one_hole_each(student, reference):
    """The row 1 to 7 and the kernel (1, 2, 1) with a dilation of 2, as in the text."""
    x, weights = torch.arange(1.0, 8).reshape(1, 1, 1, 7), torch.tensor([[[[1.0, 2, 1]]]])
    came = student.dilated_conv2d(x, weights, None, 0, (1, 2))
    assert_close(came, reference.dilated_conv2d(x, weights, None, 0, (1, 2)), what="the convolution")


@exercise("dilated_conv2d")
@pytest.mark.parametrize(("size", "kernel", "padding", "dilation"), HOLES)
def test_holes_of_every_kind(student, reference, rng, size, kernel, padding, dilation):
    """Dilation and padding, each a number or a pair."""
    args = (*kernels_for(rng, size, kernel), padding, dilation)
    assert_close(student.dilated_conv2d(*args), reference.dilated_conv2d(*args), what="the convolution")


@exercise("dilated_conv2d", costs=0.5)
def test_dilated_conv2d_without_a_bias(student, reference, rng):
    """The bias may be None, or left out."""
    x, weights, _ = kernels_for(rng, (5, 6), (2, 2))
    came = student.dilated_conv2d(x, weights, dilation=3)
    assert_close(came, reference.dilated_conv2d(x, weights, dilation=3), what="the convolution")


@exercise("dilated_conv2d")
def test_images_that_are_cut_out_need_no_border(student, reference, rng):
    """Every second column of a wider image, and no padding that would copy it."""
    x, *rest = kernels_for(rng, (4, 10), (2, 2), num=2)
    x = x[..., ::2]
    came = student.dilated_conv2d(x, *rest, 0, 2)
    assert_close(came, reference.dilated_conv2d(x, *rest, 0, 2), what="the convolution")


@exercise("dilated_conv2d")
def test_torch_does_not_dilate(student, rng):
    """F.conv2d is given no dilation."""
    args = (*kernels_for(rng, (9, 8), (3, 2)), 1, (2, 3))
    seen = student.run(convolutions, "dilated_conv2d", args, {})
    if any(max(one[4:]) > 1 for one in seen):
        raise RuleBroken("torch's convolution is given a dilation: make it from ordinary ones, that is the exercise.")


@exercise("dilated_conv2d", costs=0.5)
def test_holes_cost_nothing(student, rng):
    """No kernel that is larger than the given one."""
    args = (*kernels_for(rng, (9, 8), (3, 2)), 1, (2, 3))
    seen = student.run(convolutions, "dilated_conv2d", args, {})
    if any(one[2] > 3 or one[3] > 2 for one in seen):
        raise RuleBroken("A larger kernel is convolved than the given one: zeros are multiplied in its holes.")


def dilated_inputs(rng, N=2, C=3, M=4, H=6, W=7, KH=3, KW=2, dtype=DOUBLE):
    """Return images, kernels and biases by their sizes."""
    return kernels_for(rng, (H, W), (KH, KW), N, C, M, dtype)


contract(
    "dilated_conv2d",
    inputs=dilated_inputs,
    settings={"padding": (1, 2), "dilation": (2, 3)},
    also=[{"padding": 0}],
    square={"N": 2, "C": 2, "M": 2, "H": 5, "W": 5, "KH": 2, "KW": 2},
    one=["N", "C", "M"],
    all_at_once="NCMHW",
    forbids_operations=["im2col"],
    instead="make it from ordinary convolutions",
)


# hdc_max_distance


def assert_distances(student, reference, rates, *kernel):
    """Compare the rule and the truth, each by its name."""
    came, expected = (side.hdc_max_distance(list(rates), *kernel) for side in (student, reference))
    assert_parts(came, expected, "distances", "largest")


@exercise("hdc_max_distance")
@pytest.mark.parametrize("rates", [(1, 2, 5), (1, 2, 9)], ids=str)
def test_rates_of_the_text(student, reference, rates):
    """The rates that the text works by hand."""
    assert_distances(student, reference, rates)


@exercise("hdc_max_distance")
@pytest.mark.parametrize("rates", [(1, 4, 2), (3, 1, 7), (1, 2, 3, 1, 2, 11), (2, 5, 4), (4, 3)], ids=str)
def test_rates_of_every_order(student, reference, rates):
    """Rates that don't grow from layer to layer."""
    assert_distances(student, reference, rates)


@exercise("hdc_max_distance")
@pytest.mark.parametrize("rates", [(1,), (4,)], ids=str)
def test_a_single_layer(student, reference, rates):
    """One layer: its rate is both."""
    assert_distances(student, reference, rates)


@exercise("hdc_max_distance")
@pytest.mark.parametrize("rates", [(1, 3, 2), (5, 2, 1), (3, 2, 1), (1, 5, 2, 3)], ids=str)
def test_rates_where_the_rule_is_too_careful(student, reference, rates):
    """The rule fears a gap where there is none."""
    assert_distances(student, reference, rates)


@exercise("hdc_max_distance")
@pytest.mark.parametrize("rates", [(2, 2, 2), (2, 4, 8), (2, 3), (3, 3, 6), (1, 9, 10), (4, 1)], ids=str)
def test_rates_that_leave_gaps(student, reference, rates):
    """With a common divisor, and without one."""
    assert_distances(student, reference, rates)


@exercise("hdc_max_distance")
@pytest.mark.parametrize("rates", [(1, 1, 5)], ids=str)
def test_layers_with_the_same_rate(student, reference, rates):
    """Each layer widens what is seen, also one with the rate of another."""
    assert_distances(student, reference, rates)


@exercise("hdc_max_distance")
@pytest.mark.parametrize(
    ("rates", "kernel_size"),
    [((1, 4), 5), ((1, 2, 7), 2), ((2, 5, 13), 4), ((1, 2, 9), 4), ((1, 8), 7), ((5, 3), 2)],
    ids=str,
)
def test_kernels_of_other_sizes(student, reference, rates, kernel_size):
    """The truth follows the kernel's size, the rule doesn't."""
    assert_distances(student, reference, rates, kernel_size)


contract(
    "hdc_max_distance",
    inputs=lambda rng: ([1, 2, 9],),
    settings={"kernel_size": 4},
    compare=lambda came, expected: assert_parts(came, expected, "distances", "largest"),
    strides=False,
    device=False,
)


# max_unpool2d

# size, kernel, stride, padding, whether the size has to be told
POOLINGS = [
    pytest.param((4, 6), (2, 3), None, 0, False, id="windows side by side"),
    pytest.param((5, 7), 2, None, 0, True, id="a row and a column left over"),
    pytest.param((5, 7), 3, 2, 0, False, id="windows that overlap"),
    pytest.param((8, 5), (2, 1), (3, 2), 0, False, id="gaps between the windows"),
    pytest.param((6, 5), (2, 3), 2, 1, True, id="padding of 1"),
    pytest.param((7, 9), (4, 3), (3, 2), (2, 0), True, id="everything at once"),
    pytest.param((4, 4), 2, 2, 0, False, id="square"),
]


def pooled(rng, size, kernel, stride, padding, num=1, channels=2):
    """Return numbers made from the winners of a pooling, half of them negative, and their places."""
    x = rand(rng, num, channels, *size, dtype=DOUBLE)
    largest, places = F.max_pool2d(x, kernel, stride, padding, return_indices=True)
    return 3 * (largest - largest.mean()) - 0.01, places


@exercise("max_unpool2d")
def test_two_windows_of_the_text(student, reference):
    """50 and 70 at the places 1 and 6 of two rows of four."""
    x, places = torch.tensor([[[[50.0, 70]]]]), torch.tensor([[[[1, 6]]]])
    came = student.max_unpool2d(x, places, 2)
    assert_close(came, reference.max_unpool2d(x, places, 2), what="the image")


@exercise("max_unpool2d")
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "is_told"), POOLINGS)
def test_poolings_of_every_kind(student, reference, rng, size, kernel, stride, padding, is_told):
    """Each number at its place, in an image of the right size."""
    args = (*pooled(rng, size, kernel, stride, padding), kernel, stride, padding, *([size] if is_told else []))
    assert_close(student.max_unpool2d(*args), reference.max_unpool2d(*args), what="the image")


@exercise("max_unpool2d")
def test_each_image_and_channel_by_itself(student, reference, rng):
    """Two images of three channels, every place counted from 0 on in each channel."""
    args = (*pooled(rng, (4, 4), 2, 2, 0, 2, 3), 2)
    assert_close(student.max_unpool2d(*args), reference.max_unpool2d(*args), what="the images")


@exercise("max_unpool2d")
@pytest.mark.parametrize("value", [3.0, -3.0])
def test_a_winner_of_four_windows(student, reference, value):
    """Four windows of 2 x 2 share one winner in the middle of 3 x 3."""
    x, places = torch.full((1, 1, 2, 2), value), torch.full((1, 1, 2, 2), 4)
    came = student.max_unpool2d(x, places, 2, 1)
    assert_close(came, reference.max_unpool2d(x, places, 2, 1), what="the image")


# h, w, kernel, stride, padding, output_size
RIGHT_SIZES = [
    (2, 3, 2, 3, 0, (5, 8)),
    (2, 3, 2, 3, 0, (7, 10)),
    (2, 3, 2, 3, 0, (5, 10)),
    (2, 2, 3, (2, 4), (1, 0), (4, 10)),
]
WRONG_SIZES = [
    (2, 3, 2, 3, 0, (8, 8)),
    (2, 3, 2, 3, 0, (8, 11)),
    (2, 3, 2, 3, 0, (5, 11)),
    (2, 3, 2, 3, 0, (4, 8)),
    (2, 3, 2, 3, 0, (5, 7)),
    (2, 3, (3, 2), None, 0, (9, 6)),
    (2, 2, 3, (2, 4), (1, 0), (4, 11)),
    (2, 2, 3, (2, 4), (1, 0), (5, 10)),
]


def few_places(rows, columns):
    """Return the numbers 1, 2, … at the first places."""
    count = torch.arange(rows * columns).reshape(1, 1, rows, columns)
    return count + 1.0, count


@exercise("max_unpool2d", costs=0.5)
@pytest.mark.parametrize(("rows", "columns", "kernel", "stride", "padding", "size"), RIGHT_SIZES, ids=str)
def test_a_size_that_fits_is_taken(student, reference, rows, columns, kernel, stride, padding, size):
    """All sizes that the pooled image can have had."""
    args = (*few_places(rows, columns), kernel, stride, padding, size)
    assert_close(student.max_unpool2d(*args), reference.max_unpool2d(*args), what="the image")


@exercise("max_unpool2d", costs=0.5)
@pytest.mark.parametrize(("rows", "columns", "kernel", "stride", "padding", "size"), WRONG_SIZES, ids=str)
def test_a_size_that_does_not_fit_is_refused(student, reference, rows, columns, kernel, stride, padding, size):
    """A size from which the pooling gives other numbers of rows or columns raises a ValueError."""
    args = (*few_places(rows, columns), kernel, stride, padding, size)
    assert_refused(student, reference, "max_unpool2d", args, {}, f"output_size={size}")


def unpool_inputs(rng, N=2, C=3, H=3, W=4, dtype=DOUBLE):
    """Return numbers, places that are small enough for every setting, and a kernel."""
    ranks = rand(rng, N, C, H * W, dtype=DOUBLE).argsort(dim=2)
    return randn(rng, N, C, H, W, dtype=dtype), ranks.reshape(N, C, H, W), (4, 3)


contract(
    "max_unpool2d",
    inputs=unpool_inputs,
    settings={"stride": (3, 4), "padding": (1, 0)},
    also=[{"stride": None}],
    square=dict.fromkeys("NCHW", 3),
    one=["N", "C", "H", "W"],
    all_at_once="NCHW",
    forbids_operations=["unpool"],
    instead="put the numbers at their places yourself",
)


# convolution_matrix

# maps, channels, kernel, size, stride, padding
MATRICES = [
    pytest.param(1, 1, (2, 3), (3, 5), 1, 0, id="one kernel"),
    pytest.param(1, 1, (3, 2), (5, 6), (2, 3), 0, id="steps of 2 and 3"),
    pytest.param(1, 1, (2, 3), (3, 2), 1, (1, 2), id="padding of 1 and 2"),
    pytest.param(2, 1, (2, 2), (2, 3), 1, 0, id="two kernels"),
    pytest.param(1, 3, (1, 2), (2, 3), 1, 0, id="three channels"),
    pytest.param(2, 3, (2, 3), (4, 3), (2, 1), (0, 1), id="everything at once"),
    pytest.param(1, 2, (1, 1), (2, 3), 1, 1, id="windows on the border alone"),
    pytest.param(2, 2, (2, 2), (3, 3), 1, 0, id="square"),
]


@exercise("convolution_matrix")
def test_two_windows_on_a_row_of_four(student, reference):
    """The kernel (1, 2, 3) on four pixels, with a stride of 2 and a padding of 1, as in the text."""
    args = (torch.tensor([[[[1.0, 2, 3]]]]), (1, 4), (1, 2), (0, 1))
    assert_close(student.convolution_matrix(*args), reference.convolution_matrix(*args), what="the matrix")


@exercise("convolution_matrix")
@pytest.mark.parametrize(("maps", "channels", "kernel", "size", "stride", "padding"), MATRICES)
def test_matrices_of_every_kind(student, reference, rng, maps, channels, kernel, size, stride, padding):
    """A row for each number of the output, a column for each pixel."""
    args = (randn(rng, maps, channels, *kernel, shift=2.0), size, stride, padding)
    assert_close(student.convolution_matrix(*args), reference.convolution_matrix(*args), what="the matrix")


contract(
    "convolution_matrix",
    inputs=lambda rng, M=2, C=3, H=4, W=3, KH=3, KW=2, dtype=DOUBLE: (randn(rng, M, C, KH, KW, dtype=dtype), (H, W)),
    settings={"stride": (2, 1), "padding": (1, 0)},
    square=dict.fromkeys(("M", "C", "H", "W", "KH", "KW"), 2),
    one=["M", "C", "KH", "KW"],
    forbids_operations=["conv", "im2col"],
    instead="write the kernel into the matrix yourself",
)


# conv_transpose2d

# size, kernel, stride, padding, output_padding, groups
STAMPS = [
    pytest.param((2, 3), (3, 2), 1, 0, 0, 1, id="3 x 2 kernel"),
    pytest.param((3, 2), (3, 2), (2, 1), 0, 0, 1, id="steps of 2 and 1"),
    pytest.param((2, 3), (2, 1), (3, 2), 0, 0, 1, id="gaps between the stamps"),
    pytest.param((3, 4), (3, 4), 2, (1, 2), 0, 1, id="padding of 1 and 2"),
    pytest.param((2, 3), (3, 3), (2, 3), 1, (1, 2), 1, id="output padding in what was cut off"),
    pytest.param((2, 3), (3, 2), (3, 2), 0, (2, 1), 1, id="output padding beyond the stamps"),
    pytest.param((2, 2), (2, 2), 4, 1, 3, 1, id="output padding of both kinds"),
    pytest.param((2, 3), (2, 3), 1, 0, 0, 2, id="2 groups"),
    pytest.param((3, 2), (2, 3), (1, 2), 0, 0, 4, id="depthwise, 2 maps a channel"),
    pytest.param((1, 1), (2, 3), 2, 0, 0, 1, id="a single number"),
    pytest.param((2, 4), (1, 1), 1, 0, 0, 1, id="1 x 1 kernel"),
    pytest.param((3, 2), (4, 3), (3, 2), (2, 1), (1, 0), 2, id="everything at once"),
]


def stamped(rng, size, kernel, groups=1, num=1, dtype=DOUBLE):
    """Return maps of 4 channels, kernels for 6 maps (or 8 for 4 groups), and biases."""
    maps = 8 if groups == 4 else 6
    x = randn(rng, num, 4, *size, dtype=dtype, shift=0.5)
    weights = randn(rng, 4, maps // groups, *kernel, dtype=dtype)
    return x, weights, randn(rng, maps, dtype=dtype, shift=1.0)


@exercise("conv_transpose2d")
@pytest.mark.parametrize(
    ("padding", "more"), [(0, 0), (1, 0), (1, 1), (0, 1)], ids=["whole", "cut", "cut less", "longer"]
)
def test_two_stamps_in_a_row(student, reference, padding, more):
    """1 and 10 with the kernel (1, 2, 3) and a stride of 2, as in the text."""
    args = (torch.tensor([[[[1.0, 10]]]]), torch.tensor([[[[1.0, 2, 3]]]]), None, (1, 2), (0, padding), (0, more))
    assert_close(student.conv_transpose2d(*args), reference.conv_transpose2d(*args), what="the maps")


@exercise("conv_transpose2d")
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "more", "groups"), STAMPS)
def test_stamps_of_every_kind(student, reference, rng, size, kernel, stride, padding, more, groups):
    """Stride, padding, output padding and groups, alone and together."""
    args = (*stamped(rng, size, kernel, groups), stride, padding, more, groups)
    assert_close(student.conv_transpose2d(*args), reference.conv_transpose2d(*args), what="the maps")


@exercise("conv_transpose2d", costs=0.5)
def test_conv_transpose2d_without_a_bias(student, reference, rng):
    """The bias may be None, or left out."""
    x, weights, _ = stamped(rng, (2, 3), (3, 2))
    came = student.conv_transpose2d(x, weights, stride=2)
    assert_close(came, reference.conv_transpose2d(x, weights, stride=2), what="the maps")


@exercise("conv_transpose2d")
def test_as_many_channels_in_as_out(student, reference, rng):
    """The weights' first dimension is what comes in, also where both are equal."""
    x, weights = randn(rng, 1, 3, 2, 3, dtype=DOUBLE), randn(rng, 3, 3, 2, 2, dtype=DOUBLE)
    assert_close(student.conv_transpose2d(x, weights), reference.conv_transpose2d(x, weights), what="the maps")


@exercise("conv_transpose2d", costs=0.5)
@pytest.mark.parametrize(
    ("stride", "more"),
    [(1, 1), (2, 2), (2, 3), ((2, 1), (0, 1)), ((1, 2), (1, 0)), ((2, 3), 2), ((2, 3), (3, 0))],
    ids=str,
)
def test_an_output_padding_of_a_stride_is_refused(student, reference, rng, stride, more):
    """An output padding that is not less than the stride of its direction raises a ValueError."""
    args = stamped(rng, (2, 3), (3, 3))
    settings = {"stride": stride, "output_padding": more}
    assert_refused(student, reference, "conv_transpose2d", args, settings, f"output_padding={more}, stride={stride}")


def run_stamps(ns, x, weights, bias, **settings):
    """Probe: conv_transpose2d, with as many biases as maps go out; without a stride there is no output padding."""
    if "stride" not in settings:
        settings.pop("output_padding", None)
    maps = weights.shape[1] * settings.get("groups", 1)
    # A slice only where it has to be one: what is done in place to the bias itself is seen.
    return ns.conv_transpose2d(x, weights, bias if len(bias) == maps else bias[:maps], **settings)


def two_groups(rng, N=2, C=3, M=2, H=2, W=3, KH=3, KW=2, dtype=DOUBLE):
    """Return maps of 2 C channels, kernels for 2 M maps in two groups, and biases."""
    x = randn(rng, N, 2 * C, H, W, dtype=dtype)
    return x, randn(rng, 2 * C, M, KH, KW, dtype=dtype), randn(rng, 2 * M, dtype=dtype, shift=1.0)


contract(
    "conv_transpose2d",
    use=run_stamps,
    inputs=two_groups,
    settings={"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2), "groups": 2},
    also=[{"padding": 0}],
    square={"N": 2, "C": 1, "M": 1, "H": 2, "W": 2, "KH": 2, "KW": 2},
    one=["N", "C", "M", "H", "W"],
    all_at_once="NCMHW",
    forbids_operations=["conv", "col2im"],
    instead="add the stamps up yourself",
)
