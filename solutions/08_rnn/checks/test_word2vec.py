"""Checks of the notebook word2vec."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def cosine_similarity_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("cosine_similarity", inputs=cosine_similarity_inputs)


@exercise("cosine_similarity")
def test_cosine_similarity_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.cosine_similarity(x), reference.cosine_similarity(x))


def skip_gram_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("skip_gram_loss", inputs=skip_gram_loss_inputs)


@exercise("skip_gram_loss")
def test_skip_gram_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.skip_gram_loss(x), reference.skip_gram_loss(x))


def cbow_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("cbow_loss", inputs=cbow_loss_inputs)


@exercise("cbow_loss")
def test_cbow_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.cbow_loss(x), reference.cbow_loss(x))


def negative_sampling_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("negative_sampling_loss", inputs=negative_sampling_loss_inputs)


@exercise("negative_sampling_loss")
def test_negative_sampling_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.negative_sampling_loss(x), reference.negative_sampling_loss(x))


def most_similar_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("most_similar", inputs=most_similar_inputs)


@exercise("most_similar")
def test_most_similar_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.most_similar(x), reference.most_similar(x))
