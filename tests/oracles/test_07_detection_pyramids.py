"""The references of 07_detection/pyramids held to an independent truth."""

import torch

NOTEBOOK = "07_detection/pyramids"


def test_feature_pyramid_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.FeaturePyramid()(x), x)


def test_assign_level_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.assign_level(x), x)


def test_path_aggregation_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.PathAggregation()(x), x)


def test_spatial_pyramid_pooling_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.SpatialPyramidPooling()(x), x)


def test_weighted_fusion_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.weighted_fusion(x), x)


def test_multi_scale_batch_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.multi_scale_batch(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import pyramids

    assert "16" in pyramids.overview().description
