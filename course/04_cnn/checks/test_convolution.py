"""Checks of convolution: its sizes, borders, two ways forward, the way back, and what it costs."""

import pytest
import torch
import torch.nn.functional as F

from autograder.authoring import assert_close, assert_equal, contract, exercise, integers, randn
from coursekit.gradients import assert_gradients, named

DOUBLE = torch.float64
YOURS = "the sums of products, written by yourself"


def exception_of(ns, name, args, settings) -> str:
    """Probe: which exception a call is refused with."""
    try:
        getattr(ns, name)(*args, **settings)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


def answer_of(ns, name, args, settings):
    """Probe: what a call returns, or which exception it is refused with."""
    try:
        return getattr(ns, name)(*args, **settings)
    except Exception as problem:
        return type(problem).__name__


def assert_refused(student, reference, name, args, settings, what):
    """Hold the exception that a call is refused with to the reference's."""
    came = student.run(exception_of, name, args, settings)
    assert_equal(came, reference.run(exception_of, name, args, settings), what=f"the response to {what}")


# conv2d_output_size


@exercise("conv2d_output_size")
@pytest.mark.parametrize(
    ("size", "kernel_size"),
    [((7, 9), 3), ((6, 12), (5, 2)), ((4, 4), 1), ((224, 160), (11, 7))],
    ids=str,
)
def test_a_kernel_that_goes_pixel_by_pixel(student, reference, size, kernel_size):
    """With no padding, and a step of one pixel, for a kernel of one number and of two."""
    came = student.conv2d_output_size(size, kernel_size)
    assert_equal(came, reference.conv2d_output_size(size, kernel_size), what="(height, width)")


@exercise("conv2d_output_size")
@pytest.mark.parametrize("length", [8, 9])
def test_steps_that_do_not_come_out_even(student, reference, length):
    """What is left over at the far edge, and is too short for another window, is dropped."""
    args = ((length, 2 * length), 3, (2, 5))
    assert_equal(student.conv2d_output_size(*args), reference.conv2d_output_size(*args), what="(height, width)")


@exercise("conv2d_output_size")
@pytest.mark.parametrize(
    ("size", "settings"),
    [
        ((10, 17), {"padding": 2}),
        ((10, 17), {"padding": (0, 3), "stride": (3, 2)}),
        ((13, 17), {"dilation": 3}),
        ((13, 17), {"dilation": (1, 4), "stride": 2}),
        ((224, 227), {"padding": 2, "stride": 4}),
        ((14, 14), {"padding": (2, 1), "stride": (4, 3), "dilation": (2, 5)}),
    ],
    ids=str,
)
def test_one_number_or_a_pair_for_each_setting(student, reference, size, settings):
    """Padding, stride and dilation, each one number for both directions or a pair."""
    came = student.conv2d_output_size(size, (4, 3), **settings)
    assert_equal(came, reference.conv2d_output_size(size, (4, 3), **settings), what="(height, width)")


@exercise("conv2d_output_size", costs=0.5)
@pytest.mark.parametrize(
    ("size", "kernel_size", "settings"),
    [
        ((3, 9), (4, 2), {}),
        ((9, 3), (2, 4), {}),
        ((3, 3), (6, 1), {"padding": (1, 0), "stride": 3}),
        ((7, 6), 3, {"dilation": (3, 4)}),
        ((3, 4), 5, {"stride": 3}),
    ],
    ids=str,
)
def test_a_kernel_that_does_not_fit_is_refused(student, reference, size, kernel_size, settings):
    """A kernel that is larger than the padded image in either direction raises a ValueError."""
    assert_refused(
        student, reference, "conv2d_output_size", (size, kernel_size), settings, "a kernel that is too large"
    )


@exercise("conv2d_output_size", costs=0.5)
@pytest.mark.parametrize("settings", [{}, {"padding": (1, 0)}, {"dilation": (1, 3)}, {"stride": 4}], ids=str)
def test_a_kernel_that_just_fits_has_one_place(student, reference, settings):
    """A kernel that spans the padded image exactly is laid on once."""
    size = (3 - 2 * settings.get("padding", (0, 0))[0], 2 * settings.get("dilation", (1, 1))[1] + 1)
    came, expected = (side.run(answer_of, "conv2d_output_size", (size, 3), settings) for side in (student, reference))
    assert_equal(came, expected, what="(height, width)")


contract(
    "conv2d_output_size",
    inputs=lambda rng, H=11, W=17, KH=3, KW=2: ((H, W), (KH, KW)),
    settings={"stride": (2, 3), "padding": (1, 2), "dilation": (2, 3)},
    square={"H": 9, "W": 9, "KH": 3, "KW": 3},
    one=["KH", "KW"],
    pure=False,
    strides=False,
    device=False,
)


# pad2d

# Narrow ones: what is too wide for a mirror has tests of its own.
BORDERS = [(1, 2, 3, 0), (0, 3, 1, 2), (2, 0, 0, 1), (0, 0, 0, 0)]


def assert_padded(student, reference, x, padding, mode="constant", value=0.0):
    """Hold the image with its border, or the exception, to the reference's."""
    settings = {"mode": mode, "value": value}
    came, expected = (side.run(answer_of, "pad2d", (x, padding), settings) for side in (student, reference))
    assert_close(came, expected, what="the image with its border")


@exercise("pad2d")
@pytest.mark.parametrize("padding", BORDERS, ids=str)
def test_a_border_of_a_constant(student, reference, rng, padding):
    """Each side gets its own number of pixels: left, right, top, bottom."""
    x = randn(rng, 1, 2, 5, 4, dtype=DOUBLE, shift=3.0)
    assert_close(student.pad2d(x, padding), reference.pad2d(x, padding), what="the image with its border")


@exercise("pad2d")
@pytest.mark.parametrize("padding", BORDERS, ids=str)
def test_a_border_as_a_mirror_shows_it(student, reference, rng, padding):
    """The image goes on backwards at each side, and its outermost pixels stand there once."""
    x = randn(rng, 1, 2, 6, 5, dtype=DOUBLE)
    came = student.pad2d(x, padding, mode="reflect")
    assert_close(came, reference.pad2d(x, padding, mode="reflect"), what="the image with its border")


@exercise("pad2d")
def test_a_row_of_four_numbers_in_the_mirror(student, reference):
    """One image of the row 1, 2, 3, 4: two pixels more at the left, three at the right."""
    x = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    assert_padded(student, reference, x, (2, 3, 0, 0), "reflect")


@exercise("pad2d", costs=0.5)
@pytest.mark.parametrize("padding", [(4, 0, 0, 0), (0, 4, 0, 0), (0, 0, 5, 0), (0, 0, 0, 5)], ids=str)
def test_a_mirror_that_is_too_wide_is_refused(student, reference, rng, padding):
    """As many pixels as the image has in that direction, or more, raise a ValueError in the mode "reflect"."""
    args = (randn(rng, 1, 2, 5, 4), padding)
    assert_refused(student, reference, "pad2d", args, {"mode": "reflect"}, f"a mirror of {padding} at 5 x 4 pixels")


@exercise("pad2d", costs=0.5)
@pytest.mark.parametrize("mode", ["mirror", "replicate", ""])
def test_another_mode_is_refused(student, reference, rng, mode):
    """A mode that there is not raises a ValueError."""
    args = (randn(rng, 1, 2, 5, 4), (1, 1, 1, 1))
    assert_refused(student, reference, "pad2d", args, {"mode": mode}, f"the mode {mode!r}")


@exercise("pad2d", costs=0.5)
@pytest.mark.parametrize("padding", [(5, 0, 0, 0), (0, 6, 0, 0), (0, 0, 7, 0), (0, 0, 0, 8)], ids=str)
def test_a_constant_border_may_be_wider_than_the_image(student, reference, rng, padding):
    """Only the mirror has a limit: a constant border may be as wide as you like."""
    assert_padded(student, reference, randn(rng, 1, 1, 3, 2), padding)


@exercise("pad2d", costs=0.5)
def test_a_constant_border_of_minus_infinity(student, reference, rng):
    """The border may be infinite, and the pixels stay what they are."""
    x = randn(rng, 1, 2, 2, 3)
    came = student.pad2d(x, (1, 0, 2, 1), "constant", float("-inf"))
    assert_close(came, reference.pad2d(x, (1, 0, 2, 1), "constant", float("-inf")), what="the image with its border")


@exercise("pad2d", costs=0.5)
@pytest.mark.parametrize("padding", [(3, 3, 0, 0), (0, 0, 2, 2), (3, 0, 2, 2), (2, 2, 0, 0), (1, 0, 2, 2)], ids=str)
def test_a_mirror_at_an_image_that_is_short_the_other_way(student, reference, rng, padding):
    """How wide the mirror may be is asked of its own direction alone."""
    x = randn(rng, 2, 1, 3, 4) if padding[0] else randn(rng, 2, 1, 3, 1)
    assert_padded(student, reference, x, padding, "reflect")


contract(
    "pad2d",
    inputs=lambda rng, N=2, C=2, H=3, W=4, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype), (1, 2, 2, 0)),
    settings={"value": 0.7},
    also=[{"mode": "reflect"}],
    square=dict.fromkeys("NCHW", 3),
    one="N",
    all_at_once="NCHW",
    forbids_operations=["pad"],
    instead="write the border yourself, with a new tensor or with positions",
)


# conv2d_naive

# size, kernel, stride, padding; a last column or row that no window reaches in the second and the third.
NAIVE = [
    pytest.param((5, 4), (2, 3), 1, 0, id="2 x 3 kernel"),
    pytest.param((6, 5), (3, 2), (2, 3), 0, id="steps of 2 and 3"),
    pytest.param((4, 6), (2, 3), (3, 1), (1, 2), id="padding of 1 and 2"),
    pytest.param((4, 5), (1, 1), 2, 0, id="1 x 1 kernel"),
    pytest.param((4, 3), (4, 3), 1, 0, id="kernel as large as the image"),
    pytest.param((3, 3), (3, 3), 2, 1, id="square"),
]


def layer(rng, size, kernel, num=2, in_channels=3, out_channels=4, dtype=DOUBLE):
    """Return images, kernels and biases."""
    x = randn(rng, num, in_channels, *size, dtype=dtype, shift=0.5)
    weights = randn(rng, out_channels, in_channels, *kernel, dtype=dtype)
    return x, weights, randn(rng, out_channels, dtype=dtype, shift=1.0)


@exercise("conv2d_naive")
@pytest.mark.parametrize("padding", [0, 1], ids=["no padding", "padding of 1"])
def test_one_kernel_on_one_small_image(student, reference, padding):
    """The image of the text, three rows of four numbers, and its kernel of two by two."""
    x = torch.tensor([[[[1.0, 2, 0, 1], [3, 1, 4, 0], [0, 2, 1, 5]]]])
    weights = torch.tensor([[[[1.0, 0], [-1, 2]]]])
    came = student.conv2d_naive(x, weights, None, 1, padding)
    assert_close(came, reference.conv2d_naive(x, weights, None, 1, padding), what="the convolution")


@exercise("conv2d_naive")
@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), NAIVE)
def test_windows_of_every_shape(student, reference, rng, size, kernel, stride, padding):
    """Each window times each kernel, summed over its channels, rows and columns, plus the bias."""
    args = (*layer(rng, size, kernel, num=1), stride, padding)
    assert_close(student.conv2d_naive(*args), reference.conv2d_naive(*args), what="the convolution")


@exercise("conv2d_naive", costs=0.5)
def test_without_a_bias_nothing_is_added(student, reference, rng):
    """The bias may be None, or left out."""
    x, weights, _ = layer(rng, (4, 5), (3, 2))
    assert_close(student.conv2d_naive(x, weights), reference.conv2d_naive(x, weights), what="the convolution")


def naive_inputs(rng, N=2, C=4, M=3, H=4, W=5, KH=3, KW=2, dtype=DOUBLE):
    """Return images, kernels and biases by their sizes."""
    return layer(rng, (H, W), (KH, KW), N, C, M, dtype)


contract(
    "conv2d_naive",
    inputs=naive_inputs,
    settings={"stride": (2, 1), "padding": (1, 0)},
    also=[{"padding": 0}],
    square=dict.fromkeys(("N", "C", "M", "H", "W", "KH", "KW"), 3),
    one=["N", "C", "M"],
    forbids_operations=["conv", "im2col"],
    instead=YOURS,
)


# conv2d

# size, kernel, stride, padding, dilation, groups
LAYERS = [
    pytest.param((4, 6), (2, 3), 1, 0, 1, 1, id="2 x 3 kernel"),
    pytest.param((8, 7), (3, 2), (2, 3), 0, 1, 1, id="steps of 2 and 3"),
    pytest.param((3, 4), (2, 3), 1, (1, 2), 1, 1, id="padding of 1 and 2"),
    pytest.param((8, 6), (3, 2), 1, 0, (2, 3), 1, id="dilation of 2 and 3"),
    pytest.param((6, 5), (3, 3), 2, 1, 2, 1, id="one number for both directions"),
    pytest.param((5, 4), (2, 3), 1, 0, 1, 2, id="2 groups"),
    pytest.param((5, 4), (2, 3), (1, 2), (1, 0), 1, 4, id="depthwise, 2 kernels a channel"),
    pytest.param((2, 3), (1, 1), 1, 0, 1, 1, id="1 x 1 kernel"),
    pytest.param((4, 3), (4, 3), 1, 0, 1, 1, id="kernel as large as the image"),
    pytest.param((5, 8), (3, 3), (3, 2), (2, 1), (1, 3), 2, id="everything at once"),
]


def grouped(rng, size, kernel, groups, num=1, dtype=DOUBLE):
    """Return images of 4 channels, 6 kernels (or 8 for 4 groups) that see 4 / groups of them, and biases."""
    out_channels = 8 if groups == 4 else 6
    x = randn(rng, num, 4, *size, dtype=dtype, shift=0.5)
    weights = randn(rng, out_channels, 4 // groups, *kernel, dtype=dtype)
    return x, weights, randn(rng, out_channels, dtype=dtype, shift=1.0)


@exercise("conv2d")
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation", "groups"), LAYERS)
def test_layers_of_every_kind(student, reference, rng, size, kernel, stride, padding, dilation, groups):
    """Stride, padding, dilation and groups, alone and together."""
    args = (*grouped(rng, size, kernel, groups), stride, padding, dilation, groups)
    assert_close(student.conv2d(*args), reference.conv2d(*args), what="the convolution")


@exercise("conv2d")
def test_a_group_hears_nothing_of_the_other(student, reference, rng):
    """Where the second half of the channels is 0, only the first half of the kernels answers."""
    x, weights, _ = grouped(rng, (3, 4), (2, 2), 2)
    x[:, 2:] = 0
    came = student.conv2d(x, weights, groups=2)
    assert_close(came, reference.conv2d(x, weights, groups=2), what="the convolution")


@exercise("conv2d", costs=0.5)
def test_conv2d_without_a_bias_adds_nothing(student, reference, rng):
    """The bias may be None, or left out."""
    x, weights, _ = grouped(rng, (4, 5), (3, 2), 1)
    assert_close(student.conv2d(x, weights), reference.conv2d(x, weights), what="the convolution")


@exercise("conv2d")
def test_each_kernel_has_its_own_bias(student, reference, rng):
    """As many kernels as columns: the bias belongs to the kernels."""
    x, weights, bias = grouped(rng, (3, 7), (3, 2), 1)
    assert_close(student.conv2d(x, weights, bias), reference.conv2d(x, weights, bias), what="the convolution")


def run_turned(ns, x, weights):
    """Probe: conv2d on images that lie in memory column by column."""
    return ns.conv2d(x.transpose(2, 3), weights)


@exercise("conv2d", costs=0.5)
def test_images_without_a_border_may_lie_in_memory_in_any_way(student, reference, rng):
    """An image that was transposed, and gets no border, is convolved like any other."""
    x, weights, _ = grouped(rng, (5, 4), (2, 3), 1)
    came, expected = (side.run(run_turned, x, weights) for side in (student, reference))
    assert_close(came, expected, what="the convolution")


def run_conv2d(ns, x, weights, bias, **settings):
    """Probe: conv2d, with as many channels of x as the kernels see in all their groups."""
    channels = weights.shape[1] * settings.get("groups", 1)
    return ns.conv2d(x if x.shape[1] == channels else x[:, :channels], weights, bias, **settings)


def two_groups(rng, N=2, C=3, M=2, H=4, W=4, KH=3, KW=2, dtype=DOUBLE):
    """Return images of 2 C channels, 2 M kernels for them in two groups, and biases."""
    x = randn(rng, N, 2 * C, H, W, dtype=dtype)
    return x, randn(rng, 2 * M, C, KH, KW, dtype=dtype), randn(rng, 2 * M, dtype=dtype, shift=1.0)


contract(
    "conv2d",
    use=run_conv2d,
    inputs=two_groups,
    settings={"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2},
    also=[{"padding": 0}],
    square={"N": 2, "C": 1, "M": 1, "H": 2, "W": 2, "KH": 2, "KW": 2},
    one=["N", "C", "M"],
    all_at_once="NCMHW",
    forbids_operations=["conv", "im2col"],
    instead=YOURS,
)


# conv2d_backward

# size, kernel, stride, padding, dilation; pixels that no window reaches in the second, the fourth and the last.
BACK = [
    pytest.param((4, 5), (2, 3), 1, 0, 1, id="2 x 3 kernel"),
    pytest.param((6, 7), (3, 2), (2, 3), 0, 1, id="steps of 2 and 3"),
    pytest.param((4, 5), (2, 3), 1, (1, 2), 1, id="padding of 1 and 2"),
    pytest.param((6, 6), (3, 2), (2, 1), 0, (2, 3), id="dilation of 2 and 3"),
    pytest.param((3, 4), (1, 1), 1, 0, 1, id="1 x 1 kernel"),
    pytest.param((2, 3), (2, 3), 1, 0, 1, id="kernel as large as the image"),
    pytest.param((4, 4), (1, 2), 3, 0, 1, id="pixels between the windows"),
    pytest.param((5, 6), (3, 2), (3, 2), (2, 1), (1, 2), id="everything at once"),
]


def assert_conv_gradients(actual, expected, **tolerances):
    """Compare the gradients of x, weights and bias, each by its name."""
    names = ("x", "weights", "bias")
    sizes = {"N": len(expected[0]), "C": expected[0].shape[1], "M": len(expected[2])}
    assert_gradients(named(actual, *names), dict(zip(names, expected, strict=True)), **sizes)


def run_backward(ns, grad_out, x, weights, bias, **settings):
    """Probe: conv2d_backward, with as much of a large grad_out as there are windows."""
    around = [settings.get(name, default) for name, default in (("stride", 1), ("padding", 0), ("dilation", 1))]
    height, width = F.max_pool2d(x.detach(), tuple(weights.shape[2:]), *around).shape[2:]
    return ns.conv2d_backward(grad_out[:, :, :height, :width], (x, weights, bias), **settings)


def backward_inputs(rng, N=2, C=2, M=3, H=4, W=7, KH=2, KW=4, dtype=DOUBLE):
    """Return a gradient that is large enough, images, kernels and biases."""
    grad_out = randn(rng, N, M, H + 4, W + 4, dtype=dtype, shift=0.5)
    return grad_out, *layer(rng, (H, W), (KH, KW), N, C, M, dtype)


@exercise("conv2d_backward")
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation"), BACK)
def test_the_three_gradients_of_every_layer(student, reference, rng, size, kernel, stride, padding, dilation):
    """The gradients of x, weights and bias, with stride, padding and dilation, alone and together."""
    layers = layer(rng, size, kernel, num=1, in_channels=2, out_channels=3)
    inputs = (randn(rng, 1, 3, 9, 9, dtype=DOUBLE, shift=0.5), *layers)
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    # A pooling window may not reach further over the edge than half its own width, which a kernel may.
    height, width = reference.conv2d_output_size(size, kernel, **settings)
    grad_out, cache = inputs[0][:, :, :height, :width], inputs[1:]
    came = student.conv2d_backward(grad_out, cache, **settings)
    assert_conv_gradients(came, reference.conv2d_backward(grad_out, cache, **settings))


@exercise("conv2d_backward")
def test_one_pixel_of_the_output_sends_the_kernel_back(student, reference):
    """A gradient at a single place reaches just the window that was there."""
    x = torch.arange(12, dtype=DOUBLE).reshape(1, 1, 3, 4)
    weights = torch.tensor([[[[1.0, 0], [-1, 2]]]], dtype=DOUBLE)
    grad_out = torch.zeros(1, 1, 2, 3, dtype=DOUBLE)
    grad_out[0, 0, 1, 2] = 10
    cache = (x, weights, torch.ones(1, dtype=DOUBLE))
    came = student.conv2d_backward(grad_out, cache)
    assert_conv_gradients(came, reference.conv2d_backward(grad_out, cache))


@exercise("conv2d_backward")
def test_the_gradients_of_a_batch_add_up(student, reference, rng):
    """The same images twice give twice the gradients of weights and bias: a sum, no mean."""
    x, weights, bias = layer(rng, (4, 5), (3, 2), num=1, in_channels=2, out_channels=3)
    grad_out = randn(rng, 1, 3, 2, 4, dtype=DOUBLE)
    args = torch.cat([grad_out, grad_out]), (torch.cat([x, x]), weights, bias)
    assert_conv_gradients(student.conv2d_backward(*args), reference.conv2d_backward(*args))


contract(
    "conv2d_backward",
    use=run_backward,
    inputs=backward_inputs,
    settings={"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)},
    also=[{"padding": 0}],
    square=dict.fromkeys(("N", "C", "M", "H", "W", "KH", "KW"), 4),
    one=["N", "C", "M"],
    all_at_once="NCMHW",
    compare=assert_conv_gradients,
    by_hand=True,
    forbids_operations=["conv", "im2col", "col2im"],
    instead="the chain rule, written by hand",
)


# count_parameters


@exercise("count_parameters")
@pytest.mark.parametrize(("groups", "bias"), [(1, True), (2, True), (6, False)])
def test_ordinary_and_grouped_layers(student, reference, groups, bias):
    """Parameters and multiply-adds of 12 kernels for 6 channels, with and without biases."""
    args = (6, 12, (3, 5), (8, 9))
    came = student.count_parameters(*args, groups=groups, bias=bias)
    assert_equal(came, reference.count_parameters(*args, groups=groups, bias=bias), what="(parameters, multiply-adds)")


@exercise("count_parameters")
@pytest.mark.parametrize(
    "settings",
    [{"stride": 2}, {"stride": (3, 1), "padding": (0, 2)}, {"padding": 1, "dilation": (2, 1)}, {"stride": (2, 3)}],
    ids=str,
)
def test_products_are_formed_where_there_are_windows(student, reference, settings):
    """Stride, padding and dilation say how many windows there are; the parameters hear nothing of them."""
    args = (3, 5, (3, 2), (10, 8))
    came = student.count_parameters(*args, **settings)
    assert_equal(came, reference.count_parameters(*args, **settings), what="(parameters, multiply-adds)")


@exercise("count_parameters")
@pytest.mark.parametrize(
    "settings",
    [{}, {"bias": False}, {"stride": (2, 3), "padding": (1, 0)}, {"dilation": 2, "bias": False}],
    ids=str,
)
def test_depthwise_separable_layers(student, reference, settings):
    """A depthwise layer and a 1 x 1 layer behind it, both counted."""
    args = (4, 10, (3, 2), (9, 7))
    came = student.count_parameters(*args, **settings, separable=True)
    expected = reference.count_parameters(*args, **settings, separable=True)
    assert_equal(came, expected, what="(parameters, multiply-adds)")


@exercise("count_parameters", costs=0.5)
@pytest.mark.parametrize(("in_channels", "out_channels", "groups"), [(6, 8, 4), (8, 6, 4), (3, 3, 2)])
def test_groups_that_do_not_divide_are_refused(student, reference, in_channels, out_channels, groups):
    """Groups that don't divide the channels, on either side, raise a ValueError."""
    args = (in_channels, out_channels, 3, (8, 8))
    what = f"{groups} groups of {in_channels} and {out_channels} channels"
    assert_refused(student, reference, "count_parameters", args, {"groups": groups}, what)


@exercise("count_parameters")
def test_a_layer_of_some_size(student, reference, rng):
    """Numbers of channels that the run draws."""
    in_channels, out_channels = (4 * integers(rng, 2, 40, 2)).tolist()
    args = (in_channels, out_channels, (5, 3), (28, 30))
    came = student.count_parameters(*args, groups=4)
    assert_equal(came, reference.count_parameters(*args, groups=4), what="(parameters, multiply-adds)")


contract(
    "count_parameters",
    inputs=lambda rng, CI=6, CO=4, KH=3, KW=2, H=9, W=7: (CI, CO, (KH, KW), (H, W)),
    settings={"stride": (2, 3), "padding": (1, 2), "dilation": (2, 1), "groups": 2, "bias": False},
    also=[{"separable": True, "groups": 1}],
    square={"CI": 4, "CO": 4, "KH": 2, "KW": 2, "H": 4, "W": 4},
    one=["KH", "KW"],
    pure=False,
    strides=False,
    device=False,
)
