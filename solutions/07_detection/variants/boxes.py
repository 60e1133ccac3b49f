"""What students write in boxes: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# corner_to_center: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("corner_to_center", hint="TODO what was done, and what to think about.")
def corner_to_center_with_a_mistake(x):
    return x + 1


@right("corner_to_center")
def corner_to_center_in_another_style(x):
    return x + torch.zeros_like(x)


# center_to_corner: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("center_to_corner", hint="TODO what was done, and what to think about.")
def center_to_corner_with_a_mistake(x):
    return x + 1


@right("center_to_corner")
def center_to_corner_in_another_style(x):
    return x + torch.zeros_like(x)


# box_iou: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("box_iou", hint="TODO what was done, and what to think about.")
def box_iou_with_a_mistake(x):
    return x + 1


@right("box_iou")
def box_iou_in_another_style(x):
    return x + torch.zeros_like(x)


# iou_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("iou_loss", hint="TODO what was done, and what to think about.")
def iou_loss_with_a_mistake(x):
    return x + 1


@right("iou_loss")
def iou_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# giou: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("giou", hint="TODO what was done, and what to think about.")
def giou_with_a_mistake(x):
    return x + 1


@right("giou")
def giou_in_another_style(x):
    return x + torch.zeros_like(x)


# diou: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("diou", hint="TODO what was done, and what to think about.")
def diou_with_a_mistake(x):
    return x + 1


@right("diou")
def diou_in_another_style(x):
    return x + torch.zeros_like(x)


# ciou: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("ciou", hint="TODO what was done, and what to think about.")
def ciou_with_a_mistake(x):
    return x + 1


@right("ciou")
def ciou_in_another_style(x):
    return x + torch.zeros_like(x)


# letterbox: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("letterbox", hint="TODO what was done, and what to think about.")
def letterbox_with_a_mistake(x):
    return x + 1


@right("letterbox")
def letterbox_in_another_style(x):
    return x + torch.zeros_like(x)
