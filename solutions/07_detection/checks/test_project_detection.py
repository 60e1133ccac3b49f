"""Checks of the notebook project_detection."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def cell_targets_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("cell_targets", inputs=cell_targets_inputs)


@exercise("cell_targets")
def test_cell_targets_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.cell_targets(x), reference.cell_targets(x))


def detect_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("detect", inputs=detect_inputs)


@exercise("detect")
def test_detect_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.detect(x), reference.detect(x))
