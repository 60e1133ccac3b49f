"""Checks of the first exercises."""

import pytest
import torch

from autograder.authoring.compare import assert_close, assert_equal
from autograder.authoring.exercise import exercise
from autograder.authoring.inputs import noncontiguous, randn
from autograder.authoring.rules import assert_inputs_unchanged, assert_runs_on_one_device

SHAPES = pytest.mark.parametrize("num, dim", [(4, 3), (1, 5), (6, 1), (7, 2)])


@exercise("row_means")
@SHAPES
def test_each_row_gives_its_mean(student, reference, rng, num, dim):
    """The means of random rows agree with the reference."""
    x = randn(rng, num, dim, shift=1.0)
    assert_close(student.row_means(x), reference.row_means(x))


@exercise("row_means")
def test_the_dtype_of_the_means_is_the_inputs(student, reference, rng):
    """Rows of float64 give means of float64, with all their digits, and half precision stays half."""
    for dtype, rtol in ((torch.float64, 1e-12), (torch.float16, 1e-2)):
        x = randn(rng, 3, 5, dtype=dtype, shift=4.0)
        assert_close(student.row_means(x), reference.row_means(x), rtol=rtol)


@exercise("row_means")
def test_the_means_live_where_the_rows_do(student, rng):
    """The means are made on the input's device."""
    assert_runs_on_one_device(student, "row_means", randn(rng, 3, 2))


@exercise("row_means")
def test_rows_that_are_not_in_one_piece_of_memory_are_fine(student, reference, rng):
    """A tensor with other strides has the same means."""
    x = noncontiguous(randn(rng, 5, 4))
    assert_close(student.row_means(x), reference.row_means(x))


@exercise("row_means")
def test_the_rows_are_left_as_they_were(student, rng):
    """The input is not changed."""
    assert_inputs_unchanged(student, "row_means", randn(rng, 4, 3))


@exercise("append_ones")
@SHAPES
def test_a_column_of_ones_stands_on_the_right(student, reference, rng, num, dim):
    """Random rows are followed by a one each."""
    x = randn(rng, num, dim)
    assert_close(student.append_ones(x), reference.append_ones(x))


@exercise("append_ones")
def test_the_dtype_of_the_new_table_is_the_inputs(student, reference, rng):
    """A table of float64 gets a column of float64, and half precision stays half."""
    for dtype in (torch.float64, torch.float16):
        x = randn(rng, 3, 2, dtype=dtype)
        x[0] = 0
        assert_equal(student.append_ones(x), reference.append_ones(x))


@exercise("append_ones")
def test_the_column_lives_where_the_table_does(student, rng):
    """The ones are made on the input's device."""
    assert_runs_on_one_device(student, "append_ones", randn(rng, 3, 2))


@exercise("append_ones")
def test_the_table_is_left_as_it_was(student, rng):
    """The input is not changed."""
    assert_inputs_unchanged(student, "append_ones", randn(rng, 4, 3))
