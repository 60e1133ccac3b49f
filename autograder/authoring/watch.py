"""What a probe puts over a function to see the tensor operations that it runs.

The classes stand here and not in the probes' own text: to make a class takes longer than most calls.
"""

from __future__ import annotations

from typing import Any

from autograder.plain.devices import tensors
from autograder.seams.torch_internals import Derivatives, Mode

__all__ = ["Derivatives", "Largest", "Operations"]


class Operations(Mode):
    """While it is on, the names of the operations go into `seen`, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation and note its name."""
        self.seen.append(str(func).removeprefix("aten."))
        return func(*args, **(kwargs or {}))


class Largest(Mode):
    """While it is on, `numel` grows to the number of elements of the largest storage that was made."""

    def __init__(self) -> None:
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation and look at what it makes."""
        out = func(*args, **(kwargs or {}))
        for one in tensors(out):
            self.numel = max(self.numel, one.untyped_storage().nbytes() // one.element_size())
        return out
