"""Checks of the notebook lstm."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def lstm_step_forward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("lstm_step_forward", inputs=lstm_step_forward_inputs)


@exercise("lstm_step_forward")
def test_lstm_step_forward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.lstm_step_forward(x), reference.lstm_step_forward(x))


def lstm_step_backward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("lstm_step_backward", inputs=lstm_step_backward_inputs)


@exercise("lstm_step_backward")
def test_lstm_step_backward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.lstm_step_backward(x), reference.lstm_step_backward(x))


def lstm_forward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("lstm_forward", inputs=lstm_forward_inputs)


@exercise("lstm_forward")
def test_lstm_forward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.lstm_forward(x), reference.lstm_forward(x))


def gru_step_forward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("gru_step_forward", inputs=gru_step_forward_inputs)


@exercise("gru_step_forward")
def test_gru_step_forward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.gru_step_forward(x), reference.gru_step_forward(x))


def memory_gradient_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("memory_gradient", inputs=memory_gradient_inputs)


@exercise("memory_gradient")
def test_memory_gradient_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.memory_gradient(x), reference.memory_gradient(x))
