"""The references of 08_rnn/lstm held to an independent truth."""

import torch

NOTEBOOK = "08_rnn/lstm"


def test_lstm_step_forward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.lstm_step_forward(x), x)


def test_lstm_step_backward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.lstm_step_backward(x), x)


def test_lstm_forward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.lstm_forward(x), x)


def test_gru_step_forward_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.gru_step_forward(x), x)


def test_memory_gradient_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.memory_gradient(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import lstm

    assert "16" in lstm.overview().description
