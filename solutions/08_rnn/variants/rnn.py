"""What students write in rnn: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# rnn_step_forward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("rnn_step_forward", hint="TODO what was done, and what to think about.")
def rnn_step_forward_with_a_mistake(x):
    return x + 1


@right("rnn_step_forward")
def rnn_step_forward_in_another_style(x):
    return x + torch.zeros_like(x)


# rnn_step_backward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("rnn_step_backward", hint="TODO what was done, and what to think about.")
def rnn_step_backward_with_a_mistake(x):
    return x + 1


@right("rnn_step_backward")
def rnn_step_backward_in_another_style(x):
    return x + torch.zeros_like(x)


# rnn_forward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("rnn_forward", hint="TODO what was done, and what to think about.")
def rnn_forward_with_a_mistake(x):
    return x + 1


@right("rnn_forward")
def rnn_forward_in_another_style(x):
    return x + torch.zeros_like(x)


# rnn_backward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("rnn_backward", hint="TODO what was done, and what to think about.")
def rnn_backward_with_a_mistake(x):
    return x + 1


@right("rnn_backward")
def rnn_backward_in_another_style(x):
    return x + torch.zeros_like(x)


# truncated_bptt: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("truncated_bptt", hint="TODO what was done, and what to think about.")
def truncated_bptt_with_a_mistake(x):
    return x + 1


@right("truncated_bptt")
def truncated_bptt_in_another_style(x):
    return x + torch.zeros_like(x)


# clip_gradient_norm: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("clip_gradient_norm", hint="TODO what was done, and what to think about.")
def clip_gradient_norm_with_a_mistake(x):
    return x + 1


@right("clip_gradient_norm")
def clip_gradient_norm_in_another_style(x):
    return x + torch.zeros_like(x)
