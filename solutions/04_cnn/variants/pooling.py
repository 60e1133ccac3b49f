"""What students write in pooling: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# max_pool2d: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("max_pool2d", hint="TODO what was done, and what to think about.")
def max_pool2d_with_a_mistake(x):
    return x + 1


@right("max_pool2d")
def max_pool2d_in_another_style(x):
    return x + torch.zeros_like(x)


# max_pool2d_backward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("max_pool2d_backward", hint="TODO what was done, and what to think about.")
def max_pool2d_backward_with_a_mistake(x):
    return x + 1


@right("max_pool2d_backward")
def max_pool2d_backward_in_another_style(x):
    return x + torch.zeros_like(x)


# avg_pool2d: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("avg_pool2d", hint="TODO what was done, and what to think about.")
def avg_pool2d_with_a_mistake(x):
    return x + 1


@right("avg_pool2d")
def avg_pool2d_in_another_style(x):
    return x + torch.zeros_like(x)


# avg_pool2d_backward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("avg_pool2d_backward", hint="TODO what was done, and what to think about.")
def avg_pool2d_backward_with_a_mistake(x):
    return x + 1


@right("avg_pool2d_backward")
def avg_pool2d_backward_in_another_style(x):
    return x + torch.zeros_like(x)


# receptive_field: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("receptive_field", hint="TODO what was done, and what to think about.")
def receptive_field_with_a_mistake(x):
    return x + 1


@right("receptive_field")
def receptive_field_in_another_style(x):
    return x + torch.zeros_like(x)
