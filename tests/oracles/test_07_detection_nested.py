"""The references of 07_detection/nested held to an independent truth."""

import torch

NOTEBOOK = "07_detection/nested"


def test_residual_ublock_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.ResidualUBlock()(x), x)


def test_nested_unet_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.NestedUNet()(x), x)


def test_u2net_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.u2net_loss(x), x)


def test_saliency_metrics_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.saliency_metrics(x), x)


def test_boundary_f_measure_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.boundary_f_measure(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import nested

    assert "16" in nested.overview().description
