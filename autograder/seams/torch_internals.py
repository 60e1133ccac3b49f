"""Borrowed from torch: its dispatcher, its wrappers, its engine and its fake tensors.

Names that are used for each operation of a student's stand here as plain objects: to look one up costs nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import Variable, forward_ad
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode
from torch.utils._pytree import tree_leaves

__all__ = [
    "COPY",
    "NO_TORCH_FUNCTION",
    "ZERO_TANGENT",
    "Derivatives",
    "Mode",
    "fake_tensors",
    "is_watched",
    "make_wrapper",
    "prepare",
    "tree_leaves",
]

# tree_leaves: the tensors in an answer of any shape. Without it an answer's device could not be asked for.

# `make_wrapper(cls, size, strides, offset, dtype=, device=)` makes a tensor without numbers that says where it lies:
# torch's documented constructors take no word about that. Without it there are no labelled tensors, and each device
# rule falls
# back on fake ones, ten times as slow.
make_wrapper = torch.Tensor._make_wrapper_subclass

# As a class's `__torch_function__`: its tensors go straight to `__torch_dispatch__`. Without it each operation is asked
# for twice.
NO_TORCH_FUNCTION = torch._C._disabled_torch_function_impl

COPY = torch.ops.aten.copy_.default  # the one operation that may cross from one device to another
ZERO_TANGENT = (
    torch.ops.aten._efficientzerotensor.default
)  # forward differentiation's; adding to one in a wrapper crashes torch


class Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode, which sees each operation by its aten name, and whose first use does not import torch's
    compiler.

    Borrowed: the class itself, and the question `_should_skip_dynamo`. Were that never asked, the first rule in a
    kernel would take two seconds; without the class no rule sees operations.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


def is_watched() -> bool:
    """Whether some mode sees, or changes, each operation of this thread."""
    return _get_current_dispatch_mode() is not None


class Derivatives:
    """While it is on, what torch is asked to derive goes into `seen`: passes of its engine, and forward derivatives.

    Every spelling comes to these two: Tensor.backward, torch.autograd.grad, torch.func.*, what a library calls, a name
    that is put together from letters. They are no operations, so that no mode sees them: for a while watchers stand
    where torch looks its engine up.

    Borrowed: `Variable._execution_engine`, and that torch looks `make_dual` up in its module. If either moved, a
    student could have torch derive what they are to derive, and forbid_autograd would see nothing.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._engine: Any = Variable._execution_engine
        self._dual: Any = forward_ad.make_dual

    def __enter__(self) -> Derivatives:
        Variable._execution_engine = _Watched(self._engine, self.seen)  # type: ignore[assignment]
        forward_ad.make_dual = self._make_dual
        return self

    def __exit__(self, *problem: object) -> None:
        Variable._execution_engine, forward_ad.make_dual = self._engine, self._dual

    def _make_dual(self, *args: Any, **kwargs: Any) -> Any:
        self.seen.append("a forward derivative")
        return self._dual(*args, **kwargs)


class _Watched:
    """torch's engine, and a note of each pass."""

    def __init__(self, engine: Any, seen: list[str]) -> None:
        self._engine, self._seen = engine, seen

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        """Note it and let it pass."""
        self._seen.append("a backward pass")
        return self._engine.run_backward(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@contextmanager
def fake_tensors() -> Iterator[None]:
    """While it is on, tensors have a device and no numbers, so that "cuda" needs no GPU; modules can be moved there.

    Borrowed: FakeTensorMode, which takes two seconds to import where nobody has asked for it yet, and `Module._apply`,
    behind `module.to`, which can't exchange a fake parameter in its place and so makes a new one here. Without them a
    function that labelled tensors can't follow could not be asked whether it keeps to one device.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    with torch.enable_grad():
        # The first backward pass starts a thread for each device. After fake CUDA ones it would start eight, and crash.
        one = torch.ones(1, requires_grad=True)
        torch.autograd.grad(one.sum(), one)
    before = torch.nn.Module._apply
    with FakeTensorMode():
        torch.nn.Module._apply = _apply_anew  # type: ignore[method-assign]
        try:
            yield
        finally:
            torch.nn.Module._apply = before  # type: ignore[method-assign]


def _apply_anew(module: torch.nn.Module, fn: Callable[..., torch.Tensor], recurse: bool = True) -> torch.nn.Module:
    """Give a module new parameters and buffers, `fn` of the old ones."""
    for child in module.children() if recurse else ():
        child._apply(fn)  # type: ignore[no-untyped-call]
    for name, parameter in module._parameters.items():
        if parameter is not None:
            moved = fn(parameter.detach())
            module._parameters[name] = torch.nn.Parameter(moved, parameter.requires_grad)
    for name, buffer in module._buffers.items():
        if buffer is not None:
            module._buffers[name] = fn(buffer)
    return module


def prepare() -> None:
    """Import what torch imports late: seconds, for the first optimiser and the first fake tensor.

    If the modules were renamed, every box would fail at its start; if torch imported others, the first call would
    be slow.
    """
    for name in ("torch._dynamo", "torch._subclasses.fake_tensor"):
        importlib.import_module(name)
