"""Checks of the loss functions."""

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    column_major,
    contract,
    exercise,
    integers,
    noncontiguous,
    rand,
    randn,
)

SHAPES = [(7,), (5, 3), (2, 3, 4), (1, 6), (6, 1), (1,), ()]
BATCHES = [(9, 4), (1, 5), (6, 2), (3, 12)]
FLOATS = [torch.float32, torch.float64]


def signs(rng, *shape):
    """Return labels of -1 and +1, int64; both appear where there is room for both."""
    labels = 2 * integers(rng, 0, 2, *shape) - 1
    if labels.numel() > 1:
        labels.view(-1)[:2] = torch.tensor([1, -1])
    return labels


def distributions(rng, num_rows, num_classes, dtype=torch.float64):
    """Return rows that sum to one, (N, C)."""
    weights = rand(rng, num_rows, num_classes, dtype=dtype) + 0.05
    return weights / weights.sum(dim=1, keepdim=True)


def scores_and_signs(rng, N=6, dtype=torch.float64):
    """Return scores and labels of -1 and +1, (N,)."""
    return randn(rng, N, dtype=dtype, scale=2), signs(rng, N)


def pairs(rng, N=4, D=3, dtype=torch.float64):
    """Return predictions and targets, (N, D)."""
    return randn(rng, N, D, dtype=dtype, scale=2), randn(rng, N, D, dtype=dtype)


def logits_and_shares(rng, N=4, D=3, dtype=torch.float64):
    """Return logits and targets between 0 and 1, (N, D)."""
    return randn(rng, N, D, dtype=dtype), rand(rng, N, D, dtype=dtype)


def logits_and_objects(rng, N=4, D=3, dtype=torch.float64):
    """Return logits and targets of 0 and 1, (N, D), both of which occur."""
    return randn(rng, N, D, dtype=dtype), (torch.arange(N * D) % 2).reshape(N, D).to(dtype)


def loss_and_gradient(ns, name, inputs, targets, *settings):
    """Probe: the loss, and its gradient by autograd with respect to the inputs."""
    leaf = inputs.clone().requires_grad_()
    loss = getattr(ns, name)(leaf, targets, *settings)
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return "a loss that autograd can't differentiate: was it detached, or turned into a number?"
    (gradient,) = torch.autograd.grad(loss, leaf)
    return loss.detach(), gradient


def gradient_of_targets(ns, name, inputs, targets):
    """Probe: the gradient of a loss by autograd with respect to the targets."""
    leaf = targets.clone().requires_grad_()
    loss = getattr(ns, name)(inputs, leaf)
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return "no gradient reaches the targets: were they detached?"
    return torch.autograd.grad(loss, leaf)[0]


def exception_of(ns, name, predictions, targets):
    """Probe: which exception the call is refused with."""
    try:
        getattr(ns, name)(predictions, targets)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


def compare_gradients(student, reference, name, inputs, targets, *settings):
    """Hold loss and autograd's gradient to the reference's."""
    actual = student.run(loss_and_gradient, name, inputs, targets, *settings)
    expected = reference.run(loss_and_gradient, name, inputs, targets, *settings)
    if isinstance(actual, str):
        raise Mismatch("the loss has no gradient by autograd", actual, "a scalar that it can go back from")
    assert_close(actual, expected, what="(loss, its gradient by autograd)")


def compare_losses(student, reference, name, *inputs):
    """Hold the loss to the reference's."""
    assert_close(getattr(student, name)(*inputs), getattr(reference, name)(*inputs), what="the loss")


# --- zero_one_loss -------------------------------------------------------------------------------


@exercise("zero_one_loss")
@pytest.mark.parametrize(
    "num, dtype", [(11, torch.float32), (32, torch.float64), (1, torch.float32), (3, torch.float64)], ids=str
)
def test_counts_the_share_of_wrong_signs(student, reference, rng, num, dtype):
    """Random scores and labels give the reference's share of mistakes."""
    compare_losses(student, reference, "zero_one_loss", randn(rng, num, dtype=dtype), signs(rng, num))


@exercise("zero_one_loss")
def test_counts_the_example_of_the_text(student, reference):
    """The five images of the text have three mistakes."""
    scores, y = torch.tensor([2.0, -0.5, 0.3, -1.2, 0.0]), torch.tensor([1, 1, -1, -1, 1])
    compare_losses(student, reference, "zero_one_loss", scores, y)


@exercise("zero_one_loss")
def test_a_score_of_zero_is_a_mistake_for_either_label(student, reference):
    """Scores of exactly zero are counted as mistakes, whatever the label."""
    scores, y = torch.tensor([0.0, 0.0, 0.0, 1e-9, -1e-9, 3.0, 1.0]), torch.tensor([1, -1, -1, 1, -1, 1, 1])
    compare_losses(student, reference, "zero_one_loss", scores, y)


@exercise("zero_one_loss")
def test_all_right_is_zero_and_all_wrong_is_one(student, reference, rng):
    """Scores that agree with every label cost 0, scores that agree with none cost 1."""
    y = signs(rng, 8)
    scores = y * (rand(rng, 8) + 0.1)
    compare_losses(student, reference, "zero_one_loss", scores, y)
    compare_losses(student, reference, "zero_one_loss", -scores, y)


contract("zero_one_loss", inputs=scores_and_signs, digits=False)


# --- l1_loss and l2_loss -------------------------------------------------------------------------


@exercise("l1_loss")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_l1_loss_matches_the_reference(student, reference, rng, shape):
    """Tensors of one to three dimensions: the mean runs over all entries."""
    compare_losses(student, reference, "l1_loss", randn(rng, *shape, scale=3), randn(rng, *shape, shift=1))


@exercise("l1_loss")
def test_l1_loss_can_be_differentiated(student, reference, rng):
    """Autograd finds the gradient: a sign, divided by the number of entries."""
    x, t = randn(rng, 3, 4, dtype=torch.float64), randn(rng, 3, 4, dtype=torch.float64)
    compare_gradients(student, reference, "l1_loss", x, t)
    came, expected = (ns.run(gradient_of_targets, "l1_loss", x, t) for ns in (student, reference))
    assert_close(came, expected, what="the gradient with respect to the targets")


@exercise("l1_loss")
def test_l1_loss_has_a_gradient_where_a_prediction_is_exact(student, reference, rng):
    """A prediction that hits its target makes no NaN, and leaves the other gradients as they are."""
    x, t = randn(rng, 6, dtype=torch.float64), randn(rng, 6, dtype=torch.float64)
    x[0] = t[0]
    came = student.run(loss_and_gradient, "l1_loss", x, t)
    expected = reference.run(loss_and_gradient, "l1_loss", x, t)
    # At the kink every slope between -1 and 1 is right.
    if isinstance(came, tuple) and came[1].shape == x.shape and abs(came[1][0]) <= 1 / 6:
        came[1][0] = 0
    assert_close(came, expected, what="(loss, its gradient by autograd)")


@exercise("l2_loss")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_l2_loss_matches_the_reference(student, reference, rng, shape):
    """Tensors of one to three dimensions: the mean runs over all entries, with no half."""
    compare_losses(student, reference, "l2_loss", randn(rng, *shape, scale=3), randn(rng, *shape, shift=1))


@exercise("l2_loss")
def test_l2_loss_can_be_differentiated(student, reference, rng):
    """Autograd finds the gradient: twice the difference, divided by the number of entries."""
    x, t = randn(rng, 3, 4, dtype=torch.float64), randn(rng, 3, 4, dtype=torch.float64)
    compare_gradients(student, reference, "l2_loss", x, t)
    came, expected = (ns.run(gradient_of_targets, "l2_loss", x, t) for ns in (student, reference))
    assert_close(came, expected, what="the gradient with respect to the targets")


@exercise("l2_loss", costs=0.5)
@pytest.mark.parametrize(
    "shapes",
    [((5, 1), (5,)), ((4,), (1, 4)), ((3, 4), (4,)), ((6,), (1,)), ((2, 3), (3, 2)), ((4, 3), (4, 1)), ((3,), ())],
    ids=str,
)
def test_l2_loss_refuses_shapes_that_differ(student, reference, rng, shapes):
    """(N, 1) against (N,), and other pairs that broadcasting would accept, raise a ValueError."""
    x, t = randn(rng, *shapes[0]), randn(rng, *shapes[1])
    came = student.run(exception_of, "l2_loss", x, t)
    expected = reference.run(exception_of, "l2_loss", x, t)
    assert_equal(came, expected, what=f"the response to shapes {shapes[0]} and {shapes[1]}")


@exercise("l2_loss")
def test_l2_loss_of_large_numbers_that_are_close(student, reference):
    """Predictions around 10,000 that miss by a little: in float32 the difference has digits, its parts have none."""
    x, t = torch.tensor([10_000.5, 10_001.0, 9_999.75]), torch.tensor([10_000.0, 10_000.0, 10_000.0])
    compare_losses(student, reference, "l2_loss", x, t)


contract("l1_loss", inputs=pairs, forbids=["l1_loss", "L1Loss"], instead="write its three steps yourself")
contract("l2_loss", inputs=pairs, forbids=["mse_loss", "MSELoss"], instead="subtract, square, mean")


# --- smooth_l1_loss ------------------------------------------------------------------------------


@exercise("smooth_l1_loss")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("beta", [1.0, 0.3, 2.5])
def test_smooth_l1_loss_and_derivative_match_the_reference(student, reference, rng, shape, beta):
    """Loss and derivative agree for errors in both pieces, and for round parts of three widths."""
    x, t = randn(rng, *shape, dtype=torch.float64, scale=2), randn(rng, *shape, dtype=torch.float64)
    actual, expected = student.smooth_l1_loss(x, t, beta), reference.smooth_l1_loss(x, t, beta)
    assert_close(actual, expected, what="(loss, gradient)")


@exercise("smooth_l1_loss")
def test_smooth_l1_loss_is_right_in_each_piece(student, reference):
    """The four errors of the text, on both sides of zero and in both pieces."""
    d = torch.tensor([0.5, -2.0, 0.0, 4.0, -0.25, 1.0, -1.0])
    assert_close(
        student.smooth_l1_loss(d, torch.zeros(7)), reference.smooth_l1_loss(d, torch.zeros(7)), what="(loss, gradient)"
    )


@exercise("smooth_l1_loss")
def test_smooth_l1_loss_takes_half_precision(student, reference):
    """In float16 an error of 300 has no square, and needs none."""
    d = torch.tensor([0.5, -300.0, 2.0, 1.0], dtype=torch.float16)
    zero = torch.zeros_like(d)
    assert_close(student.smooth_l1_loss(d, zero), reference.smooth_l1_loss(d, zero), what="(loss, gradient)")


contract(
    "smooth_l1_loss",
    inputs=pairs,
    settings={"beta": 0.3},
    by_hand=True,
    forbids=["smooth_l1_loss", "SmoothL1Loss", "huber_loss", "HuberLoss", "backward"],
    instead="write the two pieces and their slopes",
)


# --- hinge_loss and exponential_loss -------------------------------------------------------------


@exercise("hinge_loss")
@pytest.mark.parametrize("num, dtype", [(13, torch.float32), (32, torch.float64), (1, torch.float32)], ids=str)
def test_hinge_loss_matches_the_reference(student, reference, rng, num, dtype):
    """Random scores on both sides of the margin agree."""
    compare_losses(student, reference, "hinge_loss", randn(rng, num, dtype=dtype, scale=2), signs(rng, num))


@exercise("hinge_loss")
def test_right_answers_beyond_the_margin_cost_nothing(student, reference, rng):
    """Samples with a margin over 1 cost 0, and don't pay for others."""
    y = signs(rng, 8)
    scores = y * torch.tensor([5.0, 1.5, 9.0, 0.5, 1.0, -1.0, 30.0, 2.0])
    compare_losses(student, reference, "hinge_loss", scores, y)
    compare_losses(student, reference, "hinge_loss", scores[:3], y[:3])


@exercise("hinge_loss")
def test_hinge_loss_can_be_differentiated(student, reference, rng):
    """Autograd finds the slope: minus the label within the margin, 0 beyond it."""
    compare_gradients(student, reference, "hinge_loss", randn(rng, 10, dtype=torch.float64, scale=2), signs(rng, 10))


@exercise("hinge_loss")
def test_hinge_loss_without_a_loser_can_be_differentiated(student, reference):
    """Where every margin is over 1 the loss is 0, its gradient is 0 too, and there is one."""
    scores, y = torch.tensor([2.5, -3.0, 1.5], dtype=torch.float64), torch.tensor([1, -1, 1])
    compare_gradients(student, reference, "hinge_loss", scores, y)


@exercise("exponential_loss")
@pytest.mark.parametrize("num, dtype", [(13, torch.float32), (32, torch.float64), (1, torch.float32)], ids=str)
def test_exponential_loss_matches_the_reference(student, reference, rng, num, dtype):
    """Random scores on both sides agree."""
    compare_losses(student, reference, "exponential_loss", randn(rng, num, dtype=dtype, scale=2), signs(rng, num))


@exercise("exponential_loss")
def test_a_wrong_label_costs_its_exponential(student, reference):
    """Margins from very wrong to very right: each costs exp of minus itself."""
    scores, y = torch.tensor([5.0, -3.0, 0.0, 6.0, -4.0]), torch.tensor([-1, 1, 1, 1, -1])
    compare_losses(student, reference, "exponential_loss", scores, y)
    compare_losses(student, reference, "exponential_loss", torch.tensor([60.0, -20.0]), torch.tensor([-1, 1]))


@exercise("exponential_loss")
def test_what_overflows_is_infinite(student, reference):
    """A margin of -1000 costs more than any float: infinity, and no large number in its place."""
    scores, y = torch.tensor([1000.0, 2.0]), torch.tensor([-1, 1])
    compare_losses(student, reference, "exponential_loss", scores, y)


@exercise("exponential_loss")
def test_exponential_loss_can_be_differentiated(student, reference, rng):
    """Autograd finds the slope: the pull of a sample is its loss."""
    compare_gradients(student, reference, "exponential_loss", randn(rng, 10, dtype=torch.float64), signs(rng, 10))


contract("hinge_loss", "exponential_loss", inputs=scores_and_signs)


# --- binary_cross_entropy_with_logits ------------------------------------------------------------


@exercise("binary_cross_entropy_with_logits")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_binary_cross_entropy_matches_the_reference(student, reference, rng, shape, dtype):
    """Hard targets, in tensors of one to three dimensions."""
    x, t = randn(rng, *shape, dtype=dtype, scale=2), integers(rng, 0, 2, *shape).to(dtype)
    compare_losses(student, reference, "binary_cross_entropy_with_logits", x, t)


@exercise("binary_cross_entropy_with_logits")
def test_binary_cross_entropy_takes_soft_targets(student, reference, rng):
    """Targets anywhere between 0 and 1."""
    x, t = randn(rng, 6, 3, dtype=torch.float64), rand(rng, 6, 3, dtype=torch.float64)
    compare_losses(student, reference, "binary_cross_entropy_with_logits", x, t)


@exercise("binary_cross_entropy_with_logits")
@pytest.mark.parametrize("logit", [20.0, 50.0, 95.0, 10_000.0, -20.0, -50.0, -95.0, -10_000.0])
def test_binary_cross_entropy_stands_large_logits(student, reference, logit):
    """A confident mistake costs its logit, however large; a confident right answer nothing."""
    x = torch.tensor([logit, logit, logit, 0.5])
    t = torch.tensor([0.0, 1.0, 0.25, 1.0])
    compare_losses(student, reference, "binary_cross_entropy_with_logits", x, t)


@exercise("binary_cross_entropy_with_logits")
def test_binary_cross_entropy_is_exact_between_small_and_large(student, reference):
    """Logits from -15 to 15, one by one in float64: no formula is cut off early."""
    for logit in range(-15, 16, 3):
        x = torch.tensor([logit], dtype=torch.float64)
        for target in (0.0, 1.0):
            compare_losses(student, reference, "binary_cross_entropy_with_logits", x, torch.full_like(x, target))


@exercise("binary_cross_entropy_with_logits", costs=0.5)
@pytest.mark.parametrize("scale", [1.0, 10_000.0])
def test_the_gradient_of_binary_cross_entropy_is_right(student, reference, rng, scale):
    """Autograd finds sigmoid minus target, divided by the number of entries, also for huge logits."""
    x, t = randn(rng, 4, 3, dtype=torch.float64, scale=scale), integers(rng, 0, 2, 4, 3).double()
    compare_gradients(student, reference, "binary_cross_entropy_with_logits", x, t)


contract(
    "binary_cross_entropy_with_logits",
    inputs=logits_and_shares,
    forbids=["binary_cross_entropy_with_logits", "BCEWithLogitsLoss", "binary_cross_entropy", "BCELoss"],
    instead="write the last formula of the text",
)


# --- cross_entropy_loss --------------------------------------------------------------------------


@exercise("cross_entropy_loss")
@pytest.mark.parametrize("num, num_classes", BATCHES)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_cross_entropy_matches_the_reference(student, reference, rng, num, num_classes, dtype):
    """Batches and numbers of classes that differ, also a batch of one and classes that don't occur."""
    x, y = randn(rng, num, num_classes, dtype=dtype, scale=2), integers(rng, 0, num_classes, num)
    compare_losses(student, reference, "cross_entropy_loss", x, y)


@exercise("cross_entropy_loss")
def test_the_example_of_the_text(student, reference):
    """The row (2, 1, 0) costs 0.408, 1.408 or 2.408."""
    row = torch.tensor([[2.0, 1.0, 0.0]])
    for label in range(3):
        compare_losses(student, reference, "cross_entropy_loss", row, torch.tensor([label]))


@exercise("cross_entropy_loss")
@pytest.mark.parametrize("size", [100.0, 1000.0, 100_000.0])
def test_cross_entropy_stands_large_logits(student, reference, rng, size):
    """Logits far up, far down, and far apart give a finite loss."""
    x = randn(rng, 6, 4)
    x[0] += size
    x[1] -= size
    x[2, 1] += size
    x[3, 2] -= size
    compare_losses(student, reference, "cross_entropy_loss", x, torch.tensor([0, 3, 1, 2, 2, 0]))


@exercise("cross_entropy_loss", costs=0.5)
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_the_gradient_of_cross_entropy_is_right(student, reference, rng, scale):
    """Autograd finds softmax minus one-hot, divided by N, also for huge logits."""
    x, y = randn(rng, 5, 4, dtype=torch.float64, scale=scale), integers(rng, 0, 4, 5)
    compare_gradients(student, reference, "cross_entropy_loss", x, y)


contract(
    "cross_entropy_loss",
    inputs=lambda rng, N=5, C=4, dtype=torch.float64: (randn(rng, N, C, dtype=dtype), integers(rng, 0, C, N)),
    forbids=["cross_entropy", "CrossEntropyLoss", "nll_loss", "NLLLoss", "log_softmax", "LogSoftmax"],
    instead="log-sum-exp minus the logit of the right class",
)


# --- kl_divergence -------------------------------------------------------------------------------


@exercise("kl_divergence")
@pytest.mark.parametrize("num, num_classes", BATCHES)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_kl_divergence_matches_the_reference(student, reference, rng, num, num_classes, dtype):
    """One number for each row of random distributions."""
    p, q = distributions(rng, num, num_classes, dtype), distributions(rng, num, num_classes, dtype)
    compare_losses(student, reference, "kl_divergence", p, q)


@exercise("kl_divergence")
def test_an_event_that_never_happens_counts_nothing(student, reference):
    """p = 0 gives 0 and not NaN, whether q is 0 or not."""
    p = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 0.8, 0.0]])
    q = torch.tensor([[0.25, 0.25, 0.5], [0.5, 0.5, 0.0], [0.9, 0.1, 0.0]])
    compare_losses(student, reference, "kl_divergence", p, q)


@exercise("kl_divergence", costs=0.5)
def test_an_event_called_impossible_costs_infinity(student, reference):
    """q = 0 where p > 0 makes that row infinite, and no other."""
    p = torch.tensor([[0.25, 0.25, 0.5], [0.5, 0.5, 0.0], [0.0, 0.1, 0.9]])
    q = torch.tensor([[0.5, 0.5, 0.0], [0.1, 0.9, 0.0], [0.4, 0.0, 0.6]])
    compare_losses(student, reference, "kl_divergence", p, q)


@exercise("kl_divergence")
def test_a_distribution_has_no_divergence_from_itself(student, reference, rng):
    """KL(p || p) is 0 in every row."""
    p = distributions(rng, 5, 3)
    compare_losses(student, reference, "kl_divergence", p, p.clone())


@exercise("kl_divergence")
def test_a_tiny_probability_is_not_zero(student, reference):
    """A q of 1e-20 costs p ln(p/q) and no infinity; a p of 1e-7 still counts. Strides don't matter."""
    p = torch.tensor([[0.5, 0.5], [1e-7, 1 - 1e-7], [0.25, 0.75]], dtype=torch.float64)
    q = torch.tensor([[1e-20, 1 - 1e-20], [0.5, 0.5], [1e-8, 1 - 1e-8]], dtype=torch.float64)
    compare_losses(student, reference, "kl_divergence", p, q)
    compare_losses(student, reference, "kl_divergence", column_major(p), noncontiguous(q))


def two_distributions(rng, N=4, C=3, dtype=torch.float64):
    """Return p and q."""
    return distributions(rng, N, C, dtype), distributions(rng, N, C, dtype)


def impossible_events(rng, N=4, C=3, dtype=torch.float64):
    """Return p and q in which an event has no probability, by both or by q alone."""
    p, q = two_distributions(rng, N, C, dtype)
    return p * torch.tensor([1.0, 0.0, 1.0], dtype=dtype), q * torch.tensor([1.0, 0.0, 0.0], dtype=dtype)


contract(
    "kl_divergence",
    inputs=two_distributions,
    also=[impossible_events],
    forbids=["kl_div", "KLDivLoss", "Categorical", "distributions"],
    instead="the sum of the text",
)


# --- focal_loss ----------------------------------------------------------------------------------


@exercise("focal_loss")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("alpha, gamma", [(0.25, 2.0), (0.8, 0.0), (0.4, 3.5), (1.0, 1.0), (0.0, 2.0)])
def test_focal_loss_matches_the_reference(student, reference, rng, shape, alpha, gamma):
    """Several shapes, weights and exponents."""
    x = randn(rng, *shape, dtype=torch.float64, scale=1.5)
    t = integers(rng, 0, 2, *shape).double()
    compare_losses(student, reference, "focal_loss", x, t, alpha, gamma)


@exercise("focal_loss")
def test_focal_loss_of_one_object_and_of_one_background(student, reference):
    """A single entry of each class shows which class has which weight."""
    for target in (0.0, 1.0):
        x, t = torch.tensor([-1.5]), torch.tensor([target])
        compare_losses(student, reference, "focal_loss", x, t, 0.3, 1.5)


@exercise("focal_loss")
def test_focal_loss_has_the_settings_of_the_paper(student, reference, rng):
    """With nothing said, alpha is 0.25 and gamma is 2."""
    compare_losses(student, reference, "focal_loss", randn(rng, 7, 2), integers(rng, 0, 2, 7, 2).float())


@exercise("focal_loss")
@pytest.mark.parametrize("logit", [30.0, 95.0, 1000.0, -30.0, -95.0, -1000.0])
def test_focal_loss_stands_large_logits(student, reference, logit):
    """A confident mistake costs its weighted logit; a confident right answer nothing."""
    x, t = torch.tensor([logit, logit, 0.5]), torch.tensor([0.0, 1.0, 1.0])
    compare_losses(student, reference, "focal_loss", x, t, 0.4, 2.0)


@exercise("focal_loss", costs=0.25)
def test_no_weight_goes_through_single_precision(student, reference):
    """In float64 the loss has fifteen digits: an alpha that was float32 for a moment leaves eight."""
    x, t = torch.tensor([0.7, -1.3, 2.1], dtype=torch.float64), torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    came, expected = student.focal_loss(x, t, 0.6, 2.0), reference.focal_loss(x, t, 0.6, 2.0)
    assert_close(came, expected, rtol=1e-11, atol=0.0, what="the loss")


@exercise("focal_loss", costs=0.5)
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_the_gradient_of_focal_loss_is_right(student, reference, rng, scale):
    """Autograd goes through every factor, and stays finite for huge logits."""
    x, t = randn(rng, 4, 3, dtype=torch.float64, scale=scale), integers(rng, 0, 2, 4, 3).double()
    compare_gradients(student, reference, "focal_loss", x, t, 0.3, 2.0)


contract(
    "focal_loss",
    inputs=logits_and_objects,
    settings={"alpha": 0.4, "gamma": 3.5},
    forbids=["sigmoid_focal_loss"],
    instead="the formula, from the logits",
)
