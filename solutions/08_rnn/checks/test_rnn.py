"""Checks of the notebook rnn."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def rnn_step_forward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("rnn_step_forward", inputs=rnn_step_forward_inputs)


@exercise("rnn_step_forward")
def test_rnn_step_forward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.rnn_step_forward(x), reference.rnn_step_forward(x))


def rnn_step_backward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("rnn_step_backward", inputs=rnn_step_backward_inputs)


@exercise("rnn_step_backward")
def test_rnn_step_backward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.rnn_step_backward(x), reference.rnn_step_backward(x))


def rnn_forward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("rnn_forward", inputs=rnn_forward_inputs)


@exercise("rnn_forward")
def test_rnn_forward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.rnn_forward(x), reference.rnn_forward(x))


def rnn_backward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("rnn_backward", inputs=rnn_backward_inputs)


@exercise("rnn_backward")
def test_rnn_backward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.rnn_backward(x), reference.rnn_backward(x))


def truncated_bptt_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("truncated_bptt", inputs=truncated_bptt_inputs)


@exercise("truncated_bptt")
def test_truncated_bptt_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.truncated_bptt(x), reference.truncated_bptt(x))


def clip_gradient_norm_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("clip_gradient_norm", inputs=clip_gradient_norm_inputs)


@exercise("clip_gradient_norm")
def test_clip_gradient_norm_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.clip_gradient_norm(x), reference.clip_gradient_norm(x))
