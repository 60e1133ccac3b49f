"""The twelve activations held to torch's own, forward and (through autograd) backward."""

import inspect

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.figures.activations import curve_and_slope, maxout_shapes

NOTEBOOK = "03_backprop/activations"

CASES = [
    ("sigmoid", torch.sigmoid, {}),
    ("tanh", torch.tanh, {}),
    ("relu", F.relu, {}),
    ("leaky_relu", F.leaky_relu, {}),
    ("leaky_relu", lambda x: F.leaky_relu(x, 0.25), {"slope": 0.25}),
    ("elu", F.elu, {}),
    ("elu", lambda x: F.elu(x, alpha=0.4), {"alpha": 0.4}),
    ("selu", F.selu, {}),
    ("relu6", F.relu6, {}),
    ("mish", F.mish, {}),
    ("swish", F.silu, {}),
    ("swish", lambda x: F.silu(2.5 * x) / 2.5, {"beta": 2.5}),
    ("hard_swish", F.hardswish, {}),
    ("gelu", F.gelu, {}),
    ("gelu", lambda x: F.gelu(x, approximate="tanh"), {"approximate": "tanh"}),
]
POINTS = [-20.0, -6.5, -3.0, -1.0, -0.3, 0.0, 0.2, 1.0, 2.9, 3.0, 5.0, 6.0, 7.0, 20.0]


@pytest.mark.parametrize(("name", "truth", "kwargs"), CASES)
def test_an_activation_agrees_with_torch(solution, name, truth, kwargs):
    x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(len(POINTS), dtype=torch.float64)
    expected = truth(x)
    expected.backward(upstream)
    out, grad = getattr(solution, f"{name}_forward_backward")(x.detach(), upstream, **kwargs)
    torch.testing.assert_close(out, expected.detach())
    torch.testing.assert_close(grad, x.grad)


@pytest.mark.parametrize(("name", "truth", "kwargs"), CASES)
def test_an_activation_survives_far_out(solution, name, truth, kwargs):
    x = torch.tensor([-1e4, -1000.0, -88.0, 88.0, 1000.0, 1e4])
    out, grad = getattr(solution, f"{name}_forward_backward")(x, torch.ones(6), **kwargs)
    assert out.isfinite().all()
    assert grad.isfinite().all()
    torch.testing.assert_close(out, truth(x))


@pytest.mark.parametrize(("name", "truth", "kwargs"), [case for case in CASES if case[0] != "sigmoid"])
def test_an_activation_keeps_its_digits_near_zero(solution, name, truth, kwargs):
    x = torch.tensor([-1e-3, -1e-6, -1e-8, 1e-8, 1e-6, 1e-3])
    out, _ = getattr(solution, f"{name}_forward_backward")(x, torch.ones(6), **kwargs)
    torch.testing.assert_close(out, truth(x), rtol=1e-5, atol=0.0)


@pytest.mark.parametrize("pieces", [1, 2, 4])
def test_maxout_agrees_with_autograd(solution, pieces):
    shapes = [(5, 4), (pieces, 4, 3), (pieces, 3)]
    x, weights, bias = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes)
    upstream = torch.randn(5, 3, dtype=torch.float64)
    expected = torch.stack([x @ weights[k] + bias[k] for k in range(pieces)]).max(dim=0).values
    expected.backward(upstream)
    came = solution.maxout_forward_backward(x.detach(), weights.detach(), bias.detach(), upstream)
    torch.testing.assert_close(came, (expected.detach(), x.grad, weights.grad, bias.grad))


def test_maxout_of_the_identity_and_zero_is_relu(solution):
    x = torch.randn(6, 3, dtype=torch.float64)
    weights = torch.stack([torch.eye(3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)])
    bias, upstream = torch.zeros(2, 3, dtype=torch.float64), torch.randn(6, 3, dtype=torch.float64)
    out, grad, _, _ = solution.maxout_forward_backward(x, weights, bias, upstream)
    torch.testing.assert_close(out, x.relu())
    torch.testing.assert_close(grad, upstream * (x > 0))


# What the text says of the functions and of their pictures.

STEEPEST = {  # as the table has it: the largest slope, and whether it is ever reached
    "sigmoid": (0.25, True),
    "tanh": (1.0, True),
    "relu": (1.0, True),
    "leaky_relu": (1.0, True),
    "elu": (1.0, True),
    "selu": (1.76, True),
    "relu6": (1.0, True),
    "swish": (1.10, True),
    "hard_swish": (1.5, False),
    "gelu": (1.13, True),
    "mish": (1.09, True),
}


@pytest.mark.parametrize(("name", "most", "reached"), [(name, *told) for name, told in STEEPEST.items()])
def test_the_slope_is_at_most_what_the_table_says(solution, name, most, reached):
    x = torch.arange(-8000, 8001, dtype=torch.float64) / 1000
    slope = getattr(solution, f"{name}_forward_backward")(x, torch.ones_like(x))[1].max().item()
    assert round(slope, 2) == most
    assert reached or slope < most


def test_four_functions_take_one_argument_more(solution):
    more = [
        name
        for name in STEEPEST
        if len(inspect.signature(getattr(solution, f"{name}_forward_backward")).parameters) > 2
    ]
    assert more == ["leaky_relu", "elu", "swish", "gelu"]


def test_beyond_five_the_sigmoid_is_flat(solution):
    picture = curve_and_slope(solution.sigmoid_forward_backward, "sigmoid")
    x, slope = (np.asarray(one, dtype=float) for one in picture.axes[1].lines[-1].get_data())
    assert slope[np.abs(x) > 5].max() < 0.01 < slope[np.abs(x) < 4.5].min()


def test_the_largest_of_five_lines_comes_near_a_parabola():
    relu, absolute, parabola = (ax.lines[-1].get_data() for ax in maxout_shapes().axes)
    assert np.allclose(relu[1], np.maximum(0, relu[0]))
    assert np.allclose(absolute[1], np.abs(absolute[0]))
    assert np.abs(parabola[1] - np.asarray(parabola[0]) ** 2).max() < 0.2
