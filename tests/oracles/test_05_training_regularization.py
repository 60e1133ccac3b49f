"""The references of noise as regulariser, held to autograd, torch, torchvision, and to what statistics must be."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from scipy.stats import binom
from torch import nn
from torchvision.ops import drop_block2d, stochastic_depth

from autograder.course.notebook import load_solution, read_course_notebook
from coursekit.figures import noise as figures
from coursekit.shapes import shapes
from coursekit.training import track

NOTEBOOK = "05_training/regularization"
DOUBLE = torch.float64


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def numbers(*shape, seed=0, shift=0.0):
    return torch.randn(*shape, generator=source(seed), dtype=DOUBLE) + shift


# dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_share_and_the_mean_and_leaves_two_values(solution, p):
    x = numbers(200, 300, shift=2.0)
    out, kept = solution.dropout_forward(x, p, source(1))
    deviation = (p * (1 - p) / x.numel()) ** 0.5
    assert abs(kept.double().mean() - (1 - p)) < 6 * deviation
    spread = (p / (1 - p) * x.square().mean() / x.numel()).sqrt()
    assert abs(out.mean() - x.mean()) < 6 * spread
    torch.testing.assert_close(out, x * kept / (1 - p), rtol=1e-15, atol=0)


def test_the_places_of_a_dropout_mask_know_nothing_of_each_other(solution):
    _, kept = solution.dropout_forward(torch.zeros(3000, 40), 0.3, source(2))
    correlations = torch.corrcoef(kept.T.double()) - torch.eye(40)
    assert correlations.abs().max() < 6 / 3000**0.5


def test_dropout_at_the_ends_and_at_test(solution):
    x = numbers(5, 7)
    for p, factor in ((0.0, 1), (1.0, 0)):
        out, kept = solution.dropout_forward(x, p, source())
        torch.testing.assert_close(out, factor * x)
        assert kept.all() == factor
    generator = source()
    out, kept = solution.dropout_forward(x, 0.4, generator, training=False)
    assert torch.equal(out, x)
    assert kept.all()
    assert torch.equal(generator.get_state(), source().get_state())
    with pytest.raises(ValueError, match="from 0 to 1"):
        solution.dropout_forward(x, 1.5, source())


def test_the_gradient_of_dropout_is_what_autograd_says_of_torchs_own(solution):
    for p in (0.2, 0.5, 1.0):
        x = numbers(6, 5, 4, shift=3.0).requires_grad_()
        torch.manual_seed(4)
        out = F.dropout(x, p)
        grad_out = numbers(6, 5, 4, seed=1)
        (expected,) = torch.autograd.grad(out, x, grad_out)
        came = solution.dropout_backward(grad_out, out.detach() != 0, p)
        torch.testing.assert_close(came, expected, rtol=1e-12, atol=0)
        leaf = x.detach().requires_grad_()
        own, kept = solution.dropout_forward(leaf, p, source(5))
        (expected,) = torch.autograd.grad(own, leaf, grad_out)
        came = solution.dropout_backward(grad_out, kept, p)
        torch.testing.assert_close(came, expected.nan_to_num(0.0), rtol=1e-12, atol=0)
        assert torch.equal(solution.dropout_backward(grad_out, kept, p, training=False), grad_out)


# the shift of the variance


def test_the_variance_shift_measured_is_the_one_predicted_and_the_one_of_torchs_layers(solution):
    x = numbers(40, 3, 9, 7) * torch.tensor([1.0, 2, 3]).reshape(3, 1, 1) + torch.tensor([0.0, 2, -5]).reshape(3, 1, 1)
    measured, predicted = solution.variance_shift(x, 0.4, 200, source())
    torch.testing.assert_close(measured, predicted, rtol=0.01, atol=0)
    norm = nn.BatchNorm2d(3, momentum=None).double()
    torch.manual_seed(0)
    for _ in range(200):
        norm(F.dropout(x, 0.4))
    torch.testing.assert_close(norm.running_var / x.var(dim=(0, 2, 3)), predicted, rtol=0.01, atol=0)


def test_the_variance_shift_of_two_numbers_is_that_over_all_masks(solution):
    """Of 3 and 1 with p = 1/2: masks give 6 2, 6 0, 0 2 and 0 0, with variances 4, 9, 1 and 0; that of 3 and 1 is 1."""
    x = torch.tensor([3.0, 1.0]).double().reshape(2, 1, 1, 1)
    measured, predicted = solution.variance_shift(x, 0.5, 4000, source())
    assert measured.item() == pytest.approx(14 / 4, abs=0.35)
    assert predicted.item() == 2 * 5 - 4


# DropConnect, stochastic depth


def test_drop_connect_is_a_linear_layer_with_masked_weights_for_each_row(solution):
    x, weights, bias = numbers(5, 4), numbers(4, 3, seed=1), numbers(3, seed=2)
    out, kept = solution.drop_connect(x, weights, bias, 0.3, source(3))
    for row in range(5):
        expected = F.linear(x[row], (weights * kept[row] / 0.7).T, bias)
        torch.testing.assert_close(out[row], expected, rtol=1e-12, atol=1e-12)
    out, kept = solution.drop_connect(x, weights, bias, 0.3, source(3), training=False)
    torch.testing.assert_close(out, F.linear(x, weights.T, bias), rtol=1e-12, atol=1e-12)
    assert kept.all()


def test_drop_connect_keeps_the_share_and_the_mean(solution):
    x, weights, bias = numbers(1, 4).expand(20000, 4), numbers(4, 3, seed=1), numbers(3, seed=2)
    out, kept = solution.drop_connect(x, weights, bias, 0.3, source(3))
    assert (kept.double().mean(dim=0) - 0.7).abs().max() < 6 * (0.21 / 20000) ** 0.5
    deviation = out.std(dim=0) / 20000**0.5
    assert ((out.mean(dim=0) - (x[0] @ weights + bias)).abs() < 6 * deviation).all()


@pytest.mark.parametrize("mode", ["row", "batch"])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(64,), (64, 3), (16, 3, 4, 5)])
def test_drop_path_is_torchvisions_stochastic_depth_drawn_from_the_same_state(solution, mode, p, shape):
    branch = numbers(*shape).float()
    torch.manual_seed(7)
    expected = stochastic_depth(branch, p, mode)
    torch.testing.assert_close(solution.drop_path(branch, p, source(7), mode), expected, rtol=1e-6, atol=0)
    assert torch.equal(solution.drop_path(branch, p, source(7), mode, training=False), branch)


# fractional pooling


@pytest.mark.parametrize(
    ("shape", "kernel_size", "output_size"),
    [
        ((2, 3, 9, 11), 2, 6),
        ((1, 2, 13, 10), (2, 3), (8, 5)),
        ((3, 1, 7, 12), (3, 1), (4, 9)),
        ((2, 2, 6, 5), 2, (1, 3)),
        ((2, 2, 5, 6), (5, 2), (1, 1)),
        ((1, 1, 8, 9), 1, (8, 9)),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
def test_fractional_max_pool_is_torchs(solution, shape, kernel_size, output_size, dtype):
    for seed in range(20):
        x = numbers(*shape, seed=seed).to(dtype)
        samples = torch.rand(*shape[:2], 2, generator=source(seed), dtype=dtype)
        expected = F.fractional_max_pool2d(x, kernel_size, output_size, _random_samples=samples.flip(2))
        assert torch.equal(solution.fractional_max_pool(x, kernel_size, output_size, samples), expected)


# DropBlock


@pytest.mark.parametrize(
    ("shape", "p", "block_size"), [((4, 3, 9, 12), 0.2, 3), ((2, 5, 7, 7), 0.1, 5), ((3, 2, 6, 8), 0.3, 1)]
)
def test_drop_block_is_torchvisions_drawn_from_the_same_state(solution, shape, p, block_size):
    x = numbers(*shape, shift=5.0).float()
    for seed in range(10):
        torch.manual_seed(seed)
        expected = drop_block2d(x, p, block_size)
        out, kept = solution.drop_block(x, p, block_size, source(seed))
        torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-6)
        assert torch.equal(kept, expected != 0)


def test_drop_block_of_even_size_drops_blocks_and_about_the_share(solution):
    x = torch.ones(400, 5, 8, 10)
    _, kept = solution.drop_block(x, 0.1, 2, source())
    eroded = -F.max_pool2d(-(~kept).float(), 2, stride=1)
    opened = F.max_pool2d(F.pad(eroded, (1, 1, 1, 1)), 2, stride=1)
    assert torch.equal(opened > 0, ~kept)
    assert (~kept).float().mean().item() == pytest.approx(0.095, abs=0.01)


def test_drop_block_where_all_is_dropped_gives_zeros(solution):
    out, kept = solution.drop_block(numbers(2, 3, 5, 5), 1.0, 5, source())
    assert not kept.any()
    assert torch.equal(out, torch.zeros(2, 3, 5, 5, dtype=DOUBLE))


# uniform noise


@pytest.mark.parametrize(("beta", "factor"), [(0.1, 1 + 0.01 / 3), (0.9, 1.27)])
def test_uniform_dropout_keeps_the_mean_and_multiplies_the_mean_square_by_the_factor(solution, beta, factor):
    x = numbers(1000, 500)
    out = solution.uniform_dropout(x, beta, source(1))
    assert (out / x - 1).abs().max() <= beta * (1 + 1e-12)
    assert abs((out - x).mean()) < 6 * beta / (3 * x.numel()) ** 0.5
    assert (out.square().mean() / x.square().mean()).item() == pytest.approx(factor, abs=0.018 * beta)
    assert torch.equal(solution.uniform_dropout(x, beta, source(1), training=False), x)


# what the text says by hand and of the pictures


def test_a_share_of_21_percent_comes_once_in_eighty_trials_and_seven_deviations_hardly_ever():
    draws = binom(10_000, 0.2)
    assert draws.std() / 10_000 == pytest.approx(0.004)
    assert 1 / (draws.sf(2099) + draws.cdf(1900)) == pytest.approx(80, abs=5)
    assert draws.sf(2279) + draws.cdf(1720) < 1e-11


def test_five_tens_give_a_multiple_of_twelve_and_a_half(solution):
    generator = source()
    sums = {solution.dropout_forward(torch.full((5,), 10.0), 0.2, generator)[0].sum().item() for _ in range(2000)}
    assert sums <= {12.5 * many for many in range(6)}
    assert max(sums) == 62.5


def test_the_scores_worked_by_hand(solution):
    x, bias = torch.tensor([[1.0, 2.0]]), torch.ones(2)
    weights, kept = torch.tensor([[3.0, 4], [5, 6]]), torch.tensor([[False, True], [True, False]])
    assert (x @ (weights * kept) / 0.5 + bias).tolist() == [[21, 9]]
    assert solution.drop_connect(x, weights, bias, 0.5, source(), training=False)[0].tolist() == [[14, 17]]


def test_the_variance_shift_in_the_picture_is_two_three_and_six_and_rises(solution):
    for mean, factor in ((0.0, 2), (1.0, 3), (2.0, 6)):
        assert figures.measured(mean, 0.5) == pytest.approx(factor, rel=0.05)
        assert figures.ratio(mean, 0.5) == factor
        found = [figures.measured(mean, p) for p in figures.RATES]
        assert found == sorted(found)
    assert "rises with p" in figures.shift().description
    x = numbers(50_000, 1, 1, 1)
    x = (x - x.mean()) / x.std(correction=0) + 2
    assert solution.variance_shift(x, 0.5, 1, source())[1].item() == pytest.approx(6)


def test_batch_norm_behind_relu_and_dropout_remembers_two_and_a_half_times_the_variance(solution):
    x = numbers(200, 4, 6, 6).float().relu()
    norm = nn.BatchNorm2d(4, momentum=None)
    generator = source(1)
    for _ in range(50):
        norm(solution.dropout_forward(x, 0.5, generator)[0])
    assert (norm.running_var / x.var(dim=(0, 2, 3))).mean().item() == pytest.approx(2.47, rel=0.03)


def test_all_kinds_of_noise_in_the_widget_keep_the_mean():
    for kind in ("dropout", "uniform", "blocks"):
        means = [figures.factors(kind, 0.3, seed).mean().item() for seed in range(10)]
        assert means == pytest.approx([1] * 10, abs=0.1)
    whole = {float(one) for seed in range(10) for one in figures.factors("whole", 0.5, seed).unique()}
    assert whole == {0.0, 2.0}
    assert "dropout" in figures.disturbed().description
    assert "five times" in figures.opening().description


def test_blocks_begin_within_the_frame_and_cover_three_by_three():
    starts, gone = figures.begins((9, 11), 0.25, 54, 3), figures.covered((9, 11), 0.25, 54, 3)
    assert starts.shape == (7, 9)
    for row, col in starts.nonzero().tolist():
        assert gone[row : row + 3, col : col + 3].all()
    assert gone.sum() == 23
    assert "3 places within a frame of 7 × 9" in figures.blocks().description
    places = starts.numel()
    assert places * (0.25 * 99 / (9 * places)) == pytest.approx(2.75)


def test_four_of_twelve_lines_are_gone():
    assert "4 of 12 lines" in figures.connections().description


def test_uneven_windows_begin_where_the_text_says_and_always_with_the_first_and_last_pixel():
    assert figures.uneven(10, 2, 6, 0.5) == [0, 2, 4, 5, 7, 8]
    assert "u = 0.5: [0, 2, 4, 5, 7, 8]" in figures.windows().description
    for u in (0.01, 0.3, 0.77, 0.99):
        found = figures.uneven(10, 2, 6, u)
        assert (found[0], found[-1]) == (0, 8)
        assert {later - earlier for earlier, later in pairwise(found)} <= {1, 2}


# what the notebook's own training shows


@pytest.fixture(scope="module")
def cells():
    """What the notebook's cells of the training define."""
    notebook = read_course_notebook(Path(__file__).parents[2] / "solutions" / NOTEBOOK)
    ns = {"shapes": shapes, "track": track, **load_solution(notebook)}
    for cell in notebook.cells:
        if any(word in cell.source for word in ("train_set = ", "def network(", "def train(")):
            exec(cell.source, ns)
    return ns


def outcome(ns, epochs, **noise):
    """(share of wrong labels learnt, share of new images right) of the notebook's network after its training."""
    net = ns["network"](**{place: ns[name] for place, name in noise.items()})
    ns["train"](net, epochs)
    by_heart = ns["accuracy"](net, ns["train_set"].images[ns["wrong"]], ns["labels"][ns["wrong"]])
    return by_heart, ns["accuracy"](net, ns["new_set"].images, ns["new_set"].colour[:, 0])


@pytest.fixture(scope="module")
def trained(cells):
    """The notebook's four networks after 15 epochs."""
    return {
        "no noise": outcome(cells, 15),
        "dropout": outcome(cells, 15, late="dropping"),
        "DropBlock": outcome(cells, 15, early="blocking"),
        "both": outcome(cells, 15, early="blocking", late="dropping"),
    }


def test_without_noise_wrong_labels_are_learnt_by_heart_and_with_noise_a_part_or_hardly_any(trained):
    assert trained["no noise"][0] > 0.9
    assert 0.1 < trained["dropout"][0] < 0.8
    assert 0.1 < trained["DropBlock"][0] < 0.8
    assert trained["both"][0] < 0.15


def test_on_new_images_both_kinds_of_noise_make_less_than_half_of_the_mistakes(trained):
    wrong = {name: 1 - right for name, (_, right) in trained.items()}
    assert wrong["both"] < wrong["no noise"] / 2
    assert max(wrong["dropout"], wrong["DropBlock"]) < wrong["no noise"]
    assert wrong["no noise"] - wrong["both"] > 0.04
    deviation = (0.95 * 0.05 / 600) ** 0.5
    assert 2 * deviation == pytest.approx(0.02, abs=0.003)


def test_after_30_epochs_dropout_alone_has_lost_most_of_its_gain_and_both_together_still_help(cells, trained):
    by_heart, right = outcome(cells, 30, late="dropping")
    assert by_heart > 0.9
    assert right - trained["no noise"][1] < (trained["dropout"][1] - trained["no noise"][1]) / 2
    by_heart, right = outcome(cells, 30, early="blocking", late="dropping")
    assert by_heart < 0.7
    assert 1 - right < 0.7 * (1 - trained["no noise"][1])
