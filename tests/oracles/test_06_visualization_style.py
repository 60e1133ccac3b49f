"""The references of style, held to einsum, finite sums, a loop of Adam by hand and scipy's matrix roots."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import sqrtm
from torchvision.models.feature_extraction import create_feature_extractor

from coursekit.figures import style as figures
from coursekit.style_network import SmallMaps, StyleNetwork

NOTEBOOK = "06_visualization/style"


def drawn(*shape, seed=3):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# gram_matrix


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 2, 3), (3, 4, 1, 1)])
def test_a_gram_matrix_is_an_einsum_over_places(solution, shape):
    maps = drawn(*shape) - 0.3
    expected = torch.einsum("nahw,nbhw->nab", maps, maps) / (shape[2] * shape[3])
    torch.testing.assert_close(solution.gram_matrix(maps), expected)


def test_a_gram_matrix_is_the_covariance_plus_the_products_of_means(solution):
    maps = drawn(1, 4, 5, 6) - 0.3
    rows = maps[0].flatten(1)
    expected = torch.cov(rows, correction=0) + torch.outer(rows.mean(1), rows.mean(1))
    torch.testing.assert_close(solution.gram_matrix(maps)[0], expected)


def test_the_gram_matrix_of_the_text(solution):
    maps = torch.tensor([[[[1.0, 0], [0, 1]], [[2, 0], [0, 0]]]])
    assert solution.gram_matrix(maps).tolist() == [[[0.5, 0.5], [0.5, 1.0]]]
    assert solution.style_loss([maps], [torch.zeros(1, 2, 2)], [1.0]).tolist() == [0.4375]


def test_a_gram_matrix_forgets_where_places_are(solution):
    maps = drawn(2, 3, 4, 5)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    dealt = maps.flatten(2)[:, :, order].reshape(maps.shape)
    torch.testing.assert_close(solution.gram_matrix(dealt), solution.gram_matrix(maps))


# content_loss, style_loss


def two_layers(num, seed):
    return [drawn(num, 3, 4, 5, seed=seed), drawn(num, 6, 2, 3, seed=seed + 1)]


def test_the_content_loss_is_torchs_mse_for_each_image(solution):
    maps, targets, weights = two_layers(3, 0), two_layers(3, 5), [0.7, 3.0]
    layers = list(zip(maps, targets, weights, strict=True))
    expected = [sum(w * F.mse_loss(m[n], t[n]) for m, t, w in layers) for n in (0, 1, 2)]
    torch.testing.assert_close(solution.content_loss(maps, targets, weights), torch.stack(expected))
    by_hand = solution.content_loss([torch.tensor([[[[1.0, 2.0]]]])], [torch.tensor([[[[1.0, 4.0]]]])], [3.0])
    assert by_hand.tolist() == [6.0]


def test_the_style_loss_is_torchs_mse_between_einsums(solution):
    maps, others, weights = two_layers(3, 0), [drawn(1, 3, 7, 2), drawn(1, 6, 3, 8)], [0.7, 3.0]
    expected = []
    for n in range(3):
        parts = []
        for m, t, w in zip(maps, others, weights, strict=True):
            tables = [torch.einsum("ahw,bhw->ab", x, x) / x[0].numel() for x in (m[n], t[0])]
            parts.append(w * F.mse_loss(*tables))
        expected.append(sum(parts))
    targets = [solution.gram_matrix(one) for one in others]
    torch.testing.assert_close(solution.style_loss(maps, targets, weights), torch.stack(expected))


@pytest.mark.parametrize("name", ["content_loss", "style_loss"])
def test_targets_get_no_gradient(solution, name):
    x = drawn(2, 3, 4, 5).requires_grad_()
    wanted = drawn(2, 3, 4, 5, seed=8).requires_grad_()
    target = 2 * (solution.gram_matrix(wanted) if name == "style_loss" else wanted)
    getattr(solution, name)([x], [target], [1.0]).sum().backward()
    assert x.grad.any()
    assert wanted.grad is None
    loss = getattr(solution, name)
    assert torch.autograd.gradcheck(lambda x: loss([x], [target], [1.5]), drawn(2, 3, 4, 5, seed=4).requires_grad_())


# total_variation_loss


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 1, 4), (2, 2, 5, 1), (1, 3, 1, 1)])
def test_the_total_variation_is_a_loop_over_pixels(solution, shape):
    images = drawn(*shape)
    _, channels, height, width = shape
    expected = []
    for one in images:
        total = 0.0
        for channel in one:
            for row in range(height):
                for column in range(width):
                    if column + 1 < width:
                        total += (channel[row, column + 1] - channel[row, column]).item() ** 2
                    if row + 1 < height:
                        total += (channel[row + 1, column] - channel[row, column]).item() ** 2
        expected.append(total / (channels * height * width))
    torch.testing.assert_close(solution.total_variation_loss(images), torch.tensor(expected, dtype=torch.float64))


def test_the_total_variation_of_the_texts_row(solution):
    assert solution.total_variation_loss(torch.tensor([[[[0.0, 1.0, 1.0]]]])).item() == pytest.approx(1 / 3)


# style_transfer


def test_painting_is_a_loop_of_adam_by_hand(solution):
    network = SmallMaps().double()
    content, start = drawn(2, 3, 5, 6), drawn(2, 3, 5, 6, seed=4)
    styles = [drawn(1, 3, 4, 7, seed=5), 0.3 * drawn(1, 3, 6, 5, seed=6)]
    came, losses = solution.style_transfer(
        network, content, styles, [0.4, 0.9], start, range(5), [0.7, 2.0], [3.0, 0.4], 0.5, rate=0.2
    )

    def gram(m):
        return torch.einsum("nahw,nbhw->nab", m, m) / m[0, 0].numel()

    with torch.no_grad():
        kept = network(content)
        wanted = [0.4 * gram(a) + 0.9 * gram(b) for a, b in zip(network(styles[0]), network(styles[1]), strict=True)]
    x, first, second = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    for step in range(5):
        leaf = x.clone().requires_grad_()
        maps = network(leaf)
        each = 0.5 * (leaf.diff(dim=2).square().sum((1, 2, 3)) + leaf.diff(dim=3).square().sum((1, 2, 3))) / 90
        for m, k, w, c, s in zip(maps, kept, wanted, (0.7, 2.0), (3.0, 0.4), strict=True):
            each = each + c * (m - k).square().mean((1, 2, 3)) + s * (gram(m) - w).square().mean((1, 2))
        torch.testing.assert_close(losses[step], each.detach(), rtol=1e-6, atol=1e-8)
        (grad,) = torch.autograd.grad(each.sum(), leaf)
        first, second = 0.9 * first + 0.1 * grad, 0.999 * second + 0.001 * grad**2
        correct = math.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
        x = (x - 0.2 * correct * first / (second.sqrt() + 1e-8 * math.sqrt(1 - 0.999 ** (step + 1)))).clamp(0, 1)
    torch.testing.assert_close(came, x, rtol=1e-6, atol=1e-8)
    assert 0 < (came == 0).double().mean() + (came == 1).double().mean() < 1


def test_painting_leaves_the_network_alone_and_goes_downhill(solution):
    network = SmallMaps().double()
    before = copy.deepcopy(network.state_dict())
    _, losses = solution.style_transfer(
        network, drawn(1, 3, 8, 9), [drawn(1, 3, 7, 7, seed=1)], [1.0], drawn(1, 3, 8, 9), range(30), [0, 1], [9, 9]
    )
    assert losses.shape == (30, 1)
    assert losses[-1] < losses[0]
    assert all(value.grad is None and value.requires_grad for value in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_the_first_step_of_adam_is_the_rate():
    pixel = torch.tensor([0.2], requires_grad=True)
    adam = torch.optim.Adam([pixel], lr=0.02)
    (pixel - 0.5).square().sum().backward()
    adam.step()
    assert pixel.item() == pytest.approx(0.22)


def test_mixed_losses_have_the_gradient_of_one_mixed_target():
    g = drawn(3, 3).requires_grad_()
    a, b, p = drawn(3, 3, seed=1), drawn(3, 3, seed=2), 0.3
    one, two = (g - p * a - (1 - p) * b).square(), p * (g - a).square() + (1 - p) * (g - b).square()
    grads = [torch.autograd.grad(loss.sum(), g)[0] for loss in (one, two)]
    torch.testing.assert_close(*grads)
    torch.testing.assert_close((two - one).detach(), p * (1 - p) * (a - b).square())


# match_colours


def test_matched_colours_have_the_contents_mean_and_covariance(solution):
    style, content = drawn(2, 3, 6, 7), drawn(2, 3, 4, 5, seed=9) ** 2
    came = solution.match_colours(style, content)
    for own, wanted, before in zip(came, content, style, strict=True):
        torch.testing.assert_close(own.mean((1, 2)), wanted.mean((1, 2)))
        covariances = [torch.cov(x.flatten(1), correction=0) for x in (own, wanted, before)]
        torch.testing.assert_close(*covariances[:2])
        matrix = sqrtm(covariances[1].numpy()).real @ np.linalg.inv(sqrtm(covariances[2].numpy()).real)
        moved = torch.tensor(matrix) @ (before.flatten(1) - before.mean((1, 2))[:, None])
        torch.testing.assert_close(own.flatten(1), moved + wanted.mean((1, 2))[:, None])


def test_matched_grey_pixels_of_the_text():
    assert math.sqrt(0.01) / math.sqrt(0.04) * (0.7 - 0.5) + 0.3 == pytest.approx(0.4)


def test_the_matched_cloud_of_the_picture_lies_where_the_cats_does(solution):
    petals, cat = (figures.photograph(name, 24).double() for name in ("petals", "cat"))
    came = solution.match_colours(petals, cat)[0].flatten(1).T
    torch.testing.assert_close(came, torch.tensor(figures.clouds()["petals, moved"]), rtol=1e-5, atol=1e-6)
    assert "The petals' mean is at" in figures.colours().description


# The network and the pictures


def test_the_networks_maps_are_those_of_torchvisions_extractor():
    image = figures.photograph("cat", 48)
    network = StyleNetwork(is_shifted=False)
    extractor = create_feature_extractor(network.blocks, [str(place) for place in network.stages])
    found = extractor((image - 127 / 255) / (128 / 255))
    maps = network(image)
    assert [one.shape[1] for one in maps] == [32, 16, 24, 40, 112]
    for one, other in zip(maps, found.values(), strict=True):
        assert torch.equal(one, other)


def test_the_network_looks_from_four_places_in_turn():
    image = figures.photograph("cat", 48)
    shifted, plain = StyleNetwork((0,)), StyleNetwork((0,), is_shifted=False)
    came = [shifted(image)[0] for _ in range(8)]
    for turn, (down, right) in enumerate([(0, 0), (0, 1), (1, 1), (1, 0)]):
        moved = image.roll((down, right), (2, 3))
        assert torch.equal(came[turn], came[turn + 4])
        torch.testing.assert_close(came[turn][:, :, 2:-2, 2:-2], plain(moved)[0][:, :, 2:-2, 2:-2])


def test_the_third_layers_gram_matrix_has_squares_forty_times_the_stems(solution):
    maps = StyleNetwork(is_shifted=False)(figures.photograph("tissue"))
    sizes = [solution.gram_matrix(one).square().mean().item() for one in maps]
    assert sizes[2] / sizes[0] == pytest.approx(40, abs=4)


def test_the_small_network_has_two_layers_and_learns():
    maps = SmallMaps()(torch.zeros(2, 3, 5, 6))
    assert [tuple(one.shape) for one in maps] == [(2, 4, 5, 6), (2, 5, 3, 3)]
    assert all(value.requires_grad for value in SmallMaps().parameters())


def test_the_pictures_go_the_way_of_the_exercise(solution):
    """A few steps of the figures' own loop and of the reference, with the weights of the notebook."""
    wish = figures.Wish(side=48, num_steps=3)
    cat, petals, tissue = (figures.photograph(name, 48) for name in ("cat", "petals", "tissue"))
    network = StyleNetwork()
    kept = [1 / one.square().mean().item() for one in network(cat)]
    network.calls = 1
    tables = [10 / solution.gram_matrix(one).square().mean().item() for one in network(petals)]
    network.calls = 0
    came, _ = solution.style_transfer(
        network, cat, [petals, tissue], [1.0, 0.0], cat, range(3), [0, 0, 0, *kept[3:]], tables, 0.5
    )
    assert (came - figures.painted(wish)).abs().mean() < 1e-3


def test_the_painted_cat_has_the_petals_style_and_is_still_a_cat():
    network = StyleNetwork(is_shifted=False)
    pictures = (figures.photograph("cat"), figures.photograph("petals"), figures.painted(figures.Wish()))
    cat, petals, image = (network(one) for one in pictures)

    def far(one, other):
        return sum(((a - b).square().mean() / b.square().mean()).item() for a, b in zip(one, other, strict=True))

    grams = [[torch.einsum("nahw,nbhw->nab", m, m) / m[0, 0].numel() for m in maps] for maps in (cat, petals, image)]
    assert far(grams[2], grams[1]) < 0.5 * far(grams[0], grams[1])
    assert far(image[3:], cat[3:]) < far(image[3:], petals[3:])
    assert figures.painted(figures.Wish()).numel() == 62208
    assert "cat's face made of orange petals" in figures.overview().description
    assert figures.beside(figures.photograph("petals"), figures.painted(figures.Wish())).description


def test_tiles_lie_near_and_other_pictures_about_four_times_as_far():
    away = figures.away()
    assert away["petals"] == 0
    assert 0 < away["dealt out"] < 0.15
    assert min(away["cat"], away["tissue"]) > 3.5 * away["dealt out"]
    same = [one.flatten(2).sort().values for one in (figures.dealt_out(), figures.photograph("petals"))]
    assert torch.equal(*same)
    assert f"dealt out {away['dealt out']:.2f}" in figures.distances().description


def test_the_two_channels_are_strong_in_the_same_places():
    one, other = figures.a_pair()
    assert 0.5 < np.corrcoef(one.flatten().numpy(), other.flatten().numpy())[0, 1] < 0.8
    assert f"mean {(one * other).mean().item():.1f}" in figures.together().description


def test_the_more_borders_the_more_variation(solution):
    patterns = figures.patterns()
    assert all(one.mean() == 0.5 for one in patterns.values())
    values = [solution.total_variation_loss(one[None, None]).item() for one in patterns.values()]
    assert values == [0.125, 0.375, 0.875, 1.75]
    assert figures.rough().description == "Total variation: halves 0.125, wide 0.375, narrow 0.875, chequer 1.750"


def test_only_shifting_removes_the_spike():
    """Several times as high as its neighbours without a remedy, still with ten times the variation, gone by shifts."""
    nothing, smoother, shifted = (figures.painted(wish) for wish in figures.GRIDS.values())
    assert figures.spike(nothing) > 4
    assert figures.spike(smoother) > 3
    assert figures.spike(shifted) < 1.5
    assert figures.strengths(smoother)[-9:].mean() < figures.strengths(nothing)[-9:].mean()
    assert f"shifted {figures.spike(shifted):.1f}" in figures.grid().description
    columns = torch.arange(8) % 2
    assert figures.strengths(columns.expand(1, 3, 8, 8).double())[-1] == pytest.approx(0.25)


def test_a_texture_meets_the_gram_matrices_that_it_was_asked_for():
    """The stem's meets the stem's alone, all five meet all; the last two miss the stem's."""
    network = StyleNetwork(is_shifted=False)

    def grams(x):
        return [torch.einsum("nahw,nbhw->nab", m, m) / m[0, 0].numel() for m in network(x)]

    petals = grams(figures.photograph("petals", figures.SMALL))

    def away(x):
        layers = zip(grams(x), petals, strict=True)
        return [((one - other).square().mean() / other.square().mean()).item() for one, other in layers]

    stem, three, five, two = (away(figures.texture(words)) for words in figures.LAYERS)
    assert stem[0] < 0.05 < 0.3 < stem[4]
    assert max(three[:3]) < 0.1 < three[4]
    assert max(five) < 0.15
    assert max(two[3:]) < 0.2
    assert two[0] > 5 * five[0]
    assert figures.layers().description.startswith("Textures from noise")


def test_mixtures_go_from_one_style_to_the_other():
    network = StyleNetwork(is_shifted=False)

    def grams(x):
        return [torch.einsum("nahw,nbhw->nab", m, m) / m[0, 0].numel() for m in network(x)]

    petals = grams(figures.photograph("petals", figures.SMALL))
    away = []
    for share in figures.MIXTURES:
        layers = zip(grams(figures.mixture(share)), petals, strict=True)
        away.append(sum(((a - b).square().mean() / b.square().mean()).item() for a, b in layers))
    assert away == sorted(away)
    assert "0.50 petals and 0.50 tissue" in figures.mixed().description
