"""Fuzz the decoder with coverage feedback: no exception but MalformedReply, no allocation above its bound.

    pip install atheris
    python tests/sandbox/fuzz_protocol.py -runs=1000000 -max_len=4096 -seed=1

Atheris watches which branches of the protocol a frame reaches and mutates the ones that reach further. A third
of the inputs are whole frames; a third are a header's text around which a well-formed prefix is put, or a mutation
would seldom get past the lengths; a third are grown from the input as trees and tensors of which a few things
are wrong. Every 64th is decoded under tracemalloc, which is slow. Says
every so often how many inputs were tried, how many were accepted and the largest allocation seen.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=[f"autograder.plain.{name}" for name in ("frames", "trees", "values")]):
    from autograder.plain import frames as protocol
    from autograder.plain import trees

from autograder.plain.errors import MalformedReply
from autograder.plain.limits import Limits

SMALL = Limits(reply_bytes=100_000, reply_header_bytes=20_000, reply_nodes=2_000, reply_dict_keys=500)
BOUND = SMALL.reply_bytes + 30 * SMALL.reply_header_bytes + 1_000_000
TRACED = 64
KINDS = [["float32", [2, 1]], ["bool", [3]], ["int64", []], ["complex64", [0, 5]]]
SEEDS = (
    {
        "head": {"id": 1, "ok": [1, -2.5, None, True, "text", {"t": [{"f": "nan"}, {"f": "-inf"}]}]},
        "tensors": [],
    },
    {
        "head": {
            "id": 2,
            "ok": {"d": [["a", {"x": 0}], [{"t": [1, "b"]}, {"n": 1}], [None, [{"x": 2}, {"x": 3}]]]},
        },
        "tensors": KINDS,
    },
    {"head": {"id": 3, "error": ["ValueError", "text", "  line 1"]}, "tensors": []},
)
WORDS = (
    "KSF1",
    '{\\"x\\":0}',
    '{\\"t\\":[',
    '{\\"d\\":[[',
    '{\\"f\\":\\"nan\\"}',
    '\\"n\\"',
    '\\"head\\":',
    '\\"tensors\\":',
    '\\"ok\\":',
    '\\"float32\\"',
    '\\"bool\\"',
    "NaN",
    "1e999",
    "-1",
    "99999999999999999999",
    "[[[[",
    "\\\\ud800",
    "true",
    "null",
)
DTYPES = [*protocol.DTYPES, "int4", 7]
SIZES = [0, 1, 2, 3, 7, 100, -1, True, 1.0, 2**33, 2**61, "1"]
SAY_EVERY = 100_000
seen: Counter[str] = Counter()
largest = 0
began = time.monotonic()


class Wire(io.BytesIO):
    """A frame in memory."""

    def read_into(self, buffer: memoryview) -> None:
        """Fill the buffer or refuse."""
        if self.readinto(buffer) != len(buffer):
            raise MalformedReply("the frame ends too early")


def frame(text: bytes, body: bytes) -> bytes:
    """Put a well-formed prefix before a header and a body."""
    return protocol.PREFIX.pack(protocol.MAGIC, len(text), len(body)) + text + body


def decode(data: bytes) -> str:
    """Decode as the grader does; anything but MalformedReply ends the fuzzing with the input that did it."""
    try:
        head, tensors = protocol.read_frame(Wire(data), SMALL)
        trees.decode(head.get("ok"), tensors, SMALL)
        trees.decode(head.get("ok"), tensors, SMALL, layouts=True)
    except MalformedReply:
        return "refused"
    return "accepted"


def one_input(data: bytes) -> None:
    """Try one input, every so often with its allocations watched."""
    global largest
    if seen["inputs"] and not seen["inputs"] % SAY_EVERY:
        say()
    whole = _whole(data)
    seen["inputs"] += 1
    if seen["inputs"] % TRACED:
        seen[decode(whole)] += 1
        return
    tracemalloc.start()
    seen[decode(whole)] += 1
    largest = max(largest, tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    if largest > BOUND:
        raise MemoryError(f"a frame of {len(whole)} bytes took {largest:,} bytes, more than {BOUND:,}")


def _whole(data: bytes) -> bytes:
    form = data[0] % 3 if data else 0
    return (
        data[1:]
        if form == 0
        else frame(*_split(data[1:]))
        if form == 1
        else grown(atheris.FuzzedDataProvider(data[1:]))
    )


def grown(source: atheris.FuzzedDataProvider) -> bytes:
    """Make a frame that is nearly right: its choices are the fuzzer's."""
    kinds = [
        [source.PickValueInList(DTYPES), [source.PickValueInList(SIZES) for _ in range(source.ConsumeIntInRange(0, 4))]]
        for _ in range(source.ConsumeIntInRange(0, 4))
    ]
    text = json.dumps({"head": {"id": 1, "ok": tree(source, 0)}, "tensors": kinds}).encode()
    right = sum(protocol._size_of(*kind) for kind in kinds if _is_right(kind))
    claimed = right if source.ConsumeIntInRange(0, 7) else source.ConsumeIntInRange(0, 2 * SMALL.reply_bytes)
    body = bytes(min(claimed, 2 * SMALL.reply_bytes)) if source.ConsumeBool() else source.ConsumeBytes(4000)
    return protocol.PREFIX.pack(protocol.MAGIC, len(text), claimed) + text + body


def _is_right(kind: list[Any]) -> bool:
    return kind[0] in protocol.DTYPES and all(type(size) is int and 0 <= size < 1000 for size in kind[1])


def tree(source: atheris.FuzzedDataProvider, depth: int) -> Any:
    """Grow a tree of the protocol's tags, with a wrong one now and then."""
    kind = source.ConsumeIntInRange(0, 9)
    few = range(source.ConsumeIntInRange(0, 3)) if depth < 40 else range(0)
    if kind == 0:
        return [tree(source, depth + 1) for _ in few]
    if kind == 1:
        return {"t": [tree(source, depth + 1) for _ in few]}
    if kind == 2:
        return {"d": [[tree(source, depth + 1), tree(source, depth + 1)] for _ in few]}
    if kind == 3:
        if source.ConsumeBool():
            return {
                "p": [
                    source.ConsumeIntInRange(-1, 4),
                    [source.ConsumeIntInRange(-1, 3) for _ in range(source.ConsumeIntInRange(0, 3))],
                ]
            }
        return {source.PickValueInList(["x", "n"]): source.ConsumeIntInRange(-1, 4)}
    if kind == 4:
        return {"f": source.PickValueInList(["nan", "inf", "-inf", "1"])}
    if kind == 5:
        return [source.ConsumeUnicode(8)] * source.PickValueInList([1] * 14 + [600, 2100])
    return source.PickValueInList([None, True, 0, -1, 1 << 2047, 1 << 2048, 1.5, "a", "b", {}, {"x": 0, "t": []}])


def _split(data: bytes) -> tuple[bytes, bytes]:
    """A header's text and the tensors' bytes: the last bytes are as many as the first byte says."""
    size = data[0] if data else 0
    return (data[1 : len(data) - size], data[len(data) - size :]) if size else (data[1:], b"")


def seeds() -> list[bytes]:
    """Frames that are right, in both forms."""
    texts = [json.dumps(one, separators=(",", ":")).encode() for one in SEEDS]
    bodies = [b"", bytes(8) + b"\x00\x01\x00" + bytes(8), b""]
    pairs = list(zip(texts, bodies, strict=True))
    return [b"\x00" + frame(*pair) for pair in pairs] + [
        *(bytes([1, len(body)]) + text + body for text, body in pairs),
        *(b"\x02" + bytes((37 * i + k) % 256 for i in range(300)) for k in range(8)),
    ]


def say() -> None:
    """Print the figures."""
    seconds = time.monotonic() - began
    print(
        f"{seen['inputs']:,} inputs in {seconds:.0f} s: {seen['accepted']:,} accepted, {seen['refused']:,} refused, "
        f"largest allocation {largest:,} bytes of {BOUND:,} allowed",
        flush=True,
    )


def main() -> None:
    """Check the seeds, then let atheris go."""
    for one in seeds():
        one_input(one)
    if not seen["accepted"]:
        raise AssertionError("no seed is a frame that the decoder takes: the fuzzing would stay at the door")
    folder = Path(tempfile.mkdtemp(prefix="fuzz-protocol-"))
    for number, one in enumerate(seeds()):
        (folder / f"seed{number}").write_bytes(one)
    words = folder.with_suffix(".dict")
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    atheris.Setup([*sys.argv, f"-dict={words}", str(folder)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
