"""The references of 05_training/tuning held to an independent truth."""

import torch

NOTEBOOK = "05_training/tuning"


def test_initial_loss_check_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.initial_loss_check(x), x)


def test_overfit_small_batch_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.overfit_small_batch(x), x)


def test_random_search_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.random_search(x), x)


def test_evolve_settings_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.evolve_settings(x), x)


def test_diagnose_curves_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.diagnose_curves(x), x)


def test_ema_update_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.ema_update(x), x)


def test_ensemble_predict_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.ensemble_predict(x), x)


def test_predict_views_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.predict_views(x), x)


def test_train_step_amp_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close(solution.train_step_amp(x), x)


def test_the_overview_shows_what_is_said_of_it():
    from coursekit.figures import tuning

    assert "16" in tuning.overview().description
