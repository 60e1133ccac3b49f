"""The penalties held to autograd, torch and scikit-learn; early stopping to a run worked by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import ElasticNet, Ridge

from coursekit import data

NOTEBOOK = "02_optimization/regularization"
GENERATOR = torch.Generator().manual_seed(7)


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=GENERATOR, dtype=torch.float64)


def derived(f, weights: torch.Tensor) -> torch.Tensor:
    leaf = weights.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


@pytest.mark.parametrize("shape", [(6,), (3, 4), (2, 3, 2)])
@pytest.mark.parametrize("name", ["l1_penalty", "l2_penalty", "elastic_net_penalty"])
def test_each_gradient_agrees_with_autograd_also_at_zero(
    solution: SimpleNamespace, name: str, shape: tuple[int, ...]
) -> None:
    weights = randn(*shape)
    weights.view(-1)[2] = 0.0
    penalty = getattr(solution, name)
    torch.testing.assert_close(penalty(weights, 0.3)[1], derived(lambda leaf: penalty(leaf, 0.3)[0], weights))


def test_the_penalties_of_weights_worked_by_hand(solution: SimpleNamespace) -> None:
    weights = torch.tensor([3.0, -0.5, 0.0])
    assert solution.l1_penalty(weights, 0.1)[0].item() == pytest.approx(0.35)
    assert solution.l2_penalty(weights, 0.1)[0].item() == pytest.approx(0.925)
    assert solution.elastic_net_penalty(weights, 0.1, 0.2)[0].item() == pytest.approx(0.2 * 0.35 + 0.8 * 0.925)


def test_l2_of_strength_lambda_is_torchs_weight_decay_of_two_lambda(solution: SimpleNamespace) -> None:
    weights = randn(3, 4)
    parameter = torch.nn.Parameter(weights.clone())
    parameter.grad = torch.zeros_like(weights)
    torch.optim.SGD([parameter], lr=0.1, weight_decay=2 * 0.3).step()
    torch.testing.assert_close(parameter.detach(), weights - 0.1 * solution.l2_penalty(weights, 0.3)[1])


def test_at_scikit_learns_ridge_the_gradients_cancel(solution: SimpleNamespace) -> None:
    x, y = randn(40, 5), randn(40)
    found = torch.from_numpy(Ridge(alpha=0.7, fit_intercept=False).fit(x.numpy(), y.numpy()).coef_)
    total = derived(lambda w: (x @ w - y).square().sum(), found) + solution.l2_penalty(found, 0.7)[1]
    torch.testing.assert_close(total, torch.zeros(5, dtype=torch.float64), rtol=0, atol=1e-8)


def test_at_scikit_learns_elastic_net_no_step_lowers_loss_and_penalty(solution: SimpleNamespace) -> None:
    x, y = randn(40, 5), randn(40)
    alpha, share = 0.15, 0.6
    model = ElasticNet(alpha=alpha, l1_ratio=share, fit_intercept=False, tol=1e-10, max_iter=100_000)
    found = torch.from_numpy(model.fit(x.numpy(), y.numpy()).coef_)
    # Theirs is alpha (share |w| + (1 - share) / 2 w²): the same as ours with these two settings.
    strength = alpha * (share + (1 - share) / 2)

    def total(w: torch.Tensor) -> float:
        return float(
            (x @ w - y).square().sum() / 80 + solution.elastic_net_penalty(w, strength, alpha * share / strength)[0]
        )

    best = total(found)
    assert all(total(found + 1e-3 * randn(5)) > best for _ in range(50))


def trained(solution: SimpleNamespace, val_losses: list[float], patience: int) -> tuple[torch.Tensor, int, list[float]]:
    weights = torch.zeros(1)
    return solution.early_stopping(
        lambda w: w.add_(1), lambda w: val_losses[int(w) - 1], weights, patience, len(val_losses)
    )


def test_early_stopping_of_the_run_worked_by_hand(solution: SimpleNamespace) -> None:
    val_losses = [0.90, 0.70, 0.60, 0.65, 0.58, 0.60, 0.61, 0.10]
    best_weights, best_epoch, losses = trained(solution, val_losses, 2)
    assert (best_weights.item(), best_epoch, losses) == (5.0, 4, val_losses[:7])


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_early_stopping_keeps_the_smallest_of_what_it_saw(solution: SimpleNamespace, patience: int) -> None:
    val_losses = torch.rand(30, generator=GENERATOR).tolist()
    best_weights, best_epoch, losses = trained(solution, val_losses, patience)
    assert best_epoch == losses.index(min(losses)) == int(best_weights) - 1
    assert len(losses) == min(30, best_epoch + patience + 1)


def test_early_stopping_does_not_take_nan_for_progress(solution: SimpleNamespace) -> None:
    _, best_epoch, losses = trained(solution, [0.5, math.nan, math.nan, 0.1], 2)
    assert best_epoch == 0
    assert len(losses) == 3


def test_l1_puts_more_weights_near_zero_than_l2_and_reads_about_as_well(solution):
    digits = data.digits(num_train=150)
    generator = torch.Generator().manual_seed(0)
    is_noisy = torch.rand(150, generator=generator) < 0.2
    labels = torch.where(is_noisy, torch.randint(0, 10, (150,), generator=generator), digits.y_train)
    near_zero, right = {}, {}
    for name, penalty, strength in (("L2", solution.l2_penalty, 0.01), ("L1", solution.l1_penalty, 0.01)):
        weights = torch.zeros(64, 10, requires_grad=True)
        for _ in range(600):
            (gradient,) = torch.autograd.grad(F.cross_entropy(digits.x_train @ weights, labels), weights)
            weights = (weights - gradient - penalty(weights, strength)[1]).detach().requires_grad_()
        near_zero[name] = (weights.abs() < 0.02).float().mean()
        right[name] = ((digits.x_val @ weights).argmax(dim=1) == digits.y_val).float().mean()
    assert near_zero["L1"] > near_zero["L2"] + 0.2
    assert abs(right["L1"] - right["L2"]) < 0.06
