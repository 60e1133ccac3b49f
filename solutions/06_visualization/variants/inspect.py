"""What students write in inspect: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# filter_grid: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("filter_grid", hint="TODO what was done, and what to think about.")
def filter_grid_with_a_mistake(x):
    return x + 1


@right("filter_grid")
def filter_grid_in_another_style(x):
    return x + torch.zeros_like(x)


# activation_maps: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("activation_maps", hint="TODO what was done, and what to think about.")
def activation_maps_with_a_mistake(x):
    return x + 1


@right("activation_maps")
def activation_maps_in_another_style(x):
    return x + torch.zeros_like(x)


# nearest_neighbors_in_feature_space: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("nearest_neighbors_in_feature_space", hint="TODO what was done, and what to think about.")
def nearest_neighbors_in_feature_space_with_a_mistake(x):
    return x + 1


@right("nearest_neighbors_in_feature_space")
def nearest_neighbors_in_feature_space_in_another_style(x):
    return x + torch.zeros_like(x)


# embed_features: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("embed_features", hint="TODO what was done, and what to think about.")
def embed_features_with_a_mistake(x):
    return x + 1


@right("embed_features")
def embed_features_in_another_style(x):
    return x + torch.zeros_like(x)


# neighbor_probabilities: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("neighbor_probabilities", hint="TODO what was done, and what to think about.")
def neighbor_probabilities_with_a_mistake(x):
    return x + 1


@right("neighbor_probabilities")
def neighbor_probabilities_in_another_style(x):
    return x + torch.zeros_like(x)


# maximally_activating_patches: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("maximally_activating_patches", hint="TODO what was done, and what to think about.")
def maximally_activating_patches_with_a_mistake(x):
    return x + 1


@right("maximally_activating_patches")
def maximally_activating_patches_in_another_style(x):
    return x + torch.zeros_like(x)
