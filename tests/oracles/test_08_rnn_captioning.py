"""The references of 08_rnn/captioning held to an independent truth."""

import torch

NOTEBOOK = "08_rnn/captioning"


def test_captioning_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.captioning_loss(x), x)


def test_captioning_sample_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.captioning_sample(x), x)


def test_dense_captions_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.dense_captions(x), x)


def test_video_classifier_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.video_classifier(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import captioning

    assert "16" in captioning.overview().description
