"""The first exercises' references held to independent truths: the standard library, a closed form, numpy."""

from statistics import fmean

import numpy as np
import pytest
import torch

NOTEBOOK = "00_start/start"


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (50, 2)])
def test_row_means_agree_with_the_standard_librarys_mean(solution, shape):
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = torch.tensor([fmean(row) for row in x.tolist()], dtype=torch.float64)
    torch.testing.assert_close(solution.row_means(x), expected)


def test_rows_that_count_up_have_the_mean_of_their_ends(solution):
    x = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    assert solution.row_means(x).tolist() == [1.5, 5.5, 9.5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_append_ones_is_numpys_c_with_ones(solution, dtype):
    x = torch.randn(4, 3, dtype=dtype, generator=torch.Generator().manual_seed(1))
    found = solution.append_ones(x)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), np.c_[x.numpy(), np.ones(4)].astype(x.numpy().dtype))


def test_a_product_with_appended_ones_adds_a_bias(solution):
    x, weights, bias = torch.randn(5, 3), torch.randn(3, 2), torch.randn(2)
    with_bias = solution.append_ones(x) @ torch.cat([weights, bias[None]])
    torch.testing.assert_close(with_bias, torch.nn.functional.linear(x, weights.T, bias))
