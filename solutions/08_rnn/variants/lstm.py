"""What students write in lstm: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# lstm_step_forward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("lstm_step_forward", hint="TODO what was done, and what to think about.")
def lstm_step_forward_with_a_mistake(x):
    return x + 1


@right("lstm_step_forward")
def lstm_step_forward_in_another_style(x):
    return x + torch.zeros_like(x)


# lstm_step_backward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("lstm_step_backward", hint="TODO what was done, and what to think about.")
def lstm_step_backward_with_a_mistake(x):
    return x + 1


@right("lstm_step_backward")
def lstm_step_backward_in_another_style(x):
    return x + torch.zeros_like(x)


# lstm_forward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("lstm_forward", hint="TODO what was done, and what to think about.")
def lstm_forward_with_a_mistake(x):
    return x + 1


@right("lstm_forward")
def lstm_forward_in_another_style(x):
    return x + torch.zeros_like(x)


# gru_step_forward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("gru_step_forward", hint="TODO what was done, and what to think about.")
def gru_step_forward_with_a_mistake(x):
    return x + 1


@right("gru_step_forward")
def gru_step_forward_in_another_style(x):
    return x + torch.zeros_like(x)


# memory_gradient: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("memory_gradient", hint="TODO what was done, and what to think about.")
def memory_gradient_with_a_mistake(x):
    return x + 1


@right("memory_gradient")
def memory_gradient_in_another_style(x):
    return x + torch.zeros_like(x)
