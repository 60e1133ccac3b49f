"""Checks of the notebook segmentation."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def pixel_cross_entropy_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("pixel_cross_entropy", inputs=pixel_cross_entropy_inputs)


@exercise("pixel_cross_entropy")
def test_pixel_cross_entropy_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.pixel_cross_entropy(x), reference.pixel_cross_entropy(x))


def confusion_matrix_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("confusion_matrix", inputs=confusion_matrix_inputs)


@exercise("confusion_matrix")
def test_confusion_matrix_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.confusion_matrix(x), reference.confusion_matrix(x))


def segmentation_metrics_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("segmentation_metrics", inputs=segmentation_metrics_inputs)


@exercise("segmentation_metrics")
def test_segmentation_metrics_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.segmentation_metrics(x), reference.segmentation_metrics(x))


def dice_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("dice_loss", inputs=dice_loss_inputs)


@exercise("dice_loss")
def test_dice_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.dice_loss(x), reference.dice_loss(x))


def weighted_pixel_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("weighted_pixel_loss", inputs=weighted_pixel_loss_inputs)


@exercise("weighted_pixel_loss")
def test_weighted_pixel_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.weighted_pixel_loss(x), reference.weighted_pixel_loss(x))


def fcn8s_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_fcn8s(ns, x):
    """Make the class and use it."""
    return ns.FCN8s()(x)


contract("FCN8s", inputs=fcn8s_inputs, use=use_fcn8s)


@exercise("FCN8s")
def test_fcn8s_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_fcn8s, x), reference.run(use_fcn8s, x))


def unet_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_unet(ns, x):
    """Make the class and use it."""
    return ns.UNet()(x)


contract("UNet", inputs=unet_inputs, use=use_unet)


@exercise("UNet")
def test_unet_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_unet, x), reference.run(use_unet, x))


def overlap_tile_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("overlap_tile", inputs=overlap_tile_inputs)


@exercise("overlap_tile")
def test_overlap_tile_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.overlap_tile(x), reference.overlap_tile(x))
