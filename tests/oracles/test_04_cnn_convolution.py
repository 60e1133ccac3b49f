"""The references of convolution, held to torch's own convolution, padding, autograd and counters."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from coursekit.figures import convolution as figures

NOTEBOOK = "04_cnn/convolution"
DOUBLE = torch.float64
# size, kernel, stride, padding, dilation, groups: every direction different, and once every one the same.
LAYERS = [
    ((7, 9), (3, 2), (2, 1), (1, 0), (1, 1), 1),
    ((8, 6), (2, 3), (3, 2), (0, 2), (2, 1), 2),
    ((6, 6), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((9, 5), (4, 1), (2, 3), (2, 1), (1, 3), 2),
    ((5, 8), (5, 8), (1, 1), (0, 0), (1, 1), 1),
    ((10, 11), (3, 3), (2, 2), (1, 1), (2, 2), 4),
    ((4, 4), (1, 1), (1, 1), (0, 0), (1, 1), 1),
]


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def layer(size, kernel, groups, num=3, in_channels=4, out_channels=8):
    x = drawn(num, in_channels, *size)
    weights = drawn(out_channels, in_channels // groups, *kernel, seed=1)
    return x, weights, drawn(out_channels, seed=2)


def close(came, expected):
    torch.testing.assert_close(came, expected, rtol=1e-10, atol=1e-12)


def test_conv2d_output_size_is_the_shape_that_torchs_layer_answers_with(solution):
    """1,620 layers of small sizes; where torch refuses, so does the reference."""
    choices = itertools.product((1, 2, 5, 8), (1, 2, 3), (1, 2, 3), (0, 1, 2), (1, 2, 3), (4, 7, 9, 12, 13))
    for height, kernel, stride, padding, dilation, width in choices:
        pairs = (kernel, 2), (stride, 2), (padding, 1), (dilation, 3)
        conv = nn.Conv2d(1, 1, pairs[0], *pairs[1:], device="meta")
        try:
            expected = tuple(conv(torch.empty(1, 1, height, width, device="meta")).shape[2:])
        except RuntimeError:
            with pytest.raises(ValueError, match="kernel"):
                solution.conv2d_output_size((height, width), *pairs)
        else:
            assert solution.conv2d_output_size((height, width), *pairs) == expected


def test_alexnets_first_layer_has_55_rows_and_not_55_and_a_quarter(solution):
    assert (224 + 2 * 2 - 11) / 4 + 1 == 55.25
    assert solution.conv2d_output_size((224, 224), 11, 4, 2) == (55, 55)


@pytest.mark.parametrize("padding", [(1, 2, 3, 0), (0, 0, 0, 0), (3, 0, 0, 4), (2, 2, 2, 2)])
def test_pad2d_is_torchs_padding(solution, padding):
    x = drawn(2, 3, 5, 4)
    for mode in ("constant", "reflect"):
        assert torch.equal(solution.pad2d(x, padding, mode), F.pad(x, padding, mode=mode))
    assert torch.equal(solution.pad2d(x, padding), nn.ZeroPad2d(padding)(x))
    assert torch.equal(solution.pad2d(x, padding, value=-1.5), F.pad(x, padding, value=-1.5))


def test_pad2d_takes_an_infinite_border_and_an_image_of_one_row(solution):
    x, row = drawn(1, 2, 3, 4), drawn(1, 1, 1, 4)
    padding, value = (1, 0, 2, 1), float("-inf")
    assert torch.equal(solution.pad2d(x, padding, value=value), F.pad(x, padding, value=value))
    assert torch.equal(solution.pad2d(row, (3, 2, 0, 0), "reflect"), F.pad(row, (3, 2, 0, 0), mode="reflect"))


@pytest.mark.parametrize("padding", [(4, 0, 0, 0), (0, 4, 0, 0), (0, 0, 5, 0), (0, 0, 0, 7)])
def test_pad2d_refuses_the_mirrors_that_torch_refuses(solution, padding):
    x = drawn(1, 1, 5, 4)
    with pytest.raises(RuntimeError):
        F.pad(x, padding, mode="reflect")
    with pytest.raises(ValueError, match="mirror"):
        solution.pad2d(x, padding, "reflect")


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation", "groups"), LAYERS)
def test_conv2d_is_torchs(solution, size, kernel, stride, padding, dilation, groups, has_bias):
    x, weights, bias = layer(size, kernel, groups)
    bias = bias if has_bias else None
    expected = F.conv2d(x, weights, bias, stride, padding, dilation, groups)
    close(solution.conv2d(x, weights, bias, stride, padding, dilation, groups), expected)


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation", "groups"), LAYERS)
def test_conv2d_naive_is_torchs(solution, size, kernel, stride, padding, dilation, groups, has_bias):
    x, weights, bias = layer(size, kernel, 1, num=2, out_channels=3)
    bias = bias if has_bias else None
    close(solution.conv2d_naive(x, weights, bias, stride, padding), F.conv2d(x, weights, bias, stride, padding))


@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation", "groups"), LAYERS)
def test_conv2d_backward_is_what_autograd_says(solution, size, kernel, stride, padding, dilation, groups):
    leaves = [one.requires_grad_() for one in layer(size, kernel, 1)]
    out = F.conv2d(*leaves, stride, padding, dilation)
    grad_out = drawn(*out.shape, seed=3)
    expected = torch.autograd.grad(out, leaves, grad_out)
    cache = tuple(one.detach() for one in leaves)
    for came, right in zip(solution.conv2d_backward(grad_out, cache, stride, padding, dilation), expected, strict=True):
        close(came, right)


def counted(model, size):
    """Return the parameters of a torch layer and the multiply-adds that torch's own counter sees for one image."""
    counter = FlopCounterMode(display=False)
    in_channels = next(one.in_channels for one in model.modules() if isinstance(one, nn.Conv2d))
    with counter:
        model(torch.zeros(1, in_channels, *size))
    return sum(one.numel() for one in model.parameters()), counter.get_total_flops() // 2


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation", "groups"), LAYERS)
def test_count_parameters_is_what_torch_counts(solution, size, kernel, stride, padding, dilation, groups, bias):
    conv = nn.Conv2d(4, 8, kernel, stride, padding, dilation, groups, bias)
    came = solution.count_parameters(4, 8, kernel, size, stride, padding, dilation, groups, bias)
    assert came == counted(conv, size)
    depthwise = nn.Conv2d(4, 4, kernel, stride, padding, dilation, 4, bias)
    two = nn.Sequential(depthwise, nn.Conv2d(4, 8, 1, bias=bias))
    came = solution.count_parameters(4, 8, kernel, size, stride, padding, dilation, bias=bias, separable=True)
    assert came == counted(two, size)


@pytest.mark.parametrize("groups", [3, 4, 5])
def test_count_parameters_refuses_the_groups_that_torch_refuses(solution, groups):
    with pytest.raises(ValueError, match="divisible"):
        nn.Conv2d(4, 6, 3, groups=groups)
    with pytest.raises(ValueError, match="groups"):
        solution.count_parameters(4, 6, 3, (8, 8), groups=groups)


# What the text says of the pictures and works by hand


def by_hand():
    return figures.SMALL[None, None], figures.KERNEL[None, None]


def test_the_convolution_worked_by_hand(solution):
    image, kernel = by_hand()
    assert solution.conv2d_naive(image, kernel)[0, 0].tolist() == [[0, 9, -4], [7, 1, 13]]


def test_the_row_in_the_mirror_worked_by_hand(solution):
    row = torch.tensor([[[[1.0, 2, 3, 4]]]])
    assert solution.pad2d(row, (2, 3, 0, 0), "reflect").flatten().tolist() == [3, 2, 1, 2, 3, 4, 3, 2, 1]


def test_the_places_on_lines_of_7_8_and_9_pixels(solution):
    assert [solution.conv2d_output_size((n, n), 3, 2)[0] for n in (7, 8, 9)] == [3, 3, 4]


def test_the_gradient_of_the_lower_left_weight_worked_by_hand(solution):
    image, kernel = by_hand()
    grad_out = torch.tensor([[[[1.0, 0, 2], [0, 3, 0]]]])
    grads = solution.conv2d_backward(grad_out, (image, kernel, torch.zeros(1)))
    assert grads[1][0, 0, 1, 0] == 17
    assert grads[2] == 6


def test_the_small_example_has_4_weights_and_24_products(solution):
    assert solution.count_parameters(1, 1, 2, (3, 4), bias=False) == (4, 24)


def test_the_filter_found_makes_of_the_cat_what_the_strangers_does():
    """Opening and kernels: the pictures agree within a grey level, no number of the kernels is off by more than 0.2."""
    weights, bias = figures.found_filter()
    cat = F.conv2d(figures.photo("cat"), weights, bias, padding=1)
    assert (cat - figures.filtered("cat")).square().mean().sqrt() < 1 / 255
    apart = (weights - figures.strangers_filter()[0]).abs().max()
    assert 0.03 < apart < 0.2
    assert f"{apart:.2f}" in figures.kernels(weights).description
    assert len(figures.opening().axes) == 3


def test_an_affine_layer_in_place_of_the_filter_has_262_million_weights():
    numbers = figures.photo("cat").numel()
    assert round(numbers**2 / 1e6) == 262
    ones = F.conv2d(torch.ones(1, 1, *figures.SIZE), torch.ones(1, 1, 3, 3), padding=1)
    assert 9 * int(ones.sum()) == pytest.approx(430_000, rel=0.01)


@pytest.mark.parametrize("settings", [{}, {"padding": 2}, {"stride": 2, "padding": 1, "dilation": 2}, {"stride": 3}])
def test_the_sliding_kernel_says_the_sum_that_torch_has(settings):
    """The sum below the picture, evaluated, is torch's output at the place that it names."""
    out = F.conv2d(figures.BAR[None, None], figures.EDGE[None, None], **settings)[0, 0]
    for step in (0, 1, out.numel() - 1, figures.MOST_STEPS - 1):
        said = figures.slide(step, **settings).description
        left, right = said.partition(": ")[2].rstrip(".").split(" = ")
        row, col = divmod(min(step, out.numel() - 1), out.shape[1])
        parts = left.replace("- ", "-").replace("+ ", "").split()
        assert sum(int(a) * int(b) for a, b in (part.split("·") for part in parts)) == int(right) == out[row, col]
        assert f"row {row}, column {col} " in said


def test_the_edge_kernel_is_positive_at_the_left_of_the_bar_and_negative_at_its_right():
    out = F.conv2d(figures.BAR[None, None], figures.EDGE[None, None], padding=1)[0, 0]
    assert (out[:, 1:3] > 10).all()
    assert (out[:, 4] < -10).all()
    assert (out[:, 0].abs() < 5).all()


def test_no_setting_of_the_widget_has_more_places_than_its_slider():
    settings = itertools.product((1, 2, 3), (0, 1, 2), (1, 2))
    sizes = [F.conv2d(figures.BAR[None, None], figures.EDGE[None, None], None, *one).numel() for one in settings]
    assert max(sizes) == figures.MOST_STEPS


def test_the_borders_are_wide_at_the_left_and_below():
    assert "left and below" in figures.borders().description


def test_the_channels_are_three_and_the_planes_four():
    assert "three channels" in (figures.channels.__doc__ or "")
    assert [word.get_text().split()[0] for word in figures.channels().axes[0].texts] == ["3", "4", "4"]


def test_the_matrix_times_the_image_is_the_convolution():
    image, kernel = by_hand()
    matrix = figures.matrix_of(figures.KERNEL, (3, 4))
    assert torch.equal(matrix @ image.flatten(), F.conv2d(image, kernel).flatten())
    assert all(sorted(row[row != 0].tolist()) == [-1, 1, 2] for row in matrix)
    grad_out = torch.tensor([[[[1.0, 0, 2], [0, 3, 0]]]])
    assert torch.equal(matrix.T @ grad_out.flatten(), F.conv_transpose2d(grad_out, kernel).flatten())
    assert str(F.conv2d(image, kernel).flatten().tolist()) in figures.as_matrix().description
    assert str(F.conv2d(image, kernel).flatten().tolist()) in figures.as_columns().description


@pytest.mark.parametrize(("parts", "slices"), [(1, 32), (2, 16), (4, 8)])
def test_groups_leave_blocks_of_slices(parts, slices):
    seen = figures.connections(parts)
    assert seen.sum() == slices
    blocks = torch.block_diag(*[torch.ones(8 // parts, 4 // parts)] * parts)
    assert torch.equal(seen, blocks)
    assert f"{slices} slices" in [word.get_text() for ax in figures.groups().axes for word in ax.texts]


def test_a_pixel_in_the_middle_is_seen_nine_times_and_with_stride_3_two_rows_and_a_column_never():
    assert "from 1 to 9" in figures.seen_by().description
    counts = figures.visits((5, 7), 3, 3)
    assert (counts == 0).nonzero()[:, 0].unique().tolist() == [0, 1, 2, 3, 4]
    assert counts[3:].sum() == counts[:, 6].sum() == 0
    assert (counts[:3, :6] == 1).all()


def test_the_pixel_where_two_windows_overlap_gets_19():
    numbers = [word.get_text() for word in figures.sent_back().axes[0].texts]
    assert numbers.count("19") == 1


def test_the_counts_of_the_question_about_unseen_pixels(solution):
    """Along a line 1, 1, 2, 1, 1, 0, and with a padding 1, 2, 1, 2, 1, 1."""
    for padding, line in ((0, [1.0, 1, 2, 1, 1, 0]), (1, [1.0, 2, 1, 2, 1, 1])):
        line = torch.tensor(line)
        counts = figures.visits((6, 6), 3, 2, padding)
        assert torch.equal(counts, line[:, None] * line)
        cache = torch.zeros(1, 1, 6, 6), torch.ones(1, 1, 3, 3), torch.zeros(1)
        out = solution.conv2d(*cache, 2, padding)
        assert torch.equal(solution.conv2d_backward(torch.ones_like(out), cache, 2, padding)[0][0, 0], counts)


def test_cheaper_layers_take_a_larger_share_of_the_time_than_of_the_products():
    shares = figures.shares()
    assert "separable" in figures.costs().description
    for name in ("8 groups", "separable"):
        products, seconds = shares[name]
        assert 0.1 < products < 0.15
        assert seconds > products


def test_a_shift_of_the_image_shifts_the_output_of_stride_1_only(solution):
    """What the answer to the question about shifts says."""
    x, weights = drawn(1, 2, 8, 9), drawn(3, 2, 3, 3, seed=1)
    moved = torch.roll(x, 1, dims=3)
    before, after = solution.conv2d(x, weights), solution.conv2d(moved, weights)
    close(after[..., 1:], before[..., :-1])
    before, after = solution.conv2d(x, weights, stride=2), solution.conv2d(moved, weights, stride=2)
    assert (after[..., 1:] - before[..., :-1]).abs().min() > 1e-6
    after = solution.conv2d(torch.roll(x, 2, dims=3), weights, stride=2)
    close(after[..., 1:], before[..., :-1])


def test_two_small_kernels_break_even_at_25_eighteenths_of_the_width(solution):
    def weights(*widths, kernel):
        pairs = itertools.pairwise(widths)
        return sum(solution.count_parameters(a, b, kernel, (32, 32), bias=False)[0] for a, b in pairs)

    assert weights(64, 128, 64, kernel=3) == 147_456
    assert weights(64, 64, kernel=5) == 102_400
    assert weights(64, 88, 64, kernel=3) < 102_400 < weights(64, 89, 64, kernel=3)
