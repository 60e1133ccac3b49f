"""What a probe puts over a function to see the tensor operations that it runs.

The classes stand here and not in the probes' own text: to make a class takes longer than most calls.
"""

from __future__ import annotations

from typing import Any

from torch.autograd import Variable, forward_ad
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.devices import tensors


class Mode(TorchDispatchMode):
    """A dispatch mode whose first use does not import torch's compiler, which takes two seconds."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


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


class Derivatives:
    """While it is on, what torch is asked to derive goes into `seen`: passes of its engine, and forward derivatives.

    Every spelling comes to these two: Tensor.backward, torch.autograd.grad, torch.func.*, what a library calls, a name
    that is put together from letters. They are no operations, so that no mode sees them: for a while watchers stand
    where torch looks its engine up.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __enter__(self) -> Derivatives:
        self._engine: Any = Variable._execution_engine
        self._dual: Any = forward_ad.make_dual
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
