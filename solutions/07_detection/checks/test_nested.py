"""Checks of the notebook nested."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def residual_ublock_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_residual_ublock(ns, x):
    """Make the class and use it."""
    return ns.ResidualUBlock()(x)


contract("ResidualUBlock", inputs=residual_ublock_inputs, use=use_residual_ublock)


@exercise("ResidualUBlock")
def test_residual_ublock_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_residual_ublock, x), reference.run(use_residual_ublock, x))


def nested_unet_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_nested_unet(ns, x):
    """Make the class and use it."""
    return ns.NestedUNet()(x)


contract("NestedUNet", inputs=nested_unet_inputs, use=use_nested_unet)


@exercise("NestedUNet")
def test_nested_unet_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_nested_unet, x), reference.run(use_nested_unet, x))


def u2net_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("u2net_loss", inputs=u2net_loss_inputs)


@exercise("u2net_loss")
def test_u2net_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.u2net_loss(x), reference.u2net_loss(x))


def saliency_metrics_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("saliency_metrics", inputs=saliency_metrics_inputs)


@exercise("saliency_metrics")
def test_saliency_metrics_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.saliency_metrics(x), reference.saliency_metrics(x))


def boundary_f_measure_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("boundary_f_measure", inputs=boundary_f_measure_inputs)


@exercise("boundary_f_measure")
def test_boundary_f_measure_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.boundary_f_measure(x), reference.boundary_f_measure(x))
