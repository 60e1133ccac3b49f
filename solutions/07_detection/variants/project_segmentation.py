"""What students write in project_segmentation: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# coarse_labels: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("coarse_labels", hint="TODO what was done, and what to think about.")
def coarse_labels_with_a_mistake(x):
    return x + 1


@right("coarse_labels")
def coarse_labels_in_another_style(x):
    return x + torch.zeros_like(x)


# segment: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("segment", hint="TODO what was done, and what to think about.")
def segment_with_a_mistake(x):
    return x + 1


@right("segment")
def segment_in_another_style(x):
    return x + torch.zeros_like(x)
