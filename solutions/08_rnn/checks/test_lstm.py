"""Checks of LSTM and GRU: a step, its gradient, sequences with lengths, two reset gates, and what is remembered."""

import math

import pytest
import torch

from autograder.authoring import assert_close, assert_parts, contract, exercise, randn

DOUBLE = torch.float64
KIN = ["LSTM", "LSTMCell", "lstm", "lstm_cell", "_VF"]


def params_of(rng, D, H, gates=4, dtype=DOUBLE, scale=0.7):
    """Return weight_ih, weight_hh, bias_ih and bias_hh. All that sets them apart matters: no bias is 0."""
    return (
        randn(rng, gates * H, D, dtype=dtype, scale=scale),
        randn(rng, gates * H, H, dtype=dtype, scale=scale),
        randn(rng, gates * H, dtype=dtype, scale=scale, shift=0.2),
        randn(rng, gates * H, dtype=dtype, scale=scale, shift=-0.1),
    )


def step_inputs(rng, N=2, D=3, H=4, dtype=DOUBLE):
    """Return what is read, the two states, and the parameters."""
    x, h, c = (randn(rng, N, size, dtype=dtype) for size in (D, H, H))
    return x, h, c, params_of(rng, D, H, dtype=dtype)


def given_sums(*sums):
    """Return the parameters of one unit that reads nothing: its sums are given."""
    numbers = torch.tensor(sums, dtype=DOUBLE)
    return torch.zeros(len(sums), 1, dtype=DOUBLE), torch.zeros(len(sums), 1, dtype=DOUBLE), numbers, 0 * numbers


def one(*values):
    """Return a tensor (1, 1) of each value."""
    return tuple(torch.full((1, 1), float(value), dtype=DOUBLE) for value in values)


LN3 = math.log(3)
THE_TEXTS = (0.0, LN3, math.log(2), math.log(4))
SIZES = [
    pytest.param(1, 3, 2, id="a batch of one"),
    pytest.param(3, 1, 2, id="one number read"),
    pytest.param(2, 3, 1, id="one unit"),
    pytest.param(2, 2, 3, id="more units than numbers"),
]

# lstm_step_forward

STATES = ("h_next", "c_next")


def states_of(ns, x, h, c, params) -> tuple[torch.Tensor, torch.Tensor]:
    """Probe: the two states alone."""
    h_next, c_next, _ = ns.lstm_step_forward(x, h, c, params)
    return h_next, c_next


def assert_states(student, reference, *args):
    """Compare the two states, each by its name."""
    assert_parts(student.run(states_of, *args), reference.run(states_of, *args), *STATES)


@exercise("lstm_step_forward")
def test_the_unit_of_the_text(student, reference):
    """Gates of 0.5, 0.75 and 0.8, a candidate of 0.6, and an old cell of 2."""
    assert_states(student, reference, *one(1, 1, 2), given_sums(*THE_TEXTS))


@exercise("lstm_step_forward")
@pytest.mark.parametrize(
    ("name", "row"), [("input gate", 0), ("forget gate", 1), ("candidate", 2), ("output gate", 3)], ids=str
)
def test_one_of_the_four_after_another(student, reference, name, row):
    """One of the four sums is 2, the others are 0.5; the old cell is 0.7."""
    sums = [2.0 if place == row else 0.5 for place in range(4)]
    assert_states(student, reference, *one(0, 0, 0.7), given_sums(*sums))


@exercise("lstm_step_forward")
@pytest.mark.parametrize(("N", "D", "H"), SIZES)
def test_steps_of_all_sizes(student, reference, rng, N, D, H):
    """Drawn inputs, states and parameters."""
    assert_states(student, reference, *step_inputs(rng, N, D, H))


@exercise("lstm_step_forward", costs=0.5)
@pytest.mark.parametrize("value", [1000.0, -1000.0])
def test_sums_of_a_thousand(student, reference, value):
    """Sums of 1000 and of -1000 give gates of exactly 1 and 0, and nothing overflows."""
    params = tuple(part.float() for part in given_sums(*[value] * 4))
    x, h, c = (part.float() for part in one(0, 0, 2 * value))
    assert_states(student, reference, x, h, c, params)


@exercise("lstm_step_forward", costs=0.5)
def test_the_cache(student, reference, rng):
    """The cache holds (x, h, c, params, gates, c_next), in this order."""
    args = step_inputs(rng)
    came, expected = student.lstm_step_forward(*args)[2], reference.lstm_step_forward(*args)[2]
    assert_parts(came, expected, "x", "h", "c", "params", "gates", "c_next")


contract(
    "lstm_step_forward",
    use=states_of,
    inputs=step_inputs,
    compare=lambda came, expected, **close: assert_parts(came, expected, *STATES, **close),
    one="NDH",
    all_at_once="NDH",
    forbids=KIN,
    instead="write the gates yourself",
)

# lstm_step_backward

GRADIENTS = ("grad_x", "grad_h", "grad_c", "grad_params")


def backward_inputs(rng, N=2, D=3, H=4, dtype=DOUBLE):
    """Return the gradients of both new states, and a cache whose numbers fit together."""
    x, h, c, params = step_inputs(rng, N, D, H, dtype)
    i, f, o = (randn(rng, N, H, dtype=dtype).sigmoid() for _ in range(3))
    g = randn(rng, N, H, dtype=dtype).tanh()
    grads = randn(rng, N, H, dtype=dtype), randn(rng, N, H, dtype=dtype)
    return *grads, (x, h, c, params, torch.cat([i, f, g, o], dim=1), f * c + i * g)


def given_gates(i, f, g, o, c=2.0, x=3.0, h=-1.5):
    """Return the cache of one unit with these gates."""
    x, h, c = one(x, h, c)
    params = tuple(
        torch.tensor(numbers, dtype=DOUBLE) for numbers in ([[1.0], [2], [-1], [3]], [[2.0], [-1], [1], [4]])
    )
    biases = torch.zeros(4, dtype=DOUBLE), torch.zeros(4, dtype=DOUBLE)
    return x, h, c, (*params, *biases), torch.tensor([[i, f, g, o]], dtype=DOUBLE), f * c + i * g


def assert_gradients(student, reference, *args):
    """Compare the gradients, each by its name."""
    assert_parts(student.lstm_step_backward(*args), reference.lstm_step_backward(*args), *GRADIENTS)


@exercise("lstm_step_backward")
def test_the_gradients_of_the_text(student, reference):
    """Gates of 0.5, 0.75, 0.6 and 0.8, with 1 from above at h and 0.5 at c."""
    assert_gradients(student, reference, *one(1, 0.5), given_gates(0.5, 0.75, 0.6, 0.8))


@exercise("lstm_step_backward")
def test_from_the_cell_alone(student, reference):
    """No gradient comes by the hidden state: the step's output was not used."""
    assert_gradients(student, reference, *one(0, 0.5), given_gates(0.5, 0.75, 0.6, 0.8))


@exercise("lstm_step_backward")
def test_from_the_hidden_state_alone(student, reference):
    """No gradient comes by the cell: it is the last step."""
    assert_gradients(student, reference, *one(1, 0), given_gates(0.25, 0.5, -0.6, 0.8))


@exercise("lstm_step_backward")
@pytest.mark.parametrize(("N", "D", "H"), SIZES)
def test_gradients_of_all_sizes(student, reference, rng, N, D, H):
    """Drawn gradients and caches."""
    assert_gradients(student, reference, *backward_inputs(rng, N, D, H))


@exercise("lstm_step_backward", costs=0.5)
@pytest.mark.parametrize("gates", [(1.0, 1.0, 1.0, 1.0), (0.0, 0.0, -1.0, 0.0), (0.0, 1.0, 0.0, 1.0)], ids=str)
def test_gates_at_their_ends(student, reference, gates):
    """Gates of exactly 0 and 1, and a candidate of -1, 0 and 1."""
    assert_gradients(student, reference, *one(1, 0.5), given_gates(*gates))


@exercise("lstm_step_backward", costs=0.5)
@pytest.mark.parametrize("c", [0.0, -0.4], ids=["the old cell", "the new cell"])
def test_a_cell_of_0(student, reference, c):
    """The old cell is 0, or the new one is."""
    assert_gradients(student, reference, *one(1, 0.5), given_gates(0.5, 0.75, 0.6, 0.8, c=c))


contract(
    "lstm_step_backward",
    inputs=backward_inputs,
    compare=lambda came, expected, **close: assert_parts(came, expected, *GRADIENTS, **close),
    one="NDH",
    all_at_once="NDH",
    by_hand=True,
    instead="multiply the slopes yourself",
)

# lstm_forward

SEQUENCES = ("out", "h_last", "c_last")


def sequence_inputs(rng, N=3, T=4, D=2, H=3, dtype=DOUBLE):
    """Return sequences, first states, parameters, and lengths: T and less, in no order."""
    x, (h, c) = randn(rng, N, T, D, dtype=dtype), (randn(rng, N, H, dtype=dtype) for _ in range(2))
    lengths = torch.tensor([max(T - 2 * (row % 2) - row // 2, 1) for row in range(1, N + 1)])
    return x, h, c, params_of(rng, D, H, dtype=dtype), lengths


def assert_sequences(student, reference, *args):
    """Compare the outputs and the last states, each by its name."""
    assert_parts(student.lstm_forward(*args), reference.lstm_forward(*args), *SEQUENCES)


@exercise("lstm_forward")
def test_two_steps_of_the_texts_unit(student, reference):
    """The gates of the text at both steps, and an old cell of 2."""
    x = torch.zeros(1, 2, 1, dtype=DOUBLE)
    assert_sequences(student, reference, x, *one(0, 2), given_sums(*THE_TEXTS))


@exercise("lstm_forward")
@pytest.mark.parametrize(
    ("N", "T", "D", "H"), [(1, 3, 2, 4), (2, 1, 3, 2), (2, 4, 1, 1), (4, 2, 3, 2)], ids=["one", "one step", "1", "four"]
)
def test_sequences_of_one_length(student, reference, rng, N, T, D, H):
    """No lengths are given: all steps are real."""
    assert_sequences(student, reference, *sequence_inputs(rng, N, T, D, H)[:-1])


@exercise("lstm_forward")
def test_first_states_of_zero(student, reference, rng):
    """Both states start at 0."""
    x, h, c, params, _ = sequence_inputs(rng, 2, 3)
    assert_sequences(student, reference, x, 0 * h, 0 * c, params)


@exercise("lstm_forward")
@pytest.mark.parametrize(
    "lengths", [(4, 1, 3), (1, 4, 2), (2, 3, 2), (4, 4, 4), (1, 1, 1)], ids=lambda lengths: f"lengths {lengths}"
)
def test_sequences_of_different_lengths(student, reference, rng, lengths):
    """Lengths in any order; the last states are those of each sequence's own last step."""
    *args, _ = sequence_inputs(rng)
    assert_sequences(student, reference, *args, torch.tensor(lengths))


@exercise("lstm_forward", costs=0.5)
def test_a_sequence_of_length_0(student, reference, rng):
    """A sequence without a real step keeps the states that it began with, and its outputs are 0."""
    *args, _ = sequence_inputs(rng)
    assert_sequences(student, reference, *args, torch.tensor([2, 0, 4]))


@exercise("lstm_forward", costs=0.5)
def test_a_last_state_of_exactly_0(student, reference):
    """The output gate shuts at the last real step: the hidden state is 0 there, and the cell isn't."""
    x = torch.tensor([[[1.0], [-1.0], [1.0]]], dtype=DOUBLE)
    weight_ih, *others = given_sums(*THE_TEXTS)
    weight_ih = weight_ih.clone()
    weight_ih[3] = 1000.0
    assert_sequences(student, reference, x, *one(0.5, 2), (weight_ih, *others), torch.tensor([2]))


def from_zero(rng, dtype=DOUBLE):
    """Return sequences of one length, and first states of 0."""
    x, h, c, params, _ = sequence_inputs(rng, dtype=dtype)
    return x, 0 * h, 0 * c, params


@exercise("lstm_forward", costs=0.5)
@pytest.mark.parametrize("filling", [float("nan"), float("inf")])
def test_what_stands_in_the_padding_does_not_matter(student, reference, rng, filling):
    """The padding holds NaN, or infinity."""
    x, h, c, params, _ = sequence_inputs(rng)
    x[0, 2:], x[2, 1:] = filling, filling
    assert_sequences(student, reference, x, h, c, params, torch.tensor([2, 4, 1]))


contract(
    "lstm_forward",
    inputs=sequence_inputs,
    also=[lambda rng, dtype=DOUBLE: sequence_inputs(rng, dtype=dtype)[:-1], from_zero],
    compare=lambda came, expected, **close: assert_parts(came, expected, *SEQUENCES, **close),
    square=dict.fromkeys("NTDH", 3),
    one="NTDH",
    all_at_once="NDH",
    forbids=KIN,
    instead="go through the steps yourself",
)

# gru_step_forward


def gru_inputs(rng, N=2, D=3, H=4, dtype=DOUBLE):
    """Return what is read, the state, and the parameters."""
    x, h = randn(rng, N, D, dtype=dtype), randn(rng, N, H, dtype=dtype)
    return x, h, params_of(rng, D, H, 3, dtype)


def gru_of_text(reset=0.0, update=LN3):
    """Return the parameters of the text's unit: of the candidate 0.2 from x, a weight of 1.2, a bias of 0.4."""
    weights = torch.zeros(3, 1, dtype=DOUBLE), torch.tensor([[0.0], [0], [1.2]], dtype=DOUBLE)
    return (
        *weights,
        torch.tensor([reset, update, 0.2], dtype=DOUBLE),
        torch.tensor([0.0, 0.0, 0.4], dtype=DOUBLE),
    )


def assert_state(student, reference, *args):
    """Compare the new states."""
    assert_close(student.gru_step_forward(*args), reference.gru_step_forward(*args), what="the state")


BOTH = pytest.mark.parametrize("reset_after", [True, False], ids=["after the matrix", "before it"])


@exercise("gru_step_forward")
@BOTH
def test_the_gru_of_the_text(student, reference, reset_after):
    """A reset gate of 0.5, an update gate of 0.75, an old state of 1."""
    assert_state(student, reference, *one(1, 1), gru_of_text(), reset_after)


@exercise("gru_step_forward")
@BOTH
@pytest.mark.parametrize(("N", "D", "H"), SIZES)
def test_states_of_all_sizes(student, reference, rng, N, D, H, reset_after):
    """Drawn inputs, states and parameters."""
    assert_state(student, reference, *gru_inputs(rng, N, D, H), reset_after)


@exercise("gru_step_forward")
@BOTH
def test_a_shut_reset_gate(student, reference, reset_after):
    """Nothing of the old state is heard; what becomes of the bias depends on the form."""
    assert_state(student, reference, *one(1, 1), gru_of_text(reset=-50.0), reset_after)


@exercise("gru_step_forward")
@pytest.mark.parametrize("update", [50.0, -50.0], ids=["open", "shut"])
def test_an_update_gate_at_its_ends(student, reference, update):
    """Open, it keeps the old state; shut, it leaves the candidate alone."""
    assert_state(student, reference, *one(1, 3), gru_of_text(update=update))


@exercise("gru_step_forward")
@BOTH
def test_units_that_hear_each_other(student, reference, reset_after):
    """Two units, each with a reset gate of its own, whose candidates hear the other one only."""
    weight_hh = torch.zeros(6, 2, dtype=DOUBLE)
    weight_hh[4, 1], weight_hh[5, 0] = 1.0, 2.0
    bias_ih = torch.tensor([math.log(3), -math.log(4), -1.0, 0.5, 0.0, 0.0], dtype=DOUBLE)
    params = (torch.zeros(6, 1, dtype=DOUBLE), weight_hh, bias_ih, 0 * bias_ih)
    h = torch.tensor([[0.5, -0.3]], dtype=DOUBLE)
    assert_state(student, reference, *one(0), h, params, reset_after)


@exercise("gru_step_forward", costs=0.5)
@BOTH
@pytest.mark.parametrize("value", [1000.0, -1000.0])
def test_gru_sums_of_a_thousand(student, reference, value, reset_after):
    """Sums of 1000 and of -1000 give gates of exactly 1 and 0, and nothing overflows."""
    params = tuple(part.float() for part in given_sums(*[value] * 3))
    x, h = (part.float() for part in one(0, 0.5))
    assert_state(student, reference, x, h, params, reset_after)


contract(
    "gru_step_forward",
    inputs=gru_inputs,
    settings={"reset_after": False},
    also=[{"reset_after": True}],
    one="NDH",
    all_at_once="NDH",
    forbids=["GRU", "GRUCell", "gru", "gru_cell", "_VF"],
    instead="write the gates yourself",
)

# memory_gradient

THREE = ("belt", "cell", "hidden")


def memory_inputs(rng, N=2, T=3, D=2, H=4, dtype=DOUBLE):
    """Return sequences, first states and parameters."""
    x, h, c, params, _ = sequence_inputs(rng, N, T, D, H, dtype)
    return x, h, c, params


def assert_sizes(student, reference, *args):
    """Compare the three sizes, each by its name."""
    assert_parts(student.memory_gradient(*args), reference.memory_gradient(*args), *THREE)


def listening(row, weight=1.0):
    """Return the parameters of the text's unit, one of whose four sums listens to the hidden state."""
    weight_ih, weight_hh, *biases = given_sums(*THE_TEXTS)
    weight_hh = weight_hh.clone()
    weight_hh[row] = weight
    return weight_ih, weight_hh, *biases


@exercise("memory_gradient")
def test_a_unit_that_nobody_listens_to(student, reference):
    """The gates of the text at three steps, and weights of 0: the belt is all there is."""
    x = torch.zeros(1, 3, 1, dtype=DOUBLE)
    assert_sizes(student, reference, x, *one(0, 2), given_sums(*THE_TEXTS))


@exercise("memory_gradient")
@pytest.mark.parametrize(
    ("name", "row"), [("input gate", 0), ("forget gate", 1), ("candidate", 2), ("output gate", 3)], ids=str
)
def test_one_gate_that_listens(student, reference, name, row):
    """One of the four sums reads the hidden state, with the weight 1; three steps."""
    x = torch.zeros(1, 3, 1, dtype=DOUBLE)
    assert_sizes(student, reference, x, *one(0.5, 2), listening(row))


@exercise("memory_gradient")
@pytest.mark.parametrize(
    ("N", "T", "D", "H"), [(1, 4, 2, 3), (3, 1, 2, 4), (2, 3, 1, 1), (2, 2, 3, 5)], ids=["one", "1 step", "1", "five"]
)
def test_memories_of_all_sizes(student, reference, rng, N, T, D, H):
    """Drawn sequences, states and parameters."""
    assert_sizes(student, reference, *memory_inputs(rng, N, T, D, H))


@exercise("memory_gradient")
def test_memories_from_states_of_0(student, reference, rng):
    """Both first states are 0, as they are for the notebook's strips."""
    assert_sizes(student, reference, *from_zero(rng))


contract(
    "memory_gradient",
    inputs=memory_inputs,
    also=[from_zero],
    compare=lambda came, expected, **close: assert_parts(came, expected, *THREE, **close),
    square=dict.fromkeys("NTDH", 3),
    one="NTDH",
    all_at_once="N",
    by_hand=True,
    forbids=KIN,
    instead="carry the derivatives along yourself",
)
