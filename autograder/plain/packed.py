"""Plain data of thousands of small tensors in a few large ones: a safetensors file has a line of text for each.

One flat tensor for each dtype, and "tree": JSON, deflated, with the tree of the data and, for each tensor in it, its
dtype, its shape and where it starts. Tensors of the same numbers are stored once.
"""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.plain.devices import with_tensors
from autograder.plain.frames import decode, encode
from autograder.plain.limits import Limits
from autograder.plain.values import DTYPE_NAMES, DTYPES

TREE = "tree"
LIMITS = Limits(reply_nodes=10**7, reply_dict_keys=10**5)


@dataclass
class _Store:
    """The flat tensors while they grow. A place is [dtype in the file, where it starts]."""

    flat: dict[str, list[torch.Tensor]] = field(default_factory=dict)
    length: dict[str, int] = field(default_factory=dict)
    places: dict[Any, tuple[str, int]] = field(default_factory=dict)

    def place(self, tensor: torch.Tensor, *, rounded: bool) -> tuple[str, int]:
        """Return where a tensor's numbers are, or are put; `rounded`, a float64 may go as a float32."""
        if _key(tensor) in self.places:
            return self.places[_key(tensor)]
        kept = _in_single(tensor) if rounded else tensor
        return self.places.setdefault(_key(kept), self._add(kept))

    def _add(self, tensor: torch.Tensor) -> tuple[str, int]:
        if _key(tensor) in self.places:
            return self.places[_key(tensor)]
        dtype = DTYPE_NAMES[tensor.dtype]
        start = self.length.get(dtype, 0)
        self.flat.setdefault(dtype, []).append(tensor.reshape(-1))
        self.length[dtype] = start + tensor.numel()
        return dtype, start


def _in_single(tensor: torch.Tensor) -> torch.Tensor:
    """A float64 as a float32, unless that makes a number infinite or nothing."""
    if tensor.dtype != torch.float64:
        return tensor
    short = tensor.float()
    kept = torch.isfinite(short) == torch.isfinite(tensor)
    return short if bool((kept & ((short == 0) == (tensor == 0))).all()) else tensor


def _key(tensor: torch.Tensor) -> Any:
    raw = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
    return tensor.dtype, raw


def pack(exact: Any, rounded: Any) -> dict[str, torch.Tensor]:
    """Return the tensors of a file that holds two pieces of plain data; of the second, float64 is kept as float32."""
    store, trees, tables = _Store(), [], []
    for value, short in ((exact, False), (rounded, True)):
        tree, found = encode(with_tensors(torch.Tensor.contiguous, value))
        trees.append(tree)
        tables.append([[DTYPE_NAMES[one.dtype], list(one.shape), *store.place(one, rounded=short)] for one in found])
    text = json.dumps([trees, tables], separators=(",", ":")).encode()
    squeezed = torch.frombuffer(bytearray(zlib.compress(text, 9)), dtype=torch.uint8)
    return {TREE: squeezed, **{dtype: torch.cat(pieces) for dtype, pieces in store.flat.items()}}


def unpack(named: dict[str, torch.Tensor]) -> tuple[Any, Any]:
    """Return the two pieces of plain data. Raises ValueError or KeyError where the file holds something else."""
    trees, tables = json.loads(zlib.decompress(named[TREE].numpy().tobytes()))
    values = [
        decode(tree, [_tensor(named, *row) for row in table], LIMITS) for tree, table in zip(trees, tables, strict=True)
    ]
    return values[0], values[1]


def _tensor(named: dict[str, torch.Tensor], dtype: str, shape: list[int], kept: str, start: int) -> torch.Tensor:
    numbers = named[kept][start : start + math.prod(shape)] if math.prod(shape) else torch.empty(0)
    return numbers.to(DTYPES[dtype]).reshape(shape).clone()
