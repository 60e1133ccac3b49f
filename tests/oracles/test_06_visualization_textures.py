"""The references of textures, held to brute force, torch's own layers and optimisers, and all cuts counted out."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit import repainter
from coursekit.figures import textures as figures
from coursekit.threads import one_thread

NOTEBOOK = "06_visualization/textures"


def drawn(*shape, seed=3):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def relative(own, goal):
    """A relative squared distance, entry by entry."""
    pairs = list(zip(own.flatten().tolist(), goal.flatten().tolist(), strict=True))
    return sum((a - b) ** 2 for a, b in pairs) / sum(b * b for _, b in pairs)


# synthesize_texture


def by_hand(sample, canvas, known, window, sigma, tolerance, generator):
    """Every pixel, every window, every place of it: plain numbers and plain loops."""
    half, (channels, rows, columns) = window // 2, sample.shape
    height, width = known.shape
    found = {(y, x): canvas[:, y, x].tolist() for y in range(height) for x in range(width) if known[y, x]}
    reach = [(dy, dx) for dy in range(-half, half + 1) for dx in range(-half, half + 1)]
    while len(found) < height * width:
        open_pixels = [(y, x) for y in range(height) for x in range(width) if (y, x) not in found]
        y, x = max(open_pixels, key=lambda at: sum((at[0] + dy, at[1] + dx) in found for dy, dx in reach))
        distances = []
        for top in range(half, rows - half):
            for left in range(half, columns - half):
                total = 0.0
                for dy, dx in reach:
                    for c in range(channels if (y + dy, x + dx) in found else 0):
                        away = sample[c, top + dy, left + dx].item() - found[y + dy, x + dx][c]
                        total += away**2 * math.exp(-(dy * dy + dx * dx) / (2 * sigma**2))
                distances.append((total, top, left))
        least = min(distances)[0]
        near = [one for one in distances if one[0] <= (1 + tolerance) * least]
        drawn_place = 0 if generator is None else int(torch.randint(len(near), (1,), generator=generator))
        chosen = min(distances) if generator is None else near[drawn_place]
        found[y, x] = sample[:, chosen[1], chosen[2]].tolist()
    return torch.tensor([[[found[y, x][c] for x in range(width)] for y in range(height)] for c in range(channels)])


@pytest.mark.parametrize(
    ("window", "sigma", "tolerance", "seed"), [(3, 1.0, 0.1, None), (5, 2.0, 1.5, 4), (3, 0.6, 3.0, 5)]
)
def test_a_grown_texture_is_the_one_of_plain_loops(solution, window, sigma, tolerance, seed):
    sample, canvas, known = drawn(2, 7, 6), drawn(2, 5, 6, seed=1), torch.zeros(5, 6, dtype=torch.bool)
    known[1:3, 2:4], known[4, 5] = True, True
    generators = [None if seed is None else torch.Generator().manual_seed(seed) for _ in range(2)]
    came = solution.synthesize_texture(sample, canvas, known, window, sigma, tolerance, generators[0])
    expected = by_hand(sample, canvas, known, window, sigma, tolerance, generators[1])
    torch.testing.assert_close(came, expected.double(), atol=1e-6, rtol=0)
    if seed is not None:
        assert torch.equal(*(one.get_state() for one in generators))


def test_the_pixel_worked_by_hand_is_that_of_place_b(solution):
    """Left 2, above 5: of the places (2, 4) with 7, (2, 5) with 1 and (4, 5) with 9 the second is nearest."""
    sample = torch.full((1, 3, 9), 100.0)
    for column, (left, above, own) in zip((1, 4, 7), ((2, 4, 7), (2, 5, 1), (4, 5, 9)), strict=True):
        sample[0, 1, column - 1], sample[0, 0, column], sample[0, 1, column] = left, above, own
    canvas, known = torch.full((1, 2, 2), torch.nan), torch.tensor([[False, True], [True, False]])
    canvas[0, 1, 0], canvas[0, 0, 1] = 2.0, 5.0
    assert solution.synthesize_texture(sample, canvas, known, window=3, sigma=50.0)[0, 1, 1] == 1


def test_stripes_go_on_as_stripes(solution):
    stripes = torch.tensor([0.0, 0.5, 1.0]).repeat(4, 3)[None]
    known = torch.zeros(4, 8, dtype=torch.bool)
    known[:, 0] = True
    canvas = torch.full((1, 4, 8), torch.nan)
    canvas[:, :, 0] = 0.5
    row = solution.synthesize_texture(stripes, canvas, known, window=3)[0, 1]
    assert row.tolist() == [0.5, 1.0, 0.0, 0.5, 1.0, 0.0, 0.5, 1.0]


# cut_path


def all_cuts(height, width):
    for path in itertools.product(range(width), repeat=height):
        if all(abs(one - other) <= 1 for one, other in itertools.pairwise(path)):
            yield path


@pytest.mark.parametrize("seed", range(6))
def test_no_cut_is_cheaper_and_of_equal_ones_none_is_further_left(solution, seed):
    errors = (4 * drawn(5, 4, seed=seed)).floor()  # whole numbers, so that many cuts cost the same
    prices = {path: sum(errors[row, column].item() for row, column in enumerate(path)) for path in all_cuts(5, 4)}
    best = [path for path, price in prices.items() if price == min(prices.values())]
    came = tuple(solution.cut_path(errors).tolist())
    assert came in best
    assert came == tuple(min(columns) for columns in zip(*best, strict=True))


def test_the_cuts_worked_by_hand(solution):
    errors = torch.tensor([[1.0, 4.0, 3.0], [5.0, 2.0, 1.0], [6.0, 1.0, 7.0]])
    assert solution.cut_path(errors).tolist() == [0, 1, 1]
    errors[1, 1] = 9
    assert solution.cut_path(errors).tolist() == [2, 2, 1]


# synthesize_texture_gram


def test_the_first_loss_and_step_are_those_written_out(solution):
    """Adam's first step moves each pixel by the rate, against the sign of its slope."""
    network = repainter.small_looker(5).double()
    sample, start = 0.2 + 0.6 * drawn(1, 3, 5, 6), 0.2 + 0.6 * drawn(1, 3, 6, 4, seed=1)
    leaf = start.clone().requires_grad_()
    total = 0.0
    for depth in (1, 4):
        own, goal = (network[:depth](x).flatten(2)[0] for x in (leaf, sample))
        own, goal = (torch.einsum("cp,dp->cd", maps, maps) / maps.shape[1] for maps in (own, goal))
        total = total + F.mse_loss(own, goal) / F.mse_loss(torch.zeros_like(goal), goal)
    total.backward()
    image, losses = solution.synthesize_texture_gram(network, [0, 3], sample, start, 1, rate=0.01)
    torch.testing.assert_close(losses, [total.item()])
    torch.testing.assert_close(image, start - 0.01 * leaf.grad.sign(), atol=1e-6, rtol=0)


def test_a_trajectory_is_torchs_adam_with_the_matrices_of_numpy(solution):
    network = repainter.small_looker(6).double()
    sample, start = drawn(1, 3, 4, 6), drawn(1, 3, 5, 5, seed=1)
    goals = [np.cov(network[: n + 1](sample)[0].flatten(1).detach().numpy(), bias=True) for n in (1, 3)]
    means = [network[: n + 1](sample)[0].flatten(1).mean(dim=1).detach().numpy() for n in (1, 3)]
    goals = [torch.from_numpy(cov + np.outer(mean, mean)) for cov, mean in zip(goals, means, strict=True)]
    image = nn.Parameter(start.clone())
    optimiser, expected, shown = torch.optim.Adam([image], lr=0.05), [], []
    for _ in range(5):
        loss = 0.0
        for n, goal in zip((1, 3), goals, strict=True):
            rows = network[: n + 1](image)[0].flatten(1)
            loss = loss + (rows @ rows.T / rows.shape[1] - goal).norm() ** 2 / goal.norm() ** 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        image.data = image.data.clamp(0, 1)
        expected.append(loss.item())
    came, losses = solution.synthesize_texture_gram(
        network, [1, 3], sample, start, 5, 0.05, show=lambda one: shown.append(one.clone())
    )
    torch.testing.assert_close(losses, expected)
    torch.testing.assert_close(came, image.data)
    assert len(shown) == 5
    torch.testing.assert_close(shown[-1], came)


# ConditionalInstanceNorm


def test_each_image_is_torchs_instance_norm_with_the_row_of_its_style(solution):
    norm = solution.ConditionalInstanceNorm(4, 3, eps=0.01).double()
    for value in norm.parameters():
        value.data = drawn(3, 4, seed=value.data.numel())
    x, styles = 5 * drawn(5, 4, 3, 6), torch.tensor([2, 0, 1, 1, 2])
    own = norm(x, styles)
    for n, style in enumerate(styles.tolist()):
        row = norm.weight[style], norm.bias[style]
        torch.testing.assert_close(own[n : n + 1], F.instance_norm(x[n : n + 1], None, None, *row, eps=0.01))
    assert torch.equal(norm.eval()(x, styles), own)


def test_a_mixture_is_linear_in_its_factors_and_a_single_one_is_a_style(solution):
    norm = solution.ConditionalInstanceNorm(2, 3).double()
    for value in norm.parameters():
        value.data = drawn(3, 2, seed=5)
    x, factors = drawn(2, 2, 4, 3), torch.tensor([[0.3, -1.0, 2.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    single = [norm(x, torch.tensor([style, style])) for style in range(3)]
    expected = sum(factors[:, style, None, None, None] * single[style] for style in range(3))
    torch.testing.assert_close(norm(x, factors), expected)
    torch.testing.assert_close(norm(x, factors)[1], single[1][1])


def test_the_norm_worked_by_hand(solution):
    norm = solution.ConditionalInstanceNorm(1, 2, eps=0.0)
    norm.weight.data, norm.bias.data = torch.tensor([[2.0], [4.0]]), torch.tensor([[0.0], [10.0]])
    x = torch.tensor([1.0, 3.0]).reshape(1, 1, 1, 2)
    for styles, expected in (
        (torch.tensor([0]), [-2, 2]),
        (torch.tensor([1]), [6, 14]),
        (torch.tensor([[0.5, 0.5]]), [2, 8]),
    ):
        assert norm(x, styles).flatten().tolist() == expected


# train_fast_style


def test_a_training_is_the_loop_written_out_image_by_image(solution):
    network, pictures = repainter.small_looker(7).double(), [drawn(1, 3, 5, 6), drawn(1, 3, 4, 7, seed=1)]
    batches, styles = drawn(4, 3, 3, 5, 4, seed=2), torch.tensor([[0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 0, 0]])
    own, other = (repainter.SmallRepainter(2).double() for _ in range(2))
    came = solution.train_fast_style(own, network, 3, [0, 2], pictures, batches, styles, style_weight=2.5, rate=0.02)

    optimiser, expected = torch.optim.Adam(other.parameters(), lr=0.02), []
    for x, chosen in zip(batches, styles, strict=True):
        painted = other(x, chosen)
        wanted = network(x).detach()
        loss = F.mse_loss(network(painted), wanted) / wanted.square().mean()
        for depth in (1, 3):
            for n, style in enumerate(chosen.tolist()):
                rows = [network[:depth](one)[0].flatten(1) for one in (painted[n : n + 1], pictures[style])]
                mine, goal = (one @ one.T / one.shape[1] for one in rows)
                loss = loss + 2.5 / 3 * ((mine - goal) ** 2).sum() / (goal**2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        expected.append(loss.item())
    torch.testing.assert_close(came, expected)
    for one, two in zip(own.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one, two)
    assert not own.training


def test_the_notebooks_training_is_that_of_the_pictures(solution):
    painter = repainter.Repainter(lambda width: solution.ConditionalInstanceNorm(width, 2))
    batches, styles = repainter.crops(figures.STEPS)[:4], torch.tensor([[0, 1]]).expand(4, 2)
    with one_thread():
        came = solution.train_fast_style(
            painter, repainter.looker(), 3, [1, 2, 3, 4], repainter.style_pictures(), batches, styles, 0.5, 0.007
        )
    expected = figures.trained(4)[1]
    assert came[:2] == pytest.approx(expected[:2], rel=0.01)
    # Adam moves by its rate where a slope is nothing but rounding: from here on the two drift apart.
    assert came == pytest.approx(expected, rel=0.15)


# What is given


def test_the_gram_matrix_is_a_mean_over_places():
    maps = drawn(2, 3, 4, 5)
    torch.testing.assert_close(repainter.gram(maps), torch.einsum("nchw,ndhw->ncd", maps, maps) / 20)
    assert repainter.gram(torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]]))[0].tolist() == [[2.5, 1.5], [1.5, 4.5]]


def test_maps_come_in_the_order_they_are_asked_for():
    network, x = repainter.small_looker().double(), drawn(2, 3, 5, 6)
    last, first = repainter.maps_of(network, [3, 0], x)
    assert torch.equal(last, network(x))
    assert torch.equal(first, network[0](x))


def test_a_repainter_keeps_the_size_and_draws_nothing():
    before = torch.get_rng_state()
    made = [repainter.Repainter(figures.StyledNorm) for _ in range(2)]
    assert torch.equal(before, torch.get_rng_state())
    x = torch.rand(1, 3, 24, 36, generator=torch.Generator().manual_seed(0))
    outs = [one(x, torch.tensor([1])) for one in made]
    assert outs[0].shape == x.shape
    assert torch.equal(*outs)
    assert outs[0].min() >= 0
    assert outs[0].max() <= 1


def test_few_numbers_belong_to_a_style():
    """The text prints them: less than a hundredth for each style."""
    painter = repainter.Repainter(figures.StyledNorm)
    sizes = {name: value.numel() for name, value in painter.named_parameters()}
    of_styles = sum(size for name, size in sizes.items() if "norm" in name)
    assert of_styles // 2 < sum(sizes.values()) / 100


# The pictures


def test_a_wall_grows_from_its_seed_to_the_whole():
    stages = figures.grown()
    shares = [1 - np.isnan(one).mean() for one in stages]
    assert shares[0] == (figures.SEED_SIDE / figures.SIDE) ** 2
    assert shares[-1] == 1
    assert shares == sorted(shares)
    assert set(np.unique(stages[-1])) <= set(np.unique(figures.brick().numpy()))
    assert "until a wall fills the square" in figures.growth().description


def test_a_small_window_knows_no_bricks():
    """A wall changes less along its long bricks than across: how much less, a window of 3 knows least."""
    spread = {}
    for window in figures.WINDOW_SIDES:
        wall = figures.grown(window, 48)[-1]
        spread[window] = np.abs(np.diff(wall, axis=0)).mean() / np.abs(np.diff(wall, axis=1)).mean()
    given = figures.brick()[0].numpy()
    sample = np.abs(np.diff(given, axis=0)).mean() / np.abs(np.diff(given, axis=1)).mean()
    assert abs(spread[11] - sample) < abs(spread[3] - sample)
    assert "window of 3" in figures.windows().description


def test_cut_seams_are_seen_less_than_straight_ones(solution):
    straight, cut = (figures.quilt("agreeing", how)[1] for how in (None, solution.cut_path))
    assert cut < straight / 2
    assert "straight seams are seen" in figures.quilts(solution.cut_path).description


def test_the_statistics_of_gravel_are_those_of_other_gravel_and_not_of_brick():
    away = figures.distances()
    assert away["other gravel"] < 0.05
    assert away["brick"] > 0.2
    assert f"{away['brick']:.3f} for brick" in figures.statistics().description


def test_noise_turns_into_gravel(solution):
    """As in the notebook: after 80 steps the loss is a small part of what it was, on a canvas wider than the sample."""
    network = repainter.looker(times=2)
    start = figures.noise(figures.gravel(), 64, 96)
    with one_thread():
        image, losses = solution.synthesize_texture_gram(network, [1, 2, 3, 4], figures.gravel(), start, 80)
    assert losses[-1] < losses[0] / 8
    assert image.shape == (1, 3, 64, 96)
    assert "larger texture" in figures.beside(figures.gravel()[0], image[0]).description


def test_rows_of_a_style_give_its_means_and_deviations():
    x = F.instance_norm(repainter.photograph("cat", 96))
    assert x.mean(dim=(2, 3)).abs().max() < 1e-4
    for style, more in zip(repainter.style_pictures(), ("pale brown", "orange"), strict=True):
        red, _, blue = style.mean(dim=(0, 2, 3)).tolist()
        assert red > blue
        assert more in figures.rows().description


def test_the_painter_learns_and_its_styles_differ():
    painter, losses = figures.trained()
    assert sum(losses[-20:]) / 20 < losses[0] / 1.8
    x = repainter.photograph("cat")
    brown, orange = (figures.painting(painter, x, factors) for factors in ((1.0, 0.0), (0.0, 1.0)))
    assert (orange[0] - orange[2]).mean() > (brown[0] - brown[2]).mean() + 0.1
    assert "the cat in orange" in figures.painted(painter).description
    assert "a photograph of a cat" in figures.overview().description


def test_half_of_either_style_is_not_the_mean_of_the_two_images():
    """The graded question: by some tenths at the worst pixel."""
    painter, x = figures.trained()[0], repainter.photograph("cat")
    both = [figures.painting(painter, x, factors) for factors in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5))]
    assert 0.1 < ((both[0] + both[1]) / 2 - both[2]).abs().max() < 1
    said = figures.slider(painter)(0.5).description
    assert "50% tissue, 50% flower" in said


def test_one_pass_takes_less_than_a_twentieth_of_a_hundred_steps():
    once, many = figures.milliseconds(figures.trained()[0])
    assert many > 20 * once
    assert "less than a twentieth" in figures.times(figures.trained()[0]).description


def test_the_training_is_drawn_as_it_runs():
    said = figures.flow().description
    assert re.search(r"content.*Gram matrices.*back to the painter", said)
