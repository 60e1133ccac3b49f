"""Checks of the normalisations with their gradients, of folding a batch norm, and of statistics over parts."""

from typing import Any

import pytest
import torch
from torch import nn

from autograder.authoring import assert_close, assert_equal, contract, exercise, rand, randn
from coursekit.gradients import assert_gradients, named

DOUBLE = torch.float64
TORCHS = ["batch_norm", "layer_norm", "group_norm", "instance_norm"]
OWN = "write the mean, the variance and the rest yourself"
BY_HAND = "the gradient, written by hand"
COSTS = {"dtype": 0.25, "strides": 0.25, "all_at_once": 0.5}
GRADIENTS = ("x", "gamma", "beta")
SHAPES = [
    pytest.param((2, 3, 3, 2), id="images"),
    pytest.param((5, 2), id="rows"),
    pytest.param((1, 2, 2, 1, 3), id="batch of one volume"),
]


def images(rng, *shape, dtype=DOUBLE):
    """Numbers whose channels differ in mean and in spread."""
    per_channel = [shape[1], *[1] * (len(shape) - 2)]
    spread, middle = 0.5 + 2 * rand(rng, *per_channel, dtype=dtype), randn(rng, *per_channel, dtype=dtype, scale=3.0)
    return randn(rng, *shape, dtype=dtype) * spread + middle


def affine(rng, *shape, dtype=DOUBLE):
    """gamma on either side of zero, and beta."""
    return randn(rng, *shape, dtype=dtype, shift=0.7), randn(rng, *shape, dtype=dtype, shift=0.4)


def running(rng, channels, dtype=DOUBLE):
    """Running statistics that aren't where they begin."""
    return randn(rng, channels, dtype=dtype, shift=1.0), 0.5 + 2 * rand(rng, channels, dtype=dtype)


def upstream(rng, shape, dtype=DOUBLE):
    """A gradient of the output, whose mean is not zero."""
    return randn(rng, *shape, dtype=dtype, scale=2.0, shift=0.5)


def refusal(ns, name, args) -> str:
    """Return the kind of error that a call meets, or that there was none."""
    try:
        getattr(ns, name)(*args)
    except NotImplementedError:
        raise
    except Exception as error:
        return type(error).__name__
    return "no error"


def assert_refused(student, name, args, what):
    """Ask for a ValueError."""
    came = student.run(refusal, name, args)
    assert came == "ValueError", f"{what}: a ValueError was expected, and {came} came"


def assert_accepted(student, name, args, what):
    """Ask for no error."""
    came = student.run(refusal, name, args)
    assert came == "no error", f"{what}: there is nothing to refuse, and {came} came"


def keeps_digits(ns, name, x, *args) -> bool:
    """Return whether x gives what it gives without its large mean."""
    far, near = (getattr(ns, name)(one, *args) for one in (x.clone(), x - 1e8))
    far, near = (one[0] if isinstance(one, tuple) else one for one in (far, near))
    return torch.allclose(far, near, rtol=1e-4, atol=1e-4)


def assert_keeps_digits(student, name, x, *args):
    """Ask for the same answer with a mean of 10 ** 8 as without."""
    assert student.run(keeps_digits, name, x, *args), (
        "with 10 ** 8 added to all numbers the output is another: their digits get lost on the way"
    )


# batch_norm_forward


def parts_of(answer):
    """Return out, and what is in cache and running, by name."""
    whole = named(answer, "out", "cache", "running")
    cache = named(whole["cache"], "x_hat", "std", "gamma")
    statistics = named(whole["running"], "running_mean", "running_var")
    return whole["out"], cache, statistics


def assert_batch_norm(came, expected, **tolerances):
    """Compare (out, cache, running) part by part."""
    (out, *others), (right_out, *right_others) = parts_of(came), parts_of(expected)
    assert_close(out, right_out, what="out", **tolerances)
    for one, right in zip(others, right_others, strict=True):
        for name, value in right.items():
            assert_close(one[name], value, what=name, **tolerances)


def only_out(ns, *args, **settings):
    """Return the first part of an answer, or all of one that has no parts."""
    answer = ns.batch_norm_forward(*args, **settings)
    return answer[0] if isinstance(answer, tuple) and len(answer) == 3 else answer


def only_running(ns, *args, **settings):
    """Return the last part of an answer, or all of one that has no parts."""
    answer = ns.batch_norm_forward(*args, **settings)
    return answer[2] if isinstance(answer, tuple) and len(answer) == 3 else answer


@exercise("batch_norm_forward")
@pytest.mark.parametrize("shape", SHAPES)
def test_each_channel_is_normalised_over_the_batch(student, reference, rng, shape):
    """In training, by the batch's own mean and biased variance; then scaled and shifted."""
    args = images(rng, *shape), *affine(rng, shape[1]), *running(rng, shape[1])
    assert_close(student.run(only_out, *args), reference.run(only_out, *args), what="out")


@exercise("batch_norm_forward")
def test_outside_training_the_running_statistics_count(student, reference, rng):
    """With training=False the batch's own statistics make no difference."""
    args = images(rng, 2, 3, 3, 2), *affine(rng, 3), *running(rng, 3)
    came, expected = (side.run(only_out, *args, False, 0.1, eps=0.6) for side in (student, reference))
    assert_close(came, expected, what="out")


@exercise("batch_norm_forward", costs=0.5)
def test_the_running_statistics_move_towards_those_of_the_batch(student, reference, rng):
    """By the momentum, towards the mean and the unbiased variance."""
    args = images(rng, 2, 3, 1, 4), *affine(rng, 3), *running(rng, 3)
    names = "running_mean", "running_var"
    came, expected = (named(side.run(only_running, *args, momentum=0.3), *names) for side in (student, reference))
    for name, value in expected.items():
        assert_close(came[name], value, what=name)


@exercise("batch_norm_forward", costs=0.5)
def test_outside_training_the_running_statistics_stay(student, rng):
    """What came in as running statistics comes back."""
    statistics = running(rng, 3)
    answer = student.batch_norm_forward(images(rng, 4, 3, 2, 3), *affine(rng, 3), *statistics, False, momentum=0.3)
    came = parts_of(answer)[2]
    for name, value in zip(("running_mean", "running_var"), statistics, strict=True):
        assert_close(came[name], value, what=name)


@exercise("batch_norm_forward", costs=0.5)
@pytest.mark.parametrize("training", [True, False])
def test_the_cache_holds_what_the_way_back_needs(student, reference, rng, training):
    """The cache is (x_hat, std, gamma), in training and otherwise."""
    args = images(rng, 2, 3, 2), *affine(rng, 3), *running(rng, 3), training, 0.1
    came, expected = (parts_of(side.batch_norm_forward(*args, eps=0.6))[1] for side in (student, reference))
    for name, value in expected.items():
        assert_close(came[name], value, what=f"{name} in the cache")


@exercise("batch_norm_forward", costs=0.25)
def test_a_large_mean_costs_no_digits(student, rng):
    """A channel whose mean is 10 ** 8 times its spread is normalised as well as any."""
    args = *affine(rng, 2), *running(rng, 2)
    assert_keeps_digits(student, "batch_norm_forward", randn(rng, 3, 2, 4, dtype=DOUBLE) + 1e8, *args)


@exercise("batch_norm_forward", costs=0.25)
@pytest.mark.parametrize("shape", [(1, 3), (1, 2, 1, 1)], ids=["a row", "a pixel"])
def test_a_single_number_is_refused_in_training(student, rng, shape):
    """A batch of one with one pixel has no spread: a ValueError."""
    args = [images(rng, *shape), *affine(rng, shape[1]), *running(rng, shape[1])]
    assert_refused(student, "batch_norm_forward", args, "in training, with one number per channel")


@exercise("batch_norm_forward", costs=0.25)
def test_a_single_number_is_no_error_outside_training(student, rng):
    """With training=False nothing is asked of the batch."""
    args = [images(rng, 1, 3, 1, 1), *affine(rng, 3), *running(rng, 3), False]
    assert_accepted(student, "batch_norm_forward", args, "outside training, with one number per channel")


def out_of_reach(ns, x, gamma, beta, mean, var) -> list[str]:
    """Return the inputs to which autograd finds no way from out."""
    leaves = {name: one.clone().requires_grad_() for name, one in {"x": x, "gamma": gamma, "beta": beta}.items()}
    try:
        out = ns.batch_norm_forward(*leaves.values(), mean, var)[0]
        grads = torch.autograd.grad(out.square().sum(), list(leaves.values()), allow_unused=True)
    except RuntimeError:
        return list(leaves)
    return [name for name, grad in zip(leaves, grads, strict=True) if grad is None]


@exercise("batch_norm_forward", costs=0.25)
def test_autograd_finds_its_way_through(student, rng):
    """Nothing is detached: a network can be trained through it."""
    lost = student.run(out_of_reach, images(rng, 2, 3, 2), *affine(rng, 3), *running(rng, 3))
    assert not lost, f"autograd finds no way from out back to {', '.join(lost)}"


def usual_batch_norm(rng, N=2, C=3, H=2, dtype=DOUBLE):
    """Images, gamma, beta and running statistics."""
    return images(rng, N, C, H, 2, dtype=dtype), *affine(rng, C, dtype=dtype), *running(rng, C, dtype=dtype)


contract(
    "batch_norm_forward",
    inputs=usual_batch_norm,
    compare=assert_batch_norm,
    settings={"momentum": 0.4, "eps": 0.6},
    also=[{"training": False}],
    one="NCH",
    square=dict.fromkeys("NCH", 2),
    all_at_once="NCH",
    forbids_operations=TORCHS,
    instead=OWN,
    costs=COSTS,
)


# batch_norm_backward


def batch_cache(rng, shape, training=True, eps=0.3, dtype=DOUBLE):
    """Return a gradient of the output and the cache of a batch norm."""
    x, (gamma, _) = images(rng, *shape, dtype=dtype), affine(rng, shape[1], dtype=dtype)
    beside, rows = [1, -1, *[1] * (x.ndim - 2)], x.transpose(0, 1).flatten(1)
    mean, var = (rows.mean(1), rows.var(1, correction=0)) if training else running(rng, shape[1], dtype=dtype)
    std = (var + eps).sqrt()
    x_hat = (x - mean.reshape(beside)) / std.reshape(beside)
    return upstream(rng, shape, dtype), (x_hat, std, gamma)


def assert_named_gradients(came, expected):
    """Compare the gradients of x, gamma and beta, each by its name."""
    right = dict(zip(GRADIENTS, expected, strict=True))
    per_channel = right["x"].numel() // right["gamma"].numel()
    assert_gradients(named(came, *GRADIENTS), right, **{"numbers per gamma": per_channel})


@exercise("batch_norm_backward")
@pytest.mark.parametrize("shape", SHAPES)
def test_the_three_gradients_of_batch_norm(student, reference, rng, shape):
    """In training: through the number itself, the mean and the standard deviation."""
    args = batch_cache(rng, shape)
    assert_named_gradients(student.batch_norm_backward(*args), reference.batch_norm_backward(*args))


@exercise("batch_norm_backward", costs=0.4)
def test_running_statistics_pass_no_gradient(student, reference, rng):
    """With training=False mean and deviation were constants: only the way through the number itself is left."""
    args = *batch_cache(rng, (2, 3, 1, 4), training=False), False
    assert_named_gradients(student.batch_norm_backward(*args), reference.batch_norm_backward(*args))


def usual_batch_backward(rng, N=2, C=3, H=2, dtype=DOUBLE):
    """A gradient of the output, and a cache."""
    return batch_cache(rng, (N, C, H, 2), dtype=dtype)


contract(
    "batch_norm_backward",
    inputs=usual_batch_backward,
    compare=assert_named_gradients,
    also=[{"training": False}],
    one="NCH",
    square=dict.fromkeys("NCH", 2),
    all_at_once="NCH",
    by_hand=True,
    forbids_operations=TORCHS,
    instead=BY_HAND,
    costs=COSTS,
)


# layer_norm_forward

FEATURES = [
    pytest.param((4, 5), 1, id="rows"),
    pytest.param((2, 3, 5), 1, id="sequences"),
    pytest.param((2, 2, 3, 2), 3, id="whole images"),
]


def assert_layer_norm(came, expected, **tolerances):
    """Compare (out, cache) part by part."""
    whole, right = named(came, "out", "cache"), named(expected, "out", "cache")
    assert_close(whole["out"], right["out"], what="out", **tolerances)
    cache = named(whole["cache"], "x_hat", "std", "gamma")
    for name, value in named(right["cache"], "x_hat", "std", "gamma").items():
        assert_close(cache[name], value, what=f"{name} in the cache", **tolerances)


def layer_out(ns, *args, **settings):
    """Return the first part of an answer, or all of one that has no parts."""
    answer = ns.layer_norm_forward(*args, **settings)
    return answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer


@exercise("layer_norm_forward")
@pytest.mark.parametrize(("shape", "num_axes"), FEATURES)
def test_each_sample_is_normalised_over_its_features(student, reference, rng, shape, num_axes):
    """Over the last axes, as many as gamma has; then each feature has its own scale and shift."""
    args = images(rng, *shape), *affine(rng, *shape[-num_axes:])
    assert_close(student.run(layer_out, *args), reference.run(layer_out, *args), what="out")


@exercise("layer_norm_forward", costs=0.5)
def test_the_cache_of_layer_norm(student, reference, rng):
    """The pair (out, cache) comes back, and the cache is (x_hat, std, gamma)."""
    args = images(rng, 2, 3, 2, 2), *affine(rng, 2, 2)
    assert_layer_norm(student.layer_norm_forward(*args, eps=0.6), reference.layer_norm_forward(*args, eps=0.6))


@exercise("layer_norm_forward", costs=0.25)
def test_a_large_mean_costs_layer_norm_no_digits(student, rng):
    """A sample whose mean is 10 ** 8 times its spread is normalised as well as any."""
    assert_keeps_digits(student, "layer_norm_forward", randn(rng, 3, 7, dtype=DOUBLE) + 1e8, *affine(rng, 7))


@exercise("layer_norm_forward", costs=0.25)
@pytest.mark.parametrize("num", [4, 1])
def test_a_sample_of_equal_features_gives_beta(student, rng, num):
    """Where nothing varies, or there is one feature alone, what is left is beta, and no error and no NaN."""
    x, (gamma, beta) = randn(rng, 3, 1, dtype=DOUBLE).expand(3, num).contiguous(), affine(rng, num)
    assert_accepted(student, "layer_norm_forward", [x, gamma, beta], "features that are all alike")
    assert_close(student.run(layer_out, x, gamma, beta), beta.expand(3, num), what="out")


def usual_layer_norm(rng, N=2, D=3, E=2, dtype=DOUBLE):
    """Samples with features of two axes."""
    return images(rng, N, D, E, dtype=dtype), *affine(rng, D, E, dtype=dtype)


contract(
    "layer_norm_forward",
    inputs=usual_layer_norm,
    compare=assert_layer_norm,
    settings={"eps": 0.6},
    one="NDE",
    square=dict.fromkeys("NDE", 2),
    all_at_once="NDE",
    forbids_operations=TORCHS,
    instead=OWN,
    costs=COSTS,
)


# layer_norm_backward


def layer_cache(rng, shape, num_axes, eps=0.3, dtype=DOUBLE):
    """Return a gradient of the output and the cache of a layer norm."""
    x, (gamma, _) = images(rng, *shape, dtype=dtype), affine(rng, *shape[-num_axes:], dtype=dtype)
    axes = list(range(-num_axes, 0))
    std = (x.var(dim=axes, unbiased=False, keepdim=True) + eps).sqrt()
    return upstream(rng, shape, dtype), ((x - x.mean(dim=axes, keepdim=True)) / std, std, gamma)


@exercise("layer_norm_backward")
@pytest.mark.parametrize(("shape", "num_axes"), FEATURES)
def test_the_three_gradients_of_layer_norm(student, reference, rng, shape, num_axes):
    """The gradient of x sample by sample, those of gamma and beta feature by feature."""
    args = layer_cache(rng, shape, num_axes)
    assert_named_gradients(student.layer_norm_backward(*args), reference.layer_norm_backward(*args))


def usual_layer_backward(rng, N=2, D=3, E=2, dtype=DOUBLE):
    """A gradient of the output, and a cache."""
    return layer_cache(rng, (N, D, E), 2, dtype=dtype)


contract(
    "layer_norm_backward",
    inputs=usual_layer_backward,
    compare=assert_named_gradients,
    one="NDE",
    square=dict.fromkeys("NDE", 2),
    all_at_once="NDE",
    by_hand=True,
    forbids_operations=TORCHS,
    instead=BY_HAND,
    costs=COSTS,
)


# instance_norm


@exercise("instance_norm")
def test_each_channel_of_each_image_is_normalised_alone(student, reference, rng):
    """Each has mean 0 and variance 1 over its own pixels, before scale and shift."""
    x = images(rng, 2, 3, 3, 2)
    assert_close(student.instance_norm(x), reference.instance_norm(x))


@exercise("instance_norm")
def test_channels_are_scaled_and_shifted(student, reference, rng):
    """gamma and beta of shape (C,), the same for all images; a large eps."""
    args = images(rng, 2, 3, 1, 3, 2), *affine(rng, 3)
    assert_close(student.instance_norm(*args, eps=0.6), reference.instance_norm(*args, eps=0.6))


@exercise("instance_norm", costs=0.5)
@pytest.mark.parametrize("shape", [(2, 2, 3, 1), (3, 2, 3)], ids=["as many", "sequences"])
def test_each_image_may_have_its_own_scale_and_shift(student, reference, rng, shape):
    """gamma and beta of shape (N, C), or one of each kind."""
    x, (gammas, betas), (gamma, beta) = images(rng, *shape), affine(rng, *shape[:2]), affine(rng, shape[1])
    for pair in ((gammas, betas), (gamma, betas), (gammas, beta)):
        assert_close(student.instance_norm(x, *pair), reference.instance_norm(x, *pair))


@exercise("instance_norm", costs=0.5)
def test_scale_or_shift_may_be_left_out(student, reference, rng):
    """gamma without beta, and beta without gamma."""
    x, (gamma, beta) = images(rng, 2, 3, 2), affine(rng, 3)
    came, expected = (side.instance_norm(x, gamma, eps=0.6) for side in (student, reference))
    assert_close(came, expected, what="with gamma alone")
    came, expected = (side.instance_norm(x, None, beta, eps=0.6) for side in (student, reference))
    assert_close(came, expected, what="with beta alone")


@exercise("instance_norm", costs=0.25)
@pytest.mark.parametrize("shape", [(2, 3, 3, 2), (2, 3, 1, 1)], ids=["a black channel", "a single pixel"])
def test_pixels_that_are_all_alike_give_beta(student, rng, shape):
    """Where nothing varies, what is left is beta, and no error and no NaN."""
    x, (gamma, beta) = torch.tensor([0, 3, 0.5], dtype=DOUBLE)[:, None, None].expand(shape), affine(rng, 3)
    assert_accepted(student, "instance_norm", [x, gamma, beta], "pixels that are all alike")
    assert_close(student.instance_norm(x, gamma, beta, eps=0.6), beta[:, None, None].expand(shape))


@exercise("instance_norm", costs=0.25)
def test_a_scale_of_zero_leaves_the_shift_alone(student, rng):
    """gamma = 0 is a scale like any other, and not one that is missing."""
    x, (gamma, beta) = images(rng, 2, 3, 2), affine(rng, 3)
    assert_close(student.instance_norm(x, 0 * gamma, beta, eps=0.6), beta[:, None].expand_as(x))


@exercise("instance_norm", costs=0.25)
def test_a_large_mean_costs_instance_norm_no_digits(student, rng):
    """A channel whose mean is 10 ** 8 times its spread is normalised as well as any."""
    assert_keeps_digits(student, "instance_norm", randn(rng, 2, 2, 5, dtype=DOUBLE) + 1e8)


contract(
    "instance_norm",
    inputs=lambda rng, N=2, C=3, H=2, dtype=DOUBLE: (
        images(rng, N, C, H, 2, dtype=dtype),
        *affine(rng, C, dtype=dtype),
    ),
    settings={"eps": 0.6},
    also=[
        lambda rng, N=2, C=3, H=2, dtype=DOUBLE: (
            images(rng, N, C, H, 2, dtype=dtype),
            *affine(rng, N, C, dtype=dtype),
        )
    ],
    one="NCH",
    square=dict.fromkeys("NCH", 2),
    all_at_once="NCH",
    forbids_operations=TORCHS,
    instead=OWN,
    costs=COSTS,
)


# group_norm


@exercise("group_norm")
@pytest.mark.parametrize(
    ("shape", "num_groups"),
    [((2, 6, 1, 3), 2), ((1, 4, 3, 1, 2), 2)],
    ids=["triples", "batch of one volume"],
)
def test_each_group_of_channels_is_normalised(student, reference, rng, shape, num_groups):
    """All numbers of the group's channels have one mean and one variance, image by image."""
    x = images(rng, *shape)
    assert_close(student.group_norm(x, num_groups), reference.group_norm(x, num_groups))


@exercise("group_norm")
@pytest.mark.parametrize("num_groups", [1, 4], ids=["one group", "a group for each channel"])
def test_the_two_ends_of_group_norm(student, reference, rng, num_groups):
    """One group for the whole image, and one for each channel."""
    x = images(rng, 2, 4, 3)
    assert_close(student.group_norm(x, num_groups), reference.group_norm(x, num_groups))


@exercise("group_norm")
@pytest.mark.parametrize("shape", [(2, 6, 3, 1), (2, 6)], ids=["images", "rows"])
def test_each_channel_of_a_group_has_its_own_scale_and_shift(student, reference, rng, shape):
    """gamma and beta belong to channels, not to groups; a large eps."""
    args = images(rng, *shape), 2, *affine(rng, 6)
    assert_close(student.group_norm(*args, eps=0.6), reference.group_norm(*args, eps=0.6))


@exercise("group_norm", costs=0.5)
def test_scale_or_shift_of_groups_may_be_left_out(student, reference, rng):
    """gamma without beta, and beta without gamma."""
    x, (gamma, beta) = images(rng, 2, 4, 2), affine(rng, 4)
    came, expected = (side.group_norm(x, 2, gamma, eps=0.6) for side in (student, reference))
    assert_close(came, expected, what="with gamma alone")
    came, expected = (side.group_norm(x, 2, None, beta, eps=0.6) for side in (student, reference))
    assert_close(came, expected, what="with beta alone")


@exercise("group_norm", costs=0.25)
@pytest.mark.parametrize("num_groups", [4, 12], ids=["4 groups of 6 channels", "12 groups of 6 channels"])
def test_groups_that_do_not_come_out_even_are_refused(student, rng, num_groups):
    """Channels that can't be split evenly: a ValueError."""
    args = [images(rng, 2, 6, 2, 2), num_groups]
    assert_refused(student, "group_norm", args, f"6 channels in {num_groups} groups")


@exercise("group_norm", costs=0.25)
def test_a_large_mean_costs_group_norm_no_digits(student, rng):
    """A group whose mean is 10 ** 8 times its spread is normalised as well as any."""
    assert_keeps_digits(student, "group_norm", randn(rng, 2, 4, 3, dtype=DOUBLE) + 1e8, 2)


@exercise("group_norm", costs=0.25)
def test_a_group_of_a_single_number_gives_beta(student, rng):
    """One number alone is no error: nothing is left of it."""
    x, (gamma, beta) = images(rng, 2, 3, 1, 1), affine(rng, 3)
    assert_accepted(student, "group_norm", [x, 3, gamma, beta], "a group of a single number")
    assert_close(student.group_norm(x, 3, gamma, beta, eps=0.6), beta[:, None, None].expand_as(x))


@exercise("group_norm", costs=0.25)
def test_a_scale_of_zero_leaves_the_shift_of_groups(student, rng):
    """gamma = 0 is a scale like any other, and not one that is missing."""
    x, (gamma, beta) = images(rng, 2, 4, 2), affine(rng, 4)
    assert_close(student.group_norm(x, 2, 0 * gamma, beta, eps=0.6), beta[:, None].expand_as(x))


contract(
    "group_norm",
    inputs=lambda rng, N=1, G=2, H=3, dtype=DOUBLE: (
        images(rng, N, 2 * G, H, 2, dtype=dtype),
        G,
        *affine(rng, 2 * G, dtype=dtype),
    ),
    settings={"eps": 0.6},
    square={"N": 2, "G": 1, "H": 2},
    one="GH",
    all_at_once="NGH",
    forbids_operations=TORCHS,
    instead=OWN,
    costs=COSTS,
)


# fuse_conv_bn

LAYERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one kernel": ({"kernel_size": 3}, {}),
    "without a bias": ({"kernel_size": (1, 3), "bias": False}, {}),
    "stride and padding": ({"kernel_size": (3, 2), "stride": (2, 1), "padding": (0, 1)}, {}),
    "dilation": ({"kernel_size": 2, "dilation": (1, 3)}, {}),
    "groups": ({"kernel_size": (1, 2), "groups": 2, "bias": True}, {}),
    "a kernel as wide as there are channels": ({"kernel_size": (2, 4)}, {}),
    "depthwise": ({"kernel_size": 3, "padding": "same", "groups": 4}, {}),
    "reflected edges": ({"kernel_size": 3, "padding": (1, 2), "stride": 2, "padding_mode": "reflect"}, {}),
    "a large eps": ({"kernel_size": 2}, {"eps": 0.7, "affine": True}),
    "without gamma and beta": ({"kernel_size": 2}, {"affine": False, "eps": 0.2}),
}
each_layer = pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS.keys())


def two_layers(rng, settings, of_norm, num_in=4, num_out=4, dtype=DOUBLE):
    """Return the arguments of both layers, and values for all that they hold."""
    kernel = settings["kernel_size"]
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    conv = {"weight": randn(rng, num_out, num_in // settings.get("groups", 1), height, width, dtype=dtype)}
    if settings.get("bias", True):
        conv["bias"] = randn(rng, num_out, dtype=dtype, shift=1.0)
    norm = dict(zip(("running_mean", "running_var"), running(rng, num_out, dtype), strict=True))
    if of_norm.get("affine", True):
        norm |= dict(zip(("weight", "bias"), affine(rng, num_out, dtype=dtype), strict=True))
        norm["weight"][0] = -norm["weight"][0].abs() - 0.2
    return [num_in, num_out], settings, of_norm, conv, norm


def folded(ns, channels, settings, of_norm, conv_state, norm_state, x):
    """Build the two layers, fold them, and return what the new one says of x."""
    with torch.random.fork_rng(devices=[]):
        conv = nn.Conv2d(*channels, **settings, dtype=x.dtype)
        norm = nn.BatchNorm2d(channels[1], **of_norm, dtype=x.dtype).eval()
        conv.load_state_dict({name: value.clone() for name, value in conv_state.items()}, assign=True)
        counter = {"num_batches_tracked": torch.zeros((), dtype=torch.int64, device=x.device)}
        norm.load_state_dict({**counter, **{name: value.clone() for name, value in norm_state.items()}}, assign=True)
        fused = ns.fuse_conv_bn(conv, norm)
    with torch.no_grad():
        return fused(x)


def about(ns, trained, channels, settings, of_norm, conv_state, norm_state, x):
    """Return what kind of thing comes back, and whether the old layers are as they were and apart from it."""
    with torch.random.fork_rng(devices=[]):
        conv = nn.Conv2d(*channels, **settings, dtype=x.dtype)
        norm = nn.BatchNorm2d(channels[1], **of_norm, dtype=x.dtype).eval()
        conv.load_state_dict(conv_state)
        norm.load_state_dict({"num_batches_tracked": torch.tensor(3), **norm_state})
        conv.requires_grad_(trained)
        old = {
            **{f"conv.{name}": value.clone() for name, value in conv.state_dict().items()},
            **{f"bn.{name}": value.clone() for name, value in norm.state_dict().items()},
        }
        fused = ns.fuse_conv_bn(conv, norm)
        now = {
            **{f"conv.{name}": value for name, value in conv.state_dict().items()},
            **{f"bn.{name}": value for name, value in norm.state_dict().items()},
        }
        changed = [name for name, value in old.items() if name not in now or not torch.equal(now[name], value)]
        parameters = dict(fused.named_parameters())
        found = {
            "is a Conv2d": isinstance(fused, nn.Conv2d),
            "is another layer than the old one": fused is not conv,
            "parameters": {name: list(value.shape) for name, value in parameters.items()},
            "parameters are leaves that can be trained": all(
                p.is_leaf and p.requires_grad for p in parameters.values()
            ),
            "what of the old layers has changed": changed,
        }
        before = fused(x).detach().clone()
        for value in [*conv.parameters(), *norm.parameters(), *norm.buffers()]:
            value.detach().zero_()
        found["stays as it is when the old layers change"] = torch.equal(fused(x).detach(), before)
    return found


def refuses(ns, training, tracked) -> str:
    """Return the kind of error that a batch norm meets which can't be folded, or that there was none."""
    with torch.random.fork_rng(devices=[]):
        conv, norm = nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3, track_running_stats=tracked).train(training)
        try:
            ns.fuse_conv_bn(conv, norm)
        except NotImplementedError:
            raise
        except Exception as error:
            return type(error).__name__
    return "no error"


@exercise("fuse_conv_bn")
@each_layer
def test_one_convolution_does_what_two_layers_did(student, reference, rng, layers):
    """The same output from the new layer, for convolutions and batch norms of all kinds."""
    args = *two_layers(rng, *layers), randn(rng, 1, 4, 3, 4, dtype=DOUBLE)
    assert_close(student.run(folded, *args), reference.run(folded, *args))


@exercise("fuse_conv_bn", costs=0.5)
@pytest.mark.parametrize("trained", [True, False], ids=["trained", "frozen"])
def test_a_new_convolution_comes_back_and_the_old_layers_stay(student, rng, trained):
    """One nn.Conv2d with parameters of its own, that can be trained; the two layers are as they were."""
    args = *two_layers(rng, *LAYERS["stride and padding"]), randn(rng, 1, 4, 3, 4, dtype=DOUBLE)
    expected = {
        "is a Conv2d": True,
        "is another layer than the old one": True,
        "parameters": {"weight": [4, 4, 3, 2], "bias": [4]},
        "parameters are leaves that can be trained": True,
        "what of the old layers has changed": [],
        "stays as it is when the old layers change": True,
    }
    came = student.run(about, trained, *args)
    for what, value in expected.items():
        assert_equal(came[what], value, what=what)


@exercise("fuse_conv_bn", costs=0.25)
@pytest.mark.parametrize(
    ("training", "tracked"), [(True, True), (False, False)], ids=["in training", "no running statistics"]
)
def test_a_batch_norm_that_goes_by_the_batch_is_refused(student, training, tracked):
    """In training mode, or without running statistics, it can't be folded: a ValueError."""
    came = student.run(refuses, training, tracked)
    assert came == "ValueError", f"a batch norm that goes by the batch met {came}; a ValueError was expected"


def usual_layers(rng, N=2, C=4, H=2, W=3, dtype=DOUBLE):
    """Both layers and images."""
    settings = {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0), "groups": 2}
    return *two_layers(rng, settings, {"eps": 0.4}, 4, C, dtype=dtype), randn(rng, N, 4, H, W, dtype=dtype)


contract(
    "fuse_conv_bn",
    inputs=usual_layers,
    use=folded,
    strides=False,
    square=False,
    one="N",
    forbids=["fusion", "fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_modules"],
    instead=OWN,
    costs={"dtype": 0.25},
    but=dict.fromkeys(
        [
            "changes_its_inputs",
            "answers_on_the_cpu",
            "answers_in_float32",
            "computes_in_float32",
            "squeezes_every_axis",
            "adds_up_between_calls",
            "writes_every_answer_into_the_same_memory",
        ],
        "it breaks tensors that come in or go out, and here these are layers; what can go wrong is among the variants",
    ),
)


# cross_batch_norm


def assert_seen(came, expected, **tolerances):
    """Compare (out, (count, mean, var)) part by part."""
    whole, right = named(came, "out", "seen"), named(expected, "out", "seen")
    assert_close(whole["out"], right["out"], what="out", **tolerances)
    assert_state(whole["seen"], right["seen"], **tolerances)


def assert_state(came, expected, **tolerances):
    """Compare (count, mean, var) by name."""
    names = ("count", "mean", "var")
    state, right = named(came, *names), named(expected, *names)
    assert_equal(state["count"], right["count"], what="count")
    for name in names[1:]:
        assert_close(state[name], right[name], what=f"{name} of what was seen", **tolerances)


def one_by_one(ns, gamma, beta, *parts, eps):
    """Hand in the parts of a batch one after another; return each part's output, and what was seen in the end."""
    outs, seen = [], None
    for part in parts:
        out, seen = ns.cross_batch_norm(part, gamma, beta, seen, eps)
        outs.append(out)
    return outs, seen


@exercise("cross_batch_norm")
def test_the_first_part_is_normalised_by_itself(student, reference, rng):
    """Nothing has been seen: the statistics are those of the first part."""
    args = images(rng, 2, 3, 1, 4), *affine(rng, 3)
    assert_seen(student.cross_batch_norm(*args), reference.cross_batch_norm(*args))


@exercise("cross_batch_norm")
def test_a_later_part_is_normalised_with_what_was_seen(student, reference, rng):
    """The mean and the variance of all numbers so far, of this part and of those before."""
    args = images(rng, 1, 2, 2, 1, 3), *affine(rng, 2), (7, *running(rng, 2))
    assert_seen(student.cross_batch_norm(*args, eps=0.6), reference.cross_batch_norm(*args, eps=0.6))


@exercise("cross_batch_norm")
@pytest.mark.parametrize(
    "shapes",
    [[(2, 2, 2, 3), (1, 2, 3, 2), (3, 2, 1, 2)], [(2, 3), (1, 3), (4, 3)], [(1, 2), (2, 2, 3), (1, 2, 1, 1)]],
    ids=["images", "rows", "single numbers"],
)
def test_parts_one_after_another(student, reference, rng, shapes):
    """Three parts of different sizes: each is normalised by all up to it."""
    args = *affine(rng, shapes[0][1]), *(images(rng, *shape) for shape in shapes)
    (outs, seen), (right_outs, right_seen) = (side.run(one_by_one, *args, eps=0.2) for side in (student, reference))
    for place, (out, right) in enumerate(zip(outs, right_outs, strict=True)):
        assert_close(out, right, what=f"part {place + 1}")
    assert_state(seen, right_seen)


def parts_keep_digits(ns, gamma, beta, *parts) -> bool:
    """Return whether the parts give what they give without their large mean."""
    alike, far, near = True, None, None
    for part in parts:
        out, far = ns.cross_batch_norm(part.clone(), gamma, beta, far)
        other, near = ns.cross_batch_norm(part - 1e8, gamma, beta, near)
        alike = alike and torch.allclose(out, other, rtol=1e-4, atol=1e-4)
    return alike


@exercise("cross_batch_norm", costs=0.25)
def test_a_large_mean_costs_the_parts_no_digits(student, rng):
    """Channels whose mean is 10 ** 8 times their spread."""
    parts = [randn(rng, num, 2, 3, dtype=DOUBLE) + 1e8 for num in (2, 3, 1)]
    assert student.run(parts_keep_digits, *affine(rng, 2), *parts), (
        "with 10 ** 8 added to all numbers the outputs are others: their digits get lost on the way"
    )


def usual_parts(rng, N=2, C=3, H=2, dtype=DOUBLE):
    """A part, gamma and beta, and what was seen before."""
    mean, var = running(rng, C, dtype)
    return images(rng, N, C, H, 2, dtype=dtype), *affine(rng, C, dtype=dtype), (9, mean, var)


contract(
    "cross_batch_norm",
    inputs=usual_parts,
    compare=assert_seen,
    settings={"eps": 0.6},
    also=[lambda rng, N=2, C=3, H=2, dtype=DOUBLE: (*usual_parts(rng, N, C, H, dtype)[:3], None)],
    one="NCH",
    square=dict.fromkeys("NCH", 2),
    all_at_once="NCH",
    forbids_operations=TORCHS,
    instead=OWN,
    costs=COSTS,
)
