"""The losses, held to torch, torchvision, scikit-learn and numbers worked by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import hinge_loss, zero_one_loss
from torchvision.ops import sigmoid_focal_loss

NOTEBOOK = "02_optimization/losses"
GENERATOR = torch.Generator().manual_seed(11)


def randn(*shape: int, scale: float = 1.0) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64) * scale


def signs(num: int) -> torch.Tensor:
    return torch.randint(0, 2, (num,), generator=GENERATOR) * 2 - 1


def by_autograd(function, x: torch.Tensor) -> torch.Tensor:
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(function(leaf), leaf)[0]


def test_zero_one_loss_is_the_share_of_mistakes(solution: SimpleNamespace) -> None:
    scores, y = torch.tensor([2.0, -0.5, 0.3, -1.2, 0.0]), torch.tensor([1, 1, -1, -1, 1])
    torch.testing.assert_close(solution.zero_one_loss(scores, y), torch.tensor(0.6))


def test_zero_one_loss_agrees_with_scikit_learn_on_signs(solution: SimpleNamespace) -> None:
    scores, y = randn(50), signs(50)
    expected = zero_one_loss(y.numpy(), scores.sign().long().numpy())
    assert solution.zero_one_loss(scores, y).item() == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(6,), (4, 3), (2, 3, 5)])
def test_l1_and_l2_agree_with_torch(solution: SimpleNamespace, shape: tuple[int, ...]) -> None:
    x, t = randn(*shape), randn(*shape)
    torch.testing.assert_close(solution.l1_loss(x, t), F.l1_loss(x, t))
    torch.testing.assert_close(solution.l2_loss(x, t), F.mse_loss(x, t))


def test_l2_loss_refuses_what_would_be_broadcast(solution: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match=r"\(5, 1\).*\(5,\)"):
        solution.l2_loss(randn(5, 1), randn(5))


@pytest.mark.parametrize("beta", [0.2, 1.0, 3.0])
def test_smooth_l1_agrees_with_torch_and_autograd(solution: SimpleNamespace, beta: float) -> None:
    x, t = randn(40, 4, scale=2), randn(40, 4)
    loss, gradient = solution.smooth_l1_loss(x, t, beta)
    torch.testing.assert_close(loss, F.smooth_l1_loss(x, t, beta=beta))
    torch.testing.assert_close(gradient, by_autograd(lambda leaf: F.smooth_l1_loss(leaf, t, beta=beta), x))


def test_hinge_loss_agrees_with_scikit_learn(solution: SimpleNamespace) -> None:
    scores, y = randn(60, scale=2), signs(60)
    assert solution.hinge_loss(scores, y).item() == pytest.approx(hinge_loss(y.numpy(), scores.numpy()))


def test_exponential_loss_of_known_margins(solution: SimpleNamespace) -> None:
    scores, y = torch.tensor([0.0, -math.log(3.0), -math.log(2.0)]), torch.tensor([1, 1, -1])
    torch.testing.assert_close(solution.exponential_loss(scores, y), torch.tensor((1 + 3 + 0.5) / 3))


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
def test_binary_cross_entropy_and_its_gradient_agree_with_torch(solution: SimpleNamespace, scale: float) -> None:
    x, t = randn(30, 3, scale=scale), torch.rand(30, 3, generator=GENERATOR, dtype=torch.float64)
    torch.testing.assert_close(
        solution.binary_cross_entropy_with_logits(x, t), F.binary_cross_entropy_with_logits(x, t)
    )
    gradient = by_autograd(lambda leaf: solution.binary_cross_entropy_with_logits(leaf, t), x)
    torch.testing.assert_close(gradient, (torch.sigmoid(x) - t) / x.numel())


def test_the_gradient_of_binary_cross_entropy_is_right_at_a_logit_of_zero(solution: SimpleNamespace) -> None:
    x, t = torch.zeros(3), torch.tensor([0.0, 1.0, 0.5])
    gradient = by_autograd(lambda leaf: solution.binary_cross_entropy_with_logits(leaf, t), x)
    torch.testing.assert_close(gradient, (0.5 - t) / 3)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
def test_cross_entropy_and_its_gradient_agree_with_torch(solution: SimpleNamespace, scale: float) -> None:
    x, y = randn(20, 7, scale=scale), torch.randint(0, 7, (20,), generator=GENERATOR)
    torch.testing.assert_close(solution.cross_entropy_loss(x, y), F.cross_entropy(x, y))
    gradient = by_autograd(lambda leaf: solution.cross_entropy_loss(leaf, y), x)
    torch.testing.assert_close(gradient, (torch.softmax(x, 1) - F.one_hot(y, 7)) / 20)


def test_kl_divergence_agrees_with_torch(solution: SimpleNamespace) -> None:
    p, q = torch.softmax(randn(12, 5), 1), torch.softmax(randn(12, 5), 1)
    torch.testing.assert_close(solution.kl_divergence(p, q), F.kl_div(q.log(), p, reduction="none").sum(1))


def test_kl_divergence_is_cross_entropy_minus_entropy(solution: SimpleNamespace) -> None:
    p, q = torch.tensor([[0.5, 0.5, 0.0]]), torch.tensor([[0.25, 0.25, 0.5]])
    torch.testing.assert_close(solution.kl_divergence(p, q), torch.tensor([math.log(4) - math.log(2)]))
    assert solution.kl_divergence(q, p).item() == math.inf


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (0.9, 0.0), (0.5, 3.5)])
def test_focal_loss_and_its_gradient_agree_with_torchvision(
    solution: SimpleNamespace, alpha: float, gamma: float
) -> None:
    x, t = randn(30, 4, scale=3), torch.randint(0, 2, (30, 4), generator=GENERATOR).double()
    ours = lambda leaf: solution.focal_loss(leaf, t, alpha, gamma)  # noqa: E731
    theirs = lambda leaf: sigmoid_focal_loss(leaf, t, alpha, gamma, reduction="mean")  # noqa: E731
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(by_autograd(ours, x), by_autograd(theirs, x))


def test_focal_loss_of_the_text(solution: SimpleNamespace) -> None:
    logit = torch.tensor([math.log(0.1 / 0.9)])
    loss = solution.focal_loss(logit, torch.ones(1), alpha=1.0, gamma=2.0)
    torch.testing.assert_close(loss, torch.tensor(1.865), rtol=1e-3, atol=0)
