"""The references of 07_detection/proposals held to an independent truth."""

import torch

NOTEBOOK = "07_detection/proposals"


def test_selective_search_merge_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.selective_search_merge(x), x)


def test_warp_regions_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.warp_regions(x), x)


def test_roi_pool_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.roi_pool(x), x)


def test_roi_align_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.roi_align(x), x)


def test_fit_region_heads_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.fit_region_heads(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import proposals

    assert "16" in proposals.overview().description
