"""The references of 08_rnn/rnn held to torch's modules and autograd; and what the text says of its pictures and of the
two trainings. All comparisons in float64 allow 1e-12."""

import math
from itertools import product

import pytest
import torch
from torch import nn

from coursekit import echo, row_reader
from coursekit.figures import rnn as figures

NOTEBOOK = "08_rnn/rnn"
DOUBLE = torch.float64
NEAR = {"rtol": 0, "atol": 1e-12}


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def network(dim, width, seed=0):
    """Return the four parameters, and torch's cell and network that have them."""
    shapes = (width, dim), (width, width), (width,), (width,)
    params = tuple(drawn(*shape, seed=seed + place) / 2 for place, shape in enumerate(shapes))
    cell, whole = nn.RNNCell(dim, width).double(), nn.RNN(dim, width, batch_first=True).double()
    for module in (cell, whole):
        for own, one in zip(module.parameters(), params, strict=True):
            own.data.copy_(one)
    return params, cell, whole


def packed(whole, x, state, lengths):
    """Return what nn.RNN gives for packed sequences."""
    rows = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, last = whole(rows, state[None])
    return nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])[0], last[0]


# A step


@pytest.mark.parametrize(("num", "dim", "width"), [(3, 2, 5), (1, 1, 1), (4, 6, 6)])
def test_a_step_is_that_of_torchs_cell(solution, num, dim, width):
    params, cell, _ = network(dim, width)
    x, state = drawn(num, dim, seed=8), drawn(num, width, seed=9)
    torch.testing.assert_close(solution.rnn_step_forward(x, state, params), cell(x, state), **NEAR)


@pytest.mark.parametrize(("num", "dim", "width"), [(3, 2, 5), (1, 1, 1), (4, 6, 6)])
def test_the_gradients_of_a_step_are_autograds(solution, num, dim, width):
    params, cell, _ = network(dim, width)
    x, state = drawn(num, dim, seed=8).requires_grad_(), drawn(num, width, seed=9).requires_grad_()
    after, above = cell(x, state), drawn(num, width, seed=10)
    right = torch.autograd.grad(after, (x, state, *cell.parameters()), above)
    cache = x.detach(), state.detach(), after.detach(), params
    grad_x, grad_state, grads = solution.rnn_step_backward(above, cache)
    for own, one in zip((grad_x, grad_state, *grads), right, strict=True):
        torch.testing.assert_close(own, one, **NEAR)


# A sequence


@pytest.mark.parametrize("lengths", [None, [4, 2, 7], [1, 7, 1], [7, 7, 7], [3, 1, 2]])
def test_a_sequence_is_read_as_torch_reads_it(solution, lengths):
    params, _, whole = network(2, 5)
    x, state = drawn(3, 7, 2, seed=8), drawn(3, 5, seed=9)
    if lengths is None:
        states, last = solution.rnn_forward(x, state, params)
        right, right_last = whole(x, state[None])
        right_last = right_last[0]
    else:
        states, last = solution.rnn_forward(x, state, params, torch.tensor(lengths))
        right, right_last = packed(whole, x, state, torch.tensor(lengths))
    torch.testing.assert_close(states, right, **NEAR)
    torch.testing.assert_close(last, right_last, **NEAR)


@pytest.mark.parametrize("lengths", [None, [4, 2, 7], [1, 7, 1], [7, 7, 7], [3, 1, 2]])
def test_the_way_back_is_autograds(solution, lengths):
    params, _, whole = network(2, 5)
    x, state = drawn(3, 7, 2, seed=8).requires_grad_(), drawn(3, 5, seed=9).requires_grad_()
    many = None if lengths is None else torch.tensor(lengths)
    if many is None:
        states, last = whole(x, state[None])
        last = last[0]
    else:
        states, last = packed(whole, x, state, many)
    above = drawn(3, 7, 5, seed=10), drawn(3, 5, seed=11)
    right = torch.autograd.grad((states, last), (x, state, *whole.parameters()), above)
    cache = x.detach(), state.detach(), states.detach(), params
    grad_x, grad_state, grads = solution.rnn_backward(*above, cache, many)
    for own, one in zip((grad_x, grad_state, *grads), right, strict=True):
        torch.testing.assert_close(own, one, **NEAR)


def test_a_sequence_without_a_step_hands_everything_on(solution):
    params, _, _ = network(2, 5)
    x, state, none = drawn(2, 3, 2), drawn(2, 5, seed=9), torch.zeros(2, dtype=torch.int64)
    states, last = solution.rnn_forward(x, state, params, none)
    assert not states.any()
    assert torch.equal(last, state)
    above, back = drawn(2, 3, 5, seed=10), drawn(2, 5, seed=11)
    grad_x, grad_state, grads = solution.rnn_backward(above, back, (x, state, states, params), none)
    assert torch.equal(grad_state, back)
    assert not grad_x.any()
    assert not any(one.any() for one in grads)


def test_the_numbers_worked_by_hand(solution):
    one = torch.ones(1, 1, dtype=DOUBLE)
    params = one, -one, 0.3 * one[0], 0.2 * one[0]
    after = solution.rnn_step_forward(one, one / 2, params)
    assert f"{after.item():.3f}" == "0.762"
    grad_x, grad_before, grads = solution.rnn_step_backward(one, (one, one / 2, after, params))
    assert [f"{n.item():.3f}" for n in (grad_x, grad_before)] == ["0.420", "-0.420"]
    assert [f"{n.item():.3f}" for n in grads] == ["0.420", "0.210", "0.420", "0.420"]
    pieces = torch.tensor([[[1.0], [0.0]]], dtype=DOUBLE)
    states, last = solution.rnn_forward(pieces, one / 2, params)
    assert f"{last.item():.3f}" == "-0.256"
    first = 1 - last.item() ** 2
    assert f"{first:.3f} {first * states[0, 0].item():.3f}" == "0.935 0.712"
    second = -first * (1 - states[0, 0].item() ** 2)
    assert f"{second:.3f} {second / 2:.3f}" == "-0.392 -0.196"
    grads = solution.rnn_backward(0 * states, one, (pieces, one / 2, states, params))[2]
    assert f"{grads[1].item():.3f}" == "0.516"
    readout = one, 0 * one[0]
    losses = solution.truncated_bptt(pieces, 0 * pieces, one / 2, params, readout, 1, 0.1)[0]
    assert [f"{n:.3f}" for n in losses.tolist()] == ["0.580", "0.249"]
    *_, (first_weight, first_bias) = solution.truncated_bptt(
        pieces[:, :1], 0 * pieces[:, :1], one / 2, params, readout, 1, 0.1
    )
    assert f"{first_weight.item():.3f} {first_bias.item():.3f}" == "0.884 -0.152"


# A stream


def truncated_by_autograd(x, y, state, params, readout, steps, rate):
    """Train on chunks with torch's network, autograd and SGD."""
    _, _, whole = network(x.shape[2], state.shape[1])
    layer = nn.Linear(state.shape[1], y.shape[2]).double()
    for own, one in zip((*whole.parameters(), *layer.parameters()), (*params, *readout), strict=True):
        own.data.copy_(one)
    numbers = [*whole.parameters(), *layer.parameters()]
    optimiser, losses, state = torch.optim.SGD(numbers, rate), [], state[None]
    for part, target in zip(x.split(steps, dim=1), y.split(steps, dim=1), strict=True):
        states, state = whole(part, state.detach())
        loss = nn.functional.mse_loss(layer(states), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses), state[0].detach(), tuple(one.detach() for one in numbers)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 10])
def test_chunks_are_trained_as_torch_trains_them(solution, steps):
    params, _, _ = network(2, 5)
    readout = drawn(3, 5, seed=5), drawn(3, seed=6)
    args = drawn(4, 7, 2, seed=7), drawn(4, 7, 3, seed=8), drawn(4, 5, seed=9), params, readout, steps, 0.3
    losses, last, learnt, out = solution.truncated_bptt(*args)
    right = truncated_by_autograd(*args)
    assert len(losses) == -(-7 // steps)
    for own, one in zip((losses, last, *learnt, *out), (right[0], right[1], *right[2]), strict=True):
        torch.testing.assert_close(own, one, **NEAR)


# Clipping


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, 0.5, math.inf])
@pytest.mark.parametrize("limit", [0.0, 0.5, 3.0, 100.0])
def test_clipping_is_torchs(solution, limit, order):
    grads = [drawn(3, 4), None, drawn(5, seed=1), drawn(seed=2)]
    holders = [nn.Parameter(torch.zeros(()) if grad is None else torch.zeros_like(grad)) for grad in grads]
    for holder, grad in zip(holders, grads, strict=True):
        holder.grad = None if grad is None else grad.clone()
    right = nn.utils.clip_grad_norm_(holders, limit, order)
    clipped, norm = solution.clip_gradient_norm(grads, limit, order)
    torch.testing.assert_close(norm, right, **NEAR)
    for own, holder in zip(clipped, holders, strict=True):
        assert (own is None) == (holder.grad is None)
        if own is not None:
            torch.testing.assert_close(own, holder.grad, **NEAR)


def test_clipping_refuses_what_torch_refuses_on_demand(solution):
    for wrong in (math.nan, math.inf):
        holder = nn.Parameter(torch.zeros(2))
        holder.grad = torch.tensor([1.0, wrong])
        with pytest.raises(RuntimeError):
            nn.utils.clip_grad_norm_([holder], 1.0, error_if_nonfinite=True)
        with pytest.raises(ValueError, match="the norm of the gradients"):
            solution.clip_gradient_norm([holder.grad], 1.0)


def test_clipping_worked_by_hand(solution):
    clipped, norm = solution.clip_gradient_norm([torch.tensor([3.0, 0]), torch.tensor([4.0])], 1.0)
    assert norm == 5
    assert [round(n, 3) for one in clipped for n in one.tolist()] == [0.6, 0, 0.8]
    said = figures.clippings().description
    assert "at 14 degrees still" in said
    assert "at 37 degrees" in said


# Vanishing and bursting


def test_no_gradient_is_longer_than_the_bound_and_without_tanh_it_lies_on_it():
    for largest, length in product((0.5, 0.9, 1.0, 1.3, 2.0), (5, 40)):
        bound = [largest**step for step in range(length + 1)]
        linear = figures.norms_back(largest, length, tanh=False)
        torch.testing.assert_close(torch.tensor(linear), torch.tensor(bound))
        curved = figures.norms_back(largest, length)
        assert all(one < most for one, most in zip(curved[1:], bound[1:], strict=True))
    assert figures.norms_back(1.0, 40)[-1] < 0.01
    assert "it begins with 1" in figures.fading(1.0, 40).description


def test_norms_back_are_autograds():
    weights = figures.matrix_of(1.3, alike=False, seed=4).clone().requires_grad_()
    torch.testing.assert_close(torch.linalg.svdvals(weights.detach())[0], torch.tensor(1.3, dtype=DOUBLE))
    again = torch.Generator().manual_seed(5)
    first = torch.zeros(figures.WIDTH, dtype=DOUBLE, requires_grad=True)
    state = first
    for _ in range(6):
        state = (weights @ state + 0.3 * torch.randn(figures.WIDTH, dtype=DOUBLE, generator=again)).tanh()
    back = torch.randn(figures.WIDTH, dtype=DOUBLE, generator=again)
    (slope,) = torch.autograd.grad(state, first, back / back.norm())
    assert figures.norms_back(1.3, 6, alike=False, seed=4)[-1] == pytest.approx(float(slope.norm()))


def test_bounds_worked_by_hand():
    assert f"{0.9**40:.3f} {0.5**40:.0e} {1.1**40:.0f} {2.0**40:.0e}" == "0.015 9e-13 45 1e+12"


def test_where_the_curves_cross_the_line():
    said = figures.by_singular_value().description
    for words in (
        "without tanh, all alike: above 1 from 1.25 on",
        "without tanh, drawn: above 1 from 2 on",
        "with tanh, all alike: above 1 from 1.5 on",
        "with tanh, drawn: above 1 from 3 on",
    ):
        assert words in said
    for tanh, alike in product((False, True), repeat=2):
        assert figures.middle_norm(0.75, tanh, alike) < 1e-4
        assert figures.middle_norm(1.0, True, alike) < 0.01


def test_the_matrix_of_the_question():
    weights = torch.tensor([[0.5, 4.0], [0.0, 0.5]], dtype=DOUBLE)
    powers = [torch.linalg.svdvals(torch.linalg.matrix_power(weights, n))[0].item() for n in (1, 2, 3, 10, 50)]
    assert [f"{one:.2f}" for one in powers[:4]] == ["4.06", "4.02", "3.01", "0.08"]
    assert f"{powers[4]:.0e}" == "4e-13"
    ratios = [torch.linalg.eigvals(figures.matrix_of(1.0, alike=False, seed=seed)).abs().max() for seed in range(8)]
    assert 0.45 < float(torch.stack(ratios).mean()) < 0.65


# The reader


def test_clipping_decides_whether_the_reader_learns():
    clipped, wild = (row_reader.library_run(limit, 0) for limit in (row_reader.MAX_NORM, math.inf))
    assert row_reader.accuracy(clipped.weights) > 0.8
    assert row_reader.accuracy(wild.weights) < 0.5
    assert max(clipped.norms) > 50
    assert 1 < torch.tensor(clipped.norms).median() < 8
    said = figures.clipped(clipped, wild).description
    assert f"the longest gradient {max(clipped.norms):.0f}" in said
    assert sum(norm > 10 for norm in clipped.norms) > sum(norm > 10 for norm in wild.norms)


def test_the_reader_guesses_first_and_is_sure_at_the_end():
    weights = row_reader.library_run(row_reader.MAX_NORM, 0).weights
    pictures, labels = row_reader.images(unseen=True)
    likely = row_reader.probabilities(pictures, weights)
    right = likely[torch.arange(len(labels)), :, labels]
    assert right[:, 0].mean() < 0.3
    assert right[:, -1].mean() > 0.7
    wrong = likely[:, -1].argmax(dim=1) != labels
    assert 0.15 < (right[wrong].max(dim=1).values > 0.5).float().mean() < 0.65  # it knew, and forgot
    shown = right[(likely[:, -1].argmax(dim=1) == labels).nonzero().flatten()[: figures.SHOWN]]
    assert bool((shown[:, -1] > shown[:, 0] + 0.2).all())
    assert "4 images of one coloured shape each that are named rightly" in figures.overview().description
    assert "that are named wrongly" in figures.reading(weights, right=False).description


def test_the_references_train_the_reader_as_torch_does(solution):
    def gradients(x, y, weights):
        *params, matrix, bias = weights
        first = x.new_zeros(len(x), row_reader.STATE)
        states, last = solution.rnn_forward(x, first, tuple(params))
        loss, grad_last, grads_readout = row_reader.read_out(last, y, matrix, bias)
        cache = x, first, states, tuple(params)
        grads = solution.rnn_backward(torch.zeros_like(states), grad_last, cache)[2]
        return loss, (*grads, *grads_readout)

    own = row_reader.trained(gradients, solution.clip_gradient_norm, num_steps=12)
    right = row_reader.trained(num_steps=12)
    assert own.losses == pytest.approx(right.losses, rel=1e-3)


def test_rows_are_rows_and_channels_lie_one_after_another():
    pictures = torch.arange(2 * 3 * 32 * 32.0).reshape(2, 3, 32, 32)
    rows = row_reader.rows_of(pictures)
    assert rows.shape == (2, 32, 96)
    assert torch.equal(rows[1, 7, 32:64], (pictures[1, 1, 7] - row_reader.MEAN) / row_reader.SPREAD)


# The echo


def test_how_many_steps_of_a_chunk_the_echo_needs(solution):
    fading, keeping = (echo.by_steps(solution.truncated_bptt, gain) for gain in (echo.FADING, echo.KEEPING))
    assert all((error > 0.5) == (steps < echo.DELAY) for steps, error in fading.items())
    assert max(fading[5], fading[8], keeping[5], keeping[8], keeping[20]) < 0.05
    assert keeping[2] < 0.3
    assert all(keeping[steps] < fading[steps] for steps in (1, 2, 4))
    assert f"5 steps {fading[5]:.2f}" in figures.echoes(fading, keeping).description


def test_what_is_left_of_a_toss_after_five_steps():
    assert f"{0.9**5:.0%} {0.5**5:.0%}" == "59% 3%"
    task = echo.task(echo.KEEPING, length=9)
    torch.testing.assert_close(torch.linalg.svdvals(task.params[1]), torch.full((echo.STATE,), 0.9))
    assert torch.equal(task.y[:, 5:], task.x[:, :-5])


# Pictures of steps


def test_the_pictures_of_steps_say_what_they_show():
    assert "three times in a row" in figures.unrolled().description
    assert "of lengths 6, 2, 4" in figures.padded().description
    assert "from right to left" in figures.backwards().description
    assert "in 3 chunks of 3 at most" in figures.chunks().description
