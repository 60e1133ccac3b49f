"""Rules on what happens while a function runs: counted, measured, compared."""

from __future__ import annotations

import math

import pytest
import torch

from autograder import rules
from autograder.compare import RuleBroken
from autograder.devices import with_tensors
from autograder.student import Door, LiveSide


def whole(x, y):
    return torch.cdist(x, y)


def piece_by_piece(x, y):
    return torch.stack([(row - y).pow(2).sum(dim=1).sqrt() for row in x])


def in_one_large_piece(x, y):
    return (x[:, None] - y[None]).pow(2).sum(dim=2).sqrt()


def sorted_in_place(x, y):
    y.copy_(y.sort(dim=0).values)
    return x.max(dim=0)


def marked(x, y):
    x["rows"][0].add_(1)
    return y


def times_zero(x, y):
    return x.mul_(0)


FUNCTIONS = (whole, piece_by_piece, in_one_large_piece, sorted_in_place, marked, times_zero)


@pytest.fixture
def student() -> Door:
    return Door(LiveSide({one.__name__: one for one in FUNCTIONS}))


def pair(rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(rows, 3), torch.rand(4, 3)


def test_operations_are_counted_for_each_case_on_its_own(student):
    assert student.run(rules.operation_counts, "piece_by_piece", [pair(2), pair(5)]) == [
        len(student.run(rules.operations, "piece_by_piece", pair(rows), {})) for rows in (2, 5)
    ]


def test_work_done_piece_by_piece_is_found_whatever_the_source_says(student):
    rules.limit_operations(student, "in_one_large_piece", pair(2), pair(40))
    with pytest.raises(RuleBroken, match=r"makes \d+ tensor operations for a small input and \d+ for a larger one"):
        rules.limit_operations(student, "piece_by_piece", pair(2), pair(40))


def test_the_largest_temporary_is_measured_in_numbers(student):
    x, y = torch.rand(7, 5, dtype=torch.float64), torch.rand(6, 5, dtype=torch.float64)
    assert student.run(rules.largest_intermediate, "in_one_large_piece", (x, y), {}) == 7 * 6 * 5
    rules.limit_intermediates(student, "piece_by_piece", x, y, largest=7 * 6)
    with pytest.raises(RuleBroken, match="a temporary of 210 numbers, at most 42"):
        rules.limit_intermediates(student, "in_one_large_piece", x, y, largest=7 * 6)


def test_the_largest_of_several_results_of_one_operation_counts(student):
    x, y = torch.rand(9, 4), torch.rand(8, 1)
    assert student.run(rules.largest_intermediate, "sorted_in_place", (x, y), {}) >= 8


def test_inputs_are_compared_before_and_after(student):
    rules.assert_inputs_unchanged(student, "whole", *pair(3))
    with pytest.raises(RuleBroken, match="changes its input 1 in place"):
        rules.assert_inputs_unchanged(student, "sorted_in_place", torch.rand(2, 3), torch.tensor([[3.0], [1.0]]))
    with pytest.raises(RuleBroken, match="changes its input 0 in place"):
        rules.assert_inputs_unchanged(student, "marked", {"rows": [torch.zeros(2)]}, 1)


def test_a_nan_that_stays_is_no_change_and_one_that_comes_is(student):
    holes = torch.tensor([[math.nan, 1.0, -math.inf]])
    rules.assert_inputs_unchanged(student, "whole", holes, holes.clone())
    with pytest.raises(RuleBroken, match="changes its input 0"):
        rules.assert_inputs_unchanged(student, "times_zero", torch.tensor([math.inf]), 1)


def test_plain_data_keeps_its_kinds_and_everything_but_its_tensors():
    x = torch.ones(2)
    given = {"a": (x, [1, None, "b"]), 2: [x, {"c": x}], "empty": ()}
    doubled = with_tensors(lambda tensor: 2 * tensor, given)
    assert doubled["a"][0].tolist() == doubled[2][1]["c"].tolist() == [2.0, 2.0]
    assert (type(doubled["a"]), doubled["a"][1], doubled["empty"]) == (tuple, [1, None, "b"], ())
    assert x.tolist() == [1.0, 1.0]
