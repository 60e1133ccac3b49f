"""What students write in yolox: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# DecoupledHead: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("DecoupledHead", hint="TODO what was done, and what to think about.")
class DecoupledHeadWithAMistake:
    def __call__(self, x):
        return x + 1


@right("DecoupledHead")
class DecoupledHeadInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# yolox_decode: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolox_decode", hint="TODO what was done, and what to think about.")
def yolox_decode_with_a_mistake(x):
    return x + 1


@right("yolox_decode")
def yolox_decode_in_another_style(x):
    return x + torch.zeros_like(x)


# simota_candidates: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("simota_candidates", hint="TODO what was done, and what to think about.")
def simota_candidates_with_a_mistake(x):
    return x + 1


@right("simota_candidates")
def simota_candidates_in_another_style(x):
    return x + torch.zeros_like(x)


# dynamic_match: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("dynamic_match", hint="TODO what was done, and what to think about.")
def dynamic_match_with_a_mistake(x):
    return x + 1


@right("dynamic_match")
def dynamic_match_in_another_style(x):
    return x + torch.zeros_like(x)


# simota_assign: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("simota_assign", hint="TODO what was done, and what to think about.")
def simota_assign_with_a_mistake(x):
    return x + 1


@right("simota_assign")
def simota_assign_in_another_style(x):
    return x + torch.zeros_like(x)


# yolox_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("yolox_loss", hint="TODO what was done, and what to think about.")
def yolox_loss_with_a_mistake(x):
    return x + 1


@right("yolox_loss")
def yolox_loss_in_another_style(x):
    return x + torch.zeros_like(x)
