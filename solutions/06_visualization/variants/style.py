"""What students write in style: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# gram_matrix: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("gram_matrix", hint="TODO what was done, and what to think about.")
def gram_matrix_with_a_mistake(x):
    return x + 1


@right("gram_matrix")
def gram_matrix_in_another_style(x):
    return x + torch.zeros_like(x)


# content_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("content_loss", hint="TODO what was done, and what to think about.")
def content_loss_with_a_mistake(x):
    return x + 1


@right("content_loss")
def content_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# style_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("style_loss", hint="TODO what was done, and what to think about.")
def style_loss_with_a_mistake(x):
    return x + 1


@right("style_loss")
def style_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# total_variation_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("total_variation_loss", hint="TODO what was done, and what to think about.")
def total_variation_loss_with_a_mistake(x):
    return x + 1


@right("total_variation_loss")
def total_variation_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# style_transfer: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("style_transfer", hint="TODO what was done, and what to think about.")
def style_transfer_with_a_mistake(x):
    return x + 1


@right("style_transfer")
def style_transfer_in_another_style(x):
    return x + torch.zeros_like(x)
