"""Checks of the nearest-neighbour exercises."""

import pytest
import torch

from autograder.authoring import (
    RuleBroken,
    assert_close,
    assert_equal,
    contract,
    exercise,
    integers,
    limit_intermediates,
    operation_counts,
    randn,
)

HALF, SINGLE, DOUBLE = torch.float16, torch.float32, torch.float64
DISTANCES = ("l1_distances", "l2_distances_two_loops", "l2_distances_one_loop", "l2_distances")
READY_MADE = ("cdist", "pdist", "pairwise_distances", "euclidean_distances", "manhattan_distances", "distance_matrix")
# A square that is expanded and put together again loses digits, and the root of a small number loses
# more: so these are wider than the defaults, and still far below any mistake.
TOLERANCES = {
    HALF: {"rtol": 2e-2, "atol": 0.15},
    SINGLE: {"rtol": 1e-3, "atol": 2e-3},
    DOUBLE: {"rtol": 1e-9, "atol": 1e-9},
}


def listed(value):
    """Return the words for a list or tuple among a test's parameters."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else None


def for_each_distance(costs=1.0):
    """Make a test one check for each of the four distance exercises."""
    return pytest.mark.parametrize("name", [pytest.param(one, marks=exercise(one, costs=costs)) for one in DISTANCES])


def rows(rng, num_train, num_test, dim, dtype=DOUBLE):
    """Return training and test rows, not centred on zero."""
    return randn(rng, num_train, dim, dtype=dtype, shift=0.4), randn(rng, num_test, dim, dtype=dtype, shift=-0.3)


def table(rng, num_test, num_train, dtype=DOUBLE):
    """Return distances (num_test, num_train) of which no two in a row are equal."""
    order = [torch.from_numpy(rng.permutation(num_train)) for _ in range(num_test)]
    return (0.37 * torch.stack(order) + 0.25).to(dtype)


def noisy_clouds(rng, num_rows, dim, num_classes=3):
    """Return rows about one centre a class, and labels of which about a quarter are wrong."""
    true = integers(rng, 0, num_classes, num_rows)
    noise = torch.from_numpy(rng.random(num_rows) < 0.25)
    x = 1.5 * randn(rng, num_classes, dim, dtype=DOUBLE)[true] + randn(rng, num_rows, dim, dtype=DOUBLE)
    return x, torch.where(noise, integers(rng, 0, num_classes, num_rows), true)


# The four distances


@for_each_distance()
@pytest.mark.parametrize(("num_train", "num_test", "dim"), [(7, 5, 3), (1, 4, 6), (5, 3, 1)])
def test_every_distance_matches_the_reference(student, reference, rng, name, num_train, num_test, dim):
    """Distances from each test row (down) to each training row (across) agree with the reference."""
    x_train, x_test = rows(rng, num_train, num_test, dim, dtype=SINGLE)
    expected = getattr(reference, name)(x_train, x_test)
    assert_close(getattr(student, name)(x_train, x_test), expected, **TOLERANCES[SINGLE])


@for_each_distance(costs=0.5)
def test_a_row_in_both_sets_is_at_distance_zero(student, reference, rng, name):
    """Test rows that are also training rows have distance 0 to themselves: not NaN, and no other number."""
    # Where a square is expanded, about half of these come out a little below zero: of 24, some always do.
    # In double precision rounding leaves a ten-millionth at most: a larger number was put there.
    for dtype, rtol, atol in ((SINGLE, 1e-3, 2e-2), (DOUBLE, 1e-6, 1e-5)):
        x_train, x_test = rows(rng, 12 if name == "l2_distances_two_loops" else 24, 2, 23, dtype=dtype)
        x_test = torch.cat([x_test, x_train])
        expected = getattr(reference, name)(x_train, x_test)
        # Rounding may leave a few millionths under the root, and the root of a millionth is a thousandth.
        assert_close(getattr(student, name)(x_train, x_test), expected, rtol=rtol, atol=atol)


@for_each_distance(costs=0.5)
def test_rows_that_are_near_are_not_equal(student, reference, rng, name):
    """Rows a hundredth and a tenth apart keep their distance."""
    x_train = rows(rng, 3, 1, 4)[0]
    x_test = torch.cat([x_train + 0.005, x_train[:1] - 0.05])
    expected = getattr(reference, name)(x_train, x_test)
    assert_close(getattr(student, name)(x_train, x_test), expected, rtol=1e-6, atol=1e-6)


@for_each_distance(costs=0.5)
def test_pixels_may_go_up_to_255(student, reference, name):
    """Pixels from 0 to 255. The two test rows have the same numbers, in other places."""
    x_train = torch.tensor([[0.0, 255, 9], [255, 255, 0], [7, 1, 60]])
    x_test = torch.tensor([[200.0, 10, 4], [4, 200, 10]])
    expected = getattr(reference, name)(x_train, x_test)
    assert_close(getattr(student, name)(x_train, x_test), expected, **TOLERANCES[SINGLE])


@exercise("l1_distances", costs=0.25)
def test_thousands_of_differences_add_up_in_half_precision(student, reference):
    """4,096 differences of 1 are 4,096: in float16 a sum that grows by one at a time stops at 2,048."""
    x_train, x_test = torch.zeros(2, 4096, dtype=HALF), torch.ones(1, 4096, dtype=HALF)
    x_train[1] = 0.5
    assert_close(student.l1_distances(x_train, x_test), reference.l1_distances(x_train, x_test), **TOLERANCES[HALF])


DISTANCE = {
    "inputs": lambda rng, M=2, N=3, D=4, dtype=DOUBLE: rows(rng, N, M, D, dtype),
    "dtypes": (HALF, SINGLE, DOUBLE),
    "tolerances": TOLERANCES,
    "forbids": READY_MADE,
    "forbids_operations": ["cdist", "pdist", "_euclidean_dist"],
    "instead": "write the subtraction and the sum yourself",
}
contract("l1_distances", "l2_distances_two_loops", **DISTANCE)
contract("l2_distances_one_loop", no_loops=1, **DISTANCE)
contract("l2_distances", no_loops=True, all_at_once="MN", **DISTANCE)


@exercise("l2_distances_one_loop")
def test_a_whole_row_or_column_is_filled_at_a_time(student, rng):
    """The loop runs over the test rows or over the training rows, not over all the pairs."""
    sizes = [(3, 3), (11, 3), (3, 11)]
    cases = [rows(rng, num_train, num_test, 3) for num_train, num_test in sizes]
    few, wide, tall = student.run(operation_counts, "l2_distances_one_loop", cases)
    if min(wide, tall) > few + 4:
        raise RuleBroken(
            "l2_distances_one_loop makes more tensor operations for more test rows and also for more training "
            "rows: inside the loop, compare one row with all the rows of the other set at once"
        )


@exercise("l2_distances")
def test_the_differences_are_never_all_in_memory(student, rng):
    """No temporary of (M, N, D) numbers is made: the square is expanded first."""
    num_train, num_test, dim = 37, 31, 53
    needed = num_train * num_test + num_test * dim + num_train * dim
    limit_intermediates(student, "l2_distances", *rows(rng, num_train, num_test, dim), largest=3 * needed)


# predict_labels


@exercise("predict_labels")
@pytest.mark.parametrize(
    ("num_test", "num_train", "num_classes", "k"),
    [(9, 12, 3, 1), (1, 7, 4, 5), (10, 6, 3, 6), (5, 1, 4, 1), (7, 30, 12, 9)],
)
def test_the_labels_match_the_reference(student, reference, rng, num_test, num_train, num_classes, k):
    """The label with the most votes among the k nearest wins."""
    distances, y_train = table(rng, num_test, num_train), integers(rng, 0, num_classes, num_train)
    expected = reference.predict_labels(distances, y_train, k=k)
    assert_equal(student.predict_labels(distances, y_train, k=k), expected)


@exercise("predict_labels")
@pytest.mark.parametrize(
    ("nearest_first", "k"),
    [
        ((5, 2, 2, 5), 4),
        ((4, 1), 2),
        ((1, 4), 2),
        ((7, 9, 3, 0), 3),
        ((8, 2, 6, 6, 8, 2), 6),
        ((0, 3, 3, 1, 1, 0, 0), 5),
    ],
    ids=listed,
)
def test_a_tie_goes_to_the_smaller_label(student, reference, rng, nearest_first, k):
    """Where labels have equally many votes, the smallest of them wins, however near or far its rows are."""
    place = torch.from_numpy(rng.permutation(len(nearest_first)))
    distances, y_train = 1 + 0.5 * place[None].to(DOUBLE), torch.tensor(nearest_first)[place]
    expected = reference.predict_labels(distances, y_train, k=k)
    assert_equal(student.predict_labels(distances, y_train, k=k), expected)


@exercise("predict_labels")
def test_labels_are_names_not_positions(student, reference, rng):
    """Labels such as 3, 17 and 4,001 work, though no row has the labels between."""
    labels = torch.tensor([17, 4001, 3])
    y_train = labels.repeat(3)[torch.from_numpy(rng.permutation(9))]
    # Each label's own three rows are the nearest to one of the test rows, so that each label wins once.
    distances = table(rng, 3, 9) + 10 * (y_train != labels[:, None])
    expected = reference.predict_labels(distances, y_train, k=4)
    assert_equal(student.predict_labels(distances, y_train, k=4), expected)


@exercise("predict_labels")
def test_no_more_than_k_rows_vote(student, reference):
    """Of rows that are equally far, only as many vote as there are places left among the k."""
    distances, y_train = torch.tensor([[1.0, 2, 2, 1, 2, 2], [3.0, 1, 1, 3, 1, 1]]), torch.tensor([0, 1, 1, 0, 1, 1])
    for k in (3, 4):
        expected = reference.predict_labels(distances, y_train, k=k)
        assert_equal(student.predict_labels(distances, y_train, k=k), expected)


@exercise("predict_labels", costs=0.5)
def test_a_row_at_distance_zero_votes_like_any_other(student, reference):
    """The nearest training row is the test row itself, at distance 0, and has its vote."""
    distances, y_train = torch.tensor([[0.0, 1, 2, 3], [2, 3, 0, 1]]), torch.tensor([3, 0, 1, 1])
    for k in (1, 3):
        expected = reference.predict_labels(distances, y_train, k=k)
        assert_equal(student.predict_labels(distances, y_train, k=k), expected)


@exercise("predict_labels", costs=0.25)
def test_distances_in_float64_keep_their_digits(student, reference):
    """Distances that differ only in the tenth digit still tell which row is the nearest."""
    steps = (torch.arange(5)[:, None] + torch.arange(5)) % 5
    distances, y_train = 1 + 1e-10 * steps.to(DOUBLE), torch.arange(5)
    expected = reference.predict_labels(distances, y_train, k=1)
    assert_equal(student.predict_labels(distances, y_train, k=1), expected)


@exercise("predict_labels", costs=0.25)
def test_hundreds_of_votes_are_counted_right(student, reference, rng):
    """With 1,031 voters, 520 outvote 511."""
    y_train = (torch.arange(1031) >= 511).long()[torch.from_numpy(rng.permutation(1031))]
    distances = table(rng, 1, 1031, dtype=SINGLE)
    expected = reference.predict_labels(distances, y_train, k=1031)
    assert_equal(student.predict_labels(distances, y_train, k=1031), expected)


@exercise("predict_labels", costs=0.25)
def test_thousands_of_votes_are_counted_right_in_half_precision(student, reference):
    """2,049 votes outvote 2,048 though float16, the dtype of the distances, has no 2,049."""
    y_train, distances = (torch.arange(4097) >= 2048).long(), torch.ones(1, 4097, dtype=HALF)
    expected = reference.predict_labels(distances, y_train, k=4097)
    assert_equal(student.predict_labels(distances, y_train, k=4097), expected)


def votes(rng, M=6, N=9, dtype=DOUBLE):
    """Return distances and labels: the one row that is nearest to all is outvoted as soon as three vote."""
    distances, y_train = table(rng, M, N, dtype), integers(rng, 0, 2, N)
    distances[:, 0], y_train[0] = 0.125, 2
    return distances, y_train


contract(
    "predict_labels",
    inputs=votes,
    settings={"k": 3},
    dtypes=(HALF, SINGLE, DOUBLE),
    digits=False,
    compare=assert_equal,
    square={"M": 24, "N": 24},  # labels may agree by chance: many don't
)


# cross_validate_k


@exercise("cross_validate_k")
@pytest.mark.parametrize(
    ("num_rows", "dim", "num_folds", "k_choices"),
    [(20, 3, 4, [1, 3]), (23, 6, 4, [1, 4, 2]), (29, 4, 3, [6]), (5, 2, 5, [2, 1]), (14, 1, 2, [7, 3])],
    ids=listed,
)
def test_the_accuracies_match_the_reference(student, reference, rng, num_rows, dim, num_folds, k_choices):
    """Each k has its list of accuracies, one float for each fold, in the order of the folds."""
    x, y = noisy_clouds(rng, num_rows, dim)
    expected = reference.cross_validate_k(x, y, num_folds, k_choices)
    assert_close(student.cross_validate_k(x, y, num_folds, k_choices), expected)


@exercise("cross_validate_k")
def test_the_rows_keep_their_order(student, reference, rng):
    """Folds are consecutive rows: nothing is shuffled, even where the rows are sorted by label."""
    x, y = noisy_clouds(rng, 26, 3, num_classes=5)
    order = y.argsort(stable=True)
    expected = reference.cross_validate_k(x[order], y[order], 4, [1, 3])
    assert_close(student.cross_validate_k(x[order], y[order], 4, [1, 3]), expected)


@exercise("cross_validate_k")
def test_the_first_folds_are_the_longer_ones(student, reference, rng):
    """Of 17 rows in 5 folds, the first two have 4 rows and the others 3."""
    x, y = noisy_clouds(rng, 17, 2)
    expected = reference.cross_validate_k(x, y, 5, [1, 4])
    assert_close(student.cross_validate_k(x, y, 5, [1, 4]), expected)


@exercise("cross_validate_k", costs=0.25)
def test_a_share_of_half_precision_rows_is_a_python_float(student, reference):
    """The rows are float16, and a third of a fold is 0.33333 all the same: more digits than float16 has."""
    x = torch.tensor([[0, 10, 20, 1, 11, 21, 3, 13, 23]], dtype=HALF).T
    y = torch.tensor([0, 1, 2, 0, 2, 0, 0, 2, 1])
    assert_close(student.cross_validate_k(x, y, 3, [1]), reference.cross_validate_k(x, y, 3, [1]))


def folds(rng, N=7, D=3):
    """Return rows, labels, a number of folds and choices of k. Half precision would be decided by rounding."""
    return *noisy_clouds(rng, N, D), 2, [1, 3, 2]


contract(
    "cross_validate_k", inputs=folds, one="D", square={"N": 24, "D": 24}, device=False
)  # what it calls has that test
