"""Checks of the notebook faster_rcnn."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def rpnhead_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_rpnhead(ns, x):
    """Make the class and use it."""
    return ns.RPNHead()(x)


contract("RPNHead", inputs=rpnhead_inputs, use=use_rpnhead)


@exercise("RPNHead")
def test_rpnhead_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_rpnhead, x), reference.run(use_rpnhead, x))


def rpn_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("rpn_loss", inputs=rpn_loss_inputs)


@exercise("rpn_loss")
def test_rpn_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.rpn_loss(x), reference.rpn_loss(x))


def filter_proposals_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("filter_proposals", inputs=filter_proposals_inputs)


@exercise("filter_proposals")
def test_filter_proposals_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.filter_proposals(x), reference.filter_proposals(x))


def fast_rcnn_loss_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("fast_rcnn_loss", inputs=fast_rcnn_loss_inputs)


@exercise("fast_rcnn_loss")
def test_fast_rcnn_loss_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.fast_rcnn_loss(x), reference.fast_rcnn_loss(x))


def faster_rcnn_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_faster_rcnn(ns, x):
    """Make the class and use it."""
    return ns.FasterRCNN()(x)


contract("FasterRCNN", inputs=faster_rcnn_inputs, use=use_faster_rcnn)


@exercise("FasterRCNN")
def test_faster_rcnn_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_faster_rcnn, x), reference.run(use_faster_rcnn, x))
