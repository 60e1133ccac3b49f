"""The references of 08_rnn/project_caption held to an independent truth."""

import torch

NOTEBOOK = "08_rnn/project_caption"


def test_pair_f1_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.pair_f1(x), x)


def test_captioner_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.captioner(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import project_caption

    assert "16" in project_caption.overview().description
