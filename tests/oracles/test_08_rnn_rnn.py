"""The references of 08_rnn/rnn held to an independent truth."""

import torch

NOTEBOOK = "08_rnn/rnn"


def test_rnn_step_forward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.rnn_step_forward(x), x)


def test_rnn_step_backward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.rnn_step_backward(x), x)


def test_rnn_forward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.rnn_forward(x), x)


def test_rnn_backward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.rnn_backward(x), x)


def test_truncated_bptt_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.truncated_bptt(x), x)


def test_clip_gradient_norm_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.clip_gradient_norm(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import rnn

    assert "16" in rnn.overview().description
