"""The references of 08_rnn/captioning held to torch's own layers and slow definitions; and what the text says of its
pictures and of the trained networks."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit import captioner, clips
from coursekit.figures import captioning as figures
from coursekit.shapes import COLOUR_NAMES
from coursekit.small_detectors import started

NOTEBOOK = "08_rnn/captioning"
DOUBLE = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def a_captioner(num_features=4, num_words=7, embedded=3, width=5, seed=0):
    """Return torch's layers, with parameters large enough to matter, and the same as the exercises take them."""
    net = started(lambda: captioner.Captioner(num_features, num_words, embedded, width), seed).double()
    with torch.no_grad():
        for place, one in enumerate(net.parameters()):
            one.copy_(drawn(*one.shape, seed=100 * seed + place))
    return net, {name: one.detach().clone() for name, one in net.named_parameters()}


def all_at_once(net, features, read):
    """Return the scores of nn.LSTM, which holds the cell's parameters, (N, T, V)."""
    layer = nn.LSTM(net.embedding.embedding_dim, net.proj.out_features, batch_first=True).double()
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(layer, f"{name}_l0").copy_(getattr(net.lstm, name))
    h = net.proj(features)[None]
    return net.head(layer(net.embedding(read), (h, torch.zeros_like(h)))[0])


CAPTIONS = torch.tensor([[1, 4, 5, 6, 2], [1, 3, 2, 0, 0], [1, 2, 0, 0, 0], [0, 0, 0, 0, 0]])


def test_captioning_loss_is_that_of_torchs_layers(solution):
    for seed in range(5):
        net, params = a_captioner(seed=seed)
        features = drawn(4, 4, seed=seed)
        scores = all_at_once(net, features, CAPTIONS[:, :-1]).transpose(1, 2)
        expected = F.cross_entropy(scores, CAPTIONS[:, 1:], ignore_index=0)
        came = solution.captioning_loss(features, CAPTIONS, params)
        torch.testing.assert_close(came, expected.detach(), rtol=1e-12, atol=1e-12)


def test_gradients_of_captioning_loss_are_right(solution):
    _, params = a_captioner(num_features=2, num_words=4, embedded=2, width=2)
    captions, names = torch.tensor([[1, 3, 2], [1, 2, 0]]), list(params)

    def loss(features, *given):
        return solution.captioning_loss(features, captions, dict(zip(names, given, strict=True)))

    leaves = [one.requires_grad_() for one in (drawn(2, 2), *params.values())]
    assert torch.autograd.gradcheck(loss, leaves)


def test_a_loss_of_padding_alone_is_zero_and_another_number_pads(solution):
    _, params = a_captioner()
    features = drawn(4, 4)
    assert solution.captioning_loss(features, torch.zeros_like(CAPTIONS), params) == 0
    other = torch.where(CAPTIONS == 0, -100, CAPTIONS)
    torch.testing.assert_close(
        solution.captioning_loss(features, other, params, pad=-100),
        solution.captioning_loss(features, CAPTIONS, params),
    )


def test_the_loss_worked_by_hand(solution):
    net = captioner.Captioner(5, 4, 3, 2)
    nothing = {name: torch.zeros_like(one) for name, one in net.named_parameters()}
    captions = torch.tensor([[1, 3, 2], [1, 2, 0]])
    assert round(solution.captioning_loss(torch.ones(2, 5), captions, nothing).item(), 3) == 1.386


def slowly_said(net, features, most, start, end, pad):
    """Return one caption after another, word by word, by torch's cell."""
    rows, lengths = [], []
    for one in features:
        h = net.proj(one[None])
        c, word, row = torch.zeros_like(h), start, []
        while len(row) < most:
            h, c = net.lstm(net.embedding(torch.tensor([word])), (h, c))
            scores = net.head(h)[0].tolist()
            word = max((w for w in range(len(scores)) if w not in (start, pad)), key=lambda w: (scores[w], -w))
            row.append(word)
            if word == end:
                break
        lengths.append(len(row) - (row[-1] == end))
        rows.append(row + [pad] * (most - len(row)))
    return torch.tensor(rows), torch.tensor(lengths)


def test_captioning_sample_says_what_a_slow_loop_says(solution):
    ended = 0
    for seed in range(12):
        net, params = a_captioner(seed=seed)
        features = 2 * drawn(5, 4, seed=seed)
        for most, start, end, pad in ((1, 1, 2, 0), (7, 1, 2, 0), (6, 4, 0, 6)):
            words, lengths = solution.captioning_sample(features, params, most, start, end, pad)
            expected = slowly_said(net, features, most, start, end, pad)
            assert torch.equal(words, expected[0])
            assert torch.equal(lengths, expected[1])
            ended += int((lengths < most - 1).sum())
    assert ended > 20


def slow_relation(one, other):
    """Return the subject (0 or 1) and the relation, as the text says it."""
    inside = [
        all(a[k] >= b[k] for k in (0, 1)) and all(a[k] <= b[k] for k in (2, 3)) for a, b in ((one, other), (other, one))
    ]
    if any(inside):
        return (0 if inside[0] else 1), "inside"
    (ax, ay), (bx, by) = (((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (one, other))
    if abs(ax - bx) > abs(ay - by):
        return (0 if ax <= bx else 1), "left of"
    return (0 if ay <= by else 1), "above"


def test_dense_captions_say_what_a_slow_definition_says(solution):
    rng, seen = torch.Generator().manual_seed(0), set()
    for _ in range(300):
        num = int(torch.randint(0, 6, (1,), generator=rng))
        corners = torch.randint(0, 5, (num, 2), generator=rng)
        boxes = torch.cat([corners, corners + torch.randint(1, 6, (num, 2), generator=rng)], dim=1).double()
        scores = torch.randint(0, 5, (num,), generator=rng).double() / 4
        words = torch.randint(0, 7, (num, 4), generator=rng)
        kept, captions, triples = solution.dense_captions(boxes, scores, words, list("abcdefg"))
        order = sorted((k for k in range(num) if scores[k] >= 0.5), key=lambda k: (-scores[k].item(), k))
        assert kept.tolist() == order
        assert kept.dtype == torch.int64
        assert captions == [" ".join("abcdefg"[w] for w in words[k].tolist()).split("c")[0].strip() for k in order]
        expected = []
        for a in range(len(order)):
            for b in range(a + 1, len(order)):
                subject, relation = slow_relation(boxes[order[a]].tolist(), boxes[order[b]].tolist())
                expected.append((b, relation, a) if subject else (a, relation, b))
        assert triples == expected
        seen |= {relation for _, relation, _ in triples}
    assert seen == {"inside", "left of", "above"}


def test_captions_of_drawn_scenes_are_their_triples(solution):
    """The captions of the data set say what dense_captions says of the true boxes."""
    data = captioner.scenes(200, seed=5, objects=(2, 2))
    for n in range(200):
        boxes, colours = data.drawn.boxes[n], data.drawn.colour[n].tolist()
        words = torch.tensor([[captioner.WORDS.index(COLOUR_NAMES[c]), 3, 2] for c in colours])
        _, said, ((a, relation, b),) = solution.dense_captions(boxes, torch.ones(2), words, captioner.WORDS)
        if relation != "inside":
            assert f"{said[a]} {relation} {said[b]}" == captioner.text_of(data.captions[n, 1:])


def test_video_classifier_reads_as_packed_sequences_do(solution):
    for N, T in ((1, 3), (4, 4), (5, 2)):
        lengths = torch.randint(1, T + 1, (N,), generator=torch.Generator().manual_seed(N))
        frames = drawn(N, T, 3, clips.SIDE, clips.SIDE)
        net = solution.video_classifier(clips.new_encoder(), clips.NUM_FEATURES, 6, 4).double()
        own = clips.Ordered().double()
        own.lstm, own.head = net.lstm, net.head
        own.encoder = net.encoder
        torch.testing.assert_close(net(frames, lengths), own(frames, lengths), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(net(frames), own(frames, torch.full((N,), T)), rtol=1e-12, atol=1e-12)
        frames[lengths < T, T - 1] = torch.nan
        assert net(frames, lengths).isfinite().all()


# What the text says


def test_the_overview_shows_four_captions_the_last_of_which_is_wrong():
    said, true = figures.said_of()
    assert [said[n] == true[n] for n in figures.four()] == [True, True, True, False]
    assert len(set(figures.four())) == 4
    assert "3 of 4 are right." in figures.overview().description


def test_what_is_seen_and_what_is_read():
    assert "8 by 8" in figures.seen().description
    said = figures.reading().description
    assert "Seven steps" in said
    assert "Read: <start> red" in said
    assert "blue shape <end> <pad>" in said


def test_the_next_word_is_a_colour_at_first_and_changes_with_both_controls():
    first = figures.next_word().description
    assert any(f"next: {name}," in first for name in COLOUR_NAMES)
    assert len({figures.next_word(scene, said).description for scene in range(3) for said in range(3)}) == 9


def test_the_dense_picture_has_three_boxes_and_three_relations():
    said = figures.dense().description
    assert "3 boxes" in said
    assert said.count(";") == 2


def test_the_films_are_each_others_reverse():
    said = figures.films().description
    first, second = (said.split(mark)[1].split(".")[0] for mark in ("moves: ", "order: "))
    assert clips.REVERSED[clips.NAMES.index(first)] == clips.NAMES.index(second)


def test_regions_are_captioned_by_the_network_of_whole_pictures():
    picture, boxes, _ = captioner.regions(scene=16)
    words = figures.greedy(captioner.summary_of(captioner.cut(picture, boxes)), captioner.trained())
    assert [captioner.text_of(row) for row in words] == captioner.region_names(16)


@pytest.fixture(scope="module")
def shares():
    """The shares of right captions, of all and of two shapes, after training from start 0."""
    data, right = captioner.scenes(500, seed=3), None
    said, true = figures.greedy(captioner.features(500, seed=3), captioner.trained()), data.captions[:, 1:]
    right = ((said == true) | (true == captioner.PAD)).all(dim=1).float()
    return right.mean().item(), right[data.drawn.shape[:, 1] >= 0].mean().item()


def test_the_captioner_is_as_good_as_the_text_says(shares):
    assert shares[0] > 0.75
    assert shares[1] > 0.7


def test_films_need_the_order_of_their_frames():
    new = clips.clips(400, seed=2)
    turned = clips.backwards(new)
    ordered, averaged = clips.train(clips.Ordered), clips.train(clips.Averaged)
    for data in (new, turned):
        assert (clips.answers(ordered, data) == data.y).float().mean() > 0.95
    said = clips.answers(averaged, new)
    share = [(said == one.y).float().mean().item() for one in (new, turned)]
    assert sum(share) <= 1.0
    assert min(share) > 0.4
    assert (said // 2 == new.y // 2).float().mean() > 0.93
