"""Checks of the blocks of MobileNet and ShuffleNet, of their width, and of arithmetic intensity.

Every parameter and buffer is set by name, so that no random start is ever compared. No check looks at a clock.
"""

from itertools import chain
from typing import NamedTuple

import pytest
import torch

from autograder.authoring import Mismatch, assert_close, assert_equal, contract, exercise, integers, rand, randn

DOUBLE = torch.float64
PARTS = ("weight", "bias", "running_mean", "running_var")
READY_MADE = [
    "torchvision",
    "Conv2dNormActivation",
    "ConvNormActivation",
    "SqueezeExcitation",
    "ChannelShuffle",
    "TheirInvertedResidual",
    "TheirUnit",
    "mobilenet_v2",
]
INSTEAD = "make the block of nn.Conv2d, nn.BatchNorm2d and activations, without torchvision's"


# What a state dict must hold: shapes by name


def conv(name, num_out, num_in, kh=1, kw=1):
    """A convolution without a bias; `num_in` are the channels that one output sees."""
    return {f"{name}.weight": (num_out, num_in, kh, kw)}


def norm(name, channels):
    """A batch normalisation, without its counter."""
    return {f"{name}.{part}": (channels,) for part in PARTS}


def pair(name, num_out, num_in, kh=1, kw=1):
    """A convolution as part 0 and its batch normalisation as part 1."""
    return {**conv(f"{name}.0", num_out, num_in, kh, kw), **norm(f"{name}.1", num_out)}


def separable(num_in, num_out, kernel=(3, 3)):
    """The state of a depthwise separable convolution."""
    return {**pair("depthwise", num_in, 1, *kernel), **pair("pointwise", num_out, num_in)}


def inverted(num_in, num_out, ratio):
    """The state of MobileNetV2's block."""
    wide = round(num_in * ratio)
    parts = {} if ratio == 1 else pair("conv.0", wide, num_in)
    at = int(ratio != 1)
    parts |= pair(f"conv.{at}", wide, 1, 3, 3)
    return {**parts, **conv(f"conv.{at + 1}", num_out, wide), **norm(f"conv.{at + 2}", num_out)}


def third(num_in, wide, num_out, kernel=3, squeeze=0):
    """The state of MobileNetV3's block."""
    parts = {} if wide == num_in else pair("block.0", wide, num_in)
    at = int(wide != num_in)
    parts |= pair(f"block.{at}", wide, 1, kernel, kernel)
    if squeeze:
        at += 1
        parts |= {**conv(f"block.{at}.fc1", squeeze, wide), f"block.{at}.fc1.bias": (squeeze,)}
        parts |= {**conv(f"block.{at}.fc2", wide, squeeze), f"block.{at}.fc2.bias": (wide,)}
    return {**parts, **pair(f"block.{at + 1}", num_out, wide)}


def unit_one(num_in, num_out, stride, groups):
    """The state of a unit of version 1."""
    middle, made = num_out // 4, num_out if stride == 1 else num_out - num_in
    return {
        **pair("compress", middle, num_in // groups),
        **pair("depthwise", middle, 1, 3, 3),
        **pair("expand", made, middle // groups),
    }


def unit_two(num_in, num_out, stride):
    """The state of a unit of version 2."""
    half = num_out // 2
    first = {**conv("branch1.0", num_in, 1, 3, 3), **norm("branch1.1", num_in)}
    first |= {**conv("branch1.2", half, num_in), **norm("branch1.3", half)}
    second = {**conv("branch2.0", half, half if stride == 1 else num_in), **norm("branch2.1", half)}
    second |= {**conv("branch2.3", half, 1, 3, 3), **norm("branch2.4", half)}
    second |= {**conv("branch2.5", half, half), **norm("branch2.6", half)}
    return {**(first if stride == 2 else {}), **second}


def drawn(rng, shapes, dtype=DOUBLE):
    """Return a value that matters for each name: no gamma is 1, no beta 0, and outputs reach below -3 and above 6."""
    state = {}
    for name, shape in shapes.items():
        if name.endswith("running_var"):
            state[name] = 0.3 + rand(rng, *shape, dtype=dtype)
        elif len(shape) > 1:
            fan_in = shape[1] * shape[2] * shape[3]
            state[name] = randn(rng, *shape, dtype=dtype, scale=1.5 / fan_in**0.5)
        elif name.endswith("running_mean"):
            state[name] = randn(rng, *shape, dtype=dtype, scale=0.5)
        else:
            state[name] = randn(rng, *shape, dtype=dtype, scale=1.5, shift=2.0 * name.endswith("weight"))
    return state


# Probes. `fork_rng`: that layers draw their first weights is torch's, and no fault of the student's.
# Of what is computed in float64 they hand over float32, at half the room on record; the contracts look at dtypes.


def names(ns, kind, args, settings):
    """Return the shape of each entry of a new module's state dict."""
    with torch.random.fork_rng(devices=[]):
        state = getattr(ns, kind)(*args, **settings).state_dict()
    return {name: list(value.shape) for name, value in state.items() if not name.endswith("num_batches_tracked")}


def called(ns, kind, args, fixed, state, x, **settings):
    """Load a state strictly and return the output in evaluation mode, in its own dtype."""
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **fixed, **settings)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    net.load_state_dict({**counters, **{name: value.clone() for name, value in state.items()}}, assign=True)
    with torch.no_grad():
        return net.eval()(x)


def evaluated(ns, kind, args, settings, state, x):
    """Load a state strictly and return the output in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings).to(x.dtype)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    net.load_state_dict({**counters, **state})
    with torch.no_grad():
        return net.eval()(x).float()


def trained(ns, kind, args, settings, state, x, other, weights):
    """Load a state and call the module in training mode with two batches, then in evaluation mode.

    Return the outputs, the running statistics after both, and the gradients of a weighted sum of the first output.
    """
    with torch.random.fork_rng(devices=[]):
        net, second = (getattr(ns, kind)(*args, **settings).to(x.dtype) for _ in range(2))
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    net.load_state_dict({**counters, **state})
    second.load_state_dict({**counters, **state})
    x = x.clone().requires_grad_()
    first = net.train()(x)
    (first * weights).sum().backward()
    with torch.no_grad():
        outputs = [first, net(other), net.eval()(other), second.eval()(other)]
    buffers = {name: value.float() for name, value in net.state_dict().items() if "running" in name}
    gradients = {"x": x.grad, **{name: value.grad for name, value in net.named_parameters()}}
    gradients = {name: None if value is None else value.float() for name, value in gradients.items()}
    return [one.detach().float() for one in outputs], buffers, gradients


def refusals(ns, kind, calls):
    """Return for each call of a class or function whether it raises ValueError, another error, or none."""
    found = []
    for args in calls:
        with torch.random.fork_rng(devices=[]):
            try:
                getattr(ns, kind)(*args)
                found.append("no error")
            except ValueError:
                found.append("ValueError")
            except Exception as problem:
                found.append(type(problem).__name__)
    return found


# Comparisons


def assert_names(came, expected, where):
    """Compare two state dicts by the names and shapes of their entries."""
    lacks, extra = ([name for name in one if name not in other] for one, other in ((expected, came), (came, expected)))
    if lacks or extra:
        raise Mismatch(
            f"{where}: the state dict has other names",
            f"{', '.join(map(str, extra[:4])) or 'fewer'}{' …' * (len(extra) > 4)}",
            f"{', '.join(lacks[:4]) or 'none of these'}{' …' * (len(lacks) > 4)}",
        )
    for name, shape in expected.items():
        if came[name] != shape:
            raise Mismatch(f"{where}: {name} has another shape", str(came[name]), str(shape))


def assert_trained(came, expected, of_largest=0.0):
    """Compare outputs, running statistics and gradients, each by its name.

    `of_largest` is how far a gradient's entry may be off, as a share of the largest entry.
    """
    said = ("first call in training", "second call in training", "call in evaluation", "second block's call")
    for which, one, other in zip(said, came[0], expected[0], strict=True):
        assert_close(one, other, rtol=1e-6, atol=1e-6, what=f"the output of the {which}")
    for name, value in expected[1].items():
        assert_close(came[1].get(name), value, rtol=1e-6, what=f"{name} after two calls in training mode")
    for name, value in expected[2].items():
        room = max(1e-8, of_largest * float(value.abs().max()))
        assert_close(came[2].get(name), value, rtol=1e-6, atol=room, what=f"the gradient of {name}")


# Each kind of block


class Case(NamedTuple):
    """A block to make: arguments, settings, shapes of its state, channels in and out, stride (down, across), and the
    size of its input (images, height, width)."""

    name: str
    kind: str
    args: tuple
    settings: dict
    shapes: dict
    channels: tuple
    stride: tuple = (1, 1)
    size: tuple = (1, 4, 5)


V1 = "DepthwiseSeparableConv"
DEPTHWISE = {
    "any channels": [
        Case("wider", V1, (3, 5), {}, separable(3, 5), (3, 5)),
        Case("as many channels", V1, (4, 4), {}, separable(4, 4), (4, 4), (1, 1), (1, 4, 4)),
        Case("one channel", V1, (1, 3), {}, separable(1, 3), (1, 3), (1, 1), (2, 3, 4)),
    ],
    "kernels and strides": [
        Case(
            "a tall kernel",
            V1,
            (2, 4),
            {"kernel_size": (5, 1), "stride": (3, 1)},
            separable(2, 4, (5, 1)),
            (2, 4),
            (3, 1),
            (1, 8, 5),
        ),
        Case(
            "a flat kernel, strides that differ",
            V1,
            (4, 3),
            {"kernel_size": (3, 5), "stride": (1, 2)},
            separable(4, 3, (3, 5)),
            (4, 3),
            (1, 2),
            (2, 4, 6),
        ),
        Case("narrower, stride 2", V1, (5, 2), {"stride": (2, 2)}, separable(5, 2), (5, 2), (2, 2), (1, 7, 4)),
    ],
}
V2 = "InvertedResidual"
INVERTED = {
    "it adds": [Case("residual", V2, (4, 4, 1, 3), {}, inverted(4, 4, 3), (4, 4))],
    "more channels": [Case("more channels", V2, (3, 5, 1, 2), {}, inverted(3, 5, 2), (3, 5), (1, 1), (1, 3, 4))],
    "stride 2": [
        Case("stride 2, as many channels", V2, (4, 4, 2, 2), {}, inverted(4, 4, 2), (4, 4), (2, 2), (1, 7, 5)),
        Case("stride 2, fewer channels", V2, (5, 3, 2, 4), {}, inverted(5, 3, 4), (5, 3), (2, 2), (1, 6, 5)),
        Case("stride 2, one place", V2, (4, 4, 2, 2), {}, inverted(4, 4, 2), (4, 4), (2, 2), (1, 1, 1)),
    ],
    "nothing to expand": [
        Case("nothing to expand", V2, (5, 3, 1, 1), {}, inverted(5, 3, 1), (5, 3)),
        Case("nothing to expand, residual", V2, (3, 3, 1, 1), {}, inverted(3, 3, 1), (3, 3), (1, 1), (2, 4, 4)),
    ],
    "other ratios": [
        Case("a ratio of 2.3", V2, (4, 6, 1, 2.3), {}, inverted(4, 6, 2.3), (4, 6)),
        Case("a ratio of 2.7", V2, (4, 6, 2, 2.7), {}, inverted(4, 6, 2.7), (4, 6), (2, 2)),
        Case("a ratio of 1.1, no wider", V2, (4, 3, 2, 1.1), {}, inverted(4, 3, 1.1), (4, 3), (2, 2), (1, 3, 4)),
    ],
}
V3 = "MobileNetV3Block"
HARD = {"activation": "hardswish"}
THIRD = {
    "no weighing": [
        Case("relu, no weighing", V3, (4, 6, 4), {}, third(4, 6, 4), (4, 4)),
        Case("hard swish, no weighing", V3, (3, 7, 5), HARD, third(3, 7, 5), (3, 5), (1, 1), (1, 4, 3)),
        Case("a narrower middle", V3, (6, 4, 6), HARD, third(6, 4, 6), (6, 6), (1, 1), (1, 4, 5)),
    ],
    "weighed": [
        Case(
            "relu, weighed, 5 x 5, stride 2",
            V3,
            (4, 6, 4),
            {"kernel_size": 5, "stride": 2, "squeeze_channels": 3},
            third(4, 6, 4, 5, 3),
            (4, 4),
            (2, 2),
            (2, 7, 6),
        ),
        Case(
            "hard swish, weighed, 5 x 5",
            V3,
            (4, 8, 4),
            {"kernel_size": 5, "squeeze_channels": 2, **HARD},
            third(4, 8, 4, 5, 2),
            (4, 4),
        ),
    ],
    "nothing to expand": [
        Case(
            "nothing to expand, weighed",
            V3,
            (5, 5, 3),
            {"squeeze_channels": 2, **HARD},
            third(5, 5, 3, 3, 2),
            (5, 3),
            (1, 1),
            (2, 5, 4),
        ),
        Case("nothing to expand", V3, (4, 4, 4), {"stride": 2}, third(4, 4, 4), (4, 4), (2, 2), (1, 4, 4)),
        Case("stride 2, one place", V3, (4, 4, 4), {"stride": 2}, third(4, 4, 4), (4, 4), (2, 2), (1, 1, 1)),
    ],
}
UNIT = "ShuffleUnit"
UNITS = {
    "version 2, stride 1": [Case("version 2", UNIT, (6, 6, 1), {}, unit_two(6, 6, 1), (6, 6))],
    "version 2, stride 2": [
        Case("version 2, stride 2", UNIT, (4, 10, 2), {}, unit_two(4, 10, 2), (4, 10), (2, 2), (1, 7, 5)),
        Case("version 2, stride 2, as many", UNIT, (6, 6, 2), {}, unit_two(6, 6, 2), (6, 6), (2, 2), (2, 5, 4)),
    ],
    "version 1, stride 1": [
        Case(
            "version 1, 3 groups",
            UNIT,
            (24, 24, 1),
            {"version": 1},
            unit_one(24, 24, 1, 3),
            (24, 24),
            (1, 1),
            (1, 2, 3),
        ),
        Case(
            "version 1, 1 group",
            UNIT,
            (8, 8, 1),
            {"version": 1, "groups": 1},
            unit_one(8, 8, 1, 1),
            (8, 8),
            (1, 1),
            (2, 2, 3),
        ),
    ],
    "version 1, stride 2": [
        Case(
            "version 1, 2 groups, stride 2",
            UNIT,
            (6, 24, 2),
            {"version": 1, "groups": 2},
            unit_one(6, 24, 2, 2),
            (6, 24),
            (2, 2),
            (1, 6, 5),
        )
    ],
}


def each(groups, name="cases"):
    """Return the parametrisation of a test over some groups of cases, each under its name."""
    return pytest.mark.parametrize(name, groups.values(), ids=groups)


def check_names(student, groups):
    """The state dict of each new block holds what it should."""
    for case in chain.from_iterable(groups.values()):
        expected = {name: list(shape) for name, shape in sorted(case.shapes.items())}
        assert_names(student.run(names, case.kind, case.args, case.settings), expected, case.name)


def check_evaluated(student, reference, rng, cases):
    """The outputs in evaluation mode are the reference's."""
    for case in cases:
        num, height, width = case.size
        x = randn(rng, num, case.channels[0], height, width, dtype=DOUBLE, scale=2.0)
        call = case.kind, case.args, case.settings, drawn(rng, case.shapes), x
        came, expected = (door.run(evaluated, *call) for door in (student, reference))
        assert_close(came, expected, rtol=1e-6, atol=1e-6, what=f"{case.name}: the output")


def check_trained(student, reference, rng, case, of_largest=0.0):
    """Outputs, running statistics and gradients are the reference's, for two small images and then one."""
    height, width = 3, 2
    x, other = (randn(rng, num, case.channels[0], height, width, dtype=DOUBLE, scale=2.0) for num in (2, 1))
    places = -(-height // case.stride[0]), -(-width // case.stride[1])
    weights = randn(rng, 2, case.channels[1], *places, dtype=DOUBLE)
    state = drawn(rng, case.shapes)
    for name in state:  # so that what weighs is not flat, where no gradient passes
        if name.endswith("fc1.bias"):
            state[name] = 3 + state[name].abs()
        elif name.endswith("fc2.weight"):
            state[name] = 0.4 * state[name]
    call = case.kind, case.args, case.settings, state, x, other, weights
    assert_trained(student.run(trained, *call), reference.run(trained, *call), of_largest)


# DepthwiseSeparableConv


@exercise("DepthwiseSeparableConv")
def test_a_separable_convolution_has_the_right_parts(student):
    """The state dict has the names and shapes that the docstring gives."""
    check_names(student, DEPTHWISE)


@exercise("DepthwiseSeparableConv")
@each(DEPTHWISE)
def test_a_separable_convolution_answers(student, reference, rng, cases):
    """With weights and running statistics loaded by name, in evaluation mode."""
    check_evaluated(student, reference, rng, cases)


@exercise("DepthwiseSeparableConv", costs=0.5)
@pytest.mark.parametrize("case", [DEPTHWISE["kernels and strides"][1]], ids=["strides that differ"])
def test_a_separable_convolution_in_training(student, reference, rng, case):
    """Two batches in training mode: outputs, running statistics, gradients; then evaluation mode."""
    check_trained(student, reference, rng, case)


def given(case):
    """Return what makes the arguments of `called` for a case: its axes are those of the input."""

    def inputs(rng, N=2, H=3, W=4, dtype=DOUBLE):
        x = randn(rng, N, case.channels[0], H, W, dtype=dtype, scale=2.0)
        state = drawn(rng, case.shapes, dtype)
        for name in state:  # what ends in a ReLU, or is weighed, is never zero everywhere
            if name.endswith(("depthwise.1.bias", "pointwise.1.bias", "fc1.bias", "fc2.bias")):
                state[name] = 1 + state[name].abs()
            elif name.endswith("fc2.weight"):
                state[name] = 0.4 * state[name]
        return case.kind, case.args, case.settings, state, x

    return inputs


ALL_THREE = {"N": 3, "H": 3, "W": 3}
SINGLE = {torch.float32: {"rtol": 1e-4, "atol": 1e-4}}  # sums of numbers of several tens
contract(
    "DepthwiseSeparableConv",
    inputs=given(Case("", V1, (3, 4), {}, separable(3, 4), (3, 4))),
    use=called,
    settings={"stride": (2, 1)},
    square=ALL_THREE,
    tolerances=SINGLE,
    one="NHW",
    forbids=READY_MADE,
    instead=INSTEAD,
)


# InvertedResidual


@exercise("InvertedResidual")
def test_an_inverted_residual_has_the_right_parts(student):
    """The state dict has torchvision's names, with and without expansion."""
    check_names(student, INVERTED)


@exercise("InvertedResidual")
@each(INVERTED)
def test_an_inverted_residual_answers(student, reference, rng, cases):
    """With weights and running statistics loaded by name, in evaluation mode."""
    check_evaluated(student, reference, rng, cases)


@exercise("InvertedResidual", costs=0.5)
@pytest.mark.parametrize("case", INVERTED["it adds"], ids=["it adds"])
def test_an_inverted_residual_in_training(student, reference, rng, case):
    """Two batches in training mode: outputs, running statistics, gradients; then evaluation mode."""
    check_trained(student, reference, rng, case)


@exercise("InvertedResidual", costs=0.25)
def test_a_stride_of_three_is_refused(student, reference):
    """A stride of 3 or 0 raises ValueError; 1 and 2 don't."""
    calls = [(4, 4, 1, 2), (4, 4, 2, 2), (4, 4, 3, 2), (4, 5, 0, 1)]
    assert_equal(student.run(refusals, "InvertedResidual", calls), reference.run(refusals, "InvertedResidual", calls))


contract(
    "InvertedResidual",
    inputs=given(Case("", V2, (3, 3, 1, 2), {}, inverted(3, 3, 2), (3, 3))),
    use=called,
    square=ALL_THREE,
    tolerances=SINGLE,
    one="NHW",
    forbids=READY_MADE,
    instead=INSTEAD,
)


# scale_channels


WIDTHS = {
    "multiples": [(64, 0.25, 8), (160, 1.4, 8)],
    "a tie above an odd multiple": [(24, 0.5, 8), (120, 0.5, 8)],
    "a tie above an even multiple": [(52, 1.0, 8), (104, 0.5, 8), (40, 0.5, 8)],
    "less than the divisor": [(32, 0.1, 8), (1, 0.01, 16)],
    "more than a tenth would be lost": [(18, 1.0, 8), (16, 0.7, 8)],
    "just less than a tenth": [(71, 0.5, 8)],
    "rounded down": [(34, 0.5, 8), (96, 0.35, 8)],
    "rounded up": [(39, 1.0, 8)],
    "a fraction below a tie": [(23, 0.5, 8)],
    "ties of odd divisors": [(63, 0.5, 3), (105, 0.5, 5)],
    "other divisors": [(5, 1.0, 3), (7, 0.5, 1), (10, 0.45, 1), (30, 0.75, 5), (1000, 0.333, 32)],
}


@exercise("scale_channels")
@each(WIDTHS, "widths")
def test_channels_are_rounded(student, reference, widths):
    """The nearest multiple, with the rules for ties, for small numbers and for large losses."""
    for channels, width, divisor in widths:
        came, expected = (door.scale_channels(channels, width, divisor) for door in (student, reference))
        assert_equal(came, expected, what=f"{channels} channels at {width}, divisor {divisor}")


@exercise("scale_channels")
def test_channels_of_a_whole_network(student, reference):
    """All widths of MobileNetV2 at five multipliers, with the default divisor."""
    for width in (0.35, 0.5, 0.75, 1.0, 1.3):
        for channels in (16, 24, 32, 64, 96, 160, 320, 1280):
            expected = reference.scale_channels(channels, width)
            assert_equal(student.scale_channels(channels, width), expected, what=f"{channels} channels at {width}")


contract(
    "scale_channels",
    inputs=lambda rng, C=44: (C, 0.9),
    settings={"divisor": 7},
    one=(),
    strides=False,
    device=False,
)


# MobileNetV3Block


@exercise("MobileNetV3Block")
def test_a_third_block_has_the_right_parts(student):
    """The state dict has torchvision's names, whatever is left out."""
    check_names(student, THIRD)


@exercise("MobileNetV3Block")
@each(THIRD)
def test_a_third_block_answers(student, reference, rng, cases):
    """With weights and running statistics loaded by name, in evaluation mode."""
    check_evaluated(student, reference, rng, cases)


@exercise("MobileNetV3Block", costs=0.5)
@pytest.mark.parametrize("case", THIRD["weighed"][1:], ids=["hard swish"])
def test_a_third_block_in_training(student, reference, rng, case):
    """Two batches in training mode: outputs, running statistics, gradients; then evaluation mode."""
    # In float64 too, torch's hard sigmoid has the float32 number nearest to 1/6 as its slope: 3e-8 of it too large.
    # Where the way through the weights of the channels nearly cancels the way past them, that is more than 1e-6 of
    # what is left, but never more than 1e-7 of a gradient's largest entry.
    check_trained(student, reference, rng, case, of_largest=1e-6)


@exercise("MobileNetV3Block", costs=0.2)
def test_an_unknown_activation_is_refused(student, reference):
    """Another word than "relu" or "hardswish" raises ValueError."""
    calls = [(4, 6, 4, 3, 1, 0, word) for word in ("relu", "hardswish", "HS", "")]
    assert_equal(student.run(refusals, "MobileNetV3Block", calls), reference.run(refusals, "MobileNetV3Block", calls))


contract(
    "MobileNetV3Block",
    inputs=given(Case("", V3, (3, 5, 3), {"squeeze_channels": 2}, third(3, 5, 3, 3, 2), (3, 3))),
    use=called,
    settings={"stride": 2, "activation": "hardswish"},
    square=ALL_THREE,
    tolerances=SINGLE,
    one="NHW",
    forbids=READY_MADE,
    instead=INSTEAD,
)


# channel_shuffle


@exercise("channel_shuffle")
@each(
    {"two groups": [(6, 2), (10, 2)], "more": [(6, 3), (12, 3), (8, 4), (9, 3)], "nothing to do": [(5, 1), (5, 5)]},
    "sizes",
)
def test_channels_are_dealt_out(student, reference, rng, sizes):
    """The new order of the channels; no pixel moves."""
    for channels, groups in sizes:
        x = integers(rng, 0, 1000, 1, channels, 2, 3).float()
        came, expected = (door.channel_shuffle(x, groups) for door in (student, reference))
        assert_equal(came, expected, what=f"{channels} channels in {groups} groups")


@exercise("channel_shuffle")
def test_six_channels_in_two_groups(student):
    """The case worked by hand: 0, 3, 1, 4, 2, 5."""
    came = student.channel_shuffle(torch.arange(6.0).reshape(1, 6, 1, 1), 2)
    assert_equal(came, torch.tensor([0.0, 3, 1, 4, 2, 5]).reshape(1, 6, 1, 1))


@exercise("channel_shuffle", costs=0.25)
def test_groups_that_do_not_divide_are_refused(student, reference):
    """Where the groups don't divide the channels, ValueError is raised."""
    calls = [(torch.zeros(1, 6, 2, 3), groups) for groups in (4, 3, 5, 7)]
    assert_equal(student.run(refusals, "channel_shuffle", calls), reference.run(refusals, "channel_shuffle", calls))


contract(
    "channel_shuffle",
    inputs=lambda rng, N=2, C=6, H=2, W=3, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype), 2 if C == 4 else 3),
    square={"N": 4, "C": 4, "H": 4, "W": 4},
    one="NHW",
    no_loops=True,
    all_at_once="NCHW",
    forbids=["ChannelShuffle", "channel_shuffle", "native_channel_shuffle", "torchvision"],
    forbids_operations=["channel_shuffle"],
    instead="reshape, exchange two axes, reshape",
)


# ShuffleUnit


@exercise("ShuffleUnit")
def test_a_unit_has_the_right_parts(student):
    """The state dict has torchvision's names in version 2, and those of the docstring in version 1."""
    check_names(student, UNITS)


@exercise("ShuffleUnit")
@each(UNITS)
def test_a_unit_answers(student, reference, rng, cases):
    """With weights and running statistics loaded by name, in evaluation mode."""
    check_evaluated(student, reference, rng, cases)


@exercise("ShuffleUnit", costs=0.4)
@pytest.mark.parametrize(
    "case", [UNITS["version 2, stride 2"][0], UNITS["version 1, stride 1"][1]], ids=["version 2", "version 1"]
)
def test_a_unit_in_training(student, reference, rng, case):
    """Two batches in training mode: outputs, running statistics, gradients; then evaluation mode."""
    check_trained(student, reference, rng, case)


@exercise("ShuffleUnit", costs=0.15)
def test_other_widths_at_stride_one_are_refused(student, reference):
    """At stride 1 in_channels and out_channels are equal, or ValueError is raised."""
    calls = [(6, 6, 1), (6, 8, 1), (4, 8, 2), (6, 12, 1, 1, 1), (12, 12, 1, 1)]
    assert_equal(student.run(refusals, "ShuffleUnit", calls), reference.run(refusals, "ShuffleUnit", calls))


def unit(version, stride, channels):
    """Return the arguments of a unit with 12 channels at its end."""
    shapes = unit_two(channels, 12, stride) if version == 2 else unit_one(channels, 12, stride, 3)
    return given(Case("", UNIT, (channels, 12, stride, version), {}, shapes, (channels, 12)))


contract(
    "ShuffleUnit",
    inputs=unit(1, 2, 6),
    also=[unit(2, 2, 6)],
    use=called,
    square=ALL_THREE,
    tolerances=SINGLE,
    one="NHW",
    forbids=[*READY_MADE, "native_channel_shuffle"],
    instead=INSTEAD,
)


# arithmetic_intensity


@exercise("arithmetic_intensity")
@pytest.mark.parametrize(
    ("x_shape", "out_channels", "kernel_size", "settings"),
    [
        pytest.param((1, 4, 8, 8), 4, (3, 3), {"padding": (1, 1)}, id="by hand: ordinary"),
        pytest.param((1, 4, 8, 8), 4, (3, 3), {"padding": (1, 1), "groups": 4}, id="by hand: depthwise"),
        pytest.param((2, 3, 9, 7), 5, (3, 3), {}, id="no padding"),
        pytest.param((1, 6, 5, 8), 10, (1, 1), {}, id="pointwise"),
        pytest.param((3, 4, 11, 8), 6, (5, 2), {"stride": (3, 2), "padding": (0, 1)}, id="all pairs differ"),
        pytest.param((2, 6, 7, 10), 4, (3, 3), {"stride": (2, 2), "groups": 2}, id="two groups, rounded down"),
        pytest.param((1, 8, 6, 6), 16, (3, 3), {"groups": 8}, id="two outputs a channel"),
        pytest.param((64, 5, 3, 3), 7, (3, 3), {}, id="a batch, one place"),
        pytest.param((1, 512, 1, 1), 512, (1, 1), {"bytes_per_number": 2}, id="nearly only weights, float16"),
    ],
)
def test_operations_for_each_byte(student, reference, x_shape, out_channels, kernel_size, settings):
    """Operations over bytes, as a float."""
    args = x_shape, out_channels, kernel_size
    came, expected = (door.arithmetic_intensity(*args, **settings) for door in (student, reference))
    assert_close(came, expected, rtol=1e-9)


contract(
    "arithmetic_intensity",
    inputs=lambda rng, N=2, C=4, H=9, W=7: ((N, C, H, W), 6, (3, 2)),
    settings={"stride": (2, 1), "padding": (1, 2), "groups": 2, "bytes_per_number": 2},
    square={"N": 8, "C": 8, "H": 8, "W": 8},
    one="NHW",
    strides=False,
    device=False,
)
