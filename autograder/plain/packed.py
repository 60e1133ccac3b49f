"""Plain data of thousands of small tensors as one of bytes: a safetensors file has a line of text for each.

The bytes are packed by LZMA, a tenth tighter than deflated: a line of JSON, and beside it one flat row of numbers for
each dtype, as numbers pack best in another way than words. The line has the tree of the data, for each tensor in it its
dtype, its shape and where it starts in the row, and how long the rows are. Tensors of the same numbers are stored once.
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

LINE, PACKED = "line", "packed"


def _lzma(lc: int, lp: int, pb: int) -> Any:
    """LZMA without a container's own headers and sums: a file of safetensors says how long it is."""
    how = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 2**20, "lc": lc, "lp": lp, "pb": pb}
    return {"format": lzma.FORMAT_RAW, "filters": [how]}


_WORDS, _NUMBERS = _lzma(3, 0, 0), _lzma(0, 3, 3)  # most numbers are rows of eight bytes, as `lp` and `pb` say
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
    """Return the two tensors of a file that holds a piece of plain data: the line, and the rows."""
    store = _Store()
    tree, found = encode(with_tensors(torch.Tensor.contiguous, value))
    table = [[DTYPE_NAMES[one.dtype], list(one.shape), store.place(one)] for one in found]
    line = json.dumps([tree, table, store.length], separators=(",", ":")).encode()
    rows = b"".join(piece for pieces in store.rows.values() for piece in pieces)
    squeezed = {LINE: lzma.compress(line, **_WORDS), PACKED: lzma.compress(rows, **_NUMBERS)}
    return {name: torch.frombuffer(bytearray(raw), dtype=torch.uint8) for name, raw in squeezed.items()}


def unpack(named: dict[str, torch.Tensor]) -> Any:
    """Return the piece of plain data. Raises ValueError or KeyError where the file holds something else."""
    tree, table, length = json.loads(lzma.decompress(bytes_of(named[LINE]), **_WORDS))
    raw = lzma.decompress(bytes_of(named[PACKED]), **_NUMBERS)
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
