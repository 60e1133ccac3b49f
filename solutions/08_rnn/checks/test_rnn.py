"""Checks of recurrent networks: a step and its gradient, sequences and the way back, chunks of a stream, clipping."""

import math

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, assert_parts, contract, exercise, randn
from coursekit.gradients import assert_gradients

DOUBLE = torch.float64
BY_HAND = "write the gradient yourself"
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
READY_MADE = ["RNN", "RNNCell", "rnn_tanh", "rnn_tanh_cell", "rnn_relu", "rnn_relu_cell"]


def exception_of(ns, name, args, settings) -> str:
    """Probe: which exception a call is refused with."""
    try:
        getattr(ns, name)(*args, **settings)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


def parameters(rng, dim, width, dtype=DOUBLE):
    """Return the four parameters of a step; the two biases differ, and the matrices are far from symmetric."""
    shapes = (width, dim), (width, width), (width,), (width,)
    return tuple(randn(rng, *shape, dtype=dtype, scale=0.6, shift=0.1) for shape in shapes)


# rnn_step_forward


@exercise("rnn_step_forward")
def test_the_step_of_the_text(student, reference):
    """One number each, as in the text."""
    one = torch.ones(1, 1)
    args = (one, 0.5 * one, (one, -one, torch.tensor([0.3]), torch.tensor([0.2])))
    assert_close(student.rnn_step_forward(*args), reference.rnn_step_forward(*args), what="the state")


@exercise("rnn_step_forward")
@pytest.mark.parametrize(("num", "dim", "width"), [(3, 2, 4), (2, 5, 3), (4, 3, 1), (2, 1, 3)], ids=str)
def test_one_step(student, reference, rng, num, dim, width):
    """The states after a step, for several sizes."""
    args = (randn(rng, num, dim, dtype=DOUBLE), randn(rng, num, width, dtype=DOUBLE), parameters(rng, dim, width))
    assert_close(student.rnn_step_forward(*args), reference.rnn_step_forward(*args), what="the state")


@exercise("rnn_step_forward")
@pytest.mark.parametrize("bias", [0, 1], ids=["bias_ih", "bias_hh"])
def test_each_bias_counts(student, reference, bias):
    """No piece, no state, no matrix: only one of the biases."""
    nothing = torch.zeros(2, 3, dtype=DOUBLE)
    biases = [torch.zeros(3, dtype=DOUBLE), torch.zeros(3, dtype=DOUBLE)]
    biases[bias] = torch.tensor([0.25, -0.5, 1.0], dtype=DOUBLE)
    args = (nothing, nothing, (torch.zeros(3, 3, dtype=DOUBLE), torch.zeros(3, 3, dtype=DOUBLE), *biases))
    assert_close(student.rnn_step_forward(*args), reference.rnn_step_forward(*args), what="the state")


@exercise("rnn_step_forward")
def test_large_sums(student, reference):
    """Where the sum inside is large, 8 or 400, the state is near 1 or -1: nothing overflows, nothing is cut off."""
    x = torch.tensor([[400.0, -400.0, 8.0], [-8.0, 7.0, 0.5]], dtype=DOUBLE)
    nothing = torch.zeros(3, dtype=DOUBLE)
    params = torch.eye(3, dtype=DOUBLE), torch.zeros(3, 3, dtype=DOUBLE), nothing, nothing
    args = (x, torch.zeros(2, 3, dtype=DOUBLE), params)
    assert_close(student.rnn_step_forward(*args), reference.rnn_step_forward(*args), what="the state")


def step_inputs(rng, N=3, D=2, H=4, dtype=DOUBLE):
    """Return pieces, states and parameters."""
    return randn(rng, N, D, dtype=dtype), randn(rng, N, H, dtype=dtype), parameters(rng, D, H, dtype)


contract(
    "rnn_step_forward",
    inputs=step_inputs,
    one="NDH",
    all_at_once="NDH",
    forbids=READY_MADE,
    instead="write the step yourself",
)


# rnn_step_backward


def flattened(answer):
    """Return the gradients of a backward pass by name. Raises Mismatch where the form is another."""
    assert_form(answer)
    grad_x, grad_state, grads = answer
    return {"x": grad_x, "the state before": grad_state, **dict(zip(WEIGHTS, grads, strict=True))}


def assert_form(answer):
    """Hold the form to a tuple of three, the last of them four tensors."""
    fits = isinstance(answer, tuple) and len(answer) == 3 and isinstance(answer[2], tuple | list)
    assert fits, "the answer has to be a tuple of three: of x, of the state, and a tuple of those of the parameters"
    assert len(answer[2]) == 4, f"the parameters have {len(answer[2])} gradients, and there are 4 of them"


def assert_step_gradients(came, expected):
    """Compare the six gradients by name."""
    assert_gradients(flattened(came), flattened(expected))


def compare_step(student, reference, *args):
    """Ask both for the gradients of one step, and compare."""
    expected = reference.rnn_step_backward(*args)
    sizes = {"N": len(args[0])} if len(args[0]) > 1 else {}
    assert_gradients(flattened(student.rnn_step_backward(*args)), flattened(expected), **sizes)


@exercise("rnn_step_backward")
def test_the_gradients_of_the_text(student, reference):
    """One number each, as in the text."""
    one = torch.ones(1, 1, dtype=DOUBLE)
    weights = one, -one, torch.tensor([0.3], dtype=DOUBLE), torch.tensor([0.2], dtype=DOUBLE)
    compare_step(student, reference, one, (one, 0.5 * one, one.tanh(), weights))


def step_back_inputs(rng, N=3, D=2, H=4, dtype=DOUBLE):
    """Return a gradient from above, and a cache whose states are those of a step."""
    x, before, params = step_inputs(rng, N, D, H, dtype)
    after = torch.tanh(x @ params[0].T + params[2] + before @ params[1].T + params[3])
    return randn(rng, N, H, dtype=dtype, shift=0.3), (x, before, after, params)


@exercise("rnn_step_backward")
@pytest.mark.parametrize(("num", "dim", "width"), [(3, 2, 4), (4, 5, 3), (2, 3, 1)], ids=str)
def test_six_gradients_of_a_step(student, reference, rng, num, dim, width):
    """All six gradients, for several sizes."""
    compare_step(student, reference, *step_back_inputs(rng, num, dim, width))


@exercise("rnn_step_backward")
def test_states_at_the_ends_let_nothing_through(student, reference, rng):
    """Where tanh gave exactly 1 or -1, its slope is 0."""
    x = torch.tensor([[50.0, -50.0, 0.5, 0.0], [0.0, 50.0, -0.5, -50.0]], dtype=DOUBLE)
    before, bias = torch.zeros(2, 4, dtype=DOUBLE), torch.zeros(4, dtype=DOUBLE)
    params = torch.eye(4, dtype=DOUBLE), randn(rng, 4, 4, dtype=DOUBLE), bias, bias
    compare_step(student, reference, randn(rng, 2, 4, dtype=DOUBLE), (x, before, x.tanh(), params))


@exercise("rnn_step_backward")
def test_the_same_rows_twice_count_twice(student, reference, rng):
    """A batch twice over has twice the gradients of the parameters: nothing is averaged."""
    grad, (x, before, after, params) = step_back_inputs(rng)
    twice = [torch.cat([one, one]) for one in (grad, x, before, after)]
    compare_step(student, reference, twice[0], (*twice[1:], params))


contract(
    "rnn_step_backward",
    inputs=step_back_inputs,
    one="NDH",
    all_at_once="NDH",
    compare=assert_step_gradients,
    by_hand=True,
    forbids=["backward"],
    instead=BY_HAND,
    costs={"dtype": 0.5},
)


# rnn_forward

LENGTHS = [
    pytest.param([4, 2, 3], id="of several lengths"),
    pytest.param([1, 4, 1], id="of one step"),
    pytest.param([4, 4, 4], id="all full"),
    pytest.param([3, 1, 2], id="none of them full"),
]
NO_STEP = [pytest.param([0, 3, 0], id="two of three"), pytest.param([0, 0, 0], id="all")]


def assert_states(came, expected):
    """Compare the states and the last ones."""
    assert_parts(came, expected, "states", "last")


def sequences(rng, N=3, T=4, D=2, H=5, dtype=DOUBLE):
    """Return sequences, first states, parameters and lengths that differ: T, T - 1, …, and T again."""
    x, state = randn(rng, N, T, D, dtype=dtype), randn(rng, N, H, dtype=dtype)
    return x, state, parameters(rng, D, H, dtype), T - torch.arange(N) % T


def all_full(rng, N=3, T=4, D=2, H=5, dtype=DOUBLE):
    """Return sequences, first states and parameters, and no lengths."""
    return *sequences(rng, N, T, D, H, dtype)[:3], None


@exercise("rnn_forward")
def test_the_two_steps_of_the_text(student, reference):
    """Two steps of one number each, as in the text."""
    one = torch.ones(1, 1)
    params = one, -one, torch.tensor([0.3]), torch.tensor([0.2])
    args = (torch.tensor([[[1.0], [0.0]]]), 0.5 * one, params)
    assert_states(student.rnn_forward(*args), reference.rnn_forward(*args))


@exercise("rnn_forward")
@pytest.mark.parametrize(
    ("num", "steps", "dim", "width"), [(3, 4, 2, 5), (2, 3, 4, 1), (1, 5, 3, 2), (4, 1, 2, 3)], ids=str
)
def test_all_sequences_full(student, reference, rng, num, steps, dim, width):
    """No lengths given, and first states that aren't zero."""
    args = all_full(rng, num, steps, dim, width)[:3]
    assert_states(student.rnn_forward(*args), reference.rnn_forward(*args))


@exercise("rnn_forward")
@pytest.mark.parametrize("lengths", LENGTHS)
def test_sequences(student, reference, rng, lengths):
    """Each sequence stops after its own length."""
    args = (*sequences(rng)[:3], torch.tensor(lengths))
    assert_states(student.rnn_forward(*args), reference.rnn_forward(*args))


@exercise("rnn_forward", costs=0.5)
@pytest.mark.parametrize("lengths", NO_STEP)
def test_a_sequence_of_length_zero(student, reference, rng, lengths):
    """A sequence without a step ends with the state that it was given."""
    args = (*sequences(rng)[:3], torch.tensor(lengths))
    assert_states(student.rnn_forward(*args), reference.rnn_forward(*args))


def padded_at_random(rng):
    """Return sequences of lengths 3, 2, 3 of 4: one has zeros at a step that it has, one padding of 0, two of 1000."""
    x, state, params, _ = sequences(rng)
    lengths = torch.tensor([3, 2, 3])
    x[torch.arange(4) >= lengths[:, None]] = 1000.0
    x[1, 2:], x[0, 1] = 0.0, 0.0
    return x, state, params, lengths


@exercise("rnn_forward")
def test_what_stands_in_the_padding_does_not_matter(student, reference, rng):
    """Padding of 0 or 1000 changes nothing, and a row of zeros within a sequence is no padding."""
    args = padded_at_random(rng)
    assert_states(student.rnn_forward(*args), reference.rnn_forward(*args))


@exercise("rnn_forward")
def test_a_long_sequence(student, reference, rng):
    """A sequence of 70 steps is read to its end."""
    args = all_full(rng, 1, 70, 1, 2)[:3]
    assert_states(student.rnn_forward(*args), reference.rnn_forward(*args))


contract(
    "rnn_forward",
    inputs=sequences,
    also=[all_full],
    square={"N": 3, "T": 3, "D": 3, "H": 3},
    one="NTDH",
    all_at_once="NDH",
    compare=assert_states,
    forbids=[*READY_MADE, "pack_padded_sequence"],
    instead="write the loop over the steps yourself",
)


# rnn_backward


def states_of(x, state, params, lengths=None):
    """Return the states at all steps: an independent copy, for caches."""
    shown = []
    for t in range(x.shape[1]):
        after = torch.tanh(x[:, t] @ params[0].T + params[2] + state @ params[1].T + params[3])
        here = torch.ones(len(x), 1, dtype=torch.bool) if lengths is None else (t < lengths)[:, None]
        state = torch.where(here, after, state)
        shown.append(torch.where(here, after, 0.0))
    return torch.stack(shown, dim=1)


def back_inputs(rng, N=3, T=4, D=2, H=5, dtype=DOUBLE):
    """Return gradients of both answers, a cache and lengths."""
    x, state, params, lengths = sequences(rng, N, T, D, H, dtype)
    above, last = randn(rng, N, T, H, dtype=dtype, shift=0.2), randn(rng, N, H, dtype=dtype, shift=0.3)
    return above, last, (x, state, states_of(x, state, params, lengths), params), lengths


def back_all_full(rng, N=3, T=4, D=2, H=5, dtype=DOUBLE):
    """Return gradients and a cache of sequences that fill all steps, and no lengths."""
    above, last, (x, state, _, params), _ = back_inputs(rng, N, T, D, H, dtype)
    return above, last, (x, state, states_of(x, state, params), params), None


def compare_back(student, reference, *args):
    """Ask both for the gradients of sequences, and compare."""
    expected = flattened(reference.rnn_backward(*args))
    num, steps = args[0].shape[:2]
    sizes = {name: size for name, size in (("N", num), ("T", steps)) if size > 1}
    assert_gradients(flattened(student.rnn_backward(*args)), expected, **sizes)


@exercise("rnn_backward")
def test_the_way_back_of_the_text(student, reference):
    """Two steps of one number each, as in the text."""
    one = torch.ones(1, 1, dtype=DOUBLE)
    params = one, -one, torch.tensor([0.3], dtype=DOUBLE), torch.tensor([0.2], dtype=DOUBLE)
    x = torch.tensor([[[1.0], [0.0]]], dtype=DOUBLE)
    cache = x, 0.5 * one, states_of(x, 0.5 * one, params), params
    compare_back(student, reference, torch.zeros(1, 2, 1, dtype=DOUBLE), one, cache)


@exercise("rnn_backward")
@pytest.mark.parametrize("which", ["states", "last"])
def test_a_loss_that_uses_only(student, reference, rng, which):
    """A gradient with respect to one of the two answers, and zeros for the other."""
    above, last, cache, _ = back_all_full(rng)
    above, last = (above, torch.zeros_like(last)) if which == "states" else (torch.zeros_like(above), last)
    compare_back(student, reference, above, last, cache)


@exercise("rnn_backward")
@pytest.mark.parametrize(
    ("num", "steps", "dim", "width"), [(3, 4, 2, 5), (2, 3, 4, 1), (1, 5, 3, 2), (4, 1, 2, 3)], ids=str
)
def test_the_way_back_through_full_sequences(student, reference, rng, num, steps, dim, width):
    """Both answers are used, and no lengths given."""
    compare_back(student, reference, *back_all_full(rng, num, steps, dim, width)[:3])


@exercise("rnn_backward")
@pytest.mark.parametrize("lengths", LENGTHS)
def test_the_way_back_through_sequences(student, reference, rng, lengths):
    """Each sequence begins its way back at its own end."""
    (above, last, (x, state, _, params), _), lengths = back_inputs(rng), torch.tensor(lengths)
    cache = x, state, states_of(x, state, params, lengths), params
    compare_back(student, reference, above, last, cache, lengths)


@exercise("rnn_backward", costs=0.5)
@pytest.mark.parametrize("lengths", NO_STEP)
def test_the_way_back_of_a_sequence_of_length_zero(student, reference, rng, lengths):
    """A sequence without a step hands the last state's gradient on to its first."""
    (above, last, (x, state, _, params), _), lengths = back_inputs(rng), torch.tensor(lengths)
    cache = x, state, states_of(x, state, params, lengths), params
    compare_back(student, reference, above, last, cache, lengths)


@exercise("rnn_backward")
def test_the_way_back_through_padding_of_any_size(student, reference, rng):
    """Padding of 0 or 1000, and gradients of -1000 there, change nothing; a row of zeros before is no padding."""
    x, state, params, lengths = padded_at_random(rng)
    above, last = randn(rng, 3, 4, 5, dtype=DOUBLE, shift=0.2), randn(rng, 3, 5, dtype=DOUBLE, shift=0.3)
    above[torch.arange(4) >= lengths[:, None]] = -1000.0
    cache = x, state, states_of(x, state, params, lengths), params
    compare_back(student, reference, above, last, cache, lengths)


@exercise("rnn_backward")
def test_the_way_back_through_a_long_sequence(student, reference, rng):
    """A sequence of 70 steps: the way back goes to its beginning."""
    compare_back(student, reference, *back_all_full(rng, 1, 70, 1, 2)[:3])


contract(
    "rnn_backward",
    inputs=back_inputs,
    also=[back_all_full],
    square={"N": 3, "T": 3, "D": 3, "H": 3},
    one="NTDH",
    all_at_once="NDH",
    compare=assert_step_gradients,
    by_hand=True,
    forbids=["backward"],
    instead=BY_HAND,
    costs={"dtype": 0.5},
)


# truncated_bptt

LEARNT = (*WEIGHTS, "the readout's weights", "the readout's bias")


def streams(rng, N=3, T=5, D=2, H=4, M=3, dtype=DOUBLE, steps=2):
    """Return streams with their targets, a network and its readout, the steps of a chunk and the rate."""
    x, state, params, _ = sequences(rng, N, T, D, H, dtype)
    readout = randn(rng, M, H, dtype=dtype), randn(rng, M, dtype=dtype, shift=0.5)
    return x, randn(rng, N, T, M, dtype=dtype, shift=1.0), state, params, readout, steps, 0.2


def assert_trained(came, expected):
    """Compare losses, the state at the end and the six trained tensors, by name."""
    names = ("losses", "last", "params", "readout")
    fits = isinstance(came, tuple) and len(came) == 4
    assert fits, f"the answer has to be a tuple ({', '.join(names)})"
    assert_close(came[0], expected[0], what="the losses")
    for kind, own, right in zip(names[2:], came[2:], expected[2:], strict=True):
        fits = isinstance(own, tuple | list) and len(own) == len(right)
        assert fits, f"{kind} has to come back as a tuple of {len(right)} tensors"
    learnt = zip(LEARNT, (*came[2], *came[3]), (*expected[2], *expected[3]), strict=True)
    for name, own, right in learnt:
        assert_close(own, right, what=f"{name} after training")
    assert_close(came[1], expected[1], what="the last state")


@exercise("truncated_bptt")
def test_a_single_chunk(student, reference, rng):
    """One chunk for the whole stream: plain back-propagation through time, and one step."""
    args = streams(rng, T=4, steps=4)
    assert_trained(student.truncated_bptt(*args), reference.truncated_bptt(*args))


@exercise("truncated_bptt")
@pytest.mark.parametrize(("length", "steps"), [(6, 3), (4, 1), (6, 2)], ids=str)
def test_chunks_of_one_length(student, reference, rng, length, steps):
    """The stream is a whole number of chunks."""
    args = streams(rng, T=length, steps=steps)
    assert_trained(student.truncated_bptt(*args), reference.truncated_bptt(*args))


@exercise("truncated_bptt")
@pytest.mark.parametrize(("length", "steps"), [(7, 3), (5, 4), (9, 4), (3, 8)], ids=str)
def test_a_last_chunk_that_is_shorter(student, reference, rng, length, steps):
    """What is left at the end of a stream is a chunk too."""
    args = streams(rng, T=length, steps=steps)
    assert_trained(student.truncated_bptt(*args), reference.truncated_bptt(*args))


@exercise("truncated_bptt")
def test_a_long_chunk(student, reference, rng):
    """A chunk of 25 steps is one chunk."""
    args = streams(rng, N=1, T=25, D=1, H=2, M=1, steps=25)
    assert_trained(student.truncated_bptt(*args), reference.truncated_bptt(*args))


@exercise("truncated_bptt")
def test_nothing_is_learnt_at_a_rate_of_zero(student, reference, rng):
    """With a learning rate of 0 all comes back as it was, and the losses are those of one long run."""
    args = (*streams(rng, T=5, steps=2)[:-1], 0.0)
    assert_trained(student.truncated_bptt(*args), reference.truncated_bptt(*args))


@exercise("truncated_bptt")
def test_a_single_stream_with_one_output(student, reference, rng):
    """N = 1 and M = 1."""
    args = streams(rng, N=1, M=1, T=5, steps=2)
    assert_trained(student.truncated_bptt(*args), reference.truncated_bptt(*args))


contract(
    "truncated_bptt",
    inputs=streams,
    square={"N": 3, "T": 3, "D": 3, "H": 3, "M": 3},
    one="NTDHM",
    all_at_once="NDHM",
    compare=assert_trained,
    by_hand=True,
    forbids=["backward"],
    instead=BY_HAND,
    costs={"dtype": 0.5},
)


# clip_gradient_norm


# Of a norm of 1 the small number in the divisor is a millionth. It has tests of its own: the others don't see it.
ABOUT = {"rtol": 1e-5, "atol": 1e-8}


def assert_clipped(came, expected):
    """Compare the norm and the gradients, which may come as a tuple too."""
    if isinstance(came, tuple) and len(came) == 2 and isinstance(came[0], tuple):
        came = list(came[0]), came[1]
    assert_parts(came, expected, "clipped", "norm", **ABOUT)


def compare_clipped(student, reference, *args, **settings):
    """Ask both, and compare."""
    assert_clipped(student.clip_gradient_norm(*args, **settings), reference.clip_gradient_norm(*args, **settings))


def gradients_of(rng, A=3, B=4, dtype=DOUBLE):
    """Return gradients of several shapes, with a norm far above 1, and a limit."""
    return [randn(rng, A, B, dtype=dtype), randn(rng, B, dtype=dtype, shift=2.0)], 1.5


def short_gradients(rng, A=3, B=4, dtype=DOUBLE):
    """Return gradients of several shapes, and a limit far above their norm."""
    return gradients_of(rng, A, B, dtype)[0], 1000.0


@exercise("clip_gradient_norm")
def test_the_gradients_of_section_6(student, reference):
    """(3, 0) and (4) with a limit of 1, as in the text."""
    compare_clipped(student, reference, [torch.tensor([3.0, 0.0]), torch.tensor([4.0])], 1.0)


@exercise("clip_gradient_norm")
def test_gradients_of_several_shapes(student, reference, rng):
    """A matrix, a vector, a single number of shape (), and one of three dimensions."""
    shapes = (2, 3), (4,), (), (2, 1, 3)
    compare_clipped(student, reference, [randn(rng, *shape, dtype=DOUBLE, shift=0.5) for shape in shapes], 0.7)


@exercise("clip_gradient_norm")
def test_short_gradients_stay_as_they_are(student, reference):
    """Below the limit nothing gets longer."""
    grads = [torch.tensor([0.3, -0.4], dtype=DOUBLE), torch.tensor([[0.1]], dtype=DOUBLE)]
    compare_clipped(student, reference, grads, 2.0)


@exercise("clip_gradient_norm")
@pytest.mark.parametrize("limit", [1e4, math.inf], ids=str)
def test_a_norm_of_a_million(student, reference, limit):
    """A large norm is clipped like any other, and without a limit (infinity) it stays."""
    grads = [torch.tensor([6e5, 0.0], dtype=DOUBLE), torch.tensor([-8e5], dtype=DOUBLE)]
    compare_clipped(student, reference, grads, limit)


@exercise("clip_gradient_norm")
def test_each_is_short_and_together_they_are_long(student, reference):
    """Nine tensors of norm 1 have the norm 3 together."""
    grads = [torch.tensor([0.6, -0.8], dtype=DOUBLE)] * 9
    compare_clipped(student, reference, grads, 2.0)


@exercise("clip_gradient_norm")
def test_some_parameters_have_no_gradient(student, reference):
    """None stays None, in its place."""
    grads = [None, torch.tensor([3.0, -4.0], dtype=DOUBLE), None]
    compare_clipped(student, reference, grads, 1.0)


@exercise("clip_gradient_norm")
@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, math.inf], ids=str)
def test_norms_of_other_orders(student, reference, order):
    """The sum of absolute values, the largest of them, and what lies between."""
    grads = [torch.tensor([3.5, -1.0, 3.5], dtype=DOUBLE), torch.tensor([[-4.0], [0.5]], dtype=DOUBLE)]
    compare_clipped(student, reference, grads, 2.0, norm_type=order)


@exercise("clip_gradient_norm", costs=0.25)
def test_zeros_with_a_limit_of_zero(student, reference):
    """A norm of 0 and a limit of 0: nothing is divided by 0."""
    compare_clipped(student, reference, [torch.zeros(2, dtype=DOUBLE), torch.zeros(1, 2, dtype=DOUBLE)], 0.0)


@exercise("clip_gradient_norm")
def test_gradients_of_zero(student, reference):
    """Zeros stay zeros, and nothing becomes NaN."""
    compare_clipped(student, reference, [torch.zeros(2, dtype=DOUBLE), torch.zeros(1, 2, dtype=DOUBLE)], 1.0)


@exercise("clip_gradient_norm")
def test_a_limit_of_zero(student, reference):
    """A limit of 0 leaves nothing."""
    compare_clipped(student, reference, [torch.tensor([3.0, -4.0], dtype=DOUBLE)], 0.0)


@exercise("clip_gradient_norm", costs=0.25)
@pytest.mark.parametrize("times", [2.0, 0.8], ids=["above the limit", "just below it"])
def test_the_small_number_in_the_divisor(student, reference, times):
    """A limit of 0.000001, and a norm about as long: what is added to the divisor counts then."""
    compare_clipped(student, reference, [torch.tensor([6e-7 * times, -8e-7 * times], dtype=DOUBLE)], 1e-6)


@exercise("clip_gradient_norm", costs=0.25)
@pytest.mark.parametrize("wrong", [math.nan, math.inf, 3e38], ids=str)
def test_a_norm_that_is_no_number_is_refused(student, reference, wrong):
    """With a NaN or an infinity among the gradients, or where the norm is too large for float32, a ValueError."""
    args = ([torch.tensor([1.0, wrong]), torch.tensor([3e38 if math.isfinite(wrong) else 2.0])], 1.0)
    came = student.run(exception_of, "clip_gradient_norm", args, {})
    expected = reference.run(exception_of, "clip_gradient_norm", args, {})
    assert_equal(came, expected, what=f"the response to gradients with {wrong}")


contract(
    "clip_gradient_norm",
    inputs=gradients_of,
    settings={"norm_type": 3.0},
    also=[{"norm_type": math.inf}, short_gradients],
    one="AB",
    fresh=True,
    compare=assert_clipped,
    forbids=["clip_grad_norm_", "clip_grad_norm", "clip_grads_with_norm_", "get_total_norm"],
    instead="compute the norm and the factor yourself",
)
