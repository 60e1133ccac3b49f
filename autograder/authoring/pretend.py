"""Tensors that say they are on another device, while their numbers stay on the CPU.

Fake tensors follow a device by deriving each result's metadata in Python, at 0.2 ms an operation and more
in a fresh process. Here each operation runs on the CPU at its own price and its result gets a label; so
that functions which keep to one device, nearly all, are passed quickly. The label is torch's meta device,
since naming "cuda" would ask for a GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from autograder.plain.devices import with_tensors
from autograder.seams.torch_internals import (
    COPY,
    NO_TORCH_FUNCTION,
    ZERO_TANGENT,
    Mode,
    make_wrapper,
    tree_leaves,
)
from autograder.seams.wordings import refuses_numpy

LABEL = torch.device("meta")


class Doubtful(Exception):
    """Tensors of two devices meet, or something is done that labels can't follow."""


class Labelled(torch.Tensor):
    """A tensor on the CPU, `on_cpu`, that says it lies on the meta device."""

    on_cpu: torch.Tensor
    is_cuda = True  # for code that asks: what it then does on "cuda" raises, and is doubted

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Labelled:
        """Wrap a tensor."""
        made = make_wrapper(cls, inner.shape, inner.stride(), inner.storage_offset(), dtype=inner.dtype, device=LABEL)
        made.on_cpu = inner
        return made

    __torch_function__ = NO_TORCH_FUNCTION  # type: ignore[assignment]

    def tolist(self) -> Any:
        """Return the numbers, which any device gives."""
        return self.on_cpu.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        """Run an operation, as `Labelling` does, where no mode is on."""
        return _run(func, args, kwargs or {})


class Labelling(Mode):
    """While it is on, what is made on the meta device is a labelled tensor too."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation on the CPU and label its results."""
        return _run(func, args, kwargs or {})


def where_it_answers(function: Callable[..., Any], args: Any, kwargs: Any) -> str:
    """Return "fine" if a function, given labelled inputs, never mixes devices and answers on theirs.

    "answer CPU": it never mixes devices, and answers elsewhere. "numpy": it takes a tensor's numbers by `.numpy()`,
    which a tensor on a GPU refuses. "doubt": what fails here for any other reason has to be looked at by other means.
    """

    def label(tensor: torch.Tensor) -> Labelled:
        return Labelled(tensor.detach().clone())

    try:
        with Labelling():
            leaves = tree_leaves(function(*with_tensors(label, args), **with_tensors(label, kwargs)))
    except Exception as problem:
        return "numpy" if refuses_numpy(str(problem)) else "doubt"
    strays = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor) and not isinstance(leaf, Labelled)]
    if any(leaf.device.type == "cpu" for leaf in strays):
        return "answer CPU"
    return "doubt" if strays else "fine"


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    labelled: dict[int, Labelled] = {}
    plain = False

    def inner(value: Any) -> Any:
        nonlocal plain
        if isinstance(value, Labelled):
            labelled[id(value.on_cpu)] = value
            return value.on_cpu
        if isinstance(value, torch.Tensor):
            plain = plain or value.ndim > 0  # a number on the CPU may meet any tensor
            return value
        return type(value)(map(inner, value)) if type(value) in (list, tuple) else value

    args, kwargs = [inner(one) for one in args], {name: inner(one) for name, one in kwargs.items()}
    device = kwargs.get("device")
    crosses = bool(labelled) and plain and func is not COPY
    if crosses or func is ZERO_TANGENT or (device is not None and device.type not in ("meta", "cpu")):
        raise Doubtful(str(func))
    if device is not None:
        kwargs["device"] = torch.device("cpu")
    out = func(*args, **kwargs)
    if func is COPY:
        return labelled.get(id(out), out)
    return _label(out, labelled) if (device or (labelled and LABEL)) == LABEL else out


def _label(out: Any, labelled: dict[int, Labelled]) -> Any:
    if isinstance(out, torch.Tensor):
        before = labelled.get(id(out))
        if before is None:
            return Labelled(out)
        if before.shape != out.shape or before.stride() != out.stride():
            raise Doubtful("an operation in place has changed its tensor's shape")
        return before
    return type(out)(_label(one, labelled) for one in out) if type(out) in (list, tuple) else out
