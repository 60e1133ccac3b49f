"""Checks of word vectors: cosines, three losses with their gradients, the noise for negatives, neighbours."""

import math

import pytest
import torch

from autograder.authoring import assert_close, assert_parts, contract, exercise, randn

DOUBLE = torch.float64
PARTS = ("loss", "gradient in inputs", "gradient in outputs")


def numbers(num_words, *shape, start=1, step=3):
    """Return word numbers of a shape, set and not drawn: every third, from a first one on, round and round."""
    return ((start + step * torch.arange(math.prod(shape))) % num_words).reshape(shape)


# cosine_similarity


@exercise("cosine_similarity")
def test_the_vectors_of_the_text(student, reference):
    """(3, 4), (6, 8) and (-3, -4) with (4, 3): 0.96, 0.96 and -0.96."""
    x, y = torch.tensor([[3.0, 4], [6, 8], [-3, -4]], dtype=DOUBLE), torch.tensor([[4.0, 3]], dtype=DOUBLE)
    assert_close(student.cosine_similarity(x, y), reference.cosine_similarity(x, y), what="the cosines")


@exercise("cosine_similarity")
@pytest.mark.parametrize(("num_x", "num_y", "dim"), [(3, 4, 5), (4, 2, 1), (1, 3, 2), (2, 1, 3), (1, 1, 4)], ids=str)
def test_all_pairs_of_rows(student, reference, rng, num_x, num_y, dim):
    """Rows of any number and length, each of x with each of y."""
    x, y = randn(rng, num_x, dim, dtype=DOUBLE, shift=0.5), randn(rng, num_y, dim, dtype=DOUBLE, scale=3.0)
    assert_close(student.cosine_similarity(x, y), reference.cosine_similarity(x, y), what="the cosines")


@exercise("cosine_similarity")
def test_a_row_of_zeros_has_a_cosine_of_zero(student, reference):
    """A row of zeros, in x and in y: 0, and no nan."""
    x, y = torch.tensor([[0.0, 0], [1, 2]], dtype=DOUBLE), torch.tensor([[0.0, 0], [2, 1], [-1, 0]], dtype=DOUBLE)
    assert_close(student.cosine_similarity(x, y), reference.cosine_similarity(x, y), what="the cosines")


@exercise("cosine_similarity", costs=0.5)
@pytest.mark.parametrize("eps", [0.5, 2.0, 20.0])
def test_a_length_below_eps_counts_as_eps(student, reference, eps):
    """Lengths of 0.5, 1 and 10 on both sides, and an eps that is smaller, larger or equal: for each by itself."""
    x = torch.tensor([[0.3, 0.4], [0.6, 0.8], [6.0, 8.0]], dtype=DOUBLE)
    y = torch.tensor([[0.0, 0.5], [0.8, -0.6], [10.0, 0.0], [0.08, 0.06]], dtype=DOUBLE)
    assert_close(student.cosine_similarity(x, y, eps), reference.cosine_similarity(x, y, eps), what="the cosines")


@exercise("cosine_similarity", costs=0.5)
def test_short_rows_are_no_zeros(student, reference):
    """Lengths of a millionth have a direction, too."""
    x, y = torch.tensor([[3e-6, 4e-6]], dtype=DOUBLE), torch.tensor([[4e-6, 3e-6], [4e6, 3e6]], dtype=DOUBLE)
    assert_close(student.cosine_similarity(x, y), reference.cosine_similarity(x, y), what="the cosines")


@exercise("cosine_similarity", costs=0.5)
def test_a_length_below_the_usual_eps(student, reference):
    """Without eps, a length of half of 1e-8 counts as 1e-8, in x and in y."""
    x, y = torch.tensor([[3e-9, 4e-9], [3, 4]], dtype=DOUBLE), torch.tensor([[4.0, 3], [4e-9, 3e-9]], dtype=DOUBLE)
    assert_close(student.cosine_similarity(x, y), reference.cosine_similarity(x, y), what="the cosines")


def two_tables(rng, M=2, N=3, D=4, dtype=DOUBLE):
    """Return rows with lengths on both sides of an eps of 2."""
    return randn(rng, M, D, dtype=dtype), randn(rng, N, D, dtype=dtype, shift=0.5)


contract(
    "cosine_similarity",
    inputs=two_tables,
    settings={"eps": 40.0},
    also=[{"eps": 1e-8}],
    one=["M", "N", "D"],
    all_at_once="MND",
    no_loops=True,
    forbids=["cosine_similarity", "CosineSimilarity", "pairwise_cosine_similarity", "normalize"],
    forbids_operations=["cosine_similarity"],
    instead="write the product and the lengths yourself",
)


# The losses


def tables(rng, num_words=7, dim=4, dtype=DOUBLE):
    """Return the vectors of words that are seen, and of words that are guessed."""
    return randn(rng, num_words, dim, dtype=dtype), randn(rng, num_words, dim, dtype=dtype, shift=0.3)


def compare(student, reference, name, *args, **tolerances):
    """Compare the loss and its two gradients, each by its name."""
    assert_parts(getattr(student, name)(*args), getattr(reference, name)(*args), *PARTS, **tolerances)


# Vectors that are set, with scores below 3.
EVEN = torch.arange(28, dtype=DOUBLE).reshape(7, 4).sin()
UNEVEN = torch.arange(28, dtype=DOUBLE).reshape(7, 4).cos()
TEN_DIGITS = {"rtol": 1e-10, "atol": 1e-12}


WITH_WINDOWS = [exercise("skip_gram_loss"), exercise("cbow_loss")]
# Of seven words: the centres, and their contexts.
WINDOWS = [
    pytest.param([2, 0, 4], [[1, 3], [5, 2], [0, 6]], id="all places taken"),
    pytest.param([5], [[3, 1, 0]], id="one row"),
    pytest.param([4, 1], [[0], [2]], id="one place"),
]
FREE = [
    pytest.param([2, 0, 4], [[1, 3, -1, -1], [-1, -1, 5, 2], [-1, 0, -1, 4]], id="two of four"),
    pytest.param([1, 3, 5], [[4, -1, 0], [2, 1, 3], [-1, -1, 5]], id="two, three and one of three"),
]


def asked(windows):
    """Return a window as tensors."""
    return tuple(torch.tensor(one) for one in windows)


@exercise("skip_gram_loss")
def test_skip_gram_of_the_text(student, reference):
    """Three words with the probabilities 1/8, 2/8 and 5/8, as in the text."""
    inputs = torch.tensor([[1.0, 0], [0, 0], [0, 0]], dtype=DOUBLE)
    outputs = torch.tensor([[0.0, 0], [math.log(2), 5], [math.log(5), -3]], dtype=DOUBLE)
    compare(student, reference, "skip_gram_loss", inputs, outputs, *asked(([0], [[1, 2]])))


@exercise("skip_gram_loss")
@pytest.mark.parametrize(("centres", "contexts"), WINDOWS)
def test_skip_gram_with_full_contexts(student, reference, rng, centres, contexts):
    """Every place of every context has a word."""
    compare(student, reference, "skip_gram_loss", *tables(rng), *asked((centres, contexts)))


@exercise("skip_gram_loss")
@pytest.mark.parametrize(("centres", "contexts"), FREE)
def test_skip_gram_with_free_places(student, reference, rng, centres, contexts):
    """A -1 is no word, and not the last one either."""
    compare(student, reference, "skip_gram_loss", *tables(rng), *asked((centres, contexts)))


@exercise("skip_gram_loss")
def test_skip_gram_where_a_centre_comes_again(student, reference, rng):
    """One word is the centre of three rows: what it gets adds up."""
    windows = asked(([2, 5, 2, 2], [[1, 3], [0, 6], [4, 0], [1, 5]]))
    compare(student, reference, "skip_gram_loss", *tables(rng), *windows)


@exercise("skip_gram_loss")
def test_skip_gram_where_a_context_has_a_word_twice(student, reference, rng):
    """A word that stands in a context twice counts twice."""
    windows = asked(([2, 5], [[3, 1, 3, 0], [6, 6, 6, 4]]))
    compare(student, reference, "skip_gram_loss", *tables(rng), *windows)


@exercise("skip_gram_loss")
def test_skip_gram_with_an_empty_context(student, reference, rng):
    """A centre without any context adds nothing, and counts in the mean; so it is when all are empty."""
    some = asked(([2, 5, 4], [[3, 1], [-1, -1], [0, 6]]))
    none = asked(([2, 5], [[-1, -1, -1], [-1, -1, -1]]))
    first, second = tables(rng), tables(rng)
    compare(student, reference, "skip_gram_loss", *first, *some)
    compare(student, reference, "skip_gram_loss", *second, *none)


@exercise("skip_gram_loss")
def test_skip_gram_where_the_centre_is_in_its_context(student, reference, rng):
    """A word may be its own neighbour."""
    compare(student, reference, "skip_gram_loss", *tables(rng), *asked(([2, 5, 0], [[2, 1], [3, 5], [4, 0]])))


# Four words whose scores differ by thousands.
FAR = torch.tensor([[50.0, 0], [0, -60], [-40, 10], [0, 0]])
APART = torch.tensor([[40.0, 20], [-50, 0], [30, -70], [10, 60]])


@exercise("skip_gram_loss", costs=0.25)
def test_skip_gram_to_ten_digits(student, reference):
    """Three centres, compared to ten digits: nothing on the way is a float32."""
    windows = asked(([2, 0, 5], [[1, 3, 4], [6, -1, 2], [0, 4, 4]]))
    compare(student, reference, "skip_gram_loss", EVEN, UNEVEN, *windows, **TEN_DIGITS)


@exercise("skip_gram_loss")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_skip_gram_with_scores_of_thousands(student, reference, dtype):
    """Large scores: no inf, no nan, and the full loss."""
    args = (FAR.to(getattr(torch, dtype)), APART.to(getattr(torch, dtype)))
    compare(student, reference, "skip_gram_loss", *args, *asked(([0, 1, 2], [[1, 2], [-1, 0], [3, 1]])))


def windows_of(rng, V=7, D=4, B=3, K=2, dtype=DOUBLE):
    """Return tables and windows by their sizes; every fifth place is free."""
    contexts = numbers(V, B, K)
    free = torch.arange(B * K).reshape(B, K) % 5 == 4
    return *tables(rng, V, D, dtype), numbers(V, B, start=2, step=2), contexts.masked_fill(free, -1)


def compare_parts(came, expected, **tolerances):
    """Compare a loss and its gradients, in a contract."""
    assert_parts(came, expected, *PARTS, **tolerances)


LOSS = {
    "compare": compare_parts,
    "one": ["D", "B", "K"],
    "all_at_once": "VDBK",
    "no_loops": True,
    "by_hand": True,
    "forbids": ["backward", "value_and_grad"],
    "instead": "write the gradients yourself, all rows at once",
}
contract("skip_gram_loss", inputs=windows_of, **LOSS)


# cbow_loss


@exercise("cbow_loss")
def test_cbow_of_the_text(student, reference):
    """The context (2, 0) and (0, 4), and scores of 0, as in the text."""
    inputs = torch.tensor([[0.0, 0], [2, 0], [0, 4]], dtype=DOUBLE)
    outputs = torch.tensor([[0.0, 0], [1.8, -0.9], [0, 0]], dtype=DOUBLE)
    compare(student, reference, "cbow_loss", inputs, outputs, *asked(([0], [[1, 2]])))


@exercise("cbow_loss")
@pytest.mark.parametrize(("centres", "contexts"), WINDOWS)
def test_cbow_with_full_contexts(student, reference, rng, centres, contexts):
    """Every place of every context has a word."""
    compare(student, reference, "cbow_loss", *tables(rng), *asked((centres, contexts)))


@exercise("cbow_loss")
@pytest.mark.parametrize(("centres", "contexts"), FREE)
def test_cbow_with_free_places(student, reference, rng, centres, contexts):
    """The mean is over the words that are there; a -1 is no word, and not the last one either."""
    compare(student, reference, "cbow_loss", *tables(rng), *asked((centres, contexts)))


@exercise("cbow_loss")
def test_cbow_where_a_word_is_in_several_contexts(student, reference, rng):
    """One word stands in the contexts of three rows: what it gets adds up."""
    windows = asked(([2, 5, 0, 6], [[1, 3], [1, 4], [4, 0], [5, 1]]))
    compare(student, reference, "cbow_loss", *tables(rng), *windows)


@exercise("cbow_loss")
def test_cbow_where_a_context_has_a_word_twice(student, reference, rng):
    """A word that stands in a context twice has twice the weight, and gets twice as much."""
    windows = asked(([2, 5], [[3, 1, 3, 0], [6, 6, 6, 4]]))
    compare(student, reference, "cbow_loss", *tables(rng), *windows)


@exercise("cbow_loss")
def test_cbow_where_a_centre_comes_again(student, reference, rng):
    """One word is the centre of three rows."""
    windows = asked(([2, 2, 5, 2], [[1, 3], [0, 6], [4, 1], [3, 5]]))
    compare(student, reference, "cbow_loss", *tables(rng), *windows)


@exercise("cbow_loss")
def test_cbow_with_an_empty_context(student, reference, rng):
    """A row without any context adds nothing, and counts in the mean; so it is when all are empty."""
    some = asked(([2, 5, 4], [[3, 1], [-1, -1], [0, 6]]))
    none = asked(([2, 5], [[-1, -1, -1], [-1, -1, -1]]))
    first, second = tables(rng), tables(rng)
    compare(student, reference, "cbow_loss", *first, *some)
    compare(student, reference, "cbow_loss", *second, *none)


@exercise("cbow_loss")
def test_cbow_where_the_mean_is_zero(student, reference, rng):
    """A context of vectors that are 0, or that cancel, is no empty one: it makes a guess."""
    inputs, outputs = tables(rng)
    inputs = torch.cat([torch.zeros_like(inputs[:1]), inputs[1:3], -inputs[1:2], inputs[4:]])
    compare(student, reference, "cbow_loss", inputs, outputs, *asked(([2, 5, 4], [[0, -1], [1, 3], [-1, -1]])))


@exercise("cbow_loss", costs=0.25)
def test_cbow_to_ten_digits(student, reference):
    """Contexts of three words and of one, compared to ten digits: nothing on the way is a float32."""
    windows = asked(([2, 0, 5], [[1, 3, 4], [6, -1, -1], [0, 4, 4]]))
    compare(student, reference, "cbow_loss", EVEN, UNEVEN, *windows, **TEN_DIGITS)


@exercise("cbow_loss")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_cbow_with_scores_of_thousands(student, reference, dtype):
    """Large scores: no inf, no nan, and the full loss."""
    args = (FAR.to(getattr(torch, dtype)), APART.to(getattr(torch, dtype)))
    compare(student, reference, "cbow_loss", *args, *asked(([1, 0, 3], [[0, 3], [-1, 1], [2, 2]])))


contract("cbow_loss", inputs=windows_of, **LOSS)


# noise_distribution


def compare_noise(student, reference, counts, *power, rtol=1e-6):
    """Compare the probabilities for counts: to six digits, for whether there are more is asked once."""
    counts = torch.tensor(counts)
    came, expected = (side.noise_distribution(counts, *power) for side in (student, reference))
    assert_close(came, expected, rtol=rtol, atol=0.0, what="the probabilities")


@exercise("noise_distribution")
def test_the_counts_of_the_text(student, reference):
    """81, 16 and 1 to the power 3/4 are 27, 8 and 1."""
    compare_noise(student, reference, [81, 16, 1])


@exercise("noise_distribution")
@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_other_powers(student, reference, power):
    """Equally often, as the counts, and beyond them."""
    compare_noise(student, reference, [5, 90, 1, 12, 12, 3], power)


@exercise("noise_distribution")
@pytest.mark.parametrize("power", [0.75, 0.0])
def test_a_word_that_does_not_occur_is_never_drawn(student, reference, power):
    """A count of 0 has the probability 0, with a power of 0, too."""
    compare_noise(student, reference, [0, 7, 0, 30, 2], power)


@exercise("noise_distribution")
def test_a_single_word(student, reference):
    """One word has the probability 1."""
    compare_noise(student, reference, [4])


@exercise("noise_distribution", costs=0.5)
def test_counts_of_billions(student, reference):
    """Large counts next to small ones, to eleven digits: float64 from the first step on."""
    compare_noise(student, reference, [3_000_000_000, 1, 16_777_217, 0, 123_456_789], rtol=1e-11)


@exercise("noise_distribution", costs=0.5)
def test_small_counts_to_eleven_digits(student, reference):
    """Small counts: nothing is added to them or to their sum."""
    compare_noise(student, reference, [2, 1, 0, 3], rtol=1e-11)


contract(
    "noise_distribution",
    inputs=lambda rng, V=5: (3 * numbers(10, V, start=4, step=2),),  # one of them is 0
    settings={"power": 0.5},
    tolerances={DOUBLE: {"rtol": 1e-6}},
    all_at_once="V",
    no_loops=True,
)


# negative_sampling_loss


def pairs_of(centres, contexts, negatives):
    """Return pairs and their negatives as tensors."""
    return torch.tensor(centres), torch.tensor(contexts), torch.tensor(negatives)


@exercise("negative_sampling_loss")
def test_negative_sampling_of_the_text(student, reference):
    """The scores ln 3 of the true pair and -ln 4 of one negative."""
    outputs = torch.tensor([[1.0], [3.0], [0.25]], dtype=DOUBLE).log()
    args = (torch.ones_like(outputs), outputs, *pairs_of([0], [1], [[2]]))
    compare(student, reference, "negative_sampling_loss", *args)


@exercise("negative_sampling_loss")
@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(([2, 0, 4], [1, 3, 6], [[5, 0], [4, 2], [3, 1]]), id="two negatives"),
        pytest.param(([1, 5], [4, 2], [[3], [0]]), id="one negative"),
        pytest.param(([3], [0], [[5, 1, 6, 2]]), id="one pair"),
    ],
)
def test_pairs_of_different_words(student, reference, rng, pairs):
    """True pairs with other words as negatives."""
    compare(student, reference, "negative_sampling_loss", *tables(rng), *pairs_of(*pairs))


@exercise("negative_sampling_loss")
def test_a_negative_that_is_the_true_word_is_left_out(student, reference, rng):
    """In some rows a negative is the row's own context word, in one row all are."""
    pairs = pairs_of([2, 0, 4, 1], [1, 3, 6, 5], [[5, 1], [4, 2], [6, 6], [3, 6]])
    compare(student, reference, "negative_sampling_loss", *tables(rng), *pairs)


@exercise("negative_sampling_loss")
def test_a_negative_that_is_another_rows_true_word_counts(student, reference, rng):
    """Left out is the context word of the same row only."""
    pairs = pairs_of([2, 0, 4], [1, 3, 6], [[3, 6], [6, 1], [1, 3]])
    compare(student, reference, "negative_sampling_loss", *tables(rng), *pairs)


@exercise("negative_sampling_loss")
def test_negatives_that_were_drawn_twice(student, reference, rng):
    """A word that was drawn twice for a pair counts twice."""
    pairs = pairs_of([2, 0], [1, 3], [[5, 5, 4], [6, 6, 6]])
    compare(student, reference, "negative_sampling_loss", *tables(rng), *pairs)


@exercise("negative_sampling_loss")
def test_centres_that_come_again(student, reference, rng):
    """One word is the centre of three pairs: what it gets adds up."""
    pairs = pairs_of([2, 0, 2, 2], [1, 3, 4, 6], [[5, 0], [4, 2], [3, 1], [0, 5]])
    compare(student, reference, "negative_sampling_loss", *tables(rng), *pairs)


@exercise("negative_sampling_loss")
def test_a_pair_of_a_word_with_itself(student, reference, rng):
    """The centre may be its own context word, and its own negative."""
    pairs = pairs_of([2, 0], [2, 3], [[5, 1], [0, 4]])
    compare(student, reference, "negative_sampling_loss", *tables(rng), *pairs)


@exercise("negative_sampling_loss", costs=0.25)
def test_negative_sampling_to_ten_digits(student, reference):
    """Three pairs, compared to ten digits: nothing on the way is a float32."""
    pairs = pairs_of([2, 0, 5], [1, 3, 6], [[5, 0, 1], [4, 2, 2], [3, 6, 1]])
    compare(student, reference, "negative_sampling_loss", EVEN, UNEVEN, *pairs, **TEN_DIGITS)


@exercise("negative_sampling_loss")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_negative_sampling_with_scores_of_thousands(student, reference, dtype):
    """Large scores, right ones and wrong ones: no inf, no nan, and the full loss."""
    args = (FAR.to(getattr(torch, dtype)), APART.to(getattr(torch, dtype)))
    pairs = pairs_of([0, 0, 1, 2], [0, 1, 2, 3], [[1, 2], [0, 3], [0, 3], [1, 0]])
    compare(student, reference, "negative_sampling_loss", *args, *pairs)


def pairs_by_size(rng, V=7, D=4, B=3, K=2, dtype=DOUBLE):
    """Return tables and pairs by their sizes; the first negative is the true word."""
    pairs = numbers(V, B, start=2, step=2), numbers(V, B, start=1, step=3), numbers(V, B, K, start=1, step=5)
    return *tables(rng, V, D, dtype), *pairs


contract("negative_sampling_loss", inputs=pairs_by_size, **LOSS)


# most_similar


def compare_words(came, expected, **tolerances):
    """Compare the words that were found, and their cosines."""
    assert_parts(came, expected, "words", "cosines", **tolerances)


def ask(student, reference, *args):
    """Compare what is most similar."""
    compare_words(student.most_similar(*args), reference.most_similar(*args))


@exercise("most_similar")
def test_the_direction_of_the_text(student, reference):
    """(3, 4) - (2, 0) + (0, 5), each brought to length 1."""
    vectors = torch.tensor([[2.0, 0], [3, 4], [0, 5], [-1, 6], [4, -1]], dtype=DOUBLE)
    ask(student, reference, vectors, [1, 2], [0])


# Angles in degrees, and lengths; no two cosines with the directions below are near each other.
ANGLES = torch.tensor([0.0, 20, 50, 95, 140, 200, 262, 300, 335], dtype=DOUBLE)
LENGTHS = torch.tensor([1.0, 9, 0.2, 4, 30, 0.5, 2, 7, 0.1], dtype=DOUBLE)
ROUND = LENGTHS[:, None] * torch.stack([ANGLES.deg2rad().cos(), ANGLES.deg2rad().sin()], dim=1)


@exercise("most_similar")
@pytest.mark.parametrize("top", [1, 3, 5])
@pytest.mark.parametrize("word", [0, 4])
def test_neighbours_of_a_word(student, reference, word, top):
    """Of nine words on a circle, with lengths from 0.1 to 30, the nearest by their angle."""
    ask(student, reference, ROUND, [word], [], top)


@exercise("most_similar")
def test_five_words_come_if_nothing_is_said(student, reference):
    """Without `top`, five of the eight other words come back."""
    ask(student, reference, ROUND, [4], [])


@exercise("most_similar")
@pytest.mark.parametrize(
    ("positive", "negative"), [([1, 3], [0]), ([2, 4], [8]), ([7], [5]), ([0, 2, 3], [6, 7])], ids=str
)
def test_directions_of_several_words(student, reference, positive, negative):
    """Words of very different lengths count alike; none of the words asked with is an answer."""
    ask(student, reference, ROUND, positive, negative, 4)


@exercise("most_similar")
def test_a_word_that_comes_twice_counts_twice(student, reference):
    """The first word twice as positive, and another twice as negative."""
    ask(student, reference, ROUND, [1, 1, 4], [], 3)
    ask(student, reference, ROUND, [1, 4], [7, 7], 3)


@exercise("most_similar")
def test_negative_words_alone(student, reference):
    """The list of positive words may be empty."""
    ask(student, reference, ROUND, [], [2, 3], 4)


@exercise("most_similar")
def test_more_words_are_asked_for_than_are_left(student, reference):
    """Nine words, two of them asked with: seven are left of a hundred, also if one was named twice or in both lists."""
    ask(student, reference, ROUND, [3], [6], 100)
    ask(student, reference, ROUND, [3, 3], [6], 100)
    ask(student, reference, ROUND, [3, 6], [6], 100)


@exercise("most_similar")
def test_of_equal_cosines_the_smaller_number_comes_first(student, reference):
    """Many words in the same few directions."""
    along = [[3.0, 0], [0, 1], [2, 0], [0, 7], [5, 0], [0, -2], [-1, 0], [0, 4]] * 4
    ask(student, reference, torch.tensor(along, dtype=DOUBLE), [4], [], 25)


@exercise("most_similar")
def test_vectors_of_zeros(student, reference):
    """A word whose vector is 0 has a cosine of 0, and no nan, as an answer and as the question."""
    vectors = torch.tensor([[3.0, 0], [0, 0], [-2, 0], [0, 5], [4, 3]], dtype=DOUBLE)
    ask(student, reference, vectors, [0], [], 4)
    ask(student, reference, vectors, [1], [], 3)


@exercise("most_similar")
def test_a_direction_of_zero(student, reference):
    """Words that cancel leave no direction: all cosines are 0."""
    vectors = torch.tensor([[3.0, 0], [0, 2], [7, 0], [0, 5], [4, 3]], dtype=DOUBLE)
    ask(student, reference, vectors, [0], [2], 3)


contract(
    "most_similar",
    inputs=lambda rng, V=6, D=4, dtype=DOUBLE: (randn(rng, V, D, dtype=dtype, shift=0.3), [1, 3], [0]),
    settings={"top": 2},
    compare=compare_words,
    one=["D"],
    all_at_once="VD",
)
