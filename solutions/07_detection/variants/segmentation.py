"""What students write in segmentation: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# pixel_cross_entropy: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("pixel_cross_entropy", hint="TODO what was done, and what to think about.")
def pixel_cross_entropy_with_a_mistake(x):
    return x + 1


@right("pixel_cross_entropy")
def pixel_cross_entropy_in_another_style(x):
    return x + torch.zeros_like(x)


# confusion_matrix: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("confusion_matrix", hint="TODO what was done, and what to think about.")
def confusion_matrix_with_a_mistake(x):
    return x + 1


@right("confusion_matrix")
def confusion_matrix_in_another_style(x):
    return x + torch.zeros_like(x)


# segmentation_metrics: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("segmentation_metrics", hint="TODO what was done, and what to think about.")
def segmentation_metrics_with_a_mistake(x):
    return x + 1


@right("segmentation_metrics")
def segmentation_metrics_in_another_style(x):
    return x + torch.zeros_like(x)


# dice_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("dice_loss", hint="TODO what was done, and what to think about.")
def dice_loss_with_a_mistake(x):
    return x + 1


@right("dice_loss")
def dice_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# weighted_pixel_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("weighted_pixel_loss", hint="TODO what was done, and what to think about.")
def weighted_pixel_loss_with_a_mistake(x):
    return x + 1


@right("weighted_pixel_loss")
def weighted_pixel_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# FCN8s: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("FCN8s", hint="TODO what was done, and what to think about.")
class FCN8sWithAMistake:
    def __call__(self, x):
        return x + 1


@right("FCN8s")
class FCN8sInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# UNet: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("UNet", hint="TODO what was done, and what to think about.")
class UNetWithAMistake:
    def __call__(self, x):
        return x + 1


@right("UNet")
class UNetInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# overlap_tile: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("overlap_tile", hint="TODO what was done, and what to think about.")
def overlap_tile_with_a_mistake(x):
    return x + 1


@right("overlap_tile")
def overlap_tile_in_another_style(x):
    return x + torch.zeros_like(x)
