"""Checks of the notebook project_caption."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def pair_f1_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("pair_f1", inputs=pair_f1_inputs)


@exercise("pair_f1")
def test_pair_f1_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.pair_f1(x), reference.pair_f1(x))


def captioner_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("captioner", inputs=captioner_inputs)


@exercise("captioner")
def test_captioner_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.captioner(x), reference.captioner(x))
