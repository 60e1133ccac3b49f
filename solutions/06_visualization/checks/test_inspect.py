"""Checks of the notebook inspect."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def filter_grid_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("filter_grid", inputs=filter_grid_inputs)


@exercise("filter_grid")
def test_filter_grid_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.filter_grid(x), reference.filter_grid(x))


def activation_maps_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("activation_maps", inputs=activation_maps_inputs)


@exercise("activation_maps")
def test_activation_maps_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.activation_maps(x), reference.activation_maps(x))


def nearest_neighbors_in_feature_space_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("nearest_neighbors_in_feature_space", inputs=nearest_neighbors_in_feature_space_inputs)


@exercise("nearest_neighbors_in_feature_space")
def test_nearest_neighbors_in_feature_space_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.nearest_neighbors_in_feature_space(x), reference.nearest_neighbors_in_feature_space(x))


def embed_features_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("embed_features", inputs=embed_features_inputs)


@exercise("embed_features")
def test_embed_features_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.embed_features(x), reference.embed_features(x))


def neighbor_probabilities_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("neighbor_probabilities", inputs=neighbor_probabilities_inputs)


@exercise("neighbor_probabilities")
def test_neighbor_probabilities_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.neighbor_probabilities(x), reference.neighbor_probabilities(x))


def maximally_activating_patches_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("maximally_activating_patches", inputs=maximally_activating_patches_inputs)


@exercise("maximally_activating_patches")
def test_maximally_activating_patches_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.maximally_activating_patches(x), reference.maximally_activating_patches(x))
