"""What students write in faster_rcnn: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# RPNHead: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("RPNHead", hint="TODO what was done, and what to think about.")
class RPNHeadWithAMistake:
    def __call__(self, x):
        return x + 1


@right("RPNHead")
class RPNHeadInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# rpn_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("rpn_loss", hint="TODO what was done, and what to think about.")
def rpn_loss_with_a_mistake(x):
    return x + 1


@right("rpn_loss")
def rpn_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# filter_proposals: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("filter_proposals", hint="TODO what was done, and what to think about.")
def filter_proposals_with_a_mistake(x):
    return x + 1


@right("filter_proposals")
def filter_proposals_in_another_style(x):
    return x + torch.zeros_like(x)


# fast_rcnn_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("fast_rcnn_loss", hint="TODO what was done, and what to think about.")
def fast_rcnn_loss_with_a_mistake(x):
    return x + 1


@right("fast_rcnn_loss")
def fast_rcnn_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# FasterRCNN: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("FasterRCNN", hint="TODO what was done, and what to think about.")
class FasterRCNNWithAMistake:
    def __call__(self, x):
        return x + 1


@right("FasterRCNN")
class FasterRCNNInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)
