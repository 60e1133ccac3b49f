"""The gradient checker that students build, held to autograd and torch's own gradcheck."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from coursekit import gradcheck

NOTEBOOK = "02_optimization/gradients"
GENERATOR = torch.Generator().manual_seed(3)


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=GENERATOR, dtype=torch.float64)


def wave(x: torch.Tensor) -> torch.Tensor:
    return (torch.sin(x) * x.exp()).sum() + torch.tanh(x).prod()


def derived(f, x: torch.Tensor) -> torch.Tensor:
    leaf = x.detach().clone().requires_grad_()
    with torch.enable_grad():  # inside a backward it is off
        return torch.autograd.grad(f(leaf), leaf)[0]


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 1, 3)])
def test_numerical_gradient_agrees_with_autograd(solution: SimpleNamespace, shape: tuple[int, ...]) -> None:
    x = randn(*shape)
    torch.testing.assert_close(solution.numerical_gradient(wave, x), derived(wave, x), rtol=1e-7, atol=1e-9)


def test_numerical_gradient_of_a_transposed_tensor_agrees_with_autograd(solution: SimpleNamespace) -> None:
    x = randn(3, 4).T
    torch.testing.assert_close(solution.numerical_gradient(wave, x), derived(wave, x), rtol=1e-7, atol=1e-9)


def test_a_wide_step_on_a_cube_is_off_by_its_square(solution: SimpleNamespace) -> None:
    x = torch.tensor([2.0], dtype=torch.float64)
    torch.testing.assert_close(solution.numerical_gradient(lambda x: (x**3).sum(), x, 0.1), x * 0 + 12.01)


@pytest.mark.parametrize(("a", "b", "error"), [(1.5, 3.0, 0.5), (-3.0, 3.0, 2.0), (0.0, 3.0, 1.0), (0.0, 1e-10, 1e-7)])
def test_relative_error_of_pairs_worked_by_hand(solution: SimpleNamespace, a: float, b: float, error: float) -> None:
    pair = torch.tensor([a, 1.0], dtype=torch.float64), torch.tensor([b, 1.0], dtype=torch.float64)
    assert solution.relative_error(*pair) == pytest.approx(error)


def test_relative_error_agrees_with_the_checker_of_coursekit(solution: SimpleNamespace) -> None:
    a, b = randn(4, 5), randn(4, 5)
    assert solution.relative_error(a, b) == pytest.approx(gradcheck.relative_error(a, b).max().item())
    with pytest.raises(ValueError, match="differ"):
        solution.relative_error(a, b.reshape(5, 4))


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0, 1.01])
def test_gradient_check_agrees_with_torchs_gradcheck(solution: SimpleNamespace, factor: float) -> None:
    class Claimed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return wave(x)

        @staticmethod
        def backward(ctx, upstream: torch.Tensor) -> torch.Tensor:
            return upstream * factor * derived(wave, ctx.saved_tensors[0])

    x = randn(3, 2)
    theirs = torch.autograd.gradcheck(Claimed.apply, x.clone().requires_grad_(), raise_exception=False)
    passed, error = solution.gradient_check(wave, x, factor * derived(wave, x))
    assert passed is theirs
    assert error == pytest.approx(abs(factor - 1) / max(abs(factor), 1), abs=1e-6)


def test_gradient_check_refuses_shapes_and_nan(solution: SimpleNamespace) -> None:
    x = randn(4)
    assert solution.gradient_check(wave, x, derived(wave, x)[:, None]) == (False, math.inf)
    assert solution.gradient_check(wave, x, x * math.nan)[0] is False
