"""Checks of the exercises on trees and ensembles."""

import math

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    assert_inputs_unchanged,
    assert_parts,
    contract,
    exercise,
    integers,
    rand,
    randn,
)

DOUBLE = torch.float64
# Gains and decreases may be worked out in single precision.
NUMBER = {"rtol": 1e-5, "atol": 1e-5}
CPU = ("cpu",)
ROUND = ("the classifier", "alpha", "the new weights")
BOOSTED = ("the start", "the stumps")
LEAVES = ("the left weights", "the right weights", "the gains")
EACH_FLOAT = pytest.mark.parametrize(
    "dtype", [torch.float16, torch.float32, DOUBLE], ids=["float16", "float32", "float64"]
)


def assert_same(student, reference, name, *args, **settings):
    """Compare what both give, whose numbers may have been worked out in single precision."""
    assert_close(getattr(student, name)(*args, **settings), getattr(reference, name)(*args, **settings), **NUMBER)


def regions(rng, sizes, dim, columns=(2, 0, 1), noise=0.0, dtype=DOUBLE):
    """Return rows of four regions with sizes[c] rows of class c, parted by one column, then by two others."""
    y = torch.repeat_interleave(torch.arange(4), torch.tensor(sizes))
    y = y[torch.from_numpy(rng.permutation(len(y)))]
    x = randn(rng, len(y), dim, dtype=DOUBLE)
    first, second, third = columns
    x[:, first] = _to_side(x[:, first], y >= 2)
    x[:, second] = torch.where(y < 2, _to_side(x[:, second], y == 1), x[:, second])
    x[:, third] = torch.where(y >= 2, _to_side(x[:, third], y == 3), x[:, third])
    flips = rand(rng, len(y), dtype=DOUBLE) < noise
    return x.to(dtype), torch.where(flips, (y + 1) % 4, y)


def _to_side(values, positive):
    return torch.where(positive, values.abs() + 0.3, -values.abs() - 0.2)


def steps_of(rng, sizes, dtype=DOUBLE):
    """Return one column in which class c fills the c-th stretch, and the labels, shuffled."""
    y = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    x = torch.cumsum(0.2 + rand(rng, len(y), dtype=DOUBLE), dim=0)
    order = torch.from_numpy(rng.permutation(len(y)))
    return x[order, None].to(dtype), y[order]


def random_tree(rng, depth, dim, num_classes):
    """Return a tree with random splits and counts; some branches end early."""
    counts = [int(one) for one in rng.integers(0, 9, num_classes)]
    counts[int(rng.integers(num_classes))] += 5
    if depth == 0 or (depth < 3 and rng.random() < 0.2):
        return {"counts": counts}
    left, right = (random_tree(rng, depth - 1, dim, num_classes) for _ in range(2))
    summed = [a + b for a, b in zip(left["counts"], right["counts"], strict=True)]
    split = {"feature": int(rng.integers(dim)), "threshold": float(rng.normal(scale=0.5))}
    return {"counts": summed, **split, "left": left, "right": right}


def answer_of(tree, row):
    """Return the class that a tree gives a row."""
    while "left" in tree:
        tree = tree["left"] if row[tree["feature"]] <= tree["threshold"] else tree["right"]
    return tree["counts"].index(max(tree["counts"]))


def num_splits(tree):
    """Return how many inner nodes a tree has."""
    return 1 + num_splits(tree["left"]) + num_splits(tree["right"]) if "left" in tree else 0


# entropy


@exercise("entropy")
@pytest.mark.parametrize("shape", [(3,), (5, 4), (2, 3, 7), (4, 1), (1, 6)], ids=str)
def test_entropy_matches(student, reference, rng, shape):
    """Counts as whole numbers, some of them zero, classes in the last dimension."""
    counts = integers(rng, 0, 6, *shape)
    assert_close(student.entropy(counts), reference.entropy(counts))
    assert_close(student.entropy(counts.double()), reference.entropy(counts.double()))


@exercise("entropy")
def test_entropy_counts_in_bits(student):
    """A fair coin has 1 bit, eight equal classes have 3."""
    assert_close(student.entropy(torch.tensor([5.0, 5.0])), torch.tensor(1.0))
    assert_close(student.entropy(torch.full((2, 8), 3.0)), torch.tensor([3.0, 3.0]))


@exercise("entropy")
def test_entropy_of_a_pure_or_empty_set_is_zero(student):
    """Neither a class with no rows nor a set with no rows gives NaN, nor changes what its neighbours have."""
    counts = torch.tensor([[4.0, 0, 0], [0, 0, 0], [0, 0, 0.5], [3.0, 0, 3.0]], dtype=DOUBLE)
    assert_close(student.entropy(counts), torch.tensor([0.0, 0, 0, 1], dtype=DOUBLE))


@exercise("entropy")
def test_entropy_takes_weights_that_are_not_whole(student, reference, rng):
    """Only the shares matter: weights that sum to less than one are as good as counts."""
    weights = rand(rng, 4, 5, dtype=DOUBLE) * 0.1
    assert_close(student.entropy(weights), reference.entropy(weights))
    assert_close(student.entropy(weights * 1e-8), reference.entropy(weights))


@exercise("entropy")
def test_entropy_takes_tiny_weights(student, reference, rng):
    """A set whose weights sum to 1e-29 is not empty."""
    weights = 0.1 + rand(rng, 4, 5)
    assert_close(student.entropy(weights * 1e-30), reference.entropy(weights))


@exercise("entropy")
def test_entropy_sees_a_rare_class(student, reference):
    """One row in a million still counts."""
    counts = torch.tensor([999_999.0, 1.0], dtype=DOUBLE)
    assert_close(student.entropy(counts), reference.entropy(counts))


contract(
    "entropy",
    "gini_impurity",
    one="NC",
    inputs=lambda rng, N=4, C=3, dtype=DOUBLE: (rand(rng, N, C, dtype=dtype) * integers(rng, 0, 3, N, C),),
)


# information_gain and gain_ratio


def table_of(rng, num_rows, num_values, num_classes):
    """Return an attribute that says something about the labels, and the labels."""
    y = integers(rng, 0, num_classes, num_rows)
    attribute = torch.where(rand(rng, num_rows) < 0.6, y % num_values, integers(rng, 0, num_values, num_rows))
    return attribute, y


@exercise("information_gain")
@pytest.mark.parametrize(("num_rows", "num_values", "num_classes"), [(30, 3, 2), (17, 2, 4), (40, 5, 3)])
def test_information_gain_matches(student, reference, rng, num_rows, num_values, num_classes):
    """Attributes of several values, branches of different sizes."""
    inputs = table_of(rng, num_rows, num_values, num_classes)
    assert_same(student, reference, "information_gain", *inputs)


@exercise("information_gain")
def test_the_gain_of_a_table_worked_by_hand(student):
    """Eight patches by colour: 0.75 bits."""
    colour, label = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2]), torch.tensor([0, 0, 0, 1, 1, 1, 0, 1])
    assert_close(student.information_gain(colour, label), 0.75, **NUMBER)


@exercise("information_gain")
@pytest.mark.parametrize("values", [(-7, 40, 3), (3, -7, 40), (40, 3, -7)])
def test_values_may_be_any_whole_numbers(student, reference, rng, values):
    """Values with gaps and below zero, labels with gaps."""
    attribute, y = table_of(rng, 25, 3, 3)
    inputs = (torch.tensor(values)[attribute], 4 * y + 1)
    assert_same(student, reference, "information_gain", *inputs)


# Each with a value that occurs once; labels of 10 and more.
COLUMNS = {
    "a value and its opposite": [-7, 7, 7, -7, 3, -3, 7, -3, -7, 0],
    "neighbours that no float tells apart": [-(2**53) - one for one in (0, 1, 1, 0, 2, 1, 0, 2, 0, 3)],
}
LABELS = torch.tensor([10, 0, 0, 10, 13, 10, 0, 13, 10, 2])


@exercise("information_gain")
@pytest.mark.parametrize("column", list(COLUMNS))
def test_the_gain_tells_values_apart(student, reference, column):
    """Two values that are easily taken for one, a value that occurs once, and labels of 10 and more."""
    inputs = torch.tensor(COLUMNS[column]), LABELS
    assert_same(student, reference, "information_gain", *inputs)


@exercise("information_gain")
def test_an_attribute_that_says_nothing_gains_nothing(student):
    """One value for all rows, or labels that are all alike: 0."""
    same, y = torch.full((9,), 2), torch.arange(9) % 3
    assert_close(student.information_gain(same, y), 0.0, **NUMBER)
    assert_close(student.information_gain(y, same), 0.0, **NUMBER)
    assert_close(student.information_gain(torch.tensor([5]), torch.tensor([1])), 0.0, **NUMBER)


@exercise("gain_ratio")
@pytest.mark.parametrize(("num_rows", "num_values", "num_classes"), [(30, 3, 2), (17, 2, 4), (40, 6, 3)])
def test_gain_ratio_matches(student, reference, rng, num_rows, num_values, num_classes):
    """Attributes of several values, branches of different sizes."""
    inputs = table_of(rng, num_rows, num_values, num_classes)
    assert_same(student, reference, "gain_ratio", *inputs)


@exercise("gain_ratio")
def test_a_row_number_has_a_poor_ratio(student):
    """Eight rows, each with its own value: the gain is 1 bit, the ratio a third."""
    label = torch.tensor([0, 0, 0, 1, 1, 1, 0, 1])
    assert_close(student.gain_ratio(torch.arange(8) + 100, label), 1 / 3, **NUMBER)


@exercise("gain_ratio")
def test_the_ratio_of_an_attribute_with_one_value_is_zero(student):
    """Nothing divided by nothing is 0 here, not NaN, and a float."""
    assert_equal(student.gain_ratio(torch.full((6,), 3), torch.arange(6) % 2), 0.0)


@exercise("gain_ratio")
def test_the_ratio_takes_any_whole_numbers(student, reference, rng):
    """Values with gaps and below zero."""
    attribute, y = table_of(rng, 25, 3, 3)
    inputs = (torch.tensor([11, -5, 0])[attribute], y)
    assert_same(student, reference, "gain_ratio", *inputs)


@exercise("gain_ratio")
@pytest.mark.parametrize("column", list(COLUMNS))
def test_the_ratio_tells_values_apart(student, reference, column):
    """Two values that are easily taken for one, a value that occurs once, and labels of 10 and more."""
    inputs = torch.tensor(COLUMNS[column]), LABELS
    assert_same(student, reference, "gain_ratio", *inputs)


@exercise("gain_ratio")
def test_one_odd_row_makes_an_attribute(student, reference):
    """One row of 400 has another value: the attribute's entropy is 0.025, and not 0."""
    attribute = (torch.arange(400) == 17).long()
    y = (torch.arange(400) % 8 == 1).long()
    assert_same(student, reference, "gain_ratio", attribute, y)


contract(
    "information_gain",
    "gain_ratio",
    tolerances={DOUBLE: NUMBER},
    inputs=lambda rng, N=13: (table_of(rng, N, 3, 2)[0] - 5, integers(rng, 3, 5, N)),
)


# gini_impurity


@exercise("gini_impurity")
@pytest.mark.parametrize("shape", [(3,), (5, 4), (2, 3, 7), (4, 1), (1, 6)], ids=str)
def test_gini_matches(student, reference, rng, shape):
    """Counts as whole numbers, some of them zero, classes in the last dimension."""
    counts = integers(rng, 0, 6, *shape)
    assert_close(student.gini_impurity(counts), reference.gini_impurity(counts))
    assert_close(student.gini_impurity(counts.double()), reference.gini_impurity(counts.double()))


@exercise("gini_impurity")
def test_gini_of_a_pure_or_empty_set_is_zero(student):
    """A set with no rows gives neither NaN nor 1, nor changes what its neighbours have."""
    counts = torch.tensor([[4.0, 0, 0], [0, 0, 0], [0, 0, 0.5], [3.0, 0, 3.0]], dtype=DOUBLE)
    assert_close(student.gini_impurity(counts), torch.tensor([0.0, 0, 0, 0.5], dtype=DOUBLE))


@exercise("gini_impurity")
def test_gini_of_equal_classes(student):
    """Two equal classes have one half, five have four fifths."""
    assert_close(student.gini_impurity(torch.tensor([7.0, 7.0])), torch.tensor(0.5))
    assert_close(student.gini_impurity(torch.full((5,), 0.02)), torch.tensor(0.8))
    assert_close(student.gini_impurity(torch.full((5,), 2e-9)), torch.tensor(0.8))
    assert_close(student.gini_impurity(torch.full((5,), 2e-30)), torch.tensor(0.8))


@exercise("gini_impurity")
def test_gini_of_a_large_set(student):
    """Four thousand million rows of each class: whole numbers whose squares no int64 holds."""
    assert_close(student.gini_impurity(torch.full((2,), 4 * 10**9)), torch.tensor(0.5))


# best_split


@exercise("best_split", devices=CPU)
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE], ids=["float32", "float64"])
def test_the_best_split_matches(student, reference, rng, dtype):
    """Feature, threshold and decrease among five columns and four classes."""
    x, y = regions(rng, (7, 11, 17, 23), 5, noise=0.1, dtype=dtype)
    assert_same(student, reference, "best_split", x, y, 4)


@exercise("best_split", devices=CPU)
def test_the_best_split_of_a_column_worked_by_hand(student):
    """Five rows: the threshold 3 lowers the impurity by 0.48 - 4 / 15."""
    x, y = torch.tensor([[6.0], [1.0], [4.0], [7.0], [2.0]]), torch.tensor([0, 0, 1, 1, 0])
    assert_close(student.best_split(x, y, 2), (0, 3.0, 0.48 - 4 / 15), **NUMBER)


@exercise("best_split", devices=CPU)
def test_a_threshold_lies_between_different_values(student, reference, rng):
    """Rows of equal value can't be parted, whatever their labels."""
    x = torch.tensor([[0.0], [0.0], [2.0], [2.0], [2.0], [5.0], [5.0]], dtype=DOUBLE)
    y = torch.tensor([0, 1, 1, 1, 0, 2, 2])
    order = torch.from_numpy(rng.permutation(7))
    assert_same(student, reference, "best_split", x[order], y[order], 3)


@exercise("best_split", devices=CPU)
@pytest.mark.parametrize("min_leaf", [5, 6, 13])
def test_small_leaves_are_not_allowed(student, reference, rng, min_leaf):
    """The best threshold of all leaves 4 rows on one side: with min_leaf another one is the best."""
    x, y = steps_of(rng, (4, 23))
    assert_same(student, reference, "best_split", x, y, 2, min_leaf)


@exercise("best_split", devices=CPU)
def test_a_side_of_just_min_leaf_rows_is_allowed(student, rng):
    """Four rows on the left, and min_leaf is 4."""
    x, y = steps_of(rng, (4, 11))
    feature, threshold, decrease = student.best_split(x, y, 2, 4)
    left = x[:, 0] <= threshold
    assert_equal(feature, 0, what="the feature")
    assert_equal(left, y == 0, what="the rows that go left")
    assert_close(decrease, 1 - (4 / 15) ** 2 - (11 / 15) ** 2, what="the decrease", **NUMBER)


@exercise("best_split", devices=CPU)
def test_only_the_features_given_are_used(student, reference, rng):
    """The answer names the column of x, not its place in the list."""
    x, y = regions(rng, (9, 12, 16, 21), 6, columns=(2, 0, 4), noise=0.05)
    expected = reference.best_split(x, y, 4, 1, [1, 4, 5])
    assert_close(student.best_split(x, y, 4, 1, [1, 4, 5]), expected, **NUMBER)
    assert_same(student, reference, "best_split", x, y, 4, features=[3])


@exercise("best_split", devices=CPU)
def test_where_no_split_is_allowed_the_answer_is_none(student, rng):
    """Equal rows, one row, or too few rows for two leaves."""
    y = torch.tensor([0, 1, 1, 0])
    assert_equal(student.best_split(torch.ones(4, 2), y, 2), None)
    assert_equal(student.best_split(torch.ones(1, 2), y[:1], 2), None)
    assert_equal(student.best_split(randn(rng, 4, 2), y, 2, 3), None)


@exercise("best_split", devices=CPU)
def test_a_split_that_gains_nothing_is_still_the_best(student):
    """The four corners of a square with crossed labels: the first feature at one half, decrease 0."""
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert_close(student.best_split(x, torch.tensor([0, 1, 1, 0]), 2), (0, 0.5, 0.0), **NUMBER)
    assert_close(student.best_split(x, torch.tensor([1, 1, 1, 1]), 2), (0, 0.5, 0.0), **NUMBER)


@exercise("best_split", devices=CPU)
def test_a_single_row_may_be_set_apart(student):
    """The last of four rows alone has another label; and of two rows each may have a leaf."""
    column = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    assert_close(student.best_split(column, torch.tensor([0, 0, 0, 1]), 2), (0, 2.5, 0.375), **NUMBER)
    assert_close(student.best_split(column[:2], torch.tensor([1, 0]), 2), (0, 0.5, 0.5), **NUMBER)


@exercise("best_split", devices=CPU)
def test_a_feature_may_be_tiny(student, reference, rng):
    """Values that differ by less than a billionth are different."""
    x, y = regions(rng, (7, 11, 17, 23), 3, noise=0.1)
    feature, threshold, decrease = student.best_split(x * 1e-12, y, 4)
    assert_close((feature, threshold * 1e12, decrease), reference.best_split(x, y, 4), **NUMBER)


@exercise("best_split", devices=CPU, costs=0.25)
@EACH_FLOAT
def test_neighbouring_numbers_are_parted(student, dtype):
    """Between two neighbouring numbers of a dtype there is no third; `x <= threshold` still parts the rows."""
    step = torch.finfo(dtype).eps
    for place in (1, 2):
        x = torch.tensor([[1 + place * step], [1 + (place + 1) * step]], dtype=torch.float64).to(dtype)
        feature, threshold, decrease = student.best_split(x, torch.tensor([0, 1]), 2)
        assert_equal((x[:, feature] <= threshold).tolist(), [True, False], what="the rows that go left")
        assert_close(decrease, 0.5, what="the decrease", **NUMBER)


@exercise("best_split", devices=CPU, costs=0.25)
def test_halfway_between_large_numbers_does_not_overflow(student):
    """In float16 40,000 and 60,000 have no sum, and there is a threshold between them all the same."""
    x = torch.tensor([[20_000.0], [40_000.0], [60_000.0]], dtype=torch.float16)
    feature, threshold, _ = student.best_split(x, torch.tensor([0, 0, 1]), 2)
    assert_equal((x[:, feature] <= threshold).tolist(), [True, True, False], what="the rows that go left")


@exercise("best_split", devices=CPU)
@pytest.mark.parametrize("shares", [(1, 4, 8), (2, 5, 9), (1, 6, 10), (3, 4, 11), (1, 2, 6)], ids=str)
def test_rounding_does_not_decide_between_equal_splits(student, shares):
    """Three classes of 13 rows. Each column sends shares of them to the left, in another order: equally good."""
    y = torch.arange(3).repeat_interleave(13)
    place = torch.arange(13).repeat(3)
    orders = [(0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2)]
    for first in range(6):
        columns = [
            (place >= torch.tensor([shares[one] for one in order])[y]) for order in orders[first:] + orders[:first]
        ]
        assert_equal(student.best_split(torch.stack(columns, dim=1).double(), y, 3)[0], 0, what="the feature")


@exercise("best_split", devices=CPU)
def test_rounding_does_not_decide_between_equal_thresholds(student):
    """One column of 0, 1 and 2: one threshold parts (1, 8, 2) rows from the others, the next one (1, 2, 8)."""
    sizes = torch.tensor([[1, 11, 1], [8, 3, 2], [2, 3, 8]])
    y = torch.arange(3).repeat_interleave(13)
    column = torch.arange(3.0, dtype=DOUBLE).repeat(3).repeat_interleave(sizes.flatten())
    assert_close(student.best_split(column[:, None], y, 3)[1], 0.5, what="the threshold")


@exercise("best_split", devices=CPU)
def test_of_equal_splits_the_first_is_taken(student, rng):
    """A column and its copy: the lower number. Two thresholds as good: the lower one."""
    x, y = steps_of(rng, (5, 8))
    copies = torch.cat([randn(rng, 13, 1, dtype=DOUBLE) * 0, x, x], dim=1)
    assert_equal(student.best_split(copies, y, 2)[0], 1, what="the feature")
    column = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    assert_close(student.best_split(column, torch.tensor([0, 1, 1, 0]), 2)[1], 0.5, what="the threshold")


def stretches(rng, N=27, D=4, dtype=DOUBLE):
    """Return rows of two classes, the first of them small, that columns 0 and 1 part equally well, and the
    others by chance."""
    x, y = steps_of(rng, (4, N - 4) if N > 4 else (N,), dtype)
    return torch.cat([x, 2 * x, randn(rng, N, max(D - 2, 0), dtype=dtype)], dim=1)[:, :D], y, 2


# Column 0 and a leaf of 4 rows would be the best: each setting alone forbids it.
contract(
    "best_split",
    inputs=stretches,
    settings={"min_leaf": 5, "features": [1, 3]},
    device=False,
    square={"N": 16, "D": 16},
    tolerances={torch.float32: NUMBER, DOUBLE: NUMBER},
)


# grow_tree


@exercise("grow_tree", devices=CPU)
@pytest.mark.parametrize("max_depth", [0, 1, 2, 9])
def test_the_tree_matches(student, reference, rng, max_depth):
    """Four clean regions, cut off at several depths."""
    x, y = regions(rng, (7, 11, 17, 23), 4)
    assert_same(student, reference, "grow_tree", x, y, 4, max_depth)


@exercise("grow_tree", devices=CPU)
def test_leaves_that_are_not_pure_keep_their_counts(student, reference, rng):
    """One row in ten has another label; depth 2. Counts are lists of ints, of all classes."""
    x, y = regions(rng, (20, 31, 27, 44), 3, noise=0.1, dtype=torch.float32)
    assert_same(student, reference, "grow_tree", x, y, 6, 2)


@exercise("grow_tree", devices=CPU)
@pytest.mark.parametrize(("sizes", "min_leaf"), [((4, 9, 14, 6, 21), 5), ((4, 9, 14, 6, 21), 9), ((4, 31), 6)], ids=str)
def test_no_leaf_is_smaller_than_min_leaf(student, reference, rng, sizes, min_leaf):
    """Growing stops where a split would leave too few rows on a side."""
    x, y = steps_of(rng, sizes)
    assert_same(student, reference, "grow_tree", x, y, 5, 6, min_leaf)


@exercise("grow_tree", devices=CPU)
def test_crossed_labels_need_a_split_that_gains_nothing(student, reference):
    """The four corners of a square: the first split gains 0 and the second makes all leaves pure."""
    x, y = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), torch.tensor([0, 1, 1, 0])
    assert_same(student, reference, "grow_tree", x, y, 2, 3)


@exercise("grow_tree", devices=CPU, costs=0.25)
@EACH_FLOAT
def test_a_row_on_the_threshold_goes_left_in_a_tree(student, dtype):
    """Between two neighbouring numbers the threshold is the lower one: its row goes left, the other right."""
    step = torch.finfo(dtype).eps
    x = torch.tensor([[1 + step], [1 + 2 * step]], dtype=DOUBLE).to(dtype)
    tree = student.grow_tree(x, torch.tensor([0, 1]), 2, 3)
    leaves = [tree.get(side, {}).get("counts") for side in ("left", "right")]
    assert_equal(leaves, [[1, 0], [0, 1]], what="the counts on the left and on the right")


@exercise("grow_tree", devices=CPU)
def test_a_node_of_almost_one_class_is_split(student, reference):
    """Two rows of forty have another label: the node isn't pure, and nor is its right side."""
    x, y = torch.arange(40.0, dtype=DOUBLE)[:, None], (torch.arange(40) % 20 == 18).long()
    assert_same(student, reference, "grow_tree", x, y, 2, 9)


@exercise("grow_tree", devices=CPU)
def test_rows_that_are_equal_share_a_leaf(student):
    """Equal rows with different labels can't be parted: one leaf."""
    tree = student.grow_tree(torch.full((5, 2), 3.0), torch.tensor([0, 1, 1, 2, 1]), 3, 4)
    assert_equal(tree, {"counts": [1, 3, 1]})


def grow_with_drawn_features(ns, x, y, num_classes, max_depth, allowed):
    """Grow a tree that may use some features only; return it and how often features were drawn."""
    drawn = []

    def draw():
        drawn.append(1)
        return list(allowed)

    tree = ns.grow_tree(x, y, num_classes, max_depth, draw_features=draw)
    return [tree, len(drawn)]


@exercise("grow_tree", devices=CPU)
def test_features_are_drawn_anew_at_every_split(student, reference, rng):
    """Only the drawn features are used, and each split asks again."""
    x, y = regions(rng, (12, 9, 21, 15), 6, columns=(3, 1, 4))
    tree, draws = student.run(grow_with_drawn_features, x, y, 4, 5, [1, 3, 4])
    assert_close(tree, reference.run(grow_with_drawn_features, x, y, 4, 5, [1, 3, 4])[0], **NUMBER)
    splits = num_splits(tree)
    assert draws >= splits, f"features were drawn {draws} times for {splits} splits: draw anew at each"


def grow_with_other_features_below(ns, x, y, num_classes):
    """Grow a tree whose root may use feature 0 only, and every later split feature 1 only."""
    draws = iter([[0]])
    return ns.grow_tree(x, y, num_classes, 2, draw_features=lambda: next(draws, [1]))


@exercise("grow_tree", devices=CPU)
def test_the_root_draws_first(student, rng):
    """The root uses its own draw, and the nodes below theirs."""
    x, y = regions(rng, (8, 12, 10, 14), 2, columns=(0, 1, 1))
    for label in range(4):  # along feature 0 the two classes of a side alternate: only the middle parts anything well
        rows = y == label
        steps = 1 + torch.arange(int(rows.sum())) + 0.5 * rand(rng, int(rows.sum()), dtype=DOUBLE)
        x[rows, 0] = steps if label >= 2 else -steps
    tree = student.run(grow_with_other_features_below, x, y, 4)
    assert_equal([tree["feature"], tree["left"]["feature"], tree["right"]["feature"]], [0, 1, 1], what="the features")


contract(
    "grow_tree",
    settings={"min_leaf": 5},
    device=False,
    tolerances={torch.float32: NUMBER, DOUBLE: NUMBER},
    inputs=lambda rng, N=27, D=3, dtype=DOUBLE: (*stretches(rng, N, D, dtype), 3),
)


# prune_tree


def validation(rng, tree, num_rows, dim, num_classes, share=0.55):
    """Return rows and labels, of which a share is what the tree answers and the others are chance."""
    x = randn(rng, num_rows, dim, dtype=DOUBLE)
    answers = torch.tensor([answer_of(tree, row) for row in x], dtype=torch.int64)
    follow = rand(rng, num_rows) < share
    return x, torch.where(follow, answers, integers(rng, 0, num_classes, num_rows))


@exercise("prune_tree", devices=CPU)
@pytest.mark.parametrize(
    ("depth", "num_classes", "num_rows"), [(3, 2, 60), (4, 3, 90), (2, 4, 25), (5, 3, 200), (5, 2, 150), (4, 5, 160)]
)
def test_the_pruned_tree_matches(student, reference, rng, depth, num_classes, num_rows):
    """Trees of several depths, with validation rows that support some branches and not others."""
    tree = random_tree(rng, depth, 3, num_classes)
    x, y = validation(rng, tree, num_rows, 3, num_classes)
    assert_equal(student.prune_tree(tree, x, y), reference.prune_tree(tree, x, y))


@exercise("prune_tree", devices=CPU)
def test_few_validation_rows_leave_branches_unreached(student, reference, rng):
    """A node that no validation row reaches becomes a leaf."""
    tree = random_tree(rng, 4, 3, 3)
    x, y = validation(rng, tree, 7, 3, 3, share=1.0)
    assert_equal(student.prune_tree(tree, x, y), reference.prune_tree(tree, x, y))


@exercise("prune_tree", devices=CPU)
def test_with_no_validation_rows_the_root_is_left(student, rng):
    """Nothing speaks for a split."""
    tree = random_tree(rng, 3, 2, 3)
    x, y = torch.zeros(0, 2, dtype=DOUBLE), torch.zeros(0, dtype=torch.int64)
    assert_equal(student.prune_tree(tree, x, y), {"counts": tree["counts"]})


def split(counts, feature, threshold, left, right):
    """Return a node, whose sides are nodes or the counts of leaves."""
    left, right = ({"counts": one} if isinstance(one, list) else one for one in (left, right))
    return {"counts": counts, "feature": feature, "threshold": threshold, "left": left, "right": right}


def two_levels(low, high):
    """Return a tree that splits feature 0 at 0, and its right side at 1, with the counts given there."""
    right = split([low[0] + high[0], low[1] + high[1]], 0, 1.0, low, high)
    return split([9 + right["counts"][0], right["counts"][1]], 0, 0.0, [9, 0], right)


@exercise("prune_tree", devices=CPU)
def test_on_a_tie_the_smaller_tree_wins(student):
    """A split that makes as many errors as its leaf goes; one that makes fewer stays."""
    tree = two_levels([1, 6], [5, 4])
    x = torch.tensor([[-1.0], [0.5], [2.0], [2.0]], dtype=DOUBLE)
    tied = {**tree, "right": {"counts": [6, 10]}}
    assert_equal(student.prune_tree(tree, x, torch.tensor([0, 1, 0, 1])), tied)
    assert_equal(student.prune_tree(tree, x, torch.tensor([0, 1, 0, 0])), tree)


@exercise("prune_tree", devices=CPU)
@pytest.mark.parametrize(
    ("right_ones", "wrong_ones", "each"), [(1, 5, 4), (3, 1, 3), (1, 5, 3), (3, 7, 1), (0, 6, 4), (2, 1, 5)]
)
def test_a_tie_is_told_by_counting(student, right_ones, wrong_ones, each):
    """Numbers of errors are equal or not: shares that are weighed and added are off by a rounding."""
    tree = {**two_levels([1, 6], [5, 4])["right"], "threshold": 0.0}
    left, right = [1] * right_ones + [0] * wrong_ones, [0] * each + [1] * each
    x = torch.tensor([-1.0] * len(left) + [1.0] * len(right), dtype=DOUBLE)[:, None]
    assert_equal(student.prune_tree(tree, x, torch.tensor(left + right)), {"counts": [6, 10]})


@exercise("prune_tree", devices=CPU)
def test_a_leaf_of_equal_counts_answers_with_the_smaller_class(student):
    """As in `predict_tree`: with four rows of each class the leaf says 0, and makes no error on these rows."""
    tree = split([4, 4], 0, 0.0, [3, 1], [1, 3])
    x, y = torch.tensor([[-1.0], [1.0]], dtype=DOUBLE), torch.tensor([0, 0])
    assert_equal(student.prune_tree(tree, x, y), {"counts": [4, 4]})


@exercise("prune_tree", devices=CPU)
def test_children_are_pruned_before_their_parent(student):
    """The root's split helps only once the useless split below it is gone: prune from the leaves up."""
    tree = two_levels([6, 4], [0, 10])
    x = torch.tensor([[-1.0], [-1.0], [0.5], [0.5], [0.5]], dtype=DOUBLE)
    y = torch.tensor([0, 0, 1, 1, 1])
    assert_equal(student.prune_tree(tree, x, y), {**tree, "right": {"counts": [6, 14]}})


@exercise("prune_tree", devices=CPU)
def test_a_row_on_the_threshold_goes_left(student):
    """As in `find_leaf`: rows at the root's threshold are what its left child is pruned with."""
    tree = split([6, 17], 0, 0.0, split([6, 5], 1, 0.0, [5, 1], [1, 4]), [0, 12])
    x = torch.tensor([[0.0, -1.0], [0.0, 1.0], [1.0, 0.0]], dtype=DOUBLE)
    assert_equal(student.prune_tree(tree, x, torch.tensor([0, 1, 1])), tree)


@exercise("prune_tree", devices=CPU)
def test_a_node_goes_also_where_a_split_below_it_stays(student):
    """The left split is of use to its node, but the root as a leaf makes no error at all."""
    tree = split([6, 17], 0, 0.0, split([6, 5], 1, 0.0, [5, 1], [1, 4]), [0, 12])
    x = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [-1.0, 1.0], [1.0, 0.0]], dtype=DOUBLE)
    assert_equal(student.prune_tree(tree, x, torch.tensor([1, 1, 1, 1])), {"counts": [6, 17]})


@exercise("prune_tree", devices=CPU)
def test_a_single_leaf_stays_as_it_is(student, rng):
    """There is nothing to prune."""
    x, y = randn(rng, 4, 2), torch.tensor([0, 1, 1, 0])
    assert_equal(student.prune_tree({"counts": [3, 1]}, x, y), {"counts": [3, 1]})


@exercise("prune_tree", costs=0.25, devices=CPU)
def test_the_tree_that_came_in_is_left_alone(student, rng):
    """Pruning makes a new tree."""
    tree = random_tree(rng, 3, 2, 2)
    for num_rows in (12, 2, 0):  # with so few rows something is pruned, and with none the root
        assert_inputs_unchanged(student, "prune_tree", tree, randn(rng, num_rows, 2), integers(rng, 0, 2, num_rows))


def tree_and_rows(rng, M=40, D=3, dtype=DOUBLE):
    """Return a tree and validation rows that support those of its branches that they reach."""
    while True:
        tree = random_tree(rng, 4, D, 3)
        x, y = validation(rng, tree, M, D, 3, share=1.0)
        if num_splits(tree) > 10 and y.bincount(minlength=3).min() >= M // 5:  # else other rows would prune as much
            return tree, x.to(dtype), y


contract("prune_tree", inputs=tree_and_rows, square={"M": 90, "D": 90}, device=False, digits=False)


# bootstrap_sample


def bags(ns, num_samples, seeds):
    """Draw one sample with a fresh generator for each seed."""
    import torch

    return [ns.bootstrap_sample(num_samples, torch.Generator().manual_seed(seed)) for seed in seeds]


def bags_in_a_row(ns, num_samples, seed, num_bags, disturbance):
    """Draw samples one after another with the same generator; torch's own state is set first."""
    import torch

    torch.manual_seed(disturbance)
    generator = torch.Generator().manual_seed(seed)
    return [ns.bootstrap_sample(num_samples, generator) for _ in range(num_bags)]


def seed_from(rng):
    return int(rng.integers(1, 2**31))


@exercise("bootstrap_sample", devices=CPU)
@pytest.mark.parametrize("num_samples", [1, 2, 13, 40])
def test_the_bag_has_as_many_rows_as_the_set(student, rng, num_samples):
    """N row numbers of type int64, each a row that exists."""
    for in_bag, _ in student.run(bags, num_samples, [seed_from(rng) for _ in range(5)]):
        assert_close(in_bag * 0, torch.zeros(num_samples, dtype=torch.int64), what="0 * in_bag")
        inside = (in_bag >= 0) & (in_bag < num_samples)
        assert bool(inside.all()), f"a row number outside 0 to {num_samples - 1}"


@exercise("bootstrap_sample", devices=CPU)
@pytest.mark.parametrize("num_samples", [1, 2, 13, 40])
def test_out_of_the_bag_are_the_rows_never_drawn(student, rng, num_samples):
    """Each once, in increasing order, as int64."""
    for in_bag, out_of_bag in student.run(bags, num_samples, [seed_from(rng) for _ in range(5)]):
        drawn = set(in_bag.tolist())
        expected = torch.tensor([row for row in range(num_samples) if row not in drawn], dtype=torch.int64)
        assert_equal(out_of_bag, expected, what="out_of_bag")


@exercise("bootstrap_sample", devices=CPU)
def test_rows_are_drawn_with_replacement(student, rng):
    """Forty rows from forty without a repeat would be a miracle."""
    for in_bag, _ in student.run(bags, 40, [seed_from(rng) for _ in range(3)]):
        assert len(set(in_bag.tolist())) < 40, (
            "every row was drawn exactly once: that is a permutation, not a bootstrap"
        )


@exercise("bootstrap_sample", devices=CPU)
def test_the_generator_alone_decides(student, rng):
    """The same generator state gives the same sample, whatever torch's global state is."""
    seed = seed_from(rng)
    first, second = (student.run(bags_in_a_row, 30, seed, 3, disturbance) for disturbance in (1, 2))
    assert_equal(second, first, what="the samples of the second run")


@exercise("bootstrap_sample", devices=CPU)
def test_a_second_call_draws_another_sample(student, rng):
    """The generator moves on, and other seeds give other samples."""
    in_a_row = student.run(bags_in_a_row, 30, seed_from(rng), 4, 0)
    other = student.run(bags, 30, [seed_from(rng), seed_from(rng)])
    drawn = {tuple(in_bag.tolist()) for in_bag, _ in in_a_row + other}
    assert len(drawn) == 6, f"six calls gave {len(drawn)} different samples"


def tally(ns, num_samples, seed, num_bags):
    """Return how often each row was drawn, and how many stayed out on average."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    counts, out = torch.zeros(num_samples, dtype=torch.int64), 0
    for _ in range(num_bags):
        in_bag, out_of_bag = ns.bootstrap_sample(num_samples, generator)
        counts += torch.bincount(in_bag, minlength=num_samples)
        out += len(out_of_bag)
    return [counts, out / num_bags / num_samples]


@exercise("bootstrap_sample", devices=CPU)
def test_every_row_has_the_same_chance(student, rng):
    """Over 400 samples of 50 rows, no row is drawn clearly more often than another."""
    counts, share = student.run(tally, 50, seed_from(rng), 400)
    spread = float(((counts - 400.0) ** 2 / 400).sum())
    # Chi-squared with 49 degrees of freedom: 49 give or take 10; 130 comes by chance once in 10^8.
    assert spread < 130, f"rows are drawn unevenly: from {int(counts.min())} to {int(counts.max())} times, 400 expected"
    assert abs(share - (1 - 1 / 50) ** 50) < 0.02, (
        f"{share:.1%} of the rows stay out, {(1 - 1 / 50) ** 50:.1%} expected"
    )


def one_bag(ns, num_samples, seed):
    """Draw a sample with a fresh generator."""
    import torch

    return ns.bootstrap_sample(num_samples, torch.Generator().manual_seed(seed))


contract(
    "bootstrap_sample",
    inputs=lambda rng, N=13: (N, seed_from(rng)),
    use=one_bag,
    pure=False,
    strides=False,
    device=False,
)


# random_forest_vote


@exercise("random_forest_vote")
@pytest.mark.parametrize(("num_trees", "num_classes", "num_rows"), [(5, 3, 12), (1, 4, 6), (8, 2, 1)])
def test_the_soft_vote_matches(student, reference, rng, num_trees, num_classes, num_rows):
    """The mean of the leaves' class shares."""
    trees = [random_tree(rng, 3, 4, num_classes) for _ in range(num_trees)]
    x = randn(rng, num_rows, 4, dtype=DOUBLE)
    assert_close(student.random_forest_vote(trees, x), reference.random_forest_vote(trees, x), rtol=1e-11, atol=1e-12)


@exercise("random_forest_vote")
def test_a_large_leaf_counts_no_more_than_a_small_one(student):
    """A leaf of 1 row and a leaf of 99 have the same say."""
    trees = [{"counts": [1, 0]}, {"counts": [33, 66]}]
    expected = torch.tensor([[2 / 3, 1 / 3]], dtype=DOUBLE)
    assert_close(student.random_forest_vote(trees, torch.zeros(1, 2, dtype=DOUBLE)), expected)


def forest_and_rows(rng, T=5, M=7, D=4, C=3, dtype=DOUBLE):
    """Return trees, and rows for them."""
    return [random_tree(rng, 3, D, C) for _ in range(T)], randn(rng, M, D, dtype=dtype)


def leaf_and_rows(rng, T=1, M=3, D=2, C=2, dtype=DOUBLE):
    """Return trees of one leaf, which ask nothing of the rows: what is made for them shows its device."""
    return [{"counts": [1] * C} for _ in range(T)], randn(rng, M, D, dtype=dtype)


contract("random_forest_vote", inputs=forest_and_rows, also=[leaf_and_rows], one="TMC", digits=False)


# adaboost_round


def signs(rng, *shape):
    """Return -1 and 1 at random."""
    return 2 * integers(rng, 0, 2, *shape) - 1


def row_weights(rng, num_rows, dtype=DOUBLE):
    """Return positive weights that sum to 1."""
    weights = 0.1 + rand(rng, num_rows, dtype=DOUBLE)
    return (weights / weights.sum()).to(dtype)


@exercise("adaboost_round")
@pytest.mark.parametrize(("num_classifiers", "num_rows"), [(6, 20), (30, 9), (2, 45)])
def test_a_round_matches(student, reference, rng, num_classifiers, num_rows):
    """Which classifier, its say, and the new weights."""
    inputs = signs(rng, num_classifiers, num_rows), signs(rng, num_rows), row_weights(rng, num_rows)
    expected = reference.adaboost_round(*inputs)
    assert_parts(student.adaboost_round(*inputs), expected, *ROUND)


def rounds(ns, predictions, y, weights, num_rounds):
    """Return what each of several rounds gives, each starting from the weights of the one before."""
    seen = []
    for _ in range(num_rounds):
        best, alpha, weights = ns.adaboost_round(predictions, y, weights)
        seen.append([best, alpha, weights])
    return seen


def have_a_clear_winner(wrong, weights, num_rounds):
    """Whether in each round one classifier is the best by far, and neither perfect nor as bad as chance.

    A round after a perfect one meets two classifiers of equal error, and rounding decides.
    """
    for _ in range(num_rounds):
        errors = (wrong * weights).sum(dim=1)
        least, next_best = (float(one) for one in errors.sort().values[:2])
        if not 0.01 < least < min(0.49, next_best - 1e-3):
            return False
        weights = torch.where(wrong[errors.argmin()], weights / (2 * least), weights / (2 - 2 * least))
    return True


@exercise("adaboost_round")
def test_four_rounds_in_a_row_match(student, reference, rng):
    """The weights of one round are those that the next one starts from."""
    y, weights, wrong = signs(rng, 31), row_weights(rng, 31), torch.zeros(5, 31, dtype=torch.bool)
    while not have_a_clear_winner(wrong, weights, 4):
        wrong = torch.stack([rand(rng, 31) < share for share in (0.13, 0.2, 0.26, 0.3, 0.35)])
    inputs = (torch.where(wrong, -y, y), y, weights, 4)
    assert_close(student.run(rounds, *inputs), reference.run(rounds, *inputs))


@exercise("adaboost_round")
def test_after_a_round_the_wrong_rows_weigh_one_half(student, rng):
    """Five equal rows, one of them wrong: alpha is (1/2) ln 4, and the wrong row gets one half."""
    y = signs(rng, 5)
    predictions = (y * torch.tensor([1, 1, -1, 1, 1]))[None]
    weights = torch.full((5,), 0.2, dtype=DOUBLE)
    expected = (0, 0.5 * math.log(4), torch.tensor([1, 1, 4, 1, 1], dtype=DOUBLE) / 8)
    assert_parts(student.adaboost_round(predictions, y, weights), expected, *ROUND)


@exercise("adaboost_round")
def test_a_classifier_worse_than_chance_has_a_negative_say(student, reference, rng):
    """Wrong in nine rows of twelve: believe the opposite."""
    y = signs(rng, 12)
    predictions = torch.where(torch.arange(12) < 9, -y, y)[None]
    weights = row_weights(rng, 12)
    expected = reference.adaboost_round(predictions, y, weights)
    assert_parts(student.adaboost_round(predictions, y, weights), expected, *ROUND)


@exercise("adaboost_round")
def test_a_perfect_classifier_has_a_large_finite_say(student, rng):
    """An error of 0 is taken as 1e-10, and the weights stay as they are."""
    y, weights = signs(rng, 8), row_weights(rng, 8)
    expected = (1, 0.5 * math.log((1 - 1e-10) / 1e-10), weights)
    assert_parts(student.adaboost_round(torch.stack([-y, y]), y, weights), expected, *ROUND, rtol=1e-6)


@exercise("adaboost_round")
def test_a_classifier_that_is_always_wrong_has_a_finite_say(student, rng):
    """An error of 1 is taken as 1 - 1e-10, and the weights stay as they are."""
    y, weights = signs(rng, 8), torch.full((8,), 1 / 8, dtype=DOUBLE)
    expected = (0, -0.5 * math.log((1 - 1e-10) / 1e-10), weights)
    assert_parts(student.adaboost_round(-y[None], y, weights), expected, *ROUND, rtol=1e-5)


@exercise("adaboost_round", costs=0.25)
def test_no_factor_goes_through_single_precision(student, reference):
    """In float64 say and weights have fifteen digits: a factor that was float32 for a moment leaves eight."""
    y, weights = torch.tensor([1, -1, 1, 1, -1]), torch.tensor([0.13, 0.17, 0.19, 0.23, 0.28], dtype=DOUBLE)
    predictions = y[None] * torch.tensor([[1, 1, 1, -1, 1]])
    expected = reference.adaboost_round(predictions, y, weights)
    came = student.adaboost_round(predictions, y, weights)
    assert_parts(came, expected, *ROUND, rtol=1e-12, atol=1e-13)


@exercise("adaboost_round", costs=0.25)
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_bounds_hold_in_single_precision(student, reference, rng, sign):
    """In float32, 1 - 1e-10 is 1: an error of 1 or of 0 has a finite say all the same."""
    y, weights = signs(rng, 8), torch.full((8,), 1 / 8)
    expected = reference.adaboost_round(sign * y[None], y, weights)
    came = student.adaboost_round(sign * y[None], y, weights)
    assert_parts(came, expected, *ROUND, rtol=1e-5)


@exercise("adaboost_round")
def test_the_least_error_is_chosen_before_it_is_held(student, reference, rng):
    """Errors of 5e-11 and of 0 differ, though both are then taken as 1e-10."""
    y = signs(rng, 6)
    weights = torch.tensor([5e-11, 0.2, 0.2, 0.2, 0.2, 0.2 - 5e-11], dtype=DOUBLE)
    predictions = torch.stack([y, y])
    predictions[0, 0] *= -1
    expected = reference.adaboost_round(predictions, y, weights)
    came = student.adaboost_round(predictions, y, weights)
    assert_parts(came, expected, *ROUND)


@exercise("adaboost_round")
def test_of_equal_classifiers_the_first_is_taken(student, rng):
    """Two that are wrong in one row of sixteen each."""
    y = signs(rng, 16)
    predictions = y.repeat(4, 1)
    predictions[0], predictions[1, 5], predictions[2, 9], predictions[3, 2] = -y, -y[5], -y[9], -y[2]
    assert_equal(
        student.adaboost_round(predictions, y, torch.full((16,), 1 / 16, dtype=DOUBLE))[0], 1, what="the classifier"
    )


contract(
    "adaboost_round",
    compare=lambda came, expected, **at: assert_parts(came, expected, *ROUND, **at),
    tolerances={torch.float32: {"rtol": 1e-4, "atol": 1e-5}},
    inputs=lambda rng, K=4, N=14, dtype=DOUBLE: (signs(rng, K, N), signs(rng, N), row_weights(rng, N, dtype)),
)


# gradient_boosting_fit


def wavy(rng, num_rows, dim, dtype=DOUBLE):
    """Return rows and a target that no single split explains."""
    x = randn(rng, num_rows, dim, dtype=DOUBLE)
    y = 4.0 + torch.sin(2 * x[:, 0]) + x[:, -1] ** 2 + randn(rng, num_rows, dtype=DOUBLE, scale=0.1)
    return x.to(dtype), y.to(dtype)


@exercise("gradient_boosting_fit", devices=CPU)
@pytest.mark.parametrize(("num_rounds", "learning_rate"), [(1, 1.0), (6, 1.0), (8, 0.3), (5, 0.05)])
def test_start_and_stumps_match(student, reference, rng, num_rounds, learning_rate):
    """Several rounds, with full and with small steps."""
    x, y = wavy(rng, 30, 3)
    expected = reference.gradient_boosting_fit(x, y, num_rounds, learning_rate)
    assert_parts(student.gradient_boosting_fit(x, y, num_rounds, learning_rate), expected, *BOOSTED)


@exercise("gradient_boosting_fit", devices=CPU)
def test_a_perfect_fit_does_not_end_the_rounds(student, reference):
    """Two rows are fitted by the first stump; the other stumps add nothing, and are there."""
    x, y = torch.tensor([[0.0], [1.0]], dtype=DOUBLE), torch.tensor([1.0, 3.0], dtype=DOUBLE)
    expected = reference.gradient_boosting_fit(x, y, 3, 1.0)
    assert_parts(student.gradient_boosting_fit(x, y, 3, 1.0), expected, *BOOSTED)


@exercise("gradient_boosting_fit", devices=CPU)
def test_a_large_mean_costs_no_digits(student, reference, rng):
    """Targets around 100,000: the prediction is of their dtype from the start."""
    x, y = wavy(rng, 30, 3)
    expected = reference.gradient_boosting_fit(x, y + 1e5, 4, 0.5)
    assert_parts(student.gradient_boosting_fit(x, y + 1e5, 4, 0.5), expected, *BOOSTED)


@exercise("gradient_boosting_fit", devices=CPU)
def test_no_rounds_leave_the_mean(student, rng):
    """Before any stump the prediction is the mean of y."""
    x, y = wavy(rng, 11, 2)
    expected = (float(y.mean()), [])
    assert_parts(student.gradient_boosting_fit(x, y, 0, 0.5), expected, *BOOSTED)


def predictions_of(ns, x, y, x_new, num_rounds, learning_rate):
    """Fit, then predict other rows."""
    start, stumps = ns.gradient_boosting_fit(x, y, num_rounds, learning_rate)
    return start + sum(learning_rate * ns.predict_stump(stump, x_new) for stump in stumps)


@exercise("gradient_boosting_fit", devices=CPU)
def test_predictions_of_other_rows_match(student, reference, rng):
    """The start plus learning_rate times every stump, on rows that were not trained on."""
    x, y = wavy(rng, 40, 2)
    inputs = (x, y, randn(rng, 9, 2, dtype=DOUBLE), 12, 0.4)
    assert_close(student.run(predictions_of, *inputs), reference.run(predictions_of, *inputs))


contract(
    "gradient_boosting_fit",
    inputs=lambda rng, N=12, D=2, dtype=DOUBLE: (*wavy(rng, N, D, dtype), 3, 0.5),
    one="D",
    compare=lambda came, expected, **at: assert_parts(came, expected, *BOOSTED, **at),
    tolerances={torch.float32: {"rtol": 1e-4, "atol": 1e-5}},
    device=False,
)


# xgboost_split_gain


def derivatives(rng, num_rows, num_splits, dtype=DOUBLE):
    """Return gradients, positive hessians and ways to split."""
    gradients, hessians = randn(rng, num_rows, dtype=dtype), 0.1 + rand(rng, num_rows, dtype=dtype)
    return gradients + 0.4, hessians, rand(rng, num_splits, num_rows) < 0.45


@exercise("xgboost_split_gain")
@pytest.mark.parametrize(
    ("num_rows", "num_splits", "l2", "leaf_cost"), [(20, 6, 1.0, 0.0), (9, 1, 0.3, 0.8), (5, 14, 4.0, 0.2)]
)
def test_leaf_weights_and_gains_match(student, reference, rng, num_rows, num_splits, l2, leaf_cost):
    """All three answers, for all splits at once."""
    inputs = (*derivatives(rng, num_rows, num_splits), l2, leaf_cost)
    expected = reference.xgboost_split_gain(*inputs)
    assert_parts(student.xgboost_split_gain(*inputs), expected, *LEAVES)


@exercise("xgboost_split_gain")
def test_the_gain_of_three_rows_worked_by_hand(student):
    """Gradients 2, 1 and -3, hessians 1, l2 of 1: weights -1 and 1.5, gain 3.75 less the leaf's price."""
    gradients, hessians = torch.tensor([2.0, 1.0, -3.0], dtype=DOUBLE), torch.ones(3, dtype=DOUBLE)
    came = student.xgboost_split_gain(gradients, hessians, torch.tensor([[True, True, False]]), 1.0, 0.5)
    assert_close(came, tuple(torch.tensor([one], dtype=DOUBLE) for one in (-1.0, 1.5, 3.25)))


@exercise("xgboost_split_gain")
def test_a_split_with_an_empty_side_gains_nothing(student, rng):
    """The empty leaf weighs 0, and the split costs its leaf."""
    gradients, hessians, _ = derivatives(rng, 8, 1)
    go_left = torch.stack([torch.ones(8, dtype=torch.bool), torch.zeros(8, dtype=torch.bool)])
    left, right, gains = student.xgboost_split_gain(gradients, hessians, go_left, 0.5, 0.7)
    nothing = torch.zeros((), dtype=DOUBLE)
    assert_close(right[0], nothing, what="the weight of the empty right leaf")
    assert_close(left[1], nothing, what="the weight of the empty left leaf")
    assert_close(gains, torch.full((2,), -0.7, dtype=DOUBLE), what="the gains")


contract(
    "xgboost_split_gain",
    compare=lambda came, expected, **at: assert_parts(came, expected, *LEAVES, **at),
    one="NS",
    all_at_once="NS",
    inputs=lambda rng, N=15, S=4, dtype=DOUBLE: (*derivatives(rng, N, S, dtype), 1.5, 0.1),
    forbids=["vmap"],
    instead="a product with the mask adds up each side",
)
