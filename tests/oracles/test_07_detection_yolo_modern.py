"""The references of 07_detection/yolo_modern held to an independent truth."""

import torch

NOTEBOOK = "07_detection/yolo_modern"


def test_cspblock_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.CSPBlock()(x), x)


def test_yolo_v4_decode_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.yolo_v4_decode(x), x)


def test_yolo_v4_match_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.yolo_v4_match(x), x)


def test_yolo_v5_decode_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.yolo_v5_decode(x), x)


def test_yolo_v5_match_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.yolo_v5_match(x), x)


def test_balanced_objectness_loss_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.balanced_objectness_loss(x), x)


def test_focus_to_convolution_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.focus_to_convolution(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import yolo_modern

    assert "16" in yolo_modern.overview().description
