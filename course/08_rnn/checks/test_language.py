"""Checks of language: embeddings, a masked loss, a model of characters, sampling, encoder and decoder, a beam."""

import math

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    assert_parts,
    case,
    contract,
    exercise,
    integers,
    modules,
    rand,
    randn,
)

DOUBLE = torch.float64
NAN, INF = float("nan"), float("inf")

# word_embedding_forward

TABLE = ((0.5, -1.0), (2.0, 0.0), (1.0, 3.0))


def embedding_inputs(rng, N=2, T=3, V=5, D=4, dtype=DOUBLE):
    """Return tokens, and a table."""
    return integers(rng, 0, V, N, T), randn(rng, V, D, dtype=dtype)


def assert_rows(student, reference, *args):
    """Compare the rows and the one-hot rows, each by its name."""
    came, expected = student.word_embedding_forward(*args), reference.word_embedding_forward(*args)
    assert_parts(came, expected, "out", "one_hot")


def error_of(ns, words, weights) -> str:
    """Probe: the name of the error that a call raises, or "none"."""
    try:
        ns.word_embedding_forward(words, weights)
    except IndexError:
        return "IndexError"
    except Exception as problem:
        return type(problem).__name__
    return "none"


@exercise("word_embedding_forward")
def test_the_table_of_the_text(student, reference):
    """The tokens 2, 0, 2 and a table of three rows."""
    assert_rows(student, reference, torch.tensor([[2, 0, 2]]), torch.tensor(TABLE))


@exercise("word_embedding_forward")
@pytest.mark.parametrize(("N", "T", "V", "D"), [(1, 4, 3, 2), (3, 1, 4, 5), (2, 3, 6, 1), (4, 2, 2, 3)], ids=str)
def test_tables_of_all_sizes(student, reference, rng, N, T, V, D):
    """Drawn tokens and tables."""
    assert_rows(student, reference, *embedding_inputs(rng, N, T, V, D))


@exercise("word_embedding_forward")
def test_first_and_last_token(student, reference, rng):
    """Tokens 0 and V - 1; those between occur nowhere."""
    assert_rows(student, reference, torch.tensor([[4, 0], [0, 4]]), embedding_inputs(rng)[1])


@exercise("word_embedding_forward", costs=0.5)
@pytest.mark.parametrize("value", [NAN, INF], ids=["NaN", "infinity"])
def test_a_row_that_no_number_stands_in(student, reference, rng, value):
    """A row of the table that no token asks for holds NaN, or infinity."""
    words, weights = torch.tensor([[0, 2], [3, 0]]), embedding_inputs(rng)[1]
    weights[1] = value
    assert_rows(student, reference, words, weights)


@exercise("word_embedding_forward", costs=0.25)
@pytest.mark.parametrize(("N", "T"), [(0, 3), (2, 0)], ids=["no rows", "no steps"])
def test_no_token_at_all(student, reference, rng, N, T):
    """No sequences, or sequences without a token."""
    assert_rows(student, reference, torch.zeros(N, T, dtype=torch.int64), embedding_inputs(rng)[1])


@exercise("word_embedding_forward", costs=0.25)
@pytest.mark.parametrize("token", [-1, -5, 5, 7], ids=str)
def test_a_token_outside_the_vocabulary(student, rng, token):
    """With five tokens, -1, -5, 5 and 7 raise IndexError."""
    for place in ((0, 1), (1, 2)):
        words = torch.tensor([[0, 4, 1], [3, 2, 4]])
        words[place] = token
        came = student.run(error_of, words, embedding_inputs(rng)[1])
        if came != "IndexError":
            raise Mismatch(f"a token of {token} raises another error, or none", str(came), "IndexError")


@exercise("word_embedding_forward", costs=0.25)
def test_a_row_that_is_read_comes_as_it_is(student, reference, rng):
    """A row that a token asks for holds infinity and minus infinity: so does the answer."""
    words, weights = torch.tensor([[0, 2], [3, 0]]), embedding_inputs(rng)[1]
    weights[2, 0], weights[2, 1] = INF, -INF
    assert_rows(student, reference, words, weights)


def made_elsewhere(ns, words, weights):
    """Probe: the answer where what is made without a device lands on another one than the inputs."""
    with torch.device("meta"):
        return ns.word_embedding_forward(words, weights)


@exercise("word_embedding_forward", costs=0.25)
def test_what_is_made_follows_the_tokens(student, reference, rng):
    """The usual device is another than that of the inputs: what you make on the way has to lie where they lie."""
    inputs = embedding_inputs(rng)
    assert_parts(student.run(made_elsewhere, *inputs), reference.run(made_elsewhere, *inputs), "out", "one_hot")


contract(
    "word_embedding_forward",
    inputs=embedding_inputs,
    compare=lambda came, expected, **close: assert_parts(came, expected, "out", "one_hot", **close),
    square=dict.fromkeys("NTVD", 3),
    one="NTD",
    no_loops=True,
    forbids=["embedding", "Embedding", "one_hot", "EmbeddingBag", "embedding_bag"],
    instead="index the table, and compare numbers",
)

# temporal_softmax_loss


def loss_inputs(rng, N=3, T=4, V=5, dtype=DOUBLE):
    """Return scores, targets and a mask whose rows end at different steps, with a gap in the first."""
    lengths = torch.tensor([max(T - row % 3, 1) for row in range(N)])
    mask = torch.arange(T) < lengths[:, None]
    if T > 2:
        mask[0, 1] = False
    return randn(rng, N, T, V, dtype=dtype, scale=2.0), integers(rng, 0, V, N, T), mask


def assert_loss(student, reference, *args):
    """Compare the loss and the gradient, each by its name."""
    came, expected = student.temporal_softmax_loss(*args), reference.temporal_softmax_loss(*args)
    assert_parts(came, expected, "loss", "grad")


BOTH = pytest.mark.parametrize("per", ["token", "sequence"])


@exercise("temporal_softmax_loss")
@BOTH
def test_the_three_steps_of_the_text(student, reference, per):
    """Probabilities of a quarter and three quarters, a line of two steps and one of a step."""
    scores = torch.tensor([0.0, math.log(3)], dtype=DOUBLE).repeat(2, 2, 1)
    mask = torch.tensor([[True, True], [True, False]])
    assert_loss(student, reference, scores, torch.tensor([[1, 0], [1, 0]]), mask, per)


@exercise("temporal_softmax_loss")
@BOTH
@pytest.mark.parametrize(("N", "T", "V"), [(1, 3, 4), (4, 1, 3), (2, 5, 1), (3, 2, 6)], ids=str)
def test_losses_of_all_sizes(student, reference, rng, N, T, V, per):
    """Drawn scores, targets and masks."""
    assert_loss(student, reference, *loss_inputs(rng, N, T, V), per)


@exercise("temporal_softmax_loss")
@BOTH
def test_all_steps_are_real(student, reference, rng, per):
    """No padding at all."""
    scores, targets, mask = loss_inputs(rng)
    assert_loss(student, reference, scores, targets, mask | True, per)


@exercise("temporal_softmax_loss")
@BOTH
def test_a_sequence_without_a_real_step(student, reference, rng, per):
    """One sequence of three is padding alone: it counts among the sequences, and not among the steps."""
    scores, targets, mask = loss_inputs(rng)
    mask[1] = False
    assert_loss(student, reference, scores, targets, mask, per)


@exercise("temporal_softmax_loss", costs=0.5)
@pytest.mark.parametrize("target", [-100, -1, 77], ids=str)
def test_targets_in_the_padding_do_not_matter(student, reference, rng, target):
    """The targets in the padding are numbers of no token."""
    scores, targets, mask = loss_inputs(rng)
    assert_loss(student, reference, scores, targets.masked_fill(~mask, target), mask)


@exercise("temporal_softmax_loss", costs=0.5)
@pytest.mark.parametrize("value", [NAN, INF, -INF], ids=["NaN", "infinity", "minus infinity"])
def test_scores_in_the_padding_do_not_matter(student, reference, rng, value):
    """The scores in the padding are NaN or infinite."""
    scores, targets, mask = loss_inputs(rng)
    assert_loss(student, reference, scores.masked_fill(~mask[:, :, None], value), targets, mask)


@exercise("temporal_softmax_loss", costs=0.5)
@BOTH
def test_no_step_is_real(student, reference, rng, per):
    """All is padding: a loss of 0, and a gradient of 0."""
    scores, targets, mask = loss_inputs(rng)
    assert_loss(student, reference, scores, targets, mask & False, per)


@exercise("temporal_softmax_loss", costs=0.5)
def test_scores_of_a_thousand(student, reference):
    """Scores of 1000 and -1000: nothing overflows, and a step may cost 2000."""
    scores = torch.tensor([[[1000.0, 0.0, -1000.0], [0.0, 1000.0, 999.0]]])
    assert_loss(student, reference, scores, torch.tensor([[2, 1]]), torch.tensor([[True, True]]))


@exercise("temporal_softmax_loss", costs=0.5)
def test_steps_far_apart(student, reference):
    """One step has scores around 500, the other around -500: each has a largest score of its own."""
    scores = torch.tensor([[[500.0, 499.0, 501.0], [-500.0, -501.0, -499.0]]], dtype=DOUBLE)
    assert_loss(student, reference, scores, torch.tensor([[1, 2]]), torch.tensor([[True, True]]))


@exercise("temporal_softmax_loss", costs=0.5)
@pytest.mark.parametrize("first", [INF, -INF], ids=["infinity first", "minus infinity first"])
def test_both_infinities_in_the_padding(student, reference, rng, first):
    """The scores of each padded step are infinity and minus infinity in turn."""
    scores, targets, mask = loss_inputs(rng)
    odd = torch.arange(scores.shape[2]) % 2 == 1
    scores = torch.where(mask[:, :, None], scores, torch.where(odd, -first, first))
    assert_loss(student, reference, scores, targets.masked_fill(~mask, 0), mask)


contract(
    "temporal_softmax_loss",
    inputs=loss_inputs,
    settings={"per": "sequence"},
    also=[{"per": "token"}],
    compare=lambda came, expected, **close: assert_parts(came, expected, "loss", "grad", **close),
    square=dict.fromkeys("NTV", 4),
    one="NTV",
    no_loops=True,
    by_hand=True,
    forbids=["cross_entropy", "CrossEntropyLoss", "nll_loss", "NLLLoss", "nll_loss2d"],
    instead="take the logarithms of the probabilities yourself",
)

# char_language_model


def tokens(V, *shape):
    """Return a function that draws tokens for a case."""
    return lambda rng: (integers(rng, 0, V, *shape),)


def tokens_and_states(V, N, T, width, layers=1):
    """Return a function that draws tokens and both first states for a case."""

    def drawn(rng):
        states = tuple(randn(rng, layers, N, width, dtype=DOUBLE) for _ in range(2))
        return integers(rng, 0, V, N, T), states

    return drawn


modules(
    "char_language_model",
    {
        "plain": {
            "from states of 0": case([5, 3, 4], {}, x=tokens(5, 2, 3)),
            "one row, one step": case([4, 2, 3], {}, x=tokens(4, 1, 1)),
            "all of one size": case([3, 3, 3], {}, x=tokens(3, 3, 3)),
        },
        "with states": {"from given states": case([5, 2, 4], {}, x=tokens_and_states(5, 3, 2, 4))},
        "two layers": {
            "two LSTMs": case([4, 3, 2], {"num_layers": 2}, x=tokens_and_states(4, 2, 3, 2, 2)),
        },
    },
    training=["from states of 0", "two LSTMs"],
    gradients=["from given states"],
    apart=["from states of 0"],
    rounded=True,
    sums=True,
)


def in_two_pieces(ns, ids, cut):
    """Probe: the scores of a text that is read in two pieces, with the states handed over."""
    from autograder.authoring.filled import filled_module

    net = filled_module(ns, "char_language_model", [6, 3, 4], {}, [], 9).eval()
    with torch.no_grad():
        first, state = net(ids[:, :cut])
        second, _ = net(ids[:, cut:], state)
    return torch.cat([first, second], dim=1)


@exercise("char_language_model", costs=0.5)
def test_a_text_in_two_pieces(student, reference, rng):
    """Two steps are read first, and then three more, with the states of the first call."""
    ids = integers(rng, 0, 6, 2, 5)
    came, expected = student.run(in_two_pieces, ids, 2), reference.run(in_two_pieces, ids, 2)
    assert_close(came, expected, what="the scores of both pieces")


# sample_text


def sampled(ns, table, prompt, uniforms, **settings):
    """Probe: tokens that are drawn from a small model with a memory, whose state is a pair of tensors."""

    class Remembers(torch.nn.Module):
        def forward(self, ids, state=None):
            fading, count = (0 * table[ids[:, 0]], 0 * ids[:, :1]) if state is None else state
            scores = []
            for step in range(ids.shape[1]):
                fading = 0.5 * fading + table[ids[:, step]]
                scores.append(fading + 0.1 * (count + step + 1) * table[0])
            return torch.stack(scores, dim=1), (fading, count + ids.shape[1])

    return ns.sample_text(Remembers(), prompt, uniforms, **settings)


def drawn_at(ns, scores, uniforms, temperature=None):
    """Probe: tokens of a model whose scores are always the same; the temperature is left out where it is None."""

    class Stubborn(torch.nn.Module):
        def forward(self, ids, state=None):
            if ids.dim() != 2:
                raise ValueError(f"the network is called with ids of {ids.dim()} dimensions, not (N, K)")
            return scores.expand(*ids.shape, -1), state

    begin = torch.zeros(len(uniforms), 1, dtype=torch.int64)
    given = () if temperature is None else (temperature,)
    return ns.sample_text(Stubborn(), begin, uniforms, *given)


def with_a_state(ns, state, table, prompt, uniforms):
    """Probe: tokens of a model that has to be given a state, None at first, and hands back `state`."""

    class Given(torch.nn.Module):
        def forward(self, ids, before):
            return table[ids[:, :]] + (0 if before is None else 1) * table[0], state  # no ids but (N, K)

    return ns.sample_text(Given(), prompt, uniforms)


def reading(ns, prompt, uniforms, temperature, training=False) -> tuple[int, int, bool, bool, bool]:
    """Probe: how many calls and tokens were read, whether states came back, gradients were on, all stayed as it was."""
    calls, read, kept, recorded = [], [], [], []

    class Watched(torch.nn.Module):
        def forward(self, ids, state=None):
            calls.append(1)
            read.append(ids.shape[1])
            kept.append(state == (None if len(calls) == 1 else f"state {len(calls) - 1}"))
            recorded.append(torch.is_grad_enabled())
            scores = torch.linspace(-1, 1, 4, dtype=uniforms.dtype).expand(*ids.shape, 4)
            return scores, f"state {len(calls)}"

    net = Watched().train(training)
    with torch.enable_grad():
        ns.sample_text(net, prompt, uniforms, temperature)
        still = torch.is_grad_enabled() and net.training == training
    return len(calls), sum(read), all(kept), any(recorded), still


def refusal(ns, temperature) -> str:
    """Probe: the name of the error that a temperature raises, or "none"."""

    class Silent(torch.nn.Module):
        def forward(self, ids, state=None):
            return torch.zeros(*ids.shape, 3), state

    try:
        ns.sample_text(Silent(), torch.zeros(1, 1, dtype=torch.int64), torch.full((1, 2), 0.5), temperature)
    except ValueError:
        return "ValueError"
    except Exception as problem:
        return type(problem).__name__
    return "none"


def sampling_inputs(rng, N=3, P=2, L=4, V=5, dtype=DOUBLE):
    """Return a table of scores, prompts and numbers to draw by."""
    return randn(rng, V, V, dtype=dtype), integers(rng, 0, V, N, P), rand(rng, N, L, dtype=dtype)


def logs(*shares):
    """Return the logarithms of probabilities."""
    return torch.tensor(shares, dtype=DOUBLE).log()


SHARES = logs(0.6, 0.3, 0.1)


def assert_drawn(student, reference, probe, *args, **settings):
    """Compare the tokens."""
    came, expected = student.run(probe, *args, **settings), reference.run(probe, *args, **settings)
    assert_equal(came, expected, what="the tokens")


@exercise("sample_text")
@pytest.mark.parametrize("temperature", [None, 1.0, 0.5, 2.0], ids=str)
def test_the_three_tokens_of_the_text(student, reference, temperature):
    """Probabilities of 0.6, 0.3 and 0.1, and numbers of 0.01, 0.55, 0.65, 0.7, 0.85 and 0.95."""
    uniforms = torch.tensor([[0.01, 0.55, 0.65, 0.7, 0.85, 0.95]], dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, SHARES, uniforms, temperature)


@exercise("sample_text")
@pytest.mark.parametrize(("N", "P", "L"), [(1, 3, 4), (3, 1, 5), (2, 4, 1), (4, 2, 3)], ids=str)
def test_a_model_that_remembers(student, reference, rng, N, P, L):
    """The scores depend on all that was read: prompts and drawn tokens, in order."""
    table, prompt, uniforms = sampling_inputs(rng, N, P, L)
    assert_drawn(student, reference, sampled, 2 * table, prompt, uniforms)


@exercise("sample_text")
@pytest.mark.parametrize("temperature", [0.3, 3.0], ids=str)
def test_other_temperatures(student, reference, rng, temperature):
    """Three rows at a temperature of 0.3, and of 3."""
    table, prompt, uniforms = sampling_inputs(rng, 3, 2, 6)
    assert_drawn(student, reference, sampled, table, prompt, uniforms, temperature=temperature)


@exercise("sample_text", costs=0.5)
@pytest.mark.parametrize("u", [0.0, 0.999], ids=str)
def test_greedy_at_a_temperature_of_0(student, reference, u):
    """At 0 the largest score is taken, whatever u is."""
    uniforms = torch.full((2, 3), u, dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, logs(0.3, 0.5, 0.2), uniforms, 0.0)


@exercise("sample_text", costs=0.5)
def test_what_is_impossible_is_never_drawn(student, reference):
    """The first token and one in the middle have scores of minus infinity; u is 0 once, and between the others."""
    uniforms = torch.tensor([[0.0, 0.1, 0.45, 0.55, 0.99]], dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, logs(0.0, 0.5, 0.0, 0.5), uniforms, 1.0)


@exercise("sample_text", costs=0.5)
@pytest.mark.parametrize("temperature", [1.0, 0.01], ids=str)
def test_large_scores(student, reference, temperature):
    """Scores of a thousand, whose exponentials overflow."""
    scores = torch.tensor([1000.0, 1001.0, 999.0], dtype=DOUBLE)
    uniforms = torch.tensor([[0.1, 0.5, 0.95]], dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, scores, uniforms, temperature)


@exercise("sample_text", costs=0.25)
def test_each_token_is_read_once(student, rng):
    """A prompt of 3 and 4 tokens to be drawn: the states go back, and nothing is read again."""
    prompt, uniforms = integers(rng, 0, 4, 2, 3), rand(rng, 2, 4, dtype=DOUBLE)
    calls, read, kept, _, _ = student.run(reading, prompt, uniforms, 1.0)
    if calls > 5 or read > 7:
        what = "tokens are read again" if read > 7 else "the network is called too often"
        raise Mismatch(what, f"{calls} calls, {read} tokens", "at most 5 calls and 7 tokens")
    if not kept:
        raise Mismatch("a call doesn't get the state that the one before returned", "another", "that one")


@exercise("sample_text", costs=0.25)
@pytest.mark.parametrize("temperature", [1.0, 0.0], ids=str)
def test_no_gradients_are_recorded(student, rng, temperature):
    """While the network is called, gradients are off; afterwards they are on as before."""
    prompt, uniforms = integers(rng, 0, 4, 2, 3), rand(rng, 2, 4, dtype=DOUBLE)
    _, _, _, recorded, still = student.run(reading, prompt, uniforms, temperature)
    if recorded:
        raise Mismatch("gradients are recorded while the network is called", "on", "off")
    if not still:
        raise Mismatch("gradients, or the mode of the network, were left changed", "changed", "as before")


@exercise("sample_text", costs=0.25)
def test_the_mode_of_the_network_stays(student, rng):
    """A network in training mode is in training mode afterwards."""
    prompt, uniforms = integers(rng, 0, 4, 2, 3), rand(rng, 2, 4, dtype=DOUBLE)
    if not student.run(reading, prompt, uniforms, 1.0, training=True)[4]:
        raise Mismatch("gradients, or the mode of the network, were left changed", "changed", "as before")


@exercise("sample_text", costs=0.5)
def test_the_first_call_gets_none(student, reference, rng):
    """A network that has no default for its state: it is called as net(ids, None) at first."""
    assert_drawn(student, reference, with_a_state, "a word", *sampling_inputs(rng))


@exercise("sample_text", costs=0.5)
def test_a_tensor_as_a_state(student, reference, rng):
    """The state that the network returns is a tensor of four zeros."""
    assert_drawn(student, reference, with_a_state, torch.zeros(4), *sampling_inputs(rng))


@exercise("sample_text", costs=0.5)
def test_rounding_leaves_none(student, reference):
    """Ten tokens of a tenth each, whose sums end at 0.9999999999999999, and u is that number."""
    uniforms = torch.tensor([[1 - 2**-53, 0.55]], dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, torch.zeros(10, dtype=DOUBLE), uniforms, 1.0)


@exercise("sample_text", costs=0.5)
def test_u_close_to_a_sum(student, reference):
    """Scores in float64, and u a billionth below and above the sums of 0.6 and 0.9."""
    uniforms = torch.tensor([[0.6 - 1e-9, 0.6 + 1e-9, 0.9 - 1e-9, 0.9 + 1e-9]], dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, SHARES, uniforms, 1.0)


@exercise("sample_text", costs=0.5)
def test_close_scores_at_a_low_temperature(student, reference):
    """A temperature of 0.001, and scores so close together that it makes 0.1, 0.6 and 0.3 of them."""
    uniforms = torch.tensor([[0.05, 0.32, 0.6, 0.69, 0.72, 0.88]], dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, 0.001 * logs(0.1, 0.6, 0.3), uniforms, 0.001)


@exercise("sample_text", costs=0.25)
@pytest.mark.parametrize("u", [0.0, 0.999], ids=str)
def test_greedy_by_a_hair(student, reference, u):
    """At 0 the largest score is taken, also where it is ahead by 0.000000000001 only."""
    scores = torch.tensor([1.0, 1 + 1e-12, 1.0], dtype=DOUBLE)
    assert_drawn(student, reference, drawn_at, scores, torch.full((1, 2), u, dtype=DOUBLE), 0.0)


@exercise("sample_text", costs=0.25)
@pytest.mark.parametrize("temperature", [-1.0, -0.01], ids=str)
def test_a_negative_temperature(student, temperature):
    """A temperature below 0 raises ValueError."""
    came = student.run(refusal, temperature)
    if came != "ValueError":
        raise Mismatch(f"a temperature of {temperature} raises another error, or none", str(came), "ValueError")


contract(
    "sample_text",
    use=sampled,
    inputs=sampling_inputs,
    settings={"temperature": 0.6},
    square=dict.fromkeys("NPLV", 4),
    one="NPL",
    digits=False,
    all_at_once="N",
    forbids=["multinomial", "Categorical", "rand", "choice"],
    instead="draw by the numbers that are given",
)

# seq2seq


def translation(V, lengths, U, filling=0):
    """Return a function that draws sources of these lengths, and targets, for a case."""

    def drawn(rng):
        sizes = torch.tensor(lengths)
        source = integers(rng, 1, V, len(lengths), max(lengths))
        source = source.masked_fill(torch.arange(max(lengths)) >= sizes[:, None], filling)
        return source, sizes, integers(rng, 1, V, len(lengths), U)

    return drawn


def with_zeros(rng):
    """Return sources with a 0 among their real tokens, and targets with a 0 in front of others."""
    source, lengths, target = translation(5, (4, 3), 4, filling=2)(rng)
    source[0, 1] = source[1, 2] = target[0, 1] = target[1, 2] = 0
    return source, lengths, target


modules(
    "seq2seq",
    {
        "one length": {
            "of one length": case([6, 3, 4], {}, x=translation(6, (3, 3), 4)),
            "one row": case([4, 2, 5], {}, x=translation(4, (2,), 3)),
            "all of one size": case([3, 3, 3], {}, x=translation(3, (3, 3, 3), 3)),
        },
        "lengths": {"of different lengths": case([5, 3, 4], {}, x=translation(5, (2, 4, 1), 3))},
        "padding": {"padding that is no 0": case([5, 2, 4], {}, x=translation(5, (3, 1), 2, filling=4))},
        "zeros": {"a 0 among other tokens": case([5, 2, 3], {}, x=with_zeros)},
        "one step": {"one step to say": case([5, 3, 2], {}, x=translation(5, (2, 3), 1))},
    },
    training=["of one length"],
    gradients=["of different lengths"],
    apart=["of one length", "padding that is no 0"],
    rounded=True,
    sums=True,
)


def with_targets(ns, source, lengths, *targets):
    """Probe: the scores for several targets of one network."""
    from autograder.authoring.filled import filled_module

    net = filled_module(ns, "seq2seq", [6, 3, 4], {}, [], 9).eval()
    with torch.no_grad():
        return [net(source, lengths, target) for target in targets]


@exercise("seq2seq")
def test_later_tokens_of_the_target_are_not_read(student, rng):
    """The last token of the target is changed: no score may change. Then the first: the first score may not."""
    source, lengths, target = translation(6, (3, 2), 4)(rng)
    last, first = target.clone(), target.clone()
    last[:, -1], first[:, 0] = target[:, -1] % 5 + 1, target[:, 0] % 5 + 1
    plain, other, third = student.run(with_targets, source, lengths, target, last, first)
    assert_close(other, plain, what="the scores, where another last token is in the target")
    assert_close(third[:, :1], plain[:, :1], what="the first step's scores, where another first token is in the target")


def with_falling_states(ns, source, lengths, target):
    """Probe: the scores of a network whose embedding falls from token to token, so that states fall and rise."""
    from autograder.authoring.filled import filled_module

    net = filled_module(ns, "seq2seq", [6, 3, 4], {}, [], 9).eval()
    with torch.no_grad():
        net.embedding.weight.copy_(torch.linspace(4, -4, 18).view(6, 3))
        return net(source, lengths, target)


@exercise("seq2seq", costs=0.5)
def test_states_that_fall_and_rise(student, reference):
    """Sources of tokens far apart, in both directions."""
    source, target = torch.tensor([[1, 5, 2, 4], [5, 1, 5, 2]]), torch.tensor([[2, 1], [4, 3]])
    inputs = source, torch.tensor([4, 3]), target
    came, expected = student.run(with_falling_states, *inputs), reference.run(with_falling_states, *inputs)
    assert_close(came, expected, what="the scores")


@exercise("seq2seq", costs=0.5)
def test_a_row_does_not_depend_on_the_others(student, reference, rng):
    """Rows of lengths 1 and 4: each is answered as if it were alone."""
    source, lengths, target = translation(6, (1, 4, 2), 3)(rng)
    came = student.run(with_targets, source, lengths, target)[0]
    alone = [
        reference.run(with_targets, source[row : row + 1, :size], lengths[row : row + 1], target[row : row + 1])[0]
        for row, size in enumerate((1, 4, 2))
    ]
    assert_close(came, torch.cat(alone), what="the scores")


# beam_search


def searched(ns, first, table, start, end, beam, max_len, alpha=None):
    """Probe: search in a chain: after `start` come the log-probabilities `first` (V,), after token k `table[k]`.

    Each token that is said also adds to the state, and the state to the scores: so the states must follow. Returns
    the answers, filled up with -1, their lengths and their scores.
    """
    calls = []

    def step(ids, state):
        calls.append((tuple(ids.shape), tuple(state.shape)))
        begun = state[:, :1] > 0
        scores = table[ids] + torch.where(begun, 0.3 * state[:, 1:], first)
        after = 0.7 * state[:, 1:] + table[ids].clamp(min=-5) * begun
        return scores.log_softmax(dim=1), torch.cat([state[:, :1] + 1, after], dim=1)

    state = torch.zeros(1, 1 + len(first), dtype=first.dtype)
    given = () if alpha is None else (alpha,)
    found = ns.beam_search(step, state, start, end, beam, max_len, *given)
    longest = max([len(ids) for ids, _ in found], default=0)
    filled = [[int(token) for token in ids] + [-1] * (longest - len(ids)) for ids, _ in found]
    scores = torch.tensor([float(score) for _, score in found], dtype=first.dtype)
    return filled, [len(ids) for ids, _ in found], scores


def watched(ns, first, table, beam, max_len):
    """Probe: the numbers of rows with which the step was called, and whether ids and states had as many."""
    rows = []

    def step(ids, state):
        rows.append((len(ids), ids.dim() == 1 and ids.dtype == torch.int64 and len(ids) == len(state)))
        return torch.where(state == 0, first, table[ids]).log_softmax(dim=1), state + 1

    ns.beam_search(step, torch.zeros(1, 1, dtype=first.dtype), 0, 0, beam, max_len)
    return [num for num, _ in rows], all(fits for _, fits in rows)


def state_after(ns, first, table):
    """Probe: the state that was handed over, after a search; and how many rows each step had."""
    state, rows = torch.full((1, 2), 0.5, dtype=first.dtype), []

    def step(ids, state):
        rows.append(len(ids))
        return (first if len(rows) == 1 else table[ids]).expand(len(ids), -1).log_softmax(dim=1), state + 1

    ns.beam_search(step, state, 1, 0, 4, 9)
    return state, rows


def kinds(ns, first, table) -> tuple[str, str, str, str]:
    """Probe: the types of the answer, of one hypothesis in it, of its tokens and of its score."""

    def step(ids, state):
        return torch.where(state == 0, first, table[ids]).log_softmax(dim=1), state + 1

    found = ns.beam_search(step, torch.zeros(1, 1, dtype=first.dtype), 0, 0, 2, 3)
    ids, score = found[0]
    return type(found).__name__, type(found[0]).__name__, type(ids).__name__, type(score).__name__


def chain_inputs(rng, V=4, dtype=DOUBLE):
    """Return scores of first tokens, and of those behind each other one."""
    return randn(rng, V, dtype=dtype), randn(rng, V, V, dtype=dtype)


FIRST = logs(0.1, 0.5, 0.4)
TREE = torch.stack([logs(0.33, 0.4, 0.27), logs(0.33, 0.4, 0.27), logs(0.9, 0.06, 0.04)])  # no two answers alike


def plainly(ns, first, table, start, end, beam, max_len, alpha=None):
    """Probe: search in a chain without a memory; the state counts steps."""

    def step(ids, state):
        return torch.where(state == 0, first, table[ids]), state + 1

    given = () if alpha is None else (alpha,)
    found = ns.beam_search(step, torch.zeros(1, 1, dtype=first.dtype), start, end, beam, max_len, *given)
    longest = max([len(ids) for ids, _ in found], default=0)
    filled = [[int(token) for token in ids] + [-1] * (longest - len(ids)) for ids, _ in found]
    scores = torch.tensor([float(score) for _, score in found], dtype=first.dtype)
    return filled, [len(ids) for ids, _ in found], scores


def assert_found(student, reference, probe, *args):
    """Compare the answers and their scores."""
    came, expected = student.run(probe, *args), reference.run(probe, *args)
    assert_parts(came, expected, "the answers", "their lengths", "their scores")


@exercise("beam_search")
@pytest.mark.parametrize("beam", [1, 2, 3, 7, 50], ids=lambda beam: f"beam {beam}")
def test_the_tree_of_the_text(student, reference, beam):
    """A tree much like the text's; the end is token 0, and so is the start. A beam of 50 finds all seven answers."""
    assert_found(student, reference, plainly, FIRST, TREE, 0, 0, beam, 2)


@exercise("beam_search")
@pytest.mark.parametrize("max_len", [1, 3, 5], ids=lambda steps: f"at most {steps} steps")
def test_other_numbers_of_steps(student, reference, max_len):
    """The same tree, with one, three and five steps, and a beam of 3."""
    assert_found(student, reference, plainly, FIRST, TREE, 0, 0, 3, max_len)


@exercise("beam_search")
@pytest.mark.parametrize(("beam", "max_len"), [(1, 4), (2, 4), (3, 5), (5, 3)], ids=str)
def test_a_memory_that_has_to_follow(student, reference, rng, beam, max_len):
    """The scores depend on all tokens of a hypothesis, by its state; the start is token 3, the end is token 1."""
    assert_found(student, reference, searched, *chain_inputs(rng), 3, 1, beam, max_len)


KNOWN = torch.tensor([[0.3, -0.2, 1.1], [-0.9, 2.0, 1.4], [0.5, 1.3, -1.7]], dtype=DOUBLE)


@exercise("beam_search")
@pytest.mark.parametrize("beam", [2, 3], ids=lambda beam: f"beam {beam}")
def test_states_that_change_places(student, reference, beam):
    """Scores that are set: the best hypotheses come from other rows at each step."""
    assert_found(student, reference, searched, FIRST, KNOWN, 2, 0, beam, 4)


@exercise("beam_search")
@pytest.mark.parametrize("alpha", [0.5, 1.0], ids=lambda alpha: f"alpha {alpha}")
def test_the_end_counts_in_the_length(student, reference, alpha):
    """The tree, with all of its answers, some of which ended after two tokens."""
    assert_found(student, reference, plainly, FIRST, TREE, 0, 0, 7, 2, alpha)


@exercise("beam_search")
@pytest.mark.parametrize("V", [2, 5], ids=lambda V: f"{V} tokens")
def test_wide_beams_find_everything(student, reference, rng, V):
    """A beam as wide as there are answers, for three steps (two, of five tokens)."""
    assert_found(student, reference, searched, *chain_inputs(rng, V), 1, 0, 40, 3 if V == 2 else 2)


EARLY = torch.stack([logs(0.2, 0.4, 0.4), logs(0.02, 0.9, 0.08), logs(0.05, 0.15, 0.8)])


@exercise("beam_search")
@pytest.mark.parametrize("alpha", [None, 0.0, 0.6, 1.0, 2.0], ids=lambda alpha: f"alpha {alpha}")
def test_an_early_end_in_the_race(student, reference, alpha):
    """An answer ends at the first step with 0.34, and stays in the race; others go on to four steps."""
    assert_found(student, reference, plainly, logs(0.34, 0.36, 0.3), EARLY, 0, 0, 3, 4, alpha)


@exercise("beam_search")
def test_an_end_that_is_pushed_out(student, reference):
    """An answer that ended with 0.1 loses its place to continuations that are likelier."""
    assert_found(student, reference, plainly, logs(0.1, 0.6, 0.3), EARLY, 0, 0, 2, 3, 1.0)


@exercise("beam_search")
def test_the_length_counts_at_the_end_alone(student, reference):
    """With alpha = 2, long answers win at the end; which ones are kept on the way, the undivided sums decide."""
    assert_found(student, reference, plainly, logs(0.45, 0.3, 0.25), EARLY, 0, 0, 2, 4, 2.0)


@exercise("beam_search", costs=0.5)
def test_impossible_tokens(student, reference):
    """Tokens of probability 0 continue nothing: there are fewer answers than the beam is wide."""
    table = torch.stack([logs(1.0, 0.0, 0.0), logs(0.7, 0.3, 0.0), logs(1.0, 0.0, 0.0)])
    assert_found(student, reference, plainly, logs(0.0, 0.6, 0.4), table, 0, 0, 6, 2)


@exercise("beam_search", costs=0.5)
def test_all_have_ended(student, reference):
    """After two of nine steps all answers have ended."""
    table = torch.stack([logs(1.0, 0.0, 0.0)] * 3)
    assert_found(student, reference, plainly, logs(0.2, 0.5, 0.3), table, 0, 0, 4, 9)


@exercise("beam_search", costs=0.5)
def test_one_call_a_step(student, rng):
    """Each step is one call for all hypotheses: never more rows than the beam, and as many states as tokens."""
    rows, fits = student.run(watched, *chain_inputs(rng), 3, 4)
    if not rows:
        raise Mismatch("the step is never called", "0 calls", "at most 4 calls, 3 rows each")
    if len(rows) > 4 or max(rows) > 3:
        raise Mismatch("the step is called too often, or with too many rows", str(rows), "at most 4 calls, 3 rows each")
    if not fits:
        raise Mismatch("ids (K,) int64 and states (K, H) don't fit together", "other shapes", "K tokens, K states")


@exercise("beam_search", costs=0.25)
def test_lists_and_numbers(student, rng):
    """A list of tuples, each of a list and a float."""
    came = student.run(kinds, *chain_inputs(rng))
    assert_equal(came, ("list", "tuple", "list", "float"), what="the types")


@exercise("beam_search", costs=0.25)
def test_the_state_stays_as_it_is(student, rng):
    """The state that is handed over is the same tensor with the same numbers after the search."""
    after, _ = student.run(state_after, *chain_inputs(rng, 2))
    assert_close(after, torch.full((1, 2), 0.5, dtype=DOUBLE), what="the state after the search")


@exercise("beam_search", costs=0.5)
def test_no_step_when_all_have_ended(student):
    """After two of nine steps all answers have ended: the step isn't called again."""
    table = torch.stack([logs(1.0, 0.0, 0.0)] * 3)
    _, rows = student.run(state_after, logs(0.2, 0.5, 0.3), table)
    if len(rows) > 2 or min(rows, default=0) < 1:
        raise Mismatch("the step is called although all have ended", f"rows: {rows}", "2 calls, with 1 and 2 rows")


@exercise("beam_search", costs=0.5)
def test_a_long_answer(student, reference):
    """300 steps, at each of which the only possible token has -3.2: a sum of -960."""
    row = torch.tensor([-INF, -3.2], dtype=DOUBLE)  # one continuation: who cuts nothing must not fill the memory
    assert_found(student, reference, plainly, row, row.expand(2, -1), 0, 0, 1, 300)


@exercise("beam_search", costs=0.5)
def test_sums_that_differ_by_a_billionth(student, reference):
    """Log-probabilities in float64, two of which differ by 0.000000001: the larger sum is kept."""
    first = torch.tensor([-9.0, -1.0 - 1e-9, -1.0], dtype=DOUBLE)
    table = torch.tensor([[-9.0, -9, -9], [-1, -9, -9], [-1, -9, -9]], dtype=DOUBLE)
    assert_found(student, reference, plainly, first, table, 0, 0, 2, 2)
    assert_found(student, reference, plainly, first, table, 0, 0, 1, 2)
