"""What students write in evaluation: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right

# nms: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("nms", hint="TODO what was done, and what to think about.")
def nms_with_a_mistake(x):
    return x + 1


@right("nms")
def nms_in_another_style(x):
    return x + torch.zeros_like(x)


# soft_nms: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("soft_nms", hint="TODO what was done, and what to think about.")
def soft_nms_with_a_mistake(x):
    return x + 1


@right("soft_nms")
def soft_nms_in_another_style(x):
    return x + torch.zeros_like(x)


# diou_nms: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("diou_nms", hint="TODO what was done, and what to think about.")
def diou_nms_with_a_mistake(x):
    return x + 1


@right("diou_nms")
def diou_nms_in_another_style(x):
    return x + torch.zeros_like(x)


# match_detections: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("match_detections", hint="TODO what was done, and what to think about.")
def match_detections_with_a_mistake(x):
    return x + 1


@right("match_detections")
def match_detections_in_another_style(x):
    return x + torch.zeros_like(x)


# precision_recall_curve: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("precision_recall_curve", hint="TODO what was done, and what to think about.")
def precision_recall_curve_with_a_mistake(x):
    return x + 1


@right("precision_recall_curve")
def precision_recall_curve_in_another_style(x):
    return x + torch.zeros_like(x)


# average_precision: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("average_precision", hint="TODO what was done, and what to think about.")
def average_precision_with_a_mistake(x):
    return x + 1


@right("average_precision")
def average_precision_in_another_style(x):
    return x + torch.zeros_like(x)


# average_recall: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("average_recall", hint="TODO what was done, and what to think about.")
def average_recall_with_a_mistake(x):
    return x + 1


@right("average_recall")
def average_recall_in_another_style(x):
    return x + torch.zeros_like(x)


# coco_numbers: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("coco_numbers", hint="TODO what was done, and what to think about.")
def coco_numbers_with_a_mistake(x):
    return x + 1


@right("coco_numbers")
def coco_numbers_in_another_style(x):
    return x + torch.zeros_like(x)
