"""The references of 06_visualization/project held to an independent truth."""

import torch

NOTEBOOK = "06_visualization/project"


def test_attack_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.attack(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import project

    assert "16" in project.overview().description
