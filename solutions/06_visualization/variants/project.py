"""What students write in project: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# attack: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("attack", hint="TODO what was done, and what to think about.")
def attack_with_a_mistake(x):
    return x + 1


@right("attack")
def attack_in_another_style(x):
    return x + torch.zeros_like(x)
