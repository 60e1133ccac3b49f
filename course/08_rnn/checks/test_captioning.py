"""Checks of Captioning: the loss of captions, greedy captions, captions of regions with triples, and films."""

import pytest
import torch
from torch import nn

from autograder.authoring import assert_close, assert_equal, assert_parts, case, contract, exercise, modules, randn

DOUBLE = torch.float64
START, END = 1, 2


def params_of(rng, D, H, V, W, dtype=DOUBLE):
    """Return the parameters of a captioner. No bias is 0, and hidden states are far from 0."""
    sizes = {
        "proj.weight": (H, D),
        "proj.bias": (H,),
        "embedding.weight": (V, W),
        "lstm.weight_ih": (4 * H, W),
        "lstm.weight_hh": (4 * H, H),
        "lstm.bias_ih": (4 * H,),
        "lstm.bias_hh": (4 * H,),
        "head.weight": (V, H),
        "head.bias": (V,),
    }
    return {name: randn(rng, *size, dtype=dtype, scale=0.9) for name, size in sizes.items()}


# captioning_loss


def captions_of(rng, N, T, V, pad=0):
    """Return captions (N, T): START, words, END; the first is as long as can be, each other one shorter by one."""
    rows = []
    for n in range(N):
        num = max(0, T - 2 - n)
        words = torch.from_numpy(rng.integers(3, V, num)).tolist()
        row = [START, *words, END][:T]
        rows.append(row + [pad] * (T - len(row)))
    return torch.tensor(rows)


def loss_inputs(rng, N=3, D=4, T=5, H=2, V=6, W=7, dtype=DOUBLE):
    """Return features, captions and parameters."""
    return randn(rng, N, D, dtype=dtype), captions_of(rng, N, T, max(V, 4)), params_of(rng, D, H, max(V, 4), W, dtype)


def inputs_of_two_paddings(rng, N=3, D=4, T=5, H=2, V=6, W=7, dtype=DOUBLE):
    """Return such inputs, where every second caption is filled up with 3, which is no word of any caption."""
    features, captions, params = loss_inputs(rng, N, D, T, H, max(V, 6), W, dtype)
    captions = torch.where(captions == 3, 4, captions)
    captions[1::2] = torch.where(captions[1::2] == 0, 3, captions[1::2])
    return features, captions, params


def loss_and_gradients(ns, features, captions, params, **settings):
    """Probe: the loss, and its gradients with respect to the features and to each parameter."""
    leaves = {name: one.clone().requires_grad_() for name, one in params.items()}
    seen = features.clone().requires_grad_()
    loss = ns.captioning_loss(seen, captions, leaves, **settings)
    loss.backward()
    grads = {name: torch.zeros_like(one) if one.grad is None else one.grad for name, one in leaves.items()}
    return loss.detach(), torch.zeros_like(seen) if seen.grad is None else seen.grad, grads


def without_gradient(ns, features, captions, params):
    """Probe: the names of what has no gradient at all after the loss."""
    leaves = {name: one.clone().requires_grad_() for name, one in ({"features": features} | params).items()}
    ns.captioning_loss(leaves["features"], captions, {name: leaves[name] for name in params}).backward()
    return [name for name, one in leaves.items() if one.grad is None]


def small_params(D=2, H=2, V=5, W=2):
    """Return parameters of 0, but for the head's bias: each word has a score of its own at each step."""
    sizes = {"proj.weight": (H, D), "proj.bias": (H,), "embedding.weight": (V, W), "lstm.weight_ih": (4 * H, W)}
    sizes |= {"lstm.weight_hh": (4 * H, H), "lstm.bias_ih": (4 * H,), "lstm.bias_hh": (4 * H,)}
    sizes |= {"head.weight": (V, H), "head.bias": (V,)}
    params = {name: torch.zeros(size, dtype=DOUBLE) for name, size in sizes.items()}
    params["head.bias"] = torch.arange(V, dtype=DOUBLE) / 2
    return params


@exercise("captioning_loss")
def test_the_two_captions_of_the_text(student, reference):
    """Captions (1, 3, 2) and (1, 2, 0) of four numbers, all of whose scores are alike."""
    params = {name: 0 * one for name, one in small_params(V=4).items()}
    args = torch.ones(2, 2, dtype=DOUBLE), torch.tensor([[1, 3, 2], [1, 2, 0]]), params
    assert_close(student.captioning_loss(*args), reference.captioning_loss(*args))


@exercise("captioning_loss")
def test_which_words_are_to_be_said(student, reference):
    """Each number has a score of its own, the same at all steps: the loss tells which numbers were asked for."""
    args = torch.ones(1, 2, dtype=DOUBLE), torch.tensor([[1, 4, 3, 3, 2]]), small_params()
    assert_close(student.captioning_loss(*args), reference.captioning_loss(*args))


@exercise("captioning_loss")
def test_one_word_read(student, reference, rng):
    """Captions of two numbers: only the start is read, and only the end is to be said."""
    features, _, params = loss_inputs(rng)
    args = features, torch.tensor([[START, END]] * len(features)), params
    assert_close(student.captioning_loss(*args), reference.captioning_loss(*args))


@exercise("captioning_loss")
@pytest.mark.parametrize(("N", "D", "T", "H"), [(1, 3, 4, 2), (4, 1, 6, 3), (2, 5, 3, 1)])
def test_captions_of_all_lengths(student, reference, rng, N, D, T, H):
    """Drawn features and parameters; in a batch, each caption is shorter by one than the one before."""
    args = loss_inputs(rng, N, D, T, H)
    assert_close(student.captioning_loss(*args), reference.captioning_loss(*args))


@exercise("captioning_loss")
def test_without_padding(student, reference, rng):
    """Three captions that are all of the full length."""
    features, _, params = loss_inputs(rng)
    captions = torch.tensor([[1, 3, 4, 2], [1, 5, 5, 2], [1, 4, 3, 2]])
    assert_close(
        student.captioning_loss(features, captions, params), reference.captioning_loss(features, captions, params)
    )


@exercise("captioning_loss", costs=0.5)
@pytest.mark.parametrize("pad", [5, -100, 999], ids=["the last word", "no word at all", "a number too large"])
def test_another_number_for_padding(student, reference, rng, pad):
    """`pad` is the last number of the table, or -100 or 999, which are none; 0 is a word like others then."""
    features, captions, params = loss_inputs(rng)
    captions = torch.where(captions == 0, pad, torch.where(captions == 5, 0, captions))
    came = student.captioning_loss(features, captions, params, pad=pad)
    assert_close(came, reference.captioning_loss(features, captions, params, pad=pad))


def captions_afterwards(ns, features, captions, params):
    """Probe: the captions after a call with a padding of -100."""
    ns.captioning_loss(features, captions, params, pad=-100)
    return captions


@exercise("captioning_loss", costs=0.5)
def test_captions_stay_as_they_are(student, rng):
    """Padding is -100, and it still stands in the captions after the call."""
    features, captions, params = loss_inputs(rng)
    captions = torch.where(captions == 0, -100, captions)
    assert_equal(student.run(captions_afterwards, features, captions.clone(), params), captions, "captions")


@exercise("captioning_loss", costs=0.5)
def test_nothing_to_be_said(student, reference, rng):
    """All that is to be said is padding: the loss is 0 and its gradients are 0."""
    features, captions, params = loss_inputs(rng)
    args = features, torch.zeros_like(captions), params
    came, expected = student.run(loss_and_gradients, *args), reference.run(loss_and_gradients, *args)
    assert_parts(came, expected, "loss", "features", "params")
    missing = student.run(without_gradient, *args)
    assert not missing, f"The gradient is None, and not 0, for {', '.join(missing)}."


@exercise("captioning_loss", costs=0.5)
def test_one_caption_of_padding_only(student, reference, rng):
    """One caption of three is all padding: nothing of it is to be said, and it doesn't count."""
    features, captions, params = loss_inputs(rng)
    captions[1] = 0
    args = features, captions, params
    assert_close(student.captioning_loss(*args), reference.captioning_loss(*args))


@exercise("captioning_loss")
def test_gradients_of_the_loss(student, reference, rng):
    """The gradients with respect to the features and to each parameter."""
    args = loss_inputs(rng)
    came, expected = student.run(loss_and_gradients, *args), reference.run(loss_and_gradients, *args)
    assert_parts(came, expected, "loss", "features", "params")


@exercise("captioning_loss", costs=0.5)
def test_gradients_where_zero_is_a_word(student, reference, rng):
    """Padding is -100, and the number 0 is a word that is read: its row of the embedding has a gradient."""
    features, _, params = loss_inputs(rng)
    args = features, torch.tensor([[1, 0, 4, 0, 2], [1, 0, 2, -100, -100], [1, 5, 0, 2, -100]]), params
    came = student.run(loss_and_gradients, *args, pad=-100)
    assert_parts(came, reference.run(loss_and_gradients, *args, pad=-100), "loss", "features", "params")


@exercise("captioning_loss", costs=0.5)
def test_scores_of_a_thousand(student, reference, rng):
    """A score of 1000 for the wrong word costs 1000, and nothing overflows."""
    params = small_params()
    params["head.bias"] = torch.tensor([0.0, 0, 0, 1000, 0], dtype=DOUBLE)
    args = torch.ones(1, 2, dtype=DOUBLE), torch.tensor([[1, 4, 3, 2]]), params
    assert_close(student.captioning_loss(*args), reference.captioning_loss(*args))


contract(
    "captioning_loss",
    inputs=inputs_of_two_paddings,
    settings={"pad": 3},
    one="NDHW",
    all_at_once="NDHVW",
    no_loops=1,
)

# captioning_sample

PARTS = ("words", "lengths")


def chain_params(after, features=2):
    """Return parameters of a captioner that says after[w] behind the word w, whatever it was shown."""
    V = len(after)
    params = small_params(D=features, H=V, V=V, W=V)
    params["embedding.weight"] = torch.eye(V, dtype=DOUBLE)
    write = torch.zeros(4 * V, V, dtype=DOUBLE)
    bias = torch.zeros(4 * V, dtype=DOUBLE)
    bias[:V], bias[V : 2 * V], bias[3 * V :] = 50, -50, 50  # all is written, nothing kept, all shown
    for word, following in enumerate(after):
        write[2 * V + following, word] = 2
    return params | {
        "lstm.weight_ih": write,
        "lstm.bias_ih": bias,
        "head.weight": torch.eye(V, dtype=DOUBLE),
        "head.bias": torch.zeros(V, dtype=DOUBLE),
    }


def sample_inputs(rng, N=32, D=4, H=6, V=9, W=5):
    """Return features and parameters that let start and padding have large scores, and let captions end."""
    params = params_of(rng, D, H, max(V, 6), W)
    params["embedding.weight"] *= 3
    params["head.weight"] *= 3
    params["head.bias"][[0, 1]] = 4.0
    params["head.bias"][2], params["head.bias"][4] = 5.0, 7.0
    return randn(rng, N, D, dtype=DOUBLE, scale=2.0), params


def assert_said(student, reference, *args, **settings):
    """Compare the words and the lengths, each by its name."""
    came, expected = student.captioning_sample(*args, **settings), reference.captioning_sample(*args, **settings)
    assert_parts(came, expected, *PARTS)


ONES = torch.ones(2, 2, dtype=DOUBLE)


@exercise("captioning_sample")
def test_a_chain_of_words(student, reference):
    """After the start comes 4, after 4 comes 3, after 3 the end: words 4, 3, 2 and then padding."""
    assert_said(student, reference, ONES, chain_params([5, 4, 5, 2, 3, 5]))


@exercise("captioning_sample", costs=0.5)
def test_in_float32(student, reference):
    """The same words in float32."""
    params = {name: one.float() for name, one in chain_params([5, 4, 5, 2, 3, 5]).items()}
    assert_said(student, reference, ONES.float(), params)


@exercise("captioning_sample")
def test_nothing_ends(student, reference):
    """After 3 comes 4, after 4 comes 3: the end never comes, and each caption has `most` words."""
    assert_said(student, reference, ONES, chain_params([3, 3, 3, 4, 3]), most=5)


@exercise("captioning_sample")
def test_the_end_at_once(student, reference):
    """The end has the largest score after the start: there are no words."""
    assert_said(student, reference, ONES, chain_params([4, 2, 4, 4, 3]), most=4)


@exercise("captioning_sample")
def test_the_end_at_the_last_place(student, reference):
    """The end comes as the last of `most` numbers."""
    assert_said(student, reference, ONES, chain_params([3, 4, 3, 2, 3]), most=3)


@exercise("captioning_sample")
@pytest.mark.parametrize("most", [1, 2])
def test_few_steps(student, reference, most):
    """Only one number may be said, or two."""
    assert_said(student, reference, ONES, chain_params([5, 4, 5, 2, 3, 5]), most=most)


@exercise("captioning_sample")
def test_each_caption_ends_on_its_own(student, reference):
    """The first caption of three ends at once, the second after one word, the third never does."""
    params = chain_params([3, 2, 3, 3, 2])
    # What is shown decides the first word: it comes by way of the first hidden state.
    params["proj.weight"] = torch.tensor([[0, 0], [0, 0], [0, 0], [9, 0], [0, 9]], dtype=DOUBLE)
    params["lstm.weight_hh"] = torch.zeros_like(params["lstm.weight_ih"])
    for word in (3, 4):
        params["lstm.weight_hh"][10 + word, word] = 9
        params["lstm.weight_hh"][10 + 2, word] = -9
    params["lstm.weight_hh"] = params["lstm.weight_hh"].contiguous()
    features = torch.tensor([[0, 0], [0, 1], [1, 0]], dtype=DOUBLE)
    assert_said(student, reference, features, params, most=4)


@exercise("captioning_sample")
@pytest.mark.parametrize("name", ["pad", "start"])
def test_what_is_never_chosen(student, reference, name):
    """Padding, or the start, has the largest score of all at every step, and the next one is said."""
    params = chain_params([5, 4, 5, 2, 3, 5])
    params["head.bias"][0 if name == "pad" else 1] = 30
    assert_said(student, reference, ONES, params)


@exercise("captioning_sample", costs=0.5)
def test_equal_scores(student, reference):
    """All scores are the same: the smallest number that may be chosen is the end; and where 2 is no end, 2."""
    params = {name: 0 * one for name, one in small_params(V=6).items()}
    assert_said(student, reference, ONES, params, most=3)
    assert_said(student, reference, ONES, params, most=3, end=5)


@exercise("captioning_sample", costs=0.5)
def test_scores_far_below_zero(student, reference):
    """All scores are about -1000, those of padding and of the start are the largest, and neither is said."""
    params = chain_params([5, 4, 5, 2, 3, 5])
    params["head.bias"] = torch.tensor([-900.0, -900, -1000, -1000, -1000, -1000], dtype=DOUBLE)
    assert_said(student, reference, ONES, params)


@exercise("captioning_sample", costs=0.5)
def test_scores_that_differ_by_little(student, reference):
    """The score of 4 is the largest, and 2, 3 and 5 have less by one part in 65536."""
    params = {name: 0 * one for name, one in small_params(V=6).items()}
    params["head.bias"] = torch.tensor([0, 0, 1, 1, 1 + 2**-16, 1], dtype=DOUBLE)
    assert_said(student, reference, ONES, params, most=3)


def tensors_recorded(ns, features, params) -> int:
    """Probe: how many tensors autograd keeps for a way back while captions are made."""
    kept = []
    leaves = {name: one.clone().requires_grad_() for name, one in params.items()}
    with torch.autograd.graph.saved_tensors_hooks(lambda one: kept.append(1) or one, lambda one: one):
        ns.captioning_sample(features.clone().requires_grad_(), leaves)
    return len(kept)


@exercise("captioning_sample", costs=0.5)
def test_no_gradients_are_recorded(student):
    """The features and all parameters require gradients, and autograd keeps nothing."""
    kept = student.run(tensors_recorded, ONES, chain_params([5, 4, 5, 2, 3, 5]))
    assert kept == 0, f"Autograd recorded the steps: it kept {kept} tensors for gradients that nobody will ask for."


@exercise("captioning_sample", costs=0.5)
def test_other_numbers_for_start_end_and_padding(student, reference):
    """The start is 4, the end is 0, padding is 5."""
    params = chain_params([5, 0, 1, 2, 3, 5])
    assert_said(student, reference, ONES, params, start=4, end=0, pad=5)


@exercise("captioning_sample")
@pytest.mark.parametrize(("N", "D", "H"), [(1, 3, 4), (4, 1, 5), (5, 4, 3)])
def test_drawn_networks(student, reference, rng, N, D, H):
    """Drawn features and parameters."""
    assert_said(student, reference, *sample_inputs(rng, N, D, H))


contract(
    "captioning_sample",
    inputs=sample_inputs,
    settings={"most": 5, "start": 3, "end": 4, "pad": 5},
    compare=lambda came, expected, **_: assert_parts(came, expected, *PARTS),
    one="NDHW",
    no_loops=1,
)

# dense_captions

FOUND = ("kept", "captions", "triples")
VOCABULARY = ["<pad>", "<start>", "<end>", "shape", "red", "blue", "cyan"]


def assert_found(student, reference, *args, **settings):
    """Compare the kept rows, the captions and the triples, each by its name."""
    came, expected = student.dense_captions(*args, **settings), reference.dense_captions(*args, **settings)
    assert_parts(came, expected, *FOUND)


def two_boxes(first, second):
    """Return all arguments for two detections, the first of which is surer."""
    words = torch.tensor([[4, 3, 2], [5, 3, 2]])
    return torch.tensor([first, second], dtype=DOUBLE), torch.tensor([0.9, 0.8], dtype=DOUBLE), words, VOCABULARY


def dense_inputs(rng, M=4, L=3):
    """Return boxes no two of which have a doubtful relation, scores, words and the vocabulary."""
    places = 10.0 * torch.arange(M, dtype=DOUBLE)
    corners = torch.stack([places, 30 + 3 * places.flip(0)], dim=1)
    boxes = torch.cat([corners, corners + 1 + 8 * torch.from_numpy(rng.random((M, 2)))], dim=1)
    order = torch.from_numpy(rng.permutation(M))
    scores = (0.3 + 0.6 * torch.arange(M, dtype=DOUBLE) / max(1, M - 1) + 0.02)[order]
    words = 3 + (torch.arange(M)[:, None] + 2 * torch.arange(L)) % 4
    words[1:, -1] = 2
    return boxes, scores, words, VOCABULARY


PAIRS = {
    "left of": ([0, 0, 4, 4], [10, 2, 14, 8]),
    "left of, turned round": ([10, 2, 14, 8], [0, 0, 4, 4]),
    "above": ([0, 0, 4, 4], [2, 10, 8, 14]),
    "above, turned round": ([2, 10, 8, 14], [0, 0, 4, 4]),
    "upper right and lower left, side by side": ([10, 0, 14, 4], [0, 3, 4, 9]),
    "upper right and lower left, one above the other": ([6, 0, 10, 4], [0, 12, 8, 16]),
    "as far in x as in y": ([0, 0, 4, 4], [10, 10, 14, 14]),
    "as far in x as in y, turned round": ([10, 10, 14, 14], [0, 0, 4, 4]),
    "as far in x as in y, the other diagonal": ([0, 10, 4, 14], [10, 0, 14, 4]),
    "inside": ([3, 1, 5, 3], [0, 0, 20, 20]),
    "inside, turned round": ([0, 0, 20, 20], [3, 1, 5, 3]),
    "inside, with one edge in common": ([0, 0, 20, 20], [0, 4, 6, 9]),
    "out by one edge": ([0, 0, 20, 20], [2, 6, 21, 9]),
    "half a pixel decides": ([0, 0, 4, 4], [5, 5, 10, 9]),
    "equal boxes": ([1, 2, 5, 9], [1, 2, 5, 9]),
    "equal middles": ([4, 0, 6, 10], [0, 4, 10, 6]),
    "middles say something else than left edges": ([0, 0, 20, 4], [2, 3, 6, 7]),
    "middles say something else than right edges": ([0, 0, 6, 6], [1, 8, 3, 30]),
}


@exercise("dense_captions")
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_two_boxes(student, reference, pair):
    """Two detections, the first of which is surer: which is the subject, and what is the relation?"""
    assert_found(student, reference, *two_boxes(*[[float(edge) for edge in box] for box in pair]))


@exercise("dense_captions")
@pytest.mark.parametrize("name", ["equal boxes", "equal middles", "left of"])
@pytest.mark.parametrize("second", [0.95, 0.9], ids=["the second is surer", "both are as sure"])
def test_two_boxes_and_their_scores(student, reference, name, second):
    """The second detection is the surer one, or both have the same score and the first one stays first."""
    boxes, scores, words, vocabulary = two_boxes(*[[float(edge) for edge in box] for box in PAIRS[name]])
    scores[1] = second
    assert_found(student, reference, boxes, scores, words, vocabulary)


@exercise("dense_captions")
def test_the_boxes_of_the_text(student, reference):
    """The three boxes of the text, the surest last: places in triples are those among the kept."""
    boxes = torch.tensor([[0.0, 0, 10, 10], [14, 6, 18, 20], [2, 2, 6, 6]], dtype=DOUBLE)
    scores = torch.tensor([0.7, 0.8, 0.9], dtype=DOUBLE)
    assert_found(student, reference, boxes, scores, torch.tensor([[4, 2], [5, 2], [6, 2]]), VOCABULARY)


@exercise("dense_captions")
def test_what_is_dropped(student, reference):
    """Five detections of which the first and the fourth are not sure enough; one has a score of exactly 0.5."""
    boxes = torch.tensor([[9.0 * k, 3.0 * k, 9.0 * k + 5, 3.0 * k + 2] for k in range(5)], dtype=DOUBLE)
    scores = torch.tensor([0.2, 0.75, 0.5, 0.25, 1.0], dtype=DOUBLE)
    words = torch.tensor([[4, 3], [5, 3], [6, 3], [3, 4], [3, 5]])
    assert_found(student, reference, boxes, scores, words, VOCABULARY)
    assert_found(student, reference, boxes, scores, words, VOCABULARY, threshold=0.25)


@exercise("dense_captions", costs=0.5)
def test_equal_scores_keep_their_order(student, reference):
    """Forty detections with three scores between them."""
    boxes = torch.tensor([[3.0 * k, 0, 3.0 * k + 2, 2] for k in range(40)], dtype=DOUBLE)
    scores = torch.tensor([(0.7, 0.9, 0.6, 0.9, 0.7)[k % 5] for k in range(40)], dtype=DOUBLE)
    words = torch.tensor([[3 + k % 4, 3 + k // 4 % 4, 2] for k in range(40)])
    kept, captions, _ = student.dense_captions(boxes, scores, words, VOCABULARY)
    expected = reference.dense_captions(boxes, scores, words, VOCABULARY)
    assert_equal(kept, expected[0], "kept")
    assert_equal(captions, expected[1], "captions")


@exercise("dense_captions")
@pytest.mark.parametrize(
    "row",
    [[4, 3, 2, 0, 0], [4, 3, 5, 3, 6], [4, 2, 3, 2, 5], [2, 0, 0, 0, 0], [4, 4, 3, 3, 2], [0, 4, 1, 3, 2]],
    ids=str,
)
def test_where_a_caption_ends(student, reference, row):
    """One detection: words before the first end, all of them where none came, or no word."""
    boxes, score = torch.tensor([[0.0, 0, 3, 4]], dtype=DOUBLE), torch.tensor([0.6], dtype=DOUBLE)
    assert_found(student, reference, boxes, score, torch.tensor([row]), VOCABULARY)


@exercise("dense_captions", costs=0.5)
@pytest.mark.parametrize("num", [0, 2])
def test_nothing_is_kept(student, reference, num):
    """There are no detections at all, or none is sure enough."""
    boxes, scores = torch.zeros(num, 4, dtype=DOUBLE), torch.full((num,), 0.1, dtype=DOUBLE)
    assert_found(student, reference, boxes, scores, torch.zeros(num, 3, dtype=torch.int64), VOCABULARY)


contract(
    "dense_captions",
    inputs=dense_inputs,
    settings={"threshold": 0.6, "end": 3},
    compare=lambda came, expected, **_: assert_parts(came, expected, *FOUND),
    one="ML",
)

# video_classifier

CLIP = (2, 3, 4, 3)  # channels, height, width of a frame; features


def make_classifier(ns, width, num_classes):
    """Probe: a classifier whose encoder is a small network of our own."""
    encoder = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Flatten(), nn.Tanh(), nn.Linear(18, 3))
    return ns.video_classifier(encoder, 3, width, num_classes)


def some_clips(N, T, lengths):
    """Return what draws clips of 2 by 3 by 4 numbers, with their lengths."""
    return lambda rng: (randn(rng, N, T, 2, 3, 4, dtype=DOUBLE), None if lengths is None else torch.tensor(lengths))


modules(
    "video_classifier",
    {
        "all frames real": {
            "without lengths": case([4, 3], x=some_clips(3, 5, None)),
            "one class": case([2, 1], x=some_clips(2, 4, None)),
        },
        "lengths": {
            "with lengths": case([4, 3], x=some_clips(3, 5, [2, 4, 3]), other=some_clips(2, 4, [1, 4])),
            "one clip": case([3, 2], x=some_clips(1, 4, [2])),
            "as many clips as frames": case([2, 5], x=some_clips(4, 4, [2, 4, 1, 3])),
            "one frame": case([3, 4], x=some_clips(2, 1, [1, 1])),
        },
    },
    make=make_classifier,
    gradients=["with lengths"],
    training=["with lengths"],
    apart=["with lengths"],
    sums=True,
)


def encoder_calls(ns, frames, lengths) -> tuple[list[list[int]], bool, bool]:
    """Probe: the shapes that the encoder was called with, whether it is the given one, and whether it is trained."""
    shapes = []

    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(24, 3)

        def forward(self, pictures):
            shapes.append(list(pictures.shape))
            return self.layer(pictures.flatten(1))

    encoder = Watched()
    net = ns.video_classifier(encoder, 3, 4, 2).double()
    net(frames, lengths)
    return shapes, getattr(net, "encoder", None) is encoder, all(one.requires_grad for one in net.parameters())


@exercise("video_classifier", costs=0.5)
def test_the_encoder_is_called_once(student, rng):
    """The given encoder is kept, is trained, and sees all frames of a batch in one call."""
    frames = randn(rng, 3, 5, 2, 3, 4, dtype=DOUBLE)
    shapes, same, trained = student.run(encoder_calls, frames, torch.tensor([5, 2, 3]))
    assert shapes == [[15, 2, 3, 4]], f"The encoder was called with shapes {shapes}, expected one call, [15, 2, 3, 4]."
    assert same, "`encoder` is not the module that was given."
    assert_equal(trained, True, "whether all parameters are trained (requires_grad)")


def scores_of(ns, width, num_classes, frames, lengths):
    """Probe: the scores of a classifier whose parameters follow from their places."""
    encoder = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Flatten(), nn.Tanh(), nn.Linear(18, 3))
    net = ns.video_classifier(encoder, 3, width, num_classes).double()
    with torch.no_grad():
        for _, one in sorted(net.named_parameters()):
            one.copy_(torch.arange(one.numel(), dtype=torch.float64).sin().reshape(one.shape))
        return net(frames, lengths)


@exercise("video_classifier")
def test_what_stands_behind_the_end(student, reference, rng):
    """Frames behind the end of a clip hold NaN, and the scores are the same as ever."""
    frames = randn(rng, 3, 4, 2, 3, 4, dtype=DOUBLE)
    frames[0, 2:], frames[2, 1:] = torch.nan, torch.nan
    args = 4, 3, frames, torch.tensor([2, 4, 1])
    assert_close(student.run(scores_of, *args), reference.run(scores_of, *args))


@exercise("video_classifier")
def test_backwards_is_something_else(student, reference, rng):
    """The same frames in reversed order."""
    frames = randn(rng, 2, 4, 2, 3, 4, dtype=DOUBLE).flip(1)
    assert_close(student.run(scores_of, 3, 2, frames, None), reference.run(scores_of, 3, 2, frames, None))


def scores_of_calls(ns, frames, other):
    """Probe: the scores of some clips, and of other ones in the next call of the same network."""
    encoder = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Flatten(), nn.Tanh(), nn.Linear(18, 3))
    net = ns.video_classifier(encoder, 3, 3, 2).double()
    with torch.no_grad():
        for _, one in sorted(net.named_parameters()):
            one.copy_(torch.arange(one.numel(), dtype=torch.float64).sin().reshape(one.shape))
        return net(frames, None), net(other, None)


@exercise("video_classifier", costs=0.5)
def test_a_second_call(student, reference, rng):
    """A network is called twice, on as many clips: the second answer doesn't depend on the first."""
    args = randn(rng, 2, 4, 2, 3, 4, dtype=DOUBLE), randn(rng, 2, 4, 2, 3, 4, dtype=DOUBLE)
    came, expected = student.run(scores_of_calls, *args), reference.run(scores_of_calls, *args)
    assert_parts(came, expected, "the first call's scores", "the second call's scores")
