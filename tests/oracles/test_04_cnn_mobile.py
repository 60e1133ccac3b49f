"""The references of mobile, held to torchvision's blocks, to plain convolutions and to torch's own counter; and what
the text says of its pictures."""

from functools import partial
from itertools import pairwise

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

from coursekit.counting import count_multiply_adds
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
    unit = solution.ShuffleUnit(240, 240, 1, version=1, groups=groups)
    assert count_multiply_adds(unit, (240, 7, 5)) == 35 * (2 * 240 * 60 // groups + 9 * 60)


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


# The slope of the hard sigmoid


def test_the_slope_of_torchs_hard_sigmoid_is_a_float32_number():
    """The reason for the room that gradients of the third block have."""
    z = torch.linspace(-2.9, 2.9, 50, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(nn.Hardsigmoid()(z).sum(), z)
    assert torch.equal(slope, torch.full_like(z, torch.tensor(1 / 6).item()))
    assert 2.9e-8 < (6 * slope - 1).max().item() < 3.1e-8


@pytest.mark.parametrize("seed", range(5))
def test_a_third_block_of_exact_slopes_stays_in_its_room(solution, seed, monkeypatch):
    """Every gradient's largest difference is below a tenth of the room of 1e-6 of its largest entry."""
    x = image(4).requires_grad_()
    block = filled(solution.MobileNetV3Block(4, 8, 4, 5, 1, 2, "hardswish"), seed)
    weights = torch.randn(2, 4, 7, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    values = [x, *block.parameters()]
    theirs = torch.autograd.grad((block(x) * weights).sum(), values)
    monkeypatch.setattr(F, "hardsigmoid", lambda z: F.relu6(z + 3) / 6)
    exact = torch.autograd.grad((block(x) * weights).sum(), values)
    for one, other in zip(theirs, exact, strict=True):
        assert (one - other).abs().max() <= 1e-7 * other.abs().max()


# What the text says of its pictures


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_light_networks_are_ten_to_fifty_times_cheaper_at_hardly_any_loss():
    records = figures.records()
    pairs = {"mobilenet_v2": "vgg16", "shufflenet_v2_x1_0": "resnet18", "mobilenet_v3_large": "densenet121"}
    for light, heavy in pairs.items():
        assert 10 < records[heavy][0] / records[light][0] < 52
        assert records[light][1] > records[heavy][1] - 0.5
    assert records["vgg16"][0] / records["mobilenet_v2"][0] == pytest.approx(50, abs=2)
    assert records["mobilenet_v2"][1] > records["vgg16"][1]


def test_the_landscape_shows_every_network_where_it_is():
    (ax,) = figures.landscape().axes
    shown = {text.get_text(): tuple(text.xy) for text in ax.texts}
    assert shown == figures.records()
    low, high = (ax.get_xlim(), ax.get_ylim())
    assert all(low[0] < cost < low[1] and high[0] < accuracy < high[1] for cost, accuracy in shown.values())


def test_each_line_of_who_sees_whom_is_a_weight():
    ordinary, depthwise, pointwise = figures.who_sees_whom().axes
    assert [len(ax.lines) for ax in (ordinary, depthwise, pointwise)] == [3 * 4, 3, 3 * 4]
    assert all(line.get_ydata()[0] == line.get_ydata()[1] for line in depthwise.lines)
    assert ordinary.lines[0].get_linewidth() > pointwise.lines[0].get_linewidth()


def test_a_relu_loses_much_in_two_channels_and_hardly_anything_in_thirty():
    for seed in range(10):
        lost = [figures.through_relu(channels, seed)[2] for channels in range(2, 31)]
        assert lost[0] > 0.2
        assert lost[-1] < 0.02
        assert all(later <= earlier + 1e-9 for earlier, later in pairwise(lost))


def test_in_two_channels_points_that_lay_apart_become_one():
    for seed in range(10):
        spiral, back, _ = figures.through_relu(2, seed)
        became_one = torch.cdist(back, back) < 1e-6
        assert torch.cdist(spiral, spiral)[became_one].max() > 0.3


def test_the_spirals_title_says_what_is_lost():
    left, right = figures.spiral(5, 3).axes
    points, back, lost = figures.through_relu(5, 3)
    assert right.get_title() == f"after a ReLU in 5 channels: {lost:.0%} lost"
    for ax, shown in ((left, points), (right, back)):
        assert torch.allclose(torch.as_tensor(ax.collections[0].get_offsets().data), shown)


def test_widths_are_those_of_either_block(solution):
    classic, inverted = figures.widths().axes
    assert words(classic)[:4] == ["256", "64", "64", "256"]
    assert words(inverted)[:4] == ["24", "144", "144", "24"]
    convolutions = [one for one in solution.InvertedResidual(24, 24, 1, 6).modules() if isinstance(one, nn.Conv2d)]
    assert [one.out_channels for one in convolutions] == [144, 144, 24]
    tall = [bar.get_height() for bar in inverted.patches if hasattr(bar, "get_height")]
    assert tall == pytest.approx([24 / 144, 1, 1, 24 / 144])


def test_the_stairs_never_go_below_nine_tenths(solution):
    (ax,) = figures.stairs(solution.scale_channels).axes
    got, nine_tenths = (torch.as_tensor(line.get_ydata(), dtype=torch.float64) for line in ax.lines)
    wanted = torch.as_tensor(ax.lines[0].get_xdata(), dtype=torch.float64)
    torch.testing.assert_close(nine_tenths, 0.9 * wanted)
    assert (got >= nine_tenths).all()
    rises = wanted[1:][got.diff() > 0]
    torch.testing.assert_close(rises, torch.tensor([8.9, 17.8, 26.7, 35.6, 44, 52], dtype=torch.float64))


def test_hard_swish_is_drawn_as_the_text_tells_it():
    (ax,) = figures.hard_swish().axes
    hard, swish, _ = (torch.as_tensor(line.get_ydata(), dtype=torch.float64) for line in ax.lines)
    z = torch.as_tensor(ax.lines[0].get_xdata(), dtype=torch.float64)
    torch.testing.assert_close(hard, z * (z + 3).clamp(0, 6) / 6, atol=1e-5, rtol=0)
    assert (hard[(z > -2.99) & (z < -0.01)] < 0).all()
    torch.testing.assert_close(hard[z >= 3], z[z >= 3], atol=1e-5, rtol=0)
    assert (hard - swish).abs().max() < 0.15
    rounded = [round(float(F.hardswish(torch.tensor(one))), 3) for one in (1.0, -1.0, -3.0)]
    assert rounded == [0.667, -0.333, 0]


def kinds(net):
    """Return the kinds of the convolutions of a module, in order."""
    layers = [one for one in net.modules() if isinstance(one, nn.Conv2d)]
    return ["1 × 1" if one.kernel_size == (1, 1) else "depthwise" for one in layers]


def drawn_layers(ax, among):
    return [next(one for one in among if one in text) for text in words(ax) if any(one in text for one in among)]


def test_the_third_block_has_the_order_of_the_text(solution):
    block = solution.MobileNetV3Block(4, 8, 4, 3, 1, 2)
    assert [type(part).__name__ for part in block.block] == ["Sequential", "Sequential", "ChannelWeights", "Sequential"]
    assert kinds(block) == ["1 × 1", "depthwise", "1 × 1", "1 × 1", "1 × 1"]


def test_the_units_are_drawn_in_their_order(solution):
    among = ("1 × 1", "depthwise", "pool", "shuffle")
    one, halving, two, both = figures.shuffle_units().axes
    assert drawn_layers(one, among) == ["1 × 1", "shuffle", "depthwise", "1 × 1"]
    assert drawn_layers(halving, among) == ["pool", "1 × 1", "shuffle", "depthwise", "1 × 1"]
    assert drawn_layers(two, among) == ["1 × 1", "depthwise", "1 × 1", "shuffle"]
    assert drawn_layers(both, among) == ["depthwise", "1 × 1", "1 × 1", "depthwise", "1 × 1", "shuffle"]
    assert words(one)[-2:] == ["add", "ReLU"]
    assert words(halving)[-2:] == ["join", "ReLU"]
    first, second = solution.ShuffleUnit(24, 24, 1, version=1), solution.ShuffleUnit(6, 6, 2)
    assert kinds(first) == ["1 × 1", "depthwise", "1 × 1"]
    assert kinds(second.branch1) == ["depthwise", "1 × 1"]
    assert kinds(second.branch2) == ["1 × 1", "depthwise", "1 × 1"]


def test_two_grouped_layers_reach_everything_only_with_a_shuffle(solution):
    picture = figures.reach(solution.channel_shuffle)
    without, shuffled = (torch.as_tensor(ax.images[0].get_array()) > 0 for ax in picture.axes)
    assert torch.equal(without, torch.block_diag(*[torch.ones(4, 4)] * 3).bool())
    assert shuffled.all()


def test_the_depthwise_layer_stands_far_left_under_the_roof(solution):
    ordinary, pointwise, depthwise = figures.intensities(solution.arithmetic_intensity).values()
    assert depthwise == pytest.approx(2.25, abs=0.1)
    assert 10 * depthwise < pointwise < ordinary
    wider = solution.arithmetic_intensity((8, 960, 28, 28), 960, (3, 3), padding=(1, 1), groups=960)
    assert wider == pytest.approx(depthwise, rel=1e-3)


def test_the_roof_is_the_smaller_of_both_limits(solution, monkeypatch):
    monkeypatch.setattr(figures, "machine", lambda: (6e10, 1e10))
    (ax,) = figures.roofline(solution.arithmetic_intensity).axes
    roof, *layers = ax.lines
    for place, height in zip(roof.get_xdata(), roof.get_ydata(), strict=True):
        assert height == pytest.approx(min(100, place * 100 / 6), rel=1e-5)
    places = list(figures.intensities(solution.arithmetic_intensity).values())
    assert [float(line.get_xdata()[0]) for line in layers] == pytest.approx(places)


def test_the_bars_of_multiply_adds_are_those_of_the_layers():
    bars = figures.times(num=1).axes[0].patches
    costs = [9 * 96 * 96, 96 * 96, 9 * 96, 96 * 96 + 9 * 96]
    assert [bar.get_width() for bar in bars] == pytest.approx([100 * one / costs[0] for one in costs])
    assert [round(bar.get_width()) for bar in bars] == [100, 11, 1, 12]


def test_the_separable_network_has_a_seventh_of_the_weights_and_a_sixth_of_the_multiply_adds(solution):
    def ordinary(num_in, num_out, stride=(1, 1)):
        conv = nn.Conv2d(num_in, num_out, 3, stride, 1, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(num_out), nn.ReLU())

    def network(layer):
        last = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 6))
        middle = (layer(16, 32, stride=(2, 2)), layer(32, 64), layer(64, 64, stride=(2, 2)))
        return nn.Sequential(ordinary(3, 16, (2, 2)), *middle, *last)

    nets = network(ordinary), network(solution.DepthwiseSeparableConv)
    weights = [sum(one.numel() for one in net.parameters()) for net in nets]
    costs = [count_multiply_adds(net) for net in nets]
    assert weights[0] / weights[1] == pytest.approx(7, abs=0.5)
    assert costs[0] / costs[1] == pytest.approx(6, abs=0.5)


def test_the_factors_of_the_question_are_right(solution):
    costs, weights = [], []
    for channels, side in ((24, 14), (48, 14), (24, 28)):
        block = solution.InvertedResidual(channels, channels, 1, 6)
        costs.append(count_multiply_adds(block, (channels, side, side)))
        weights.append(sum(one.numel() for one in block.parameters()))
    assert [round(one / costs[0], 2) for one in costs] == [1, 3.68, 4]
    assert [round(one / weights[0], 2) for one in weights] == [1, 3.57, 1]


def test_the_counts_by_hand_are_right(solution):
    layers = {
        73_728: (nn.Conv2d(64, 128, 3, padding=1, bias=False), 64),
        8_768: (solution.DepthwiseSeparableConv(64, 128), 64),
        8_208: (solution.InvertedResidual(24, 24, 1, 6), 24),
        186_624: (nn.Conv2d(144, 144, 3, padding=1, bias=False), 144),
    }
    for expected, (layer, channels) in layers.items():
        assert count_multiply_adds(layer, (channels, 4, 5)) == 20 * expected
