"""The twelve activations held to torch's own, forward and (through autograd) backward."""

import pytest
import torch
import torch.nn.functional as F

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
