"""Pictures of the schedules notebook: learning rates over a run, and what they do to a noisy descent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from coursekit import plots
from coursekit.widgets import Explorer, explore

Schedule = Callable[..., float]
MOST_LR, MOST_STEPS = 1.9, 400


def learning_rates(
    schedules: Mapping[str, Callable[[int], float]], num_steps: int, *, alt: str, log: str = ""
) -> Figure:
    """Return the learning rate of every step under each schedule.

    Args:
        schedules: from a line's name to a function of the step alone.
        num_steps: how many steps to draw, from step 0.
        alt: what the picture shows, in a sentence.
        log: "y" for a logarithmic axis.
    """
    lines = {name: [schedule(step) for step in range(num_steps)] for name, schedule in schedules.items()}
    picture = plots.curve(range(num_steps), lines, xlabel="step", ylabel="learning rate", log=log, alt=alt)
    picture.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    picture.set_size_inches(8, 3.5)
    return picture


def noisy_descent(schedule: Callable[[int], float], num_steps: int, num_runs: int = 500, seed: int = 0) -> list[float]:
    """Return the mean loss before each step of many noisy descents in the bowl w² / 2, all from w = 3.

    The gradient is w plus normal noise of standard deviation 1.
    """
    noise = np.random.default_rng(seed).standard_normal((num_steps, num_runs))
    w, losses = np.full(num_runs, 3.0), []
    for step in range(num_steps):
        losses.append(float(np.mean(w**2) / 2))
        w = w - schedule(step) * (w + noise[step])
    return losses


def losses(runs: Mapping[str, Sequence[float]], *, alt: str, title: str = "") -> Figure:
    """Return losses over the steps on a logarithmic axis, a line for each run."""
    num_steps = max(map(len, runs.values()))
    picture = plots.curve(range(num_steps), runs, xlabel="step", ylabel="mean loss", log="y", title=title, alt=alt)
    picture.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    picture.set_size_inches(8, 3.5)
    return picture


def one_period(cosine_decay: Schedule) -> Figure:
    """Return the cosine, and the learning rate that is its half period, lifted and halved."""
    picture, (left, right) = plots.figure(1, 2, size=(10, 3.2))
    angle = np.linspace(0, 2 * math.pi, 100)
    left.plot(angle / math.pi, np.cos(angle), color="#8A8A8A")
    left.plot(angle[:50] / math.pi, np.cos(angle[:50]), linewidth=4)
    left.set(xlabel="angle / π", ylabel="cos", title="Half a period is used")
    plots.curve(range(21), [cosine_decay(step, 0.1, 20, 0.01) for step in range(21)], xlabel="step", ax=right)
    right.axhline(0.01, color="black", linewidth=0.8, linestyle="--")
    right.set(title="base_lr = 0.1, min_lr = 0.01", ylim=(0, 0.11))
    return plots.alt(
        picture,
        (
            "Left: one period of the cosine; the half from 1 down to -1 is drawn thick. Right: the learning "
            "rate has its shape, "
            "from 0.1 at step 0 to 0.01 at step 20, flat at both ends."
        ),
    )


def powers(polynomial_decay: Schedule) -> Figure:
    """Return the polynomial decay for four powers."""
    lines = {f"power {p:g}": (lambda step, p=p: polynomial_decay(step, 1.0, 100, p)) for p in (0.5, 0.9, 2.0, 4.0)}
    return learning_rates(
        lines,
        101,
        alt=(
            "Learning rates fall from 1 at step 0 to 0 at step 100. Power 0.9 is nearly a straight line, 0.5 "
            "stays high and "
            "drops at the end, 2 and 4 drop at once and then level out."
        ),
    )


def steep_start(linear_warmup: Schedule) -> Figure:
    """Return descents in the loss w⁴ / 4 from w = 3: a large rate, a small rate, and a warm-up."""
    rates: dict[str, Callable[[int], float]] = {
        "0.3 from the start": lambda step: 0.3,
        "0.01 all the time": lambda step: 0.01,
        "warm-up to 0.3": lambda step: linear_warmup(step, 0.3, 30, 0.03),
    }
    runs: dict[str, list[float]] = {}
    for name, schedule in rates.items():
        w, runs[name] = 3.0, []
        for step in range(60):
            runs[name].append(w**4 / 4)
            if abs(w) < 20:
                w = w - schedule(step) * w**3
    picture = losses(
        runs,
        title="loss $w^4/4$ from $w = 3$",
        alt=(
            "With 0.3 from the start the loss explodes within two steps. With 0.01 it falls slowly. With a "
            "warm-up to 0.3 it falls "
            "at first like the slow one and then overtakes it."
        ),
    )
    picture.axes[0].set(ylim=(1e-4, 1e4), ylabel="loss")
    return picture


def explorer(schedules: Mapping[str, Schedule]) -> Explorer:
    """Return the widget: a schedule's learning rates, and what a noisy descent makes of them.

    Args:
        schedules: the notebook's functions by their names: step_decay, exponential_decay, cosine_decay,
            polynomial_decay, linear_warmup and warmup_cosine.
    """
    return explore(
        lambda schedule="warmup_cosine", base_lr=0.5, num_steps=200, warmup_steps=20, shape=0.5: _explorer_picture(
            schedules, schedule, base_lr, num_steps, warmup_steps, shape
        ),
        schedule=list(schedules),
        base_lr=(0.02, MOST_LR, 0.02),
        num_steps=(50, MOST_STEPS, 10),
        warmup_steps=(0, 50),
        shape=(0.0, 1.0, 0.05),
    )


def _explorer_picture(
    schedules: Mapping[str, Schedule], name: str, base_lr: float, num_steps: int, warmup_steps: int, shape: float
) -> Figure:
    chosen = _of_step(schedules, name, base_lr, num_steps, warmup_steps, shape)
    rates = [chosen(step) for step in range(num_steps)]
    picture, (left, right) = plots.figure(1, 2, size=(10.5, 3.4))
    left.plot(rates)
    left.set(xlabel="step", ylabel="learning rate", xlim=(0, MOST_STEPS), ylim=(0, 1.05 * MOST_LR), title=name)
    runs = {
        name: noisy_descent(chosen, num_steps),
        f"constant {base_lr:g}": noisy_descent(lambda _: base_lr, num_steps),
    }
    plots.curve(range(num_steps), runs, xlabel="step", ylabel="mean loss", log="y", ax=right)
    # Limits that stay: what a slider does is seen, and the axes are drawn once.
    right.set(xlim=(0, MOST_STEPS), ylim=(5e-3, 10))
    # Fixed margins: the constrained layout would lay the picture out twice at each move of a slider.
    picture.set_layout_engine(None)
    picture.subplots_adjust(left=0.08, right=0.98, bottom=0.16, top=0.9, wspace=0.25)
    return plots.alt(
        picture,
        (
            f"Left: the learning rate of {name} over {num_steps} steps. Right: the mean loss of a noisy descent "
            f"under it, beside "
            f"that under the constant rate {base_lr:g}, which ends higher."
        ),
    )


def _of_step(
    schedules: Mapping[str, Schedule], name: str, base_lr: float, num_steps: int, warmup_steps: int, shape: float
) -> Callable[[int], float]:
    """Return a schedule as a function of the step alone; `shape` in [0, 1] sets what is its own."""
    schedule = schedules[name]
    own: dict[str, dict[str, object]] = {
        "step_decay": {"milestones": [num_steps // 2, 3 * num_steps // 4], "gamma": max(shape, 0.02)},
        "exponential_decay": {"gamma": 0.9 + 0.1 * shape},
        "cosine_decay": {"total_steps": num_steps, "min_lr": base_lr * shape / 5},
        "polynomial_decay": {"total_steps": num_steps, "power": 0.1 + 4 * shape},
        "linear_warmup": {"warmup_steps": warmup_steps, "start_factor": shape},
        "warmup_cosine": {"warmup_steps": warmup_steps, "total_steps": num_steps, "start_factor": shape},
    }
    return lambda step: schedule(step, base_lr, **own[name])


def deep_weights(seed: int = 1) -> list[torch.Tensor]:
    """Return the weights of a network of three layers for the digits: 64 to 32 to 32 to 10."""
    draw = torch.Generator().manual_seed(seed)
    sizes = ((64, 32), (32, 32), (32, 10))
    return [torch.randn(*size, generator=draw) * math.sqrt(2 / size[0]) for size in sizes]
