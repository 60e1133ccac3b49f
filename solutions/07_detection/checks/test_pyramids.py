"""Checks of the notebook pyramids."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def feature_pyramid_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_feature_pyramid(ns, x):
    """Make the class and use it."""
    return ns.FeaturePyramid()(x)


contract("FeaturePyramid", inputs=feature_pyramid_inputs, use=use_feature_pyramid)


@exercise("FeaturePyramid")
def test_feature_pyramid_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_feature_pyramid, x), reference.run(use_feature_pyramid, x))


def assign_level_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("assign_level", inputs=assign_level_inputs)


@exercise("assign_level")
def test_assign_level_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.assign_level(x), reference.assign_level(x))


def path_aggregation_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_path_aggregation(ns, x):
    """Make the class and use it."""
    return ns.PathAggregation()(x)


contract("PathAggregation", inputs=path_aggregation_inputs, use=use_path_aggregation)


@exercise("PathAggregation")
def test_path_aggregation_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_path_aggregation, x), reference.run(use_path_aggregation, x))


def spatial_pyramid_pooling_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_spatial_pyramid_pooling(ns, x):
    """Make the class and use it."""
    return ns.SpatialPyramidPooling()(x)


contract("SpatialPyramidPooling", inputs=spatial_pyramid_pooling_inputs, use=use_spatial_pyramid_pooling)


@exercise("SpatialPyramidPooling")
def test_spatial_pyramid_pooling_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_spatial_pyramid_pooling, x), reference.run(use_spatial_pyramid_pooling, x))


def weighted_fusion_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("weighted_fusion", inputs=weighted_fusion_inputs)


@exercise("weighted_fusion")
def test_weighted_fusion_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.weighted_fusion(x), reference.weighted_fusion(x))


def multi_scale_batch_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("multi_scale_batch", inputs=multi_scale_batch_inputs)


@exercise("multi_scale_batch")
def test_multi_scale_batch_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.multi_scale_batch(x), reference.multi_scale_batch(x))
