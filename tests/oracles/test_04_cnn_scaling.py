"""The references of 04_cnn/scaling held to an independent truth."""

import torch

NOTEBOOK = "04_cnn/scaling"


def test_mbconv_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.MBConv()(x), x)


def test_fused_mbconv_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.FusedMBConv()(x), x)


def test_compound_scaling_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.compound_scaling(x), x)


def test_conv_ne_xt_block_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.ConvNeXtBlock()(x), x)


def test_architecture_search_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.architecture_search(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import scaling

    assert "16" in scaling.overview().description
