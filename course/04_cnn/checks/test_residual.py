"""Checks of the residual blocks, of the network made of them, and of the dense block.

Every parameter and buffer is set by name, so that no random start is ever compared.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import Mismatch, assert_close, contract, exercise, rand, randn

DOUBLE = torch.float64
# Of answers in float64 that are kept as float32, so that a recording is small
ROUNDED = {"rtol": 1e-6, "atol": 1e-8}

# What a state dict must hold: shapes by name


def conv(name, num_out, num_in, side):
    """A convolution without a bias."""
    return {f"{name}.weight": (num_out, num_in, side, side)}


def norm(name, channels):
    """A batch norm, without its counter."""
    return {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}


def beside(num_in, num_out, stride):
    """The way beside the branch: nothing, where the shapes agree."""
    if stride == 1 and num_in == num_out:
        return {}
    return {**conv("downsample.0", num_out, num_in, 1), **norm("downsample.1", num_out)}


def basic(num_in, channels, stride):
    """The state of a basic block."""
    first = {**conv("conv1", channels, num_in, 3), **norm("bn1", channels)}
    second = {**conv("conv2", channels, channels, 3), **norm("bn2", channels)}
    return {**first, **second, **beside(num_in, channels, stride)}


def bottleneck(num_in, channels, stride, middle=None, groups=1):
    """The state of a bottleneck whose 3 x 3 convolution has `middle` channels in `groups`."""
    middle, wide = middle or channels, 4 * channels
    first = {**conv("conv1", middle, num_in, 1), **norm("bn1", middle)}
    second = {**conv("conv2", middle, middle // groups, 3), **norm("bn2", middle)}
    third = {**conv("conv3", wide, middle, 1), **norm("bn3", wide)}
    return {**first, **second, **third, **beside(num_in, wide, stride)}


def dense(num_layers, num_in, growth, bn_size):
    """The state of a dense block."""
    shapes = {}
    for number in range(num_layers):
        layer, has = f"denselayer{number + 1}", num_in + number * growth
        shapes |= {**norm(f"{layer}.norm1", has), **conv(f"{layer}.conv1", bn_size * growth, has, 1)}
        shapes |= {**norm(f"{layer}.norm2", bn_size * growth), **conv(f"{layer}.conv2", growth, bn_size * growth, 3)}
    return shapes


def stages(layers, num_classes, width):
    """The state of a network of the check's own blocks, which have 3 times as many channels at their end."""
    shapes, has = {**conv("conv1", width, 3, 7), **norm("bn1", width)}, width
    for number, depth in enumerate(layers):
        for index in range(depth):
            name, out = f"layer{number + 1}.{index}", 3 * width * 2**number
            shapes |= {**conv(f"{name}.conv", out, has, 3), **norm(f"{name}.norm", out)}
            has = out
    return {**shapes, "fc.weight": (num_classes, has), "fc.bias": (num_classes,)}


def drawn(rng, shapes, dtype=DOUBLE):
    """Return a value that matters for each name: gammas on either side of zero, betas and running means that aren't 0,
    running variances that aren't 1."""
    state = {}
    for name, shape in shapes.items():
        if name.endswith("running_var"):
            state[name] = 0.5 + rand(rng, *shape, dtype=dtype)
        elif len(shape) > 1:
            state[name] = randn(rng, *shape, dtype=dtype, scale=(shape[1] * shape[-1] ** 2) ** -0.5)
        else:
            state[name] = randn(rng, *shape, dtype=dtype, scale=0.5, shift=0.7 * name.endswith("weight"))
    return state


# Probes. `fork_rng`: that layers draw their first weights is torch's, and no fault of the student's.
# What torch says of a state that doesn't fit names the class and every entry. A line of their own is the same for all
# who make a mistake, and so finds its hint; the checks of names say which entries differ.


def names(ns, kind, args, settings):
    """Return the shape of each entry of a new module's state dict."""
    with torch.random.fork_rng(devices=[]):
        state = getattr(ns, kind)(*args, **settings).state_dict()
    return {name: list(value.shape) for name, value in state.items() if not name.endswith("num_batches_tracked")}


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


def answers(ns, kind, args, settings, state, x, kept="all"):
    """Load a state; return the output in training mode, the buffers then, and that of one image in evaluation mode.

    `kept` is "all"; "rounded", which makes float64 float32; or "last", which is the last of them, and rounded.
    """

    def short(value):
        return value.float() if kept != "all" and getattr(value, "dtype", None) == torch.float64 else value

    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    try:
        net.load_state_dict({**counters, **{name: value.clone() for name, value in state.items()}}, assign=True)
    except RuntimeError:
        raise RuntimeError("the state dict has other names or shapes than it should") from None
    with torch.no_grad():
        training = net.train()(x)
        buffers = {name: short(value.clone()) for name, value in net.state_dict().items() if "running" in name}
        evaluation = short(net.eval()(x[:1]))
        return evaluation if kept == "last" else (short(training), buffers, evaluation)


def gradients(ns, kind, args, settings, state, x, weights):
    """Return the gradient of a weighted sum of the outputs with respect to x and to each parameter, the parameters'
    summed over all but their first dimension; all rounded to float32."""
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings).to(x.dtype)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    try:
        net.load_state_dict({**counters, **state})
    except RuntimeError:
        raise RuntimeError("the state dict has other names or shapes than it should") from None
    x = x.clone().requires_grad_()
    (net.train()(x) * weights).sum().backward()
    found = {name: value.grad for name, value in net.named_parameters() if value.grad is not None}
    sums = {name: grad.flatten(1).sum(1) if grad.ndim > 1 else grad for name, grad in found.items()}
    return {name: None if grad is None else grad.float() for name, grad in {"x": x.grad, **sums}.items()}


def network(ns, asked, layers, settings, state, x):
    """Build a ResNet of blocks of the check's own: a convolution, a batch norm and a ReLU, three times `channels` out.

    `asked` is "names", "answers", or, in float32, "rounded" answers or "gradients"; with "order" the blocks have a
    single number and make all sizes fit, and the scores of one image come back.
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

    with torch.random.fork_rng(devices=[]):
        net = ns.ResNet(Step if asked == "order" else Block, tuple(layers), **settings)
    if asked == "names":
        shapes = {name: list(value.shape) for name, value in net.state_dict().items()}
        return {name: shape for name, shape in shapes.items() if not name.endswith("num_batches_tracked")}
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    try:
        net.load_state_dict({**counters, **{name: value.clone() for name, value in state.items()}}, assign=True)
    except RuntimeError:
        raise RuntimeError("the state dict has other names or shapes than it should") from None
    if asked == "gradients":
        x = x.clone().requires_grad_()
        net.train()(x).square().sum().backward()
        found = {name: value.grad for name, value in net.named_parameters() if value.grad is not None}
        sums = {name: grad.flatten(1).sum(1) if grad.ndim > 1 else grad for name, grad in found.items()}
        return {name: None if grad is None else grad.float() for name, grad in {"x": x.grad, **sums}.items()}

    def short(value):
        return value.float() if asked == "rounded" and getattr(value, "dtype", None) == torch.float64 else value

    with torch.no_grad():
        training = net.train()(x)
        buffers = {name: short(value.clone()) for name, value in net.state_dict().items() if "running" in name}
        evaluation = net.eval()(x[:1])
        return evaluation if asked == "order" else (short(training), buffers, short(evaluation))


# Comparisons


def assert_names(came, expected):
    """Compare two state dicts by the names and shapes of their entries."""
    lacks, extra = [sorted(set(one) - set(other)) for one, other in ((expected, came), (came, expected))]
    if lacks or extra:
        raise Mismatch(
            "the state dict has other names",
            ", ".join(extra[:6]) or "none beside the right ones",
            f"{', '.join(lacks[:6]) or 'none of these'}{' as well' * (not extra)}",
        )
    for name, shape in expected.items():
        if came[name] != shape:
            raise Mismatch(f"{name} has another shape", str(came[name]), str(shape))


def assert_begins(came, expansion):
    """Compare the class's `expansion`, and ask for batch norms as torch makes them."""
    if came[0] != expansion:
        raise Mismatch("`expansion` of the class is not right", str(came[0]), str(expansion))
    if came[1]:
        raise Mismatch("batch norms don't begin with torch's defaults", ", ".join(came[1][:6]), "ones and zeros there")


def assert_answers(came, expected, **tolerances):
    """Compare the output in training mode, the running statistics then, and the output in evaluation mode."""
    assert_close(came[0], expected[0], what="the output in training mode", **tolerances)
    for name, value in expected[1].items():
        assert_close(came[1][name], value, what=f"{name} after a call in training mode", **tolerances)
    assert_close(came[2], expected[2], what="the output in evaluation mode", **tolerances)


def assert_gradients(came, expected):
    """Compare each gradient by its name."""
    for name, value in expected.items():
        what = f"the gradient of {name}{', channel by channel' * (name != 'x')}"
        assert_close(came.get(name), value, what=what, **ROUNDED)


def ask_both(student, reference, *call):
    """Return what both sides answer to the same."""
    return student.run(*call), reference.run(*call)


# BasicBlock: channels in, channels, stride, batch, height, width
BASIC = [
    pytest.param(4, 4, 1, 2, 3, 4, id="nothing changes"),
    pytest.param(4, 4, 2, 2, 5, 7, id="smaller"),
    pytest.param(3, 4, 1, 2, 3, 4, id="more channels"),
    pytest.param(5, 3, 2, 1, 6, 5, id="fewer channels, smaller, batch of one"),
    pytest.param(2, 3, 3, 2, 8, 7, id="a stride of 3"),
]


@exercise("BasicBlock")
@pytest.mark.parametrize(("num_in", "channels", "stride", "num", "height", "width"), BASIC)
def test_a_basic_block_has_the_right_parts(student, reference, num_in, channels, stride, num, height, width):
    """Names and shapes of the state dict; a way beside the branch only where the shapes differ."""
    assert_names(*ask_both(student, reference, names, "BasicBlock", [num_in, channels, stride], {}))


@exercise("BasicBlock", costs=0.25)
def test_a_new_basic_block_begins_as_promised(student):
    """`expansion` is the class's own; gammas and running variances are one, the others zero."""
    assert_begins(student.run(begins, "BasicBlock", [3, 4, 2]), 1)


@exercise("BasicBlock")
@pytest.mark.parametrize(("num_in", "channels", "stride", "num", "height", "width"), BASIC)
def test_a_basic_block_answers(student, reference, rng, num_in, channels, stride, num, height, width):
    """With the same state, the same outputs, in training mode and in evaluation mode."""
    state, x = drawn(rng, basic(num_in, channels, stride)), randn(rng, num, num_in, height, width, dtype=DOUBLE)
    call = answers, "BasicBlock", [num_in, channels, stride], {}, state, x, "rounded"
    assert_answers(*ask_both(student, reference, *call), **ROUNDED)


@exercise("BasicBlock", costs=0.5)
def test_a_basic_block_whose_branch_is_silent_passes_its_input_on(student, rng):
    """With gamma and beta of bn2 at zero nothing comes out of the branch: what is left is the ReLU of the input."""
    state, x = drawn(rng, basic(3, 3, 1)), randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    state["bn2.weight"].zero_()
    state["bn2.bias"].zero_()
    training, _, evaluation = student.run(answers, "BasicBlock", [3, 3], {}, state, x)
    assert_close(training, x.relu(), what="the output in training mode")
    assert_close(evaluation, x[:1].relu(), what="the output in evaluation mode")


@exercise("BasicBlock", costs=0.5)
@pytest.mark.parametrize(("num_in", "stride"), [(3, 1), (2, 2)], ids=["identity", "downsample"])
def test_gradients_go_both_ways_of_a_basic_block(student, reference, rng, num_in, stride):
    """Through the branch and through the shortcut, to the input and to every parameter."""
    state, x = drawn(rng, basic(num_in, 3, stride)), randn(rng, 2, num_in, 4, 6, dtype=DOUBLE)
    weights = randn(rng, 2, 3, 4 // stride, 6 // stride, dtype=DOUBLE)
    call = gradients, "BasicBlock", [num_in, 3, stride], {}, state, x, weights
    assert_gradients(*ask_both(student, reference, *call))


def basic_block_inputs(rng, N=2, Cin=3, C=4, H=3, W=5, dtype=DOUBLE):
    """A state with a way beside, and images."""
    return "BasicBlock", [Cin, C, 2], {}, drawn(rng, basic(Cin, C, 2), dtype), randn(rng, N, Cin, H, W, dtype=dtype)


def plain_basic_block_inputs(rng, dtype=DOUBLE):
    """A state without a way beside, and images."""
    return "BasicBlock", [3, 3], {}, drawn(rng, basic(3, 3, 1), dtype), randn(rng, 2, 3, 3, 2, dtype=dtype)


contract(
    "BasicBlock",
    inputs=basic_block_inputs,
    also=[plain_basic_block_inputs],
    use=answers,
    compare=assert_answers,
    square=dict.fromkeys(["N", "Cin", "C", "H", "W"], 3),
    one="N",
    forbids=["torchvision"],
    instead="write the layers and the way through them yourself",
)


# Bottleneck
NARROW = [
    pytest.param(8, 2, 1, 2, 2, 3, id="nothing changes"),
    pytest.param(8, 2, 2, 2, 4, 5, id="smaller"),
    pytest.param(2, 2, 1, 2, 3, 2, id="as many channels in as in the middle"),
    pytest.param(5, 3, 2, 1, 6, 5, id="more channels, smaller, batch of one"),
    pytest.param(8, 2, 3, 2, 8, 7, id="a stride of 3"),
]


@exercise("Bottleneck")
@pytest.mark.parametrize(("num_in", "channels", "stride", "num", "height", "width"), NARROW)
def test_a_bottleneck_has_the_right_parts(student, reference, num_in, channels, stride, num, height, width):
    """Names and shapes of the state dict; a way beside the branch only where the shapes differ."""
    assert_names(*ask_both(student, reference, names, "Bottleneck", [num_in, channels, stride], {}))


@exercise("Bottleneck", costs=0.25)
def test_a_new_bottleneck_begins_as_promised(student):
    """`expansion` is the class's own; gammas and running variances are one, the others zero."""
    assert_begins(student.run(begins, "Bottleneck", [3, 2, 2]), 4)


@exercise("Bottleneck")
@pytest.mark.parametrize(("num_in", "channels", "stride", "num", "height", "width"), NARROW)
def test_a_bottleneck_answers(student, reference, rng, num_in, channels, stride, num, height, width):
    """With the same state, the same outputs, in training mode and in evaluation mode."""
    state, x = drawn(rng, bottleneck(num_in, channels, stride)), randn(rng, num, num_in, height, width, dtype=DOUBLE)
    call = answers, "Bottleneck", [num_in, channels, stride], {}, state, x, "rounded"
    assert_answers(*ask_both(student, reference, *call), **ROUNDED)


@exercise("Bottleneck", costs=0.5)
@pytest.mark.parametrize(("num_in", "stride"), [(8, 1), (3, 2)], ids=["identity", "downsample"])
def test_gradients_go_both_ways_of_a_bottleneck(student, reference, rng, num_in, stride):
    """Through the branch and through the shortcut, to the input and to every parameter."""
    state, x = drawn(rng, bottleneck(num_in, 2, stride)), randn(rng, 2, num_in, 4, 2, dtype=DOUBLE)
    weights = randn(rng, 2, 8, 4 // stride, 2 // stride, dtype=DOUBLE)
    call = gradients, "Bottleneck", [num_in, 2, stride], {}, state, x, weights
    assert_gradients(*ask_both(student, reference, *call))


def bottleneck_inputs(rng, N=2, Cin=5, C=2, H=3, W=4, dtype=DOUBLE):
    """A state with a way beside, and images."""
    state = drawn(rng, bottleneck(Cin, C, 2), dtype)
    return "Bottleneck", [Cin, C, 2], {}, state, randn(rng, N, Cin, H, W, dtype=dtype)


def plain_bottleneck_inputs(rng, dtype=DOUBLE):
    """A state without a way beside, and images."""
    return "Bottleneck", [4, 1], {}, drawn(rng, bottleneck(4, 1, 1), dtype), randn(rng, 2, 4, 2, 3, dtype=dtype)


contract(
    "Bottleneck",
    inputs=bottleneck_inputs,
    also=[plain_bottleneck_inputs],
    use=answers,
    compare=assert_answers,
    square=dict.fromkeys(["N", "Cin", "C", "H", "W"], 3),
    one="N",
    forbids=["torchvision"],
    instead="write the layers and the way through them yourself",
)


# ResNet
DEPTHS = [
    pytest.param([1], 4, 2, (1, 9, 14), id="one stage, batch of one"),
    pytest.param([1, 2], 5, 3, (2, 20, 13), id="two stages"),
    pytest.param([2, 1, 3], 3, 1, (3, 24, 33), id="three stages"),
    pytest.param([1, 1, 1, 1, 2], 2, 1, (2, 40, 35), id="five stages"),
]


@exercise("ResNet")
@pytest.mark.parametrize(("layers", "num_classes", "width", "size"), DEPTHS)
def test_a_network_has_the_right_parts(student, reference, layers, num_classes, width, size):
    """Names and shapes of the state dict, for blocks that end with three times their channels."""
    settings = {"num_classes": num_classes, "width": width}
    assert_names(*ask_both(student, reference, network, "names", layers, settings, {}, None))


@exercise("ResNet", costs=0.25)
def test_a_network_has_its_defaults(student, reference):
    """Where nothing else is said there are 1000 classes, and the stem has 64 channels."""
    assert_names(*ask_both(student, reference, network, "names", [1], {}, {}, None))


@exercise("ResNet")
@pytest.mark.parametrize(("layers", "num_classes", "width", "size"), DEPTHS)
def test_a_network_answers(student, reference, rng, layers, num_classes, width, size):
    """With the same state, the same scores, in training mode and in evaluation mode."""
    num, height, across = size
    state, x = drawn(rng, stages(layers, num_classes, width)), randn(rng, num, 3, height, across, dtype=DOUBLE)
    settings = {"num_classes": num_classes, "width": width}
    assert_answers(*ask_both(student, reference, network, "rounded", layers, settings, state, x), **ROUNDED)


@exercise("ResNet", costs=0.5)
def test_ten_stages_come_in_their_order(student, reference, rng):
    """The tenth stage comes after the ninth; its blocks are no convolutions, to be light."""
    shapes = {**conv("conv1", 1, 3, 7), **norm("bn1", 1), "fc.weight": (2, 512), "fc.bias": (2,)}
    shapes |= {f"layer{number + 1}.0.shift": (1,) for number in range(10)}
    state, x = drawn(rng, shapes), randn(rng, 2, 3, 5, 9, dtype=DOUBLE)
    call = network, "order", [1] * 10, {"num_classes": 2, "width": 1}, state, x
    assert_close(*ask_both(student, reference, *call))


@exercise("ResNet", costs=0.5)
def test_gradients_reach_the_stem(student, reference, rng):
    """From the scores through the average, the stages and the max pooling to the first convolution and the image."""
    state, x = drawn(rng, stages([1, 1], 3, 2)), randn(rng, 2, 3, 5, 8, dtype=DOUBLE)
    settings = {"num_classes": 3, "width": 2}
    assert_gradients(*ask_both(student, reference, network, "gradients", [1, 1], settings, state, x))


def resnet_inputs(rng, N=2, C=4, H=14, W=19, dtype=DOUBLE):
    """A state of two stages of the check's own blocks, and images."""
    state, x = drawn(rng, stages([1, 2], C, 2), dtype), randn(rng, N, 3, H, W, dtype=dtype)
    return "answers", [1, 2], {"num_classes": C, "width": 2}, state, x


contract(
    "ResNet",
    inputs=resnet_inputs,
    use=network,
    compare=assert_answers,
    square={"N": 4, "C": 4, "H": 16, "W": 16},
    one="NC",
    forbids=["torchvision"],
    instead="write the layers and the way through them yourself",
)


# ResNeXtBlock: channels in, channels, stride, groups, base width, and channels in the middle
PATHS = [
    pytest.param(6, 3, 1, 2, 70, 6, id="two paths of 3"),
    pytest.param(8, 2, 1, 2, 86, 4, id="nothing changes"),
    pytest.param(8, 2, 2, 3, 43, 3, id="smaller"),
    pytest.param(3, 2, 3, 3, 70, 6, id="a stride of 3"),
]


@exercise("ResNeXtBlock")
@pytest.mark.parametrize(("num_in", "channels", "stride", "groups", "base_width", "middle"), PATHS)
def test_a_resnext_block_has_the_right_parts(student, reference, num_in, channels, stride, groups, base_width, middle):
    """Names and shapes of the state dict; only the 3 x 3 convolution is split."""
    call = names, "ResNeXtBlock", [num_in, channels, stride, groups, base_width], {}
    assert_names(*ask_both(student, reference, *call))


@exercise("ResNeXtBlock", costs=0.25)
@pytest.mark.parametrize("settings", [{}, {"groups": 8}, {"base_width": 8}], ids=["none", "groups", "base_width"])
def test_a_resnext_block_has_its_defaults(student, reference, settings):
    """What is left out is 32 paths with a base width of 4."""
    assert_names(*ask_both(student, reference, names, "ResNeXtBlock", [8, 32], settings))


@exercise("ResNeXtBlock", costs=0.25)
def test_a_late_resnext_block_has_wide_paths(student, reference):
    """Where `channels` is no multiple of 64, and more than that."""
    assert_names(*ask_both(student, reference, names, "ResNeXtBlock", [4, 160], {"groups": 2, "base_width": 2}))


@exercise("ResNeXtBlock", costs=0.25)
def test_a_new_resnext_block_begins_as_promised(student):
    """`expansion` is the class's own; gammas and running variances are one, the others zero."""
    assert_begins(student.run(begins, "ResNeXtBlock", [3, 2, 2, 2, 70]), 4)


@exercise("ResNeXtBlock")
@pytest.mark.parametrize(("num_in", "channels", "stride", "groups", "base_width", "middle"), PATHS)
def test_a_resnext_block_answers(student, reference, rng, num_in, channels, stride, groups, base_width, middle):
    """With the same state, the same outputs, in training mode and in evaluation mode."""
    state = drawn(rng, bottleneck(num_in, channels, stride, middle, groups))
    x = randn(rng, 2, num_in, 2, 3, dtype=DOUBLE)
    call = answers, "ResNeXtBlock", [num_in, channels, stride, groups, base_width], {}, state, x, "rounded"
    assert_answers(*ask_both(student, reference, *call), **ROUNDED)


@exercise("ResNeXtBlock", costs=0.5)
@pytest.mark.parametrize(("num_in", "stride"), [(8, 1), (3, 2)], ids=["identity", "downsample"])
def test_gradients_go_both_ways_of_a_resnext_block(student, reference, rng, num_in, stride):
    """Through the branch and through the shortcut, to the input and to every parameter."""
    state, x = drawn(rng, bottleneck(num_in, 2, stride, 4, 2)), randn(rng, 2, num_in, 4, 2, dtype=DOUBLE)
    weights = randn(rng, 2, 8, 4 // stride, 2 // stride, dtype=DOUBLE)
    call = gradients, "ResNeXtBlock", [num_in, 2, stride, 2, 70], {}, state, x, weights
    assert_gradients(*ask_both(student, reference, *call))


def resnext_inputs(rng, N=2, Cin=5, C=2, H=3, W=4, dtype=DOUBLE):
    """A state with two paths and a way beside, and images."""
    state = drawn(rng, bottleneck(Cin, C, 2, 2 * (C * 70 // 64), 2), dtype)
    return "ResNeXtBlock", [Cin, C, 2, 2, 70], {}, state, randn(rng, N, Cin, H, W, dtype=dtype)


def plain_resnext_inputs(rng, dtype=DOUBLE):
    """A state without a way beside, and images."""
    state = drawn(rng, bottleneck(4, 1, 1, 4, 2), dtype)
    return "ResNeXtBlock", [4, 1, 1, 2, 128], {}, state, randn(rng, 2, 4, 2, 3, dtype=dtype)


contract(
    "ResNeXtBlock",
    inputs=resnext_inputs,
    also=[plain_resnext_inputs],
    use=answers,
    compare=assert_answers,
    square=dict.fromkeys(["N", "Cin", "C", "H", "W"], 3),
    one="N",
    forbids=["torchvision"],
    instead="write the layers and the way through them yourself",
)


# DenseBlock: layers, channels in, growth, bn_size
GROWTHS = [
    pytest.param(1, 3, 2, 4, (2, 2, 4), id="one layer"),
    pytest.param(3, 3, 2, 3, (1, 3, 4), id="three layers, batch of one"),
    pytest.param(4, 2, 1, 3, (2, 2, 3), id="four layers"),
    pytest.param(2, 3, 3, 2, (2, 1, 4), id="growth as large as the input"),
]


@exercise("DenseBlock")
@pytest.mark.parametrize(("num_layers", "num_in", "growth", "bn_size", "size"), GROWTHS)
def test_a_dense_block_has_the_right_parts(student, reference, num_layers, num_in, growth, bn_size, size):
    """Names and shapes of the state dict: every layer reads more channels than the one before."""
    assert_names(*ask_both(student, reference, names, "DenseBlock", [num_layers, num_in, growth, bn_size], {}))


@exercise("DenseBlock", costs=0.25)
def test_a_dense_block_has_its_default(student, reference):
    """Where nothing else is said, bn_size is 4."""
    assert_names(*ask_both(student, reference, names, "DenseBlock", [2, 3, 5], {}))


@exercise("DenseBlock", costs=0.25)
def test_a_new_dense_block_begins_as_promised(student):
    """Gammas and running variances of one, the others zero."""
    assert_begins(student.run(begins, "DenseBlock", [2, 3, 2, 2]), None)


@exercise("DenseBlock")
@pytest.mark.parametrize(("num_layers", "num_in", "growth", "bn_size", "size"), GROWTHS)
def test_a_dense_block_answers(student, reference, rng, num_layers, num_in, growth, bn_size, size):
    """With the same state, the same outputs, in training mode and in evaluation mode."""
    num, height, width = size
    state = drawn(rng, dense(num_layers, num_in, growth, bn_size))
    x = randn(rng, num, num_in, height, width, dtype=DOUBLE)
    call = answers, "DenseBlock", [num_layers, num_in, growth, bn_size], {}, state, x, "rounded"
    assert_answers(*ask_both(student, reference, *call), **ROUNDED)


@exercise("DenseBlock", costs=0.5)
def test_ten_layers_come_in_their_order(student, reference, rng):
    """The tenth layer comes after the ninth."""
    state, x = drawn(rng, dense(10, 2, 1, 1)), randn(rng, 2, 2, 2, 3, dtype=DOUBLE)
    call = answers, "DenseBlock", [10, 2, 1, 1], {}, state, x, "last"
    assert_close(*ask_both(student, reference, *call), **ROUNDED)


@exercise("DenseBlock", costs=0.5)
def test_the_first_channels_of_a_dense_block_are_its_input(student, rng):
    """Nothing is ever taken away: the input comes out first and unchanged."""
    state, x = drawn(rng, dense(2, 3, 2, 2)), randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    training, _, _ = student.run(answers, "DenseBlock", [2, 3, 2, 2], {}, state, x)
    assert_close(training[:, :3], x, what="the first channels of the output")


@exercise("DenseBlock", costs=0.5)
def test_gradients_reach_every_layer_of_a_dense_block(student, reference, rng):
    """From every channel that comes out to the input and to every parameter."""
    state, x = drawn(rng, dense(3, 3, 2, 2)), randn(rng, 2, 3, 2, 3, dtype=DOUBLE)
    call = gradients, "DenseBlock", [3, 3, 2, 2], {}, state, x, randn(rng, 2, 9, 2, 3, dtype=DOUBLE)
    assert_gradients(*ask_both(student, reference, *call))


def dense_inputs(rng, N=2, C=4, H=2, W=3, dtype=DOUBLE):
    """A state of two layers, and images."""
    state = drawn(rng, dense(2, C, 2, 3), dtype)
    return "DenseBlock", [2, C, 2, 3], {}, state, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "DenseBlock",
    inputs=dense_inputs,
    use=answers,
    compare=assert_answers,
    square=dict.fromkeys(["N", "C", "H", "W"], 3),
    one="NC",
    forbids=["torchvision"],
    instead="write the layers and the way through them yourself",
)
