"""The references of pooling, held to torch's poolings, to autograd, and to where a gradient reaches."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit.figures import pooling as figures

NOTEBOOK = "04_cnn/pooling"
CASES = [
    ((2, 3, 6, 4), 2, None, 0),
    ((1, 2, 7, 9), 3, 2, 0),
    ((2, 1, 9, 7), (4, 2), (3, 1), (2, 0)),
    ((3, 2, 5, 8), (3, 5), (2, 1), (1, 2)),
    ((2, 2, 9, 8), 2, (3, 4), 0),
    ((1, 2, 8, 7), 3, None, 0),
    ((2, 1, 4, 5), (4, 5), 1, 0),
    ((1, 2, 5, 4), 1, 2, 0),
]
CONV, POOL = (3, 1, 1, 1), (2, 2, 0, 1)


def images(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gradient_of(pool, x, seed=1):
    leaf = x.clone().requires_grad_()
    out = pool(leaf)
    grad_out = images(out.shape, seed)
    return grad_out, torch.autograd.grad(out, leaf, grad_out)[0]


# maximum and mean


@pytest.mark.parametrize(("shape", "kernel_size", "stride", "padding"), CASES)
def test_max_pool2d_is_torchs(solution, shape, kernel_size, stride, padding):
    for x in (images(shape), -1e300 * images(shape).abs(), images(shape).transpose(2, 3).contiguous().transpose(2, 3)):
        expected = F.max_pool2d(x, kernel_size, stride, padding)
        assert torch.equal(solution.max_pool2d(x, kernel_size, stride, padding), expected)


@pytest.mark.parametrize(("shape", "kernel_size", "stride", "padding"), CASES)
def test_max_pool2d_backward_is_what_autograd_says_with_ties_and_without(solution, shape, kernel_size, stride, padding):
    few = torch.randint(3, shape, generator=torch.Generator().manual_seed(3)).double()
    alike = [torch.full(shape, value, dtype=torch.float64) for value in (0.0, torch.finfo(torch.float64).min)]
    for x in (images(shape), few, *alike, -1e300 * images(shape).abs()):
        grad_out, expected = gradient_of(lambda leaf: F.max_pool2d(leaf, kernel_size, stride, padding), x)
        came = solution.max_pool2d_backward(grad_out, x, kernel_size, stride, padding)
        torch.testing.assert_close(came, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(("shape", "kernel_size", "stride", "padding"), CASES)
def test_avg_pool2d_is_torchs(solution, shape, kernel_size, stride, padding, counted):
    x = images(shape)
    expected = F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=counted)
    came = solution.avg_pool2d(x, kernel_size, stride, padding, counted)
    torch.testing.assert_close(came, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(("shape", "kernel_size", "stride", "padding"), CASES)
def test_avg_pool2d_backward_is_what_autograd_says(solution, shape, kernel_size, stride, padding, counted):
    grad_out, expected = gradient_of(
        lambda leaf: F.avg_pool2d(leaf, kernel_size, stride, padding, count_include_pad=counted), images(shape)
    )
    came = solution.avg_pool2d_backward(grad_out, shape[2:], kernel_size, stride, padding, counted)
    torch.testing.assert_close(came, expected, rtol=1e-12, atol=1e-12)


# the receptive field


def run(stack, x):
    """Run a stack along one axis with weights of one; branches are cut to the shortest and added."""
    for layer in stack:
        if isinstance(layer, list):
            outs = [run(branch, x) for branch in layer]
            shortest = min(out.shape[2] for out in outs)
            x = sum(out[:, :, :shortest] for out in outs)
        else:
            kernel, stride, padding, dilation = layer
            ones = torch.ones(1, 1, kernel, dtype=x.dtype)
            x = F.conv1d(x, ones, stride=stride, padding=padding, dilation=dilation)
    return x


def measured(stack, size=400):
    """Return (field, jump, start) by asking two neighbouring outputs of a stack for their gradients."""
    x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    out = run(stack, x)[0, 0]
    middle = len(out) // 2
    first, second = (torch.autograd.grad(out[i], x, retain_graph=True)[0][0, 0] for i in (middle, middle + 1))
    begin, end = first.nonzero().min().item(), first.nonzero().max().item()
    jump = second.nonzero().min().item() - begin
    return end - begin + 1, jump, begin - middle * jump


@pytest.mark.parametrize(
    "stack",
    [
        [],
        [(5, 1, 0, 1)],
        [(3, 2, 0, 1), (5, 1, 0, 1)],
        [(7, 2, 3, 1), (3, 3, 1, 1), (4, 2, 0, 1), (3, 1, 2, 1)],
        [(3, 1, 1, 1), (3, 1, 2, 2), (3, 2, 4, 4), (2, 1, 0, 5)],
        [CONV, CONV, POOL, CONV, CONV, POOL, CONV],
        [CONV, [[CONV, CONV], []], POOL, CONV],
        [CONV, [[(5, 4, 1, 1)], [CONV, POOL, (3, 2, 1, 1)]], CONV],
        [[[(3, 1, 1, 1)], [(7, 1, 3, 1)], [(1, 1, 0, 1)]], CONV],
        [(3, 2, 0, 1), [[(3, 1, 0, 1)], [(3, 1, 4, 1)]], (3, 1, 1, 1)],
        [CONV, [[(3, 2, 1, 1), CONV], [(1, 2, 0, 1)]], [[CONV, CONV], []], POOL, CONV],
        [[[(2, 3, 0, 1)], [(5, 3, 1, 2)]], (3, 1, 0, 1)],
        [CONV, [[POOL, [[(3, 1, 0, 1), CONV], [(5, 1, 3, 2)], []]], [(4, 2, 1, 1)]], (3, 2, 1, 1), CONV],
    ],
)
def test_the_receptive_field_is_where_the_gradient_reaches(solution, stack):
    assert solution.receptive_field(stack) == measured(stack)


def test_the_receptive_fields_of_alexnet_and_vgg_are_the_published_ones(solution):
    """Araujo, Norris and Sim, Distill 2019, table of fields: 195 and 212 at the last pooling."""
    alexnet = [(11, 4, 2, 1), (3, 2, 0, 1), (5, 1, 2, 1), (3, 2, 0, 1), *3 * [CONV], (3, 2, 0, 1)]
    assert solution.receptive_field(alexnet)[0] == 195
    assert solution.receptive_field(2 * [CONV, CONV, POOL] + 3 * [CONV, CONV, CONV, POOL])[0] == 212


def test_branches_that_step_differently_raise_a_value_error(solution):
    with pytest.raises(ValueError, match="branches that meet have different jumps"):
        solution.receptive_field([CONV, [[(3, 2, 1, 1)], []]])


def test_the_table_of_the_text(solution):
    stack = [CONV, POOL, CONV]
    assert [solution.receptive_field(stack[:end]) for end in range(4)] == [
        (1, 1, 0),
        (3, 1, -1),
        (4, 2, -1),
        (8, 2, -3),
    ]
    assert [solution.receptive_field(num * [CONV])[0] for num in (1, 2, 3)] == [3, 5, 7]
    assert solution.receptive_field(3 * [CONV, POOL] + [CONV])[0] == 38


# what the text says of the pictures


def test_the_fields_on_the_cat_are_those_of_the_text():
    assert list(figures.fields().values()) == [7, 11, 43, 99, 211, 435]
    assert "435 after stage 4" in figures.overview().description


def test_the_windows_over_numbers_are_those_worked_by_hand(solution):
    x = figures.IMAGE[None, None]
    assert figures.pooled(2, 2, 0, "largest").tolist() == [[5, 2], [2, 6]]
    assert figures.pooled(2, 2, 0, "mean")[0, 0] == 3.25
    corner = figures.pooled(3, 2, 1, "mean")[0, 0].item()
    assert corner == pytest.approx(13 / 9)
    assert solution.avg_pool2d(x, 3, 2, 1, False)[0, 0, 0, 0] == 3.25
    assert "gives 5" in figures.window().description


def test_the_five_wins_twice_and_the_upper_six_wins_its_tie():
    found, grad = figures.winning()
    assert found.tolist() == [[[1, 0], [1, 1]], [[1, 0], [2, 3]]]
    assert (grad[1, 0], grad[1, 1], grad[2, 3], grad[3, 2]) == (4, 2, 4, 0)
    assert "5 in row 2 and column 1 for gradient 3" in figures.winners().description


def test_the_frame_leaves_a_quarter_of_the_light_in_a_corner():
    counted, pixels = figures.averaged(True), figures.averaged(False)
    assert (counted[:, 0, 0] / pixels[:, 0, 0]).tolist() == pytest.approx([121 / 441] * 3, rel=1e-4)
    torch.testing.assert_close(counted[:, 40:50, 40:50], pixels[:, 40:50, 40:50])
    assert figures.dark_frame().description


def test_the_shares_are_those_of_the_text(solution):
    tiled, counted, pixels = (figures.handed_out(layer, count) for layer, count in figures.SHARES.values())
    assert tiled.unique().tolist() == [0.25]
    assert {round(9 * one) for one in counted.unique().tolist()} == {1, 2, 4}
    assert round(counted.sum().item(), 1) == 7.1
    assert pixels.sum().item() == pytest.approx(9)
    assert figures.shares().description
    grad_out = figures.UPSTREAM.double()[None, None]
    assert solution.avg_pool2d_backward(grad_out, (4, 4), 3, 2, 1)[0, 0, 1, 1].item() == pytest.approx(10 / 9)
    without = solution.avg_pool2d_backward(grad_out, (4, 4), 3, 2, 1, False)[0, 0, 1, 1].item()
    assert without == pytest.approx(1 / 4 + 2 / 6 + 3 / 6 + 4 / 9)


def test_the_top_number_of_the_pyramid_sees_eight_pixels():
    reads = figures.sees_of(figures.PYRAMID)
    assert [len(set().union(*layer)) for layer in reads[1:]] == [8, 6, 3]
    assert "3, 6, 8" in figures.pyramid().description


def test_the_gradient_through_a_maximum_reaches_at_most_the_field_and_sometimes_less():
    found = {figures.reaches(nn.MaxPool2d(2), seed) for seed in range(100)}
    assert max(found) == 8
    assert min(found) < 8
    assert {figures.reaches(nn.AvgPool2d(2), seed) for seed in range(5)} == {8}


def test_torchs_amax_shares_among_ties_and_its_pooling_does_not():
    windows = torch.zeros(1, 1, 1, 4, requires_grad=True)
    assert torch.autograd.grad(windows.amax(dim=(2, 3)).sum(), windows)[0].flatten().tolist() == [0.25] * 4
    assert torch.autograd.grad(F.max_pool2d(windows, (1, 4)).sum(), windows)[0].flatten().tolist() == [1, 0, 0, 0]


def test_a_peak_moves_along_or_stays_as_the_model_answer_says(solution):
    rows = [torch.zeros(1, 1, 1, 9) for _ in range(4)]
    for by, row in enumerate(rows):
        row[..., 2 + by] = 9
    places = [solution.max_pool2d(row, (1, 2)).flatten().tolist().index(9) for row in rows]
    assert places == [1, 1, 2, 2]
