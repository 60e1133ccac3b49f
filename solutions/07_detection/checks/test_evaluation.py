"""Checks of the notebook evaluation."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def nms_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("nms", inputs=nms_inputs)


@exercise("nms")
def test_nms_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.nms(x), reference.nms(x))


def soft_nms_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("soft_nms", inputs=soft_nms_inputs)


@exercise("soft_nms")
def test_soft_nms_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.soft_nms(x), reference.soft_nms(x))


def diou_nms_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("diou_nms", inputs=diou_nms_inputs)


@exercise("diou_nms")
def test_diou_nms_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.diou_nms(x), reference.diou_nms(x))


def match_detections_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("match_detections", inputs=match_detections_inputs)


@exercise("match_detections")
def test_match_detections_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.match_detections(x), reference.match_detections(x))


def precision_recall_curve_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("precision_recall_curve", inputs=precision_recall_curve_inputs)


@exercise("precision_recall_curve")
def test_precision_recall_curve_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.precision_recall_curve(x), reference.precision_recall_curve(x))


def average_precision_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("average_precision", inputs=average_precision_inputs)


@exercise("average_precision")
def test_average_precision_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.average_precision(x), reference.average_precision(x))


def average_recall_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("average_recall", inputs=average_recall_inputs)


@exercise("average_recall")
def test_average_recall_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.average_recall(x), reference.average_recall(x))


def coco_numbers_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("coco_numbers", inputs=coco_numbers_inputs)


@exercise("coco_numbers")
def test_coco_numbers_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.coco_numbers(x), reference.coco_numbers(x))
