"""Hold a gradient to centred differences: the checker that the later chapters use.

Theory: (f(x + h) - f(x - h)) / 2h is wrong by about h² |f'''| / 6 from the curve and by about
eps |f| / h from rounding. In float64 the sum of both is smallest near h = 1e-5, where some 1e-11 is
left; in float32 some 1e-4 would be left, which hides real mistakes. So everything here is float64.
Source: Nocedal and Wright, Numerical Optimization, 2006, chapter 8.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

Function = Callable[[torch.Tensor], torch.Tensor | float]

# Where the slopes on both sides differ by more than this share, the function has a kink within the step.
KINK = 1e-2


@dataclass(frozen=True)
class GradientReport:
    """What a check found; it is true where the gradient passed.

    Args:
        passed: whether the largest relative error is within the tolerance.
        error: the largest relative error; infinite for a wrong shape, NaN where a value is NaN.
        where: the index of the largest error.
        given: the gradient that was claimed there.
        measured: what the differences say there.
        kinks: indices left out because the function has a kink there.
    """

    passed: bool
    error: float
    where: tuple[int, ...] = ()
    given: float = float("nan")
    measured: float = float("nan")
    kinks: tuple[tuple[int, ...], ...] = ()

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        if not self.where and self.error == float("inf"):
            return f"{verdict}: the gradient has another shape than x"
        place = f" at [{', '.join(map(str, self.where))}]" if self.where else ""
        text = f"{verdict}: largest relative error {self.error:.1e}{place}"
        text += "" if self.passed else f", given {self.given:.6g}, measured {self.measured:.6g}"
        kinks = f"{len(self.kinks)} kink{'s' if len(self.kinks) > 1 else ''}"
        return text + (f"; {kinks} left out" if self.kinks else "")


def numerical_gradient(f: Function, x: torch.Tensor, h: float = 1e-5) -> torch.Tensor:
    """Return the gradient of f at x by centred differences, in the shape of x, float64.

    Args:
        f: from a float64 tensor like x to one number. It is called twice for each entry.
        x: where; any shape. Not changed.
        h: the step.
    """
    ahead, behind, _ = _values_around(f, x, h, range(x.numel()))
    return ((ahead - behind) / (2 * h)).reshape(x.shape)


def relative_error(actual: torch.Tensor, expected: torch.Tensor, floor: float = 1e-3) -> torch.Tensor:
    """Return |actual - expected| / max(|actual|, |expected|, floor), entry by entry.

    Args:
        actual, expected: of the same shape.
        floor: sizes below it count as it, so that rounding noise about zero is no error.

    Raises:
        ValueError: the shapes differ.
    """
    if actual.shape != expected.shape:
        raise ValueError(f"a gradient of shape {tuple(actual.shape)} is held to one of {tuple(expected.shape)}")
    size = torch.maximum(actual.abs(), expected.abs()).clamp(min=floor)
    return (actual - expected).abs() / size


def check_gradient(
    f: Function,
    x: torch.Tensor,
    gradient: torch.Tensor,
    *,
    upstream: torch.Tensor | None = None,
    h: float = 1e-5,
    tolerance: float = 1e-6,
    floor: float = 1e-3,
    num_entries: int | None = None,
    seed: int = 0,
) -> GradientReport:
    """Hold the claimed gradient of f at x to centred differences.

    Args:
        f: from a float64 tensor like x to one number, or with `upstream` to a tensor of its shape.
        x: where; any shape and float dtype. Not changed.
        gradient: the claim, in the shape of x.
        upstream: d loss / d f(x); the check is then of the loss sum(f(x) · upstream).
        h: the step.
        tolerance: the largest relative error that passes.
        floor: sizes below it count as it.
        num_entries: check so many entries at random, for large x; None checks all.
        seed: of that choice.

    >>> x = torch.tensor([1.0, -2.0])
    >>> print(check_gradient(lambda x: (x**2).sum(), x, x))
    FAILED: largest relative error 5.0e-01 at [0], given 1, measured 2
    """
    if gradient.shape != x.shape:
        return GradientReport(False, float("inf"))
    loss = f if upstream is None else _weighted(f, upstream)
    entries = _entries(x.numel(), num_entries, seed)
    ahead, behind, here = _values_around(loss, x, h, entries)
    right, left = (ahead - here) / h, (here - behind) / h
    smooth = relative_error(right, left, floor) <= KINK
    smooth |= torch.isnan(right) | torch.isnan(left)
    given, measured = gradient.detach().double().reshape(-1)[entries].cpu(), (ahead - behind) / (2 * h)
    errors = torch.where(smooth, relative_error(given, measured, floor), -1.0)
    kinks = tuple(_index(int(entry), x.shape) for entry in entries[~smooth])
    if not bool(smooth.any()):
        return GradientReport(False, float("nan"), kinks=kinks)
    worst = int(errors.argmax())
    error = float(errors[worst])
    where = _index(int(entries[worst]), x.shape)
    return GradientReport(error <= tolerance, error, where, float(given[worst]), float(measured[worst]), kinks)


def _weighted(f: Function, upstream: torch.Tensor) -> Function:
    return lambda x: (torch.as_tensor(f(x)) * upstream.to(x)).sum()


def _entries(total: int, num_entries: int | None, seed: int) -> torch.Tensor:
    if num_entries is None or num_entries >= total:
        return torch.arange(total)
    return torch.randperm(total, generator=torch.Generator().manual_seed(seed))[:num_entries]


def _values_around(
    f: Function, x: torch.Tensor, h: float, entries: torch.Tensor | range
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return f one step ahead and one step behind for each entry, (E,) each, and f at x itself."""
    centre = x.detach().double().clone(memory_format=torch.contiguous_format)
    flat = centre.view(-1)
    ahead, behind = (torch.empty(len(entries), dtype=torch.float64) for _ in range(2))
    with torch.no_grad():
        for place, entry in enumerate(entries):
            kept = flat[entry].item()
            for values, step in ((ahead, h), (behind, -h)):
                flat[entry] = kept + step
                values[place] = float(f(centre))
            flat[entry] = kept
        return ahead, behind, float(f(centre))


def _index(entry: int, shape: torch.Size) -> tuple[int, ...]:
    return tuple(int(i) for i in torch.unravel_index(torch.tensor(entry), shape))
