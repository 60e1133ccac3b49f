"""What students write in tuning: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# initial_loss_check: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("initial_loss_check", hint="TODO what was done, and what to think about.")
def initial_loss_check_with_a_mistake(x):
    return x + 1


@right("initial_loss_check")
def initial_loss_check_in_another_style(x):
    return x + torch.zeros_like(x)


# overfit_small_batch: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("overfit_small_batch", hint="TODO what was done, and what to think about.")
def overfit_small_batch_with_a_mistake(x):
    return x + 1


@right("overfit_small_batch")
def overfit_small_batch_in_another_style(x):
    return x + torch.zeros_like(x)


# random_search: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("random_search", hint="TODO what was done, and what to think about.")
def random_search_with_a_mistake(x):
    return x + 1


@right("random_search")
def random_search_in_another_style(x):
    return x + torch.zeros_like(x)


# evolve_settings: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("evolve_settings", hint="TODO what was done, and what to think about.")
def evolve_settings_with_a_mistake(x):
    return x + 1


@right("evolve_settings")
def evolve_settings_in_another_style(x):
    return x + torch.zeros_like(x)


# diagnose_curves: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("diagnose_curves", hint="TODO what was done, and what to think about.")
def diagnose_curves_with_a_mistake(x):
    return x + 1


@right("diagnose_curves")
def diagnose_curves_in_another_style(x):
    return x + torch.zeros_like(x)


# ema_update: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("ema_update", hint="TODO what was done, and what to think about.")
def ema_update_with_a_mistake(x):
    return x + 1


@right("ema_update")
def ema_update_in_another_style(x):
    return x + torch.zeros_like(x)


# ensemble_predict: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("ensemble_predict", hint="TODO what was done, and what to think about.")
def ensemble_predict_with_a_mistake(x):
    return x + 1


@right("ensemble_predict")
def ensemble_predict_in_another_style(x):
    return x + torch.zeros_like(x)


# predict_views: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("predict_views", hint="TODO what was done, and what to think about.")
def predict_views_with_a_mistake(x):
    return x + 1


@right("predict_views")
def predict_views_in_another_style(x):
    return x + torch.zeros_like(x)


# train_step_amp: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("train_step_amp", hint="TODO what was done, and what to think about.")
def train_step_amp_with_a_mistake(x):
    return x + 1


@right("train_step_amp")
def train_step_amp_in_another_style(x):
    return x + torch.zeros_like(x)
