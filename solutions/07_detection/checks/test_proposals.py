"""Checks of the notebook proposals."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def selective_search_merge_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("selective_search_merge", inputs=selective_search_merge_inputs)


@exercise("selective_search_merge")
def test_selective_search_merge_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.selective_search_merge(x), reference.selective_search_merge(x))


def warp_regions_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("warp_regions", inputs=warp_regions_inputs)


@exercise("warp_regions")
def test_warp_regions_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.warp_regions(x), reference.warp_regions(x))


def roi_pool_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("roi_pool", inputs=roi_pool_inputs)


@exercise("roi_pool")
def test_roi_pool_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.roi_pool(x), reference.roi_pool(x))


def roi_align_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("roi_align", inputs=roi_align_inputs)


@exercise("roi_align")
def test_roi_align_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.roi_align(x), reference.roi_align(x))


def fit_region_heads_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("fit_region_heads", inputs=fit_region_heads_inputs)


@exercise("fit_region_heads")
def test_fit_region_heads_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.fit_region_heads(x), reference.fit_region_heads(x))
