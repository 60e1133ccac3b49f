"""Which values cross the wall, and what a student reads when one may not."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import NamedTuple

import numpy as np
import pytest
import torch

from autograder.plain.errors import UnsupportedValue
from autograder.plain.limits import Limits
from autograder.plain.values import DTYPES, check_value


class Pretender(torch.Tensor):
    """A tensor that says it is equal to everything."""

    def __eq__(self, other):
        return torch.tensor(True)


class Converts:
    def __array__(self):
        raise AssertionError("nobody may call this")

    def __getattribute__(self, name):
        raise AssertionError(f"nobody may ask for {name}")


def itself() -> list:
    value: list = []
    value.append(value)
    return value


def deep(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


def emptied() -> torch.Tensor:
    value = torch.ones(3)
    value.untyped_storage().resize_(0)
    return value


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: np.float64(1), "the answer is a numpy.float64, expected a plain float: use float(...)"),
        (lambda: [1, {"w": np.float64(1)}], "the answer[1]['w'] is a numpy.float64, expected a plain float"),
        (lambda: np.int64(1), "expected a plain number: use .item()"),
        (lambda: np.zeros(2), "the answer is a numpy.ndarray, expected a tensor: use torch.from_numpy(...)"),
        (lambda: (i for i in range(3)), "the answer is a generator, expected a list"),
        (lambda: {1, 2}, "the answer is a set, expected a list"),
        (lambda: torch.ones(2).as_subclass(Pretender), "Pretender, expected a plain torch.Tensor"),
        (lambda: torch.ones(2).to_sparse(), "the answer is a sparse_coo tensor"),
        (lambda: torch.ones(2, device="meta"), "on the meta device"),
        (lambda: torch.quantize_per_tensor(torch.ones(2), 1.0, 0, torch.qint8), "quantised"),
        (lambda: torch.zeros(1).expand(10**12), "4,000,000,000,000 bytes"),
        (lambda: emptied(), "memory has been taken away"),
        (lambda: Converts(), "Converts, expected a tensor"),
        (lambda: torch.float32, "torch.dtype"),
        (lambda: torch, "module"),
        (lambda: len, "builtin_function"),
        (lambda: itself(), "contains itself"),
        (lambda: deep(60), "levels deep"),
        (lambda: 1 << 10_000, "an int of 10,001 bits"),
        (lambda: "\ud800", "surrogate"),
        (lambda: {float("nan"): 1}, "NaN"),
        (lambda: {frozenset(): 1}, "a key of the answer is a frozenset"),
        (lambda: [0] * 200_000, "more than 100,000 values"),
        (lambda: dict.fromkeys(range(5000)), "a dict of 5,000 keys"),
        (lambda: "x" * 100_000_000, "bytes, more than"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_anything_else_is_refused_with_what_came_and_where(make, message):
    with pytest.raises(UnsupportedValue) as refused:
        check_value(make())
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [1, -2.5, float("inf"), True, None, "é", [], (), {}, [1, (2, {"a": None, 3: [4.5], (1, "b"): False})]],
    ids=repr,
)
def test_plain_values_come_back_equal_and_of_the_same_kind(value):
    copy = check_value(value)
    assert copy == value
    assert type(copy) is type(value)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_tensors_of_every_dtype_cross(dtype):
    value = torch.tensor([[0, 1], [1, 0]]).to(dtype)
    copy = check_value(value)
    assert copy.dtype == dtype
    assert torch.equal(
        copy.to(torch.float64 if not dtype.is_complex else dtype),
        value.to(torch.float64 if not dtype.is_complex else dtype),
    )


def test_a_copied_tensor_is_detached_contiguous_and_shares_nothing():
    value = torch.randn(3, 4, requires_grad=True)
    copy = check_value(value.t())
    assert not copy.requires_grad
    assert copy.is_contiguous()
    copy[0, 0] = 99
    assert value[0, 0] != 99


def test_a_conjugated_view_crosses_with_its_values():
    value = torch.tensor([1 + 2j]).conj()
    assert torch.view_as_real(check_value(value)).tolist() == [[1.0, -2.0]]


def test_what_torch_and_python_hand_out_as_tuples_and_dicts_is_taken_as_such():
    assert check_value(torch.ones(2, 3).shape) == (2, 3)
    assert type(check_value(torch.ones(2, 3).max(dim=0))) is tuple
    assert check_value(OrderedDict(a=1)) == {"a": 1}
    counts = defaultdict(list)
    counts["a"].append(1)
    assert type(check_value(counts)) is dict
    assert type(check_value(torch.nn.Parameter(torch.ones(2)))) is torch.Tensor


class Verdict(NamedTuple):
    """What a student may answer with in place of a plain pair."""

    passed: bool
    error: float

    def __iter__(self):
        raise AssertionError("a student's code was run")


def test_a_named_tuple_is_a_tuple_and_none_of_its_own_code_runs():
    came = check_value([Verdict(passed=True, error=0.5)])
    assert type(came[0]) is tuple
    assert torch.equal(check_value(Verdict(passed=True, error=torch.ones(2)))[1], torch.ones(2))
    assert came == [(True, 0.5)]


def test_one_object_in_two_places_is_not_a_loop():
    row = [1.0]
    assert check_value([row, row]) == [[1.0], [1.0]]


def test_bounds_follow_the_limits():
    with pytest.raises(UnsupportedValue, match="more than 100"):
        check_value(torch.ones(26), limits=Limits(reply_bytes=100))
    assert check_value(torch.ones(25), limits=Limits(reply_bytes=100)).numel() == 25
