"""Plain data of thousands of small tensors as one of bytes: a safetensors file has a line of text for each.

The bytes are packed by LZMA, a tenth tighter than deflated: a line of JSON, and after it one flat row of numbers for
each dtype. The line has the tree of the data, for each tensor in it its dtype, its shape and where it starts in the
row, and how long the rows are. Tensors of the same numbers are stored once.
"""

from __future__ import annotations

import json
import lzma
import math
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.plain.devices import with_tensors
from autograder.plain.frames import bytes_of
from autograder.plain.limits import Limits
from autograder.plain.trees import decode, encode
from autograder.plain.values import DTYPE_NAMES, DTYPES

PACKED = "packed"
# Without a container's own headers and sums: a file of safetensors says how long it is. Most of it are rows of eight
# bytes, as `lp` and `pb` say.
_FILTER = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 2**20, "lc": 0, "lp": 3, "pb": 3}
_LZMA: Any = {"format": lzma.FORMAT_RAW, "filters": [_FILTER]}
LIMITS = Limits(reply_nodes=10**7, reply_dict_keys=10**5)


@dataclass
class _Store:
    """The rows while they grow, and where in its row a tensor's numbers start."""

    rows: dict[str, list[bytes]] = field(default_factory=dict)
    length: dict[str, int] = field(default_factory=dict)
    places: dict[tuple[str, bytes], int] = field(default_factory=dict)

    def place(self, tensor: torch.Tensor) -> int:
        """Return where a tensor's numbers are, or are put."""
        dtype, raw = DTYPE_NAMES[tensor.dtype], bytes_of(tensor)
        if (dtype, raw) not in self.places:
            self.places[dtype, raw] = self.length.get(dtype, 0)
            self.rows.setdefault(dtype, []).append(raw)
            self.length[dtype] = self.places[dtype, raw] + tensor.numel()
        return self.places[dtype, raw]


def pack(value: Any) -> dict[str, torch.Tensor]:
    """Return the one tensor of a file that holds a piece of plain data."""
    store = _Store()
    tree, found = encode(with_tensors(torch.Tensor.contiguous, value))
    table = [[DTYPE_NAMES[one.dtype], list(one.shape), store.place(one)] for one in found]
    line = json.dumps([tree, table, store.length], separators=(",", ":")).encode()
    line += b" " * (-(len(line) + 1) % 8)  # so that the first row starts at a multiple of eight
    rows = (piece for pieces in store.rows.values() for piece in pieces)
    squeezed = lzma.compress(b"".join([line, b"\n", *rows]), **_LZMA)
    return {PACKED: torch.frombuffer(bytearray(squeezed), dtype=torch.uint8)}


def unpack(named: dict[str, torch.Tensor]) -> Any:
    """Return the piece of plain data. Raises ValueError or KeyError where the file holds something else."""
    line, _, raw = lzma.decompress(bytes_of(named[PACKED]), **_LZMA).partition(b"\n")
    tree, table, length = json.loads(line)
    rows = _rows(bytearray(raw), length)
    return decode(tree, [_tensor(rows, *row) for row in table], LIMITS)


def _rows(raw: bytearray, length: dict[str, int]) -> dict[str, torch.Tensor]:
    rows, start = {}, 0
    for name, count in length.items():
        dtype = DTYPES[name]
        end = start + count * dtype.itemsize
        rows[name] = torch.frombuffer(raw[start:end], dtype=dtype) if count else torch.empty(0, dtype=dtype)
        start = end
    return rows


def _tensor(rows: dict[str, torch.Tensor], dtype: str, shape: list[int], start: int) -> torch.Tensor:
    return rows[dtype][start : start + math.prod(shape)].reshape(shape).clone()
