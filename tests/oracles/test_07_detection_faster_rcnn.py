"""The references of 07_detection/faster_rcnn held to an independent truth."""

import torch

NOTEBOOK = "07_detection/faster_rcnn"


def test_rpnhead_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.RPNHead()(x), x)


def test_rpn_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.rpn_loss(x), x)


def test_filter_proposals_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.filter_proposals(x), x)


def test_fast_rcnn_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.fast_rcnn_loss(x), x)


def test_faster_rcnn_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.FasterRCNN()(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import faster_rcnn

    assert "16" in faster_rcnn.overview().description
