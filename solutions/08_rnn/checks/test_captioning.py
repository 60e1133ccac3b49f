"""Checks of the notebook captioning."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def captioning_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("captioning_loss", inputs=captioning_loss_inputs)


@exercise("captioning_loss")
def test_captioning_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.captioning_loss(x), reference.captioning_loss(x))


def captioning_sample_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("captioning_sample", inputs=captioning_sample_inputs)


@exercise("captioning_sample")
def test_captioning_sample_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.captioning_sample(x), reference.captioning_sample(x))


def dense_captions_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("dense_captions", inputs=dense_captions_inputs)


@exercise("dense_captions")
def test_dense_captions_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.dense_captions(x), reference.dense_captions(x))


def video_classifier_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("video_classifier", inputs=video_classifier_inputs)


@exercise("video_classifier")
def test_video_classifier_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.video_classifier(x), reference.video_classifier(x))
