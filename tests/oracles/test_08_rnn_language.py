"""The references of 08_rnn/language held to torch's own functions, statistics and exhaustive search; and what the text
says of its pictures and of what was trained."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from coursekit import scene_text, sorter
from coursekit.figures import language as figures
from coursekit.small_detectors import started

NOTEBOOK = "08_rnn/language"
DOUBLE = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def tokens(num, *shape, seed=0):
    return torch.randint(num, shape, generator=torch.Generator().manual_seed(seed))


def close(came, expected):
    torch.testing.assert_close(came, expected, rtol=1e-12, atol=1e-12)


# word_embedding_forward


@pytest.mark.parametrize(("N", "T", "V", "D"), [(2, 3, 5, 4), (1, 1, 1, 1), (4, 4, 4, 4), (0, 3, 2, 5), (2, 0, 3, 1)])
def test_rows_are_those_of_torchs_embedding(solution, N, T, V, D):
    words, weights = tokens(V, N, T), drawn(V, D)
    out, one_hot = solution.word_embedding_forward(words, weights)
    assert torch.equal(out, F.embedding(words, weights))
    assert torch.equal(one_hot, F.one_hot(words, V).to(DOUBLE))
    close(one_hot @ weights, out)


def test_an_embeddings_gradient_is_that_of_the_text():
    table = torch.tensor([[0.5, -1], [2, 0], [1, 3]]).requires_grad_()
    out = F.embedding(torch.tensor([2, 0, 2]), table)
    (grad,) = torch.autograd.grad(out, table, torch.tensor([[1.0, 0], [0, 1], [2, 2]]))
    assert grad.tolist() == [[0, 1], [0, 0], [3, 2]]


# temporal_softmax_loss


@pytest.mark.parametrize(("N", "T", "V"), [(2, 3, 4), (1, 1, 1), (5, 2, 3), (3, 3, 3)])
@pytest.mark.parametrize("per", ["token", "sequence"])
def test_the_loss_and_its_gradient_are_torchs(solution, per, N, T, V):
    scores, targets = drawn(N, T, V).requires_grad_(), tokens(V, N, T)
    mask = tokens(2, N, T, seed=1) == 1
    mask[0, 0] = True
    marked = targets.masked_fill(~mask, -100).flatten()
    kind = {"token": "mean", "sequence": "sum"}[per]
    expected = F.cross_entropy(scores.flatten(0, 1), marked, ignore_index=-100, reduction=kind)
    expected = expected / (N if per == "sequence" else 1)
    (slope,) = torch.autograd.grad(expected, scores)
    loss, grad = solution.temporal_softmax_loss(scores.detach(), targets, mask, per)
    close(loss, expected.detach())
    close(grad, slope)


def test_no_real_step_costs_nothing_where_torch_gives_nan(solution):
    scores, targets = drawn(2, 3, 4), tokens(4, 2, 3)
    assert F.cross_entropy(scores.flatten(0, 1), torch.full((6,), -100)).isnan()
    loss, grad = solution.temporal_softmax_loss(scores, targets, torch.zeros(2, 3, dtype=torch.bool))
    assert loss.item() == 0
    assert not grad.any()


def test_the_loss_of_the_text(solution):
    scores = torch.tensor([1.0, 3], dtype=DOUBLE).log().expand(2, 2, 2)
    targets, mask = torch.tensor([[1, 0], [1, 0]]), torch.tensor([[True, True], [True, False]])
    loss, grad = solution.temporal_softmax_loss(scores, targets, mask)
    assert round(loss.item(), 3) == 0.654
    assert [round(one, 3) for one in grad[0, 0].tolist()] == [0.083, -0.083]
    assert round(solution.temporal_softmax_loss(scores, targets, mask, "sequence")[0].item(), 3) == 0.981
    assert round(0.75 * loss.item(), 2) == 0.49


# char_language_model


def test_a_character_model_is_its_three_layers(solution):
    net = started(lambda: solution.char_language_model(5, 3, 4, 2), 0)
    own = started(lambda: torch.nn.LSTM(3, 4, 2, batch_first=True), 1)
    own.load_state_dict(net.lstm.state_dict(), strict=True)
    ids = tokens(5, 2, 6)
    scores, (h, c) = net(ids)
    hidden, states = own(net.embedding.weight[ids])
    torch.testing.assert_close(scores, hidden @ net.head.weight.T + net.head.bias)
    torch.testing.assert_close((h, c), states)


def test_it_is_the_pictures_model_and_nears_the_least(solution):
    assert len(scene_text.CHARS) == 24
    least = scene_text.least_bits()
    assert round(least, 3) == 0.306
    assert math.prod(scene_text.SIZES) == 27000
    net, costs = scene_text.train(lambda: solution.char_language_model(24, 16, 64))
    assert least < scene_text.bits(net) < least + 0.05
    assert costs[-1] < 0.4 < 4 < costs[0]
    rows = scene_text.rows_of(scene_text.lines(500, 2))
    with torch.no_grad():
        loss, _ = solution.temporal_softmax_loss(net(rows.x)[0], rows.y, rows.mask)
    assert float(loss) / math.log(2) == pytest.approx(scene_text.bits(net), abs=1e-4)


# sample_text


class Fixed(torch.nn.Module):
    def __init__(self, shares):
        super().__init__()
        self.scores = torch.tensor(shares, dtype=DOUBLE).log()

    def forward(self, ids, state=None):
        return self.scores.expand(*ids.shape, -1), state


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_as_often_as_their_probability_says(solution, temperature):
    """A chi-square statistic of 20,000 draws in three classes; 13.8 is passed once in a thousand."""
    shares = torch.tensor([0.6, 0.3, 0.1], dtype=DOUBLE)
    uniforms = torch.rand(200, 100, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    begin = torch.zeros(200, 1, dtype=torch.int64)
    drawn_tokens = solution.sample_text(Fixed(shares.tolist()), begin, uniforms, temperature)
    expected = 20_000 * shares ** (1 / temperature) / (shares ** (1 / temperature)).sum()
    counts = torch.bincount(drawn_tokens.flatten(), minlength=3)
    assert ((counts - expected) ** 2 / expected).sum() < 13.8


def test_the_temperatures_of_the_text(solution):
    shares = torch.tensor([0.6, 0.3, 0.1], dtype=DOUBLE)
    assert [round(one, 3) for one in (shares**2 / (shares**2).sum()).tolist()] == [0.783, 0.196, 0.022]
    begin, u = torch.zeros(1, 1, dtype=torch.int64), torch.tensor([[0.65]], dtype=DOUBLE)
    assert solution.sample_text(Fixed(shares.tolist()), begin, u).item() == 1
    assert solution.sample_text(Fixed(shares.tolist()), begin, u, 0.5).item() == 0


# seq2seq


def test_an_encoder_and_decoder_are_torchs_packed_layers(solution):
    net = started(lambda: solution.seq2seq(6, 3, 4), 0)
    source, lengths, target = tokens(6, 3, 5), torch.tensor([2, 5, 1]), tokens(6, 3, 4, seed=1)
    packed = pack_padded_sequence(net.embedding(source), lengths, batch_first=True, enforce_sorted=False)
    state = net.encoder(packed)[1]
    heard = torch.cat([torch.zeros(3, 1, dtype=torch.int64), target[:, :-1]], dim=1)
    torch.testing.assert_close(net(source, lengths, target), net.head(net.decoder(net.embedding(heard), state)[0]))


def test_it_learns_to_sort(solution):
    net, _ = sorter.train(lambda: solution.seq2seq(sorter.NUM_SYMBOLS, 16, 64))
    assert sorter.exact(net) > 0.97
    assert sorter.taught(net) > 0.99


# beam_search


def chain(V, seed):
    """Return a step whose log-probabilities depend on all that was said, and a first state."""
    table = drawn(V, V, seed=seed)

    def step(ids, state):
        after = 0.6 * state + table[ids]
        return after.log_softmax(dim=1), after

    return step, torch.zeros(1, V, dtype=DOUBLE)


def all_answers(step, state, start, end, max_len):
    """Return every answer with its sum, by going through all sequences of tokens one by one."""
    found = {}
    for ids in itertools.product(range(state.shape[1]), repeat=max_len):
        total, last, at = 0.0, start, state
        answer = []
        for token in ids:
            log_probs, at = step(torch.tensor([last]), at)
            total, last = total + log_probs[0, token].item(), token
            answer.append(token)
            if token == end:
                break
        found[tuple(answer)] = total
    return found


@pytest.mark.parametrize(("V", "max_len"), [(2, 4), (3, 3), (4, 2)])
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_a_wide_beam_is_exhaustive_search(solution, V, max_len, alpha):
    step, state = chain(V, seed=V)
    truth = all_answers(step, state, 0, 0, max_len)
    found = solution.beam_search(step, state, 0, 0, len(truth), max_len, alpha)
    expected = sorted(((total / len(ids) ** alpha, list(ids)) for ids, total in truth.items()), reverse=True)
    assert [ids for ids, _ in found] == [ids for _, ids in expected]
    assert [score for _, score in found] == pytest.approx([score for score, _ in expected])


def test_a_beam_of_1_is_greedy(solution):
    for seed in range(5):
        step, at = chain(4, seed)
        ((found, score),) = solution.beam_search(step, at, 1, 0, 1, 6)
        said, total = [1], 0.0
        for _ in range(6):
            log_probs, at = step(torch.tensor(said[-1:]), at)
            said.append(int(log_probs.argmax()))
            total += log_probs.max().item()
            if said[-1] == 0:
                break
        assert found == said[1:]
        assert score == pytest.approx(total)


def test_the_tree_of_the_text(solution):
    for beam, best, share in ((1, [1, 1], 0.2), (2, [2, 0], 0.36)):
        ids, score = solution.beam_search(figures.tree_step, torch.zeros(1, 1), 0, 0, beam, 2)[0]
        assert ids == best
        assert math.exp(score) == pytest.approx(share)
    assert "The likeliest is bE; greedy ends at aa" in figures.beam_tree().description


# What the text says of its pictures


def test_the_overview_falls_below_simpler_models():
    story, simpler = scene_text.story(), scene_text.simpler_bits()
    assert round(simpler["by frequency"], 2) == 4.05
    assert min(simpler.values()) > 2 > 0.4 > story.costs[-1] > 0.9 * scene_text.least_bits()
    assert "simpler models need 4.05" in figures.overview().description


def test_every_drawn_line_keeps_the_rules_and_broken_ones_are_told():
    assert not any(scene_text.faults(line) for line in scene_text.lines(300, 5))
    assert scene_text.faults("one red circles are above one red star.") == ("number", "verb", "colours")
    assert scene_text.faults("one red") == ("words",)
    assert "crosses" in scene_text.PLURALS.values()


def test_a_line_costs_where_a_word_begins_and_verbs_are_free():
    text, spent = figures.costs_of()
    dear = [place for place, value in enumerate(spent) if value > 1.5]
    assert all(place == 0 or text[place - 1] == " " for place in dear)
    assert max(spent[text.index(" is ") + 1 : text.index(" is ") + 3]) < 0.2
    assert "Together" in figures.costs().description


def test_one_hot_rows_and_the_teacher_say_what_they_show():
    assert "(1, 3), (0.5, -1), (1, 3)" in figures.one_hot().description
    assert "read 0, a, b, d and have to say a, b, d, 0" in figures.teacher().description


def test_a_low_temperature_makes_the_likely_likelier():
    cold, warm = (figures.shares_after(temperature, "two blue ").max() for temperature in (0.2, 3.0))
    assert cold > warm
    assert "temperature 0.5" in figures.next_char(0.5, "t").description


def test_more_lines_are_right_at_low_temperatures(solution):
    net = scene_text.story().net
    rights = {one: figures.counted(solution.sample_text, net, one) for one in (0.0, 0.5, 1.0, 1.6)}
    assert rights[0.0][1] == 1 / figures.NUM_WRITTEN
    assert rights[0.5][0] > 0.7 > rights[1.0][0] > 0.35 > 0.1 > rights[1.6][0]
    assert rights[0.5][1] > 0.95
    wasted = (scene_text.bits(net) - scene_text.least_bits()) * 48.1
    assert rights[1.0][0] > 2**-wasted - 0.12  # 200 lines: three standard deviations are 0.1
    assert "written at each temperature" in figures.temperatures(solution.sample_text, net).description


def test_a_wider_beam_leaves_the_models_mistakes(solution):
    found = [sorter.verdicts(solution.beam_search, sorter.beginner(), beam) for beam in figures.BEAMS]
    assert found[0].by_the_search > 10 > found[1].by_the_search >= found[2].by_the_search
    assert found[2].by_the_search <= 2
    assert found[1].right >= found[0].right
    assert "beam 8" in figures.beams(solution.beam_search).description
