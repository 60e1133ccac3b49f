"""The references of 06_visualization/synthesis held to an independent truth."""

import torch

NOTEBOOK = "06_visualization/synthesis"


def test_class_visualization_step_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.class_visualization_step(x), x)


def test_fooling_image_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.fooling_image(x), x)


def test_fgsm_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.fgsm(x), x)


def test_feature_inversion_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.feature_inversion_loss(x), x)


def test_deep_dream_step_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.deep_dream_step(x), x)


def test_faceted_start_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.faceted_start(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import synthesis

    assert "16" in synthesis.overview().description
