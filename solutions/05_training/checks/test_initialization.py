"""Checks of initialisation: inputs made ready, random weights, an instrument for activations, and scaling by layer.

Weights are random: they are judged by statistics of some 20,000 numbers, with bounds that a right answer misses less
than once in a thousand million times, and by what a generator promises. No draw is compared number by number.
"""

import math

import pytest
import torch
from torch import nn

from autograder.authoring import (
    Mismatch,
    RuleBroken,
    assert_close,
    assert_equal,
    contract,
    exercise,
    integers,
    operation_counts,
    rand,
    randn,
)

SINGLE, DOUBLE = torch.float32, torch.float64


# standardize


@exercise("standardize")
@pytest.mark.parametrize(("num", "num_new", "shape"), [(6, 4, (3,)), (5, 1, (2, 3)), (1, 2, (4,))])
def test_rows_are_standardised_by_the_training_rows(student, reference, rng, num, num_new, shape):
    """Each place of a row has its own mean and deviation, and they are those of the training rows."""
    x_train = randn(rng, num, *shape, dtype=DOUBLE, scale=3.0, shift=2.0) * (1 + rand(rng, *shape, dtype=DOUBLE))
    x = randn(rng, num_new, *shape, dtype=DOUBLE, scale=0.5, shift=-4.0)
    assert_close(student.standardize(x_train, x), reference.standardize(x_train, x))


@exercise("standardize")
def test_the_training_rows_themselves(student, reference, rng):
    """Standardised by itself, each feature has mean 0 and deviation 1."""
    x = randn(rng, 7, 3, dtype=DOUBLE, scale=4.0, shift=9.0)
    assert_close(student.standardize(x, x), reference.standardize(x, x))


@exercise("standardize", costs=0.5)
@pytest.mark.parametrize("size", [(5, 2), (3, 4)], ids=["of another size", "of the same size"])
def test_images_by_channel(student, reference, rng, size):
    """With per_channel there is one mean and one deviation for each channel, for all places of all images."""
    bright = torch.tensor([2.0, -1.0, 5.0], dtype=DOUBLE)[:, None, None]
    x_train = bright * (1 + randn(rng, 4, 3, 3, 4, dtype=DOUBLE))
    x = randn(rng, 2, 3, *size, dtype=DOUBLE, shift=1.0)
    expected = reference.standardize(x_train, x, per_channel=True)
    assert_close(student.standardize(x_train, x, per_channel=True), expected)


@exercise("standardize", costs=0.4)
@pytest.mark.parametrize("dtype", [DOUBLE, SINGLE], ids=["float64", "float32"])
def test_a_feature_that_never_moves_is_only_centred(student, reference, rng, dtype):
    """Features with one and the same value in all training rows, whatever it is: x minus that value."""
    still = rand(rng, 20, dtype=dtype)
    still[0], still[1:8] = 0.0, torch.tensor([0.1, 0.3, 0.7, 0.9, 1 / 3, 0.57, 0.83], dtype=dtype)
    x_train = still.repeat(7, 1)
    x_train[:, -1] = randn(rng, 7, dtype=dtype)
    x_train[-1, -1] = x_train[0, -1]
    x = randn(rng, 2, 20, dtype=dtype)
    x[1, :10] = still[:10]
    x_train[:, 10:18], x[:, 10:18] = 1e6 * x_train[:, 10:18], 1e6 * (2 + x[:, 10:18].abs())
    assert_close(student.standardize(x_train, x), reference.standardize(x_train, x))


@exercise("standardize", costs=0.25)
def test_a_channel_that_never_moves_is_only_centred(student, reference, rng):
    """One channel of all training images has one value at all places."""
    x_train = randn(rng, 3, 4, 5, 7, dtype=DOUBLE)
    x_train[:, 0], x_train[:, 1], x_train[:, 2] = 3 / 97, 0.7, 0.0
    x_train[-1, 3, -1, -1] = x_train[0, 3, 0, 0]
    x = randn(rng, 2, 4, 2, 3, dtype=DOUBLE)
    expected = reference.standardize(x_train, x, per_channel=True)
    assert_close(student.standardize(x_train, x, per_channel=True), expected)


@exercise("standardize", costs=0.25)
@pytest.mark.parametrize(("step", "middle"), [(1e-6, 0.0), (1e-20, 0.0), (2.0**-24, 128.0)])
def test_a_feature_that_hardly_moves_is_scaled_all_the_same(student, reference, rng, step, middle):
    """However small a deviation is, it is one: such a feature is scaled, and nothing is added to it."""
    x_train = middle + step * torch.tensor([[3.0, -20, 7], [-41, 5, 0], [17, 9, -30], [2, 60, 11]], dtype=DOUBLE)
    x = middle + step * integers(rng, -50, 50, 2, 3).to(DOUBLE)
    assert_close(student.standardize(x_train, x), reference.standardize(x_train, x))
    images, new = x_train.T.reshape(1, 3, 2, 2), x[:, :, None, None]
    expected = reference.standardize(images, new, per_channel=True)
    assert_close(student.standardize(images, new, per_channel=True), expected)


@exercise("standardize", costs=0.25)
@pytest.mark.parametrize(("value", "num"), [(None, 5), (0.1, 7), (0.7, 11), (1 / 3, 13), (0.57, 9)])
def test_rows_of_one_number(student, reference, rng, value, num):
    """A row may be one number: the training rows are (N,). They move, or all are the same."""
    x_train = randn(rng, num, dtype=DOUBLE) if value is None else torch.full((num,), value, dtype=DOUBLE)
    x = randn(rng, 2, dtype=DOUBLE)
    assert_close(student.standardize(x_train, x), reference.standardize(x_train, x))


contract(
    "standardize",
    inputs=lambda rng, N=4, M=2, C=3, H=2, W=3, dtype=DOUBLE: (
        randn(rng, N, C, H, W, dtype=dtype, scale=2.0, shift=1.0),
        randn(rng, M, C, H, W, dtype=dtype, shift=-0.5),
    ),
    settings={"per_channel": True},
    also=[{"per_channel": False}],
    one="NMCW",
    square={"N": 3, "M": 3, "C": 3, "H": 3, "W": 3},
    all_at_once="NMC",
)


# pca_whiten


def spread_rows(rng, num, dim, dtype=DOUBLE, turn=None):
    """Rows that go together: their variances along the components are clearly apart, their mean is not 0.

    Components are random, or the rows of `turn`.
    """
    kept = min(num - 1, dim)
    left = randn(rng, num, kept, dtype=DOUBLE)
    left = torch.linalg.qr(left - left.mean(dim=0))[0]
    turn = torch.linalg.qr(randn(rng, dim, dim, dtype=DOUBLE))[0][:kept] if turn is None else turn
    sizes = 1.5 ** torch.arange(kept, 0, -1, dtype=DOUBLE)
    return ((left * sizes) @ turn + randn(rng, dim, dtype=DOUBLE, shift=1.0)).to(dtype)


@exercise("pca_whiten")
@pytest.mark.parametrize(
    ("num", "dim", "settings"),
    [
        (12, 5, {}),
        (9, 4, {"num_components": 2}),
        (6, 3, {"num_components": 1, "eps": 0.5}),
        (5, 8, {}),
    ],
    ids=["all components", "two of four", "one, with eps", "more features than rows"],
)
def test_rows_are_whitened_by_pca(student, reference, rng, num, dim, settings):
    """Coordinates along the training rows' components, each over its deviation."""
    x_train, x = spread_rows(rng, num, dim), randn(rng, 3, dim, dtype=DOUBLE, scale=2.0, shift=-1.0)
    assert_close(student.pca_whiten(x_train, x, **settings), reference.pca_whiten(x_train, x, **settings))


@exercise("pca_whiten")
def test_the_entry_of_largest_magnitude_is_positive(student, reference, rng):
    """Components whose first entry, or whose sum, has another sign than their entry of largest magnitude."""
    turn = torch.tensor([[-1.5, 2.0, -1.5], [6.0, 3.0, -2.0], [-0.5, 12.0, 16.5]], dtype=DOUBLE)
    x_train = spread_rows(rng, 8, 3, turn=turn / turn.norm(dim=1, keepdim=True))
    x = randn(rng, 2, 3, dtype=DOUBLE)
    assert_close(student.pca_whiten(x_train, x), reference.pca_whiten(x_train, x))


@exercise("pca_whiten", costs=0.5)
def test_all_rows_are_whitened_at_once(student, rng):
    """More rows to whiten take no more tensor operations."""
    x_train, x = spread_rows(rng, 7, 5), randn(rng, 3, 5, dtype=DOUBLE)
    few, many = student.run(operation_counts, "pca_whiten", [(x_train, x), (x_train, x.repeat(5, 1))])
    if many > few + 4:
        raise RuleBroken(
            f"pca_whiten makes {few} tensor operations for 3 rows and {many} for 15: it goes row by row; "
            "whole-tensor operations make as many for both"
        )


@exercise("pca_whiten", costs=0.4)
@pytest.mark.parametrize(
    ("num", "dim", "settings"),
    [(9, 4, {"num_components": 2, "eps": 0.3}), (5, 8, {}), (6, 3, {"eps": 2.0})],
    ids=["two of four, with eps", "more features than rows", "with a large eps"],
)
def test_rows_are_whitened_by_zca(student, reference, rng, num, dim, settings):
    """The coordinates turned back into features by the same components."""
    x_train, x = spread_rows(rng, num, dim), randn(rng, 3, dim, dtype=DOUBLE, scale=2.0, shift=-1.0)
    expected = reference.pca_whiten(x_train, x, zca=True, **settings)
    assert_close(student.pca_whiten(x_train, x, zca=True, **settings), expected)


@exercise("pca_whiten")
def test_the_training_rows_become_white(student, reference, rng):
    """Whitened by itself, a data set has the identity for its covariance."""
    x = spread_rows(rng, 10, 4)
    assert_close(student.pca_whiten(x, x), reference.pca_whiten(x, x))


contract(
    "pca_whiten",
    inputs=lambda rng, N=7, M=3, D=5, dtype=DOUBLE: (
        spread_rows(rng, N, D, dtype),
        randn(rng, M, D, dtype=dtype, shift=-0.5),
    ),
    settings={"num_components": 3, "eps": 0.4, "zca": True},
    also=[{"zca": False}, {"num_components": None}],
    one="M",
    square={"N": 4, "M": 4, "D": 4},
    tolerances={SINGLE: {"rtol": 1e-3, "atol": 1e-4}},
    forbids=["PCA", "pca_lowrank", "svd_lowrank"],
    instead="find the components by torch.linalg.svd or torch.linalg.eigh",
)


# fans


SHAPES = {
    "a linear layer": ((7, 3), 1),
    "along two axes": ((8, 3, 5, 2), 1),
    "along one axis": ((6, 4, 3), 1),
    "along three axes": ((4, 6, 2, 3, 5), 1),
    "in two groups": ((8, 3, 5, 2), 2),
    "depthwise": ((12, 1, 3, 4), 12),
    "depthwise, two kernels a channel": ((12, 1, 7), 6),
    "single weights": ((1, 1, 1, 1), 1),
    "along three axes, in two groups": ((4, 3, 2, 3, 5), 2),
}


@exercise("fans")
@pytest.mark.parametrize(("shape", "groups"), SHAPES.values(), ids=SHAPES.keys())
def test_fan_in_and_fan_out(student, reference, shape, groups):
    """What an output adds up, and what an input enters."""
    expected = reference.fans(shape, groups=groups) if groups > 1 else reference.fans(shape)
    came = student.fans(shape, groups=groups) if groups > 1 else student.fans(shape)
    assert isinstance(came, tuple), f"a tuple (fan_in, fan_out) was expected, and {type(came).__name__} came"
    assert len(came) == 2, f"two numbers, (fan_in, fan_out), were expected, and {len(came)} came"
    for name, one, right in zip(("fan_in", "fan_out"), came, expected, strict=True):
        assert_equal(one, right, what=name)


def fans_of_a_layer(ns, num_in, num_out, groups):
    """The fans of a real convolution's weights, by its torch.Size, and by a list; and what became of the list."""
    shape = nn.Conv2d(num_in, num_out, (3, 5), groups=groups).weight.shape
    given = list(shape)
    return [tuple(ns.fans(shape, groups)), tuple(ns.fans(given, groups=groups)), given]


@exercise("fans", costs=0.25)
def test_fans_of_a_real_convolution(student, reference):
    """The shape may be a torch.Size, and a list, which stays as it is."""
    expected = reference.run(fans_of_a_layer, 4, 6, 2)
    assert_equal(student.run(fans_of_a_layer, 4, 6, 2), expected)


def refusal(ns, shape) -> str:
    """Return the kind of error that a shape meets, or what came instead."""
    try:
        return f"no error, but {ns.fans(shape)}"
    except Exception as error:
        return type(error).__name__


@exercise("fans", costs=0.25)
@pytest.mark.parametrize("shape", [(5,), ()], ids=["a bias", "a single number"])
def test_what_has_no_fans_is_refused(student, reference, shape):
    """With fewer than two sizes: a ValueError."""
    expected = reference.run(refusal, shape)
    came = student.run(refusal, shape)
    assert came == expected, f"the shape {shape} met {came}; a {expected} was expected"


contract(
    "fans",
    inputs=lambda rng, O=12, I=5, H=3, W=2: ((O, I, H, W),),  # noqa: E741 - the axes' own names
    settings={"groups": 4},
    one="IHW",
    square={"O": 4, "I": 4, "H": 4, "W": 4},
    compare=assert_equal,
    strides=False,
    device=False,
)


# xavier_init and kaiming_init


STARTS = ("xavier_init", "kaiming_init")
READY_MADE = ["init", "reset_parameters", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"]
FACTS = (
    "the standard deviation of the weights",
    "the mean of the weights",
    "the largest magnitude of the weights",
    "the share of weights within one deviation",
)


def facts_of(ns, name, like, shape, **settings):
    """Draw weights of a shape, and return four statistics and whether hardly a number comes twice, (5,)."""
    weight = torch.full(shape, 7.0, dtype=like.dtype)
    settings = {"generator": torch.Generator().manual_seed(int(like.sum())), **settings}
    came = getattr(ns, name)(weight, **settings)
    came = (weight if came is None else came).detach()  # whether it comes back is asked by `in_place`
    inside = (came.abs() < came.std()).to(came.dtype).mean()
    different = torch.full_like(inside, float(came.unique().numel() >= 0.99 * came.numel()))
    return torch.stack([came.std(), came.mean(), came.abs().max(), inside, different])


def assert_alike(came, expected, **_):
    """Compare statistics of some 20,000 numbers: two right draws differ by more only once in 10^9."""
    size = abs(expected[0].item())
    uniform = bool(expected[2] < 2 * size)
    within = (0.05 * size, 0.06 * size, 0.01 * size, 0.03)
    for place, (name, most) in enumerate(zip(FACTS, within, strict=True)):
        if place == 2 and not uniform and 3 * size < came[2] < 8 * size:
            continue  # the largest of many normal numbers: between 3 and 8 deviations, and that is all one knows
        assert_close(came[place : place + 1], expected[place : place + 1], rtol=0.0, atol=most, what=name)
    if came[4] != 1:
        raise Mismatch("weights repeat", "numbers that come again and again", "independent random numbers")


def seed_of(rng, dtype=SINGLE):
    """A tensor that says the dtype and a seed."""
    return torch.tensor([float(rng.integers(1000))], dtype=dtype)


LAYERS = {
    "a linear layer": (100, 200),
    "a linear layer that widens": (250, 90),
    "a convolution": (60, 16, 5, 4),
    "a convolution along one axis": (40, 90, 6),
    "a convolution along three axes": (20, 50, 2, 3, 4),
}
each_layer = pytest.mark.parametrize("shape", LAYERS.values(), ids=LAYERS.keys())


def assert_drawn(student, reference, rng, name, shape, **settings):
    """Ask both sides for weights, and compare statistics."""
    like = seed_of(rng)
    expected = reference.run(facts_of, name, like, shape, **settings)
    assert_alike(student.run(facts_of, name, like, shape, **settings), expected)


def in_place(ns, name):
    """Fill a parameter and a part of a tensor; return what became of them and of their surroundings."""
    generator = torch.Generator().manual_seed(0)
    weight = nn.Parameter(torch.full((6, 5), math.nan))
    place = weight.data_ptr()
    came = getattr(ns, name)(weight, generator=generator)
    around = torch.full((8, 10), 3.0)
    part = around.t()[2:8, ::2]
    getattr(ns, name)(part, generator=generator)
    frozen = nn.Parameter(torch.zeros(6, 5), requires_grad=False)
    getattr(ns, name)(frozen, generator=generator)
    return {
        "what comes back is the tensor itself": came is weight and weight.data_ptr() == place,
        "every number was filled": bool(weight.isfinite().all() and (part != 3).all() and (frozen != 0).all()),
        "nothing beside it was filled": int((around == 3).sum()) == 80 - 24,
        "a parameter is still a leaf that requires a gradient": weight.is_leaf and weight.requires_grad,
        "a frozen parameter is still frozen": not frozen.requires_grad,
        "there is no gradient": weight.grad is None and weight.grad_fn is None,
        "autograd is still on": torch.is_grad_enabled(),
    }


def chance(ns, name):
    """Draw with equal and with different generators, with the global one, and say what agrees."""
    draw = getattr(ns, name)

    def drawn(generator=None, **settings):
        weight = torch.zeros(9, 8)
        came = draw(weight, generator=generator, **settings)
        return (weight if came is None else came).clone()

    first, again, other = (torch.Generator().manual_seed(seed) for seed in (1, 1, 2))
    state = torch.get_rng_state()
    one, same, next_one, another = drawn(first), drawn(again), drawn(first), drawn(other)
    numbers = torch.rand(3, generator=again)
    untouched = torch.equal(state, torch.get_rng_state())
    torch.manual_seed(4)
    free = drawn()
    torch.manual_seed(4)
    free_again, free_next = drawn(), drawn()
    torch.set_rng_state(state)
    return {
        "the same state of the generator gives the same weights": torch.equal(one, same),
        "the next weights of a generator are others": not torch.equal(one, next_one),
        "another seed gives other weights": not torch.equal(one, another),
        "the generator moves on": not torch.equal(numbers, torch.rand(3, generator=torch.Generator().manual_seed(1))),
        "with a generator the global random state is not touched": untouched,
        "without one the global random state decides": torch.equal(free, free_again),
        "without one the next weights are others": not torch.equal(free, free_next),
    }


def assert_all_true(came):
    """Name the first statement that doesn't hold."""
    for words, holds in came.items():
        assert holds is True, f"this does not hold: {words}"


DRAWN = {
    "compare": assert_alike,
    "digits": False,
    "pure": False,
    "strides": False,
    "device": False,
    "square": False,
    "one": "",
    "but": {"writes_every_answer_into_the_same_memory": "the answer is the tensor that was handed in"},
    "forbids": READY_MADE,
    "instead": "fill the tensor with uniform or normal numbers yourself",
}


@exercise("xavier_init")
@each_layer
def test_xavier_draws_by_both_fans(student, reference, rng, shape):
    """The spread of the weights follows from both fans."""
    assert_drawn(student, reference, rng, "xavier_init", shape)


@exercise("xavier_init", costs=0.5)
@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_xavier_draws_by_its_gain(student, reference, rng, gain):
    """The gain is a factor on the standard deviation."""
    assert_drawn(student, reference, rng, "xavier_init", (60, 16, 5, 4), gain=gain)


@exercise("xavier_init", costs=0.5)
@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_xavier_draws_normal_weights(student, reference, rng, gain):
    """With uniform=False the weights are normal, with the same variance."""
    assert_drawn(student, reference, rng, "xavier_init", (90, 250), gain=gain, uniform=False)


@exercise("xavier_init", costs=0.25)
def test_xavier_draws_for_groups(student, reference, rng):
    """With groups the fan out is that of one group."""
    assert_drawn(student, reference, rng, "xavier_init", (96, 10, 5, 4), groups=8)


@exercise("xavier_init")
def test_xavier_fills_in_place(student, reference):
    """The tensor that is there is filled, whatever stood in it, and autograd sees nothing."""
    reference.run(in_place, "xavier_init")
    assert_all_true(student.run(in_place, "xavier_init"))


@exercise("xavier_init", costs=0.5)
def test_xavier_takes_all_chance_from_the_generator(student, reference):
    """The same state gives the same weights, and the global random state stays as it was."""
    reference.run(chance, "xavier_init")
    assert_all_true(student.run(chance, "xavier_init"))


contract(
    "xavier_init",
    use=facts_of,
    inputs=lambda rng, dtype=DOUBLE: ("xavier_init", seed_of(rng, dtype), (100, 10, 5, 4)),
    settings={"gain": 2.0, "uniform": False, "groups": 5},
    also=[{"uniform": True}],
    **DRAWN,
)


@exercise("kaiming_init")
@pytest.mark.parametrize("shape", [(100, 200), (60, 16, 5, 4), (40, 90, 6)], ids=["linear", "two axes", "one axis"])
def test_kaiming_draws_by_the_fan_in(student, reference, rng, shape):
    """The spread of the weights follows from the fan in, for a ReLU."""
    assert_drawn(student, reference, rng, "kaiming_init", shape)


@exercise("kaiming_init", costs=0.4)
@pytest.mark.parametrize("shape", [(250, 90), (60, 16, 5, 4)], ids=["a linear layer", "a convolution"])
def test_kaiming_draws_by_the_fan_out(student, reference, rng, shape):
    """With mode="fan_out" it follows from the fan out."""
    assert_drawn(student, reference, rng, "kaiming_init", shape, mode="fan_out")


@exercise("kaiming_init", costs=0.5)
@pytest.mark.parametrize("slope", [0.4, 1.0, -0.7])
def test_kaiming_draws_by_the_slope(student, reference, rng, slope):
    """What a leaky activation keeps decides the spread."""
    assert_drawn(student, reference, rng, "kaiming_init", (100, 200), slope=slope)


@exercise("kaiming_init", costs=0.4)
@pytest.mark.parametrize("slope", [0.0, 0.6])
def test_kaiming_draws_uniform_weights(student, reference, rng, slope):
    """With uniform=True the weights are uniform, with the same variance."""
    assert_drawn(student, reference, rng, "kaiming_init", (60, 16, 5, 4), slope=slope, uniform=True)


@exercise("kaiming_init", costs=0.25)
@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
def test_kaiming_draws_for_groups(student, reference, rng, mode):
    """With groups the fan out is that of one group."""
    assert_drawn(student, reference, rng, "kaiming_init", (96, 10, 5, 4), groups=8, mode=mode)


@exercise("kaiming_init")
def test_kaiming_fills_in_place(student, reference):
    """The tensor that is there is filled, whatever stood in it, and autograd sees nothing."""
    reference.run(in_place, "kaiming_init")
    assert_all_true(student.run(in_place, "kaiming_init"))


@exercise("kaiming_init", costs=0.5)
def test_kaiming_takes_all_chance_from_the_generator(student, reference):
    """The same state gives the same weights, and the global random state stays as it was."""
    reference.run(chance, "kaiming_init")
    assert_all_true(student.run(chance, "kaiming_init"))


def wrong_mode(ns, mode):
    """Ask for a mode that isn't there; return the kind of error, and whether the weights stayed."""
    weight = torch.full((4, 3), 7.0)
    try:
        ns.kaiming_init(weight, mode=mode, generator=torch.Generator())
        said = "no error"
    except Exception as error:
        said = type(error).__name__
    return said, bool((weight == 7).all())


@exercise("kaiming_init", costs=0.2)
@pytest.mark.parametrize("mode", ["fan_avg", "in"])
def test_a_mode_that_is_none_is_refused(student, reference, mode):
    """A mode that is neither of the two: a ValueError, and the weights stay."""
    expected, _ = reference.run(wrong_mode, mode)
    came, stayed = student.run(wrong_mode, mode)
    assert came == expected, f"the mode {mode!r} met {came}; a {expected} was expected"
    assert stayed, "the weights were changed before the mode was refused"


contract(
    "kaiming_init",
    use=facts_of,
    inputs=lambda rng, dtype=DOUBLE: ("kaiming_init", seed_of(rng, dtype), (100, 10, 5, 4)),
    settings={"slope": 0.6, "mode": "fan_out", "uniform": True, "groups": 5},
    also=[{"uniform": False, "mode": "fan_in"}],
    **DRAWN,
)


# activation_statistics


def measured(ns, x, conv, bias, linear, **settings):
    """Measure a small network in training mode, with a batch norm, a dropout and activations of three kinds."""
    state = torch.get_rng_state()
    net = nn.Sequential()
    net.conv = nn.Conv2d(conv.shape[1], conv.shape[0], conv.shape[2:]).to(x.dtype)
    net.norm = nn.BatchNorm2d(conv.shape[0]).to(x.dtype)
    net.act = nn.ReLU()
    net.drop = nn.Dropout(0.5)
    net.head = nn.Sequential(nn.Flatten(), nn.Linear(linear.shape[1], linear.shape[0]).to(x.dtype), nn.Tanh())
    with torch.no_grad():
        net.conv.weight.copy_(conv)
        net.conv.bias.copy_(bias)
        net.norm.running_mean.copy_(bias.flip(0) / 2)
        net.norm.running_var.copy_(1 + bias**2)
        net.head[1].weight.copy_(linear)
        net.head[1].bias.zero_()
    torch.set_rng_state(state)
    return ns.activation_statistics(net, x, **settings)


def network_inputs(rng, N=3, C=2, F=4, H=5, W=6, K=3, dtype=DOUBLE):
    """Images, and the weights of `measured`."""
    conv = randn(rng, F, C, 2, 3, dtype=dtype, scale=0.5)
    bias = randn(rng, F, dtype=dtype, scale=0.3, shift=0.1)
    linear = randn(rng, K, F * (H - 1) * (W - 2), dtype=dtype, scale=0.4)
    return randn(rng, N, C, H, W, dtype=dtype), conv, bias, linear


def assert_found(came, expected, rtol=1e-6, atol=1e-9):
    """Compare lists of entries, name by name."""
    if not isinstance(came, list) or len(came) != len(expected):
        said = f"a list of {len(came)}" if isinstance(came, list) else type(came).__name__
        raise Mismatch("the answer has not one entry for each activation that ran", said, f"a list of {len(expected)}")
    for number, (one, right) in enumerate(zip(came, expected, strict=True)):
        if not isinstance(one, dict) or sorted(map(str, one)) != sorted(right):
            said = ", ".join(map(str, one)) if isinstance(one, dict) else type(one).__name__
            raise Mismatch("an entry is of the wrong kind", said, f"a dict with {', '.join(right)}")
        for key in ("name", "mean", "std", "dead", "histogram"):
            exact = key in ("name", "histogram")
            compare = assert_equal if exact else assert_close
            compare(
                one[key],
                right[key],
                what=f"{key} of activation {number}",
                **({} if exact else {"rtol": rtol, "atol": atol}),
            )


@exercise("activation_statistics")
def test_what_the_activations_of_a_network_give_out(student, reference, rng):
    """A convolution, a batch norm, a ReLU, a dropout, a linear layer and a tanh, all in evaluation mode."""
    args = network_inputs(rng)
    assert_found(student.run(measured, *args), reference.run(measured, *args))


def in_order(ns, x, weights):
    """Measure a network whose modules run in another order than they are named, and one of them twice."""

    class Crossed(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Sigmoid()
            self.first = nn.Tanh()
            self.unused = nn.ReLU()
            self.middle = nn.LeakyReLU(0.3)
            self.once_more = self.first

        def forward(self, x):
            h = self.middle(self.first(x) @ weights)
            return self.last(self.first(h @ weights))

    return ns.activation_statistics(Crossed(), x, bins=6)


@exercise("activation_statistics", costs=0.5)
def test_entries_come_in_the_order_in_which_modules_run(student, reference, rng):
    """One that runs twice is there twice, and one that doesn't run is not there."""
    x, weights = randn(rng, 5, 3, dtype=DOUBLE), randn(rng, 3, 3, dtype=DOUBLE)
    assert_found(student.run(in_order, x, weights), reference.run(in_order, x, weights))


def alone(ns, x, slope, bins, limits):
    """Measure a model that is an activation itself, on x with other strides."""
    x = x.transpose(0, -1).contiguous().transpose(0, -1)
    return ns.activation_statistics(nn.LeakyReLU(slope), x, bins=bins, limits=limits)


BORDERS = [-5.0, -1.0, -0.75, -0.5, -0.5, 0.0, 0.0, 0.0, 0.25, 0.5, 1.0, 1.0, 7.0, 0.75]


@exercise("activation_statistics", costs=0.4)
@pytest.mark.parametrize(
    ("bins", "limits"), [(4, (-1.0, 1.0)), (8, (-1.0, 1.0)), (3, (0.0, 0.75)), (1, (-2.0, 2.0)), (4, (-8.0, 24.0))]
)
def test_what_lies_on_a_border_and_what_lies_outside(student, reference, bins, limits):
    """On a border: the bin above. Outside: the first or the last bin, so that every number is counted."""
    x = torch.tensor(BORDERS, dtype=DOUBLE).reshape(7, 2)
    assert_found(student.run(alone, x, 1.0, bins, limits), reference.run(alone, x, 1.0, bins, limits))


@exercise("activation_statistics", costs=0.4)
def test_dead_units_give_zero_everywhere(student, reference, rng):
    """Dead is a channel that is 0 in all images and at all places: not in one image, and not at one place."""
    x = 1 + rand(rng, 3, 5, 2, 4, dtype=DOUBLE)
    x[:, 0] = 0
    x[:, 1], x[2, 1, 1, 3] = 0, 1.5
    x[0] = 0
    x[:, :, 0, 0] = 0
    x[:, 3] = -1e-9
    x[0, 4, 1, 1], x[1, 4, 1, 1] = 2.0, -2.0
    assert_found(student.run(alone, x, 0.5, 4, (-1.0, 1.0)), reference.run(alone, x, 0.5, 4, (-1.0, 1.0)))
    hidden = torch.tensor([[1.0, -1, 0, 2, -3, 0, -3], [-1, -2, 0, -1, -1, -2, 0]], dtype=DOUBLE)
    for slope in (0.0, 1.0):
        expected = reference.run(alone, hidden, slope, 4, (-1.0, 1.0))
        assert_found(student.run(alone, hidden, slope, 4, (-1.0, 1.0)), expected)


@exercise("activation_statistics", costs=0.25)
def test_a_signal_that_has_burst(student, reference):
    """However large a number is, it is counted in the last or in the first bin."""
    x = torch.tensor([[1e25, 0.3], [-3e25, 1e25]], dtype=DOUBLE)
    assert_found(student.run(alone, x, 1.0, 4, (-1.0, 1.0)), reference.run(alone, x, 1.0, 4, (-1.0, 1.0)))


def in_place_first(ns, name):
    """Hand over inputs to a model whose first module writes over them, and say whether they stayed."""
    x = torch.tensor([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])
    kept = x.clone()
    getattr(ns, name)(nn.Sequential(nn.ReLU(inplace=True), nn.Linear(3, 2, bias=False), nn.Tanh()), x)
    return {"the inputs stay as they are where the first module works in place": torch.equal(x, kept)}


@exercise("activation_statistics", costs=0.25)
def test_the_model_may_write_over_what_it_gets(student, reference):
    """The first module may be an activation that works in place."""
    reference.run(in_place_first, "activation_statistics")
    assert_all_true(student.run(in_place_first, "activation_statistics"))


def overwritten(ns, x):
    """Measure activations whose output is changed in place by what follows."""

    class Doubling(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.Tanh()

        def forward(self, x):
            return self.act(x).mul_(3).add_(1)

    return ns.activation_statistics(nn.Sequential(Doubling(), nn.ReLU(inplace=True), Doubling()), x, bins=5)


@exercise("activation_statistics", costs=0.4)
def test_outputs_are_measured_as_they_were_given_out(student, reference, rng):
    """What follows an activation may write over its output."""
    x = randn(rng, 4, 3, dtype=DOUBLE)
    assert_found(student.run(overwritten, x), reference.run(overwritten, x))


def traces(ns, raises):
    """Measure a model, which may raise an error, and return what was left of it."""

    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(3)
            self.act, self.drop, self.frozen = nn.ReLU(), nn.Dropout(0.5), nn.BatchNorm1d(3)
            self.calls, self.watched = 0, []

        def forward(self, x):
            self.calls += 1
            self.watched += [self.training, self.norm.training, torch.is_grad_enabled()]
            h = self.frozen(self.drop(self.act(self.norm(x))))
            if raises:
                raise ArithmeticError("on purpose")
            return h

    model = Watched()
    model.frozen.eval()
    own = model.act.register_forward_hook(lambda module, inputs, out: None)
    state = {name: one.clone() for name, one in model.state_dict().items()}
    torch.manual_seed(0)
    said = "no error"
    try:
        ns.activation_statistics(model, torch.randn(4, 3))
    except Exception as error:
        said = type(error).__name__
    hooks = sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules())
    modes = [one.training for one in (model, model.norm, model.act, model.drop, model.frozen)]
    kept = own.id in model.act._forward_hooks
    return {
        "the model ran once": model.calls == 1,
        "it ran in evaluation mode, and without gradients": not any(model.watched),
        "no hook was left": hooks <= 1,
        "hooks that were there before are still there": kept,
        "each module has the mode that it had": modes == [True, True, True, True, False],
        "parameters and buffers are as they were": all(
            torch.equal(one, state[name]) for name, one in model.state_dict().items()
        ),
        "there are no gradients": all(one.grad is None and one.requires_grad for one in model.parameters()),
        "the model's error is passed on": said == ("ArithmeticError" if raises else "no error"),
        "autograd is on again": torch.is_grad_enabled(),
    }


@exercise("activation_statistics", costs=0.5)
@pytest.mark.parametrize("raises", [False, True], ids=["a model that works", "a model that raises an error"])
def test_the_model_is_left_as_it_was(student, reference, raises):
    """Modes, parameters, buffers and hooks are as before, also after an error."""
    reference.run(traces, raises)
    assert_all_true(student.run(traces, raises))


contract(
    "activation_statistics",
    use=measured,
    inputs=network_inputs,
    settings={"bins": 5, "limits": (-0.4, 0.7)},
    compare=assert_found,
    one="NCFK",
    square={"N": 4, "C": 4, "F": 4, "H": 4, "W": 4, "K": 4},
    tolerances={SINGLE: {"rtol": 1e-4, "atol": 1e-5}},
    device=False,
)


# lsuv_init


def scaled(ns, x, first, second, middle, last, bias):
    """Scale a network in training mode whose layers run in another order than they are named.

    It has a skip, a batch norm, a dropout, and a layer without a bias. Returned are what came back, in order, what
    became of the weights and biases, and what the layers give out afterwards.
    """

    class Skipping(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(last.shape[1], last.shape[0])
            self.norm = nn.BatchNorm2d(first.shape[0])
            self.first = nn.Conv2d(first.shape[1], first.shape[0], 3, padding=1)
            self.second = nn.Conv2d(first.shape[0], first.shape[0], 3, padding=1, bias=False)
            self.drop = nn.Dropout(0.5)
            self.head = nn.Sequential(nn.Linear(middle.shape[1], middle.shape[0]), nn.Sigmoid())

        def forward(self, x):
            h = torch.relu(self.norm(self.first(x)))
            h = h + self.drop(torch.tanh(self.second(h)))
            return self.last(self.head(h.mean(dim=(2, 3))))

    state = torch.get_rng_state()
    net = Skipping().to(x.dtype)
    torch.set_rng_state(state)
    with torch.no_grad():
        for layer, weight in ((net.first, first), (net.second, second), (net.head[0], middle), (net.last, last)):
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(bias[: len(weight)])
        net.norm.running_mean.copy_(bias[: first.shape[0]])
        net.norm.running_var.copy_(1 + bias[: first.shape[0]] ** 2)
        net.norm.bias.copy_(bias[: first.shape[0]].flip(0))
    came = ns.lsuv_init(net, x)
    sizes = [[str(name), size] for name, size in came.items()] if isinstance(came, dict) else came
    kept = {name: one.detach().clone() for name, one in net.named_parameters()}
    return {"sizes": sizes, "parameters": kept, "running_mean": net.norm.running_mean.clone()}


def lsuv_inputs(rng, N=4, C=2, F=3, H=4, W=5, K=4, L=2, dtype=DOUBLE):
    """Images, and the weights of `scaled`."""
    return (
        randn(rng, N, C, H, W, dtype=dtype, shift=0.4),
        randn(rng, F, C, 3, 3, dtype=dtype, scale=0.1),
        randn(rng, F, F, 3, 3, dtype=dtype, scale=0.5),
        randn(rng, K, F, dtype=dtype, scale=3.0),
        randn(rng, L, K, dtype=dtype, scale=0.3),
        randn(rng, max(F, K, L), dtype=dtype, shift=0.5),
    )


@exercise("lsuv_init")
def test_each_layer_is_scaled_after_those_before_it(student, reference, rng):
    """A network with a skip, a batch norm and a dropout: what the weights were divided by, and what they became."""
    args = lsuv_inputs(rng)
    assert_scaled(student.run(scaled, *args), reference.run(scaled, *args))


def assert_scaled(came, expected, rtol=1e-6, atol=1e-9):
    """Compare what came back, and what became of the network."""
    sizes, right = came["sizes"], expected["sizes"]
    if not isinstance(sizes, list):
        raise Mismatch("what comes back is of the wrong kind", type(sizes).__name__, "a dict from names to floats")
    assert_close(came["parameters"], expected["parameters"], rtol=rtol, atol=atol, what="the parameters")
    assert_equal([one[0] for one in sizes], [one[0] for one in right], what="the names, in order")
    assert_close([one[1] for one in sizes], [one[1] for one in right], rtol=rtol, atol=atol, what="the deviations")
    assert_close(came["running_mean"], expected["running_mean"], rtol=rtol, atol=atol, what="the running mean")


def other_kinds(ns, x, weights, factor):
    """Scale a stack of convolutions along one and three axes and a linear layer; `factor` multiplies the first."""
    net = nn.Sequential(
        nn.Conv1d(2, 3, 3),
        nn.ReLU(),
        nn.Unflatten(2, (2, 2, 1)),
        nn.Conv3d(3, 2, (2, 1, 1), bias=False),
        nn.LeakyReLU(),
        nn.Flatten(),
        nn.Linear(4, 3),
    ).double()
    with torch.no_grad():
        for layer, weight in zip((net[0], net[3], net[6]), weights, strict=True):
            layer.weight.copy_(weight)
        net[0].bias.fill_(0.7)
        net[0].weight.mul_(factor)
    came = ns.lsuv_init(net, x)
    sizes = [[str(name), size] for name, size in came.items()] if isinstance(came, dict) else came
    kept = {name: one.detach().clone() for name, one in net.named_parameters()}
    return {"sizes": sizes, "parameters": kept, "running_mean": torch.zeros(1)}


@exercise("lsuv_init", costs=0.4)
@pytest.mark.parametrize("factor", [1.0, 0.0, 1e-9], ids=["as drawn", "the first gives zeros", "it gives next to 0"])
def test_convolutions_along_one_and_three_axes(student, reference, rng, factor):
    """All kinds of layers are scaled; those whose output has deviation 0 keep their weights."""
    x = randn(rng, 3, 2, 6, dtype=DOUBLE, scale=4.0)
    weights = [randn(rng, *shape, dtype=DOUBLE) for shape in ((3, 2, 3), (2, 3, 2, 1, 1), (3, 4))]
    assert_scaled(student.run(other_kinds, x, weights, factor), reference.run(other_kinds, x, weights, factor))


def sole_layer(ns, x, weight):
    """Scale a model that is a layer itself."""
    net = nn.Linear(weight.shape[1], weight.shape[0]).double()
    with torch.no_grad():
        net.weight.copy_(weight)
    came = ns.lsuv_init(net, x)
    sizes = [[str(name), size] for name, size in came.items()] if isinstance(came, dict) else came
    kept = {name: one.detach().clone() for name, one in net.named_parameters()}
    return {"sizes": sizes, "parameters": kept, "running_mean": torch.zeros(1)}


@exercise("lsuv_init", costs=0.25)
def test_a_model_may_be_a_layer_itself(student, reference, rng):
    """Its name is the empty string, as in model.named_modules()."""
    args = randn(rng, 4, 3, dtype=DOUBLE), randn(rng, 2, 3, dtype=DOUBLE)
    assert_scaled(student.run(sole_layer, *args), reference.run(sole_layer, *args))


@exercise("lsuv_init", costs=0.25)
def test_the_model_may_write_over_its_batch(student, reference):
    """The first module may be an activation that works in place."""
    reference.run(in_place_first, "lsuv_init")
    assert_all_true(student.run(in_place_first, "lsuv_init"))


def afterwards(ns, raises):
    """Scale a model, which may raise an error, and return what is true afterwards."""

    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(3, 4), nn.Linear(4, 2)
            self.norm, self.drop = nn.BatchNorm1d(4), nn.Dropout(0.5)
            self.watched = []

        def forward(self, x):
            self.watched += [self.training, self.norm.training, torch.is_grad_enabled()]
            h = self.drop(self.norm(torch.tanh(self.one(x))))
            if raises:
                raise ArithmeticError("on purpose")
            return self.two(h)

    torch.manual_seed(0)
    model = Watched()
    model.drop.eval()
    model.two.weight.requires_grad_(False)
    own = model.one.register_forward_hook(lambda module, inputs, out: None)
    objects = {name: (one, one.data_ptr()) for name, one in model.named_parameters()}
    buffers = {name: one.clone() for name, one in model.named_buffers()}
    said, x = "no error", torch.randn(6, 3)
    try:
        ns.lsuv_init(model, x)
    except Exception as error:
        said = type(error).__name__
    hooks = sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules())
    modes = [one.training for one in (model, model.one, model.norm, model.drop)]
    named = dict(model.named_parameters())
    same = all(named[name] is one and one.data_ptr() == place for name, (one, place) in objects.items())
    learns = [one.requires_grad for one in (model.one.weight, model.one.bias, model.two.weight, model.two.bias)]
    found = {
        "parameters are the same objects, changed in place": same and list(named) == list(objects),
        "parameters are leaves and require gradients as before": learns == [True, True, False, True]
        and all(one.is_leaf and one.grad is None for one in named.values()),
        "no hook was left": hooks <= 1,
        "hooks that were there before are still there": own.id in model.one._forward_hooks,
        "each module has the mode that it had": modes == [True, True, True, False],
        "it ran in evaluation mode, and without gradients": not any(model.watched),
        "buffers are as they were": all(torch.equal(one, buffers[name]) for name, one in model.named_buffers()),
        "the model's error is passed on": said == ("ArithmeticError" if raises else "no error"),
        "autograd is on again": torch.is_grad_enabled(),
    }
    if not raises:
        model.eval()
        with torch.no_grad():
            outs = [model.one(x), model(x)]
        found["each layer gives out deviation 1"] = all(abs(float(one.std(correction=0)) - 1) < 1e-4 for one in outs)
    return found


@exercise("lsuv_init", costs=0.5)
@pytest.mark.parametrize("raises", [False, True], ids=["a model that works", "a model that raises an error"])
def test_a_scaled_model_is_else_as_it_was(student, reference, raises):
    """The same parameters, modes, buffers and hooks as before, also after an error."""
    reference.run(afterwards, raises)
    assert_all_true(student.run(afterwards, raises))


contract(
    "lsuv_init",
    use=scaled,
    inputs=lsuv_inputs,
    compare=assert_scaled,
    one="N",
    square={"N": 3, "C": 3, "F": 3, "H": 3, "W": 3, "K": 3, "L": 3},
    tolerances={SINGLE: {"rtol": 2e-4, "atol": 2e-5}},
    device=False,
    but={
        "turns_its_inputs_round_where_it_is_square": "its inputs are a model and images, and no matrix",
        "answers_in_float32": "it answers floats; the weights are the model's",
        "adds_up_between_calls": "it answers floats",
        "writes_every_answer_into_the_same_memory": "it answers floats",
    },
)
