"""The regression references against torch, autograd and scikit-learn."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes, load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB

NOTEBOOK = "01_classification/regression"


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def diabetes() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = load_diabetes(return_X_y=True)
    return torch.from_numpy(x), torch.from_numpy(y)


def binary_digits() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = load_digits(n_class=2, return_X_y=True)
    return torch.from_numpy(x) / 16, torch.from_numpy(y).long()


def test_least_squares_agrees_with_torch_lstsq(solution):
    x, y = diabetes()
    extended = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    expected = torch.linalg.lstsq(extended, y[:, None]).solution[:, 0]
    weights, bias = solution.fit_linear_regression(x, y)
    torch.testing.assert_close(torch.cat([weights, bias[None]]), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("ridge", [1e-3, 1.0, 50.0])
def test_ridge_agrees_with_scikit_learn(solution, ridge):
    x, y = diabetes()
    x, y = x[:7] * 10, y[:7]
    model = Ridge(alpha=ridge).fit(x, y)
    weights, bias = solution.fit_linear_regression(x, y, ridge)
    np.testing.assert_allclose(weights, model.coef_, rtol=1e-6, atol=1e-9)
    assert bias.item() == pytest.approx(model.intercept_)


def test_the_squared_errors_gradient_agrees_with_autograd(solution):
    x, y = randn(11, 3), randn(11, seed=1)
    weights, bias = randn(3, seed=2).requires_grad_(), randn(1, seed=3)[0].requires_grad_()
    loss = F.mse_loss(x @ weights + bias, y)
    expected = (loss, *torch.autograd.grad(loss, [weights, bias]))
    torch.testing.assert_close(solution.linear_regression_gradient(x, y, weights, bias), expected)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_the_logistic_loss_agrees_with_torch_and_autograd(solution, scale):
    x, y = randn(13, 4) * scale, (randn(13, seed=1) > 0).long()
    weights, bias = randn(4, seed=2).requires_grad_(), randn(1, seed=3)[0].requires_grad_()
    loss = F.binary_cross_entropy_with_logits(x @ weights + bias, y.double()) + 0.35 * weights.square().sum()
    expected = (loss, *torch.autograd.grad(loss, [weights, bias]))
    torch.testing.assert_close(solution.logistic_loss(x, y, weights, bias, 0.7), expected)


def test_one_newton_step_agrees_with_autograds_hessian(solution):
    x, y, ridge = randn(12, 3), (randn(12, seed=1) > 0).long(), 0.2
    parameters = randn(4, seed=2)

    def loss(p: torch.Tensor) -> torch.Tensor:
        return F.binary_cross_entropy_with_logits(x @ p[:3] + p[3], y.double()) + ridge / 2 * p[:3].square().sum()

    gradient = torch.func.grad(loss)(parameters)
    expected = parameters - torch.linalg.solve(torch.func.hessian(loss)(parameters), gradient)
    weights, bias = solution.logistic_newton_step(x, y, parameters[:3], parameters[3], ridge)
    torch.testing.assert_close(torch.cat([weights, bias[None]]), expected)


def test_newton_steps_arrive_where_scikit_learn_does(solution):
    x, y = binary_digits()
    ridge = 0.01
    model = LogisticRegression(C=1 / (ridge * len(y)), tol=1e-10, max_iter=10_000).fit(x, y)
    weights, bias = torch.zeros(64, dtype=x.dtype), torch.zeros((), dtype=x.dtype)
    for _ in range(8):
        weights, bias = solution.logistic_newton_step(x, y, weights, bias, ridge)
    np.testing.assert_allclose(weights, model.coef_[0], atol=1e-5)
    assert bias.item() == pytest.approx(model.intercept_[0], abs=1e-5)


def test_soft_thresholding_is_torchs_softshrink(solution):
    values = randn(5, 7) * 2
    torch.testing.assert_close(solution.soft_threshold(values, 0.8), F.softshrink(values, 0.8))


@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_proximal_steps_with_it_arrive_where_scikit_learns_lasso_does(solution, alpha):
    x, y = diabetes()
    x, y = x * len(x) ** 0.5, y - y.mean()
    model = Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y)
    step = len(x) / torch.linalg.matrix_norm(x, 2).item() ** 2
    weights = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(5_000):
        gradient = x.T @ (x @ weights - y) / len(x)
        weights = solution.soft_threshold(weights - step * gradient, step * alpha)
    np.testing.assert_allclose(weights, model.coef_, rtol=1e-4, atol=1e-4)
    assert ((weights == 0).numpy() == (model.coef_ == 0)).all()


@pytest.mark.parametrize("smoothing", [1e-9, 0.1])
def test_naive_bayes_agrees_with_scikit_learn(solution, smoothing):
    x, y = load_digits(return_X_y=True)
    model = GaussianNB(var_smoothing=smoothing).fit(x[:900], y[:900])
    rows, labels = torch.from_numpy(x), torch.from_numpy(y).long()
    priors, means, variances = solution.fit_gaussian_naive_bayes(rows[:900], labels[:900], 10, smoothing)
    np.testing.assert_allclose(priors, model.class_prior_)
    np.testing.assert_allclose(means, model.theta_)
    np.testing.assert_allclose(variances, model.var_)
    predicted, log_posterior = solution.predict_gaussian_naive_bayes(rows[900:], priors, means, variances)
    np.testing.assert_allclose(log_posterior, model.predict_log_proba(x[900:]), rtol=1e-6, atol=1e-6)
    assert (predicted.numpy() == model.predict(x[900:])).all()


@pytest.mark.parametrize("rows", [300, 20])
def test_pca_agrees_with_scikit_learn_up_to_the_sign_of_a_component(solution, rows):
    x, _ = load_digits(return_X_y=True)
    model = PCA(6, svd_solver="full").fit(x[:rows])
    mean, components, variances = solution.pca(torch.from_numpy(x[:rows]), 6)
    np.testing.assert_allclose(mean, model.mean_)
    np.testing.assert_allclose(variances, model.explained_variance_)
    np.testing.assert_allclose((components.numpy() * model.components_).sum(axis=1) ** 2, 1.0)


def test_every_principal_component_has_a_positive_largest_entry(solution):
    _, components, _ = solution.pca(randn(30, 9), 5)
    assert (components.amax(dim=1) == components.abs().amax(dim=1)).all()
