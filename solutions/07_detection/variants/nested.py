"""What students write in nested: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# ResidualUBlock: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("ResidualUBlock", hint="TODO what was done, and what to think about.")
class ResidualUBlockWithAMistake:
    def __call__(self, x):
        return x + 1


@right("ResidualUBlock")
class ResidualUBlockInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# NestedUNet: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("NestedUNet", hint="TODO what was done, and what to think about.")
class NestedUNetWithAMistake:
    def __call__(self, x):
        return x + 1


@right("NestedUNet")
class NestedUNetInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# u2net_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("u2net_loss", hint="TODO what was done, and what to think about.")
def u2net_loss_with_a_mistake(x):
    return x + 1


@right("u2net_loss")
def u2net_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# saliency_metrics: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("saliency_metrics", hint="TODO what was done, and what to think about.")
def saliency_metrics_with_a_mistake(x):
    return x + 1


@right("saliency_metrics")
def saliency_metrics_in_another_style(x):
    return x + torch.zeros_like(x)


# boundary_f_measure: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("boundary_f_measure", hint="TODO what was done, and what to think about.")
def boundary_f_measure_with_a_mistake(x):
    return x + 1


@right("boundary_f_measure")
def boundary_f_measure_in_another_style(x):
    return x + torch.zeros_like(x)
