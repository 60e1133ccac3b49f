"""What students write in proposals: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# selective_search_merge: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("selective_search_merge", hint="TODO what was done, and what to think about.")
def selective_search_merge_with_a_mistake(x):
    return x + 1


@right("selective_search_merge")
def selective_search_merge_in_another_style(x):
    return x + torch.zeros_like(x)


# warp_regions: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("warp_regions", hint="TODO what was done, and what to think about.")
def warp_regions_with_a_mistake(x):
    return x + 1


@right("warp_regions")
def warp_regions_in_another_style(x):
    return x + torch.zeros_like(x)


# roi_pool: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("roi_pool", hint="TODO what was done, and what to think about.")
def roi_pool_with_a_mistake(x):
    return x + 1


@right("roi_pool")
def roi_pool_in_another_style(x):
    return x + torch.zeros_like(x)


# roi_align: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("roi_align", hint="TODO what was done, and what to think about.")
def roi_align_with_a_mistake(x):
    return x + 1


@right("roi_align")
def roi_align_in_another_style(x):
    return x + torch.zeros_like(x)


# fit_region_heads: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("fit_region_heads", hint="TODO what was done, and what to think about.")
def fit_region_heads_with_a_mistake(x):
    return x + 1


@right("fit_region_heads")
def fit_region_heads_in_another_style(x):
    return x + torch.zeros_like(x)
