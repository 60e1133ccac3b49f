"""What each layer of a network makes of an image, what it learns and what it costs: a table, computed and not typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Row:
    """One layer.

    Args:
        name: as in the network's state dict, without the parameter: "features.0".
        kind: the class of the layer.
        shape: of what comes out of it, without the batch.
        parameters: how many numbers it learns.
        multiply_adds: for one image; 0 for what is neither a convolution nor fully connected.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


class LayerTable:
    """The layers of a network in the order in which an image of a given shape meets them. Print it.

    Args:
        model: any network. It is run in evaluation mode, once, and each part is left in the mode that it had.
        shape: of one image, (C, H, W).

    A network that was made under `torch.device("meta")` has shapes and no memory: so the largest costs nothing.
    """

    def __init__(self, model: nn.Module, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)
        self.rows = _rows(model, self.shape)

    @property
    def parameters(self) -> int:
        """Return how many numbers all layers learn."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Return the multiply-adds of all layers for one image."""
        return sum(row.multiply_adds for row in self.rows)

    def __str__(self) -> str:
        lines = [("layer", "kind", "shape", "parameters", "multiply-adds")]
        lines += [(one.name, one.kind, _by(one.shape), _count(one), _cost(one)) for one in self.rows]
        lines += [("all", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}")]
        widths = [max(len(line[column]) for line in lines) for column in range(5)]
        return "\n".join(_aligned(line, widths) for line in lines)


def without_memory(make: Callable[[], nn.Module], shape: Sequence[int]) -> LayerTable:
    """Return the table of the network that `make()` builds, of any size: it gets shapes and no memory."""
    with torch.device("meta"):
        return LayerTable(make(), shape)


def _rows(model: nn.Module, shape: tuple[int, ...]) -> list[Row]:
    found: list[Row] = []
    hooks = [
        module.register_forward_hook(_noting(name, found))
        for name, module in model.named_modules()
        if not list(module.children()) and not isinstance(module, nn.Dropout)
    ]
    modes = {module: module.training for module in model.modules()}
    try:
        with torch.no_grad():
            model.eval()(_image(model, shape))
    finally:
        for module, mode in modes.items():
            module.training = mode
        for hook in hooks:
            hook.remove()
    return found


def _image(model: nn.Module, shape: tuple[int, ...]) -> torch.Tensor:
    some = next(model.parameters(), torch.empty(0))
    return torch.zeros(1, *shape, dtype=some.dtype, device=some.device)


def _noting(name: str, found: list[Row]) -> Callable[..., None]:
    def note(module: nn.Module, _: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        learned = sum(value.numel() for value in module.parameters())
        found.append(Row(name, type(module).__name__, tuple(out.shape[1:]), learned, _multiply_adds(module, out)))

    return note


def _multiply_adds(module: nn.Module, out: torch.Tensor) -> int:
    """Return one multiply-add for each weight and each place at which it is used; biases and the rest are left out."""
    if not isinstance(module, nn.Conv2d | nn.Linear):
        return 0
    return module.weight.numel() * (out[0].numel() // len(module.weight))


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _count(row: Row) -> str:
    return f"{row.parameters:,}" if row.parameters else ""


def _cost(row: Row) -> str:
    return f"{row.multiply_adds:,}" if row.multiply_adds else ""


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    words = [word.ljust(width) for word, width in zip(line[:3], widths[:3], strict=True)]
    numbers = [word.rjust(width) for word, width in zip(line[3:], widths[3:], strict=True)]
    return "  ".join([*words, *numbers]).rstrip()
