"""Checks of pooling: maximum and average with their gradients, and the receptive field of a stack."""

import copy
from dataclasses import dataclass

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, integers, randn

DOUBLE = torch.float64
BY_HAND = "the gradient, written by hand"
POOLS = ["pool"]  # all of torch's: max_pool2d_with_indices, avg_pool2d, adaptive_avg_pool2d, max_pool1d, …
OWN = "cut the windows yourself"
COSTS = {"dtype": 0.25, "strides": 0.25, "all_at_once": 0.5}
NAMES = ("field", "jump", "start")


@dataclass(frozen=True)
class Case:
    """One way to pool: the shape of the images, and the arguments as they are given."""

    shape: tuple
    kernel_size: object
    stride: object
    padding: object

    @property
    def arguments(self):
        """The kernel and what else is given by place."""
        return self.kernel_size, self.stride, self.padding

    @property
    def size(self):
        """The height and the width of the images."""
        return tuple(self.shape[2:])

    def images(self, rng, dtype=DOUBLE):
        """Images of which no two numbers are alike."""
        return randn(rng, *self.shape, dtype=dtype, shift=0.5)

    def upstream(self, rng, dtype=DOUBLE):
        """A gradient of what comes out."""
        kernel = pair(self.kernel_size)
        stride, padding = kernel if self.stride is None else pair(self.stride), pair(self.padding)
        sizes = [(n + 2 * p - k) // s + 1 for n, k, s, p in zip(self.size, kernel, stride, padding, strict=True)]
        return randn(rng, *self.shape[:2], *sizes, dtype=dtype, scale=2.0, shift=0.5)


def pair(value):
    """A number twice, and a pair as it is."""
    return (value, value) if isinstance(value, int) else value


CASES = {
    "windows side by side": Case((2, 3, 6, 4), 2, None, 0),
    "windows that overlap": Case((1, 2, 7, 9), 3, 2, 0),
    "a kernel higher than wide": Case((2, 1, 9, 7), (4, 2), (3, 1), (2, 0)),
    "a kernel wider than high": Case((1, 3, 6, 9), (2, 5), (1, 3), (0, 2)),
    "padding on all sides": Case((2, 2, 5, 8), (3, 5), (2, 1), (1, 2)),
    "gaps between the windows": Case((2, 2, 9, 8), 2, (3, 4), 0),
    "rows and columns left over": Case((1, 2, 8, 7), 3, None, 0),
    "a square that is padded": Case((1, 2, 6, 6), 3, 2, 1),
    "one window for all": Case((2, 1, 4, 5), (4, 5), 1, 0),
    "single pixels": Case((1, 2, 5, 4), 1, 2, 0),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
# The contracts': heights and widths differ, and so do all pairs.
USUAL = ((5, 3), (2, 3), (2, 1))
SQUARE = {"N": 4, "C": 4, "H": 4, "W": 4}


def usual_images(rng, N=2, C=3, H=6, W=7, dtype=DOUBLE):
    """Images, and a kernel of their own."""
    return randn(rng, N, C, H, W, dtype=dtype, shift=0.5), USUAL[0]


def in_another_order(rng):
    """Images (2, 3, 5, 7), which lie in memory column by column, the channels of a pixel side by side."""
    return randn(rng, 2, 7, 5, 3, dtype=DOUBLE).permute(0, 3, 2, 1)


# max_pool2d


@exercise("max_pool2d")
@each_case
def test_each_window_gives_its_largest_number(student, reference, rng, case):
    """The maximum of every window, for kernels, strides and paddings that differ by axis."""
    x = case.images(rng)
    assert_close(student.max_pool2d(x, *case.arguments), reference.max_pool2d(x, *case.arguments))


@exercise("max_pool2d")
def test_the_stride_is_the_kernel_where_none_is_given(student, reference, rng):
    """Without a stride the windows lie side by side."""
    x = randn(rng, 2, 2, 7, 9, dtype=DOUBLE)
    assert_close(student.max_pool2d(x, (2, 3)), reference.max_pool2d(x, (2, 3)))


@exercise("max_pool2d", costs=0.5)
@pytest.mark.parametrize("size", [1.0, 1e300], ids=["around -1", "around -1e300"])
def test_padding_never_wins(student, reference, rng, size):
    """Where the edge is negative, the largest pixel wins there too, however low it is."""
    x = -size * (1 + randn(rng, 1, 2, 5, 6, dtype=DOUBLE).abs())
    x[:, 0, 2, 3] = 1  # in the middle: the image is not negative throughout, its edge is
    expected = reference.max_pool2d(x, (3, 5), (2, 1), (1, 2))
    assert_close(student.max_pool2d(x, (3, 5), (2, 1), (1, 2)), expected)


@exercise("max_pool2d", costs=0.25)
def test_images_may_lie_in_memory_in_any_order(student, reference, rng):
    """Without padding, too, the images may lie in memory in another order than their axes."""
    x = in_another_order(rng)
    assert_close(student.max_pool2d(x, (2, 3), (1, 2)), reference.max_pool2d(x, (2, 3), (1, 2)))


contract(
    "max_pool2d",
    inputs=usual_images,
    settings={"stride": USUAL[1], "padding": USUAL[2]},
    one="NCHW",
    square=SQUARE,
    all_at_once="NCHW",
    forbids_operations=POOLS,
    instead=OWN,
    costs=COSTS,
)


# max_pool2d_backward


def ask_backward(side, grad_out, x, case):
    """Return a side's gradient of x."""
    return side.max_pool2d_backward(grad_out, x, *case.arguments)


@exercise("max_pool2d_backward")
@each_case
def test_the_gradient_goes_to_the_largest(student, reference, rng, case):
    """Every window hands its gradient to its largest pixel."""
    x, grad_out = case.images(rng), case.upstream(rng)
    assert_close(ask_backward(student, grad_out, x, case), ask_backward(reference, grad_out, x, case))


@exercise("max_pool2d_backward")
def test_a_backward_without_stride_has_windows_side_by_side(student, reference, rng):
    """Without a stride the kernel is the stride."""
    x, grad_out = randn(rng, 2, 2, 7, 9, dtype=DOUBLE), randn(rng, 2, 2, 3, 3, dtype=DOUBLE)
    expected = reference.max_pool2d_backward(grad_out, x, (2, 3))
    assert_close(student.max_pool2d_backward(grad_out, x, (2, 3)), expected)


@exercise("max_pool2d_backward")
def test_a_pixel_that_wins_in_many_windows_gets_all_their_gradients(student, reference, rng):
    """One high pixel wins in every window that it lies in, and their gradients add up."""
    x, grad_out = randn(rng, 1, 2, 5, 6, dtype=DOUBLE), randn(rng, 1, 2, 3, 4, dtype=DOUBLE, shift=3.0)
    x[:, :, 2, 3] = 50
    assert_close(
        student.max_pool2d_backward(grad_out, x, 3, 1), reference.max_pool2d_backward(grad_out, x, 3, 1), what="grad_x"
    )


@exercise("max_pool2d_backward", costs=0.5)
@pytest.mark.parametrize("padding", [(0, 0), (1, 2)], ids=["without padding", "padded"])
def test_where_several_are_largest_the_first_gets_it(student, reference, rng, padding):
    """Among equal pixels the first in reading order, row by row, gets the whole gradient."""
    case = Case((1, 2, 6, 7), (3, 4), (2, 1), padding)
    x = integers(rng, 0, 2, *case.shape).to(DOUBLE)
    # In the window of the first corner the reading order decides: right before below.
    x[:, :, :3, :4] = torch.tensor([[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]], dtype=DOUBLE)
    grad_out = case.upstream(rng)
    assert_close(ask_backward(student, grad_out, x, case), ask_backward(reference, grad_out, x, case))


@exercise("max_pool2d_backward", costs=0.25)
@pytest.mark.parametrize("value", [0.0, torch.finfo(DOUBLE).min], ids=["zeros", "the lowest finite number"])
def test_an_image_of_one_value_has_a_winner_in_every_window(student, reference, rng, value):
    """Where all pixels are alike, as behind a ReLU, each window still has just one winner, and it is a pixel."""
    case = Case((2, 1, 5, 8), (3, 5), (2, 1), (1, 2))
    x, grad_out = torch.full(case.shape, value, dtype=DOUBLE), case.upstream(rng)
    assert_close(ask_backward(student, grad_out, x, case), ask_backward(reference, grad_out, x, case))


@exercise("max_pool2d_backward", costs=0.5)
@pytest.mark.parametrize("size", [1.0, 1e300], ids=["around -1", "around -1e300"])
def test_no_gradient_is_lost_in_the_padding(student, reference, rng, size):
    """Where all numbers are negative, a pixel wins at the edge too, and gets the gradient."""
    case = CASES["padding on all sides"]
    x, grad_out = -size * (1 + case.images(rng).abs()), case.upstream(rng)
    assert_close(ask_backward(student, grad_out, x, case), ask_backward(reference, grad_out, x, case))


@exercise("max_pool2d_backward", costs=0.25)
def test_pooled_images_may_lie_in_memory_in_any_order(student, reference, rng):
    """Without padding, too, the images may lie in memory in another order than their axes."""
    x, grad_out = in_another_order(rng), randn(rng, 2, 3, 4, 3, dtype=DOUBLE)
    expected = reference.max_pool2d_backward(grad_out, x, (2, 3), (1, 2))
    assert_close(student.max_pool2d_backward(grad_out, x, (2, 3), (1, 2)), expected)


def usual_max_backward(rng, N=2, C=3, H=6, W=7, dtype=DOUBLE):
    """A gradient of what comes out, and how it came out."""
    case = Case((N, C, H, W), *USUAL)
    return case.upstream(rng, dtype), case.images(rng, dtype), *USUAL


contract(
    "max_pool2d_backward",
    inputs=usual_max_backward,
    one="NCHW",
    square=SQUARE,
    all_at_once="NCHW",
    by_hand=True,
    forbids_operations=POOLS,
    instead=BY_HAND,
    costs=COSTS,
)


# avg_pool2d


@exercise("avg_pool2d")
@each_case
def test_each_window_gives_its_mean(student, reference, rng, case):
    """The mean of every window, zeros of the padding counted."""
    x = case.images(rng)
    assert_close(student.avg_pool2d(x, *case.arguments), reference.avg_pool2d(x, *case.arguments))


@exercise("avg_pool2d", costs=0.5)
@each_case
def test_only_pixels_are_counted_where_that_is_wanted(student, reference, rng, case):
    """With count_include_pad=False each window is divided by the number of its pixels."""
    x = case.images(rng)
    expected = reference.avg_pool2d(x, *case.arguments, count_include_pad=False)
    assert_close(student.avg_pool2d(x, *case.arguments, count_include_pad=False), expected)


@exercise("avg_pool2d", costs=0.5)
def test_pixels_that_are_zero_are_counted(student, reference, rng):
    """A pixel of the value zero is a pixel, and counts; padding is no pixel, and doesn't."""
    x = integers(rng, 0, 2, 1, 2, 5, 6).to(DOUBLE)
    x[:, :, 0, 0] = 0
    expected = reference.avg_pool2d(x, (3, 5), (2, 1), (1, 2), count_include_pad=False)
    assert_close(student.avg_pool2d(x, (3, 5), (2, 1), (1, 2), count_include_pad=False), expected)


@exercise("avg_pool2d", costs=0.25)
def test_means_of_images_in_any_order_of_memory(student, reference, rng):
    """Without padding, too, the images may lie in memory in another order than their axes."""
    x = in_another_order(rng)
    assert_close(student.avg_pool2d(x, (2, 3), (1, 2)), reference.avg_pool2d(x, (2, 3), (1, 2)))


@exercise("avg_pool2d", costs=0.25)
def test_a_mean_has_all_digits_of_float64(student, reference, rng):
    """Sums that are divided by numbers such as 7 and 11 come out with all the digits that float64 has."""
    x = 1 + randn(rng, 1, 2, 7, 11, dtype=DOUBLE).abs()
    for kernel in ((7, 11), (1, 11), (7, 1)):
        expected = reference.avg_pool2d(x, kernel)
        assert_close(student.avg_pool2d(x, kernel), expected, rtol=1e-11)


contract(
    "avg_pool2d",
    inputs=usual_images,
    settings={"stride": USUAL[1], "padding": USUAL[2], "count_include_pad": False},
    also=[{"count_include_pad": True}],
    one="NCHW",
    square=SQUARE,
    all_at_once="NCHW",
    forbids_operations=POOLS,
    instead=OWN,
    costs=COSTS,
)


# avg_pool2d_backward


@exercise("avg_pool2d_backward")
@each_case
def test_the_gradient_is_shared_by_all_places_of_a_window(student, reference, rng, case):
    """Every place of a window gets the same share, those in the padding counted."""
    grad_out = case.upstream(rng)
    expected = reference.avg_pool2d_backward(grad_out, case.size, *case.arguments)
    assert_close(student.avg_pool2d_backward(grad_out, case.size, *case.arguments), expected)


@exercise("avg_pool2d_backward", costs=0.5)
@each_case
def test_the_gradient_is_shared_by_the_pixels_of_a_window(student, reference, rng, case):
    """With count_include_pad=False only pixels share, and at the edge there are fewer."""
    grad_out = case.upstream(rng)
    expected = reference.avg_pool2d_backward(grad_out, case.size, *case.arguments, count_include_pad=False)
    came = student.avg_pool2d_backward(grad_out, case.size, *case.arguments, count_include_pad=False)
    assert_close(came, expected)


@exercise("avg_pool2d_backward")
def test_a_shared_gradient_without_stride_has_windows_side_by_side(student, reference, rng):
    """Without a stride the kernel is the stride, and without a padding there is none."""
    grad_out = randn(rng, 2, 2, 3, 3, dtype=DOUBLE)
    expected = reference.avg_pool2d_backward(grad_out, (7, 9), (2, 3))
    assert_close(student.avg_pool2d_backward(grad_out, (7, 9), (2, 3)), expected)


@exercise("avg_pool2d_backward", costs=0.25)
def test_a_share_has_all_digits_of_float64(student, reference, rng):
    """Gradients that are divided by numbers such as 7 and 11 come out with all the digits that float64 has."""
    for kernel in ((7, 11), (1, 11), (7, 1)):
        grad_out = 1 + randn(rng, 1, 2, 7 // kernel[0], 11 // kernel[1], dtype=DOUBLE).abs()
        expected = reference.avg_pool2d_backward(grad_out, (7, 11), kernel)
        assert_close(student.avg_pool2d_backward(grad_out, (7, 11), kernel), expected, rtol=1e-11)


def usual_avg_backward(rng, N=2, C=3, H=6, W=7, dtype=DOUBLE):
    """A gradient of what comes out, and of what size the images were."""
    return Case((N, C, H, W), *USUAL).upstream(rng, dtype), (H, W), *USUAL


contract(
    "avg_pool2d_backward",
    inputs=usual_avg_backward,
    settings={"count_include_pad": False},
    also=[{"count_include_pad": True}],
    one="NCHW",
    square=SQUARE,
    all_at_once="NCHW",
    by_hand=True,
    forbids_operations=POOLS,
    instead=BY_HAND,
    costs=COSTS,
)


# receptive_field


CONV, POOL = (3, 1, 1, 1), (2, 2, 0, 1)
STACKS = {
    "no layer": [],
    "one layer": [(5, 1, 0, 1)],
    "two layers": [(3, 1, 0, 1), (3, 1, 0, 1)],
    "a step, then a layer": [(3, 2, 0, 1), (5, 1, 0, 1)],
    "steps of two sizes": [(7, 2, 3, 1), (3, 3, 1, 1), (4, 2, 0, 1), (3, 1, 2, 1)],
    "single pixels": [(1, 1, 0, 1), (3, 1, 1, 1), (1, 2, 0, 1), (5, 1, 2, 1)],
    "dilated": [(3, 1, 1, 1), (3, 1, 2, 2), (3, 2, 4, 4), (2, 1, 0, 5)],
    "like VGG": [CONV, CONV, POOL, CONV, CONV, POOL, CONV],
}
BRANCHES = {
    "a shortcut": [CONV, [[CONV, CONV], []], POOL, CONV],
    "of two widths": [[[(3, 1, 1, 1)], [(7, 1, 3, 1)], [(1, 1, 0, 1)]], CONV],
    "none covers the other": [(3, 2, 0, 1), [[(3, 1, 0, 1)], [(3, 1, 4, 1)]], (3, 1, 1, 1)],
    "that step": [CONV, [[(3, 2, 1, 1), CONV], [(1, 2, 0, 1)]], [[CONV, CONV], []], POOL, CONV],
    "two steps of two beside one of four": [CONV, [[(5, 4, 1, 1)], [CONV, POOL, (3, 2, 1, 1)]], CONV],
    "in the first layer": [[[(2, 3, 0, 1)], [(5, 3, 1, 2)]], (3, 1, 0, 1)],
}


def assert_sees(came, expected):
    """Compare the tuple (field, jump, start) by name."""
    assert isinstance(came, tuple), f"a tuple (field, jump, start) was expected, and {type(came).__name__} came"
    assert len(came) == len(NAMES), f"a tuple of three, (field, jump, start), was expected, and one of {len(came)} came"
    for name, one, right in zip(NAMES, came, expected, strict=True):
        assert_equal(one, right, what=name)


@exercise("receptive_field")
@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS.keys())
def test_field_jump_and_start_of_a_stack(student, reference, stack):
    """What one output sees, how far apart neighbours are, and where output 0 begins."""
    assert_sees(student.receptive_field(stack), reference.receptive_field(stack))


@exercise("receptive_field")
def test_any_stack_of_layers(student, reference, rng):
    """Layers whose four numbers all differ from one another, and from layer to layer."""
    stack = some_layers(rng, 5)
    assert_sees(student.receptive_field(stack), reference.receptive_field(stack))


@exercise("receptive_field", costs=0.4)
@pytest.mark.parametrize("stack", BRANCHES.values(), ids=BRANCHES.keys())
def test_branches_see_from_the_first_to_the_last_of_them(student, reference, stack):
    """Branches that meet again: from the first pixel that one of them sees to the last that one of them sees."""
    assert_sees(student.receptive_field(stack), reference.receptive_field(stack))


@exercise("receptive_field", costs=0.2)
def test_branches_within_branches(student, reference):
    """A branch is a stack, so it may branch again."""
    stack = [CONV, [[POOL, [[(3, 1, 0, 1), CONV], [(5, 1, 3, 2)], []]], [(4, 2, 1, 1)]], (3, 2, 1, 1), CONV]
    assert_sees(student.receptive_field(stack), reference.receptive_field(stack))


def stack_afterwards(ns, stack):
    """Return what a stack is when its field has been asked for."""
    ns.receptive_field(stack)
    return stack


@exercise("receptive_field", costs=0.25)
def test_lists_within_the_stack_stay_as_they_are(student, reference):
    """The branches, too, are as they were, an empty one and one within another included."""
    stack = [CONV, [[CONV, [[], [CONV, CONV]]], []], POOL]
    expected = reference.run(stack_afterwards, copy.deepcopy(stack))
    assert_equal(student.run(stack_afterwards, copy.deepcopy(stack)), expected, what="the stack afterwards")


def refusal(ns, stack) -> str:
    """Return the kind of error that a stack meets, or what came instead."""
    try:
        return f"no error, but {ns.receptive_field(stack)}"
    except Exception as error:
        return type(error).__name__


@exercise("receptive_field", costs=0.1)
@pytest.mark.parametrize(
    "stack",
    [[CONV, [[(3, 2, 1, 1)], []]], [[[POOL, CONV], [CONV, POOL], [(5, 3, 0, 1)]], CONV]],
    ids=["a step beside a shortcut", "the third steps by three"],
)
def test_branches_that_step_differently_are_refused(student, reference, stack):
    """Branches that don't step alike can't meet: a ValueError."""
    expected = reference.run(refusal, stack)
    came = student.run(refusal, stack)
    assert came == expected, f"branches whose steps differ met {came}; a {expected} was expected"


def some_layers(rng, num):
    """Return layers of four numbers each; strides of 1 to 3."""
    columns = [integers(rng, low, high, num).tolist() for low, high in ((2, 7), (1, 4), (0, 3), (1, 4))]
    stack = [tuple(layer) for layer in zip(*columns, strict=True)]
    stack[0] = (4, 3, 2, 2)  # a step and a padding stand first, where all that follows feels them
    return stack


contract(
    "receptive_field",
    inputs=lambda rng, L=4: (some_layers(rng, L),),
    compare=assert_sees,
    strides=False,
    device=False,
)
