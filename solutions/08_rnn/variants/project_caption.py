"""What students write in project_caption: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# pair_f1: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("pair_f1", hint="TODO what was done, and what to think about.")
def pair_f1_with_a_mistake(x):
    return x + 1


@right("pair_f1")
def pair_f1_in_another_style(x):
    return x + torch.zeros_like(x)


# captioner: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("captioner", hint="TODO what was done, and what to think about.")
def captioner_with_a_mistake(x):
    return x + 1


@right("captioner")
def captioner_in_another_style(x):
    return x + torch.zeros_like(x)
