"""What students write in attribution: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# occlusion_map: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("occlusion_map", hint="TODO what was done, and what to think about.")
def occlusion_map_with_a_mistake(x):
    return x + 1


@right("occlusion_map")
def occlusion_map_in_another_style(x):
    return x + torch.zeros_like(x)


# saliency_map: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("saliency_map", hint="TODO what was done, and what to think about.")
def saliency_map_with_a_mistake(x):
    return x + 1


@right("saliency_map")
def saliency_map_in_another_style(x):
    return x + torch.zeros_like(x)


# guided_backprop: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("guided_backprop", hint="TODO what was done, and what to think about.")
def guided_backprop_with_a_mistake(x):
    return x + 1


@right("guided_backprop")
def guided_backprop_in_another_style(x):
    return x + torch.zeros_like(x)


# grad_cam: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("grad_cam", hint="TODO what was done, and what to think about.")
def grad_cam_with_a_mistake(x):
    return x + 1


@right("grad_cam")
def grad_cam_in_another_style(x):
    return x + torch.zeros_like(x)


# grow_region: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("grow_region", hint="TODO what was done, and what to think about.")
def grow_region_with_a_mistake(x):
    return x + 1


@right("grow_region")
def grow_region_in_another_style(x):
    return x + torch.zeros_like(x)


# segment_from_saliency: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("segment_from_saliency", hint="TODO what was done, and what to think about.")
def segment_from_saliency_with_a_mistake(x):
    return x + 1


@right("segment_from_saliency")
def segment_from_saliency_in_another_style(x):
    return x + torch.zeros_like(x)
