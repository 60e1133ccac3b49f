"""Checks of the twelve activation functions, each forward and backward."""

import pytest
import torch

from autograder.authoring import (
    RuleBroken,
    assert_close,
    contract,
    exercise,
    forbid_autograd,
    operations,
    randn,
)
from coursekit.gradients import assert_gradients, named

# Of a joint: the place itself, and near and far on either side, for a joint that is taken to be wide.
ASIDE = (0.0, -1.25, 0.75, -1e-5, 1e-5)

# For each function of one number: its further arguments, the places where its formula changes, and
# torch's operations that would be the answer.
FUNCTIONS = {
    "sigmoid": ([{}], [0.0], ["sigmoid", "silu"]),
    "tanh": ([{}], [0.0], ["tanh"]),
    "relu": ([{}], [0.0], ["relu", "threshold", "relu6", "leaky_relu"]),
    "leaky_relu": ([{}, {"slope": 0.25}, {"slope": 0.0}], [0.0], ["leaky_relu", "_prelu_kernel", "rrelu_with_noise"]),
    "elu": ([{}, {"alpha": 0.4}, {"alpha": 2.5}], [0.0], ["elu"]),
    "selu": ([{}], [0.0], ["elu", "selu"]),
    "relu6": ([{}], [0.0, 6.0], ["hardtanh", "relu6"]),
    "mish": ([{}], [0.0], ["mish"]),
    "swish": ([{}, {"beta": 2.5}, {"beta": 0.5}], [0.0], ["silu"]),
    "hard_swish": ([{}], [-3.0, 0.0, 3.0], ["hardswish"]),
    "gelu": ([{}, {"approximate": "none"}, {"approximate": "tanh"}], [0.0], ["gelu"]),
}


def each_function(every_choice=True):
    """Return a case for every function and every choice of its arguments, or for the first and the last choice."""
    cases = []
    for short, (choices, _, _) in FUNCTIONS.items():
        name = f"{short}_forward_backward"
        for number, kwargs in enumerate(choices if every_choice else choices[:: max(len(choices) - 1, 1)]):
            label = "-".join([short, *(f"{key}-{value}" for key, value in kwargs.items())]) or str(number)
            cases.append(pytest.param(name, kwargs, marks=exercise(name), id=label))
    return cases


def torch_routines(name):
    """Return the operations of torch that would be the answer, and their ready-made backward passes."""
    forbidden = FUNCTIONS[name.removesuffix("_forward_backward")][2]
    return {*forbidden, *(f"{one}_" for one in forbidden), *(f"{one}_backward" for one in forbidden)}


@pytest.mark.parametrize("name, kwargs", each_function())
def test_the_output_agrees(student, reference, rng, name, kwargs):
    """Outputs for random inputs of several shapes, float64."""
    for shape in [(2, 3), (1,), (2, 1, 2), ()]:
        x, upstream = (randn(rng, *shape, dtype=torch.float64, scale=3) for _ in range(2))
        came, expected = (
            named(getattr(side, name)(x, upstream, **kwargs), "out", "x") for side in (student, reference)
        )
        assert_close(came["out"], expected["out"], what="the output")


@pytest.mark.parametrize("name, kwargs", each_function())
def test_the_gradient_agrees(student, reference, rng, name, kwargs):
    """Gradients for random inputs and random upstream gradients of several shapes, float64."""
    for shape in [(3, 2), (1,), (2, 1, 2), ()]:
        x, upstream = (randn(rng, *shape, dtype=torch.float64, scale=3) for _ in range(2))
        came, expected = (
            named(getattr(side, name)(x, upstream, **kwargs), "out", "x") for side in (student, reference)
        )
        assert_gradients({"x": came["x"]}, {"x": expected["x"]})


@pytest.mark.parametrize("name, kwargs", each_function(every_choice=False))
def test_at_the_joints(student, reference, rng, name, kwargs):
    """At zero and wherever the formula changes, and near and far on both sides of it, the docstring is followed."""
    places = FUNCTIONS[name.removesuffix("_forward_backward")][1]
    x = torch.tensor([place + aside for place in places for aside in ASIDE] * 2, dtype=torch.float64)
    upstream = randn(rng, len(x), dtype=torch.float64).abs() + 0.5
    upstream[len(x) // 2 :] *= -1
    came, expected = (named(getattr(side, name)(x, upstream, **kwargs), "out", "x") for side in (student, reference))
    assert_close(came["out"], expected["out"], what="the output")
    assert_gradients({"x": came["x"]}, {"x": expected["x"]})


@pytest.mark.parametrize("name, kwargs", each_function(every_choice=False))
def test_far_out_nothing_overflows(student, reference, rng, name, kwargs):
    """Inputs from -10,000 to 10,000 in float32: no NaN, no infinity, and float32 comes back."""
    x = torch.tensor([-1e4, -1000.0, -100.0, -30.0, -12.0, 12.0, 30.0, 100.0, 1000.0, 1e4])
    upstream = randn(rng, len(x), scale=2)
    came, expected = (named(getattr(side, name)(x, upstream, **kwargs), "out", "x") for side in (student, reference))
    assert_close(came["out"], expected["out"], what="the output")
    # A sum of terms near 10,000 may lose digits and be right; an overflow is no matter of digits.
    assert_close(came["x"], expected["x"], atol=1e-2, what="the gradient of x")


@pytest.mark.parametrize("name, kwargs", each_function(every_choice=False))
def test_in_the_flat_parts(student, reference, rng, name, kwargs):
    """Between 5 and 30 on either side in float64, where what is left of a curve's bend is small and not yet zero."""
    x = torch.tensor([5.5, 8.0, 10.5, 12.0, 15.0, 30.0], dtype=torch.float64)
    x, upstream = torch.cat([x, -x]), randn(rng, 12, dtype=torch.float64)
    came, expected = (named(getattr(side, name)(x, upstream, **kwargs), "out", "x") for side in (student, reference))
    assert_close(came["out"], expected["out"], what="the output")
    assert_gradients({"x": came["x"]}, {"x": expected["x"]})


@pytest.mark.parametrize("name, kwargs", each_function())
def test_it_is_your_own(student, rng, name, kwargs):
    """Neither autograd nor torch's own version of the function."""
    inputs = randn(rng, 4, 3, scale=4), randn(rng, 4, 3)
    forbid_autograd(student, name, args=inputs, kwargs=kwargs)
    used = student.run(operations, name, inputs, kwargs)
    ready_made = {one.split(".")[0] for one in used} & torch_routines(name)
    if ready_made:
        raise RuleBroken(
            f"{name} runs torch's {', '.join(sorted(ready_made))}: write it yourself, that is the exercise"
        )


def numbers(rng, N=4, D=3, dtype=torch.float64):
    """Return x with numbers on both sides of every bend, and an upstream gradient."""
    x = torch.linspace(-8.7, 8.9, N * D, dtype=dtype)[torch.from_numpy(rng.permutation(N * D))]
    return x.reshape(N, D), randn(rng, N, D, dtype=dtype)


for short, (choices, _, _) in FUNCTIONS.items():
    contract(f"{short}_forward_backward", inputs=numbers, settings=choices[-1], also=choices[1:-1])


# Maxout has parameters of its own.

PARTS = ("out", "x", "weights", "bias")


def maxout_inputs(rng, pieces, num, wide, out, dtype=torch.float64):
    """Return x, weights, bias and an upstream gradient."""
    shapes = [(num, wide), (pieces, wide, out), (pieces, out), (num, out)]
    return tuple(randn(rng, *shape, dtype=dtype) for shape in shapes)


@exercise("maxout_forward_backward")
@pytest.mark.parametrize(
    "pieces, num, wide, out", [(2, 5, 4, 3), (3, 6, 2, 4), (2, 1, 3, 2), (4, 3, 5, 1), (1, 4, 3, 2)]
)
def test_maxout_output_agrees(student, reference, rng, pieces, num, wide, out):
    """The output for one to four linear maps."""
    inputs = maxout_inputs(rng, pieces, num, wide, out)
    came, expected = (named(side.maxout_forward_backward(*inputs), *PARTS) for side in (student, reference))
    assert_close(came["out"], expected["out"], what="the output")


@exercise("maxout_forward_backward")
@pytest.mark.parametrize(
    "pieces, num, wide, out", [(2, 5, 4, 3), (3, 6, 2, 4), (2, 1, 3, 2), (4, 3, 5, 1), (1, 4, 3, 2)]
)
def test_maxout_gradients_agree(student, reference, rng, pieces, num, wide, out):
    """The gradients of x, the weights and the bias."""
    inputs = maxout_inputs(rng, pieces, num, wide, out)
    came, expected = (named(side.maxout_forward_backward(*inputs), *PARTS) for side in (student, reference))
    for part in PARTS[1:]:
        assert_gradients({part: came[part]}, {part: expected[part]}, N=num, K=pieces)


@exercise("maxout_forward_backward")
def test_maxout_of_equal_maps_counts_one_of_them(student, reference, rng):
    """Where two maps give the same value, the first of them gets the whole gradient."""
    x, weights, bias, upstream = maxout_inputs(rng, 3, 5, 4, 2)
    weights, bias = weights[[0, 1, 1]], bias[[0, 1, 1]]
    bias = bias + torch.tensor([[0.0], [30.0], [30.0]], dtype=bias.dtype)  # so that the equal maps win everywhere
    came, expected = (
        named(side.maxout_forward_backward(x, weights, bias, upstream), *PARTS) for side in (student, reference)
    )
    for part in PARTS[1:]:
        assert_gradients({part: came[part]}, {part: expected[part]})


@exercise("maxout_forward_backward")
def test_maxout_of_nearly_equal_maps_counts_the_larger(student, reference, rng):
    """Where the second of two maps is larger by a millionth, it gets the whole gradient: near is not equal."""
    x, weights, bias, upstream = maxout_inputs(rng, 2, 4, 3, 2)
    weights, bias = weights[[1, 1]], bias[[1, 1]] + 30
    bias[1] += 1e-6
    came, expected = (
        named(side.maxout_forward_backward(x, weights, bias, upstream), *PARTS) for side in (student, reference)
    )
    assert_gradients({"weights": came["weights"]}, {"weights": expected["weights"]})


contract(
    "maxout_forward_backward",
    by_hand=True,
    forbids=["backward"],
    inputs=lambda rng, K=2, N=5, D=4, M=3, dtype=torch.float64: maxout_inputs(rng, K, N, D, M, dtype),
    one="N",
)
