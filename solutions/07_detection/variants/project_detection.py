"""What students write in project_detection: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# cell_targets: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("cell_targets", hint="TODO what was done, and what to think about.")
def cell_targets_with_a_mistake(x):
    return x + 1


@right("cell_targets")
def cell_targets_in_another_style(x):
    return x + torch.zeros_like(x)


# detect: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("detect", hint="TODO what was done, and what to think about.")
def detect_with_a_mistake(x):
    return x + 1


@right("detect")
def detect_in_another_style(x):
    return x + torch.zeros_like(x)
