"""The references of 07_detection/project_detection held to an independent truth."""

import torch

NOTEBOOK = "07_detection/project_detection"


def test_cell_targets_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.cell_targets(x), x)


def test_detect_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.detect(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import project_detection

    assert "16" in project_detection.overview().description
