"""The schedules, held to torch's own schedulers over whole runs."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

NOTEBOOK = "02_optimization/schedules"
BASE_LR = 0.37


def torch_run(make: Callable[[torch.optim.Optimizer], Any], num_steps: int) -> list[float]:
    """Return the rates that torch's optimiser uses at steps 0 to num_steps - 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE_LR)
    scheduler, rates = make(optimizer), []
    for _ in range(num_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def our_run(schedule: Callable[..., float], num_steps: int, *settings: Any, **named: Any) -> list[float]:
    return [schedule(step, BASE_LR, *settings, **named) for step in range(num_steps)]


@pytest.mark.parametrize("milestones", [[3, 7], [1], [], [2, 5, 6, 19]])
def test_step_decay_follows_multi_step_lr(solution, milestones):
    theirs = torch_run(lambda optimizer: lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.3), 20)
    assert our_run(solution.step_decay, 20, milestones, 0.3) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("gamma", [0.9, 0.5])
def test_exponential_decay_follows_exponential_lr(solution, gamma):
    theirs = torch_run(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma), 30)
    assert our_run(solution.exponential_decay, 30, gamma) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(("total_steps", "min_lr"), [(10, 0.0), (17, 0.02), (1, 0.1)])
def test_cosine_decay_follows_cosine_annealing_lr(solution, total_steps, min_lr):
    theirs = torch_run(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=total_steps, eta_min=min_lr), total_steps + 1)
    assert our_run(solution.cosine_decay, total_steps + 1, total_steps, min_lr) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(("total_steps", "power"), [(10, 0.9), (7, 2.5)])
def test_polynomial_decay_follows_polynomial_lr_also_beyond_the_end(solution, total_steps, power):
    theirs = torch_run(lambda o: lr_scheduler.PolynomialLR(o, total_iters=total_steps, power=power), total_steps + 5)
    assert our_run(solution.polynomial_decay, total_steps + 5, total_steps, power) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(("warmup_steps", "start_factor"), [(5, 0.1), (1, 0.5), (12, 1 / 3)])
def test_linear_warmup_follows_linear_lr(solution, warmup_steps, start_factor):
    def make(optimizer: torch.optim.Optimizer) -> Any:
        return lr_scheduler.LinearLR(optimizer, start_factor=start_factor, total_iters=warmup_steps)

    theirs = torch_run(make, warmup_steps + 4)
    assert our_run(solution.linear_warmup, warmup_steps + 4, warmup_steps, start_factor) == pytest.approx(theirs)


def test_linear_warmup_scales_its_peak_with_the_batch(solution):
    # Goyal et al. (2017): 0.1 for 256 images, so 3.2 for 8192.
    assert solution.linear_warmup(100, 0.1, 10, batch_size=8192) == pytest.approx(3.2)


def test_linear_warmup_without_steps_is_the_peak_at_once(solution):
    assert our_run(solution.linear_warmup, 3, 0) == [BASE_LR] * 3


@pytest.mark.parametrize(("warmup_steps", "total_steps", "min_lr"), [(4, 15, 0.0), (1, 6, 0.03), (5, 6, 0.01)])
def test_warmup_cosine_follows_sequential_lr(solution, warmup_steps, total_steps, min_lr):
    def make(optimizer: torch.optim.Optimizer) -> Any:
        climb = lr_scheduler.LinearLR(optimizer, start_factor=0.2, total_iters=warmup_steps)
        fall = lr_scheduler.CosineAnnealingLR(optimizer, T_max=total_steps - warmup_steps, eta_min=min_lr)
        return lr_scheduler.SequentialLR(optimizer, [climb, fall], milestones=[warmup_steps])

    theirs = torch_run(make, total_steps + 1)
    ours = our_run(solution.warmup_cosine, total_steps + 1, warmup_steps, total_steps, 0.2, min_lr)
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_both_cosines_stay_at_the_bottom_after_the_end(solution):
    assert solution.cosine_decay(25, BASE_LR, 10, 0.01) == pytest.approx(0.01)
    assert solution.warmup_cosine(25, BASE_LR, 3, 10, min_lr=0.01) == pytest.approx(0.01)


def test_every_rate_is_a_plain_float(solution):
    rates = [
        solution.step_decay(3, BASE_LR, [2]),
        solution.exponential_decay(3, BASE_LR, 0.9),
        solution.cosine_decay(3, BASE_LR, 9),
        solution.polynomial_decay(3, BASE_LR, 9),
        solution.linear_warmup(3, BASE_LR, 5),
        solution.warmup_cosine(3, BASE_LR, 5, 9),
    ]
    assert {type(rate) for rate in rates} == {float}
    assert all(math.isfinite(rate) for rate in rates)
