"""Comparison: kind, dtype, exact shape, finiteness, value, in that order, with a message for each."""

from __future__ import annotations

import re

import numpy as np
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
    refused(None, 0.0, r"the answer is None: is there a `return`\?.*came:     None")


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
    refused({1: 0.0}, {True: 0.0}, "wrong keys: it is without True and with 1")
    refused({"a": 0.0, "c": 1}, {"a": 0.0, "b": 1}, "wrong keys: it is without 'b' and with 'c'")
    refused([1.0], [1.0, 2.0], r"wrong length.*a list of 1, with nothing at \[1\].*a list of 2, with 2.0 at \[1\]")
    refused(["a", "c"], ["a", "b", "c"], r"wrong length.*with 'c' at \[1\].*with 'b' at \[1\]")
    refused([("a", 1), ("b", 2)], [("a", 1), ("b", 3)], r"the answer\[1\]\[1\] has the wrong value")
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
    with pytest.raises(Mismatch, match=r"after its sixth digit\n") as raised:
        assert_close(value + 4e-6, value)
    assert "1.989204123" in raised.value.came
    assert "1.989200123" in raised.value.expected


@pytest.mark.parametrize(
    ("came", "expected", "blamed"),
    [
        (float(np.float32(1 / 3)), 1 / 3, True),
        (float(np.float32(1) + np.float32(2**-23)), 1.0, True),
        (1 / 3 + 1e-9, 1 / 3, False),  # an epsilon that should not be there
        (1.0 + 2**-30, 1.0, False),
        (1.0, 1.0 + 2**-30, False),  # a round number is in float32 too
    ],
)
def test_float32_is_blamed_only_for_what_it_does(came, expected, blamed):
    tensors = (torch.tensor([one], dtype=torch.float64) for one in (came, expected))
    for one, other in ((came, expected), tuple(tensors)):
        with pytest.raises(Mismatch, match="after its sixth digit") as raised:
            assert_equal(one, other)
        assert ("as if something had been computed in float32" in raised.value.problem) == blamed
    with pytest.raises(Mismatch, match=r"after its sixth digit\n"):
        assert_equal(torch.tensor(1 + 2**-22), torch.tensor(1.0))


def test_values_that_lie_close_are_marked_so_that_a_plainer_test_is_shown():
    for came, expected, faint in ((1.005, 1.0, True), (1.5, 1.0, False), (0.001, 0.0, False)):
        for one, other in ((came, expected), (torch.tensor([came, 1.0]), torch.tensor([expected, 1.0]))):
            with pytest.raises(Mismatch) as raised:
                assert_close(one, other)
            assert raised.value.is_faint == faint, (one, other)


def test_a_mismatch_holds_both_whole_values():
    with pytest.raises(Mismatch) as raised:
        assert_close({"a": [1.0, 2.0]}, {"a": [1.0, 3.0]})
    assert raised.value.sides == ({"a": [1.0, 2.0]}, {"a": [1.0, 3.0]})
    assert raised.value.saying("other words").sides == raised.value.sides
