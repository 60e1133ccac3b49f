"""Checks of the attention blocks: squeeze and excitation, the two of CBAM, efficient channel attention.

Every block is given its parameters and buffers by name, so that no initial weight decides.
"""

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_names,
    case,
    contract,
    exercise,
    made_by,
    module_answer,
    module_gradients,
    module_names,
    modules,
    randn,
    use_module,
    use_module_in_both_modes,
)

DOUBLE = torch.float64
OWN = "build the block from layers of torch.nn"


def images(rng, *shape, dtype=DOUBLE):
    """Return inputs of both signs whose channels and places differ in level, (N, C, H, W)."""
    levels = randn(rng, shape[0], shape[1], 1, 1, dtype=dtype)
    return randn(rng, *shape, dtype=dtype, scale=1.5) + levels + randn(rng, 1, 1, *shape[2:], dtype=dtype)


def batch(*shape):
    """Return what draws such inputs for a call."""
    return lambda rng: (images(rng, *shape),)


# By some of these biases a hidden unit is shut for certain, by others it is open.
THREE = [-6.0, 5.0, 0.5]
PRICE = {"names": 0.5, "gradients": 1.0, "apart": 0.25}


# Probes


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


def scores_of_spatial(ns, maps):
    """Return what the part `spatial` makes of two maps, in evaluation."""
    from autograder.authoring import filled_module

    block = filled_module(ns, "SpatialAttention", [3], {}, [maps], 4).eval()
    with torch.no_grad():
        return block.spatial(maps)


def buffers_after_training(ns, batches):
    """Return all that a spatial block would save after it has seen some batches in training."""
    from autograder.authoring import filled_module

    block = filled_module(ns, "SpatialAttention", [3], {}, batches, 4).train()
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


def compare_answers(student, reference, *call):
    """Ask both sides for what a block makes of x in evaluation, and compare."""
    assert_close(student.run(module_answer, *call), reference.run(module_answer, *call), what="block(x)")


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


# SqueezeExcitation

modules(
    "SqueezeExcitation",
    {
        "six channels, three between": case(
            [6, 3], x=batch(2, 6, 3, 4), other=batch(3, 6, 5, 2), values={"fc1.bias": THREE}
        ),
        "an image alone": case([6, 3], x=batch(1, 6, 5, 2), values={"fc1.bias": THREE}),
        "images of one pixel": case([6, 3], x=batch(2, 6, 1, 1), values={"fc1.bias": THREE}),
        "four channels, three between": case([4, 3], x=batch(2, 4, 3, 2), values={"fc1.bias": THREE}),
        "more between": case([4, 9]),
        "one between": case([5, 1]),
    },
    training=(),
    gradients=["four channels, three between"],
    costs=PRICE,
)


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
    compare_answers(student, reference, "SqueezeExcitation", [2, 1], {}, [x], state)


def squeeze_excitation(ns, *args, **settings):
    """Make a block; settings are names of torch.nn."""
    return ns.SqueezeExcitation(*args, **{name: getattr(torch.nn, kind) for name, kind in settings.items()})


def squeeze_inputs(rng, N=2, C=4, S=3, H=3, W=2, dtype=DOUBLE):
    """Return how a block is made, and images."""
    return made_by(squeeze_excitation), [C, S], {}, images(rng, N, C, H, W, dtype=dtype)


contract(
    "SqueezeExcitation",
    use=use_module,
    inputs=squeeze_inputs,
    settings={"activation": "GELU", "scale_activation": "Hardsigmoid"},
    square={"N": 4, "C": 4, "S": 4, "H": 4, "W": 4},
    one="NCSHW",
    forbids=["torchvision", "ops"],
    instead=OWN,
    costs={"settings": 0.5, "one": 0.5},
)


# ChannelAttention

modules(
    "ChannelAttention",
    {
        "six channels, three between": case(
            [6, 2], x=batch(2, 6, 3, 4), other=batch(3, 6, 5, 2), values={"mlp.1.bias": THREE}
        ),
        "an image alone": case([6, 2], x=batch(1, 6, 5, 2), values={"mlp.1.bias": THREE}),
        "images of one pixel": case([6, 2], x=batch(2, 6, 1, 1), values={"mlp.1.bias": THREE}),
        "four channels, two between": case([4, 2], x=batch(2, 4, 3, 2), values={"mlp.1.bias": THREE[1:]}),
        "32 channels": case([32]),
        "a width rounded down": case([12, 5]),
        "eleven channels": case([11, 4]),
        "a width of less than one": case([5, 8]),
    },
    training=(),
    gradients=["four channels, two between"],
    costs=PRICE,
)


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
    compare_answers(student, reference, "ChannelAttention", [2, 2], {}, [x], state)


@exercise("ChannelAttention")
def test_channels_that_are_negative_everywhere(student, reference, rng):
    """The maximum of a channel below zero is below zero."""
    x = images(rng, 2, 6, 3, 4)
    values = {"mlp.1.bias": torch.tensor(THREE)}
    compare_answers(student, reference, "ChannelAttention", [6, 2], {}, [x - x.max() - 0.5], values)


def channel_inputs(rng, N=2, C=6, S=3, H=2, W=4, dtype=DOUBLE):
    """Return how a block of S between is made, and images."""
    return "ChannelAttention", [C, C // min(S, C)], {}, images(rng, N, C, H, W, dtype=dtype)


contract(
    "ChannelAttention",
    use=use_module,
    inputs=channel_inputs,
    square={"N": 4, "C": 4, "S": 4, "H": 4, "W": 4},
    one="NCSHW",
    costs={"one": 0.5},
)


# SpatialAttention

modules(
    "SpatialAttention",
    {
        "a kernel of 3": {"a kernel of 3": case([3], x=batch(2, 4, 3, 5), other=batch(3, 6, 5, 2))},
        "larger kernels": {
            "larger than the image": case([5], x=batch(1, 3, 3, 4)),
            "one channel": case([7], x=batch(2, 1, 2, 9)),
        },
        "as it is usually made": case(),
    },
    training=["a kernel of 3", "larger than the image", "one channel"],
    costs=PRICE,
)


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
    compare_answers(student, reference, "SpatialAttention", [3], {}, [x], state)


@exercise("SpatialAttention")
def test_places_that_are_negative_in_all_channels(student, reference, rng):
    """The maximum of a place below zero is below zero."""
    x = images(rng, 2, 3, 4, 5)
    compare_answers(student, reference, "SpatialAttention", [3], {}, [x - x.max() - 0.5])


@exercise("SpatialAttention", costs=0.25)
def test_the_batch_norm_learns_its_statistics(student, reference, rng):
    """After two batches in training the running mean and variance have moved, by the authors' momentum."""
    batches = [images(rng, 3, 2, 3, 4), images(rng, 2, 2, 4, 3)]
    came, expected = (door.run(buffers_after_training, batches) for door in (student, reference))
    for name, right in expected.items():
        assert_close(came[name], right, what=f"{name} after two batches")


@exercise("SpatialAttention", costs=0.25)
def test_where_the_variance_is_tiny_epsilon_counts(student, reference, rng):
    """Epsilon is 1e-5, and stands beside the variance."""
    values = {"spatial.bn.running_var": torch.tensor([2e-5]), "spatial.bn.running_mean": torch.zeros(1)}
    values["spatial.conv.weight"] = randn(rng, 1, 2, 3, 3, dtype=DOUBLE, scale=0.001)
    compare_answers(student, reference, "SpatialAttention", [3], {}, [images(rng, 2, 3, 4, 5)], values)


@exercise("SpatialAttention", costs=0.25)
def test_spatial_ends_with_the_batch_norm(student, reference, rng):
    """`spatial` takes the two maps and returns what the batch norm makes of them: the sigmoid stands behind it."""
    maps = images(rng, 2, 2, 3, 4)
    came, expected = (door.run(scores_of_spatial, maps) for door in (student, reference))
    assert_close(came, expected, what="spatial(maps)")


@exercise("SpatialAttention", costs=0.15)
def test_an_even_kernel_is_refused(student):
    """An even kernel has no middle: ValueError."""
    for kernel_size in (2, 6):
        came = student.run(refusal, kernel_size)
        if came != "ValueError":
            raise Mismatch(f"SpatialAttention({kernel_size}) raises another error", str(came), "ValueError")


@exercise("SpatialAttention")
def test_gradients_of_spatial_attention_in_evaluation(student, reference, rng):
    """At each place the maximum hands its gradient to one channel, the mean to all, in evaluation too."""
    call = "SpatialAttention", [3], {}, [images(rng, 2, 3, 4, 3)], {}, False, False, False
    came, expected = (door.run(module_gradients, *call) for door in (student, reference))
    for name, right in expected.items():
        assert_close(came.get(name), right, what=f"the gradient of {name}")


def spatial_inputs(rng, N=2, C=3, H=4, W=5, dtype=DOUBLE):
    """Return how a block is made, and images."""
    return "SpatialAttention", [], {}, images(rng, N, C, H, W, dtype=dtype)


contract(
    "SpatialAttention",
    use=use_module_in_both_modes,
    inputs=spatial_inputs,
    settings={"kernel_size": 3},
    square={"N": 4, "C": 4, "H": 4, "W": 4},
    one="NCHW",
    costs={"settings": 0.5, "one": 0.5},
)


# EfficientChannelAttention


KERNELS = [(channels,) for channels in (1, 2, 3, 7, 8, 16, 64, 100, 127, 128, 511, 512, 2048)]
WITH_GAMMA_AND_B = [(64, 1, 1), (64, 3, 1), (64, 2, 4), (32, 1.5, 0.5), (16, 1, 2), (6, 1, 1.5)]
modules(
    "EfficientChannelAttention",
    {
        "eight channels": case([8], x=batch(2, 8, 3, 2), other=batch(3, 8, 5, 2)),
        "three images": case([8], x=batch(3, 8, 2, 3)),
        "an image alone, a kernel of 5": case([9, 1, 1], x=batch(1, 9, 2, 3)),
        "images of one pixel": case([3], x=batch(2, 3, 1, 1)),
        **{f"made of {', '.join(map(str, args))}": case(args) for args in KERNELS},
    },
    training=(),
    costs=PRICE,
)


@exercise("EfficientChannelAttention", costs=0.25)
def test_the_kernel_follows_gamma_and_b(student, reference):
    """gamma divides, b is added."""
    for args in WITH_GAMMA_AND_B:
        came, expected = (
            door.run(module_names, "EfficientChannelAttention", args, {}) for door in (student, reference)
        )
        assert_names(came, expected, f"made of {', '.join(map(str, args))}: ")


@exercise("EfficientChannelAttention")
def test_four_channels_by_hand(student, reference):
    """The case of four channels in the text, whose means are 2, 1, 0 and 3."""
    x = torch.tensor([[1.0, 3.0], [0.0, 2.0], [-1.0, 1.0], [3.0, 3.0]], dtype=DOUBLE).reshape(1, 4, 1, 2)
    state = {"conv.weight": torch.tensor([[[0.0, 1.0, -1.0]]], dtype=DOUBLE)}
    compare_answers(student, reference, "EfficientChannelAttention", [4, 1, 1], {}, [x], state)


contract(
    "EfficientChannelAttention",
    use=use_module,
    inputs=lambda rng, N=2, C=8, H=3, W=2, dtype=DOUBLE: (
        *("EfficientChannelAttention", [C], {}),
        images(rng, N, C, H, W, dtype=dtype),
    ),
    settings={"gamma": 1, "b": 3},
    square={"N": 4, "C": 4, "H": 4, "W": 4},
    one="NCHW",
    costs={"settings": 0.5, "one": 0.5},
)


# All four, asked again


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
