"""Checks of the notebook deeplab."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def large_fov_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_large_fov(ns, x):
    """Make the class and use it."""
    return ns.LargeFOV()(x)


contract("LargeFOV", inputs=large_fov_inputs, use=use_large_fov)


@exercise("LargeFOV")
def test_large_fov_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_large_fov, x), reference.run(use_large_fov, x))


def dense_crf_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("dense_crf", inputs=dense_crf_inputs)


@exercise("dense_crf")
def test_dense_crf_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.dense_crf(x), reference.dense_crf(x))


def aspp_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_aspp(ns, x):
    """Make the class and use it."""
    return ns.ASPP()(x)


contract("ASPP", inputs=aspp_inputs, use=use_aspp)


@exercise("ASPP")
def test_aspp_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_aspp, x), reference.run(use_aspp, x))


def deep_lab_v3_head_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_deep_lab_v3_head(ns, x):
    """Make the class and use it."""
    return ns.DeepLabV3Head()(x)


contract("DeepLabV3Head", inputs=deep_lab_v3_head_inputs, use=use_deep_lab_v3_head)


@exercise("DeepLabV3Head")
def test_deep_lab_v3_head_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_deep_lab_v3_head, x), reference.run(use_deep_lab_v3_head, x))


def lraspphead_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_lraspphead(ns, x):
    """Make the class and use it."""
    return ns.LRASPPHead()(x)


contract("LRASPPHead", inputs=lraspphead_inputs, use=use_lraspphead)


@exercise("LRASPPHead")
def test_lraspphead_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_lraspphead, x), reference.run(use_lraspphead, x))
