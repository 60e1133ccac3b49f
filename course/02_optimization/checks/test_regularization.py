"""Checks of the penalties and of early stopping."""

import math

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, rand, randn

SHAPES = [(5,), (3, 4), (6, 1), (1, 7), (2, 3, 4), (1,)]


def with_zeros(rng, *shape, dtype=torch.float64):
    """Return weights of both signs, every third one exactly zero."""
    weights = randn(rng, *shape, dtype=dtype)
    weights.view(-1)[1::3] = 0.0
    return weights


def compare_penalties(student, reference, name, *inputs):
    """Hold the penalty and its gradient to the reference's."""
    assert_close(getattr(student, name)(*inputs), getattr(reference, name)(*inputs), what="(penalty, gradient)")


def stop(ns, weights, val_losses, patience, max_epochs):
    """Probe: early stopping of a training whose validation losses are known in advance.

    Weights that are zero and a little more are e + 1 and a little more after epoch e, so that they tell their epoch. At
    the end the caller's weights are overwritten, which a copy doesn't notice.
    """

    def train_epoch(weights):
        weights += 1

    def validate(weights):
        return val_losses[int(weights[0, 0]) - 1]

    best_weights, best_epoch, losses = ns.early_stopping(train_epoch, validate, weights, patience, max_epochs)
    after = weights.clone()
    weights.fill_(-1.0)
    return {"best weights": best_weights, "best epoch": best_epoch, "losses": losses, "weights after the call": after}


def order_of_calls(ns, val_losses, patience, max_epochs):
    """Probe: in which order training and validation are asked for."""
    weights, calls = torch.zeros(1), []

    def train_epoch(weights):
        weights += 1
        calls.append("train")

    def validate(weights):
        calls.append("validate")
        return val_losses[max(0, int(weights[0]) - 1)]

    ns.early_stopping(train_epoch, validate, weights, patience, max_epochs)
    return calls


def compare_stops(student, reference, val_losses, patience, max_epochs):
    """Hold everything that early stopping returns to the reference's."""
    run = val_losses, patience, max_epochs
    actual, expected = (side.run(stop, torch.zeros(2, 3, dtype=torch.float64), *run) for side in (student, reference))
    for name in ("losses", "best epoch", "best weights", "weights after the call"):
        assert_equal(actual[name], expected[name], what=f"what is returned as {name}" if name[0] != "w" else name)


# --- l2_penalty ----------------------------------------------------------------------------------


@exercise("l2_penalty")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("strength", [0.1, 2.5])
def test_l2_penalty_matches_the_reference(student, reference, rng, shape, strength):
    """Penalty and gradient, for weights of one to three dimensions."""
    compare_penalties(student, reference, "l2_penalty", with_zeros(rng, *shape), strength)


@exercise("l2_penalty")
def test_the_squares_of_the_text(student, reference):
    """The weights (3, -0.5, 0) with strength 0.1, in float32."""
    compare_penalties(student, reference, "l2_penalty", torch.tensor([3.0, -0.5, 0.0]), 0.1)


@exercise("l2_penalty")
def test_l2_of_strength_zero_costs_nothing(student, reference, rng):
    """Strength 0 gives a penalty of 0 and a gradient of zeros."""
    compare_penalties(student, reference, "l2_penalty", randn(rng, 3, 2), 0.0)


def a_penalty(rng, N=4, D=3, dtype=torch.float64):
    """Return weights with zeros among them, and a strength."""
    return with_zeros(rng, N, D, dtype=dtype), 0.7


def of_strength(strength):
    """Return what makes a penalty's inputs of a strength at which a factor is 1 or 0, and nothing seems left to do."""

    def inputs(rng, N=4, D=3, dtype=torch.float64):
        return with_zeros(rng, N, D, dtype=dtype), strength

    return inputs


# Half precision counts, but its sums of a dozen numbers are rounded one by one.
IN_ANY_FLOAT = {
    "dtypes": (torch.float16, torch.float32, torch.float64),
    "tolerances": {torch.float16: {"rtol": 1e-2, "atol": 1e-2}},
    "also": [of_strength(0.0), of_strength(0.5), of_strength(1.0)],
    "fresh": True,
    "by_hand": True,
    "forbids": ["backward"],
}
contract("l2_penalty", inputs=a_penalty, instead="the derivative of a square", **IN_ANY_FLOAT)


# --- l1_penalty ----------------------------------------------------------------------------------


@exercise("l1_penalty")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("strength", [0.1, 2.5])
def test_l1_penalty_matches_the_reference(student, reference, rng, shape, strength):
    """Penalty and gradient, for weights of one to three dimensions with zeros among them."""
    compare_penalties(student, reference, "l1_penalty", with_zeros(rng, *shape), strength)


@exercise("l1_penalty")
def test_the_absolute_values_of_the_text(student, reference):
    """The weights (3, -0.5, 0) with strength 0.1, in float32."""
    compare_penalties(student, reference, "l1_penalty", torch.tensor([3.0, -0.5, 0.0]), 0.1)


@exercise("l1_penalty")
def test_tiny_weights_are_pulled_as_hard_as_large_ones(student, reference):
    """The slope is the sign, also for weights of a billionth."""
    weights = torch.tensor([1e-9, -1e-9, 1e-12, 5.0], dtype=torch.float64)
    compare_penalties(student, reference, "l1_penalty", weights, 0.3)


contract(
    "l1_penalty", inputs=a_penalty, square={"N": 7, "D": 7}, instead="the slope of the absolute value", **IN_ANY_FLOAT
)


# --- elastic_net_penalty -------------------------------------------------------------------------


@exercise("elastic_net_penalty")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("l1_ratio", [0.0, 0.2, 0.7, 1.0])
def test_elastic_net_matches_the_reference(student, reference, rng, shape, l1_ratio):
    """Penalty and gradient, for four shares of L1 including none and all."""
    compare_penalties(student, reference, "elastic_net_penalty", with_zeros(rng, *shape), 0.4, l1_ratio)


contract(
    "elastic_net_penalty",
    inputs=a_penalty,
    settings={"l1_ratio": 0.3},
    instead="the two gradients that you have",
    **IN_ANY_FLOAT,
)


# --- early_stopping ------------------------------------------------------------------------------


@exercise("early_stopping")
def test_the_run_of_the_text(student, reference):
    """Patience 2: best epoch 4, stopped after epoch 6."""
    losses = [0.90, 0.70, 0.60, 0.65, 0.58, 0.60, 0.61, 0.50, 0.40, 0.30]
    compare_stops(student, reference, losses, 2, 10)


@exercise("early_stopping")
@pytest.mark.parametrize("patience", [1, 2, 3, 5])
@pytest.mark.parametrize("run", [0, 1, 2])
def test_random_runs_stop_where_they_should(student, reference, rng, patience, run):
    """Losses that fall and wobble: the losses of all epochs that ran, the best epoch and its weights."""
    losses = [float(value) for value in 2.0 / (1 + 0.3 * torch.arange(25)) + 0.4 * torch.from_numpy(rng.random(25))]
    compare_stops(student, reference, losses, patience, 25)


@exercise("early_stopping")
def test_epochs_are_held_to_the_best_and_not_to_the_one_before(student, reference):
    """After a bad epoch, losses that fall again but stay above the best are not better."""
    compare_stops(student, reference, [1.0, 0.5, 0.9, 0.8, 0.7, 0.6, 0.55, 0.3], 4, 8)


@exercise("early_stopping")
def test_the_count_starts_anew_at_each_best(student, reference):
    """Bad epochs count only if they stand in a row."""
    compare_stops(student, reference, [1.0, 1.1, 0.9, 1.0, 0.8, 0.9, 0.7, 0.8, 0.6, 0.7], 2, 10)


@exercise("early_stopping")
def test_an_equal_loss_is_not_better(student, reference):
    """On a plateau the first epoch is the best, and patience runs out."""
    compare_stops(student, reference, [0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4], 3, 7)


@exercise("early_stopping")
def test_the_last_epoch_can_be_the_best(student, reference):
    """Losses that only fall: all epochs run, and the last is kept, as a copy."""
    compare_stops(student, reference, [0.9, 0.7, 0.5, 0.4, 0.3, 0.2], 2, 4)


@exercise("early_stopping")
def test_the_first_epoch_can_be_the_best(student, reference):
    """Losses that only rise: the weights after the first epoch are kept, not those before it."""
    compare_stops(student, reference, [0.2, 0.3, 0.4, 0.5, 0.6, 0.7], 3, 6)
    compare_stops(student, reference, [7.5], 3, 1)


@exercise("early_stopping")
def test_max_epochs_ends_a_patient_training(student, reference):
    """With more patience than epochs, the training ends after max_epochs."""
    compare_stops(student, reference, [0.9, 0.6, 0.8, 0.8, 0.8, 0.1, 0.1], 10, 5)


@exercise("early_stopping")
def test_a_loss_may_be_any_number(student, reference):
    """Zero, losses below zero, very large ones, and a best that is better by next to nothing."""
    compare_stops(student, reference, [1.0, 0.0, 0.5, -0.2, -0.1, -0.3, 0.0, 0.1, -0.4], 2, 9)
    compare_stops(student, reference, [1.0, 0.0, 0.5, 0.6, 0.7], 2, 5)
    compare_stops(student, reference, [3e12, 2e12, 2.5e12, 1e12, 4e12, 5e12], 2, 6)
    compare_stops(student, reference, [0.5, 0.5 - 1e-12, 0.5 - 2e-12, 0.5 - 3e-12, 0.5 - 4e-12], 2, 5)


@exercise("early_stopping", costs=0.25)
def test_a_nan_is_not_better(student, reference):
    """A training that has blown up keeps its best weights from before."""
    compare_stops(student, reference, [0.9, 0.6, math.nan, math.nan, math.nan, math.nan], 3, 6)


@exercise("early_stopping")
def test_an_epoch_after_a_nan_can_be_the_best(student, reference):
    """A NaN is one bad epoch: smaller losses that follow are better than those before it."""
    compare_stops(student, reference, [0.9, math.nan, 0.5, 0.6, math.nan, 0.4, 0.5, 0.3, 0.7], 3, 9)


def long_training(ns, max_epochs):
    """Probe: how many epochs ran of a training that gets no better, with much patience, and which was the best."""
    _, best_epoch, losses = ns.early_stopping(
        lambda weights: None, lambda weights: 0.5, torch.zeros(1), 2 * max_epochs, max_epochs
    )
    return len(losses), best_epoch


@exercise("early_stopping", costs=0.25)
def test_a_training_may_be_long(student):
    """Three thousand epochs are as easy as three."""
    assert_equal(student.run(long_training, 3000), (3000, 0), what="(number of losses, best epoch)")


@exercise("early_stopping")
def test_each_epoch_trains_first_and_validates_then(student, reference):
    """The first call is train_epoch, the second validate."""
    losses = [0.5, 0.4, 0.6, 0.7]
    actual, expected = student.run(order_of_calls, losses, 1, 4), reference.run(order_of_calls, losses, 1, 4)
    assert_equal(actual, expected, what="the calls of train_epoch and validate")


contract(
    "early_stopping",
    use=stop,
    pure=False,
    dtypes=IN_ANY_FLOAT["dtypes"],
    inputs=lambda rng, N=2, D=3, dtype=torch.float64: (
        0.4 * rand(rng, N, D, dtype=dtype),
        [0.9, 0.5, 0.6, 0.4, 0.5, 0.7, 0.1],
        2,
        7,
    ),
)
