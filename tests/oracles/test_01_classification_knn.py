"""The nearest-neighbour references against torch.cdist, scikit-learn, and numbers worked by hand."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

NOTEBOOK = "01_classification/knn"
L2 = ["l2_distances_two_loops", "l2_distances_one_loop", "l2_distances"]


def rows(*shape: int, seed: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def blurred_digits(num: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Digits with a little noise, so that no two distances are equal and the order of rows can't matter."""
    pixels, labels = load_digits(return_X_y=True)
    return torch.from_numpy(pixels[:num]) / 16 + 0.3 * rows(num, 64, seed=5), torch.from_numpy(labels[:num]).long()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_l1_distances_agree_with_torch_cdist(solution, dtype):
    x_train, x_test = rows(13, 7, seed=0, dtype=dtype), rows(5, 7, seed=1, dtype=dtype)
    torch.testing.assert_close(solution.l1_distances(x_train, x_test), torch.cdist(x_test, x_train, p=1))


@pytest.mark.parametrize("name", L2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_l2_distances_agree_with_torch_cdist(solution, name, dtype):
    x_train, x_test = rows(13, 7, seed=0, dtype=dtype), rows(5, 7, seed=1, dtype=dtype)
    expected = torch.cdist(x_test, x_train, compute_mode="donot_use_mm_for_euclid_dist")
    torch.testing.assert_close(getattr(solution, name)(x_train, x_test), expected)


@pytest.mark.parametrize("name", L2)
def test_l2_distances_of_equal_rows_are_zero_and_never_nan(solution, name):
    x = rows(200, 30, seed=2, dtype=torch.float32)
    own = getattr(solution, name)(x[:50], x[:50]).diagonal()
    assert not own.isnan().any()
    torch.testing.assert_close(own, torch.zeros(50), rtol=0, atol=1e-2)


def test_the_distances_worked_by_hand_in_the_notebook(solution):
    a, b = torch.tensor([[3.0, 1.0, 0.0, 2.0]]), torch.tensor([[1.0, 1.0, 4.0, 2.0]])
    assert solution.l1_distances(b, a).item() == 6
    for name in L2:
        assert getattr(solution, name)(b, a).item() == pytest.approx(20**0.5)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 30])
def test_predicted_labels_agree_with_scikit_learn_ties_included(solution, k):
    x, y = blurred_digits(330)
    model = KNeighborsClassifier(k).fit(x[:300], y[:300])
    predicted = solution.predict_labels(torch.cdist(x[300:], x[:300]), y[:300], k=k)
    np.testing.assert_array_equal(predicted, model.predict(x[300:]))


def test_the_votes_counted_by_hand_in_the_notebook(solution):
    distances, labels = torch.tensor([[1.1, 1.3, 1.4, 1.8, 2.0]]), torch.tensor([7, 1, 1, 7, 9])
    assert [solution.predict_labels(distances, labels, k).item() for k in (1, 3, 4)] == [7, 1, 1]


@pytest.mark.parametrize("num_folds", [2, 5, 7])
def test_cross_validation_agrees_with_scikit_learn(solution, num_folds):
    x, y = blurred_digits(153)
    accuracies = solution.cross_validate_k(x, y, num_folds, [1, 4, 9])
    assert list(accuracies) == [1, 4, 9]
    for k, found in accuracies.items():
        expected = cross_val_score(KNeighborsClassifier(k), x, y, cv=KFold(num_folds))
        assert found == pytest.approx(expected.tolist())


def test_cross_validation_gives_plain_floats(solution):
    x, y = blurred_digits(20)
    assert {type(one) for one in solution.cross_validate_k(x, y, 3, [2])[2]} == {float}
