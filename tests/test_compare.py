"""Comparison: kind, dtype, exact shape, finiteness, value, in that order, with a message for each."""

from __future__ import annotations

import re

import pytest
import torch

from autograder.authoring.compare import Mismatch, agrees, assert_close, assert_equal, assert_parts

NAN, INF = float("nan"), float("inf")


def refused(actual, expected, pattern, **tolerances):
    with pytest.raises(Mismatch) as caught:
        assert_close(actual, expected, **tolerances)
    assert re.search(pattern, str(caught.value), re.DOTALL), str(caught.value)


def test_equal_tensors_pass():
    assert_close(torch.arange(6.0).reshape(2, 3), torch.arange(6.0).reshape(2, 3))


def test_kind_is_judged_before_all_else():
    refused(
        [1.0, 2.0], torch.tensor([1.0, 2.0]), r"wrong kind.*came:\s+a list of 2.*expected: a tensor of float32 \(2,\)"
    )
    refused(1, 1.0, "wrong kind.*the int 1.*the float 1.0")
    refused(True, 1, "wrong kind")
    refused(None, 0.0, "wrong kind.*came:     None")


def test_dtype_is_judged_before_shape():
    refused(torch.zeros(2, dtype=torch.float64), torch.zeros(3), "wrong dtype.*float64.*float32")


def test_a_shape_that_would_broadcast_is_refused():
    refused(torch.zeros(1, 4), torch.zeros(4), r"wrong shape.*\(1, 4\).*\(4,\)")


def test_nan_equals_nan_in_its_place_and_nothing_else():
    assert_close(torch.tensor([1.0, NAN]), torch.tensor([1.0, NAN]))
    refused(torch.tensor([NAN, 1.0]), torch.tensor([1.0, 1.0]), r"a value that should be finite.*nan.*first at: \[0\]")
    refused(torch.tensor([1.0, 1.0]), torch.tensor([1.0, NAN]), "wrong value")


def test_an_infinity_equals_only_itself():
    assert_close(torch.tensor([INF, -INF]), torch.tensor([INF, -INF]))
    refused(torch.tensor([INF]), torch.tensor([-INF]), "infinite")
    refused(INF, 1.0, "not finite")
    refused(1.0, INF, "wrong value")
    refused(torch.tensor([1.0]), torch.tensor([INF]), "wrong value")


def test_the_first_difference_is_named_with_both_values():
    actual = torch.zeros(2, 3)
    actual[1, 2] = 5.0
    refused(actual, torch.zeros(2, 3), r"1 of 6 places.*came:     5.*expected: 0.*first at: \[1, 2\]")


def test_tolerance_follows_the_dtype():
    assert agrees(torch.tensor([1.00001]), torch.tensor([1.0]))
    assert not agrees(torch.tensor([1.00001], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64))
    assert not agrees(torch.tensor([5]), torch.tensor([6]))


def test_assert_equal_has_no_tolerance():
    with pytest.raises(Mismatch):
        assert_equal(torch.tensor([1.0 + 1e-6]), torch.tensor([1.0]))


def test_containers_are_compared_item_by_item_and_the_item_is_named():
    refused(
        {"w": torch.zeros(2), "b": [1.0, 2.0]},
        {"w": torch.zeros(2), "b": [1.0, 3.0]},
        r"\['b'\]\[1\] has the wrong value",
    )
    refused({1: 0.0}, {True: 0.0}, "wrong keys")
    refused([1.0], [1.0, 2.0], "wrong length")
    refused((1.0,), [1.0], "wrong kind")


def test_scalar_tensors_are_shown_without_an_index():
    refused(torch.tensor(2.0), torch.tensor(1.0), r"has the wrong value\n  came:     2\n  expected: 1$")


def test_complex_values_are_compared():
    assert not agrees(torch.tensor([1 + 1j]), torch.tensor([1 - 1j]))


def test_a_tuple_is_compared_by_parts_that_have_names():
    expected = (torch.zeros(2), torch.ones(3))
    assert_parts((torch.zeros(2), torch.ones(3)), expected, "the mean", "the components")
    with pytest.raises(Mismatch, match="the components"):
        assert_parts((torch.zeros(2), torch.zeros(3)), expected, "the mean", "the components")
    for other in ([torch.zeros(2), torch.ones(3)], (torch.zeros(2),), torch.zeros(2)):
        with pytest.raises(Mismatch):
            assert_parts(other, expected, "the mean", "the components")


@pytest.mark.parametrize(
    "value", [1.989200123, torch.tensor([1.989200123], dtype=torch.float64)], ids=["float", "tensor"]
)
def test_two_numbers_that_look_the_same_are_shown_whole(value):
    with pytest.raises(Mismatch, match=r"after its sixth digit, as if .* float32") as raised:
        assert_close(value + 4e-6, value)
    assert "1.989204123" in raised.value.came
    assert "1.989200123" in raised.value.expected


@pytest.mark.parametrize("step", [2**-50, 2**-30])
def test_float32_is_blamed_only_for_what_it_does(step):
    with pytest.raises(Mismatch, match="after its sixth digit") as raised:
        assert_equal(1.0 + step, 1.0)
    assert ("float32" in raised.value.problem) == (step == 2**-30)
    with pytest.raises(Mismatch, match=r"after its sixth digit\n"):
        assert_equal(torch.tensor(1 + 2**-22), torch.tensor(1.0))
