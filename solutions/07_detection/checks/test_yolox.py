"""Checks of the notebook yolox."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def decoupled_head_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_decoupled_head(ns, x):
    """Make the class and use it."""
    return ns.DecoupledHead()(x)


contract("DecoupledHead", inputs=decoupled_head_inputs, use=use_decoupled_head)


@exercise("DecoupledHead")
def test_decoupled_head_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_decoupled_head, x), reference.run(use_decoupled_head, x))


def yolox_decode_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("yolox_decode", inputs=yolox_decode_inputs)


@exercise("yolox_decode")
def test_yolox_decode_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.yolox_decode(x), reference.yolox_decode(x))


def simota_candidates_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("simota_candidates", inputs=simota_candidates_inputs)


@exercise("simota_candidates")
def test_simota_candidates_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.simota_candidates(x), reference.simota_candidates(x))


def dynamic_match_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("dynamic_match", inputs=dynamic_match_inputs)


@exercise("dynamic_match")
def test_dynamic_match_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.dynamic_match(x), reference.dynamic_match(x))


def simota_assign_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("simota_assign", inputs=simota_assign_inputs)


@exercise("simota_assign")
def test_simota_assign_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.simota_assign(x), reference.simota_assign(x))


def yolox_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("yolox_loss", inputs=yolox_loss_inputs)


@exercise("yolox_loss")
def test_yolox_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.yolox_loss(x), reference.yolox_loss(x))
