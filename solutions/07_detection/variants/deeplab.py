"""What students write in deeplab: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# LargeFOV: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("LargeFOV", hint="TODO what was done, and what to think about.")
class LargeFOVWithAMistake:
    def __call__(self, x):
        return x + 1


@right("LargeFOV")
class LargeFOVInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# dense_crf: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("dense_crf", hint="TODO what was done, and what to think about.")
def dense_crf_with_a_mistake(x):
    return x + 1


@right("dense_crf")
def dense_crf_in_another_style(x):
    return x + torch.zeros_like(x)


# ASPP: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("ASPP", hint="TODO what was done, and what to think about.")
class ASPPWithAMistake:
    def __call__(self, x):
        return x + 1


@right("ASPP")
class ASPPInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# DeepLabV3Head: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("DeepLabV3Head", hint="TODO what was done, and what to think about.")
class DeepLabV3HeadWithAMistake:
    def __call__(self, x):
        return x + 1


@right("DeepLabV3Head")
class DeepLabV3HeadInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# LRASPPHead: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("LRASPPHead", hint="TODO what was done, and what to think about.")
class LRASPPHeadWithAMistake:
    def __call__(self, x):
        return x + 1


@right("LRASPPHead")
class LRASPPHeadInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)
