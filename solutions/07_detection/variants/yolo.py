"""What students write in yolo: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# yolo_v1_targets: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v1_targets", hint="TODO what was done, and what to think about.")
def yolo_v1_targets_with_a_mistake(x):
    return x + 1


@right("yolo_v1_targets")
def yolo_v1_targets_in_another_style(x):
    return x + torch.zeros_like(x)


# yolo_v1_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v1_loss", hint="TODO what was done, and what to think about.")
def yolo_v1_loss_with_a_mistake(x):
    return x + 1


@right("yolo_v1_loss")
def yolo_v1_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# passthrough: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("passthrough", hint="TODO what was done, and what to think about.")
def passthrough_with_a_mistake(x):
    return x + 1


@right("passthrough")
def passthrough_in_another_style(x):
    return x + torch.zeros_like(x)


# yolo_v2_decode: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v2_decode", hint="TODO what was done, and what to think about.")
def yolo_v2_decode_with_a_mistake(x):
    return x + 1


@right("yolo_v2_decode")
def yolo_v2_decode_in_another_style(x):
    return x + torch.zeros_like(x)


# yolo_v3_targets: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v3_targets", hint="TODO what was done, and what to think about.")
def yolo_v3_targets_with_a_mistake(x):
    return x + 1


@right("yolo_v3_targets")
def yolo_v3_targets_in_another_style(x):
    return x + torch.zeros_like(x)


# yolo_v3_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolo_v3_loss", hint="TODO what was done, and what to think about.")
def yolo_v3_loss_with_a_mistake(x):
    return x + 1


@right("yolo_v3_loss")
def yolo_v3_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# Darknet19: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("Darknet19", hint="TODO what was done, and what to think about.")
class Darknet19WithAMistake:
    def __call__(self, x):
        return x + 1


@right("Darknet19")
class Darknet19InAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# Darknet53: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("Darknet53", hint="TODO what was done, and what to think about.")
class Darknet53WithAMistake:
    def __call__(self, x):
        return x + 1


@right("Darknet53")
class Darknet53InAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)
