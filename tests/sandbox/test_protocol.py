"""Frames: what is written is read back, and what anyone else may write is refused within bounds."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import struct
import time
import tracemalloc

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.plain.errors import MalformedReply, UnsupportedValue
from autograder.plain.frames import AHEAD_BYTES, MAGIC, PREFIX, ReadAhead, bytes_of, read_frame, write_frame
from autograder.plain.limits import Limits
from autograder.plain.trees import decode, encode
from autograder.plain.values import DTYPES, KEYS_OF_ONE_HASH, check_value

SMALL = Limits(reply_bytes=100_000, reply_header_bytes=20_000, reply_nodes=2_000, reply_dict_keys=500)
ROOM = SMALL.reply_bytes + 30 * SMALL.reply_header_bytes + 1_000_000
FUZZ_EXAMPLES = int(os.environ.get("KERNEL_SCHOOL_FUZZ_EXAMPLES", "150"))
MUTATIONS = 20


class Wire(io.BytesIO):
    """A frame's two ends in memory."""

    def read_into(self, buffer: memoryview) -> None:
        if self.readinto(buffer) != len(buffer):
            raise MalformedReply("the frame ends too early")


def written(value) -> bytes:
    wire = Wire()
    tree, tensors = encode(check_value(value, limits=SMALL))
    write_frame(wire, {"ok": tree}, tensors, SMALL)
    return wire.getvalue()


def read(data: bytes):
    head, tensors = read_frame(Wire(data), SMALL)
    return decode(head.get("ok"), tensors, SMALL)


def frame(header: object, body: bytes = b"", claimed: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(MAGIC, len(text), len(body) if claimed is None else claimed) + text + body


def with_tensor(kind: object, body: bytes = b"", tree: object = None) -> bytes:
    return frame({"head": {"ok": tree if tree is not None else {"x": 0}}, "tensors": [kind]}, body)


def same(one, other) -> bool:
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and repr(one) == repr(other)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and repr(one) == repr(other)


numbers = st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.none()
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
tensors = st.builds(
    lambda shape, dtype, seed: torch.rand(shape, generator=torch.Generator().manual_seed(seed)).mul(9).to(dtype),
    st.lists(st.integers(0, 4), max_size=3),
    st.sampled_from(
        [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.bool, torch.complex64]
    ),
    st.integers(0, 9),
)
keys = texts | st.integers(-9, 9) | st.tuples(texts, st.integers(0, 3))
values = st.recursive(
    numbers | texts | tensors,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
@settings(max_examples=200, deadline=None)
def test_every_plain_value_comes_back_as_it_was(value):
    assert same(read(written(value)), value)


HOSTILE = {
    "nothing": b"",
    "another magic": b"GET / HTTP/1.1\r\n\r\n",
    "a header of 4 GiB": PREFIX.pack(MAGIC, 2**32 - 1, 0),
    "a body of 16 EiB": PREFIX.pack(MAGIC, 2, 2**64 - 1) + b"{}",
    "a header that is cut": PREFIX.pack(MAGIC, 100, 0) + b"{",
    "not JSON": frame(b"{oops"),
    "not ASCII": frame('{"é": 1}'.encode()),
    "a list": frame([]),
    "no head": frame({"tensors": []}),
    "a third part": frame({"head": {}, "tensors": [], "more": 1}),
    "a head that is a list": frame({"head": [], "tensors": []}),
    "NaN in JSON": frame(b'{"head": {"ok": NaN}, "tensors": []}'),
    "a float of 1e999": frame(b'{"head": {"ok": 1e999}, "tensors": []}'),
    "an int of 5000 digits": frame(b'{"head": {"ok": ' + b"9" * 5000 + b'}, "tensors": []}'),
    "an int of 4000 digits": frame(b'{"head": {"ok": ' + b"9" * 4000 + b'}, "tensors": []}'),
    "lists in lists in lists": frame(b'{"head": {"ok": ' + b"[" * 9000 + b"]" * 9000 + b'}, "tensors": []}'),
    "lists 30 deep": frame({"head": {"ok": eval("[" * 30 + "]" * 30)}, "tensors": []}),
    "three thousand nodes": frame({"head": {"ok": [0] * 3000}, "tensors": []}),
    "half a surrogate pair": frame(b'{"head": {"ok": "\\ud800"}, "tensors": []}'),
    "an unknown tag": frame({"head": {"ok": {"pickle": "gASVAAAA"}}, "tensors": []}),
    "two tags": frame({"head": {"ok": {"t": [], "d": []}}, "tensors": []}),
    "a tensor that is not there": frame({"head": {"ok": {"x": 0}}, "tensors": []}),
    "a tensor of index -1": with_tensor(["float32", [1]], b"1234", {"x": -1}),
    "a tensor of index true": with_tensor(["float32", [1]], b"1234", {"x": True}),
    "one tensor twice": with_tensor(["float32", [1]], b"1234", [{"x": 0}, {"x": 0}]),
    "an unknown dtype": with_tensor(["os.system", [1]], b"1234"),
    "a shape that is a number": with_tensor(["float32", 1], b"1234"),
    "a negative shape": with_tensor(["float32", [-1]], b"1234"),
    "a shape of bools": with_tensor(["float32", [True]], b"1234"),
    "a shape of floats": with_tensor(["float32", [1.0]], b"1234"),
    "a shape that claims more": with_tensor(["float32", [1000, 1000]], b"1234"),
    "a shape that overflows": with_tensor(["float32", [2**40, 2**40]], b"1234"),
    "an empty shape that overflows": with_tensor(["float32", [0, 2**40, 2**40]]),
    "an empty shape of many rows": with_tensor(["float32", [2**22, 0]]),
    "many empty tensors": frame({"head": {"ok": {"x": 0}}, "tensors": [["float32", [2**12, 0]]] * 30}),
    "a shape of 40 dimensions": with_tensor(["float32", [1] * 40], b"1234"),
    "bytes that no tensor takes": with_tensor(["float32", [1]], b"12345678"),
    "a bool that is 2": with_tensor(["bool", [1]], b"\x02"),
    "a dict of single keys": frame({"head": {"ok": {"d": [["a"]]}}, "tensors": []}),
    "a dict with a list as key": frame({"head": {"ok": {"d": [[[], 1]]}}, "tensors": []}),
    "a dict with one key twice": frame({"head": {"ok": {"d": [[1, 1], [True, 2]]}}, "tensors": []}),
    "a dict with NaN as key": frame({"head": {"ok": {"d": [[{"f": "nan"}, 1]]}}, "tensors": []}),
    "a dict of colliding keys": frame(
        {"head": {"ok": {"d": [[i * (2**61 - 1), 0] for i in range(600)]}}, "tensors": []}
    ),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_frame_is_refused(data):
    with pytest.raises(MalformedReply):
        read(data)


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_frame_allocates_no_more_than_its_bounds(data):
    assert peak_of(data) < ROOM


def peak_of(data: bytes) -> int:
    tracemalloc.start()
    with contextlib.suppress(MalformedReply):
        read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_measure_of_allocation_would_see_a_decoder_without_bounds():
    tracemalloc.start()
    bytearray(struct.unpack("<I", b"\x00\x00\x00\x04")[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak > ROOM


PRIME = 2**61 - 1


def tuple_with_hash_of(first: int, wanted: int) -> tuple[int, int] | None:
    """Return a pair that begins with `first` and has the hash of (0, wanted):

    CPython's mixing of two numbers runs backwards too.
    """
    p1, p2, p5, mask = 11400714785074694791, 14029467366897019727, 2870177450012600261, 2**64 - 1

    def step(state: int, lane: int) -> int:
        state = (state + lane * p2) & mask
        return (((state << 31) | (state >> 33)) & mask) * p1 & mask

    before, target = step(p5, first), (step(p5, 0) + wanted * p2) & mask
    second = (target - before) * pow(p2, -1, 2**64) & mask
    return (first, second) if second < PRIME else None


COLLIDING = {
    "ints": [number * PRIME for number in range(200)],
    "negative ints": [-number * PRIME for number in range(200)],
    "pairs of them": [{"t": [number * PRIME, 1]} for number in range(200)],
    "pairs of small numbers": [{"t": list(pair)} for n in range(12_000) if (pair := tuple_with_hash_of(n, 12345))][
        :400
    ],
    "whole floats beside ints": [
        *(float(2 ** (61 * k)) for k in range(16)),
        *(1 + number * PRIME for number in range(2, 200)),
    ],
}


@pytest.mark.parametrize("found", COLLIDING.values(), ids=COLLIDING)
def test_a_dict_of_keys_with_one_hash_is_refused_whatever_they_are(found):
    assert len(found) > KEYS_OF_ONE_HASH
    plain = [tuple(one["t"]) if isinstance(one, dict) else one for one in found]
    assert len({hash(one) for one in plain}) == 1, "the test's own keys do not collide"
    with pytest.raises(MalformedReply, match="have one hash"):
        read(frame({"head": {"ok": {"d": [[key, 0] for key in found]}}, "tensors": []}))
    with pytest.raises(UnsupportedValue, match="have one hash"):
        check_value(dict.fromkeys(plain))


def test_honest_keys_that_happen_to_have_one_hash_are_taken():
    offsets = {(i, j, k): i for i in (-2, -1, 0, 1) for j in (-2, -1, 0, 1) for k in (-2, -1, 0, 1)}
    assert len({hash(one) for one in offsets}) < len(offsets)
    assert read(written(offsets)) == offsets


def test_the_worst_dicts_that_are_taken_are_decoded_in_no_time():
    alike = [[number * PRIME, 0] for number in range(KEYS_OF_ONE_HASH)]
    spread = [[number << 50, 0] for number in range(1, 1800)]
    tree = [{"d": alike + spread} for _ in range(26)]
    began = time.process_time()
    decode(tree, [])
    assert time.process_time() - began < 2


def mutated(data: bytes, random_: random.Random) -> bytes:
    """Change a frame the way that finds holes: bytes, pieces, lengths, numbers in its header."""
    changed = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        place = random_.randrange(len(changed) + 1)
        kind = random_.randrange(6)
        if kind == 0 and place < len(changed):
            changed[place] = random_.randrange(256)
        elif kind == 1:
            del changed[place : place + random_.randint(1, 8)]
        elif kind == 2:
            changed[place:place] = random_.randbytes(random_.randint(1, 8))
        elif kind == 3:
            piece = random_.choice(
                [b"[", b"{", b'"t"', b'{"x":0}', b"-1", b"1e999", b"99999999999999999999", b"NaN", b"\\ud800"]
            )
            changed[place:place] = piece
        elif kind == 4:
            struct.pack_into("<I", changed, 4, random_.choice([0, 1, len(changed) - 16, 2**31, 2**32 - 1])) if len(
                changed
            ) > 16 else None
        else:
            struct.pack_into("<Q", changed, 8, random_.choice([0, 1, 4, 2**32, 2**64 - 1])) if len(
                changed
            ) > 16 else None
    return bytes(changed)


@given(values | st.none(), st.randoms(use_true_random=False))
@settings(max_examples=FUZZ_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_mutated_frame_does_more_than_be_refused(value, random_):
    whole = written(value)
    tracemalloc.start()
    for _ in range(MUTATIONS):
        with contextlib.suppress(MalformedReply):
            read(mutated(whole, random_))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < ROOM


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=FUZZ_EXAMPLES, deadline=None)
def test_no_random_bytes_do_more_than_be_refused(data, framed):
    with pytest.raises(MalformedReply):
        read(frame(data) if framed else data)


def test_the_writer_refuses_what_the_reader_would():
    with pytest.raises(UnsupportedValue, match="bytes of structure"):
        write_frame(Wire(), {"ok": "x" * 30_000}, (), SMALL)


@given(
    st.lists(st.sampled_from([1, 16, 300, AHEAD_BYTES - 1, AHEAD_BYTES, 3 * AHEAD_BYTES]), max_size=12), st.integers()
)
def test_reading_ahead_gives_the_same_bytes_however_they_arrive(sizes, seed):
    chance = random.Random(seed)
    stream = chance.randbytes(sum(sizes))
    arriving = io.BytesIO(stream)

    def receive(buffer: memoryview) -> int:
        return arriving.readinto(buffer[: chance.choice([1, 7, 5000, AHEAD_BYTES, 10 * AHEAD_BYTES])])

    source, came = ReadAhead(receive), b""
    for size in sizes:
        buffer = bytearray(size)
        source.read_into(memoryview(buffer))
        came += buffer
    assert came == stream


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_the_bytes_of_a_tensor_are_its_numbers_in_c_order(dtype):
    table = (torch.arange(12) % 2).reshape(3, 4).float().to(dtype)
    for one in (table, table.T, table[:, 1:2], table.as_strided((1,), (5,)), table[2, 1], table[:0]):
        plain = torch.frombuffer(bytearray(bytes_of(one)), dtype=dtype) if one.numel() else one.reshape(-1)
        assert plain.to(torch.complex128).tolist() == one.to(torch.complex128).reshape(-1).tolist()


CUBE = torch.arange(24.0).reshape(2, 3, 4)
LAYOUTS = {
    "transposed": torch.arange(12.0).reshape(3, 4).T,
    "of images": CUBE[None].to(memory_format=torch.channels_last),
    "turned round": CUBE.permute(2, 0, 1),
    "with gaps": CUBE[:, ::2],
    "from a column": CUBE[0, :, 1],
    "expanded": torch.arange(3.0)[:, None].expand(3, 2),
}


@pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS)
def test_the_layout_of_an_input_reaches_the_child_and_that_of_an_answer_nobody(x):
    tree, tensors = encode(check_value(x, keep_layout=True))
    came = decode(tree, tensors, layouts=True)
    assert torch.equal(came, x)
    assert not came.is_contiguous()
    if torch.empty_like(x).stride() == x.stride():  # dense: in the very order
        assert came.stride() == x.stride()
    assert encode(check_value(x))[0] == {"x": 0}
    with pytest.raises(MalformedReply):
        decode(tree, tensors)


@pytest.mark.parametrize(
    "body", [[0], [0, [1, 1]], [0, [0]], [0, [0, 1, 2]], [0, ["a", 0]], [0, [True, False]], [0, 1], 0, [5, [1, 0]]]
)
def test_an_order_of_dimensions_that_is_none_is_refused(body):
    with pytest.raises(MalformedReply):
        decode({"p": body}, [torch.zeros(2, 3)], layouts=True)
