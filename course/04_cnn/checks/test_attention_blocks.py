"""Checks of the attention blocks: squeeze and excitation, the two of CBAM, efficient channel attention.

Every block is given its parameters and buffers by name, so that no initial weight decides.
"""

import pytest
import torch

from autograder.authoring import Mismatch, assert_close, assert_equal, contract, exercise, randn

DOUBLE = torch.float64
OWN = "build the block from layers of torch.nn"


# Parameters by name


def channel_biases(hidden, dtype):
    """Return biases by which some hidden units are shut for certain, and others open."""
    return torch.tensor([-6.0, 5.0, 0.5, -4.0, 6.0])[:hidden].to(dtype) if hidden > 1 else torch.tensor([0.7]).to(dtype)


def squeeze_state(rng, channels, squeezed, dtype=DOUBLE):
    """Return the parameters of SqueezeExcitation."""
    return {
        "fc1.weight": randn(rng, squeezed, channels, 1, 1, dtype=dtype, scale=0.7),
        "fc1.bias": channel_biases(squeezed, dtype),
        "fc2.weight": randn(rng, channels, squeezed, 1, 1, dtype=dtype, scale=0.4),
        "fc2.bias": randn(rng, channels, dtype=dtype),
    }


def mlp_state(rng, channels, hidden, dtype=DOUBLE):
    """Return the parameters of ChannelAttention."""
    return {
        "mlp.1.weight": randn(rng, hidden, channels, dtype=dtype, scale=0.5),
        "mlp.1.bias": channel_biases(hidden, dtype),
        "mlp.3.weight": randn(rng, channels, hidden, dtype=dtype, scale=0.3),
        "mlp.3.bias": randn(rng, channels, dtype=dtype, scale=0.5, shift=0.4),
    }


def spatial_state(rng, kernel_size=7, dtype=DOUBLE):
    """Return the parameters and buffers of SpatialAttention, none at the value that it starts from."""
    return {
        "spatial.conv.weight": randn(rng, 1, 2, kernel_size, kernel_size, dtype=dtype, scale=1.5 / kernel_size),
        "spatial.bn.weight": torch.tensor([1.6], dtype=dtype),
        "spatial.bn.bias": torch.tensor([-0.4], dtype=dtype),
        "spatial.bn.running_mean": torch.tensor([0.8], dtype=dtype),
        "spatial.bn.running_var": torch.tensor([2.5], dtype=dtype),
        "spatial.bn.num_batches_tracked": torch.tensor(3),
    }


def images(rng, *shape, dtype=DOUBLE):
    """Return inputs of both signs whose channels and places differ in level, (N, C, H, W)."""
    levels = randn(rng, shape[0], shape[1], 1, 1, dtype=dtype)
    return randn(rng, *shape, dtype=dtype, scale=1.5) + levels + randn(rng, 1, 1, *shape[2:], dtype=dtype)


# Probes


def names_and_shapes(ns, kind, many) -> list[dict[str, list[int]]]:
    """Return name and shape of all that new blocks would save, for each of several arguments."""
    with torch.random.fork_rng(devices=[]):
        blocks = [getattr(ns, kind)(*args) for args in many]
    return [{name: list(value.shape) for name, value in block.state_dict().items()} for block in blocks]


def has_parts(ns, kind, args, names) -> list[str]:
    """Return which of these names are submodules of a new block."""
    with torch.random.fork_rng(devices=[]):
        block = getattr(ns, kind)(*args)
    return [name for name in names if isinstance(getattr(block, name, None), torch.nn.Module)]


def new_blocks_are_alike(ns, kind, args) -> bool:
    """Say whether two new blocks start from the same weights."""
    with torch.random.fork_rng(devices=[]):
        first, second = (next(iter(getattr(ns, kind)(*args).parameters())) for _ in range(2))
    return torch.equal(first, second)


def largest_at_the_start(ns, kind, args, names) -> dict[str, float]:
    """Return the largest magnitude that each of these parameters has in 24 new blocks; what is missing is left out."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        states = [getattr(ns, kind)(*args).state_dict() for _ in range(24)]
    return {name: max(one[name].abs().max().item() for one in states) for name in names if name in states[0]}


def scores_of_spatial(ns, kernel_size, state, maps):
    """Return what the part `spatial` makes of two maps, in evaluation."""
    with torch.random.fork_rng(devices=[]):
        block = ns.SpatialAttention(kernel_size).to(maps.dtype)
    block.load_state_dict(state)
    block.eval()
    with torch.no_grad():
        return block.spatial(maps)


def attended(ns, kind, args, state, x, train=False):
    """Return what a block with these parameters makes of x."""
    with torch.random.fork_rng(devices=[]):
        block = getattr(ns, kind)(*args).to(x.dtype)
    block.load_state_dict(state)
    block.train(train)
    with torch.no_grad():
        return block(x)


def two_calls(ns, kind, args, state, x, others):
    """Return what a block makes of x after it has seen other images, of another size."""
    with torch.random.fork_rng(devices=[]):
        block = getattr(ns, kind)(*args).to(x.dtype)
    block.load_state_dict(state)
    block.eval()
    with torch.no_grad():
        block(others)
        return block(x)


def gradients(ns, kind, args, state, x, grad_out, train=False):
    """Return the gradient of sum(grad_out * block(x)) for x and for each parameter; None where nothing arrives."""
    with torch.random.fork_rng(devices=[]):
        block = getattr(ns, kind)(*args).to(x.dtype)
    block.load_state_dict(state)
    block.train(train)
    with torch.enable_grad():
        leaf = x.clone().requires_grad_()
        out = block(leaf)
        wanted = {"x": leaf, **dict(block.named_parameters())}
        if not out.requires_grad:
            return dict.fromkeys(wanted)
        grads = torch.autograd.grad((out * grad_out).sum(), list(wanted.values()), allow_unused=True)
    return dict(zip(wanted, grads))  # noqa: B905


def buffers_after_training(ns, args, state, batches):
    """Return all that a spatial block would save after it has seen some batches in training."""
    with torch.random.fork_rng(devices=[]):
        block = ns.SpatialAttention(*args).to(batches[0].dtype)
    block.load_state_dict(state)
    block.train()
    for x in batches:
        block(x)
    return {name: value.detach().clone() for name, value in block.state_dict().items()}


def refusal(ns, kernel_size) -> str:
    """Return the name of the error that a kernel size raises, or "none"."""
    try:
        ns.SpatialAttention(kernel_size)
    except Exception as problem:
        return type(problem).__name__
    return "none"


# What is compared


def compare_names(student, reference, kind, many):
    """Compare names and shapes of new blocks: what is missing, what is too much, what is of another shape."""
    expected = reference.run(names_and_shapes, kind, many)
    for args, came, right in zip(many, student.run(names_and_shapes, kind, many), expected, strict=True):
        made = f"{kind}({', '.join(map(str, args))})"
        if sorted(came) != sorted(right):
            raise Mismatch(
                f"the state dict of {made} has other names", ", ".join(sorted(came)), ", ".join(sorted(right))
            )
        for name, shape in right.items():
            assert_equal(came[name], shape, what=f"the shape of {name} in {made}")


def assert_same_gradients(came, expected):
    """Compare gradients by name."""
    for name, right in expected.items():
        if came.get(name) is None:
            raise Mismatch(f"no gradient arrives at {name}", "None", "a gradient: x and all parameters take part")
        assert_close(came[name], right, what=f"the gradient of {name}")


def compare_gradients(student, reference, kind, args, state, x, grad_out, train=False):
    """Ask both sides for their gradients and compare."""
    expected = reference.run(gradients, kind, args, state, x, grad_out, train)
    assert_same_gradients(student.run(gradients, kind, args, state, x, grad_out, train), expected)


def compare_values(student, reference, kind, args, state, x, train=False):
    """Ask both sides for what a block makes of x and compare."""
    expected = reference.run(attended, kind, args, state, x, train)
    assert_close(student.run(attended, kind, args, state, x, train), expected, what="block(x)")


# All four

BLOCKS = [
    ("SqueezeExcitation", (6, 3)),
    ("ChannelAttention", (6, 2)),
    ("SpatialAttention", (3,)),
    ("EfficientChannelAttention", (8,)),
]
EACH = [pytest.param(*one, marks=exercise(one[0], costs=0.1), id=one[0]) for one in BLOCKS]
EACH_QUARTER = [pytest.param(*one, marks=exercise(one[0], costs=0.25), id=one[0]) for one in BLOCKS]

FAN_IN = {
    "SqueezeExcitation": {"fc1.weight": 6, "fc1.bias": 6, "fc2.weight": 3, "fc2.bias": 3},
    "ChannelAttention": {"mlp.1.weight": 6, "mlp.1.bias": 6, "mlp.3.weight": 3, "mlp.3.bias": 3},
    "SpatialAttention": {"spatial.conv.weight": 18},
    "EfficientChannelAttention": {"conv.weight": 3},
}  # torch's layers start between -1 and 1 over the root of this


def state_of(rng, kind):
    """Return the parameters of the block that BLOCKS names."""
    makers = {
        "SqueezeExcitation": lambda: squeeze_state(rng, 6, 3),
        "ChannelAttention": lambda: mlp_state(rng, 6, 3),
        "SpatialAttention": lambda: spatial_state(rng, 3),
        "EfficientChannelAttention": lambda: {"conv.weight": randn(rng, 1, 1, 3, dtype=DOUBLE)},
    }
    return makers[kind]()


# SqueezeExcitation


@exercise("SqueezeExcitation", costs=0.5)
def test_squeeze_parameters_have_torchvisions_names(student, reference):
    """fc1 and fc2 are 1 × 1 convolutions with biases, for any number of channels between."""
    compare_names(student, reference, "SqueezeExcitation", [(6, 3), (4, 9), (5, 1)])


@exercise("SqueezeExcitation", costs=0.25)
def test_squeeze_parts_have_torchvisions_names(student):
    """avgpool, fc1, activation, fc2 and scale_activation are submodules."""
    names = ["avgpool", "fc1", "activation", "fc2", "scale_activation"]
    found = student.run(has_parts, "SqueezeExcitation", (6, 3), names)
    missing = [name for name in names if name not in found]
    if missing:
        raise Mismatch("submodules are missing", ", ".join(missing), f"{', '.join(names)}, each an nn.Module")


@exercise("SqueezeExcitation")
def test_the_squeeze_by_hand(student, reference):
    """The case of two channels in the text: gates of 3/4 and 1/4."""
    x = torch.tensor([[[[1.0, 3.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 4.0]]]], dtype=DOUBLE)
    ln3 = torch.tensor(3.0, dtype=DOUBLE).log()
    state = {
        "fc1.weight": torch.tensor([1.0, -1.0], dtype=DOUBLE).reshape(1, 2, 1, 1),
        "fc1.bias": torch.zeros(1, dtype=DOUBLE),
        "fc2.weight": torch.stack([ln3, -ln3]).reshape(2, 1, 1, 1),
        "fc2.bias": torch.zeros(2, dtype=DOUBLE),
    }
    compare_values(student, reference, "SqueezeExcitation", (2, 1), state, x)


@exercise("SqueezeExcitation")
@pytest.mark.parametrize("shape", [(2, 6, 3, 4), (1, 6, 5, 2), (2, 6, 1, 1)])
def test_squeeze_and_excitation_of_any_image(student, reference, rng, shape):
    """Whatever the height and the width, with hidden units that are shut and others that are open."""
    state = squeeze_state(rng, 6, 3)
    compare_values(student, reference, "SqueezeExcitation", (6, 3), state, images(rng, *shape))


@exercise("SqueezeExcitation")
def test_gradients_of_the_squeeze(student, reference, rng):
    """x is met twice, in the means and in the product; all parameters learn."""
    state, x = squeeze_state(rng, 4, 3), images(rng, 2, 4, 3, 2)
    compare_gradients(student, reference, "SqueezeExcitation", (4, 3), state, x, randn(rng, 2, 4, 3, 2, dtype=DOUBLE))


# What a contract uses gets its dtype by assignment: fake tensors, which follow a device, can't be converted by `.to`.


def use_squeeze_excitation(ns, x, state, **settings):
    """Build a block with these parameters, on the device of x, and use it; settings are names of torch.nn."""
    kinds = {name: getattr(torch.nn, kind) for name, kind in settings.items()}
    with torch.random.fork_rng(devices=[]):
        block = ns.SqueezeExcitation(x.shape[1], state["fc1.bias"].shape[0], **kinds)
    block.load_state_dict({name: value.detach() for name, value in state.items()}, assign=True)
    with torch.no_grad():
        return block(x)


def squeeze_inputs(rng, N=2, C=4, S=3, H=3, W=2, dtype=DOUBLE):
    """Return images and parameters."""
    return images(rng, N, C, H, W, dtype=dtype), squeeze_state(rng, C, S, dtype)


contract(
    "SqueezeExcitation",
    use=use_squeeze_excitation,
    inputs=squeeze_inputs,
    settings={"activation": "GELU", "scale_activation": "Hardsigmoid"},
    square={"N": 4, "C": 4, "S": 4, "H": 4, "W": 4},
    one="NCSHW",
    forbids=["torchvision", "ops"],
    instead=OWN,
    costs={"settings": 0.5, "one": 0.5},
)


# ChannelAttention


@exercise("ChannelAttention", costs=0.5)
def test_channel_parameters_have_the_authors_names(student, reference):
    """mlp.1 and mlp.3 are linear layers with biases; the width between is rounded down, and never below one."""
    compare_names(student, reference, "ChannelAttention", [(32,), (6, 2), (12, 5), (11, 4), (5, 8)])


@exercise("ChannelAttention")
def test_two_summaries_by_hand(student, reference):
    """The case of two channels in the text: each summary goes through the ReLU on its own."""
    x = torch.tensor([[[[1.0, 3.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 4.0]]]], dtype=DOUBLE)
    ln3 = torch.tensor(3.0, dtype=DOUBLE).log()
    state = {
        "mlp.1.weight": torch.tensor([[1.0, -1.0]], dtype=DOUBLE),
        "mlp.1.bias": torch.zeros(1, dtype=DOUBLE),
        "mlp.3.weight": torch.stack([ln3, -ln3])[:, None],
        "mlp.3.bias": torch.zeros(2, dtype=DOUBLE),
    }
    compare_values(student, reference, "ChannelAttention", (2, 2), state, x)


@exercise("ChannelAttention")
@pytest.mark.parametrize("shape", [(2, 6, 3, 4), (1, 6, 5, 2), (2, 6, 1, 1)])
def test_channel_attention_of_any_image(student, reference, rng, shape):
    """Mean and maximum of each channel, whatever the height and the width."""
    compare_values(student, reference, "ChannelAttention", (6, 2), mlp_state(rng, 6, 3), images(rng, *shape))


@exercise("ChannelAttention")
def test_channels_that_are_negative_everywhere(student, reference, rng):
    """The maximum of a channel below zero is below zero."""
    x = images(rng, 2, 6, 3, 4)
    compare_values(student, reference, "ChannelAttention", (6, 2), mlp_state(rng, 6, 3), x - x.max() - 0.5)


@exercise("ChannelAttention")
def test_gradients_of_channel_attention(student, reference, rng):
    """The mean hands its gradient to all places, the maximum to one; the MLP hears from both."""
    state, x = mlp_state(rng, 4, 2), images(rng, 2, 4, 3, 2)
    compare_gradients(student, reference, "ChannelAttention", (4, 2), state, x, randn(rng, 2, 4, 3, 2, dtype=DOUBLE))


def use_channel_attention(ns, x, state):
    """Build a block with these parameters, on the device of x, and use it."""
    channels, hidden = x.shape[1], state["mlp.1.bias"].shape[0]
    with torch.random.fork_rng(devices=[]):
        block = ns.ChannelAttention(channels, channels // hidden)
    block.load_state_dict({name: value.detach() for name, value in state.items()}, assign=True)
    with torch.no_grad():
        return block(x)


def channel_inputs(rng, N=2, C=6, S=3, H=2, W=4, dtype=DOUBLE):
    """Return images and parameters."""
    return images(rng, N, C, H, W, dtype=dtype), mlp_state(rng, C, min(S, C), dtype)


contract(
    "ChannelAttention",
    use=use_channel_attention,
    inputs=channel_inputs,
    square={"N": 4, "C": 4, "S": 4, "H": 4, "W": 4},
    one="NCSHW",
    costs={"one": 0.5},
    but={"turns_its_inputs_round_where_it_is_square": "the matrices come by load_state_dict, not by a call"},
)


# SpatialAttention


@exercise("SpatialAttention", costs=0.5)
def test_spatial_parameters_have_the_authors_names(student, reference):
    """spatial.conv has no bias, spatial.bn has all that a batch norm has; 7 is the usual size."""
    compare_names(student, reference, "SpatialAttention", [(), (3,), (5,)])


@exercise("SpatialAttention")
def test_three_places_by_hand(student, reference):
    """The case of three places in the text: the conv subtracts the mean from the maximum."""
    x = torch.tensor([[1.0, 4.0, 0.0], [3.0, 0.0, 0.0]], dtype=DOUBLE).reshape(1, 2, 1, 3)
    weight = torch.zeros(1, 2, 3, 3, dtype=DOUBLE)
    weight[0, :, 1, 1] = torch.tensor([1.0, -1.0])
    state = {
        "spatial.conv.weight": weight,
        "spatial.bn.weight": torch.ones(1, dtype=DOUBLE),
        "spatial.bn.bias": torch.zeros(1, dtype=DOUBLE),
        "spatial.bn.running_mean": torch.zeros(1, dtype=DOUBLE),
        "spatial.bn.running_var": torch.ones(1, dtype=DOUBLE),
        "spatial.bn.num_batches_tracked": torch.tensor(0),
    }
    compare_values(student, reference, "SpatialAttention", (3,), state, x)


@exercise("SpatialAttention")
@pytest.mark.parametrize("train", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize(("shape", "kernel_size"), [((2, 4, 3, 5), 3), ((1, 3, 3, 4), 5), ((2, 1, 2, 9), 7)])
def test_spatial_attention_of_any_image(student, reference, rng, shape, kernel_size, train):
    """Also where the kernel is larger than the image, for one channel, and in both modes."""
    state = spatial_state(rng, kernel_size)
    compare_values(student, reference, "SpatialAttention", (kernel_size,), state, images(rng, *shape), train)


@exercise("SpatialAttention")
def test_places_that_are_negative_in_all_channels(student, reference, rng):
    """The maximum of a place below zero is below zero."""
    x = images(rng, 2, 3, 4, 5)
    compare_values(student, reference, "SpatialAttention", (3,), spatial_state(rng, 3), x - x.max() - 0.5)


@exercise("SpatialAttention", costs=0.25)
def test_the_batch_norm_learns_its_statistics(student, reference, rng):
    """After two batches in training the running mean and variance have moved, by the authors' momentum."""
    batches = [images(rng, 3, 2, 3, 4), images(rng, 2, 2, 4, 3)]
    state = spatial_state(rng, 3)
    expected = reference.run(buffers_after_training, (3,), state, batches)
    came = student.run(buffers_after_training, (3,), state, batches)
    for name, right in expected.items():
        assert_close(came[name], right, what=f"{name} after two batches")


@exercise("SpatialAttention", costs=0.25)
def test_where_the_variance_is_tiny_epsilon_counts(student, reference, rng):
    """Epsilon is 1e-5, and stands beside the variance."""
    state = {**spatial_state(rng, 3), "spatial.bn.running_var": torch.tensor([2e-5], dtype=DOUBLE)}
    state["spatial.conv.weight"] = 0.002 * state["spatial.conv.weight"]
    state["spatial.bn.running_mean"] = torch.zeros(1, dtype=DOUBLE)
    compare_values(student, reference, "SpatialAttention", (3,), state, images(rng, 2, 3, 4, 5))


@exercise("SpatialAttention", costs=0.25)
def test_spatial_ends_with_the_batch_norm(student, reference, rng):
    """`spatial` takes the two maps and returns what the batch norm makes of them: the sigmoid stands behind it."""
    state, maps = spatial_state(rng, 3), images(rng, 2, 2, 3, 4)
    expected = reference.run(scores_of_spatial, 3, state, maps)
    assert_close(student.run(scores_of_spatial, 3, state, maps), expected, what="spatial(maps)")


@exercise("SpatialAttention", costs=0.15)
def test_an_even_kernel_is_refused(student):
    """An even kernel has no middle: ValueError."""
    for kernel_size in (2, 6):
        came = student.run(refusal, kernel_size)
        if came != "ValueError":
            raise Mismatch(f"SpatialAttention({kernel_size}) raises another error", str(came), "ValueError")


@exercise("SpatialAttention")
@pytest.mark.parametrize("train", [False, True], ids=["evaluation", "training"])
def test_gradients_of_spatial_attention(student, reference, rng, train):
    """At each place the maximum hands its gradient to one channel, the mean to all."""
    state, x, grad_out = spatial_state(rng, 3), images(rng, 2, 3, 4, 3), randn(rng, 2, 3, 4, 3, dtype=DOUBLE)
    compare_gradients(student, reference, "SpatialAttention", (3,), state, x, grad_out, train)


def use_spatial_attention(ns, x, state, train, **settings):
    """Build a block with these parameters, on the device of x, and use it. Of a kernel its middle is taken."""
    with torch.random.fork_rng(devices=[]):
        block = ns.SpatialAttention(**settings)
    values = {name: value.detach() for name, value in state.items()}
    width, size = values["spatial.conv.weight"].shape[-1], block.state_dict()["spatial.conv.weight"].shape[-1]
    inner = slice((width - size) // 2, (width + size) // 2)
    values["spatial.conv.weight"] = values["spatial.conv.weight"][:, :, inner, inner]
    values["spatial.bn.running_mean"] = values["spatial.bn.running_mean"].clone()
    values["spatial.bn.running_var"] = values["spatial.bn.running_var"].clone()
    values["spatial.bn.num_batches_tracked"] = values["spatial.bn.num_batches_tracked"].clone()
    block.load_state_dict(values, assign=True)
    block.train(train)
    with torch.no_grad():
        return block(x)


def spatial_inputs(train):
    """Return what makes images and parameters for one of the modes."""

    def inputs(rng, N=2, C=3, H=4, W=5, dtype=DOUBLE):
        return images(rng, N, C, H, W, dtype=dtype), spatial_state(rng, 7, dtype), train

    return inputs


contract(
    "SpatialAttention",
    use=use_spatial_attention,
    inputs=spatial_inputs(False),
    also=[spatial_inputs(True)],
    settings={"kernel_size": 3},
    square={"N": 4, "C": 4, "H": 4, "W": 4},
    one="NCHW",
    costs={"settings": 0.5, "one": 0.5},
)


# EfficientChannelAttention


@exercise("EfficientChannelAttention", costs=0.5)
def test_the_kernel_follows_the_channels(student, reference):
    """The nearest odd size; of two that are equally near, the larger. No bias."""
    many = [(channels,) for channels in (1, 2, 3, 7, 8, 16, 64, 100, 127, 128, 511, 512, 2048)]
    compare_names(student, reference, "EfficientChannelAttention", many)


@exercise("EfficientChannelAttention", costs=0.25)
def test_the_kernel_follows_gamma_and_b(student, reference):
    """gamma divides, b is added."""
    many = [(64, 1, 1), (64, 3, 1), (64, 2, 4), (32, 1.5, 0.5), (16, 1, 2), (6, 1, 1.5)]
    compare_names(student, reference, "EfficientChannelAttention", many)


@exercise("EfficientChannelAttention")
def test_four_channels_by_hand(student, reference):
    """The case of four channels in the text, whose means are 2, 1, 0 and 3."""
    x = torch.tensor([[1.0, 3.0], [0.0, 2.0], [-1.0, 1.0], [3.0, 3.0]], dtype=DOUBLE).reshape(1, 4, 1, 2)
    state = {"conv.weight": torch.tensor([[[0.0, 1.0, -1.0]]], dtype=DOUBLE)}
    compare_values(student, reference, "EfficientChannelAttention", (4, 1, 1), state, x)


@exercise("EfficientChannelAttention")
@pytest.mark.parametrize(
    ("shape", "args", "size"),
    [((3, 8, 2, 3), (8,), 3), ((1, 9, 2, 3), (9, 1, 1), 5), ((2, 3, 1, 1), (3,), 1)],
)
def test_efficient_attention_of_any_image(student, reference, rng, shape, args, size):
    """Each channel's gate hears from its neighbours, and from no other image of the batch."""
    state = {"conv.weight": randn(rng, 1, 1, size, dtype=DOUBLE, scale=0.8)}
    compare_values(student, reference, "EfficientChannelAttention", args, state, images(rng, *shape))


@exercise("EfficientChannelAttention")
def test_gradients_of_efficient_attention(student, reference, rng):
    """x is met twice, in the means and in the product, and the kernel learns."""
    state, x = {"conv.weight": randn(rng, 1, 1, 3, dtype=DOUBLE)}, images(rng, 2, 8, 3, 2)
    grad_out = randn(rng, 2, 8, 3, 2, dtype=DOUBLE)
    compare_gradients(student, reference, "EfficientChannelAttention", (8,), state, x, grad_out)


def use_efficient_attention(ns, x, weight, **settings):
    """Build a block with this kernel, on the device of x, and use it. Of the kernel its middle is taken."""
    with torch.random.fork_rng(devices=[]):
        block = ns.EfficientChannelAttention(x.shape[1], **settings)
    width, size = weight.shape[-1], block.state_dict()["conv.weight"].shape[-1]
    middle = weight.detach()[:, :, (width - size) // 2 : (width + size) // 2]
    block.load_state_dict({"conv.weight": middle}, assign=True)
    with torch.no_grad():
        return block(x)


contract(
    "EfficientChannelAttention",
    use=use_efficient_attention,
    inputs=lambda rng, N=2, C=8, H=3, W=2, dtype=DOUBLE: (
        images(rng, N, C, H, W, dtype=dtype),
        randn(rng, 1, 1, 9, dtype=dtype, scale=0.8),
    ),
    settings={"gamma": 1, "b": 3},
    square={"N": 4, "C": 4, "H": 4, "W": 4},
    one="NCHW",
    costs={"settings": 0.5, "one": 0.5},
)


# All four, asked again


@pytest.mark.parametrize(("kind", "args"), EACH)
def test_a_call_after_images_of_another_size(student, reference, rng, kind, args):
    """What a block made of other images, of another size, is forgotten."""
    channels = 8 if kind == "EfficientChannelAttention" else 6
    state, x, others = state_of(rng, kind), images(rng, 2, channels, 3, 4), images(rng, 3, channels, 5, 2)
    expected = reference.run(two_calls, kind, args, state, x, others)
    assert_close(student.run(two_calls, kind, args, state, x, others), expected, what="block(x), the second call")


@pytest.mark.parametrize(("kind", "args"), EACH)
def test_each_new_block_draws_weights_of_its_own(student, kind, args):
    """No seed is set: two new blocks start from different weights."""
    if student.run(new_blocks_are_alike, kind, args):
        raise Mismatch("two new blocks start from the same weights", "equal weights", "torch's own random start")


@pytest.mark.parametrize(("kind", "args"), EACH_QUARTER)
def test_new_blocks_start_as_torch_starts_them(student, kind, args):
    """The layers are left as torch makes them: even between two bounds, which depend on the layer's size."""
    largest = student.run(largest_at_the_start, kind, args, list(FAN_IN[kind]))
    for name, fan_in in FAN_IN[kind].items():
        bound = fan_in**-0.5
        if name in largest and not 0.75 * bound < largest[name] < 1.0001 * bound:
            raise Mismatch(
                f"the largest magnitude of {name} in 24 new blocks",
                f"{largest[name]:.2f}",
                f"just below {bound:.2f}, as torch draws it",
            )
