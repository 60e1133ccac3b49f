"""The references of 06_visualization/inspect held to an independent truth."""

import torch

NOTEBOOK = "06_visualization/inspect"


def test_filter_grid_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.filter_grid(x), x)


def test_activation_maps_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.activation_maps(x), x)


def test_nearest_neighbors_in_feature_space_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.nearest_neighbors_in_feature_space(x), x)


def test_embed_features_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.embed_features(x), x)


def test_neighbor_probabilities_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.neighbor_probabilities(x), x)


def test_maximally_activating_patches_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.maximally_activating_patches(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import inspect

    assert "16" in inspect.overview().description
