"""What students write in synthesis: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# class_visualization_step: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("class_visualization_step", hint="TODO what was done, and what to think about.")
def class_visualization_step_with_a_mistake(x):
    return x + 1


@right("class_visualization_step")
def class_visualization_step_in_another_style(x):
    return x + torch.zeros_like(x)


# fooling_image: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("fooling_image", hint="TODO what was done, and what to think about.")
def fooling_image_with_a_mistake(x):
    return x + 1


@right("fooling_image")
def fooling_image_in_another_style(x):
    return x + torch.zeros_like(x)


# fgsm: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("fgsm", hint="TODO what was done, and what to think about.")
def fgsm_with_a_mistake(x):
    return x + 1


@right("fgsm")
def fgsm_in_another_style(x):
    return x + torch.zeros_like(x)


# feature_inversion_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("feature_inversion_loss", hint="TODO what was done, and what to think about.")
def feature_inversion_loss_with_a_mistake(x):
    return x + 1


@right("feature_inversion_loss")
def feature_inversion_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# deep_dream_step: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("deep_dream_step", hint="TODO what was done, and what to think about.")
def deep_dream_step_with_a_mistake(x):
    return x + 1


@right("deep_dream_step")
def deep_dream_step_in_another_style(x):
    return x + torch.zeros_like(x)


# faceted_start: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("faceted_start", hint="TODO what was done, and what to think about.")
def faceted_start_with_a_mistake(x):
    return x + 1


@right("faceted_start")
def faceted_start_in_another_style(x):
    return x + torch.zeros_like(x)
