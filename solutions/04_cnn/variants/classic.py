"""What students write in classic: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# LeNet: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("LeNet", hint="TODO what was done, and what to think about.")
class LeNetWithAMistake:
    def __call__(self, x):
        return x + 1


@right("LeNet")
class LeNetInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# AlexNet: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("AlexNet", hint="TODO what was done, and what to think about.")
class AlexNetWithAMistake:
    def __call__(self, x):
        return x + 1


@right("AlexNet")
class AlexNetInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# local_response_norm: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("local_response_norm", hint="TODO what was done, and what to think about.")
def local_response_norm_with_a_mistake(x):
    return x + 1


@right("local_response_norm")
def local_response_norm_in_another_style(x):
    return x + torch.zeros_like(x)


# ZFNet: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("ZFNet", hint="TODO what was done, and what to think about.")
class ZFNetWithAMistake:
    def __call__(self, x):
        return x + 1


@right("ZFNet")
class ZFNetInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# vgg_layers: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("vgg_layers", hint="TODO what was done, and what to think about.")
def vgg_layers_with_a_mistake(x):
    return x + 1


@right("vgg_layers")
def vgg_layers_in_another_style(x):
    return x + torch.zeros_like(x)


# Inception: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("Inception", hint="TODO what was done, and what to think about.")
class InceptionWithAMistake:
    def __call__(self, x):
        return x + 1


@right("Inception")
class InceptionInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# AuxiliaryClassifier: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("AuxiliaryClassifier", hint="TODO what was done, and what to think about.")
class AuxiliaryClassifierWithAMistake:
    def __call__(self, x):
        return x + 1


@right("AuxiliaryClassifier")
class AuxiliaryClassifierInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)
