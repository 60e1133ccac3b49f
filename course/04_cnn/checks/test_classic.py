"""Checks of the networks from LeNet to GoogLeNet, at narrow widths and on small images.

Every parameter and buffer is set by name, so that no random start is ever compared.
"""

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    case,
    contract,
    exercise,
    module_answer,
    modules,
    rand,
    randn,
    use_module_in_both_modes,
)

DOUBLE = torch.float64
READY_MADE = ["torchvision", "hub"]
INSTEAD = "write the layers and the way through them yourself"
SMALL = {"rounded": True, "sums": True}


# Probes. `fork_rng`: that layers draw their first weights is torch's, and no fault of the student's.


def dropping(ns, kind, args, settings, start, layers, kept, x):
    """Return by which factors training mode multiplies the scores, whether for all images the same, and the scores in
    evaluation mode.

    Ones reach the first of these layers. Those in `kept` hand on what they get, the others give ones: so the scores
    show what is dropped behind the last that is not kept.
    """
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings).to(x.dtype)
    state = net.state_dict()
    for value in state.values():
        value.zero_()
    state[f"{start}.bias"] += 1
    for name in layers:
        if name in kept:
            state[f"{name}.weight"].copy_(torch.eye(*state[f"{name}.weight"].shape))
        else:
            state[f"{name}.bias"] += 1
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        scores = net.eval()(x)
        ratios = (net.train()(x) / scores).round(decimals=4)
    return sorted(set(ratios[scores != 0].tolist())), bool((ratios == ratios[0]).all()), scores


def refusals(ns, entries):
    """Return for each entry of a configuration which error it raises, and whether its message names the entry."""
    found = []
    for entry in entries:
        try:
            with torch.random.fork_rng(devices=[]):
                ns.vgg_layers([2, entry, 3])
            found.append(["no error", False])
        except Exception as problem:
            found.append([type(problem).__name__, repr(entry).strip("'") in str(problem)])
    return found


def layers_of(ns, cfg, settings):
    """Return the class of each layer, the configuration afterwards, and whether a second call shares a layer."""
    with torch.random.fork_rng(devices=[]):
        first, second = ns.vgg_layers(cfg, **settings), ns.vgg_layers(cfg, **settings)
    shared = any(one is other for one in first for other in second)
    return [type(one).__name__ for one in first], list(cfg), shared


# Comparisons


def ask_dropping(student, reference, *call):
    """Compare what a dropout does in evaluation mode and in training mode."""
    came, expected = student.run(dropping, *call), reference.run(dropping, *call)
    assert_close(came[2], expected[2], what="the output in evaluation mode, with a dropout")
    assert_equal(came[0], expected[0], what="the factors by which training mode multiplies the scores")
    assert_equal(came[1], expected[1], what="whether training mode drops the same numbers in every image")


def ask_scores(student, reference, kind, args, settings, x):
    """Ask both sides for what comes out in evaluation mode, and compare."""
    call = module_answer, kind, args, settings, [x]
    assert_close(student.run(*call), reference.run(*call), what="the output in evaluation mode")


LAST = {"memory_format": torch.channels_last}
SIDE_BY_SIDE = [
    pytest.param(kind, args, settings, shape, marks=exercise(kind, costs=0.25), id=kind)
    for kind, args, settings, shape in (
        ("LeNet", [4, 3, (17, 22), (2, 3, 6, 5)], {}, (2, 3, 17, 22)),
        ("AlexNet", [], {"num_classes": 4, "dropout": 0.0, "widths": (3, 4, 6, 5, 2), "hidden": 8}, (2, 3, 63, 67)),
        ("ZFNet", [], {"num_classes": 4, "dropout": 0.0, "widths": (3, 4, 6, 5, 2), "hidden": 8}, (2, 3, 63, 67)),
        ("AuxiliaryClassifier", [3, 4], {"width": 2, "hidden": 6}, (2, 3, 5, 8)),
    )
]


@pytest.mark.parametrize(("kind", "args", "settings", "shape"), SIDE_BY_SIDE)
def test_images_whose_channels_lie_side_by_side(student, reference, rng, kind, args, settings, shape):
    """Images whose channels lie side by side in memory get the same scores."""
    ask_scores(student, reference, kind, args, settings, randn(rng, *shape, dtype=DOUBLE).contiguous(**LAST))


# LeNet: classes, channels, image, widths
LENETS = {
    "17 x 22": case([4, 3, (17, 22), (2, 3, 6, 5)], x=(2, 3, 17, 22)),
    "24 x 18": case([3, 2, (24, 18), (3, 4, 5, 7)], x=(2, 2, 24, 18)),
    "sides that leave a rest": case([5, 1, (19, 29), (4, 2, 7, 4)], x=(2, 1, 19, 29)),
    "square, equal widths": case([2, 4, (21, 21), (3, 3, 3, 3)], x=(2, 4, 21, 21)),
}
modules("LeNet", {**LENETS, "LeCun's own, of 61,706 parameters": case(large=True)}, training=LENETS, **SMALL)


def lenet_inputs(rng, N=2, C=4, Cin=3, H=17, W=22, dtype=DOUBLE):
    """How a network is made, and images."""
    return "LeNet", [C, Cin, (H, W), (2, 3, 6, 5)], {}, randn(rng, N, Cin, H, W, dtype=dtype)


contract(
    "LeNet",
    inputs=lenet_inputs,
    use=use_module_in_both_modes,
    square={"N": 3, "C": 3, "Cin": 3, "H": 18, "W": 18},
    one=["N", "C", "Cin"],
    forbids=READY_MADE,
    instead=INSTEAD,
)


# AlexNet and ZFNet
CONNECTED = ["classifier.1", "classifier.4", "classifier.6"]


def narrow(num_classes, widths=(3, 4, 6, 5, 2), hidden=8, dropout=0.0):
    """The settings of a narrow network."""
    return {"num_classes": num_classes, "dropout": dropout, "widths": widths, "hidden": hidden}


def images_for(*sizes):
    """Three networks and their images, for a usual size, a batch of one and a square."""
    usual, alone, square = sizes
    return {
        "a narrow network": case([], narrow(4), x=(2, 3, *usual)),
        "a batch of one": case([], narrow(5, (4, 2, 3, 4, 5), 7), x=(1, 3, *alone)),
        "square, equal widths": case([], narrow(4, (4, 4, 4, 4, 4), 4), x=(2, 3, *square)),
    }


ALEXNETS = images_for((63, 83), (79, 66), (71, 71))
ZFNETS = images_for((53, 71), (66, 56), (64, 64))
modules(
    "AlexNet", {**ALEXNETS, "torchvision's, of 61,100,840 parameters": case(large=True)}, training=ALEXNETS, **SMALL
)
modules("ZFNet", {**ZFNETS, "the paper's, of 62,357,608 parameters": case(large=True)}, training=ZFNETS, **SMALL)

LARGE = [
    pytest.param(kind, image, widths, marks=exercise(kind, costs=0.5), id=f"{kind} {said}")
    for kind, image, widths, said in (
        ("AlexNet", (263, 295), (2, 3, 2, 2, 3), "of a large image"),
        ("ZFNet", (224, 224), (2, 2, 2, 2, 3), "at the paper's size"),
        ("ZFNet", (256, 224), (2, 3, 2, 2, 3), "of a large image"),
    )
]


@pytest.mark.parametrize(("kind", "image", "widths"), LARGE)
def test_a_large_image_is_averaged_down(student, reference, rng, kind, image, widths):
    """Where more than 6 x 6 places are left, the adaptive pooling takes their average; where as many, it does nothing.

    An image of 224 x 224 gets from ZFNet the sizes that its paper gives.
    """
    ask_scores(student, reference, kind, [], narrow(3, widths, 6), randn(rng, 1, 3, *image, dtype=DOUBLE))


QUARTER = {"dropout": 0.25}
DROPOUTS = [
    pytest.param(kind, dropped, kept, marks=exercise(kind, costs=0.5), id=f"{kind} {said}")
    for kind in ("AlexNet", "ZFNet")
    for dropped, kept, said in (
        (QUARTER, CONNECTED[1:], "before the second hidden layer"),
        (QUARTER, CONNECTED[2:], "none before or after the scores"),
        (QUARTER, CONNECTED, "before both"),
        ({}, CONNECTED, "where it is left out"),
    )
]


@pytest.mark.parametrize(("kind", "dropped", "kept"), DROPOUTS)
def test_a_dropout_stands_before_both_hidden_layers(student, reference, kind, dropped, kept):
    """In training mode `dropout` of the numbers are dropped, before each hidden layer only; in evaluation mode none."""
    settings = {"num_classes": 36, "widths": (1, 1, 1, 1, 1), "hidden": 36, **dropped}
    x = torch.ones(8, 3, 63, 63, dtype=DOUBLE)
    ask_dropping(student, reference, kind, [], settings, "features.10", CONNECTED, kept, x)


def alexnet_inputs(rng, N=2, C=4, H=63, W=68, dtype=DOUBLE):
    """How a network is made, and images."""
    return "AlexNet", [], narrow(C), randn(rng, N, 3, H, W, dtype=dtype)


def zfnet_inputs(rng, N=2, C=4, H=53, W=58, dtype=DOUBLE):
    """How a network is made, and images."""
    return "ZFNet", [], narrow(C), randn(rng, N, 3, H, W, dtype=dtype)


for name, inputs, side in (("AlexNet", alexnet_inputs, 64), ("ZFNet", zfnet_inputs, 55)):
    contract(
        name,
        inputs=inputs,
        use=use_module_in_both_modes,
        square={"N": 3, "C": 3, "H": side, "W": side},
        one=["N", "C"],
        forbids=READY_MADE,
        instead=INSTEAD,
    )


# local_response_norm


@exercise("local_response_norm")
def test_the_pixel_of_the_text(student, reference):
    """Five channels with 0, 0, 6, 0, 2 and a window of 3: 6 becomes 1.5."""
    x = torch.tensor([0.0, 0.0, 6.0, 0.0, 2.0], dtype=DOUBLE).reshape(1, 5, 1, 1)
    call = {"size": 3, "alpha": 1.0, "beta": 0.5, "k": 4.0}
    assert_close(student.local_response_norm(x, **call), reference.local_response_norm(x, **call))


@exercise("local_response_norm")
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 12])
@pytest.mark.parametrize("shape", [(2, 6, 1, 2), (1, 3, 4, 2)], ids=["six channels", "three channels"])
def test_windows_of_any_size(student, reference, rng, size, shape):
    """Odd and even windows, and windows wider than there are channels."""
    x = randn(rng, *shape, dtype=DOUBLE, scale=2.0)
    call = {"size": size, "alpha": 0.8, "beta": 0.6, "k": 1.5}
    assert_close(student.local_response_norm(x, **call), reference.local_response_norm(x, **call))


@exercise("local_response_norm")
def test_alexnets_settings(student, reference, rng):
    """Left out, the settings are 5, 0.0001, 0.75 and 1; values of hundreds show it."""
    x = randn(rng, 1, 7, 3, 2, dtype=DOUBLE, scale=300.0)
    assert_close(student.local_response_norm(x), reference.local_response_norm(x))


@exercise("local_response_norm", costs=0.5)
def test_one_loud_channel_is_heard_only_near_by(student, reference):
    """Channels outside the window, other pixels and other images stay what they are."""
    x = torch.ones(2, 9, 2, 3, dtype=DOUBLE)
    x[0, 4, 1, 2] = 50.0
    call = {"size": 4, "alpha": 2.0, "beta": 0.5, "k": 0.5}
    assert_close(student.local_response_norm(x, **call), reference.local_response_norm(x, **call))


def loudness_gradient(ns, x):
    """Return the gradient of a weighted sum of the answer."""
    x = x.clone().requires_grad_()
    out = ns.local_response_norm(x, size=4, alpha=0.9, beta=0.6, k=1.2)
    (out * torch.linspace(-1, 2, out.numel(), dtype=out.dtype).reshape(out.shape)).sum().backward()
    return x.grad


@exercise("local_response_norm", costs=0.5)
def test_gradients_pass_through_the_divisor_too(student, reference, rng):
    """The divisor is part of the graph: louder neighbours lower a value."""
    x = randn(rng, 2, 6, 2, 3, dtype=DOUBLE)
    assert_close(student.run(loudness_gradient, x), reference.run(loudness_gradient, x), what="the gradient of x")


contract(
    "local_response_norm",
    inputs=lambda rng, N=2, C=4, H=2, W=3, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype, scale=3.0),),
    settings={"size": 3, "alpha": 0.7, "beta": 0.4, "k": 2.0},
    also=[{"size": 4}],
    square={"N": 3, "C": 3, "H": 3, "W": 3},
    one="NCHW",
    all_at_once="NCHW",
    forbids=["local_response_norm", "LocalResponseNorm", "torchvision"],
    instead="pad the squares along the channels and sum over the windows",
)


# vgg_layers: configuration, batch normalisation, channels in
def layers(cfg, batch_norm=False, in_channels=3, x=None):
    """Feature layers to make, and images of this shape."""
    return case([cfg], {"batch_norm": batch_norm, "in_channels": in_channels}, x=x)


PLAIN = {
    "plain": layers([2, "M", 4, 3, "M"], x=(2, 3, 9, 6)),
    "with batch normalisation": layers([2, "M", 4, 3, "M"], True, x=(3, 3, 9, 6)),
    "one layer, two channels in": layers([5], False, 2, x=(1, 2, 4, 5)),
    "pooling first": layers(["M", 3, 3, 3], True, 1, x=(2, 1, 5, 6)),
    "pooling twice": layers([4, "M", "M", 2], x=(2, 3, 13, 8)),
    "square, equal channels": layers([3, 3, "M", 3], True, x=(3, 3, 6, 6)),
}
VGG_19 = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
modules(
    "vgg_layers",
    {**PLAIN, "VGG-19, of 20,024,384 parameters": case([VGG_19], large=True)},
    training=PLAIN,
    gradients=["with batch normalisation"],
    **SMALL,
)


@exercise("vgg_layers", costs=0.5)
@pytest.mark.parametrize("batch_norm", [False, True], ids=["plain", "with batch normalisation"])
def test_nothing_is_kept_between_calls(student, reference, batch_norm):
    """The configuration stays as it is, and a second call makes new layers."""
    settings = {"batch_norm": batch_norm}
    came, expected = (door.run(layers_of, [2, "M", 3], settings) for door in (student, reference))
    assert_equal(came[1], expected[1], what="the configuration afterwards")
    assert_equal(came[2], expected[2], what="whether two calls share a layer")
    assert_equal(len(came[0]), len(expected[0]), what="the number of layers")


@exercise("vgg_layers", costs=0.25)
def test_other_entries_are_refused(student, reference):
    """What is neither "M" nor a positive int raises a ValueError that names it."""
    entries = ["A", "m", 0, -8, 2.5]
    came, expected = student.run(refusals, entries), reference.run(refusals, entries)
    for entry, one, other in zip(entries, came, expected, strict=True):
        assert_equal(one[0], other[0], what=f"the error for the entry {entry!r}")
        assert_equal(one[1], other[1], what=f"whether the message names the entry {entry!r}")


def vgg_inputs(rng, N=2, Cin=3, C=4, H=5, W=7):
    """Layers with batch normalisation, and images."""
    settings = {"batch_norm": True, "in_channels": Cin}
    return "vgg_layers", [[2, "M", C]], settings, randn(rng, N, Cin, H, W, dtype=DOUBLE)


def plain_vgg_inputs(rng):
    """Layers without batch normalisation, and images."""
    return "vgg_layers", [[4, "M"]], {}, randn(rng, 2, 3, 5, 7, dtype=DOUBLE)


contract(
    "vgg_layers",
    inputs=vgg_inputs,
    also=[plain_vgg_inputs],
    use=use_module_in_both_modes,
    square={"N": 3, "Cin": 3, "C": 3, "H": 4, "W": 4},
    one=["N", "Cin", "C"],
    strides=False,
    device=False,
    forbids=[*READY_MADE, "make_layers"],
    but=dict.fromkeys(
        [
            "changes_its_inputs",
            "squeezes_every_axis",
            "adds_up_between_calls",
            "writes_every_answer_into_the_same_memory",
        ],
        "it takes a configuration and returns layers, not tensors",
    ),
    instead=INSTEAD,
)


# Inception: arguments, the side of the wide kernel
MODULES = {
    "torchvision's": case([5, 2, 3, 3, 2, 1, 1], x=(2, 5, 3, 4)),
    "the paper's": case([4, 3, 2, 1, 3, 2, 2], {"wide": 5}, x=(1, 4, 4, 3)),
    "a batch of one": case([3, 1, 1, 2, 1, 1, 2], {"wide": 3}, x=(1, 3, 2, 5)),
    "seven wide": case([2, 1, 2, 2, 4, 2, 1], {"wide": 7}, x=(2, 2, 4, 3)),
    "all equal": case([3, 3, 3, 3, 3, 3, 3], {"wide": 3}, x=(2, 3, 2, 2)),
}
FIRST = {"GoogLeNet's first, of 163,696 parameters": case([192, 64, 96, 128, 16, 32, 32], {"wide": 5}, large=True)}
modules("Inception", {**MODULES, **FIRST}, training=MODULES, **SMALL)


@exercise("Inception", costs=0.5)
def test_pooling_at_the_border_takes_a_pixel_below_zero(student, reference, rng):
    """Where all values are below zero, the border of the pooling is not a zero."""
    ask_scores(student, reference, "Inception", [3, 1, 1, 1, 1, 1, 4], {}, -1 - rand(rng, 2, 3, 3, 4, dtype=DOUBLE))


def inception_inputs(rng, N=2, Cin=3, H=2, W=4, dtype=DOUBLE):
    """How a module is made, and images."""
    return "Inception", [Cin, 1, 3, 2, 2, 1, 1], {"wide": 5}, randn(rng, N, Cin, H, W, dtype=dtype)


contract(
    "Inception",
    inputs=inception_inputs,
    use=use_module_in_both_modes,
    square={"N": 3, "Cin": 3, "H": 3, "W": 3},
    one="NHW",
    forbids=READY_MADE,
    instead=INSTEAD,
)


# AuxiliaryClassifier: channels in, classes, width, hidden units
def head(num_in, num_classes, width, hidden, x):
    """A head without dropout to make, and feature maps of this shape."""
    return case([num_in, num_classes], {"dropout": 0.0, "width": width, "hidden": hidden}, x=x)


HEADS = {
    "6 x 9": head(5, 3, 2, 6, x=(2, 5, 6, 9)),
    "14 x 14": head(3, 4, 3, 5, x=(3, 3, 14, 14)),
    "smaller than what comes out": head(2, 6, 4, 7, x=(2, 2, 3, 5)),
    "all equal": head(4, 4, 4, 4, x=(4, 4, 4, 4)),
    "sides that don't divide": head(3, 2, 2, 8, x=(2, 3, 17, 10)),
}
modules("AuxiliaryClassifier", {**HEADS, "GoogLeNet's": case([512, 1000], large=True)}, training=HEADS, **SMALL)


@exercise("AuxiliaryClassifier", costs=0.5)
@pytest.mark.parametrize(
    ("dropped", "kept"),
    [
        pytest.param(QUARTER, ["fc2"], id="before fc2"),
        pytest.param(QUARTER, ["fc1", "fc2"], id="none before fc1"),
        pytest.param(QUARTER, [], id="none after fc2"),
        pytest.param({}, ["fc2"], id="where it is left out"),
    ],
)
def test_the_head_drops_before_its_last_layer(student, reference, dropped, kept):
    """In training mode `dropout` of the units are dropped before fc2, and nowhere else; in evaluation mode none."""
    settings, x = {"width": 1, "hidden": 16, **dropped}, torch.ones(8, 3, 5, 8, dtype=DOUBLE)
    ask_dropping(student, reference, "AuxiliaryClassifier", [3, 16], settings, "conv.bn", ["fc1", "fc2"], kept, x)


def head_inputs(rng, N=2, Cin=3, C=5, H=6, W=9, dtype=DOUBLE):
    """How a head is made, and feature maps."""
    settings = {"dropout": 0.0, "width": 2, "hidden": 6}
    return "AuxiliaryClassifier", [Cin, C], settings, randn(rng, N, Cin, H, W, dtype=dtype)


contract(
    "AuxiliaryClassifier",
    inputs=head_inputs,
    use=use_module_in_both_modes,
    one=["N", "Cin", "C", "H", "W"],
    forbids=READY_MADE,
    instead=INSTEAD,
)
