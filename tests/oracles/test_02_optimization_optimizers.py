"""The update rules, held to torch.optim over fifty steps, and Newton's step to closed forms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import optimize

NOTEBOOK = "02_optimization/optimizers"
START = torch.tensor([[1.5, -2.0], [0.3, 4.0]], dtype=torch.float64)
SCALE = torch.tensor([[1.0, 0.1], [3.0, 0.02]], dtype=torch.float64)

# Our name, our options, torch's class, torch's options.
NAMESAKES: list[tuple[str, dict[str, Any], type[torch.optim.Optimizer], dict[str, Any]]] = [
    ("sgd", {}, torch.optim.SGD, {}),
    ("sgd_momentum", {"momentum": 0.8}, torch.optim.SGD, {"momentum": 0.8}),
    ("nesterov_momentum", {"momentum": 0.8}, torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
    ("adagrad", {"eps": 0.1}, torch.optim.Adagrad, {"eps": 0.1}),
    ("rmsprop", {"decay": 0.7, "eps": 0.1}, torch.optim.RMSprop, {"alpha": 0.7, "eps": 0.1}),
    ("adadelta", {"decay": 0.7, "eps": 0.1}, torch.optim.Adadelta, {"rho": 0.7, "eps": 0.1}),
    ("adam", {"beta1": 0.8, "beta2": 0.9, "eps": 0.1}, torch.optim.Adam, {"betas": (0.8, 0.9), "eps": 0.1}),
    (
        "adamw",
        {"beta1": 0.8, "beta2": 0.9, "eps": 0.1, "weight_decay": 0.3},
        torch.optim.AdamW,
        {"betas": (0.8, 0.9), "eps": 0.1, "weight_decay": 0.3},
    ),
]


def loss(w: torch.Tensor) -> torch.Tensor:
    """A loss that is neither quadratic nor convex, with entries of very different slope."""
    return (SCALE * (w**2 + torch.sin(3 * w))).sum() + 0.1 * w.sum() ** 2


def gradient(w: torch.Tensor) -> torch.Tensor:
    leaf = w.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(leaf), leaf)[0]


def our_path(rule: Callable[..., Any], lrs: list[float], **options: Any) -> torch.Tensor:
    w, state, path = START, {}, []
    for lr in lrs:
        w, state = rule(w, gradient(w), state, lr=lr, **options)
        path.append(w)
    return torch.stack(path)


def torch_path(kind: type[torch.optim.Optimizer], lrs: list[float], **options: Any) -> torch.Tensor:
    w, path = START.clone().requires_grad_(), []
    optimiser = kind([w], lr=lrs[0], **options)  # type: ignore[call-arg]
    for lr in lrs:
        optimiser.param_groups[0]["lr"] = lr
        optimiser.zero_grad()
        loss(w).backward()
        optimiser.step()
        path.append(w.detach().clone())
    return torch.stack(path)


@pytest.mark.parametrize(("name", "ours", "kind", "theirs"), NAMESAKES, ids=lambda value: str(value)[:20])
def test_fifty_steps_follow_torch_optim(solution, name, ours, kind, theirs):
    lrs = [0.02] * 50
    torch.testing.assert_close(our_path(getattr(solution, name), lrs, **ours), torch_path(kind, lrs, **theirs))


@pytest.mark.parametrize(("name", "ours", "kind", "theirs"), NAMESAKES, ids=lambda value: str(value)[:20])
def test_a_falling_learning_rate_follows_torch_optim(solution, name, ours, kind, theirs):
    lrs = [0.03 * 0.9**step for step in range(30)]
    torch.testing.assert_close(our_path(getattr(solution, name), lrs, **ours), torch_path(kind, lrs, **theirs))


@pytest.mark.parametrize(("name", "ours", "kind", "theirs"), NAMESAKES, ids=lambda value: str(value)[:20])
def test_the_default_settings_are_those_of_torch(solution, name, ours, kind, theirs):
    needed = {key: theirs[key] for key in ("momentum", "nesterov") if key in theirs}
    w = START.clone().requires_grad_()
    optimiser = kind([w], **{**needed, **({"momentum": 0.9} if "momentum" in needed else {})})  # type: ignore[call-arg]
    ours_w, state = START, {}
    for _ in range(3):
        optimiser.zero_grad()
        loss(w).backward()
        optimiser.step()
        ours_w, state = getattr(solution, name)(ours_w, gradient(ours_w), state)
    torch.testing.assert_close(ours_w, w.detach())


def test_the_first_adam_step_is_lr_for_every_weight(solution):
    w, _ = solution.adam(torch.zeros(3), torch.tensor([1e-3, -2.0, 500.0]), {}, lr=0.1)
    torch.testing.assert_close(w, torch.tensor([-0.1, 0.1, -0.1]), rtol=1e-4, atol=0.0)


def test_newton_step_reaches_the_minimum_of_a_quadratic(solution):
    hessian = torch.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
    bottom = torch.tensor([0.5, -4.0], dtype=torch.float64)
    start = torch.tensor([10.0, 7.0], dtype=torch.float64)
    torch.testing.assert_close(solution.newton_step(start, hessian @ (start - bottom), hessian), bottom)


def test_newton_step_agrees_with_the_inverse_matrix(solution):
    rng = np.random.default_rng(3)
    hessian, w, dw = rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
    hessian = hessian + hessian.T
    expected = w - np.linalg.inv(hessian + 0.3 * np.eye(4)) @ dw
    came = solution.newton_step(*map(torch.from_numpy, (w, dw, hessian)), damping=0.3)
    np.testing.assert_allclose(came.numpy(), expected, rtol=1e-8)


def test_newton_steps_find_the_minimum_that_scipy_finds(solution):
    w = torch.tensor([1.2, 1.2], dtype=torch.float64)
    for _ in range(8):
        dw, hessian = optimize.rosen_der(w.numpy()), optimize.rosen_hess(w.numpy())
        w = solution.newton_step(w, torch.from_numpy(dw), torch.from_numpy(hessian))
    np.testing.assert_allclose(w.numpy(), optimize.minimize(optimize.rosen, [1.2, 1.2]).x, atol=1e-4)
