"""What students write in pyramids: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# FeaturePyramid: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("FeaturePyramid", hint="TODO what was done, and what to think about.")
class FeaturePyramidWithAMistake:
    def __call__(self, x):
        return x + 1


@right("FeaturePyramid")
class FeaturePyramidInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# assign_level: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("assign_level", hint="TODO what was done, and what to think about.")
def assign_level_with_a_mistake(x):
    return x + 1


@right("assign_level")
def assign_level_in_another_style(x):
    return x + torch.zeros_like(x)


# PathAggregation: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("PathAggregation", hint="TODO what was done, and what to think about.")
class PathAggregationWithAMistake:
    def __call__(self, x):
        return x + 1


@right("PathAggregation")
class PathAggregationInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# SpatialPyramidPooling: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("SpatialPyramidPooling", hint="TODO what was done, and what to think about.")
class SpatialPyramidPoolingWithAMistake:
    def __call__(self, x):
        return x + 1


@right("SpatialPyramidPooling")
class SpatialPyramidPoolingInAnotherStyle:
    def __call__(self, x):
        return x + torch.zeros_like(x)


# weighted_fusion: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("weighted_fusion", hint="TODO what was done, and what to think about.")
def weighted_fusion_with_a_mistake(x):
    return x + 1


@right("weighted_fusion")
def weighted_fusion_in_another_style(x):
    return x + torch.zeros_like(x)


# multi_scale_batch: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("multi_scale_batch", hint="TODO what was done, and what to think about.")
def multi_scale_batch_with_a_mistake(x):
    return x + 1


@right("multi_scale_batch")
def multi_scale_batch_in_another_style(x):
    return x + torch.zeros_like(x)
