"""Checks of the residual blocks, of the network made of them, and of the dense block.

Every parameter and buffer is set by name, so that no random start is ever compared.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_names,
    case,
    contract,
    exercise,
    made_by,
    module_answer,
    module_in_training,
    module_names,
    modules,
    randn,
    use_module_in_both_modes,
)

DOUBLE = torch.float64
# Of answers in float64 that are kept as float32, so that a recording is small
ROUNDED = {"rtol": 1e-6, "atol": 1e-8}
INSTEAD = "write the layers and the way through them yourself"


def ask_both(student, reference, *call):
    """Return what both sides answer to the same."""
    return student.run(*call), reference.run(*call)


# How blocks begin


def begins(ns, kind, args):
    """Return the class's `expansion`, and the entries of a new module's norms that begin otherwise than torch's."""
    with torch.random.fork_rng(devices=[]):
        state = getattr(ns, kind)(*args).state_dict()
    norms = {
        name: value
        for name, value in state.items()
        if value.ndim == 1 and name.rsplit(".", 1)[0] + ".running_var" in state
    }
    other = [name for name, value in norms.items() if (value != name.endswith(("weight", "running_var"))).any()]
    return getattr(getattr(ns, kind), "expansion", None), sorted(other)


BEGUN = [
    pytest.param(*one, marks=exercise(one[0], costs=0.25), id=one[0])
    for one in (
        ("BasicBlock", [3, 4, 2], 1),
        ("Bottleneck", [3, 2, 2], 4),
        ("ResNeXtBlock", [3, 2, 2, 2, 70], 4),
        ("DenseBlock", [2, 3, 2, 2], None),
    )
]


@pytest.mark.parametrize(("kind", "args", "expansion"), BEGUN)
def test_a_new_block_begins_as_promised(student, kind, args, expansion):
    """`expansion` is the class's own; gammas and running variances are one, the others zero."""
    came = student.run(begins, kind, args)
    if came[0] != expansion:
        raise Mismatch("`expansion` of the class is not right", str(came[0]), str(expansion))
    if came[1]:
        raise Mismatch("batch norms don't begin with torch's defaults", ", ".join(came[1][:6]), "ones and zeros there")


# BasicBlock: channels in, channels, stride
BASIC = {
    "nothing changes": case([4, 4, 1], x=(2, 4, 3, 4)),
    "smaller": case([4, 4, 2], x=(2, 4, 5, 7)),
    "more channels": case([3, 4, 1], x=(2, 3, 3, 4)),
    "fewer channels, smaller, batch of one": case([5, 3, 2], x=(1, 5, 6, 5)),
    "a stride of 3": case([2, 3, 3], x=(2, 2, 8, 7)),
}
SMALL = {"rounded": True, "sums": True, "costs": {"apart": 0.25}}
modules("BasicBlock", BASIC, training=BASIC, gradients=["nothing changes", "smaller"], **SMALL)


@exercise("BasicBlock", costs=0.5)
def test_a_basic_block_whose_branch_is_silent_passes_its_input_on(student, rng):
    """With gamma and beta of bn2 at zero nothing comes out of the branch: what is left is the ReLU of the input."""
    x, zero = randn(rng, 2, 3, 4, 5, dtype=DOUBLE), torch.zeros(3)
    call = "BasicBlock", [3, 3], {}, [x], {"bn2.weight": zero, "bn2.bias": zero}
    training, _ = student.run(module_in_training, *call)
    assert_close(training, x.relu(), what="the output in training mode")
    assert_close(student.run(module_answer, *call), x.relu(), what="the output in evaluation mode")


def promise(kind, inputs, *also, square, one="N"):
    """Say once what holds for a module beside its values."""
    contract(
        kind,
        inputs=inputs,
        also=also,
        use=use_module_in_both_modes,
        square=square,
        one=one,
        forbids=["torchvision"],
        instead=INSTEAD,
    )


def batch_for(kind, args, *shape):
    """Return what draws a batch of one size for a block."""
    return lambda rng, dtype=DOUBLE: (kind, args, {}, randn(rng, *shape, dtype=dtype))


ALL_THREE = dict.fromkeys(["N", "Cin", "C", "H", "W"], 3)
promise(
    "BasicBlock",
    lambda rng, N=2, Cin=3, C=4, H=3, W=5, dtype=DOUBLE: (
        *("BasicBlock", [Cin, C, 2], {}),
        randn(rng, N, Cin, H, W, dtype=dtype),
    ),
    batch_for("BasicBlock", [3, 3], 2, 3, 3, 2),
    square=ALL_THREE,
)


# Bottleneck
NARROW = {
    "nothing changes": case([8, 2, 1], x=(2, 8, 2, 3)),
    "smaller": case([8, 2, 2], x=(2, 8, 4, 5)),
    "as many channels in as in the middle": case([2, 2, 1], x=(2, 2, 3, 2)),
    "more channels, smaller, batch of one": case([5, 3, 2], x=(1, 5, 6, 5)),
    "a stride of 3": case([8, 2, 3], x=(2, 8, 8, 7)),
}
modules("Bottleneck", NARROW, training=NARROW, gradients=["nothing changes", "smaller"], **SMALL)
promise(
    "Bottleneck",
    lambda rng, N=2, Cin=5, C=2, H=3, W=4, dtype=DOUBLE: (
        *("Bottleneck", [Cin, C, 2], {}),
        randn(rng, N, Cin, H, W, dtype=dtype),
    ),
    batch_for("Bottleneck", [4, 1], 2, 4, 2, 3),
    square=ALL_THREE,
)


# ResNet


def resnet(ns, layers, is_light=False, **settings):
    """Make a ResNet of blocks of the check's own: a convolution, a batch norm and a ReLU, three times `channels` out.

    Where it is light, a block has a single number and makes all sizes fit.
    """

    class Block(nn.Module):
        expansion = 3

        def __init__(self, in_channels, channels, stride=1):
            super().__init__()
            self.conv = nn.Conv2d(in_channels, 3 * channels, 3, stride, 1, bias=False)
            self.norm = nn.BatchNorm2d(3 * channels)

        def forward(self, x):
            return F.relu(self.norm(self.conv(x)))

    class Step(nn.Module):
        expansion = 1

        def __init__(self, in_channels, channels, stride=1):
            super().__init__()
            self.times, self.stride = channels // in_channels, stride
            self.shift = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return (x[:, :, :: self.stride, :: self.stride].repeat(1, self.times, 1, 1) + self.shift).sin()

    return ns.ResNet(Step if is_light else Block, tuple(layers), **settings)


DEPTHS = {
    "one stage, batch of one": case([[1]], {"num_classes": 4, "width": 2}, x=(1, 3, 9, 14)),
    "two stages": case([[1, 2]], {"num_classes": 5, "width": 3}, x=(2, 3, 20, 13)),
    "three stages": case([[2, 1, 3]], {"num_classes": 3, "width": 1}, x=(3, 3, 24, 33)),
    "five stages": case([[1, 1, 1, 1, 2]], {"num_classes": 2, "width": 1}, x=(2, 3, 40, 35)),
}
modules("ResNet", DEPTHS, make=resnet, training=DEPTHS, gradients=["two stages"], **SMALL)


@exercise("ResNet", costs=0.25)
def test_a_network_has_its_defaults(student, reference):
    """Where nothing else is said there are 1000 classes, and the stem has 64 channels."""
    assert_names(*ask_both(student, reference, module_names, made_by(resnet), [[1]], {}))


@exercise("ResNet", costs=0.5)
def test_ten_stages_come_in_their_order(student, reference, rng):
    """The tenth stage comes after the ninth; its blocks are no convolutions, to be light."""
    settings, x = {"is_light": True, "num_classes": 2, "width": 1}, randn(rng, 1, 3, 5, 9, dtype=DOUBLE)
    assert_close(*ask_both(student, reference, module_answer, made_by(resnet), [[1] * 10], settings, [x]))


promise(
    "ResNet",
    lambda rng, N=2, C=4, H=14, W=19, dtype=DOUBLE: (
        *(made_by(resnet), [[1, 2]], {"num_classes": C, "width": 2}),
        randn(rng, N, 3, H, W, dtype=dtype),
    ),
    square={"N": 4, "C": 4, "H": 16, "W": 16},
    one="NC",
)


# ResNeXtBlock: channels in, channels, stride, groups, base width
PATHS = {
    "two paths of 3": case([6, 3, 1, 2, 70], x=(2, 6, 2, 3)),
    "nothing changes": case([8, 2, 1, 2, 86], x=(2, 8, 2, 3)),
    "smaller": case([8, 2, 2, 3, 43], x=(2, 8, 2, 3)),
    "a stride of 3": case([3, 2, 3, 3, 70], x=(2, 3, 2, 3)),
}
modules("ResNeXtBlock", PATHS, training=PATHS, gradients=["nothing changes", "two paths of 3"], **SMALL)


@exercise("ResNeXtBlock", costs=0.25)
@pytest.mark.parametrize("settings", [{}, {"groups": 8}, {"base_width": 8}], ids=["none", "groups", "base_width"])
def test_a_resnext_block_has_its_defaults(student, reference, settings):
    """What is left out is 32 paths with a base width of 4."""
    assert_names(*ask_both(student, reference, module_names, "ResNeXtBlock", [8, 32], settings))


@exercise("ResNeXtBlock", costs=0.25)
def test_a_late_resnext_block_has_wide_paths(student, reference):
    """Where `channels` is no multiple of 64, and more than that."""
    call = module_names, "ResNeXtBlock", [4, 160], {"groups": 2, "base_width": 2}
    assert_names(*ask_both(student, reference, *call))


promise(
    "ResNeXtBlock",
    lambda rng, N=2, Cin=5, C=2, H=3, W=4, dtype=DOUBLE: (
        *("ResNeXtBlock", [Cin, C, 2, 2, 70], {}),
        randn(rng, N, Cin, H, W, dtype=dtype),
    ),
    batch_for("ResNeXtBlock", [4, 1, 1, 2, 128], 2, 4, 2, 3),
    square=ALL_THREE,
)


# DenseBlock: layers, channels in, growth, bn_size
GROWTHS = {
    "one layer": case([1, 3, 2, 4], x=(2, 3, 2, 4)),
    "three layers, batch of one": case([3, 3, 2, 3], x=(1, 3, 3, 4)),
    "four layers": case([4, 2, 1, 3], x=(2, 2, 2, 3)),
    "growth as large as the input": case([2, 3, 3, 2], x=(2, 3, 1, 4)),
}
modules("DenseBlock", GROWTHS, training=GROWTHS, gradients=["three layers, batch of one"], **SMALL)


@exercise("DenseBlock", costs=0.25)
def test_a_dense_block_has_its_default(student, reference):
    """Where nothing else is said, bn_size is 4."""
    assert_names(*ask_both(student, reference, module_names, "DenseBlock", [2, 3, 5], {}))


@exercise("DenseBlock", costs=0.5)
def test_ten_layers_come_in_their_order(student, reference, rng):
    """The tenth layer comes after the ninth."""
    x = randn(rng, 1, 2, 2, 3, dtype=DOUBLE)
    call = module_answer, "DenseBlock", [10, 2, 1, 1], {}, [x], {}, True
    assert_close(*ask_both(student, reference, *call), **ROUNDED)


@exercise("DenseBlock", costs=0.5)
def test_the_first_channels_of_a_dense_block_are_its_input(student, rng):
    """Nothing is ever taken away: the input comes out first and unchanged."""
    x = randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    training, _ = student.run(module_in_training, "DenseBlock", [2, 3, 2, 2], {}, [x])
    assert_close(training[:, :3], x, what="the first channels of the output")


promise(
    "DenseBlock",
    lambda rng, N=2, C=4, H=2, W=3, dtype=DOUBLE: (
        *("DenseBlock", [2, C, 2, 3], {}),
        randn(rng, N, C, H, W, dtype=dtype),
    ),
    square=dict.fromkeys(["N", "C", "H", "W"], 3),
    one="NC",
)
