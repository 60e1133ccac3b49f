"""What students write in captioning: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# captioning_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("captioning_loss", hint="TODO what was done, and what to think about.")
def captioning_loss_with_a_mistake(x):
    return x + 1


@right("captioning_loss")
def captioning_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# captioning_sample: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("captioning_sample", hint="TODO what was done, and what to think about.")
def captioning_sample_with_a_mistake(x):
    return x + 1


@right("captioning_sample")
def captioning_sample_in_another_style(x):
    return x + torch.zeros_like(x)


# dense_captions: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("dense_captions", hint="TODO what was done, and what to think about.")
def dense_captions_with_a_mistake(x):
    return x + 1


@right("dense_captions")
def dense_captions_in_another_style(x):
    return x + torch.zeros_like(x)


# video_classifier: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("video_classifier", hint="TODO what was done, and what to think about.")
def video_classifier_with_a_mistake(x):
    return x + 1


@right("video_classifier")
def video_classifier_in_another_style(x):
    return x + torch.zeros_like(x)
