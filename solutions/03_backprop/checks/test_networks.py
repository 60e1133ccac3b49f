"""Checks of the networks: two layers, any number of layers, the training loop, the flow of gradients."""

from functools import lru_cache
from itertools import pairwise

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    contract,
    exercise,
    integers,
    noncontiguous,
    randn,
)
from coursekit.gradients import assert_gradients

BY_HAND = "the chain rule, written by hand"


def labels(rng, num, num_classes):
    """Return labels that are never the last class, so that a class is missing."""
    return integers(rng, 0, max(1, num_classes - 1), num)


def parameters(rng, *sizes, dtype=torch.float64, spread=1.0):
    """Return W1, b1, W2, ... for layers of these sizes, with biases that matter."""
    params = {}
    for layer, (num_in, num_out) in enumerate(pairwise(sizes), start=1):
        params[f"W{layer}"] = randn(rng, num_in, num_out, dtype=dtype, scale=spread / num_in**0.5)
        params[f"b{layer}"] = randn(rng, num_out, dtype=dtype, scale=0.5)
    return params


def rows_with_large_scores(rng, params, num_rows):
    """Return rows whose scores are thousands, in odd strides, the best score far above the next.

    Where two such scores are near each other, their rounding shows in the softmax.
    """
    weights = [params[f"W{layer}"] for layer in range(1, len(params) // 2 + 1)]
    x = randn(rng, 20 * num_rows, len(weights[0]), dtype=weights[0].dtype, scale=3000.0)
    scores = x.double()
    for layer, weight in enumerate(weights, start=1):
        scores = (scores if layer == 1 else scores.relu()) @ weight.double() + params[f"b{layer}"].double()
    best, next_best = scores.topk(2).values.T
    return noncontiguous(x[(best - next_best).topk(num_rows).indices])


def assert_loss_and_gradients(actual, expected, **sizes):
    """Compare (loss, gradients): the loss first, then each gradient by name."""
    if type(actual) is not tuple or len(actual) != 2 or type(actual[1]) is not dict:
        raise Mismatch(
            "loss(x, y) returns the wrong kind", type(actual).__name__, "the tuple (loss, grads), grads a dict"
        )
    assert_close(actual[0], expected[0], what="the loss")
    assert_gradients(actual[1], expected[1], **sizes)


def assert_named(came, *names):
    """Raise Mismatch where a parameter is missing."""
    if not set(names) <= set(came):
        raise Mismatch("params has the wrong names", ", ".join(map(str, came)), ", ".join(names))


def assert_weights_drawn(draw, name, spread):
    """Weights look normal with mean 0 and this spread; the bounds are six standard errors and more."""
    assert_named(draw, name)
    num, mean, std, largest = draw[name][:4]
    error = spread / num**0.5
    assert_close(mean, 0.0, atol=6 * error, what=f"the mean of {name}")
    assert_close(std, spread, rtol=0, atol=6 * error, what=f"the standard deviation of {name}")
    if not 2.3 * spread < largest < 8 * spread:
        raise Mismatch(
            f"{name} is not drawn from a normal distribution",
            f"largest {largest:.4g}",
            f"about {3.5 * spread:.2g} among {num} values",
        )


def assert_draws_differ(draw, *names):
    """No two of these matrices, one after the other, hold the same random numbers, scaled or not."""
    assert_named(draw, *names)
    for one, other in pairwise(names):
        if torch.allclose(draw[one][4], draw[other][4], atol=0.2):
            raise Mismatch(
                f"{one} and {other} hold the same random numbers",
                "one draw twice",
                "one generator for the whole network",
            )


def assert_drawn_from_its_seed(first, again, other, random_state_untouched):
    """The same seed gives the same weights, another seed gives others, and torch's own state stays."""
    assert_named(first, "W1")
    for name, value in first.items():
        assert_equal(again[name], value, what=f"{name} of a second network with the same seed")
    if bool((first["W1"] == other["W1"]).any()):
        raise Mismatch("another seed gives the same weights", "W1 of seed 3 is W1 of seed 4", "other values")
    if not random_state_untouched:
        raise Mismatch(
            "building a network changes torch's global random state",
            "a changed state",
            "draw from torch.Generator().manual_seed(seed)",
        )


# New networks of either class: `args` and `settings` are what they are built with


def draw(ns, kind, args, settings):
    """Return for each weight matrix of a new network: number of entries, mean, spread, largest, the first entries."""
    params = getattr(ns, kind)(*args, **settings).params
    return {
        name: (w.numel(), w.mean().item(), w.std().item(), w.abs().max().item(), w.flatten()[:40] / w.std())
        for name, w in params.items()
        if name.startswith("W")
    }


def build(ns, kind, args, settings):
    """Return the parameters of a new network."""
    return dict(getattr(ns, kind)(*args, **settings).params)


def build_thrice(ns, kind, args, settings):
    """Build networks of the same seed, the same and another, and say whether torch's state survives."""
    own = torch.get_rng_state()
    torch.manual_seed(987654321)  # an earlier call may have left just the state that this one leaves
    before = torch.get_rng_state()
    nets = [getattr(ns, kind)(*args, **settings, seed=seed) for seed in (3, 3, 4)]
    untouched = bool((torch.get_rng_state() == before).all())
    torch.set_rng_state(own)
    return [dict(net.params) for net in nets], untouched


def dtypes(ns, kind, args, dtype):
    """Return the dtype of each parameter of a new network, as text."""
    params = getattr(ns, kind)(*args, dtype=getattr(torch, dtype)).params
    return {name: str(value.dtype) for name, value in params.items()}


def assert_of_the_dtype(came, expected):
    """Compare one parameter after the other, the weights before the biases."""
    assert_named(came, *expected)
    for name in sorted(expected):
        assert_equal(came[name], expected[name], what=f"the dtype of {name}")


def assert_all_zero(params):
    """Every parameter is zero, as it is drawn with a weight_scale of 0."""
    for name, value in params.items():
        assert_equal(value, torch.zeros_like(value), what=f"{name} for a weight_scale of 0")


def assert_answers(came, expected):
    """Compare what a network answers: scores, then loss and gradients."""
    assert_close(came[0], expected[0], what="scores")
    assert_loss_and_gradients(came[1], expected[1], N=len(expected[0]), C=expected[0].shape[1])


def assert_asked_again(came, expected, params):
    """Compare the first answer as it is after other calls, the last, and the parameters."""
    for num, answer, right in zip((5, 1), came[1::-1], expected[1::-1], strict=True):
        assert_loss_and_gradients(answer, right, N=num)
    assert_equal(came[2], params, what="params after a call of loss")


def after_a_change(ns, kind, args, params, others, x, y):
    """Return what loss answers when the parameters have changed since scores saw the same rows, and after scores
    has seen other rows."""
    net = getattr(ns, kind)(*args, dtype=x.dtype)
    with torch.no_grad():
        net.params.update({name: value.clone() for name, value in params.items()})
        net.scores(x)
        net.params.update({name: value.clone() for name, value in others.items()})
        after_other_parameters = net.loss(x, y)
        net.scores(x.flip(0))
        return after_other_parameters, net.loss(x, y)


# What a side condition costs: a network has many parts, and each test stands for one.
SHARES = {"alone": 0.1, "device": 0.1, "dtype": 0.1, "strides": 0.1, "square": 0.35, "one": 0.1, "settings": 0.2}


# TwoLayerNet


def two_layer_scores(ns, params, x):
    """Return the scores of a network with these parameters."""
    sizes = (*params["W1"].shape, params["W2"].shape[1])
    net = ns.TwoLayerNet(*sizes, dtype=x.dtype)
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        return net.scores(x)


def two_layer_loss(ns, params, x, y, reg):
    """Return loss and gradients of a network with these parameters."""
    sizes = (*params["W1"].shape, params["W2"].shape[1])
    net = ns.TwoLayerNet(*sizes, reg=reg + 1, dtype=x.dtype)
    net.reg = reg  # it is read anew each time
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        return net.loss(x, y)


def two_layer_loss_twice(ns, params, x, y):
    """Ask for loss and gradients of a row, of a batch and of that again; return the first answer as it is then, the
    last, and the parameters."""
    sizes = (*params["W1"].shape, params["W2"].shape[1])
    net = ns.TwoLayerNet(*sizes, reg=0.1, dtype=x.dtype)
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        first = net.loss(x[:1], y[:1])
        net.loss(x, y)
        return first, net.loss(x, y), dict(net.params)


def two_layer_steps(ns, params, x, y, learning_rate):
    """Take three training steps on three batches and return the losses and the parameters."""
    sizes = (*params["W1"].shape, params["W2"].shape[1])
    net = ns.TwoLayerNet(*sizes, reg=0.05, dtype=x.dtype)
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        losses = [net.train_step(x[i::3], y[i::3], learning_rate) for i in range(3)]
    return losses, dict(net.params)


@exercise("TwoLayerNet", costs=0.1)
def test_a_new_network_has_four_parameters(student, reference, rng):
    """W1 (D, H), b1 (H,), W2 (H, C), b2 (C,); the biases are zero and float32 is the default."""
    came = student.run(build, "TwoLayerNet", [4, 5, 3], {"weight_scale": 0.01, "seed": 1})
    expected = reference.run(build, "TwoLayerNet", [4, 5, 3], {"weight_scale": 0.01, "seed": 1})
    if sorted(came) != sorted(expected):
        raise Mismatch("params has the wrong names", ", ".join(map(str, came)), ", ".join(expected))
    for name, value in expected.items():
        assert_close(torch.zeros_like(came[name]), torch.zeros_like(value), what=name)
    for name in ("b1", "b2"):
        assert_equal(came[name], expected[name], what=name)


@exercise("TwoLayerNet", costs=0.1)
def test_the_weights_are_drawn_with_the_scale_asked_for(student, rng):
    """Both weight matrices are normal, with mean 0 and standard deviation weight_scale."""
    scale = 0.05 + 0.4 * rng.random()  # never near 1, which is what a forgotten scale gives
    came = student.run(draw, "TwoLayerNet", [60, 50, 40], {"weight_scale": scale, "seed": int(rng.integers(1000))})
    assert_weights_drawn(came, "W1", scale)
    assert_weights_drawn(came, "W2", scale)
    assert_draws_differ(came, "W1", "W2")


@exercise("TwoLayerNet", costs=0.05)
def test_the_seed_decides_the_draw(student):
    """The same seed gives the same network, another another, and torch's global state stays as it was."""
    nets, untouched = student.run(build_thrice, "TwoLayerNet", [7, 6, 5], {"weight_scale": 1.0})
    assert_drawn_from_its_seed(*nets, untouched)


@exercise("TwoLayerNet", costs=0.05)
def test_all_parameters_are_of_the_dtype_asked_for(student, reference):
    """Weights and biases are of `dtype`, here float64."""
    came, expected = (door.run(dtypes, "TwoLayerNet", [4, 5, 3], "float64") for door in (student, reference))
    assert_of_the_dtype(came, expected)


@exercise("TwoLayerNet", costs=0.05)
def test_a_scale_of_zero_and_no_scale(student):
    """A weight_scale of 0 gives zeros, and one that is left out is 0.01."""
    assert_all_zero(student.run(build, "TwoLayerNet", [4, 5, 3], {"weight_scale": 0.0}))
    assert_weights_drawn(student.run(draw, "TwoLayerNet", [60, 50, 40], {}), "W1", 0.01)


@exercise("TwoLayerNet", costs=0.1)
def test_two_layers_with_units_at_exactly_zero(student, reference, rng):
    """A blank row and biases of zero, as at the start: its hidden units are at exactly zero and pass nothing."""
    params = parameters(rng, 4, 6, 3)
    params["b1"].zero_()
    x, y = randn(rng, 5, 4, dtype=torch.float64), labels(rng, 5, 3)
    x[1:3] = 0
    came, expected = (door.run(two_layer_loss, params, x, y, 0.1) for door in (student, reference))
    assert_loss_and_gradients(came, expected, N=5)


SIZES = [(5, 4, 7, 3), (1, 6, 2, 4), (8, 3, 5, 11), (4, 2, 9, 2)]


@exercise("TwoLayerNet", costs=0.2)
@pytest.mark.parametrize(("num", "num_in", "hidden", "num_classes"), SIZES)
def test_two_layers_score(student, reference, rng, num, num_in, hidden, num_classes):
    """Scores are affine, ReLU, affine."""
    params = parameters(rng, num_in, hidden, num_classes)
    x = randn(rng, num, num_in, dtype=torch.float64, scale=2.0)
    expected = reference.run(two_layer_scores, params, x)
    assert_close(student.run(two_layer_scores, params, x), expected, what="scores")


@exercise("TwoLayerNet", costs=0.35)
@pytest.mark.parametrize(("num", "num_in", "hidden", "num_classes"), SIZES)
def test_two_layers_loss_and_gradients(student, reference, rng, num, num_in, hidden, num_classes):
    """Loss and all four gradients agree with the reference, with regularisation and, for an odd number of rows,
    without."""
    reg = 0.0 if num % 2 else 0.3
    params = parameters(rng, num_in, hidden, num_classes)
    x, y = randn(rng, num, num_in, dtype=torch.float64, scale=2.0), labels(rng, num, num_classes)
    expected = reference.run(two_layer_loss, params, x, y, reg)
    came = student.run(two_layer_loss, params, x, y, reg)
    assert_loss_and_gradients(came, expected, N=num, C=num_classes, H=hidden)


@exercise("TwoLayerNet", costs=0.1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_two_layers_survive_large_scores(student, reference, rng, dtype):
    """Scores of thousands stay finite, in either precision, also for an input with odd strides."""
    kind = getattr(torch, dtype)
    params = parameters(rng, 4, 6, 3, dtype=kind)
    x, y = rows_with_large_scores(rng, params, 5), labels(rng, 5, 3)
    expected = reference.run(two_layer_loss, params, x, y, 0.0)
    assert_loss_and_gradients(student.run(two_layer_loss, params, x, y, 0.0), expected, N=5)


@exercise("TwoLayerNet", costs=0.1)
def test_two_layers_ask_again(student, reference, rng):
    """A third call gives what the second gave, the first answer has stayed as it was, and so have the parameters."""
    params = parameters(rng, 4, 6, 3)
    x, y = randn(rng, 5, 4, dtype=torch.float64), labels(rng, 5, 3)
    came, expected = (door.run(two_layer_loss_twice, params, x, y) for door in (student, reference))
    assert_asked_again(came, expected, params)


@exercise("TwoLayerNet", costs=0.2)
def test_two_layers_take_steps(student, reference, rng):
    """Three training steps end at the right parameters, and return the losses before each step."""
    params = parameters(rng, 4, 6, 3)
    x, y = randn(rng, 10, 4, dtype=torch.float64), labels(rng, 10, 3)
    losses, after = student.run(two_layer_steps, params, x, y, 0.3)
    expected, target = reference.run(two_layer_steps, params, x, y, 0.3)
    assert_close(losses, expected, what="the losses of three steps")
    for name, value in target.items():
        assert_close(after[name], value, what=f"{name} after three steps")


def use_two_layers(ns, params, x, y, **settings):
    """Return scores, loss and gradients of a network with these parameters."""
    net = ns.TwoLayerNet(*params["W1"].shape, params["W2"].shape[1], dtype=x.dtype, **settings)
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        return [net.scores(x), net.loss(x, y)]


def batch_of_two_layers(rng, N=5, D=4, H=6, C=3, dtype=torch.float64):
    """Return parameters, rows and labels."""
    return parameters(rng, D, H, C, dtype=dtype), randn(rng, N, D, dtype=dtype), labels(rng, N, C)


contract(
    "TwoLayerNet",
    use=use_two_layers,
    inputs=batch_of_two_layers,
    settings={"reg": 0.3},
    compare=assert_answers,
    one="NDH",
    by_hand=True,
    instead=BY_HAND,
    costs=SHARES,
)


# FullyConnectedNet


def deep_scores(ns, sizes, activation, params, x):
    """Return the scores of a network with these parameters."""
    net = ns.FullyConnectedNet(sizes, activation=activation, dtype=x.dtype)
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        return net.scores(x)


def deep_loss(ns, sizes, activation, params, x, y, reg):
    """Return loss and gradients of a network with these parameters."""
    net = ns.FullyConnectedNet(sizes, activation=activation, reg=reg + 1, dtype=x.dtype)
    net.reg = reg  # it is read anew each time
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        return net.loss(x, y)


def deep_loss_twice(ns, sizes, params, x, y):
    """Ask for loss and gradients of a row, of a batch and of that again; return the first answer as it is then, the
    last, and the parameters."""
    net = ns.FullyConnectedNet(sizes, reg=0.1, dtype=x.dtype)
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        first = net.loss(x[:1], y[:1])
        net.loss(x, y)
        return first, net.loss(x, y), dict(net.params)


def learn_digits(ns, sizes, params, x, y, x_val, num_epochs, learning_rate):
    """Train in batches of 50, by steps that the check takes, and return the losses and the labels given to x_val."""
    net = ns.FullyConnectedNet(sizes, reg=1e-4, dtype=x.dtype)
    net.params.update({name: value.clone() for name, value in params.items()})
    losses = []
    with torch.no_grad():
        for start in [*range(0, len(x), 50)] * num_epochs:
            loss, grads = net.loss(x[start : start + 50], y[start : start + 50])
            losses.append(float(loss))
            for name in net.params:
                net.params[name] = net.params[name] - learning_rate * grads[name]
        return losses, net.scores(x_val).argmax(dim=1)


@lru_cache(maxsize=1)
def digits():
    """Return x, y, x_val, y_val: images as rows, brought to [-2, 2], since that is quicker to learn from."""
    from coursekit import data

    loaded = data.digits()
    return (4 * loaded.x_train.double() - 2, loaded.y_train, 4 * loaded.x_val.double() - 2, loaded.y_val)


@exercise("FullyConnectedNet", costs=0.1)
@pytest.mark.parametrize("sizes", [[6, 4], [7, 5, 3], [9, 4, 8, 6, 2]], ids=["1 layer", "2 layers", "4 layers"])
def test_a_new_deep_network_has_two_parameters_a_layer(student, reference, sizes):
    """W1 and b1 to WL and bL, in the right shapes, with biases of zero."""
    came, expected = (door.run(build, "FullyConnectedNet", [sizes], {"seed": 1}) for door in (student, reference))
    if sorted(came) != sorted(expected):
        raise Mismatch("params has the wrong names", ", ".join(map(str, came)), ", ".join(expected))
    for name, value in expected.items():
        assert_close(torch.zeros_like(came[name]), torch.zeros_like(value), what=name)
        if name.startswith("b"):
            assert_equal(came[name], value, what=name)


def build_from(ns, sizes):
    """Return the parameters of a new network, and the list of sizes as it is then."""
    return dict(ns.FullyConnectedNet(sizes).params), sizes


@exercise("FullyConnectedNet", costs=0.05)
def test_the_list_of_sizes_stays_as_it_is(student):
    """The caller's list of sizes is not changed."""
    assert_equal(student.run(build_from, [4, 6, 5, 3])[1], [4, 6, 5, 3], what="sizes afterwards")


@exercise("FullyConnectedNet", costs=0.15)
def test_the_draw_follows_kaiming(student, rng):
    """Without a weight_scale, the standard deviation of each layer is sqrt(2 / number of its inputs)."""
    sizes = [30, 120, 25, 90, 40]
    came = student.run(draw, "FullyConnectedNet", [sizes], {"weight_scale": None, "seed": int(rng.integers(1000))})
    for layer, num_in in enumerate(sizes[:-1], start=1):
        assert_weights_drawn(came, f"W{layer}", (2 / num_in) ** 0.5)
    assert_draws_differ(came, "W1", "W2", "W3", "W4")


@exercise("FullyConnectedNet", costs=0.05)
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_the_draw_is_the_same_for_every_activation(student, activation):
    """Without a weight_scale it is sqrt(2 / number of inputs), whatever the activation."""
    came = student.run(draw, "FullyConnectedNet", [[60, 50, 40], activation], {})
    assert_weights_drawn(came, "W1", (2 / 60) ** 0.5)
    assert_weights_drawn(came, "W2", (2 / 50) ** 0.5)


@exercise("FullyConnectedNet", costs=0.05)
def test_all_deep_parameters_are_of_the_dtype_asked_for(student, reference):
    """Weights and biases are of `dtype`, here float64."""
    came, expected = (door.run(dtypes, "FullyConnectedNet", [[4, 5, 3]], "float64") for door in (student, reference))
    assert_of_the_dtype(came, expected)


@exercise("FullyConnectedNet", costs=0.05)
def test_a_weight_scale_of_zero_is_not_none(student):
    """A weight_scale of 0 gives zeros: it is not the same as None."""
    assert_all_zero(student.run(build, "FullyConnectedNet", [[4, 5, 3]], {"weight_scale": 0.0}))


@exercise("FullyConnectedNet", costs=0.1)
def test_any_depth_with_units_at_exactly_zero(student, reference, rng):
    """Blank rows and biases of zero, as at the start: hidden units at exactly zero pass nothing."""
    sizes = [4, 6, 5, 3]
    params = parameters(rng, *sizes)
    params = {name: torch.zeros_like(value) if name.startswith("b") else value for name, value in params.items()}
    x, y = randn(rng, 5, 4, dtype=torch.float64), labels(rng, 5, 3)
    x[1:3] = 0
    came, expected = (door.run(deep_loss, sizes, "relu", params, x, y, 0.1) for door in (student, reference))
    assert_loss_and_gradients(came, expected, N=5)


@exercise("FullyConnectedNet", costs=0.05)
def test_a_weight_scale_overrules_kaiming(student, rng):
    """With a weight_scale, that is the standard deviation of every layer."""
    scale = 0.5 + 0.4 * rng.random()  # far above Kaiming's for these sizes, which is what an ignored scale gives
    came = student.run(
        draw, "FullyConnectedNet", [[60, 50, 40, 70]], {"weight_scale": scale, "seed": int(rng.integers(1000))}
    )
    for layer in (1, 2, 3):
        assert_weights_drawn(came, f"W{layer}", scale)


@exercise("FullyConnectedNet", costs=0.05)
def test_the_seed_decides_the_deep_draw(student):
    """The same seed gives the same network, another another, and torch's global state stays as it was."""
    nets, untouched = student.run(build_thrice, "FullyConnectedNet", [[7, 6, 5, 4]], {})
    assert_drawn_from_its_seed(*nets, untouched)


DEPTHS = [
    pytest.param(5, [4, 3], "relu", id="1 layer"),
    pytest.param(6, [4, 7, 3], "relu", id="2 layers"),
    pytest.param(1, [6, 5, 8, 2], "tanh", id="3 layers, batch of one"),
    pytest.param(7, [3, 6, 5, 9, 4, 11], "sigmoid", id="5 layers, sigmoid"),
    pytest.param(4, [5, 8, 8, 8, 3], "relu", id="4 layers, equal widths"),
    pytest.param(2, [3, 4, 3, 4, 3, 4, 3, 4, 3, 4, 3, 2], "tanh", id="11 layers"),
]


@exercise("FullyConnectedNet", costs=0.2)
@pytest.mark.parametrize(("num", "sizes", "activation"), DEPTHS)
def test_any_depth_scores(student, reference, rng, num, sizes, activation):
    """Affine and activation in turn, and affine alone at the end."""
    params = parameters(rng, *sizes, spread=1.5)
    x = randn(rng, num, sizes[0], dtype=torch.float64, scale=2.0)
    came, expected = (door.run(deep_scores, sizes, activation, params, x) for door in (student, reference))
    assert_close(came, expected, what="scores")


@exercise("FullyConnectedNet", costs=0.35)
@pytest.mark.parametrize(("num", "sizes", "activation"), DEPTHS)
def test_any_depth_loss_and_gradients(student, reference, rng, num, sizes, activation):
    """The loss and the gradients of all layers agree with the reference, with regularisation and, for an odd number
    of rows, without."""
    reg = 0.0 if num % 2 else 0.3
    params = parameters(rng, *sizes, spread=1.5)
    x, y = randn(rng, num, sizes[0], dtype=torch.float64, scale=2.0), labels(rng, num, sizes[-1])
    came, expected = (door.run(deep_loss, sizes, activation, params, x, y, reg) for door in (student, reference))
    assert_loss_and_gradients(came, expected, N=num, C=sizes[-1])


@exercise("FullyConnectedNet", costs=0.1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_depth_survives_large_scores(student, reference, rng, dtype):
    """Scores of thousands stay finite, in either precision, also for an input with odd strides."""
    kind = getattr(torch, dtype)
    sizes = [4, 6, 5, 3]
    params = parameters(rng, *sizes, dtype=kind)
    x, y = rows_with_large_scores(rng, params, 5), labels(rng, 5, 3)
    came, expected = (door.run(deep_loss, sizes, "relu", params, x, y, 0.0) for door in (student, reference))
    assert_loss_and_gradients(came, expected, N=5)


@exercise("FullyConnectedNet", costs=0.1)
def test_any_depth_asked_again(student, reference, rng):
    """A third call gives what the second gave, the first answer has stayed as it was, and so have the parameters."""
    sizes = [4, 6, 5, 3]
    params = parameters(rng, *sizes)
    x, y = randn(rng, 5, 4, dtype=torch.float64), labels(rng, 5, 3)
    came, expected = (door.run(deep_loss_twice, sizes, params, x, y) for door in (student, reference))
    assert_asked_again(came, expected, params)


@exercise("FullyConnectedNet", costs=0.1, devices=("cpu",))
def test_digits_are_learned_step_by_step(student, reference, rng):
    """Trained on digits, the losses follow the reference, and over 70 % of the validation digits are read."""
    x, y, x_val, y_val = digits()
    sizes = [64, 32, 24, 10]
    params = parameters(rng, *sizes, spread=2**0.5)
    losses, guesses = student.run(learn_digits, sizes, params, x, y, x_val, 4, 0.1)
    expected, _ = reference.run(learn_digits, sizes, params, x, y, x_val, 4, 0.1)
    assert_close(losses[:3], expected[:3], rtol=1e-4, what="the losses of the first 3 steps")
    assert_close(losses, expected, rtol=1e-4, what="the losses of 96 training steps")
    accuracy = (guesses == y_val).double().mean().item()
    if accuracy < 0.7:
        raise Mismatch("the trained network reads too few digits", f"{accuracy:.1%}", "at least 70 %")


@pytest.mark.parametrize(
    ("kind", "args", "sizes"),
    [
        pytest.param("TwoLayerNet", (4, 6, 3), (4, 6, 3), marks=exercise("TwoLayerNet", costs=0.1)),
        pytest.param(
            "FullyConnectedNet", ([4, 6, 5, 3],), (4, 6, 5, 3), marks=exercise("FullyConnectedNet", costs=0.1)
        ),
    ],
)
def test_nothing_of_an_earlier_call_is_used_again(student, reference, rng, kind, args, sizes):
    """loss answers for the rows and the parameters of this call, whatever scores has seen before."""
    params, others = parameters(rng, *sizes), parameters(rng, *sizes)
    x, y = randn(rng, 5, 4, dtype=torch.float64), labels(rng, 5, 3)
    came, expected = (door.run(after_a_change, kind, args, params, others, x, y) for door in (student, reference))
    for answer, right in zip(came, expected, strict=True):
        assert_loss_and_gradients(answer, right, N=5)


def move_each(ns, kind, args):
    """Add its own number to each parameter of a new network, in place, and return by how much each has moved."""
    params = getattr(ns, kind)(*args, dtype=torch.float64).params
    before = {name: value.clone() for name, value in params.items()}
    with torch.no_grad():
        for number, value in enumerate(params.values(), start=1):
            value += number
        return {name: (value - before[name]).mean().item() for name, value in params.items()}


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        pytest.param("TwoLayerNet", (6, 6, 6), marks=exercise("TwoLayerNet", costs=0.1)),
        pytest.param("FullyConnectedNet", ([6, 6, 6, 6],), marks=exercise("FullyConnectedNet", costs=0.1)),
    ],
)
def test_layers_of_one_shape_have_tensors_of_their_own(student, kind, args):
    """In layers of one shape each parameter moves by itself, and the weights start at different numbers."""
    moved = student.run(move_each, kind, args)
    for number, name in enumerate(moved, start=1):
        assert_close(moved[name], float(number), what=f"how far {name} moves when parameter {number} is moved by it")
    same = [7, 7, 7] if kind == "TwoLayerNet" else [[7, 7, 7, 7]]
    names = ["W1", "W2"] if kind == "TwoLayerNet" else ["W1", "W2", "W3", "W1"]
    assert_draws_differ(student.run(draw, kind, same, {}), *names)


def use_any_depth(ns, params, x, y, **settings):
    """Return scores, loss and gradients of a network with these parameters."""
    widths = [params[f"b{layer}"].shape[0] for layer in range(1, len(params) // 2 + 1)]
    net = ns.FullyConnectedNet([x.shape[1], *widths], dtype=x.dtype, **settings)
    net.params.update({name: value.clone() for name, value in params.items()})
    with torch.no_grad():
        return [net.scores(x), net.loss(x, y)]


def batch_of_three_layers(rng, N=5, D=4, H=6, G=7, C=3, dtype=torch.float64):
    """Return parameters, rows and labels."""
    return parameters(rng, D, H, G, C, dtype=dtype), randn(rng, N, D, dtype=dtype), labels(rng, N, C)


contract(
    "FullyConnectedNet",
    use=use_any_depth,
    inputs=batch_of_three_layers,
    settings={"activation": "tanh", "reg": 0.3},
    also=[{"activation": "relu"}],
    compare=assert_answers,
    one="NDHG",
    by_hand=True,
    forbids=["Sequential", "Linear"],
    instead=BY_HAND,
    costs=SHARES,
)


# train_network


def train_linear(ns, params, x, y, x_val, y_val, turn_grads=False, **settings):
    """Train a one-layer network that keeps a diary, and return history, parameters and diary.

    Its gradients come from autograd, so that no exercise is given away. With `turn_grads` they come in another order,
    the names are others, and there is a third parameter, by which the scores are stretched.
    """

    class Linear:
        def __init__(self):
            names = {"W1": "matrix", "b1": "shift"} if turn_grads else {"W1": "W1", "b1": "b1"}
            self.params = {names[name]: value.clone() for name, value in params.items()}
            if turn_grads:
                self.params["stretch"] = torch.full_like(params["b1"], 1.5)
            self.batches = []

        def scores(self, rows):
            return self.answer(rows, self.params)

        def answer(self, rows, params):
            weights, bias, *stretch = params.values()
            return (rows @ weights + bias) * (stretch[0] if stretch else 1)

        def loss(self, rows, targets):
            self.batches.append(len(rows))
            leaves = {name: value.detach().clone().requires_grad_() for name, value in self.params.items()}
            with torch.enable_grad():
                loss = torch.nn.functional.cross_entropy(self.answer(rows, leaves), targets)
                grads = torch.autograd.grad(loss, list(leaves.values()))
            named = list(zip(leaves, grads))  # noqa: B905
            return loss.detach(), dict(reversed(named) if turn_grads else named)

    network = Linear()
    history = ns.train_network(network, x, y, x_val, y_val, **settings)
    return history, dict(network.params), network.batches


def linear_problem(rng, num=23, num_val=9, num_in=5, num_classes=4):
    """Return params, x, y, x_val, y_val of a problem that is learnable in part."""
    params = parameters(rng, num_in, num_classes)
    x, x_val = (randn(rng, n, num_in, dtype=torch.float64) for n in (num, num_val))
    return params, x, x[:, :num_classes].argmax(dim=1), x_val, x_val[:, :num_classes].argmax(dim=1)


def assert_trained(student, reference, problem, settings, turn_grads=False):
    """Compare the diary, the history and the parameters after training, in this order."""
    came, expected = (door.run(train_linear, *problem, turn_grads, **settings) for door in (student, reference))
    assert_same_training(came, expected)


def assert_same_training(actual, right):
    """Compare two runs: the batches, the history, the parameters at the end."""
    (came, after, batches), (expected, target, right_batches) = actual, right
    assert_equal(batches, right_batches, what="the sizes of the batches that network.loss was called with")
    if type(came) is not dict or sorted(map(str, came)) != sorted(expected):
        said = ", ".join(map(str, came)) if isinstance(came, dict) else type(came).__name__
        raise Mismatch("the history is of the wrong kind", said, f"a dict with the keys {', '.join(expected)}")
    for name, value in expected.items():
        assert_close({name: came[name]}, {name: value}, what="the history")
    for name, value in target.items():
        assert_close(after[name], value, what=f"{name} after training")


@exercise("train_network")
@pytest.mark.parametrize(
    ("num", "batch_size", "num_epochs"), [(23, 5, 3), (12, 4, 2), (7, 20, 4), (9, 1, 2), (10, 10, 3)]
)
def test_training_takes_the_right_steps(student, reference, rng, num, batch_size, num_epochs):
    """Batches, losses, accuracies and the trained parameters agree with the reference."""
    settings = {"num_epochs": num_epochs, "batch_size": batch_size, "learning_rate": 0.4, "seed": 5}
    assert_trained(student, reference, linear_problem(rng, num=num), settings)


@exercise("train_network", costs=0.5)
def test_the_learning_rate_decays_once_an_epoch(student, reference, rng):
    """With decay 0.5 each epoch's steps are half as long as those of the one before."""
    settings = {"num_epochs": 4, "batch_size": 6, "learning_rate": 0.8, "decay": 0.5, "seed": 2}
    assert_trained(student, reference, linear_problem(rng), settings)


@exercise("train_network", costs=0.5)
def test_the_seed_decides_the_order(student, reference, rng):
    """Another seed shuffles in another way, and every epoch is shuffled anew."""
    problem = linear_problem(rng)
    for seed in (0, 11):
        settings = {"num_epochs": 3, "batch_size": 8, "learning_rate": 0.5, "seed": seed}
        assert_trained(student, reference, problem, settings)


@exercise("train_network", costs=0.25)
def test_settings_may_be_left_out(student, reference, rng):
    """The defaults are 10 epochs, batches of 50, a learning rate of 0.1, no decay, seed 0."""
    assert_trained(student, reference, linear_problem(rng, num=60), {})


@exercise("train_network", costs=0.25)
def test_gradients_are_found_by_name(student, reference, rng):
    """A network with other parameters, which returns its gradients in another order, is trained just as well."""
    settings = {"num_epochs": 2, "batch_size": 5, "learning_rate": 0.4}
    assert_trained(student, reference, linear_problem(rng), settings, turn_grads=True)


@exercise("train_network", costs=0.25)
def test_training_goes_on_when_the_validation_accuracy_falls(student, reference):
    """Whatever the validation accuracy does, there are num_epochs epochs, and the last step's parameters stay."""
    x = torch.zeros(6, 2, dtype=torch.float64)  # so that only the bias moves, from class 1 to class 0
    params = {"W1": torch.ones(2, 2, dtype=torch.float64), "b1": torch.tensor([0.0, 1.0], dtype=torch.float64)}
    problem = params, x, torch.zeros(6, dtype=torch.int64), x[:3], torch.ones(3, dtype=torch.int64)
    assert_trained(student, reference, problem, {"num_epochs": 4, "batch_size": 6, "learning_rate": 0.4})


RETURNS_FLOATS = "what comes back is a history of Python floats"
contract(
    "train_network",
    use=train_linear,
    compare=assert_same_training,
    device=False,
    one="NV",
    inputs=lambda rng, N=23, V=9, D=5, C=4: linear_problem(rng, N, V, D, C),
    settings={"num_epochs": 3, "batch_size": 4, "learning_rate": 0.4, "decay": 0.5, "seed": 5},
    costs={"settings": 0.5, "one": 0.5},
    but={"adds_up_between_calls": RETURNS_FLOATS, "writes_every_answer_into_the_same_memory": RETURNS_FLOATS},
)


# gradient_flow

STACKS = [
    pytest.param(6, [5, 4, 7, 3], "relu", id="3 layers, relu"),
    pytest.param(1, [4, 6, 5], "tanh", id="2 layers, tanh, batch of one"),
    pytest.param(5, [3, 8, 8, 8, 8, 2], "sigmoid", id="5 layers, sigmoid"),
    pytest.param(4, [6, 3], "tanh", id="1 layer"),
    pytest.param(7, [6, 6, 6, 6], "relu", id="equal widths"),
]


def stack(rng, num, sizes, dtype=torch.float64):
    """Return x, weights and grad_out of a stack of layers."""
    weights = [randn(rng, a, b, dtype=dtype, scale=1.5 / a**0.5) for a, b in pairwise(sizes)]
    x = randn(rng, num, sizes[0], dtype=dtype, shift=0.5)
    return x, weights, randn(rng, num, sizes[-1], dtype=dtype, scale=2.0, shift=0.7)


@exercise("gradient_flow")
@pytest.mark.parametrize(("num", "sizes", "activation"), STACKS)
def test_the_flow_is_measured_by_layer(student, reference, rng, num, sizes, activation):
    """Both lists, one entry a layer, agree with the reference."""
    x, weights, grad_out = stack(rng, num, sizes)
    expected = reference.gradient_flow(x, weights, grad_out, activation)
    assert_flow(student.gradient_flow(x, weights, grad_out, activation), expected)


@exercise("gradient_flow")
@pytest.mark.parametrize(
    ("activation", "gains"), [("relu", (0.1, 30.0)), ("tanh", (0.1, 2.0)), ("sigmoid", (0.1, 2.0, 1e-3))]
)
def test_the_flow_is_measured_where_it_fades_and_bursts(student, reference, rng, activation, gains):
    """Eight layers with weights far too small, and far too large: all sizes are right to many digits."""
    x, weights, grad_out = stack(rng, 6, [10, *[9] * 7, 4])
    for gain in gains:
        scaled = [gain * one for one in weights]
        expected = reference.gradient_flow(x, scaled, grad_out, activation)
        assert_flow(student.gradient_flow(x, scaled, grad_out, activation), expected, atol=0.0)


@exercise("gradient_flow")
def test_the_flow_through_units_at_exactly_zero(student, reference, rng):
    """A blank row gives zeros in every layer of a ReLU stack, and the slope there is zero."""
    x, weights, grad_out = stack(rng, 5, [4, 6, 3])
    x[:2] = 0
    expected = reference.gradient_flow(x, weights, grad_out, "relu")
    assert_flow(student.gradient_flow(x, weights, grad_out, "relu"), expected)


def assert_flow(came, expected, rtol=1e-6, atol=1e-12):
    """Compare the two lists by name; a tiny gradient counts as much as a large one."""
    if type(came) is not dict or sorted(map(str, came)) != sorted(expected):
        said = ", ".join(map(str, came)) if isinstance(came, dict) else type(came).__name__
        raise Mismatch("the answer is of the wrong kind", said, "a dict with the keys 'outputs' and 'gradients'")
    for name in ("outputs", "gradients"):
        assert_close(came[name], expected[name], rtol=rtol, atol=atol, what=name)


def through(activation):
    """Return what makes a stack of two layers with this activation."""

    def inputs(rng, N=4, A=5, B=3, C=6, dtype=torch.float64):
        return *stack(rng, N, [A, B, C], dtype), activation

    return inputs


contract(
    "gradient_flow",
    inputs=through("tanh"),
    also=[through("relu"), through("sigmoid")],
    compare=assert_flow,
    one="NABC",
    tolerances={torch.float32: {"rtol": 1e-4, "atol": 1e-6}},
    by_hand=True,
    forbids=["backward"],
    instead=BY_HAND,
)
