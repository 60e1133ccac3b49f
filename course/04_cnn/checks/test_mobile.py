"""Checks of the blocks of MobileNet and ShuffleNet, of their width, and of arithmetic intensity.

Every parameter and buffer is set by name, so that no random start is ever compared. No check looks at a clock.
"""

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    case,
    contract,
    exercise,
    integers,
    modules,
    randn,
    use_module,
)

DOUBLE = torch.float64
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


def block(args, settings=None, x=(), values=None):
    """A block to make, and maps of this shape whose numbers reach far enough for every activation's ends."""
    return case(args, settings, x=lambda rng: (randn(rng, *x, dtype=DOUBLE, scale=5.0, shift=0.5),), values=values)


def each(groups, name="cases"):
    """Return the parametrisation of a test over some groups of cases, each under its name."""
    return pytest.mark.parametrize(name, groups.values(), ids=groups)


PRICE = {"training": 0.3, "gradients": 0.2, "apart": 0.25}
SMALL = {"rounded": True, "costs": PRICE}
ALL_THREE = {"N": 3, "H": 3, "W": 3}
SINGLE = {torch.float32: {"rtol": 1e-4, "atol": 1e-4}}  # sums of numbers of several tens


def promise(kind, *made, settings=None, forbids=READY_MADE):
    """Say once what holds for a block beside its values, for each of these ways to make one: (arguments, settings)."""

    def given(args, fixed):
        return lambda rng, N=2, H=3, W=4, dtype=DOUBLE: (
            *(kind, args, fixed),
            randn(rng, N, args[0], H, W, dtype=dtype, scale=2.0),
        )

    first, *others = (given(*one) for one in made)
    contract(
        kind,
        inputs=first,
        also=others,
        use=use_module,
        settings=settings or {},
        square=ALL_THREE,
        tolerances=SINGLE,
        one="NHW",
        forbids=forbids,
        instead=INSTEAD,
    )


# DepthwiseSeparableConv


modules(
    "DepthwiseSeparableConv",
    {
        "any channels": {
            "wider": block([3, 5], x=(1, 3, 4, 5)),
            "as many channels": block([4, 4], x=(1, 4, 4, 4)),
            "one channel": block([1, 3], x=(2, 1, 3, 4)),
        },
        "kernels and strides": {
            "a tall kernel": block([2, 4], {"kernel_size": (5, 1), "stride": (3, 1)}, x=(1, 2, 8, 5)),
            "a flat kernel, strides that differ": block(
                [4, 3], {"kernel_size": (3, 5), "stride": (1, 2)}, x=(2, 4, 4, 6)
            ),
            "narrower, stride 2": block([5, 2], {"stride": (2, 2)}, x=(1, 5, 7, 4)),
        },
    },
    training=["a flat kernel, strides that differ"],
    gradients=["a flat kernel, strides that differ"],
    **SMALL,
)
promise("DepthwiseSeparableConv", ([3, 4], {}), settings={"stride": (2, 1)})


# InvertedResidual


modules(
    "InvertedResidual",
    {
        "it adds": block([4, 4, 1, 3], x=(2, 4, 4, 5)),
        "more channels": block([3, 5, 1, 2], x=(1, 3, 3, 4)),
        "stride 2": {
            "stride 2, as many channels": block([4, 4, 2, 2], x=(1, 4, 7, 5)),
            "stride 2, fewer channels": block([5, 3, 2, 4], x=(1, 5, 6, 5)),
            "stride 2, one place": block([4, 4, 2, 2], x=(1, 4, 1, 1)),
        },
        "nothing to expand": {
            "nothing to expand": block([5, 3, 1, 1], x=(1, 5, 4, 5)),
            "nothing to expand, residual": block([3, 3, 1, 1], x=(2, 3, 4, 4)),
        },
        "other ratios": {
            "a ratio of 2.3": block([4, 6, 1, 2.3], x=(1, 4, 4, 5)),
            "a ratio of 2.7": block([4, 6, 2, 2.7], x=(1, 4, 4, 5)),
            "a ratio of 1.1, no wider": block([4, 3, 2, 1.1], x=(1, 4, 3, 4)),
        },
    },
    **SMALL,
)


@exercise("InvertedResidual", costs=0.25)
def test_a_stride_of_three_is_refused(student, reference):
    """A stride of 3 or 0 raises ValueError; 1 and 2 don't."""
    calls = [(4, 4, 1, 2), (4, 4, 2, 2), (4, 4, 3, 2), (4, 5, 0, 1)]
    assert_equal(student.run(refusals, "InvertedResidual", calls), reference.run(refusals, "InvertedResidual", calls))


promise("InvertedResidual", ([3, 3, 1, 2], {}))


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


HARD = {"activation": "hardswish"}
# So that the hard sigmoid is not flat, where no gradient passes
WEIGHED = {"block.2.fc1.bias": 3.0, "block.2.fc2.weight": torch.linspace(-0.3, 0.4, 16).reshape(8, 2, 1, 1)}

modules(
    "MobileNetV3Block",
    {
        "no weighing": {
            "relu, no weighing": block([4, 6, 4], x=(1, 4, 4, 5)),
            "hard swish, no weighing": block([3, 7, 5], HARD, x=(1, 3, 4, 3)),
            "a narrower middle": block([6, 4, 6], HARD, x=(1, 6, 4, 5)),
        },
        "weighed": {
            "relu, weighed, 5 x 5, stride 2": block(
                [4, 6, 4], {"kernel_size": 5, "stride": 2, "squeeze_channels": 3}, x=(2, 4, 7, 6)
            ),
            "hard swish, weighed, 5 x 5": block(
                [4, 8, 4], {"kernel_size": 5, "squeeze_channels": 2, **HARD}, x=(2, 4, 4, 5), values=WEIGHED
            ),
        },
        "nothing to expand": {
            "nothing to expand, weighed": block([5, 5, 3], {"squeeze_channels": 2, **HARD}, x=(2, 5, 5, 4)),
            "nothing to expand": block([4, 4, 4], {"stride": 2}, x=(1, 4, 4, 4)),
            "stride 2, one place": block([4, 4, 4], {"stride": 2}, x=(1, 4, 1, 1)),
        },
    },
    # In float64 too, torch's hard sigmoid has the float32 number nearest to 1/6 as its slope: what is rounded is
    # compared as a share of the largest number, which hides that.
    training=["hard swish, weighed, 5 x 5"],
    gradients=["hard swish, weighed, 5 x 5"],
    **SMALL,
)


@exercise("MobileNetV3Block", costs=0.2)
def test_an_unknown_activation_is_refused(student, reference):
    """Another word than "relu" or "hardswish" raises ValueError."""
    calls = [(4, 6, 4, 3, 1, 0, word) for word in ("relu", "hardswish", "HS", "")]
    assert_equal(student.run(refusals, "MobileNetV3Block", calls), reference.run(refusals, "MobileNetV3Block", calls))


promise("MobileNetV3Block", ([3, 5, 3], {"squeeze_channels": 2}), settings={"stride": 2, "activation": "hardswish"})


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


modules(
    "ShuffleUnit",
    {
        "version 2, stride 1": {"version 2": block([6, 6, 1], x=(2, 6, 4, 5))},
        "version 2, stride 2": {
            "version 2, stride 2": block([4, 10, 2], x=(2, 4, 7, 5)),
            "version 2, stride 2, as many": block([6, 6, 2], x=(2, 6, 5, 4)),
        },
        "version 1, stride 1": {
            "version 1, 3 groups": block([24, 24, 1], {"version": 1}, x=(1, 24, 2, 3)),
            "version 1, 1 group": block([8, 8, 1], {"version": 1, "groups": 1}, x=(2, 8, 2, 3)),
        },
        "version 1, stride 2": {
            "version 1, 2 groups, stride 2": block([6, 24, 2], {"version": 1, "groups": 2}, x=(1, 6, 6, 5))
        },
    },
    training=["version 2, stride 2", "version 1, 1 group"],
    gradients=["version 2, stride 2", "version 1, 1 group"],
    rounded=True,
    costs={"training": 0.25, "gradients": 0.15, "apart": 0.25},
)


@exercise("ShuffleUnit", costs=0.15)
def test_other_widths_at_stride_one_are_refused(student, reference):
    """At stride 1 in_channels and out_channels are equal, or ValueError is raised."""
    calls = [(6, 6, 1), (6, 8, 1), (4, 8, 2), (6, 12, 1, 1, 1), (12, 12, 1, 1)]
    assert_equal(student.run(refusals, "ShuffleUnit", calls), reference.run(refusals, "ShuffleUnit", calls))


promise("ShuffleUnit", ([6, 12, 2, 1], {}), ([6, 12, 2, 2], {}), forbids=[*READY_MADE, "native_channel_shuffle"])


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
