"""The gradient checker of coursekit, held to autograd."""

from __future__ import annotations

import math

import pytest
import torch

from coursekit.gradcheck import check_gradient, numerical_gradient, relative_error

GENERATOR = torch.Generator().manual_seed(5)


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=GENERATOR, dtype=torch.float64)


def bowl(x: torch.Tensor) -> torch.Tensor:
    return (torch.tanh(x) * x.exp()).sum() + x.prod()


def gradient_of(f, x: torch.Tensor) -> torch.Tensor:
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 4), ()])
def test_numerical_gradient_agrees_with_autograd(shape: tuple[int, ...]) -> None:
    x = randn(*shape)
    torch.testing.assert_close(numerical_gradient(bowl, x), gradient_of(bowl, x), rtol=1e-7, atol=1e-9)


def test_a_right_gradient_passes_and_x_is_left_alone() -> None:
    x = randn(3, 4).T
    before = x.clone()
    report = check_gradient(bowl, x, gradient_of(bowl, x))
    assert report
    assert report.error < 1e-7
    assert torch.equal(x, before)


@pytest.mark.parametrize(("wrong", "error"), [(2.0, 0.5), (-1.0, 2.0), (0.5, 0.5), (1.001, 0.001)])
def test_a_wrong_factor_is_seen_by_its_error(wrong: float, error: float) -> None:
    x = randn(5)
    report = check_gradient(bowl, x, wrong * gradient_of(bowl, x))
    assert not report
    assert report.error == pytest.approx(error, rel=0.01)


def test_one_wrong_entry_is_named() -> None:
    x = randn(3, 4)
    gradient = gradient_of(bowl, x)
    gradient[2, 1] += 1.0
    report = check_gradient(bowl, x, gradient)
    assert report.where == (2, 1)
    assert report.given - report.measured == pytest.approx(1.0)
    assert "at [2, 1]" in str(report)


def test_a_float32_x_is_measured_in_float64() -> None:
    x = randn(6).float()
    assert check_gradient(bowl, x, gradient_of(bowl, x.double()))


def test_a_wrong_shape_fails_and_says_so() -> None:
    report = check_gradient(bowl, randn(4), randn(4, 1))
    assert not report
    assert report.error == math.inf
    assert "shape" in str(report)
    with pytest.raises(ValueError, match="shape"):
        relative_error(randn(4), randn(4, 1))


def test_nan_never_passes() -> None:
    x = randn(3)
    gradient = gradient_of(bowl, x)
    gradient[1] = math.nan
    assert not check_gradient(bowl, x, gradient)
    assert not check_gradient(lambda x: (x * math.nan).sum(), x, x)


def test_a_kink_within_the_step_is_left_out_and_named() -> None:
    x = torch.tensor([1.0, 3e-6, -2.0], dtype=torch.float64)
    report = check_gradient(lambda x: x.relu().sum(), x, torch.tensor([1.0, 1.0, 0.0]))
    assert report
    assert report.kinks == ((1,),)


def test_with_kinks_everywhere_nothing_passes() -> None:
    assert not check_gradient(lambda x: x.abs().sum(), torch.zeros(3), torch.zeros(3))


def test_an_upstream_gradient_weights_the_outputs() -> None:
    x, weights, upstream = randn(4, 3), randn(3, 2), randn(4, 2)
    assert check_gradient(lambda x: x @ weights, x, upstream @ weights.T, upstream=upstream)
    assert not check_gradient(lambda x: x @ weights, x, upstream @ weights.T, upstream=2 * upstream)


def test_a_sample_of_entries_calls_the_function_seldom() -> None:
    calls = []

    def f(x: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return x.square().sum()

    x = randn(50, 50)
    assert check_gradient(f, x, 2 * x, num_entries=7)
    assert len(calls) == 15
