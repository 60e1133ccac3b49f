"""The references of mobile, held to torchvision's blocks, to plain convolutions and to torch's own counter; and what
the text says of its pictures."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import mobilenet_v2
from torchvision.models._utils import _make_divisible
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.mobilenetv3 import InvertedResidual as ThirdBlock
from torchvision.models.mobilenetv3 import InvertedResidualConfig
from torchvision.models.shufflenetv2 import InvertedResidual as SecondUnit
from torchvision.ops.misc import Conv2dNormActivation

from coursekit.figures import mobile as figures

NOTEBOOK = "04_cnn/mobile"


def filled(net, seed=0):
    """Give a module weights and running statistics that matter, in float64, and return it."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in net.double().state_dict().items():
        if value.is_floating_point():
            fresh = torch.randn(value.shape, generator=generator, dtype=torch.float64)
            value.copy_(0.5 + fresh.abs() if name.endswith("running_var") else fresh + (value.ndim == 1))
    return net


def image(channels, height=7, width=5, num=2):
    generator = torch.Generator().manual_seed(channels)
    return 2 * torch.randn(num, channels, height, width, generator=generator, dtype=torch.float64)


def assert_same_block(mine, theirs, channels):
    """Load one block's state into the other, strictly; outputs, statistics and gradients agree in both modes."""
    theirs = filled(theirs)
    mine.double().load_state_dict(theirs.state_dict(), strict=True)
    for training in (True, False):
        answers = []
        for net in (mine, theirs):
            x = image(channels).requires_grad_()
            out = net.train(training)(x * 1)
            grads = torch.autograd.grad(out.square().sum(), [x, *net.parameters()])
            answers.append([out, *grads, *(value.clone() for value in net.state_dict().values())])
        for one, other in zip(*answers, strict=True):
            torch.testing.assert_close(one, other)


@pytest.mark.parametrize(("stride", "kernel"), [((1, 1), (3, 3)), ((2, 1), (3, 5)), ((1, 3), (5, 1))])
def test_a_separable_convolution_is_two_calls_of_conv2d_with_groups(solution, stride, kernel):
    net = filled(solution.DepthwiseSeparableConv(4, 6, kernel, stride)).eval()
    state, x = net.state_dict(), image(4)
    padding = (kernel[0] // 2, kernel[1] // 2)
    for name, settings in (("depthwise", {"stride": stride, "padding": padding, "groups": 4}), ("pointwise", {})):
        x = F.conv2d(x, state[f"{name}.0.weight"], **settings)
        parts = (state[f"{name}.1.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        x = F.batch_norm(x, *parts).relu()
    torch.testing.assert_close(net(image(4)), x)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_separable_convolution_is_two_of_torchvisions_layers(solution, stride):
    class Theirs(nn.Module):
        def __init__(self):
            super().__init__()
            self.depthwise = Conv2dNormActivation(4, 4, stride=stride, groups=4)
            self.pointwise = Conv2dNormActivation(4, 6, kernel_size=1)

        def forward(self, x):
            return self.pointwise(self.depthwise(x))

    assert_same_block(solution.DepthwiseSeparableConv(4, 6, stride=(stride, stride)), Theirs(), 4)


@pytest.mark.parametrize(
    "args", [(4, 4, 1, 6), (4, 6, 1, 3), (4, 4, 2, 2), (6, 4, 2, 6), (4, 4, 1, 1), (4, 6, 2, 1), (4, 6, 1, 2.6)]
)
def test_an_inverted_residual_is_torchvisions(solution, args):
    assert_same_block(solution.InvertedResidual(*args), InvertedResidual(*args), args[0])


@pytest.mark.parametrize("activation", ["RE", "HS"])
@pytest.mark.parametrize("squeeze", [False, True])
@pytest.mark.parametrize(
    ("num_in", "wide", "num_out", "kernel", "stride"),
    [(8, 24, 8, 5, 1), (8, 16, 16, 3, 2), (8, 8, 8, 3, 1), (16, 8, 16, 5, 2)],
)
def test_a_third_block_is_torchvisions(solution, num_in, wide, num_out, kernel, stride, squeeze, activation):
    config = InvertedResidualConfig(num_in, kernel, wide, num_out, squeeze, activation, stride, 1, 1.0)
    theirs = ThirdBlock(config, partial(nn.BatchNorm2d, eps=0.001, momentum=0.01))
    narrow = _make_divisible(wide // 4, 8) if squeeze else 0
    word = {"RE": "relu", "HS": "hardswish"}[activation]
    mine = solution.MobileNetV3Block(num_in, wide, num_out, kernel, stride, narrow, word)
    assert_same_block(mine, theirs, num_in)


@pytest.mark.parametrize("args", [(8, 8, 1), (4, 10, 2), (6, 6, 2)])
def test_a_unit_of_version_two_is_torchvisions(solution, args):
    assert_same_block(solution.ShuffleUnit(*args), SecondUnit(*args), args[0])


@pytest.mark.parametrize("stride", [1, 2])
def test_a_unit_of_version_one_without_groups_is_plain_convolutions(solution, stride):
    num_in = 8 if stride == 1 else 4
    net = filled(solution.ShuffleUnit(num_in, 8, stride, version=1, groups=1)).eval()
    state, x = net.state_dict(), image(num_in)

    def part(name, x, **settings):
        values = (state[f"{name}.1.{one}"] for one in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(F.conv2d(x, state[f"{name}.0.weight"], **settings), *values)

    branch = part("compress", x).relu()
    branch = part("expand", part("depthwise", branch, stride=stride, padding=1, groups=2))
    joined = x + branch if stride == 1 else torch.cat([F.avg_pool2d(x, 3, 2, 1), branch], dim=1)
    torch.testing.assert_close(net(x), joined.relu())


@pytest.mark.parametrize("stride", [1, 2])
def test_a_unit_of_version_one_with_groups_is_one_of_dense_weights_with_zeros(solution, stride):
    """Each grouped layer as a full matrix with zeros between the groups, and the shuffle as a permutation."""
    num_in, groups = (24 if stride == 1 else 12), 3
    net = filled(solution.ShuffleUnit(num_in, 24, stride, version=1, groups=groups)).eval()
    dense = filled(solution.ShuffleUnit(num_in, 24, stride, version=1, groups=1)).eval()
    state = net.state_dict()
    order = [row + 2 * column for row in range(2) for column in range(3)]
    for name in ("compress.0.weight", "expand.0.weight"):
        blocks = state[name].flatten(1).chunk(groups)
        state[name] = torch.block_diag(*blocks)[..., None, None]
    shuffled = {key: value[order] for key, value in state.items() if key.startswith("compress.") and value.ndim}
    dense.load_state_dict({**state, **shuffled})
    torch.testing.assert_close(net(image(num_in)), dense(image(num_in)))


@pytest.mark.parametrize("groups", [1, 3])
def test_the_cost_of_a_unit_of_version_one_is_the_papers(solution, groups):
    unit, x = solution.ShuffleUnit(240, 240, 1, version=1, groups=groups), torch.zeros(1, 240, 7, 5)
    assert figures.multiply_adds(unit, x) == 35 * (2 * 240 * 60 // groups + 9 * 60)


@pytest.mark.parametrize(("channels", "groups"), [(6, 2), (12, 3), (8, 8), (5, 1)])
def test_channel_shuffle_is_torchs(solution, channels, groups):
    from torchvision.models.shufflenetv2 import channel_shuffle

    x = image(channels)
    assert torch.equal(solution.channel_shuffle(x, groups), nn.ChannelShuffle(groups)(x))
    assert torch.equal(solution.channel_shuffle(x, groups), channel_shuffle(x, groups))


def test_the_orders_worked_by_hand_are_right(solution):
    x = torch.arange(6.0).reshape(1, 6, 1, 1)
    assert solution.channel_shuffle(x, 2).flatten().tolist() == [0, 3, 1, 4, 2, 5]
    assert solution.channel_shuffle(x, 3).flatten().tolist() == [0, 2, 4, 1, 3, 5]


def test_scale_channels_rounds_as_torchvision_does(solution):
    for channels in range(1, 200, 3):
        for width in (0.1, 0.25, 0.35, 0.5, 0.7, 0.75, 0.9, 1.0, 1.3, 1.4, 2.0):
            for divisor in (1, 3, 8, 16, 32):
                expected = _make_divisible(channels * width, divisor)
                assert solution.scale_channels(channels, width, divisor) == expected


def test_the_widths_worked_by_hand_are_right(solution):
    asked = [(24, 0.5), (64, 0.25), (16, 0.7), (32, 0.1)]
    assert [solution.scale_channels(*one) for one in asked] == [16, 16, 16, 8]


@pytest.mark.parametrize("width", [0.5, 0.75, 1.4])
def test_the_blocks_of_half_a_network_hold_as_many_parameters_as_torchvisions(solution, width):
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    before, blocks = solution.scale_channels(32, width), []
    for ratio, channels, number, stride in table:
        after = solution.scale_channels(channels, width)
        for index in range(number):
            blocks.append(solution.InvertedResidual(before, after, stride if index == 0 else 1, ratio))
            before = after
    with torch.device("meta"):
        theirs = mobilenet_v2(width_mult=width).features[1:18]
    number = sum(one.numel() for one in nn.Sequential(*blocks).parameters())
    assert number == sum(one.numel() for one in theirs.parameters())


@pytest.mark.parametrize(
    ("x_shape", "num_out", "kernel", "settings"),
    [
        ((2, 6, 11, 8), 4, (5, 2), {"stride": (3, 2), "padding": (0, 1), "groups": 2}),
        ((1, 4, 8, 8), 4, (3, 3), {"padding": (1, 1)}),
        ((3, 8, 7, 10), 16, (3, 3), {"stride": (2, 2), "groups": 8}),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_arithmetic_intensity_is_torchs_count_over_counted_bytes(solution, x_shape, num_out, kernel, settings, dtype):
    layer = nn.Conv2d(x_shape[1], num_out, kernel, bias=False, dtype=dtype, **settings)
    x = torch.zeros(x_shape, dtype=dtype)
    with FlopCounterMode(display=False) as counter:
        out = layer(x)
    moved = sum(one.numel() * one.element_size() for one in (x, layer.weight, out))
    came = solution.arithmetic_intensity(x_shape, num_out, kernel, **settings, bytes_per_number=x.element_size())
    assert came == pytest.approx(counter.get_total_flops() / moved, rel=1e-12)


def test_the_intensities_of_the_text_are_right(solution):
    ask = partial(solution.arithmetic_intensity, padding=(1, 1))
    assert ask((1, 4, 8, 8), 4, (3, 3)) == pytest.approx(18_432 / 2_624)
    assert ask((1, 4, 8, 8), 4, (3, 3), groups=4) == pytest.approx(4_608 / 2_192)
    depthwise = ask((1, 96, 56, 56), 96, (3, 3), groups=96)
    pointwise = solution.arithmetic_intensity((1, 96, 56, 56), 24, (1, 1))
    assert (round(depthwise, 1), round(pointwise, 1)) == (2.2, 9.5)
    assert [round(2 * one, 1) for one in (depthwise, pointwise)] == [4.5, 19.1]
