"""Checks of the notebook attribution."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def occlusion_map_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("occlusion_map", inputs=occlusion_map_inputs)


@exercise("occlusion_map")
def test_occlusion_map_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.occlusion_map(x), reference.occlusion_map(x))


def saliency_map_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("saliency_map", inputs=saliency_map_inputs)


@exercise("saliency_map")
def test_saliency_map_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.saliency_map(x), reference.saliency_map(x))


def guided_backprop_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("guided_backprop", inputs=guided_backprop_inputs)


@exercise("guided_backprop")
def test_guided_backprop_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.guided_backprop(x), reference.guided_backprop(x))


def grad_cam_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("grad_cam", inputs=grad_cam_inputs)


@exercise("grad_cam")
def test_grad_cam_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.grad_cam(x), reference.grad_cam(x))


def grow_region_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("grow_region", inputs=grow_region_inputs)


@exercise("grow_region")
def test_grow_region_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.grow_region(x), reference.grow_region(x))


def segment_from_saliency_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("segment_from_saliency", inputs=segment_from_saliency_inputs)


@exercise("segment_from_saliency")
def test_segment_from_saliency_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.segment_from_saliency(x), reference.segment_from_saliency(x))
