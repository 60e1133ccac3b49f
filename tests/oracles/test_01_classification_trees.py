"""The tree references against scipy, scikit-learn, exhaustive search and closed forms."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import AdaBoostClassifier, GradientBoostingRegressor, RandomForestClassifier
from sklearn.metrics import mutual_info_score
from sklearn.tree import DecisionTreeClassifier

NOTEBOOK = "01_classification/trees"


def wine() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = load_wine(return_X_y=True)
    return torch.from_numpy(x), torch.from_numpy(y).long()


def as_dicts(model, num_classes: int, node: int = 0) -> dict:
    """Return a fitted scikit-learn tree in the notebook's form."""
    tree = model.tree_
    rows = tree.value[node, 0] / tree.value[node, 0].sum() * tree.weighted_n_node_samples[node]
    counts = [round(float(one)) for one in rows]
    if tree.children_left[node] < 0:
        return {"counts": counts}
    below = {"left": tree.children_left[node], "right": tree.children_right[node]}
    children = {side: as_dicts(model, num_classes, child) for side, child in below.items()}
    return {"counts": counts, "feature": int(tree.feature[node]), "threshold": float(tree.threshold[node]), **children}


def assert_same_tree(ours: dict, theirs: dict) -> None:
    assert ours.keys() == theirs.keys()
    assert ours["counts"] == theirs["counts"]
    if "left" in ours:
        assert ours["feature"] == theirs["feature"]
        assert ours["threshold"] == pytest.approx(theirs["threshold"])
        assert_same_tree(ours["left"], theirs["left"])
        assert_same_tree(ours["right"], theirs["right"])


def test_entropy_agrees_with_scipy(solution):
    counts = torch.tensor([[3.0, 1, 0, 4], [0, 0, 7, 0], [2, 2, 2, 2], [0.1, 0.3, 5, 0]]).double()
    np.testing.assert_allclose(solution.entropy(counts), scipy_entropy(counts.numpy(), base=2, axis=1), atol=1e-12)
    assert solution.entropy(torch.zeros(3)).item() == 0


def test_information_gain_is_scikit_learns_mutual_information_in_bits(solution):
    rng = np.random.default_rng(0)
    attribute, y = rng.integers(-2, 3, 60), rng.integers(0, 4, 60)
    expected = mutual_info_score(attribute, y) / math.log(2)
    assert solution.information_gain(torch.tensor(attribute), torch.tensor(y)) == pytest.approx(expected)


def test_the_gain_ratio_of_a_table_worked_by_hand(solution):
    colour, label = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2]), torch.tensor([0, 0, 0, 1, 1, 1, 0, 1])
    intrinsic = -(2 * 3 / 8 * math.log2(3 / 8) + 2 / 8 * math.log2(2 / 8))
    assert solution.gain_ratio(colour, label) == pytest.approx(0.75 / intrinsic)
    assert solution.gain_ratio(torch.arange(8), label) == pytest.approx(1 / 3)
    assert solution.gain_ratio(torch.zeros(8, dtype=torch.int64), label) == 0.0


def test_gini_is_the_chance_that_two_draws_differ(solution):
    counts = torch.tensor([3, 1, 4])
    pairs = itertools.product(torch.repeat_interleave(torch.arange(3), counts).tolist(), repeat=2)
    differ = [first != second for first, second in pairs]
    assert solution.gini_impurity(counts).item() == pytest.approx(sum(differ) / len(differ))
    assert solution.gini_impurity(torch.tensor([[5, 0], [0, 0], [1, 1]])).tolist() == [0.0, 0.0, 0.5]


@pytest.mark.parametrize("min_leaf", [1, 40, 60])
def test_the_best_split_is_scikit_learns_stump(solution, min_leaf):
    x, y = wine()
    model = DecisionTreeClassifier(max_depth=1, min_samples_leaf=min_leaf).fit(x, y)
    feature, threshold, decrease = solution.best_split(x, y, 3, min_leaf)
    impurity, rows = model.tree_.impurity, model.tree_.n_node_samples
    assert (feature, threshold) == (model.tree_.feature[0], pytest.approx(model.tree_.threshold[0]))
    assert decrease == pytest.approx(impurity[0] - (rows[1] * impurity[1] + rows[2] * impurity[2]) / rows[0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64], ids=str)
def test_a_tree_over_neighbouring_numbers_has_no_empty_leaf(solution, dtype):
    steps = torch.arange(16, dtype=torch.float64) * torch.finfo(dtype).eps
    x, y = (1 + steps).to(dtype)[:, None], torch.arange(16) % 2
    tree = solution.grow_tree(x, y, 2, max_depth=16)
    leaves = [tree]
    while any("left" in one for one in leaves):
        leaves = [below for one in leaves for below in ([one["left"], one["right"]] if "left" in one else [one])]
    assert sorted(one["counts"] for one in leaves) == 8 * [[0, 1]] + 8 * [[1, 0]]


@pytest.mark.parametrize(("max_depth", "min_leaf"), [(1, 1), (3, 1), (3, 60), (4, 50)])
def test_the_tree_is_scikit_learns(solution, max_depth, min_leaf):
    # Of equally good splits scikit-learn picks one at random; ten classes leave no such ties here.
    x, y = load_digits(return_X_y=True)
    model = DecisionTreeClassifier(max_depth=max_depth, min_samples_leaf=min_leaf, random_state=0).fit(x, y)
    tree = solution.grow_tree(torch.from_numpy(x), torch.from_numpy(y).long(), 10, max_depth, min_leaf)
    assert_same_tree(tree, as_dicts(model, 10))


def prunings(tree: dict) -> list[dict]:
    """Return every tree that comes from turning nodes into leaves."""
    leaf = {"counts": tree["counts"]}
    if "left" not in tree:
        return [leaf]
    pairs = itertools.product(prunings(tree["left"]), prunings(tree["right"]))
    return [leaf, *({**tree, "left": left, "right": right} for left, right in pairs)]


def num_leaves(tree: dict) -> int:
    return num_leaves(tree["left"]) + num_leaves(tree["right"]) if "left" in tree else 1


@pytest.mark.parametrize("seed", range(5))
def test_pruning_finds_the_smallest_of_the_most_accurate_prunings(solution, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(90, 3, generator=generator)
    y = ((x[:, 0] > 0) ^ (torch.rand(90, generator=generator) < 0.3)).long()
    tree = solution.grow_tree(x[:50], y[:50], 2, 4)

    def cost(candidate: dict) -> tuple[int, int]:
        errors = (solution.predict_tree(candidate, x[50:]) != y[50:]).sum().item()
        return errors, num_leaves(candidate)

    pruned = solution.prune_tree(tree, x[50:], y[50:])
    assert cost(pruned) == min(map(cost, prunings(tree)))


def test_one_row_in_e_stays_out_of_the_bag(solution):
    generator = torch.Generator().manual_seed(0)
    shares = [len(solution.bootstrap_sample(1000, generator)[1]) / 1000 for _ in range(200)]
    assert sum(shares) / 200 == pytest.approx((1 - 1 / 1000) ** 1000, abs=0.004)
    assert pytest.approx(1 / math.e, abs=2e-4) == (1 - 1 / 1000) ** 1000


def test_a_bag_and_what_stayed_out_are_all_rows(solution):
    in_bag, out_of_bag = solution.bootstrap_sample(30, torch.Generator().manual_seed(3))
    assert len(in_bag) == 30
    assert sorted([*set(in_bag.tolist()), *out_of_bag.tolist()]) == list(range(30))


def test_the_soft_vote_is_scikit_learns_random_forest(solution):
    x, y = wine()
    x = x.float()
    forest = RandomForestClassifier(15, max_depth=4, random_state=0).fit(x, y)
    trees = [as_dicts(model, 3) for model in forest.estimators_]
    np.testing.assert_allclose(solution.random_forest_vote(trees, x.double()), forest.predict_proba(x), atol=1e-12)


def test_rounds_follow_scikit_learns_adaboost(solution):
    x, y = load_breast_cancer(return_X_y=True)
    model = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=12, random_state=0).fit(x, y)
    signs, weights = torch.from_numpy(2 * y - 1).long(), torch.full((len(y),), 1 / len(y), dtype=torch.float64)
    for stump, error, say in zip(model.estimators_, model.estimator_errors_, model.estimator_weights_, strict=True):
        answers = torch.from_numpy(2 * stump.predict(x) - 1).long()
        assert (weights * (answers != signs)).sum().item() == pytest.approx(error)
        best, alpha, weights = solution.adaboost_round(torch.stack([-answers, answers]), signs, weights)
        # scikit-learn's SAMME leaves out the one half.
        assert (best, 2 * alpha) == (1, pytest.approx(say))


@pytest.mark.parametrize("learning_rate", [0.1, 1.0])
def test_boosted_stumps_are_scikit_learns(solution, learning_rate):
    x, y = load_diabetes(return_X_y=True)
    model = GradientBoostingRegressor(n_estimators=20, learning_rate=learning_rate, max_depth=1)
    model.fit(x, y)
    rows = torch.from_numpy(x)
    start, stumps = solution.gradient_boosting_fit(rows, torch.from_numpy(y), 20, learning_rate)
    steps = sum(learning_rate * solution.predict_stump(stump, rows) for stump in stumps)
    np.testing.assert_allclose(start + steps, model.predict(x), rtol=1e-6)


def test_the_leaf_weight_is_where_the_objective_is_least(solution):
    generator = torch.Generator().manual_seed(1)
    gradients = torch.randn(9, generator=generator, dtype=torch.float64)
    hessians = torch.rand(9, generator=generator, dtype=torch.float64) + 0.1
    go_left = torch.rand(4, 9, generator=generator) < 0.5
    l2, leaf_cost = 0.7, 0.3

    def objective(rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return (gradients[rows] * weight + hessians[rows] * weight**2 / 2).sum() + l2 * weight**2 / 2

    grid = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    left, right, gains = solution.xgboost_split_gain(gradients, hessians, go_left, l2, leaf_cost)
    for split in range(4):
        least = []
        for rows, weight in ((go_left[split], left[split]), (~go_left[split], right[split])):
            slopes = gradients[rows].sum() * grid + (hessians[rows].sum() + l2) * grid**2 / 2
            assert weight.item() == pytest.approx(grid[slopes.argmin()].item(), abs=1e-4)
            least.append(objective(rows, weight))
        everything = torch.ones(9, dtype=torch.bool)
        whole = objective(everything, -gradients.sum() / (hessians.sum() + l2))
        assert gains[split].item() == pytest.approx((whole - sum(least) - leaf_cost).item())
