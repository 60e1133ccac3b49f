"""What students write in yolo_modern: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# CSPBlock: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("CSPBlock", hint="TODO what was done, and what to think about.")
class CSPBlockWithAMistake:
    def __call__(self, x):
        return x + 1


@right("CSPBlock")
class CSPBlockInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# yolo_v4_decode: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v4_decode", hint="TODO what was done, and what to think about.")
def yolo_v4_decode_with_a_mistake(x):
    return x + 1


@right("yolo_v4_decode")
def yolo_v4_decode_in_another_style(x):
    return x + torch.zeros_like(x)


# yolo_v4_match: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v4_match", hint="TODO what was done, and what to think about.")
def yolo_v4_match_with_a_mistake(x):
    return x + 1


@right("yolo_v4_match")
def yolo_v4_match_in_another_style(x):
    return x + torch.zeros_like(x)


# yolo_v5_decode: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v5_decode", hint="TODO what was done, and what to think about.")
def yolo_v5_decode_with_a_mistake(x):
    return x + 1


@right("yolo_v5_decode")
def yolo_v5_decode_in_another_style(x):
    return x + torch.zeros_like(x)


# yolo_v5_match: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v5_match", hint="TODO what was done, and what to think about.")
def yolo_v5_match_with_a_mistake(x):
    return x + 1


@right("yolo_v5_match")
def yolo_v5_match_in_another_style(x):
    return x + torch.zeros_like(x)


# balanced_objectness_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("balanced_objectness_loss", hint="TODO what was done, and what to think about.")
def balanced_objectness_loss_with_a_mistake(x):
    return x + 1


@right("balanced_objectness_loss")
def balanced_objectness_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# focus_to_convolution: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("focus_to_convolution", hint="TODO what was done, and what to think about.")
def focus_to_convolution_with_a_mistake(x):
    return x + 1


@right("focus_to_convolution")
def focus_to_convolution_in_another_style(x):
    return x + torch.zeros_like(x)
