"""Checks of the notebook instance."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def mask_head_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("mask_head", inputs=mask_head_inputs)


@exercise("mask_head")
def test_mask_head_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.mask_head(x), reference.mask_head(x))


def mask_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("mask_loss", inputs=mask_loss_inputs)


@exercise("mask_loss")
def test_mask_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.mask_loss(x), reference.mask_loss(x))


def paste_mask_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("paste_mask", inputs=paste_mask_inputs)


@exercise("paste_mask")
def test_paste_mask_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.paste_mask(x), reference.paste_mask(x))


def keypoint_heatmap_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("keypoint_heatmap", inputs=keypoint_heatmap_inputs)


@exercise("keypoint_heatmap")
def test_keypoint_heatmap_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.keypoint_heatmap(x), reference.keypoint_heatmap(x))


def yolact_assemble_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("yolact_assemble", inputs=yolact_assemble_inputs)


@exercise("yolact_assemble")
def test_yolact_assemble_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.yolact_assemble(x), reference.yolact_assemble(x))


def panoptic_merge_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("panoptic_merge", inputs=panoptic_merge_inputs)


@exercise("panoptic_merge")
def test_panoptic_merge_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.panoptic_merge(x), reference.panoptic_merge(x))


def polygon_to_mask_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("polygon_to_mask", inputs=polygon_to_mask_inputs)


@exercise("polygon_to_mask")
def test_polygon_to_mask_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.polygon_to_mask(x), reference.polygon_to_mask(x))
