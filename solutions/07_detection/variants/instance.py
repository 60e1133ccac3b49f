"""What students write in instance: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# mask_head: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("mask_head", hint="TODO what was done, and what to think about.")
def mask_head_with_a_mistake(x):
    return x + 1


@right("mask_head")
def mask_head_in_another_style(x):
    return x + torch.zeros_like(x)


# mask_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("mask_loss", hint="TODO what was done, and what to think about.")
def mask_loss_with_a_mistake(x):
    return x + 1


@right("mask_loss")
def mask_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# paste_mask: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("paste_mask", hint="TODO what was done, and what to think about.")
def paste_mask_with_a_mistake(x):
    return x + 1


@right("paste_mask")
def paste_mask_in_another_style(x):
    return x + torch.zeros_like(x)


# keypoint_heatmap: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("keypoint_heatmap", hint="TODO what was done, and what to think about.")
def keypoint_heatmap_with_a_mistake(x):
    return x + 1


@right("keypoint_heatmap")
def keypoint_heatmap_in_another_style(x):
    return x + torch.zeros_like(x)


# yolact_assemble: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolact_assemble", hint="TODO what was done, and what to think about.")
def yolact_assemble_with_a_mistake(x):
    return x + 1


@right("yolact_assemble")
def yolact_assemble_in_another_style(x):
    return x + torch.zeros_like(x)


# panoptic_merge: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("panoptic_merge", hint="TODO what was done, and what to think about.")
def panoptic_merge_with_a_mistake(x):
    return x + 1


@right("panoptic_merge")
def panoptic_merge_in_another_style(x):
    return x + torch.zeros_like(x)


# polygon_to_mask: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("polygon_to_mask", hint="TODO what was done, and what to think about.")
def polygon_to_mask_with_a_mistake(x):
    return x + 1


@right("polygon_to_mask")
def polygon_to_mask_in_another_style(x):
    return x + torch.zeros_like(x)
