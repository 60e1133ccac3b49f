"""Checks of the regression exercises."""

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    assert_parts,
    contract,
    exercise,
    integers,
    randn,
)

DOUBLE = torch.float64
LOSS = ("the loss", "the gradient of the weights", "the gradient of the bias")
BAYES = ("the priors", "the means", "the variances")
PCA = ("the mean", "the components", "the variances")


def parts(*names):
    """Return a comparison that names the part which differs."""

    def compare(came, expected, rtol=None, atol=None):
        assert_parts(came, expected, *names, rtol=rtol, atol=atol)

    return compare


def in_single(rtol, atol):
    """Return what is allowed in float32 where many numbers add up."""
    return {torch.float32: {"rtol": rtol, "atol": atol}}


def line(rng, num_rows, dim, dtype=DOUBLE, shift=0.0):
    """Return rows, targets near a hyperplane with a bias, and some weights and a bias to stand at."""
    x = randn(rng, num_rows, dim, dtype=dtype, shift=shift)
    targets = x @ randn(rng, dim, dtype=dtype) + 3.5 + randn(rng, num_rows, dtype=dtype, scale=0.3)
    return x, targets, randn(rng, dim, dtype=dtype), randn(rng, 1, dtype=dtype)[0]


def two_classes(rng, num_rows, dim, dtype=DOUBLE):
    """Return rows, labels 0 and 1 that no hyperplane parts, and weights and a bias to stand at."""
    x = randn(rng, num_rows, dim, dtype=dtype)
    y = integers(rng, 0, 2, num_rows)
    y[0], y[-1] = 0, 1
    return x, y, randn(rng, dim, dtype=dtype), randn(rng, 1, dtype=dtype)[0]


def clouds(rng, sizes, dim, dtype=DOUBLE, shift=0.0, scale=1.0):
    """Return shuffled rows and labels, sizes[c] rows of class c, each with its own mean and spread."""
    y = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    y = y[torch.from_numpy(rng.permutation(len(y)))]
    centres = randn(rng, len(sizes), dim, dtype=DOUBLE, scale=2.0)
    spreads = 0.5 + randn(rng, len(sizes), dim, dtype=DOUBLE).abs()
    x = centres[y] + spreads[y] * randn(rng, len(y), dim, dtype=DOUBLE)
    return (x * scale + shift).to(dtype), y


# fit_linear_regression


@exercise("fit_linear_regression")
@pytest.mark.parametrize(("num_rows", "dim"), [(30, 4), (9, 1), (17, 6)])
def test_least_squares_matches_the_reference(student, reference, rng, num_rows, dim):
    """Weights and bias are those with the least squared error."""
    x, y, _, _ = line(rng, num_rows, dim, shift=2.0)
    expected = reference.fit_linear_regression(x, y)
    assert_parts(student.fit_linear_regression(x, y), expected, "the weights", "the bias")


@exercise("fit_linear_regression")
@pytest.mark.parametrize("ridge", [0.05, 3.0, 40.0])
def test_ridge_matches_the_reference(student, reference, rng, ridge):
    """The penalty shrinks the weights as the formula says, and leaves the bias free."""
    x, y, _, _ = line(rng, 23, 5, shift=1.5)
    expected = reference.fit_linear_regression(x, y, ridge)
    assert_parts(student.fit_linear_regression(x, y, ridge), expected, "the weights", "the bias")


@exercise("fit_linear_regression")
def test_ridge_copes_with_fewer_rows_than_columns(student, reference, rng):
    """With a positive penalty there is one answer even for 5 rows of 8 numbers."""
    x, y, _, _ = line(rng, 5, 8)
    expected = reference.fit_linear_regression(x, y, 0.7)
    assert_parts(student.fit_linear_regression(x, y, 0.7), expected, "the weights", "the bias")


@exercise("fit_linear_regression")
def test_a_very_large_penalty_leaves_the_mean_as_the_bias(student, rng):
    """As ridge grows the weights go to zero and the bias to the mean of y."""
    x, y, _, _ = line(rng, 20, 3)
    weights, bias = student.fit_linear_regression(x, y, 1e12)
    assert_close(weights, torch.zeros(3, dtype=DOUBLE), what="the weights")
    assert_close(bias, y.mean(), what="the bias")


contract(
    "fit_linear_regression",
    inputs=lambda rng, N=12, D=3, dtype=DOUBLE: line(rng, N, D, dtype, shift=1.0)[:2],
    settings={"ridge": 2.0},
    square={"N": 6, "D": 6},
    one="D",
    compare=parts("the weights", "the bias"),
    tolerances=in_single(1e-3, 1e-3),
)


# linear_regression_gradient


@exercise("linear_regression_gradient")
@pytest.mark.parametrize(("num_rows", "dim"), [(13, 4), (1, 3), (8, 1)])
def test_the_squared_error_and_its_gradients_match(student, reference, rng, num_rows, dim):
    """Loss and both gradients agree with the reference."""
    inputs = line(rng, num_rows, dim)
    expected = reference.linear_regression_gradient(*inputs)
    assert_parts(student.linear_regression_gradient(*inputs), expected, *LOSS)


@exercise("linear_regression_gradient")
def test_the_gradients_agree_with_autograd(student, rng):
    """The gradient is the slope of the loss that the docstring defines."""
    x, y, weights, bias = line(rng, 11, 3)
    weights, bias = weights.requires_grad_(), bias.requires_grad_()
    loss = torch.nn.functional.mse_loss(x @ weights + bias, y)
    expected = (loss.detach(), *torch.autograd.grad(loss, [weights, bias]))
    assert_parts(student.linear_regression_gradient(x, y, weights.detach(), bias.detach()), expected, *LOSS)


@exercise("linear_regression_gradient")
def test_at_the_least_squares_answer_the_gradients_are_zero(student, reference, rng):
    """Where the fit is best, no step helps."""
    x, y, _, _ = line(rng, 25, 4)
    _, weights_grad, bias_grad = student.linear_regression_gradient(x, y, *reference.fit_linear_regression(x, y))
    assert_close(weights_grad, torch.zeros(4, dtype=DOUBLE), what="the gradient of the weights")
    assert_close(bias_grad, torch.zeros((), dtype=DOUBLE), what="the gradient of the bias")


contract(
    "linear_regression_gradient",
    inputs=lambda rng, N=12, D=3, dtype=DOUBLE: line(rng, N, D, dtype),
    compare=parts(*LOSS),
    one="ND",
    no_loops=True,
    by_hand=True,
    forbids=["backward"],
    instead="work the gradient out by hand",
)


# logistic_loss


@exercise("logistic_loss")
@pytest.mark.parametrize(("num_rows", "dim", "ridge"), [(14, 5, 0.0), (2, 3, 0.6), (9, 1, 5.0)])
def test_the_logistic_loss_and_its_gradients_match(student, reference, rng, num_rows, dim, ridge):
    """Loss and both gradients agree with the reference, with and without a penalty."""
    inputs = two_classes(rng, num_rows, dim)
    expected = reference.logistic_loss(*inputs, ridge)
    assert_parts(student.logistic_loss(*inputs, ridge), expected, *LOSS)


@exercise("logistic_loss")
def test_at_zero_weights_the_loss_is_log_two(student, rng):
    """A model that knows nothing gives both classes one half."""
    x, y, weights, bias = two_classes(rng, 12, 3)
    loss, _, bias_grad = student.logistic_loss(x, y, torch.zeros_like(weights), torch.zeros_like(bias))
    assert_close(loss, torch.log(torch.tensor(2.0, dtype=DOUBLE)), what="the loss")
    assert_close(bias_grad, 0.5 - y.double().mean(), what="the gradient of the bias")


@exercise("logistic_loss")
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE], ids=["float32", "float64"])
def test_the_logistic_loss_stands_logits_in_the_thousands(student, reference, rng, dtype):
    """Sure and right costs nothing, sure and wrong costs the logit: never infinity or NaN."""
    x, y, weights, bias = two_classes(rng, 15, 4, dtype)
    inputs = (x * 2000, y, weights, bias)
    expected = reference.logistic_loss(*inputs, 0.3)
    assert_parts(student.logistic_loss(*inputs, 0.3), expected, *LOSS)


contract(
    "logistic_loss",
    inputs=lambda rng, N=12, D=3, dtype=DOUBLE: two_classes(rng, N, D, dtype),
    settings={"ridge": 0.8},
    compare=parts(*LOSS),
    one="D",
    no_loops=True,
    by_hand=True,
    instead="write loss and gradient out by hand",
    forbids=[
        "backward",
        "binary_cross_entropy_with_logits",
        "binary_cross_entropy",
        "BCEWithLogitsLoss",
        "BCELoss",
        "cross_entropy",
        "CrossEntropyLoss",
        "soft_margin_loss",
    ],
)


# logistic_newton_step


@exercise("logistic_newton_step")
@pytest.mark.parametrize(("num_rows", "dim", "ridge"), [(21, 4, 0.3), (30, 1, 0.0), (6, 9, 2.0)])
def test_one_newton_step_matches(student, reference, rng, num_rows, dim, ridge):
    """The parameters after one step agree with the reference."""
    x, y, weights, bias = two_classes(rng, num_rows, dim)
    inputs = (x, y, weights * 0.4, bias * 0.4, ridge)
    expected = reference.logistic_newton_step(*inputs)
    assert_parts(
        student.logistic_newton_step(*inputs), expected, "the new weights", "the new bias", rtol=1e-9, atol=1e-9
    )


def several_steps(ns, x, y, ridge, num_steps):
    """Return the parameters after each of several Newton steps from zero."""
    weights, bias = x.new_zeros(x.shape[1]), x.new_zeros(())
    seen = []
    for _ in range(num_steps):
        weights, bias = ns.logistic_newton_step(x, y, weights, bias, ridge)
        seen.append((weights, bias))
    return seen


@exercise("logistic_newton_step")
def test_five_newton_steps_match(student, reference, rng):
    """The whole way from zero agrees with the reference."""
    x, y, _, _ = two_classes(rng, 26, 3)
    expected = reference.run(several_steps, x, y, 0.2, 5)
    assert_close(student.run(several_steps, x, y, 0.2, 5), expected, rtol=1e-6, atol=1e-7)


@exercise("logistic_newton_step")
def test_seven_newton_steps_find_the_minimum(student, rng):
    """After seven steps the gradient of the loss is zero."""
    x, y, _, _ = two_classes(rng, 26, 3)
    weights, bias = student.run(several_steps, x, y, 0.2, 7)[-1]
    error = (torch.sigmoid(x @ weights + bias) - y) / len(y)
    assert_close(x.T @ error + 0.2 * weights, torch.zeros(3, dtype=DOUBLE), what="the gradient after seven steps")
    assert_close(error.sum(), torch.zeros((), dtype=DOUBLE), what="the bias's gradient after seven steps")


def a_place(rng, N=24, D=3, dtype=DOUBLE):
    """Return rows, labels, small weights and bias, and a penalty."""
    x, y, weights, bias = two_classes(rng, N, D, dtype)
    return x, y, weights * 0.2, bias * 0.2, 0.5


contract(
    "logistic_newton_step",
    inputs=a_place,
    compare=parts("the new weights", "the new bias"),
    tolerances=in_single(1e-3, 1e-4),
    one="D",
    by_hand=True,
    forbids=["backward"],
    instead="work the second derivatives out by hand",
)


# soft_threshold


@exercise("soft_threshold")
@pytest.mark.parametrize("shape", [(40,), (3, 7), (2, 1, 5), ()], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE], ids=["float32", "float64"])
def test_soft_thresholding_matches(student, reference, rng, shape, dtype):
    """Values of both signs, in any shape, agree with the reference."""
    values = randn(rng, *shape, dtype=dtype, scale=2.0)
    assert_close(student.soft_threshold(values, 0.75), reference.soft_threshold(values, 0.75))


@exercise("soft_threshold")
def test_each_column_may_have_its_own_threshold(student, reference, rng):
    """The threshold may be a tensor that broadcasts."""
    values = randn(rng, 6, 4, dtype=DOUBLE, scale=2.0)
    for shape in ((4,), (6, 1), (6, 4), ()):
        threshold = randn(rng, *shape, dtype=DOUBLE).abs()
        assert_close(student.soft_threshold(values, threshold), reference.soft_threshold(values, threshold))


@exercise("soft_threshold")
def test_values_at_and_below_the_threshold_become_exactly_zero(student):
    """Exactly zero is what makes a sparse answer."""
    values = torch.tensor([-2.0, -0.5, -0.25, 0.0, 0.25, 0.5, 2.0], dtype=DOUBLE)
    expected = torch.tensor([-1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1.5], dtype=DOUBLE)
    assert_equal(student.soft_threshold(values, 0.5), expected)


@exercise("soft_threshold")
def test_decimals_within_the_threshold_become_exactly_zero(student):
    """0.3 under a threshold of 0.7 is 0, and no rounding is left of it."""
    values = torch.tensor([0.1, -0.1, 0.3, -0.3, 0.6, -0.69], dtype=torch.float32)
    assert_equal(student.soft_threshold(values, 0.7).abs(), torch.zeros(6))


@exercise("soft_threshold")
def test_a_threshold_of_zero_changes_nothing(student, rng):
    """Nothing is moved, whether the threshold is a float or a whole number."""
    values = torch.cat([randn(rng, 9, dtype=DOUBLE), torch.zeros(1, dtype=DOUBLE)])
    assert_equal(student.soft_threshold(values, 0.0), values)
    assert_equal(student.soft_threshold(values, 0), values)


def column_thresholds(rng, N=5, D=3, dtype=DOUBLE):
    """Return values, and a threshold for each column."""
    return randn(rng, N, D, dtype=dtype), randn(rng, D, dtype=dtype).abs()


def nothing_to_move(rng, N=5, D=3, dtype=DOUBLE):
    """Return values and a threshold of 0: the answer equals the values, and is new all the same."""
    return randn(rng, N, D, dtype=dtype), 0.0


contract(
    "soft_threshold",
    inputs=column_thresholds,
    fresh=True,
    no_loops=True,
    forbids=["softshrink", "Softshrink"],
    also=[nothing_to_move, lambda rng, N=5, D=3, dtype=DOUBLE: (randn(rng, N, D, dtype=dtype), 0.5)],
)


# fit_gaussian_naive_bayes


@exercise("fit_gaussian_naive_bayes")
@pytest.mark.parametrize(("sizes", "dim"), [((7, 12, 5), 4), ((9, 4), 1), ((3, 8, 6, 5, 10), 7)], ids=str)
@pytest.mark.parametrize("smoothing", [1e-9, 0.3])
def test_priors_means_and_variances_match(student, reference, rng, sizes, dim, smoothing):
    """Classes of different sizes, rows in any order."""
    x, y = clouds(rng, sizes, dim)
    expected = reference.fit_gaussian_naive_bayes(x, y, len(sizes), smoothing)
    assert_parts(student.fit_gaussian_naive_bayes(x, y, len(sizes), smoothing), expected, *BAYES)


@exercise("fit_gaussian_naive_bayes")
def test_the_smoothing_is_one_billionth_unless_told(student, reference, rng):
    """Called with three arguments, it still keeps the variance of a constant column above zero."""
    x, y = clouds(rng, (6, 9), 3, scale=1000.0)
    x[:, 1] = 4.0
    expected = reference.fit_gaussian_naive_bayes(x, y, 2)
    assert_parts(student.fit_gaussian_naive_bayes(x, y, 2), expected, *BAYES)


@exercise("fit_gaussian_naive_bayes")
def test_a_class_of_one_row_has_only_the_smoothing_as_its_variance(student, reference, rng):
    """One row spreads by nothing: no NaN from dividing by zero."""
    x, y = clouds(rng, (8, 1, 5), 3)
    expected = reference.fit_gaussian_naive_bayes(x, y, 3, 0.01)
    assert_parts(student.fit_gaussian_naive_bayes(x, y, 3, 0.01), expected, *BAYES)


@exercise("fit_gaussian_naive_bayes", costs=0.25)
@pytest.mark.parametrize("smoothing", [1e-9, 3.0])
def test_variances_survive_a_large_mean(student, reference, rng, smoothing):
    """In float32, features near 500 that spread by less than 1 keep an accurate variance."""
    x, y = clouds(rng, (20, 30), 4, dtype=torch.float32, shift=500.0, scale=0.1)
    expected = reference.fit_gaussian_naive_bayes(x, y, 2, smoothing)
    assert_parts(student.fit_gaussian_naive_bayes(x, y, 2, smoothing), expected, *BAYES, rtol=2e-2, atol=1e-4)


@exercise("fit_gaussian_naive_bayes", costs=0.25)
def test_variances_survive_classes_that_are_far_apart(student, reference, rng):
    """In float32, two classes 4,000 apart that spread by about 1: no one number is near the rows of both."""
    x, y = clouds(rng, (20, 30), 4, dtype=torch.float32)
    x = x + 4000.0 * y[:, None]
    expected = reference.fit_gaussian_naive_bayes(x, y, 2, 1e-9)
    assert_parts(student.fit_gaussian_naive_bayes(x, y, 2, 1e-9), expected, *BAYES, rtol=2e-2, atol=2e-2)


def two_clouds(rng, N=11, D=3, dtype=DOUBLE):
    """Return rows and labels of two classes, and their number."""
    return *clouds(rng, (N // 2, N - N // 2), D, dtype), 2


contract(
    "fit_gaussian_naive_bayes",
    inputs=two_clouds,
    settings={"smoothing": 0.1},
    one="D",
    compare=parts(*BAYES),
)


# predict_gaussian_naive_bayes


def a_model(rng, num_classes, dim, dtype=DOUBLE):
    """Return unequal priors, means, and variances far from 1."""
    priors = 0.1 + randn(rng, num_classes, dtype=DOUBLE).abs()
    means = randn(rng, num_classes, dim, dtype=DOUBLE, scale=1.5)
    variances = 0.2 + 2 * randn(rng, num_classes, dim, dtype=DOUBLE).square()
    return (priors / priors.sum()).to(dtype), means.to(dtype), variances.to(dtype)


@exercise("predict_gaussian_naive_bayes")
@pytest.mark.parametrize(("num_rows", "num_classes", "dim"), [(11, 3, 4), (1, 5, 2), (8, 2, 1), (4, 4, 4)])
def test_labels_and_log_posteriors_match(student, reference, rng, num_rows, num_classes, dim):
    """Both answers agree with the reference."""
    x, model = randn(rng, num_rows, dim, dtype=DOUBLE, scale=2.0), a_model(rng, num_classes, dim)
    expected = reference.predict_gaussian_naive_bayes(x, *model)
    assert_parts(student.predict_gaussian_naive_bayes(x, *model), expected, "the labels", "the log posterior")


@exercise("predict_gaussian_naive_bayes")
def test_the_prior_decides_where_the_classes_look_alike(student, rng):
    """With equal means and variances the posterior is the prior."""
    priors, means, variances = a_model(rng, 3, 4)
    means, variances = means[:1].repeat(3, 1), variances[:1].repeat(3, 1)
    _, log_posterior = student.predict_gaussian_naive_bayes(randn(rng, 5, 4, dtype=DOUBLE), priors, means, variances)
    assert_close(log_posterior, priors.log().repeat(5, 1), what="the log posterior")


@exercise("predict_gaussian_naive_bayes")
@pytest.mark.parametrize("scale", [1.0, 2.0**-6, 2.0**6])
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE], ids=["float32", "float64"])
def test_hundreds_of_features_do_not_underflow(student, reference, rng, dtype, scale):
    """A product of 400 densities is too small for a float: its logarithm isn't."""
    x, (priors, means, variances) = randn(rng, 6, 400, dtype=dtype, scale=3.0), a_model(rng, 3, 400, dtype)
    x, model = x * scale, (priors, means * scale, variances * scale**2)
    expected = reference.predict_gaussian_naive_bayes(x, *model)
    tolerance = {"rtol": 1e-3, "atol": 1e-2} if dtype == torch.float32 else {}
    assert_parts(
        student.predict_gaussian_naive_bayes(x, *model), expected, "the labels", "the log posterior", **tolerance
    )


contract(
    "predict_gaussian_naive_bayes",
    compare=parts("the labels", "the log posterior"),
    one="MD",
    inputs=lambda rng, M=5, C=4, D=3, dtype=DOUBLE: (
        randn(rng, M, D, dtype=dtype, scale=2.0),
        *a_model(rng, C, D, dtype),
    ),
)


# pca


def stretched(rng, num_rows, dim, dtype=DOUBLE, shift=0.0):
    """Return rows whose directions have clearly different variances, mirrored so that no axis is one of them."""
    lengths = 9.0 * 0.5 ** torch.arange(dim, dtype=DOUBLE)
    normal = randn(rng, dim, 1, dtype=DOUBLE)
    mirror = torch.eye(dim, dtype=DOUBLE) - 2 * normal @ normal.T / normal.square().sum()
    return (randn(rng, num_rows, dim, dtype=DOUBLE) * lengths @ mirror + shift).to(dtype)


@exercise("pca")
@pytest.mark.parametrize(("num_rows", "dim", "num_components"), [(20, 5, 3), (9, 3, 3), (30, 8, 1)])
def test_mean_components_and_variances_match(student, reference, rng, num_rows, dim, num_components):
    """All three agree with the reference, signs included."""
    x = stretched(rng, num_rows, dim, shift=4.0)
    expected = reference.pca(x, num_components)
    assert_parts(student.pca(x, num_components), expected, *PCA, rtol=1e-6, atol=1e-7)


@exercise("pca")
@pytest.mark.parametrize(
    "direction", [(-1.5, -1.5, 3.0, -1.5, 0.5), (0.5, 2.0, -3.0, 2.0, 2.0), (2.0, 2.0, 2.0, 0.5, -3.0)]
)
def test_the_largest_entry_alone_decides_the_sign(student, reference, rng, direction):
    """The largest entry stands against all the others: neither the first entry nor the sum tells its sign."""
    along = torch.tensor(direction, dtype=DOUBLE)
    x = 4 * randn(rng, 21, 1, dtype=DOUBLE) * along + 0.1 * randn(rng, 21, 5, dtype=DOUBLE)
    expected = reference.pca(x, 1)
    assert_parts(student.pca(x, 1), expected, *PCA, rtol=1e-6, atol=1e-7)


@exercise("pca")
def test_fewer_rows_than_columns_will_do(student, reference, rng):
    """Six images of twelve pixels have five directions."""
    x = stretched(rng, 6, 12)
    expected = reference.pca(x, 4)
    assert_parts(student.pca(x, 4), expected, *PCA, rtol=1e-6, atol=1e-7)


@exercise("pca")
def test_components_are_orthonormal_rows(student, rng):
    """Each has length one and stands upright on the others."""
    _, components, _ = student.pca(stretched(rng, 25, 6), 4)
    assert_close(components @ components.T, torch.eye(4, dtype=DOUBLE), what="components @ components.T")


@exercise("pca")
def test_the_variances_are_those_of_the_projected_rows(student, rng):
    """Project the rows, and their variance (over N - 1) is what was promised."""
    x = stretched(rng, 15, 5, shift=-2.0)
    mean, components, variances = student.pca(x, 3)
    assert_close(variances, ((x - mean) @ components.T).var(dim=0), what="the variances", rtol=1e-6)


contract(
    "pca",
    inputs=lambda rng, N=12, D=5, dtype=DOUBLE: (stretched(rng, N, D, dtype, shift=1.0), 2),
    compare=parts(*PCA),
    square={"N": 6, "D": 6},
    one=(),
    tolerances=in_single(1e-3, 1e-3),
    forbids=["pca_lowrank", "PCA"],
    instead="an eigendecomposition or an SVD",
)


@exercise("fit_linear_regression")
def test_nothing_is_added_to_the_penalty(student, reference, rng):
    """Rows in small units, so that X'X is tiny: what is added for safety's sake would show."""
    x, y, _, _ = line(rng, 30, 4)
    x = x / 2**14
    for ridge in (0.0, 1e-8):
        expected = reference.fit_linear_regression(x, y, ridge)
        assert_parts(student.fit_linear_regression(x, y, ridge), expected, "the weights", "the bias", rtol=1e-5)


@exercise("logistic_loss")
def test_fairly_sure_logits_still_cost_a_little(student, reference):
    """Logits of 9 to 16 with the right labels: the loss is small, and not zero."""
    z = torch.linspace(9.0, 16.0, 8, dtype=DOUBLE)
    x, y = torch.cat([z, -z])[:, None], torch.cat([torch.ones(8), torch.zeros(8)]).long()
    inputs = (x, y, torch.ones(1, dtype=DOUBLE), torch.zeros((), dtype=DOUBLE))
    expected = reference.logistic_loss(*inputs)
    assert_parts(student.logistic_loss(*inputs), expected, *LOSS, rtol=1e-5, atol=1e-9)


@exercise("logistic_newton_step")
def test_rows_that_are_sure_bend_little(student, reference, rng):
    """With logits of 8 and more p (1 - p) is tiny, and is taken as it is; the step is a full one, however far."""
    x, y, _, _ = two_classes(rng, 20, 2)
    x[:, 0] = torch.cat([torch.linspace(7.0, 15.0, 10, dtype=DOUBLE), torch.linspace(-15.0, -7.0, 10, dtype=DOUBLE)])
    weights, bias = torch.tensor([1.0, 0.1], dtype=DOUBLE), torch.tensor(0.2, dtype=DOUBLE)
    expected = reference.logistic_newton_step(x, y, weights, bias, 1e-4)
    assert_parts(
        student.logistic_newton_step(x, y, weights, bias, 1e-4), expected, "the new weights", "the new bias", rtol=1e-6
    )


@exercise("logistic_newton_step")
def test_nothing_is_added_to_the_second_derivatives(student, reference, rng):
    """Rows in small units, so that the matrix is small: what is added for safety's sake would show."""
    x, y, weights, bias = two_classes(rng, 30, 2)
    inputs = (x / 2**10, y, weights, bias * 0.4, 0.0)
    expected = reference.logistic_newton_step(*inputs)
    assert_parts(student.logistic_newton_step(*inputs), expected, "the new weights", "the new bias", rtol=1e-5)


@exercise("soft_threshold")
def test_small_values_and_thresholds_count_too(student, reference, rng):
    """In tiny units the answer is the same, in tiny units."""
    values = randn(rng, 12, dtype=DOUBLE)
    came, expected = (side.soft_threshold(values / 2**30, 0.5 / 2**30) for side in (student, reference))
    assert_close(came * 2**30, expected * 2**30)


@exercise("fit_gaussian_naive_bayes")
@pytest.mark.parametrize("smoothing", [None, 0.0])
def test_nothing_else_is_added_to_the_variances(student, reference, rng, smoothing):
    """Features in tiny units: an addition of one's own would show."""
    x, y = clouds(rng, (7, 9), 3, scale=2.0**-20)
    extra = () if smoothing is None else (smoothing,)
    _, _, came = student.fit_gaussian_naive_bayes(x, y, 2, *extra)
    _, _, expected = reference.fit_gaussian_naive_bayes(x, y, 2, *extra)
    assert_close(came * 2**40, expected * 2**40, what="the variances (times 2**40)")


@exercise("predict_gaussian_naive_bayes", costs=0.25)
def test_posteriors_survive_a_large_mean(student, reference, rng):
    """In float32, features near 512 that deviate by less than 1: the difference is taken before it is squared."""
    x, (priors, means, variances) = randn(rng, 8, 3, dtype=DOUBLE, scale=2.0), a_model(rng, 4, 3)
    inputs = (x / 8 + 512, priors, means / 8 + 512, variances / 64)
    inputs = [one.float() for one in inputs]
    expected = reference.predict_gaussian_naive_bayes(*inputs)
    came = student.predict_gaussian_naive_bayes(*inputs)
    assert_parts(came, expected, "the labels", "the log posterior", rtol=1e-2, atol=5e-2)


@exercise("predict_gaussian_naive_bayes")
def test_small_variances_are_taken_as_they_are(student, reference, rng):
    """In tiny units the posterior is the same: nothing is added to the variances."""
    x, (priors, means, variances) = randn(rng, 8, 3, dtype=DOUBLE, scale=2.0), a_model(rng, 4, 3)
    inputs = (x / 2**20, priors, means / 2**20, variances / 2**40)
    expected = reference.predict_gaussian_naive_bayes(*inputs)
    assert_parts(student.predict_gaussian_naive_bayes(*inputs), expected, "the labels", "the log posterior")
