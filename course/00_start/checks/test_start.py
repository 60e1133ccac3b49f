"""Checks of the first exercises."""

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, randn

HALF, SINGLE, DOUBLE = torch.float16, torch.float32, torch.float64
# In the first exercises a side condition counts as much as the values.
ALL = dict.fromkeys(("alone", "device", "dtype", "strides"), 1.0)
SHAPES = pytest.mark.parametrize("num, dim", [(4, 3), (7, 2)])


@exercise("row_means")
@SHAPES
def test_each_row_gives_its_mean(student, reference, rng, num, dim):
    """The means of random rows agree with the reference."""
    x = randn(rng, num, dim, shift=1.0)
    assert_close(student.row_means(x), reference.row_means(x))


@exercise("row_means")
def test_a_zero_is_a_number_like_any_other(student):
    """Zeros count: the row 0, 0, 3 has the mean 1, and a row of zeros has 0."""
    x = torch.tensor([[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
    assert_close(student.row_means(x), torch.tensor([1.0, 0.0]))


contract(
    "row_means",
    inputs=lambda rng, N=4, D=3, dtype=DOUBLE: (randn(rng, N, D, dtype=dtype, shift=4.0),),
    one="ND",
    costs=ALL,
    dtypes=(HALF, SINGLE, DOUBLE),
    tolerances={HALF: {"rtol": 1e-2}, DOUBLE: {"rtol": 1e-12}},
)


@exercise("append_ones")
@SHAPES
def test_a_column_of_ones_stands_on_the_right(student, reference, rng, num, dim):
    """Random rows are followed by a one each."""
    x = randn(rng, num, dim)
    assert_close(student.append_ones(x), reference.append_ones(x))


@exercise("append_ones")
def test_a_column_is_added_also_where_ones_stand_already(student):
    """A table of ones gets one more column, as any other table does."""
    assert_equal(student.append_ones(torch.ones(3, 2)), torch.ones(3, 3))


def with_a_blank_row(rng, N=4, D=3, dtype=DOUBLE):
    """Return a table whose first row is zero."""
    x = randn(rng, N, D, dtype=dtype)
    x[0] = 0
    return (x,)


contract(
    "append_ones", inputs=with_a_blank_row, dtypes=(HALF, SINGLE, DOUBLE), compare=assert_equal, one="ND", costs=ALL
)
