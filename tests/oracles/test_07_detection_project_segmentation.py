"""The references of 07_detection/project_segmentation held to an independent truth."""

import torch

NOTEBOOK = "07_detection/project_segmentation"


def test_coarse_labels_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.coarse_labels(x), x)


def test_segment_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.segment(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import project_segmentation

    assert "16" in project_segmentation.overview().description
