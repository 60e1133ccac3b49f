"""The references of 08_rnn/word2vec held to an independent truth."""

import torch

NOTEBOOK = "08_rnn/word2vec"


def test_cosine_similarity_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.cosine_similarity(x), x)


def test_skip_gram_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.skip_gram_loss(x), x)


def test_cbow_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.cbow_loss(x), x)


def test_negative_sampling_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.negative_sampling_loss(x), x)


def test_most_similar_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.most_similar(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import word2vec

    assert "16" in word2vec.overview().description
