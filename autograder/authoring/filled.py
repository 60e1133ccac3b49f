"""Modules whose parameters and buffers hold known numbers: two of the same names then hold the same."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from autograder.authoring.behaviour import subject_of
from autograder.plain.devices import tensors
from autograder.seams.torch_internals import is_watched

LARGEST_KEPT = 8192  # numbers of a parameter; more are drawn each time


def fill(module: nn.Module, seed: int, values: Mapping[str, torch.Tensor] | None = None) -> None:
    """Give each parameter and buffer numbers that follow from its name, its shape and `seed` alone.

    Two modules whose parameters have the same names and shapes then hold the same numbers, in whatever order they
    were made, and a parameter too many shifts no other. Nothing stays at a value that hides it: scales are not 1,
    shifts and running means not 0, running variances between 0.5 and 1.5. Whole numbers, as the counter of a batch
    norm, stay as they are.

    Args:
        module: any module, of any float dtype, on any device.
        seed: another one gives other numbers.
        values: numbers of the author's own, by name: of the shape that is stored, or a single one for all places.
            A name that is not stored, or has another shape there, is passed over: its own test speaks of it.
    """
    for name, stored in module.state_dict().items():
        own = (values or {}).get(name)
        if own is not None and own.shape in (stored.shape, ()):
            stored.copy_(own)
        elif stored.is_floating_point():
            # What only pretends to be a tensor may not meet real numbers, and what is counted must be done each time.
            keeps = stored.numel() <= LARGEST_KEPT and type(stored) is torch.Tensor and not is_watched()
            stored.copy_((_kept_numbers if keeps else _numbers)(name, stored.shape, seed))


def noise(name: str, shape: Sequence[int], seed: int) -> torch.Tensor:
    """Return normal numbers in float64 that follow from a name, a shape and a seed."""
    return torch.randn(tuple(shape), generator=_generator(name, seed), dtype=torch.float64)


def _generator(name: str, seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))


@functools.lru_cache(maxsize=2048)  # with LARGEST_KEPT, 128 MiB at most
def _kept_numbers(name: str, shape: torch.Size, seed: int) -> torch.Tensor:
    """Draw once: the tests of an exercise fill the same module again and again. To be copied, not given away."""
    return _numbers(name, shape, seed)


def _numbers(name: str, shape: torch.Size, seed: int) -> torch.Tensor:
    if name.endswith("running_var"):
        return 0.5 + torch.rand(shape, generator=_generator(name, seed), dtype=torch.float64)
    drawn = noise(name, shape, seed)
    if name.endswith(("bias", "running_mean")):
        return 0.5 * drawn
    inputs = shape[1:].numel()
    if len(shape) not in (2, 4) and inputs == 1:
        return 1 + 0.3 * drawn
    # Each second unit is nearly the opposite of the one before: whatever comes in, a ReLU lets about half through.
    weights = drawn / inputs**0.5
    weights[1::2] = 0.3 * weights[1::2] - weights[0 : shape[0] // 2 * 2 : 2]
    return weights


def new_module(ns: Any, subject: Any, args: Sequence[Any], settings: Mapping[str, Any]) -> nn.Module:
    """Return a new module: of a class or a function of the notebook, by its name, or of a probe, as [name, source].

    That layers draw their first weights is torch's doing: the global random state is afterwards what it was.
    """
    with torch.random.fork_rng(devices=[]):
        made: nn.Module = subject_of(ns, subject)(*args, **settings)
    return made


def filled_module(
    ns: Any,
    subject: Any,
    args: Sequence[Any],
    settings: Mapping[str, Any],
    inputs: Sequence[Any],
    seed: int,
    values: Mapping[str, torch.Tensor] | None = None,
) -> nn.Module:
    """Return a new module in the dtype and on the device of its inputs, full of numbers."""
    given = list(tensors(list(inputs)))
    dtype = next((one.dtype for one in given if one.is_floating_point()), torch.float64)
    module = new_module(ns, subject, args, settings).to(given[0].device if given else "cpu", dtype)
    fill(module, seed, values)
    return module
