"""What code gets that asks for a GPU by name where there is none: the CPU, and a rule that says so.

A function whose numbers are right and that names "cuda" has one fault, and it should cost what a wrong device costs.
So the call that failed for want of a GPU is made again with torch's devices turned to the CPU; the rule on devices
(rules.py) looks whether a function asked. A function that asks for none pays nothing for this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.overrides import TorchFunctionMode

T = TypeVar("T")
ELSEWHERE = ("cuda", "mps", "xpu")
MISSING = re.compile(
    r"Found no NVIDIA driver|Torch not compiled with (?:CUDA|XPU) enabled|No CUDA GPUs are available|CUDA driver"
    r"|from the '(?:MPS|XPU|CUDA)' backend|not linked with support for mps|Cannot re-initialize CUDA|cudaGetDeviceCount"
)
MOVES = frozenset({"cuda", "xpu"})


class OnCpu(TorchFunctionMode):
    """While it is on, what is asked of a GPU by name is done on the CPU; `asked` says whether something was."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call one of torch's functions with its devices on the CPU."""
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in MOVES and args and isinstance(args[0], torch.Tensor):
            self.asked = True
            return args[0]
        return func(*map(self._turned, args), **{name: self._turned(value) for name, value in kwargs.items()})

    def _turned(self, value: Any) -> Any:
        is_device = isinstance(value, torch.device) and value.type in ELSEWHERE
        if is_device or (isinstance(value, str) and value.split(":")[0] in ELSEWHERE):
            self.asked = True
            return torch.device("cpu")
        return value


def on_cpu_if_need_be(call: Callable[[], T]) -> T:
    """Return what a call returns; where it fails for want of a GPU, what it returns on the CPU.

    Args:
        call: makes its own arguments, since it may be made twice.
    """
    try:
        return call()
    except Exception as problem:
        if not wants_gpu(problem):
            raise
    with OnCpu():
        return call()


def wants_gpu(problem: BaseException) -> bool:
    """Whether an exception is torch's word for a GPU that isn't there."""
    if not isinstance(problem, RuntimeError | AssertionError | NotImplementedError):
        return False
    text = problem.args[0] if problem.args else ""
    return type(text) is str and MISSING.search(text[:1000]) is not None
