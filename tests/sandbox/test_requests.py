"""Requests are encoded once for what they ask, and only for that."""

from __future__ import annotations

import pytest
import torch

from autograder.authoring.probe import Probe
from autograder.plain.limits import DEFAULTS
from autograder.sandbox.request import LARGEST, Requests

X = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
OTHERS = {
    "another value": (torch.tensor([[0.0, 1.0], [2.0, 4.0]]),),
    "minus zero": (torch.tensor([[-0.0, 1.0], [2.0, 3.0]]),),
    "another dtype": (X.double(),),
    "another shape": (X.reshape(4),),
    "other strides": (X.T.contiguous().T,),
    "one more": (X, X),
    "in a list": ([X],),
    "in a dict": ({"x": X},),
}


@pytest.fixture
def requests() -> Requests:
    return Requests(DEFAULTS)


def test_the_same_call_is_encoded_once(requests):
    first = requests.of("f", None, (X, [1, 2.0, None, "a"]), {"k": (3, True)})
    assert requests.of("f", None, (X.clone(), [1, 2.0, None, "a"]), {"k": (3, True)}) is first


@pytest.mark.parametrize("args", OTHERS.values(), ids=list(OTHERS))
def test_what_differs_in_anything_is_another_request(requests, args):
    assert requests.of("f", None, args, {}).pieces != requests.of("f", None, (X,), {}).pieces


@pytest.mark.parametrize(("left", "right"), [(1, 1.0), (1, True), (0.0, -0.0), ((1,), [1]), ("1", 1), (None, False)])
def test_numbers_that_are_equal_and_not_the_same_are_told_apart(requests, left, right):
    assert requests.of("f", None, (left,), {}) is not requests.of("f", None, (right,), {})


def test_names_probes_and_keywords_are_told_apart(requests):
    found = [
        requests.of("f", None, (X,), {}),
        requests.of("g", None, (X,), {}),
        requests.of("f", None, (), {"x": X}),
        requests.of("f", Probe("f", "def f(ns, x): return x"), (X,), {}),
        requests.of("f", Probe("f", "def f(ns, x): return -x"), (X,), {}),
    ]
    assert len({one.number for one in found}) == 5


def test_a_tensor_that_was_changed_is_asked_anew(requests):
    x = X.clone()
    first = requests.of("f", None, (x,), {})
    x[0, 0] = 7
    assert requests.of("f", None, (x,), {}).pieces != first.pieces
    assert requests.of("f", None, (X,), {}) is first


def test_large_ones_are_not_kept(requests):
    x = torch.zeros(LARGEST // 4 + 1)
    assert requests.of("f", None, (x,), {}) is not requests.of("f", None, (x,), {})


@pytest.mark.parametrize("shape", [(1,), (1, 1), (0,), (3, 0), ()])
def test_strides_that_say_nothing_are_taken(requests, shape):
    x = torch.arange(24.0).reshape(4, 6)[::2, ::3].as_strided(shape, [7] * len(shape))
    assert requests.of("f", None, (x,), {}) is requests.of(
        "f", None, (x.clone().as_strided(shape, [7] * len(shape)),), {}
    )


def test_memory_is_bounded(requests, monkeypatch):
    monkeypatch.setattr("autograder.sandbox.request.MEMORY", 10_000)
    for number in range(100):
        requests.of("f", None, (torch.full((100,), float(number)),), {})
    assert requests._bytes <= 10_000
    assert len(requests._kept) < 20
