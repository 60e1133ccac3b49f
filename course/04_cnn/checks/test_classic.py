"""Checks of the networks from LeNet to GoogLeNet, at narrow widths and on small images.

Every parameter and buffer is set by name, so that no random start is ever compared.
"""

import pytest
import torch

from autograder.authoring import Mismatch, assert_close, assert_equal, contract, exercise, rand, randn

DOUBLE = torch.float64
READY_MADE = ["torchvision", "hub"]
INSTEAD = "write the layers and the way through them yourself"


# What a state dict must hold: shapes by name


def layer(name, num_out, *inputs):
    """A convolution or a fully connected layer with a bias."""
    return {f"{name}.weight": (num_out, *inputs), f"{name}.bias": (num_out,)}


def norm(name, channels):
    """A batch normalisation, without its counter."""
    return {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}


def basic(name, num_out, num_in, side):
    """A BasicConv2d."""
    return {f"{name}.conv.weight": (num_out, num_in, side, side), **norm(f"{name}.bn", num_out)}


def lenet(in_channels, widths, flat, num_classes):
    """The state of LeNet whose features come out as `flat` numbers."""
    one, two, three, four = widths
    convolutions = {**layer("features.0", one, in_channels, 5, 5), **layer("features.3", two, one, 5, 5)}
    hidden = {**layer("classifier.0", three, flat), **layer("classifier.2", four, three)}
    return {**convolutions, **hidden, **layer("classifier.4", num_classes, four)}


def five_convolutions(first, widths, hidden, num_classes):
    """The state of AlexNet or ZFNet, with a first kernel of this side."""
    one, two, three, four, last = widths
    shapes = {**layer("features.0", one, 3, first, first), **layer("features.3", two, one, 5, 5)}
    shapes |= {**layer("features.6", three, two, 3, 3), **layer("features.8", four, three, 3, 3)}
    shapes |= {**layer("features.10", last, four, 3, 3), **layer("classifier.1", hidden, 36 * last)}
    return {**shapes, **layer("classifier.4", hidden, hidden), **layer("classifier.6", num_classes, hidden)}


def vgg(cfg, batch_norm, in_channels):
    """The state of VGG's feature layers."""
    shapes, number = {}, 0
    for entry in cfg:
        if entry != "M":
            shapes |= layer(str(number), entry, in_channels, 3, 3)
            shapes |= norm(str(number + 1), entry) if batch_norm else {}
            in_channels = entry
        number += 1 if entry == "M" else 2 + batch_norm
    return shapes


def inception(num_in, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj, wide=3):
    """The state of a module of four branches."""
    shapes = {**basic("branch1", ch1x1, num_in, 1), **basic("branch2.0", ch3x3red, num_in, 1)}
    shapes |= {**basic("branch2.1", ch3x3, ch3x3red, 3), **basic("branch3.0", ch5x5red, num_in, 1)}
    return {**shapes, **basic("branch3.1", ch5x5, ch5x5red, wide), **basic("branch4.1", pool_proj, num_in, 1)}


def head(num_in, num_classes, width, hidden):
    """The state of the head at the side."""
    linear = {**layer("fc1", hidden, 16 * width), **layer("fc2", num_classes, hidden)}
    return {**basic("conv", width, num_in, 1), **linear}


def drawn(rng, shapes, dtype=DOUBLE):
    """Return a value that matters for each name: no gamma is 1, no bias 0, and of the units of each layer about half
    are below zero, whatever comes in: each second one is nearly the opposite of the one before."""
    state = {}
    for name, shape in shapes.items():
        if name.endswith("running_var"):
            state[name] = 0.5 + rand(rng, *shape, dtype=dtype)
        elif len(shape) > 1:
            weights = randn(rng, *shape, dtype=dtype, scale=1.5 / torch.Size(shape[1:]).numel() ** 0.5)
            half = weights[0 : shape[0] // 2 * 2 : 2]
            weights[1::2] = 0.3 * weights[1::2] - half
            state[name] = weights
        elif ".bn." in name or f"{name.removesuffix('bias')}running_mean" in shapes:
            state[name] = randn(rng, *shape, dtype=dtype, scale=0.4, shift=0.9 * name.endswith("weight"))
        else:
            state[name] = randn(rng, *shape, dtype=dtype, scale=0.2)
    return state


# Probes. `fork_rng`: that layers draw their first weights is torch's, and no fault of the student's.


def names(ns, kind, args, settings):
    """Return the shape of each entry of a new network's state dict. It is made without memory."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        state = getattr(ns, kind)(*args, **settings).state_dict()
    return {name: list(value.shape) for name, value in state.items() if not name.endswith("num_batches_tracked")}


def answers(ns, kind, args, settings, state, x):
    """Load a state; return the output in training mode, the buffers then, and the output in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    net.load_state_dict({**counters, **{name: value.clone() for name, value in state.items()}}, assign=True)
    with torch.no_grad():
        training = net.train()(x)
        buffers = {name: value.clone() for name, value in net.state_dict().items() if "running" in name}
        return training, buffers, net.eval()(x)


def evaluated(ns, kind, args, settings, state, x, memory_format="contiguous_format"):
    """Load a state strictly and return the output in evaluation mode, for images that lie so in memory."""
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    net.load_state_dict({**counters, **{name: value.clone() for name, value in state.items()}}, assign=True)
    with torch.no_grad():
        return net.eval()(x.contiguous(memory_format=getattr(torch, memory_format)))


def gradients(ns, kind, args, settings, state, x):
    """Return the gradient of the mean square of the outputs with respect to x, added up by row, by column
    and by channel of the image, and to each bias."""
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings).to(x.dtype)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    net.load_state_dict({**counters, **state})
    x = x.clone().requires_grad_()
    net.eval()(x).square().mean().backward()
    sums = {
        f"x, by {name}": x.grad.transpose(1, axis).sum(dim=(0, 2, 3))
        for axis, name in ((1, "channel"), (2, "row"), (3, "column"))
    }
    biases = {name: value.grad for name, value in net.named_parameters() if "bias" in name}
    return {**sums, **biases}


def two_networks(ns, kind, args, settings, states, x):
    """Make two, load a state into each, call the first, the second and the first again."""
    with torch.random.fork_rng(devices=[]):
        nets = [getattr(ns, kind)(*args, **settings) for _ in states]
    for net, state in zip(nets, states):  # noqa: B905
        counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
        net.load_state_dict({**counters, **state}, assign=True)
        net.eval()
    with torch.no_grad():
        return [nets[0](x), nets[1](x.flip(0)), nets[0](x)]


def dropping(ns, kind, args, settings, state, x):
    """Return by which factors training mode multiplies the scores, whether for all images the same, and the scores in
    evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        net = getattr(ns, kind)(*args, **settings)
    counters = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    net.load_state_dict({**counters, **state}, assign=True)
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


def assert_names(came, expected):
    """Compare two state dicts by the names and shapes of their entries."""
    lacks, extra = ([name for name in one if name not in other] for one, other in ((expected, came), (came, expected)))
    if lacks or extra:
        raise Mismatch(
            "the state dict has other names",
            f"{', '.join(map(str, extra[:4])) or 'fewer'}{' …' * (len(extra) > 4)}",
            f"{', '.join(lacks[:4]) or 'none of these'}{' …' * (len(lacks) > 4)}",
        )
    for name, shape in expected.items():
        if came[name] != list(shape):
            raise Mismatch(f"{name} has another shape", str(came[name]), str(list(shape)))


def assert_answers(came, expected, **tolerances):
    """Compare the output in training mode, the running statistics then, and the output in evaluation mode."""
    assert_close(came[0], expected[0], what="the output in training mode", **tolerances)
    for name, value in expected[1].items():
        assert_close(came[1].get(name), value, what=f"{name} after a call in training mode", **tolerances)
    assert_close(came[2], expected[2], what="the output in evaluation mode", **tolerances)


def assert_gradients(came, expected):
    """Compare each gradient by its name."""
    for name, value in expected.items():
        assert_close(came.get(name), value, rtol=1e-6, what=f"the gradient of {name}")


def assert_dropping(came, expected):
    """Compare what a dropout does in evaluation mode and in training mode."""
    assert_close(came[2], expected[2], what="the output in evaluation mode, with a dropout")
    assert_equal(came[0], expected[0], what="the factors by which training mode multiplies the scores")
    assert_equal(came[1], expected[1], what="whether training mode drops the same numbers in every image")


def ask(student, reference, compare, *call):
    """Ask both sides the same and compare."""
    compare(student.run(*call), reference.run(*call))


def passing(shapes, start, layers, kept):
    """A state in which ones reach the first of these layers. Those in `kept` hand on what they get, the others give
    ones: so the scores show what is dropped behind the last that is not kept."""
    state = {name: torch.zeros(shape, dtype=DOUBLE) for name, shape in shapes.items()}
    state[f"{start}.bias"] += 1
    for name in layers:
        if name in kept:
            state[f"{name}.weight"] = torch.eye(*shapes[f"{name}.weight"], dtype=DOUBLE)
        else:
            state[f"{name}.bias"] += 1
    return state


def ask_channels_last(student, reference, rng, kind, args, settings, shapes, x):
    """Images whose channels lie side by side in memory get the same scores."""
    call = kind, args, settings, drawn(rng, shapes), x, "channels_last"
    ask(student, reference, assert_close, evaluated, *call)


def ask_two(student, reference, rng, kind, args, settings, shapes, x):
    """Two networks of one kind share nothing, and a call leaves nothing behind."""
    states = [drawn(rng, shapes), drawn(rng, shapes)]
    came, expected = (door.run(two_networks, kind, args, settings, states, x) for door in (student, reference))
    for which, one, other in zip(("first", "second", "first, asked again"), came, expected, strict=True):
        assert_close(one, other, what=f"the output of the {which} of two networks")


# LeNet: classes, channels, image, widths, and the numbers that its features come out as
LENETS = [
    pytest.param(4, 3, (17, 22), (2, 3, 6, 5), 3 * 1 * 2, id="17 x 22"),
    pytest.param(3, 2, (24, 18), (3, 4, 5, 7), 4 * 3 * 1, id="24 x 18"),
    pytest.param(5, 1, (19, 29), (4, 2, 7, 4), 2 * 1 * 4, id="sides that leave a rest"),
    pytest.param(2, 4, (21, 21), (3, 3, 3, 3), 3 * 2 * 2, id="square, equal widths"),
]


@exercise("LeNet")
def test_lenet_of_1998(student):
    """With no arguments it has LeCun's sizes: 61,706 parameters."""
    assert_names(student.run(names, "LeNet", [], {}), lenet(1, (6, 16, 120, 84), 400, 10))


@exercise("LeNet")
@pytest.mark.parametrize(("num_classes", "in_channels", "image", "widths", "flat"), LENETS)
def test_lenet_has_the_right_parts(student, num_classes, in_channels, image, widths, flat):
    """Names and shapes of all parameters, for images and widths of other sizes."""
    came = student.run(names, "LeNet", [num_classes, in_channels, image, widths], {})
    assert_names(came, lenet(in_channels, widths, flat, num_classes))


@exercise("LeNet")
@pytest.mark.parametrize(("num_classes", "in_channels", "image", "widths", "flat"), LENETS)
def test_lenet_scores(student, reference, rng, num_classes, in_channels, image, widths, flat):
    """Scores agree for given parameters, in training and in evaluation mode."""
    state, x = (
        drawn(rng, lenet(in_channels, widths, flat, num_classes)),
        randn(rng, 2, in_channels, *image, dtype=DOUBLE),
    )
    call = "LeNet", [num_classes, in_channels, image, widths], {}, state, x
    ask(student, reference, assert_answers, answers, *call)


@exercise("LeNet", costs=0.5)
def test_gradients_pass_through_lenet(student, reference, rng):
    """From the scores back to every layer and to the image."""
    state, x = drawn(rng, lenet(3, (2, 3, 6, 5), 6, 4)), randn(rng, 2, 3, 17, 22, dtype=DOUBLE)
    ask(student, reference, assert_gradients, gradients, "LeNet", [4, 3, (17, 22), (2, 3, 6, 5)], {}, state, x)


@exercise("LeNet", costs=0.5)
def test_two_lenets_share_nothing(student, reference, rng):
    """Two networks have parameters of their own."""
    args, shapes = [4, 3, (17, 22), (2, 3, 6, 5)], lenet(3, (2, 3, 6, 5), 6, 4)
    ask_two(student, reference, rng, "LeNet", args, {}, shapes, randn(rng, 2, 3, 17, 22, dtype=DOUBLE))


@exercise("LeNet", costs=0.25)
def test_lenet_takes_channels_last(student, reference, rng):
    """Images whose channels lie side by side in memory get the same scores."""
    args, shapes = [4, 3, (17, 22), (2, 3, 6, 5)], lenet(3, (2, 3, 6, 5), 6, 4)
    ask_channels_last(student, reference, rng, "LeNet", args, {}, shapes, randn(rng, 2, 3, 17, 22, dtype=DOUBLE))


def lenet_inputs(rng, N=2, C=4, Cin=3, H=17, W=22, dtype=DOUBLE):
    """A state and images."""
    flat = 3 * (((H - 4) // 2 - 4) // 2) * (((W - 4) // 2 - 4) // 2)
    state, x = drawn(rng, lenet(Cin, (2, 3, 6, 5), flat, C), dtype), randn(rng, N, Cin, H, W, dtype=dtype)
    return "LeNet", [C, Cin, (H, W), (2, 3, 6, 5)], {}, state, x


contract(
    "LeNet",
    inputs=lenet_inputs,
    use=answers,
    compare=assert_answers,
    square={"N": 3, "C": 3, "Cin": 3, "H": 18, "W": 18},
    one=["N", "C", "Cin"],
    forbids=READY_MADE,
    instead=INSTEAD,
)


# AlexNet and ZFNet: height, width, batch, widths, hidden units, classes
NARROW, HIDDEN = (3, 4, 6, 5, 2), 8
ALEXNETS = [
    pytest.param((63, 83), 2, NARROW, HIDDEN, 4, id="63 x 83"),
    pytest.param((79, 66), 1, (4, 2, 3, 4, 5), 7, 5, id="79 x 66, batch of one"),
    pytest.param((71, 71), 2, (4, 4, 4, 4, 4), 4, 4, id="square, equal widths"),
]
ZFNETS = [
    pytest.param((53, 71), 2, NARROW, HIDDEN, 4, id="53 x 71"),
    pytest.param((66, 56), 1, (4, 2, 3, 4, 5), 7, 5, id="66 x 56, batch of one"),
    pytest.param((64, 64), 2, (4, 4, 4, 4, 4), 4, 4, id="square, equal widths"),
]
DEEP = ("image", "num", "widths", "hidden", "num_classes")
CONNECTED = ["classifier.1", "classifier.4", "classifier.6"]


def narrow(num_classes, widths=NARROW, hidden=HIDDEN, dropout=0.0):
    """The settings of a narrow network."""
    return {"num_classes": num_classes, "dropout": dropout, "widths": widths, "hidden": hidden}


def check_scores(student, reference, rng, kind, first, image, num, widths, hidden, num_classes):
    """Scores agree for given parameters."""
    state = drawn(rng, five_convolutions(first, widths, hidden, num_classes))
    x = randn(rng, num, 3, *image, dtype=DOUBLE)
    ask(student, reference, assert_answers, answers, kind, [], narrow(num_classes, widths, hidden), state, x)


def check_dropout(student, reference, kind, first, dropped, kept):
    """In training mode a dropout stands before these layers and nowhere else; in evaluation mode none works."""
    widths, x = (1, 1, 1, 1, 1), torch.ones(8, 3, 63, 63, dtype=DOUBLE)
    settings = {"num_classes": 36, "widths": widths, "hidden": 36, **dropped}
    state = passing(five_convolutions(first, widths, 36, 36), "features.10", CONNECTED, kept)
    ask(student, reference, assert_dropping, dropping, kind, [], settings, state, x)


QUARTER = {"dropout": 0.25}
DROPOUTS = [
    pytest.param(QUARTER, CONNECTED[1:], id="before the second hidden layer"),
    pytest.param(QUARTER, CONNECTED[2:], id="none before or after the scores"),
    pytest.param(QUARTER, CONNECTED, id="before both"),
    pytest.param({}, CONNECTED, id="where it is left out"),
]


@exercise("AlexNet")
def test_alexnet_as_torchvision_has_it(student):
    """With no arguments it has the real network's sizes: 61,100,840 parameters."""
    came = student.run(names, "AlexNet", [], {})
    assert_names(came, five_convolutions(11, (64, 192, 384, 256, 256), 4096, 1000))


@exercise("AlexNet")
@pytest.mark.parametrize(DEEP, ALEXNETS)
def test_alexnet_scores(student, reference, rng, image, num, widths, hidden, num_classes):
    """Scores agree for given parameters, in training and in evaluation mode."""
    check_scores(student, reference, rng, "AlexNet", 11, image, num, widths, hidden, num_classes)


@exercise("AlexNet", costs=0.5)
def test_a_large_image_is_averaged_down(student, reference, rng):
    """Where more than 6 x 6 places are left, the adaptive pooling takes their average."""
    check_scores(student, reference, rng, "AlexNet", 11, (263, 295), 1, (2, 3, 2, 2, 3), 6, 3)


@exercise("AlexNet", costs=0.5)
@pytest.mark.parametrize(("dropped", "kept"), DROPOUTS)
def test_alexnet_drops_before_both_hidden_layers(student, reference, dropped, kept):
    """In training mode `dropout` of the numbers are dropped, before each hidden layer only; in evaluation mode none."""
    check_dropout(student, reference, "AlexNet", 11, dropped, kept)


@exercise("AlexNet", costs=0.25)
def test_alexnet_takes_channels_last(student, reference, rng):
    """Images whose channels lie side by side in memory get the same scores."""
    x = randn(rng, 2, 3, 63, 67, dtype=DOUBLE)
    shapes = five_convolutions(11, NARROW, HIDDEN, 4)
    ask_channels_last(student, reference, rng, "AlexNet", [], narrow(4), shapes, x)


@exercise("AlexNet", costs=0.5)
def test_gradients_pass_through_alexnet(student, reference, rng):
    """From the scores back to every layer and to the image."""
    state, x = drawn(rng, five_convolutions(11, NARROW, HIDDEN, 4)), randn(rng, 2, 3, 63, 67, dtype=DOUBLE)
    state["features.0.bias"] += 3.0  # so that something comes through
    ask(student, reference, assert_gradients, gradients, "AlexNet", [], narrow(4), state, x)


@exercise("AlexNet", costs=0.5)
def test_two_alexnets_share_nothing(student, reference, rng):
    """Two networks have parameters of their own."""
    x = randn(rng, 2, 3, 63, 67, dtype=DOUBLE)
    ask_two(student, reference, rng, "AlexNet", [], narrow(4), five_convolutions(11, NARROW, HIDDEN, 4), x)


def alexnet_inputs(rng, N=2, C=4, H=63, W=68, dtype=DOUBLE):
    """A state and images."""
    state, x = drawn(rng, five_convolutions(11, NARROW, HIDDEN, C), dtype), randn(rng, N, 3, H, W, dtype=dtype)
    return "AlexNet", [], narrow(C), state, x


contract(
    "AlexNet",
    inputs=alexnet_inputs,
    use=answers,
    compare=assert_answers,
    square={"N": 3, "C": 3, "H": 64, "W": 64},
    one=["N", "C"],
    but={"turns_its_inputs_round_where_it_is_square": "the only square matrix is a parameter, which is loaded"},
    forbids=READY_MADE,
    instead=INSTEAD,
)


@exercise("ZFNet")
def test_zfnet_as_in_the_paper(student):
    """With no arguments it has the paper's sizes: 62,357,608 parameters."""
    came = student.run(names, "ZFNet", [], {})
    assert_names(came, five_convolutions(7, (96, 256, 384, 384, 256), 4096, 1000))


@exercise("ZFNet")
@pytest.mark.parametrize(DEEP, ZFNETS)
def test_zfnet_scores(student, reference, rng, image, num, widths, hidden, num_classes):
    """Scores agree for given parameters, in training and in evaluation mode."""
    check_scores(student, reference, rng, "ZFNet", 7, image, num, widths, hidden, num_classes)


@exercise("ZFNet", costs=0.5)
def test_zfnet_at_the_papers_size(student, reference, rng):
    """An image of 224 x 224 gets the sizes that the paper gives, so the adaptive pooling changes nothing."""
    check_scores(student, reference, rng, "ZFNet", 7, (224, 224), 1, (2, 2, 2, 2, 3), 6, 3)


@exercise("ZFNet", costs=0.5)
def test_a_large_image_is_averaged_down_in_zfnet(student, reference, rng):
    """Where more than 6 x 6 places are left, the adaptive pooling takes their average."""
    check_scores(student, reference, rng, "ZFNet", 7, (256, 224), 1, (2, 3, 2, 2, 3), 6, 3)


@exercise("ZFNet", costs=0.5)
@pytest.mark.parametrize(("dropped", "kept"), DROPOUTS)
def test_zfnet_drops_before_both_hidden_layers(student, reference, dropped, kept):
    """In training mode `dropout` of the numbers are dropped, before each hidden layer only; in evaluation mode none."""
    check_dropout(student, reference, "ZFNet", 7, dropped, kept)


@exercise("ZFNet", costs=0.25)
def test_zfnet_takes_channels_last(student, reference, rng):
    """Images whose channels lie side by side in memory get the same scores."""
    x = randn(rng, 2, 3, 63, 67, dtype=DOUBLE)
    shapes = five_convolutions(7, NARROW, HIDDEN, 4)
    ask_channels_last(student, reference, rng, "ZFNet", [], narrow(4), shapes, x)


@exercise("ZFNet", costs=0.5)
def test_two_zfnets_share_nothing(student, reference, rng):
    """Two networks have parameters of their own."""
    x = randn(rng, 2, 3, 53, 57, dtype=DOUBLE)
    ask_two(student, reference, rng, "ZFNet", [], narrow(4), five_convolutions(7, NARROW, HIDDEN, 4), x)


def zfnet_inputs(rng, N=2, C=4, H=53, W=58, dtype=DOUBLE):
    """A state and images."""
    state, x = drawn(rng, five_convolutions(7, NARROW, HIDDEN, C), dtype), randn(rng, N, 3, H, W, dtype=dtype)
    return "ZFNet", [], narrow(C), state, x


contract(
    "ZFNet",
    inputs=zfnet_inputs,
    use=answers,
    compare=assert_answers,
    square={"N": 3, "C": 3, "H": 55, "W": 55},
    one=["N", "C"],
    but={"turns_its_inputs_round_where_it_is_square": "the only square matrix is a parameter, which is loaded"},
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


# vgg_layers: configuration, batch normalisation, channels in, image
PLAIN = [
    pytest.param([2, "M", 4, 3, "M"], False, 3, (2, 3, 9, 6), id="plain"),
    pytest.param([2, "M", 4, 3, "M"], True, 3, (3, 3, 9, 6), id="with batch normalisation"),
    pytest.param([5], False, 2, (1, 2, 4, 5), id="one layer, two channels in"),
    pytest.param(["M", 3, 3, 3], True, 1, (2, 1, 5, 6), id="pooling first"),
    pytest.param([4, "M", "M", 2], False, 3, (2, 3, 13, 8), id="pooling twice"),
    pytest.param([3, 3, "M", 3], True, 3, (3, 3, 6, 6), id="square, equal channels"),
]


@exercise("vgg_layers")
@pytest.mark.parametrize(("cfg", "batch_norm", "in_channels", "shape"), PLAIN)
def test_the_layers_have_torchvisions_numbers(student, cfg, batch_norm, in_channels, shape):
    """Names and shapes of all parameters."""
    came = student.run(names, "vgg_layers", [cfg], {"batch_norm": batch_norm, "in_channels": in_channels})
    assert_names(came, vgg(cfg, batch_norm, in_channels))


@exercise("vgg_layers")
@pytest.mark.parametrize(("cfg", "batch_norm", "in_channels", "shape"), PLAIN)
def test_feature_maps(student, reference, rng, cfg, batch_norm, in_channels, shape):
    """What comes out agrees for given parameters, in training and in evaluation mode; sizes are floored."""
    state, x = drawn(rng, vgg(cfg, batch_norm, in_channels)), randn(rng, *shape, dtype=DOUBLE)
    call = "vgg_layers", [cfg], {"batch_norm": batch_norm, "in_channels": in_channels}, state, x
    ask(student, reference, assert_answers, answers, *call)


@exercise("vgg_layers")
def test_vgg_19_has_its_16_convolutions(student):
    """The largest configuration of the paper: 20,024,384 parameters in its convolutions."""
    cfg = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
    assert_names(student.run(names, "vgg_layers", [cfg], {}), vgg(cfg, False, 3))


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


@exercise("vgg_layers", costs=0.5)
def test_gradients_pass_through_vgg(student, reference, rng):
    """From what comes out to every layer and to the image."""
    cfg = [4, "M", 6, 3]
    state, x = drawn(rng, vgg(cfg, True, 3)), randn(rng, 2, 3, 6, 7, dtype=DOUBLE)
    ask(student, reference, assert_gradients, gradients, "vgg_layers", [cfg], {"batch_norm": True}, state, x)


def vgg_inputs(rng, N=2, Cin=3, C=4, H=5, W=7):
    """A state with batch normalisation, and images."""
    cfg = [2, "M", C]
    state, x = drawn(rng, vgg(cfg, True, Cin)), randn(rng, N, Cin, H, W, dtype=DOUBLE)
    return "vgg_layers", [cfg], {"batch_norm": True, "in_channels": Cin}, state, x


def plain_vgg_inputs(rng):
    """A state without batch normalisation, and images."""
    state, x = drawn(rng, vgg([4, "M"], False, 3)), randn(rng, 2, 3, 5, 7, dtype=DOUBLE)
    return "vgg_layers", [[4, "M"]], {}, state, x


contract(
    "vgg_layers",
    inputs=vgg_inputs,
    also=[plain_vgg_inputs],
    use=answers,
    compare=assert_answers,
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


# Inception: arguments, the side of the wide kernel, image
MODULES = [
    pytest.param([5, 2, 3, 3, 2, 1, 1], {}, (2, 5, 3, 4), id="torchvision's"),
    pytest.param([4, 3, 2, 1, 3, 2, 2], {"wide": 5}, (1, 4, 4, 3), id="the paper's"),
    pytest.param([3, 1, 1, 2, 1, 1, 2], {"wide": 3}, (1, 3, 2, 5), id="batch of one"),
    pytest.param([2, 1, 2, 2, 4, 2, 1], {"wide": 7}, (2, 2, 4, 3), id="seven wide"),
    pytest.param([3, 3, 3, 3, 3, 3, 3], {"wide": 3}, (2, 3, 2, 2), id="all equal"),
]


@exercise("Inception")
@pytest.mark.parametrize(("args", "settings", "shape"), MODULES)
def test_the_branches_have_torchvisions_names(student, args, settings, shape):
    """Names and shapes of all parameters and statistics."""
    assert_names(student.run(names, "Inception", args, settings), inception(*args, **settings))


@exercise("Inception")
def test_the_first_module_of_googlenet(student):
    """The real module has 163,696 parameters where its wide kernel is 5."""
    sizes = [192, 64, 96, 128, 16, 32, 32]
    assert_names(student.run(names, "Inception", sizes, {"wide": 5}), inception(*sizes, wide=5))


@exercise("Inception")
@pytest.mark.parametrize(("args", "settings", "shape"), MODULES)
def test_the_module_answers(student, reference, rng, args, settings, shape):
    """Outputs and running statistics agree for given parameters, in training and in evaluation mode."""
    state, x = drawn(rng, inception(*args, **settings)), randn(rng, *shape, dtype=DOUBLE)
    ask(student, reference, assert_answers, answers, "Inception", args, settings, state, x)


@exercise("Inception", costs=0.5)
def test_pooling_at_the_border_takes_a_pixel_below_zero(student, reference, rng):
    """Where all values are below zero, the border of the pooling is not a zero."""
    args = [3, 1, 1, 1, 1, 1, 4]
    state, x = drawn(rng, inception(*args)), -1 - rand(rng, 2, 3, 3, 4, dtype=DOUBLE)
    ask(student, reference, assert_close, evaluated, "Inception", args, {}, state, x)


@exercise("Inception", costs=0.5)
def test_gradients_pass_through_all_branches(student, reference, rng):
    """From every channel to every branch and to the input."""
    args = [3, 2, 4, 2, 2, 4, 2]
    state, x = drawn(rng, inception(*args)), randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    ask(student, reference, assert_gradients, gradients, "Inception", args, {}, state, x)


@exercise("Inception", costs=0.5)
def test_two_modules_share_nothing(student, reference, rng):
    """Two modules have parameters of their own."""
    args = [3, 1, 2, 2, 1, 1, 2]
    x = randn(rng, 2, 3, 2, 3, dtype=DOUBLE)
    ask_two(student, reference, rng, "Inception", args, {}, inception(*args), x)


def inception_inputs(rng, N=2, Cin=3, H=2, W=4, dtype=DOUBLE):
    """A state and images."""
    args = [Cin, 1, 3, 2, 2, 1, 1]
    return (
        "Inception",
        args,
        {"wide": 5},
        drawn(rng, inception(*args, wide=5), dtype),
        randn(rng, N, Cin, H, W, dtype=dtype),
    )


contract(
    "Inception",
    inputs=inception_inputs,
    use=answers,
    compare=assert_answers,
    square={"N": 3, "Cin": 3, "H": 3, "W": 3},
    one="NHW",
    forbids=READY_MADE,
    instead=INSTEAD,
)


# AuxiliaryClassifier: channels in, classes, width, hidden units, image
HEADS = [
    pytest.param(5, 3, 2, 6, (2, 5, 6, 9), id="6 x 9"),
    pytest.param(3, 4, 3, 5, (3, 3, 14, 14), id="14 x 14"),
    pytest.param(2, 6, 4, 7, (2, 2, 3, 5), id="smaller than what comes out"),
    pytest.param(4, 4, 4, 4, (4, 4, 4, 4), id="all equal"),
    pytest.param(3, 2, 2, 8, (2, 3, 17, 10), id="sides that don't divide"),
]


@exercise("AuxiliaryClassifier")
def test_the_head_of_googlenet(student):
    """With torchvision's arguments it has torchvision's sizes."""
    assert_names(student.run(names, "AuxiliaryClassifier", [512, 1000], {}), head(512, 1000, 128, 1024))


@exercise("AuxiliaryClassifier")
@pytest.mark.parametrize(("num_in", "num_classes", "width", "hidden", "shape"), HEADS)
def test_the_head_has_the_right_parts(student, num_in, num_classes, width, hidden, shape):
    """Names and shapes of all parameters and statistics."""
    settings = {"width": width, "hidden": hidden}
    assert_names(
        student.run(names, "AuxiliaryClassifier", [num_in, num_classes], settings),
        head(num_in, num_classes, width, hidden),
    )


@exercise("AuxiliaryClassifier")
@pytest.mark.parametrize(("num_in", "num_classes", "width", "hidden", "shape"), HEADS)
def test_the_head_scores(student, reference, rng, num_in, num_classes, width, hidden, shape):
    """Scores and running statistics agree for given parameters, in training mode without dropout and in evaluation."""
    state, x = drawn(rng, head(num_in, num_classes, width, hidden)), randn(rng, *shape, dtype=DOUBLE)
    settings = {"dropout": 0.0, "width": width, "hidden": hidden}
    ask(student, reference, assert_answers, answers, "AuxiliaryClassifier", [num_in, num_classes], settings, state, x)


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
    state = passing(head(3, 16, 1, 16), "conv.bn", ["fc1", "fc2"], kept)
    ask(student, reference, assert_dropping, dropping, "AuxiliaryClassifier", [3, 16], settings, state, x)


@exercise("AuxiliaryClassifier", costs=0.25)
def test_the_head_takes_channels_last(student, reference, rng):
    """Feature maps whose channels lie side by side in memory get the same scores."""
    args, settings, shapes = [3, 4], {"width": 2, "hidden": 6}, head(3, 4, 2, 6)
    x = randn(rng, 2, 3, 5, 8, dtype=DOUBLE)
    ask_channels_last(student, reference, rng, "AuxiliaryClassifier", args, settings, shapes, x)


@exercise("AuxiliaryClassifier", costs=0.5)
def test_gradients_pass_through_the_head(student, reference, rng):
    """From the scores to every layer and to the feature maps."""
    state, x = drawn(rng, head(3, 4, 2, 6)), randn(rng, 2, 3, 5, 8, dtype=DOUBLE)
    settings = {"width": 2, "hidden": 6}
    ask(student, reference, assert_gradients, gradients, "AuxiliaryClassifier", [3, 4], settings, state, x)


@exercise("AuxiliaryClassifier", costs=0.5)
def test_two_heads_share_nothing(student, reference, rng):
    """Two heads have parameters of their own."""
    x = randn(rng, 2, 3, 5, 8, dtype=DOUBLE)
    ask_two(student, reference, rng, "AuxiliaryClassifier", [3, 4], {"width": 2, "hidden": 6}, head(3, 4, 2, 6), x)


def head_inputs(rng, N=2, Cin=3, C=5, H=6, W=9, dtype=DOUBLE):
    """A state and feature maps."""
    state, x = drawn(rng, head(Cin, C, 2, 6), dtype), randn(rng, N, Cin, H, W, dtype=dtype)
    return "AuxiliaryClassifier", [Cin, C], {"dropout": 0.0, "width": 2, "hidden": 6}, state, x


contract(
    "AuxiliaryClassifier",
    inputs=head_inputs,
    use=answers,
    compare=assert_answers,
    one=["N", "Cin", "C", "H", "W"],
    forbids=READY_MADE,
    instead=INSTEAD,
)
