"""The references of convolution, held to torch's own convolution, padding, autograd and counters."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

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
