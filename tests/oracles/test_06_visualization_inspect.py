"""The references on looking inside, held to torchvision, scikit-learn and brute force; and what is said of pictures."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.offsetbox import AnnotationBbox
from scipy.optimize import brentq
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.manifold import _t_sne
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.utils import make_grid

from autograder.authoring.filled import fill
from coursekit import pretrained, widgets
from coursekit.data import digits
from coursekit.figures import inspect as figures
from coursekit.pieces import NAMES, pieces
from coursekit.threads import one_thread

NOTEBOOK = "06_visualization/inspect"
DOUBLE = torch.float64


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


@cache
def network() -> nn.Module:
    return pretrained.efficientnet_lite0()


def convolutions(part: nn.Module) -> list[tuple[int, int, int]]:
    return [(one.kernel_size[0], one.stride[0], one.padding[0]) for one in part.modules() if isinstance(one, nn.Conv2d)]


# filter_grid


@pytest.mark.parametrize("num, cols, padding", [(7, 3, 1), (8, 4, 2), (5, 8, 0), (2, 1, 3)])
def test_the_grid_is_torchvisions(solution, num, cols, padding):
    weights = drawn(num, 3, 4, 5)
    expected = make_grid(weights, nrow=cols, padding=padding, normalize=True, scale_each=True, pad_value=0.3)
    torch.testing.assert_close(solution.filter_grid(weights, cols, padding, 0.3), expected)


def test_a_single_filter_gets_its_line_and_a_constant_one_is_mid_grey(solution):
    grid = solution.filter_grid(torch.tensor([[[[-1.0, 0.0, 3.0]]]]))
    assert grid.tolist() == [[[0, 0, 0, 0, 0], [0, 0, 0.25, 1, 0], [0, 0, 0, 0, 0]]]
    assert solution.filter_grid(torch.full((1, 1, 1, 2), 7.0), padding=0).tolist() == [[[0.5, 0.5]]]


def test_four_filters_are_crossed_out_and_their_weights_are_next_to_nothing(solution):
    weights = network().features[0][0].weight
    dead = figures.dead_filters(weights)
    assert len(dead) == 4
    assert 11 in dead
    rest = [one.abs().max().item() for index, one in enumerate(weights) if index not in dead]
    assert min(rest) > 0.1
    grid = solution.filter_grid(weights, cols=8, background=1.0)
    picture = figures.filters(grid, weights)
    assert len(picture.axes[0].lines) == 4
    places = {
        (round(float(x[0]) // 4), round(float(y[0]) // 4))
        for x, y in (line.get_data() for line in picture.axes[0].lines)
    }
    assert places == {(index % 8, index // 8) for index in dead}


# activation_maps


def test_maps_are_those_of_torchvisions_extractor(solution):
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4), nn.ReLU6(inplace=False)), nn.Dropout(), nn.Flatten()
    )
    fill(model, 2)
    model.double().eval()
    x, names = drawn(2, 3, 5, 6), ["1.0", "0", "3", "1"]
    expected = create_feature_extractor(model, names)(x)
    own = solution.activation_maps(model.train(), x, names)
    assert list(own) == names
    for name in names:
        torch.testing.assert_close(own[name], expected[name].detach(), rtol=0, atol=0)


def test_every_stage_of_the_real_network_is_torchvisions(solution):
    names, x = [f"features.{stage}" for stage in range(9)], figures.photograph()[:, :, ::4, ::4]
    with one_thread():
        own, expected = solution.activation_maps(network(), x, names), create_feature_extractor(network(), names)(x)
    for name in names:
        assert torch.equal(own[name], expected[name])


def test_a_layer_in_place_changes_the_extractor_s_map_and_not_ours(solution):
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU6(inplace=True))
    fill(model, 2)
    x = drawn(1, 3, 2, 2).float() * 3
    own = solution.activation_maps(model, x, ["0"])["0"]
    with torch.no_grad():
        assert torch.equal(own, model[0](x))
        assert torch.equal(create_feature_extractor(model, ["0", "1"])(x)["0"], F.relu6(own))
    assert own.min() < 0


def test_in_the_explorer_channel_11_is_black_and_the_last_stage_is_mostly_zero(solution):
    names = [f"features.{stage}" for stage in range(9)]
    with one_thread():
        maps = solution.activation_maps(network(), figures.photograph(), names)
    assert not maps["features.0"][0, 11].any()
    assert maps["features.0"].shape[2:] == (112, 112)
    assert maps["features.8"].shape == (1, 1280, 7, 7)
    assert (maps["features.8"] == 0).double().mean() > 0.5
    for stage in range(1, 8):
        assert maps[f"features.{stage}"].min() < 0 < maps[f"features.{stage}"].max()
    explorer = widgets.explore(figures.maps_explorer(maps), stage=(0, 8), channel=(0, 15))
    assert explorer.values == {"stage": 0, "channel": 14}
    shown = explorer.picture().axes[1].images[0].get_array()
    np.testing.assert_allclose(shown, maps["features.0"][0, 14].numpy())


# nearest_neighbors_in_feature_space


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_are_scikit_learns(solution, metric):
    queries, gallery = drawn(5, 6), drawn(20, 6, seed=1)
    search = NearestNeighbors(n_neighbors=7, metric=metric, algorithm="brute").fit(gallery.numpy())
    expected = search.kneighbors(queries.numpy(), return_distance=False)
    own = solution.nearest_neighbors_in_feature_space(queries, gallery, 7, metric=metric)
    assert own.tolist() == expected.tolist()


def test_neighbours_by_a_network_are_those_of_its_features(solution):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 2))
    fill(model, 4)
    model.double()
    queries, gallery = drawn(3, 3, 5, 6), drawn(9, 3, 5, 6, seed=1)
    for layer, part in (("1", model[:2]), (None, model)):
        part.eval()
        with torch.no_grad():
            x, known = (part(images).flatten(1).numpy() for images in (queries, gallery))
        expected = NearestNeighbors(n_neighbors=4).fit(known).kneighbors(x, return_distance=False)
        own = solution.nearest_neighbors_in_feature_space(queries, gallery, 4, model.train(), layer, batch_size=2)
        assert own.tolist() == expected.tolist()


def test_the_vectors_of_the_text_are_near_by_one_measure_and_far_by_the_other(solution):
    a, others = torch.tensor([[3.0, 4.0]]), torch.tensor([[6.0, 8.0], [4.0, 3.0]])
    near = solution.nearest_neighbors_in_feature_space
    assert near(a, others, 1).item() == 1
    assert near(a, others, 1, metric="cosine").item() == 0


def test_features_find_most_pieces_and_pixels_one_in_four(solution):
    data = pieces(num_train=4, num_val=10, num_test=6)
    gallery, labels = figures.gallery()
    near = solution.nearest_neighbors_in_feature_space
    with one_thread():
        by_pixels = near(data.x_test, gallery, 4)
        asked, known = figures.ready(data.x_test), figures.ready(gallery)
        by_features = near(asked, known, 4, network(), "avgpool", "cosine")
    shares = [(labels[found[:, 0]] == data.y_test).double().mean().item() for found in (by_pixels, by_features)]
    assert 0.15 < shares[0] < 0.35
    assert shares[1] > 0.75
    picture = figures.neighbours(data.x_test, gallery, labels, data.y_test, by_pixels, by_features)
    frames = [[ax.spines["left"].get_edgecolor() for ax in picture.axes[row * 7 : row * 7 + 7]] for row in range(3)]
    blue = [sum(one[2] > one[0] for one in row[4:]) for row in frames]
    assert blue[:2] == [3, 3]


def test_with_digits_it_is_the_other_way_round(solution):
    numbers = digits(layout="images")
    known, asked = numbers.x_train[:300], numbers.x_test[:100]
    near = solution.nearest_neighbors_in_feature_space
    with one_thread():
        found = (near(asked, known, 1), near(figures.large(asked), figures.large(known), 1, network(), "avgpool"))
    shares = [(numbers.y_train[rows[:, 0]] == numbers.y_test[:100]).double().mean().item() for rows in found]
    assert shares[0] > 0.94
    assert 0.7 < shares[1] < 0.85


# embed_features


@pytest.mark.parametrize("num, dims, num_dims", [(30, 6, 3), (8, 40, 5), (5, 3, 3)])
def test_places_and_shares_are_scikit_learns(solution, num, dims, num_dims):
    x, others = drawn(num, dims) + 3, drawn(4, dims, seed=1)
    pca = PCA(num_dims, svd_solver="full").fit(x.numpy())
    places, shares = solution.embed_features(x, num_dims)
    torch.testing.assert_close(places, torch.from_numpy(pca.transform(x.numpy())))
    torch.testing.assert_close(shares, torch.from_numpy(pca.explained_variance_ratio_))
    torch.testing.assert_close(
        solution.embed_features(x, num_dims, others)[0], torch.from_numpy(pca.transform(others.numpy()))
    )


def test_the_line_of_the_text(solution):
    x = torch.tensor([[1.0, 1.0], [3.0, 3.0], [5.0, 5.0]])
    places, shares = solution.embed_features(x, 1)
    torch.testing.assert_close(places[:, 0], torch.tensor([-math.sqrt(8), 0, math.sqrt(8)]))
    torch.testing.assert_close(shares, torch.ones(1))
    assert solution.embed_features(x, 1, torch.tensor([[5.0, 3.0]]))[0].item() == pytest.approx(math.sqrt(2))


def test_a_plane_shows_less_than_a_third_of_the_features(solution):
    with one_thread():
        known = figures.ready(figures.gallery()[0])
        pooled = solution.activation_maps(network(), known, ["avgpool"])["avgpool"].flatten(1)
    places, shares = solution.embed_features(pooled, 20)
    assert shares[:2].sum() < 1 / 3
    assert shares.sum() > 0.7
    _, labels = figures.gallery()
    assert figures.own_kind(places[:, :2], labels) == pytest.approx(0.25, abs=0.06)
    picture = figures.two_maps(places[:, :2], figures.spread(), labels)
    titles = [ax.get_title() for ax in picture.axes[:2]]
    assert titles[0].startswith("principal components")
    assert titles[1].startswith("t-SNE")


# neighbor_probabilities


def slowly(x: np.ndarray, perplexity: float) -> np.ndarray:
    """The definition, with scipy's root finder in place of the bisection."""
    squared = squareform(pdist(x, "sqeuclidean"))
    given = np.zeros_like(squared)
    for i, row in enumerate(squared):
        others = np.delete(row, i)

        def view(log_beta: float, others: np.ndarray = others) -> np.ndarray:
            weights = np.exp(-np.exp(log_beta) * (others - others.min()))
            return weights / weights.sum()

        def gap(log_beta: float, view=view) -> float:
            p = view(log_beta)
            p = p[p > 0]
            return -(p * np.log(p)).sum() - np.log(perplexity)

        given[i, np.arange(len(x)) != i] = view(brentq(gap, -40, 40, xtol=1e-13))
    return (given + given.T) / (2 * len(x))


@pytest.mark.parametrize("perplexity, scale", [(5.0, 1.0), (20.0, 1.0), (3.0, 1e4), (3.0, 1e-4)])
def test_probabilities_are_those_of_the_slow_definition(solution, perplexity, scale):
    x = drawn(40, 5) * scale
    own = solution.neighbor_probabilities(x, perplexity)
    torch.testing.assert_close(own, torch.from_numpy(slowly(x.numpy(), perplexity)), rtol=1e-8, atol=1e-12)


def test_probabilities_are_scikit_learns_within_its_tolerance(solution):
    x = drawn(60, 8)
    distances = squareform(pdist(x.numpy(), "sqeuclidean")).astype(np.float32)
    expected = squareform(_t_sne._joint_probabilities(distances, 12.0, 0))
    own = solution.neighbor_probabilities(x, 12.0)
    torch.testing.assert_close(own, torch.from_numpy(expected), rtol=1e-3, atol=1e-7)


def test_the_three_points_of_the_text(solution):
    p = solution.neighbor_probabilities(torch.tensor([[0.0], [1.0], [3.0]], dtype=DOUBLE), 1.5)
    near = 0.86
    for beta, gap in ((0.227, 8), (0.605, 3)):
        assert 1 / (1 + math.exp(-beta * gap)) == pytest.approx(near, abs=0.001)
    assert p[0, 1].item() * 6 == pytest.approx(2 * near, abs=0.01)  # each is the other's nearer one
    assert p.sum().item() == pytest.approx(1)


def test_three_quarters_of_the_neighbourhood_are_of_one_photograph(solution):
    _, labels = figures.gallery()
    same = labels[:, None] == labels[None]
    p = solution.neighbor_probabilities(figures.features(), 12.0)
    assert p[same].sum().item() == pytest.approx(0.76, abs=0.05)
    assert (same.sum().item() - 140) / (140 * 139) == pytest.approx(0.09, abs=0.005)


def test_both_curves_fall_and_meet_the_line_at_different_places():
    beta, curves = figures.perplexity_curves()
    met = []
    for heights in curves.values():
        assert (heights.diff() < 1e-9).all()
        assert heights[0] > 100
        assert heights[-1] < 4
        met.append(beta[(heights - figures.PERPLEXITY).abs().argmin()].item())
    assert met[1] > 2 * met[0]
    assert len(figures.perplexities().axes[0].lines) == 5


def test_in_the_first_picture_nine_of_ten_lie_beside_their_own():
    assert figures.own_kind(figures.spread(), figures.gallery()[1]) > 0.85
    tiles = [one for one in figures.overview().axes[0].artists if isinstance(one, AnnotationBbox)]
    assert len(tiles) == 140 == 14 * len(NAMES)


def test_noise_clumps_at_a_small_perplexity_and_lies_more_evenly_at_a_large_one():
    few, many = (figures.evenness(places) for places in figures.noise().values())
    assert few < 0.75 * many
    assert [ax.get_title() for ax in figures.noise_maps().axes] == ["perplexity 3", "perplexity 40"]


# maximally_activating_patches


LAYERS = [(3, 2, 1), (2, 1, 0), (5, 2, 2)]


def of_layers(layers: list[tuple[int, int, int]]) -> nn.Sequential:
    made = nn.Sequential(*(nn.Conv2d(1, 1, k, s, p, bias=False) for k, s, p in layers)).double()
    for layer in made:
        nn.init.ones_(layer.weight)
    return made


def test_boxes_are_the_pixels_that_a_unit_s_gradient_reaches(solution):
    model, x = of_layers(LAYERS), torch.ones(1, 1, 31, 27, dtype=DOUBLE, requires_grad=True)
    maps = model(x)
    height, width = maps.shape[2:]
    for row, col in itertools.product(range(height - 1), range(width - 1)):  # beyond, padding hides pixels
        picked = torch.zeros_like(maps)
        picked[0, 0, row, col] = 1
        _, places, boxes = solution.maximally_activating_patches(picked, 0, 1, LAYERS, (31, 27))
        assert places.tolist() == [[0, row, col]]
        (seen,) = torch.autograd.grad(maps[0, 0, row, col], x, retain_graph=True)
        rows, cols = (seen[0, 0].sum(dim=axis).nonzero().flatten() for axis in (1, 0))
        assert boxes.tolist() == [[rows.min(), cols.min(), rows.max() + 1, cols.max() + 1]]


@pytest.mark.parametrize("is_single", [False, True])
def test_places_are_those_of_a_search_through_all(solution, is_single):
    maps = drawn(4, 3, 5, 6).mul(2).round()  # with ties
    table = maps[:, 1]
    entries = sorted((-table[n, r, c].item(), n, r, c) for n, r, c in itertools.product(range(4), range(5), range(6)))
    if is_single:
        entries = [next(one for one in entries if one[1] == n) for n in range(4)]
    expected = sorted(entries)[:9]
    values, places, _ = solution.maximally_activating_patches(maps, 1, 9, LAYERS, (31, 27), is_single)
    assert places.tolist() == [list(one[1:]) for one in expected]
    assert values.tolist() == [-one[0] for one in expected]


def test_the_last_unit_of_the_text_sees_5_to_10(solution):
    maps = torch.zeros(1, 1, 5, 5)
    maps[0, 0, 4, 4] = 1
    boxes = solution.maximally_activating_patches(maps, 0, 1, [(3, 2, 1), (3, 1, 1)], (10, 10))[2]
    assert boxes.tolist() == [[5, 5, 10, 10]]


def test_a_unit_of_stage_2_sees_19_pixels_and_channel_18_likes_edges(solution):
    images = figures.photographs()
    with one_thread():
        maps = solution.activation_maps(network(), images, ["features.2"])["features.2"]
    stack = convolutions(network().features[:3])
    found = {
        channel: solution.maximally_activating_patches(maps, channel, 5, stack, (224, 224), True)
        for channel in figures.CHANNELS
    }
    sides = {
        channel: torch.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], dim=1)
        for channel, (_, _, boxes) in found.items()
    }
    assert max(int(one.max()) for one in sides.values()) == figures.FIELD
    assert (sides[18].min(dim=1).values < figures.FIELD).all()
    assert not (sides[13].min(dim=1).values < figures.FIELD).all()
    picture = figures.patches(found)
    assert len([ax for ax in picture.axes if ax.images]) == 20
