"""The references of 07_detection/deeplab held to an independent truth."""

import torch

NOTEBOOK = "07_detection/deeplab"


def test_large_fov_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.LargeFOV()(x), x)


def test_dense_crf_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.dense_crf(x), x)


def test_aspp_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.ASPP()(x), x)


def test_deep_lab_v3_head_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.DeepLabV3Head()(x), x)


def test_lraspphead_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.LRASPPHead()(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import deeplab

    assert "16" in deeplab.overview().description
