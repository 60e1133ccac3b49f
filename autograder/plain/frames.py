"""What goes between the grader and the box: values as a JSON tree and tensors, in bounded frames.

A frame is, in this order and little-endian:

    4 bytes   b"KSF1"
    4 bytes   length of the header
    8 bytes   length of all the tensors' bytes together
    header    JSON, ASCII: {"head": {...}, "tensors": [[dtype, [size, ...]], ...]}
    tensors   their numbers, one after the other, in C order

Every length is held to its bound before anything of that length is allocated, and the tensors' bytes must
be exactly what their dtypes and shapes ask for. A dimension of none counts as one towards the bound: walking
along [2**40, 0] costs as much as along [2**40, 1]. There is no pickle, no type name that is looked up, and nothing that
runs. What a frame says is claimed output and no more. The trees in "head" are read by trees.py.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch

from autograder.plain.errors import MalformedReply, UnsupportedValue
from autograder.plain.limits import DEFAULTS, Limits
from autograder.plain.values import (
    DTYPE_NAMES,
    DTYPES,
    MAX_DIMS,
    places,
)

MAGIC = b"KSF1"
PREFIX = struct.Struct("<4sIQ")
JOINED_BYTES = 64 * 1024
AHEAD_BYTES = 8 * 1024
MAX_TENSORS = 10_000
_NUMEL_BOUND = 2**62
_UNKNOWN_TO_NUMPY = frozenset({torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2})


class Source(Protocol):
    """Where a frame is read from: fills the whole buffer or raises."""

    def read_into(self, buffer: memoryview) -> None:
        """Fill the buffer to its last byte."""


class Sink(Protocol):
    """Where a frame is written to: takes all of the bytes or raises."""

    def write(self, data: memoryview | bytes) -> Any:
        """Write every byte."""


class ReadAhead:
    """A Source over a socket: several small pieces are taken out of one read.

    Args:
        receive: fills the front of a buffer and returns how many bytes, at least 1, or raises.
    """

    def __init__(self, receive: Callable[[memoryview], int]) -> None:
        self._receive = receive
        self._room = memoryview(bytearray(AHEAD_BYTES))
        self._ahead = self._room[:0]

    def read_into(self, buffer: memoryview) -> None:
        """Fill the buffer, from what was read ahead and then from the socket."""
        size = len(buffer)
        if size <= len(self._ahead):
            buffer[:], self._ahead = self._ahead[:size], self._ahead[size:]
            return
        while buffer:
            if self._ahead:
                count = min(len(buffer), len(self._ahead))
                buffer[:count], self._ahead = self._ahead[:count], self._ahead[count:]
            elif len(buffer) < AHEAD_BYTES:
                self._ahead = self._room[: self._receive(self._room)]
                continue
            else:
                count = self._receive(buffer)
            buffer = buffer[count:]


def write_frame(
    sink: Sink, head: dict[str, Any], tensors: Sequence[torch.Tensor] = (), limits: Limits = DEFAULTS
) -> None:
    """Write one frame, or raise UnsupportedValue before the first byte when it would be refused.

    Args:
        sink: has `write(bytes)`, which takes everything or raises.
        head: JSON-able.
        tensors: as `encode` gives them: plain, contiguous, on the CPU.
        limits: those of the reader.
    """
    kinds = [[DTYPE_NAMES[t.dtype], list(t.shape)] for t in tensors]
    header = _ENCODER.encode({"head": head, "tensors": kinds}).encode()
    total = sum(t.numel() * t.element_size() for t in tensors)
    if len(header) > limits.reply_header_bytes or total > limits.reply_bytes or len(kinds) > MAX_TENSORS:
        raise UnsupportedValue(
            f"the answer takes {len(header):,} bytes of structure and {total:,} bytes of {len(kinds):,} tensors: "
            f"more than {limits.reply_header_bytes:,}, {limits.reply_bytes:,} or {MAX_TENSORS:,}"
        )
    first = PREFIX.pack(MAGIC, len(header), total) + header
    rest = (bytes_of(one) for one in tensors if one.numel())
    if total <= JOINED_BYTES:
        # Every write wakes the other side, which costs more than joining a few small pieces.
        sink.write(b"".join([first, *rest]))
        return
    sink.write(first)
    for piece in rest:
        sink.write(piece)


def bytes_of(tensor: torch.Tensor) -> bytes:
    """Return a tensor's numbers in C order."""
    if sys.byteorder != "little":
        raise NotImplementedError("frames are little-endian, and this machine is not")
    if tensor.dtype in _UNKNOWN_TO_NUMPY:
        # A tensor of one number counts as contiguous whatever its strides, and only a copy has none but plain ones.
        tensor = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1).view(torch.uint8)
    return tensor.numpy(force=True).tobytes()


def read_frame(source: Source, limits: Limits = DEFAULTS) -> tuple[dict[str, Any], list[torch.Tensor]]:
    """Read one frame, or raise MalformedReply; no more than the bounds is ever allocated.

    Args:
        source: has `read_into(buffer)`, which fills the buffer or raises.
        limits: `reply_header_bytes` and `reply_bytes`.
    """
    magic, header_size, total = PREFIX.unpack(_read(source, PREFIX.size))
    if magic != MAGIC:
        raise MalformedReply("the answer does not begin like a frame")
    if header_size > limits.reply_header_bytes or total > limits.reply_bytes:
        raise MalformedReply(f"the answer claims {header_size:,} and {total:,} bytes, more than its bounds")
    head, kinds = _parse_header(bytes(_read(source, header_size)))
    if sum(_size_of(dtype, shape) for dtype, shape in kinds) != total:
        raise MalformedReply("the answer's tensors do not add up to the bytes that it claims")
    if sum(places(shape) * DTYPES[dtype].itemsize for dtype, shape in kinds) > limits.reply_bytes:
        raise MalformedReply("the answer's empty tensors are of more places than the protocol takes")
    return head, [_read_tensor(source, dtype, shape) for dtype, shape in kinds]


def _read(source: Source, size: int) -> bytearray:
    buffer = bytearray(size)
    source.read_into(memoryview(buffer))
    return buffer


def _parse_header(text: bytes) -> tuple[dict[str, Any], list[tuple[str, list[int]]]]:
    try:
        header = _DECODER.decode(text.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise MalformedReply(f"the answer's header is not JSON: {type(error).__name__}") from None
    if not isinstance(header, dict) or header.keys() != {"head", "tensors"}:
        raise MalformedReply("the answer's header lacks its two parts")
    head, kinds = header["head"], header["tensors"]
    if not isinstance(head, dict) or not isinstance(kinds, list) or len(kinds) > MAX_TENSORS:
        raise MalformedReply("the answer's header has a part of the wrong kind")
    return head, [_parse_kind(kind) for kind in kinds]


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# Kept, because `json.loads` and `json.dumps` make new ones for each frame.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def _parse_kind(kind: Any) -> tuple[str, list[int]]:
    if not isinstance(kind, list) or len(kind) != 2 or not isinstance(kind[0], str) or kind[0] not in DTYPES:
        raise MalformedReply("the answer holds a tensor of no known dtype")
    shape = kind[1]
    if not isinstance(shape, list) or len(shape) > MAX_DIMS:
        raise MalformedReply("the answer holds a tensor whose shape is no shape")
    numel = 1
    for n in shape:
        if type(n) is not int or not 0 <= n < _NUMEL_BOUND:
            raise MalformedReply("the answer holds a tensor whose shape is no shape")
        numel *= n or 1
    if numel >= _NUMEL_BOUND:
        raise MalformedReply("the answer holds a tensor of more elements than there are")
    return kind[0], shape


def _size_of(dtype: str, shape: list[int]) -> int:
    return math.prod(shape) * DTYPES[dtype].itemsize


def _read_tensor(source: Source, dtype: str, shape: list[int]) -> torch.Tensor:
    size = _size_of(dtype, shape)
    if not size:
        return torch.empty(shape, dtype=DTYPES[dtype])
    data = _read(source, size)
    if dtype == "bool" and int(torch.frombuffer(data, dtype=torch.uint8).max()) > 1:
        raise MalformedReply("the answer holds a bool tensor with bytes that are neither 0 nor 1")
    return torch.frombuffer(data, dtype=DTYPES[dtype]).reshape(shape)
