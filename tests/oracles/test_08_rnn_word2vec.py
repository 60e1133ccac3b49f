"""The references of 08_rnn/word2vec held to torch, autograd, numpy and slow loops; and what the text says of its
pictures and of the vectors that were trained."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit import scene_words, small_story, word_vectors
from coursekit.figures import word2vec as figures

NOTEBOOK = "08_rnn/word2vec"
DOUBLE = torch.float64
EXACT = {"rtol": 0, "atol": 1e-12}


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def numbers(high, *shape, seed=0):
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(seed))


# cosine_similarity


@pytest.mark.parametrize("eps", [1e-8, 0.7, 5.0])
def test_cosines_are_torchs(solution, eps):
    x, y = drawn(4, 3), drawn(5, 3, seed=1)
    x[1], y[2] = 0, 0
    expected = F.cosine_similarity(x[:, None], y[None], dim=-1, eps=eps)
    torch.testing.assert_close(solution.cosine_similarity(x, y, eps), expected, **EXACT)


def test_cosines_by_hand_and_of_one_hot_vectors(solution):
    x = torch.tensor([[3.0, 4], [6, 8], [0, 0]], dtype=DOUBLE)
    own = solution.cosine_similarity(x, torch.tensor([[4.0, 3], [-3, -4]], dtype=DOUBLE))
    torch.testing.assert_close(own, torch.tensor([[0.96, -1], [0.96, -1], [0, 0]], dtype=DOUBLE), **EXACT)
    assert torch.equal(solution.cosine_similarity(torch.eye(6), torch.eye(6)), torch.eye(6))


# The losses


def by_autograd(loss_of, inputs, outputs):
    tables = inputs.clone().requires_grad_(), outputs.clone().requires_grad_()
    loss = loss_of(*tables)
    return loss.detach(), *torch.autograd.grad(loss, tables)


def windows(num_words, rows, places, seed):
    """Return windows with repeated words, free places, and an empty context in row 1."""
    centres, contexts = numbers(num_words, rows, seed=seed), numbers(num_words, rows, places, seed=seed + 1)
    contexts[numbers(3, rows, places, seed=seed + 2) == 0] = -1
    contexts[1] = -1
    return centres, contexts


@pytest.mark.parametrize("scale", [1.0, 40.0])
@pytest.mark.parametrize(("num_words", "dim", "rows", "places"), [(7, 4, 9, 3), (3, 2, 12, 5), (30, 5, 4, 2)])
def test_skip_gram_and_its_gradients_are_those_of_autograd(solution, num_words, dim, rows, places, scale):
    inputs, outputs = scale * drawn(num_words, dim), drawn(num_words, dim, seed=1)
    centres, contexts = windows(num_words, rows, places, 2)

    def loss_of(inputs, outputs):
        losses = [
            F.cross_entropy((outputs @ inputs[centre])[None], word[None])
            for centre, context in zip(centres, contexts, strict=True)
            for word in context
            if word >= 0
        ]
        return torch.stack(losses).sum() / rows

    own = solution.skip_gram_loss(inputs, outputs, centres, contexts)
    for came, expected in zip(own, by_autograd(loss_of, inputs, outputs), strict=True):
        torch.testing.assert_close(came, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 40.0])
@pytest.mark.parametrize(("num_words", "dim", "rows", "places"), [(7, 4, 9, 3), (3, 2, 12, 5), (30, 5, 4, 2)])
def test_cbow_and_its_gradients_are_those_of_autograd(solution, num_words, dim, rows, places, scale):
    inputs, outputs = scale * drawn(num_words, dim), drawn(num_words, dim, seed=1)
    centres, contexts = windows(num_words, rows, places, 2)

    def loss_of(inputs, outputs):
        losses = []
        for centre, context in zip(centres, contexts, strict=True):
            there = [inputs[word] for word in context.tolist() if word >= 0]
            if there:
                losses.append(F.cross_entropy((outputs @ (sum(there) / len(there)))[None], centre[None]))
        return torch.stack(losses).sum() / rows

    own = solution.cbow_loss(inputs, outputs, centres, contexts)
    for came, expected in zip(own, by_autograd(loss_of, inputs, outputs), strict=True):
        torch.testing.assert_close(came, expected, rtol=1e-12, atol=1e-12)


def test_cbow_is_an_embedding_bag_with_a_padding_index(solution):
    inputs, outputs = drawn(6, 4), drawn(6, 4, seed=1)
    centres, contexts = torch.tensor([0, 3, 0]), torch.tensor([[1, 2, -1], [4, 4, 0], [-1, 5, -1]])
    bag = nn.EmbeddingBag(7, 4, mode="mean", padding_idx=6, dtype=DOUBLE)
    with torch.no_grad():
        bag.weight[:6] = inputs
    scores = bag(torch.where(contexts < 0, 6, contexts)) @ outputs.T
    loss = F.cross_entropy(scores, centres)
    loss.backward()
    own = solution.cbow_loss(inputs, outputs, centres, contexts)
    torch.testing.assert_close(own[0], loss.detach(), **EXACT)
    torch.testing.assert_close(own[1], bag.weight.grad[:6], **EXACT)


@pytest.mark.parametrize("scale", [1.0, 40.0])
@pytest.mark.parametrize(("num_words", "dim", "rows", "many"), [(7, 4, 9, 3), (3, 2, 12, 5), (30, 5, 4, 1)])
def test_negative_sampling_and_its_gradients_are_those_of_autograd(solution, num_words, dim, rows, many, scale):
    inputs, outputs = scale * drawn(num_words, dim), drawn(num_words, dim, seed=1)
    centres, contexts = numbers(num_words, rows, seed=2), numbers(num_words, rows, seed=3)
    negatives = numbers(num_words, rows, many, seed=4)
    negatives[1] = contexts[1]

    def loss_of(inputs, outputs):
        total = 0
        for centre, context, drawn_words in zip(centres, contexts, negatives, strict=True):
            total = total - F.logsigmoid(inputs[centre] @ outputs[context])
            for word in drawn_words:
                if word != context:
                    total = total - F.logsigmoid(-(inputs[centre] @ outputs[word]))
        return total / rows

    own = solution.negative_sampling_loss(inputs, outputs, centres, contexts, negatives)
    for came, expected in zip(own, by_autograd(loss_of, inputs, outputs), strict=True):
        torch.testing.assert_close(came, expected, rtol=1e-8, atol=1e-8)  # softplus is cut at 20: 2e-9


def test_the_losses_of_the_text_by_hand(solution):
    outputs = torch.tensor([[0.0, 0], [math.log(2), 5], [math.log(5), -3]], dtype=DOUBLE)
    inputs = torch.tensor([[1.0, 0], [0, 0], [0, 0]], dtype=DOUBLE)
    loss, d_in, d_out = solution.skip_gram_loss(inputs, outputs, torch.tensor([0]), torch.tensor([[-1, -1, 1, 2]]))
    assert round(float(loss), 3) == 1.856 == round(-math.log(2 / 8) - math.log(5 / 8), 3)
    torch.testing.assert_close(d_out[:, 0], torch.tensor([0.25, -0.5, 0.25], dtype=DOUBLE), **EXACT)
    assert d_in[0].numpy().round(3).tolist() == [0.056, -3.25]
    inputs = torch.tensor([[0.0, 0], [2, 0], [0, 4]], dtype=DOUBLE)
    outputs = torch.tensor([[0.0, 0], [1.8, -0.9], [0, 0]], dtype=DOUBLE)
    loss, d_in, _ = solution.cbow_loss(inputs, outputs, torch.tensor([0]), torch.tensor([[1, -1, 2]]))
    assert round(float(loss), 3) == 1.099
    torch.testing.assert_close(d_in[1:], torch.tensor([[0.3, -0.15]] * 2, dtype=DOUBLE), **EXACT)
    scores, pair = torch.tensor([[1.0], [3.0], [0.25]], dtype=DOUBLE).log(), (torch.tensor([0]), torch.tensor([1]))
    for drawn_words in ([[2]], [[2, 1]]):
        loss = solution.negative_sampling_loss(torch.ones_like(scores), scores, *pair, torch.tensor(drawn_words))[0]
        assert round(float(loss), 3) == 0.511
    zeros = torch.zeros(46, 3)
    loss = solution.negative_sampling_loss(zeros, zeros, *pair, torch.tensor([[2, 3, 4, 5, 6]]))[0]
    assert round(float(loss), 2) == 4.16 == round(6 * math.log(2), 2)
    assert round(float(solution.cbow_loss(zeros, zeros, *pair[:1], torch.tensor([[1]]))[0]), 2) == 3.83
    zeros, fifteen = torch.zeros(1000, 3), torch.arange(2, 17)[None]
    loss = solution.negative_sampling_loss(zeros, zeros, *pair, fifteen)[0]
    assert round(float(loss), 2) == 11.09 == round(16 * math.log(2), 2)
    assert round(float(solution.skip_gram_loss(zeros, zeros, pair[0], torch.tensor([[1]]))[0]), 2) == 6.91
    vectors = torch.tensor([[2, 0], [-1, math.sqrt(3)]], dtype=DOUBLE)
    assert round(float(solution.cosine_similarity(vectors[:1], vectors[1:])), 3) == -0.5


# noise_distribution


def test_the_noise_is_numpys_and_that_of_the_text(solution):
    counts = np.array([0, 4_000_000_000, 3, 17, 17, 1])
    for power in (0.75, 0.3, 1.0, 2.0):
        expected = counts.astype(float) ** power
        own = solution.noise_distribution(torch.from_numpy(counts), power)
        np.testing.assert_allclose(own.numpy(), expected / expected.sum(), rtol=1e-12)
    assert solution.noise_distribution(torch.tensor([0, 5, 9]), 0.0).tolist() == [0, 0.5, 0.5]
    own = solution.noise_distribution(torch.tensor([81, 16, 1]))
    torch.testing.assert_close(own, torch.tensor([27.0, 8, 1], dtype=DOUBLE) / 36, **EXACT)
    assert f"{float(own[2]):.1%} {1 / 98:.1%} {float(own[0]):.0%} {81 / 98:.1%}" == "2.8% 1.0% 75% 82.7%"


def test_the_picture_of_the_noise():
    counts = scene_words.corpus().counts.double()
    shares = 100 * counts**0.75 / (counts**0.75).sum()
    assert f"the first word is drawn {shares[0]:.1f} % of the time, the last {shares[-1]:.1f} %" in (
        figures.noise(0.75).description
    )
    assert shares[0] < 100 * counts[0] / counts.sum()
    assert shares[-1] > 100 * counts[-1] / counts.sum()
    assert figures.noise(0.0).description.count("2.2 %") == 2


# most_similar


def by_numpy(vectors, positive, negative, top):
    """Return words and cosines by loops."""
    vectors = vectors.numpy()
    units = [vector / max(np.sqrt((vector**2).sum()), 1e-8) for vector in vectors]
    direction = np.zeros(vectors.shape[1])
    for word in positive:
        direction = direction + units[word]
    for word in negative:
        direction = direction - units[word]
    direction = direction / max(np.sqrt((direction**2).sum()), 1e-8)
    found = [(-float(unit @ direction), word) for word, unit in enumerate(units) if word not in positive + negative]
    return [word for _, word in sorted(found)][:top], [-cosine for cosine, _ in sorted(found)][:top]


@pytest.mark.parametrize(
    ("positive", "negative", "top"), [([3], [], 4), ([1, 5], [0], 1), ([], [2, 2], 5), ([4, 4, 1], [7, 0], 50)]
)
def test_neighbours_are_those_of_numpy(solution, positive, negative, top):
    for seed in range(5):
        vectors = drawn(9, 4, seed=seed) * torch.logspace(-2, 2, 9, dtype=DOUBLE)[:, None]
        vectors[6] = 0
        words, cosines = solution.most_similar(vectors, positive, negative, top)
        expected = by_numpy(vectors, positive, negative, top)
        assert words.tolist() == expected[0]
        np.testing.assert_allclose(cosines.numpy(), expected[1], rtol=0, atol=1e-12)


def test_the_direction_of_the_text_by_hand(solution):
    vectors = torch.tensor([[2.0, 0], [3, 4], [0, 5], [-1, 6], [4, -1]], dtype=DOUBLE)
    words, cosines = solution.most_similar(vectors, [1, 2], [0])
    assert words.tolist() == [3, 4]
    assert [round(cosine, 3) for cosine in cosines.tolist()] == [0.999, -0.447]
    direction = torch.tensor([-0.4, 1.8], dtype=DOUBLE)
    torch.testing.assert_close(cosines, F.cosine_similarity(vectors[3:], direction[None]), **EXACT)
    assert round(float(F.cosine_similarity(vectors[2], direction, dim=0)), 3) == 0.976


# The corpus


def test_each_sentence_tells_of_its_scene():
    words, scenes = scene_words.corpus(), scene_words.scenes(2000)
    assert len(words.sentences) == len(scenes) == 2000
    assert len(words.vocabulary) == 46
    assert round(int(words.counts.sum()), -2) == 14_700
    sizes = {name: which for pair in scene_words.NOUNS.values() for which, name in enumerate(pair)}
    outlines = {name: outline for outline, pair in scene_words.NOUNS.items() for name in pair}
    for scene, sentence in enumerate(words.sentences[:300]):
        said = [words.vocabulary[word] for word in sentence]
        nouns = [word for word in said if word in sizes]
        here = {
            (scene_words.SHAPE_NAMES[scenes.shape[scene, k]], scene_words.is_large(scenes, scene, k)) for k in (0, 1)
        }
        assert {(outlines[noun], bool(sizes[noun])) for noun in nouns} <= here
        for which, group in enumerate(scene_words.BY_SIZE):
            if set(group) & set(said):
                assert sizes[nouns[0]] == which
    for outline, group in scene_words.BY_OUTLINE.items():
        assert not set(group) & {
            word for other, more in scene_words.BY_OUTLINE.items() if other != outline for word in more
        }


def test_no_sentence_says_what_a_noun_means():
    words = scene_words.corpus()
    assert not {"small", "large", *scene_words.SHAPE_NAMES} & set(words.vocabulary)
    for names in scene_words.NOUNS.values():
        assert min(int(words.counts[words.number(name)]) for name in names) > 200


def test_windows_and_pairs_of_a_sentence():
    centres, contexts = scene_words.windows([[5, 6, 7], [8]], 2)
    assert centres.tolist() == [5, 6, 7, 8]
    assert contexts.tolist() == [[-1, -1, 6, 7], [-1, 5, 7, -1], [5, 6, -1, -1], [-1, -1, -1, -1]]
    first, second = scene_words.pairs(centres, contexts)
    assert (first.tolist(), second.tolist()) == ([5, 5, 6, 6, 7, 7], [6, 7, 5, 7, 5, 6])
    quadruples = scene_words.analogies()
    assert len(set(quadruples)) == 40
    assert ("dot", "disc", "tile", "block") in quadruples
    with pytest.raises(KeyError, match="no word"):
        scene_words.corpus().number("elephant")


# What was trained


KEPT = {}


def trained(solution, way, seed):
    """Return vectors of the whole corpus, each trained once."""
    if (way, seed) not in KEPT:
        KEPT[way, seed] = made(solution, way, seed)
    return KEPT[way, seed]


def made(solution, way, seed):
    words = scene_words.corpus()
    centres, contexts = scene_words.windows(words.sentences, width=2)
    pairs = scene_words.pairs(centres, contexts)
    if way == "negative_sampling_loss":
        negatives = word_vectors.drawn_negatives(solution.noise_distribution(words.counts), len(pairs[0]), seed)
        data = (*pairs, negatives)
    else:
        data = centres, contexts

    def step(inputs, outputs, rows):
        return getattr(solution, way)(inputs, outputs, *(table[rows] for table in data))

    return word_vectors.fit(step, len(words.vocabulary), len(data[0]), seed=seed)


WAYS = ("skip_gram_loss", "cbow_loss", "negative_sampling_loss")


@pytest.mark.parametrize("way", WAYS)
def test_all_forty_analogies_come_out_by_each_loss_from_six_starts(solution, way):
    words = scene_words.corpus()
    for seed in range(6):
        vectors = trained(solution, way, seed)
        assert word_vectors.share_right(words, vectors.inputs) == 1
        assert vectors.losses[-1] < vectors.losses[0]


def test_the_losses_of_training_lie_where_the_text_says(solution):
    skip, cbow, sampling = (trained(solution, way, 0).losses for way in WAYS)
    assert round(cbow[0], 2) == 3.83 == round(math.log(46), 2)
    assert 0.5 < cbow[-1] < sampling[-1] < skip[-1]
    assert 3.8 < sampling[0] < 6 * math.log(2)
    assert max(skip[0] / math.log(46), 0) < 4


def test_vectors_by_autograd_are_those_of_the_reference(solution):
    own, other = trained(solution, "negative_sampling_loss", 0), word_vectors.of_scenes()
    assert own.losses[:20] == pytest.approx(other.losses[:20], rel=1e-4)


def names(solution, positive, negative=(), top=5):
    words = scene_words.corpus()
    lists = [[words.number(word) for word in some] for some in (positive, negative)]
    found, cosines = solution.most_similar(word_vectors.of_scenes().inputs, *lists, top)
    return [words.vocabulary[word] for word in found.tolist()], cosines.tolist()


def test_neighbours_are_those_of_the_text(solution):
    assert names(solution, ["disc", "tile"], ["dot"], 1)[0] == ["block"]
    found, cosines = names(solution, ["tiny"])
    assert set(found[:2]) == {"far", "light"}
    assert cosines[1] > 0.9
    assert cosines[2] < 0.6
    found, cosines = names(solution, ["red"])
    assert set(found) == {"green", "blue", "yellow", "magenta", "cyan"}
    assert min(cosines) > 0.9
    found, cosines = names(solution, ["left"], top=1)
    assert found == ["right"]
    assert cosines[0] > 0.9
    found, _ = names(solution, ["dot"], top=3)
    assert found[0] == "disc"
    assert set(found[1:]) <= {"tile", "spike", "spark", "plus"}


def test_the_opening_shows_arrows_that_are_nearly_the_same():
    assert figures.likeness_of_arrows() > 0.85
    said = figures.overview().description
    assert f"{figures.likeness_of_arrows():.2f} on average" in said
    small, large = figures.arrows()
    plane = figures._plane(small, large)
    torch.testing.assert_close(plane.T @ plane, torch.eye(2), rtol=0, atol=1e-4)
    steps = (large - small) @ plane
    assert (steps[:, 0] > 3 * steps[:, 1].abs()).all()


def test_the_cosines_of_the_picture():
    assert "0 everywhere else" in figures.cosines().description
    words, vectors = scene_words.corpus(), word_vectors.of_scenes().inputs
    table = figures._cosines(vectors[[words.number(word) for word in figures.LIKE]])
    groups = ((0, 1, 2), (3, 4, 5), (6, 7), (8, 9), (10,))
    for group in groups:
        rows = table[list(group)]
        others = [word for word in range(11) if word not in group]
        assert rows[:, list(group)].min() > 0.85
        assert rows[:, others].max() < 0.85


def test_the_pictures_of_windows_and_of_the_models():
    assert "centre dot, context the, red, lies, above; 0 places are free" in figures.window().description
    assert "centre the, context red, dot, lies, above; 4 places are free" in figures.window(0, 4).description
    assert "centre block, context blue; 1 places are free" in figures.window(7, 1).description
    assert "one arrow to the output vector of dot" in figures.models().description


def test_the_picture_of_a_step_of_skip_gram(solution):
    centre = torch.stack([figures.CENTRE, torch.zeros(2), torch.zeros(2)])
    d_in, d_out = solution.skip_gram_loss(centre, figures.OUTPUTS, torch.tensor([0]), torch.tensor([[1, 2]]))[1:]
    assert (d_out[:, 1] == 0).all()  # along the centre's vector and in no other direction
    assert d_out[1, 0] < 0 < min(d_out[0, 0], d_out[2, 0])
    assert d_in[0, 1] < -3
    assert "Is moves to the right" in figures.pulls().description


def test_the_picture_of_a_step_of_negative_sampling(solution):
    centre, others = figures.steps_of_a_pair()
    table = torch.cat([figures.COMPARED, torch.zeros(1, 2)])
    inputs = torch.cat([figures.SEEN[None], torch.zeros(3, 2)])
    one = torch.tensor([0])
    own = solution.negative_sampling_loss(inputs, table, one, one, torch.tensor([[1, 2]]))
    torch.testing.assert_close(-own[1][0], centre)
    torch.testing.assert_close(-own[2][:3], others)
    along = (others @ figures.SEEN).tolist()
    assert along[0] > 0 > along[2] > along[1]
    assert others[2].norm() < 0.1 < 0.5 < others[0].norm()
    assert f"by {others[0].norm():.2f}, {others[1].norm():.2f}" in figures.push_and_pull().description


def test_every_control_of_the_analogies_changes_the_picture():
    assert "dot is to disc as tile is to block" in figures.analogy().description
    words = {figures.analogy(**{name: "sun"}).description for name in "abc"}
    assert len(words) == 3
    assert all(figures.analogy("red", "red", word).description for word in figures.MENU)


def test_more_sentences_make_more_analogies_right():
    shares = torch.tensor(figures.shares_right())
    assert shares[0].max() <= 0.3  # hardly any
    assert shares[2].min() < 0.5 < shares[2].max()  # luck
    assert shares[4].min() >= 0.85
    assert (shares.mean(dim=1).diff() > 0).all()
    assert "25: " in figures.by_sentences().description


def test_neighbours_come_again_in_the_scenes_and_not_in_the_story():
    story = scene_words.numbered(small_story.sentences())
    assert (len(story.sentences), int(story.counts.sum()), len(story.vocabulary)) == (50, 622, 185)
    agreed = {}
    for name, words in (("scenes", scene_words.corpus()), ("story", story)):
        runs = [word_vectors.neighbours(words, word_vectors.of_words(words, seed=seed).inputs) for seed in range(3)]
        agreed[name] = [word_vectors.agreement(runs[i], runs[j]) for i in range(3) for j in range(i)]
        assert word_vectors.agreement(runs[0], runs[0]) == 1
        assert ("dot" if name == "scenes" else "light") in runs[0]
    assert min(agreed["scenes"]) > 0.55
    assert max(agreed["story"]) < 0.25
