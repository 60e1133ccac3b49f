"""Checks of the notebook language."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def word_embedding_forward_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("word_embedding_forward", inputs=word_embedding_forward_inputs)


@exercise("word_embedding_forward")
def test_word_embedding_forward_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.word_embedding_forward(x), reference.word_embedding_forward(x))


def temporal_softmax_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("temporal_softmax_loss", inputs=temporal_softmax_loss_inputs)


@exercise("temporal_softmax_loss")
def test_temporal_softmax_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.temporal_softmax_loss(x), reference.temporal_softmax_loss(x))


def char_language_model_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("char_language_model", inputs=char_language_model_inputs)


@exercise("char_language_model")
def test_char_language_model_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.char_language_model(x), reference.char_language_model(x))


def sample_text_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("sample_text", inputs=sample_text_inputs)


@exercise("sample_text")
def test_sample_text_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.sample_text(x), reference.sample_text(x))


def seq2seq_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("seq2seq", inputs=seq2seq_inputs)


@exercise("seq2seq")
def test_seq2seq_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.seq2seq(x), reference.seq2seq(x))


def beam_search_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("beam_search", inputs=beam_search_inputs)


@exercise("beam_search")
def test_beam_search_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.beam_search(x), reference.beam_search(x))
