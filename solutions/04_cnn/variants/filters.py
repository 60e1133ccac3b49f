"""What students write in filters: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# mean_filter: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("mean_filter", hint="TODO what was done, and what to think about.")
def mean_filter_with_a_mistake(x):
    return x + 1


@right("mean_filter")
def mean_filter_in_another_style(x):
    return x + torch.zeros_like(x)


# gaussian_filter: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("gaussian_filter", hint="TODO what was done, and what to think about.")
def gaussian_filter_with_a_mistake(x):
    return x + 1


@right("gaussian_filter")
def gaussian_filter_in_another_style(x):
    return x + torch.zeros_like(x)


# median_filter: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("median_filter", hint="TODO what was done, and what to think about.")
def median_filter_with_a_mistake(x):
    return x + 1


@right("median_filter")
def median_filter_in_another_style(x):
    return x + torch.zeros_like(x)


# sobel_edges: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("sobel_edges", hint="TODO what was done, and what to think about.")
def sobel_edges_with_a_mistake(x):
    return x + 1


@right("sobel_edges")
def sobel_edges_in_another_style(x):
    return x + torch.zeros_like(x)


# bilinear_resize: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("bilinear_resize", hint="TODO what was done, and what to think about.")
def bilinear_resize_with_a_mistake(x):
    return x + 1


@right("bilinear_resize")
def bilinear_resize_in_another_style(x):
    return x + torch.zeros_like(x)
