"""Checks of the notebook tuning."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def initial_loss_check_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("initial_loss_check", inputs=initial_loss_check_inputs)


@exercise("initial_loss_check")
def test_initial_loss_check_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.initial_loss_check(x), reference.initial_loss_check(x))


def overfit_small_batch_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("overfit_small_batch", inputs=overfit_small_batch_inputs)


@exercise("overfit_small_batch")
def test_overfit_small_batch_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.overfit_small_batch(x), reference.overfit_small_batch(x))


def random_search_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("random_search", inputs=random_search_inputs)


@exercise("random_search")
def test_random_search_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.random_search(x), reference.random_search(x))


def evolve_settings_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("evolve_settings", inputs=evolve_settings_inputs)


@exercise("evolve_settings")
def test_evolve_settings_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.evolve_settings(x), reference.evolve_settings(x))


def diagnose_curves_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("diagnose_curves", inputs=diagnose_curves_inputs)


@exercise("diagnose_curves")
def test_diagnose_curves_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.diagnose_curves(x), reference.diagnose_curves(x))


def ema_update_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("ema_update", inputs=ema_update_inputs)


@exercise("ema_update")
def test_ema_update_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.ema_update(x), reference.ema_update(x))


def ensemble_predict_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("ensemble_predict", inputs=ensemble_predict_inputs)


@exercise("ensemble_predict")
def test_ensemble_predict_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.ensemble_predict(x), reference.ensemble_predict(x))


def predict_views_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("predict_views", inputs=predict_views_inputs)


@exercise("predict_views")
def test_predict_views_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.predict_views(x), reference.predict_views(x))


def train_step_amp_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("train_step_amp", inputs=train_step_amp_inputs)


@exercise("train_step_amp")
def test_train_step_amp_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.train_step_amp(x), reference.train_step_amp(x))
