"""The references of the linear notebook held to torch, autograd, scikit-learn and closed forms."""

import math

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

NOTEBOOK = "01_classification/linear"
SIZES = [(7, 5, 4), (1, 3, 2), (6, 1, 3), (4, 6, 11)]
REG = 0.3


def make_batch(num_images, num_pixels, num_classes):
    generator = torch.Generator().manual_seed(num_images)
    weights = torch.randn(num_pixels, num_classes, generator=generator, dtype=torch.float64)
    x = torch.randn(num_images, num_pixels, generator=generator, dtype=torch.float64)
    return weights, x, torch.randint(0, num_classes, (num_images,), generator=generator)


def multi_margin(weights, x, y):
    # torch divides the sum over the classes by their number; the course does not.
    return F.multi_margin_loss(x @ weights, y) * weights.shape[1] + REG * (weights**2).sum()


def cross_entropy(weights, x, y):
    return F.cross_entropy(x @ weights, y) + REG * (weights**2).sum()


def by_autograd(loss, weights, x, y):
    weights = weights.clone().requires_grad_()
    value = loss(weights, x, y)
    return value.detach(), torch.autograd.grad(value, weights)[0]


def test_predict_linear_agrees_with_torch_linear(solution):
    weights, x, _ = make_batch(7, 5, 4)
    scores, labels = solution.predict_linear(weights, x)
    torch.testing.assert_close(scores, F.linear(x, weights.T))
    torch.testing.assert_close(labels, F.linear(x, weights.T).topk(1).indices[:, 0])


@pytest.mark.parametrize("size", SIZES)
def test_svm_loss_naive_agrees_with_multi_margin_loss(solution, size):
    weights, x, y = make_batch(*size)
    torch.testing.assert_close(solution.svm_loss_naive(weights, x, y, REG), multi_margin(weights, x, y))


@pytest.mark.parametrize("size", SIZES)
def test_svm_loss_agrees_with_multi_margin_loss_and_autograd(solution, size):
    batch = make_batch(*size)
    torch.testing.assert_close(solution.svm_loss(*batch, REG), by_autograd(multi_margin, *batch))


@pytest.mark.parametrize("size", SIZES)
def test_softmax_loss_naive_agrees_with_cross_entropy(solution, size):
    weights, x, y = make_batch(*size)
    torch.testing.assert_close(solution.softmax_loss_naive(weights, x, y, REG), cross_entropy(weights, x, y))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [1.0, 3000.0])
def test_softmax_loss_agrees_with_cross_entropy_and_autograd(solution, size, scale):
    weights, x, y = make_batch(*size)
    batch = (weights, scale * x, y)
    torch.testing.assert_close(solution.softmax_loss(*batch, REG), by_autograd(cross_entropy, *batch))


def test_training_reaches_the_convex_optimum_that_scikit_learn_finds(solution):
    pixels, labels = load_digits(n_class=4, return_X_y=True)
    x, y = torch.from_numpy(pixels[:200]) / 16, torch.from_numpy(labels[:200]).long()
    reg = 1e-2
    # scikit-learn minimises C times the summed loss plus half the squares.
    judge = LogisticRegression(C=1 / (2 * reg * len(x)), fit_intercept=False, tol=1e-10, max_iter=5000).fit(x, y)
    everything = torch.arange(len(x)).repeat(1500, 1)
    start = torch.zeros(x.shape[1], 4, dtype=torch.float64)
    weights, losses = solution.train_linear_classifier(solution.softmax_loss, start, x, y, everything, 0.3, reg)
    torch.testing.assert_close(weights, torch.from_numpy(judge.coef_).T, rtol=1e-4, atol=1e-5)
    assert losses[0] == pytest.approx(math.log(4))


@pytest.mark.parametrize(("num_images", "num_classes"), [(5, 3), (8, 10)])
def test_loss_facts_agree_with_the_losses_measured(solution, num_images, num_classes):
    facts = solution.loss_facts(num_images, num_classes)
    scores, y = torch.zeros(num_images, num_classes), torch.zeros(num_images, dtype=torch.long)
    mean_over_all = F.multi_margin_loss(scores, y).item()
    assert facts["start_svm"] == pytest.approx(mean_over_all * num_classes)
    assert facts["start_softmax"] == pytest.approx(F.cross_entropy(scores, y).item())
    assert facts["true_class_adds"] == pytest.approx(
        (scores - scores[:, :1] + 1).clamp(min=0).sum(1).mean().item() - facts["start_svm"]
    )
    assert facts["start_svm"] / facts["mean_divides_by"] == 1


def test_loss_facts_agree_with_extreme_scores(solution):
    facts = solution.loss_facts(1, 3)
    right, wrong = torch.tensor([[1e6, 0.0, 0.0]]), torch.tensor([[-1e6, 0.0, 0.0]])
    y = torch.tensor([0])
    for loss in (F.cross_entropy, F.multi_margin_loss):
        assert loss(right, y).item() == facts["lowest"]
        assert loss(wrong, y).item() > 1e5
        assert loss(2 * right, y).item() == loss(right, y).item()
    assert facts["highest"] == math.inf
    assert facts["unique"] is False
    one, two = (F.multi_margin_loss(torch.tensor([[1.0, margin, -9.0]]), y, p=2).item() for margin in (1.0, 2.0))
    assert two / one == facts["square_of_double"]
